/* Π_j (if j = v then a(j) else f(j)) is a(v)·M with M = Π_{j ≠ v} f(j), an atom with f(v) M = Π f: the derivative of a product by one factor, also where that factor is 0. */
#include "gen/prove/normal.h"

typedef struct {
    normal *c;
    node lo, hi, at; /* the range, v */
    int index;
    rational other, there; /* f(j), a(j) */
} exception;

/* The value of `index` that the condition [index = v] of generator g picks, if that lies in the range; else 0. */
static node picked(normal *c, slong g, int index, node lo, node hi)
{
    dag *d = c->d;
    node n = normal_generator_node(c, g), rest;
    long k;
    if (!n || dag_kind(d, n) != NODE_COMPARE || dag_payload(d, n) != COMPARE_EQUAL || dag_has_kind(d, n, NODE_ENTRY) || !dag_has_index(d, n, index) ||
        !dag_affine_split(d, dag_sub(d, dag_child(d, n, 0), dag_child(d, n, 1)), index, &k, &rest) || (k != 1 && k != -1))
        return 0;
    node v = session_index(c->s, k == 1 ? dag_neg(d, rest) : rest);
    return dag_index_le(d, lo, v) == TRUTH_YES && dag_index_le(d, v, hi) == TRUTH_YES ? v : 0;
}

static bool with_condition(normal *c, const rational *q, slong g, slong value, rational *out)
{
    fmpz_t z;
    fmpz_init(z);
    fmpz_set_si(z, value);
    bool good = fmpz_mpoly_evaluate_one_fmpz(fmpz_mpoly_q_numref(out), fmpz_mpoly_q_numref(q), g, z, c->ring) &&
                fmpz_mpoly_evaluate_one_fmpz(fmpz_mpoly_q_denref(out), fmpz_mpoly_q_denref(q), g, z, c->ring) &&
                !fmpz_mpoly_is_zero(fmpz_mpoly_q_denref(out), c->ring);
    fmpz_clear(z);
    if (good)
        fmpz_mpoly_q_canonicalise(out, c->ring);
    return good;
}

/* q(v) */
static bool value_at(const exception *x, const rational *q, rational *out)
{
    normal *c = x->c;
    node n = normal_node(c, q), from = dag_index_node(c->d, x->index);
    return n && normal_form(c, dag_substitute(c->d, n, 1, &from, &x->at, true), out);
}

static void relate(normal *c, const rational *atom, const rational *factor, const rational *whole)
{
    fmpz_mpoly_t left, right;
    fmpz_mpoly_init(left, c->ring);
    fmpz_mpoly_init(right, c->ring);
    fmpz_mpoly_mul(left, fmpz_mpoly_q_numref(atom), fmpz_mpoly_q_numref(factor), c->ring);
    fmpz_mpoly_mul(left, left, fmpz_mpoly_q_denref(whole), c->ring);
    fmpz_mpoly_mul(right, fmpz_mpoly_q_numref(whole), fmpz_mpoly_q_denref(factor), c->ring);
    fmpz_mpoly_sub(left, left, right, c->ring);
    normal_relation(c, left, c->plan->atoms - c->atom.count, 1);
    fmpz_mpoly_clear(right, c->ring);
}

/* M, from the whole product where f(v) is never 0. */
static bool rest_of_product(const exception *x, rational *out)
{
    normal *c = x->c;
    dag *d = c->d;
    rational factor, whole;
    rational_init(c, &factor);
    rational_init(c, &whole);
    node f = normal_node(c, &x->other), j = dag_index_node(d, x->index);
    bool good = f && value_at(x, &x->other, &factor) && normal_form(c, dag_raw_reduce(d, REDUCE_PROD, x->index, x->lo, x->hi, 0, f), &whole);
    if (good && normal_is_nonzero(c, fmpz_mpoly_q_numref(&factor))) {
        good = rational_div(c, out, &whole, &factor);
    } else if (good) {
        int before = c->atom.count;
        node body = dag_raw_if(d, dag_raw_compare(d, COMPARE_EQUAL, j, x->at), dag_int(d, 1), f);
        good = normal_atom(c, dag_raw_reduce(d, REDUCE_PROD, x->index, x->lo, x->hi, 0, body), out);
        if (good && c->atom.count > before)
            relate(c, out, &factor, &whole);
    }
    rational_clear(c, &factor);
    rational_clear(c, &whole);
    return good;
}

bool normal_product_but_one(normal *c, int index, node lo, node hi, const rational *q, bool *done, rational *out)
{
    exception x = {.c = c, .index = index, .lo = lo, .hi = hi};
    slong generator = -1;
    int count = 0;
    *done = false;
    for (slong g = c->plan->atoms - c->atom.count; g < c->plan->atoms; g++) {
        bool stands = fmpz_mpoly_degree_si(fmpz_mpoly_q_numref(q), g, c->ring) > 0 || fmpz_mpoly_degree_si(fmpz_mpoly_q_denref(q), g, c->ring) > 0;
        if (stands && normal_is_indicator(c, normal_generator_node(c, g))) {
            generator = g;
            count++;
        }
    }
    x.at = count == 1 ? picked(c, generator, index, lo, hi) : 0;
    if (!x.at)
        return true;
    rational value;
    rational_init(c, &value);
    rational_init(c, &x.other);
    rational_init(c, &x.there);
    *done = with_condition(c, q, generator, 0, &x.other) && with_condition(c, q, generator, 1, &x.there) && !fmpz_mpoly_q_is_zero(&x.other, c->ring);
    bool good = !*done || (value_at(&x, &x.there, &value) && rest_of_product(&x, out) && rational_mul(c, out, out, &value));
    rational_clear(c, &value);
    rational_clear(c, &x.other);
    rational_clear(c, &x.there);
    return good || (*done = false, normal_fail(c, NORMAL_BUDGET));
}
