/* The author's own way of writing: with indices or with matrices, and which letters. */
#include <string.h>

#include "gen/emit/derive_private.h"

static bool is_letter(const model *m, sym name)
{
    return name && strncmp(intern_text(m->names, name), "·", strlen("·")) != 0;
}

/* +1 for z[j] = …, −1 for z = … of an array, 0 for a scalar and for h[t] = … of a vector. */
static int style_of(const model *m, const model_equation *e)
{
    int letters = 0, none = 0;
    for (int i = 0; i < e->index_count; i++) {
        const dag_index_info *x = dag_index_get(m->dag, e->index[i]);
        if (!x->sample)
            is_letter(m, x->name) ? letters++ : none++;
    }
    return letters && none ? 0 : letters ? 1 : none ? -1 : 0;
}

bool derive_writes_indices(const model *m)
{
    int balance = 0;
    for (int i = 0; i < m->equation_count; i++)
        if (m->var[m->equation[i].var].role == ROLE_DEFINED)
            balance += style_of(m, &m->equation[i]);
    return balance > 0;
}

/* --- letters --- */

typedef struct {
    const model *m;
    int var, axis;
    sym found;
    int level; /* of a binder whose index stands in the axis */
} letter_search;

static bool letter_visit(void *context, node n)
{
    letter_search *q = context;
    const dag *d = q->m->dag;
    if (dag_binds(d, n) && q->level && dag_height(d, n) == q->level && is_letter(q->m, dag_hint(d, n))) {
        q->found = dag_hint(d, n);
        return false;
    }
    if (dag_kind(d, n) != NODE_ENTRY || dag_payload(d, n) != q->var || dag_count(d, n) <= q->axis)
        return true;
    node at = dag_child(d, n, q->axis);
    if (dag_kind(d, at) == NODE_BOUND)
        q->level = dag_payload(d, at);
    if (dag_kind(d, at) == NODE_INDEX && is_letter(q->m, dag_index_get(d, dag_payload(d, at))->name))
        q->found = dag_index_get(d, dag_payload(d, at))->name;
    return !q->found;
}

sym derive_axis_letter(const deriver *v, int var, int axis)
{
    const model *m = v->m;
    const int *list;
    int count = model_equations_of(m, var, &list);
    for (int i = 0; i < count; i++) {
        node at = m->equation[list[i]].at[axis];
        if (dag_kind(m->dag, at) == NODE_INDEX && is_letter(m, dag_index_get(m->dag, dag_payload(m->dag, at))->name))
            return dag_index_get(m->dag, dag_payload(m->dag, at))->name;
    }
    for (int i = 0; v->indices && i < m->equation_count; i++) {
        letter_search q = {.m = m, .var = var, .axis = axis};
        if (m->var[m->equation[i].var].role == ROLE_DEFINED)
            dag_visit(m->dag, m->equation[i].rhs, letter_visit, &q);
        if (q.found)
            return q.found;
    }
    return 0;
}

static node renamed(dag *d, node n, node from, node to)
{
    return dag_substitute(d, n, 1, &from, &to, false);
}

/* Calculus numbers the axes of an adjoint: they get the letters of the name it belongs to, each once. */
model_equation derive_lettered(const deriver *v, const model_equation *e)
{
    const model *m = v->m;
    dag *d = m->dag;
    model_equation out = *e;
    int by = m->var[e->var].by;
    if (m->var[e->var].role != ROLE_ADJOINT || by < 0 || m->var[by].axis_count != m->var[e->var].axis_count)
        return out;
    for (int k = 0; k < m->var[by].axis_count; k++) {
        node old = out.at[k];
        if (dag_kind(d, old) != NODE_INDEX || dag_index_get(d, dag_payload(d, old))->sample)
            continue;
        dag_index_info x = *dag_index_get(d, dag_payload(d, old));
        sym letter = is_letter(m, x.name) ? 0 : derive_axis_letter(v, by, k);
        bool taken = !letter || !x.lo || !x.hi;
        for (int i = 0; i < out.index_count && !taken; i++)
            taken = dag_index_get(d, out.index[i])->name == letter;
        if (taken)
            continue;
        int fresh = dag_index_fresh(d, letter, x.lo, x.hi);
        node leaf = dag_index_node(d, fresh);
        for (int i = 0; i < out.index_count; i++)
            if (out.index[i] == (int)dag_payload(d, old))
                out.index[i] = fresh;
        for (int i = 0; i < m->var[by].axis_count; i++)
            if (out.at[i] == old)
                out.at[i] = leaf;
        out.rhs = renamed(d, out.rhs, old, leaf);
    }
    return out;
}
