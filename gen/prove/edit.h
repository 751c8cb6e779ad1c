/* Edits of a claim as it was written, one at a time: what a slip of the pen changes. */
#ifndef GEN_PROVE_EDIT_H
#define GEN_PROVE_EDIT_H
#include "gen/prove/budget.h"
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
    EDIT_SHAPE = 1 << 8,     /* parentheses, the order of factors, sums */
    EDIT_ALL = (1 << 9) - 1
};

#define EDIT_MOST_INDICES 3

enum { EDIT_FACTOR_TIMES = 1, EDIT_FACTOR_DIVIDES = 2 };

/* What may be missing: a tree in which the names in `index` stand for any indices. */
typedef struct {
    const syn *tree;
    sym index[EDIT_MOST_INDICES];
    int index_count;
    unsigned kinds;   /* how it may be missing */
    bool elementwise; /* an array: put beside another one with ⊙ */
} edit_factor;

/* Tries the edits of these kinds, likely slips first, until one is the answer or the budget is spent. Claims that are not written on the page as they stand
 * have none. */
bool edit_claim(model *m, const model_claim *c, edit_side side, unsigned kinds, const budget *left, edit_try try, void *context);
/* The same with these factors, each put wherever it may stand on the right side. */
bool edit_insert(model *m, const model_claim *c, const edit_factor *factor, int count, const budget *left, edit_try try, void *context);
/* The right side with this text as a further term, else as a further factor, at its end. */
bool edit_append(model *m, const model_claim *c, bool term, const char *text, edit_try try, void *context, const char *diagnosis);
/* An expression as a tree, into the model's arena; NULL if it cannot be read. */
const syn *edit_parse(model *m, const char *text);
/* One edited claim: these two sides. Errors of reading are not told. */
bool edit_read(model *m, const model_claim *c, const syn *left, const syn *right, edit_try try, void *context, const char *diagnosis);

#endif
