/* Sums that are no products of matrices but run over the same two groups, d[s,k] = Σ_i f(P[s,i], c[k,i]): an array that lies across gets a copy turned round, so
 * that the innermost loop runs along k, in vectors, whatever the length of i. The same for weights of products in recurrences, which are small products at each
 * step. Needs: products in equations of their own. Keeps: every right side's value. */
#include "gen/lower/lower_private.h"
#include "gen/lower/product.h"
#include "grammar/arena.h"

enum { LEAST_ROW = 16, LONGEST_SUM = 128, MOST_COPIES = 4, LEAST_STEPS = 8 };

typedef struct {
    lower_program *p;
    dag *d;
    int row, sum;             /* indices: of the target's last axis, and summed */
    node across[MOST_COPIES]; /* entries X[row, sum] */
    int count;
    bool fits;
    int step;     /* an index of the target */
    bool earlier; /* the sum reads what another step has computed */
} turning;

static bool note_access(void *context, node n)
{
    turning *x = context;
    dag *d = x->d;
    if (dag_kind(d, n) == NODE_REDUCE)
        x->fits = false;
    if (dag_kind(d, n) != NODE_ENTRY || !dag_has_index(d, n, x->row))
        return x->fits;
    int axes = dag_count(d, n);
    lower_place place = x->p->var[dag_payload(d, n)].place; /* what is computed may need the sum itself: a recurrence */
    if (axes == 2 && dag_child(d, n, 0) == dag_index_node(d, x->row) && dag_child(d, n, 1) == dag_index_node(d, x->sum) && x->count < MOST_COPIES &&
        !x->p->var[dag_payload(d, n)].integer && (place == LOWER_PARAMS || place == LOWER_STATE))
        x->across[x->count++] = n;
    else if (product_axis(d, n, x->row) != axes - 1)
        x->fits = false;
    return x->fits;
}

static bool range_is_free(dag *d, int index)
{
    const dag_index_info *i = dag_index_get(d, index);
    return !dag_has_kind(d, i->lo, NODE_INDEX) && !dag_has_kind(d, i->hi, NODE_INDEX) && !dag_has_kind(d, i->lo, NODE_ENTRY) &&
           !dag_has_kind(d, i->hi, NODE_ENTRY);
}

/* The copy's entry [sum, row]. */
static node turned(turning *x, const lower_equation *of, node entry, int_map *copies)
{
    dag *d = x->d;
    lower_program *p = x->p;
    node at[2] = {dag_child(d, entry, 1), dag_child(d, entry, 0)};
    node key = dag_entry(d, dag_payload(d, entry), 2, (node[]){dag_index_get(d, x->row)->hi, dag_index_get(d, x->sum)->hi});
    int known = int_map_get(copies, key);
    if (!known) {
        const int index[2] = {x->sum, x->row};
        lower_var v = {.place = LOWER_WORK, .model_var = -1, .axis_count = 2, .line = of->line, .equation = -1};
        v.stem = arena_printf(p->memory, "%s_turned", p->var[dag_payload(d, entry)].stem);
        lower_equation e = {.index_count = 2, .rhs = entry, .population = -1, .line = of->line};
        e.note = arena_printf(p->memory, "%s turned round", lower_var_name(p, dag_payload(d, entry)));
        for (int k = 0; k < 2; k++) {
            const dag_index_info *i = dag_index_get(d, index[k]);
            v.start[k] = i->lo;
            v.size[k] = dag_add(d, 3, (node[]){i->hi, dag_neg(d, i->lo), dag_int(d, 1)});
            e.index[k] = index[k];
            e.at[k] = at[k];
        }
        e.var = lower_add_var(p, &v);
        known = 1 + lower_add_equation(p, &e);
        int_map_put(copies, key, known);
    }
    p->equation[known - 1].events |= of->events;
    return dag_entry(d, p->equation[known - 1].var, 2, at);
}

/* Does a loop stand around in which the copy does not change? */
static bool repeated(const lower_equation *e, const turning *x)
{
    return e->index_count >= 2 && e->index[e->index_count - 1] == x->row;
}

/* A product in a recurrence: U h[t−1] is a small product at each step, and one with U turned round before the first costs half of that (bench/README.md). Those that
 * do not wait for earlier steps are one large product, for which it makes no difference. */
static bool note_earlier(void *context, node n)
{
    turning *x = context;
    dag *d = x->d;
    for (int k = 0; dag_kind(d, n) == NODE_ENTRY && x->p->var[dag_payload(d, n)].place == LOWER_WORK && k < dag_count(d, n); k++) {
        node at = dag_child(d, n, k);
        if (dag_kind(d, at) == NODE_ADD && dag_has_index(d, at, x->step))
            x->earlier = true;
    }
    return !x->earlier;
}

static bool in_recurrence(turning *x, const lower_equation *e, node body)
{
    for (int k = 0; k < e->index_count && !x->earlier; k++) {
        x->step = e->index[k];
        if (product_extent(x->p, x->step) >= LEAST_STEPS)
            dag_visit(x->d, body, note_earlier, x);
    }
    return x->earlier;
}

/* The sum with copies that are turned round; 0: as it was. */
static node turn_sum(lower_program *p, const lower_equation *e, node n, int_map *copies)
{
    dag *d = p->m->dag;
    int sum[MODEL_MAX_AXES], count, axes = p->var[e->var].axis_count;
    if (dag_kind(d, n) != NODE_REDUCE || dag_payload(d, n) != REDUCE_SUM)
        return 0;
    node body = lower_open_sums(p, n, sum, MODEL_MAX_AXES, &count);
    turning x = {.p = p, .d = d, .row = dag_payload(d, e->at[axes - 1]), .sum = sum[count - 1], .fits = true};
    if (count != 1 || !repeated(e, &x) || !range_is_free(d, x.row) || !range_is_free(d, x.sum) || product_extent(p, x.row) < LEAST_ROW ||
        (e->product ? !p->contracts || !in_recurrence(&x, e, body) : product_extent(p, x.sum) > LONGEST_SUM))
        return 0;
    dag_visit(d, body, note_access, &x);
    if (!x.fits || x.count == 0)
        return 0;
    node to[MOST_COPIES];
    for (int i = 0; i < x.count; i++)
        to[i] = turned(&x, e, x.across[i], copies);
    body = dag_substitute(d, body, x.count, x.across, to, true);
    const dag_index_info r = *dag_index_get(d, x.sum);
    return dag_raw_reduce(d, REDUCE_SUM, x.sum, r.lo, r.hi, 0, body);
}

/* Of a product: terms of the right side, and sums among their factors. */
static node turn_parts(lower_program *p, const lower_equation *e, node n, int_map *copies)
{
    dag *d = p->m->dag;
    node_kind kind = dag_kind(d, n);
    if (!e->product || (kind != NODE_ADD && kind != NODE_MUL))
        return turn_sum(p, e, n, copies);
    node child[PRODUCT_TERMS];
    int count = dag_count(d, n);
    bool changed = false;
    for (int i = 0; i < count && count <= PRODUCT_TERMS; i++) {
        node made = kind == NODE_ADD ? turn_parts(p, e, dag_child(d, n, i), copies) : turn_sum(p, e, dag_child(d, n, i), copies);
        child[i] = made ? made : dag_child(d, n, i);
        changed = changed || made;
    }
    return changed ? dag_rebuild(d, n, child, true) : 0;
}

static void turn_equation(lower_program *p, int number, int_map *copies)
{
    const lower_equation e = p->equation[number];
    int axes = p->var[e.var].axis_count;
    if (!e.events || e.placed || e.guard || axes < 2 || dag_kind(p->m->dag, e.at[axes - 1]) != NODE_INDEX)
        return;
    node made = turn_parts(p, &e, e.rhs, copies);
    if (made)
        p->equation[number].rhs = made;
}

void lower_turn(lower_program *p)
{
    int_map copies = {0};
    int count = p->equation_count;
    for (int i = 0; i < count; i++)
        turn_equation(p, i, &copies);
    int_map_free(&copies);
}
