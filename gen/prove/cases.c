/* A polynomial with sign atoms is 0 if it is 0 in every case that can occur: max(x, max(y, z)) = max(max(x, y), z). A case gives each sign one of its values;
 * it cannot occur if a sum of the polynomials that are > 0 in it is <= 0. */
#include "gen/prove/normal.h"

#define MOST_SIGNS 5
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

bool normal_zero_by_signs(normal *c, const fmpz_mpoly_struct *p)
{
    cases x = {.c = c, .whole = p};
    bool good = fmpz_mpoly_length(p, c->ring) <= MOST_TERMS && collect(&x, p) && x.count > 0 && all_cases(&x, 0);
    for (int i = 0; i < x.count; i++)
        fmpz_mpoly_clear(&x.argument[i], c->ring);
    return good && c->state == NORMAL_GOOD;
}
