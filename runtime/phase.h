/* Parts of a training: `optimize with adam(…) for 5000 steps then lbfgs`. A page without a sequence is one part without end. */
#ifndef DELTA_PHASE_H
#define DELTA_PHASE_H
#include "instance.h"

/* Number of the part that the state's counter stands in; *left: its steps still to do, INT64_MAX without end. */
int delta_phase_at(const delta_instance *instance, int64_t *left);
/* 1 when the next step is one of lbfgs. */
int delta_phase_lbfgs(const delta_instance *instance);
/* Counts `steps` steps that step() did not count itself. */
void delta_phase_count(delta_instance *instance, int64_t steps);
/* 1 when some part is lbfgs; *number: which. */
int delta_phase_has_lbfgs(const delta_model *model, int *number);

/* Steps in `epochs` passes over the data from the beginning on: a pass has epoch_steps steps, one in lbfgs. */
int64_t delta_phase_steps(const delta_model *model, int64_t epochs, int64_t epoch_steps);
/* Steps of a run whose length nobody says: all parts that end; 100 epochs in one that does not, at most 1000 steps in lbfgs. */
int64_t delta_phase_total(const delta_model *model, int64_t epoch_steps);

#endif
