/* What a run tells while it works: lines for people, JSON for programs. */
#ifndef DELTA_PROGRESS_H
#define DELTA_PROGRESS_H
#include "run.h"

/* One report: means since the last one, and of the validation data. */
typedef struct {
    double epoch; /* counted from 1; with --every maybe not whole */
    double loss, valid_loss;
    const double *metrics, *valid_metrics; /* valid: NULL without validation data */
    double samples_per_second;
} delta_report;

/* Opens the log, cut to the length the position knows. */
int delta_log_open(delta_run *run);
int delta_log_write(delta_run *run, const delta_report *report);
void delta_log_close(delta_run *run);

/* A number as JSON has it: 17 digits, null when not finite. */
const char *delta_json_number(double value, char text[32]);

/* A line for an epoch; replaces the redrawn line on a terminal. */
void delta_progress_report(const delta_run *run, const delta_report *report);
/* The redrawn line, on a terminal only; rate: steps a second. */
void delta_progress_redraw(const delta_run *run, double rate);
/* The end: scalar parameters by name when there are few. */
void delta_progress_finish(const delta_run *run);

#endif
