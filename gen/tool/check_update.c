/* Updates compared with the gradient. */
#include <string.h>

#include "gen/calculus/calculus.h"
#include "gen/tool/check.h"

typedef struct {
    model *m;
    bool state;
    const model_update *of;
    int setting[8], count;
} names_found;

/* A setting for all entries, or one for each. */
static bool has_axes_of(const model *m, int setting, const model_update *u)
{
    const model_var *a = &m->var[setting], *b = &m->var[u->var];
    for (int k = 0; k < a->axis_count; k++)
        if (a->axis_count != b->axis_count || a->axis_size[k] != b->axis_size[k])
            return false;
    return true;
}

static node setting_entry(model *m, int setting, const model_update *u)
{
    node at[MODEL_MAX_AXES];
    for (int k = 0; k < u->index_count; k++)
        at[k] = dag_index_node(m->dag, u->index[k]);
    return dag_entry(m->dag, setting, m->var[setting].axis_count, at);
}

static bool find_names(void *context, node n)
{
    names_found *f = context;
    if (dag_kind(f->m->dag, n) != NODE_ENTRY)
        return true;
    int var = dag_payload(f->m->dag, n);
    f->state |= f->m->var[var].role == ROLE_STATE;
    if (f->m->var[var].role == ROLE_HYPER && has_axes_of(f->m, var, f->of) && f->count < 8)
        f->setting[f->count++] = var;
    return true;
}

/* Does the page lower this objective by moving the parameter? One that says nothing moves all. */
static bool moves(const model_objective *o, int parameter)
{
    for (int i = 0; i < o->count; i++)
        if (o->over[i] == parameter)
            return true;
    return o->count == 0;
}

/* ∂(batch mean of the cost)/∂(the entry that the update moves); 0 if there is none. */
static node gradient_of(model *m, const model_objective *o, const model_update *u, node self)
{
    if (!o->cost || !moves(o, u->var))
        return 0;
    return calculus_derivative(m, dag_entry(m->dag, model_batch_mean(m, o->cost), 0, NULL), self, 0, u->at);
}

static bool is_along(model *m, prover *p, const model_update *u, const names_found *found, node step, node gradient, verdict *v)
{
    for (int i = 0; i < found->count; i++) {
        prove_equal(p, step, dag_mul2(m->dag, setting_entry(m, found->setting[i], u), gradient), u->index_count, u->index, v);
        if (v->kind == VERDICT_PROVED)
            return true;
    }
    return false;
}

update_relation check_update(model *m, prover *p, const model_update *u, const char **diagnosis)
{
    dag *d = m->dag;
    names_found found = {.m = m, .of = u};
    node at[MODEL_MAX_AXES];
    if (u->generated || m->var[u->var].role != ROLE_PARAM || !u->rhs)
        return UPDATE_OTHER;
    dag_visit(d, u->rhs, find_names, &found);
    if (found.state || found.count == 0)
        return UPDATE_OTHER;
    for (int k = 0; k < u->index_count; k++)
        at[k] = dag_index_node(d, u->index[k]);
    node self = dag_entry(d, u->var, u->index_count, at), step = dag_sub(d, self, dag_simplify(d, u->rhs)), nearest = 0;
    verdict v;
    for (int i = 0; i < m->objective_count; i++) {
        node gradient = gradient_of(m, &m->objective[i], u, self);
        if (gradient && is_along(m, p, u, &found, step, gradient, &v))
            return UPDATE_ALONG;
        if (gradient && v.kind != VERDICT_REFUTED)
            return UPDATE_OTHER; /* it may be the gradient of this one */
        nearest = nearest ? nearest : gradient;
    }
    if (!nearest)
        return UPDATE_OTHER;
    model_claim c = {.at = u->at,
                     .line = u->line,
                     .left = nearest,
                     .right = dag_div(d, step, setting_entry(m, found.setting[0], u)),
                     .index_count = u->index_count,
                     .text = "update"};
    memcpy(c.index, u->index, sizeof c.index);
    prove_claim(p, &c, &v);
    *diagnosis = v.diagnosis;
    return UPDATE_AGAINST;
}

const char *check_update_warning(const model *m, const model_update *u)
{
    return arena_printf(m->memory, "this step of `%s` is not along the gradient", model_var_name(m, u->var));
}
