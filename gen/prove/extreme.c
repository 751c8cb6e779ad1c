/* max, min, argmax, argmin of a body through monotone functions: max f(uᵢ) is f(max uᵢ) where f does not decrease, argmax f(uᵢ) is argmax uᵢ where f increases. */
#include <stdlib.h>

#include "gen/dag/ops.h"
#include "gen/prove/normal.h"

typedef enum { SLOPE_NONE, SLOPE_UP, SLOPE_DOWN, SLOPE_NOT_DOWN } slope;

/* Of functions of one argument, wherever they are defined. */
static slope slope_of(op o)
{
    static const unsigned char list[OP_COUNT] = {
        [OP_EXP] = SLOPE_UP,       [OP_EXPM1] = SLOPE_UP,    [OP_LOG] = SLOPE_UP,        [OP_LOG1P] = SLOPE_UP,      [OP_LOG2] = SLOPE_UP,
        [OP_LOG10] = SLOPE_UP,     [OP_TANH] = SLOPE_UP,     [OP_SINH] = SLOPE_UP,       [OP_ASINH] = SLOPE_UP,      [OP_ATAN] = SLOPE_UP,
        [OP_ATANH] = SLOPE_UP,     [OP_SIGMOID] = SLOPE_UP,  [OP_ERF] = SLOPE_UP,        [OP_ERFI] = SLOPE_UP,       [OP_CBRT] = SLOPE_UP,
        [OP_ASIN] = SLOPE_UP,      [OP_SOFTPLUS] = SLOPE_UP, [OP_LOGSIGMOID] = SLOPE_UP, [OP_LOGIT] = SLOPE_UP,      [OP_ACOSH] = SLOPE_UP,
        [OP_ACOS] = SLOPE_DOWN,    [OP_ERFC] = SLOPE_DOWN,   [OP_RELU] = SLOPE_NOT_DOWN, [OP_SIGN] = SLOPE_NOT_DOWN, [OP_FLOOR] = SLOPE_NOT_DOWN,
        [OP_CEIL] = SLOPE_NOT_DOWN};
    return (slope)list[o];
}

typedef struct {
    normal *c;
    int index;
    bool canonical; /* the body is: a root of p stands for that of |p| there, log p for log |p| */
    node inner;     /* what the body is a monotone function of */
    slope how;
} peeled;

static bool is_above(peeled *x, node n)
{
    int sign = normal_atom_sign(x->c, n);
    return sign == 1 || sign == 2;
}

static void peel_function(peeled *x, node n)
{
    dag *d = x->c->d;
    op o = (op)dag_payload(d, n);
    if (dag_count(d, n) != 1 || (x->canonical && o == OP_LOG && normal_atom_sign(x->c, dag_child(d, n, 0)) != 1))
        return;
    x->inner = dag_child(d, n, 0);
    x->how = slope_of(o);
}

/* u^(p/q): of roots only u >= 0 is in the domain; u² grows with |u|. */
static void peel_power(peeled *x, node n)
{
    dag *d = x->c->d;
    node base = dag_child(d, n, 0);
    const mpq_t *e = dag_kind(d, dag_child(d, n, 1)) == NODE_NUMBER ? dag_value(d, dag_child(d, n, 1)) : NULL;
    if (!e)
        return;
    bool root = mpz_cmp_ui(mpq_denref(*e), 1) != 0, odd = mpz_odd_p(mpq_numref(*e)) != 0;
    int up = mpq_sgn(*e), sign;
    if (root) {
        x->how = x->canonical && !is_above(x, base) ? SLOPE_NONE : up > 0 ? SLOPE_UP : SLOPE_DOWN;
    } else if (up > 0) {
        x->how = SLOPE_UP;
        base = odd ? base : dag_raw_fun(d, OP_ABS, 1, &base);
    } else {
        sign = normal_atom_sign(x->c, base);
        x->how = sign == 1 || (sign == -1 && odd) ? SLOPE_DOWN : sign == -1 ? SLOPE_UP : SLOPE_NONE;
    }
    x->inner = base;
}

/* Is this term, or factor, part of what the extreme is taken of? Factors without the index stand before it if their sign is known. */
static bool stays(peeled *x, node n, bool product)
{
    return dag_has_index(x->c->d, n, x->index) || (product && abs(normal_atom_sign(x->c, n)) != 1);
}

enum { MOST_PARTS = 64 };

static node joined(dag *d, bool product, int count, const node *list)
{
    return count == 1 ? list[0] : product ? dag_raw_mul(d, count, list) : dag_raw_add(d, count, list);
}

static void peel_parts(peeled *x, node n)
{
    dag *d = x->c->d;
    node kept[MOST_PARTS];
    bool product = dag_kind(d, n) == NODE_MUL;
    int count = 0, all = dag_count(d, n), sign = 1;
    for (int i = 0; i < all && all <= MOST_PARTS; i++) {
        node child = dag_child(d, n, i);
        if (stays(x, child, product))
            kept[count++] = child;
        else if (product)
            sign *= normal_atom_sign(x->c, child);
    }
    if (count == 0 || count == all)
        return;
    x->inner = joined(d, product, count, kept);
    x->how = sign > 0 ? SLOPE_UP : SLOPE_DOWN;
}

static bool peel(peeled *x, node n)
{
    x->how = SLOPE_NONE;
    switch (dag_kind(x->c->d, n)) {
    case NODE_ADD:
    case NODE_MUL: peel_parts(x, n); break;
    case NODE_FUN: peel_function(x, n); break;
    case NODE_POW: peel_power(x, n); break;
    default: break;
    }
    return x->how != SLOPE_NONE;
}

static bool is_place(reduction r)
{
    return r == REDUCE_ARGMAX || r == REDUCE_ARGMIN;
}

static reduction turned(reduction r)
{
    switch (r) {
    case REDUCE_MAX: return REDUCE_MIN;
    case REDUCE_MIN: return REDUCE_MAX;
    case REDUCE_ARGMAX: return REDUCE_ARGMIN;
    default: return REDUCE_ARGMAX;
    }
}

/* The body with the extreme of what was peeled in place of that. */
static node around(peeled *x, node n, node extreme)
{
    dag *d = x->c->d;
    node kept[MOST_PARTS];
    int count = 0;
    switch (dag_kind(d, n)) {
    case NODE_FUN: return dag_raw_fun(d, (op)dag_payload(d, n), 1, &extreme);
    case NODE_POW: return dag_raw_pow(d, extreme, dag_child(d, n, 1));
    default: break;
    }
    bool product = dag_kind(d, n) == NODE_MUL;
    for (int i = 0; i < dag_count(d, n); i++)
        if (!stays(x, dag_child(d, n, i), product))
            kept[count++] = dag_child(d, n, i);
    kept[count++] = extreme;
    return joined(d, product, count, kept);
}

/* The reduction read through one function of its body; 0: it is none. */
static node read_through(peeled *x, node reduce, node body)
{
    dag *d = x->c->d;
    reduction r = (reduction)dag_payload(d, reduce);
    if (!peel(x, body) || (is_place(r) && x->how == SLOPE_NOT_DOWN))
        return 0;
    r = x->how == SLOPE_DOWN ? turned(r) : r;
    node inner = dag_raw_reduce(d, r, x->index, dag_child(d, reduce, 0), dag_child(d, reduce, 1), 0, x->inner);
    return is_place(r) ? inner : around(x, body, inner);
}

bool normal_extreme(normal *c, node n, int index, node body, rational *out)
{
    dag *d = c->d;
    peeled x = {.c = c, .index = index};
    rational q;
    rational_init(c, &q);
    node canonical = normal_form(c, body, &q) ? normal_node(c, &q) : 0, lo = dag_child(d, n, 0), hi = dag_child(d, n, 1);
    rational_clear(c, &q);
    if (!canonical)
        return normal_fail(c, NORMAL_BUDGET);
    if (!dag_has_index(d, canonical, index) && dag_index_le(d, lo, hi) == TRUTH_YES)
        return normal_form(c, is_place((reduction)dag_payload(d, n)) ? lo : canonical, out); /* the first of equals */
    node through = read_through(&x, n, body);                                                /* as written: kernels may hide the function */
    x.canonical = true;
    through = through ? through : read_through(&x, n, canonical);
    if (through)
        return normal_form(c, through, out);
    return normal_atom(c, dag_raw_reduce(d, (reduction)dag_payload(d, n), index, lo, hi, 0, canonical), out);
}

/* The only subscript that is a place of an extreme; −1: none, or several. */
static int place_among(const dag *d, node entry)
{
    int found = -1;
    for (int i = 0; i < dag_count(d, entry); i++) {
        node n = dag_child(d, entry, i);
        if (!dag_has_kind(d, n, NODE_REDUCE))
            continue;
        if (found >= 0 || dag_kind(d, n) != NODE_REDUCE || !is_place((reduction)dag_payload(d, n)))
            return -1;
        found = i;
    }
    return found;
}

/* The entry with the index in its place. */
static node entry_at(dag *d, node entry, int place, int index)
{
    node child[MODEL_MAX_AXES];
    for (int i = 0; i < dag_count(d, entry); i++)
        child[i] = i == place ? dag_index_node(d, index) : dag_child(d, entry, i);
    return dag_entry(d, dag_payload(d, entry), dag_count(d, entry), child);
}

bool normal_at_extreme(normal *c, node entry, bool *done, rational *out)
{
    dag *d = c->d;
    int place = dag_has_kind(d, entry, NODE_REDUCE) ? place_among(d, entry) : -1, index;
    rational q, body;
    *done = false;
    if (place < 0)
        return true;
    rational_init(c, &q);
    rational_init(c, &body);
    bool good = normal_form(c, dag_child(d, entry, place), &q);
    node at = good ? normal_node(c, &q) : 0, value = 0;
    if (at && dag_kind(d, at) == NODE_REDUCE && is_place((reduction)dag_payload(d, at))) {
        node of = session_open(c->s, at, &index);
        value = entry_at(d, entry, place, index);
        good = normal_form(c, of, &body) && normal_form(c, value, &q);
        *done = good && fmpz_mpoly_q_equal(&body, &q, c->ring);
    }
    if (*done) {
        reduction r = (reduction)dag_payload(d, at) == REDUCE_ARGMAX ? REDUCE_MAX : REDUCE_MIN;
        good = normal_form(c, dag_raw_reduce(d, r, index, dag_child(d, at, 0), dag_child(d, at, 1), 0, value), out);
    }
    rational_clear(c, &q);
    rational_clear(c, &body);
    return good;
}
