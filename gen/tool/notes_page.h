/* Shapes of names that nothing declares, from how they are indexed and multiplied. Internal to notes_*.c. */
#ifndef GEN_TOOL_NOTES_PAGE_H
#define GEN_TOOL_NOTES_PAGE_H
#include "gen/tool/notes.h"

typedef struct {
    sym name;
    int axes;
    int group[8]; /* of each axis: a class of equal sizes */
    bool leaf;
    bool known; /* its rank is settled, also when it is 0 */
} note_shape;

typedef struct {
    notes *n;
    note_shape *list;
    int count, capacity;
    int *parent; /* union–find over groups */
    int group_count, group_capacity;
    sym size[32]; /* names of sizes in declarations, with their groups */
    int size_group[32], size_count;
    bool changed;
    bool denominator; /* the page is in the denominator layout */
    bool bold;        /* a bold letter stands on the page */
    bool settle;      /* the last look: two vectors side by side in a definition are an inner product */
} note_shapes;

void shapes_begin(note_shapes *s, notes *n);
void shapes_free(note_shapes *s);
void shapes_header(note_shapes *s);                         /* what the header declares; before any statement */
void shapes_statement(note_shapes *s, const syn *equation); /* what an equation tells about the names in it */
void shapes_leaf(note_shapes *s, sym name);                 /* has no definition: to be declared */
int shapes_declare(note_shapes *s, syn **out, int most);    /* `size …` and `variable …` statements */

bool shapes_conflict(note_shapes *s, sym *a, sym *b); /* two names for the size of one axis */
syn *shapes_axes(note_shapes *s, sym name);           /* AXES of a name, NULL for a number */

/* For notes_rank.c. */
note_shape *shapes_of(note_shapes *s, sym name);
int shapes_group(note_shapes *s);
void shapes_fix(note_shapes *s, sym name, int axes, int group); /* so many axes, all of one size */
void shapes_unite(note_shapes *s, int a, int b);
int shapes_size(note_shapes *s, sym name); /* the group of a declared size */
void shapes_learn(note_shapes *s);         /* the page fitted: its ranks are the document's */
int shapes_rank(note_shapes *s, const syn *t); /* of an expression, after shapes_infer; −1: not known */
void shapes_infer(note_shapes *s, syn *const *statement, int count);

/* --- notes_page.c: statements and what they need, put together as a page --- */
typedef struct {
    notes *n;
    const note_trial *t;
    int item;
    sym *seen;
    int seen_count, seen_capacity;
    syn **statement;
    int count, capacity;
    sym bound[64]; /* indices of sums */
    int bound_count;
    note_shapes shapes;
    struct array_function {
        syn *parameters;
        const syn *arguments;
    } array[8]; /* functions whose parameters may be arrays */
    int array_count;
    sym unread;    /* a name for what is not looked into, that nothing defines */
    sym values[8]; /* those that may be arrays: E[x] */
    int values_count;
    const char *trouble;
} paper;

void paper_begin(paper *p, notes *n, int item, const note_trial *t); /* definitions as they are in force at an item */
void paper_need(paper *p, const syn *s);                             /* the definitions of a (rewritten) tree's names */
void paper_add(paper *p, syn *statement);
/* The page: header, declarations, statements; the paper keeps only its shapes. */
syn *paper_finish(paper *p);

#endif
