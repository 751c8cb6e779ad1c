/* Sizes taken from data, and shapes of data compared with shapes of the page. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data.h"
#include "names.h"
#include "report.h"

static int sample_rank(const delta_array *array, const delta_tensor *tensor)
{
    return tensor->rank - array->per_sample;
}

static const int64_t *sample_dims(const delta_array *array, const delta_tensor *tensor)
{
    return tensor->dims + array->per_sample;
}

static void axes_settle(const delta_array *array, const int64_t *dims, int64_t *sizes)
{
    for (int k = 0; k < array->rank; k++)
        if (array->axis_size[k] >= 0 && sizes[array->axis_size[k]] == 0)
            sizes[array->axis_size[k]] = dims[k];
}

/* Largest whole number of a target's labels, -1 when they are not labels. */
static int64_t labels_largest(const delta_tensor *tensor)
{
    size_t count = delta_dims_product(tensor->dims, tensor->rank);
    double largest = -1;
    if (!tensor->bytes)
        return -1;
    for (size_t i = 0; i < count; i++) {
        double value = delta_tensor_value(tensor, tensor->bytes, i);
        if (!(value >= 0 && value < INT32_MAX && value == floor(value)))
            return -1;
        largest = value > largest ? value : largest;
    }
    return (int64_t)largest;
}

/* One number a sample for a target vector, whose length (0: not known) is not 1. */
static int takes_labels(const delta_array *array, const delta_tensor *tensor, int64_t length)
{
    size_t count = delta_dims_product(tensor->dims + 1, tensor->rank - 1);
    return array->role == DELTA_TARGET && array->type == DELTA_REAL && array->rank == 1 && array->per_sample && count == 1 && length != 1 &&
           (length > 1 || tensor->rank == 1);
}

static void labels_settle(const delta_array *array, delta_binding *binding, int64_t *sizes)
{
    int size = array->axis_size[0];
    int64_t known = size >= 0 ? sizes[size] : 2;
    if (!takes_labels(array, &binding->tensor, known))
        return;
    int64_t largest = known ? 0 : labels_largest(&binding->tensor);
    if (largest < 0)
        return;
    if (!known)
        sizes[size] = largest + 1;
    binding->labels = 1;
}

static void flat_settle(const delta_array *array, const delta_tensor *tensor, int64_t *sizes)
{
    int size = array->rank == 1 ? array->axis_size[0] : -1;
    if (size >= 0 && sizes[size] == 0)
        sizes[size] = (int64_t)delta_dims_product(sample_dims(array, tensor), sample_rank(array, tensor));
}

/* First the arrays whose axes agree one by one, then labels, then what has to be flattened. */
int delta_sizes_from_bindings(const delta_model *model, delta_binding *bindings, int64_t *sizes)
{
    for (int pass = 0; pass < 3; pass++)
        for (int i = 0; i < model->array_count; i++) {
            const delta_array *array = &model->arrays[i];
            delta_binding *binding = &bindings[i];
            if (!binding->bound)
                continue;
            int same = sample_rank(array, &binding->tensor) == array->rank;
            if (pass == 0 && same)
                axes_settle(array, sample_dims(array, &binding->tensor), sizes);
            else if (pass == 1)
                labels_settle(array, binding, sizes);
            else if (pass == 2 && !same && !binding->labels)
                flat_settle(array, &binding->tensor, sizes);
        }
    return 0;
}

void delta_sizes_from_weights(const delta_model *model, const delta_tensors *weights, int64_t *sizes)
{
    for (int w = 0; weights && w < weights->count; w++) {
        int number = delta_array_named(model, weights->items[w].name);
        if (number >= 0 && !model->arrays[number].per_sample && model->arrays[number].rank == weights->items[w].rank)
            axes_settle(&model->arrays[number], weights->items[w].dims, sizes);
    }
}

int delta_sizes_complete(const delta_model *model, const int64_t *sizes)
{
    for (int i = 0; i < model->size_count; i++)
        if (sizes[i] <= 0) {
            int status = delta_fail(DELTA_EXIT_UNUSABLE, model->page, 0, "size %s has no value, and no data tell it", model->sizes[i].spelling);
            delta_hint("write `size %s = …` on the page, or say --set %s=…", model->sizes[i].spelling, model->sizes[i].name);
            return status;
        }
    return 0;
}

static int shape_failed(const delta_instance *instance, int number, const delta_binding *binding)
{
    const delta_array *array = &instance->model->arrays[number];
    const delta_tensor *tensor = &binding->tensor;
    const delta_place *place = &instance->places[number];
    char have[160], want[160];
    int status =
        delta_fail(DELTA_EXIT_UNUSABLE, tensor->file, 0, "has shape %s for %s%s, but %s has shape %s on line %d of %s",
                   delta_dims_text(sample_dims(array, tensor), sample_rank(array, tensor), have, sizeof have), array->per_sample ? "each sample of " : "",
                   array->spelling, array->spelling, delta_dims_text(place->dims, place->rank, want, sizeof want), array->line, instance->model->page);
    if (array->per_sample && tensor->dims[0] == (int64_t)place->count && !binding->whole)
        delta_hint("the first axis of a file counts samples; --whole reads the file as one sample");
    else if (array->per_sample)
        delta_hint("declare %s with that shape, or give it other data: --data %s=FILE", array->spelling, array->name);
    return status;
}

static int shape_check(const delta_instance *instance, int number, delta_binding *binding, int quiet)
{
    const delta_array *array = &instance->model->arrays[number];
    const delta_place *place = &instance->places[number];
    const delta_tensor *tensor = &binding->tensor;
    const int64_t *dims = sample_dims(array, tensor);
    int rank = sample_rank(array, tensor);
    char text[160], other[160];
    if (!binding->labels && array->rank == 1 && takes_labels(array, tensor, place->dims[0]))
        binding->labels = 1;
    if (binding->labels) {
        if (!quiet)
            delta_notice("%s: labels 0 to %lld become one-hot vectors %s", tensor->file, (long long)place->dims[0] - 1, array->spelling);
        return 0;
    }
    if (rank == place->rank && !memcmp(dims, place->dims, (size_t)rank * sizeof *dims))
        return 0;
    if (rank == place->rank || delta_dims_product(dims, rank) != place->count)
        return shape_failed(instance, number, binding);
    if (!quiet && place->count > 1)
        delta_notice("%s: %s is read row by row as %s%s", tensor->file, delta_dims_text(dims, rank, text, sizeof text), array->spelling,
                     delta_dims_text(place->dims, place->rank, other, sizeof other));
    return 0;
}

static int rows_check(const delta_model *model, const delta_binding *bindings)
{
    for (int i = 0; i < model->array_count; i++)
        for (int j = 0; j < i; j++) {
            const delta_array *one = &model->arrays[j], *two = &model->arrays[i];
            if (!bindings[i].bound || !bindings[j].bound || !one->per_sample || !two->per_sample || one->population != two->population)
                continue;
            int64_t first = bindings[j].tensor.dims[0], second = bindings[i].tensor.dims[0];
            if (first != second)
                return delta_fail(DELTA_EXIT_UNUSABLE, bindings[i].tensor.file, 0, "has %lld samples of %s, but %s has %lld of %s", (long long)second,
                                  two->spelling, bindings[j].tensor.file, (long long)first, one->spelling);
        }
    return 0;
}

int delta_bindings_check(const delta_instance *instance, delta_binding *bindings, int quiet)
{
    int status = 0;
    for (int i = 0; i < instance->model->array_count && !status; i++)
        if (bindings[i].bound)
            status = shape_check(instance, i, &bindings[i], quiet);
    return status ? status : rows_check(instance->model, bindings);
}
