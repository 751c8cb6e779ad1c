#include "gen/prove/graph.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    session *s;
    int *list, count, capacity;
    char *seen;   /* per variable */
    bool merging; /* names that were merged are the one they are read as */
} gathering;

static int read_as(const session *s, int variable)
{
    while (variable < s->merged_count && s->merged[variable] >= 0)
        variable = s->merged[variable];
    return variable;
}

static bool gather(void *context, node n)
{
    gathering *g = context;
    int v = dag_kind(g->s->d, n) == NODE_ENTRY ? dag_payload(g->s->d, n) : -1;
    v = v >= 0 && g->merging ? read_as(g->s, v) : v;
    if (v < 0 || g->seen[v])
        return true;
    if (g->count == g->capacity) {
        g->capacity = 2 * g->capacity + 8;
        g->list = xrealloc(g->list, (size_t)g->capacity * sizeof *g->list);
    }
    g->seen[v] = 1;
    g->list[g->count++] = v;
    return true;
}

int *graph_variables(session *s, node n, int *count)
{
    gathering g = {.s = s, .seen = xcalloc((size_t)s->m->var_count + 1, 1)};
    dag_visit(s->d, n, gather, &g);
    free(g.seen);
    *count = g.count;
    return g.list;
}

/* All variables that the equations of one variable name. */
static void gather_equations(gathering *g, int variable)
{
    const int *list;
    int count = model_equations_of(g->s->m, variable, &list);
    for (int i = 0; i < count; i++) {
        const model_equation *q = &g->s->m->equation[list[i]];
        dag_visit(g->s->d, q->rhs, gather, g);
    }
    for (int i = 0; i < g->count; i++)
        g->seen[g->list[i]] = 0;
}

/* --- edges that stay at the same place of a recurrence --- */

typedef struct {
    session *s;
    const model_equation *equation;
    char *level; /* per variable: named without a step */
} levelling;

/* The recurrence of the variable named runs along `axis`; two axes or two directions are neither. */
static void note_step(session *s, int variable, int axis, int sign)
{
    if (s->step[variable] == 0 && s->step_axis[variable] == 0) {
        s->step_axis[variable] = axis;
        s->step[variable] = sign;
    } else if (s->step_axis[variable] != axis || s->step[variable] != sign) {
        s->step_axis[variable] = -1;
        s->step[variable] = 0;
    }
}

/* h[t−1] in an equation of h[t]: an index of the left side and a number. */
static bool has_step(const levelling *x, node n)
{
    dag *d = x->s->d;
    bool found = false, inside = x->s->component[dag_payload(d, n)] == x->s->component[x->equation->var];
    for (int i = 0; i < dag_count(d, n); i++)
        for (int k = 0; k < x->equation->index_count; k++) {
            long coefficient;
            node rest, child = dag_child(d, n, i);
            if (dag_is_affine(d, child) && dag_affine_split(d, child, x->equation->index[k], &coefficient, &rest) && coefficient == 1 &&
                dag_kind(d, rest) == NODE_NUMBER && !dag_is_int(d, rest, 0)) {
                found = true;
                if (inside)
                    note_step(x->s, dag_payload(d, n), i, mpq_sgn(*dag_value(d, rest)));
            }
        }
    return found;
}

static bool mark_level(void *context, node n)
{
    levelling *x = context;
    if (dag_kind(x->s->d, n) == NODE_ENTRY && !has_step(x, n))
        x->level[read_as(x->s, dag_payload(x->s->d, n))] = 1;
    return true;
}

/* --- the walk: components first, ranks second --- */

/* One open place of the depth-first walk. */
typedef struct {
    int variable, next, count, *below;
    char *level; /* per variable below: an edge without a step */
} frame;

typedef struct {
    session *s;
    frame *stack;
    int depth, capacity;
    char *state;                   /* 0 not seen, 1 open, 2 done */
    char *level;                   /* scratch of mark_level, all 0 between uses */
    int *number, *low, *component; /* of Tarjan's algorithm; components are numbered from 1 */
    int *open, open_count, numbers, components;
    bool ranking;
    gathering g;
} walk;

static void find_levels(walk *w, frame *f)
{
    const int *list;
    int count = model_equations_of(w->s->m, f->variable, &list);
    for (int i = 0; i < count; i++) {
        const model_equation q = w->s->m->equation[list[i]];
        levelling x = {w->s, &q, w->level};
        dag_visit(w->s->d, q.rhs, mark_level, &x);
    }
    f->level = xcalloc((size_t)f->count + 1, 1);
    for (int i = 0; i < f->count; i++) {
        f->level[i] = w->level[f->below[i]];
        w->level[f->below[i]] = 0;
    }
}

static void enter(walk *w, int variable)
{
    if (w->depth == w->capacity) {
        w->capacity = 2 * w->capacity + 32;
        w->stack = xrealloc(w->stack, (size_t)w->capacity * sizeof *w->stack);
    }
    w->g.list = NULL;
    w->g.count = w->g.capacity = 0;
    gather_equations(&w->g, variable);
    frame *f = &w->stack[w->depth++];
    *f = (frame){.variable = variable, .count = w->g.count, .below = w->g.list};
    w->state[variable] = 1;
    if (w->ranking) {
        if (w->s->recurrent[variable])
            find_levels(w, f);
        return;
    }
    w->number[variable] = w->low[variable] = ++w->numbers;
    w->open[w->open_count++] = variable;
}

/* Does the edge lead back within a recurrence? Such edges do not count in ranks. */
static bool is_step(const walk *w, const frame *f, int i)
{
    return f->level && !f->level[i] && w->component[f->below[i]] == w->component[f->variable];
}

static void leave_ranking(walk *w, const frame *f)
{
    int rank = f->count ? 1 : 0;
    const int *list;
    if (model_equations_of(w->s->m, f->variable, &list) > 0)
        rank = 1;
    for (int i = 0; i < f->count; i++)
        if (w->state[f->below[i]] == 2 && !is_step(w, f, i) && w->s->rank[f->below[i]] >= rank)
            rank = w->s->rank[f->below[i]] + 1;
    w->s->rank[f->variable] = rank;
}

/* The last of its component to be left takes the others from the list of open ones. */
static void leave_component(walk *w, const frame *f)
{
    int v = f->variable, count = 0;
    bool self = false, adjoint = w->s->m->var[v].role == ROLE_ADJOINT;
    for (int i = 0; i < f->count; i++) {
        int u = f->below[i];
        self = self || u == v;
        adjoint = adjoint || w->s->adjoint[u];
        if (!w->component[u] && w->low[u] < w->low[v])
            w->low[v] = w->low[u];
    }
    w->s->adjoint[v] = adjoint;
    if (w->low[v] != w->number[v])
        return;
    w->components++;
    do {
        int u = w->open[--w->open_count];
        count++;
        adjoint = adjoint || w->s->adjoint[u];
        w->component[u] = w->components;
    } while (w->open[w->open_count] != v);
    for (int i = 0; i < count; i++) {
        int u = w->open[w->open_count + i];
        w->s->recurrent[u] = count > 1 || self;
        w->s->adjoint[u] = adjoint;
    }
}

static void leave(walk *w)
{
    frame *f = &w->stack[--w->depth];
    if (w->ranking)
        leave_ranking(w, f);
    else
        leave_component(w, f);
    w->state[f->variable] = 2;
    free(f->below);
    free(f->level);
}

static void walk_from(walk *w, int variable)
{
    if (w->state[variable])
        return;
    enter(w, variable);
    while (w->depth) {
        frame *f = &w->stack[w->depth - 1];
        if (f->next == f->count) {
            leave(w);
            continue;
        }
        int i = f->next++;
        if (w->state[f->below[i]] == 0 && !(w->ranking && is_step(w, f, i)))
            enter(w, f->below[i]);
    }
}

/* A name that is never named with a step runs along the axis of another of its recurrence: a guess, which only orders what is tried. */
static void share_steps(session *s, int count, int components)
{
    int *of = xcalloc((size_t)components + 1, sizeof *of); /* 1 + a name with a step */
    for (int i = 0; i < count; i++)
        if (s->recurrent[i] && s->step[i])
            of[s->component[i]] = i + 1;
    for (int i = 0; i < count; i++) {
        int other = of[s->component[i]] - 1;
        if (s->step[i] || s->step_axis[i] || other < 0 || s->step_axis[other] >= s->m->var[i].axis_count)
            continue;
        s->step[i] = s->step[other];
        s->step_axis[i] = s->step_axis[other];
    }
    free(of);
}

void graph_rank(session *s)
{
    int count = s->m->var_count;
    size_t room = (size_t)count + 1;
    s->rank = xrealloc(s->rank, room * sizeof *s->rank);
    s->recurrent = xrealloc(s->recurrent, room * sizeof *s->recurrent);
    s->adjoint = xrealloc(s->adjoint, room * sizeof *s->adjoint);
    s->component = xrealloc(s->component, room * sizeof *s->component);
    s->step_axis = xrealloc(s->step_axis, room * sizeof *s->step_axis);
    s->step = xrealloc(s->step, room * sizeof *s->step);
    memset(s->step_axis, 0, room * sizeof *s->step_axis);
    memset(s->step, 0, room * sizeof *s->step);
    memset(s->adjoint, 0, room * sizeof *s->adjoint);
    memset(s->rank, 0, room * sizeof *s->rank);
    memset(s->recurrent, 0, room * sizeof *s->recurrent);
    memset(s->component, 0, room * sizeof *s->component);
    s->rank_count = count;
    int *scratch = xcalloc(3 * room, sizeof *scratch);
    walk w = {.s = s,
              .state = xcalloc(room, 1),
              .level = xcalloc(room, 1),
              .number = scratch,
              .low = scratch + room,
              .open = scratch + 2 * room,
              .component = s->component,
              .g = {.s = s, .seen = xcalloc(room, 1), .merging = true}};
    for (int i = 0; i < count; i++)
        walk_from(&w, i);
    memset(w.state, 0, room);
    w.ranking = true;
    for (int i = 0; i < count; i++)
        walk_from(&w, i);
    share_steps(s, count, w.components);
    free(w.stack);
    free(w.state);
    free(w.level);
    free(scratch);
    free(w.g.seen);
}

bool graph_reaches(session *s, int variable, const bool *marks)
{
    size_t room = (size_t)s->m->var_count + 1;
    char *seen = xcalloc(room, 1);
    int *stack = xmalloc(room * sizeof *stack), depth = 0;
    gathering g = {.s = s, .seen = xcalloc(room, 1)};
    bool found = false;
    seen[variable] = 1;
    stack[depth++] = variable;
    while (depth && !found) {
        int v = stack[--depth];
        found = marks[v];
        g.count = 0;
        gather_equations(&g, v);
        for (int i = 0; i < g.count; i++)
            if (!seen[g.list[i]]) {
                seen[g.list[i]] = 1;
                stack[depth++] = g.list[i];
            }
    }
    free(seen);
    free(stack);
    free(g.list);
    free(g.seen);
    return found;
}

/* In the order of components a pass sees what a name reads before the name, but for circles and names that were merged since: these take another pass. */
void graph_mark_dependents(session *s, bool *marks)
{
    int count = s->m->var_count, *order = xcalloc((size_t)count + 1, sizeof *order), *first = xcalloc((size_t)count + 2, sizeof *first);
    gathering g = {.s = s, .seen = xcalloc((size_t)count + 1, 1)};
    for (int v = 0; v < count; v++)
        first[(v < s->rank_count ? s->component[v] : count - 1) + 1]++;
    for (int k = 0; k < count; k++)
        first[k + 1] += first[k];
    for (int v = 0; v < count; v++)
        order[first[v < s->rank_count ? s->component[v] : count - 1]++] = v;
    for (bool changed = true; changed;) {
        changed = false;
        for (int k = 0; k < count; k++) {
            int v = order[k];
            g.count = 0;
            if (!marks[v])
                gather_equations(&g, v);
            for (int i = 0; i < g.count && !marks[v]; i++)
                if (marks[g.list[i]])
                    changed = marks[v] = true;
        }
    }
    free(order);
    free(first);
    free(g.list);
    free(g.seen);
}

static bool sees_adjoint(void *context, node n)
{
    gathering *g = context;
    if (dag_kind(g->s->d, n) == NODE_ENTRY && g->s->adjoint[dag_payload(g->s->d, n)])
        g->count = 1;
    return !g->count;
}

bool graph_has_adjoint(session *s, node n)
{
    gathering g = {.s = s};
    dag_visit(s->d, n, sees_adjoint, &g);
    return g.count > 0;
}
