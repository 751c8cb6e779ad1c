/* One evaluator per row of reductions.def, comparisons and powers. */
#include "gen/prove/ball_ops.h"

typedef struct {
    const arb_struct *u;
    slong count, at, lo, precision;
} items;

static void reduce_SUM(arb_t y, const items *r)
{
    arb_zero(y);
    for (slong i = 0; i < r->count; i++)
        arb_add(y, y, r->u + i, r->precision);
}

static void reduce_PROD(arb_t y, const items *r)
{
    arb_one(y);
    for (slong i = 0; i < r->count; i++)
        arb_mul(y, y, r->u + i, r->precision);
}

static void reduce_MAX(arb_t y, const items *r)
{
    if (!r->count)
        arb_indeterminate(y);
    for (slong i = 0; i < r->count; i++)
        i ? arb_max(y, y, r->u + i, r->precision) : arb_set(y, r->u + i);
}

static void reduce_MIN(arb_t y, const items *r)
{
    if (!r->count)
        arb_indeterminate(y);
    for (slong i = 0; i < r->count; i++)
        i ? arb_min(y, y, r->u + i, r->precision) : arb_set(y, r->u + i);
}

/* Σ exp(uₖ) */
static void sum_of_exponentials(arb_t y, const items *r)
{
    arb_t v;
    arb_init(v);
    arb_zero(y);
    for (slong i = 0; i < r->count; i++) {
        arb_exp(v, r->u + i, r->precision);
        arb_add(y, y, v, r->precision);
    }
    arb_clear(v);
}

static void reduce_LOGSUMEXP(arb_t y, const items *r)
{
    sum_of_exponentials(y, r);
    arb_log(y, y, r->precision);
}

/* The position of the certain, first extreme value. */
static void extreme(arb_t y, const items *r, int (*before)(const arb_t, const arb_t))
{
    slong best = 0;
    for (slong i = 1; i < r->count; i++) {
        if (before(r->u + i, r->u + best)) {
            best = i;
        } else if (!before(r->u + best, r->u + i) && !arb_equal(r->u + best, r->u + i)) {
            arb_indeterminate(y);
            return;
        } else if (!arb_is_exact(r->u + i) && arb_equal(r->u + best, r->u + i)) {
            arb_indeterminate(y);
            return;
        }
    }
    if (r->count)
        arb_set_si(y, r->lo + best);
    else
        arb_indeterminate(y);
}

static void reduce_ARGMAX(arb_t y, const items *r)
{
    extreme(y, r, arb_gt);
}

static void reduce_ARGMIN(arb_t y, const items *r)
{
    extreme(y, r, arb_lt);
}

static void reduce_SOFTMAX(arb_t y, const items *r)
{
    if (r->at < 0 || r->at >= r->count) {
        arb_indeterminate(y);
        return;
    }
    arb_t v;
    arb_init(v);
    sum_of_exponentials(v, r);
    arb_exp(y, r->u + r->at, r->precision);
    arb_div(y, y, v, r->precision);
    arb_clear(v);
}

void ball_reduction(arb_t y, reduction r, const arb_struct *u, slong count, slong at, slong lo, slong precision)
{
    static void (*const evaluate[])(arb_t, const items *) = {
#define REDUCTION(id, name, has_at, differentiable, latex) reduce_##id,
#include "gen/dag/reductions.def"
#undef REDUCTION
    };
    items all = {u, count, at, lo, precision};
    evaluate[r](y, &all);
}

void ball_comparison(arb_t y, compare c, const arb_t a, const arb_t b)
{
    static int (*const holds[])(const arb_t, const arb_t) = {arb_eq, arb_ne, arb_lt, arb_le};
    static int (*const fails[])(const arb_t, const arb_t) = {arb_ne, arb_eq, arb_ge, arb_gt};
    if (!arb_is_finite(a) || !arb_is_finite(b))
        arb_indeterminate(y);
    else if (holds[c](a, b))
        arb_one(y);
    else if (fails[c](a, b))
        arb_zero(y);
    else
        arb_indeterminate(y);
}

/* A real power: integer exponents for every base but 0^(−n); others for bases > 0, and 0^r = 0 for r > 0. */
void ball_power(arb_t y, const arb_t base, const arb_t exponent, slong precision)
{
    if (!arb_is_finite(base)) { /* also u⁰ has no value where u has none */
        arb_indeterminate(y);
    } else if (arb_is_int(exponent) || arb_is_positive(base)) {
        if (arb_contains_zero(base) && arb_is_negative(exponent))
            arb_indeterminate(y);
        else
            arb_pow(y, base, exponent, precision);
    } else if (arb_is_zero(base) && arb_is_positive(exponent)) {
        arb_zero(y);
    } else {
        arb_indeterminate(y);
    }
}
