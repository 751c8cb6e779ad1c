/* Equations that are more than one assignment inside loops: products of matrices, and right sides whose terms stand under conditions that the loops around already
 * decide. */
#include <stdlib.h>

#include "gen/dag/break.h"
#include "gen/lower/lower_private.h"
#include "gen/lower/nest.h"
#include "gen/lower/product.h"

/* --- loops --- */

bool nest_knows(nest *b, node n)
{
    int used[MODEL_MAX_AXES * 2], count = dag_free_indices(b->d, n, used, MODEL_MAX_AXES * 2);
    for (int i = 0; i < count && i < MODEL_MAX_AXES * 2; i++)
        if (!int_map_get(&b->index_depth, 1 + used[i]))
            return false;
    return true;
}

node nest_open_guards(nest *b, node guard, bool all)
{
    dag *d = b->d;
    while (guard) {
        bool more = dag_kind(d, guard) == NODE_IF && dag_is_int(d, dag_child(d, guard, 2), 0);
        node condition = more ? dag_child(d, guard, 0) : guard;
        if (!all && !nest_knows(b, condition))
            break;
        nest_open_when(b, nest_value(b, condition));
        guard = more ? dag_child(d, guard, 1) : 0;
    }
    return guard;
}

void nest_open_index(nest *b, int index)
{
    const dag_index_info *i = dag_index_get(b->d, index);
    node lo = i->lo, hi = i->hi;
    nest_open_for(b, index, nest_value(b, lo), nest_value(b, hi), false);
}

/* --- products of matrices --- */

/* The loops around a product: the equation's other indices. */
static void open_product_loops(nest *b, const lower_equation *e, const product_term *x)
{
    node guard = nest_open_guards(b, e->guard, false);
    for (int k = 0; k < e->index_count; k++)
        if (!int_map_get(&b->index_depth, 1 + e->index[k]) && !(x && (e->index[k] == x->row || e->index[k] == x->column || e->index[k] == x->joined_row))) {
            nest_open_index(b, e->index[k]);
            guard = nest_open_guards(b, guard, false);
        }
    nest_open_guards(b, guard, true);
}

void nest_product(nest *b, const lower_equation *e)
{
    product_form form;
    node target = dag_entry(b->d, e->var, b->p->var[e->var].axis_count, e->at);
    nest_close_to(b, b->floor);
    product_parse(b->p, e, &form);
    bool stands = e->in_place || e->begun, begun = form.rest || form.term[0].loop_count || stands;
    if (begun && !stands) {
        node rest = form.rest ? form.rest : dag_int(b->d, 0);
        nest_count_uses(b, rest);
        open_product_loops(b, e, NULL);
        nest_assign(b, LOWER_SET, target, nest_value(b, rest));
        nest_close_to(b, b->floor);
    }
    for (int i = 0; i < form.count; i++) {
        open_product_loops(b, e, &form.term[i]);
        for (int k = 0; k < form.term[i].loop_count; k++)
            nest_open_index(b, form.term[i].loop[k]);
        nest_add(b, b->depth - 1, product_statement(b->p, e, &form.term[i], begun || i > 0));
        nest_close_to(b, b->floor);
    }
}

/* --- conditions that are decided outside --- */

/* Is it the index of a loop that stays open? */
static bool around(const nest *b, int index)
{
    int depth = int_map_get(&b->index_depth, 1 + index);
    return depth && depth <= b->floor;
}

/* Free indices of loops around only, which the equation's own loops do not move. */
static bool decided(nest *b, node condition)
{
    int used[2 * MODEL_MAX_AXES], count = dag_free_indices(b->d, condition, used, 2 * MODEL_MAX_AXES);
    for (int i = 0; i < count; i++)
        if (i == 2 * MODEL_MAX_AXES || !around(b, used[i]))
            return false;
    return !dag_has_kind(b->d, condition, NODE_ENTRY);
}

/* A term under a condition that is decided outside, perhaps with factors beside it: the condition and what it decides about. */
static bool take_piece(nest *b, node term, node *condition, node *value)
{
    dag *d = b->d;
    if (dag_kind(d, term) == NODE_IF && dag_is_int(d, dag_child(d, term, 2), 0) && decided(b, dag_child(d, term, 0))) {
        *condition = dag_child(d, term, 0);
        *value = dag_child(d, term, 1);
        return true;
    }
    int count = dag_kind(d, term) == NODE_MUL ? dag_count(d, term) : 0;
    for (int i = 0; i < count; i++) {
        if (!take_piece(b, dag_child(d, term, i), condition, value))
            continue;
        node *list = xmalloc((size_t)count * sizeof *list);
        for (int k = 0; k < count; k++)
            list[k] = k == i ? *value : dag_child(d, term, k);
        *value = dag_raw_mul(d, count, list);
        free(list);
        return true;
    }
    return false;
}

static node term_of(const nest *b, node rhs, int i)
{
    return dag_kind(b->d, rhs) == NODE_ADD ? dag_child(b->d, rhs, i) : rhs;
}

static int term_count(const nest *b, node rhs)
{
    return dag_kind(b->d, rhs) == NODE_ADD ? dag_count(b->d, rhs) : 1;
}

bool nest_has_pieces(nest *b, const lower_equation *e, node rhs)
{
    node condition, value;
    bool loop = false;
    for (int k = 0; k < e->index_count; k++)
        loop = loop || !around(b, e->index[k]);
    for (int i = 0; loop && b->floor > 1 && i < term_count(b, rhs); i++)
        if (take_piece(b, term_of(b, rhs, i), &condition, &value))
            return true;
    return false;
}

static void nest_piece(nest *b, const lower_equation *e, lower_how how, node value)
{
    int depth = b->depth;
    nest_count_uses(b, value);
    for (int k = 0; k < e->index_count; k++)
        nest_open_once(b, e->index[k]);
    nest_assign(b, how, dag_entry(b->d, e->var, b->p->var[e->var].axis_count, e->at), nest_value(b, value));
    nest_close_to(b, depth);
}

/* The terms without a condition of this kind (0), or those under this one, added up; 0: there are none. */
static node piece_of(nest *b, node rhs, node condition)
{
    int count = term_count(b, rhs), used = 0;
    node *list = xmalloc((size_t)count * sizeof *list), made, own, value;
    for (int i = 0; i < count; i++) {
        node t = term_of(b, rhs, i);
        bool piece = take_piece(b, t, &own, &value);
        if (condition ? piece && own == condition : !piece)
            list[used++] = condition ? value : t;
    }
    made = used == 0 ? 0 : used == 1 ? list[0] : dag_raw_add(b->d, used, list);
    free(list);
    return made;
}

/* Is it the first of the terms under its condition? */
static bool leads(nest *b, node rhs, int i, node *condition)
{
    node value, earlier;
    bool first = take_piece(b, term_of(b, rhs, i), condition, &value);
    for (int k = 0; k < i && first; k++)
        first = !take_piece(b, term_of(b, rhs, k), &earlier, &value) || earlier != *condition;
    return first;
}

/* Adds the right side, or begins with it; conditions inside conditions are few. */
static void add_pieces(nest *b, const lower_equation *e, lower_how how, node rhs)
{
    node plain = piece_of(b, rhs, 0), condition;
    int depth = b->depth;
    if (plain) {
        nest_piece(b, e, how, plain);
        how = LOWER_ADD;
    }
    for (int i = 0; i < term_count(b, rhs); i++) {
        if (!leads(b, rhs, i, &condition))
            continue;
        nest_open_when(b, nest_value(b, condition));
        add_pieces(b, e, how, piece_of(b, rhs, condition));
        if (how == LOWER_SET) {
            nest_otherwise(b);
            nest_piece(b, e, LOWER_SET, dag_int(b->d, 0));
        }
        how = LOWER_ADD;
        nest_close_to(b, depth);
    }
}

void nest_pieces(nest *b, const lower_equation *e, node rhs)
{
    add_pieces(b, e, LOWER_SET, rhs);
}
