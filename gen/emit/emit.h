/* Generated C. */
#ifndef GEN_EMIT_EMIT_H
#define GEN_EMIT_EMIT_H
#include "gen/lower/lower.h"

typedef enum { EMIT_HOSTED, EMIT_FREESTANDING } emit_target;

/* What a freestanding program needs, counted with the alignment of its own real type. */
typedef struct {
    long params_bytes, state_bytes, work_bytes;
    char functions[400]; /* of math.h: "exp sqrt" */
} emit_summary;

typedef struct {
    const char *name;  /* prefix of all names; NULL: emit_name(page) */
    const char *page;  /* path of the page as messages should spell it; NULL: the model's source */
    emit_target target;
    bool single;       /* --real float */
    long batch;        /* freestanding: samples of a call */
    emit_summary *summary; /* freestanding: filled unless NULL */
} emit_options;

/* Writes NAME.c and NAME.h. The model has been through calculus_expand and calculus_train without errors. Returns 0, or 3 after a diagnostic. */
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
