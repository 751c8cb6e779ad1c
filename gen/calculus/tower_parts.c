/* Names for the nonlinear parts of an expression that is differentiated often (tower.c): of z σ(z) + Σ_j v[j] tanh(Σ_k W[j,k] …) each function gets a name, and so does what it
 * is of. The derivatives of each name are then few terms of the names' derivatives, and not terms of terms. */
#include <stdlib.h>

#include "gen/calculus/sweep.h"
#include "gen/dag/dag_private.h"

typedef struct {
    calculus *x;
    dag *d;
    bool fits;
} naming;

/* The free indices of a part become axes, that of the samples first. */
static bool part_axes(const naming *p, node value, model_var *v, int *index)
{
    const model *m = p->x->m;
    dag *d = p->d;
    int count = dag_free_indices(d, value, index, MODEL_MAX_AXES);
    v->axis_count = count;
    for (int k = 0; k < count; k++)
        if (dag_index_get(d, index[k])->sample) {
            int sample = index[k];
            index[k] = index[0];
            index[0] = sample;
            v->sample = true;
        }
    while (v->sample && v->population < m->population_count && m->sample_index[v->population] != index[0])
        v->population++;
    for (int k = 0; k < count; k++) {
        const dag_index_info *i = dag_index_get(d, index[k]);
        if (dag_has_kind(d, i->lo, NODE_INDEX) || dag_has_kind(d, i->hi, NODE_INDEX) || (k > 0 && i->sample))
            return false;
        v->axis_size[k] = dag_add2(d, i->hi, dag_int(d, 1));
        v->axis_start[k] = i->lo;
        v->axis_stop[k] = i->hi;
    }
    return count < MODEL_MAX_AXES && v->population < m->population_count + !v->sample;
}

static node name_part(naming *p, node value)
{
    model *m = p->x->m;
    model_var v = {.role = ROLE_AUXILIARY, .by = -1, .at = p->x->at, .text = intern_puts(m->names, "part")};
    model_equation e = {.where = p->x->at, .rhs = value};
    if (dag_kind(p->d, value) == NODE_ENTRY || !dag_has_kind(p->d, value, NODE_ENTRY))
        return value;
    p->fits = p->fits && part_axes(p, value, &v, e.index);
    if (!p->fits)
        return value;
    e.index_count = v.axis_count;
    for (int k = 0; k < v.axis_count; k++)
        e.at[k] = dag_index_node(p->d, e.index[k]);
    e.var = model_add_var(m, &v);
    model_add_equation(m, &e);
    calculus_place(p->x, e.var);
    return dag_entry(p->d, e.var, v.axis_count, e.at);
}

static node with_names(naming *p, node n, bool whole)
{
    dag *d = p->d;
    node_kind kind = dag_kind(d, n);
    int count = dag_count(d, n), index = -1, known = int_map_get(&p->x->part, n);
    if (kind == NODE_ENTRY || kind == NODE_IF || kind == NODE_COMPARE || !dag_has_kind(d, n, NODE_ENTRY) || !p->fits)
        return n;
    if (known && !whole)
        return known;
    bool bends = kind == NODE_POW || (kind == NODE_FUN && count == 1);
    node *child = xmalloc((size_t)(count + 1) * sizeof *child);
    for (int i = 0; i < count; i++) {
        node c = dag_binds(d, n) && i == count - 1 ? dag_open(d, n, &index) : dag_child(d, n, i);
        child[i] = with_names(p, c, false);
        if (bends)
            child[i] = name_part(p, child[i]);
    }
    node made = dag_rebuild_opened(d, n, index, child);
    free(child);
    if (bends && !whole)
        made = name_part(p, made);
    if (!whole)
        int_map_put(&p->x->part, n, made);
    return made;
}

node tower_name_parts(calculus *x, node n)
{
    naming p = {.x = x, .d = x->m->dag, .fits = true};
    if (!x->runs)
        return n;
    node known = int_map_get(&x->parts, n), made = known ? known : with_names(&p, n, true);
    made = p.fits ? made : n;
    int_map_put(&x->parts, n, made);
    return made;
}
