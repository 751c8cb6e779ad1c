/* Budgets that are counted, so that what comes of a question does not depend on the machine. A step takes about a microsecond: one
 * node evaluated, eight nodes made, eight calls of the libraries for memory (dag_work, memory.h). */
#ifndef GEN_PROVE_BUDGET_H
#define GEN_PROVE_BUDGET_H
#include "gen/dag/dag.h"

typedef struct {
    const dag *d;
    long end; /* in steps since the beginning of the process */
} budget;

/* Steps since the beginning of the process. */
long budget_steps(const dag *d);
/* So many from now on. */
budget budget_of(const dag *d, long steps);
/* What is left, at least 0. */
long budget_left(const budget *b);
bool budget_spent(const budget *b);

#endif
