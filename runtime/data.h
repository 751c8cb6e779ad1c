/* Data for a model: which tensor feeds which array (bindings), the sizes they settle, and the rows in the model's own element type (data sets). */
#ifndef DELTA_DATA_H
#define DELTA_DATA_H
#include "delta.h"
#include "instance.h"
#include "tensor.h"

/* value = (raw - shift) * factor, per entry of a sample. Kept with the weights. */
typedef struct {
    size_t width;
    double *shift, *factor; /* NULL: no transform */
} delta_transform;

/* Where an array's data come from. bound == 0: from nowhere. */
typedef struct {
    int bound;
    int labels;          /* whole numbers that become one-hot vectors */
    int whole;           /* the file is one sample */
    delta_tensor tensor; /* first axis is the sample, but for given arrays */
} delta_binding;

typedef struct {
    const char *columns;
    int whole;
} delta_source_options;

/* Reads the files of --data arguments and binds their tensors; bindings has model->array_count members. */
int delta_bindings_read(delta_pool *pool, const delta_model *model, const char *const *arguments, int count, const delta_source_options *options,
                        delta_binding *bindings);

/* Sizes without a value (0 in sizes) are taken from bindings and from weights (may be NULL). Shapes are not compared yet. */
int delta_sizes_from_bindings(const delta_model *model, delta_binding *bindings, int64_t *sizes);
void delta_sizes_from_weights(const delta_model *model, const delta_tensors *weights, int64_t *sizes);
/* Prints which size has no value. */
int delta_sizes_complete(const delta_model *model, const int64_t *sizes);

/* Compares every binding with the shape of its array; says when it flattens or makes one-hot vectors. quiet: no notices. */
int delta_bindings_check(const delta_instance *instance, delta_binding *bindings, int quiet);
/* Prints which array of these roles (bits 1 << role) has no data. */
int delta_bindings_complete(const delta_model *model, const delta_binding *bindings, unsigned roles, int forward);
/* The error that array `number` has no data. */
int delta_bindings_missing(const delta_model *model, int number);

/* The rows of one array. */
typedef struct {
    int array;
    int known; /* number of the array that says which cells were given, or -1 */
    int labels;
    int64_t rows;
    size_t width;          /* elements of a sample as the model has them */
    size_t element;        /* bytes of one */
    size_t raw_width;      /* elements of a sample in the file */
    unsigned char *values; /* rows * width * element; NULL: converted batch by batch, from the file or (labels, which grow) from what was read */
    unsigned char *given;  /* rows of the known array */
    delta_tensor tensor;
    const delta_transform *transform;
    int descriptor;
    unsigned char *raw; /* buffer of raw_rows rows when values is NULL, and behind them one of raw_rows elements */
    int64_t raw_rows;
} delta_field;

typedef struct {
    const delta_model *model;
    delta_field *fields;
    int count;
    int64_t *first, *rows; /* per population: the part of the rows that belongs to this set; rows 0: no data */
} delta_dataset;

/* Makes fields of all bindings of per-sample arrays. Values are converted later. */
int delta_dataset_bind(delta_pool *pool, const delta_instance *instance, const delta_binding *bindings, const delta_transform *transforms, delta_dataset *set);
/* Keeps the last `share` of the main population's rows (of every population when the main one has no data) for valid. */
int delta_dataset_split(delta_pool *pool, delta_dataset *set, double share, delta_dataset *valid);
/* Looks at everything that is in memory, and converts what does not grow by it; prints row and column of a value that cannot be used. */
int delta_dataset_load(delta_pool *pool, const delta_instance *instance, delta_dataset *set);
void delta_dataset_close(delta_dataset *set);

/* Mean and deviation of each entry over the set's rows, as a transform. */
int delta_transform_normalize(delta_pool *pool, delta_dataset *set, int array, delta_transform *transform);

/* Opens the file of a field whose values stay there, and takes a buffer; closes it. */
int delta_field_open(delta_pool *pool, delta_field *field);
void delta_field_close(delta_field *field);
/* Rows first .. first + count - 1 of a field in the file's type; NULL after a message. At most raw_rows when the field is not in memory. */
const unsigned char *delta_field_raw(delta_field *field, int64_t first, int64_t count);
/* Converts such rows. `given` may be NULL. */
int delta_field_convert(const delta_model *model, const delta_field *field, const unsigned char *raw, int64_t first, int64_t count, unsigned char *values,
                        unsigned char *given);

/* CRC-32 of the field's values, those of a file that stays there at 64 places over its length. Returns 0 or an exit status. */
int delta_field_check(delta_field *field, uint32_t *check);

/* Looks at all labels of a field in memory. */
int delta_labels_check(const delta_model *model, const delta_field *field);

/* The values of a given array, from a file. */
int delta_given_set(delta_instance *instance, int array, const delta_binding *binding);

#endif
