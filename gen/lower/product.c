/* Sums of products of two arrays as products of matrices. Needs: tidy equations. Keeps: every right side's value.
 *
 * contract.c finds sums Σ_k A·B whose factors fall into two groups that share only k, gives each an equation of its own and its operands arrays; here such an
 * equation is taken apart again: which index is the row, which the column, which the inner one, how the operands lie in memory. */
#include "gen/lower/product.h"

#include <string.h>

#include "grammar/arena.h"

/* --- how large, when that is known --- */

enum { UNKNOWN_SIZE = 64, LEAST_EXTENT = 4, LEAST_WORK = 4096 };

static double value_of(const model *m, node n)
{
    const dag *d = m->dag;
    double value;
    switch (dag_kind(d, n)) {
    case NODE_NUMBER: return mpq_get_d(*dag_value(d, n));
    case NODE_SIZE: {
        const model_size *s = &m->size[dag_payload(d, n)];
        return s->equals ? value_of(m, s->equals) : s->value > 0 ? (double)s->value : UNKNOWN_SIZE;
    }
    case NODE_ADD:
        value = 0;
        for (int i = 0; i < dag_count(d, n); i++)
            value += value_of(m, dag_child(d, n, i));
        return value;
    case NODE_MUL:
        value = 1;
        for (int i = 0; i < dag_count(d, n); i++)
            value *= value_of(m, dag_child(d, n, i));
        return value;
    default: return 0;
    }
}

double lower_extent(const lower_program *p, node lo, node hi)
{
    return value_of(p->m, hi) - value_of(p->m, lo) + 1;
}

double product_extent(const lower_program *p, int index)
{
    const dag_index_info *i = dag_index_get(p->m->dag, index);
    return lower_extent(p, i->lo, i->hi);
}

bool product_is_worth(double rows, double columns, double inner)
{
    return rows >= LEAST_EXTENT && columns >= LEAST_EXTENT && inner >= LEAST_EXTENT && rows * columns * inner >= LEAST_WORK;
}

/* --- layout --- */

/* The one axis of an entry that moves with the index, by steps of 1; −1: there is none, or several. */
int product_axis(dag *d, node entry, int index)
{
    int found = -1;
    for (int k = 0; k < dag_count(d, entry); k++) {
        long c;
        node rest, at = dag_child(d, entry, k);
        if (!dag_has_index(d, at, index))
            continue;
        if (found >= 0 || (at != dag_index_node(d, index) && !(dag_affine_split(d, at, index, &c, &rest) && c == 1)))
            return -1;
        found = k;
    }
    return found;
}

/* Entries along `along` stand side by side, those along `across` are at a fixed distance: returns the axis of `across`, −1: not so. Both along one axis (x[i+k])
 * are rows that overlap, which a product of matrices does not take. */
static int layout(dag *d, node entry, int along, int across)
{
    int last = dag_count(d, entry) - 1, other = product_axis(d, entry, across);
    return product_axis(d, entry, along) == last && other != last ? other : -1;
}

/* --- one term: factor · Σ_k A·B --- */

typedef struct {
    lower_program *p;
    dag *d;
    const lower_equation *e;
    int sum[MODEL_MAX_AXES], sum_count;
    node left, right;
} term;

static bool index_free(dag *d, node n)
{
    return !dag_has_kind(d, n, NODE_INDEX) && !dag_has_kind(d, n, NODE_REDUCE);
}

/* The sum in a term, and what it is multiplied by (0: by 1); 0: there is none, or the factors have indices. */
static node sum_in(lower_program *p, node n, node *factor)
{
    dag *d = p->m->dag;
    node sum = 0, list[16];
    int count = 0;
    *factor = 0;
    if (dag_kind(d, n) == NODE_REDUCE)
        return dag_payload(d, n) == REDUCE_SUM ? n : 0;
    if (dag_kind(d, n) != NODE_MUL || dag_count(d, n) > 16)
        return 0;
    for (int i = 0; i < dag_count(d, n); i++) {
        node f = dag_child(d, n, i);
        if (!sum && dag_kind(d, f) == NODE_REDUCE && dag_payload(d, f) == REDUCE_SUM)
            sum = f;
        else if (index_free(d, f))
            list[count++] = f;
        else
            return 0;
    }
    *factor = sum && count ? dag_raw_mul(d, count, list) : 0;
    return sum;
}

static bool real_entry(const term *t, node n)
{
    return dag_kind(t->d, n) == NODE_ENTRY && dag_count(t->d, n) >= 2 && !t->p->var[dag_payload(t->d, n)].integer && dag_payload(t->d, n) != t->e->var;
}

/* In a recurrence only one value of its index is computed at a time. */
static bool is_open(const lower_equation *e, int index)
{
    for (int k = 0; k < e->open_count; k++)
        if (e->open[k] == index)
            return true;
    return false;
}

/* An index over samples; one that was opened is not marked, its range tells. */
static bool is_batch(const lower_program *p, int index)
{
    for (int k = 0; k < p->m->population_count && p->m->sample_index; k++)
        if (dag_index_get(p->m->dag, p->m->sample_index[k])->hi == dag_index_get(p->m->dag, index)->hi)
            return true;
    return false;
}

/* Two entries as operands, column along the target's last axis, row along another one. */
static bool arrange(const term *t, node a, node b, int column, product_term *out)
{
    dag *d = t->d;
    node target = dag_entry(d, t->e->var, t->p->var[t->e->var].axis_count, t->e->at);
    double best = 0;
    if (product_axis(d, b, column) < 0 || dag_has_index(d, a, column))
        return false;
    for (int i = 0; i < t->e->index_count; i++)
        for (int k = 0; k < t->sum_count; k++) {
            int row = t->e->index[i], inner = t->sum[k];
            if (row == column || is_open(t->e, row) || (t->e->guard && dag_has_index(d, t->e->guard, row)) || dag_has_index(d, b, row) ||
                product_axis(d, target, row) < 0 || product_axis(d, a, row) < 0)
                continue;
            int plain_a = layout(d, a, inner, row), turned_a = layout(d, a, row, inner), plain_b = layout(d, b, column, inner),
                turned_b = layout(d, b, inner, column);
            /* A batch's size is not known: at equal guesses the known one. */
            double size = product_extent(t->p, row) * product_extent(t->p, inner) - (is_batch(t->p, inner) ? 0.5 : 0);
            if ((plain_a < 0 && turned_a < 0) || (plain_b < 0 && turned_b < 0) || size <= best)
                continue;
            best = size;
            out->a = a, out->b = b, out->row = row, out->column = column, out->inner = inner;
            out->a_transposed = plain_a < 0, out->b_transposed = plain_b < 0;
            out->a_axis = plain_a < 0 ? turned_a : plain_a, out->b_axis = plain_b < 0 ? turned_b : plain_b;
            out->c_axis = product_axis(d, target, row);
        }
    return best > 0;
}

static bool bounds_are_rectangular(const term *t, const product_term *x)
{
    const int index[] = {x->row, x->column, x->inner, x->joined, x->joined_row};
    for (int i = 0; i < 5; i++) {
        if (index[i] < 0)
            continue;
        const dag_index_info *r = dag_index_get(t->d, index[i]);
        if (!r->lo || !r->hi || dag_has_kind(t->d, r->lo, NODE_INDEX) || dag_has_kind(t->d, r->hi, NODE_INDEX))
            return false;
    }
    return true;
}

/* Does the index run over the whole axis? */
static bool fills_axis(const term *t, node entry, int axis, int index)
{
    const lower_var *v = &t->p->var[dag_payload(t->d, entry)];
    const dag_index_info *i = dag_index_get(t->d, index);
    node size = dag_add(t->d, 3, (node[]){i->hi, dag_neg(t->d, i->lo), dag_int(t->d, 1)});
    return dag_index_eq(t->d, i->lo, v->start[axis]) == TRUTH_YES && dag_index_eq(t->d, size, v->size[axis]) == TRUTH_YES && dag_child(t->d, entry, axis) == dag_index_node(t->d, index);
}

static const lower_var *array_of(const term *t, node entry)
{
    return &t->p->var[dag_payload(t->d, entry)];
}

/* Two indices along axes that neighbour in memory in both entries, the later one over the whole of its axis, are one: which of the two is the later, and its axis
 * in each. −1: they do not. */
static int later_of(const term *t, const node *entry, int one, int other, int *axis)
{
    int late = -1;
    for (int i = 0; i < 2; i++) {
        int a = product_axis(t->d, entry[i], one), b = product_axis(t->d, entry[i], other);
        if (a < 0 || b < 0)
            return -1;
        int gap = lower_axis_position(array_of(t, entry[i]), b) - lower_axis_position(array_of(t, entry[i]), a), found = gap == 1    ? other
                                                                                                                         : gap == -1 ? one
                                                                                                                                     : -1;
        if (found < 0 || (i && found != late))
            return -1;
        late = found;
        axis[i] = found == one ? a : b;
    }
    return fills_axis(t, entry[0], axis[0], late) && fills_axis(t, entry[1], axis[1], late) ? late : -1;
}

/* A summed index that is one with the inner one, where rows of both operands follow it. */
static void join_inner(const term *t, product_term *x)
{
    const node entry[] = {x->a, x->b};
    int axis[2];
    if (!x->a_transposed || x->b_transposed)
        return;
    for (int k = 0; k < x->loop_count && x->joined < 0; k++) {
        if (later_of(t, entry, x->inner, x->loop[k], axis) < 0)
            continue;
        x->joined = x->loop[k];
        x->a_axis = axis[0], x->b_axis = axis[1];
        for (int i = k; i + 1 < x->loop_count; i++)
            x->loop[i] = x->loop[i + 1];
        x->loop_count--;
    }
}

/* An index of the target that is one with the row. */
static void join_row(const term *t, product_term *x)
{
    dag *d = t->d;
    const lower_equation *e = t->e;
    const node entry[] = {x->a, dag_entry(d, e->var, t->p->var[e->var].axis_count, e->at)};
    int axis[2];
    if (x->a_transposed)
        return;
    for (int i = 0; i < e->index_count && x->joined_row < 0; i++) {
        int other = e->index[i];
        if (other == x->row || other == x->column || is_open(e, other) || dag_has_index(d, x->b, other) || (e->guard && dag_has_index(d, e->guard, other)) ||
            later_of(t, entry, x->row, other, axis) < 0)
            continue;
        x->joined_row = other;
        x->a_axis = axis[0], x->c_axis = axis[1];
    }
}

static bool parse_term(lower_program *p, const lower_equation *e, node n, product_term *out)
{
    dag *d = p->m->dag;
    term t = {.p = p, .d = d, .e = e};
    int axes = p->var[e->var].axis_count;
    node sum = sum_in(p, n, &out->factor), last = axes >= 2 ? e->at[axes - 1] : 0;
    if (!sum || !last || dag_kind(d, last) != NODE_INDEX)
        return false;
    node body = lower_open_sums(p, sum, t.sum, MODEL_MAX_AXES, &t.sum_count);
    if (dag_kind(d, body) != NODE_MUL || dag_count(d, body) != 2)
        return false;
    t.left = dag_child(d, body, 0), t.right = dag_child(d, body, 1);
    if (!real_entry(&t, t.left) || !real_entry(&t, t.right))
        return false;
    int column = dag_payload(d, last);
    if (is_open(e, column) || (e->guard && dag_has_index(d, e->guard, column)))
        return false;
    if (!arrange(&t, t.left, t.right, column, out) && !arrange(&t, t.right, t.left, column, out))
        return false;
    out->loop_count = 0;
    for (int k = 0; k < t.sum_count; k++)
        if (t.sum[k] != out->inner)
            out->loop[out->loop_count++] = t.sum[k];
    out->joined = out->joined_row = -1;
    join_inner(&t, out);
    join_row(&t, out);
    return bounds_are_rectangular(&t, out);
}

bool product_parse(lower_program *p, const lower_equation *e, product_form *out)
{
    dag *d = p->m->dag;
    int count = dag_kind(d, e->rhs) == NODE_ADD ? dag_count(d, e->rhs) : 1;
    node rest[PRODUCT_TERMS];
    int rest_count = 0;
    *out = (product_form){0};
    for (int i = 0; i < count; i++) {
        node n = count == 1 ? e->rhs : dag_child(d, e->rhs, i);
        if (out->count < PRODUCT_TERMS && parse_term(p, e, n, &out->term[out->count]))
            out->count++;
        else if (dag_has_kind(d, n, NODE_REDUCE) || rest_count == PRODUCT_TERMS)
            return false;
        else
            rest[rest_count++] = n;
    }
    out->rest = rest_count == 0 ? 0 : rest_count == 1 ? rest[0] : dag_raw_add(d, rest_count, rest);
    return out->count > 0;
}

/* --- the statement --- */

static node at_start(dag *d, node entry, const product_term *x)
{
    const int index[] = {x->row, x->column, x->inner, x->joined, x->joined_row};
    int count = 0;
    node from[5], to[5];
    for (int i = 0; i < 5; i++)
        if (index[i] >= 0)
            from[count] = dag_index_node(d, index[i]), to[count++] = dag_index_get(d, index[i])->lo;
    return dag_substitute(d, entry, count, from, to, true);
}

static node extent(dag *d, int index)
{
    const dag_index_info *i = dag_index_get(d, index);
    return dag_add(d, 3, (node[]){i->hi, dag_neg(d, i->lo), dag_int(d, 1)});
}

lower_statement *product_statement(lower_program *p, const lower_equation *e, const product_term *x, bool accumulate)
{
    dag *d = p->m->dag;
    lower_statement *s = lower_statement_new(p, LOWER_PRODUCT);
    lower_call *c = arena_alloc(p->memory, sizeof *c);
    node target = dag_entry(d, e->var, p->var[e->var].axis_count, e->at);
    s->how = accumulate ? LOWER_ADD : LOWER_SET;
    s->target = at_start(d, target, x);
    c->a = at_start(d, x->a, x), c->b = at_start(d, x->b, x);
    c->rows = extent(d, x->row), c->columns = extent(d, x->column), c->inner = extent(d, x->inner);
    if (x->joined >= 0)
        c->inner_times = extent(d, x->joined);
    if (x->joined_row >= 0)
        c->rows_times = extent(d, x->joined_row);
    c->a_axis = x->a_axis, c->b_axis = x->b_axis, c->c_axis = x->c_axis;
    c->a_transposed = x->a_transposed, c->b_transposed = x->b_transposed;
    s->value = dag_raw_mul(d, 2, (node[]){c->a, c->b}); /* what is read */
    if (x->factor) {
        c->factor = x->factor;
        s->value = dag_raw_mul(d, 2, (node[]){s->value, x->factor});
    }
    s->call = c;
    return s;
}
