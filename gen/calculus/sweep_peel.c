/* Common Kronecker deltas [root == own] of an adjoint. */
#include <stdlib.h>

#include "gen/calculus/sweep.h"

/* term / [r == k]; 0 when it has no such factor. */
static node strip(dag *d, node term, node delta)
{
    if (term == delta)
        return dag_int(d, 1);
    int count = dag_count(d, term);
    node made = 0;
    switch (dag_kind(d, term)) {
    case NODE_NUMBER: return dag_is_int(d, term, 0) ? term : 0;
    case NODE_ADD:
    case NODE_MUL: {
        bool sum = dag_kind(d, term) == NODE_ADD;
        node *list = xmalloc((size_t)count * sizeof *list);
        int found = 0;
        for (int i = 0; i < count; i++) {
            list[i] = dag_child(d, term, i);
            node s = sum || !found ? strip(d, list[i], delta) : 0;
            if (s)
                list[i] = s, found++;
        }
        if (found == (sum ? count : 1))
            made = sum ? dag_add(d, count, list) : dag_mul(d, count, list);
        free(list);
        return made;
    }
    case NODE_IF: {
        node yes = strip(d, dag_child(d, term, 1), delta), no = strip(d, dag_child(d, term, 2), delta);
        return yes && no ? dag_if(d, dag_child(d, term, 0), yes, no) : 0;
    }
    case NODE_REDUCE: { /* in every term of a sum, under conditions on its index: else it would have moved out by itself */
        int index;
        if (dag_payload(d, term) != REDUCE_SUM)
            return 0;
        node body = strip(d, dag_open(d, term, &index), delta);
        return body ? dag_reduce(d, REDUCE_SUM, index, dag_child(d, term, 0), dag_child(d, term, 1), 0, body) : 0;
    }
    default: return 0;
    }
}

node sweep_peel(calculus *x, const sweep *s, const sweep_var *v, node total, bool samples_only, bool *ok, peeled *p)
{
    dag *d = x->m->dag;
    p->kept_count = 0;
    p->deltas = dag_int(d, 1);
    *ok = true;
    for (int i = 0; i < s->root_count; i++) {
        node r = dag_index_node(d, s->root[i]);
        bool sample = dag_index_get(d, s->root[i])->sample, done = false;
        for (int k = 0; k < v->own_count && !done; k++) {
            node own = dag_index_node(d, v->own[k]), delta = dag_raw_compare(d, COMPARE_EQUAL, r, own), rest;
            bool pair = sample && dag_index_get(d, v->own[k])->sample;
            if (samples_only && !pair)
                continue;
            rest = strip(d, total, delta);
            if (!rest) {
                *ok &= !samples_only;
                continue;
            }
            total = dag_substitute(d, rest, 1, &r, &own, false);
            p->deltas = dag_mul2(d, p->deltas, delta);
            done = true;
        }
        if (!done)
            p->kept[p->kept_count++] = s->root[i];
    }
    return total;
}
