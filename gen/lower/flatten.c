/* Two loops, one directly inside the other, that walk through every array as one loop would, become one: a relu of samples × maps × rows × columns is then one long
 * loop, which runs in vectors whatever the sizes are. Needs: a function's statements. Keeps: every assignment and its order. */
#include "gen/lower/lower_private.h"

typedef struct {
    lower_program *p;
    dag *d;
    int outer, inner; /* indices */
    node extent;      /* of the inner one */
    int_map written;  /* 1 + variable -> a target in the block */
    int_map seen;
} flattening;

static node extent_of(dag *d, const lower_statement *loop)
{
    return dag_add(d, 3, (node[]){loop->hi, dag_neg(d, loop->lo), dag_int(d, 1)});
}

/* Entries that one step of the index moves; 0: it cannot be said. */
static node step_of(const flattening *x, node entry, int index)
{
    dag *d = x->d;
    const lower_var *v = &x->p->var[dag_payload(d, entry)];
    node step = dag_int(d, 0), behind = dag_int(d, 1), rest;
    for (int i = v->axis_count - 1; i >= 0; i--) {
        int k = lower_axis_at(v, i);
        long c = 0;
        node at = dag_child(d, entry, k);
        if (dag_has_index(d, at, index) && (!dag_is_affine(d, at) || !dag_affine_split(d, at, index, &c, &rest)))
            return 0;
        step = dag_add2(d, step, dag_mul2(d, dag_int(d, c), behind));
        behind = dag_mul2(d, behind, v->size[k]);
    }
    return step;
}

/* Do two entries of an array differ on an axis along which a loop moves one of them? */
static bool differs(const flattening *x, node a, node b)
{
    dag *d = x->d;
    for (int k = 0; a != b && k < dag_count(d, a); k++) {
        const node at[] = {dag_child(d, a, k), dag_child(d, b, k)};
        if (at[0] != at[1] && (dag_has_index(d, at[0], x->outer) || dag_has_index(d, at[0], x->inner) || dag_has_index(d, at[1], x->outer) ||
                               dag_has_index(d, at[1], x->inner)))
            return true;
    }
    return false;
}

static void note_written(flattening *x, const lower_statement *s)
{
    for (; s; s = s->next) {
        if (s->kind == LOWER_ASSIGN)
            int_map_put(&x->written, 1 + dag_payload(x->d, s->target), s->target);
        note_written(x, s->body);
        note_written(x, s->otherwise);
    }
}

/* An entry that the loops walk through evenly. Of an array that is written it must be the entry written: one loop would make a neighbour of what another iteration
 * of the outer one wrote (a grid's g[i−1,j]), and then its iterations need each other. */
static bool entry_is_even(const flattening *x, node entry)
{
    node outer = step_of(x, entry, x->outer), inner = step_of(x, entry, x->inner), target = int_map_get(&x->written, 1 + dag_payload(x->d, entry));
    return outer && inner && outer == dag_mul2(x->d, x->extent, inner) && !(target && differs(x, entry, target));
}

/* Does the expression know the two indices only from entries that they walk through evenly? Expressions of statements are not deep (value.c). */
static bool is_even(flattening *x, node n)
{
    dag *d = x->d;
    if (!n || !dag_has_kind(d, n, NODE_INDEX) || int_map_get(&x->seen, n))
        return true;
    int_map_put(&x->seen, n, 1);
    if (dag_kind(d, n) == NODE_INDEX)
        return dag_payload(d, n) != x->outer && dag_payload(d, n) != x->inner;
    if (dag_kind(d, n) == NODE_ENTRY)
        return entry_is_even(x, n);
    for (int i = 0; i < dag_count(d, n); i++)
        if (!is_even(x, dag_child(d, n, i)))
            return false;
    return true;
}

/* Indices from data may be made in the block, and calls of the library hold their own index expressions. */
static bool block_is_even(flattening *x, const lower_statement *s)
{
    for (; s; s = s->next)
        if (s->kind == LOWER_PRODUCT || s->kind == LOWER_CONTRACT || s->kind == LOWER_CHECK || !is_even(x, s->lo) || !is_even(x, s->hi) ||
            !is_even(x, s->target) || !is_even(x, s->value) || !block_is_even(x, s->body) || !block_is_even(x, s->otherwise))
            return false;
    return true;
}

static void replace(dag *d, lower_statement *s, const node *from, const node *to)
{
    for (; s; s = s->next) {
        node *part[] = {&s->lo, &s->hi, &s->target, &s->value};
        for (int i = 0; i < 4; i++)
            if (*part[i])
                *part[i] = dag_substitute(d, *part[i], 2, from, to, true);
        replace(d, s->body, from, to);
        replace(d, s->otherwise, from, to);
    }
}

static bool is_plain(dag *d, const lower_statement *loop)
{
    return loop->kind == LOWER_FOR && !loop->down && !dag_has_kind(d, loop->lo, NODE_INDEX) && !dag_has_kind(d, loop->hi, NODE_INDEX) &&
           !dag_has_kind(d, loop->lo, NODE_ENTRY) && !dag_has_kind(d, loop->hi, NODE_ENTRY);
}

/* The loop and the only statement inside it as one loop, if they are so. */
static void flatten_loop(lower_program *p, lower_statement *loop)
{
    dag *d = p->m->dag;
    const lower_statement *inner = loop->body;
    if (!is_plain(d, loop) || !inner || inner->next || !is_plain(d, inner))
        return;
    flattening x = {p, d, loop->index, inner->index, extent_of(d, inner), {0}, {0}};
    note_written(&x, inner->body);
    bool even = block_is_even(&x, inner->body);
    int_map_free(&x.written), int_map_free(&x.seen);
    if (!even)
        return;
    node hi = dag_add(d, 3, (node[]){inner->lo, dag_mul2(d, extent_of(d, loop), x.extent), dag_int(d, -1)});
    int index = dag_index_fresh(d, dag_index_get(d, inner->index)->name, inner->lo, hi);
    const node from[] = {dag_index_node(d, loop->index), dag_index_node(d, inner->index)}, to[] = {loop->lo, dag_index_node(d, index)};
    loop->index = index;
    loop->lo = inner->lo, loop->hi = hi;
    loop->body = inner->body;
    replace(d, loop->body, from, to);
}

void lower_flatten(lower_program *p, lower_statement *block)
{
    for (lower_statement *s = block; s; s = s->next) {
        lower_flatten(p, s->body);
        lower_flatten(p, s->otherwise);
        flatten_loop(p, s);
    }
}
