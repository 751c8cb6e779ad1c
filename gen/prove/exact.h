/* Rungs for claims that normal forms leave open: exact constants, squares of what is not negative, a derivative that is 0 with one value that is 0. */
#ifndef GEN_PROVE_EXACT_H
#define GEN_PROVE_EXACT_H
#include "gen/prove/ladder.h"

/* Are both sides numbers, and equal? They must be known to be defined. */
bool exact_constants(session *s, node left, node right);
/* Tries all rungs of this file. */
void exact_prove(session *s, const ladder_question *q, ladder_answer *out);

#endif
