/* The cases of polynomials: of one name between and at their zeros, of several by sign. */
#include <stdlib.h>
#include <string.h>

#include "gen/prove/region_private.h"

#define MOST_ZEROS      24
#define MOST_GENERATORS 6
#define ROOT_BITS       96
#define LINEAR_WORK     40

typedef struct {
    forest *f;
    cases *x;
    slong generator[MOST_GENERATORS];
    int generator_count;
    int known[REGION_MOST_CUTS]; /* as normal_sign */
    long *work;
} finding;

/* --- which polynomials --- */

static bool note_generators(finding *w)
{
    normal *c = w->f->c;
    w->generator_count = 0;
    for (slong g = c->plan->atoms - c->atom.count; g < c->plan->atoms; g++)
        for (int i = 0; i < w->x->count; i++)
            if (fmpz_mpoly_degree_si(&w->f->factor[w->x->factor[i]], g, c->ring) > 0) {
                if (w->generator_count == MOST_GENERATORS)
                    return false;
                w->generator[w->generator_count++] = g;
                break;
            }
    return true;
}

static bool add_factor(finding *w, const fmpz_mpoly_struct *p)
{
    int k = forest_factor(w->f, p);
    for (int i = 0; i < w->x->count; i++)
        if (w->x->factor[i] == k)
            return true;
    if (k < 0 || w->x->count == REGION_MOST_CUTS)
        return false;
    w->x->factor[w->x->count++] = k;
    return true;
}

/* b v − a at the bound a/b of what is assumed of v. */
static bool add_bound(finding *w, slong g, const fmpq_t bound)
{
    normal *c = w->f->c;
    fmpz_mpoly_t p;
    fmpz_mpoly_init(p, c->ring);
    fmpz_mpoly_gen(p, g, c->ring);
    fmpz_mpoly_scalar_mul_fmpz(p, p, fmpq_denref(bound), c->ring);
    fmpz_mpoly_sub_fmpz(p, p, fmpq_numref(bound), c->ring);
    bool good = add_factor(w, p);
    fmpz_mpoly_clear(p, c->ring);
    return good;
}

/* What is known of the only name bounds the line. */
static bool add_bounds(finding *w)
{
    normal *c = w->f->c;
    slong g = w->generator[0];
    node n = normal_generator_node(c, g);
    fmpq_t zero;
    fmpq_init(zero);
    bool good = !normal_atom_sign(c, n) || add_bound(w, g, zero);
    fmpq_clear(zero);
    if (!good || dag_kind(c->d, n) != NODE_ENTRY || !session_is_fact(c->s, dag_payload(c->d, n)))
        return good;
    const name_fact *fact = &c->s->fact[dag_payload(c->d, n)];
    return (!fact->has_lo || add_bound(w, g, &fact->lo)) && (!fact->has_hi || add_bound(w, g, &fact->hi));
}

static void note_known(finding *w)
{
    for (int i = 0; i < w->x->count; i++)
        w->known[i] = normal_sign(w->f->c, &w->f->factor[w->x->factor[i]]);
}

static bool is_allowed(int known, int sign)
{
    return !known || sign == (known > 0 ? 1 : -1) || (abs(known) == 2 && sign == 0);
}

/* A copy of the case last written, or the first one; NULL: no room. */
static signed char *next_case(cases *x)
{
    return x->cases == REGION_MOST_CASES ? NULL : x->sign[x->cases++];
}

/* Takes the last case back if its signs cannot be. */
static void settle_last(finding *w)
{
    cases *x = w->x;
    for (int i = 0; i < x->count; i++)
        if (!is_allowed(w->known[i], x->sign[x->cases - 1][x->factor[i]])) {
            x->cases--;
            return;
        }
}

/* --- a line --- */

typedef struct {
    arb_struct at;
    int factor;
} zero;

static int compare_zeros(const void *a, const void *b)
{
    const zero *p = a, *q = b;
    return arf_cmp(arb_midref(&p->at), arb_midref(&q->at));
}

static void to_line(const finding *w, int factor, fmpz_poly_struct *out)
{
    const fmpz_mpoly_struct *p = &w->f->factor[factor];
    fmpz_mpoly_get_fmpz_poly(out, p, w->generator[0], w->f->c->ring);
}

/* −1: too many. */
static int find_zeros(const finding *w, zero *list)
{
    int count = 0;
    for (int i = 0; i < w->x->count && count >= 0; i++) {
        fmpz_poly_t p;
        fmpz_poly_init(p);
        to_line(w, w->x->factor[i], p);
        slong degree = fmpz_poly_degree(p);
        acb_ptr root = _acb_vec_init(degree);
        arb_fmpz_poly_complex_roots(root, p, 0, ROOT_BITS);
        for (slong k = 0; k < degree && count >= 0; k++) {
            if (!arb_is_zero(acb_imagref(root + k)))
                continue;
            if (count == MOST_ZEROS)
                count = -1;
            else {
                list[count].factor = w->x->factor[i];
                arb_set(&list[count++].at, acb_realref(root + k));
            }
        }
        _acb_vec_clear(root, degree);
        fmpz_poly_clear(p);
    }
    if (count > 0)
        qsort(list, (size_t)count, sizeof *list, compare_zeros);
    for (int i = 1; i < count; i++)
        if (!arb_lt(&list[i - 1].at, &list[i].at))
            return -1;
    return count;
}

/* A rational number between two zeros, or beyond the only one; NULL: none on that side. */
static void between(const zero *left, const zero *right, fmpq_t out)
{
    arf_t a;
    fmpq_t b;
    arf_init(a);
    fmpq_init(b);
    fmpq_zero(out);
    if (left) {
        arb_get_ubound_arf(a, &left->at, ROOT_BITS);
        arf_get_fmpq(out, a);
    }
    if (right) {
        arb_get_lbound_arf(a, &right->at, ROOT_BITS);
        arf_get_fmpq(b, a);
    }
    if (left && right) {
        fmpq_add(out, out, b);
        fmpq_div_2exp(out, out, 1);
    } else if (right)
        fmpq_sub_si(out, b, 1);
    else if (left)
        fmpq_add_si(out, out, 1);
    arf_clear(a);
    fmpq_clear(b);
}

static void signs_at(const finding *w, const fmpq_t at, signed char *sign)
{
    fmpq_t value;
    fmpz_poly_t p;
    fmpq_init(value);
    fmpz_poly_init(p);
    for (int i = 0; i < w->x->count; i++) {
        to_line(w, w->x->factor[i], p);
        fmpz_poly_evaluate_fmpq(value, p, at);
        sign[w->x->factor[i]] = (signed char)fmpq_sgn(value);
    }
    fmpq_clear(value);
    fmpz_poly_clear(p);
}

/* At a zero of one of them the others have the signs that they have just before it. */
static bool find_on_line(finding *w)
{
    zero list[MOST_ZEROS];
    for (int i = 0; i < MOST_ZEROS; i++)
        arb_init(&list[i].at);
    int count = find_zeros(w, list);
    fmpq_t at;
    fmpq_init(at);
    for (int i = 0; i <= count; i++) {
        signed char sign[REGION_MOST_FACTORS] = {0};
        between(i ? &list[i - 1] : NULL, i < count ? &list[i] : NULL, at);
        signs_at(w, at, sign);
        memcpy(next_case(w->x), sign, sizeof sign);
        settle_last(w);
        if (i == count)
            break;
        sign[list[i].factor] = 0;
        memcpy(next_case(w->x), sign, sizeof sign);
        settle_last(w);
    }
    fmpq_clear(at);
    for (int i = 0; i < MOST_ZEROS; i++)
        arb_clear(&list[i].at);
    return count >= 0;
}

/* --- several names --- */

enum { CAN_BE_NEGATIVE = 1, CAN_BE_ZERO = 2, CAN_BE_POSITIVE = 4 };

typedef struct {
    int count; /* of monomials other than 1 */
    slong exponent[LINEAR_MOST_VARIABLES][MOST_GENERATORS];
} monomials;

static int find_monomial(const finding *w, const monomials *m, const slong *exponent)
{
    for (int i = 0; i < m->count; i++) {
        bool same = true;
        for (int k = 0; k < w->generator_count; k++)
            same = same && m->exponent[i][k] == exponent[w->generator[k]];
        if (same)
            return i;
    }
    return -1;
}

static bool is_one(const finding *w, const slong *exponent)
{
    for (int k = 0; k < w->generator_count; k++)
        if (exponent[w->generator[k]])
            return false;
    return true;
}

/* Of all factors; false: too many. */
static bool list_monomials(const finding *w, monomials *m)
{
    normal *c = w->f->c;
    slong *exponent = xmalloc((size_t)c->plan->atoms * sizeof *exponent);
    bool good = true;
    m->count = 0;
    for (int i = 0; i < w->x->count && good; i++) {
        const fmpz_mpoly_struct *p = &w->f->factor[w->x->factor[i]];
        for (slong t = 0; t < fmpz_mpoly_length(p, c->ring) && good; t++) {
            fmpz_mpoly_get_term_exp_si(exponent, p, t, c->ring);
            if (is_one(w, exponent) || find_monomial(w, m, exponent) >= 0)
                continue;
            good = m->count < LINEAR_MOST_VARIABLES;
            for (int k = 0; k < w->generator_count && good; k++)
                m->exponent[m->count][k] = exponent[w->generator[k]];
            m->count += good;
        }
    }
    free(exponent);
    return good;
}

static int set_of(int known)
{
    static const int set[] = {CAN_BE_NEGATIVE | CAN_BE_ZERO, CAN_BE_NEGATIVE, CAN_BE_NEGATIVE | CAN_BE_ZERO | CAN_BE_POSITIVE, CAN_BE_POSITIVE,
                              CAN_BE_ZERO | CAN_BE_POSITIVE};
    return set[known + 2];
}

static int times(int a, int b)
{
    int all = (a | b) & CAN_BE_ZERO;
    bool up = ((a & CAN_BE_POSITIVE) && (b & CAN_BE_POSITIVE)) || ((a & CAN_BE_NEGATIVE) && (b & CAN_BE_NEGATIVE));
    bool down = ((a & CAN_BE_POSITIVE) && (b & CAN_BE_NEGATIVE)) || ((a & CAN_BE_NEGATIVE) && (b & CAN_BE_POSITIVE));
    return all | (up ? CAN_BE_POSITIVE : 0) | (down ? CAN_BE_NEGATIVE : 0);
}

/* What sign a generator can have in the case. */
static int generator_set(const finding *w, int k, const signed char *sign)
{
    normal *c = w->f->c;
    int set = set_of(normal_atom_sign(c, normal_generator_node(c, w->generator[k])));
    fmpz_mpoly_t p;
    fmpz_mpoly_init(p, c->ring);
    fmpz_mpoly_gen(p, w->generator[k], c->ring);
    for (int i = 0; i < w->x->count; i++)
        if (fmpz_mpoly_equal(&w->f->factor[w->x->factor[i]], p, c->ring))
            set &= 1 << (sign[w->x->factor[i]] + 1);
    fmpz_mpoly_clear(p, c->ring);
    return set;
}

static bool add_monomial_signs(const finding *w, const monomials *m, const signed char *sign, linear *system)
{
    int set[MOST_GENERATORS];
    for (int k = 0; k < w->generator_count; k++)
        set[k] = generator_set(w, k, sign);
    for (int i = 0; i < m->count; i++) {
        int all = CAN_BE_POSITIVE;
        for (int k = 0; k < w->generator_count; k++) {
            int square = times(set[k], set[k]);
            square = m->exponent[i][k] == 0 ? CAN_BE_POSITIVE : square & ~CAN_BE_NEGATIVE; /* v² of a v of either sign */
            all = times(all, m->exponent[i][k] % 2 ? set[k] : square);
        }
        for (int side = -1; side <= 1; side += 2) { /* side·monomial >= 0, or > 0 */
            if (all & (side > 0 ? CAN_BE_NEGATIVE : CAN_BE_POSITIVE))
                continue;
            linear_row *r = linear_add(system, !(all & CAN_BE_ZERO));
            if (!r)
                return false;
            fmpz_set_si(&r->coefficient[i], side);
        }
    }
    return true;
}

static bool add_factor_signs(const finding *w, const monomials *m, const signed char *sign, linear *system)
{
    normal *c = w->f->c;
    slong *exponent = xmalloc((size_t)c->plan->atoms * sizeof *exponent);
    bool good = true;
    for (int i = 0; i < w->x->count && good; i++) {
        const fmpz_mpoly_struct *p = &w->f->factor[w->x->factor[i]];
        int s = sign[w->x->factor[i]];
        for (int side = -1; side <= 1 && good; side += 2) {
            if (s && s != side)
                continue;
            linear_row *r = linear_add(system, s != 0);
            good = r != NULL;
            for (slong t = 0; t < fmpz_mpoly_length(p, c->ring) && good; t++) {
                fmpz_mpoly_get_term_exp_si(exponent, p, t, c->ring);
                fmpz *to = &r->coefficient[is_one(w, exponent) ? LINEAR_MOST_VARIABLES : find_monomial(w, m, exponent)];
                fmpz_mpoly_get_term_coeff_fmpz(to, p, t, c->ring);
                if (side < 0)
                    fmpz_neg(to, to);
            }
        }
    }
    free(exponent);
    return good;
}

/* Do the signs contradict each other, as linear conditions on the monomials? */
static bool is_impossible(finding *w, const monomials *m, const signed char *sign)
{
    linear system = {.variables = m->count};
    if (!m->count || *w->work <= 0)
        return false;
    *w->work -= LINEAR_WORK;
    bool found = add_monomial_signs(w, m, sign, &system) && add_factor_signs(w, m, sign, &system) && linear_is_impossible(&system);
    linear_clear(&system);
    return found;
}

static bool find_by_signs(finding *w)
{
    cases *x = w->x;
    monomials m;
    signed char sign[REGION_MOST_FACTORS] = {0};
    long all = 1;
    if (!list_monomials(w, &m))
        m.count = 0;
    for (int i = 0; i < x->count; i++)
        all *= 3;
    if (all > REGION_MOST_CASES)
        return false;
    for (long k = 0; k < all; k++) {
        long rest = k;
        bool allowed = true;
        for (int i = 0; i < x->count; i++, rest /= 3) {
            sign[x->factor[i]] = (signed char)(rest % 3 - 1);
            allowed = allowed && is_allowed(w->known[i], sign[x->factor[i]]);
        }
        if (allowed && !is_impossible(w, &m, sign))
            memcpy(next_case(x), sign, sizeof sign);
    }
    return true;
}

bool cases_find(forest *f, cases *x, long *work)
{
    finding w = {.f = f, .x = x, .work = work};
    x->cases = 0;
    if (!note_generators(&w))
        return false;
    x->line = w.generator_count == 1;
    if (x->line && !add_bounds(&w))
        return false;
    note_known(&w);
    return f->c->state == NORMAL_GOOD && (x->line ? find_on_line(&w) : find_by_signs(&w));
}
