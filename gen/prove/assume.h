/* Assumptions that a refuted claim may lack: Σ y = 1, A = Aᵀ, x > 0. */
#ifndef GEN_PROVE_ASSUME_H
#define GEN_PROVE_ASSUME_H
#include "gen/prove/refute.h"

/* Does the claim hold, proved, when all entries of one of the names it looked at sum to 1? "true if Σ y = 1" or NULL. */
const char *assume_sum(session *s, const prove_sides *sides, const verdict_witness *seen, long work_limit);
/* The same for a symmetric matrix and a positive number. */
const char *assume_other(session *s, const prove_sides *sides, const verdict_witness *seen, long work_limit);

#endif
