/* Where a proved claim holds: what one side needs to be defined and the other does not, and the kinks of what is differentiated. */
#ifndef GEN_PROVE_DOMAIN_H
#define GEN_PROVE_DOMAIN_H
#include "gen/prove/refute.h"

/* "where x > 0", or NULL if both sides are defined at the same points as far as this sees. */
const char *domain_text(session *s, const prove_sides *sides);
/* "x = 0", "u = v" for an expression that is 0 at a kink. */
void domain_print_zero(session *s, buffer *b, node base);
/* Appends to `out` the arguments that are 0 at kinks on the way of the sides' derivatives, each once; returns their number, at most `room`. */
int domain_kinks(session *s, const prove_sides *sides, node *out, int room);

#endif
