/* A map from positive ints (nodes, syms, 1 + a number) to ints with 0 for absent, and a growing list. Zeroed memory is an empty one. */
#ifndef GRAMMAR_MAP_H
#define GRAMMAR_MAP_H
#include <stdbool.h>

typedef struct {
    int key, value;
} int_map_pair;

/* Most maps stay small: the first few pairs lie in the map itself and are searched one by one. */
enum { INT_MAP_FEW = 8 };
typedef struct {
    int_map_pair *table; /* open addressing; NULL: all pairs are in few */
    int used, room;      /* room is a power of two, or 0 */
    int_map_pair few[INT_MAP_FEW];
} int_map;

int int_map_get(const int_map *m, int key);
void int_map_put(int_map *m, int key, int value); /* value 0 forgets the key */
bool int_map_add(int_map *m, int key);            /* puts 1 where the key was absent; false: it was there */
void int_map_free(int_map *m);

typedef struct {
    int *at;
    int count, room;
} int_list;

void int_list_push(int_list *l, int value);
void int_list_free(int_list *l);

#endif
