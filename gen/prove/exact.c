#include "gen/prove/exact.h"

#include <stdlib.h>

#include "gen/prove/algebraic.h"
#include "gen/prove/component.h"
#include "gen/prove/trace.h"

#define MOST_NODES  80  /* of both sides */
#define MOST_DEGREE 120 /* of algebraic numbers */
#define MOST_BITS   4096

/* --- exact constants --- */

typedef struct {
    session *s;
    ca_ctx_struct *field;
    int nodes;
} constants;

static bool constant(constants *x, node n, ca_t out);

static bool constant_number(constants *x, node n, ca_t out)
{
    fmpq_t q;
    fmpq_init(q);
    fmpq_set_mpq(q, *dag_value(x->s->d, n));
    ca_set_fmpq(out, q, x->field);
    fmpq_clear(q);
    return true;
}

/* Sums and products. */
static bool constant_fold(constants *x, node n, bool product, ca_t out)
{
    ca_t t;
    bool good = true;
    ca_init(t, x->field);
    ca_set_si(out, product, x->field);
    for (int i = 0; i < dag_count(x->s->d, n) && good; i++) {
        good = constant(x, dag_child(x->s->d, n, i), t);
        if (product)
            ca_mul(out, out, t, x->field);
        else
            ca_add(out, out, t, x->field);
    }
    ca_clear(t, x->field);
    return good;
}

/* b^e: the base is > 0, or the exponent an integer, or the value would not be real. */
static bool constant_power(constants *x, node n, ca_t out)
{
    ca_t base, exponent;
    ca_init(base, x->field);
    ca_init(exponent, x->field);
    bool good = constant(x, dag_child(x->s->d, n, 0), base) && constant(x, dag_child(x->s->d, n, 1), exponent);
    if (good)
        ca_pow(out, base, exponent, x->field);
    ca_clear(base, x->field);
    ca_clear(exponent, x->field);
    return good;
}

/* The real cube root of u. */
static bool constant_cbrt(constants *x, ca_t u, ca_t out)
{
    ca_t zero, third;
    fmpq_t q;
    ca_init(zero, x->field);
    ca_init(third, x->field);
    fmpq_init(q);
    fmpq_set_si(q, 1, 3);
    ca_set_fmpq(third, q, x->field);
    truth_t positive = ca_check_gt(u, zero, x->field), negative = ca_check_lt(u, zero, x->field);
    if (negative == T_TRUE)
        ca_neg(u, u, x->field);
    ca_pow(out, u, third, x->field);
    if (negative == T_TRUE)
        ca_neg(out, out, x->field);
    fmpq_clear(q);
    ca_clear(zero, x->field);
    ca_clear(third, x->field);
    return positive == T_TRUE || negative == T_TRUE;
}

/* (e − k/e)/2 with e = exp u; tanh as their quotient. */
static void constant_hyperbolic(constants *x, const ca_t u, bool sine, bool cosine, ca_t out)
{
    ca_t e, inverse, t;
    ca_init(e, x->field);
    ca_init(inverse, x->field);
    ca_init(t, x->field);
    ca_exp(e, u, x->field);
    ca_inv(inverse, e, x->field);
    ca_add(t, e, inverse, x->field);
    ca_sub(out, e, inverse, x->field);
    if (sine && cosine)
        ca_div(out, out, t, x->field);
    else
        ca_div_ui(out, sine ? out : t, 2, x->field);
    ca_clear(e, x->field);
    ca_clear(inverse, x->field);
    ca_clear(t, x->field);
}

/* log(u + √(u² + k)) */
static void constant_log_of_root(constants *x, const ca_t u, slong k, ca_t out)
{
    ca_t t;
    ca_init(t, x->field);
    ca_mul(t, u, u, x->field);
    ca_add_si(t, t, k, x->field);
    ca_sqrt(t, t, x->field);
    ca_add(t, t, u, x->field);
    ca_log(out, t, x->field);
    ca_clear(t, x->field);
}

/* ½ log((1 + u)/(1 − u)) */
static void constant_atanh(constants *x, const ca_t u, ca_t out)
{
    ca_t a, b;
    ca_init(a, x->field);
    ca_init(b, x->field);
    ca_add_si(a, u, 1, x->field);
    ca_neg(b, u, x->field);
    ca_add_si(b, b, 1, x->field);
    ca_div(a, a, b, x->field);
    ca_log(a, a, x->field);
    ca_div_ui(out, a, 2, x->field);
    ca_clear(a, x->field);
    ca_clear(b, x->field);
}

/* The sign of u; false: it cannot be told. */
static bool sign_of(constants *x, const ca_t u, int *sign)
{
    ca_t zero;
    ca_init(zero, x->field);
    truth_t positive = ca_check_gt(u, zero, x->field), negative = ca_check_lt(u, zero, x->field), none = ca_check_is_zero(u, x->field);
    *sign = positive == T_TRUE ? 1 : negative == T_TRUE ? -1 : 0;
    ca_clear(zero, x->field);
    return *sign || none == T_TRUE;
}

/* sign u, |u| or relu u */
static bool constant_sign(constants *x, const ca_t u, op o, ca_t out)
{
    int sign;
    bool good = sign_of(x, u, &sign);
    ca_set_si(out, o == OP_RELU ? sign > 0 : sign, x->field);
    if (o != OP_SIGN)
        ca_mul(out, out, u, x->field);
    return good;
}

/* max or min of two numbers */
static bool constant_extreme(constants *x, node n, ca_t out)
{
    ca_t v, difference;
    int sign = 0;
    ca_init(v, x->field);
    ca_init(difference, x->field);
    bool good = constant(x, dag_child(x->s->d, n, 0), out) && constant(x, dag_child(x->s->d, n, 1), v);
    if (good) {
        ca_sub(difference, out, v, x->field);
        good = sign_of(x, difference, &sign);
    }
    if (good && (dag_payload(x->s->d, n) == OP_MAX) == (sign < 0))
        ca_set(out, v, x->field);
    ca_clear(v, x->field);
    ca_clear(difference, x->field);
    return good;
}

/* f(1/u) */
static op of_reciprocal(op o)
{
    switch (o) {
    case OP_ACOT: return OP_ATAN;
    case OP_ASEC: return OP_ACOS;
    case OP_ACSC: return OP_ASIN;
    case OP_ACOTH: return OP_ATANH;
    case OP_ACSCH: return OP_ASINH;
    case OP_ASECH: return OP_ACOSH;
    default: return OP_COUNT;
    }
}

static bool constant_function(constants *x, node n, ca_t out)
{
    op o = (op)dag_payload(x->s->d, n);
    if (o == OP_PI_CONST) {
        ca_pi(out, x->field);
        return true;
    }
    if ((o == OP_MAX || o == OP_MIN) && dag_count(x->s->d, n) == 2)
        return constant_extreme(x, n, out);
    if (dag_count(x->s->d, n) != 1)
        return false;
    ca_t u;
    ca_init(u, x->field);
    bool good = constant(x, dag_child(x->s->d, n, 0), u);
    if (good && of_reciprocal(o) != OP_COUNT) {
        ca_inv(u, u, x->field);
        o = of_reciprocal(o);
    }
    if (good) {
        switch (o) {
        case OP_EXP: ca_exp(out, u, x->field); break;
        case OP_LOG: ca_log(out, u, x->field); break;
        case OP_SIN: ca_sin_cos(out, NULL, u, x->field); break;
        case OP_COS: ca_sin_cos(NULL, out, u, x->field); break;
        case OP_TAN: ca_tan(out, u, x->field); break;
        case OP_ATAN: ca_atan(out, u, x->field); break;
        case OP_ASIN: ca_asin(out, u, x->field); break;
        case OP_ACOS: ca_acos(out, u, x->field); break;
        case OP_CBRT: good = constant_cbrt(x, u, out); break;
        case OP_SINH: constant_hyperbolic(x, u, true, false, out); break;
        case OP_COSH: constant_hyperbolic(x, u, false, true, out); break;
        case OP_TANH: constant_hyperbolic(x, u, true, true, out); break;
        case OP_ASINH: constant_log_of_root(x, u, 1, out); break;
        case OP_ACOSH: constant_log_of_root(x, u, -1, out); break;
        case OP_ATANH: constant_atanh(x, u, out); break;
        case OP_SIGN:
        case OP_ABS:
        case OP_RELU: good = constant_sign(x, u, o, out); break;
        default: good = false;
        }
    }
    ca_clear(u, x->field);
    return good;
}

static bool constant(constants *x, node n, ca_t out)
{
    if (++x->nodes > MOST_NODES)
        return false;
    switch (dag_kind(x->s->d, n)) {
    case NODE_NUMBER: return constant_number(x, n, out);
    case NODE_ADD: return constant_fold(x, n, false, out);
    case NODE_MUL: return constant_fold(x, n, true, out);
    case NODE_POW: return constant_power(x, n, out);
    case NODE_FUN: return constant_function(x, n, out);
    default: return false;
    }
}

static bool is_constant(session *s, node n)
{
    return !dag_has_kind(s->d, n, NODE_ENTRY) && !dag_has_kind(s->d, n, NODE_SIZE) && !dag_has_kind(s->d, n, NODE_INDEX) &&
           !dag_has_kind(s->d, n, NODE_REDUCE) && !dag_has_kind(s->d, n, NODE_APPLY);
}

/* UNKNOWN: there is a function that is not known here, or the budget of the library is used up. */
static truth_t compare_constants(session *s, node left, node right)
{
    ca_ctx_t field;
    ca_t a, b;
    ca_ctx_init(field);
    ca_ctx_set_option(field, CA_OPT_QQBAR_DEG_LIMIT, MOST_DEGREE);
    ca_ctx_set_option(field, CA_OPT_PREC_LIMIT, MOST_BITS);
    ca_init(a, field);
    ca_init(b, field);
    constants x = {.s = s, .field = field};
    truth_t equal = T_UNKNOWN;
    if (constant(&x, left, a) && constant(&x, right, b)) {
        ca_sub(a, a, b, field);
        equal = ca_check_is_zero(a, field);
    }
    ca_clear(a, field);
    ca_clear(b, field);
    ca_ctx_clear(field);
    return equal == T_UNKNOWN && algebraic_equal(s, left, right) ? T_TRUE : equal;
}

bool exact_constants(session *s, node left, node right)
{
    return is_constant(s, left) && is_constant(s, right) && compare_constants(s, left, right) == T_TRUE;
}

/* The same as a rung. */
static bool by_constants(session *s, const ladder_question *q, ladder_answer *out)
{
    if (!is_constant(s, q->left) || !is_constant(s, q->right))
        return false;
    truth_t equal = compare_constants(s, q->left, q->right);
    out->spent |= equal == T_UNKNOWN ? RUNG_EXACT : 0;
    trace_note(s->trace, "exact constants", "%s", equal == T_TRUE ? "equal" : equal == T_FALSE ? "not equal" : "out of budget");
    return equal == T_TRUE;
}

/* --- squares --- */

/* Two numbers >= 0 with equal squares are equal. */
static bool by_squares(session *s, const ladder_question *q)
{
    dag *d = s->d;
    if (normal_structural_sign(s, q->left) <= 0 || normal_structural_sign(s, q->right) <= 0 || q->derivative)
        return false;
    node two = dag_int(d, 2);
    ladder_question squares = {.left = dag_pow(d, q->left, two), .right = dag_pow(d, q->right, two), .work_limit = q->work_limit, .allowance = q->allowance};
    ladder_answer a;
    ladder_prove(s, &squares, &a);
    return a.proved;
}

void exact_prove(session *s, const ladder_question *q, ladder_answer *out)
{
    const char *method = by_constants(s, q, out) ? "constants" : by_squares(s, q) ? "squares" : NULL;
    if (method)
        *out = (ladder_answer){.proved = true, .method = method};
    else
        component_prove(s, q, out);
}
