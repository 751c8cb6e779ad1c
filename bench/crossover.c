/* Time of products by each route, square ones and the thin shapes of training: portable kernel and the one that delta_matmul chooses. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "runtime/matmul.h"

typedef void product(int, ptrdiff_t, ptrdiff_t, ptrdiff_t, float, const float *, ptrdiff_t, const float *, ptrdiff_t, float *, ptrdiff_t);

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double time_of(product *f, int how, int m, int n, int k, const float *a, const float *b, float *c)
{
    double best = 1e9, work = 2.0 * m * n * k;
    int repeat = (int)(1e7 / work) + 1;
    for (int r = 0; r < 9; r++) {
        double start = now();
        for (int i = 0; i < repeat; i++)
            f(how, m, n, k, 1.0F, a, how & DELTA_A_TRANSPOSED ? m : k, b, how & DELTA_B_TRANSPOSED ? k : n, c, n);
        double t = (now() - start) / repeat;
        best = t < best ? t : best;
    }
    return best * 1e9;
}

int main(void)
{
    static const int shape[][3] = {{4, 4, 4},     {8, 8, 8},     {12, 12, 12},  {16, 16, 16},   {24, 24, 24},  {32, 32, 32},   {48, 48, 48},   {64, 64, 64},    {128, 128, 128},
                                   {256, 256, 256}, {64, 10, 128}, {64, 128, 10}, {10, 128, 64}, {64, 32, 32}, {32, 32, 64}, {1, 128, 784}, {128, 784, 1}, {64, 128, 784}, {512, 512, 512}};
    float *x = malloc(3 * 1024 * 1024 * sizeof *x);
    for (int i = 0; i < 3 * 1024 * 1024; i++)
        x[i] = (float)(i % 17) - 8;
    printf("kernel: %s, float, ns\nrows columns inner  how  portable     chosen\n", delta_matmul_name());
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++)
        for (int how = 0; how < 3; how++) {
            const int *s = shape[i];
            printf("%4d %7d %5d  %s", s[0], s[1], s[2], how == 0 ? "A B " : how == 1 ? "AtB " : "A Bt");
            product *all[] = {delta_matmul_portable_float, delta_matmul_float};
            for (int f = 0; f < 2; f++)
                printf(" %10.0f", time_of(all[f], how, s[0], s[1], s[2], x, x + 1024 * 1024, x + 2 * 1024 * 1024));
            printf("\n");
        }
    free(x);
    return 0;
}
