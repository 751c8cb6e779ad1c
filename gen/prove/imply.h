/* Conditions that follow from other conditions need not be told. */
#ifndef GEN_PROVE_IMPLY_H
#define GEN_PROVE_IMPLY_H
#include "gen/prove/session.h"

/* What an expression must be, as bits: > 0 is both. */
enum { NOT_ZERO = 1, NOT_NEGATIVE = 2, POSITIVE = 3 };

typedef struct {
    node base;
    int bits;
    bool told;    /* else it is presupposed, as both sides need it */
    bool follows; /* out: from the others that do not follow */
} condition;

/* Bounds of a name's value by what is affine in it, or a number less its square. `sign_of` as normal_sign, of a node. */
void imply_mark(session *s, condition *list, int count, int (*sign_of)(session *s, node n));

/* a·v + c with numbers: v, −c/a and the sign of a. */
bool imply_is_bound(dag *d, node n, node *v, mpq_t bound, int *sign);

#endif
