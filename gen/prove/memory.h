/* A cap on the memory of GMP and FLINT, counted in their allocation hooks: an address-space limit would also stop the sanitizers, which reserve terabytes.
 *
 * The count is the one thing here that outlives a call: the libraries' hooks take no context. It belongs to a child process that decides one claim. */
#ifndef GEN_PROVE_MEMORY_H
#define GEN_PROVE_MEMORY_H
#include <stddef.h>

/* From now on the process ends with this exit status as soon as the libraries hold more than `bytes` above what they hold now. */
void memory_cap(size_t bytes, int status);

#endif
