#include "gen/prove/algebraic.h"

#define MOST_DEGREE 160
#define MOST_BITS   4000 /* of coefficients */
#define MOST_NODES  80   /* of both sides */
#define MOST_POWER  64

typedef struct {
    session *s;
    int nodes;
} algebra;

static bool evaluate(algebra *x, node n, qqbar_t out);

static bool evaluate_fold(algebra *x, node n, bool product, qqbar_t out)
{
    qqbar_t t;
    bool good = true;
    qqbar_init(t);
    qqbar_set_si(out, product);
    for (int i = 0; i < dag_count(x->s->d, n) && good; i++) {
        good = evaluate(x, dag_child(x->s->d, n, i), t) && qqbar_binop_within_limits(out, t, MOST_DEGREE, MOST_BITS);
        if (good && product)
            qqbar_mul(out, out, t);
        else if (good)
            qqbar_add(out, out, t);
    }
    qqbar_clear(t);
    return good;
}

/* u^(p/q), the real root of a u >= 0. */
static bool evaluate_power(algebra *x, node n, qqbar_t out)
{
    dag *d = x->s->d;
    node e = dag_simplify(d, dag_child(d, n, 1));
    if (dag_kind(d, e) != NODE_NUMBER)
        return false;
    const mpq_t *v = dag_value(d, e);
    if (!mpz_fits_slong_p(mpq_numref(*v)) || !mpz_fits_slong_p(mpq_denref(*v)))
        return false;
    long p = mpz_get_si(mpq_numref(*v)), q = mpz_get_si(mpq_denref(*v));
    if (p > MOST_POWER || p < -MOST_POWER || q > MOST_DEGREE || !evaluate(x, dag_child(d, n, 0), out))
        return false;
    if ((p < 0 && qqbar_is_zero(out)) || (q > 1 && (qqbar_sgn_re(out) < 0 || qqbar_degree(out) * q > MOST_DEGREE)))
        return false;
    if (p < 0)
        qqbar_inv(out, out);
    if (q > 1)
        qqbar_root_ui(out, out, (ulong)q);
    p = p < 0 ? -p : p;
    bool good = p == 1 || qqbar_binop_within_limits(out, out, 2 * MOST_DEGREE * MOST_DEGREE, MOST_BITS / p);
    if (good && p != 1)
        qqbar_pow_ui(out, out, (ulong)p);
    return good;
}

/* n = p/q π with a small q? */
static bool part_of_pi(algebra *x, node n, long *p, long *q)
{
    dag *d = x->s->d;
    n = dag_simplify(d, n);
    *p = *q = 1;
    if (dag_kind(d, n) == NODE_MUL && dag_count(d, n) == 2 && dag_kind(d, dag_child(d, n, 0)) == NODE_NUMBER) {
        const mpq_t *v = dag_value(d, dag_child(d, n, 0));
        if (!mpz_fits_slong_p(mpq_numref(*v)) || !mpz_fits_slong_p(mpq_denref(*v)))
            return false;
        *p = mpz_get_si(mpq_numref(*v));
        *q = mpz_get_si(mpq_denref(*v));
        n = dag_child(d, n, 1);
    }
    return dag_kind(d, n) == NODE_FUN && dag_payload(d, n) == OP_PI_CONST && *q <= 2 * MOST_DEGREE && *p < 1000000 && *p > -1000000;
}

static bool evaluate_function(algebra *x, node n, qqbar_t out)
{
    dag *d = x->s->d;
    op o = (op)dag_payload(d, n);
    long p, q;
    if (dag_count(d, n) != 1)
        return false;
    node u = dag_child(d, n, 0);
    switch (o) {
    case OP_SIN:
    case OP_COS:
    case OP_TAN:
        if (!part_of_pi(x, u, &p, &q))
            return false;
        if (o == OP_TAN)
            return qqbar_tan_pi(out, p, (ulong)q);
        if (o == OP_SIN)
            qqbar_sin_pi(out, p, (ulong)q);
        else
            qqbar_cos_pi(out, p, (ulong)q);
        return qqbar_degree(out) <= MOST_DEGREE;
    case OP_ABS:
        if (!evaluate(x, u, out))
            return false;
        qqbar_abs(out, out);
        return true;
    case OP_CBRT: {
        if (!evaluate(x, u, out) || 3 * qqbar_degree(out) > MOST_DEGREE)
            return false;
        bool negative = qqbar_sgn_re(out) < 0;
        qqbar_abs(out, out);
        qqbar_root_ui(out, out, 3);
        if (negative)
            qqbar_neg(out, out);
        return true;
    }
    default: return false;
    }
}

static bool evaluate(algebra *x, node n, qqbar_t out)
{
    if (++x->nodes > MOST_NODES)
        return false;
    switch (dag_kind(x->s->d, n)) {
    case NODE_NUMBER: {
        fmpq_t v;
        fmpq_init(v);
        fmpq_set_mpq(v, *dag_value(x->s->d, n));
        qqbar_set_fmpq(out, v);
        fmpq_clear(v);
        return true;
    }
    case NODE_ADD: return evaluate_fold(x, n, false, out);
    case NODE_MUL: return evaluate_fold(x, n, true, out);
    case NODE_POW: return evaluate_power(x, n, out);
    case NODE_FUN: return evaluate_function(x, n, out);
    default: return false;
    }
}

bool algebraic_equal(session *s, node left, node right)
{
    algebra x = {.s = s};
    qqbar_t a, b;
    qqbar_init(a);
    qqbar_init(b);
    bool equal = evaluate(&x, left, a) && evaluate(&x, right, b) && qqbar_equal(a, b);
    qqbar_clear(a);
    qqbar_clear(b);
    return equal;
}
