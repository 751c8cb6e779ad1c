/* The search for the first value that is not finite: a table of work memory in the order of computation, and a loop over it. */
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

/* "sample,j": what the axes of an equation's left side are called. An axis that begins at −1 is counted as "t+1". */
static void put_axis_names(emitter *e, const lower_equation *q, const lower_var *v)
{
    buffer text = {0};
    char letter[2];
    buffer_puts(&text, "");
    for (int k = 0; k < v->axis_count; k++) {
        sym name = k == 0 && v->per_sample ? 0 : axis_name(e, q, k);
        buffer_printf(&text, "%s%s", k ? "," : "", k == 0 && v->per_sample ? "sample" : name ? index_stem(intern_text(e->m->names, name), letter) : "i");
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

static int put_rows(emitter *e)
{
    int_map seen = {0};
    int count = 0;
    for (int i = 0; i < e->p->function_count; i++)
        for (int k = 0; k < e->p->function[i].equation_count; k++) {
            const lower_equation *q = &e->p->equation[e->p->function[i].equation[k]];
            if (e->p->var[q->var].place != LOWER_WORK || q->events >> LOWER_STEP == 0 || int_map_get(&seen, 1 + q->var))
                continue;
            int_map_put(&seen, 1 + q->var, 1);
            put_row(e, q);
            count++;
        }
    int_map_free(&seen);
    return count;
}

/* Axes of each shape; the sample axis is what the last batch used. */
static void put_axes(emitter *e)
{
    buffer_printf(e->out, "static int %s_axes(const %s_work *work, int shape, ptrdiff_t *axis)\n{\n    (void)work;\n    switch (shape) {\n", e->name, e->name);
    for (int i = 0; i < e->shape_count; i++) {
        const lower_var *v = &e->p->var[e->shape_var[i]];
        buffer_printf(e->out, "    case %d:\n", i);
        for (int k = 0; k < v->axis_count; k++) {
            buffer_printf(e->out, "        axis[%d] = ", k);
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

static const char *const search_text =
    "static size_t $n_put(char *text, size_t bytes, size_t at, const char *from, size_t length)\n{\n"
    "    for (size_t i = 0; i < length && at + 1 < bytes; i++)\n        text[at++] = from[i];\n"
    "    if (at < bytes)\n        text[at] = 0;\n    return at;\n}\n\n"
    "static size_t $n_put_text(char *text, size_t bytes, size_t at, const char *from)\n{\n"
    "    size_t length = 0;\n    while (from[length] != 0)\n        length++;\n    return $n_put(text, bytes, at, from, length);\n}\n\n"
    "static size_t $n_put_number(char *text, size_t bytes, size_t at, ptrdiff_t value)\n{\n"
    "    ptrdiff_t scale = 1;\n    while (value / scale >= 10)\n        scale *= 10;\n"
    "    for (; scale > 0; scale /= 10) {\n        const char digit = (char)('0' + value / scale % 10);\n        at = $n_put(text, bytes, at, &digit, 1);\n    }\n    return at;\n}\n\n"
    "/* \"[sample=3, j=7]\" for entry number `entry`. */\n"
    "static size_t $n_put_entry(char *text, size_t bytes, size_t at, const char *names, const ptrdiff_t *axis, int count, ptrdiff_t entry)\n{\n"
    "    for (int k = 0; k < count; k++) {\n        ptrdiff_t below = 1;\n        size_t length = 0;\n        for (int j = k + 1; j < count; j++)\n            below *= axis[j];\n"
    "        while (names[length] != 0 && names[length] != ',')\n            length++;\n"
    "        at = $n_put_text(text, bytes, at, k ? \", \" : \"[\");\n        at = $n_put(text, bytes, at, names, length);\n        at = $n_put_text(text, bytes, at, \"=\");\n"
    "        at = $n_put_number(text, bytes, at, entry / below % axis[k]);\n        names += length + (names[length] != 0);\n    }\n"
    "    return count ? $n_put_text(text, bytes, at, \"]\") : at;\n}\n\n"
    "static ptrdiff_t $n_where(const void *memory, char *text, size_t bytes, int *population)\n{\n    const $n_work *work = memory;\n"
    "    for (size_t i = 0; i < sizeof $n_values / sizeof *$n_values; i++) {\n"
    "        const char *member = (const char *)memory + $n_values[i].offset;\n        ptrdiff_t axis[8], count = 1;\n        int axes = $n_axes(work, $n_values[i].shape, axis);\n"
    "        const $r *x = axes ? *(const $r *const *)(const void *)member : (const $r *)(const void *)member;\n"
    "        for (int k = 0; k < axes; k++)\n            count *= axis[k];\n"
    "        for (ptrdiff_t j = 0; j < count; j++) {\n            size_t at = 0;\n            if (x[j] - x[j] == 0.0$f)\n                continue;\n"
    "            if ($n_values[i].line > 0) {\n                at = $n_put_text(text, bytes, at, \"line \");\n                at = $n_put_number(text, bytes, at, $n_values[i].line);\n"
    "                at = $n_put_text(text, bytes, at, \": \");\n            }\n"
    "            at = $n_put_text(text, bytes, at, $n_values[i].name);\n            at = $n_put_entry(text, bytes, at, $n_values[i].names, axis, axes, j);\n"
    "            $n_put_text(text, bytes, at, x[j] != x[j] ? \" is nan\" : \" is infinite\");\n            *population = $n_values[i].population;\n"
    "            return axes > 0 && *population >= 0 ? j / (count / axis[0]) : -1;\n        }\n    }\n"
    "    $n_put_text(text, bytes, 0, \"\");\n    *population = -1;\n    return -1;\n}\n\n";

static void put_template(emitter *e, const char *text)
{
    for (const char *c = text; *c; c++) {
        const char *by = c[0] != '$' ? NULL : c[1] == 'n' ? e->name : c[1] == 'r' ? e->real : c[1] == 'f' ? e->suffix : NULL;
        if (by)
            buffer_puts(e->out, by), c++;
        else
            buffer_add(e->out, c, 1);
    }
}

bool put_where(emitter *e)
{
    buffer rows = {0}, *out = e->out;
    e->out = &rows;
    int count = put_rows(e);
    e->out = out;
    if (count) {
        buffer_printf(out, "/* What a step computes, in order. shape −1: a number; population −1: of no sample. */\n"
                           "static const struct {\n    size_t offset;\n    int shape, population, line;\n    const char *name, *names;\n} %s_values[] = {\n", e->name);
        buffer_puts(out, rows.text);
        buffer_puts(out, "};\n\n");
        e->sizes = SIZES_STRUCT;
        e->work = "work->";
        put_axes(e);
        put_template(e, search_text);
    }
    buffer_free(&rows);
    return count > 0;
}
