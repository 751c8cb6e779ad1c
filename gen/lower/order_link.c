/* The order of components: Kahn's, those of one kind (same events, same samples) together, so that nest.c can fuse them. */
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

lower_unit *order_link(const components *c, lower_unit **unit, const int *rank)
{
    int n = c->components;
    int *waiting = xcalloc((size_t)n + 1, sizeof(int));
    int_list *users = xcalloc((size_t)n + 1, sizeof *users);
    for (int i = 0; i < c->count; i++)
        for (int k = c->edge_first[i]; k < c->edge_first[i + 1]; k++) {
            int from = c->component[c->edge.at[k]], to = c->component[i];
            if (from != to) {
                int_list_push(&users[from], to);
                waiting[to]++;
            }
        }
    class_list classes = {0};
    for (int i = 0; i < c->count; i++) { /* in the order of the page */
        int k = c->component[i];
        if (rank[k] == i && waiting[k] == 0)
            int_list_push(&class_of(&classes, unit[k])->ready, i);
    }
    lower_unit *head = NULL, **tail = &head;
    for (int current = class_pick(&classes, -1); current >= 0; current = class_pick(&classes, current)) {
        unit_class *class = &classes.list[current];
        int k = c->component[class->ready.at[class->taken++]];
        *tail = unit[k];
        tail = &unit[k]->next;
        for (int i = 0; i < users[k].count; i++)
            if (--waiting[users[k].at[i]] == 0)
                int_list_push(&class_of(&classes, unit[users[k].at[i]])->ready, rank[users[k].at[i]]);
    }
    for (int i = 0; i < classes.count; i++)
        int_list_free(&classes.list[i].ready);
    for (int i = 0; i < n; i++)
        int_list_free(&users[i]);
    free(classes.list), free(waiting), free(users);
    return head;
}
