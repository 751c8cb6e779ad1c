/* What the printer offers beside model_print: presentation trees for other output languages, and equations with their left sides. */
#ifndef GEN_MODEL_PRINT_H
#define GEN_MODEL_PRINT_H
#include "gen/model/model.h"
#include "gen/model/notation.h"

/* How many of the last visible indices matrix notation of n can leave out: 2 for W x yᵀ, 1 for `h[t] = tanh(U x[t])`, 0: index form. */
int model_print_rank(const model *m, node n, int index_count, const int *indices);
/* The tree of n with the last `rank` visible indices left out (as model_print_rank said); index form for rank −1. Lives in `memory`. */
notation *model_notation(const model *m, arena *memory, node n, int index_count, const int *indices, int rank);
/* The same with the terms and factors that hold one of the variables `lead` (by id) written first: δ1 x + 2λ w1, δ2 w2, whatever the DAG's order is. */
notation *model_notation_led(const model *m, arena *memory, node n, int index_count, const int *indices, int rank, const bool *lead);
/* var[at…] with its last `rank` visible axes left out: the left side that belongs to model_notation's right side. */
notation *model_notation_left(const model *m, arena *memory, int var, const node *at, int index_count, const int *indices, int rank);

#endif
