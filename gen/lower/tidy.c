/* The first pass over a right side: index expressions in normal form (2·i + n − 1), and Kronecker deltas of index expressions as conditions, so that nothing is
 * multiplied by a mask. Keeps the value. */
#include <stdlib.h>

#include "gen/lower/lower_private.h"
#include "grammar/arena.h"

node lower_affine(lower_program *p, node n)
{
    dag *d = p->m->dag;
    long c;
    node rest;
    node_kind kind = dag_kind(d, n);
    if ((kind != NODE_ADD && kind != NODE_MUL) || !dag_is_affine(d, n))
        return n;
    /* Splitting something off is what brings the rest into normal form. */
    node sum = dag_raw_add(d, 2, (node[]){n, dag_index_node(d, p->spare_index)});
    return dag_affine_split(d, sum, p->spare_index, &c, &rest) ? rest : n;
}

static bool index_compare(dag *d, node n)
{
    return dag_kind(d, n) == NODE_COMPARE && dag_is_affine(d, dag_child(d, n, 0)) && dag_is_affine(d, dag_child(d, n, 1));
}

/* [i == j]·u as a condition. */
static node tidy_product(lower_program *p, node n)
{
    dag *d = p->m->dag;
    int count = dag_count(d, n), kept = 0;
    node *list = xmalloc((size_t)count * sizeof *list), condition[8];
    int conditions = 0;
    for (int i = 0; i < count; i++) {
        node f = dag_child(d, n, i);
        if (conditions < 8 && index_compare(d, f))
            condition[conditions++] = f;
        else
            list[kept++] = f;
    }
    node made = n;
    if (conditions) {
        made = kept ? dag_raw_mul(d, kept, list) : dag_int(d, 1);
        while (conditions > 0)
            made = dag_raw_if(d, condition[--conditions], made, dag_int(d, 0));
    }
    free(list);
    return made;
}

static node tidy_children(lower_program *p, node n, int_map *memo)
{
    dag *d = p->m->dag;
    int count = dag_count(d, n);
    bool index = dag_kind(d, n) == NODE_ENTRY || index_compare(d, n), changed = false;
    node few[8], *child = count <= 8 ? few : xmalloc((size_t)count * sizeof *child);
    for (int i = 0; i < count; i++) {
        node c = dag_child(d, n, i);
        child[i] = index && dag_is_affine(d, c) ? lower_affine(p, c) : lower_tidy(p, c, memo);
        changed = changed || child[i] != c;
    }
    node made = changed ? dag_rebuild(d, n, child, true) : n;
    if (child != few)
        free(child);
    return made;
}

node lower_tidy(lower_program *p, node n, int_map *memo)
{
    dag *d = p->m->dag;
    if (dag_count(d, n) == 0 || (!dag_has_kind(d, n, NODE_INDEX) && !dag_has_kind(d, n, NODE_BOUND)))
        return n;
    node made = int_map_get(memo, n);
    if (made)
        return made;
    made = tidy_children(p, n, memo);
    if (dag_kind(d, made) == NODE_MUL)
        made = tidy_product(p, made);
    int_map_put(memo, n, made);
    return made;
}
