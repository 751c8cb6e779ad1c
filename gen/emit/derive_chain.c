/* The chain rule, written out: ∂C/∂a ∂a/∂z + …; and the rules of the functions that it meets on the way. */
#include <stdlib.h>
#include <string.h>

#include "gen/calculus/calculus.h"
#include "gen/dag/ops.h"
#include "gen/emit/derive_private.h"

enum { MOST_WAYS = 4, LONGEST_PAGE = 400 };

static bool mentions(const model *m, int var, int name)
{
    const int *list;
    int count = model_equations_of(m, var, &list);
    for (int i = 0; i < count; i++)
        if (dag_has_variable(m->dag, m->equation[list[i]].rhs, name))
            return true;
    return false;
}

typedef struct {
    const model *m;
    bool found;
} adjoint_search;

static bool adjoint_visit(void *context, node n)
{
    adjoint_search *q = context;
    q->found |= dag_kind(q->m->dag, n) == NODE_ENTRY && q->m->var[dag_payload(q->m->dag, n)].role == ROLE_ADJOINT;
    return !q->found;
}

bool derive_has_hidden_ways(const model *m)
{
    adjoint_search q = {.m = m};
    for (int i = 0; i < m->equation_count && !q.found; i++)
        if (m->var[m->equation[i].var].role == ROLE_DEFINED)
            dag_visit(m->dag, m->equation[i].rhs, adjoint_visit, &q);
    return q.found;
}

/* Definitions that are computed from `by` and that `of` is computed from, `of` included. */
static int links(const model *m, int of, int by, int *out, int room)
{
    bool *reached = xcalloc((size_t)m->var_count + 1, sizeof *reached);
    int count = 0;
    reached[of] = true;
    for (int i = m->order_count - 1; i >= 0; i--) {
        int v = m->order[i];
        if (!reached[v])
            continue;
        for (int k = 0; k < i; k++)
            if (!reached[m->order[k]] && mentions(m, v, m->order[k]))
                reached[m->order[k]] = true;
        if (m->var[v].role == ROLE_DEFINED && mentions(m, v, by)) {
            if (count == room || v == by) {
                count = 0;
                break;
            }
            out[count++] = v;
        }
    }
    free(reached);
    for (int i = 0; i + 1 < count; i++) /* the direct way last */
        if (out[i] == of) {
            out[i] = out[i + 1];
            out[i + 1] = of;
        }
    return count;
}

static notation *factor(const model *m, arena *memory, int of, int by)
{
    return notation_two(memory, NOTATION_DERIVATIVE, notation_text(memory, NOTATION_NAME, model_var_name(m, of)),
                        notation_text(memory, NOTATION_NAME, model_var_name(m, by)));
}

/* ∂C/∂z |_{a}: what C takes from z beside the other ways. */
static notation *direct(const model *m, arena *memory, int of, int by, const int *list, int count)
{
    notation *t = notation_new(memory, NOTATION_AT, count);
    int n = 1;
    t->child[0] = factor(m, memory, of, by);
    t->number = 1;
    for (int i = 0; i < count; i++)
        if (list[i] != of)
            t->child[n++] = notation_text(memory, NOTATION_NAME, model_var_name(m, list[i]));
    return t;
}

/* The ways are those that the derivative took, and each is one step. */
static bool ways_are_taken(const deriver *v, int of, const int *list, int count)
{
    int others = 0;
    for (int i = 0; i < count; i++) {
        bool taken = list[i] == of;
        others += !taken;
        for (int k = 0; k < v->path_count && !taken; k++)
            taken = v->path[k] == list[i];
        if (!taken)
            return false;
    }
    return others == v->path_count;
}

notation *derive_chain(const deriver *v, int of, int by)
{
    const model *m = v->m;
    arena *memory = v->memory;
    int list[MOST_WAYS];
    bool one_step = of >= 0 && by >= 0 && m->var[of].role == ROLE_DEFINED && m->order_count < LONGEST_PAGE && !derive_has_hidden_ways(m);
    int count = one_step ? links(m, of, by, list, MOST_WAYS) : 0;
    if (count <= 0 || (count == 1 && list[0] == of) || !ways_are_taken(v, of, list, count))
        return NULL;
    notation *sum = notation_new(memory, NOTATION_SUM, count);
    sum->marks = arena_alloc(memory, (size_t)count + 1);
    memset(sum->marks, '+', (size_t)count);
    for (int i = 0; i < count; i++) {
        if (list[i] == of) {
            sum->child[i] = direct(m, memory, of, by, list, count);
            continue;
        }
        notation *t = notation_two(memory, NOTATION_PRODUCT, factor(m, memory, of, list[i]), factor(m, memory, list[i], by));
        t->marks = arena_strndup(memory, "  ", 2);
        sum->child[i] = t;
    }
    return count == 1 ? sum->child[0] : sum;
}

/* --- rules of functions --- */

typedef struct {
    const model *m;
    int by;
    op list[8];
    int count;
} op_search;

static bool op_visit(void *context, node n)
{
    op_search *q = context;
    dag *d = q->m->dag;
    if (dag_kind(d, n) != NODE_FUN || op_get((op)dag_payload(d, n))->arity != 1 || !dag_has_variable(d, n, q->by))
        return true;
    for (int i = 0; i < q->count; i++)
        if (q->list[i] == (op)dag_payload(d, n))
            return true;
    if (q->count < 8)
        q->list[q->count++] = (op)dag_payload(d, n);
    return true;
}

/* A variable u on the side. */
static node placeholder(deriver *v)
{
    if (!v->argument) {
        model_var u = {.key = intern_puts(v->m->names, "u"), .role = ROLE_LOCAL};
        int taken = model_find_var(v->m, u.key);
        v->argument = dag_entry(v->m->dag, taken >= 0 && v->m->var[taken].axis_count == 0 ? taken : model_add_var(v->m, &u), 0, NULL);
    }
    return v->argument;
}

/* tanh′(u) = 1 − tanh(u)²; false where the derivative says nothing that its name does not. */
static bool rule_of(deriver *v, op o, notation **left, notation **right)
{
    node u = placeholder(v), value = dag_fun1(v->m->dag, o, u), slope = calculus_partial(v->m, value, u, (span){.source = -1});
    if (!slope)
        return false;
    notation *name = notation_text(v->memory, NOTATION_NAME, op_get(o)->name);
    *left = notation_two(v->memory, NOTATION_CALL, name, model_notation(v->m, v->memory, u, 0, NULL, 0));
    (*left)->number = 1;
    *right = model_notation(v->m, v->memory, derive_collect(v, slope, 0, NULL), 0, NULL, 0);
    return true;
}

void derive_rule(deriver *v, int through, int by, notation **rule)
{
    op_search q = {.m = v->m, .by = by};
    const int *list;
    int count = model_equations_of(v->m, through, &list);
    for (int i = 0; i < count; i++)
        dag_visit(v->m->dag, v->m->equation[list[i]].rhs, op_visit, &q);
    if (q.count != 1 || !rule_of(v, q.list[0], &rule[0], &rule[1]))
        rule[0] = rule[1] = NULL;
}
