/* Verdicts kept on disk by everything they depend on, so that an unchanged claim is not decided again. A file's name is a hash; the file holds the whole text
 * that was hashed, and is believed only if that text is the same. A proof depends on what the claim leads to; any other verdict also on the names that a repair
 * may use, which are all of the page. What depends on the machine (a limit that was reached) is not kept. */
#ifndef GEN_TOOL_CLAIM_CACHE_H
#define GEN_TOOL_CLAIM_CACHE_H
#include "gen/tool/check.h"

typedef struct claim_keys claim_keys;

/* To be made before the prover adds to the model; NULL when there is no cache (not wanted, not to be had). */
claim_keys *claim_keys_new(const page *p, const check_options *o);
bool claim_cache_get(const claim_keys *k, int claim, verdict *out);
void claim_cache_put(const claim_keys *k, int claim, const verdict *v);
void claim_keys_free(claim_keys *k);

#endif
