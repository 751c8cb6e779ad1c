/* Tarjan's algorithm ("Depth-first search and linear graph algorithms", SIAM J. Comput. 1, 1972), with its own stack. */
#include "gen/lower/components.h"

#include <stdlib.h>

#include "grammar/arena.h"

typedef struct {
    components *c;
    int *number, *low;
    int_list open, path, next;
    int counter;
} walk;

void components_begin(components *c, int count)
{
    size_t n = (size_t)count + 1;
    *c = (components){.count = count};
    c->edge_first = xcalloc(n, sizeof(int));
    c->component = xcalloc(n, sizeof(int));
    c->self = xcalloc(n, sizeof(bool));
}

static void close_component(walk *w, int v)
{
    int member;
    do {
        member = w->open.at[--w->open.count];
        w->c->component[member] = w->c->components;
    } while (member != v);
    w->c->components++;
}

static void enter(walk *w, int v)
{
    w->number[v] = w->low[v] = ++w->counter;
    int_list_push(&w->open, v);
    int_list_push(&w->path, v);
    int_list_push(&w->next, w->c->edge_first[v]);
}

static void walk_from(walk *w, int root)
{
    components *c = w->c;
    enter(w, root);
    while (w->path.count) {
        int v = w->path.at[w->path.count - 1], *next = &w->next.at[w->next.count - 1];
        if (*next < c->edge_first[v + 1]) {
            int to = c->edge.at[(*next)++];
            if (!w->number[to])
                enter(w, to);
            else if (c->component[to] < 0 && w->number[to] < w->low[v])
                w->low[v] = w->number[to];
            continue;
        }
        w->path.count--, w->next.count--;
        if (w->path.count && w->low[v] < w->low[w->path.at[w->path.count - 1]])
            w->low[w->path.at[w->path.count - 1]] = w->low[v];
        if (w->low[v] == w->number[v])
            close_component(w, v);
    }
}

void components_find(components *c)
{
    size_t n = (size_t)c->count + 1;
    walk w = {.c = c, .number = xcalloc(n, sizeof(int)), .low = xcalloc(n, sizeof(int))};
    for (int v = 0; v < c->count; v++)
        c->component[v] = -1;
    for (int v = 0; v < c->count; v++)
        if (!w.number[v])
            walk_from(&w, v);
    free(w.number), free(w.low);
    int_list_free(&w.open), int_list_free(&w.path), int_list_free(&w.next);
}

void components_free(components *c)
{
    free(c->edge_first), free(c->component), free(c->self);
    int_list_free(&c->edge);
}
