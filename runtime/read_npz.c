/* NPZ: a zip file whose entries are NAME.npy, stored or deflated, as numpy.savez and savez_compressed write it (with zip64 fields). */
#include <string.h>
#include <zlib.h>

#include "readers.h"
#include "report.h"

enum { LARGE = 1 << 27 };

typedef struct {
    const unsigned char *name;
    size_t name_length;
    unsigned method, flags;
    uint32_t crc;
    uint64_t packed, size, offset; /* offset of the local header */
} zip_entry;

static int zip_damaged(const delta_file *file, const char *what)
{
    int status = delta_fail(DELTA_EXIT_UNUSABLE, file->path, 0, "the zip file is damaged: %s", what);
    delta_hint("was it copied completely? `unzip -t %s` tells", file->path);
    return status;
}

/* The end record, searched backwards through a possible comment; NULL when there is none. */
static const unsigned char *zip_end(const delta_file *file)
{
    for (size_t back = 22; back <= file->size && back <= 22 + 65535; back++) {
        const unsigned char *at = file->data + file->size - back;
        if (!memcmp(at, "PK\5\6", 4))
            return at;
    }
    return NULL;
}

/* Fields that did not fit into 32 bits stand in the zip64 extra field, in this order. */
static void zip_extra(const unsigned char *extra, size_t length, zip_entry *entry)
{
    while (length >= 4) {
        size_t size = (size_t)delta_little(extra + 2, 2);
        if (size > length - 4)
            return;
        if (delta_little(extra, 2) == 1) {
            uint64_t *fields[] = {&entry->size, &entry->packed, &entry->offset};
            size_t at = 0;
            for (int i = 0; i < 3; i++)
                if (*fields[i] == 0xffffffff && at + 8 <= size) {
                    *fields[i] = delta_little(extra + 4 + at, 8);
                    at += 8;
                }
        }
        extra += 4 + size;
        length -= 4 + size;
    }
}

/* Reads the central directory's entry at *at and moves on; 0 when it is damaged. */
static int zip_next(const delta_file *file, size_t *at, zip_entry *entry)
{
    const unsigned char *b = file->data + *at;
    if (*at > file->size || file->size - *at < 46 || memcmp(b, "PK\1\2", 4))
        return 0;
    size_t name = (size_t)delta_little(b + 28, 2), extra = (size_t)delta_little(b + 30, 2), comment = (size_t)delta_little(b + 32, 2);
    if (file->size - *at - 46 < name + extra + comment)
        return 0;
    *entry = (zip_entry){.name = b + 46,
                         .name_length = name,
                         .flags = (unsigned)delta_little(b + 8, 2),
                         .method = (unsigned)delta_little(b + 10, 2),
                         .crc = (uint32_t)delta_little(b + 16, 4),
                         .packed = delta_little(b + 20, 4),
                         .size = delta_little(b + 24, 4),
                         .offset = delta_little(b + 42, 4)};
    zip_extra(b + 46 + name, extra, entry);
    *at += 46 + name + extra + comment;
    return 1;
}

static int zip_inflate(const unsigned char *packed, const zip_entry *entry, unsigned char *data)
{
    z_stream stream = {0};
    uint64_t in = 0, out = 0;
    int code = inflateInit2(&stream, -15);
    while (code == Z_OK) {
        uint64_t give = entry->packed - in < 1u << 30 ? entry->packed - in : 1u << 30;
        uint64_t room = entry->size - out < 1u << 30 ? entry->size - out : 1u << 30;
        unsigned char spare[1];
        stream.next_in = (unsigned char *)(uintptr_t)(packed + in);
        stream.avail_in = (uInt)give;
        stream.next_out = room ? data + out : spare;
        stream.avail_out = room ? (uInt)room : 1;
        uInt offered = stream.avail_out;
        code = inflate(&stream, Z_NO_FLUSH);
        in += give - stream.avail_in;
        out += offered - stream.avail_out;
        if (out > entry->size)
            code = Z_DATA_ERROR;
    }
    inflateEnd(&stream);
    return code == Z_STREAM_END && out == entry->size;
}

/* The entry's contents; NULL after a message. Claimed sizes are compared with the file's before memory is taken: deflate shrinks at most 1032 times. */
static unsigned char *zip_contents(delta_pool *pool, const delta_file *file, const zip_entry *entry)
{
    const unsigned char *local = file->data + entry->offset;
    if (entry->offset > file->size || file->size - entry->offset < 30 || memcmp(local, "PK\3\4", 4))
        return zip_damaged(file, "an entry is not where the directory says"), NULL;
    uint64_t start = entry->offset + 30 + delta_little(local + 26, 2) + delta_little(local + 28, 2);
    if (start > file->size || entry->packed > file->size - start)
        return zip_damaged(file, "an entry is cut short"), NULL;
    if (entry->flags & 1 || (entry->method != 0 && entry->method != 8))
        return zip_damaged(file, "an entry is encrypted or packed in an unknown way"), NULL;
    if (entry->method == 0 ? entry->size != entry->packed : entry->size / 1040 > entry->packed)
        return zip_damaged(file, "an entry claims a size it cannot have"), NULL;
    unsigned char *data = delta_pool_get(pool, (size_t)entry->size + 1, 1);
    if (entry->method == 0)
        memcpy(data, file->data + start, (size_t)entry->size);
    else if (!zip_inflate(file->data + start, entry, data))
        return zip_damaged(file, "an entry cannot be inflated"), NULL;
    if (crc32_z(0, data, (size_t)entry->size) != entry->crc)
        return zip_damaged(file, "the checksum of an entry is wrong"), NULL;
    return data;
}

static int zip_too_large(const delta_file *file, const zip_entry *entry)
{
    int status = delta_fail(DELTA_EXIT_MACHINE, file->path, 0, "%.*s holds %llu bytes, more than there is memory for", (int)entry->name_length,
                            (const char *)entry->name, (unsigned long long)entry->size);
    delta_hint("arrays in .npy files of their own are read piece by piece: numpy.save('x.npy', x)");
    return status;
}

static int zip_entry_read(delta_pool *pool, const delta_file *file, const zip_entry *entry, delta_tensors *tensors)
{
    size_t length = entry->name_length;
    if (length < 5 || memcmp(entry->name + length - 4, ".npy", 4))
        return 0;
    if (entry->size > LARGE && entry->size / 1040 <= entry->packed && !delta_memory_allows(entry->size))
        return zip_too_large(file, entry);
    char *name = delta_pool_text(pool, (const char *)entry->name, length - 4);
    unsigned char *data = zip_contents(pool, file, entry);
    delta_tensor tensor;
    if (!data)
        return DELTA_EXIT_UNUSABLE;
    int status = delta_npy_parse(pool, data, (size_t)entry->size, entry->size, file->path, name, &tensor);
    if (!status)
        delta_tensors_add(pool, tensors, &tensor);
    return status;
}

int delta_npz_read(delta_pool *pool, delta_file *file, const delta_reading *reading, delta_tensors *tensors)
{
    const unsigned char *end = zip_end(file);
    int before = tensors->count;
    (void)reading;
    if (!end)
        return zip_damaged(file, "its directory is missing, so it is cut short");
    size_t at = (size_t)delta_little(end + 16, 4), count = (size_t)delta_little(end + 10, 2);
    for (size_t i = 0; i < count; i++) {
        zip_entry entry;
        if (!zip_next(file, &at, &entry))
            return zip_damaged(file, "its directory is damaged");
        int status = zip_entry_read(pool, file, &entry, tensors);
        if (status)
            return status;
    }
    if (tensors->count > before)
        return 0;
    int status = delta_fail(DELTA_EXIT_UNUSABLE, file->path, 0, "is a zip file without .npy entries");
    delta_hint("numpy.savez writes such files; a spreadsheet has to be saved as csv");
    return status;
}
