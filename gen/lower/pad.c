/* Declared padding: an array that is read outside its axis gets a copy with a border of zeros, so that nothing after this pass meets an entry that is not there.
 * Needs: equations as taken from the model. Keeps: every right side's value. */
#include <stdlib.h>

#include "gen/lower/lower_private.h"
#include "grammar/arena.h"

typedef struct {
    lower_program *p;
    dag *d;
    int *copy; /* by variable of the model: its padded copy; 0: none yet */
    int_map memo;
} padding;

/* The copy: its axes begin `pad` before the first entry and end `pad` after the last. */
static int padded_copy(padding *x, int var)
{
    dag *d = x->d;
    lower_program *p = x->p;
    const model_var *v = &p->m->var[var];
    lower_var c = p->var[var];
    lower_equation e = {.index_count = v->axis_count, .line = v->line, .population = -1, .note = "with a border of zeros"};
    node inside = 0;
    c.place = LOWER_WORK, c.integer = false;
    c.stem = arena_printf(p->memory, "%s_padded", c.stem);
    for (int k = 0; k < v->axis_count; k++) {
        node pad = dag_int(d, v->pad[k]), last = dag_add2(d, v->axis_size[k], dag_int(d, -1));
        bool sample = k == 0 && v->sample;
        e.index[k] = sample ? p->m->sample_index[v->population] : dag_index_fresh(d, intern_puts(p->m->names, "i"), dag_neg(d, pad), dag_add2(d, last, pad));
        e.at[k] = dag_index_node(d, e.index[k]);
        if (v->pad[k] == 0)
            continue;
        c.start[k] = dag_neg(d, pad);
        c.size[k] = dag_add2(d, c.size[k], dag_int(d, 2 * v->pad[k]));
        node begun = dag_raw_compare(d, COMPARE_LESS_EQUAL, dag_int(d, 0), e.at[k]), not_over = dag_raw_compare(d, COMPARE_LESS_EQUAL, e.at[k], last);
        node both = dag_raw_mul(d, 2, (node[]){begun, not_over});
        inside = inside ? dag_raw_mul(d, 2, (node[]){inside, both}) : both;
    }
    e.var = lower_add_var(p, &c);
    e.rhs = dag_raw_if(d, inside, dag_entry(d, var, v->axis_count, e.at), dag_int(d, 0));
    lower_add_equation(p, &e);
    return e.var;
}

/* Is the subscript an index that stays on the axis by itself? */
static bool stays(const padding *x, const model_var *v, int k, node at)
{
    if (dag_kind(x->d, at) != NODE_INDEX)
        return false;
    const dag_index_info *i = dag_index_get(x->d, dag_payload(x->d, at));
    return dag_index_le(x->d, dag_int(x->d, 0), i->lo) == TRUTH_YES && dag_index_le(x->d, dag_add2(x->d, i->hi, dag_int(x->d, 1)), v->axis_size[k]) == TRUTH_YES;
}

static bool leaves(const padding *x, node entry)
{
    int var = dag_payload(x->d, entry);
    if (var >= x->p->m->var_count)
        return false;
    const model_var *v = &x->p->m->var[var];
    for (int k = 0; k < v->axis_count; k++)
        if (v->pad[k] && v->role != ROLE_ADJOINT && !stays(x, v, k, dag_child(x->d, entry, k)))
            return true;
    return false;
}

static node pad_node(padding *x, node n)
{
    dag *d = x->d;
    int count = dag_count(d, n);
    if (count == 0 || !dag_has_kind(d, n, NODE_ENTRY))
        return n;
    node made = int_map_get(&x->memo, n);
    if (made)
        return made;
    node few[8], *child = count <= 8 ? few : xmalloc((size_t)count * sizeof *child);
    bool changed = false;
    for (int i = 0; i < count; i++) {
        child[i] = pad_node(x, dag_child(d, n, i));
        changed = changed || child[i] != dag_child(d, n, i);
    }
    made = changed ? dag_rebuild(d, n, child, true) : n;
    if (dag_kind(d, n) == NODE_ENTRY && leaves(x, n)) {
        int var = dag_payload(d, n);
        if (!x->copy[var])
            x->copy[var] = padded_copy(x, var);
        made = dag_entry(d, x->copy[var], count, child);
    }
    if (child != few)
        free(child);
    int_map_put(&x->memo, n, made);
    return made;
}

void lower_pad(lower_program *p)
{
    padding x = {.p = p, .d = p->m->dag};
    bool any = false;
    for (int i = 0; i < p->m->var_count; i++)
        for (int k = 0; k < p->m->var[i].axis_count; k++)
            any = any || p->m->var[i].pad[k] > 0;
    if (!any)
        return;
    x.copy = xcalloc((size_t)p->m->var_count, sizeof *x.copy);
    int count = p->equation_count;
    for (int i = 0; i < count; i++) {
        node rhs = pad_node(&x, p->equation[i].rhs);
        p->equation[i].rhs = rhs;
    }
    free(x.copy);
    int_map_free(&x.memo);
}
