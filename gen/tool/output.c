#include "gen/tool/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gen/tool/page.h"

char *output_place(const char *path)
{
    struct stat is;
    if (stat(path, &is) == 0)
        return S_ISREG(is.st_mode) ? realpath(path, NULL) : NULL;
    char *copy = xmalloc(strlen(path) + 1);
    return strcpy(copy, path);
}

static bool put(FILE *f, const char *text, size_t length)
{
    bool good = f && (!length || fwrite(text, 1, length, f) == length);
    if (f)
        good = fclose(f) == 0 && good;
    return good;
}

static bool replace(const char *place, const char *text, size_t length)
{
    struct stat was;
    char *draft = xmalloc(strlen(place) + 32);
    sprintf(draft, "%s.tmp%ld", place, (long)getpid());
    FILE *f = fopen(draft, "wb");
    if (f && stat(place, &was) == 0 && fchmod(fileno(f), was.st_mode & 07777) != 0)
        errno = 0; /* the text counts more than who may read it */
    bool good = put(f, text, length) && rename(draft, place) == 0;
    int error = errno;
    if (!good && f)
        unlink(draft);
    free(draft);
    errno = error;
    return good;
}

bool output_write(const char *path, const char *text, size_t length)
{
    if (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0)
        return (!length || fwrite(text, 1, length, stdout) == length) && fflush(stdout) == 0;
    char *place = output_place(path);
    bool good = place ? replace(place, text, length) : put(fopen(path, "wb"), text, length);
    free(place);
    return good;
}

int write_file(const char *path, const char *text, size_t length)
{
    if (output_write(path, text, length))
        return 0;
    fprintf(stderr, "deltac: cannot write `%s`: %s\n", path, strerror(errno));
    return STATUS_MACHINE;
}
