/* Walking and rewriting whole expressions. */
#include <stdlib.h>
#include <string.h>

#include "gen/dag/dag_private.h"

/* --- visiting --- */

static int *visit_begin(dag *d)
{
    int k = d->mark_depth++;
    if (d->mark_room[k] < d->room) {
        d->mark[k] = xrealloc(d->mark[k], (size_t)d->room * sizeof(int));
        memset(d->mark[k] + d->mark_room[k], 0, (size_t)(d->room - d->mark_room[k]) * sizeof(int));
        d->mark_room[k] = d->room;
    }
    d->mark_epoch[k]++;
    return d->mark[k];
}

static bool visit_node(dag *d, int k, int limit, node n, bool (*visit)(void *, node), void *context)
{
    if (n <= limit && d->mark[k][n] == d->mark_epoch[k])
        return true;
    d->work += DAG_VISITED;
    if (n <= limit)
        d->mark[k][n] = d->mark_epoch[k];
    for (int i = 0; i < dag_count(d, n); i++)
        if (!visit_node(d, k, limit, dag_child(d, n, i), visit, context))
            return false;
    return visit(context, n);
}

void dag_visit(dag *d, node n, bool (*visit)(void *context, node n), void *context)
{
    if (!n)
        return;
    visit_begin(d);
    int k = d->mark_depth - 1;
    visit_node(d, k, d->count, n, visit, context);
    d->mark_depth--;
}

typedef struct {
    dag *d;
    int wanted;
    node_kind kind;
    bool found;
} search;

static bool search_node(void *context, node n)
{
    search *s = context;
    if (dag_kind(s->d, n) == s->kind && (s->wanted < 0 || dag_payload(s->d, n) == s->wanted))
        s->found = true;
    return !s->found;
}

static bool has(dag *d, node n, node_kind kind, int payload)
{
    if (!n || !dag_has_kind(d, n, kind))
        return false;
    search s = {d, payload, kind, false};
    dag_visit(d, n, search_node, &s);
    return s.found;
}

bool dag_has_index(dag *d, node n, int index)
{
    return has(d, n, NODE_INDEX, index);
}
bool dag_has_variable(dag *d, node n, int variable)
{
    return has(d, n, NODE_ENTRY, variable);
}

typedef struct {
    dag *d;
    int *out, room, count;
} collection;

static bool collect_index(void *context, node n)
{
    collection *c = context;
    if (dag_kind(c->d, n) == NODE_INDEX) {
        if (c->count < c->room)
            c->out[c->count] = dag_payload(c->d, n);
        c->count++;
    }
    return true;
}

int dag_free_indices(dag *d, node n, int *out, int room)
{
    collection c = {d, out, room, 0};
    if (n && dag_has_kind(d, n, NODE_INDEX))
        dag_visit(d, n, collect_index, &c);
    return c.count;
}

/* --- rebuilding --- */

node dag_rebuild(dag *d, node n, const node *children, bool raw)
{
    node_kind kind = dag_kind(d, n);
    int32_t payload = dag_payload(d, n);
    int count = dag_count(d, n);
    switch (kind) {
    case NODE_ADD: return raw ? dag_raw_add(d, count, children) : dag_add(d, count, children);
    case NODE_MUL: return raw ? dag_raw_mul(d, count, children) : dag_mul(d, count, children);
    case NODE_POW: return raw ? dag_raw_pow(d, children[0], children[1]) : dag_pow(d, children[0], children[1]);
    case NODE_FUN: return raw ? dag_raw_fun(d, (op)payload, count, children) : dag_fun(d, (op)payload, count, children);
    case NODE_COMPARE:
        return raw ? dag_raw_compare(d, (compare)payload, children[0], children[1]) : dag_compare(d, (compare)payload, children[0], children[1]);
    case NODE_IF: return raw ? dag_raw_if(d, children[0], children[1], children[2]) : dag_if(d, children[0], children[1], children[2]);
    default: {
        node made = dag_make(d, kind, payload, count, children);
        if (dag_binds(d, made) && !d->hint[made])
            d->hint[made] = d->hint[n];
        return made;
    }
    }
}

node dag_rebuild_opened(dag *d, node n, int index, const node *children)
{
    int last = dag_count(d, n) - 1;
    if (dag_kind(d, n) == NODE_LAMBDA)
        return dag_lambda(d, index, children[0], children[1], children[last]);
    if (dag_kind(d, n) == NODE_REDUCE)
        return dag_raw_reduce(d, (reduction)dag_payload(d, n), index, children[0], children[1], last == 3 ? children[2] : 0, children[last]);
    return dag_rebuild(d, n, children, true);
}

node dag_map_children(dag *d, node n, node (*change)(void *context, node child), void *context)
{
    int count = dag_count(d, n), index = -1;
    node few[8], *child = count <= 8 ? few : xmalloc((size_t)count * sizeof *child);
    bool binds = dag_binds(d, n), changed = false;
    for (int i = 0; i < count; i++) {
        node c = binds && i == count - 1 ? dag_look_inside(d, n, &index) : dag_child(d, n, i);
        child[i] = change(context, c);
        changed = changed || child[i] != c;
    }
    node made = changed ? dag_rebuild_opened(d, n, index, child) : n;
    if (child != few)
        free(child);
    return made;
}

typedef struct {
    dag *d;
    int count;
    const node *from, *to;
    bool raw, deep; /* deep: binders must be opened */
    uint32_t kinds; /* kinds of the replaced leaves: subtrees without them are left alone */
    int_map memo;
} substitution;

static node substitute(substitution *s, node n);

static node substitute_binder(substitution *s, node n)
{
    dag *d = s->d;
    int index, count = dag_count(d, n);
    node child[4];
    for (int i = 0; i < count - 1; i++)
        child[i] = substitute(s, dag_child(d, n, i));
    node body = dag_open(d, n, &index);
    /* The range of the fresh index is the new one: rules that compare indices look at it. */
    d->index[index].lo = child[0];
    d->index[index].hi = child[1];
    body = substitute(s, body);
    node at = count == 4 ? child[2] : 0;
    if (dag_kind(d, n) == NODE_LAMBDA)
        return dag_lambda(d, index, child[0], child[1], body);
    reduction r = (reduction)dag_payload(d, n);
    return s->raw ? dag_raw_reduce(d, r, index, child[0], child[1], at, body) : dag_reduce(d, r, index, child[0], child[1], at, body);
}

static node substitute_children(substitution *s, node n)
{
    dag *d = s->d;
    int count = dag_count(d, n);
    if (count == 0)
        return n;
    node few[8], *child = count <= 8 ? few : xmalloc((size_t)count * sizeof *child);
    bool changed = false;
    for (int i = 0; i < count; i++) {
        child[i] = substitute(s, dag_child(d, n, i));
        changed |= child[i] != dag_child(d, n, i);
    }
    node made = changed ? dag_rebuild(d, n, child, s->raw) : n;
    if (child != few)
        free(child);
    return made;
}

static node substitute(substitution *s, node n)
{
    dag *d = s->d;
    if (!(d->nodes.list[n].kinds & s->kinds))
        return n;
    node known = int_map_get(&s->memo, n);
    if (known)
        return known;
    node made = 0;
    for (int i = 0; i < s->count && !made; i++)
        if (s->from[i] == n)
            made = s->to[i];
    if (!made)
        made = s->deep && dag_binds(d, n) ? substitute_binder(s, n) : substitute_children(s, n);
    int_map_put(&s->memo, n, made);
    return made;
}

node dag_substitute(dag *d, node n, int count, const node *from, const node *to, bool raw)
{
    substitution s = {.d = d, .count = count, .from = from, .to = to, .raw = raw, .deep = !raw};
    for (int i = 0; i < count; i++) {
        s.kinds |= 1u << dag_kind(d, from[i]);
        s.deep |= dag_height(d, to[i]) > 0;
    }
    node made = count && n ? substitute(&s, n) : n;
    int_map_free(&s.memo);
    return made;
}

/* --- bound indices --- */

typedef struct {
    dag *d;
    int level;
    node by;
    int_map memo;
} renaming;

static node rename_bound(renaming *r, node n)
{
    dag *d = r->d;
    if (!dag_has_kind(d, n, NODE_BOUND))
        return n;
    if (dag_kind(d, n) == NODE_BOUND)
        return dag_payload(d, n) == r->level ? r->by : n;
    node known = int_map_get(&r->memo, n);
    if (known)
        return known;
    int count = dag_count(d, n);
    node few[8], *child = count <= 8 ? few : xmalloc((size_t)count * sizeof *child);
    bool changed = false;
    for (int i = 0; i < count; i++) {
        /* The body of an inner binder of the same height owns its BOUND. */
        bool own = dag_binds(d, n) && i == count - 1 && d->nodes.list[n].height == r->level;
        child[i] = own ? dag_child(d, n, i) : rename_bound(r, dag_child(d, n, i));
        changed |= child[i] != dag_child(d, n, i);
    }
    node made = changed ? dag_rebuild(d, n, child, true) : n;
    if (child != few)
        free(child);
    int_map_put(&r->memo, n, made);
    return made;
}

node dag_replace_bound(dag *d, node n, int level, node by)
{
    renaming r = {.d = d, .level = level, .by = by};
    node made = rename_bound(&r, n);
    int_map_free(&r.memo);
    return made;
}

node dag_open(dag *d, node binder, int *index)
{
    int count = dag_count(d, binder);
    *index = dag_index_fresh(d, d->hint[binder], dag_child(d, binder, 0), dag_child(d, binder, 1));
    return dag_replace_bound(d, dag_child(d, binder, count - 1), d->nodes.list[binder].height, dag_index_node(d, *index));
}

node dag_look_inside(dag *d, node binder, int *index)
{
    int at = int_map_get(&d->seen, binder);
    if (!at) {
        struct dag_inside x;
        x.body = dag_open(d, binder, &x.index);
        if (d->inside_count == d->inside_room) {
            d->inside_room = d->inside_room ? 2 * d->inside_room : 64;
            d->inside = xrealloc(d->inside, (size_t)d->inside_room * sizeof *d->inside);
        }
        d->inside[d->inside_count++] = x;
        int_map_put(&d->seen, binder, at = d->inside_count);
    }
    *index = d->inside[at - 1].index;
    return d->inside[at - 1].body;
}

/* --- simplification of raw expressions --- */

typedef struct {
    dag *d;
    int_map memo;
} simplification;

static node simplify(simplification *s, node n)
{
    dag *d = s->d;
    int count = dag_count(d, n);
    if (count == 0)
        return n;
    node known = int_map_get(&s->memo, n);
    if (known)
        return known;
    node few[8], *child = count <= 8 ? few : xmalloc((size_t)count * sizeof *child), made;
    int last = dag_binds(d, n) ? count - 1 : count;
    for (int i = 0; i < last; i++)
        child[i] = simplify(s, dag_child(d, n, i));
    if (last == count) {
        made = dag_rebuild(d, n, child, false);
    } else {
        int index;
        node body = dag_open(d, n, &index), at = count == 4 ? child[2] : 0;
        d->index[index].lo = child[0];
        d->index[index].hi = child[1];
        body = simplify(s, body);
        made = dag_kind(d, n) == NODE_LAMBDA ? dag_lambda(d, index, child[0], child[1], body)
                                             : dag_reduce(d, (reduction)dag_payload(d, n), index, child[0], child[1], at, body);
    }
    if (child != few)
        free(child);
    int_map_put(&s->memo, n, made);
    return made;
}

node dag_simplify(dag *d, node n)
{
    simplification s = {.d = d};
    node made = n ? simplify(&s, n) : 0;
    int_map_free(&s.memo);
    return made;
}
