/* The gradient of a freestanding program against central differences of its own cost. Compile with -DNAME=name -DHEADER="name.h". Its structs hold nothing but
 * doubles, so they are gone through as arrays. */
#include <math.h>
#include <stdio.h>

#include HEADER

#define JOINED_(a, b) a##b
#define JOINED(a, b) JOINED_(a, b)

static union {
    JOINED(NAME, _params) of;
    double at[sizeof(JOINED(NAME, _params)) / sizeof(double)];
} params, grad, unused;
static union {
    JOINED(NAME, _in) of;
    double at[sizeof(JOINED(NAME, _in)) / sizeof(double)];
} in;
static JOINED(NAME, _state) state;
static JOINED(NAME, _work) work;

static double cost_at(size_t k, double x)
{
    const double old = params.at[k];
    double cost = 0.0;
    params.at[k] = x;
    if (JOINED(NAME, _gradient)(&params.of, &state, &in.of, &unused.of, &cost, &work) != 0)
        cost = (double)NAN;
    params.at[k] = old;
    return cost;
}

int main(void)
{
    const double step = 1e-5;
    double worst = 0.0, largest = 0.0;
    size_t k;
    if (JOINED(NAME, _init)(&params.of, &state, 11) != 0)
        return 1;
    for (k = 0; k < sizeof in.at / sizeof *in.at; k++)
        in.at[k] = 0.5 + 0.4 * sin(1.7 * (double)k + 0.3);
    for (k = 0; k < sizeof params.at / sizeof *params.at; k++)
        params.at[k] += 0.1 * cos(2.3 * (double)k);
    if (JOINED(NAME, _gradient)(&params.of, &state, &in.of, &grad.of, NULL, &work) != 0)
        return 1;
    for (k = 0; k < sizeof params.at / sizeof *params.at; k++) {
        const double d = (cost_at(k, params.at[k] + step) - cost_at(k, params.at[k] - step)) / (2.0 * step), error = fabs(d - grad.at[k]) / (1.0 + fabs(d));
        worst = error <= worst ? worst : error;
        largest = fmax(largest, fabs(d));
    }
    printf("worst %.2g, largest %.2g\n", worst, largest);
    return !(worst < 1e-7) || !(largest > 0.0);
}
