/* Inside the evaluation of balls only. */
#ifndef GEN_PROVE_BALL_PRIVATE_H
#define GEN_PROVE_BALL_PRIVATE_H
#include "gen/prove/ball.h"

/* One expression; entries of names with equations that are not known yet are put on e->wanted and give no value. */
void ball_eval(ball_evaluation *e, node n, arb_t out);
/* Are indices, sizes and integer data compared? Then an equality is no kink. */
bool ball_is_discrete(const ball_evaluation *e, node comparison);
/* Where a ball does not tell whether n is 0, or has no value because of that: its value if that is a rational number that can be computed exactly. */
void ball_make_exact(ball_evaluation *e, node n, arb_t out);
void ball_apply(ball_evaluation *e, node n, arb_t out);

#endif
