/* What the products of a recurrence add up that does not wait for its earlier steps: begun for all steps at once, before the loop. W x[t] of U h[t−1] + W x[t] + b is
 * then one product over samples and steps. Needs: a recurrence in order. Keeps: every value, but for the order of additions. */
#include "gen/lower/nest.h"
#include "gen/lower/product.h"
#include "grammar/map.h"

typedef struct {
    nest *b;
    int_map written; /* 1 + variable: the recurrence computes it */
    bool waits;
} hoisting;

static void note_written(hoisting *x, const lower_unit *u)
{
    for (int i = 0; i < u->count; i++)
        if (u->part[i]->equation >= 0)
            int_map_put(&x->written, 1 + x->b->p->equation[u->part[i]->equation].var, 1);
        else
            note_written(x, u->part[i]);
}

static bool find_written(void *context, node n)
{
    hoisting *x = context;
    x->waits = x->waits || (dag_kind(x->b->d, n) == NODE_ENTRY && int_map_get(&x->written, 1 + dag_payload(x->b->d, n)));
    return !x->waits;
}

static bool waits(hoisting *x, node n)
{
    x->waits = false;
    dag_visit(x->b->d, n, find_written, x);
    return x->waits;
}

static node added(dag *d, int count, const node *list)
{
    return count == 1 ? list[0] : dag_raw_add(d, count, list);
}

/* The index of the recurrence first, as its arrays lie. */
static void put_first(lower_equation *e, int index)
{
    for (int k = 1; k < e->index_count; k++)
        if (e->index[k] == index) {
            for (; k > 0; k--)
                e->index[k] = e->index[k - 1];
            e->index[0] = index;
            return;
        }
}

static void hoist_equation(hoisting *x, lower_equation *e, int index)
{
    dag *d = x->b->d;
    product_form form;
    node early[PRODUCT_TERMS], late[PRODUCT_TERMS];
    int early_count = 0, late_count = 0, terms = dag_kind(d, e->rhs) == NODE_ADD ? dag_count(d, e->rhs) : 1;
    if (!e->product || e->guard || e->in_place || e->begun || e->open_count != 1 || terms > PRODUCT_TERMS)
        return;
    for (int i = 0; i < terms; i++) {
        node n = terms == 1 ? e->rhs : dag_child(d, e->rhs, i);
        if (waits(x, n))
            late[late_count++] = n;
        else
            early[early_count++] = n;
    }
    lower_equation before = *e, after = *e;
    if (!early_count || !late_count)
        return;
    before.open_count = 0;
    before.rhs = added(d, early_count, early);
    after.rhs = added(d, late_count, late);
    after.begun = true;
    if (!product_parse(x->b->p, &before, &form) || !product_parse(x->b->p, &after, &form) || form.rest)
        return;
    put_first(&before, index);
    nest_product(x->b, &before);
    *e = after;
}

void nest_hoist(nest *b, const lower_unit *u)
{
    hoisting x = {.b = b};
    if (b->floor > 1) /* a recurrence inside another */
        return;
    note_written(&x, u);
    for (int i = 0; i < u->count; i++)
        if (u->part[i]->equation >= 0)
            hoist_equation(&x, &b->p->equation[u->part[i]->equation], u->index);
    int_map_free(&x.written);
}
