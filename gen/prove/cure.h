/* Candidates for what was meant by a refuted claim. One is told only after it was proved and no point speaks against it. */
#ifndef GEN_PROVE_CURE_H
#define GEN_PROVE_CURE_H
#include "gen/prove/refute.h"

typedef struct {
    session *s;
    const model_claim *c;
    const prove_sides *sides;
    budget left; /* for the whole diagnosis */
    verdict *out;
} patient;

/* Is left = right, the candidate's sides, true? */
bool cure_holds(patient *p, const prove_sides *sides);
/* The claim with another right side, if it holds and says more than that one expression equals itself: it is the suggestion then. */
bool cure_right(patient *p, node right, const char *diagnosis);
/* The same of an edited claim. context: the patient; an edit_try. */
bool cure_edited(void *context, const model_claim *edited, const char *diagnosis);

/* n as the page would write it; NULL if that is nothing or too long. */
const char *cure_text(patient *p, node n);
/* The format with n in place of its %. */
const char *cure_about(patient *p, const char *format, node n);

#endif
