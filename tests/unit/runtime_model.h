/* A model written by hand as the emitter would: p = w·x + b, C = ½(p − y)² + jitter ε, steps counted. Included once for each REAL; NAME(x) makes names. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runtime/delta.h"

typedef struct {
    REAL *w;
    REAL b;
} NAME(params);
typedef struct {
    REAL eta, jitter;
    REAL *m;
    REAL steps;
} NAME(state);
typedef struct {
    ptrdiff_t count;
    REAL *x, *y, *eps;
} NAME(in);
typedef struct {
    REAL *p;
} NAME(out);
typedef struct {
    int64_t n;
    REAL *slope;
    REAL worst;
} NAME(work);

static void NAME(shape)(int array, const int64_t *sizes, int64_t *dims)
{
    (void)array;
    dims[0] = sizes[0];
}

static size_t NAME(work_memory)(const int64_t *sizes, const int64_t *batch)
{
    (void)batch;
    return (size_t)sizes[0] * sizeof(REAL);
}

static void NAME(work_bind)(void *work, const int64_t *sizes, const int64_t *batch, void *memory)
{
    NAME(work) *w = work;
    (void)batch;
    w->n = sizes[0];
    w->slope = memory;
}

static void NAME(set_batch)(void *in, int population, ptrdiff_t count)
{
    (void)population;
    ((NAME(in) *)in)->count = count;
}

static int NAME(init)(void *params, void *state, const void *work, uint64_t seed)
{
    NAME(params) *p = params;
    NAME(state) *s = state;
    (void)seed;
    for (int64_t i = 0; i < ((const NAME(work) *)work)->n; i++)
        p->w[i] = 0;
    p->b = 0;
    s->eta = (REAL)0.1;
    s->jitter = 0;
    return 0;
}

static REAL NAME(value)(const NAME(params) * p, const NAME(in) * in, int64_t n, ptrdiff_t s)
{
    REAL sum = p->b;
    for (int64_t i = 0; i < n; i++)
        sum += p->w[i] * in->x[s * n + i];
    return sum;
}

static int NAME(forward)(const void *params, const void *state, const void *in, void *out, void *work)
{
    (void)state;
    for (ptrdiff_t s = 0; s < ((const NAME(in) *)in)->count; s++)
        ((NAME(out) *)out)->p[s] = NAME(value)(params, in, ((NAME(work) *)work)->n, s);
    return 0;
}

static int NAME(measure)(const void *params, const void *state, const void *in, double *sums, void *work)
{
    const NAME(in) *i = in;
    const NAME(state) *st = state;
    for (ptrdiff_t s = 0; s < i->count; s++) {
        double error = (double)(NAME(value)(params, in, ((NAME(work) *)work)->n, s) - i->y[s]);
        sums[0] += error * error / 2 + (double)(st->jitter * i->eps[s]);
        sums[1] += error * error;
    }
    return 0;
}

static int NAME(step)(void *params, void *state, const void *in, double *sums, void *work)
{
    NAME(params) *p = params;
    NAME(state) *st = state;
    NAME(work) *w = work;
    const NAME(in) *i = in;
    REAL slope_b = 0;
    memset(w->slope, 0, (size_t)w->n * sizeof(REAL));
    for (ptrdiff_t s = 0; s < i->count; s++) {
        REAL error = NAME(value)(p, i, w->n, s) - i->y[s] + st->jitter * i->eps[s];
        w->worst = error * error;
        if (!isfinite(error * error))
            return DELTA_E_NONFINITE;
        for (int64_t k = 0; k < w->n; k++)
            w->slope[k] += error * i->x[s * w->n + k];
        slope_b += error;
    }
    if (sums)
        NAME(measure)(p, st, i, sums, w);
    for (int64_t k = 0; k < w->n; k++) {
        st->m[k] = w->slope[k] / (REAL)i->count;
        p->w[k] -= st->eta * st->m[k];
    }
    p->b -= st->eta * slope_b / (REAL)i->count;
    st->steps += 1;
    return 0;
}

static void NAME(metric_values)(const double *means, double *metrics)
{
    metrics[0] = sqrt(means[1]);
}

static int NAME(assume)(const void *in, const void *work, ptrdiff_t s)
{
    (void)work;
    return !(((const NAME(in) *)in)->y[s] < 1000);
}

static const delta_value NAME(values)[] = {{offsetof(NAME(work), worst), -1, -1, 9, "C", ""}};
static const delta_size NAME(sizes)[] = {{"n", "n", 0}};
static const char *const NAME(populations)[] = {"main"};
static const char *const NAME(metrics)[] = {"rmse"};
static const delta_assumption NAME(assumptions)[] = {{.text = "y < 1000", .line = 5, .test = NAME(assume)}};
static const delta_array NAME(arrays)[] = {
    {.name = "x", .spelling = "x", .role = DELTA_INPUT, .rank = 1, .axis_size = {0}, .offset = offsetof(NAME(in), x), .pointer = 1, .per_sample = 1, .line = 2},
    {.name = "y", .spelling = "y", .role = DELTA_TARGET, .offset = offsetof(NAME(in), y), .pointer = 1, .per_sample = 1, .line = 3},
    {.name = "eps",
     .spelling = "ε",
     .role = DELTA_NOISE,
     .offset = offsetof(NAME(in), eps),
     .pointer = 1,
     .per_sample = 1,
     .distribution = DELTA_NORMAL,
     .b = 1,
     .line = 4},
    {.name = "w", .spelling = "w", .role = DELTA_PARAM, .rank = 1, .axis_size = {0}, .offset = offsetof(NAME(params), w), .pointer = 1, .line = 6},
    {.name = "b", .spelling = "b", .role = DELTA_PARAM, .offset = offsetof(NAME(params), b), .line = 6},
    {.name = "m", .spelling = "m", .role = DELTA_STATE, .rank = 1, .axis_size = {0}, .offset = offsetof(NAME(state), m), .pointer = 1, .line = 7},
    {.name = "steps", .spelling = "steps", .role = DELTA_STATE, .offset = offsetof(NAME(state), steps), .line = 7},
    {.name = "eta", .spelling = "η", .role = DELTA_HYPER, .offset = offsetof(NAME(state), eta), .line = 8},
    {.name = "jitter", .spelling = "jitter", .role = DELTA_HYPER, .offset = offsetof(NAME(state), jitter), .line = 8},
    {.name = "p", .spelling = "p", .role = DELTA_OUTPUT, .offset = offsetof(NAME(out), p), .pointer = 1, .per_sample = 1, .line = 9},
};

const delta_model NAME(model) = {
    .name = "line",
    .page = "line.delta",
    .hash = UINT64_C(0x1234),
    .real_bytes = (int)sizeof(REAL),
    .size_count = 1,
    .sizes = NAME(sizes),
    .population_count = 1,
    .populations = NAME(populations),
    .array_count = 10,
    .arrays = NAME(arrays),
    .metric_count = 1,
    .metrics = NAME(metrics),
    .assumption_count = 1,
    .assumptions = NAME(assumptions),
    .trains = 1,
    .has_cost = 1,
    .sum_count = 2,
    .params_bytes = sizeof(NAME(params)),
    .state_bytes = sizeof(NAME(state)),
    .in_bytes = sizeof(NAME(in)),
    .out_bytes = sizeof(NAME(out)),
    .work_bytes = sizeof(NAME(work)),
    .shape = NAME(shape),
    .work_memory = NAME(work_memory),
    .work_bind = NAME(work_bind),
    .set_batch = NAME(set_batch),
    .init = NAME(init),
    .forward = NAME(forward),
    .step = NAME(step),
    .measure = NAME(measure),
    .metric_values = NAME(metric_values),
    .value_count = 1,
    .values = NAME(values),
};

#undef REAL
#undef NAME
