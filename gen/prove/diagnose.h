/* What is wrong with a refuted claim, and the smallest edit that makes it true. */
#ifndef GEN_PROVE_DIAGNOSE_H
#define GEN_PROVE_DIAGNOSE_H
#include "gen/prove/refute.h"

/* Fills left_is, diagnosis and suggestion. A suggestion was proved. The work is bounded by counting. */
void diagnose(session *s, const model_claim *c, verdict *out);

#endif
