/* A verdict as bytes: between processes and in the cache on disk. */
#ifndef GEN_PROVE_VERDICT_BYTES_H
#define GEN_PROVE_VERDICT_BYTES_H
#include "gen/prove/prove.h"

void verdict_write(buffer *out, const verdict *v);
/* Texts are copied into `memory`. False: cut off or damaged; *v is then anything. */
bool verdict_read(arena *memory, const char *bytes, size_t length, verdict *v);

#endif
