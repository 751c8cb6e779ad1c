/* sin and cos. One angle for each whole argument at first; in the full form arguments are split into terms r·m and expanded by the addition formulas. */
#include "gen/prove/normal.h"

#define MOST_MULTIPLE 64

/* sin² = 1 − cos², the sine being the newer atom. */
static bool relate(normal *c, const rational *sine, const rational *cosine)
{
    fmpz_mpoly_t r, t;
    slong g = c->plan->atoms - c->atom.count;
    fmpz_mpoly_init(r, c->ring);
    fmpz_mpoly_init(t, c->ring);
    fmpz_mpoly_mul(r, fmpz_mpoly_q_numref(sine), fmpz_mpoly_q_numref(sine), c->ring);
    fmpz_mpoly_mul(t, fmpz_mpoly_q_numref(cosine), fmpz_mpoly_q_numref(cosine), c->ring);
    fmpz_mpoly_add(r, r, t, c->ring);
    fmpz_mpoly_sub_si(r, r, 1, c->ring);
    normal_relation(c, r, g, 2);
    fmpz_mpoly_clear(t, c->ring);
    return true;
}

/* sin and cos of asin u, atan u: u and √(1 − u²), u/√(1 + u²) and 1/√(1 + u²). */
static bool inverse_pair(normal *c, node argument, rational *sine, rational *cosine)
{
    bool arcsine = dag_payload(c->d, argument) == OP_ASIN;
    rational u, t;
    rational_init(c, &u);
    rational_init(c, &t);
    bool good = normal_form(c, dag_child(c->d, argument, 0), &u) && rational_mul(c, &t, &u, &u);
    if (good) {
        if (arcsine)
            fmpz_mpoly_q_neg(&t, &t, c->ring);
        fmpz_mpoly_q_add_si(&t, &t, 1, c->ring);
        good = normal_root(c, &t, 1, 2, cosine);
    }
    if (arcsine)
        fmpz_mpoly_q_set(sine, &u, c->ring);
    else
        good = good && rational_pow(c, cosine, cosine, -1) && rational_mul(c, sine, &u, cosine);
    rational_clear(c, &u);
    rational_clear(c, &t);
    return good;
}

/* The number D of an argument π/D, 0 if it is something else. */
static long part_of_pi(normal *c, node n)
{
    dag *d = c->d;
    if (dag_kind(d, n) == NODE_FUN && dag_payload(d, n) == OP_PI_CONST)
        return 1;
    if (dag_kind(d, n) != NODE_MUL || dag_count(d, n) != 2 || dag_kind(d, dag_child(d, n, 0)) != NODE_NUMBER)
        return 0;
    const mpq_t *v = dag_value(d, dag_child(d, n, 0));
    bool part = mpz_cmp_ui(mpq_numref(*v), 1) == 0 && mpz_cmp_ui(mpq_denref(*v), 12) <= 0;
    return part && part_of_pi(c, dag_child(d, n, 1)) == 1 ? mpz_get_si(mpq_denref(*v)) : 0;
}

/* (a + b√r)/2 */
static bool half_root(normal *c, slong a, slong b, slong r, rational *out)
{
    rational t;
    rational_init(c, &t);
    bool good = rational_set_si(c, &t, r, 1) && normal_root(c, &t, 1, 2, out);
    if (good) {
        fmpz_mpoly_q_mul_si(out, out, b, c->ring);
        fmpz_mpoly_q_add_si(out, out, a, c->ring);
        fmpz_mpoly_q_div_si(out, out, 2, c->ring);
    }
    rational_clear(c, &t);
    return good;
}

static bool pi_pair(normal *c, long part, rational *sine, rational *cosine)
{
    switch (part) {
    case 1: return rational_set_si(c, sine, 0, 1) && rational_set_si(c, cosine, -1, 1);
    case 2: return rational_set_si(c, sine, 1, 1) && rational_set_si(c, cosine, 0, 1);
    case 3: return half_root(c, 0, 1, 3, sine) && rational_set_si(c, cosine, 1, 2);
    case 4: return half_root(c, 0, 1, 2, sine) && half_root(c, 0, 1, 2, cosine);
    default: return rational_set_si(c, sine, 1, 2) && half_root(c, 0, 1, 3, cosine);
    }
}

static bool is_known_part(slong part)
{
    return part == 1 || part == 2 || part == 3 || part == 4 || part == 6;
}

static bool atom_pair(normal *c, node argument, rational *sine, rational *cosine)
{
    long part = part_of_pi(c, argument);
    if (is_known_part(part))
        return pi_pair(c, part, sine, cosine);
    if (dag_kind(c->d, argument) == NODE_FUN && (dag_payload(c->d, argument) == OP_ASIN || dag_payload(c->d, argument) == OP_ATAN))
        return inverse_pair(c, argument, sine, cosine);
    bool good = normal_atom(c, dag_raw_fun(c->d, OP_COS, 1, &argument), cosine);
    int before = c->atom.count;
    good = good && normal_atom(c, dag_raw_fun(c->d, OP_SIN, 1, &argument), sine);
    return good && (c->atom.count == before || relate(c, sine, cosine));
}

/* (s, c) := angle sum of (s, c) and (p, q) */
static bool add_angle(normal *c, rational *sine, rational *cosine, const rational *p, const rational *q)
{
    rational t[4];
    for (int i = 0; i < 4; i++)
        rational_init(c, &t[i]);
    bool good = rational_mul(c, &t[0], sine, q) && rational_mul(c, &t[1], cosine, p) && rational_mul(c, &t[2], cosine, q) && rational_mul(c, &t[3], sine, p);
    good = good && rational_add(c, sine, &t[0], &t[1]) && rational_sub(c, cosine, &t[2], &t[3]);
    for (int i = 0; i < 4; i++)
        rational_clear(c, &t[i]);
    return good;
}

static bool need_angle(normal *c, slong b)
{
    if (c->plan->angle_denominator % b == 0)
        return true;
    slong a = c->plan->angle_denominator, g = b;
    while (g) {
        slong t = a % g;
        a = g, g = t;
    }
    c->plan->angle_denominator *= b / a;
    return normal_fail(c, c->plan->angle_denominator > 24 ? NORMAL_BUDGET : NORMAL_AGAIN);
}

/* The angle of one term (a/b)·m: a·D/b times the angle m/D. */
static bool add_term(normal *c, const fmpz_mpoly_struct *top, slong term, const fmpz_mpoly_struct *bottom, rational *sine, rational *cosine)
{
    rational t, p, q;
    fmpq_t content;
    fmpz_t z;
    rational_init(c, &t);
    rational_init(c, &p);
    rational_init(c, &q);
    fmpq_init(content);
    fmpz_init(z);
    fmpz_mpoly_get_term(fmpz_mpoly_q_numref(&t), top, term, c->ring);
    fmpz_mpoly_set(fmpz_mpoly_q_denref(&t), bottom, c->ring);
    fmpz_mpoly_q_canonicalise(&t, c->ring);
    fmpz_mpoly_q_content(content, &t, c->ring);
    fmpz_mpoly_get_term_coeff_fmpz(z, fmpz_mpoly_q_numref(&t), 0, c->ring);
    bool negative = fmpz_sgn(z) < 0, good = fmpz_cmp_si(fmpq_numref(content), MOST_MULTIPLE) <= 0 && fmpz_cmp_si(fmpq_denref(content), 24) <= 0;
    slong a = good ? fmpz_get_si(fmpq_numref(content)) : 0, b = good ? fmpz_get_si(fmpq_denref(content)) : 1;
    good = good || normal_fail(c, NORMAL_BUDGET);
    slong times = 0;
    if (good) {
        fmpz_mpoly_q_div_fmpq(&t, &t, content, c->ring);
        if (negative)
            fmpz_mpoly_q_neg(&t, &t, c->ring);
        node m = normal_node(c, &t);
        if (m && part_of_pi(c, m) == 1 && is_known_part(b)) { /* needs no smaller angle of anything else */
            times = a;
            good = pi_pair(c, b, &p, &q);
        } else {
            good = m && need_angle(c, b);
            times = good ? a * (c->plan->angle_denominator / b) : 0;
            fmpz_mpoly_q_div_si(&t, &t, c->plan->angle_denominator, c->ring);
            m = good ? normal_node(c, &t) : 0;
            good = m && atom_pair(c, m, &p, &q);
        }
    }
    if (negative)
        fmpz_mpoly_q_neg(&p, &p, c->ring);
    for (slong i = 0; good && i < times; i++)
        good = add_angle(c, sine, cosine, &p, &q);
    rational_clear(c, &t);
    rational_clear(c, &p);
    rational_clear(c, &q);
    fmpq_clear(content);
    fmpz_clear(z);
    return good;
}

static bool split_angle(normal *c, const rational *u, rational *sine, rational *cosine)
{
    const fmpz_mpoly_struct *top = fmpz_mpoly_q_numref(u);
    fmpz_mpoly_q_zero(sine, c->ring);
    fmpz_mpoly_q_one(cosine, c->ring);
    bool good = true;
    for (slong i = 0; good && i < fmpz_mpoly_length(top, c->ring); i++)
        good = add_term(c, top, i, fmpz_mpoly_q_denref(u), sine, cosine);
    return good;
}

bool normal_angle(normal *c, const rational *u, rational *sine, rational *cosine)
{
    rational t;
    rational_init(c, &t);
    fmpz_mpoly_q_set(&t, u, c->ring);
    bool good, zero = fmpz_mpoly_q_is_zero(u, c->ring), negative = false;
    if (c->o.full || zero) {
        good = split_angle(c, &t, sine, cosine);
    } else {
        negative = normal_negative(c, fmpz_mpoly_q_numref(u));
        if (negative)
            fmpz_mpoly_q_neg(&t, &t, c->ring);
        node n = normal_node(c, &t);
        good = n && atom_pair(c, n, sine, cosine);
    }
    if (negative)
        fmpz_mpoly_q_neg(sine, sine, c->ring);
    rational_clear(c, &t);
    return good;
}
