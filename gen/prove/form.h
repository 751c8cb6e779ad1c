/* Both sides of a claim in normal form, in the page's names, and what one is to the other. */
#ifndef GEN_PROVE_FORM_H
#define GEN_PROVE_FORM_H
#include "gen/prove/session.h"

typedef struct {
    node left, right;
    node left_is;      /* in names */
    node difference;   /* left − right, if it is one term */
    node above, below; /* left/right, if its numerator or denominator is a number, or both are monomials: what is missing, what is too much */
    node constant;     /* left/right, if it is a number; above and below are 0 then */
} form;

/* How far adjoints are unfolded even where a δ of the page stands for them. */
typedef enum { FORM_UNFOLD_UNNAMED, FORM_UNFOLD_LEFT, FORM_UNFOLD_ALL, FORM_COUNT } form_unfolding;

/* Fills what follows `left` and `right`, 0 where there is nothing to say; false when not even the left side has a normal form within its budget. */
bool form_compare(session *s, form *x, form_unfolding how);

#endif
