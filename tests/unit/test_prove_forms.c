/* Two routes to one value: every evaluator against the C library, and random expressions against their normal forms. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gen/dag/ops.h"
#include "gen/prove/ball.h"
#include "gen/prove/ball_ops.h"
#include "gen/prove/normal.h"
#include "sheet.h"

/* --- evaluators --- */

static double sigmoid(double u)
{
    return 1 / (1 + exp(-u));
}

static double erfi_series(double u)
{
    double term = u, sum = u;
    for (int k = 1; k < 200; k++) {
        term *= u * u / k;
        sum += term / (2 * k + 1);
    }
    return sum * 2 / sqrt(acos(-1.0));
}

/* ψ⁽ⁿ⁾ by its series, slow but independent. */
static double polygamma(double n, double x)
{
    double sum = 0, sign = fmod(n, 2) == 0 ? -1 : 1;
    long last = 3000000;
    for (long k = last; k >= 0; k--)
        sum += n > 0 ? pow((double)k + x, -n - 1) : (double)k == 0 ? -1 / x : 1 / (double)k - 1 / ((double)k + x);
    if (n == 0)
        return sum - 0.57721566490153286;
    sum += pow((double)last + x, -n) / n;
    return sign * sum * tgamma(n + 1);
}

typedef struct {
    op o;
    double u[3], expected, tolerance;
} evaluator_row;

static void check_evaluator(const evaluator_row *r)
{
    arb_t y;
    arb_ptr u = _arb_vec_init(3);
    arb_init(y);
    for (int i = 0; i < 3; i++)
        arb_set_d(u + i, r->u[i]);
    ball_function(y, r->o, u, 128);
    double got = arf_get_d(arb_midref(y), ARF_RND_NEAR), scale = fabs(r->expected) > 1 ? fabs(r->expected) : 1;
    if (!(fabs(got - r->expected) <= r->tolerance * scale))
        print_error("%s(%g): %.17g, not %.17g\n", op_get(r->o)->name, r->u[0], got, r->expected);
    assert_true(fabs(got - r->expected) <= r->tolerance * scale);
    assert_true(mag_cmp_2exp_si(arb_radref(y), -60) < 0 || r->expected > 1e6);
    _arb_vec_clear(u, 3);
    arb_clear(y);
}

static void test_evaluators(void **state)
{
    (void)state;
    const double t = 1e-12, pi = acos(-1.0), x = 0.625, big = 2.5, alpha = 1.6732632423543772, scale = 1.0507009873554805;
    const evaluator_row rows[] = {
        {OP_EXP, {x}, exp(x), t},
        {OP_LOG, {x}, log(x), t},
        {OP_LOG2, {x}, log2(x), t},
        {OP_LOG10, {x}, log10(x), t},
        {OP_LOG1P, {x}, log1p(x), t},
        {OP_EXPM1, {x}, expm1(x), t},
        {OP_CBRT, {x}, cbrt(x), t},
        {OP_CBRT, {-x}, cbrt(-x), t},
        {OP_SIN, {x}, sin(x), t},
        {OP_COS, {x}, cos(x), t},
        {OP_TAN, {x}, tan(x), t},
        {OP_SEC, {x}, 1 / cos(x), t},
        {OP_CSC, {x}, 1 / sin(x), t},
        {OP_COT, {x}, 1 / tan(x), t},
        {OP_ASIN, {x}, asin(x), t},
        {OP_ACOS, {x}, acos(x), t},
        {OP_ATAN, {x}, atan(x), t},
        {OP_ASEC, {big}, acos(1 / big), t},
        {OP_ACSC, {-big}, asin(-1 / big), t},
        {OP_ACOT, {-big}, atan(-1 / big), t},
        {OP_SINH, {x}, sinh(x), t},
        {OP_COSH, {x}, cosh(x), t},
        {OP_TANH, {x}, tanh(x), t},
        {OP_SECH, {x}, 1 / cosh(x), t},
        {OP_CSCH, {x}, 1 / sinh(x), t},
        {OP_COTH, {x}, 1 / tanh(x), t},
        {OP_ASINH, {x}, asinh(x), t},
        {OP_ACOSH, {big}, acosh(big), t},
        {OP_ATANH, {x}, atanh(x), t},
        {OP_ASECH, {x}, acosh(1 / x), t},
        {OP_ACSCH, {-x}, asinh(-1 / x), t},
        {OP_ACOTH, {big}, atanh(1 / big), t},
        {OP_ERF, {x}, erf(x), t},
        {OP_ERFC, {x}, erfc(x), t},
        {OP_ERFI, {x}, erfi_series(x), t},
        {OP_LGAMMA, {x}, lgamma(x), t},
        {OP_LGAMMA, {-1.5}, lgamma(-1.5), t},
        {OP_DIGAMMA, {x}, polygamma(0, x), 1e-5},
        {OP_POLYGAMMA, {1, x}, polygamma(1, x), 1e-6},
        {OP_POLYGAMMA, {2, x}, polygamma(2, x), 1e-6},
        {OP_ABS, {-x}, x, t},
        {OP_SIGN, {-x}, -1, t},
        {OP_SIGN, {0}, 0, t},
        {OP_FLOOR, {-x}, -1, t},
        {OP_CEIL, {x}, 1, t},
        {OP_MIN, {x, big}, x, t},
        {OP_MAX, {x, big}, big, t},
        {OP_CLIP, {big, -1, 1}, 1, t},
        {OP_CLIP, {-big, -1, 1}, -1, t},
        {OP_HYPOT, {3, 4}, 5, t},
        {OP_SIGMOID, {x}, sigmoid(x), t},
        {OP_LOGIT, {x}, log(x / (1 - x)), t},
        {OP_SOFTPLUS, {x}, log1p(exp(x)), t},
        {OP_LOGSIGMOID, {x}, log(sigmoid(x)), t},
        {OP_RELU, {-x}, 0, t},
        {OP_RELU, {x}, x, t},
        {OP_LEAKY_RELU, {-x, 0.25}, -x * 0.25, t},
        {OP_LEAKY_RELU, {x, 0.25}, x, t},
        {OP_ELU, {-x, 2}, 2 * expm1(-x), t},
        {OP_ELU, {x, 2}, x, t},
        {OP_SELU, {x}, scale * x, t},
        {OP_SELU, {-x}, scale * alpha * expm1(-x), t},
        {OP_GELU, {x}, x / 2 * (1 + erf(x / sqrt(2))), t},
        {OP_SILU, {x}, x * sigmoid(x), t},
        {OP_MISH, {x}, x * tanh(log1p(exp(x))), t},
        {OP_SOFTSIGN, {-x}, -x / (1 + x), t},
        {OP_HARDTANH, {big}, 1, t},
        {OP_HARDSIGMOID, {x}, (x + 3) / 6, t},
        {OP_HARDSIGMOID, {-4}, 0, t},
        {OP_STOP, {x}, x, t},
        {OP_AND, {1, 0}, 0, t},
        {OP_OR, {1, 0}, 1, t},
        {OP_NOT, {0}, 1, t},
        {OP_PI_CONST, {0}, pi, t},
        {OP_E_CONST, {0}, exp(1), t},
        {OP_GAMMA_CONST, {0}, 0.57721566490153286, t},
        {OP_SELU_ALPHA, {0}, alpha, t},
        {OP_SELU_SCALE, {0}, scale, t},
    };
    bool seen[OP_COUNT] = {false};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_evaluator(&rows[i]);
        seen[rows[i].o] = true;
    }
    for (int o = 0; o < OP_COUNT; o++) { /* a new row of ops.def needs a line above */
        if (!seen[o])
            print_error("no test of %s\n", op_get((op)o)->name);
        assert_true(seen[o]);
    }
}

/* Outside their domain functions have no value. */
static void test_domains(void **state)
{
    (void)state;
    static const struct {
        op o;
        double u;
    } outside[] = {{OP_LOG, -1},  {OP_LOG, 0},    {OP_ASIN, 2}, {OP_ACOSH, 0.5}, {OP_ATANH, 1},  {OP_LOGIT, 1.5},
                   {OP_LOGIT, 0}, {OP_LOG1P, -2}, {OP_CSC, 0},  {OP_ACOTH, 0.5}, {OP_LGAMMA, -1}};
    arb_t y;
    arb_ptr u = _arb_vec_init(3);
    arb_init(y);
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        arb_set_d(u, outside[i].u);
        ball_function(y, outside[i].o, u, 64);
        if (arb_is_finite(y))
            print_error("%s(%g) is finite\n", op_get(outside[i].o)->name, outside[i].u);
        assert_false(arb_is_finite(y));
    }
    _arb_vec_clear(u, 3);
    arb_clear(y);
}

static void test_reductions(void **state)
{
    (void)state;
    static const double value[] = {0.5, 2, -1};
    double e = exp(0.5) + exp(2) + exp(-1);
    const struct {
        reduction r;
        double expected;
    } rows[] = {{REDUCE_SUM, 1.5},          {REDUCE_PROD, -1},   {REDUCE_MAX, 2},     {REDUCE_MIN, -1},
                {REDUCE_LOGSUMEXP, log(e)}, {REDUCE_ARGMAX, 11}, {REDUCE_ARGMIN, 12}, {REDUCE_SOFTMAX, exp(2) / e}};
    assert_int_equal(sizeof rows / sizeof *rows, REDUCE_COUNT);
    arb_ptr u = _arb_vec_init(3);
    arb_t y;
    arb_init(y);
    for (int i = 0; i < 3; i++)
        arb_set_d(u + i, value[i]);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ball_reduction(y, rows[i].r, u, 3, 1, 10, 64);
        assert_true(fabs(arf_get_d(arb_midref(y), ARF_RND_NEAR) - rows[i].expected) < 1e-12);
    }
    _arb_vec_clear(u, 3);
    arb_clear(y);
}

/* --- normal forms of random expressions --- */

typedef struct {
    sheet page;
    session s;
    uint64_t random;
} workshop;

static void workshop_open(workshop *w, const char *text)
{
    *w = (workshop){.random = 42};
    sheet_open(&w->page, text);
    session_init(&w->s, w->page.m);
}

static void workshop_close(workshop *w)
{
    session_clear(&w->s);
    sheet_close(&w->page);
    flint_cleanup();
}

static int roll(workshop *w, int sides)
{
    w->random = prove_mix(w->random);
    return (int)((w->random >> 20) % (uint64_t)sides);
}

static node leaf(workshop *w, const int *indices, int index_count)
{
    dag *d = w->page.m->dag;
    int scalar = roll(w, 4);
    if (scalar == 0)
        return dag_ratio(d, 1 + roll(w, 5), 1 + roll(w, 3));
    if (index_count && scalar < 3) {
        node at[] = {dag_index_node(d, indices[roll(w, index_count)]), dag_index_node(d, indices[roll(w, index_count)])};
        return scalar == 1 ? dag_entry(d, 3 + roll(w, 2), 1, at) : dag_entry(d, 5, 2, at);
    }
    return dag_entry(d, roll(w, 3), 0, NULL);
}

static node grow(workshop *w, int depth, int *indices, int index_count);

static node grow_function(workshop *w, int depth, int *indices, int index_count)
{
    static const op choice[] = {OP_EXP,      OP_LOG,  OP_SIN,  OP_COS,        OP_TANH, OP_SIGMOID,    OP_ABS,   OP_RELU,
                                OP_SOFTPLUS, OP_SIGN, OP_COSH, OP_ATAN,       OP_CBRT, OP_SOFTSIGN,   OP_TAN,   OP_MAX,
                                OP_MIN,      OP_ERF,  OP_ASIN, OP_LOGSIGMOID, OP_SECH, OP_LEAKY_RELU, OP_HYPOT, OP_CLIP};
    op o = choice[roll(w, sizeof choice / sizeof *choice)];
    node u[3];
    for (int i = 0; i < op_get(o)->arity; i++)
        u[i] = grow(w, depth - 1, indices, index_count);
    return dag_raw_fun(w->page.m->dag, o, op_get(o)->arity, u);
}

static node grow_sum(workshop *w, int depth, int *indices, int index_count)
{
    dag *d = w->page.m->dag;
    if (index_count == 3)
        return leaf(w, indices, index_count);
    node hi = dag_sub(d, dag_sizesym(d, 1), dag_int(d, 1)), lo = dag_int(d, 0);
    int index = dag_index_fresh(d, 0, lo, hi);
    indices[index_count] = index;
    node body = grow(w, depth - 1, indices, index_count + 1);
    return dag_raw_reduce(d, REDUCE_SUM, index, lo, hi, 0, body);
}

static node grow_choice(workshop *w, int depth, int *indices, int index_count)
{
    dag *d = w->page.m->dag;
    node yes = grow(w, depth - 1, indices, index_count), no = grow(w, depth - 1, indices, index_count), c;
    if (index_count > 1)
        c = dag_raw_compare(d, (compare)roll(w, 4), dag_index_node(d, indices[0]), dag_index_node(d, indices[index_count - 1]));
    else
        c = dag_raw_compare(d, (compare)roll(w, 4), grow(w, depth - 2, indices, index_count), grow(w, depth - 2, indices, index_count));
    return roll(w, 2) ? dag_raw_if(d, c, yes, no) : dag_raw_mul(d, 2, (node[]){c, yes});
}

static node grow(workshop *w, int depth, int *indices, int index_count)
{
    dag *d = w->page.m->dag;
    if (depth <= 0)
        return leaf(w, indices, index_count);
    node u = 0, v = 0;
    int kind = roll(w, 10);
    if (kind < 6) {
        u = grow(w, depth - 1, indices, index_count);
        v = grow(w, depth - 1, indices, index_count);
    }
    switch (kind) {
    case 0:
    case 1: return dag_raw_add(d, 2, (node[]){u, roll(w, 2) ? v : dag_raw_mul(d, 2, (node[]){dag_int(d, -1), v})});
    case 2:
    case 3: return dag_raw_mul(d, 2, (node[]){u, v});
    case 4: return dag_raw_mul(d, 2, (node[]){u, dag_raw_pow(d, v, dag_int(d, -1))});
    case 5: return dag_raw_pow(d, u, roll(w, 2) ? dag_int(d, 2) : dag_ratio(d, 1 + roll(w, 3), 2));
    case 6: return grow_choice(w, depth, indices, index_count);
    case 7: return grow_sum(w, depth, indices, index_count);
    default: return grow_function(w, depth, indices, index_count);
    }
}

typedef struct {
    node in, out;
} conversion;

static normal_state convert(normal *c, void *context)
{
    conversion *x = context;
    rational q;
    rational_init(c, &q);
    if (normal_form(c, x->in, &q))
        x->out = normal_node(c, &q);
    rational_clear(c, &q);
    return c->state;
}

/* Where both are defined, an expression and its normal form have the same value. */
static void compare_at_points(workshop *w, node in, node out, long number)
{
    arb_t a, b;
    arb_init(a);
    arb_init(b);
    for (int box = 0; box < 6; box++) {
        ball_point p;
        ball_evaluation e;
        ball_point_init(&p, &w->s, (uint64_t)number * 7 + (uint64_t)box, box);
        ball_evaluation_init(&e, &p, 200, 4000000);
        bool good = ball_value(&e, in, a) && ball_value(&e, out, b) && arb_is_finite(a) && arb_is_finite(b);
        if (good && !arb_overlaps(a, b)) {
            buffer text = {0};
            model_print_index(w->page.m, &text, in);
            buffer_puts(&text, "\n  became ");
            model_print_index(w->page.m, &text, out);
            print_error("%s\n", text.text);
            buffer_free(&text);
        }
        assert_true(!good || arb_overlaps(a, b));
        ball_evaluation_clear(&e);
        ball_point_clear(&p);
    }
    arb_clear(a);
    arb_clear(b);
}

static void test_normal_forms(void **state)
{
    (void)state;
    workshop w;
    int converted = 0;
    workshop_open(&w, "size n\nvariable x, y, z, u[n], v[n], A[n,n]\n");
    assert_int_equal(w.page.m->var[5].axis_count, 2);
    for (long i = 0; i < 4000; i++) {
        int indices[4];
        conversion x = {.in = grow(&w, 2 + (int)(i % 3), indices, 0)};
        normal_options o = {.full = i % 2, .work_limit = 20000};
        if (normal_run(&w.s, &o, convert, &x) != NORMAL_GOOD || !x.out)
            continue;
        converted++;
        compare_at_points(&w, x.in, x.out, i);
    }
    assert_true(converted > 3000);
    workshop_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_evaluators),
        cmocka_unit_test(test_domains),
        cmocka_unit_test(test_reductions),
        cmocka_unit_test(test_normal_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
