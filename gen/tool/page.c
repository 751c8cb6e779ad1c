#include "gen/tool/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gen/calculus/calculus.h"
#include "grammar/parse.h"

int status_worse(int a, int b)
{
    static const int order[] = {STATUS_USAGE, STATUS_MACHINE, STATUS_UNUSABLE, STATUS_NO, STATUS_UNKNOWN, STATUS_GOOD};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return a;
}

static syn *parse_define(page *s, const char *text)
{
    int number = source_add(s->sources, "--define", text, strlen(text));
    return parse_statement(s->memory, s->names, s->sources, number, &s->diagnostics);
}

int page_open(page *s, const char *path, const page_options *o)
{
    *s = (page){.memory = arena_new(), .names = intern_new(), .sources = source_set_new()};
    s->source = source_read(s->sources, path);
    if (s->source < 0) {
        fprintf(stderr, "deltac: cannot read `%s`: %s\n", path, strerror(errno));
        return STATUS_UNUSABLE;
    }
    s->file = parse_delta(s->memory, s->names, s->sources, s->source, &s->diagnostics);
    syn **define = arena_alloc(s->memory, (size_t)(o->define_count + 1) * sizeof(syn *));
    for (int i = 0; i < o->define_count; i++)
        define[i] = parse_define(s, o->define[i]);
    s->model = model_build(s->memory, s->names, s->sources, &s->diagnostics, s->file, o->define_count, define);
    calculus_expand(s->model);
    return 0;
}

void page_report(page *s, const page_options *o)
{
    if (s->printed)
        return;
    diag_print(&s->diagnostics, s->sources, stderr, o->colour);
    s->printed = true;
}

void page_close(page *s)
{
    if (s->model) {
        calculus_release(s->model);
        model_free(s->model);
    }
    diag_free(&s->diagnostics);
    source_set_free(s->sources);
    intern_free(s->names);
    arena_free(s->memory);
    *s = (page){0};
}
