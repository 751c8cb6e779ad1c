/* IDX, the format of the MNIST files: 0, 0, type, rank, then the axes and the elements, all big-endian. */
#include <string.h>

#include "readers.h"
#include "report.h"

static int idx_type(unsigned char code, delta_tensor *tensor)
{
    static const struct {
        unsigned char code;
        char kind;
        int size;
    } types[] = {{8, 'u', 1}, {9, 'i', 1}, {11, 'i', 2}, {12, 'i', 4}, {13, 'f', 4}, {14, 'f', 8}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].code == code) {
            tensor->kind = types[i].kind;
            tensor->size = types[i].size;
            return 1;
        }
    return 0;
}

void delta_swap_bytes(unsigned char *bytes, size_t count, int size)
{
    for (size_t i = 0; i < count; i++, bytes += size)
        for (int low = 0, high = size - 1; low < high; low++, high--) {
            unsigned char kept = bytes[low];
            bytes[low] = bytes[high];
            bytes[high] = kept;
        }
}

static int idx_axes(const delta_file *file, delta_tensor *tensor, size_t *count)
{
    uint64_t claim = (uint64_t)tensor->size, have = file->size - 4 - 4 * (size_t)tensor->rank;
    *count = 1;
    for (int i = 0; i < tensor->rank; i++) {
        const unsigned char *b = file->data + 4 + 4 * i;
        tensor->dims[i] = (int64_t)((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]);
        if (__builtin_mul_overflow(claim, (uint64_t)tensor->dims[i], &claim))
            claim = UINT64_MAX;
    }
    if (claim == have) {
        *count = claim / (uint64_t)tensor->size;
        return 0;
    }
    char text[160];
    int status = delta_fail(DELTA_EXIT_UNUSABLE, file->path, 0, "the header claims shape %s, %llu bytes, but %llu bytes follow it",
                            delta_dims_text(tensor->dims, tensor->rank, text, sizeof text), (unsigned long long)claim, (unsigned long long)have);
    delta_hint("the file is cut short or damaged");
    return status;
}

int delta_idx_read(delta_pool *pool, delta_file *file, const delta_reading *reading, delta_tensors *tensors)
{
    const uint16_t probe = 1;
    delta_tensor tensor = {.name = "", .file = file->path, .rank = file->data[3]};
    size_t count = 0, header = 4 + 4 * (size_t)tensor.rank;
    (void)reading;
    if (!idx_type(file->data[2], &tensor))
        return delta_fail(DELTA_EXIT_UNUSABLE, file->path, 0, "idx type 0x%02x is not known", file->data[2]);
    if (tensor.rank < 1 || tensor.rank > DELTA_TENSOR_RANK || file->size < header)
        return delta_fail(DELTA_EXIT_UNUSABLE, file->path, 0, "the idx header is damaged: %d axes", tensor.rank);
    int status = idx_axes(file, &tensor, &count);
    if (status)
        return status;
    tensor.bytes = file->data + header;
    tensor.block = file->data;
    if (*(const unsigned char *)&probe == 1)
        delta_swap_bytes(tensor.bytes, count, tensor.size);
    delta_tensors_add(pool, tensors, &tensor);
    return 0;
}
