/* Rung: on each connected component of where both sides are defined, the derivative of their difference is 0 and one value of it is exactly 0. */
#ifndef GEN_PROVE_COMPONENT_H
#define GEN_PROVE_COMPONENT_H
#include "gen/prove/ladder.h"

/* out->partial says where it was proved if that is not everywhere. */
void component_prove(session *s, const ladder_question *q, ladder_answer *out);

#endif
