/* What stands in a branch that may not be taken, or in a sum that may be empty, says nothing about the points where the whole is defined: there 1/p is the atom
 * `if p ≠ 0 then 1/p else 0`, which has a value everywhere, and log|p| likewise. Only a value of the branch changes by that, and only where the branch is not taken. */
#include "gen/prove/normal.h"

normal_scope normal_scope_of(const normal *c)
{
    return (normal_scope){c->conditional, c->bound_count, c->bound_start, c->solved};
}

normal_scope normal_enter_branch(normal *c)
{
    normal_scope before = normal_scope_of(c);
    c->conditional++;
    c->bound_start = c->bound_count;
    c->solved = false;
    return before;
}

normal_scope normal_enter_range(normal *c, int index, node lo, node hi)
{
    normal_scope before = normal_scope_of(c);
    if (dag_index_le(c->d, lo, hi) != TRUTH_YES) {
        c->conditional++;
        c->bound_start = c->bound_count;
    }
    if (c->bound_count < NORMAL_MOST_BOUND)
        c->bound[c->bound_count++] = index;
    return before;
}

void normal_leave(normal *c, normal_scope before)
{
    c->conditional = before.conditional;
    c->bound_count = before.bound_count;
    c->bound_start = before.bound_start;
    c->solved = before.solved;
}

/* Does p depend on an index bound within the branch? Where that index has a value, the body is needed. */
static bool is_local(const normal *c, const fmpz_mpoly_struct *p)
{
    for (slong g = c->plan->atoms - c->atom.count; g < c->plan->atoms; g++) {
        if (fmpz_mpoly_degree_si(p, g, c->ring) <= 0)
            continue;
        for (int k = c->bound_start; k < c->bound_count; k++)
            if (dag_has_index(c->d, normal_generator_node(c, g), c->bound[k]))
                return true;
    }
    return false;
}

bool normal_may_be_zero(normal *c, const fmpz_mpoly_struct *p)
{
    return c->conditional && !c->solved && !is_local(c, p) && !normal_is_nonzero(c, p);
}

/* The first time in a ring's life that p is guarded, everything is read again: where p divides outside of branches too, that is a fact. */
static bool announce(normal *c, const fmpz_mpoly_struct *p)
{
    int64_t key = normal_primitive(c, p, false), other = normal_primitive(c, p, true);
    if (!key || !other)
        return normal_fail(c, NORMAL_BUDGET);
    if (table_find(&c->plan->guarded, 1, &key) >= 0 || table_find(&c->plan->guarded, 1, &other) >= 0)
        return true;
    table_add(&c->plan->guarded, 1, &key);
    return normal_fail(c, NORMAL_AGAIN);
}

/* r f = r² f² = [f ≠ 0] for a reciprocal r, r [f ≠ 0] = r for all. */
static void relate(normal *c, const rational *r, const rational *f, const rational *nonzero, bool reciprocal)
{
    slong g = c->plan->atoms - c->atom.count;
    const fmpz_mpoly_struct *atom = fmpz_mpoly_q_numref(r), *bit = fmpz_mpoly_q_numref(nonzero), *bottom = fmpz_mpoly_q_denref(nonzero);
    fmpz_mpoly_t t, u;
    fmpz_mpoly_init(u, c->ring);
    if (!fmpz_mpoly_is_fmpz(bit, c->ring)) {
        fmpz_mpoly_init(t, c->ring);
        fmpz_mpoly_mul(t, atom, bit, c->ring);
        fmpz_mpoly_mul(u, atom, bottom, c->ring);
        fmpz_mpoly_sub(t, t, u, c->ring);
        normal_relation(c, t, g, 1);
    }
    if (reciprocal) {
        fmpz_mpoly_init(t, c->ring);
        fmpz_mpoly_mul(t, atom, fmpz_mpoly_q_numref(f), c->ring);
        fmpz_mpoly_mul(t, t, bottom, c->ring);
        fmpz_mpoly_sub(t, t, bit, c->ring);
        normal_relation(c, t, g, 1);
    }
    fmpz_mpoly_clear(u, c->ring);
}

/* `if f ≠ 0 then value else 0` as an atom; f is a polynomial. */
static bool guarded_atom(normal *c, const rational *f, node value, bool reciprocal, rational *out)
{
    node n = normal_node(c, f);
    rational sign;
    rational_init(c, &sign);
    bool good = n && value && normal_sign_of(c, f, &sign) && rational_mul(c, &sign, &sign, &sign); /* first: older atoms are smaller */
    int before = c->atom.count;
    good = good && normal_atom(c, dag_raw_if(c->d, dag_raw_compare(c->d, COMPARE_UNEQUAL, n, dag_int(c->d, 0)), value, dag_int(c->d, 0)), out);
    if (good && c->atom.count > before)
        relate(c, out, f, &sign, reciprocal);
    rational_clear(c, &sign);
    return good || normal_fail(c, NORMAL_BUDGET);
}

node normal_guarded(const normal *c, node n)
{
    dag *d = c->d;
    if (dag_kind(d, n) != NODE_IF || !dag_is_int(d, dag_child(d, n, 2), 0))
        return 0;
    node condition = dag_child(d, n, 0);
    bool unequal = dag_kind(d, condition) == NODE_COMPARE && dag_payload(d, condition) == COMPARE_UNEQUAL && dag_is_int(d, dag_child(d, condition, 1), 0);
    return unequal ? dag_child(d, n, 1) : 0;
}

bool normal_guard_log(normal *c, const fmpz_mpoly_struct *p, node log, rational *out)
{
    if (!announce(c, p))
        return false;
    rational f;
    rational_init(c, &f);
    fmpz_mpoly_set(fmpz_mpoly_q_numref(&f), p, c->ring);
    bool good = guarded_atom(c, &f, log, false, out);
    rational_clear(c, &f);
    return good;
}

/* 1/p for one irreducible factor. */
static bool invert_factor(normal *c, const fmpz_mpoly_struct *p, rational *out)
{
    rational f;
    rational_init(c, &f);
    fmpz_mpoly_set(fmpz_mpoly_q_numref(&f), p, c->ring);
    bool good = true;
    if (normal_may_be_zero(c, p)) {
        node n = normal_node(c, &f);
        good = announce(c, p) && n && guarded_atom(c, &f, dag_raw_pow(c->d, n, dag_int(c->d, -1)), true, out);
    } else {
        fmpz_mpoly_q_inv(out, &f, c->ring);
    }
    rational_clear(c, &f);
    return good;
}

bool normal_guard_inverse(normal *c, const rational *a, rational *out)
{
    fmpz_mpoly_factor_t f;
    rational t;
    fmpz_mpoly_factor_init(f, c->ring);
    rational_init(c, &t);
    bool good = fmpz_mpoly_length(fmpz_mpoly_q_numref(a), c->ring) <= NORMAL_MOST_FACTORED || normal_fail(c, NORMAL_BUDGET);
    good = good && normal_factor(c, f, fmpz_mpoly_q_numref(a));
    fmpz_mpoly_q_one(out, c->ring);
    if (good) {
        fmpz_mpoly_set(fmpz_mpoly_q_numref(out), fmpz_mpoly_q_denref(a), c->ring);
        fmpz_mpoly_q_div_fmpz(out, out, f->constant, c->ring);
    }
    for (slong i = 0; good && i < f->num; i++)
        good = fmpz_fits_si(f->exp + i) && invert_factor(c, f->poly + i, &t) && rational_pow(c, &t, &t, fmpz_get_si(f->exp + i)) &&
               rational_mul(c, out, out, &t);
    fmpz_mpoly_factor_clear(f, c->ring);
    rational_clear(c, &t);
    return good;
}

bool normal_guard_whole(normal *c, const rational *a, rational *out)
{
    rational top;
    rational_init(c, &top);
    fmpz_mpoly_set(fmpz_mpoly_q_numref(&top), fmpz_mpoly_q_numref(a), c->ring);
    node n = normal_node(c, &top);
    bool good = n && guarded_atom(c, &top, dag_raw_pow(c->d, n, dag_int(c->d, -1)), false, out);
    if (good) {
        fmpz_mpoly_set(fmpz_mpoly_q_numref(&top), fmpz_mpoly_q_denref(a), c->ring);
        good = rational_mul(c, out, out, &top);
    }
    rational_clear(c, &top);
    return good || normal_fail(c, NORMAL_BUDGET);
}

bool normal_note_divisor(normal *c, const fmpz_mpoly_struct *p)
{
    if (!c->plan->guarded.count || fmpz_mpoly_is_fmpz(p, c->ring) || fmpz_mpoly_length(p, c->ring) > NORMAL_MOST_FACTORED)
        return true;
    fmpz_mpoly_factor_t f;
    fmpz_mpoly_factor_init(f, c->ring);
    bool good = normal_factor(c, f, p);
    for (slong i = 0; good && i < f->num; i++) {
        int64_t key = normal_primitive(c, f->poly + i, false), other = normal_primitive(c, f->poly + i, true);
        if (table_find(&c->plan->guarded, 1, &key) >= 0 || table_find(&c->plan->guarded, 1, &other) >= 0)
            good = normal_note_nonzero(c, f->poly + i);
    }
    fmpz_mpoly_factor_clear(f, c->ring);
    return good;
}

/* --- subscripts --- */

typedef struct {
    session *s;
    table seen;
    table *out;
} subscripts;

static void gather(subscripts *x, node n);

static void gather_entry(subscripts *x, node n)
{
    session *s = x->s;
    const model_var *v = &s->m->var[dag_payload(s->d, n)];
    const int *equations;
    for (int i = 0; i < dag_count(s->d, n); i++) {
        node at = dag_child(s->d, n, i);
        gather(x, at);
        if (dag_kind(s->d, at) != NODE_ENTRY || !s->m->var[dag_payload(s->d, at)].integer || v->pad[i] ||
            model_equations_of(s->m, dag_payload(s->d, n), &equations) > 0)
            continue;
        int64_t key[] = {at, session_index(s, v->axis_size[i])};
        table_add(x->out, 2, key);
    }
}

static void gather(subscripts *x, node n)
{
    dag *d = x->s->d;
    int64_t key = n;
    if (table_find(&x->seen, 1, &key) >= 0)
        return;
    table_add(&x->seen, 1, &key);
    int count = dag_count(d, n), index;
    bool logic = dag_kind(d, n) == NODE_FUN && (dag_payload(d, n) == OP_AND || dag_payload(d, n) == OP_OR);
    if (dag_kind(d, n) == NODE_ENTRY) {
        gather_entry(x, n);
        return;
    }
    if (dag_kind(d, n) == NODE_IF || logic)
        count = 1;
    if (dag_binds(d, n)) {
        bool needed = dag_kind(d, n) == NODE_REDUCE && dag_index_le(d, dag_child(d, n, 0), dag_child(d, n, 1)) == TRUTH_YES;
        count = needed ? count : 0;
    }
    for (int i = 0; i < count; i++)
        gather(x, dag_binds(d, n) && i == count - 1 ? session_open(x->s, n, &index) : dag_child(d, n, i));
}

void normal_gather_inside(session *s, node n, table *out)
{
    subscripts x = {.s = s, .out = out};
    gather(&x, n);
    table_free(&x.seen);
}

bool normal_is_inside(const normal *c, node data, node lo, node hi)
{
    int64_t key[] = {data, session_index(c->s, dag_add2(c->d, hi, dag_int(c->d, 1)))};
    if (dag_kind(c->d, data) == NODE_REDUCE && (dag_payload(c->d, data) == REDUCE_ARGMAX || dag_payload(c->d, data) == REDUCE_ARGMIN)) {
        node first = dag_child(c->d, data, 0), last = dag_child(c->d, data, 1);
        return dag_index_le(c->d, lo, first) == TRUTH_YES && dag_index_le(c->d, first, last) == TRUTH_YES && dag_index_le(c->d, last, hi) == TRUTH_YES;
    }
    return c->o.inside && dag_is_int(c->d, lo, 0) && table_find(c->o.inside, 2, key) >= 0;
}
