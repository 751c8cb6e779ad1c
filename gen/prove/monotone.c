/* Signs through increasing functions: a exp(u) − b exp(v) has the sign of log a + u − log b − v, Σ kᵢ log|pᵢ| that of Π |pᵢ|^kᵢ − 1. */
#include <stdlib.h>

#include "gen/prove/normal.h"

static bool is_function(const normal *c, slong g, op o)
{
    node n = normal_generator_node(c, g);
    return n && dag_kind(c->d, n) == NODE_FUN && dag_payload(c->d, n) == (int)o;
}

/* Is each term a number times a product of exponentials, or each a number times one logarithm? */
static bool all_terms(normal *c, const fmpz_mpoly_struct *p, op o)
{
    slong *exponent = xmalloc((size_t)c->plan->atoms * sizeof *exponent);
    bool good = true;
    for (slong i = 0; good && i < fmpz_mpoly_length(p, c->ring); i++) {
        slong degree = 0;
        fmpz_mpoly_get_term_exp_si(exponent, p, i, c->ring);
        for (slong g = 0; good && g < c->plan->atoms; g++) {
            good = exponent[g] == 0 || is_function(c, g, o);
            degree += exponent[g];
        }
        good = good && (o == OP_EXP || degree == 1);
    }
    free(exponent);
    return good;
}

/* log|term| */
static bool log_of_term(normal *c, const fmpz_mpoly_struct *p, slong term, rational *out)
{
    rational t;
    rational_init(c, &t);
    fmpz_mpoly_get_term(fmpz_mpoly_q_numref(&t), p, term, c->ring);
    bool good = normal_log(c, &t, out);
    rational_clear(c, &t);
    return good;
}

static int coefficient_sign(normal *c, const fmpz_mpoly_struct *p, slong term)
{
    fmpz_t z;
    fmpz_init(z);
    fmpz_mpoly_get_term_coeff_fmpz(z, p, term, c->ring);
    int sign = fmpz_sgn(z);
    fmpz_clear(z);
    return sign;
}

/* An expression with the sign of p. */
static bool same_sign(normal *c, const fmpz_mpoly_struct *p, rational *out)
{
    rational t;
    rational_init(c, &t);
    bool good;
    if (fmpz_mpoly_length(p, c->ring) == 2 && all_terms(c, p, OP_EXP)) {
        int up = coefficient_sign(c, p, 0) > 0 ? 0 : 1;
        good = log_of_term(c, p, up, out) && log_of_term(c, p, 1 - up, &t) && rational_sub(c, out, out, &t);
    } else {
        fmpz_mpoly_set(fmpz_mpoly_q_numref(&t), p, c->ring);
        good = normal_exp(c, &t, out);
        fmpz_mpoly_q_sub_si(out, out, 1, c->ring);
    }
    rational_clear(c, &t);
    return good;
}

/* s² p = p where s is the sign of p, a single atom: the relation that a sign atom of p itself would have. */
static void relate(normal *c, const fmpz_mpoly_struct *p, const rational *s)
{
    const fmpz_mpoly_struct *top = fmpz_mpoly_q_numref(s);
    int64_t key = normal_primitive(c, p, false);
    if (fmpz_mpoly_length(top, c->ring) != 1 || !fmpz_mpoly_is_one(fmpz_mpoly_q_denref(s), c->ring) || table_find(&c->related, 1, &key) >= 0)
        return;
    slong found = -1, count = 0;
    for (slong g = c->plan->atoms - c->atom.count; g < c->plan->atoms; g++)
        if (fmpz_mpoly_degree_si(top, g, c->ring) > 0) {
            found = g;
            count += fmpz_mpoly_degree_si(top, g, c->ring);
        }
    int entry = table_add(&c->related, 1, &key);
    if (count != 1)
        return;
    c->related.entry[entry].value = (int)found;
    fmpz_mpoly_t r;
    fmpz_mpoly_init(r, c->ring);
    fmpz_mpoly_mul(r, top, top, c->ring);
    fmpz_mpoly_sub_si(r, r, 1, c->ring);
    fmpz_mpoly_mul(r, r, p, c->ring);
    normal_relation(c, r, found, 2);
}

bool normal_sign_through(normal *c, const fmpz_mpoly_struct *p, bool *done, rational *out)
{
    bool exponentials = fmpz_mpoly_length(p, c->ring) == 2 && coefficient_sign(c, p, 0) != coefficient_sign(c, p, 1) && all_terms(c, p, OP_EXP);
    *done = exponentials || all_terms(c, p, OP_LOG);
    if (!*done)
        return true;
    rational t;
    rational_init(c, &t);
    bool good = same_sign(c, p, &t) && normal_sign_of(c, &t, out);
    if (good)
        relate(c, p, out);
    rational_clear(c, &t);
    return good;
}
