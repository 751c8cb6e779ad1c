#include "gen/prove/ladder.h"

#include <stdlib.h>
#include <string.h>

#include "gen/prove/cancel.h"
#include "gen/prove/graph.h"
#include "gen/prove/induct.h"
#include "gen/prove/trace.h"

#define DEFAULT_ROUNDS    80
#define DEFAULT_WORK      400000 /* terms and nodes, for all attempts of one claim together */
#define RECURRENCE_ROUNDS 2      /* how often a recurrence is unfolded */
#define CASE_ROUNDS       2      /* of unfolding in each case */
#define MOST_SPLITS       5      /* conditions on indices, decided both ways */

#define MOST_GIVEN 16

/* What holds of indices in the case in hand: a <= b, or a ≠ b. */
typedef struct {
    node a, b;
    bool unequal;
} given;

typedef struct {
    session *s;
    const ladder_question *q;
    given given[MOST_GIVEN];
    int given_count;
    normal_options o;
    bool *unfold;
    node *unfold_at;
    char *times;      /* per variable: how often it was unfolded */
    node left, right; /* without common factors */
    node rest;        /* to be proved 0 */
    bool zero;
    node away[4];
    int away_count;
    node generic[NORMAL_MOST_GENERIC]; /* bases of powers that were taken to be not 0 */
    int generic_count;
    long work; /* left for all attempts together */
} climb;

/* --- one normal form --- */

static void note_away(climb *x, const normal *c)
{
    for (int i = 0; i < c->plan->away_count; i++) {
        bool known = false;
        for (int j = 0; j < x->away_count; j++)
            known = known || x->away[j] == c->plan->away[i];
        if (!known && x->away_count < 4)
            x->away[x->away_count++] = c->plan->away[i];
    }
}

/* They hold for what follows too. */
static void note_generic(climb *x, const normal *c)
{
    for (int i = 0; i < c->plan->generic_count && x->generic_count < NORMAL_MOST_GENERIC; i++)
        x->generic[x->generic_count++] = c->plan->generic[i];
    x->o.generic_count = x->generic_count;
}

/* The numerator of `rest` replaces it: a denominator does not matter to being 0. */
static normal_state reduce_rest(normal *c, void *context)
{
    climb *x = context;
    c->spent = &x->work;
    rational q;
    rational_init(c, &q);
    if (normal_form(c, x->rest, &q)) {
        fmpz_mpoly_one(fmpz_mpoly_q_denref(&q), c->ring);
        x->zero = fmpz_mpoly_q_is_zero(&q, c->ring) || normal_zero_by_signs(c, fmpz_mpoly_q_numref(&q));
        node n = normal_node(c, &q);
        if (n)
            x->rest = n;
        note_away(x, c);
        if (c->state == NORMAL_GOOD)
            note_generic(x, c);
    }
    rational_clear(c, &q);
    return c->state;
}

/* --- unfolding --- */

static bool may_unfold(const climb *x, int v)
{
    const int *equations;
    return !(x->q->frozen && x->q->frozen[v]) && x->times[v] < (x->s->recurrent[v] ? RECURRENCE_ROUNDS : 1) && model_equations_of(x->s->m, v, &equations) > 0;
}

/* What is highest comes first; of names that need each other, which are of one rank, those that were unfolded least: they are met in the order of one step. */
static int urgency(const climb *x, int v)
{
    return may_unfold(x, v) ? 1 + x->s->rank[v] * (RECURRENCE_ROUNDS + 1) + RECURRENCE_ROUNDS - x->times[v] : 0;
}

typedef struct {
    climb *x;
    int component;
    node front;
    bool mixed;
} front;

/* Of two places along a recurrence the one that needs the other. */
static bool visit_front(void *context, node n)
{
    front *f = context;
    session *s = f->x->s;
    int v = dag_kind(s->d, n) == NODE_ENTRY ? dag_payload(s->d, n) : -1;
    if (v < 0 || s->component[v] != f->component || !may_unfold(f->x, v))
        return true;
    node at = s->step[v] ? session_index(s, dag_child(s->d, n, s->step_axis[v])) : 0;
    if (!at || dag_has_kind(s->d, at, NODE_BOUND)) {
        f->mixed = true;
        return false;
    }
    if (!f->front || at == f->front) {
        f->front = at;
        return true;
    }
    node difference = session_index(s, dag_sub(s->d, at, f->front));
    if (dag_kind(s->d, difference) != NODE_NUMBER)
        f->mixed = true;
    else if (mpq_sgn(*dag_value(s->d, difference)) * s->step[v] < 0)
        f->front = at;
    return !f->mixed;
}

/* Entries of one recurrence at several places: ∂C/∂a[−1] is read through before ∂C/∂z[0], which it needs. */
static node find_front(climb *x, int component)
{
    front f = {.x = x, .component = component};
    dag_visit(x->s->d, x->rest, visit_front, &f);
    return f.mixed ? 0 : f.front;
}

typedef struct {
    climb *x;
    int variable;
    node at;
    bool found;
} occurrence;

static bool visit_occurrence(void *context, node n)
{
    occurrence *o = context;
    session *s = o->x->s;
    if (dag_kind(s->d, n) == NODE_ENTRY && dag_payload(s->d, n) == o->variable)
        o->found = o->found || session_index(s, dag_child(s->d, n, s->step_axis[o->variable])) == o->at;
    return !o->found;
}

/* Entries of v that are behind others of its recurrence wait. */
static bool must_wait(climb *x, int v)
{
    x->unfold_at[v] = 0;
    if (!x->s->recurrent[v] || !may_unfold(x, v))
        return false;
    x->unfold_at[v] = find_front(x, x->s->component[v]);
    if (!x->unfold_at[v])
        return false;
    occurrence o = {.x = x, .variable = v, .at = x->unfold_at[v]};
    dag_visit(x->s->d, x->rest, visit_occurrence, &o);
    return !o.found;
}

/* Marks the most urgent names in `rest` for unfolding; false when nothing is left to unfold. */
static bool choose_unfold(climb *x)
{
    int count, best = 0, *list = graph_variables(x->s, x->rest, &count);
    for (int i = 0; i < count; i++)
        if (must_wait(x, list[i]))
            list[i--] = list[--count];
    for (int i = 0; i < count; i++)
        best = urgency(x, list[i]) > best ? urgency(x, list[i]) : best;
    memset(x->unfold, 0, (size_t)x->s->m->var_count);
    for (int i = 0; i < count && best; i++)
        if (urgency(x, list[i]) == best) {
            x->unfold[list[i]] = true;
            x->times[list[i]]++;
        }
    free(list);
    return best > 0;
}

/* All attempts share one budget: a claim that is hopeless in one way may be easy in another, but not forever. */
static normal_state run_step(climb *x, normal_state (*step)(normal *c, void *context), void *context)
{
    if (x->work <= 0 || (x->q->allowance && budget_spent(x->q->allowance)))
        return NORMAL_BUDGET;
    x->o.work_limit = x->work;
    return normal_run(x->s, &x->o, step, context);
}

static normal_state run(climb *x)
{
    return run_step(x, reduce_rest, x);
}

/* --- conditions on free indices --- */

typedef struct {
    climb *x;
    node atom;    /* a COMPARE of indices among the generators */
    node no, yes; /* `rest` with it 0 and 1 */
} split;

static normal_state split_rest(normal *c, void *context)
{
    split *p = context;
    c->spent = &p->x->work;
    rational q;
    rational_init(c, &q);
    bool good = normal_form(c, p->x->rest, &q);
    for (int i = 0; good && i < c->atom.count && !p->atom; i++) {
        int length;
        node n = (node)*table_key(&c->atom, i, &length);
        slong g = c->plan->atoms - 1 - i;
        if (dag_kind(c->d, n) != NODE_COMPARE || fmpz_mpoly_degree_si(fmpz_mpoly_q_numref(&q), g, c->ring) <= 0)
            continue;
        rational t;
        rational_init(c, &t);
        fmpz_t value;
        fmpz_init(value);
        p->atom = n;
        good = fmpz_mpoly_evaluate_one_fmpz(fmpz_mpoly_q_numref(&t), fmpz_mpoly_q_numref(&q), g, value, c->ring);
        p->no = good ? normal_node(c, &t) : 0;
        fmpz_one(value);
        good = good && fmpz_mpoly_evaluate_one_fmpz(fmpz_mpoly_q_numref(&t), fmpz_mpoly_q_numref(&q), g, value, c->ring);
        p->yes = good ? normal_node(c, &t) : 0;
        fmpz_clear(value);
        rational_clear(c, &t);
    }
    rational_clear(c, &q);
    return c->state;
}

/* a − b = ±k + rest with a rest that is not affine, such as integer data: what k is where that is 0, else 0. */
static node data_value(session *s, node difference, int index)
{
    dag *d = s->d;
    node k = dag_index_node(d, index), none = dag_int(d, 0), rest = dag_substitute(d, difference, 1, &k, &none, false);
    node part = dag_simplify(d, dag_sub(d, difference, rest));
    return dag_has_index(d, rest, index) ? 0 : part == k ? dag_neg(d, rest) : part == dag_neg(d, k) ? rest : 0;
}

/* The index that the equality a = b determines, and its value; false: there is none. */
static bool solve_equality(session *s, node atom, node *from, node *to)
{
    dag *d = s->d;
    int count, list[64];
    const int *indices = session_free(s, atom, &count);
    memcpy(list, indices, (size_t)count * sizeof *list);
    for (int i = 0; i < count; i++) {
        long k;
        node rest, difference = dag_sub(d, dag_child(d, atom, 0), dag_child(d, atom, 1));
        bool affine = dag_affine_split(d, difference, list[i], &k, &rest);
        *from = dag_index_node(d, list[i]);
        *to = !affine ? data_value(s, difference, list[i]) : k == 1 ? dag_neg(d, rest) : k == -1 ? rest : 0;
        if (*to)
            return true;
    }
    return false;
}

static void give(climb *x, node a, node b, bool unequal)
{
    if (x->given_count < MOST_GIVEN) /* one less is only less known */
        x->given[x->given_count++] = (given){session_index(x->s, a), session_index(x->s, b), unequal};
}

/* The index has the value: what is given is told of that, and it lies in the index's range. */
static void give_value(climb *x, node from, node to)
{
    dag *d = x->s->d;
    const dag_index_info info = *dag_index_get(d, dag_payload(d, from));
    for (int i = 0; i < x->given_count; i++) {
        x->given[i].a = session_index(x->s, dag_substitute(d, x->given[i].a, 1, &from, &to, false));
        x->given[i].b = session_index(x->s, dag_substitute(d, x->given[i].b, 1, &from, &to, false));
    }
    if (!dag_is_affine(d, to) || info.sample)
        return;
    give(x, info.lo, to, false);
    give(x, to, info.hi, false);
}

/* a <= b where b <= a by their ranges, and a ≠ b. */
static bool excludes(session *s, const given *le, const given *other)
{
    dag *d = s->d;
    node u = session_index(s, dag_sub(d, le->a, le->b)), v = session_index(s, dag_sub(d, other->a, other->b));
    return !le->unequal && other->unequal && (u == v || u == session_index(s, dag_neg(d, v))) && dag_index_le(d, le->b, le->a) == TRUTH_YES;
}

/* Can the case in hand not occur? */
static bool is_impossible(const climb *x)
{
    dag *d = x->s->d;
    for (int i = 0; i < x->given_count; i++) {
        const given *g = &x->given[i];
        if (g->unequal ? dag_index_eq(d, g->a, g->b) == TRUTH_YES : dag_index_le(d, dag_add2(d, g->b, dag_int(d, 1)), g->a) == TRUTH_YES)
            return true;
        for (int k = 0; k < x->given_count; k++)
            if (excludes(x->s, g, &x->given[k]))
                return true;
    }
    return false;
}

/* In a case a start may be met: h[t−1] is h[−1] where t = 0. */
static bool is_zero_unfolded(climb *x)
{
    size_t room = (size_t)x->s->m->var_count + 1;
    char *times = xmalloc(room);
    memcpy(times, x->times, room);
    bool good = run(x) == NORMAL_GOOD;
    for (int i = 0; good && !x->zero && i < CASE_ROUNDS && choose_unfold(x); i++)
        good = run(x) == NORMAL_GOOD;
    memcpy(x->times, times, room);
    free(times);
    return good && x->zero;
}

static bool is_zero_by_cases(climb *x, int splits);

/* In `rest` and in what is given an index is another one, with a narrower range: sums up to it are then known not to be empty. */
static void narrow_index(climb *x, node from, node lo, node hi)
{
    dag *d = x->s->d;
    node to = dag_index_node(d, dag_index_fresh(d, dag_index_get(d, dag_payload(d, from))->name, session_index(x->s, lo), session_index(x->s, hi)));
    x->rest = dag_substitute(d, x->rest, 1, &from, &to, true);
    for (int i = 0; i < x->given_count; i++) {
        x->given[i].a = session_index(x->s, dag_substitute(d, x->given[i].a, 1, &from, &to, false));
        x->given[i].b = session_index(x->s, dag_substitute(d, x->given[i].b, 1, &from, &to, false));
    }
}

/* Where e >= 0, or e ≠ 0, a free index of it may have a narrower range. */
static void narrow(climb *x, node e, bool unequal)
{
    dag *d = x->s->d;
    node one = dag_int(d, 1);
    int count, list[64];
    const int *indices = session_free(x->s, e, &count);
    memcpy(list, indices, (size_t)count * sizeof *list);
    for (int i = 0; i < count; i++) {
        const dag_index_info info = *dag_index_get(d, list[i]);
        long k;
        node rest, index = dag_index_node(d, list[i]);
        if (info.sample || !dag_affine_split(d, e, list[i], &k, &rest) || (k != 1 && k != -1))
            continue;
        node bound = session_index(x->s, k == 1 ? dag_neg(d, rest) : rest); /* index >= bound, or <= bound */
        if (unequal) {
            if (dag_index_eq(d, bound, info.lo) == TRUTH_YES)
                narrow_index(x, index, dag_add2(d, info.lo, one), info.hi);
            else if (dag_index_eq(d, bound, info.hi) == TRUTH_YES)
                narrow_index(x, index, info.lo, dag_sub(d, info.hi, one));
            else
                continue;
        } else if (k == 1 && dag_index_le(d, info.lo, bound) == TRUTH_YES && dag_index_eq(d, info.lo, bound) != TRUTH_YES)
            narrow_index(x, index, bound, info.hi);
        else if (k == -1 && dag_index_le(d, bound, info.hi) == TRUTH_YES && dag_index_eq(d, bound, info.hi) != TRUTH_YES)
            narrow_index(x, index, info.lo, bound);
        else
            continue;
        return;
    }
}

/* One side of a split: `rest` where the atom is `yes`. */
static bool is_zero_in_case(climb *x, node atom, bool yes, node rest, int splits)
{
    dag *d = x->s->d;
    given kept[MOST_GIVEN];
    int kept_count = x->given_count;
    memcpy(kept, x->given, sizeof kept);
    node a = dag_child(d, atom, 0), b = dag_child(d, atom, 1), from, to;
    bool equality = dag_payload(d, atom) == COMPARE_EQUAL;
    x->rest = rest;
    if (!equality && dag_payload(d, atom) == COMPARE_LESS_EQUAL) {
        give(x, yes ? a : dag_add2(d, b, dag_int(d, 1)), yes ? b : a, false);
        narrow(x, yes ? dag_sub(d, b, a) : dag_sub(d, a, dag_add2(d, b, dag_int(d, 1))), false);
    } else if (equality && !yes) {
        give(x, a, b, true);
        narrow(x, dag_sub(d, a, b), true);
    } else if (equality && solve_equality(x->s, atom, &from, &to)) {
        x->rest = dag_substitute(d, rest, 1, &from, &to, true);
        give_value(x, from, to);
    }
    bool good = is_impossible(x) || is_zero_by_cases(x, splits);
    memcpy(x->given, kept, sizeof kept);
    x->given_count = kept_count;
    return good;
}

static bool is_zero_by_cases(climb *x, int splits)
{
    if (run(x) != NORMAL_GOOD)
        return false;
    if (x->zero)
        return true;
    split p = {.x = x};
    if (splits == 0 || run_step(x, split_rest, &p) != NORMAL_GOOD || !p.atom || !p.no || !p.yes)
        return is_zero_unfolded(x);
    node kept = x->rest;
    bool good = is_zero_in_case(x, p.atom, true, p.yes, splits - 1) && is_zero_in_case(x, p.atom, false, p.no, splits - 1);
    x->rest = kept;
    x->zero = good;
    return good;
}

/* --- the climb --- */

static unsigned rung_of(bool full)
{
    return full ? RUNG_FULL : RUNG_NORMAL;
}

/* Unfolds from the top until nothing is left; true when the rest is 0. */
static bool unfold_all(climb *x, int most, ladder_answer *out)
{
    for (int round = 0;; round++) {
        normal_state state = run(x);
        if (state != NORMAL_GOOD) {
            out->spent |= state == NORMAL_BUDGET ? rung_of(x->o.full) : 0;
            return false;
        }
        out->rounds = round;
        if (x->zero)
            return true;
        node kept = x->rest;
        if (dag_has_kind(x->s->d, x->rest, NODE_COMPARE) && is_zero_by_cases(x, MOST_SPLITS))
            return true;
        x->rest = kept;
        out->residue = x->rest;
        if (round == most || !choose_unfold(x))
            return false;
    }
}

/* --- modes --- */

static bool try_mode(climb *x, bool full, bool away, ladder_answer *out)
{
    dag *d = x->s->d;
    x->o.full = full;
    x->o.away = away;
    x->away_count = 0;
    memset(x->unfold, 0, (size_t)x->s->m->var_count);
    memset(x->unfold_at, 0, (size_t)x->s->m->var_count * sizeof *x->unfold_at);
    memset(x->times, 0, (size_t)x->s->m->var_count);
    x->rest = dag_raw_add(d, 2, (node[]){x->left, dag_raw_mul(d, 2, (node[]){dag_int(d, -1), x->right})});
    x->generic_count = x->o.generic_count = 0;
    return unfold_all(x, x->q->most_rounds ? x->q->most_rounds : DEFAULT_ROUNDS, out);
}

/* A proof that leaves out b = 0, of a power of b, holds there too if both sides are continuous; else powers are taken as they are. */
static bool try_powers(climb *x, bool full, bool away, ladder_answer *out)
{
    bool good = try_mode(x, full, away, out);
    if (!x->generic_count || (good && induct_follows(x->s, x->q->left, x->q->right, x->generic_count, x->generic)))
        return good;
    x->o.generic_powers = false;
    good = try_mode(x, full, away, out);
    x->o.generic_powers = true;
    return good;
}

/* Strictly, then away from kinks if the claim has a derivative. */
static bool try_modes(climb *x, bool full, ladder_answer *out)
{
    long before = x->work;
    unsigned kept = x->s->rung;
    x->s->rung = kept ? kept : rung_of(full);
    bool good = try_powers(x, full, false, out) || (x->q->derivative && try_powers(x, full, true, out));
    x->s->rung = kept;
    trace_note(x->s->trace, full ? "full kernels" : "normal form", "%s after %d unfoldings, %ld terms and nodes%s", good ? "0" : "not 0", out->rounds,
               before - x->work,
               x->work <= 0        ? ", out of budget"
               : good && x->o.away ? ", away from kinks"
                                   : "");
    return good;
}

/* The sides as they were, with a new budget. */
static void restart(climb *x)
{
    x->left = x->q->left;
    x->right = x->q->right;
    x->work = x->q->work_limit ? x->q->work_limit : DEFAULT_WORK;
}

/* Indices other than that of the samples, or reductions. */
static bool is_indexed(session *s, node n)
{
    int count;
    const int *indices = session_free(s, n, &count);
    for (int i = 0; i < count; i++)
        if (!dag_index_get(s->d, indices[i])->sample)
            return true;
    return dag_has_kind(s->d, n, NODE_REDUCE);
}

void ladder_prove(session *s, const ladder_question *q, ladder_answer *out)
{
    *out = (ladder_answer){0};
    if (q->left == q->right) {
        out->proved = true;
        out->method = "identical";
        trace_note(s->trace, "identical", "both sides are the same expression");
        return;
    }
    size_t room = (size_t)s->m->var_count + 1;
    table inside = {0};
    normal_gather_inside(s, q->left, &inside);
    normal_gather_inside(s, q->right, &inside);
    climb x = {.s = s, .q = q, .unfold = xcalloc(room, sizeof(bool)), .unfold_at = xcalloc(room, sizeof(node)), .times = xcalloc(room, 1)};
    x.o = (normal_options){
        .unfold = x.unfold,
        .unfold_count = s->m->var_count,
        .unfold_at = x.unfold_at,
        .generic = x.generic,
        .generic_powers = true,
        .inside = &inside,
        .known = q->known,
        .known_sign = q->known_sign,
        .known_count = q->known_count,
        .replace = q->replace,
        .replace_count = q->replace ? s->m->var_count : 0,
    };
    restart(&x);
    x.left = q->left;
    x.right = q->right;
    if (cancel_common_factors(s, &x.left, &x.right, false)) /* sufficient, not necessary: relu(u)² = u relu(u) */
        out->proved = try_modes(&x, false, out);
    if (!out->proved) {
        restart(&x);
        out->proved = try_modes(&x, false, out);
    }
    bool hopeless = q->work_limit && out->spent; /* the full kernels of a side question that is large already */
    restart(&x);
    if (!out->proved && !q->plain && cancel_common_factors(s, &x.left, &x.right, true))
        out->proved = try_modes(&x, false, out);
    if (!out->proved && !q->plain && !hopeless) {
        restart(&x);
        out->proved = try_modes(&x, true, out);
    }
    if (out->proved) {
        out->method = is_indexed(s, q->left) || is_indexed(s, q->right) ? "index" : "rational";
        out->away_count = x.away_count;
        memcpy(out->away, x.away, sizeof x.away);
    }
    table_free(&inside);
    free(x.unfold);
    free(x.unfold_at);
    free(x.times);
}
