/* One evaluator per row of ops.def, named by its column `ball`. */
#include "gen/prove/ball_ops.h"

#define BALL(name) static void ball_##name(arb_t y, const arb_struct *u, slong p)
#define DIRECT(name, call) \
    BALL(name)             \
    {                      \
        call(y, u, p);     \
    }

DIRECT(exp, arb_exp)
DIRECT(log, arb_log)
DIRECT(log1p, arb_log1p)
DIRECT(expm1, arb_expm1)
DIRECT(sin, arb_sin)
DIRECT(cos, arb_cos)
DIRECT(tan, arb_tan)
DIRECT(sec, arb_sec)
DIRECT(csc, arb_csc)
DIRECT(cot, arb_cot)
DIRECT(asin, arb_asin)
DIRECT(acos, arb_acos)
DIRECT(atan, arb_atan)
DIRECT(sinh, arb_sinh)
DIRECT(cosh, arb_cosh)
DIRECT(tanh, arb_tanh)
DIRECT(sech, arb_sech)
DIRECT(csch, arb_csch)
DIRECT(coth, arb_coth)
DIRECT(asinh, arb_asinh)
DIRECT(acosh, arb_acosh)
DIRECT(atanh, arb_atanh)
DIRECT(erf, arb_hypgeom_erf)
DIRECT(erfc, arb_hypgeom_erfc)
DIRECT(erfi, arb_hypgeom_erfi)
DIRECT(digamma, arb_digamma)

BALL(log2)
{
    arb_log_base_ui(y, u, 2, p);
}

BALL(log10)
{
    arb_log_base_ui(y, u, 10, p);
}

BALL(cbrt)
{
    arb_t v;
    arb_init(v);
    if (arb_is_zero(u)) {
        arb_zero(y);
    } else if (arb_contains_negative(u) && arb_contains_positive(u)) {
        arb_indeterminate(y); /* the root of a ball around 0 is not needed by anyone */
    } else if (arb_contains_negative(u)) {
        arb_neg(v, u);
        arb_root_ui(y, v, 3, p);
        arb_neg(y, y);
    } else {
        arb_root_ui(y, u, 3, p);
    }
    arb_clear(v);
}

/* f(1/u) */
static void ball_of_reciprocal(arb_t y, const arb_struct *u, slong p, void (*f)(arb_t, const arb_t, slong))
{
    arb_t v;
    arb_init(v);
    arb_inv(v, u, p);
    f(y, v, p);
    arb_clear(v);
}

BALL(asec)
{
    ball_of_reciprocal(y, u, p, arb_acos);
}

BALL(acsc)
{
    ball_of_reciprocal(y, u, p, arb_asin);
}

BALL(acot)
{
    ball_of_reciprocal(y, u, p, arb_atan);
}

BALL(asech)
{
    ball_of_reciprocal(y, u, p, arb_acosh);
}

BALL(acsch)
{
    ball_of_reciprocal(y, u, p, arb_asinh);
}

BALL(acoth)
{
    ball_of_reciprocal(y, u, p, arb_atanh);
}

BALL(lgamma) /* log |Γ(u)|, as in C */
{
    if (arb_is_positive(u)) {
        arb_lgamma(y, u, p);
        return;
    }
    arb_gamma(y, u, p);
    arb_abs(y, y);
    arb_log(y, y, p);
}

BALL(polygamma)
{
    acb_t s, z;
    acb_init(s);
    acb_init(z);
    acb_set_arb(s, u);
    acb_set_arb(z, u + 1);
    acb_polygamma(z, s, z, p);
    arb_set(y, acb_realref(z));
    acb_clear(s);
    acb_clear(z);
}

BALL(abs)
{
    (void)p;
    arb_abs(y, u);
}

BALL(sign)
{
    (void)p;
    if (arb_is_positive(u) || arb_is_negative(u) || arb_is_zero(u))
        arb_set_si(y, arb_is_zero(u) ? 0 : arb_is_positive(u) ? 1 : -1);
    else
        arb_indeterminate(y);
}

/* Keeps only a ball that is one number. */
static void only_exact(arb_t y)
{
    if (!arb_is_exact(y))
        arb_indeterminate(y);
}

BALL(floor)
{
    arb_floor(y, u, p);
    only_exact(y);
}

BALL(ceil)
{
    arb_ceil(y, u, p);
    only_exact(y);
}

BALL(min)
{
    arb_min(y, u, u + 1, p);
}

BALL(max)
{
    arb_max(y, u, u + 1, p);
}

BALL(clip)
{
    arb_t v; /* y may be one of the arguments */
    arb_init(v);
    arb_max(v, u, u + 1, p);
    arb_min(y, v, u + 2, p);
    arb_clear(v);
}

BALL(hypot)
{
    arb_hypot(y, u, u + 1, p);
}

BALL(sigmoid) /* 1 / (1 + exp(−u)) */
{
    arb_t v;
    arb_init(v);
    arb_neg(v, u);
    arb_exp(v, v, p);
    arb_add_ui(v, v, 1, p);
    arb_inv(y, v, p);
    arb_clear(v);
}

BALL(logit)
{
    arb_t v;
    arb_init(v);
    arb_sub_ui(v, u, 1, p);
    arb_neg(v, v);
    if (arb_is_positive(v) && arb_is_positive(u)) {
        arb_div(v, u, v, p);
        arb_log(y, v, p);
    } else {
        arb_indeterminate(y);
    }
    arb_clear(v);
}

BALL(softplus)
{
    arb_exp(y, u, p);
    arb_log1p(y, y, p);
}

BALL(logsigmoid)
{
    arb_neg(y, u);
    ball_softplus(y, y, p);
    arb_neg(y, y);
}

BALL(relu)
{
    arb_t zero;
    arb_init(zero);
    arb_max(y, u, zero, p);
    arb_clear(zero);
}

/* u > 0 ? u : f */
static void positive_or(arb_t y, const arb_t u, const arb_t f)
{
    if (arb_is_positive(u))
        arb_set(y, u);
    else if (arb_is_nonpositive(u))
        arb_set(y, f);
    else
        arb_indeterminate(y);
}

BALL(leaky_relu)
{
    arb_t v;
    arb_init(v);
    arb_mul(v, u, u + 1, p);
    positive_or(y, u, v);
    arb_clear(v);
}

BALL(elu)
{
    arb_t v;
    arb_init(v);
    arb_expm1(v, u, p);
    arb_mul(v, v, u + 1, p);
    positive_or(y, u, v);
    arb_clear(v);
}

/* erfc(√½) √e, of which both constants of selu are made (Klambauer and others 2017, appendix). */
static void selu_core(arb_t y, slong p)
{
    arb_t e;
    arb_init(e);
    arb_set_d(e, 0.5);
    arb_sqrt(y, e, p);
    arb_hypgeom_erfc(y, y, p);
    arb_exp(e, e, p);
    arb_mul(y, y, e, p);
    arb_clear(e);
}

BALL(selu_alpha) /* √(2/π) / (1 − c) with c = erfc(√½) √e */
{
    (void)u;
    arb_t c, v;
    arb_init(c);
    arb_init(v);
    selu_core(c, p);
    arb_sub_ui(c, c, 1, p);
    arb_neg(c, c);
    arb_const_pi(v, p);
    arb_ui_div(v, 2, v, p);
    arb_sqrt(v, v, p);
    arb_div(y, v, c, p);
    arb_clear(c);
    arb_clear(v);
}

BALL(selu_scale) /* (1 − c) √(2π) / √(2 erfc(√2) e² + π c² − 2(2 + π) c + π + 2) */
{
    (void)u;
    arb_t c, pi, s, t;
    arb_init(c);
    arb_init(pi);
    arb_init(s);
    arb_init(t);
    selu_core(c, p);
    arb_const_pi(pi, p);
    arb_set_ui(t, 2);
    arb_exp(s, t, p);
    arb_sqrt(t, t, p);
    arb_hypgeom_erfc(t, t, p);
    arb_mul(s, s, t, p);
    arb_mul_2exp_si(s, s, 1);
    arb_mul(t, c, c, p);
    arb_addmul(s, t, pi, p);
    arb_add_ui(t, pi, 2, p);
    arb_add(s, s, t, p);
    arb_mul(t, t, c, p);
    arb_mul_2exp_si(t, t, 1);
    arb_sub(s, s, t, p);
    arb_mul_2exp_si(t, pi, 1);
    arb_div(t, t, s, p);
    arb_sqrt(t, t, p);
    arb_sub_ui(c, c, 1, p);
    arb_neg(c, c);
    arb_mul(y, c, t, p);
    arb_clear(c);
    arb_clear(pi);
    arb_clear(s);
    arb_clear(t);
}

BALL(selu)
{
    arb_struct v[2];
    arb_t scale;
    arb_init(v);
    arb_init(v + 1);
    arb_init(scale);
    arb_set(v, u);
    ball_selu_alpha(v + 1, u, p);
    ball_elu(y, v, p);
    ball_selu_scale(scale, u, p);
    arb_mul(y, y, scale, p);
    arb_clear(v);
    arb_clear(v + 1);
    arb_clear(scale);
}

BALL(gelu) /* u (1 + erf(u/√2)) / 2 */
{
    arb_t v;
    arb_init(v);
    arb_sqrt_ui(v, 2, p);
    arb_div(v, u, v, p);
    arb_hypgeom_erf(v, v, p);
    arb_add_ui(v, v, 1, p);
    arb_mul(y, v, u, p);
    arb_mul_2exp_si(y, y, -1);
    arb_clear(v);
}

BALL(silu)
{
    arb_t v;
    arb_init(v);
    ball_sigmoid(v, u, p);
    arb_mul(y, v, u, p);
    arb_clear(v);
}

BALL(mish)
{
    arb_t v;
    arb_init(v);
    ball_softplus(v, u, p);
    arb_tanh(v, v, p);
    arb_mul(y, v, u, p);
    arb_clear(v);
}

BALL(softsign)
{
    arb_t v;
    arb_init(v);
    arb_abs(v, u);
    arb_add_ui(v, v, 1, p);
    arb_div(y, u, v, p);
    arb_clear(v);
}

/* lo <= u <= hi, else the nearer end */
static void clip_si(arb_t y, const arb_t u, slong lo, slong hi, slong p)
{
    arb_t v;
    arb_init(v);
    arb_set_si(v, lo);
    arb_max(y, u, v, p);
    arb_set_si(v, hi);
    arb_min(y, y, v, p);
    arb_clear(v);
}

BALL(hardtanh)
{
    clip_si(y, u, -1, 1, p);
}

BALL(hardsigmoid)
{
    arb_add_ui(y, u, 3, p);
    clip_si(y, y, 0, 6, p);
    arb_div_ui(y, y, 6, p);
}

BALL(stop)
{
    (void)p;
    arb_set(y, u);
}

BALL(and)
{
    arb_mul(y, u, u + 1, p);
}

BALL(or) /* u + v − uv */
{
    arb_t v;
    arb_init(v);
    arb_mul(v, u, u + 1, p);
    arb_add(y, u, u + 1, p);
    arb_sub(y, y, v, p);
    arb_clear(v);
}

BALL(not )
{
    arb_sub_ui(y, u, 1, p);
    arb_neg(y, y);
}

BALL(pi)
{
    (void)u;
    arb_const_pi(y, p);
}

BALL(e)
{
    (void)u;
    arb_const_e(y, p);
}

BALL(gamma)
{
    (void)u;
    arb_const_euler(y, p);
}

void ball_function(arb_t y, op o, const arb_struct *u, slong precision)
{
    static void (*const evaluate[])(arb_t, const arb_struct *, slong) = {
#define OP(id, name, arity, derivative, domain, kinks, c, latex, ball) ball_##ball,
#include "gen/dag/ops.def"
#undef OP
    };
    evaluate[o](y, u, precision);
}
