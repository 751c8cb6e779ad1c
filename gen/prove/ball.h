/* Rigorous values of nodes at a point. A point fixes sizes, every entry of every name without equations (dyadic rationals, drawn when first asked for) and
 * every abstract function (a rational polynomial, perhaps with tanh or exp added). Names with equations are evaluated through them, each entry once, without recursion from name to name. */
#ifndef GEN_PROVE_BALL_H
#define GEN_PROVE_BALL_H
#include "gen/prove/session.h"

#define BALL_BOX_HINT     14 /* session.hint */
#define BALL_BOX_NEGATIVE 15 /* all names below 0 */

/* Polynomials alone are fooled by what is true of all of a degree: fourth differences, slopes that are 0 from some order on. */
typedef enum { CURVE_NONE, CURVE_TANH, CURVE_EXP } ball_curve;

typedef struct {
    session *s;
    uint64_t seed;
    ball_curve curve; /* what an abstract function has beside its polynomial */
    int box;    /* how values are drawn: 0 small halves, then positive, in (0,1), …; see point.c */
    long *size; /* by size id */
    table leaf; /* (variable, indices…) → number in value */
    fmpq *value;
    int value_capacity;
    table function; /* function ids that were used */
} ball_point;

void ball_point_init(ball_point *p, session *s, uint64_t seed, int box);
void ball_point_clear(ball_point *p);
/* The value of an entry that has no equation; false: outside its axes. */
bool ball_point_leaf(ball_point *p, int variable, int count, const int64_t *indices, fmpq_t out);
/* Coefficient of u^k in the polynomial (of ridge form number `ridge`) taken for an abstract function. */
void ball_point_coefficient(const ball_point *p, int function, int64_t output, int ridge, int k, fmpq_t out);
/* Factor of argument number `argument` in ridge form number `ridge`. */
long ball_point_slope(const ball_point *p, int function, int ridge, int64_t argument);
int ball_point_degree(const ball_point *p);

typedef struct {
    session *s;
    ball_point *point;
    slong precision;
    table memo; /* (node, values of its free indices…) or (−variable − 1, indices…) → number in value */
    arb_struct *value;
    char *kinked; /* parallel to value: a kink was met on the way */
    int value_capacity;
    long *environment; /* by index id */
    int environment_count;
    table wanted; /* entries that the running evaluation missed */
    long missed;  /* how often it missed one */
    long visits, visit_limit;
    bool blurred; /* real leaves are small intervals: what is finite then is defined in a neighbourhood of the point */
    bool kink;   /* a condition or a sign was decided by equality: a derivative may not exist there */
    bool failed; /* the limit was reached: nothing is known */
} ball_evaluation;

void ball_evaluation_init(ball_evaluation *e, ball_point *point, slong precision, long visit_limit);
void ball_evaluation_clear(ball_evaluation *e);
void ball_set_index(ball_evaluation *e, int index, long value);
/* Encloses n; non-finite where it is undefined or not decided. False: out of budget. */
bool ball_value(ball_evaluation *e, node n, arb_t out);
/* The value of an index expression; false when it is not an integer. */
bool ball_integer(ball_evaluation *e, node n, long *out);

#endif
