/* Reverse differentiation inside one expression. Shared nodes are visited once, parents before children; a binder's body is a sweep of its own. */
#include <stdlib.h>
#include <string.h>

#include "gen/calculus/sweep.h"
#include "gen/dag/break.h"
#include "gen/dag/dag_private.h"

typedef struct {
    model *m;
    dag *d;
    contribution_list *out;
    node root, alias;
    int only;
    int scope[16], scope_count;
} local;

static void sweep_from(local *x, node n, node seed);

static contribution *push(local *x)
{
    contribution_list *l = x->out;
    if (l->count == l->room) {
        l->room = l->room ? 2 * l->room : 16;
        l->list = xrealloc(l->list, (size_t)l->room * sizeof *l->list);
    }
    contribution *c = &l->list[l->count++];
    *c = (contribution){.scope_count = x->scope_count};
    memcpy(c->scope, x->scope, sizeof c->scope);
    return c;
}

/* What cannot be differentiated poisons every variable below: an error only if one of them is asked for. */
typedef struct {
    local *x;
    const char *why;
} poison;

static bool poison_entry(void *context, node n)
{
    poison *p = context;
    if (dag_kind(p->x->d, n) != NODE_ENTRY)
        return true;
    contribution *c = push(p->x);
    c->var = dag_payload(p->x->d, n);
    c->why = p->why;
    return true;
}

static void impossible(local *x, node n, const char *what)
{
    poison p = {x, arena_printf(x->m->memory, "%s has no derivative", what)};
    dag_visit(x->d, n, poison_entry, &p);
}

static bool interesting(const local *x, node n)
{
    if (x->only >= 0)
        return dag_has_variable(x->d, n, x->only);
    return dag_has_kind(x->d, n, NODE_ENTRY);
}

/* The value of a node, by name where it is the whole right side of an equation. */
static node value_of(const local *x, node n)
{
    return n == x->root && x->alias ? x->alias : n;
}

/* --- derivatives of functions: the column of ops.def, read with builders over smart nodes --- */

static node op_derivative(dag *d, op o, int which, const node *argument, node y, bool *none)
{
    node u = argument[0], v = argument[1], w = argument[2];
    (void)u, (void)v, (void)w, (void)y;
    *none = false;
#define N(p) dag_int(d, p)
#define Q(p, q) dag_ratio(d, p, q)
#define F0(o) dag_fun(d, OP_##o, 0, NULL)
#define ADD(a, b) dag_add2(d, a, b)
#define SUB(a, b) dag_sub(d, a, b)
#define MUL(a, b) dag_mul2(d, a, b)
#define DIV(a, b) dag_div(d, a, b)
#define NEG(a) dag_neg(d, a)
#define POW(a, b) dag_pow(d, a, b)
#define F(o, a) dag_fun1(d, OP_##o, a)
#define F2(o, a, b) dag_fun(d, OP_##o, 2, (node[]){a, b})
#define LESS(a, b) dag_compare(d, COMPARE_LESS, a, b)
#define LEQ(a, b) dag_compare(d, COMPARE_LESS_EQUAL, a, b)
#define IF(c, a, b) dag_if(d, c, a, b)
#define PI dag_fun(d, OP_PI_CONST, 0, NULL)
#define NONE (*none = true, 0)
#define ZERO 0
#define PICK1(a) return which == 0 ? (a) : 0
#define PICK2(a, b)                                                                                                                                  \
    if (which == 0)                                                                                                                                  \
        return (a);                                                                                                                                  \
    return (b)
#define PICK3(a, b, c)                                                                                                                               \
    if (which == 0)                                                                                                                                  \
        return (a);                                                                                                                                  \
    if (which == 1)                                                                                                                                  \
        return (b);                                                                                                                                  \
    return (c)
#define PICK(_1, _2, _3, NAME, ...) NAME
#define DERIVATIVE(...) PICK(__VA_ARGS__, PICK3, PICK2, PICK1, )(__VA_ARGS__)
    switch (o) {
#define OP(id, name, arity, derivative, domain, kinks, c, latex, ball)                                                                               \
    case OP_##id: derivative;
#include "gen/dag/ops.def"
#undef OP
    default: break;
    }
    *none = true;
    return 0;
}
#undef N
#undef ADD
#undef MUL
#undef IF

/* --- one node: its adjoint to its children --- */

typedef struct {
    node *list;   /* reachable nodes, ascending: parents behind children */
    int count, room;
    int_map adjoint; /* sum so far */
} order;

static bool is_guard(const dag *d, node n)
{
    return dag_kind(d, n) == NODE_IF && (dag_is_int(d, dag_child(d, n, 1), 0) || dag_is_int(d, dag_child(d, n, 2), 0));
}

/* a + b; guards with one condition become one guard. */
static node plus(dag *d, node a, node b)
{
    int count = dag_kind(d, a) == NODE_ADD ? dag_count(d, a) : 1, same = -1;
    for (int i = 0; i < count && is_guard(d, b) && same < 0; i++) {
        node t = count == 1 ? a : dag_child(d, a, i);
        if (is_guard(d, t) && dag_child(d, t, 0) == dag_child(d, b, 0))
            same = i;
    }
    if (same < 0)
        return dag_add2(d, a, b);
    node *term = xmalloc((size_t)count * sizeof *term);
    for (int i = 0; i < count; i++)
        term[i] = count == 1 ? a : dag_child(d, a, i);
    node t = term[same];
    term[same] = dag_if(d, dag_child(d, b, 0), plus(d, dag_child(d, t, 1), dag_child(d, b, 1)), plus(d, dag_child(d, t, 2), dag_child(d, b, 2)));
    node made = dag_add(d, count, term);
    free(term);
    return made;
}

static bool holds_guard(const dag *d, node n)
{
    if (is_guard(d, n))
        return true;
    for (int i = 0; dag_kind(d, n) == NODE_MUL && i < dag_count(d, n); i++)
        if (is_guard(d, dag_child(d, n, i)))
            return true;
    return false;
}

static node times(dag *d, node a, int count, const node *factor);

/* (guarded + …) · Π factors, term by term; 0 when no term is guarded. */
static node times_terms(dag *d, node a, int count, const node *factor)
{
    int terms = dag_count(d, a);
    bool any = false;
    for (int i = 0; i < terms; i++)
        any |= holds_guard(d, dag_child(d, a, i));
    if (!any)
        return 0;
    node *term = xmalloc((size_t)terms * sizeof *term);
    for (int i = 0; i < terms; i++)
        term[i] = times(d, dag_child(d, a, i), count, factor);
    node made = dag_add(d, terms, term);
    free(term);
    return made;
}

/* a · Π factors. What multiplies a guarded adjoint goes inside: only the chosen branch is evaluated, and factors such as 1/x or h[t-1] may have no value in
 * the other. */
static node times(dag *d, node a, int count, const node *factor)
{
    int guard = -1, n = dag_kind(d, a) == NODE_MUL ? dag_count(d, a) : 0;
    if (is_guard(d, a)) {
        node c = dag_child(d, a, 0), yes = dag_child(d, a, 1), no = dag_child(d, a, 2);
        return dag_if(d, c, dag_is_int(d, yes, 0) ? yes : times(d, yes, count, factor), dag_is_int(d, no, 0) ? no : times(d, no, count, factor));
    }
    for (int i = 0; i < n && guard < 0; i++)
        guard = is_guard(d, dag_child(d, a, i)) ? i : -1;
    node spread = dag_kind(d, a) == NODE_ADD ? times_terms(d, a, count, factor) : 0;
    if (spread)
        return spread;
    node *list = xmalloc((size_t)(n + count + 1) * sizeof *list), made;
    if (guard < 0) {
        list[0] = a;
        memcpy(list + 1, factor, (size_t)count * sizeof *list);
        made = dag_mul(d, count + 1, list);
    } else {
        for (int i = 0; i < n; i++)
            list[i] = i == guard ? times(d, dag_child(d, a, i), count, factor) : dag_child(d, a, i);
        made = dag_mul(d, n, list);
    }
    free(list);
    return made;
}

static void give(local *x, order *o, node child, node adjoint)
{
    if (!interesting(x, child) || dag_is_int(x->d, adjoint, 0))
        return;
    node old = int_map_get(&o->adjoint, child);
    int_map_put(&o->adjoint, child, old ? plus(x->d, old, adjoint) : adjoint);
}

static node times1(dag *d, node a, node factor)
{
    return times(d, a, 1, &factor);
}

/* a where condition c holds (fails), else 0; Kronecker deltas of a stay outside, where sums find them. */
static node guarded(dag *d, node c, bool holds, node a)
{
    node zero = dag_int(d, 0);
    int count = dag_kind(d, a) == NODE_MUL ? dag_count(d, a) : 0, outside = 0, inside = 0;
    node *out = xmalloc(2 * (size_t)(count + 1) * sizeof *out), *in = out + count + 1;
    for (int i = 0; i < count; i++) {
        node f = dag_child(d, a, i);
        bool delta = dag_kind(d, f) == NODE_COMPARE && dag_payload(d, f) == COMPARE_EQUAL && !dag_has_kind(d, f, NODE_ENTRY);
        if (delta)
            out[outside++] = f;
        else
            in[inside++] = f;
    }
    node body = outside ? dag_mul(d, inside, in) : a;
    out[outside++] = holds ? dag_if(d, c, body, zero) : dag_if(d, c, zero, body);
    node made = dag_mul(d, outside, out);
    free(out);
    return made;
}

static void step_product(local *x, order *o, node n, node a)
{
    dag *d = x->d;
    int count = dag_count(d, n);
    node *factor = xmalloc((size_t)(count + 1) * sizeof *factor);
    for (int i = 0; i < count; i++) {
        if (!interesting(x, dag_child(d, n, i)))
            continue;
        int k = 0;
        for (int j = 0; j < count; j++)
            if (j != i)
                factor[k++] = dag_child(d, n, j);
        give(x, o, dag_child(d, n, i), times(d, a, k, factor));
    }
    free(factor);
}

static void step_power(local *x, order *o, node n, node a)
{
    dag *d = x->d;
    node base = dag_child(d, n, 0), exponent = dag_child(d, n, 1);
    if (interesting(x, base)) {
        node less = dag_add2(d, exponent, dag_int(d, -1));
        give(x, o, base, times(d, a, 2, (node[]){exponent, dag_pow(d, base, less)}));
    }
    if (interesting(x, exponent))
        give(x, o, exponent, times(d, a, 2, (node[]){value_of(x, n), dag_fun1(d, OP_LOG, base)}));
}

static void step_function(local *x, order *o, node n, node a)
{
    dag *d = x->d;
    int count = dag_count(d, n);
    node argument[3] = {0, 0, 0};
    for (int i = 0; i < count && i < 3; i++)
        argument[i] = dag_child(d, n, i);
    for (int i = 0; i < count; i++) {
        bool none;
        if (!interesting(x, argument[i]))
            continue;
        node slope = op_derivative(d, (op)dag_payload(d, n), i, argument, value_of(x, n), &none);
        if (none)
            impossible(x, argument[i], op_get((op)dag_payload(d, n))->name);
        else if (slope)
            give(x, o, argument[i], times(d, a, 2, (node[]){dag_int(d, BROKEN_FACTOR(op_get((op)dag_payload(d, n))->name, i)), slope}));
    }
}

static node apply_derivative(dag *d, node n, int argument, int index_count, const node *index)
{
    dag_signature s = *dag_signature_get(d, dag_payload(d, n));
    int count = dag_count(d, n), at = s.derivative_count;
    node child[64];
    if (at >= 16 || count + index_count > 64)
        return 0;
    for (int i = 0; i < count; i++)
        child[i] = dag_child(d, n, i);
    if (index_count == 0) { /* scalar arguments: the order does not matter, keep it ascending */
        while (at > 0 && s.derivative[at - 1] > argument) {
            s.derivative[at] = s.derivative[at - 1];
            at--;
        }
    }
    s.derivative[at] = argument;
    s.derivative_count++;
    for (int i = 0; i < index_count; i++)
        child[count + i] = index[i];
    return dag_apply(d, dag_signature_add(d, &s), count + index_count, child);
}

/* inv(A)[i,j] of the matrix that n is applied to. */
static node inverse_entry(local *x, node n, node i, node j)
{
    dag_signature s = {.function = model_builtin(x->m, FUNCTION_INV), .out_rank = 2, .arg_count = 1};
    node child[3] = {i, j, dag_child(x->d, n, dag_count(x->d, n) - 1)};
    return dag_apply(x->d, dag_signature_add(x->d, &s), 3, child);
}

/* ∂ det(A)/∂A[i,j] = det(A) inv(A)[j,i]; ∂ inv(A)[k,l]/∂A[i,j] = −inv(A)[k,i] inv(A)[j,l]. Petersen and Pedersen, The Matrix Cookbook (2012), 49 and 60. */
static void step_matrix(local *x, node n, node a, function_kind kind)
{
    dag *d = x->d;
    int id, saved = x->scope_count;
    node index[2], argument = dag_child(d, n, dag_count(d, n) - 1);
    if (!interesting(x, argument) || x->scope_count > 14)
        return;
    for (int k = 0; k < 2; k++) {
        argument = dag_open(d, argument, &id);
        x->scope[x->scope_count++] = id;
        index[k] = dag_index_node(d, id);
    }
    node slope = kind == FUNCTION_DET ? dag_mul2(d, value_of(x, n), inverse_entry(x, n, index[1], index[0]))
                                      : dag_mul(d, 3, (node[]){dag_int(d, -1), inverse_entry(x, n, dag_child(d, n, 0), index[0]), inverse_entry(x, n, index[1], dag_child(d, n, 1))});
    node factor = dag_int(d, BROKEN_FACTOR(kind == FUNCTION_DET ? "det" : "inv", 0));
    sweep_from(x, argument, times(d, a, 2, (node[]){factor, slope}));
    x->scope_count = saved;
}

static void step_apply(local *x, order *o, node n, node a)
{
    dag *d = x->d;
    const dag_signature s = *dag_signature_get(d, dag_payload(d, n));
    if (x->m->function[s.function].kind != FUNCTION_OF_PAGE) {
        step_matrix(x, n, a, x->m->function[s.function].kind);
        return;
    }
    for (int i = 0; i < s.arg_count; i++) {
        node argument = dag_child(d, n, s.out_rank + i), index[MODEL_MAX_AXES];
        int opened = 0, saved = x->scope_count;
        if (!interesting(x, argument))
            continue;
        if (dag_kind(d, argument) != NODE_LAMBDA) {
            give(x, o, argument, times1(d, a, apply_derivative(d, n, i, 0, NULL)));
            continue;
        }
        while (dag_kind(d, argument) == NODE_LAMBDA && opened < MODEL_MAX_AXES && x->scope_count < 16) {
            int id;
            argument = dag_open(d, argument, &id);
            x->scope[x->scope_count++] = id;
            index[opened++] = dag_index_node(d, id);
        }
        sweep_from(x, argument, times1(d, a, apply_derivative(d, n, i, opened, index)));
        x->scope_count = saved;
    }
}

static void inside(local *x, node body, int index, node seed)
{
    if (x->scope_count == 16) {
        impossible(x, body, "a sum nested more than 16 deep");
        return;
    }
    x->scope[x->scope_count++] = index;
    sweep_from(x, body, seed);
    x->scope_count--;
}

/* softmax at j of u(k): ∂/∂u(k) = y(j) [j == k] − y(j) y(k), given as two sweeps so that the delta can be contracted. */
static void step_softmax(local *x, node n, node a, node body, int index)
{
    dag *d = x->d;
    node at = dag_child(d, n, 2), k = dag_index_node(d, index), y = value_of(x, n), other;
    if (n == x->root && x->alias) {
        other = dag_substitute(d, x->alias, 1, &at, &k, false);
    } else {
        node child[4] = {dag_child(d, n, 0), dag_child(d, n, 1), k, dag_child(d, n, 3)};
        other = dag_rebuild(d, n, child, true);
    }
    inside(x, body, index, times(d, a, 2, (node[]){y, dag_compare(d, COMPARE_EQUAL, at, k)}));
    int second = dag_index_like(d, index);
    node from = k, to = dag_index_node(d, second);
    inside(x, dag_substitute(d, body, 1, &from, &to, false), second,
           times(d, a, 3, (node[]){dag_int(d, -1), y, dag_substitute(d, other, 1, &from, &to, false)}));
}

static node same_but(local *x, node n, reduction r, node at)
{
    dag *d = x->d;
    node child[4] = {dag_child(d, n, 0), dag_child(d, n, 1), at, dag_child(d, n, dag_count(d, n) - 1)};
    if (!at)
        child[2] = child[3];
    return dag_make(d, NODE_REDUCE, (int32_t)r, at ? 4 : 3, child);
}

/* Π of the others: Π_k (if k == i then 1 else u(k)). */
static node product_of_others(local *x, node n, int index)
{
    dag *d = x->d;
    int k;
    node body = dag_open(d, n, &k);
    body = dag_if(d, dag_compare(d, COMPARE_EQUAL, dag_index_node(d, k), dag_index_node(d, index)), dag_int(d, 1), body);
    return dag_raw_reduce(d, REDUCE_PROD, k, dag_child(d, n, 0), dag_child(d, n, 1), 0, body);
}

static void step_reduce(local *x, node n, node a)
{
    dag *d = x->d;
    int index;
    reduction r = (reduction)dag_payload(d, n);
    if (!reduction_get(r)->differentiable) {
        impossible(x, n, reduction_get(r)->name);
        return;
    }
    node body = dag_open(d, n, &index), i = dag_index_node(d, index);
    switch (r) {
    case REDUCE_SUM: inside(x, body, index, a); break;
    case REDUCE_PROD: inside(x, body, index, times1(d, a, product_of_others(x, n, index))); break;
    case REDUCE_MAX: inside(x, body, index, guarded(d, dag_compare(d, COMPARE_EQUAL, i, same_but(x, n, REDUCE_ARGMAX, 0)), true, a)); break;
    case REDUCE_MIN: inside(x, body, index, guarded(d, dag_compare(d, COMPARE_EQUAL, i, same_but(x, n, REDUCE_ARGMIN, 0)), true, a)); break;
    case REDUCE_LOGSUMEXP: inside(x, body, index, times1(d, a, same_but(x, n, REDUCE_SOFTMAX, i))); break;
    case REDUCE_SOFTMAX: step_softmax(x, n, a, body, index); break;
    default: break;
    }
}

static void step(local *x, order *o, node n, node a)
{
    dag *d = x->d;
    switch (dag_kind(d, n)) {
    case NODE_ENTRY: {
        for (int i = 0; i < dag_count(d, n); i++) /* b[argmax(w)] has no derivative by w */
            if (interesting(x, dag_child(d, n, i)))
                impossible(x, dag_child(d, n, i), "an index");
        if (x->only >= 0 && dag_payload(d, n) != x->only)
            return;
        contribution *c = push(x);
        c->entry = n;
        c->value = a;
        c->var = dag_payload(d, n);
        return;
    }
    case NODE_ADD:
        for (int i = 0; i < dag_count(d, n); i++)
            give(x, o, dag_child(d, n, i), a);
        return;
    case NODE_MUL: step_product(x, o, n, a); return;
    case NODE_POW: step_power(x, o, n, a); return;
    case NODE_FUN: step_function(x, o, n, a); return;
    case NODE_APPLY: step_apply(x, o, n, a); return;
    case NODE_REDUCE: step_reduce(x, n, a); return;
    case NODE_IF:
        give(x, o, dag_child(d, n, 1), guarded(d, dag_child(d, n, 0), true, a));
        give(x, o, dag_child(d, n, 2), guarded(d, dag_child(d, n, 0), false, a));
        return;
    case NODE_COMPARE: impossible(x, n, "a comparison"); return;
    default: impossible(x, n, "this"); return;
    }
}

/* --- a sweep --- */

static void reach(local *x, order *o, int_map *seen, node n)
{
    dag *d = x->d;
    if (int_map_get(seen, n) || !interesting(x, n))
        return;
    int_map_put(seen, n, 1);
    node_kind k = dag_kind(d, n);
    /* Index expressions and bodies of binders are not below n in this sweep. */
    if (k == NODE_ADD || k == NODE_MUL || k == NODE_POW || k == NODE_FUN || k == NODE_IF || k == NODE_APPLY)
        for (int i = k == NODE_IF ? 1 : 0; i < dag_count(d, n); i++)
            if (dag_kind(d, dag_child(d, n, i)) != NODE_LAMBDA)
                reach(x, o, seen, dag_child(d, n, i));
    if (o->count == o->room) {
        o->room = o->room ? 2 * o->room : 32;
        o->list = xrealloc(o->list, (size_t)o->room * sizeof *o->list);
    }
    o->list[o->count++] = n; /* children first */
}

static void sweep_from(local *x, node n, node seed)
{
    order o = {0};
    int_map seen = {0};
    if (dag_is_int(x->d, seed, 0))
        return;
    reach(x, &o, &seen, n);
    int_map_put(&o.adjoint, n, seed);
    for (int i = o.count - 1; i >= 0; i--) {
        node a = int_map_get(&o.adjoint, o.list[i]);
        if (a)
            step(x, &o, o.list[i], a);
    }
    free(o.list);
    int_map_free(&o.adjoint);
    int_map_free(&seen);
}

void sweep_expression(model *m, node n, node seed, node root, node alias, int only, contribution_list *out)
{
    local x = {.m = m, .d = m->dag, .out = out, .root = root, .alias = alias, .only = only};
    sweep_from(&x, n, seed);
}

/* Ranges further in may depend on the renamed index: they get new indices too. */
static void rename_scope(dag *d, contribution *c, int which, int fresh)
{
    node from = dag_index_node(d, c->scope[which]), to = dag_index_node(d, fresh);
    c->scope[which] = fresh;
    c->value = dag_substitute(d, c->value, 1, &from, &to, false);
    c->entry = dag_substitute(d, c->entry, 1, &from, &to, false);
    for (int i = which + 1; i < c->scope_count; i++) {
        dag_index_info x = *dag_index_get(d, c->scope[i]);
        node lo = dag_substitute(d, x.lo, 1, &from, &to, false), hi = dag_substitute(d, x.hi, 1, &from, &to, false);
        if (lo != x.lo || hi != x.hi)
            rename_scope(d, c, i, dag_index_fresh(d, x.name, lo, hi));
    }
}

/* A summed index that is also the adjoint's own: where the entry stands at just that index, the sum and its delta cancel (Σ_j f(j) [j == i] is f(i));
 * else the summed one is renamed. */
static void settle_scope(dag *d, contribution *c, int axes, const node *own, bool *done)
{
    for (int i = 0; i < c->scope_count; i++) {
        node here = dag_index_node(d, c->scope[i]);
        int k = 0;
        while (k < axes && own[k] != here)
            k++;
        if (k == axes)
            continue;
        if (dag_child(d, c->entry, k) == here) {
            done[k] = true;
            memmove(c->scope + i, c->scope + i + 1, (size_t)(c->scope_count - i - 1) * sizeof *c->scope);
            c->scope_count--;
            i--;
            continue;
        }
        rename_scope(d, c, i, dag_index_like(d, c->scope[i]));
    }
}

node sweep_collect(model *m, const contribution *given, int axes, const node *own)
{
    dag *d = m->dag;
    contribution c = *given;
    node factor[MODEL_MAX_AXES + 1];
    bool done[MODEL_MAX_AXES] = {false};
    int count = 0;
    settle_scope(d, &c, axes, own, done);
    factor[count++] = c.value;
    for (int k = 0; k < axes; k++)
        if (!done[k])
            factor[count++] = dag_compare(d, COMPARE_EQUAL, dag_child(d, c.entry, k), own[k]);
    node n = dag_mul(d, count, factor);
    for (int i = c.scope_count - 1; i >= 0; i--)
        n = dag_sum(d, c.scope[i], n);
    return n;
}

node calculus_slope(dag *d, node function, int argument)
{
    node u[3] = {0};
    bool none;
    for (int i = 0; i < 3 && i < dag_count(d, function); i++)
        u[i] = dag_child(d, function, i);
    return op_derivative(d, (op)dag_payload(d, function), argument, u, function, &none);
}

node calculus_partial(model *m, node n, node leaf, span at)
{
    contribution_list list = {0};
    int var = dag_payload(m->dag, leaf), axes = dag_count(m->dag, leaf);
    node own[MODEL_MAX_AXES], sum = dag_int(m->dag, 0);
    const char *why = NULL;
    for (int k = 0; k < axes; k++)
        own[k] = dag_child(m->dag, leaf, k);
    sweep_expression(m, n, dag_int(m->dag, 1), 0, 0, var, &list);
    for (int i = 0; i < list.count; i++) {
        if (list.list[i].why && list.list[i].var == var)
            why = list.list[i].why;
        else if (list.list[i].entry)
            sum = dag_add2(m->dag, sum, sweep_collect(m, &list.list[i], axes, own));
    }
    free(list.list);
    if (!why)
        return sum;
    diag_add(m->diagnostics, DIAG_ERROR, at, "%s", why);
    return 0;
}
