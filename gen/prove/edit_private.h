/* Inside edit.c, edit_slips.c, edit_shape.c and edit_insert.c: one search for a slip. */
#ifndef GEN_PROVE_EDIT_PRIVATE_H
#define GEN_PROVE_EDIT_PRIVATE_H
#include "gen/prove/edit.h"

#define EDIT_MOST_DEPTH 60

typedef struct {
    model *m;
    const model_claim *c;
    edit_try try;
    void *context;
    const syn *node[EDIT_MOST_DEPTH]; /* from the root of the side to what is looked at */
    int child[EDIT_MOST_DEPTH], depth, edits;
    edit_side side;
    unsigned kind; /* of the edits that are tried now; 0: `factor` is put in */
    const edit_factor *factor;
    int factor_count;
    const budget *left; /* NULL: one reading, not a search */
    bool found;
} editing;

/* Trees that are like another one. */
syn *edit_copy(editing *x, const syn *n, int count);
syn *edit_leaf(editing *x, syn_kind kind, const syn *at, sym name, const char *text);
syn *edit_wrap(editing *x, syn_kind kind, const syn *n);
/* Is what is looked at within a subscript, a range or a comparison? */
bool edit_in_subscript(const editing *x);
/* Operands from … to − 1 of a product, alone if it is one. */
const syn *edit_operands(editing *x, const syn *n, int from, int to);
bool edit_has_name(const syn *n, sym name);
const char *edit_text(editing *x, const syn *n);

/* Tries the side with n in place of what is looked at; errors of edits that make no sense are not told. */
void edit_attempt(editing *x, const syn *n, const char *diagnosis);
/* Tries the factors beside n. */
void edit_insert_here(editing *x, const syn *n);
/* Tries what changes how the parts hang together: parentheses, the order of factors, sums. */
void edit_shape(editing *x, const syn *n);
/* Tries the slips of kind x->kind at n. */
void edit_here(editing *x, const syn *n);

#endif
