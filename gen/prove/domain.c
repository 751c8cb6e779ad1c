#include "gen/prove/domain.h"

#include <stdlib.h>
#include <string.h>

#include "gen/dag/ops.h"
#include "gen/prove/graph.h"
#include "gen/prove/imply.h"
#include "gen/prove/normal.h"

#define MOST_NEEDS 64
#define MOST_NAMES 400
#define SIGN_WORK  4000

typedef struct {
    node base;
    int need[2]; /* of the left, of the right side */
} need;

typedef struct {
    session *s;
    need list[MOST_NEEDS];
    need mixed[MOST_NEEDS]; /* of products with several factors of unknown sign: they may follow from the others */
    int count, mixed_count, side;
    bool too_many;
    table seen; /* nodes that were walked for this side */
    int *names, name_count;
    char *named; /* per variable */
} domain;

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

static int need_of(const domain *x, node base)
{
    for (int i = 0; i < x->count; i++)
        if (x->list[i].base == base)
            return x->list[i].need[0] | x->list[i].need[1];
    return 0;
}

/* √u, |u| and sign(u) are not 0 where u is not. */
static node zero_where(dag *d, node n)
{
    for (;;) {
        node_kind kind = dag_kind(d, n);
        bool root = kind == NODE_POW && dag_kind(d, dag_child(d, n, 1)) == NODE_NUMBER;
        bool sign = kind == NODE_FUN && (dag_payload(d, n) == OP_SIGN || dag_payload(d, n) == OP_ABS);
        if (!root && !sign)
            return n;
        n = dag_child(d, n, 0);
    }
}

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

static void add_need(domain *x, node base, int bits)
{
    if (bits == NOT_ZERO)
        base = zero_where(x->s->d, base);
    node v = base && (bits & NOT_ZERO) ? under_sign(x->s->d, base) : 0;
    if (v) {
        base = v;
        bits = NOT_NEGATIVE;
    }
    if (!base || is_constant(x->s->d, base))
        return;
    for (int i = 0; i < x->count; i++)
        if (x->list[i].base == base) {
            x->list[i].need[x->side] |= bits;
            return;
        }
    if (x->count == MOST_NEEDS) {
        x->too_many = true;
        return;
    }
    need n = {.base = base};
    n.need[x->side] = bits;
    x->list[x->count++] = n;
}

typedef struct {
    domain *x;
    node base;
    int bits;
} factoring;

static node polynomial_node(normal *c, const fmpz_mpoly_struct *p, bool negated)
{
    rational t;
    rational_init(c, &t);
    if (negated)
        fmpz_mpoly_neg(fmpz_mpoly_q_numref(&t), p, c->ring);
    else
        fmpz_mpoly_set(fmpz_mpoly_q_numref(&t), p, c->ring);
    node n = normal_node(c, &t);
    rational_clear(c, &t);
    return n;
}

/* Each factor is not 0; a single one of unknown sign has the sign of the whole. */
static bool factor_need(normal *c, factoring *f, const rational *q)
{
    fmpz_mpoly_factor_t list;
    rational whole;
    int unknown = 0, sign = 1;
    slong odd = -1;
    rational_init(c, &whole);
    fmpz_mpoly_factor_init(list, c->ring);
    bool good = rational_mul(c, &whole, q, q), positive = (f->bits & NOT_NEGATIVE) != 0;
    if (good)
        fmpz_mpoly_mul(fmpz_mpoly_q_numref(&whole), fmpz_mpoly_q_numref(q), fmpz_mpoly_q_denref(q), c->ring);
    good = good && normal_factor(c, list, fmpz_mpoly_q_numref(&whole));
    if (good)
        sign = fmpz_sgn(list->constant);
    for (slong i = 0; good && i < list->num; i++) {
        int known = normal_sign(c, list->poly + i);
        if (fmpz_is_even(list->exp + i) || (positive && known > 0))
            continue;
        if (known < 0)
            sign = -sign;
        else {
            unknown++;
            odd = i;
        }
    }
    for (slong i = 0; good && i < list->num; i++) {
        if (positive && unknown == 1 && i == odd)
            add_need(f->x, polynomial_node(c, list->poly + i, sign < 0), f->bits);
        else if ((f->bits & NOT_ZERO) && abs(normal_sign(c, list->poly + i)) != 1)
            add_need(f->x, polynomial_node(c, list->poly + i, normal_negative(c, list->poly + i)), NOT_ZERO);
    }
    if (good && positive && unknown > 1 && f->x->mixed_count < MOST_NEEDS) {
        need *m = &f->x->mixed[f->x->mixed_count++];
        *m = (need){.base = f->base};
        m->need[f->x->side] = f->bits;
    }
    fmpz_mpoly_factor_clear(list, c->ring);
    rational_clear(c, &whole);
    return good;
}

static normal_state run_factors(normal *c, void *context)
{
    factoring *f = context;
    int count = f->x->count;
    rational q;
    rational_init(c, &q);
    if (!normal_form(c, f->base, &q) || fmpz_mpoly_q_is_fmpq(&q, c->ring) || !factor_need(c, f, &q))
        f->x->count = count;
    rational_clear(c, &q);
    return c->state;
}

static void require(domain *x, node base, int bits)
{
    int sign = x->count < MOST_NEEDS ? sign_of(x->s, base) : 0;
    if (abs(sign) == 1)
        bits &= sign > 0 ? 0 : NOT_NEGATIVE;
    if (sign == 2)
        bits &= NOT_ZERO;
    if (!bits)
        return;
    factoring f = {x, base, bits};
    normal_options o = {.work_limit = SIGN_WORK};
    normal_run(x->s, &o, run_factors, &f);
}

/* --- products that follow from their factors --- */

typedef struct {
    domain *x;
    const need *mixed;
    bool follows;
    node canonical;
} following;

static normal_state run_follows(normal *c, void *context)
{
    following *f = context;
    fmpz_mpoly_factor_t list;
    fmpz_mpoly_t whole;
    rational q;
    int bits = f->mixed->need[0] | f->mixed->need[1], sign = 1;
    rational_init(c, &q);
    fmpz_mpoly_init(whole, c->ring);
    fmpz_mpoly_factor_init(list, c->ring);
    bool good = normal_form(c, f->mixed->base, &q);
    if (good) {
        f->canonical = normal_node(c, &q);
        fmpz_mpoly_mul(whole, fmpz_mpoly_q_numref(&q), fmpz_mpoly_q_denref(&q), c->ring);
        good = normal_factor(c, list, whole);
        sign = good ? fmpz_sgn(list->constant) : 1;
    }
    for (slong i = 0; good && i < list->num; i++) {
        int known = normal_sign(c, list->poly + i);
        bool up = (need_of(f->x, polynomial_node(c, list->poly + i, false)) & bits) == bits || known > 0;
        bool down = (need_of(f->x, polynomial_node(c, list->poly + i, true)) & bits) == bits || known < 0;
        if (fmpz_is_even(list->exp + i))
            continue;
        good = up || down;
        sign = down ? -sign : sign;
    }
    f->follows = good && sign > 0;
    fmpz_mpoly_factor_clear(list, c->ring);
    fmpz_mpoly_clear(whole, c->ring);
    rational_clear(c, &q);
    return c->state;
}

static void add_mixed(domain *x)
{
    for (int i = 0; i < x->mixed_count; i++) {
        following f = {.x = x, .mixed = &x->mixed[i]};
        normal_options o = {.work_limit = SIGN_WORK};
        normal_run(x->s, &o, run_follows, &f);
        for (x->side = 0; x->side < 2 && !f.follows && f.canonical; x->side++)
            if (x->mixed[i].need[x->side])
                add_need(x, f.canonical, x->mixed[i].need[x->side]);
    }
}

/* --- the walk --- */

static node one_plus(dag *d, long k, node u)
{
    return dag_add2(d, dag_int(d, 1), dag_mul2(d, dag_int(d, k), u));
}

static void require_domain(domain *x, op_domain where, node u)
{
    dag *d = x->s->d;
    switch (where) {
    case DOMAIN_POSITIVE: require(x, u, POSITIVE); break;
    case DOMAIN_NONZERO: require(x, u, NOT_ZERO); break;
    case DOMAIN_NONNEGATIVE: require(x, u, NOT_NEGATIVE); break;
    case DOMAIN_UNIT:
    case DOMAIN_OPEN_UNIT:
        require(x, one_plus(d, 1, u), where == DOMAIN_UNIT ? NOT_NEGATIVE : POSITIVE);
        require(x, one_plus(d, -1, u), where == DOMAIN_UNIT ? NOT_NEGATIVE : POSITIVE);
        break;
    case DOMAIN_ABOVE_MINUS_ONE: require(x, one_plus(d, 1, u), POSITIVE); break;
    case DOMAIN_FROM_ONE: require(x, dag_sub(d, u, dag_int(d, 1)), NOT_NEGATIVE); break;
    case DOMAIN_OUTSIDE_UNIT: require(x, dag_sub(d, dag_pow(d, u, dag_int(d, 2)), dag_int(d, 1)), NOT_NEGATIVE); break;
    case DOMAIN_OPEN_01:
        require(x, u, POSITIVE);
        require(x, one_plus(d, -1, u), POSITIVE);
        break;
    default: break;
    }
}

static void require_power(domain *x, node n)
{
    dag *d = x->s->d;
    node base = dag_child(d, n, 0), exponent = dag_child(d, n, 1);
    if (dag_kind(d, exponent) != NODE_NUMBER) {
        if (!dag_is_affine(d, exponent))
            require(x, base, POSITIVE);
        return;
    }
    const mpq_t *v = dag_value(d, exponent);
    bool whole = mpz_cmp_ui(mpq_denref(*v), 1) == 0, below = mpq_sgn(*v) < 0;
    if (!whole || below)
        require(x, base, (whole ? 0 : NOT_NEGATIVE) | (below ? NOT_ZERO : 0));
}

/* inv(A) needs det(A) ≠ 0. */
static void require_regular(domain *x, node n)
{
    dag *d = x->s->d;
    const dag_signature *f = dag_signature_get(d, dag_payload(d, n));
    if (x->s->m->function[f->function].kind != FUNCTION_INV || f->arg_count != 1)
        return;
    node argument = dag_child(d, n, f->out_rank);
    dag_signature det = {.function = model_builtin(x->s->m, FUNCTION_DET), .arg_count = 1};
    if (!dag_has_kind(d, argument, NODE_BOUND) || dag_kind(d, argument) == NODE_LAMBDA)
        require(x, dag_apply(d, dag_signature_add(d, &det), 1, &argument), NOT_ZERO);
}

static void walk(domain *x, node n)
{
    dag *d = x->s->d;
    int64_t key = n;
    if (x->too_many || table_find(&x->seen, 1, &key) >= 0)
        return;
    table_add(&x->seen, 1, &key);
    node_kind kind = dag_kind(d, n);
    int count = dag_count(d, n), index;
    if (kind == NODE_ENTRY) {
        int v = dag_payload(d, n);
        if (!x->named[v]) {
            x->named[v] = 1;
            x->names[x->name_count++] = v;
        }
        return;
    }
    if (kind == NODE_FUN && count == 1)
        require_domain(x, op_get((op)dag_payload(d, n))->domain, dag_child(d, n, 0));
    if (kind == NODE_POW)
        require_power(x, n);
    if (kind == NODE_APPLY)
        require_regular(x, n);
    if (kind == NODE_IF)
        count = 1; /* a branch may not be taken */
    bool binds = dag_binds(d, n);
    for (int i = 0; i < count; i++)
        walk(x, binds && i == count - 1 ? session_open(x->s, n, &index) : dag_child(d, n, i));
}

/* A side with everything below its names. */
static void walk_side(domain *x, int side, node n, const prove_sides *sides)
{
    int done = 0;
    x->side = side;
    memset(x->named, 0, (size_t)x->s->m->var_count);
    table_clear(&x->seen);
    x->name_count = 0;
    walk(x, n);
    for (int i = 0; i < sides->needed_count; i++)
        if (sides->needed_by[i] & (1 << side))
            walk(x, sides->needed[i]);
    for (; done < x->name_count && !x->too_many; done++) {
        const int *list;
        int count = model_equations_of(x->s->m, x->names[done], &list);
        x->too_many = x->too_many || done > MOST_NAMES;
        for (int i = 0; i < count; i++)
            walk(x, x->s->m->equation[list[i]].rhs);
    }
}

/* --- words --- */

/* a − b of two terms, none a number: a and b. */
static bool is_difference(dag *d, node n, node *a, node *b)
{
    if (dag_kind(d, n) != NODE_ADD || dag_count(d, n) != 2)
        return false;
    for (int i = 0; i < 2; i++) {
        node t = dag_child(d, n, i);
        bool negative = dag_kind(d, t) == NODE_MUL && dag_is_int(d, dag_child(d, t, 0), -1);
        if (negative && dag_kind(d, dag_child(d, n, 1 - i)) != NODE_NUMBER) {
            *a = dag_child(d, n, 1 - i);
            *b = dag_neg(d, t);
            return true;
        }
    }
    return false;
}

/* "x > 0", "x ≠ y", "u = 1" of a base and what it is against 0. */
void domain_print_relation(session *s, buffer *b, node base, const char *word, const char *turned)
{
    const char *const words[2] = {turned, word};
    node v = base, other = 0;
    int sign = 1;
    mpq_t bound;
    mpq_init(bound);
    if (!imply_is_bound(s->d, base, &v, bound, &sign)) {
        v = base;
        sign = 1;
        mpq_set_si(bound, 0, 1);
        int indices; /* their names are chosen for one expression at a time */
        session_free(s, base, &indices);
        if (indices || !is_difference(s->d, base, &v, &other))
            other = 0;
    }
    model_print_index(s->m, b, v);
    buffer_printf(b, " %s ", words[sign > 0]);
    model_print_index(s->m, b, other ? other : dag_number(s->d, bound));
    mpq_clear(bound);
}

static void print_need(session *s, buffer *b, node base, int bits)
{
    static const char *const words[4][2] = {{"", ""}, {"≠", "≠"}, {"≤", "≥"}, {"<", ">"}};
    domain_print_relation(s, b, base, words[bits][1], words[bits][0]);
}

/* u sign(u) as |u|, as people write it. */
static node with_absolute(dag *d, node n)
{
    node child[64], sign = 0;
    int count = dag_count(d, n), of = -1;
    node_kind kind = dag_kind(d, n);
    if ((kind != NODE_ADD && kind != NODE_MUL && kind != NODE_POW) || count > 64)
        return n;
    for (int i = 0; i < count; i++)
        child[i] = with_absolute(d, dag_child(d, n, i));
    for (int i = 0; i < count && kind == NODE_MUL && of < 0; i++)
        for (int k = 0; k < count && of < 0; k++)
            if (dag_kind(d, child[i]) == NODE_FUN && dag_payload(d, child[i]) == OP_SIGN && dag_child(d, child[i], 0) == child[k]) {
                sign = child[i];
                of = k;
            }
    if (of < 0)
        return dag_rebuild(d, n, child, true);
    int rest = 0;
    for (int i = 0; i < count; i++)
        if (i != of)
            child[rest++] = child[i] == sign ? dag_raw_fun(d, OP_ABS, 1, &child[of]) : child[i];
    return rest == 1 ? child[0] : dag_raw_mul(d, rest, child);
}

void domain_print_zero(session *s, buffer *b, node base)
{
    domain_print_relation(s, b, domain_shown(s, base), "=", "=");
}

node domain_shown(session *s, node base)
{
    return zero_where(s->d, with_absolute(s->d, base));
}

/* x ≠ 1 beside x < 1 */
static bool is_weaker(const domain *x, int i)
{
    dag *d = x->s->d;
    const need *n = &x->list[i];
    if ((n->need[0] | n->need[1]) != NOT_ZERO)
        return false;
    for (int j = 0; j < x->count; j++)
        if ((x->list[j].need[0] | x->list[j].need[1]) == POSITIVE && dag_simplify(d, dag_add2(d, x->list[j].base, n->base)) == dag_int(d, 0))
            return true;
    return false;
}

/* What only one side needs and does not follow from the rest. */
static void print_needs(const domain *x, buffer *b)
{
    condition list[MOST_NEEDS];
    for (int i = 0; i < x->count; i++) {
        int left = x->list[i].need[0], right = x->list[i].need[1];
        bool told = left != right && !is_weaker(x, i);
        list[i] = (condition){.base = x->list[i].base, .bits = told ? left | right : left & right, .told = told};
    }
    imply_mark(x->s, list, x->count, sign_of);
    for (int i = 0; i < x->count; i++)
        if (list[i].told && !list[i].follows) {
            buffer_puts(b, b->length ? ", " : "where ");
            print_need(x->s, b, list[i].base, list[i].bits);
        }
}

const char *domain_text(session *s, const prove_sides *sides)
{
    size_t room = (size_t)s->m->var_count + 1;
    domain *x = xcalloc(1, sizeof *x);
    *x = (domain){.s = s, .names = xmalloc(room * sizeof(int)), .named = xcalloc(room, 1)};
    walk_side(x, 0, sides->left, sides);
    walk_side(x, 1, sides->right, sides);
    add_mixed(x);
    buffer b = {0};
    if (!x->too_many)
        print_needs(x, &b);
    const char *text = b.length ? arena_printf(s->m->memory, "%s", b.text) : NULL;
    buffer_free(&b);
    table_free(&x->seen);
    free(x->names);
    free(x->named);
    free(x);
    return text;
}
