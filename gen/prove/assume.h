/* Is a refuted claim true under an assumption that the page does not make? Each answer was proved with it; p->out->diagnosis says which. */
#ifndef GEN_PROVE_ASSUME_H
#define GEN_PROVE_ASSUME_H
#include "gen/prove/cure.h"

/* "true if Σ y = 1" */
bool assume_sum(patient *p);
/* "true if A = Aᵀ", "true if x > 0", "true if y ∈ {0, 1}" */
bool assume_other(patient *p);
/* "false in general; true for σ = sigmoid", or tanh: those whose slopes people write for one of any activation. */
bool assume_activation(patient *p);
/* The same of functions that a slip may look like the slope of: a prime left out is more likely than f = exp. */
bool assume_function(patient *p);

#endif
