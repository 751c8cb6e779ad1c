/* What a data reader delivers, whatever the file's format: named arrays of numbers in C order and the machine's byte order.
 * To add a format: write a reader with the signature of those in readers.h, and a line in the table of tensor.c. */
#ifndef DELTA_TENSOR_H
#define DELTA_TENSOR_H
#include "delta.h"
#include "file.h"

enum { DELTA_TENSOR_RANK = DELTA_MAX_RANK + 1 }; /* with the sample axis */

typedef struct {
    const char *name; /* "" when the file names nothing */
    const char *file;
    char kind; /* 'f' floating, 'i' signed, 'u' unsigned or truth value */
    int size;  /* bytes of an element: 1, 2, 4, 8 */
    int rank;
    int64_t dims[DELTA_TENSOR_RANK];
    unsigned char *bytes; /* NULL: the elements stay in the file, from `offset` on */
    void *block;          /* what the pool gave for the elements, to release them early; may be NULL */
    int64_t offset;
    int swapped, fortran; /* of elements in the file: their bytes are in the other order; the first axis runs fastest */
    const int64_t *lines; /* csv: the line on which each row begins, else NULL */
} delta_tensor;

typedef struct {
    delta_tensor *items;
    int count;
} delta_tensors;

/* How to read a file. */
typedef struct {
    int (*wanted)(const void *context, const char *name); /* 0: skip a csv column of this name */
    const void *context;
    const char *only;    /* the file is bound to this one array, else NULL */
    const char *columns; /* --columns for csv, else NULL */
} delta_reading;

/* Reads all wanted arrays of a file; the format is told by the first bytes. Prints what is wrong and returns the exit status. */
int delta_tensors_read(delta_pool *pool, const char *path, const delta_reading *reading, delta_tensors *tensors);
void delta_tensors_add(delta_pool *pool, delta_tensors *tensors, const delta_tensor *tensor);

/* May so many bytes be taken at once? At most half of the machine's memory, and within the limits of the process. */
int delta_memory_allows(uint64_t bytes);

/* Product of axes first .. rank-1; 0 axes give 1. */
size_t delta_dims_product(const int64_t *dims, int rank);
/* "(60000, 28, 28)" */
const char *delta_dims_text(const int64_t *dims, int rank, char *text, size_t room);

/* Element `index` of `bytes`, which hold elements of the tensor's kind. */
double delta_tensor_value(const delta_tensor *tensor, const unsigned char *bytes, size_t index);

#endif
