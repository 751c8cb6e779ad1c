/* Weights as .npz: parameters, states and given arrays under their ASCII names, and how data were transformed (`__transform_x`: shifts, then factors). */
#ifndef DELTA_WEIGHTS_H
#define DELTA_WEIGHTS_H
#include "data.h"
#include "tensor.h"

/* An npz file being written; entries are stored, not packed. */
typedef struct {
    delta_output output;
    unsigned char *directory;
    size_t used, room;
    int count;
    delta_pool *pool;
} delta_npz;

int delta_npz_open(delta_pool *pool, delta_npz *npz, const char *path);
/* kind is 'f' or 'i', size the bytes of an element, all in the machine's order. */
void delta_npz_add(delta_npz *npz, const char *name, char kind, int size, const int64_t *dims, int rank, const void *data);
int delta_npz_commit(delta_npz *npz);

/* The header of a .npy file into text; returns its length, a multiple of 64. */
size_t delta_npy_header(char kind, int size, const int64_t *dims, int rank, char text[512]);

int delta_weights_write(delta_pool *pool, const delta_instance *instance, const delta_transform *transforms, const char *path);
/* Reads all entries of a weights file; transforms (model->array_count of them) that are not set yet are taken from it. */
int delta_weights_read(delta_pool *pool, const delta_model *model, const char *path, delta_tensors *weights, delta_transform *transforms);
/* Copies entries into the instance. Every parameter must be there. */
int delta_weights_apply(delta_instance *instance, const delta_tensors *weights, int quiet);

#endif
