#include "gen/tool/cache.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

char *cache_folder(arena *memory, const char *part)
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME"), *slash = part ? "/" : "";
    part = part ? part : "";
    if (xdg && *xdg)
        return arena_printf(memory, "%s/deltac%s%s", xdg, slash, part);
    if (home && *home)
        return arena_printf(memory, "%s/.cache/deltac%s%s", home, slash, part);
    return arena_printf(memory, "/tmp/deltac-cache-%ld%s%s", (long)getuid(), slash, part);
}

bool cache_make(char *folder)
{
    for (char *c = folder + 1; *c; c++)
        if (*c == '/') {
            *c = 0;
            mkdir(folder, 0777);
            *c = '/';
        }
    return mkdir(folder, 0755) == 0 || errno == EEXIST;
}

bool cache_is_own(const char *folder)
{
    struct stat st;
    return stat(folder, &st) == 0 && st.st_uid == getuid() && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}
