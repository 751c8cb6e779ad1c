/* Smart reductions: factors that do not depend on the index move out, Kronecker deltas are contracted, conditions on the index become bounds. */
#include <stdlib.h>

#include "gen/dag/dag_private.h"
#include "gen/dag/ops.h"

typedef struct {
    dag *d;
    int index;
    node lo, hi;
} range;

static node sum_over(const range *r, node body);

/* lo <= at <= hi ? value : 0 */
static node guarded(dag *d, node lo, node at, node hi, node value)
{
    node zero = dag_int(d, 0);
    value = dag_if(d, dag_compare(d, COMPARE_LESS_EQUAL, at, hi), value, zero);
    return dag_if(d, dag_compare(d, COMPARE_LESS_EQUAL, lo, at), value, zero);
}

/* From a delta [a == b] with a ± unit coefficient of the index: the value the index must have; 0 if it is not of that form. */
static node solve_delta(const range *r, node delta)
{
    dag *d = r->d;
    long c;
    node rest;
    if (dag_kind(d, delta) != NODE_COMPARE || dag_payload(d, delta) != COMPARE_EQUAL || !dag_has_index(d, delta, r->index))
        return 0;
    node difference = dag_sub(d, dag_child(d, delta, 0), dag_child(d, delta, 1));
    if (!dag_affine_split(d, difference, r->index, &c, &rest)) {
        /* i == (opaque integer): the other side, when it does not hold i. A place such as argmin stays a condition: as an index it could not be differentiated
         * further, and the derivative of a minimum can. */
        for (int k = 0; k < 2; k++)
            if (dag_child(d, delta, k) == dag_index_node(d, r->index) && !dag_has_index(d, dag_child(d, delta, 1 - k), r->index) &&
                !dag_has_kind(d, dag_child(d, delta, 1 - k), NODE_REDUCE))
                return dag_child(d, delta, 1 - k);
        return 0;
    }
    if (c != 1 && c != -1)
        return 0;
    return dag_index_tidy(d, c == 1 ? dag_neg(d, rest) : rest);
}

static node put_index(const range *r, node body, node value)
{
    node from = dag_index_node(r->d, r->index);
    return dag_substitute(r->d, body, 1, &from, &value, false);
}

static bool node_is_total(void *context, node n)
{
    dag *d = ((void **)context)[0];
    bool *total = ((void **)context)[1];
    node_kind kind = dag_kind(d, n);
    if (kind == NODE_POW) {
        const mpq_t *e = dag_kind(d, dag_child(d, n, 1)) == NODE_NUMBER ? dag_value(d, dag_child(d, n, 1)) : NULL;
        *total = e && mpq_sgn(*e) > 0 && mpz_cmp_ui(mpq_denref(*e), 1) == 0;
    } else if (kind == NODE_FUN) {
        *total = op_get((op)dag_payload(d, n))->domain == DOMAIN_ALL;
    }
    return *total;
}

/* May a factor stand before the sum? If the range may be empty, the sum is 0 whatever the factor is: a factor that has no value there, 1/(n − 1) of a sum over
 * 1..n−1, stays inside. */
static bool may_leave(const range *r, node factor)
{
    bool total = true;
    void *context[] = {r->d, &total};
    if ((dag_has_kind(r->d, factor, NODE_POW) || dag_has_kind(r->d, factor, NODE_FUN)) && dag_index_le(r->d, r->lo, r->hi) != TRUTH_YES)
        dag_visit(r->d, factor, node_is_total, context);
    return total;
}

static node times_range(const range *r, node body)
{
    dag *d = r->d;
    node count = dag_add(d, 3, (node[]){r->hi, dag_neg(d, r->lo), dag_int(d, 1)});
    if (dag_index_le(d, r->lo, dag_add2(d, r->hi, dag_int(d, 1))) != TRUTH_YES || !may_leave(r, body))
        return dag_raw_reduce(d, REDUCE_SUM, r->index, r->lo, r->hi, 0, body);
    return dag_mul2(d, count, body);
}

static bool has_delta(const range *r, node term);

/* (a + b)·c where every term of the sum has a delta on the index: multiplied out, so that the deltas can be contracted. 0 if there is no such factor. */
static node distribute_deltas(const range *r, node body)
{
    dag *d = r->d;
    int count = dag_kind(d, body) == NODE_MUL ? dag_count(d, body) : 0;
    for (int i = 0; i < count; i++) {
        node sum = dag_child(d, body, i);
        int terms = dag_kind(d, sum) == NODE_ADD ? dag_count(d, sum) : 0, with = 0;
        for (int k = 0; k < terms; k++)
            with += has_delta(r, dag_child(d, sum, k));
        if (!terms || with < terms)
            continue;
        node *factor = xmalloc((size_t)count * sizeof *factor), *term = xmalloc((size_t)terms * sizeof *term), made;
        for (int k = 0; k < terms; k++) {
            for (int j = 0; j < count; j++)
                factor[j] = j == i ? dag_child(d, sum, k) : dag_child(d, body, j);
            term[k] = sum_over(r, dag_mul(d, count, factor));
        }
        made = dag_add(d, terms, term);
        free(factor), free(term);
        return made;
    }
    return 0;
}

/* Σ over a product that holds the index somewhere. */
static node sum_product(const range *r, node body)
{
    dag *d = r->d;
    int count = dag_kind(d, body) == NODE_MUL ? dag_count(d, body) : 1, outside = 0, inside = 0;
    node *out = xmalloc(2 * (size_t)(count + 1) * sizeof *out), *in = out + count + 1, solved = 0, made;
    for (int i = 0; i < count; i++) {
        node f = count == 1 ? body : dag_child(d, body, i);
        node at = solved || !dag_has_index(d, f, r->index) ? 0 : solve_delta(r, f);
        if (at)
            solved = at;
        else if (dag_has_index(d, f, r->index) || !may_leave(r, f))
            in[inside++] = f;
        else
            out[outside++] = f;
    }
    if (solved) {
        node rest = put_index(r, inside ? dag_mul(d, inside, in) : dag_int(d, 1), solved);
        out[outside++] = guarded(d, r->lo, solved, r->hi, rest);
        made = dag_mul(d, outside, out);
    } else if (outside) {
        out[outside] = sum_over(r, dag_mul(d, inside, in));
        /* The sum goes last: factor first, as people write. */
        made = dag_mul(d, outside + 1, out);
    } else {
        made = distribute_deltas(r, body);
        if (!made)
            made = dag_raw_reduce(d, REDUCE_SUM, r->index, r->lo, r->hi, 0, body);
    }
    free(out);
    return made;
}

/* A bound c·i <= e (c = ±1) on the index narrows the range when the two ends can be compared. Returns false when nothing was decided. */
static bool narrow(const range *r, node condition, range *narrower)
{
    dag *d = r->d;
    long c;
    node rest;
    if (dag_kind(d, condition) != NODE_COMPARE)
        return false;
    compare k = (compare)dag_payload(d, condition);
    if (k != COMPARE_LESS && k != COMPARE_LESS_EQUAL)
        return false;
    node f = dag_sub(d, dag_child(d, condition, 0), dag_child(d, condition, 1)); /* f <= 0 */
    if (k == COMPARE_LESS)
        f = dag_add2(d, f, dag_int(d, 1));
    if (!dag_affine_split(d, f, r->index, &c, &rest) || (c != 1 && c != -1))
        return false;
    *narrower = *r;
    node bound = dag_index_tidy(d, c == 1 ? dag_neg(d, rest) : rest);
    node old = c == 1 ? r->hi : r->lo;
    truth tighter = c == 1 ? dag_index_le(d, bound, old) : dag_index_le(d, old, bound);
    truth looser = c == 1 ? dag_index_le(d, old, bound) : dag_index_le(d, bound, old);
    if (tighter != TRUTH_YES && looser != TRUTH_YES)
        return false;
    if (tighter == TRUTH_YES) {
        if (c == 1)
            narrower->hi = bound;
        else
            narrower->lo = bound;
    }
    return true;
}

/* term without its delta on the index, and the value the delta gives the index; 0 when it has none. */
static node split_delta(const range *r, node term, node *at)
{
    dag *d = r->d;
    int count = dag_count(d, term);
    *at = solve_delta(r, term);
    if (*at)
        return dag_int(d, 1);
    if (dag_kind(d, term) != NODE_MUL)
        return 0;
    node *list = xmalloc((size_t)count * sizeof *list), made = 0;
    for (int i = 0; i < count && !made; i++) {
        *at = solve_delta(r, dag_child(d, term, i));
        if (!*at)
            continue;
        int kept = 0;
        for (int k = 0; k < count; k++)
            if (k != i)
                list[kept++] = dag_child(d, term, k);
        made = dag_mul(d, kept, list);
    }
    free(list);
    return made;
}

/* The opposite of a comparison of index expressions; 0 for other conditions (NaN is neither less nor not less). */
static node negated(dag *d, node condition)
{
    if (dag_kind(d, condition) != NODE_COMPARE || !dag_is_affine(d, dag_child(d, condition, 0)) || !dag_is_affine(d, dag_child(d, condition, 1)))
        return 0;
    node a = dag_child(d, condition, 0), b = dag_child(d, condition, 1);
    switch ((compare)dag_payload(d, condition)) {
    case COMPARE_EQUAL: return dag_raw_compare(d, COMPARE_UNEQUAL, a, b);
    case COMPARE_UNEQUAL: return dag_raw_compare(d, COMPARE_EQUAL, a, b);
    case COMPARE_LESS: return dag_raw_compare(d, COMPARE_LESS_EQUAL, b, a);
    default: return dag_raw_compare(d, COMPARE_LESS, b, a);
    }
}

static node sum_if(const range *r, node body)
{
    dag *d = r->d;
    node condition = dag_child(d, body, 0), yes = dag_child(d, body, 1), no = dag_child(d, body, 2);
    range narrower;
    if (!dag_has_index(d, condition, r->index))
        return dag_if(d, condition, sum_over(r, yes), sum_over(r, no));
    if (dag_is_int(d, yes, 0) && !dag_is_int(d, no, 0)) { /* the other way round: i < v and v <= i, i == v and i ≠ v */
        node opposite = negated(d, condition);
        if (opposite)
            return sum_if(r, dag_raw_if(d, opposite, no, yes));
    }
    if (dag_is_int(d, no, 0)) {
        node at = solve_delta(r, condition);
        if (at)
            return guarded(d, r->lo, at, r->hi, put_index(r, yes, at));
        if (narrow(r, condition, &narrower)) {
            /* A fresh index carries the new bounds, so that later comparisons see them. */
            int fresh = dag_index_fresh(d, d->index[r->index].name, narrower.lo, narrower.hi);
            yes = put_index(r, yes, dag_index_node(d, fresh));
            narrower.index = fresh;
            return sum_over(&narrower, yes);
        }
        node rest = split_delta(r, yes, &at);
        if (rest)
            return guarded(d, r->lo, at, r->hi, put_index(r, dag_if(d, condition, rest, no), at));
    }
    return dag_raw_reduce(d, REDUCE_SUM, r->index, r->lo, r->hi, 0, body);
}

static bool has_delta(const range *r, node term)
{
    dag *d = r->d;
    if (dag_kind(d, term) != NODE_MUL)
        return solve_delta(r, term) != 0 || dag_kind(d, term) == NODE_IF;
    for (int i = 0; i < dag_count(d, term); i++) {
        node f = dag_child(d, term, i);
        bool other = dag_kind(d, f) == NODE_COMPARE && dag_payload(d, f) == COMPARE_EQUAL && !dag_has_index(d, f, r->index); /* for a sum further out */
        if (other || solve_delta(r, f) || dag_kind(d, f) == NODE_IF)
            return true;
    }
    return false;
}

/* Terms with a delta, and those without the index, are summed alone; the others stay together. */
static node sum_terms(const range *r, node body)
{
    dag *d = r->d;
    int count = dag_count(d, body), alone = 0, rest = 0;
    node *list = xmalloc(2 * (size_t)(count + 1) * sizeof *list), *together = list + count + 1;
    for (int i = 0; i < count; i++) {
        node t = dag_child(d, body, i);
        if (!dag_has_index(d, t, r->index) || has_delta(r, t))
            list[alone++] = sum_over(r, t);
        else
            together[rest++] = t;
    }
    node made;
    if (alone == 0) {
        made = dag_raw_reduce(d, REDUCE_SUM, r->index, r->lo, r->hi, 0, body);
    } else {
        if (rest)
            list[alone++] = sum_over(r, dag_add(d, rest, together));
        made = dag_add(d, alone, list);
    }
    free(list);
    return made;
}

/* IF guards inside a product are moved outside it: Σ_i a[i]·(if c then b else 0). */
static node lift_guard(const range *r, node body)
{
    dag *d = r->d;
    int count = dag_count(d, body);
    for (int i = 0; i < count; i++) {
        node f = dag_child(d, body, i);
        if (dag_kind(d, f) != NODE_IF || !dag_is_int(d, dag_child(d, f, 2), 0) || !dag_is_affine(d, dag_child(d, dag_child(d, f, 0), 0)))
            continue;
        node *list = xmalloc((size_t)count * sizeof *list);
        for (int k = 0; k < count; k++)
            list[k] = k == i ? dag_child(d, f, 1) : dag_child(d, body, k);
        node made = dag_raw_if(d, dag_child(d, f, 0), dag_mul(d, count, list), dag_int(d, 0));
        free(list);
        return made;
    }
    return body;
}

static node sum_over(const range *r, node body)
{
    dag *d = r->d;
    if (dag_is_int(d, body, 0))
        return body;
    if (dag_kind(d, body) == NODE_MUL)
        body = lift_guard(r, body);
    if (r->lo == r->hi)
        return put_index(r, body, r->lo);
    if (!dag_has_index(d, body, r->index))
        return times_range(r, body);
    switch (dag_kind(d, body)) {
    case NODE_ADD: return sum_terms(r, body);
    case NODE_IF: return sum_if(r, body);
    default: return sum_product(r, body);
    }
}

node dag_reduce(dag *d, reduction r, int index, node lo, node hi, node at, node body)
{
    if (r == REDUCE_SUM) {
        range over = {d, index, lo, hi};
        return sum_over(&over, body);
    }
    return dag_raw_reduce(d, r, index, lo, hi, at, body);
}
