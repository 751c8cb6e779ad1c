/* Data sets: fields, their split, and loading. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "data.h"
#include "report.h"

enum { STREAM_BUFFER = 1 << 20 };

static int known_array(const delta_model *model, int input)
{
    for (int i = 0; i < model->array_count; i++)
        if (model->arrays[i].role == DELTA_KNOWN && model->arrays[i].of == input)
            return i;
    return -1;
}

int delta_field_open(delta_pool *pool, delta_field *field)
{
    size_t row = field->raw_width * (size_t)field->tensor.size;
    field->descriptor = -1;
    if (field->tensor.bytes)
        return 0;
    field->descriptor = open(field->tensor.file, O_RDONLY | O_CLOEXEC);
    if (field->descriptor < 0)
        return delta_fail(DELTA_EXIT_UNUSABLE, field->tensor.file, 0, "cannot be opened: %s", strerror(errno));
    field->raw_rows = row < STREAM_BUFFER ? (int64_t)(STREAM_BUFFER / (row ? row : 1)) : 1;
    field->raw = delta_pool_get(pool, (size_t)field->raw_rows, row + (size_t)field->tensor.size);
    return 0;
}

int delta_dataset_bind(delta_pool *pool, const delta_instance *instance, const delta_binding *bindings, const delta_transform *transforms, delta_dataset *set)
{
    const delta_model *model = instance->model;
    int status = 0;
    *set = (delta_dataset){.model = model};
    set->fields = delta_pool_get(pool, (size_t)model->array_count, sizeof *set->fields);
    set->first = delta_pool_get(pool, (size_t)model->population_count, sizeof *set->first);
    set->rows = delta_pool_get(pool, (size_t)model->population_count, sizeof *set->rows);
    for (int i = 0; i < model->array_count && !status; i++) {
        const delta_array *array = &model->arrays[i];
        if (!bindings[i].bound || !array->per_sample)
            continue;
        delta_field *field = &set->fields[set->count++];
        *field = (delta_field){.array = i,
                               .known = known_array(model, i),
                               .labels = bindings[i].labels,
                               .rows = bindings[i].tensor.dims[0],
                               .width = instance->places[i].count,
                               .element = instance->places[i].size,
                               .raw_width = bindings[i].labels ? 1 : instance->places[i].count,
                               .tensor = bindings[i].tensor,
                               .transform = transforms && transforms[i].factor ? &transforms[i] : NULL};
        set->rows[array->population] = field->rows;
        status = delta_field_open(pool, field);
    }
    return status;
}

int delta_dataset_split(delta_pool *pool, delta_dataset *set, double share, delta_dataset *valid)
{
    size_t populations = (size_t)set->model->population_count;
    *valid = *set;
    valid->first = delta_pool_get(pool, populations, sizeof *valid->first);
    valid->rows = delta_pool_get(pool, populations, sizeof *valid->rows);
    for (size_t p = 0; p < populations; p++) {
        int whole = p > 0 && set->rows[0] > 0;
        int64_t kept = whole ? set->rows[p] : (int64_t)llround((double)set->rows[p] * share);
        valid->rows[p] = kept;
        if (whole)
            continue;
        if (set->rows[p] > 0 && (kept < 1 || kept >= set->rows[p]))
            return delta_fail(DELTA_EXIT_UNUSABLE, NULL, 0, "--split %g of %lld samples leaves %lld for training and %lld for validation", share,
                              (long long)set->rows[p], (long long)(set->rows[p] - kept), (long long)kept);
        set->rows[p] -= kept;
        valid->first[p] = set->first[p] + set->rows[p];
    }
    return 0;
}

int delta_dataset_load(delta_pool *pool, const delta_instance *instance, delta_dataset *set)
{
    int status = 0;
    for (int i = 0; i < set->count && !status; i++) {
        delta_field *field = &set->fields[i];
        if (!field->tensor.bytes || field->values)
            continue;
        if (field->labels) {
            status = delta_labels_check(set->model, field);
            continue;
        }
        field->values = delta_pool_get(pool, (size_t)field->rows * field->width, field->element);
        if (field->known >= 0)
            field->given = delta_pool_get(pool, (size_t)field->rows * field->width, instance->places[field->known].size);
        status = delta_field_convert(set->model, field, field->tensor.bytes, 0, field->rows, field->values, field->given);
        delta_pool_release(pool, field->tensor.block);
        field->tensor.block = NULL;
        field->tensor.bytes = NULL;
    }
    return status;
}

void delta_field_close(delta_field *field)
{
    if (field->descriptor >= 0)
        close(field->descriptor);
    field->descriptor = -1; /* the two halves of a split share their fields */
}

void delta_dataset_close(delta_dataset *set)
{
    for (int i = 0; i < set->count; i++)
        delta_field_close(&set->fields[i]);
    set->count = 0;
}

/* Adds value (pass 0) or its squared distance from the mean (pass 1) of every entry of these rows. */
static void moments_add(const delta_field *field, const unsigned char *raw, int64_t count, const double *mean, double *sum, double *number)
{
    for (int64_t row = 0; row < count; row++)
        for (size_t i = 0; i < field->width; i++) {
            double value = delta_tensor_value(&field->tensor, raw, (size_t)row * field->width + i);
            if (!isfinite(value))
                continue;
            sum[i] += mean ? (value - mean[i]) * (value - mean[i]) : value;
            number[i]++;
        }
}

static int moments_pass(delta_dataset *set, delta_field *field, const double *mean, double *sum, double *number)
{
    int population = set->model->arrays[field->array].population;
    int64_t at = set->first[population], end = at + set->rows[population];
    while (at < end) {
        int64_t count = field->tensor.bytes || end - at < field->raw_rows ? end - at : field->raw_rows;
        const unsigned char *raw = delta_field_raw(field, at, count);
        if (!raw)
            return DELTA_EXIT_UNUSABLE;
        moments_add(field, raw, count, mean, sum, number);
        at += count;
    }
    for (size_t i = 0; i < field->width; i++)
        sum[i] /= number[i] > 0 ? number[i] : 1;
    return 0;
}

int delta_transform_normalize(delta_pool *pool, delta_dataset *set, int array, delta_transform *transform)
{
    delta_field *field = NULL;
    for (int i = 0; i < set->count; i++)
        if (set->fields[i].array == array)
            field = &set->fields[i];
    if (!field || field->labels)
        return delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--normalize %s: there are no numbers to normalize", set->model->arrays[array].name);
    transform->width = field->width;
    transform->shift = delta_pool_get(pool, field->width, sizeof(double));
    transform->factor = delta_pool_get(pool, field->width, sizeof(double));
    double *number = delta_pool_get(pool, field->width, sizeof(double));
    int status = moments_pass(set, field, NULL, transform->shift, number);
    memset(number, 0, field->width * sizeof *number);
    if (!status)
        status = moments_pass(set, field, transform->shift, transform->factor, number);
    for (size_t i = 0; i < field->width; i++) {
        double deviation = sqrt(transform->factor[i]);
        transform->factor[i] = deviation > 0 ? 1 / deviation : 1;
    }
    delta_pool_release(pool, number);
    field->transform = transform;
    return status;
}
