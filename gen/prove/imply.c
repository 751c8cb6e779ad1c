#include "gen/prove/imply.h"

#include <stdlib.h>

/* Where the value of a node lies, by the conditions about it alone. */
typedef struct {
    bool has[2], open[2]; /* lower, upper */
    mpq_t end[2];
} interval;

static void interval_init(interval *x)
{
    *x = (interval){.has = {false}};
    mpq_init(x->end[0]);
    mpq_init(x->end[1]);
}

static void interval_clear(interval *x)
{
    mpq_clear(x->end[0]);
    mpq_clear(x->end[1]);
}

/* One more bound: the tighter one counts. */
static void narrow(interval *x, int side, const mpq_t end, bool open)
{
    int c = x->has[side] ? mpq_cmp(end, x->end[side]) * (side ? -1 : 1) : 1;
    if (c < 0)
        return;
    x->open[side] = open || (c == 0 && x->open[side]);
    x->has[side] = true;
    mpq_set(x->end[side], end);
}

bool imply_is_bound(dag *d, node n, node *v, mpq_t bound, int *sign)
{
    node linear = n;
    mpq_set_si(bound, 0, 1);
    *sign = 1;
    if (dag_kind(d, n) == NODE_ADD) {
        node a = dag_child(d, n, 0), b = dag_child(d, n, 1);
        if (dag_count(d, n) != 2 || (dag_kind(d, a) != NODE_NUMBER && dag_kind(d, b) != NODE_NUMBER))
            return false;
        linear = dag_kind(d, a) == NODE_NUMBER ? b : a;
        mpq_neg(bound, *dag_value(d, dag_kind(d, a) == NODE_NUMBER ? a : b));
    }
    node factor = dag_kind(d, linear) == NODE_MUL ? dag_child(d, linear, 0) : 0;
    if (factor && dag_kind(d, factor) == NODE_NUMBER) {
        mpq_div(bound, bound, *dag_value(d, factor));
        *sign = mpq_sgn(*dag_value(d, factor));
        linear = dag_div(d, linear, factor);
    }
    *v = linear;
    return dag_kind(d, linear) != NODE_ADD;
}

/* a·v² + c with −c/a = r², r a number ≥ 0: v, r and the sign of a. */
static bool is_square_bound(dag *d, node n, node *v, mpq_t root, int *sign)
{
    node power;
    if (!imply_is_bound(d, n, &power, root, sign) || dag_kind(d, power) != NODE_POW || !dag_is_int(d, dag_child(d, power, 1), 2) || mpq_sgn(root) < 0 ||
        !mpz_perfect_square_p(mpq_numref(root)) || !mpz_perfect_square_p(mpq_denref(root)))
        return false;
    mpz_sqrt(mpq_numref(root), mpq_numref(root));
    mpz_sqrt(mpq_denref(root), mpq_denref(root));
    *v = dag_child(d, power, 0);
    return true;
}

/* What the condition says about v. */
static void learn(dag *d, const condition *c, node v, interval *x)
{
    node of;
    int sign;
    mpq_t end;
    mpq_init(end);
    if ((c->bits & NOT_NEGATIVE) && imply_is_bound(d, c->base, &of, end, &sign) && of == v) {
        narrow(x, sign > 0 ? 0 : 1, end, c->bits == POSITIVE);
    } else if ((c->bits & NOT_NEGATIVE) && is_square_bound(d, c->base, &of, end, &sign) && of == v && sign < 0) {
        narrow(x, 1, end, c->bits == POSITIVE);
        mpq_neg(end, end);
        narrow(x, 0, end, c->bits == POSITIVE);
    }
    mpq_clear(end);
}

/* Is every value on this side of the end, not the end itself if `strict`? side 0: above. */
static bool is_beyond(const interval *x, int side, const mpq_t end, bool strict)
{
    int c = x->has[side] ? mpq_cmp(x->end[side], end) * (side ? -1 : 1) : -1;
    return c > 0 || (c == 0 && (!strict || x->open[side]));
}

static bool bound_follows(const condition *c, const interval *x, const mpq_t end, int sign)
{
    bool above = is_beyond(x, 0, end, (c->bits & NOT_ZERO) != 0), below = is_beyond(x, 1, end, (c->bits & NOT_ZERO) != 0);
    return c->bits == NOT_ZERO ? above || below : sign > 0 ? above : below;
}

/* v² against r²: v is within −r … r, or outside. */
static bool square_follows(const condition *c, const interval *x, mpq_t root, int sign)
{
    bool strict = (c->bits & NOT_ZERO) != 0, above = is_beyond(x, 0, root, strict), under = is_beyond(x, 1, root, strict);
    mpq_neg(root, root);
    bool below = is_beyond(x, 1, root, strict), over = is_beyond(x, 0, root, strict);
    bool outside = above || below, within = under && over;
    return c->bits == NOT_ZERO ? outside || within : sign > 0 ? outside : within;
}

/* A name without axes, of which no bounds are known. */
static name_fact *fact_of(session *s, node v)
{
    if (dag_kind(s->d, v) != NODE_ENTRY || dag_count(s->d, v) || !session_is_fact(s, dag_payload(s->d, v)))
        return NULL;
    name_fact *f = &s->fact[dag_payload(s->d, v)];
    return f->has_lo || f->has_hi || f->zero_one ? NULL : f;
}

/* The sign of the base where the name is in its interval. */
static bool sign_follows(session *s, const condition *c, name_fact *f, const interval *x, int (*sign_of)(session *s, node n))
{
    name_fact before = *f;
    fmpq_set_mpq(&f->lo, x->end[0]);
    fmpq_set_mpq(&f->hi, x->end[1]);
    f->has_lo = x->has[0], f->lo_open = x->open[0];
    f->has_hi = x->has[1], f->hi_open = x->open[1];
    int sign = sign_of(s, c->base);
    fmpq_zero(&f->lo);
    fmpq_zero(&f->hi);
    f->has_lo = before.has_lo, f->lo_open = before.lo_open;
    f->has_hi = before.has_hi, f->hi_open = before.hi_open;
    f->used = before.used;
    return sign == 1 || (sign == 2 && c->bits == NOT_NEGATIVE) || (sign == -1 && c->bits == NOT_ZERO);
}

static void learn_from_others(session *s, const condition *list, int count, int which, node v, interval *x)
{
    for (int i = 0; i < count; i++)
        if (i != which && !list[i].follows)
            learn(s->d, &list[i], v, x);
}

/* Of a base that is no bound: by what is known of one name in it. */
static bool follows_by_sign(session *s, const condition *list, int count, int which, int (*sign_of)(session *s, node n))
{
    bool found = false;
    for (int i = 0; i < count && !found; i++) {
        node v;
        int sign;
        interval x;
        interval_init(&x);
        name_fact *f = i != which && !list[i].follows && imply_is_bound(s->d, list[i].base, &v, x.end[0], &sign) ? fact_of(s, v) : NULL;
        if (f) {
            learn_from_others(s, list, count, which, v, &x);
            found = (x.has[0] || x.has[1]) && sign_follows(s, &list[which], f, &x, sign_of);
        }
        interval_clear(&x);
    }
    return found;
}

static bool follows(session *s, const condition *list, int count, int which, bool bound, int (*sign_of)(session *s, node n))
{
    const condition *c = &list[which];
    node v = 0;
    int sign;
    bool found = false, is_bound, is_square = false;
    mpq_t end;
    interval x;
    mpq_init(end);
    interval_init(&x);
    is_bound = imply_is_bound(s->d, c->base, &v, end, &sign) && dag_kind(s->d, v) != NODE_POW;
    if (!is_bound)
        is_square = is_square_bound(s->d, c->base, &v, end, &sign);
    if (is_bound == bound && (is_bound || is_square)) {
        learn_from_others(s, list, count, which, v, &x);
        found = is_square ? square_follows(c, &x, end, sign) : bound_follows(c, &x, end, sign);
    } else if (!bound && !is_bound) {
        found = follows_by_sign(s, list, count, which, sign_of);
    }
    interval_clear(&x);
    mpq_clear(end);
    return found;
}

void imply_mark(session *s, condition *list, int count, int (*sign_of)(session *s, node n))
{
    for (int bounds = 0; bounds < 2; bounds++) /* what is less simple goes first */
        for (int i = 0; i < count; i++)
            if (list[i].told && !list[i].follows)
                list[i].follows = follows(s, list, count, i, bounds, sign_of);
}
