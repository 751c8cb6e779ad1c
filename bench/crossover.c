/* Time of products by each route, square ones and the thin shapes of training, in float: loops with sizes known when they are compiled, as generated code has them for
 * products that are not calls; the portable kernel; and the route that delta_matmul chooses. Its table stands in README.md; product.c takes its bounds from there.
 * From the top folder, after make:
 *   cc -O3 -march=native -mprefer-vector-width=512 -fopenmp-simd -DDELTA_SIMD -ffp-contract=off -fno-math-errno -I. bench/crossover.c build/libdelta.a -o crossover -lm $(cat build/libdelta.link) */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "runtime/matmul.h"

typedef void product(int, ptrdiff_t, ptrdiff_t, ptrdiff_t, float, const float *, ptrdiff_t, const float *, ptrdiff_t, float *, ptrdiff_t);

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* As lower/nest.c makes them: rows of B added up, or where B is transposed a scalar product per entry. */
#define LOOPS(m, n, k)                                                                                                              \
    static void loops_##m##_##n##_##k(int how, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner, float factor, const float *restrict a, ptrdiff_t a_step, \
                                      const float *restrict b, ptrdiff_t b_step, float *restrict c, ptrdiff_t c_step)               \
    {                                                                                                                               \
        (void)rows, (void)columns, (void)inner, (void)factor, (void)a_step, (void)b_step, (void)c_step;                             \
        if (how & DELTA_B_TRANSPOSED) {                                                                                             \
            for (ptrdiff_t i = 0; i < m; i++)                                                                                       \
                for (ptrdiff_t j = 0; j < n; j++) {                                                                                 \
                    float sum = 0;                                                                                                  \
                    DELTA_SUM(sum)                                                                                                  \
                    for (ptrdiff_t l = 0; l < k; l++)                                                                               \
                        sum = DELTA_FMAF(a[i * k + l], b[j * k + l], sum);                                                          \
                    c[i * n + j] = sum;                                                                                             \
                }                                                                                                                   \
            return;                                                                                                                 \
        }                                                                                                                           \
        for (ptrdiff_t i = 0; i < m; i++) {                                                                                         \
            DELTA_APART                                                                                                             \
            for (ptrdiff_t j = 0; j < n; j++)                                                                                       \
                c[i * n + j] = 0;                                                                                                   \
            for (ptrdiff_t l = 0; l < k; l++) {                                                                                     \
                const float x = how & DELTA_A_TRANSPOSED ? a[l * m + i] : a[i * k + l];                                             \
                DELTA_APART                                                                                                         \
                for (ptrdiff_t j = 0; j < n; j++)                                                                                   \
                    c[i * n + j] = DELTA_FMAF(x, b[l * n + j], c[i * n + j]);                                                       \
            }                                                                                                                       \
        }                                                                                                                           \
    }

#define SHAPES(X)                                                                                                                   \
    X(4, 4, 4) X(8, 8, 8) X(12, 12, 12) X(16, 16, 16) X(24, 24, 24) X(32, 32, 32) X(48, 48, 48) X(64, 64, 64) X(128, 128, 128)      \
    X(256, 256, 256) X(64, 10, 128) X(64, 128, 10) X(10, 128, 64) X(64, 32, 32) X(32, 32, 64) X(64, 4, 16) X(64, 16, 4) X(16, 4, 64) X(1, 128, 784) \
    X(128, 784, 1) X(64, 128, 784)

SHAPES(LOOPS)

static double time_of(product *f, int how, int m, int n, int k, const float *a, const float *b, float *c)
{
    double best = 1e9, work = 2.0 * m * n * k;
    int repeat = (int)(4e6 / work) + 1;
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
#define ROW(m, n, k) {m, n, k, loops_##m##_##n##_##k},
    static const struct {
        int m, n, k;
        product *loops;
    } shape[] = {SHAPES(ROW)};
    float *x = malloc(3 * 1024 * 1024 * sizeof *x);
    for (int i = 0; i < 3 * 1024 * 1024; i++)
        x[i] = (float)(i % 17) - 8;
    printf("kernel: %s, float, ns\nrows columns inner  how      loops   portable     chosen\n", delta_matmul_name());
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++)
        for (int how = 0; how < 3; how++) {
            printf("%4d %7d %5d  %s", shape[i].m, shape[i].n, shape[i].k, how == 0 ? "A B " : how == 1 ? "AtB " : "A Bt");
            product *all[] = {shape[i].loops, delta_matmul_portable_float, delta_matmul_float};
            for (int f = 0; f < 3; f++)
                printf(" %10.0f", time_of(all[f], how, shape[i].m, shape[i].n, shape[i].k, x, x + 1024 * 1024, x + 2 * 1024 * 1024));
            printf("\n");
        }
    free(x);
    return 0;
}
