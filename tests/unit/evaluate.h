/* An evaluator for the model's expressions, independent of the compiler's algebra: numbers in, numbers out.
 *
 * Sizes without a value are 3, a batch has 2 samples; every entry of a name that nothing defines has a pseudo-random value. A derivative that has not been
 * expanded (DIFF) is taken numerically: the entry is moved, everything that is computed from it follows, what is held keeps its value. */
#ifndef TESTS_UNIT_EVALUATE_H
#define TESTS_UNIT_EVALUATE_H
#include "gen/model/model.h"

typedef struct evaluation evaluation;

evaluation *evaluate_new(model *m, unsigned seed);
void evaluate_free(evaluation *e);
/* Random values are drawn from lo..hi (default 0.3..1.4). */
void evaluate_range(evaluation *e, double lo, double hi);
/* The value with the free indices bound by evaluate_bind. NAN (and a reason) when an entry has no value. */
long double evaluate(evaluation *e, node n);
void evaluate_bind(evaluation *e, int index, long value);
long evaluate_size(evaluation *e, node n); /* an index expression */
const char *evaluate_reason(const evaluation *e);
/* Value of a function of ops.def. */
long double evaluate_op(op o, const long double *u);
/* Forgets computed values, after the model has changed. */
void evaluate_forget(evaluation *e);

#endif
