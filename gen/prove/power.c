/* Powers: by numbers, roots, and by sizes and indices. */
#include "gen/prove/normal.h"

/* base^exponent with an exponent that is not a number: exp(exponent·log base), integer parts apart. */
static bool form_symbolic_power(normal *c, const rational *base, const rational *exponent, rational *out)
{
    rational t;
    rational_init(c, &t);
    bool good = normal_log(c, base, &t) && rational_mul(c, &t, &t, exponent) && normal_exp(c, &t, out);
    rational_clear(c, &t);
    return good;
}

static bool form_opaque_power(normal *c, const rational *base, const rational *exponent, rational *out)
{
    node b = normal_node(c, base), e = b ? normal_node(c, exponent) : 0;
    return e && normal_atom(c, dag_raw_pow(c->d, b, e), out);
}

/* --- powers of products, for an exponent of sizes and indices --- */

/* (−1)^m, whose square is 1. */
static bool alternating(normal *c, const rational *m, rational *out)
{
    int before = c->atom.count;
    node one = normal_node(c, m);
    if (!one || !normal_atom(c, dag_raw_pow(c->d, dag_int(c->d, -1), one), out))
        return false;
    if (c->atom.count > before) {
        fmpz_mpoly_t r;
        fmpz_mpoly_init(r, c->ring);
        fmpz_mpoly_pow_ui(r, fmpz_mpoly_q_numref(out), 2, c->ring);
        fmpz_mpoly_sub_si(r, r, 1, c->ring);
        normal_relation(c, r, c->plan->atoms - c->atom.count, 2);
    }
    return true;
}

/* out times (b^m)^e */
static bool times_power(normal *c, const rational *b, const rational *m, slong e, rational *out)
{
    rational t;
    rational_init(c, &t);
    bool good = form_opaque_power(c, b, m, &t) && rational_pow(c, &t, &t, e) && rational_mul(c, out, out, &t);
    rational_clear(c, &t);
    return good;
}

/* out times z^(m e), by the primes of a z > 0. */
static bool times_integer(normal *c, const fmpz_t z, const rational *m, slong e, rational *out)
{
    fmpz_factor_t f;
    rational b;
    bool good = true;
    fmpz_factor_init(f);
    rational_init(c, &b);
    if (fmpz_bits(z) <= 60)
        fmpz_factor(f, z);
    else
        _fmpz_factor_append(f, z, 1);
    for (slong i = 0; good && i < f->num; i++) {
        fmpz_mpoly_q_set_fmpz(&b, f->p + i, c->ring);
        good = times_power(c, &b, m, e * (slong)f->exp[i], out);
    }
    fmpz_factor_clear(f);
    rational_clear(c, &b);
    return good;
}

/* out times (g^m)^e for an atom g: exp(u)^m is exp(u m). */
static bool times_atom(normal *c, slong g, const rational *m, slong e, rational *out)
{
    node n = normal_generator_node(c, g);
    rational b;
    rational_init(c, &b);
    bool good;
    if (dag_kind(c->d, n) == NODE_FUN && dag_payload(c->d, n) == OP_EXP)
        good = normal_form(c, dag_child(c->d, n, 0), &b) && rational_mul(c, &b, &b, m) && normal_exp(c, &b, &b) && rational_pow(c, &b, &b, e) &&
               rational_mul(c, out, out, &b);
    else
        good = normal_atom(c, n, &b) && times_power(c, &b, m, e, out);
    rational_clear(c, &b);
    return good;
}

/* out times (p^m)^e: what all terms of p have in common apart. */
static bool times_polynomial(normal *c, const fmpz_mpoly_struct *p, const rational *m, slong e, rational *out)
{
    fmpz_mpoly_t common;
    rational rest;
    fmpz_t z;
    fmpz_init(z);
    fmpz_mpoly_init(common, c->ring);
    rational_init(c, &rest);
    fmpz_mpoly_term_content(common, p, c->ring);
    bool good = fmpz_mpoly_divides(fmpz_mpoly_q_numref(&rest), p, common, c->ring);
    fmpz_mpoly_one(fmpz_mpoly_q_denref(&rest), c->ring);
    if (good && fmpz_mpoly_is_fmpz(fmpz_mpoly_q_numref(&rest), c->ring))
        good = fmpz_mpoly_q_is_one(&rest, c->ring) || (alternating(c, m, &rest) && rational_pow(c, &rest, &rest, e) && rational_mul(c, out, out, &rest));
    else
        good = good && times_power(c, &rest, m, e, out);
    if (good) {
        fmpz_mpoly_get_term_coeff_fmpz(z, common, 0, c->ring);
        good = times_integer(c, z, m, e, out);
    }
    for (slong g = 0; good && g < c->plan->atoms; g++) {
        slong degree = fmpz_mpoly_degree_si(common, g, c->ring);
        good = degree <= 0 || times_atom(c, g, m, degree * e, out);
    }
    rational_clear(c, &rest);
    fmpz_mpoly_clear(common, c->ring);
    fmpz_clear(z);
    return good || (c->state == NORMAL_GOOD && normal_fail(c, NORMAL_BUDGET));
}

/* base^m for an m of sizes and indices, an integer: (x y)^m = x^m y^m, also where x is 0 or m is. */
static bool split_power(normal *c, const rational *base, const rational *m, rational *out)
{
    if (fmpz_mpoly_q_is_zero(base, c->ring))
        return form_opaque_power(c, base, m, out);
    fmpz_mpoly_q_one(out, c->ring);
    return times_polynomial(c, fmpz_mpoly_q_numref(base), m, 1, out) && times_polynomial(c, fmpz_mpoly_q_denref(base), m, -1, out);
}

/* Times base^(coefficient·m) for one term of an integer exponent: base^m is the atom. */
static bool multiply_power(normal *c, const rational *base, const fmpz_mpoly_struct *exponent, slong term, rational *out)
{
    rational m, t;
    fmpz_t z;
    rational_init(c, &m);
    rational_init(c, &t);
    fmpz_init(z);
    fmpz_mpoly_get_term_coeff_fmpz(z, exponent, term, c->ring);
    fmpz_mpoly_get_term_monomial(fmpz_mpoly_q_numref(&m), exponent, term, c->ring);
    bool constant = fmpz_mpoly_is_one(fmpz_mpoly_q_numref(&m), c->ring), good = fmpz_cmpabs(z, (fmpz[]){1000}) < 0 || normal_fail(c, NORMAL_BUDGET);
    if (good && constant)
        fmpz_mpoly_q_set(&t, base, c->ring);
    else if (good)
        good = split_power(c, base, &m, &t);
    good = good && rational_pow(c, &t, &t, fmpz_get_si(z)) && rational_mul(c, out, out, &t);
    rational_clear(c, &m);
    rational_clear(c, &t);
    fmpz_clear(z);
    return good;
}

static bool has_negative_term(normal *c, const fmpz_mpoly_struct *p)
{
    bool found = false;
    fmpz_t z;
    fmpz_init(z);
    for (slong i = 0; i < fmpz_mpoly_length(p, c->ring) && !found; i++) {
        fmpz_mpoly_get_term_coeff_fmpz(z, p, i, c->ring);
        found = fmpz_sgn(z) < 0;
    }
    fmpz_clear(z);
    return found;
}

/* Takes the factors of p to be not 0. */
static bool note_generic(normal *c, const fmpz_mpoly_struct *p)
{
    if (fmpz_mpoly_is_fmpz(p, c->ring) || normal_is_nonzero(c, p))
        return true;
    fmpz_mpoly_factor_t f;
    fmpz_mpoly_factor_init(f, c->ring);
    bool good = fmpz_mpoly_length(p, c->ring) <= NORMAL_MOST_FACTORED && normal_factor(c, f, p);
    for (slong i = 0; good && i < f->num; i++)
        good = normal_note_generic(c, f->poly + i);
    fmpz_mpoly_factor_clear(f, c->ring);
    return good || normal_fail(c, NORMAL_BUDGET);
}

static bool is_nonzero_base(normal *c, const rational *base)
{
    return fmpz_mpoly_is_fmpz(fmpz_mpoly_q_numref(base), c->ring) || normal_is_nonzero(c, fmpz_mpoly_q_numref(base));
}

/* b^(−n) says that b is not 0. */
static bool note_negative(normal *c, const rational *base, node exponent)
{
    return dag_index_le(c->d, exponent, dag_int(c->d, -1)) != TRUTH_YES || normal_note_nonzero(c, fmpz_mpoly_q_numref(base));
}

/* An exponent of sizes and indices: an integer, so that no sign of the base is needed. */
static bool form_integer_power(normal *c, node n, const rational *base, const rational *exponent, rational *out)
{
    const fmpz_mpoly_struct *top = fmpz_mpoly_q_numref(exponent);
    if (!fmpz_mpoly_is_one(fmpz_mpoly_q_denref(exponent), c->ring))
        return form_opaque_power(c, base, exponent, out);
    if (has_negative_term(c, top)) {
        if (!note_negative(c, base, n))
            return false;
        if (!c->o.generic_powers && !is_nonzero_base(c, base))
            return form_opaque_power(c, base, exponent, out);
        if (!note_generic(c, fmpz_mpoly_q_numref(base)))
            return false;
    }
    bool good = true;
    fmpz_mpoly_q_one(out, c->ring);
    for (slong i = 0; good && i < fmpz_mpoly_length(top, c->ring); i++)
        good = multiply_power(c, base, top, i, out);
    return good;
}

bool normal_power(normal *c, node n, rational *out)
{
    rational base, exponent;
    rational_init(c, &base);
    rational_init(c, &exponent);
    bool good = normal_form(c, dag_child(c->d, n, 0), &base) && normal_form(c, dag_child(c->d, n, 1), &exponent);
    if (good && fmpz_mpoly_q_is_fmpq(&exponent, c->ring)) {
        const fmpz_mpoly_struct *top = fmpz_mpoly_q_numref(&exponent), *bottom = fmpz_mpoly_q_denref(&exponent);
        fmpz_t p, q;
        fmpz_init(p);
        fmpz_init(q);
        fmpz_mpoly_get_fmpz(p, top, c->ring);
        fmpz_mpoly_get_fmpz(q, bottom, c->ring);
        if (fmpz_cmpabs(p, (fmpz[]){100000}) > 0 || fmpz_cmpabs(q, (fmpz[]){1000}) > 0)
            good = form_opaque_power(c, &base, &exponent, out);
        else if (fmpz_is_one(q))
            good = rational_pow(c, out, &base, fmpz_get_si(p));
        else
            good = normal_root(c, &base, fmpz_get_si(p), fmpz_get_si(q), out);
        fmpz_clear(p);
        fmpz_clear(q);
    } else if (good) {
        if (dag_is_affine(c->d, dag_child(c->d, n, 1)))
            good = form_integer_power(c, dag_child(c->d, n, 1), &base, &exponent, out);
        else
            good = normal_note_sign(c, &base, 1) && form_symbolic_power(c, &base, &exponent, out);
    }
    rational_clear(c, &base);
    rational_clear(c, &exponent);
    return good;
}
