/* Which adjoints a derivation needs, how often they are used, and what a step is called. */
#include <string.h>

#include "gen/emit/derive_private.h"

/* --- which adjoints --- */

static void make_room(deriver *v, int var)
{
    if (var < v->room)
        return;
    int room = 2 * v->m->var_count + 16;
    bool *needed = arena_alloc(v->memory, (size_t)room * sizeof *needed);
    int *queue = arena_alloc(v->memory, (size_t)room * sizeof *queue);
    if (v->room) {
        memcpy(needed, v->needed, (size_t)v->room * sizeof *needed);
        memcpy(queue, v->queue, (size_t)v->queue_count * sizeof *queue);
    }
    v->needed = needed;
    v->queue = queue;
    v->room = room;
}

static bool need_visit(void *context, node n)
{
    deriver *v = context;
    const dag *d = v->m->dag;
    if (dag_kind(d, n) != NODE_ENTRY || v->m->var[dag_payload(d, n)].role != ROLE_ADJOINT)
        return true;
    int var = dag_payload(d, n);
    make_room(v, var);
    if (!v->needed[var]) {
        v->needed[var] = true;
        v->queue[v->queue_count++] = var;
    }
    return true;
}

/* Adds every adjoint in n and, equation by equation, those they are computed from. */
void derive_need(deriver *v, node n)
{
    int done = v->queue_count;
    dag_visit(v->m->dag, n, need_visit, v);
    for (; done < v->queue_count; done++) {
        const int *list;
        int count = model_equations_of(v->m, v->queue[done], &list);
        for (int k = 0; k < count; k++)
            dag_visit(v->m->dag, v->m->equation[list[k]].rhs, need_visit, v);
    }
}

static int position_of(const deriver *v, int adjoint)
{
    int by = v->m->var[adjoint].by;
    return by >= 0 ? v->position[by] : -1;
}

/* Backwards through the page: adjoints of later definitions first; those of parameters and data last. */
int derive_compare(const void *x, const void *y, void *context)
{
    const deriver *v = context;
    int a = *(const int *)x, b = *(const int *)y, p = position_of(v, a), q = position_of(v, b);
    return p != q ? (p < q) - (p > q) : (a > b) - (a < b);
}

/* --- reasons --- */

typedef struct {
    const deriver *v;
    int list[8], count; /* the names whose adjoints occur */
    bool more;
} path_list;

static bool path_visit(void *context, node n)
{
    path_list *p = context;
    const model *m = p->v->m;
    if (dag_kind(m->dag, n) != NODE_ENTRY || m->var[dag_payload(m->dag, n)].role != ROLE_ADJOINT)
        return true;
    int adjoint = dag_payload(m->dag, n), by = m->var[adjoint].by;
    if (by < 0 || m->var[by].role == ROLE_ADJOINT || derive_is_trivial(m, adjoint))
        return true;
    for (int i = 0; i < p->count; i++)
        if (p->list[i] == by)
            return true;
    if (p->count == 8)
        p->more = true;
    else
        p->list[p->count++] = by;
    return true;
}

const char *derive_reason(deriver *v, int own, node rhs, int *only)
{
    path_list p = {.v = v};
    dag_visit(v->m->dag, rhs, path_visit, &p);
    *only = p.count == 1 && p.list[0] != own ? p.list[0] : -1;
    v->path_count = p.more ? -1 : p.count;
    memcpy(v->path, p.list, sizeof p.list);
    if (p.count == 0)
        return "";
    const char *text = "chain rule through";
    for (int i = 0; i < p.count; i++) {
        const char *link = i == 0 ? " " : i == p.count - 1 && !p.more ? " and " : ", ";
        text = arena_printf(v->memory, "%s%s%s%s", text, link, p.list[i] == own ? "the next " : "", model_var_name(v->m, p.list[i]));
    }
    return p.more ? arena_printf(v->memory, "%s, …", text) : text;
}

typedef struct {
    const model *m;
    int *uses, *seen; /* by variable; seen: the last equation that used it */
    int number, own;  /* of the equation, and the variable it defines */
} use_count;

static bool use_visit(void *context, node n)
{
    use_count *u = context;
    const dag *d = u->m->dag;
    int var = dag_kind(d, n) == NODE_ENTRY ? dag_payload(d, n) : -1;
    if (var >= 0 && var != u->own && u->seen[var] != u->number) {
        u->seen[var] = u->number;
        u->uses[var]++;
    }
    return true;
}

/* How often each adjoint is used, and which names go first in products. */
void derive_count_uses(deriver *v)
{
    const model *m = v->m;
    size_t room = (size_t)(m->var_count + 1);
    use_count u = {.m = m, .uses = arena_alloc(v->memory, room * sizeof(int)), .seen = arena_alloc(v->memory, room * sizeof(int))};
    v->lead = arena_alloc(v->memory, room * sizeof *v->lead);
    v->lead_count = m->var_count;
    for (int i = 0; i < v->queue_count; i++) {
        const int *list;
        int count = model_equations_of(m, v->queue[i], &list);
        for (int k = 0; k < count; k++) {
            u.number++;
            u.own = v->queue[i];
            dag_visit(m->dag, m->equation[list[k]].rhs, use_visit, &u);
        }
    }
    for (int i = 0; i < v->value_count; i++) {
        u.number++;
        u.own = -1;
        dag_visit(m->dag, v->value[i], use_visit, &u);
    }
    for (int i = 0; i < m->var_count; i++)
        v->lead[i] = m->var[i].role == ROLE_ADJOINT;
    for (int i = 0; i < v->options->name_count; i++)
        v->lead[v->options->names[i].name] = true;
    derive_fold_uses(v->fold, u.uses, v->unnamed, m->var_count);
}
