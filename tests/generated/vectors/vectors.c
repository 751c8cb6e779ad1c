/* Products of derivatives with vectors, as `deltac emit --derivatives` writes them, against differences: of the gradient for the second derivative, of the page's
 * own z for the others, with the pairing u·(J r) = (Jᵀu)·r beside them. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "delta.h"
#include "delta_random.h"
#include "net.h"

enum { N = 3, H = 4, K = 2, B = 5 };

extern const delta_model net_model;

static double W[H * N], b[H], V[K * H], x[B * N], y[B * K], v[H * N], u[B * K], r[H * N], q[B * N];
static double gW[H * N], gb[H], gV[K * H];
static double second[H * N], left[H * N], right[B * K], jacobian[B * K * N], along_x[B * K], z[B * K];

static net_params params = {W, b, V}, gradient = {gW, gb, gV};
static net_state state;
static net_work work;
static net_in in;
static net_out out;

static void draw(double *list, int count, uint64_t number)
{
    for (int i = 0; i < count; i++)
        list[i] = 0.7 * delta_normal(3, number, (uint64_t)i);
}

static void forward(void)
{
    if (net_forward(&params, &state, &in, &out, &work) != NET_OK)
        exit(2);
}

static void prepare(void)
{
    int64_t sizes[8] = {N, H, K}, batch[1] = {B};
    static double memory[8192];
    if (net_model.work_memory(sizes, batch) > sizeof memory)
        exit(3);
    net_model.work_bind(&work, sizes, batch, memory);
    state.v = v, state.r = r;
    in.samples = B, in.x = x, in.y = y, in.u = u, in.q = q;
    out.partial_2_C_partial_W_2_v = second, out.u_dz_dW = left, out.dz_dW_r = right, out.dz_dx = jacobian, out.dz_dx_q = along_x, out.z = z;
}

static void move(double *list, const double *along, int count, double step)
{
    for (int i = 0; i < count; i++)
        list[i] += step * along[i];
}

/* The derivative of `count` numbers by a step of `list` along `along`, to the fourth order. */
static void difference(double *list, const double *along, int moved, const double *from, int count, double *d)
{
    static const double step = 1e-3, at[4] = {1, 2, -2, -1}, weight[4] = {8, -1, 1, -8};
    double cost;
    for (int i = 0; i < count; i++)
        d[i] = 0;
    for (int s = 0; s < 4; s++) {
        move(list, along, moved, at[s] * step);
        forward();
        if (net_gradient(&params, &state, &in, &gradient, &cost, &work) != NET_OK)
            exit(2);
        for (int i = 0; i < count; i++)
            d[i] += weight[s] * from[i] / (12 * step);
        move(list, along, moved, -at[s] * step);
    }
}

static double worst(const double *a, const double *c, int count)
{
    double most = 0, gap = 0;
    for (int i = 0; i < count; i++) {
        most = fmax(most, fabs(c[i]));
        gap = fmax(gap, fabs(a[i] - c[i]));
    }
    return most > 1e-3 ? gap / most : 1;
}

static int say(const char *name, double error)
{
    printf("%s %s\n", error < 1e-8 ? "ok" : "not ok", name);
    if (!(error < 1e-8))
        printf("    off by %g\n", error);
    return !(error < 1e-8);
}

static double dot(const double *a, const double *c, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += a[i] * c[i];
    return sum;
}

int main(void)
{
    double d[64], other[64], by_matrix[B * K];
    int bad = 0;
    draw(W, H * N, 1), draw(b, H, 2), draw(V, K * H, 3), draw(x, B * N, 4), draw(y, B * K, 5), draw(v, H * N, 6), draw(u, B * K, 7), draw(r, H * N, 8), draw(q, B * N, 9);
    prepare();
    forward();
    for (int i = 0; i < 64; i++)
        other[i] = i < H * N ? second[i] : 0;
    difference(W, v, H * N, gW, H * N, d);
    bad += say("second_derivative_times_vector", worst(other, d, H * N));
    forward();
    for (int i = 0; i < B * K; i++)
        other[i] = right[i];
    difference(W, r, H * N, z, B * K, d);
    bad += say("derivative_times_vector", worst(other, d, B * K));
    forward();
    bad += say("vector_times_derivative", fabs(dot(left, r, H * N) - dot(u, other, B * K)) / fabs(dot(u, other, B * K)));
    for (int s = 0; s < B; s++)
        for (int k = 0; k < K; k++)
            by_matrix[s * K + k] = dot(jacobian + (s * K + k) * N, q + s * N, N);
    bad += say("derivative_by_an_input_times_vector", worst(along_x, by_matrix, B * K));
    return bad;
}
