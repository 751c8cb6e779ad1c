#include "gen/prove/cancel.h"

#include <stdlib.h>

#define MOST_FACTORS 512

typedef struct {
    node base[MOST_FACTORS];
    long exponent[MOST_FACTORS];
    int count;
} factors;

static bool add_base(factors *f, node base, long exponent)
{
    for (int i = 0; i < f->count; i++)
        if (f->base[i] == base) {
            f->exponent[i] += exponent;
            return true;
        }
    if (f->count == MOST_FACTORS)
        return false;
    f->base[f->count] = base;
    f->exponent[f->count++] = exponent;
    return true;
}

static bool small_exponent(dag *d, node n, long *out)
{
    const mpq_t *v = dag_kind(d, n) == NODE_NUMBER ? dag_value(d, n) : NULL;
    if (!v || mpz_cmp_ui(mpq_denref(*v), 1) != 0 || mpz_cmpabs_ui(mpq_numref(*v), 1000) > 0)
        return false;
    *out = mpz_get_si(mpq_numref(*v));
    return true;
}

static bool split_factors(dag *d, factors *f, node n, long exponent)
{
    long k;
    if (dag_kind(d, n) == NODE_MUL) {
        for (int i = 0; i < dag_count(d, n); i++)
            if (!split_factors(d, f, dag_child(d, n, i), exponent))
                return false;
        return true;
    }
    if (dag_kind(d, n) == NODE_POW && small_exponent(d, dag_child(d, n, 1), &k) && labs(exponent) < 1000)
        return split_factors(d, f, dag_child(d, n, 0), exponent * k);
    return add_base(f, n, exponent);
}

static node join_factors(dag *d, const factors *f)
{
    node list[MOST_FACTORS];
    int count = 0;
    for (int i = 0; i < f->count; i++)
        if (f->exponent[i])
            list[count++] = f->exponent[i] == 1 ? f->base[i] : dag_raw_pow(d, f->base[i], dag_int(d, f->exponent[i]));
    return count == 0 ? dag_int(d, 1) : count == 1 ? list[0] : dag_raw_mul(d, count, list);
}

/* Factors that are adjoints are read through: the chain rule of an expression without names is a product of them. */
static bool unfold_factors(session *s, factors *f)
{
    for (int i = 0; i < f->count; i++) {
        node n = f->base[i], at[MODEL_MAX_AXES];
        if (!f->exponent[i] || dag_kind(s->d, n) != NODE_ENTRY)
            continue;
        int v = dag_payload(s->d, n);
        if (s->m->var[v].role != ROLE_ADJOINT || s->recurrent[v])
            continue;
        for (int k = 0; k < dag_count(s->d, n); k++)
            at[k] = dag_child(s->d, n, k);
        node rhs = model_unfold(s->m, v, at, false);
        long exponent = f->exponent[i];
        f->exponent[i] = 0;
        if (!rhs || !split_factors(s->d, f, rhs, exponent))
            return false;
    }
    return true;
}

/* f·A = f·B if A = B: what both sides have is taken away, as often as the side that has it less often. */
bool cancel_common_factors(session *s, node *left, node *right, bool unfold)
{
    dag *d = s->d;
    factors *f = xcalloc(2, sizeof *f);
    node a = dag_simplify(d, *left), b = dag_simplify(d, *right);
    bool some = false;
    bool good = split_factors(d, &f[0], a, 1) && split_factors(d, &f[1], b, 1);
    if (good && unfold)
        good = unfold_factors(s, &f[0]) && unfold_factors(s, &f[1]);
    if (good) {
        for (int i = 0; i < f[0].count; i++)
            for (int j = 0; j < f[1].count; j++) {
                long x = f[0].exponent[i], y = f[1].exponent[j];
                if (f[0].base[i] != f[1].base[j] || (x > 0) != (y > 0))
                    continue;
                long common = labs(x) < labs(y) ? x : y;
                f[0].exponent[i] -= common;
                f[1].exponent[j] -= common;
                some = some || common;
            }
    }
    if (some) { /* else what was written stays: simplifying may lose that √x says x >= 0 */
        *left = join_factors(d, &f[0]);
        *right = join_factors(d, &f[1]);
    }
    free(f);
    return some;
}
