/* Where compiled programs and decided claims are kept: $XDG_CACHE_HOME/deltac, else ~/.cache/deltac. */
#ifndef GEN_TOOL_CACHE_H
#define GEN_TOOL_CACHE_H
#include <stdbool.h>

#include "grammar/arena.h"

/* The folder, or a part of it by name (NULL: the whole). */
char *cache_folder(arena *memory, const char *part);
/* Makes it with the folders above it. */
bool cache_make(char *folder);
/* Does it belong to this user, and can nobody else write to it? */
bool cache_is_own(const char *folder);

#endif
