/* Functions that an integer added to their argument changes in a known way: floor and ceil, lgamma and digamma. */
#include <stdlib.h>

#include "gen/dag/ops.h"
#include "gen/prove/kernel.h"

#define MOST_SHIFT 16

/* Has the atom integer values only? */
static bool is_integer_atom(const normal *c, node n)
{
    switch (dag_kind(c->d, n)) {
    case NODE_SIZE:
    case NODE_INDEX: return true;
    case NODE_ENTRY: return c->s->m->var[dag_payload(c->d, n)].integer || normal_is_indicator(c, n);
    case NODE_FUN: return dag_payload(c->d, n) == OP_FLOOR || normal_is_indicator(c, n);
    default: return normal_is_indicator(c, n);
    }
}

static bool is_integer_monomial(normal *c, const slong *exponent)
{
    for (slong g = 0; g < c->plan->atoms; g++)
        if (exponent[g] && !is_integer_atom(c, normal_generator_node(c, g)))
            return false;
    return true;
}

static bool is_constant_monomial(const normal *c, const slong *exponent)
{
    for (slong g = 0; g < c->plan->atoms; g++)
        if (exponent[g])
            return false;
    return true;
}

/* Adds what is an integer in one term of u to `whole`: all of k·n, the floor of a number. */
static void add_integer_part(normal *c, const rational *u, slong term, slong *exponent, bool numbers_only, rational *whole)
{
    const fmpz_mpoly_struct *top = fmpz_mpoly_q_numref(u);
    fmpz_t z, d;
    rational t;
    fmpz_init(z), fmpz_init(d);
    rational_init(c, &t);
    fmpz_mpoly_get_term_coeff_fmpz(z, top, term, c->ring);
    fmpz_mpoly_get_term_exp_si(exponent, top, term, c->ring);
    fmpz_mpoly_get_fmpz(d, fmpz_mpoly_q_denref(u), c->ring);
    bool number = is_constant_monomial(c, exponent);
    if (number || (!numbers_only && fmpz_divisible(z, d) && is_integer_monomial(c, exponent))) {
        fmpz_fdiv_q(z, z, d);
        fmpz_mpoly_push_term_fmpz_ui(fmpz_mpoly_q_numref(&t), z, (const ulong *)exponent, c->ring);
        fmpz_mpoly_q_add(whole, whole, &t, c->ring);
    }
    rational_clear(c, &t);
    fmpz_clear(z), fmpz_clear(d);
}

/* u = whole + rest with an integer `whole`. */
static void split_integer(normal *c, const rational *u, bool numbers_only, rational *whole, rational *rest)
{
    slong *exponent = xmalloc((size_t)c->plan->atoms * sizeof *exponent);
    fmpz_mpoly_q_zero(whole, c->ring);
    if (fmpz_mpoly_is_fmpz(fmpz_mpoly_q_denref(u), c->ring))
        for (slong i = 0; i < fmpz_mpoly_length(fmpz_mpoly_q_numref(u), c->ring); i++)
            add_integer_part(c, u, i, exponent, numbers_only, whole);
    fmpz_mpoly_q_sub(rest, u, whole, c->ring);
    free(exponent);
}

#define MOST_PARTS 6

/* The greatest k with u = k v + b, where v has integer coefficients over the denominator of u and b is a number. */
static slong multiple_of(normal *c, const rational *u)
{
    const fmpz_mpoly_struct *top = fmpz_mpoly_q_numref(u);
    slong *exponent = xmalloc((size_t)c->plan->atoms * sizeof *exponent), k;
    fmpz_t z, content;
    fmpz_init(z), fmpz_init(content);
    for (slong i = 0; i < fmpz_mpoly_length(top, c->ring); i++) {
        fmpz_mpoly_get_term_exp_si(exponent, top, i, c->ring);
        fmpz_mpoly_get_term_coeff_fmpz(z, top, i, c->ring);
        if (!is_constant_monomial(c, exponent))
            fmpz_gcd(content, content, z);
    }
    fmpz_mpoly_get_fmpz(z, fmpz_mpoly_q_denref(u), c->ring);
    fmpz_gcd(z, z, content); /* (2x + 1)/2 is x + ½ */
    if (!fmpz_is_zero(z))
        fmpz_divexact(content, content, z);
    k = fmpz_fits_si(content) ? fmpz_get_si(content) : 1;
    fmpz_clear(z), fmpz_clear(content);
    free(exponent);
    return k;
}

/* ⌊k v⌋ = Σ_{i<k} ⌊v + i/k⌋ (Hermite) */
static bool floor_in_parts(normal *c, const rational *u, slong k, rational *out)
{
    scratch s;
    rational *v = kernel_open(&s, c);
    bool good = true;
    fmpz_mpoly_q_div_si(&v[0], u, k, c->ring);
    for (slong i = 0; i < k && good; i++) {
        good = rational_set_si(c, &v[1], i, k) && rational_add(c, &v[1], &v[1], &v[0]) && kernel_floor(c, OP_FLOOR, &v[1], &v[2]) && rational_add(c, &v[3], &v[3], &v[2]);
    }
    fmpz_mpoly_q_set(out, &v[3], c->ring);
    return kernel_close(&s, good);
}

bool kernel_floor(normal *c, op o, const rational *u, rational *out)
{
    slong k = c->o.full && fmpz_mpoly_is_fmpz(fmpz_mpoly_q_denref(u), c->ring) ? multiple_of(c, u) : 1;
    if (k > 1 && k <= MOST_PARTS)
        return floor_in_parts(c, u, k, out);

    (void)o;
    scratch s;
    rational *v = kernel_open(&s, c);
    split_integer(c, u, false, &v[0], &v[1]);
    if (fmpz_mpoly_q_is_fmpq(&v[1], c->ring)) /* in [0, 1) */
        fmpz_mpoly_q_zero(&v[2], c->ring);
    node n = normal_node(c, &v[1]);
    bool good = n && (fmpz_mpoly_q_is_fmpq(&v[1], c->ring) || normal_atom(c, dag_raw_fun(c->d, OP_FLOOR, 1, &n), &v[2]));
    return kernel_close(&s, good && rational_add(c, out, &v[0], &v[2]));
}

bool kernel_ceil(normal *c, op o, const rational *u, rational *out) /* −floor(−u) */
{
    scratch s;
    rational *v = kernel_open(&s, c);
    fmpz_mpoly_q_neg(&v[0], u, c->ring);
    bool good = kernel_floor(c, o, &v[0], out);
    fmpz_mpoly_q_neg(out, out, c->ring);
    return kernel_close(&s, good);
}

/* The greatest shift of `rest` that was met; asks for a restart if k is greater. */
static bool greatest_shift(normal *c, op o, const rational *rest, long k, long *greatest)
{
    int64_t key[] = {o, normal_node(c, rest)};
    if (!key[1] || labs(k) > MOST_SHIFT)
        return normal_fail(c, NORMAL_BUDGET);
    bool known = table_find(&c->plan->shift, 2, key) >= 0;
    int e = table_add(&c->plan->shift, 2, key);
    if (!known || c->plan->shift.entry[e].value < k + MOST_SHIFT) {
        c->plan->shift.entry[e].value = (int)(k + MOST_SHIFT);
        if (known)
            return normal_fail(c, NORMAL_AGAIN);
    }
    *greatest = c->plan->shift.entry[e].value - MOST_SHIFT;
    return true;
}

/* log(rest + j), or 1/(rest + j) */
static bool step_of(normal *c, op o, const rational *rest, long j, rational *out)
{
    fmpz_mpoly_q_add_si(out, rest, j, c->ring);
    return o == OP_LGAMMA ? normal_log(c, out, out) : rational_pow(c, out, out, -1);
}

/* f(u) = f(u + m) − Σ_{j<m} step(u + j) with the greatest u + m on the page: where f(u) has a value so have all of these. */
bool kernel_gamma(normal *c, op o, const rational *u, rational *out)
{
    scratch s;
    rational *v = kernel_open(&s, c);
    split_integer(c, u, true, &v[0], &v[1]);
    fmpz_t z;
    fmpz_init(z);
    bool good = fmpz_mpoly_q_is_fmpq(&v[0], c->ring), number = fmpz_mpoly_q_is_zero(&v[1], c->ring);
    if (good && !fmpz_mpoly_q_is_zero(&v[0], c->ring))
        fmpz_mpoly_get_fmpz(z, fmpz_mpoly_q_numref(&v[0]), c->ring);
    long k = fmpz_cmpabs(z, (fmpz[]){MOST_SHIFT}) <= 0 ? fmpz_get_si(z) : MOST_SHIFT + 1, greatest = 0;
    fmpz_clear(z);
    good = good && greatest_shift(c, o, &v[1], number ? 1 : k, &greatest);
    if (number && k <= 0)
        good = normal_fail(c, NORMAL_ZERO); /* a pole */
    fmpz_mpoly_q_add_si(&v[2], &v[1], greatest, c->ring);
    node n = good ? normal_node(c, &v[2]) : 0;
    good = good && n && (number && o == OP_LGAMMA ? rational_set_si(c, out, 0, 1) : normal_atom(c, dag_raw_fun(c->d, o, 1, &n), out)); /* Γ(1) = 1 */
    for (long j = k; good && j < greatest; j++)
        good = step_of(c, o, &v[1], j, &v[3]) && rational_sub(c, out, out, &v[3]);
    for (long j = greatest; good && j < k; j++) /* only of a number, from 1 on */
        good = step_of(c, o, &v[1], j, &v[3]) && rational_add(c, out, out, &v[3]);
    return kernel_close(&s, good);
}
