/* Serves a model over standard input and output, for a program that computes the same in another way and compares (deltac verify). Requests are one letter and
 * numbers in this machine's own byte order; every answer begins with a status, 0 for good. Both ends run on one machine, built together: no version, no checks
 * beyond those that keep this end from leaving its arrays. */
#include <stdio.h>
#include <string.h>

#include "instance.h"

typedef struct {
    delta_pool pool;
    const delta_model *model;
    delta_instance instance;
    void *gradient, *scratch; /* params structs */
} server;

static int get(void *memory, size_t bytes)
{
    return fread(memory, 1, bytes, stdin) == bytes;
}

static void put(const void *memory, size_t bytes)
{
    fwrite(memory, 1, bytes, stdout);
}

static void put_whole(int64_t value)
{
    put(&value, sizeof value);
}

/* Entries of an array, all samples together. */
static size_t entries(const server *s, int number)
{
    const delta_array *array = &s->model->arrays[number];
    return s->instance.places[number].count * (array->per_sample ? (size_t)s->instance.batch[array->population] : 1u);
}

/* I: sizes, samples of each population, seed. Answers with the number of entries of every array. */
static int start(server *s)
{
    const delta_model *model = s->model;
    uint64_t seed;
    delta_pool_free(&s->pool);
    s->pool = (delta_pool){0};
    s->instance = (delta_instance){.model = model};
    s->instance.sizes = delta_pool_get(&s->pool, (size_t)model->size_count + 1, sizeof(int64_t));
    s->instance.batch = delta_pool_get(&s->pool, (size_t)model->population_count + 1, sizeof(int64_t));
    if (!get(s->instance.sizes, (size_t)model->size_count * sizeof(int64_t)) || !get(s->instance.batch, (size_t)model->population_count * sizeof(int64_t)) ||
        !get(&seed, sizeof seed))
        return 0;
    delta_instance_shapes(&s->pool, &s->instance);
    int status = delta_instance_start(&s->pool, &s->instance, seed);
    for (int k = 0; k < model->population_count; k++)
        model->set_batch(s->instance.in, k, (ptrdiff_t)s->instance.batch[k]);
    s->gradient = delta_instance_params(&s->pool, &s->instance);
    s->scratch = delta_instance_params(&s->pool, &s->instance);
    put_whole(status);
    for (int i = 0; i < model->array_count; i++)
        put_whole((int64_t)entries(s, i));
    return 1;
}

static int known_array(const server *s, int64_t *number)
{
    return get(number, sizeof *number) && s->instance.places && *number >= 0 && *number < s->model->array_count;
}

/* W: array, values. */
static int write_array(server *s)
{
    int64_t number;
    double value;
    if (!known_array(s, &number))
        return 0;
    for (size_t i = 0; i < entries(s, (int)number); i++) {
        if (!get(&value, sizeof value))
            return 0;
        delta_entry_set(&s->model->arrays[number], &s->instance.places[number], i, value);
    }
    return 1;
}

/* R: array. Answers with its values. */
static int read_array(server *s)
{
    int64_t number;
    if (!known_array(s, &number))
        return 0;
    put_whole(0);
    for (size_t i = 0; i < entries(s, (int)number); i++) {
        double value = delta_entry_get(&s->model->arrays[number], &s->instance.places[number], i);
        put(&value, sizeof value);
    }
    return 1;
}

/* P: array, entry, value. */
static int poke(server *s)
{
    int64_t number, entry;
    double value;
    if (!known_array(s, &number) || !get(&entry, sizeof entry) || !get(&value, sizeof value) || entry < 0 || (size_t)entry >= entries(s, (int)number))
        return 0;
    delta_entry_set(&s->model->arrays[number], &s->instance.places[number], (size_t)entry, value);
    return 1;
}

static int cost_into(server *s, void *gradient)
{
    double cost = 0.0;
    const delta_instance *x = &s->instance;
    put_whole(s->model->gradient(x->params, x->state, x->in, gradient, &cost, x->work));
    put(&cost, sizeof cost);
    return 1;
}

/* G: answers with the cost and the gradient by every parameter. */
static int gradient(server *s)
{
    cost_into(s, s->gradient);
    for (int i = 0; i < s->model->array_count; i++) {
        const delta_array *array = &s->model->arrays[i];
        if (array->role != DELTA_PARAM)
            continue;
        delta_place place = delta_instance_place(&s->instance, i, s->gradient);
        for (size_t k = 0; k < entries(s, i); k++) {
            double value = delta_entry_get(array, &place, k);
            put(&value, sizeof value);
        }
    }
    return 1;
}

static int answer(server *s, int request)
{
    const delta_instance *x = &s->instance;
    if (request == 'I')
        return start(s);
    if (!x->places)
        return 0;
    switch (request) {
    case 'W': return write_array(s);
    case 'R': return read_array(s);
    case 'P': return poke(s);
    case 'G': return gradient(s);
    case 'C': return cost_into(s, s->scratch);
    case 'F': put_whole(s->model->forward(x->params, x->state, x->in, x->out, x->work)); return 1;
    case 'S': put_whole(s->model->step(x->params, x->state, x->in, NULL, x->work)); return 1;
    default: return 0;
    }
}

int delta_serve(const delta_model *model)
{
    server s = {.model = model};
    int request, good = 1;
    while (good && (request = getchar()) != EOF) {
        good = answer(&s, request);
        if (request != 'W' && request != 'P')
            good = fflush(stdout) == 0 && good;
    }
    delta_pool_free(&s.pool);
    return good ? 0 : 4;
}
