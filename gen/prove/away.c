#include "gen/prove/away.h"

#include <string.h>

#include "gen/dag/ops.h"

#define MOST_AWAY     16
#define MOST_PLACES   16
#define MOST_PIECES   3 /* inside each other */
#define MOST_CHILDREN 32

typedef struct {
    session *s;
    domain *of;
    const char *text[MOST_PLACES];
    node product[MOST_PLACES]; /* of which the text speaks, 0: none */
    int count;
    bool more; /* than there is room for */
} places;

/* "x = z" where "z = x" stands already. */
static bool is_turned(const places *x, const char *text)
{
    const char *equals = strstr(text, " = ");
    if (!equals)
        return false;
    const char *turned = arena_printf(x->s->m->memory, "%s = %.*s", equals + strlen(" = "), (int)(equals - text), text);
    for (int i = 0; i < x->count; i++)
        if (strcmp(x->text[i], turned) == 0)
            return true;
    return false;
}

static void add_place(places *x, const char *text, node product)
{
    for (int i = 0; i < x->count; i++)
        if (strcmp(x->text[i], text) == 0)
            return;
    if (is_turned(x, text))
        return;
    x->more = x->more || x->count == MOST_PLACES;
    if (x->more)
        return;
    x->product[x->count] = product;
    x->text[x->count++] = text;
}

static const char *zero_text(const places *x, node base)
{
    buffer b = {0};
    domain_print_zero(x->s, &b, base);
    const char *text = arena_printf(x->s->m->memory, "%s", b.text);
    buffer_free(&b);
    return text;
}

static void add_zero(places *x, node base)
{
    base = domain_shown(x->s, base);
    if (dag_kind(x->s->d, base) != NODE_NUMBER && !domain_excludes_zero(x->of, base))
        add_place(x, zero_text(x, base), dag_kind(x->s->d, base) == NODE_MUL ? base : 0);
}

static bool has_place(const places *x, const char *text)
{
    for (int i = 0; i < x->count; i++)
        if (strcmp(x->text[i], text) == 0)
            return true;
    return false;
}

/* b w = 0 where b = 0 is a place of its own, or where b is not 0: the factors that are not, each for itself. */
static void split_products(places *x)
{
    dag *d = x->s->d;
    for (int i = 0; i < x->count; i++) {
        node n = x->product[i];
        bool some = false;
        for (int k = 0; n && k < dag_count(d, n) && !some; k++) {
            node factor = domain_shown(x->s, dag_child(d, n, k));
            some = dag_kind(d, factor) == NODE_NUMBER || has_place(x, zero_text(x, factor)) || domain_excludes_zero(x->of, factor);
        }
        if (!some)
            continue;
        x->count--;
        memmove(x->text + i, x->text + i + 1, (size_t)(x->count - i) * sizeof *x->text);
        memmove(x->product + i, x->product + i + 1, (size_t)(x->count - i) * sizeof *x->product);
        for (int k = 0; k < dag_count(d, n); k++)
            add_zero(x, dag_child(d, n, k));
        i = -1; /* what was added may be a factor of others */
    }
}

static void add_tie(places *x, node n)
{
    buffer b = {0};
    model_print_index(x->s->m, &b, n);
    add_place(x, arena_printf(x->s->m->memory, "ties in %s", b.text), 0);
    buffer_free(&b);
}

/* --- α u + β |u| + γ --- */

typedef struct {
    node u;
    mpq_t linear, absolute, constant;
} piecewise;

/* coefficient · rest, for a number and the rest. */
static node split_number(dag *d, node n, mpq_t coefficient)
{
    mpq_set_si(coefficient, 1, 1);
    if (dag_kind(d, n) != NODE_MUL || dag_kind(d, dag_child(d, n, 0)) != NODE_NUMBER)
        return n;
    mpq_set(coefficient, *dag_value(d, dag_child(d, n, 0)));
    return dag_simplify(d, dag_div(d, n, dag_child(d, n, 0)));
}

static bool is_absolute(dag *d, node n)
{
    return dag_kind(d, n) == NODE_FUN && dag_payload(d, n) == OP_ABS;
}

/* Sorts the terms of n; false if it has another form. */
static bool read_piecewise(dag *d, node n, piecewise *p)
{
    bool good = dag_kind(d, n) == NODE_ADD;
    mpq_t k;
    mpq_init(k);
    p->u = 0;
    for (int i = 0; good && i < dag_count(d, n); i++) {
        node rest = split_number(d, dag_child(d, n, i), k);
        if (is_absolute(d, rest))
            p->u = dag_child(d, rest, 0);
    }
    for (int i = 0; good && p->u && i < dag_count(d, n); i++) {
        node term = dag_child(d, n, i), rest = split_number(d, term, k);
        if (dag_kind(d, term) == NODE_NUMBER)
            mpq_add(p->constant, p->constant, *dag_value(d, term));
        else if (rest == p->u)
            mpq_add(p->linear, p->linear, k);
        else if (is_absolute(d, rest) && dag_child(d, rest, 0) == p->u)
            mpq_add(p->absolute, p->absolute, k);
        else
            good = false;
    }
    mpq_clear(k);
    return good && p->u;
}

/* Where it is 0 on one side of u = 0: everywhere there, which is no kink but where it begins, at one value, nowhere. */
static void add_side(places *x, const piecewise *p, int side)
{
    dag *d = x->s->d;
    mpq_t slope, root;
    mpq_init(slope);
    mpq_init(root);
    if (side > 0)
        mpq_add(slope, p->linear, p->absolute);
    else
        mpq_sub(slope, p->linear, p->absolute);
    if (mpq_sgn(slope) == 0 && mpq_sgn(p->constant) == 0) {
        add_zero(x, p->u); /* where it begins */
    } else if (mpq_sgn(slope) != 0) {
        mpq_div(root, p->constant, slope);
        mpq_neg(root, root);
        if (mpq_sgn(root) * side >= 0)
            add_zero(x, dag_sub(d, p->u, dag_number(d, root)));
    }
    mpq_clear(slope);
    mpq_clear(root);
}

/* --- other forms with |u| or sign(u) --- */

/* The first |u| or sign(u) among the terms and factors of n; 0: none. */
static node find_piece(dag *d, node n)
{
    node_kind kind = dag_kind(d, n);
    node found = 0;
    if (kind == NODE_FUN && (dag_payload(d, n) == OP_ABS || dag_payload(d, n) == OP_SIGN))
        return n;
    for (int i = 0; (kind == NODE_ADD || kind == NODE_MUL || kind == NODE_POW) && i < dag_count(d, n) && !found; i++)
        found = find_piece(d, dag_child(d, n, i));
    return found;
}

/* n with |u| as ±u and sign(u) as ±1. */
static node on_side(dag *d, node n, node u, int side)
{
    node child[MOST_CHILDREN];
    node_kind kind = dag_kind(d, n);
    if (kind == NODE_FUN && dag_child(d, n, 0) == u)
        return dag_payload(d, n) == OP_SIGN ? dag_int(d, side) : dag_payload(d, n) == OP_ABS ? dag_mul2(d, dag_int(d, side), u) : n;
    if ((kind != NODE_ADD && kind != NODE_MUL && kind != NODE_POW) || dag_count(d, n) > MOST_CHILDREN)
        return n;
    for (int i = 0; i < dag_count(d, n); i++)
        child[i] = on_side(d, dag_child(d, n, i), u, side);
    return dag_rebuild(d, n, child, false);
}

/* A sum over the coefficient of its first term. */
static node scaled(dag *d, node n)
{
    node term[MOST_CHILDREN];
    mpq_t k;
    if (dag_kind(d, n) != NODE_ADD || dag_count(d, n) > MOST_CHILDREN)
        return n;
    mpq_init(k);
    split_number(d, dag_child(d, n, 0), k);
    node number = dag_number(d, k);
    for (int i = 0; i < dag_count(d, n); i++)
        term[i] = dag_div(d, dag_child(d, n, i), number);
    mpq_clear(k);
    return dag_add(d, dag_count(d, n), term);
}

static bool read_and_add(places *x, node base)
{
    piecewise p;
    mpq_init(p.linear);
    mpq_init(p.absolute);
    mpq_init(p.constant);
    bool good = read_piecewise(x->s->d, base, &p);
    if (good) {
        add_side(x, &p, -1);
        add_side(x, &p, 1);
    }
    mpq_clear(p.linear);
    mpq_clear(p.absolute);
    mpq_clear(p.constant);
    return good;
}

static void add_base(places *x, node base, int depth)
{
    dag *d = x->s->d;
    base = domain_shown(x->s, base);
    node piece = depth < MOST_PIECES && dag_kind(d, base) == NODE_ADD ? find_piece(d, base) : 0;
    if (read_and_add(x, base))
        return;
    if (!piece) {
        add_zero(x, base);
        return;
    }
    node u = dag_child(d, piece, 0), side[2] = {on_side(d, base, u, 1), on_side(d, base, u, -1)};
    for (int i = 0; i < 2; i++)
        if (dag_is_int(d, side[i], 0))
            add_zero(x, u);
        else if (dag_kind(d, side[i]) != NODE_NUMBER)
            add_base(x, scaled(d, side[i]), depth + 1);
}

const char *away_text(session *s, const prove_sides *sides, const ladder_answer *a, domain *of)
{
    places x = {.s = s, .of = of};
    buffer b = {0};
    node list[MOST_AWAY], tie[MOST_AWAY];
    int count = a->away_count, ties = 0, more = sides->derivative ? domain_kinks(s, sides, list + count, tie, &ties, MOST_AWAY - count) : 0;
    memcpy(list, a->away, (size_t)count * sizeof *list);
    for (int i = 0; i < count + more; i++)
        add_base(&x, list[i], 0);
    for (int i = 0; i < ties; i++)
        add_tie(&x, tie[i]);
    split_products(&x);
    for (int i = 0; i < x.count; i++)
        buffer_printf(&b, "%s%s", b.length ? ", " : "away from ", x.text[i]);
    if (x.more || count + more == MOST_AWAY || ties == MOST_AWAY - count)
        buffer_puts(&b, ", and from other kinks");
    const char *text = b.length ? arena_printf(s->m->memory, "%s", b.text) : NULL;
    buffer_free(&b);
    return text;
}
