/* Reductions that would be computed again and again get an equation and an array of their own. Needs: equations with events. Keeps: every right side's value.
 * Afterwards a nested reduction depends on all loops around it, down to the innermost it depends on, so that nest.c can put it beside them as a local scalar;
 * sums that are better added up row by row are the whole right side of their equation; SOFTMAX and LOGSUMEXP are gone (softmax.c). */
#include <stdlib.h>
#include <string.h>

#include "gen/lower/extract.h"
#include "gen/lower/lower_private.h"
#include "grammar/arena.h"
#include "grammar/map.h"

/* --- arrays for reductions --- */

static bool bounds_are_free(dag *d, int index)
{
    const dag_index_info *i = dag_index_get(d, index);
    return i->lo && i->hi && !dag_has_kind(d, i->lo, NODE_INDEX) && !dag_has_kind(d, i->hi, NODE_INDEX) && !dag_has_kind(d, i->lo, NODE_ENTRY) &&
           !dag_has_kind(d, i->hi, NODE_ENTRY);
}

int extract_free(const extraction *x, node n, int *out)
{
    int all[MAX_LOOPS], found = dag_free_indices(x->d, n, all, MAX_LOOPS), count = 0;
    if (found > MODEL_MAX_AXES)
        return -1;
    for (int i = 0; i < x->loop_count; i++)
        for (int k = 0; k < found; k++)
            if (all[k] == x->loop[i])
                out[count++] = x->loop[i];
    return count == found ? count : -1;
}

static bool index_condition(dag *d, node c)
{
    return dag_kind(d, c) == NODE_COMPARE && dag_is_affine(d, dag_child(d, c, 0)) && dag_is_affine(d, dag_child(d, c, 1));
}

/* The conditions around, as far as they may keep index expressions inside their axes. False: one cannot be kept with an array over these indices. */
static bool guard_over(const extraction *x, int count, const int *index, node *guard)
{
    dag *d = x->d;
    *guard = 0;
    for (int g = x->guard_count - 1; g >= 0; g--) {
        int used[MAX_LOOPS], n = dag_free_indices(d, x->guard[g], used, MAX_LOOPS);
        if (!index_condition(d, x->guard[g])) /* about values: it protects no access */
            continue;
        for (int i = 0; i < n; i++) {
            bool known = false;
            for (int k = 0; k < count; k++)
                known = known || index[k] == used[i];
            if (!known)
                return false;
        }
        *guard = *guard ? dag_raw_if(d, x->guard[g], *guard, dag_int(d, 0)) : x->guard[g];
    }
    return true;
}

static int population_of_index(const lower_program *p, int index)
{
    for (int k = 0; k < p->m->population_count && p->m->sample_index; k++)
        if (p->m->sample_index[k] == index)
            return k;
    return 0;
}

static int make_array(extraction *x, node value, int count, const int *index, node guard)
{
    lower_program *p = x->p;
    dag *d = x->d;
    lower_equation *owner = &p->equation[x->equation];
    lower_var v = {.place = LOWER_WORK, .model_var = -1, .axis_count = count, .line = owner->line, .equation = -1};
    v.stem = arena_printf(p->memory, "%s_part", p->var[owner->var].stem);
    lower_equation e = {.index_count = count, .rhs = value, .guard = guard, .events = owner->events, .population = -1, .line = owner->line};
    e.note = arena_printf(p->memory, "part of %s", lower_var_name(p, p->var[owner->var].model_var >= 0 ? p->var[owner->var].model_var : owner->var));
    for (int k = 0; k < count; k++) {
        const dag_index_info *i = dag_index_get(d, index[k]);
        v.start[k] = i->lo;
        v.size[k] = dag_add(d, 3, (node[]){i->hi, dag_neg(d, i->lo), dag_int(d, 1)});
        e.index[k] = index[k];
        e.at[k] = dag_index_node(d, index[k]);
    }
    if (count && dag_index_get(d, index[0])->sample) {
        v.per_sample = true;
        v.population = population_of_index(p, index[0]);
    }
    e.var = lower_add_var(p, &v);
    return lower_add_equation(p, &e);
}

node extract_array(extraction *x, node key, node value, int count, const int *index)
{
    dag *d = x->d;
    node guard, at[MODEL_MAX_AXES];
    if (count < 0)
        return 0;
    for (int k = 0; k < count; k++) {
        if (!bounds_are_free(d, index[k]) || (x->within && place_bound(x->within, index[k]) >= 0))
            return 0;
        at[k] = dag_index_node(d, index[k]);
    }
    if (!guard_over(x, count, index, &guard))
        return 0;
    if (guard)
        key = dag_raw_if(d, guard, key, dag_int(d, 0));
    int known = int_map_get(&x->p->temporaries, key);
    if (!known && !value)
        return 0;
    if (!known) {
        known = 1 + make_array(x, value, count, index, guard);
        int_map_put(&x->p->temporaries, key, known);
    } else {
        x->p->equation[known - 1].events |= x->p->equation[x->equation].events;
    }
    return dag_entry(d, x->p->equation[known - 1].var, count, at);
}

/* Would the reduction be computed again for loops it does not depend on? */
static bool repeated(const extraction *x, int count, const int *index)
{
    int deepest = -1;
    for (int i = 0; i < x->loop_count; i++)
        for (int k = 0; k < count; k++)
            if (index[k] == x->loop[i])
                deepest = i;
    return deepest + 1 > count;
}

node extract_place(extraction *x, node r, bool root)
{
    int index[MODEL_MAX_AXES], count = extract_free(x, r, index);
    if (count < 0)
        return r;
    reduction kind = (reduction)dag_payload(x->d, r);
    bool rows = (kind == REDUCE_SUM || kind == REDUCE_MAX || kind == REDUCE_MIN) && lower_rows_better(x->p, r, count, index);
    /* A sum over blocks is whole when all have been run through: nothing else of the equation may stand beside it. */
    bool over_blocks = !root && kind == REDUCE_SUM && lower_in_blocks(x->p, dag_child(x->d, r, 0), dag_child(x->d, r, 1));
    if (!over_blocks && !repeated(x, count, index) && (root || !rows))
        return r;
    node entry = extract_array(x, r, r, count, index);
    return entry ? entry : r;
}

/* --- the kinds of nodes --- */

node extract_open(extraction *x, node r, int *index)
{
    dag *d = x->d;
    int outer[MAX_LOOPS], outer_count = x->loop_count, own[MODEL_MAX_AXES], count = extract_free(x, r, own);
    node body = dag_open(d, r, index);
    if (x->loop_count == MAX_LOOPS)
        return body;
    memcpy(outer, x->loop, sizeof outer);
    if (count >= 0) {
        memcpy(x->loop, own, (size_t)count * sizeof *own);
        x->loop_count = count;
    }
    x->loop[x->loop_count++] = *index;
    body = extract(x, body);
    memcpy(x->loop, outer, sizeof outer);
    x->loop_count = outer_count;
    return body;
}

node extract_close(extraction *x, node r, reduction kind, int index, node body)
{
    return dag_raw_reduce(x->d, kind, index, extract(x, dag_child(x->d, r, 0)), extract(x, dag_child(x->d, r, 1)), 0, body);
}

static node extract_reduce(extraction *x, node r, bool root)
{
    reduction kind = (reduction)dag_payload(x->d, r);
    int index;
    if (x->loop_count + 2 >= MAX_LOOPS)
        return r;
    if (kind == REDUCE_SOFTMAX)
        return extract_softmax(x, r);
    if (kind == REDUCE_LOGSUMEXP)
        return extract_logsumexp(x, r);
    node body = extract_open(x, r, &index);
    return extract_place(x, extract_close(x, r, kind, index, body), root);
}

/* The opposite of a comparison; 0 for other conditions. */
static node opposite(dag *d, node c)
{
    if (dag_kind(d, c) != NODE_COMPARE)
        return 0;
    node a = dag_child(d, c, 0), b = dag_child(d, c, 1);
    switch ((compare)dag_payload(d, c)) {
    case COMPARE_EQUAL: return dag_raw_compare(d, COMPARE_UNEQUAL, a, b);
    case COMPARE_UNEQUAL: return dag_raw_compare(d, COMPARE_EQUAL, a, b);
    case COMPARE_LESS: return dag_raw_compare(d, COMPARE_LESS_EQUAL, b, a);
    default: return dag_raw_compare(d, COMPARE_LESS, b, a);
    }
}

/* n under one more condition; 0: a condition that is not kept. */
static node extract_under(extraction *x, node condition, node n)
{
    if (!dag_has_kind(x->d, n, NODE_REDUCE) || x->guard_count == MAX_GUARDS)
        return n;
    int_map outer = x->memo;
    x->memo = (int_map){0};
    if (condition)
        x->guard[x->guard_count++] = condition;
    n = extract(x, n);
    if (condition)
        x->guard_count--;
    int_map_free(&x->memo);
    x->memo = outer;
    return n;
}

static node extract_if(extraction *x, node n)
{
    dag *d = x->d;
    node c = extract(x, dag_child(d, n, 0));
    node yes = extract_under(x, c, dag_child(d, n, 1)), no = extract_under(x, opposite(d, c), dag_child(d, n, 2));
    return dag_raw_if(d, c, yes, no);
}

/* Factors without any index go into a sum that is added up row by row: they then cost one product a row instead of a pass over the array. */
static node extract_product(extraction *x, node n, bool root)
{
    dag *d = x->d;
    int count = dag_count(d, n), sum = -1, index[MODEL_MAX_AXES];
    for (int i = 0; i < count; i++) {
        node f = dag_child(d, n, i);
        if (dag_kind(d, f) == NODE_REDUCE && dag_payload(d, f) == REDUCE_SUM && sum < 0)
            sum = i;
        else if (dag_has_kind(d, f, NODE_INDEX) || dag_has_kind(d, f, NODE_REDUCE))
            return 0;
    }
    if (sum < 0)
        return 0;
    node r = dag_child(d, n, sum);
    int loose = extract_free(x, r, index);
    if (loose < 0 || !lower_rows_better(x->p, r, loose, index))
        return 0;
    int bound;
    node body = dag_open(d, r, &bound);
    int inside = dag_kind(d, body) == NODE_MUL ? dag_count(d, body) : 0, used = 0;
    node *list = xmalloc((size_t)(count + inside + 1) * sizeof *list);
    for (int i = 0; i < count; i++)
        if (i != sum)
            list[used++] = dag_child(d, n, i);
    for (int i = 0; i < inside; i++)
        list[used++] = dag_child(d, body, i);
    if (!inside)
        list[used++] = body;
    body = dag_raw_mul(d, used, list);
    free(list);
    return extract_reduce(x, dag_raw_reduce(d, REDUCE_SUM, bound, dag_child(d, r, 0), dag_child(d, r, 1), 0, body), root);
}

static node extract_children(extraction *x, node n)
{
    dag *d = x->d;
    int count = dag_count(d, n);
    if (count <= 0)
        return n;
    node few[8], *child = count <= 8 ? few : xmalloc((size_t)count * sizeof *child);
    for (int i = 0; i < count; i++)
        child[i] = extract(x, dag_child(d, n, i));
    node made = dag_rebuild(d, n, child, true);
    if (child != few)
        free(child);
    return made;
}

/* The only sum among the terms of n that would be added up row by row: then its rows can be added to the other terms. −1: none. */
static int row_term(extraction *x, node n)
{
    dag *d = x->d;
    int found = -1, index[MODEL_MAX_AXES];
    for (int i = 0; i < dag_count(d, n); i++) {
        node c = dag_child(d, n, i);
        if (dag_kind(d, c) != NODE_REDUCE || dag_payload(d, c) != REDUCE_SUM) {
            if (dag_has_kind(d, c, NODE_REDUCE))
                return -1;
            continue;
        }
        int count = extract_free(x, c, index);
        if (found >= 0 || count != x->loop_count || lower_in_blocks(x->p, dag_child(d, c, 0), dag_child(d, c, 1)) || !lower_rows_better(x->p, c, count, index))
            return -1;
        found = i;
    }
    return found;
}

static node extract_rows(extraction *x, node n)
{
    int term = x->guard_count || x->within ? -1 : row_term(x, n), count = dag_count(x->d, n);
    if (term < 0)
        return 0;
    node *child = xmalloc((size_t)count * sizeof *child);
    for (int i = 0; i < count; i++)
        child[i] = i == term ? extract_reduce(x, dag_child(x->d, n, i), true) : dag_child(x->d, n, i);
    node made = dag_rebuild(x->d, n, child, true);
    free(child);
    return made;
}

static node extract_node(extraction *x, node n, bool root)
{
    dag *d = x->d;
    switch (dag_kind(d, n)) {
    case NODE_ADD: {
        node made = root ? extract_rows(x, n) : 0;
        return made ? made : extract_children(x, n);
    }
    case NODE_REDUCE: return extract_reduce(x, n, root);
    case NODE_IF: return extract_if(x, n);
    case NODE_MUL: {
        node made = extract_product(x, n, root);
        return made ? made : extract_children(x, n);
    }
    default: return extract_children(x, n);
    }
}

node extract(extraction *x, node n)
{
    if (!dag_has_kind(x->d, n, NODE_REDUCE))
        return n;
    node made = int_map_get(&x->memo, n);
    if (!made) {
        made = extract_node(x, n, false);
        int_map_put(&x->memo, n, made);
    }
    return made;
}

/* The parts of a term are computed inside the loops over the target's indices that are not bound, the sums and what is bound. */
static void extract_term(extraction *x, const lower_equation *e, place_term *t)
{
    x->loop_count = 0;
    x->within = t;
    for (int k = 0; k < e->index_count; k++)
        if (place_bound(t, e->index[k]) < 0 && place_needs(x->p, t, e->index[k]))
            x->loop[x->loop_count++] = e->index[k];
    for (int i = 0; i < t->sum_count && x->loop_count < MAX_LOOPS; i++)
        if (place_bound(t, t->sum[i]) < 0)
            x->loop[x->loop_count++] = t->sum[i];
    for (int i = 0; i < t->bind_count && x->loop_count < MAX_LOOPS; i++) {
        t->bind_value[i] = extract(x, t->bind_value[i]);
        x->loop[x->loop_count++] = t->bind[i];
    }
    for (int k = 0; k < e->index_count && x->loop_count < MAX_LOOPS; k++)
        if (place_bound(t, e->index[k]) < 0 && !place_needs(x->p, t, e->index[k]))
            x->loop[x->loop_count++] = e->index[k];
    for (int i = 0; i < t->when_count; i++) {
        t->when[i] = extract_under(x, 0, t->when[i]);
        if (x->guard_count < MAX_GUARDS)
            x->guard[x->guard_count++] = t->when[i];
    }
    t->value = extract_under(x, 0, t->value);
    x->guard_count = 0;
    int_map_free(&x->memo);
    x->memo = (int_map){0};
}

static bool extract_placed(extraction *x, const lower_equation *e)
{
    place_form form;
    if (!place_parse(x->p, e, &form))
        return false;
    if (form.rest)
        form.rest = extract(x, form.rest);
    for (int i = 0; i < form.count; i++)
        extract_term(x, e, &form.term[i]);
    x->p->equation[x->equation].rhs = place_compose(x->p, &form);
    return true;
}

void lower_extract(lower_program *p, int equation)
{
    extraction x = {.p = p, .d = p->m->dag, .equation = equation};
    lower_equation e = p->equation[equation];
    if (!dag_has_kind(x.d, e.rhs, NODE_REDUCE))
        return;
    for (int k = 0; k < e.index_count; k++)
        x.loop[x.loop_count++] = e.index[k];
    if (!e.placed || !extract_placed(&x, &e)) {
        node made = extract_node(&x, e.rhs, true);
        p->equation[equation].rhs = made;
        p->equation[equation].placed = PLACED_NOT;
    }
    int_map_free(&x.memo);
}

/* --- events --- */

typedef struct {
    lower_program *p;
    const int *writer; /* per variable: the equation of this pass that fills it, −1: none */
    uint64_t events;
} spreading;

static bool spread_event(void *context, node n)
{
    spreading *s = context;
    const dag *d = s->p->m->dag;
    if (dag_kind(d, n) == NODE_ENTRY && s->writer[dag_payload(d, n)] >= 0)
        s->p->equation[s->writer[dag_payload(d, n)]].events |= s->events;
    return true;
}

/* An array made here reads only such as were made before it. */
void lower_spread_events(lower_program *p, int first)
{
    int *writer = xmalloc((size_t)(p->var_count + 1) * sizeof *writer);
    for (int v = 0; v < p->var_count; v++)
        writer[v] = -1;
    for (int i = first; i < p->equation_count; i++)
        writer[p->equation[i].var] = i;
    for (int i = p->equation_count - 1; i >= first; i--) {
        spreading s = {p, writer, p->equation[i].events};
        dag_visit(p->m->dag, p->equation[i].rhs, spread_event, &s);
        if (p->equation[i].guard)
            dag_visit(p->m->dag, p->equation[i].guard, spread_event, &s);
    }
    free(writer);
}

/* --- which loop goes inside --- */

node lower_open_sums(lower_program *p, node sum, int *index, int room, int *count)
{
    dag *d = p->m->dag;
    *count = 0;
    while (*count < room && dag_kind(d, sum) == NODE_REDUCE && dag_payload(d, sum) == REDUCE_SUM)
        sum = dag_open(d, sum, &index[(*count)++]);
    return sum;
}

typedef struct {
    dag *d;
    node inner;
    int strided;
} access_count;

/* Counts entries whose place in memory jumps when the index moves: it stands in an axis that is not the last. */
static bool count_access(void *context, node n)
{
    access_count *a = context;
    if (dag_kind(a->d, n) != NODE_ENTRY)
        return true;
    int axes = dag_count(a->d, n);
    for (int k = 0; k + 1 < axes; k++)
        if (dag_has_index(a->d, dag_child(a->d, n, k), dag_payload(a->d, a->inner))) {
            a->strided++;
            break;
        }
    return true;
}

int extract_strided(dag *d, node body, int index)
{
    access_count a = {d, dag_index_node(d, index), 0};
    dag_visit(d, body, count_access, &a);
    return a.strided;
}

bool lower_rows_better(lower_program *p, node sum, int loose_count, const int *loose)
{
    dag *d = p->m->dag;
    int index[MODEL_MAX_AXES], count;
    if (loose_count == 0 || lower_is_few(d, sum))
        return false;
    bool adds = dag_payload(d, sum) == REDUCE_SUM;
    node body = adds ? lower_open_sums(p, sum, index, MODEL_MAX_AXES, &count) : dag_open(d, sum, &index[0]);
    count = adds ? count : 1;
    if (dag_index_get(d, loose[loose_count - 1])->sample)
        return false;
    int dot = extract_strided(d, body, index[count - 1]), row = extract_strided(d, body, loose[loose_count - 1]);
    return row < dot;
}
