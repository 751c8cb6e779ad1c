/* What is known of signs: of atoms and polynomials by their form, by assumptions, and by what both sides need to be defined. */
#include "gen/prove/normal.h"

#include <stdlib.h>

#define MOST_FACTORED   NORMAL_MOST_FACTORED
#define MOST_NOTED_READ 8
#define NOT_ZERO        3 /* beside the signs ±1, ±2 in the table of what is noted */

/* Functions whose values have one sign everywhere. */
static int function_sign(op o)
{
    static const signed char sign[OP_COUNT] = {
        [OP_EXP] = 1,      [OP_COSH] = 1,    [OP_SECH] = 1,        [OP_ERFC] = 1,       [OP_SIGMOID] = 1,    [OP_SOFTPLUS] = 1, [OP_LOGSIGMOID] = -1,
        [OP_PI_CONST] = 1, [OP_E_CONST] = 1, [OP_GAMMA_CONST] = 1, [OP_SELU_ALPHA] = 1, [OP_SELU_SCALE] = 1, [OP_ABS] = 2,      [OP_RELU] = 2,
        [OP_HYPOT] = 2,    [OP_ACOS] = 2,    [OP_ACOSH] = 2,       [OP_AND] = 2,        [OP_OR] = 2,         [OP_NOT] = 2,      [OP_HARDSIGMOID] = 2,
    };
    return sign[o];
}

static int entry_sign(const normal *c, int variable)
{
    if (!session_is_fact(c->s, variable))
        return 0;
    name_fact *f = &c->s->fact[variable];
    int sign = 0;
    if (f->zero_one)
        sign = 2;
    else if (f->has_lo && fmpq_sgn(&f->lo) >= 0)
        sign = fmpq_sgn(&f->lo) > 0 || f->lo_open ? 1 : 2;
    else if (f->has_hi && fmpq_sgn(&f->hi) <= 0)
        sign = fmpq_sgn(&f->hi) < 0 || f->hi_open ? -1 : -2;
    f->used = f->used || sign;
    return sign;
}

static int sign_of_node(normal *c, node n);

#define MOST_READ 24 /* definitions inside each other that are read for a sign */

/* A name has the sign of what it stands for. */
static int defined_sign(normal *c, node n)
{
    dag *d = c->d;
    node at[MODEL_MAX_AXES];
    int64_t key = n;
    int known = table_find(&c->entry_sign, 1, &key), sign = 0;
    if (known >= 0)
        return c->entry_sign.entry[known].value;
    for (int i = 0; i < dag_count(d, n); i++)
        at[i] = dag_child(d, n, i);
    const model_var *v = &c->s->m->var[dag_payload(d, n)];
    bool recurrent = c->s->recurrent && dag_payload(d, n) < c->s->rank_count && c->s->recurrent[dag_payload(d, n)];
    node rhs = recurrent || v->role == ROLE_ADJOINT || c->sign_depth >= MOST_READ ? 0 : model_unfold(c->s->m, dag_payload(d, n), at, false);
    if (rhs) {
        c->sign_depth++;
        sign = sign_of_node(c, rhs);
        c->sign_depth--;
    }
    int e = table_add(&c->entry_sign, 1, &key);
    c->entry_sign.entry[e].value = sign;
    return sign;
}

/* Of a product or of the terms of a sum. */
static int combine(normal *c, node n, bool product)
{
    int sign = sign_of_node(c, dag_child(c->d, n, 0));
    for (int i = 1; i < dag_count(c->d, n) && sign; i++) {
        int t = sign_of_node(c, dag_child(c->d, n, i));
        if (!t || (!product && (t > 0) != (sign > 0)))
            return 0;
        if (product)
            sign = (abs(sign) == 2 || abs(t) == 2 ? 2 : 1) * ((t > 0) == (sign > 0) ? 1 : -1);
        else if (abs(t) == 1)
            sign = t; /* one strict term makes the sum strict */
    }
    return sign;
}

static int power_sign(normal *c, node n)
{
    node exponent = dag_child(c->d, n, 1);
    int base = sign_of_node(c, dag_child(c->d, n, 0));
    if (base == 1)
        return 1;
    if (dag_kind(c->d, exponent) != NODE_NUMBER)
        return 0;
    const mpq_t *e = dag_value(c->d, exponent);
    bool whole = mpz_cmp_ui(mpq_denref(*e), 1) == 0, even = whole && mpz_even_p(mpq_numref(*e));
    if (base == -1 && whole)
        return even ? 1 : -1;
    if (mpq_sgn(*e) < 0) /* a reciprocal is defined only where the base is not 0 */
        return even || base == 2 || !whole ? 1 : 0;
    return even || base == 2 || !whole ? 2 : 0;
}

static int sign_of_node(normal *c, node n)
{
    dag *d = c->d;
    int64_t key = n;
    int known = table_find(&c->plan->positive, 1, &key);
    if (known >= 0 && !c->unnoted && c->plan->positive.entry[known].value != NOT_ZERO)
        return c->plan->positive.entry[known].value;
    switch (dag_kind(d, n)) {
    case NODE_NUMBER: return mpq_sgn(*dag_value(d, n)) > 0 ? 1 : mpq_sgn(*dag_value(d, n)) < 0 ? -1 : 2;
    case NODE_SIZE: return 1;
    case NODE_INDEX: {
        node lo = dag_index_get(d, dag_payload(d, n))->lo;
        return dag_index_le(d, dag_int(d, 1), lo) == TRUTH_YES ? 1 : dag_index_le(d, dag_int(d, 0), lo) == TRUTH_YES ? 2 : 0;
    }
    case NODE_ENTRY: {
        int fact = entry_sign(c, dag_payload(d, n));
        return fact ? fact : defined_sign(c, n);
    }
    case NODE_FUN: return function_sign((op)dag_payload(d, n));
    case NODE_COMPARE: return 2;
    case NODE_POW: return power_sign(c, n);
    case NODE_MUL: return combine(c, n, true);
    case NODE_ADD: return combine(c, n, false);
    case NODE_REDUCE:
        if (dag_payload(d, n) == REDUCE_SUM) {
            int index, sign = sign_of_node(c, session_open(c->s, n, &index));
            bool some = dag_index_le(d, dag_child(d, n, 0), dag_child(d, n, 1)) == TRUTH_YES;
            return abs(sign) == 1 && !some ? 2 * sign : sign;
        }
        return dag_payload(d, n) == REDUCE_SOFTMAX ? 1 : 0;
    default: return 0;
    }
}

int normal_atom_sign(normal *c, node n)
{
    return sign_of_node(c, n);
}

int normal_structural_sign(session *s, node n)
{
    normal_plan plan = {0};
    normal c = {.s = s, .d = s->d, .plan = &plan};
    int sign = sign_of_node(&c, n);
    table_free(&c.entry_sign);
    return sign;
}

node normal_primitive(normal *c, const fmpz_mpoly_struct *p, bool negated)
{
    rational t;
    fmpz_t content;
    rational_init(c, &t);
    fmpz_init(content);
    _fmpz_vec_content(content, p->coeffs, fmpz_mpoly_length(p, c->ring));
    fmpz_mpoly_scalar_divexact_fmpz(fmpz_mpoly_q_numref(&t), p, content, c->ring);
    fmpz_clear(content);
    if (negated)
        fmpz_mpoly_neg(fmpz_mpoly_q_numref(&t), fmpz_mpoly_q_numref(&t), c->ring);
    node n = normal_node(c, &t);
    rational_clear(c, &t);
    return n;
}

/* Was p, or −p, noted? Also NOT_ZERO. */
static int noted_sign(normal *c, const fmpz_mpoly_struct *p)
{
    if (c->unnoted || !c->plan->positive.count || fmpz_mpoly_length(p, c->ring) > MOST_FACTORED || fmpz_mpoly_is_fmpz(p, c->ring))
        return 0;
    for (int negated = 0; negated < 2; negated++) {
        int64_t key = normal_primitive(c, p, negated);
        int e = table_find(&c->plan->positive, 1, &key);
        if (e >= 0) {
            int sign = c->plan->positive.entry[e].value;
            return negated && sign != NOT_ZERO ? -sign : sign;
        }
    }
    return 0;
}

static int term_sign(normal *c, const fmpz_mpoly_struct *p, slong term, slong *exponent)
{
    fmpz_t z;
    fmpz_init(z);
    fmpz_mpoly_get_term_coeff_fmpz(z, p, term, c->ring);
    fmpz_mpoly_get_term_exp_si(exponent, p, term, c->ring);
    int sign = fmpz_sgn(z);
    fmpz_clear(z);
    for (slong g = 0; g < c->plan->atoms && sign; g++) {
        if (!exponent[g])
            continue;
        int t = sign_of_node(c, normal_generator_node(c, g));
        if (exponent[g] % 2 == 0)
            t = abs(t) == 1 ? 1 : 2;
        sign = t == 0 ? 0 : (abs(sign) == 2 || abs(t) == 2 ? 2 : 1) * ((t > 0) == (sign > 0) ? 1 : -1);
    }
    return sign;
}

/* A polynomial in sign atoms alone takes finitely many values: s + 1 >= 0. */
static int range_of_signs(normal *c, const fmpz_mpoly_struct *p)
{
    slong used[3], count = 0;
    for (slong g = 0; g < c->plan->atoms; g++) {
        if (fmpz_mpoly_degree_si(p, g, c->ring) <= 0)
            continue;
        if (count == 3 || dag_kind(c->d, normal_generator_node(c, g)) == NODE_ENTRY || !normal_is_indicator(c, normal_generator_node(c, g)))
            return 0;
        used[count++] = g;
    }
    int lowest = 2, highest = -2, cases = count == 0 ? 0 : count == 1 ? 3 : count == 2 ? 9 : 27;
    fmpz_mpoly_t q;
    fmpz_t value;
    fmpz_mpoly_init(q, c->ring);
    fmpz_init(value);
    for (int k = 0; k < cases; k++) {
        fmpz_mpoly_set(q, p, c->ring);
        for (int i = 0, rest = k; i < count; i++, rest /= 3) {
            fmpz_set_si(value, rest % 3 - 1);
            fmpz_mpoly_evaluate_one_fmpz(q, q, used[i], value, c->ring);
        }
        fmpz_mpoly_get_fmpz(value, q, c->ring);
        lowest = fmpz_sgn(value) < lowest ? fmpz_sgn(value) : lowest;
        highest = fmpz_sgn(value) > highest ? fmpz_sgn(value) : highest;
    }
    fmpz_mpoly_clear(q, c->ring);
    fmpz_clear(value);
    return cases == 0 ? 0 : lowest == 1 ? 1 : lowest == 0 ? 2 : highest == -1 ? -1 : highest == 0 ? -2 : 0;
}

/* Of a v + b at one end of what is assumed of v: 2 for 0, which is not reached if the end is open. */
static int sign_at_end(const fmpz_t a, const fmpz_t b, const fmpq_t end, bool open, int inwards)
{
    fmpz_t t, u;
    fmpz_init(t);
    fmpz_init(u);
    fmpz_mul(t, a, fmpq_numref(end));
    fmpz_mul(u, b, fmpq_denref(end));
    fmpz_add(t, t, u);
    int sign = fmpz_sgn(t);
    fmpz_clear(t);
    fmpz_clear(u);
    return sign ? sign : (open ? 1 : 2) * inwards;
}

/* a v + b with numbers a, b and bounds of the name v: 1 − p > 0 where p < 1. */
static int bounded_sign(normal *c, const fmpz_mpoly_struct *p)
{
    if (fmpz_mpoly_length(p, c->ring) != 2)
        return 0;
    for (slong g = 0; g < c->plan->atoms; g++) {
        slong degree = fmpz_mpoly_degree_si(p, g, c->ring);
        if (degree <= 0)
            continue;
        node n = normal_generator_node(c, g);
        int v = dag_kind(c->d, n) == NODE_ENTRY ? dag_payload(c->d, n) : -1;
        if (degree != 1 || v < 0 || !session_is_fact(c->s, v))
            return 0;
        const name_fact *f = &c->s->fact[v];
        fmpz_t a, b, zero;
        fmpz_mpoly_t slope, rest;
        fmpz_init(a), fmpz_init(b), fmpz_init(zero);
        fmpz_mpoly_init(slope, c->ring);
        fmpz_mpoly_init(rest, c->ring);
        fmpz_mpoly_derivative(slope, p, g, c->ring);
        fmpz_mpoly_evaluate_one_fmpz(rest, p, g, zero, c->ring);
        int sign = 0;
        if (fmpz_mpoly_is_fmpz(slope, c->ring) && fmpz_mpoly_is_fmpz(rest, c->ring)) {
            fmpz_mpoly_get_fmpz(a, slope, c->ring);
            fmpz_mpoly_get_fmpz(b, rest, c->ring);
            int up = fmpz_sgn(a), low = f->has_lo ? sign_at_end(a, b, &f->lo, f->lo_open, up) : 0,
                high = f->has_hi ? sign_at_end(a, b, &f->hi, f->hi_open, -up) : 0;
            sign = low && (low > 0) == (up > 0) ? low : high && (high > 0) == (up < 0) ? high : 0; /* the end from which it only moves away from 0 */
        }
        fmpz_mpoly_clear(slope, c->ring);
        fmpz_mpoly_clear(rest, c->ring);
        fmpz_clear(a), fmpz_clear(b), fmpz_clear(zero);
        return sign;
    }
    return 0;
}

bool normal_split_root(normal *c, const fmpz_mpoly_struct *p, slong generator, slong degree, fmpz_mpoly_struct *a, fmpz_mpoly_struct *b)
{
    slong *exponent = xmalloc((size_t)c->plan->atoms * sizeof *exponent);
    fmpz_t z;
    fmpz_init(z);
    bool good = true;
    for (slong i = 0; good && i < fmpz_mpoly_length(p, c->ring); i++) {
        fmpz_mpoly_get_term_coeff_fmpz(z, p, i, c->ring);
        fmpz_mpoly_get_term_exp_si(exponent, p, i, c->ring);
        good = exponent[generator] == 0 || exponent[generator] == degree;
        fmpz_mpoly_struct *to = exponent[generator] ? b : a;
        exponent[generator] = 0;
        fmpz_mpoly_push_term_fmpz_ui(to, z, (const ulong *)exponent, c->ring);
    }
    fmpz_mpoly_sort_terms(a, c->ring);
    fmpz_mpoly_sort_terms(b, c->ring);
    fmpz_clear(z);
    free(exponent);
    return good;
}

/* p = A + B R with a square root R of w: where A² − B² w < 0 the sign is that of B, where it is > 0 that of A: u + √(u² + 1) > 0. */
static int radical_sign(normal *c, const fmpz_mpoly_struct *p)
{
    rational a, b, norm;
    int sign = 0;
    if (c->sign_depth > 0 || c->state != NORMAL_GOOD)
        return 0;
    rational_init(c, &a);
    rational_init(c, &b);
    rational_init(c, &norm);
    c->sign_depth++;
    if (normal_conjugate(c, p, &a, &b, &norm)) {
        int which = normal_sign(c, fmpz_mpoly_q_numref(&norm));
        sign = which == -1 ? normal_sign(c, fmpz_mpoly_q_numref(&b)) : which == 1 ? normal_sign(c, fmpz_mpoly_q_numref(&a)) : 0;
    }
    c->sign_depth--;
    rational_clear(c, &a);
    rational_clear(c, &b);
    rational_clear(c, &norm);
    return abs(sign) == 2 ? sign / 2 : sign; /* the greater part is not 0 */
}

static int sum_sign(int a, int b)
{
    return !a || !b || (a > 0) != (b > 0) ? 0 : abs(a) == 1 ? a : b;
}

/* p = q + rest with a noted q >= 0 and a rest whose sign is seen: u >= 1 where u − 1 >= 0 is noted. */
static int sign_beside_noted(normal *c, const fmpz_mpoly_struct *p)
{
    int sign = 0;
    rational q, t;
    if (fmpz_mpoly_length(p, c->ring) > NORMAL_MOST_CONJUGATE || c->sign_depth > 0 || c->state != NORMAL_GOOD)
        return 0;
    rational_init(c, &q);
    rational_init(c, &t);
    c->sign_depth++;
    for (int i = 0; i < c->plan->positive.count && i < MOST_NOTED_READ && !sign; i++) {
        int length, noted = c->plan->positive.entry[i].value;
        node n = (node)*table_key(&c->plan->positive, i, &length);
        if (noted == NOT_ZERO || !normal_form(c, n, &q) || !fmpz_mpoly_is_one(fmpz_mpoly_q_denref(&q), c->ring))
            continue;
        for (int side = -1; side <= 1 && !sign; side += 2) { /* p = side·q + rest */
            if (side > 0)
                fmpz_mpoly_sub(fmpz_mpoly_q_numref(&t), p, fmpz_mpoly_q_numref(&q), c->ring);
            else
                fmpz_mpoly_add(fmpz_mpoly_q_numref(&t), p, fmpz_mpoly_q_numref(&q), c->ring);
            sign = sum_sign(noted * side, normal_sign(c, fmpz_mpoly_q_numref(&t)));
        }
    }
    c->sign_depth--;
    rational_clear(c, &q);
    rational_clear(c, &t);
    return sign;
}

static int plain_sign(normal *c, const fmpz_mpoly_struct *p);

int normal_sign(normal *c, const fmpz_mpoly_struct *p)
{
    int sign = plain_sign(c, p);
    if (!sign && c->o.full && fmpz_mpoly_length(p, c->ring) > 1)
        sign = radical_sign(c, p);
    if (!sign && c->o.full && c->plan->positive.count && !c->unnoted)
        sign = sign_beside_noted(c, p);
    return sign;
}

int normal_sign_unnoted(normal *c, const fmpz_mpoly_struct *p)
{
    bool before = c->unnoted;
    c->unnoted = true;
    int sign = normal_sign(c, p);
    c->unnoted = before;
    return sign;
}

static int plain_sign(normal *c, const fmpz_mpoly_struct *p)
{
    slong count = fmpz_mpoly_length(p, c->ring);
    slong *exponent = xmalloc((size_t)c->plan->atoms * sizeof *exponent);
    int sign = count ? term_sign(c, p, 0, exponent) : 2;
    for (slong i = 1; i < count && sign; i++) {
        int t = term_sign(c, p, i, exponent);
        if (t == 0 || (t > 0) != (sign > 0))
            sign = 0;
        else if (abs(t) == 1)
            sign = t;
    }
    free(exponent);
    if (abs(sign) == 1)
        return sign;
    int bounded = bounded_sign(c, p);
    if (abs(bounded) == 1)
        return bounded;
    int noted = noted_sign(c, p), range = sign ? 0 : bounded ? bounded : range_of_signs(c, p);
    if (abs(noted) == 1 || noted == NOT_ZERO || !sign)
        return noted && noted != NOT_ZERO ? noted : noted == NOT_ZERO && sign ? sign / 2 : range;
    return sign;
}

/* b^n of a b that is noted. */
static bool is_power_of_nonzero(normal *c, const fmpz_mpoly_struct *p)
{
    if (fmpz_mpoly_length(p, c->ring) != 1 || !c->plan->positive.count)
        return false;
    for (slong g = c->plan->atoms - c->atom.count; g < c->plan->atoms; g++) {
        node n = fmpz_mpoly_degree_si(p, g, c->ring) > 0 ? normal_generator_node(c, g) : 0;
        if (n && (dag_kind(c->d, n) != NODE_POW || !normal_noted_nonzero_node(c, dag_child(c->d, n, 0))))
            return false;
    }
    return true;
}

bool normal_is_nonzero(normal *c, const fmpz_mpoly_struct *p)
{
    return is_power_of_nonzero(c, p) || abs(normal_sign(c, p)) == 1 || noted_sign(c, p) == NOT_ZERO;
}

/* Strengthens what is noted of one polynomial; asks for a restart if that is news. */
static bool note(normal *c, const fmpz_mpoly_struct *p, int sign)
{
    int known = normal_sign(c, p), noted = noted_sign(c, p);
    bool strict = abs(known) == 1 || noted == NOT_ZERO;
    if (abs(known) == 1 || (sign == NOT_ZERO && strict) || (abs(sign) == 2 && known == sign))
        return true;
    if (abs(known) == 2 && sign == NOT_ZERO)
        sign = known / 2;
    if (noted == NOT_ZERO && abs(sign) == 2)
        sign /= 2;
    int64_t key = normal_primitive(c, p, false), other = normal_primitive(c, p, true);
    if (!key || !other)
        return normal_fail(c, NORMAL_BUDGET);
    bool negated = table_find(&c->plan->positive, 1, &key) < 0 && table_find(&c->plan->positive, 1, &other) >= 0;
    int e = table_add(&c->plan->positive, 1, negated ? &other : &key);
    c->plan->positive.entry[e].value = negated && sign != NOT_ZERO ? -sign : sign;
    return normal_fail(c, NORMAL_AGAIN); /* what was computed may hold a sign atom of it */
}

bool normal_note_nonzero(normal *c, const fmpz_mpoly_struct *p)
{
    return c->conditional || c->quiet || fmpz_mpoly_is_fmpz(p, c->ring) || fmpz_mpoly_length(p, c->ring) > MOST_FACTORED || note(c, p, NOT_ZERO);
}

bool normal_note_generic(normal *c, const fmpz_mpoly_struct *p)
{
    if (normal_is_nonzero(c, p))
        return true;
    node n = normal_primitive(c, p, false);
    if (!n || c->plan->generic_count == NORMAL_MOST_GENERIC)
        return normal_fail(c, NORMAL_BUDGET);
    c->plan->generic[c->plan->generic_count++] = n;
    return note(c, p, NOT_ZERO);
}

/* a b >= 0 (or > 0, <= 0, < 0 as `sign` says) where α a + β b has one strict sign whatever the values: then each factor has one. 1 − x² > 0 says 1 − x > 0 and 1 + x > 0. */
static bool note_pair(normal *c, const fmpz_mpoly_struct *a, const fmpz_mpoly_struct *b, int sign)
{
    fmpz_t x, y;
    fmpz_mpoly_t t, u;
    fmpz_init(x), fmpz_init(y);
    fmpz_mpoly_init(t, c->ring);
    fmpz_mpoly_init(u, c->ring);
    if (sign < 0) /* of a and −b */
        fmpz_mpoly_neg(u, b, c->ring);
    else
        fmpz_mpoly_set(u, b, c->ring);
    fmpz_mpoly_get_term_coeff_fmpz(x, a, 0, c->ring);
    fmpz_mpoly_get_term_coeff_fmpz(y, u, 0, c->ring);
    int whole = 0;
    if (fmpz_sgn(x) * fmpz_sgn(y) < 0) { /* the positive combination without the first term */
        fmpz_abs(x, x);
        fmpz_abs(y, y);
        fmpz_mpoly_scalar_mul_fmpz(t, a, y, c->ring);
        fmpz_mpoly_scalar_mul_fmpz(u, u, x, c->ring);
        fmpz_mpoly_add(t, t, u, c->ring);
        whole = normal_sign(c, t);
    }
    bool good = true;
    if (abs(whole) == 1)
        good = note(c, a, whole * abs(sign)) && note(c, b, sign < 0 ? -whole * abs(sign) : whole * abs(sign));
    fmpz_mpoly_clear(t, c->ring);
    fmpz_mpoly_clear(u, c->ring);
    fmpz_clear(x), fmpz_clear(y);
    return good;
}

/* Of u = Π pᵢ^eᵢ: strict signs say that no pᵢ is 0; a single odd factor has the sign of the whole. */
bool normal_note_sign(normal *c, const rational *u, int sign)
{
    if (c->conditional || c->quiet || !fmpz_mpoly_is_fmpz(fmpz_mpoly_q_denref(u), c->ring))
        return true;
    const fmpz_mpoly_struct *p = fmpz_mpoly_q_numref(u);
    if (fmpz_mpoly_is_fmpz(p, c->ring) || fmpz_mpoly_length(p, c->ring) > MOST_FACTORED)
        return true;
    fmpz_mpoly_factor_t f;
    fmpz_mpoly_factor_init(f, c->ring);
    bool good = normal_factor(c, f, p);
    slong odd = -1, other = -1, odds = 0;
    bool loose = false; /* where another factor is 0, u >= 0 says nothing of the rest: x² (x − 1) >= 0 at x = 0 */
    for (slong i = 0; good && i < f->num; i++) {
        int known = normal_sign(c, f->poly + i);
        if (fmpz_is_even(f->exp + i) || known > 0) {
            loose = loose || (abs(sign) == 2 && !normal_is_nonzero(c, f->poly + i));
            continue;
        }
        odds++;
        other = odd;
        odd = i;
    }
    int whole = good && fmpz_sgn(f->constant) < 0 ? -sign : sign;
    if (good && odds == 2 && !loose)
        good = note_pair(c, f->poly + other, f->poly + odd, whole);
    for (slong i = 0; good && i < f->num; i++) {
        node atom = normal_primitive(c, f->poly + i, false);
        if (atom && dag_kind(c->d, atom) == NODE_FUN && dag_payload(c->d, atom) == OP_SIGN)
            continue;
        if (odds == 1 && i == odd && !loose)
            good = note(c, f->poly + i, whole);
        else if (sign == 1)
            good = note(c, f->poly + i, NOT_ZERO);
    }
    fmpz_mpoly_factor_clear(f, c->ring);
    return good;
}

bool normal_noted_nonzero(normal *c, const fmpz_mpoly_struct *p)
{
    return noted_sign(c, p) == NOT_ZERO;
}

bool normal_noted_nonzero_node(const normal *c, node n)
{
    int64_t key = n;
    int e = table_find(&c->plan->positive, 1, &key);
    return e >= 0 && c->plan->positive.entry[e].value == NOT_ZERO;
}

void normal_plan_sign(normal_plan *plan, node n, int sign)
{
    int64_t key = n;
    int e = table_add(&plan->positive, 1, &key);
    plan->positive.entry[e].value = sign;
}

void normal_plan_nonzero(normal_plan *plan, node n)
{
    normal_plan_sign(plan, n, NOT_ZERO);
}
