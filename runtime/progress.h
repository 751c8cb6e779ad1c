/* What a run tells while it works: lines for people, JSON for programs. */
#ifndef DELTA_PROGRESS_H
#define DELTA_PROGRESS_H
#include "run.h"

/* Opens the log, cut to the length the position knows. */
int delta_log_open(delta_run *run);
int delta_log_write(delta_run *run, const delta_report *report);
void delta_log_close(delta_run *run);

/* A number as JSON has it: 17 digits, null when not finite. */
const char *delta_json_number(double value, char text[32]);

/* A line for run->last; replaces the redrawn line on a terminal, ten times a second at most. */
void delta_progress_report(delta_run *run);
/* The redrawn line, on a terminal only; rate: steps a second. */
void delta_progress_redraw(delta_run *run, double rate);
/* The end: scalar parameters by name when there are few. */
void delta_progress_finish(delta_run *run);
/* --memory: bytes by what they are for, and the largest resident size of the process. */
void delta_progress_memory(const delta_run *run);

#endif
