/* What a model of the suite and the program that measures it (measure.c) tell each other. All arrays are of doubles, last axis fastest, called as on the page in
 * ASCII; the values are drawn from their name. */
#ifndef SUITE_H
#define SUITE_H
#include <stddef.h>

ptrdiff_t suite_size(const char *name);
const double *suite_array(const char *name);  /* parameter or given array */
double suite_setting(const char *name);
double *suite_gradient(const char *name);     /* where gradient() writes ∂C/∂name */
double *suite_output(const char *name);       /* where it writes an output of the page */
const int *suite_indices(const char *name);   /* array of integers */

/* A model, by hand: the objective as plainly as the published suites write it, and its gradient, derived without deltac. Both read the arrays above. */
extern const char *const model_sizes;         /* "N=1000 K=25 D=10", when the command line names none */
double model_objective(void);
void model_gradient(void);
/* Values in place of uniform ones in −1 … 1; may leave the array as it is. */
void model_prepare(const char *name, double *values, ptrdiff_t count);
/* Integers in place of zeros; may be left out. */
void model_indices(const char *name, int *values, ptrdiff_t count);
/* What is compared and timed: NULL: the gradient; else the page's outputs, one of them by name. */
extern const char *const model_output;
#endif
