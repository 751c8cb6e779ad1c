/* One command at work: everything that training, predicting and checkpoints share. */
#ifndef DELTA_RUN_H
#define DELTA_RUN_H
#include "batch.h"
#include "options.h"
#include "schedule.h"
#include "weights.h"

/* Where training stands; together with the arrays all that a checkpoint keeps. */
typedef struct {
    int64_t step;          /* training steps done */
    int64_t reports;       /* log lines written */
    int64_t samples;       /* since the last report, of the main population */
    double *sums;          /* since the last report */
    double seconds;        /* of training, over all sessions */
    double report_seconds; /* `seconds` at the last report */
    int64_t log_length;    /* bytes of the log */
    double best;           /* the best value so far */
    int has_best;
    int64_t waiting; /* reports since then */
    int finished;
} delta_position;

typedef struct {
    delta_pool *pool;
    const delta_model *model;
    const delta_options *options;
    delta_instance instance;
    delta_transform *transforms;
    delta_dataset data, valid;
    int has_valid;
    delta_feeder feeder, valid_feeder;

    delta_schedule *schedules;
    int64_t epoch_steps, report_steps, total_steps; /* total 0: no limit */

    int best_metric; /* number of a metric; -1: the loss */
    int best_maximum;
    int best_valid; /* of the validation data */
    int keeps_best;
    unsigned char *best_arrays; /* copies of the kept arrays, one after the other */
    size_t kept_bytes;

    double *means, *metrics, *valid_metrics; /* room for a report */
    delta_position position;
    delta_output checkpoint;
    int log;        /* descriptor, -1: none */
    double started; /* clock at the beginning of this session minus earlier seconds */
} delta_run;

/* Reads data, settles sizes, takes memory, sets initial values, settings and weights. */
int delta_run_prepare(delta_run *run);
void delta_run_close(delta_run *run);

/* Copies all kept arrays to memory or back. */
void delta_run_save(const delta_run *run, unsigned char *memory);
void delta_run_restore(delta_run *run, const unsigned char *memory);

int delta_train(delta_run *run);
int delta_predict(delta_run *run);

/* Seconds of a clock that only goes forward. */
double delta_clock(void);

#endif
