/* NAME.h: the structs and functions that a program sees. */
#include "gen/emit/c_private.h"

const char *struct_of(lower_place place)
{
    static const char *const name[] = {[LOWER_NOWHERE] = "",  [LOWER_IN] = "in",   [LOWER_PARAMS] = "params", [LOWER_STATE] = "state",
                                       [LOWER_GRAD] = "grad", [LOWER_OUT] = "out", [LOWER_WORK] = "work",     [LOWER_LOCAL] = ""};
    return name[place];
}

/* "W[h, n], line 5" */
static void put_member_comment(emitter *e, const lower_var *v, int var)
{
    const model_var *q = &e->m->var[v->model_var >= 0 ? v->model_var : 0];
    buffer_puts(e->out, " /* ");
    if (v->model_var == var)
        emit_comment_text(e->out, model_var_name(e->m, var));
    else if (v->model_var >= 0)
        buffer_puts(e->out, "new value of "), emit_comment_text(e->out, model_var_name(e->m, v->model_var));
    else
        emit_comment_text(e->out, v->equation >= 0 && e->p->equation[v->equation].note ? e->p->equation[v->equation].note : "");
    buffer axes = {0};
    for (int k = v->per_sample ? 1 : 0; k < v->axis_count; k++) {
        buffer_puts(&axes, axes.length ? ", " : "[");
        model_print_index(e->m, &axes, v->size[k]);
    }
    if (axes.length) {
        buffer_puts(&axes, "]");
        emit_comment_text(e->out, axes.text);
    }
    buffer_free(&axes);
    buffer_puts(e->out, v->per_sample ? " of each sample" : "");
    if (v->line > 0 && (v->model_var < 0 || q->line >= 0))
        buffer_printf(e->out, ", line %d", v->line);
    buffer_puts(e->out, " */\n");
}

/* "double *W;", or with a fixed size "double W[6];" */
void put_declared(emitter *e, const lower_var *v, const char *type, const char *name)
{
    if (!e->free || v->axis_count == 0)
        buffer_printf(e->out, "    %s %s%s;", type, v->axis_count ? "*" : "", name);
    else
        buffer_printf(e->out, "    %s %s[%ld];", type, name, free_entries(e, v));
}

static void put_member(emitter *e, int var)
{
    const lower_var *v = &e->p->var[var];
    put_declared(e, v, v->integer ? "int32_t" : e->real, e->member[var]);
    put_member_comment(e, v, var);
}

/* Gives every variable of a struct its name and writes the members. Returns how many. */
static int put_members(emitter *e, lower_place place, name_scope *scope)
{
    int count = 0;
    for (int i = 0; i < e->p->var_count; i++) {
        const lower_var *v = &e->p->var[i];
        if (v->place != place)
            continue;
        if (place == LOWER_WORK && v->equation < 0) { /* nobody computes it */
            e->member[i] = "training";
            continue;
        }
        e->member[i] = scope_name(scope, e->memory, v->stem, false);
        put_member(e, i);
        count++;
    }
    return count;
}

static bool has_updates_in_place(const emitter *e)
{
    for (int i = 0; i < e->p->commit_count; i++)
        if (e->p->commit[i].fresh < 0)
            return true;
    return false;
}

static void put_struct(emitter *e, const char *kind, lower_place place, const char *what)
{
    name_scope scope;
    scope_open(&scope);
    buffer_printf(e->out, "/* %s */\ntypedef struct {\n", what);
    int count = 0;
    if (place == LOWER_IN && !e->free)
        for (int k = 0; k < e->m->population_count; k++, count++) {
            char *name = arena_printf(e->memory, "samples%s", e->population_name[k]);
            scope_take(&scope, name);
            buffer_printf(e->out, "    ptrdiff_t %s; /* in this batch */\n", name);
        }
    if (!e->free && (place == LOWER_WORK || (place == LOWER_STATE && e->has_sizes))) {
        scope_take(&scope, "size");
        buffer_printf(e->out, "    %s_sizes size;\n", e->name);
        count++;
    }
    if (place == LOWER_WORK) {
        scope_take(&scope, "training");
        scope_take(&scope, "finite_params");
        for (int k = 0; k < e->m->population_count && !e->free; k++) {
            char *name = arena_printf(e->memory, "batch%s", e->population_name[k]);
            scope_take(&scope, name);
            buffer_printf(e->out, "    ptrdiff_t %s; /* samples of the last call */\n", name);
        }
        buffer_printf(e->out, "    %s training; /* 1 while training, else 0 */\n", e->real);
        if (has_updates_in_place(e))
            buffer_puts(e->out, "    const void *finite_params; /* after a step: those that were finite then */\n");
    }
    count += put_members(e, place, &scope);
    if (count == 0)
        buffer_puts(e->out, "    char empty;\n");
    buffer_printf(e->out, "} %s_%s;\n\n", e->name, kind);
    scope_close(&scope);
}

lower_var emit_output_shape(const emitter *e, int var)
{
    lower_var shown = e->p->var[var];
    for (int k = shown.per_sample ? 1 : 0; k < shown.axis_count; k++) {
        shown.size[k] = e->m->var[var].axis_size[k];
        shown.start[k] = dag_int(e->d, 0);
    }
    return shown;
}

static void put_out_struct(emitter *e)
{
    name_scope scope;
    scope_open(&scope);
    buffer_puts(e->out, "/* outputs of the page */\ntypedef struct {\n");
    for (int i = 0; i < e->m->output_count; i++) {
        lower_var shown = emit_output_shape(e, e->m->output[i]);
        e->out_member[i] = scope_name(&scope, e->memory, shown.stem, false);
        if (e->p->var[e->p->output[i]].place == LOWER_OUT)
            e->member[e->p->output[i]] = e->out_member[i];
        put_declared(e, &shown, e->real, e->out_member[i]);
        put_member_comment(e, &shown, e->m->output[i]);
    }
    if (e->m->output_count == 0)
        buffer_puts(e->out, "    char empty;\n");
    buffer_printf(e->out, "} %s_out;\n\n", e->name);
    scope_close(&scope);
}

static void put_sizes_struct(emitter *e)
{
    name_scope scope;
    scope_open(&scope);
    buffer_puts(e->out, "/* sizes without a value on the page; samples: the largest batch that work memory has room for */\ntypedef struct {\n");
    for (int k = 0; k < e->m->population_count; k++) {
        char *name = arena_printf(e->memory, "samples%s", e->population_name[k]);
        scope_take(&scope, name);
        buffer_printf(e->out, "    ptrdiff_t %s;\n", name);
    }
    for (int i = 0; i < e->m->size_count; i++) {
        const model_size *s = &e->m->size[i];
        if (s->population >= 0) {
            e->size_name[i] = arena_printf(e->memory, "samples%s", e->population_name[s->population]);
        } else if (!s->equals && s->value <= 0 && (s->role == SIZE_OF_PAGE || s->role == SIZE_BLOCK || s->role == SIZE_APART || s->role == SIZE_SPAN || s->role == SIZE_SEGMENTS)) {
            e->size_name[i] = scope_name(&scope, e->memory, intern_text(e->m->names, s->key), false);
            buffer_printf(e->out, "    ptrdiff_t %s;\n", e->size_name[i]);
            e->has_sizes = true;
        }
    }
    buffer_printf(e->out, "} %s_sizes;\n\n", e->name);
    scope_close(&scope);
}

static void put_prototypes(emitter *e)
{
    const char *n = e->name;
    buffer_printf(e->out, "enum { %s_OK = 0, %s_E_NONFINITE = 1, %s_E_BATCH = 2, %s_E_INDEX = 3, %s_E_FORMAT = 4", e->upper, e->upper, e->upper, e->upper, e->upper);
    if (model_has_lbfgs(e->m))
        buffer_printf(e->out, ", %s_E_PHASE = 5", e->upper);
    buffer_puts(e->out, " };\n\n");
    buffer_printf(e->out, "/* Initial values of parameters, states and settings. Returns 0, as all of these, or a %s_E… code. */\n", e->upper);
    buffer_printf(e->out, "int %s_init(%s_params *params, %s_state *state, uint64_t seed);\n", n, n, n);
    buffer_puts(e->out, "/* The outputs for the samples of `in`. */\n");
    buffer_printf(e->out, "int %s_forward(const %s_params *params, const %s_state *state, const %s_in *in, %s_out *out, %s_work *work);\n", n, n, n, n, n, n);
    buffer_puts(e->out, "/* The gradient of the batch's mean cost, and the cost (NULL: not wanted). */\n");
    buffer_printf(e->out, "int %s_gradient(const %s_params *params, const %s_state *state, const %s_in *in, %s_params *grad, double *cost, %s_work *work);\n", n, n, n, n, n, n);
    buffer_puts(e->out, "/* One training step. When a new value or the cost is not finite, parameters and state stay as they were. */\n");
    if (model_has_lbfgs(e->m))
        buffer_printf(e->out, "/* %s_E_PHASE: it is the turn of lbfgs, which needs all data at once: delta_main does it. */\n", e->upper);
    if (has_updates_in_place(e))
        buffer_printf(e->out, "/* Also when an update of %s or more would be added to a weight matrix. */\n", e->suffix[0] ? "1e30" : "1e289");
    buffer_printf(e->out, "int %s_step(%s_params *params, %s_state *state, const %s_in *in, %s_work *work);\n\n", n, n, n, n, n);
    if (e->free) {
        put_stream_prototypes(e);
        put_store_prototypes(e);
        return;
    }
    buffer_printf(e->out, "/* For the runtime: all of this as a table. */\nextern const delta_model %s_model;\n", n);
}

void put_header(emitter *e, buffer *out, uint64_t hash)
{
    e->out = out;
    buffer_puts(out, "/* Generated by deltac from ");
    emit_comment_text(out, e->page);
    buffer_printf(out, ". Arrays are row-major; those of a sample have the sample as first axis. */\n");
    buffer_printf(out, "#ifndef %s_H\n#define %s_H\n#include <stddef.h>\n#include <stdint.h>\n\n%s", e->upper, e->upper, e->free ? "" : "#include \"delta.h\"\n\n");
    buffer_puts(out, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    if (!e->free)
        put_sizes_struct(e);
    put_struct(e, "params", LOWER_PARAMS, "parameters");
    put_struct(e, "state", LOWER_STATE, "states, given arrays and settings");
    put_struct(e, "in", LOWER_IN, "data and noise");
    put_out_struct(e);
    put_struct(e, "work", LOWER_WORK, "everything in between");
    if (e->free) {
        put_totals_struct(e);
        put_store_macros(e, hash);
    }
    put_prototypes(e);
    buffer_puts(out, "\n#ifdef __cplusplus\n}\n#endif\n#endif\n");
}
