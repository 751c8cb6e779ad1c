#include "gen/prove/reread.h"

#include <stdlib.h>

#include "gen/calculus/calculus.h"
#include "gen/prove/edit.h"
#include "gen/prove/graph.h"

#define MOST_HELD 16

static bool by_layout(void *context, const model_claim *edited, const char *diagnosis)
{
    return cure_edited(context, edited, diagnosis);
}

static bool transposed(void *context, const model_claim *edited, const char *diagnosis)
{
    (void)diagnosis;
    return cure_edited(context, edited, "true under the other layout; in this one");
}

bool reread_layout(patient *p)
{
    model *m = p->s->m;
    const model_claim *c = p->c;
    if (!c->left_syntax || !c->right_syntax)
        return false;
    m->denominator_layout = !m->denominator_layout;
    bool found = edit_read(m, c, c->left_syntax, c->right_syntax, by_layout, p, "true under the other layout");
    m->denominator_layout = !m->denominator_layout;
    p->out->suggestion = NULL; /* it is the claim as it stands */
    if (!found)
        return false;
    found = edit_claim(m, c, EDIT_RIGHT, EDIT_MARKS, &p->left, transposed, p);
    p->out->diagnosis = found                   ? p->out->diagnosis
                        : m->denominator_layout ? "true under the other layout (layout numerator)"
                                                : "true under the other layout (layout denominator)";
    return true;
}

/* --- held names --- */

/* Definitions that the derivative's value goes through: what it differentiates depends on them. */
static int names_between(patient *p, const syn *derivative, int *out)
{
    session *s = p->s;
    model *m = s->m;
    const syn *of = derivative->child[0];
    while (of && of->kind == SYN_INDEX)
        of = of->child[0];
    int a = of && of->kind == SYN_NAME ? model_find_var(m, of->name) : -1, count = 0;
    bool *mark = xcalloc((size_t)m->var_count + 1, sizeof *mark);
    for (int v = 0; v < m->var_count && a >= 0 && count < MOST_HELD; v++) {
        if (m->var[v].role != ROLE_DEFINED || !m->var[v].key || (v == a && !(v < s->rank_count && s->recurrent[v])))
            continue;
        mark[v] = true;
        if (v == a || graph_reaches(s, a, mark))
            out[count++] = v;
        mark[v] = false;
    }
    free(mark);
    return count;
}

static syn *held(model *m, const syn *derivative, int variable)
{
    syn *name = syn_new(m->memory, SYN_NAME, derivative->at, 0), *hold = syn_new(m->memory, SYN_HOLD, derivative->at, 2);
    name->name = m->var[variable].key;
    hold->child[0] = (syn *)derivative;
    hold->child[1] = name;
    return hold;
}

/* With a name on every way held, both sides are 0 perhaps: that explains nothing. */
static bool held_holds(void *context, const model_claim *edited, const char *diagnosis)
{
    patient *p = context;
    return !dag_is_int(p->s->d, dag_simplify(p->s->d, edited->left), 0) && cure_edited(context, edited, diagnosis);
}

bool reread_held(patient *p)
{
    model *m = p->s->m;
    const model_claim *c = p->c;
    const syn *left = c->left_syntax;
    int list[MOST_HELD];
    if (left && c->right_syntax && left->kind == SYN_HOLD)
        return edit_read(m, c, left->child[0], c->right_syntax, cure_edited, p, "the total derivative is meant");
    if (!left || !c->right_syntax || left->kind != SYN_DERIVATIVE || left->number != 1 || left->count != 2 || !left->child[0])
        return false;
    int count = names_between(p, left, list);
    for (int i = 0; i < count && !budget_spent(&p->left); i++) {
        const char *diagnosis = arena_printf(m->memory, "true with %s held fixed", model_var_name(m, list[i]));
        if (edit_read(m, c, held(m, left, list[i]), c->right_syntax, held_holds, p, diagnosis))
            return true;
    }
    return false;
}
