/* F, the floor: only the matrix products that an LSTM of 128 with 64 steps needs for forward, gradient and update in float, gates as one product, batches of
 * argv[1]. Everything else (gates, memory, the order of the recurrence's reads) is left out. */
#include <cblas.h>
#include <string.h>

#include "bench.h"

extern void openblas_set_num_threads(int count);

enum { T = 64, N = 128, M = 128, GATES = 4 * M };

typedef struct {
    float *x, *h, *z, *d, *dh, *w, *u;
    int batch;
    long passes;
} net;

static void pass(void *context)
{
    net *n = context;
    const int B = n->batch;
    for (long p = 0; p < n->passes; p++) {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, B * T, GATES, N, 1, n->x, N, n->w, N, 0, n->z, GATES);
        for (int t = 0; t < T; t++)
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, B, GATES, M, 1, n->h + (size_t)t * (size_t)(B * M), M, n->u, M, 1, n->z + (size_t)t * (size_t)(B * GATES), GATES);
        for (int t = T - 1; t >= 0; t--)
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, B, M, GATES, 1, n->d + (size_t)t * (size_t)(B * GATES), GATES, n->u, M, 0, n->dh, M);
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, GATES, N, B * T, -1e-9F, n->d, GATES, n->x, N, 1, n->w, N);
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, GATES, M, B * T, -1e-9F, n->d, GATES, n->h, M, 1, n->u, M);
    }
}

static float *room(size_t count)
{
    float *memory = aligned_alloc(64, (count * sizeof *memory + 63) / 64 * 64);
    for (size_t i = 0; i < count; i++)
        memory[i] = (float)bench_uniform(count, i) - 0.5F;
    return memory;
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return 64;
    openblas_set_num_threads(1);
    net n = {.batch = atoi(argv[1]), .passes = atol(argv[3])};
    size_t rows = (size_t)n.batch * T;
    n.x = room(rows * N), n.h = room(rows * M), n.z = room(rows * GATES), n.d = room(rows * GATES), n.dh = room((size_t)n.batch * M);
    n.w = room(GATES * N), n.u = room(GATES * M);
    bench_report(pass, &n, atof(argv[4]));
    return 0;
}
