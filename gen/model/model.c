/* The model as data: adding and finding, unfolding. */
#include "gen/model/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *grow(arena *a, void *list, int count, size_t item)
{
    if (count & (count - 1))
        return list; /* room is the next power of two */
    return arena_grow(a, list, (size_t)count * item, (size_t)(count ? 2 * count : 1) * item);
}

int model_find_size(const model *m, sym key)
{
    for (int i = 0; i < m->size_count; i++)
        if (m->size[i].key == key)
            return i;
    return -1;
}

/* Keys are small integers: a table by key. */
int model_find_var(const model *m, sym key)
{
    return key > 0 && key < m->by_key_room ? m->by_key[key] - 1 : -1;
}

static void note_key(model *m, sym key, int var)
{
    if (key <= 0)
        return;
    if (key >= m->by_key_room) {
        int room = m->by_key_room ? m->by_key_room : 256;
        while (room <= key)
            room *= 2;
        int *table = arena_alloc(m->memory, (size_t)room * sizeof *table);
        if (m->by_key_room)
            memcpy(table, m->by_key, (size_t)m->by_key_room * sizeof *table);
        m->by_key = table;
        m->by_key_room = room;
    }
    if (!m->by_key[key])
        m->by_key[key] = var + 1;
}

int model_add_var(model *m, const model_var *v)
{
    m->var = grow(m->memory, m->var, m->var_count, sizeof *m->var);
    m->of_var = grow(m->memory, m->of_var, m->var_count, sizeof *m->of_var);
    m->var[m->var_count] = *v;
    m->of_var[m->var_count] = (model_id_list){0};
    if (v->role != ROLE_ADJOINT && v->role != ROLE_LOCAL && v->role != ROLE_AUXILIARY)
        note_key(m, v->key, m->var_count);
    return m->var_count++;
}

int model_add_equation(model *m, const model_equation *e)
{
    m->equation = grow(m->memory, m->equation, m->equation_count, sizeof *m->equation);
    m->equation[m->equation_count] = *e;
    model_id_list *l = &m->of_var[e->var];
    l->list = grow(m->memory, l->list, l->count, sizeof *l->list);
    l->list[l->count++] = m->equation_count;
    return m->equation_count++;
}

int model_equations_of(const model *m, int var, const int **list)
{
    *list = m->of_var[var].list;
    return m->of_var[var].count;
}

const char *model_var_name(const model *m, int var)
{
    const model_var *v = &m->var[var];
    if (v->text)
        return intern_text(m->names, v->text);
    return v->key ? intern_text(m->names, intern_spelling(m->names, v->key)) : "?";
}

void model_free(model *m)
{
    if (m)
        dag_free(m->dag);
}

/* Does the equation hold at `at`? Conditions that are not decided by ranges are collected into *guard. */
static truth equation_applies(model *m, const model_equation *e, int axes, const node *at, node *guard)
{
    dag *d = m->dag;
    *guard = 0;
    for (int k = 0; k < axes; k++) {
        node conditions[2] = {0, 0};
        if (dag_kind(d, e->at[k]) == NODE_INDEX) {
            const dag_index_info *x = dag_index_get(d, dag_payload(d, e->at[k]));
            if (x->sample)
                continue;
            conditions[0] = dag_compare(d, COMPARE_LESS_EQUAL, x->lo, at[k]);
            conditions[1] = dag_compare(d, COMPARE_LESS_EQUAL, at[k], x->hi);
        } else {
            conditions[0] = dag_compare(d, COMPARE_EQUAL, at[k], e->at[k]);
        }
        for (int i = 0; i < 2; i++) {
            if (!conditions[i] || dag_is_int(d, conditions[i], 1))
                continue;
            if (dag_is_int(d, conditions[i], 0))
                return TRUTH_NO;
            *guard = *guard ? dag_fun(d, OP_AND, 2, (node[]){*guard, conditions[i]}) : conditions[i];
        }
    }
    return *guard ? TRUTH_UNKNOWN : TRUTH_YES;
}

static node equation_at(model *m, const model_equation *e, int axes, const node *at, bool raw)
{
    node from[MODEL_MAX_AXES], to[MODEL_MAX_AXES];
    int count = 0;
    for (int k = 0; k < axes; k++) {
        if (dag_kind(m->dag, e->at[k]) != NODE_INDEX || e->at[k] == at[k])
            continue;
        from[count] = e->at[k];
        to[count++] = at[k];
    }
    return dag_substitute(m->dag, e->rhs, count, from, to, raw);
}

node model_unfold(model *m, int var, const node *at, bool raw)
{
    const int *list;
    int count = model_equations_of(m, var, &list), axes = m->var[var].axis_count;
    node result = 0;
    /* The last candidate needs no guard: entries outside every range are not asked for. */
    for (int i = count - 1; i >= 0; i--) {
        model_equation e = m->equation[list[i]];
        node guard;
        truth t = equation_applies(m, &e, axes, at, &guard);
        if (t == TRUTH_NO)
            continue;
        node value = equation_at(m, &e, axes, at, raw);
        if (t == TRUTH_YES)
            return value;
        result = result ? dag_raw_if(m->dag, guard, value, result) : value;
    }
    return result;
}

int model_builtin(model *m, function_kind kind)
{
    for (int i = 0; i < m->function_count; i++)
        if (m->function[i].kind == kind)
            return i;
    m->function = grow(m->memory, m->function, m->function_count, sizeof *m->function);
    m->function[m->function_count] = (model_function){.key = intern_puts(m->names, kind == FUNCTION_DET ? "det" : "inv"), .kind = kind, .param_count = 1, .at = {.source = -1}};
    return m->function_count++;
}

void model_fix_given(model *m)
{
    const int *list;
    for (int v = 0; v < m->var_count; v++) {
        const model_var *q = &m->var[v];
        if (q->role != ROLE_GIVEN || q->init.kind != INIT_VALUE || model_equations_of(m, v, &list) > 0)
            continue;
        model_equation e = {.var = v, .index_count = q->axis_count, .rhs = q->init.a, .where = q->at, .line = q->line};
        for (int k = 0; k < q->axis_count; k++) {
            e.index[k] = q->init.index[k];
            e.at[k] = dag_index_node(m->dag, e.index[k]);
        }
        model_add_equation(m, &e);
    }
}

/* C̄ for C, C̄2 for C2, mean_loss for loss. */
static const char *mean_name(const model *m, node per_sample)
{
    const char *name = dag_kind(m->dag, per_sample) == NODE_ENTRY ? model_var_name(m, dag_payload(m->dag, per_sample)) : "cost";
    size_t first = 1;
    while (((unsigned char)name[first] & 0xc0) == 0x80)
        first++;
    if (name[first + strspn(name + first, "0123456789")] != 0)
        return arena_printf(m->memory, "mean_%s", name);
    return arena_printf(m->memory, "%.*s\xcc\x84%s", (int)first, name, name + first);
}

bool model_claim_stands(const model_claim *c)
{
    return c->shape_error || c->unknown || (c->left && c->right);
}

bool model_has_lbfgs(const model *m)
{
    for (int i = 0; i < m->phase_count; i++)
        if (m->phase[i].lbfgs)
            return true;
    return false;
}

int model_batch_mean(model *m, node per_sample)
{
    if (m->batch_mean < m->var_count && m->var[m->batch_mean].role == ROLE_AUXILIARY && m->var[m->batch_mean].of == per_sample)
        return m->batch_mean;
    for (int i = 0; i < m->var_count; i++)
        if (m->var[i].role == ROLE_AUXILIARY && m->var[i].of == per_sample)
            return m->batch_mean = i;
    dag *d = m->dag;
    node mean = per_sample;
    for (int p = 0; p < m->population_count; p++) {
        int s = m->sample_index[p];
        if (!dag_has_index(d, mean, s))
            continue;
        node batch = dag_add2(d, dag_index_get(d, s)->hi, dag_int(d, 1));
        mean = dag_mul2(d, dag_pow(d, batch, dag_int(d, -1)), dag_raw_reduce(d, REDUCE_SUM, s, dag_int(d, 0), dag_index_get(d, s)->hi, 0, mean));
    }
    model_var v = {.role = ROLE_AUXILIARY, .of = per_sample};
    v.text = intern_puts(m->names, mean_name(m, per_sample));
    int var = m->batch_mean = model_add_var(m, &v);
    model_add_equation(m, &(model_equation){.var = var, .rhs = mean, .where = {.source = m->source}});
    return var;
}
