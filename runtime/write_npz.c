/* Writing npy and npz: an uncompressed zip whose entries numpy reads. */
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "report.h"
#include "weights.h"

enum { LOCAL = 30, CENTRAL = 46, VERSION = 20, DATE_1980 = 0x21 };

size_t delta_npy_header(char kind, int size, const int64_t *dims, int rank, char text[512])
{
    const uint16_t probe = 1;
    char order = *(const unsigned char *)&probe == 1 ? '<' : '>';
    char *body = text + 10;
    int used = snprintf(body, 400, "{'descr': '%c%c%d', 'fortran_order': False, 'shape': (", order, kind, size);
    for (int i = 0; i < rank; i++)
        used += snprintf(body + used, 400 - (size_t)used, i ? " %lld," : "%lld,", (long long)dims[i]);
    if (rank > 1)
        used--;
    used += snprintf(body + used, 400 - (size_t)used, "), }");
    size_t length = (10 + (size_t)used + 1 + 63) / 64 * 64;
    memset(body + used, ' ', length - 10 - (size_t)used);
    text[length - 1] = '\n';
    memcpy(text, "\x93NUMPY\1\0", 8);
    text[8] = (char)((length - 10) & 255);
    text[9] = (char)((length - 10) >> 8);
    return length;
}

static void little(unsigned char **at, uint64_t value, int count)
{
    for (int i = 0; i < count; i++)
        *(*at)++ = (unsigned char)(value >> (8 * i));
}

int delta_npz_open(delta_pool *pool, delta_npz *npz, const char *path)
{
    *npz = (delta_npz){.pool = pool};
    delta_output_prepare(pool, &npz->output, path);
    int status = delta_output_open(&npz->output);
    pool->unfinished = status ? NULL : npz->output.temporary;
    return status;
}

/* The fields that local header and directory have in common. */
static void zip_common(unsigned char **at, uint32_t crc, size_t bytes, size_t name)
{
    little(at, VERSION, 2);
    little(at, 0, 4); /* flags, method: stored */
    little(at, 0, 2); /* time */
    little(at, DATE_1980, 2);
    little(at, crc, 4);
    little(at, bytes, 4);
    little(at, bytes, 4);
    little(at, name, 2);
    little(at, 0, 2); /* extra */
}

static void zip_directory(delta_npz *npz, const char *name, uint32_t crc, size_t bytes, uint64_t offset)
{
    size_t length = strlen(name) + 4, more = CENTRAL + length;
    if (npz->used + more > npz->room) {
        npz->room = 2 * npz->room + more;
        npz->directory = delta_pool_resize(npz->pool, npz->directory, npz->room);
    }
    unsigned char *at = npz->directory + npz->used;
    memcpy(at, "PK\1\2", 4);
    at += 4;
    little(&at, VERSION, 2);
    zip_common(&at, crc, bytes, length);
    little(&at, 0, 6); /* comment, disk, attributes */
    little(&at, 0, 4);
    little(&at, offset, 4);
    memcpy(at, name, length - 4);
    memcpy(at + length - 4, ".npy", 4);
    npz->used += more;
    npz->count++;
}

void delta_npz_add(delta_npz *npz, const char *name, char kind, int size, const int64_t *dims, int rank, const void *data)
{
    char header[512];
    unsigned char local[LOCAL], *at = local + 4;
    size_t head = delta_npy_header(kind, size, dims, rank, header), body = delta_dims_product(dims, rank) * (size_t)size;
    uint32_t crc = (uint32_t)crc32_z(crc32_z(0, (const unsigned char *)header, head), data, body);
    uint64_t offset = npz->output.length;
    memcpy(local, "PK\3\4", 4);
    zip_common(&at, crc, head + body, strlen(name) + 4);
    delta_output_put(&npz->output, local, LOCAL);
    delta_output_text(&npz->output, name);
    delta_output_text(&npz->output, ".npy");
    delta_output_put(&npz->output, header, head);
    delta_output_put(&npz->output, data, body);
    zip_directory(npz, name, crc, head + body, offset);
}

int delta_npz_commit(delta_npz *npz)
{
    unsigned char end[22], *at = end + 4;
    uint64_t offset = npz->output.length;
    npz->pool->unfinished = NULL;
    if (offset + npz->used > UINT32_MAX) {
        delta_output_abandon(&npz->output);
        return delta_fail(DELTA_EXIT_UNUSABLE, npz->output.path, 0, "would be larger than 4 GB, which npz files without zip64 cannot be");
    }
    delta_output_put(&npz->output, npz->directory, npz->used);
    memcpy(end, "PK\5\6", 4);
    little(&at, 0, 4);
    little(&at, (uint64_t)npz->count, 2);
    little(&at, (uint64_t)npz->count, 2);
    little(&at, npz->used, 4);
    little(&at, offset, 4);
    little(&at, 0, 2);
    delta_output_put(&npz->output, end, sizeof end);
    return delta_output_commit(&npz->output);
}
