/* Inside gen/emit only: what boxes are made of (box_new and box_text are in write.h). */
#ifndef GEN_EMIT_BOX_PARTS_H
#define GEN_EMIT_BOX_PARTS_H
#include "gen/emit/write.h"

/* A row that grows; memory is set, the rest zero. */
typedef struct {
    arena *memory;
    box **list;
    int count, room;
} box_row;

void box_row_add(box_row *r, box *b);
void box_row_text(box_row *r, box_kind kind, const char *text);
/* The row as one box: the only one in it, if it has no other. */
box *box_row_end(const box_row *r);

box *box_fence(arena *a, const char *open, const char *close, box *inside);
/* below and above may be NULL. */
box *box_script(arena *a, box *base, box *below, box *above);
box *box_fraction(arena *a, box *above, box *below);

#endif
