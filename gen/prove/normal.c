/* Rings, atoms, and the walk over an expression. */
#include "gen/prove/normal.h"

#include <stdlib.h>

#include "gen/calculus/calculus.h"
#include "gen/dag/ops.h"

#define MOST_RESTARTS 40
#define FACTOR_WORK   16 /* of factoring, in terms: measured */
#define FACTOR_SHARE  16
#define MOST_DEPTH    3000 /* of the walk: an expression nested deeper is left undecided */

/* --- rings --- */

static void open_ring(normal *c, session *s, const normal_options *o, normal_plan *plan)
{
    *c = (normal){.s = s, .d = s->d, .o = *o, .plan = plan};
    if (!c->o.work_limit)
        c->o.work_limit = 300000;
    c->opened = xcalloc((size_t)s->m->var_count + 1, sizeof *c->opened);
    fmpz_mpoly_ctx_init(c->ring, plan->atoms, ORD_LEX);
}

static void close_ring(normal *c)
{
    if (c->spent)
        *c->spent -= c->work;
    for (int i = 0; i < c->relation_count; i++)
        fmpz_mpoly_clear(&c->relation[i], c->ring);
    for (int i = 0; i < c->memo.count; i++)
        if (c->memo.entry[i].value >= 0)
            rational_clear(c, c->value + c->memo.entry[i].value);
    table_free(&c->memo);
    table_free(&c->entry_sign);
    table_free(&c->related);
    table_free(&c->atom);
    free(c->value);
    free(c->opened);
    free(c->relation);
    free(c->relation_generator);
    free(c->relation_degree);
    fmpz_mpoly_ctx_clear(c->ring);
}

normal_state normal_run(session *s, const normal_options *o, normal_state (*step)(normal *c, void *context), void *context)
{
    normal_plan plan = {.atoms = 24, .exp_denominator = 1, .root_denominator = 1, .angle_denominator = 1};
    normal_state state = NORMAL_AGAIN;
    for (int i = 0; i < o->generic_count; i++)
        normal_plan_nonzero(&plan, o->generic[i]);
    for (int i = 0; i < o->known_count; i++)
        if (o->known_sign[i])
            normal_plan_sign(&plan, o->known[i], o->known_sign[i]);
    for (int i = 0; i < MOST_RESTARTS && state == NORMAL_AGAIN; i++) {
        normal c;
        open_ring(&c, s, o, &plan);
        state = step(&c, context);
        close_ring(&c);
        if (plan.atoms > NORMAL_MOST_ATOMS)
            state = NORMAL_BUDGET;
    }
    table_free(&plan.positive);
    table_free(&plan.guarded);
    table_free(&plan.shift);
    return state == NORMAL_AGAIN ? NORMAL_BUDGET : state;
}

bool normal_factor(normal *c, fmpz_mpoly_factor_struct *f, const fmpz_mpoly_struct *p)
{
    c->work += FACTOR_WORK + (long)fmpz_mpoly_length(p, c->ring) * c->plan->atoms / FACTOR_SHARE;
    return (c->work <= c->o.work_limit && fmpz_mpoly_factor(f, p, c->ring)) || normal_fail(c, NORMAL_BUDGET);
}

/* --- atoms --- */

node normal_generator_node(const normal *c, slong generator)
{
    slong number = c->plan->atoms - 1 - generator;
    if (number >= c->atom.count)
        return 0;
    int length;
    return (node)*table_key(&c->atom, (int)number, &length);
}

bool normal_is_indicator(const normal *c, node atom)
{
    node_kind kind = dag_kind(c->d, atom);
    if (kind == NODE_ENTRY && session_is_fact(c->s, dag_payload(c->d, atom)))
        return c->s->fact[dag_payload(c->d, atom)].value_count > 0;
    return kind == NODE_COMPARE || (kind == NODE_FUN && dag_payload(c->d, atom) == OP_SIGN);
}

/* generator^2 − generator */
static void idempotent(normal *c, slong generator)
{
    fmpz_mpoly_t g, p;
    fmpz_mpoly_init(g, c->ring);
    fmpz_mpoly_init(p, c->ring);
    fmpz_mpoly_gen(g, generator, c->ring);
    fmpz_mpoly_mul(p, g, g, c->ring);
    fmpz_mpoly_sub(p, p, g, c->ring);
    normal_relation(c, p, generator, 2);
    fmpz_mpoly_clear(g, c->ring);
}

/* Π (generator − v) over the values that the name has. */
static void few_values(normal *c, slong generator, name_fact *f)
{
    fmpz_mpoly_t t, p;
    fmpz_mpoly_init(t, c->ring);
    fmpz_mpoly_init(p, c->ring);
    fmpz_mpoly_one(p, c->ring);
    for (int i = 0; i < f->value_count; i++) {
        fmpz_mpoly_gen(t, generator, c->ring);
        fmpz_mpoly_sub_si(t, t, f->value[i], c->ring);
        fmpz_mpoly_mul(p, p, t, c->ring);
    }
    normal_relation(c, p, generator, f->value_count);
    fmpz_mpoly_clear(t, c->ring);
    f->used = true;
}

/* What is known of every atom of its kind. */
static void add_relations(normal *c, node n, slong generator)
{
    node_kind kind = dag_kind(c->d, n);
    bool bit = kind == NODE_COMPARE;
    if (kind == NODE_ENTRY && session_is_fact(c->s, dag_payload(c->d, n)))
        bit = c->s->fact[dag_payload(c->d, n)].zero_one;
    if (bit && kind == NODE_ENTRY)
        c->s->fact[dag_payload(c->d, n)].used = true;
    if (bit)
        idempotent(c, generator);
    else if (kind == NODE_ENTRY && normal_is_indicator(c, n))
        few_values(c, generator, &c->s->fact[dag_payload(c->d, n)]);
}

slong normal_generator(normal *c, node n)
{
    int64_t key = n;
    int e = table_find(&c->atom, 1, &key);
    if (e < 0) {
        if (c->atom.count >= c->plan->atoms) {
            c->plan->atoms *= 2;
            normal_fail(c, NORMAL_AGAIN);
            return -1;
        }
        e = table_add(&c->atom, 1, &key);
        add_relations(c, n, c->plan->atoms - 1 - e);
    }
    return c->plan->atoms - 1 - e;
}

bool normal_atom(normal *c, node n, rational *out)
{
    if (dag_kind(c->d, n) == NODE_NUMBER)
        return normal_form(c, n, out);
    node name;
    if (c->o.names && dag_kind(c->d, n) != NODE_ENTRY && normal_fold(c, n, &name))
        n = name;
    slong g = normal_generator(c, n);
    if (g < 0)
        return false;
    fmpz_mpoly_q_gen(out, g, c->ring);
    return true;
}

/* --- the walk --- */

static bool form_number(normal *c, node n, rational *out)
{
    fmpq_t q;
    fmpq_init(q);
    fmpq_set_mpq(q, *dag_value(c->d, n));
    fmpz_mpoly_q_set_fmpq(out, q, c->ring);
    fmpq_clear(q);
    return true;
}

static bool form_add(normal *c, node n, rational *out)
{
    rational t;
    rational_init(c, &t);
    fmpz_mpoly_q_zero(out, c->ring);
    bool good = true;
    for (int i = 0; i < dag_count(c->d, n) && good; i++)
        good = normal_form(c, dag_child(c->d, n, i), &t) && rational_add(c, out, out, &t);
    rational_clear(c, &t);
    return good;
}

static bool form_mul(normal *c, node n, rational *out)
{
    rational t;
    rational_init(c, &t);
    fmpz_mpoly_q_one(out, c->ring);
    bool good = true;
    for (int i = 0; i < dag_count(c->d, n) && good; i++)
        good = normal_form(c, dag_child(c->d, n, i), &t) && rational_mul(c, out, out, &t);
    rational_clear(c, &t);
    return good;
}

/* Does an entry stay at the same place of its recurrence? Reading through a step back would have no end. */
static bool is_level(const normal *c, int variable, const node *at, node entry)
{
    const session *s = c->s;
    if (variable >= s->rank_count || !s->recurrent[variable] || dag_kind(c->d, entry) != NODE_ENTRY)
        return true;
    int v = dag_payload(c->d, entry);
    if (v >= s->rank_count || s->component[v] != s->component[variable])
        return true;
    return s->step[v] && s->step[variable] && dag_child(c->d, entry, s->step_axis[v]) == at[s->step_axis[variable]];
}

/* Does a name's equation say no more than "this function of those entries"? Such names are always read through: a = tanh(z). */
static bool is_alias(normal *c, int variable, const node *at, node rhs)
{
    node_kind kind = dag_kind(c->d, rhs);
    if (!is_level(c, variable, at, rhs))
        return false;
    if (kind == NODE_NUMBER || kind == NODE_ENTRY || kind == NODE_INDEX || kind == NODE_SIZE)
        return true;
    if (kind != NODE_FUN && kind != NODE_APPLY)
        return false;
    for (int i = 0; i < dag_count(c->d, rhs); i++)
        if (!is_level(c, variable, at, dag_child(c->d, rhs, i)) ||
            (dag_kind(c->d, dag_child(c->d, rhs, i)) != NODE_ENTRY && !dag_is_affine(c->d, dag_child(c->d, rhs, i))))
            return false;
    return true;
}

static bool form_size(normal *c, node n, rational *out)
{
    long fixed = session_size(c->s, dag_payload(c->d, n));
    return fixed ? rational_set_si(c, out, fixed, 1) : normal_atom(c, n, out);
}

/* The value that a lemma gives, or the entry itself where it gives none. */
static bool form_lemma(normal *c, node entry, node value, node condition, rational *out)
{
    if (!condition) {
        normal_scope here = normal_scope_of(c);
        c->solved = true;
        bool read = normal_form(c, value, out);
        normal_leave(c, here);
        return read;
    }
    rational yes, no, where;
    rational_init(c, &yes);
    rational_init(c, &no);
    rational_init(c, &where);
    normal_scope before = normal_enter_branch(c);
    c->solved = true;
    bool good = normal_form(c, value, &yes) && normal_atom(c, entry, &no);
    normal_leave(c, before);
    good = good && normal_form(c, condition, &where) && rational_sub(c, &yes, &yes, &no) && rational_mul(c, &yes, &yes, &where) && rational_add(c, out, &yes, &no);
    rational_clear(c, &yes);
    rational_clear(c, &no);
    rational_clear(c, &where);
    return good;
}

static bool form_entry(normal *c, node n, rational *out)
{
    dag *d = c->d;
    int variable = dag_payload(d, n), count = dag_count(d, n);
    node at[MODEL_MAX_AXES];
    bool done;
    if (!normal_at_extreme(c, n, &done, out) || done)
        return c->state == NORMAL_GOOD;
    for (int i = 0; i < count; i++)
        at[i] = session_index(c->s, dag_child(d, n, i));
    if (variable < c->o.replace_count && c->o.replace[variable] >= 0)
        variable = c->o.replace[variable];
    while (!c->o.names && variable < c->s->merged_count && c->s->merged[variable] >= 0)
        variable = c->s->merged[variable];
    node value, condition;
    if (!c->o.names && normal_lemma(c, variable, count, at, &value, &condition))
        return form_lemma(c, dag_entry(d, variable, count, at), value, condition, out);
    node rhs = model_unfold(c->s->m, variable, at, false);
    bool unfold = variable < c->o.unfold_count && c->o.unfold[variable] && c->opened[variable] == 0;
    if (unfold && c->o.unfold_at && c->o.unfold_at[variable])
        unfold = at[c->s->step_axis[variable]] == c->o.unfold_at[variable];
    bool named = c->o.names && c->s->m->var[variable].role == ROLE_DEFINED;
    if (rhs && (unfold || (!named && is_alias(c, variable, at, rhs)))) {
        c->opened[variable] += unfold;
        bool good = normal_form(c, rhs, out);
        c->opened[variable] -= unfold;
        return good;
    }
    if (session_is_fact(c->s, variable) && c->s->fact[variable].swap_a >= 0) {
        int a = c->s->fact[variable].swap_a, b = c->s->fact[variable].swap_b;
        if (at[a] > at[b]) {
            node t = at[a];
            at[a] = at[b], at[b] = t;
            c->s->fact[variable].used = true;
        }
    }
    return normal_atom(c, dag_entry(d, variable, count, at), out);
}

/* One argument of an abstract function in canonical form. */
static node canonical_argument(normal *c, node n)
{
    rational q;
    if (dag_kind(c->d, n) == NODE_LAMBDA) {
        int index;
        node lo = dag_child(c->d, n, 0), hi = dag_child(c->d, n, 1);
        node body = canonical_argument(c, session_open(c->s, n, &index));
        return body ? dag_lambda(c->d, index, lo, hi, body) : 0;
    }
    if (dag_is_affine(c->d, n) && !dag_has_kind(c->d, n, NODE_ENTRY))
        return session_index(c->s, n);
    rational_init(c, &q);
    node result = normal_form(c, n, &q) ? normal_node(c, &q) : 0;
    rational_clear(c, &q);
    return result;
}

node normal_known_application(session *s, node n)
{
    dag *d = s->d;
    const dag_signature g = *dag_signature_get(d, dag_payload(d, n));
    int row = s->function_as ? s->function_as[g.function] : -1;
    if (row < 0 || g.arg_count != 1 || g.out_rank != 0 || dag_count(d, n) != 1)
        return 0;
    node leaf = dag_entry(d, s->local, 0, NULL), u = dag_child(d, n, 0);
    node value = dag_fun1(d, (op)row, leaf);
    for (int i = 0; i < g.derivative_count && value; i++)
        value = calculus_partial(s->m, value, leaf, (span){0});
    return value ? dag_substitute(d, value, 1, &leaf, &u, true) : 0;
}

/* The same node over canonical children, as an atom. */
static bool form_opaque(normal *c, node n, rational *out)
{
    node child[64];
    int count = dag_count(c->d, n);
    if (count > 64)
        return normal_fail(c, NORMAL_BUDGET);
    for (int i = 0; i < count; i++) {
        child[i] = canonical_argument(c, dag_child(c->d, n, i));
        if (!child[i])
            return normal_fail(c, NORMAL_BUDGET);
    }
    return normal_atom(c, dag_rebuild(c->d, n, child, true), out);
}

static bool form_if(normal *c, node n, rational *out)
{
    rational condition, yes, no;
    rational_init(c, &condition);
    rational_init(c, &yes);
    rational_init(c, &no);
    bool good = normal_form(c, dag_child(c->d, n, 0), &condition);
    if (good && fmpz_mpoly_q_is_fmpq(&condition, c->ring)) {
        good = normal_form(c, dag_child(c->d, n, fmpz_mpoly_q_is_zero(&condition, c->ring) ? 2 : 1), out);
    } else if (good) {
        normal_scope before = normal_enter_branch(c);
        good = normal_form(c, dag_child(c->d, n, 1), &yes) && normal_form(c, dag_child(c->d, n, 2), &no);
        normal_leave(c, before);
        good = good && rational_sub(c, &yes, &yes, &no) && rational_mul(c, &yes, &yes, &condition) && rational_add(c, out, &yes, &no);
    }
    rational_clear(c, &condition);
    rational_clear(c, &yes);
    rational_clear(c, &no);
    return good;
}

static bool form(normal *c, node n, rational *out)
{
    switch (dag_kind(c->d, n)) {
    case NODE_NUMBER: return form_number(c, n, out);
    case NODE_SIZE: return form_size(c, n, out);
    case NODE_INDEX: return normal_atom(c, n, out);
    case NODE_ENTRY: return form_entry(c, n, out);
    case NODE_ADD: return form_add(c, n, out);
    case NODE_MUL: return form_mul(c, n, out);
    case NODE_POW: return normal_power(c, n, out);
    case NODE_FUN: return normal_function(c, n, out);
    case NODE_APPLY: {
        node known = normal_known_application(c->s, n);
        bool done = false;
        if (!known && !normal_matrix(c, n, &done, out))
            return c->state == NORMAL_GOOD ? normal_fail(c, NORMAL_BUDGET) : false;
        if (done)
            return true;
        return known ? normal_form(c, known, out) : form_opaque(c, n, out);
    }
    case NODE_COMPARE: return normal_condition(c, n, out);
    case NODE_IF: return form_if(c, n, out);
    case NODE_REDUCE: return normal_reduce(c, n, out);
    default: return normal_fail(c, NORMAL_BUDGET);
    }
}

static void remember(normal *c, node n, const rational *q)
{
    int64_t key = n;
    int e = table_add(&c->memo, 1, &key);
    if (e >= c->value_capacity) {
        c->value_capacity = 2 * e + 32;
        c->value = xrealloc(c->value, (size_t)c->value_capacity * sizeof *c->value);
    }
    if (c->memo.entry[e].value < 0)
        rational_init(c, c->value + e);
    c->memo.entry[e].value = e;
    fmpz_mpoly_q_set(c->value + e, q, c->ring);
}

bool normal_form(normal *c, node n, rational *out)
{
    int64_t key = n;
    int e = table_find(&c->memo, 1, &key);
    if (e >= 0 && c->memo.entry[e].value >= 0) {
        fmpz_mpoly_q_set(out, c->value + e, c->ring);
        return rational_reduce(c, out); /* a relation may be newer than the memo */
    }
    if (c->state != NORMAL_GOOD || ++c->work > c->o.work_limit || c->depth > MOST_DEPTH)
        return normal_fail(c, NORMAL_BUDGET);
    c->depth++;
    bool good = form(c, n, out) && c->state == NORMAL_GOOD;
    c->depth--;
    if (good)
        remember(c, n, out);
    return good;
}
