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
#include "gen/prove/component_private.h"
#include "gen/prove/exact.h"
#include "gen/prove/graph.h"
#include "gen/prove/trace.h"

#define MOST_NODES    300
#define MOST_UNFOLDED 40 /* rounds */
#define MOST_STEPS    200000 /* claims that are decided take up to 20,000 */
#define MOST_DEPTH    2 /* zeros on zeros */

bool component_is_spent(component *x)
{
    return x->spent = x->spent || budget_spent(&x->allowance);
}

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

node component_abstract(void *context, node n)
{
    component *x = context;
    if (smooth_is_known(x->s, n) && n)
        return dag_kind(x->s->d, n) == NODE_NUMBER ? n : dag_map_children(x->s->d, n, component_abstract, x);
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
/* --- polynomials --- */

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

bool component_is_polynomial(const component *x, node n)
{
    dag *d = x->s->d;
    switch (dag_kind(d, n)) {
    case NODE_NUMBER: return mpz_cmp_ui(mpq_denref(*dag_value(d, n)), 1) == 0;
    case NODE_ENTRY: return is_leaf(x, n);
    case NODE_POW: return small_power(d, dag_child(d, n, 1)) && component_is_polynomial(x, dag_child(d, n, 0));
    case NODE_ADD:
    case NODE_MUL:
        for (int i = 0; i < dag_count(d, n); i++)
            if (!component_is_polynomial(x, dag_child(d, n, i)))
                return false;
        return true;
    default: return false;
    }
}

void component_to_polynomial(const component *x, node n, const fmpz_mpoly_ctx_t ring, fmpz_mpoly_struct *out)
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
        component_to_polynomial(x, dag_child(d, n, 0), ring, t);
        fmpz_mpoly_pow_ui(out, t, (ulong)small_power(d, dag_child(d, n, 1)), ring);
        break;
    case NODE_ADD:
    case NODE_MUL:
        fmpz_mpoly_set_si(out, dag_kind(d, n) == NODE_MUL, ring);
        for (int i = 0; i < dag_count(d, n); i++) {
            component_to_polynomial(x, dag_child(d, n, i), ring, t);
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
/* --- cells --- */

static bool visit_cell(void *context, const fmpq *point, const fmpq *low, const fmpq *high)
{
    component *x = context;
    x->point = point;
    cell_state state = component_decide_cell(x, point, low, high);
    if (x->leaf_count == 1 && x->cells < COMPONENT_MOST_INTERVALS)
        x->state[x->cells] = state;
    x->cells++;
    x->proved_cells += state == CELL_PROVED;
    x->open_cells += state == CELL_OPEN;
    return x->leaf_count == 1 || state != CELL_OPEN; /* on a line it may still be proved in part */
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
    for (int i = 0; i < x->leaf_count && !component_is_spent(x); i++) {
        node value = solve_for(x, p, x->leaf[i]);
        node known[COMPONENT_MOST_CUTS];
        signed char sign[COMPONENT_MOST_CUTS];
        ladder_answer a = {0};
        ladder_question q = {.work_limit = COMPONENT_WORK, .known = known, .known_sign = sign};
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
    if (component_is_spent(x))
        return false;
    x->point = at;
    if (component_is_violated(x, &x->needs, true))
        return x->used = true;
    component_note_difference(x);
    node left = dag_simplify(d, component_put_point(x, x->left)), right = dag_simplify(d, component_put_point(x, x->right));
    if (component_is_defined(x, left) && component_is_defined(x, right) && exact_constants(x->s, left, right))
        return true;
    if (!smooth_gather(x->s, x->left, &needs) || !smooth_gather(x->s, x->right, &needs))
        return false;
    for (int i = 0; i < needs.count; i++) {
        node base = dag_simplify(d, component_put_point(x, needs.list[i].base));
        bool strict = needs.list[i].kind == NEED_ABOVE || needs.list[i].kind == NEED_APART;
        if (strict && !needs.list[i].conditional && (dag_is_int(d, base, 0) || (component_is_defined(x, base) && exact_constants(x->s, base, dag_int(d, 0)))))
            return true; /* not defined here */
    }
    return component_is_violated(x, &needs, false);
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
        jumps = jumps || (x->cuts[i].jump && component_sign(x, x->cuts[i].p) == 0);
    return jumps;
}

/* Is something that a side needs, or that is assumed, false around a number that is not told exactly? */
static bool is_violated_near(component *x, const fmpq *at)
{
    session *s = x->s;
    node kept_of = s->hint_of[0];
    int kept_count = s->hint_count;
    fmpq_t kept;
    fmpq_init(kept);
    fmpq_set(kept, &s->hint[0]);
    s->hint_of[0] = x->leaf[0];
    s->hint_count = 1;
    fmpq_set(&s->hint[0], at);
    bool violated = false;
    for (int i = 0; i < x->needs.count && !violated; i++) {
        const smooth_need *n = &x->needs.list[i];
        violated = !n->conditional && (n->kind == NEED_ABOVE || n->kind == NEED_AT_LEAST) && component_is_negative_around(x, n->base);
    }
    s->hint_of[0] = kept_of;
    s->hint_count = kept_count;
    fmpq_set(&s->hint[0], kept);
    fmpq_clear(kept);
    return violated;
}

static bool is_zero_proved(component *x, int k, const fmpq *at, bool exact, bool jumps)
{
    bool beside = x->state[k] == CELL_PROVED || x->state[k + 1] == CELL_PROVED;
    return (beside && !jumps) || (exact ? is_proved_at(x, at) : is_violated_near(x, at));
}

static bool zeros_are_proved(component *x, const fmpz_mpoly_struct *p, const fmpz_mpoly_ctx_t ring)
{
    fmpq zero[CELLS_MOST_ZEROS];
    bool exact[CELLS_MOST_ZEROS];
    for (int k = 0; k < CELLS_MOST_ZEROS; k++)
        fmpq_init(&zero[k]);
    int count = cells_zeros(p, x->cut_count, ring, zero, exact);
    bool good = count >= 0 && count + 1 == x->cells && x->cells <= COMPONENT_MOST_INTERVALS;
    for (int k = 0; k < count && good; k++)
        good = is_zero_proved(x, k, &zero[k], exact[k], exact[k] ? jumps_at(x, &zero[k]) : jumps_elsewhere(x, p, ring));
    for (int k = 0; k < CELLS_MOST_ZEROS; k++)
        fmpq_clear(&zero[k]);
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
    fmpq zero[CELLS_MOST_ZEROS];
    bool exact[CELLS_MOST_ZEROS];
    buffer b = {0};
    for (int i = 0; i < CELLS_MOST_ZEROS; i++)
        fmpq_init(&zero[i]);
    int count = cells_zeros(p, x->cut_count, ring, zero, exact);
    bool good = count >= 0 && count + 1 == x->cells && x->cells <= COMPONENT_MOST_INTERVALS;
    for (int k = 0; k < count; k++)
        good = good && exact[k];
    for (int k = 0; k <= count && good; k++) {
        if (x->state[k] != CELL_PROVED)
            continue;
        buffer_puts(&b, b.length ? " or " : "proved where ");
        if (k > 0 && k < count) {
            print_bound(x, &b, &zero[k - 1]);
            buffer_puts(&b, " < ");
        }
        model_print_index(x->s->m, &b, x->of[0]);
        if (k < count || k > 0) {
            buffer_puts(&b, k < count ? " < " : " > ");
            print_bound(x, &b, &zero[k < count ? k : k - 1]);
        }
    }
    for (int i = 0; i < CELLS_MOST_ZEROS; i++)
        fmpq_clear(&zero[i]);
    const char *text = b.length ? arena_printf(x->s->m->memory, "%s", b.text) : NULL;
    buffer_free(&b);
    return text;
}

/* --- the rung --- */

static void decide_cells(component *x, ladder_answer *out)
{
    fmpz_mpoly_ctx_t ring;
    fmpz_mpoly_struct p[COMPONENT_MOST_CUTS];
    fmpz_mpoly_ctx_init(ring, x->leaf_count, ORD_LEX);
    for (int i = 0; i < x->cut_count; i++) {
        fmpz_mpoly_init(&p[i], ring);
        component_to_polynomial(x, x->cuts[i].p, ring, &p[i]);
    }
    cells_walked how = cells_walk(p, BROKEN("no cuts") ? 0 : x->cut_count, ring, &x->allowance, visit_cell, x);
    bool walked = how == CELLS_VISITED;
    x->spent = x->spent || how == CELLS_TOO_MANY;
    bool ends_good =
        !walked || BROKEN("no borders") || (x->leaf_count > 1 ? borders_are_good(x) : zeros_are_proved(x, p, ring)); /* also tells where they are not */
    bool cells_good = walked && x->proved_cells > 0 && (x->open_cells == 0 || BROKEN("one component"));
    if (cells_good && ends_good)
        *out = (ladder_answer){.proved = true, .method = "derivative"};
    else if (walked && x->leaf_count == 1 && x->proved_cells > 0)
        out->partial = where_proved(x, p, ring);
    for (int i = 0; i < x->cut_count; i++)
        fmpz_mpoly_clear(&p[i], ring);
    fmpz_mpoly_ctx_clear(ring);
    trace_note(x->s->trace, "derivative", "%d of %d components, cut by %d polynomials in %d numbers, %s", x->proved_cells, x->cells, x->cut_count,
               x->leaf_count,
               out->proved             ? "proved"
               : component_is_spent(x) ? "out of budget"
                                       : "not proved");
}

static void prove_sides(component *x, ladder_answer *out)
{
    x->left = component_abstract(x, x->left);
    x->right = component_abstract(x, x->right);
    if (x->full || x->leaf_count == 0 || !is_small(x->s, x->left) || !is_small(x->s, x->right))
        return;
    graph_rank(x->s); /* there may be new names */
    if (smooth_gather(x->s, x->left, &x->needs) && smooth_gather(x->s, x->right, &x->needs) && component_give_assumptions(x) && component_find_cuts(x))
        decide_cells(x, out);
    if (out->proved)
        component_mark_used(x);
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
        x->allowance = whole ? whole->allowance : q->allowance ? *q->allowance : budget_of(s->d, MOST_STEPS);
        prove_sides(x, out);
        out->spent |= x->spent && !out->proved ? RUNG_COMPONENTS : 0;
    }
    free(x);
}

void component_prove(session *s, const ladder_question *q, ladder_answer *out)
{
    s->rung = RUNG_COMPONENTS;
    prove_within(s, q, NULL, 0, 0, out);
}
