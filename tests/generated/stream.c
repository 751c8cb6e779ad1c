/* Ten steps of a program whose calls take 3 samples, and of the same page's program that takes one at a time and is given the 3 in turn: parameters and states
 * agree. Compile with -DTHREE=name -DONE=name, their headers included by -include, and -DMEMBERS='MEMBER(x) MEMBER(y)' for the data. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#define JOINED_(a, b) a##b
#define JOINED(a, b) JOINED_(a, b)
#define DOUBLES(name, part) \
    static union { \
        JOINED(name, part) of; \
        double at[sizeof(JOINED(name, part)) / sizeof(double)]; \
    }

DOUBLES(THREE, _params) params;
DOUBLES(THREE, _state) state;
DOUBLES(THREE, _in) in;
DOUBLES(ONE, _params) params_1;
DOUBLES(ONE, _state) state_1;
static JOINED(ONE, _in) in_1;
static JOINED(THREE, _work) work;
static JOINED(ONE, _work) work_1;
static JOINED(ONE, _totals) totals;
static JOINED(THREE, _params) unused;

static double worst = 0.0;

static void compare(const double *a, const double *b, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        const double error = fabs(a[i] - b[i]) / (1.0 + fabs(a[i]));
        worst = error <= worst ? worst : error;
    }
}

static int step_of_three(void)
{
    int sample, code = 0;
    double cost = 0.0, cost_1 = 0.0;
    code |= JOINED(THREE, _gradient)(&params.of, &state.of, &in.of, &unused, &cost, &work);
    for (sample = 0; sample < 3; sample++) {
#define MEMBER(m) memcpy(&in_1.m, (const char *)&in.of.m + (size_t)sample * sizeof in_1.m, sizeof in_1.m);
        MEMBERS
        code |= JOINED(ONE, _accumulate)(&params_1.of, &state_1.of, &in_1, &totals, &work_1);
    }
    code |= JOINED(THREE, _step)(&params.of, &state.of, &in.of, &work);
    code |= JOINED(ONE, _apply)(&params_1.of, &state_1.of, &totals, &cost_1, &work_1);
    compare(&cost, &cost_1, 1);
    return code;
}

int main(void)
{
    size_t k;
    int i, code = JOINED(THREE, _init)(&params.of, &state.of, 5) | JOINED(ONE, _init)(&params_1.of, &state_1.of, 5) | JOINED(ONE, _clear)(&totals);
    double moved = 0.0, before[sizeof params.at / sizeof *params.at];
    memcpy(before, params.at, sizeof before);
    if (JOINED(ONE, _apply)(&params_1.of, &state_1.of, &totals, NULL, &work_1) == 0) {
        printf("a step of nothing\n");
        return 1;
    }
    for (i = 0; i < 10 && code == 0; i++) {
        for (k = 0; k < sizeof in.at / sizeof *in.at; k++)
            in.at[k] = 0.5 + 0.4 * sin(1.7 * (double)k + (double)i);
        code = step_of_three();
        for (k = 0; k < sizeof params.at / sizeof *params.at; k++)
            moved = fmax(moved, fabs(params.at[k] - before[k]));
    }
    compare(params.at, params_1.at, sizeof params.at / sizeof *params.at);
    compare(state.at, state_1.at, sizeof state.at / sizeof *state.at);
    printf("code %d, worst %.2g, moved %.2g\n", code, worst, moved);
    return code != 0 || !(worst < 1e-12) || !(moved > 1e-6);
}
