/* Parameters, memory and operations, in the sizes of the page and, where these have values, as numbers. */
#include <string.h>

#include "gen/lower/lower.h"
#include "gen/tool/report.h"

typedef struct {
    report *r;
    lower_program *p;
    model *m;
    dag *d;
    bool exact; /* false once a loop's length hangs on another loop's index */
} counter;

static node product_of(counter *c, int count, const node *size)
{
    node n = dag_int(c->d, 1);
    for (int i = 0; i < count; i++)
        n = dag_mul2(c->d, n, size[i]);
    return n;
}

static node with_values(counter *c, node n)
{
    for (int i = 0; i < c->m->size_count; i++) {
        node from = dag_sizesym(c->d, i), to = c->m->size[i].value > 0 ? dag_int(c->d, c->m->size[i].value) : 0;
        if (to)
            n = dag_substitute(c->d, n, 1, &from, &to, false);
    }
    return n;
}

static void put_count(counter *c, node n, const char *unit)
{
    node value = with_values(c, n);
    buffer *out = c->r->out;
    buffer_puts(out, "<td>");
    if (dag_kind(c->d, n) != NODE_NUMBER && dag_kind(c->d, value) == NODE_NUMBER) {
        report_math(c->r, box_of(c->r->memory, model_notation(c->m, c->r->memory, n, 0, NULL, -1)));
        buffer_puts(out, " = ");
    }
    report_math(c->r, box_of(c->r->memory, model_notation(c->m, c->r->memory, value, 0, NULL, -1)));
    buffer_printf(out, "%s</td>", unit);
}

/* --- parameters --- */

static void put_parameters(counter *c)
{
    node total = dag_int(c->d, 0);
    int shown = 0, names = 0;
    buffer *out = c->r->out;
    buffer_puts(out, "<h3>Parameters</h3><div class=\"scroll\"><table><thead><tr><th scope=\"col\">name</th><th scope=\"col\">shape</th><th scope=\"col\">numbers</th></tr></thead><tbody>\n");
    for (int i = 0; i < c->m->var_count; i++) {
        const model_var *v = &c->m->var[i];
        if (v->role != ROLE_PARAM)
            continue;
        node n = product_of(c, v->axis_count, v->axis_size);
        total = dag_add2(c->d, total, n);
        names++;
        if (shown++ >= 24)
            continue;
        buffer_puts(out, "<tr><th scope=\"row\">");
        report_math(c->r, box_name(c->r->memory, model_var_name(c->m, i)));
        buffer_puts(out, "</th><td>");
        for (int k = 0; k < v->axis_count; k++) {
            buffer_puts(out, k ? " × " : "");
            report_math(c->r, box_of(c->r->memory, model_notation(c->m, c->r->memory, v->axis_size[k], 0, NULL, -1)));
        }
        buffer_puts(out, v->axis_count ? "</td>" : "scalar</td>");
        put_count(c, n, "");
        buffer_puts(out, "</tr>\n");
    }
    if (names > 24)
        buffer_printf(out, "<tr><th scope=\"row\">…</th><td>%d more</td><td></td></tr>\n", names - 24);
    buffer_puts(out, "<tr><th scope=\"row\">all</th><td></td>");
    put_count(c, total, "");
    buffer_puts(out, "</tr></tbody></table></div>\n");
}

/* --- operations: additions, multiplications and calls of functions, each counted as one --- */

static long own_operations(const dag *d, node n)
{
    switch (dag_kind(d, n)) {
    case NODE_ADD:
    case NODE_MUL: return dag_count(d, n) - 1;
    case NODE_POW:
    case NODE_FUN:
    case NODE_APPLY:
    case NODE_COMPARE: return 1;
    default: return 0;
    }
}

typedef struct {
    const dag *d;
    long count;
} operation_count;

static bool count_visit(void *context, node n)
{
    operation_count *c = context;
    if (!dag_is_affine((dag *)c->d, n)) /* indices are no arithmetic of the model */
        c->count += own_operations(c->d, n);
    return true;
}

static node statement_cost(counter *c, const lower_statement *s)
{
    node total = dag_int(c->d, 0);
    for (; s; s = s->next) {
        operation_count k = {.d = c->d};
        if (s->value && (s->kind == LOWER_LET || s->kind == LOWER_ASSIGN || s->kind == LOWER_WHEN))
            dag_visit(c->d, s->value, count_visit, &k);
        k.count += s->kind == LOWER_ASSIGN && s->how != LOWER_SET;
        node here = dag_int(c->d, k.count);
        if (s->body)
            here = dag_add2(c->d, here, statement_cost(c, s->body));
        if (s->otherwise)
            here = dag_add2(c->d, here, statement_cost(c, s->otherwise));
        if (s->kind == LOWER_FOR) {
            node length = dag_add2(c->d, dag_sub(c->d, s->hi, s->lo), dag_int(c->d, 1));
            int loose[4];
            c->exact &= dag_free_indices(c->d, length, loose, 4) == 0;
            here = c->exact ? dag_mul2(c->d, length, here) : here;
        }
        total = dag_add2(c->d, total, here);
    }
    return total;
}

static void put_operations(counter *c, int event, const char *name)
{
    node total = dag_int(c->d, 0);
    bool any = false;
    c->exact = true;
    for (int i = 0; i < c->p->function_count; i++)
        if (c->p->function[i].events >> event & 1) {
            total = dag_add2(c->d, total, statement_cost(c, c->p->function[i].body));
            any = true;
        }
    if (!any)
        return;
    buffer_printf(c->r->out, "<tr><th scope=\"row\">%s</th>", name);
    if (c->exact)
        put_count(c, total, "");
    else
        buffer_puts(c->r->out, "<td>not a polynomial of the sizes</td>");
    buffer_puts(c->r->out, "</tr>\n");
}

/* --- memory --- */

static void put_memory(counter *c, unsigned places, const char *name)
{
    node total = dag_int(c->d, 0);
    for (int i = 0; i < c->p->var_count; i++) {
        const lower_var *v = &c->p->var[i];
        if (v->place <= LOWER_WORK && (places >> v->place & 1))
            total = dag_add2(c->d, total, product_of(c, v->axis_count, v->size));
    }
    buffer_printf(c->r->out, "<tr><th scope=\"row\">%s</th>", name);
    put_count(c, dag_mul2(c->d, dag_int(c->d, 8), total), " bytes");
    buffer_puts(c->r->out, "</tr>\n");
}

void report_counts(report *r, page *prepared, const report_generated *g)
{
    counter c = {.r = r, .m = r->page->model, .d = r->page->model->dag};
    buffer *out = r->out;
    buffer_puts(out, "<section aria-labelledby=\"counts\"><h2 id=\"counts\">Counts</h2>\n");
    put_parameters(&c);
    if (!g->problem) {
        c.m = prepared->model;
        c.d = c.m->dag;
        c.p = lower_build(c.m, NULL);
    }
    if (c.p && !c.p->failed) {
        buffer_puts(out, "<h3>Operations for a batch of B samples</h3><p class=\"note\">Additions, multiplications and calls of functions, each counted as one.</p><div "
                         "class=\"scroll\"><table><thead><tr><th scope=\"col\">what</th><th scope=\"col\">operations</th></tr></thead><tbody>\n");
        put_operations(&c, LOWER_FORWARD, "forward");
        put_operations(&c, LOWER_GRADIENT, "cost and gradient");
        put_operations(&c, LOWER_STEP, "one training step");
        buffer_puts(out, "</tbody></table></div>\n<h3>Memory</h3><p class=\"note\">In double precision, eight bytes a number; arrays whose lives do not overlap may share "
                         "place.</p><div class=\"scroll\"><table><thead><tr><th scope=\"col\">what</th><th scope=\"col\">at most</th></tr></thead><tbody>\n");
        put_memory(&c, 1u << LOWER_PARAMS, "parameters");
        put_memory(&c, 1u << LOWER_STATE, "settings and state");
        put_memory(&c, 1u << LOWER_WORK | 1u << LOWER_GRAD, "work, with the gradient");
        buffer_puts(out, "</tbody></table></div>\n");
    }
    buffer_puts(out, "</section>\n");
}
