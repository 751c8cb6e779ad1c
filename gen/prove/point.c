/* Points: sizes, values of free names, polynomials for abstract functions. All values are dyadic, so that sums and products of them are exact balls. */
#include <stdlib.h>

#include "gen/prove/ball.h"

#define BOX_INTEGERS 11 /* −1, 0, 1, 2: where comparisons are equalities */
#define BOX_LARGE    12 /* of sizes: polynomials in a size may be 0 at all small ones */
#define BOX_CONSTANT 13 /* at numbers of the page and next to them */

static long at_least(ball_point *p, int size, long value)
{
    dag *d = p->s->d;
    while (value < 64 && dag_index_le(d, dag_int(d, value + 1), dag_sizesym(d, size)) == TRUTH_YES)
        value++;
    return value;
}

/* Sizes are 2 and 3 at first (1 would hide traces and Kronecker deltas), larger later, small ones beside numbers of the page; never below what is assumed. */
static long draw_size(ball_point *p, int size)
{
    int64_t parts[] = {size, 77};
    long fixed = session_size(p->s, size);
    if (fixed)
        return fixed;
    if (p->box == BOX_CONSTANT) /* every third time all are as small as they can be: sums over 1..n − 1 are over nothing */
        return at_least(p, size, session_hash(p->seed, 1, &parts[1]) % 3 == 0 ? 1 : 1 + (long)(session_hash(p->seed, 2, parts) % 3));
    long value = 2 + (long)(session_hash(p->seed, 2, parts) % 2) + (p->box >= 6 && p->box < BOX_INTEGERS ? (p->box - 4) / 2 : p->box == BOX_LARGE ? 9 : 0);
    return at_least(p, size, value);
}

static void draw_sizes(ball_point *p)
{
    model *m = p->s->m;
    p->size = xcalloc((size_t)m->size_count + 1, sizeof *p->size);
    for (int i = 0; i < m->size_count; i++)
        p->size[i] = draw_size(p, i);
    for (int i = 0; i < m->size_count; i++)
        if (m->size[i].equals) { /* written as an expression of the sizes before it */
            ball_evaluation e;
            ball_evaluation_init(&e, p, 64, 10000);
            long value;
            if (ball_integer(&e, m->size[i].equals, &value) && value >= 1)
                p->size[i] = value;
            ball_evaluation_clear(&e);
        }
}

void ball_point_init(ball_point *p, session *s, uint64_t seed, int box)
{
    *p = (ball_point){.s = s, .seed = prove_mix(seed), .box = box};
    draw_sizes(p);
}

void ball_point_clear(ball_point *p)
{
    for (int i = 0; i < p->leaf.count; i++)
        fmpq_clear(&p->value[i]);
    free(p->value);
    free(p->size);
    table_free(&p->leaf);
    table_free(&p->function);
}

/* Mostly just beside a number of the page, half as often the number. */
static void near_constant(const session *s, uint64_t h, fmpq_t out)
{
    static const int beside[] = {0, 0, 0, 1, -1, 40, -40};
    if (s->constant_count == 0) {
        fmpq_set_si(out, 1 + (long)((h >> 8) % 1000), 128);
        return;
    }
    fmpq_set_si(out, beside[(h >> 24) % 7], 128);
    fmpq_add(out, out, &s->constant[(h >> 8) % (uint64_t)s->constant_count]);
}

/* A value from one of the boxes: halves up to 3, positive halves, eighths in (0, 1), eighths in (−1, 1), above 1, large and fine. */
static void draw(const session *s, uint64_t h, int box, fmpq_t out)
{
    long sign = h & 1 ? 1 : -1, k = (long)((h >> 8) % 1000);
    switch (box) {
    case 0: fmpq_set_si(out, sign * (1 + k % 3), 2); break;
    case 1: fmpq_set_si(out, 1 + k % 6, 2); break;
    case 2: fmpq_set_si(out, 1 + k % 7, 8); break;
    case 3: fmpq_set_si(out, sign * (1 + k % 7), 8); break;
    case 4: fmpq_set_si(out, 5 + k % 12, 4); break;
    case 5: fmpq_set_si(out, sign * (1 + k % 159), 16); break;
    case BALL_BOX_NEGATIVE: fmpq_set_si(out, -(1 + k % 159), 16); break;
    case BOX_INTEGERS: fmpq_set_si(out, k % 4 - 1, 1); break;
    case BOX_CONSTANT:
        near_constant(s, h, out);
        if (!(h >> 40 & 3))
            fmpq_neg(out, out);
        break;
    default: fmpq_set_si(out, sign * (1 + k), 128); break;
    }
}

/* Moves a value to where the assumptions allow it. */
static void respect(const name_fact *f, uint64_t h, fmpq_t v)
{
    fmpq_t w;
    fmpq_init(w);
    if (f->zero_one) {
        fmpq_set_si(v, (slong)(h >> 20 & 1), 1);
    } else if (f->value_count) {
        fmpq_set_si(v, f->value[(h >> 20) % (uint64_t)f->value_count], 1);
    } else if (f->has_lo && f->has_hi) {
        fmpq_sub(w, &f->hi, &f->lo);
        fmpq_set_si(v, 1 + (slong)((h >> 8) % 15), 16);
        fmpq_mul(v, v, w);
        fmpq_add(v, v, &f->lo);
    } else if (f->has_lo || f->has_hi) {
        fmpq_abs(v, v);
        if (fmpq_is_zero(v) && (f->has_lo ? f->lo_open : f->hi_open))
            fmpq_one(v);
        if (f->has_lo)
            fmpq_add(v, &f->lo, v);
        else
            fmpq_sub(v, &f->hi, v);
    }
    fmpq_clear(w);
}

static long axis_size(ball_point *p, int variable, int axis)
{
    ball_evaluation e;
    long size = 0;
    ball_evaluation_init(&e, p, 64, 10000);
    if (!ball_integer(&e, p->s->m->var[variable].axis_size[axis], &size))
        size = 0;
    ball_evaluation_clear(&e);
    return size;
}

/* The entry at the end of a summed axis is what is missing to the sum; 0/1 names have their one 1 at a drawn place. */
static void solve_sum(ball_point *p, int variable, int count, int64_t *indices, fmpq_t out)
{
    const name_fact *f = &p->s->fact[variable];
    int axis = f->sum_axis;
    int64_t here = indices[axis], parts[MODEL_MAX_AXES + 1];
    long size = axis_size(p, variable, axis);
    if (f->zero_one) {
        for (int i = 0; i < count; i++)
            parts[i] = i == axis ? -5 : indices[i];
        parts[count] = variable;
        uint64_t place = session_hash(p->seed, count + 1, parts) % (uint64_t)(size > 0 ? size : 1);
        fmpq_set_si(out, (uint64_t)here == place, 1);
        return;
    }
    if (f->has_lo || f->has_hi) { /* equal shares, shifted in pairs, stay within bounds that allow a mean */
        fmpq_set_si(out, 1, (ulong)(size > 0 ? size : 1));
        fmpq_mul(out, out, &f->sum_value);
        return;
    }
    if (here != size - 1)
        return;
    fmpq_t v;
    fmpq_init(v);
    fmpq_set(out, &f->sum_value);
    for (indices[axis] = 0; indices[axis] < size - 1; indices[axis]++)
        if (ball_point_leaf(p, variable, count, indices, v))
            fmpq_sub(out, out, v);
    indices[axis] = here;
    fmpq_clear(v);
}

/* Is an index one of those that a child of an entry stands for? */
static bool stands_for(ball_point *p, node at, long index)
{
    dag *d = p->s->d;
    ball_evaluation e;
    long lo = 0, hi = 0;
    if (dag_kind(d, at) != NODE_INDEX)
        return dag_kind(d, at) == NODE_NUMBER && dag_is_int(d, at, index);
    ball_evaluation_init(&e, p, 64, 10000);
    const dag_index_info *x = dag_index_get(d, dag_payload(d, at));
    bool good = x->sample || (ball_integer(&e, x->lo, &lo) && ball_integer(&e, x->hi, &hi) && index >= lo && index <= hi);
    ball_evaluation_clear(&e);
    return good;
}

/* What is assumed of a part of the entries. */
static void respect_parts(ball_point *p, int variable, int count, const int64_t *indices, uint64_t h, fmpq_t out)
{
    dag *d = p->s->d;
    for (int k = 0; k < p->s->part_count; k++) {
        node n = p->s->part[k].entry;
        bool here = dag_payload(d, n) == variable;
        for (int i = 0; i < count && here; i++)
            here = stands_for(p, dag_child(d, n, i), (long)indices[i]);
        if (here)
            respect(&p->s->part[k].fact, h, out);
    }
}

/* Is there a value that the sides were seen to differ at? A free index of the entry that was looked at stands for all. */
static bool is_hinted(const ball_point *p, int variable, int count, const int64_t *indices, fmpq_t out)
{
    dag *d = p->s->d;
    for (int k = 0; k < p->s->hint_count; k++) {
        node n = p->s->hint_of[k];
        bool same = dag_payload(d, n) == variable;
        for (int i = 0; i < count && same; i++)
            same = dag_kind(d, dag_child(d, n, i)) == NODE_INDEX || dag_is_int(d, dag_child(d, n, i), (long)indices[i]);
        if (same) {
            fmpq_set(out, &p->s->hint[k]);
            return true;
        }
    }
    return false;
}

static void draw_leaf(ball_point *p, int variable, int count, int64_t *indices, fmpq_t out)
{
    const model_var *v = &p->s->m->var[variable];
    int64_t parts[MODEL_MAX_AXES + 1] = {variable};
    for (int i = 0; i < count; i++)
        parts[i + 1] = indices[i];
    uint64_t h = session_hash(p->seed, count + 1, parts);
    if (p->box == BALL_BOX_HINT && is_hinted(p, variable, count, indices, out))
        return;
    int box = p->box;
    if (box == 5 || (box > 6 && box != BOX_INTEGERS && box != BOX_CONSTANT &&
                     box != BALL_BOX_NEGATIVE)) { /* mixed: a box for each name, in half of them one sign for all its entries */
        uint64_t own = session_hash(p->seed, 1, parts);
        box = (int)(own % 6);
        h = own >> 32 & 1 ? (h & ~(uint64_t)1) | (own >> 33 & 1) : h;
    }
    draw(p->s, h, box, out);
    if (v->integer || v->role == ROLE_SYSTEM) /* data may be more than 0 and 1, where that is within its axes */
        fmpq_set_si(out, (slong)(h >> 16) % (v->integer && (p->box == BOX_LARGE || p->box == BOX_CONSTANT) ? 9 : 2), 1);
    if (!session_is_fact(p->s, variable))
        return;
    respect(&p->s->fact[variable], h, out);
    respect_parts(p, variable, count, indices, h, out);
    if (p->s->fact[variable].sum_axis >= 0)
        solve_sum(p, variable, count, indices, out);
}

bool ball_point_leaf(ball_point *p, int variable, int count, const int64_t *indices, fmpq_t out)
{
    int64_t key[MODEL_MAX_AXES + 1] = {variable};
    for (int i = 0; i < count; i++)
        key[i + 1] = indices[i];
    if (session_is_fact(p->s, variable) && p->s->fact[variable].swap_a >= 0) {
        int a = p->s->fact[variable].swap_a + 1, b = p->s->fact[variable].swap_b + 1;
        if (key[a] > key[b]) {
            int64_t t = key[a];
            key[a] = key[b], key[b] = t;
        }
    }
    int e = table_find(&p->leaf, count + 1, key);
    if (e < 0) {
        fmpq_t v;
        fmpq_init(v);
        draw_leaf(p, variable, count, key + 1, v);
        e = table_add(&p->leaf, count + 1, key);
        if (e >= p->value_capacity) {
            p->value_capacity = 2 * e + 16;
            p->value = xrealloc(p->value, (size_t)p->value_capacity * sizeof *p->value);
        }
        p->value[e] = *v;
    }
    fmpq_set(out, &p->value[e]);
    return true;
}

/* --- abstract functions: Σ over ridge forms r of P_r(Σ_k slope[r,k]·u_k); one argument alone has one form with slope 1 --- */

int ball_point_degree(const ball_point *p)
{
    return p->s->highest_derivative + 2 > 3 ? p->s->highest_derivative + 2 : 3;
}

void ball_point_coefficient(const ball_point *p, int function, int64_t output, int ridge, int k, fmpq_t out)
{
    int64_t parts[] = {function, output, ridge, k, 991};
    uint64_t h = session_hash(p->seed, 5, parts);
    static const ulong denominator[] = {4, 8, 4, 2, 8, 4, 8, 2};
    long sign = h & 1 ? 1 : -1, constant = p->box % 2 ? 2 : 0;
    if (k < 2)
        fmpq_set_si(out, k == 0 ? constant : 1, 1);
    else
        fmpq_set_si(out, sign, denominator[h >> 16 & 7]);
}

long ball_point_slope(const ball_point *p, int function, int ridge, int64_t argument)
{
    int64_t parts[] = {function, ridge, argument, 313};
    uint64_t h = session_hash(p->seed, 4, parts);
    return (1 + (long)(h >> 8) % 2) * (h & 1 ? 1 : -1);
}
