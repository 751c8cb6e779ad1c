#include "gen/prove/ball.h"

#include <stdlib.h>
#include <string.h>

#include "gen/dag/break.h"
#include "gen/dag/ops.h"
#include "gen/prove/ball_ops.h"
#include "gen/prove/ball_private.h"

void ball_evaluation_init(ball_evaluation *e, ball_point *point, slong precision, long visit_limit)
{
    *e = (ball_evaluation){.s = point->s, .point = point, .precision = precision, .visit_limit = visit_limit};
}

void ball_evaluation_clear(ball_evaluation *e)
{
    for (int i = 0; i < e->memo.count; i++)
        if (e->memo.entry[i].value >= 0)
            arb_clear(e->value + e->memo.entry[i].value);
    table_free(&e->memo);
    table_free(&e->wanted);
    free(e->value);
    free(e->kinked);
    free(e->environment);
}

void ball_set_index(ball_evaluation *e, int index, long value)
{
    if (index >= e->environment_count) {
        int count = 2 * index + 16;
        e->environment = xrealloc(e->environment, (size_t)count * sizeof *e->environment);
        memset(e->environment + e->environment_count, 0, (size_t)(count - e->environment_count) * sizeof *e->environment);
        e->environment_count = count;
    }
    e->environment[index] = value;
}

static long index_value(const ball_evaluation *e, int index)
{
    return index < e->environment_count ? e->environment[index] : 0;
}

/* Values outlive one claim, so what is stored is also whether a kink was met while computing it. */
static void store(ball_evaluation *e, int memo, const arb_t v, bool kinked)
{
    int at = e->memo.entry[memo].value;
    if (at < 0) {
        at = memo; /* values are parallel to the memo's entries */
        if (at >= e->value_capacity) {
            e->value_capacity = 2 * at + 64;
            e->value = xrealloc(e->value, (size_t)e->value_capacity * sizeof *e->value);
            e->kinked = xrealloc(e->kinked, (size_t)e->value_capacity);
        }
        arb_init(e->value + at);
        e->memo.entry[memo].value = at;
    }
    arb_set(e->value + at, v);
    e->kinked[at] = kinked;
}

static void recall(ball_evaluation *e, int memo, arb_t out)
{
    int at = e->memo.entry[memo].value;
    arb_set(out, e->value + at);
    e->kink = e->kink || e->kinked[at];
}

/* --- integers --- */

static bool add_integers(ball_evaluation *e, node n, long *out)
{
    *out = 0;
    for (int i = 0; i < dag_count(e->s->d, n); i++) {
        long v;
        if (!ball_integer(e, dag_child(e->s->d, n, i), &v) || __builtin_add_overflow(*out, v, out))
            return false;
    }
    return true;
}

static bool multiply_integers(ball_evaluation *e, node n, long *out)
{
    *out = 1;
    for (int i = 0; i < dag_count(e->s->d, n); i++) {
        long v;
        if (!ball_integer(e, dag_child(e->s->d, n, i), &v) || __builtin_mul_overflow(*out, v, out))
            return false;
    }
    return true;
}

static bool integer_of_ball(ball_evaluation *e, node n, long *out)
{
    arb_t v;
    fmpz_t z;
    arb_init(v);
    fmpz_init(z);
    ball_eval(e, n, v);
    bool good = arb_get_unique_fmpz(z, v) && arb_is_int(v) && fmpz_fits_si(z);
    if (good)
        *out = fmpz_get_si(z);
    arb_clear(v);
    fmpz_clear(z);
    return good;
}

bool ball_integer(ball_evaluation *e, node n, long *out)
{
    dag *d = e->s->d;
    node_kind kind = dag_kind(d, n);
    if (kind == NODE_NUMBER) {
        const mpq_t *v = dag_value(d, n);
        *out = mpz_get_si(mpq_numref(*v));
        return mpz_cmp_ui(mpq_denref(*v), 1) == 0 && mpz_fits_slong_p(mpq_numref(*v));
    }
    if (kind == NODE_SIZE)
        return *out = e->point->size[dag_payload(d, n)], true;
    if (kind == NODE_INDEX)
        return *out = index_value(e, dag_payload(d, n)), true;
    if (kind == NODE_ADD && add_integers(e, n, out))
        return true;
    if (kind == NODE_MUL && multiply_integers(e, n, out))
        return true;
    return integer_of_ball(e, n, out);
}

/* --- names --- */

static void eval_leaf(ball_evaluation *e, int variable, int count, const int64_t *indices, arb_t out)
{
    const model_var *v = &e->s->m->var[variable];
    for (int i = 0; i < count; i++) {
        long size, lo = 0;
        if (!ball_integer(e, v->axis_size[i], &size))
            size = 0;
        if (indices[i] >= lo && indices[i] < size)
            continue;
        if (indices[i] >= lo - v->pad[i] && indices[i] < size + v->pad[i])
            arb_zero(out); /* padding */
        else
            arb_indeterminate(out);
        return;
    }
    fmpq_t q;
    fmpq_init(q);
    ball_point_leaf(e->point, variable, count, indices, q);
    arb_set_fmpq(out, q, e->precision);
    if (e->blurred && !v->integer && !(variable < e->s->fact_count && e->s->fact[variable].zero_one))
        arb_add_error_2exp_si(out, -40);
    fmpq_clear(q);
}

/* Does the equation define this entry? Sets its indices. */
static bool equation_matches(ball_evaluation *e, const model_equation *q, int count, const int64_t *indices)
{
    dag *d = e->s->d;
    for (int i = 0; i < count; i++)
        if (dag_kind(d, q->at[i]) == NODE_INDEX)
            ball_set_index(e, dag_payload(d, q->at[i]), (long)indices[i]);
    for (int i = 0; i < count; i++) {
        long v;
        if (!ball_integer(e, q->at[i], &v) || v != indices[i])
            return false;
    }
    for (int i = 0; i < q->index_count; i++) {
        const dag_index_info *x = dag_index_get(d, q->index[i]);
        long lo, hi, v = index_value(e, q->index[i]);
        if (!ball_integer(e, x->lo, &lo) || !ball_integer(e, x->hi, &hi) || v < lo || v > hi)
            return false;
    }
    return true;
}

/* The value of an entry from its equations; only called with no other evaluation under way, since equations share index ids. */
static void eval_equation(ball_evaluation *e, int variable, int count, const int64_t *indices, arb_t out)
{
    const int *list;
    int equations = model_equations_of(e->s->m, variable, &list);
    if (equations == 0) {
        eval_leaf(e, variable, count, indices, out);
        return;
    }
    for (int i = 0; i < equations; i++) {
        const model_equation q = e->s->m->equation[list[i]];
        if (equation_matches(e, &q, count, indices)) {
            ball_eval(e, q.rhs, out);
            return;
        }
    }
    const model_var *v = &e->s->m->var[variable];
    bool padded = false;
    for (int i = 0; i < count; i++)
        padded = padded || v->pad[i] > 0;
    if (padded)
        eval_leaf(e, variable, count, indices, out);
    else
        arb_indeterminate(out);
}

static void eval_entry(ball_evaluation *e, node n, arb_t out)
{
    dag *d = e->s->d;
    int variable = dag_payload(d, n), count = dag_count(d, n);
    int64_t key[MODEL_MAX_AXES + 1] = {-(int64_t)variable - 1};
    for (int i = 0; i < count; i++) {
        long v;
        if (!ball_integer(e, dag_child(d, n, i), &v)) {
            arb_indeterminate(out);
            return;
        }
        key[i + 1] = v;
    }
    int at = table_find(&e->memo, count + 1, key);
    if (at >= 0 && e->memo.entry[at].value >= 0) {
        recall(e, at, out);
        return;
    }
    const int *list;
    arb_indeterminate(out);
    if (model_equations_of(e->s->m, variable, &list) == 0) {
        eval_leaf(e, variable, count, key + 1, out);
        store(e, table_add(&e->memo, count + 1, key), out, false);
    } else {
        table_add(&e->wanted, count + 1, key);
        e->missed++;
    }
}

/* --- everything else --- */

/* Are a and b the same with the indices as they are now? */
static bool is_same_here(ball_evaluation *e, node a, node b, int depth)
{
    dag *d = e->s->d;
    long x, y;
    if (a == b)
        return true;
    if (dag_is_affine(d, a) && dag_is_affine(d, b))
        return ball_integer(e, a, &x) && ball_integer(e, b, &y) && x == y;
    if (depth == 0 || dag_kind(d, a) != dag_kind(d, b) || dag_payload(d, a) != dag_payload(d, b) || dag_count(d, a) != dag_count(d, b) || dag_binds(d, a))
        return false;
    for (int i = 0; i < dag_count(d, a); i++)
        if (!is_same_here(e, dag_child(d, a, i), dag_child(d, b, i), depth - 1))
            return false;
    return dag_count(d, a) > 0;
}

enum { SAME_DEPTH = 6 };

/* Is n a difference of equals, such as u[i] − u[j] at j = i? |n| has no kink there. */
static bool is_nothing(ball_evaluation *e, node n)
{
    dag *d = e->s->d;
    if (dag_kind(d, n) != NODE_ADD || dag_count(d, n) != 2)
        return false;
    for (int i = 0; i < 2; i++) {
        node minus = dag_child(d, n, i);
        if (dag_kind(d, minus) == NODE_MUL && dag_count(d, minus) == 2 && dag_is_int(d, dag_child(d, minus, 0), -1) &&
            is_same_here(e, dag_child(d, minus, 1), dag_child(d, n, 1 - i), SAME_DEPTH))
            return true;
    }
    return false;
}

/* Are the sides of a comparison the same here, or is their difference nothing? */
static bool has_same_sides(ball_evaluation *e, node comparison)
{
    dag *d = e->s->d;
    node a = dag_child(d, comparison, 0), b = dag_child(d, comparison, 1);
    return is_same_here(e, a, b, SAME_DEPTH) || (dag_is_int(d, b, 0) && is_nothing(e, a)) || (dag_is_int(d, a, 0) && is_nothing(e, b));
}

static bool is_discrete(const ball_evaluation *e, node comparison)
{
    return session_is_discrete(e->s, dag_child(e->s->d, comparison, 0)) && session_is_discrete(e->s, dag_child(e->s->d, comparison, 1));
}

/* Is it a condition on indices and data that does not hold? What it multiplies has no kink then: it is 0 all around the point. */
static bool is_switched_off(ball_evaluation *e, node n, const arb_t v)
{
    return dag_kind(e->s->d, n) == NODE_COMPARE && arb_is_zero(v) && is_discrete(e, n);
}

static void eval_nary(ball_evaluation *e, node n, arb_t out, bool product)
{
    bool before = e->kink, off = false;
    arb_t v, sum;
    arb_init(v);
    arb_init(sum);
    arb_set_si(sum, product ? 1 : 0);
    for (int i = 0; i < dag_count(e->s->d, n); i++) {
        ball_eval(e, dag_child(e->s->d, n, i), v);
        off = off || (product && is_switched_off(e, dag_child(e->s->d, n, i), v));
        if (product)
            arb_mul(sum, sum, v, e->precision);
        else
            arb_add(sum, sum, v, e->precision);
    }
    arb_set(out, sum);
    e->kink = off ? before : e->kink;
    arb_clear(v);
    arb_clear(sum);
}

/* Is the extreme reached twice? There a maximum has no derivative, and its place jumps. */
static bool is_tied(reduction r, const arb_struct *u, slong count)
{
    bool largest = r == REDUCE_MAX || r == REDUCE_ARGMAX;
    slong best = 0, times = 1;
    if (!largest && r != REDUCE_MIN && r != REDUCE_ARGMIN)
        return false;
    for (slong i = 1; i < count; i++) {
        bool better = largest ? arb_gt(u + i, u + best) : arb_lt(u + i, u + best);
        times = better ? 1 : times + arb_overlaps(u + i, u + best);
        best = better ? i : best;
    }
    return times > 1;
}

static void eval_reduce(ball_evaluation *e, node n, arb_t out)
{
    dag *d = e->s->d;
    long lo, hi, at = 0;
    bool has_at = reduction_get((reduction)dag_payload(d, n))->has_at;
    bool good = ball_integer(e, dag_child(d, n, 0), &lo) && ball_integer(e, dag_child(d, n, 1), &hi);
    good = good && (!has_at || ball_integer(e, dag_child(d, n, 2), &at)) && hi - lo < 100000;
    arb_indeterminate(out);
    if (!good)
        return;
    int index;
    node body = session_open(e->s, n, &index);
    slong count = hi < lo ? 0 : hi - lo + 1;
    arb_ptr u = _arb_vec_init(count + 1);
    for (slong i = 0; i < count && !e->failed; i++) {
        ball_set_index(e, index, lo + i);
        ball_eval(e, body, u + i);
    }
    ball_reduction(out, (reduction)dag_payload(d, n), u, count, at - lo, lo, e->precision);
    e->kink = e->kink || (dag_has_kind(d, body, NODE_ENTRY) && is_tied((reduction)dag_payload(d, n), u, count));
    _arb_vec_clear(u, count + 1);
}

static void eval_if(ball_evaluation *e, node n, arb_t out)
{
    ball_eval(e, dag_child(e->s->d, n, 0), out);
    if (arb_is_one(out))
        ball_eval(e, dag_child(e->s->d, n, 1), out);
    else if (arb_is_zero(out))
        ball_eval(e, dag_child(e->s->d, n, 2), out);
    else
        arb_indeterminate(out);
}

/* Logic does not look at a second operand that cannot matter: it may be undefined. */
static bool eval_short_logic(ball_evaluation *e, node n, arb_t out)
{
    int row = dag_payload(e->s->d, n);
    if (row != OP_AND && row != OP_OR)
        return false;
    ball_eval(e, dag_child(e->s->d, n, 0), out);
    return row == OP_AND ? arb_is_zero(out) : arb_is_one(out);
}

static void eval_function(ball_evaluation *e, node n, arb_t out)
{
    int count = dag_count(e->s->d, n);
    if (eval_short_logic(e, n, out))
        return;
    arb_ptr u = _arb_vec_init(count + 1);
    for (int i = 0; i < count; i++)
        ball_eval(e, dag_child(e->s->d, n, i), u + i);
    bool finite = true; /* max(u, ∞) is no value */
    for (int i = 0; i < count; i++)
        finite = finite && arb_is_finite(u + i);
    if (finite && count == 1 && op_get((op)dag_payload(e->s->d, n))->kinks && arb_is_zero(u) && dag_has_kind(e->s->d, n, NODE_ENTRY) &&
        !is_nothing(e, dag_child(e->s->d, n, 0)))
        e->kink = true;
    if (finite)
        ball_function(out, (op)dag_payload(e->s->d, n), u, e->precision);
    else
        arb_indeterminate(out);
    _arb_vec_clear(u, count + 1);
}

/* An index, data, or the place of an extreme. */
static bool is_whole(const session *s, node n)
{
    bool place = dag_kind(s->d, n) == NODE_REDUCE && (dag_payload(s->d, n) == REDUCE_ARGMAX || dag_payload(s->d, n) == REDUCE_ARGMIN);
    return place || session_is_discrete(s, n);
}

bool ball_is_discrete(const ball_evaluation *e, node comparison)
{
    return is_whole(e->s, dag_child(e->s->d, comparison, 0)) && is_whole(e->s, dag_child(e->s->d, comparison, 1));
}

/* Two balls under one constructor: powers and comparisons. */
static void eval_pair(ball_evaluation *e, node n, arb_t out)
{
    arb_t a, b;
    arb_init(a);
    arb_init(b);
    ball_eval(e, dag_child(e->s->d, n, 0), a);
    ball_eval(e, dag_child(e->s->d, n, 1), b);
    if (dag_kind(e->s->d, n) == NODE_POW) {
        /* x^u for a real name u is exp(u log x), also where u happens to be an integer: the same set of points for proofs and refutations */
        if (dag_is_affine(e->s->d, dag_child(e->s->d, n, 1)) || dag_kind(e->s->d, dag_child(e->s->d, n, 1)) == NODE_NUMBER || arb_is_positive(a))
            ball_power(out, a, b, e->precision);
        else
            arb_indeterminate(out);
    } else {
        ball_comparison(out, (compare)dag_payload(e->s->d, n), a, b);
        e->kink = e->kink || (arb_equal(a, b) && !has_same_sides(e, n) && !ball_is_discrete(e, n));
    }
    arb_clear(a);
    arb_clear(b);
}

static void eval_inside(ball_evaluation *e, node n, arb_t out)
{
    switch (dag_kind(e->s->d, n)) {
    case NODE_APPLY: ball_apply(e, n, out); break;
    case NODE_ADD: eval_nary(e, n, out, false); break;
    case NODE_MUL: eval_nary(e, n, out, true); break;
    case NODE_FUN: eval_function(e, n, out); break;
    case NODE_IF: eval_if(e, n, out); break;
    case NODE_REDUCE: eval_reduce(e, n, out); break;
    case NODE_POW:
    case NODE_COMPARE: eval_pair(e, n, out); break;
    default: arb_indeterminate(out); break; /* a loose BOUND, LAMBDA, DIFF or AT has no value */
    }
}

static int memo_key(ball_evaluation *e, node n, int64_t *key)
{
    int count;
    const int *indices = session_free(e->s, n, &count);
    key[0] = n;
    for (int i = 0; i < count; i++)
        key[i + 1] = index_value(e, indices[i]);
    return count + 1;
}

static bool eval_atom(ball_evaluation *e, node n, arb_t out)
{
    dag *d = e->s->d;
    switch (dag_kind(d, n)) {
    case NODE_NUMBER: {
        fmpq_t q;
        fmpq_init(q);
        fmpq_set_mpq(q, *dag_value(d, n));
        arb_set_fmpq(out, q, e->precision);
        fmpq_clear(q);
        return true;
    }
    case NODE_SIZE: arb_set_si(out, e->point->size[dag_payload(d, n)]); return true;
    case NODE_INDEX: arb_set_si(out, index_value(e, dag_payload(d, n))); return true;
    case NODE_ENTRY: eval_entry(e, n, out); return true;
    default: return false;
    }
}

/* May a rounding error hide that it is 0, or that a function has a value? */
static bool is_doubtful(const ball_evaluation *e, node n, const arb_t v)
{
    node_kind kind = dag_kind(e->s->d, n);
    if (e->blurred || e->failed)
        return false;
    return arb_is_finite(v) ? kind == NODE_ADD && !arb_is_exact(v) && arb_contains_zero(v)
                            : kind == NODE_COMPARE || (kind == NODE_FUN && op_get((op)dag_payload(e->s->d, n))->kinks);
}

void ball_eval(ball_evaluation *e, node n, arb_t out)
{
    dag_spend(e->s->d, 1);
    BROKEN_PACE();
    if (e->failed || ++e->visits > e->visit_limit) {
        e->failed = true;
        arb_indeterminate(out);
        return;
    }
    if (eval_atom(e, n, out))
        return;
    int64_t key[65];
    int length = memo_key(e, n, key), at = table_find(&e->memo, length, key);
    long missed = e->missed;
    if (at >= 0 && e->memo.entry[at].value >= 0) {
        recall(e, at, out);
        return;
    }
    bool before = e->kink;
    e->kink = false;
    eval_inside(e, n, out);
    if (is_doubtful(e, n, out) && e->missed == missed)
        ball_make_exact(e, n, out);
    bool kinked = e->kink;
    e->kink = before || kinked;
    if (e->missed != missed || e->failed) /* what lacks an entry has no value yet */
        return;
    /* Out-of-order entries of the memo have value −1 and no ball; `store` keeps both arrays parallel. */
    store(e, table_add(&e->memo, length, key), out, kinked);
}

/* --- names without recursion: what an evaluation misses is put on a stack, evaluated first, then the evaluation is tried again --- */

typedef struct {
    int64_t (*key)[MODEL_MAX_AXES + 1];
    int *length;
    int count, capacity;
} work_stack;

static void push(work_stack *w, int length, const int64_t *key)
{
    if (w->count == w->capacity) {
        w->capacity = 2 * w->capacity + 64;
        w->key = xrealloc(w->key, (size_t)w->capacity * sizeof *w->key);
        w->length = xrealloc(w->length, (size_t)w->capacity * sizeof *w->length);
    }
    memcpy(w->key[w->count], key, (size_t)length * sizeof *key);
    w->length[w->count++] = length;
}

static void push_wanted(ball_evaluation *e, work_stack *w)
{
    for (int i = 0; i < e->wanted.count; i++) {
        int length;
        const int64_t *key = table_key(&e->wanted, i, &length);
        push(w, length, key);
    }
    table_clear(&e->wanted);
}

/* Evaluates the entry on top of the stack, or pushes what it needs. */
static void work(ball_evaluation *e, work_stack *w, arb_t v)
{
    int64_t key[MODEL_MAX_AXES + 1];
    int length = w->length[w->count - 1];
    memcpy(key, w->key[w->count - 1], sizeof key);
    int at = table_find(&e->memo, length, key);
    if (at >= 0 && e->memo.entry[at].value >= 0) {
        w->count--;
        return;
    }
    e->kink = false;
    eval_equation(e, (int)(-key[0] - 1), length - 1, key + 1, v);
    if (e->wanted.count == 0) {
        store(e, table_add(&e->memo, length, key), v, e->kink);
        w->count--;
        return;
    }
    push_wanted(e, w);
}

bool ball_value(ball_evaluation *e, node n, arb_t out)
{
    work_stack w = {0};
    long *saved = NULL;
    int saved_count = e->environment_count;
    if (saved_count) {
        saved = xmalloc((size_t)saved_count * sizeof *saved);
        memcpy(saved, e->environment, (size_t)saved_count * sizeof *saved);
    }
    table_clear(&e->wanted);
    bool before = e->kink;
    ball_eval(e, n, out);
    while (e->wanted.count && !e->failed) {
        push_wanted(e, &w);
        while (w.count && !e->failed) {
            work(e, &w, out);
            if (w.count > 4000000)
                e->failed = true; /* a circle of equations */
        }
        if (saved_count)
            memcpy(e->environment, saved, (size_t)saved_count * sizeof *saved);
        e->kink = before;
        ball_eval(e, n, out);
    }
    free(saved);
    free(w.key);
    free(w.length);
    return !e->failed;
}
