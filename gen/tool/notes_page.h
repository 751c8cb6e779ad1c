/* Shapes of names that nothing declares, from how they are indexed and multiplied. Internal to notes_*.c. */
#ifndef GEN_TOOL_NOTES_PAGE_H
#define GEN_TOOL_NOTES_PAGE_H
#include "gen/tool/notes.h"

typedef struct {
    sym name;
    int axes;
    int group[8]; /* of each axis: a class of equal sizes */
    bool leaf;
} note_shape;

typedef struct {
    notes *n;
    note_shape *list;
    int count, capacity;
    int *parent; /* union–find over groups */
    int group_count, group_capacity;
} note_shapes;

void shapes_begin(note_shapes *s, notes *n);
void shapes_free(note_shapes *s);
void shapes_statement(note_shapes *s, const syn *equation); /* what an equation tells about the names in it */
void shapes_leaf(note_shapes *s, sym name);                 /* has no definition: to be declared */
int shapes_declare(note_shapes *s, syn **out, int most);    /* `size …` and `variable …` statements */

#endif
