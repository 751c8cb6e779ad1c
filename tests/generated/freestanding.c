/* Trains XOR for 200 steps, then writes the parameters and reads them back. Prints the cost and the parameters with six digits. Compiled with the freestanding
 * program, or with -DHOSTED with the hosted one, whose arrays get memory here. */
#include <stdio.h>
#include <string.h>

#include "xor_page.h"

enum { STEPS = 200, SAMPLES = 4, WEIGHTS = 6, UNITS = 3 };

static xor_page_params params, grad;
static xor_page_state state;
static xor_page_in in;
static xor_page_work work;

static const double inputs[] = {0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0};
static const double targets[] = {0.0, 1.0, 1.0, 0.0};

#ifdef HOSTED
static double pool[1024];
static int64_t memory[1 << 14];

static void bind_struct(void *where, delta_role first, delta_role last, double **free)
{
    int i;
    for (i = 0; i < xor_page_model.array_count; i++) {
        const delta_array *a = &xor_page_model.arrays[i];
        if (a->role < first || a->role > last || !a->pointer)
            continue;
        *(double **)(void *)((char *)where + a->offset) = *free;
        *free += 16;
    }
}

static void prepare(void)
{
    static const int64_t batch[1] = {SAMPLES}, sizes[4] = {2, 3};
    double *free = pool;
    bind_struct(&params, DELTA_PARAM, DELTA_PARAM, &free);
    bind_struct(&grad, DELTA_PARAM, DELTA_PARAM, &free);
    bind_struct(&state, DELTA_STATE, DELTA_HYPER, &free);
    bind_struct(&in, DELTA_INPUT, DELTA_NOISE, &free);
    xor_page_model.work_bind(&work, sizes, batch, memory);
    in.samples = SAMPLES;
}

static int store(void)
{
    return 0;
}
#else
static void prepare(void)
{
}

/* What is written comes back; what is damaged is refused and changes nothing. */
static int store(void)
{
    static uint8_t bytes[XOR_PAGE_STORED_BYTES];
    static xor_page_params old;
    memcpy(&old, &params, sizeof old);
    if (xor_page_write(&params, &state, bytes, sizeof bytes - 1) != XOR_PAGE_E_FORMAT || xor_page_write(&params, &state, bytes, sizeof bytes) != 0)
        return 1;
    memset(&params, 0, sizeof params);
    bytes[20] ^= 4u;
    if (xor_page_read(&params, &state, bytes, sizeof bytes) != XOR_PAGE_E_FORMAT || params.W[1] < 0.0 || params.W[1] > 0.0)
        return 1;
    bytes[20] ^= 4u;
    return xor_page_read(&params, &state, bytes, sizeof bytes) != 0 || memcmp(&old, &params, sizeof old) != 0;
}
#endif

static void print(const double *x, int count)
{
    int i;
    for (i = 0; i < count; i++)
        printf("%.6g\n", x[i]);
}

/* Weights too large for the cost: the step is refused and nothing has changed. */
static int refuses(void)
{
    const double old = params.v[0], step = state.adam_step;
    int code;
    in.x[0] = 0.0;
    in.y[0] = -1e308 * 10.0;
    code = xor_page_step(&params, &state, &in, &work);
    return code != XOR_PAGE_E_NONFINITE || memcmp(&old, &params.v[0], sizeof old) != 0 || memcmp(&step, &state.adam_step, sizeof step) != 0;
}

int main(void)
{
    double cost = 0.0;
    int code, i;
    prepare();
    memcpy(in.x, inputs, sizeof inputs);
    memcpy(in.y, targets, sizeof targets);
    code = xor_page_init(&params, &state, UINT64_C(7));
    for (i = 0; i < STEPS && code == 0; i++)
        code = xor_page_step(&params, &state, &in, &work);
    if (code == 0)
        code = xor_page_gradient(&params, &state, &in, &grad, &cost, &work);
    print(&cost, 1);
    print(params.W, WEIGHTS);
    print(params.b, UNITS);
    print(params.v, UNITS);
    print(&params.c, 1);
    if (store() != 0 || refuses() != 0) {
        printf("stored values differ, or a step that is not finite was taken\n");
        return 1;
    }
    return code;
}
