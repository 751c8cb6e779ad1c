/* See masks.sh. Prints masks.delta's gradient at fixed points. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "delta.h"

extern const delta_model masks_model;

enum { SAMPLES = 5 };

static double *entries(const delta_array *a, void *in, int number, ptrdiff_t *count)
{
    int64_t dims[DELTA_MAX_RANK], sizes[1] = {0};
    double *x;
    *count = 1;
    masks_model.shape(number, sizes, dims);
    for (int k = 0; k < a->rank; k++)
        *count *= dims[k];
    memcpy(&x, (char *)in + a->offset, sizeof x);
    return x;
}

int main(void)
{
    const int64_t batch[] = {SAMPLES};
    ptrdiff_t count;
    delta_memory *memory = delta_memory_new(&masks_model, NULL, batch, 1);
    for (int i = 0; i < masks_model.array_count; i++) {
        const delta_array *a = &masks_model.arrays[i];
        if (a->role != DELTA_INPUT && a->role != DELTA_PARAM)
            continue;
        double *x = entries(a, a->role == DELTA_PARAM ? memory->params : memory->in, i, &count);
        for (ptrdiff_t k = 0; k < count * (a->role == DELTA_INPUT ? SAMPLES : 1); k++)
            x[k] = sin(1.7 * (double)k + i);
    }
    masks_model.set_batch(memory->in, 0, SAMPLES);
    if (masks_model.gradient(memory->params, memory->state, memory->in, memory->grad, NULL, memory->work) != DELTA_OK)
        return 1;
    for (int i = 0; i < masks_model.array_count; i++)
        if (masks_model.arrays[i].role == DELTA_PARAM) {
            double *x = entries(&masks_model.arrays[i], memory->grad, i, &count);
            for (ptrdiff_t k = 0; k < count; k++)
                printf("%.8e\n", x[k]);
        }
    delta_memory_free(memory);
    return 0;
}
