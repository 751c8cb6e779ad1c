/* Signs: of atoms, of polynomials, and sign atoms s(p) of irreducible factors, of which |u|, max, comparisons are made. */
#include "gen/prove/normal.h"

#include <stdlib.h>

#define MOST_FACTORED NORMAL_MOST_FACTORED
#define NOT_ZERO      3 /* beside the signs ±1, ±2 in the table of what is noted */

/* --- what is known --- */

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
    if (known >= 0 && c->plan->positive.entry[known].value != NOT_ZERO)
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
    if (!c->plan->positive.count || fmpz_mpoly_length(p, c->ring) > MOST_FACTORED || fmpz_mpoly_is_fmpz(p, c->ring))
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
        if (count == 3 || !normal_is_indicator(c, normal_generator_node(c, g)))
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

int normal_sign(normal *c, const fmpz_mpoly_struct *p)
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

bool normal_is_nonzero(normal *c, const fmpz_mpoly_struct *p)
{
    return abs(normal_sign(c, p)) == 1 || noted_sign(c, p) == NOT_ZERO;
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
    slong odd = -1, odds = 0;
    for (slong i = 0; good && i < f->num; i++) {
        int known = normal_sign(c, f->poly + i);
        if (fmpz_is_even(f->exp + i) || known > 0)
            continue;
        odds++;
        odd = i;
    }
    int whole = good && fmpz_sgn(f->constant) < 0 ? -sign : sign;
    for (slong i = 0; good && i < f->num; i++) {
        node atom = normal_primitive(c, f->poly + i, false);
        if (atom && dag_kind(c->d, atom) == NODE_FUN && dag_payload(c->d, atom) == OP_SIGN)
            continue;
        if (odds == 1 && i == odd)
            good = note(c, f->poly + i, whole);
        else if (sign == 1)
            good = note(c, f->poly + i, NOT_ZERO);
    }
    fmpz_mpoly_factor_clear(f, c->ring);
    return good;
}

/* --- sign atoms --- */

static void note_away(normal *c, node n)
{
    c->plan->used_away = true;
    for (int i = 0; i < c->plan->away_count; i++)
        if (c->plan->away[i] == n)
            return;
    if (c->plan->away_count < 4)
        c->plan->away[c->plan->away_count++] = n;
}

/* s(p) for an irreducible p of unknown sign, with s³ = s, s²p = p; away from 0: s² = 1; p >= 0: s² = s. */
static bool sign_atom(normal *c, const fmpz_mpoly_struct *p, int known, rational *out)
{
    node n = normal_primitive(c, p, false);
    int before = c->atom.count;
    if (!n || !normal_atom(c, dag_raw_fun(c->d, OP_SIGN, 1, &n), out))
        return normal_fail(c, NORMAL_BUDGET);
    if (c->atom.count == before)
        return true;
    slong g = c->plan->atoms - c->atom.count;
    fmpz_mpoly_t r, s;
    fmpz_mpoly_init(r, c->ring);
    fmpz_mpoly_init(s, c->ring);
    fmpz_mpoly_gen(s, g, c->ring);
    bool nonzero = noted_sign(c, p) == NOT_ZERO;
    if (nonzero || (c->o.away && normal_is_thin(c->s, n))) {
        if (!nonzero)
            note_away(c, n);
        fmpz_mpoly_mul(r, s, s, c->ring);
        fmpz_mpoly_sub_si(r, r, 1, c->ring);
        normal_relation(c, r, g, 2);
    } else {
        fmpz_mpoly_pow_ui(r, s, abs(known) == 2 ? 2 : 3, c->ring);
        if (known == -2)
            fmpz_mpoly_add(r, r, s, c->ring);
        else
            fmpz_mpoly_sub(r, r, s, c->ring);
        normal_relation(c, r, g, abs(known) == 2 ? 2 : 3);
        fmpz_mpoly_init(r, c->ring); /* s p = p if p >= 0, −p if p <= 0, else s² p = p */
        fmpz_mpoly_mul(r, s, abs(known) == 2 ? p : s, c->ring);
        if (abs(known) != 2)
            fmpz_mpoly_mul(r, r, p, c->ring);
        if (known == -2)
            fmpz_mpoly_add(r, r, p, c->ring);
        else
            fmpz_mpoly_sub(r, r, p, c->ring);
        normal_relation(c, r, g, abs(known) == 2 ? 1 : 2);
    }
    fmpz_mpoly_clear(s, c->ring);
    return true;
}

static bool multiply_sign(normal *c, const fmpz_mpoly_struct *p, slong exponent, rational *out);

/* −s(−p) where −p is the form that does not depend on the names of dummies. */
static bool multiply_turned(normal *c, const fmpz_mpoly_struct *p, slong exponent, rational *out)
{
    fmpz_mpoly_t turned;
    fmpz_mpoly_init(turned, c->ring);
    fmpz_mpoly_neg(turned, p, c->ring);
    if (exponent % 2)
        fmpz_mpoly_q_neg(out, out, c->ring);
    bool good = multiply_sign(c, turned, exponent, out);
    fmpz_mpoly_clear(turned, c->ring);
    return good;
}

/* Times s(p)^exponent. */
static bool multiply_sign(normal *c, const fmpz_mpoly_struct *p, slong exponent, rational *out)
{
    if (normal_is_turned(c, p))
        return multiply_turned(c, p, exponent, out);
    int known = normal_sign(c, p);
    if (known == 1 || (known == -1 && exponent % 2 == 0))
        return true;
    if (known == -1) {
        fmpz_mpoly_q_neg(out, out, c->ring);
        return true;
    }
    rational s;
    rational_init(c, &s);
    /* s^(−1) = s where it is defined; s^4 = s² */
    bool good = sign_atom(c, p, known, &s) && rational_pow(c, &s, &s, exponent % 2 ? 1 : 2) && rational_mul(c, out, out, &s);
    rational_clear(c, &s);
    return good;
}

static bool multiply_signs(normal *c, const fmpz_mpoly_struct *p, rational *out)
{
    if (normal_sign(c, p) == 1)
        return true;
    if (fmpz_mpoly_length(p, c->ring) > MOST_FACTORED)
        return normal_fail(c, NORMAL_BUDGET);
    fmpz_mpoly_factor_t f;
    fmpz_mpoly_factor_init(f, c->ring);
    bool good = normal_factor(c, f, p);
    if (good && fmpz_sgn(f->constant) < 0)
        fmpz_mpoly_q_neg(out, out, c->ring);
    for (slong i = 0; good && i < f->num; i++)
        good = multiply_sign(c, f->poly + i, (slong)fmpz_get_ui(f->exp + i), out);
    fmpz_mpoly_factor_clear(f, c->ring);
    return good;
}

bool normal_sign_of(normal *c, const rational *u, rational *out)
{
    rational t;
    rational_init(c, &t);
    fmpz_mpoly_q_one(&t, c->ring);
    bool good = true;
    if (fmpz_mpoly_q_is_zero(u, c->ring))
        fmpz_mpoly_q_zero(&t, c->ring);
    else
        good = multiply_signs(c, fmpz_mpoly_q_numref(u), &t) && multiply_signs(c, fmpz_mpoly_q_denref(u), &t);
    fmpz_mpoly_q_swap(out, &t, c->ring);
    rational_clear(c, &t);
    return good;
}

bool normal_absolute(normal *c, const rational *u, rational *out)
{
    int top = normal_sign(c, fmpz_mpoly_q_numref(u)), bottom = normal_sign(c, fmpz_mpoly_q_denref(u));
    if (top && bottom) {
        if ((top > 0) == (bottom > 0))
            fmpz_mpoly_q_set(out, u, c->ring);
        else
            fmpz_mpoly_q_neg(out, u, c->ring);
        return true;
    }
    rational s;
    rational_init(c, &s);
    bool good = normal_sign_of(c, u, &s) && rational_mul(c, out, u, &s);
    rational_clear(c, &s);
    return good;
}

bool normal_positive(normal *c, const rational *u, rational *out) /* (s² + s)/2 */
{
    rational s, t;
    rational_init(c, &s);
    rational_init(c, &t);
    bool good = normal_sign_of(c, u, &s) && rational_mul(c, &t, &s, &s) && rational_add(c, &s, &s, &t);
    if (good)
        fmpz_mpoly_q_div_si(out, &s, 2, c->ring);
    rational_clear(c, &s);
    rational_clear(c, &t);
    return good;
}

/* --- conditions --- */

/* Σ kᵢ·leafᵢ + b as g (Σ (kᵢ/g)·leafᵢ) + b with the largest g: the leaves are integers. Returns g, 0 if there is nothing to divide. */
static long split_stride(normal *c, node e, node *rest, long *constant)
{
    dag *d = c->d;
    int terms = dag_kind(d, e) == NODE_ADD ? dag_count(d, e) : 1, count = 0;
    node term[64];
    long stride = 0;
    *constant = 0;
    if (terms > 64)
        return 0;
    for (int i = 0; i < terms; i++) {
        node n = dag_kind(d, e) == NODE_ADD ? dag_child(d, e, i) : e;
        bool product = dag_kind(d, n) == NODE_MUL && dag_count(d, n) == 2 && dag_kind(d, dag_child(d, n, 0)) == NODE_NUMBER;
        const mpq_t *v = dag_kind(d, n) == NODE_NUMBER ? dag_value(d, n) : product ? dag_value(d, dag_child(d, n, 0)) : NULL;
        if (!v || mpz_cmp_ui(mpq_denref(*v), 1) != 0 || !mpz_fits_slong_p(mpq_numref(*v)))
            return 0;
        long k = mpz_get_si(mpq_numref(*v));
        if (!product) {
            *constant += k;
            continue;
        }
        stride = (long)n_gcd((ulong)labs(stride), (ulong)labs(k));
        term[count++] = n;
    }
    for (int i = 0; i < count; i++)
        term[i] = dag_mul2(d, dag_ratio(d, 1, stride), term[i]);
    *rest = count ? session_index(c->s, dag_add(d, count, term)) : 0;
    return count && stride > 1 ? stride : 0;
}

/* [e = 0], by ranges or as an atom in which e or −e stands, whichever is the older node. */
static bool index_equal(normal *c, node e, rational *out)
{
    dag *d = c->d;
    node part;
    long constant, stride = split_stride(c, e, &part, &constant);
    if (stride && constant % stride)
        return rational_set_si(c, out, 0, 1);
    if (stride)
        e = session_index(c->s, dag_add2(d, part, dag_int(d, constant / stride)));
    node other = session_index(c->s, dag_neg(d, e)), n = 0;
    int count;
    const int *indices = session_free(c->s, e, &count);
    e = other < e ? other : e;
    for (int i = 0; i < count && !n; i++) { /* written i = rest, for people */
        long k;
        node rest, index = dag_index_node(d, indices[i]);
        if (dag_affine_split(d, e, indices[i], &k, &rest) && (k == 1 || k == -1))
            n = dag_compare(d, COMPARE_EQUAL, index, session_index(c->s, k == 1 ? dag_neg(d, rest) : rest));
    }
    n = n ? n : dag_compare(d, COMPARE_EQUAL, e, dag_int(d, 0));
    return normal_atom(c, n, out);
}

static bool complement_of(normal *c, bool good, rational *out)
{
    fmpz_mpoly_q_neg(out, out, c->ring);
    fmpz_mpoly_q_add_si(out, out, 1, c->ring);
    return good;
}

/* [e <= 0]: decided by ranges, an equation where only one value is left, else an atom. */
static bool index_at_most_zero(normal *c, node e, rational *out)
{
    dag *d = c->d;
    node part;
    long constant, stride = split_stride(c, e, &part, &constant);
    if (stride) /* s a + b <= 0: a + ⌈b/s⌉ <= 0 */
        e = session_index(c->s, dag_add2(d, part, dag_int(d, constant > 0 ? (constant + stride - 1) / stride : -(-constant / stride))));
    node one = dag_int(d, 1), zero = dag_int(d, 0), other = session_index(c->s, dag_sub(d, one, e));
    node n = dag_compare(d, COMPARE_LESS_EQUAL, e, zero);
    if (dag_kind(d, n) != NODE_COMPARE)
        return normal_form(c, n, out);
    if (dag_index_le(d, zero, e) == TRUTH_YES)
        return index_equal(c, e, out);
    if (dag_index_le(d, e, one) == TRUTH_YES)
        return complement_of(c, index_equal(c, other, out), out);
    if (other < e)
        return complement_of(c, normal_atom(c, dag_raw_compare(d, COMPARE_LESS_EQUAL, other, zero), out), out);
    return normal_atom(c, dag_raw_compare(d, COMPARE_LESS_EQUAL, e, zero), out);
}

static bool index_condition(normal *c, compare kind, node a, node b, rational *out)
{
    dag *d = c->d;
    node e = session_index(c->s, dag_sub(d, a, b));
    switch (kind) {
    case COMPARE_EQUAL: return index_equal(c, e, out);
    case COMPARE_UNEQUAL: return complement_of(c, index_equal(c, e, out), out);
    case COMPARE_LESS: return index_at_most_zero(c, session_index(c->s, dag_add2(d, e, dag_int(d, 1))), out);
    default: return index_at_most_zero(c, e, out);
    }
}

static bool is_index_expression(normal *c, node n)
{
    return dag_is_affine(c->d, n) && !dag_has_kind(c->d, n, NODE_ENTRY);
}

bool normal_condition(normal *c, node n, rational *out)
{
    node a = dag_child(c->d, n, 0), b = dag_child(c->d, n, 1);
    compare kind = (compare)dag_payload(c->d, n);
    if (is_index_expression(c, a) && is_index_expression(c, b))
        return index_condition(c, kind, a, b, out);
    rational u, v;
    rational_init(c, &u);
    rational_init(c, &v);
    bool good = normal_form(c, a, &u) && normal_form(c, b, &v) && rational_sub(c, &u, &u, &v), complement = false;
    if (good && (kind == COMPARE_EQUAL || kind == COMPARE_UNEQUAL)) {
        good = normal_sign_of(c, &u, &v) && rational_mul(c, out, &v, &v);
        complement = kind == COMPARE_EQUAL;
    } else if (good) { /* a < b: b − a > 0; a <= b: not a − b > 0 */
        if (kind == COMPARE_LESS)
            fmpz_mpoly_q_neg(&u, &u, c->ring);
        good = normal_positive(c, &u, out);
        complement = kind == COMPARE_LESS_EQUAL;
    }
    if (good && complement) {
        fmpz_mpoly_q_neg(out, out, c->ring);
        fmpz_mpoly_q_add_si(out, out, 1, c->ring);
    }
    rational_clear(c, &u);
    rational_clear(c, &v);
    return good;
}

int normal_indicator_range(normal *c, node atom, int *lowest, int *step)
{
    *lowest = 0;
    *step = 1;
    if (dag_kind(c->d, atom) == NODE_COMPARE)
        return 2;
    int64_t key = dag_child(c->d, atom, 0);
    int e = table_find(&c->plan->positive, 1, &key), known = e >= 0 ? c->plan->positive.entry[e].value : 0;
    if (known == NOT_ZERO || (c->o.away && normal_is_thin(c->s, dag_child(c->d, atom, 0)))) {
        *lowest = -1;
        *step = 2;
        return 2;
    }
    *lowest = -1;
    return 3;
}
