/* The training program: gradients of the batch means, everything the updates need. */
#include <string.h>

#include "gen/calculus/sweep.h"

static bool moved_by(const model_objective *o, int param)
{
    for (int i = 0; i < o->count; i++)
        if (o->over[i] == param)
            return true;
    return o->count == 0;
}

static void add_gradient(calculus *x, const model_objective *o, int param)
{
    model *m = x->m;
    dag *d = m->dag;
    model_update g = {.var = param, .at = o->at, .line = m->var[param].line, .generated = true};
    node at[MODEL_MAX_AXES];
    for (int k = 0; k < m->var[param].axis_count; k++) {
        char text[16];
        snprintf(text, sizeof text, "·%d", k);
        int index = dag_index(d, intern_puts(m->names, text), dag_int(d, 0), dag_add2(d, m->var[param].axis_size[k], dag_int(d, -1)));
        g.index[g.index_count++] = index;
        at[k] = dag_index_node(d, index);
    }
    g.rhs = sweep_adjoint(x, dag_entry(d, o->mean, 0, NULL), dag_entry(d, param, m->var[param].axis_count, at), 0, o->at);
    if (!g.rhs)
        return;
    if ((m->gradient_count & (m->gradient_count - 1)) == 0) {
        model_update *bigger = arena_alloc(m->memory, (size_t)(m->gradient_count ? 2 * m->gradient_count : 1) * sizeof *bigger);
        if (m->gradient_count)
            memcpy(bigger, m->gradient, (size_t)m->gradient_count * sizeof *bigger);
        m->gradient = bigger;
    }
    m->gradient[m->gradient_count++] = g;
}

void calculus_train(model *m)
{
    calculus *x = calculus_of(m);
    for (int i = 0; i < m->objective_count; i++) {
        if (!m->objective[i].cost)
            continue;
        int mean = model_batch_mean(m, m->objective[i].cost);
        m->objective[i].mean = mean;
        if (mean >= x->room || x->position[mean] < 0)
            calculus_place(x, mean);
    }
    if (m->objective_count && m->objective[0].mean >= 0)
        for (int p = 0, vars = m->var_count; p < vars; p++)
            if (m->var[p].role == ROLE_PARAM && moved_by(&m->objective[0], p))
                add_gradient(x, &m->objective[0], p);
    matrix_expand(m);
    m->order = x->order;
    m->order_count = x->order_count;
}
