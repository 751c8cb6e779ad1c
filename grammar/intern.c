#include "intern.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"

typedef struct {
    const char *text;
    size_t length;
    uint32_t hash;
    sym spelling;
} entry;

struct intern {
    arena *memory;
    entry *list; /* list[0] is "no name" */
    int32_t count, capacity;
    int32_t *slot; /* open addressing; 0 is free */
    uint32_t slots; /* a power of two */
};

static uint32_t hash_bytes(const char *text, size_t length) { /* FNV-1a */
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < length; i++) h = (h ^ (unsigned char)text[i]) * 16777619u;
    return h;
}

intern *intern_new(void) {
    intern *t = xcalloc(1, sizeof *t);
    t->memory = arena_new();
    t->capacity = 64;
    t->list = xcalloc((size_t)t->capacity, sizeof *t->list);
    t->list[0].text = "";
    t->count = 1;
    t->slots = 128;
    t->slot = xcalloc(t->slots, sizeof *t->slot);
    return t;
}

void intern_free(intern *t) {
    if (!t) return;
    arena_free(t->memory);
    free(t->list);
    free(t->slot);
    free(t);
}

/* The slot that holds the text, or the free one where it belongs. */
static uint32_t slot_of(const intern *t, const char *text, size_t length, uint32_t hash) {
    uint32_t at = hash & (t->slots - 1);
    while (t->slot[at]) {
        const entry *e = &t->list[t->slot[at]];
        if (e->hash == hash && e->length == length && !memcmp(e->text, text, length)) break;
        at = (at + 1) & (t->slots - 1);
    }
    return at;
}

static void grow(intern *t) {
    t->capacity *= 2;
    t->list = xrealloc(t->list, (size_t)t->capacity * sizeof *t->list);
    t->slots *= 2;
    free(t->slot);
    t->slot = xcalloc(t->slots, sizeof *t->slot);
    for (int32_t i = 1; i < t->count; i++) {
        uint32_t at = t->list[i].hash & (t->slots - 1);
        while (t->slot[at]) at = (at + 1) & (t->slots - 1);
        t->slot[at] = i;
    }
}

sym intern_add(intern *t, const char *text, size_t length) {
    if (!length) return 0;
    uint32_t hash = hash_bytes(text, length);
    uint32_t at = slot_of(t, text, length, hash);
    if (t->slot[at]) return t->slot[at];
    if (t->count == t->capacity) {
        grow(t);
        at = slot_of(t, text, length, hash);
    }
    t->list[t->count] = (entry){arena_strndup(t->memory, text, length), length, hash, 0};
    t->slot[at] = t->count;
    return t->count++;
}

sym intern_puts(intern *t, const char *text) { return intern_add(t, text, strlen(text)); }

sym intern_find(const intern *t, const char *text) {
    size_t length = strlen(text);
    return length ? t->slot[slot_of(t, text, length, hash_bytes(text, length))] : 0;
}

const char *intern_text(const intern *t, sym s) { return s > 0 && s < t->count ? t->list[s].text : ""; }

void intern_note_spelling(intern *t, sym key, sym spelling) {
    if (key > 0 && key < t->count && !t->list[key].spelling) t->list[key].spelling = spelling;
}

sym intern_spelling(const intern *t, sym key) {
    if (key <= 0 || key >= t->count) return 0;
    return t->list[key].spelling ? t->list[key].spelling : key;
}

sym intern_count(const intern *t)
{
    return t->count - 1;
}

void intern_respell(intern *t, sym key, sym spelling)
{
    if (key > 0 && key < t->count)
        t->list[key].spelling = spelling;
}
