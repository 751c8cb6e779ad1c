/* Averaged weights. */
#include "average.h"

#include <math.h>
#include <string.h>

#include "report.h"
#include "schedule.h"

enum { NONE, EMA, MEAN };

static int average_failed(const char *text)
{
    int status = delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--average '%s': ema(d) with 0 < d < 1 or mean(n) is expected", text);
    delta_hint("ema(0.999) forgets slowly; mean(50 epochs) is the mean of the weights from then on");
    return status;
}

static int average_read(const char *text, int64_t epoch_steps, delta_average *average)
{
    double value;
    const char *at = strchr(text, '(');
    average->kind = !strncmp(text, "ema(", 4) ? EMA : !strncmp(text, "mean(", 5) ? MEAN : NONE;
    if (!average->kind || !delta_schedule_number(++at, epoch_steps, &value, &at) || strcmp(at, ")"))
        return average_failed(text);
    if (average->kind == EMA ? !(value > 0 && value < 1) : !(value >= 0 && value < 1e15))
        return average_failed(text);
    average->decay = value;
    average->from = average->kind == MEAN ? (int64_t)ceil(value) : 0;
    return 0;
}

int delta_average_prepare(delta_pool *pool, const delta_instance *instance, const char *text, int64_t epoch_steps, delta_average *average)
{
    const delta_model *model = instance->model;
    *average = (delta_average){.kind = NONE};
    if (!text)
        return 0;
    int status = average_read(text, epoch_steps, average);
    for (int i = 0; i < model->array_count; i++)
        if (model->arrays[i].role == DELTA_PARAM)
            average->entries += instance->places[i].count;
    average->values = delta_pool_get(pool, average->entries, sizeof *average->values);
    average->kept = delta_pool_get(pool, average->entries, (size_t)model->real_bytes);
    return status;
}

/* a += rate · (w − a); with rate 1 exactly w. */
static void add_doubles(double *average, const double *weights, size_t count, double rate)
{
    for (size_t i = 0; i < count; i++)
        average[i] = rate == 1 ? weights[i] : average[i] + rate * (weights[i] - average[i]);
}

static void add_floats(double *average, const float *weights, size_t count, double rate)
{
    for (size_t i = 0; i < count; i++)
        average[i] = rate == 1 ? (double)weights[i] : average[i] + rate * ((double)weights[i] - average[i]);
}

void delta_average_add(const delta_instance *instance, delta_average *average, int64_t step)
{
    const delta_model *model = instance->model;
    double *to = average->values;
    if (!average->kind || step <= average->from)
        return;
    average->count++;
    double rate = average->count == 1 ? 1 : average->kind == EMA ? 1 - average->decay : 1 / (double)average->count;
    for (int i = 0; i < model->array_count; i++) {
        const delta_place *place = &instance->places[i];
        if (model->arrays[i].role != DELTA_PARAM)
            continue;
        if (place->size == sizeof(double))
            add_doubles(to, (const double *)(const void *)place->memory, place->count, rate);
        else
            add_floats(to, (const float *)(const void *)place->memory, place->count, rate);
        to += place->count;
    }
}

void delta_average_show(delta_instance *instance, delta_average *average)
{
    const delta_model *model = instance->model;
    unsigned char *kept = average->kept;
    const double *from = average->values;
    for (int i = 0; i < model->array_count && average->count; i++) {
        const delta_place *place = &instance->places[i];
        if (model->arrays[i].role != DELTA_PARAM)
            continue;
        memcpy(kept, place->memory, place->count * place->size);
        for (size_t k = 0; k < place->count; k++)
            delta_entry_set(&model->arrays[i], place, k, from[k]);
        kept += place->count * place->size;
        from += place->count;
    }
}

void delta_average_hide(delta_instance *instance, delta_average *average)
{
    const delta_model *model = instance->model;
    const unsigned char *kept = average->kept;
    for (int i = 0; i < model->array_count && average->count; i++) {
        const delta_place *place = &instance->places[i];
        if (model->arrays[i].role != DELTA_PARAM)
            continue;
        memcpy(place->memory, kept, place->count * place->size);
        kept += place->count * place->size;
    }
}
