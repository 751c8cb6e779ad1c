/* Induction on a size: Σ_{i in 0..n−1} xⁱ = (1 − xⁿ)/(1 − x) for n = 1, and for n if for n − 1. */
#ifndef GEN_PROVE_GROW_H
#define GEN_PROVE_GROW_H
#include "gen/prove/ladder.h"

/* Proves the question by induction on one of the sizes up to which its sums and products run. Where both sides are defined for n, they have to be for all smaller
 * ones: each part that need not be defined is free of n, or is never 0. */
bool grow_prove(session *s, const ladder_question *q, int index_count, const int *indices, ladder_answer *out);

#endif
