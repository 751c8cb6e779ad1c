#include "gen/prove/induct.h"

#include <stdlib.h>
#include <string.h>

#include "gen/dag/ops.h"
#include "gen/prove/graph.h"

#define MOST_SOLVED 4 /* entries for which one claim is solved */
#define INDUCT_WORK 200000
#define CAUSAL_WORK 20000

/* --- hypotheses --- */

static entry_fact *add_lemma(session *s, const entry_fact *f)
{
    if (s->lemma_count == s->lemma_capacity) {
        s->lemma_capacity = 2 * s->lemma_capacity + 8;
        s->lemma = xrealloc(s->lemma, (size_t)s->lemma_capacity * sizeof *s->lemma);
    }
    s->lemma[s->lemma_count] = *f;
    return &s->lemma[s->lemma_count++];
}

/* One step of the equation of the lemma's variable, earlier entries read by the lemma, against the lemma's value. */
static bool step_follows(session *s, const entry_fact *f, const ladder_question *whole)
{
    node at[MODEL_MAX_AXES];
    for (int i = 0; i < f->count; i++)
        at[i] = dag_index_node(s->d, f->index[i]);
    node step = model_unfold(s->m, f->variable, at, false);
    if (!step)
        return false;
    ladder_question q = {.left = step, .right = f->value, .derivative = whole->derivative, .work_limit = whole->work_limit, .allowance = whole->allowance};
    ladder_answer a = {0};
    add_lemma(s, f);
    ladder_prove(s, &q, &a);
    s->lemma_count--;
    return a.proved && a.away_count == 0;
}

/* The value must not need the recurrence: then each entry the step reads by the lemma is an earlier one. */
static bool is_independent(session *s, node value, int variable)
{
    int count, *list = graph_variables(s, value, &count);
    bool *marks = xcalloc((size_t)s->m->var_count + 1, sizeof *marks), good = true;
    for (int i = 0; i < s->m->var_count; i++)
        marks[i] = s->component[i] == s->component[variable];
    for (int i = 0; i < count && good; i++)
        good = !graph_reaches(s, list[i], marks);
    free(marks);
    free(list);
    return good;
}

/* --- solving the claim for an entry --- */

typedef struct {
    session *s;
    node rest; /* left − right, only recurrences left */
    int index_count;
    const int *indices;
    entry_fact fact[MOST_SOLVED];
    int count;
} solving;

/* h[t, i]: an entry of a recurrence at different free indices of the claim. */
static bool is_general_entry(const solving *x, node n)
{
    dag *d = x->s->d;
    if (dag_kind(d, n) != NODE_ENTRY || !x->s->recurrent[dag_payload(d, n)])
        return false;
    for (int i = 0; i < dag_count(d, n); i++) {
        node at = dag_child(d, n, i);
        bool claimed = false;
        if (dag_kind(d, at) != NODE_INDEX)
            return false;
        for (int j = 0; j < i; j++)
            if (dag_child(d, n, j) == at)
                return false;
        for (int j = 0; j < x->index_count; j++)
            claimed = claimed || x->indices[j] == dag_payload(d, at);
        if (!claimed && !dag_index_get(d, dag_payload(d, at))->sample)
            return false;
    }
    return true;
}

/* --- coefficients that are 0 nowhere but on a thin set --- */

static bool visit_smooth(void *context, node n)
{
    void **x = context;
    session *s = x[0];
    bool *good = x[1];
    dag *d = s->d;
    if (dag_kind(d, n) == NODE_COMPARE) /* of indices alone it is a constant; that of an IF is visited too */
        *good = *good && !dag_has_kind(d, dag_child(d, n, 0), NODE_ENTRY) && !dag_has_kind(d, dag_child(d, n, 1), NODE_ENTRY);
    if (dag_kind(d, n) == NODE_FUN)
        *good = *good && !op_get((op)dag_payload(d, n))->kinks;
    return *good;
}

/* Is the node defined on an open set? A root may be defined at one point only. */
static bool visit_open(void *context, node n)
{
    void **x = context;
    session *s = x[0];
    bool *good = x[1];
    if (dag_kind(s->d, n) == NODE_FUN) {
        op_domain of = op_get((op)dag_payload(s->d, n))->domain;
        *good = *good && of != DOMAIN_UNIT && of != DOMAIN_NONNEGATIVE && of != DOMAIN_FROM_ONE && of != DOMAIN_OUTSIDE_UNIT && of != DOMAIN_TO_ONE;
    }
    if (dag_kind(s->d, n) == NODE_POW && dag_kind(s->d, dag_child(s->d, n, 1)) == NODE_NUMBER)
        *good = *good && mpz_cmp_ui(mpq_denref(*dag_value(s->d, dag_child(s->d, n, 1))), 1) == 0;
    return *good && visit_smooth(context, n);
}

/* Do n and all equations below its names pass the visit? */
static bool all_below(session *s, node n, bool (*visit)(void *context, node n))
{
    bool good = true, *seen = xcalloc((size_t)s->m->var_count + 1, sizeof *seen);
    int count, *list = graph_variables(s, n, &count);
    void *context[] = {s, &good};
    dag_visit(s->d, n, visit, context);
    while (count && good) {
        const int *equations;
        int v = list[--count], more, *below, total = model_equations_of(s->m, v, &equations);
        if (seen[v])
            continue;
        seen[v] = true;
        for (int i = 0; i < total && good; i++) {
            node rhs = s->m->equation[equations[i]].rhs;
            dag_visit(s->d, rhs, visit, context);
            below = graph_variables(s, rhs, &more);
            list = xrealloc(list, (size_t)(count + more + 1) * sizeof *list);
            if (more)
                memcpy(list + count, below, (size_t)more * sizeof *list);
            count += more;
            free(below);
        }
    }
    free(list);
    free(seen);
    return good;
}

/* A scalar, or one entry at fixed numbers, that takes all values of an interval. */
static bool is_free_leaf(session *s, node n)
{
    const int *equations;
    int v = dag_kind(s->d, n) == NODE_ENTRY ? dag_payload(s->d, n) : -1;
    for (int i = v < 0 ? 0 : s->m->var[v].sample; v >= 0 && i < dag_count(s->d, n); i++)
        if (dag_kind(s->d, dag_child(s->d, n, i)) != NODE_NUMBER)
            return false;
    if (v < 0 || (dag_count(s->d, n) > s->m->var[v].sample && s->part_count) || model_equations_of(s->m, v, &equations) || s->m->var[v].integer ||
        s->m->var[v].role == ROLE_SYSTEM)
        return false;
    const name_fact *f = session_is_fact(s, v) ? &s->fact[v] : NULL;
    return !f || (!session_has_few(f) && f->sum_axis < 0 && f->swap_a < 0 && !(f->has_lo && f->has_hi && fmpq_cmp(&f->lo, &f->hi) >= 0));
}

bool induct_follows(session *s, node left, node right, int count, const node *zero)
{
    for (int i = 0; i < count; i++)
        if (!normal_is_thin_everywhere(s, zero[i]))
            return false;
    return s->rule_count == 0 && all_below(s, left, visit_open) && all_below(s, right, visit_open);
}

/* Entries of one and the same sample are others if their subscripts are; *sample is that of those before, 0: none. */
static bool is_same_sample(session *s, node n, node *sample)
{
    if (s->m->var[dag_payload(s->d, n)].sample == 0)
        return true;
    node at = dag_child(s->d, n, 0), before = *sample;
    *sample = at;
    return !before || before == at;
}

/* May the claim be divided by a? It is a polynomial, not 0, of free scalars and their powers: where it is 0, the claim follows from the points around, since
 * both sides are continuous. No atom of it is an index or a size, for which some values would be left out. */
static bool is_thin(normal *c, const solving *x, const fmpz_mpoly_struct *a)
{
    if (fmpz_mpoly_is_zero(a, c->ring) || fmpz_mpoly_is_fmpz(a, c->ring))
        return !fmpz_mpoly_is_zero(a, c->ring);
    node sample = 0;
    if (x->s->rule_count)
        return false;
    for (slong g = 0; g < c->plan->atoms; g++) {
        if (fmpz_mpoly_degree_si(a, g, c->ring) <= 0)
            continue;
        node n = normal_generator_node(c, g);
        if (dag_kind(c->d, n) == NODE_POW && dag_is_affine(c->d, dag_child(c->d, n, 1)) && !dag_has_kind(c->d, dag_child(c->d, n, 1), NODE_ENTRY))
            n = dag_child(c->d, n, 0);
        if (!is_free_leaf(x->s, n) || !is_same_sample(x->s, n, &sample))
            return false;
    }
    return all_below(x->s, x->rest, visit_smooth);
}

/* p = a·g + b: g = −b/a. */
static void solve_for(normal *c, solving *x, const fmpz_mpoly_struct *p, slong g)
{
    rational value;
    fmpz_mpoly_t b, a;
    fmpz_t zero;
    fmpz_init(zero);
    fmpz_mpoly_init(a, c->ring);
    fmpz_mpoly_init(b, c->ring);
    rational_init(c, &value);
    fmpz_mpoly_derivative(a, p, g, c->ring);
    if (is_thin(c, x, a) && fmpz_mpoly_evaluate_one_fmpz(b, p, g, zero, c->ring)) {
        fmpz_mpoly_neg(fmpz_mpoly_q_numref(&value), b, c->ring);
        fmpz_mpoly_set(fmpz_mpoly_q_denref(&value), a, c->ring);
        fmpz_mpoly_q_canonicalise(&value, c->ring);
        node n = normal_generator_node(c, g), v = normal_node(c, &value);
        entry_fact *f = &x->fact[x->count];
        *f = (entry_fact){.variable = dag_payload(c->d, n), .count = dag_count(c->d, n), .value = v, .partial = true};
        for (int i = 0; i < f->count; i++)
            f->index[i] = dag_payload(c->d, dag_child(c->d, n, i));
        x->count += v != 0;
    }
    rational_clear(c, &value);
    fmpz_mpoly_clear(a, c->ring);
    fmpz_mpoly_clear(b, c->ring);
    fmpz_clear(zero);
}

static normal_state solve(normal *c, void *context)
{
    solving *x = context;
    rational q;
    rational_init(c, &q);
    if (normal_form(c, x->rest, &q))
        for (int i = 0; i < c->atom.count && x->count < MOST_SOLVED; i++) {
            slong g = c->plan->atoms - 1 - i;
            if (is_general_entry(x, normal_generator_node(c, g)) && fmpz_mpoly_degree_si(fmpz_mpoly_q_numref(&q), g, c->ring) == 1)
                solve_for(c, x, fmpz_mpoly_q_numref(&q), g);
        }
    if (c->plan->generic_count && !induct_follows(x->s, x->rest, x->rest, c->plan->generic_count, c->plan->generic))
        x->count = 0;
    rational_clear(c, &q);
    return c->state;
}

bool induct_prove(session *s, const ladder_question *q, int index_count, const int *indices, ladder_answer *out)
{
    ladder_question only = *q, step = {.derivative = q->derivative, .work_limit = INDUCT_WORK, .allowance = q->allowance};
    ladder_answer a = {0};
    only.frozen = s->recurrent;
    only.work_limit = INDUCT_WORK;
    only.plain = true;
    ladder_prove(s, &only, &a);
    if (a.proved || !a.residue)
        return false;
    solving x = {.s = s, .rest = a.residue, .index_count = index_count, .indices = indices};
    normal_options o = {.generic_powers = true};
    normal_run(s, &o, solve, &x);
    for (int i = 0; i < x.count; i++)
        if (is_independent(s, x.fact[i].value, x.fact[i].variable) && step_follows(s, &x.fact[i], &step)) {
            *out = (ladder_answer){.proved = true, .method = "induction"};
            return true;
        }
    return false;
}

/* --- the last entry --- */

typedef struct {
    session *s;
    node size;
} end_search;

/* The size T of an entry h[T − 1] of a recurrence along its steps, or of the entries D[T − 1, i] of an adjoint, which has both ends. */
static bool visit_end(void *context, node n)
{
    end_search *x = context;
    session *s = x->s;
    int v = dag_kind(s->d, n) == NODE_ENTRY ? dag_payload(s->d, n) : -1;
    if (x->size || v < 0 || v >= s->rank_count || !s->recurrent[v] || s->step_axis[v] < 0)
        return !x->size;
    const model_var *var = &s->m->var[v];
    node size = var->axis_size[s->step_axis[v]], last = session_index(s, dag_sub(s->d, size, dag_int(s->d, 1)));
    for (int k = 0; k < dag_count(s->d, n) && dag_kind(s->d, size) == NODE_SIZE; k++)
        if (var->axis_size[k] == size && session_index(s, dag_child(s->d, n, k)) == last)
            x->size = size;
    return !x->size;
}

static node tidy(void *context, node n)
{
    session *s = context;
    dag *d = s->d;
    node child[MODEL_MAX_AXES];
    if (dag_kind(d, n) != NODE_ENTRY)
        return dag_count(d, n) ? dag_map_children(d, n, tidy, s) : n;
    for (int i = 0; i < dag_count(d, n); i++)
        child[i] = session_index(s, dag_child(d, n, i));
    return dag_entry(d, dag_payload(d, n), dag_count(d, n), child);
}

/* h[t] for h[(t + 1) − 1] */
static node tidy_subscripts(session *s, node n)
{
    return tidy(s, n);
}

/* Indices whose ranges say T run up to t instead. */
static void shorten_ranges(session *s, ladder_question *q, node size, node length, int count, const int *indices, int *out)
{
    dag *d = s->d;
    for (int i = 0; i < count; i++) {
        const dag_index_info info = *dag_index_get(d, indices[i]);
        node lo = dag_substitute(d, info.lo, 1, &size, &length, true), hi = dag_substitute(d, info.hi, 1, &size, &length, true);
        out[i] = indices[i];
        if (lo == info.lo && hi == info.hi)
            continue;
        out[i] = dag_index_fresh(d, info.name, session_index(s, lo), session_index(s, hi));
        node from = dag_index_node(d, indices[i]), to = dag_index_node(d, out[i]);
        q->left = dag_substitute(d, q->left, 1, &from, &to, true);
        q->right = dag_substitute(d, q->right, 1, &from, &to, true);
    }
}

/* --- the first entry --- */

typedef struct {
    session *s;
    node found; /* an entry of a recurrence at a number that is not above 0, so that every size has it */
    int axis;
} start_search;

static bool visit_start(void *context, node n)
{
    start_search *x = context;
    dag *d = x->s->d;
    int v = dag_kind(d, n) == NODE_ENTRY ? dag_payload(d, n) : -1;
    if (x->found || v < 0 || v >= x->s->rank_count || !x->s->recurrent[v] || x->s->step_axis[v] < 0)
        return !x->found;
    const model_var *var = &x->s->m->var[v];
    int axis = x->s->step_axis[v];
    node start = var->axis_start[axis] ? var->axis_start[axis] : dag_int(d, 0), at = dag_child(d, n, axis);
    if (x->s->step[v] > 0 && dag_kind(d, at) == NODE_NUMBER && dag_index_le(d, start, at) == TRUTH_YES && dag_index_le(d, at, dag_int(d, 0)) == TRUTH_YES) {
        x->found = n;
        x->axis = axis;
    }
    return !x->found;
}

/* The free index at the other end of D[t, 0]; 0: none. */
static node other_end(session *s, node entry, int axis)
{
    const model_var *v = &s->m->var[dag_payload(s->d, entry)];
    for (int k = v->sample; k < dag_count(s->d, entry); k++)
        if (k != axis && v->axis_size[k] == v->axis_size[axis] && dag_kind(s->d, dag_child(s->d, entry, k)) == NODE_INDEX)
            return dag_child(s->d, entry, k);
    return 0;
}

/* An entry D[0] whose value depends on how many steps there are, t + 1 (0: as the entry says), is D[i] with i fewer: a guess, which the induction proves or not. */
static bool from_start(session *s, const ladder_question *q, node t, int count, const int *indices, int *more, ladder_question *out)
{
    dag *d = s->d;
    start_search x = {.s = s};
    node side[] = {q->left, q->right}, child[MODEL_MAX_AXES];
    for (int i = 0; i < 2; i++)
        dag_visit(d, side[i], visit_start, &x);
    t = t || !x.found ? t : other_end(s, x.found, x.axis);
    if (!x.found || !t || count >= MODEL_MAX_AXES)
        return false;
    node start = dag_child(d, x.found, x.axis);
    int first = dag_index_fresh(d, intern_puts(s->m->names, "·i"), start, t), mark = dag_index_fresh(d, intern_puts(s->m->names, "·e"), start, t);
    node i = dag_index_node(d, first), shorter = dag_sub(d, t, dag_sub(d, i, start)), e = dag_index_node(d, mark);
    for (int k = 0; k < dag_count(d, x.found); k++)
        child[k] = k == x.axis ? i : dag_child(d, x.found, k) == t ? e : dag_child(d, x.found, k);
    node to = dag_entry(d, dag_payload(d, x.found), dag_count(d, x.found), child);
    *out = *q;
    for (int k = 0; k < 2; k++) { /* the entry's own t stays: it is marked while the others change */
        node n = dag_substitute(d, side[k], 1, &x.found, &to, true);
        n = dag_substitute(d, n, 1, &t, &shorter, true);
        *(k ? &out->right : &out->left) = dag_substitute(d, n, 1, &e, &t, true);
    }
    memcpy(more, indices, (size_t)count * sizeof *more);
    more[count] = first;
    return true;
}

typedef struct {
    session *s;
    node from, to;
} exponents;

/* In exponents only. */
static node in_exponents(void *context, node n)
{
    exponents *x = context;
    dag *d = x->s->d;
    if (!dag_count(d, n))
        return n;
    if (dag_kind(d, n) == NODE_POW && dag_kind(d, dag_child(d, n, 1)) != NODE_NUMBER)
        return dag_raw_pow(d, in_exponents(x, dag_child(d, n, 0)), dag_substitute(d, dag_child(d, n, 1), 1, &x->from, &x->to, true));
    return dag_map_children(d, n, in_exponents, x);
}

/* The same with all T steps, which only exponents count: ∂C/∂h[−1] = (h[T−1] − y) w^T. */
static bool from_start_of_all(session *s, const ladder_question *q, int count, const int *indices, int *more, ladder_question *out)
{
    dag *d = s->d;
    start_search x = {.s = s};
    node side[] = {q->left, q->right}, child[MODEL_MAX_AXES];
    for (int i = 0; i < 2; i++)
        dag_visit(d, side[i], visit_start, &x);
    node size = x.found ? s->m->var[dag_payload(d, x.found)].axis_size[x.axis] : 0;
    if (!size || dag_kind(d, size) != NODE_SIZE || count >= MODEL_MAX_AXES)
        return false;
    node start = dag_child(d, x.found, x.axis);
    int first = dag_index_fresh(d, intern_puts(s->m->names, "·i"), start, dag_sub(d, size, dag_int(d, 1)));
    node i = dag_index_node(d, first);
    for (int k = 0; k < dag_count(d, x.found); k++)
        child[k] = k == x.axis ? i : dag_child(d, x.found, k);
    node to = dag_entry(d, dag_payload(d, x.found), dag_count(d, x.found), child);
    exponents e = {s, size, dag_sub(d, size, dag_sub(d, i, start))};
    *out = *q;
    out->left = in_exponents(&e, dag_substitute(d, q->left, 1, &x.found, &to, true));
    out->right = in_exponents(&e, dag_substitute(d, q->right, 1, &x.found, &to, true));
    memcpy(more, indices, (size_t)count * sizeof *more);
    more[count] = first;
    return true;
}

static bool induct_at_end_of(session *s, const ladder_question *q, node size, int index_count, const int *indices, ladder_answer *out)
{
    dag *d = s->d;
    int more[MODEL_MAX_AXES + 1], all[MODEL_MAX_AXES + 2];
    more[0] = dag_index_fresh(d, intern_puts(s->m->names, "·t"), dag_int(d, 0), dag_sub(d, size, dag_int(d, 1)));
    node t = dag_index_node(d, more[0]), next = dag_add2(d, t, dag_int(d, 1));
    ladder_question general = *q, begun;
    general.left = tidy_subscripts(s, dag_substitute(d, q->left, 1, &size, &next, true));
    general.right = tidy_subscripts(s, dag_substitute(d, q->right, 1, &size, &next, true));
    shorten_ranges(s, &general, size, next, index_count, indices, more + 1);
    if (induct_prove(s, &general, index_count + 1, more, out))
        return true;
    return from_start(s, &general, t, index_count + 1, more, all, &begun) && induct_prove(s, &begun, index_count + 2, all, out);
}

/* A name that was merged as the one it is read as; a name that only reads recurrences, such as ∂q[t]/∂a = ∂q[t]/∂q[0] x[0], as what it stands for. */
static node open_entry(void *context, node n)
{
    session *s = context;
    dag *d = s->d;
    node child[MODEL_MAX_AXES], mapped = n;
    if (dag_kind(d, n) != NODE_ENTRY)
        return dag_count(d, n) ? dag_map_children(d, n, open_entry, s) : n;
    int v = dag_payload(d, n);
    while (v < s->merged_count && s->merged[v] >= 0)
        v = s->merged[v];
    for (int i = 0; i < dag_count(d, n); i++)
        child[i] = dag_child(d, n, i);
    if (v != dag_payload(d, n))
        mapped = dag_entry(d, v, dag_count(d, n), child);
    if (v < s->rank_count && s->m->var[v].role == ROLE_ADJOINT && !s->recurrent[v]) {
        node rhs = model_unfold(s->m, v, child, true);
        mapped = rhs ? rhs : mapped;
    }
    return mapped;
}

static bool ends_follow(session *s, const ladder_question *q, int index_count, const int *indices, ladder_answer *out);

bool induct_at_end(session *s, const ladder_question *q, int index_count, const int *indices, ladder_answer *out)
{
    ladder_question opened = *q;
    if (ends_follow(s, q, index_count, indices, out))
        return true;
    opened.left = open_entry(s, open_entry(s, q->left)); /* what it stands for may have been merged */
    opened.right = open_entry(s, open_entry(s, q->right));
    return (opened.left != q->left || opened.right != q->right) && ends_follow(s, &opened, index_count, indices, out);
}

static bool ends_follow(session *s, const ladder_question *q, int index_count, const int *indices, ladder_answer *out)
{
    end_search x = {s, 0};
    int more[MODEL_MAX_AXES + 1];
    ladder_question begun;
    if (index_count >= MODEL_MAX_AXES)
        return false;
    dag_visit(s->d, q->left, visit_end, &x);
    dag_visit(s->d, q->right, visit_end, &x);
    if (x.size && induct_at_end_of(s, q, x.size, index_count, indices, out))
        return true;
    if (from_start(s, q, 0, index_count, indices, more, &begun) && induct_prove(s, &begun, index_count + 1, more, out))
        return true;
    return from_start_of_all(s, q, index_count, indices, more, &begun) && induct_prove(s, &begun, index_count + 1, more, out);
}

/* --- causality --- */

static int full_index(session *s, const model_var *v, int axis)
{
    dag *d = s->d;
    node lo = v->axis_start[axis] ? v->axis_start[axis] : dag_int(d, 0);
    return dag_index_fresh(d, intern_puts(s->m->names, "·c"), lo, dag_sub(d, v->axis_size[axis], dag_int(d, 1)));
}

/* variable = 0 where its step axis lies beyond `end`, or beyond another axis of the same size. */
static bool is_causal(session *s, int variable, int other, node end)
{
    dag *d = s->d;
    const model_var *v = &s->m->var[variable];
    int axis = s->step_axis[variable];
    entry_fact f = {.variable = variable, .count = v->axis_count, .value = dag_int(d, 0)};
    for (int i = 0; i < v->axis_count; i++)
        f.index[i] = full_index(s, v, i);
    const dag_index_info t = *dag_index_get(d, f.index[axis]);
    node one = dag_int(d, 1);
    end = end ? end : dag_index_node(d, f.index[other]);
    if (s->step[variable] > 0 ? dag_index_le(d, t.hi, end) == TRUTH_YES : dag_index_le(d, end, t.lo) == TRUTH_YES)
        return false; /* nothing lies beyond */
    f.partial = !dag_has_kind(d, end, NODE_INDEX);
    f.index[axis] = s->step[variable] > 0 ? dag_index_fresh(d, t.name, dag_add2(d, end, one), t.hi) : dag_index_fresh(d, t.name, t.lo, dag_sub(d, end, one));
    if (!step_follows(s, &f, &(ladder_question){.work_limit = CAUSAL_WORK}))
        return false;
    add_lemma(s, &f);
    return true;
}

typedef struct {
    session *s;
    int index;
    node at; /* 0: not found yet */
} seed_search;

/* [index = at] with an `at` of sizes and numbers. */
static bool visit_seed(void *context, node n)
{
    seed_search *x = context;
    dag *d = x->s->d;
    long k;
    node rest;
    if (dag_kind(d, n) == NODE_COMPARE && dag_payload(d, n) == COMPARE_EQUAL &&
        dag_affine_split(d, dag_sub(d, dag_child(d, n, 0), dag_child(d, n, 1)), x->index, &k, &rest) && (k == 1 || k == -1) &&
        !dag_has_kind(d, rest, NODE_INDEX))
        x->at = session_index(x->s, k == 1 ? dag_neg(d, rest) : rest);
    return !x->at;
}

/* The step at which a sweep from one step of a recurrence begins; 0: it has none. */
static node seed_of(session *s, int variable)
{
    const int *list;
    int count = model_equations_of(s->m, variable, &list);
    seed_search x = {.s = s};
    for (int i = 0; i < count && !x.at; i++) {
        const model_equation *q = &s->m->equation[list[i]];
        node step = q->at[s->step_axis[variable]];
        x.index = dag_kind(s->d, step) == NODE_INDEX ? dag_payload(s->d, step) : -1;
        if (x.index >= 0)
            dag_visit(s->d, q->rhs, visit_seed, &x);
    }
    return x.at;
}

void induct_causality(session *s)
{
    for (int u = 0; u < s->m->var_count; u++) {
        const model_var *v = &s->m->var[u];
        if (v->role != ROLE_ADJOINT || !s->recurrent[u] || !s->step[u] || (u < s->merged_count && s->merged[u] >= 0))
            continue;
        int axis = s->step_axis[u];
        bool found = false;
        for (int k = v->sample; k < v->axis_count && !found; k++)
            found = k != axis && v->axis_size[k] == v->axis_size[axis] && is_causal(s, u, k, 0);
        node seed = found ? 0 : seed_of(s, u);
        if (seed)
            is_causal(s, u, -1, seed);
    }
}
