#include "gen/prove/diagnose.h"

#include "gen/dag/ops.h"
#include "gen/prove/assume.h"
#include "gen/prove/edit.h"
#include "gen/prove/fact.h"
#include "gen/prove/form.h"
#include "gen/prove/reread.h"
#include "gen/prove/sides.h"

#define DIAGNOSIS_WORK 4000000 /* see patient.work */
#define MOST_TERMS     3       /* of a factor that a person would name */

static bool is_negative_term(dag *d, node n)
{
    if (dag_kind(d, n) == NODE_NUMBER)
        return mpq_sgn(*dag_value(d, n)) < 0;
    return dag_kind(d, n) == NODE_MUL && dag_kind(d, dag_child(d, n, 0)) == NODE_NUMBER && mpq_sgn(*dag_value(d, dag_child(d, n, 0))) < 0;
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

static bool suggest_term(patient *p, const form *x)
{
    dag *d = p->s->d;
    if (!x->difference)
        return false;
    node right = dag_add2(d, p->sides->right, x->difference);
    if (is_negative_term(d, x->difference))
        return cure_right(p, right, cure_about(p, "the term % is too much", dag_neg(d, x->difference)));
    return cure_right(p, right, cure_about(p, "missing term %", x->difference));
}

static int count_terms(dag *d, node n)
{
    int most = dag_kind(d, n) == NODE_ADD ? dag_count(d, n) : 0;
    for (int i = 0; dag_kind(d, n) == NODE_MUL && i < dag_count(d, n); i++)
        if (dag_kind(d, dag_child(d, n, i)) == NODE_ADD && dag_count(d, dag_child(d, n, i)) > most)
            most = dag_count(d, dag_child(d, n, i));
    return most;
}

/* What a person would call a term or a factor: names, numbers and abstract functions. */
static bool is_simple(session *s, node n)
{
    return !n || (!dag_has_kind(s->d, n, NODE_FUN) && !dag_has_kind(s->d, n, NODE_REDUCE) && count_terms(s->d, n) <= MOST_TERMS);
}

static bool suggest_simple_term(patient *p, const form *x)
{
    return is_simple(p->s, x->difference) && suggest_term(p, x);
}

static bool suggest_factor(patient *p, const form *x)
{
    dag *d = p->s->d;
    node left = dag_simplify(d, p->sides->left); /* left = left says nothing */
    if ((x->ratio && dag_simplify(d, x->ratio) == left) || (x->ratio && dag_simplify(d, dag_mul2(d, p->sides->right, x->ratio)) == left))
        return false;
    if (x->ratio)
        return cure_right(p, dag_mul2(d, p->sides->right, x->ratio), cure_about(p, "the factor % is missing", x->ratio));
    if (x->inverse)
        return cure_right(p, dag_div(d, p->sides->right, x->inverse), cure_about(p, "the factor % is too much", x->inverse));
    return false;
}

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
    long *work = &p->work;
    bool zero = is_zero(p, &of[FORM_UNFOLD_UNNAMED]);
    if (assume_sum(p) || assume_function(p) || reread_layout(p) || reread_held(p))
        return true;
    if (edit_claim(m, c, EDIT_RIGHT, EDIT_SIGNS | (of[0].constant ? EDIT_NUMBERS | EDIT_DROPS : 0), work, cure_edited, p) || suggest_constant(p, &of[0]))
        return true;
    if ((!zero && suggest_simple_term(p, &of[0])) || edit_claim(m, c, EDIT_RIGHT, EDIT_ALL & ~(unsigned)EDIT_SIGNS, work, cure_edited, p))
        return true;
    for (int i = 0; i < FORM_COUNT; i++)
        if (is_simple(p->s, of[i].ratio) && is_simple(p->s, of[i].inverse) && suggest_factor(p, &of[i]))
            return true;
    if (edit_claim(m, c, EDIT_LEFT, EDIT_ALL, work, cure_edited, p) || suggest_term(p, &of[0]) || (!p->sides->derivative && assume_other(p)))
        return true;
    for (int i = 0; i < FORM_COUNT; i++)
        if ((count_terms(p->s->d, of[i].ratio) <= MOST_TERMS && suggest_factor(p, &of[i])) || (i && (suggest_constant(p, &of[i]) || suggest_term(p, &of[i]))))
            return true;
    return p->sides->derivative && assume_other(p);
}

void diagnose(session *s, const model_claim *c, verdict *out)
{
    claim_sides x;
    form of[FORM_COUNT];
    patient p = {.s = s, .c = c, .sides = &x.sides, .work = DIAGNOSIS_WORK, .out = out};
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
    if (of[0].left_is && x.sides.derivative && !has_sign(s, of[0].left_is))
        out->left_is = cure_text(&p, dag_simplify(s->d, of[0].left_is));
    find_cure(&p, of);
}
