/* A by hand: one update of x → σ → σ with four parameters, in double. Prints seconds for `argv[2]` updates times `argv[3]`. */
#include <math.h>

#include "bench.h"

typedef struct {
    double w1, b1, w2, b2;
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
    const double rate = 0.1;
    double w1 = n->w1, b1 = n->b1, w2 = n->w2, b2 = n->b2;
    for (long p = 0; p < n->passes; p++)
        for (long s = 0; s < n->samples; s++) {
            double x = n->x[s], a1 = sigmoid(w1 * x + b1), a2 = sigmoid(w2 * a1 + b2);
            double d2 = (a2 - n->y[s]) * a2 * (1 - a2), d1 = d2 * w2 * a1 * (1 - a1);
            w2 -= rate * d2 * a1;
            b2 -= rate * d2;
            w1 -= rate * d1 * x;
            b1 -= rate * d1;
        }
    n->w1 = w1, n->b1 = b1, n->w2 = w2, n->b2 = b2;
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return 64;
    net n = {.w1 = 0.5, .w2 = -0.5, .samples = atol(argv[2]), .passes = atol(argv[3])};
    double *x = malloc((size_t)n.samples * sizeof *x), *y = malloc((size_t)n.samples * sizeof *y);
    for (long s = 0; s < n.samples; s++)
        x[s] = bench_uniform(0, (uint64_t)s), y[s] = bench_uniform(1, (uint64_t)s);
    n.x = x, n.y = y;
    bench_report(pass, &n, atof(argv[4]));
    return 0;
}
