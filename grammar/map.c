#include "grammar/map.h"

#include <stdint.h>
#include <stdlib.h>

#include "grammar/arena.h"

/* Keys near each other lie near each other, a cache line of them: passes go through a page in order, and a large map does not fit into the cache. */
static uint32_t home_of(const int_map *m, int key)
{
    enum { GROUP = 8 };
    uint32_t group = (uint32_t)key / GROUP * 2654435761u;
    return ((group ^ (group >> 15)) * GROUP + (uint32_t)key % GROUP) & (uint32_t)(m->room - 1);
}

/* Where this key is, or would go: a place in the table, or among the few. */
static uint32_t find(const int_map *m, int key)
{
    uint32_t at = 0;
    if (!m->room) {
        while (at < (uint32_t)m->used && m->few[at].key != key)
            at++;
        return at;
    }
    for (at = home_of(m, key); m->table[at].key && m->table[at].key != key;)
        at = (at + 1) & (uint32_t)(m->room - 1);
    return at;
}

int int_map_get(const int_map *m, int key)
{
    uint32_t at = find(m, key);
    if (m->room)
        return m->table[at].value;
    return at < (uint32_t)m->used ? m->few[at].value : 0;
}

/* A pair whose key is not there yet. */
static void enter(int_map *m, int_map_pair pair)
{
    uint32_t at = home_of(m, pair.key);
    while (m->table[at].key)
        at = (at + 1) & (uint32_t)(m->room - 1);
    m->table[at] = pair;
}

static void grow(int_map *m)
{
    int_map old = *m;
    int count = old.room ? old.room : old.used;
    const int_map_pair *pair = old.room ? old.table : old.few;
    m->room = old.room ? 2 * old.room : 4 * INT_MAP_FEW;
    m->table = xcalloc((size_t)m->room, sizeof *m->table);
    for (int i = 0; i < count; i++)
        if (pair[i].key)
            enter(m, pair[i]);
    free(old.table);
}

/* Pairs behind the hole that were put off by what stood there move up. */
static void take_out(int_map *m, uint32_t hole)
{
    uint32_t last = (uint32_t)(m->room - 1);
    m->used--;
    if (!m->room) {
        m->few[hole] = m->few[m->used];
        return;
    }
    for (uint32_t at = (hole + 1) & last; m->table[at].key; at = (at + 1) & last) {
        if (((at - home_of(m, m->table[at].key)) & last) < ((at - hole) & last))
            continue;
        m->table[hole] = m->table[at];
        hole = at;
    }
    m->table[hole] = (int_map_pair){0};
}

static void insert(int_map *m, uint32_t at, int key, int value)
{
    if (m->room ? 2 * (m->used + 1) > m->room : m->used == INT_MAP_FEW) {
        grow(m);
        enter(m, (int_map_pair){key, value});
    } else {
        (m->room ? m->table : m->few)[at] = (int_map_pair){key, value};
    }
    m->used++;
}

static bool is_there(const int_map *m, uint32_t at)
{
    return m->room ? m->table[at].key != 0 : at < (uint32_t)m->used;
}

void int_map_put(int_map *m, int key, int value)
{
    uint32_t at = find(m, key);
    bool there = is_there(m, at);
    if (there && value)
        (m->room ? m->table : m->few)[at].value = value;
    else if (there)
        take_out(m, at);
    else if (value)
        insert(m, at, key, value);
}

bool int_map_add(int_map *m, int key)
{
    uint32_t at = find(m, key);
    if (is_there(m, at))
        return false;
    insert(m, at, key, 1);
    return true;
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
