/* Signs of polynomials that are the same in all cases: of definite ones, and of bounded functions. */
#include <stdlib.h>

#include "gen/dag/ops.h"
#include "gen/prove/region_private.h"

bool cases_range(dag *d, node n, value_range *out)
{
    static const value_range list[OP_COUNT] = {
        [OP_SIN] = {-1, 1, false}, [OP_COS] = {-1, 1, false}, [OP_TANH] = {-1, 1, true}, [OP_ERF] = {-1, 1, true}, [OP_SIGMOID] = {0, 1, true},
    };
    if (dag_kind(d, n) == NODE_FUN)
        *out = list[dag_payload(d, n)];
    return dag_kind(d, n) == NODE_FUN && out->hi > out->lo;
}

/* Is it a polynomial in one generator that is never 0? Its leading coefficient is positive. */
static bool is_above(const finding *w, const fmpz_mpoly_struct *p)
{
    const normal *c = w->f->c;
    for (int k = 0; k < w->generator_count; k++) {
        fmpz_poly_t line;
        fmpz_poly_init(line);
        bool found = fmpz_mpoly_is_fmpz_poly(p, w->generator[k], c->ring) && fmpz_mpoly_get_fmpz_poly(line, p, w->generator[k], c->ring) &&
                     fmpz_poly_degree(line) > 0 && fmpz_poly_num_real_roots(line) == 0;
        fmpz_poly_clear(line);
        if (found)
            return true;
    }
    return false;
}

/* --- quadratic polynomials --- */

/* The symmetric matrix of p in (1, generators), times two; false: p is not quadratic. */
static bool fill_matrix(const finding *w, const fmpz_mpoly_struct *p, fmpq_mat_t m)
{
    const normal *c = w->f->c;
    slong *exponent = xmalloc((size_t)c->plan->atoms * sizeof *exponent);
    fmpz_t z;
    fmpz_init(z);
    bool good = true;
    for (slong t = 0; t < fmpz_mpoly_length(p, c->ring) && good; t++) {
        int at[2] = {0, 0}, count = 0;
        fmpz_mpoly_get_term_exp_si(exponent, p, t, c->ring);
        for (int k = 0; k < w->generator_count && good; k++)
            for (slong e = 0; e < exponent[w->generator[k]] && good; e++) {
                good = count < 2;
                if (good)
                    at[count++] = k + 1;
            }
        fmpz_mpoly_get_term_coeff_fmpz(z, p, t, c->ring);
        for (int i = 0; i < 2 && good; i++)
            fmpz_add(fmpq_mat_entry_num(m, at[i], at[1 - i]), fmpq_mat_entry_num(m, at[i], at[1 - i]), z);
    }
    fmpz_clear(z);
    free(exponent);
    return good;
}

/* Squares are completed from the last row on: 1 if p > 0 everywhere, 2 if p >= 0, 0 if neither is seen. */
static int quadratic_sign(const finding *w, const fmpz_mpoly_struct *p)
{
    slong size = w->generator_count + 1;
    fmpq_mat_t m;
    fmpq_t q;
    fmpq_mat_init(m, size, size);
    fmpq_init(q);
    int sign = fill_matrix(w, p, m) ? 1 : 0;
    for (slong k = size - 1; k >= 0 && sign; k--) {
        const fmpq *pivot = fmpq_mat_entry(m, k, k);
        bool empty = true;
        for (slong i = 0; i < k; i++)
            empty = empty && fmpq_is_zero(fmpq_mat_entry(m, i, k));
        if (fmpq_sgn(pivot) < 0 || (fmpq_is_zero(pivot) && !empty))
            sign = 0;
        else if (k == 0)
            sign = fmpq_is_zero(pivot) ? 2 : 1; /* what is left is a number */
        else if (!fmpq_is_zero(pivot))
            for (slong i = 0; i < k; i++)
                for (slong j = 0; j < k; j++) {
                    fmpq_mul(q, fmpq_mat_entry(m, i, k), fmpq_mat_entry(m, k, j));
                    fmpq_div(q, q, pivot);
                    fmpq_sub(fmpq_mat_entry(m, i, j), fmpq_mat_entry(m, i, j), q);
                }
    }
    fmpq_mat_clear(m);
    fmpq_clear(q);
    return sign;
}

/* −1 times that of −p. */
static int definite_sign(const finding *w, const fmpz_mpoly_struct *p)
{
    const normal *c = w->f->c;
    int sign = quadratic_sign(w, p);
    if (sign)
        return sign;
    fmpz_mpoly_t turned;
    fmpz_mpoly_init(turned, c->ring);
    fmpz_mpoly_neg(turned, p, c->ring);
    sign = -quadratic_sign(w, turned);
    fmpz_mpoly_clear(turned, c->ring);
    return sign;
}

static int sign_at(const normal *c, const fmpz_mpoly_struct *p, slong g, long value)
{
    fmpz_mpoly_t rest;
    fmpz_t z;
    fmpz_mpoly_init(rest, c->ring);
    fmpz_init_set_si(z, value);
    bool good = fmpz_mpoly_evaluate_one_fmpz(rest, p, g, z, c->ring) && fmpz_mpoly_is_fmpz(rest, c->ring);
    if (good)
        fmpz_mpoly_get_fmpz(z, rest, c->ring);
    int sign = good ? fmpz_sgn(z) : 2;
    fmpz_clear(z);
    fmpz_mpoly_clear(rest, c->ring);
    return sign;
}

/* Of a v + b with a bounded function v, as normal_sign. */
static int bounded_sign(const finding *w, const fmpz_mpoly_struct *p)
{
    const normal *c = w->f->c;
    value_range r;
    for (int k = 0; k < w->generator_count; k++) {
        slong g = w->generator[k];
        if (fmpz_mpoly_degree_si(p, g, c->ring) != 1 || fmpz_mpoly_total_degree_si(p, c->ring) != 1 || !cases_range(c->d, normal_generator_node(c, g), &r))
            continue;
        int lo = sign_at(c, p, g, r.lo), hi = sign_at(c, p, g, r.hi);
        if (lo == 2 || hi == 2 || lo * hi < 0)
            return 0;
        return lo && hi ? lo : r.open ? lo + hi : 2 * (lo + hi);
    }
    return 0;
}

void cases_known(finding *w)
{
    for (int i = 0; i < w->x->count; i++) {
        const fmpz_mpoly_struct *p = &w->f->factor[w->x->factor[i]];
        w->known[i] = normal_sign(w->f->c, p);
        if (abs(w->known[i]) != 1 && is_above(w, p))
            w->known[i] = 1;
        if (!w->known[i])
            w->known[i] = bounded_sign(w, p);
        if (!w->known[i])
            w->known[i] = definite_sign(w, p);
    }
}
