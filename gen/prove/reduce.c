/* Reductions in normal form: sums, softmax as E_i/ΣE, logsumexp as log ΣE, products factor by factor, extremes by extreme.c; others are atoms of a canonical body. */
#include "gen/dag/ops.h"
#include "gen/prove/normal.h"

/* The range is surely not empty, so what stands in the body is needed. */
static bool never_empty(normal *c, node lo, node hi)
{
    return dag_index_le(c->d, lo, hi) == TRUTH_YES;
}

#define MOST_FACTORED NORMAL_MOST_FACTORED
#define MOST_WRITTEN  8 /* terms of a sum, or factors of a product, that is written out */

/* How many terms a sum has, −1 if that is not a small number. */
static long literal_count(normal *c, node lo, node hi)
{
    node n = session_index(c->s, dag_add2(c->d, dag_sub(c->d, hi, lo), dag_int(c->d, 1)));
    if (dag_kind(c->d, n) != NODE_NUMBER)
        return -1;
    const mpq_t *v = dag_value(c->d, n);
    return mpq_sgn(*v) <= 0 ? 0 : mpz_cmp_ui(mpq_numref(*v), MOST_WRITTEN) <= 0 ? mpz_get_si(mpq_numref(*v)) : -1;
}

static bool write_out(normal *c, node lo, long count, int index, node body, rational *out)
{
    rational t;
    rational_init(c, &t);
    fmpz_mpoly_q_zero(out, c->ring);
    node from = dag_index_node(c->d, index);
    bool good = true;
    for (long k = 0; k < count && good; k++) {
        node at = session_index(c->s, dag_add2(c->d, lo, dag_int(c->d, k)));
        good = normal_form(c, dag_substitute(c->d, body, 1, &from, &at, true), &t) && rational_add(c, out, out, &t);
    }
    rational_clear(c, &t);
    return good;
}

/* One term is written out always, a few where nothing else is left to try. */
static bool form_sum(normal *c, node lo, node hi, int index, node body, rational *out)
{
    long terms = literal_count(c, lo, hi);
    if (terms >= 0 && (terms <= 1 || c->o.full))
        return write_out(c, lo, terms, index, body, out);
    rational q;
    rational_init(c, &q);
    normal_scope before = normal_enter_range(c, index, lo, hi);
    bool good = normal_form(c, body, &q);
    normal_leave(c, before);
    good = good && normal_sum(c, index, lo, hi, &q, out);
    rational_clear(c, &q);
    return good;
}

/* Σ exp(body) */
static bool sum_of_exponentials(normal *c, node lo, node hi, int index, node body, rational *out)
{
    return form_sum(c, lo, hi, index, dag_raw_fun(c->d, OP_EXP, 1, &body), out);
}

static bool form_softmax(normal *c, node n, int index, node body, rational *out)
{
    node at = dag_child(c->d, n, 2), from = dag_index_node(c->d, index);
    node there = dag_substitute(c->d, body, 1, &from, &at, true);
    rational e, sum;
    rational_init(c, &e);
    rational_init(c, &sum);
    bool good = normal_form(c, dag_raw_fun(c->d, OP_EXP, 1, &there), &e);
    good = good && sum_of_exponentials(c, dag_child(c->d, n, 0), dag_child(c->d, n, 1), index, body, &sum) && rational_div(c, out, &e, &sum);
    rational_clear(c, &e);
    rational_clear(c, &sum);
    return good;
}

static bool form_logsumexp(normal *c, node n, int index, node body, rational *out)
{
    rational sum;
    rational_init(c, &sum);
    bool good = sum_of_exponentials(c, dag_child(c->d, n, 0), dag_child(c->d, n, 1), index, body, &sum) && normal_log(c, &sum, out);
    rational_clear(c, &sum);
    return good;
}

/* --- products --- */

/* out · Π factor^exponent over the range, of one irreducible factor or a number. */
static bool multiply_product(normal *c, node lo, node hi, int index, node factor, slong exponent, rational *out)
{
    dag *d = c->d;
    rational t;
    rational_init(c, &t);
    node count = session_index(c->s, dag_add2(d, dag_sub(d, hi, lo), dag_int(d, 1))), whole;
    if (!dag_has_index(d, factor, index))
        whole = dag_is_int(d, factor, 1) ? factor : dag_raw_pow(d, factor, count);
    else if (dag_kind(d, factor) == NODE_FUN && dag_payload(d, factor) == OP_EXP)
        whole = dag_raw_fun(d, OP_EXP, 1, (node[]){dag_raw_reduce(d, REDUCE_SUM, index, lo, hi, 0, dag_child(d, factor, 0))});
    else
        whole = 0;
    normal_scope before = normal_enter_range(c, index, lo, hi); /* Π over an empty range does not need its factor */
    bool good = whole ? normal_form(c, whole, &t) : normal_atom(c, dag_raw_reduce(d, REDUCE_PROD, index, lo, hi, 0, factor), &t);
    normal_leave(c, before);
    good = good && rational_pow(c, &t, &t, exponent) && rational_mul(c, out, out, &t);
    rational_clear(c, &t);
    return good;
}

static bool multiply_factors(normal *c, node lo, node hi, int index, const fmpz_mpoly_struct *p, slong sign, rational *out)
{
    fmpz_mpoly_factor_t f;
    rational t;
    if (fmpz_mpoly_length(p, c->ring) > MOST_FACTORED)
        return normal_fail(c, NORMAL_BUDGET);
    fmpz_mpoly_factor_init(f, c->ring);
    rational_init(c, &t);
    bool good = normal_factor(c, f, p);
    for (slong i = 0; good && i < f->num; i++) {
        if (normal_negative(c, f->poly + i)) { /* a sign that does not depend on names */
            fmpz_mpoly_neg(f->poly + i, f->poly + i, c->ring);
            if (fmpz_is_odd(f->exp + i))
                fmpz_neg(f->constant, f->constant);
        }
        fmpz_mpoly_set(fmpz_mpoly_q_numref(&t), f->poly + i, c->ring);
        node n = normal_node(c, &t);
        good = n && fmpz_fits_si(f->exp + i) && multiply_product(c, lo, hi, index, n, sign * fmpz_get_si(f->exp + i), out);
    }
    if (good) {
        fmpz_mpoly_set_fmpz(fmpz_mpoly_q_numref(&t), f->constant, c->ring);
        good = multiply_product(c, lo, hi, index, normal_node(c, &t), sign, out);
    }
    fmpz_mpoly_factor_clear(f, c->ring);
    rational_clear(c, &t);
    return good;
}

/* A product over a few numbers, or none, factor by factor; *done says so. */
static bool few_factors(normal *c, node lo, node hi, int index, node body, bool *done, rational *out)
{
    dag *d = c->d;
    node at = dag_index_node(d, index), one = dag_int(d, 1), most = dag_int(d, MOST_WRITTEN);
    rational t;
    *done = dag_kind(d, lo) == NODE_NUMBER && dag_kind(d, hi) == NODE_NUMBER && dag_index_le(d, hi, dag_add2(d, lo, most)) == TRUTH_YES;
    if (!*done)
        return true;
    bool good = true;
    rational_init(c, &t);
    fmpz_mpoly_q_one(out, c->ring);
    for (node k = lo; good && dag_index_le(d, k, hi) == TRUTH_YES; k = dag_add2(d, k, one))
        good = normal_form(c, dag_substitute(d, body, 1, &at, &k, true), &t) && rational_mul(c, out, out, &t);
    rational_clear(c, &t);
    return good;
}

/* Factor by factor: Π aᵢ² bᵢ = (Π aᵢ)² Π bᵢ; exponentials give sums. */
static bool form_product(normal *c, node lo, node hi, int index, node body, rational *out)
{
    rational q;
    bool done = false;
    if (!few_factors(c, lo, hi, index, body, &done, out) || done)
        return c->state == NORMAL_GOOD;
    rational_init(c, &q);
    normal_scope before = normal_enter_range(c, index, lo, hi);
    bool good = normal_form(c, body, &q);
    normal_leave(c, before);
    good = good && normal_product_but_one(c, index, lo, hi, &q, &done, out);
    if (!good || done) {
        rational_clear(c, &q);
        return good;
    }
    fmpz_mpoly_q_one(out, c->ring);
    if (good && fmpz_mpoly_q_is_zero(&q, c->ring) && never_empty(c, lo, hi))
        fmpz_mpoly_q_zero(out, c->ring);
    else if (dag_index_le(c->d, lo, dag_add2(c->d, hi, dag_int(c->d, 1))) != TRUTH_YES || fmpz_mpoly_q_is_zero(&q, c->ring))
        good = good && normal_fail(c, NORMAL_BUDGET);
    else
        good = good && multiply_factors(c, lo, hi, index, fmpz_mpoly_q_numref(&q), 1, out) &&
               multiply_factors(c, lo, hi, index, fmpz_mpoly_q_denref(&q), -1, out);
    rational_clear(c, &q);
    return good;
}

static bool form_other(normal *c, node n, int index, node body, rational *out)
{
    rational q;
    rational_init(c, &q);
    reduction r = (reduction)dag_payload(c->d, n);
    bool has_at = reduction_get(r)->has_at;
    node canonical = normal_form(c, body, &q) ? normal_node(c, &q) : 0;
    rational_clear(c, &q);
    if (!canonical)
        return normal_fail(c, NORMAL_BUDGET);
    node lo = dag_child(c->d, n, 0), hi = dag_child(c->d, n, 1);
    return normal_atom(c, dag_raw_reduce(c->d, r, index, lo, hi, has_at ? dag_child(c->d, n, 2) : 0, canonical), out);
}

bool normal_reduce(normal *c, node n, rational *out)
{
    int index;
    node body = session_open(c->s, n, &index);
    switch ((reduction)dag_payload(c->d, n)) {
    case REDUCE_SUM: return form_sum(c, session_index(c->s, dag_child(c->d, n, 0)), session_index(c->s, dag_child(c->d, n, 1)), index, body, out);
    case REDUCE_PROD: return form_product(c, session_index(c->s, dag_child(c->d, n, 0)), session_index(c->s, dag_child(c->d, n, 1)), index, body, out);
    case REDUCE_SOFTMAX: return form_softmax(c, n, index, body, out);
    case REDUCE_LOGSUMEXP: return form_logsumexp(c, n, index, body, out);
    case REDUCE_MAX:
    case REDUCE_MIN:
    case REDUCE_ARGMAX:
    case REDUCE_ARGMIN: return normal_extreme(c, n, index, body, out);
    default: return form_other(c, n, index, body, out);
    }
}
