/* A program that learns y = sin 3x while it runs, with the C that `deltac emit wave.delta` writes: wave.h is all it needs to know, `pkg-config deltac` all it links.
 * The data stay where the program has them: wave_in and wave_out point at its own arrays. */
#include <math.h>
#include <stdio.h>

#include "wave.h"

enum { BATCH = 64, STEPS = 4000, POINTS = 5 };

static double mean_cost(delta_memory *memory)
{
    double cost = 0;
    wave_gradient(memory->params, memory->state, memory->in, memory->grad, &cost, memory->work);
    return cost;
}

int main(void)
{
    const int64_t batch = BATCH;
    double x[BATCH], y[BATCH], point[POINTS] = {-0.9, -0.4, 0.1, 0.5, 0.8}, predicted[POINTS];
    delta_memory *memory = delta_memory_new(&wave_model, NULL, &batch, 1);
    if (!memory)
        return 1;
    for (int i = 0; i < BATCH; i++) {
        x[i] = 2.0 * i / (BATCH - 1) - 1;
        y[i] = sin(3 * x[i]);
    }

    wave_in *in = memory->in;
    wave_out *out = memory->out;
    in->x = x;
    in->y = y;
    in->samples = BATCH;
    printf("cost before: %.4f\n", mean_cost(memory));
    for (int step = 0; step < STEPS; step++) {
        int code = wave_step(memory->params, memory->state, in, memory->work);
        if (code != WAVE_OK) {
            fprintf(stderr, "step %d failed with code %d\n", step, code);
            return 1;
        }
    }
    printf("cost after: %.1e\n", mean_cost(memory));

    in->x = point;
    in->samples = POINTS;
    out->p = predicted;
    wave_forward(memory->params, memory->state, in, out, memory->work);
    for (int i = 0; i < POINTS; i++)
        printf("p(%4.1f) = %7.4f   sin 3x = %7.4f\n", point[i], predicted[i], sin(3 * point[i]));

    int status = delta_memory_write(memory, "wave.npz");
    delta_memory_free(memory);
    return status;
}
