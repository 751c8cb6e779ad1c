/* For the search for the first value that is not finite: a table of work memory in the order of computation, and the axes of its shapes. */
#include "gen/emit/c_private.h"

/* The index that some equation of the variable has in this axis. */
static sym axis_name(const emitter *e, const lower_equation *q, int axis)
{
    for (int i = 0; i < e->p->equation_count; i++) {
        const lower_equation *o = i == 0 ? q : &e->p->equation[i]; /* the first that fills it, then any */
        if (o->var == q->var && o->events && dag_kind(e->d, o->at[axis]) == NODE_INDEX)
            return dag_index_get(e->d, dag_payload(e->d, o->at[axis]))->name;
    }
    return 0;
}

/* "sample,j": what the axes of an equation's left side are called, in the order in which they lie in memory. An axis that begins at −1 is counted as "t+1". */
static void put_axis_names(emitter *e, const lower_equation *q, const lower_var *v)
{
    buffer text = {0};
    char letter[2];
    buffer_puts(&text, "");
    for (int i = 0; i < v->axis_count; i++) {
        int k = lower_axis_at(v, i);
        sym name = k == 0 && v->per_sample ? 0 : axis_name(e, q, k);
        buffer_printf(&text, "%s%s", i ? "," : "", k == 0 && v->per_sample ? "sample" : name ? index_stem(intern_text(e->m->names, name), letter) : "i");
        if (dag_kind(e->d, v->start[k]) == NODE_NUMBER && !dag_is_int(e->d, v->start[k], 0))
            buffer_printf(&text, "%+ld", -mpz_get_si(mpq_numref(*dag_value(e->d, v->start[k]))));
    }
    emit_string(e->out, text.text ? text.text : "");
    buffer_free(&text);
}

static void put_row(emitter *e, const lower_equation *q)
{
    const lower_var *v = &e->p->var[q->var];
    buffer_printf(e->out, "    {offsetof(%s_work, %s), %d, %d, %d, ", e->name, e->member[q->var], v->axis_count ? e->shape[q->var] : -1, v->per_sample ? v->population : -1,
                  q->line > 0 ? q->line : 0);
    emit_string(e->out, v->model_var >= 0 ? model_var_name(e->m, v->model_var) : q->note ? q->note : v->stem);
    buffer_puts(e->out, ", ");
    put_axis_names(e, q, v);
    buffer_puts(e->out, "},\n");
}

static bool is_searched(const emitter *e, const lower_equation *q)
{
    return e->p->var[q->var].place == LOWER_WORK && q->events >> LOWER_STEP != 0;
}

/* What several equations fill is done with the last of them: the start of a recurrence comes long before its steps. */
static int put_rows(emitter *e)
{
    const lower_program *p = e->p;
    int_map left = {0};
    int count = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < p->function_count; i++)
            for (int k = 0; k < p->function[i].equation_count; k++) {
                const lower_equation *q = &p->equation[p->function[i].equation[k]];
                int waiting = int_map_get(&left, 1 + q->var);
                if (!is_searched(e, q))
                    continue;
                int_map_put(&left, 1 + q->var, waiting + (pass == 0 ? 1 : -1));
                if (pass == 1 && waiting == 1) {
                    put_row(e, q);
                    count++;
                }
            }
    int_map_free(&left);
    return count;
}

/* Axes of each shape; the sample axis is what the last batch used. */
static void put_axes(emitter *e)
{
    buffer_printf(e->out, "static int %s_axes(const void *memory, int shape, ptrdiff_t *axis)\n{\n    const %s_work *work = memory;\n    (void)work;\n    switch (shape) {\n", e->name, e->name);
    for (int i = 0; i < e->shape_count; i++) {
        const lower_var *v = &e->p->var[e->shape_var[i]];
        buffer_printf(e->out, "    case %d:\n", i);
        for (int place = 0; place < v->axis_count; place++) {
            int k = lower_axis_at(v, place);
            buffer_printf(e->out, "        axis[%d] = ", place);
            if (k == 0 && v->per_sample)
                buffer_printf(e->out, "work->batch%s", e->population_name[v->population]);
            else
                put_index(e, v->size[k], STRENGTH_ANY);
            buffer_puts(e->out, ";\n");
        }
        buffer_printf(e->out, "        return %d;\n", v->axis_count);
    }
    buffer_puts(e->out, "    default: return 0;\n    }\n}\n\n");
}

int put_where(emitter *e)
{
    buffer rows = {0}, *out = e->out;
    e->out = &rows;
    int count = put_rows(e);
    e->out = out;
    if (count) {
        buffer_printf(out, "/* What a step computes, in order. */\nstatic const delta_value %s_values[] = {\n", e->name);
        buffer_puts(out, rows.text);
        buffer_puts(out, "};\n\n");
        e->sizes = SIZES_STRUCT;
        e->work = "work->";
        put_axes(e);
    }
    buffer_free(&rows);
    return count;
}
