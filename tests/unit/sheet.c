#include "sheet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "gen/calculus/calculus.h"
#include "grammar/parse.h"

void sheet_read(sheet *s, const char *text)
{
    *s = (sheet){.memory = arena_new(), .names = intern_new(), .sources = source_set_new()};
    int number = source_add(s->sources, "page.delta", text, strlen(text));
    syn *file = parse_delta(s->memory, s->names, s->sources, number, &s->errors);
    s->m = model_build(s->memory, s->names, s->sources, &s->errors, file, 0, NULL);
}

void sheet_no_errors(sheet *s)
{
    if (s->errors.errors)
        diag_print(&s->errors, s->sources, stderr, false);
    assert_int_equal(s->errors.errors, 0);
}

void sheet_open(sheet *s, const char *text)
{
    sheet_read(s, text);
    sheet_no_errors(s);
}

void sheet_close(sheet *s)
{
    calculus_release(s->m);
    model_free(s->m);
    diag_free(&s->errors);
    source_set_free(s->sources);
    intern_free(s->names);
    arena_free(s->memory);
}
