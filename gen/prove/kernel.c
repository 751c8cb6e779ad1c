/* What the normal form knows of each row of ops.def. A row without an entry stays opaque: an atom of its canonical arguments. */
#include "gen/prove/kernel.h"
#include "gen/dag/ops.h"

#define ARGUMENTS 3

typedef bool (*kernel)(normal *c, op o, const rational *u, rational *out);

rational *kernel_open(scratch *s, normal *c)
{
    s->c = c;
    for (int i = 0; i < 6; i++)
        rational_init(c, &s->value[i]);
    return s->value;
}

bool kernel_close(scratch *s, bool good)
{
    for (int i = 0; i < 6; i++)
        rational_clear(s->c, &s->value[i]);
    return good;
}

/* o(u…) as an atom. */
static bool opaque(normal *c, op o, const rational *u, int count, rational *out)
{
    node argument[ARGUMENTS];
    for (int i = 0; i < count; i++) {
        argument[i] = normal_node(c, &u[i]);
        if (!argument[i])
            return false;
    }
    return normal_atom(c, dag_raw_fun(c->d, o, count, argument), out);
}

static bool is_negative(normal *c, const rational *u)
{
    return normal_negative(c, fmpz_mpoly_q_numref(u));
}

static bool negate(normal *c, rational *q)
{
    fmpz_mpoly_q_neg(q, q, c->ring);
    return true;
}

static bool one_minus(normal *c, rational *q)
{
    fmpz_mpoly_q_neg(q, q, c->ring);
    fmpz_mpoly_q_add_si(q, q, 1, c->ring);
    return true;
}

bool kernel_add_one(normal *c, rational *out, const rational *u)
{
    fmpz_mpoly_q_add_si(out, u, 1, c->ring);
    return true;
}

bool kernel_times(normal *c, rational *q, slong numerator, slong denominator)
{
    fmpz_mpoly_q_mul_si(q, q, numerator, c->ring);
    fmpz_mpoly_q_div_si(q, q, denominator, c->ring);
    return true;
}

/* asin 1, asin ½ and atan 1 are parts of π. */
static bool special_angle(normal *c, op o, const rational *u, bool *done, rational *out)
{
    static const struct {
        op o;
        ulong bottom; /* at 1/bottom */
        slong part;   /* it is π/part */
    } list[] = {{OP_ASIN, 1, 2}, {OP_ASIN, 2, 6}, {OP_ATAN, 1, 4}};
    bool good = true;
    *done = false;
    for (int i = 0; i < 3 && !*done && fmpz_mpoly_is_one(fmpz_mpoly_q_numref(u), c->ring); i++) {
        *done = list[i].o == o && fmpz_mpoly_equal_ui(fmpz_mpoly_q_denref(u), list[i].bottom, c->ring);
        if (*done)
            good = normal_atom(c, dag_raw_fun(c->d, OP_PI_CONST, 0, NULL), out) && kernel_times(c, out, 1, list[i].part);
    }
    return good;
}

/* f(−u) = −f(u) */
static bool kernel_odd(normal *c, op o, const rational *u, rational *out)
{
    rational t;
    rational_init(c, &t);
    fmpz_mpoly_q_set(&t, u, c->ring);
    if (fmpz_mpoly_q_is_zero(u, c->ring)) {
        fmpz_mpoly_q_zero(out, c->ring);
        rational_clear(c, &t);
        return true;
    }
    bool negative = is_negative(c, u), done = false, good = (!negative || negate(c, &t)) && special_angle(c, o, &t, &done, out);
    good = good && (done || opaque(c, o, &t, 1, out)) && (!negative || negate(c, out));
    rational_clear(c, &t);
    return good;
}

static bool kernel_exp(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    return normal_exp(c, u, out);
}

bool kernel_expm1(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    if (!normal_exp(c, u, out))
        return false;
    fmpz_mpoly_q_sub_si(out, out, 1, c->ring);
    return true;
}

static bool kernel_log(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    return normal_note_sign(c, u, 1) && normal_log(c, u, out);
}

/* log u / log base */
static bool log_to_base(normal *c, slong base, const rational *u, rational *out)
{
    scratch s;
    rational *v = kernel_open(&s, c);
    bool good = rational_set_si(c, &v[0], base, 1) && normal_log(c, &v[0], &v[1]) && kernel_log(c, OP_LOG, u, &v[2]) && rational_div(c, out, &v[2], &v[1]);
    return kernel_close(&s, good);
}

static bool kernel_log2(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    return log_to_base(c, 2, u, out);
}

static bool kernel_log10(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    return log_to_base(c, 10, u, out);
}

static bool kernel_log1p(normal *c, op o, const rational *u, rational *out)
{
    scratch s;
    rational *v = kernel_open(&s, c);
    return kernel_close(&s, kernel_add_one(c, &v[0], u) && kernel_log(c, o, &v[0], out));
}

static bool kernel_cbrt(normal *c, op o, const rational *u, rational *out) /* s(u)·|u|^(1/3) */
{
    (void)o;
    scratch s;
    rational *v = kernel_open(&s, c);
    if (normal_sign(c, fmpz_mpoly_q_numref(u)) > 0 && normal_sign(c, fmpz_mpoly_q_denref(u)) > 0)
        return kernel_close(&s, normal_root(c, u, 1, 3, out));
    bool good = normal_sign_of(c, u, &v[0]);
    c->quiet++; /* the root of |u|, which says nothing about the sign of u */
    good = good && normal_root(c, u, 1, 3, &v[2]);
    c->quiet--;
    return kernel_close(&s, good && rational_mul(c, out, &v[2], &v[0]));
}

/* --- trigonometry --- */

static bool kernel_sin(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    scratch s;
    rational *v = kernel_open(&s, c);
    return kernel_close(&s, normal_angle(c, u, out, &v[0]));
}

static bool kernel_cos(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    scratch s;
    rational *v = kernel_open(&s, c);
    return kernel_close(&s, normal_angle(c, u, &v[0], out));
}

static bool kernel_tan(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    scratch s;
    rational *v = kernel_open(&s, c);
    return kernel_close(&s, normal_angle(c, u, &v[0], &v[1]) && rational_div(c, out, &v[0], &v[1]));
}

static bool kernel_cot(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    scratch s;
    rational *v = kernel_open(&s, c);
    return kernel_close(&s, normal_angle(c, u, &v[0], &v[1]) && rational_div(c, out, &v[1], &v[0]));
}

static bool reciprocal(normal *c, const rational *u, rational *out)
{
    return rational_pow(c, out, u, -1);
}

static bool kernel_sec(normal *c, op o, const rational *u, rational *out)
{
    return kernel_cos(c, o, u, out) && reciprocal(c, out, out);
}

static bool kernel_csc(normal *c, op o, const rational *u, rational *out)
{
    return kernel_sin(c, o, u, out) && reciprocal(c, out, out);
}

static bool kernel_acos(normal *c, op o, const rational *u, rational *out) /* π/2 − asin u */
{
    (void)o;
    scratch s;
    rational *v = kernel_open(&s, c);
    bool good = normal_atom(c, dag_raw_fun(c->d, OP_PI_CONST, 0, NULL), &v[0]) && kernel_times(c, &v[0], 1, 2) && kernel_odd(c, OP_ASIN, u, &v[1]);
    return kernel_close(&s, good && rational_sub(c, out, &v[0], &v[1]));
}

static bool kernel_asec(normal *c, op o, const rational *u, rational *out)
{
    scratch s;
    rational *v = kernel_open(&s, c);
    return kernel_close(&s, reciprocal(c, u, &v[0]) && kernel_acos(c, o, &v[0], out));
}

static bool kernel_acsc(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    scratch s;
    rational *v = kernel_open(&s, c);
    return kernel_close(&s, reciprocal(c, u, &v[0]) && kernel_odd(c, OP_ASIN, &v[0], out));
}

static bool kernel_acot(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    scratch s;
    rational *v = kernel_open(&s, c);
    return kernel_close(&s, reciprocal(c, u, &v[0]) && kernel_odd(c, OP_ATAN, &v[0], out));
}

/* --- hyperbolic functions and activations through e = exp u --- */

/* (a e² + b) / (p e² + q), and its e-fold */
static bool exponential_ratio(normal *c, const rational *u, slong a, slong b, slong p, slong q, bool times_e, rational *out)
{
    scratch s;
    rational *v = kernel_open(&s, c);
    bool good = normal_exp(c, u, &v[0]) && rational_mul(c, &v[1], &v[0], &v[0]);
    if (good) {
        fmpz_mpoly_q_mul_si(&v[2], &v[1], a, c->ring);
        fmpz_mpoly_q_add_si(&v[2], &v[2], b, c->ring);
        fmpz_mpoly_q_mul_si(&v[3], &v[1], p, c->ring);
        fmpz_mpoly_q_add_si(&v[3], &v[3], q, c->ring);
        good = (!times_e || rational_mul(c, &v[2], &v[2], &v[0])) && rational_div(c, out, &v[2], &v[3]);
    }
    return kernel_close(&s, good);
}

static bool kernel_tanh(normal *c, op o, const rational *u, rational *out)
{
    return c->o.full ? exponential_ratio(c, u, 1, -1, 1, 1, false, out) : kernel_odd(c, o, u, out);
}

static bool kernel_coth(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    return kernel_tanh(c, OP_TANH, u, out) && reciprocal(c, out, out);
}

static bool kernel_sech(normal *c, op o, const rational *u, rational *out) /* 2e / (e² + 1) */
{
    (void)o;
    return exponential_ratio(c, u, 0, 2, 1, 1, true, out);
}

static bool kernel_csch(normal *c, op o, const rational *u, rational *out) /* 2e / (e² − 1) */
{
    (void)o;
    return exponential_ratio(c, u, 0, 2, 1, -1, true, out);
}

/* (e ± 1/e)/2 */
static bool half_sum(normal *c, const rational *u, slong sign, rational *out)
{
    scratch s;
    rational *v = kernel_open(&s, c);
    bool good = normal_exp(c, u, &v[0]) && reciprocal(c, &v[0], &v[1]) && kernel_times(c, &v[1], sign, 1) && rational_add(c, out, &v[0], &v[1]);
    return kernel_close(&s, good && kernel_times(c, out, 1, 2));
}

static bool kernel_sinh(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    return half_sum(c, u, -1, out);
}

static bool kernel_cosh(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    return half_sum(c, u, 1, out);
}

static bool kernel_sigmoid(normal *c, op o, const rational *u, rational *out)
{
    scratch s;
    rational *v = kernel_open(&s, c);
    bool good;
    if (c->o.full) {
        good = normal_exp(c, u, &v[0]) && kernel_add_one(c, &v[1], &v[0]) && rational_div(c, out, &v[0], &v[1]);
    } else { /* σ(−u) = 1 − σ(u) */
        bool negative = is_negative(c, u);
        fmpz_mpoly_q_set(&v[0], u, c->ring);
        good = (!negative || negate(c, &v[0])) && opaque(c, o, &v[0], 1, out) && (!negative || one_minus(c, out));
    }
    return kernel_close(&s, good);
}

static bool kernel_softplus(normal *c, op o, const rational *u, rational *out)
{
    if (!c->o.full)
        return opaque(c, o, u, 1, out);
    scratch s;
    rational *v = kernel_open(&s, c);
    return kernel_close(&s, normal_exp(c, u, &v[0]) && kernel_add_one(c, &v[1], &v[0]) && normal_log(c, &v[1], out));
}

static bool kernel_logsigmoid(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    scratch s;
    rational *v = kernel_open(&s, c);
    fmpz_mpoly_q_neg(&v[0], u, c->ring);
    return kernel_close(&s, kernel_softplus(c, OP_SOFTPLUS, &v[0], out) && negate(c, out));
}

static bool kernel_logit(normal *c, op o, const rational *u, rational *out)
{
    scratch s;
    rational *v = kernel_open(&s, c);
    fmpz_mpoly_q_set(&v[0], u, c->ring);
    one_minus(c, &v[0]);
    bool good = kernel_log(c, o, u, &v[1]) && kernel_log(c, o, &v[0], &v[2]);
    return kernel_close(&s, good && rational_sub(c, out, &v[1], &v[2]));
}

/* log(u + √(u² + k)) */
static bool log_of_root(normal *c, const rational *u, slong k, rational *out)
{
    scratch s;
    rational *v = kernel_open(&s, c);
    bool good = rational_mul(c, &v[0], u, u);
    if (good) {
        fmpz_mpoly_q_add_si(&v[0], &v[0], k, c->ring);
        good = normal_root(c, &v[0], 1, 2, &v[1]) && rational_add(c, &v[2], u, &v[1]) && normal_log(c, &v[2], out);
    }
    return kernel_close(&s, good);
}

static bool kernel_asinh(normal *c, op o, const rational *u, rational *out)
{
    return c->o.full ? log_of_root(c, u, 1, out) : kernel_odd(c, o, u, out);
}

static bool kernel_acosh(normal *c, op o, const rational *u, rational *out)
{
    if (!c->o.full)
        return opaque(c, o, u, 1, out);
    scratch s;
    rational *v = kernel_open(&s, c);
    fmpz_mpoly_q_sub_si(&v[0], u, 1, c->ring);
    return kernel_close(&s, normal_note_sign(c, &v[0], 2) && log_of_root(c, u, -1, out));
}

static bool kernel_atanh(normal *c, op o, const rational *u, rational *out) /* ½ log((1 + u)/(1 − u)) */
{
    if (!c->o.full)
        return kernel_odd(c, o, u, out);
    scratch s;
    rational *v = kernel_open(&s, c);
    kernel_add_one(c, &v[0], u);
    fmpz_mpoly_q_set(&v[1], u, c->ring);
    one_minus(c, &v[1]);
    bool good = rational_mul(c, &v[4], &v[0], &v[1]) && normal_note_sign(c, &v[4], 1) && normal_log(c, &v[0], &v[2]) && normal_log(c, &v[1], &v[3]);
    good = good && rational_sub(c, out, &v[2], &v[3]) && kernel_times(c, out, 1, 2);
    return kernel_close(&s, good);
}

static bool kernel_silu(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    scratch s;
    rational *v = kernel_open(&s, c);
    return kernel_close(&s, kernel_sigmoid(c, OP_SIGMOID, u, &v[0]) && rational_mul(c, out, u, &v[0]));
}

static bool kernel_mish(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    scratch s;
    rational *v = kernel_open(&s, c);
    bool good = kernel_softplus(c, OP_SOFTPLUS, u, &v[0]) && kernel_tanh(c, OP_TANH, &v[0], &v[1]);
    return kernel_close(&s, good && rational_mul(c, out, u, &v[1]));
}

static bool kernel_erfc(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    return kernel_odd(c, OP_ERF, u, out) && one_minus(c, out);
}

static bool kernel_gelu(normal *c, op o, const rational *u, rational *out) /* u (1 + erf(u/√2))/2 */
{
    (void)o;
    scratch s;
    rational *v = kernel_open(&s, c);
    bool good =
        rational_set_si(c, &v[0], 2, 1) && normal_root(c, &v[0], 1, 2, &v[1]) && rational_div(c, &v[2], u, &v[1]) && kernel_odd(c, OP_ERF, &v[2], &v[3]);
    good = good && kernel_add_one(c, &v[3], &v[3]) && rational_mul(c, out, u, &v[3]) && kernel_times(c, out, 1, 2);
    return kernel_close(&s, good);
}

static bool kernel_stop(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    fmpz_mpoly_q_set(out, u, c->ring);
    return true;
}

static bool kernel_and(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    return rational_mul(c, out, u, u + 1);
}

static bool kernel_or(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    scratch s;
    rational *v = kernel_open(&s, c);
    return kernel_close(&s, rational_mul(c, &v[0], u, u + 1) && rational_add(c, &v[1], u, u + 1) && rational_sub(c, out, &v[1], &v[0]));
}

static bool kernel_not(normal *c, op o, const rational *u, rational *out)
{
    (void)o;
    fmpz_mpoly_q_set(out, u, c->ring);
    return one_minus(c, out);
}

static bool kernel_e(normal *c, op o, const rational *u, rational *out)
{
    (void)o, (void)u;
    scratch s;
    rational *v = kernel_open(&s, c);
    fmpz_mpoly_q_one(&v[0], c->ring);
    return kernel_close(&s, normal_exp(c, &v[0], out));
}

static const kernel kernels[OP_COUNT] = {
    [OP_EXP] = kernel_exp,
    [OP_EXPM1] = kernel_expm1,
    [OP_LOG] = kernel_log,
    [OP_LOG2] = kernel_log2,
    [OP_LOG10] = kernel_log10,
    [OP_LOG1P] = kernel_log1p,
    [OP_CBRT] = kernel_cbrt,
    [OP_SIN] = kernel_sin,
    [OP_COS] = kernel_cos,
    [OP_TAN] = kernel_tan,
    [OP_COT] = kernel_cot,
    [OP_SEC] = kernel_sec,
    [OP_CSC] = kernel_csc,
    [OP_ASIN] = kernel_odd,
    [OP_ACOS] = kernel_acos,
    [OP_ATAN] = kernel_odd,
    [OP_ASEC] = kernel_asec,
    [OP_ACSC] = kernel_acsc,
    [OP_ACOT] = kernel_acot,
    [OP_SINH] = kernel_sinh,
    [OP_COSH] = kernel_cosh,
    [OP_TANH] = kernel_tanh,
    [OP_SECH] = kernel_sech,
    [OP_CSCH] = kernel_csch,
    [OP_COTH] = kernel_coth,
    [OP_ASINH] = kernel_asinh,
    [OP_ACOSH] = kernel_acosh,
    [OP_ATANH] = kernel_atanh,
    [OP_ERF] = kernel_odd,
    [OP_ERFC] = kernel_erfc,
    [OP_ERFI] = kernel_odd,
    [OP_LGAMMA] = kernel_gamma,
    [OP_DIGAMMA] = kernel_gamma,
    [OP_FLOOR] = kernel_floor,
    [OP_CEIL] = kernel_ceil,
    [OP_ABS] = kernel_abs,
    [OP_SIGN] = kernel_sign,
    [OP_MIN] = kernel_min,
    [OP_MAX] = kernel_max,
    [OP_CLIP] = kernel_clip,
    [OP_HYPOT] = kernel_hypot,
    [OP_SIGMOID] = kernel_sigmoid,
    [OP_LOGIT] = kernel_logit,
    [OP_SOFTPLUS] = kernel_softplus,
    [OP_LOGSIGMOID] = kernel_logsigmoid,
    [OP_RELU] = kernel_relu,
    [OP_LEAKY_RELU] = kernel_leaky_relu,
    [OP_ELU] = kernel_elu,
    [OP_SELU] = kernel_selu,
    [OP_GELU] = kernel_gelu,
    [OP_SILU] = kernel_silu,
    [OP_MISH] = kernel_mish,
    [OP_SOFTSIGN] = kernel_softsign,
    [OP_HARDTANH] = kernel_hardtanh,
    [OP_HARDSIGMOID] = kernel_hardsigmoid,
    [OP_STOP] = kernel_stop,
    [OP_AND] = kernel_and,
    [OP_OR] = kernel_or,
    [OP_NOT] = kernel_not,
    [OP_E_CONST] = kernel_e,
};

bool normal_function(normal *c, node n, rational *out)
{
    op o = (op)dag_payload(c->d, n);
    int count = dag_count(c->d, n);
    rational u[ARGUMENTS];
    bool good = count <= ARGUMENTS;
    for (int i = 0; i < ARGUMENTS; i++)
        rational_init(c, &u[i]);
    for (int i = 0; i < count && good; i++) { /* a second operand of `and` may not be looked at */
        bool branch = i > 0 && (o == OP_AND || o == OP_OR);
        normal_scope before = branch ? normal_enter_branch(c) : (normal_scope){0};
        good = normal_form(c, dag_child(c->d, n, i), &u[i]);
        if (branch)
            normal_leave(c, before);
    }
    if (good)
        good = kernels[o] ? kernels[o](c, o, u, out) : opaque(c, o, u, count, out);
    for (int i = 0; i < ARGUMENTS; i++)
        rational_clear(c, &u[i]);
    return good;
}
