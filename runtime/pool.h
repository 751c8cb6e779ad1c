/* Memory that lives as long as one command. Everything the runtime allocates belongs to a pool, so a function that fails need not undo anything; nothing
 * is taken from a pool inside the training loop. Running out ends the program with exit status 4 and a message, or goes to `exhausted`. */
#ifndef DELTA_POOL_H
#define DELTA_POOL_H
#include <setjmp.h>
#include <stddef.h>

typedef struct delta_block delta_block;
typedef struct {
    delta_block *first;
    const char *unfinished; /* a file to be removed when memory runs out; may be NULL */
    jmp_buf *exhausted;     /* where to go instead of ending the program; NULL: end it */
    long fail_at;           /* for tests: the request of this number, from 1, is refused; 0: none */
} delta_pool;

/* count * each bytes, zeroed, aligned to 64. Never NULL. */
void *delta_pool_get(delta_pool *pool, size_t count, size_t each);
/* The same bytes at a new place with room for `bytes`; the rest is zero. memory may be NULL. */
void *delta_pool_resize(delta_pool *pool, void *memory, size_t bytes);
/* Gives one piece back early. memory may be NULL. */
void delta_pool_release(delta_pool *pool, void *memory);
void delta_pool_free(delta_pool *pool);

char *delta_pool_text(delta_pool *pool, const char *text, size_t length);

#endif
