/* ½ Σ_i (sign t_i − Σ_j x_j t_i^j)² at t_i = 2i/(n − 1) − 1. */
#include <math.h>

#include "suite.h"

const char *const model_sizes = "n=16392 m=128", *const model_output = NULL;

static double place(ptrdiff_t i, ptrdiff_t n)
{
    return -1 + (double)i * 2 / (double)(n - 1);
}

double model_objective(void)
{
    const double *x = suite_array("x");
    ptrdiff_t n = suite_size("n"), m = suite_size("m");
    double sum = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        double t = place(i, n), r = (double)(t > 0) - (double)(t < 0);
        for (ptrdiff_t j = 0; j < m; j++)
            r -= x[j] * pow(t, (double)j);
        sum += r * r;
    }
    return sum / 2;
}

void model_gradient(void)
{
    const double *x = suite_array("x");
    double *g = suite_gradient("x");
    ptrdiff_t n = suite_size("n"), m = suite_size("m");
    for (ptrdiff_t j = 0; j < m; j++)
        g[j] = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        double t = place(i, n), r = (double)(t > 0) - (double)(t < 0), p = 1;
        for (ptrdiff_t j = 0; j < m; j++, p *= t)
            r -= x[j] * p;
        p = 1;
        for (ptrdiff_t j = 0; j < m; j++, p *= t)
            g[j] -= r * p;
    }
}

void model_prepare(const char *name, double *values, ptrdiff_t count)
{
    (void)name;
    for (ptrdiff_t k = 0; k < count; k++)
        values[k] = 0.5 * (values[k] + 1);
}
