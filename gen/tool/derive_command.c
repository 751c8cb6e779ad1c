/* derive: the derivation as text, LaTeX, Markdown or HTML. */
#include <stdlib.h>
#include <string.h>

#include "gen/calculus/calculus.h"
#include "gen/emit/derive.h"
#include "gen/emit/derive_write.h"
#include "gen/tool/check.h"
#include "gen/tool/commands.h"
#include "gen/tool/options.h"
#include "gen/tool/report.h"

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
