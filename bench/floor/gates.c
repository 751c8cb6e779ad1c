/* B by hand: 2-3-1 with sigmoids, online, in double. */
#include <math.h>

#include "bench.h"

typedef struct {
    double w1[3][2], b1[3], w2[3], b2;
    const double *x, *y;
    long samples, passes;
} net;

static double sigmoid(double u)
{
    return 1 / (1 + exp(-u));
}

static void pass(void *context)
{
    net *n = context;
    const double rate = 0.5;
    for (long p = 0; p < n->passes; p++)
        for (long s = 0; s < n->samples; s++) {
            const double *x = n->x + 2 * s;
            double a1[3], z2 = n->b2;
            for (int i = 0; i < 3; i++)
                a1[i] = sigmoid(n->w1[i][0] * x[0] + n->w1[i][1] * x[1] + n->b1[i]);
            for (int i = 0; i < 3; i++)
                z2 += n->w2[i] * a1[i];
            double a2 = sigmoid(z2), d2 = (a2 - n->y[s]) * a2 * (1 - a2);
            for (int i = 0; i < 3; i++) {
                double d1 = d2 * n->w2[i] * a1[i] * (1 - a1[i]);
                n->w2[i] -= rate * d2 * a1[i];
                n->w1[i][0] -= rate * d1 * x[0];
                n->w1[i][1] -= rate * d1 * x[1];
                n->b1[i] -= rate * d1;
            }
            n->b2 -= rate * d2;
        }
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return 64;
    net n = {.w1 = {{0.5, -0.5}, {0.3, 0.8}, {-0.7, 0.2}}, .w2 = {0.5, -0.6, 0.7}, .samples = atol(argv[2]), .passes = atol(argv[3])};
    double *x = malloc(2 * (size_t)n.samples * sizeof *x), *y = malloc((size_t)n.samples * sizeof *y);
    for (long s = 0; s < 2 * n.samples; s++)
        x[s] = bench_uniform(0, (uint64_t)s);
    for (long s = 0; s < n.samples; s++)
        y[s] = bench_uniform(1, (uint64_t)s);
    n.x = x, n.y = y;
    bench_report(pass, &n, atof(argv[4]));
    return 0;
}
