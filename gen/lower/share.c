/* Costly values (functions, sums) that stand in several places, or inside a loop they do not depend on, are computed once, into an array. Needs: products in
 * equations of their own. Keeps: every value to the bit. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gen/lower/product.h"
#include "grammar/arena.h"

/* LEAST_SAVED: of sums and functions that are computed once more than needed, each counted as one of a vector; ALONE: what a function costs that is not. */
enum { MAX_LOOPS = 24, MAX_AXES = 2, LEAST_SAVED = 100, ALONE = 8 };
static const double MOST = 1e9;

typedef struct {
    contraction *c;
    dag *d;
    bool replace; /* second walk */
    int loop[MAX_LOOPS], loop_count;
    int_map seen; /* per equation: node -> counted, or what replaces it */
    int_map cost; /* key -> what all places together compute, at most MOST */
} sharing;

static node walk(sharing *x, node n);

static int ordered_indices(const sharing *x, node n, int *out)
{
    int used[MAX_LOOPS], found = dag_free_indices(x->d, n, used, MAX_LOOPS), count = 0;
    if (found > MAX_AXES)
        return -1;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < found; i++) {
            const dag_index_info *r = dag_index_get(x->d, used[i]);
            if (!r->lo || !r->hi || dag_has_kind(x->d, r->lo, NODE_INDEX) || dag_has_kind(x->d, r->hi, NODE_INDEX) || dag_has_kind(x->d, r->lo, NODE_ENTRY) ||
                dag_has_kind(x->d, r->hi, NODE_ENTRY))
                return -1;
            if (contract_is_sample(x->c, used[i]) == (pass == 0))
                out[count++] = used[i];
        }
    return count;
}

/* Worth an array of its own? Functions of one number are not (they cost less than the array's place in the plan); sums are, with or without indices. */
static bool costly(const sharing *x, node n)
{
    node_kind k = dag_kind(x->d, n);
    if (k == NODE_REDUCE)
        return dag_payload(x->d, n) == REDUCE_SUM && !dag_has_kind(x->d, n, NODE_IF);
    return k == NODE_FUN && dag_count(x->d, n) == 1 && dag_has_kind(x->d, n, NODE_INDEX) && dag_has_kind(x->d, n, NODE_ENTRY) &&
           !dag_has_kind(x->d, n, NODE_IF);
}

/* How often its innermost part would be computed, about. */
static double work_of(const sharing *x, node n, int count, const int *index)
{
    double work = 1;
    for (int k = 0; k < count; k++)
        work *= product_extent(x->c->p, index[k]);
    while (dag_kind(x->d, n) == NODE_REDUCE && dag_payload(x->d, n) == REDUCE_SUM) {
        int sum;
        n = dag_look_inside(x->d, n, &sum);
        work *= product_extent(x->c->p, sum);
    }
    return work;
}

/* What it costs in this place: it is computed in the innermost loop that moves it, and alone if there are further loops inside. */
static double cost_here(const sharing *x, node n, double work, int count)
{
    int deepest = x->loop_count, moving = 0;
    while (deepest > 0 && !dag_has_index(x->d, n, x->loop[deepest - 1]))
        deepest--;
    for (int i = 0; i < deepest; i++)
        if (dag_has_index(x->d, n, x->loop[i]))
            moving++;
        else
            work *= product_extent(x->c->p, x->loop[i]);
    bool alone = dag_kind(x->d, n) == NODE_FUN && count > 0 && moving == count && deepest < x->loop_count;
    return alone ? work * ALONE : work;
}

static node walk_children(sharing *x, node n)
{
    dag *d = x->d;
    int count = dag_count(d, n);
    if (dag_kind(d, n) == NODE_REDUCE && dag_payload(d, n) == REDUCE_SUM) {
        int index;
        node lo = dag_child(d, n, 0), hi = dag_child(d, n, 1), body = dag_look_inside(d, n, &index);
        if (x->loop_count == MAX_LOOPS)
            return n;
        int outer[MAX_LOOPS], outer_count = x->loop_count, kept = 0;
        memcpy(outer, x->loop, sizeof outer);
        for (int i = 0; i < outer_count; i++) /* loops that do not move it are not around it (extract.c) */
            if (dag_has_index(d, n, outer[i]))
                x->loop[kept++] = outer[i];
        x->loop[kept] = index;
        x->loop_count = kept + 1;
        node made = walk(x, body);
        memcpy(x->loop, outer, sizeof outer);
        x->loop_count = outer_count;
        return x->replace ? dag_raw_reduce(d, REDUCE_SUM, index, lo, hi, 0, made) : n;
    }
    if (dag_binds(d, n) || dag_kind(d, n) == NODE_IF || dag_kind(d, n) == NODE_ENTRY)
        return n;
    node few[8], *child = count <= 8 ? few : xmalloc((size_t)count * sizeof *child);
    bool changed = false;
    for (int i = 0; i < count; i++) {
        child[i] = walk(x, dag_child(d, n, i));
        changed = changed || child[i] != dag_child(d, n, i);
    }
    node made = changed ? dag_rebuild(d, n, child, true) : n;
    if (child != few)
        free(child);
    return made;
}

static node walk(sharing *x, node n)
{
    if (!dag_has_kind(x->d, n, NODE_FUN) && !dag_has_kind(x->d, n, NODE_REDUCE))
        return n;
    int known = int_map_get(&x->seen, n);
    if (known)
        return x->replace ? known : n;
    int index[MAX_LOOPS], count = costly(x, n) ? ordered_indices(x, n, index) : -1;
    double work = count >= 0 ? work_of(x, n, count, index) : 0;
    node key = count >= 0 ? contract_key(x->c, n, count, index) : 0, made;
    if (key && !x->replace)
        int_map_put(&x->cost, key, (int)fmin(int_map_get(&x->cost, key) + cost_here(x, n, work, count), MOST));
    int array = key ? int_map_get(&x->c->arrays, key) : 0;
    /* What stands inside a value that is shared is shared with it. An array is not filled from itself. */
    if (array && array - 1 != x->c->owner) {
        made = contract_array(x->c, key, n, count, index);
    } else if (key && !array && x->replace && int_map_get(&x->cost, key) - work >= LEAST_SAVED) {
        int outer[MAX_LOOPS], outer_count = x->loop_count;
        memcpy(outer, x->loop, sizeof outer);
        memcpy(x->loop, index, (size_t)count * sizeof *index);
        x->loop_count = count;
        made = walk_children(x, n);
        memcpy(x->loop, outer, sizeof outer);
        x->loop_count = outer_count;
        made = contract_array(x->c, key, made, count, index);
    } else {
        made = walk_children(x, n);
    }
    int_map_put(&x->seen, n, made);
    return x->replace ? made : n;
}

static void walk_equation(sharing *x, int number)
{
    lower_equation *e = &x->c->p->equation[number];
    if (!e->events || e->product || e->guard || !(dag_has_kind(x->d, e->rhs, NODE_FUN) || dag_has_kind(x->d, e->rhs, NODE_REDUCE)))
        return;
    x->c->owner = number;
    x->loop_count = 0;
    for (int k = 0; k < e->index_count; k++)
        x->loop[x->loop_count++] = e->index[k];
    node made = walk(x, e->rhs);
    x->c->p->equation[number].rhs = made;
    int_map_free(&x->seen);
    x->seen = (int_map){0};
}

void lower_share(contraction *c)
{
    sharing x = {.c = c, .d = c->d};
    int count = c->p->equation_count;
    for (int pass = 0; pass < 2; pass++) {
        x.replace = pass == 1;
        for (int i = 0; i < count; i++)
            walk_equation(&x, i);
    }
    int_map_free(&x.cost);
}
