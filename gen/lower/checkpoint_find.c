/* What goes along the axis of a recurrence. Needs: tidy equations with events.
 *
 * The recurrences of the page that run in one direction over one range give the axis, those of their adjoints run back over it. Whatever else is computed place by
 * place along it (gates, outputs, losses, and their adjoints) goes with them. The rest is apart: parameters' gradients, sums over the axis, what is read at one place. */
#include <limits.h>
#include <stdlib.h>

#include "gen/lower/checkpoint.h"
#include "grammar/arena.h"

/* --- places --- */

bool checkpoint_gap(const checkpointing *x, node a, node b, long *gap)
{
    if (!dag_is_affine(x->d, a) || !dag_is_affine(x->d, b))
        return false;
    node difference = lower_affine(x->p, dag_raw_add(x->d, 2, (node[]){b, dag_raw_mul(x->d, 2, (node[]){dag_int(x->d, -1), a})}));
    if (dag_kind(x->d, difference) != NODE_NUMBER)
        return false;
    *gap = (long)mpq_get_d(*dag_value(x->d, difference));
    return true;
}

static bool is_below(const checkpointing *x, node a, node b)
{
    return dag_is_affine(x->d, a) && dag_is_affine(x->d, b) && dag_index_le(x->d, dag_add2(x->d, a, dag_int(x->d, 1)), b) == TRUTH_YES;
}

bool checkpoint_outside(const checkpointing *x, node place)
{
    return is_below(x, place, x->lo) || is_below(x, x->hi, place);
}

bool checkpoint_inside(const checkpointing *x, node lo, node hi)
{
    return dag_is_affine(x->d, lo) && dag_is_affine(x->d, hi) && dag_index_le(x->d, x->lo, lo) == TRUTH_YES && dag_index_le(x->d, hi, x->hi) == TRUTH_YES;
}

node checkpoint_place(const checkpointing *x, const lower_equation *e)
{
    return e->at[x->axis[e->var]];
}

static void range_of(const checkpointing *x, node place, node *lo, node *hi)
{
    bool index = dag_kind(x->d, place) == NODE_INDEX;
    *lo = index ? dag_index_get(x->d, dag_payload(x->d, place))->lo : place;
    *hi = index ? dag_index_get(x->d, dag_payload(x->d, place))->hi : place;
}

bool checkpoint_runs(const checkpointing *x, const lower_equation *e)
{
    node lo, hi;
    if (!e->events || e->var >= x->var_count || x->class[e->var] == CHECKPOINT_APART)
        return false;
    range_of(x, checkpoint_place(x, e), &lo, &hi);
    return checkpoint_inside(x, lo, hi);
}

bool checkpoint_before(const checkpointing *x, checkpoint_class class, long offset)
{
    bool down = (class == CHECKPOINT_FORWARD) == x->down;
    return offset == 0 || (offset < 0) != down;
}

/* --- reads --- */

typedef struct {
    const checkpointing *x;
    void (*visit)(void *context, node entry);
    void *context;
} reading;

static bool note_entry(void *context, node n)
{
    const reading *r = context;
    const dag *d = r->x->d;
    if (dag_kind(d, n) == NODE_ENTRY && dag_payload(d, n) < r->x->var_count && r->x->class[dag_payload(d, n)] != CHECKPOINT_APART)
        r->visit(r->context, n);
    return true;
}

void checkpoint_each_read(const checkpointing *x, node rhs, void (*visit)(void *context, node entry), void *context)
{
    reading r = {x, visit, context};
    dag_visit(x->d, rhs, note_entry, &r);
}

void checkpoint_keep(checkpointing *x, int var, int equation)
{
    if (!x->kept[var])
        x->because[var] = equation;
    x->kept[var] = true;
}

/* --- the recurrences --- */

static bool has_adjoint(const lower_program *p, const lower_recurrence *r)
{
    for (int i = 0; i < r->count; i++) {
        int v = p->equation[r->equation[i]].var;
        if (v < p->m->var_count && p->m->var[v].role == ROLE_ADJOINT)
            return true;
    }
    return false;
}

/* A range that differs from the axis by a few places, or lies in it. */
static bool fits(const checkpointing *x, node lo, node hi)
{
    long below, above;
    bool low = dag_index_le(x->d, x->lo, lo) == TRUTH_YES || (checkpoint_gap(x, x->lo, lo, &below) && below >= -CHECKPOINT_LAG);
    bool high = dag_index_le(x->d, hi, x->hi) == TRUTH_YES || (checkpoint_gap(x, hi, x->hi, &above) && above >= -CHECKPOINT_LAG);
    return low && high;
}

static void join_range(checkpointing *x, node lo, node hi)
{
    if (dag_index_le(x->d, lo, x->lo) == TRUTH_YES)
        x->lo = lo;
    if (dag_index_le(x->d, x->hi, hi) == TRUTH_YES)
        x->hi = hi;
}

/* A start that lies on the axis of its variable, h[0], belongs to the axis; h[-1] does not. */
static void join_starts(checkpointing *x, const lower_recurrence *r)
{
    for (int i = 0; i < r->count; i++) {
        int v = x->p->equation[r->equation[i]].var;
        node size = v < x->p->m->var_count ? x->p->m->var[v].axis_size[r->axis[i]] : 0;
        node last = size ? dag_index_tidy(x->d, dag_add2(x->d, size, dag_int(x->d, -1))) : 0;
        if (size && fits(x, dag_int(x->d, 0), last))
            join_range(x, dag_int(x->d, 0), last);
    }
}

/* What runs the other way can neither go along nor be grown into. */
static void leave_recurrence(checkpointing *x, const lower_recurrence *r)
{
    for (int i = 0; i < r->count; i++)
        x->barred[x->p->equation[r->equation[i]].var] = true;
}

static void take_recurrence(checkpointing *x, const lower_recurrence *r, checkpoint_class class)
{
    for (int i = 0; i < r->count; i++) {
        int v = x->p->equation[r->equation[i]].var;
        if (x->barred[v] || x->p->var[v].place != LOWER_WORK)
            continue;
        x->axis[v] = r->axis[i];
        x->class[v] = class;
        x->state[v] = true;
    }
}

static bool is_barred(const checkpointing *x, const lower_recurrence *r)
{
    for (int i = 0; i < r->count; i++)
        if (x->barred[x->p->equation[r->equation[i]].var])
            return true;
    return false;
}

/* The first recurrence of the page gives the axis; those like it and their adjoints go along. */
static bool take_recurrences(checkpointing *x, const lower_recurrence *list, int count)
{
    bool found = false, back = false;
    for (int i = 0; i < count; i++) {
        const lower_recurrence *r = &list[i];
        if (has_adjoint(x->p, r) || is_barred(x, r) || (found && (r->down != x->down || !fits(x, r->lo, r->hi))))
            continue;
        if (!found)
            x->lo = r->lo, x->hi = r->hi, x->down = r->down;
        join_range(x, r->lo, r->hi);
        join_starts(x, r);
        found = true;
        take_recurrence(x, r, CHECKPOINT_FORWARD);
    }
    for (int i = 0; i < count && found; i++)
        if (!has_adjoint(x->p, &list[i]) && list[i].down != x->down)
            leave_recurrence(x, &list[i]);
        else if (has_adjoint(x->p, &list[i]) && !is_barred(x, &list[i]) && list[i].down != x->down && fits(x, list[i].lo, list[i].hi)) {
            take_recurrence(x, &list[i], CHECKPOINT_BACKWARD);
            back = true;
        }
    return found && back;
}

/* --- what goes along with them --- */

/* Do all equations of the variable run over the axis, or stand at one place, with this axis of theirs? */
static bool runs_along(const checkpointing *x, int var, int axis)
{
    bool moves = false;
    for (int i = 0; i < x->p->equation_count; i++) {
        const lower_equation *e = &x->p->equation[i];
        if (!e->events || e->var != var)
            continue;
        node lo, hi;
        range_of(x, e->at[axis], &lo, &hi);
        moves = moves || lo != hi;
        if (e->guard || !dag_is_affine(x->d, lo) || !dag_is_affine(x->d, hi) || !fits(x, lo, hi))
            return false;
    }
    return moves;
}

typedef struct {
    checkpointing *x;
    const lower_equation *e;
    bool changed;
} growing;

static bool is_step(const checkpointing *x, node place, node index)
{
    long c;
    node rest;
    return dag_kind(x->d, index) == NODE_INDEX && dag_affine_split(x->d, place, dag_payload(x->d, index), &c, &rest) && c == 1 && dag_kind(x->d, rest) == NODE_NUMBER;
}

static void try_axis(growing *g, int var, int axis)
{
    checkpointing *x = g->x;
    if (x->axis[var] >= 0 || x->barred[var] || x->p->var[var].place != LOWER_WORK || !runs_along(x, var, axis))
        return;
    x->axis[var] = axis;
    x->class[var] = x->behind[var] ? CHECKPOINT_BACKWARD : CHECKPOINT_FORWARD;
    g->changed = true;
}

static bool grow_entry(void *context, node n)
{
    growing *g = context;
    checkpointing *x = g->x;
    const lower_equation *e = g->e;
    if (dag_kind(x->d, n) != NODE_ENTRY || dag_count(x->d, n) == 0)
        return true;
    int w = dag_payload(x->d, n), u = e->var;
    for (int k = 0; k < x->p->var[u].axis_count && x->axis[w] >= 0 && x->axis[u] < 0; k++)
        if (is_step(x, dag_child(x->d, n, x->axis[w]), e->at[k]))
            try_axis(g, u, k);
    for (int k = 0; k < dag_count(x->d, n) && x->axis[u] >= 0 && x->axis[w] < 0; k++)
        if (is_step(x, dag_child(x->d, n, k), checkpoint_place(x, e)))
            try_axis(g, w, k);
    return true;
}

static void grow(checkpointing *x)
{
    growing g = {.x = x, .changed = true};
    while (g.changed) {
        g.changed = false;
        for (int i = 0; i < x->p->equation_count; i++) {
            g.e = &x->p->equation[i];
            if (g.e->events)
                dag_visit(x->d, g.e->rhs, grow_entry, &g);
        }
    }
}

/* --- classes --- */

typedef struct {
    checkpointing *x;
    int reader;
    bool changed;
} classing;

static bool class_entry(void *context, node n)
{
    classing *c = context;
    checkpointing *x = c->x;
    if (dag_kind(x->d, n) != NODE_ENTRY)
        return true;
    int w = dag_payload(x->d, n), u = c->reader;
    bool along = x->class[w] != CHECKPOINT_APART, back = x->class[w] == CHECKPOINT_BACKWARD || x->late[w];
    if (x->class[u] == CHECKPOINT_APART && (along || x->late[w]) && !x->late[u])
        c->changed = x->late[u] = true;
    if (x->class[u] == CHECKPOINT_FORWARD && back)
        x->class[u] = CHECKPOINT_BACKWARD, c->changed = true;
    return true;
}

static void classify(checkpointing *x)
{
    classing c = {.x = x, .changed = true};
    while (c.changed) {
        c.changed = false;
        for (int i = 0; i < x->p->equation_count; i++) {
            c.reader = x->p->equation[i].var;
            if (x->p->equation[i].events)
                dag_visit(x->d, x->p->equation[i].rhs, class_entry, &c);
        }
    }
}

/* --- reads that do not go along --- */

typedef struct {
    checkpointing *x;
    int equation;
    bool barred;
} checking;

static void check_read(void *context, node n)
{
    checking *c = context;
    checkpointing *x = c->x;
    const lower_equation *e = &x->p->equation[c->equation];
    int w = dag_payload(x->d, n), u = e->var;
    node place = dag_child(x->d, n, x->axis[w]);
    long offset;
    if (!checkpoint_gap(x, checkpoint_place(x, e), place, &offset)) {
        bool fixed = dag_is_affine(x->d, place) && !dag_has_kind(x->d, place, NODE_INDEX) && !dag_has_kind(x->d, place, NODE_BOUND);
        if (fixed && (checkpoint_outside(x, place) || x->class[u] != x->class[w]))
            return;
        if (x->class[u] == x->class[w])
            x->barred[x->state[u] && !x->state[w] ? w : u] = c->barred = true;
        else
            checkpoint_keep(x, w, c->equation);
        return;
    }
    bool far = offset > CHECKPOINT_LAG || offset < -CHECKPOINT_LAG, ahead = x->class[u] == x->class[w] && !checkpoint_before(x, x->class[u], offset);
    if (ahead && !far && x->class[u] == CHECKPOINT_FORWARD && !x->state[u])
        x->behind[u] = c->barred = true;
    else if (ahead || (far && x->class[u] == x->class[w]))
        x->barred[u] = c->barred = true;
    else if (far)
        checkpoint_keep(x, w, c->equation);
}

/* A recurrence of the page would go with the adjoints: what reads both ways must stay apart instead, or if there is none, the recurrence. */
static void bar_behind(checkpointing *x, int state)
{
    bool any = false;
    for (int v = 0; v < x->var_count; v++)
        if (x->behind[v]) {
            x->behind[v] = false;
            any = x->barred[v] = true;
        }
    x->barred[state] = x->barred[state] || !any;
}

/* True: something was barred, and all begins anew. */
static bool check_reads(checkpointing *x)
{
    checking c = {.x = x};
    for (int v = 0; v < x->var_count; v++) {
        bool adjoint = v < x->p->m->var_count && x->p->m->var[v].role == ROLE_ADJOINT;
        if (x->class[v] != CHECKPOINT_BACKWARD || adjoint)
            continue;
        if (x->state[v])
            c.barred = true, bar_behind(x, v);
        else if (!x->behind[v]) /* what the page computes from the whole recurrence: the adjoints may wait for it */
            x->barred[v] = c.barred = true;
    }
    for (c.equation = 0; c.equation < x->p->equation_count && !c.barred; c.equation++)
        if (checkpoint_runs(x, &x->p->equation[c.equation]))
            checkpoint_each_read(x, x->p->equation[c.equation].rhs, check_read, &c);
    return c.barred;
}

/* --- every equation inside the axis, or at one place outside --- */

/* The equation at one place. */
static void add_at(checkpointing *x, int number, node place)
{
    lower_equation e = x->p->equation[number];
    int axis = x->axis[e.var], count = 0;
    node index = e.at[axis];
    for (int k = 0; k < e.index_count; k++)
        if (e.index[k] != dag_payload(x->d, index))
            e.index[count++] = e.index[k];
    e.index_count = count;
    e.at[axis] = place;
    e.rhs = dag_substitute(x->d, e.rhs, 1, &index, &place, false);
    lower_add_equation(x->p, &e);
}

static void split(checkpointing *x, int number)
{
    lower_program *p = x->p;
    lower_equation *e = &p->equation[number];
    int axis = x->axis[e->var];
    long below = 0, above = 0;
    if (dag_kind(x->d, e->at[axis]) != NODE_INDEX || checkpoint_runs(x, e))
        return;
    node index = e->at[axis];
    const dag_index_info range = *dag_index_get(x->d, dag_payload(x->d, index));
    bool low = dag_index_le(x->d, x->lo, range.lo) != TRUTH_YES && checkpoint_gap(x, range.lo, x->lo, &below);
    bool high = dag_index_le(x->d, range.hi, x->hi) != TRUTH_YES && checkpoint_gap(x, x->hi, range.hi, &above);
    for (long k = 1; k <= below && low; k++)
        add_at(x, number, dag_index_tidy(x->d, dag_add2(x->d, x->lo, dag_int(x->d, -k))));
    for (long k = 1; k <= above && high; k++)
        add_at(x, number, dag_index_tidy(x->d, dag_add2(x->d, x->hi, dag_int(x->d, k))));
    int inner = dag_index_fresh(x->d, range.name, low ? x->lo : range.lo, high ? x->hi : range.hi);
    node to = dag_index_node(x->d, inner);
    e = &p->equation[number];
    for (int k = 0; k < e->index_count; k++)
        if (e->index[k] == dag_payload(x->d, index))
            e->index[k] = inner;
    e->at[axis] = to;
    e->rhs = dag_substitute(x->d, e->rhs, 1, &index, &to, true);
}

/* --- [t = 0] u[0] as [t = 0] u[t] --- */

typedef struct {
    checkpointing *x;
    node from, to; /* a place, and the index that is the same there; 0: none */
    node index;    /* the equation's */
} placing;

/* Where this condition holds the index is at one place. */
static void note_place(placing *p, node condition)
{
    const dag *d = p->x->d;
    if (dag_kind(d, condition) != NODE_COMPARE || dag_payload(d, condition) != COMPARE_EQUAL)
        return;
    node a = dag_child(d, condition, 0), b = dag_child(d, condition, 1);
    if (a == p->index || b == p->index)
        p->from = a == p->index ? b : a, p->to = p->index;
}

static node place_along(void *context, node n)
{
    placing *p = context;
    dag *d = p->x->d;
    if (!dag_has_kind(d, n, NODE_ENTRY))
        return n;
    int w = dag_kind(d, n) == NODE_ENTRY ? dag_payload(d, n) : -1;
    if (p->from && w >= 0 && w < p->x->var_count && p->x->class[w] != CHECKPOINT_APART && dag_child(d, n, p->x->axis[w]) == p->from) {
        node at[MODEL_MAX_AXES];
        for (int k = 0; k < dag_count(d, n); k++)
            at[k] = k == p->x->axis[w] ? p->to : dag_child(d, n, k);
        return dag_entry(d, w, dag_count(d, n), at);
    }
    placing inside = *p;
    if (dag_kind(d, n) == NODE_MUL) {
        for (int i = 0; i < dag_count(d, n); i++)
            note_place(&inside, dag_child(d, n, i));
        return dag_map_children(d, n, place_along, &inside);
    }
    if (dag_kind(d, n) != NODE_IF)
        return dag_map_children(d, n, place_along, p);
    note_place(&inside, dag_child(d, n, 0));
    return dag_raw_if(d, dag_child(d, n, 0), place_along(&inside, dag_child(d, n, 1)), place_along(p, dag_child(d, n, 2)));
}

static node along_place(checkpointing *x, const lower_equation *e, node rhs)
{
    placing p = {.x = x, .index = checkpoint_place(x, e)};
    return dag_kind(x->d, p.index) == NODE_INDEX ? place_along(&p, rhs) : rhs;
}

static void begin(checkpointing *x)
{
    size_t n = (size_t)x->var_count + 1;
    for (size_t v = 0; v < n; v++) {
        x->axis[v] = x->because[v] = -1;
        x->class[v] = CHECKPOINT_APART;
        x->late[v] = x->state[v] = x->kept[v] = false;
    }
}

bool checkpoint_find(checkpointing *x)
{
    lower_recurrence *list;
    int count = lower_recurrences(x->p, &list);
    size_t n = (size_t)x->p->var_count + 1;
    x->var_count = x->p->var_count;
    x->axis = xcalloc(n, sizeof *x->axis), x->class = xcalloc(n, sizeof *x->class), x->late = xcalloc(n, sizeof *x->late), x->state = xcalloc(n, sizeof *x->state);
    x->barred = xcalloc(n, sizeof *x->barred), x->behind = xcalloc(n, sizeof *x->behind), x->kept = xcalloc(n, sizeof *x->kept), x->because = xcalloc(n, sizeof *x->because);
    for (int i = 0; i < x->p->commit_count; i++) /* new values are tested and copied as a whole */
        if (x->p->commit[i].fresh >= 0)
            x->barred[x->p->commit[i].fresh] = true;
    do {
        begin(x);
        if (!take_recurrences(x, list, count))
            return false;
        grow(x);
        classify(x);
        for (int i = 0, end = x->p->equation_count; i < end; i++)
            if (x->p->equation[i].events && x->class[x->p->equation[i].var] != CHECKPOINT_APART) {
                split(x, i);
                x->p->equation[i].rhs = along_place(x, &x->p->equation[i], x->p->equation[i].rhs);
            }
    } while (check_reads(x));
    for (int i = 0; i < x->p->m->output_count; i++)
        if (x->class[x->p->output[i]] != CHECKPOINT_APART)
            checkpoint_keep(x, x->p->output[i], -1);
    return true;
}

void checkpoint_free(checkpointing *x)
{
    free(x->axis), free(x->class), free(x->late), free(x->state), free(x->barred), free(x->behind), free(x->kept), free(x->because);
}
