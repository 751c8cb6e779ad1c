/* The reports of a run so far, thinned out evenly so that they fit: what curves are drawn from. A point has `width` numbers: epoch, loss, validation loss,
 * the metrics, the validation metrics; NaN where there is none. */
#ifndef DELTA_HISTORY_H
#define DELTA_HISTORY_H
#include <stdint.h>

#include "delta.h"
#include "pool.h"

enum { DELTA_HISTORY_POINTS = 512 };

typedef struct {
    size_t width;
    int64_t stride, seen, count; /* every stride-th report is kept; reports seen; points kept */
    double *values;              /* points, then the latest one whether kept or not */
} delta_history;

void delta_history_prepare(delta_pool *pool, const delta_model *model, delta_history *history);
void delta_history_add(delta_history *history, const double *point);
/* Point number `index`: kept ones, then the latest if it is not kept. NULL behind the last. */
const double *delta_history_point(const delta_history *history, int64_t index);

#endif
