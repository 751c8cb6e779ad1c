/* See in_place.sh. Prints "ok …" or "not ok …" for each property of wide.delta's step. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wide.h"

enum { N = 24, H = 20, K = 8, B = 16, COUNT = H * N + H + K * H + K };

typedef struct {
    REAL all[COUNT];
} values;

static wide_params params_in(values *v)
{
    return (wide_params){.W1 = v->all, .b1 = v->all + H * N, .W2 = v->all + H * N + H, .b2 = v->all + H * N + H + K * H};
}

typedef struct {
    values p, before, gradient;
    wide_params params, grad;
    wide_state state;
    wide_in in;
    wide_work work;
    REAL x[B * N], y[B * K];
} test;

static void verdict(int good, const char *what)
{
    printf("%s %s\n", good ? "ok" : "not ok", what);
}

static void begin(test *t)
{
    const int64_t batch[] = {B}, sizes[] = {N, H, K};
    memset(t, 0, sizeof *t);
    t->params = params_in(&t->p), t->grad = params_in(&t->gradient);
    t->in = (wide_in){.samples = B, .x = t->x, .y = t->y};
    size_t bytes = (wide_model.work_memory(sizes, batch) + 63) / 64 * 64;
    wide_model.work_bind(&t->work, sizes, batch, aligned_alloc(64, bytes));
    wide_init(&t->params, &t->state, 5);
    for (int i = 0; i < B * N; i++)
        t->x[i] = (REAL)sin(i + 1.0);
    for (int i = 0; i < B * K; i++)
        t->y[i] = (REAL)cos(3.0 * i);
}

static void check_equal(test *t)
{
    double worst = 0;
    for (int s = 0; s < 5; s++) {
        t->before = t->p;
        wide_gradient(&t->params, &t->state, &t->in, &t->grad, NULL, &t->work);
        if (wide_step(&t->params, &t->state, &t->in, &t->work) != WIDE_OK)
            worst = HUGE_VAL;
        for (int i = 0; i < COUNT; i++) {
            double expected = (double)t->before.all[i] - (double)t->state.sgd_eta * (double)t->gradient.all[i];
            worst = fmax(worst, fabs((double)t->p.all[i] - expected) / (1 + fabs(expected)));
        }
    }
    verdict(worst < (sizeof(REAL) == 4 ? 3e-6 : 1e-14), "a step subtracts the gradient");
}

static void check_refused(test *t, REAL *place, REAL value, const char *what)
{
    begin(t);
    *place = value;
    t->before = t->p;
    int code = wide_step(&t->params, &t->state, &t->in, &t->work);
    verdict(code == WIDE_E_NONFINITE && memcmp(&t->before, &t->p, sizeof t->p) == 0, what);
}

int main(void)
{
    static test t;
    const REAL top = sizeof(REAL) == 4 ? (REAL)3e38 : (REAL)1e308;
    begin(&t);
    check_equal(&t);
    check_refused(&t, &t.x[7], (REAL)NAN, "an input that is not a number changes nothing");
    check_refused(&t, &t.x[7], (REAL)INFINITY, "an infinite input changes nothing");
    check_refused(&t, &t.x[7], top, "an update that could overflow changes nothing");
    check_refused(&t, &t.y[7], top, "an infinite cost changes nothing");
    check_refused(&t, &t.p.all[5], (REAL)NAN, "a weight that is not a number is refused at the first step");
    check_refused(&t, &t.p.all[5], -(REAL)INFINITY, "an infinite weight is refused at the first step");
    begin(&t);
    t.p.all[5] = top;
    t.before = t.p;
    verdict(wide_step(&t.params, &t.state, &t.in, &t.work) == WIDE_OK && isfinite(t.p.all[5]), "a very large weight stays finite");
    begin(&t);
    int first = wide_step(&t.params, &t.state, &t.in, &t.work);
    t.before = t.p;
    t.state.sgd_eta = top;
    int second = wide_step(&t.params, &t.state, &t.in, &t.work);
    verdict(first == WIDE_OK && second == WIDE_E_NONFINITE && memcmp(&t.before, &t.p, sizeof t.p) == 0, "a learning rate that could overflow changes nothing");
    return 0;
}
