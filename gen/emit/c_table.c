/* The table NAME_model that the runtime reads, and the adapters from its untyped functions to the page's own. */
#include <string.h>

#include "gen/dag/ops.h"
#include "gen/emit/c_private.h"

static const char *role_name(const model_var *v)
{
    switch (v->role) {
    case ROLE_INPUT: return "DELTA_INPUT";
    case ROLE_TARGET: return "DELTA_TARGET";
    case ROLE_NOISE: return "DELTA_NOISE";
    case ROLE_PARAM: return "DELTA_PARAM";
    case ROLE_STATE: return "DELTA_STATE";
    case ROLE_GIVEN: return "DELTA_GIVEN";
    case ROLE_HYPER: return "DELTA_HYPER";
    case ROLE_SYSTEM: return v->sample ? "DELTA_KNOWN" : NULL;
    default: return NULL;
    }
}

/* The number in the table of the input that a known(x) belongs to. */
static int number_of(const emitter *e, int var)
{
    int number = 0;
    for (int i = 0; i < var; i++)
        number += role_name(&e->m->var[i]) != NULL;
    return number;
}

static const char *spelling_of(const emitter *e, sym key)
{
    return intern_text(e->m->names, intern_spelling(e->m->names, key));
}

static void put_double(emitter *e, node n)
{
    const char *suffix = e->suffix;
    e->suffix = "";
    if (n && dag_kind(e->d, n) == NODE_NUMBER)
        put_literal(e, *dag_value(e->d, n));
    else
        buffer_puts(e->out, "0.0");
    e->suffix = suffix;
}

static void put_noise(emitter *e, const model_var *q)
{
    const char *kind = q->init.kind == INIT_UNIFORM ? "DELTA_UNIFORM" : q->init.kind == INIT_BERNOULLI ? "DELTA_BERNOULLI" : "DELTA_NORMAL";
    buffer_printf(e->out, ", .distribution = %s, .a = ", kind);
    put_double(e, q->init.a);
    buffer_puts(e->out, ", .b = ");
    put_double(e, q->init.b);
}

/* --- what the outputs need of the data --- */

static bool note_read(void *context, node n)
{
    emitter *e = context;
    if (dag_kind(e->d, n) == NODE_ENTRY)
        int_map_put(&e->forward_reads, 1 + dag_payload(e->d, n), 1);
    return true;
}

static void note_reads(emitter *e, const lower_statement *s)
{
    for (; s; s = s->next) {
        const node part[] = {s->lo, s->hi, s->target, s->value, s->call ? s->call->a : 0, s->call ? s->call->b : 0, s->contraction ? s->contraction->a : 0,
                             s->contraction ? s->contraction->b : 0};
        for (size_t i = 0; i < sizeof part / sizeof *part; i++)
            dag_visit(e->d, part[i], note_read, e);
        note_reads(e, s->body);
        note_reads(e, s->otherwise);
    }
}

/* Also of known(x), and of an output that is data. */
static void find_forward_reads(emitter *e)
{
    for (int i = 0; i < e->p->function_count; i++)
        if (e->p->function[i].events & UINT64_C(1) << LOWER_FORWARD)
            note_reads(e, e->p->function[i].body);
    for (int i = 0; i < e->m->output_count; i++)
        int_map_put(&e->forward_reads, 1 + e->p->output[i], 1);
    for (int i = 0; i < e->m->var_count; i++)
        if (e->m->var[i].role == ROLE_SYSTEM && e->m->var[i].by >= 0 && int_map_get(&e->forward_reads, 1 + i))
            int_map_put(&e->forward_reads, 1 + e->m->var[i].by, 1);
}

/* `kind` and `member` name the struct and the place in it. */
static void put_array(emitter *e, int var, const char *role, const char *kind, const char *member)
{
    const model_var *q = &e->m->var[var];
    bool output = strcmp(kind, "out") == 0;
    lower_var shown = output ? emit_output_shape(e, var) : e->p->var[var], *v = &shown;
    int first = v->per_sample ? 1 : 0, rank = v->axis_count - first;
    bool integer = v->integer && !output;
    buffer_puts(e->out, "    {.name = ");
    emit_string(e->out, intern_text(e->m->names, q->key));
    buffer_puts(e->out, ", .spelling = ");
    emit_string(e->out, spelling_of(e, q->key));
    buffer_printf(e->out, ", .role = %s, .type = %s, .rank = %d, .axis_size = {", role, integer ? "DELTA_INT32" : "DELTA_REAL", rank);
    for (int k = 0; k < (rank ? rank : 1); k++) {
        node size = rank ? v->size[first + k] : 0;
        bool plain = size && dag_kind(e->d, size) == NODE_SIZE;
        buffer_printf(e->out, "%s%d", k ? ", " : "", plain ? e->size_number[dag_payload(e->d, size)] : -1);
    }
    buffer_printf(e->out, "}, .offset = offsetof(%s_%s, %s), .pointer = %d, .per_sample = %d, .population = %d", e->name, kind, member, v->axis_count > 0,
                  v->per_sample, v->per_sample ? v->population : 0);
    if (q->role == ROLE_GIVEN)
        buffer_printf(e->out, ", .from_data = %d", q->init.kind == INIT_DEFAULT);
    if (!output && e->p->var[var].place == LOWER_IN && int_map_get(&e->forward_reads, 1 + var))
        buffer_puts(e->out, ", .read = 1");
    if (q->missing)
        buffer_puts(e->out, ", .missing = 1");
    if (q->role == ROLE_PARAM && e->m->objective_count && !e->has_gradient[var])
        buffer_puts(e->out, ", .still = 1");
    if (q->role == ROLE_NOISE)
        put_noise(e, q);
    if (q->role == ROLE_SYSTEM)
        buffer_printf(e->out, ", .of = %d", number_of(e, q->by));
    buffer_printf(e->out, ", .line = %d},\n", q->line > 0 ? q->line : 0);
}

static const char *kind_of_place(lower_place place)
{
    return place == LOWER_IN ? "in" : place == LOWER_PARAMS ? "params" : "state";
}

/* Calls put for each array of the table in its order; returns how many. */
static int each_array(emitter *e, void (*put)(emitter *, int number, int var, int output))
{
    int count = 0;
    for (int i = 0; i < e->m->var_count; i++)
        if (role_name(&e->m->var[i]))
            put(e, count++, i, -1);
    for (int i = 0; i < e->m->output_count; i++)
        put(e, count++, e->m->output[i], i);
    return count;
}

static void put_array_row(emitter *e, int number, int var, int output)
{
    (void)number;
    if (output >= 0)
        put_array(e, var, "DELTA_OUTPUT", "out", e->out_member[output]);
    else
        put_array(e, var, role_name(&e->m->var[var]), kind_of_place(e->p->var[var].place), e->member[var]);
}

static void put_array_shape(emitter *e, int number, int var, int output)
{
    lower_var shown = output >= 0 ? emit_output_shape(e, var) : e->p->var[var], *v = &shown;
    int first = v->per_sample ? 1 : 0;
    if (v->axis_count == first)
        return;
    buffer_printf(e->out, "    case %d:\n", number);
    for (int k = first; k < v->axis_count; k++) {
        buffer_printf(e->out, "        dims[%d] = ", k - first);
        put_index(e, v->size[k], STRENGTH_ANY);
        buffer_puts(e->out, ";\n");
    }
    buffer_puts(e->out, "        break;\n");
}

static void put_shapes(emitter *e)
{
    buffer_printf(e->out, "static void %s_shape(int array, const int64_t *sizes, int64_t *dims)\n{\n    (void)sizes;\n    (void)dims;\n    switch (array) {\n", e->name);
    e->sizes = SIZES_TABLE;
    each_array(e, put_array_shape);
    buffer_puts(e->out, "    default: break;\n    }\n}\n\n");
}

static int put_arrays(emitter *e)
{
    buffer rows = {0}, *out = e->out;
    e->out = &rows;
    int count = each_array(e, put_array_row);
    e->out = out;
    if (count) {
        buffer_printf(out, "static const delta_array %s_arrays[] = {\n", e->name);
        buffer_puts(out, rows.text);
        buffer_puts(out, "};\n\n");
    }
    buffer_free(&rows);
    return count;
}

static int put_sizes(emitter *e)
{
    int count = 0;
    for (int i = 0; i < e->m->size_count; i++) {
        if (e->size_number[i] < 0)
            continue;
        if (count++ == 0)
            buffer_printf(e->out, "static const delta_size %s_size_table[] = {\n", e->name);
        buffer_puts(e->out, "    {");
        emit_string(e->out, intern_text(e->m->names, e->m->size[i].key));
        buffer_puts(e->out, ", ");
        emit_string(e->out, spelling_of(e, e->m->size[i].key));
        buffer_printf(e->out, ", %ld},\n", e->m->size[i].value);
    }
    buffer_puts(e->out, count ? "};\n\n" : "");
    return count;
}

static void put_names(emitter *e)
{
    buffer_printf(e->out, "static const char *const %s_populations[] = {", e->name);
    for (int k = 0; k < e->m->population_count; k++) {
        buffer_puts(e->out, k ? ", " : "");
        emit_string(e->out, k && e->m->population ? intern_text(e->m->names, e->m->population[k]) : "");
    }
    buffer_puts(e->out, e->m->population_count ? "};\n\n" : "\"\"};\n\n");
    if (e->m->metric_count == 0)
        return;
    buffer_printf(e->out, "static const char *const %s_metrics[] = {", e->name);
    for (int k = 0; k < e->m->metric_count; k++) {
        buffer_puts(e->out, k ? ", " : "");
        emit_string(e->out, intern_text(e->m->names, e->m->metric[k].name));
    }
    buffer_puts(e->out, "};\n\n");
}

static void put_metric_values(emitter *e)
{
    const char *real = e->real, *suffix = e->suffix;
    int next = e->m->objective_count ? 1 : 0;
    if (e->m->metric_count == 0)
        return;
    for (int i = 0; i < e->m->mean_count; i++, next++)
        e->local[e->m->mean[i].var] = arena_printf(e->memory, "means[%d]", next);
    for (int i = 0; i < e->p->extra_count; i++, next++)
        e->local[e->p->extra_metric_var[i]] = arena_printf(e->memory, "means[%d]", next);
    e->real = "double", e->suffix = "";
    buffer_printf(e->out, "static void %s_metric_values(const double *means, double *metrics)\n{\n    (void)means;\n", e->name);
    for (int i = 0; i < e->m->metric_count; i++) {
        buffer_printf(e->out, "    metrics[%d] = ", i);
        put_real(e, e->p->metric_value[i], STRENGTH_ANY);
        buffer_puts(e->out, ";\n");
    }
    buffer_puts(e->out, "}\n\n");
    e->real = real, e->suffix = suffix;
    for (int i = 0; i < e->m->mean_count; i++)
        e->local[e->m->mean[i].var] = NULL;
    for (int i = 0; i < e->p->extra_count; i++)
        e->local[e->p->extra_metric_var[i]] = NULL;
}

static void put_adapters(emitter *e)
{
    const char *n = e->name;
    buffer *o = e->out;
    buffer_printf(o, "static void %s_set_batch(void *in, int population, ptrdiff_t count)\n{\n    %s_in *data = in;\n", n, n);
    buffer_puts(o, e->m->population_count ? "    switch (population) {\n" : "    (void)data;\n    (void)population;\n    (void)count;\n");
    for (int k = 0; k < e->m->population_count; k++)
        buffer_printf(o, "    case %d: data->samples%s = count; break;\n", k, e->population_name[k]);
    buffer_puts(o, e->m->population_count ? "    default: break;\n    }\n}\n\n" : "}\n\n");
    buffer_printf(o, "static int %s_init_any(void *params, void *state, const void *work, uint64_t seed)\n{\n", n);
    if (e->has_sizes)
        buffer_printf(o, "    ((%s_state *)state)->size = ((const %s_work *)work)->size;\n", n, n);
    else
        buffer_puts(o, "    (void)work;\n");
    buffer_printf(o, "    return %s_init(params, state, seed);\n}\n\n", n);
    buffer_printf(o, "static int %s_forward_any(const void *params, const void *state, const void *in, void *out, void *work)\n{\n    return %s_forward(params, state, in, out, work);\n}\n\n", n, n);
    buffer_printf(o, "static int %s_gradient_any(const void *params, const void *state, const void *in, void *grad, double *cost, void *work)\n{\n    return %s_gradient(params, state, in, grad, cost, work);\n}\n\n", n, n);
    buffer_printf(o, "static int %s_step_any(void *params, void *state, const void *in, double *sums, void *work)\n{\n    return %s_train(params, state, in, sums, work);\n}\n\n", n, n);
    buffer_printf(o, "static int %s_measure_any(const void *params, const void *state, const void *in, double *sums, void *work)\n{\n    return %s_measure(params, state, in, sums, work);\n}\n\n", n, n);
}

static void put_model(emitter *e, uint64_t hash, int arrays, int sizes, int assumptions, int values)
{
    const char *n = e->name;
    const model *m = e->m;
    buffer *o = e->out;
    int populations = m->population_count ? m->population_count : 1;
    buffer_printf(o, "const delta_model %s_model = {\n    .name = \"%s\",\n    .page = ", n, n);
    emit_string(o, e->page);
    buffer_printf(o, ",\n    .hash = UINT64_C(0x%016llx),\n    .real_bytes = %d,\n", (unsigned long long)hash, e->suffix[0] ? 4 : 8);
    if (sizes)
        buffer_printf(o, "    .size_count = %d,\n    .sizes = %s_size_table,\n", sizes, n);
    buffer_printf(o, "    .population_count = %d,\n    .populations = %s_populations,\n", populations, n);
    if (arrays)
        buffer_printf(o, "    .array_count = %d,\n    .arrays = %s_arrays,\n", arrays, n);
    if (m->metric_count)
        buffer_printf(o, "    .metric_count = %d,\n    .metrics = %s_metrics,\n    .metric_values = %s_metric_values,\n", m->metric_count, n, n);
    if (assumptions)
        buffer_printf(o, "    .assumption_count = %d,\n    .assumptions = %s_assumptions,\n", assumptions, n);
    buffer_printf(o, "    .trains = %d,\n    .has_cost = %d,\n    .sum_count = %d,\n", e->p->commit_count > 0 || m->phase_count > 0, m->objective_count > 0, e->p->sum_count);
    if (m->phase_count)
        buffer_printf(o, "    .phase_count = %d,\n    .phase_counter = %d,\n    .phases = %s_phases,\n", m->phase_count, number_of(e, m->phase_counter), n);
    static const char *const kind[] = {"params", "state", "in", "out", "work"};
    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++)
        buffer_printf(o, "    .%s_bytes = sizeof(%s_%s),\n", kind[i], n, kind[i]);
    if (e->o->memory > 0)
        buffer_printf(o, "    .memory_limit = %.17g,\n", e->o->memory);
    static const char *const table[] = {"shape", "work_memory", "work_bind", "set_batch"};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        buffer_printf(o, "    .%s = %s_%s,\n", table[i], n, table[i]);
    static const char *const entry[] = {"init", "forward", "gradient", "step", "measure"};
    for (size_t i = 0; i < sizeof entry / sizeof *entry; i++)
        buffer_printf(o, "    .%s = %s_%s_any,\n", entry[i], n, entry[i]);
    if (values && memory_is_shared(e))
        buffer_printf(o, "    .trace_memory = %s_trace_memory,\n    .trace_bind = %s_trace_bind,\n", n, n);
    if (values)
        buffer_printf(o, "    .value_count = %d,\n    .values = %s_values,\n    .axes = %s_axes,\n", values, n, n);
    buffer_puts(o, "};\n");
}

static void put_phase_rows(emitter *e)
{
    if (e->m->phase_count == 0)
        return;
    buffer_printf(e->out, "static const delta_phase %s_phases[] = {\n", e->name);
    for (int i = 0; i < e->m->phase_count; i++) {
        const model_phase *phase = &e->m->phase[i];
        buffer_puts(e->out, "    {");
        emit_string(e->out, phase->name);
        buffer_printf(e->out, ", %ld, %d},\n", phase->steps, phase->lbfgs);
    }
    buffer_puts(e->out, "};\n\n");
}

void put_table(emitter *e, uint64_t hash, int values)
{
    put_shapes(e);
    put_metric_values(e);
    put_adapters(e);
    put_names(e);
    put_phase_rows(e);
    find_forward_reads(e);
    int sizes = put_sizes(e), arrays = put_arrays(e), assumptions = put_assumptions(e);
    put_model(e, hash, arrays, sizes, assumptions, values);
    int_map_free(&e->forward_reads);
}
