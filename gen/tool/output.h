/* Files that commands write: whole or not at all. */
#ifndef GEN_TOOL_OUTPUT_H
#define GEN_TOOL_OUTPUT_H
#include <stdbool.h>
#include <stddef.h>

/* Where a file of this name is written: the name itself, or what its links lead to. NULL if something that is no file (a pipe, /dev/null, a directory) has the name:
 * it must not be replaced. To be freed. */
char *output_place(const char *path);
/* Writes a file through a temporary one beside it and renames that, so that a reader never sees half of it; permissions of a file that was there are kept. What is no file
 * is written into; - and /dev/stdout are standard output. text may be NULL if length is 0. errno tells what went wrong. */
bool output_write(const char *path, const char *text, size_t length);
/* The same. Returns 0, or STATUS_MACHINE with a message. */
int write_file(const char *path, const char *text, size_t length);

#endif
