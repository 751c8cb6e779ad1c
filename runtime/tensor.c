/* Choosing the reader of a file, and small functions on tensors. */
#include "tensor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "readers.h"
#include "report.h"

enum { STREAM_ABOVE = 128 << 20, HEADER_BYTES = 1 << 16 };

void delta_tensors_add(delta_pool *pool, delta_tensors *tensors, const delta_tensor *tensor)
{
    size_t count = (size_t)tensors->count;
    if ((count & (count - 1)) == 0) /* grows at 0, 1, 2, 4, 8 … */
        tensors->items = delta_pool_resize(pool, tensors->items, (count ? 2 * count : 1) * sizeof *tensor);
    tensors->items[tensors->count++] = *tensor;
}

size_t delta_dims_product(const int64_t *dims, int rank)
{
    size_t product = 1;
    for (int i = 0; i < rank; i++)
        product *= (size_t)dims[i];
    return product;
}

const char *delta_dims_text(const int64_t *dims, int rank, char *text, size_t room)
{
    size_t used = (size_t)snprintf(text, room, "(");
    for (int i = 0; i < rank && used < room; i++)
        used += (size_t)snprintf(text + used, room - used, "%s%lld", i ? ", " : "", (long long)dims[i]);
    if (used < room)
        snprintf(text + used, room - used, rank == 1 ? ",)" : ")");
    return text;
}

#define VALUE_OF(type)                                              \
    do {                                                            \
        type value;                                                 \
        memcpy(&value, bytes + index * sizeof value, sizeof value); \
        return (double)value;                                       \
    } while (0)

double delta_tensor_value(const delta_tensor *tensor, const unsigned char *bytes, size_t index)
{
    switch (tensor->kind == 'f' ? 100 + tensor->size : tensor->kind == 'i' ? 10 + tensor->size : tensor->size) {
    case 108: VALUE_OF(double);
    case 104: VALUE_OF(float);
    case 11: VALUE_OF(int8_t);
    case 12: VALUE_OF(int16_t);
    case 14: VALUE_OF(int32_t);
    case 18: VALUE_OF(int64_t);
    case 1: VALUE_OF(uint8_t);
    case 2: VALUE_OF(uint16_t);
    case 4: VALUE_OF(uint32_t);
    default: VALUE_OF(uint64_t);
    }
}

static int name_ends(const char *path, const char *ending)
{
    size_t length = strlen(path), tail = strlen(ending);
    if (length > 3 && !strcmp(path + length - 3, ".gz"))
        length -= 3;
    return length >= tail && !strncmp(path + length - tail, ending, tail);
}

static int looks_binary(const delta_file *file)
{
    size_t look = file->size < 4096 ? file->size : 4096;
    for (size_t i = 0; i < look; i++)
        if (file->data[i] < 9 || (file->data[i] > 13 && file->data[i] < 32))
            return 1;
    return 0;
}

static int format_unknown(const delta_file *file, const char *expected)
{
    const unsigned char *b = file->data;
    int status;
    if (expected)
        status = delta_fail(DELTA_EXIT_UNUSABLE, file->path, 0, "does not begin as %s file does", expected);
    else
        status = delta_fail(DELTA_EXIT_UNUSABLE, file->path, 0, "is not a data file that can be read");
    if (file->size >= 4 && b[0] == 0x89 && b[1] == 'H')
        delta_hint("this is HDF5; write the arrays as .npz (numpy.savez)");
    else if (file->size >= 8 && !memcmp(b, "DELTACK", 7))
        delta_hint("this is a checkpoint: `train … --checkpoint DIR --resume` goes on from it");
    else if (file->size >= 4 && !memcmp(b, "PAR1", 4))
        delta_hint("this is Parquet; write the table as .csv");
    else
        delta_hint("it begins with bytes %02x %02x %02x %02x; csv with a header, npy, npz and idx are read, also with gzip", b[0], file->size > 1 ? b[1] : 0,
                   file->size > 2 ? b[2] : 0, file->size > 3 ? b[3] : 0);
    return status;
}

static int format_read(delta_pool *pool, delta_file *file, const delta_reading *reading, delta_tensors *tensors)
{
    const unsigned char *b = file->data;
    if (file->size == 0)
        return delta_fail(DELTA_EXIT_UNUSABLE, file->path, 0, "is empty");
    if (file->size >= 6 && !memcmp(b, "\x93NUMPY", 6))
        return delta_npy_read(pool, file, reading, tensors);
    if (file->size >= 4 && !memcmp(b, "PK", 2) && (b[2] == 3 || b[2] == 5))
        return delta_npz_read(pool, file, reading, tensors);
    if (name_ends(file->path, ".npy") || name_ends(file->path, ".npz"))
        return format_unknown(file, name_ends(file->path, ".npy") ? "an npy" : "an npz");
    if (file->size >= 4 && b[0] == 0 && b[1] == 0 && b[2] >= 8 && b[2] <= 14)
        return delta_idx_read(pool, file, reading, tensors);
    if (strstr(file->path, "-ubyte") || name_ends(file->path, ".idx"))
        return format_unknown(file, "an idx");
    if (looks_binary(file))
        return format_unknown(file, NULL);
    return delta_csv_read(pool, file, reading, tensors);
}

int delta_memory_allows(uint64_t bytes)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    if (pages > 0 && page > 0 && bytes / (uint64_t)page > (uint64_t)pages / 2)
        return 0;
    void *probe = malloc((size_t)bytes);
    free(probe);
    return probe != NULL;
}

/* A large npy is not loaded: batches are read from it. One in Fortran order, whose rows are scattered, is loaded when there is memory for it and its copy. */
static int is_streamed(const delta_tensor *tensor, uint64_t size)
{
    return !tensor->fortran || !delta_memory_allows(3 * size);
}

/* Returns -1 when it has to be loaded after all. */
static int stream_large(delta_pool *pool, const char *path, delta_tensors *tensors)
{
    struct stat about;
    unsigned char *head = NULL;
    int status = -1, descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor >= 0 && !fstat(descriptor, &about) && S_ISREG(about.st_mode) && about.st_size > STREAM_ABOVE) {
        head = delta_pool_get(pool, HEADER_BYTES, 1);
        if (read(descriptor, head, HEADER_BYTES) == HEADER_BYTES && !memcmp(head, "\x93NUMPY", 6)) {
            delta_tensor tensor;
            status = delta_npy_parse(pool, head, HEADER_BYTES, (uint64_t)about.st_size, path, "", &tensor);
            if (!status && !is_streamed(&tensor, (uint64_t)about.st_size))
                status = -1;
            if (!status && tensor.fortran)
                delta_notice("%s is in Fortran order and larger than memory: rows are gathered from all over the file (numpy.ascontiguousarray makes C order)",
                             path);
            if (!status)
                delta_tensors_add(pool, tensors, &tensor);
        }
    }
    if (descriptor >= 0)
        close(descriptor);
    delta_pool_release(pool, head);
    return status;
}

int delta_tensors_read(delta_pool *pool, const char *path, const delta_reading *reading, delta_tensors *tensors)
{
    delta_file file;
    struct stat about;
    int status = stream_large(pool, path, tensors);
    if (status >= 0)
        return status;
    if (!stat(path, &about) && S_ISREG(about.st_mode) && about.st_size > STREAM_ABOVE && !delta_memory_allows((uint64_t)about.st_size)) {
        status = delta_fail(DELTA_EXIT_MACHINE, path, 0, "holds %lld bytes, more than there is memory for", (long long)about.st_size);
        delta_hint("arrays in .npy files of their own, not compressed, are read piece by piece: numpy.save('x.npy', x)");
        return status;
    }
    status = delta_file_read(pool, path, &file);
    return status ? status : format_read(pool, &file, reading, tensors);
}
