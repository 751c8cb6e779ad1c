/* A source text with its line map. Offsets are bytes; columns shown to people count display cells. */
#ifndef GRAMMAR_SOURCE_H
#define GRAMMAR_SOURCE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int32_t source;     /* number in the source set */
    int32_t begin, end; /* byte range [begin, end) */
} span;

typedef struct {
    const char *path; /* as the user wrote it; "<stdin>" for standard input */
    const char *text;
    size_t length;
    size_t *line_start; /* byte offset of each line */
    int line_count;
} source;

typedef struct source_set source_set;

source_set *source_set_new(void);
void source_set_free(source_set *set);
/* Reads a whole file ("-" is standard input). Returns its number, or -1 with errno set. */
int source_read(source_set *set, const char *path);
/* Adds a text that is already in memory (copied). */
int source_add(source_set *set, const char *path, const char *text, size_t length);
const source *source_get(const source_set *set, int number);
int source_count(const source_set *set);

int source_line(const source *s, size_t offset);   /* 1-based */
int source_column(const source *s, size_t offset); /* 1-based, in code points */
/* Display width of UTF-8 bytes: combining marks 0, wide characters 2, invalid bytes 1. */
int text_width(const char *bytes, size_t length);
span span_join(span a, span b);

#endif
