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
    bool *lead; /* adjoints and the page's names for them: written first in products */
} deriver;

/* Adds every adjoint in n and, equation by equation, those they are computed from. */
void derive_need(deriver *v, node n);
/* For qsort_r: backwards through the page, adjoints of later definitions first; those of parameters and data last. */
int derive_compare(const void *x, const void *y, void *context);
/* How often each adjoint is used, and which names go first in products. */
void derive_count_uses(deriver *v);
/* "chain rule through z2": the names whose adjoints occur in the right side of the adjoint of `own`; "" for none. */
const char *derive_reason(deriver *v, int own, node rhs);

#endif
