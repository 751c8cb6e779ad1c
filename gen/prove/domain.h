/* Where a proved claim holds: what one side needs to be defined and the other does not, and the kinks of what is differentiated. */
#ifndef GEN_PROVE_DOMAIN_H
#define GEN_PROVE_DOMAIN_H
#include "gen/prove/refute.h"

/* What both sides need to be defined. */
typedef struct domain domain;
domain *domain_open(session *s, const prove_sides *sides);
void domain_close(domain *x);
/* "where x > 0", or NULL if both sides are defined at the same points as far as this sees; "where both sides are defined" if that is too much to list. */
const char *domain_text(domain *x);
/* Is n surely not 0 wherever both sides are defined? */
bool domain_excludes_zero(domain *x, node n);
/* Is there anything to tell? */
bool domain_is_told(session *s, const prove_sides *sides);
/* "x = 0", "u = v" for an expression that is 0 at a kink. */
void domain_print_zero(session *s, buffer *b, node base);
/* An expression that is 0 just where this one is, as people write it. */
node domain_shown(session *s, node base);
/* √u, |u| and sign(u) are not 0 where u is not; a product over an index where no factor is: u, the factor. */
node domain_zero_where(session *s, node n);
/* "x > 0", "u ≠ 1": what the bits of region.h ask of the base. */
void domain_print_need(session *s, buffer *b, node base, int bits);
/* "u < v" of what is against 0; `turned` is the word for the other direction, where the sign of the base is changed. */
void domain_print_relation(session *s, buffer *b, node base, const char *word, const char *turned);
/* Appends to `out` the arguments that are 0 at kinks on the way of the sides' derivatives, each once; returns their number, at most `room`. Into `tie` the
 * maxima and minima over an index, which have a kink where the largest values are equal, *tie_count of them, at most `room`. */
int domain_kinks(session *s, const prove_sides *sides, node *out, node *tie, int *tie_count, int room);
/* n with the names unfolded that depend on the leaf, as far as they have one equation. */
node domain_without_names(session *s, node n, node leaf);
/* Is a derivative taken at a point that is a kink: ∂|u|/∂u |_{u = 0}? */
bool domain_at_kink(session *s, const prove_sides *sides);

#endif
