/* The last component of y at t = 2 of y_0′ = x_0, y_i′ = x_i y_{i−1}, y(0) = 0, by s steps of the classical Runge–Kutta method, and its gradient by x: the steps run
 * backwards from kept states. */
#include <stdlib.h>
#include <string.h>

#include "suite.h"

const char *const model_sizes = "n=100 s=200", *const model_output = 0;

static void slope(ptrdiff_t n, const double *restrict x, const double *restrict y, double *restrict z)
{
    z[0] = x[0];
    for (ptrdiff_t i = 1; i < n; i++)
        z[i] = x[i] * y[i - 1];
}

static void stage(ptrdiff_t n, const double *restrict y, double h, const double *restrict k, double *restrict out)
{
    for (ptrdiff_t i = 0; i < n; i++)
        out[i] = y[i] + h * k[i];
}

/* y after one step; k, l, p, q: the slopes, work: n numbers */
static void step(ptrdiff_t n, const double *x, double h, double *y, double *slopes[4], double *work)
{
    static const double part[4] = {0, 0.5, 0.5, 1};
    for (int j = 0; j < 4; j++) {
        if (j)
            stage(n, y, part[j] * h, slopes[j - 1], work);
        slope(n, x, j ? work : y, slopes[j]);
    }
    for (ptrdiff_t i = 0; i < n; i++)
        y[i] += h * (slopes[0][i] + 2 * slopes[1][i] + 2 * slopes[2][i] + slopes[3][i]) / 6;
}

double model_objective(void)
{
    const double *x = suite_array("x");
    ptrdiff_t n = suite_size("n"), s = suite_size("s");
    double *memory = calloc((size_t)(6 * n), sizeof *memory), *slopes[4] = {memory + n, memory + 2 * n, memory + 3 * n, memory + 4 * n}, last;
    for (ptrdiff_t t = 0; t < s; t++)
        step(n, x, 2.0 / (double)s, memory, slopes, memory + 5 * n);
    last = memory[n - 1];
    free(memory);
    return last;
}

/* Of z = slope(x, y) with the adjoint of z: that of y (added to), and of x. */
static void back(ptrdiff_t n, const double *x, const double *y, const double *of_z, double *of_y, double *of_x)
{
    of_x[0] += of_z[0];
    for (ptrdiff_t i = 1; i < n; i++) {
        of_x[i] += of_z[i] * y[i - 1];
        of_y[i - 1] += of_z[i] * x[i];
    }
}

static void step_back(ptrdiff_t n, const double *x, double h, const double *y, double *of_y, double *of_x, double *work)
{
    static const double part[4] = {0, 0.5, 0.5, 1}, weight[4] = {1, 2, 2, 1};
    double *slopes = work, *at = work + 4 * n, *of_slope = work + 5 * n, *of_stage = work + 6 * n, *later = work + 7 * n;
    for (int j = 0; j < 3; j++) {
        if (j)
            stage(n, y, part[j] * h, slopes + (j - 1) * n, at);
        slope(n, x, j ? at : y, slopes + j * n);
    }
    memcpy(later, of_y, (size_t)n * sizeof *later);
    memset(of_stage, 0, (size_t)n * sizeof *of_stage);
    for (int j = 3; j >= 0; j--) { /* of_stage: the adjoint of the stage behind this slope, before it is reset */
        for (ptrdiff_t i = 0; i < n; i++)
            of_slope[i] = weight[j] * h / 6 * later[i] + (j < 3 ? part[j + 1] * h * of_stage[i] : 0);
        memset(of_stage, 0, (size_t)n * sizeof *of_stage);
        if (j)
            stage(n, y, part[j] * h, slopes + (j - 1) * n, at);
        back(n, x, j ? at : y, of_slope, of_stage, of_x);
        for (ptrdiff_t i = 0; i < n; i++)
            of_y[i] += of_stage[i];
    }
}

void model_gradient(void)
{
    const double *x = suite_array("x");
    ptrdiff_t n = suite_size("n"), s = suite_size("s");
    double *of_x = suite_gradient("x"), *path = calloc((size_t)(n * (s + 1)), sizeof *path), *work = calloc((size_t)(9 * n), sizeof *work),
           *of_y = work + 8 * n;
    for (ptrdiff_t t = 0; t < s; t++) {
        double *slopes[4] = {work, work + n, work + 2 * n, work + 3 * n};
        memcpy(path + (t + 1) * n, path + t * n, (size_t)n * sizeof *path);
        step(n, x, 2.0 / (double)s, path + (t + 1) * n, slopes, work + 4 * n);
    }
    memset(of_x, 0, (size_t)n * sizeof *of_x);
    memset(of_y, 0, (size_t)n * sizeof *of_y);
    of_y[n - 1] = 1;
    for (ptrdiff_t t = s - 1; t >= 0; t--)
        step_back(n, x, 2.0 / (double)s, path + t * n, of_y, of_x, work);
    free(path), free(work);
}

/* y_i at t = 2 is then about 1: 2^(i+1) times the product of the x, over (i+1)!. A method of order 4 knows only components up to 4 s, so s should not be below n. */
void model_prepare(const char *name, double *values, ptrdiff_t count)
{
    (void)name;
    for (ptrdiff_t i = 0; i < count; i++)
        values[i] = (double)(i + 1) / 2 * (1 + 0.01 * values[i]);
}
