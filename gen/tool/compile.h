/* Generated C to programs: the C compiler is started without a shell; results are kept by content. */
#ifndef GEN_TOOL_COMPILE_H
#define GEN_TOOL_COMPILE_H
#include "gen/tool/page.h"

typedef struct {
    bool single;   /* --real float */
    bool portable; /* one program for all CPUs of this kind */
    bool shared;   /* a shared object instead of a program */
    long batch;    /* samples that a limit of memory counts; 0: not told */
    bool serve;    /* not a trainer: answers `deltac verify`; compiled quickly */
    bool *in_segments; /* set unless NULL: do recurrences run in segments? */
} compile_options;

/* Compiles the trainer of a page to `program`. The page has been opened without errors. Returns an exit status; messages are printed. */
int compile_program(page *p, const compile_options *o, const page_options *po, const char *program);
/* The same, but in the cache ($XDG_CACHE_HOME/deltac, else ~/.cache/deltac): nothing is compiled when it is there already. *path lives in the page's arena. */
int compile_cached(page *p, const compile_options *o, const page_options *po, char **path);
/* The page's training program derived (calculus_train); errors printed. Returns 0 or STATUS_UNUSABLE. */
int compile_prepare(page *p, const page_options *po);

#endif
