/* Whole files in, whole files out. Reading undoes gzip; writing is atomic: a temporary file in the same directory, fsync, rename. */
#ifndef DELTA_FILE_H
#define DELTA_FILE_H
#include <stddef.h>
#include <stdint.h>

#include "pool.h"

typedef struct {
    const char *path;
    unsigned char *data; /* in the pool; one zero byte follows */
    size_t size;
    int gzipped;
} delta_file;

/* Reads all of path, inflated when it is gzip. Prints what is wrong. */
int delta_file_read(delta_pool *pool, const char *path, delta_file *file);

/* A file being written. Nothing is visible at `path` before delta_output_commit. */
typedef struct {
    char *path;      /* the final name, links followed */
    char *temporary; /* NULL when path is a pipe or device and is written directly */
    int descriptor;
    int standard;    /* standard output */
    int failed;      /* errno of the first failure */
    uint32_t crc;    /* CRC-32 of everything put so far */
    uint64_t length; /* bytes put so far */
    size_t used;
    unsigned char *buffer;
} delta_output;

/* Takes memory for later use of an output on path (NULL: standard output), so that opening needs none. */
void delta_output_prepare(delta_pool *pool, delta_output *output, const char *path);
int delta_output_open(delta_output *output);
void delta_output_put(delta_output *output, const void *data, size_t size);
void delta_output_text(delta_output *output, const char *text);
int delta_output_commit(delta_output *output);
void delta_output_abandon(delta_output *output);

/* Little-endian numbers. */
uint64_t delta_little(const unsigned char *bytes, int count);
void delta_output_little(delta_output *output, uint64_t value, int count);

#endif
