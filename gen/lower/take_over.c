/* Equations that are products of matrices: new ones as they are, and older ones that only add something to products, z = W x + b, which take those over. Part of
 * contract.c. */
#include <stdlib.h>

#include "gen/lower/lower_private.h"
#include "gen/lower/product.h"

enum { MOST_FACTORS = 16 };

typedef struct {
    const dag *d;
    int *count;
} reading;

static bool count_read(void *context, node n)
{
    reading *r = context;
    if (dag_kind(r->d, n) == NODE_ENTRY)
        r->count[dag_payload(r->d, n)]++;
    return true;
}

/* The right side of new array `entry` with the indices it is read at. */
static node inlined(contraction *x, node entry, const int *writer)
{
    dag *d = x->d;
    const lower_equation *q = &x->p->equation[writer[dag_payload(d, entry)]];
    return dag_substitute(
        d, q->rhs, q->index_count, q->at,
        (node[MODEL_MAX_AXES]){dag_child(d, entry, 0), q->index_count > 1 ? dag_child(d, entry, 1) : 0, q->index_count > 2 ? dag_child(d, entry, 2) : 0}, true);
}

static node inline_term(contraction *x, node n, const int *writer, const int *reads)
{
    dag *d = x->d;
    if (dag_kind(d, n) == NODE_ENTRY) {
        int v = dag_payload(d, n);
        return writer[v] >= 0 && reads[v] == 1 && x->p->equation[writer[v]].product ? inlined(x, n, writer) : n;
    }
    if (dag_kind(d, n) != NODE_MUL)
        return n;
    node list[MOST_FACTORS];
    int count = dag_count(d, n);
    if (count > MOST_FACTORS)
        return n;
    for (int i = 0; i < count; i++) {
        node c = dag_child(d, n, i);
        list[i] = dag_kind(d, c) == NODE_ENTRY && dag_count(d, c) ? inline_term(x, c, writer, reads) : c;
        if (list[i] == c && dag_has_kind(d, c, NODE_INDEX))
            return n;
    }
    return dag_raw_mul(d, count, list);
}

typedef struct {
    dag *d;
    int index;
    bool found;
} shift_search;

static bool note_shift(void *context, node n)
{
    shift_search *s = context;
    for (int k = 0; dag_kind(s->d, n) == NODE_ENTRY && k < dag_count(s->d, n); k++)
        s->found = s->found || (dag_child(s->d, n, k) != dag_index_node(s->d, s->index) && dag_has_index(s->d, dag_child(s->d, n, k), s->index));
    return !s->found;
}

/* Is something read a step away, as in a recurrence? There each step would compute one row of the product by itself. */
static bool steps_along(dag *d, node n, int index)
{
    shift_search s = {d, index, false};
    dag_visit(d, n, note_shift, &s);
    return s.found;
}

/* An equation that only adds something to products takes them over, when its own array lies well. */
static void take_over(contraction *x, int number, const int *writer, const int *reads)
{
    dag *d = x->d;
    lower_equation e = x->p->equation[number];
    int terms = dag_kind(d, e.rhs) == NODE_ADD ? dag_count(d, e.rhs) : 1;
    node made[PRODUCT_TERMS];
    product_form form;
    if (terms > PRODUCT_TERMS || e.guard)
        return;
    for (int i = 0; i < terms; i++)
        made[i] = inline_term(x, terms == 1 ? e.rhs : dag_child(d, e.rhs, i), writer, reads);
    e.rhs = terms == 1 ? made[0] : dag_raw_add(d, terms, made);
    if (e.rhs == x->p->equation[number].rhs || !product_parse(x->p, &e, &form))
        return;
    for (int i = 0; i < form.count && form.rest; i++)
        if (steps_along(d, form.rest, form.term[i].row) || steps_along(d, form.rest, form.term[i].column))
            return;
    e.product = true;
    x->p->equation[number] = e;
}

void contract_mark_products(contraction *x)
{
    lower_program *p = x->p;
    product_form form;
    int *writer = xmalloc((size_t)(p->var_count + 1) * sizeof *writer), *reads = xcalloc((size_t)p->var_count + 1, sizeof *reads);
    reading r = {x->d, reads};
    for (int v = 0; v < p->var_count; v++)
        writer[v] = -1;
    for (int i = 0; i < p->equation_count; i++) {
        lower_equation *e = &p->equation[i];
        if (i < x->first && !e->events)
            continue;
        dag_visit(x->d, e->rhs, count_read, &r);
        if (i < x->first)
            continue;
        writer[e->var] = i;
        e->product = product_parse(p, e, &form);
    }
    for (int i = 0; i < x->first; i++)
        if (p->equation[i].events)
            take_over(x, i, writer, reads);
    free(writer), free(reads);
}
