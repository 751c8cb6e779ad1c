/* Arithmetic of rational functions in atoms, counted and reduced by the relations between atoms. */
#include <stdlib.h>

#include "gen/prove/normal.h"

#define TERM_LIMIT    3000  /* of one polynomial */
#define PRODUCT_LIMIT 20000 /* of the terms a product or a common denominator makes */

void rational_init(normal *c, rational *q)
{
    fmpz_mpoly_q_init(q, c->ring);
}

void rational_clear(normal *c, rational *q)
{
    fmpz_mpoly_q_clear(q, c->ring);
}

bool normal_fail(normal *c, normal_state state)
{
    if (c->state == NORMAL_GOOD)
        c->state = state;
    return false;
}

static slong terms(const normal *c, const fmpz_mpoly_struct *p)
{
    return fmpz_mpoly_length(p, c->ring);
}

static bool spend(normal *c, slong count)
{
    c->work += count + 1;
    if (count > PRODUCT_LIMIT || c->work > c->o.work_limit)
        return normal_fail(c, NORMAL_BUDGET);
    return c->state == NORMAL_GOOD;
}

void normal_relation(normal *c, fmpz_mpoly_struct *p, slong generator, slong degree)
{
    if (c->relation_count == c->relation_capacity) {
        c->relation_capacity = 2 * c->relation_capacity + 8;
        c->relation = xrealloc(c->relation, (size_t)c->relation_capacity * sizeof *c->relation);
        c->relation_generator = xrealloc(c->relation_generator, (size_t)c->relation_capacity * sizeof *c->relation_generator);
        c->relation_degree = xrealloc(c->relation_degree, (size_t)c->relation_capacity * sizeof *c->relation_degree);
    }
    c->relation[c->relation_count] = *p;
    c->relation_generator[c->relation_count] = generator;
    c->relation_degree[c->relation_count++] = degree;
}

/* Reduces one polynomial; true if it changed. */
static bool reduce_polynomial(normal *c, fmpz_mpoly_struct *p)
{
    fmpz_mpoly_struct *ideal[64], *quotient[64], store[64];
    int count = 0;
    for (int i = 0; i < c->relation_count && count < 64; i++)
        if (fmpz_mpoly_degree_si(p, c->relation_generator[i], c->ring) >= c->relation_degree[i])
            ideal[count++] = &c->relation[i];
    if (!count)
        return false;
    fmpz_mpoly_t remainder;
    fmpz_mpoly_init(remainder, c->ring);
    for (int i = 0; i < count; i++) {
        fmpz_mpoly_init(&store[i], c->ring);
        quotient[i] = &store[i];
    }
    fmpz_mpoly_divrem_ideal(quotient, remainder, p, ideal, count, c->ring);
    bool changed = !fmpz_mpoly_equal(p, remainder, c->ring);
    fmpz_mpoly_swap(p, remainder, c->ring);
    fmpz_mpoly_clear(remainder, c->ring);
    for (int i = 0; i < count; i++)
        fmpz_mpoly_clear(&store[i], c->ring);
    return changed;
}

bool rational_reduce(normal *c, rational *q)
{
    for (int round = 0; round < 8; round++) { /* a remainder may meet relations that the first selection left out */
        bool top = reduce_polynomial(c, fmpz_mpoly_q_numref(q)), bottom = reduce_polynomial(c, fmpz_mpoly_q_denref(q));
        if (fmpz_mpoly_is_zero(fmpz_mpoly_q_denref(q), c->ring))
            return normal_fail(c, NORMAL_ZERO);
        if (!top && !bottom)
            break;
        fmpz_mpoly_q_canonicalise(q, c->ring);
    }
    if (terms(c, fmpz_mpoly_q_numref(q)) > TERM_LIMIT || terms(c, fmpz_mpoly_q_denref(q)) > TERM_LIMIT)
        return normal_fail(c, NORMAL_BUDGET);
    return true;
}

/* Terms that bringing two fractions together can make. */
static slong together(const normal *c, const rational *a, const rational *b)
{
    slong an = terms(c, fmpz_mpoly_q_numref(a)), ad = terms(c, fmpz_mpoly_q_denref(a));
    slong bn = terms(c, fmpz_mpoly_q_numref(b)), bd = terms(c, fmpz_mpoly_q_denref(b));
    if (fmpz_mpoly_equal(fmpz_mpoly_q_denref(a), fmpz_mpoly_q_denref(b), c->ring))
        return an + bn + (ad > 1 ? ad * 4 : 0);
    return an * bd + bn * ad + ad * bd;
}

bool rational_add(normal *c, rational *out, const rational *a, const rational *b)
{
    if (!spend(c, together(c, a, b)))
        return false;
    fmpz_mpoly_q_add(out, a, b, c->ring);
    return rational_reduce(c, out);
}

bool rational_sub(normal *c, rational *out, const rational *a, const rational *b)
{
    if (!spend(c, together(c, a, b)))
        return false;
    fmpz_mpoly_q_sub(out, a, b, c->ring);
    return rational_reduce(c, out);
}

bool rational_mul(normal *c, rational *out, const rational *a, const rational *b)
{
    slong top = terms(c, fmpz_mpoly_q_numref(a)) * terms(c, fmpz_mpoly_q_numref(b));
    slong bottom = terms(c, fmpz_mpoly_q_denref(a)) * terms(c, fmpz_mpoly_q_denref(b));
    if (!spend(c, top + bottom))
        return false;
    fmpz_mpoly_q_mul(out, a, b, c->ring);
    return rational_reduce(c, out);
}

/* Is p identically 0 for some values of its indicators (those from generator g on)? A sign may be −1, 0, 1, a condition 0, 1. */
static bool vanishes(normal *c, const fmpz_mpoly_struct *p, slong g, int budget)
{
    if (fmpz_mpoly_is_zero(p, c->ring) || budget == 0)
        return true;
    while (g < c->plan->atoms && (fmpz_mpoly_degree_si(p, g, c->ring) <= 0 || !normal_is_indicator(c, normal_generator_node(c, g))))
        g++;
    if (g == c->plan->atoms)
        return false;
    bool found = false;
    int lowest, step, values = normal_indicator_range(c, normal_generator_node(c, g), &lowest, &step);
    fmpz_mpoly_t q;
    fmpz_t value;
    fmpz_mpoly_init(q, c->ring);
    fmpz_init(value);
    for (int k = 0; k < values && !found; k++) {
        fmpz_set_si(value, lowest + k * step);
        found = !fmpz_mpoly_evaluate_one_fmpz(q, p, g, value, c->ring) || vanishes(c, q, g + 1, budget - 1);
    }
    fmpz_mpoly_clear(q, c->ring);
    fmpz_clear(value);
    return found;
}

/* A sign that divides is not 0: a fact about its argument wherever both sides are defined. False: noted, start again. */
static bool nonzero_signs(normal *c, const fmpz_mpoly_struct *p)
{
    fmpz_mpoly_factor_t f;
    if (terms(c, p) > 200)
        return true;
    fmpz_mpoly_factor_init(f, c->ring);
    bool good = normal_factor(c, f, p);
    for (slong i = 0; good && i < f->num; i++)
        for (slong g = 0; good && g < c->plan->atoms && terms(c, f->poly + i) == 1; g++) {
            node atom = fmpz_mpoly_degree_si(f->poly + i, g, c->ring) > 0 ? normal_generator_node(c, g) : 0;
            rational argument;
            rational_init(c, &argument);
            if (atom && dag_kind(c->d, atom) == NODE_FUN && normal_is_indicator(c, atom))
                good = normal_form(c, dag_child(c->d, atom, 0), &argument) && normal_note_nonzero(c, fmpz_mpoly_q_numref(&argument));
            rational_clear(c, &argument);
        }
    fmpz_mpoly_factor_clear(f, c->ring);
    return good;
}

/* 1/a. What is 0 in one case of its conditions stays one atom: cancelling it would lose that case. */
static bool inverse(normal *c, rational *out, const rational *a)
{
    if (fmpz_mpoly_q_is_zero(a, c->ring))
        return normal_fail(c, NORMAL_ZERO);
    if (!vanishes(c, fmpz_mpoly_q_numref(a), 0, 6)) {
        if (c->conditional)
            return normal_guard_inverse(c, a, out);
        fmpz_mpoly_q_inv(out, a, c->ring);
        return normal_note_divisor(c, fmpz_mpoly_q_numref(a));
    }
    if (c->conditional)
        return normal_guard_whole(c, a, out);
    if (!nonzero_signs(c, fmpz_mpoly_q_numref(a)))
        return false;
    node n = normal_node(c, a);
    return n && normal_atom(c, dag_raw_pow(c->d, n, dag_int(c->d, -1)), out);
}

bool rational_div(normal *c, rational *out, const rational *a, const rational *b)
{
    rational t;
    rational_init(c, &t);
    bool good = inverse(c, &t, b) && rational_mul(c, out, a, &t);
    rational_clear(c, &t);
    return good;
}

bool rational_pow(normal *c, rational *out, const rational *a, slong exponent)
{
    rational base, result;
    rational_init(c, &base);
    rational_init(c, &result);
    fmpz_mpoly_q_one(&result, c->ring);
    ulong left = (ulong)(exponent < 0 ? -exponent : exponent);
    bool good = exponent < 0 ? inverse(c, &base, a) : (fmpz_mpoly_q_set(&base, a, c->ring), true);
    if (fmpz_mpoly_length(fmpz_mpoly_q_numref(a), c->ring) > 1 && left > 40)
        good = normal_fail(c, NORMAL_BUDGET);
    while (good && left) {
        if (left & 1)
            good = rational_mul(c, &result, &result, &base);
        left >>= 1;
        if (good && left)
            good = rational_mul(c, &base, &base, &base);
    }
    fmpz_mpoly_q_swap(out, &result, c->ring);
    rational_clear(c, &base);
    rational_clear(c, &result);
    return good;
}

bool rational_set_si(normal *c, rational *out, slong numerator, slong denominator)
{
    fmpq_t q;
    fmpq_init(q);
    fmpq_set_si(q, numerator, (ulong)denominator);
    fmpz_mpoly_q_set_fmpq(out, q, c->ring);
    fmpq_clear(q);
    return true;
}
