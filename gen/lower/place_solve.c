/* Conditions on the terms of place.c solved for indices: what a Kronecker delta says an index is, which entry of the target a window belongs to.
 *
 * The adjoint of y[i] = Σ_u f(x[2i + u]) by x[j] is a sum over all i under the conditions 0 <= j − 2i <= last u: for each entry most terms are none. Turned round it is a
 * loop over i and u that adds to entry 2i + u. A maximum over a window gives in the same way a loop over the windows that adds to one entry of each. No size, stride
 * or dilation is special: what is solved for the entry's index are two inequalities a constant apart, or an equality. */
#include <string.h>

#include "gen/lower/lower_private.h"
#include "gen/lower/place.h"

/* --- ranges --- */

/* The least and the largest value of an index expression, with the sizes that the page gives; false: one has no value. */
static bool bounds_of(const lower_program *p, node n, long *least, long *most)
{
    dag *d = p->m->dag;
    long a, b, c, e;
    switch (dag_kind(d, n)) {
    case NODE_NUMBER: *least = *most = mpz_get_si(mpq_numref(*dag_value(d, n))); return true;
    case NODE_SIZE: {
        const model_size *s = &p->m->size[dag_payload(d, n)];
        *least = *most = s->value;
        return s->equals ? bounds_of(p, s->equals, least, most) : s->value > 0 && s->population < 0;
    }
    case NODE_INDEX: {
        const dag_index_info *i = dag_index_get(d, dag_payload(d, n));
        return i->lo && i->hi && bounds_of(p, i->lo, least, &c) && bounds_of(p, i->hi, &c, most);
    }
    case NODE_ADD:
    case NODE_MUL: {
        bool sum = dag_kind(d, n) == NODE_ADD;
        *least = *most = !sum;
        for (int i = 0; i < dag_count(d, n); i++) {
            if (!bounds_of(p, dag_child(d, n, i), &a, &b))
                return false;
            const long end[] = {*least * a, *least * b, *most * a, *most * b};
            c = end[0], e = end[0];
            for (int k = 1; k < 4; k++)
                c = end[k] < c ? end[k] : c, e = end[k] > e ? end[k] : e;
            *least = sum ? *least + a : c, *most = sum ? *most + b : e;
        }
        return true;
    }
    default: return false;
    }
}

static node difference(lower_program *p, node a, node b)
{
    dag *d = p->m->dag;
    return lower_affine(p, dag_raw_add(d, 2, (node[]){a, dag_raw_mul(d, 2, (node[]){dag_int(d, -1), b})}));
}

truth place_never_above(lower_program *p, node a, node b)
{
    long least, most;
    truth known = dag_index_le(p->m->dag, a, b);
    if (known != TRUTH_UNKNOWN || !bounds_of(p, difference(p, a, b), &least, &most))
        return known;
    return most <= 0 ? TRUTH_YES : least > 0 ? TRUTH_NO : TRUTH_UNKNOWN;
}

/* --- accesses --- */

static bool inside_axis(lower_program *p, const lower_var *v, int axis, node at)
{
    dag *d = p->m->dag;
    node end = dag_add(d, 3, (node[]){v->start[axis], v->size[axis], dag_int(d, -1)});
    return place_never_above(p, v->start[axis], at) == TRUTH_YES && place_never_above(p, at, end) == TRUTH_YES;
}

/* Is every access inside its array by the ranges of its indices alone? Indices from data are tested when the program runs, so they must not depend on a
 * condition either. */
static bool inside_arrays(lower_program *p, node n, bool data_too)
{
    dag *d = p->m->dag;
    int count = dag_count(d, n), index;
    if (!dag_has_kind(d, n, NODE_ENTRY))
        return true;
    for (int i = 0; i < count; i++) {
        node c = dag_binds(d, n) && i == count - 1 ? dag_look_inside(d, n, &index) : dag_child(d, n, i);
        if (!inside_arrays(p, c, data_too))
            return false;
    }
    if (dag_kind(d, n) != NODE_ENTRY)
        return true;
    const lower_var *v = &p->var[dag_payload(d, n)];
    for (int i = 0; i < count; i++) {
        node at = dag_child(d, n, i);
        if (dag_is_affine(d, at) ? !inside_axis(p, v, i, at) : !data_too)
            return false;
    }
    return true;
}

bool place_stays_inside(lower_program *p, node n)
{
    return inside_arrays(p, n, false);
}

/* --- deltas bind indices --- */

static node minus(dag *d, node a, node b)
{
    return dag_is_int(d, b, 0) ? a : dag_raw_add(d, 2, (node[]){a, dag_raw_mul(d, 2, (node[]){dag_int(d, -1), b})});
}

/* What the index must be for a == b; 0: it does not stand alone on the side a. */
static node solve_side(dag *d, node a, node b, int index)
{
    long c;
    node rest;
    if (dag_has_index(d, b, index) || !dag_is_affine(d, a) || !dag_affine_split(d, a, index, &c, &rest) || (c != 1 && c != -1))
        return 0;
    return c == 1 ? minus(d, b, rest) : minus(d, rest, b);
}

static node solve(dag *d, node delta, int index)
{
    if (dag_kind(d, delta) != NODE_COMPARE || dag_payload(d, delta) != COMPARE_EQUAL)
        return 0;
    node a = dag_child(d, delta, 0), b = dag_child(d, delta, 1), value = 0;
    if (dag_has_index(d, a, index))
        value = solve_side(d, a, b, index);
    return value || !dag_has_index(d, b, index) ? value : solve_side(d, b, a, index);
}

/* Does the value depend on the index, through what is bound already? */
static bool depends_on(const place_reading *x, node value, int index)
{
    if (dag_has_index(x->d, value, index))
        return true;
    for (int i = 0; i < x->t->bind_count; i++)
        if (dag_has_index(x->d, value, x->t->bind[i]) && depends_on(x, x->t->bind_value[i], index))
            return true;
    return false;
}

static bool in_a_range(const place_reading *x, int index)
{
    for (int i = 0; i < x->t->sum_count; i++) {
        const dag_index_info *r = dag_index_get(x->d, x->t->sum[i]);
        if (dag_has_index(x->d, r->lo, index) || dag_has_index(x->d, r->hi, index))
            return true;
    }
    return false;
}

static bool other_conditions(const place_reading *x)
{
    for (int i = 0; i < x->t->when_count; i++)
        if (x->t->when[i] && !place_by_data(x->d, x->t->when[i]))
            return true;
    return false;
}

/* Is the condition lo <= u or u <= hi one that the place u == argmax_{lo..hi} … keeps? */
static bool kept_by_place(dag *d, node condition, node u, node place)
{
    if (dag_kind(d, condition) != NODE_COMPARE || dag_payload(d, condition) != COMPARE_LESS_EQUAL || dag_kind(d, place) != NODE_REDUCE)
        return false;
    node a = dag_child(d, condition, 0), b = dag_child(d, condition, 1);
    return dag_index_eq(d, b, u) == TRUTH_YES ? dag_index_le(d, a, dag_child(d, place, 0)) == TRUTH_YES
                                              : dag_index_eq(d, a, u) == TRUTH_YES && dag_index_le(d, dag_child(d, place, 1), b) == TRUTH_YES;
}

static void drop_kept(place_reading *x, node delta)
{
    dag *d = x->d;
    node a = dag_child(d, delta, 0), b = dag_child(d, delta, 1);
    for (int i = 0; i < x->t->when_count; i++)
        if (x->t->when[i] && (dag_is_affine(d, a) ? kept_by_place(d, x->t->when[i], a, b) : kept_by_place(d, x->t->when[i], b, a)))
            x->t->when[i] = 0;
}

static bool bind_delta(place_reading *x, int index, int delta)
{
    dag *d = x->d;
    place_term *t = x->t;
    node value = solve(d, t->when[delta], index);
    if (!value || place_bound(t, index) >= 0 || t->bind_count == PLACE_INDICES || in_a_range(x, index) || depends_on(x, value, index) ||
        !inside_arrays(x->p, value, !other_conditions(x)))
        return false;
    t->bind[t->bind_count] = index;
    t->bind_inside[t->bind_count] = false;
    t->bind_value[t->bind_count++] = value;
    node solved = t->when[delta];
    t->when[delta] = 0;
    drop_kept(x, solved);
    return true;
}

/* A delta of data first, then those of index expressions; of the target's indices first, then summed ones. */
void place_bind(place_reading *x)
{
    place_term *t = x->t;
    for (int data = 1; data >= 0; data--)
        for (int i = 0; i < t->when_count; i++) {
            if (!t->when[i] || place_by_data(x->d, t->when[i]) != data)
                continue;
            int k = 0;
            bool alone = dag_kind(x->d, dag_child(x->d, t->when[i], 0)) == NODE_INDEX || dag_kind(x->d, dag_child(x->d, t->when[i], 1)) == NODE_INDEX;
            while (k < x->e->index_count && !bind_delta(x, x->e->index[k], i))
                k++;
            x->bound_count += data && alone && k < x->e->index_count;
        }
    for (int i = 0; i < t->when_count; i++)
        for (int k = 0; k < t->sum_count && t->when[i]; k++)
            if (bind_delta(x, t->sum[k], i))
                break;
    int kept = 0;
    for (int i = 0; i < t->when_count; i++)
        if (t->when[i])
            t->when[kept++] = t->when[i];
    t->when_count = kept;
}

bool place_sort(dag *d, place_term *t)
{
    for (int done = 0; done < t->bind_count; done++) {
        int next = -1;
        for (int i = done; i < t->bind_count && next < 0; i++) {
            bool ready = true;
            for (int k = done; k < t->bind_count; k++)
                ready = ready && (k == i || !dag_has_index(d, t->bind_value[i], t->bind[k]));
            next = ready ? i : -1;
        }
        if (next < 0)
            return false;
        int index = t->bind[next];
        node value = t->bind_value[next];
        bool inside = t->bind_inside[next];
        size_t before = (size_t)(next - done);
        memmove(t->bind + done + 1, t->bind + done, before * sizeof *t->bind);
        memmove(t->bind_value + done + 1, t->bind_value + done, before * sizeof *t->bind_value);
        memmove(t->bind_inside + done + 1, t->bind_inside + done, before * sizeof *t->bind_inside);
        t->bind[done] = index, t->bind_value[done] = value, t->bind_inside[done] = inside;
    }
    return true;
}

/* --- sums turned round --- */

static bool stays_inside(place_reading *r, int index, node value)
{
    const dag_index_info i = *dag_index_get(r->d, index);
    return dag_is_affine(r->d, value) && place_never_above(r->p, i.lo, value) == TRUTH_YES && place_never_above(r->p, value, i.hi) == TRUTH_YES;
}

static bool in_list(int index, int count, const int *list)
{
    for (int i = 0; i < count; i++)
        if (list[i] == index)
            return true;
    return false;
}

static node with(place_reading *r, node n, int index, node value)
{
    node from = dag_index_node(r->d, index);
    int_map memo = {0};
    node made = lower_tidy(r->p, dag_substitute(r->d, n, 1, &from, &value, true), &memo);
    int_map_free(&memo);
    return made;
}

/* Puts the value in for the index everywhere but in `except`. */
static void put_in(place_reading *r, int index, node value, const node *except)
{
    place_term *t = r->t;
    for (int i = 0; i < t->when_count; i++)
        if (&t->when[i] != except)
            t->when[i] = with(r, t->when[i], index, value);
    for (int i = 0; i < t->factor_count; i++)
        t->factor[i] = with(r, t->factor[i], index, value);
    for (int i = 0; i < t->bind_count; i++)
        t->bind_value[i] = with(r, t->bind_value[i], index, value);
    t->target = with(r, t->target, index, value);
}

static void drop_condition(place_term *t, int number)
{
    memmove(&t->when[number], &t->when[number + 1], (size_t)(--t->when_count - number) * sizeof *t->when);
}

static void drop_index(int index, int *count, int *list)
{
    for (int i = 0; i < *count; i++)
        if (list[i] == index) {
            memmove(&list[i], &list[i + 1], (size_t)(*count - i - 1) * sizeof *list);
            --*count;
            return;
        }
}

/* Does any summed index, or one of the equation's that is a loop, occur? */
static bool has_any(place_reading *r, node n, int count, const int *list)
{
    for (int i = 0; i < count; i++)
        if (dag_has_index(r->d, n, list[i]))
            return true;
    return false;
}

static void bind_turned(place_reading *r, int index, node value)
{
    place_term *t = r->t;
    bool inside = stays_inside(r, index, value), affine = dag_is_affine(r->d, value);
    r->turned = true;
    if (affine)
        put_in(r, index, value, NULL);
    if (affine && inside)
        return;
    if (t->bind_count == PLACE_INDICES) {
        r->failed = true;
        return;
    }
    t->bind[t->bind_count] = index;
    t->bind_inside[t->bind_count] = inside;
    t->bind_value[t->bind_count++] = value;
}

/* The loop of a recurrence runs over it: one value at a time is computed, so it is not to be solved for. */
static bool is_open(const place_reading *r, int index)
{
    return in_list(index, r->e->open_count, r->e->open);
}

/* An equality of index expressions removes a summed index, or gives one of the entry's. */
static bool solve_equality(place_reading *r, int number)
{
    place_term *t = r->t;
    dag *d = r->d;
    node c = t->when[number], rest;
    long k;
    if (dag_kind(d, c) != NODE_COMPARE || dag_payload(d, c) != COMPARE_EQUAL || !dag_is_affine(d, dag_child(d, c, 0)) || !dag_is_affine(d, dag_child(d, c, 1)))
        return false;
    node zero = difference(r->p, dag_child(d, c, 0), dag_child(d, c, 1));
    for (int i = 0; i < t->sum_count; i++) {
        int index = t->sum[i];
        if (!dag_affine_split(d, zero, index, &k, &rest) || (k != 1 && k != -1) || has_any(r, rest, t->sum_count, t->sum))
            continue;
        node value = dag_index_tidy(d, k == 1 ? dag_neg(d, rest) : rest);
        if (!stays_inside(r, index, value))
            continue;
        drop_condition(t, number);
        put_in(r, index, value, NULL);
        drop_index(index, &t->sum_count, t->sum);
        return true;
    }
    for (int i = 0; i < t->own_count; i++) {
        int index = t->own[i];
        if (is_open(r, index) || !dag_affine_split(d, zero, index, &k, &rest) || (k != 1 && k != -1) || !has_any(r, rest, t->sum_count, t->sum))
            continue;
        drop_condition(t, number);
        drop_index(index, &t->own_count, t->own);
        bind_turned(r, index, dag_index_tidy(d, k == 1 ? dag_neg(d, rest) : rest));
        return true;
    }
    return false;
}

/* index >= *bound (below) or index <= *bound: what the condition says about it; false: something else. */
static bool bound_of(place_reading *r, node c, int index, bool *below, node *bound)
{
    dag *d = r->d;
    long k;
    node rest;
    compare how = dag_kind(d, c) == NODE_COMPARE ? (compare)dag_payload(d, c) : COMPARE_EQUAL;
    if ((how != COMPARE_LESS_EQUAL && how != COMPARE_LESS) || !dag_is_affine(d, dag_child(d, c, 0)) || !dag_is_affine(d, dag_child(d, c, 1)))
        return false;
    node above = difference(r->p, dag_child(d, c, 0), dag_child(d, c, 1)); /* <= 0, or < 0 */
    if (!dag_affine_split(d, above, index, &k, &rest) || (k != 1 && k != -1))
        return false;
    if (how == COMPARE_LESS)
        rest = dag_add2(d, rest, dag_int(d, 1));
    *below = k == -1;
    *bound = dag_index_tidy(d, k == -1 ? rest : dag_neg(d, rest));
    return true;
}

/* Two inequalities low <= index <= low + width, with a low that the sums move: index = low + w. */
static bool solve_window(place_reading *r, int index)
{
    place_term *t = r->t;
    dag *d = r->d;
    for (int i = 0; i < t->when_count; i++)
        for (int k = 0; k < t->when_count; k++) {
            bool below, above;
            node low, high;
            if (!bound_of(r, t->when[i], index, &below, &low) || !below || !has_any(r, low, t->sum_count, t->sum) ||
                !bound_of(r, t->when[k], index, &above, &high) || above)
                continue;
            node width = difference(r->p, high, low);
            if (dag_has_kind(d, width, NODE_INDEX) || t->sum_count == PLACE_INDICES)
                continue;
            int w = dag_index_fresh(d, intern_puts(r->p->m->names, "w"), dag_int(d, 0), dag_index_tidy(d, width));
            drop_condition(t, i > k ? i : k);
            drop_condition(t, i > k ? k : i);
            memmove(t->sum + 1, t->sum, (size_t)t->sum_count++ * sizeof *t->sum);
            t->sum[0] = w;
            drop_index(index, &t->own_count, t->own);
            bind_turned(r, index, lower_affine(r->p, dag_raw_add(d, 2, (node[]){low, dag_index_node(d, w)})));
            return true;
        }
    return false;
}

/* An equality of a summed index and a value that does not depend on it. */
static bool solve_value(place_reading *r, int number)
{
    place_term *t = r->t;
    dag *d = r->d;
    node c = t->when[number];
    if (dag_kind(d, c) != NODE_COMPARE || dag_payload(d, c) != COMPARE_EQUAL)
        return false;
    for (int side = 0; side < 2; side++) {
        node own = dag_is_affine(d, dag_child(d, c, side)) ? lower_affine(r->p, dag_child(d, c, side)) : 0, value = dag_child(d, c, 1 - side);
        if (!own || dag_kind(d, own) != NODE_INDEX || !in_list(dag_payload(d, own), t->sum_count, t->sum) || dag_has_index(d, value, dag_payload(d, own)) ||
            dag_kind(d, value) != NODE_REDUCE || (dag_payload(d, value) != REDUCE_ARGMAX && dag_payload(d, value) != REDUCE_ARGMIN))
            continue;
        int index = dag_payload(d, own);
        drop_condition(t, number);
        drop_index(index, &t->sum_count, t->sum);
        bind_turned(r, index, value);
        const dag_index_info i = *dag_index_get(d, index);
        t->bind_inside[t->bind_count - 1] =
            place_never_above(r->p, i.lo, dag_child(d, value, 0)) == TRUTH_YES && place_never_above(r->p, dag_child(d, value, 1), i.hi) == TRUTH_YES;
        return true;
    }
    return false;
}

void place_turn(place_reading *r)
{
    place_term *t = r->t;
    for (bool more = true; more && !r->failed;) {
        more = false;
        for (int i = 0; i < t->when_count && !more; i++)
            more = solve_equality(r, i);
        for (int i = 0; i < t->own_count && !more; i++)
            more = !is_open(r, t->own[i]) && solve_window(r, t->own[i]);
    }
    if (r->turned)
        for (int i = 0; i < t->when_count && !r->failed;)
            if (!solve_value(r, i))
                i++;
}
