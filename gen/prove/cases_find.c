/* The cases of polynomials: of one name between and at their zeros, of several by sign. */
#include <stdlib.h>
#include <string.h>

#include "gen/dag/ops.h"
#include "gen/prove/region_private.h"

#define MOST_ZEROS  24
#define ROOT_BITS   96
#define LINEAR_WORK 40
#define MOST_PAIRS  8

/* --- which polynomials --- */

static bool note_generators(finding *w)
{
    normal *c = w->f->c;
    w->generator_count = 0;
    for (slong g = c->plan->atoms - c->atom.count; g < c->plan->atoms; g++)
        for (int i = 0; i < w->x->count; i++)
            if (fmpz_mpoly_degree_si(&w->f->factor[w->x->factor[i]], g, c->ring) > 0) {
                if (w->generator_count == CASES_MOST_GENERATORS)
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
    value_range r;
    for (int end = 0; end < 2 && good && cases_range(c->d, n, &r); end++) {
        fmpq_set_si(zero, end ? r.hi : r.lo, 1);
        good = add_bound(w, g, zero);
    }
    fmpq_clear(zero);
    if (!good || dag_kind(c->d, n) != NODE_ENTRY || !session_is_fact(c->s, dag_payload(c->d, n)))
        return good;
    const name_fact *fact = &c->s->fact[dag_payload(c->d, n)];
    return (!fact->has_lo || add_bound(w, g, &fact->lo)) && (!fact->has_hi || add_bound(w, g, &fact->hi));
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
    for (int i = 0; i < x->count; i++) {
        int linked = w->f->linked[x->factor[i]];
        if (linked >= 0 && forest_sign(w->f, linked, x->sign[x->cases - 1]) != x->sign[x->cases - 1][x->factor[i]]) {
            x->cases--;
            return;
        }
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
    slong exponent[LINEAR_MOST_VARIABLES][CASES_MOST_GENERATORS];
    bool has[REGION_MOST_CUTS]; /* by factor */
    struct {
        int first, second; /* factors */
        fmpz_mpoly_t p;
    } pair[MOST_PAIRS]; /* products of two of them, in the same monomials */
    int pairs;
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

/* Of the factors that fit in; the others are left out. */
static void list_monomials(const finding *w, monomials *m)
{
    normal *c = w->f->c;
    slong *exponent = xmalloc((size_t)c->plan->atoms * sizeof *exponent);
    m->count = 0;
    for (int i = 0; i < w->x->count; i++) {
        const fmpz_mpoly_struct *p = &w->f->factor[w->x->factor[i]];
        int before = m->count;
        m->has[i] = true;
        for (slong t = 0; t < fmpz_mpoly_length(p, c->ring) && m->has[i]; t++) {
            fmpz_mpoly_get_term_exp_si(exponent, p, t, c->ring);
            if (is_one(w, exponent) || find_monomial(w, m, exponent) >= 0)
                continue;
            m->has[i] = m->count < LINEAR_MOST_VARIABLES;
            for (int k = 0; k < w->generator_count && m->has[i]; k++)
                m->exponent[m->count][k] = exponent[w->generator[k]];
            m->count += m->has[i];
        }
        m->count = m->has[i] ? m->count : before;
    }
    free(exponent);
}

static bool is_listed(const finding *w, const monomials *m, const fmpz_mpoly_struct *p)
{
    normal *c = w->f->c;
    slong *exponent = xmalloc((size_t)c->plan->atoms * sizeof *exponent);
    bool good = true;
    for (slong t = 0; t < fmpz_mpoly_length(p, c->ring) && good; t++) {
        fmpz_mpoly_get_term_exp_si(exponent, p, t, c->ring);
        good = is_one(w, exponent) || find_monomial(w, m, exponent) >= 0;
    }
    free(exponent);
    return good;
}

/* x² − x > 0 where x > 1: products that need no more monomials. */
static void list_pairs(const finding *w, monomials *m)
{
    m->pairs = 0;
    for (int i = 0; i < w->x->count; i++)
        for (int j = 0; j <= i && m->pairs < MOST_PAIRS; j++) {
            if (!m->has[i] || !m->has[j])
                continue;
            fmpz_mpoly_struct *p = m->pair[m->pairs].p;
            fmpz_mpoly_init(p, w->f->c->ring);
            fmpz_mpoly_mul(p, &w->f->factor[w->x->factor[i]], &w->f->factor[w->x->factor[j]], w->f->c->ring);
            m->pair[m->pairs].first = i;
            m->pair[m->pairs].second = j;
            if (is_listed(w, m, p))
                m->pairs++;
            else
                fmpz_mpoly_clear(p, w->f->c->ring);
        }
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

/* a v + c with a > 0, in this generator alone: the sign of c; false: it is something else. */
static bool is_bound(const finding *w, const fmpz_mpoly_struct *p, slong g, int *constant)
{
    normal *c = w->f->c;
    fmpz_mpoly_t rest;
    fmpz_t z;
    if (fmpz_mpoly_total_degree_si(p, c->ring) != 1 || fmpz_mpoly_degree_si(p, g, c->ring) != 1)
        return false;
    fmpz_mpoly_init(rest, c->ring);
    fmpz_init(z);
    bool good = fmpz_mpoly_evaluate_one_fmpz(rest, p, g, z, c->ring) && fmpz_mpoly_is_fmpz(rest, c->ring);
    if (good)
        fmpz_mpoly_get_fmpz(z, rest, c->ring);
    *constant = fmpz_sgn(z);
    fmpz_clear(z);
    fmpz_mpoly_clear(rest, c->ring);
    return good;
}

/* What sign a generator can have in the case. */
static int generator_set(const finding *w, int k, int count, const signed char *sign)
{
    int set = set_of(normal_atom_sign(w->f->c, normal_generator_node(w->f->c, w->generator[k]))), constant;
    for (int i = 0; i < count; i++) {
        int s = sign[w->x->factor[i]];
        if (!is_bound(w, &w->f->factor[w->x->factor[i]], w->generator[k], &constant))
            continue;
        if (s == 0) /* v = −c/a */
            set &= 1 << (1 - constant);
        else if (constant == 0 || constant == -s) /* v > −c/a >= 0, or v < −c/a <= 0 */
            set &= 1 << (s + 1);
    }
    return set;
}

static bool add_monomial_signs(const finding *w, const monomials *m, int count, const signed char *sign, linear *system)
{
    int set[CASES_MOST_GENERATORS];
    for (int k = 0; k < w->generator_count; k++)
        set[k] = generator_set(w, k, count, sign);
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

/* p > 0, = 0 or < 0, as the sign says. */
static bool add_sign(const finding *w, const monomials *m, const fmpz_mpoly_struct *p, int sign, linear *system)
{
    normal *c = w->f->c;
    slong *exponent = xmalloc((size_t)c->plan->atoms * sizeof *exponent);
    bool good = true;
    for (int side = -1; side <= 1 && good; side += 2) {
        if (sign && sign != side)
            continue;
        linear_row *r = linear_add(system, sign != 0);
        good = r != NULL;
        for (slong t = 0; t < fmpz_mpoly_length(p, c->ring) && good; t++) {
            fmpz_mpoly_get_term_exp_si(exponent, p, t, c->ring);
            fmpz *to = &r->coefficient[is_one(w, exponent) ? LINEAR_MOST_VARIABLES : find_monomial(w, m, exponent)];
            fmpz_mpoly_get_term_coeff_fmpz(to, p, t, c->ring);
            if (side < 0)
                fmpz_neg(to, to);
        }
    }
    free(exponent);
    return good;
}

static bool add_factor_signs(const finding *w, const monomials *m, int count, const signed char *sign, linear *system)
{
    const int *factor = w->x->factor;
    bool good = true;
    for (int i = 0; i < count && good; i++)
        good = !m->has[i] || add_sign(w, m, &w->f->factor[factor[i]], sign[factor[i]], system);
    for (int k = 0; k < m->pairs && good; k++)
        if (m->pair[k].first < count && m->pair[k].second < count)
            good = add_sign(w, m, m->pair[k].p, sign[factor[m->pair[k].first]] * sign[factor[m->pair[k].second]], system);
    return good;
}

/* Do the signs of the first factors contradict each other, as linear conditions on the monomials? */
static bool is_impossible(finding *w, const monomials *m, int count, const signed char *sign)
{
    linear system = {.variables = m->count};
    *w->work -= LINEAR_WORK;
    bool found = add_monomial_signs(w, m, count, sign, &system) && add_factor_signs(w, m, count, sign, &system) && linear_is_impossible(&system);
    linear_clear(&system);
    return found;
}

/* The cases in which the first factors have these signs. False: too many. */
static bool find_from(finding *w, const monomials *m, int count, signed char *sign)
{
    cases *x = w->x;
    if (count > 0 && m->count && is_impossible(w, m, count, sign))
        return true;
    if (count == x->count) {
        signed char *to = next_case(x);
        if (!to)
            return false;
        memcpy(to, sign, REGION_MOST_FACTORS);
        settle_last(w);
        return true;
    }
    for (int k = -1; k <= 1; k++) {
        if (!is_allowed(w->known[count], k))
            continue;
        sign[x->factor[count]] = (signed char)k;
        if (*w->work <= 0 || !find_from(w, m, count + 1, sign))
            return false;
    }
    return true;
}

static bool find_by_signs(finding *w)
{
    monomials m;
    signed char sign[REGION_MOST_FACTORS] = {0};
    list_monomials(w, &m);
    list_pairs(w, &m);
    bool good = find_from(w, &m, 0, sign);
    for (int k = 0; k < m.pairs; k++)
        fmpz_mpoly_clear(m.pair[k].p, w->f->c->ring);
    return good;
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
    cases_known(&w);
    return f->c->state == NORMAL_GOOD && (x->line ? find_on_line(&w) : find_by_signs(&w));
}
