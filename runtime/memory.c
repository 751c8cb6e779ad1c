/* A model in memory for a program of the user's own. */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "report.h"
#include "weights.h"

typedef struct {
    delta_memory open; /* first: what the user sees */
    delta_pool pool;
    delta_instance instance;
} whole_memory;

static whole_memory *whole(delta_memory *memory)
{
    return (whole_memory *)(void *)memory;
}

static int sizes_take(const delta_model *model, delta_instance *instance, const int64_t *sizes)
{
    for (int i = 0, next = 0; i < model->size_count; i++) {
        instance->sizes[i] = model->sizes[i].value;
        if (instance->sizes[i] == 0)
            instance->sizes[i] = sizes ? sizes[next++] : 0;
    }
    return delta_sizes_complete(model, instance->sizes);
}

static int memory_take(whole_memory *m, const delta_model *model, const int64_t *sizes, const int64_t *batch, uint64_t seed)
{
    delta_instance *instance = &m->instance;
    instance->model = model;
    instance->sizes = delta_pool_get(&m->pool, (size_t)model->size_count + 1, sizeof *instance->sizes);
    instance->batch = delta_pool_get(&m->pool, (size_t)model->population_count, sizeof *instance->batch);
    memcpy(instance->batch, batch, (size_t)model->population_count * sizeof *batch);
    int status = sizes_take(model, instance, sizes);
    if (status)
        return status;
    delta_instance_shapes(&m->pool, instance);
    status = delta_instance_start(&m->pool, instance, seed);
    for (int p = 0; p < model->population_count && model->set_batch; p++)
        model->set_batch(instance->in, p, (ptrdiff_t)batch[p]);
    m->open = (delta_memory){instance->params, instance->state, instance->in, instance->out, instance->work, delta_instance_params(&m->pool, instance)};
    return status;
}

delta_memory *delta_memory_new(const delta_model *model, const int64_t *sizes, const int64_t *batch, uint64_t seed)
{
    whole_memory *const m = calloc(1, sizeof *m);
    jmp_buf exhausted;
    if (!m)
        return NULL;
    m->pool.exhausted = &exhausted;
    if (setjmp(exhausted)) {
        delta_memory_free(&m->open);
        return NULL;
    }
    if (memory_take(m, model, sizes, batch, seed)) {
        delta_memory_free(&m->open);
        return NULL;
    }
    m->pool.exhausted = NULL;
    return &m->open;
}

void delta_memory_free(delta_memory *memory)
{
    if (!memory)
        return;
    delta_pool_free(&whole(memory)->pool);
    free(memory);
}

static int weights_write(whole_memory *m, delta_pool *pool, const char *path)
{
    return delta_weights_write(pool, &m->instance, NULL, path);
}

static int weights_read(whole_memory *m, delta_pool *pool, const char *path)
{
    delta_tensors weights = {0};
    delta_transform *transforms = delta_pool_get(pool, (size_t)m->instance.model->array_count, sizeof *transforms);
    int status = delta_weights_read(pool, m->instance.model, path, &weights, transforms);
    return status ? status : delta_weights_apply(&m->instance, &weights, 1);
}

/* With memory of its own. */
static int with_pool(int (*work)(whole_memory *, delta_pool *, const char *), delta_memory *memory, const char *path)
{
    delta_pool pool = {0};
    jmp_buf exhausted;
    volatile int status = DELTA_EXIT_MACHINE;
    pool.exhausted = &exhausted;
    if (!setjmp(exhausted))
        status = work(whole(memory), &pool, path);
    delta_pool_free(&pool);
    return status;
}

int delta_memory_write(delta_memory *memory, const char *path)
{
    return with_pool(weights_write, memory, path);
}

int delta_memory_read(delta_memory *memory, const char *path)
{
    return with_pool(weights_read, memory, path);
}

void *delta_memory_array(delta_memory *memory, const char *name, int *rank, int64_t *dims)
{
    const delta_instance *instance = &whole(memory)->instance;
    int number = delta_array_named(instance->model, name);
    if (number < 0)
        return NULL;
    const delta_place *place = &instance->places[number];
    *rank = place->rank;
    memcpy(dims, place->dims, (size_t)place->rank * sizeof *dims);
    return place->memory;
}
