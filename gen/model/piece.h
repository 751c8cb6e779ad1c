/* One equation of a definition, read: shared by the files of gen/model that define names. */
#ifndef GEN_MODEL_PIECE_H
#define GEN_MODEL_PIECE_H
#include "gen/model/page.h"

typedef struct {
    const syn *left, *right;
    model_value value;
    int axis_count;          /* brackets on the left */
    node at[MODEL_MAX_AXES]; /* INDEX or a fixed place */
    index_frame *frame[MODEL_MAX_AXES]; /* NULL for a fixed place */
} piece;

/* Has the left side an axis that is a fixed place (h[-1], δ[T-1]) or has a range of its own? */
bool piece_special(builder *b, const syn *left);
bool piece_fixed_axis(builder *b, const syn *arg);
/* The left side alone: places and ranges, with the indices of both sides in scope. */
bool piece_read_left(builder *b, piece *p);
/* Frames for the indices of both sides. */
index_frame *piece_indices(builder *b, const item *it);
bool piece_read(builder *b, const item *it, piece *p);
/* The axes of the name that these pieces define together. */
bool piece_shape(builder *b, definition *def, int count, const piece *pieces, model_var *v);
void piece_declare(builder *b, definition *d, const model_var *shape);

/* Reads a definition's equations into the model; inside a recurrence its shape is known before. */
void page_define(builder *b, int number);
/* Definitions that need one another. */
void page_define_cycle(builder *b, int count, const int *members);

#endif
