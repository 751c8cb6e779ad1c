/* The error of the vector functions that generated programs call, in units in the last place, against long double and double: at most 4, as delta.h says. Special
 * values: what the plain function gives. Compiled with the flags of a generated program; the script looks whether vector functions were called at all. */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "delta.h"

enum { COUNT = 1 << 16, MOST = 4 };

static double in[COUNT], out[COUNT];
static float single[COUNT], outf[COUNT];

/* Half of the values evenly over the range, half evenly over the exponents down to 1e-30. */
static double value(int i, double low, double high)
{
    double at = (i / 2 + 0.37) / (COUNT / 2);
    if (i % 2 == 0)
        return low + (high - low) * at;
    double bound = i % 4 == 1 || low >= 0 ? high : low;
    return bound * exp10(-30 * at);
}

static double ulps(long double got, long double exact, int digits, double smallest)
{
    int exponent;
    if (fabsl(exact) < smallest)
        return fabsl(got - exact) <= smallest ? 0 : 1e9;
    frexpl(exact, &exponent);
    return (double)(fabsl(got - exact) / ldexpl(1, exponent - digits));
}

static const double special[] = {0.0, -0.0, INFINITY, -INFINITY, NAN, 1.0, -1.0, 2.0, -2.0, 1e300, -1e300, 709.7, 709.8, -708.5, -745.1, -745.2, 20, 1e-300};
enum { SPECIAL = sizeof special / sizeof *special };

static int same(double a, double b)
{
    return isnan(a) ? isnan(b) : isinf(a) || isinf(b) || a == 0 ? a == b && signbit(a) == signbit(b) : fabs(a - b) <= 1e-5 * fabs(b);
}

static int report(const char *name, double worst, double at, int wrong)
{
    int good = worst <= MOST && !wrong;
    printf("# %-6s %.2f units in the last place, at %.17g\n%s %s\n", name, worst, at, good ? "ok" : "not ok", name);
    return !good;
}

#define MEASURE(name, low, high)                                                                                          \
    static int measure_##name(void)                                                                                       \
    {                                                                                                                     \
        double worst = 0, where = 0, worst_float = 0, where_float = 0;                                                    \
        int wrong = 0, wrong_float = 0;                                                                                   \
        for (int i = 0; i < COUNT; i++)                                                                                   \
            in[i] = i < SPECIAL ? special[i] : value(i, low, high), single[i] = (float)in[i];                               \
        for (int i = 0; i < COUNT; i++)                                                                                   \
            out[i] = name(in[i]);                                                                                         \
        for (int i = 0; i < COUNT; i++)                                                                                   \
            outf[i] = name##f(single[i]);                                                                                   \
        double (*volatile plain)(double) = name;                                                                          \
        float (*volatile plain_float)(float) = name##f;                                                                   \
        for (int i = 0; i < COUNT; i++) {                                                                                 \
            if (i < SPECIAL) {                                                                                            \
                if (!same(out[i], plain(in[i])) && ++wrong)                                                               \
                    printf("# %s(%g) = %g, plainly %g\n", #name, in[i], out[i], plain(in[i]));                            \
                if (!same(outf[i], plain_float(single[i])) && ++wrong_float)                                                \
                    printf("# %sf(%g) = %g, plainly %g\n", #name, (double)single[i], (double)outf[i], (double)plain_float(single[i])); \
                continue;                                                                                                 \
            }                                                                                                             \
            double e = ulps(out[i], name##l(in[i]), DBL_MANT_DIG, DBL_MIN);                                               \
            double f = ulps(outf[i], name##l(single[i]), FLT_MANT_DIG, FLT_MIN);                                            \
            if (!(e <= worst))                                                                                            \
                worst = e, where = in[i];                                                                                 \
            if (!(f <= worst_float))                                                                                      \
                worst_float = f, where_float = single[i];                                                                   \
        }                                                                                                                 \
        return report(#name, worst, where, wrong) + report(#name "f", worst_float, where_float, wrong_float);             \
    }
MEASURE(exp, -80, 80)
MEASURE(log, 1e-30, 1e30)
MEASURE(expm1, -30, 80)
MEASURE(log1p, -0.999, 1e20)
MEASURE(sin, -1000, 1000)
MEASURE(cos, -1000, 1000)
MEASURE(tan, -1000, 1000)
MEASURE(sinh, -80, 80)
MEASURE(cosh, -80, 80)
MEASURE(tanh, -30, 30)
MEASURE(asin, -0.9999, 0.9999)
MEASURE(acos, -0.9999, 0.9999)
MEASURE(atan, -1e10, 1e10)
MEASURE(erf, -6, 6)

int main(void)
{
    return measure_exp() + measure_log() + measure_expm1() + measure_log1p() + measure_sin() + measure_cos() + measure_tan() + measure_sinh() + measure_cosh() +
           measure_tanh() + measure_asin() + measure_acos() + measure_atan() + measure_erf();
}
