/* eval: any value or derivative of the page over data. The page is read once more with the expressions as its outputs, and that page predicts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen/tool/commands.h"
#include "gen/tool/compile.h"
#include "gen/tool/options.h"
#include "grammar/parse.h"

static const char eval_usage[] = "usage: deltac eval FILE EXPR… --weights W.npz --data … -o OUT.npz [options]\n"
                                 "\n"
                                 "Values and derivatives of the page, such as '∂C/∂W1' or 'z1', for every sample, or their means.\n"
                                 "\n"
                                 "  -w, --weights W.npz   parameters, as `train` or numpy wrote them\n"
                                 "  -d, --data [NAME=]FILE  csv, npy, npz or idx; repeat for more. NAME may be one that the page defines: its definition is\n"
                                 "                        then not used\n"
                                 "  -o, --output OUT      .npz, .npy (one expression) or .csv; csv on standard output without it. In an .npz an expression is\n"
                                 "                        called by its ASCII form: 'dC/dW1', 'z1'\n"
                                 "  --mean                means over the samples\n"
                                 "  --real double|float   arithmetic (double)\n"
                                 "  --define 'f(u) = …'   a body for an abstract function of the page; repeatable\n"
                                 "  --batch B, --seed S, --set NAME=VALUE, --columns …, --whole, --quiet  as for predict\n"
                                 "\n"
                                 "Example: deltac eval examples/mlp.delta '∂C/∂W1' --weights w.npz --data test.csv -o gradients.npz\n";

typedef struct {
    page_options page;
    const char *file, *real;
    const char **expression;
    int expression_count;
    const char **data;  /* NAME=FILE */
    int data_count;
    bool weights, quiet;
    char **rest;        /* for the program */
    int rest_count;
    int status;         /* −1: go on */
    options o;
} evaluating;

/* --- the command line --- */

static const struct {
    const char *name;
    char letter;
    bool value, own; /* own: not passed on */
} known[] = {{"weights", 'w', true, false}, {"data", 'd', true, false},    {"output", 'o', true, false}, {"mean", 0, false, false},  {"batch", 'b', true, false},
             {"seed", 's', true, false},    {"set", 0, true, false},       {"columns", 0, true, false},  {"whole", 0, false, false}, {"threads", 0, true, false},
             {"quiet", 'q', false, false},  {"define", 0, true, true},     {"real", 0, true, true},      {"color", 0, false, true},  {"strict", 0, false, true}};
enum { KNOWN = sizeof known / sizeof *known };

static int find_known(const char *argument)
{
    for (int i = 0; i < KNOWN; i++) {
        size_t n = strlen(known[i].name);
        if (argument[1] == '-' && strncmp(argument + 2, known[i].name, n) == 0 && (argument[n + 2] == 0 || argument[n + 2] == '='))
            return i;
        if (argument[1] != '-' && known[i].letter && argument[1] == known[i].letter)
            return i;
    }
    return -1;
}

static void take(evaluating *x, int which, const char *value)
{
    if (strcmp(known[which].name, "define") == 0)
        x->page.define[x->page.define_count++] = value;
    else if (strcmp(known[which].name, "real") == 0)
        x->real = value;
    else if (strcmp(known[which].name, "data") == 0)
        x->data[x->data_count++] = value;
    x->quiet |= strcmp(known[which].name, "quiet") == 0;
    x->weights |= strcmp(known[which].name, "weights") == 0;
}

/* One option at argv[*at]; moves to its value. */
static void read_option(evaluating *x, int argc, char **argv, int *at)
{
    const char *text = argv[*at], *value = NULL, *equals = strchr(text, '=');
    int which = find_known(text), begin = *at;
    if (which < 0) {
        x->status = options_usage(&x->o, "unknown option `%s`", text);
        return;
    }
    if (known[which].value) {
        value = text[1] == '-' ? (equals ? equals + 1 : NULL) : (text[2] ? text + 2 : NULL);
        if (!value && *at + 1 >= argc) {
            x->status = options_usage(&x->o, "option `%s` needs a value", text);
            return;
        }
        value = value ? value : argv[++*at];
    }
    take(x, which, value);
    for (int i = begin; i <= *at && !known[which].own; i++)
        x->rest[x->rest_count++] = argv[i];
}

static void read_arguments(evaluating *x, int argc, char **argv)
{
    bool ended = false;
    x->status = -1;
    for (int i = 1; i < argc && x->status < 0; i++) {
        if (!ended && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
            fputs(eval_usage, stdout);
            x->status = STATUS_GOOD;
        } else if (!ended && strcmp(argv[i], "--") == 0) {
            ended = true;
        } else if (!ended && argv[i][0] == '-' && argv[i][1]) {
            read_option(x, argc, argv, &i);
        } else if (!x->file) {
            x->file = argv[i];
        } else {
            x->expression[x->expression_count++] = argv[i];
        }
    }
    if (x->status < 0 && (!x->file || x->expression_count == 0))
        x->status = options_usage(&x->o, !x->file ? "no file given" : "no expression given");
    if (x->status < 0 && x->real && strcmp(x->real, "double") != 0 && strcmp(x->real, "float") != 0)
        x->status = options_usage(&x->o, "--real is double or float");
    if (x->status < 0 && !x->weights)
        x->status = options_usage(&x->o, "--weights FILE.npz is needed");
}

/* --- the page with other outputs --- */

/* Takes a statement out of the text; its line stays, so that places in messages are right. */
static void blank(char *text, span at)
{
    for (int32_t i = at.begin; i < at.end; i++)
        if (text[i] != '\n')
            text[i] = ' ';
}

static void blank_outputs(const syn *file, char *text)
{
    for (int i = 0; i < file->count; i++)
        if (file->child[i]->kind == SYN_OUTPUT)
            blank(text, file->child[i]->at);
}

/* "input z1[h]": the declaration that replaces the definition of variable `var`. */
static void declare_as_data(const model *m, int var, buffer *out)
{
    const model_var *v = &m->var[var];
    int first = v->sample ? 1 : 0;
    buffer_printf(out, "\n%s %s", v->sample ? "input" : "given", model_var_name(m, var));
    for (int k = first; k < v->axis_count; k++) {
        buffer_puts(out, k > first ? ", " : "[");
        model_print_index(m, out, v->axis_size[k]);
    }
    buffer_puts(out, v->axis_count > first ? "]" : "");
}

static bool inside(span small, span large)
{
    return small.source == large.source && small.begin >= large.begin && small.end <= large.end;
}

static int blank_definition(page *p, const page_options *po, int var, char *text)
{
    const int *list;
    int count = model_equations_of(p->model, var, &list), found = 0;
    for (int i = 0; i < p->file->count; i++)
        for (int k = 0; k < count; k++)
            if (p->file->child[i]->kind == SYN_EQUATION && inside(p->model->equation[list[k]].where, p->file->child[i]->at)) {
                blank(text, p->file->child[i]->at);
                found++;
                break;
            }
    if (found)
        return 0;
    diag_hint(diag_add(&p->diagnostics, DIAG_ERROR, p->model->var[var].at, "`%s` cannot be given as data: its definition stands inside a block", model_var_name(p->model, var)),
              "write it as a statement of its own");
    page_report(p, po);
    return STATUS_UNUSABLE;
}

/* NAME of "NAME=FILE" when it is one that the page defines; else −1. */
static int defined_name(page *p, const char *data)
{
    const char *equals = strchr(data, '=');
    if (!equals || equals == data)
        return -1;
    diag_list ignored = {0};
    int number = source_add(p->sources, "--data", data, (size_t)(equals - data));
    const syn *tree = parse_statement(p->memory, p->names, p->sources, number, &ignored);
    int var = ignored.errors == 0 && tree->kind == SYN_NAME ? model_find_var(p->model, tree->name) : -1;
    diag_free(&ignored);
    return var >= 0 && p->model->var[var].role == ROLE_DEFINED ? var : -1;
}

/* Names that no page uses. */
static char *output_name(const page *p, int i)
{
    return arena_printf(p->memory, "deltac_expression%d", i + 1);
}

static int rewrite(page *p, const evaluating *x, buffer *out)
{
    const source *s = source_get(p->sources, p->source);
    char *text = arena_strndup(p->memory, s->text, s->length);
    buffer more = {0};
    int status = 0;
    blank_outputs(p->file, text);
    for (int i = 0; i < x->data_count && !status; i++) {
        int var = defined_name(p, x->data[i]);
        if (var < 0)
            continue;
        status = blank_definition(p, &x->page, var, text);
        declare_as_data(p->model, var, &more);
    }
    for (int i = 0; i < x->expression_count; i++)
        buffer_printf(&more, "\n%s = %s\noutput %s", output_name(p, i), x->expression[i], output_name(p, i));
    buffer_puts(&more, "\n");
    buffer_add(out, text, s->length);
    buffer_puts(out, more.text);
    buffer_free(&more);
    return status;
}

/* Expressions are read alone first: their errors should show them, not the rewritten page. */
static int check_expressions(page *p, const evaluating *x, char **name)
{
    for (int i = 0; i < x->expression_count; i++) {
        buffer ascii = {0};
        int number = source_add(p->sources, "EXPR", x->expression[i], strlen(x->expression[i]));
        const syn *tree = parse_statement(p->memory, p->names, p->sources, number, &p->diagnostics);
        if (!p->diagnostics.errors && tree->kind == SYN_EQUATION)
            diag_hint(diag_add(&p->diagnostics, DIAG_ERROR, tree->at, "an equation has no value"), "`deltac check` decides claims");
        if (!p->diagnostics.errors)
            syn_print(&ascii, tree, p->names, 0);
        name[i] = xstrdup(ascii.text ? ascii.text : "");
        buffer_free(&ascii);
        int index_count = 0, index[MODEL_MAX_AXES];
        if (!p->diagnostics.errors)
            model_expression(p->model, x->expression[i], &index_count, index);
    }
    if (!x->quiet || p->diagnostics.errors)
        page_report(p, &x->page);
    return p->diagnostics.errors ? STATUS_UNUSABLE : 0;
}

/* --- what the outputs need --- */

typedef struct {
    model *m;
    bool *seen;
    int *stack, count;
} reaching;

static bool reach(void *context, node n)
{
    reaching *r = context;
    if (dag_kind(r->m->dag, n) != NODE_ENTRY || r->seen[dag_payload(r->m->dag, n)])
        return true;
    r->seen[dag_payload(r->m->dag, n)] = true;
    r->stack[r->count++] = dag_payload(r->m->dag, n);
    return true;
}

/* "x,y": data that must be given for these outputs. Called when all derivatives are expanded. */
static char *needed_data(const page *p)
{
    model *m = p->model;
    const int *list;
    buffer text = {0};
    reaching r = {m, arena_alloc(p->memory, (size_t)m->var_count + 1), arena_alloc(p->memory, ((size_t)m->var_count + 1) * sizeof(int)), 0};
    for (int i = 0; i < m->output_count; i++) {
        r.seen[m->output[i]] = true;
        r.stack[r.count++] = m->output[i];
    }
    while (r.count) {
        int var = r.stack[--r.count], count = model_equations_of(m, var, &list);
        for (int i = 0; i < count; i++)
            dag_visit(m->dag, m->equation[list[i]].rhs, reach, &r);
    }
    for (int i = 0; i < m->var_count; i++)
        if (r.seen[i] && (m->var[i].role == ROLE_INPUT || m->var[i].role == ROLE_TARGET))
            buffer_printf(&text, "%s%s", text.length ? "," : "", intern_text(m->names, m->var[i].key));
    char *kept = arena_printf(p->memory, "%s", text.text ? text.text : "");
    buffer_free(&text);
    return kept;
}

static void name_outputs(page *p, const evaluating *x, char **name)
{
    for (int i = 0; i < x->expression_count && i < p->model->output_count; i++)
        p->model->var[p->model->output[i]].key = intern_puts(p->names, name[i]);
}

/* --- running --- */

static int run_program(evaluating *x, page *p)
{
    char *program = NULL;
    int status = compile_cached(p, &(compile_options){.single = x->real && strcmp(x->real, "float") == 0}, &x->page, &program);
    if (status)
        return status;
    char **argv = xcalloc((size_t)x->rest_count + 6, sizeof *argv);
    int count = 0;
    argv[count++] = program;
    argv[count++] = arena_printf(p->memory, "predict");
    argv[count++] = arena_printf(p->memory, "--need=%s", needed_data(p));
    for (int i = 0; i < x->rest_count; i++)
        argv[count++] = x->rest[i];
    fflush(NULL);
    execv(program, argv);
    fprintf(stderr, "deltac: cannot start `%s`: %s\n", program, strerror(errno));
    free(argv);
    return STATUS_MACHINE;
}

static int evaluate(evaluating *x)
{
    page p, q = {0};
    buffer text = {0};
    char **name = xcalloc((size_t)x->expression_count + 1, sizeof *name);
    x->page.run = true;
    int status = page_open(&p, x->file, &x->page);
    if (!status && p.diagnostics.errors) {
        page_report(&p, &x->page);
        status = STATUS_UNUSABLE;
    }
    status = status ? status : check_expressions(&p, x, name);
    status = status ? status : rewrite(&p, x, &text);
    if (!status) {
        status = page_open_text(&q, x->file, text.text, text.length, &x->page);
        q.diagnostics.warnings = 0;
        q.printed = !q.diagnostics.errors; /* what else there is to say has been said of p */
        if (!q.diagnostics.errors)
            name_outputs(&q, x, name);
        status = status ? status : run_program(x, &q);
        page_close(&q);
    }
    page_close(&p);
    buffer_free(&text);
    for (int i = 0; i < x->expression_count; i++)
        free(name[i]);
    free(name);
    return status;
}

int command_eval(int argc, char **argv)
{
    size_t room = (size_t)argc + 2;
    evaluating x = {.o = {.command = "eval", .usage = eval_usage}};
    x.page.define = xcalloc(room, sizeof *x.page.define);
    x.expression = xcalloc(room, sizeof *x.expression);
    x.data = xcalloc(room, sizeof *x.data);
    x.rest = xcalloc(room, sizeof *x.rest);
    x.page.colour = isatty(STDERR_FILENO) && !getenv("NO_COLOR");
    read_arguments(&x, argc, argv);
    int status = x.status < 0 ? evaluate(&x) : x.status;
    free(x.page.define), free(x.expression), free(x.data), free(x.rest);
    return status;
}
