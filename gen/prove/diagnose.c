#include "gen/prove/diagnose.h"

#include <stdlib.h>
#include <string.h>

#include "gen/dag/ops.h"
#include "gen/prove/assume.h"
#include "gen/prove/edit.h"
#include "gen/prove/exact.h"
#include "gen/prove/fact.h"
#include "gen/prove/graph.h"
#include "gen/prove/induct.h"
#include "gen/prove/ladder.h"
#include "gen/prove/repair.h"

#define ACTIVATION_WORK 20000
#define MOST_TEXT 240 /* a longer left side explains nothing */

/* --- both sides in the page's names --- */

typedef struct {
    node left, right;
    node left_is;    /* in names */
    node difference; /* left − right, if it is one term */
    node ratio;      /* left/right, if it is one monomial over an integer: what is missing */
    node inverse;    /* right/left, if that is: what is too much */
    node constant;   /* left/right, if it is a number */
} comparison;

static bool is_monomial(normal *c, const fmpz_mpoly_struct *p)
{
    return fmpz_mpoly_length(p, c->ring) == 1;
}

static bool is_constant(normal *c, const fmpz_mpoly_struct *p)
{
    return fmpz_mpoly_is_fmpz(p, c->ring);
}

/* Every factor of the numerator but one an atom: good enough for "the factor … is missing"? A single atom product is. */
static void compare_forms(normal *c, comparison *x, const rational *l, const rational *r)
{
    rational t;
    rational_init(c, &t);
    if (rational_sub(c, &t, l, r) && is_monomial(c, fmpz_mpoly_q_numref(&t)))
        x->difference = normal_node(c, &t);
    if (!fmpz_mpoly_q_is_zero(l, c->ring) && !fmpz_mpoly_q_is_zero(r, c->ring) && rational_div(c, &t, l, r)) {
        bool top = is_constant(c, fmpz_mpoly_q_numref(&t)), bottom = is_constant(c, fmpz_mpoly_q_denref(&t));
        node n = normal_factored(c, &t);
        if (top && bottom)
            x->constant = n;
        else if (bottom)
            x->ratio = n;
        else if (top && rational_pow(c, &t, &t, -1))
            x->inverse = normal_factored(c, &t);
    }
    rational_clear(c, &t);
}

static normal_state compare_sides(normal *c, void *context)
{
    comparison *x = context;
    rational l, r;
    rational_init(c, &l);
    rational_init(c, &r);
    if (normal_form(c, x->left, &l)) {
        x->left_is = normal_factored(c, &l);
        if (normal_form(c, x->right, &r))
            compare_forms(c, x, &l, &r);
    }
    rational_clear(c, &l);
    rational_clear(c, &r);
    return c->state;
}

static int class_of(const session *s, int variable)
{
    while (variable < s->merged_count && s->merged[variable] >= 0)
        variable = s->merged[variable];
    return variable;
}

/* Adjoints are read as the names of the page that are equal to them, and unfolded if there is none. */
static void names_options(session *s, int *replace, bool *unfold)
{
    int count = s->m->var_count, *named = xmalloc(((size_t)count + 1) * sizeof *named);
    for (int i = 0; i < count; i++)
        named[i] = -1;
    for (int i = count - 1; i >= 0; i--)
        if (s->m->var[i].role == ROLE_DEFINED)
            named[class_of(s, i)] = i;
    for (int i = 0; i < count; i++) {
        bool page = s->m->var[i].role == ROLE_DEFINED;
        replace[i] = page ? -1 : named[class_of(s, i)];
        unfold[i] = s->m->var[i].role == ROLE_ADJOINT && replace[i] < 0;
    }
    free(named);
}

/* How far adjoints are unfolded even where a δ of the page stands for them. */
typedef enum { UNFOLD_UNNAMED, UNFOLD_LEFT, UNFOLD_ALL } unfolding;

static void unfold_left(session *s, node left, int *replace, bool *unfold)
{
    int count, *list = graph_variables(s, left, &count);
    for (int i = 0; i < count; i++)
        if (s->m->var[list[i]].role == ROLE_ADJOINT) {
            unfold[list[i]] = true;
            replace[list[i]] = -1;
        }
    free(list);
}

static bool compare_in_names(session *s, comparison *x, unfolding how)
{
    size_t room = (size_t)s->m->var_count + 1;
    int *replace = xmalloc(room * sizeof *replace);
    bool *unfold = xcalloc(room, sizeof *unfold);
    names_options(s, replace, unfold);
    if (how == UNFOLD_LEFT)
        unfold_left(s, x->left, replace, unfold);
    for (int i = 0; i < s->m->var_count && how == UNFOLD_ALL; i++) {
        unfold[i] = s->m->var[i].role == ROLE_ADJOINT;
        replace[i] = -1;
    }
    normal_options o = {.names = true, .replace = replace, .replace_count = s->m->var_count, .unfold = unfold, .unfold_count = s->m->var_count};
    normal_run(s, &o, compare_sides, x);
    free(replace);
    free(unfold);
    return x->left_is != 0;
}

/* --- texts --- */

static const char *node_text(session *s, const model_claim *c, node n)
{
    buffer b = {0};
    model_print(s->m, &b, n, c->index_count, c->index);
    const char *text = b.length && b.length <= MOST_TEXT ? arena_printf(s->m->memory, "%s", b.text) : NULL;
    buffer_free(&b);
    return text;
}

static const char *claim_text(session *s, const model_claim *c, node right)
{
    const char *text = node_text(s, c, right);
    if (!text || !c->left_syntax) /* a step compared with its gradient has no left side on the page */
        return text;
    buffer b = {0};
    syn_print(&b, c->left_syntax, s->m->names, 1);
    const char *whole = arena_printf(s->m->memory, "%s = %s", b.text, text);
    buffer_free(&b);
    return whole;
}

/* --- suggestions --- */

typedef struct {
    session *s;
    const model_claim *c;
    const prove_sides *sides;
    long work_limit;
    verdict *out;
} patient;

/* Proves left = right; if it holds, that is the suggestion. */
static bool suggest(patient *p, node right, const char *diagnosis)
{
    prove_sides sides = *p->sides;
    sides.right = right;
    if (!right || !repair_agrees(p->s, &sides))
        return false;
    ladder_question q = {.left = sides.left, .right = right, .derivative = sides.derivative, .work_limit = p->work_limit};
    ladder_answer a;
    ladder_prove(p->s, &q, &a);
    if (!a.proved)
        return false;
    p->out->suggestion = claim_text(p->s, p->c, right);
    p->out->diagnosis = diagnosis;
    return p->out->suggestion != NULL;
}

static bool is_negative_term(dag *d, node n)
{
    if (dag_kind(d, n) == NODE_NUMBER)
        return mpq_sgn(*dag_value(d, n)) < 0;
    return dag_kind(d, n) == NODE_MUL && dag_kind(d, dag_child(d, n, 0)) == NODE_NUMBER && mpq_sgn(*dag_value(d, dag_child(d, n, 0))) < 0;
}

static const char *about(patient *p, const char *format, node n)
{
    const char *text = node_text(p->s, p->c, dag_simplify(p->s->d, n));
    if (!text) { /* what is missing in one entry has no matrix form */
        buffer b = {0};
        model_print_index(p->s->m, &b, dag_simplify(p->s->d, n));
        text = arena_printf(p->s->m->memory, "%s", b.text);
        buffer_free(&b);
    }
    buffer b = {0};
    const char *hole = strchr(format, '%');
    buffer_add(&b, format, (size_t)(hole - format));
    buffer_puts(&b, text);
    buffer_puts(&b, hole + 1);
    const char *whole = arena_printf(p->s->m->memory, "%s", b.text);
    buffer_free(&b);
    return whole;
}

static bool suggest_constant(patient *p, const comparison *x)
{
    dag *d = p->s->d;
    if (!x->constant)
        return false;
    node right = dag_mul2(d, x->constant, p->sides->right);
    if (dag_is_int(d, x->constant, -1))
        return suggest(p, right, "the sign is wrong");
    return suggest(p, right, about(p, "the factor % is missing", x->constant));
}

static bool suggest_term(patient *p, const comparison *x)
{
    dag *d = p->s->d;
    if (!x->difference)
        return false;
    node right = dag_add2(d, p->sides->right, x->difference);
    if (is_negative_term(d, x->difference))
        return suggest(p, right, about(p, "the term % is too much", dag_neg(d, x->difference)));
    return suggest(p, right, about(p, "missing term %", x->difference));
}

/* What a person would call a term or a factor: names, numbers and abstract functions. */
static bool is_simple(session *s, node n)
{
    return !n || (!dag_has_kind(s->d, n, NODE_FUN) && !dag_has_kind(s->d, n, NODE_REDUCE));
}

static bool suggest_simple_term(patient *p, const comparison *x)
{
    return is_simple(p->s, x->difference) && suggest_term(p, x);
}

static bool suggest_factor(patient *p, const comparison *x)
{
    dag *d = p->s->d;
    node left = dag_simplify(d, p->sides->left); /* left = left says nothing */
    if ((x->ratio && dag_simplify(d, x->ratio) == left) || (x->ratio && dag_simplify(d, dag_mul2(d, p->sides->right, x->ratio)) == left))
        return false;
    if (x->ratio)
        return suggest(p, dag_mul2(d, p->sides->right, x->ratio), about(p, "the factor % is missing", x->ratio));
    if (x->inverse)
        return suggest(p, dag_div(d, p->sides->right, x->inverse), about(p, "the factor % is too much", x->inverse));
    return false;
}

static bool try_edit(void *context, node right, const char *diagnosis)
{
    return suggest(context, right, diagnosis);
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

/* --- activations --- */

typedef struct {
    session *s;
    bool *used; /* per function */
} function_search;

static bool note_function(void *context, node n)
{
    function_search *x = context;
    if (dag_kind(x->s->d, n) == NODE_APPLY)
        x->used[dag_signature_get(x->s->d, dag_payload(x->s->d, n))->function] = true;
    return true;
}

/* The abstract functions of the sides and of everything below their names. */
static void find_functions(session *s, const prove_sides *sides, bool *used)
{
    function_search x = {s, used};
    node side[] = {sides->left, sides->right};
    for (int i = 0; i < 2; i++)
        dag_visit(s->d, side[i], note_function, &x);
    for (int i = 0; i < s->m->equation_count; i++)
        dag_visit(s->d, s->m->equation[i].rhs, note_function, &x);
}

/* What is false for every activation may be true for one: a (1 − a) is the slope of a sigmoid. All abstract functions, or one of them, are read as it. */
static bool true_for_function(patient *p)
{
    static const op known[] = {OP_SIGMOID, OP_TANH};
    session *s = p->s;
    int count = s->m->function_count, *as = xmalloc(((size_t)count + 1) * sizeof *as);
    bool *used = xcalloc((size_t)count + 1, sizeof *used), found = false;
    find_functions(s, p->sides, used);
    if (!s->local)
        s->local = model_add_var(s->m, &(model_var){.role = ROLE_LOCAL, .key = intern_puts(s->m->names, "·u"), .by = -1});
    s->function_as = as;
    for (int f = 0; f < count && !found; f++)
        for (size_t k = 0; k < sizeof known / sizeof *known && used[f] && !found; k++) {
            ladder_question q = {.left = p->sides->left, .right = p->sides->right, .derivative = p->sides->derivative, .work_limit = ACTIVATION_WORK};
            ladder_answer a;
            for (int i = 0; i < count; i++)
                as[i] = i == f ? (int)known[k] : -1;
            ladder_prove(s, &q, &a);
            found = a.proved && !a.away_count;
            if (found)
                p->out->diagnosis = arena_printf(s->m->memory, "false in general; true for %s = %s", intern_text(s->m->names, intern_spelling(s->m->names, s->m->function[f].key)),
                                                 op_get(known[k])->name);
        }
    s->function_as = NULL;
    free(as);
    free(used);
    return found;
}

/* An edited claim: does it agree at points, and is there a proof? Then it is what was meant. */
static bool try_edited(void *context, const model_claim *e, const char *diagnosis)
{
    patient *p = context;
    session *s = p->s;
    prove_sides sides = {.left = e->left, .right = e->right, .index_count = e->index_count, .indices = e->index, .derivative = p->sides->derivative};
    bool vacuous = dag_is_int(s->d, dag_simplify(s->d, e->left), 0) && dag_is_int(s->d, dag_simplify(s->d, e->right), 0);
    if (vacuous || !repair_agrees(s, &sides)) /* 0 = 0 says nothing */
        return false;
    if (s->rank_count != s->m->var_count)
        graph_rank(s);
    ladder_question q = {.left = e->left, .right = e->right, .derivative = sides.derivative, .work_limit = p->work_limit};
    ladder_answer a;
    ladder_prove(s, &q, &a);
    if (!a.proved && !induct_prove(s, &q, sides.index_count, sides.indices, &a))
        exact_prove(s, &q, &a);
    if (!a.proved)
        return false;
    buffer b = {0};
    syn_print(&b, e->left_syntax, s->m->names, 1);
    buffer_puts(&b, " = ");
    syn_print(&b, e->right_syntax, s->m->names, 1);
    p->out->suggestion = arena_printf(s->m->memory, "%s", b.text);
    p->out->diagnosis = diagnosis;
    buffer_free(&b);
    return true;
}

void diagnose(session *s, const model_claim *c, const prove_sides *sides, long work_limit, verdict *out)
{
    patient p = {s, c, sides, work_limit ? work_limit : 100000, out};
    comparison form[3];
    for (int i = 0; i < 3; i++)
        form[i] = (comparison){.left = sides->left, .right = sides->right};
    fact_folds(s);
    for (int i = 0; i < 3; i++)
        compare_in_names(s, &form[i], (unfolding)i);
    if (form[0].left_is && sides->derivative && !has_sign(s, form[0].left_is))
        out->left_is = node_text(s, c, dag_simplify(s->d, form[0].left_is));
    out->diagnosis = assume_sum(s, sides, &out->witness, p.work_limit);
    if (out->diagnosis)
        return;
    if (true_for_function(&p))
        return;
    if (suggest_constant(&p, &form[0]) || suggest_simple_term(&p, &form[0]) || edit_claim(s->m, c, 1, try_edited, &p))
        return;
    for (int i = 0; i < 3; i++)
        if (is_simple(s, form[i].ratio) && is_simple(s, form[i].inverse) && suggest_factor(&p, &form[i]))
            return;
    if (edit_claim(s->m, c, 0, try_edited, &p))
        return;
    if (repair_numbers(s, sides, try_edit, &p) || suggest_term(&p, &form[0]) || repair_names(s, sides, try_edit, &p))
        return;
    if (!sides->derivative && (out->diagnosis = assume_other(s, sides, &out->witness, p.work_limit)))
        return;
    for (int i = 0; i < 3; i++)
        if (suggest_factor(&p, &form[i]) || (i && (suggest_constant(&p, &form[i]) || suggest_term(&p, &form[i]))))
            return;
    if (!repair_shape(s, sides, try_edit, &p) && sides->derivative)
        out->diagnosis = assume_other(s, sides, &out->witness, p.work_limit);
}
