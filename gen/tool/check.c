#include "gen/tool/check.h"

#include <stdlib.h>
#include <string.h>

#include "gen/prove/values.h"
#include "gen/tool/check_ask.h"
#include "gen/tool/claim_cache.h"

bool check_is_good(const page *p, const model_claim *c, const verdict *v)
{
    return c->expect ? strcmp(intern_text(p->names, c->expect), verdict_name(v->kind)) == 0 : v->kind == VERDICT_PROVED;
}

static void count_verdict(check_result *r, const model_claim *c, const verdict *v)
{
    int status = v->kind == VERDICT_PROVED ? STATUS_GOOD : v->kind == VERDICT_REFUTED ? STATUS_NO : STATUS_UNKNOWN;
    int *count = v->kind == VERDICT_PROVED      ? v->vacuous ? &r->vacuous : &r->proved
                 : v->kind == VERDICT_REFUTED   ? &r->refuted
                 : v->kind == VERDICT_UNDECIDED ? &r->undecided
                                                : &r->not_understood;
    ++*count;
    if (c->expect)
        status = check_is_good(r->page, c, v) ? STATUS_GOOD : STATUS_NO;
    r->status = status_worse(r->status, status);
    if (v->kind == VERDICT_PROVED && v->vacuous)
        diag_add(&r->page->diagnostics, DIAG_WARNING, c->at, "this says nothing: both sides are 0 because a name does not occur");
}

/* The members of a family are one claim: it has the verdict of its first failing member. */
static void join_families(check_result *r)
{
    static const int badness[] = {[VERDICT_PROVED] = 0, [VERDICT_REFUTED] = 3, [VERDICT_UNDECIDED] = 1, [VERDICT_NOT_UNDERSTOOD] = 2};
    const model *m = r->page->model;
    for (int i = 0; i < m->claim_count; i++)
        for (int k = i + 1; k < m->claim_count && r->decided[i]; k++) {
            if (!r->decided[k] || m->claim[k].left_syntax != m->claim[i].left_syntax || m->claim[k].step != m->claim[i].step)
                continue;
            if (badness[r->claim[k].kind] > badness[r->claim[i].kind] || (r->claim[i].vacuous && !r->claim[k].vacuous))
                r->claim[i] = r->claim[k];
            r->decided[k] = false;
        }
}

/* --- what was answered --- */

static void note_update(check_result *r, int update, const batch_answer *a)
{
    r->update[update] = a->number < 0 ? UPDATE_OTHER : (update_relation)a->number;
    r->update_diagnosis[update] = a->verdict.diagnosis;
}

static void note_delta(check_result *r, int delta, const batch_answer *a)
{
    r->equals[delta] = a->number >= 0 ? a->number : -1;
    r->nearest[delta] = a->number <= -2 ? -2 - a->number : -1;
    r->delta_wrong[delta] = a->verdict.diagnosis;
    r->delta_better[delta] = a->verdict.suggestion;
}

static void note_answers(const questions *q, const claim_keys *keys)
{
    check_result *r = q->r;
    for (int i = 0; i < q->count; i++) {
        const batch_answer *a = &q->answer[i];
        int which = q->list[i].which;
        if (q->list[i].kind == ASK_CLAIM) {
            r->claim[which] = a->verdict;
            if (a->number >= 0 && !a->early)
                claim_cache_put(keys, which, &a->verdict);
        } else if (q->list[i].kind == ASK_UPDATE) {
            note_update(r, which, a);
        } else {
            note_delta(r, which, a);
        }
    }
}

static void ask_about_page(questions *q, const claim_keys *keys)
{
    check_result *r = q->r;
    model *m = r->page->model;
    for (int i = 0; i < m->claim_count; i++) {
        r->decided[i] = model_claim_stands(&m->claim[i]);
        r->cached[i] = r->decided[i] && claim_cache_get(keys, i, &r->claim[i]);
        if (r->decided[i] && !r->cached[i])
            question_add(q, (question){.kind = ASK_CLAIM, .which = i});
    }
    if (r->page->diagnostics.errors) /* else a δ or a step may only look wrong */
        return;
    for (int i = 0; i < m->order_count; i++)
        if (check_is_delta(m, m->order[i]))
            question_add(q, (question){.kind = ASK_DELTA, .which = m->order[i]});
    for (int i = 0; i < m->update_count; i++)
        if (!m->update[i].generated)
            question_add(q, (question){.kind = ASK_UPDATE, .which = i});
}

static void warn_of_updates(check_result *r)
{
    model *m = r->page->model;
    for (int i = 0; i < m->update_count; i++) {
        if (r->update[i] != UPDATE_AGAINST || r->update_cause[i] >= 0)
            continue;
        diagnostic *g = diag_add(m->diagnostics, DIAG_WARNING, m->update[i].at, "%s", check_update_warning(m, &m->update[i]));
        const char *diagnosis = r->update_diagnosis[i];
        if (diagnosis && r->options.hints >= HINTS_KIND)
            diag_hint(g, CHECK_UPDATE_HINT, r->options.hints == HINTS_FULL ? diagnosis : check_kind(diagnosis));
    }
}

/* `count` copies of −1. */
static int *none(page *pg, int count)
{
    int *list = arena_alloc(pg->memory, (size_t)(count + 1) * sizeof *list);
    memset(list, -1, (size_t)(count + 1) * sizeof *list);
    return list;
}

static check_result result_new(page *pg, const check_options *o)
{
    const model *m = pg->model;
    check_result r = {.page = pg, .options = *o, .status = pg->diagnostics.errors ? STATUS_UNUSABLE : STATUS_GOOD};
    size_t claims = (size_t)m->claim_count + 1, variables = (size_t)m->var_count + 1, updates = (size_t)m->update_count + 1;
    r.claim = arena_alloc(pg->memory, claims * sizeof *r.claim);
    r.decided = arena_alloc(pg->memory, claims * sizeof *r.decided);
    r.cached = arena_alloc(pg->memory, claims * sizeof *r.cached);
    r.update = arena_alloc(pg->memory, updates * sizeof *r.update);
    r.update_diagnosis = arena_alloc(pg->memory, updates * sizeof *r.update_diagnosis);
    r.delta_wrong = arena_alloc(pg->memory, variables * sizeof *r.delta_wrong);
    r.delta_better = arena_alloc(pg->memory, variables * sizeof *r.delta_better);
    r.cause = none(pg, m->claim_count);
    r.update_cause = none(pg, m->update_count);
    r.equals = none(pg, m->var_count);
    r.nearest = none(pg, m->var_count);
    return r;
}

check_result check_page(page *pg, const check_options *o)
{
    model *m = pg->model;
    check_result r = result_new(pg, o);
    claim_keys *keys = claim_keys_new(pg, o);
    if (o->at_values)
        values_fix(m);
    prover *p = prove_new(m, &(prove_options){.at_values = o->at_values, .why = o->why});
    questions q = {.r = &r};
    ask_about_page(&q, keys);
    questions_ask(&q, p);
    note_answers(&q, keys);
    check_causes(&r, p);
    warn_of_updates(&r);
    join_families(&r);
    for (int i = 0; i < m->claim_count; i++)
        if (r.decided[i])
            count_verdict(&r, &m->claim[i], &r.claim[i]);
    questions_free(&q);
    claim_keys_free(keys);
    prove_free(p);
    if (o->strict && pg->diagnostics.warnings)
        r.status = status_worse(r.status, STATUS_NO);
    return r;
}
