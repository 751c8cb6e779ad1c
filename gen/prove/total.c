#include "gen/prove/total.h"

#include <stdlib.h>

#include "gen/dag/ops.h"
#include "gen/prove/graph.h"
#include "gen/prove/normal.h"

typedef struct {
    session *s;
    bool partial;
} looking;

static bool is_total_power(session *s, node n)
{
    dag *d = s->d;
    node base = dag_child(d, n, 0), exponent = dag_child(d, n, 1);
    int sign = normal_structural_sign(s, base);
    if (sign == 1 || dag_kind(d, exponent) != NODE_NUMBER)
        return sign == 1;
    const mpq_t *e = dag_value(d, exponent);
    bool whole = mpz_cmp_ui(mpq_denref(*e), 1) == 0, below = mpq_sgn(*e) < 0;
    return (!below && (whole || sign == 2)) || (below && whole && sign == -1);
}

static bool is_total_function(session *s, node n)
{
    dag *d = s->d;
    op_domain where = op_get((op)dag_payload(d, n))->domain;
    int sign = where == DOMAIN_ALL || dag_count(d, n) != 1 ? 0 : normal_structural_sign(s, dag_child(d, n, 0));
    switch (where) {
    case DOMAIN_ALL: return true;
    case DOMAIN_POSITIVE:
    case DOMAIN_ABOVE_MINUS_ONE: return sign == 1;
    case DOMAIN_NONZERO: return abs(sign) == 1;
    case DOMAIN_NONNEGATIVE: return sign > 0;
    default: return false;
    }
}

static bool look(void *context, node n)
{
    looking *x = context;
    switch (dag_kind(x->s->d, n)) {
    case NODE_POW: x->partial = x->partial || !is_total_power(x->s, n); break;
    case NODE_FUN: x->partial = x->partial || !is_total_function(x->s, n); break;
    case NODE_APPLY: {
        const dag_signature *f = dag_signature_get(x->s->d, dag_payload(x->s->d, n));
        x->partial = x->partial || x->s->m->function[f->function].kind == FUNCTION_INV;
        break;
    }
    default: break;
    }
    return !x->partial;
}

void total_mark_partial(session *s, bool *partial)
{
    for (int v = 0; v < s->m->var_count; v++) {
        const int *list;
        int count = model_equations_of(s->m, v, &list);
        looking x = {s, false};
        for (int i = 0; i < count && !x.partial; i++)
            dag_visit(s->d, s->m->equation[list[i]].rhs, look, &x);
        partial[v] = x.partial;
    }
    graph_mark_dependents(s, partial);
}
