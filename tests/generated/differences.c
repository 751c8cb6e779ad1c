/* Compares the gradient of a generated program with central differences of its own cost, signs included. Compile with -DMODEL=name_model and link with NAME.c.
 * Prints the worst entry; status 0 when every entry agrees. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delta.h"
#include "delta_random.h"

extern const delta_model MODEL;

#ifndef FREE_SIZE
#define FREE_SIZE 3 /* what a size without a value on the page is */
#endif
enum { MAX_SIZES = 64, BATCH = 5 };

static void *taken(size_t bytes)
{
    void *p = aligned_alloc(64, (bytes + 127) / 64 * 64);
    if (!p)
        exit(4);
    memset(p, 0, (bytes + 127) / 64 * 64);
    return p;
}

typedef struct {
    int64_t sizes[MAX_SIZES], batch[16];
    void *params, *state, *in, *out, *work, *grad;
} instance;

static void *struct_of(const instance *x, const delta_array *a)
{
    switch (a->role) {
    case DELTA_PARAM: return x->params;
    case DELTA_STATE:
    case DELTA_GIVEN:
    case DELTA_HYPER: return x->state;
    case DELTA_OUTPUT: return x->out;
    default: return x->in;
    }
}

static size_t entries(const instance *x, int number)
{
    const delta_array *a = &MODEL.arrays[number];
    int64_t dims[DELTA_MAX_RANK] = {0};
    size_t count = a->per_sample ? (size_t)x->batch[a->population] : 1;
    if (a->rank)
        MODEL.shape(number, x->sizes, dims);
    for (int k = 0; k < a->rank; k++)
        count *= (size_t)dims[k];
    return count;
}

static void *entries_of(void *memory, const delta_array *a)
{
    char *member = (char *)memory + a->offset;
    return a->pointer ? *(void **)(void *)member : (void *)member;
}

static void point(void *memory, const delta_array *a, size_t count)
{
    void *array = taken(count * 8);
    if (a->pointer)
        memcpy((char *)memory + a->offset, &array, sizeof array);
    else
        free(array);
}

static void fill(const instance *x, int number)
{
    const delta_array *a = &MODEL.arrays[number];
    size_t count = entries(x, number);
    void *at = entries_of(struct_of(x, a), a);
    for (size_t i = 0; i < count; i++) {
        double u = delta_uniform(7, (uint64_t)number, i);
        if (a->type == DELTA_INT32)
            ((int32_t *)at)[i] = (int32_t)(u * 2.0);
        else if (a->role == DELTA_TARGET || a->role == DELTA_KNOWN)
            ((double *)at)[i] = u;
        else
            ((double *)at)[i] = 0.6 * delta_normal(7, (uint64_t)number, i);
    }
}

static void start(instance *x)
{
    for (int i = 0; i < MODEL.size_count; i++)
        x->sizes[i] = MODEL.sizes[i].value ? MODEL.sizes[i].value : FREE_SIZE;
    for (int k = 0; k < MODEL.population_count; k++)
        x->batch[k] = BATCH + k;
    x->params = taken(MODEL.params_bytes), x->state = taken(MODEL.state_bytes), x->in = taken(MODEL.in_bytes);
    x->out = taken(MODEL.out_bytes), x->work = taken(MODEL.work_bytes), x->grad = taken(MODEL.params_bytes);
    for (int i = 0; i < MODEL.array_count; i++) {
        point(struct_of(x, &MODEL.arrays[i]), &MODEL.arrays[i], entries(x, i));
        if (MODEL.arrays[i].role == DELTA_PARAM)
            point(x->grad, &MODEL.arrays[i], entries(x, i));
    }
    MODEL.work_bind(x->work, x->sizes, x->batch, taken(MODEL.work_memory(x->sizes, x->batch)));
    if (MODEL.init(x->params, x->state, x->work, 1) != 0)
        exit(1);
    for (int i = 0; i < MODEL.array_count; i++)
        if (MODEL.arrays[i].role == DELTA_INPUT || MODEL.arrays[i].role == DELTA_TARGET || MODEL.arrays[i].role == DELTA_KNOWN ||
            MODEL.arrays[i].role == DELTA_NOISE || MODEL.arrays[i].role == DELTA_PARAM || MODEL.arrays[i].from_data)
            fill(x, i);
    for (int k = 0; k < MODEL.population_count; k++)
        MODEL.set_batch(x->in, k, (ptrdiff_t)x->batch[k]);
}

static double cost_of(const instance *x, void *grad)
{
    double cost = 0.0;
    int code = MODEL.gradient(x->params, x->state, x->in, grad, &cost, x->work);
    if (code != 0) {
        printf("gradient returns %d\n", code);
        exit(1);
    }
    return cost;
}

/* A step on a batch with a value that is not a number says so, names a place, and leaves parameters and state as they were. */
static int step_is_safe(const instance *x)
{
    enum { MAX_ARRAYS = 64 };
    static unsigned char *kept[MAX_ARRAYS];
    char where[300] = "";
    int data = -1, same = 1;
    for (int i = 0; i < MODEL.array_count && i < MAX_ARRAYS; i++) {
        const delta_array *a = &MODEL.arrays[i];
        if (data < 0 && a->type == DELTA_REAL && (a->role == DELTA_TARGET || a->role == DELTA_INPUT || a->role == DELTA_NOISE))
            data = i;
        kept[i] = taken(entries(x, i) * 8);
        memcpy(kept[i], entries_of(struct_of(x, a), a), entries(x, i) * (a->type == DELTA_REAL ? 8 : 4));
    }
    if (!MODEL.trains || data < 0)
        return 1;
    ((double *)entries_of(struct_of(x, &MODEL.arrays[data]), &MODEL.arrays[data]))[0] = (double)NAN;
    if (MODEL.trace_bind)
        MODEL.trace_bind(x->work, x->sizes, x->batch, taken(MODEL.trace_memory(x->sizes, x->batch)));
    int population, code = MODEL.step(x->params, x->state, x->in, NULL, x->work);
    if (code == DELTA_E_NONFINITE)
        delta_where(&MODEL, x->work, where, sizeof where, &population);
    for (int i = 0; i < MODEL.array_count && i < MAX_ARRAYS; i++)
        if (MODEL.arrays[i].role == DELTA_PARAM || MODEL.arrays[i].role == DELTA_STATE)
            same = same && memcmp(kept[i], entries_of(struct_of(x, &MODEL.arrays[i]), &MODEL.arrays[i]), entries(x, i) * 8) == 0;
    printf("step with a nan in %s: code %d, %s, \"%s\"\n", MODEL.arrays[data].name, code, same ? "nothing changed" : "values changed", where);
    return code == DELTA_E_NONFINITE && same && where[0] != 0;
}

int main(void)
{
    static instance x;
    double worst = 0.0;
    size_t checked = 0;
    int moved = 0;
    char where[200] = "";
    start(&x);
    if (MODEL.real_bytes != 8 || !MODEL.has_cost)
        return 0;
    void *scratch = taken(MODEL.params_bytes);
    for (int i = 0; i < MODEL.array_count; i++)
        if (MODEL.arrays[i].role == DELTA_PARAM)
            point(scratch, &MODEL.arrays[i], entries(&x, i));
    double cost = cost_of(&x, x.grad);
    for (int i = 0; i < MODEL.array_count; i++) {
        const delta_array *a = &MODEL.arrays[i];
        if (a->role != DELTA_PARAM || a->still)
            continue;
        double *p = entries_of(x.params, a), *g = entries_of(x.grad, a);
        size_t count = entries(&x, i), step = count > 300 ? count / 300 : 1;
        for (size_t k = 0; k < count; k += step) {
            double old = p[k], h = 1e-5 * fmax(1.0, fabs(old)), up, down;
            p[k] = old + h, up = cost_of(&x, scratch);
            p[k] = old - h, down = cost_of(&x, scratch);
            p[k] = old;
            double difference = (up - down) / (2.0 * h), error = fabs(difference - g[k]) / fmax(fmax(fabs(g[k]), fabs(difference)), 1e-3 * fmax(1.0, fabs(cost)));
            moved += g[k] != 0.0;
            checked++;
            if (!(error <= worst)) {
                worst = error;
                snprintf(where, sizeof where, "%s[%zu]: gradient %.12g, difference %.12g", a->name, k, g[k], difference);
            }
        }
    }
    printf("%zu entries, %d not zero, cost %.6g, worst %.2g %s\n", checked, moved, cost, worst, where);
    int safe = step_is_safe(&x);
    return worst < 2e-5 && moved > 0 && isfinite(cost) && safe ? 0 : 1;
}
