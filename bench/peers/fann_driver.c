/* B on FANN: 2-3-1 with sigmoids, online, in double. Arguments as of bench/drive.c. */
#include <doublefann.h>

#include "bench.h"

typedef struct {
    struct fann *net;
    double *x, *y;
    long samples, passes;
} work;

static void pass(void *context)
{
    work *w = context;
    for (long p = 0; p < w->passes; p++)
        for (long s = 0; s < w->samples; s++)
            fann_train(w->net, w->x + 2 * s, w->y + s);
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return 64;
    work w = {.samples = atol(argv[2]), .passes = atol(argv[3])};
    w.net = fann_create_standard(3, 2, 3, 1);
    fann_set_activation_function_hidden(w.net, FANN_SIGMOID);
    fann_set_activation_function_output(w.net, FANN_SIGMOID);
    fann_set_training_algorithm(w.net, FANN_TRAIN_INCREMENTAL);
    fann_set_learning_rate(w.net, 0.5F);
    w.x = malloc(2 * (size_t)w.samples * sizeof *w.x);
    w.y = malloc((size_t)w.samples * sizeof *w.y);
    for (long i = 0; i < 2 * w.samples; i++)
        w.x[i] = bench_uniform(0, (uint64_t)i);
    for (long s = 0; s < w.samples; s++)
        w.y[s] = bench_uniform(1, (uint64_t)s);
    bench_report(pass, &w, atof(argv[4]));
    return 0;
}
