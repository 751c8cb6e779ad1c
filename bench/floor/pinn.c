/* G by hand: u′ + u = 0, u(0) = 1, by a network 1-32-32-1 of tanh in double; the cost holds the derivative by t, its gradient is derived on paper. Points are the
 * inner index everywhere, so that all loops are over contiguous entries. The point t = 0 is computed once: its values do not depend on the sample. */
#include <math.h>
#include <string.h>

#include "bench.h"

enum { H = 32, B = 64, P = 3 * H + H * H + H + 1 };

/* p: w1, b1, W2, b2, w3, b3 */
typedef struct {
    double w1[H], b1[H], w2[H][H], b2[H], w3[H], b3;
} weights;

typedef struct {
    weights p, g, m, v;
    double t[B];
    double a[H][B], da[H][B], c[H][B], dc[H][B];     /* layer 1 and 2: values and derivatives by t */
    double ga[H][B], gda[H][B];                       /* adjoints of layer 1 */
    long step, passes;
} net;

static void forward(net *n)
{
    for (int i = 0; i < H; i++)
        for (int s = 0; s < B; s++) {
            double y = tanh(n->p.w1[i] * n->t[s] + n->p.b1[i]);
            n->a[i][s] = y;
            n->da[i][s] = n->p.w1[i] * (1 - y * y);
        }
    for (int j = 0; j < H; j++) {
        double z[B], dz[B];
        for (int s = 0; s < B; s++)
            z[s] = n->p.b2[j], dz[s] = 0;
        for (int i = 0; i < H; i++)
            for (int s = 0; s < B; s++)
                z[s] += n->p.w2[j][i] * n->a[i][s], dz[s] += n->p.w2[j][i] * n->da[i][s];
        for (int s = 0; s < B; s++) {
            double y = tanh(z[s]);
            n->c[j][s] = y;
            n->dc[j][s] = dz[s]; /* the derivative of what goes in */
        }
    }
}

/* Gradient of mean r²: e[s] = ∂/∂u = ∂/∂u′. */
static void backward(net *n, const double *e)
{
    memset(n->ga, 0, sizeof n->ga);
    memset(n->gda, 0, sizeof n->gda);
    for (int j = 0; j < H; j++) {
        double gz[B], gdz[B], w3 = n->p.w3[j], g3 = 0, gb = 0;
        for (int s = 0; s < B; s++) {
            double y = n->c[j][s], q = 1 - y * y, dz = n->dc[j][s];
            g3 += e[s] * (y + q * dz);
            gdz[s] = e[s] * w3 * q;
            gz[s] = e[s] * w3 * (q - 2 * y * q * dz);
            gb += gz[s];
        }
        n->g.w3[j] = g3;
        n->g.b2[j] = gb;
        for (int i = 0; i < H; i++) {
            double g = 0, w = n->p.w2[j][i];
            for (int s = 0; s < B; s++) {
                g += gz[s] * n->a[i][s] + gdz[s] * n->da[i][s];
                n->ga[i][s] += w * gz[s];
                n->gda[i][s] += w * gdz[s];
            }
            n->g.w2[j][i] = g;
        }
    }
    for (int i = 0; i < H; i++) {
        double g1 = 0, gb = 0, w = n->p.w1[i];
        for (int s = 0; s < B; s++) {
            double y = n->a[i][s], q = 1 - y * y, gz = n->ga[i][s] * q - n->gda[i][s] * w * 2 * y * q;
            g1 += gz * n->t[s] + n->gda[i][s] * q;
            gb += gz;
        }
        n->g.w1[i] = g1;
        n->g.b1[i] = gb;
    }
}

/* Adds the gradient of (N(0) − 1)². */
static void boundary(net *n)
{
    double a[H], c[H], ga[H] = {0}, u = n->p.b3;
    for (int i = 0; i < H; i++)
        a[i] = tanh(n->p.b1[i]);
    for (int j = 0; j < H; j++) {
        double z = n->p.b2[j];
        for (int i = 0; i < H; i++)
            z += n->p.w2[j][i] * a[i];
        c[j] = z;
    }
    for (int j = 0; j < H; j++)
        c[j] = tanh(c[j]);
    for (int j = 0; j < H; j++)
        u += n->p.w3[j] * c[j];
    double e = 2 * (u - 1);
    n->g.b3 += e;
    for (int j = 0; j < H; j++) {
        double gz = e * n->p.w3[j] * (1 - c[j] * c[j]);
        n->g.w3[j] += e * c[j];
        n->g.b2[j] += gz;
        for (int i = 0; i < H; i++) {
            n->g.w2[j][i] += gz * a[i];
            ga[i] += gz * n->p.w2[j][i];
        }
    }
    for (int i = 0; i < H; i++)
        n->g.b1[i] += ga[i] * (1 - a[i] * a[i]);
}

static void adam(net *n)
{
    double *restrict p = (double *)&n->p, *restrict g = (double *)&n->g, *restrict m = (double *)&n->m, *restrict v = (double *)&n->v;
    double k = (double)++n->step, c1 = 1 / (1 - pow(0.9, k)), c2 = 1 / (1 - pow(0.999, k));
    for (size_t i = 0; i < sizeof n->p / sizeof *p; i++) {
        m[i] = 0.9 * m[i] + 0.1 * g[i];
        v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
        p[i] -= 1e-3 * (m[i] * c1) / (sqrt(v[i] * c2) + 1e-8);
    }
}

static void pass(void *context)
{
    net *n = context;
    for (long k = 0; k < n->passes; k++) {
        double e[B], total = 0;
        forward(n);
        for (int s = 0; s < B; s++)
            e[s] = n->p.b3;
        for (int j = 0; j < H; j++)
            for (int s = 0; s < B; s++)
                e[s] += n->p.w3[j] * (n->c[j][s] + (1 - n->c[j][s] * n->c[j][s]) * n->dc[j][s]);
        for (int s = 0; s < B; s++)
            e[s] *= 2.0 / B, total += e[s];
        n->g.b3 = total;
        backward(n, e);
        boundary(n);
        adam(n);
    }
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return 64;
    net *n = aligned_alloc(64, (sizeof *n + 63) / 64 * 64);
    memset(n, 0, sizeof *n);
    n->passes = atol(argv[3]);
    for (int i = 0; i < H; i++) {
        n->p.w1[i] = 2 * bench_uniform(21, (uint64_t)i) - 1, n->p.w3[i] = 0.4 * bench_uniform(22, (uint64_t)i) - 0.2;
        for (int j = 0; j < H; j++)
            n->p.w2[i][j] = (2 * bench_uniform(23, (uint64_t)(i * H + j)) - 1) * sqrt(6.0 / (2 * H));
    }
    for (int s = 0; s < B; s++)
        n->t[s] = bench_uniform(0, (uint64_t)s);
    bench_report(pass, n, atof(argv[4]));
    free(n);
    return 0;
}
