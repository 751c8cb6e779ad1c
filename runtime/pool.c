/* A doubly linked list of blocks; each block's header fills one cache line, so that what follows is aligned. */
#include "pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif
#include <unistd.h>

#include "report.h"

enum { HEADER = 64, LARGE_PAGE = 1 << 21 };

struct delta_block {
    delta_block *next, *previous;
    size_t bytes;
};

static _Noreturn void pool_exhausted(delta_pool *pool, size_t bytes)
{
    int status = delta_fail(DELTA_EXIT_MACHINE, NULL, 0, "out of memory: %zu more bytes cannot be had", bytes);
    if (pool->unfinished)
        unlink(pool->unfinished);
    if (pool->exhausted)
        longjmp(*pool->exhausted, 1);
    exit(status);
}

static size_t pool_bytes(delta_pool *pool, size_t count, size_t each)
{
    if (each && count > (SIZE_MAX - 4 * HEADER) / each)
        pool_exhausted(pool, SIZE_MAX);
    return (count * each + 2 * HEADER - 1) / HEADER * HEADER + HEADER;
}

/* Large blocks lie in large pages, as far as they fill them: a product goes through a matrix by columns too, a page of 4 KB for each row, and a processor knows the
 * places of few pages at once (784-1024-1024-10 in batches of 256: 2.5 % of the time). */
static delta_block *block_of(size_t bytes)
{
#ifdef MADV_HUGEPAGE
    if (bytes >= LARGE_PAGE) {
        void *block = NULL; /* aligned_alloc asks for a multiple of the alignment, and sanitizers insist on it */
        if (posix_memalign(&block, LARGE_PAGE, bytes))
            return NULL;
        madvise(block, bytes / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE); /* where it is refused, pages are small */
        return block;
    }
#endif
    return aligned_alloc(HEADER, bytes);
}

void *delta_pool_get(delta_pool *pool, size_t count, size_t each)
{
    size_t bytes = pool_bytes(pool, count, each);
    int refused = pool->fail_at > 0 && --pool->fail_at == 0;
    delta_block *block = refused ? NULL : block_of(bytes);
    if (!block)
        pool_exhausted(pool, bytes);
    memset(block, 0, bytes);
    block->bytes = count * each;
    block->next = pool->first;
    if (pool->first)
        pool->first->previous = block;
    pool->first = block;
    return (char *)block + HEADER;
}

static delta_block *pool_block(void *memory)
{
    return (delta_block *)(void *)((char *)memory - HEADER);
}

void *delta_pool_resize(delta_pool *pool, void *memory, size_t bytes)
{
    void *fresh = delta_pool_get(pool, bytes, 1);
    if (memory) {
        size_t old = pool_block(memory)->bytes;
        memcpy(fresh, memory, old < bytes ? old : bytes);
        delta_pool_release(pool, memory);
    }
    return fresh;
}

void delta_pool_release(delta_pool *pool, void *memory)
{
    if (!memory)
        return;
    delta_block *block = pool_block(memory);
    if (block->next)
        block->next->previous = block->previous;
    if (block->previous)
        block->previous->next = block->next;
    else
        pool->first = block->next;
    free(block);
}

void delta_pool_free(delta_pool *pool)
{
    while (pool->first) {
        delta_block *block = pool->first;
        pool->first = block->next;
        free(block);
    }
}

char *delta_pool_text(delta_pool *pool, const char *text, size_t length)
{
    char *copy = delta_pool_get(pool, length + 1, 1);
    memcpy(copy, text, length);
    return copy;
}
