/* A step on one sample of a small page, written out: no loops, all arrays local, parameters read at its beginning and written at its end. Then everything lies in
 * registers, and the time of a step is that of its longest chain of operations. The step on batches stays beside it: it is what runs on more samples, what
 * leaves the values that where() looks at, and what the tests compare this with. */
#include <stdlib.h>
#include <string.h>

#include "gen/emit/c_private.h"

enum { MOST_ENTRIES = 160, MOST_TEXT = 24000 };

/* --- numbers that are known here --- */

static bool size_value(const emitter *e, int size, long *value)
{
    const model_size *s = &e->m->size[size];
    *value = s->population >= 0 ? 1 : s->value;
    return s->equals ? small_value(e, s->equals, value) : *value > 0;
}

bool small_value(const emitter *e, node n, long *value)
{
    const dag *d = e->d;
    long part, all = dag_kind(d, n) == NODE_MUL;
    switch (dag_kind(d, n)) {
    case NODE_NUMBER:
        *value = mpz_get_si(mpq_numref(*dag_value(d, n)));
        return mpz_cmp_ui(mpq_denref(*dag_value(d, n)), 1) == 0 && mpz_fits_sint_p(mpq_numref(*dag_value(d, n)));
    case NODE_SIZE: return size_value(e, dag_payload(d, n), value);
    case NODE_INDEX:
        if (dag_payload(d, n) >= e->index_room || !e->index_name[dag_payload(d, n)])
            return false;
        *value = strtol(e->index_name[dag_payload(d, n)], NULL, 10);
        return true;
    case NODE_ADD:
    case NODE_MUL:
        for (int i = 0; i < dag_count(d, n); i++) {
            if (!small_value(e, dag_child(d, n, i), &part))
                return false;
            all = dag_kind(d, n) == NODE_MUL ? all * part : all + part;
        }
        *value = all;
        return true;
    default: return false;
    }
}

bool small_condition(const emitter *e, node n, bool *holds)
{
    const dag *d = e->d;
    long a, b;
    if (dag_kind(d, n) == NODE_IF) {
        bool first;
        if (!dag_is_int(d, dag_child(d, n, 2), 0) || !small_condition(e, dag_child(d, n, 0), &first))
            return false;
        *holds = false;
        return !first || small_condition(e, dag_child(d, n, 1), holds);
    }
    if (dag_kind(d, n) != NODE_COMPARE || !small_value(e, dag_child(d, n, 0), &a) || !small_value(e, dag_child(d, n, 1), &b))
        return false;
    switch ((compare)dag_payload(d, n)) {
    case COMPARE_EQUAL: *holds = a == b; return true;
    case COMPARE_UNEQUAL: *holds = a != b; return true;
    case COMPARE_LESS: *holds = a < b; return true;
    default: *holds = a <= b; return true;
    }
}

/* --- which pages --- */

static long entries(const emitter *e, const lower_var *v)
{
    long count = 1, size;
    for (int k = 0; k < v->axis_count; k++) {
        if (!small_value(e, v->size[k], &size) || size > MOST_ENTRIES)
            return MOST_ENTRIES + 1;
        count *= size;
    }
    return count;
}

/* Has the variable a copy here? */
static bool is_local(const emitter *e, int var)
{
    const lower_var *v = &e->p->var[var];
    if (v->place == LOWER_WORK)
        return v->equation >= 0;
    for (int i = 0; i < e->p->commit_count; i++)
        if (e->p->commit[i].var == var)
            return true;
    return false;
}

static bool writes_out(const lower_statement *s)
{
    for (; s; s = s->next)
        if (s->kind == LOWER_PRODUCT || s->kind == LOWER_CONTRACT || s->kind == LOWER_CHECK || !writes_out(s->body) || !writes_out(s->otherwise))
            return false;
    return true;
}

static uint64_t step_events(const emitter *e)
{
    return ((UINT64_C(1) << e->p->group_count) - 1) << LOWER_STEP | UINT64_C(1) << LOWER_SUMS;
}

static bool is_small(const emitter *e)
{
    long total = 0;
    if (e->free || e->p->checkpoint || e->m->population_count != 1 || e->p->commit_count == 0 || e->p->function_count > 64 || e->p->plan_count > MOST_ENTRIES)
        return false;
    for (int v = 0; v < e->p->var_count; v++)
        if (is_local(e, v) && (e->p->var[v].place == LOWER_WORK || e->p->var[v].place == LOWER_PARAMS || e->p->var[v].place == LOWER_STATE) &&
            (total += entries(e, &e->p->var[v])) > MOST_ENTRIES)
            return false;
    for (int i = 0; i < e->p->function_count; i++)
        if ((e->p->function[i].events & step_events(e)) && !writes_out(e->p->function[i].body))
            return false;
    for (int i = 0; i < e->p->commit_count; i++)
        if (e->p->commit[i].fresh < 0)
            return false;
    return true;
}

/* --- names --- */

static void name_everything(emitter *e)
{
    scope_open(&e->scope);
    scope_take(&e->scope, "all");
    scope_take(&e->scope, "far");
    for (int i = 0; i < e->m->size_count; i++) {
        long value = 1;
        e->local_size[i] = size_value(e, i, &value) ? arena_printf(e->memory, "%ld", value) : "0";
    }
    for (int v = 0; v < e->p->var_count; v++) {
        const lower_var *x = &e->p->var[v];
        if (x->place == LOWER_WORK && x->equation < 0)
            e->local[v] = arena_printf(e->memory, "1.0%s", e->suffix);
        else if (is_local(e, v))
            e->local[v] = scope_name(&e->scope, e->memory, e->member[v], true);
    }
    e->sizes = SIZES_LOCAL;
    e->temporaries = 0;
    e->unrolled = true;
    e->unrolled_end = e->out->length + MOST_TEXT;
}

static void forget_names(emitter *e)
{
    e->unrolled = false;
    for (int i = 0; i < e->m->size_count; i++)
        e->local_size[i] = NULL;
    for (int v = 0; v < e->p->var_count; v++)
        e->local[v] = NULL;
    for (int i = 0; i < e->index_room; i++)
        e->index_name[i] = NULL;
    scope_close(&e->scope);
    e->sizes = SIZES_STRUCT;
}

/* --- the parts --- */

/* Does a step, or what it adds to sums, compute this? */
static bool is_used(const emitter *e, const lower_var *v, int var)
{
    if (v->place != LOWER_WORK)
        return true;
    for (int i = 0; i < e->p->equation_count; i++)
        if (e->p->equation[i].var == var && e->p->equation[i].events & step_events(e))
            return true;
    return false;
}

static void put_declarations(emitter *e)
{
    for (int var = 0; var < e->p->var_count; var++) {
        const lower_var *v = &e->p->var[var];
        if (!is_local(e, var) || !is_used(e, v, var))
            continue;
        buffer_printf(e->out, "    %s %s", v->integer ? "int32_t" : e->real, e->local[var]);
        if (v->axis_count)
            buffer_printf(e->out, "[%ld]", entries(e, v));
        buffer_puts(e->out, ";\n");
    }
}

/* "w[2]" or "w": entry i of a local, or of its struct. */
static const char *cell(const emitter *e, int var, long i, bool local)
{
    const lower_var *v = &e->p->var[var];
    const char *base = local ? e->local[var] : arena_printf(e->memory, "%s->%s", struct_of(v->place), e->member[var]);
    return v->axis_count ? arena_printf(e->memory, "%s[%ld]", base, i) : base;
}

static void put_transfer(emitter *e, bool out)
{
    for (int c = 0; c < e->p->commit_count; c++) {
        int var = e->p->commit[c].var;
        for (long i = 0; i < entries(e, &e->p->var[var]); i++)
            buffer_printf(e->out, "    %s = %s;\n", cell(e, var, i, !out), cell(e, var, i, out));
    }
}

static void put_bodies(emitter *e, int event, int level)
{
    for (int i = 0; i < e->p->function_count; i++)
        if ((e->p->function[i].events >> event) & 1u)
            put_statements(e, e->p->function[i].body, level);
}

/* What is finite has a finite sum, but for overflow: then the step on batches decides. Added up as a tree, so that nobody waits for it. */
static void put_sum_of(emitter *e, const char **list, int count)
{
    int half = count / 2;
    if (count == 1) {
        buffer_puts(e->out, list[0]);
        return;
    }
    buffer_puts(e->out, "(");
    put_sum_of(e, list, half);
    buffer_puts(e->out, " + ");
    put_sum_of(e, list + half, count - half);
    buffer_puts(e->out, ")");
}

static void put_small_test(emitter *e, int group)
{
    const lower_program *p = e->p;
    const char *list[MOST_ENTRIES];
    int count = 0;
    for (int i = 0; i < e->m->objective_count && group == 0; i++)
        if (e->m->objective[i].mean >= 0)
            list[count++] = cell(e, e->m->objective[i].mean, 0, true);
    for (int i = 0; i < p->commit_count; i++)
        for (long k = 0; k < entries(e, &p->var[p->commit[i].fresh]) && p->commit[i].group == group; k++)
            list[count++] = cell(e, p->commit[i].fresh, k, true);
    if (!count)
        return;
    buffer_printf(e->out, "    all = ");
    put_sum_of(e, list, count);
    buffer_printf(e->out, ";\n    if (!(all - all == 0.0%s))\n        return %s_E_NONFINITE;\n", e->suffix, e->upper);
}

static void put_small_group(emitter *e, int group)
{
    const lower_program *p = e->p;
    put_bodies(e, LOWER_STEP + group, 1);
    put_small_test(e, group);
    if (group == 0)
        put_bodies(e, LOWER_SUMS, 1);
    for (int c = 0; c < p->commit_count; c++)
        if (p->commit[c].group == group)
            for (long i = 0; i < entries(e, &p->var[p->commit[c].var]); i++)
                buffer_printf(e->out, "    %s = %s;\n", cell(e, p->commit[c].var, i, true), cell(e, p->commit[c].fresh, i, true));
}

/* Nothing has been written outside until here. */
static void put_end(emitter *e)
{
    const lower_program *p = e->p;
    if (!e->suffix[0])
        buffer_printf(e->out, "    if (far >> DELTA_EXP_FAR)\n        return %s_E_NONFINITE;\n", e->upper);
    if (p->sum_count)
        buffer_puts(e->out, "    if (sums) {\n");
    for (int i = 0; i < p->sum_count; i++)
        buffer_printf(e->out, "        sums[%d] += (double)%s;\n", i, e->local[p->sum[i].var]);
    if (p->sum_count)
        buffer_puts(e->out, "    }\n");
    put_transfer(e, true);
    buffer_printf(e->out, "    return %s_OK;\n}\n\n", e->upper);
}

static void put_text(emitter *e)
{
    const char *n = e->name;
    buffer_printf(e->out,
                  "/* gcc would pack these numbers into vectors and take them out again. */\n#if defined(__GNUC__) && !defined(__clang__)\n"
                  "#define %s_PLAIN __attribute__((optimize(\"no-tree-slp-vectorize\")))\n#else\n#define %s_PLAIN\n#endif\n\n",
                  e->upper, e->upper);
    buffer_puts(e->out, "/* A step on one sample, written out. Not OK: nothing has changed. */\n");
    buffer_printf(e->out, "static %s_PLAIN int %s_train_one(%s_params *params, %s_state *state, const %s_in *in, double *sums)\n{\n", e->upper, n, n, n, n);
    put_declarations(e);
    if (!e->suffix[0])
        buffer_puts(e->out, "    uint64_t far = 0;\n");
    buffer_printf(e->out, "    %s all;\n    (void)params;\n    (void)state;\n    (void)in;\n    (void)sums;\n", e->real);
    for (int var = 0; var < e->p->var_count; var++)
        if (is_local(e, var) && e->p->var[var].place == LOWER_WORK && is_used(e, &e->p->var[var], var))
            buffer_printf(e->out, "    (void)%s;\n", e->local[var]);
    put_transfer(e, false);
    for (int g = 0; g < e->p->group_count; g++)
        put_small_group(e, g);
    put_end(e);
}

bool put_small_step(emitter *e)
{
    buffer text = {0}, *out = e->out;
    if (!is_small(e))
        return false;
    e->out = &text;
    name_everything(e);
    put_text(e);
    bool good = text.length < e->unrolled_end;
    forget_names(e);
    e->out = out;
    if (good)
        buffer_add(out, text.text, text.length);
    else
        helper_forget_one(e);
    buffer_free(&text);
    return good;
}
