/* One child process that answers in bytes over a pipe, with limits of its own, and what became of it. */
#ifndef GEN_PROVE_CHILD_H
#define GEN_PROVE_CHILD_H
#include <stdbool.h>
#include <sys/types.h>

#include "grammar/arena.h"

enum {
    CHILD_STEPS = 97,
    CHILD_MEMORY = 98,
    CHILD_CONTRADICTION = 99
};                                                    /* exit status: the steps or the memory were used up; a claim was both proved and refuted */
enum { CHILD_NONE = 1 << 8 };                         /* as wait gives it, for a child that could not be made: one that ended early */

typedef struct {
    pid_t process; /* 0: none */
    int pipe, which;
    buffer said;
    double seconds; /* of processor time, once it has ended */
} child_process;

/* In the child: returns true with *out to write to. In the parent: false; x->process is 0 when no process was to be had. */
bool child_start(child_process *x, int which, int *out);
/* Reads what there is; true at the end, with the exit status. */
bool child_hear(child_process *x, int *status);
/* Waits for the end; the status. */
int child_wait(child_process *x);
/* In the child. */
void child_write(int out, const char *text, size_t length);
/* In the child: from now on it has so many seconds of processor time. */
void child_limit(double seconds);
/* In the child: the libraries may hold so many megabytes. */
void child_memory(long megabytes);
/* Why there is no answer. */
const char *child_why_none(int status);
/* Ends this program where the child found a contradiction: nothing it says can be trusted then. */
void child_trust(int status);

#ifdef DELTAC_BREAK
/* What a library might do to us, for the tests: hangs, exhausts memory, crashes or works without end if this question (of a kind) is told to. */
void child_misbehave(const char *kind, int which);
#else
#define child_misbehave(kind, which) ((void)0)
#endif

#endif
