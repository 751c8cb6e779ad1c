/* Sums over an index in normal form. Products are distributed; what does not depend on the index leaves the sum; Kronecker deltas are contracted; what remains
 * is one atom Σ…Σ over a connected product, with its dummies and their order chosen canonically. That holds for all sizes. */
#include <stdlib.h>

#include "gen/dag/ops.h"
#include "gen/prove/nested.h"

/* --- ranges in one form --- */

typedef struct {
    normal *c;
    int index;
    bool entries;         /* only in subscripts of names, which say more than a bare index */
    bool up, down, other; /* coefficients 1, −1, others */
    long least;           /* constant beside the index */
} placing;

static void place(placing *x, node n)
{
    dag *d = x->c->d;
    long k, constant = 0;
    node rest;
    if (!dag_affine_split(d, n, x->index, &k, &rest)) {
        x->other = true;
        return;
    }
    rest = session_index(x->c->s, rest);
    if (dag_kind(d, rest) == NODE_ADD)
        rest = dag_child(d, rest, dag_count(d, rest) - 1);
    if (dag_kind(d, rest) == NODE_NUMBER)
        constant = mpz_get_si(mpq_numref(*dag_value(d, rest)));
    constant = k < 0 ? -constant : constant;
    if ((!x->up && !x->down) || constant < x->least)
        x->least = constant;
    x->up = x->up || k == 1;
    x->down = x->down || k == -1;
    x->other = x->other || (k != 1 && k != -1);
}

/* Every greatest affine expression in which the index stands. */
static bool visit_place(void *context, node n)
{
    placing *x = context;
    dag *d = x->c->d;
    if ((dag_is_affine(d, n) || x->entries) && dag_kind(d, n) != NODE_ENTRY)
        return true;
    for (int i = 0; i < dag_count(d, n); i++) {
        node child = dag_child(d, n, i);
        if (dag_is_affine(d, child) && !dag_has_kind(d, child, NODE_BOUND) && dag_has_index(d, child, x->index))
            place(x, child);
    }
    return true;
}

/* Σ_i u[i+1] from 0 to n−2 is Σ_i u[i] from 1 to n−1, Σ_i u[n−1−i] is Σ_i u[i]: the least constant is 0, some coefficient 1. */
static bool settle_range(normal *c, int *index, node *lo, node *hi, product *p)
{
    dag *d = c->d;
    placing x = {.c = c, .index = *index, .entries = true};
    node whole = dag_raw_mul(d, 2, (node[]){dag_raw_mul(d, p->factor_count, p->factor), dag_raw_fun(d, OP_PI_CONST, 0, NULL)}); /* a factor may be the index */
    dag_visit(d, whole, visit_place, &x);
    if (!x.up && !x.down && !x.other) {
        x.entries = false;
        dag_visit(d, whole, visit_place, &x);
    }
    if (x.other || (!x.up && !x.down) || (x.up && x.least == 0) || (!x.up && c->turned))
        return false;
    node old = dag_index_node(d, *index), shift = dag_int(d, x.least), sum = dag_add2(d, *lo, *hi);
    bool turn = !x.up;
    node first = turn ? *lo : session_index(c->s, dag_add2(d, *lo, shift)), last = turn ? *hi : session_index(c->s, dag_add2(d, *hi, shift));
    int settled = dag_index_fresh(d, dag_index_get(d, *index)->name, first, last);
    node to = session_index(c->s, dag_sub(d, turn ? sum : dag_index_node(d, settled), turn ? dag_index_node(d, settled) : shift));
    for (int i = 0; i < p->factor_count; i++)
        p->factor[i] = dag_substitute(d, p->factor[i], 1, &old, &to, true);
    *index = settled;
    *lo = first;
    *hi = last;
    return true;
}

/* The same sum over an index that was settled: the factors are other atoms now. */
static bool sum_again(normal *c, int index, node lo, node hi, const product *p, rational *out)
{
    rational t, q;
    rational_init(c, &t);
    rational_init(c, &q);
    fmpz_mpoly_q_one(&q, c->ring);
    bool good = true;
    normal_scope before = normal_enter_range(c, index, lo, hi);
    for (int i = 0; i < p->factor_count && good; i++)
        good = normal_form(c, p->factor[i], &t) && rational_mul(c, &q, &q, &t);
    normal_leave(c, before);
    good = good && normal_sum(c, index, lo, hi, &q, out);
    rational_clear(c, &t);
    rational_clear(c, &q);
    return good;
}

/* --- one product under one sum --- */

/* hi − lo + 1, 0 when empty. */
static bool count_terms(normal *c, node lo, node hi, rational *out)
{
    dag *d = c->d;
    node count = dag_add2(d, dag_sub(d, hi, lo), dag_int(d, 1));
    if (dag_index_le(d, dag_int(d, 0), count) != TRUTH_YES) {
        node one = dag_int(d, 1);
        int index = dag_index(d, 0, lo, hi);
        return normal_atom(c, dag_raw_reduce(d, REDUCE_SUM, index, lo, hi, 0, one), out);
    }
    return normal_form(c, count, out);
}

/* Σ_{i<=n} i^power from 0, as an expression in n. */
static node power_sum(dag *d, node n, long power)
{
    node one = dag_int(d, 1), two = dag_int(d, 2), next = dag_add2(d, n, one), pair = dag_mul(d, 3, (node[]){dag_ratio(d, 1, 2), n, next});
    if (power == 1)
        return pair;
    if (power == 2)
        return dag_mul(d, 3, (node[]){dag_ratio(d, 1, 3), pair, dag_add2(d, dag_mul2(d, two, n), one)});
    return dag_mul2(d, pair, pair);
}

/* Σ of a power of the index itself; the range must not be shorter than empty. */
static bool sum_of_powers(normal *c, node index, node lo, node hi, const product *p, rational *out)
{
    dag *d = c->d;
    node n = p->factor[0], below = session_index(c->s, dag_sub(d, lo, dag_int(d, 1)));
    long power = n == index ? 1 : dag_kind(d, n) == NODE_POW && dag_child(d, n, 0) == index ? dag_is_int(d, dag_child(d, n, 1), 2) ? 2 : 3 : 0;
    if (p->factor_count != 1 || !power || (power == 3 && !dag_is_int(d, dag_child(d, n, 1), 3)) || dag_index_le(d, below, hi) != TRUTH_YES)
        return false;
    return normal_form(c, dag_sub(d, power_sum(d, hi, power), power_sum(d, below, power)), out);
}

/* The value of `index` for which a − b = 0, if its coefficient is ±1; else 0. */
static node solve_index(normal *c, node a, node b, int index)
{
    long k;
    node rest;
    if (!dag_affine_split(c->d, dag_sub(c->d, a, b), index, &k, &rest) || (k != 1 && k != -1))
        return 0;
    return session_index(c->s, k == 1 ? dag_neg(c->d, rest) : rest);
}

/* Σ_i [i = v]·f(i) = f(v) if lo <= v <= hi */
static bool contract(normal *c, int index, node lo, node hi, const product *p, int delta, node v, rational *out)
{
    dag *d = c->d;
    node factor[NESTED_MOST_FACTORS + 2], from = dag_index_node(d, index);
    int count = 0;
    for (int i = 0; i < p->factor_count; i++)
        if (i != delta)
            factor[count++] = dag_substitute(d, p->factor[i], 1, &from, &v, true);
    rational t;
    rational_init(c, &t);
    fmpz_mpoly_q_one(out, c->ring);
    bool data = normal_is_inside(c, v, lo, hi), above = data || dag_index_le(d, lo, v) == TRUTH_YES, below = data || dag_index_le(d, v, hi) == TRUTH_YES;
    bool good = true, inside = above && below;
    if (!above)
        factor[count++] = dag_compare(d, COMPARE_LESS_EQUAL, lo, v);
    if (!below)
        factor[count++] = dag_compare(d, COMPARE_LESS_EQUAL, v, hi);
    normal_scope before = inside ? normal_scope_of(c) : normal_enter_branch(c);
    for (int i = 0; i < count && good; i++)
        good = normal_form(c, factor[i], &t) && rational_mul(c, out, out, &t);
    normal_leave(c, before);
    rational_clear(c, &t);
    return good;
}

/* --- sums over nearly the same range --- */

#define MOST_APART 3

static bool number_between(normal *c, node from, node to, long *out)
{
    dag *d = c->d;
    node n = session_index(c->s, dag_sub(d, to, from));
    const mpq_t *v = dag_kind(d, n) == NODE_NUMBER ? dag_value(d, n) : NULL;
    *out = v ? mpz_get_si(mpq_numref(*v)) : 0;
    return v && labs(*out) <= MOST_APART;
}

/* An atom Σ of the same body whose ends are a few terms away; 0: none. Both ranges must be at least empty, or terms would count that are in neither. */
static node similar_sum(normal *c, node n)
{
    dag *d = c->d;
    node one = dag_int(d, 1);
    int64_t key = n;
    if (dag_kind(d, n) != NODE_REDUCE || table_find(&c->atom, 1, &key) >= 0)
        return 0;
    for (int i = 0; i < c->atom.count; i++) {
        int length;
        long low, high;
        node m = (node)*table_key(&c->atom, i, &length);
        if (dag_kind(d, m) != NODE_REDUCE || dag_payload(d, m) != REDUCE_SUM || dag_child(d, m, 2) != dag_child(d, n, 2) ||
            !number_between(c, dag_child(d, m, 0), dag_child(d, n, 0), &low) || !number_between(c, dag_child(d, m, 1), dag_child(d, n, 1), &high))
            continue;
        node both[] = {m, n};
        bool good = true;
        for (int k = 0; k < 2 && good; k++)
            good = dag_index_le(d, dag_child(d, both[k], 0), dag_add2(d, dag_child(d, both[k], 1), one)) == TRUTH_YES;
        if (good)
            return m;
    }
    return 0;
}

/* Adds sign·body at lo … hi, which are a number apart. */
static bool add_terms(normal *c, node sum, node lo, long count, slong sign, rational *out)
{
    dag *d = c->d;
    int index;
    node body = session_open(c->s, sum, &index), from = dag_index_node(d, index);
    rational t;
    rational_init(c, &t);
    bool good = true;
    normal_scope before = normal_enter_branch(c); /* the other sum may stand in one */
    for (long k = 0; k < count && good; k++) {
        node at = session_index(c->s, dag_add2(d, lo, dag_int(d, k)));
        good = normal_form(c, dag_substitute(d, body, 1, &from, &at, true), &t);
        fmpz_mpoly_q_mul_si(&t, &t, sign, c->ring);
        good = good && rational_add(c, out, out, &t);
    }
    normal_leave(c, before);
    rational_clear(c, &t);
    return good;
}

/* Σ over n's range from Σ over m's: the terms at both ends that only one of them has. */
static bool sum_by_other(normal *c, node n, node m, rational *out)
{
    dag *d = c->d;
    long low, high;
    node one = dag_int(d, 1);
    number_between(c, dag_child(d, m, 0), dag_child(d, n, 0), &low);
    number_between(c, dag_child(d, m, 1), dag_child(d, n, 1), &high);
    bool good = normal_atom(c, m, out);
    if (low > 0)
        good = good && add_terms(c, n, dag_child(d, m, 0), low, -1, out);
    else
        good = good && add_terms(c, n, dag_child(d, n, 0), -low, 1, out);
    if (high > 0)
        return good && add_terms(c, n, dag_add2(d, dag_child(d, m, 1), one), high, 1, out);
    return good && add_terms(c, n, dag_add2(d, dag_child(d, n, 1), one), -high, -1, out);
}

/* The pair of an inverse and its matrix under one of the sums is a Kronecker delta; sets *done. */
static bool contract_inverse(normal *c, const product *p, bool *done, rational *out)
{
    dag *d = c->d;
    node factor[NESTED_MOST_FACTORS], value;
    int first, second, place = 0, count = 0;
    *done = false;
    for (; place < p->bound_count && !*done; place++) {
        const dag_index_info *x = dag_index_get(d, p->bound[place]);
        *done = normal_inverse_pair(c, p->bound[place], session_index(c->s, x->lo), session_index(c->s, x->hi), p->factor_count, p->factor, &first, &second,
                                    &value);
    }
    if (!*done)
        return true;
    for (int i = 0; i < p->factor_count; i++)
        if (i != first && i != second)
            factor[count++] = p->factor[i];
    factor[count++] = value;
    node n = count == 1 ? factor[0] : dag_raw_mul(d, count, factor);
    for (int i = 0; i < p->bound_count; i++) {
        const dag_index_info x = *dag_index_get(d, p->bound[i]);
        n = i == place - 1 ? n : dag_raw_reduce(d, REDUCE_SUM, p->bound[i], x.lo, x.hi, 0, n);
    }
    return normal_form(c, n, out);
}

/* A nest in canonical form. */
static bool sum_atom(normal *c, const product *p, rational *out)
{
    int sign;
    node n = nested_canonical(c, p, &sign), value, other;
    bool good = n || normal_fail(c, NORMAL_BUDGET);
    if (good && sign == 0)
        fmpz_mpoly_q_zero(out, c->ring);
    else if (good && normal_fact(c, n, &value))
        good = normal_form(c, value, out);
    else if (good)
        good = (other = similar_sum(c, n)) ? sum_by_other(c, n, other, out) : normal_atom(c, n, out);
    if (good && sign < 0)
        fmpz_mpoly_q_neg(out, out, c->ring);
    return good;
}

/* Factors [index == …], of which one term is left, and [index <= …], which go into the range. *done: the sum is in out, or could not be computed. */
static bool sum_compared(normal *c, int index, node *lo, node *hi, product *p, bool *done, rational *out)
{
    dag *d = c->d;
    for (int i = 0; i < p->factor_count; i++) {
        node n = p->factor[i];
        if (dag_kind(d, n) != NODE_COMPARE)
            continue;
        node a = dag_child(d, n, 0), b = dag_child(d, n, 1);
        if (dag_payload(d, n) == COMPARE_EQUAL && a == dag_index_node(d, index) && dag_kind(d, b) == NODE_ENTRY && !dag_has_index(d, b, index))
            return *done = true, contract(c, index, *lo, *hi, p, i, b, out);
        if (!dag_is_affine(d, a) || !dag_is_affine(d, b) || dag_has_kind(d, n, NODE_ENTRY))
            continue;
        node v = dag_payload(d, n) == COMPARE_EQUAL ? solve_index(c, a, b, index) : 0;
        if (v)
            return *done = true, contract(c, index, *lo, *hi, p, i, v, out);
        long k;
        node rest;
        if (dag_payload(d, n) != COMPARE_LESS_EQUAL || !dag_affine_split(d, dag_sub(d, a, b), index, &k, &rest) || (k != 1 && k != -1))
            continue;
        node end = session_index(c->s, k == 1 ? dag_neg(d, rest) : rest); /* index <= end, or end <= index */
        node above = dag_add2(d, *hi, dag_int(d, 1)), below = dag_sub(d, *lo, dag_int(d, 1));
        bool inside = k == 1 ? dag_index_le(d, end, *hi) == TRUTH_YES && dag_index_le(d, below, end) == TRUTH_YES
                             : dag_index_le(d, *lo, end) == TRUTH_YES && dag_index_le(d, end, above) == TRUTH_YES;
        if (!inside)
            continue;
        if (k == 1)
            *hi = end;
        else
            *lo = end;
        p->factor[i--] = p->factor[--p->factor_count];
    }
    return true;
}

/* Σ over index of (one product of factors that all depend on it). */
static bool sum_product(normal *c, int index, node lo, node hi, product *p, rational *out)
{
    dag *d = c->d;
    bool done = false, good = sum_compared(c, index, &lo, &hi, p, &done, out);
    if (done)
        return good;
    const dag_index_info *x = dag_index_get(d, index);
    if (x->lo != lo || x->hi != hi) { /* the range shrank: an index of that range */
        int narrower = dag_index_fresh(d, x->name, lo, hi);
        node from = dag_index_node(d, index), to = dag_index_node(d, narrower);
        for (int i = 0; i < p->factor_count; i++)
            p->factor[i] = dag_substitute(d, p->factor[i], 1, &from, &to, true);
        index = narrower;
    }
    if (session_index(c->s, lo) == session_index(c->s, hi)) /* one term */
        return contract(c, index, lo, hi, p, -1, session_index(c->s, lo), out);
    if (p->factor_count == 0)
        return count_terms(c, lo, hi, out);
    if (settle_range(c, &index, &lo, &hi, p)) {
        c->turned++; /* what is chosen anew for an atom may ask to be turned back */
        good = sum_again(c, index, lo, hi, p, out);
        c->turned--;
        return good;
    }
    if (sum_of_powers(c, dag_index_node(d, index), lo, hi, p, out) || c->state != NORMAL_GOOD)
        return c->state == NORMAL_GOOD;
    product flat = {.bound = {index}, .bound_count = 1};
    for (int i = 0; i < p->factor_count; i++)
        if (!nested_flatten(c, &flat, p->factor[i]))
            return normal_fail(c, NORMAL_BUDGET);
    for (int i = 0; i < flat.bound_count; i++)
        if (!nested_widen(c, &flat, i))
            return normal_fail(c, NORMAL_BUDGET);
    if (!contract_inverse(c, &flat, &done, out) || c->state != NORMAL_GOOD)
        return false;
    if (!done && !nested_triangle(c, &flat, &done, out))
        return false;
    if (done)
        return true;
    return sum_atom(c, &flat, out);
}

/* --- a whole rational function under one sum --- */

typedef struct {
    normal *c;
    int index;
    bool *depends;    /* per generator */
    node divisor[16]; /* reciprocals that depend on the index */
    int divisor_count;
    rational outside; /* what the denominator has besides them, inverted */
    table group;      /* product that depends on the index → number in coefficient */
    rational *coefficient;
    int capacity;
} splitting;

static bool depends(const splitting *s, const fmpz_mpoly_struct *p)
{
    for (slong g = 0; g < s->c->plan->atoms; g++)
        if (s->depends[g] && fmpz_mpoly_degree_si(p, g, s->c->ring) > 0)
            return true;
    return false;
}

/* A factor of the denominator goes inside as a reciprocal, its sign chosen independently of names. */
static bool split_factor(splitting *s, fmpz_mpoly_struct *p, slong exponent)
{
    normal *c = s->c;
    rational t;
    rational_init(c, &t);
    bool good = true;
    if (depends(s, p)) {
        if (normal_negative(c, p)) {
            fmpz_mpoly_neg(p, p, c->ring);
            if (exponent % 2)
                fmpz_mpoly_q_neg(&s->outside, &s->outside, c->ring);
        }
        fmpz_mpoly_set(fmpz_mpoly_q_numref(&t), p, c->ring);
        good = s->divisor_count < 16;
        if (good)
            s->divisor[s->divisor_count++] = dag_raw_pow(c->d, normal_node(c, &t), dag_int(c->d, -exponent));
    } else {
        fmpz_mpoly_set(fmpz_mpoly_q_numref(&t), p, c->ring);
        good = rational_pow(c, &t, &t, -exponent) && rational_mul(c, &s->outside, &s->outside, &t);
    }
    rational_clear(c, &t);
    return good || normal_fail(c, NORMAL_BUDGET);
}

static bool split_denominator(splitting *s, const fmpz_mpoly_struct *bottom)
{
    normal *c = s->c;
    if (!depends(s, bottom)) {
        fmpz_mpoly_set(fmpz_mpoly_q_denref(&s->outside), bottom, c->ring);
        return true;
    }
    if (fmpz_mpoly_length(bottom, c->ring) > 300)
        return normal_fail(c, NORMAL_BUDGET);
    fmpz_mpoly_factor_t f;
    fmpz_mpoly_factor_init(f, c->ring);
    bool good = normal_factor(c, f, bottom);
    if (good)
        fmpz_mpoly_q_div_fmpz(&s->outside, &s->outside, f->constant, c->ring);
    for (slong i = 0; good && i < f->num; i++)
        good = split_factor(s, f->poly + i, fmpz_get_si(f->exp + i));
    fmpz_mpoly_factor_clear(f, c->ring);
    return good;
}

static int group_of(splitting *s, node inner)
{
    int64_t key = inner;
    int before = s->group.count, e = table_add(&s->group, 1, &key);
    if (e >= s->capacity) {
        s->capacity = 2 * e + 16;
        s->coefficient = xrealloc(s->coefficient, (size_t)s->capacity * sizeof *s->coefficient);
    }
    if (s->group.count > before)
        rational_init(s->c, &s->coefficient[e]);
    return e;
}

/* One term of the numerator: what depends on the index names the group, the rest is added to the group's coefficient. */
static bool split_term(splitting *s, const fmpz_mpoly_struct *top, slong term, slong *exponent)
{
    normal *c = s->c;
    node factor[NESTED_MOST_FACTORS];
    int count = 0;
    fmpz_mpoly_get_term_exp_si(exponent, top, term, c->ring);
    for (slong g = c->plan->atoms - 1; g >= 0; g--) {
        if (!exponent[g] || !s->depends[g])
            continue;
        if (count + s->divisor_count + 1 >= NESTED_MOST_FACTORS)
            return normal_fail(c, NORMAL_BUDGET);
        node n = normal_generator_node(c, g);
        factor[count++] = exponent[g] == 1 ? n : dag_raw_pow(c->d, n, dag_int(c->d, exponent[g]));
        exponent[g] = 0;
    }
    for (int i = 0; i < s->divisor_count; i++)
        factor[count++] = s->divisor[i];
    node inner = count == 0 ? dag_int(c->d, 1) : count == 1 ? factor[0] : dag_raw_mul(c->d, count, factor);
    int e = group_of(s, inner);
    fmpz_mpoly_t t;
    fmpz_t z;
    fmpz_mpoly_init(t, c->ring);
    fmpz_init(z);
    fmpz_mpoly_get_term_coeff_fmpz(z, top, term, c->ring);
    fmpz_mpoly_push_term_fmpz_ui(t, z, (const ulong *)exponent, c->ring);
    fmpz_mpoly_add(fmpz_mpoly_q_numref(&s->coefficient[e]), fmpz_mpoly_q_numref(&s->coefficient[e]), t, c->ring);
    fmpz_mpoly_clear(t, c->ring);
    fmpz_clear(z);
    return true;
}

static bool sum_group(splitting *s, int e, node lo, node hi, rational *out)
{
    normal *c = s->c;
    int length;
    node inner = (node)*table_key(&s->group, e, &length);
    product p = {0};
    rational t, part;
    rational_init(c, &t);
    rational_init(c, &part);
    bool good = true;
    if (dag_kind(c->d, inner) == NODE_MUL)
        for (int i = 0; i < dag_count(c->d, inner) && good; i++)
            good = nested_add_factor(&p, dag_child(c->d, inner, i));
    else if (!dag_is_int(c->d, inner, 1))
        good = nested_add_factor(&p, inner);
    good = (good || normal_fail(c, NORMAL_BUDGET)) && sum_product(c, s->index, lo, hi, &p, &t);
    good = good && rational_mul(c, &part, &s->coefficient[e], &s->outside) && rational_mul(c, &part, &part, &t) && rational_add(c, out, out, &part);
    rational_clear(c, &t);
    rational_clear(c, &part);
    return good;
}

bool normal_sum(normal *c, int index, node lo, node hi, const rational *q, rational *out)
{
    splitting s = {.c = c, .index = index};
    slong *exponent = xmalloc((size_t)c->plan->atoms * sizeof *exponent);
    s.depends = xcalloc((size_t)c->plan->atoms, sizeof *s.depends);
    rational_init(c, &s.outside);
    fmpz_mpoly_q_one(&s.outside, c->ring);
    for (slong g = 0; g < c->plan->atoms; g++)
        s.depends[g] = normal_generator_node(c, g) && nested_has_index(c, normal_generator_node(c, g), index);
    const fmpz_mpoly_struct *top = fmpz_mpoly_q_numref(q);
    bool good = split_denominator(&s, fmpz_mpoly_q_denref(q));
    for (slong i = 0; good && i < fmpz_mpoly_length(top, c->ring); i++)
        good = split_term(&s, top, i, exponent);
    fmpz_mpoly_q_zero(out, c->ring);
    for (int e = 0; good && e < s.group.count; e++)
        good = sum_group(&s, e, lo, hi, out);
    for (int e = 0; e < s.group.count; e++)
        rational_clear(c, &s.coefficient[e]);
    rational_clear(c, &s.outside);
    table_free(&s.group);
    free(s.coefficient);
    free(s.depends);
    free(exponent);
    return good;
}
