#include "gen/tool/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gen/calculus/calculus.h"
#include "gen/calculus/rules.h"
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

/* --optimizer: takes the place of the page's `optimize with`; a page with hand-written updates keeps them. */
static syn *replace_optimizer(page *s, const char *optimizer)
{
    char *text = arena_printf(s->memory, "optimize with %s\n", optimizer);
    int number = source_add(s->sources, "--optimizer", text, strlen(text)), kept = 0;
    syn *statement = parse_delta(s->memory, s->names, s->sources, number, &s->diagnostics), *file = syn_new(s->memory, SYN_FILE_, s->file->at, s->file->count + 1);
    span at = s->file->at;
    for (int i = 0; i < s->file->count; i++) {
        syn *old = s->file->child[i];
        if (old->kind == SYN_OPTIMIZE)
            at = old->at;
        if (old->kind == SYN_UPDATE)
            diag_hint(diag_add(&s->diagnostics, DIAG_ERROR, old->at, "--optimizer is for pages without updates of their own"), "leave the option out, or the updates");
        if (old->kind != SYN_OPTIMIZE)
            file->child[kept++] = old;
    }
    syn *optimize = statement->count ? statement->child[0] : syn_new(s->memory, SYN_BROKEN, statement->at, 0);
    optimize->at = at; /* a statement of the page, not of a file that it uses */
    file->child[kept++] = optimize;
    file->count = kept;
    return file;
}

static void page_begin(page *s)
{
    *s = (page){.memory = arena_new(), .names = intern_new(), .sources = source_set_new()};
}

static int page_resolve(page *s, const page_options *o)
{
    s->file = parse_delta(s->memory, s->names, s->sources, s->source, &s->diagnostics);
    if (o->optimizer)
        s->file = replace_optimizer(s, o->optimizer);
    syn **define = arena_alloc(s->memory, (size_t)(o->define_count + 1) * sizeof(syn *));
    for (int i = 0; i < o->define_count; i++)
        define[i] = parse_define(s, o->define[i]);
    s->model = model_build(s->memory, s->names, s->sources, &s->diagnostics, s->file, o->define_count, define);
    if (o->objective && o->objective < s->model->objective_count) {
        model_objective first = s->model->objective[0];
        s->model->objective[0] = s->model->objective[o->objective];
        s->model->objective[o->objective] = first;
    }
    if (o->run && !s->diagnostics.errors)
        calculus_stabilise(s->model);
    calculus_expand(s->model);
    s->source_count = source_count(s->sources);
    return 0;
}

/* A table or an array in the place of a page would be a page of fifty errors. */
static bool holds_data(const char *path)
{
    static const char *const ends[] = {".csv", ".tsv", ".npy", ".npz", ".gz"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (strlen(path) > strlen(ends[i]) && strcmp(path + strlen(path) - strlen(ends[i]), ends[i]) == 0)
            return true;
    return false;
}

int page_open(page *s, const char *path, const page_options *o)
{
    page_begin(s);
    if (holds_data(path)) {
        fprintf(stderr, "deltac: `%s` holds data and is no page\nhint: `deltac inspect %s` lists them; pages are named PAGE.delta\n", path, path);
        return STATUS_UNUSABLE;
    }
    s->source = source_read(s->sources, path);
    if (s->source >= 0)
        return page_resolve(s, o);
    fprintf(stderr, "deltac: cannot read `%s`: %s\n", path, strerror(errno));
    return STATUS_UNUSABLE;
}

int page_open_text(page *s, const char *path, const char *text, size_t length, const page_options *o)
{
    page_begin(s);
    s->source = source_add(s->sources, path, text, length);
    return page_resolve(s, o);
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
