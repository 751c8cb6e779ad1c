#include "gen/prove/batch.h"

#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gen/dag/break.h"
#include "gen/prove/child.h"
#include "gen/prove/memory.h"
#include "gen/prove/verdict_bytes.h"

enum { MOST_JOBS = 64 };

typedef struct {
    prover *p;
    model *m;
    batch_question *question;
    void *context;
    int count;
    const batch_options *o;
} batch;

static double seconds_of(const batch_options *o)
{
    return o->seconds > 0 ? o->seconds : BATCH_SECONDS;
}

/* --- a question in its process --- */

struct batch_reply {
    const batch *b;
    int out;
};

/* What a question says, perhaps several times, the best last: length, number, verdict. */
static void reply_with(const batch_reply *reply, int number, const verdict *v)
{
    buffer said = {0}, text = {0};
    verdict_write(&text, v);
    buffer_add(&said, (const char *)&text.length, sizeof text.length);
    buffer_add(&said, (const char *)&number, sizeof number);
    buffer_add(&said, text.text, text.length);
    child_write(reply->out, said.text, said.length);
    buffer_free(&said);
    buffer_free(&text);
}

static void stop(void *context)
{
    const batch_reply *reply = context;
    verdict v;
    if (prove_stopped(reply->b->p, &v))
        reply_with(reply, -1, &v);
    _exit(CHILD_STEPS);
}

/* The limits of one question, from now on. */
static void limit(batch_reply *reply)
{
    child_limit(seconds_of(reply->b->o));
    memory_stop(BATCH_CALLS, stop, reply);
}

void batch_reply_early(batch_reply *reply, int number, const verdict *v)
{
    reply_with(reply, number, v);
    limit(reply);
}

static void answer(const batch *b, int which, int out)
{
    batch_reply reply = {b, out};
    verdict v = {0};
    limit(&reply);
    child_memory(b->o->megabytes > 0 ? b->o->megabytes : BATCH_MEGABYTES);
    prove_options_of(b->p)->contradiction_status = CHILD_CONTRADICTION;
    child_misbehave("", which);
    int number = b->question(b->context, b->p, which, &reply, &v);
    reply_with(&reply, number, &v);
    _exit(0);
}

static void undecided(batch_answer *a, const char *reason)
{
    *a = (batch_answer){.verdict = {.kind = VERDICT_UNDECIDED, .method = "none", .reason = reason}, .number = -1};
}

/* What a child said as an answer, or why there is none. */
static void read_answer(const batch *b, const char *said, size_t length, int status, batch_answer *out)
{
    child_trust(status);
    undecided(out, child_why_none(status));
    for (size_t at = 0, text; at + sizeof text + sizeof out->number <= length; at += sizeof text + sizeof out->number + text) {
        batch_answer a = {.early = !WIFEXITED(status) || WEXITSTATUS(status) != 0};
        memcpy(&text, said + at, sizeof text);
        memcpy(&a.number, said + at + sizeof text, sizeof a.number);
        const char *bytes = said + at + sizeof text + sizeof a.number;
        if (text > length - (size_t)(bytes - said) || !verdict_read(b->m->memory, bytes, text, &a.verdict))
            return;
        *out = a;
    }
}

/* --- the process that makes a child for each question: it passes on, for each, a frame and what the child said --- */

typedef struct {
    int which, status;
    size_t length;
} frame;

static void pass_on(child_process *x, int status, int out)
{
    frame f = {x->which, status, x->said.length};
    child_write(out, (const char *)&f, sizeof f);
    child_write(out, x->said.text, x->said.length);
    buffer_free(&x->said);
}

static int running(const child_process *list, int jobs)
{
    int count = 0;
    for (int i = 0; i < jobs; i++)
        count += list[i].process != 0;
    return count;
}

static void listen(child_process *list, int jobs, int out)
{
    struct pollfd watched[MOST_JOBS];
    for (int i = 0; i < jobs; i++)
        watched[i] = (struct pollfd){.fd = list[i].process ? list[i].pipe : -1, .events = POLLIN};
    if (poll(watched, (nfds_t)jobs, -1) < 0)
        return;
    for (int i = 0; i < jobs; i++) {
        int status;
        if (list[i].process && watched[i].revents && child_hear(&list[i], &status))
            pass_on(&list[i], status, out);
    }
}

static void make_children(const batch *b, int out)
{
    int jobs = b->o->jobs < 1 ? 1 : b->o->jobs > MOST_JOBS ? MOST_JOBS : b->o->jobs;
    child_process list[MOST_JOBS] = {{0}};
    for (int next = 0; next < b->count || running(list, jobs);) {
        for (int i = 0; i < jobs && next < b->count; i++) {
            int child_out;
            if (list[i].process)
                continue;
            if (child_start(&list[i], next, &child_out)) {
                close(out);
                answer(b, next, child_out);
            }
            if (!list[i].process)
                pass_on(&list[i], CHILD_NONE, out); /* no process: as one that ended early */
            next++;
        }
        if (running(list, jobs))
            listen(list, jobs, out);
    }
}

static void lift_time_limit(void)
{
    struct itimerval off = {{0, 0}, {0, 0}};
    struct rlimit time;
    setitimer(ITIMER_PROF, &off, NULL);
    if (getrlimit(RLIMIT_CPU, &time) == 0) {
        time.rlim_cur = time.rlim_max;
        setrlimit(RLIMIT_CPU, &time);
    }
}

/* In its own process: what is done once, a byte that says so, then the children. */
static void supervise(const batch *b, bool prepared, int out)
{
    if (prepared) {
        child_limit(seconds_of(b->o));
        prove_options_of(b->p)->contradiction_status = CHILD_CONTRADICTION;
        if (BROKEN("hang preparation"))
            for (;;)
                continue;
        prove_prepare(b->p);
        lift_time_limit();
    } else {
        prove_unprepared(b->p);
    }
    child_write(out, "p", 1);
    make_children(b, out);
    _exit(0);
}

static void read_frames(const batch *b, const buffer *said, batch_answer *out)
{
    for (int i = 0; i < b->count; i++)
        undecided(&out[i], child_why_none(CHILD_NONE));
    for (size_t at = 1; at + sizeof(frame) <= said->length;) {
        frame f;
        memcpy(&f, said->text + at, sizeof f);
        at += sizeof f;
        if (f.length > said->length - at || f.which < 0 || f.which >= b->count)
            return;
        read_answer(b, said->text + at, f.length, f.status, &out[f.which]);
        at += f.length;
    }
}

/* False: the preparation did not come to its end. */
static bool ask(const batch *b, bool prepared, batch_answer *out)
{
    child_process x;
    int pipe_out;
    if (child_start(&x, 0, &pipe_out))
        supervise(b, prepared, pipe_out);
    if (!x.process)
        prepared = false;
    int status = child_wait(&x);
    child_trust(status);
    bool good = x.said.length > 0 || !prepared;
    if (good)
        read_frames(b, &x.said, out);
    buffer_free(&x.said);
    return good;
}

void batch_ask(prover *p, model *m, batch_question *question, void *context, int count, const batch_options *o, batch_answer *out)
{
    batch b = {p, m, question, context, count, o};
    if (count > 0 && !ask(&b, true, out))
        ask(&b, false, out);
}
