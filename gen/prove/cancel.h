/* Products: common factors are cancelled before anything is expanded. */
#ifndef GEN_PROVE_CANCEL_H
#define GEN_PROVE_CANCEL_H
#include "gen/prove/session.h"

/* Takes away what both sides have as a factor; `unfold`: adjoints among the factors are read through first. False: nothing, and the sides are as they were.
 * Sufficient, not necessary, for the sides to be equal. */
bool cancel_common_factors(session *s, node *left, node *right, bool unfold);

#endif
