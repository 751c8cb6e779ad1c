/* Shared by the files of region.h. */
#ifndef GEN_PROVE_REGION_PRIVATE_H
#define GEN_PROVE_REGION_PRIVATE_H
#include "gen/prove/normal.h"
#include "gen/prove/region.h"

#define REGION_MOST_NEEDS    64
#define REGION_MOST_FACTORS  48
#define REGION_MOST_TREE     400
#define REGION_MOST_CHILDREN 4
#define REGION_MOST_CUTS     10 /* factors in one part */
#define REGION_MOST_CASES    729
#define REGION_MOST_WORDS    ((REGION_MOST_CASES + 63) / 64)

typedef enum {
    TREE_NUMBER,  /* sign */
    TREE_PRODUCT, /* sign times that of the factors in `odd`; 0 where one of `even` is 0 */
    TREE_SIGN,    /* of child 0 tells which of children 1, 2, 3 it is: of −1, 0, 1 */
    TREE_ROOT     /* a + b √w: children a, b, w, a² − b² w */
} tree_kind;

/* The sign of a polynomial by the signs of irreducible ones without sign atoms and square roots. */
typedef struct {
    tree_kind kind;
    int sign;
    uint64_t odd, even; /* sets of factors */
    int child[REGION_MOST_CHILDREN];
} sign_tree;

typedef struct {
    normal *c;
    sign_tree tree[REGION_MOST_TREE];
    int tree_count;
    fmpz_mpoly_struct factor[REGION_MOST_FACTORS];
    int linked[REGION_MOST_FACTORS]; /* a tree with the sign of the factor: that of x − 1 for log x */
    int factor_count, depth;
} forest;

enum { FOREST_UNKNOWN = -1, FOREST_NONE = -2 }; /* in place of a tree */

void forest_clear(forest *f);
/* The sign of p, −1 after a failure. Factors are added, with positive leading coefficients. */
int forest_add(forest *f, const fmpz_mpoly_struct *p);
/* The same of a node: numerator times denominator has the sign of a quotient. */
int forest_add_node(forest *f, node n);
/* `sign` by factor. */
int forest_sign(const forest *f, int tree, const signed char *sign);
/* Finds what is linked to a factor: *more is the set of other factors that tell its sign. False after a failure. */
bool forest_link(forest *f, int factor, uint64_t *more);
/* All factors below a tree. */
uint64_t forest_factors(const forest *f, int tree);
/* The number of an irreducible polynomial with a positive leading coefficient, −1: no room. */
int forest_factor(forest *f, const fmpz_mpoly_struct *p);

/* The cases of some factors. */
typedef struct {
    int factor[REGION_MOST_CUTS], count;
    signed char sign[REGION_MOST_CASES][REGION_MOST_FACTORS]; /* by case and factor */
    int cases;
    bool line; /* cases are points and intervals of one name, in order */
} cases;

#define CASES_MOST_GENERATORS 6

typedef struct {
    forest *f;
    cases *x;
    slong generator[CASES_MOST_GENERATORS];
    int generator_count;
    int known[REGION_MOST_CUTS]; /* as normal_sign */
    long *work;
} finding;

typedef struct {
    signed char lo, hi;
    bool open;
} value_range;

/* The values of a bounded function; false: it is none. */
bool cases_range(dag *d, node n, value_range *out);
/* Fills `known`. */
void cases_known(finding *w);

/* Fills in the cases; false: beyond the budget. */
bool cases_find(forest *f, cases *x, long *work);

/* Linear conditions on rational numbers, decided exactly by eliminating one after another (Fourier and Motzkin). */
#define LINEAR_MOST_VARIABLES 14
#define LINEAR_MOST_ROWS      160

typedef struct {
    fmpz coefficient[LINEAR_MOST_VARIABLES + 1]; /* the last is the constant */
    bool strict;
} linear_row;

typedef struct {
    int variables, count;
    linear_row row[LINEAR_MOST_ROWS]; /* Σ coefficient·variable + constant >= 0, or > 0 */
} linear;

void linear_clear(linear *x);
/* A new row of zeros; NULL: no room. */
linear_row *linear_add(linear *x, bool strict);
/* Is there surely no solution? Uses the rows up. False also where the budget does not suffice. */
bool linear_is_impossible(linear *x);

#endif
