/* The expectation of a product of independent entries is a sum over the ways to put them into groups of equal entries, of the products of the groups'
 * cumulants (Wick's theorem is the normal case). Of a normal linear form L, exp(L) shifts each entry by its covariance with L and leaves the factor
 * exp(E L + ½ Var L); the same holds for L + iM, whose real and imaginary parts are exp(L) cos(M) and exp(L) sin(M). */
#include "gen/calculus/expect.h"

#include <stdlib.h>
#include <string.h>

#include "gen/calculus/expect_terms.h"
#include "gen/dag/ops.h"

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
            expect_fail(x, "the moments of its distribution are not known here");
        if (!k || dag_is_int(d, k, 0) || dag_is_int(d, group, 0))
            continue;
        total = dag_add2(d, total, dag_mul(d, 3, (node[]){k, group, product_mean(x, rest_count, rest)}));
    }
    return total;
}

/* --- exponentials and waves --- */

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

/* Cov(entry, l) of a normal form. */
static node covariance(expecting *x, const linear *l, node entry)
{
    dag *d = x->d;
    node total = dag_int(d, 0);
    for (int i = 0; i < l->count; i++) {
        const piece *p = &l->list[i];
        if (dag_payload(d, p->entry) != dag_payload(d, entry))
            continue;
        piece q = fresh_piece(x, p);
        node body = dag_mul(d, 3, (node[]){cumulant(x, dag_payload(d, entry), 2), q.coefficient, same_place(x, entry, q.entry)});
        total = dag_add2(d, total, sum_over(x, &q, body));
    }
    return total;
}

/* own · E l + scale · Cov(l, other) of normal forms. */
static node mean_and_covariance(expecting *x, const linear *l, int own, node scale, const linear *other)
{
    dag *d = x->d;
    node total = dag_int(d, 0);
    for (int i = 0; i < l->count; i++) {
        piece p = fresh_piece(x, &l->list[i]);
        node mean = dag_mul2(d, dag_int(d, own), cumulant(x, dag_payload(d, p.entry), 1));
        node spread = dag_mul2(d, scale, covariance(x, other, p.entry));
        total = dag_add2(d, total, sum_over(x, &p, dag_mul2(d, p.coefficient, dag_add2(d, mean, spread))));
    }
    return total;
}

/* n, and `one` where c = 0. */
static node unless_zero(expecting *x, node c, node one, node n)
{
    dag *d = x->d;
    if (dag_kind(d, c) == NODE_NUMBER)
        return dag_is_int(d, c, 0) ? one : n;
    return dag_raw_if(d, dag_raw_compare(d, COMPARE_EQUAL, c, dag_int(d, 0)), one, n);
}

/* E(exp(c ε)) of one uniform ε. */
static node uniform_exponential(expecting *x, const piece *p)
{
    dag *d = x->d;
    const model_init *f = &x->m->var[dag_payload(d, p->entry)].init;
    node c = p->coefficient;
    node high = dag_fun1(d, OP_EXP, dag_mul2(d, c, f->b)), low = dag_fun1(d, OP_EXP, dag_mul2(d, c, f->a));
    return unless_zero(x, c, dag_int(d, 1), dag_div(d, dag_sub(d, high, low), dag_mul2(d, c, dag_sub(d, f->b, f->a))));
}

/* E(exp(i c ε)) of one uniform ε on [a, b] is exp(i c (a + b)/2) sin(h)/h with h = c (b − a)/2: the second factor, the phase through *phase. */
static node uniform_wave(expecting *x, const piece *p, node *phase)
{
    dag *d = x->d;
    const model_init *f = &x->m->var[dag_payload(d, p->entry)].init;
    node c = p->coefficient, half = dag_mul2(d, dag_ratio(d, 1, 2), c), h = dag_mul2(d, half, dag_sub(d, f->b, f->a));
    *phase = dag_add2(d, *phase, dag_mul2(d, half, dag_add2(d, f->a, f->b)));
    return unless_zero(x, c, dag_int(d, 1), dag_div(d, dag_fun1(d, OP_SIN, h), h));
}

/* The real and the imaginary part of Π (εᵢ + sᵢ + i tᵢ), with s and t the covariances with exponent and phase: each factor is ε, s or i t. */
static void shifted_mean(expecting *x, const term *t, int at, int kept, node *keep, node product, int turns, node part[2])
{
    dag *d = x->d;
    if (at == t->factor_count) {
        node n = dag_mul(d, 3, (node[]){dag_int(d, turns & 2 ? -1 : 1), product, product_mean(x, kept, keep)});
        part[turns & 1] = dag_add2(d, part[turns & 1], n);
        return;
    }
    node s = covariance(x, &t->exponent, t->factor[at]), w = covariance(x, &t->phase, t->factor[at]);
    keep[kept] = t->factor[at];
    shifted_mean(x, t, at + 1, kept + 1, keep, product, turns, part);
    if (!dag_is_int(d, s, 0))
        shifted_mean(x, t, at + 1, kept, keep, dag_mul2(d, product, s), turns, part);
    if (!dag_is_int(d, w, 0))
        shifted_mean(x, t, at + 1, kept, keep, dag_mul2(d, product, w), turns + 1, part);
}

/* exp(L) cos(M) or sin(M) times factors, L and M normal: E = exp(E L + ½ Var L − ½ Var M) · Re or Im of exp(i (E M + Cov(L, M))) Π (ε + s + i t). */
static node normal_mean(expecting *x, const term *t)
{
    dag *d = x->d;
    node keep[MOST_FACTORS], part[2] = {dag_int(d, 0), dag_int(d, 0)}, half = dag_ratio(d, 1, 2), none = dag_int(d, 0);
    node size = mean_and_covariance(x, &t->exponent, 1, half, &t->exponent);
    shifted_mean(x, t, 0, 0, keep, dag_int(d, 1), 0, part);
    if (t->wave == WAVE_NONE)
        return t->exponent.count ? dag_mul2(d, dag_fun1(d, OP_EXP, size), part[0]) : part[0];
    size = dag_sub(d, size, mean_and_covariance(x, &t->phase, 0, half, &t->phase));
    node phase = dag_add(
        d, 3,
        (node[]){t->phase_rest, mean_and_covariance(x, &t->phase, 1, none, &t->phase), mean_and_covariance(x, &t->phase, 0, dag_int(d, 1), &t->exponent)});
    node c = dag_fun1(d, OP_COS, phase), s = dag_fun1(d, OP_SIN, phase);
    node wave =
        t->wave == WAVE_COS ? dag_sub(d, dag_mul2(d, part[0], c), dag_mul2(d, part[1], s)) : dag_add2(d, dag_mul2(d, part[0], s), dag_mul2(d, part[1], c));
    return dag_mul2(d, dag_fun1(d, OP_EXP, size), wave);
}

static bool is_kind(expecting *x, node entry, init_kind kind)
{
    return x->m->var[dag_payload(x->d, entry)].init.kind == kind;
}

static bool is_normal(expecting *x, const linear *l)
{
    for (int i = 0; i < l->count; i++)
        if (!is_kind(x, l->list[i].entry, INIT_NORMAL))
            return false;
    return true;
}

/* Does another factor or form of the term hold an entry of this name? */
static bool is_elsewhere(expecting *x, const term *t, const piece *p)
{
    dag *d = x->d;
    int variable = dag_payload(d, p->entry), seen = 0;
    for (int i = 0; i < t->factor_count; i++)
        seen += dag_payload(d, t->factor[i]) == variable;
    for (int i = 0; i < t->exponent.count; i++)
        seen += dag_payload(d, t->exponent.list[i].entry) == variable;
    for (int i = 0; i < t->phase.count; i++)
        seen += dag_payload(d, t->phase.list[i].entry) == variable;
    return seen > 1;
}

/* Takes the uniform entries out of exponent and phase: each is independent of all else in the term. */
static node uniform_mean(expecting *x, term *t)
{
    dag *d = x->d;
    node total = dag_int(d, 1);
    linear *form[] = {&t->exponent, &t->phase};
    for (int k = 0; k < 2; k++)
        for (int i = form[k]->count - 1; i >= 0; i--) {
            piece p = form[k]->list[i];
            if (!is_kind(x, p.entry, INIT_UNIFORM) || p.bound_count || is_elsewhere(x, t, &p))
                continue;
            total = dag_mul2(d, total, k == 0 ? uniform_exponential(x, &p) : uniform_wave(x, &p, &t->phase_rest));
            form[k]->list[i] = form[k]->list[--form[k]->count];
        }
    return total;
}

static node term_mean(expecting *x, const term *from)
{
    dag *d = x->d;
    term t = *from;
    node uniform = uniform_mean(x, &t);
    if (!is_normal(x, &t.exponent) || !is_normal(x, &t.phase))
        return expect_fail(x, "an exponential or a wave of noise that is not normal stands in it"), 0;
    node n = dag_mul(d, 3, (node[]){t.coefficient, uniform, normal_mean(x, &t)});
    for (int i = 0; i < t.bound_count; i++)
        n = dag_sum(d, t.bound[i], n);
    return n;
}

node expect_value(model *m, node n, const char **why)
{
    expecting x = {.m = m, .d = m->dag, .noisy = xmalloc((size_t)m->var_count + 1)};
    memset(x.noisy, -1, (size_t)m->var_count + 1);
    terms t = {0};
    node total = dag_int(m->dag, 0);
    bool good = expect_expand(&x, n, &t);
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
