/* Inside gen/lower only: sums whose conditions tell to which entry a term belongs, and sums of products over several indices. */
#ifndef GEN_LOWER_SCATTER_H
#define GEN_LOWER_SCATTER_H
#include "gen/lower/lower.h"

enum { SCATTER_LOOPS = 16, SCATTER_BINDS = 8, SCATTER_CONDITIONS = 16, SCATTER_FACTORS = 8, SCATTER_TERMS = 4 };

/* For all values of the loops' indices: with `index = value` for each bind, where all conditions hold, target += product of the factors. */
typedef struct {
    int loop[SCATTER_LOOPS], loop_count, own_count; /* the first own_count are indices of the equation, the others are summed; outermost first */
    struct {
        int index;
        node value;  /* needs loops and earlier binds only */
        bool inside; /* always in the index's range */
    } bind[SCATTER_BINDS];
    int bind_count;
    node condition[SCATTER_CONDITIONS];
    int condition_count;
    node factor[SCATTER_FACTORS];
    int factor_count;
    node target;
} scatter_term;

typedef struct {
    scatter_term term[SCATTER_TERMS];
    int count;
    node rest; /* what is added to them, for all entries; 0: nothing */
} scatter_form;

/* False: nothing is gained, the right side stays as it is. */
bool scatter_parse(lower_program *p, const lower_equation *e, scatter_form *out);
/* The term as one call of delta_contract inside loops over `around`; NULL: it is no sum of products that is worth it. `open`: 1 + index → not 0 for loops that are
 * open already; NULL: none. */
const lower_contraction *scatter_contraction(lower_program *p, const scatter_term *t, const int_map *open, int *around, int *around_count);

#endif
