#include "gen/calculus/expect_terms.h"

#include <stdlib.h>
#include <string.h>

#include "gen/dag/ops.h"

#define MOST_TERMS 600
#define MOST_DEPTH 120 /* definitions inside each other */

bool expect_fail(expecting *x, const char *why)
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
        expect_fail(x, "it has too many terms");
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

/* Equal entries outside of sums are one term of the form. */
static bool add_piece(expecting *x, linear *l, const piece *p)
{
    for (int i = 0; i < l->count; i++)
        if (l->list[i].entry == p->entry && l->list[i].bound_count == 0 && p->bound_count == 0) {
            l->list[i].coefficient = dag_add2(x->d, l->list[i].coefficient, p->coefficient);
            return true;
        }
    if (l->count == MOST_PIECES)
        return expect_fail(x, "an exponent or a phase has too many terms");
    l->list[l->count++] = *p;
    return true;
}

/* *l + sign · other */
static bool add_linear(expecting *x, linear *l, const linear *other, int sign)
{
    bool good = true;
    for (int i = 0; i < other->count && good; i++) {
        piece p = other->list[i];
        p.coefficient = sign < 0 ? dag_neg(x->d, p.coefficient) : p.coefficient;
        good = add_piece(x, l, &p);
    }
    return good;
}

/* u with the wave of a and ± that of b in its place, its coefficient times `factor`. */
static bool push_wave(expecting *x, const term *u, const term *b, int sign, wave_kind wave, node factor, terms *out)
{
    dag *d = x->d;
    term *w = push(x, out);
    if (!w)
        return false;
    *w = *u;
    w->wave = wave;
    w->coefficient = dag_mul2(d, factor, u->coefficient);
    w->phase_rest = sign < 0 ? dag_sub(d, u->phase_rest, b->phase_rest) : dag_add2(d, u->phase_rest, b->phase_rest);
    return add_linear(x, &w->phase, &b->phase, sign);
}

/* A product of two waves is half a sum: cos A cos B = ½ (cos(A − B) + cos(A + B)), sin A sin B = ½ (cos(A − B) − cos(A + B)),
 * sin A cos B = ½ (sin(A − B) + sin(A + B)), cos A sin B = ½ (sin(A + B) − sin(A − B)). u has the wave of a. */
static bool multiply_waves(expecting *x, const term *u, const term *b, terms *out)
{
    dag *d = x->d;
    node half = dag_ratio(d, 1, 2), less = dag_ratio(d, -1, 2);
    bool first = u->wave == WAVE_SIN, second = b->wave == WAVE_SIN;
    wave_kind wave = first == second ? WAVE_COS : WAVE_SIN;
    return push_wave(x, u, b, -1, wave, second && !first ? less : half, out) && push_wave(x, u, b, 1, wave, first && second ? less : half, out);
}

static bool multiply_terms(expecting *x, const term *a, const term *b, terms *out)
{
    if (a->factor_count + b->factor_count > MOST_FACTORS || a->bound_count + b->bound_count > MOST_BOUND)
        return expect_fail(x, "its degree is too high");
    const term *waving = a->wave ? a : b;
    term u = *a;
    u.coefficient = dag_mul2(x->d, a->coefficient, b->coefficient);
    for (int i = 0; i < b->factor_count; i++)
        u.factor[u.factor_count++] = b->factor[i];
    for (int i = 0; i < b->bound_count; i++)
        u.bound[u.bound_count++] = b->bound[i];
    u.wave = waving->wave;
    u.phase = waving->phase;
    u.phase_rest = waving->phase_rest;
    if (!add_linear(x, &u.exponent, &b->exponent, 1))
        return false;
    if (a->wave && b->wave)
        return multiply_waves(x, &u, b, out);
    term *made = push(x, out);
    if (made)
        *made = u;
    return made != NULL;
}

/* *t times n. Each time n is multiplied out anew, so that its indices are fresh. */
static bool multiply(expecting *x, terms *t, node n)
{
    terms other = {0}, product = {0};
    bool good = expect_expand(x, n, &other);
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
        bool good = expect_expand(x, dag_child(x->d, n, i), &t);
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
    if (base->count != 1 || b->factor_count || b->bound_count || b->wave)
        return expect_fail(x, "a power of it has no closed form");
    term *u = push(x, out);
    if (!u)
        return false;
    *u = *b;
    u->coefficient = dag_pow(x->d, b->coefficient, exponent);
    for (int i = 0; i < u->exponent.count; i++)
        u->exponent.list[i].coefficient = dag_mul2(x->d, exponent, u->exponent.list[i].coefficient);
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
        return expect_fail(x, "noise stands in an exponent of something other than e");
    if (v && mpz_cmp_ui(mpq_denref(*v), 1) == 0 && mpq_sgn(*v) > 0 && mpz_cmp_ui(mpq_numref(*v), MOST_FACTORS) <= 0) {
        long k = mpz_get_si(mpq_numref(*v));
        bool good = push_node(x, out, dag_int(d, 1), 0);
        for (long i = 0; i < k && good; i++)
            good = multiply(x, out, base);
        return good;
    }
    terms t = {0};
    bool good = expect_expand(x, base, &t) && expand_pure_power(x, &t, exponent, out);
    free(t.list);
    return good;
}

/* n = *rest + *form, if it is linear in the noise. */
static bool linear_form(expecting *x, node n, node *rest, linear *form)
{
    dag *d = x->d;
    terms t = {0};
    bool good = expect_expand(x, n, &t);
    *rest = dag_int(d, 0);
    *form = (linear){0};
    for (int i = 0; i < t.count && good; i++) {
        const term *l = &t.list[i];
        if (l->factor_count > 1 || l->exponent.count || l->wave) {
            good = expect_fail(x, "an exponent or a phase is not linear in the noise");
        } else if (l->factor_count == 0) {
            node sum = l->coefficient;
            for (int k = l->bound_count - 1; k >= 0; k--)
                sum = dag_sum(d, l->bound[k], sum);
            *rest = dag_add2(d, *rest, sum);
        } else {
            piece p = {.coefficient = l->coefficient, .entry = l->factor[0], .bound_count = l->bound_count};
            memcpy(p.bound, l->bound, sizeof p.bound);
            good = add_piece(x, form, &p);
        }
    }
    free(t.list);
    return good;
}

static bool push_exp(expecting *x, node coefficient, node rest, const linear *form, terms *out)
{
    term *u = push(x, out);
    if (u)
        *u = (term){.coefficient = dag_mul2(x->d, coefficient, dag_fun1(x->d, OP_EXP, rest)), .exponent = *form};
    return u != NULL;
}

static bool expand_exp(expecting *x, node n, terms *out)
{
    node rest;
    linear form;
    return linear_form(x, n, &rest, &form) && push_exp(x, dag_int(x->d, 1), rest, &form, out);
}

/* ½ exp(n) ± ½ exp(−n) */
static bool expand_hyperbolic(expecting *x, node n, int sign, terms *out)
{
    node rest;
    linear form, turned = {0};
    return linear_form(x, n, &rest, &form) && add_linear(x, &turned, &form, -1) && push_exp(x, dag_ratio(x->d, 1, 2), rest, &form, out) &&
           push_exp(x, dag_ratio(x->d, sign, 2), dag_neg(x->d, rest), &turned, out);
}

static bool expand_wave(expecting *x, node n, wave_kind wave, terms *out)
{
    node rest;
    linear form;
    term *u = linear_form(x, n, &rest, &form) ? push(x, out) : NULL;
    if (u)
        *u = (term){.coefficient = dag_int(x->d, 1), .wave = wave, .phase = form, .phase_rest = rest};
    return u != NULL;
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
            good = expect_expand(x, dag_child(d, u, 0), &t);
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
        return expect_expand(x, dag_child(d, n, 0), out);
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
    bool good = expect_expand(x, n, &t);
    if (good && (t.count != 1 || t.list->factor_count || t.list->bound_count || t.list->wave))
        good = expect_fail(x, "a logarithm of it has no closed form");
    good = good && push_node(x, out, dag_fun1(x->d, OP_LOG, t.list->coefficient), 0);
    for (int i = 0; good && i < t.list->exponent.count; i++) {
        const piece *p = &t.list->exponent.list[i];
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
        return expect_fail(x, "a reduction of it has no closed form");
    node body = dag_open(x->d, n, &index);
    if (!expect_expand(x, body, out))
        return false;
    for (int i = 0; i < out->count; i++) {
        if (out->list[i].bound_count == MOST_BOUND)
            return expect_fail(x, "it has too many sums inside each other");
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
        return expect_fail(x, "a condition depends on the noise");
    for (int k = 1; k <= 2; k++) {
        terms t = {0};
        bool good = expect_expand(x, dag_child(d, n, k), &t);
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
    return rhs ? expect_expand(x, rhs, out) : expect_fail(x, "a name in it has no equation");
}

static bool expand_function(expecting *x, node n, terms *out)
{
    node u = dag_child(x->d, n, 0);
    switch (dag_payload(x->d, n)) {
    case OP_EXP: return expand_exp(x, u, out);
    case OP_LOG: return expand_log(x, u, out);
    case OP_COS: return expand_wave(x, u, WAVE_COS, out);
    case OP_SIN: return expand_wave(x, u, WAVE_SIN, out);
    case OP_COSH: return expand_hyperbolic(x, u, 1, out);
    case OP_SINH: return expand_hyperbolic(x, u, -1, out);
    default: return expect_fail(x, "a function of the noise without a closed form stands in it");
    }
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
    case NODE_FUN: return expand_function(x, n, out);
    default: return expect_fail(x, "a function of the noise without a closed form stands in it");
    }
}

bool expect_expand(expecting *x, node n, terms *out)
{
    if (!is_noisy(x, n))
        return push_node(x, out, n, 0);
    if (x->depth >= MOST_DEPTH)
        return expect_fail(x, "its definitions have no end");
    x->depth++;
    bool good = expand_noisy(x, n, out) && !x->why;
    x->depth--;
    return good;
}
