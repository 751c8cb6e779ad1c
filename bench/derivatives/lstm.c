/* Layers of gated cells, each cell by itself. States and gates of all times are kept for the way back. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

const char *const model_sizes = "L=2 T=1023 b=14", *const model_output = NULL;

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static const char *const gate_names[] = {"f", "i", "o", "g"};

typedef struct {
    ptrdiff_t layers, times, b;
    const double *x, *w[4], *bias[4], *u, *v, *out;
} network;

static network begin(void)
{
    network n = {suite_size("L"), suite_size("T"), suite_size("b"), suite_array("X"), {NULL}, {NULL}, suite_array("u"), suite_array("v"), suite_array("w")};
    for (int g = 0; g < 4; g++) {
        char name[3] = {'W', gate_names[g][0], 0};
        n.w[g] = suite_array(name);
        name[0] = 'B';
        n.bias[g] = suite_array(name);
    }
    return n;
}

/* The objective as the suites have it: only the present state is kept. */
double model_objective(void)
{
    network n = begin();
    size_t states = (size_t)(n.layers * n.b) * sizeof(double);
    double *hidden = malloc(states), *cell = malloc(states), *y = malloc((size_t)n.b * sizeof(double)), total = 0;
    memcpy(hidden, suite_array("h0"), states);
    memcpy(cell, suite_array("c0"), states);
    for (ptrdiff_t t = 0; t < n.times; t++) {
        for (ptrdiff_t k = 0; k < n.b; k++)
            y[k] = n.x[t * n.b + k] * n.u[k];
        const double *below = y;
        for (ptrdiff_t l = 0; l < n.layers; l++) {
            double *h = hidden + l * n.b, *c = cell + l * n.b;
            for (ptrdiff_t k = 0; k < n.b; k++) {
                ptrdiff_t at = l * n.b + k;
                double forget = sigmoid(below[k] * n.w[0][at] + n.bias[0][at]), in = sigmoid(h[k] * n.w[1][at] + n.bias[1][at]);
                double out = sigmoid(below[k] * n.w[2][at] + n.bias[2][at]), change = tanh(h[k] * n.w[3][at] + n.bias[3][at]);
                c[k] = c[k] * forget + in * change;
                h[k] = out * tanh(c[k]);
            }
            below = h;
        }
        double sum = 2;
        for (ptrdiff_t k = 0; k < n.b; k++) {
            y[k] = below[k] * n.v[k] + n.out[k];
            sum += exp(y[k]);
        }
        for (ptrdiff_t k = 0; k < n.b; k++)
            total += n.x[(t + 1) * n.b + k] * (y[k] - log(sum));
    }
    free(hidden), free(cell), free(y);
    return -total / (double)(n.times * n.b);
}

void model_gradient(void)
{
    network n = begin();
    ptrdiff_t lb = n.layers * n.b;
    double *gw[4], *gb[4], *gu = suite_gradient("u"), *gv = suite_gradient("v"), *gout = suite_gradient("w");
    size_t bytes = (size_t)lb * sizeof(double);
    for (int g = 0; g < 4; g++) {
        char name[3] = {'W', gate_names[g][0], 0};
        gw[g] = suite_gradient(name);
        name[0] = 'B';
        gb[g] = suite_gradient(name);
        memset(gw[g], 0, bytes), memset(gb[g], 0, bytes);
    }
    for (ptrdiff_t k = 0; k < n.b; k++)
        gu[k] = gv[k] = gout[k] = 0;
    double *hidden = malloc((size_t)(n.times + 1) * bytes), *cell = malloc((size_t)(n.times + 1) * bytes), *gate[4];
    for (int g = 0; g < 4; g++)
        gate[g] = malloc((size_t)n.times * bytes);
    memcpy(hidden, suite_array("h0"), bytes);
    memcpy(cell, suite_array("c0"), bytes);
    for (ptrdiff_t t = 0; t < n.times; t++)
        for (ptrdiff_t at = 0; at < lb; at++) {
            ptrdiff_t now = t * lb + at, next = now + lb;
            double below = at < n.b ? n.x[t * n.b + at] * n.u[at] : hidden[next - n.b];
            gate[0][now] = sigmoid(below * n.w[0][at] + n.bias[0][at]);
            gate[1][now] = sigmoid(hidden[now] * n.w[1][at] + n.bias[1][at]);
            gate[2][now] = sigmoid(below * n.w[2][at] + n.bias[2][at]);
            gate[3][now] = tanh(hidden[now] * n.w[3][at] + n.bias[3][at]);
            cell[next] = cell[now] * gate[0][now] + gate[1][now] * gate[3][now];
            hidden[next] = gate[2][now] * tanh(cell[next]);
        }
    double *dh = calloc((size_t)lb, sizeof(double)), *dc = calloc((size_t)lb, sizeof(double)), *y = malloc((size_t)n.b * sizeof(double));
    for (ptrdiff_t t = n.times - 1; t >= 0; t--) {
        const double *top = hidden + (t + 1) * lb + lb - n.b, *gold = n.x + (t + 1) * n.b;
        double sum = 2, golds = 0;
        for (ptrdiff_t k = 0; k < n.b; k++) {
            y[k] = exp(top[k] * n.v[k] + n.out[k]);
            sum += y[k], golds += gold[k];
        }
        for (ptrdiff_t k = 0; k < n.b; k++) {
            double dy = -(gold[k] - golds * y[k] / sum) / (double)(n.times * n.b);
            gv[k] += dy * top[k];
            gout[k] += dy;
            dh[lb - n.b + k] += dy * n.v[k];
        }
        for (ptrdiff_t at = lb - 1; at >= 0; at--) {
            ptrdiff_t now = t * lb + at, next = now + lb;
            double f = gate[0][now], i = gate[1][now], o = gate[2][now], g = gate[3][now], th = tanh(cell[next]), d = dh[at];
            double below = at < n.b ? n.x[t * n.b + at] * n.u[at] : hidden[next - n.b];
            double dcell = dc[at] + d * o * (1 - th * th);
            double z[4] = {dcell * cell[now] * f * (1 - f), dcell * g * i * (1 - i), d * th * o * (1 - o), dcell * i * (1 - g * g)};
            for (int k = 0; k < 4; k++) {
                gw[k][at] += z[k] * (k % 2 ? hidden[now] : below);
                gb[k][at] += z[k];
            }
            double dbelow = z[0] * n.w[0][at] + z[2] * n.w[2][at];
            dh[at] = z[1] * n.w[1][at] + z[3] * n.w[3][at];
            dc[at] = dcell * f;
            if (at < n.b)
                gu[at] += dbelow * n.x[t * n.b + at];
            else
                dh[at - n.b] += dbelow;
        }
    }
    free(hidden), free(cell), free(dh), free(dc), free(y);
    for (int g = 0; g < 4; g++)
        free(gate[g]);
}

void model_prepare(const char *name, double *values, ptrdiff_t count)
{
    if (strcmp(name, "X") == 0) /* bits */
        for (ptrdiff_t i = 0; i < count; i++)
            values[i] = values[i] > 0;
}
