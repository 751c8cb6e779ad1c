/* Each page of a claim is decided in a process of its own: one that hangs, takes all memory or crashes is undecided, and the document goes on. */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gen/calculus/calculus.h"
#include "gen/dag/break.h" /* child_misbehave does something in the build with seeded errors only */
#include "gen/prove/batch.h"
#include "gen/prove/budget.h"
#include "gen/prove/child.h"
#include "gen/prove/memory.h"
#include "gen/prove/verdict_bytes.h"
#include "gen/tool/notes.h"

enum { QUICK_WORK = 20000 }; /* repairs and second readings: what needs more is not worth it */
enum { ITEM_STEPS = 10000000, REPAIR_STEPS = 2000000 }; /* for all pages of one claim, and for all in search of its repair */

static void not_understood(const diag_list *d, arena *memory, verdict *out)
{
    *out = (verdict){.kind = VERDICT_NOT_UNDERSTOOD, .reason = "no meaning was found for it"};
    for (int i = 0; i < d->count; i++)
        if (d->list[i].level == DIAG_ERROR) {
            out->reason = arena_printf(memory, "%s", d->list[i].message);
            return;
        }
}

/* What a child holds when it ends: nothing is freed, but a tool that looks for leaks finds all of it from here. */
typedef struct {
    arena *memory;
    diag_list diagnostics;
    prover *prover;
} child_holds;

static void decide(notes *n, const syn *file, bool quick, child_holds *h, verdict *out)
{
    h->memory = arena_new();
    model *m = model_build(h->memory, n->names, n->sources, &h->diagnostics, file, 0, NULL);
    calculus_expand(m);
    const model_claim *c = m->claim_count ? &m->claim[m->claim_count - 1] : NULL;
    if (!c || h->diagnostics.errors || !model_claim_stands(c)) {
        not_understood(&h->diagnostics, h->memory, out);
        return;
    }
    h->prover = prove_new(m, &(prove_options){.no_repair = quick, .work_limit = quick ? QUICK_WORK : 0, .contradiction_status = CHILD_CONTRADICTION});
    prove_claim(h->prover, c, out);
    out->steps = budget_steps(m->dag);
    if (c->shape_error && !out->diagnosis)
        out->diagnosis = c->shape_error;
}

static void stop(void *context)
{
    (void)context;
    _exit(CHILD_STEPS);
}

static void answer(notes *n, const syn *file, bool quick, int out)
{
    verdict v = {0};
    buffer said = {0};
    child_holds held = {0};
    child_limit(n->seconds_left);
    memory_stop(BATCH_CALLS, stop, NULL);
    child_memory(n->megabytes > 0 ? n->megabytes : BATCH_MEGABYTES);
    child_misbehave("item ", n->timed);
    decide(n, file, quick, &held, &v);
    verdict_write(&said, &v);
    child_write(out, said.text, said.length);
    _exit(0);
}

void notes_allow(notes *n, int item, bool repair)
{
    n->timed = item;
    n->seconds_left = n->seconds > 0 ? n->seconds : BATCH_SECONDS;
    n->steps_left = repair ? REPAIR_STEPS : ITEM_STEPS;
}

static verdict undecided(const char *reason)
{
    return (verdict){.kind = VERDICT_UNDECIDED, .method = "none", .reason = reason};
}

/* What a child said, or why it said nothing, which leaves no time for this item where it was stopped. */
static void take(notes *n, const child_process *x, int status, verdict *out)
{
    child_trust(status);
    n->seconds_left -= x->seconds;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && verdict_read(n->memory, x->said.text, x->said.length, out)) {
        n->steps_left -= out->steps;
        return;
    }
    *out = undecided(child_why_none(status));
    n->seconds_left = WIFSIGNALED(status) ? 0 : n->seconds_left;
    n->steps_left = 0;
}

void notes_decide_file(notes *n, const syn *file, int item, bool quick, verdict *out)
{
    child_process x;
    int pipe_out, status;
    if (n->timed != item)
        notes_allow(n, item, false);
    *out = undecided(n->seconds_left <= 0 ? "the time limit was reached" : "out of budget");
    if (n->seconds_left <= 0 || n->steps_left <= 0)
        return;
    if (notes_foreseen(n, file, quick, &x, &status)) {
        take(n, &x, status, out);
        return;
    }
    if (child_start(&x, item, &pipe_out))
        answer(n, file, quick, pipe_out);
    if (!x.process) {
        *out = undecided("no process was to be had to decide it");
        return;
    }
    status = child_wait(&x);
    take(n, &x, status, out);
    notes_tell_ahead(n, file, quick, &x, status);
    buffer_free(&x.said);
}

/* --- a whole page --- */

static void judge_page(const char *text, size_t length)
{
    page p;
    bool good = page_open_text(&p, "page", text, length, &(page_options){0}) == 0 && p.diagnostics.errors == 0;
    prover *decider = good ? prove_new(p.model, &(prove_options){.no_repair = true, .contradiction_status = CHILD_CONTRADICTION}) : NULL;
    for (int i = 0; good && i < p.model->claim_count; i++) {
        verdict v = {0};
        prove_claim(decider, &p.model->claim[i], &v);
        good = v.kind == VERDICT_PROVED;
    }
    _exit(good ? 0 : 1);
}

bool notes_page_holds(notes *n, const char *text, size_t length)
{
    child_process x;
    int pipe_out;
    if (child_start(&x, 0, &pipe_out)) {
        child_limit(6 * (n->seconds > 0 ? n->seconds : BATCH_SECONDS));
        judge_page(text, length);
    }
    bool made = x.process != 0;
    int status = child_wait(&x);
    buffer_free(&x.said);
    return made && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
