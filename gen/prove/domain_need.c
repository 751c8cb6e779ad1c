/* What one function needs of its argument, as conditions on irreducible polynomials. */
#include <stdlib.h>
#include <string.h>

#include "gen/dag/ops.h"
#include "gen/prove/domain_private.h"
#include "gen/prove/normal.h"

#define SIGN_WORK    4000
#define MOST_FACTORS 16

/* --- signs --- */

typedef struct {
    node base;
    int sign;
} sign_question;

static normal_state ask_sign(normal *c, void *context)
{
    sign_question *x = context;
    rational q;
    rational_init(c, &q);
    if (normal_form(c, x->base, &q)) {
        int top = normal_sign(c, fmpz_mpoly_q_numref(&q)), bottom = normal_sign(c, fmpz_mpoly_q_denref(&q));
        x->sign = top && bottom ? (abs(top) == 2 ? 2 : 1) * ((top > 0) == (bottom > 0) ? 1 : -1) : 0;
    }
    rational_clear(c, &q);
    return c->state;
}

/* As normal_sign, by the form of the expression, with names opaque, or read through. */
static int sign_of(session *s, node base)
{
    normal_options o = {.work_limit = SIGN_WORK};
    sign_question x = {.base = base, .sign = normal_structural_sign(s, base)};
    if (x.sign)
        return x.sign;
    normal_run(s, &o, ask_sign, &x);
    if (x.sign)
        return x.sign;
    bool *all = xcalloc((size_t)s->m->var_count + 1, sizeof *all);
    for (int i = 0; i < s->m->var_count; i++)
        all[i] = !s->recurrent[i];
    o.full = true;
    o.unfold = all;
    o.unfold_count = s->m->var_count;
    normal_run(s, &o, ask_sign, &x);
    free(all);
    return x.sign;
}

/* --- one obligation in irreducible factors --- */

static bool is_constant(dag *d, node n)
{
    return !dag_has_kind(d, n, NODE_ENTRY) && !dag_has_kind(d, n, NODE_INDEX) && !dag_has_kind(d, n, NODE_SIZE) && !dag_has_kind(d, n, NODE_APPLY);
}

/* 1 + sign(v), 1 − sign(v): v, −v, which are not negative just where that is not 0; else 0. */
static node under_sign(dag *d, node n)
{
    if (dag_kind(d, n) != NODE_ADD || dag_count(d, n) != 2)
        return 0;
    for (int i = 0; i < 2; i++) {
        node one = dag_child(d, n, i), sign = dag_child(d, n, 1 - i), minus = dag_neg(d, sign);
        bool up = dag_kind(d, sign) == NODE_FUN && dag_payload(d, sign) == OP_SIGN, down = dag_kind(d, minus) == NODE_FUN && dag_payload(d, minus) == OP_SIGN;
        if (dag_is_int(d, one, 1) && (up || down))
            return up ? dag_child(d, sign, 0) : dag_neg(d, dag_child(d, minus, 0));
    }
    return 0;
}

static void require(domain *x, node base, int bits);

static bool same_guards(const domain *x, const region_need *n)
{
    bool same = n->guard_count == x->guard_count;
    for (int i = 0; i < x->guard_count && same; i++)
        same = n->guard[i].base == x->guard[i].base && n->guard[i].bits == x->guard[i].bits;
    return same;
}

/* Under the guards of the need in hand. */
static void list_need(domain *x, node base, int bits)
{
    for (int i = 0; i < x->count; i++)
        if (x->list[i].base == base && same_guards(x, &x->list[i])) {
            x->list[i].need[x->side] |= bits;
            return;
        }
    if (x->lost || x->count == DOMAIN_MOST_NEEDS) {
        x->too_many = true;
        return;
    }
    region_need n = {.base = base, .guard_count = x->guard_count};
    n.need[x->side] = bits;
    memcpy(n.guard, x->guard, sizeof n.guard);
    x->list[x->count++] = n;
}

static void add_need(domain *x, node base, int bits)
{
    if (bits == NOT_ZERO)
        base = domain_zero_where(x->s, base);
    node v = base && (bits & NOT_ZERO) ? under_sign(x->s->d, base) : 0;
    if (v) {
        base = v;
        bits = NOT_NEGATIVE;
    }
    if (!base || is_constant(x->s->d, base))
        return;
    node simpler = region_same_sign(x->s->d, base);
    if (simpler)
        require(x, simpler, bits);
    else
        list_need(x, base, bits);
}

typedef struct {
    domain *x;
    node base;
    int bits;
    bool alone;       /* the base has one factor, once, but for a number */
    bool never;       /* it is so nowhere */
    int sign;         /* of the factors that have one */
    rational product; /* of those whose sign is not known, and of squares of those that may be 0 */
} factoring;

/* a + b s with s the sign of a u that divides b, as a + (b/u) |u|, as people write it. */
static node with_absolute(normal *c, const fmpz_mpoly_struct *p, slong g)
{
    node n = normal_generator_node(c, g), u = dag_kind(c->d, n) == NODE_FUN && dag_payload(c->d, n) == OP_SIGN ? dag_child(c->d, n, 0) : 0;
    rational of, a, b;
    node shown = 0;
    if (!u || fmpz_mpoly_degree_si(p, g, c->ring) != 1)
        return 0;
    rational_init(c, &of), rational_init(c, &a), rational_init(c, &b);
    if (normal_form(c, u, &of) && normal_split_root(c, p, g, 1, fmpz_mpoly_q_numref(&a), fmpz_mpoly_q_numref(&b)) &&
        fmpz_mpoly_divides(fmpz_mpoly_q_numref(&b), fmpz_mpoly_q_numref(&b), fmpz_mpoly_q_numref(&of), c->ring)) {
        node rest = normal_node(c, &a), factor = normal_node(c, &b);
        shown = rest && factor ? dag_add2(c->d, rest, dag_mul2(c->d, factor, dag_raw_fun(c->d, OP_ABS, 1, &u))) : 0;
    }
    rational_clear(c, &of), rational_clear(c, &a), rational_clear(c, &b);
    return shown;
}

/* As a node for people. */
static node shown(normal *c, const rational *q)
{
    const fmpz_mpoly_struct *top = fmpz_mpoly_q_numref(q);
    node n = 0;
    for (slong g = c->plan->atoms - c->atom.count; !n && g < c->plan->atoms; g++)
        n = fmpz_mpoly_degree_si(top, g, c->ring) == 1 ? with_absolute(c, top, g) : 0;
    if (!n || fmpz_mpoly_is_one(fmpz_mpoly_q_denref(q), c->ring))
        return n ? n : normal_node(c, q);
    rational below;
    rational_init(c, &below);
    fmpz_mpoly_set(fmpz_mpoly_q_numref(&below), fmpz_mpoly_q_denref(q), c->ring);
    n = dag_div(c->d, n, normal_node(c, &below));
    rational_clear(c, &below);
    return n;
}

static node polynomial_node(normal *c, const fmpz_mpoly_struct *p)
{
    rational t;
    rational_init(c, &t);
    fmpz_mpoly_set(fmpz_mpoly_q_numref(&t), p, c->ring);
    if (normal_negative(c, p))
        fmpz_mpoly_neg(fmpz_mpoly_q_numref(&t), fmpz_mpoly_q_numref(&t), c->ring);
    node n = shown(c, &t);
    rational_clear(c, &t);
    return n;
}

static size_t width(const domain *x, node n)
{
    buffer b = {0};
    domain_print_need(x->s, &b, n, POSITIVE);
    size_t length = b.length;
    buffer_free(&b);
    return length;
}

static bool visit_piece(void *context, node n)
{
    void **x = context;
    dag *d = x[0];
    bool *found = x[1];
    *found = *found || (dag_kind(d, n) == NODE_FUN && (dag_payload(d, n) == OP_ABS || dag_payload(d, n) == OP_SIGN));
    return !*found;
}

/* What is piecewise in the page's words, if it is the same and shorter: max(x, y) > 0. */
static node shorter(const factoring *f, node n, bool same)
{
    dag *d = f->x->s->d;
    bool found = false;
    void *context[] = {d, &found};
    if (n && same)
        dag_visit(d, n, visit_piece, context);
    return found && !region_same_sign(d, n) && width(f->x, f->base) < width(f->x, n) ? f->base : n;
}

static bool has_indicator(normal *c, const fmpz_mpoly_struct *p)
{
    for (slong g = c->plan->atoms - c->atom.count; g < c->plan->atoms; g++)
        if (fmpz_mpoly_degree_si(p, g, c->ring) > 0 && normal_is_indicator(c, normal_generator_node(c, g)))
            return true;
    return false;
}

/* u of a polynomial that is sign(u), else 0. */
static node sign_argument(normal *c, const fmpz_mpoly_struct *p)
{
    for (slong g = c->plan->atoms - c->atom.count; g < c->plan->atoms && fmpz_mpoly_length(p, c->ring) == 1; g++)
        if (fmpz_mpoly_is_gen(p, g, c->ring)) {
            node n = normal_generator_node(c, g);
            return dag_kind(c->d, n) == NODE_FUN && dag_payload(c->d, n) == OP_SIGN ? dag_child(c->d, n, 0) : 0;
        }
    return 0;
}

/* One factor of the numerator, or of the denominator, which is not 0 where the base has a value. It is not 0 if the whole is not; if the whole may be 0, as in
 * x² (x − 1) >= 0, what may be 0 stays: there the rest may have any sign. */
static bool sort_factor(normal *c, factoring *f, const fmpz_mpoly_struct *p, bool odd, bool below)
{
    int known = normal_sign(c, p);
    bool strict = (f->bits & NOT_ZERO) || below, definite = known || !odd;
    rational t;
    if (odd && known < 0)
        f->sign = -f->sign;
    if (abs(known) == 1 || (definite && below))
        return true;
    if ((f->bits & NOT_ZERO) && !below && (definite || f->bits == NOT_ZERO))
        add_need(f->x, shorter(f, polynomial_node(c, p), f->alone), NOT_ZERO);
    if (f->bits == NOT_ZERO || (strict && definite))
        return true;
    rational_init(c, &t);
    below = below && !has_indicator(c, p);
    fmpz_mpoly_set(below ? fmpz_mpoly_q_denref(&t) : fmpz_mpoly_q_numref(&t), p, c->ring);
    fmpz_mpoly_one(below ? fmpz_mpoly_q_numref(&t) : fmpz_mpoly_q_denref(&t), c->ring);
    if (odd && known < 0)
        fmpz_mpoly_neg(fmpz_mpoly_q_numref(&t), fmpz_mpoly_q_numref(&t), c->ring);
    bool good = rational_mul(c, &f->product, &f->product, &t) && (odd || rational_mul(c, &f->product, &f->product, &t));
    rational_clear(c, &t);
    return good;
}

static bool sort_factors(normal *c, factoring *f, const fmpz_mpoly_struct *p, bool odd, bool below);

/* A factor sign(u), beside which there is no u, as u. */
static bool sort_sign(normal *c, factoring *f, const fmpz_mpoly_struct *whole, const fmpz_mpoly_struct *p, bool odd, bool *done)
{
    node argument = sign_argument(c, p);
    rational u, rest;
    *done = false;
    if (!argument)
        return true;
    rational_init(c, &u), rational_init(c, &rest);
    bool good = normal_form(c, argument, &u);
    fmpz_mpoly_mul(fmpz_mpoly_q_numref(&u), fmpz_mpoly_q_numref(&u), fmpz_mpoly_q_denref(&u), c->ring);
    *done = good && !fmpz_mpoly_divides(fmpz_mpoly_q_numref(&rest), whole, fmpz_mpoly_q_numref(&u), c->ring);
    good = good && (!*done || sort_factors(c, f, fmpz_mpoly_q_numref(&u), odd, false));
    rational_clear(c, &u), rational_clear(c, &rest);
    return good;
}

/* Those of p, or of p². */
static bool sort_factors(normal *c, factoring *f, const fmpz_mpoly_struct *p, bool odd, bool below)
{
    fmpz_mpoly_factor_t list;
    fmpz_mpoly_factor_init(list, c->ring);
    bool good = normal_factor(c, list, p), done;
    f->alone = f->alone && good && list->num == 1 && fmpz_is_one(list->exp);
    if (good && odd && fmpz_sgn(list->constant) < 0)
        f->sign = -f->sign;
    for (slong i = 0; good && i < list->num; i++) {
        bool odd_power = odd && fmpz_is_odd(list->exp + i);
        good = sort_sign(c, f, p, list->poly + i, odd_power, &done) && (done || sort_factor(c, f, list->poly + i, odd_power, below));
    }
    fmpz_mpoly_factor_clear(list, c->ring);
    return good;
}

/* Is a = k b with a number k > 0? */
static bool is_multiple(normal *c, const rational *a, const rational *b)
{
    rational t;
    fmpq_t k;
    rational_init(c, &t);
    fmpq_init(k);
    bool good = rational_div(c, &t, a, b) && fmpz_mpoly_q_is_fmpq(&t, c->ring);
    if (good) {
        fmpz_mpoly_q_content(k, &t, c->ring);
        good = fmpq_sgn(k) > 0 && fmpz_sgn(fmpz_mpoly_leadcoeff(fmpz_mpoly_q_numref(&t))) > 0;
    }
    rational_clear(c, &t);
    fmpq_clear(k);
    return good;
}

/* What the factors need for themselves, and their product. */
static bool factor_need(normal *c, factoring *f, const rational *q)
{
    f->sign = 1;
    f->alone = fmpz_mpoly_is_fmpz(fmpz_mpoly_q_denref(q), c->ring);
    rational_init(c, &f->product);
    fmpz_mpoly_q_one(&f->product, c->ring);
    bool good = sort_factors(c, f, fmpz_mpoly_q_numref(q), true, false) && sort_factors(c, f, fmpz_mpoly_q_denref(q), true, true);
    if (fmpz_mpoly_is_fmpz(fmpz_mpoly_q_numref(&f->product), c->ring)) /* 1/u as u */
        fmpz_mpoly_swap(fmpz_mpoly_q_numref(&f->product), fmpz_mpoly_q_denref(&f->product), c->ring);
    if (f->sign < 0)
        fmpz_mpoly_q_neg(&f->product, &f->product, c->ring);
    if (good && (f->bits & NOT_NEGATIVE) && fmpz_mpoly_q_is_fmpq(&f->product, c->ring))
        f->never = f->never || f->sign < 0;
    else if (good && (f->bits & NOT_NEGATIVE))
        add_need(f->x, shorter(f, shown(c, &f->product), is_multiple(c, q, &f->product)), f->bits);
    rational_clear(c, &f->product);
    return good;
}

/* Is a number what the bits say? */
static bool is_number(normal *c, const rational *q, int bits)
{
    fmpq_t k;
    fmpq_init(k);
    fmpz_mpoly_q_content(k, q, c->ring);
    int sign = fmpz_mpoly_q_is_zero(q, c->ring) ? 0 : fmpq_sgn(k) * fmpz_sgn(fmpz_mpoly_leadcoeff(fmpz_mpoly_q_numref(q)));
    fmpq_clear(k);
    return (!(bits & NOT_ZERO) || sign != 0) && (!(bits & NOT_NEGATIVE) || sign >= 0);
}

static normal_state run_factors(normal *c, void *context)
{
    factoring *f = context;
    region_need *list = f->x->list;
    int count = f->x->count;
    int needs[DOMAIN_MOST_NEEDS]; /* a run that is started again has not added anything */
    for (int i = 0; i < count; i++)
        needs[i] = list[i].need[f->x->side];
    rational q;
    rational_init(c, &q);
    f->never = false;
    bool good = normal_form(c, f->base, &q);
    if (good && fmpz_mpoly_q_is_fmpq(&q, c->ring))
        f->never = !is_number(c, &q, f->bits);
    else
        good = good && factor_need(c, f, &q);
    if (!good) {
        f->never = false;
        f->x->count = count;
        for (int i = 0; i < count; i++)
            list[i].need[f->x->side] = needs[i];
    }
    rational_clear(c, &q);
    return c->state;
}

/* sin(acos u) and the like, which only the full form takes for what they are. */
static bool has_inverse(void *context, node n)
{
    void **x = context;
    dag *d = x[0];
    bool *found = x[1];
    if (dag_kind(d, n) == NODE_FUN && (dag_payload(d, n) == OP_ASIN || dag_payload(d, n) == OP_ACOS || dag_payload(d, n) == OP_ATAN))
        *found = true;
    return !*found;
}

static bool visit_outer(void *context, node n)
{
    void **x = context;
    dag *d = x[0];
    bool *found = x[1];
    if (dag_kind(d, n) == NODE_FUN && (dag_payload(d, n) == OP_SIN || dag_payload(d, n) == OP_COS || dag_payload(d, n) == OP_TAN))
        dag_visit(d, n, has_inverse, context);
    return !*found;
}

static bool is_nested(dag *d, node n)
{
    bool found = false;
    void *context[] = {d, &found};
    dag_visit(d, n, visit_outer, context);
    return found;
}

static bool visit_kinked(void *context, node n)
{
    void **x = context;
    dag *d = x[0];
    bool *found = x[1];
    *found = *found || (dag_kind(d, n) == NODE_FUN && op_get((op)dag_payload(d, n))->kinks);
    return !*found;
}

/* Factors |u|^−k as |u|^k, which has the same sign: one over what is piecewise is no quotient of polynomials. */
static node without_divisors(dag *d, node n)
{
    node child[MOST_FACTORS];
    bool found = false;
    void *context[] = {d, &found};
    if (dag_kind(d, n) == NODE_MUL && dag_count(d, n) <= MOST_FACTORS) {
        for (int i = 0; i < dag_count(d, n); i++)
            child[i] = without_divisors(d, dag_child(d, n, i));
        return dag_mul(d, dag_count(d, n), child);
    }
    node exponent = dag_kind(d, n) == NODE_POW ? dag_child(d, n, 1) : 0;
    if (!exponent || dag_kind(d, exponent) != NODE_NUMBER || mpq_sgn(*dag_value(d, exponent)) >= 0)
        return n;
    dag_visit(d, dag_child(d, n, 0), visit_kinked, context);
    return found ? dag_pow(d, dag_child(d, n, 0), dag_neg(d, exponent)) : n;
}

static bool same_range(dag *d, int a, int b)
{
    const dag_index_info *p = dag_index_get(d, a), *q = dag_index_get(d, b);
    return p->sample == q->sample && (p->sample || (p->lo == q->lo && p->hi == q->hi));
}

/* The `skip`-th index that stands for all of its range, as others of the same range before it. */
static int common_index(domain *x, int index, int skip)
{
    for (int i = 0; i < x->index_count; i++)
        if (same_range(x->s->d, x->index[i], index) && skip-- == 0)
            return x->index[i];
    const dag_index_info info = *dag_index_get(x->s->d, index);
    if (x->index_count == DOMAIN_MOST_INDICES)
        return index;
    if (!info.sample && domain_is_claimed(x, index))
        index = dag_index_fresh(x->s->d, info.name, info.lo, info.hi);
    return x->index[x->index_count++] = index;
}

/* One value of the claim's index, not all. */
static bool is_own(const domain *x, int index)
{
    return !x->in_equation && !dag_index_get(x->s->d, index)->sample && domain_is_claimed(x, index);
}

typedef struct {
    int list[DOMAIN_MOST_INDICES], count;
    node from[DOMAIN_MOST_INDICES], to[DOMAIN_MOST_INDICES];
} renaming;

/* What holds for all i and what holds for all j of one range is said of one index; samples are those of the claim. */
static void rename_index(domain *x, renaming *out, int index)
{
    dag *d = x->s->d;
    int before = 0;
    bool own = is_own(x, index);
    for (int k = 0; k < out->count; k++) {
        before += same_range(d, out->list[k], index) && !is_own(x, out->list[k]);
        if (out->list[k] == index)
            return;
    }
    if (out->count == DOMAIN_MOST_INDICES) {
        x->lost = true;
        return;
    }
    out->list[out->count] = index;
    out->from[out->count] = dag_index_node(d, index);
    out->to[out->count] = own ? out->from[out->count] : dag_index_node(d, common_index(x, index, before));
    out->count++;
}

static void rename_indices(domain *x, renaming *out, node n)
{
    int count, list[DOMAIN_MOST_INDICES];
    const int *indices = session_free(x->s, n, &count);
    x->lost = x->lost || count > DOMAIN_MOST_INDICES;
    if (count > DOMAIN_MOST_INDICES)
        return;
    memcpy(list, indices, (size_t)count * sizeof *list);
    for (int i = 0; i < count; i++)
        rename_index(x, out, list[i]);
}

static node renamed(domain *x, const renaming *r, node n)
{
    return r->count ? dag_substitute(x->s->d, n, r->count, r->from, r->to, true) : n;
}

/* Those of the branch in hand, but that of a sum on whose index the base depends; returns the base in common indices. */
static node find_guards(domain *x, node base)
{
    renaming r = {.count = 0};
    x->guard_count = 0;
    x->lost = x->at == DOMAIN_LOST;
    rename_indices(x, &r, base);
    for (int at = x->at; at > 0; at = x->branch[at].within) {
        const domain_branch b = x->branch[at];
        if (b.index >= 0 && dag_has_index(x->s->d, base, b.index))
            continue;
        rename_indices(x, &r, b.when.base);
        x->guard[x->guard_count++] = b.when;
    }
    for (int i = 0; i < x->guard_count; i++)
        x->guard[i].base = renamed(x, &r, x->guard[i].base);
    return renamed(x, &r, base);
}

/* The equation in hand has entries: r[t in 1..T-1] has none for T = 1. */
static void add_range_guards(domain *x)
{
    dag *d = x->s->d;
    for (int i = 0; x->equation && i < x->equation->index_count; i++) {
        const dag_index_info *index = dag_index_get(d, x->equation->index[i]);
        if (index->sample || dag_index_le(d, index->lo, index->hi) == TRUTH_YES)
            continue;
        if (x->guard_count == REGION_MOST_GUARDS)
            x->lost = true;
        else
            x->guard[x->guard_count++] = (condition){dag_sub(d, index->hi, index->lo), NOT_NEGATIVE};
    }
}

/* What is needed is so nowhere: nothing is defined in the branch in hand. Outside of all there is nothing to tell. */
static void require_nothing(domain *x)
{
    node never = dag_int(x->s->d, -1);
    find_guards(x, never);
    add_range_guards(x);
    if (x->guard_count || x->lost)
        list_need(x, never, POSITIVE);
}

void domain_require(domain *x, node base, int bits)
{
    x->never = false;
    require(x, find_guards(x, base), bits);
    if (x->never)
        require_nothing(x);
}

/* As domain_require, in indices that are common already. */
static void require(domain *x, node base, int bits)
{
    for (node simpler = base; simpler; simpler = region_same_sign(x->s->d, base))
        base = simpler;
    int sign = sign_of(x->s, base);
    x->never = x->never || (sign == -1 && (bits & NOT_NEGATIVE)) || (sign == -2 && bits == POSITIVE);
    if (x->never)
        return;
    if (abs(sign) == 1)
        bits &= sign > 0 ? 0 : NOT_NEGATIVE;
    if (sign == 2)
        bits &= NOT_ZERO;
    if (!bits)
        return;
    if (bits == NOT_ZERO)
        base = domain_zero_where(x->s, base);
    base = without_divisors(x->s->d, base);
    factoring f = {.x = x, .base = base, .bits = bits};
    normal_options o = {.work_limit = SIGN_WORK, .full = is_nested(x->s->d, base)};
    normal_state state = normal_run(x->s, &o, run_factors, &f);
    if (state != NORMAL_GOOD && (state != NORMAL_ZERO || dag_has_kind(x->s->d, base, NODE_IF))) /* what divides by 0 in one branch has a value in others */
        add_need(x, base, bits);
    x->never = x->never || f.never;
}
