/* verify: the generated program against the page. */
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen/tool/commands.h"
#include "gen/tool/compile.h"
#include "gen/tool/options.h"
#include "gen/verify/verify.h"

static const char verify_usage[] = "usage: deltac verify FILE… [options]\n"
                                   "\n"
                                   "Compiles the generated code in double and compares its cost, gradient, outputs and one training step with rigorous enclosures\n"
                                   "of the page's equations, and its gradient with differences of its own cost.\n"
                                   "\n"
                                   "  --seed S              of the random inputs and parameters (1)\n"
                                   "  --operations N        at most so many steps of ball arithmetic; sizes become smaller instead (2000000)\n"
                                   "  --define 'f(u) = …'   a body for an abstract function of the page; repeatable. tanh is taken for those without\n"
                                   "  --optimizer 'adam(η = 1e-3)'  in place of the page's `optimize with`\n"
                                   "\n"
                                   "Exit status: 0 all agree; 1 some differ; 2 no point was found where the page can be computed.\n"
                                   "Example: deltac verify examples/two_layer.delta\n";

static const double ball_tolerance = 1e-9, difference_tolerance = 1e-5;

typedef struct {
    const options *o;
    const char *file;
    page_options page;
    uint64_t seed;
    long operations;
    verify_result balls, differences;
} verifying;

/* --- functions without a body --- */

/* "σ1(u) = tanh(u)"; of a vector function tanh of a fixed linear map. NULL: not known how. */
static char *stand_in(const model *m, const model_function *f)
{
    const char *name = intern_text(m->names, f->key);
    buffer text = {0};
    bool scalar = !f->result;
    for (int i = 0; i < f->param_count; i++)
        scalar = scalar && !f->param_axes[i];
    buffer_printf(&text, "%s(", name);
    for (int i = 0; i < (f->param_count ? f->param_count : 1); i++)
        buffer_printf(&text, "%su%d", i ? ", " : "", i + 1);
    buffer_puts(&text, ") = tanh(");
    for (int i = 0; i < (f->param_count ? f->param_count : 1); i++)
        buffer_printf(&text, i ? " + u%d/%d" : "u%d", i + 1, i + 1);
    buffer_puts(&text, ")");
    char *made = scalar ? arena_strndup(m->memory, text.text, text.length) : NULL;
    buffer_free(&text);
    return made;
}

/* Bodies for all functions that have none; the texts outlive the page. */
static void add_stand_ins(verifying *v, const page *p, char **text, int *count)
{
    const model *m = p->model;
    for (int i = 0; i < m->function_count; i++) {
        char *body = m->function[i].body ? NULL : stand_in(m, &m->function[i]);
        if (!body)
            continue;
        text[*count] = xstrdup(body);
        v->page.define[v->page.define_count++] = text[(*count)++];
        printf("  %s has no body: tanh is taken for it\n", intern_text(m->names, intern_spelling(m->names, m->function[i].key)));
    }
}

/* Finds out which functions need a body. */
static int open_first(verifying *v, char **text, int *count)
{
    page p;
    int status = page_open(&p, v->file, &v->page);
    if (!status && p.diagnostics.errors) {
        page_report(&p, &v->page);
        status = STATUS_UNUSABLE;
    }
    if (!status)
        add_stand_ins(v, &p, text, count);
    page_close(&p);
    return status;
}

/* --- one instance --- */

static void print_sizes(const model *m, const long *size, const char *what)
{
    const char *between = ": ";
    long samples = 0;
    bool any = false;
    for (int i = 0; i < m->size_count; i++)
        any |= m->size[i].population < 0;
    for (int i = 0; i < m->size_count; i++)
        samples = m->size[i].population == 0 ? size[i] : samples;
    printf("  %s", what);
    for (int i = 0; i < m->size_count && any; i++)
        if (m->size[i].population < 0) {
            printf("%s%s = %ld", between, intern_text(m->names, intern_spelling(m->names, m->size[i].key)), size[i]);
            between = ", ";
        }
    printf("%s%ld samples\n", any ? "; " : ": ", samples);
}

static char *program_path(const page *p)
{
    const char *base = getenv("TMPDIR");
    return arena_printf(p->memory, "%s/deltac-verify-%ld", base && *base ? base : "/tmp", (long)getpid());
}

/* Draws until the cost is finite and the enclosures too. Where the program finds no finite cost at all, the enclosures say whether it should have. */
static bool run_balls(verifying *v, partner *w, session *s)
{
    bool drawn = false;
    for (int attempt = 0; attempt < 20 && !w->lost; attempt++) {
        bool last = attempt == 19 && !drawn;
        if (!verify_draw(w, s, v->seed, attempt) && !last)
            continue;
        verify_result r = verify_balls(w, s, v->operations);
        bool settled = !r.undefined || r.over, usable = !last || r.worst > 0.0;
        if (usable && (settled || !v->balls.entries))
            v->balls = r;
        drawn |= usable;
        if (settled)
            break;
    }
    return drawn;
}

static int compare_instance(verifying *v, model *m, session *s, const long *size, const char *program, bool differences)
{
    partner w;
    int status = partner_start(&w, m, size, program, v->seed) ? 0 : STATUS_MACHINE;
    if (!status && !run_balls(v, &w, s)) {
        fprintf(stderr, "deltac: %s: no point was found where the page can be computed\n", v->file);
        status = STATUS_UNKNOWN;
    }
    if (!status && differences && m->objective_count)
        v->differences = verify_differences(&w, s, &(verify_sampling){.seed = v->seed, .all = 2000, .some = 500, .directions = 20});
    if (w.lost && status != STATUS_MACHINE) {
        fprintf(stderr, "deltac: %s: the generated program stopped in the middle\n", v->file);
        status = STATUS_NO;
    }
    partner_stop(&w);
    return status;
}

static int choose_sizes(const page *p, bool shrink, long *size)
{
    session s;
    session_init(&s, p->model);
    bool good = verify_sizes(p->model, &s, shrink, size);
    session_clear(&s);
    return good ? 0 : STATUS_UNUSABLE;
}

/* The page as it runs, rewritten for floating point, becomes the program. */
static int make_program(verifying *v, const long *size, bool shrink, const char *program)
{
    page p;
    page_options run = v->page;
    run.run = true;
    int status = page_open(&p, v->file, &run);
    for (int i = 0; i < p.model->size_count && shrink; i++)
        p.model->size[i].value = p.model->size[i].value > 0 ? size[i] : 0;
    status = status ? status : compile_program(&p, &(compile_options){.serve = true}, &run, program);
    page_close(&p);
    return status;
}

/* Generates, compiles and compares one page at sizes of its own or small ones. The enclosures are of the page as it stands, so p has not been rewritten. */
static int run_page(verifying *v, page *p, bool shrink)
{
    session s;
    int status = page_open(p, v->file, &v->page);
    if (status)
        return status;
    long *size = arena_alloc(p->memory, ((size_t)p->model->size_count + 1) * sizeof *size);
    char *program = program_path(p);
    status = choose_sizes(p, shrink, size);
    status = status ? status : make_program(v, size, shrink, program);
    status = status ? status : compile_prepare(p, &v->page);
    if (!status) {
        print_sizes(p->model, size, shrink ? "enclosures at smaller sizes" : "sizes");
        session_init(&s, p->model);
        status = compare_instance(v, p->model, &s, size, program, !shrink);
        session_clear(&s);
        unlink(program);
    }
    return status;
}

/* --- the report --- */

/* An entry stands for the equation that defines it; people are not shown the sample index. */
static void print_equation(const model *m, node rhs, int index_count, const int *index)
{
    const int *list;
    int shown[MODEL_MAX_AXES], count = 0, line = 0;
    while (dag_kind(m->dag, rhs) == NODE_ENTRY && model_equations_of(m, dag_payload(m->dag, rhs), &list) == 1) {
        const model_equation *q = &m->equation[list[0]];
        rhs = q->rhs, index_count = q->index_count, index = q->index, line = q->line;
    }
    for (int i = 0; i < index_count; i++)
        if (!dag_index_get(m->dag, index[i])->sample)
            shown[count++] = index[i];
    buffer text = {0};
    model_print(m, &text, rhs, count, shown);
    printf("      its equation: %s", text.text ? text.text : "");
    printf(line > 0 ? " (line %d)\n" : "\n", line);
    buffer_free(&text);
}

static void print_row(const model *m, const char *what, const verify_result *r, double tolerance)
{
    printf("  %s %s: %ld values, worst error %.2g", r->worst <= tolerance ? "✓" : "✗", what, r->entries, r->worst);
    printf(r->where ? " at %s\n" : "\n", r->where);
    if (r->skipped)
        printf("      %ld entries were near kinks at every point tried\n", r->skipped);
    if (r->undefined)
        printf("      some have no finite enclosure there\n");
    if (r->worst <= tolerance || !r->where)
        return;
    printf("      %s\n", r->detail);
    if (r->rhs)
        print_equation(m, r->rhs, r->index_count, r->index);
}

static int judge(const verifying *v, bool objective)
{
    if (!(v->balls.worst <= ball_tolerance) || !(v->differences.worst <= difference_tolerance))
        return STATUS_NO;
    if (v->balls.undefined || (objective && v->differences.skipped > v->differences.entries))
        return STATUS_UNKNOWN;
    return STATUS_GOOD;
}

static int report(const verifying *v, const model *large, const model *small)
{
    bool objective = large->objective_count > 0;
    print_row(small ? small : large, "enclosures", &v->balls, ball_tolerance);
    if (objective)
        print_row(large, "differences", &v->differences, difference_tolerance);
    int status = judge(v, objective);
    puts(status == STATUS_GOOD ? "verified" : status == STATUS_NO ? "not verified: the program does not compute what the page says" : "not decided");
    return status;
}

static int verify_page(verifying *v)
{
    page large = {0}, small = {0};
    char **text = xcalloc(256, sizeof *text);
    int count = 0;
    printf("%s\n", v->file);
    int status = open_first(v, text, &count);
    bool opened = !status, shrunk = false;
    status = status ? status : run_page(v, &large, false);
    if (!status && v->balls.over) {
        v->balls = (verify_result){0};
        shrunk = true;
        status = run_page(v, &small, true);
    }
    if (!status)
        status = report(v, large.model, shrunk ? small.model : NULL);
    if (shrunk)
        page_close(&small);
    if (opened)
        page_close(&large);
    while (count)
        free(text[--count]);
    free(text);
    return status;
}

static int verify_files(const options *o, uint64_t seed, long operations)
{
    int status = 0;
    void (*old)(int) = signal(SIGPIPE, SIG_IGN); /* a program that dies is a finding, not our end */
    for (int i = 0; i < o->file_count; i++) {
        verifying v = {.o = o, .file = o->file[i], .page = o->page, .seed = seed, .operations = operations};
        const char **define = xcalloc((size_t)o->page.define_count + 256, sizeof *define);
        memcpy(define, o->page.define, (size_t)o->page.define_count * sizeof *define);
        v.page.define = define;
        status = status_worse(status, verify_page(&v));
        free(define);
    }
    signal(SIGPIPE, old);
    return status;
}

static bool read_whole_number(const char *text, long *out)
{
    char *end;
    *out = strtol(text, &end, 10);
    return *text && !*end && *out >= 0;
}

int command_verify(int argc, char **argv)
{
    const char *seed = "1", *operations = "2000000";
    long seed_value = 1, operations_value = 0;
    option list[] = {{"seed", 0, true, &seed, NULL}, {"operations", 0, true, &operations, NULL}, {0}};
    options o = {.command = "verify", .usage = verify_usage, .list = list};
    int status = options_read(&o, argc, argv);
    if (status < 0 && o.file_count == 0)
        status = options_usage(&o, "no file given");
    if (status < 0 && (!read_whole_number(seed, &seed_value) || !read_whole_number(operations, &operations_value)))
        status = options_usage(&o, "--seed and --operations are whole numbers");
    if (status < 0)
        status = verify_files(&o, (uint64_t)seed_value, operations_value);
    options_free(&o);
    return status;
}
