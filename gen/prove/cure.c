#include "gen/prove/cure.h"

#include <string.h>

#include "gen/model/print.h"
#include "gen/prove/domain.h"
#include "gen/prove/graph.h"
#include "gen/prove/proof.h"
#include "gen/prove/sides.h"

#define MOST_TEXT  160    /* a longer expression explains nothing */
#define PROOF_WORK  100000 /* terms and nodes of one attempt at a proof */
#define PROOF_STEPS 30000  /* of one proof */
#define FEW_POINTS  2      /* that nearly every wrong candidate differs at */
#define ALL_POINTS  8

static bool is_proved(patient *p, const prove_sides *sides)
{
    budget one = budget_of(p->s->d, PROOF_STEPS), *allowance = budget_left(&p->left) < PROOF_STEPS ? &p->left : &one;
    ladder_question q = {.left = sides->left, .right = sides->right, .derivative = sides->derivative, .work_limit = PROOF_WORK, .allowance = allowance};
    ladder_answer a;
    return proof_find(p->s, sides, &q, true, &a);
}

bool cure_holds(patient *p, const prove_sides *sides)
{
    return !sides->at_kink && refute_agrees(p->s, sides, FEW_POINTS, &p->left) && refute_agrees(p->s, sides, ALL_POINTS, &p->left) && is_proved(p, sides) &&
           (!domain_is_told(p->s, sides) || refute_has_interior(p->s, sides));
}

/* --- texts --- */

/* Σ from −1 on as the sum from 0 on that people write: the normal form begins where a subscript does. */
static node from_zero(void *context, node n)
{
    dag *d = context;
    int index;
    if (!dag_has_kind(d, n, NODE_REDUCE))
        return n;
    node lo = dag_kind(d, n) == NODE_REDUCE ? dag_child(d, n, 0) : 0;
    if (!lo || dag_payload(d, n) != REDUCE_SUM || dag_kind(d, lo) != NODE_NUMBER || mpq_sgn(*dag_value(d, lo)) >= 0)
        return dag_map_children(d, n, from_zero, d);
    node hi = dag_sub(d, dag_child(d, n, 1), lo), body = dag_open(d, n, &index), zero = dag_int(d, 0);
    int moved = dag_index_fresh(d, dag_index_get(d, index)->name, zero, hi);
    node from = dag_index_node(d, index), to = dag_add2(d, dag_index_node(d, moved), lo);
    return dag_reduce(d, REDUCE_SUM, moved, zero, hi, 0, from_zero(d, dag_substitute(d, body, 1, &from, &to, false)));
}

/* Indices that the claim writes stay; the axes of its arrays are left out where there is a matrix form. */
const char *cure_text(patient *p, node n)
{
    buffer b = {0};
    n = from_zero(p->s->d, n);
    model_print(p->s->m, &b, n, p->c->index_count - p->c->free_count, p->c->index + p->c->free_count);
    const char *text = b.length && b.length <= MOST_TEXT ? arena_printf(p->s->m->memory, "%s", b.text) : NULL;
    buffer_free(&b);
    return text;
}

/* n as the right side of the claim: with its free indices, without the axes of its arrays. NULL if it has no such form. */
static const char *side_text(patient *p, node n)
{
    const model *m = p->s->m;
    const model_claim *c = p->c;
    int count = c->index_count - c->free_count, axes = 0;
    const int *axis = c->index + c->free_count;
    for (int i = 0; i < count; i++)
        axes += !dag_index_get(p->s->d, axis[i])->sample;
    n = from_zero(p->s->d, n);
    if (model_print_rank(m, n, count, axis) < axes)
        return NULL;
    buffer b = {0};
    model_print(m, &b, n, count, axis);
    const char *text = b.length && b.length <= MOST_TEXT ? arena_printf(m->memory, "%s", b.text) : NULL;
    buffer_free(&b);
    return text;
}

const char *cure_about(patient *p, const char *format, node n)
{
    const char *text = cure_text(p, dag_simplify(p->s->d, n));
    buffer b = {0};
    if (!text) { /* what is missing in one entry has no matrix form */
        model_print_index(p->s->m, &b, from_zero(p->s->d, dag_simplify(p->s->d, n)));
        text = arena_printf(p->s->m->memory, "%s", b.text);
        buffer_free(&b);
    }
    const char *hole = strchr(format, '%');
    buffer_add(&b, format, (size_t)(hole - format));
    buffer_puts(&b, text);
    buffer_puts(&b, hole + 1);
    const char *whole = arena_printf(p->s->m->memory, "%s", b.text);
    buffer_free(&b);
    return whole;
}

/* Are the texts the same but for spaces? f (x), of which a prime was taken, is f(x). */
static bool is_same_text(const char *a, const char *b)
{
    for (;; a++, b++) {
        a += strspn(a, " ");
        b += strspn(b, " ");
        if (*a != *b || !*a)
            return *a == *b;
    }
}

/* "left = right" from trees, `text` in place of a right tree that is NULL; NULL if both sides are the same: that says nothing. */
static const char *equation_text(patient *p, const syn *left, const syn *right, const char *text)
{
    buffer a = {0}, b = {0};
    syn_print(&a, left, p->s->m->names, 1);
    if (right)
        syn_print(&b, right, p->s->m->names, 1);
    else
        buffer_puts(&b, text);
    const char *whole = is_same_text(a.text, b.text) ? NULL : arena_printf(p->s->m->memory, "%s = %s", a.text, b.text);
    buffer_free(&a);
    buffer_free(&b);
    return whole;
}

/* --- candidates --- */

static bool cured(patient *p, const char *suggestion, const char *diagnosis)
{
    if (!suggestion)
        return false;
    p->out->suggestion = suggestion;
    p->out->diagnosis = diagnosis;
    return true;
}

bool cure_right(patient *p, node right, const char *diagnosis)
{
    dag *d = p->s->d;
    prove_sides sides = *p->sides;
    if (!right || !diagnosis)
        return false;
    right = dag_simplify(d, right);
    if (right == dag_simplify(d, p->c->written_left ? p->c->written_left : sides.left))
        return false;
    sides.right = right;
    if (!cure_holds(p, &sides))
        return false;
    const char *text = p->c->left_syntax ? side_text(p, right) : cure_text(p, right);
    return cured(p, text && p->c->left_syntax ? equation_text(p, p->c->left_syntax, NULL, text) : text, diagnosis);
}

/* Is the edited side 0 as it stands, and was it not before? */
static bool is_zero(patient *p, node edited, node before)
{
    dag *d = p->s->d;
    return dag_is_int(d, dag_simplify(d, edited), 0) && before && !dag_is_int(d, dag_simplify(d, before), 0);
}

typedef struct {
    dag *d;
    bool found;
} senseless_search;

/* Division by a condition, which says nothing where that is false, and x − x. */
static bool find_senseless(void *context, node n)
{
    senseless_search *x = context;
    dag *d = x->d;
    x->found = x->found || (dag_kind(d, n) == NODE_POW && dag_kind(d, dag_child(d, n, 0)) == NODE_COMPARE);
    for (int i = 0; dag_kind(d, n) == NODE_ADD && dag_count(d, n) == 2 && i < 2 && !x->found; i++) {
        node minus = dag_child(d, n, i);
        x->found = dag_kind(d, minus) == NODE_MUL && dag_count(d, minus) == 2 && dag_is_int(d, dag_child(d, minus, 0), -1) &&
                   dag_child(d, minus, 1) == dag_child(d, n, 1 - i);
    }
    return !x->found;
}

static bool is_senseless(patient *p, const model_claim *c)
{
    senseless_search x = {.d = p->s->d};
    dag_visit(p->s->d, c->written_left, find_senseless, &x);
    dag_visit(p->s->d, c->written_right, find_senseless, &x);
    return x.found;
}

bool cure_edited(void *context, const model_claim *e, const char *diagnosis)
{
    patient *p = context;
    prove_sides x;
    if (is_zero(p, e->written_left, p->c->written_left) || is_zero(p, e->written_right, p->c->written_right) || is_zero(p, e->left, p->c->left))
        return false; /* x − x = 0 says nothing */
    if (is_senseless(p, e) && !is_senseless(p, p->c))
        return false;
    if (p->s->rank_count != p->s->m->var_count)
        graph_rank(p->s);
    sides_of_claim(p->s, e, &x);
    if (!cure_holds(p, &x) || sides_vacuous(p->s, e))
        return false;
    return cured(p, equation_text(p, e->left_syntax, e->right_syntax, NULL), diagnosis);
}
