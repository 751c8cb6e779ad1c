/* Averaged weights beside the trained ones: `ema(0.999)` forgets, a ← d a + (1 − d) w after every step, beginning with the weights after the first one
 * (Polyak and Juditsky, 1992; in this form Kingma and Ba, 2015, section 7.2 without the correction); `mean(n)` is the mean of the weights after each step
 * from step n on (stochastic weight averaging, Izmailov et al., 2018). They are measured and kept; training goes on with its own. */
#ifndef DELTA_AVERAGE_H
#define DELTA_AVERAGE_H
#include "instance.h"

typedef struct {
    int kind; /* 0: none */
    double decay;
    int64_t from;        /* mean: steps that do not count */
    int64_t count;       /* weights averaged so far */
    size_t entries;      /* of all parameters together */
    double *values;      /* one parameter after the other */
    unsigned char *kept; /* the trained parameters while the averages are in their place */
} delta_average;

/* Text of --average (NULL: none). Takes the memory. Prints what is wrong. */
int delta_average_prepare(delta_pool *pool, const delta_instance *instance, const char *text, int64_t epoch_steps, delta_average *average);
/* After training step number `step` (from 1). */
void delta_average_add(const delta_instance *instance, delta_average *average, int64_t step);
/* The averages take the place of the parameters; and back, to the bit. Nothing happens before the first average. */
void delta_average_show(delta_instance *instance, delta_average *average);
void delta_average_hide(delta_instance *instance, delta_average *average);

#endif
