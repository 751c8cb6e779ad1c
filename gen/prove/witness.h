#ifndef GEN_PROVE_WITNESS_H
#define GEN_PROVE_WITNESS_H
#include "gen/prove/refute.h"

/* Writes down everything an evaluation looked at: leaves, functions, sizes, indices, and both values. Texts live in the model's arena. */
void witness_fill(ball_evaluation *e, const prove_sides *x, const arb_t left, const arb_t right, verdict_witness *out);

/* Entries in the order in which their names appear in the claim. */
void witness_order(verdict_witness *w, const char *text);

#endif
