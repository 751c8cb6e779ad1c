#include "arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Many arenas stay small: with its head, the first chunk is one that malloc keeps at hand. Those behind grow fourfold, to where they are fresh pages. */
enum { ARENA_FIRST = 1000, ARENA_GROWTH = 4, ARENA_CHUNK = 4 * 1024 * 1024, ARENA_OWN = 32 * 1024, PAGE = 4096, HUGE_PAGE = 2 * 1024 * 1024 };

typedef struct chunk chunk;
struct chunk {
    chunk *next, *previous; /* previous: of a list that grows */
    size_t used, size;
    max_align_t bytes[];
};

struct arena {
    chunk *first; /* the chunk that is being filled; full and oversized ones behind it */
    chunk *lists; /* those that grow, each in a chunk of its own */
    size_t usual; /* size of the next chunk */
};

static void out_of_memory(void) {
    fputs("deltac: out of memory\n", stderr);
    exit(4);
}

/* Large memory is asked for in large pages: a page of a thousand layers touches forty megabytes, and each small page costs a fault. All of the block is, since a part
 * would be a mapping of its own, and mremap, which makes a block larger without copying it, takes just one. */
static void *in_large_pages(void *p, size_t bytes) {
    size_t into = (size_t)p % PAGE;
    if (p && bytes >= 2 * (size_t)HUGE_PAGE)
        madvise((char *)p - into, (bytes + into + PAGE - 1) / PAGE * PAGE, MADV_HUGEPAGE);
    return p;
}

void *xmalloc(size_t bytes) {
    void *p = malloc(bytes ? bytes : 1);
    if (!p) out_of_memory();
    return p;
}

void *xcalloc(size_t count, size_t bytes) {
    void *p = calloc(count ? count : 1, bytes ? bytes : 1);
    if (!p) out_of_memory();
    return in_large_pages(p, count * bytes);
}

void *xrealloc(void *p, size_t bytes) {
    void *q = realloc(p, bytes ? bytes : 1);
    if (!q) out_of_memory();
    return in_large_pages(q, bytes);
}

char *xstrdup(const char *text) {
    size_t size = strlen(text) + 1;
    return memcpy(xmalloc(size), text, size);
}

arena *arena_new(void) {
    arena *a = xmalloc(sizeof(arena));
    *a = (arena){.usual = ARENA_FIRST};
    return a;
}

static void free_chunks(chunk *c)
{
    while (c) {
        chunk *next = c->next;
        free(c);
        c = next;
    }
}

void arena_free(arena *a)
{
    if (!a)
        return;
    free_chunks(a->first);
    free_chunks(a->lists);
    free(a);
}

static chunk *chunk_new(size_t size) {
    if (size > SIZE_MAX - sizeof(chunk)) out_of_memory();
    bool small = size <= ARENA_FIRST; /* calloc does not use what malloc keeps at hand */
    chunk *c = small ? xmalloc(sizeof(chunk) + size) : xcalloc(1, sizeof(chunk) + size);
    if (small) memset(c, 0, sizeof(chunk) + size);
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
        bool oversized = size > a->usual;
        c = chunk_new(oversized ? size : a->usual);
        if (!oversized && a->usual < ARENA_CHUNK) a->usual *= ARENA_GROWTH;
        if (a->first && oversized) { /* an oversized piece gets its own chunk; the current one stays in use */
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

/* A short list moves; the place of a long one becomes larger, and nothing is left behind. */
void *arena_grow(arena *a, void *list, size_t held, size_t bytes)
{
    if (bytes > SIZE_MAX - sizeof(chunk))
        out_of_memory();
    if (bytes < ARENA_OWN) {
        void *larger = arena_alloc(a, bytes);
        if (held)
            memcpy(larger, list, held);
        return larger;
    }
    bool own = held >= ARENA_OWN;
    chunk *c = own ? (chunk *)((char *)list - offsetof(chunk, bytes)) : NULL;
    chunk *next = own ? c->next : a->lists, *previous = own ? c->previous : NULL;
    c = xrealloc(c, sizeof(chunk) + bytes);
    if (!own && held)
        memcpy(c->bytes, list, held);
    c->next = next, c->previous = previous;
    if (next)
        next->previous = c;
    if (previous)
        previous->next = c;
    else
        a->lists = c;
    return c->bytes;
}

char *arena_strndup(arena *a, const char *text, size_t length) {
    char *copy = arena_alloc(a, length + 1);
    if (length) memcpy(copy, text, length);
    return copy;
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

void buffer_prepend(buffer *b, const char *bytes, size_t count)
{
    if (!count)
        return;
    buffer_reserve(b, count);
    memmove(b->text + count, b->text, b->length);
    memcpy(b->text, bytes, count);
    b->length += count;
    b->text[b->length] = 0;
}

void buffer_puts(buffer *b, const char *text) { buffer_add(b, text, strlen(text)); }

void buffer_spaces(buffer *b, int count) {
    if (count <= 0) return;
    buffer_reserve(b, (size_t)count);
    memset(b->text + b->length, ' ', (size_t)count);
    b->length += (size_t)count;
    b->text[b->length] = 0;
}

static void add_integer(buffer *b, int value) {
    char digits[16];
    int at = sizeof digits;
    unsigned rest = value < 0 ? 0u - (unsigned)value : (unsigned)value;
    do digits[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0) digits[--at] = '-';
    buffer_add(b, digits + at, sizeof digits - (size_t)at);
}

static void add_formatted(buffer *b, const char *format, va_list list) {
    va_list again;
    va_copy(again, list);
    buffer_reserve(b, 128);
    size_t room = b->capacity - b->length;
    int length = vsnprintf(b->text + b->length, room, format, list);
    if (length > 0 && (size_t)length >= room) {
        buffer_reserve(b, (size_t)length);
        vsnprintf(b->text + b->length, (size_t)length + 1, format, again);
    }
    if (length > 0) b->length += (size_t)length;
    va_end(again);
}

/* Most formats are texts with %s and %d; the first other one and all behind it is for vsnprintf. */
static void add_list(buffer *b, const char *format, va_list list) {
    for (;;) {
        const char *mark = strchrnul(format, '%');
        buffer_add(b, format, (size_t)(mark - format));
        format = mark;
        if (!*format) return;
        if (format[1] == 's') {
            const char *text = va_arg(list, const char *);
            buffer_puts(b, text ? text : "(null)");
        } else if (format[1] == 'd') {
            add_integer(b, va_arg(list, int));
        } else {
            add_formatted(b, format, list);
            return;
        }
        format += 2;
    }
}

void buffer_printf(buffer *b, const char *format, ...) {
    va_list list;
    va_start(list, format);
    add_list(b, format, list);
    va_end(list);
}

char *arena_printf(arena *a, const char *format, ...) {
    buffer text = {0};
    va_list list;
    va_start(list, format);
    add_list(&text, format, list);
    va_end(list);
    char *copy = arena_strndup(a, text.text, text.length);
    buffer_free(&text);
    return copy;
}

void buffer_free(buffer *b) {
    free(b->text);
    *b = (buffer){0};
}
