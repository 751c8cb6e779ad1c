#include "gen/tool/check_ask.h"

#include <stdlib.h>

void question_add(questions *q, question one)
{
    q->list = xrealloc(q->list, (size_t)(q->count + 1) * sizeof *q->list);
    q->list[q->count++] = one;
}

static int answer_delta(check_result *r, prover *p, int delta, verdict *out)
{
    delta_verdict v = check_delta(r->page, p, delta);
    out->diagnosis = v.wrong;
    out->suggestion = v.better;
    return v.equals >= 0 ? v.equals : v.nearest >= 0 ? -2 - v.nearest : -1;
}

static int answer_against(check_result *r, prover *p, const question *q, verdict *out)
{
    delta_verdict v = {0};
    check_delta_against(r->page, p, q->delta, q->v, &v);
    out->diagnosis = v.wrong;
    out->suggestion = v.better;
    return 0;
}

/* The δ is mended in this process only, which is why the prover must be a new one. */
static int answer_mended(check_result *r, const question *q, verdict *out)
{
    model *m = r->page->model;
    const char *diagnosis = NULL;
    bool good = false;
    check_mend_delta(m, q->delta, q->v);
    prover *p = prove_new(m, &(prove_options){.no_repair = true, .at_values = r->options.at_values});
    if (q->kind == ASK_CLAIM_MENDED) {
        prove_claim(p, &m->claim[q->which], out);
        good = out->kind == VERDICT_PROVED;
    } else if (q->kind == ASK_DELTA_MENDED) {
        good = check_delta(r->page, p, q->which).equals >= 0;
    } else {
        good = check_update(m, p, &m->update[q->which], &diagnosis) == UPDATE_ALONG;
    }
    prove_free(p);
    return good;
}

/* The verdict, then for a refuted claim what is wrong with it; the verdict stands whatever becomes of that. */
static void answer_claim(check_result *r, prover *p, int claim, batch_reply *reply, verdict *out)
{
    const model_claim *c = &r->page->model->claim[claim];
    prove_options_of(p)->no_repair = true;
    prove_claim(p, c, out);
    if (out->kind != VERDICT_REFUTED || r->options.hints < HINTS_KIND)
        return;
    batch_reply_early(reply, 0, out);
    prove_diagnose(p, c, out);
}

static int answer(void *context, prover *p, int which, batch_reply *reply, verdict *out)
{
    const questions *all = context;
    check_result *r = all->r;
    model *m = r->page->model;
    const question *q = &all->list[which];
    const char *diagnosis = NULL;
    int number = 0;
    switch (q->kind) {
    case ASK_CLAIM: answer_claim(r, p, q->which, reply, out); break;
    case ASK_DELTA: return answer_delta(r, p, q->which, out);
    case ASK_AGAINST: return answer_against(r, p, q, out);
    case ASK_UPDATE:
        number = (int)check_update(m, p, &m->update[q->which], &diagnosis);
        out->diagnosis = diagnosis;
        break;
    default: return answer_mended(r, q, out);
    }
    return number;
}

void questions_ask(questions *q, prover *p)
{
    const check_options *o = &q->r->options;
    q->answer = xcalloc((size_t)q->count + 1, sizeof *q->answer);
    batch_ask(p, q->r->page->model, answer, q, q->count, &(batch_options){o->jobs ? o->jobs : 1, o->seconds, o->megabytes}, q->answer);
}

void questions_free(questions *q)
{
    free(q->list);
    free(q->answer);
    *q = (questions){0};
}
