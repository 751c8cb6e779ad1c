/* One command at work: everything that training, predicting and checkpoints share. */
#ifndef DELTA_RUN_H
#define DELTA_RUN_H
#include "average.h"
#include "batch.h"
#include "history.h"
#include "lbfgs.h"
#include "options.h"
#include "schedule.h"
#include "weights.h"

/* Where training stands; together with the arrays all that a checkpoint keeps. */
typedef struct {
    int64_t step;          /* training steps done */
    int64_t passes;        /* of these, steps of lbfgs: each is an epoch of its own */
    int64_t reports;       /* log lines written */
    int64_t samples;       /* since the last report, of the main population */
    double *sums;          /* since the last report */
    double seconds;        /* of training, over all sessions */
    double report_seconds; /* `seconds` at the last report */
    int64_t log_length;    /* bytes of the log */
    double best;           /* the best value so far */
    double best_epochs;    /* when it was */
    int64_t has_best;
    int64_t waiting; /* reports since then */
    int64_t finished;
} delta_position;

/* What a checkpoint must agree on: a setting and the bits of its value, an array of data and its checksum. */
typedef struct {
    const char *name;
    uint64_t value;
    int valid; /* of the validation data */
} delta_trait;

/* One report: means since the last one, and of the validation data. */
typedef struct {
    double epoch; /* counted from 1; with --every maybe not whole */
    double loss, valid_loss;
    const double *metrics, *valid_metrics; /* valid: NULL without validation data */
    double samples_per_second;
} delta_report;

typedef struct {
    delta_pool *pool;
    const delta_model *model;
    const delta_options *options;
    delta_instance instance;
    delta_transform *transforms;
    delta_dataset data, valid;
    int has_valid;
    delta_feeder feeder, valid_feeder;
    delta_feeder best_feeder; /* --best, --patience without validation data: the training data, gone through with the weights at hand */

    delta_schedule *schedules;
    int64_t *batch;                                 /* samples of a step, per population */
    int64_t epoch_steps, report_steps, total_steps; /* total 0: no limit */
    int64_t next_report; /* step of the next report, or an earlier one */
    delta_average average;
    delta_lbfgs lbfgs;
    int has_lbfgs;
    int diverged; /* the last step met a value that is not finite */
    delta_history history;
    delta_output plot; /* --plot FILE.svg */
    int plots, plots_terminal;

    int best_metric; /* number of a metric; -1: the loss */
    int best_maximum;
    int best_valid; /* of the validation data */
    int keeps_best;
    unsigned char *best_arrays; /* copies of the kept arrays, one after the other */
    size_t kept_bytes;

    double *means, *metrics, *valid_metrics, *point; /* room for a report */
    delta_position position;
    delta_report last; /* report */
    double shown;      /* clock when the line on the terminal was drawn */
    delta_output checkpoint;
    delta_trait *settings, *checks; /* with --checkpoint: of every setting its value at the beginning, of every data set its checksums */
    int setting_count, check_count;
    int log;        /* descriptor, -1: none */
    double started; /* clock at the beginning of this session minus earlier seconds */
} delta_run;

/* Reads data, settles sizes, takes memory, sets initial values, settings and weights. */
int delta_run_prepare(delta_run *run);
void delta_run_close(delta_run *run);

/* Epochs done, lbfgs included. */
double delta_run_epochs(const delta_run *run);

/* What --best, --patience and --plot say, and the memory that reports need. */
int delta_measure_prepare(delta_run *run);
/* Log, progress and curves for the steps since the last report. *enough: patience is at its end. */
int delta_measure_report(delta_run *run, int *enough);
/* Writes the curves. */
int delta_measure_plot(delta_run *run);
/* A step or a measurement failed with this code: the message. Returns the exit status. */
int delta_step_failed(const delta_run *run, const delta_feeder *feeder, int code);

/* Copies all kept arrays to memory or back. */
void delta_run_save(const delta_run *run, unsigned char *memory);
void delta_run_restore(delta_run *run, const unsigned char *memory);

int delta_train(delta_run *run);
int delta_predict(delta_run *run);

/* Seconds of a clock that only goes forward. */
double delta_clock(void);

#endif
