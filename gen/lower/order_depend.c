/* One dependence: equation e reads `entry`, equation f writes that variable. */
#include "gen/lower/lower_private.h"
#include "gen/lower/order.h"

void order_range(const ordering *o, const lower_equation *f, int axis, node *lo, node *hi)
{
    node at = f->at[axis];
    const lower_checkpoint *c = o->p->checkpoint;
    bool index = dag_kind(o->d, at) == NODE_INDEX;
    if (f->sweep && c && !index && dag_has_kind(o->d, at, NODE_INDEX)) { /* a segment of a whole array: somewhere on the axis */
        *lo = c->lo;
        *hi = dag_add(o->d, 3, (node[]){c->lo, c->extent, dag_int(o->d, -1)});
        return;
    }
    *lo = index ? dag_index_get(o->d, dag_payload(o->d, at))->lo : at;
    *hi = index ? dag_index_get(o->d, dag_payload(o->d, at))->hi : at;
}

bool order_never_meets(const ordering *o, node entry, const lower_equation *f)
{
    dag *d = o->d;
    int axes = dag_count(d, entry);
    for (int k = 0; k < axes; k++) {
        node a = dag_child(d, entry, k), lo, hi, one = dag_int(d, 1);
        if (!dag_is_affine(d, a))
            continue;
        order_range(o, f, k, &lo, &hi);
        if (dag_index_le(d, dag_add2(d, a, one), lo) == TRUTH_YES || dag_index_le(d, dag_add2(d, hi, one), a) == TRUTH_YES)
            return true;
    }
    return false;
}

bool order_offset(const ordering *o, const carrier *c, int e, node entry, int f, long *offset)
{
    dag *d = o->d;
    const lower_equation *q = &o->p->equation[e];
    node here = q->at[c->axis[e]], there = dag_child(d, entry, c->axis[f]);
    if (!dag_is_affine(d, there) || dag_has_kind(d, there, NODE_BOUND))
        return false;
    node difference = lower_affine(o->p, dag_raw_add(d, 2, (node[]){there, dag_raw_mul(d, 2, (node[]){dag_int(d, -1), here})}));
    if (dag_kind(d, difference) != NODE_NUMBER)
        return false;
    *offset = (long)mpq_get_d(*dag_value(d, difference));
    return true;
}

bool order_is_carried(const ordering *o, int e, node entry, int f)
{
    long offset;
    for (int k = 0; k < o->depth; k++)
        if (o->loop[k].axis[e] >= 0 && o->loop[k].axis[f] >= 0 && order_offset(o, &o->loop[k], e, entry, f, &offset) && offset != 0)
            return true;
    return false;
}

/* Need f not come before e, although e reads what f writes? Two sweeps for different events never run together; and f may add to what e reads, or leave there what
 * the next segment begins with. */
static bool is_apart(const ordering *o, int e, int f)
{
    const lower_equation *q = &o->p->equation[e], *w = &o->p->equation[f];
    if (w->passes_on && (e == f || q->sweep == w->sweep))
        return true;
    return q->sweep && w->sweep && q->sweep != w->sweep && !(q->events & w->events);
}

void order_each_dependence(const ordering *o, int e, void (*visit)(void *context, int f), void *context)
{
    for (int i = 0; i < o->reads[e].count; i++) {
        node entry = o->reads[e].at[i];
        int v = dag_payload(o->d, entry), count = o->first[v + 1] - o->first[v];
        for (int k = 0; k < count; k++) {
            int f = o->list[o->first[v] + k];
            if (o->place[f] < 0 || is_apart(o, e, f) || (count > 1 && order_never_meets(o, entry, &o->p->equation[f])) || order_is_carried(o, e, entry, f))
                continue;
            visit(context, f);
        }
    }
}
