/* One sweep over the segments of an axis: its windows, the equations moved into them, what is handed from one segment to the next, what others demand. */
#include <stdlib.h>
#include <string.h>

#include "gen/lower/checkpoint_build.h"
#include "gen/lower/product.h"
#include "grammar/arena.h"

/* --- copies and equations --- */

/* A variable with the axes of `like` but one, which gets this start and size; size 0: it is left out. */
int checkpoint_var_like(building *b, int like, int axis, node start, node size, const char *stem)
{
    lower_var v = b->p->var[like];
    int count = 0;
    for (int k = 0; k < v.axis_count; k++) {
        if (k == axis && !size)
            continue;
        v.start[count] = k == axis ? start : v.start[k];
        v.size[count++] = k == axis ? size : v.size[k];
    }
    v.axis_count = count;
    v.place = LOWER_WORK;
    v.model_var = -1;
    v.equation = -1;
    v.window = 0;
    v.stem = stem;
    return lower_add_var(b->p, &v);
}

/* Indices for all axes of `like` but one, and an equation that has them. The entry `at` that axis is at[axis]. */
static lower_equation equation_like(building *b, int like, int axis)
{
    const lower_var *v = &b->p->var[like];
    lower_equation e = {.population = -1, .line = v->line};
    for (int k = 0; k < v->axis_count; k++) {
        if (k == axis)
            continue;
        node hi = dag_add(b->d, 3, (node[]){v->start[k], v->size[k], dag_int(b->d, -1)});
        int index = k == 0 && v->per_sample ? b->p->m->sample_index[v->population] : dag_index_fresh(b->d, intern_puts(b->p->m->names, "i"), v->start[k], hi);
        e.index[e.index_count++] = index;
        e.at[k] = dag_index_node(b->d, index);
    }
    return e;
}

static node entry_at(building *b, int var, const lower_equation *e, int axis, node place)
{
    node at[MODEL_MAX_AXES];
    memcpy(at, e->at, sizeof at);
    if (axis >= 0)
        at[axis] = place;
    return dag_entry(b->d, var, b->p->var[var].axis_count, at);
}

static void without_axis(lower_equation *e, int axis, int count)
{
    for (int k = axis; k + 1 < count; k++)
        e->at[k] = e->at[k + 1];
}

void checkpoint_add_equation(building *b, lower_equation *e, int var, node rhs, uint64_t events, int number, const char *note)
{
    e->var = var;
    e->rhs = rhs;
    e->events = events;
    e->sweep = number;
    e->note = note;
    lower_add_equation(b->p, e);
}

/* --- one sweep --- */

static bool runs_here(const sweep *s, const lower_equation *e)
{
    return checkpoint_runs(&s->b->x, e) && e->sweep == 0 && s->in[e->var];
}

static node affine(building *b, node n)
{
    return dag_index_tidy(b->d, n);
}

static int size_number(building *b, const char *name)
{
    return dag_payload(b->d, lower_new_size(b->p, name, SIZE_LOOP));
}

static node size_node(const building *b, int size)
{
    return dag_sizesym(b->d, size);
}

void checkpoint_close_sweep(sweep *s)
{
    free(s->window), free(s->low), free(s->high);
}

static const lower_sweep *bounds(const sweep *s)
{
    return &s->b->c->sweep[s->number - 1];
}

static void reach(sweep *s, int w, long offset)
{
    s->low[w] = -offset > s->low[w] ? -offset : s->low[w];
    s->high[w] = offset > s->high[w] ? offset : s->high[w];
}

static bool is_near(long offset)
{
    return offset <= CHECKPOINT_LAG && offset >= -CHECKPOINT_LAG;
}

static void note_reach(void *context, node entry)
{
    sweep *s = context;
    int w = dag_payload(s->b->d, entry);
    long offset;
    if (s->in[w] && checkpoint_gap(&s->b->x, checkpoint_place(&s->b->x, s->e), dag_child(s->b->d, entry, s->b->x.axis[w]), &offset) && is_near(offset))
        reach(s, w, offset);
}

typedef struct {
    sweep *s;
    node index;
} summing;

static void note_sum_reach(void *context, node entry)
{
    const summing *m = context;
    const building *b = m->s->b;
    int w = dag_payload(b->d, entry);
    long offset;
    if (m->s->in[w] && checkpoint_gap(&b->x, m->index, dag_child(b->d, entry, b->x.axis[w]), &offset) && is_near(offset))
        reach(m->s, w, offset);
}

static bool serves(const sweep *s, const demand *m)
{
    return m->class == s->class && (m->events & s->events);
}

static void find_reach(sweep *s)
{
    building *b = s->b;
    for (int i = 0; i < b->p->equation_count; i++) {
        s->e = &b->p->equation[i];
        if (runs_here(s, s->e))
            checkpoint_each_read(&b->x, s->e->rhs, note_reach, s);
    }
    for (int i = 0; i < b->demand_count; i++) {
        summing m = {s, b->demand[i].from < 0 ? dag_index_node(b->d, b->demand[i].along) : 0};
        if (serves(s, &b->demand[i]) && m.index)
            checkpoint_each_read(&b->x, b->demand[i].body, note_sum_reach, &m);
    }
    for (int v = 0; v < b->x.var_count && s->saved; v++)
        if (s->in[v] && s->saved[v])
            reach(s, v, b->x.down ? s->saved[v] : -s->saved[v]);
}

/* How many numbers an array has for each index of an axis; what is not known counts 1. */
static double numbers_beside(const building *b, int var, int axis)
{
    const lower_var *v = &b->p->var[var];
    double count = 1;
    for (int k = 0; k < v->axis_count; k++) {
        int index = k == axis || (k == 0 && v->per_sample) ? -1 : dag_index_fresh(b->d, 0, dag_int(b->d, 1), v->size[k]);
        count *= index < 0 ? 1 : product_extent(b->p, index);
    }
    return count;
}

void checkpoint_open_sweep(sweep *s)
{
    building *b = s->b;
    lower_checkpoint *c = b->c;
    lower_sweep *list = arena_alloc(b->p->memory, (size_t)(c->sweep_count + 1) * sizeof *list), *w = &list[c->sweep_count];
    if (c->sweep_count)
        memcpy(list, c->sweep, (size_t)c->sweep_count * sizeof *list);
    c->sweep = list;
    s->number = ++c->sweep_count;
    *w = (lower_sweep){.segment = size_number(b, "segment"),
                       .first = size_number(b, "first"),
                       .length = size_number(b, "length"),
                       .down = (s->class == CHECKPOINT_FORWARD) == b->x.down};
    node last = affine(b, dag_add2(b->d, size_node(b, w->length), dag_int(b->d, -1)));
    s->r = dag_index_node(b->d, dag_index_fresh(b->d, intern_puts(b->p->m->names, "r"), dag_int(b->d, 0), last));
    s->first_place = affine(b, dag_add(b->d, 3, (node[]){c->lo, size_node(b, w->first), dag_int(b->d, -1)}));
    size_t n = (size_t)b->x.var_count + 1;
    s->window = xcalloc(n, sizeof *s->window), s->low = xcalloc(n, sizeof *s->low), s->high = xcalloc(n, sizeof *s->high);
    for (int v = 0; v < b->x.var_count; v++)
        s->window[v] = -1;
    find_reach(s);
}

static void make_windows(sweep *s)
{
    building *b = s->b;
    for (int v = 0; v < b->x.var_count; v++) {
        if (!s->in[v])
            continue;
        node size = affine(b, dag_add2(b->d, size_node(b, b->c->span), dag_int(b->d, s->low[v] + s->high[v])));
        s->window[v] = checkpoint_var_like(b, v, b->x.axis[v], dag_int(b->d, -s->low[v]), size, arena_printf(b->p->memory, "%s_segment", b->p->var[v].stem));
        b->p->var[s->window[v]].window = s->number;
        b->held += s->counts ? numbers_beside(b, v, b->x.axis[v]) : 0;
    }
}

/* --- equations of a sweep --- */

/* Entries along the axis as entries of windows; `index` is the place of who reads. */
typedef struct {
    sweep *s;
    node index;
    int_map memo;
} moving;

static node move(void *context, node n);

/* 0: it stays what it is. */
static node move_entry(moving *m, node n)
{
    building *b = m->s->b;
    int w = dag_payload(b->d, n), axis = b->x.axis[w];
    node at[MODEL_MAX_AXES], place = dag_child(b->d, n, axis);
    long offset;
    if (m->s->window[w] < 0 || !checkpoint_gap(&b->x, m->index, place, &offset) || !is_near(offset))
        return b->x.kept[w] || !checkpoint_is_fixed(b, place) || checkpoint_outside(&b->x, place) ? 0 : checkpoint_picked(b, n, m->s->events);
    for (int k = 0; k < dag_count(b->d, n); k++)
        at[k] = move(m, dag_child(b->d, n, k));
    at[axis] = affine(b, dag_add2(b->d, m->s->r, dag_int(b->d, offset)));
    return dag_entry(b->d, m->s->window[w], dag_count(b->d, n), at);
}

static node move(void *context, node n)
{
    moving *m = context;
    building *b = m->s->b;
    if (!dag_has_kind(b->d, n, NODE_ENTRY))
        return n;
    node made = int_map_get(&m->memo, n);
    if (made)
        return made;
    if (dag_kind(b->d, n) == NODE_ENTRY && checkpoint_is_of_axis(b, n))
        made = move_entry(m, n);
    made = made ? made : dag_map_children(b->d, n, move, m);
    int_map_put(&m->memo, n, made);
    return made;
}

static node now(const sweep *s)
{
    return affine(s->b, dag_add2(s->b->d, s->first_place, s->r));
}

/* The right side of who stands at `index` of the axis, inside the window. */
static node moved(sweep *s, node rhs, node index)
{
    moving m = {.s = s, .index = index};
    node made = move(&m, rhs), here = now(s);
    int_map_free(&m.memo);
    return dag_kind(s->b->d, index) == NODE_INDEX ? dag_substitute(s->b->d, made, 1, &index, &here, true) : made;
}

static node both(building *b, node first, node second)
{
    return first && second ? dag_raw_if(b->d, first, second, dag_int(b->d, 0)) : first ? first : second;
}

/* 0, or the condition under which the window's index is in lo .. hi of the axis. */
static node within(sweep *s, node lo, node hi)
{
    building *b = s->b;
    node low = dag_index_eq(b->d, lo, b->x.lo) == TRUTH_YES ? 0 : dag_raw_compare(b->d, COMPARE_LESS_EQUAL, lo, now(s));
    node high = dag_index_eq(b->d, hi, b->x.hi) == TRUTH_YES ? 0 : dag_raw_compare(b->d, COMPARE_LESS_EQUAL, now(s), hi);
    return both(b, low, high);
}

static void add_moved(sweep *s, int number)
{
    building *b = s->b;
    lower_equation e = b->p->equation[number];
    int axis = b->x.axis[e.var], r = dag_payload(b->d, s->r);
    node at = e.at[axis];
    if (dag_kind(b->d, at) == NODE_INDEX) {
        const dag_index_info range = *dag_index_get(b->d, dag_payload(b->d, at));
        for (int k = 0; k < e.index_count; k++)
            if (e.index[k] == dag_payload(b->d, at))
                e.index[k] = r;
        e.guard = within(s, range.lo, range.hi);
    } else {
        e.index[e.index_count++] = r;
        e.guard = dag_raw_compare(b->d, COMPARE_EQUAL, now(s), at);
    }
    e.rhs = moved(s, e.rhs, at);
    e.at[axis] = s->r;
    e.var = s->window[e.var];
    e.events = s->events;
    e.sweep = s->number;
    lower_add_equation(b->p, &e);
}

/* What stands at that place outside the axis before the first segment; 0 if nothing does. */
static node outside_value(building *b, int var, const lower_equation *like, node place)
{
    int axis = b->x.axis[var];
    for (int i = 0; i < b->p->equation_count; i++) {
        const lower_equation *e = &b->p->equation[i];
        if (e->events && e->var == var && !e->sweep && dag_index_eq(b->d, e->at[axis], place) == TRUTH_YES)
            return entry_at(b, var, like, axis, place);
    }
    return dag_int(b->d, 0);
}

/* Place number k outside the segment is what the segment before left. */
static void add_carry(sweep *s, int var, bool low, long k)
{
    building *b = s->b;
    dag *d = b->d;
    int axis = b->x.axis[var], count = b->p->var[var].axis_count, window = s->window[var];
    lower_equation e = equation_like(b, window, axis);
    node length = size_node(b, bounds(s)->length);
    node here = low ? dag_int(d, -k) : affine(b, dag_add2(d, length, dag_int(d, k - 1)));
    node there = low ? affine(b, dag_add2(d, length, dag_int(d, -k))) : dag_int(d, k - 1);
    node outside = affine(b, low ? dag_add2(d, b->x.lo, dag_int(d, -k)) : dag_add2(d, b->x.hi, dag_int(d, k)));
    node begin = outside_value(b, var, &e, outside);
    node inside = entry_at(b, window, &e, axis, here), left = entry_at(b, window, &e, axis, there);
    lower_equation into = e, from = e;
    into.at[axis] = here;
    without_axis(&from, axis, count);
    int carry = checkpoint_var_like(b, window, axis, 0, 0, arena_printf(b->p->memory, "%s_carry", b->p->var[var].stem));
    lower_equation start = from;
    checkpoint_add_equation(b, &start, carry, begin, s->events, 0, "before the first segment");
    checkpoint_add_equation(b, &into, window, entry_at(b, carry, &from, -1, 0), s->events, s->number, "from the segment before");
    from.passes_on = true;
    from.after = inside;
    checkpoint_add_equation(b, &from, carry, left, s->events, s->number, "for the next segment");
}

/* Place number k before the segment is saved, or taken from what was saved. */
static void add_save(sweep *s, int var, long k)
{
    building *b = s->b;
    dag *d = b->d;
    int axis = b->x.axis[var], window = s->window[var];
    bool low = !b->x.down;
    node segment = size_node(b, bounds(s)->segment), length = size_node(b, bounds(s)->length);
    lower_equation e = equation_like(b, window, axis);
    node here = low ? dag_int(d, -k) : affine(b, dag_add2(d, length, dag_int(d, k - 1)));
    if (s->class == CHECKPOINT_FORWARD) {
        s->save[var][k - 1] = checkpoint_var_like(b, window, axis, dag_int(d, 1), size_node(b, b->c->segments), arena_printf(b->p->memory, "%s_saved", b->p->var[var].stem));
        b->saved += numbers_beside(b, window, axis);
    }
    int save = s->save[var][k - 1];
    bool forward = s->class == CHECKPOINT_FORWARD;
    node value = forward ? entry_at(b, window, &e, axis, here) : entry_at(b, save, &e, axis, segment);
    e.at[axis] = forward ? segment : here;
    checkpoint_add_equation(b, &e, forward ? save : window, value, s->events, s->number, forward ? "what the segment begins with" : "what the segment began with");
}

static void add_boundaries(sweep *s)
{
    building *b = s->b;
    bool down = bounds(s)->down;
    for (int v = 0; v < b->x.var_count; v++) {
        if (s->window[v] < 0)
            continue;
        bool restored = s->class == CHECKPOINT_BACKWARD && b->x.class[v] == CHECKPOINT_FORWARD;
        for (long k = 1; k <= s->low[v]; k++)
            (restored && down) ? add_save(s, v, k) : add_carry(s, v, true, k);
        for (long k = 1; k <= s->high[v]; k++)
            (restored && !down) ? add_save(s, v, k) : add_carry(s, v, false, k);
        for (long k = 1; k <= (s->saved ? s->saved[v] : 0); k++)
            add_save(s, v, k);
    }
}

/* A variable that stays whole gets the segment. */
static void add_kept(sweep *s, int var)
{
    building *b = s->b;
    int axis = b->x.axis[var], window = s->window[var];
    lower_equation e = equation_like(b, window, axis);
    node value = entry_at(b, window, &e, axis, s->r);
    e.index[e.index_count++] = dag_payload(b->d, s->r);
    e.at[axis] = now(s);
    checkpoint_add_equation(b, &e, var, value, s->events, s->number, "the segment of an array that stays whole");
}

/* A value at one place, when its segment is there. */
static void add_picked(sweep *s, const demand *m)
{
    building *b = s->b;
    dag *d = b->d;
    int axis = b->x.axis[m->from], count = b->p->var[m->from].axis_count;
    lower_equation e = equation_like(b, s->window[m->from], axis);
    node end = affine(b, dag_add(d, 3, (node[]){s->first_place, size_node(b, bounds(s)->length), dag_int(d, -1)}));
    node value = entry_at(b, s->window[m->from], &e, axis, affine(b, dag_add2(d, m->place, dag_neg(d, s->first_place))));
    e.guard = both(b, dag_raw_compare(d, COMPARE_LESS_EQUAL, s->first_place, m->place), dag_raw_compare(d, COMPARE_LESS_EQUAL, m->place, end));
    without_axis(&e, axis, count);
    checkpoint_add_equation(b, &e, m->var, value, s->events, s->number, "a value of one place of the axis");
}

static void add_summed(sweep *s, const demand *m)
{
    building *b = s->b;
    dag *d = b->d;
    node along = dag_index_node(d, m->along), zero = dag_int(d, 0);
    const dag_index_info range = *dag_index_get(d, m->along);
    lower_var v = b->p->var[m->var];
    lower_equation e = {.population = -1, .line = m->line, .index_count = m->index_count};
    for (int k = 0; k < m->index_count; k++) {
        e.index[k] = m->index[k];
        e.at[k] = dag_index_node(d, m->index[k]);
    }
    node body = moved(s, m->body, along), condition = within(s, range.lo, range.hi), last = dag_index_get(d, dag_payload(d, s->r))->hi;
    if (condition)
        body = dag_raw_if(d, condition, body, zero);
    node sum = dag_raw_reduce(d, REDUCE_SUM, dag_payload(d, s->r), zero, last, 0, body);
    v.window = s->number;
    v.stem = arena_printf(b->p->memory, "%s_share", v.stem);
    int part = lower_add_var(b->p, &v);
    lower_equation share = e, total = e;
    checkpoint_add_equation(b, &share, part, sum, s->events, s->number, "its share of a segment");
    total.passes_on = true;
    checkpoint_add_equation(b, &total, m->var, dag_raw_add(d, 2, (node[]){entry_at(b, m->var, &e, -1, 0), entry_at(b, part, &e, -1, 0)}), s->events, s->number, "a sum over the segments");
}

static uint64_t events_of(const building *b, int var)
{
    uint64_t events = 0;
    for (int i = 0; i < b->p->equation_count; i++)
        if (b->p->equation[i].var == var && !b->p->equation[i].sweep)
            events |= b->p->equation[i].events;
    return events;
}

void checkpoint_fill_sweep(sweep *s)
{
    building *b = s->b;
    int end = b->p->equation_count;
    make_windows(s);
    add_boundaries(s);
    for (int i = 0; i < end; i++)
        if (runs_here(s, &b->p->equation[i]))
            add_moved(s, i);
    for (int v = 0; v < b->x.var_count; v++)
        if (s->window[v] >= 0 && b->x.kept[v] && b->x.class[v] == s->class && (events_of(b, v) & s->events))
            add_kept(s, v);
    for (int i = 0; i < b->demand_count; i++) {
        if (!serves(s, &b->demand[i]))
            continue;
        demand m = b->demand[i];
        (m.from < 0 ? add_summed : add_picked)(s, &m);
    }
}
