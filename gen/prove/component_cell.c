#include <stdlib.h>

#include "gen/calculus/calculus.h"
#include "gen/prove/ball.h"
#include "gen/prove/component_private.h"
#include "gen/prove/exact.h"

#define VALUE_WORK 20000
#define BITS       192
#define NICE       10

_Static_assert(CELLS_MOST_VARIABLES <= SESSION_MOST_HINTS, "a point of a cell fits");

/* --- values at the point --- */

node component_put_point(component *x, node n)
{
    node value[CELLS_MOST_VARIABLES];
    mpq_t q;
    mpq_init(q);
    for (int i = 0; i < x->leaf_count; i++) {
        fmpq_get_mpq(q, &x->point[i]);
        value[i] = dag_number(x->s->d, q);
    }
    mpq_clear(q);
    return dag_substitute(x->s->d, n, x->leaf_count, x->leaf, value, true);
}

/* Encloses n at the point; false: not defined, as far as is seen. */
static bool value_at(component *x, node n, arb_t out)
{
    ball_point p;
    ball_evaluation e;
    ball_point_init(&p, x->s, 1, 0);
    ball_evaluation_init(&e, &p, BITS, 100000);
    bool good = ball_value(&e, component_put_point(x, n), out) && arb_is_finite(out);
    ball_evaluation_clear(&e);
    ball_point_clear(&p);
    return good;
}

int component_sign(void *context, node n)
{
    arb_t v;
    arb_init(v);
    int sign = !value_at(context, n, v) ? 0 : arb_is_positive(v) ? 1 : arb_is_negative(v) ? -1 : 0;
    arb_clear(v);
    return sign;
}

bool component_is_defined(component *x, node n)
{
    arb_t v;
    arb_init(v);
    bool good = value_at(x, n, v);
    arb_clear(v);
    return good;
}
bool component_is_negative_around(component *x, node n)
{
    ball_point p;
    ball_evaluation e;
    arb_t v;
    arb_init(v);
    ball_point_init(&p, x->s, 1, BALL_BOX_HINT);
    ball_evaluation_init(&e, &p, BITS, 100000);
    e.blurred = true;
    bool negative = ball_value(&e, n, v) && arb_is_negative(v);
    ball_evaluation_clear(&e);
    ball_point_clear(&p);
    arb_clear(v);
    return negative;
}

bool component_is_constant(const component *x, node n)
{
    return !dag_has_kind(x->s->d, n, NODE_ENTRY);
}

/* --- one cell --- */

/* Is n 0 all over the cell? So is x + |x| where x < 0. */
static bool is_zero_all_over(component *x, node n)
{
    dag *d = x->s->d;
    return dag_is_int(d, dag_simplify(d, smooth_settle(x->s, n, component_sign, x)), 0);
}

/* Is what is needed false all over the cell? */
static bool is_violated(component *x, const smooth_need *n)
{
    bool strict = n->kind == NEED_ABOVE || n->kind == NEED_APART, signed_ = n->kind == NEED_ABOVE || n->kind == NEED_AT_LEAST;
    return !n->conditional && ((signed_ && component_sign(x, n->base) < 0) || (strict && is_zero_all_over(x, n->base)));
}

bool component_is_violated(component *x, const smooth_needs *needs, bool given)
{
    for (int i = 0; i < needs->count; i++)
        if (needs->list[i].given == given && is_violated(x, &needs->list[i]))
            return true;
    return false;
}

/* Is n defined and analytic around the point? */
static bool is_strict(component *x, node n)
{
    smooth_needs needs = {.count = 0};
    bool good = smooth_gather(x->s, n, &needs) && component_is_defined(x, n);
    for (int i = 0; i < needs.count && good; i++) {
        if (component_is_constant(x, needs.list[i].base))
            continue;
        good = needs.list[i].kind != NEED_JUMP && !needs.list[i].conditional && component_sign(x, needs.list[i].base) != 0;
    }
    return good;
}

/* Is the derivative by one leaf 0 around the point? Its sides must have values there. */
static bool is_flat(component *x, node left, node right, node leaf)
{
    session *s = x->s;
    ladder_answer a;
    if (component_is_spent(x))
        return false;
    ladder_question slope = {.known = x->known, .known_sign = x->sign, .known_count = x->known_count, .work_limit = COMPONENT_WORK};
    slope.left = calculus_partial(s->m, left, leaf, (span){0});
    slope.right = calculus_partial(s->m, right, leaf, (span){0});
    if (!slope.left || !slope.right || !is_strict(x, slope.left) || !is_strict(x, slope.right))
        return false;
    struct trace *kept = s->trace;
    s->trace = NULL;
    ladder_prove(s, &slope, &a);
    s->trace = kept;
    return a.proved && a.away_count == 0;
}

static bool is_exact(component *x, node left, node right)
{
    if (component_is_spent(x) || !component_is_defined(x, left) || !component_is_defined(x, right))
        return false;
    ladder_answer a;
    ladder_question at = {.left = component_put_point(x, left), .right = component_put_point(x, right), .work_limit = VALUE_WORK};
    if (exact_constants(x->s, at.left, at.right))
        return true;
    struct trace *kept = x->s->trace;
    x->s->trace = NULL;
    ladder_prove(x->s, &at, &a);
    x->s->trace = kept;
    return a.proved && a.away_count == 0;
}

/* One exact value: at the point, or with its last coordinate changed within the cell. */
static bool has_exact_value(component *x, node left, node right, const fmpq *point, const fmpq *low, const fmpq *high)
{
    static const int top[NICE] = {0, 1, -1, 1, -1, 2, -2, 3, -3, 1}, bottom[NICE] = {1, 1, 1, 2, 2, 1, 1, 1, 1, 3};
    if (is_exact(x, left, right))
        return true;
    fmpq other[CELLS_MOST_VARIABLES];
    int last = x->leaf_count - 1;
    bool found = false;
    for (int i = 0; i <= last; i++) {
        fmpq_init(&other[i]);
        fmpq_set(&other[i], &point[i]);
    }
    x->point = other;
    for (int k = 0; k < NICE && !found; k++) {
        fmpq_set_si(&other[last], top[k], (ulong)bottom[k]);
        found = (!low || fmpq_cmp(&other[last], low) >= 0) && (!high || fmpq_cmp(&other[last], high) <= 0) && is_exact(x, left, right);
    }
    x->point = point;
    for (int i = 0; i <= last; i++)
        fmpq_clear(&other[i]);
    return found;
}

static void set_signs(component *x)
{
    for (int i = 0; i < x->known_count; i++)
        x->sign[i] = (signed char)component_sign(x, x->known[i]);
}

/* The value of an expression of rational numbers. */
static bool rational_value(session *s, node n, fmpq_t out)
{
    n = dag_simplify(s->d, n);
    if (dag_kind(s->d, n) != NODE_NUMBER)
        return false;
    fmpq_set_mpq(out, *dag_value(s->d, n));
    return true;
}

/* The point of a part as a point of the whole. */
static void note_in_whole(component *x)
{
    component *w = x->whole;
    fmpq point[CELLS_MOST_VARIABLES];
    bool good = true;
    for (int i = 0; i < w->leaf_count; i++) {
        fmpq_init(&point[i]);
        for (int k = 0; k < x->leaf_count; k++)
            if (x->of[k] == w->leaf[i])
                fmpq_set(&point[i], &x->point[k]);
    }
    w->point = point;
    for (int i = 0; i < w->leaf_count && good; i++)
        if (w->leaf[i] == x->whole_leaf)
            good = rational_value(x->s, component_put_point(w, x->whole_value), &point[i]);
    if (good)
        component_note_difference(w);
    for (int i = 0; i < w->leaf_count; i++)
        fmpq_clear(&point[i]);
}

/* The sides have values at the point: where these differ, the refuter is told. */
void component_note_difference(component *x)
{
    session *s = x->s;
    arb_t a, b;
    arb_init(a);
    arb_init(b);
    bool different = !s->hint_count && value_at(x, x->left, a) && value_at(x, x->right, b) && !arb_overlaps(a, b);
    arb_clear(a);
    arb_clear(b);
    if (different && x->whole)
        note_in_whole(x);
    for (int i = 0; i < x->leaf_count && different; i++) {
        const int *equations;
        different = dag_kind(s->d, x->of[i]) == NODE_ENTRY && model_equations_of(s->m, dag_payload(s->d, x->of[i]), &equations) == 0;
    }
    if (!different || x->whole)
        return;
    s->hint_count = x->leaf_count;
    for (int i = 0; i < x->leaf_count; i++) {
        s->hint_of[i] = x->of[i];
        fmpq_set(&s->hint[i], &x->point[i]);
    }
}

cell_state component_decide_cell(component *x, const fmpq *point, const fmpq *low, const fmpq *high)
{
    session *s = x->s;
    smooth_needs needs = {.count = 0};
    if (component_is_spent(x))
        return CELL_OPEN;
    if (component_is_violated(x, &x->needs, true)) {
        x->used = true;
        return CELL_EMPTY;
    }
    node left = smooth_settle(s, x->left, component_sign, x), right = smooth_settle(s, x->right, component_sign, x);
    if (!smooth_gather(s, left, &needs) || !smooth_gather(s, right, &needs))
        return CELL_OPEN;
    if (component_is_violated(x, &needs, false))
        return CELL_EMPTY;
    component_note_difference(x);
    if (!is_strict(x, left) || !is_strict(x, right)) /* then they are analytic all over the cell */
        return CELL_OPEN;
    set_signs(x);
    for (int i = 0; i < x->leaf_count; i++)
        if (!is_flat(x, left, right, x->leaf[i]))
            return CELL_OPEN;
    return has_exact_value(x, left, right, point, low, high) ? CELL_PROVED : CELL_OPEN;
}
