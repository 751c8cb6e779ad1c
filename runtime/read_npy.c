/* NPY, versions 1 to 3: "\x93NUMPY", version, header length, a Python dictionary with descr, fortran_order and shape, then the elements. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "readers.h"
#include "report.h"

typedef struct {
    const char *path;
    char order;
    int fortran;
} npy_header;

static int npy_damaged(const char *path, const char *what)
{
    return delta_fail(DELTA_EXIT_UNUSABLE, path, 0, "the npy header is damaged: %s", what);
}

/* The text after 'key': in the dictionary. */
static const char *npy_field(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    if (!at)
        return NULL;
    at += strlen(key);
    while (*at == '\'' || *at == '"' || *at == ' ')
        at++;
    if (*at++ != ':')
        return NULL;
    while (*at == ' ')
        at++;
    return at;
}

static int npy_type(const char *text, npy_header *header, delta_tensor *tensor)
{
    const char *at = npy_field(text, "descr");
    if (!at || (*at != '\'' && *at != '"'))
        return delta_fail(DELTA_EXIT_UNUSABLE, header->path, 0, "the npy header has no simple element type");
    const char *type = at + 1;
    header->order = strchr("<>|=", *type) && *type ? *type++ : '=';
    char kind = *type ? *type++ : 0;
    char *end = NULL;
    long size = isdigit((unsigned char)*type) ? strtol(type, &end, 10) : 0;
    int known = (kind == 'f' && (size == 4 || size == 8)) || ((kind == 'i' || kind == 'u') && (size == 1 || size == 2 || size == 4 || size == 8)) ||
                (kind == 'b' && size == 1);
    if (!known || !end || (*end != '\'' && *end != '"')) {
        int status = delta_fail(DELTA_EXIT_UNUSABLE, header->path, 0, "elements of type '%.*s' cannot be read", (int)strcspn(at + 1, "'\""), at + 1);
        delta_hint("f4, f8, i1 to i8, u1 to u8 and b1 can; in numpy: x.astype('f4')");
        return status;
    }
    tensor->kind = kind == 'b' ? 'u' : kind;
    tensor->size = (int)size;
    return 0;
}

static int npy_shape(const char *text, npy_header *header, delta_tensor *tensor)
{
    const char *at = npy_field(text, "shape");
    if (!at || *at++ != '(')
        return npy_damaged(header->path, "no shape");
    tensor->rank = 0;
    for (;;) {
        while (*at == ' ' || *at == ',')
            at++;
        if (*at == ')')
            return 0;
        if (!isdigit((unsigned char)*at))
            return npy_damaged(header->path, "the shape is not a list of numbers");
        if (tensor->rank == DELTA_TENSOR_RANK)
            return delta_fail(DELTA_EXIT_UNUSABLE, header->path, 0, "the array has more than %d axes", DELTA_TENSOR_RANK);
        char *end;
        tensor->dims[tensor->rank++] = strtoll(at, &end, 10);
        at = *end == 'L' ? end + 1 : end;
    }
}

static int npy_claim(const delta_tensor *tensor, uint64_t have, const char *path)
{
    uint64_t claim = (uint64_t)tensor->size;
    int huge = 0;
    for (int i = 0; i < tensor->rank; i++)
        huge |= __builtin_mul_overflow(claim, (uint64_t)tensor->dims[i], &claim) || claim > INT64_MAX;
    if (!huge && claim == have)
        return 0;
    char text[200];
    delta_dims_text(tensor->dims, tensor->rank, text, sizeof text);
    int status = huge ? delta_fail(DELTA_EXIT_UNUSABLE, path, 0, "the header claims shape %s, more than any file holds", text)
                      : delta_fail(DELTA_EXIT_UNUSABLE, path, 0, "the header claims shape %s, %llu bytes, but %s%llu bytes follow it", text,
                                   (unsigned long long)claim, claim > have ? "only " : "", (unsigned long long)have);
    delta_hint("the file is cut short or damaged");
    return status;
}

/* Fortran order to C order: walks the result with a counter of indices. */
static unsigned char *npy_reorder(delta_pool *pool, const delta_tensor *tensor, const unsigned char *from)
{
    size_t size = (size_t)tensor->size, count = delta_dims_product(tensor->dims, tensor->rank), place = 0;
    size_t strides[DELTA_TENSOR_RANK], stride = 1;
    int64_t index[DELTA_TENSOR_RANK] = {0};
    unsigned char *to = delta_pool_get(pool, count, size);
    for (int i = 0; i < tensor->rank; i++) {
        strides[i] = stride;
        stride *= (size_t)tensor->dims[i];
    }
    for (size_t k = 0; k < count; k++) {
        memcpy(to + k * size, from + place * size, size);
        for (int i = tensor->rank - 1; i >= 0; i--) {
            place += strides[i];
            if (++index[i] < tensor->dims[i])
                break;
            place -= strides[i] * (size_t)tensor->dims[i];
            index[i] = 0;
        }
    }
    return to;
}

static int is_foreign(const npy_header *header)
{
    const uint16_t probe = 1;
    return header->order == (*(const unsigned char *)&probe == 1 ? '>' : '<');
}

static int npy_elements(delta_pool *pool, const npy_header *header, unsigned char *block, unsigned char *elements, delta_tensor *tensor)
{
    size_t count = delta_dims_product(tensor->dims, tensor->rank);
    tensor->bytes = elements;
    if (is_foreign(header))
        delta_swap_bytes(elements, count, tensor->size);
    if (header->fortran && tensor->rank > 1) {
        tensor->bytes = tensor->block = npy_reorder(pool, tensor, elements);
        delta_pool_release(pool, block);
    } else {
        tensor->block = block;
    }
    return 0;
}

int delta_npy_parse(delta_pool *pool, unsigned char *data, size_t size, uint64_t whole, const char *path, const char *name, delta_tensor *tensor)
{
    npy_header header = {.path = path};
    if (size < 10 || memcmp(data, "\x93NUMPY", 6))
        return npy_damaged(path, "it is not an npy array");
    if (data[6] < 1 || data[6] > 3)
        return delta_fail(DELTA_EXIT_UNUSABLE, path, 0, "npy version %d is not known (1 to 3 are)", data[6]);
    size_t start = data[6] == 1 ? 10 : 12;
    size_t length = size < start ? SIZE_MAX / 2 : (size_t)delta_little(data + 8, data[6] == 1 ? 2 : 4);
    if (length > size - start)
        return npy_damaged(path, "it is cut short");
    char *text = delta_pool_text(pool, (const char *)data + start, length);
    const char *fortran = npy_field(text, "fortran_order");
    *tensor = (delta_tensor){.name = name, .file = path, .offset = (int64_t)(start + length)};
    header.fortran = fortran && !strncmp(fortran, "True", 4);
    int status = npy_type(text, &header, tensor);
    if (!status)
        status = npy_shape(text, &header, tensor);
    if (!status)
        status = npy_claim(tensor, whole - start - length, path);
    delta_pool_release(pool, text);
    if (status || whole == size)
        return status ? status : npy_elements(pool, &header, data, data + tensor->offset, tensor);
    tensor->swapped = is_foreign(&header);
    tensor->fortran = header.fortran && tensor->rank > 1;
    return 0;
}

int delta_npy_read(delta_pool *pool, delta_file *file, const delta_reading *reading, delta_tensors *tensors)
{
    delta_tensor tensor;
    int status = delta_npy_parse(pool, file->data, file->size, file->size, file->path, "", &tensor);
    (void)reading;
    if (!status)
        delta_tensors_add(pool, tensors, &tensor);
    return status;
}
