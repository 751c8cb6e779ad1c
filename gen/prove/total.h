/* Which names surely have a value wherever the page's names have values. */
#ifndef GEN_PROVE_TOTAL_H
#define GEN_PROVE_TOTAL_H
#include "gen/prove/session.h"

/* Marks the variables below which a function may have no value: 1/p, log p and the like, unless the form of p shows its sign. */
void total_mark_partial(session *s, bool *partial);

#endif
