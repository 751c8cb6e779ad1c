/* The table of ops.def as data: what every room may ask about a function without naming it. */
#ifndef GEN_DAG_OPS_H
#define GEN_DAG_OPS_H
#include "gen/dag/dag.h"

typedef enum { DOMAIN_ALL, DOMAIN_POSITIVE, DOMAIN_NONZERO, DOMAIN_NONNEGATIVE, DOMAIN_UNIT, DOMAIN_OPEN_UNIT, DOMAIN_ABOVE_MINUS_ONE, DOMAIN_FROM_ONE,
               DOMAIN_OUTSIDE_UNIT, DOMAIN_BEYOND_UNIT, DOMAIN_TO_ONE, DOMAIN_OPEN_01, DOMAIN_COS_NONZERO, DOMAIN_SIN_NONZERO, DOMAIN_NOT_POLE_GAMMA } op_domain;

typedef struct {
    const char *name;  /* in the language; e.g. "tanh" */
    int arity;
    op_domain domain;
    const char *kinks; /* NULL: smooth on its domain */
    const char *c;
    const char *latex;
} op_row;

typedef struct {
    const char *name;
    bool has_at, differentiable;
    const char *latex;
} reduction_row;

const op_row *op_get(op o);
int op_find(const char *name); /* -1 */
const reduction_row *reduction_get(reduction r);
int reduction_find(const char *name); /* -1 */

#endif
