#include "gen/prove/merge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gen/prove/ball.h"
#include "gen/prove/domain.h"
#include "gen/prove/graph.h"
#include "gen/prove/induct.h"
#include "gen/prove/ladder.h"
#include "gen/prove/total.h"

#define MOST_DOMAINS 40   /* compared in one sweep */
#define MOST_ENTRIES 4096 /* of one name, at the sizes of the signature */
#define MERGE_ROUNDS 6
#define MERGE_WORK   60000
#define MOST_TRIED   4       /* earlier names with the same signature */
#define SIGN_VISITS  1000000 /* nodes evaluated at one point for all signatures; and for each node of the page: */
#define NODE_VISITS  50

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

/* Can each entry of u be read as one of v? Also those of a start outside the axis, h[−1]. */
static bool same_axes(session *s, const model_var *u, const model_var *v)
{
    dag *d = s->d;
    node zero = dag_int(d, 0);
    if (u->axis_count != v->axis_count)
        return false;
    for (int i = 0; i < u->axis_count; i++) {
        node first = u->axis_start[i] ? u->axis_start[i] : zero, other = v->axis_start[i] ? v->axis_start[i] : zero;
        if (dag_index_le(d, other, first) != TRUTH_YES)
            return false;
        if (u->axis_size[i] != v->axis_size[i] && dag_index_eq(d, u->axis_size[i], v->axis_size[i]) != TRUTH_YES)
            return false;
    }
    return true;
}

/* u may be read as v only if v has a value wherever u has: cos(asin x)/√(1 − x²) is 1 where it is defined, and so is sign(x + 1) there, but not elsewhere. */
typedef struct {
    bool *partial; /* per variable: see total.h */
    int left;      /* how many domains may still be compared */
} domains;

static bool has_value_of(session *s, domains *x, int u, int v)
{
    const model_var *of = &s->m->var[v];
    node at[MODEL_MAX_AXES];
    if (!x->partial[v])
        return true;
    if (x->left-- <= 0)
        return false;
    for (int i = 0; i < of->axis_count; i++)
        at[i] =
            dag_index_node(s->d, dag_index_fresh(s->d, intern_puts(s->m->names, "·d"), dag_int(s->d, 0), dag_sub(s->d, of->axis_size[i], dag_int(s->d, 1))));
    prove_sides sides = {.left = dag_entry(s->d, u, of->axis_count, at), .right = dag_entry(s->d, v, of->axis_count, at)};
    return !domain_is_told(s, &sides);
}

/* Which names are read as which while equations are compared. */
typedef struct {
    int *replace; /* per variable: the partner, −1: none */
    bool *frozen; /* per variable: a partner */
} pairing;

static pairing pairing_new(const session *s)
{
    size_t room = (size_t)s->m->var_count + 1;
    pairing p = {xmalloc(room * sizeof *p.replace), xcalloc(room, sizeof *p.frozen)};
    for (size_t i = 0; i < room; i++)
        p.replace[i] = -1;
    return p;
}

static void pairing_free(pairing *p)
{
    free(p->replace);
    free(p->frozen);
}

static void pairing_add(pairing *p, int u, int v)
{
    p->replace[u] = v;
    p->frozen[v] = true;
}

/* Each equation of u against v's. Entries of paired names that turn up while u is unfolded come earlier in u's recurrence, where the pairs are equal by the
 * hypothesis of the induction; the partners' side has none, since partners do not depend on what they replace. */
static bool same_equations(session *s, const pairing *p, int u, int v)
{
    const int *list;
    int count = model_equations_of(s->m, u, &list);
    bool good = true;
    for (int i = 0; i < count && good; i++) {
        const model_equation q = s->m->equation[list[i]];
        node right = model_unfold(s->m, v, q.at, false);
        ladder_question question = {.left = q.rhs, .right = right, .work_limit = MERGE_WORK, .most_rounds = MERGE_ROUNDS, .plain = true};
        ladder_answer answer;
        question.replace = p->replace;
        question.frozen = p->frozen;
        if (right)
            ladder_prove(s, &question, &answer);
        good = right && answer.proved;
    }
    return good;
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
    if (!same_axes(s, &s->m->var[u], &s->m->var[v]) || depends_on(s, v, u))
        return false;
    pairing p = pairing_new(s);
    if (s->recurrent[u])
        pairing_add(&p, u, v);
    bool good = same_equations(s, &p, u, v);
    pairing_free(&p);
    return good;
}

/* --- recurrences through several names --- */

static bool same_signature(const candidate *x, const candidate *y)
{
    return x->good && y->good && x->box == y->box && x->signature.exponent == y->signature.exponent &&
           fabs(x->signature.mantissa - y->signature.mantissa) < 1e-10 && x->signature.mantissa != 0;
}

/* Pairs the names of one recurrence with those of another that have the same values at a point. */
static int pair_components(session *s, const candidate *list, int count, int component, int other, pairing *p)
{
    int pairs = 0;
    for (int i = 0; i < count; i++) {
        int u = list[i].variable;
        for (int j = 0; j < count && s->component[u] == component && p->replace[u] < 0; j++) {
            int v = list[j].variable;
            if (s->component[v] != other || p->frozen[v] || s->merged[v] >= 0 || !same_signature(&list[i], &list[j]) ||
                !same_axes(s, &s->m->var[u], &s->m->var[v]))
                continue;
            pairing_add(p, u, v);
            pairs++;
        }
    }
    return pairs;
}

static bool component_reaches(session *s, const candidate *list, int count, int from, int to)
{
    bool *marks = xcalloc((size_t)s->m->var_count + 1, sizeof *marks), found = false;
    for (int i = 0; i < s->m->var_count; i++)
        marks[i] = s->component[i] == to;
    for (int i = 0; i < count && !found; i++)
        if (s->component[list[i].variable] == from) {
            found = graph_reaches(s, list[i].variable, marks);
            break; /* all of them need each other */
        }
    free(marks);
    return found;
}

/* All pairs are the hypothesis at once; one that does not follow is dropped and the others tried again. */
static bool prove_pairs(session *s, pairing *p, int pairs, domains *of)
{
    for (int u = 0; u < s->m->var_count && pairs; u++) {
        int v = p->replace[u];
        if (v < 0 || (same_equations(s, p, u, v) && has_value_of(s, of, u, v)))
            continue;
        p->replace[u] = -1;
        p->frozen[v] = false;
        pairs--;
        u = -1;
    }
    for (int u = 0; u < s->m->var_count && pairs; u++)
        if (p->replace[u] >= 0)
            s->merged[u] = p->replace[u];
    return pairs > 0;
}

/* Reads one recurrence as another, name by name: δh, δc … of the page as the adjoints of h, c …. */
static void merge_component(session *s, const candidate *list, int count, int component, domains *of)
{
    int last = 0;
    for (int j = 0; j < count; j++) {
        int v = list[j].variable, other = s->component[v];
        if (!s->recurrent[v] || other == component || other == last || s->merged[v] >= 0)
            continue;
        last = other;
        pairing p = pairing_new(s);
        int pairs = pair_components(s, list, count, component, other, &p);
        bool good = pairs && !component_reaches(s, list, count, other, component) && prove_pairs(s, &p, pairs, of);
        pairing_free(&p);
        if (good)
            return;
    }
}

/* --- the sweep --- */

/* A name gets its signature at the first of these points where all its entries have values; equal names get theirs at the same one. False when that was too
 * much work: names without a signature are compared with none. */
static bool sign_at(session *s, candidate *list, int count, int box)
{
    ball_point p;
    ball_evaluation e;
    ball_point_init(&p, s, 20240131, box);
    ball_evaluation_init(&e, &p, 256, SIGN_VISITS + NODE_VISITS * (long)dag_size(s->d));
    for (int i = 0; i < count && !e.failed; i++)
        if (!list[i].good) {
            list[i].good = signature(s, &e, list[i].variable, &list[i].signature);
            list[i].box = box;
        }
    bool enough = !e.failed;
    ball_evaluation_clear(&e);
    ball_point_clear(&p);
    return enough;
}

static int collect(session *s, candidate *list)
{
    static const int boxes[] = {3, 2, 5};
    const int *equations;
    int count = 0;
    for (int i = 0; i < s->m->var_count; i++)
        if (model_equations_of(s->m, i, &equations) > 0 && !s->m->var[i].integer)
            list[count++] = (candidate){.variable = i, .rank = s->rank[i]};
    for (int k = 0; k < 3 && sign_at(s, list, count, boxes[k]); k++)
        continue;
    return count;
}

/* Signatures rounded to 36 bits: equal values may differ in the last ones. Two neighbouring buckets are looked at. */
static int64_t bucket(const candidate *x, int shift)
{
    return (int64_t)floor(x->signature.mantissa * 68719476736.0 + 0.5) + shift + ((int64_t)x->signature.exponent * 8 + x->box) * ((int64_t)1 << 40);
}

static bool try_bucket(session *s, const candidate *list, int me, const table *seen, const int *next, int shift, int *tried, domains *of)
{
    int64_t key = bucket(&list[me], shift);
    int e = table_find(seen, 1, &key);
    for (int other = e >= 0 ? seen->entry[e].value : -1; other >= 0 && *tried < MOST_TRIED; other = next[other]) {
        int u = list[me].variable, v = list[other].variable;
        if (s->merged[v] >= 0 || list[me].signature.mantissa == 0 || !same_axes(s, &s->m->var[u], &s->m->var[v]))
            continue; /* that two names are 0 says nothing about others */
        ++*tried;
        if (prove_same(s, u, v) && has_value_of(s, of, u, v)) {
            s->merged[u] = v;
            return true;
        }
        /* the other way round if neither depends on the other: then reading v as u cannot go round in circles */
        if ((s->recurrent[u] || s->recurrent[v]) && prove_same(s, v, u) && has_value_of(s, of, v, u)) {
            s->merged[v] = u;
            return true;
        }
    }
    return false;
}

void merge_sweep(session *s)
{
    s->swept = true;
    s->merged = xrealloc(s->merged, ((size_t)s->m->var_count + 1) * sizeof *s->merged);
    for (; s->merged_count < s->m->var_count; s->merged_count++) /* derivatives that a claim has needed since */
        s->merged[s->merged_count] = -1;
    candidate *list = xcalloc((size_t)s->m->var_count + 1, sizeof *list);
    int count = collect(s, list), *next = xcalloc((size_t)s->m->var_count + 1, sizeof *next);
    table seen = {0};
    domains of = {xcalloc((size_t)s->m->var_count + 1, sizeof(bool)), MOST_DOMAINS};
    total_mark_partial(s, of.partial);
    qsort(list, (size_t)count, sizeof *list, by_rank);
    bool *met = xcalloc((size_t)s->m->var_count + 2, sizeof *met); /* per component */
    for (int i = 0; i < count; i++) {
        int u = list[i].variable, tried = 0;
        if (s->recurrent[u] && !met[s->component[u]])
            merge_component(s, list, count, s->component[u], &of);
        met[s->component[u]] = true;
        bool merged = s->merged[u] >= 0;
        if (!list[i].good)
            continue;
        for (int shift = -1; shift <= 1 && !merged; shift++)
            merged = try_bucket(s, list, i, &seen, next, shift, &tried, &of);
        int64_t key = bucket(&list[i], 0);
        int e = table_add(&seen, 1, &key);
        next[i] = seen.entry[e].value;
        seen.entry[e].value = i;
    }
    free(met);
    free(of.partial);
    graph_rank(s); /* what reads a merged name stands above what that is read as */
    induct_causality(s);
    table_free(&seen);
    free(next);
    free(list);
}
