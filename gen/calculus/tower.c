/* Derivatives of higher order by single numbers, such as ∂⁴u/∂x⁴ of a network in its input: every name on the way gets its derivatives of order 1, 2, …, each
 * an equation made from the one before (forward differentiation; A. Griewank, A. Walther, "Evaluating Derivatives", 2008, chapter 13). Their number is that of the names
 * times the order. Sweeps in reverse of sweeps would meet every name of every sweep before, and grow threefold with each order. Where something stands in the way (a
 * recurrence, samples that depend on each other), the answer is "not here", and the sweeps do it. */
#include <stdlib.h>

#include "gen/calculus/sweep.h"
#include "gen/dag/dag_private.h"

enum {
    OF_DATA = 2,
    OF_OTHERS = 3,
    /* least orders: by data in what runs; otherwise */ MOST_ORDER = 64,
    ZERO = 1 /* in a map: the derivative is 0; else 2 + its variable */
};

/* The derivatives of names by one number. */
struct tangents {
    node by; /* ENTRY, its sample index the model's own */
    int_map of;
};

typedef struct {
    calculus *x;
    dag *d;
    node by;
    bool by_sample, fits;
    int_map *of;
} tower;

static int_map *tangents_by(calculus *x, node by)
{
    for (int i = 0; i < x->tangents_count; i++)
        if (x->tangents[i].by == by)
            return &x->tangents[i].of;
    x->tangents = xrealloc(x->tangents, (size_t)(x->tangents_count + 1) * sizeof *x->tangents);
    x->tangents[x->tangents_count] = (struct tangents){.by = by};
    return &x->tangents[x->tangents_count++].of;
}

void tower_release(calculus *x)
{
    for (int i = 0; i < x->tangents_count; i++)
        int_map_free(&x->tangents[i].of);
    free(x->tangents);
    int_map_free(&x->written), int_map_free(&x->high), int_map_free(&x->part), int_map_free(&x->parts);
}

/* The derivative of an entry, where its sample is `sample`. */
static node of_entry(tower *t, node entry, node sample)
{
    dag *d = t->d;
    int var = dag_payload(d, entry), count = dag_count(d, entry), known = int_map_get(t->of, 1 + var);
    bool leaf = var == dag_payload(d, t->by), own = t->x->m->var[var].sample;
    node at[MODEL_MAX_AXES], made = dag_int(d, 1);
    if (!leaf && known <= ZERO)
        return dag_int(d, 0);
    if (t->by_sample && (!own || dag_child(d, entry, 0) != sample))
        t->fits = false; /* another sample, or all of them */
    for (int k = 0; k < count; k++) {
        at[k] = dag_child(d, entry, k);
        if (leaf && !(k == 0 && own))
            made = dag_mul2(d, made, dag_compare(d, COMPARE_EQUAL, at[k], dag_child(d, t->by, k)));
    }
    return leaf ? made : dag_entry(d, known - ZERO - 1, count, at);
}

/* The derivative of n, the right side of `alias` (0: of no name). */
static node tangent(tower *t, node n, node alias, node sample)
{
    contribution_list out = {0};
    node sum = dag_int(t->d, 0);
    sweep_expression(t->x->m, n, dag_int(t->d, 1), alias ? n : 0, alias, -1, &out);
    for (int i = 0; i < out.count; i++) {
        contribution c = out.list[i];
        if (c.why) {
            t->fits = t->fits && c.var != dag_payload(t->d, t->by) && int_map_get(t->of, 1 + c.var) <= ZERO;
            continue;
        }
        c.value = dag_mul2(t->d, c.value, of_entry(t, c.entry, sample));
        sum = dag_add2(t->d, sum, sweep_collect(t->x->m, &c, 0, NULL));
    }
    free(out.list);
    return sum;
}

static int new_tangent(tower *t, int var)
{
    model *m = t->x->m;
    model_var a = m->var[var];
    const int *list;
    model_equations_of(m, var, &list);
    const model_equation *first = &m->equation[list[0]];
    node at[MODEL_MAX_AXES];
    int by = dag_payload(t->d, t->by);
    for (int k = 0; k < a.axis_count; k++)
        at[k] = first->at[k];
    a.of = dag_entry(t->d, var, a.axis_count, at);
    a.role = ROLE_ADJOINT;
    a.by = by;
    a.hold = 0;
    a.key = 0;
    a.text = intern_puts(m->names, arena_printf(m->memory, "∂%s/∂%s", model_var_name(m, var), model_var_name(m, by)));
    return model_add_var(m, &a);
}

static void differentiate(tower *t, int var);

/* The right side of a definition, made of parts that have their derivatives. */
static node parts_of(tower *t, const model_equation *e)
{
    calculus *x = t->x;
    if (x->m->var[e->var].role != ROLE_DEFINED)
        return e->rhs;
    node value = tower_name_parts(x, e->rhs);
    int *position = xmalloc((size_t)(x->m->var_count + 1) * sizeof *position), count = value == e->rhs ? 0 : calculus_reached(x, value, position);
    for (int i = 0; i < count && t->fits; i++)
        if (!int_map_get(t->of, 1 + x->order[position[i]]))
            differentiate(t, x->order[position[i]]);
    free(position);
    return value;
}

/* The derivative of a name, one equation for each of its own; what they read has its derivative already. */
static void differentiate(tower *t, int var)
{
    model *m = t->x->m;
    const int *list;
    int count = model_equations_of(m, var, &list), made = -1;
    node *rhs = xmalloc((size_t)(count + 1) * sizeof *rhs);
    bool zero = true;
    for (int i = 0; i < count; i++) {
        model_equation e = m->equation[list[i]];
        node alias = dag_entry(t->d, var, m->var[var].axis_count, e.at), value = parts_of(t, &e);
        rhs[i] = tangent(t, value, alias, m->var[var].sample ? e.at[0] : 0);
        zero = zero && dag_is_int(t->d, rhs[i], 0);
        /* By one entry of an array that a name has an entry for each: 0 nearly everywhere, which a sweep knows better. */
        t->fits = t->fits && (!dag_has_kind(t->d, rhs[i], NODE_COMPARE) || dag_has_kind(t->d, e.rhs, NODE_COMPARE));
    }
    if (!zero && t->fits)
        made = new_tangent(t, var);
    for (int i = 0; i < count && made >= 0; i++) {
        model_equations_of(m, var, &list);
        model_equation e = m->equation[list[i]];
        e.var = made;
        e.rhs = rhs[i];
        e.needed = NULL;
        e.needed_count = 0;
        model_add_equation(m, &e);
    }
    if (made >= 0)
        calculus_place(t->x, made);
    if (t->fits)
        int_map_put(t->of, 1 + var, made >= 0 ? made + ZERO + 1 : ZERO);
    free(rhs);
}

/* ∂a/∂b; 0: not here. */
static node one_order(calculus *x, node a, node b)
{
    model *m = x->m;
    dag *d = m->dag;
    const bool sample = m->var[dag_payload(d, b)].sample;
    const int population = m->var[dag_payload(d, b)].population;
    node at[MODEL_MAX_AXES];
    for (int k = 0; k < dag_count(d, b); k++)
        at[k] = k == 0 && sample ? dag_index_node(d, m->sample_index[population]) : dag_child(d, b, k);
    tower t = {.x = x, .d = d, .by = dag_entry(d, dag_payload(d, b), dag_count(d, b), at), .by_sample = sample, .fits = true};
    t.of = tangents_by(x, t.by);
    int *position = xmalloc((size_t)(m->var_count + 1) * sizeof *position), count = calculus_reached(x, a, position);
    for (int i = 0; i < count && t.fits; i++) {
        int var = x->order[position[i]];
        t.fits = x->group[var] < 0;
        if (t.fits && !int_map_get(t.of, 1 + var))
            differentiate(&t, var);
    }
    free(position);
    node made = t.fits ? tangent(&t, a, 0, sample ? dag_child(d, b, 0) : 0) : 0;
    return t.fits ? made : 0;
}

/* Data, a parameter or a number of theirs, with no index but its sample's. */
static bool is_number(const model *m, node b)
{
    const dag *d = m->dag;
    const model_var *v = &m->var[dag_payload(d, b)];
    const int *list;
    if (v->role == ROLE_LOCAL || v->integer || model_equations_of(m, dag_payload(d, b), &list) > 0)
        return false;
    for (int k = 0; k < dag_count(d, b); k++)
        if (dag_kind(d, dag_child(d, b, k)) != (k == 0 && v->sample ? NODE_INDEX : NODE_NUMBER))
            return false;
    return true;
}

/* The derivative that a name was defined to be; 0: something else. */
static node written_as(const calculus *x, node n)
{
    const int *list;
    if (dag_kind(x->m->dag, n) != NODE_ENTRY || model_equations_of(x->m, dag_payload(x->m->dag, n), &list) != 1)
        return 0;
    node written = int_map_get(&x->written, 1 + dag_payload(x->m->dag, n));
    const model_equation *e = &x->m->equation[list[0]];
    node at[MODEL_MAX_AXES];
    for (int k = 0; k < dag_count(x->m->dag, n); k++)
        at[k] = dag_child(x->m->dag, n, k);
    return written ? dag_substitute(x->m->dag, written, e->index_count, e->at, at, true) : 0;
}

/* u of ∂(∂u/∂x)/∂y, also where ∂u/∂x has a name; by: y, x, … in this order. 0: it is not by numbers. */
static node open_chain(const calculus *x, node n, node by[MOST_ORDER], int *order)
{
    dag *d = x->m->dag;
    for (*order = 0;;) {
        node written = written_as(x, n);
        n = written ? written : n;
        if (dag_kind(d, n) != NODE_DIFF)
            return n;
        if (dag_payload(d, n) || *order == MOST_ORDER || !is_number(x->m, dag_child(d, n, 1)))
            return 0;
        by[(*order)++] = dag_child(d, n, 1);
        n = dag_child(d, n, 0);
    }
}

/* The least order by this number that goes forward. */
static int least_order(const calculus *x, node by)
{
    var_role role = x->m->var[dag_payload(x->m->dag, by)].role;
    bool data = role == ROLE_INPUT || role == ROLE_TARGET || role == ROLE_GIVEN || role == ROLE_NOISE;
    return int_map_get(&x->high, 1 + dag_payload(x->m->dag, by)) ? 1 : data && x->runs ? OF_DATA : OF_OTHERS;
}

static bool find_chain(void *context, node n)
{
    calculus *x = context;
    node by[MOST_ORDER];
    int order;
    if (dag_kind(x->m->dag, n) == NODE_DIFF && open_chain(x, n, by, &order) && order >= least_order(x, by[0]))
        for (int i = 0; i < order; i++)
            int_map_put(&x->high, 1 + dag_payload(x->m->dag, by[i]), 1);
    return true;
}

void tower_survey(calculus *x)
{
    const model *m = x->m;
    for (int i = 0; i < m->order_count; i++) {
        const int *list;
        int count = model_equations_of(m, m->order[i], &list);
        const model_equation *e = count == 1 ? &m->equation[list[0]] : NULL;
        bool plain = e && e->rhs && dag_kind(m->dag, e->rhs) == NODE_DIFF;
        for (int k = 0; plain && k < m->var[e->var].axis_count; k++)
            plain = e->index_count == m->var[e->var].axis_count && dag_kind(m->dag, e->at[k]) == NODE_INDEX;
        if (plain)
            int_map_put(&x->written, 1 + e->var, e->rhs);
        for (int k = 0; k < count; k++)
            if (m->equation[list[k]].rhs)
                dag_visit(m->dag, m->equation[list[k]].rhs, find_chain, x);
    }
}

bool tower_expand(calculus *x, node n, bool *ok, node *made)
{
    node by[MOST_ORDER];
    int order, needed = x->needed_count;
    node of = open_chain(x, n, by, &order);
    if (!of || order < least_order(x, by[0]))
        return false;
    *made = calculus_expand_node(x, of, ok);
    if (*ok && *made)
        calculus_need(x, *made);
    if (*ok && *made && dag_kind(x->m->dag, *made) != NODE_ENTRY)
        *made = tower_name_parts(x, *made);
    while (*ok && *made && order > 0) {
        calculus_need(x, *made);
        *made = one_order(x, *made, by[--order]);
    }
    if (*ok && !*made)
        x->needed_count = needed;
    return !*ok || *made;
}
