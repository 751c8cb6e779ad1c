#include <stdlib.h>
#include <string.h>

#include "gen/prove/component_private.h"

#define MOST_PENDING 16
#define SIGN_WORK    20000

/* --- zeros that cut --- */

/* A function that is 0 where its argument is. */
static bool is_odd_increasing(op o)
{
    static const bool list[OP_COUNT] = {[OP_ATAN] = true,  [OP_ASIN] = true, [OP_SINH] = true, [OP_TANH] = true, [OP_ASINH] = true,
                                        [OP_ATANH] = true, [OP_ERF] = true,  [OP_ERFI] = true, [OP_CBRT] = true};
    return list[o];
}

typedef struct {
    component *x;
    node base;
    node pending[MOST_PENDING]; /* other expressions that have its zeros */
    bool same[MOST_PENDING];    /* and no others */
    int pending_count;
    bool exact;   /* base is 0 nowhere else than what is asked for */
    bool product; /* where a cut is 0, that is */
    int only;     /* ±1: the sign of base is that of a single expression, or the opposite one; else 0 */
    bool jump, weak, excluded, above;
} zeros;

static bool note_known(component *x, node p)
{
    for (int i = 0; i < x->known_count; i++)
        if (x->known[i] == p)
            return true;
    if (x->known_count == COMPONENT_MOST_SIGNS)
        return false;
    x->known[x->known_count++] = p;
    return true;
}

static bool note_cut(zeros *z, node p)
{
    component *x = z->x;
    int i = 0;
    while (i < x->cut_count && x->cuts[i].p != p)
        i++;
    if (i == COMPONENT_MOST_CUTS)
        return false;
    if (i == x->cut_count)
        x->cuts[x->cut_count++] = (cut){.p = p};
    x->cuts[i].jump = x->cuts[i].jump || z->jump;
    x->cuts[i].weak = x->cuts[i].weak || z->weak;
    if (z->above && z->only)
        x->cuts[i].sign = (signed char)z->only;
    x->cuts[i].excluded = x->cuts[i].excluded || (z->excluded && z->product);
    return true;
}

static bool add_pending(zeros *z, node n, bool same)
{
    if (!n || z->pending_count == MOST_PENDING)
        return false;
    z->same[z->pending_count] = same;
    z->pending[z->pending_count++] = n;
    return true;
}

static bool add_polynomial(normal *c, zeros *z, const fmpz_mpoly_struct *p)
{
    rational q;
    rational_init(c, &q);
    fmpz_mpoly_set(fmpz_mpoly_q_numref(&q), p, c->ring);
    bool good = fmpz_mpoly_is_fmpz(p, c->ring) || add_pending(z, normal_node(c, &q), false);
    rational_clear(c, &q);
    return good;
}

/* The newest atom of p that is a sign, −1: none. */
static slong sign_generator(const normal *c, const fmpz_mpoly_struct *p)
{
    for (slong g = c->plan->atoms - c->atom.count; g < c->plan->atoms; g++) {
        node n = fmpz_mpoly_degree_si(p, g, c->ring) > 0 ? normal_generator_node(c, g) : 0;
        if (n && dag_kind(c->d, n) == NODE_FUN && dag_payload(c->d, n) == OP_SIGN)
            return g;
    }
    return -1;
}

/* p with a sign in it: 0 where the sign changes, or with one of its values. */
static bool add_values(normal *c, zeros *z, const fmpz_mpoly_struct *p, slong g)
{
    fmpz_mpoly_t t;
    fmpz_t value;
    bool good = add_pending(z, dag_child(c->d, normal_generator_node(c, g), 0), false);
    fmpz_mpoly_init(t, c->ring);
    fmpz_init(value);
    for (int k = -1; k <= 1 && good; k += 2) {
        fmpz_set_si(value, k);
        good = fmpz_mpoly_evaluate_one_fmpz(t, p, g, value, c->ring) && add_polynomial(c, z, t);
    }
    fmpz_mpoly_clear(t, c->ring);
    fmpz_clear(value);
    return good;
}

/* Other expressions that are 0 wherever p is: w for √w, A² − B² w for A + B √w. */
static bool note_pending(normal *c, zeros *z, node p)
{
    dag *d = c->d;
    bool root = dag_kind(d, p) == NODE_POW && dag_kind(d, dag_child(d, p, 1)) == NODE_NUMBER && mpq_sgn(*dag_value(d, dag_child(d, p, 1))) > 0;
    if (root || (dag_kind(d, p) == NODE_FUN && (is_odd_increasing((op)dag_payload(d, p)) || dag_payload(d, p) == OP_ABS)))
        return add_pending(z, dag_child(d, p, 0), true);
    rational q, a, b, norm;
    rational_init(c, &q), rational_init(c, &a), rational_init(c, &b), rational_init(c, &norm);
    bool good = normal_form(c, p, &q);
    slong g = good ? sign_generator(c, fmpz_mpoly_q_numref(&q)) : -1;
    good = good && (g >= 0 ? add_values(c, z, fmpz_mpoly_q_numref(&q), g)
                           : normal_conjugate(c, fmpz_mpoly_q_numref(&q), &a, &b, &norm) && add_pending(z, normal_node(c, &norm), false));
    rational_clear(c, &q), rational_clear(c, &a), rational_clear(c, &b), rational_clear(c, &norm);
    return good;
}

/* ±1 for ± one atom, else 0. */
static int single_sign(normal *c, const fmpz_mpoly_struct *p)
{
    fmpz_t z;
    int sign = 0;
    if (fmpz_mpoly_length(p, c->ring) != 1 || fmpz_mpoly_total_degree_si(p, c->ring) != 1)
        return 0;
    fmpz_init(z);
    fmpz_mpoly_get_term_coeff_fmpz(z, p, 0, c->ring);
    sign = fmpz_is_pm1(z) ? (int)fmpz_get_si(z) : 0;
    fmpz_clear(z);
    return sign;
}

/* The sign of base is a polynomial in signs of irreducible polynomials: those are what cuts. */
static normal_state find_zeros(normal *c, void *context)
{
    zeros *z = context;
    rational q, sign;
    rational_init(c, &q), rational_init(c, &sign);
    z->pending_count = 0;
    bool good = normal_form(c, z->base, &q) && normal_sign_of(c, &q, &sign);
    if (good && (fmpz_mpoly_q_is_zero(&sign, c->ring) || !fmpz_mpoly_is_fmpz(fmpz_mpoly_q_denref(&sign), c->ring)))
        good = normal_fail(c, NORMAL_ZERO);
    z->only = good ? single_sign(c, fmpz_mpoly_q_numref(&sign)) : 0;
    z->product = z->exact && good && fmpz_mpoly_length(fmpz_mpoly_q_numref(&sign), c->ring) == 1;
    for (slong g = c->plan->atoms - c->atom.count; g < c->plan->atoms && good; g++) {
        if (fmpz_mpoly_degree_si(fmpz_mpoly_q_numref(&sign), g, c->ring) <= 0)
            continue;
        node atom = normal_generator_node(c, g), p = dag_kind(c->d, atom) == NODE_FUN && dag_payload(c->d, atom) == OP_SIGN ? dag_child(c->d, atom, 0) : 0;
        good = p && note_known(z->x, p) && (component_is_polynomial(z->x, p) ? note_cut(z, p) : note_pending(c, z, p));
        if (!good)
            normal_fail(c, NORMAL_BUDGET);
    }
    rational_clear(c, &q), rational_clear(c, &sign);
    return c->state;
}

/* Cuts where the base of a need is 0. */
static bool add_zeros(component *x, const smooth_need *need)
{
    node todo[MOST_PENDING] = {need->base};
    bool same[MOST_PENDING] = {true}, strict = need->kind == NEED_ABOVE || need->kind == NEED_APART;
    int count = 1;
    for (int done = 0; done < count; done++) {
        if (component_is_spent(x))
            return false;
        normal_options o = {.full = true, .work_limit = SIGN_WORK};
        zeros z = {.x = x, .base = todo[done], .exact = same[done]};
        z.jump = need->kind == NEED_JUMP;
        z.weak = need->kind == NEED_AT_LEAST;
        z.excluded = strict && !need->conditional;
        z.above = need->kind == NEED_ABOVE && !need->conditional && done == 0;
        if (normal_run(x->s, &o, find_zeros, &z) != NORMAL_GOOD || count + z.pending_count > MOST_PENDING)
            return false;
        for (int i = 0; i < z.pending_count; i++) {
            same[count] = z.product && z.same[i];
            todo[count++] = z.pending[i];
        }
    }
    return true;
}

bool component_find_cuts(component *x)
{
    for (int i = 0; i < x->needs.count; i++) {
        if (!component_is_constant(x, x->needs.list[i].base) && !add_zeros(x, &x->needs.list[i]))
            return false;
    }
    return true;
}
/* --- assumptions --- */

static bool give(component *x, node base, bool strict)
{
    if (x->needs.count == SMOOTH_MOST_NEEDS)
        return false;
    x->needs.list[x->needs.count++] = (smooth_need){.base = base, .kind = strict ? NEED_ABOVE : NEED_AT_LEAST, .given = true};
    return true;
}

static bool give_bound(component *x, node leaf, const fmpq *bound, bool upper, bool open)
{
    dag *d = x->s->d;
    mpq_t q;
    mpq_init(q);
    fmpq_get_mpq(q, bound);
    node number = dag_number(d, q);
    mpq_clear(q);
    return give(x, upper ? dag_sub(d, number, leaf) : dag_sub(d, leaf, number), open);
}

static bool give_bounds(component *x)
{
    session *s = x->s;
    bool good = true;
    for (int i = 0; i < x->leaf_count && good; i++) {
        int v = dag_kind(s->d, x->of[i]) == NODE_ENTRY ? dag_payload(s->d, x->of[i]) : -1;
        if (v < 0 || !session_is_fact(s, v))
            continue;
        const name_fact *f = &s->fact[v];
        good = (!f->has_lo || give_bound(x, x->leaf[i], &f->lo, false, f->lo_open)) && (!f->has_hi || give_bound(x, x->leaf[i], &f->hi, true, f->hi_open));
    }
    return good;
}

/* An inequality between the leaves; others are left out, which asks for more. */
static bool give_difference(component *x, node difference, bool strict)
{
    bool before = x->full;
    x->full = true;
    node base = component_abstract(x, difference);
    x->full = before;
    return !component_is_polynomial(x, base) || dag_kind(x->s->d, base) == NODE_NUMBER || give(x, base, strict);
}

/* What is given of the whole is given of a part of it. */
static bool give_whole(component *x)
{
    bool good = true;
    for (int i = 0; x->whole && i < x->whole->needs.count && good; i++) {
        const smooth_need *n = &x->whole->needs.list[i];
        if (n->given)
            good = give_difference(x, dag_substitute(x->s->d, n->base, 1, &x->whole_leaf, &x->whole_value, true), n->kind == NEED_ABOVE);
    }
    return good;
}

/* The assumptions that are inequalities. */
static bool give_conditions(component *x)
{
    session *s = x->s;
    dag *d = s->d;
    bool good = true;
    for (int i = 0; i < s->m->assumption_count && good; i++) {
        node n = s->m->assumption[i].condition;
        if (!n || s->m->assumption[i].index_count || dag_kind(d, n) != NODE_COMPARE ||
            (dag_payload(d, n) != COMPARE_LESS && dag_payload(d, n) != COMPARE_LESS_EQUAL))
            continue;
        node difference = dag_sub(d, dag_child(d, n, 1), dag_child(d, n, 0));
        good = give_difference(x, difference, dag_payload(d, n) == COMPARE_LESS);
    }
    return good;
}

bool component_give_assumptions(component *x)
{
    return give_bounds(x) && give_conditions(x) && give_whole(x);
}

void component_mark_used(component *x)
{
    for (int i = 0; i < x->leaf_count && x->used; i++) {
        int v = dag_kind(x->s->d, x->of[i]) == NODE_ENTRY ? dag_payload(x->s->d, x->of[i]) : -1;
        if (v >= 0 && session_is_fact(x->s, v))
            x->s->fact[v].used = true;
    }
}
