/* Expressions with the sign of others: of increasing functions, of sums of logarithms, of exp u − 1. */
#include <stdlib.h>

#include "gen/dag/ops.h"
#include "gen/prove/region.h"

#define MOST_POWER 6

/* Of a function where it is defined. */
static node of_function(dag *d, node n)
{
    enum { NONE, AT_ZERO, AT_ONE, BEFORE_ONE }; /* where it changes its sign, and how */
    static const unsigned char list[OP_COUNT] = {
        [OP_ATAN] = AT_ZERO, [OP_ASIN] = AT_ZERO, [OP_SINH] = AT_ZERO, [OP_TANH] = AT_ZERO,    [OP_ASINH] = AT_ZERO, [OP_ATANH] = AT_ZERO,
        [OP_ERF] = AT_ZERO,  [OP_ERFI] = AT_ZERO, [OP_CBRT] = AT_ZERO, [OP_EXPM1] = AT_ZERO,   [OP_LOG1P] = AT_ZERO, [OP_LOG] = AT_ONE,
        [OP_LOG2] = AT_ONE,  [OP_LOG10] = AT_ONE, [OP_ACOSH] = AT_ONE, [OP_ACOS] = BEFORE_ONE,
    };
    node u = dag_child(d, n, 0), one = dag_int(d, 1);
    switch (list[dag_payload(d, n)]) {
    case AT_ZERO: return u;
    case AT_ONE: return dag_sub(d, u, one);
    case BEFORE_ONE: return dag_sub(d, one, u);
    default: return 0;
    }
}

/* k and q of a term k log q with an integer k; false: it is something else. */
static bool is_log(dag *d, node n, long *k, node *q)
{
    *k = 1;
    if (dag_kind(d, n) == NODE_MUL && dag_count(d, n) == 2 && dag_kind(d, dag_child(d, n, 0)) == NODE_NUMBER) {
        const mpq_t *v = dag_value(d, dag_child(d, n, 0));
        if (mpz_cmp_ui(mpq_denref(*v), 1) != 0 || mpz_cmpabs_ui(mpq_numref(*v), MOST_POWER) > 0)
            return false;
        *k = mpz_get_si(mpq_numref(*v));
        n = dag_child(d, n, 1);
    }
    if (dag_kind(d, n) != NODE_FUN || dag_payload(d, n) != OP_LOG)
        return false;
    *q = dag_child(d, n, 0);
    return true;
}

/* Σ k log q has the sign of Π q^k − 1: of what the positive k give less what the negative ones do. */
static node of_logs(dag *d, node n)
{
    node part[2] = {dag_int(d, 1), dag_int(d, 1)};
    for (int i = 0; i < dag_count(d, n); i++) {
        long k;
        node q;
        if (!is_log(d, dag_child(d, n, i), &k, &q))
            return 0;
        part[k < 0] = dag_mul2(d, part[k < 0], dag_pow(d, q, dag_int(d, labs(k))));
    }
    return dag_sub(d, part[0], part[1]);
}

/* exp u − 1 has the sign of u. */
static node of_exponential(dag *d, node n)
{
    node u = 0;
    bool less = false;
    for (int i = 0; i < dag_count(d, n) && dag_count(d, n) == 2; i++) {
        node t = dag_child(d, n, i);
        u = dag_kind(d, t) == NODE_FUN && dag_payload(d, t) == OP_EXP ? dag_child(d, t, 0) : u;
        less = less || dag_is_int(d, t, -1);
    }
    return less ? u : 0;
}

node region_same_sign(dag *d, node n)
{
    if (dag_kind(d, n) == NODE_FUN && dag_count(d, n) == 1)
        return of_function(d, n);
    node found = dag_kind(d, n) == NODE_ADD ? of_exponential(d, n) : 0;
    return found ? found : dag_kind(d, n) == NODE_ADD ? of_logs(d, n) : 0;
}
