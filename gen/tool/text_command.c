/* derive, emit, dump: what a page becomes, as text. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gen/calculus/calculus.h"
#include "gen/emit/derive.h"
#include "gen/emit/derive_write.h"
#include "gen/emit/emit.h"
#include "gen/tool/check.h"
#include "gen/tool/commands.h"
#include "gen/tool/compile.h"
#include "gen/tool/emit_print.h"
#include "gen/tool/options.h"
#include "gen/tool/report.h"
#include "gen/verify/verify.h"
#include "grammar/parse.h"

/* --- derive --- */

static const char derive_usage[] = "usage: deltac derive FILE [DERIVATIVE…] [options]\n"
                                   "\n"
                                   "The derivation, in the page's own names: forward pass, δ recursion, gradients, updates; or the derivatives asked for.\n"
                                   "\n"
                                   "  --to FORM             text (default), latex (needs amsmath), markdown ($$ blocks), html (MathML)\n"
                                   "  --steps terse|full    only the results; or with the chain rule and the rules of functions written out\n"
                                   "  --define 'f(u) = …'   a body for an abstract function of the page; repeatable\n"
                                   "\n"
                                   "Example: deltac derive examples/two_layer.delta '∂C/∂w1'\n";

/* The adjoint variable ∂C/∂v of the first objective: made here if only another process has asked for it. −1 when it is no variable. */
static int adjoint_of(model *m, int v)
{
    const int *list;
    node cost = m->objective[0].cost;
    if (model_equations_of(m, v, &list) == 0 || dag_kind(m->dag, cost) != NODE_ENTRY)
        return -1;
    calculus_derivative(m, cost, dag_entry(m->dag, v, m->var[v].axis_count, m->equation[list[0]].at), 0, m->var[v].at);
    for (int a = 0; a < m->var_count; a++) {
        const model_var *x = &m->var[a];
        if (x->role == ROLE_ADJOINT && x->by == v && x->hold == 0 && dag_kind(m->dag, x->of) == NODE_ENTRY && dag_payload(m->dag, x->of) == dag_payload(m->dag, cost) &&
            x->axis_count == m->var[v].axis_count)
            return a;
    }
    return -1;
}

int report_adjoint_names(const check_result *r, derive_name *out)
{
    model *m = r->page->model;
    int n = 0;
    for (int i = 0, count = m->order_count; i < count && m->objective_count; i++) {
        int v = m->order[i], adjoint = m->var[v].role == ROLE_DEFINED && r->equals[v] >= 0 ? adjoint_of(m, r->equals[v]) : -1;
        if (adjoint >= 0)
            out[n++] = (derive_name){v, adjoint};
    }
    return n;
}

/* --to and --steps. */
typedef struct {
    const char *to, *steps;
} derive_form;

static bool form_is_known(const derive_form *f)
{
    static const char *const forms[] = {"text", "latex", "markdown", "html"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strcmp(f->to, forms[i]) == 0)
            return true;
    return false;
}

static void derive_write(page *p, const derive_options *d, const derive_form *f, buffer *out)
{
    switch (f->to[0]) {
    case 'l': derive_latex(p->model, d, out); break;
    case 'm': derive_markdown(p->model, d, out); break;
    case 'h': derive_html(p->model, d, source_get(p->sources, p->source)->path, out); break;
    default: derive_text(p->model, d, out);
    }
}

/* By variable: the name v for which this δ is ∂C/∂v; no claim is decided for that. */
static int *delta_names(page *p)
{
    model *m = p->model;
    prover *q = prove_new(m, &(prove_options){0});
    int count = m->var_count, *equals = arena_alloc(p->memory, (size_t)(count + 1) * sizeof *equals);
    for (int i = 0; i < count; i++)
        equals[i] = check_is_delta(m, i) ? check_delta(p, q, i).equals : -1;
    prove_free(q);
    return equals;
}

static int derive_page(page *p, const options *o, const derive_form *f)
{
    model *m = p->model;
    if (p->diagnostics.errors) {
        page_report(p, &o->page);
        return STATUS_UNUSABLE;
    }
    derive_options d = {.steps = !f->steps ? STEPS_REASONS : f->steps[0] == 't' ? STEPS_TERSE : STEPS_FULL};
    derive_request *request = arena_alloc(p->memory, (size_t)(o->file_count + 1) * sizeof *request);
    int status = 0;
    for (int i = 1; i < o->file_count; i++) {
        int index_count = 0, *index = arena_alloc(p->memory, MODEL_MAX_AXES * sizeof *index);
        node value = model_expression(m, o->file[i], &index_count, index);
        bool ok = value != 0;
        value = ok ? calculus_expand_expression(m, value, (span){.source = p->source}) : 0;
        if (!value) {
            status = STATUS_UNUSABLE;
            continue;
        }
        request[d.request_count++] = (derive_request){.text = o->file[i], .value = value, .index_count = index_count, .index = index};
    }
    if (!status) {
        derive_name *names = arena_alloc(p->memory, (size_t)(m->var_count + 1) * sizeof *names);
        d.names = names;
        check_result r = {.page = p, .equals = delta_names(p)};
        d.name_count = report_adjoint_names(&r, names);
        d.requests = request;
        buffer text = {0};
        derive_write(p, &d, f, &text);
        fputs(text.text ? text.text : "", stdout);
        buffer_free(&text);
    }
    page_report(p, &o->page);
    return status;
}

int command_derive(int argc, char **argv)
{
    derive_form f = {.to = "text"};
    option list[] = {{"to", 0, true, &f.to, NULL}, {"steps", 0, true, &f.steps, NULL}, {0}};
    options o = {.command = "derive", .usage = derive_usage, .list = list};
    int status = options_read(&o, argc, argv);
    if (status < 0 && o.file_count == 0)
        status = options_usage(&o, "no file given");
    if (status < 0 && !form_is_known(&f))
        status = options_usage(&o, "--to is text, latex, markdown or html");
    if (status < 0 && f.steps && strcmp(f.steps, "terse") != 0 && strcmp(f.steps, "full") != 0)
        status = options_usage(&o, "--steps is terse or full");
    if (status < 0) {
        page p;
        status = page_open(&p, o.file[0], &o.page);
        if (!status)
            status = derive_page(&p, &o, &f);
        page_close(&p);
    }
    options_free(&o);
    return status;
}

/* --- emit --- */

static const char emit_usage[] = "usage: deltac emit FILE -o DIR [options]\n"
                                 "\n"
                                 "Writes NAME.c and NAME.h: forward pass, gradient and update of the page in plain C99.\n"
                                 "\n"
                                 "  -o, --output DIR      where to write\n"
                                 "  --check DIR           writes nothing; exits 1 with a difference when DIR is not what would be written\n"
                                 "  --tests               also NAME_test.c, a cmocka program that checks the gradient in your own build\n"
                                 "  --real double|float   arithmetic (double)\n"
                                 "  --target hosted|freestanding  freestanding: no heap, no stdio, no runtime; all sizes fixed (hosted)\n"
                                 "  --batch B             samples of a call when freestanding (1)\n"
                                 "  --json                bytes, operations of a step and functions of math.h as one JSON object\n"
                                 "  --define 'f(u) = …'   a body for an abstract function of the page; repeatable\n"
                                 "  --optimizer 'adam(η = 1e-3)'  in place of the page's `optimize with`\n"
                                 "\n"
                                 "Example: deltac emit examples/one_layer.delta -o generated\n";

static char *read_whole(const char *path, size_t *length)
{
    FILE *f = fopen(path, "rb");
    buffer b = {0};
    char block[65536];
    size_t n;
    while (f && (n = fread(block, 1, sizeof block, f)) > 0)
        buffer_add(&b, block, n);
    if (f)
        fclose(f);
    *length = b.length;
    return f ? (b.text ? b.text : xcalloc(1, 1)) : NULL;
}

/* The first line that differs, in the manner of diff. */
static bool differs(const char *path, const buffer *wanted)
{
    size_t length;
    char *there = read_whole(path, &length);
    if (there && length == wanted->length && memcmp(there, wanted->text, length) == 0) {
        free(there);
        return false;
    }
    if (!there) {
        printf("--- %s does not exist\n", path);
        return true;
    }
    const char *a = there, *b = wanted->text;
    int line = 1;
    while (*a && *b) {
        size_t n = strcspn(a, "\n"), k = strcspn(b, "\n");
        if (n != k || memcmp(a, b, n) != 0)
            break;
        a += n + (a[n] != 0);
        b += k + (b[k] != 0);
        line++;
    }
    printf("--- %s\n+++ as it would be written\n@@ line %d @@\n-%.*s\n+%.*s\n", path, line, (int)strcspn(a, "\n"), a, (int)strcspn(b, "\n"), b);
    free(there);
    return true;
}

typedef struct {
    const char *output, *check; /* one of them: the directory */
    bool single, tests, json;
    long batch; /* freestanding; 0: hosted */
} emit_request;

/* What is written, or compared with what is there. */
typedef struct {
    const char *suffix; /* behind the page's name */
    buffer text;
} emitted_file;

static int put_file(const emit_request *r, const char *path, const buffer *text)
{
    if (!r->output)
        return differs(path, text) ? STATUS_NO : STATUS_GOOD;
    return write_file(path, text->text, text->length);
}

static int emit_files(page *p, const options *o, const emit_request *r)
{
    int status = compile_prepare(p, &o->page);
    emitted_file file[] = {{".c", {0}}, {".h", {0}}, {"_test.c", {0}}};
    if (!status) {
        char *name = emit_name(p->memory, o->file[0]);
        emit_summary summary;
        emit_options e = {.name = name, .page = o->file[0], .single = r->single, .target = r->batch ? EMIT_FREESTANDING : EMIT_HOSTED, .batch = r->batch, .summary = &summary};
        status = emit_c(p->model, &e, &file[0].text, &file[1].text);
        page_report(p, &o->page);
        verify_test_text(name, o->file[0], verify_stops(p->model), &file[2].text);
        if (!status && r->output && mkdir(r->output, 0777) != 0 && errno != EEXIST) {
            fprintf(stderr, "deltac: cannot make the directory `%s`: %s\n", r->output, strerror(errno));
            status = STATUS_MACHINE;
        }
        for (int i = 0; i < (r->tests ? 3 : 2) && (status == STATUS_GOOD || status == STATUS_NO); i++)
            status = status_worse(status, put_file(r, arena_printf(p->memory, "%s/%s%s", r->output ? r->output : r->check, name, file[i].suffix), &file[i].text));
        if (status == STATUS_GOOD && r->output)
            (r->json ? emit_print_json : emit_print)(&summary, r->batch);
    }
    for (int i = 0; i < 3; i++)
        buffer_free(&file[i].text);
    return status;
}

/* --target and --batch. */
static int read_target(const options *o, const char *target, const char *batch, emit_request *r)
{
    bool free_target = strcmp(target, "freestanding") == 0;
    char *end = NULL;
    if (!free_target && strcmp(target, "hosted") != 0)
        return options_usage(o, "--target is hosted or freestanding");
    if (free_target && r->tests)
        return options_usage(o, "--tests goes with --target hosted");
    if (!free_target)
        return batch ? options_usage(o, "--batch goes with --target freestanding") : -1;
    r->batch = batch ? strtol(batch, &end, 10) : 1;
    return r->batch < 1 || r->batch > 1000000 || (end && *end) ? options_usage(o, "--batch is a whole number from 1 to 1000000") : -1;
}

int command_emit(int argc, char **argv)
{
    emit_request r = {0};
    const char *real = "double", *target = "hosted", *batch = NULL;
    option list[] = {{"output", 'o', true, &r.output, NULL}, {"check", 0, true, &r.check, NULL}, {"real", 0, true, &real, NULL}, {"tests", 0, false, NULL, &r.tests}, {"json", 0, false, NULL, &r.json},
                     {"target", 0, true, &target, NULL}, {"batch", 0, true, &batch, NULL}, {0}};
    options o = {.command = "emit", .usage = emit_usage, .list = list};
    int status = options_read(&o, argc, argv);
    if (status < 0 && (o.file_count != 1 || !r.output == !r.check))
        status = options_usage(&o, o.file_count != 1 ? "one file is needed" : "-o DIR or --check DIR is needed");
    if (status < 0 && strcmp(real, "double") != 0 && strcmp(real, "float") != 0)
        status = options_usage(&o, "--real is double or float");
    if (status < 0)
        status = read_target(&o, target, batch, &r);
    if (status < 0) {
        page p;
        o.page.run = true;
        r.single = real[0] == 'f';
        status = page_open(&p, o.file[0], &o.page);
        if (!status)
            status = emit_files(&p, &o, &r);
        page_close(&p);
    }
    options_free(&o);
    return status;
}

/* --- dump --- */

static const char dump_usage[] = "usage: deltac dump --stage STAGE FILE\n"
                                 "\n"
                                 "Any stage as text: tokens, syntax, model, dag, gradient, simplified, loops, memory, c.\n"
                                 "\n"
                                 "Example: deltac dump --stage loops examples/one_layer.delta\n";

static int dump_late(page *p, const options *o, const char *stage, buffer *text)
{
    int status = compile_prepare(p, &o->page);
    if (status)
        return status;
    if (strcmp(stage, "gradient") == 0 || strcmp(stage, "simplified") == 0) {
        model_dump(p->model, text);
        return 0;
    }
    if (strcmp(stage, "c") == 0) {
        buffer h = {0};
        emit_options e = {.page = o->file[0], .name = emit_name(p->memory, o->file[0])};
        status = emit_c(p->model, &e, text, &h);
        buffer_free(&h);
        return status;
    }
    lower_program *l = lower_build(p->model, &(lower_options){0});
    if (!l || l->failed)
        return STATUS_UNUSABLE;
    if (strcmp(stage, "memory") == 0)
        lower_dump_memory(l, text);
    else
        lower_dump(l, text);
    return 0;
}

static int dump_page(page *p, const options *o, const char *stage)
{
    buffer text = {0};
    int status = p->diagnostics.errors ? STATUS_UNUSABLE : 0;
    if (strcmp(stage, "tokens") == 0)
        parse_dump_tokens(&text, p->names, p->sources, p->source, &p->diagnostics);
    else if (strcmp(stage, "syntax") == 0)
        syn_dump(&text, p->file, p->names);
    else if (strcmp(stage, "model") == 0)
        model_dump(p->model, &text);
    else if (strcmp(stage, "dag") == 0)
        model_dump_dag(p->model, &text);
    else
        status = dump_late(p, o, stage, &text);
    fputs(text.text ? text.text : "", stdout);
    buffer_free(&text);
    page_report(p, &o->page);
    return status;
}

int command_dump(int argc, char **argv)
{
    static const char *const stages[] = {"tokens", "syntax", "model", "dag", "gradient", "simplified", "loops", "memory", "c"};
    const char *stage = NULL;
    option list[] = {{"stage", 0, true, &stage, NULL}, {0}};
    options o = {.command = "dump", .usage = dump_usage, .list = list};
    int status = options_read(&o, argc, argv);
    bool known = false;
    for (size_t i = 0; stage && i < sizeof stages / sizeof *stages; i++)
        known |= strcmp(stage, stages[i]) == 0;
    if (status < 0 && (o.file_count != 1 || !known))
        status = options_usage(&o, o.file_count != 1 ? "one file is needed" : "--stage is tokens, syntax, model, dag, gradient, simplified, loops, memory or c");
    if (status < 0) {
        page p;
        o.page.run = strcmp(stage, "simplified") == 0 || strcmp(stage, "loops") == 0 || strcmp(stage, "memory") == 0 || strcmp(stage, "c") == 0;
        status = page_open(&p, o.file[0], &o.page);
        if (!status)
            status = dump_page(&p, &o, stage);
        page_close(&p);
    }
    options_free(&o);
    return status;
}
