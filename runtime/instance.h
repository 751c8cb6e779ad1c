/* A model with its sizes known and its memory taken: the five structs, every array, and typed access to them. */
#ifndef DELTA_INSTANCE_H
#define DELTA_INSTANCE_H
#include "delta.h"
#include "pool.h"

typedef struct {
    int rank;
    int64_t dims[DELTA_MAX_RANK];
    size_t count;          /* elements, for one sample when per_sample */
    size_t size;           /* bytes of an element */
    unsigned char *memory; /* of the array, or of the scalar member; rows of a per-sample array lie one after the other */
} delta_place;

typedef struct {
    const delta_model *model;
    int64_t *sizes;      /* in the order of model->sizes */
    int64_t *batch;      /* samples a population has room for */
    delta_place *places; /* in the order of model->arrays */
    void *params, *state, *in, *out, *work;
} delta_instance;

/* Shape of every array, once all sizes are known. */
void delta_instance_shapes(delta_pool *pool, delta_instance *instance);
/* Takes all memory, binds it, and calls init. */
int delta_instance_start(delta_pool *pool, delta_instance *instance, uint64_t seed);

/* Points the member of array `number` at memory (the array's own or somewhere in a data set). */
void delta_instance_point(delta_instance *instance, int number, const void *memory);

/* Another params struct with memory of its own. */
void *delta_instance_params(delta_pool *pool, const delta_instance *instance);
/* Where parameter `number` is in a params struct. */
delta_place delta_instance_place(const delta_instance *instance, int number, const void *params);

/* Entry `index` of array memory, as a double. */
double delta_entry_get(const delta_array *array, const delta_place *place, size_t index);
void delta_entry_set(const delta_array *array, const delta_place *place, size_t index, double value);

/* 1 for the arrays that weights and checkpoints keep: params, state and given. */
int delta_array_kept(const delta_array *array);

#endif
