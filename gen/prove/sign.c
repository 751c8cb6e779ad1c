/* Sign atoms s(p) of irreducible factors, of which |u|, max and comparisons are made. */
#include "gen/prove/normal.h"

#include <stdlib.h>

#define MOST_FACTORED NORMAL_MOST_FACTORED

static void note_away(normal *c, node n)
{
    c->plan->used_away = true;
    for (int i = 0; i < c->plan->away_count; i++)
        if (c->plan->away[i] == n)
            return;
    if (c->plan->away_count < 4)
        c->plan->away[c->plan->away_count++] = n;
}

/* s(p) for an irreducible p of unknown sign, with s³ = s, s²p = p; away from 0: s² = 1; p >= 0: s² = s. */
static bool sign_atom(normal *c, const fmpz_mpoly_struct *p, int known, rational *out)
{
    node n = normal_primitive(c, p, false);
    int before = c->atom.count;
    if (!n || !normal_atom(c, dag_raw_fun(c->d, OP_SIGN, 1, &n), out))
        return normal_fail(c, NORMAL_BUDGET);
    if (c->atom.count == before)
        return true;
    slong g = c->plan->atoms - c->atom.count;
    fmpz_mpoly_t r, s;
    fmpz_mpoly_init(r, c->ring);
    fmpz_mpoly_init(s, c->ring);
    fmpz_mpoly_gen(s, g, c->ring);
    bool nonzero = normal_noted_nonzero(c, p);
    if (nonzero || (c->o.away && normal_is_thin(c->s, n))) {
        if (!nonzero)
            note_away(c, n);
        fmpz_mpoly_mul(r, s, s, c->ring);
        fmpz_mpoly_sub_si(r, r, 1, c->ring);
        normal_relation(c, r, g, 2);
    } else {
        fmpz_mpoly_pow_ui(r, s, abs(known) == 2 ? 2 : 3, c->ring);
        if (known == -2)
            fmpz_mpoly_add(r, r, s, c->ring);
        else
            fmpz_mpoly_sub(r, r, s, c->ring);
        normal_relation(c, r, g, abs(known) == 2 ? 2 : 3);
        fmpz_mpoly_init(r, c->ring); /* s p = p if p >= 0, −p if p <= 0, else s² p = p */
        fmpz_mpoly_mul(r, s, abs(known) == 2 ? p : s, c->ring);
        if (abs(known) != 2)
            fmpz_mpoly_mul(r, r, p, c->ring);
        if (known == -2)
            fmpz_mpoly_add(r, r, p, c->ring);
        else
            fmpz_mpoly_sub(r, r, p, c->ring);
        normal_relation(c, r, g, abs(known) == 2 ? 1 : 2);
    }
    fmpz_mpoly_clear(s, c->ring);
    return true;
}

static bool multiply_sign(normal *c, const fmpz_mpoly_struct *p, slong exponent, rational *out);

/* −s(−p) where −p is the form that does not depend on the names of dummies. */
static bool multiply_turned(normal *c, const fmpz_mpoly_struct *p, slong exponent, rational *out)
{
    fmpz_mpoly_t turned;
    fmpz_mpoly_init(turned, c->ring);
    fmpz_mpoly_neg(turned, p, c->ring);
    if (exponent % 2)
        fmpz_mpoly_q_neg(out, out, c->ring);
    bool good = multiply_sign(c, turned, exponent, out);
    fmpz_mpoly_clear(turned, c->ring);
    return good;
}

static bool apply_sign(normal *c, const rational *u, void *context, rational *out)
{
    (void)context;
    return normal_sign_of(c, u, out);
}

/* s(exp(x) − 1) is s(x). Signs in the argument of a sign: s(max(x, 0) − 2) by the values of s(x). */
static bool multiply_split(normal *c, const fmpz_mpoly_struct *p, slong exponent, bool *done, rational *out)
{
    rational u, s;
    rational_init(c, &u);
    rational_init(c, &s);
    fmpz_mpoly_set(fmpz_mpoly_q_numref(&u), p, c->ring);
    bool good = normal_sign_through(c, p, done, &s);
    if (good && !*done && fmpz_mpoly_length(p, c->ring) > 1)
        good = normal_by_signs(c, &u, apply_sign, NULL, done, &s);
    good = good && (!*done || (rational_pow(c, &s, &s, exponent % 2 ? 1 : 2) && rational_mul(c, out, out, &s)));
    rational_clear(c, &u);
    rational_clear(c, &s);
    return good;
}

/* Times s(p)^exponent. */
static bool multiply_sign(normal *c, const fmpz_mpoly_struct *p, slong exponent, rational *out)
{
    if (normal_is_turned(c, p))
        return multiply_turned(c, p, exponent, out);
    int known = normal_sign(c, p);
    bool done = false;
    if (!known && !multiply_split(c, p, exponent, &done, out))
        return false;
    if (done)
        return true;
    if (known == 1 || (known == -1 && exponent % 2 == 0))
        return true;
    if (known == -1) {
        fmpz_mpoly_q_neg(out, out, c->ring);
        return true;
    }
    rational s;
    rational_init(c, &s);
    /* s^(−1) = s where it is defined; s^4 = s² */
    bool good = sign_atom(c, p, known, &s) && rational_pow(c, &s, &s, exponent % 2 ? 1 : 2) && rational_mul(c, out, out, &s);
    rational_clear(c, &s);
    return good;
}

static bool multiply_signs(normal *c, const fmpz_mpoly_struct *p, rational *out)
{
    if (normal_sign(c, p) == 1)
        return true;
    if (fmpz_mpoly_length(p, c->ring) > MOST_FACTORED)
        return normal_fail(c, NORMAL_BUDGET);
    fmpz_mpoly_factor_t f;
    fmpz_mpoly_factor_init(f, c->ring);
    bool good = normal_factor(c, f, p);
    if (good && fmpz_sgn(f->constant) < 0)
        fmpz_mpoly_q_neg(out, out, c->ring);
    for (slong i = 0; good && i < f->num; i++)
        good = multiply_sign(c, f->poly + i, (slong)fmpz_get_ui(f->exp + i), out);
    fmpz_mpoly_factor_clear(f, c->ring);
    return good;
}

bool normal_sign_of(normal *c, const rational *u, rational *out)
{
    rational t;
    rational_init(c, &t);
    fmpz_mpoly_q_one(&t, c->ring);
    bool good = true;
    if (fmpz_mpoly_q_is_zero(u, c->ring))
        fmpz_mpoly_q_zero(&t, c->ring);
    else
        good = multiply_signs(c, fmpz_mpoly_q_numref(u), &t) && multiply_signs(c, fmpz_mpoly_q_denref(u), &t);
    fmpz_mpoly_q_swap(out, &t, c->ring);
    rational_clear(c, &t);
    return good;
}

bool normal_absolute(normal *c, const rational *u, rational *out)
{
    int top = normal_sign(c, fmpz_mpoly_q_numref(u)), bottom = normal_sign(c, fmpz_mpoly_q_denref(u));
    if (top && bottom) {
        if ((top > 0) == (bottom > 0))
            fmpz_mpoly_q_set(out, u, c->ring);
        else
            fmpz_mpoly_q_neg(out, u, c->ring);
        return true;
    }
    rational s;
    rational_init(c, &s);
    bool good = normal_sign_of(c, u, &s) && rational_mul(c, out, u, &s);
    rational_clear(c, &s);
    return good;
}

bool normal_positive(normal *c, const rational *u, rational *out) /* (s² + s)/2 */
{
    rational s, t;
    rational_init(c, &s);
    rational_init(c, &t);
    bool good = normal_sign_of(c, u, &s) && rational_mul(c, &t, &s, &s) && rational_add(c, &s, &s, &t);
    if (good)
        fmpz_mpoly_q_div_si(out, &s, 2, c->ring);
    rational_clear(c, &s);
    rational_clear(c, &t);
    return good;
}

int normal_indicator_range(normal *c, node atom, int *lowest, int *step)
{
    *lowest = 0;
    *step = 1;
    if (dag_kind(c->d, atom) == NODE_COMPARE)
        return 2;
    if (dag_kind(c->d, atom) == NODE_ENTRY) {
        const name_fact *f = &c->s->fact[dag_payload(c->d, atom)];
        *lowest = (int)f->value[0];
        *step = (int)(f->value[1] - f->value[0]);
        return f->value_count;
    }
    if (normal_noted_nonzero_node(c, dag_child(c->d, atom, 0)) || (c->o.away && normal_is_thin(c->s, dag_child(c->d, atom, 0)))) {
        *lowest = -1;
        *step = 2;
        return 2;
    }
    *lowest = -1;
    return 3;
}
