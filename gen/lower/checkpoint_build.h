/* Inside gen/lower only: checkpoint.c and its two helpers, checkpoint_read.c (what is read from outside the sweeps) and checkpoint_sweep.c (one sweep). */
#ifndef GEN_LOWER_CHECKPOINT_BUILD_H
#define GEN_LOWER_CHECKPOINT_BUILD_H
#include "gen/lower/checkpoint.h"

/* What somebody apart needs of the sweeps: a value at one place of the axis, or a sum over it. */
typedef struct {
    int var;                /* where it is put */
    checkpoint_class class; /* of the sweep that has it */
    uint64_t events;        /* of those who read it */
    int line;
    int from;               /* a value of this variable, */
    node place;             /* there; */
    int index_count, index[MODEL_MAX_AXES]; /* −1: or the sum of body over `along` */
    int along;
    node body;
} demand;

typedef struct {
    checkpointing x;
    lower_program *p;
    dag *d;
    lower_checkpoint *c;
    demand *demand;
    int demand_count, demand_room;
    bool real;    /* demands are written down; else variables that must be kept are found */
    bool changed; /* one was */
    int equation; /* that is rewritten */
    int_map memo; /* of it: node -> what it becomes */
    double saved, held; /* numbers for each place saved, and in windows */
} building;

/* --- checkpoint_read.c --- */

/* Rewrites every equation that is in no sweep. Not real: only finds variables that must stay whole. */
void checkpoint_rewrite(building *b, bool real);
/* Equations outside the axis that nobody reads. */
void checkpoint_drop_outside(building *b);
/* Demands of adjoints for values at one place. */
void checkpoint_pick_for_adjoints(building *b);
/* The entry of a variable along the axis, read at one place by somebody who is not in its sweep. */
node checkpoint_picked(building *b, node entry, uint64_t events);
/* Is a place one that no index moves? */
bool checkpoint_is_fixed(const building *b, node place);
/* Is it an entry of a variable along the axis? */
bool checkpoint_is_of_axis(const building *b, node n);

/* --- checkpoint_sweep.c --- */

typedef struct {
    building *b;
    checkpoint_class class;
    int number;
    uint64_t events;
    node r, first_place;    /* the window's index; what stands at its 0 */
    bool *in;               /* per variable: computed here */
    int *window;            /* per variable: its window; −1 */
    long *low, *high;       /* per variable: places read before and behind the segment */
    const long *saved;      /* forward: per variable, how many of the places that a segment begins with are saved; backward: are there; NULL: none */
    int (*save)[CHECKPOINT_LAG]; /* per variable: where */
    bool counts;            /* for the length of a segment: the sweep of a gradient */
    const lower_equation *e;/* of each_read */
} sweep;

/* A variable with the axes of `like` but one, which gets this start and size; size 0: it is left out. */
int checkpoint_var_like(building *b, int like, int axis, node start, node size, const char *stem);
void checkpoint_add_equation(building *b, lower_equation *e, int var, node rhs, uint64_t events, int number, const char *note);
/* Open: gives the sweep its sizes and says how far its windows reach. Fill: its equations. */
void checkpoint_open_sweep(sweep *s);
void checkpoint_fill_sweep(sweep *s);
void checkpoint_close_sweep(sweep *s);

#endif
