/* verify: the generated program against the page. */
#include <errno.h>
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
                                   "  --memory-limit SIZE   the program that runs recurrences in segments, whatever the limit\n"
                                   "\n"
                                   "Exit status: 0 all agree; 1 some differ; 2 no point was found where the page can be computed.\n"
                                   "Example: deltac verify examples/two_layer.delta\n";

static const double ball_tolerance = 1e-9, difference_tolerance = 1e-5;

typedef struct {
    const options *o;
    const char *file;
    buffer text;
    page_options page;
    uint64_t seed;
    long operations;
    verify_result balls, differences;
    bool reported;
    bool stops; /* the page holds values fixed: its gradient is not the derivative of its cost */
} verifying;

/* --- functions without a body --- */

/* The page's text with what stand-ins need at its end. */
static int open_text(const verifying *v, page *p, const page_options *o)
{
    return page_open_text(p, v->file, v->text.text, v->text.length, o);
}

/* "[m, n]" from the axes of the result and of a parameter, either may be absent. */
static void put_axes(const page *p, const syn *result, const syn *parameter, buffer *out)
{
    const syn *axes[] = {result, parameter};
    const char *between = "[";
    for (int i = 0; i < 2; i++)
        for (int k = 0; axes[i] && k < axes[i]->count; k++) {
            buffer_puts(out, between);
            syn_print(out, axes[i]->child[k], p->names, 1);
            between = ", ";
        }
    buffer_puts(out, between[0] == '[' ? "" : "]");
}

/* One argument under a fixed linear map: "deltac_map1 u1", "Σ_{i,j} deltac_map1[i,j] u1[i,j]"; a scalar is scaled. False: not known how. */
static bool put_term(const model_function *f, int map, int which, buffer *out)
{
    int number = which + 1, rank = f->param_axes[which] ? f->param_axes[which]->count : 0;
    if (rank == 0)
        buffer_printf(out, "u%d deltac_map%d", number, map);
    else if (rank == 1)
        buffer_printf(out, f->result ? "deltac_map%d u%d" : "deltac_map%d·u%d", map, number);
    else
        buffer_printf(out, "Σ_{i,j} deltac_map%d[i,j] u%d[i,j]", map, number);
    return rank <= (f->result ? 1 : 2);
}

static bool takes_arrays(const model_function *f)
{
    bool arrays = f->result != NULL;
    for (int i = 0; i < f->param_count; i++)
        arrays |= f->param_axes[i] != NULL;
    return arrays;
}

/* Writes "f(u1[n]) = tanh(deltac_map1 u1)" in the place of the declaration; the maps are given arrays at the end of the page. */
static bool write_array_body(verifying *v, const page *p, int function)
{
    const model_function *f = &p->model->function[function];
    buffer head = {0}, sum = {0}, given = {0}, text = {0};
    bool good = f->declared->at.source == p->source;
    for (int i = 0; i < f->param_count; i++) {
        int map = 100 * (function + 1) + i;
        buffer_printf(&head, "%su%d", i ? ", " : "", i + 1);
        put_axes(p, NULL, f->param_axes[i], &head);
        buffer_puts(&sum, i ? " + " : "");
        good = put_term(f, map, i, &sum) && good;
        buffer_printf(&given, "given deltac_map%d", map);
        put_axes(p, f->result, f->param_axes[i], &given);
        buffer_puts(&given, "\n");
    }
    if (good && f->param_count) {
        buffer_add(&text, v->text.text, (size_t)f->declared->at.begin);
        buffer_printf(&text, "%s(%s) = tanh(%s)", intern_text(p->names, f->key), head.text, sum.text);
        buffer_puts(&text, v->text.text + f->declared->at.end);
        buffer_puts(&text, given.text);
        buffer old = v->text;
        v->text = text;
        text = old;
    }
    buffer_free(&head), buffer_free(&sum), buffer_free(&given), buffer_free(&text);
    return good && f->param_count;
}

/* A body for `--define`, of the function itself or elementwise: "σ1(u1) = tanh(u1)", "f(u1, u2) = tanh(u1/1 + u2/2)". */
static void define_scalar(verifying *v, const model *m, const model_function *f, char **text, int *count)
{
    buffer head = {0}, sum = {0};
    for (int i = 0; i < (f->param_count ? f->param_count : 1); i++) {
        buffer_printf(&head, "%su%d", i ? ", " : "", i + 1);
        buffer_printf(&sum, i ? " + u%d/%d" : "u%d", i + 1, i + 1);
    }
    buffer_puts(&head, ") = tanh(");
    char *body = arena_printf(m->memory, "%s(%s%s)", intern_text(m->names, f->key), head.text, sum.text);
    text[*count] = xstrdup(body);
    v->page.define[v->page.define_count++] = text[(*count)++];
    buffer_free(&head);
    buffer_free(&sum);
}

/* Bodies for all functions that have none. Arrays' ones are written into the text, the last first, so that the places of the others stay. */
static void add_stand_ins(verifying *v, const page *p, char **text, int *count)
{
    const model *m = p->model;
    for (int i = m->function_count - 1; i >= 0; i--)
        if (m->function[i].kind == FUNCTION_OF_PAGE && !m->function[i].body && takes_arrays(&m->function[i]) && write_array_body(v, p, i))
            printf("  %s has no body: tanh of a fixed linear map is taken for it\n", intern_text(m->names, intern_spelling(m->names, m->function[i].key)));
    for (int i = 0; i < m->function_count && *count < 255; i++)
        if (m->function[i].kind == FUNCTION_OF_PAGE && !m->function[i].body && !takes_arrays(&m->function[i])) {
            define_scalar(v, m, &m->function[i], text, count);
            printf("  %s has no body: tanh is taken for it\n", intern_text(m->names, intern_spelling(m->names, m->function[i].key)));
        }
}

static int read_text(verifying *v)
{
    source_set *set = source_set_new();
    int number = source_read(set, v->file);
    if (number < 0) {
        fprintf(stderr, "deltac: cannot read `%s`: %s\n", v->file, strerror(errno));
    } else {
        buffer_add(&v->text, source_get(set, number)->text, source_get(set, number)->length);
        buffer_puts(&v->text, "\n");
    }
    source_set_free(set);
    return number < 0 ? STATUS_UNUSABLE : 0;
}

/* Finds out which functions need a body. */
static int open_first(verifying *v, char **text, int *count)
{
    page p;
    int status = read_text(v);
    if (status)
        return status;
    status = open_text(v, &p, &v->page);
    if (!status && p.diagnostics.errors) {
        page_report(&p, &v->page);
        status = STATUS_UNUSABLE;
    }
    if (!status)
        printf("%s\n", v->file);
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

/* A directory of its own for the program; NULL after a message. */
static char *private_folder(const page *p)
{
    const char *base = getenv("TMPDIR");
    char *folder = arena_printf(p->memory, "%s/deltac-verify-XXXXXX", base && *base ? base : "/tmp");
    if (mkdtemp(folder))
        return folder;
    fprintf(stderr, "deltac: cannot make a directory `%s`: %s\n", folder, strerror(errno));
    return NULL;
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
    v->stops = verify_stops(m);
    if (!status && differences && m->objective_count && !v->stops)
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
static int make_program(verifying *v, const long *size, bool shrink, const char *program, bool *in_segments)
{
    page p;
    page_options run = v->page;
    run.run = true;
    int status = open_text(v, &p, &run);
    for (int i = 0; i < p.model->size_count && shrink; i++)
        p.model->size[i].value = p.model->size[i].value > 0 ? size[i] : 0;
    status = status ? status : compile_program(&p, &(compile_options){.serve = true, .in_segments = in_segments}, &run, program);
    page_close(&p);
    return status;
}

static int compare_page(verifying *v, page *p, const long *size, bool shrink, const char *program)
{
    session s;
    bool in_segments = false;
    int status = make_program(v, size, shrink, program, &in_segments);
    status = status ? status : compile_prepare(p, &v->page);
    if (status)
        return status;
    print_sizes(p->model, size, shrink ? "enclosures at smaller sizes" : "sizes");
    if (v->page.memory > 0)
        printf("  %s\n", in_segments ? "recurrences run in segments" : "no recurrence can run in segments");
    session_init(&s, p->model);
    status = compare_instance(v, p->model, &s, size, program, !shrink);
    session_clear(&s);
    return status;
}

/* Generates, compiles and compares one page at sizes of its own or small ones. The enclosures are of the page as it stands, so p has not been rewritten. */
static int run_page(verifying *v, page *p, bool shrink)
{
    int status = open_text(v, p, &v->page);
    if (status)
        return status;
    long *size = arena_alloc(p->memory, ((size_t)p->model->size_count + 1) * sizeof *size);
    char *folder = private_folder(p), *program = arena_printf(p->memory, "%s/program", folder ? folder : "");
    status = folder ? choose_sizes(p, shrink, size) : STATUS_MACHINE;
    status = status ? status : compare_page(v, p, size, shrink, program);
    if (folder) {
        unlink(program);
        rmdir(folder);
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

/* Prints what was found, for one objective. */
static int report(const verifying *v, const model *large, const model *small)
{
    bool objective = large->objective_count > 0;
    print_row(small ? small : large, "enclosures", &v->balls, ball_tolerance);
    if (objective && v->stops)
        printf("  – differences: not taken, the page holds values fixed with stop(…)\n");
    else if (objective)
        print_row(large, "differences", &v->differences, difference_tolerance);
    return judge(v, objective);
}

/* The page with the given objective in the place of the first. *count: how many it has. */
static int verify_objective(verifying *v, int number, int *count)
{
    page large = {0}, small = {0};
    v->page.objective = number;
    v->balls = v->differences = (verify_result){0};
    if (number > 0)
        printf("  objective %d of %d\n", number + 1, *count);
    int status = run_page(v, &large, false);
    bool shrunk = !status && v->balls.over;
    if (shrunk) {
        v->balls = (verify_result){0};
        status = run_page(v, &small, true);
    }
    *count = large.model ? large.model->objective_count : 0;
    if (!status) {
        status = report(v, large.model, shrunk ? small.model : NULL);
        v->reported = true;
    }
    if (shrunk)
        page_close(&small);
    page_close(&large);
    return status;
}

static int verify_page(verifying *v)
{
    char **text = xcalloc(256, sizeof *text);
    int count = 0, objectives = 0, status = open_first(v, text, &count);
    if (!status) {
        status = verify_objective(v, 0, &objectives);
        for (int i = 1; i < objectives && (status == STATUS_GOOD || status == STATUS_UNKNOWN); i++)
            status = status_worse(status, verify_objective(v, i, &objectives));
    }
    if (v->reported && status <= STATUS_UNKNOWN)
        puts(status == STATUS_GOOD ? "verified" : status == STATUS_NO ? "not verified: the program does not compute what the page says" : "not decided");
    while (count)
        free(text[--count]);
    free(text);
    buffer_free(&v->text);
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
