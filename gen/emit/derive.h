/* The derivation of a page as a person would write it: forward pass, backward pass, gradients, updates. derive.c says what stands on each line, as
 * presentation trees; one small writer per output language puts the lines on the page. */
#ifndef GEN_EMIT_DERIVE_H
#define GEN_EMIT_DERIVE_H
#include "gen/model/print.h"

/* TERSE: only results, without reasons. FULL: also the chain rule itself before it is worked out, and the rule of each function that is differentiated. */
typedef enum { STEPS_REASONS, STEPS_TERSE, STEPS_FULL } derive_steps;

/* The page's definition `name` (a δ) is the adjoint variable `adjoint`: found by the prover. Both have the same axes. */
typedef struct {
    int name, adjoint;
} derive_name;

/* One derivative that was asked for: "∂C/∂W" as typed, and its value over adjoint entries. */
typedef struct {
    const char *text;
    node value;
    int index_count;
    const int *index;
} derive_request;

typedef struct {
    const derive_name *names;
    int name_count;
    const derive_request *requests; /* when there are some: only these, and the adjoints they need */
    int request_count;
    derive_steps steps;
} derive_options;

/* One right side, and why it is equal to what stands before it. */
typedef struct {
    notation *right;
    const char *reason; /* "line 12", "chain rule through z2"; "" for none */
    notation *rule[2];  /* tanh′(u) = 1 − tanh(u)²; NULL for none */
} derive_step;

enum { DERIVE_LINE_STEPS = 3 };
typedef struct {
    notation *name;   /* the page's name for the left side, or NULL */
    notation *left;   /* or NULL: `verbatim` is the whole line as written on the page */
    const char *sign; /* "=" or "←"; "": `verbatim` is a statement of another kind */
    derive_step step[DERIVE_LINE_STEPS];
    int step_count;
    const char *verbatim, *reason; /* of a statement in words */
} derive_line;

typedef struct {
    const char *title;
    derive_line *list;
    int count, room;
} derive_section;

typedef struct {
    derive_section *section;
    int count;
} derivation;

/* Differentiates each objective by its parameters (unless there are requests) and lays out the lines. Lives in `memory`. */
derivation *derive_build(model *m, const derive_options *o, arena *memory);
/* The derivation as text: '=' aligned by display width, reasons at the right. */
void derive_text(model *m, const derive_options *o, buffer *out);

/* --- derive_fold.c --- */
typedef struct derive_fold derive_fold;
derive_fold *derive_fold_new(model *m, const derive_options *o, arena *memory);
/* An adjoint that several equations use keeps its name; `uses` counts them by variable. Those in `unnamed` are always put in where they are used. */
void derive_fold_uses(derive_fold *f, const int *uses, const bool *unnamed, int count);
int derive_fold_use(const derive_fold *f, int adjoint);
/* n with adjoints replaced: by the page's names for them, by their value if that is short; and with f(z) replaced by the page's name a = f(z). */
node derive_fold_line(derive_fold *f, node n);
/* Is this adjoint only a number (∂C/∂C), so that no line needs to say it? */
bool derive_is_trivial(const model *m, int adjoint);
int derive_page_name(const derive_options *o, int adjoint); /* −1 */

#endif
