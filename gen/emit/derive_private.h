/* Inside the derivation: derive.c lays out the lines, derive_need.c finds out which adjoints they are about. */
#ifndef GEN_EMIT_DERIVE_PRIVATE_H
#define GEN_EMIT_DERIVE_PRIVATE_H
#include "gen/emit/derive.h"

typedef struct {
    model *m;
    const derive_options *options;
    arena *memory;
    derive_fold *fold;
    int *position; /* of each variable in the page's order; −1 */
    bool *needed;  /* adjoint variables that stand in the backward pass */
    int *queue, queue_count, room;
    node *value; /* the derivatives that were asked for */
    int value_count;
    bool *lead; /* by variable: adjoints and the page's names for them, written first in products */
    int lead_count;
    bool *unnamed; /* by variable: adjoints that the language has no name for, as by u where the page has ∂u/∂t */
    bool indices;  /* the author writes z[j], not z */
    int path[8], path_count; /* what the last derive_reason named; −1: more than that */
    node argument; /* u, of which rules speak; 0 until it is needed */
} deriver;

/* --- derive.c --- */
derive_line *derive_line_add(deriver *v, derive_section *s);
/* Left side and first right side of an equation whose right side is to be shown as rhs. */
void derive_equation(deriver *v, derive_line *l, const model_equation *e, node rhs);
/* --- derive_forward.c: definitions before the derivatives; and those that are computed from δ's --- */
void derive_forward(deriver *v, derive_section *s);
void derive_later(deriver *v, derive_section *s);
/* --- derive_need.c --- */
/* Adds every adjoint in n and, equation by equation, those they are computed from. */
void derive_need(deriver *v, node n);
/* For qsort_r: backwards through the page, adjoints of later definitions first; those of parameters and data last. */
int derive_compare(const void *x, const void *y, void *context);
/* How often each adjoint is used, and which names go first in products. */
void derive_count_uses(deriver *v);
/* "chain rule through z2": the names whose adjoints occur in the right side of the adjoint of `own`; "" for none. *only: that name if it is the only one
 * and another than `own`, else −1. */
const char *derive_reason(deriver *v, int own, node rhs, int *only);
/* --- derive_collect.c: the same value with shared adjoints before sums, pieces joined, brackets for pieces that are there or not --- */
node derive_collect(deriver *v, node n, int index_count, const int *index);
/* --- derive_style.c --- */
/* Does the author write most arrays entry by entry? */
bool derive_writes_indices(const model *m);
/* The letter that the page has for this axis; 0 for none. Of names without an equation it is looked for where most arrays are written entry by entry. */
sym derive_axis_letter(const deriver *v, int var, int axis);
model_equation derive_lettered(const deriver *v, const model_equation *e);
/* --- derive_chain.c --- */
/* Does an equation of the page use a derivative? Then there are ways to a name that its text does not show. */
bool derive_has_hidden_ways(const model *m);
/* ∂C/∂a ∂a/∂z + …, or NULL where that is not one step: where the ways differ from those that the last derive_reason named, as in recurrences. */
notation *derive_chain(const deriver *v, int of, int by);
/* The rule of the one function that stands between `through` and `by`: both sides, NULL for none. */
void derive_rule(deriver *v, int through, int by, notation **rule);

#endif
