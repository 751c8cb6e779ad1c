#include "gen/prove/table.h"

#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"

uint64_t prove_mix(uint64_t x) /* splitmix64, Steele, Lea, Flood 2014 */
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

void table_free(table *t)
{
    free(t->slot);
    free(t->entry);
    free(t->key);
    *t = (table){0};
}

void table_clear(table *t)
{
    if (t->slot)
        memset(t->slot, 0, (size_t)t->slot_count * sizeof *t->slot);
    t->count = t->key_used = 0;
}

static uint32_t hash_key(int length, const int64_t *key)
{
    uint64_t h = (uint64_t)length;
    for (int i = 0; i < length; i++)
        h = prove_mix(h ^ (uint64_t)key[i]);
    return (uint32_t)(h >> 16);
}

/* The slot where the key is or belongs. */
static int probe(const table *t, uint32_t hash, int length, const int64_t *key)
{
    int mask = t->slot_count - 1, s = (int)hash & mask;
    for (; t->slot[s]; s = (s + 1) & mask) {
        const table_entry *e = &t->entry[t->slot[s] - 1];
        if (e->hash == hash && e->length == length && memcmp(t->key + e->key, key, (size_t)length * sizeof *key) == 0)
            break;
    }
    return s;
}

int table_find(const table *t, int length, const int64_t *key)
{
    if (!t->count)
        return -1;
    return t->slot[probe(t, hash_key(length, key), length, key)] - 1;
}

static void grow_slots(table *t)
{
    int size = t->slot_count ? 2 * t->slot_count : 64;
    free(t->slot);
    t->slot = xcalloc((size_t)size, sizeof *t->slot);
    t->slot_count = size;
    for (int i = 0; i < t->count; i++) {
        int s = (int)t->entry[i].hash & (size - 1);
        while (t->slot[s])
            s = (s + 1) & (size - 1);
        t->slot[s] = i + 1;
    }
}

static void grow_entries(table *t, int length)
{
    if (t->count == t->capacity) {
        t->capacity = t->capacity ? 2 * t->capacity : 32;
        t->entry = xrealloc(t->entry, (size_t)t->capacity * sizeof *t->entry);
    }
    if (t->key_used + length > t->key_capacity) {
        t->key_capacity = 2 * t->key_capacity + length + 64;
        t->key = xrealloc(t->key, (size_t)t->key_capacity * sizeof *t->key);
    }
}

int table_add(table *t, int length, const int64_t *key)
{
    uint32_t hash = hash_key(length, key);
    if (2 * (t->count + 1) > t->slot_count)
        grow_slots(t);
    int s = probe(t, hash, length, key);
    if (t->slot[s])
        return t->slot[s] - 1;
    grow_entries(t, length);
    if (length)
        memcpy(t->key + t->key_used, key, (size_t)length * sizeof *key);
    t->entry[t->count] = (table_entry){t->key_used, length, -1, hash};
    t->key_used += length;
    t->slot[s] = ++t->count;
    return t->count - 1;
}

const int64_t *table_key(const table *t, int entry, int *length)
{
    *length = t->entry[entry].length;
    return t->key + t->entry[entry].key;
}
