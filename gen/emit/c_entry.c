/* The functions a program calls: forward, measure, gradient, step. */
#include <string.h>

#include "gen/emit/c_private.h"

enum { CHUNK = 120 };

/* --- pieces --- */

void put_begin(emitter *e, const char *training)
{
    if (e->free) {
        buffer_printf(e->out, "    (void)in;\n    work->training = %s%s;\n", training, e->suffix);
        return;
    }
    for (int k = 0; k < e->m->population_count; k++) {
        const char *s = e->population_name[k];
        buffer_printf(e->out, "    if (in->samples%s < 1 || in->samples%s > work->size.samples%s)\n        return %s_E_BATCH;\n", s, s, s, e->upper);
    }
    if (e->m->population_count == 0)
        buffer_puts(e->out, "    (void)in;\n");
    for (int k = 0; k < e->m->population_count; k++)
        buffer_printf(e->out, "    work->batch%s = in->samples%s;\n", e->population_name[k], e->population_name[k]);
    buffer_printf(e->out, "    work->training = %s%s;\n", training, e->suffix);
}

static bool event_checks(const emitter *e, int event)
{
    for (int i = 0; i < e->p->function_count; i++)
        if (((e->p->function[i].events >> event) & 1u) && e->p->function[i].checks)
            return true;
    return false;
}

/* The loop around functions that are called block by block: opens that of group `to` when it is not `from`, which is closed. 0: none. */
static void put_block_loop(emitter *e, int from, int to, const char *indent)
{
    if (from == to)
        return;
    if (from)
        buffer_printf(e->out, "%s}\n", indent);
    if (!to)
        return;
    size_spelling sizes = e->sizes;
    e->sizes = SIZES_STRUCT;
    buffer_printf(e->out, "%sfor (ptrdiff_t begin = 0; begin < ", indent);
    put_index(e, e->p->block_range, STRENGTH_SUM);
    buffer_puts(e->out, "; begin += ");
    put_index(e, e->p->block_length, STRENGTH_SUM);
    buffer_printf(e->out, ") {\n%s    const ptrdiff_t left = ", indent);
    put_index(e, e->p->block_range, STRENGTH_SUM);
    buffer_puts(e->out, " - begin, count = left < ");
    put_index(e, e->p->block_length, STRENGTH_SUM);
    buffer_puts(e->out, " ? left : ");
    put_index(e, e->p->block_length, STRENGTH_SUM);
    buffer_puts(e->out, ";\n");
    e->sizes = sizes;
}

void put_calls(emitter *e, int event, const char *indent, const char *on_error)
{
    int block = 0;
    for (int i = 0; i < e->p->function_count; i++) {
        const lower_function *f = &e->p->function[i];
        if (!((f->events >> event) & 1u))
            continue;
        put_block_loop(e, block, f->block, indent);
        block = f->block;
        const char *more = block ? "    " : "";
        buffer_printf(e->out, "%s%s", indent, more);
        put_call(e, i, "grad");
        if (f->checks)
            buffer_printf(e->out, "%s%sif (code != 0) {\n%s%s%s    return code;\n%s%s}\n", indent, more, on_error, indent, more, indent, more);
    }
    put_block_loop(e, block, 0, indent);
}

static void put_unused(emitter *e, bool state)
{
    buffer_puts(e->out, "    (void)params;\n");
    if (state)
        buffer_puts(e->out, "    (void)state;\n");
}

static void put_axis_count(emitter *e, const lower_var *v, int k)
{
    if (k == 0 && v->per_sample && !e->free)
        buffer_printf(e->out, "in->samples%s", e->population_name[v->population]);
    else
        put_index(e, v->size[k], STRENGTH_UNARY);
}

/* "h * n" of an array, the sample axis being the batch. */
static void put_entry_count(emitter *e, const lower_var *v)
{
    for (int k = 0; k < v->axis_count; k++) {
        buffer_puts(e->out, k ? " * " : "");
        put_axis_count(e, v, k);
    }
}

static void put_base(emitter *e, int var)
{
    buffer_printf(e->out, "%s->%s", struct_of(e->p->var[var].place), e->member[var]);
}

static void put_copy_helper(emitter *e)
{
    const char *r = e->real;
    buffer_printf(e->out, "static void %s_copy(%s *restrict to, const %s *restrict from, ptrdiff_t count)\n{\n", e->name, r, r);
    buffer_puts(e->out, "    for (ptrdiff_t i = 0; i < count; i++)\n        to[i] = from[i];\n}\n\n");
}

/* --- forward, measure, gradient --- */

/* "(i0 * n1 + i1) * n2 + i2", each index moved by the first one that v has in memory */
static void put_flat(emitter *e, const lower_var *v)
{
    for (int k = 2; k < v->axis_count; k++)
        buffer_puts(e->out, "(");
    for (int k = 0; k < v->axis_count; k++) {
        if (k > 0) {
            buffer_puts(e->out, " * ");
            put_axis_count(e, v, k);
            buffer_puts(e->out, " + ");
        }
        buffer_printf(e->out, "i%d", k);
        node first = dag_neg(e->d, v->start[k]);
        if (!dag_is_int(e->d, first, 0)) {
            buffer_puts(e->out, " + ");
            put_index(e, first, STRENGTH_SUM);
        }
        buffer_puts(e->out, k > 0 && k + 1 < v->axis_count ? ")" : "");
    }
}

/* The starts of a recurrence (h[-1]) lie in memory, but are no output. */
static void put_output_loops(emitter *e, const char *member, int var)
{
    lower_var shown = emit_output_shape(e, var);
    for (int k = 0; k < shown.axis_count; k++) {
        buffer_printf(e->out, "%*sfor (ptrdiff_t i%d = 0; i%d < ", 4 * (k + 1), "", k, k);
        put_axis_count(e, &shown, k);
        buffer_printf(e->out, "; i%d++)\n", k);
    }
    buffer_printf(e->out, "%*sout->%s[", 4 * (shown.axis_count + 1), "", member);
    put_flat(e, &shown);
    buffer_printf(e->out, "] = %s%s%s", shown.integer ? "(" : "", shown.integer ? e->real : "", shown.integer ? ")" : "");
    put_base(e, var);
    buffer_puts(e->out, "[");
    put_flat(e, &e->p->var[var]);
    buffer_puts(e->out, "];\n");
}

static bool has_starts(const emitter *e, int var)
{
    lower_var shown = emit_output_shape(e, var);
    const lower_var *v = &e->p->var[var];
    for (int k = v->per_sample ? 1 : 0; k < v->axis_count; k++)
        if (v->size[k] != shown.size[k])
            return true;
    return false;
}

static void put_outputs(emitter *e)
{
    for (int i = 0; i < e->m->output_count; i++) {
        int var = e->m->output[i], from = e->p->output[i];
        const lower_var *v = &e->p->var[var];
        if (e->p->var[from].place == LOWER_OUT)
            continue;
        if (v->axis_count == 0) {
            buffer_printf(e->out, "    out->%s = ", e->out_member[i]);
            put_base(e, from);
            buffer_puts(e->out, ";\n");
        } else if (v->integer || has_starts(e, var)) {
            put_output_loops(e, e->out_member[i], var);
        } else {
            buffer_printf(e->out, "    %s_copy(out->%s, ", e->name, e->out_member[i]);
            put_base(e, from);
            buffer_puts(e->out, ", ");
            put_entry_count(e, v);
            buffer_puts(e->out, ");\n");
        }
    }
}

void put_code(emitter *e, int event)
{
    if (event_checks(e, event))
        buffer_puts(e->out, "    int code;\n");
}

static void put_forward(emitter *e)
{
    const char *n = e->name;
    buffer_printf(e->out, "int %s_forward(const %s_params *params, const %s_state *state, const %s_in *in, %s_out *out, %s_work *work)\n{\n", n, n, n, n, n, n);
    put_code(e, LOWER_FORWARD);
    put_unused(e, true);
    buffer_puts(e->out, "    (void)out;\n");
    put_begin(e, "0.0");
    put_calls(e, LOWER_FORWARD, "    ", "");
    put_outputs(e);
    buffer_printf(e->out, "    return %s_OK;\n}\n\n", e->upper);
}

static void put_sums(emitter *e, const char *indent)
{
    for (int i = 0; i < e->p->sum_count; i++)
        buffer_printf(e->out, "%ssums[%d] += (double)work->%s;\n", indent, i, e->member[e->p->sum[i].var]);
}

static void put_measure(emitter *e)
{
    const char *n = e->name;
    buffer_printf(e->out, "static int %s_measure(const %s_params *params, const %s_state *state, const %s_in *in, double *sums, %s_work *work)\n{\n", n, n, n, n, n);
    put_code(e, LOWER_MEASURE);
    put_unused(e, true);
    if (e->p->sum_count == 0)
        buffer_puts(e->out, "    (void)sums;\n");
    put_begin(e, "0.0");
    put_calls(e, LOWER_MEASURE, "    ", "");
    put_sums(e, "    ");
    buffer_printf(e->out, "    return %s_OK;\n}\n\n", e->upper);
}

/* Parameters that the objective does not move have gradient 0. */
static void put_zero_gradients(emitter *e)
{
    bool *moved = arena_alloc(e->memory, (size_t)(e->m->var_count + 1) * sizeof *moved);
    for (int k = 0; k < e->m->gradient_count; k++)
        moved[e->m->gradient[k].var] = true;
    for (int i = 0; i < e->m->var_count; i++) {
        if (e->m->var[i].role != ROLE_PARAM || moved[i])
            continue;
        const lower_var *v = &e->p->var[i];
        if (v->axis_count == 0) {
            buffer_printf(e->out, "    grad->%s = 0.0%s;\n", e->member[i], e->suffix);
            continue;
        }
        buffer_puts(e->out, "    for (ptrdiff_t i = 0; i < ");
        put_entry_count(e, v);
        buffer_printf(e->out, "; i++)\n        grad->%s[i] = 0.0%s;\n", e->member[i], e->suffix);
    }
}

/* Arrays of work memory that lie in those of the gradient meanwhile, and back. */
static void put_loans(emitter *e, bool back)
{
    for (int i = 0; i < e->p->loan_count; i++) {
        const lower_loan *l = &e->p->loan[i];
        const char *own = e->member[l->var];
        if (back) {
            buffer_printf(e->out, "    work->%s = own_%s;\n", own, own);
            continue;
        }
        buffer_printf(e->out, "    %s *const own_%s = work->%s;\n    work->%s = grad->%s;\n", e->real, own, own, own, e->member[l->gradient]);
    }
}

static void put_gradient(emitter *e)
{
    const char *n = e->name;
    int mean = e->m->objective_count ? e->m->objective[0].mean : -1;
    buffer_printf(e->out, "int %s_gradient(const %s_params *params, const %s_state *state, const %s_in *in, %s_params *grad, double *cost, %s_work *work)\n{\n", n, n, n, n, n, n);
    put_code(e, LOWER_GRADIENT);
    put_unused(e, true);
    buffer_puts(e->out, "    (void)grad;\n");
    put_begin(e, "1.0");
    put_loans(e, false);
    put_calls(e, LOWER_GRADIENT, "    ", "");
    put_loans(e, true);
    put_zero_gradients(e);
    buffer_puts(e->out, "    if (cost)\n        *cost = ");
    if (mean >= 0) {
        buffer_puts(e->out, "(double)");
        put_base(e, mean);
    } else {
        buffer_puts(e->out, "0.0");
    }
    buffer_printf(e->out, ";\n    return %s_OK;\n}\n\n", e->upper);
}

/* --- step --- */

/* A new value of this group that stands in work memory. */
static bool in_group(const emitter *e, int i, int group)
{
    return e->p->commit[i].group == group && e->p->commit[i].fresh >= 0;
}

static void put_finite_helper(emitter *e)
{
    buffer_printf(
        e->out,
        "/* 1 when all entries are finite: x − x is 0 for them only. */\nstatic int %s_finite(const %s *x, ptrdiff_t count)\n{\n    %s bad = 0.0%s;\n%s",
        e->name, e->real, e->real, e->suffix, e->free ? "" : "    DELTA_SUM(bad)\n");
    buffer_printf(e->out, "    for (ptrdiff_t i = 0; i < count; i++)\n        bad += x[i] - x[i];\n    return bad == 0.0%s;\n}\n\n", e->suffix);
}

void put_check_value(emitter *e, int var)
{
    const lower_var *v = &e->p->var[var];
    if (v->axis_count == 0) {
        buffer_printf(e->out, "    ok &= work->%s - work->%s == 0.0%s;\n", e->member[var], e->member[var], e->suffix);
        return;
    }
    buffer_printf(e->out, "    ok &= %s_finite(work->%s, ", e->name, e->member[var]);
    put_entry_count(e, v);
    buffer_puts(e->out, ");\n");
}

/* Tests of a group's new values, in functions of bounded length; returns how many. */
static int put_tests(emitter *e, int group)
{
    int count = 0, functions = 0;
    for (int i = 0; i < e->p->commit_count; i++) {
        if (!in_group(e, i, group))
            continue;
        if (count % CHUNK == 0) {
            buffer_puts(e->out, count ? "    return ok;\n}\n\n" : "");
            buffer_printf(e->out, "static %sint %s_test_%d_%d(const %s_work *work)\n{\n    int ok = 1;\n", e->apart, e->name, group, functions++, e->name);
        }
        put_check_value(e, e->p->commit[i].fresh);
        count++;
    }
    if (count)
        buffer_puts(e->out, "    return ok;\n}\n\n");
    return functions;
}

/* A new value takes its place. With `swap` the old one is kept where the new one was, so that doing it again undoes it. */
static void put_commit_value(emitter *e, const lower_commit *c, bool swap)
{
    const lower_var *v = &e->p->var[c->var];
    const char *where = struct_of(v->place), *to = e->member[c->var], *from = e->member[c->fresh];
    if (v->axis_count == 0) {
        if (swap)
            buffer_printf(e->out, "    %s_swap(&%s->%s, &work->%s, 1);\n", e->name, where, to, from);
        else
            buffer_printf(e->out, "    %s->%s = work->%s;\n", where, to, from);
        return;
    }
    buffer_printf(e->out, "    %s_%s(%s->%s, work->%s, ", e->name, swap ? "swap" : "copy", where, to, from);
    put_entry_count(e, v);
    buffer_puts(e->out, ");\n");
}

static int put_commits(emitter *e, int group, bool swap)
{
    int count = 0, functions = 0;
    for (int i = 0; i < e->p->commit_count; i++) {
        if (!in_group(e, i, group))
            continue;
        if (count % CHUNK == 0) {
            buffer_puts(e->out, count ? "}\n\n" : "");
            buffer_printf(e->out, "static %svoid %s_commit_%d_%d(%s_params *params, %s_state *state, %s_work *work)\n{\n", e->apart, e->name, group, functions++, e->name, e->name,
                          e->name);
            buffer_puts(e->out, "    (void)params;\n    (void)state;\n");
        }
        put_commit_value(e, &e->p->commit[i], swap);
        count++;
    }
    if (count)
        buffer_puts(e->out, "}\n\n");
    return functions;
}

static void put_swap_helper(emitter *e)
{
    const char *r = e->real;
    buffer_printf(e->out, "static void %s_swap(%s *restrict a, %s *restrict b, ptrdiff_t count)\n{\n", e->name, r, r);
    buffer_printf(e->out, "    for (ptrdiff_t i = 0; i < count; i++) {\n        const %s t = a[i];\n        a[i] = b[i];\n        b[i] = t;\n    }\n}\n\n", r);
}

/* Statements that take back what groups before `group` changed, back to group `first`, last first. */
static char *undo_text(emitter *e, int first, int group)
{
    buffer text = {0};
    buffer_puts(&text, "");
    for (int g = group - 1; g >= first; g--)
        for (int i = e->commits[g] - 1; i >= 0; i--)
            buffer_printf(&text, "        %s_commit_%d_%d(params, state, work);\n", e->name, g, i);
    char *kept = text.text ? arena_strndup(e->memory, text.text, text.length) : "";
    buffer_free(&text);
    return kept;
}

/* What is updated in place must be finite to begin with: tested at the first step with these parameters, then it follows from the bounds. */
static bool put_first_tests(emitter *e)
{
    bool any = false;
    for (int i = 0; i < e->p->commit_count; i++) {
        int var = e->p->commit[i].var;
        if (e->p->commit[i].fresh >= 0)
            continue;
        buffer_puts(e->out, any ? "" : "    if (work->finite_params != params) {\n");
        any = true;
        buffer_printf(e->out, "        ok &= %s_finite(params->%s, ", e->name, e->member[var]);
        put_entry_count(e, &e->p->var[var]);
        buffer_puts(e->out, ");\n");
    }
    if (any)
        buffer_puts(e->out, "    }\n");
    return any;
}

/* Before the commits of the last group; returns whether there are updates in place. */
static bool put_bounds(emitter *e)
{
    bool any = put_first_tests(e);
    if (any)
        buffer_puts(e->out, "    delta_seen seen = {0};\n");
    for (int i = 0; i < e->p->function_count && any; i++)
        if ((e->p->function[i].events >> LOWER_COMMIT) & 1u)
            put_bounded_call(e, i);
    return any;
}

void put_group(emitter *e, int first, int g, int event)
{
    const char *undo = undo_text(e, first, g);
    bool samples = event < LOWER_STEP + e->p->group_count;
    put_calls(e, event, "    ", undo);
    if (g == first && samples)
        for (int i = 0; i < e->m->objective_count; i++)
            if (e->m->objective[i].mean >= 0)
                put_check_value(e, e->m->objective[i].mean);
    for (int i = 0; i < e->tests[g]; i++)
        buffer_printf(e->out, "    ok &= %s_test_%d_%d(work);\n", e->name, g, i);
    bool in_place = g + 1 == e->p->group_count && put_bounds(e);
    buffer_printf(e->out, "    if (!ok) {\n%s        return %s_E_NONFINITE;\n    }\n", undo, e->upper);
    if (g == first && e->p->sum_count && samples) {
        buffer_puts(e->out, "    if (sums) {\n");
        put_calls(e, LOWER_SUMS, "        ", "");
        put_sums(e, "        ");
        buffer_puts(e->out, "    }\n");
    } else if (g == first && !e->free) {
        buffer_puts(e->out, "    (void)sums;\n");
    }
    if (in_place) {
        put_calls(e, LOWER_COMMIT, "    ", "");
        buffer_puts(e->out, "    work->finite_params = params;\n");
    }
    for (int i = 0; i < e->commits[g]; i++)
        buffer_printf(e->out, "    %s_commit_%d_%d(params, state, work);\n", e->name, g, i);
}

/* One sample or a batch? What one sample's step refuses, the batch's decides. */
static void put_train(emitter *e)
{
    const char *n = e->name;
    buffer_printf(e->out, "static int %s_train(%s_params *params, %s_state *state, const %s_in *in, double *sums, %s_work *work)\n{\n", n, n, n, n, n);
    buffer_printf(e->out, "    if (in->samples == 1 && %s_train_one(params, state, in, sums) == %s_OK)\n        return %s_OK;\n", n, e->upper, e->upper);
    buffer_printf(e->out, "    return %s_train_batch(params, state, in, sums, work);\n}\n\n", n);
}

/* A later group of the same step may fail: then what this one changed is taken back. */
static bool swaps(const emitter *e, int group)
{
    for (int i = 0; i < e->m->phase_count; i++)
        if (group == e->m->phase[i].first_group + e->m->phase[i].group_count - 1)
            return false;
    return group + 1 < e->p->group_count;
}

/* The function that does the groups first .. first + count − 1. */
static void put_groups(emitter *e, const char *suffix, bool open, int first, int count)
{
    const char *n = e->name;
    bool checks = event_checks(e, LOWER_SUMS);
    for (int g = first; g < first + count; g++)
        checks = checks || event_checks(e, LOWER_STEP + g);
    const char *away = strcmp(suffix, "train_batch") == 0 ? "DELTA_ALONE " : "";
    buffer_printf(e->out, "%s%sint %s_%s(%s_params *params, %s_state *state, const %s_in *in, %s%s_work *work)\n{\n    int ok = 1;\n%s", open ? "" : "static ", away, n, suffix, n, n,
                  n, e->free ? "" : "double *sums, ", n, checks ? "    int code;\n" : "");
    put_unused(e, true);
    put_begin(e, "1.0");
    for (int g = first; g < first + count; g++)
        put_group(e, first, g, LOWER_STEP + g);
    buffer_printf(e->out, "    return %s_OK;\n}\n\n", e->upper);
}

/* A sequence of optimizers: one function each, and one that counts. */
static void put_phases(emitter *e)
{
    const char *n = e->name, *sums = e->free ? "" : "sums, ", *counter = e->member[e->m->phase_counter];
    const model *m = e->m;
    long end = 0;
    for (int i = 0; i < m->phase_count; i++)
        if (!m->phase[i].lbfgs)
            put_groups(e, arena_printf(e->memory, "phase_%d", i), false, m->phase[i].first_group, m->phase[i].group_count);
    buffer_printf(e->out, "%sint %s_%s(%s_params *params, %s_state *state, const %s_in *in, %s%s_work *work)\n{\n", e->free ? "" : "static ", n, e->free ? "step" : "train", n, n,
                  n, e->free ? "" : "double *sums, ", n);
    put_unused(e, true);
    buffer_printf(e->out, "    (void)in;\n    (void)work;\n%s", e->free ? "" : "    (void)sums;\n");
    for (int i = 0; i < m->phase_count; i++) {
        const model_phase *phase = &m->phase[i];
        end += phase->steps;
        buffer_puts(e->out, "    ");
        if (i + 1 < m->phase_count)
            buffer_printf(e->out, "if (state->%s < %ld.0%s)\n        ", counter, end, e->suffix);
        if (phase->lbfgs)
            buffer_printf(e->out, "return %s_E_PHASE;\n", e->upper);
        else
            buffer_printf(e->out, "return %s_phase_%d(params, state, in, %swork);\n", n, i, sums);
    }
    buffer_puts(e->out, "}\n\n");
}

static void put_step(emitter *e)
{
    const char *n = e->name;
    int groups = e->p->group_count;
    int *tests = arena_alloc(e->memory, (size_t)groups * sizeof *tests), *commits = arena_alloc(e->memory, (size_t)groups * sizeof *commits);
    e->tests = tests, e->commits = commits;
    for (int g = 0; g < groups; g++) {
        tests[g] = put_tests(e, g);
        commits[g] = put_commits(e, g, swaps(e, g));
    }
    bool small = !e->m->phase_count && put_small_step(e);
    if (e->m->phase_count)
        put_phases(e);
    else
        put_groups(e, e->free ? "step" : small ? "train_batch" : "train", e->free, 0, groups);
    if (small)
        put_train(e);
    if (!e->free)
        buffer_printf(e->out, "int %s_step(%s_params *params, %s_state *state, const %s_in *in, %s_work *work)\n{\n    return %s_train(params, state, in, NULL, work);\n}\n\n", n, n, n, n, n, n);
}

static bool mentions(emitter *e, const char *text, const char *suffix)
{
    return strstr(text, arena_printf(e->memory, "%s_%s(", e->name, suffix)) != NULL;
}

void put_shared_helpers(emitter *e, const char *text)
{
    if (mentions(e, text, "copy"))
        put_copy_helper(e);
    if (mentions(e, text, "finite"))
        put_finite_helper(e);
    if (mentions(e, text, "swap"))
        put_swap_helper(e);
}

void put_entries(emitter *e)
{
    e->sizes = SIZES_STRUCT;
    e->work = "work->";
    put_forward(e);
    if (!e->free)
        put_measure(e);
    put_gradient(e);
    put_step(e);
    put_stream(e);
}
