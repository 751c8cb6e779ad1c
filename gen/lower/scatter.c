/* Sums turned round. Needs: tidy equations. Keeps: every right side's value, but for the order of additions.
 *
 * The adjoint of y[i] = Σ_u f(x[2i + u]) by x[j] is a sum over all i under the conditions 0 <= j − 2i <= last u: for each entry most terms are none. Turned round it is a
 * loop over i and u that adds to entry 2i + u. A maximum over a window gives in the same way a loop over the windows that adds to one entry of each. No size, stride
 * or dilation is special: what is solved for the entry's index are two inequalities a constant apart, or an equality. */
#include "gen/lower/scatter.h"

#include <string.h>

#include "gen/lower/lower_private.h"
#include "gen/lower/product.h"
#include "grammar/arena.h"

typedef struct {
    lower_program *p;
    dag *d;
    const lower_equation *e;
    scatter_term *t;
    int sum[SCATTER_LOOPS], sum_count;
    bool turned; /* something was solved */
    bool failed;
} reading;

/* --- ranges --- */

/* Bounds of an index expression whose sizes are all known. */
static bool bounds(const model *m, node n, double *lo, double *hi)
{
    dag *d = m->dag;
    double a, b;
    switch (dag_kind(d, n)) {
    case NODE_NUMBER: *lo = *hi = mpq_get_d(*dag_value(d, n)); return true;
    case NODE_SIZE: {
        const model_size *s = &m->size[dag_payload(d, n)];
        if (s->equals)
            return bounds(m, s->equals, lo, hi);
        *lo = *hi = (double)s->value;
        return s->population < 0 && s->value > 0;
    }
    case NODE_INDEX: {
        const dag_index_info i = *dag_index_get(d, dag_payload(d, n));
        return i.lo && i.hi && bounds(m, i.lo, lo, &a) && bounds(m, i.hi, &b, hi);
    }
    case NODE_ADD:
        *lo = *hi = 0;
        for (int i = 0; i < dag_count(d, n); i++) {
            if (!bounds(m, dag_child(d, n, i), &a, &b))
                return false;
            *lo += a, *hi += b;
        }
        return true;
    case NODE_MUL: {
        if (dag_count(d, n) != 2 || dag_kind(d, dag_child(d, n, 0)) != NODE_NUMBER || !bounds(m, dag_child(d, n, 1), &a, &b))
            return false;
        double c = mpq_get_d(*dag_value(d, dag_child(d, n, 0)));
        *lo = c < 0 ? c * b : c * a, *hi = c < 0 ? c * a : c * b;
        return true;
    }
    default: return false;
    }
}

static node difference(reading *r, node a, node b)
{
    return lower_affine(r->p, dag_raw_add(r->d, 2, (node[]){a, dag_raw_mul(r->d, 2, (node[]){dag_int(r->d, -1), b})}));
}

/* Is a <= b for all values of the indices? */
static truth never_above(reading *r, node a, node b)
{
    double lo, hi;
    truth known = dag_index_le(r->d, a, b);
    if (known != TRUTH_UNKNOWN || !bounds(r->p->m, difference(r, a, b), &lo, &hi))
        return known;
    return hi <= 0 ? TRUTH_YES : lo > 0 ? TRUTH_NO : TRUTH_UNKNOWN;
}

static bool stays_inside(reading *r, int index, node value)
{
    const dag_index_info i = *dag_index_get(r->d, index);
    return dag_is_affine(r->d, value) && never_above(r, i.lo, value) == TRUTH_YES && never_above(r, value, i.hi) == TRUTH_YES;
}

/* --- reading --- */

static void add_condition(reading *r, node c)
{
    dag *d = r->d;
    if (dag_kind(d, c) == NODE_MUL) {
        for (int i = 0; i < dag_count(d, c); i++)
            add_condition(r, dag_child(d, c, i));
        return;
    }
    if (dag_kind(d, c) == NODE_COMPARE && dag_payload(d, c) == COMPARE_LESS_EQUAL && dag_is_affine(d, dag_child(d, c, 0)) &&
        dag_is_affine(d, dag_child(d, c, 1))) {
        truth known = never_above(r, dag_child(d, c, 0), dag_child(d, c, 1));
        r->failed |= known == TRUTH_NO; /* nothing is left of the sum: not this pass's business */
        if (known == TRUTH_YES)
            return;
    }
    if (r->t->condition_count == SCATTER_CONDITIONS)
        r->failed = true;
    else
        r->t->condition[r->t->condition_count++] = c;
}

static void add_factor(reading *r, node n)
{
    if (r->t->factor_count == SCATTER_FACTORS)
        r->failed = true;
    else
        r->t->factor[r->t->factor_count++] = n;
}

static bool protected(dag *d, node n)
{
    return dag_kind(d, n) == NODE_IF && dag_is_int(d, dag_child(d, n, 2), 0);
}

/* Conditions, sums and factors of what is added. `alone`: no factor stands outside. */
static void read_body(reading *r, node n, bool alone)
{
    dag *d = r->d;
    const dag_index_info *i;
    if (protected(d, n)) {
        add_condition(r, dag_child(d, n, 0));
        read_body(r, dag_child(d, n, 1), alone);
    } else if (dag_kind(d, n) == NODE_MUL) {
        for (int k = 0; k < dag_count(d, n); k++)
            read_body(r, dag_child(d, n, k), false);
    } else if (dag_kind(d, n) == NODE_COMPARE) {
        add_condition(r, n);
    } else if (alone && dag_kind(d, n) == NODE_REDUCE && dag_payload(d, n) == REDUCE_SUM && r->sum_count < SCATTER_LOOPS) {
        node body = dag_open(d, n, &r->sum[r->sum_count++]);
        i = dag_index_get(d, r->sum[r->sum_count - 1]);
        r->failed |= !i->lo || !i->hi || dag_has_kind(d, i->lo, NODE_INDEX) || dag_has_kind(d, i->hi, NODE_INDEX) || dag_has_kind(d, i->lo, NODE_ENTRY) ||
                     dag_has_kind(d, i->hi, NODE_ENTRY);
        read_body(r, body, true);
    } else {
        add_factor(r, n);
    }
}

static bool in_list(int index, int count, const int *list)
{
    for (int i = 0; i < count; i++)
        if (list[i] == index)
            return true;
    return false;
}

/* --- solving --- */

static node with(reading *r, node n, int index, node value)
{
    node from = dag_index_node(r->d, index);
    int_map memo = {0};
    node made = lower_tidy(r->p, dag_substitute(r->d, n, 1, &from, &value, true), &memo);
    int_map_free(&memo);
    return made;
}

/* Puts the value in for the index everywhere but in `except`. */
static void put_in(reading *r, int index, node value, const node *except)
{
    scatter_term *t = r->t;
    for (int i = 0; i < t->condition_count; i++)
        if (&t->condition[i] != except)
            t->condition[i] = with(r, t->condition[i], index, value);
    for (int i = 0; i < t->factor_count; i++)
        t->factor[i] = with(r, t->factor[i], index, value);
    for (int i = 0; i < t->bind_count; i++)
        t->bind[i].value = with(r, t->bind[i].value, index, value);
    t->target = with(r, t->target, index, value);
}

static void drop_condition(scatter_term *t, int number)
{
    memmove(&t->condition[number], &t->condition[number + 1], (size_t)(--t->condition_count - number) * sizeof *t->condition);
}

static void drop_index(int index, int *count, int *list)
{
    for (int i = 0; i < *count; i++)
        if (list[i] == index) {
            memmove(&list[i], &list[i + 1], (size_t)(*count - i - 1) * sizeof *list);
            --*count;
            return;
        }
}

/* Does any summed index, or one of the equation's that is a loop, occur? */
static bool has_any(reading *r, node n, int count, const int *list)
{
    for (int i = 0; i < count; i++)
        if (dag_has_index(r->d, n, list[i]))
            return true;
    return false;
}

static void bind(reading *r, int index, node value)
{
    scatter_term *t = r->t;
    bool inside = stays_inside(r, index, value), affine = dag_is_affine(r->d, value);
    r->turned = true;
    if (affine)
        put_in(r, index, value, NULL);
    if (affine && inside)
        return;
    if (t->bind_count == SCATTER_BINDS) {
        r->failed = true;
        return;
    }
    t->bind[t->bind_count].index = index;
    t->bind[t->bind_count].inside = inside;
    t->bind[t->bind_count++].value = value;
}

/* The loop of a recurrence runs over it: one value at a time is computed, so it is not to be solved for. */
static bool is_open(const reading *r, int index)
{
    return in_list(index, r->e->open_count, r->e->open);
}

/* An equality of index expressions removes a summed index, or gives one of the entry's. */
static bool solve_equality(reading *r, int number)
{
    scatter_term *t = r->t;
    dag *d = r->d;
    node c = t->condition[number], rest;
    long k;
    if (dag_kind(d, c) != NODE_COMPARE || dag_payload(d, c) != COMPARE_EQUAL || !dag_is_affine(d, dag_child(d, c, 0)) || !dag_is_affine(d, dag_child(d, c, 1)))
        return false;
    node zero = difference(r, dag_child(d, c, 0), dag_child(d, c, 1));
    for (int i = 0; i < r->sum_count; i++) {
        int index = r->sum[i];
        if (!dag_affine_split(d, zero, index, &k, &rest) || (k != 1 && k != -1) || has_any(r, rest, r->sum_count, r->sum))
            continue;
        node value = dag_index_tidy(d, k == 1 ? dag_neg(d, rest) : rest);
        if (!stays_inside(r, index, value))
            continue;
        drop_condition(t, number);
        put_in(r, index, value, NULL);
        drop_index(index, &r->sum_count, r->sum);
        return true;
    }
    for (int i = 0; i < t->loop_count; i++) {
        int index = t->loop[i];
        if (is_open(r, index) || !dag_affine_split(d, zero, index, &k, &rest) || (k != 1 && k != -1) || !has_any(r, rest, r->sum_count, r->sum))
            continue;
        drop_condition(t, number);
        drop_index(index, &t->loop_count, t->loop);
        bind(r, index, dag_index_tidy(d, k == 1 ? dag_neg(d, rest) : rest));
        return true;
    }
    return false;
}

/* index >= *bound (below) or index <= *bound: what the condition says about it; false: something else. */
static bool bound_of(reading *r, node c, int index, bool *below, node *bound)
{
    dag *d = r->d;
    long k;
    node rest;
    compare how = dag_kind(d, c) == NODE_COMPARE ? (compare)dag_payload(d, c) : COMPARE_EQUAL;
    if ((how != COMPARE_LESS_EQUAL && how != COMPARE_LESS) || !dag_is_affine(d, dag_child(d, c, 0)) || !dag_is_affine(d, dag_child(d, c, 1)))
        return false;
    node above = difference(r, dag_child(d, c, 0), dag_child(d, c, 1)); /* <= 0, or < 0 */
    if (!dag_affine_split(d, above, index, &k, &rest) || (k != 1 && k != -1))
        return false;
    if (how == COMPARE_LESS)
        rest = dag_add2(d, rest, dag_int(d, 1));
    *below = k == -1;
    *bound = dag_index_tidy(d, k == -1 ? rest : dag_neg(d, rest));
    return true;
}

/* Two inequalities low <= index <= low + width, with a low that the sums move: index = low + w. */
static bool solve_window(reading *r, int index)
{
    scatter_term *t = r->t;
    dag *d = r->d;
    for (int i = 0; i < t->condition_count; i++)
        for (int k = 0; k < t->condition_count; k++) {
            bool below, above;
            node low, high;
            if (!bound_of(r, t->condition[i], index, &below, &low) || !below || !has_any(r, low, r->sum_count, r->sum) ||
                !bound_of(r, t->condition[k], index, &above, &high) || above)
                continue;
            node width = difference(r, high, low);
            if (dag_has_kind(d, width, NODE_INDEX) || r->sum_count == SCATTER_LOOPS)
                continue;
            int w = dag_index_fresh(d, intern_puts(r->p->m->names, "w"), dag_int(d, 0), dag_index_tidy(d, width));
            drop_condition(t, i > k ? i : k);
            drop_condition(t, i > k ? k : i);
            memmove(r->sum + 1, r->sum, (size_t)r->sum_count++ * sizeof *r->sum);
            r->sum[0] = w;
            drop_index(index, &t->loop_count, t->loop);
            bind(r, index, lower_affine(r->p, dag_raw_add(d, 2, (node[]){low, dag_index_node(d, w)})));
            return true;
        }
    return false;
}

/* An equality of a summed index and a value that does not depend on it. */
static bool solve_value(reading *r, int number)
{
    scatter_term *t = r->t;
    dag *d = r->d;
    node c = t->condition[number];
    if (dag_kind(d, c) != NODE_COMPARE || dag_payload(d, c) != COMPARE_EQUAL)
        return false;
    for (int side = 0; side < 2; side++) {
        node own = dag_is_affine(d, dag_child(d, c, side)) ? lower_affine(r->p, dag_child(d, c, side)) : 0, value = dag_child(d, c, 1 - side);
        if (!own || dag_kind(d, own) != NODE_INDEX || !in_list(dag_payload(d, own), r->sum_count, r->sum) || dag_has_index(d, value, dag_payload(d, own)) ||
            dag_kind(d, value) != NODE_REDUCE || (dag_payload(d, value) != REDUCE_ARGMAX && dag_payload(d, value) != REDUCE_ARGMIN))
            continue;
        int index = dag_payload(d, own);
        drop_condition(t, number);
        drop_index(index, &r->sum_count, r->sum);
        bind(r, index, value);
        const dag_index_info i = *dag_index_get(d, index);
        t->bind[t->bind_count - 1].inside =
            never_above(r, i.lo, dag_child(d, value, 0)) == TRUTH_YES && never_above(r, dag_child(d, value, 1), i.hi) == TRUTH_YES;
        return true;
    }
    return false;
}

static void solve(reading *r)
{
    scatter_term *t = r->t;
    for (bool more = true; more && !r->failed;) {
        more = false;
        for (int i = 0; i < t->condition_count && !more; i++)
            more = solve_equality(r, i);
        for (int i = 0; i < t->loop_count && !more; i++)
            more = !is_open(r, t->loop[i]) && solve_window(r, t->loop[i]);
    }
    if (r->turned)
        for (int i = 0; i < t->condition_count && !r->failed;)
            if (!solve_value(r, i))
                i++;
}

/* Each bind after those that its value needs; false: they go round in a circle. */
static bool sort_binds(scatter_term *t, dag *d)
{
    for (int done = 0; done < t->bind_count; done++) {
        int next = -1;
        for (int i = done; i < t->bind_count && next < 0; i++) {
            bool free = true;
            for (int k = done; k < t->bind_count; k++)
                free = free && (k == i || !dag_has_index(d, t->bind[i].value, t->bind[k].index));
            next = free ? i : -1;
        }
        if (next < 0)
            return false;
        for (int i = next; i > done; i--) {
            __typeof__(t->bind[0]) swap = t->bind[i];
            t->bind[i] = t->bind[i - 1];
            t->bind[i - 1] = swap;
        }
    }
    return true;
}

/* One term of a right side; false: it is not to be turned round and no sum of products either. */
static bool parse_term(lower_program *p, const lower_equation *e, node n, scatter_term *t)
{
    reading r = {.p = p, .d = p->m->dag, .e = e, .t = t};
    *t = (scatter_term){.target = dag_entry(p->m->dag, e->var, p->var[e->var].axis_count, e->at)};
    for (int k = 0; k < e->index_count; k++) /* of a recurrence's index only the present value is computed */
        if (!in_list(e->index[k], e->open_count, e->open))
            t->loop[t->loop_count++] = e->index[k];
    read_body(&r, n, true);
    if (r.failed || r.sum_count == 0)
        return false;
    solve(&r);
    t->own_count = t->loop_count;
    for (int k = 0; k < r.sum_count && t->loop_count < SCATTER_LOOPS; k++)
        t->loop[t->loop_count++] = r.sum[k];
    if (r.failed || t->loop_count == SCATTER_LOOPS || !sort_binds(t, r.d))
        return false;
    int around[SCATTER_LOOPS], around_count;
    return r.turned || scatter_contraction(p, t, NULL, around, &around_count);
}

bool scatter_parse(lower_program *p, const lower_equation *e, scatter_form *out)
{
    dag *d = p->m->dag;
    int count = dag_kind(d, e->rhs) == NODE_ADD ? dag_count(d, e->rhs) : 1;
    node rest[PRODUCT_TERMS];
    int rest_count = 0;
    *out = (scatter_form){0};
    if (e->guard || e->in_place || !dag_has_kind(d, e->rhs, NODE_REDUCE))
        return false;
    for (int i = 0; i < count; i++) {
        node n = count == 1 ? e->rhs : dag_child(d, e->rhs, i);
        if (out->count < SCATTER_TERMS && dag_has_kind(d, n, NODE_REDUCE) && parse_term(p, e, n, &out->term[out->count]))
            out->count++;
        else if (dag_has_kind(d, n, NODE_REDUCE) || rest_count == PRODUCT_TERMS)
            return false;
        else
            rest[rest_count++] = n;
    }
    out->rest = rest_count == 0 ? 0 : rest_count == 1 ? rest[0] : dag_raw_add(d, rest_count, rest);
    return out->count > 0;
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

void lower_scatter(lower_program *p)
{
    for (int i = 0; i < p->equation_count; i++) {
        lower_equation e = p->equation[i];
        scatter_form form;
        struct {
            const dag *d;
            bool found;
        } c = {p->m->dag, false};
        if (!e.events || e.product || !dag_has_kind(p->m->dag, e.rhs, NODE_REDUCE))
            continue;
        dag_visit(p->m->dag, e.rhs, has_softmax, &c);
        p->equation[i].scattered = !e.placed && !c.found && scatter_parse(p, &e, &form);
    }
}

/* --- sums of products as one call --- */

enum { LEAST_SIDE = 4, LEAST_INNER = 2, LEAST_WORK = 16384 };

typedef struct {
    lower_program *p;
    dag *d;
    node entry[3];                         /* a, b, the target */
    int index[3][SCATTER_LOOPS], count[3]; /* rows, columns, inner */
    int around[SCATTER_LOOPS], around_count;
} roles;

static bool plain_entry(const roles *x, node n)
{
    if (dag_kind(x->d, n) != NODE_ENTRY || dag_count(x->d, n) == 0 || x->p->var[dag_payload(x->d, n)].integer)
        return false;
    for (int k = 0; k < dag_count(x->d, n); k++)
        if (!dag_is_affine(x->d, dag_child(x->d, n, k)))
            return false;
    return true;
}

/* Another index of a call moves the target along the same axis: then only one of them can be part of it. */
static bool overlaps(const roles *x, int index, int other)
{
    for (int k = 0; k < dag_count(x->d, x->entry[2]); k++)
        if (dag_has_index(x->d, dag_child(x->d, x->entry[2], k), index) && dag_has_index(x->d, dag_child(x->d, x->entry[2], k), other))
            return true;
    return false;
}

static void give_role(roles *x, int index)
{
    bool in[3];
    for (int k = 0; k < 3; k++)
        in[k] = dag_has_index(x->d, x->entry[k], index);
    int role = in[0] + in[1] + in[2] != 2 ? -1 : !in[1] ? 0 : !in[0] ? 1 : 2;
    for (int side = 0; side < 2 && role >= 0 && role < 2; side++)
        for (int i = 0; i < x->count[side]; i++) {
            int other = x->index[side][i];
            if (!overlaps(x, index, other))
                continue;
            if (product_extent(x->p, index) > product_extent(x->p, other)) {
                x->around[x->around_count++] = other;
                x->index[side][i--] = x->index[side][x->count[side] - 1];
                x->count[side]--;
            } else {
                role = -1;
                break;
            }
        }
    if (role < 0)
        x->around[x->around_count++] = index;
    else
        x->index[role][x->count[role]++] = index;
}

static double extent_of(const roles *x, int role)
{
    double total = 1;
    for (int i = 0; i < x->count[role]; i++)
        total *= product_extent(x->p, x->index[role][i]);
    return total;
}

static bool is_worth(const roles *x)
{
    double rows = extent_of(x, 0), columns = extent_of(x, 1), inner = extent_of(x, 2);
    return rows >= LEAST_SIDE && columns >= LEAST_SIDE && inner >= LEAST_INNER && rows * columns * inner >= LEAST_WORK;
}

static bool fill_span(const roles *x, int index, node first, node second, lower_span *out)
{
    const dag_index_info i = *dag_index_get(x->d, index);
    node rest, entry[] = {first, second};
    long *step[] = {out->first, out->second};
    out->extent = dag_add(x->d, 3, (node[]){i.hi, dag_neg(x->d, i.lo), dag_int(x->d, 1)});
    for (int side = 0; side < 2; side++)
        for (int k = 0; k < dag_count(x->d, entry[side]); k++)
            if (!dag_affine_split(x->d, dag_child(x->d, entry[side], k), index, &step[side][k], &rest))
                return false;
    return true;
}

static node at_start(const roles *x, node entry)
{
    for (int role = 0; role < 3; role++)
        for (int i = 0; i < x->count[role]; i++) {
            node from = dag_index_node(x->d, x->index[role][i]), to = dag_index_get(x->d, x->index[role][i])->lo;
            entry = dag_substitute(x->d, entry, 1, &from, &to, true);
        }
    return entry;
}

const lower_contraction *scatter_contraction(lower_program *p, const scatter_term *t, const int_map *open, int *around, int *around_count)
{
    static const int first[] = {0, 1, 0}, second[] = {2, 2, 1};
    roles x = {.p = p, .d = p->m->dag};
    node factor[SCATTER_FACTORS];
    int operands = 0, factors = 0;
    if (t->condition_count || t->bind_count || !p->contracts)
        return NULL;
    for (int i = 0; i < t->factor_count; i++)
        if (!dag_has_kind(x.d, t->factor[i], NODE_INDEX) && !dag_has_kind(x.d, t->factor[i], NODE_REDUCE))
            factor[factors++] = t->factor[i];
        else if (operands == 2 || !plain_entry(&x, t->factor[i]))
            return NULL;
        else
            x.entry[operands++] = t->factor[i];
    x.entry[2] = t->target;
    if (operands < 2 || !plain_entry(&x, x.entry[2]))
        return NULL;
    for (int i = 0; i < t->loop_count; i++)
        if (!open || !int_map_get(open, 1 + t->loop[i]))
            give_role(&x, t->loop[i]);
    if (!is_worth(&x))
        return NULL;
    lower_contraction *c = arena_alloc(p->memory, sizeof *c);
    c->factor = !factors ? 0 : factors == 1 ? factor[0] : dag_raw_mul(x.d, factors, factor);
    c->a = at_start(&x, x.entry[0]), c->b = at_start(&x, x.entry[1]), c->target = at_start(&x, x.entry[2]);
    for (int role = 0; role < 3; role++)
        for (int i = 0; i < x.count[role]; i++)
            if (i == LOWER_SPANS || !fill_span(&x, x.index[role][i], x.entry[first[role]], x.entry[second[role]], &c->span[role][c->count[role]++]))
                return NULL;
    memcpy(around, x.around, (size_t)x.around_count * sizeof *around);
    *around_count = x.around_count;
    return c;
}
