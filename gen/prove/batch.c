#include "gen/prove/batch.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gen/dag/break.h"
#include "gen/prove/flint.h"
#include "gen/prove/memory.h"
#include "gen/prove/verdict_bytes.h"

enum { MOST_JOBS = 64 };
enum { EXIT_MEMORY = 98, EXIT_CONTRADICTION = 99 }; /* of a child */

typedef struct {
    prover *p;
    model *m;
    batch_question *question;
    void *context;
    int count;
    const batch_options *o;
} batch;

/* --- one process and what it says --- */

typedef struct {
    pid_t process; /* 0: none */
    int pipe, which;
    buffer said;
} child;

static void write_all(int file, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = write(file, text, length);
        if (n < 0 && errno != EINTR)
            return;
        text += n > 0 ? n : 0;
        length -= n > 0 ? (size_t)n : 0;
    }
}

/* In the child: returns true with *out to write to. In the parent: false; x->process is 0 when no process was to be had. */
static bool start(child *x, int which, int *out)
{
    int ends[2];
    *x = (child){.which = which};
    if (pipe(ends) != 0)
        return false;
    fflush(NULL);
    pid_t process = fork();
    if (process == 0) {
        close(ends[0]);
        *out = ends[1];
        return true;
    }
    close(ends[1]);
    if (process < 0) {
        close(ends[0]);
        return false;
    }
    x->process = process;
    x->pipe = ends[0];
    return false;
}

/* Reads what there is; true at the end, with the exit status. */
static bool hear(child *x, int *status)
{
    char part[4096];
    ssize_t n = read(x->pipe, part, sizeof part);
    if (n > 0)
        buffer_add(&x->said, part, (size_t)n);
    if (n > 0 || (n < 0 && errno == EINTR))
        return false;
    close(x->pipe);
    while (waitpid(x->process, status, 0) < 0 && errno == EINTR)
        continue;
    x->process = 0;
    return true;
}

/* Processor time: to the millisecond by a timer, and by the kernel's own limit in whole seconds should the timer be lost. */
void batch_limit(double seconds)
{
    double whole = floor(seconds);
    struct rlimit time = {0, 0};
    struct itimerval timer = {.it_value = {(time_t)whole, (suseconds_t)((seconds - whole) * 1e6) + 1}};
    signal(SIGPROF, SIG_DFL);
    setitimer(ITIMER_PROF, &timer, NULL);
    whole += floor((double)clock() / CLOCKS_PER_SEC); /* what is used up already counts there */
    if (getrlimit(RLIMIT_CPU, &time) == 0 && (time.rlim_max == RLIM_INFINITY || time.rlim_max > (rlim_t)whole + 2)) {
        time.rlim_cur = (rlim_t)whole + 2;
        setrlimit(RLIMIT_CPU, &time);
    }
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

static double seconds_of(const batch_options *o)
{
    return o->seconds > 0 ? o->seconds : BATCH_SECONDS;
}

/* --- a question in its process --- */

#ifdef DELTAC_BREAK
void batch_misbehave(const char *kind, int which)
{
    char text[32];
    for (int i = 0; i < 3; i++) {
        static const char *const ways[] = {"hang", "exhaust", "crash"};
        snprintf(text, sizeof text, "%s %s%d", ways[i], kind, which);
        while (break_is(text)) {
            if (i == 1)
                flint_malloc(1 << 20);
            if (i == 2)
                raise(SIGSEGV);
        }
    }
}
#endif

struct batch_reply {
    int out;
};

/* What a question says, perhaps several times, the best last: length, number, verdict. */
void batch_reply_early(batch_reply *reply, int number, const verdict *v)
{
    buffer said = {0}, text = {0};
    verdict_write(&text, v);
    buffer_add(&said, (const char *)&text.length, sizeof text.length);
    buffer_add(&said, (const char *)&number, sizeof number);
    buffer_add(&said, text.text, text.length);
    write_all(reply->out, said.text, said.length);
    buffer_free(&said);
    buffer_free(&text);
}

static void answer(const batch *b, int which, int out)
{
    batch_reply reply = {out};
    verdict v = {0};
    batch_limit(seconds_of(b->o));
    memory_cap((size_t)(b->o->megabytes > 0 ? b->o->megabytes : BATCH_MEGABYTES) << 20, EXIT_MEMORY);
    prove_options_of(b->p)->contradiction_status = EXIT_CONTRADICTION;
    batch_misbehave("", which);
    int number = b->question(b->context, b->p, which, &reply, &v);
    batch_reply_early(&reply, number, &v);
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

static void undecided(batch_answer *a, const char *reason)
{
    *a = (batch_answer){.verdict = {.kind = VERDICT_UNDECIDED, .method = "none", .reason = reason}, .number = -1};
}

/* What a child said as an answer, or why there is none. */
static void read_answer(const batch *b, const char *said, size_t length, int status, batch_answer *out)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_CONTRADICTION)
        abort(); /* nothing this program says can be trusted */
    undecided(out, why_none(status));
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

static void pass_on(child *x, int status, int out)
{
    frame f = {x->which, status, x->said.length};
    write_all(out, (const char *)&f, sizeof f);
    write_all(out, x->said.text, x->said.length);
    buffer_free(&x->said);
}

static int running(const child *list, int jobs)
{
    int count = 0;
    for (int i = 0; i < jobs; i++)
        count += list[i].process != 0;
    return count;
}

static void listen(child *list, int jobs, int out)
{
    struct pollfd watched[MOST_JOBS];
    for (int i = 0; i < jobs; i++)
        watched[i] = (struct pollfd){.fd = list[i].process ? list[i].pipe : -1, .events = POLLIN};
    if (poll(watched, (nfds_t)jobs, -1) < 0)
        return;
    for (int i = 0; i < jobs; i++) {
        int status;
        if (list[i].process && watched[i].revents && hear(&list[i], &status))
            pass_on(&list[i], status, out);
    }
}

static void make_children(const batch *b, int out)
{
    int jobs = b->o->jobs < 1 ? 1 : b->o->jobs > MOST_JOBS ? MOST_JOBS : b->o->jobs;
    child list[MOST_JOBS] = {{0}};
    for (int next = 0; next < b->count || running(list, jobs);) {
        for (int i = 0; i < jobs && next < b->count; i++) {
            int child_out;
            if (list[i].process)
                continue;
            if (start(&list[i], next, &child_out)) {
                close(out);
                answer(b, next, child_out);
            }
            if (!list[i].process)
                pass_on(&list[i], 1 << 8, out); /* no process: as one that ended early */
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
        batch_limit(seconds_of(b->o));
        prove_options_of(b->p)->contradiction_status = EXIT_CONTRADICTION;
        if (BROKEN("hang preparation"))
            for (;;)
                continue;
        prove_prepare(b->p);
        lift_time_limit();
    } else {
        prove_unprepared(b->p);
    }
    write_all(out, "p", 1);
    make_children(b, out);
    _exit(0);
}

static void read_frames(const batch *b, const buffer *said, batch_answer *out)
{
    for (int i = 0; i < b->count; i++)
        undecided(&out[i], why_none(1 << 8));
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
    child x;
    int pipe_out, status = 0;
    if (start(&x, 0, &pipe_out))
        supervise(b, prepared, pipe_out);
    if (!x.process)
        prepared = false;
    else
        while (!hear(&x, &status))
            continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_CONTRADICTION)
        abort();
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
