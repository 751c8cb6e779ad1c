/* Adjoints that are 0 but at one place, u[s,k] = if k == argmin(…) then … else 0, are written into what reads them: a sum over k then has one term, and a sum over
 * s knows where each goes (place.c). The place gets an array of its own, so that it is found once. Needs: tidy equations, before need.c. Keeps: every right
 * side's value. */
#include <stdlib.h>

#include "gen/lower/lower_private.h"
#include "gen/lower/place.h"
#include "grammar/arena.h"
#include "grammar/map.h"

enum { LARGEST = 24 };

typedef struct {
    lower_program *p;
    dag *d;
    int *writer;     /* by variable: its only equation; −1: none, or several */
    bool *candidate; /* by variable: written into its readers */
    int variables;   /* there are this many in the two lists */
    int_map places;  /* reduction -> 1 + variable that holds its place */
    int_map range;   /* 1 + such a variable -> the reduction */
    int_map memo;    /* of the equation being rewritten */
} onehot;

/* --- what is 0 but at one place --- */

/* The other side of [k == place], k an index of the equation and place data without it; 0: not so. */
static node place_in(dag *d, const lower_equation *e, node n)
{
    if (dag_kind(d, n) != NODE_COMPARE || dag_payload(d, n) != COMPARE_EQUAL)
        return 0;
    for (int side = 0; side < 2; side++)
        for (int k = 0; k < e->index_count; k++) {
            node other = dag_child(d, n, 1 - side);
            if (dag_child(d, n, side) == dag_index_node(d, e->index[k]) && !dag_is_affine(d, other) && !dag_has_index(d, other, e->index[k]))
                return other;
        }
    return 0;
}

static node find_place(dag *d, const lower_equation *e, node n)
{
    node found = place_in(d, e, n);
    if (dag_kind(d, n) == NODE_IF && dag_is_int(d, dag_child(d, n, 2), 0)) {
        found = place_in(d, e, dag_child(d, n, 0));
        return found ? found : find_place(d, e, dag_child(d, n, 1));
    }
    for (int i = 0; dag_kind(d, n) == NODE_MUL && i < dag_count(d, n) && !found; i++)
        found = find_place(d, e, dag_child(d, n, i));
    return found;
}

/* n with `to` in place of the part `from`, found where find_place looks. */
static node replaced(dag *d, node n, node from, node to)
{
    node_kind k = dag_kind(d, n);
    if (n == from)
        return to;
    if (k != NODE_IF && k != NODE_MUL && k != NODE_COMPARE)
        return n;
    int count = dag_count(d, n);
    node *child = xmalloc((size_t)count * sizeof *child);
    for (int i = 0; i < count; i++)
        child[i] = replaced(d, dag_child(d, n, i), from, to);
    node made = dag_rebuild(d, n, child, true);
    free(child);
    return made;
}

static int size_of(dag *d, node n, int room)
{
    int size = 1;
    for (int i = 0; i < dag_count(d, n) && size < room; i++)
        size += size_of(d, dag_child(d, n, i), room - size);
    return size;
}

/* --- the array of places --- */

static bool bounds_are_free(dag *d, int index)
{
    const dag_index_info *i = dag_index_get(d, index);
    return i->lo && i->hi && !dag_has_kind(d, i->lo, NODE_INDEX) && !dag_has_kind(d, i->hi, NODE_INDEX) && !dag_has_kind(d, i->lo, NODE_ENTRY) &&
           !dag_has_kind(d, i->hi, NODE_ENTRY);
}

static int new_place(onehot *x, const lower_equation *of, node place)
{
    dag *d = x->d;
    lower_program *p = x->p;
    lower_var v = {.place = LOWER_WORK, .model_var = -1, .line = of->line, .equation = -1};
    lower_equation e = {.rhs = place, .population = -1, .line = of->line, .note = "where it is largest, or smallest"};
    v.stem = arena_printf(p->memory, "%s_place", p->var[of->var].stem);
    for (int k = 0; k < of->index_count; k++) {
        const dag_index_info *i = dag_index_get(d, of->index[k]);
        if (!dag_has_index(d, place, of->index[k]))
            continue;
        v.start[v.axis_count] = i->lo;
        v.size[v.axis_count++] = dag_add(d, 3, (node[]){i->hi, dag_neg(d, i->lo), dag_int(d, 1)});
        e.at[e.index_count] = dag_index_node(d, of->index[k]);
        e.index[e.index_count++] = of->index[k];
    }
    if (v.axis_count && dag_index_get(d, e.index[0])->sample) {
        v.per_sample = true;
        v.population = p->var[of->var].population;
    }
    e.var = lower_add_var(p, &v);
    lower_add_equation(p, &e);
    return e.var;
}

/* The entry of an array that holds the place; 0 when there cannot be one. */
static node place_entry(onehot *x, const lower_equation *e, node place)
{
    dag *d = x->d;
    node at[MODEL_MAX_AXES];
    int used[2 * MODEL_MAX_AXES], count = dag_free_indices(d, place, used, 2 * MODEL_MAX_AXES), own = 0;
    for (int k = 0; k < e->index_count; k++)
        if (dag_has_index(d, place, e->index[k])) {
            if (!bounds_are_free(d, e->index[k]))
                return 0;
            at[own++] = dag_index_node(d, e->index[k]);
        }
    if (dag_kind(d, place) != NODE_REDUCE || count != own || !place_stays_inside(x->p, place))
        return 0;
    int known = int_map_get(&x->places, place);
    if (!known) {
        known = 1 + new_place(x, e, place);
        int_map_put(&x->places, place, known);
        int_map_put(&x->range, known, place);
    }
    return dag_entry(d, known - 1, own, at);
}

/* --- writing into readers --- */

static node rewrite(void *context, node n);

/* lo <= place, place <= hi: kept by what the place is taken over. */
static bool always_holds(const onehot *x, node c)
{
    dag *d = x->d;
    if (dag_kind(d, c) != NODE_COMPARE || dag_payload(d, c) != COMPARE_LESS_EQUAL)
        return false;
    for (int side = 0; side < 2; side++) {
        node n = dag_child(d, c, side), other = dag_child(d, c, 1 - side);
        node place = dag_kind(d, n) == NODE_ENTRY ? int_map_get(&x->range, 1 + dag_payload(d, n)) : 0;
        if (place && dag_is_affine(d, other))
            return side ? dag_index_le(d, other, dag_child(d, place, 0)) == TRUTH_YES : dag_index_le(d, dag_child(d, place, 1), other) == TRUTH_YES;
    }
    return false;
}

static node without_guards(const onehot *x, node n)
{
    while (dag_kind(x->d, n) == NODE_IF && always_holds(x, dag_child(x->d, n, 0)))
        n = dag_child(x->d, n, 1);
    return n;
}

/* u·(if c then v else 0) as if c then u·v else 0 */
static node condition_outside(dag *d, node n)
{
    int count = dag_kind(d, n) == NODE_MUL ? dag_count(d, n) : 0;
    for (int i = 0; i < count; i++) {
        node f = dag_child(d, n, i);
        if (dag_kind(d, f) != NODE_IF || !dag_is_int(d, dag_child(d, f, 2), 0))
            continue;
        node *list = xmalloc((size_t)count * sizeof *list);
        for (int k = 0; k < count; k++)
            list[k] = k == i ? dag_child(d, f, 1) : dag_child(d, n, k);
        node made = dag_raw_if(d, dag_child(d, f, 0), condition_outside(d, dag_raw_mul(d, count, list)), dag_int(d, 0));
        free(list);
        return made;
    }
    return n;
}

static node rewrite_sum(onehot *x, node n)
{
    dag *d = x->d;
    int index;
    node body = dag_look_inside(d, n, &index), made = rewrite(x, body);
    if (made == body)
        return n;
    const lower_equation sum = {.index_count = 1, .index = {index}};
    made = condition_outside(d, made);
    node lo = dag_child(d, n, 0), hi = dag_child(d, n, 1);
    return find_place(d, &sum, made) ? without_guards(x, dag_reduce(d, REDUCE_SUM, index, lo, hi, 0, made))
                                     : dag_raw_reduce(d, REDUCE_SUM, index, lo, hi, 0, made);
}

static node written_in(onehot *x, node entry)
{
    dag *d = x->d;
    const lower_equation *q = &x->p->equation[x->writer[dag_payload(d, entry)]];
    node to[MODEL_MAX_AXES];
    for (int k = 0; k < dag_count(d, entry); k++) {
        to[k] = dag_child(d, entry, k);
        if (!dag_is_affine(d, to[k]))
            return entry;
    }
    return dag_substitute(d, q->rhs, q->index_count, q->at, to, true);
}

static node rewrite(void *context, node n)
{
    onehot *x = context;
    dag *d = x->d;
    if (!dag_has_kind(d, n, NODE_ENTRY))
        return n;
    if (dag_kind(d, n) == NODE_ENTRY && dag_payload(d, n) < x->variables && x->candidate[dag_payload(d, n)])
        return written_in(x, n);
    node made = int_map_get(&x->memo, n);
    if (!made) {
        made = dag_kind(d, n) == NODE_REDUCE && dag_payload(d, n) == REDUCE_SUM ? rewrite_sum(x, n) : dag_map_children(d, n, rewrite, x);
        int_map_put(&x->memo, n, made);
    }
    return made;
}

/* --- the pass --- */

static void consider(onehot *x, int number)
{
    dag *d = x->d;
    lower_program *p = x->p;
    lower_equation e = p->equation[number];
    bool plain = x->writer[e.var] == number && p->var[e.var].place == LOWER_WORK && p->var[e.var].model_var == e.var && !e.guard &&
                 e.index_count == p->var[e.var].axis_count;
    for (int k = 0; plain && k < e.index_count; k++)
        plain = e.at[k] == dag_index_node(d, e.index[k]);
    if (!plain || !dag_has_kind(d, e.rhs, NODE_COMPARE) || dag_has_variable(d, e.rhs, e.var))
        return;
    node place = find_place(d, &e, e.rhs), entry;
    if (!place || size_of(d, e.rhs, LARGEST + 64) > LARGEST + 64)
        return;
    if (dag_has_kind(d, place, NODE_REDUCE)) {
        if (!(entry = place_entry(x, &e, place)))
            return;
        e.rhs = replaced(d, e.rhs, place, entry);
    }
    if (dag_has_kind(d, e.rhs, NODE_REDUCE) || size_of(d, e.rhs, LARGEST + 1) > LARGEST)
        return;
    p->equation[number].rhs = e.rhs;
    x->candidate[e.var] = true;
}

void lower_onehot(lower_program *p)
{
    onehot x = {.p = p, .d = p->m->dag, .variables = p->var_count};
    x.writer = xmalloc((size_t)(p->var_count + 1) * sizeof *x.writer);
    x.candidate = xcalloc((size_t)p->var_count + 1, sizeof *x.candidate);
    for (int v = 0; v < p->var_count; v++)
        x.writer[v] = -1;
    int count = p->equation_count;
    for (int i = 0; i < count; i++)
        x.writer[p->equation[i].var] = x.writer[p->equation[i].var] == -1 ? i : -2;
    for (int i = 0; i < count; i++) { /* adjoints come behind those that they are computed from */
        node made = rewrite(&x, p->equation[i].rhs);
        p->equation[i].rhs = made;
        int_map_free(&x.memo);
        x.memo = (int_map){0};
        consider(&x, i);
    }
    int_map_free(&x.places), int_map_free(&x.range);
    free(x.writer), free(x.candidate);
}
