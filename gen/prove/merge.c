#include "gen/prove/merge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gen/prove/ball.h"
#include "gen/prove/graph.h"
#include "gen/prove/ladder.h"

#define MOST_ENTRIES 4096 /* of one name, at the sizes of the signature */
#define MERGE_ROUNDS 6
#define MERGE_WORK   60000
#define MOST_TRIED   4 /* earlier names with the same signature */

typedef struct {
    double mantissa;
    slong exponent;
} scaled;

typedef struct {
    int variable, rank, box;
    scaled signature;
    bool good;
} candidate;

/* --- signatures: a weighted sum of all entries at one point --- */

static bool axis_range(ball_evaluation *e, const model_var *v, int axis, long *lo, long *hi)
{
    *lo = 0;
    if (v->axis_start[axis] && !ball_integer(e, v->axis_start[axis], lo))
        return false;
    return ball_integer(e, v->axis_size[axis], hi) && --*hi >= *lo;
}

/* Deep networks have adjoints far below the range of double. */
static scaled mantissa_of(const arb_t v)
{
    arf_t t;
    scaled out = {0, 0};
    if (arb_contains_zero(v))
        return out;
    arf_init(t);
    out.exponent = arf_abs_bound_lt_2exp_si(arb_midref(v));
    arf_mul_2exp_si(t, arb_midref(v), -out.exponent);
    out.mantissa = arf_get_d(t, ARF_RND_NEAR);
    arf_clear(t);
    return out;
}

/* Entries at all positions, the sum weighted so that a transposed name differs. */
static bool signature(session *s, ball_evaluation *e, int variable, scaled *out)
{
    const model_var *v = &s->m->var[variable];
    long lo[MODEL_MAX_AXES], hi[MODEL_MAX_AXES], total = 1;
    node at[MODEL_MAX_AXES];
    for (int i = 0; i < v->axis_count; i++) {
        if (!axis_range(e, v, i, &lo[i], &hi[i]))
            return false;
        lo[i] = lo[i] < 0 ? 0 : lo[i]; /* starts outside the axis are not compared here */
        if (hi[i] < lo[i] || (total *= hi[i] - lo[i] + 1) > MOST_ENTRIES)
            return false;
    }
    arb_t t, sum;
    arb_init(t);
    arb_init(sum);
    bool good = true;
    for (long k = 0; k < total && good; k++) {
        long rest = k;
        for (int i = 0; i < v->axis_count; i++) {
            at[i] = dag_int(s->d, lo[i] + rest % (hi[i] - lo[i] + 1));
            rest /= hi[i] - lo[i] + 1;
        }
        good = ball_value(e, dag_entry(s->d, variable, v->axis_count, at), t) && arb_is_finite(t) && (arb_rel_accuracy_bits(t) > 60 || arb_contains_zero(t));
        arb_mul_si(t, t, 100 + 37 * (k % 97), e->precision);
        arb_add(sum, sum, t, e->precision);
    }
    if (good)
        *out = mantissa_of(sum);
    arb_clear(t);
    arb_clear(sum);
    return good;
}

static int by_rank(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    return x->rank != y->rank ? (x->rank < y->rank ? -1 : 1) : x->variable < y->variable ? -1 : 1;
}

/* --- proving u[i…] = v[i…] --- */

static bool same_axes(session *s, const model_var *u, const model_var *v)
{
    dag *d = s->d;
    if (u->axis_count != v->axis_count)
        return false;
    for (int i = 0; i < u->axis_count; i++)
        if (u->axis_size[i] != v->axis_size[i] && dag_index_eq(d, u->axis_size[i], v->axis_size[i]) != TRUTH_YES)
            return false;
    return true;
}

/* One equation of u against v's. Entries of u that turn up while it is unfolded come earlier in u's recurrence, where u = v is the hypothesis of the induction;
 * v's side has none, since v does not depend on u. */
static bool same_equation(session *s, const model_equation *q, int u, int v)
{
    node at[MODEL_MAX_AXES];
    memcpy(at, q->at, sizeof at);
    node right = model_unfold(s->m, v, at, false);
    if (!right)
        return false;
    ladder_question question = {.left = q->rhs, .right = right, .work_limit = MERGE_WORK, .most_rounds = MERGE_ROUNDS, .plain = true};
    if (s->recurrent[u]) {
        question.replaced = u + 1;
        question.replacement = question.frozen = v + 1;
    }
    ladder_answer answer;
    ladder_prove(s, &question, &answer);
    return answer.proved;
}

static bool depends_on(session *s, int v, int u)
{
    if (!s->recurrent[u] && !s->recurrent[v] && s->rank[v] <= s->rank[u])
        return false;
    bool *marks = xcalloc((size_t)s->m->var_count + 1, sizeof *marks);
    marks[u] = true;
    bool found = graph_reaches(s, v, marks);
    free(marks);
    return found;
}

/* Is every equation of u an equation of v? v must not depend on u: then the induction along u's recurrence is sound. */
static bool prove_same(session *s, int u, int v)
{
    const int *list;
    int count = model_equations_of(s->m, u, &list);
    bool good = same_axes(s, &s->m->var[u], &s->m->var[v]) && !depends_on(s, v, u);
    for (int i = 0; i < count && good; i++) {
        const model_equation q = s->m->equation[list[i]];
        good = same_equation(s, &q, u, v);
    }
    return good;
}

/* --- the sweep --- */

/* A name gets its signature at the first of these points where all its entries have values; equal names get theirs at the same one. */
static void sign_at(session *s, candidate *list, int count, int box)
{
    ball_point p;
    ball_evaluation e;
    ball_point_init(&p, s, 20240131, box);
    ball_evaluation_init(&e, &p, 256, 40000000);
    for (int i = 0; i < count; i++)
        if (!list[i].good) {
            list[i].good = signature(s, &e, list[i].variable, &list[i].signature);
            list[i].box = box;
        }
    ball_evaluation_clear(&e);
    ball_point_clear(&p);
}

static int collect(session *s, candidate *list)
{
    static const int boxes[] = {3, 2, 5};
    const int *equations;
    int count = 0;
    for (int i = 0; i < s->m->var_count; i++)
        if (model_equations_of(s->m, i, &equations) > 0 && !s->m->var[i].integer)
            list[count++] = (candidate){.variable = i, .rank = s->rank[i]};
    for (int k = 0; k < 3; k++)
        sign_at(s, list, count, boxes[k]);
    return count;
}

/* Signatures rounded to 36 bits: equal values may differ in the last ones. Two neighbouring buckets are looked at. */
static int64_t bucket(const candidate *x, int shift)
{
    return (int64_t)floor(x->signature.mantissa * 68719476736.0 + 0.5) + shift + ((int64_t)x->signature.exponent * 8 + x->box) * ((int64_t)1 << 40);
}

static bool try_bucket(session *s, const candidate *list, int me, const table *seen, const int *next, int shift, int *tried)
{
    int64_t key = bucket(&list[me], shift);
    int e = table_find(seen, 1, &key);
    for (int other = e >= 0 ? seen->entry[e].value : -1; other >= 0 && *tried < MOST_TRIED; other = next[other]) {
        int u = list[me].variable, v = list[other].variable;
        if (s->merged[v] >= 0 || !same_axes(s, &s->m->var[u], &s->m->var[v]))
            continue;
        ++*tried;
        if (prove_same(s, u, v)) {
            s->merged[u] = v;
            return true;
        }
        /* the other way round if neither depends on the other: then reading v as u cannot go round in circles */
        if ((s->recurrent[u] || s->recurrent[v]) && prove_same(s, v, u)) {
            s->merged[v] = u;
            return true;
        }
    }
    return false;
}

void merge_sweep(session *s)
{
    s->swept = true;
    candidate *list = xcalloc((size_t)s->m->var_count + 1, sizeof *list);
    int count = collect(s, list), *next = xcalloc((size_t)s->m->var_count + 1, sizeof *next);
    table seen = {0};
    qsort(list, (size_t)count, sizeof *list, by_rank);
    for (int i = 0; i < count; i++) {
        if (!list[i].good)
            continue;
        int tried = 0;
        bool merged = false;
        for (int shift = -1; shift <= 1 && !merged; shift++)
            merged = try_bucket(s, list, i, &seen, next, shift, &tried);
        int64_t key = bucket(&list[i], 0);
        int e = table_add(&seen, 1, &key);
        next[i] = seen.entry[e].value;
        seen.entry[e].value = i;
    }
    table_free(&seen);
    free(next);
    free(list);
}
