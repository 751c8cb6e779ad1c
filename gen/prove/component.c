/* Names, and what is no smooth function of them, are taken for numbers u₁ … uₙ. The zeros of polynomials in them cut the space into open cells (cells.h) on which
 * every argument that must have a sign has one: there a side is analytic, or nowhere defined. On a cell with both sides defined a derivative that is 0 near one
 * point is 0, and one value decides. What is left are the zeros that cut: both sides are continuous where they are defined, so that the cells beside them decide,
 * unless a function jumps there or no cell is beside them. */
#include "gen/prove/component.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/calculus/calculus.h"
#include "gen/dag/break.h"
#include "gen/prove/ball.h"
#include "gen/prove/cells.h"
#include "gen/prove/exact.h"
#include "gen/prove/graph.h"
#include "gen/prove/smooth.h"
#include "gen/prove/trace.h"

#define MOST_NODES     300
#define MOST_CUTS      12
#define MOST_SIGNS     24 /* expressions of which the sign is known on a cell */
#define MOST_UNFOLDED  40 /* rounds */
#define MOST_PENDING   16
#define DEFAULT_WORK   200000
#define SIGN_WORK      20000
#define VALUE_WORK     20000
#define BITS           192
#define MOST_INTERVALS (CELLS_MOST_ZEROS + 1)
#define NICE           10
#define MOST_DEPTH     2 /* zeros on zeros */

_Static_assert(CELLS_MOST_VARIABLES <= SESSION_MOST_HINTS, "a point of a cell fits");

typedef struct {
    node p;
    bool jump;        /* something is not continuous at its zeros */
    bool weak;        /* an expression that must be >= 0 changes its sign there */
    bool excluded;    /* its zeros lie where a side is not defined, or an assumption does not hold */
    signed char sign; /* in the domain; 0: not known */
} cut;

typedef enum { CELL_PROVED, CELL_EMPTY, CELL_OPEN } cell_state; /* EMPTY: no side, or an assumption does not hold */

typedef struct component {
    session *s;
    node left, right; /* in the leaves below */
    node leaf[CELLS_MOST_VARIABLES], of[CELLS_MOST_VARIABLES];
    int leaf_count;
    bool full; /* no more leaves are taken: what has others is no answer */
    smooth_needs needs;
    cut cuts[MOST_CUTS];
    int cut_count;
    node known[MOST_SIGNS]; /* canonical */
    signed char sign[MOST_SIGNS];
    int known_count;
    const fmpq *point; /* of the cell that is looked at */
    cell_state state[MOST_INTERVALS];
    int cells, open_cells, proved_cells;
    int depth;
    struct component *whole; /* of which a part is proved, where whole_leaf is whole_value; NULL: this is the whole */
    node whole_leaf, whole_value;
    bool used; /* an assumption ruled out a cell */
    long work;
} component;

/* --- leaves --- */

/* Variable number k of the compiler's own, a free real number. */
static node own_leaf(session *s, int k)
{
    char text[16];
    snprintf(text, sizeof text, "·u%d", k);
    sym key = intern_puts(s->m->names, text);
    int v = model_find_var(s->m, key);
    if (v < 0)
        v = model_add_var(s->m, &(model_var){.key = key, .role = ROLE_VARIABLE, .by = -1});
    return dag_entry(s->d, v, 0, NULL);
}

static node abstract(void *context, node n)
{
    component *x = context;
    if (smooth_is_known(x->s, n) && n)
        return dag_kind(x->s->d, n) == NODE_NUMBER ? n : dag_map_children(x->s->d, n, abstract, x);
    for (int i = 0; i < x->leaf_count; i++)
        if (x->of[i] == n)
            return x->leaf[i];
    if (x->full || x->leaf_count == CELLS_MOST_VARIABLES) {
        x->full = true;
        return n;
    }
    x->of[x->leaf_count] = n;
    x->leaf[x->leaf_count] = own_leaf(x->s, x->leaf_count);
    return x->leaf[x->leaf_count++];
}

static bool count_node(void *context, node n)
{
    (void)n;
    return ++*(int *)context <= MOST_NODES;
}

static bool is_small(session *s, node n)
{
    int count = 0;
    dag_visit(s->d, n, count_node, &count);
    return count <= MOST_NODES;
}

/* --- values at the point --- */

static node put_point(component *x, node n)
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
    bool good = ball_value(&e, put_point(x, n), out) && arb_is_finite(out);
    ball_evaluation_clear(&e);
    ball_point_clear(&p);
    return good;
}

static int sign_at(void *context, node n)
{
    arb_t v;
    arb_init(v);
    int sign = !value_at(context, n, v) ? 0 : arb_is_positive(v) ? 1 : arb_is_negative(v) ? -1 : 0;
    arb_clear(v);
    return sign;
}

static bool is_defined(component *x, node n)
{
    arb_t v;
    arb_init(v);
    bool good = value_at(x, n, v);
    arb_clear(v);
    return good;
}

/* --- zeros that cut --- */

static bool is_leaf(const component *x, node n)
{
    for (int i = 0; i < x->leaf_count; i++)
        if (x->leaf[i] == n)
            return true;
    return false;
}

static int small_power(const dag *d, node n)
{
    const mpq_t *e = dag_kind(d, n) == NODE_NUMBER ? dag_value(d, n) : NULL;
    return e && mpz_cmp_ui(mpq_denref(*e), 1) == 0 && mpz_sgn(mpq_numref(*e)) > 0 && mpz_cmp_ui(mpq_numref(*e), 12) <= 0 ? (int)mpz_get_si(mpq_numref(*e)) : 0;
}

static bool is_polynomial(const component *x, node n)
{
    dag *d = x->s->d;
    switch (dag_kind(d, n)) {
    case NODE_NUMBER: return mpz_cmp_ui(mpq_denref(*dag_value(d, n)), 1) == 0;
    case NODE_ENTRY: return is_leaf(x, n);
    case NODE_POW: return small_power(d, dag_child(d, n, 1)) && is_polynomial(x, dag_child(d, n, 0));
    case NODE_ADD:
    case NODE_MUL:
        for (int i = 0; i < dag_count(d, n); i++)
            if (!is_polynomial(x, dag_child(d, n, i)))
                return false;
        return true;
    default: return false;
    }
}

/* A function that is 0 where its argument is. */
static bool is_odd_increasing(op o)
{
    static const bool list[OP_COUNT] = {[OP_ATAN] = true,  [OP_ASIN] = true, [OP_SINH] = true, [OP_TANH] = true, [OP_ASINH] = true,
                                        [OP_ATANH] = true, [OP_ERF] = true,  [OP_ERFI] = true, [OP_CBRT] = true};
    return list[o];
}

typedef struct {
    component *x;
    node base;
    node pending[MOST_PENDING]; /* other expressions that have its zeros */
    bool same[MOST_PENDING];    /* and no others */
    int pending_count;
    bool exact;   /* base is 0 nowhere else than what is asked for */
    bool product; /* where a cut is 0, that is */
    int only;     /* ±1: the sign of base is that of a single expression, or the opposite one; else 0 */
    bool jump, weak, excluded, above;
} zeros;

static bool note_known(component *x, node p)
{
    for (int i = 0; i < x->known_count; i++)
        if (x->known[i] == p)
            return true;
    if (x->known_count == MOST_SIGNS)
        return false;
    x->known[x->known_count++] = p;
    return true;
}

static bool note_cut(zeros *z, node p)
{
    component *x = z->x;
    int i = 0;
    while (i < x->cut_count && x->cuts[i].p != p)
        i++;
    if (i == MOST_CUTS)
        return false;
    if (i == x->cut_count)
        x->cuts[x->cut_count++] = (cut){.p = p};
    x->cuts[i].jump = x->cuts[i].jump || z->jump;
    x->cuts[i].weak = x->cuts[i].weak || z->weak;
    if (z->above && z->only)
        x->cuts[i].sign = (signed char)z->only;
    x->cuts[i].excluded = x->cuts[i].excluded || (z->excluded && z->product);
    return true;
}

static bool add_pending(zeros *z, node n, bool same)
{
    if (!n || z->pending_count == MOST_PENDING)
        return false;
    z->same[z->pending_count] = same;
    z->pending[z->pending_count++] = n;
    return true;
}

static bool add_polynomial(normal *c, zeros *z, const fmpz_mpoly_struct *p)
{
    rational q;
    rational_init(c, &q);
    fmpz_mpoly_set(fmpz_mpoly_q_numref(&q), p, c->ring);
    bool good = fmpz_mpoly_is_fmpz(p, c->ring) || add_pending(z, normal_node(c, &q), false);
    rational_clear(c, &q);
    return good;
}

/* The newest atom of p that is a sign, −1: none. */
static slong sign_generator(const normal *c, const fmpz_mpoly_struct *p)
{
    for (slong g = c->plan->atoms - c->atom.count; g < c->plan->atoms; g++) {
        node n = fmpz_mpoly_degree_si(p, g, c->ring) > 0 ? normal_generator_node(c, g) : 0;
        if (n && dag_kind(c->d, n) == NODE_FUN && dag_payload(c->d, n) == OP_SIGN)
            return g;
    }
    return -1;
}

/* p with a sign in it: 0 where the sign changes, or with one of its values. */
static bool add_values(normal *c, zeros *z, const fmpz_mpoly_struct *p, slong g)
{
    fmpz_mpoly_t t;
    fmpz_t value;
    bool good = add_pending(z, dag_child(c->d, normal_generator_node(c, g), 0), false);
    fmpz_mpoly_init(t, c->ring);
    fmpz_init(value);
    for (int k = -1; k <= 1 && good; k += 2) {
        fmpz_set_si(value, k);
        good = fmpz_mpoly_evaluate_one_fmpz(t, p, g, value, c->ring) && add_polynomial(c, z, t);
    }
    fmpz_mpoly_clear(t, c->ring);
    fmpz_clear(value);
    return good;
}

/* Other expressions that are 0 wherever p is: w for √w, A² − B² w for A + B √w. */
static bool note_pending(normal *c, zeros *z, node p)
{
    dag *d = c->d;
    bool root = dag_kind(d, p) == NODE_POW && dag_kind(d, dag_child(d, p, 1)) == NODE_NUMBER && mpq_sgn(*dag_value(d, dag_child(d, p, 1))) > 0;
    if (root || (dag_kind(d, p) == NODE_FUN && (is_odd_increasing((op)dag_payload(d, p)) || dag_payload(d, p) == OP_ABS)))
        return add_pending(z, dag_child(d, p, 0), true);
    rational q, a, b, norm;
    rational_init(c, &q), rational_init(c, &a), rational_init(c, &b), rational_init(c, &norm);
    bool good = normal_form(c, p, &q);
    slong g = good ? sign_generator(c, fmpz_mpoly_q_numref(&q)) : -1;
    good = good && (g >= 0 ? add_values(c, z, fmpz_mpoly_q_numref(&q), g)
                           : normal_conjugate(c, fmpz_mpoly_q_numref(&q), &a, &b, &norm) && add_pending(z, normal_node(c, &norm), false));
    rational_clear(c, &q), rational_clear(c, &a), rational_clear(c, &b), rational_clear(c, &norm);
    return good;
}

/* ±1 for ± one atom, else 0. */
static int single_sign(normal *c, const fmpz_mpoly_struct *p)
{
    fmpz_t z;
    int sign = 0;
    if (fmpz_mpoly_length(p, c->ring) != 1 || fmpz_mpoly_total_degree_si(p, c->ring) != 1)
        return 0;
    fmpz_init(z);
    fmpz_mpoly_get_term_coeff_fmpz(z, p, 0, c->ring);
    sign = fmpz_is_pm1(z) ? (int)fmpz_get_si(z) : 0;
    fmpz_clear(z);
    return sign;
}

/* The sign of base is a polynomial in signs of irreducible polynomials: those are what cuts. */
static normal_state find_zeros(normal *c, void *context)
{
    zeros *z = context;
    rational q, sign;
    rational_init(c, &q), rational_init(c, &sign);
    z->pending_count = 0;
    bool good = normal_form(c, z->base, &q) && normal_sign_of(c, &q, &sign);
    if (good && (fmpz_mpoly_q_is_zero(&sign, c->ring) || !fmpz_mpoly_is_fmpz(fmpz_mpoly_q_denref(&sign), c->ring)))
        good = normal_fail(c, NORMAL_ZERO);
    z->only = good ? single_sign(c, fmpz_mpoly_q_numref(&sign)) : 0;
    z->product = z->exact && good && fmpz_mpoly_length(fmpz_mpoly_q_numref(&sign), c->ring) == 1;
    for (slong g = c->plan->atoms - c->atom.count; g < c->plan->atoms && good; g++) {
        if (fmpz_mpoly_degree_si(fmpz_mpoly_q_numref(&sign), g, c->ring) <= 0)
            continue;
        node atom = normal_generator_node(c, g), p = dag_kind(c->d, atom) == NODE_FUN && dag_payload(c->d, atom) == OP_SIGN ? dag_child(c->d, atom, 0) : 0;
        good = p && note_known(z->x, p) && (is_polynomial(z->x, p) ? note_cut(z, p) : note_pending(c, z, p));
        if (!good)
            normal_fail(c, NORMAL_BUDGET);
    }
    rational_clear(c, &q), rational_clear(c, &sign);
    return c->state;
}

static bool is_constant(const component *x, node n)
{
    return !dag_has_kind(x->s->d, n, NODE_ENTRY);
}

/* Cuts where the base of a need is 0. */
static bool add_zeros(component *x, const smooth_need *need)
{
    node todo[MOST_PENDING] = {need->base};
    bool same[MOST_PENDING] = {true}, strict = need->kind == NEED_ABOVE || need->kind == NEED_APART;
    int count = 1;
    for (int done = 0; done < count; done++) {
        normal_options o = {.full = true, .work_limit = SIGN_WORK};
        zeros z = {.x = x, .base = todo[done], .exact = same[done]};
        z.jump = need->kind == NEED_JUMP;
        z.weak = need->kind == NEED_AT_LEAST;
        z.excluded = strict && !need->conditional;
        z.above = need->kind == NEED_ABOVE && !need->conditional && done == 0;
        if (normal_run(x->s, &o, find_zeros, &z) != NORMAL_GOOD || count + z.pending_count > MOST_PENDING)
            return false;
        for (int i = 0; i < z.pending_count; i++) {
            same[count] = z.product && z.same[i];
            todo[count++] = z.pending[i];
        }
    }
    return true;
}

static bool add_all_zeros(component *x)
{
    for (int i = 0; i < x->needs.count; i++) {
        if (!is_constant(x, x->needs.list[i].base) && !add_zeros(x, &x->needs.list[i]))
            return false;
    }
    return true;
}

/* --- assumptions --- */

static bool give(component *x, node base, bool strict)
{
    if (x->needs.count == SMOOTH_MOST_NEEDS)
        return false;
    x->needs.list[x->needs.count++] = (smooth_need){.base = base, .kind = strict ? NEED_ABOVE : NEED_AT_LEAST, .given = true};
    return true;
}

static bool give_bound(component *x, node leaf, const fmpq *bound, bool upper, bool open)
{
    dag *d = x->s->d;
    mpq_t q;
    mpq_init(q);
    fmpq_get_mpq(q, bound);
    node number = dag_number(d, q);
    mpq_clear(q);
    return give(x, upper ? dag_sub(d, number, leaf) : dag_sub(d, leaf, number), open);
}

static bool give_bounds(component *x)
{
    session *s = x->s;
    bool good = true;
    for (int i = 0; i < x->leaf_count && good; i++) {
        int v = dag_kind(s->d, x->of[i]) == NODE_ENTRY ? dag_payload(s->d, x->of[i]) : -1;
        if (v < 0 || !session_is_fact(s, v))
            continue;
        const name_fact *f = &s->fact[v];
        good = (!f->has_lo || give_bound(x, x->leaf[i], &f->lo, false, f->lo_open)) && (!f->has_hi || give_bound(x, x->leaf[i], &f->hi, true, f->hi_open));
    }
    return good;
}

/* An inequality between the leaves; others are left out, which asks for more. */
static bool give_difference(component *x, node difference, bool strict)
{
    bool before = x->full;
    x->full = true;
    node base = abstract(x, difference);
    x->full = before;
    return !is_polynomial(x, base) || dag_kind(x->s->d, base) == NODE_NUMBER || give(x, base, strict);
}

/* What is given of the whole is given of a part of it. */
static bool give_whole(component *x)
{
    bool good = true;
    for (int i = 0; x->whole && i < x->whole->needs.count && good; i++) {
        const smooth_need *n = &x->whole->needs.list[i];
        if (n->given)
            good = give_difference(x, dag_substitute(x->s->d, n->base, 1, &x->whole_leaf, &x->whole_value, true), n->kind == NEED_ABOVE);
    }
    return good;
}

/* The assumptions that are inequalities. */
static bool give_conditions(component *x)
{
    session *s = x->s;
    dag *d = s->d;
    bool good = true;
    for (int i = 0; i < s->m->assumption_count && good; i++) {
        node n = s->m->assumption[i].condition;
        if (!n || s->m->assumption[i].index_count || dag_kind(d, n) != NODE_COMPARE ||
            (dag_payload(d, n) != COMPARE_LESS && dag_payload(d, n) != COMPARE_LESS_EQUAL))
            continue;
        node difference = dag_sub(d, dag_child(d, n, 1), dag_child(d, n, 0));
        good = give_difference(x, difference, dag_payload(d, n) == COMPARE_LESS);
    }
    return good;
}

static void mark_used(component *x)
{
    for (int i = 0; i < x->leaf_count && x->used; i++) {
        int v = dag_kind(x->s->d, x->of[i]) == NODE_ENTRY ? dag_payload(x->s->d, x->of[i]) : -1;
        if (v >= 0 && session_is_fact(x->s, v))
            x->s->fact[v].used = true;
    }
}

/* --- one cell --- */

/* Is there something that one of these needs and that is false all over the cell? */
static bool is_violated(component *x, const smooth_needs *needs, bool given)
{
    for (int i = 0; i < needs->count; i++) {
        const smooth_need *n = &needs->list[i];
        if (n->given == given && !n->conditional && (n->kind == NEED_ABOVE || n->kind == NEED_AT_LEAST) && sign_at(x, n->base) < 0)
            return true;
    }
    return false;
}

/* Is n defined and analytic around the point? */
static bool is_strict(component *x, node n)
{
    smooth_needs needs = {.count = 0};
    bool good = smooth_gather(x->s, n, &needs) && is_defined(x, n);
    for (int i = 0; i < needs.count && good; i++) {
        if (is_constant(x, needs.list[i].base))
            continue;
        good = needs.list[i].kind != NEED_JUMP && !needs.list[i].conditional && sign_at(x, needs.list[i].base) != 0;
    }
    return good;
}

/* Is the derivative by one leaf 0 around the point? Its sides must have values there. */
static bool is_flat(component *x, node left, node right, node leaf)
{
    session *s = x->s;
    ladder_answer a;
    ladder_question slope = {.known = x->known, .known_sign = x->sign, .known_count = x->known_count, .work_limit = x->work};
    slope.left = calculus_partial(s->m, left, leaf, (span){0});
    slope.right = calculus_partial(s->m, right, leaf, (span){0});
    if (!slope.left || !slope.right || !is_strict(x, slope.left) || !is_strict(x, slope.right))
        return false;
    struct trace *kept = s->trace;
    s->trace = NULL;
    ladder_prove(s, &slope, &a);
    s->trace = kept;
    x->work -= a.work < x->work ? a.work : x->work - 1;
    return a.proved && a.away_count == 0;
}

static bool is_exact(component *x, node left, node right)
{
    if (!is_defined(x, left) || !is_defined(x, right))
        return false;
    ladder_answer a;
    ladder_question at = {.left = put_point(x, left), .right = put_point(x, right), .work_limit = VALUE_WORK};
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
        x->sign[i] = (signed char)sign_at(x, x->known[i]);
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

static void note_difference(component *x);

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
            good = rational_value(x->s, put_point(w, x->whole_value), &point[i]);
    if (good)
        note_difference(w);
    for (int i = 0; i < w->leaf_count; i++)
        fmpq_clear(&point[i]);
}

/* The sides have values at the point: where these differ, the refuter is told. */
static void note_difference(component *x)
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

static cell_state decide_cell(component *x, const fmpq *point, const fmpq *low, const fmpq *high)
{
    session *s = x->s;
    smooth_needs needs = {.count = 0};
    if (is_violated(x, &x->needs, true)) {
        x->used = true;
        return CELL_EMPTY;
    }
    node left = smooth_settle(s, x->left, sign_at, x), right = smooth_settle(s, x->right, sign_at, x);
    if (!smooth_gather(s, left, &needs) || !smooth_gather(s, right, &needs))
        return CELL_OPEN;
    if (is_violated(x, &needs, false))
        return CELL_EMPTY;
    note_difference(x);
    if (!is_strict(x, left) || !is_strict(x, right)) /* then they are analytic all over the cell */
        return CELL_OPEN;
    set_signs(x);
    for (int i = 0; i < x->leaf_count; i++)
        if (!is_flat(x, left, right, x->leaf[i]))
            return CELL_OPEN;
    return has_exact_value(x, left, right, point, low, high) ? CELL_PROVED : CELL_OPEN;
}

static bool visit_cell(void *context, const fmpq *point, const fmpq *low, const fmpq *high)
{
    component *x = context;
    x->point = point;
    cell_state state = decide_cell(x, point, low, high);
    if (x->leaf_count == 1 && x->cells < MOST_INTERVALS)
        x->state[x->cells] = state;
    x->cells++;
    x->proved_cells += state == CELL_PROVED;
    x->open_cells += state == CELL_OPEN;
    return x->leaf_count == 1 || state != CELL_OPEN; /* on a line it may still be proved in part */
}

/* --- polynomials for the cells --- */

static void to_polynomial(const component *x, node n, const fmpz_mpoly_ctx_t ring, fmpz_mpoly_struct *out)
{
    dag *d = x->s->d;
    fmpz_mpoly_t t;
    fmpz_mpoly_init(t, ring);
    switch (dag_kind(d, n)) {
    case NODE_NUMBER: {
        fmpz_t z;
        fmpz_init(z);
        fmpz_set_mpz(z, mpq_numref(*dag_value(d, n)));
        fmpz_mpoly_set_fmpz(out, z, ring);
        fmpz_clear(z);
        break;
    }
    case NODE_POW:
        to_polynomial(x, dag_child(d, n, 0), ring, t);
        fmpz_mpoly_pow_ui(out, t, (ulong)small_power(d, dag_child(d, n, 1)), ring);
        break;
    case NODE_ADD:
    case NODE_MUL:
        fmpz_mpoly_set_si(out, dag_kind(d, n) == NODE_MUL, ring);
        for (int i = 0; i < dag_count(d, n); i++) {
            to_polynomial(x, dag_child(d, n, i), ring, t);
            if (dag_kind(d, n) == NODE_MUL)
                fmpz_mpoly_mul(out, out, t, ring);
            else
                fmpz_mpoly_add(out, out, t, ring);
        }
        break;
    default:
        for (int i = 0; i < x->leaf_count; i++)
            if (x->leaf[i] == n)
                fmpz_mpoly_gen(out, i, ring);
    }
    fmpz_mpoly_clear(t, ring);
}

/* --- the zeros themselves --- */

/* p = a·leaf + rest with a number a: the leaf where p is 0; 0: not of that form. */
static node solve_for(component *x, node p, node leaf)
{
    dag *d = x->s->d;
    node slope = calculus_partial(x->s->m, p, leaf, (span){0}), none = dag_int(d, 0);
    if (!slope || dag_kind(d, slope) != NODE_NUMBER || dag_is_int(d, slope, 0))
        return 0;
    node rest = dag_substitute(d, p, 1, &leaf, &none, false);
    return dag_neg(d, dag_div(d, rest, slope));
}

static void prove_within(session *s, const ladder_question *q, component *whole, node leaf, node value, ladder_answer *out);

/* The claim where p is 0, in the other leaves. */
static bool is_proved_on(component *x, node p)
{
    for (int i = 0; i < x->leaf_count; i++) {
        node value = solve_for(x, p, x->leaf[i]);
        node known[MOST_CUTS];
        signed char sign[MOST_CUTS];
        ladder_answer a = {0};
        ladder_question q = {.work_limit = x->work, .known = known, .known_sign = sign};
        if (!value)
            continue;
        for (int k = 0; k < x->cut_count; k++)
            if (x->cuts[k].sign && !dag_has_variable(x->s->d, x->cuts[k].p, dag_payload(x->s->d, x->leaf[i]))) {
                known[q.known_count] = x->cuts[k].p;
                sign[q.known_count++] = x->cuts[k].sign;
            }
        q.left = dag_substitute(x->s->d, x->left, 1, &x->leaf[i], &value, true);
        q.right = dag_substitute(x->s->d, x->right, 1, &x->leaf[i], &value, true);
        struct trace *kept = x->s->trace;
        x->s->trace = NULL;
        ladder_prove(x->s, &q, &a);
        if ((!a.proved || a.away_count) && x->depth < MOST_DEPTH)
            prove_within(x->s, &q, x, x->leaf[i], value, &a);
        x->s->trace = kept;
        return a.proved && !a.away_count;
    }
    return false;
}

/* In several variables: off the zeros of what jumps or must be >= 0 the domain is open, both sides are continuous and the cells lie dense. On these zeros the claim
 * is proved for itself. */
static bool borders_are_good(component *x)
{
    for (int i = 0; i < x->cut_count; i++)
        if ((x->cuts[i].jump || x->cuts[i].weak) && !x->cuts[i].excluded && !is_proved_on(x, x->cuts[i].p))
            return false;
    return true;
}

/* A zero on the line: is there nothing to prove, or are both sides equal? */
static bool is_proved_at(component *x, const fmpq *at)
{
    smooth_needs needs = {.count = 0};
    dag *d = x->s->d;
    x->point = at;
    if (is_violated(x, &x->needs, true))
        return x->used = true;
    note_difference(x);
    node left = dag_simplify(d, put_point(x, x->left)), right = dag_simplify(d, put_point(x, x->right));
    if (is_defined(x, left) && is_defined(x, right) && exact_constants(x->s, left, right))
        return true;
    if (!smooth_gather(x->s, x->left, &needs) || !smooth_gather(x->s, x->right, &needs))
        return false;
    for (int i = 0; i < needs.count; i++) {
        node base = dag_simplify(d, put_point(x, needs.list[i].base));
        bool strict = needs.list[i].kind == NEED_ABOVE || needs.list[i].kind == NEED_APART;
        if (strict && !needs.list[i].conditional && (dag_is_int(d, base, 0) || (is_defined(x, base) && exact_constants(x->s, base, dag_int(d, 0)))))
            return true; /* not defined here */
    }
    return is_violated(x, &needs, false);
}

/* Has an irreducible polynomial of higher degree zeros where something jumps? */
static bool jumps_elsewhere(const component *x, const fmpz_mpoly_struct *p, const fmpz_mpoly_ctx_t ring)
{
    for (int i = 0; i < x->cut_count; i++)
        if (x->cuts[i].jump && !x->cuts[i].excluded && fmpz_mpoly_degree_si(&p[i], 0, ring) > 1)
            return true;
    return false;
}

static bool jumps_at(component *x, const fmpq *at)
{
    bool jumps = false;
    x->point = at;
    for (int i = 0; i < x->cut_count; i++)
        jumps = jumps || (x->cuts[i].jump && sign_at(x, x->cuts[i].p) == 0);
    return jumps;
}

static bool zeros_are_proved(component *x, const fmpz_mpoly_struct *p, const fmpz_mpoly_ctx_t ring)
{
    fmpq value[MOST_CUTS];
    int place[MOST_CUTS], exact = 0;
    for (int i = 0; i < MOST_CUTS; i++)
        fmpq_init(&value[i]);
    int count = cells_zeros(p, x->cut_count, ring, value, place, &exact);
    bool good = count >= 0 && count + 1 == x->cells && x->cells <= MOST_INTERVALS;
    for (int k = 0; k < count && good; k++) { /* those of x->state[k] and x->state[k + 1] are its sides */
        int r = 0;
        while (r < exact && place[r] != k)
            r++;
        bool beside = x->state[k] == CELL_PROVED || x->state[k + 1] == CELL_PROVED;
        bool jumps = r < exact ? jumps_at(x, &value[r]) : jumps_elsewhere(x, p, ring);
        good = (beside && !jumps) || (r < exact && is_proved_at(x, &value[r]));
    }
    for (int i = 0; i < MOST_CUTS; i++)
        fmpq_clear(&value[i]);
    return good;
}

/* --- where it was proved --- */

static void print_bound(component *x, buffer *b, const fmpq *v)
{
    mpq_t q;
    mpq_init(q);
    fmpq_get_mpq(q, v);
    model_print_index(x->s->m, b, dag_number(x->s->d, q));
    mpq_clear(q);
}

/* "x > 0", "-1 < x < 1", the proved intervals of a line; nothing where an end is not rational. */
static const char *where_proved(component *x, const fmpz_mpoly_struct *p, const fmpz_mpoly_ctx_t ring)
{
    fmpq value[MOST_CUTS];
    int place[MOST_CUTS], exact = 0, at[MOST_INTERVALS + 1];
    buffer b = {0};
    for (int i = 0; i < MOST_CUTS; i++)
        fmpq_init(&value[i]);
    int count = cells_zeros(p, x->cut_count, ring, value, place, &exact);
    bool good = count == exact && count + 1 == x->cells && x->cells <= MOST_INTERVALS;
    for (int r = 0; r < exact; r++)
        at[place[r]] = r;
    for (int k = 0; k <= count && good; k++) {
        if (x->state[k] != CELL_PROVED)
            continue;
        buffer_puts(&b, b.length ? " or " : "proved where ");
        if (k > 0 && k < count) {
            print_bound(x, &b, &value[at[k - 1]]);
            buffer_puts(&b, " < ");
        }
        model_print_index(x->s->m, &b, x->of[0]);
        if (k < count || k > 0)
            buffer_puts(&b, k < count ? " < " : " > ");
        if (k < count || k > 0)
            print_bound(x, &b, &value[at[k < count ? k : k - 1]]);
    }
    for (int i = 0; i < MOST_CUTS; i++)
        fmpq_clear(&value[i]);
    const char *text = b.length ? arena_printf(x->s->m->memory, "%s", b.text) : NULL;
    buffer_free(&b);
    return text;
}

/* --- the rung --- */

static void decide_cells(component *x, ladder_answer *out)
{
    fmpz_mpoly_ctx_t ring;
    fmpz_mpoly_struct p[MOST_CUTS];
    fmpz_mpoly_ctx_init(ring, x->leaf_count, ORD_LEX);
    for (int i = 0; i < x->cut_count; i++) {
        fmpz_mpoly_init(&p[i], ring);
        to_polynomial(x, x->cuts[i].p, ring, &p[i]);
    }
    bool walked = cells_walk(p, BROKEN("no cuts") ? 0 : x->cut_count, ring, visit_cell, x);
    bool cells_good = walked && x->proved_cells > 0 && (x->open_cells == 0 || BROKEN("one component"));
    if (cells_good && (BROKEN("no borders") || (x->leaf_count > 1 ? borders_are_good(x) : zeros_are_proved(x, p, ring))))
        *out = (ladder_answer){.proved = true, .method = "derivative"};
    else if (walked && x->leaf_count == 1 && x->proved_cells > 0)
        out->partial = where_proved(x, p, ring);
    for (int i = 0; i < x->cut_count; i++)
        fmpz_mpoly_clear(&p[i], ring);
    fmpz_mpoly_ctx_clear(ring);
    trace_note(x->s->trace, "derivative", "%d of %d components, cut by %d polynomials in %d numbers, %s", x->proved_cells, x->cells, x->cut_count,
               x->leaf_count, out->proved ? "proved" : "not proved");
}

static void prove_sides(component *x, ladder_answer *out)
{
    x->left = abstract(x, x->left);
    x->right = abstract(x, x->right);
    if (x->full || x->leaf_count == 0 || !is_small(x->s, x->left) || !is_small(x->s, x->right))
        return;
    graph_rank(x->s); /* there may be new names */
    if (smooth_gather(x->s, x->left, &x->needs) && smooth_gather(x->s, x->right, &x->needs) && give_bounds(x) && give_conditions(x) && give_whole(x) &&
        add_all_zeros(x))
        decide_cells(x, out);
    if (out->proved)
        mark_used(x);
}

typedef struct {
    session *s;
    node found;
} defined_search;

static bool find_defined(void *context, node n)
{
    defined_search *x = context;
    const int *equations;
    if (dag_kind(x->s->d, n) != NODE_ENTRY || x->found || dag_has_kind(x->s->d, n, NODE_BOUND))
        return !x->found;
    int v = dag_payload(x->s->d, n);
    if (!x->s->recurrent[v] && model_equations_of(x->s->m, v, &equations) > 0)
        x->found = n;
    return !x->found;
}

/* Names with equations are read through, outside of sums; *some says whether there were any. */
static node read_through(session *s, node n, bool *some)
{
    for (int i = 0; i < MOST_UNFOLDED && is_small(s, n); i++) {
        node at[MODEL_MAX_AXES];
        defined_search x = {.s = s};
        dag_visit(s->d, n, find_defined, &x);
        if (!x.found)
            break;
        for (int k = 0; k < dag_count(s->d, x.found); k++)
            at[k] = dag_child(s->d, x.found, k);
        node value = model_unfold(s->m, dag_payload(s->d, x.found), at, true);
        if (!value)
            break;
        n = dag_substitute(s->d, n, 1, &x.found, &value, true);
        *some = true;
    }
    return n;
}

static void prove_within(session *s, const ladder_question *q, component *whole, node leaf, node value, ladder_answer *out)
{
    bool some = false;
    component *x = xcalloc(1, sizeof *x);
    node left = read_through(s, q->left, &some), right = read_through(s, q->right, &some);
    for (int through = 0; through <= some && !out->proved; through++) {
        *x = (component){.s = s, .left = through ? left : q->left, .right = through ? right : q->right};
        x->whole = whole;
        x->whole_leaf = leaf;
        x->whole_value = value;
        x->depth = whole ? whole->depth + 1 : 0;
        x->work = q->work_limit ? q->work_limit : DEFAULT_WORK;
        prove_sides(x, out);
    }
    free(x);
}

void component_prove(session *s, const ladder_question *q, ladder_answer *out)
{
    prove_within(s, q, NULL, 0, 0, out);
}
