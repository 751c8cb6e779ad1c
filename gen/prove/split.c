/* A function of an argument with a sign (or a condition) in it is split by the values of that: log(p + s q) = [s = 1] log(p + q) + [s = 0] log p + [s = −1] log(p − q).
 * Where s(w) = 0 also w = 0: the value for 0 is that for 1 if both arguments differ by a multiple of w, so exp(−|w|) needs two values only. */
#include "gen/prove/normal.h"

#define MOST_INDICATORS 3
#define MOST_VALUES     SESSION_MOST_VALUES

typedef struct {
    slong generator;
    slong value[MOST_VALUES];
    rational argument[MOST_VALUES]; /* u with the indicator at that value */
    int count, merged;              /* merged: the value whose argument serves for 0 too, −1: none */
} split;

static bool has_generator(const normal *c, const rational *u, slong g)
{
    return fmpz_mpoly_degree_si(fmpz_mpoly_q_numref(u), g, c->ring) > 0 || fmpz_mpoly_degree_si(fmpz_mpoly_q_denref(u), g, c->ring) > 0;
}

/* The newest indicator in u, −1: none, or too many. */
static slong indicator_in(const normal *c, const rational *u)
{
    slong found = -1, count = 0;
    for (slong g = c->plan->atoms - c->atom.count; g < c->plan->atoms; g++)
        if (normal_is_indicator(c, normal_generator_node(c, g)) && has_generator(c, u, g)) {
            found = count ? found : g;
            count++;
        }
    return count <= MOST_INDICATORS ? found : -1;
}

static bool substitute(normal *c, const rational *u, slong g, slong value, rational *out)
{
    fmpz_t z;
    fmpz_init(z);
    fmpz_set_si(z, value);
    bool good = fmpz_mpoly_evaluate_one_fmpz(fmpz_mpoly_q_numref(out), fmpz_mpoly_q_numref(u), g, z, c->ring) &&
                fmpz_mpoly_evaluate_one_fmpz(fmpz_mpoly_q_denref(out), fmpz_mpoly_q_denref(u), g, z, c->ring) &&
                !fmpz_mpoly_is_zero(fmpz_mpoly_q_denref(out), c->ring);
    fmpz_clear(z);
    if (!good)
        return false;
    fmpz_mpoly_q_canonicalise(out, c->ring);
    return rational_reduce(c, out);
}

static bool is_multiple(normal *c, const rational *t, node w)
{
    rational argument;
    fmpz_mpoly_t quotient;
    rational_init(c, &argument);
    fmpz_mpoly_init(quotient, c->ring);
    bool good = normal_form(c, w, &argument) && fmpz_mpoly_divides(quotient, fmpz_mpoly_q_numref(t), fmpz_mpoly_q_numref(&argument), c->ring);
    rational_clear(c, &argument);
    fmpz_mpoly_clear(quotient, c->ring);
    return good;
}

/* Do a and b differ by a multiple, which has a value, of something that is 0 where the sign atom of generator g is 0? */
static bool equal_on(normal *c, const rational *a, const rational *b, slong g)
{
    rational t;
    rational_init(c, &t);
    bool good = rational_sub(c, &t, a, b) && normal_is_nonzero(c, fmpz_mpoly_q_denref(&t)), found = false;
    found = good && is_multiple(c, &t, dag_child(c->d, normal_generator_node(c, g), 0));
    for (int i = 0; i < c->related.count && good && !found; i++) {
        int length;
        if (c->related.entry[i].value == (int)g)
            found = is_multiple(c, &t, (node)*table_key(&c->related, i, &length));
    }
    rational_clear(c, &t);
    return found;
}

static bool fill(normal *c, const rational *u, split *s)
{
    int lowest, step, values = normal_indicator_range(c, normal_generator_node(c, s->generator), &lowest, &step);
    bool good = true;
    s->merged = -1;
    for (int k = 0; k < values; k++) {
        s->value[k] = lowest + k * step;
        rational_init(c, &s->argument[k]);
        s->count++;
        good = good && substitute(c, u, s->generator, s->value[k], &s->argument[k]);
    }
    if (good && values == 3 && dag_kind(c->d, normal_generator_node(c, s->generator)) == NODE_FUN &&
        equal_on(c, &s->argument[1], &s->argument[2], s->generator))
        s->merged = 2;
    return good;
}

/* The polynomial that is 1 where the indicator is value number k and 0 at its others. */
static bool weight(normal *c, const split *s, int k, rational *out)
{
    rational t, g;
    rational_init(c, &t);
    rational_init(c, &g);
    fmpz_mpoly_gen(fmpz_mpoly_q_numref(&g), s->generator, c->ring);
    fmpz_mpoly_q_one(out, c->ring);
    bool good = true;
    for (int j = 0; j < s->count && good; j++) {
        if (j == k)
            continue;
        fmpz_mpoly_q_sub_si(&t, &g, s->value[j], c->ring);
        fmpz_mpoly_q_div_si(&t, &t, s->value[k] - s->value[j], c->ring);
        good = rational_mul(c, out, out, &t);
    }
    rational_clear(c, &t);
    rational_clear(c, &g);
    return good;
}

static bool add_case(normal *c, const split *s, int k, split_apply *apply, void *context, rational *out)
{
    rational bit, other, value;
    rational_init(c, &bit);
    rational_init(c, &other);
    rational_init(c, &value);
    bool good = weight(c, s, k, &bit) && (s->merged != k || (weight(c, s, 1, &other) && rational_add(c, &bit, &bit, &other)));
    normal_scope before = normal_enter_branch(c);
    good = good && apply(c, &s->argument[k], context, &value);
    normal_leave(c, before);
    good = good && rational_mul(c, &value, &value, &bit) && rational_add(c, out, out, &value);
    rational_clear(c, &bit);
    rational_clear(c, &other);
    rational_clear(c, &value);
    return good;
}

bool normal_by_signs(normal *c, const rational *u, split_apply *apply, void *context, bool *done, rational *out)
{
    split s = {.generator = c->o.full ? indicator_in(c, u) : -1};
    *done = false;
    if (s.generator < 0)
        return true;
    rational sum;
    rational_init(c, &sum);
    bool good = fill(c, u, &s);
    *done = good;
    for (int k = 0; k < s.count && good; k++)
        if (s.merged < 0 || k != 1)
            good = add_case(c, &s, k, apply, context, &sum);
    for (int k = 0; k < s.count; k++)
        rational_clear(c, &s.argument[k]);
    if (*done)
        fmpz_mpoly_q_swap(out, &sum, c->ring);
    rational_clear(c, &sum);
    return c->state == NORMAL_GOOD && (good || !*done);
}
