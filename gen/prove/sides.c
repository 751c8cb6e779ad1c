#include "gen/prove/sides.h"

#include <stdlib.h>
#include <string.h>

#include "gen/prove/graph.h"
#include "gen/prove/onesided.h"

typedef struct {
    session *s;
    node *list;
    unsigned char *by, side;
    int count, room;
} needed;

static void add_needed(needed *x, node of)
{
    for (int i = 0; i < x->count; i++)
        if (x->list[i] == of) {
            x->by[i] |= x->side;
            return;
        }
    if (x->count == x->room) {
        x->room = x->room ? 2 * x->room : 16;
        x->list = xrealloc(x->list, (size_t)x->room * sizeof *x->list);
        x->by = xrealloc(x->by, (size_t)x->room);
    }
    x->by[x->count] = x->side;
    x->list[x->count++] = of;
}

static void set_needed(needed *x, prove_sides *sides)
{
    arena *memory = x->s->m->memory;
    size_t count = (size_t)x->count;
    if (count) {
        sides->needed = memcpy(arena_alloc(memory, count * sizeof *x->list), x->list, count * sizeof *x->list);
        sides->needed_by = memcpy(arena_alloc(memory, count), x->by, count);
    }
    sides->needed_count = x->count;
    free(x->list);
    free(x->by);
}

static bool add_adjoint(void *context, node n)
{
    needed *x = context;
    dag *d = x->s->d;
    const model_var *v = dag_kind(d, n) == NODE_ENTRY ? &x->s->m->var[dag_payload(d, n)] : NULL;
    if (v && v->role == ROLE_ADJOINT && v->of)
        add_needed(x, v->of);
    return true;
}

void sides_need_adjoints(session *s, prove_sides *x)
{
    needed found = {.s = s};
    node side[] = {x->left, x->right};
    for (int i = 0; i < 2; i++) {
        found.side = (unsigned char)(1 << i);
        dag_visit(s->d, side[i], add_adjoint, &found);
    }
    set_needed(&found, x);
    memcpy(x->written, side, sizeof side);
    x->written_count = 2;
}

/* --- what definitions need --- */

typedef struct {
    needed *out;
    bool *seen; /* per variable */
    int *stack, count;
} reaching;

static bool push_name(void *context, node n)
{
    reaching *x = context;
    dag *d = x->out->s->d;
    if (dag_kind(d, n) == NODE_ENTRY && !x->seen[dag_payload(d, n)]) {
        x->seen[dag_payload(d, n)] = true;
        x->stack[x->count++] = dag_payload(d, n);
    }
    return true;
}

/* For all values of the equation's indices; samples are those of the claim. */
static node for_all(session *s, const model_equation *e, node n)
{
    for (int i = e->index_count - 1; i >= 0; i--) {
        const dag_index_info f = *dag_index_get(s->d, e->index[i]);
        if (!f.sample && dag_has_index(s->d, n, e->index[i]))
            n = dag_raw_reduce(s->d, REDUCE_SUM, e->index[i], f.lo, f.hi, 0, n);
    }
    return n;
}

static void add_of_equation(reaching *x, const model_equation *e)
{
    session *s = x->out->s;
    dag_visit(s->d, e->rhs, push_name, x);
    for (int i = 0; i < e->needed_count; i++) {
        dag_visit(s->d, e->needed[i], push_name, x);
        add_needed(x->out, for_all(s, e, e->needed[i]));
    }
}

/* What the definitions below a side, and below what it needs itself, differentiate. */
static void add_of_definitions(needed *out, node side, int count, const node *own)
{
    const model *m = out->s->m;
    bool some = false;
    for (int i = 0; i < m->equation_count && !some; i++)
        some = m->equation[i].needed_count > 0;
    if (!some)
        return;
    reaching x = {out, xcalloc((size_t)m->var_count + 1, sizeof(bool)), xmalloc(((size_t)m->var_count + 1) * sizeof(int)), 0};
    dag_visit(out->s->d, side, push_name, &x);
    for (int i = 0; i < count; i++)
        dag_visit(out->s->d, own[i], push_name, &x);
    while (x.count) {
        const int *list;
        int equations = model_equations_of(m, x.stack[--x.count], &list);
        for (int i = 0; i < equations; i++)
            add_of_equation(&x, &m->equation[list[i]]);
    }
    free(x.seen);
    free(x.stack);
}

static bool has_derivative(const syn *x)
{
    if (!x)
        return false;
    if (x->kind == SYN_DERIVATIVE)
        return true;
    for (int i = 0; i < x->count; i++)
        if (has_derivative(x->child[i]))
            return true;
    return false;
}

void sides_of_claim(session *s, const model_claim *c, prove_sides *x)
{
    needed found = {.s = s};
    *x = (prove_sides){.left = c->left, .right = c->right, .index_count = c->index_count, .indices = c->index};
    x->derivative = has_derivative(c->left_syntax) || has_derivative(c->right_syntax) || graph_has_adjoint(s, c->left) || graph_has_adjoint(s, c->right);
    if (!c->written_left || !c->written_right) {
        sides_need_adjoints(s, x);
        return;
    }
    for (int side = 0; side < 2; side++) {
        found.side = (unsigned char)(1 << side);
        for (int i = 0; i < c->needed_count[side]; i++)
            add_needed(&found, c->needed[side][i]);
        add_of_definitions(&found, side ? c->right : c->left, c->needed_count[side], c->needed[side]);
    }
    set_needed(&found, x);
    x->written[0] = c->written_left;
    x->written[1] = c->written_right;
    x->written_count = 2;
    if (x->derivative)
        onesided_settle(s, x);
}

static bool is_zero(session *s, node n)
{
    return dag_is_int(s->d, dag_simplify(s->d, n), 0);
}

typedef struct {
    session *s;
    int by;
    bool *marks; /* per variable: `by` alone */
    bool some;
} occurrence;

/* What an inner derivative is taken by is no occurrence of a name. */
static void find_occurrence(occurrence *x, node n)
{
    dag *d = x->s->d;
    if (x->some)
        return;
    if (dag_kind(d, n) == NODE_ENTRY)
        x->some = dag_payload(d, n) == x->by || graph_reaches(x->s, dag_payload(d, n), x->marks);
    int count = dag_kind(d, n) == NODE_DIFF ? 1 : dag_count(d, n);
    for (int i = 0; i < count; i++)
        find_occurrence(x, dag_child(d, n, i));
}

typedef struct {
    session *s;
    bool some;
} derivative_search;

/* A derivative by a name that does not occur in what is differentiated, nor in what that stands for. */
static bool find_missing_name(void *context, node n)
{
    derivative_search *x = context;
    dag *d = x->s->d;
    if (dag_kind(d, n) != NODE_DIFF || x->some || dag_kind(d, dag_child(d, n, 1)) != NODE_ENTRY)
        return !x->some;
    occurrence o = {.s = x->s, .by = dag_payload(d, dag_child(d, n, 1)), .marks = xcalloc((size_t)x->s->m->var_count + 1, sizeof(bool))};
    o.marks[o.by] = true;
    find_occurrence(&o, dag_child(d, n, 0));
    x->some = !o.some;
    free(o.marks);
    return !x->some;
}

bool sides_vacuous(session *s, const model_claim *c)
{
    derivative_search x = {s, false};
    node side[] = {c->written_left, c->written_right};
    if (!is_zero(s, c->left) || !is_zero(s, c->right))
        return false;
    for (int i = 0; i < 2; i++)
        if (side[i])
            dag_visit(s->d, side[i], find_missing_name, &x);
    return x.some;
}
