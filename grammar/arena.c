#include "arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_FIRST = 2 * 1024, ARENA_CHUNK = 64 * 1024 };

typedef struct chunk chunk;
struct chunk {
    chunk *next;
    size_t used, size;
    max_align_t bytes[];
};

struct arena {
    chunk *first; /* the chunk that is being filled; full and oversized ones behind it */
};

static void out_of_memory(void) {
    fputs("deltac: out of memory\n", stderr);
    exit(4);
}

void *xmalloc(size_t bytes) {
    void *p = malloc(bytes ? bytes : 1);
    if (!p) out_of_memory();
    return p;
}

void *xcalloc(size_t count, size_t bytes) {
    void *p = calloc(count ? count : 1, bytes ? bytes : 1);
    if (!p) out_of_memory();
    return p;
}

void *xrealloc(void *p, size_t bytes) {
    void *q = realloc(p, bytes ? bytes : 1);
    if (!q) out_of_memory();
    return q;
}

char *xstrdup(const char *text) {
    size_t size = strlen(text) + 1;
    return memcpy(xmalloc(size), text, size);
}

arena *arena_new(void) { return xcalloc(1, sizeof(arena)); }

void arena_free(arena *a) {
    if (!a) return;
    for (chunk *c = a->first; c;) {
        chunk *next = c->next;
        free(c);
        c = next;
    }
    free(a);
}

static chunk *chunk_new(size_t size) {
    if (size > SIZE_MAX - sizeof(chunk)) out_of_memory();
    chunk *c = xcalloc(1, sizeof(chunk) + size);
    c->size = size;
    return c;
}

void *arena_alloc(arena *a, size_t bytes) {
    size_t unit = _Alignof(max_align_t);
    if (bytes > SIZE_MAX - unit) out_of_memory();
    size_t size = (bytes + unit - 1) / unit * unit;
    if (!size) size = unit;
    chunk *c = a->first;
    if (!c || c->size - c->used < size) {
        size_t usual = c ? ARENA_CHUNK : ARENA_FIRST; /* many arenas stay small */
        c = chunk_new(size > usual ? size : usual);
        if (a->first && size > ARENA_CHUNK) { /* an oversized piece gets its own chunk; the current one stays in use */
            c->next = a->first->next;
            a->first->next = c;
        } else {
            c->next = a->first;
            a->first = c;
        }
    }
    void *p = (char *)c->bytes + c->used;
    c->used += size;
    return p;
}

char *arena_strndup(arena *a, const char *text, size_t length) {
    char *copy = arena_alloc(a, length + 1);
    if (length) memcpy(copy, text, length);
    return copy;
}

char *arena_printf(arena *a, const char *format, ...) {
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    int length = vsnprintf(NULL, 0, format, list);
    va_end(list);
    if (length < 0) length = 0;
    char *text = arena_alloc(a, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

static void buffer_reserve(buffer *b, size_t more) {
    if (b->capacity - b->length > more) return;
    size_t capacity = b->capacity ? b->capacity : 64;
    while (capacity - b->length <= more) {
        if (capacity > SIZE_MAX / 2) out_of_memory();
        capacity *= 2;
    }
    b->text = xrealloc(b->text, capacity);
    b->capacity = capacity;
}

void buffer_add(buffer *b, const char *bytes, size_t count) {
    buffer_reserve(b, count);
    if (count) memcpy(b->text + b->length, bytes, count);
    b->length += count;
    b->text[b->length] = 0;
}

void buffer_puts(buffer *b, const char *text) { buffer_add(b, text, strlen(text)); }

void buffer_printf(buffer *b, const char *format, ...) {
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    buffer_reserve(b, 128);
    size_t room = b->capacity - b->length;
    int length = vsnprintf(b->text + b->length, room, format, list);
    va_end(list);
    if (length > 0 && (size_t)length >= room) {
        buffer_reserve(b, (size_t)length);
        vsnprintf(b->text + b->length, (size_t)length + 1, format, again);
    }
    if (length > 0) b->length += (size_t)length;
    va_end(again);
}

void buffer_free(buffer *b) {
    free(b->text);
    *b = (buffer){0};
}
