/* A hash table from short tuples of integers to an int: memos keyed by (node, index values), leaves keyed by (variable, indices). Insertion order is kept. */
#ifndef GEN_PROVE_TABLE_H
#define GEN_PROVE_TABLE_H
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int32_t *slot;  /* entry number + 1, or 0 */
    int slot_count; /* a power of two */
    struct table_entry *entry;
    int count, capacity;
    int64_t *key; /* all keys, one after another */
    int key_used, key_capacity;
} table;

typedef struct table_entry {
    int key, length; /* place and length in table.key */
    int value;
    uint32_t hash;
} table_entry;

void table_free(table *t);
void table_clear(table *t);
/* The entry's number, or -1. */
int table_find(const table *t, int length, const int64_t *key);
/* Finds or adds (with value -1). */
int table_add(table *t, int length, const int64_t *key);
const int64_t *table_key(const table *t, int entry, int *length);
/* A good mix of bits, also the source of every pseudo-random choice of the prover. */
uint64_t prove_mix(uint64_t x);

#endif
