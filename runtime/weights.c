/* Weights of a model to and from .npz. */
#include "weights.h"

#include <stdio.h>
#include <string.h>

#include "names.h"
#include "report.h"

static const char transform_prefix[] = "__transform_";

static void transforms_write(delta_pool *pool, delta_npz *npz, const delta_model *model, const delta_transform *transforms)
{
    for (int i = 0; transforms && i < model->array_count; i++) {
        const delta_transform *transform = &transforms[i];
        int64_t dims[2] = {2, (int64_t)transform->width};
        char name[300];
        if (!transform->factor)
            continue;
        double *both = delta_pool_get(pool, 2 * transform->width, sizeof *both);
        memcpy(both, transform->shift, transform->width * sizeof *both);
        memcpy(both + transform->width, transform->factor, transform->width * sizeof *both);
        snprintf(name, sizeof name, "%s%s", transform_prefix, model->arrays[i].name);
        delta_npz_add(npz, name, 'f', 8, dims, 2, both);
        delta_pool_release(pool, both);
    }
}

int delta_weights_write(delta_pool *pool, const delta_instance *instance, const delta_transform *transforms, const char *path)
{
    const delta_model *model = instance->model;
    delta_npz npz;
    int status = delta_npz_open(pool, &npz, path);
    if (status)
        return status;
    for (int i = 0; i < model->array_count; i++) {
        const delta_array *array = &model->arrays[i];
        const delta_place *place = &instance->places[i];
        if (delta_array_kept(array))
            delta_npz_add(&npz, array->name, array->type == DELTA_INT32 ? 'i' : 'f', (int)place->size, place->dims, place->rank, place->memory);
    }
    transforms_write(pool, &npz, model, transforms);
    return delta_npz_commit(&npz);
}

static int transform_read(delta_pool *pool, const delta_model *model, const delta_tensor *tensor, delta_transform *transforms)
{
    int number = delta_array_named(model, tensor->name + strlen(transform_prefix));
    if (number < 0 || transforms[number].factor)
        return 0;
    if (tensor->rank != 2 || tensor->dims[0] != 2)
        return delta_fail(DELTA_EXIT_UNUSABLE, tensor->file, 0, "entry %s does not have shape (2, n)", tensor->name);
    size_t width = (size_t)tensor->dims[1];
    delta_transform *transform = &transforms[number];
    *transform = (delta_transform){width, delta_pool_get(pool, width, sizeof(double)), delta_pool_get(pool, width, sizeof(double))};
    for (size_t i = 0; i < width; i++) {
        transform->shift[i] = delta_tensor_value(tensor, tensor->bytes, i);
        transform->factor[i] = delta_tensor_value(tensor, tensor->bytes, width + i);
    }
    return 0;
}

int delta_weights_read(delta_pool *pool, const delta_model *model, const char *path, delta_tensors *weights, delta_transform *transforms)
{
    delta_file file;
    int status = delta_file_read(pool, path, &file);
    if (status)
        return status;
    if (file.size < 4 || memcmp(file.data, "PK", 2)) {
        status = delta_fail(DELTA_EXIT_UNUSABLE, path, 0, "is not an .npz file");
        delta_hint("weights are written by `train --weights FILE.npz` or by numpy.savez");
        return status;
    }
    delta_tensors all = {0};
    status = delta_tensors_read(pool, path, &(delta_reading){0}, &all);
    delta_pool_release(pool, file.data);
    for (int i = 0; i < all.count && !status; i++) {
        if (!strncmp(all.items[i].name, transform_prefix, strlen(transform_prefix)))
            status = transform_read(pool, model, &all.items[i], transforms);
        else
            delta_tensors_add(pool, weights, &all.items[i]);
    }
    return status;
}

static int entry_apply(delta_instance *instance, int number, const delta_tensor *tensor)
{
    const delta_array *array = &instance->model->arrays[number];
    delta_place *place = &instance->places[number];
    char have[160], want[160];
    if (tensor->rank != place->rank || memcmp(tensor->dims, place->dims, (size_t)place->rank * sizeof *place->dims))
        return delta_fail(DELTA_EXIT_UNUSABLE, tensor->file, 0, "%s has shape %s there, but %s on line %d of %s", array->spelling,
                          delta_dims_text(tensor->dims, tensor->rank, have, sizeof have), delta_dims_text(place->dims, place->rank, want, sizeof want),
                          array->line, instance->model->page);
    for (size_t i = 0; i < place->count; i++)
        delta_entry_set(array, place, i, delta_tensor_value(tensor, tensor->bytes, i));
    return 0;
}

int delta_weights_apply(delta_instance *instance, const delta_tensors *weights, int quiet)
{
    const delta_model *model = instance->model;
    for (int i = 0; i < model->array_count; i++) {
        const delta_tensor *found = NULL;
        if (!delta_array_kept(&model->arrays[i]))
            continue;
        for (int w = 0; w < weights->count && !found; w++)
            if (!strcmp(weights->items[w].name, model->arrays[i].name))
                found = &weights->items[w];
        for (int w = 0; w < weights->count && !found; w++)
            if (delta_name_means(weights->items[w].name, model->arrays[i].name, model->arrays[i].spelling))
                found = &weights->items[w];
        if (!found && model->arrays[i].role == DELTA_PARAM)
            return delta_fail(DELTA_EXIT_UNUSABLE, weights->count ? weights->items[0].file : NULL, 0, "has no entry for parameter %s",
                              model->arrays[i].spelling);
        if (!found && model->arrays[i].role == DELTA_STATE && !quiet)
            delta_notice("%s has no entry for state %s, which begins anew", weights->items[0].file, model->arrays[i].spelling);
        int status = found ? entry_apply(instance, i, found) : 0;
        if (status)
            return status;
    }
    return 0;
}
