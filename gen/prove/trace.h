/* What was tried for one claim, for `deltac check --why`: in order, with what came of it. */
#ifndef GEN_PROVE_TRACE_H
#define GEN_PROVE_TRACE_H
#include "gen/prove/prove.h"

typedef struct trace {
    arena *memory;
    verdict_pairs list;
    double began; /* seconds at the last note */
} trace;

void trace_begin(trace *t, arena *memory);
/* Adds "what": "found (1.2 ms)", the time since the last note. Nothing if t is NULL. */
void trace_note(trace *t, const char *what, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
