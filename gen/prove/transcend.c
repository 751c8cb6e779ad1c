/* exp, log and roots: exponentials of monomials, logarithms and roots of irreducible factors. */
#include "gen/prove/normal.h"

#define MOST_EXPONENT 2000
#define MOST_FACTORED NORMAL_MOST_FACTORED

/* Makes `denominator` a multiple of b; false (start again) when it was not. */
static bool need_denominator(normal *c, slong *denominator, slong b)
{
    if (*denominator % b == 0)
        return true;
    slong a = *denominator, g = b;
    while (g) {
        slong t = a % g;
        a = g, g = t;
    }
    *denominator *= b / a;
    if (*denominator > 5040)
        return normal_fail(c, NORMAL_BUDGET);
    return normal_fail(c, NORMAL_AGAIN);
}

static node one_over(normal *c, slong denominator)
{
    return dag_ratio(c->d, 1, denominator);
}

/* exp(numerator/denominator · m), m one canonical node that is not a number. */
static bool exp_of(normal *c, node m, slong numerator, slong denominator, rational *out)
{
    if (!need_denominator(c, &c->plan->exp_denominator, denominator))
        return false;
    slong all = c->plan->exp_denominator, exponent = numerator * (all / denominator);
    if (exponent > MOST_EXPONENT || exponent < -MOST_EXPONENT)
        return normal_fail(c, NORMAL_BUDGET);
    node argument = all == 1 ? m : dag_is_int(c->d, m, 1) ? one_over(c, all) : dag_raw_mul(c->d, 2, (node[]){one_over(c, all), m});
    rational base;
    rational_init(c, &base);
    bool good = normal_atom(c, dag_raw_fun(c->d, OP_EXP, 1, &argument), &base) && rational_pow(c, out, &base, exponent);
    rational_clear(c, &base);
    return good;
}

/* log|p| of a node log(p) or log|p|, also a guarded one, else 0. */
static node log_argument(normal *c, node n)
{
    n = normal_guarded(c, n) ? normal_guarded(c, n) : n;
    if (dag_kind(c->d, n) != NODE_FUN || dag_payload(c->d, n) != OP_LOG)
        return 0;
    node p = dag_child(c->d, n, 0);
    return dag_kind(c->d, p) == NODE_FUN && dag_payload(c->d, p) == OP_ABS ? dag_child(c->d, p, 0) : p;
}

/* Π p of a node Σ log p with p > 0 by its form, else 0. */
static node product_of_logs(normal *c, node n)
{
    dag *d = c->d;
    int index;
    if (dag_kind(d, n) != NODE_REDUCE || dag_payload(d, n) != REDUCE_SUM)
        return 0;
    node p = log_argument(c, session_open(c->s, n, &index));
    return p && normal_atom_sign(c, p) == 1 ? dag_raw_reduce(d, REDUCE_PROD, index, dag_child(d, n, 0), dag_child(d, n, 1), 0, p) : 0;
}

/* exp of one term: coefficient a/b times a monomial over `bottom`. exp(r log|p|) is a root of |p|. */
static bool exp_term(normal *c, const fmpz_mpoly_struct *top, slong term, const fmpz_mpoly_struct *bottom, rational *out)
{
    rational t, p;
    fmpq_t coefficient;
    fmpz_t z;
    rational_init(c, &t);
    rational_init(c, &p);
    fmpq_init(coefficient);
    fmpz_init(z);
    fmpz_mpoly_get_term(fmpz_mpoly_q_numref(&t), top, term, c->ring);
    fmpz_mpoly_set(fmpz_mpoly_q_denref(&t), bottom, c->ring);
    fmpz_mpoly_q_canonicalise(&t, c->ring);
    fmpz_mpoly_q_content(coefficient, &t, c->ring);
    fmpz_mpoly_get_term_coeff_fmpz(z, fmpz_mpoly_q_numref(&t), 0, c->ring);
    if (fmpz_sgn(z) < 0)
        fmpq_neg(coefficient, coefficient);
    fmpz_mpoly_q_div_fmpq(&t, &t, coefficient, c->ring);
    bool good =
        fmpz_fits_si(fmpq_numref(coefficient)) && fmpz_fits_si(fmpq_denref(coefficient)) && fmpz_cmpabs(fmpq_numref(coefficient), (fmpz[]){1000000}) < 0;
    node m = good ? normal_node(c, &t) : 0, logged = m ? log_argument(c, m) : 0;
    slong a = good ? fmpz_get_si(fmpq_numref(coefficient)) : 0, b = good ? fmpz_get_si(fmpq_denref(coefficient)) : 1;
    node product = m && b == 1 && !logged ? product_of_logs(c, m) : 0;
    if (!m)
        good = normal_fail(c, NORMAL_BUDGET);
    else if (product)
        good = normal_form(c, product, &t) && rational_pow(c, out, &t, a);
    else if (logged) { /* |p| from its sign, then a root */
        normal_scope before = normal_guarded(c, m) ? normal_enter_branch(c) : normal_scope_of(c);
        good = normal_form(c, logged, &t) && normal_sign_of(c, &t, &p) && rational_mul(c, &t, &t, &p) &&
               (b == 1 ? rational_pow(c, out, &t, a) : normal_root(c, &t, a, b, out));
        normal_leave(c, before);
    } else
        good = exp_of(c, m, a, b, out);
    rational_clear(c, &t);
    rational_clear(c, &p);
    fmpq_clear(coefficient);
    fmpz_clear(z);
    return good;
}

static bool apply_exp(normal *c, const rational *u, void *context, rational *out)
{
    (void)context;
    return normal_exp(c, u, out);
}

bool normal_exp(normal *c, const rational *u, rational *out)
{
    bool done;
    if (!normal_by_signs(c, u, apply_exp, NULL, &done, out))
        return false;
    if (done)
        return true;
    rational t, copy; /* out may be u */
    rational_init(c, &t);
    rational_init(c, &copy);
    fmpz_mpoly_q_set(&copy, u, c->ring);
    const fmpz_mpoly_struct *top = fmpz_mpoly_q_numref(&copy);
    fmpz_mpoly_q_one(out, c->ring);
    bool good = true;
    for (slong i = 0; i < fmpz_mpoly_length(top, c->ring) && good; i++)
        good = exp_term(c, top, i, fmpz_mpoly_q_denref(&copy), &t) && rational_mul(c, out, out, &t);
    rational_clear(c, &t);
    rational_clear(c, &copy);
    return good;
}

/* --- factors --- */

typedef bool (*factor_visit)(normal *c, const fmpz_mpoly_struct *factor, slong exponent, void *context);

/* Visits the irreducible factors of a polynomial with their exponents times `sign`; the constant too, as a constant polynomial. */
static bool visit_factors(normal *c, const fmpz_mpoly_struct *p, slong sign, factor_visit visit, void *context)
{
    fmpz_mpoly_factor_t f;
    fmpz_mpoly_t constant;
    if (fmpz_mpoly_is_zero(p, c->ring))
        return normal_fail(c, NORMAL_ZERO);
    if (fmpz_mpoly_length(p, c->ring) > MOST_FACTORED)
        return normal_fail(c, NORMAL_BUDGET);
    fmpz_mpoly_factor_init(f, c->ring);
    fmpz_mpoly_init(constant, c->ring);
    bool good = normal_factor(c, f, p);
    if (good) {
        fmpz_mpoly_set_fmpz(constant, f->constant, c->ring);
        good = visit(c, constant, sign, context);
    }
    for (slong i = 0; good && i < f->num; i++)
        good = fmpz_fits_si(f->exp + i) && visit(c, f->poly + i, sign * fmpz_get_si(f->exp + i), context);
    fmpz_mpoly_factor_clear(f, c->ring);
    fmpz_mpoly_clear(constant, c->ring);
    return good;
}

static bool visit_fraction(normal *c, const rational *u, factor_visit visit, void *context)
{
    return visit_factors(c, fmpz_mpoly_q_numref(u), 1, visit, context) && visit_factors(c, fmpz_mpoly_q_denref(u), -1, visit, context);
}

static node polynomial_node(normal *c, const fmpz_mpoly_struct *p)
{
    rational t;
    rational_init(c, &t);
    fmpz_mpoly_set(fmpz_mpoly_q_numref(&t), p, c->ring);
    node n = normal_node(c, &t);
    rational_clear(c, &t);
    return n;
}

static void set_polynomial(normal *c, rational *out, const fmpz_mpoly_struct *p)
{
    fmpz_mpoly_set(fmpz_mpoly_q_numref(out), p, c->ring);
    fmpz_mpoly_one(fmpz_mpoly_q_denref(out), c->ring);
}

/* --- log --- */

typedef struct {
    rational *sum;
} log_context;

static bool add_multiple(normal *c, rational *sum, const rational *t, slong k)
{
    rational s;
    rational_init(c, &s);
    fmpz_mpoly_q_mul_si(&s, t, k, c->ring);
    bool good = rational_add(c, sum, sum, &s);
    rational_clear(c, &s);
    return good;
}

/* k log|n| over the prime factors of an integer; a large one stays whole. */
static bool log_of_integer(normal *c, const fmpz_t value, slong k, rational *sum)
{
    fmpz_factor_t f;
    rational t;
    fmpz_t z;
    bool good = true;
    fmpz_init(z);
    fmpz_abs(z, value);
    fmpz_factor_init(f);
    rational_init(c, &t);
    if (fmpz_bits(z) <= 60)
        fmpz_factor(f, z);
    else
        _fmpz_factor_append(f, z, 1);
    for (slong i = 0; good && i < f->num; i++) {
        mpz_t p;
        mpq_t q;
        mpz_init(p);
        mpq_init(q);
        fmpz_get_mpz(p, f->p + i);
        mpq_set_z(q, p);
        node prime = dag_number(c->d, q);
        mpz_clear(p);
        mpq_clear(q);
        good = normal_atom(c, dag_raw_fun(c->d, OP_LOG, 1, &prime), &t) && add_multiple(c, sum, &t, k * (slong)f->exp[i]);
    }
    fmpz_factor_clear(f);
    rational_clear(c, &t);
    fmpz_clear(z);
    return good;
}

/* |p| as |−p|, the form that does not depend on the names of dummies. */
static bool turned(normal *c, const fmpz_mpoly_struct *p, slong k, void *context, factor_visit visit)
{
    fmpz_mpoly_t t;
    fmpz_mpoly_init(t, c->ring);
    fmpz_mpoly_neg(t, p, c->ring);
    bool good = visit(c, t, k, context);
    fmpz_mpoly_clear(t, c->ring);
    return good;
}

static bool apply_log(normal *c, const rational *u, void *context, rational *out)
{
    (void)context;
    if (fmpz_mpoly_q_is_zero(u, c->ring)) /* the page has no value in this case */
        return rational_set_si(c, out, 0, 1);
    return normal_log(c, u, out);
}

/* Of a + b and a − b: is it the second one? */
static bool turned_pair(normal *c, const rational *a, const rational *b)
{
    return normal_negative(c, fmpz_mpoly_q_numref(a)) != normal_negative(c, fmpz_mpoly_q_numref(b));
}

/* k log|p| by the values of a sign in p. */
static bool log_split(normal *c, const fmpz_mpoly_struct *p, slong k, bool *done, rational *sum)
{
    rational u, t;
    *done = false;
    if (fmpz_mpoly_length(p, c->ring) < 2)
        return true;
    rational_init(c, &u);
    rational_init(c, &t);
    set_polynomial(c, &u, p);
    bool good = normal_by_signs(c, &u, apply_log, NULL, done, &t) && (!*done || add_multiple(c, sum, &t, k));
    rational_clear(c, &u);
    rational_clear(c, &t);
    return good;
}

/* log|a − √w| is log|a² − w| − log|a + √w| where a² − w is never 0. */
static bool log_conjugate(normal *c, const fmpz_mpoly_struct *p, slong k, bool *done, rational *sum)
{
    rational a, b, norm, t;
    *done = false;
    if (!c->o.full || fmpz_mpoly_length(p, c->ring) < 2)
        return true;
    rational *all[] = {&a, &b, &norm, &t};
    for (int i = 0; i < 4; i++)
        rational_init(c, all[i]);
    bool good = true;
    if (normal_conjugate(c, p, &a, &b, &norm) && normal_is_nonzero(c, fmpz_mpoly_q_numref(&norm)) && !fmpz_mpoly_q_is_zero(&a, c->ring) &&
        turned_pair(c, &a, &b)) {
        *done = true;
        good = rational_sub(c, &t, &a, &b) && normal_log(c, &t, &t) && normal_log(c, &norm, &a) && rational_sub(c, &a, &a, &t) && add_multiple(c, sum, &a, k);
    }
    for (int i = 0; i < 4; i++)
        rational_clear(c, all[i]);
    return good && c->state == NORMAL_GOOD;
}

static bool has_bound_index(const normal *c, node n)
{
    for (int k = 0; k < c->bound_count; k++)
        if (dag_has_index(c->d, n, c->bound[k]))
            return true;
    return false;
}

/* |p| of p, which is the node n: p itself where that is positive. What was only noted of the index of one sum is not known of another one's, which must read the same. */
static node magnitude(normal *c, const fmpz_mpoly_struct *p, node n)
{
    int sign = has_bound_index(c, n) ? normal_sign_unnoted(c, p) : normal_sign(c, p);
    return sign > 0 ? n : dag_raw_fun(c->d, OP_ABS, 1, &n);
}

/* log|p| of one irreducible factor: an exponential gives its argument, a root the logarithm below it. */
static bool log_factor(normal *c, const fmpz_mpoly_struct *p, slong k, void *context)
{
    log_context *x = context;
    if (fmpz_mpoly_is_fmpz(p, c->ring)) {
        fmpz_t z;
        fmpz_init(z);
        fmpz_mpoly_get_fmpz(z, p, c->ring);
        bool good = log_of_integer(c, z, k, x->sum);
        fmpz_clear(z);
        return good;
    }
    if (normal_is_turned(c, p))
        return turned(c, p, k, context, log_factor);
    bool done;
    if (!log_split(c, p, k, &done, x->sum) || (!done && !log_conjugate(c, p, k, &done, x->sum)))
        return false;
    if (done)
        return true;
    node n = polynomial_node(c, p);
    rational t;
    rational_init(c, &t);
    bool good = n != 0;
    if (good && dag_kind(c->d, n) == NODE_FUN && dag_payload(c->d, n) == OP_EXP) {
        good = normal_form(c, dag_child(c->d, n, 0), &t);
    } else if (good && dag_kind(c->d, n) == NODE_POW && dag_kind(c->d, dag_child(c->d, n, 1)) == NODE_NUMBER) { /* |p|^(1/D) */
        rational r;
        rational_init(c, &r);
        good = normal_form(c, dag_child(c->d, n, 1), &r) && normal_form(c, dag_child(c->d, n, 0), &t) && normal_log(c, &t, &t) && rational_mul(c, &t, &t, &r);
        rational_clear(c, &r);
    } else if (good && dag_kind(c->d, n) == NODE_FUN && dag_payload(c->d, n) == OP_SIGN) {
        fmpz_mpoly_q_zero(&t, c->ring); /* log|s| = 0 where it is defined */
    } else if (good && dag_kind(c->d, n) == NODE_REDUCE && dag_payload(c->d, n) == REDUCE_PROD) { /* Σ log|p| */
        int index;
        node body = session_open(c->s, n, &index), size = dag_raw_fun(c->d, OP_ABS, 1, &body), log = dag_raw_fun(c->d, OP_LOG, 1, &size);
        good = normal_form(c, dag_raw_reduce(c->d, REDUCE_SUM, index, dag_child(c->d, n, 0), dag_child(c->d, n, 1), 0, log), &t);
    } else if (good) {
        node size = magnitude(c, p, n), log = dag_raw_fun(c->d, OP_LOG, 1, &size);
        good = normal_may_be_zero(c, p) ? normal_guard_log(c, p, log, &t) : normal_atom(c, log, &t);
    }
    good = good && add_multiple(c, x->sum, &t, k);
    rational_clear(c, &t);
    return good;
}

bool normal_log(normal *c, const rational *u, rational *out)
{
    rational sum;
    rational_init(c, &sum);
    log_context x = {&sum};
    bool good = visit_fraction(c, u, log_factor, &x);
    fmpz_mpoly_q_swap(out, &sum, c->ring);
    rational_clear(c, &sum);
    return good;
}

/* --- roots --- */

typedef struct {
    rational *product;
    slong numerator, denominator;
} root_context;

/* |p| */
static bool absolute(normal *c, const fmpz_mpoly_struct *p, rational *out)
{
    rational t;
    rational_init(c, &t);
    set_polynomial(c, &t, p);
    bool good = normal_absolute(c, &t, out);
    rational_clear(c, &t);
    return good;
}

/* s² R = R for the root R of a p of unknown sign s. */
static bool sign_squared(normal *c, const fmpz_mpoly_struct *p, const fmpz_mpoly_struct *root, slong g)
{
    if (normal_sign(c, p))
        return true;
    rational t, s;
    rational_init(c, &t);
    rational_init(c, &s);
    set_polynomial(c, &t, p);
    bool good = normal_sign_of(c, &t, &s);
    if (good && fmpz_mpoly_length(fmpz_mpoly_q_numref(&s), c->ring) == 1 && !fmpz_mpoly_is_fmpz(fmpz_mpoly_q_numref(&s), c->ring)) {
        fmpz_mpoly_t r;
        fmpz_mpoly_init(r, c->ring);
        fmpz_mpoly_mul(r, fmpz_mpoly_q_numref(&s), fmpz_mpoly_q_numref(&s), c->ring);
        fmpz_mpoly_sub_si(r, r, 1, c->ring);
        fmpz_mpoly_mul(r, r, root, c->ring);
        normal_relation(c, r, g, 1);
    }
    rational_clear(c, &t);
    rational_clear(c, &s);
    return good;
}

/* The atom R = |p|^(1/D) with its relation R^D = |p|. */
static bool root_atom(normal *c, const fmpz_mpoly_struct *p, rational *out)
{
    node n = polynomial_node(c, p);
    if (!n)
        return normal_fail(c, NORMAL_BUDGET);
    rational whole;
    rational_init(c, &whole);
    bool good = absolute(c, p, &whole); /* before the root: older atoms are smaller */
    int before = c->atom.count;
    node base = magnitude(c, p, n);
    good = good && normal_atom(c, dag_raw_pow(c->d, base, one_over(c, c->plan->root_denominator)), out);
    if (good && c->atom.count > before) {
        slong g = c->plan->atoms - c->atom.count;
        fmpz_mpoly_t r;
        fmpz_mpoly_init(r, c->ring);
        fmpz_mpoly_pow_ui(r, fmpz_mpoly_q_numref(out), (ulong)c->plan->root_denominator, c->ring);
        fmpz_mpoly_sub(r, r, fmpz_mpoly_q_numref(&whole), c->ring);
        normal_relation(c, r, g, c->plan->root_denominator);
        good = sign_squared(c, p, fmpz_mpoly_q_numref(out), g);
    }
    rational_clear(c, &whole);
    return good;
}

static bool apply_root(normal *c, const rational *u, void *context, rational *out)
{
    const root_context *x = context;
    return normal_root(c, u, x->numerator, x->denominator, out);
}

/* Times |p|^(k·numerator/denominator) by the values of a sign in p. */
static bool root_split(normal *c, const fmpz_mpoly_struct *p, slong k, root_context *x, bool *done)
{
    rational u, t;
    *done = false;
    if (fmpz_mpoly_length(p, c->ring) < 2)
        return true;
    root_context one = {NULL, k < 0 ? -x->numerator : x->numerator, x->denominator};
    rational_init(c, &u);
    rational_init(c, &t);
    set_polynomial(c, &u, p);
    bool good = normal_by_signs(c, &u, apply_root, &one, done, &t);
    good = good && (!*done || (rational_pow(c, &t, &t, k < 0 ? -k : k) && rational_mul(c, x->product, x->product, &t)));
    rational_clear(c, &u);
    rational_clear(c, &t);
    return good;
}

/* Times |q|^exponent where p = q². */
static bool root_of_square(normal *c, const fmpz_mpoly_struct *p, slong exponent, root_context *x, bool *done)
{
    rational q;
    rational_init(c, &q);
    bool good = normal_denest(c, p, done, &q);
    good = good && (!*done || (normal_absolute(c, &q, &q) && rational_pow(c, &q, &q, exponent) && rational_mul(c, x->product, x->product, &q)));
    rational_clear(c, &q);
    return good;
}

/* Times |p|^(k·numerator/denominator). */
static bool root_factor(normal *c, const fmpz_mpoly_struct *p, slong k, void *context)
{
    root_context *x = context;
    slong all = c->plan->root_denominator, exponent = k * x->numerator * (all / x->denominator);
    if (normal_is_turned(c, p))
        return turned(c, p, k, context, root_factor);
    bool done;
    if (!root_split(c, p, k, x, &done))
        return false;
    if (!done && 2 * exponent % all == 0 && !root_of_square(c, p, 2 * exponent / all, x, &done))
        return false;
    if (done)
        return true;
    if (fmpz_mpoly_is_one(p, c->ring))
        return true;
    if (exponent > MOST_EXPONENT || exponent < -MOST_EXPONENT)
        return normal_fail(c, NORMAL_BUDGET);
    if (fmpz_mpoly_is_fmpz(p, c->ring)) { /* of an integer: over its primes, so that √8 = 2√2 */
        fmpz_t z;
        fmpz_factor_t f;
        fmpz_init(z);
        fmpz_factor_init(f);
        fmpz_mpoly_get_fmpz(z, p, c->ring);
        fmpz_abs(z, z);
        bool good = fmpz_bits(z) <= 60 || normal_fail(c, NORMAL_BUDGET);
        if (good)
            fmpz_factor(f, z);
        for (slong i = 0; good && i < f->num; i++) {
            fmpz_mpoly_t prime;
            rational r;
            fmpz_mpoly_init(prime, c->ring);
            rational_init(c, &r);
            fmpz_mpoly_set_fmpz(prime, f->p + i, c->ring);
            good = root_atom(c, prime, &r) && rational_pow(c, &r, &r, exponent * (slong)f->exp[i]) && rational_mul(c, x->product, x->product, &r);
            fmpz_mpoly_clear(prime, c->ring);
            rational_clear(c, &r);
        }
        fmpz_clear(z);
        fmpz_factor_clear(f);
        return good;
    }
    node atom = polynomial_node(c, p);
    if (atom && dag_kind(c->d, atom) == NODE_FUN && dag_payload(c->d, atom) == OP_SIGN) { /* |s|^r = s² for r > 0 */
        rational square;
        rational_init(c, &square);
        set_polynomial(c, &square, p);
        done = exponent > 0 && rational_pow(c, &square, &square, 2) && rational_mul(c, x->product, x->product, &square);
        rational_clear(c, &square);
        return done || normal_fail(c, NORMAL_BUDGET);
    }
    slong whole = exponent >= 0 ? exponent / all : -((-exponent + all - 1) / all), rest = exponent - whole * all;
    rational r;
    rational_init(c, &r);
    bool good = absolute(c, p, &r) && rational_pow(c, &r, &r, whole) && rational_mul(c, x->product, x->product, &r);
    if (good && rest)
        good = root_atom(c, p, &r) && rational_pow(c, &r, &r, rest) && rational_mul(c, x->product, x->product, &r);
    rational_clear(c, &r);
    return good;
}

bool normal_root(normal *c, const rational *u, slong numerator, slong denominator, rational *out)
{
    if (fmpz_mpoly_q_is_zero(u, c->ring)) {
        fmpz_mpoly_q_zero(out, c->ring);
        return numerator > 0 || normal_fail(c, NORMAL_ZERO);
    }
    if (!need_denominator(c, &c->plan->root_denominator, denominator) || !normal_note_sign(c, u, 2))
        return false;
    rational product;
    rational_init(c, &product);
    fmpz_mpoly_q_one(&product, c->ring);
    root_context x = {&product, numerator, denominator};
    bool good = visit_fraction(c, u, root_factor, &x);
    fmpz_mpoly_q_swap(out, &product, c->ring);
    rational_clear(c, &product);
    return good;
}

/* --- nodes for people --- */

/* p as its common monomial and what is left: w − w a² is w (1 − a²), which nobody would factor further. */
static int split_content(normal *c, const fmpz_mpoly_struct *p, slong sign, node *out)
{
    fmpz_mpoly_t content, rest;
    int count = 0;
    fmpz_mpoly_init(content, c->ring);
    fmpz_mpoly_init(rest, c->ring);
    fmpz_mpoly_term_content(content, p, c->ring);
    if (fmpz_mpoly_length(p, c->ring) > 1 && fmpz_mpoly_divides(rest, p, content, c->ring)) {
        if (!fmpz_mpoly_is_one(content, c->ring))
            out[count++] = polynomial_node(c, content);
    } else {
        fmpz_mpoly_set(rest, p, c->ring);
    }
    if (!fmpz_mpoly_is_one(rest, c->ring))
        out[count++] = polynomial_node(c, rest);
    for (int i = 0; i < count && sign < 0; i++)
        out[i] = dag_pow(c->d, out[i], dag_int(c->d, -1));
    fmpz_mpoly_clear(content, c->ring);
    fmpz_mpoly_clear(rest, c->ring);
    return count;
}

node normal_factored(normal *c, const rational *q)
{
    node list[4];
    if (fmpz_mpoly_q_is_zero(q, c->ring) || c->state != NORMAL_GOOD)
        return normal_node(c, q);
    int count = split_content(c, fmpz_mpoly_q_denref(q), -1, list);
    count += split_content(c, fmpz_mpoly_q_numref(q), 1, list + count);
    return count == 0 ? dag_int(c->d, 1) : count == 1 ? list[0] : dag_mul(c->d, count, list);
}
