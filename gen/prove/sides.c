#include "gen/prove/sides.h"

#include <stdlib.h>
#include <string.h>

#include "gen/prove/graph.h"

typedef struct {
    session *s;
    claim_sides *x;
    unsigned char side;
    int count;
} needed;

static bool gather_needed(void *context, node n)
{
    needed *x = context;
    dag *d = x->s->d;
    const model_var *v = dag_kind(d, n) == NODE_ENTRY ? &x->s->m->var[dag_payload(d, n)] : NULL;
    node of = v && v->role == ROLE_ADJOINT ? v->of : dag_kind(d, n) == NODE_DIFF ? dag_child(d, n, 0) : 0;
    if (!of || dag_has_kind(d, of, NODE_DIFF) || dag_has_kind(d, of, NODE_AT) || dag_has_kind(d, of, NODE_BOUND))
        return true;
    for (int i = 0; i < x->count; i++)
        if (x->x->needed[i] == of) {
            x->x->by[i] |= x->side;
            return true;
        }
    if (x->count < SIDES_MOST_NEEDED) {
        x->x->by[x->count] = x->side;
        x->x->needed[x->count++] = of;
    }
    return true;
}

void sides_need(session *s, claim_sides *x, node written_left, node written_right)
{
    needed found = {.s = s, .x = x};
    prove_sides *sides = &x->sides;
    node side[] = {sides->left, written_left, sides->right, written_right};
    memcpy(sides->written, side, sizeof side);
    sides->written_count = 4;
    for (int i = 0; i < 4; i++) {
        found.side = i < 2 ? 1 : 2;
        if (side[i])
            dag_visit(s->d, side[i], gather_needed, &found);
    }
    sides->needed_by = x->by;
    sides->needed = x->needed;
    sides->needed_count = found.count;
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

void sides_of_claim(session *s, const model_claim *c, claim_sides *x)
{
    x->sides = (prove_sides){.left = c->left, .right = c->right, .index_count = c->index_count, .indices = c->index};
    x->sides.derivative = has_derivative(c->left_syntax) || has_derivative(c->right_syntax) || graph_has_adjoint(s, c->left) || graph_has_adjoint(s, c->right);
    sides_need(s, x, c->written_left, c->written_right);
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
