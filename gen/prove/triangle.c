/* A_k = Σ_i Σ_j [i − j + k <= 0] f(i,j) over a square. If f is symmetric, swapping i and j gives A_k + A_(1−k) = Σ f, and the two differ by whole diagonals:
 * 2 A_k = Σ f + (the diagonals |i − j| <= −k) for k <= 0, Σ f − (the diagonals |i − j| < k) for k >= 1. */
#include <stdlib.h>

#include "gen/dag/ops.h"
#include "gen/prove/nested.h"

#define MOST_APART 2 /* of the diagonals */

typedef struct {
    int at, first, second; /* the factor, places of i and j among the bound indices */
    long k;
    node lo, hi;
} triangle;

/* Are both ranges lo..hi, up to values that i <= j − k rules out: j < lo + k, i > hi − k? Sets lo and hi. */
static bool same_range(normal *c, const product *p, triangle *t)
{
    dag *d = c->d;
    const dag_index_info *i = dag_index_get(d, p->bound[t->first]), *j = dag_index_get(d, p->bound[t->second]);
    node k = dag_int(d, t->k);
    t->lo = i->lo;
    t->hi = j->hi;
    bool low = j->lo == i->lo || (t->k > 0 && session_index(c->s, dag_add2(d, i->lo, k)) == session_index(c->s, j->lo));
    bool high = i->hi == j->hi || (t->k > 0 && session_index(c->s, dag_sub(d, j->hi, k)) == session_index(c->s, i->hi));
    return low && high;
}

/* Is the factor [i − j + k <= 0] with bound i, j of one range? */
static bool is_triangle(normal *c, const product *p, int at, triangle *out)
{
    dag *d = c->d;
    node n = p->factor[at];
    if (dag_kind(d, n) != NODE_COMPARE || dag_payload(d, n) != COMPARE_LESS_EQUAL)
        return false;
    node e = session_index(c->s, dag_sub(d, dag_child(d, n, 0), dag_child(d, n, 1)));
    *out = (triangle){.at = at, .first = -1, .second = -1};
    for (int i = 0; i < p->bound_count; i++) {
        long k;
        node rest;
        if (!nested_has_index(c, e, p->bound[i]))
            continue;
        if (!dag_affine_split(d, e, p->bound[i], &k, &rest) || (k != 1 && k != -1) || (k == 1 ? out->first : out->second) >= 0)
            return false;
        *(k == 1 ? &out->first : &out->second) = i;
        e = session_index(c->s, rest);
    }
    if (out->first < 0 || out->second < 0 || dag_kind(d, e) != NODE_NUMBER || !mpz_fits_slong_p(mpq_numref(*dag_value(d, e))))
        return false;
    out->k = mpz_get_si(mpq_numref(*dag_value(d, e)));
    return labs(out->k) <= MOST_APART && same_range(c, p, out);
}

/* The sum without its condition, both indices over the whole range. */
static product whole_square(normal *c, const product *p, triangle *t)
{
    dag *d = c->d;
    product out = *p;
    node from[2], to[2];
    int place[] = {t->first, t->second};
    for (int k = 0; k < 2; k++) {
        out.bound[place[k]] = dag_index_fresh(d, dag_index_get(d, p->bound[place[k]])->name, t->lo, t->hi);
        from[k] = dag_index_node(d, p->bound[place[k]]);
        to[k] = dag_index_node(d, out.bound[place[k]]);
    }
    out.factor_count = 0;
    for (int i = 0; i < p->factor_count; i++)
        if (i != t->at)
            out.factor[out.factor_count++] = dag_substitute(d, p->factor[i], 2, from, to, true);
    return out;
}

/* The factors, i and j swapped if `swap`, times one more. */
static product with_factor(normal *c, const product *p, const triangle *t, bool swap, node more)
{
    product out = *p;
    node from[] = {dag_index_node(c->d, p->bound[t->first]), dag_index_node(c->d, p->bound[t->second])}, to[] = {from[1], from[0]};
    for (int i = 0; i < p->factor_count && swap; i++)
        out.factor[i] = dag_substitute(c->d, p->factor[i], 2, from, to, true);
    out.factor[out.factor_count++] = more;
    return out;
}

/* Has the node a value for all values of its entries? On the diagonal of a strict triangle it is asked for where the page does not ask. */
static bool is_total(normal *c, node n)
{
    dag *d = c->d;
    switch (dag_kind(d, n)) {
    case NODE_FUN:
        if (op_get((op)dag_payload(d, n))->domain != DOMAIN_ALL)
            return false;
        break;
    case NODE_POW:
        if (dag_kind(d, dag_child(d, n, 1)) != NODE_NUMBER || mpq_sgn(*dag_value(d, dag_child(d, n, 1))) < 0 ||
            mpz_cmp_ui(mpq_denref(*dag_value(d, dag_child(d, n, 1))), 1) != 0)
            return false;
        break;
    case NODE_REDUCE: return dag_payload(d, n) == REDUCE_SUM && is_total(c, dag_child(d, n, dag_count(d, n) - 1));
    default: break;
    }
    for (int i = 0; i < dag_count(d, n); i++)
        if (!is_total(c, dag_child(d, n, i)))
            return false;
    return true;
}

/* Does swapping i and j give the same nest? A strict comparison, which no normal form has, tells them apart. */
static bool is_symmetric(normal *c, const product *p, const triangle *t)
{
    if (p->factor_count == NESTED_MOST_FACTORS)
        return false;
    for (int i = 0; i < p->factor_count && t->k > 0; i++)
        if (!is_total(c, p->factor[i]))
            return false;
    node mark = dag_raw_compare(c->d, COMPARE_LESS, dag_index_node(c->d, p->bound[t->first]), dag_index_node(c->d, p->bound[t->second]));
    product one = with_factor(c, p, t, false, mark), other = with_factor(c, p, t, true, mark);
    int sign, other_sign;
    node n = nested_canonical(c, &one, &sign);
    return n && n == nested_canonical(c, &other, &other_sign) && sign == other_sign;
}

static bool add_nest(normal *c, const product *p, slong sign, rational *out)
{
    rational t;
    rational_init(c, &t);
    node n = nested_close(c, p, nested_body(c, p), p->bound);
    bool good = (n || normal_fail(c, NORMAL_BUDGET)) && normal_form(c, n, &t);
    fmpz_mpoly_q_mul_si(&t, &t, sign, c->ring);
    good = good && rational_add(c, out, out, &t);
    rational_clear(c, &t);
    return good;
}

static bool halve(normal *c, const product *square, const triangle *t, rational *out)
{
    dag *d = c->d;
    long width = t->k >= 1 ? t->k - 1 : -t->k;
    fmpz_mpoly_q_zero(out, c->ring);
    bool good = add_nest(c, square, 1, out);
    for (long apart = -width; good && apart <= width; apart++) {
        node i = dag_index_node(d, square->bound[t->first]), j = dag_add2(d, dag_index_node(d, square->bound[t->second]), dag_int(d, apart));
        product diagonal = with_factor(c, square, t, false, dag_raw_compare(d, COMPARE_EQUAL, i, session_index(c->s, j)));
        good = add_nest(c, &diagonal, t->k >= 1 ? -1 : 1, out);
    }
    fmpz_mpoly_q_div_si(out, out, 2, c->ring);
    return good;
}

/* --- an index that stands in one condition only --- */

/* The number of values of bound index `place` that satisfy the factor [index <= end] or [end <= index], the only one it stands in; 0: not so, or not sure. */
static node count_of(normal *c, const product *p, int place, int *at)
{
    dag *d = c->d;
    int index = p->bound[place], found = -1;
    for (int i = 0; i < p->factor_count; i++)
        if (nested_has_index(c, p->factor[i], index)) {
            if (found >= 0)
                return 0;
            found = i;
        }
    for (int i = 0; i < p->bound_count; i++)
        if (nested_has_index(c, dag_index_get(d, p->bound[i])->lo, index) || nested_has_index(c, dag_index_get(d, p->bound[i])->hi, index))
            return 0;
    node n = found >= 0 ? p->factor[found] : 0, rest, one = dag_int(d, 1);
    long k;
    if (!n || dag_kind(d, n) != NODE_COMPARE || dag_payload(d, n) != COMPARE_LESS_EQUAL || dag_has_kind(d, n, NODE_ENTRY) ||
        !dag_affine_split(d, dag_sub(d, dag_child(d, n, 0), dag_child(d, n, 1)), index, &k, &rest) || (k != 1 && k != -1))
        return 0;
    const dag_index_info x = *dag_index_get(d, index);
    node end = session_index(c->s, k == 1 ? dag_neg(d, rest) : rest); /* index <= end, or end <= index */
    node first = k == 1 ? x.lo : end, last = k == 1 ? end : x.hi;
    bool inside = k == 1 ? dag_index_le(d, end, x.hi) == TRUTH_YES : dag_index_le(d, x.lo, end) == TRUTH_YES;
    *at = found;
    return inside && dag_index_le(d, first, dag_add2(d, last, one)) == TRUTH_YES ? session_index(c->s, dag_add2(d, dag_sub(d, last, first), one)) : 0;
}

/* Σ_i Σ_j [i < j] f(j) = Σ_j j f(j) */
static bool count_out(normal *c, const product *p, bool *done, rational *out)
{
    for (int i = 0; i < p->bound_count && p->bound_count > 1; i++) {
        int at;
        node count = count_of(c, p, i, &at);
        if (!count)
            continue;
        product rest = *p;
        rest.factor[at] = count;
        rest.bound[i] = rest.bound[--rest.bound_count];
        fmpz_mpoly_q_zero(out, c->ring);
        *done = add_nest(c, &rest, 1, out);
        return *done;
    }
    return true;
}

bool nested_triangle(normal *c, const product *p, bool *done, rational *out)
{
    triangle t;
    if (!count_out(c, p, done, out) || *done)
        return *done;
    for (int i = 0; i < p->factor_count && p->bound_count > 1; i++) {
        if (!is_triangle(c, p, i, &t))
            continue;
        product square = whole_square(c, p, &t);
        if (is_symmetric(c, &square, &t)) {
            *done = halve(c, &square, &t, out);
            return *done;
        }
    }
    return true;
}
