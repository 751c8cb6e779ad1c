/* Inside gen/lower only: sums in which a Kronecker delta says where a term goes, as loops over the terms that add to the entry it names. */
#ifndef GEN_LOWER_PLACE_H
#define GEN_LOWER_PLACE_H
#include "gen/lower/lower.h"

enum { PLACE_INDICES = 16, PLACE_TERMS = 24 };

/* For all values of the summed indices, and of the target's indices that are not bound: target += value where all conditions hold, with the bound indices as
 * given. What a bound index is may depend on those bound before it. */
typedef struct {
    int sum_count, sum[PLACE_INDICES];
    int bind_count, bind[PLACE_INDICES];
    node bind_value[PLACE_INDICES];
    int when_count;
    node when[PLACE_INDICES];
    node value;
} place_term;

typedef struct {
    int count;
    place_term term[PLACE_TERMS];
    node rest; /* what is added to them; 0: nothing */
} place_form;

/* Of an equation that is not marked yet, false: no term's place in the target is told by data, or the right side is not of this form. */
bool place_parse(lower_program *p, const lower_equation *e, place_form *out);
/* The right side that parses to the form. */
node place_compose(lower_program *p, const place_form *form);
/* Its number among the term's bound indices; −1: it is not bound. */
int place_bound(const place_term *t, int index);
/* Does a bound value, or the range of a sum, depend on the index? */
bool place_needs(lower_program *p, const place_term *t, int index);
/* Must the loop over the target's index stand outside all terms? Those over samples do, those that are bound in no term while something bound depends on
 * them, and of rows all but the last. */
bool place_outside(lower_program *p, const lower_equation *e, const place_form *form, int index);

/* The term's value as one sum, where index expressions bind all of the target's indices that it depends on, and it may be computed in any case; else 0. */
node place_number(lower_program *p, const lower_equation *e, const place_term *t);

/* Is every access in n inside its array by the ranges of its indices alone, so that it may be computed before, or without, the conditions it stands under? */
bool place_stays_inside(lower_program *p, node n);

/* The pass: marks such equations. Needs: tidy equations, before contract.c. */
void lower_place_terms(lower_program *p);
/* The same for rows. Needs: what is a product, or scattered, is marked; before extract.c. */
void lower_place_rows(lower_program *p);

#endif
