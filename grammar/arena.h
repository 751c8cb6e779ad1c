/* Region memory: everything a compilation allocates is released at once. */
#ifndef GRAMMAR_ARENA_H
#define GRAMMAR_ARENA_H
#include <stddef.h>

typedef struct arena arena;

arena *arena_new(void);
void arena_free(arena *a);
/* Zeroed memory, aligned for any type; lives until arena_free. Exits with status 4 ("out of memory") when there is none. */
void *arena_alloc(arena *a, size_t bytes);
/* A list of `held` bytes that arena_grow returned (0: none yet) with room for `bytes`, at least as many. It may move, and what is behind those held is not zeroed. */
void *arena_grow(arena *a, void *list, size_t held, size_t bytes);
char *arena_strndup(arena *a, const char *text, size_t length);
char *arena_printf(arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Heap helpers that never return NULL (status 4 instead). The caller frees. */
void *xmalloc(size_t bytes);
void *xcalloc(size_t count, size_t bytes);
void *xrealloc(void *p, size_t bytes);
char *xstrdup(const char *text);

/* A growing byte buffer, also used to build text. text is always NUL-terminated after the first append. */
typedef struct {
    char *text;
    size_t length, capacity;
} buffer;
void buffer_add(buffer *b, const char *bytes, size_t count);
void buffer_prepend(buffer *b, const char *bytes, size_t count); /* before what is there */
void buffer_puts(buffer *b, const char *text);
void buffer_spaces(buffer *b, int count);
void buffer_printf(buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_free(buffer *b);

#endif
