/* What GMP and FLINT ask for, counted in their allocation hooks: memory that they hold, which is capped (an address-space limit would also stop the sanitizers, which
 * reserve terabytes), and calls, a measure of their work that does not depend on the machine: one computation cannot be interrupted and may take seconds.
 *
 * The counts are the one thing here that outlives a call: the libraries' hooks take no context. They belong to a process that decides one claim. */
#ifndef GEN_PROVE_MEMORY_H
#define GEN_PROVE_MEMORY_H
#include <stddef.h>

/* Counts from now on. */
void memory_count(void);
/* Calls for memory so far. */
long memory_calls(void);
/* From now on the process ends with this exit status as soon as the libraries hold more than `bytes` above what they hold now. */
void memory_cap(size_t bytes, int status);
/* After so many further calls `over` is called, which must not return and must not use the libraries. */
void memory_stop(long calls, void (*over)(void *context), void *context);

#endif
