/* Settings that change with the step: `η: cosine(0.1, 0.001)`.
 *
 *   constant(value)
 *   step(initial, factor, every)          initial · factor^⌊t / every⌋
 *   exponential(initial, rate)            initial · rate^t
 *   linear(from, to) or (from, to, n)     from + (to − from) t / n, n the steps of the whole run; to after that
 *   cosine(from, to) or (from, to, n)     to + (from − to)(1 + cos(π t / n)) / 2, n the steps of the whole run; to after that
 *   warmup(n, schedule)                   (t + 1)/n of the schedule's first value, from step n on the schedule itself, counted from there
 *
 * t counts training steps from 0; `every` and n are steps, or epochs when the word follows (`10 epochs`). */
#ifndef DELTA_SCHEDULE_H
#define DELTA_SCHEDULE_H
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int array; /* number of the hyper */
    int kind;
    double first, second, every;
    double warmup; /* steps */
} delta_schedule;

/* Text after the colon. total: steps of the run, 0 when not known. Prints what is wrong. */
int delta_schedule_read(const char *text, int64_t total, int64_t epoch_steps, delta_schedule *schedule);
/* A number as schedules have it, "0.1", "1/255", "5 epochs"; *end is what follows. Returns 0 when there is none. */
int delta_schedule_number(const char *text, int64_t epoch_steps, double *value, const char **end);
double delta_schedule_value(const delta_schedule *schedule, int64_t step);

#endif
