/* L-BFGS over all data at once: one step is one iteration. Nocedal and Wright, Numerical Optimization (2006): direction by algorithm 7.4 with the scaling (7.20),
 * step length by algorithms 3.5 and 3.6 (strong Wolfe conditions, c1 = 1e-4, c2 = 0.9). Works in double whatever the model's numbers are. */
#ifndef DELTA_LBFGS_H
#define DELTA_LBFGS_H
#include "instance.h"

typedef struct {
    size_t entries;          /* of all parameters together */
    int room, count, next;   /* pairs that can be kept, are kept, and the place of the next one */
    double *steps, *changes; /* room × entries: differences of parameters and of gradients */
    double *curvature;       /* steps · changes of each pair */
    int known;               /* `cost` and the gradient in `trial` are those of the parameters as they stand; 0 is always right, and slower */
    double cost, tolerance;  /* done when no entry of the gradient is larger than the tolerance */
    double *origin, *gradient, *direction, *trial, *weight;
    void *grad; /* a params struct */
} delta_lbfgs;

void delta_lbfgs_prepare(delta_pool *pool, const delta_instance *instance, int pairs, double tolerance, delta_lbfgs *lbfgs);

/* One iteration over what `in` holds. *done: no entry of the gradient is above the tolerance, or the cost cannot be lowered any more. Returns a status code of the
 * model; the parameters then are as before. */
int delta_lbfgs_step(delta_instance *instance, delta_lbfgs *lbfgs, int *done);

#endif
