/* Right sides taken apart into terms that are added where they belong. Keeps: every value, but for the order of additions.
 *
 * Sums with Kronecker deltas whose other side is data (an index from a table, the place of a maximum), adjoints of gathers and of maxima, would ask every entry of the
 * target about every term; so would sums under conditions on the target's index, adjoints of windows. Turned round (place_solve.c) each term is a loop over what it
 * sums that adds to the entry it belongs to. Sums that are added up row by row for a part of the row are terms as well; and sums of products over several indices,
 * which may be one call (place_call.c).
 *
 * A term is taken apart into summed indices, conditions and factors. A bound index's value is computed before the conditions that stood in front of it, so every access
 * in it must be inside its array by the ranges of its indices alone. */
#include "gen/lower/place.h"

#include <string.h>

#include "gen/lower/lower_private.h"
#include "gen/lower/product.h"
#include "grammar/arena.h"

enum { LONG_ROW = 16, MANY_PARTS = 3 };

/* --- taking apart --- */

bool place_by_data(dag *d, node n)
{
    return dag_kind(d, n) == NODE_COMPARE && dag_payload(d, n) == COMPARE_EQUAL && dag_has_kind(d, n, NODE_INDEX) &&
           dag_is_affine(d, dag_child(d, n, 0)) != dag_is_affine(d, dag_child(d, n, 1));
}

typedef struct {
    dag *d;
    bool found;
} delta_search;

static bool note_delta(void *context, node n)
{
    delta_search *s = context;
    dag *d = s->d;
    if (dag_kind(d, n) == NODE_COMPARE && dag_payload(d, n) == COMPARE_EQUAL)
        s->found = dag_is_affine(d, dag_child(d, n, 0)) != dag_is_affine(d, dag_child(d, n, 1));
    return !s->found;
}

static bool has_data_delta(dag *d, node n)
{
    delta_search s = {d, false};
    if (dag_has_kind(d, n, NODE_COMPARE))
        dag_visit(d, n, note_delta, &s);
    return s.found;
}

static bool about_indices(dag *d, node c)
{
    return dag_kind(d, c) == NODE_COMPARE && dag_is_affine(d, dag_child(d, c, 0)) && dag_is_affine(d, dag_child(d, c, 1));
}

static void collect(place_reading *r, node n, bool alone);

/* One by one; when a sum is turned round, those that always hold are dropped. */
static void add_condition(place_reading *r, node c)
{
    dag *d = r->d;
    bool turned = r->how == PLACED_TURNED;
    for (int i = 0; turned && dag_kind(d, c) == NODE_MUL && i < dag_count(d, c); i++)
        add_condition(r, dag_child(d, c, i));
    if (turned && dag_kind(d, c) == NODE_MUL)
        return;
    if (turned && about_indices(d, c) && dag_payload(d, c) == COMPARE_LESS_EQUAL) {
        truth known = place_never_above(r->p, dag_child(d, c, 0), dag_child(d, c, 1));
        r->failed |= known == TRUTH_NO; /* nothing is left of the sum: not this pass's business */
        if (known == TRUTH_YES)
            return;
    }
    if (r->t->when_count == PLACE_INDICES)
        r->failed = true;
    else
        r->t->when[r->t->when_count++] = c;
}

static void add_factor(place_reading *r, node n)
{
    if (r->t->factor_count == PLACE_INDICES)
        r->failed = true;
    else
        r->t->factor[r->t->factor_count++] = n;
}

static void collect_sum(place_reading *r, node n)
{
    int index;
    dag *d = r->d;
    if (r->t->sum_count == PLACE_INDICES) {
        r->failed = true;
        return;
    }
    node body = dag_open(d, n, &index);
    const dag_index_info *i = dag_index_get(d, index);
    r->failed |= r->how == PLACED_TURNED && (!i->lo || !i->hi || dag_has_kind(d, i->lo, NODE_INDEX) || dag_has_kind(d, i->hi, NODE_INDEX) ||
                                             dag_has_kind(d, i->lo, NODE_ENTRY) || dag_has_kind(d, i->hi, NODE_ENTRY));
    r->t->sum[r->t->sum_count++] = index;
    collect(r, body, true);
}

static bool is_sum(const dag *d, node n)
{
    return dag_kind(d, n) == NODE_REDUCE && dag_payload(d, n) == REDUCE_SUM;
}

static bool is_protected(dag *d, node n)
{
    return dag_kind(d, n) == NODE_IF && dag_is_int(d, dag_child(d, n, 2), 0);
}

/* Is nothing but conditions and numbers beside the only sum of the product? */
static bool sum_is_alone(dag *d, node n)
{
    int sums = 0;
    for (int i = 0; i < dag_count(d, n); i++) {
        node f = dag_child(d, n, i);
        sums += is_sum(d, f);
        if (!is_sum(d, f) && dag_kind(d, f) != NODE_COMPARE && (dag_has_kind(d, f, NODE_INDEX) || dag_has_kind(d, f, NODE_REDUCE)))
            return false;
    }
    return sums == 1;
}

/* A factor that is itself a sum is multiplied out when it holds a delta of data: the number of matches times what is common to them; and in rows when it is alone. */
static void collect_product(place_reading *r, node n)
{
    dag *d = r->d;
    bool alone = r->how == PLACED_IN_ROWS && sum_is_alone(d, n);
    for (int i = 0; i < dag_count(d, n); i++) {
        node f = dag_child(d, n, i);
        bool out = is_sum(d, f) && (alone || (r->how != PLACED_TURNED && has_data_delta(d, f)));
        if (out || is_protected(d, f) || dag_kind(d, f) == NODE_COMPARE || dag_kind(d, f) == NODE_MUL)
            collect(r, f, out);
        else
            add_factor(r, f);
    }
}

/* Conditions, sums and factors of what is added. `alone`: no factor stands outside. */
static void collect(place_reading *r, node n, bool alone)
{
    dag *d = r->d;
    if (is_protected(d, n)) {
        add_condition(r, dag_child(d, n, 0));
        collect(r, dag_child(d, n, 1), alone);
    } else if (dag_kind(d, n) == NODE_MUL) {
        collect_product(r, n);
    } else if (dag_kind(d, n) == NODE_COMPARE) {
        add_condition(r, n);
    } else if (is_sum(d, n) && (alone || r->how != PLACED_TURNED)) {
        collect_sum(r, n);
    } else {
        add_factor(r, n);
    }
}

static bool is_own(const lower_equation *e, int index)
{
    for (int k = 0; k < e->open_count; k++) /* of a recurrence's index only the present value is computed */
        if (e->open[k] == index)
            return false;
    return true;
}

static void finish(place_reading *r)
{
    place_term *t = r->t;
    t->value = t->factor_count == 0 ? dag_int(r->d, 1) : t->factor_count == 1 ? t->factor[0] : dag_raw_mul(r->d, t->factor_count, t->factor);
    r->failed |= !place_sort(r->d, t);
}

/* A term of sums turned round; false: there is nothing to turn round, and it is no sum of products either. */
static bool parse_turned(lower_program *p, const lower_equation *e, node n, place_term *t)
{
    place_reading r = {.p = p, .d = p->m->dag, .e = e, .t = t, .how = PLACED_TURNED};
    int around[PLACE_INDICES], around_count;
    *t = (place_term){.target = dag_entry(r.d, e->var, p->var[e->var].axis_count, e->at)};
    for (int k = 0; k < e->index_count; k++)
        if (is_own(e, e->index[k]))
            t->own[t->own_count++] = e->index[k];
    collect(&r, n, true);
    if (r.failed || t->sum_count == 0)
        return false;
    place_turn(&r);
    finish(&r);
    if (r.failed || t->own_count + t->sum_count >= PLACE_INDICES)
        return false;
    return r.turned || place_call(p, t, NULL, around, &around_count);
}

/* A term whose deltas bind indices; false: none by data. */
static bool parse_term(lower_program *p, const lower_equation *e, node n, lower_placing how, place_term *t)
{
    place_reading r = {.p = p, .d = p->m->dag, .e = e, .t = t, .how = how};
    int loops = 0;
    *t = (place_term){.target = dag_entry(r.d, e->var, p->var[e->var].axis_count, e->at)};
    collect(&r, n, true);
    if (!r.failed) {
        place_bind(&r);
        finish(&r);
    }
    if (r.failed) {
        *t = (place_term){0};
        return false;
    }
    for (int k = 0; k < e->index_count; k++)
        if (place_bound(t, e->index[k]) < 0)
            t->own[t->own_count++] = e->index[k];
    for (int i = 0; i < t->sum_count; i++)
        loops += place_bound(t, t->sum[i]) < 0;
    return r.bound_count > 0 && loops > 0;
}

/* Do index expressions alone say to which entries the term is added? */
static bool by_indices(dag *d, const place_term *t)
{
    for (int i = 0; i < t->bind_count; i++)
        if (!dag_is_affine(d, t->bind_value[i]))
            return false;
    for (int i = 0; i < t->when_count; i++)
        if (!about_indices(d, t->when[i]))
            return false;
    return true;
}

/* Is the term added to some of the entries only? */
static bool is_part(dag *d, const place_term *t)
{
    return t->sum_count == 0 && t->bind_count + t->when_count > 0 && by_indices(d, t);
}

/* Where many terms belong to parts of a long array (rows of a matrix, all but its end), each is added in a loop over its part: no entry asks about all of them. */
static bool has_parts(lower_program *p, const lower_equation *e)
{
    dag *d = p->m->dag;
    int parts = 0, count = dag_count(d, e->rhs);
    if (dag_kind(d, e->rhs) != NODE_ADD || dag_has_kind(d, e->rhs, NODE_REDUCE) || count > PLACE_TERMS ||
        product_extent(p, e->index[e->index_count - 1]) < LONG_ROW)
        return false;
    for (int i = 0; i < count; i++) {
        place_term t;
        if (!parse_term(p, e, dag_child(d, e->rhs, i), PLACED_BY_DATA, &t))
            parts += is_part(d, &t);
    }
    return parts >= MANY_PARTS;
}

static node summed(dag *d, const place_term *t, node n)
{
    for (int i = t->sum_count - 1; i >= 0; i--) {
        const dag_index_info r = *dag_index_get(d, t->sum[i]);
        n = dag_raw_reduce(d, REDUCE_SUM, t->sum[i], r.lo, r.hi, 0, n);
    }
    return n;
}

/* Is it a sum of numbers, or one that is better added up row by row? */
static bool is_row(lower_program *p, const lower_equation *e, const place_term *t)
{
    dag *d = p->m->dag;
    int loose[MODEL_MAX_AXES], count = 0;
    if (t->sum_count == 0 || !by_indices(d, t))
        return false;
    for (int i = 0; i < t->sum_count; i++) {
        const dag_index_info *r = dag_index_get(d, t->sum[i]);
        if (place_bound(t, t->sum[i]) >= 0 || r->sample || lower_in_blocks(p, r->lo, r->hi) || dag_has_kind(d, r->lo, NODE_INDEX) ||
            dag_has_kind(d, r->hi, NODE_INDEX))
            return false;
    }
    node n = summed(d, t, t->value);
    for (int k = 0; k < e->index_count; k++)
        if (dag_has_index(d, n, e->index[k]))
            loose[count++] = e->index[k];
    if (place_bound(t, e->index[e->index_count - 1]) >= 0)
        return count == 0;
    return count > 0 && loose[count - 1] == e->index[e->index_count - 1] && lower_rows_better(p, n, count, loose);
}

/* The loops over the row then follow each other, and join. */
static void numbers_first(const lower_equation *e, place_form *form)
{
    int last = e->index[e->index_count - 1];
    for (int i = 0, numbers = 0; i < form->count; i++)
        if (place_bound(&form->term[i], last) >= 0) {
            const place_term t = form->term[i];
            memmove(&form->term[numbers + 1], &form->term[numbers], (size_t)(i - numbers) * sizeof t);
            form->term[numbers++] = t;
        }
}

/* Sums of which some are for a part of the entries only: added to the row one after the other they need no arrays of their own, and no entry asks about them. */
static bool parse_rows(lower_program *p, const lower_equation *e, place_form *out)
{
    dag *d = p->m->dag;
    int count = dag_kind(d, e->rhs) == NODE_ADD ? dag_count(d, e->rhs) : 1, rest_count = 0;
    bool parts = false;
    node rest[PLACE_TERMS];
    if (e->index_count == 0 || count > PLACE_TERMS || count < 2 || dag_index_get(d, e->index[e->index_count - 1])->sample)
        return false;
    *out = (place_form){0};
    for (int i = 0; i < count; i++) {
        node n = dag_child(d, e->rhs, i);
        place_term *t = &out->term[out->count];
        if (!dag_has_kind(d, n, NODE_REDUCE)) {
            rest[rest_count++] = n;
            continue;
        }
        parse_term(p, e, n, PLACED_IN_ROWS, t);
        if (!is_row(p, e, t))
            return false;
        parts = parts || t->bind_count || t->when_count;
        out->count++;
    }
    out->rest = rest_count == 0 ? 0 : rest_count == 1 ? rest[0] : dag_raw_add(d, rest_count, rest);
    numbers_first(e, out);
    return parts;
}

static bool parse_data(lower_program *p, const lower_equation *e, place_form *out)
{
    dag *d = p->m->dag;
    int count = dag_kind(d, e->rhs) == NODE_ADD ? dag_count(d, e->rhs) : 1, rest_count = 0;
    node rest[PLACE_TERMS];
    if (e->index_count == 0 || count > PLACE_TERMS || !dag_has_kind(d, e->rhs, NODE_COMPARE))
        return false;
    *out = (place_form){0};
    bool parts = has_parts(p, e);
    for (int i = 0; i < count; i++) {
        node n = count == 1 ? e->rhs : dag_child(d, e->rhs, i);
        if ((parts || has_data_delta(d, n)) && (parse_term(p, e, n, PLACED_BY_DATA, &out->term[out->count]) || (parts && is_part(d, &out->term[out->count]))))
            out->count++;
        else
            rest[rest_count++] = n;
    }
    out->rest = rest_count == 0 ? 0 : rest_count == 1 ? rest[0] : dag_raw_add(d, rest_count, rest);
    return out->count > 0;
}

static bool parse_all_turned(lower_program *p, const lower_equation *e, place_form *out)
{
    enum { MOST = 4 }; /* terms */
    dag *d = p->m->dag;
    int count = dag_kind(d, e->rhs) == NODE_ADD ? dag_count(d, e->rhs) : 1, rest_count = 0;
    node rest[PLACE_TERMS];
    if (e->guard || e->in_place || !dag_has_kind(d, e->rhs, NODE_REDUCE))
        return false;
    out->count = 0, out->rest = 0; /* a term is set when it is read, and all of them are large */
    for (int i = 0; i < count; i++) {
        node n = count == 1 ? e->rhs : dag_child(d, e->rhs, i);
        if (out->count < MOST && dag_has_kind(d, n, NODE_REDUCE) && parse_turned(p, e, n, &out->term[out->count]))
            out->count++;
        else if (dag_has_kind(d, n, NODE_REDUCE) || rest_count == PRODUCT_TERMS)
            return false;
        else
            rest[rest_count++] = n;
    }
    out->rest = rest_count == 0 ? 0 : rest_count == 1 ? rest[0] : dag_raw_add(d, rest_count, rest);
    return out->count > 0;
}

bool place_parse(lower_program *p, const lower_equation *e, place_form *out)
{
    switch (e->placed) {
    case PLACED_IN_ROWS: return parse_rows(p, e, out);
    case PLACED_TURNED: return parse_all_turned(p, e, out);
    default: return parse_data(p, e, out);
    }
}

/* --- putting together --- */

static node compose_term(dag *d, const place_term *t)
{
    node n = t->value, zero = dag_int(d, 0);
    for (int i = t->when_count - 1; i >= 0; i--)
        n = dag_raw_if(d, t->when[i], n, zero);
    for (int i = t->bind_count - 1; i >= 0; i--)
        n = dag_raw_if(d, dag_raw_compare(d, COMPARE_EQUAL, dag_index_node(d, t->bind[i]), t->bind_value[i]), n, zero);
    return summed(d, t, n);
}

node place_compose(lower_program *p, const place_form *form)
{
    node list[PLACE_TERMS + 1];
    int count = 0;
    for (int i = 0; i < form->count; i++)
        list[count++] = compose_term(p->m->dag, &form->term[i]);
    if (form->rest)
        list[count++] = form->rest;
    return count == 1 ? list[0] : dag_raw_add(p->m->dag, count, list);
}

/* --- questions --- */

int place_bound(const place_term *t, int index)
{
    for (int i = 0; i < t->bind_count; i++)
        if (t->bind[i] == index)
            return i;
    return -1;
}

bool place_owns(const place_term *t, int index)
{
    for (int i = 0; i < t->own_count; i++)
        if (t->own[i] == index)
            return true;
    return false;
}

bool place_needs(lower_program *p, const place_term *t, int index)
{
    dag *d = p->m->dag;
    for (int i = 0; i < t->bind_count; i++)
        if (dag_has_index(d, t->bind_value[i], index))
            return true;
    for (int i = 0; i < t->sum_count; i++) {
        const dag_index_info *r = dag_index_get(d, t->sum[i]);
        if (dag_has_index(d, r->lo, index) || dag_has_index(d, r->hi, index))
            return true;
    }
    return false;
}

node place_number(lower_program *p, const lower_equation *e, const place_term *t)
{
    dag *d = p->m->dag;
    node sum = summed(d, t, t->value);
    if (t->when_count || !place_stays_inside(p, sum))
        return 0;
    for (int k = 0; k < e->index_count; k++)
        if (dag_has_index(d, sum, e->index[k]) || (dag_has_kind(d, e->at[k], NODE_INDEX) && place_bound(t, e->index[k]) < 0))
            return 0;
    for (int i = 0; i < t->bind_count; i++)
        if (!dag_is_affine(d, t->bind_value[i]))
            return 0;
    return sum;
}

bool place_outside(lower_program *p, const lower_equation *e, const place_form *form, int index)
{
    bool turned = e->placed == PLACED_TURNED, sample = dag_index_get(p->m->dag, index)->sample,
         needed = turned ? sample && index == e->index[0] : sample || (e->placed == PLACED_IN_ROWS && index != e->index[e->index_count - 1]);
    for (int i = 0; i < form->count; i++) {
        if (!place_owns(&form->term[i], index))
            return false;
        needed = needed || (!turned && place_needs(p, &form->term[i], index));
    }
    return needed;
}

void lower_place_terms(lower_program *p)
{
    place_form form;
    for (int i = 0; i < p->equation_count; i++) {
        lower_equation *e = &p->equation[i];
        if (!e->events || !parse_data(p, e, &form))
            continue;
        e->placed = PLACED_BY_DATA;
        e->rhs = place_compose(p, &form);
    }
}

/* What extract.c must have taken away before loops are made. */
static bool has_softmax(void *context, node n)
{
    struct {
        const dag *d;
        bool found;
    } *c = context;
    if (dag_kind(c->d, n) == NODE_REDUCE && (dag_payload(c->d, n) == REDUCE_SOFTMAX || dag_payload(c->d, n) == REDUCE_LOGSUMEXP))
        c->found = true;
    return !c->found;
}

void lower_place_turned(lower_program *p)
{
    for (int i = 0; i < p->equation_count; i++) {
        const lower_equation *e = &p->equation[i];
        place_form form;
        struct {
            const dag *d;
            bool found;
        } c = {p->m->dag, false};
        if (!e->events || e->product || e->placed || !dag_has_kind(p->m->dag, e->rhs, NODE_REDUCE))
            continue;
        dag_visit(p->m->dag, e->rhs, has_softmax, &c);
        if (!c.found && parse_all_turned(p, e, &form))
            p->equation[i].placed = PLACED_TURNED;
    }
}

void lower_place_rows(lower_program *p)
{
    place_form form;
    for (int i = 0; i < p->equation_count; i++) {
        lower_equation *e = &p->equation[i];
        if (!e->events || e->product || e->placed || e->in_place || e->guard || !dag_has_kind(p->m->dag, e->rhs, NODE_REDUCE) || !parse_rows(p, e, &form))
            continue;
        e->placed = PLACED_IN_ROWS;
        e->rhs = place_compose(p, &form);
    }
}
