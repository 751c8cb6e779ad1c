#include "gen/prove/domain.h"

#include <stdlib.h>
#include <string.h>

#include "gen/dag/ops.h"
#include "gen/prove/graph.h"
#include "gen/prove/normal.h"
#include "gen/prove/region.h"

#define MOST_NEEDS 64
#define MOST_NAMES 400
#define SIGN_WORK  4000

typedef struct {
    session *s;
    region_need list[MOST_NEEDS];
    int count, side;
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
        base = domain_zero_where(x->s, base);
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
    region_need n = {.base = base};
    n.need[x->side] = bits;
    x->list[x->count++] = n;
}

typedef struct {
    domain *x;
    node base;
    int bits;
    int sign;         /* of the factors that have one */
    rational product; /* of those whose sign is not known, and of squares of those that may be 0 */
} factoring;

static node polynomial_node(normal *c, const fmpz_mpoly_struct *p)
{
    rational t;
    rational_init(c, &t);
    fmpz_mpoly_set(fmpz_mpoly_q_numref(&t), p, c->ring);
    if (normal_negative(c, p))
        fmpz_mpoly_neg(fmpz_mpoly_q_numref(&t), fmpz_mpoly_q_numref(&t), c->ring);
    node n = normal_node(c, &t);
    rational_clear(c, &t);
    return n;
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
        add_need(f->x, polynomial_node(c, p), NOT_ZERO);
    if (f->bits == NOT_ZERO || (strict && definite))
        return true;
    rational_init(c, &t);
    fmpz_mpoly_set(below ? fmpz_mpoly_q_denref(&t) : fmpz_mpoly_q_numref(&t), p, c->ring);
    fmpz_mpoly_one(below ? fmpz_mpoly_q_numref(&t) : fmpz_mpoly_q_denref(&t), c->ring);
    if (odd && known < 0)
        fmpz_mpoly_neg(fmpz_mpoly_q_numref(&t), fmpz_mpoly_q_numref(&t), c->ring);
    bool good = rational_mul(c, &f->product, &f->product, &t) && (odd || rational_mul(c, &f->product, &f->product, &t));
    rational_clear(c, &t);
    return good;
}

static bool sort_factors(normal *c, factoring *f, const fmpz_mpoly_struct *p, bool below)
{
    fmpz_mpoly_factor_t list;
    fmpz_mpoly_factor_init(list, c->ring);
    bool good = normal_factor(c, list, p);
    if (good && fmpz_sgn(list->constant) < 0)
        f->sign = -f->sign;
    for (slong i = 0; good && i < list->num; i++)
        good = sort_factor(c, f, list->poly + i, fmpz_is_odd(list->exp + i), below);
    fmpz_mpoly_factor_clear(list, c->ring);
    return good;
}

/* What the factors need for themselves, and their product. */
static bool factor_need(normal *c, factoring *f, const rational *q)
{
    f->sign = 1;
    rational_init(c, &f->product);
    fmpz_mpoly_q_one(&f->product, c->ring);
    bool good = sort_factors(c, f, fmpz_mpoly_q_numref(q), false) && sort_factors(c, f, fmpz_mpoly_q_denref(q), true);
    if (fmpz_mpoly_is_fmpz(fmpz_mpoly_q_numref(&f->product), c->ring)) /* 1/u as u */
        fmpz_mpoly_swap(fmpz_mpoly_q_numref(&f->product), fmpz_mpoly_q_denref(&f->product), c->ring);
    if (f->sign < 0)
        fmpz_mpoly_q_neg(&f->product, &f->product, c->ring);
    if (good && (f->bits & NOT_NEGATIVE) && !fmpz_mpoly_q_is_fmpq(&f->product, c->ring))
        add_need(f->x, normal_node(c, &f->product), f->bits);
    rational_clear(c, &f->product);
    return good;
}

static normal_state run_factors(normal *c, void *context)
{
    factoring *f = context;
    region_need *list = f->x->list;
    int count = f->x->count;
    int needs[MOST_NEEDS]; /* a run that is started again has not added anything */
    for (int i = 0; i < count; i++)
        needs[i] = list[i].need[f->x->side];
    rational q;
    rational_init(c, &q);
    if (!normal_form(c, f->base, &q) || (!fmpz_mpoly_q_is_fmpq(&q, c->ring) && !factor_need(c, f, &q))) {
        f->x->count = count;
        for (int i = 0; i < count; i++)
            list[i].need[f->x->side] = needs[i];
    }
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
    if (bits == NOT_ZERO)
        base = domain_zero_where(x->s, base);
    factoring f = {.x = x, .base = base, .bits = bits};
    normal_options o = {.work_limit = SIGN_WORK};
    normal_state state = normal_run(x->s, &o, run_factors, &f);
    if (state != NORMAL_GOOD && state != NORMAL_ZERO)
        add_need(x, base, bits);
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
    case DOMAIN_OUTSIDE_UNIT:
    case DOMAIN_BEYOND_UNIT: require(x, dag_sub(d, dag_pow(d, u, dag_int(d, 2)), dag_int(d, 1)), where == DOMAIN_OUTSIDE_UNIT ? NOT_NEGATIVE : POSITIVE); break;
    case DOMAIN_TO_ONE:
    case DOMAIN_OPEN_01:
        require(x, u, POSITIVE);
        require(x, one_plus(d, -1, u), where == DOMAIN_TO_ONE ? NOT_NEGATIVE : POSITIVE);
        break;
    case DOMAIN_COS_NONZERO: require(x, dag_raw_fun(d, OP_COS, 1, &u), NOT_ZERO); break;
    case DOMAIN_SIN_NONZERO: require(x, dag_raw_fun(d, OP_SIN, 1, &u), NOT_ZERO); break;
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

/* --- what is told --- */

static int told_width(session *s, node base, int bits)
{
    buffer b = {0};
    domain_print_need(s, &b, base, bits);
    int width = 0;
    for (size_t i = 0; i < b.length; i++)
        width += (b.text[i] & 0xC0) != 0x80; /* of UTF-8 the first bytes count */
    buffer_free(&b);
    return width;
}

static void print_needs(const domain *x, buffer *b)
{
    condition told[MOST_NEEDS];
    int count = region_conditions(x->s, x->list, x->count, told_width, told, MOST_NEEDS);
    const char *said[MOST_NEEDS];
    for (int i = 0; i < count; i++) {
        buffer one = {0};
        bool known = false;
        domain_print_need(x->s, &one, told[i].base, told[i].bits);
        said[i] = arena_printf(x->s->m->memory, "%s", one.text);
        buffer_free(&one);
        for (int k = 0; k < i; k++) /* the same of the index of another sum */
            known = known || strcmp(said[k], said[i]) == 0;
        if (!known)
            buffer_printf(b, "%s%s", b->length ? ", " : "where ", said[i]);
    }
}

const char *domain_text(session *s, const prove_sides *sides)
{
    size_t room = (size_t)s->m->var_count + 1;
    domain *x = xcalloc(1, sizeof *x);
    *x = (domain){.s = s, .names = xmalloc(room * sizeof(int)), .named = xcalloc(room, 1)};
    walk_side(x, 0, sides->left, sides);
    walk_side(x, 1, sides->right, sides);
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
