/* Each page of a claim is decided in a process of its own: one that hangs, takes all memory or crashes is undecided, and the document goes on. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gen/calculus/calculus.h"
#include "gen/dag/break.h" /* batch_misbehave does something in the build with seeded errors only */
#include "gen/prove/batch.h"
#include "gen/prove/memory.h"
#include "gen/prove/verdict_bytes.h"
#include "gen/tool/notes.h"

enum { QUICK_WORK = 20000 }; /* repairs and second readings: what needs more is not worth it */
enum { EXIT_MEMORY = 98, EXIT_CONTRADICTION = 99 };
#define REPAIR_SECONDS 2.0

static void not_understood(const diag_list *d, arena *memory, verdict *out)
{
    *out = (verdict){.kind = VERDICT_NOT_UNDERSTOOD, .reason = "no meaning was found for it"};
    for (int i = 0; i < d->count; i++)
        if (d->list[i].level == DIAG_ERROR) {
            out->reason = arena_printf(memory, "%s", d->list[i].message);
            return;
        }
}

/* In the child: nothing is freed, the process ends. */
static void decide(notes *n, const syn *file, bool quick, verdict *out)
{
    diag_list d = {0};
    arena *memory = arena_new();
    model *m = model_build(memory, n->names, n->sources, &d, file, 0, NULL);
    calculus_expand(m);
    const model_claim *c = m->claim_count ? &m->claim[m->claim_count - 1] : NULL;
    if (!c || d.errors || !model_claim_stands(c)) {
        not_understood(&d, memory, out);
        return;
    }
    prover *p = prove_new(m, &(prove_options){.no_repair = quick, .work_limit = quick ? QUICK_WORK : 0, .contradiction_status = EXIT_CONTRADICTION});
    prove_claim(p, c, out);
    if (c->shape_error && !out->diagnosis)
        out->diagnosis = c->shape_error;
}

static void answer(notes *n, const syn *file, bool quick, int out)
{
    verdict v = {0};
    buffer said = {0};
    batch_limit(n->seconds_left);
    memory_cap((size_t)(n->megabytes > 0 ? n->megabytes : BATCH_MEGABYTES) << 20, EXIT_MEMORY);
    batch_misbehave("item ", n->timed);
    decide(n, file, quick, &v);
    verdict_write(&said, &v);
    for (size_t at = 0; at < said.length;) {
        ssize_t k = write(out, said.text + at, said.length - at);
        if (k < 0 && errno != EINTR)
            break;
        at += k > 0 ? (size_t)k : 0;
    }
    _exit(0);
}

static const char *why_none(int status)
{
    if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGPROF || WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
        return "the time limit was reached";
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_MEMORY)
        return "the memory limit was reached";
    return "the process that decided it ended early";
}

static void hear(int pipe, buffer *said)
{
    char part[4096];
    for (ssize_t k; (k = read(pipe, part, sizeof part)) != 0;)
        if (k > 0)
            buffer_add(said, part, (size_t)k);
        else if (errno != EINTR)
            return;
}

static double seconds_of(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec * 1e-6;
}

void notes_allow(notes *n, int item, bool repair)
{
    double limit = n->seconds > 0 ? n->seconds : BATCH_SECONDS;
    n->timed = item;
    n->seconds_left = repair && limit > REPAIR_SECONDS ? REPAIR_SECONDS : limit;
}

void notes_decide_file(notes *n, const syn *file, int item, bool quick, verdict *out)
{
    int ends[2], status = 0;
    struct rusage used;
    buffer said = {0};
    if (n->timed != item)
        notes_allow(n, item, false);
    *out = (verdict){.kind = VERDICT_UNDECIDED, .method = "none", .reason = "the time limit was reached"};
    if (n->seconds_left <= 0)
        return;
    pid_t child = pipe(ends) == 0 ? fork() : -1;
    if (child == 0) {
        close(ends[0]);
        answer(n, file, quick, ends[1]);
    }
    if (child < 0) {
        out->reason = "no process was to be had to decide it";
        return;
    }
    close(ends[1]);
    hear(ends[0], &said);
    close(ends[0]);
    while (wait4(child, &status, 0, &used) < 0 && errno == EINTR)
        continue;
    n->seconds_left -= seconds_of(&used.ru_utime) + seconds_of(&used.ru_stime);
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_CONTRADICTION)
        abort(); /* nothing this program says can be trusted */
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !verdict_read(n->memory, said.text, said.length, out)) {
        *out = (verdict){.kind = VERDICT_UNDECIDED, .method = "none", .reason = why_none(status)};
        n->seconds_left = WIFSIGNALED(status) ? 0 : n->seconds_left;
    }
    buffer_free(&said);
}

/* --- a whole page --- */

static void judge_page(const char *text, size_t length)
{
    page p;
    bool good = page_open_text(&p, "page", text, length, &(page_options){0}) == 0 && p.diagnostics.errors == 0;
    prover *decider = good ? prove_new(p.model, &(prove_options){.no_repair = true, .contradiction_status = EXIT_CONTRADICTION}) : NULL;
    for (int i = 0; good && i < p.model->claim_count; i++) {
        verdict v = {0};
        prove_claim(decider, &p.model->claim[i], &v);
        good = v.kind == VERDICT_PROVED;
    }
    _exit(good ? 0 : 1);
}

bool notes_page_holds(notes *n, const char *text, size_t length)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        batch_limit(6 * (n->seconds > 0 ? n->seconds : BATCH_SECONDS));
        judge_page(text, length);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
