/* Inside gen/lower only: recurrences in segments. checkpoint_find.c decides what goes along the axis and in which direction, checkpoint.c rewrites the equations. */
#ifndef GEN_LOWER_CHECKPOINT_H
#define GEN_LOWER_CHECKPOINT_H
#include "gen/lower/lower_private.h"

enum { CHECKPOINT_LAG = 8 }; /* a variable that is read further away than this stays whole */

/* Along the axis, with the recurrences of the page (FORWARD) or with their adjoints (BACKWARD), or not at all. */
typedef enum { CHECKPOINT_APART, CHECKPOINT_FORWARD, CHECKPOINT_BACKWARD } checkpoint_class;

typedef struct {
    lower_program *p;
    dag *d;
    int var_count;            /* those there were before anything was rewritten */
    node lo, hi;              /* the axis */
    bool down;                /* the page's recurrences run from hi to lo */
    int *axis;                /* per variable: which of its axes this is; −1: CHECKPOINT_APART */
    checkpoint_class *class;  /* per variable */
    bool *late;               /* per variable that is apart: needs something of the recurrences */
    bool *state;              /* per variable: of a recurrence */
    bool *barred;             /* per variable: stays apart whatever it reads */
    bool *behind;             /* per variable: reads both ways, and so goes with the adjoints */
    bool *kept;               /* per variable along the axis: whole, not a window */
    int *because;             /* per kept variable: the equation that wants it whole; −1: an output */
} checkpointing;

/* False: no recurrence has an adjoint to share memory with. Splits equations so that each is inside the axis or at one place outside it. */
bool checkpoint_find(checkpointing *x);
void checkpoint_free(checkpointing *x);

void checkpoint_keep(checkpointing *x, int var, int equation);

/* b − a, where that is one number; false else. */
bool checkpoint_gap(const checkpointing *x, node a, node b, long *gap);
/* Is the place outside the axis, whatever the sizes? */
bool checkpoint_outside(const checkpointing *x, node place);
/* Inside, whatever the sizes (of an equation: all its range). */
bool checkpoint_inside(const checkpointing *x, node lo, node hi);
/* The place at which the equation's variable is written along the axis: an index, or one place. */
node checkpoint_place(const checkpointing *x, const lower_equation *e);
/* Is this an equation of a variable along the axis that lies inside it? */
bool checkpoint_runs(const checkpointing *x, const lower_equation *e);
/* Calls visit for each entry on the right side of a variable along the axis. */
void checkpoint_each_read(const checkpointing *x, node rhs, void (*visit)(void *context, node entry), void *context);
/* Must what is of `reader`'s class at place + offset be there before, in its own direction? */
bool checkpoint_before(const checkpointing *x, checkpoint_class class, long offset);

#endif
