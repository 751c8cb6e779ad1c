/* Recurrences under a limit of memory: along the axis of a recurrence only one segment of K places is there. Needs: equations with events, before chain.c. Keeps: every
 * value, but for the order in which sums along the axis are added.
 *
 * Forward, the segments follow each other; of each the values that it begins with are saved. Backward, the last segment first, each is computed again from them, and
 * then the adjoints run through it: memory grows with K + T/K, √T at best, and the forward pass is done twice. (Griewank and Walther, "Evaluating Derivatives", 2nd
 * edition, chapter 12: one level of checkpoints.) Sums along the axis are taken segment by segment; a value read at one place is copied when its segment is there.
 *
 * There is a pair of sweeps, forward and backward, for each set of events that needs the same. In equations of a sweep the axis is the index r of a window, place
 * lo + first − 1 + r of the axis. */
#include "gen/lower/checkpoint_build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"

/* --- who needs what --- */

typedef struct {
    building *b;
    bool *forward, *again, *back; /* per variable: in the forward sweep, computed again in the backward one, adjoints there */
    bool changed;
    bool *into;                   /* where what is read of the page's variables goes */
} needing;

static void mark(needing *x, bool *set, int v)
{
    x->changed = x->changed || !set[v];
    set[v] = true;
}

static void need_entry(void *context, node entry)
{
    needing *x = context;
    int w = dag_payload(x->b->d, entry);
    node place = dag_child(x->b->d, entry, x->b->x.axis[w]);
    if (checkpoint_outside(&x->b->x, place))
        return;
    if (x->b->x.class[w] == CHECKPOINT_BACKWARD)
        mark(x, x->back, w);
    else
        mark(x, x->into, w);
}

static void need_of_demands(needing *x, uint64_t event)
{
    for (int i = 0; i < x->b->demand_count; i++) {
        const demand *m = &x->b->demand[i];
        if (!(m->events & event))
            continue;
        x->into = m->class == CHECKPOINT_FORWARD ? x->forward : x->again;
        if (m->from >= 0)
            mark(x, m->class == CHECKPOINT_FORWARD ? x->forward : x->back, m->from);
        else
            checkpoint_each_read(&x->b->x, m->body, need_entry, x);
    }
}

/* What of the sweeps runs at an event. */
static void find_needs(needing *x, uint64_t event)
{
    building *b = x->b;
    do {
        x->changed = false;
        need_of_demands(x, event);
        for (int i = 0; i < b->p->equation_count; i++) {
            const lower_equation *e = &b->p->equation[i];
            if (!checkpoint_runs(&b->x, e) || e->sweep)
                continue;
            if (b->x.kept[e->var] && (e->events & event))
                mark(x, b->x.class[e->var] == CHECKPOINT_FORWARD ? x->forward : x->back, e->var);
            bool *in[] = {x->forward, x->again, x->back};
            for (int k = 0; k < 3; k++)
                if (in[k][e->var]) {
                    x->into = k == 0 ? x->forward : x->again;
                    checkpoint_each_read(&b->x, e->rhs, need_entry, x);
                }
        }
        for (int v = 0; v < b->x.var_count; v++) /* a segment that is computed again begins with what the forward sweep saves */
            if (x->again[v])
                mark(x, x->forward, v);
    } while (x->changed);
}

/* The pair of sweeps for these events. */
static void add_sweeps(building *b, const needing *x, uint64_t events)
{
    size_t n = (size_t)b->x.var_count + 1;
    bool any = false, *in = xcalloc(n, sizeof *in);
    long *saved = xcalloc(n, sizeof *saved);
    int(*save)[CHECKPOINT_LAG] = xcalloc(n, sizeof *save);
    sweep back = {.b = b, .class = CHECKPOINT_BACKWARD, .events = events, .in = in}, forward = {.b = b, .class = CHECKPOINT_FORWARD, .events = events, .in = x->forward, .saved = saved, .save = save};
    for (int v = 0; v < b->x.var_count; v++) {
        in[v] = x->again[v] || x->back[v];
        any = any || x->back[v];
    }
    back.save = save;
    back.counts = forward.counts = any;
    if (any) {
        checkpoint_open_sweep(&back);
        for (int v = 0; v < b->x.var_count; v++)
            saved[v] = x->again[v] ? (b->x.down ? back.high[v] : back.low[v]) : 0;
    }
    checkpoint_open_sweep(&forward);
    checkpoint_fill_sweep(&forward);
    if (any)
        checkpoint_fill_sweep(&back), checkpoint_close_sweep(&back);
    checkpoint_close_sweep(&forward);
    free(in), free(saved), free(save);
}

static needing needing_new(building *b)
{
    size_t n = (size_t)b->x.var_count + 1;
    return (needing){.b = b, .forward = xcalloc(n, sizeof(bool)), .again = xcalloc(n, sizeof(bool)), .back = xcalloc(n, sizeof(bool))};
}

static void needing_free(needing *x)
{
    free(x->forward), free(x->again), free(x->back);
}

static bool needs_same(const needing *x, const needing *y, uint64_t a, uint64_t c)
{
    size_t n = (size_t)x->b->x.var_count * sizeof(bool);
    for (int i = 0; i < x->b->demand_count; i++)
        if (!(x->b->demand[i].events & a) != !(x->b->demand[i].events & c))
            return false;
    return memcmp(x->forward, y->forward, n) == 0 && memcmp(x->again, y->again, n) == 0 && memcmp(x->back, y->back, n) == 0;
}

/* Events that need the same share their sweeps. */
static void add_all_sweeps(building *b)
{
    needing *list = xcalloc(LOWER_MAX_EVENTS, sizeof *list);
    uint64_t done = 0;
    for (int e = 0; e < LOWER_MAX_EVENTS; e++) {
        list[e] = needing_new(b);
        find_needs(&list[e], UINT64_C(1) << e);
    }
    for (int e = 0; e < LOWER_MAX_EVENTS; e++) {
        uint64_t events = 0;
        bool any = false;
        for (int v = 0; v < b->x.var_count; v++)
            any = any || list[e].forward[v] || list[e].back[v];
        for (int k = e; k < LOWER_MAX_EVENTS && any; k++)
            if (!((done >> k) & 1u) && needs_same(&list[e], &list[k], UINT64_C(1) << e, UINT64_C(1) << k))
                events |= UINT64_C(1) << k;
        if ((events >> e) & 1u)
            add_sweeps(b, &list[e], events);
        done |= events;
    }
    for (int e = 0; e < LOWER_MAX_EVENTS; e++)
        needing_free(&list[e]);
    free(list);
}

/* --- what is left of the old --- */

/* Sums begin with 0 before the sweep. */
static void add_zeros(building *b)
{
    for (int i = 0; i < b->demand_count; i++) {
        const demand *m = &b->demand[i];
        lower_equation e = {.population = -1, .line = m->line, .index_count = m->index_count};
        for (int k = 0; k < m->index_count && m->from < 0; k++) {
            e.index[k] = m->index[k];
            e.at[k] = dag_index_node(b->d, m->index[k]);
        }
        if (m->from < 0)
            checkpoint_add_equation(b, &e, m->var, dag_int(b->d, 0), m->events, 0, "a sum over the segments begins");
    }
}

/* Of a window's variable only what stands outside the axis. */
static void shrink(building *b, int var)
{
    lower_var *v = &b->p->var[var];
    int axis = b->x.axis[var];
    dag *d = b->d;
    node end = dag_add2(d, v->start[axis], v->size[axis]), above = dag_add2(d, b->x.hi, dag_int(d, 1));
    bool low = dag_index_le(d, dag_add2(d, v->start[axis], dag_int(d, 1)), b->x.lo) == TRUTH_YES, high = dag_index_le(d, dag_add2(d, above, dag_int(d, 1)), end) == TRUTH_YES;
    if (low && high)
        return;
    if (low)
        v->size[axis] = dag_index_tidy(d, dag_add2(d, b->x.lo, dag_neg(d, v->start[axis])));
    else if (high)
        v->size[axis] = dag_index_tidy(d, dag_add2(d, end, dag_neg(d, above))), v->start[axis] = dag_index_tidy(d, above);
}

static void retire(building *b, int end)
{
    for (int i = 0; i < end; i++)
        if (checkpoint_runs(&b->x, &b->p->equation[i]) && !b->p->equation[i].sweep)
            b->p->equation[i].events = 0;
    for (int v = 0; v < b->x.var_count; v++)
        if (b->x.class[v] != CHECKPOINT_APART && !b->x.kept[v])
            shrink(b, v);
}

static bool known(const building *b, node n, long *value)
{
    const dag *d = b->d;
    long part, all = dag_kind(d, n) == NODE_MUL;
    if (dag_kind(d, n) == NODE_NUMBER) {
        *value = (long)mpq_get_d(*dag_value(d, n));
        return true;
    }
    if (dag_kind(d, n) == NODE_SIZE) {
        const model_size *s = &b->p->m->size[dag_payload(d, n)];
        *value = s->value;
        return s->equals ? known(b, s->equals, value) : s->population < 0 && s->value > 0;
    }
    if (dag_kind(d, n) != NODE_ADD && dag_kind(d, n) != NODE_MUL)
        return false;
    for (int i = 0; i < dag_count(d, n); i++) {
        if (!known(b, dag_child(d, n, i), &part))
            return false;
        all = dag_kind(d, n) == NODE_MUL ? all * part : all + part;
    }
    *value = all;
    return true;
}

/* K·held + (extent/K)·saved numbers are least where K² = extent·saved/held. */
static void choose_span(building *b)
{
    model_size *length = &b->p->m->size[b->c->span], *segments = &b->p->m->size[b->c->segments];
    double ratio = b->saved > 0 && b->held > 0 ? b->saved / b->held : 1;
    long extent;
    length->under = 1000;
    length->over = (int)(ratio * 1000) < 1 ? 1 : (int)(ratio * 1000);
    if (!known(b, b->c->extent, &extent))
        return;
    length->value = (long)ceil(sqrt((double)extent * length->over / length->under));
    length->value = length->value > extent ? extent : length->value;
    segments->value = (extent + length->value - 1) / length->value;
}

static void note_windows(building *b)
{
    lower_checkpoint *c = b->c;
    for (int v = 0; v < b->x.var_count; v++) {
        if (b->x.class[v] == CHECKPOINT_APART)
            continue;
        if (b->x.kept[v])
            int_list_push(&c->kept, v), int_list_push(&c->reader, b->x.because[v]);
        else
            int_list_push(&c->window, v);
    }
}

void lower_widen(const lower_program *p, lower_var *v)
{
    const lower_checkpoint *c = p->checkpoint;
    dag *d = p->m->dag;
    for (int i = 0; i < c->sweep_count; i++) {
        node from = dag_sizesym(d, c->sweep[i].length), to = dag_sizesym(d, c->span);
        for (int k = 0; k < v->axis_count; k++)
            v->size[k] = dag_substitute(d, v->size[k], 1, &from, &to, true);
    }
}

/* --- what later passes make --- */

typedef struct {
    const lower_program *p;
    const int *of; /* per variable: the sweep it is filled in and read in, 0 */
    int sweep;
} spreading;

static bool note_sweep(void *context, node n)
{
    spreading *x = context;
    const dag *d = x->p->m->dag;
    const lower_checkpoint *c = x->p->checkpoint;
    if (dag_kind(d, n) == NODE_ENTRY && x->of[dag_payload(d, n)])
        x->sweep = x->of[dag_payload(d, n)];
    for (int i = 0; i < c->sweep_count && dag_kind(d, n) == NODE_SIZE; i++)
        if (dag_payload(d, n) == c->sweep[i].segment || dag_payload(d, n) == c->sweep[i].first || dag_payload(d, n) == c->sweep[i].length)
            x->sweep = i + 1;
    return !x->sweep;
}

static int sweep_of(spreading *x, const lower_equation *e)
{
    dag *d = x->p->m->dag;
    x->sweep = e->sweep;
    dag_visit(d, e->rhs, note_sweep, x);
    dag_visit(d, e->guard, note_sweep, x);
    for (int k = 0; k < e->index_count; k++)
        dag_visit(d, dag_index_get(d, e->index[k])->hi, note_sweep, x);
    return x->sweep;
}

void lower_spread_sweeps(lower_program *p)
{
    int *of = xcalloc((size_t)p->var_count + 1, sizeof *of);
    spreading x = {.p = p, .of = of};
    bool changed = true;
    for (int v = 0; v < p->var_count; v++)
        of[v] = p->var[v].window;
    while (changed) {
        changed = false;
        for (int i = 0; i < p->equation_count; i++) {
            lower_equation *e = &p->equation[i];
            if (!e->events || e->sweep)
                continue;
            e->sweep = sweep_of(&x, e);
            if (e->sweep)
                of[e->var] = p->var[e->var].window = e->sweep, changed = true;
        }
    }
    free(of);
}

void lower_segments(lower_program *p)
{
    building b = {.x = {.p = p, .d = p->m->dag}, .p = p, .d = p->m->dag};
    if (!checkpoint_find(&b.x)) {
        checkpoint_free(&b.x);
        return;
    }
    checkpoint_rewrite(&b, false);
    lower_checkpoint *c = b.c = p->checkpoint = arena_alloc(p->memory, sizeof *c);
    c->lo = b.x.lo;
    c->extent = dag_index_tidy(p->m->dag, dag_add(p->m->dag, 3, (node[]){b.x.hi, dag_neg(p->m->dag, b.x.lo), dag_int(p->m->dag, 1)}));
    c->span = dag_payload(b.d, lower_new_size(p, "span", SIZE_SPAN));
    c->segments = dag_payload(b.d, lower_new_size(p, "segments", SIZE_SEGMENTS));
    p->m->size[c->span].extent = p->m->size[c->segments].extent = c->extent;
    p->m->size[c->segments].by = c->span;
    checkpoint_drop_outside(&b);
    checkpoint_rewrite(&b, true);
    checkpoint_pick_for_adjoints(&b);
    int end = p->equation_count;
    add_all_sweeps(&b);
    add_zeros(&b);
    retire(&b, end);
    choose_span(&b);
    note_windows(&b);
    checkpoint_free(&b.x);
    free(b.demand);
}
