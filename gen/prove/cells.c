#include "gen/prove/cells.h"

#include <stdlib.h>

#include "grammar/arena.h"

#define MOST_POLYNOMIALS 24 /* in the variables up to one of them */
#define MOST_TERMS       60
#define MOST_DEGREE      12
#define MOST_CELLS       96
#define MOST_RESULTANT   5000 /* terms */
#define ROOT_BITS        64

typedef struct {
    fmpz_mpoly_struct list[MOST_POLYNOMIALS];
    int count;
} level;

typedef struct {
    const fmpz_mpoly_ctx_struct *ring;
    int variables;
    level at[CELLS_MOST_VARIABLES];              /* irreducible polynomials by their last variable */
    fmpq point[CELLS_MOST_VARIABLES], low, high; /* of the last coordinate */
    bool has_low, has_high;
    const budget *allowance; /* NULL: no limit */
    int cells;
    bool stopped;
    cells_visit *visit;
    void *context;
} walk;

static int last_variable(const walk *w, const fmpz_mpoly_struct *p)
{
    for (int k = w->variables - 1; k >= 0; k--)
        if (fmpz_mpoly_degree_si(p, k, w->ring) > 0)
            return k;
    return -1;
}

static bool add_irreducible(walk *w, const fmpz_mpoly_struct *p)
{
    int k = last_variable(w, p);
    if (k < 0)
        return true;
    level *l = &w->at[k];
    for (int i = 0; i < l->count; i++)
        if (fmpz_mpoly_equal(&l->list[i], p, w->ring))
            return true;
    if (l->count == MOST_POLYNOMIALS || fmpz_mpoly_length(p, w->ring) > MOST_TERMS || fmpz_mpoly_degree_si(p, k, w->ring) > MOST_DEGREE)
        return false;
    fmpz_mpoly_init(&l->list[l->count], w->ring);
    fmpz_mpoly_set(&l->list[l->count++], p, w->ring);
    return true;
}

/* The irreducible factors of p, each once, with positive leading coefficients. */
static bool add_factors(walk *w, const fmpz_mpoly_struct *p)
{
    fmpz_mpoly_factor_t f;
    if (fmpz_mpoly_is_zero(p, w->ring) || fmpz_mpoly_length(p, w->ring) > MOST_TERMS)
        return false;
    fmpz_mpoly_factor_init(f, w->ring);
    bool good = fmpz_mpoly_factor(f, p, w->ring) != 0;
    for (slong i = 0; good && i < f->num; i++) {
        if (fmpz_sgn(fmpz_mpoly_leadcoeff(f->poly + i)) < 0)
            fmpz_mpoly_neg(f->poly + i, f->poly + i, w->ring);
        good = add_irreducible(w, f->poly + i);
    }
    fmpz_mpoly_factor_clear(f, w->ring);
    return good;
}

/* The terms that a resultant by variable k may have: it is of degree deg_v(p) deg_k(q) + deg_v(q) deg_k(p) in v. */
static bool is_small_resultant(const walk *w, const fmpz_mpoly_struct *p, const fmpz_mpoly_struct *q, int k)
{
    double terms = 1;
    double in_p = (double)fmpz_mpoly_degree_si(p, k, w->ring), in_q = (double)fmpz_mpoly_degree_si(q, k, w->ring);
    for (int v = 0; v < w->variables; v++)
        if (v != k)
            terms *= 1 + (double)fmpz_mpoly_degree_si(p, v, w->ring) * in_q + (double)fmpz_mpoly_degree_si(q, v, w->ring) * in_p;
    return terms <= MOST_RESULTANT;
}

static bool is_spent(const walk *w)
{
    return w->allowance && budget_spent(w->allowance);
}

static bool add_discriminant(walk *w, const fmpz_mpoly_struct *p, int k, fmpz_mpoly_struct *t)
{
    return !is_spent(w) && is_small_resultant(w, p, p, k) && fmpz_mpoly_discriminant(t, p, k, w->ring) && add_factors(w, t);
}

static bool add_resultant(walk *w, const fmpz_mpoly_struct *p, const fmpz_mpoly_struct *q, int k, fmpz_mpoly_struct *t)
{
    return !is_spent(w) && is_small_resultant(w, p, q, k) && fmpz_mpoly_resultant(t, p, q, k, w->ring) && add_factors(w, t);
}

/* Where these are not 0, the zeros of the level in variable k are as many everywhere, distinct, and move continuously. */
static bool project(walk *w, int k)
{
    level *l = &w->at[k];
    fmpz_mpoly_t t;
    bool good = true;
    fmpz_mpoly_init(t, w->ring);
    for (int i = 0; i < l->count && good; i++) {
        slong variable = k, degree = fmpz_mpoly_degree_si(&l->list[i], k, w->ring);
        ulong power = (ulong)degree;
        fmpz_mpoly_get_coeff_vars_ui(t, &l->list[i], &variable, &power, 1, w->ring);
        good = add_factors(w, t);
        if (good && degree > 1)
            good = add_discriminant(w, &l->list[i], k, t);
        for (int j = 0; j < i && good; j++)
            good = add_resultant(w, &l->list[i], &l->list[j], k, t);
    }
    fmpz_mpoly_clear(t, w->ring);
    return good;
}

/* p in variable k alone, at the coordinates before it; times a positive integer. */
static void at_point(const walk *w, const fmpz_mpoly_struct *p, int k, fmpz_poly_struct *out)
{
    slong exponent[CELLS_MOST_VARIABLES];
    fmpq_poly_t sum;
    fmpq_t value, power, old;
    fmpz_t z;
    fmpq_poly_init(sum);
    fmpq_init(value), fmpq_init(power), fmpq_init(old);
    fmpz_init(z);
    for (slong i = 0; i < fmpz_mpoly_length(p, w->ring); i++) {
        fmpz_mpoly_get_term_coeff_fmpz(z, p, i, w->ring);
        fmpz_mpoly_get_term_exp_si(exponent, p, i, w->ring);
        fmpq_set_fmpz(value, z);
        for (int v = 0; v < k; v++) {
            fmpq_pow_si(power, &w->point[v], exponent[v]);
            fmpq_mul(value, value, power);
        }
        fmpq_poly_get_coeff_fmpq(old, sum, exponent[k]);
        fmpq_add(value, value, old);
        fmpq_poly_set_coeff_fmpq(sum, exponent[k], value);
    }
    fmpq_poly_get_numerator(out, sum);
    fmpq_poly_clear(sum);
    fmpq_clear(value), fmpq_clear(power), fmpq_clear(old);
    fmpz_clear(z);
}

/* Real zeros of a squarefree polynomial, in order, in balls that do not meet. */
static int isolate(const fmpz_poly_struct *p, arb_struct *zero, int room)
{
    slong degree = fmpz_poly_degree(p);
    int count = 0;
    if (degree < 1)
        return 0;
    acb_ptr root = _acb_vec_init(degree);
    arb_fmpz_poly_complex_roots(root, p, 0, ROOT_BITS);
    for (slong i = 0; i < degree && count >= 0; i++)
        if (arb_is_zero(acb_imagref(root + i))) {
            if (count == room)
                count = -1;
            else
                arb_set(zero + count++, acb_realref(root + i));
        }
    _acb_vec_clear(root, degree);
    for (int i = 1; i < count; i++)
        if (!arb_lt(zero + i - 1, zero + i))
            return -1;
    return count;
}

/* The end of a ball as a rational number. */
static void end_of(const arb_t ball, bool upper, fmpq_t out)
{
    arf_t end;
    arf_init(end);
    if (upper)
        arb_get_ubound_arf(end, ball, ROOT_BITS);
    else
        arb_get_lbound_arf(end, ball, ROOT_BITS);
    arf_get_fmpq(out, end);
    arf_clear(end);
}

static void to_integer(fmpq_t q, bool up)
{
    fmpz_t z;
    fmpz_init(z);
    if (up)
        fmpz_cdiv_q(z, fmpq_numref(q), fmpq_denref(q));
    else
        fmpz_fdiv_q(z, fmpq_numref(q), fmpq_denref(q));
    fmpq_set_fmpz(q, z);
    fmpz_clear(z);
}

/* A simple number strictly between two zeros, and bounds around it; NULL: no zero on that side. */
static void between(walk *w, const arb_struct *left, const arb_struct *right, fmpq_t out)
{
    fmpq_t share, part;
    fmpq_init(share), fmpq_init(part);
    w->has_low = left != NULL;
    w->has_high = right != NULL;
    if (left)
        end_of(left, true, &w->low);
    if (right)
        end_of(right, false, &w->high);
    fmpq_set_si(part, 1, 16);
    if (left && right) {
        fmpq_sub(share, &w->high, &w->low);
        fmpq_mul(part, part, share);
    }
    if (left)
        fmpq_add(&w->low, &w->low, part);
    if (right)
        fmpq_sub(&w->high, &w->high, part);
    if (left && right)
        fmpq_simplest_between(out, &w->low, &w->high);
    else if (left) {
        fmpq_set(out, &w->low);
        to_integer(out, true);
    } else if (right) {
        fmpq_set(out, &w->high);
        to_integer(out, false);
    } else
        fmpq_zero(out);
    fmpq_clear(share), fmpq_clear(part);
}

static bool lift(walk *w, int k)
{
    if (k == w->variables) {
        if (++w->cells > MOST_CELLS || is_spent(w))
            return false;
        w->stopped = !w->visit(w->context, w->point, w->has_low ? &w->low : NULL, w->has_high ? &w->high : NULL);
        return !w->stopped;
    }
    fmpz_poly_t product, p;
    fmpz_poly_init(product);
    fmpz_poly_init(p);
    fmpz_poly_one(product);
    for (int i = 0; i < w->at[k].count; i++) {
        at_point(w, &w->at[k].list[i], k, p);
        fmpz_poly_mul(product, product, p);
    }
    arb_ptr zero = _arb_vec_init(CELLS_MOST_ZEROS);
    int count = fmpz_poly_is_squarefree(product) ? isolate(product, zero, CELLS_MOST_ZEROS) : -1;
    bool good = count >= 0;
    for (int i = 0; i <= count && good; i++) {
        between(w, i ? zero + i - 1 : NULL, i < count ? zero + i : NULL, &w->point[k]);
        good = lift(w, k + 1);
    }
    _arb_vec_clear(zero, CELLS_MOST_ZEROS);
    fmpz_poly_clear(product);
    fmpz_poly_clear(p);
    return good;
}

static bool walk_begin(walk *w, const fmpz_mpoly_struct *cut, int count, const fmpz_mpoly_ctx_struct *ring)
{
    w->ring = ring;
    w->variables = (int)fmpz_mpoly_ctx_nvars(ring);
    fmpq_init(&w->low), fmpq_init(&w->high);
    bool good = w->variables <= CELLS_MOST_VARIABLES;
    for (int k = 0; k < w->variables && good; k++)
        fmpq_init(&w->point[k]);
    for (int i = 0; i < count && good; i++)
        good = add_factors(w, &cut[i]);
    return good;
}

static void walk_end(walk *w)
{
    for (int k = 0; k < w->variables && k < CELLS_MOST_VARIABLES; k++) {
        for (int i = 0; i < w->at[k].count; i++)
            fmpz_mpoly_clear(&w->at[k].list[i], w->ring);
        fmpq_clear(&w->point[k]);
    }
    fmpq_clear(&w->low), fmpq_clear(&w->high);
    free(w);
}

cells_walked cells_walk(const fmpz_mpoly_struct *cut, int count, const fmpz_mpoly_ctx_t ring, const budget *allowance, cells_visit *visit, void *context)
{
    walk *w = xcalloc(1, sizeof *w);
    w->allowance = allowance;
    w->visit = visit;
    w->context = context;
    bool good = walk_begin(w, cut, count, ring);
    for (int k = w->variables - 1; k > 0 && good; k--)
        good = project(w, k);
    good = good && lift(w, 0);
    cells_walked walked = good ? CELLS_VISITED : w->stopped ? CELLS_STOPPED : CELLS_TOO_MANY;
    walk_end(w);
    return walked;
}

/* The zero of a polynomial of first degree. */
static void zero_of(const walk *w, const fmpz_mpoly_struct *p, fmpq_t out)
{
    fmpz_poly_t q;
    fmpz_poly_init(q);
    at_point(w, p, 0, q);
    fmpz_t constant;
    fmpz_init(constant);
    fmpz_poly_get_coeff_fmpz(constant, q, 0);
    fmpq_set_fmpz_frac(out, constant, fmpz_poly_get_coeff_ptr(q, 1));
    fmpq_neg(out, out);
    fmpz_clear(constant);
    fmpz_poly_clear(q);
}

/* Zeros that are rational are those of polynomials of first degree. */
static void find_exact(const walk *w, const arb_struct *ball, int count, fmpq *zero, bool *exact)
{
    fmpq_t value;
    fmpq_init(value);
    for (int i = 0; i < w->at[0].count; i++) {
        if (fmpz_mpoly_degree_si(&w->at[0].list[i], 0, w->ring) != 1)
            continue;
        zero_of(w, &w->at[0].list[i], value);
        for (int k = 0; k < count; k++)
            if (arb_contains_fmpq(ball + k, value)) {
                fmpq_set(&zero[k], value);
                exact[k] = true;
            }
    }
    fmpq_clear(value);
}

int cells_zeros(const fmpz_mpoly_struct *cut, int count, const fmpz_mpoly_ctx_t ring, fmpq *zero, bool *exact)
{
    walk *w = xcalloc(1, sizeof *w);
    fmpz_poly_t product, p;
    fmpz_poly_init(product);
    fmpz_poly_init(p);
    fmpz_poly_one(product);
    arb_ptr ball = _arb_vec_init(CELLS_MOST_ZEROS);
    int found = walk_begin(w, cut, count, ring) && w->variables == 1 ? 0 : -1;
    for (int i = 0; i < w->at[0].count && found == 0; i++) {
        at_point(w, &w->at[0].list[i], 0, p);
        fmpz_poly_mul(product, product, p);
    }
    if (found == 0)
        found = isolate(product, ball, CELLS_MOST_ZEROS);
    for (int k = 0; k < found; k++) {
        exact[k] = false;
        arf_get_fmpq(&zero[k], arb_midref(ball + k));
        if (mag_cmp_2exp_si(arb_radref(ball + k), -48) > 0)
            found = -1;
    }
    if (found > 0)
        find_exact(w, ball, found, zero, exact);
    _arb_vec_clear(ball, CELLS_MOST_ZEROS);
    fmpz_poly_clear(product);
    fmpz_poly_clear(p);
    walk_end(w);
    return found;
}
