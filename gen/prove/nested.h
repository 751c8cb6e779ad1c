/* A product under sums, for sum.c: Σ_bound… Π factor. */
#ifndef GEN_PROVE_NESTED_H
#define GEN_PROVE_NESTED_H
#include "gen/prove/normal.h"

#define NESTED_MOST_BOUND   8
#define NESTED_MOST_FACTORS 96

typedef struct {
    int bound[NESTED_MOST_BOUND], bound_count;
    node factor[NESTED_MOST_FACTORS];
    int factor_count;
} product;

bool nested_has_index(normal *c, node n, int index);
node nested_body(normal *c, const product *p);
/* false: too many. */
bool nested_add_factor(product *p, node n);
/* Takes a factor apart: products into their factors, sums (also powers of sums) that share a bound index into their bodies under fresh indices. */
bool nested_flatten(normal *c, product *p, node n);
/* An index whose range depends on another bound one gets the whole range and a condition: Σ_j≤i is Σ_j [j <= i]. */
bool nested_widen(normal *c, product *p, int place);
/* Closes the product under its sums in the given order, outermost first; 0 if a range would lose an index it needs. */
node nested_close(normal *c, const product *p, node body, const int *order);
/* The same in the order, and with the signs of differences, that do not depend on the names of dummies. The product is *sign times that: 1, −1, or 0: it is 0, as
 * it is its own negative. */
node nested_canonical(normal *c, const product *p, int *sign);
/* Sums over half a square: Σ [i <= j] f(i,j) with f symmetric, by the whole square and its diagonals. Sets *done, else leaves out alone. */
bool nested_triangle(normal *c, const product *p, bool *done, rational *out);

#endif
