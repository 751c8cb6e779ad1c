/* What was tried for one claim, for `deltac check --why`: in order, with what came of it and what it cost. */
#ifndef GEN_PROVE_TRACE_H
#define GEN_PROVE_TRACE_H
#include "gen/prove/prove.h"

typedef struct trace {
    arena *memory;
    verdict_pairs list;
    const dag *d;
    double began; /* at the last note: seconds */
    long steps;   /* and steps, see budget.h */
} trace;

void trace_begin(trace *t, arena *memory, const dag *d);
/* Adds "what": "found (120 steps, 1.2 ms)", both since the last note. Nothing if t is NULL. */
void trace_note(trace *t, const char *what, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
