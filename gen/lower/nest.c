/* Loops. Needs: units in order. Gives functions: each a tree of statements, at most about `limit` of them, so that the C compiler stays linear.
 * Equations that follow each other over the same range share its loop when each iteration of the later one needs only the same iteration of the earlier one. */
#include <stdlib.h>
#include <string.h>

#include "gen/dag/break.h"
#include "gen/lower/lower_private.h"
#include "gen/lower/nest.h"
#include "gen/lower/place.h"
#include "gen/lower/walk.h"
#include "grammar/arena.h"

/* --- functions --- */

static void function_open(nest *b)
{
    b->root = NULL;
    b->frame[0] = (nest_frame){.tail = &b->root, .index = -1, .serial = b->serial};
    b->depth = b->floor = 1;
    b->statements = 0;
    b->checks = false;
}

static void function_close(nest *b, uint64_t events, const int_list *equations)
{
    lower_program *p = b->p;
    if (b->depth == 0)
        return;
    while (b->depth > 1)
        nest_close(b);
    nest_forget(b, &b->frame[0]);
    b->depth = 0;
    if (p->function_count == p->function_room) {
        int room = p->function_room ? 2 * p->function_room : 16;
        lower_function *list = arena_alloc(p->memory, (size_t)room * sizeof *list);
        if (p->function_count)
            memcpy(list, p->function, (size_t)p->function_count * sizeof *list);
        p->function = list;
        p->function_room = room;
    }
    lower_merge(p, &b->root);
    lower_function *f = &p->function[p->function_count++];
    *f = (lower_function){.body = b->root, .events = events, .equation_count = equations->count, .checks = b->checks};
    f->equation = arena_alloc(p->memory, (size_t)equations->count * sizeof(int));
    memcpy(f->equation, equations->at, (size_t)equations->count * sizeof(int));
}

/* --- which loops an equation wants around it, and which it can share --- */

typedef struct {
    lower_equation *e;
    int number;
    bool rows, flat;
    bool steps;                   /* rows: the first sum is over the steps of a recurrence, and its loop stands outside all others */
    bool pieces;                  /* terms under conditions that are decided outside */
    bool placed;                  /* as place.c does; outer: the loops around all terms */
    int sum[MODEL_MAX_AXES], sum_count; /* rows: the summed indices */
    node body;
    node rest; /* rows: what they are added to; 0: nothing */
    int outer[MODEL_MAX_AXES], outer_count;
    int inner;                    /* rows: the innermost index */
    lower_how how;                /* rows: ADD, or MAX, MIN */
} plan;

static void plan_placed(nest *b, plan *x)
{
    place_form form;
    if (!place_parse(b->p, x->e, &form))
        return;
    int count = x->outer_count;
    bool calls = x->e->placed == PLACED_TURNED && nest_calls(b, &form);
    x->placed = true;
    x->outer_count = 0;
    for (int k = 0; k < count; k++)
        if (!calls && place_outside(b->p, x->e, &form, x->outer[k]))
            x->outer[x->outer_count++] = x->outer[k];
}

/* The only sum among the terms of a right side, and the other terms; the right side itself where it is no sum of terms. */
static node single_sum(nest *b, node rhs, node *rest)
{
    dag *d = b->d;
    node sum = 0, terms = 0;
    *rest = 0;
    if (dag_kind(d, rhs) != NODE_ADD)
        return rhs;
    for (int i = 0; i < dag_count(d, rhs); i++) {
        node c = dag_child(d, rhs, i);
        if (dag_kind(d, c) == NODE_REDUCE && dag_payload(d, c) == REDUCE_SUM && !sum)
            sum = c;
        else if (dag_has_kind(d, c, NODE_REDUCE))
            return rhs;
        else
            terms = terms ? dag_raw_add(d, 2, (node[]){terms, c}) : c;
    }
    *rest = sum ? terms : 0;
    return sum ? sum : rhs;
}

typedef struct {
    const nest *b;
    const plan *x;
    bool found;
} step_search;

/* An entry that a recurrence computes in this step, one for each entry of the target. */
static bool find_step(void *context, node n)
{
    step_search *s = context;
    const nest *b = s->b;
    if (dag_kind(b->d, n) != NODE_ENTRY)
        return true;
    int writer = int_map_get(&b->written, 1 + dag_payload(b->d, n)), axes = 0;
    const lower_equation *w = writer ? &b->p->equation[writer - 1] : NULL, *e = s->x->e;
    for (int i = 0; w && i < w->open_count; i++)
        axes |= lower_own_axes(b->d, dag_entry(b->d, w->var, dag_count(b->d, n), w->at), dag_index_node(b->d, w->open[i]));
    bool all = axes & lower_own_axes(b->d, n, dag_index_node(b->d, s->x->sum[0]));
    for (int k = 0; k < e->index_count; k++)
        all = all && lower_own_axes(b->d, n, dag_index_node(b->d, e->index[k]));
    s->found = s->found || all;
    return !s->found;
}

static bool sums_steps(const nest *b, const plan *x)
{
    step_search s = {b, x, false};
    if (x->how == LOWER_ADD && x->outer_count && !x->rest && !x->e->guard && b->floor == 1)
        dag_visit(b->d, x->body, find_step, &s);
    return s.found;
}

static void plan_equation(nest *b, int number, plan *x)
{
    dag *d = b->d;
    lower_equation *e = &b->p->equation[number];
    *x = (plan){.e = e, .number = number, .inner = -1};
    if (e->product)
        return;
    for (int k = 0; k < e->index_count; k++)
        x->outer[x->outer_count++] = e->index[k];
    x->flat = !dag_has_kind(d, e->rhs, NODE_REDUCE);
    x->pieces = x->flat && !e->placed && nest_has_pieces(b, e, e->rhs);
    if (x->pieces) {
        x->outer_count = 0;
        return;
    }
    node rest, reduce = single_sum(b, e->rhs, &rest);
    reduction kind = dag_kind(d, reduce) == NODE_REDUCE ? (reduction)dag_payload(d, reduce) : REDUCE_ARGMAX;
    bool sum = kind == REDUCE_SUM, extreme = kind == REDUCE_MAX || kind == REDUCE_MIN;
    /* Indices of loops that a recurrence has already opened are not this equation's to order. */
    int open = 0;
    for (int k = 0; k < e->index_count; k++)
        if (int_map_get(&b->index_depth, 1 + e->index[k]) && int_map_get(&b->index_depth, 1 + e->index[k]) <= b->floor)
            open++;
    if (open) {
        x->outer_count = 0;
        for (int k = 0; k < e->index_count; k++) {
            int depth = int_map_get(&b->index_depth, 1 + e->index[k]);
            if (!(depth && depth <= b->floor))
                x->outer[x->outer_count++] = e->index[k];
        }
    }
    if (e->placed)
        plan_placed(b, x);
    if (x->placed || (!sum && !extreme) || x->outer_count == 0 || !lower_rows_better(b->p, reduce, x->outer_count, x->outer))
        return;
    x->rows = true;
    x->rest = rest;
    x->how = sum ? LOWER_ADD : kind == REDUCE_MAX ? LOWER_MAX : LOWER_MIN;
    if (sum)
        x->body = lower_open_sums(b->p, reduce, x->sum, MODEL_MAX_AXES, &x->sum_count);
    else
        x->body = dag_open(d, reduce, &x->sum[x->sum_count++]);
    nest_count_uses(b, x->body);
    if (rest)
        nest_count_uses(b, rest);
    x->inner = x->outer[--x->outer_count];
    x->steps = sums_steps(b, x);
    x->outer_count = x->steps ? 0 : x->outer_count;
}

static bool same_range(const dag *d, int a, int b)
{
    const dag_index_info *x = dag_index_get(d, a), *y = dag_index_get(d, b);
    return a == b || (x->lo == y->lo && x->hi == y->hi && x->sample == y->sample);
}

typedef struct {
    nest *b;
    const lower_equation *e;
    int frame, own; /* the frame looked at; the equation's index for it */
    bool conflict;
} sharing;

/* An entry that an earlier equation in this loop writes must be written by the same iteration. */
static bool check_read(void *context, node n)
{
    sharing *s = context;
    nest *b = s->b;
    dag *d = b->d;
    if (dag_kind(d, n) != NODE_ENTRY || dag_count(d, n) == 0)
        return true;
    int var = dag_payload(d, n), writer = int_map_get(&b->written, 1 + var);
    if (!writer || int_map_get(&b->written_serial, 1 + var) <= b->frame[s->frame].serial)
        return true;
    const lower_equation *w = &b->p->equation[writer - 1];
    node loop = dag_index_node(d, b->frame[s->frame].index);
    for (int k = 0; k < dag_count(d, n); k++) {
        node own = dag_child(d, n, k);
        if (w->at[k] == loop && own == dag_index_node(d, s->own))
            return true;
        /* An earlier iteration of a recurrence around both. */
        if (dag_kind(d, w->at[k]) == NODE_INDEX && own != w->at[k] && dag_has_index(d, own, dag_payload(d, w->at[k]))) {
            int depth = int_map_get(&b->index_depth, 1 + dag_payload(d, w->at[k]));
            if (depth && depth <= b->floor)
                return true;
        }
    }
    s->conflict = true;
    return false;
}

static bool may_share(nest *b, const plan *x, int frame, int own)
{
    sharing s = {b, x->e, frame, own, false};
    dag_visit(b->d, x->e->rhs, check_read, &s);
    if (x->e->guard && !s.conflict)
        dag_visit(b->d, x->e->guard, check_read, &s);
    return !s.conflict;
}

/* Is the condition known outside the loops that could be shared? Then it is better outside: a loop without conditions runs in vectors. */
static bool guarded_outside(nest *b, const lower_equation *e)
{
    int used[2 * MODEL_MAX_AXES], count = e->guard ? dag_free_indices(b->d, e->guard, used, 2 * MODEL_MAX_AXES) : -1;
    for (int i = 0; i < count && i < 2 * MODEL_MAX_AXES; i++) {
        int depth = int_map_get(&b->index_depth, 1 + used[i]);
        if (!depth || depth > b->floor)
            return false;
    }
    return count >= 0;
}

/* How many of the open loops above floor the equation can stay in. */
static int shared_loops(nest *b, const plan *x)
{
    int keep = 0;
    if (guarded_outside(b, x->e))
        return 0;
    for (; keep < x->outer_count && b->floor + keep < b->depth; keep++) {
        const nest_frame *f = &b->frame[b->floor + keep];
        if (f->conditional || f->narrowed || f->index < 0 || f->statement->kind != LOWER_FOR || f->statement->down ||
            !same_range(b->d, f->index, x->outer[keep]))
            break;
        bool innermost = keep + 1 == x->outer_count && x->inner < 0, sample = dag_index_get(b->d, f->index)->sample;
        if (innermost && !sample && (f->has_loop || !x->flat))
            break;
        if (!may_share(b, x, b->floor + keep, x->outer[keep]))
            break;
    }
    return keep;
}

static node renamed(dag *d, node n, int from, int to)
{
    node a = dag_index_node(d, from), b = dag_index_node(d, to);
    return n ? dag_substitute(d, n, 1, &a, &b, true) : 0;
}

static void replace_in_bodies(dag *d, plan *x, int from, int to)
{
    x->body = renamed(d, x->body, from, to);
    x->rest = renamed(d, x->rest, from, to);
}

/* Summed indices whose ranges depend on `from` become others, with ranges that depend on `to`. */
static void replace_in_ranges(dag *d, plan *x, int from, int to)
{
    for (int k = 0; k < x->sum_count; k++) {
        const dag_index_info old = *dag_index_get(d, x->sum[k]);
        if (!(old.lo && dag_has_index(d, old.lo, from)) && !(old.hi && dag_has_index(d, old.hi, from)))
            continue;
        int fresh = dag_index_fresh(d, old.name, renamed(d, old.lo, from, to), renamed(d, old.hi, from, to));
        replace_in_bodies(d, x, x->sum[k], fresh);
        x->sum[k] = fresh;
    }
}

static void replace_index(nest *b, plan *x, int from, int to)
{
    dag *d = b->d;
    lower_equation *e = x->e;
    e->rhs = renamed(d, e->rhs, from, to);
    e->guard = renamed(d, e->guard, from, to);
    replace_in_bodies(d, x, from, to);
    replace_in_ranges(d, x, from, to);
    for (int k = 0; k < b->p->var[e->var].axis_count; k++)
        e->at[k] = renamed(d, e->at[k], from, to);
    for (int k = 0; k < e->index_count; k++)
        e->index[k] = e->index[k] == from ? to : e->index[k];
    for (int k = 0; k < x->outer_count; k++)
        x->outer[k] = x->outer[k] == from ? to : x->outer[k];
    x->inner = x->inner == from ? to : x->inner;
}

/* The equation may run over `to` on another axis of its own: that one gets a fresh index first. */
static void rename_index(nest *b, plan *x, int from, int to)
{
    const lower_equation *e = x->e;
    if (from == to)
        return;
    for (int k = 0; k < e->index_count; k++)
        if (e->index[k] == to) {
            const dag_index_info *own = dag_index_get(b->d, to);
            replace_index(b, x, to, dag_index_fresh(b->d, own->name, own->lo, own->hi));
        }
    replace_index(b, x, from, to);
    if (!x->rows)
        nest_count_uses(b, e->rhs);
}

/* --- one equation --- */

static void fill_zero(nest *b, node target, int count, const int *index)
{
    for (int i = 0; i < count; i++)
        nest_open_index(b, index[i]);
    nest_assign(b, BROKEN("zero") ? LOWER_ADD : LOWER_SET, target, dag_int(b->d, 0));
    for (int i = 0; i < count; i++)
        nest_close(b);
}

/* An extreme begins with the first value. */
static void fill_first(nest *b, const plan *x, node target, node body, const nest_row *row)
{
    dag *d = b->d;
    node from = dag_index_node(d, x->sum[0]), lo = dag_index_get(d, x->sum[0])->lo;
    nest_open_for(b, row->index, nest_value(b, row->lo), nest_value(b, row->hi), false);
    node value = nest_value(b, dag_substitute(d, body, 1, &from, &lo, true));
    nest_assign(b, LOWER_SET, target, value);
    nest_close(b);
}

/* What rows are added to. */
static void fill_rest(nest *b, node target, node rest, const nest_row *row)
{
    nest_open_for(b, row->index, nest_value(b, row->lo), nest_value(b, row->hi), false);
    nest_assign(b, BROKEN("zero") ? LOWER_ADD : LOWER_SET, target, nest_value(b, rest));
    nest_close(b);
}

static void rows(nest *b, const plan *x, node target, node guard)
{
    const dag_index_info *range = dag_index_get(b->d, x->inner);
    nest_row row = {x->inner, range->lo, range->hi}, whole = row;
    node body = nest_narrow_all(b->d, &row, guard, x->body);
    if (x->rest)
        fill_rest(b, target, nest_narrow_all(b->d, &whole, guard, x->rest), &row);
    else if (x->how == LOWER_ADD)
        fill_zero(b, target, 1, &x->inner);
    else
        fill_first(b, x, target, body, &row);
    for (int i = 0; i < x->sum_count; i++)
        nest_open_index(b, x->sum[i]);
    nest_add_row(b, x->how, target, body, &row);
    for (int i = 0; i < x->sum_count; i++)
        nest_close(b);
}

/* The same with the loop over the steps outside: what a step computed is added up while it is in the cache. */
static void rows_by_steps(nest *b, const plan *x, node target)
{
    const dag_index_info *range = dag_index_get(b->d, x->inner);
    const nest_row row = {x->inner, range->lo, range->hi};
    const lower_equation *e = x->e;
    int depth = b->depth;
    fill_zero(b, target, e->index_count, e->index);
    nest_open_index(b, x->sum[0]);
    b->frame[depth].statement->steps = true;
    for (int k = 0; k < e->index_count; k++)
        if (e->index[k] != x->inner)
            nest_open_index(b, e->index[k]);
    for (int i = 1; i < x->sum_count; i++)
        nest_open_index(b, x->sum[i]);
    nest_add_row(b, LOWER_ADD, target, x->body, &row);
    while (b->depth > depth)
        nest_close(b);
}

static void note_written(nest *b, const plan *x)
{
    b->serial++;
    int_map_put(&b->written, 1 + x->e->var, 1 + x->number);
    int_map_put(&b->written_serial, 1 + x->e->var, b->serial);
    lower_var *v = &b->p->var[x->e->var];
    if (v->equation < 0 && !x->e->in_place)
        v->equation = x->number;
}

/* An index of the right side that no loop runs over is a mistake of an earlier stage. */
static bool indices_are_open(nest *b, const plan *x)
{
    int used[4 * MODEL_MAX_AXES], count = dag_free_indices(b->d, x->e->rhs, used, 4 * MODEL_MAX_AXES);
    for (int i = 0; i < count && i < 4 * MODEL_MAX_AXES; i++) {
        bool own = used[i] == x->inner;
        for (int k = 0; k < x->e->index_count; k++)
            own = own || used[i] == x->e->index[k];
        if (own || int_map_get(&b->index_depth, 1 + used[i]))
            continue;
        diag_add(b->p->m->diagnostics, DIAG_ERROR, (span){b->p->m->source, 0, 0}, "an index on the right side of the equation for %s (line %d) has no range",
                 lower_var_name(b->p, x->e->var), x->e->line);
        b->p->failed = true;
        return false;
    }
    return true;
}

/* The loop over the index, as far as the guard lets it run; what is left of the guard. */
static node open_narrowed(nest *b, int index, node guard)
{
    dag *d = b->d;
    const dag_index_info range = *dag_index_get(d, index);
    nest_row row = {index, range.lo, range.hi};
    node kept[16], rest = 0;
    int count = 0;
    for (bool more = true; guard; guard = dag_child(d, guard, 1)) {
        more = count < 15 && dag_kind(d, guard) == NODE_IF && dag_is_int(d, dag_child(d, guard, 2), 0);
        node condition = more ? dag_child(d, guard, 0) : guard;
        nest_row narrower = row;
        if (nest_narrow(d, &narrower, condition) && nest_knows(b, narrower.lo) && nest_knows(b, narrower.hi))
            row = narrower;
        else
            kept[count++] = condition;
        if (!more)
            break;
    }
    nest_open_for(b, index, nest_value(b, row.lo), nest_value(b, row.hi), false);
    b->frame[b->depth - 1].narrowed = row.lo != range.lo || row.hi != range.hi;
    for (; count > 0; count--)
        rest = rest ? dag_raw_if(d, kept[count - 1], rest, dag_int(d, 0)) : kept[count - 1];
    return rest;
}

static void nest_equation(nest *b, plan *x, int keep)
{
    dag *d = b->d;
    if (x->e->product) {
        nest_product(b, x->e);
        note_written(b, x);
        return;
    }
    while (b->depth > b->floor + keep)
        nest_close(b);
    for (int i = 0; i < keep; i++)
        rename_index(b, x, x->outer[i], b->frame[b->floor + i].index);
    if (x->pieces) {
        int depth = b->depth;
        nest_open_guards(b, x->e->guard, true);
        nest_pieces(b, x->e, x->e->rhs);
        while (b->depth > depth)
            nest_close(b);
        note_written(b, x);
        return;
    }
    node guard = nest_open_guards(b, x->e->guard, false);
    for (int i = keep; i < x->outer_count; i++) {
        guard = open_narrowed(b, x->outer[i], guard);
        guard = nest_open_guards(b, guard, false);
    }
    if (!x->rows)
        nest_open_guards(b, guard, true);
    const lower_equation *e = x->e;
    if (!indices_are_open(b, x))
        return;
    node target = dag_entry(d, e->var, b->p->var[e->var].axis_count, e->at);
    if (x->placed) {
        nest_placed(b, e);
    } else if (x->steps) {
        rows_by_steps(b, x, target);
    } else if (x->rows) {
        rows(b, x, target, guard);
    } else {
        node rhs = e->rhs, value = nest_value(b, rhs);
        nest_assign(b, LOWER_SET, target, value);
        if (dag_count(d, rhs) && dag_kind(d, rhs) != NODE_ENTRY && !dag_is_affine(d, rhs))
            nest_remember(b, rhs, target, b->depth - 1);
    }
    note_written(b, x);
}

/* --- units --- */

static void nest_recurrence(nest *b, const lower_unit *u, int_list *equations);

/* The parts of a loop that was just opened; closes it. */
static void nest_parts(nest *b, const lower_unit *u, int_list *equations)
{
    int floor = b->floor;
    b->floor = b->depth;
    for (int i = 0; i < u->count; i++) {
        if (u->part[i]->equation < 0) {
            nest_recurrence(b, u->part[i], equations);
            continue;
        }
        plan x;
        plan_equation(b, u->part[i]->equation, &x);
        nest_equation(b, &x, shared_loops(b, &x));
        int_list_push(equations, u->part[i]->equation);
    }
    while (b->depth >= b->floor)
        nest_close(b);
    b->floor = floor;
}

static void nest_recurrence(nest *b, const lower_unit *u, int_list *equations)
{
    if (u->sweep) {
        while (b->depth > b->floor)
            nest_close(b);
        lower_statement *loop = nest_segments(b, u->sweep);
        int outer = b->floor;
        nest_parts(b, u, equations);
        while (b->depth > outer)
            nest_close(b);
        nest_segments_close(b, u->sweep, loop);
        return;
    }
    int sample = u->population >= 0 ? b->p->m->sample_index[u->population] : -1;
    if (sample >= 0 && int_map_get(&b->index_depth, 1 + sample) == 0) {
        while (b->depth > b->floor)
            nest_close(b);
        nest_open_index(b, sample);
    }
    bool inside = sample >= 0 && int_map_get(&b->index_depth, 1 + sample) == 1 + b->floor;
    while (b->depth > b->floor + inside)
        nest_close(b);
    nest_hoist(b, u);
    nest_open_for(b, u->index, u->lo, u->hi, u->down);
    b->frame[b->depth - 1].statement->recurs = true;
    nest_parts(b, u, equations);
}

/* Does this unit continue the open function? */
static bool continues(nest *b, const lower_unit *u, const lower_unit *last, const plan *x, int keep)
{
    if (b->depth == 0 || u->events != last->events || u->population != last->population || u->in_blocks != last->in_blocks)
        return false;
    if (u->population >= 0)
        return true;
    if (u->equation < 0 || last->equation < 0 || x->e->product)
        return false;
    return x->e->index_count == 0 ? b->p->equation[last->equation].index_count == 0 : keep > 0;
}

void lower_nest(lower_program *p, lower_unit *units, int limit)
{
    nest b = {.p = p, .d = p->m->dag};
    int_list equations = {0};
    const lower_unit *last = NULL;
    for (int i = 0; i < p->equation_count; i++)
        if (p->equation[i].events)
            nest_count_uses(&b, p->equation[i].rhs);
    for (lower_unit *u = units; u && !p->failed; last = u, u = u->next) {
        plan x = {0};
        int keep = 0;
        if (u->equation >= 0) {
            plan_equation(&b, u->equation, &x);
            keep = b.depth ? shared_loops(&b, &x) : 0;
        }
        if (b.statements > limit || !continues(&b, u, last, &x, keep)) {
            function_close(&b, last ? last->events : 0, &equations);
            equations.count = 0;
            function_open(&b);
            keep = 0;
        }
        if (u->equation >= 0) {
            int_list_push(&equations, u->equation);
            nest_equation(&b, &x, keep);
        } else {
            nest_recurrence(&b, u, &equations);
        }
    }
    function_close(&b, last ? last->events : 0, &equations);
    int_map_free(&b.memo), int_map_free(&b.depths), int_map_free(&b.uses), int_map_free(&b.index_depth);
    int_map_free(&b.local_depth), int_map_free(&b.size_depth), int_map_free(&b.written), int_map_free(&b.written_serial);
    int_list_free(&equations);
}
