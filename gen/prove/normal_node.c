/* Normal forms back to nodes, without simplifying them: equal forms are equal nodes. */
#include <stdlib.h>

#include "gen/prove/normal.h"

static node number_of(normal *c, const fmpz_t z)
{
    mpq_t q;
    mpq_init(q);
    fmpz_get_mpz(mpq_numref(q), z);
    node n = dag_number(c->d, q);
    mpq_clear(q);
    return n;
}

static node monomial_node(normal *c, const fmpz_mpoly_struct *p, slong term, slong *exponent)
{
    node factor[NORMAL_MOST_ATOMS + 1];
    int count = 0;
    fmpz_t z;
    fmpz_init(z);
    fmpz_mpoly_get_term_coeff_fmpz(z, p, term, c->ring);
    fmpz_mpoly_get_term_exp_si(exponent, p, term, c->ring);
    if (!fmpz_is_one(z))
        factor[count++] = number_of(c, z);
    for (slong g = c->plan->atoms - 1; g >= 0; g--)
        if (exponent[g]) {
            node n = normal_generator_node(c, g);
            factor[count++] = exponent[g] == 1 ? n : dag_raw_pow(c->d, n, dag_int(c->d, exponent[g]));
        }
    fmpz_clear(z);
    return count == 0 ? dag_int(c->d, 1) : count == 1 ? factor[0] : dag_raw_mul(c->d, count, factor);
}

static node polynomial_node(normal *c, const fmpz_mpoly_struct *p)
{
    slong count = fmpz_mpoly_length(p, c->ring);
    if (count == 0)
        return dag_int(c->d, 0);
    node *term = xmalloc((size_t)count * sizeof *term);
    slong *exponent = xmalloc((size_t)c->plan->atoms * sizeof *exponent);
    for (slong i = 0; i < count; i++)
        term[i] = monomial_node(c, p, i, exponent);
    node n = count == 1 ? term[0] : dag_raw_add(c->d, (int)count, term);
    free(term);
    free(exponent);
    return n;
}

node normal_node(normal *c, const rational *q)
{
    const fmpz_mpoly_struct *top = fmpz_mpoly_q_numref(q), *bottom = fmpz_mpoly_q_denref(q);
    if (c->state != NORMAL_GOOD)
        return 0;
    node n = polynomial_node(c, top);
    if (fmpz_mpoly_is_one(bottom, c->ring))
        return n;
    node inverse = polynomial_node(c, bottom);
    mpq_t v;
    mpq_init(v);
    if (dag_kind(c->d, inverse) == NODE_NUMBER) {
        mpq_inv(v, *dag_value(c->d, inverse));
        inverse = dag_number(c->d, v);
    } else {
        inverse = dag_raw_pow(c->d, inverse, dag_int(c->d, -1));
    }
    mpq_clear(v);
    if (dag_is_int(c->d, n, 1))
        return inverse;
    return dag_raw_mul(c->d, 2, (node[]){inverse, n});
}
