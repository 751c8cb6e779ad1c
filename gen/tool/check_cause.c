/* A wrong definition of a δ makes later claims false: the δ is blamed, once, in place of each of them. What would be true with the δ mended is asked in processes
 * of their own, so the page itself stays as it is. */
#include <stdlib.h>

#include "gen/tool/check_ask.h"

enum { MOST_LINES = 4 };

/* A δ and a name v of its ending: was it meant to be ∂C/∂v? */
typedef struct {
    int delta, v;
    bool adjoint; /* it is that of another name, so nothing is wrong unless something follows from it */
    bool follows; /* itself wrong only because of an earlier one */
    int claims, line[MOST_LINES], updates;
} suspect;

typedef struct {
    suspect *list;
    int count;
} suspects;

static void add_suspect(suspects *s, suspect one)
{
    s->list = xrealloc(s->list, (size_t)(s->count + 1) * sizeof *s->list);
    s->list[s->count++] = one;
}

static bool is_wrong(const check_result *r, int claim)
{
    const model_claim *c = &r->page->model->claim[claim];
    return r->decided[claim] && r->claim[claim].kind == VERDICT_REFUTED && !c->shape_error && !c->expect;
}

static bool something_is_wrong(const check_result *r)
{
    const model *m = r->page->model;
    for (int i = 0; i < m->claim_count; i++)
        if (is_wrong(r, i))
            return true;
    for (int i = 0; i < m->update_count; i++)
        if (r->update[i] == UPDATE_AGAINST)
            return true;
    return false;
}

/* In page order: δ's that are no adjoint, and, where something is wrong, those that are one of two that their name may mean. */
static suspects find_suspects(const check_result *r)
{
    const model *m = r->page->model;
    bool wrong = something_is_wrong(r);
    suspects s = {0};
    for (int i = 0; i < m->order_count; i++) {
        int delta = m->order[i];
        if (!check_is_delta(m, delta))
            continue;
        if (r->equals[delta] < 0)
            add_suspect(&s, (suspect){.delta = delta, .v = r->nearest[delta]});
        for (int v = wrong && r->equals[delta] >= 0 ? check_delta_next(m, delta, -1) : -1; v >= 0; v = check_delta_next(m, delta, v))
            if (v != r->equals[delta])
                add_suspect(&s, (suspect){.delta = delta, .v = v, .adjoint = true});
    }
    return s;
}

static void ask_mended(questions *q, const suspects *s)
{
    const check_result *r = q->r;
    const model *m = r->page->model;
    for (int k = 0; k < s->count; k++) {
        int delta = s->list[k].delta, v = s->list[k].v;
        if (v < 0)
            continue;
        for (int j = k + 1; j < s->count; j++)
            if (!s->list[j].adjoint)
                question_add(q, (question){ASK_DELTA_MENDED, s->list[j].delta, delta, v});
        for (int i = 0; i < m->claim_count; i++)
            if (is_wrong(r, i))
                question_add(q, (question){ASK_CLAIM_MENDED, i, delta, v});
        for (int i = 0; i < m->update_count; i++)
            if (r->update[i] == UPDATE_AGAINST)
                question_add(q, (question){ASK_UPDATE_MENDED, i, delta, v});
    }
}

static suspect *find(const suspects *s, int delta, int v)
{
    for (int k = 0; k < s->count; k++)
        if (s->list[k].delta == delta && (v < 0 || s->list[k].v == v))
            return &s->list[k];
    return NULL;
}

/* The first δ that would make it right is blamed. */
static void blame(questions *q, const suspects *s)
{
    check_result *r = q->r;
    for (int i = 0; i < q->count; i++) {
        const question *c = &q->list[i];
        suspect *x = find(s, c->delta, c->v);
        if (q->answer[i].number <= 0 || x->follows)
            continue;
        if (c->kind == ASK_DELTA_MENDED) {
            find(s, c->which, -1)->follows = true;
        } else if (c->kind == ASK_CLAIM_MENDED && r->cause[c->which] < 0) {
            r->cause[c->which] = c->delta;
            if (x->claims < MOST_LINES)
                x->line[x->claims] = r->page->model->claim[c->which].line;
            x->claims++;
        } else if (c->kind == ASK_UPDATE_MENDED && r->update_cause[c->which] < 0) {
            r->update_cause[c->which] = c->delta;
            x->updates++;
        }
    }
}

static bool is_to_blame(const suspect *x)
{
    return x->claims || x->updates;
}

/* What is wrong with those that are an adjoint, but not the one that is wanted. */
static void ask_against(check_result *r, prover *p, const suspects *s)
{
    questions q = {.r = r};
    for (int k = 0; k < s->count; k++)
        if (s->list[k].adjoint && is_to_blame(&s->list[k]))
            question_add(&q, (question){ASK_AGAINST, 0, s->list[k].delta, s->list[k].v});
    questions_ask(&q, p);
    for (int i = 0; i < q.count; i++) {
        r->delta_wrong[q.list[i].delta] = q.answer[i].verdict.diagnosis;
        r->delta_better[q.list[i].delta] = q.answer[i].verdict.suggestion;
    }
    questions_free(&q);
}

static void hint(diagnostic *g, const check_result *r, const suspect *x)
{
    const char *wrong = x->adjoint ? r->delta_wrong[x->delta] : NULL, *better = r->options.hints == HINTS_FULL ? r->delta_better[x->delta] : NULL;
    buffer b = {0};
    if (wrong && r->options.hints == HINTS_FULL)
        buffer_printf(&b, "%s%s", wrong, better ? ": " : "");
    if (better)
        buffer_puts(&b, better);
    for (int i = 0; i < x->claims && i < MOST_LINES; i++)
        buffer_printf(&b, "%s%d", i ? ", " : b.length ? "; it makes false what is on line " : "it makes false what is on line ", x->line[i]);
    if (x->claims > MOST_LINES)
        buffer_puts(&b, ", …");
    if (x->updates)
        buffer_printf(&b, "%s%d update%s on it", b.length ? "; " : "", x->updates, x->updates == 1 ? " rests" : "s rest");
    if (b.length)
        diag_hint(g, "%s", b.text);
    buffer_free(&b);
}

static void warn(check_result *r, const suspects *s)
{
    model *m = r->page->model;
    for (int k = 0; k < s->count; k++) {
        const suspect *x = &s->list[k];
        if (x->follows || (x->adjoint && !is_to_blame(x)))
            continue;
        delta_verdict v = {r->equals[x->delta], x->v, r->delta_wrong[x->delta], r->delta_better[x->delta]};
        hint(diag_add(m->diagnostics, DIAG_WARNING, m->var[x->delta].at, "%s", check_delta_warning(m, &v, x->delta, r->options.hints)), r, x);
    }
}

static void explain_claims(check_result *r)
{
    model *m = r->page->model;
    for (int i = 0; i < m->claim_count; i++)
        if (r->cause[i] >= 0) {
            verdict *v = &r->claim[i];
            v->diagnosis = arena_printf(m->memory, "because of %s on line %d", model_var_name(m, r->cause[i]), m->var[r->cause[i]].line);
            v->suggestion = v->left_is = NULL;
        }
}

void check_causes(check_result *r, prover *p)
{
    if (r->page->diagnostics.errors)
        return;
    suspects s = find_suspects(r);
    questions q = {.r = r};
    ask_mended(&q, &s);
    questions_ask(&q, p);
    blame(&q, &s);
    questions_free(&q);
    ask_against(r, p, &s);
    explain_claims(r);
    warn(r, &s);
    free(s.list);
}
