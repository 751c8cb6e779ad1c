#include "gen/prove/batch.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_JOBS     64
#define CONTRADICTION 99 /* exit status of a child that proved and refuted a claim */

/* --- a verdict as bytes: numbers, texts with their lengths --- */

static void put_number(buffer *b, long value)
{
    buffer_add(b, (const char *)&value, sizeof value);
}

static void put_text(buffer *b, const char *text)
{
    put_number(b, text ? (long)strlen(text) : -1);
    if (text)
        buffer_puts(b, text);
}

static void put_pairs(buffer *b, const verdict_pairs *p)
{
    put_number(b, p->count);
    for (int i = 0; i < p->count; i++) {
        put_text(b, p->list[i].name);
        put_text(b, p->list[i].value);
    }
}

typedef struct {
    model *m;
    const buffer *b;
    size_t at;
    bool failed;
} reader;

static long get_number(reader *r)
{
    long value = 0;
    if (r->failed || r->b->length - r->at < sizeof value) {
        r->failed = true;
        return 0;
    }
    memcpy(&value, r->b->text + r->at, sizeof value);
    r->at += sizeof value;
    return value;
}

static const char *get_text(reader *r)
{
    long length = get_number(r);
    if (r->failed || length < 0)
        return NULL;
    if ((size_t)length > r->b->length - r->at) {
        r->failed = true;
        return NULL;
    }
    const char *text = arena_strndup(r->m->memory, r->b->text + r->at, (size_t)length);
    r->at += (size_t)length;
    return text;
}

static void get_pairs(reader *r, verdict_pairs *p)
{
    long count = get_number(r);
    if (count < 0 || (size_t)count > r->b->length)
        r->failed = true;
    if (r->failed || count == 0)
        return;
    p->list = arena_alloc(r->m->memory, (size_t)count * sizeof *p->list);
    for (p->count = 0; p->count < count; p->count++) {
        p->list[p->count].name = get_text(r);
        p->list[p->count].value = get_text(r);
    }
}

/* The texts of a verdict, in one order for both directions. */
#define TEXTS 10

static void texts_of(verdict *v, const char ***list)
{
    const char **all[TEXTS] = {&v->condition, &v->method,       &v->reason,        &v->suggestion,         &v->diagnosis,
                               &v->left_is,   &v->witness.left, &v->witness.right, &v->witness.left_short, &v->witness.right_short};
    memcpy(list, all, sizeof all);
}

static void put_verdict(buffer *b, verdict *v)
{
    const char **text[TEXTS];
    texts_of(v, text);
    put_number(b, v->kind);
    put_number(b, v->vacuous);
    put_number(b, v->digits);
    put_number(b, v->points);
    for (int i = 0; i < TEXTS; i++)
        put_text(b, *text[i]);
    put_pairs(b, &v->witness.point);
    put_pairs(b, &v->witness.functions);
    put_pairs(b, &v->witness.sizes);
    put_pairs(b, &v->witness.instance);
    put_number(b, TEXTS); /* the end: nothing was cut off */
}

static bool get_verdict(model *m, const buffer *b, verdict *v)
{
    reader r = {.m = m, .b = b};
    const char **text[TEXTS];
    *v = (verdict){0};
    texts_of(v, text);
    long kind = get_number(&r);
    v->kind = (verdict_kind)kind;
    v->vacuous = get_number(&r) != 0;
    v->digits = (int)get_number(&r);
    v->points = (int)get_number(&r);
    for (int i = 0; i < TEXTS; i++)
        *text[i] = get_text(&r);
    get_pairs(&r, &v->witness.point);
    get_pairs(&r, &v->witness.functions);
    get_pairs(&r, &v->witness.sizes);
    get_pairs(&r, &v->witness.instance);
    return get_number(&r) == TEXTS && !r.failed && r.at == b->length && kind >= VERDICT_PROVED && kind <= VERDICT_NOT_UNDERSTOOD;
}

/* --- children --- */

typedef struct {
    pid_t process; /* 0: free */
    int pipe, claim;
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

static void run_child(prover *p, const model_claim *c, double seconds, int out)
{
    buffer b = {0};
    verdict v;
    if (seconds > 0) {
        rlim_t whole = (rlim_t)ceil(seconds);
        setrlimit(RLIMIT_CPU, &(struct rlimit){whole, whole});
    }
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    prove_options_of(p)->contradiction_status = CONTRADICTION;
    prove_claim(p, c, &v);
    put_verdict(&b, &v);
    write_all(out, b.text, b.length);
    _exit(0);
}

/* False: no process to be had. */
static bool start(child *x, prover *p, const model_claim *claims, int claim, double seconds)
{
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    fflush(NULL);
    pid_t process = fork();
    if (process == 0) {
        close(ends[0]);
        run_child(p, &claims[claim], seconds, ends[1]);
    }
    close(ends[1]);
    if (process < 0) {
        close(ends[0]);
        return false;
    }
    *x = (child){.process = process, .pipe = ends[0], .claim = claim};
    return true;
}

static void undecided(verdict *v, const char *reason)
{
    *v = (verdict){.kind = VERDICT_UNDECIDED, .method = "none", .reason = reason};
}

/* The child has closed its end: its verdict, or why there is none. */
static void finish(child *x, model *m, verdict *out)
{
    int status = 0;
    close(x->pipe);
    while (waitpid(x->process, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == CONTRADICTION)
        abort(); /* nothing this program says can be trusted */
    if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
        undecided(&out[x->claim], "the time limit was reached");
    else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !get_verdict(m, &x->said, &out[x->claim]))
        undecided(&out[x->claim], "the process that decided it ended early");
    buffer_free(&x->said);
    *x = (child){0};
}

/* Waits until some child says something; ends those that have said everything. */
static void listen(child *list, int jobs, model *m, verdict *out)
{
    struct pollfd watched[MOST_JOBS];
    for (int i = 0; i < jobs; i++)
        watched[i] = (struct pollfd){.fd = list[i].process ? list[i].pipe : -1, .events = POLLIN};
    if (poll(watched, (nfds_t)jobs, -1) < 0)
        return;
    for (int i = 0; i < jobs; i++) {
        char part[4096];
        if (!list[i].process || !watched[i].revents)
            continue;
        ssize_t n = read(list[i].pipe, part, sizeof part);
        if (n > 0)
            buffer_add(&list[i].said, part, (size_t)n);
        else if (n == 0 || errno != EINTR)
            finish(&list[i], m, out);
    }
}

void prove_batch(prover *p, model *m, const model_claim *claims, int count, const batch_options *o, verdict *out)
{
    int jobs = o->jobs < 1 ? 1 : o->jobs > MOST_JOBS ? MOST_JOBS : o->jobs, next = 0, running = 0;
    child list[MOST_JOBS] = {{0}};
    prove_prepare(p);
    while (next < count || running) {
        for (int i = 0; i < jobs && next < count; i++) {
            while (next < count && !claims[next].shape_error && (!claims[next].left || !claims[next].right))
                next++;
            if (list[i].process || next == count)
                continue;
            if (!start(&list[i], p, claims, next, o->seconds))
                undecided(&out[next], "no process could be started");
            next++;
        }
        running = 0;
        for (int i = 0; i < jobs; i++)
            running += list[i].process != 0;
        if (running)
            listen(list, jobs, m, out);
    }
}
