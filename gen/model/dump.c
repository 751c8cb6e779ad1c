/* The model and its DAG as text, one thing a line, the same from run to run. */
#include <gmp.h>
#include <stdlib.h>

#include "gen/dag/ops.h"
#include "gen/model/model.h"

static const char *spelling(const model *m, sym key)
{
    return key ? intern_text(m->names, intern_spelling(m->names, key)) : "?";
}

/* --- the model --- */

static const char *role_name(var_role role)
{
    static const char *const name[] = {
        [ROLE_NONE] = "none",       [ROLE_INPUT] = "input",         [ROLE_TARGET] = "target", [ROLE_GIVEN] = "given",       [ROLE_NOISE] = "noise",
        [ROLE_PARAM] = "param",     [ROLE_HYPER] = "hyper",         [ROLE_STATE] = "state",   [ROLE_VARIABLE] = "variable", [ROLE_DEFINED] = "defined",
        [ROLE_ADJOINT] = "adjoint", [ROLE_AUXILIARY] = "auxiliary", [ROLE_LOCAL] = "local",   [ROLE_SYSTEM] = "system"};
    return name[role];
}

static void dump_node(const model *m, buffer *out, node n)
{
    if (n)
        model_print_index(m, out, n);
    else
        buffer_puts(out, "none");
}

static void dump_sizes(const model *m, buffer *out)
{
    for (int i = 0; i < m->size_count; i++) {
        const model_size *s = &m->size[i];
        buffer_printf(out, "size %s", spelling(m, s->key));
        if (s->value)
            buffer_printf(out, " = %ld", s->value);
        if (s->equals) {
            buffer_puts(out, " = ");
            dump_node(m, out, s->equals);
        }
        if (s->population >= 0)
            buffer_printf(out, " samples of population %d", s->population);
        buffer_puts(out, "\n");
    }
}

static void dump_axes(const model *m, buffer *out, const model_var *v)
{
    if (v->axis_count == 0)
        return;
    buffer_puts(out, "[");
    for (int k = 0; k < v->axis_count; k++) {
        if (k)
            buffer_puts(out, ", ");
        if (k == 0 && v->sample)
            buffer_puts(out, "sample ");
        dump_node(m, out, v->axis_size[k]);
        if (v->axis_start[k] && !dag_is_int(m->dag, v->axis_start[k], 0)) {
            buffer_puts(out, " from ");
            dump_node(m, out, v->axis_start[k]);
        }
        if (v->pad[k])
            buffer_printf(out, " pad %ld", v->pad[k]);
    }
    buffer_puts(out, "]");
}

static void dump_init(const model *m, buffer *out, const model_init *init)
{
    static const char *const name[] = {
        [INIT_DEFAULT] = "",         [INIT_VALUE] = " = ",          [INIT_GLOROT] = " ~ glorot",       [INIT_HE] = " ~ he",      [INIT_LECUN] = " ~ lecun",
        [INIT_NORMAL] = " ~ normal", [INIT_UNIFORM] = " ~ uniform", [INIT_BERNOULLI] = " ~ bernoulli", [INIT_ARRAY] = " = array"};
    buffer_puts(out, name[init->kind]);
    bool call = init->kind != INIT_VALUE && init->a;
    buffer_puts(out, call ? "(" : "");
    if (init->a)
        dump_node(m, out, init->a);
    if (init->b) {
        buffer_puts(out, ", ");
        dump_node(m, out, init->b);
    }
    buffer_puts(out, call ? ")" : "");
}

static void dump_variables(const model *m, buffer *out)
{
    for (int i = 0; i < m->var_count; i++) {
        const model_var *v = &m->var[i];
        buffer_printf(out, "%d: %s %s", i, role_name(v->role), model_var_name(m, i));
        dump_axes(m, out, v);
        if (v->integer)
            buffer_puts(out, " : int");
        dump_init(m, out, &v->init);
        if (v->line)
            buffer_printf(out, "   # line %d", v->line);
        buffer_puts(out, "\n");
    }
    for (int i = 0; i < m->function_count; i++) {
        buffer_printf(out, "function %s", spelling(m, m->function[i].key));
        if (m->function[i].param_count)
            buffer_printf(out, " of %d", m->function[i].param_count);
        buffer_puts(out, m->function[i].body ? "\n" : ", abstract\n");
    }
}

static void dump_range(const model *m, buffer *out, int index)
{
    const dag_index_info *x = dag_index_get(m->dag, index);
    buffer_printf(out, " %s in ", x->name ? spelling(m, x->name) : x->sample ? "s" : "?");
    dump_node(m, out, x->lo);
    buffer_puts(out, "..");
    dump_node(m, out, x->hi);
}

static void dump_ranges(const model *m, buffer *out, int count, const int *index)
{
    for (int k = 0; k < count; k++) {
        buffer_puts(out, k ? "," : "   for");
        dump_range(m, out, index[k]);
    }
}

static void dump_equations(const model *m, buffer *out)
{
    for (int i = 0; i < m->equation_count; i++) {
        const model_equation *e = &m->equation[i];
        model_print_index(m, out, dag_entry(m->dag, e->var, m->var[e->var].axis_count, e->at));
        buffer_puts(out, " = ");
        dump_node(m, out, e->rhs);
        dump_ranges(m, out, e->index_count, e->index);
        if (e->line)
            buffer_printf(out, "   # line %d", e->line);
        buffer_puts(out, "\n");
    }
}

static void dump_order(const model *m, buffer *out)
{
    buffer_puts(out, "order");
    for (int i = 0; i < m->order_count; i++)
        buffer_printf(out, " %s", model_var_name(m, m->order[i]));
    buffer_puts(out, "\n");
}

static void dump_claims(const model *m, buffer *out)
{
    for (int i = 0; i < m->claim_count; i++) {
        const model_claim *c = &m->claim[i];
        buffer_printf(out, "claim %d.%d ", c->line, c->step);
        dump_node(m, out, c->left);
        buffer_puts(out, " = ");
        dump_node(m, out, c->right);
        dump_ranges(m, out, c->index_count, c->index);
        if (c->shape_error)
            buffer_printf(out, "   # %s", c->shape_error);
        buffer_puts(out, "\n");
    }
    for (int i = 0; i < m->assumption_count; i++) {
        buffer_puts(out, "assume ");
        dump_node(m, out, m->assumption[i].condition);
        dump_ranges(m, out, m->assumption[i].index_count, m->assumption[i].index);
        buffer_puts(out, "\n");
    }
}

static void dump_updates(const model *m, buffer *out, const char *word, const model_update *list, int count)
{
    for (int i = 0; i < count; i++) {
        const model_update *u = &list[i];
        buffer_printf(out, "%s %d: %s", word, u->group, model_var_name(m, u->var));
        for (int k = 0; k < u->index_count; k++) {
            const dag_index_info *x = dag_index_get(m->dag, u->index[k]);
            buffer_printf(out, "%s%s", k ? ", " : "[", x->name ? spelling(m, x->name) : "?");
        }
        buffer_puts(out, u->index_count ? "] ← " : " ← ");
        dump_node(m, out, u->rhs);
        buffer_puts(out, u->generated ? "   # generated\n" : "\n");
    }
}

static void dump_goals(const model *m, buffer *out)
{
    for (int i = 0; i < m->objective_count; i++) {
        buffer_puts(out, "minimize ");
        dump_node(m, out, m->objective[i].cost);
        for (int k = 0; k < m->objective[i].count; k++)
            buffer_printf(out, "%s%s", k ? ", " : " over ", model_var_name(m, m->objective[i].over[k]));
        buffer_puts(out, "\n");
    }
    for (int i = 0; i < m->mean_count; i++) {
        buffer_printf(out, "mean %s = ", model_var_name(m, m->mean[i].var));
        dump_node(m, out, m->mean[i].value);
        buffer_puts(out, "\n");
    }
    for (int i = 0; i < m->metric_count; i++) {
        buffer_printf(out, "metric %s = ", spelling(m, m->metric[i].name));
        dump_node(m, out, m->metric[i].value);
        buffer_puts(out, "\n");
    }
    for (int i = 0; i < m->output_count; i++)
        buffer_printf(out, "output %s\n", model_var_name(m, m->output[i]));
}

void model_dump(const model *m, buffer *out)
{
    dump_sizes(m, out);
    dump_variables(m, out);
    dump_equations(m, out);
    dump_order(m, out);
    dump_claims(m, out);
    dump_goals(m, out);
    dump_updates(m, out, "gradient", m->gradient, m->gradient_count);
    dump_updates(m, out, "update", m->update, m->update_count);
}

/* --- the DAG --- */

static const char *kind_name(node_kind kind)
{
    static const char *const name[] = {"NONE", "NUMBER", "SIZE",    "INDEX", "BOUND",  "ENTRY",  "APPLY", "ADD", "MUL",
                                       "POW",  "FUN",    "COMPARE", "IF",    "REDUCE", "LAMBDA", "DIFF",  "AT"};
    return name[kind];
}

static void dump_number(const model *m, buffer *out, node n)
{
    const mpq_t *v = dag_value(m->dag, n);
    char *text = xmalloc(mpz_sizeinbase(mpq_numref(*v), 10) + mpz_sizeinbase(mpq_denref(*v), 10) + 3);
    buffer_printf(out, " %s", mpq_get_str(text, 10, *v));
    free(text);
}

static void dump_signature(const model *m, buffer *out, const dag_signature *g)
{
    buffer_printf(out, " %s", spelling(m, m->function[g->function].key));
    for (int i = 0; i < g->derivative_count; i++)
        buffer_printf(out, "%s%d", i ? "," : "^", g->derivative[i]);
}

static void dump_index(const model *m, buffer *out, int index)
{
    const dag_index_info *x = dag_index_get(m->dag, index);
    buffer_printf(out, " %s #%d (%d..%d%s)", x->name ? spelling(m, x->name) : "?", index, x->lo, x->hi, x->sample ? " sample" : "");
}

static void dump_payload(const model *m, buffer *out, node n)
{
    static const char *const compares[] = {"==", "!=", "<", "<="};
    const dag *d = m->dag;
    int32_t p = dag_payload(d, n);
    switch (dag_kind(d, n)) {
    case NODE_NUMBER: dump_number(m, out, n); break;
    case NODE_SIZE: buffer_printf(out, " %s", spelling(m, m->size[p].key)); break;
    case NODE_INDEX: dump_index(m, out, p); break;
    case NODE_BOUND: buffer_printf(out, " level %d", p); break;
    case NODE_ENTRY: buffer_printf(out, " %s #%d", model_var_name(m, p), p); break;
    case NODE_APPLY: dump_signature(m, out, dag_signature_get(d, p)); break;
    case NODE_FUN: buffer_printf(out, " %s", op_get((op)p)->name); break;
    case NODE_COMPARE: buffer_printf(out, " %s", compares[p]); break;
    case NODE_REDUCE: buffer_printf(out, " %s", reduction_get((reduction)p)->name); break;
    case NODE_DIFF:
        for (int i = 0; i < dag_hold_count(d, p); i++)
            buffer_printf(out, " hold %s", model_var_name(m, dag_hold_get(d, p, i)));
        break;
    default: break;
    }
}

void model_dump_dag(const model *m, buffer *out)
{
    const dag *d = m->dag;
    for (node n = 1; n <= dag_size(d); n++) {
        buffer_printf(out, "%d = %s", n, kind_name(dag_kind(d, n)));
        dump_payload(m, out, n);
        for (int i = 0; i < dag_count(d, n); i++)
            buffer_printf(out, " %d", dag_child(d, n, i));
        buffer_puts(out, "\n");
    }
}
