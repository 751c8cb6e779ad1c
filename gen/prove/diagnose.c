#include "gen/prove/diagnose.h"

#include <string.h>

#include "gen/dag/ops.h"
#include "gen/prove/assume.h"
#include "gen/prove/edit.h"
#include "gen/prove/fact.h"
#include "gen/prove/form.h"
#include "gen/prove/missing.h"
#include "gen/prove/reread.h"
#include "gen/prove/sides.h"

#define DIAGNOSIS_STEPS 600000 /* of those that find something 99 in 100 take up to 110,000, the longest 350,000 */
#define MOST_TERMS      3      /* of a factor that a person would name */

static bool is_negative_term(dag *d, node n)
{
    if (dag_kind(d, n) == NODE_NUMBER)
        return mpq_sgn(*dag_value(d, n)) < 0;
    return dag_kind(d, n) == NODE_MUL && dag_kind(d, dag_child(d, n, 0)) == NODE_NUMBER && mpq_sgn(*dag_value(d, dag_child(d, n, 0))) < 0;
}

/* The right side as it was written with `part` behind it; where that cannot be read, the right side anew. */
static bool suggest_with(patient *p, bool term, node part, node right, const char *diagnosis)
{
    dag *d = p->s->d;
    const char *text = cure_text(p, dag_simplify(d, part));
    if (dag_simplify(d, right) == dag_simplify(d, p->sides->left)) /* left = left says nothing */
        return false;
    return (text && diagnosis && edit_append(p->s->m, p->c, term, text, cure_edited, p, diagnosis)) || cure_right(p, right, diagnosis);
}

static bool suggest_constant(patient *p, const form *x)
{
    dag *d = p->s->d;
    if (!x->constant)
        return false;
    node right = dag_mul2(d, x->constant, p->sides->right);
    if (dag_is_int(d, x->constant, -1))
        return cure_right(p, right, "the sign is wrong");
    return cure_right(p, right, cure_about(p, "the factor % is missing", x->constant));
}

/* n without its numerical coefficient. */
static node without_number(dag *d, node n)
{
    if (dag_kind(d, n) == NODE_NUMBER)
        return dag_int(d, 1);
    bool has = dag_kind(d, n) == NODE_MUL && dag_kind(d, dag_child(d, n, 0)) == NODE_NUMBER;
    return has ? dag_div(d, n, dag_child(d, n, 0)) : n;
}

/* Has the side a term that is this one but for a number? Then that number is wrong. */
static bool has_like_term(patient *p, node term)
{
    dag *d = p->s->d;
    node right = dag_simplify(d, p->sides->right), like = without_number(d, dag_simplify(d, term));
    bool sum = dag_kind(d, right) == NODE_ADD, found = false;
    for (int i = 0; i < (sum ? dag_count(d, right) : 1) && !found; i++)
        found = without_number(d, sum ? dag_child(d, right, i) : right) == like;
    return found;
}

/* Has it this term? */
static bool has_term(patient *p, node term)
{
    dag *d = p->s->d;
    node right = dag_simplify(d, p->sides->right);
    term = dag_simplify(d, term);
    bool found = right == term;
    for (int i = 0; dag_kind(d, right) == NODE_ADD && i < dag_count(d, right) && !found; i++)
        found = dag_child(d, right, i) == term;
    return found;
}

static bool suggest_term(patient *p, const form *x)
{
    dag *d = p->s->d;
    if (!x->difference || dag_is_int(d, dag_simplify(d, p->sides->right), 0))
        return false;
    node right = dag_add2(d, p->sides->right, x->difference), minus = dag_neg(d, x->difference);
    if (is_negative_term(d, x->difference) && has_term(p, minus))
        return cure_right(p, right, cure_about(p, "the term % is too much", minus));
    return suggest_with(p, true, x->difference, right, cure_about(p, "missing term %", x->difference));
}

static int count_terms(dag *d, node n)
{
    int most = n && dag_kind(d, n) == NODE_ADD ? dag_count(d, n) : 0;
    for (int i = 0; n && dag_kind(d, n) == NODE_MUL && i < dag_count(d, n); i++)
        if (dag_kind(d, dag_child(d, n, i)) == NODE_ADD && dag_count(d, dag_child(d, n, i)) > most)
            most = dag_count(d, dag_child(d, n, i));
    return most;
}

/* What a person would call a term or a factor: names, numbers and abstract functions. */
static bool is_simple(session *s, node n)
{
    return !n || (!dag_has_kind(s->d, n, NODE_FUN) && !dag_has_kind(s->d, n, NODE_REDUCE) && count_terms(s->d, n) <= MOST_TERMS);
}

/* --- factors --- */

typedef struct {
    dag *d;
    bool found;
} sign_search;

static bool find_sign(void *context, node n)
{
    sign_search *x = context;
    x->found = x->found || (dag_kind(x->d, n) == NODE_FUN && dag_payload(x->d, n) == OP_SIGN);
    return !x->found;
}

/* Conditions became signs on the way; nobody writes them so. */
static bool has_sign(session *s, node n)
{
    sign_search x = {s->d, false};
    dag_visit(s->d, n, find_sign, &x);
    return x.found;
}

/* Is each factor of n one of the right side, which is a product and has others? */
static bool is_there(patient *p, node n)
{
    dag *d = p->s->d;
    node rest = dag_simplify(d, dag_div(d, dag_simplify(d, p->sides->right), n));
    int before = dag_kind(d, p->sides->right) == NODE_MUL ? dag_count(d, p->sides->right) : 1, after = dag_kind(d, rest) == NODE_MUL ? dag_count(d, rest) : 1;
    return after < before && dag_kind(d, rest) != NODE_NUMBER &&
           !(dag_kind(d, n) == NODE_NUMBER && dag_kind(d, rest) == NODE_MUL && dag_kind(d, dag_child(d, rest, 0)) == NODE_NUMBER &&
             mpz_cmp_ui(mpq_denref(*dag_value(d, dag_child(d, rest, 0))), 1) != 0);
}

/* left/right is above/below. */
static bool suggest_factor(patient *p, const form *x)
{
    dag *d = p->s->d;
    if (!x->above || has_sign(p->s, x->above))
        return false;
    node left = dag_simplify(d, p->sides->left), ratio = dag_simplify(d, dag_div(d, x->above, x->below)), right = dag_mul2(d, p->sides->right, ratio);
    if (ratio == left || dag_simplify(d, right) == left) /* left = left says nothing */
        return false;
    bool whole = dag_is_int(d, x->below, 1), nothing = dag_is_int(d, x->above, 1) || dag_is_int(d, x->above, -1);
    if (whole)
        return suggest_with(p, false, ratio, right, cure_about(p, "the factor % is missing", ratio));
    bool there = is_there(p, x->below);
    if (!there && dag_kind(d, x->below) != NODE_NUMBER && dag_kind(d, dag_simplify(d, dag_div(d, dag_simplify(d, p->sides->right), x->below))) == NODE_NUMBER)
        return false; /* it would be another right side altogether */
    if (!there && !nothing && dag_kind(d, x->above) != NODE_NUMBER && dag_kind(d, x->below) != NODE_NUMBER)
        return false; /* nothing of the right side would be left */
    if (!there)
        return cure_right(p, right, cure_about(p, "the factor % is missing", ratio));
    if (nothing)
        return cure_right(p, right, cure_about(p, "the factor % is too much", dag_simplify(d, dag_div(d, x->below, x->above))));
    const char *format = cure_about(p, "the factor % in place of @", x->above);
    char *hole = format ? strchr(format, '@') : NULL;
    if (hole)
        *hole = '%';
    return cure_right(p, right, format ? cure_about(p, format, x->below) : NULL);
}

/* A right side of which nothing is left: the slip is more likely elsewhere. */
static bool is_zero(patient *p, const form *x)
{
    return x->left_is && dag_is_int(p->s->d, dag_simplify(p->s->d, x->left_is), 0);
}

/* From the likely to the far-fetched; what is proved first is told. */
static bool find_cure(patient *p, form *of)
{
    model *m = p->s->m;
    const model_claim *c = p->c;
    const budget *left = &p->left;
    bool zero = is_zero(p, &of[FORM_UNFOLD_UNNAMED]);
    if (assume_sum(p) || assume_activation(p) || reread_layout(p) || (c->left_syntax && c->left_syntax->kind == SYN_HOLD && reread_held(p)))
        return true;
    if (edit_claim(m, c, EDIT_RIGHT, EDIT_SIGNS | (of[0].constant ? EDIT_NUMBERS | EDIT_DROPS : 0), left, cure_edited, p) || suggest_constant(p, &of[0]))
        return true;
    for (int i = 0; i < FORM_COUNT && !zero; i++) {
        if (!of[i].difference || !is_simple(p->s, of[i].difference))
            continue;
        if (has_like_term(p, of[i].difference) && edit_claim(m, c, EDIT_RIGHT, EDIT_NUMBERS | EDIT_DROPS | EDIT_FACTORS, left, cure_edited, p))
            return true;
        if (!dag_has_kind(p->s->d, of[i].difference, NODE_APPLY) && suggest_term(p, &of[i]))
            return true;
    }
    if (reread_held(p))
        return true;
    for (int i = 0; i < FORM_COUNT && !zero; i++)
        if (of[i].difference && is_simple(p->s, of[i].difference) && suggest_term(p, &of[i]))
            return true;
    if (edit_claim(m, c, EDIT_RIGHT, EDIT_ALL & ~(unsigned)EDIT_SIGNS, left, cure_edited, p))
        return true;
    for (int i = 0; i < FORM_COUNT; i++)
        if (is_simple(p->s, of[i].above) && is_simple(p->s, of[i].below) && suggest_factor(p, &of[i]))
            return true;
    if (missing_factor(p, of, FORM_COUNT))
        return true;
    if (edit_claim(m, c, EDIT_LEFT, p->sides->derivative ? EDIT_ALL & ~(unsigned)EDIT_SHAPE : EDIT_ALL, left, cure_edited, p)) {
        p->out->other_left = true;
        return true;
    }
    if (assume_function(p) || suggest_term(p, &of[0]) || (!p->sides->derivative && assume_other(p)))
        return true;
    for (int i = 0; i < FORM_COUNT; i++) {
        bool pure = of[i].above && (dag_kind(p->s->d, of[i].above) == NODE_NUMBER || dag_kind(p->s->d, of[i].below) == NODE_NUMBER);
        if ((pure && count_terms(p->s->d, of[i].above) <= MOST_TERMS && count_terms(p->s->d, of[i].below) <= MOST_TERMS && suggest_factor(p, &of[i])) ||
            (i && (suggest_constant(p, &of[i]) || suggest_term(p, &of[i]))))
            return true;
    }
    return p->sides->derivative && assume_other(p);
}

void diagnose(session *s, const model_claim *c, verdict *out)
{
    prove_sides x;
    form of[FORM_COUNT];
    patient p = {.s = s, .c = c, .sides = &x, .left = budget_of(s->d, DIAGNOSIS_STEPS), .out = out};
    if (c->shape_error) {
        reread_layout(&p);
        return;
    }
    sides_of_claim(s, c, &x);
    fact_folds(s);
    for (int i = 0; i < FORM_COUNT; i++) {
        of[i] = (form){.left = c->left, .right = c->right};
        form_compare(s, &of[i], (form_unfolding)i);
    }
    prove_sides same = x;
    same.right = of[0].left_is == c->left ? of[FORM_UNFOLD_LEFT].left_is : of[0].left_is; /* a name is that name: this says nothing */
    if (same.right && same.right != c->left && x.derivative && !has_sign(s, same.right) && refute_agrees(s, &same, 1, &p.left))
        out->left_is = cure_text(&p, dag_simplify(s->d, same.right));
    find_cure(&p, of);
}
