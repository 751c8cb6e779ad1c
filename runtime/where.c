/* Searches the values of a step in the order in which they were computed. */
#include "delta.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    char *text;
    size_t room, used;
} line;

static void put(line *l, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int more = vsnprintf(l->text + l->used, l->room - l->used, format, arguments);
    va_end(arguments);
    l->used = more < 0 || l->used + (size_t)more >= l->room ? l->room - 1 : l->used + (size_t)more;
}

/* "[sample=3, j=7]"; names are "sample,j". */
static void put_entry(line *l, const char *names, const ptrdiff_t *axis, int count, ptrdiff_t entry)
{
    for (int k = 0; k < count; k++) {
        ptrdiff_t below = 1;
        int length = (int)strcspn(names, ",");
        for (int j = k + 1; j < count; j++)
            below *= axis[j];
        put(l, "%s%.*s=%td", k ? ", " : "[", length, names, entry / below % axis[k]);
        names += length + (names[length] != 0);
    }
    if (count)
        put(l, "]");
}

/* The number along the axis called "sample", in an array of `count` entries. */
static ptrdiff_t sample_of(const char *names, const ptrdiff_t *axis, ptrdiff_t count, ptrdiff_t entry)
{
    for (int k = 0;; k++) {
        int length = (int)strcspn(names, ",");
        count /= axis[k];
        if (length == 6 && memcmp(names, "sample", 6) == 0)
            return entry / count % axis[k];
        if (!names[length])
            return -1;
        names += length + 1;
    }
}

/* Number of the first entry that is not finite, or count. */
static ptrdiff_t first_bad(const void *values, int real_bytes, ptrdiff_t count)
{
    const double *wide = values;
    const float *narrow = values;
    ptrdiff_t j = 0;
    while (j < count && (real_bytes == 4 ? isfinite(narrow[j]) : isfinite(wide[j])))
        j++;
    return j;
}

ptrdiff_t delta_where(const delta_model *model, const void *work, char *text, size_t room, int *population)
{
    line l = {text, room, 0};
    *text = 0;
    *population = -1;
    for (int i = 0; i < model->value_count; i++) {
        const delta_value *value = &model->values[i];
        const void *values = (const char *)work + value->offset;
        ptrdiff_t axis[DELTA_MAX_RANK + 1], count = 1;
        int axes = value->shape < 0 ? 0 : model->axes(work, value->shape, axis);
        if (axes)
            memcpy(&values, (const char *)work + value->offset, sizeof values);
        for (int k = 0; k < axes; k++)
            count *= axis[k];
        ptrdiff_t bad = first_bad(values, model->real_bytes, count);
        if (bad == count)
            continue;
        if (value->line > 0)
            put(&l, "line %d: ", value->line);
        put(&l, "%s", value->name);
        put_entry(&l, value->names, axis, axes, bad);
        double number = model->real_bytes == 4 ? (double)((const float *)values)[bad] : ((const double *)values)[bad];
        put(&l, isnan(number) ? " is nan" : " is infinite");
        *population = value->population;
        return axes > 0 && value->population >= 0 ? sample_of(value->names, axis, count, bad) : -1;
    }
    return -1;
}
