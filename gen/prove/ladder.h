/* The exact rungs: normal form with names opaque, unfolding from the top, full kernels, away from kinks, cases of index equalities. */
#ifndef GEN_PROVE_LADDER_H
#define GEN_PROVE_LADDER_H
#include "gen/prove/budget.h"
#include "gen/prove/normal.h"

typedef struct {
    node left, right;
    bool derivative;           /* kinks may be left out, with a condition */
    const int *replace; /* induction: per variable, the one whose entries stand for its own, −1: none; NULL: none */
    const bool *frozen; /* per variable: never unfolded (the hypothesis of an induction speaks of it); NULL: none */
    long work_limit;    /* terms and nodes of each attempt; 0: default */
    const budget *allowance; /* for all attempts together; NULL: no further limit */
    bool plain;      /* no full kernels */
    int most_rounds; /* of unfolding; 0: default */
    const node *known; /* canonical expressions of which a strict sign is known */
    const signed char *known_sign;
    int known_count;
} ladder_question;

typedef struct {
    bool proved;
    const char *method; /* "identical", "rational", "index" */
    node away[4];       /* proved where these are not 0 */
    int away_count;
    int rounds;
    unsigned spent;      /* rungs whose budget was used up, see session.h */
    const char *partial; /* "proved where x > 0", if not everywhere; NULL */
    node residue; /* what was left of left − right (numerator) when nothing could be unfolded any more; 0: not computed */
} ladder_answer;

void ladder_prove(session *s, const ladder_question *q, ladder_answer *out);

#endif
