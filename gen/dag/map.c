#include <stdlib.h>
#include <string.h>

#include "gen/dag/dag_private.h"

static uint32_t slot_of(const node_map *m, node key)
{
    uint32_t at = ((uint32_t)key * 2654435769u) >> 7;
    for (at &= (uint32_t)(m->room - 1); m->key[at] && m->key[at] != key;)
        at = (at + 1) & (uint32_t)(m->room - 1);
    return at;
}

node node_map_get(const node_map *m, node key)
{
    return m->room ? m->value[slot_of(m, key)] : 0;
}

static void map_grow(node_map *m)
{
    node_map big = {.room = m->room ? 2 * m->room : 32};
    big.key = xcalloc((size_t)big.room, sizeof *big.key);
    big.value = xcalloc((size_t)big.room, sizeof *big.value);
    for (int i = 0; i < m->room; i++)
        if (m->key[i])
            node_map_put(&big, m->key[i], m->value[i]);
    node_map_free(m);
    *m = big;
}

void node_map_put(node_map *m, node key, node value)
{
    if (2 * (m->used + 1) > m->room)
        map_grow(m);
    uint32_t at = slot_of(m, key);
    m->used += m->key[at] == 0;
    m->key[at] = key;
    m->value[at] = value;
}

void node_map_free(node_map *m)
{
    free(m->key), free(m->value);
    *m = (node_map){0};
}
