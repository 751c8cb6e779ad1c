/* What the hand-written programs share: the data that bench/drive.c gives to ours, and the clock: processor time of this thread, so that what else the machine
 * does counts less; with BENCH_WALL in the environment the time on the wall, for several threads. */
#ifndef BENCH_H
#define BENCH_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline double bench_now(void)
{
    struct timespec t;
    clock_gettime(getenv("BENCH_WALL") ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Entry i of array `number`: in 0 .. 1. */
static inline double bench_uniform(uint64_t number, uint64_t i)
{
    uint64_t z = (i + 1) * UINT64_C(0x9e3779b97f4a7c15) + number * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* Each line on standard input is a turn: passes for at least a tenth of `seconds`; prints the mean of one. The first line says that a first pass is done. */
static inline void bench_turns(void (*pass)(void *), void *context, double seconds)
{
    pass(context);
    puts("ready");
    for (fflush(stdout); getchar() == '\n'; fflush(stdout)) {
        const double start = bench_now();
        double spent = 0;
        int count = 0;
        for (; count == 0 || spent < seconds / 10; count++) {
            pass(context);
            spent = bench_now() - start;
        }
        printf("%.9g\n", spent / count);
    }
}

/* Seconds of one pass: passes are repeated for at least `seconds`, the median counts; with BENCH_TURNS in the environment it takes turns with others. */
static inline void bench_report(void (*pass)(void *), void *context, double seconds)
{
    double list[1000], total = 0;
    int count = 0;
    if (getenv("BENCH_TURNS")) {
        bench_turns(pass, context, seconds);
        return;
    }
    pass(context);
    while (count < 1000 && (count < 3 || total < seconds)) {
        double start = bench_now();
        pass(context);
        list[count] = bench_now() - start;
        total += list[count++];
    }
    for (int i = 1; i < count; i++)
        for (int k = i; k > 0 && list[k] < list[k - 1]; k--) {
            double swap = list[k];
            list[k] = list[k - 1];
            list[k - 1] = swap;
        }
    printf("%.9g\n", list[count / 2]);
}
#endif
