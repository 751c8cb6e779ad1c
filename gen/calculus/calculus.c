/* The derivative pass over a model: order, expansion of DIFF and AT. */
#include "gen/calculus/calculus.h"

#include <stdlib.h>
#include <string.h>

#include "gen/calculus/expect.h"
#include "gen/calculus/sweep.h"
#include "gen/dag/dag_private.h"

/* --- order --- */

static void room_for(calculus *x, int var)
{
    if (var < x->room)
        return;
    int room = x->room ? x->room : 64;
    while (room <= var)
        room *= 2;
    x->position = xrealloc(x->position, (size_t)room * sizeof *x->position);
    x->first_use = xrealloc(x->first_use, (size_t)room * sizeof *x->first_use);
    x->group = xrealloc(x->group, (size_t)room * sizeof *x->group);
    for (int i = x->room; i < room; i++)
        x->position[i] = x->first_use[i] = x->group[i] = -1;
    x->room = room;
}

typedef struct {
    calculus *x;
    int position;
} use_visit;

static bool note_use(void *context, node n)
{
    use_visit *u = context;
    if (dag_kind(u->x->m->dag, n) == NODE_ENTRY) {
        int var = dag_payload(u->x->m->dag, n);
        room_for(u->x, var);
        if (u->x->first_use[var] < 0)
            u->x->first_use[var] = u->position;
    }
    return true;
}

void calculus_place(calculus *x, int var)
{
    const int *list;
    room_for(x, x->m->var_count);
    if (x->order_count == x->order_room) {
        x->order_room = x->order_room ? 2 * x->order_room : 64;
        x->order = xrealloc(x->order, (size_t)x->order_room * sizeof *x->order);
    }
    use_visit u = {x, x->order_count};
    x->position[var] = x->order_count;
    x->order[x->order_count++] = var;
    int count = model_equations_of(x->m, var, &list);
    for (int i = 0; i < count; i++)
        dag_visit(x->m->dag, x->m->equation[list[i]].rhs, note_use, &u);
}

int calculus_recurrence(calculus *x, int count, const int *member)
{
    room_for(x, x->m->var_count);
    x->recurrence = xrealloc(x->recurrence, (size_t)(x->recurrence_count + 1) * sizeof *x->recurrence);
    recurrence *r = &x->recurrence[x->recurrence_count];
    r->count = count;
    r->member = xmalloc((size_t)count * sizeof *r->member);
    memcpy(r->member, member, (size_t)count * sizeof *r->member);
    return x->recurrence_count++;
}

calculus *calculus_of(model *m)
{
    if (!m->calculus) {
        m->calculus = xcalloc(1, sizeof *m->calculus);
        m->calculus->m = m;
        m->calculus->at = (span){.source = m->source};
        room_for(m->calculus, m->var_count);
    }
    room_for(m->calculus, m->var_count);
    return m->calculus;
}

void calculus_release(model *m)
{
    calculus *x = m ? m->calculus : NULL;
    if (!x)
        return;
    for (int i = 0; i < x->sweep_count; i++) {
        for (int k = 0; k < x->sweeps[i]->var_room; k++)
            free(x->sweeps[i]->var[k].to.list);
        free(x->sweeps[i]->var), free(x->sweeps[i]->heap), free(x->sweeps[i]);
    }
    for (int i = 0; i < x->recurrence_count; i++)
        free(x->recurrence[i].member);
    tower_release(x);
    free(x->sweeps), free(x->recurrence), free(x->position), free(x->first_use), free(x->group), free(x->order), free(x->needed), free(x);
    m->calculus = NULL;
}

/* --- does one variable depend on another? --- */

typedef struct {
    calculus *x;
    int *stack, count, room;
    bool *seen;
} search;

static bool search_entry(void *context, node n)
{
    search *s = context;
    if (dag_kind(s->x->m->dag, n) != NODE_ENTRY)
        return true;
    int var = dag_payload(s->x->m->dag, n);
    if (s->seen[var])
        return true;
    s->seen[var] = true;
    if (s->count == s->room) {
        s->room = s->room ? 2 * s->room : 64;
        s->stack = xrealloc(s->stack, (size_t)s->room * sizeof *s->stack);
    }
    s->stack[s->count++] = var;
    return true;
}

static bool search_from(search *s, node n, int on, int avoid)
{
    const int *list;
    dag_visit(s->x->m->dag, n, search_entry, s);
    while (s->count && !s->seen[on]) {
        int next = s->stack[--s->count], count = next == avoid ? 0 : model_equations_of(s->x->m, next, &list);
        for (int i = 0; i < count; i++)
            dag_visit(s->x->m->dag, s->x->m->equation[list[i]].rhs, search_entry, s);
    }
    bool found = s->seen[on];
    free(s->stack), free(s->seen);
    return found;
}

bool calculus_reaches(calculus *x, node n, int on, int avoid)
{
    search s = {.x = x, .seen = xcalloc((size_t)x->m->var_count, 1)};
    return search_from(&s, n, on, avoid);
}

bool calculus_depends(calculus *x, int var, int on)
{
    const int *list;
    int count = model_equations_of(x->m, var, &list);
    bool found = false;
    for (int i = 0; i < count && !found; i++)
        found = calculus_reaches(x, x->m->equation[list[i]].rhs, on, -1);
    return found;
}

static int compare_numbers(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

int calculus_reached(calculus *x, node body, int *position)
{
    const int *list;
    int count = 0;
    search s = {.x = x, .seen = xcalloc((size_t)x->m->var_count, 1)};
    dag_visit(x->m->dag, body, search_entry, &s);
    while (s.count) {
        int var = s.stack[--s.count], equations = model_equations_of(x->m, var, &list);
        if (x->position[var] < 0 && equations)
            calculus_place(x, var);
        if (x->position[var] >= 0)
            position[count++] = x->position[var];
        for (int i = 0; i < equations; i++)
            dag_visit(x->m->dag, x->m->equation[list[i]].rhs, search_entry, &s);
    }
    free(s.stack), free(s.seen);
    qsort(position, (size_t)count, sizeof *position, compare_numbers);
    return count;
}

/* --- expansion --- */

void calculus_need(calculus *x, node n)
{
    if (x->needed_count == x->needed_room) {
        x->needed_room = x->needed_room ? 2 * x->needed_room : 16;
        x->needed = xrealloc(x->needed, (size_t)x->needed_room * sizeof *x->needed);
    }
    x->needed[x->needed_count++] = n;
}

/* What child i of n has needed since `first` is needed for all values of n's index, and only where n looks at the child. */
static void need_within(calculus *x, node n, int i, int index, node condition, int first)
{
    dag *d = x->m->dag;
    node none = dag_int(d, 0);
    for (int k = first; k < x->needed_count; k++) {
        node *of = &x->needed[k];
        if (index >= 0)
            *of = dag_raw_reduce(d, REDUCE_SUM, index, dag_child(d, n, 0), dag_child(d, n, 1), 0, *of);
        else if (dag_kind(d, n) == NODE_IF && i > 0)
            *of = dag_raw_if(d, condition, i == 1 ? *of : none, i == 1 ? none : *of);
    }
}

static node expand_children(calculus *x, node n, bool *ok)
{
    dag *d = x->m->dag;
    int count = dag_count(d, n), index = -1;
    node *child = xmalloc((size_t)(count + 1) * sizeof *child), made;
    bool binds = dag_binds(d, n);
    for (int i = 0; i < count; i++) {
        int first = x->needed_count;
        node c = binds && i == count - 1 ? dag_open(d, n, &index) : dag_child(d, n, i);
        child[i] = calculus_expand_node(x, c, ok);
        if (!child[i])
            child[i] = dag_int(d, 0);
        need_within(x, n, i, index, child[0], first);
    }
    made = dag_rebuild_opened(d, n, index, child);
    free(child);
    return made;
}

static node expand_expectation(calculus *x, node body, bool *ok)
{
    const char *why;
    node made = expect_value(x->m, body, &why);
    if (!made) {
        x->unknown = why;
        *ok = false;
    }
    calculus_need(x, body);
    return made;
}

static node expand_at_point(calculus *x, node n, bool *ok)
{
    dag *d = x->m->dag;
    int first = x->needed_count;
    node leaf = dag_child(d, n, 1), body = calculus_expand_node(x, dag_child(d, n, 0), ok);
    int last = x->needed_count;
    node value = calculus_expand_node(x, dag_child(d, n, 2), ok);
    if (!*ok)
        return 0;
    if (dag_payload(d, leaf) + 1 == x->m->expectation)
        return expand_expectation(x, body, ok);
    calculus_need(x, value);
    if (x->m->var[dag_payload(d, leaf)].role != ROLE_LOCAL) {
        node made = calculus_value_at(x, body, leaf, value, first, last);
        *ok = made != 0;
        return made;
    }
    for (int i = first; i < last; i++)
        x->needed[i] = dag_substitute(d, x->needed[i], 1, &leaf, &value, true);
    return dag_substitute(d, body, 1, &leaf, &value, true);
}

node calculus_expand_node(calculus *x, node n, bool *ok)
{
    dag *d = x->m->dag;
    if (!dag_has_kind(d, n, NODE_DIFF) && !dag_has_kind(d, n, NODE_AT))
        return n;
    if (dag_kind(d, n) == NODE_AT)
        return expand_at_point(x, n, ok);
    if (dag_kind(d, n) != NODE_DIFF)
        return expand_children(x, n, ok);
    node made = 0;
    if (tower_expand(x, n, ok, &made))
        return made;
    node a = calculus_expand_node(x, dag_child(d, n, 0), ok), b = dag_child(d, n, 1);
    if (!*ok)
        return 0;
    b = calculus_expand_node(x, b, ok);
    calculus_need(x, a);
    if (x->m->var[dag_payload(d, b)].role == ROLE_LOCAL)
        made = calculus_partial(x->m, a, b, x->at);
    else
        made = sweep_adjoint(x, a, b, dag_payload(d, n), x->at);
    *ok &= made != 0;
    return made;
}

node calculus_derivative(model *m, node a, node b, int hold, span at)
{
    calculus *x = calculus_of(m);
    x->at = at;
    return sweep_adjoint(x, a, b, hold, at);
}

static node expand_at(calculus *x, node n, span at)
{
    bool ok = true;
    x->at = at;
    x->unknown = NULL;
    x->needed_count = 0;
    node made = n ? calculus_expand_node(x, n, &ok) : 0;
    return ok ? made : 0;
}

typedef struct {
    const dag *d;
    const int *number; /* per variable */
    int last;
} mention;

static bool note_mention(void *context, node n)
{
    mention *x = context;
    if (dag_kind(x->d, n) == NODE_ENTRY && x->number[dag_payload(x->d, n)] > x->last)
        x->last = x->number[dag_payload(x->d, n)];
    return true;
}

/* Highest order number that the equations of `var` mention; tells where a recurrence group ends. */
static int last_mention(model *m, const int *number, int var)
{
    const int *list;
    int count = model_equations_of(m, var, &list);
    mention x = {m->dag, number, -1};
    for (int i = 0; i < count; i++)
        dag_visit(m->dag, m->equation[list[i]].rhs, note_mention, &x);
    return x.last;
}

/* What the last expansion needed. */
static const node *needed_list(calculus *x)
{
    size_t size = (size_t)x->needed_count * sizeof *x->needed;
    return size ? memcpy(arena_alloc(x->m->memory, size), x->needed, size) : NULL;
}

static void expand_variable(calculus *x, int var)
{
    const int *list;
    model *m = x->m;
    int count = model_equations_of(m, var, &list);
    for (int i = 0; i < count; i++) {
        int e = list[i];
        node rhs = expand_at(x, m->equation[e].rhs, m->equation[e].where);
        m->equation[e].rhs = rhs ? rhs : dag_int(m->dag, 0);
        m->equation[e].needed = needed_list(x);
        m->equation[e].needed_count = x->needed_count;
    }
}

static void expand_definitions(calculus *x)
{
    model *m = x->m;
    int n = m->order_count, vars = m->var_count;
    int *number = xmalloc((size_t)vars * sizeof *number);
    for (int v = 0; v < vars; v++)
        number[v] = -1;
    for (int i = 0; i < n; i++)
        number[m->order[i]] = i;
    for (int i = 0; i < n;) {
        int end = i;
        bool recurs = false;
        for (int k = i; k <= end; k++) {
            int last = last_mention(m, number, m->order[k]);
            recurs |= last >= k;
            end = last > end ? last : end;
        }
        for (int k = i; k <= end; k++)
            expand_variable(x, m->order[k]);
        int group = recurs ? calculus_recurrence(x, end - i + 1, m->order + i) : -1;
        for (int k = i; k <= end; k++) {
            calculus_place(x, m->order[k]);
            x->group[m->order[k]] = group;
        }
        i = end + 1;
    }
    free(number);
}

static node expand_side(calculus *x, model_claim *c, int side, node written, span at)
{
    node made = expand_at(x, written, at);
    c->needed_count[side] = x->needed_count;
    c->needed[side] = needed_list(x);
    return made;
}

void calculus_expand_claim(model *m, model_claim *c, span at)
{
    calculus *x = calculus_of(m);
    c->written_left = c->left;
    c->written_right = c->right;
    node left = expand_side(x, c, 0, c->left, at);
    const char *unknown = x->unknown;
    node right = expand_side(x, c, 1, c->right, at);
    unknown = unknown ? unknown : x->unknown;
    if (unknown)
        c->unknown = arena_printf(m->memory, "an expectation in it is not known exactly: %s", unknown);
    c->left = right ? left : 0;
    c->right = left ? right : 0;
}

void calculus_expand(model *m)
{
    calculus *x = calculus_of(m);
    tower_survey(x);
    expand_definitions(x);
    /* Batch means made while reading updates. */
    for (int v = 0; v < m->var_count; v++)
        if (m->var[v].role == ROLE_AUXILIARY && x->position[v] < 0) {
            expand_variable(x, v);
            calculus_place(x, v);
        }
    for (int i = 0; i < m->claim_count; i++)
        calculus_expand_claim(m, &m->claim[i], m->claim[i].at);
    for (int i = 0; i < m->assumption_count; i++)
        m->assumption[i].condition = expand_at(x, m->assumption[i].condition, m->assumption[i].at);
    for (int i = 0; i < m->mean_count; i++)
        m->mean[i].value = expand_at(x, m->mean[i].value, (span){.source = m->source});
    for (int i = 0; i < m->metric_count; i++)
        m->metric[i].value = expand_at(x, m->metric[i].value, m->metric[i].at);
    for (int i = 0; i < m->objective_count; i++)
        m->objective[i].cost = expand_at(x, m->objective[i].cost, m->objective[i].at);
    for (int i = 0; i < m->update_count; i++)
        m->update[i].rhs = expand_at(x, m->update[i].rhs, m->update[i].at);
}

node calculus_expand_expression(model *m, node n, span at)
{
    return expand_at(calculus_of(m), n, at);
}
