/* Messages about a step that failed: which equation, entry and sample. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delta.h"
#include "report.h"
#include "run.h"

/* The settings that may have caused it. */
static void hint_settings(const delta_run *run)
{
    char text[300];
    size_t used = 0;
    for (int i = 0; i < run->model->array_count && used < sizeof text; i++)
        if (run->model->arrays[i].role == DELTA_HYPER && run->model->arrays[i].rank == 0)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s = %.6g", used ? ", " : "", run->model->arrays[i].spelling,
                                     delta_entry_get(&run->model->arrays[i], &run->instance.places[i], 0));
    if (used)
        delta_hint("the settings were %s; a smaller learning rate, or data scaled with --normalize, often helps", text);
}

/* delta_where() after the same step on memory in which no value is overwritten by a later one. */
static ptrdiff_t trace_where(const delta_run *run, char *text, size_t bytes, int *population)
{
    const delta_model *model = run->model;
    const delta_instance *x = &run->instance;
    size_t size = model->trace_memory ? (model->trace_memory(x->sizes, x->batch) + 63) / 64 * 64 : 0;
    void *work = size ? calloc(1, model->work_bytes) : NULL, *memory = size ? aligned_alloc(64, size) : NULL;
    ptrdiff_t sample;
    if (work && memory) {
        memset(memory, 0, size);
        model->trace_bind(work, x->sizes, x->batch, memory);
        model->step(x->params, x->state, x->in, NULL, work);
    }
    sample = delta_where(model, work && memory ? work : x->work, text, bytes, population);
    free(work), free(memory);
    return sample;
}

/* --- a sum over samples that is not finite although its terms were not looked at: which sample does it alone? --- */

static size_t rounded(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* A params struct for a gradient, in one piece of memory; NULL when there is none. */
static void *gradient_new(const delta_instance *x)
{
    const delta_model *model = x->model;
    size_t used = rounded(model->params_bytes), bytes = used;
    for (int i = 0; i < model->array_count; i++)
        if (model->arrays[i].role == DELTA_PARAM && model->arrays[i].pointer)
            bytes += rounded(x->places[i].count * x->places[i].size);
    char *grad = aligned_alloc(64, bytes);
    if (!grad)
        return NULL;
    memset(grad, 0, bytes);
    for (int i = 0; i < model->array_count; i++)
        if (model->arrays[i].role == DELTA_PARAM && model->arrays[i].pointer) {
            void *memory = grad + used;
            memcpy(grad + model->arrays[i].offset, &memory, sizeof memory);
            used += rounded(x->places[i].count * x->places[i].size);
        }
    return grad;
}

/* Moves what `in` points at by so many samples. */
static void samples_move(const delta_instance *x, ptrdiff_t samples)
{
    const delta_model *model = x->model;
    for (int i = 0; i < model->array_count; i++) {
        const delta_role role = model->arrays[i].role;
        if (!model->arrays[i].per_sample || (role != DELTA_INPUT && role != DELTA_TARGET && role != DELTA_NOISE && role != DELTA_KNOWN))
            continue;
        char *at;
        memcpy(&at, (char *)x->in + model->arrays[i].offset, sizeof at);
        if (at)
            at += samples * (ptrdiff_t)(x->places[i].count * x->places[i].size);
        memcpy((char *)x->in + model->arrays[i].offset, &at, sizeof at);
    }
}

static int gradient_is_finite(const delta_instance *x, void *grad)
{
    double cost = 0;
    if (x->model->gradient(x->params, x->state, x->in, grad, &cost, x->work) || !isfinite(cost))
        return 0;
    for (int i = 0; i < x->model->array_count; i++) {
        if (x->model->arrays[i].role != DELTA_PARAM)
            continue;
        delta_place place = delta_instance_place(x, i, grad);
        for (size_t k = 0; k < place.count; k++)
            if (!isfinite(delta_entry_get(&x->model->arrays[i], &place, k)))
                return 0;
    }
    return 1;
}

/* The first sample of the batch whose gradient is not finite when it is computed alone, −1 if none is. `in` is as before afterwards. */
static ptrdiff_t sample_alone(const delta_instance *x, ptrdiff_t count)
{
    void *grad = x->model->population_count == 1 && x->model->has_cost && x->model->gradient ? gradient_new(x) : NULL;
    ptrdiff_t found = -1, s = 0;
    if (!grad)
        return -1;
    x->model->set_batch(x->in, 0, 1);
    for (; s < count && found < 0; s++) {
        if (!gradient_is_finite(x, grad))
            found = s;
        samples_move(x, 1);
    }
    samples_move(x, -s);
    x->model->set_batch(x->in, 0, count);
    free(grad);
    return found;
}

int delta_step_failed(const delta_run *run, const delta_feeder *feeder, int code)
{
    const delta_model *model = run->model;
    char text[400] = "", source[300] = "";
    int alone = 0;
    long long step = (long long)run->position.step + 1, epoch = (long long)delta_run_epochs(run) + 1;
    int status, population = 0;
    ptrdiff_t sample = -1;
    if (code == DELTA_E_NONFINITE || code == DELTA_E_INDEX)
        sample = trace_where(run, text, sizeof text, &population);
    if (sample < 0 && code == DELTA_E_NONFINITE) {
        sample = sample_alone(&run->instance, feeder->parts[0].count);
        population = 0;
        alone = sample >= 0;
    }
    if (sample >= 0)
        delta_feeder_source(feeder, population, sample, source, sizeof source);
    if (code == DELTA_E_NONFINITE) {
        status = delta_fail(DELTA_EXIT_UNUSABLE, model->page, 0, "training diverged in epoch %lld, step %lld%s%s", epoch, step, *text ? ": " : "", text);
        if (*source)
            delta_hint(alone ? "the gradient of %s alone is not finite" : "that sample is %s", source);
        hint_settings(run);
    } else if (code == DELTA_E_INDEX) {
        status = delta_fail(DELTA_EXIT_UNUSABLE, model->page, 0, "a number from the data is used as an index outside its axis, in epoch %lld, step %lld%s%s",
                            epoch, step, *text ? ": " : "", text);
    } else {
        status = delta_fail(DELTA_EXIT_UNUSABLE, model->page, 0, "the training step failed with code %d in epoch %lld, step %lld", code, epoch, step);
    }
    return status;
}
