/* The page's outputs over data. */
#include <stdio.h>
#include <string.h>

#include "report.h"
#include "run.h"

/* All samples of one output. */
typedef struct {
    int array;
    int64_t rows;
    unsigned char *values;
    double *sums; /* --mean: over the samples so far */
} output_values;

static int64_t predicted_rows(const delta_run *run)
{
    return run->data.rows[0] ? run->data.rows[0] : run->instance.batch[0];
}

static void add_up(const delta_run *run, output_values *output, int64_t part)
{
    const delta_place *place = &run->instance.places[output->array];
    for (size_t i = 0; i < (size_t)part * place->count; i++)
        output->sums[i % place->count] += delta_entry_get(&run->model->arrays[output->array], place, i);
}

static void divide(const delta_run *run, output_values *output, int64_t rows)
{
    delta_place place = run->instance.places[output->array];
    place.memory = output->values;
    for (size_t i = 0; i < place.count; i++)
        delta_entry_set(&run->model->arrays[output->array], &place, i, output->sums[i] / (double)rows);
}

static int outputs_compute(delta_run *run, output_values *outputs, int count)
{
    int64_t done = 0, part = 0, rows = predicted_rows(run), batches = (rows + run->instance.batch[0] - 1) / run->instance.batch[0];
    for (int64_t b = 0; b < batches; b++, done += part) {
        int status = delta_feed_plain(&run->feeder, b, &part);
        if (status)
            return status;
        int code = run->model->forward(run->instance.params, run->instance.state, run->instance.in, run->instance.out, run->instance.work);
        if (code && code != DELTA_E_NONFINITE)
            return delta_fail(DELTA_EXIT_UNUSABLE, run->model->page, 0, "the outputs cannot be computed (code %d) for rows %lld to %lld", code,
                              (long long)done + 1, (long long)(done + part));
        for (int i = 0; i < count; i++) {
            const delta_place *place = &run->instance.places[outputs[i].array];
            size_t bytes = place->count * place->size;
            if (outputs[i].sums)
                add_up(run, &outputs[i], part);
            else if (run->model->arrays[outputs[i].array].per_sample)
                memcpy(outputs[i].values + (size_t)done * bytes, place->memory, (size_t)part * bytes);
            else
                memcpy(outputs[i].values, place->memory, bytes);
        }
    }
    for (int i = 0; i < count; i++)
        if (outputs[i].sums)
            divide(run, &outputs[i], rows);
    return 0;
}

/* "p", "p[3]" or "W[0,1]" (quoted, it has a comma). */
static void csv_heading(delta_output *file, const delta_array *array, const delta_place *place, size_t index)
{
    int64_t indices[DELTA_MAX_RANK];
    char text[64];
    for (int k = place->rank - 1; k >= 0; k--) {
        indices[k] = (int64_t)(index % (size_t)place->dims[k]);
        index /= (size_t)place->dims[k];
    }
    delta_output_text(file, place->rank > 1 ? "\"" : "");
    delta_output_text(file, array->name);
    for (int k = 0; k < place->rank; k++) {
        snprintf(text, sizeof text, "%s%lld", k ? "," : "[", (long long)indices[k]);
        delta_output_text(file, text);
    }
    delta_output_text(file, place->rank > 1 ? "]\"" : place->rank ? "]" : "");
}

static void csv_line(const delta_run *run, delta_output *file, const output_values *outputs, int count, int64_t row)
{
    int first = 1;
    char text[40];
    for (int i = 0; i < count; i++) {
        const delta_array *array = &run->model->arrays[outputs[i].array];
        const delta_place *place = &run->instance.places[outputs[i].array];
        delta_place here = *place;
        here.memory = outputs[i].values + (array->per_sample && row > 0 ? (size_t)row * place->count * place->size : 0);
        for (size_t k = 0; k < place->count; k++, first = 0) {
            delta_output_text(file, first ? "" : ",");
            if (row < 0) {
                csv_heading(file, array, place, k);
                continue;
            }
            snprintf(text, sizeof text, array->type == DELTA_INT32 || place->size == 8 ? "%.17g" : "%.9g", delta_entry_get(array, &here, k));
            delta_output_text(file, text);
        }
    }
    delta_output_text(file, "\n");
}

static int write_csv(const delta_run *run, const output_values *outputs, int count, int64_t rows)
{
    delta_output file;
    const char *path = run->options->output;
    delta_output_prepare(run->pool, &file, path && strcmp(path, "-") ? path : NULL);
    int status = delta_output_open(&file);
    if (status)
        return status;
    for (int64_t row = -1; row < rows; row++)
        csv_line(run, &file, outputs, count, row);
    return delta_output_commit(&file);
}

/* Shape with the sample axis; returns its rank. */
static int output_dims(const delta_run *run, const output_values *output, int64_t *dims)
{
    const delta_place *place = &run->instance.places[output->array];
    int per_sample = run->model->arrays[output->array].per_sample && !output->sums;
    dims[0] = output->rows;
    memcpy(dims + per_sample, place->dims, (size_t)place->rank * sizeof *dims);
    return place->rank + per_sample;
}

static int write_npy(const delta_run *run, const output_values *output)
{
    const delta_place *place = &run->instance.places[output->array];
    int64_t dims[DELTA_MAX_RANK + 1];
    int rank = output_dims(run, output, dims);
    char header[512];
    size_t head = delta_npy_header(run->model->arrays[output->array].type == DELTA_INT32 ? 'i' : 'f', (int)place->size, dims, rank, header);
    delta_output file;
    delta_output_prepare(run->pool, &file, run->options->output);
    int status = delta_output_open(&file);
    if (status)
        return status;
    delta_output_put(&file, header, head);
    delta_output_put(&file, output->values, delta_dims_product(dims, rank) * place->size);
    return delta_output_commit(&file);
}

static int write_npz(const delta_run *run, const output_values *outputs, int count)
{
    delta_npz npz;
    int status = delta_npz_open(run->pool, &npz, run->options->output);
    for (int i = 0; i < count && !status; i++) {
        const delta_array *array = &run->model->arrays[outputs[i].array];
        int64_t dims[DELTA_MAX_RANK + 1];
        int rank = output_dims(run, &outputs[i], dims);
        delta_npz_add(&npz, array->name, array->type == DELTA_INT32 ? 'i' : 'f', (int)run->instance.places[outputs[i].array].size, dims, rank,
                      outputs[i].values);
    }
    return status ? status : delta_npz_commit(&npz);
}

static int has_ending(const char *path, const char *ending)
{
    size_t length = path ? strlen(path) : 0, tail = strlen(ending);
    return length >= tail && !strcmp(path + length - tail, ending);
}

int delta_predict(delta_run *run)
{
    const char *path = run->options->output;
    int count = 0, per_sample = 0;
    output_values *outputs = delta_pool_get(run->pool, (size_t)run->model->array_count, sizeof *outputs);
    for (int i = 0; i < run->model->array_count; i++) {
        if (run->model->arrays[i].role != DELTA_OUTPUT)
            continue;
        int each = run->model->arrays[i].per_sample && !run->options->mean;
        int64_t rows = each ? predicted_rows(run) : 1;
        size_t entries = run->instance.places[i].count;
        output_values *output = &outputs[count++];
        *output = (output_values){i, rows, delta_pool_get(run->pool, (size_t)rows * entries, run->instance.places[i].size), NULL};
        if (run->model->arrays[i].per_sample && run->options->mean)
            output->sums = delta_pool_get(run->pool, entries, sizeof *output->sums);
        per_sample |= each;
    }
    if (count == 0)
        return delta_fail(DELTA_EXIT_UNUSABLE, run->model->page, 0, "the page has no outputs; `output NAME` declares one");
    if (has_ending(path, ".npy") && count > 1)
        return delta_fail(DELTA_EXIT_USAGE, NULL, 0, "the page has %d outputs, an .npy file holds one: write an .npz", count);
    int status = outputs_compute(run, outputs, count);
    if (status)
        return status;
    if (has_ending(path, ".npy"))
        return write_npy(run, outputs);
    return has_ending(path, ".npz") ? write_npz(run, outputs, count) : write_csv(run, outputs, count, per_sample ? predicted_rows(run) : 1);
}
