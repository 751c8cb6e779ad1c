/* What is wrong with a refuted claim, and the smallest edit that makes it true. */
#ifndef GEN_PROVE_DIAGNOSE_H
#define GEN_PROVE_DIAGNOSE_H
#include "gen/prove/refute.h"

/* Fills left_is, diagnosis and suggestion. A suggestion was proved. */
void diagnose(session *s, const model_claim *c, const prove_sides *sides, long work_limit, verdict *out);

#endif
