/* Inside gen/lower only: the builder of statement trees, shared by nest.c (loops, fusion) and value.c (expressions inside them). */
#ifndef GEN_LOWER_NEST_H
#define GEN_LOWER_NEST_H
#include "gen/lower/lower.h"
#include "gen/lower/place.h"

enum { NEST_FRAMES = 64 };

/* An open block: the function's (frame 0), a loop's or a condition's. A block's own statement is added to the block around it when it closes, so that what is
 * moved out of it comes before it. */
typedef struct {
    lower_statement *statement; /* NULL: the function's */
    lower_statement **tail;
    int index;                  /* FOR, BIND; else −1 */
    bool conditional;           /* nothing may move out of it */
    bool has_loop;
    bool narrowed;              /* a loop over a part of its index's range */
    int serial;                 /* equations before it */
    int_list log;               /* keys remembered while it is open */
} nest_frame;

typedef struct {
    lower_program *p;
    dag *d;
    nest_frame frame[NEST_FRAMES];
    int depth, floor;        /* frames open; those below floor are never closed by fusion */
    lower_statement *root;
    int statements;          /* in this function */
    int serial;              /* equations so far */
    int_map memo;            /* node -> the expression that holds its value in an open block */
    int_map depths;          /* node -> 1 + depth of the block that has all it needs */
    int_map uses;            /* node -> how often it stands in a right side */
    int_map index_depth;     /* 1 + index -> 1 + depth */
    int_map local_depth;     /* local variable -> 1 + depth */
    int_map size_depth;      /* 1 + size that a loop over segments makes -> 1 + depth */
    int_map written;         /* 1 + variable -> 1 + equation that wrote it last */
    int_map written_serial;  /* 1 + variable -> serial */
    bool inline_only;        /* inside a ternary: no statement may be made */
    bool checks;             /* this function holds a CHECK */
    int locals;
} nest;

/* The expression for n with reductions, conditions and repeated parts moved into statements of the open blocks. */
node nest_value(nest *b, node n);
void nest_count_uses(nest *b, node n);
int nest_depth_of(nest *b, node n);
node nest_let(nest *b, node value, int depth, bool integer);

void nest_open(nest *b, lower_statement *s, int index, bool conditional);
void nest_open_for(nest *b, int index, node lo, node hi, bool down);
void nest_open_when(nest *b, node condition);
void nest_otherwise(nest *b); /* what follows belongs to the other branch of the condition that was opened last */
void nest_close(nest *b);
void nest_close_to(nest *b, int depth);   /* until so many frames are open */
void nest_forget(nest *b, nest_frame *f); /* what was remembered while it was open */
void nest_add(nest *b, int depth, lower_statement *s);
void nest_assign(nest *b, lower_how how, node target, node value);
void nest_remember(nest *b, node key, node value, int depth);
bool nest_knows(nest *b, node n); /* are all its indices those of open loops? */
void nest_open_index(nest *b, int index); /* over its own range */
void nest_open_once(nest *b, int index);  /* the same, unless a loop around runs over it already */
/* A guard is IF(c1, IF(c2, …, 0), 0): conditions open as soon as their indices are known (`all`: at once); what is left of it. */
node nest_open_guards(nest *b, node guard, bool all);

/* nest_whole.c: these leave the blocks open that were open. */
void nest_product(nest *b, const lower_equation *e);
/* Has it terms under conditions that the loops around decide? Then it is filled term by term. */
bool nest_has_pieces(nest *b, const lower_equation *e, node rhs);
void nest_pieces(nest *b, const lower_equation *e, node rhs);

/* hoist.c: before the loop of a recurrence, what of its products does not wait for it. */
void nest_hoist(nest *b, const lower_unit *u);

/* nest_place.c: a part of a row, lo .. hi of its index. */
typedef struct {
    int index;
    node lo, hi;
} nest_row;
/* Narrows it by a condition a <= b or a < b that bounds the index by something inside the range; false: not of that form. */
bool nest_narrow(dag *d, nest_row *row, node condition);
/* Conditions on the row's own index become its range; what has no such form goes into the body. */
node nest_narrow_all(dag *d, nest_row *row, node guard, node body);
/* The loop over a row that adds the body to the target, or takes the larger or smaller; what does not change along it is computed before. */
void nest_add_row(nest *b, lower_how how, node target, node body, const nest_row *row);
void nest_placed(nest *b, const lower_equation *e);
bool nest_calls(nest *b, const place_form *form); /* is any term a call, which goes over all samples at once? */

/* segments.c: opens the loop over the segments of a sweep, with what its first index and its length are; behind it, once it is closed, these are its own variables. */
lower_statement *nest_segments(nest *b, int sweep);
void nest_segments_close(nest *b, int sweep, lower_statement *loop);

/* Puts the frames above `depth` aside and back. */
int nest_aside(nest *b, int depth, nest_frame *saved);
void nest_back(nest *b, int count, const nest_frame *saved);

#endif
