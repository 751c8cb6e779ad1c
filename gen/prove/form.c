#include "gen/prove/form.h"

#include <stdlib.h>

#include "gen/prove/graph.h"
#include "gen/prove/normal.h"

static bool is_monomial(normal *c, const fmpz_mpoly_struct *p)
{
    return fmpz_mpoly_length(p, c->ring) == 1;
}

static bool is_constant(normal *c, const fmpz_mpoly_struct *p)
{
    return fmpz_mpoly_is_fmpz(p, c->ring);
}

static void compare_forms(normal *c, form *x, const rational *l, const rational *r)
{
    rational t, one;
    rational_init(c, &t);
    rational_init(c, &one);
    if (rational_sub(c, &t, l, r) && is_monomial(c, fmpz_mpoly_q_numref(&t)))
        x->difference = normal_node(c, &t);
    if (!fmpz_mpoly_q_is_zero(l, c->ring) && !fmpz_mpoly_q_is_zero(r, c->ring) && rational_div(c, &t, l, r)) {
        fmpz_mpoly_struct *above = fmpz_mpoly_q_numref(&t), *below = fmpz_mpoly_q_denref(&t);
        bool top = is_constant(c, above), bottom = is_constant(c, below);
        if (top && bottom)
            x->constant = normal_factored(c, &t);
        else if (top || bottom || (is_monomial(c, above) && is_monomial(c, below))) {
            fmpz_mpoly_set(fmpz_mpoly_q_numref(&one), above, c->ring);
            fmpz_mpoly_one(fmpz_mpoly_q_denref(&one), c->ring);
            x->above = normal_factored(c, &one);
            fmpz_mpoly_set(fmpz_mpoly_q_numref(&one), below, c->ring);
            x->below = normal_factored(c, &one);
        }
    }
    rational_clear(c, &one);
    rational_clear(c, &t);
}

static normal_state compare_sides(normal *c, void *context)
{
    form *x = context;
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

/* A left side that is a name of the page, and the adjoints that are read as it. */
static void unfold_name(session *s, node left, int *replace, bool *unfold)
{
    int name = dag_kind(s->d, left) == NODE_ENTRY ? dag_payload(s->d, left) : -1;
    if (name < 0 || s->m->var[name].role != ROLE_DEFINED || s->recurrent[name])
        return;
    unfold[name] = true;
    for (int i = 0; i < s->m->var_count; i++)
        if (s->m->var[i].role == ROLE_ADJOINT && replace[i] == name) {
            unfold[i] = true;
            replace[i] = -1;
        }
}

static void unfold_left(session *s, node left, int *replace, bool *unfold)
{
    unfold_name(s, left, replace, unfold);
    int count, *list = graph_variables(s, left, &count);
    for (int i = 0; i < count; i++)
        if (s->m->var[list[i]].role == ROLE_ADJOINT) {
            unfold[list[i]] = true;
            replace[list[i]] = -1;
        }
    free(list);
}

bool form_compare(session *s, form *x, form_unfolding how)
{
    size_t room = (size_t)s->m->var_count + 1;
    int *replace = xmalloc(room * sizeof *replace);
    bool *unfold = xcalloc(room, sizeof *unfold);
    names_options(s, replace, unfold);
    if (how == FORM_UNFOLD_LEFT)
        unfold_left(s, x->left, replace, unfold);
    for (int i = 0; i < s->m->var_count && how == FORM_UNFOLD_ALL; i++) {
        unfold[i] = s->m->var[i].role == ROLE_ADJOINT;
        replace[i] = -1;
    }
    normal_options o = {.names = true, .replace = replace, .replace_count = s->m->var_count, .unfold = unfold, .unfold_count = s->m->var_count};
    normal_run(s, &o, compare_sides, x);
    free(replace);
    free(unfold);
    return x->left_is != 0;
}
