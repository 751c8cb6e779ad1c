#include "gen/prove/assume.h"

#include <stdlib.h>
#include <string.h>

#include "gen/dag/ops.h"
#include "gen/prove/fact.h"
#include "gen/prove/ladder.h"

#define MOST_TRIED      8
#define FUNCTION_POINTS 2
#define ACTIVATION_WORK 20000

/* Did the witness look at an entry of this name? */
static bool was_seen(const session *s, int variable, const verdict_witness *seen)
{
    const char *name = model_var_name(s->m, variable);
    size_t length = strlen(name);
    for (int i = 0; i < seen->point.count; i++) {
        const char *text = seen->point.list[i].name;
        if (strncmp(text, name, length) == 0 && (text[length] == 0 || text[length] == '[' || text[length] == ' '))
            return true;
    }
    return false;
}

static bool is_free(session *s, int variable)
{
    const int *equations;
    const model_var *v = &s->m->var[variable];
    return session_is_fact(s, variable) && model_equations_of(s->m, variable, &equations) == 0 && !v->integer && v->role != ROLE_SYSTEM &&
           !session_has_few(&s->fact[variable]);
}

/* With the facts as they are now. */
static bool holds(patient *p)
{
    refute_forget(p->s);
    bool good = cure_holds(p, p->sides);
    refute_forget(p->s);
    return good;
}

static bool holds_with_sum(patient *p, int variable)
{
    session *s = p->s;
    name_fact *f = &s->fact[variable];
    int axis = s->m->var[variable].axis_count - 1, rules = s->rule_count;
    if (s->m->var[variable].axis_count - s->m->var[variable].sample != 1 || f->sum_axis >= 0 || f->has_lo || f->has_hi || !fact_assume_sum(s, variable))
        return false;
    f->sum_axis = axis;
    fmpq_one(&f->sum_value);
    bool found = holds(p);
    f->sum_axis = -1;
    s->rule_count = rules;
    return found;
}

static bool holds_symmetric(patient *p, int variable)
{
    session *s = p->s;
    const model_var *v = &s->m->var[variable];
    name_fact *f = &s->fact[variable];
    int first = v->sample;
    if (v->axis_count - v->sample != 2 || v->axis_size[first] != v->axis_size[first + 1] || f->swap_a >= 0)
        return false;
    f->swap_a = first;
    f->swap_b = first + 1;
    bool found = holds(p);
    f->swap_a = f->swap_b = -1;
    return found;
}

static bool holds_positive(patient *p, int variable)
{
    session *s = p->s;
    name_fact *f = &s->fact[variable], before = *f;
    if (s->m->var[variable].axis_count - s->m->var[variable].sample != 0 || f->has_lo || f->has_hi)
        return false;
    f->has_lo = f->lo_open = true;
    fmpq_zero(&f->lo);
    bool found = holds(p);
    f->has_lo = before.has_lo;
    f->lo_open = before.lo_open;
    return found;
}

static bool holds_two_valued(patient *p, int variable)
{
    name_fact *f = &p->s->fact[variable];
    var_role role = p->s->m->var[variable].role;
    if ((role != ROLE_INPUT && role != ROLE_TARGET) || f->has_lo || f->has_hi || f->sum_axis >= 0)
        return false;
    f->zero_one = true;
    bool found = holds(p);
    f->zero_one = false;
    return found;
}

/* The first name for which the claim holds; −1: none. */
static int first_name(patient *p, bool (*with)(patient *p, int variable))
{
    int tried = 0;
    for (int v = 0; v < p->s->fact_count && tried < MOST_TRIED && !budget_spent(&p->left); v++) {
        if (!is_free(p->s, v) || !was_seen(p->s, v, &p->out->witness))
            continue;
        tried++;
        if (with(p, v))
            return v;
    }
    return -1;
}

bool assume_sum(patient *p)
{
    int v = first_name(p, holds_with_sum);
    if (v >= 0)
        p->out->diagnosis = arena_printf(p->s->m->memory, "true if Σ %s = 1", model_var_name(p->s->m, v));
    return v >= 0;
}

bool assume_other(patient *p)
{
    static const struct {
        bool (*with)(patient *p, int variable);
        const char *format; /* of the name */
    } row[] = {{holds_symmetric, "true if % = %ᵀ"}, {holds_positive, "true if % > 0"}, {holds_two_valued, "true if % ∈ {0, 1}"}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        int v = first_name(p, row[i].with);
        if (v < 0)
            continue;
        buffer b = {0};
        for (const char *c = row[i].format; *c; c++)
            if (*c == '%')
                buffer_puts(&b, model_var_name(p->s->m, v));
            else
                buffer_add(&b, c, 1);
        p->out->diagnosis = arena_printf(p->s->m->memory, "%s", b.text);
        buffer_free(&b);
        return true;
    }
    return false;
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

/* Is the claim true with function f read as this row of ops.def, and others as they are? `as` has room for all. */
static bool holds_for(patient *p, int f, op row, int *as)
{
    session *s = p->s;
    ladder_question q = {
        .left = p->sides->left, .right = p->sides->right, .derivative = p->sides->derivative, .work_limit = ACTIVATION_WORK, .allowance = &p->left};
    ladder_answer a = {0};
    for (int i = 0; i < s->m->function_count; i++)
        as[i] = i == f ? (int)row : -1;
    if (refute_agrees(s, p->sides, FUNCTION_POINTS, &p->left))
        ladder_prove(s, &q, &a);
    return a.proved && !a.away_count;
}

static bool assume_one_of(patient *p, const op *row, int rows)
{
    session *s = p->s;
    int count = s->m->function_count, *as = xmalloc(((size_t)count + 1) * sizeof *as);
    bool *used = xcalloc((size_t)count + 1, sizeof *used), found = false;
    find_functions(s, p->sides, used);
    if (!s->local)
        s->local = model_add_var(s->m, &(model_var){.role = ROLE_LOCAL, .key = intern_puts(s->m->names, "·u"), .by = -1});
    s->function_as = as;
    for (int f = 0; f < count && !found; f++)
        for (int k = 0; k < rows && used[f] && !found; k++) {
            found = holds_for(p, f, row[k], as);
            if (found)
                p->out->diagnosis = arena_printf(s->m->memory, "false in general; true for %s = %s",
                                                 intern_text(s->m->names, intern_spelling(s->m->names, s->m->function[f].key)), op_get(row[k])->name);
        }
    s->function_as = NULL;
    free(as);
    free(used);
    return found;
}

bool assume_activation(patient *p)
{
    static const op known[] = {OP_SIGMOID, OP_TANH};
    return assume_one_of(p, known, sizeof known / sizeof *known);
}

bool assume_function(patient *p)
{
    static const op known[] = {OP_EXP, OP_SIN, OP_COS};
    return assume_one_of(p, known, sizeof known / sizeof *known);
}
