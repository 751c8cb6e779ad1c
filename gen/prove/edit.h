/* Edits of a claim as it was written, one at a time: what a slip of the pen changes. */
#ifndef GEN_PROVE_EDIT_H
#define GEN_PROVE_EDIT_H
#include "gen/prove/prove.h"

/* Called for each edited claim that can be read; `diagnosis` says what was changed. true: it is the answer, stop. */
typedef bool (*edit_try)(void *context, const model_claim *edited, const char *diagnosis);

/* Tries the edits of the left (0) or right (1) side, likely slips first; false when none was the answer. Claims that are not written on the page as they stand
 * have none. */
bool edit_claim(model *m, const model_claim *c, int side, edit_try try, void *context);

#endif
