/* Under which conditions a branch is taken. */
#include "gen/dag/ops.h"
#include "gen/prove/domain_private.h"

static int enter(domain *x, int within, condition when, int index)
{
    for (int i = 1; i < x->branch_count; i++) {
        const domain_branch *b = &x->branch[i];
        if (b->within == within && b->when.base == when.base && b->when.bits == when.bits && b->index == index)
            return i;
    }
    if (within == DOMAIN_LOST || x->branch[within].depth == REGION_MOST_GUARDS || x->branch_count == DOMAIN_MOST_BRANCHES)
        return DOMAIN_LOST;
    x->branch[x->branch_count] = (domain_branch){within, x->branch[within].depth + 1, index, when};
    return x->branch_count++;
}

static int enter_if(domain *x, int within, node base, int bits)
{
    return enter(x, within, (condition){base, bits}, DOMAIN_NO_SUM);
}

static int compared(domain *x, int within, node n, bool holds)
{
    dag *d = x->s->d;
    node up = dag_sub(d, dag_child(d, n, 1), dag_child(d, n, 0)), down = dag_neg(d, up);
    compare kind = (compare)dag_payload(d, n);
    switch (kind) {
    case COMPARE_LESS: return holds ? enter_if(x, within, up, POSITIVE) : enter_if(x, within, down, NOT_NEGATIVE);
    case COMPARE_LESS_EQUAL: return holds ? enter_if(x, within, up, NOT_NEGATIVE) : enter_if(x, within, down, POSITIVE);
    default: break;
    }
    if ((kind == COMPARE_EQUAL) != holds)
        return enter_if(x, within, up, NOT_ZERO);
    return enter_if(x, enter_if(x, within, up, NOT_NEGATIVE), down, NOT_NEGATIVE);
}

/* What is no conjunction is a number of its own, 0 or 1. */
static int branch_within(domain *x, int within, node n, bool holds)
{
    dag *d = x->s->d;
    int kind = dag_kind(d, n) == NODE_FUN ? dag_payload(d, n) : -1;
    if (dag_kind(d, n) == NODE_COMPARE)
        return compared(x, within, n, holds);
    if (kind == OP_NOT)
        return branch_within(x, within, dag_child(d, n, 0), !holds);
    if (kind != (holds ? OP_AND : OP_OR))
        return holds ? enter_if(x, within, n, POSITIVE) : enter_if(x, within, dag_neg(d, n), NOT_NEGATIVE);
    for (int i = 0; i < dag_count(d, n); i++)
        within = branch_within(x, within, dag_child(d, n, i), holds);
    return within;
}

int domain_branch_of(domain *x, node n, bool holds)
{
    return branch_within(x, x->at, n, holds);
}

int domain_branch_body(domain *x, node n, int index)
{
    dag *d = x->s->d;
    node lo = dag_child(d, n, 0), hi = dag_child(d, n, 1);
    if (dag_payload(d, n) != REDUCE_SUM && dag_payload(d, n) != REDUCE_PROD)
        return x->at;
    return dag_index_le(d, lo, hi) == TRUTH_YES ? x->at : enter(x, x->at, (condition){dag_sub(d, hi, lo), NOT_NEGATIVE}, index);
}

int domain_branch_equation(domain *x, const model_equation *e)
{
    dag *d = x->s->d;
    int at = x->at;
    for (int i = 0; i < e->index_count; i++) {
        const dag_index_info info = *dag_index_get(d, e->index[i]);
        bool own = !dag_has_kind(d, info.lo, NODE_INDEX) && !dag_has_kind(d, info.hi, NODE_INDEX);
        if (!info.sample && own && dag_index_le(d, info.lo, info.hi) != TRUTH_YES)
            at = enter_if(x, at, dag_sub(d, info.hi, info.lo), NOT_NEGATIVE);
    }
    return at;
}

/* An index below names; −1: there is no room. */
static int twin_of(domain *x, int index)
{
    for (int i = 0; i < x->twin_count; i++)
        if (x->claimed[i] == index || x->twin[i] == index)
            return x->twin[i];
    if (x->twin_count == DOMAIN_MOST_INDICES)
        return -1;
    const dag_index_info info = *dag_index_get(x->s->d, index);
    x->claimed[x->twin_count] = index;
    x->twin[x->twin_count] = info.sample ? index : dag_index_fresh(x->s->d, info.name, info.lo, info.hi);
    return x->twin[x->twin_count++];
}

static int enter_below(domain *x, int within, domain_branch branch)
{
    condition when = branch.when;
    int count, list[DOMAIN_MOST_INDICES];
    const int *indices = session_free(x->s, when.base, &count);
    node from[DOMAIN_MOST_INDICES], to[DOMAIN_MOST_INDICES];
    if (count > DOMAIN_MOST_INDICES)
        return DOMAIN_LOST;
    for (int i = 0; i < count; i++)
        list[i] = indices[i];
    for (int i = 0; i < count; i++) {
        int twin = twin_of(x, list[i]);
        if (twin < 0)
            return DOMAIN_LOST;
        from[i] = dag_index_node(x->s->d, list[i]);
        to[i] = dag_index_node(x->s->d, twin);
    }
    when.base = count ? dag_substitute(x->s->d, when.base, count, from, to, true) : when.base;
    return enter(x, within, when, branch.index == DOMAIN_NO_SUM ? DOMAIN_NO_SUM : DOMAIN_SUM_ABOVE);
}

static bool stays_within(const domain *x, node entry, int index)
{
    return index == DOMAIN_NO_SUM || (index != DOMAIN_SUM_ABOVE && dag_has_index(x->s->d, entry, index));
}

int domain_branch_below(domain *x, node entry)
{
    int list[REGION_MOST_GUARDS], count = 0, below = x->at == DOMAIN_LOST ? DOMAIN_LOST : 0;
    for (int at = x->at; at > 0; at = x->branch[at].within)
        if (!entry || stays_within(x, entry, x->branch[at].index))
            list[count++] = at;
    while (count--)
        below = enter_below(x, below, x->branch[list[count]]);
    return below;
}
