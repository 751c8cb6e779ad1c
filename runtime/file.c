/* Reading whole files (plain or gzip) and writing files atomically. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "report.h"

enum { CHUNK = 1 << 16 };

static int file_grow(delta_pool *pool, delta_file *file, size_t *room)
{
    if (file->size + 1 < *room)
        return 0;
    *room = *room ? *room * 2 : CHUNK;
    file->data = delta_pool_resize(pool, file->data, *room);
    return 0;
}

static int file_read_plain(delta_pool *pool, int descriptor, size_t expected, delta_file *file)
{
    size_t room = expected + 2;
    file->data = delta_pool_get(pool, room, 1);
    for (;;) {
        file_grow(pool, file, &room);
        ssize_t got = read(descriptor, file->data + file->size, room - 1 - file->size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return delta_fail(DELTA_EXIT_UNUSABLE, file->path, 0, "cannot be read: %s", strerror(errno));
        if (got == 0)
            return 0;
        file->size += (size_t)got;
    }
}

static int file_gzip_failed(const delta_file *file, int code)
{
    int status = delta_fail(DELTA_EXIT_UNUSABLE, file->path, 0, "%s", code == Z_BUF_ERROR ? "the gzip data ends too early" : "the gzip data is damaged");
    delta_hint("%zu bytes could be read; was the download or copy cut short? `gzip -t %s` tells", file->size, file->path);
    return status;
}

static int file_inflate(delta_pool *pool, const delta_file *packed, delta_file *file)
{
    z_stream stream = {0};
    size_t room = 0, offered = 0;
    int code = Z_OK;
    if (inflateInit2(&stream, 15 + 16) != Z_OK)
        return delta_fail(DELTA_EXIT_MACHINE, NULL, 0, "zlib cannot be started");
    for (;;) {
        if (stream.avail_in == 0 && offered < packed->size) {
            size_t left = packed->size - offered;
            stream.avail_in = (uInt)(left < (1u << 30) ? left : (1u << 30));
            stream.next_in = packed->data + offered;
            offered += stream.avail_in;
        }
        file_grow(pool, file, &room);
        size_t space = room - 1 - file->size;
        stream.avail_out = (uInt)(space < (1u << 30) ? space : (1u << 30));
        stream.next_out = file->data + file->size;
        uInt before = stream.avail_out;
        code = inflate(&stream, Z_NO_FLUSH);
        file->size += before - stream.avail_out;
        if (code == Z_STREAM_END && (stream.avail_in > 0 || offered < packed->size)) /* gzip files may be concatenated */
            code = inflateReset(&stream);
        if (code != Z_OK)
            break;
    }
    inflateEnd(&stream);
    return code == Z_STREAM_END ? 0 : file_gzip_failed(file, code);
}

int delta_file_read(delta_pool *pool, const char *path, delta_file *file)
{
    struct stat about;
    delta_file plain = {.path = path};
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 || fstat(descriptor, &about)) {
        int status = delta_fail(DELTA_EXIT_UNUSABLE, path, 0, "cannot be opened: %s", strerror(errno));
        if (descriptor >= 0)
            close(descriptor);
        return status;
    }
    int status = S_ISDIR(about.st_mode) ? delta_fail(DELTA_EXIT_UNUSABLE, path, 0, "is a directory, not a file")
                                        : file_read_plain(pool, descriptor, about.st_size > 0 ? (size_t)about.st_size : 0, &plain);
    close(descriptor);
    if (status)
        return status;
    *file = plain;
    if (plain.size < 2 || plain.data[0] != 0x1f || plain.data[1] != 0x8b)
        return 0;
    *file = (delta_file){.path = path, .gzipped = 1};
    status = file_inflate(pool, &plain, file);
    delta_pool_release(pool, plain.data);
    return status;
}

void delta_output_prepare(delta_pool *pool, delta_output *output, const char *path)
{
    struct stat about;
    char *real = path ? realpath(path, NULL) : NULL;
    const char *final = real ? real : path ? path : "standard output";
    memset(output, 0, sizeof *output);
    output->descriptor = -1;
    output->standard = !path;
    output->path = delta_pool_text(pool, final, strlen(final));
    output->buffer = delta_pool_get(pool, CHUNK, 1);
    if (path && (stat(final, &about) || S_ISREG(about.st_mode))) {
        size_t room = strlen(final) + sizeof ".tmp";
        output->temporary = delta_pool_get(pool, room, 1);
        snprintf(output->temporary, room, "%s.tmp", final);
    }
    free(real);
}

/* Opens the temporary file, empty and locked until it is closed. Its name is one for all processes, so that what a killed one left is taken over, or removed
   where it is not ours to write; another that writes it now is waited for. -1 and errno. */
static int output_open_locked(const char *name)
{
    struct stat ours, named;
    for (;;) {
        int descriptor = open(name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (descriptor < 0 && (errno == EACCES || errno == ELOOP) && unlink(name) == 0)
            continue;
        if (descriptor < 0)
            return -1;
        while (flock(descriptor, LOCK_EX) && errno == EINTR) /* a file system without locks is written as it is */
            continue;
        int there = !fstat(descriptor, &ours) && !stat(name, &named) && ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
        if (there && !ftruncate(descriptor, 0))
            return descriptor;
        int error = errno;
        close(descriptor);
        errno = error;
        if (there)
            return -1;
    }
}

int delta_output_open(delta_output *output)
{
    output->crc = 0;
    output->length = 0;
    output->used = 0;
    output->failed = 0;
    output->descriptor = output->standard ? dup(STDOUT_FILENO)
                         : output->temporary ? output_open_locked(output->temporary)
                                             : open(output->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (output->descriptor >= 0)
        return 0;
    int status =
        delta_fail(errno == ENOSPC || errno == EIO ? DELTA_EXIT_MACHINE : DELTA_EXIT_UNUSABLE, output->path, 0, "cannot be written: %s", strerror(errno));
    if (errno == ENOENT)
        delta_hint("does its directory exist?");
    return status;
}

static void output_flush(delta_output *output)
{
    size_t done = 0;
    while (done < output->used && !output->failed) {
        ssize_t put = write(output->descriptor, output->buffer + done, output->used - done);
        if (put >= 0)
            done += (size_t)put;
        else if (errno != EINTR)
            output->failed = errno;
    }
    output->used = 0;
}

void delta_output_put(delta_output *output, const void *data, size_t size)
{
    const unsigned char *from = data;
    output->length += size;
    while (size > 0) {
        size_t part = CHUNK - output->used < size ? CHUNK - output->used : size;
        memcpy(output->buffer + output->used, from, part);
        output->crc = (uint32_t)crc32(output->crc, from, (uInt)part);
        output->used += part;
        from += part;
        size -= part;
        if (output->used == CHUNK)
            output_flush(output);
    }
}

void delta_output_text(delta_output *output, const char *text)
{
    delta_output_put(output, text, strlen(text));
}

/* A rename survives a power failure only when its directory is on disk too. */
static void output_sync_directory(char *path)
{
    char *slash = strrchr(path, '/');
    char kept = slash && slash != path ? *slash : 0;
    if (kept)
        *slash = 0;
    int directory = open(!slash ? "." : slash == path ? "/" : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (kept)
        *slash = kept;
    if (directory >= 0) {
        fsync(directory);
        close(directory);
    }
}

int delta_output_commit(delta_output *output)
{
    output_flush(output);
    if (output->temporary && !output->failed && fsync(output->descriptor))
        output->failed = errno;
    if (output->temporary && !output->failed && rename(output->temporary, output->path))
        output->failed = errno;
    if (output->temporary && output->failed)
        unlink(output->temporary);
    if (close(output->descriptor) && !output->temporary && !output->failed)
        output->failed = errno;
    output->descriptor = -1;
    if (output->failed)
        return delta_fail(DELTA_EXIT_MACHINE, output->path, 0, "cannot be written: %s", strerror(output->failed));
    if (output->temporary)
        output_sync_directory(output->path);
    return 0;
}

void delta_output_abandon(delta_output *output)
{
    if (output->descriptor < 0)
        return;
    if (output->temporary)
        unlink(output->temporary);
    close(output->descriptor);
    output->descriptor = -1;
}

uint64_t delta_little(const unsigned char *bytes, int count)
{
    uint64_t value = 0;
    for (int i = count - 1; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

void delta_output_little(delta_output *output, uint64_t value, int count)
{
    unsigned char bytes[8];
    for (int i = 0; i < count; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    delta_output_put(output, bytes, (size_t)count);
}
