/* Nested square roots. With p = A + B R, R² = w and A² − B² w = n²: √|p| = |√((A + n)/2) ± √((A − n)/2)|, taken only after squaring gave p back. */
#include "gen/prove/normal.h"

/* The newest square root in p, −1: none. */
static slong newest_root(const normal *c, const fmpz_mpoly_struct *p)
{
    for (slong g = c->plan->atoms - c->atom.count; g < c->plan->atoms; g++)
        if (fmpz_mpoly_degree_si(p, g, c->ring) > 0 && normal_is_root(c, normal_generator_node(c, g)))
            return g;
    return -1;
}

bool normal_is_root(const normal *c, node n)
{
    dag *d = c->d;
    if (dag_kind(d, n) != NODE_POW || dag_kind(d, dag_child(d, n, 1)) != NODE_NUMBER)
        return false;
    const mpq_t *e = dag_value(d, dag_child(d, n, 1));
    return mpz_cmp_ui(mpq_numref(*e), 1) == 0 && mpz_cmp_si(mpq_denref(*e), c->plan->root_denominator) == 0 && c->plan->root_denominator % 2 == 0;
}

bool normal_conjugate(normal *c, const fmpz_mpoly_struct *p, rational *a, rational *b, rational *norm)
{
    slong g = newest_root(c, p), half = c->plan->root_denominator / 2;
    if (g < 0 || fmpz_mpoly_length(p, c->ring) > NORMAL_MOST_CONJUGATE || fmpz_mpoly_degree_si(p, g, c->ring) != half ||
        !normal_split_root(c, p, g, half, fmpz_mpoly_q_numref(a), fmpz_mpoly_q_numref(b)))
        return false;
    rational t;
    rational_init(c, &t);
    fmpz_mpoly_q_gen(&t, g, c->ring);
    bool good = rational_pow(c, &t, &t, half) && rational_mul(c, b, b, &t) && rational_mul(c, &t, b, b) && rational_mul(c, norm, a, a) &&
                rational_sub(c, norm, norm, &t) && fmpz_mpoly_is_one(fmpz_mpoly_q_denref(norm), c->ring);
    rational_clear(c, &t);
    return good;
}

/* √|(a ± n)/2| */
static bool half_root(normal *c, const rational *a, const rational *n, slong sign, rational *out)
{
    rational t;
    rational_init(c, &t);
    fmpz_mpoly_q_mul_si(&t, n, sign, c->ring);
    bool good = rational_add(c, &t, &t, a);
    fmpz_mpoly_q_div_si(&t, &t, 2, c->ring);
    c->quiet++;
    good = good && normal_root(c, &t, 1, 2, out);
    c->quiet--;
    rational_clear(c, &t);
    return good;
}

/* out := u + sign·v if its square is p. */
static bool is_square(normal *c, const rational *u, const rational *v, slong sign, const rational *p, rational *out)
{
    rational t;
    rational_init(c, &t);
    fmpz_mpoly_q_mul_si(&t, v, sign, c->ring);
    bool good = rational_add(c, out, u, &t) && rational_mul(c, &t, out, out) && rational_sub(c, &t, &t, p) && fmpz_mpoly_q_is_zero(&t, c->ring);
    rational_clear(c, &t);
    return good;
}

bool normal_denest(normal *c, const fmpz_mpoly_struct *p, bool *done, rational *out)
{
    rational a, b, n, u, v, whole;
    *done = false;
    if (!c->o.full || newest_root(c, p) < 0)
        return true;
    rational *all[] = {&a, &b, &n, &u, &v, &whole};
    for (int i = 0; i < 6; i++)
        rational_init(c, all[i]);
    fmpz_mpoly_set(fmpz_mpoly_q_numref(&whole), p, c->ring);
    if (normal_conjugate(c, p, &a, &b, &n) && fmpz_mpoly_sqrt(fmpz_mpoly_q_numref(&n), fmpz_mpoly_q_numref(&n), c->ring) && half_root(c, &a, &n, 1, &u) &&
        half_root(c, &a, &n, -1, &v))
        *done = is_square(c, &u, &v, 1, &whole, out) || is_square(c, &u, &v, -1, &whole, out);
    for (int i = 0; i < 6; i++)
        rational_clear(c, all[i]);
    return c->state == NORMAL_GOOD;
}
