/* A map from positive ints to ints with 0 for absent, for the passes of this folder. */
#ifndef GEN_LOWER_MAP_H
#define GEN_LOWER_MAP_H

typedef struct {
    int *key, *value;
    int used, room;
} int_map;

int int_map_get(const int_map *m, int key);
void int_map_put(int_map *m, int key, int value); /* value 0 forgets the key */
void int_map_free(int_map *m);

/* A growing list of ints. */
typedef struct {
    int *at;
    int count, room;
} int_list;

void int_list_push(int_list *l, int value);
void int_list_free(int_list *l);

#endif
