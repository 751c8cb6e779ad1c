/* Smart constructors: exact algebra, valid wherever both sides are defined. */
#include <stdlib.h>
#include <string.h>

#include "gen/dag/dag_private.h"

/* Most lists are short and need no memory of their own. Not to be copied: list points into it. */
typedef struct {
    node *list;
    int count, room;
    node few[12];
} node_list;

static void list_open(node_list *l)
{
    l->list = l->few;
    l->count = 0;
    l->room = sizeof l->few / sizeof *l->few;
}

static void list_close(node_list *l)
{
    if (l->list != l->few)
        free(l->list);
}

static void list_push(node_list *l, node n)
{
    if (l->count == l->room) {
        node *own = l->list == l->few ? NULL : l->list;
        l->room *= 2;
        l->list = xrealloc(own, (size_t)l->room * sizeof *l->list);
        if (!own)
            memcpy(l->list, l->few, sizeof l->few);
    }
    l->list[l->count++] = n;
}

/* Nested operands in line; beyond FLAT of them they stay nested, so that u·u of u·u of … does not double at each step. */
static void list_flatten(dag *d, node_list *l, node_kind kind, int count, const node *items)
{
    enum { FLAT = 4096 };
    for (int i = 0; i < count; i++) {
        if (dag_kind(d, items[i]) != kind || l->count > FLAT) {
            list_push(l, items[i]);
            continue;
        }
        int inner = dag_count(d, items[i]);
        for (int k = 0; k < inner; k++) {
            node child = dag_child(d, items[i], k);
            list_flatten(d, l, kind, 1, &child);
        }
    }
}

/* Nearly all numbers are −4 to 3 and need no arithmetic of many digits. */
static bool small_number(const dag *d, node n, int *value)
{
    enum { COUNT = sizeof d->small / sizeof *d->small };
    for (int i = 0; i < COUNT; i++)
        if (d->small[i] == n) {
            *value = i - COUNT / 2;
            return true;
        }
    return false;
}

static node number_mul(dag *d, node a, node b)
{
    int x, y;
    mpq_t product;
    if (small_number(d, a, &x) && small_number(d, b, &y))
        return dag_int(d, x * y);
    mpq_init(product);
    mpq_mul(product, *dag_value(d, a), *dag_value(d, b));
    node n = dag_number(d, product);
    mpq_clear(product);
    return n;
}

/* --- sums: like terms --- */

/* term = coefficient · rest; the coefficient is a NUMBER. */
static node term_split(dag *d, node term, node *coefficient)
{
    *coefficient = dag_int(d, 1);
    if (dag_kind(d, term) != NODE_MUL || dag_kind(d, dag_child(d, term, 0)) != NODE_NUMBER)
        return term;
    *coefficient = dag_child(d, term, 0);
    int count = dag_count(d, term);
    if (count == 2)
        return dag_child(d, term, 1);
    node *rest = xmalloc((size_t)count * sizeof *rest);
    for (int i = 1; i < count; i++)
        rest[i - 1] = dag_child(d, term, i);
    node n = dag_make(d, NODE_MUL, 0, count - 1, rest);
    free(rest);
    return n;
}

/* coefficient · rest as one flat product. */
static node term_join(dag *d, node coefficient, node rest)
{
    if (dag_kind(d, rest) != NODE_MUL)
        return dag_is_int(d, coefficient, 1) ? rest : dag_raw_mul(d, 2, (node[]){coefficient, rest});
    int count = dag_count(d, rest);
    node *factor = xmalloc((size_t)(count + 1) * sizeof *factor);
    for (int i = 0; i < count; i++)
        factor[i] = dag_child(d, rest, i);
    factor[count] = coefficient;
    node n = dag_raw_mul(d, count + 1, factor);
    free(factor);
    return n;
}

static node number_add(dag *d, node a, node b)
{
    int x, y;
    mpq_t sum;
    if (small_number(d, a, &x) && small_number(d, b, &y))
        return dag_int(d, x + y);
    mpq_init(sum);
    mpq_add(sum, *dag_value(d, a), *dag_value(d, b));
    node n = dag_number(d, sum);
    mpq_clear(sum);
    return n;
}

typedef struct {
    node_list rest, coefficient;
    int_map place; /* rest -> 1 + its position */
    node constant; /* 0: none */
} like_terms;

static void like_add(dag *d, like_terms *t, node term)
{
    node c;
    if (dag_kind(d, term) == NODE_NUMBER) {
        t->constant = t->constant ? number_add(d, t->constant, term) : term;
        return;
    }
    node rest = term_split(d, term, &c);
    int at = int_map_get(&t->place, rest);
    if (at) {
        t->coefficient.list[at - 1] = number_add(d, t->coefficient.list[at - 1], c);
        return;
    }
    list_push(&t->rest, rest);
    list_push(&t->coefficient, c);
    int_map_put(&t->place, rest, t->rest.count);
}

static node like_finish(dag *d, like_terms *t)
{
    node_list out;
    list_open(&out);
    for (int i = 0; i < t->rest.count; i++)
        if (!dag_is_int(d, t->coefficient.list[i], 0))
            list_push(&out, term_join(d, t->coefficient.list[i], t->rest.list[i]));
    if (out.count == 0 || (t->constant && !dag_is_int(d, t->constant, 0)))
        list_push(&out, t->constant ? t->constant : dag_int(d, 0));
    node n = out.count == 1 ? out.list[0] : dag_make(d, NODE_ADD, 0, out.count, out.list);
    list_close(&out), list_close(&t->rest), list_close(&t->coefficient);
    int_map_free(&t->place);
    return n;
}

node dag_add(dag *d, int count, const node *terms)
{
    node_list flat;
    list_open(&flat);
    list_flatten(d, &flat, NODE_ADD, count, terms);
    if (flat.count == 1) {
        node only = flat.list[0];
        list_close(&flat);
        return only;
    }
    like_terms t = {0};
    list_open(&t.rest), list_open(&t.coefficient);
    for (int i = 0; i < flat.count; i++)
        like_add(d, &t, flat.list[i]);
    list_close(&flat);
    return like_finish(d, &t);
}

/* --- products: like bases --- */

static bool is_integer(dag *d, node n)
{
    return dag_kind(d, n) == NODE_NUMBER && mpz_cmp_ui(mpq_denref(*dag_value(d, n)), 1) == 0;
}

static void factor_split(dag *d, node factor, node *base, node *exponent)
{
    bool power = dag_kind(d, factor) == NODE_POW && dag_kind(d, dag_child(d, factor, 1)) == NODE_NUMBER;
    *base = power ? dag_child(d, factor, 0) : factor;
    *exponent = power ? dag_child(d, factor, 1) : dag_int(d, 1);
}

/* Flattened factors with like bases combined; the coefficient is multiplied into *c, a NUMBER. Returns false when the product is 0. */
static bool combine_factors(dag *d, int count, const node *factors, node_list *base, node_list *exponent, node *c)
{
    for (int i = 0; i < count; i++) {
        node b, e;
        if (dag_kind(d, factors[i]) == NODE_NUMBER) {
            *c = number_mul(d, *c, factors[i]);
            continue;
        }
        factor_split(d, factors[i], &b, &e);
        int at = 0;
        while (at < base->count && base->list[at] != b)
            at++;
        if (at < base->count) {
            exponent->list[at] = dag_add(d, 2, (node[]){exponent->list[at], e});
        } else {
            list_push(base, b);
            list_push(exponent, e);
        }
    }
    return !dag_is_int(d, *c, 0);
}

node dag_mul(dag *d, int count, const node *factors)
{
    node_list flat, base, exponent, out;
    list_open(&flat), list_open(&base), list_open(&exponent), list_open(&out);
    list_flatten(d, &flat, NODE_MUL, count, factors);
    node n, c = dag_int(d, 1);
    if (!combine_factors(d, flat.count, flat.list, &base, &exponent, &c)) {
        n = dag_int(d, 0);
    } else {
        bool again = false;
        for (int i = 0; i < base.count; i++) {
            node p = dag_pow(d, base.list[i], exponent.list[i]);
            again |= dag_kind(d, p) == NODE_MUL;
            if (dag_kind(d, p) == NODE_NUMBER)
                c = number_mul(d, c, p);
            else
                list_push(&out, p);
        }
        if (!dag_is_int(d, c, 1) || out.count == 0)
            list_push(&out, c);
        n = again ? dag_mul(d, out.count, out.list) : dag_raw_mul(d, out.count, out.list);
    }
    list_close(&flat), list_close(&base), list_close(&exponent), list_close(&out);
    return n;
}

static node power_of_product(dag *d, node base, node exponent)
{
    int count = dag_count(d, base);
    node *factor = xmalloc((size_t)count * sizeof *factor);
    for (int i = 0; i < count; i++)
        factor[i] = dag_pow(d, dag_child(d, base, i), exponent);
    node n = dag_mul(d, count, factor);
    free(factor);
    return n;
}

node dag_pow(dag *d, node base, node exponent)
{
    if (dag_is_int(d, exponent, 0))
        return dag_int(d, 1);
    if (dag_is_int(d, base, 1))
        return base;
    if (is_integer(d, exponent)) {
        if (dag_kind(d, base) == NODE_POW && dag_kind(d, dag_child(d, base, 1)) == NODE_NUMBER)
            return dag_pow(d, dag_child(d, base, 0), dag_mul(d, 2, (node[]){dag_child(d, base, 1), exponent}));
        if (dag_kind(d, base) == NODE_MUL)
            return power_of_product(d, base, exponent);
        if (dag_kind(d, base) == NODE_COMPARE && mpq_sgn(*dag_value(d, exponent)) > 0)
            return base; /* 0 or 1 */
    }
    return dag_raw_pow(d, base, exponent);
}

/* --- functions, conditions --- */

node dag_fun(dag *d, op o, int count, const node *arguments)
{
    return dag_raw_fun(d, o, count, arguments);
}

static bool index_like(dag *d, node n)
{
    return dag_is_affine(d, n);
}

node dag_compare(dag *d, compare c, node a, node b)
{
    truth t = TRUTH_UNKNOWN;
    if (index_like(d, a) && index_like(d, b)) {
        node next = c == COMPARE_LESS ? dag_add(d, 2, (node[]){a, dag_int(d, 1)}) : a;
        t = c == COMPARE_EQUAL || c == COMPARE_UNEQUAL ? dag_index_eq(d, a, b) : dag_index_le(d, next, b);
        if (c == COMPARE_UNEQUAL)
            t = (truth)-t;
    } else if (dag_kind(d, a) == NODE_NUMBER && dag_kind(d, b) == NODE_NUMBER) {
        int order = mpq_cmp(*dag_value(d, a), *dag_value(d, b));
        bool yes = c == COMPARE_EQUAL ? order == 0 : c == COMPARE_UNEQUAL ? order != 0 : c == COMPARE_LESS ? order < 0 : order <= 0;
        t = yes ? TRUTH_YES : TRUTH_NO;
    }
    if (t != TRUTH_UNKNOWN)
        return dag_int(d, t == TRUTH_YES);
    return dag_raw_compare(d, c, a, b);
}

node dag_if(dag *d, node condition, node yes, node no)
{
    if (dag_kind(d, condition) == NODE_NUMBER)
        return mpq_sgn(*dag_value(d, condition)) ? yes : no;
    if (yes == no)
        return yes;
    /* if c then (if c then x else y) else z */
    if (dag_kind(d, yes) == NODE_IF && dag_child(d, yes, 0) == condition)
        yes = dag_child(d, yes, 1);
    return dag_raw_if(d, condition, yes, no);
}

node dag_add2(dag *d, node a, node b)
{
    return dag_add(d, 2, (node[]){a, b});
}
node dag_neg(dag *d, node a)
{
    return dag_mul(d, 2, (node[]){dag_int(d, -1), a});
}
node dag_sub(dag *d, node a, node b)
{
    return dag_add2(d, a, dag_neg(d, b));
}
node dag_mul2(dag *d, node a, node b)
{
    return dag_mul(d, 2, (node[]){a, b});
}
node dag_div(dag *d, node a, node b)
{
    return dag_mul2(d, a, dag_pow(d, b, dag_int(d, -1)));
}
node dag_fun1(dag *d, op o, node a)
{
    return dag_fun(d, o, 1, &a);
}
node dag_sum(dag *d, int index, node body)
{
    return dag_reduce(d, REDUCE_SUM, index, d->index[index].lo, d->index[index].hi, 0, body);
}
