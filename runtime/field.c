/* One array's rows: from the file's element type to the model's, with every value looked at on the way. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>
#include <unistd.h>

#include "data.h"
#include "readers.h"
#include "report.h"

/* "x[3]" or "W[0, 2]": entry `index` of a sample, as the page has it. */
static const char *entry_text(const delta_model *model, const delta_field *field, size_t index, char *text, size_t room)
{
    const delta_array *array = &model->arrays[field->array];
    if (array->rank == 0)
        snprintf(text, room, "%s", array->spelling);
    else
        snprintf(text, room, "%s[%zu]%s", array->spelling, index, array->rank > 1 ? " (counted row by row)" : "");
    return text;
}

static int value_failed(const delta_model *model, const delta_field *field, int64_t row, size_t index, double value)
{
    const delta_array *array = &model->arrays[field->array];
    int64_t line = field->tensor.lines ? field->tensor.lines[row] : 0;
    char text[200];
    int status;
    entry_text(model, field, index, text, sizeof text);
    if (isnan(value) && line) {
        status = delta_fail(DELTA_EXIT_UNUSABLE, field->tensor.file, line, "row %lld: %s is empty or nan", (long long)row + 1, text);
        delta_hint("if cells may be missing, declare `input %s missing` on the page", array->spelling);
    } else if (!isfinite(value)) {
        status = delta_fail(DELTA_EXIT_UNUSABLE, field->tensor.file, line, "row %lld: %s is %s", (long long)row + 1, text, isnan(value) ? "nan" : "infinite");
    } else if (field->labels) {
        status = delta_fail(DELTA_EXIT_UNUSABLE, field->tensor.file, line, "row %lld: the label %.17g of %s is not a whole number from 0 to %zu",
                            (long long)row + 1, value, array->spelling, field->width - 1);
    } else {
        status = delta_fail(DELTA_EXIT_UNUSABLE, field->tensor.file, line, "row %lld: %s is %.17g, but the page declares %s %s", (long long)row + 1, text,
                            value, array->spelling, array->type == DELTA_INT32 ? "an int" : "a float");
    }
    return status;
}

static void element_put(const delta_array *array, size_t element, unsigned char *at, double value)
{
    if (array->type == DELTA_INT32) {
        int32_t whole = (int32_t)value;
        memcpy(at, &whole, sizeof whole);
    } else if (element == 4) {
        float single = (float)value;
        memcpy(at, &single, sizeof single);
    } else {
        memcpy(at, &value, sizeof value);
    }
}

static int value_fits(const delta_array *array, size_t element, double value)
{
    if (array->type == DELTA_INT32)
        return value == floor(value) && value >= INT32_MIN && value <= INT32_MAX;
    return element == 8 ? isfinite(value) : isfinite((float)value);
}

static int is_label(const delta_field *field, double label)
{
    return label >= 0 && label < (double)field->width && label == floor(label);
}

int delta_labels_check(const delta_model *model, const delta_field *field)
{
    for (int64_t row = 0; row < field->rows; row++) {
        double label = delta_tensor_value(&field->tensor, field->tensor.bytes, (size_t)row);
        if (!is_label(field, label))
            return value_failed(model, field, row, 0, label);
    }
    return 0;
}

static int labels_convert(const delta_model *model, const delta_field *field, const unsigned char *raw, int64_t first, int64_t count, unsigned char *values)
{
    const delta_array *array = &model->arrays[field->array];
    memset(values, 0, (size_t)count * field->width * field->element);
    for (int64_t row = 0; row < count; row++) {
        double label = delta_tensor_value(&field->tensor, raw, (size_t)row);
        if (!is_label(field, label))
            return value_failed(model, field, first + row, 0, label);
        element_put(array, field->element, values + ((size_t)row * field->width + (size_t)label) * field->element, 1);
    }
    return 0;
}

/* The common element types, without a transform, quickly. 0: the values are not all finite, or of another type; nothing is lost then but time. */
#define CONVERT(from_type, to_type)                                                                           \
    static int convert_##from_type##_##to_type(const unsigned char *raw, size_t count, unsigned char *values) \
    {                                                                                                         \
        int bad = 0;                                                                                          \
        for (size_t i = 0; i < count; i++) {                                                                  \
            from_type from;                                                                                   \
            memcpy(&from, raw + i * sizeof from, sizeof from);                                                \
            to_type to = (to_type)from;                                                                       \
            memcpy(values + i * sizeof to, &to, sizeof to);                                                   \
            bad |= !(to - to == 0);                                                                           \
        }                                                                                                     \
        return !bad;                                                                                          \
    }
CONVERT(float, double)
CONVERT(float, float)
CONVERT(double, double)
CONVERT(double, float)
CONVERT(uint8_t, double)
CONVERT(uint8_t, float)

static int convert_quickly(const delta_model *model, const delta_field *field, const unsigned char *raw, size_t count, unsigned char *values)
{
    const delta_array *array = &model->arrays[field->array];
    int single = field->element == 4, size = field->tensor.size;
    if (array->type != DELTA_REAL || field->transform || array->missing)
        return 0;
    if (field->tensor.kind == 'f' && size == 4)
        return (single ? convert_float_float : convert_float_double)(raw, count, values);
    if (field->tensor.kind == 'f' && size == 8)
        return (single ? convert_double_float : convert_double_double)(raw, count, values);
    if (field->tensor.kind == 'u' && size == 1)
        return (single ? convert_uint8_t_float : convert_uint8_t_double)(raw, count, values);
    return 0;
}

int delta_field_convert(const delta_model *model, const delta_field *field, const unsigned char *raw, int64_t first, int64_t count, unsigned char *values,
                        unsigned char *given)
{
    const delta_array *array = &model->arrays[field->array], *known = field->known >= 0 ? &model->arrays[field->known] : NULL;
    const double *shift = field->transform ? field->transform->shift : NULL, *factor = field->transform ? field->transform->factor : NULL;
    size_t known_element = known && known->type == DELTA_INT32 ? 4 : (size_t)model->real_bytes;
    if (field->labels)
        return labels_convert(model, field, raw, first, count, values);
    if (!given && convert_quickly(model, field, raw, (size_t)count * field->width, values))
        return 0;
    for (int64_t row = 0; row < count; row++)
        for (size_t i = 0; i < field->width; i++) {
            size_t at = (size_t)row * field->width + i;
            double value = delta_tensor_value(&field->tensor, raw, at);
            int missing = array->missing && isnan(value);
            if (missing)
                value = 0;
            else if (factor)
                value = (value - shift[i]) * factor[i];
            if (!value_fits(array, field->element, value))
                return value_failed(model, field, first + row, i, delta_tensor_value(&field->tensor, raw, at));
            element_put(array, field->element, values + at * field->element, value);
            if (given && known)
                element_put(known, known_element, given + at * known_element, !missing);
        }
    return 0;
}

/* Bytes of the file, counted from the first element. `row` is for the message. */
static int read_piece(const delta_field *field, unsigned char *to, size_t bytes, size_t begin, int64_t row)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t got = pread(field->descriptor, to + done, bytes - done, field->tensor.offset + (off_t)(begin + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return delta_fail(got < 0 ? DELTA_EXIT_MACHINE : DELTA_EXIT_UNUSABLE, field->tensor.file, 0, "row %lld cannot be read: %s", (long long)row + 1,
                              got < 0 ? strerror(errno) : "the file has become shorter");
        done += (size_t)got;
    }
    return 0;
}

/* In Fortran order column `column` of the rows, counted with the second axis fastest, is entry number … of a row in C order. */
static size_t entry_of_column(const delta_tensor *tensor, size_t column)
{
    size_t entry = 0;
    for (int k = 1; k < tensor->rank; k++) {
        entry = entry * (size_t)tensor->dims[k] + column % (size_t)tensor->dims[k];
        column /= (size_t)tensor->dims[k];
    }
    return entry;
}

/* Each column of a file in Fortran order lies together: the part of it that belongs to these rows is spread over them. */
static int gather_columns(delta_field *field, int64_t first, int64_t count)
{
    const size_t size = (size_t)field->tensor.size, row = field->raw_width * size;
    unsigned char *column = field->raw + (size_t)field->raw_rows * row;
    for (size_t c = 0; c < field->raw_width; c++) {
        unsigned char *to = field->raw + entry_of_column(&field->tensor, c) * size;
        int status = read_piece(field, column, (size_t)count * size, (c * (size_t)field->tensor.dims[0] + (size_t)first) * size, first);
        if (status)
            return status;
        for (int64_t k = 0; k < count; k++)
            memcpy(to + (size_t)k * row, column + (size_t)k * size, size);
    }
    return 0;
}

const unsigned char *delta_field_raw(delta_field *field, int64_t first, int64_t count)
{
    size_t row = field->raw_width * (size_t)field->tensor.size;
    if (field->tensor.bytes)
        return field->tensor.bytes + row * (size_t)first;
    if (field->tensor.fortran && field->raw_width > 1 ? gather_columns(field, first, count)
                                                      : read_piece(field, field->raw, row * (size_t)count, row * (size_t)first, first))
        return NULL;
    if (field->tensor.swapped)
        delta_swap_bytes(field->raw, (size_t)count * field->raw_width, field->tensor.size);
    return field->raw;
}

int delta_given_set(delta_instance *instance, int number, const delta_binding *binding)
{
    const delta_model *model = instance->model;
    const delta_place *place = &instance->places[number];
    delta_field field = {
        .array = number, .known = -1, .rows = 1, .width = place->count, .element = place->size, .raw_width = place->count, .tensor = binding->tensor};
    if (!binding->tensor.bytes)
        return delta_fail(DELTA_EXIT_UNUSABLE, binding->tensor.file, 0, "is too large for a given array");
    return delta_field_convert(model, &field, binding->tensor.bytes, 0, 1, place->memory, NULL);
}

static int check_rows(delta_field *field, int64_t first, int64_t count, uint32_t *check)
{
    const unsigned char *raw = delta_field_raw(field, first, count);
    if (!raw)
        return DELTA_EXIT_UNUSABLE;
    *check = (uint32_t)crc32_z(*check, raw, (size_t)count * field->raw_width * (size_t)field->tensor.size);
    return 0;
}

int delta_field_check(delta_field *field, uint32_t *check)
{
    enum { PLACES = 64 };
    int status = 0;
    *check = 0;
    if (field->values) {
        *check = (uint32_t)crc32_z(0, field->values, (size_t)field->rows * field->width * field->element);
        return 0;
    }
    if (field->tensor.bytes)
        return check_rows(field, 0, field->rows, check);
    for (int64_t i = 0; i < PLACES && !status; i++) {
        int64_t first = i * field->rows / PLACES, count = (i + 1) * field->rows / PLACES - first;
        status = count > 0 ? check_rows(field, first, count < field->raw_rows ? count : field->raw_rows, check) : 0;
    }
    return status;
}
