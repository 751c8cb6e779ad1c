/* A |_{u = v}: the definitions that depend on the leaf are copied with it replaced. */
#include <stdlib.h>
#include <string.h>

#include "gen/calculus/sweep.h"

typedef struct {
    calculus *x;
    node leaf, value;
    int *copy;                            /* by variable: its copy + 1; 0: it stays */
    int axis[MODEL_MAX_AXES], axis_count; /* indices of the value: |_{u = x[i]}. Copies have an axis for each, behind their own */
    bool too_many;                        /* or with ranges that depend on one another */
} placing;

/* The indices of the value; a sample, and what stands in the leaf, are no axes of copies. */
static placing placing_of(calculus *x, node leaf, node value)
{
    dag *d = x->m->dag;
    placing p = {.x = x, .leaf = leaf, .value = value, .copy = xcalloc((size_t)x->m->var_count, sizeof(int))};
    int list[MODEL_MAX_AXES], count = dag_free_indices(d, value, list, MODEL_MAX_AXES);
    p.too_many = count > MODEL_MAX_AXES;
    for (int i = 0; i < count && !p.too_many; i++) {
        const dag_index_info *f = dag_index_get(d, list[i]);
        if (f->sample || dag_has_index(d, leaf, list[i]))
            continue;
        p.too_many = dag_has_kind(d, f->lo, NODE_INDEX) || dag_has_kind(d, f->hi, NODE_INDEX);
        p.axis[p.axis_count++] = list[i];
    }
    return p;
}

/* The value at the sample of the entry n: the leaf has the sample index of the line, an entry inside a batch mean has the mean's. */
static node value_for(const placing *p, node n)
{
    dag *d = p->x->m->dag;
    node from[MODEL_MAX_AXES], to[MODEL_MAX_AXES];
    int count = dag_count(d, n);
    for (int i = 0; i < count; i++) {
        from[i] = dag_child(d, p->leaf, i);
        to[i] = dag_child(d, n, i);
    }
    return n == p->leaf ? p->value : dag_substitute(d, p->value, count, from, to, true);
}

/* Rebuilds n with entries replaced; binders are opened where something below them changes. */
static node place_value(placing *p, node n)
{
    dag *d = p->x->m->dag;
    if (dag_kind(d, n) == NODE_ENTRY && dag_payload(d, n) == dag_payload(d, p->leaf))
        return value_for(p, n);
    if (!dag_has_kind(d, n, NODE_ENTRY))
        return n;
    int count = dag_count(d, n), index = -1;
    node *child = xmalloc((size_t)(count + 1 + p->axis_count) * sizeof *child), made = n;
    bool binds = dag_binds(d, n);
    for (int i = 0; i < count; i++) {
        node c = binds && i == count - 1 ? dag_open(d, n, &index) : dag_child(d, n, i);
        child[i] = place_value(p, c);
    }
    int copy = dag_kind(d, n) == NODE_ENTRY ? p->copy[dag_payload(d, n)] : 0;
    for (int i = 0; copy && i < p->axis_count; i++)
        child[count + i] = dag_index_node(d, p->axis[i]);
    made = copy ? dag_entry(d, copy - 1, count + p->axis_count, child) : dag_rebuild_opened(d, n, index, child);
    free(child);
    return made;
}

static void add_axes(placing *p, model_var *v)
{
    dag *d = p->x->m->dag;
    p->too_many = p->too_many || v->axis_count + p->axis_count > MODEL_MAX_AXES;
    for (int i = 0; i < p->axis_count && !p->too_many; i++) {
        const dag_index_info info = *dag_index_get(d, p->axis[i]);
        int k = v->axis_count++;
        v->axis_size[k] = dag_add2(d, info.hi, dag_int(d, 1));
        v->axis_start[k] = info.lo;
        v->axis_stop[k] = info.hi;
        v->pad[k] = 0;
    }
}

static void copy_variable(placing *p, int var)
{
    model *m = p->x->m;
    model_var v = m->var[var];
    buffer name = {0};
    add_axes(p, &v);
    buffer_printf(&name, "%s |_{", model_var_name(m, var));
    model_print_index(m, &name, p->leaf);
    buffer_puts(&name, " = ");
    model_print_index(m, &name, p->value);
    buffer_puts(&name, "}");
    v.role = ROLE_AUXILIARY;
    v.key = 0;
    v.text = intern_add(m->names, name.text, name.length);
    buffer_free(&name);
    p->copy[var] = 1 + model_add_var(m, &v);
}

static const node *place_list(placing *p, int count, const node *list)
{
    node *made = count ? arena_alloc(p->x->m->memory, (size_t)count * sizeof *made) : NULL;
    for (int i = 0; i < count; i++)
        made[i] = place_value(p, list[i]);
    return made;
}

/* The equations of the copies of one definition, or of the members of one recurrence: those refer to one another, so all copies are there before. */
static void copy_equations(placing *p, int count, const int *member)
{
    calculus *x = p->x;
    model *m = x->m;
    int *made = xmalloc((size_t)count * sizeof *made);
    const int *list;
    for (int k = 0; k < count; k++) {
        int equations = model_equations_of(m, member[k], &list);
        made[k] = p->copy[member[k]] - 1;
        for (int i = 0; i < equations; i++) {
            model_equation e = m->equation[list[i]];
            e.var = made[k];
            e.rhs = place_value(p, e.rhs);
            e.needed = place_list(p, e.needed_count, e.needed);
            for (int a = 0; a < p->axis_count && !p->too_many; a++) {
                e.at[m->var[made[k]].axis_count - p->axis_count + a] = dag_index_node(m->dag, p->axis[a]);
                e.index[e.index_count++] = p->axis[a];
            }
            model_add_equation(m, &e);
        }
    }
    int group = x->group[member[0]] >= 0 ? calculus_recurrence(x, count, made) : -1;
    for (int k = 0; k < count; k++) {
        calculus_place(x, made[k]);
        x->group[made[k]] = group;
    }
    free(made);
}

typedef struct {
    placing *p;
    bool found;
} change;

static bool note_change(void *context, node n)
{
    change *c = context;
    dag *d = c->p->x->m->dag;
    if (dag_kind(d, n) == NODE_ENTRY)
        c->found = c->p->copy[dag_payload(d, n)] || dag_payload(d, n) == dag_payload(d, c->p->leaf);
    return !c->found;
}

static bool depends_on_leaf(placing *p, int var)
{
    const int *list;
    model *m = p->x->m;
    int count = model_equations_of(m, var, &list);
    change c = {p, false};
    for (int i = 0; i < count && !c.found; i++)
        dag_visit(m->dag, m->equation[list[i]].rhs, note_change, &c);
    return c.found;
}

static node value_at(placing *p, node body)
{
    calculus *x = p->x;
    int *position = xmalloc((size_t)x->m->var_count * sizeof *position), count = calculus_reached(x, body, position);
    for (int i = 0; i < count; i++) {
        int one = x->order[position[i]];
        const recurrence r = x->group[one] >= 0 ? x->recurrence[x->group[one]] : (recurrence){1, &one};
        bool depends = false;
        if (p->copy[one])
            continue;
        for (int k = 0; k < r.count && !depends; k++)
            depends = depends_on_leaf(p, r.member[k]);
        if (!depends)
            continue;
        for (int k = 0; k < r.count; k++)
            copy_variable(p, r.member[k]);
        copy_equations(p, r.count, r.member);
    }
    free(position);
    return place_value(p, body);
}

node calculus_value_at(calculus *x, node body, node leaf, node value, int first, int last)
{
    int known = x->m->var_count;
    placing p = placing_of(x, leaf, value);
    node made = p.too_many ? 0 : value_at(&p, body);
    for (int i = first; i < last && !p.too_many; i++) {
        p.copy = xrealloc(p.copy, (size_t)x->m->var_count * sizeof *p.copy);
        for (; known < x->m->var_count; known++) /* the copies, which have none */
            p.copy[known] = 0;
        x->needed[i] = value_at(&p, x->needed[i]);
    }
    if (p.too_many)
        diag_add(x->m->diagnostics, DIAG_ERROR, x->at, "the value that is put in has too many indices here, or their ranges depend on one another");
    free(p.copy);
    return p.too_many ? 0 : made;
}
