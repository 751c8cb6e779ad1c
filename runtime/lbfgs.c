/* Limited memory BFGS. */
#include "lbfgs.h"

#include <math.h>
#include <string.h>

enum { MOST_TRIALS = 40 };

static const double decrease = 1e-4, flatness = 0.9, noise = 1e-14; /* noise: of the cost, relative */

void delta_lbfgs_prepare(delta_pool *pool, const delta_instance *instance, int pairs, double tolerance, delta_lbfgs *lbfgs)
{
    const delta_model *model = instance->model;
    *lbfgs = (delta_lbfgs){.room = pairs, .tolerance = tolerance};
    for (int i = 0; i < model->array_count; i++)
        if (model->arrays[i].role == DELTA_PARAM)
            lbfgs->entries += instance->places[i].count;
    size_t entries = lbfgs->entries, all = entries * (size_t)pairs;
    lbfgs->steps = delta_pool_get(pool, all, sizeof(double));
    lbfgs->changes = delta_pool_get(pool, all, sizeof(double));
    lbfgs->curvature = delta_pool_get(pool, (size_t)pairs, sizeof(double));
    lbfgs->weight = delta_pool_get(pool, (size_t)pairs, sizeof(double));
    double **vectors[] = {&lbfgs->origin, &lbfgs->gradient, &lbfgs->direction, &lbfgs->trial};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        *vectors[i] = delta_pool_get(pool, entries, sizeof(double));
    lbfgs->grad = delta_instance_params(pool, instance);
}

static double dot(const double *a, const double *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Parameters, or a params struct of the same shapes, to one vector. */
static void gather(const delta_instance *instance, const void *params, double *to)
{
    const delta_model *model = instance->model;
    for (int i = 0; i < model->array_count; i++) {
        if (model->arrays[i].role != DELTA_PARAM)
            continue;
        delta_place place = delta_instance_place(instance, i, params);
        for (size_t k = 0; k < place.count; k++)
            *to++ = delta_entry_get(&model->arrays[i], &place, k);
    }
}

/* params = origin + length · direction. */
static void move(delta_instance *instance, const delta_lbfgs *lbfgs, double length)
{
    const delta_model *model = instance->model;
    size_t at = 0;
    for (int i = 0; i < model->array_count; i++)
        for (size_t k = 0; model->arrays[i].role == DELTA_PARAM && k < instance->places[i].count; k++, at++)
            delta_entry_set(&model->arrays[i], &instance->places[i], k, lbfgs->origin[at] + (length != 0 ? length * lbfgs->direction[at] : 0));
}

/* A point on the line: cost and slope there. */
typedef struct {
    double length, cost, slope;
} trial;

typedef struct {
    delta_instance *instance;
    delta_lbfgs *lbfgs;
    trial start;
    int code;   /* of the model, when a trial failed */
    int trials; /* so far */
} search;

/* The gradient of the last trial is in lbfgs->trial. A cost that is not finite counts as infinite. */
static trial try_length(search *s, double length)
{
    const delta_model *model = s->instance->model;
    trial t = {length, INFINITY, NAN};
    move(s->instance, s->lbfgs, length);
    s->trials++;
    int code = model->gradient(s->instance->params, s->instance->state, s->instance->in, s->lbfgs->grad, &t.cost, s->instance->work);
    if (code && code != DELTA_E_NONFINITE)
        s->code = code;
    gather(s->instance, s->lbfgs->grad, s->lbfgs->trial);
    t.slope = dot(s->lbfgs->trial, s->lbfgs->direction, s->lbfgs->entries);
    if (!isfinite(t.cost) || !isfinite(t.slope))
        t.cost = INFINITY;
    return t;
}

/* Where the cost changes by no more than its rounding, the slope tells instead (Hager and Zhang, 2005, condition 4.1). */
static int low_enough(const search *s, const trial *t)
{
    if (t->cost <= s->start.cost + decrease * t->length * s->start.slope)
        return 1;
    return t->cost <= s->start.cost + noise * fabs(s->start.cost) && t->slope <= (2 * decrease - 1) * s->start.slope;
}

static int flat_enough(const search *s, const trial *t)
{
    return fabs(t->slope) <= -flatness * s->start.slope;
}

/* Minimum of the cubic through two points with these values and slopes (3.59); the middle when that is not well inside. */
static double between(const trial *a, const trial *b)
{
    double width = b->length - a->length, middle = a->length + width / 2;
    if (!isfinite(a->cost) || !isfinite(b->cost))
        return middle;
    double d1 = a->slope + b->slope - 3 * (a->cost - b->cost) / (a->length - b->length), square = d1 * d1 - a->slope * b->slope;
    if (!(square >= 0))
        return middle;
    double d2 = width > 0 ? sqrt(square) : -sqrt(square);
    double at = b->length - width * (b->slope + d2 - d1) / (b->slope - a->slope + 2 * d2), share = (at - a->length) / width;
    return share > 0.05 && share < 0.95 ? at : middle;
}

/* Algorithm 3.6. Returns the last trial, which is good unless the trials are used up. */
static trial zoom(search *s, trial low, trial high)
{
    trial t = low;
    while (s->trials < MOST_TRIALS && !s->code) {
        t = try_length(s, between(&low, &high));
        if (!low_enough(s, &t) || t.cost >= low.cost) {
            high = t;
            continue;
        }
        if (flat_enough(s, &t))
            return t;
        if (t.slope * (high.length - low.length) >= 0)
            high = low;
        low = t;
    }
    return low.length > 0 && low.length != t.length && !s->code ? try_length(s, low.length) : t;
}

/* Algorithm 3.5. */
static trial search_line(search *s, double length)
{
    trial before = s->start, t = before;
    while (s->trials < MOST_TRIALS && !s->code) {
        t = try_length(s, length);
        if (!low_enough(s, &t) || (s->trials > 1 && t.cost >= before.cost))
            return zoom(s, before, t);
        if (flat_enough(s, &t))
            return t;
        if (t.slope >= 0)
            return zoom(s, t, before);
        before = t;
        length *= 2;
    }
    return t;
}

/* direction = −H gradient, by the two loops of algorithm 7.4. */
static void find_direction(delta_lbfgs *l)
{
    size_t n = l->entries;
    for (size_t i = 0; i < n; i++)
        l->direction[i] = -l->gradient[i];
    for (int k = 1; k <= l->count; k++) {
        size_t p = (size_t)((l->next - k + l->room) % l->room);
        l->weight[p] = dot(l->steps + p * n, l->direction, n) / l->curvature[p];
        for (size_t i = 0; i < n; i++)
            l->direction[i] -= l->weight[p] * l->changes[p * n + i];
    }
    if (l->count) {
        size_t p = (size_t)((l->next - 1 + l->room) % l->room);
        double scale = l->curvature[p] / dot(l->changes + p * n, l->changes + p * n, n);
        for (size_t i = 0; i < n; i++)
            l->direction[i] *= scale;
    }
    for (int k = l->count; k >= 1; k--) {
        size_t p = (size_t)((l->next - k + l->room) % l->room);
        double weight = l->weight[p] - dot(l->changes + p * n, l->direction, n) / l->curvature[p];
        for (size_t i = 0; i < n; i++)
            l->direction[i] += weight * l->steps[p * n + i];
    }
}

static double first_length(const delta_lbfgs *l)
{
    double sum = 0;
    for (size_t i = 0; i < l->entries; i++)
        sum += fabs(l->gradient[i]);
    return l->count || sum < 1 ? 1 : 1 / sum;
}

/* The pair of this iteration; the parameters are at the new point, whose gradient is in `trial`. */
static void keep_pair(const delta_instance *instance, delta_lbfgs *l)
{
    size_t n = l->entries;
    double *step = l->steps + (size_t)l->next * n, *change = l->changes + (size_t)l->next * n;
    gather(instance, instance->params, step);
    for (size_t i = 0; i < n; i++) {
        step[i] -= l->origin[i];
        change[i] = l->trial[i] - l->gradient[i];
    }
    double curvature = dot(step, change, n);
    if (!(curvature > 1e-14 * dot(change, change, n)))
        return;
    l->curvature[l->next] = curvature;
    l->next = (l->next + 1) % l->room;
    l->count += l->count < l->room;
}

static double largest(const double *values, size_t count)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = fabs(values[i]) > most ? fabs(values[i]) : most;
    return most;
}

int delta_lbfgs_step(delta_instance *instance, delta_lbfgs *l, int *done)
{
    search s = {.instance = instance, .lbfgs = l};
    gather(instance, instance->params, l->origin);
    s.start = l->known ? (trial){0, l->cost, 0} : try_length(&s, 0);
    l->known = 0;
    memcpy(l->gradient, l->trial, l->entries * sizeof(double));
    *done = largest(l->gradient, l->entries) <= l->tolerance;
    if (s.code || !isfinite(s.start.cost))
        return s.code ? s.code : DELTA_E_NONFINITE;
    while (!*done) {
        find_direction(l);
        s.start.slope = dot(l->gradient, l->direction, l->entries);
        s.trials = 0;
        trial t = s.start.slope < 0 ? search_line(&s, first_length(l)) : s.start;
        int lower =
            t.cost < s.start.cost || (t.cost <= s.start.cost + noise * fabs(s.start.cost) && largest(l->trial, l->entries) < largest(l->gradient, l->entries));
        if (!s.code && t.length > 0 && lower) {
            keep_pair(instance, l);
            l->known = 1;
            l->cost = t.cost;
            return 0;
        }
        move(instance, l, 0);
        if (s.code)
            return s.code;
        *done = l->count == 0;
        l->count = 0; /* once more, downhill */
    }
    return 0;
}
