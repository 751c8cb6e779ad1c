/* Σ of the squared distances to the nearest centre; Newton's step: the gradient over the diagonal of the Hessian. Centres are the first points, moved a little, so
 * that each is nearest to some point. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

const char *const model_sizes = "N=10000 K=200 D=10", *const model_output = "step";

static ptrdiff_t nearest(const double *point, const double *centres, ptrdiff_t k, ptrdiff_t d, double *least)
{
    ptrdiff_t found = 0;
    *least = INFINITY;
    for (ptrdiff_t c = 0; c < k; c++) {
        double distance = 0;
        for (ptrdiff_t i = 0; i < d; i++)
            distance += (point[i] - centres[c * d + i]) * (point[i] - centres[c * d + i]);
        if (distance < *least)
            *least = distance, found = c;
    }
    return found;
}

double model_objective(void)
{
    const double *p = suite_array("P"), *c = suite_array("c");
    ptrdiff_t n = suite_size("N"), k = suite_size("K"), d = suite_size("D");
    double cost = 0, least;
    for (ptrdiff_t s = 0; s < n; s++) {
        nearest(p + s * d, c, k, d, &least);
        cost += least;
    }
    return cost;
}

void model_gradient(void)
{
    const double *p = suite_array("P"), *c = suite_array("c");
    double *g = suite_output("step"), least;
    ptrdiff_t n = suite_size("N"), k = suite_size("K"), d = suite_size("D");
    double *count = calloc((size_t)k, sizeof *count);
    memset(g, 0, (size_t)(k * d) * sizeof *g);
    for (ptrdiff_t s = 0; s < n; s++) {
        ptrdiff_t to = nearest(p + s * d, c, k, d, &least);
        count[to]++;
        for (ptrdiff_t i = 0; i < d; i++)
            g[to * d + i] -= 2 * (p[s * d + i] - c[to * d + i]);
    }
    for (ptrdiff_t i = 0; i < k * d; i++)
        g[i] /= 2 * count[i / d];
    free(count);
}

void model_prepare(const char *name, double *values, ptrdiff_t count)
{
    if (strcmp(name, "c") == 0)
        for (ptrdiff_t i = 0; i < count; i++)
            values[i] = suite_array("P")[i] + 1e-3 * values[i];
}
