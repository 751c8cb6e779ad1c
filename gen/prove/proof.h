/* All ways to a proof, in order: rows of rules.def alone, the ladder, induction, exact constants, one value of the indices after another. */
#ifndef GEN_PROVE_PROOF_H
#define GEN_PROVE_PROOF_H
#include "gen/prove/ladder.h"
#include "gen/prove/refute.h"

/* The question's sides for all values of the indices. `all`: with what comes after the ladder, which is worth it only where the sides agree at points. */
bool proof_find(session *s, const prove_sides *sides, const ladder_question *q, bool all, ladder_answer *out);

#endif
