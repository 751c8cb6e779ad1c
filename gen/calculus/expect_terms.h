/* Inside gen/calculus: an expression in the noise multiplied out into terms (expect_terms.c), whose means expect.c takes. */
#ifndef GEN_CALCULUS_EXPECT_TERMS_H
#define GEN_CALCULUS_EXPECT_TERMS_H
#include "gen/model/model.h"

#define MOST_FACTORS 8
#define MOST_BOUND   10
#define MOST_PIECES  12 /* terms of a linear form in an exponent or a phase */

/* coefficient · Σ over bound · entry; one term of a linear form in the noise. */
typedef struct {
    node coefficient, entry;
    int bound[MOST_BOUND], bound_count;
} piece;

typedef struct {
    piece list[MOST_PIECES];
    int count;
} linear;

typedef enum { WAVE_NONE, WAVE_COS, WAVE_SIN } wave_kind;

/* coefficient · Σ over bound · Π factor · exp(exponent) · cos or sin(phase_rest + phase) */
typedef struct {
    node coefficient;
    node factor[MOST_FACTORS];
    int factor_count;
    int bound[MOST_BOUND], bound_count;
    linear exponent, phase;
    node phase_rest; /* without noise */
    wave_kind wave;
} term;

typedef struct {
    term *list;
    int count, room;
} terms;

typedef struct {
    model *m;
    dag *d;
    const char *why;
    signed char *noisy; /* per variable: −1 not known */
    int depth;
} expecting;

/* Sets x->why, unless there is a reason already. */
bool expect_fail(expecting *x, const char *why);
/* Appends the terms of n to *out; false with x->why. */
bool expect_expand(expecting *x, node n, terms *out);

#endif
