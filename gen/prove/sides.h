/* The two sides of a claim as the refuter wants them. */
#ifndef GEN_PROVE_SIDES_H
#define GEN_PROVE_SIDES_H
#include "gen/prove/refute.h"

#define SIDES_MOST_NEEDED 32

/* Not to be copied: `sides` points into it, and into the claim. */
typedef struct {
    prove_sides sides;
    node needed[SIDES_MOST_NEEDED];
    unsigned char by[SIDES_MOST_NEEDED];
} claim_sides;

void sides_of_claim(session *s, const model_claim *c, claim_sides *out);
/* The derivative of an expression exists only where the expression does: ∂/∂x (x + log(−1)) has no value. Notes what is differentiated in the sides, and in
 * both as they were written (0: not known). */
void sides_need(session *s, claim_sides *x, node written_left, node written_right);

/* Are both sides 0 because what is differentiated by does not occur somewhere? 6x − 6x is 0 for another reason. */
bool sides_vacuous(session *s, const model_claim *c);

#endif
