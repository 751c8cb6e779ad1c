/* The passes in order, and the first one: the model's variables, equations, updates, gradients and sums as one list of equations to compute. */
#include "gen/lower/lower.h"

#include <stdlib.h>
#include <string.h>

#include "gen/lower/lower_private.h"
#include "gen/lower/place.h"
#include "gen/lower/product.h"
#include "grammar/arena.h"

int lower_add_var(lower_program *p, const lower_var *v)
{
    if (p->var_count == p->var_room) {
        /* The model's own, their new values and gradients; further ones are few. */
        size_t held = (size_t)p->var_room * sizeof *p->var;
        p->var_room = p->var_count ? p->var_count + p->var_count / 2 : p->m->var_count + p->m->update_count + p->m->gradient_count + 64;
        p->var = arena_grow(p->memory, p->var, held, (size_t)p->var_room * sizeof *p->var);
    }
    p->var[p->var_count] = *v;
    if (p->checkpoint)
        lower_widen(p, &p->var[p->var_count]);
    return p->var_count++;
}

int lower_add_equation(lower_program *p, const lower_equation *e)
{
    if (p->equation_count == p->equation_room) {
        size_t held = (size_t)p->equation_room * sizeof *p->equation;
        p->equation_room = p->equation_count ? p->equation_count + p->equation_count / 2 : p->m->equation_count + p->m->update_count + p->m->gradient_count + 64;
        p->equation = arena_grow(p->memory, p->equation, held, (size_t)p->equation_room * sizeof *p->equation);
    }
    p->equation[p->equation_count] = *e;
    return p->equation_count++;
}

lower_statement *lower_statement_new(lower_program *p, lower_kind kind)
{
    lower_statement *s = arena_alloc(p->memory, sizeof *s);
    s->kind = kind;
    return s;
}

int lower_axis_at(const lower_var *v, int position)
{
    return position == 0 ? v->major : position <= v->major ? position - 1 : position;
}

int lower_axis_position(const lower_var *v, int axis)
{
    return axis == v->major ? 0 : axis < v->major ? axis + 1 : axis;
}

const char *lower_var_name(const lower_program *p, int var)
{
    const lower_var *v = &p->var[var];
    if (v->model_var >= 0 && v->model_var == var)
        return model_var_name(p->m, var);
    return v->stem;
}

static lower_place place_of(const model_var *v)
{
    switch (v->role) {
    case ROLE_INPUT:
    case ROLE_TARGET:
    case ROLE_NOISE: return LOWER_IN;
    case ROLE_PARAM: return LOWER_PARAMS;
    case ROLE_STATE:
    case ROLE_GIVEN:
    case ROLE_HYPER: return LOWER_STATE;
    case ROLE_SYSTEM: return v->sample ? LOWER_IN : LOWER_WORK;
    case ROLE_DEFINED:
    case ROLE_ADJOINT:
    case ROLE_AUXILIARY: return LOWER_WORK;
    default: return LOWER_NOWHERE;
    }
}

/* Which population's samples does a size count? −1: it is no number of samples. */
static int population_of_size(const model *m, node size)
{
    return dag_kind(m->dag, size) == NODE_SIZE ? m->size[dag_payload(m->dag, size)].population : -1;
}

static void take_var(lower_program *p, int i)
{
    const model *m = p->m;
    const model_var *v = &m->var[i];
    lower_var l = {.place = place_of(v), .model_var = i, .integer = v->integer, .per_sample = v->sample, .population = v->population, .line = v->line, .equation = -1};
    l.integer = l.integer && l.place != LOWER_WORK; /* what is computed is real; an index made from it is cast */
    l.stem = intern_text(m->names, v->key);
    if (v->role == ROLE_ADJOINT && v->by >= 0)
        l.stem = arena_printf(p->memory, "d_%s", intern_text(m->names, m->var[v->by].key));
    if (v->role == ROLE_AUXILIARY)
        l.stem = model_var_name(m, i);
    l.axis_count = v->axis_count;
    for (int k = 0; k < v->axis_count; k++) {
        dag *d = m->dag;
        node start = v->axis_start[k] ? v->axis_start[k] : dag_int(d, 0);
        node stop = v->axis_stop[k] ? v->axis_stop[k] : dag_add2(d, v->axis_size[k], dag_int(d, -1));
        l.start[k] = start;
        l.size[k] = dag_add(d, 3, (node[]){stop, dag_neg(d, start), dag_int(d, 1)});
    }
    if (v->sample && v->axis_count)
        l.population = population_of_size(m, v->axis_size[0]);
    lower_add_var(p, &l);
}

static void take_equation(lower_program *p, const model_equation *q)
{
    lower_equation e = {.var = q->var, .index_count = q->index_count, .rhs = q->rhs, .line = q->line, .population = -1};
    int axes = p->m->var[q->var].axis_count;
    for (int k = 0; k < q->index_count; k++)
        e.index[k] = q->index[k];
    for (int k = 0; k < axes; k++)
        e.at[k] = q->at[k];
    e.left = dag_entry(p->m->dag, q->var, axes, q->at);
    e.right = q->rhs;
    lower_add_equation(p, &e);
}

/* A variable of the shape of `like`, filled with rhs at all its entries. */
static int take_copy(lower_program *p, const model_update *u, lower_place place, const char *prefix)
{
    dag *d = p->m->dag;
    lower_var v = p->var[u->var];
    v.place = place;
    v.model_var = u->var;
    v.stem = arena_printf(p->memory, "%s%s", prefix, v.stem);
    v.line = u->line;
    int var = lower_add_var(p, &v);
    lower_equation e = {.var = var, .index_count = u->index_count, .rhs = u->rhs, .line = u->line, .population = -1};
    for (int k = 0; k < u->index_count; k++) {
        e.index[k] = u->index[k];
        e.at[k] = dag_index_node(d, u->index[k]);
    }
    e.left = dag_entry(d, u->var, u->index_count, e.at);
    e.right = u->rhs;
    lower_add_equation(p, &e);
    return var;
}

static void take_updates(lower_program *p)
{
    const model *m = p->m;
    p->group_count = m->group_count > 0 ? m->group_count : 1;
    p->commit = arena_alloc(p->memory, (size_t)(m->update_count + 1) * sizeof *p->commit);
    for (int i = 0; i < m->update_count; i++) {
        const model_update *u = &m->update[i];
        int fresh = take_copy(p, u, LOWER_WORK, "new_");
        p->commit[p->commit_count++] = (lower_commit){u->var, fresh, u->group};
        if (u->group >= p->group_count)
            p->group_count = u->group + 1;
    }
    p->gradient = arena_alloc(p->memory, (size_t)(m->gradient_count + 1) * sizeof(int));
    for (int i = 0; i < m->gradient_count; i++)
        p->gradient[i] = take_copy(p, &m->gradient[i], LOWER_GRAD, "");
    if (LOWER_STEP + p->group_count > LOWER_MAX_EVENTS) {
        diag_add(m->diagnostics, DIAG_ERROR, m->update[m->update_count - 1].at, "more than %d groups of updates", LOWER_MAX_EVENTS - LOWER_STEP);
        p->failed = true;
    }
}

/* The sample index in n; the main population's when there is none. */
static int sample_index_in(const lower_program *p, node n)
{
    const model *m = p->m;
    for (int k = 0; k < m->population_count && m->sample_index; k++)
        if (dag_has_index(m->dag, n, m->sample_index[k]))
            return m->sample_index[k];
    return m->sample_index ? m->sample_index[0] : -1;
}

static void take_sum(lower_program *p, node value, int mean, const char *stem, const char *note)
{
    dag *d = p->m->dag;
    int index = sample_index_in(p, value);
    lower_var v = {.place = LOWER_WORK, .model_var = -1, .stem = stem, .equation = -1};
    lower_equation e = {.var = lower_add_var(p, &v), .population = -1, .note = note};
    if (index < 0) {
        e.rhs = value;
    } else if (dag_has_index(d, value, index)) {
        const dag_index_info *x = dag_index_get(d, index);
        e.rhs = dag_raw_reduce(d, REDUCE_SUM, index, x->lo, x->hi, 0, value);
    } else {
        const dag_index_info *x = dag_index_get(d, index);
        node count = dag_add(d, 3, (node[]){x->hi, dag_neg(d, x->lo), dag_int(d, 1)});
        e.rhs = dag_raw_mul(d, 2, (node[]){count, value});
    }
    lower_add_equation(p, &e);
    p->sum[p->sum_count++] = (lower_sum){e.var, mean};
}

static bool is_mean_var(const lower_program *p, int var)
{
    for (int i = 0; i < p->m->mean_count; i++)
        if (p->m->mean[i].var == var)
            return true;
    return false;
}

/* Entries and sizes in a metric outside its means (settings, parameters): metric_values only sees means, so each becomes the mean of a constant. */
static node metric_constants(lower_program *p, node n, int_map *known)
{
    dag *d = p->m->dag;
    if (!dag_has_kind(d, n, NODE_ENTRY) && !dag_has_kind(d, n, NODE_SIZE))
        return n;
    if (dag_kind(d, n) == NODE_ENTRY && is_mean_var(p, dag_payload(d, n)))
        return n;
    bool mean_inside = false;
    for (int i = 0; i < p->m->mean_count; i++)
        mean_inside = mean_inside || dag_has_variable(d, n, p->m->mean[i].var);
    if (mean_inside) {
        int count = dag_count(d, n);
        node *child = arena_alloc(p->memory, (size_t)count * sizeof *child);
        for (int i = 0; i < count; i++)
            child[i] = metric_constants(p, dag_child(d, n, i), known);
        return dag_rebuild(d, n, child, true);
    }
    int var = int_map_get(known, n);
    if (!var) {
        lower_var v = {.place = LOWER_LOCAL, .model_var = -1, .stem = arena_printf(p->memory, "constant_%d", p->extra_count), .equation = -1};
        var = lower_add_var(p, &v);
        int_map_put(known, n, var);
        p->extra_metric_var[p->extra_count++] = var;
        take_sum(p, n, -1, arena_printf(p->memory, "sum_constant_%d", p->extra_count), "a constant of a metric, summed over the samples");
    }
    return dag_entry(d, var, 0, NULL);
}

static int count_nodes(dag *d, node n)
{
    int total = 1;
    for (int i = 0; i < dag_count(d, n) && total < 4096; i++)
        total += count_nodes(d, dag_child(d, n, i));
    return total;
}

static void take_sums(lower_program *p)
{
    const model *m = p->m;
    int room = 2 + m->mean_count, extra = 1;
    for (int i = 0; i < m->metric_count; i++)
        extra += count_nodes(m->dag, m->metric[i].value);
    p->sum = arena_alloc(p->memory, (size_t)(room + extra) * sizeof *p->sum);
    p->extra_metric_var = arena_alloc(p->memory, (size_t)extra * sizeof(int));
    p->metric_value = arena_alloc(p->memory, (size_t)(m->metric_count + 1) * sizeof(node));
    if (m->objective_count)
        take_sum(p, m->objective[0].cost, -1, "sum_cost", "the cost, summed over the samples");
    for (int i = 0; i < m->mean_count; i++)
        take_sum(p, m->mean[i].value, i, arena_printf(p->memory, "sum_mean_%d", i + 1), "a metric, summed over the samples");
    int_map known = {0};
    for (int i = 0; i < m->metric_count; i++)
        p->metric_value[i] = metric_constants(p, m->metric[i].value, &known);
    int_map_free(&known);
}

/* What runs needs a body for each abstract function. */
static bool note_abstract(void *context, node n)
{
    lower_program *p = context;
    const model *m = p->m;
    if (dag_kind(m->dag, n) != NODE_APPLY)
        return true;
    const model_function *f = &m->function[dag_signature_get(m->dag, dag_payload(m->dag, n))->function];
    const char *name = intern_text(m->names, intern_spelling(m->names, f->key));
    diagnostic *g = diag_add(m->diagnostics, DIAG_ERROR, f->at, "the function %s has no body, and what runs needs one", name);
    diag_hint(g, "give it one: --define '%s(u) = tanh(u)'", name);
    p->failed = true;
    return true;
}

/* A free symbol has no value: it stands in claims, and in definitions that only claims use. */
static bool note_variable(void *context, node n)
{
    lower_program *p = context;
    const model *m = p->m;
    int var = dag_kind(m->dag, n) == NODE_ENTRY ? dag_payload(m->dag, n) : -1;
    if (var < 0 || var >= m->var_count || m->var[var].role != ROLE_VARIABLE || p->var[var].line < 0)
        return true;
    p->var[var].line = -1; /* told */
    diagnostic *g = diag_add(m->diagnostics, DIAG_ERROR, m->var[var].at, "`%s` is a variable of claims, and what runs needs its value", model_var_name(m, var));
    diag_hint(g, "declare it as an input, a given array, a setting or a parameter");
    p->failed = true;
    return true;
}

static void refuse_abstract(lower_program *p)
{
    bool variables = false;
    for (int v = 0; v < p->m->var_count; v++)
        variables |= p->m->var[v].role == ROLE_VARIABLE;
    for (int i = 0; i < p->equation_count && variables; i++)
        if (p->equation[i].events)
            dag_visit(p->m->dag, p->equation[i].rhs, note_variable, p);
    for (int i = 0; i < p->equation_count; i++)
        if (p->equation[i].events && dag_has_kind(p->m->dag, p->equation[i].rhs, NODE_APPLY))
            dag_visit(p->m->dag, p->equation[i].rhs, note_abstract, p);
}

/* The array in work memory that the equation copies as a whole; −1: it does something else. */
static int copied_array(const lower_program *p, const lower_equation *e)
{
    const dag *d = p->m->dag;
    if (dag_kind(d, e->rhs) != NODE_ENTRY || dag_payload(d, e->rhs) >= p->m->var_count)
        return -1;
    const lower_var *v = &p->var[e->var], *u = &p->var[dag_payload(d, e->rhs)];
    if (u->place != LOWER_WORK || u->axis_count != v->axis_count || u->axis_count == 0 || e->index_count != v->axis_count)
        return -1;
    for (int k = 0; k < v->axis_count; k++)
        if (u->size[k] != v->size[k] || u->start[k] != v->start[k] || dag_child(d, e->rhs, k) != e->at[k] || dag_kind(d, e->at[k]) != NODE_INDEX)
            return -1;
    return dag_payload(d, e->rhs);
}

static void take_outputs(lower_program *p)
{
    const model *m = p->m;
    int *writers = xcalloc((size_t)p->var_count + 1, sizeof *writers), *last = xcalloc((size_t)p->var_count + 1, sizeof *last);
    p->output = arena_alloc(p->memory, (size_t)(m->output_count + 1) * sizeof *p->output);
    for (int i = 0; i < p->equation_count; i++)
        writers[p->equation[i].var]++, last[p->equation[i].var] = i;
    for (int i = 0; i < m->output_count; i++) {
        int var = m->output[i], from = writers[var] == 1 && p->var[var].place == LOWER_WORK ? copied_array(p, &p->equation[last[var]]) : -1;
        p->output[i] = from >= 0 ? from : var;
    }
    free(writers), free(last);
}

typedef struct {
    const dag *d;
    int *readers; /* per variable */
} reader_count;

static bool count_reader(void *context, node n)
{
    reader_count *r = context;
    if (dag_kind(r->d, n) == NODE_ENTRY)
        r->readers[dag_payload(r->d, n)]++;
    return true;
}

/* What gradient() alone computes, and only to copy it, is computed where it is wanted. */
static void fill_gradients(lower_program *p)
{
    const uint64_t event = UINT64_C(1) << LOWER_GRADIENT;
    reader_count r = {p->m->dag, xcalloc((size_t)p->var_count + 1, sizeof(int))};
    int *target = xcalloc((size_t)p->var_count + 1, sizeof *target); /* per variable: 1 + the one that is its copy */
    for (int i = 0; i < p->equation_count; i++)
        if (p->equation[i].events)
            dag_visit(p->m->dag, p->equation[i].rhs, count_reader, &r);
    for (int i = 0; i < p->equation_count; i++) {
        const lower_equation *e = &p->equation[i];
        int from = e->events == event && p->var[e->var].place == LOWER_GRAD ? copied_array(p, e) : -1;
        if (from >= 0 && r.readers[from] == 1)
            target[from] = 1 + e->var;
    }
    for (int i = 0; i < p->equation_count; i++)
        if (p->equation[i].events & ~event)
            target[p->equation[i].var] = 0;
    for (int i = 0; i < p->equation_count; i++) {
        lower_equation *e = &p->equation[i];
        int from = p->var[e->var].place == LOWER_GRAD && e->events ? copied_array(p, e) : -1;
        if (from >= 0 && target[from] == 1 + e->var)
            e->events = 0;
    }
    for (int i = 0; i < p->equation_count; i++)
        if (target[p->equation[i].var])
            p->equation[i].var = target[p->equation[i].var] - 1;
    free(r.readers), free(target);
}

/* Marks variables that an equation of other events than forward() reads or fills. */
static bool note_elsewhere(void *context, node n)
{
    reader_count *r = context;
    if (dag_kind(r->d, n) == NODE_ENTRY)
        r->readers[dag_payload(r->d, n)] = 1;
    return true;
}

static bool as_shown(const lower_program *p, int var, int from)
{
    const dag *d = p->m->dag;
    const lower_var *v = &p->var[from];
    for (int k = 0; k < v->axis_count; k++)
        if (v->size[k] != p->m->var[var].axis_size[k] || !dag_is_int(d, v->start[k], 0))
            return false;
    return v->axis_count > 0 && v->axis_count == p->m->var[var].axis_count;
}

/* What forward() alone computes, it computes into the caller's arrays. */
static void fill_outputs(lower_program *p)
{
    reader_count r = {p->m->dag, xcalloc((size_t)p->var_count + 1, sizeof(int))};
    for (int i = 0; i < p->equation_count; i++)
        if (p->equation[i].events & ~(UINT64_C(1) << LOWER_FORWARD)) {
            dag_visit(p->m->dag, p->equation[i].rhs, note_elsewhere, &r);
            r.readers[p->equation[i].var] = 1;
        }
    for (int i = 0; i < p->m->output_count; i++)
        for (int k = 0; k < i; k++)
            if (p->output[i] == p->output[k])
                r.readers[p->output[i]] = 1;
    for (int i = 0; i < p->m->output_count; i++) {
        lower_var *v = &p->var[p->output[i]];
        if (v->place == LOWER_WORK && !v->per_sample && !v->integer && !r.readers[p->output[i]] && as_shown(p, p->m->output[i], p->output[i]))
            v->place = LOWER_OUT;
    }
    free(r.readers);
}

static void tidy_all(lower_program *p)
{
    int_map memo = {0};
    p->spare_index = dag_index_fresh(p->m->dag, 0, dag_int(p->m->dag, 0), dag_int(p->m->dag, 0));
    for (int i = 0; i < p->equation_count; i++)
        p->equation[i].rhs = lower_tidy(p, p->equation[i].rhs, &memo);
    int_map_free(&memo);
}

/* What the model asks for, as equations. */
static void take_model(lower_program *p, const lower_options *o)
{
    const model *m = p->m;
    for (int i = 0; i < m->var_count; i++)
        take_var(p, i);
    for (int i = 0; i < m->equation_count; i++)
        if (m->equation[i].rhs)
            take_equation(p, &m->equation[i]);
    take_outputs(p);
    take_updates(p);
    if (!o->no_sums)
        take_sums(p);
}

/* Only what is needed, in normal form. */
static void tidy_equations(lower_program *p, const lower_options *o)
{
    if (o->streams && p->commit_count)
        lower_stream(p);
    lower_pad(p);
    tidy_all(p);
    lower_onehot(p);
    lower_needs(p);
    fill_gradients(p);
    if (o->blocks)
        fill_outputs(p);
    refuse_abstract(p);
}

/* Each as the loops or the call that it will be; sums that would be computed again and again in equations of their own. */
static void shape_equations(lower_program *p, const lower_options *o)
{
    p->wants_segments = o->segments;
    if (o->segments)
        lower_segments(p);
    lower_chain(p);
    lower_place_terms(p);
    lower_contract(p);
    lower_turn(p);
    if (!o->apart && !p->m->phase_count)
        lower_fuse(p);
    lower_place_turned(p);
    int count = p->equation_count;
    if (o->blocks)
        lower_choose_blocks(p);
    lower_place_rows(p);
    lower_note_softmaxes(p);
    for (int i = 0; i < count; i++)
        if (p->equation[i].events && !p->equation[i].product && p->equation[i].placed != PLACED_TURNED)
            lower_extract(p, i);
    int_map_free(&p->temporaries), int_map_free(&p->softmaxes);
    lower_spread_events(p, count);
    if (p->checkpoint)
        lower_spread_sweeps(p);
}

static void make_functions(lower_program *p, const lower_options *o, lower_unit *units)
{
    int limit = o->statements ? o->statements : 160;
    lower_nest(p, units, limit);
    if (!o->apart) /* a small stack wants small functions */
        lower_merge_functions(p, limit);
    for (int i = 0; i < p->function_count; i++)
        lower_merge_inside(p, p->function[i].body);
    for (int i = 0; i < p->function_count && p->contracts; i++)
        lower_rotate(p, p->function[i].body);
    lower_block(p);
    if (o->blocks) {
        lower_drop(p);
        lower_split(p);
    }
    for (int i = 0; i < p->function_count; i++)
        lower_flatten(p, p->function[i].body);
    for (int i = 0; i < p->function_count && p->contracts; i++)
        lower_join_conditions(p, &p->function[i].body);
    for (int i = 0; i < p->function_count; i++)
        lower_add_up(p, p->function[i].body);
    if (o->blocks) {
        lower_drop(p);
        lower_lend(p);
    }
}

lower_program *lower_build(model *m, const lower_options *options)
{
    lower_program *p = arena_alloc(m->memory, sizeof *p);
    const lower_options own = options ? *options : (lower_options){0};
    p->m = m;
    p->memory = m->memory;
    p->contracts = !own.loops;
    take_model(p, &own);
    if (p->failed)
        return p;
    tidy_equations(p, &own);
    if (p->failed)
        return p;
    shape_equations(p, &own);
    lower_unit *units = lower_order(p);
    if (p->failed)
        return p;
    if (p->contracts)
        units = lower_lay(p, units);
    make_functions(p, &own, units);
    lower_plan(p);
    return p;
}
