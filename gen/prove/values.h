#ifndef GEN_PROVE_VALUES_H
#define GEN_PROVE_VALUES_H
#include "gen/model/model.h"

/* Puts the numbers that the page gives after `=` to settings and parameters into all equations and claims, after derivatives have been expanded: claims are then
 * about these numbers. */
void values_fix(model *m);

#endif
