/* A claim whose derivative was meant otherwise. */
#ifndef GEN_PROVE_REREAD_H
#define GEN_PROVE_REREAD_H
#include "gen/prove/cure.h"

/* "true under the other layout", also where that is why the sides have different shapes. */
bool reread_layout(patient *p);
/* "true with h held fixed": a partial derivative was written as the total one; or the other way round. */
bool reread_held(patient *p);

#endif
