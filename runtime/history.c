/* Reports kept for drawing. */
#include "history.h"

#include <string.h>

void delta_history_prepare(delta_pool *pool, const delta_model *model, delta_history *history)
{
    *history = (delta_history){.width = 3 + 2 * (size_t)model->metric_count, .stride = 1};
    history->values = delta_pool_get(pool, (DELTA_HISTORY_POINTS + 1) * history->width, sizeof(double));
}

static double *point_at(const delta_history *history, int64_t index)
{
    return history->values + (size_t)index * history->width;
}

/* Every second point goes. */
static void history_thin(delta_history *history)
{
    for (int64_t i = 1; 2 * i < history->count; i++)
        memcpy(point_at(history, i), point_at(history, 2 * i), history->width * sizeof(double));
    history->count = (history->count + 1) / 2;
    history->stride *= 2;
}

void delta_history_add(delta_history *history, const double *point)
{
    size_t bytes = history->width * sizeof *point;
    memcpy(point_at(history, DELTA_HISTORY_POINTS), point, bytes);
    if (history->seen % history->stride == 0) {
        if (history->count == DELTA_HISTORY_POINTS)
            history_thin(history);
        if (history->seen % history->stride == 0)
            memcpy(point_at(history, history->count++), point, bytes);
    }
    history->seen++;
}

const double *delta_history_point(const delta_history *history, int64_t index)
{
    if (index < history->count)
        return point_at(history, index);
    int kept = history->seen == 0 || (history->seen - 1) % history->stride == 0;
    return index == history->count && !kept ? point_at(history, DELTA_HISTORY_POINTS) : NULL;
}
