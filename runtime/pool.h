/* Memory that lives as long as one command. Everything the runtime allocates belongs to a pool, so a function that fails need not undo anything; nothing
 * is taken from a pool inside the training loop. Running out ends the program with exit status 4 and a message. */
#ifndef DELTA_POOL_H
#define DELTA_POOL_H
#include <stddef.h>

typedef struct delta_block delta_block;
typedef struct {
    delta_block *first;
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
