/* δ's compared with the page's adjoints. */
#include <stdio.h>
#include <string.h>

#include "gen/calculus/calculus.h"
#include "gen/tool/check.h"

enum { TRIES = 12 };        /* names that a δ is compared with */
enum { NEAREST_TRIES = 3 }; /* of these, when none fits, are asked what is wrong */

static bool same_axes(const model *m, int a, int b)
{
    if (m->var[a].axis_count != m->var[b].axis_count || m->var[a].sample != m->var[b].sample)
        return false;
    for (int k = 0; k < m->var[a].axis_count; k++)
        if (m->var[a].axis_size[k] != m->var[b].axis_size[k])
            return false;
    return true;
}

/* Candidates first whose name ends as the δ's does: δ2 and z2, δ_out and z_out. */
static bool same_ending(const model *m, int delta, int var)
{
    const char *end = intern_text(m->names, m->var[delta].key) + strlen("delta"), *name = intern_text(m->names, m->var[var].key);
    size_t a = strlen(end), b = strlen(name);
    return a && b >= a && strcmp(name + b - a, end) == 0;
}

/* The entry of a variable over its equation's own indices. */
static node whole_entry(model *m, int var, int *index)
{
    node at[MODEL_MAX_AXES];
    for (int k = 0; k < m->var[var].axis_count; k++) {
        char text[16];
        node hi = dag_add2(m->dag, m->var[var].axis_size[k], dag_int(m->dag, -1));
        snprintf(text, sizeof text, "·%d", k);
        index[k] =
            k == 0 && m->var[var].sample ? m->sample_index[m->var[var].population] : dag_index(m->dag, intern_puts(m->names, text), dag_int(m->dag, 0), hi);
        at[k] = dag_index_node(m->dag, index[k]);
    }
    return dag_entry(m->dag, var, m->var[var].axis_count, at);
}

static bool is_delta_name(const model *m, int var)
{
    return strncmp(intern_text(m->names, m->var[var].key), "delta", 5) == 0;
}

bool check_is_delta(const model *m, int var)
{
    const model_var *v = &m->var[var];
    return v->role == ROLE_DEFINED && v->axis_count > 0 && m->objective_count > 0 && m->objective[0].cost && is_delta_name(m, var);
}

/* Names of the δ's shape, those with its ending first; returns how many. */
static int candidates(const model *m, int delta, int *list)
{
    int count = 0;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < m->order_count && count < TRIES; i++) {
            int v = m->order[i];
            bool fits = v != delta && m->var[v].role == ROLE_DEFINED && !is_delta_name(m, v) && same_axes(m, v, delta);
            if (fits && same_ending(m, delta, v) == (round == 0))
                list[count++] = v;
        }
    return count;
}

/* ∂C/∂(entry); 0 when C is not differentiable on this way: no candidate, no error either. */
static node adjoint_of(model *m, node entry, span at)
{
    int errors = m->diagnostics->errors, count = m->diagnostics->count;
    node n = calculus_derivative(m, m->objective[0].cost, entry, 0, at);
    if (!n) {
        m->diagnostics->errors = errors;
        m->diagnostics->count = count;
    }
    return n;
}

/* The left side of the definition, as written. */
static const syn *left_side(const syn *s, span at)
{
    if (s->kind == SYN_EQUATION && s->count && s->child[0]->at.source == at.source && s->at.begin <= at.begin && at.begin < s->at.end)
        return s->child[0];
    const syn *found = NULL;
    for (int i = 0; i < s->count && !found; i++)
        if (s->kind == SYN_FILE_ || s->kind == SYN_FOR || s->kind == SYN_BLOCK)
            found = left_side(s->child[i], at);
    return found;
}

bool check_delta_against(page *pg, prover *p, int delta, int v, delta_verdict *out)
{
    model *m = pg->model;
    verdict found;
    model_claim c = {.at = m->var[delta].at,
                     .line = m->var[delta].line,
                     .index_count = m->var[delta].axis_count,
                     .text = "",
                     .left_syntax = left_side(pg->file, m->var[delta].at)};
    node entry = whole_entry(m, delta, c.index), at[MODEL_MAX_AXES];
    for (int k = 0; k < c.index_count; k++)
        at[k] = dag_child(m->dag, entry, k);
    c.left = adjoint_of(m, whole_entry(m, v, c.index), m->var[delta].at);
    c.right = model_unfold(m, delta, at, true);
    if (!c.left || !c.right)
        return false;
    prove_claim(p, &c, &found);
    out->wrong = found.diagnosis;
    out->better = found.suggestion;
    return found.suggestion != NULL;
}

delta_verdict check_delta(page *pg, prover *p, int delta)
{
    model *m = pg->model;
    delta_verdict out = {.equals = -1, .nearest = -1};
    int list[TRIES], count = candidates(m, delta, list), index[MODEL_MAX_AXES];
    for (int i = 0; i < count; i++) {
        verdict found;
        node left = whole_entry(m, delta, index), right = adjoint_of(m, whole_entry(m, list[i], index), m->var[delta].at);
        if (!right)
            continue;
        prove_equal(p, left, right, m->var[delta].axis_count, index, &found);
        if (found.kind == VERDICT_PROVED && !found.vacuous) {
            out.equals = list[i];
            return out;
        }
    }
    for (int i = 0; i < count && i < NEAREST_TRIES; i++) {
        delta_verdict asked = {.equals = -1, .nearest = list[i]};
        bool mended = check_delta_against(pg, p, delta, list[i], &asked);
        if (out.nearest < 0 && (mended || same_ending(m, delta, list[i])))
            out = asked;
        if (mended && !out.better)
            out = asked;
    }
    return out;
}

static const char *cost_name(const model *m)
{
    node cost = m->objective[0].cost;
    return dag_kind(m->dag, cost) == NODE_ENTRY ? model_var_name(m, dag_payload(m->dag, cost)) : "cost";
}

const char *check_delta_warning(const model *m, const delta_verdict *v, int delta, hint_level hints)
{
    const char *name = model_var_name(m, delta);
    if (v->equals >= 0)
        return arena_printf(m->memory, "`%s` is ∂%s/∂%s, but is used as if it were ∂%s/∂%s", name, cost_name(m), model_var_name(m, v->equals), cost_name(m),
                            model_var_name(m, v->nearest));
    if (v->nearest < 0)
        return arena_printf(m->memory, "`%s` is no adjoint of this page: it was compared with ∂%s/∂ of the names of its shape", name, cost_name(m));
    const char *wrong = !v->wrong || hints < HINTS_KIND ? NULL : hints < HINTS_FULL ? check_kind(v->wrong) : v->wrong;
    return arena_printf(m->memory, "`%s` is no adjoint of this page; nearest ∂%s/∂%s%s%s", name, cost_name(m), model_var_name(m, v->nearest), wrong ? ", " : "",
                        wrong ? wrong : "");
}

int check_delta_next(const model *m, int delta, int v)
{
    int list[TRIES], count = candidates(m, delta, list), next = 0;
    while (v >= 0 && next < count && list[next++] != v)
        continue;
    return next < count && same_ending(m, delta, list[next]) ? list[next] : -1;
}

void check_mend_delta(model *m, int delta, int v)
{
    const int *list;
    int count = model_equations_of(m, delta, &list);
    for (int i = 0; i < count; i++) {
        model_equation *e = &m->equation[list[i]];
        node right = adjoint_of(m, dag_entry(m->dag, v, m->var[delta].axis_count, e->at), e->where);
        if (right)
            m->equation[list[i]].rhs = right;
    }
}
