/* Open cells of a space cut by the zeros of polynomials: connected open sets on each of which no polynomial is 0, and which cover all but these zeros and those of
 * finitely many others (the open part of a cylindrical algebraic decomposition: McCallum, Solving polynomial strict inequalities using CAD, 1993). */
#ifndef GEN_PROVE_CELLS_H
#define GEN_PROVE_CELLS_H
#include <stdbool.h>

#include "gen/prove/budget.h"
#include "gen/prove/flint.h"

#define CELLS_MOST_VARIABLES 4
#define CELLS_MOST_ZEROS     24

/* `point` has a rational coordinate per variable of the ring. With the last one anywhere from *low to *high (NULL: no bound) it is in the same cell. False: stop. */
typedef bool cells_visit(void *context, const fmpq *point, const fmpq *low, const fmpq *high);

typedef enum { CELLS_VISITED, CELLS_STOPPED, CELLS_TOO_MANY } cells_walked;

/* Visits a point of each cell; with one variable from left to right. STOPPED: a visit returned false; TOO_MANY: there are more polynomials or cells, or they are larger,
 * than the budget allows. */
cells_walked cells_walk(const fmpz_mpoly_struct *cut, int count, const fmpz_mpoly_ctx_t ring, const budget *allowance, cells_visit *visit, void *context);

/* The zeros of polynomials in one variable, in order and each counted once; −1: too many. `zero` and `exact` have room for CELLS_MOST_ZEROS: a zero that is not
 * rational is told to 2^−48. */
int cells_zeros(const fmpz_mpoly_struct *cut, int count, const fmpz_mpoly_ctx_t ring, fmpq *zero, bool *exact);

#endif
