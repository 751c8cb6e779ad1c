/* What each entry point computes. Needs: all equations. Afterwards every equation carries a bit per event at which it runs; an equation without bits is dead.
 * A step with several groups runs again only what depends on names that an earlier group changed. */
#include <stdlib.h>
#include <string.h>

#include "gen/dag/break.h"
#include "gen/lower/lower_private.h"
#include "grammar/map.h"
#include "grammar/arena.h"

typedef struct {
    lower_program *p;
    int *first, *list;       /* equations of variable v: list[first[v]] .. list[first[v+1]−1] */
    int_list *reads;         /* per equation: variables on its right side */
    int_list *readers;       /* per variable: equations */
    bool *fresh;             /* per equation: its value in work memory is valid */
    int *stamp;              /* per equation: last event that reached it */
    int_list stack;
} needs;

typedef struct {
    const dag *d;
    int_list *out;
} reading;

static bool note_read(void *context, node n)
{
    reading *r = context;
    if (dag_kind(r->d, n) == NODE_ENTRY)
        int_list_push(r->out, dag_payload(r->d, n));
    return true;
}

static void index_equations(needs *x)
{
    lower_program *p = x->p;
    x->first = xcalloc((size_t)p->var_count + 2, sizeof(int));
    x->list = xcalloc((size_t)p->equation_count + 1, sizeof(int));
    for (int i = 0; i < p->equation_count; i++)
        x->first[p->equation[i].var + 1]++;
    for (int v = 0; v < p->var_count; v++)
        x->first[v + 1] += x->first[v];
    int *at = xcalloc((size_t)p->var_count + 1, sizeof(int));
    for (int i = 0; i < p->equation_count; i++) {
        int v = p->equation[i].var;
        x->list[x->first[v] + at[v]++] = i;
    }
    free(at);
}

static void index_reads(needs *x)
{
    lower_program *p = x->p;
    x->reads = xcalloc((size_t)p->equation_count + 1, sizeof *x->reads);
    x->readers = xcalloc((size_t)p->var_count + 1, sizeof *x->readers);
    for (int i = 0; i < p->equation_count; i++) {
        reading r = {p->m->dag, &x->reads[i]};
        dag_visit(p->m->dag, p->equation[i].rhs, note_read, &r);
        for (int k = 0; k < x->reads[i].count; k++)
            int_list_push(&x->readers[x->reads[i].at[k]], i);
    }
}

/* Everything variable `root` is computed from runs at `event`, unless its value is still good. */
static void need(needs *x, int root, int event)
{
    x->stack.count = 0;
    int_list_push(&x->stack, root);
    while (x->stack.count) {
        int v = x->stack.at[--x->stack.count];
        for (int k = x->first[v]; k < x->first[v + 1]; k++) {
            int e = x->list[k];
            if (x->stamp[e] == event + 1 || x->fresh[e])
                continue;
            x->stamp[e] = event + 1;
            x->p->equation[e].events |= UINT64_C(1) << event;
            for (int i = 0; i < x->reads[e].count; i++)
                int_list_push(&x->stack, x->reads[e].at[i]);
        }
    }
}

/* What ran at all of these events is good. */
static void mark_fresh(needs *x, uint64_t events)
{
    for (int e = 0; e < x->p->equation_count; e++)
        if ((x->p->equation[e].events & events) == events)
            x->fresh[e] = true;
}

static void forget(needs *x)
{
    for (int e = 0; e < x->p->equation_count; e++)
        x->fresh[e] = false;
}

/* Variable `changed` has a new value: nothing that depends on it is good any more. */
static void spoil(needs *x, int changed)
{
    x->stack.count = 0;
    int_list_push(&x->stack, changed);
    while (x->stack.count) {
        int v = x->stack.at[--x->stack.count];
        for (int i = 0; i < x->readers[v].count; i++) {
            int e = x->readers[v].at[i];
            if (!x->fresh[e])
                continue;
            x->fresh[e] = false;
            int_list_push(&x->stack, x->p->equation[e].var);
        }
    }
}

/* The groups of one optimizer, from `first` on; what stands in work memory before is not known. */
static void need_groups(needs *x, int first, int count)
{
    lower_program *p = x->p;
    const model *m = p->m;
    forget(x);
    for (int g = first; g < first + count; g++) {
        for (int i = 0; i < m->objective_count && g == first; i++)
            if (m->objective[i].mean >= 0)
                need(x, m->objective[i].mean, LOWER_STEP + g);
        for (int i = 0; i < p->commit_count; i++)
            if (p->commit[i].group == g)
                need(x, p->commit[i].fresh, LOWER_STEP + g);
        mark_fresh(x, UINT64_C(1) << (LOWER_STEP + g));
        for (int i = 0; i < p->commit_count; i++)
            if (p->commit[i].group == g && !BROKEN("stale"))
                spoil(x, p->commit[i].var);
    }
}

/* Sums are made behind the first group, before anything changes. */
static void need_sums(needs *x, uint64_t first_groups)
{
    forget(x);
    mark_fresh(x, first_groups);
    for (int i = 0; i < x->p->sum_count; i++)
        need(x, x->p->sum[i].var, LOWER_SUMS);
}

static void need_step(needs *x)
{
    const model *m = x->p->m;
    uint64_t first_groups = m->phase_count ? 0 : UINT64_C(1) << LOWER_STEP;
    if (m->phase_count == 0)
        need_groups(x, 0, x->p->group_count);
    for (int i = 0; i < m->phase_count; i++)
        if (!m->phase[i].lbfgs) {
            need_groups(x, m->phase[i].first_group, m->phase[i].group_count);
            first_groups |= UINT64_C(1) << (LOWER_STEP + m->phase[i].first_group);
        }
    need_sums(x, first_groups);
}

/* --- a step made of totals --- */

static bool reads_place(const needs *x, int equation, lower_place place)
{
    for (int i = 0; i < x->reads[equation].count; i++)
        if (x->p->var[x->reads[equation].at[i]].place == place)
            return true;
    return false;
}

/* The events of the groups, with the totals there already. False: something needs the samples themselves. */
static bool need_totals(needs *x, int event)
{
    lower_program *p = x->p;
    for (int i = 0; i < p->total_count; i++)
        for (int k = x->first[p->total[i].var]; k < x->first[p->total[i].var + 1]; k++)
            x->fresh[x->list[k]] = true;
    for (int g = 0; g < p->group_count; g++) {
        for (int i = 0; i < p->commit_count; i++)
            if (p->commit[i].group == g)
                need(x, p->commit[i].fresh, event + g);
        mark_fresh(x, UINT64_C(1) << (event + g));
        for (int i = 0; i < p->commit_count; i++)
            if (p->commit[i].group == g)
                spoil(x, p->commit[i].var);
    }
    for (int e = 0; e < p->equation_count; e++)
        if ((p->equation[e].events >> event) && (!lower_stream_allows(p, &p->equation[e]) || reads_place(x, e, LOWER_IN)))
            return false;
    return true;
}

/* Totals that a group reads, and the mean cost. */
static void keep_totals(needs *x, int event)
{
    lower_program *p = x->p;
    int kept = 0, cost = p->m->objective_count ? p->m->objective[0].mean : -1;
    for (int i = 0; i < p->total_count; i++) {
        const int_list *readers = &x->readers[p->total[i].var];
        bool used = p->total[i].var == cost;
        for (int k = 0; k < readers->count; k++)
            used = used || (p->equation[readers->at[k]].events >> event);
        if (used)
            p->total[kept++] = p->total[i];
    }
    p->total_count = kept;
}

static void need_stream(needs *x)
{
    lower_program *p = x->p;
    int event = LOWER_STEP + p->group_count;
    if (event + 1 + p->group_count > LOWER_MAX_EVENTS || !p->total_count || p->m->phase_count)
        return;
    forget(x);
    if (need_totals(x, event + 1)) {
        keep_totals(x, event + 1);
        forget(x);
        for (int i = 0; i < p->total_count; i++)
            need(x, p->total[i].var, event);
        p->streams = event;
        return;
    }
    for (int e = 0; e < p->equation_count; e++)
        p->equation[e].events &= (UINT64_C(1) << event) - 1;
}

void lower_needs(lower_program *p)
{
    const model *m = p->m;
    needs x = {.p = p};
    index_equations(&x);
    index_reads(&x);
    x.fresh = xcalloc((size_t)p->equation_count + 1, sizeof *x.fresh);
    x.stamp = xcalloc((size_t)p->equation_count + 1, sizeof *x.stamp);
    for (int i = 0; i < m->output_count; i++)
        need(&x, p->output[i], LOWER_FORWARD);
    for (int i = 0; i < p->sum_count; i++)
        need(&x, p->sum[i].var, LOWER_MEASURE);
    if (m->objective_count && m->objective[0].mean >= 0)
        need(&x, m->objective[0].mean, LOWER_GRADIENT);
    for (int i = 0; i < m->gradient_count; i++)
        need(&x, p->gradient[i], LOWER_GRADIENT);
    if (p->commit_count)
        need_step(&x);
    need_stream(&x);
    for (int i = 0; i < p->equation_count; i++)
        int_list_free(&x.reads[i]);
    for (int i = 0; i < p->var_count; i++)
        int_list_free(&x.readers[i]);
    int_list_free(&x.stack);
    free(x.first), free(x.list), free(x.reads), free(x.readers), free(x.fresh), free(x.stamp);
}
