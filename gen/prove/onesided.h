/* Derivatives taken at a kink. That of x|x| at 0 exists, though those of its parts do not: where f is continuous at c and f′ has the same limit from both sides, that
 * limit is f′(c); the same for higher derivatives, one after the other. */
#ifndef GEN_PROVE_ONESIDED_H
#define GEN_PROVE_ONESIDED_H
#include "gen/prove/refute.h"

/* Puts values for the derivatives ∂ᵏf/∂xᵏ |_{x = c} that are taken at kinks and exist there; sets sides->at_kink where one is left of which that is not known. */
void onesided_settle(session *s, prove_sides *sides);

#endif
