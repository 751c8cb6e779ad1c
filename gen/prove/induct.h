/* Induction along a recurrence: h[t] = some expression of t that does not need h, for all t. */
#ifndef GEN_PROVE_INDUCT_H
#define GEN_PROVE_INDUCT_H
#include "gen/prove/ladder.h"

/* Proves the question for all values of the claim's free indices by solving it for an entry of a recurrence and comparing one step of its equation. */
bool induct_prove(session *s, const ladder_question *q, int index_count, const int *indices, ladder_answer *out);
/* A claim about the last entry h[T − 1] follows from the same with t + 1 in place of T, for all t: the last t is T − 1. */
bool induct_at_end(session *s, const ladder_question *q, int index_count, const int *indices, ladder_answer *out);
/* Notes for all claims that ∂h[t]/∂h[i] is 0 where i comes after t. */
void induct_causality(session *s);

/* left = right was proved where none of these is 0. Does it hold everywhere? Yes, where they vanish on thin sets and both sides are continuous on open sets. */
bool induct_follows(session *s, node left, node right, int count, const node *zero);

#endif
