/* Signs of polynomials by cases: sign atoms and square roots are taken apart, the newest first, as those before it may stand in its argument. */
#include "gen/dag/ops.h"
#include "gen/prove/region_private.h"

#define MOST_TERMS   60
#define MOST_SIMPLER 6
#define MOST_DEPTH   24

void forest_clear(forest *f)
{
    for (int i = 0; i < f->factor_count; i++)
        fmpz_mpoly_clear(&f->factor[i], f->c->ring);
    f->factor_count = f->tree_count = 0;
}

int forest_factor(forest *f, const fmpz_mpoly_struct *p)
{
    for (int i = 0; i < f->factor_count; i++)
        if (fmpz_mpoly_equal(&f->factor[i], p, f->c->ring))
            return i;
    if (f->factor_count == REGION_MOST_FACTORS)
        return -1;
    fmpz_mpoly_init(&f->factor[f->factor_count], f->c->ring);
    fmpz_mpoly_set(&f->factor[f->factor_count], p, f->c->ring);
    f->linked[f->factor_count] = FOREST_UNKNOWN;
    return f->factor_count++;
}

static int add_tree(forest *f, sign_tree t)
{
    if (f->tree_count == REGION_MOST_TREE)
        return -1;
    f->tree[f->tree_count] = t;
    return f->tree_count++;
}

static int add_number(forest *f, int sign)
{
    return add_tree(f, (sign_tree){.kind = TREE_NUMBER, .sign = sign});
}

/* What region_same_sign knows of an irreducible polynomial. */
static node simpler(const forest *f, const fmpz_mpoly_struct *p)
{
    normal *c = f->c;
    rational q;
    if (fmpz_mpoly_length(p, c->ring) > MOST_SIMPLER)
        return 0;
    rational_init(c, &q);
    fmpz_mpoly_set(fmpz_mpoly_q_numref(&q), p, c->ring);
    node n = normal_node(c, &q);
    rational_clear(c, &q);
    return n ? region_same_sign(c->d, n) : 0;
}

static int add_product(forest *f, const fmpz_mpoly_struct *p)
{
    normal *c = f->c;
    fmpz_mpoly_factor_t list;
    fmpz_mpoly_factor_init(list, c->ring);
    sign_tree t = {.kind = TREE_PRODUCT};
    bool good = normal_factor(c, list, p);
    if (good)
        t.sign = fmpz_sgn(list->constant);
    for (slong i = 0; good && i < list->num; i++) {
        bool odd = fmpz_is_odd(list->exp + i);
        if (fmpz_sgn(fmpz_mpoly_leadcoeff(list->poly + i)) < 0) {
            fmpz_mpoly_neg(list->poly + i, list->poly + i, c->ring);
            t.sign = odd ? -t.sign : t.sign;
        }
        int k = forest_factor(f, list->poly + i);
        good = k >= 0;
        if (good && odd)
            t.odd |= (uint64_t)1 << k;
        else if (good)
            t.even |= (uint64_t)1 << k;
    }
    fmpz_mpoly_factor_clear(list, c->ring);
    return good ? add_tree(f, t) : -1;
}

int forest_add_node(forest *f, node n)
{
    normal *c = f->c;
    rational q;
    rational_init(c, &q);
    int at = -1;
    if (normal_form(c, n, &q)) {
        fmpz_mpoly_mul(fmpz_mpoly_q_numref(&q), fmpz_mpoly_q_numref(&q), fmpz_mpoly_q_denref(&q), c->ring);
        at = forest_add(f, fmpz_mpoly_q_numref(&q));
    }
    rational_clear(c, &q);
    return at;
}

bool forest_link(forest *f, int factor, uint64_t *more)
{
    normal *c = f->c;
    node other = simpler(f, &f->factor[factor]);
    if (f->linked[factor] == FOREST_UNKNOWN)
        f->linked[factor] = other ? forest_add_node(f, other) : FOREST_NONE;
    *more = f->linked[factor] >= 0 ? forest_factors(f, f->linked[factor]) : 0;
    bool good = f->linked[factor] != FOREST_UNKNOWN;
    for (slong g = c->plan->atoms - c->atom.count; g < c->plan->atoms && good; g++) { /* log x for log x − 1 */
        if (fmpz_mpoly_degree_si(&f->factor[factor], g, c->ring) <= 0 || !region_same_sign(c->d, normal_generator_node(c, g)))
            continue;
        fmpz_mpoly_t p;
        fmpz_mpoly_init(p, c->ring);
        fmpz_mpoly_gen(p, g, c->ring);
        int k = forest_factor(f, p);
        good = k >= 0;
        *more |= good ? (uint64_t)1 << k : 0;
        fmpz_mpoly_clear(p, c->ring);
    }
    return good && c->state == NORMAL_GOOD;
}

/* Is p = a + b s with s the sign of a u that divides b? Then it is a where u = 0, as with s = 1. */
static bool is_continuous(const forest *f, const fmpz_mpoly_struct *p, slong g)
{
    normal *c = f->c;
    fmpz_mpoly_t a, b;
    rational u;
    fmpz_mpoly_init(a, c->ring);
    fmpz_mpoly_init(b, c->ring);
    rational_init(c, &u);
    bool good = fmpz_mpoly_degree_si(p, g, c->ring) == 1 && normal_split_root(c, p, g, 1, a, b) &&
                normal_form(c, dag_child(c->d, normal_generator_node(c, g), 0), &u) && fmpz_mpoly_divides(b, b, fmpz_mpoly_q_numref(&u), c->ring);
    rational_clear(c, &u);
    fmpz_mpoly_clear(a, c->ring);
    fmpz_mpoly_clear(b, c->ring);
    return good;
}

static int add_sign(forest *f, const fmpz_mpoly_struct *p, slong g)
{
    normal *c = f->c;
    sign_tree t = {.kind = TREE_SIGN};
    fmpz_mpoly_t value;
    fmpz_t z;
    fmpz_mpoly_init(value, c->ring);
    fmpz_init(z);
    t.child[0] = forest_add_node(f, dag_child(c->d, normal_generator_node(c, g), 0));
    bool good = t.child[0] >= 0, continuous = good && is_continuous(f, p, g);
    for (int k = 0; k < 3 && good; k++) {
        fmpz_set_si(z, k == 1 && continuous ? 1 : k - 1);
        good = fmpz_mpoly_evaluate_one_fmpz(value, p, g, z, c->ring) != 0;
        t.child[k + 1] = good ? forest_add(f, value) : -1;
        good = t.child[k + 1] >= 0;
    }
    fmpz_mpoly_clear(value, c->ring);
    fmpz_clear(z);
    return good ? add_tree(f, t) : -1;
}

/* p = a + b R with a square root R = √|w|. */
static int add_root(forest *f, slong g, const fmpz_mpoly_struct *a, const fmpz_mpoly_struct *b)
{
    normal *c = f->c;
    rational t, norm;
    sign_tree x = {.kind = TREE_ROOT};
    rational_init(c, &t), rational_init(c, &norm);
    fmpz_mpoly_q_gen(&t, g, c->ring);
    bool good = rational_pow(c, &t, &t, c->plan->root_denominator);
    fmpz_mpoly_mul(fmpz_mpoly_q_numref(&t), fmpz_mpoly_q_numref(&t), b, c->ring);
    fmpz_mpoly_mul(fmpz_mpoly_q_numref(&t), fmpz_mpoly_q_numref(&t), b, c->ring);
    fmpz_mpoly_mul(fmpz_mpoly_q_numref(&norm), a, a, c->ring);
    good = good && rational_sub(c, &norm, &norm, &t) && rational_reduce(c, &norm) && fmpz_mpoly_is_one(fmpz_mpoly_q_denref(&norm), c->ring);
    x.child[0] = good ? forest_add(f, a) : -1;
    x.child[1] = x.child[0] >= 0 ? forest_add(f, b) : -1;
    x.child[2] = x.child[1] >= 0 ? forest_add_node(f, dag_child(c->d, normal_generator_node(c, g), 0)) : -1;
    x.child[3] = x.child[2] >= 0 ? forest_add(f, fmpz_mpoly_q_numref(&norm)) : -1;
    rational_clear(c, &t), rational_clear(c, &norm);
    return x.child[3] >= 0 ? add_tree(f, x) : -1;
}

/* Takes the generator out of p if it is a sign or a square root; *done: it was. */
static int take_apart(forest *f, const fmpz_mpoly_struct *p, slong g, bool *done)
{
    normal *c = f->c;
    node n = normal_generator_node(c, g);
    slong half = c->plan->root_denominator / 2;
    *done = dag_kind(c->d, n) == NODE_FUN && dag_payload(c->d, n) == OP_SIGN;
    if (*done)
        return add_sign(f, p, g);
    if (!normal_is_root(c, n) || fmpz_mpoly_degree_si(p, g, c->ring) != half)
        return -1;
    fmpz_mpoly_t a, b;
    fmpz_mpoly_init(a, c->ring);
    fmpz_mpoly_init(b, c->ring);
    *done = normal_split_root(c, p, g, half, a, b);
    int at = *done ? add_root(f, g, a, b) : -1;
    fmpz_mpoly_clear(a, c->ring);
    fmpz_mpoly_clear(b, c->ring);
    return at;
}

static int add_polynomial(forest *f, const fmpz_mpoly_struct *p)
{
    normal *c = f->c;
    if (c->state != NORMAL_GOOD || fmpz_mpoly_length(p, c->ring) > MOST_TERMS)
        return -1;
    if (fmpz_mpoly_is_fmpz(p, c->ring)) {
        fmpz_t z;
        fmpz_init(z);
        fmpz_mpoly_get_fmpz(z, p, c->ring);
        int sign = fmpz_sgn(z);
        fmpz_clear(z);
        return add_number(f, sign);
    }
    for (slong g = c->plan->atoms - c->atom.count; g < c->plan->atoms; g++) {
        bool done = false;
        int at = fmpz_mpoly_degree_si(p, g, c->ring) > 0 ? take_apart(f, p, g, &done) : -1;
        if (done)
            return at;
    }
    return add_product(f, p);
}

int forest_add(forest *f, const fmpz_mpoly_struct *p)
{
    if (f->depth == MOST_DEPTH)
        return -1;
    f->depth++;
    int at = add_polynomial(f, p);
    f->depth--;
    return at;
}

static int product_sign(const sign_tree *t, const signed char *sign)
{
    int all = t->sign;
    for (int i = 0; i < REGION_MOST_FACTORS && all; i++) {
        if (t->odd >> i & 1)
            all *= sign[i];
        if ((t->even >> i & 1) && !sign[i])
            all = 0;
    }
    return all;
}

static int root_sign(const forest *f, const sign_tree *t, const signed char *sign)
{
    int a = forest_sign(f, t->child[0], sign), b = forest_sign(f, t->child[2], sign) ? forest_sign(f, t->child[1], sign) : 0;
    if (!a || !b || a == b)
        return a ? a : b;
    int norm = forest_sign(f, t->child[3], sign);
    return norm > 0 ? a : norm < 0 ? b : 0;
}

int forest_sign(const forest *f, int which, const signed char *sign)
{
    const sign_tree *t = &f->tree[which];
    switch (t->kind) {
    case TREE_NUMBER: return t->sign;
    case TREE_PRODUCT: return product_sign(t, sign);
    case TREE_SIGN: return forest_sign(f, t->child[2 + forest_sign(f, t->child[0], sign)], sign);
    default: return root_sign(f, t, sign);
    }
}

uint64_t forest_factors(const forest *f, int which)
{
    const sign_tree *t = &f->tree[which];
    uint64_t all = t->odd | t->even;
    for (int i = 0; i < REGION_MOST_CHILDREN && (t->kind == TREE_SIGN || t->kind == TREE_ROOT); i++)
        all |= forest_factors(f, t->child[i]);
    return all;
}
