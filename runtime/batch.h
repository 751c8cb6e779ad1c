/* Batches: which samples a step sees, and their arrays in `in`. Everything is a function of the seed and the step's number alone, so a run can go on from
 * any step. */
#ifndef DELTA_BATCH_H
#define DELTA_BATCH_H
#include "data.h"

/* Where a population stands in its data: each goes through its own epochs. */
typedef struct {
    int64_t *order;               /* of rows from 0, NULL when not shuffled */
    int64_t epoch;                /* the one `order` holds, -1 none */
    int64_t step, batch, batches; /* the last step fed, its batch within the epoch, batches of an epoch */
} delta_order;

/* The part of a population's rows that a batch has. */
typedef struct {
    int64_t first, count;
    const int64_t *order; /* rows are first + order[k]; NULL: first + k */
} delta_part;

typedef struct {
    delta_instance *instance;
    delta_dataset *set;
    uint64_t seed;
    const int64_t *batch; /* samples of a step, per population */
    delta_order *orders;  /* per population */
    delta_part *parts;    /* what `in` holds, per population */
    int late;             /* assumptions are tested batch by batch, because some data stay in their file */
    int *noises;          /* numbers of the noise arrays */
    int noise_count;
} delta_feeder;

/* A permutation of 0 .. count-1 for (seed, population, epoch). */
void delta_shuffle(int64_t *order, int64_t count, uint64_t seed, int population, int64_t epoch);

/* Draws entries of the noise array for sample `row` at `step` into one sample's memory. */
void delta_noise_fill(const delta_array *array, const delta_place *place, int number, uint64_t seed, uint64_t step, int64_t row, unsigned char *memory);

/* batch: samples of a step, at most what the instance has room for; NULL: just that. */
void delta_feeder_make(delta_pool *pool, delta_feeder *feeder, delta_instance *instance, delta_dataset *set, const int64_t *batch, uint64_t seed, int shuffle);
/* Batches of one epoch of a population; 1 without data. */
int64_t delta_feeder_batches(const delta_feeder *feeder, int population);
/* Fills `in` for training step `step`; *count: samples of the main population. */
int delta_feed_step(delta_feeder *feeder, int64_t step, int64_t *count);
/* Fills `in` with batch `batch` in the order of the data, with the noise kept for measuring. */
int delta_feed_plain(delta_feeder *feeder, int64_t batch, int64_t *count);

/* Fills `in` with all rows, in the order of the data, with the noise kept for measuring. The instance must have room for them. */
int delta_feed_all(delta_feeder *feeder, int64_t *count);

/* Tests the page's assumptions on every row of the set, unless it stays in its file: then each batch is tested when it is fed. */
int delta_assumptions_check(delta_feeder *feeder);

/* "row 17 of train.csv (line 18)": where sample `sample` of the batch in `in` was read; empty without data. */
const char *delta_feeder_source(const delta_feeder *feeder, int population, int64_t sample, char *text, size_t room);

#endif
