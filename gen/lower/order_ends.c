/* Equations that fill an end of the rows of a recurrence, k[t, 0] beside k[t, i], as parts of it. Needs: the recurrence's axis and direction. */
#include "gen/lower/order.h"

/* Does vertex v, alone in its component, wait for nobody's reader that comes before component k? A component has a higher number than those it needs. */
static bool may_join(const components *x, int v, int k)
{
    for (int i = 0; i < x->count; i++) {
        if (i != v && x->component[i] == x->component[v])
            return false;
        for (int m = x->edge_first[i]; m < x->edge_first[i + 1]; m++)
            if (x->edge.at[m] == v && x->component[i] < k)
                return false;
    }
    return !x->self[v];
}

/* The axis along which the equation is an end of the rows that the recurrence fills, one entry for each step; −1: it is none. */
static int axis_of_end(const ordering *o, const carrier *c, const lower_equation *e, int count, const int *set)
{
    const lower_equation *q = &o->p->equation[set[0]];
    int axis = -1;
    if (e->events != q->events || e->population != q->population || e->product || e->placed || e->in_place || e->index_count != 1 + (e->population >= 0))
        return -1;
    for (int i = 0; i < count; i++)
        if (o->p->equation[set[i]].var == e->var)
            axis = c->axis[set[i]];
    return axis >= 0 && dag_kind(o->d, e->at[axis]) == NODE_INDEX ? axis : -1;
}

int order_take_ends(ordering *o, components *x, const int *all, int k, carrier *c, int up, int count, int *set)
{
    for (int v = 0; v < x->count; v++) {
        int axis = x->component[v] == k ? -1 : axis_of_end(o, c, &o->p->equation[all[v]], count, set);
        if (axis < 0 || !may_join(x, v, k))
            continue;
        set[count] = all[v];
        c->axis[all[v]] = axis;
        if (order_direction(o, c, count + 1, set) == up)
            x->component[v] = k, count++;
        else
            c->axis[all[v]] = -1;
    }
    return count;
}
