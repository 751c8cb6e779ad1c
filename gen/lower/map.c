#include "gen/lower/map.h"

#include <stdint.h>
#include <stdlib.h>

#include "grammar/arena.h"

static int slot(const int_map *m, int key)
{
    uint32_t at = (uint32_t)key * 2654435761u;
    at = (at ^ (at >> 15)) & (uint32_t)(m->room - 1);
    while (m->key[at] && m->key[at] != key)
        at = (at + 1) & (uint32_t)(m->room - 1);
    return (int)at;
}

int int_map_get(const int_map *m, int key)
{
    return m->room ? m->value[slot(m, key)] : 0;
}

static void grow(int_map *m)
{
    int_map old = *m;
    m->room = old.room ? 2 * old.room : 64;
    m->key = xcalloc((size_t)m->room, sizeof *m->key);
    m->value = xcalloc((size_t)m->room, sizeof *m->value);
    m->used = 0;
    for (int i = 0; i < old.room; i++)
        if (old.key[i] && old.value[i])
            int_map_put(m, old.key[i], old.value[i]);
    int_map_free(&old);
}

void int_map_put(int_map *m, int key, int value)
{
    if (2 * (m->used + 1) >= m->room)
        grow(m);
    int at = slot(m, key);
    if (!m->key[at]) {
        m->key[at] = key;
        m->used++;
    }
    m->value[at] = value;
}

void int_map_free(int_map *m)
{
    free(m->key);
    free(m->value);
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
