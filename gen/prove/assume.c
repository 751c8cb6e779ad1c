#include "gen/prove/assume.h"

#include <string.h>

#include "gen/prove/exact.h"
#include "gen/prove/fact.h"
#include "gen/prove/repair.h"

#define MOST_TRIED 8

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
           !s->fact[variable].zero_one;
}

/* With the facts as they are now: does it agree at points, and is there a proof? */
static bool holds(session *s, const prove_sides *sides, long work_limit)
{
    ladder_question q = {.left = sides->left, .right = sides->right, .derivative = sides->derivative, .work_limit = work_limit};
    ladder_answer a = {0};
    refute_forget(s);
    if (repair_agrees(s, sides)) {
        ladder_prove(s, &q, &a);
        if (!a.proved)
            exact_prove(s, &q, &a);
    }
    refute_forget(s);
    return a.proved;
}

static bool holds_with_sum(session *s, const prove_sides *sides, int variable, long work_limit)
{
    name_fact *f = &s->fact[variable];
    int axis = s->m->var[variable].axis_count - 1, rules = s->rule_count;
    if (s->m->var[variable].axis_count - s->m->var[variable].sample != 1 || f->sum_axis >= 0 || f->has_lo || f->has_hi || !fact_assume_sum(s, variable))
        return false;
    f->sum_axis = axis;
    fmpq_one(&f->sum_value);
    bool found = holds(s, sides, work_limit);
    f->sum_axis = -1;
    s->rule_count = rules;
    return found;
}

static bool holds_symmetric(session *s, const prove_sides *sides, int variable, long work_limit)
{
    const model_var *v = &s->m->var[variable];
    name_fact *f = &s->fact[variable];
    int first = v->sample;
    if (v->axis_count - v->sample != 2 || v->axis_size[first] != v->axis_size[first + 1] || f->swap_a >= 0)
        return false;
    f->swap_a = first;
    f->swap_b = first + 1;
    bool found = holds(s, sides, work_limit);
    f->swap_a = f->swap_b = -1;
    return found;
}

static bool holds_positive(session *s, const prove_sides *sides, int variable, long work_limit)
{
    name_fact *f = &s->fact[variable], before = *f;
    if (s->m->var[variable].axis_count - s->m->var[variable].sample != 0 || f->has_lo || f->has_hi)
        return false;
    f->has_lo = f->lo_open = true;
    fmpq_zero(&f->lo);
    bool found = holds(s, sides, work_limit);
    f->has_lo = before.has_lo;
    f->lo_open = before.lo_open;
    return found;
}

typedef bool (*assumption)(session *s, const prove_sides *sides, int variable, long work_limit);

/* The first name for which the claim holds; −1: none. */
static int first_name(session *s, const prove_sides *sides, const verdict_witness *seen, assumption with, long work_limit)
{
    int tried = 0;
    for (int v = 0; v < s->fact_count && tried < MOST_TRIED; v++) {
        if (!is_free(s, v) || !was_seen(s, v, seen))
            continue;
        tried++;
        if (with(s, sides, v, work_limit))
            return v;
    }
    return -1;
}

const char *assume_sum(session *s, const prove_sides *sides, const verdict_witness *seen, long work_limit)
{
    int v = first_name(s, sides, seen, holds_with_sum, work_limit);
    return v < 0 ? NULL : arena_printf(s->m->memory, "true if Σ %s = 1", model_var_name(s->m, v));
}

const char *assume_other(session *s, const prove_sides *sides, const verdict_witness *seen, long work_limit)
{
    int v = first_name(s, sides, seen, holds_symmetric, work_limit);
    if (v >= 0)
        return arena_printf(s->m->memory, "true if %s = %sᵀ", model_var_name(s->m, v), model_var_name(s->m, v));
    v = first_name(s, sides, seen, holds_positive, work_limit);
    return v < 0 ? NULL : arena_printf(s->m->memory, "true if %s > 0", model_var_name(s->m, v));
}
