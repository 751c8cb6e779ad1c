/* delta_exp(): its error against mpfr, and what it says of values that it was not made for. */
#include <math.h>
#include <mpfr.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "runtime/delta_exp.h"
#include "runtime/delta_random.h"

enum { COUNT = 200000 };

#ifdef __FP_FAST_FMA
static const double most = 0.6;
#else
static const double most = 1.0;
#endif

/* In units in the last place of the result. */
static double error_at(double u, mpfr_t exact, mpfr_t part)
{
    uint64_t far = 0;
    double got = delta_exp(u, &far);
    int exponent;
    assert_int_equal(far >> DELTA_EXP_FAR, 0);
    assert_true(got == got);
    mpfr_set_d(part, u, MPFR_RNDN);
    mpfr_exp(exact, part, MPFR_RNDN);
    frexp(got, &exponent);
    mpfr_sub_d(exact, exact, got, MPFR_RNDN);
    return fabs(ldexp(mpfr_get_d(exact, MPFR_RNDN), 53 - exponent));
}

/* Evenly over the range, and evenly over the exponents near 0. */
static void test_error(void **state)
{
    double worst = 0, where = 0;
    mpfr_t exact, part;
    (void)state;
    mpfr_inits2(160, exact, part, (mpfr_ptr)0);
    for (int i = 0; i < COUNT; i++) {
        double v = 2 * delta_uniform(1, 2, (uint64_t)i) - 1, u = i % 4 ? 350 * v : v * pow(2, -60 * delta_uniform(1, 3, (uint64_t)i)),
               e = error_at(u, exact, part);
        if (!(e <= worst))
            worst = e, where = u;
    }
    mpfr_clears(exact, part, (mpfr_ptr)0);
    print_message("largest error %.4f units in the last place, at %.17g\n", worst, where);
    assert_true(worst <= most);
}

static void test_exact_values(void **state)
{
    uint64_t far = 0;
    (void)state;
    assert_true(delta_exp(0.0, &far) == 1.0);
    assert_true(delta_exp(-0.0, &far) == 1.0);
    assert_int_equal(far >> DELTA_EXP_FAR, 0);
}

static void test_far(void **state)
{
    static const double values[] = {355, -355, 709, -746, 1e5, -1e5, 1e17, -1e17, 1e300, -1e300, INFINITY, -INFINITY, NAN, -NAN};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        uint64_t far = 0;
        delta_exp(1.0, &far);
        delta_exp(values[i], &far);
        delta_exp(-1.0, &far);
        assert_int_not_equal(far >> DELTA_EXP_FAR, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_error), cmocka_unit_test(test_exact_values), cmocka_unit_test(test_far)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
