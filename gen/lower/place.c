/* Sums with Kronecker deltas whose other side is data (an index from a table, the place of a maximum): adjoints of gathers and of maxima. As they stand they would
 * ask every entry of the target about every term; turned round each term is added where it belongs. (Windows over index expressions are scatter.c's.)
 *
 * A term Σ … [k == value] … is taken apart into summed indices, conditions and factors. A condition that gives an index of the target, or a summed one, its value
 * binds it; the others remain conditions. A bound index's value is computed before the conditions that stood in front of it, so every access in it must be
 * inside its array by the ranges of its indices alone. */
#include "gen/lower/place.h"

#include <string.h>

#include "gen/lower/lower_private.h"
#include "gen/lower/product.h"
#include "grammar/arena.h"

enum { LONG_ROW = 16, MANY_PARTS = 3 };

typedef struct {
    lower_program *p;
    dag *d;
    const lower_equation *e;
    place_term *t;
    int factor_count, bound_count; /* bound_count: those of the target by data */
    node factor[PLACE_INDICES];
    bool rows; /* sums beside numbers are taken apart as well */
    bool full; /* more than there is room for */
} parsing;

/* --- taking apart --- */

static bool data_delta(dag *d, node n)
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

static void collect(parsing *x, node n);

static void add_condition(parsing *x, node c)
{
    if (x->t->when_count == PLACE_INDICES)
        x->full = true;
    else
        x->t->when[x->t->when_count++] = c;
}

static void collect_sum(parsing *x, node n)
{
    int index;
    if (x->t->sum_count == PLACE_INDICES) {
        x->full = true;
        return;
    }
    node body = dag_open(x->d, n, &index);
    x->t->sum[x->t->sum_count++] = index;
    collect(x, body);
}

/* A factor that is itself a sum is multiplied out when it holds a delta: the number of matches times what is common to them. */
static void collect_factor(parsing *x, node f, bool alone)
{
    dag *d = x->d;
    bool sum = dag_kind(d, f) == NODE_REDUCE && dag_payload(d, f) == REDUCE_SUM;
    bool condition = dag_kind(d, f) == NODE_COMPARE || (dag_kind(d, f) == NODE_IF && dag_is_int(d, dag_child(d, f, 2), 0));
    if (condition || dag_kind(d, f) == NODE_MUL || (sum && (alone || has_data_delta(d, f))))
        collect(x, f);
    else if (x->factor_count == PLACE_INDICES)
        x->full = true;
    else
        x->factor[x->factor_count++] = f;
}

/* Is nothing but conditions and numbers beside the only sum of the product? */
static bool sum_is_alone(dag *d, node n)
{
    int sums = 0;
    for (int i = 0; i < dag_count(d, n); i++) {
        node f = dag_child(d, n, i);
        bool sum = dag_kind(d, f) == NODE_REDUCE && dag_payload(d, f) == REDUCE_SUM;
        sums += sum;
        if (!sum && dag_kind(d, f) != NODE_COMPARE && (dag_has_kind(d, f, NODE_INDEX) || dag_has_kind(d, f, NODE_REDUCE)))
            return false;
    }
    return sums == 1;
}

static void collect(parsing *x, node n)
{
    dag *d = x->d;
    bool alone;
    switch (dag_kind(d, n)) {
    case NODE_REDUCE:
        if (dag_payload(d, n) == REDUCE_SUM) {
            collect_sum(x, n);
            return;
        }
        break;
    case NODE_MUL:
        alone = x->rows && sum_is_alone(d, n);
        for (int i = 0; i < dag_count(d, n); i++)
            collect_factor(x, dag_child(d, n, i), alone);
        return;
    case NODE_IF:
        if (!dag_is_int(d, dag_child(d, n, 2), 0))
            break;
        add_condition(x, dag_child(d, n, 0));
        collect(x, dag_child(d, n, 1));
        return;
    case NODE_COMPARE: add_condition(x, n); return;
    default: break;
    }
    if (x->factor_count == PLACE_INDICES)
        x->full = true;
    else
        x->factor[x->factor_count++] = n;
}

/* --- solving a delta for an index --- */

static node minus(dag *d, node a, node b)
{
    return dag_is_int(d, b, 0) ? a : dag_raw_add(d, 2, (node[]){a, dag_raw_mul(d, 2, (node[]){dag_int(d, -1), b})});
}

/* What the index must be for a == b; 0: it does not stand alone on the side a. */
static node solve_side(dag *d, node a, node b, int index)
{
    long c;
    node rest;
    if (dag_has_index(d, b, index) || !dag_is_affine(d, a) || !dag_affine_split(d, a, index, &c, &rest) || (c != 1 && c != -1))
        return 0;
    return c == 1 ? minus(d, b, rest) : minus(d, rest, b);
}

static node solve(dag *d, node delta, int index)
{
    if (dag_kind(d, delta) != NODE_COMPARE || dag_payload(d, delta) != COMPARE_EQUAL)
        return 0;
    node a = dag_child(d, delta, 0), b = dag_child(d, delta, 1), value = 0;
    if (dag_has_index(d, a, index))
        value = solve_side(d, a, b, index);
    return value || !dag_has_index(d, b, index) ? value : solve_side(d, b, a, index);
}

/* The least and the largest value of an index expression, with the sizes that the page gives; false: one has no value. */
static bool bounds_of(const lower_program *p, node n, long *least, long *most)
{
    dag *d = p->m->dag;
    long a, b, c, e;
    switch (dag_kind(d, n)) {
    case NODE_NUMBER: *least = *most = mpz_get_si(mpq_numref(*dag_value(d, n))); return true;
    case NODE_SIZE: {
        const model_size *s = &p->m->size[dag_payload(d, n)];
        *least = *most = s->value;
        return s->equals ? bounds_of(p, s->equals, least, most) : s->value > 0 && s->population < 0;
    }
    case NODE_INDEX: {
        const dag_index_info *i = dag_index_get(d, dag_payload(d, n));
        return bounds_of(p, i->lo, least, &c) && bounds_of(p, i->hi, &c, most);
    }
    case NODE_ADD:
    case NODE_MUL: {
        bool sum = dag_kind(d, n) == NODE_ADD;
        *least = *most = !sum;
        for (int i = 0; i < dag_count(d, n); i++) {
            if (!bounds_of(p, dag_child(d, n, i), &a, &b))
                return false;
            const long end[] = {*least * a, *least * b, *most * a, *most * b};
            c = end[0], e = end[0];
            for (int k = 1; k < 4; k++)
                c = end[k] < c ? end[k] : c, e = end[k] > e ? end[k] : e;
            *least = sum ? *least + a : c, *most = sum ? *most + b : e;
        }
        return true;
    }
    default: return false;
    }
}

static bool inside_axis(lower_program *p, const lower_var *v, int axis, node at)
{
    dag *d = p->m->dag;
    long least, most, first, last, unused;
    node end = dag_add(d, 3, (node[]){v->start[axis], v->size[axis], dag_int(d, -1)});
    if (dag_index_le(d, v->start[axis], at) == TRUTH_YES && dag_index_le(d, at, end) == TRUTH_YES)
        return true;
    return bounds_of(p, at, &least, &most) && bounds_of(p, v->start[axis], &unused, &first) && bounds_of(p, end, &last, &unused) && first <= least &&
           most <= last;
}

/* Is every access inside its array by the ranges of its indices alone? Indices from data are tested when the program runs, so they must not depend on a
 * condition either. */
static bool inside_arrays(lower_program *p, node n, bool data_too)
{
    dag *d = p->m->dag;
    int count = dag_count(d, n), index;
    if (!dag_has_kind(d, n, NODE_ENTRY))
        return true;
    for (int i = 0; i < count; i++) {
        node c = dag_binds(d, n) && i == count - 1 ? dag_look_inside(d, n, &index) : dag_child(d, n, i);
        if (!inside_arrays(p, c, data_too))
            return false;
    }
    if (dag_kind(d, n) != NODE_ENTRY)
        return true;
    const lower_var *v = &p->var[dag_payload(d, n)];
    for (int i = 0; i < count; i++) {
        node at = dag_child(d, n, i);
        if (dag_is_affine(d, at) ? !inside_axis(p, v, i, at) : !data_too)
            return false;
    }
    return true;
}

/* --- which indices are bound --- */

static int bound_at(const place_term *t, int index)
{
    for (int i = 0; i < t->bind_count; i++)
        if (t->bind[i] == index)
            return i;
    return -1;
}

/* Does the value depend on the index, through what is bound already? */
static bool depends_on(const parsing *x, node value, int index)
{
    if (dag_has_index(x->d, value, index))
        return true;
    for (int i = 0; i < x->t->bind_count; i++)
        if (dag_has_index(x->d, value, x->t->bind[i]) && depends_on(x, x->t->bind_value[i], index))
            return true;
    return false;
}

static bool in_a_range(const parsing *x, int index)
{
    for (int i = 0; i < x->t->sum_count; i++) {
        const dag_index_info *r = dag_index_get(x->d, x->t->sum[i]);
        if (dag_has_index(x->d, r->lo, index) || dag_has_index(x->d, r->hi, index))
            return true;
    }
    return false;
}

static bool other_conditions(const parsing *x)
{
    for (int i = 0; i < x->t->when_count; i++)
        if (x->t->when[i] && !data_delta(x->d, x->t->when[i]))
            return true;
    return false;
}

/* Is the condition lo <= u or u <= hi one that the place u == argmax_{lo..hi} … keeps? */
static bool kept_by_place(dag *d, node condition, node u, node place)
{
    if (dag_kind(d, condition) != NODE_COMPARE || dag_payload(d, condition) != COMPARE_LESS_EQUAL || dag_kind(d, place) != NODE_REDUCE)
        return false;
    node a = dag_child(d, condition, 0), b = dag_child(d, condition, 1);
    return dag_index_eq(d, b, u) == TRUTH_YES ? dag_index_le(d, a, dag_child(d, place, 0)) == TRUTH_YES
                                              : dag_index_eq(d, a, u) == TRUTH_YES && dag_index_le(d, dag_child(d, place, 1), b) == TRUTH_YES;
}

static void drop_kept(parsing *x, node delta)
{
    dag *d = x->d;
    node a = dag_child(d, delta, 0), b = dag_child(d, delta, 1);
    for (int i = 0; i < x->t->when_count; i++)
        if (x->t->when[i] && (dag_is_affine(d, a) ? kept_by_place(d, x->t->when[i], a, b) : kept_by_place(d, x->t->when[i], b, a)))
            x->t->when[i] = 0;
}

static bool bind(parsing *x, int index, int delta)
{
    dag *d = x->d;
    place_term *t = x->t;
    node value = solve(d, t->when[delta], index);
    if (!value || bound_at(t, index) >= 0 || t->bind_count == PLACE_INDICES || in_a_range(x, index) || depends_on(x, value, index) ||
        !inside_arrays(x->p, value, !other_conditions(x)))
        return false;
    t->bind[t->bind_count] = index;
    t->bind_value[t->bind_count++] = value;
    node solved = t->when[delta];
    t->when[delta] = 0;
    drop_kept(x, solved);
    return true;
}

/* A delta of data first, then those of index expressions; of the target's indices first, then summed ones. */
static void bind_all(parsing *x)
{
    place_term *t = x->t;
    for (int data = 1; data >= 0; data--)
        for (int i = 0; i < t->when_count; i++) {
            if (!t->when[i] || data_delta(x->d, t->when[i]) != data)
                continue;
            int k = 0;
            bool alone = dag_kind(x->d, dag_child(x->d, t->when[i], 0)) == NODE_INDEX || dag_kind(x->d, dag_child(x->d, t->when[i], 1)) == NODE_INDEX;
            while (k < x->e->index_count && !bind(x, x->e->index[k], i))
                k++;
            x->bound_count += data && alone && k < x->e->index_count;
        }
    for (int i = 0; i < t->when_count; i++)
        for (int k = 0; k < t->sum_count && t->when[i]; k++)
            if (bind(x, t->sum[k], i))
                break;
}

/* Each behind those it depends on. */
static void order_bound(parsing *x)
{
    place_term *t = x->t;
    for (int done = 0; done < t->bind_count; done++) {
        int next = done;
        for (int i = done; i < t->bind_count; i++) {
            bool ready = true;
            for (int k = done; k < t->bind_count; k++)
                ready = ready && (k == i || !dag_has_index(x->d, t->bind_value[i], t->bind[k]));
            if (ready) {
                next = i;
                break;
            }
        }
        int index = t->bind[next];
        node value = t->bind_value[next];
        memmove(t->bind + done + 1, t->bind + done, (size_t)(next - done) * sizeof *t->bind);
        memmove(t->bind_value + done + 1, t->bind_value + done, (size_t)(next - done) * sizeof *t->bind_value);
        t->bind[done] = index, t->bind_value[done] = value;
    }
}

static void close_gaps(place_term *t)
{
    int kept = 0;
    for (int i = 0; i < t->when_count; i++)
        if (t->when[i])
            t->when[kept++] = t->when[i];
    t->when_count = kept;
}

static bool parse_term(lower_program *p, const lower_equation *e, node n, bool rows, place_term *out)
{
    dag *d = p->m->dag;
    parsing x = {.p = p, .d = d, .e = e, .t = out, .rows = rows};
    *out = (place_term){0};
    collect(&x, n);
    if (x.full) {
        *out = (place_term){0};
        return false;
    }
    bind_all(&x);
    order_bound(&x);
    close_gaps(out);
    out->value = x.factor_count == 0 ? dag_int(d, 1) : x.factor_count == 1 ? x.factor[0] : dag_raw_mul(d, x.factor_count, x.factor);
    int loops = 0;
    for (int i = 0; i < out->sum_count; i++)
        loops += bound_at(out, out->sum[i]) < 0;
    return x.bound_count > 0 && loops > 0;
}

/* Do index expressions alone say to which entries the term is added? */
static bool by_indices(dag *d, const place_term *t)
{
    for (int i = 0; i < t->bind_count; i++)
        if (!dag_is_affine(d, t->bind_value[i]))
            return false;
    for (int i = 0; i < t->when_count; i++)
        if (dag_kind(d, t->when[i]) != NODE_COMPARE || !dag_is_affine(d, dag_child(d, t->when[i], 0)) || !dag_is_affine(d, dag_child(d, t->when[i], 1)))
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
        if (!parse_term(p, e, dag_child(d, e->rhs, i), false, &t))
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
        if (bound_at(t, t->sum[i]) >= 0 || r->sample || lower_in_blocks(p, r->lo, r->hi) || dag_has_kind(d, r->lo, NODE_INDEX) ||
            dag_has_kind(d, r->hi, NODE_INDEX))
            return false;
    }
    node n = summed(d, t, t->value);
    for (int k = 0; k < e->index_count; k++)
        if (dag_has_index(d, n, e->index[k]))
            loose[count++] = e->index[k];
    if (bound_at(t, e->index[e->index_count - 1]) >= 0)
        return count == 0;
    return count > 0 && loose[count - 1] == e->index[e->index_count - 1] && lower_rows_better(p, n, count, loose);
}

/* The loops over the row then follow each other, and join. */
static void numbers_first(const lower_equation *e, place_form *form)
{
    int last = e->index[e->index_count - 1];
    for (int i = 0, numbers = 0; i < form->count; i++)
        if (bound_at(&form->term[i], last) >= 0) {
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
    *out = (place_form){0};
    if (e->index_count == 0 || count > PLACE_TERMS || count < 2 || dag_index_get(d, e->index[e->index_count - 1])->sample)
        return false;
    for (int i = 0; i < count; i++) {
        node n = dag_child(d, e->rhs, i);
        place_term *t = &out->term[out->count];
        if (!dag_has_kind(d, n, NODE_REDUCE)) {
            rest[rest_count++] = n;
            continue;
        }
        parse_term(p, e, n, true, t);
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
    *out = (place_form){0};
    if (e->index_count == 0 || count > PLACE_TERMS || !dag_has_kind(d, e->rhs, NODE_COMPARE))
        return false;
    bool parts = has_parts(p, e);
    for (int i = 0; i < count; i++) {
        node n = count == 1 ? e->rhs : dag_child(d, e->rhs, i);
        if ((parts || has_data_delta(d, n)) && (parse_term(p, e, n, false, &out->term[out->count]) || (parts && is_part(d, &out->term[out->count]))))
            out->count++;
        else
            rest[rest_count++] = n;
    }
    out->rest = rest_count == 0 ? 0 : rest_count == 1 ? rest[0] : dag_raw_add(d, rest_count, rest);
    return out->count > 0;
}

bool place_parse(lower_program *p, const lower_equation *e, place_form *out)
{
    return e->placed == PLACED_IN_ROWS ? parse_rows(p, e, out) : parse_data(p, e, out);
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
    return bound_at(t, index);
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
    if (t->when_count || !inside_arrays(p, sum, false))
        return 0;
    for (int k = 0; k < e->index_count; k++)
        if (dag_has_index(d, sum, e->index[k]) || (dag_has_kind(d, e->at[k], NODE_INDEX) && bound_at(t, e->index[k]) < 0))
            return 0;
    for (int i = 0; i < t->bind_count; i++)
        if (!dag_is_affine(d, t->bind_value[i]))
            return 0;
    return sum;
}

bool place_outside(lower_program *p, const lower_equation *e, const place_form *form, int index)
{
    bool needed = dag_index_get(p->m->dag, index)->sample || (e->placed == PLACED_IN_ROWS && index != e->index[e->index_count - 1]);
    for (int i = 0; i < form->count; i++) {
        if (bound_at(&form->term[i], index) >= 0)
            return false;
        needed = needed || place_needs(p, &form->term[i], index);
    }
    return needed;
}

bool place_stays_inside(lower_program *p, node n)
{
    return inside_arrays(p, n, false);
}

void lower_place_terms(lower_program *p)
{
    place_form form;
    for (int i = 0; i < p->equation_count; i++) {
        lower_equation *e = &p->equation[i];
        if (!e->events || !place_parse(p, e, &form))
            continue;
        e->placed = PLACED_BY_DATA;
        e->rhs = place_compose(p, &form);
    }
}

void lower_place_rows(lower_program *p)
{
    place_form form;
    for (int i = 0; i < p->equation_count; i++) {
        lower_equation *e = &p->equation[i];
        if (!e->events || e->product || e->scattered || e->placed || e->in_place || e->guard || !dag_has_kind(p->m->dag, e->rhs, NODE_REDUCE) ||
            !parse_rows(p, e, &form))
            continue;
        e->placed = PLACED_IN_ROWS;
        e->rhs = place_compose(p, &form);
    }
}
