#include "gen/prove/memory.h"

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "gen/prove/flint.h"

static struct {
    long long held, most; /* bytes above those held when the cap was set; what was held before may be freed, so `held` can be negative */
    int status;
} cap;

/* The library cannot give back half a computation: the process ends, its parent knows why. */
static void *count(void *p, size_t before)
{
    cap.held += (long long)malloc_usable_size(p) - (long long)before;
    if (!p || cap.held > cap.most)
        _exit(cap.status);
    return p;
}

static void *take(size_t bytes)
{
    if (bytes > (size_t)cap.most)
        _exit(cap.status);
    return count(malloc(bytes), 0);
}

static void *take_zeroed(size_t number, size_t bytes)
{
    if (bytes && number > (size_t)cap.most / bytes)
        _exit(cap.status);
    return count(calloc(number, bytes), 0);
}

static void *resize(void *p, size_t bytes)
{
    size_t before = malloc_usable_size(p);
    if (bytes > (size_t)cap.most)
        _exit(cap.status);
    return count(realloc(p, bytes), before);
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

void memory_cap(size_t bytes, int status)
{
    cap.held = 0;
    cap.most = (long long)bytes;
    cap.status = status;
    mp_set_memory_functions(take, resize_gmp, give_gmp);
    __flint_set_memory_functions(take, take_zeroed, resize, give);
}
