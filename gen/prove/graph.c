#include "gen/prove/graph.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    session *s;
    int *list, count, capacity;
    char *seen; /* per variable */
} gathering;

static bool gather(void *context, node n)
{
    gathering *g = context;
    if (dag_kind(g->s->d, n) != NODE_ENTRY || g->seen[dag_payload(g->s->d, n)])
        return true;
    if (g->count == g->capacity) {
        g->capacity = 2 * g->capacity + 8;
        g->list = xrealloc(g->list, (size_t)g->capacity * sizeof *g->list);
    }
    g->seen[dag_payload(g->s->d, n)] = 1;
    g->list[g->count++] = dag_payload(g->s->d, n);
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

/* One open place of the depth-first walk. */
typedef struct {
    int variable, next, count, *below;
} frame;

typedef struct {
    session *s;
    frame *stack;
    int depth, capacity;
    char *state; /* 0 not seen, 1 open, 2 done */
    gathering g;
} walk;

static void enter(walk *w, int variable)
{
    if (w->depth == w->capacity) {
        w->capacity = 2 * w->capacity + 32;
        w->stack = xrealloc(w->stack, (size_t)w->capacity * sizeof *w->stack);
    }
    w->g.list = NULL;
    w->g.count = w->g.capacity = 0;
    gather_equations(&w->g, variable);
    w->stack[w->depth++] = (frame){variable, 0, w->g.count, w->g.list};
    w->state[variable] = 1;
}

/* An edge to an open variable closes a circle: everything from there on is recurrent. */
static void mark_circle(walk *w, int variable)
{
    for (int i = w->depth - 1; i >= 0; i--) {
        w->s->recurrent[w->stack[i].variable] = true;
        if (w->stack[i].variable == variable)
            break;
    }
}

static void leave(walk *w)
{
    frame *f = &w->stack[--w->depth];
    int rank = f->count ? 1 : 0;
    const int *list;
    if (model_equations_of(w->s->m, f->variable, &list) > 0)
        rank = 1;
    bool adjoint = w->s->m->var[f->variable].role == ROLE_ADJOINT;
    for (int i = 0; i < f->count; i++)
        adjoint = adjoint || w->s->adjoint[f->below[i]];
    w->s->adjoint[f->variable] = adjoint;
    for (int i = 0; i < f->count; i++)
        if (w->state[f->below[i]] == 2 && w->s->rank[f->below[i]] >= rank)
            rank = w->s->rank[f->below[i]] + 1;
    w->s->rank[f->variable] = rank;
    w->state[f->variable] = 2;
    free(f->below);
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
        int below = f->below[f->next++];
        if (w->state[below] == 1)
            mark_circle(w, below);
        else if (w->state[below] == 0)
            enter(w, below);
    }
}

void graph_rank(session *s)
{
    int count = s->m->var_count;
    size_t room = (size_t)count + 1;
    s->rank = xrealloc(s->rank, room * sizeof *s->rank);
    s->recurrent = xrealloc(s->recurrent, room * sizeof *s->recurrent);
    s->adjoint = xrealloc(s->adjoint, room * sizeof *s->adjoint);
    memset(s->adjoint, 0, room * sizeof *s->adjoint);
    memset(s->rank, 0, room * sizeof *s->rank);
    memset(s->recurrent, 0, room * sizeof *s->recurrent);
    s->rank_count = count;
    walk w = {.s = s, .state = xcalloc(room, 1), .g = {.s = s, .seen = xcalloc(room, 1)}};
    for (int i = 0; i < count; i++)
        walk_from(&w, i);
    free(w.stack);
    free(w.state);
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
