/* Inside gen/lower only: at work in extract.c and softmax.c. */
#ifndef GEN_LOWER_EXTRACT_H
#define GEN_LOWER_EXTRACT_H
#include "gen/lower/lower.h"
#include "gen/lower/place.h"

enum { MAX_LOOPS = 24, MAX_GUARDS = 4 };

typedef struct {
    lower_program *p;
    dag *d;
    int equation;
    int loop[MAX_LOOPS], loop_count; /* indices of the loops around, outermost first */
    node guard[MAX_GUARDS];          /* conditions around */
    int guard_count;
    int_map memo;             /* of this condition's scope */
    const place_term *within; /* what is bound in it changes with every loop around: nothing that depends on it is computed again */
} extraction;

/* extract.c */
node extract(extraction *x, node n);
/* The free indices of n in the order of the loops; −1 when one has no loop or there are too many. */
int extract_free(const extraction *x, node n, int *out);
/* An entry of an array that holds `value` (0: that there is already) for all its indices; 0 when that cannot be. `key` tells arrays apart. */
node extract_array(extraction *x, node key, node value, int count, const int *index);
/* A reduction where it stands, or an entry of an array of its own if it would be computed again and again. root: it is the whole right side. */
node extract_place(extraction *x, node r, bool root);
/* The body is computed inside the loops that the reduction depends on and its own; the others are outside or not there. */
node extract_open(extraction *x, node r, int *index);
node extract_close(extraction *x, node r, reduction kind, int index, node body);
/* Entries of the body whose place in memory jumps when the index moves. */
int extract_strided(dag *d, node body, int index);

/* softmax.c */
node extract_softmax(extraction *x, node r);
node extract_logsumexp(extraction *x, node r);

#endif
