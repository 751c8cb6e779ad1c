#include "gen/prove/values.h"

#include <stdlib.h>

/* Entries of one expression and what they are worth. */
typedef struct {
    model *m;
    node *from, *to;
    int count, room;
} entries;

/* The number that the page gives to every entry of a setting or parameter, else 0. */
static node value_of(const model *m, int var)
{
    const model_var *v = &m->var[var];
    bool fixed = (v->role == ROLE_HYPER || v->role == ROLE_PARAM) && v->init.kind == INIT_VALUE;
    return fixed && v->init.a && dag_kind(m->dag, v->init.a) == NODE_NUMBER ? v->init.a : 0;
}

static bool gather(void *context, node n)
{
    entries *x = context;
    node value = dag_kind(x->m->dag, n) == NODE_ENTRY ? value_of(x->m, dag_payload(x->m->dag, n)) : 0;
    if (!value)
        return true;
    if (x->count == x->room) {
        x->room = 2 * x->room + 8;
        x->from = xrealloc(x->from, (size_t)x->room * sizeof *x->from);
        x->to = xrealloc(x->to, (size_t)x->room * sizeof *x->to);
    }
    x->from[x->count] = n;
    x->to[x->count++] = value;
    return true;
}

static void fix(entries *x, node *n)
{
    x->count = 0;
    if (!*n)
        return;
    dag_visit(x->m->dag, *n, gather, x);
    if (x->count)
        *n = dag_substitute(x->m->dag, *n, x->count, x->from, x->to, true);
}

void values_fix(model *m)
{
    entries x = {.m = m};
    for (int i = 0; i < m->equation_count; i++)
        fix(&x, &m->equation[i].rhs);
    for (int i = 0; i < m->claim_count; i++) {
        model_claim *c = &m->claim[i];
        fix(&x, &c->left);
        fix(&x, &c->right);
    }
    free(x.from);
    free(x.to);
}
