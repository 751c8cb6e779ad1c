/* A training step from samples that come one after the other: what a step needs of them is added up, then a step is made of the means. */
#include "gen/emit/c_private.h"

static void put_count(emitter *e, int var)
{
    buffer_printf(e->out, "%ld", free_entries(e, &e->p->var[var]));
}

/* "&work->d_b": where an array begins, or a number is. */
static void put_start(emitter *e, const char *where, const char *member, int var)
{
    buffer_printf(e->out, "%s%s->%s", e->p->var[var].axis_count ? "" : "&", where, member);
}

void put_totals_struct(emitter *e)
{
    name_scope scope;
    scope_open(&scope);
    e->total_member = arena_alloc(e->memory, (size_t)(e->p->total_count + 1) * sizeof *e->total_member);
    if (!e->p->streams) {
        buffer_printf(e->out, "/* There is no %s_accumulate: the page has no updates, or a sample's values depend on the other samples of its batch. */\n\n", e->name);
        return;
    }
    buffer_puts(e->out, "/* sums over the samples of several calls */\ntypedef struct {\n    uint32_t count; /* calls so far */\n");
    scope_take(&scope, "count");
    for (int i = 0; i < e->p->total_count; i++) {
        const lower_var *v = &e->p->var[e->p->total[i].var];
        e->total_member[i] = scope_name(&scope, e->memory, v->stem, false);
        put_declared(e, v, e->real, e->total_member[i]);
        buffer_puts(e->out, "\n");
    }
    buffer_printf(e->out, "} %s_totals;\n\n", e->name);
    scope_close(&scope);
}

void put_stream_prototypes(emitter *e)
{
    const char *n = e->name;
    if (!e->p->streams)
        return;
    buffer_puts(e->out, "/* A step of more samples than one call takes: clear, accumulate as often as there are samples, apply. Nothing is added when a value is not finite.\n"
                        " * `apply` makes the step of the mean over all of them, gives their mean cost (NULL: not wanted) and clears; when a new value is not finite,\n"
                        " * parameters and state stay as they were. */\n");
    buffer_printf(e->out, "int %s_clear(%s_totals *totals);\n", n, n);
    buffer_printf(e->out, "int %s_accumulate(const %s_params *params, const %s_state *state, const %s_in *in, %s_totals *totals, %s_work *work);\n", n, n, n, n, n, n);
    buffer_printf(e->out, "int %s_apply(%s_params *params, %s_state *state, %s_totals *totals, double *cost, %s_work *work);\n\n", n, n, n, n, n);
}

static void put_helpers_of_totals(emitter *e)
{
    const char *n = e->name, *r = e->real;
    buffer_printf(e->out, "static void %s_add(%s *restrict to, const %s *restrict from, ptrdiff_t count)\n{\n", n, r, r);
    buffer_puts(e->out, "    for (ptrdiff_t i = 0; i < count; i++)\n        to[i] += from[i];\n}\n\n");
    buffer_printf(e->out, "static void %s_share(%s *restrict to, const %s *restrict from, %s share, ptrdiff_t count)\n{\n", n, r, r, r);
    buffer_puts(e->out, "    for (ptrdiff_t i = 0; i < count; i++)\n        to[i] = from[i] / share;\n}\n\n");
    buffer_printf(e->out, "static void %s_zero(%s *x, ptrdiff_t count)\n{\n    for (ptrdiff_t i = 0; i < count; i++)\n        x[i] = 0.0%s;\n}\n\n", n, r, e->suffix);
}

static void put_clear(emitter *e)
{
    buffer_printf(e->out, "static void %s_forget(%s_totals *totals)\n{\n    totals->count = 0;\n", e->name, e->name);
    for (int i = 0; i < e->p->total_count; i++) {
        buffer_printf(e->out, "    %s_zero(", e->name);
        put_start(e, "totals", e->total_member[i], e->p->total[i].var);
        buffer_puts(e->out, ", ");
        put_count(e, e->p->total[i].var);
        buffer_puts(e->out, ");\n");
    }
    buffer_printf(e->out, "}\n\nint %s_clear(%s_totals *totals)\n{\n    %s_forget(totals);\n    return %s_OK;\n}\n\n", e->name, e->name, e->name, e->upper);
}

static void put_accumulate(emitter *e)
{
    const char *n = e->name;
    buffer_printf(e->out, "int %s_accumulate(const %s_params *params, const %s_state *state, const %s_in *in, %s_totals *totals, %s_work *work)\n{\n    int ok = 1;\n", n, n,
                  n, n, n, n);
    put_code(e, e->p->streams);
    buffer_puts(e->out, "    (void)params;\n    (void)state;\n");
    put_begin(e, "1.0");
    put_calls(e, e->p->streams, "    ", "");
    for (int i = 0; i < e->p->total_count; i++)
        put_check_value(e, e->p->total[i].var);
    buffer_printf(e->out, "    if (!ok)\n        return %s_E_NONFINITE;\n", e->upper);
    for (int i = 0; i < e->p->total_count; i++) {
        int var = e->p->total[i].var;
        buffer_printf(e->out, "    %s_add(", n);
        put_start(e, "totals", e->total_member[i], var);
        buffer_puts(e->out, ", ");
        put_start(e, "work", e->member[var], var);
        buffer_puts(e->out, ", ");
        put_count(e, var);
        buffer_puts(e->out, ");\n");
    }
    buffer_printf(e->out, "    totals->count++;\n    return %s_OK;\n}\n\n", e->upper);
}

static void put_shares(emitter *e)
{
    for (int i = 0; i < e->p->total_count; i++) {
        int var = e->p->total[i].var;
        buffer_printf(e->out, "    %s_share(", e->name);
        put_start(e, "work", e->member[var], var);
        buffer_puts(e->out, ", ");
        put_start(e, "totals", e->total_member[i], var);
        if (e->p->total[i].sum)
            buffer_printf(e->out, ", 1.0%s, ", e->suffix);
        else
            buffer_printf(e->out, ", (%s)totals->count, ", e->real);
        put_count(e, var);
        buffer_puts(e->out, ");\n");
    }
}

static void put_apply(emitter *e)
{
    const char *n = e->name;
    int cost = e->m->objective_count ? e->m->objective[0].mean : -1;
    buffer_printf(e->out, "int %s_apply(%s_params *params, %s_state *state, %s_totals *totals, double *cost, %s_work *work)\n{\n    int ok = 1;\n", n, n, n, n, n);
    buffer_puts(e->out, "    (void)params;\n    (void)state;\n");
    buffer_printf(e->out, "    if (totals->count == 0)\n        return %s_E_BATCH;\n    work->training = 1.0%s;\n", e->upper, e->suffix);
    put_shares(e);
    for (int g = 0; g < e->p->group_count; g++)
        put_group(e, 0, g, e->p->streams + 1 + g);
    buffer_printf(e->out, "    if (cost)\n        *cost = %s%s;\n", cost < 0 ? "" : "(double)work->", cost < 0 ? "0.0" : e->member[cost]);
    buffer_printf(e->out, "    %s_forget(totals);\n    return %s_OK;\n}\n\n", n, e->upper);
}

void put_stream(emitter *e)
{
    if (!e->p->streams)
        return;
    put_helpers_of_totals(e);
    put_clear(e);
    put_accumulate(e);
    put_apply(e);
}
