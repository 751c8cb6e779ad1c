/* Who reads what runs in segments without running with it: sums over the axis, values at one place of it, arrays that must stay whole. Each becomes a demand on the sweep
 * that has the values. Needs: checkpoint_find. */
#include <stdlib.h>
#include <string.h>

#include "gen/lower/checkpoint_build.h"
#include "grammar/arena.h"

enum { MOST_FACTORS = 16, MOST_SUMS = 8, SUM_INDICES = 2 * MODEL_MAX_AXES };

/* --- demands --- */

static demand *demand_new(building *b)
{
    if (b->demand_count == b->demand_room) {
        b->demand_room = b->demand_room ? 2 * b->demand_room : 16;
        b->demand = xrealloc(b->demand, (size_t)b->demand_room * sizeof *b->demand);
    }
    return &b->demand[b->demand_count++];
}

static void keep(building *b, int var)
{
    b->changed = b->changed || !b->x.kept[var];
    checkpoint_keep(&b->x, var, b->equation);
}

/* The entry of a variable along the axis, read at one place by somebody who is not in its sweep. */
node checkpoint_picked(building *b, node entry, uint64_t events)
{
    int w = dag_payload(b->d, entry), axis = b->x.axis[w], count = 0, found = -1;
    node place = dag_child(b->d, entry, axis), at[MODEL_MAX_AXES];
    for (int i = 0; i < b->demand_count && found < 0; i++)
        if (b->demand[i].from == w && b->demand[i].place == place)
            found = i;
    if (found < 0) {
        int var = checkpoint_var_like(b, w, axis, 0, 0, arena_printf(b->p->memory, "%s_at", b->p->var[w].stem));
        demand *m = demand_new(b);
        *m = (demand){.var = var, .class = b->x.class[w], .line = b->p->var[w].line, .from = w, .place = place};
        found = b->demand_count - 1;
    }
    b->demand[found].events |= events;
    for (int k = 0; k < dag_count(b->d, entry); k++)
        if (k != axis)
            at[count++] = dag_child(b->d, entry, k);
    return dag_entry(b->d, b->demand[found].var, count, at);
}

bool checkpoint_is_fixed(const building *b, node place)
{
    return dag_is_affine(b->d, place) && !dag_has_kind(b->d, place, NODE_INDEX) && !dag_has_kind(b->d, place, NODE_BOUND);
}

bool checkpoint_is_of_axis(const building *b, node entry)
{
    int w = dag_kind(b->d, entry) == NODE_ENTRY ? dag_payload(b->d, entry) : -1;
    return w >= 0 && w < b->x.var_count && b->x.class[w] != CHECKPOINT_APART;
}

/* Of a variable that is only there in windows. */
static bool is_along(const building *b, node entry)
{
    return checkpoint_is_of_axis(b, entry) && !b->x.kept[dag_payload(b->d, entry)];
}

/* --- sums along the axis --- */

typedef struct {
    node factor[MOST_FACTORS];
    int count, sum[MOST_SUMS], sum_count;
    bool fits;
} product;

static bool range_is_free(const building *b, int index)
{
    const dag_index_info *i = dag_index_get(b->d, index);
    return dag_is_affine(b->d, i->lo) && dag_is_affine(b->d, i->hi) && !dag_has_kind(b->d, i->lo, NODE_INDEX) && !dag_has_kind(b->d, i->hi, NODE_INDEX);
}

static void take_apart(building *b, product *p, node n)
{
    dag *d = b->d;
    if (dag_kind(d, n) == NODE_MUL) {
        for (int i = 0; i < dag_count(d, n) && p->fits; i++)
            take_apart(b, p, dag_child(d, n, i));
    } else if (dag_kind(d, n) == NODE_REDUCE && dag_payload(d, n) == REDUCE_SUM && p->sum_count < MOST_SUMS) {
        int index;
        node body = dag_open(d, n, &index);
        p->fits = p->fits && range_is_free(b, index);
        p->sum[p->sum_count++] = index;
        take_apart(b, p, body);
    } else {
        p->fits = p->fits && p->count < MOST_FACTORS;
        if (p->fits)
            p->factor[p->count++] = n;
    }
}

/* What the entries in a body say about a sum over one of its indices. */
typedef struct {
    building *b;
    int index;
    bool good, moves, fixed; /* fixed: an entry at one place is read, which the sweep behind has */
    checkpoint_class class;  /* of the sum */
    long lead[3], lag[3];    /* by class of the entry: how far they reach */
} looking;

static bool look(void *context, node n)
{
    looking *l = context;
    building *b = l->b;
    int v = dag_kind(b->d, n) == NODE_ENTRY ? dag_payload(b->d, n) : -1;
    long offset;
    if (v < 0 || v >= b->x.var_count)
        return true;
    if (b->x.late[v] || b->x.class[v] == CHECKPOINT_BACKWARD)
        l->class = CHECKPOINT_BACKWARD;
    if (!is_along(b, n))
        return true;
    node place = dag_child(b->d, n, b->x.axis[v]);
    if (checkpoint_gap(&b->x, dag_index_node(b->d, l->index), place, &offset) && offset <= CHECKPOINT_LAG && offset >= -CHECKPOINT_LAG) {
        long *lead = &l->lead[b->x.class[v]], *lag = &l->lag[b->x.class[v]];
        *lead = offset > *lead ? offset : *lead;
        *lag = offset < *lag ? offset : *lag;
        l->moves = true;
    } else {
        l->good = l->good && checkpoint_is_fixed(b, place) && b->x.class[v] == CHECKPOINT_FORWARD;
        l->fixed = true;
    }
    return l->good;
}

/* Can the sum over p.sum[which] be taken segment by segment? *shift: how far its index must move so that nothing is read ahead of the sweep. */
static bool sums_along(building *b, const product *p, int which, checkpoint_class *class, long *shift)
{
    looking l = {.b = b, .index = p->sum[which], .good = true, .class = CHECKPOINT_FORWARD};
    const dag_index_info range = *dag_index_get(b->d, l.index);
    if (!checkpoint_inside(&b->x, range.lo, range.hi))
        return false;
    for (int i = 0; i < p->count && l.good; i++)
        dag_visit(b->d, p->factor[i], look, &l);
    if (!l.good || !l.moves || (l.class == CHECKPOINT_FORWARD && l.fixed))
        return false;
    bool down = (l.class == CHECKPOINT_FORWARD) == b->x.down;
    *class = l.class;
    *shift = down ? l.lag[l.class] : l.lead[l.class];
    return *shift == 0 || checkpoint_inside(&b->x, dag_add2(b->d, range.lo, dag_int(b->d, *shift)), dag_add2(b->d, range.hi, dag_int(b->d, *shift)));
}

static int population_of(const building *b, int index)
{
    for (int k = 0; k < b->p->m->population_count && b->p->m->sample_index; k++)
        if (dag_index_get(b->d, index)->hi == dag_index_get(b->d, b->p->m->sample_index[k])->hi)
            return k;
    return -1;
}

/* An array for the sum of body over `along`, with an axis for each other index in it; its entry at these indices. 0: there are too many, or their ranges vary. */
static node demand_sum(building *b, node body, int along, checkpoint_class class)
{
    dag *d = b->d;
    const lower_equation *e = &b->p->equation[b->equation];
    int used[SUM_INDICES], count = dag_free_indices(d, body, used, SUM_INDICES);
    demand m = {.class = class, .events = e->events, .line = e->line, .from = -1};
    lower_var v = {.place = LOWER_WORK, .model_var = -1, .stem = arena_printf(b->p->memory, "%s_sum", b->p->var[e->var].stem), .line = e->line, .equation = -1};
    node from[MODEL_MAX_AXES + 1], to[MODEL_MAX_AXES + 1];
    for (int pass = 0; pass < 2 && count <= SUM_INDICES; pass++) /* the samples are the first axis */
        for (int i = 0; i < count; i++) {
            int population = population_of(b, used[i]);
            if (used[i] == along || (population >= 0) != (pass == 0))
                continue;
            if (m.index_count == MODEL_MAX_AXES || !range_is_free(b, used[i]) || (population >= 0 && v.per_sample))
                return 0;
            const dag_index_info range = *dag_index_get(d, used[i]);
            v.size[v.axis_count] = dag_add(d, 3, (node[]){range.hi, dag_neg(d, range.lo), dag_int(d, 1)});
            v.start[v.axis_count++] = range.lo;
            if (population >= 0)
                v.per_sample = true, v.population = population;
            from[m.index_count] = dag_index_node(d, used[i]);
            m.index[m.index_count] = population >= 0 ? b->p->m->sample_index[population] : dag_index_fresh(d, range.name, range.lo, range.hi);
            to[m.index_count] = dag_index_node(d, m.index[m.index_count]);
            m.index_count++;
        }
    if (count > SUM_INDICES)
        return 0;
    m.along = along;
    m.body = dag_substitute(d, body, m.index_count, from, to, true);
    m.var = lower_add_var(b->p, &v);
    *demand_new(b) = m;
    return dag_entry(d, m.var, m.index_count, from);
}

static bool note_along(void *context, node n)
{
    struct {
        const building *b;
        bool found;
    } *s = context;
    s->found = s->found || is_along(s->b, n);
    return !s->found;
}

static bool touches(building *b, node n)
{
    struct {
        const building *b;
        bool found;
    } s = {b, false};
    dag_visit(b->d, n, note_along, &s);
    return s.found;
}

static bool has_any(building *b, node n, const product *p)
{
    for (int i = 0; i < p->sum_count; i++)
        if (dag_has_index(b->d, n, p->sum[i]))
            return true;
    return touches(b, n);
}

/* A product with sums, one of which runs along the axis: that sum as an array, times what does not depend on the sums. 0: it is not so. */
static node sum_along(building *b, node n)
{
    dag *d = b->d;
    product p = {.fits = true};
    checkpoint_class class = CHECKPOINT_FORWARD;
    long shift = 0;
    int which = 0, inside = 0, outside = 0;
    take_apart(b, &p, n);
    while (p.fits && which < p.sum_count && !sums_along(b, &p, which, &class, &shift))
        which++;
    if (!p.fits || which == p.sum_count)
        return 0;
    node in[MOST_FACTORS], out[MOST_FACTORS + 1];
    for (int i = 0; i < p.count; i++)
        *(has_any(b, p.factor[i], &p) ? &in[inside++] : &out[outside++]) = p.factor[i];
    node body = inside == 1 ? in[0] : dag_raw_mul(d, inside, in), from = dag_index_node(d, p.sum[which]);
    for (int i = p.sum_count - 1; i >= 0; i--)
        if (i != which) {
            const dag_index_info range = *dag_index_get(d, p.sum[i]);
            body = dag_raw_reduce(d, REDUCE_SUM, p.sum[i], range.lo, range.hi, 0, body);
        }
    const dag_index_info range = *dag_index_get(d, p.sum[which]);
    int along = dag_index_fresh(d, range.name, dag_index_tidy(d, dag_add2(d, range.lo, dag_int(d, shift))), dag_index_tidy(d, dag_add2(d, range.hi, dag_int(d, shift))));
    node to = dag_index_tidy(d, dag_add2(d, dag_index_node(d, along), dag_int(d, -shift)));
    body = dag_substitute(d, body, 1, &from, &to, true);
    if (!b->real)
        return dag_int(d, 0);
    out[outside] = demand_sum(b, body, along, class);
    return !out[outside] ? 0 : outside ? dag_raw_mul(d, outside + 1, out) : out[0];
}

/* --- who is apart, and reads --- */

/* May the place be taken for one inside? Also when it may lie on a side of the axis where the variable has no values: then nobody uses what is read there. */
static bool is_never_outside(const building *b, int var, node place)
{
    bool low = dag_index_le(b->d, b->x.lo, place) == TRUTH_YES, high = dag_index_le(b->d, place, b->x.hi) == TRUTH_YES;
    for (int i = 0; i < b->p->equation_count && !(low && high); i++) {
        const lower_equation *e = &b->p->equation[i];
        if (!e->events || e->var != var || checkpoint_runs(&b->x, e))
            continue;
        bool before = dag_index_le(b->d, checkpoint_place(&b->x, e), b->x.lo) == TRUTH_YES;
        if (!(before ? low : high))
            return false;
    }
    return true;
}

static node rewrite(void *context, node n)
{
    building *b = context;
    if (!touches(b, n))
        return n;
    if (is_along(b, n)) {
        node place = dag_child(b->d, n, b->x.axis[dag_payload(b->d, n)]);
        if (!checkpoint_is_fixed(b, place) || (!checkpoint_outside(&b->x, place) && !is_never_outside(b, dag_payload(b->d, n), place)))
            keep(b, dag_payload(b->d, n));
        else if (b->real && !checkpoint_outside(&b->x, place))
            return checkpoint_picked(b, n, b->p->equation[b->equation].events);
        return n;
    }
    node made = int_map_get(&b->memo, n);
    if (made)
        return made;
    bool is_product = dag_kind(b->d, n) == NODE_MUL || (dag_kind(b->d, n) == NODE_REDUCE && dag_payload(b->d, n) == REDUCE_SUM);
    made = is_product ? sum_along(b, n) : 0;
    made = made ? made : dag_map_children(b->d, n, rewrite, b);
    int_map_put(&b->memo, n, made);
    return made;
}

/* --- outside the axis --- */

typedef struct {
    building *b;
    const lower_equation *e;
    bool *low, *high; /* per variable: somebody reads what stands before, behind the axis */
} straying;

static void note_stray(void *context, node entry)
{
    straying *s = context;
    checkpointing *x = &s->b->x;
    int w = dag_payload(s->b->d, entry);
    node place = dag_child(s->b->d, entry, x->axis[w]);
    long offset = 0;
    bool fixed = checkpoint_is_fixed(s->b, place), plain = dag_kind(s->b->d, place) == NODE_BOUND || dag_kind(s->b->d, place) == NODE_INDEX;
    bool along = checkpoint_runs(x, s->e) && checkpoint_gap(x, checkpoint_place(x, s->e), place, &offset);
    bool inside = along ? offset == 0 : plain || (fixed && checkpoint_inside(x, place, place));
    s->low[w] = s->low[w] || (!inside && (!along || offset < 0));
    s->high[w] = s->high[w] || (!inside && (!along || offset > 0));
}

/* Equations outside the axis that nobody reads: adjoints of starts that are constants. */
void checkpoint_drop_outside(building *b)
{
    size_t n = (size_t)b->x.var_count + 1;
    straying s = {b, NULL, xcalloc(n, sizeof(bool)), xcalloc(n, sizeof(bool))};
    for (int i = 0; i < b->p->equation_count; i++) {
        s.e = &b->p->equation[i];
        if (s.e->events)
            checkpoint_each_read(&b->x, s.e->rhs, note_stray, &s);
    }
    for (int i = 0; i < b->p->equation_count; i++) {
        lower_equation *e = &b->p->equation[i];
        if (!e->events || e->var >= b->x.var_count || b->x.class[e->var] == CHECKPOINT_APART || b->x.kept[e->var] || checkpoint_runs(&b->x, e))
            continue;
        bool low = dag_index_le(b->d, checkpoint_place(&b->x, e), b->x.lo) == TRUTH_YES;
        if (!(low ? s.low : s.high)[e->var])
            e->events = 0;
    }
    free(s.low), free(s.high);
}

/* All equations that are in no sweep. */
void checkpoint_rewrite(building *b, bool real)
{
    b->real = real;
    do {
        b->changed = false;
        for (b->equation = 0; b->equation < b->p->equation_count; b->equation++) {
            lower_equation *e = &b->p->equation[b->equation];
            if (!e->events || checkpoint_runs(&b->x, e))
                continue;
            node made = rewrite(b, e->rhs);
            int_map_free(&b->memo);
            if (real)
                b->p->equation[b->equation].rhs = made;
        }
    } while (b->changed && !real);
}

typedef struct {
    building *b;
    uint64_t events;
} picking;

static void note_picked(void *context, node entry)
{
    picking *k = context;
    node place = dag_child(k->b->d, entry, k->b->x.axis[dag_payload(k->b->d, entry)]);
    if (is_along(k->b, entry) && checkpoint_is_fixed(k->b, place) && !checkpoint_outside(&k->b->x, place))
        checkpoint_picked(k->b, entry, k->events);
}

static void note_picked_by_adjoint(void *context, node entry)
{
    const picking *k = context;
    if (k->b->x.class[dag_payload(k->b->d, entry)] == CHECKPOINT_FORWARD)
        note_picked(context, entry);
}

/* Adjoints, and sums with them, may read what the forward sweep left at one place. */
void checkpoint_pick_for_adjoints(building *b)
{
    for (int i = 0, end = b->p->equation_count; i < end; i++) {
        const lower_equation *e = &b->p->equation[i];
        picking k = {b, e->events};
        if (checkpoint_runs(&b->x, e) && b->x.class[e->var] == CHECKPOINT_BACKWARD)
            checkpoint_each_read(&b->x, e->rhs, note_picked_by_adjoint, &k);
    }
    for (int i = 0, end = b->demand_count; i < end; i++) {
        picking k = {b, b->demand[i].events};
        if (b->demand[i].from < 0)
            checkpoint_each_read(&b->x, b->demand[i].body, note_picked_by_adjoint, &k);
    }
}
