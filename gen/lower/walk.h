/* Questions about statements, and other names in them. Blocks are lists of statements, NULL is an empty one. */
#ifndef GEN_LOWER_WALK_H
#define GEN_LOWER_WALK_H
#include "gen/lower/lower.h"

/* Axes of the entry, a bit for each, on which the index (an INDEX node; 0: none) stands alone. */
int lower_own_axes(const dag *d, node entry, node index);
bool lower_has_loop(const lower_statement *s);
/* A product or a contraction, which the runtime computes. */
bool lower_has_call(const lower_statement *s);

/* Does the loop do the same, but for the order of additions, when it runs the other way? */
bool lower_turns_round(const lower_program *p, const lower_statement *loop);

typedef struct {
    lower_program *p;
    int count;
    const node *from, *to;
} lower_renaming;
/* Puts to[i] for from[i] everywhere in the block, also in what is called. Calls are copied, as statements may share them. */
void lower_rename(const lower_renaming *r, lower_statement *s);

#endif
