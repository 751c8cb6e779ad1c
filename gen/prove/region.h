/* The space in which a claim is read, cut into finitely many cases: in each, every condition that a side needs is true throughout or false throughout. Conditions
 * in one name are cut at the exact zeros of polynomials; of several names a case is a sign for each irreducible polynomial, less those that a linear argument
 * rules out. Signs, |u| and square roots are looked through. */
#ifndef GEN_PROVE_REGION_H
#define GEN_PROVE_REGION_H
#include "gen/prove/session.h"

/* What an expression must be, as bits: > 0 is both. */
enum { NOT_ZERO = 1, NOT_NEGATIVE = 2, POSITIVE = 3 };

typedef struct {
    node base;
    int bits;
} condition;

#define REGION_MOST_GUARDS 8

/* Needed where all guards hold: in a branch that is taken there, a sum that is not empty. A guard has a value wherever the side has one. */
typedef struct {
    node base;
    int need[3]; /* of the left, of the right side; what a proof takes for granted beside, which is one of those when conditions are asked for */
    condition guard[REGION_MOST_GUARDS];
    int guard_count;
} region_need;

/* The width of a condition as it would be told. */
typedef int region_width(session *s, node base, int bits);

/* The shortest list of conditions that hold wherever both sides are defined, and with which, where what both need holds, both are: into `out`, which has room for
 * `room`; returns their number, −1 if there is no room. Candidates are the needs themselves and bounds by the polynomials in them. What is beyond the (counted)
 * budget is told as it is; what no list of candidates says of needs with guards, without the guards: that is more than is needed. −1 also where that might exclude
 * everything. */
int region_conditions(session *s, const region_need *list, int count, region_width *width, condition *out, int room);

/* An expression that has the sign of n wherever n has a value: x − 1 for log x; 0: none is known. */
node region_same_sign(dag *d, node n);

#endif
