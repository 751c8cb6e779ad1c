/* Inside gen/lower only: right sides taken apart into terms that are added where they belong. */
#ifndef GEN_LOWER_PLACE_H
#define GEN_LOWER_PLACE_H
#include "gen/lower/lower.h"

enum { PLACE_INDICES = 16, PLACE_TERMS = 24 };

/* For all values of `own` (indices of the equation) and of the summed indices, with the bound indices as given, where all conditions hold: target += value. What a
 * bound index is may depend on loops and on those bound before it. An index of the equation that is neither own nor bound is that of a loop which is open, or was put
 * in everywhere. */
typedef struct {
    node target;
    int own_count, own[PLACE_INDICES];
    int sum_count, sum[PLACE_INDICES];
    int bind_count, bind[PLACE_INDICES];
    node bind_value[PLACE_INDICES];
    bool bind_inside[PLACE_INDICES]; /* always in the index's range */
    int when_count;
    node when[PLACE_INDICES];
    int factor_count;
    node factor[PLACE_INDICES];
    node value; /* the product of the factors */
} place_term;

typedef struct {
    int count;
    place_term term[PLACE_TERMS];
    node rest; /* what is added to them; 0: nothing */
} place_form;

/* Takes the right side apart as `placed` of the equation says. False: it is not of that form. */
bool place_parse(lower_program *p, const lower_equation *e, place_form *out);
/* The right side that parses to the form. */
node place_compose(lower_program *p, const place_form *form);
/* Its number among the term's bound indices; −1: it is not bound. */
int place_bound(const place_term *t, int index);
bool place_owns(const place_term *t, int index);
/* Does a bound value, or the range of a sum, depend on the index? */
bool place_needs(lower_program *p, const place_term *t, int index);
/* Must the loop over the target's index stand outside all terms? Those over samples do, those that are bound in no term while something bound depends on them, and of
 * rows all but the last. */
bool place_outside(lower_program *p, const lower_equation *e, const place_form *form, int index);

/* The term's value as one sum, where index expressions bind all of the target's indices that it depends on, and it may be computed in any case; else 0. */
node place_number(lower_program *p, const lower_equation *e, const place_term *t);

/* Is every access in n inside its array by the ranges of its indices alone, so that it may be computed before, or without, the conditions it stands under? */
bool place_stays_inside(lower_program *p, node n);

/* The passes, which mark equations. Needs: tidy equations, before contract.c. */
void lower_place_terms(lower_program *p);
/* The same for sums turned round, and sums of products over several indices. Needs: products are marked. */
void lower_place_turned(lower_program *p);
/* The same for rows. Needs: all others are marked; before extract.c. */
void lower_place_rows(lower_program *p);

/* --- place.c and place_solve.c --- */

typedef struct {
    lower_program *p;
    dag *d;
    const lower_equation *e;
    place_term *t;
    lower_placing how;
    int bound_count; /* by data: indices of the target */
    bool turned;     /* something was solved */
    bool failed;     /* more than there is room for, or nothing is left of the sum */
} place_reading;

bool place_by_data(dag *d, node condition); /* an equality of an index expression and of something else */
/* Deltas bind indices: those of data first, then those of index expressions; of the target's indices first, then summed ones. */
void place_bind(place_reading *r);
/* Conditions on sums are solved: an equality removes a summed index or binds one of the target's; so do two inequalities that are a constant apart (a window). */
void place_turn(place_reading *r);
/* Is a <= b for all values of the indices? */
truth place_never_above(lower_program *p, node a, node b);
/* Each bound index behind those it depends on; false: they go round in a circle. */
bool place_sort(dag *d, place_term *t);

/* place_call.c: the term as one call of delta_contract inside loops over `around`; NULL: it is no sum of products that is worth it. `open`: 1 + index → not 0 for loops
 * that are open already; NULL: none. */
const lower_contraction *place_call(lower_program *p, const place_term *t, const int_map *open, int *around, int *around_count);

#endif
