/* The two sides of a claim as the refuter wants them. */
#ifndef GEN_PROVE_SIDES_H
#define GEN_PROVE_SIDES_H
#include "gen/prove/refute.h"

/* The derivative of an expression exists only where the expression does: ∂/∂x (x + log(−1)) has no value. What is needed is the claim's (see model.h); lists are
 * in the model's arena. */
void sides_of_claim(session *s, const model_claim *c, prove_sides *out);
/* The same of two expressions of which nothing is known: what is differentiated is that of the adjoints in them. Fills `needed` of the sides. */
void sides_need_adjoints(session *s, prove_sides *x);

/* Are both sides 0 because what is differentiated by does not occur somewhere? 6x − 6x is 0 for another reason. */
bool sides_vacuous(session *s, const model_claim *c);

#endif
