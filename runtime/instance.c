/* Memory of a model: structs by their sizes, arrays by their shapes, pointers written into the structs. */
#include "instance.h"

#include <string.h>

#include "report.h"

static void *instance_struct(const delta_instance *instance, delta_role role)
{
    switch (role) {
    case DELTA_PARAM: return instance->params;
    case DELTA_STATE:
    case DELTA_GIVEN:
    case DELTA_HYPER: return instance->state;
    case DELTA_OUTPUT: return instance->out;
    default: return instance->in;
    }
}

void delta_instance_shapes(delta_pool *pool, delta_instance *instance)
{
    const delta_model *model = instance->model;
    if (!instance->places)
        instance->places = delta_pool_get(pool, (size_t)model->array_count, sizeof *instance->places);
    for (int i = 0; i < model->array_count; i++) {
        delta_place *place = &instance->places[i];
        place->rank = model->arrays[i].rank;
        if (place->rank)
            model->shape(i, instance->sizes, place->dims);
        place->count = 1;
        for (int k = 0; k < place->rank; k++)
            place->count *= (size_t)place->dims[k];
        place->size = model->arrays[i].type == DELTA_INT32 ? 4 : (size_t)model->real_bytes;
    }
}

void delta_instance_point(delta_instance *instance, int number, const void *memory)
{
    const delta_array *array = &instance->model->arrays[number];
    memcpy((char *)instance_struct(instance, array->role) + array->offset, &memory, sizeof memory);
}

static void instance_take(delta_pool *pool, delta_instance *instance)
{
    const delta_model *model = instance->model;
    instance->params = delta_pool_get(pool, 1, model->params_bytes);
    instance->state = delta_pool_get(pool, 1, model->state_bytes);
    instance->in = delta_pool_get(pool, 1, model->in_bytes);
    instance->out = delta_pool_get(pool, 1, model->out_bytes);
    instance->work = delta_pool_get(pool, 1, model->work_bytes);
    for (int i = 0; i < model->array_count; i++) {
        const delta_array *array = &model->arrays[i];
        delta_place *place = &instance->places[i];
        if (!array->pointer) {
            place->memory = (unsigned char *)instance_struct(instance, array->role) + array->offset;
            continue;
        }
        size_t rows = array->per_sample ? (size_t)instance->batch[array->population] : 1;
        place->memory = delta_pool_get(pool, rows * place->count, place->size);
        delta_instance_point(instance, i, place->memory);
    }
}

int delta_instance_start(delta_pool *pool, delta_instance *instance, uint64_t seed)
{
    const delta_model *model = instance->model;
    instance_take(pool, instance);
    if (model->work_memory && model->work_bind) {
        size_t bytes = model->work_memory(instance->sizes, instance->batch);
        if (model->memory_limit > 0 && (double)bytes > model->memory_limit)
            return delta_fail(DELTA_EXIT_UNUSABLE, model->page, 0, "batches of %lld samples need %.4g MB of work memory, more than the %.4g MB of --memory-limit; a smaller --batch needs less",
                              (long long)instance->batch[0], (double)bytes / 1e6, model->memory_limit / 1e6);
        void *memory = delta_pool_get(pool, bytes, 1);
        model->work_bind(instance->work, instance->sizes, instance->batch, memory);
    }
    int code = model->init(instance->params, instance->state, instance->work, seed);
    if (code)
        return delta_fail(DELTA_EXIT_UNUSABLE, model->page, 0, "the initial values cannot be computed (code %d)", code);
    return 0;
}

void *delta_instance_params(delta_pool *pool, const delta_instance *instance)
{
    const delta_model *model = instance->model;
    char *params = delta_pool_get(pool, 1, model->params_bytes);
    for (int i = 0; i < model->array_count; i++) {
        if (model->arrays[i].role != DELTA_PARAM || !model->arrays[i].pointer)
            continue;
        void *memory = delta_pool_get(pool, instance->places[i].count, instance->places[i].size);
        memcpy(params + model->arrays[i].offset, &memory, sizeof memory);
    }
    return params;
}

delta_place delta_instance_place(const delta_instance *instance, int number, const void *params)
{
    delta_place place = instance->places[number];
    unsigned char *member = (unsigned char *)(uintptr_t)params + instance->model->arrays[number].offset;
    if (instance->model->arrays[number].pointer)
        memcpy(&place.memory, member, sizeof place.memory);
    else
        place.memory = member;
    return place;
}

double delta_entry_get(const delta_array *array, const delta_place *place, size_t index)
{
    const unsigned char *at = place->memory + index * place->size;
    if (array->type == DELTA_INT32) {
        int32_t value;
        memcpy(&value, at, sizeof value);
        return value;
    }
    if (place->size == 4) {
        float value;
        memcpy(&value, at, sizeof value);
        return (double)value;
    }
    double value;
    memcpy(&value, at, sizeof value);
    return value;
}

void delta_entry_set(const delta_array *array, const delta_place *place, size_t index, double value)
{
    unsigned char *at = place->memory + index * place->size;
    if (array->type == DELTA_INT32) {
        int32_t whole = (int32_t)value;
        memcpy(at, &whole, sizeof whole);
    } else if (place->size == 4) {
        float single = (float)value;
        memcpy(at, &single, sizeof single);
    } else {
        memcpy(at, &value, sizeof value);
    }
}

int delta_array_kept(const delta_array *array)
{
    return array->role == DELTA_PARAM || array->role == DELTA_STATE || array->role == DELTA_GIVEN;
}
