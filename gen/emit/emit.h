/* Generated C. */
#ifndef GEN_EMIT_EMIT_H
#define GEN_EMIT_EMIT_H
#include "gen/lower/lower.h"

typedef enum { EMIT_HOSTED, EMIT_FREESTANDING } emit_target;

/* fixed + each · samples of a batch; freestanding, where that is known: all in `fixed`. −1 where a size has no value. */
typedef struct {
    double fixed, each;
} emit_amount;

/* What a program needs. Bytes are counted with the alignment of its own real type; operations of one step are additions, multiplications, divisions,
 * comparisons and calls of functions on reals, where branches differ those of the longer one. */
typedef struct {
    emit_amount params, state, work, totals, operations;
    int depth;           /* freestanding: how many functions deep calls nest, but for what math.h calls */
    char functions[400]; /* of math.h: "exp sqrt" */
} emit_summary;

/* No frame of a freestanding function is larger: tested with -fstack-usage. */
enum { EMIT_FRAME_BYTES = 256 };

typedef struct {
    const char *name;  /* prefix of all names; NULL: emit_name(page) */
    const char *page;  /* path of the page as messages should spell it; NULL: the model's source */
    emit_target target;
    bool single;       /* --real float */
    long batch;        /* freestanding: samples of a call; hosted: those that `memory` is counted for, 0: EMIT_SAMPLES */
    double memory;     /* bytes of work memory at most; 0: no limit. Beyond it recurrences run in segments */
    bool segments;     /* they do in any case */
    emit_summary *summary; /* filled unless NULL */
    bool *in_segments;     /* set unless NULL: do recurrences run in segments? */
} emit_options;

/* The samples of a step when nobody says otherwise. */
enum { EMIT_SAMPLES = 32 };

/* The loops of a page within its limit of memory; `failed` after a diagnostic. */
lower_program *emit_lower(model *m, const emit_options *o);
/* Writes NAME.c and NAME.h into empty buffers. The model has been through calculus_expand and calculus_train without errors. Returns 0, or 3 after a diagnostic. */
int emit_c(model *m, const emit_options *o, buffer *c, buffer *h);
/* The same from loops that are there already. */
int emit_program(const lower_program *p, const emit_options *o, buffer *c, buffer *h);
/* A trainer's main file for NAME. */
void emit_main(const char *name, buffer *c);
/* A main file that serves NAME to `deltac verify`. */
void emit_serve(const char *name, buffer *c);
/* A C identifier made from a file's name: "two-layer.delta" gives "two_layer". */
char *emit_name(arena *memory, const char *path);

#endif
