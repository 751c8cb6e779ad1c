#include "gen/prove/region.h"

#include <stdlib.h>
#include <string.h>

#include "gen/dag/ops.h"
#include "gen/prove/region_private.h"

#define MOST_CANDIDATES 48
#define MOST_CHOSEN     6
#define MOST_WITHIN     4     /* logarithms, roots and divisors in one condition */
#define SEARCH_WORK     4000  /* steps of the search for the shortest list */
#define CASES_WORK      40000 /* of ruling out cases, for one claim */
#define REGION_WORK     40000 /* terms of polynomials */
#define PER_CONDITION   3     /* characters that one more condition counts */
#define OF_OUR_OWN      1     /* and one that the claim does not show */
#define OF_A_FUNCTION   3     /* and one with a root or the like */
#define OF_A_PAIR       10    /* v² < 1 is told where v > −1, v < 1 does not do */

typedef struct {
    node base;
    int bits, order, cost;
    uint64_t fails[REGION_MOST_WORDS]; /* cases in which it does not hold */
} candidate;

/* Needs that share no names with others: told for themselves. */
typedef struct {
    int need[REGION_MOST_NEEDS], count;
    uint64_t factors;
    cases cases;
    uint64_t bad[REGION_MOST_WORDS]; /* cases where what both sides need holds, and not both are defined */
    candidate list[MOST_CANDIDATES];
    int candidates;
} part;

typedef struct {
    session *s;
    const region_need *list;
    int count;
    region_width *width;
    forest forest;
    int tree[REGION_MOST_NEEDS]; /* of numerator times denominator */
    int guard_tree[REGION_MOST_NEEDS][REGION_MOST_GUARDS];
    uint64_t factors[REGION_MOST_NEEDS]; /* with those of the guards */
    int group[REGION_MOST_NEEDS];
    part part;
    long work;
    condition *out;
    int room, out_count;
    bool vague; /* not all can be told */
} telling;

static bool is_told(const region_need *n)
{
    return n->need[0] != n->need[1];
}

static void tell(telling *x, node base, int bits)
{
    if (x->out_count < x->room)
        x->out[x->out_count] = (condition){base, bits};
    x->out_count++;
}

/* --- parts --- */

static bool share_names(const forest *f, uint64_t a, uint64_t b)
{
    normal *c = f->c;
    for (slong g = c->plan->atoms - c->atom.count; g < c->plan->atoms; g++) {
        bool in[2] = {false, false};
        for (int i = 0; i < f->factor_count; i++) {
            bool here = fmpz_mpoly_degree_si(&f->factor[i], g, c->ring) > 0;
            in[0] = in[0] || (here && (a >> i & 1));
            in[1] = in[1] || (here && (b >> i & 1));
        }
        if (in[0] && in[1])
            return true;
    }
    return false;
}

static void form_groups(telling *x)
{
    for (int i = 0; i < x->count; i++) {
        x->group[i] = i;
        for (int j = 0; j < i; j++) {
            int from = x->group[i], to = x->group[j];
            if (from == to || !share_names(&x->forest, x->factors[i], x->factors[j]))
                continue;
            for (int k = 0; k <= i; k++)
                x->group[k] = x->group[k] == from ? to : x->group[k];
        }
    }
}

/* --- what holds in which case --- */

static bool satisfies(int bits, int sign)
{
    return (!(bits & NOT_ZERO) || sign != 0) && (!(bits & NOT_NEGATIVE) || sign >= 0);
}

static bool is_in(const uint64_t *set, int i)
{
    return set[i / 64] >> (i % 64) & 1;
}

static void put_in(uint64_t *set, int i)
{
    set[i / 64] |= (uint64_t)1 << (i % 64);
}

static int first_in(const part *p, const uint64_t *set)
{
    for (int i = 0; i < p->cases.cases; i++)
        if (is_in(set, i))
            return i;
    return -1;
}

/* Is base `bits` in a case where the guards hold? */
static bool is_met(const telling *x, int need, int bits, const signed char *sign)
{
    const region_need *n = &x->list[need];
    for (int i = 0; i < n->guard_count; i++)
        if (!satisfies(n->guard[i].bits, forest_sign(&x->forest, x->guard_tree[need][i], sign)))
            return true;
    return satisfies(bits, forest_sign(&x->forest, x->tree[need], sign));
}

/* The cases where a need of the sides is not met. */
static void find_failing(const telling *x, int need, int bits, uint64_t *fails)
{
    const part *p = &x->part;
    memset(fails, 0, REGION_MOST_WORDS * sizeof *fails);
    for (int k = 0; k < p->cases.cases; k++)
        if (!is_met(x, need, bits, p->cases.sign[k]))
            put_in(fails, k);
}

/* Does the other side ask for what this side asks, perhaps in other words? */
static bool is_common(const telling *x, int i, int side)
{
    const part *p = &x->part;
    uint64_t own[REGION_MOST_WORDS], other[REGION_MOST_WORDS];
    find_failing(x, i, x->list[i].need[side], own);
    for (int k = 0; k < p->count; k++) {
        int bits = x->list[p->need[k]].need[1 - side];
        if (bits)
            find_failing(x, p->need[k], bits, other);
        if (bits && memcmp(own, other, sizeof own) == 0)
            return true;
    }
    return false;
}

/* The cases in which both sides are defined, into `defined`, and those to be excluded. False: the sides are defined in the same cases, nothing need be told. */
static bool sort_cases(telling *x, uint64_t *defined)
{
    part *p = &x->part;
    bool common[2][REGION_MOST_NEEDS], differ = false;
    for (int i = 0; i < 2 * p->count; i++)
        common[i % 2][i / 2] = is_common(x, p->need[i / 2], i % 2);
    memset(p->bad, 0, sizeof p->bad);
    for (int k = 0; k < p->cases.cases; k++) {
        bool defined_on[2] = {true, true}, all = true;
        for (int i = 0; i < 2 * p->count; i++) {
            int need = p->need[i / 2];
            bool good = is_met(x, need, x->list[need].need[i % 2], p->cases.sign[k]);
            defined_on[i % 2] = defined_on[i % 2] && good;
            all = all && (good || !common[i % 2][i / 2]);
        }
        differ = differ || defined_on[0] != defined_on[1];
        if (defined_on[0] && defined_on[1])
            put_in(defined, k);
        else if (all)
            put_in(p->bad, k);
    }
    return differ;
}

/* --- candidates --- */

/* Is it a polynomial, or a quotient of such? */
static bool is_plain(dag *d, node n)
{
    node_kind kind = dag_kind(d, n);
    if (kind == NODE_POW)
        return dag_kind(d, dag_child(d, n, 1)) == NODE_NUMBER && mpz_cmp_ui(mpq_denref(*dag_value(d, dag_child(d, n, 1))), 1) == 0;
    for (int i = 0; (kind == NODE_ADD || kind == NODE_MUL) && i < dag_count(d, n); i++)
        if (!is_plain(d, dag_child(d, n, i)))
            return false;
    return kind != NODE_FUN;
}

/* What must hold for a condition to have a value: log(x) ≥ −1 says that x > 0, too. */
typedef struct {
    int tree[MOST_WITHIN], bits[MOST_WITHIN], count;
} within;

static void add_within(telling *x, within *w, node n)
{
    dag *d = x->s->d;
    node_kind kind = dag_kind(d, n);
    bool log = kind == NODE_FUN && dag_payload(d, n) == OP_LOG;
    bool power = kind == NODE_POW && dag_kind(d, dag_child(d, n, 1)) == NODE_NUMBER;
    const mpq_t *exponent = power ? dag_value(d, dag_child(d, n, 1)) : NULL;
    int bits = log ? POSITIVE : power ? (mpz_cmp_ui(mpq_denref(*exponent), 1) ? NOT_NEGATIVE : 0) | (mpq_sgn(*exponent) < 0 ? NOT_ZERO : 0) : 0;
    if (bits && w->count < MOST_WITHIN) {
        w->tree[w->count] = forest_add_node(&x->forest, dag_child(d, n, 0));
        w->bits[w->count] = bits;
        w->count += w->tree[w->count] >= 0 && !(forest_factors(&x->forest, w->tree[w->count]) & ~x->part.factors);
    }
    for (int i = 0; i < dag_count(d, n) && (kind == NODE_ADD || kind == NODE_MUL || log || power); i++)
        add_within(x, w, dag_child(d, n, i));
}

static bool has_value(const telling *x, const within *w, const signed char *sign)
{
    for (int i = 0; i < w->count; i++)
        if (!satisfies(w->bits[i], forest_sign(&x->forest, w->tree[i], sign)))
            return false;
    return true;
}

/* It counts if it holds wherever both sides are defined, and excludes something. sign: ±1 times that of the tree. */
static void add_candidate(telling *x, const uint64_t *defined, node base, int bits, int tree, int sign, int order)
{
    part *p = &x->part;
    if (!base || p->candidates == MOST_CANDIDATES)
        return;
    candidate *new = &p->list[p->candidates];
    bool excludes = false;
    *new = (candidate){.base = base, .bits = bits, .order = order};
    within w = {.count = 0};
    add_within(x, &w, base);
    for (int k = 0; k < p->cases.cases; k++) {
        if (has_value(x, &w, p->cases.sign[k]) && satisfies(bits, sign * forest_sign(&x->forest, tree, p->cases.sign[k])))
            continue;
        if (is_in(defined, k))
            return;
        put_in(new->fails, k);
        excludes = excludes || is_in(p->bad, k);
    }
    if (!excludes)
        return;
    new->cost = x->width(x->s, base, bits) + PER_CONDITION + (is_plain(x->s->d, base) ? 0 : OF_A_FUNCTION);
    if (p->cases.line) /* from left to right */
        new->order = first_in(p, new->fails);
    p->candidates++;
}

static node factor_node(telling *x, const fmpz_mpoly_struct *f, bool negated)
{
    return normal_primitive(x->forest.c, f, negated);
}

/* The first need that has the factor, for the order in which conditions are told. */
static int order_of(const telling *x, int factor)
{
    for (int i = 0; i < x->part.count; i++)
        if (x->factors[x->part.need[i]] >> factor & 1)
            return 4 * x->part.need[i];
    return 4 * REGION_MOST_NEEDS;
}

/* Bounds by a polynomial: > 0, >= 0, ≠ 0, < 0, <= 0. */
static void add_bounds(telling *x, const uint64_t *defined, const fmpz_mpoly_struct *f, int order, int cost)
{
    int tree = forest_add(&x->forest, f), before = x->part.candidates;
    if (tree < 0)
        return;
    node up = factor_node(x, f, false), down = factor_node(x, f, true);
    add_candidate(x, defined, up, POSITIVE, tree, 1, order + 1);
    add_candidate(x, defined, up, NOT_NEGATIVE, tree, 1, order + 1);
    add_candidate(x, defined, down, POSITIVE, tree, -1, order + 2);
    add_candidate(x, defined, down, NOT_NEGATIVE, tree, -1, order + 2);
    add_candidate(x, defined, up, NOT_ZERO, tree, 1, order + 3);
    for (int i = before; i < x->part.candidates; i++)
        x->part.list[i].cost += cost;
}

/* (v − a)(v − b): between two bounds, or beyond them. */
static void add_pairs(telling *x, const uint64_t *defined)
{
    const cases *c = &x->part.cases;
    normal *n = x->forest.c;
    for (int i = 0; i < c->count; i++)
        for (int j = 0; j < i; j++) {
            const fmpz_mpoly_struct *a = &x->forest.factor[c->factor[i]], *b = &x->forest.factor[c->factor[j]];
            fmpz_mpoly_t p;
            if (fmpz_mpoly_total_degree_si(a, n->ring) != 1 || fmpz_mpoly_total_degree_si(b, n->ring) != 1)
                continue;
            fmpz_mpoly_init(p, n->ring);
            fmpz_mpoly_mul(p, a, b, n->ring);
            add_bounds(x, defined, p, order_of(x, c->factor[j]), OF_A_PAIR);
            fmpz_mpoly_clear(p, n->ring);
        }
}

static void find_candidates(telling *x, const uint64_t *defined)
{
    part *p = &x->part;
    p->candidates = 0;
    for (int i = 0; i < p->count; i++) {
        const region_need *n = &x->list[p->need[i]];
        int bits = n->need[0] | n->need[1];
        if (is_told(n))
            add_candidate(x, defined, n->base, bits, x->tree[p->need[i]], 1, 4 * p->need[i]);
        if (is_told(n) && bits == NOT_NEGATIVE)
            add_candidate(x, defined, n->base, POSITIVE, x->tree[p->need[i]], 1, 4 * p->need[i]);
    }
    for (int i = 0; i < p->cases.count; i++)
        add_bounds(x, defined, &x->forest.factor[p->cases.factor[i]], order_of(x, p->cases.factor[i]), OF_OUR_OWN);
    if (p->cases.line)
        add_pairs(x, defined);
}

/* --- the shortest list --- */

typedef struct {
    const part *p;
    int chosen[MOST_CHOSEN], count, cost;
    int best[MOST_CHOSEN], best_count, best_cost;
    long work;
} search;

static void choose(search *x, const uint64_t *open)
{
    const part *p = x->p;
    int at = first_in(p, open);
    if (at < 0) {
        memcpy(x->best, x->chosen, sizeof x->best);
        x->best_count = x->count;
        x->best_cost = x->cost;
        return;
    }
    for (int i = 0; i < p->candidates && x->count < MOST_CHOSEN && x->work-- > 0; i++) {
        const candidate *c = &p->list[i];
        uint64_t rest[REGION_MOST_WORDS];
        if (!is_in(c->fails, at) || x->cost + c->cost >= x->best_cost)
            continue;
        for (int k = 0; k < REGION_MOST_WORDS; k++)
            rest[k] = open[k] & ~c->fails[k];
        x->chosen[x->count++] = i;
        x->cost += c->cost;
        choose(x, rest);
        x->cost -= c->cost;
        x->count--;
    }
}

static int compare_orders(const void *a, const void *b)
{
    const candidate *const *p = a, *const *q = b;
    return (*p)->order - (*q)->order;
}

/* False: no list was found within the budget. */
static bool tell_shortest(telling *x)
{
    search s = {.p = &x->part, .best_cost = 1 << 20, .best_count = -1, .work = SEARCH_WORK};
    const candidate *list[MOST_CHOSEN];
    choose(&s, x->part.bad);
    for (int i = 0; i < s.best_count; i++)
        list[i] = &x->part.list[s.best[i]];
    if (s.best_count > 0)
        qsort(list, (size_t)s.best_count, sizeof *list, compare_orders);
    for (int i = 0; i < s.best_count; i++)
        tell(x, list[i]->base, list[i]->bits);
    return s.best_count >= 0;
}

/* --- all of it --- */

/* The part's factors, and its cases. */
static bool find_cases(telling *x)
{
    part *p = &x->part;
    p->factors = 0;
    p->cases.count = 0;
    for (int i = 0; i < p->count; i++)
        p->factors |= x->factors[p->need[i]];
    for (int k = 0; k < REGION_MOST_FACTORS; k++)
        if (p->factors >> k & 1) {
            if (p->cases.count == REGION_MOST_CUTS)
                return false;
            p->cases.factor[p->cases.count++] = k;
        }
    return cases_find(&x->forest, &p->cases, &x->work);
}

/* Does a need, without its guards, hold in a case? */
static bool holds_bare(const telling *x, int need, int k)
{
    const region_need *n = &x->list[need];
    return satisfies(n->need[0] | n->need[1], forest_sign(&x->forest, x->tree[need], x->part.cases.sign[k]));
}

/* The first of a set of the part's needs that does not hold in a case, but for one; −1: all do. */
static int first_failing(const telling *x, uint64_t set, int but, int k)
{
    for (int i = 0; i < x->part.count; i++)
        if (i != but && (set >> i & 1) && !holds_bare(x, x->part.need[i], k))
            return i;
    return -1;
}

/* Does what is told as it is leave a case in which both sides are defined? */
static bool leaves_some(const telling *x, uint64_t set, const uint64_t *defined)
{
    for (int k = 0; k < x->part.cases.cases; k++)
        if (is_in(defined, k) && first_failing(x, set, -1, k) < 0)
            return true;
    return false;
}

/* Does it follow from the others of the set? */
static bool is_implied(const telling *x, uint64_t set, int i)
{
    for (int k = 0; k < x->part.cases.cases; k++)
        if (!holds_bare(x, x->part.need[i], k) && first_failing(x, set, i, k) < 0)
            return false;
    return true;
}

/* Each need for itself, without its guards, but what follows from the others; `defined`: the cases in which both sides are, NULL: not known. */
static void tell_as_it_is(telling *x, const uint64_t *defined)
{
    const part *p = &x->part;
    uint64_t set = 0;
    bool guarded = false;
    for (int i = 0; i < p->count; i++) {
        const region_need *n = &x->list[p->need[i]];
        set |= (uint64_t)is_told(n) << i;
        guarded = guarded || (is_told(n) && n->guard_count);
    }
    x->vague = x->vague || (guarded && !(defined && leaves_some(x, set, defined)));
    for (int i = 0; i < p->count && defined; i++)
        if ((set >> i & 1) && is_implied(x, set, i))
            set &= ~((uint64_t)1 << i);
    for (int i = 0; i < p->count; i++)
        if (set >> i & 1)
            tell(x, x->list[p->need[i]].base, x->list[p->need[i]].need[0] | x->list[p->need[i]].need[1]);
}

static void tell_part(telling *x)
{
    part *p = &x->part;
    uint64_t defined[REGION_MOST_WORDS] = {0};
    bool told = false;
    for (int i = 0; i < p->count; i++)
        told = told || is_told(&x->list[p->need[i]]);
    if (!told)
        return;
    if (!find_cases(x)) {
        tell_as_it_is(x, NULL);
        return;
    }
    if (!sort_cases(x, defined))
        return;
    find_candidates(x, defined);
    if (!tell_shortest(x))
        tell_as_it_is(x, defined);
}

/* With all that has to do with these factors. */
static bool add_linked(telling *x, uint64_t *factors)
{
    uint64_t done = 0;
    for (int k = 0; k < REGION_MOST_FACTORS; k++) {
        uint64_t more, bit = (uint64_t)1 << k;
        if (!(*factors & bit) || (done & bit))
            continue;
        if (!forest_link(&x->forest, k, &more))
            return false;
        done |= bit;
        *factors |= more;
        k = -1; /* they may have others */
    }
    return true;
}

/* A tree with the sign of n, and its factors. */
static bool read_base(telling *x, node n, int *tree, uint64_t *factors)
{
    rational q;
    rational_init(x->forest.c, &q);
    bool good = normal_form(x->forest.c, n, &q);
    int below = good ? forest_add(&x->forest, fmpz_mpoly_q_denref(&q)) : -1;
    if (good)
        fmpz_mpoly_mul(fmpz_mpoly_q_numref(&q), fmpz_mpoly_q_numref(&q), fmpz_mpoly_q_denref(&q), x->forest.c->ring);
    *tree = good ? forest_add(&x->forest, fmpz_mpoly_q_numref(&q)) : -1;
    good = *tree >= 0 && below >= 0;
    *factors |= good ? forest_factors(&x->forest, *tree) | forest_factors(&x->forest, below) : 0;
    rational_clear(x->forest.c, &q);
    return good;
}

static bool read_needs(telling *x)
{
    bool good = true;
    for (int i = 0; i < x->count && good; i++) {
        const region_need *n = &x->list[i];
        x->factors[i] = 0;
        good = read_base(x, n->base, &x->tree[i], &x->factors[i]);
        for (int k = 0; k < n->guard_count && good; k++)
            good = read_base(x, n->guard[k].base, &x->guard_tree[i][k], &x->factors[i]);
        good = good && add_linked(x, &x->factors[i]);
    }
    return good;
}

static normal_state run(normal *c, void *context)
{
    telling *x = context;
    x->forest.c = c;
    x->out_count = 0;
    x->vague = false;
    c->quiet++; /* what one side needs says nothing of the other */
    if (read_needs(x)) {
        form_groups(x);
        for (int g = 0; g < x->count; g++) {
            x->part.count = 0;
            for (int i = 0; i < x->count; i++)
                if (x->group[i] == g)
                    x->part.need[x->part.count++] = i;
            if (x->part.count)
                tell_part(x);
        }
    } else if (c->state == NORMAL_GOOD)
        normal_fail(c, NORMAL_BUDGET);
    c->quiet--;
    forest_clear(&x->forest);
    return c->state;
}

int region_conditions(session *s, const region_need *list, int count, region_width *width, condition *out, int room)
{
    node known[REGION_MOST_NEEDS];
    signed char sign[REGION_MOST_NEEDS];
    normal_options o = {.work_limit = REGION_WORK, .known = known, .known_sign = sign};
    telling *x = xcalloc(1, sizeof *x);
    x->s = s;
    x->list = list;
    x->count = count;
    x->width = width;
    x->work = CASES_WORK;
    x->out = out;
    x->room = room;
    bool told = false;
    for (int i = 0; i < count; i++) {
        told = told || is_told(&list[i]);
        if (!is_told(&list[i]) && list[i].need[0] == POSITIVE && !list[i].guard_count && o.known_count < REGION_MOST_NEEDS) {
            known[o.known_count] = list[i].base;
            sign[o.known_count++] = 1;
        }
    }
    if (told && (count > REGION_MOST_NEEDS || normal_run(s, &o, run, x) != NORMAL_GOOD)) {
        x->out_count = 0;
        x->vague = false;
        for (int i = 0; i < count; i++)
            if (is_told(&list[i])) {
                tell(x, list[i].base, list[i].need[0] | list[i].need[1]);
                x->vague = x->vague || list[i].guard_count;
            }
    }
    count = x->out_count <= room && !x->vague ? x->out_count : -1;
    free(x);
    return count;
}
