#include "gen/prove/memory.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "gen/dag/break.h"
#include "gen/prove/flint.h"

static struct {
    long long held, most; /* bytes above those held when the cap was set; what was held before may be freed, so `held` can be negative. most 0: no cap */
    int status;
    long calls, last; /* last 0: no stop */
    void (*over)(void *context);
    void *context;
    bool hooked;
} cap;

static void end_without_memory(void)
{
    if (!cap.most)
        abort();
    _exit(cap.status);
}

/* The library cannot give back half a computation: the process ends, its parent knows why. */
static void *count(void *p, size_t before)
{
    BROKEN_PACE();
    cap.held += (long long)malloc_usable_size(p) - (long long)before;
    if (!p)
        end_without_memory();
    if (cap.most && cap.held > cap.most)
        _exit(cap.status);
    if (++cap.calls == cap.last)
        cap.over(cap.context);
    return p;
}

static bool is_too_much(size_t bytes)
{
    return cap.most && bytes > (size_t)cap.most;
}

static void *take(size_t bytes)
{
    if (is_too_much(bytes))
        _exit(cap.status);
    return count(malloc(bytes), 0);
}

static void *take_zeroed(size_t number, size_t bytes)
{
    if (cap.most && bytes && number > (size_t)cap.most / bytes)
        _exit(cap.status);
    return count(calloc(number, bytes), 0);
}

static void *resize(void *p, size_t bytes)
{
    size_t before = malloc_usable_size(p);
    if (is_too_much(bytes))
        _exit(cap.status);
    return count(realloc(p, bytes ? bytes : 1), before);
}

static void give(void *p)
{
    cap.held -= (long long)malloc_usable_size(p);
    free(p);
}

static void *resize_gmp(void *p, size_t old, size_t bytes)
{
    (void)old;
    return resize(p, bytes);
}

static void give_gmp(void *p, size_t bytes)
{
    (void)bytes;
    give(p);
}

void memory_count(void)
{
    if (cap.hooked)
        return;
    cap.hooked = true;
    mp_set_memory_functions(take, resize_gmp, give_gmp);
    __flint_set_memory_functions(take, take_zeroed, resize, give);
}

long memory_calls(void)
{
    return cap.calls;
}

void memory_cap(size_t bytes, int status)
{
    cap.held = 0;
    cap.most = (long long)bytes;
    cap.status = status;
    memory_count();
}

void memory_stop(long calls, void (*over)(void *context), void *context)
{
    cap.last = cap.calls + calls;
    cap.over = over;
    cap.context = context;
    memory_count();
}
