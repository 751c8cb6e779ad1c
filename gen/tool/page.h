/* One page loaded: sources, tree, model, diagnostics; and the exit statuses of all commands. */
#ifndef GEN_TOOL_PAGE_H
#define GEN_TOOL_PAGE_H
#include "gen/model/model.h"

enum { STATUS_GOOD = 0, STATUS_NO = 1, STATUS_UNKNOWN = 2, STATUS_UNUSABLE = 3, STATUS_MACHINE = 4, STATUS_USAGE = 64 };

typedef struct {
    arena *memory;
    intern *names;
    source_set *sources;
    diag_list diagnostics;
    int source, source_count; /* the page itself; with included files and texts of the command line */
    syn *file;
    model *model;
    bool printed;
} page;

/* What every command that reads a page knows. */
typedef struct {
    const char **define; /* bodies for abstract functions: --define 'σ1(u) = tanh(u)' */
    int define_count;
    const char *optimizer; /* replaces the page's `optimize with`, or NULL */
    bool colour;
    bool strict;
    int objective;         /* number of the one that takes the first one's place: whose gradient gradient() is */
    double memory;         /* --memory-limit: bytes of work memory at most; 0: no limit */
    bool run;              /* the page is to run: rewritten for floating point before it is differentiated */
} page_options;

/* Reads, parses and resolves a page and expands its derivatives, as far as errors allow. Returns 0, or the status when the file cannot be read
 * (message printed); page_close is needed in either case. */
int page_open(page *p, const char *path, const page_options *o);
/* The same for a text that is in memory; `path` is what messages call it. */
int page_open_text(page *p, const char *path, const char *text, size_t length, const page_options *o);
/* Prints the diagnostics to standard error, once. */
void page_report(page *p, const page_options *o);
void page_close(page *p);
/* The worse of two statuses, in the order 64, 4, 3, 1, 2, 0. */
int status_worse(int a, int b);

#endif
