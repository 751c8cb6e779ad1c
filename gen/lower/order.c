/* Dependency order. Needs: extracted equations. Gives a list of units: an equation, or a recurrence of equations that need each other at earlier (or later)
 * values of one index. Units of one kind (same events, same samples) are kept together, so that nest.c can fuse them.
 * The method is that of Allen and Kennedy ("Automatic translation of FORTRAN programs to vector form", TOPLAS 1987): a strongly connected component gets a
 * loop, the dependences that the loop carries are dropped, and what remains is ordered again. */
#include <stdlib.h>
#include <string.h>

#include "gen/dag/break.h"
#include "gen/lower/components.h"
#include "gen/lower/lower.h"
#include "gen/lower/lower_private.h"
#include "gen/lower/order.h"
#include "gen/lower/product.h"
#include "grammar/arena.h"
#include "grammar/map.h"

static bool note_entry(void *context, node n)
{
    struct {
        const dag *d;
        int_list *out;
    } *r = context;
    if (dag_kind(r->d, n) == NODE_ENTRY)
        int_list_push(r->out, n);
    return true;
}

static void collect_reads(ordering *o)
{
    for (int i = 0; i < o->p->equation_count; i++) {
        const lower_equation *e = &o->p->equation[i];
        struct {
            const dag *d;
            int_list *out;
        } r = {o->d, &o->reads[i]};
        if (!e->events)
            continue;
        dag_visit(o->d, e->rhs, note_entry, &r);
        if (e->guard)
            dag_visit(o->d, e->guard, note_entry, &r);
        if (e->after)
            dag_visit(o->d, e->after, note_entry, &r);
    }
}

static void collect_writers(ordering *o)
{
    const lower_program *p = o->p;
    for (int i = 0; i < p->equation_count; i++)
        if (p->equation[i].events && !p->equation[i].in_place)
            o->first[p->equation[i].var + 1]++;
    for (int v = 0; v < p->var_count; v++)
        o->first[v + 1] += o->first[v];
    int *used = xcalloc((size_t)p->var_count + 1, sizeof *used);
    for (int i = 0; i < p->equation_count; i++)
        if (p->equation[i].events && !p->equation[i].in_place)
            o->list[o->first[p->equation[i].var] + used[p->equation[i].var]++] = i;
    free(used);
}

/* --- which equations need each other --- */

typedef struct {
    components *c;
    const ordering *o;
    int current;
} edges;

static void note_edge(void *context, int f)
{
    edges *x = context;
    int to = x->o->place[f];
    if (to == x->current)
        x->c->self[to] = true;
    else
        int_list_push(&x->c->edge, to);
}

/* The equations of a sweep over segments stay together: a ring of edges makes them one component. */
static void note_ring(edges *x, int count, const int *set)
{
    int sweep = x->o->p->equation[set[x->current]].sweep, next = -1;
    for (int i = 1; i < count && sweep && !x->o->sweep && next < 0; i++)
        if (x->o->p->equation[set[(x->current + i) % count]].sweep == sweep)
            next = (x->current + i) % count;
    if (next >= 0)
        int_list_push(&x->c->edge, next);
    else if (sweep && !x->o->sweep)
        x->c->self[x->current] = true;
}

static void find_components(components *c, ordering *o, int count, const int *set)
{
    edges x = {c, o, 0};
    components_begin(c, count);
    for (int i = 0; i < count; i++)
        o->place[set[i]] = i;
    for (; x.current < count; x.current++) {
        c->edge_first[x.current] = c->edge.count;
        order_each_dependence(o, set[x.current], note_edge, &x);
        note_ring(&x, count, set);
    }
    c->edge_first[count] = c->edge.count;
    components_find(c);
    for (int i = 0; i < count; i++)
        o->place[set[i]] = -1;
}

/* --- recurrences --- */

/* Which axis of f's variable moves with axis `axis` of e when e reads `entry`? −1: none. */
static int matching_axis(const ordering *o, int e, int axis, node entry)
{
    dag *d = o->d;
    node at = o->p->equation[e].at[axis];
    int axes = dag_count(d, entry), found = -1;
    for (int k = 0; k < axes; k++) {
        node a = dag_child(d, entry, k), rest;
        long c;
        if (dag_kind(d, at) == NODE_INDEX && dag_affine_split(d, a, dag_payload(d, at), &c, &rest) && c == 1 && dag_kind(d, rest) == NODE_NUMBER)
            return k;
        if (dag_kind(d, at) == NODE_INDEX && a == at)
            return k;
    }
    return found;
}

/* Gives every equation of the set the axis that follows from e's; false when they do not agree. */
static bool spread_axis(const ordering *o, carrier *c, int count, const int *set, int start, int axis)
{
    int_list work = {0};
    bool good = true;
    for (int i = 0; i < count; i++)
        c->axis[set[i]] = -1;
    c->axis[start] = axis;
    int_list_push(&work, start);
    while (work.count && good) {
        int e = work.at[--work.count];
        for (int i = 0; i < count; i++) /* other equations of the same variable */
            if (o->p->equation[set[i]].var == o->p->equation[e].var && c->axis[set[i]] < 0) {
                c->axis[set[i]] = c->axis[e];
                int_list_push(&work, set[i]);
            }
        for (int i = 0; i < o->reads[e].count && good; i++) {
            node entry = o->reads[e].at[i];
            for (int k = 0; k < count && good; k++) {
                int f = set[k];
                if (o->p->equation[f].var != dag_payload(o->d, entry) || order_is_carried(o, e, entry, f))
                    continue;
                int a = matching_axis(o, e, c->axis[e], entry);
                if (a < 0)
                    continue; /* a constant start: offset_in decides */
                good = c->axis[f] < 0 || c->axis[f] == a;
                if (c->axis[f] < 0) {
                    c->axis[f] = a;
                    int_list_push(&work, f);
                }
            }
        }
    }
    int_list_free(&work);
    for (int i = 0; i < count && good; i++)
        good = c->axis[set[i]] >= 0;
    return good;
}

int order_direction(const ordering *o, const carrier *c, int count, const int *set)
{
    bool behind = false, ahead = false;
    for (int i = 0; i < count; i++) {
        int e = set[i];
        for (int r = 0; r < o->reads[e].count; r++) {
            node entry = o->reads[e].at[r];
            for (int k = 0; k < count; k++) {
                int f = set[k];
                long offset;
                if (o->p->equation[f].var != dag_payload(o->d, entry) || order_is_carried(o, e, entry, f) || order_never_meets(o, entry, &o->p->equation[f]))
                    continue;
                if (!order_offset(o, c, e, entry, f, &offset))
                    return 0;
                behind = behind || offset < 0;
                ahead = ahead || offset > 0;
            }
        }
    }
    return behind == ahead ? 0 : behind ? 1 : -1;
}

static lower_unit *order_set(ordering *o, int count, const int *set);

static bool sum_in_blocks(const ordering *o, node n)
{
    dag *d = o->d;
    for (int index; dag_kind(d, n) == NODE_REDUCE && dag_payload(d, n) == REDUCE_SUM; n = dag_open(d, n, &index))
        if (lower_in_blocks(o->p, dag_child(d, n, 0), dag_child(d, n, 1)))
            return true;
    return false;
}

static bool has_index_in_blocks(const ordering *o, const lower_equation *e)
{
    for (int k = 0; k < e->index_count; k++)
        if (lower_index_in_blocks(o->p, e->index[k]))
            return true;
    return false;
}

/* Does it run through the range of block.c? */
static bool equation_in_blocks(const ordering *o, const lower_equation *e)
{
    if (!o->p->block_range || e->population >= 0 || e->product || e->in_place || e->open_count)
        return false;
    return has_index_in_blocks(o, e) || sum_in_blocks(o, e->rhs);
}

/* And all equations of a recurrence? */
static bool set_in_blocks(const ordering *o, int count, const int *set)
{
    bool all = o->p->block_range;
    for (int i = 0; i < count && all; i++) {
        const lower_equation *e = &o->p->equation[set[i]];
        all = e->population < 0 && !e->product && !e->in_place && has_index_in_blocks(o, e);
    }
    return all;
}

static lower_unit *unit_new(ordering *o, int equation)
{
    lower_unit *u = arena_alloc(o->p->memory, sizeof *u);
    u->equation = equation;
    u->population = equation < 0 ? -1 : o->p->equation[equation].population;
    u->events = equation < 0 ? 0 : o->p->equation[equation].events;
    u->in_blocks = equation >= 0 && equation_in_blocks(o, &o->p->equation[equation]);
    return u;
}

/* The common range of a recurrence's loop. False: the ends cannot be compared. */
static bool common_range(const ordering *o, const carrier *c, int count, const int *set, node *lo, node *hi)
{
    dag *d = o->d;
    order_range(o, &o->p->equation[set[0]], c->axis[set[0]], lo, hi);
    for (int i = 1; i < count; i++) {
        node a, b;
        order_range(o, &o->p->equation[set[i]], c->axis[set[i]], &a, &b);
        truth low = dag_index_le(d, *lo, a), high = dag_index_le(d, b, *hi);
        if (low != TRUTH_YES && dag_index_le(d, a, *lo) != TRUTH_YES)
            return false;
        if (high != TRUTH_YES && dag_index_le(d, *hi, b) != TRUTH_YES)
            return false;
        *lo = low == TRUTH_YES ? *lo : a;
        *hi = high == TRUTH_YES ? *hi : b;
    }
    return true;
}

/* Equation e with the loop's index t in place of its own; a condition where its range is shorter. */
static void join_loop(ordering *o, int e, int axis, int t)
{
    dag *d = o->d;
    lower_equation *q = &o->p->equation[e];
    node to = dag_index_node(d, t), at = q->at[axis], lo, hi, condition = 0;
    const dag_index_info range = *dag_index_get(d, t);
    order_range(o, q, axis, &lo, &hi);
    if (dag_index_eq(d, lo, range.lo) != TRUTH_YES)
        condition = lo == hi ? dag_raw_compare(d, COMPARE_EQUAL, to, lo) : dag_raw_compare(d, COMPARE_LESS_EQUAL, lo, to);
    if (lo != hi && dag_index_eq(d, hi, range.hi) != TRUTH_YES) {
        node upper = dag_raw_compare(d, COMPARE_LESS_EQUAL, to, hi);
        condition = condition ? dag_raw_if(d, condition, upper, dag_int(d, 0)) : upper;
    } else if (lo == hi && !condition) {
        condition = dag_raw_compare(d, COMPARE_EQUAL, to, lo);
    }
    if (dag_kind(d, at) == NODE_INDEX) {
        q->rhs = dag_substitute(d, q->rhs, 1, &at, &to, true);
        q->guard = q->guard ? dag_substitute(d, q->guard, 1, &at, &to, true) : 0;
        for (int i = 0; i < o->reads[e].count; i++)
            o->reads[e].at[i] = dag_substitute(d, o->reads[e].at[i], 1, &at, &to, true);
        for (int k = 0; k < q->index_count; k++)
            if (q->index[k] == dag_payload(d, at))
                q->index[k] = t;
    } else {
        q->index[q->index_count++] = t;
    }
    q->at[axis] = to;
    if (condition)
        q->guard = q->guard ? dag_raw_if(d, condition, q->guard, dag_int(d, 0)) : condition;
    product_form form;
    q->open[q->open_count++] = t;
    q->product = q->product && product_parse(o->p, q, &form);
}

static bool refuse(ordering *o, int count, const int *set, const char *what)
{
    lower_program *p = o->p;
    const lower_equation *first = &p->equation[set[0]];
    span at = {p->m->source, 0, 0};
    const char *name = first->note ? first->note : lower_var_name(p, first->var);
    for (int i = 0; i < count; i++) { /* a name of the page, rather than one made here */
        int v = p->equation[set[i]].var;
        if (p->var[v].model_var != v)
            continue;
        at = p->m->var[v].at;
        name = model_var_name(p->m, v);
        if (p->m->var[v].role == ROLE_DEFINED)
            break;
    }
    diag_add(p->m->diagnostics, DIAG_ERROR, at, what, name);
    p->failed = true;
    return false;
}

static bool find_loop(ordering *o, carrier *c, int count, const int *set, int *up)
{
    const lower_equation *e = &o->p->equation[set[0]];
    int axes = o->p->var[e->var].axis_count;
    for (int axis = 0; axis < axes; axis++) {
        if (!spread_axis(o, c, count, set, set[0], axis))
            continue;
        *up = order_direction(o, c, count, set);
        if (*up)
            return true;
    }
    return false;
}

/* `set`, which has room for all equations: those of component k. */
static lower_unit *order_recurrence(ordering *o, components *x, const int *all, int k, int count, int *set)
{
    carrier *c = &o->loop[o->depth];
    int up = 0;
    node lo, hi;
    lower_unit *u = unit_new(o, -1);
    c->axis = arena_alloc(o->p->memory, (size_t)(o->p->equation_count + 1) * sizeof(int));
    for (int i = 0; i < o->p->equation_count; i++)
        c->axis[i] = -1;
    if (o->depth + 1 >= MAX_NESTING || !find_loop(o, c, count, set, &up)) {
        refuse(o, count, set, "%s is defined through itself, and no order of its entries gives values that are known before they are needed");
        return u;
    }
    if (o->depth == 0 && !o->sweep)
        count = order_take_ends(o, x, all, k, c, up, count, set);
    if (!common_range(o, c, count, set, &lo, &hi)) {
        refuse(o, count, set, "the ranges of the equations for %s cannot be compared");
        return u;
    }
    const lower_equation *q = &o->p->equation[set[0]];
    node at = q->at[c->axis[set[0]]];
    sym name = dag_kind(o->d, at) == NODE_INDEX ? dag_index_get(o->d, dag_payload(o->d, at))->name : intern_puts(o->p->m->names, "t");
    u->index = dag_index_fresh(o->d, name, lo, hi);
    u->lo = lo, u->hi = hi, u->down = (up < 0) != BROKEN("direction");
    u->population = q->population;
    for (int i = 0; i < count; i++) {
        u->events |= o->p->equation[set[i]].events;
        if (o->p->equation[set[i]].population != u->population)
            u->population = -1;
        join_loop(o, set[i], c->axis[set[i]], u->index);
    }
    u->in_blocks = set_in_blocks(o, count, set);
    o->depth++;
    lower_unit *inside = order_set(o, count, set);
    o->depth--;
    u->part = arena_alloc(o->p->memory, (size_t)count * sizeof *u->part);
    for (; inside; inside = inside->next)
        u->part[u->count++] = inside;
    return u;
}

static bool has_sweep(const ordering *o, int count, const int *set)
{
    for (int i = 0; i < count; i++)
        if (o->p->equation[set[i]].sweep)
            return true;
    return false;
}

/* The equations of a sweep, in order inside one segment. */
static lower_unit *order_sweep(ordering *o, int count, const int *set)
{
    lower_unit *u = unit_new(o, -1), *inside;
    u->sweep = o->p->equation[set[0]].sweep;
    for (int i = 0; i < count; i++) {
        u->events |= o->p->equation[set[i]].events;
        if (o->p->equation[set[i]].sweep != u->sweep) {
            o->p->entangled = o->p->failed = true;
            return u;
        }
    }
    o->sweep = u->sweep;
    inside = order_set(o, count, set);
    o->sweep = 0;
    u->part = arena_alloc(o->p->memory, (size_t)count * sizeof *u->part);
    for (; inside; inside = inside->next)
        u->part[u->count++] = inside;
    return u;
}

static lower_unit *order_set(ordering *o, int count, const int *set)
{
    components c;
    find_components(&c, o, count, set);
    lower_unit **unit = xcalloc((size_t)c.components + 1, sizeof *unit);
    int *rank = xcalloc((size_t)c.components + 1, sizeof *rank), *size = xcalloc((size_t)c.components + 1, sizeof *size);
    for (int i = count - 1; i >= 0; i--) {
        rank[c.component[i]] = i;
        size[c.component[i]]++;
    }
    for (int i = 0; i < count && !o->p->failed; i++) {
        int k = c.component[i];
        if (rank[k] != i)
            continue;
        if (size[k] == 1 && !c.self[i]) {
            unit[k] = unit_new(o, set[i]);
            continue;
        }
        int *members = xmalloc((size_t)count * sizeof *members), n = 0;
        for (int j = i; j < count && n < size[k]; j++)
            if (c.component[j] == k)
                members[n++] = set[j];
        unit[k] = o->depth == 0 && !o->sweep && has_sweep(o, n, members) ? order_sweep(o, n, members) : order_recurrence(o, &c, set, k, n, members);
        free(members);
    }
    lower_unit *head = o->p->failed ? NULL : order_link(&c, unit, rank);
    components_free(&c);
    free(unit), free(rank), free(size);
    return head;
}

/* Does the equation, for one sample, read only that sample's entries of what is computed? Then equations like it share one loop over samples. */
static void find_population(ordering *o, int i)
{
    lower_program *p = o->p;
    lower_equation *e = &p->equation[i];
    const lower_var *v = &p->var[e->var];
    if (e->product || !v->per_sample || e->index_count == 0 || !dag_index_get(o->d, e->index[0])->sample || e->at[0] != dag_index_node(o->d, e->index[0]))
        return;
    for (int k = 0; k < o->reads[i].count; k++) {
        node entry = o->reads[i].at[k];
        const lower_var *r = &p->var[dag_payload(o->d, entry)];
        if (r->place == LOWER_WORK && r->per_sample && dag_child(o->d, entry, 0) != e->at[0])
            return;
    }
    e->population = v->population;
}

static void ordering_begin(ordering *o, lower_program *p)
{
    size_t n = (size_t)p->equation_count + 1;
    *o = (ordering){.p = p, .d = p->m->dag};
    o->reads = xcalloc(n, sizeof *o->reads);
    o->first = xcalloc((size_t)p->var_count + 2, sizeof(int));
    o->list = xcalloc(n, sizeof(int));
    o->place = xcalloc(n, sizeof(int));
    collect_reads(o);
    collect_writers(o);
    for (int i = 0; i < p->equation_count; i++)
        o->place[i] = -1;
}

static void ordering_end(ordering *o)
{
    for (int i = 0; i < o->p->equation_count; i++)
        int_list_free(&o->reads[i]);
    free(o->reads), free(o->first), free(o->list), free(o->place);
}

/* Those with events, in the order of the page. */
static int *live_equations(const lower_program *p, int *count)
{
    int *set = xcalloc((size_t)p->equation_count + 1, sizeof *set);
    *count = 0;
    for (int i = 0; i < p->equation_count; i++)
        if (p->equation[i].events)
            set[(*count)++] = i;
    return set;
}

lower_unit *lower_order(lower_program *p)
{
    ordering o;
    int count, *set = live_equations(p, &count);
    ordering_begin(&o, p);
    for (int i = 0; i < count; i++)
        find_population(&o, set[i]);
    lower_unit *units = order_set(&o, count, set);
    ordering_end(&o);
    free(set);
    return units;
}

/* The recurrence that these equations are, if they are one. */
static bool read_recurrence(ordering *o, int count, const int *set, lower_recurrence *r)
{
    carrier c = {arena_alloc(o->p->memory, (size_t)(o->p->equation_count + 1) * sizeof(int))};
    int up = 0;
    *r = (lower_recurrence){.count = count, .equation = arena_alloc(o->p->memory, (size_t)count * sizeof(int)), .axis = arena_alloc(o->p->memory, (size_t)count * sizeof(int))};
    if (!find_loop(o, &c, count, set, &up) || !common_range(o, &c, count, set, &r->lo, &r->hi))
        return false;
    r->down = up < 0;
    for (int i = 0; i < count; i++)
        r->equation[i] = set[i], r->axis[i] = c.axis[set[i]];
    return true;
}

int lower_recurrences(lower_program *p, lower_recurrence **list)
{
    ordering o;
    components c;
    int count, found = 0, *set = live_equations(p, &count), *member = xcalloc((size_t)count + 1, sizeof *member);
    ordering_begin(&o, p);
    find_components(&c, &o, count, set);
    *list = arena_alloc(p->memory, (size_t)(c.components + 1) * sizeof **list);
    for (int k = 0; k < c.components; k++) {
        int n = 0;
        bool again = false;
        for (int i = 0; i < count; i++)
            if (c.component[i] == k)
                member[n++] = set[i], again = c.self[i];
        if (n > 1 || again)
            found += read_recurrence(&o, n, member, &(*list)[found]);
    }
    components_free(&c);
    ordering_end(&o);
    free(set), free(member);
    return found;
}
