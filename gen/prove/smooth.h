/* Where an expression is smooth: what its functions need of their arguments, and what stays of it where the signs of those are known. */
#ifndef GEN_PROVE_SMOOTH_H
#define GEN_PROVE_SMOOTH_H
#include "gen/prove/session.h"

#define SMOOTH_MOST_NEEDS 32

typedef enum {
    NEED_ABOVE,    /* base > 0 */
    NEED_APART,    /* base ≠ 0 */
    NEED_AT_LEAST, /* base >= 0, not smooth at 0 */
    NEED_BEND,     /* defined and continuous, not smooth at 0 */
    NEED_JUMP      /* not continuous at 0 */
} smooth_kind;

typedef struct {
    node base;
    smooth_kind kind;
    bool conditional; /* in a branch: only if that is taken */
    bool given;       /* an assumption, not a function */
} smooth_need;

typedef struct {
    smooth_need list[SMOOTH_MOST_NEEDS];
    int count;
} smooth_needs;

/* Is it a function of smooth parts, whose smoothness smooth_gather tells? Numbers and entries are, sums over an index, tan and floor are not. */
bool smooth_is_known(const session *s, node n);
/* Appends what the functions in n need: where all that holds with strict signs, n is defined and analytic in its entries. False: too many. */
bool smooth_gather(session *s, node n, smooth_needs *out);
/* The sign of a node at the point in question, 0 if it is not seen. */
typedef int smooth_sign(void *context, node n);
/* n without |u|, max, conditions and the like, where the signs are the given ones all around the point. */
node smooth_settle(session *s, node n, smooth_sign *sign, void *context);

#endif
