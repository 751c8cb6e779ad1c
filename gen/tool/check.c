#include "gen/tool/check.h"

#include <stdlib.h>
#include <string.h>

#include "gen/calculus/calculus.h"
#include "gen/prove/batch.h"

enum { DELTA_TRIES = 12 }; /* names that a δ is compared with */

static void count_verdict(check_result *r, const model_claim *c, const verdict *v)
{
    const char *expected = c->expect ? intern_text(r->page->names, c->expect) : NULL;
    int status = STATUS_GOOD;
    if (v->kind == VERDICT_PROVED && v->vacuous)
        r->vacuous++;
    else if (v->kind == VERDICT_PROVED)
        r->proved++;
    else if (v->kind == VERDICT_REFUTED)
        r->refuted++, status = STATUS_NO;
    else if (v->kind == VERDICT_UNDECIDED)
        r->undecided++, status = STATUS_UNKNOWN;
    else
        r->not_understood++, status = STATUS_UNKNOWN;
    if (expected)
        status = strcmp(expected, verdict_name(v->kind)) == 0 ? STATUS_GOOD : STATUS_NO;
    r->status = status_worse(r->status, status);
    if (v->kind == VERDICT_PROVED && v->vacuous)
        diag_add(&r->page->diagnostics, DIAG_WARNING, c->at, "this says nothing: both sides are 0 because a name does not occur");
}

/* --- δ's --- */

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
        index[k] = k == 0 && m->var[var].sample ? m->sample_index[m->var[var].population] : dag_index(m->dag, intern_puts(m->names, text), dag_int(m->dag, 0), hi);
        at[k] = dag_index_node(m->dag, index[k]);
    }
    return dag_entry(m->dag, var, m->var[var].axis_count, at);
}

bool check_is_delta(const model *m, int var)
{
    const model_var *v = &m->var[var];
    return v->role == ROLE_DEFINED && v->axis_count > 0 && m->objective_count > 0 && m->objective[0].cost && strncmp(intern_text(m->names, v->key), "delta", 5) == 0;
}

int check_delta(model *m, prover *p, int delta)
{
    int tries = DELTA_TRIES;
    node cost = m->objective[0].cost;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < m->order_count && tries > 0; i++) {
            int v = m->order[i], index[MODEL_MAX_AXES];
            if (v == delta || m->var[v].role != ROLE_DEFINED || strncmp(intern_text(m->names, m->var[v].key), "delta", 5) == 0)
                continue;
            if (!same_axes(m, v, delta) || same_ending(m, delta, v) != (round == 0))
                continue;
            verdict found;
            int errors = m->diagnostics->errors, count = m->diagnostics->count;
            node left = whole_entry(m, delta, index), right = calculus_derivative(m, cost, whole_entry(m, v, index), 0, m->var[delta].at);
            if (!right) { /* not differentiable on this way: no candidate, no error either */
                m->diagnostics->errors = errors;
                m->diagnostics->count = count;
                continue;
            }
            tries--;
            prove_equal(p, left, right, m->var[delta].axis_count, index, &found);
            if (found.kind == VERDICT_PROVED && !found.vacuous)
                return v;
        }
    }
    return -1;
}

const char *check_delta_warning(const model *m, int delta)
{
    node cost = m->objective[0].cost;
    return arena_printf(m->memory, "`%s` is no adjoint of this page: it was compared with ∂%s/∂ of the names of its shape", model_var_name(m, delta),
                        dag_kind(m->dag, cost) == NODE_ENTRY ? model_var_name(m, dag_payload(m->dag, cost)) : "cost");
}

static void compare_deltas(check_result *r, prover *p)
{
    model *m = r->page->model;
    for (int i = 0, count = m->order_count; i < count; i++) {
        int v = m->order[i];
        if (!check_is_delta(m, v))
            continue;
        r->equals[v] = check_delta(m, p, v);
        if (r->equals[v] < 0)
            diag_add(m->diagnostics, DIAG_WARNING, m->var[v].at, "%s", check_delta_warning(m, v));
    }
}

/* --- updates --- */

typedef struct {
    model *m;
    bool state;
    int setting[8], count;
} names_found;

static bool find_names(void *context, node n)
{
    names_found *f = context;
    if (dag_kind(f->m->dag, n) != NODE_ENTRY)
        return true;
    int var = dag_payload(f->m->dag, n);
    f->state |= f->m->var[var].role == ROLE_STATE;
    if (f->m->var[var].role == ROLE_HYPER && f->count < 8)
        f->setting[f->count++] = var;
    return true;
}

update_relation check_update(model *m, prover *p, const model_update *u, const char **diagnosis)
{
    dag *d = m->dag;
    names_found found = {.m = m};
    node at[MODEL_MAX_AXES];
    if (u->generated || m->var[u->var].role != ROLE_PARAM || m->objective_count == 0 || !m->objective[0].cost || !u->rhs)
        return UPDATE_OTHER;
    dag_visit(d, u->rhs, find_names, &found);
    if (found.state || found.count == 0)
        return UPDATE_OTHER;
    for (int k = 0; k < u->index_count; k++)
        at[k] = dag_index_node(d, u->index[k]);
    node self = dag_entry(d, u->var, u->index_count, at), mean = dag_entry(d, model_batch_mean(m, m->objective[0].cost), 0, NULL);
    node gradient = calculus_derivative(m, mean, self, 0, u->at), step = dag_sub(d, self, dag_simplify(d, u->rhs));
    if (!gradient)
        return UPDATE_OTHER;
    verdict v;
    for (int i = 0; i < found.count; i++) {
        prove_equal(p, step, dag_mul2(d, dag_entry(d, found.setting[i], 0, NULL), gradient), u->index_count, u->index, &v);
        if (v.kind == VERDICT_PROVED)
            return UPDATE_ALONG;
    }
    if (v.kind != VERDICT_REFUTED)
        return UPDATE_OTHER;
    model_claim c = {.at = u->at, .line = u->line, .left = gradient, .right = dag_div(d, step, dag_entry(d, found.setting[0], 0, NULL)), .index_count = u->index_count, .text = "update"};
    memcpy(c.index, u->index, sizeof c.index);
    prove_claim(p, &c, &v);
    *diagnosis = v.diagnosis;
    return UPDATE_AGAINST;
}

const char *check_update_warning(const model *m, const model_update *u)
{
    return arena_printf(m->memory, "this step of `%s` is not along the gradient", model_var_name(m, u->var));
}

static void compare_updates(check_result *r, prover *p)
{
    model *m = r->page->model;
    for (int i = 0; i < m->update_count; i++) {
        const char *diagnosis = NULL;
        r->update[i] = check_update(m, p, &m->update[i], &diagnosis);
        if (r->update[i] != UPDATE_AGAINST)
            continue;
        diagnostic *g = diag_add(m->diagnostics, DIAG_WARNING, m->update[i].at, "%s", check_update_warning(m, &m->update[i]));
        if (diagnosis)
            diag_hint(g, CHECK_UPDATE_HINT, diagnosis);
    }
}

/* The members of a family are one claim: it has the verdict of its first failing member. */
static void join_families(check_result *r)
{
    static const int badness[] = {[VERDICT_PROVED] = 0, [VERDICT_REFUTED] = 3, [VERDICT_UNDECIDED] = 1, [VERDICT_NOT_UNDERSTOOD] = 2};
    const model *m = r->page->model;
    for (int i = 0; i < m->claim_count; i++)
        for (int k = i + 1; k < m->claim_count && r->decided[i]; k++) {
            if (!r->decided[k] || m->claim[k].left_syntax != m->claim[i].left_syntax || m->claim[k].step != m->claim[i].step)
                continue;
            if (badness[r->claim[k].kind] > badness[r->claim[i].kind] || (r->claim[i].vacuous && !r->claim[k].vacuous))
                r->claim[i] = r->claim[k];
            r->decided[k] = false;
        }
}

check_result check_page(page *pg, bool strict)
{
    return check_page_apart(pg, strict, 0, 0);
}

check_result check_page_apart(page *pg, bool strict, int jobs, double seconds)
{
    model *m = pg->model;
    check_result r = {.page = pg, .status = pg->diagnostics.errors ? STATUS_UNUSABLE : STATUS_GOOD};
    prover *p = prove_new(m, &(prove_options){0});
    bool whole = pg->diagnostics.errors == 0;
    r.claim = arena_alloc(pg->memory, (size_t)(m->claim_count + 1) * sizeof *r.claim);
    r.decided = arena_alloc(pg->memory, (size_t)(m->claim_count + 1) * sizeof *r.decided);
    r.update = arena_alloc(pg->memory, (size_t)(m->update_count + 1) * sizeof *r.update);
    r.equals = arena_alloc(pg->memory, (size_t)(m->var_count + 1) * sizeof *r.equals);
    memset(r.equals, -1, (size_t)(m->var_count + 1) * sizeof *r.equals);
    for (int i = 0; i < m->claim_count; i++) {
        const model_claim *c = &m->claim[i];
        if (!c->shape_error && (!c->left || !c->right))
            continue; /* its error has been reported */
        if (jobs == 0)
            prove_claim(p, c, &r.claim[i]);
        r.decided[i] = true;
    }
    if (jobs > 0)
        prove_batch(p, m, m->claim, m->claim_count, &(batch_options){jobs, seconds}, r.claim);
    join_families(&r);
    for (int i = 0; i < m->claim_count; i++)
        if (r.decided[i])
            count_verdict(&r, &m->claim[i], &r.claim[i]);
    if (whole) {
        compare_deltas(&r, p);
        compare_updates(&r, p);
    }
    prove_free(p);
    if (strict && pg->diagnostics.warnings)
        r.status = status_worse(r.status, STATUS_NO);
    return r;
}
