/* C and D by hand: dense layers of relu and a softmax with cross-entropy, plain gradient descent in float, on OpenBLAS with one thread.
 * LAYERS gives the widths: -DLAYERS=784,128,10. */
#include <cblas.h>
#include <math.h>
#include <string.h>

#include "bench.h"

extern void openblas_set_num_threads(int count);

static const int width[] = {LAYERS};
enum { COUNT = sizeof width / sizeof *width, LAST = COUNT - 1 };

typedef struct {
    float *w[COUNT], *b[COUNT], *a[COUNT], *d[COUNT];
    const float *x, *y;
    int batch;
    long samples, passes;
} net;

static void forward(net *n, const float *x, int batch)
{
    for (int l = 1; l <= LAST; l++) {
        float *a = n->a[l];
        for (int s = 0; s < batch; s++)
            memcpy(a + (size_t)s * (size_t)width[l], n->b[l], (size_t)width[l] * sizeof *a);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, batch, width[l], width[l - 1], 1, l == 1 ? x : n->a[l - 1], width[l - 1], n->w[l], width[l - 1], 1, a, width[l]);
        for (int i = 0; l < LAST && i < batch * width[l]; i++)
            a[i] = a[i] > 0 ? a[i] : 0;
    }
}

static void softmax_delta(net *n, const float *y, int batch)
{
    const int k = width[LAST];
    for (int s = 0; s < batch; s++) {
        float *z = n->a[LAST] + s * k, *d = n->d[LAST] + s * k, top = z[0], sum = 0;
        for (int i = 1; i < k; i++)
            top = z[i] > top ? z[i] : top;
        for (int i = 0; i < k; i++)
            z[i] = expf(z[i] - top);
        for (int i = 0; i < k; i++)
            sum += z[i];
        for (int i = 0; i < k; i++)
            d[i] = (z[i] / sum - y[s * k + i]) / (float)batch;
    }
}

static void backward(net *n, const float *x, int batch)
{
    const float rate = 0.1F;
    for (int l = LAST; l >= 1; l--) {
        const float *d = n->d[l];
        if (l > 1) {
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, batch, width[l - 1], width[l], 1, d, width[l], n->w[l], width[l - 1], 0, n->d[l - 1], width[l - 1]);
            for (int i = 0; i < batch * width[l - 1]; i++)
                n->d[l - 1][i] = n->a[l - 1][i] > 0 ? n->d[l - 1][i] : 0;
        }
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, width[l], width[l - 1], batch, -rate, d, width[l], l == 1 ? x : n->a[l - 1], width[l - 1], 1, n->w[l], width[l - 1]);
        for (int s = 0; s < batch; s++)
            for (int i = 0; i < width[l]; i++)
                n->b[l][i] -= rate * d[s * width[l] + i];
    }
}

static void pass(void *context)
{
    net *n = context;
    for (long p = 0; p < n->passes; p++)
        for (long s = 0; s < n->samples; s += n->batch) {
            int batch = n->samples - s < n->batch ? (int)(n->samples - s) : n->batch;
            const float *x = n->x + s * width[0];
            forward(n, x, batch);
            softmax_delta(n, n->y + s * width[LAST], batch);
            backward(n, x, batch);
        }
}

static float *room(size_t count)
{
    float *memory = aligned_alloc(64, (count * sizeof *memory + 63) / 64 * 64);
    memset(memory, 0, count * sizeof *memory);
    return memory;
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return 64;
    openblas_set_num_threads(1);
    net n = {.batch = atoi(argv[1]), .samples = atol(argv[2]), .passes = atol(argv[3])};
    for (int l = 1; l <= LAST; l++) {
        size_t count = (size_t)width[l] * (size_t)width[l - 1];
        n.w[l] = room(count), n.b[l] = room((size_t)width[l]);
        n.a[l] = room((size_t)n.batch * (size_t)width[l]), n.d[l] = room((size_t)n.batch * (size_t)width[l]);
        for (size_t i = 0; i < count; i++)
            n.w[l][i] = (float)(sqrt(6.0 / width[l - 1]) * (2 * bench_uniform((uint64_t)(20 + l), i) - 1));
    }
    float *x = room((size_t)n.samples * (size_t)width[0]), *y = room((size_t)n.samples * (size_t)width[LAST]);
    for (long i = 0; i < n.samples * width[0]; i++)
        x[i] = (float)bench_uniform(0, (uint64_t)i);
    for (long s = 0; s < n.samples; s++)
        y[s * width[LAST] + (long)(bench_uniform(9, (uint64_t)s) * width[LAST])] = 1;
    n.x = x, n.y = y;
    bench_report(pass, &n, atof(argv[4]));
    return 0;
}
