/* Factors that a claim may have lost. */
#ifndef GEN_PROVE_MISSING_H
#define GEN_PROVE_MISSING_H
#include "gen/prove/cure.h"
#include "gen/prove/edit.h"
#include "gen/prove/form.h"

/* Tries them where they may stand on the right side: names and functions that the left side's forms hold, the slopes of the page's activations, sizes. */
bool missing_factor(patient *p, const form *of, int count);

#endif
