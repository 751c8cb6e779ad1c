/* In what order the axes of arrays lie in memory. Needs: units in order. Keeps: every value.
 *
 * A recurrence with products of matrices computes one step for all samples at once. Its arrays then lie step by step, the samples of a step side by side: what a step
 * reads and writes is one piece of memory, and a sum over steps and samples is one product. Data come sample by sample; where they meet such an array in a product,
 * they are copied once. */
#include <stdlib.h>

#include "gen/lower/lower_private.h"
#include "grammar/map.h"

typedef struct {
    lower_program *p;
    dag *d;
    bool *fixed;       /* per variable: as it is */
    int *copy;         /* per variable: of an array of data: the variable that is its copy, or 0 */
    int_map memo;      /* node -> with copies */
    node sample, step; /* at the entry looked at */
    bool found;
    const lower_equation *e;
    uint64_t events;
} laying;

/* --- which arrays --- */

static bool has_product(const lower_program *p, const lower_unit *u)
{
    for (int i = 0; i < u->count; i++)
        if (u->part[i]->equation >= 0 ? p->equation[u->part[i]->equation].product : has_product(p, u->part[i]))
            return true;
    return false;
}

static int axis_of(const lower_program *p, const lower_equation *e, node index)
{
    for (int k = 0; k < p->var[e->var].axis_count; k++)
        if (e->at[k] == index)
            return k;
    return -1;
}

/* The last axis stays where it is, so that rows stay rows. */
static void lay_equation(laying *x, const lower_equation *e, int index)
{
    lower_var *v = &x->p->var[e->var];
    int k = axis_of(x->p, e, dag_index_node(x->d, index));
    bool batch = v->per_sample && v->axis_count && dag_kind(x->d, e->at[0]) == NODE_INDEX;
    if (v->place != LOWER_WORK || !batch || k < 1 || k + 1 >= v->axis_count || (v->major && v->major != k))
        x->fixed[e->var] = true;
    else
        v->major = k;
}

static void lay_unit(laying *x, const lower_unit *u)
{
    if (u->equation >= 0 || u->population >= 0 || !has_product(x->p, u))
        return;
    for (int i = 0; i < u->count; i++)
        if (u->part[i]->equation >= 0)
            lay_equation(x, &x->p->equation[u->part[i]->equation], u->index);
}

/* --- copies of data --- */

static bool is_major(const laying *x, node entry, node sample, node step)
{
    const lower_var *v = &x->p->var[dag_payload(x->d, entry)];
    return v->major && dag_child(x->d, entry, 0) == sample && dag_child(x->d, entry, v->major) == step;
}

static bool find_major(void *context, node n)
{
    laying *x = context;
    x->found = x->found || (dag_kind(x->d, n) == NODE_ENTRY && dag_count(x->d, n) > 2 && is_major(x, n, x->sample, x->step));
    return !x->found;
}

/* Does the equation walk through an array that lies step by step with the indices that the entry has on axes 0 and k? */
static bool meets_major(laying *x, node entry, int k)
{
    const lower_equation *e = x->e;
    const lower_var *v = &x->p->var[e->var];
    x->sample = dag_child(x->d, entry, 0), x->step = dag_child(x->d, entry, k);
    x->found = v->major && e->at[0] == x->sample && e->at[v->major] == x->step;
    if (!x->found)
        dag_visit(x->d, e->rhs, find_major, x);
    return x->found;
}

static int copy_of(laying *x, int var, int k)
{
    lower_program *p = x->p;
    if (x->copy[var])
        return p->var[x->copy[var]].major == k ? x->copy[var] : 0;
    lower_var v = p->var[var];
    v.place = LOWER_WORK;
    v.model_var = v.equation = -1;
    v.major = k;
    return x->copy[var] = lower_add_var(p, &v);
}

static node copied_entry(laying *x, node entry)
{
    int var = dag_payload(x->d, entry), count = dag_count(x->d, entry), axes = count;
    const lower_var *v = &x->p->var[var];
    node child[MODEL_MAX_AXES];
    if (v->place != LOWER_IN || !v->per_sample || v->integer || count < 3)
        return entry;
    for (int k = 1; k + 1 < axes; k++) {
        int copy = meets_major(x, entry, k) ? copy_of(x, var, k) : 0;
        if (!copy)
            continue;
        for (int i = 0; i < count; i++)
            child[i] = dag_child(x->d, entry, i);
        return dag_entry(x->d, copy, count, child);
    }
    return entry;
}

/* Right sides of products are not deep. */
static node with_copies(laying *x, node n)
{
    dag *d = x->d;
    int count = dag_count(d, n);
    node made = int_map_get(&x->memo, n), few[8];
    if (made || count == 0)
        return made ? made : n;
    if (dag_kind(d, n) == NODE_ENTRY) {
        made = copied_entry(x, n);
    } else {
        node *child = count <= 8 ? few : xmalloc((size_t)count * sizeof *child);
        for (int i = 0; i < count; i++)
            child[i] = with_copies(x, dag_child(d, n, i));
        made = dag_rebuild(d, n, child, true);
        if (child != few)
            free(child);
    }
    int_map_put(&x->memo, n, made);
    return made;
}

static bool note_events(void *context, node n)
{
    laying *x = context;
    x->found = x->found || (dag_kind(x->d, n) == NODE_ENTRY && dag_payload(x->d, n) == dag_payload(x->d, x->step));
    return !x->found;
}

/* Updates in place run after all tests, which read what they read: that is there before. */
static uint64_t events_of(laying *x, int var, int equations)
{
    const uint64_t commit = UINT64_C(1) << LOWER_COMMIT;
    uint64_t events = 0;
    for (int i = 0; i < equations; i++) {
        x->step = dag_entry(x->d, var, 0, NULL);
        x->found = false;
        if (x->p->equation[i].events)
            dag_visit(x->d, x->p->equation[i].rhs, note_events, x);
        events |= x->found ? x->p->equation[i].events : 0;
    }
    return events & commit ? (events & ~commit) | UINT64_C(1) << (LOWER_STEP + x->p->group_count - 1) : events;
}

static lower_unit *copy_unit(laying *x, int var, int equations, lower_unit *next)
{
    lower_program *p = x->p;
    dag *d = x->d;
    int copy = x->copy[var];
    const lower_var *v = &p->var[copy];
    lower_equation e = {
        .var = copy, .index_count = v->axis_count, .population = -1, .line = v->line, .note = "step by step", .events = events_of(x, copy, equations)};
    e.index[0] = p->m->sample_index[v->population];
    for (int k = 1; k < v->axis_count; k++)
        e.index[k] = dag_index_fresh(d, intern_puts(p->m->names, "i"), v->start[k], dag_add(d, 3, (node[]){v->start[k], v->size[k], dag_int(d, -1)}));
    for (int k = 0; k < v->axis_count; k++)
        e.at[k] = dag_index_node(d, e.index[k]);
    e.rhs = dag_entry(d, var, v->axis_count, e.at);
    lower_unit *u = arena_alloc(p->memory, sizeof *u);
    u->equation = lower_add_equation(p, &e);
    u->population = -1;
    u->events = e.events;
    u->next = next;
    return u;
}

static lower_unit *add_copies(laying *x, lower_unit *units)
{
    lower_program *p = x->p;
    int count = p->equation_count, vars = p->var_count;
    for (int i = 0; i < count; i++) {
        if (!p->equation[i].events || !p->equation[i].product)
            continue;
        int_map_free(&x->memo);
        lower_equation e = p->equation[i];
        x->e = &e;
        p->equation[i].rhs = with_copies(x, e.rhs);
    }
    for (int v = 0; v < vars; v++)
        if (x->copy[v])
            units = copy_unit(x, v, count, units);
    return units;
}

lower_unit *lower_lay(lower_program *p, lower_unit *units)
{
    laying x = {.p = p, .d = p->m->dag};
    x.fixed = xcalloc((size_t)p->var_count + 1, sizeof *x.fixed);
    x.copy = xcalloc((size_t)p->var_count + 1, sizeof *x.copy);
    bool any = false;
    for (const lower_unit *u = units; u; u = u->next)
        lay_unit(&x, u);
    for (int i = 0; i < p->m->output_count; i++) /* copied to the caller as they are */
        x.fixed[p->output[i]] = true;
    for (int v = 0; v < p->var_count; v++) {
        p->var[v].major = x.fixed[v] ? 0 : p->var[v].major;
        any = any || p->var[v].major;
    }
    if (any)
        units = add_copies(&x, units);
    int_map_free(&x.memo);
    free(x.fixed), free(x.copy);
    return units;
}
