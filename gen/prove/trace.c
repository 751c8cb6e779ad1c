#include "gen/prove/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gen/prove/budget.h"

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void trace_begin(trace *t, arena *memory, const dag *d)
{
    *t = (trace){.memory = memory, .d = d, .began = seconds(), .steps = budget_steps(d)};
}

void trace_note(trace *t, const char *what, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    if (!t)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    double now = seconds();
    long steps = budget_steps(t->d);
    if (t->list.count % 16 == 0) {
        verdict_pair *grown = arena_alloc(t->memory, (size_t)(t->list.count + 16) * sizeof *grown);
        if (t->list.count)
            memcpy(grown, t->list.list, (size_t)t->list.count * sizeof *grown);
        t->list.list = grown;
    }
    t->list.list[t->list.count++] =
        (verdict_pair){arena_printf(t->memory, "%s", what), arena_printf(t->memory, "%s (%ld steps, %.2f ms)", text, steps - t->steps, 1e3 * (now - t->began))};
    t->began = now;
    t->steps = steps;
}
