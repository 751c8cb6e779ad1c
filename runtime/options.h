/* The command line of a built trainer. */
#ifndef DELTA_OPTIONS_H
#define DELTA_OPTIONS_H
#include <stdint.h>

#include "delta.h"
#include "pool.h"

typedef struct {
    const char **items;
    int count;
} delta_list;

typedef enum { DELTA_TRAIN, DELTA_PREDICT } delta_command;

typedef struct {
    delta_command command;
    delta_list data, valid, set, schedule, batch, scale, normalize, plot;
    double split;          /* 0: none */
    int64_t epochs, steps; /* 0: not given */
    uint64_t seed;
    double time; /* seconds, 0: no limit */
    int64_t patience;
    const char *best, *average, *weights, *from, *checkpoint, *log, *columns, *output, *need;
    int64_t checkpoint_every, every, threads;
    int memory, resume, whole, quiet, ordered, mean;
    int finished; /* --help or --version was answered */
} delta_options;

/* Returns 0 or the exit status after a message. */
int delta_options_read(delta_pool *pool, const delta_model *model, int argc, char **argv, delta_options *options);

#endif
