/* The order of components: Kahn's, those of one kind (same events, same samples) together, so that nest.c can fuse them. A recurrence whose readers wait for others
 * as well is put off until nothing else is left to do: then they follow it, and what adds up its steps can join its loop (merge.c). */
#include <stdlib.h>

#include "gen/lower/order.h"
#include "grammar/arena.h"

typedef struct {
    uint64_t events;
    int population;
    bool in_blocks;
    int_list ready;
    int taken;
} unit_class;

typedef struct {
    unit_class *list;
    int count, room;
} class_list;

static unit_class *class_of(class_list *l, const lower_unit *u)
{
    for (int i = 0; i < l->count; i++)
        if (l->list[i].events == u->events && l->list[i].population == u->population && l->list[i].in_blocks == u->in_blocks)
            return &l->list[i];
    if (l->count == l->room) {
        l->room = l->room ? 2 * l->room : 8;
        l->list = xrealloc(l->list, (size_t)l->room * sizeof *l->list);
    }
    l->list[l->count] = (unit_class){.events = u->events, .population = u->population, .in_blocks = u->in_blocks};
    return &l->list[l->count++];
}

static bool class_waits(const unit_class *c)
{
    return c->taken < c->ready.count;
}

/* The class of the unit that stands first on the page; those over blocks stay together, behind what can be done before them. */
static int class_pick(const class_list *l, int current)
{
    if (current >= 0 && class_waits(&l->list[current]))
        return current;
    bool in_blocks = current >= 0 && l->list[current].in_blocks;
    int best = -1;
    for (int i = 0; i < l->count; i++) {
        const unit_class *c = &l->list[i], *b = best < 0 ? NULL : &l->list[best];
        if (class_waits(c) && (!b || (c->in_blocks != b->in_blocks ? c->in_blocks == in_blocks : c->ready.at[c->taken] < b->ready.at[b->taken])))
            best = i;
    }
    return best;
}

typedef struct {
    const components *c;
    lower_unit **unit;
    const int *rank;
    int *waiting;    /* per component: those it waits for */
    int_list *users; /* per component: those that wait for it */
    class_list classes;
    int_list late; /* components that were put off, */
    int late_taken;
} linking;

static void linking_begin(linking *l, const components *c, lower_unit **unit, const int *rank)
{
    *l = (linking){.c = c, .unit = unit, .rank = rank};
    l->waiting = xcalloc((size_t)c->components + 1, sizeof(int));
    l->users = xcalloc((size_t)c->components + 1, sizeof *l->users);
    for (int i = 0; i < c->count; i++)
        for (int k = c->edge_first[i]; k < c->edge_first[i + 1]; k++) {
            int from = c->component[c->edge.at[k]], to = c->component[i];
            if (from != to) {
                int_list_push(&l->users[from], to);
                l->waiting[to]++;
            }
        }
}

static void linking_end(linking *l)
{
    for (int i = 0; i < l->classes.count; i++)
        int_list_free(&l->classes.list[i].ready);
    for (int i = 0; i < l->c->components; i++)
        int_list_free(&l->users[i]);
    int_list_free(&l->late);
    free(l->classes.list), free(l->waiting), free(l->users);
}

/* Does nobody begin when this one is done, though some read it? */
static bool can_wait(const linking *l, int k)
{
    const lower_unit *u = l->unit[k];
    const int_list *users = &l->users[k];
    int_map edges = {0};
    bool waits = u->equation < 0 && u->population < 0 && !u->sweep && users->count > 0;
    for (int i = 0; i < users->count && waits; i++)
        int_map_put(&edges, 1 + users->at[i], 1 + int_map_get(&edges, 1 + users->at[i]));
    for (int i = 0; i < users->count && waits; i++)
        waits = l->waiting[users->at[i]] > int_map_get(&edges, 1 + users->at[i]);
    int_map_free(&edges);
    return waits;
}

static void make_ready(linking *l, int k)
{
    int_list_push(can_wait(l, k) ? &l->late : &class_of(&l->classes, l->unit[k])->ready, can_wait(l, k) ? k : l->rank[k]);
}

/* The next class to take from; −1: all is done. */
static int next_class(linking *l, int current)
{
    int next = class_pick(&l->classes, current);
    if (next >= 0 || l->late_taken == l->late.count)
        return next;
    int k = l->late.at[l->late_taken++];
    int_list_push(&class_of(&l->classes, l->unit[k])->ready, l->rank[k]);
    return class_pick(&l->classes, current);
}

lower_unit *order_link(const components *c, lower_unit **unit, const int *rank)
{
    linking l;
    linking_begin(&l, c, unit, rank);
    for (int i = 0; i < c->count; i++) /* in the order of the page */
        if (rank[c->component[i]] == i && l.waiting[c->component[i]] == 0)
            make_ready(&l, c->component[i]);
    lower_unit *head = NULL, **tail = &head;
    for (int current = next_class(&l, -1); current >= 0; current = next_class(&l, current)) {
        unit_class *class = &l.classes.list[current];
        int k = c->component[class->ready.at[class->taken++]];
        *tail = unit[k];
        tail = &unit[k]->next;
        for (int i = 0; i < l.users[k].count; i++)
            if (--l.waiting[l.users[k].at[i]] == 0)
                make_ready(&l, l.users[k].at[i]);
    }
    linking_end(&l);
    return head;
}
