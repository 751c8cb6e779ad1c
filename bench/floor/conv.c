/* E by hand: two convolutions with relu and maxima of 2 × 2, a dense layer, softmax with cross-entropy, plain gradient descent in float. Windows are copied out
 * (im2col) for the whole batch, so that each convolution and each of its gradients is one product of OpenBLAS, with one thread; maps are the first axis, samples the
 * second. */
#include <cblas.h>
#include <math.h>
#include <string.h>

#include "bench.h"

extern void openblas_set_num_threads(int count);

enum { K = 5, P = 8, Q = 16, M = 10, N0 = 28, N1 = 24, N2 = 12, N3 = 8, N4 = 4, MOST = 64 };

typedef struct {
    float k1[P * K * K], b1[P], k2[Q * P * K * K], b2[Q], w[M * Q * N4 * N4], b3[M];
    float *col1, *z1, *s1, *col2, *z2, *s2, *z3, *d3, *ds2, *dz2, *dcol2, *ds1, *dz1;
    unsigned char *at1, *at2; /* which of the four is the largest */
    const float *x, *y;
    int batch;
    long samples, passes;
} net;

/* Windows of images [maps][batch][n][n], each with `map` and `sample` entries from the next map and sample: column (sample, i, j), row (map, u, v). */
static void take_windows(float *col, const float *image, int maps, int batch, int n, long map, long sample)
{
    const int m = n - K + 1;
    for (int r = 0; r < maps; r++)
        for (int u = 0; u < K; u++)
            for (int v = 0; v < K; v++)
                for (int s = 0; s < batch; s++)
                    for (int i = 0; i < m; i++, col += m)
                        memcpy(col, image + r * map + s * sample + (i + u) * n + v, (size_t)m * sizeof *col);
}

static void add_windows(const float *col, float *image, int maps, int batch, int n)
{
    const int m = n - K + 1;
    memset(image, 0, (size_t)(maps * batch * n * n) * sizeof *image);
    for (int r = 0; r < maps; r++)
        for (int u = 0; u < K; u++)
            for (int v = 0; v < K; v++)
                for (int s = 0; s < batch; s++)
                    for (int i = 0; i < m; i++, col += m) {
                        float *to = image + (((long)r * batch + s) * n + i + u) * n + v;
                        for (int j = 0; j < m; j++)
                            to[j] += col[j];
                    }
}

/* relu and the maximum of 2 × 2; b is added first. */
static void pool(float *restrict s, unsigned char *restrict at, const float *restrict z, const float *b, int maps, int batch, int n)
{
    const int m = n / 2;
    for (int r = 0; r < maps; r++)
        for (int i = 0; i < batch * m; i++, s += m, at += m, z += 2 * n)
            for (int j = 0; j < m; j++) {
                float a = z[2 * j], c = z[2 * j + 1], d = z[n + 2 * j], e = z[n + 2 * j + 1];
                unsigned char left = c > a, right = 2 + (e > d);
                float up = c > a ? c : a, down = e > d ? e : d, top = (down > up ? down : up) + b[r];
                s[j] = top > 0 ? top : 0;
                at[j] = !(top > 0) ? 4 : down > up ? right : left;
            }
}

static void unpool(float *restrict dz, const float *restrict ds, const unsigned char *restrict at, int count, int n)
{
    const int m = n / 2;
    for (int i = 0; i < count; i++, dz += 2 * n, ds += m, at += m)
        for (int j = 0; j < m; j++) {
            dz[2 * j] = at[j] == 0 ? ds[j] : 0;
            dz[2 * j + 1] = at[j] == 1 ? ds[j] : 0;
            dz[n + 2 * j] = at[j] == 2 ? ds[j] : 0;
            dz[n + 2 * j + 1] = at[j] == 3 ? ds[j] : 0;
        }
}

static void forward(net *n, const float *x, int batch)
{
    const int c1 = batch * N1 * N1, c2 = batch * N3 * N3, d = N4 * N4;
    take_windows(n->col1, x, 1, batch, N0, 0, N0 * N0);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, P, c1, K * K, 1, n->k1, K * K, n->col1, c1, 0, n->z1, c1);
    pool(n->s1, n->at1, n->z1, n->b1, P, batch, N1);
    take_windows(n->col2, n->s1, P, batch, N2, (long)batch * N2 * N2, N2 * N2);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, Q, c2, P * K * K, 1, n->k2, P * K * K, n->col2, c2, 0, n->z2, c2);
    pool(n->s2, n->at2, n->z2, n->b2, Q, batch, N3);
    for (int s = 0; s < batch; s++)
        memcpy(n->z3 + s * M, n->b3, sizeof n->b3);
    for (int q = 0; q < Q; q++)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, batch, M, d, 1, n->s2 + (long)q * batch * d, d, n->w + q * d, Q * d, 1, n->z3, M);
}

static void softmax_delta(net *n, const float *y, int batch)
{
    for (int s = 0; s < batch; s++) {
        float *z = n->z3 + s * M, top = z[0], sum = 0;
        for (int i = 1; i < M; i++)
            top = z[i] > top ? z[i] : top;
        for (int i = 0; i < M; i++)
            z[i] = expf(z[i] - top);
        for (int i = 0; i < M; i++)
            sum += z[i];
        for (int i = 0; i < M; i++)
            n->d3[s * M + i] = (z[i] / sum - y[s * M + i]) / (float)batch;
    }
}

static void update_bias(float *b, const float *d, int maps, long count)
{
    for (int r = 0; r < maps; r++, d += count) {
        float sum = 0;
        for (long i = 0; i < count; i++)
            sum += d[i];
        b[r] -= 0.1F * sum;
    }
}

static void backward(net *n, int batch)
{
    const float rate = 0.1F;
    const int c1 = batch * N1 * N1, c2 = batch * N3 * N3, d = N4 * N4;
    for (int q = 0; q < Q; q++) {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, batch, d, M, 1, n->d3, M, n->w + q * d, Q * d, 0, n->ds2 + (long)q * batch * d, d);
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, M, d, batch, -rate, n->d3, M, n->s2 + (long)q * batch * d, d, 1, n->w + q * d, Q * d);
    }
    for (int s = 0; s < batch; s++)
        for (int i = 0; i < M; i++)
            n->b3[i] -= rate * n->d3[s * M + i];
    unpool(n->dz2, n->ds2, n->at2, Q * batch * N4, N3);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, P * K * K, c2, Q, 1, n->k2, P * K * K, n->dz2, c2, 0, n->dcol2, c2);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, Q, P * K * K, c2, -rate, n->dz2, c2, n->col2, c2, 1, n->k2, P * K * K);
    update_bias(n->b2, n->dz2, Q, c2);
    add_windows(n->dcol2, n->ds1, P, batch, N2);
    unpool(n->dz1, n->ds1, n->at1, P * batch * N2, N1);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, P, K * K, c1, -rate, n->dz1, c1, n->col1, c1, 1, n->k1, K * K);
    update_bias(n->b1, n->dz1, P, c1);
}

static void pass(void *context)
{
    net *n = context;
    for (long p = 0; p < n->passes; p++)
        for (long s = 0; s < n->samples; s += n->batch) {
            int batch = n->samples - s < n->batch ? (int)(n->samples - s) : n->batch;
            forward(n, n->x + s * N0 * N0, batch);
            softmax_delta(n, n->y + s * M, batch);
            backward(n, batch);
        }
}

static float *room(size_t count)
{
    float *memory = aligned_alloc(64, (count * sizeof *memory + 63) / 64 * 64);
    memset(memory, 0, count * sizeof *memory);
    return memory;
}

static void draw(float *to, size_t count, uint64_t number, double width)
{
    for (size_t i = 0; i < count; i++)
        to[i] = (float)(width * sqrt(3) * (2 * bench_uniform(number, i) - 1));
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return 64;
    openblas_set_num_threads(1);
    static net n;
    n.batch = atoi(argv[1]), n.samples = atol(argv[2]), n.passes = atol(argv[3]);
    size_t b = (size_t)n.batch;
    n.col1 = room(K * K * b * N1 * N1), n.z1 = room(P * b * N1 * N1), n.dz1 = room(P * b * N1 * N1), n.s1 = room(P * b * N2 * N2),
    n.ds1 = room(P * b * N2 * N2);
    n.col2 = room(P * K * K * b * N3 * N3), n.dcol2 = room(P * K * K * b * N3 * N3), n.z2 = room(Q * b * N3 * N3), n.dz2 = room(Q * b * N3 * N3);
    n.s2 = room(Q * b * N4 * N4), n.ds2 = room(Q * b * N4 * N4), n.z3 = room(b * M), n.d3 = room(b * M);
    n.at1 = calloc(P * b * N2 * N2, 1), n.at2 = calloc(Q * b * N4 * N4, 1);
    draw(n.k1, sizeof n.k1 / sizeof *n.k1, 20, 0.28), draw(n.k2, sizeof n.k2 / sizeof *n.k2, 21, 0.1), draw(n.w, sizeof n.w / sizeof *n.w, 22, 0.06);
    float *x = room((size_t)n.samples * N0 * N0), *y = room((size_t)n.samples * M);
    for (long i = 0; i < n.samples * N0 * N0; i++)
        x[i] = (float)bench_uniform(0, (uint64_t)i);
    for (long s = 0; s < n.samples; s++)
        y[s * M + (long)(bench_uniform(9, (uint64_t)s) * M)] = 1;
    n.x = x, n.y = y;
    bench_report(pass, &n, atof(argv[4]));
    return 0;
}
