/* Terms that are added where they belong (place.c), as loops and as calls of delta_contract; rows. */
#include <stdlib.h>
#include <string.h>

#include "gen/dag/break.h"
#include "gen/lower/nest.h"
#include "gen/lower/place.h"

/* --- rows --- */

/* The factors that do not change along the row, as one local; *rest is what changes. */
static node row_factor(nest *b, node body, int inner, node *rest)
{
    dag *d = b->d;
    int count = dag_count(d, body), fixed = 0, moving = 0;
    *rest = body;
    if (dag_kind(d, body) != NODE_MUL)
        return 0;
    node *list = xmalloc(2 * (size_t)(count + 1) * sizeof *list), *move = list + count + 1;
    for (int i = 0; i < count; i++) {
        node f = dag_child(d, body, i);
        if (dag_has_index(d, f, inner))
            move[moving++] = f;
        else
            list[fixed++] = f;
    }
    node factor = 0;
    if (fixed && moving) {
        factor = dag_raw_mul(d, fixed, list);
        *rest = dag_raw_mul(d, moving, move);
    }
    free(list);
    return factor;
}

/* Narrows the range by a condition a <= b or a < b that bounds the index by something inside the range; false: not of that form. */
bool nest_narrow(dag *d, nest_row *r, node condition)
{
    long a, b;
    node left, right;
    compare k = dag_kind(d, condition) == NODE_COMPARE ? (compare)dag_payload(d, condition) : COMPARE_EQUAL;
    if ((k != COMPARE_LESS && k != COMPARE_LESS_EQUAL) || !dag_affine_split(d, dag_child(d, condition, 0), r->index, &a, &left) ||
        !dag_affine_split(d, dag_child(d, condition, 1), r->index, &b, &right))
        return false;
    node gap = dag_add(d, 3, (node[]){right, dag_neg(d, left), dag_int(d, k == COMPARE_LESS ? -1 : 0)}); /* (a − b) index <= gap */
    if (a - b == 1 && dag_index_le(d, gap, r->hi) == TRUTH_YES)
        r->hi = dag_index_tidy(d, gap);
    else if (a - b == -1 && dag_index_le(d, r->lo, dag_neg(d, gap)) == TRUTH_YES)
        r->lo = dag_index_tidy(d, dag_neg(d, gap));
    else
        return false;
    return true;
}

/* Conditions on the row's own index become its range; what has no such form goes into the body. */
node nest_narrow_all(dag *d, nest_row *r, node guard, node body)
{
    while (guard) {
        bool more = dag_kind(d, guard) == NODE_IF && dag_is_int(d, dag_child(d, guard, 2), 0);
        node condition = more ? dag_child(d, guard, 0) : guard;
        if (!nest_narrow(d, r, condition))
            body = dag_raw_if(d, condition, body, dag_int(d, 0));
        guard = more ? dag_child(d, guard, 1) : 0;
    }
    return body;
}

void nest_add_row(nest *b, lower_how how, node target, node body, const nest_row *row)
{
    dag *d = b->d;
    if (how == LOWER_ADD && dag_kind(d, body) == NODE_IF && dag_is_int(d, dag_child(d, body, 2), 0) && !dag_has_index(d, dag_child(d, body, 0), row->index)) {
        nest_open_when(b, nest_value(b, dag_child(d, body, 0)));
        nest_add_row(b, how, target, dag_child(d, body, 1), row);
        nest_close(b);
        return;
    }
    node rest = body, factor = how == LOWER_ADD ? row_factor(b, body, row->index, &rest) : 0;
    if (factor) {
        factor = nest_value(b, factor);
        if (dag_kind(d, factor) != NODE_NUMBER && !(dag_kind(d, factor) == NODE_ENTRY && dag_count(d, factor) == 0))
            factor = nest_let(b, factor, b->depth - 1, false);
    }
    nest_open_for(b, row->index, nest_value(b, row->lo), nest_value(b, row->hi), false);
    node value = nest_value(b, rest);
    nest_assign(b, how, target, factor ? dag_raw_mul(d, 2, (node[]){factor, value}) : value);
    nest_close(b);
}

/* --- calls --- */

bool nest_calls(nest *b, const place_form *form)
{
    int loops[PLACE_INDICES], count;
    int_map stays = {0}; /* loops above the floor will be closed before */
    bool calls = false;
    for (int i = 1; i < b->floor; i++)
        if (b->frame[i].index >= 0)
            int_map_put(&stays, 1 + b->frame[i].index, 1);
    for (int i = 0; i < form->count && !calls; i++)
        calls = place_call(b->p, &form->term[i], &stays, loops, &count) != NULL;
    int_map_free(&stays);
    return calls;
}

/* --- terms --- */

static bool about_indices(dag *d, node c)
{
    return dag_kind(d, c) == NODE_COMPARE && dag_is_affine(d, dag_child(d, c, 0)) && dag_is_affine(d, dag_child(d, c, 1));
}

/* Opens the conditions whose indices are known. One about values waits for those before it, which may protect what it reads. */
static void open_conditions(nest *b, place_term *t)
{
    int kept = 0;
    for (int i = 0; i < t->when_count; i++) {
        node c = t->when[i];
        if (nest_knows(b, c) && (kept == 0 || about_indices(b->d, c)))
            nest_open_when(b, nest_value(b, c));
        else
            t->when[kept++] = c;
    }
    t->when_count = kept;
}

/* The entries that the terms add to begin with the rest, or with 0. */
static void begin_placed(nest *b, const lower_equation *e, node rest)
{
    node target = dag_entry(b->d, e->var, b->p->var[e->var].axis_count, e->at);
    int depth = b->depth;
    if (rest && nest_has_pieces(b, e, rest)) {
        nest_pieces(b, e, rest);
        return;
    }
    for (int k = 0; k < e->index_count; k++)
        nest_open_once(b, e->index[k]);
    if (rest)
        nest_count_uses(b, rest);
    nest_assign(b, BROKEN("zero") ? LOWER_ADD : LOWER_SET, target, rest ? nest_value(b, rest) : dag_int(b->d, 0));
    nest_close_to(b, depth);
}

static void open_bound(nest *b, const place_term *t, int which)
{
    const dag_index_info *range = dag_index_get(b->d, t->bind[which]);
    node value = nest_value(b, t->bind_value[which]);
    if (int_map_get(&b->index_depth, 1 + t->bind[which])) { /* a loop around runs over it already */
        nest_open_when(b, dag_raw_compare(b->d, COMPARE_EQUAL, dag_index_node(b->d, t->bind[which]), value));
        return;
    }
    lower_statement *s = lower_statement_new(b->p, LOWER_BIND);
    s->index = t->bind[which];
    if (!t->bind_inside[which])
        s->lo = nest_value(b, range->lo), s->hi = nest_value(b, range->hi);
    s->value = value;
    nest_open(b, s, s->index, true);
}

/* The part of one of the target's indices that the conditions leave; those that are not needed any more are dropped. */
static nest_row part_of(nest *b, place_term *t, int index)
{
    const dag_index_info *range = dag_index_get(b->d, index);
    nest_row row = {index, range->lo, range->hi};
    int kept = 0;
    for (int i = 0; i < t->when_count; i++)
        if (!nest_narrow(b->d, &row, t->when[i]) || !nest_knows(b, row.lo) || !nest_knows(b, row.hi))
            t->when[kept++] = t->when[i];
    t->when_count = kept;
    return row;
}

/* The term's value into its entry, in loops over those of its own indices that are not open yet; the last one is a row. */
static void add_part(nest *b, place_term *t)
{
    int last = -1;
    for (int k = 0; k < t->own_count; k++)
        if (!int_map_get(&b->index_depth, 1 + t->own[k]))
            last = t->own[k];
    for (int k = 0; k < t->own_count; k++) {
        int index = t->own[k];
        if (int_map_get(&b->index_depth, 1 + index))
            continue;
        nest_row row = part_of(b, t, index);
        if (index == last && t->when_count == 0) {
            nest_add_row(b, LOWER_ADD, t->target, t->value, &row);
            return;
        }
        nest_open_for(b, index, nest_value(b, row.lo), nest_value(b, row.hi), false);
        open_conditions(b, t);
    }
    nest_assign(b, LOWER_ADD, t->target, nest_value(b, t->value));
}

/* One number for entries that index expressions name: added up before them, where that may be. */
static bool add_number(nest *b, const lower_equation *e, const place_term *t)
{
    int depth = b->depth;
    node sum = place_number(b->p, e, t);
    if (!sum)
        return false;
    nest_count_uses(b, sum);
    node value = nest_value(b, sum);
    for (int i = 0; i < t->bind_count; i++)
        open_bound(b, t, i);
    nest_assign(b, LOWER_ADD, t->target, value);
    nest_close_to(b, depth);
    return true;
}

static void add_placed(nest *b, const lower_equation *e, const place_term *given)
{
    place_term own = *given, *t = &own;
    int depth = b->depth;
    if (e->placed == PLACED_IN_ROWS && add_number(b, e, t))
        return;
    for (int i = 0; i < t->bind_count; i++)
        nest_count_uses(b, t->bind_value[i]);
    for (int i = 0; i < t->when_count; i++)
        nest_count_uses(b, t->when[i]);
    nest_count_uses(b, t->value);
    for (int k = 0; k < t->own_count; k++)
        if (e->placed == PLACED_TURNED || place_needs(b->p, t, t->own[k]))
            nest_open_once(b, t->own[k]);
    open_conditions(b, t);
    for (int i = 0; i < t->sum_count; i++)
        if (place_bound(t, t->sum[i]) < 0) {
            nest_open_once(b, t->sum[i]);
            open_conditions(b, t);
        }
    for (int i = 0; i < t->bind_count; i++)
        open_bound(b, t, i);
    open_conditions(b, t);
    add_part(b, t);
    nest_close_to(b, depth);
}

static bool same_conditions(const place_term *a, const place_term *b)
{
    return a->when_count == b->when_count && memcmp(a->when, b->when, (size_t)a->when_count * sizeof *a->when) == 0;
}

static bool in_equation(const lower_equation *e, int index)
{
    for (int k = 0; k < e->index_count; k++)
        if (e->index[k] == index)
            return true;
    return false;
}

static void add_call(nest *b, const lower_contraction *c, int count, const int *around, bool accumulate)
{
    for (int i = 0; i < count; i++)
        nest_open_once(b, around[i]);
    lower_statement *s = lower_statement_new(b->p, LOWER_CONTRACT);
    s->contraction = c;
    s->how = accumulate ? LOWER_ADD : LOWER_SET;
    s->target = c->target;
    s->value = dag_raw_mul(b->d, c->factor ? 3 : 2, (node[]){c->a, c->b, c->factor}); /* what is read */
    nest_add(b, b->depth - 1, s);
}

static const lower_contraction *call_of(nest *b, const lower_equation *e, const place_term *t, int *around, int *count)
{
    return e->placed == PLACED_TURNED ? place_call(b->p, t, &b->index_depth, around, count) : NULL;
}

/* A call can fill the entries, where it runs once for each of them. */
static bool fills(nest *b, const lower_equation *e, const place_term *t)
{
    int around[PLACE_INDICES], count;
    if (!call_of(b, e, t, around, &count))
        return false;
    for (int i = 0; i < count; i++)
        if (!dag_has_index(b->d, t->target, around[i]) || !in_equation(e, around[i]))
            return false;
    return true;
}

/* Is it for all values of those of its own indices that are not open? */
static bool is_whole(const nest *b, const place_term *t)
{
    for (int i = 0; i < t->when_count; i++)
        for (int k = 0; k < t->own_count; k++)
            if (!int_map_get(&b->index_depth, 1 + t->own[k]) && dag_has_index(b->d, t->when[i], t->own[k]))
                return false;
    return t->bind_count == 0;
}

/* Terms of loops for the whole row first: they join the loop that begins it. */
static void whole_first(const nest *b, place_form *form)
{
    for (int i = 0, whole = 0; i < form->count; i++)
        if (is_whole(b, &form->term[i])) {
            const place_term t = form->term[i];
            memmove(&form->term[whole + 1], &form->term[whole], (size_t)(i - whole) * sizeof t);
            form->term[whole++] = t;
        }
}

void nest_placed(nest *b, const lower_equation *e)
{
    place_form form;
    bool done[PLACE_TERMS] = {false};
    int around[PLACE_INDICES], count, depth = b->depth;
    place_parse(b->p, e, &form);
    if (e->placed == PLACED_BY_DATA)
        whole_first(b, &form);
    bool begun = form.rest || !fills(b, e, &form.term[0]);
    if (begun)
        begin_placed(b, e, form.rest);
    for (int i = 0; i < form.count; i++) /* those under the same conditions stand together: they share them and their loops */
        for (int k = i; k < form.count; k++) {
            const place_term *t = &form.term[k];
            if (done[k] || (k > i && !same_conditions(&form.term[i], t)))
                continue;
            const lower_contraction *c = call_of(b, e, t, around, &count);
            if (c)
                add_call(b, c, count, around, begun);
            else
                add_placed(b, e, t);
            nest_close_to(b, depth);
            done[k] = begun = true;
        }
}
