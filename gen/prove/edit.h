/* Edits of a claim as it was written, one at a time: what a slip of the pen changes. */
#ifndef GEN_PROVE_EDIT_H
#define GEN_PROVE_EDIT_H
#include "gen/prove/prove.h"

/* Called for each edited claim that can be read; `diagnosis` says what was changed. true: it is the answer, stop. */
typedef bool (*edit_try)(void *context, const model_claim *edited, const char *diagnosis);

typedef enum { EDIT_LEFT, EDIT_RIGHT } edit_side;

/* Kinds of slips, in the order in which they are tried. */
enum {
    EDIT_SIGNS = 1 << 0,     /* of a term, of the whole */
    EDIT_NAMES = 1 << 1,     /* one for another, also of functions, sizes and indices */
    EDIT_NUMBERS = 1 << 2,   /* also exponents and what stands in an index */
    EDIT_MARKS = 1 << 3,     /* primes, transposes, a power more or less */
    EDIT_FUNCTIONS = 1 << 4, /* known ones that are taken for each other, comparisons, roots */
    EDIT_OPERATORS = 1 << 5, /* + for a product and so on */
    EDIT_DROPS = 1 << 6,     /* a term or a factor */
    EDIT_FACTORS = 1 << 7,   /* ½ or 2, inside */
    EDIT_ALL = (1 << 8) - 1
};

/* Tries the edits of these kinds, likely slips first, until one is the answer or *work, which goes down by what the edits make, is used up. Claims that are
 * not written on the page as they stand have none. */
bool edit_claim(model *m, const model_claim *c, edit_side side, unsigned kinds, long *work, edit_try try, void *context);
/* One edited claim: these two sides. Errors of reading are not told. */
bool edit_read(model *m, const model_claim *c, const syn *left, const syn *right, edit_try try, void *context, const char *diagnosis);

#endif
