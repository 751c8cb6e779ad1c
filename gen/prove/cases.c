/* A polynomial with sign atoms is 0 if it is 0 in every case that can occur: max(x, max(y, z)) = max(max(x, y), z). A case gives each sign one of its values;
 * it cannot occur if a sum of the polynomials that are > 0 in it is <= 0. */
#include "gen/prove/normal.h"

#define MOST_SIGNS 16 /* of arguments in one and the same atom */
#define MOST_MIXED 5  /* of others: three cases for each, all combinations */
#define MOST_TERMS 2000

typedef struct {
    normal *c;
    const fmpz_mpoly_struct *whole;
    slong generator[MOST_SIGNS];
    fmpz_mpoly_struct argument[MOST_SIGNS]; /* of which it is the sign */
    int lowest[MOST_SIGNS], step[MOST_SIGNS], values[MOST_SIGNS], value[MOST_SIGNS];
    int count;
} cases;

static bool collect(cases *x, const fmpz_mpoly_struct *p);

/* A sign atom with its argument, and the sign atoms in that. */
static bool add_sign(cases *x, slong g)
{
    normal *c = x->c;
    for (int i = 0; i < x->count; i++)
        if (x->generator[i] == g)
            return true;
    if (x->count == MOST_SIGNS)
        return false;
    node n = dag_child(c->d, normal_generator_node(c, g), 0);
    rational q;
    rational_init(c, &q);
    bool good =
        normal_form(c, n, &q) && fmpz_mpoly_is_fmpz(fmpz_mpoly_q_denref(&q), c->ring) && fmpz_mpoly_length(fmpz_mpoly_q_numref(&q), c->ring) <= MOST_TERMS;
    if (good) {
        int k = x->count++;
        x->generator[k] = g;
        x->values[k] = normal_indicator_range(c, normal_generator_node(c, g), &x->lowest[k], &x->step[k]);
        fmpz_mpoly_init(&x->argument[k], c->ring);
        fmpz_mpoly_set(&x->argument[k], fmpz_mpoly_q_numref(&q), c->ring);
        good = collect(x, &x->argument[k]);
    }
    rational_clear(c, &q);
    return good;
}

static bool collect(cases *x, const fmpz_mpoly_struct *p)
{
    normal *c = x->c;
    for (slong g = c->plan->atoms - c->atom.count; g < c->plan->atoms; g++) {
        node n = fmpz_mpoly_degree_si(p, g, c->ring) > 0 ? normal_generator_node(c, g) : 0;
        if (n && dag_kind(c->d, n) == NODE_FUN && dag_payload(c->d, n) == OP_SIGN && !add_sign(x, g))
            return false;
    }
    return true;
}

/* p with the signs of the case, divided by the common factor of its coefficients if `primitive`. */
static void in_case(const cases *x, const fmpz_mpoly_struct *p, bool primitive, fmpz_mpoly_struct *out)
{
    normal *c = x->c;
    fmpz_t z;
    fmpz_init(z);
    fmpz_mpoly_set(out, p, c->ring);
    for (int i = 0; i < x->count; i++) {
        fmpz_set_si(z, x->value[i]);
        fmpz_mpoly_evaluate_one_fmpz(out, out, x->generator[i], z, c->ring);
    }
    if (primitive && !fmpz_mpoly_is_zero(out, c->ring)) {
        _fmpz_vec_content(z, out->coeffs, fmpz_mpoly_length(out, c->ring));
        fmpz_mpoly_scalar_divexact_fmpz(out, out, z, c->ring);
    }
    fmpz_clear(z);
}

/* Is Σ kᵢ·argumentᵢ > 0 (or = 0) by the case but never so? kᵢ is 0, the sign, or twice the sign; −1, 0, 1 where the argument is 0. */
static bool contradicts(const cases *x, const fmpz_mpoly_struct *argument, int combination)
{
    normal *c = x->c;
    fmpz_mpoly_t sum;
    bool strict = false;
    fmpz_mpoly_init(sum, c->ring);
    for (int i = 0; i < x->count; i++, combination /= 3) {
        int k = combination % 3;
        strict = strict || (k && x->value[i]);
        k = x->value[i] ? k * x->value[i] : k == 2 ? -1 : k;
        if (k > 0)
            fmpz_mpoly_add(sum, sum, argument + i, c->ring);
        else if (k < 0)
            fmpz_mpoly_sub(sum, sum, argument + i, c->ring);
        if (k == 2)
            fmpz_mpoly_add(sum, sum, argument + i, c->ring);
        else if (k == -2)
            fmpz_mpoly_sub(sum, sum, argument + i, c->ring);
    }
    int sign = normal_sign(c, sum);
    bool found = strict ? fmpz_mpoly_is_zero(sum, c->ring) || sign < 0 : sign == 1 || sign == -1;
    fmpz_mpoly_clear(sum, c->ring);
    return found;
}

static bool impossible(const cases *x)
{
    normal *c = x->c;
    fmpz_mpoly_struct argument[MOST_SIGNS];
    int combinations = 1;
    bool found = false;
    for (int i = 0; i < x->count; i++, combinations *= 3) {
        fmpz_mpoly_init(&argument[i], c->ring);
        in_case(x, &x->argument[i], true, &argument[i]);
    }
    for (int k = 1; k < combinations && !found && c->state == NORMAL_GOOD; k++)
        found = contradicts(x, argument, k);
    for (int i = 0; i < x->count; i++)
        fmpz_mpoly_clear(&argument[i], c->ring);
    return found;
}

/* Is the whole 0 in this case, if need be because arguments are 0 in it? */
static bool vanishes(const cases *x)
{
    normal *c = x->c;
    fmpz_mpoly_struct zero[MOST_SIGNS], *divisor[MOST_SIGNS], *quotient[MOST_SIGNS], quotients[MOST_SIGNS];
    fmpz_mpoly_t rest, p;
    slong count = 0;
    fmpz_mpoly_init(p, c->ring);
    fmpz_mpoly_init(rest, c->ring);
    in_case(x, x->whole, false, p);
    for (int i = 0; i < x->count; i++) {
        if (x->value[i])
            continue;
        fmpz_mpoly_init(&zero[count], c->ring);
        in_case(x, &x->argument[i], true, &zero[count]);
        if (fmpz_mpoly_is_zero(&zero[count], c->ring)) {
            fmpz_mpoly_clear(&zero[count], c->ring);
            continue;
        }
        fmpz_mpoly_init(&quotients[count], c->ring);
        divisor[count] = &zero[count];
        quotient[count] = &quotients[count];
        count++;
    }
    bool good = fmpz_mpoly_is_zero(p, c->ring);
    if (!good && count) {
        fmpz_mpoly_divrem_ideal(quotient, rest, p, divisor, count, c->ring);
        good = fmpz_mpoly_is_zero(rest, c->ring);
    }
    for (slong i = 0; i < count; i++) {
        fmpz_mpoly_clear(&zero[i], c->ring);
        fmpz_mpoly_clear(&quotients[i], c->ring);
    }
    fmpz_mpoly_clear(p, c->ring);
    fmpz_mpoly_clear(rest, c->ring);
    return good;
}

static bool all_cases(cases *x, int from)
{
    if (from == x->count)
        return vanishes(x) || impossible(x);
    for (int k = 0; k < x->values[from]; k++) {
        x->value[from] = x->lowest[from] + k * x->step[from];
        if (!all_cases(x, from + 1))
            return false;
    }
    return true;
}

/* --- signs of a X + b with numbers a, b and one atom X: the line falls into their zeros and the intervals between --- */

typedef struct {
    fmpq zero;
    int slope; /* sign of a */
} breakpoint;

/* The zero of a X + b; false: not of that form, or another atom. */
static bool find_zero(const cases *x, const fmpz_mpoly_struct *p, slong *generator, breakpoint *out)
{
    normal *c = x->c;
    fmpz_t a, b, none;
    fmpz_mpoly_t slope, rest;
    bool good = fmpz_mpoly_length(p, c->ring) <= 2;
    for (slong g = c->plan->atoms - c->atom.count; good && g < c->plan->atoms && *generator < 0; g++)
        if (fmpz_mpoly_degree_si(p, g, c->ring) > 0)
            *generator = g;
    if (!good || *generator < 0 || fmpz_mpoly_degree_si(p, *generator, c->ring) != 1)
        return false;
    fmpz_init(a), fmpz_init(b), fmpz_init(none);
    fmpz_mpoly_init(slope, c->ring);
    fmpz_mpoly_init(rest, c->ring);
    fmpz_mpoly_derivative(slope, p, *generator, c->ring);
    fmpz_mpoly_evaluate_one_fmpz(rest, p, *generator, none, c->ring);
    good = fmpz_mpoly_is_fmpz(slope, c->ring) && fmpz_mpoly_is_fmpz(rest, c->ring);
    if (good) {
        fmpz_mpoly_get_fmpz(a, slope, c->ring);
        fmpz_mpoly_get_fmpz(b, rest, c->ring);
        fmpz_neg(b, b);
        fmpq_set_fmpz_frac(&out->zero, b, a);
        out->slope = fmpz_sgn(a);
    }
    fmpz_mpoly_clear(slope, c->ring);
    fmpz_mpoly_clear(rest, c->ring);
    fmpz_clear(a), fmpz_clear(b), fmpz_clear(none);
    return good;
}

/* p at X = value, where X may be a root: R² = x − 1 says what x is. */
static bool vanishes_where(const cases *x, fmpz_mpoly_struct *p, slong generator, const fmpz_t value)
{
    normal *c = x->c;
    fmpz_mpoly_t relation, quotient;
    fmpz_mpoly_init(relation, c->ring);
    fmpz_mpoly_init(quotient, c->ring);
    bool zero = fmpz_mpoly_evaluate_one_fmpz(p, p, generator, value, c->ring) && fmpz_mpoly_is_zero(p, c->ring);
    for (int i = 0; i < c->relation_count && !zero; i++)
        if (c->relation_generator[i] == generator && fmpz_mpoly_evaluate_one_fmpz(relation, &c->relation[i], generator, value, c->ring))
            zero = !fmpz_mpoly_is_zero(relation, c->ring) && fmpz_mpoly_divides(quotient, p, relation, c->ring);
    fmpz_mpoly_clear(relation, c->ring);
    fmpz_mpoly_clear(quotient, c->ring);
    return zero;
}

/* Is the whole 0 with these signs, at X = *at if that is given? */
static bool vanishes_at(const cases *x, slong generator, const fmpq *at)
{
    normal *c = x->c;
    fmpz_mpoly_t p;
    fmpz_mpoly_init(p, c->ring);
    in_case(x, x->whole, false, p);
    if (at) { /* p(X) mod (q X − z) */
        fmpz_mpoly_t line, quotient;
        fmpz_mpoly_init(line, c->ring);
        fmpz_mpoly_init(quotient, c->ring);
        fmpz_mpoly_gen(line, generator, c->ring);
        fmpz_mpoly_scalar_mul_fmpz(line, line, fmpq_denref(at), c->ring);
        fmpz_mpoly_sub_fmpz(line, line, fmpq_numref(at), c->ring);
        if (fmpz_mpoly_divides(quotient, p, line, c->ring))
            fmpz_mpoly_zero(p, c->ring);
        else if (fmpz_is_one(fmpq_denref(at)) && vanishes_where(x, p, generator, fmpq_numref(at)))
            fmpz_mpoly_zero(p, c->ring);
        fmpz_mpoly_clear(line, c->ring);
        fmpz_mpoly_clear(quotient, c->ring);
    }
    bool zero = fmpz_mpoly_is_zero(p, c->ring);
    fmpz_mpoly_clear(p, c->ring);
    return zero;
}

/* The signs at `at`, just above it if `above`, far below all zeros if `at` is NULL. A sign that is assumed not to be 0 there rules the place out. */
static bool set_signs(cases *x, const breakpoint *list, const fmpq *at, bool above)
{
    for (int i = 0; i < x->count; i++) {
        int side = at ? fmpq_cmp(at, &list[i].zero) : -1;
        side = side > 0 || (side == 0 && above) ? 1 : side < 0 ? -1 : 0;
        x->value[i] = side * list[i].slope;
        if (x->value[i] == 0 && x->step[i] == 2)
            return false;
    }
    return true;
}

/* Sets *done if all signs are of that form. */
static bool zero_on_line(cases *x, bool *done)
{
    breakpoint list[MOST_SIGNS];
    slong generator = -1;
    int count = 0;
    bool good = true;
    for (; good && count < x->count; count++) {
        fmpq_init(&list[count].zero);
        good = find_zero(x, &x->argument[count], &generator, &list[count]);
    }
    *done = good;
    if (good && set_signs(x, list, NULL, false))
        good = vanishes_at(x, generator, NULL);
    for (int i = 0; *done && good && i < count; i++) {
        if (set_signs(x, list, &list[i].zero, false))
            good = vanishes_at(x, generator, &list[i].zero);
        if (good && set_signs(x, list, &list[i].zero, true))
            good = vanishes_at(x, generator, NULL);
    }
    for (int i = 0; i < count; i++)
        fmpq_clear(&list[i].zero);
    return good;
}

static bool zero_in_all(cases *x)
{
    bool done = false, zero = zero_on_line(x, &done);
    return done && zero ? true : x->count <= MOST_MIXED && all_cases(x, 0);
}

bool normal_zero_by_signs(normal *c, const fmpz_mpoly_struct *p)
{
    cases x = {.c = c, .whole = p};
    bool good = fmpz_mpoly_length(p, c->ring) <= MOST_TERMS && collect(&x, p) && x.count > 0 && zero_in_all(&x);
    for (int i = 0; i < x.count; i++)
        fmpz_mpoly_clear(&x.argument[i], c->ring);
    return good && c->state == NORMAL_GOOD;
}
