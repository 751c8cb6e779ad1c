/* Rigorous enclosures of every row of ops.def and reductions.def. Outside its domain a function gives a non-finite ball; so does a choice (comparison, floor,
 * argmax) that the balls do not decide. */
#ifndef GEN_PROVE_BALL_OPS_H
#define GEN_PROVE_BALL_OPS_H
#include "gen/dag/dag.h"
#include "gen/prove/flint.h"

void ball_function(arb_t y, op o, const arb_struct *u, slong precision);
/* at: position in 0..count-1 for rows with has_at, else ignored; lo: the first value of the range (argmax adds it). */
void ball_reduction(arb_t y, reduction r, const arb_struct *u, slong count, slong at, slong lo, slong precision);
void ball_comparison(arb_t y, compare c, const arb_t a, const arb_t b);
void ball_power(arb_t y, const arb_t base, const arb_t exponent, slong precision);

#endif
