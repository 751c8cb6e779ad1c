#include "gen/prove/repair.h"

#include <stdlib.h>
#include <string.h>

#define MOST_NODES 400 /* of a right side that is edited */
#define MOST_EDITS 1500

bool repair_agrees(session *s, const prove_sides *sides)
{
    refutation r = {.brief = true};
    refute(s, sides, 0, 16, 2, 64, &r);
    return !r.refuted && r.points > 0;
}

typedef struct {
    session *s;
    const prove_sides *sides;
    repair_try try;
    void *context;
    int edits;
    node node[MOST_NODES];
    int count;
} surgery;

static bool gather(void *context, node n)
{
    surgery *x = context;
    if (x->count < MOST_NODES)
        x->node[x->count++] = n;
    return true;
}

/* n with every occurrence of one node replaced; the loose BOUNDs of binders stay as they are. */
static node replace(dag *d, node n, node from, node to)
{
    node child[64];
    int count = dag_count(d, n);
    bool changed = false;
    if (n == from)
        return to;
    if (count > 64)
        return n;
    for (int i = 0; i < count; i++) {
        child[i] = replace(d, dag_child(d, n, i), from, to);
        changed = changed || child[i] != dag_child(d, n, i);
    }
    return changed ? dag_rebuild(d, n, child, true) : n;
}

static bool attempt(surgery *x, node from, node to, const char *diagnosis)
{
    prove_sides edited = *x->sides;
    if (++x->edits > MOST_EDITS)
        return false;
    edited.right = replace(x->s->d, x->sides->right, from, to);
    return edited.right != x->sides->right && repair_agrees(x->s, &edited) && x->try(x->context, edited.right, diagnosis);
}

static bool same_shape(session *s, int u, int v)
{
    const model_var *a = &s->m->var[u], *b = &s->m->var[v];
    if (a->axis_count - a->sample != b->axis_count - b->sample)
        return false;
    for (int i = 0; i < a->axis_count - a->sample; i++)
        if (a->axis_size[i + a->sample] != b->axis_size[i + b->sample])
            return false;
    return true;
}

/* Names people could have meant: not the compiler's own. */
static bool is_page_name(const model_var *v)
{
    return v->role != ROLE_ADJOINT && v->role != ROLE_AUXILIARY && v->role != ROLE_LOCAL && v->role != ROLE_SYSTEM && v->role != ROLE_NONE;
}

/* entry with another name; the sample index comes or goes with it. 0 if the claim has no sample index to give. */
static node renamed(surgery *x, node entry, int to)
{
    dag *d = x->s->d;
    const model_var *a = &x->s->m->var[dag_payload(d, entry)], *b = &x->s->m->var[to];
    node at[MODEL_MAX_AXES];
    int count = 0;
    if (b->sample)
        at[count++] = a->sample ? dag_child(d, entry, 0) : dag_index_node(d, x->s->m->sample_index[0]);
    for (int i = a->sample; i < dag_count(d, entry); i++)
        at[count++] = dag_child(d, entry, i);
    return dag_entry(d, to, count, at);
}

static bool try_names(surgery *x, node entry)
{
    model *m = x->s->m;
    int from = dag_payload(x->s->d, entry);
    for (int v = 0; v < m->var_count; v++) {
        if (v == from || !is_page_name(&m->var[v]) || !same_shape(x->s, from, v))
            continue;
        const char *text = arena_printf(m->memory, "%s in place of %s", model_var_name(m, v), model_var_name(m, from));
        if (attempt(x, entry, renamed(x, entry, v), text))
            return true;
    }
    return false;
}

/* f′ for f and f for f′, of functions of one scalar; another function of the page. */
static bool try_application(surgery *x, node n)
{
    dag *d = x->s->d;
    dag_signature g = *dag_signature_get(d, dag_payload(d, n));
    node child[64];
    int count = dag_count(d, n);
    if (count != 1 || g.arg_count != 1 || g.out_rank != 0 || x->s->m->function[g.function].kind != FUNCTION_OF_PAGE)
        return false;
    child[0] = dag_child(d, n, 0);
    dag_signature more = g, less = g;
    if (g.derivative_count < 16) {
        more.derivative[more.derivative_count++] = 0;
        if (attempt(x, n, dag_apply(d, dag_signature_add(d, &more), 1, child), "a prime is missing"))
            return true;
    }
    if (g.derivative_count > 0) {
        less.derivative[--less.derivative_count] = 0;
        if (attempt(x, n, dag_apply(d, dag_signature_add(d, &less), 1, child), "a prime is too much"))
            return true;
    }
    for (int f = 0; f < x->s->m->function_count; f++) {
        dag_signature other = g;
        other.function = f;
        if (f != g.function && x->s->m->function[f].kind == FUNCTION_OF_PAGE && !x->s->m->function[f].body && attempt(x, n, dag_apply(d, dag_signature_add(d, &other), 1, child), "another function is meant"))
            return true;
    }
    return false;
}

/* Exponents and coefficients one off, the other sign, twice and half. */
static bool try_number(surgery *x, node n, node inside)
{
    dag *d = x->s->d;
    node one = dag_int(d, 1), two = dag_int(d, 2);
    node other[] = {dag_add2(d, n, one), dag_sub(d, n, one), dag_neg(d, n), dag_mul2(d, n, two), dag_div(d, n, two)};
    node child[64];
    int count = dag_count(d, inside);
    if (count > 64)
        return false;
    for (int k = 0; k < 5; k++) {
        for (int i = 0; i < count; i++)
            child[i] = dag_child(d, inside, i) == n ? other[k] : dag_child(d, inside, i);
        if (attempt(x, inside, dag_rebuild(d, inside, child, true), dag_kind(d, inside) == NODE_POW ? "an exponent is wrong" : "a number is wrong"))
            return true;
    }
    return false;
}

static bool try_numbers(surgery *x, node n)
{
    dag *d = x->s->d;
    for (int i = 0; i < dag_count(d, n); i++)
        if (dag_kind(d, dag_child(d, n, i)) == NODE_NUMBER && !dag_is_int(d, dag_child(d, n, i), 0) && try_number(x, dag_child(d, n, i), n))
            return true;
    return false;
}

/* The sign of one term of a sum. */
static bool try_signs(surgery *x, node n)
{
    dag *d = x->s->d;
    node child[64];
    int count = dag_count(d, n);
    if (count > 64)
        return false;
    for (int k = 0; k < count; k++) {
        for (int i = 0; i < count; i++)
            child[i] = i == k ? dag_neg(d, dag_child(d, n, i)) : dag_child(d, n, i);
        if (attempt(x, n, dag_rebuild(d, n, child, true), "a sign is wrong"))
            return true;
    }
    return false;
}

static surgery open_surgery(session *s, const prove_sides *sides, repair_try try, void *context)
{
    surgery x = {.s = s, .sides = sides, .try = try, .context = context};
    dag_visit(s->d, sides->right, gather, &x);
    return x;
}

bool repair_numbers(session *s, const prove_sides *sides, repair_try try, void *context)
{
    surgery x = open_surgery(s, sides, try, context);
    for (int i = 0; i < x.count; i++) {
        node_kind kind = dag_kind(s->d, x.node[i]);
        if ((kind == NODE_ADD && try_signs(&x, x.node[i])) || ((kind == NODE_POW || kind == NODE_MUL) && try_numbers(&x, x.node[i])))
            return true;
    }
    return false;
}

bool repair_names(session *s, const prove_sides *sides, repair_try try, void *context)
{
    surgery x = open_surgery(s, sides, try, context);
    for (int i = 0; i < x.count; i++) {
        node_kind kind = dag_kind(s->d, x.node[i]);
        if ((kind == NODE_ENTRY && try_names(&x, x.node[i])) || (kind == NODE_APPLY && try_application(&x, x.node[i])))
            return true;
    }
    return false;
}

/* --- indices --- */

static bool try_transposed(surgery *x)
{
    dag *d = x->s->d;
    for (int i = 0; i < x->sides->index_count; i++)
        for (int j = i + 1; j < x->sides->index_count; j++) {
            node from[] = {dag_index_node(d, x->sides->indices[i]), dag_index_node(d, x->sides->indices[j])}, to[] = {from[1], from[0]};
            prove_sides edited = *x->sides;
            if (dag_index_get(d, x->sides->indices[i])->sample || dag_index_get(d, x->sides->indices[j])->sample)
                continue;
            edited.right = dag_substitute(d, x->sides->right, 2, from, to, true);
            if (repair_agrees(x->s, &edited) && x->try(x->context, edited.right, "transposed"))
                return true;
        }
    return false;
}

/* One entry with its axes exchanged, or with one index moved by one. */
static bool try_entry_indices(surgery *x, node n)
{
    dag *d = x->s->d;
    node at[MODEL_MAX_AXES], one = dag_int(d, 1);
    int count = dag_count(d, n), first = x->s->m->var[dag_payload(d, n)].sample;
    for (int i = first; i < count; i++) {
        for (int j = 0; j < count; j++)
            at[j] = dag_child(d, n, j);
        node here = at[i];
        for (int step = 0; step < 2; step++) {
            at[i] = step ? dag_sub(d, here, one) : dag_add2(d, here, one);
            if (attempt(x, n, dag_entry(d, dag_payload(d, n), count, at), "an index is off by one"))
                return true;
        }
        at[i] = here;
        for (int j = i + 1; j < count; j++) {
            node t = at[i];
            at[i] = at[j], at[j] = t;
            if (attempt(x, n, dag_entry(d, dag_payload(d, n), count, at), "a matrix is to be transposed"))
                return true;
            t = at[i];
            at[i] = at[j], at[j] = t;
        }
    }
    return false;
}

bool repair_shape(session *s, const prove_sides *sides, repair_try try, void *context)
{
    surgery x = open_surgery(s, sides, try, context);
    if (try_transposed(&x))
        return true;
    for (int i = 0; i < x.count; i++)
        if (dag_kind(s->d, x.node[i]) == NODE_ENTRY && try_entry_indices(&x, x.node[i]))
            return true;
    return false;
}
