#include "grammar/map.h"

#include <stdint.h>
#include <stdlib.h>

#include "grammar/arena.h"

/* The pair of this key, or the empty one where it would go; NULL: there is no room among the few. */
static int_map_pair *find(const int_map *m, int key)
{
    int_map *own = (int_map *)(uintptr_t)m;
    if (!m->room) {
        for (int i = 0; i < m->used; i++)
            if (m->few[i].key == key)
                return &own->few[i];
        return m->used < INT_MAP_FEW ? &own->few[m->used] : NULL;
    }
    uint32_t at = (uint32_t)key * 2654435761u, last = (uint32_t)(m->room - 1);
    for (at = (at ^ (at >> 15)) & last; m->table[at].key && m->table[at].key != key;)
        at = (at + 1) & last;
    return &m->table[at];
}

int int_map_get(const int_map *m, int key)
{
    const int_map_pair *pair = find(m, key);
    return pair && pair->key == key ? pair->value : 0;
}

static void grow(int_map *m)
{
    int_map old = *m;
    int count = old.room ? old.room : old.used;
    const int_map_pair *pair = old.room ? old.table : old.few;
    *m = (int_map){.room = old.room ? 2 * old.room : 4 * INT_MAP_FEW};
    m->table = xcalloc((size_t)m->room, sizeof *m->table);
    for (int i = 0; i < count; i++)
        if (pair[i].key && pair[i].value)
            int_map_put(m, pair[i].key, pair[i].value);
    free(old.table);
}

void int_map_put(int_map *m, int key, int value)
{
    int_map_pair *pair = find(m, key);
    if (!pair || (m->room && !pair->key && 2 * (m->used + 1) > m->room)) {
        grow(m);
        pair = find(m, key);
    }
    m->used += pair->key != key;
    *pair = (int_map_pair){key, value};
}

void int_map_free(int_map *m)
{
    free(m->table);
    *m = (int_map){0};
}

void int_list_push(int_list *l, int value)
{
    if (l->count == l->room) {
        l->room = l->room ? 2 * l->room : 16;
        l->at = xrealloc(l->at, (size_t)l->room * sizeof *l->at);
    }
    l->at[l->count++] = value;
}

void int_list_free(int_list *l)
{
    free(l->at);
    *l = (int_list){0};
}
