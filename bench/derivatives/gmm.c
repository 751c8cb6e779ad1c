/* −log likelihood of a mixture of Gaussians up to sign: factors Q with exp q on the diagonal and l below it, a Wishart prior with γ and m. */
#include <math.h>
#include <stdlib.h>

#include "suite.h"

const char *const model_sizes = "N=1000 K=25 D=10", *const model_output = NULL;

typedef struct {
    ptrdiff_t n, k, d;
    const double *x, *alpha, *mu, *q, *l;
    double gamma, m;
    double *diagonal, *sum, *away, *z, *term; /* exp q, Σ q, x − μ, Q (x − μ), log-density of each part */
} mixture;

static mixture begin(void)
{
    mixture g = {suite_size("N"), suite_size("K"), suite_size("D"), suite_array("X"), suite_array("alpha"), suite_array("mu"), suite_array("q"), suite_array("l"),
                 suite_setting("gamma"), suite_setting("m"), NULL, NULL, NULL, NULL, NULL};
    g.diagonal = malloc((size_t)(g.k * g.d) * sizeof(double));
    g.sum = calloc((size_t)g.k, sizeof(double));
    g.away = malloc((size_t)(g.k * g.d) * sizeof(double));
    g.z = malloc((size_t)(g.k * g.d) * sizeof(double));
    g.term = malloc((size_t)g.k * sizeof(double));
    for (ptrdiff_t i = 0; i < g.k * g.d; i++)
        g.diagonal[i] = exp(g.q[i]), g.sum[i / g.d] += g.q[i];
    return g;
}

static void end(mixture *g)
{
    free(g->diagonal), free(g->sum), free(g->away), free(g->z), free(g->term);
}

static double logsumexp(ptrdiff_t n, const double *x)
{
    double most = x[0], sum = 0;
    for (ptrdiff_t i = 1; i < n; i++)
        most = x[i] > most ? x[i] : most;
    for (ptrdiff_t i = 0; i < n; i++)
        sum += exp(x[i] - most);
    return log(sum) + most;
}

static double point(mixture *g, const double *x)
{
    ptrdiff_t d = g->d;
    for (ptrdiff_t k = 0; k < g->k; k++) {
        double *away = g->away + k * d, *z = g->z + k * d, square = 0;
        const double *l = g->l + k * d * d;
        for (ptrdiff_t i = 0; i < d; i++)
            away[i] = x[i] - g->mu[k * d + i];
        for (ptrdiff_t i = 0; i < d; i++)
            z[i] = g->diagonal[k * d + i] * away[i];
        for (ptrdiff_t i = 0; i < d; i++)
            for (ptrdiff_t j = 0; j < i; j++)
                z[i] += l[i * d + j] * away[j];
        for (ptrdiff_t i = 0; i < d; i++)
            square += z[i] * z[i];
        g->term[k] = g->alpha[k] + g->sum[k] - 0.5 * square;
    }
    return logsumexp(g->k, g->term);
}

double model_objective(void)
{
    mixture g = begin();
    double likelihood = 0, prior = 0;
    for (ptrdiff_t s = 0; s < g.n; s++)
        likelihood += point(&g, g.x + s * g.d);
    for (ptrdiff_t k = 0; k < g.k; k++) {
        double square = 0;
        for (ptrdiff_t i = 0; i < g.d; i++) {
            square += g.diagonal[k * g.d + i] * g.diagonal[k * g.d + i];
            for (ptrdiff_t j = 0; j < i; j++)
                square += g.l[(k * g.d + i) * g.d + j] * g.l[(k * g.d + i) * g.d + j];
        }
        prior += 0.5 * g.gamma * g.gamma * square - g.m * g.sum[k];
    }
    double cost = likelihood - (double)g.n * logsumexp(g.k, g.alpha) - prior - 0.5 * (double)(g.n * g.d) * log(2 * acos(-1));
    end(&g);
    return cost;
}

void model_gradient(void)
{
    mixture g = begin();
    double *ga = suite_gradient("alpha"), *gm = suite_gradient("mu"), *gq = suite_gradient("q"), *gl = suite_gradient("l"), all = logsumexp(g.k, g.alpha);
    ptrdiff_t d = g.d;
    for (ptrdiff_t k = 0; k < g.k; k++) {
        ga[k] = -(double)g.n * exp(g.alpha[k] - all);
        for (ptrdiff_t i = 0; i < d; i++) {
            double *row = gl + (k * d + i) * d, e = g.diagonal[k * d + i];
            gm[k * d + i] = 0;
            gq[k * d + i] = g.m - g.gamma * g.gamma * e * e;
            for (ptrdiff_t j = 0; j < d; j++)
                row[j] = j < i ? -g.gamma * g.gamma * g.l[(k * d + i) * d + j] : 0;
        }
    }
    for (ptrdiff_t s = 0; s < g.n; s++) {
        double sum = point(&g, g.x + s * d);
        for (ptrdiff_t k = 0; k < g.k; k++) {
            double share = exp(g.term[k] - sum);
            const double *away = g.away + k * d, *z = g.z + k * d;
            ga[k] += share;
            for (ptrdiff_t i = 0; i < d; i++) {
                double adjoint = -share * z[i];
                gm[k * d + i] -= adjoint * g.diagonal[k * d + i];
                gq[k * d + i] += share + adjoint * g.diagonal[k * d + i] * away[i];
                for (ptrdiff_t j = 0; j < i; j++) {
                    gl[(k * d + i) * d + j] += adjoint * away[j];
                    gm[k * d + j] -= adjoint * g.l[(k * d + i) * d + j];
                }
            }
        }
    }
    end(&g);
}

void model_prepare(const char *name, double *values, ptrdiff_t count)
{
    (void)name, (void)values, (void)count;
}
