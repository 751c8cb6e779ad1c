/* Command lines in GNU style: `--long`, `--long=value`, `--long value`, `-s`, `--` ends options. */
#ifndef GEN_TOOL_OPTIONS_H
#define GEN_TOOL_OPTIONS_H
#include "gen/tool/page.h"

typedef struct {
    const char *name; /* "output" */
    char letter;      /* 'o', or 0 */
    bool value;       /* takes one */
    const char **text;/* receives the value; the last one wins */
    bool *flag;       /* set when given without value */
} option;

typedef struct {
    const char *command, *usage; /* usage: the text of --help */
    option *list;                /* ends with name NULL; --help, --define, --color, --strict, --optimizer are known everywhere */
    page_options page;
    const char **file;           /* arguments that are no options */
    int file_count;
} options;

/* Reads argv[1…]. Returns −1 to go on, else the exit status (--help, errors). options_free releases the lists. */
int options_read(options *o, int argc, char **argv);
void options_free(options *o);
int options_usage(const options *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
