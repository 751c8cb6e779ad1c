/* Checkpoints: DIR/NAME.checkpoint, written at step boundaries, atomic and with a checksum. Training is a function of the seed and the step's number, so the
 * position and the arrays are enough to go on to the same bits. */
#ifndef DELTA_CHECKPOINT_H
#define DELTA_CHECKPOINT_H
#include "run.h"

/* Makes the directory if needed and takes the memory for writing. */
int delta_checkpoint_prepare(delta_run *run);
/* The next checkpoint is for whatever values the data have then: the run ends by a fault in them, which is to be mended. */
void delta_checkpoint_any_data(delta_run *run);
int delta_checkpoint_write(delta_run *run);
/* Goes to the checkpoint's position. Without a checkpoint it says so and leaves everything. Refuses one of another model or other settings. */
int delta_checkpoint_read(delta_run *run);

#endif
