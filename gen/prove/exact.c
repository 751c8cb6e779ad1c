#include "gen/prove/exact.h"

#include <stdlib.h>

#include "gen/calculus/calculus.h"

#define MOST_NODES 80
#define MOST_DEPTH 4 /* names that are set to constants one after another */

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

static bool constant_function(constants *x, node n, ca_t out)
{
    op o = (op)dag_payload(x->s->d, n);
    if (o == OP_PI_CONST) {
        ca_pi(out, x->field);
        return true;
    }
    if (dag_count(x->s->d, n) != 1)
        return false;
    ca_t u;
    ca_init(u, x->field);
    bool good = constant(x, dag_child(x->s->d, n, 0), u);
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

bool exact_constants(session *s, node left, node right)
{
    if (!is_constant(s, left) || !is_constant(s, right))
        return false;
    ca_ctx_t field;
    ca_t a, b;
    ca_ctx_init(field);
    ca_init(a, field);
    ca_init(b, field);
    constants x = {.s = s, .field = field};
    bool good = constant(&x, left, a) && constant(&x, right, b);
    if (good) {
        ca_sub(a, a, b, field);
        good = ca_check_is_zero(a, field) == T_TRUE;
    }
    ca_clear(a, field);
    ca_clear(b, field);
    ca_ctx_clear(field);
    return good;
}

/* --- what is defined and smooth on a box --- */

/* The sign of a node wherever it is defined, from the facts about names alone. */
static int sign_of(session *s, node n)
{
    return normal_structural_sign(s, n);
}

static bool smooth(session *s, node n);

static bool smooth_function(session *s, node n)
{
    dag *d = s->d;
    node u = dag_count(d, n) ? dag_child(d, n, 0) : 0;
    switch ((op)dag_payload(d, n)) {
    case OP_EXP:
    case OP_SIN:
    case OP_COS:
    case OP_SINH:
    case OP_COSH:
    case OP_TANH:
    case OP_SECH:
    case OP_ASINH:
    case OP_ATAN:
    case OP_ERF:
    case OP_ERFC:
    case OP_SIGMOID:
    case OP_SOFTPLUS:
    case OP_LOGSIGMOID:
    case OP_SILU:
    case OP_GELU: return smooth(s, u);
    case OP_LOG:
    case OP_CBRT: return sign_of(s, u) == 1 && smooth(s, u);
    case OP_CSCH:
    case OP_COTH:
    case OP_ACOT: return abs(sign_of(s, u)) == 1 && smooth(s, u);
    case OP_ASIN:
    case OP_ACOS:
    case OP_ATANH: /* |tanh| < 1 */ return dag_kind(d, u) == NODE_FUN && dag_payload(d, u) == OP_TANH && smooth(s, u);
    case OP_PI_CONST:
    case OP_E_CONST: return true;
    default: return false;
    }
}

static bool smooth_power(session *s, node n)
{
    node base = dag_child(s->d, n, 0), exponent = dag_child(s->d, n, 1);
    if (!smooth(s, base) || !smooth(s, exponent))
        return false;
    int sign = sign_of(s, base);
    if (sign == 1)
        return true;
    const mpq_t *e = dag_kind(s->d, exponent) == NODE_NUMBER ? dag_value(s->d, exponent) : NULL;
    return e && mpz_cmp_ui(mpq_denref(*e), 1) == 0 && (mpq_sgn(*e) > 0 || sign == -1);
}

/* Defined and smooth at every point that the facts about single names allow, by its form alone. */
static bool smooth(session *s, node n)
{
    dag *d = s->d;
    switch (dag_kind(d, n)) {
    case NODE_NUMBER: return true;
    case NODE_ENTRY: {
        const int *equations;
        const model_var *v = &s->m->var[dag_payload(d, n)];
        return dag_count(d, n) == 0 && model_equations_of(s->m, dag_payload(d, n), &equations) == 0 && !v->integer && v->role != ROLE_SYSTEM;
    }
    case NODE_ADD:
    case NODE_MUL:
        for (int i = 0; i < dag_count(d, n); i++)
            if (!smooth(s, dag_child(d, n, i)))
                return false;
        return true;
    case NODE_POW: return smooth_power(s, n);
    case NODE_FUN: return smooth_function(s, n);
    default: return false;
    }
}

/* --- derivative and constant --- */

/* A scalar name of the sides whose values fill an interval; 0: none. */
static bool find_leaf(void *context, node n)
{
    session *s = ((void **)context)[0];
    node *leaf = ((void **)context)[1];
    if (dag_kind(s->d, n) == NODE_ENTRY && !*leaf)
        *leaf = n;
    return *leaf == 0;
}

/* A value inside the bounds of a name: number k of a few. */
static bool inside(session *s, node leaf, int k, node *out)
{
    static const int top[] = {1, 0, -1, 2, 1, -1, 3, -2}, bottom[] = {1, 1, 1, 1, 2, 2, 1, 1};
    int v = dag_payload(s->d, leaf);
    fmpq_t q;
    fmpq_init(q);
    fmpq_set_si(q, top[k], (ulong)bottom[k]);
    bool good = true;
    if (session_is_fact(s, v)) {
        const name_fact *f = &s->fact[v];
        good = !session_has_few(f) && (!f->has_lo || fmpq_cmp(q, &f->lo) > 0) && (!f->has_hi || fmpq_cmp(q, &f->hi) < 0);
    }
    *out = dag_ratio(s->d, top[k], bottom[k]);
    fmpq_clear(q);
    return good;
}

static bool equal_at_one_value(session *s, const ladder_question *q, node leaf, int depth);

static bool equal_on_box(session *s, const ladder_question *q, int depth)
{
    ladder_answer a = {0};
    if (exact_constants(s, q->left, q->right))
        return true;
    ladder_prove(s, q, &a);
    if (a.proved)
        return true;
    node leaf = 0;
    dag_visit(s->d, q->left, find_leaf, (void *[]){s, &leaf});
    dag_visit(s->d, q->right, find_leaf, (void *[]){s, &leaf});
    if (!leaf || depth == MOST_DEPTH)
        return false;
    ladder_question slope = {.work_limit = q->work_limit};
    slope.left = calculus_partial(s->m, q->left, leaf, (span){0});
    slope.right = calculus_partial(s->m, q->right, leaf, (span){0});
    if (!slope.left || !slope.right)
        return false;
    ladder_prove(s, &slope, &a);
    return a.proved && equal_at_one_value(s, q, leaf, depth);
}

/* A box is connected along each axis: with a derivative of 0 one value decides for all. */
static bool equal_at_one_value(session *s, const ladder_question *q, node leaf, int depth)
{
    node value;
    for (int k = 0; k < 8; k++)
        if (inside(s, leaf, k, &value)) {
            ladder_question at = *q;
            at.left = dag_substitute(s->d, q->left, 1, &leaf, &value, true);
            at.right = dag_substitute(s->d, q->right, 1, &leaf, &value, true);
            if (equal_on_box(s, &at, depth + 1))
                return true;
        }
    return false;
}

static bool by_derivative(session *s, const ladder_question *q)
{
    return s->rule_count == 0 && !q->derivative && smooth(s, q->left) && smooth(s, q->right) && equal_on_box(s, q, 0);
}

/* --- squares --- */

/* Two numbers >= 0 with equal squares are equal. */
static bool by_squares(session *s, const ladder_question *q)
{
    dag *d = s->d;
    if (sign_of(s, q->left) <= 0 || sign_of(s, q->right) <= 0 || q->derivative)
        return false;
    node two = dag_int(d, 2);
    ladder_question squares = {.left = dag_pow(d, q->left, two), .right = dag_pow(d, q->right, two), .work_limit = q->work_limit};
    ladder_answer a;
    ladder_prove(s, &squares, &a);
    return a.proved;
}

void exact_prove(session *s, const ladder_question *q, ladder_answer *out)
{
    const char *method = exact_constants(s, q->left, q->right) ? "constants" : by_squares(s, q) ? "squares" : by_derivative(s, q) ? "derivative" : NULL;
    if (!method)
        return;
    *out = (ladder_answer){.proved = true, .method = method};
}
