#include <stdio.h>
#include <stdlib.h>
#include "gen/tool/page.h"
int main(int argc, char **argv)
{
    page s;
    page_options o = {0};
    if (argc < 2 || page_open(&s, argv[1], &o))
        return 3;
    page_report(&s, &o);
    buffer b = {0};
    model_dump(s.model, &b);
    puts(b.text);
    buffer_free(&b);
    page_close(&s);
    return 0;
}
