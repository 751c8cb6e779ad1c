/* n is multiplied out into terms: coefficient · Σ over indices · Π noise entries · exp(linear form). The expectation of a product of independent entries is a
 * sum over the ways to put them into groups of equal entries, of the products of the groups' cumulants (Wick's theorem is the normal case). An exponential of
 * a normal linear form L shifts each entry by its covariance with L and leaves the factor exp(E L + ½ Var L). */
#include "gen/calculus/expect.h"

#include <stdlib.h>
#include <string.h>

#include "gen/dag/ops.h"

#define MOST_FACTORS 8
#define MOST_BOUND   10
#define MOST_PIECES  12 /* terms of a linear form in an exponent */
#define MOST_TERMS   600
#define MOST_DEPTH   120 /* definitions inside each other */

/* coefficient · Σ over bound · entry; one term of an exponent. */
typedef struct {
    node coefficient, entry;
    int bound[MOST_BOUND], bound_count;
} piece;

typedef struct {
    node coefficient;
    node factor[MOST_FACTORS];
    int factor_count;
    int bound[MOST_BOUND], bound_count;
    piece exponent[MOST_PIECES];
    int piece_count;
} term;

typedef struct {
    term *list;
    int count, room;
} terms;

typedef struct {
    model *m;
    dag *d;
    const char *why;
    signed char *noisy; /* per variable: −1 not known */
    int depth;
} expecting;

static bool fail(expecting *x, const char *why)
{
    x->why = x->why ? x->why : why;
    return false;
}

/* --- what depends on noise --- */

static bool is_noisy(expecting *x, node n);

static bool variable_is_noisy(expecting *x, int v)
{
    const int *list;
    if (x->noisy[v] >= 0)
        return x->noisy[v];
    x->noisy[v] = x->m->var[v].role == ROLE_NOISE; /* so that a recurrence ends */
    int count = model_equations_of(x->m, v, &list);
    for (int i = 0; i < count && !x->noisy[v]; i++)
        if (is_noisy(x, x->m->equation[list[i]].rhs))
            x->noisy[v] = 1;
    return x->noisy[v];
}

typedef struct {
    expecting *x;
    bool found;
} noise_search;

static bool find_noise(void *context, node n)
{
    noise_search *s = context;
    if (dag_kind(s->x->d, n) == NODE_ENTRY && variable_is_noisy(s->x, dag_payload(s->x->d, n)))
        s->found = true;
    return !s->found;
}

static bool is_noisy(expecting *x, node n)
{
    noise_search s = {x, false};
    dag_visit(x->d, n, find_noise, &s);
    return s.found;
}

/* --- terms --- */

static term *push(expecting *x, terms *t)
{
    if (t->count == MOST_TERMS) {
        fail(x, "it has too many terms");
        return NULL;
    }
    if (t->count == t->room) {
        t->room = 2 * t->room + 4;
        t->list = xrealloc(t->list, (size_t)t->room * sizeof *t->list);
    }
    return &t->list[t->count++];
}

static bool push_node(expecting *x, terms *t, node coefficient, node entry)
{
    term *u = push(x, t);
    if (!u)
        return false;
    *u = (term){.coefficient = coefficient, .factor = {entry}, .factor_count = entry != 0};
    return true;
}

static bool expand(expecting *x, node n, terms *out);

static bool multiply_terms(expecting *x, const term *a, const term *b, terms *out)
{
    if (a->factor_count + b->factor_count > MOST_FACTORS || a->bound_count + b->bound_count > MOST_BOUND || a->piece_count + b->piece_count > MOST_PIECES)
        return fail(x, "its degree is too high");
    term *u = push(x, out);
    if (!u)
        return false;
    *u = *a;
    u->coefficient = dag_mul2(x->d, a->coefficient, b->coefficient);
    for (int i = 0; i < b->factor_count; i++)
        u->factor[u->factor_count++] = b->factor[i];
    for (int i = 0; i < b->bound_count; i++)
        u->bound[u->bound_count++] = b->bound[i];
    for (int i = 0; i < b->piece_count; i++)
        u->exponent[u->piece_count++] = b->exponent[i];
    return true;
}

/* *t times n. Each time n is multiplied out anew, so that its indices are fresh. */
static bool multiply(expecting *x, terms *t, node n)
{
    terms other = {0}, product = {0};
    bool good = expand(x, n, &other);
    for (int i = 0; i < t->count && good; i++)
        for (int j = 0; j < other.count && good; j++)
            good = multiply_terms(x, &t->list[i], &other.list[j], &product);
    free(other.list);
    free(t->list);
    *t = product;
    return good;
}

static void append(terms *t, const terms *other, expecting *x)
{
    for (int i = 0; i < other->count; i++) {
        term *u = push(x, t);
        if (u)
            *u = other->list[i];
    }
}

static bool expand_sum(expecting *x, node n, terms *out)
{
    for (int i = 0; i < dag_count(x->d, n); i++) {
        terms t = {0};
        bool good = expand(x, dag_child(x->d, n, i), &t);
        append(out, &t, x);
        free(t.list);
        if (!good)
            return false;
    }
    return !x->why;
}

static bool expand_product(expecting *x, node n, terms *out)
{
    bool good = push_node(x, out, dag_int(x->d, 1), 0);
    for (int i = 0; i < dag_count(x->d, n) && good; i++)
        good = multiply(x, out, dag_child(x->d, n, i));
    return good;
}

/* (c exp(l))^k for a rational k: c > 0 or k an integer, or it had no value. */
static bool expand_pure_power(expecting *x, const terms *base, node exponent, terms *out)
{
    const term *b = base->list;
    if (base->count != 1 || b->factor_count || b->bound_count)
        return fail(x, "a power of it has no closed form");
    term *u = push(x, out);
    if (!u)
        return false;
    *u = *b;
    u->coefficient = dag_pow(x->d, b->coefficient, exponent);
    for (int i = 0; i < u->piece_count; i++)
        u->exponent[i].coefficient = dag_mul2(x->d, exponent, u->exponent[i].coefficient);
    return true;
}

/* A sum of squares, which no value of the noise makes negative. */
static bool is_square_sum(dag *d, node n)
{
    if (dag_kind(d, n) == NODE_REDUCE && dag_payload(d, n) == REDUCE_SUM)
        return is_square_sum(d, dag_child(d, n, dag_count(d, n) - 1));
    bool good = dag_kind(d, n) == NODE_ADD;
    for (int i = 0; good && i < dag_count(d, n); i++)
        good = is_square_sum(d, dag_child(d, n, i));
    return good || (dag_kind(d, n) == NODE_POW && dag_is_int(d, dag_child(d, n, 1), 2));
}

static bool expand_power(expecting *x, node n, terms *out)
{
    dag *d = x->d;
    node base = dag_child(d, n, 0), exponent = dag_child(d, n, 1);
    if (dag_kind(d, base) == NODE_POW && is_square_sum(d, dag_child(d, base, 0))) { /* norm(u)² */
        exponent = dag_mul2(d, exponent, dag_child(d, base, 1));
        base = dag_child(d, base, 0);
    }
    const mpq_t *v = dag_kind(d, exponent) == NODE_NUMBER ? dag_value(d, exponent) : NULL;
    if (is_noisy(x, exponent))
        return fail(x, "noise stands in an exponent of something other than e");
    if (v && mpz_cmp_ui(mpq_denref(*v), 1) == 0 && mpq_sgn(*v) > 0 && mpz_cmp_ui(mpq_numref(*v), MOST_FACTORS) <= 0) {
        long k = mpz_get_si(mpq_numref(*v));
        bool good = push_node(x, out, dag_int(d, 1), 0);
        for (long i = 0; i < k && good; i++)
            good = multiply(x, out, base);
        return good;
    }
    terms t = {0};
    bool good = expand(x, base, &t) && expand_pure_power(x, &t, exponent, out);
    free(t.list);
    return good;
}

/* exp of terms that are linear in noise. */
static bool expand_exp(expecting *x, node n, terms *out)
{
    dag *d = x->d;
    terms t = {0};
    node rest = dag_int(d, 0);
    bool good = expand(x, n, &t);
    term *u = good ? push(x, out) : NULL;
    good = u != NULL;
    if (good)
        *u = (term){0};
    for (int i = 0; i < t.count && good; i++) {
        const term *l = &t.list[i];
        if (l->factor_count > 1 || l->piece_count)
            good = fail(x, "an exponent is not linear in the noise");
        else if (l->factor_count == 0) {
            node sum = l->coefficient;
            for (int k = l->bound_count - 1; k >= 0; k--)
                sum = dag_sum(d, l->bound[k], sum);
            rest = dag_add2(d, rest, sum);
        } else if (u->piece_count == MOST_PIECES) {
            good = fail(x, "an exponent has too many terms");
        } else {
            piece *p = &u->exponent[u->piece_count++];
            *p = (piece){.coefficient = l->coefficient, .entry = l->factor[0], .bound_count = l->bound_count};
            memcpy(p->bound, l->bound, sizeof p->bound);
        }
    }
    if (good)
        u->coefficient = dag_fun1(d, OP_EXP, rest);
    free(t.list);
    return good;
}

static bool expand_log(expecting *x, node n, terms *out);

static bool is_exp(dag *d, node n)
{
    return dag_kind(d, n) == NODE_FUN && dag_payload(d, n) == OP_EXP;
}

/* log(exp(u)·v) = u + log v */
static bool expand_log_product(expecting *x, node n, terms *out)
{
    dag *d = x->d;
    int count = dag_count(d, n), rest_count = 0;
    node *rest = xmalloc((size_t)count * sizeof *rest);
    bool good = true;
    for (int i = 0; i < count && good; i++) {
        node u = dag_child(d, n, i);
        terms t = {0};
        if (is_exp(d, u))
            good = expand(x, dag_child(d, u, 0), &t);
        else
            rest[rest_count++] = u;
        append(out, &t, x);
        free(t.list);
    }
    terms t = {0};
    good = good && (rest_count == 0 || expand_log(x, rest_count == 1 ? rest[0] : dag_raw_mul(d, rest_count, rest), &t));
    append(out, &t, x);
    free(t.list);
    free(rest);
    return good && !x->why;
}

/* log(c exp(l)) = log c + l */
static bool expand_log(expecting *x, node n, terms *out)
{
    dag *d = x->d;
    if (!is_noisy(x, n))
        return push_node(x, out, dag_fun1(d, OP_LOG, n), 0);
    if (is_exp(d, n))
        return expand(x, dag_child(d, n, 0), out);
    if (dag_kind(d, n) == NODE_ENTRY && x->m->var[dag_payload(d, n)].role != ROLE_NOISE && x->depth < MOST_DEPTH) {
        node at[MODEL_MAX_AXES];
        for (int i = 0; i < dag_count(d, n); i++)
            at[i] = dag_child(d, n, i);
        node rhs = model_unfold(x->m, dag_payload(d, n), at, false);
        x->depth++;
        bool done = rhs && expand_log(x, rhs, out);
        x->depth--;
        return done;
    }
    for (int i = 0; dag_kind(d, n) == NODE_MUL && i < dag_count(d, n); i++)
        if (is_exp(d, dag_child(d, n, i)))
            return expand_log_product(x, n, out);
    terms t = {0};
    bool good = expand(x, n, &t);
    if (good && (t.count != 1 || t.list->factor_count || t.list->bound_count))
        good = fail(x, "a logarithm of it has no closed form");
    good = good && push_node(x, out, dag_fun1(x->d, OP_LOG, t.list->coefficient), 0);
    for (int i = 0; good && i < t.list->piece_count; i++) {
        const piece *p = &t.list->exponent[i];
        good = push_node(x, out, p->coefficient, p->entry);
        if (good) {
            term *u = &out->list[out->count - 1];
            u->bound_count = p->bound_count;
            memcpy(u->bound, p->bound, sizeof u->bound);
        }
    }
    free(t.list);
    return good;
}

static bool expand_reduction(expecting *x, node n, terms *out)
{
    int index;
    if ((reduction)dag_payload(x->d, n) != REDUCE_SUM)
        return fail(x, "a reduction of it has no closed form");
    node body = dag_open(x->d, n, &index);
    if (!expand(x, body, out))
        return false;
    for (int i = 0; i < out->count; i++) {
        if (out->list[i].bound_count == MOST_BOUND)
            return fail(x, "it has too many sums inside each other");
        out->list[i].bound[out->list[i].bound_count++] = index;
    }
    return true;
}

/* A condition without noise chooses between two sets of terms. */
static bool expand_if(expecting *x, node n, terms *out)
{
    dag *d = x->d;
    node condition = dag_child(d, n, 0), zero = dag_int(d, 0);
    if (is_noisy(x, condition))
        return fail(x, "a condition depends on the noise");
    for (int k = 1; k <= 2; k++) {
        terms t = {0};
        bool good = expand(x, dag_child(d, n, k), &t);
        for (int i = 0; i < t.count; i++) {
            node c = t.list[i].coefficient;
            t.list[i].coefficient = k == 1 ? dag_raw_if(d, condition, c, zero) : dag_raw_if(d, condition, zero, c);
        }
        append(out, &t, x);
        free(t.list);
        if (!good)
            return false;
    }
    return !x->why;
}

static bool expand_entry(expecting *x, node n, terms *out)
{
    dag *d = x->d;
    int v = dag_payload(d, n);
    node at[MODEL_MAX_AXES];
    if (x->m->var[v].role == ROLE_NOISE)
        return push_node(x, out, dag_int(d, 1), n);
    for (int i = 0; i < dag_count(d, n); i++)
        at[i] = dag_child(d, n, i);
    node rhs = model_unfold(x->m, v, at, false);
    return rhs ? expand(x, rhs, out) : fail(x, "a name in it has no equation");
}

static bool expand_noisy(expecting *x, node n, terms *out)
{
    dag *d = x->d;
    switch (dag_kind(d, n)) {
    case NODE_ENTRY: return expand_entry(x, n, out);
    case NODE_ADD: return expand_sum(x, n, out);
    case NODE_MUL: return expand_product(x, n, out);
    case NODE_POW: return expand_power(x, n, out);
    case NODE_REDUCE: return expand_reduction(x, n, out);
    case NODE_IF: return expand_if(x, n, out);
    case NODE_FUN:
        if (dag_payload(d, n) == OP_EXP)
            return expand_exp(x, dag_child(d, n, 0), out);
        if (dag_payload(d, n) == OP_LOG)
            return expand_log(x, dag_child(d, n, 0), out);
        return fail(x, "a function of the noise other than exp stands in it");
    default: return fail(x, "a function of the noise other than exp stands in it");
    }
}

static bool expand(expecting *x, node n, terms *out)
{
    if (!is_noisy(x, n))
        return push_node(x, out, n, 0);
    if (x->depth >= MOST_DEPTH)
        return fail(x, "its definitions have no end");
    x->depth++;
    bool good = expand_noisy(x, n, out) && !x->why;
    x->depth--;
    return good;
}

/* --- moments --- */

/* κ_order of the distribution of one entry; 0 (no node) if it is not known. */
static node cumulant(expecting *x, int variable, int order)
{
    static const int top[] = {0, 0, 1, 0, -1, 0, 1, 0, -1}, bottom[] = {1, 1, 12, 1, 120, 1, 252, 1, 240}; /* B_m/m */
    dag *d = x->d;
    const model_init *f = &x->m->var[variable].init;
    node p = f->a, one = dag_int(d, 1);
    switch (f->kind) {
    case INIT_NORMAL: return order == 1 ? f->a : order == 2 ? dag_pow(d, f->b, dag_int(d, 2)) : dag_int(d, 0);
    case INIT_UNIFORM:
        if (order == 1)
            return dag_mul2(d, dag_ratio(d, 1, 2), dag_add2(d, f->a, f->b));
        return dag_mul2(d, dag_ratio(d, top[order], bottom[order]), dag_pow(d, dag_sub(d, f->b, f->a), dag_int(d, order)));
    case INIT_BERNOULLI: {
        node variance = dag_mul2(d, p, dag_sub(d, one, p));
        if (order <= 2)
            return order == 1 ? p : variance;
        if (order == 3)
            return dag_mul2(d, variance, dag_sub(d, one, dag_mul2(d, dag_int(d, 2), p)));
        return order == 4 ? dag_mul2(d, variance, dag_sub(d, one, dag_mul2(d, dag_int(d, 6), variance))) : 0;
    }
    default: return 0;
    }
}

/* Π [aᵢ = bᵢ] over the axes of two entries of one name. */
static node same_place(expecting *x, node a, node b)
{
    node n = dag_int(x->d, 1);
    for (int i = 0; i < dag_count(x->d, a); i++)
        n = dag_mul2(x->d, n, dag_compare(x->d, COMPARE_EQUAL, dag_child(x->d, a, i), dag_child(x->d, b, i)));
    return n;
}

/* E(Π factors): the first one's group is any subset of the others of its name. */
static node product_mean(expecting *x, int count, const node *factor)
{
    dag *d = x->d;
    if (count == 0)
        return dag_int(d, 1);
    int variable = dag_payload(d, factor[0]);
    node total = dag_int(d, 0);
    for (unsigned subset = 0; subset < 1u << (count - 1); subset++) {
        node rest[MOST_FACTORS], group = dag_int(d, 1);
        int rest_count = 0, order = 1;
        bool good = true;
        for (int i = 1; i < count; i++) {
            if (!(subset >> (i - 1) & 1)) {
                rest[rest_count++] = factor[i];
                continue;
            }
            good = good && dag_payload(d, factor[i]) == variable;
            group = good ? dag_mul2(d, group, same_place(x, factor[0], factor[i])) : group;
            order++;
        }
        node k = good ? cumulant(x, variable, order) : 0;
        if (good && !k)
            fail(x, "the moments of its distribution are not known here");
        if (!k || dag_is_int(d, k, 0) || dag_is_int(d, group, 0))
            continue;
        total = dag_add2(d, total, dag_mul(d, 3, (node[]){k, group, product_mean(x, rest_count, rest)}));
    }
    return total;
}

/* --- exponentials --- */

static node sum_over(expecting *x, const piece *p, node body)
{
    for (int i = p->bound_count - 1; i >= 0; i--)
        body = dag_sum(x->d, p->bound[i], body);
    return body;
}

/* A copy with indices of its own. */
static piece fresh_piece(expecting *x, const piece *p)
{
    dag *d = x->d;
    piece q = *p;
    for (int i = 0; i < p->bound_count; i++) {
        q.bound[i] = dag_index_like(d, p->bound[i]);
        node from = dag_index_node(d, p->bound[i]), to = dag_index_node(d, q.bound[i]);
        q.coefficient = dag_substitute(d, q.coefficient, 1, &from, &to, false);
        q.entry = dag_substitute(d, q.entry, 1, &from, &to, false);
    }
    return q;
}

/* Cov(entry, L) */
static node covariance(expecting *x, const term *t, node entry)
{
    dag *d = x->d;
    node total = dag_int(d, 0);
    for (int i = 0; i < t->piece_count; i++) {
        const piece *p = &t->exponent[i];
        if (dag_payload(d, p->entry) != dag_payload(d, entry))
            continue;
        piece q = fresh_piece(x, p);
        node body = dag_mul(d, 3, (node[]){cumulant(x, dag_payload(d, entry), 2), q.coefficient, same_place(x, entry, q.entry)});
        total = dag_add2(d, total, sum_over(x, &q, body));
    }
    return total;
}

/* log E exp(L) of a normal L. */
static node log_mean_exp(expecting *x, const term *t)
{
    dag *d = x->d;
    node total = dag_int(d, 0), half = dag_ratio(d, 1, 2);
    for (int i = 0; i < t->piece_count; i++) {
        piece p = fresh_piece(x, &t->exponent[i]);
        int variable = dag_payload(d, p.entry);
        node mean = cumulant(x, variable, 1), spread = dag_mul2(d, half, covariance(x, t, p.entry));
        total = dag_add2(d, total, sum_over(x, &p, dag_mul2(d, p.coefficient, dag_add2(d, mean, spread))));
    }
    return total;
}

/* E(exp(c ε)) of one uniform ε: its value where c = 0 is 1. */
static node uniform_exponential(expecting *x, const piece *p)
{
    dag *d = x->d;
    const model_init *f = &x->m->var[dag_payload(d, p->entry)].init;
    node c = p->coefficient, zero = dag_int(d, 0), one = dag_int(d, 1);
    node high = dag_fun1(d, OP_EXP, dag_mul2(d, c, f->b)), low = dag_fun1(d, OP_EXP, dag_mul2(d, c, f->a));
    node n = dag_div(d, dag_sub(d, high, low), dag_mul2(d, c, dag_sub(d, f->b, f->a)));
    return dag_kind(d, c) == NODE_NUMBER && !dag_is_int(d, c, 0) ? n : dag_raw_if(d, dag_raw_compare(d, COMPARE_EQUAL, c, zero), one, n);
}

/* Π (εᵢ + sᵢ), each factor either shifted or not. */
static node shifted_mean(expecting *x, const term *t)
{
    dag *d = x->d;
    node total = dag_int(d, 0), shift[MOST_FACTORS];
    for (int i = 0; i < t->factor_count; i++)
        shift[i] = covariance(x, t, t->factor[i]);
    for (unsigned subset = 0; subset < 1u << t->factor_count; subset++) {
        node rest[MOST_FACTORS], n = dag_int(d, 1);
        int count = 0;
        for (int i = 0; i < t->factor_count; i++) {
            if (subset >> i & 1)
                n = dag_mul2(d, n, shift[i]);
            else
                rest[count++] = t->factor[i];
        }
        if (!dag_is_int(d, n, 0))
            total = dag_add2(d, total, dag_mul2(d, n, product_mean(x, count, rest)));
    }
    return total;
}

static node term_mean(expecting *x, const term *t)
{
    dag *d = x->d;
    node n;
    bool normal = true;
    for (int i = 0; i < t->piece_count; i++)
        normal = normal && x->m->var[dag_payload(d, t->exponent[i].entry)].init.kind == INIT_NORMAL;
    if (t->piece_count == 0)
        n = product_mean(x, t->factor_count, t->factor);
    else if (normal)
        n = dag_mul2(d, dag_fun1(d, OP_EXP, log_mean_exp(x, t)), shifted_mean(x, t));
    else if (t->piece_count == 1 && t->factor_count == 0 && t->exponent[0].bound_count == 0 &&
             x->m->var[dag_payload(d, t->exponent[0].entry)].init.kind == INIT_UNIFORM)
        n = uniform_exponential(x, &t->exponent[0]);
    else
        return fail(x, "an exponential of noise that is not normal stands in it"), 0;
    n = dag_mul2(d, t->coefficient, n);
    for (int i = 0; i < t->bound_count; i++)
        n = dag_sum(d, t->bound[i], n);
    return n;
}

node expect_value(model *m, node n, const char **why)
{
    expecting x = {.m = m, .d = m->dag, .noisy = xmalloc((size_t)m->var_count + 1)};
    memset(x.noisy, -1, (size_t)m->var_count + 1);
    terms t = {0};
    node total = dag_int(m->dag, 0);
    bool good = expand(&x, n, &t);
    for (int i = 0; i < t.count && good; i++) {
        node part = term_mean(&x, &t.list[i]);
        good = part && !x.why;
        if (good)
            total = dag_add2(m->dag, total, part);
    }
    free(t.list);
    free(x.noisy);
    *why = x.why;
    return good ? total : 0;
}
