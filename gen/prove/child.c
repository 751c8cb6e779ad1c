#include "gen/prove/child.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gen/dag/break.h"
#include "gen/prove/flint.h"
#include "gen/prove/memory.h"

bool child_start(child_process *x, int which, int *out)
{
    int ends[2];
    *x = (child_process){.which = which};
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

static double seconds_of(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec * 1e-6;
}

bool child_hear(child_process *x, int *status)
{
    char part[4096];
    struct rusage used = {0};
    ssize_t n = read(x->pipe, part, sizeof part);
    if (n > 0)
        buffer_add(&x->said, part, (size_t)n);
    if (n > 0 || (n < 0 && errno == EINTR))
        return false;
    close(x->pipe);
    while (wait4(x->process, status, 0, &used) < 0 && errno == EINTR)
        continue;
    x->seconds = seconds_of(&used.ru_utime) + seconds_of(&used.ru_stime);
    x->process = 0;
    return true;
}

int child_wait(child_process *x)
{
    int status = CHILD_NONE;
    while (x->process && !child_hear(x, &status))
        continue;
    return status;
}

void child_write(int out, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = write(out, text, length);
        if (n < 0 && errno != EINTR)
            return;
        text += n > 0 ? n : 0;
        length -= n > 0 ? (size_t)n : 0;
    }
}

/* To the millisecond by a timer, and by the kernel's own limit in whole seconds should the timer be lost. */
void child_limit(double seconds)
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

void child_memory(long megabytes)
{
    memory_cap((size_t)megabytes << 20, CHILD_MEMORY);
}

const char *child_why_none(int status)
{
    if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGPROF || WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
        return "the time limit was reached";
    if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_MEMORY)
        return "the memory limit was reached";
    if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_STEPS)
        return "out of budget";
    return "the process that decided it ended early";
}

void child_trust(int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_CONTRADICTION)
        abort();
}

#ifdef DELTAC_BREAK
void child_misbehave(const char *kind, int which)
{
    char text[32];
    for (int i = 0; i < 4; i++) {
        static const char *const ways[] = {"hang", "exhaust", "crash", "toil"};
        snprintf(text, sizeof text, "%s %s%d", ways[i], kind, which);
        while (break_is(text)) {
            if (i == 1)
                flint_malloc(1 << 20);
            if (i == 2)
                raise(SIGSEGV);
            if (i == 3)
                flint_free(flint_malloc(8));
        }
    }
}
#endif
