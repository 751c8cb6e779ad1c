/* Constructors for what was written: nothing is folded that could hide an undefined value. */
#include <stdlib.h>
#include <string.h>

#include "gen/dag/dag_private.h"

/* The children of a nested first operand of the same kind come first: (a + b) + c is one sum; a + (b + c) keeps its parentheses. */
static node *flatten_first(dag *d, node_kind kind, int *count, const node *list)
{
    enum { LONGEST = 1024 }; /* a product is read operand by operand: flattening without end would be quadratic */
    int inner = *count && dag_kind(d, list[0]) == kind && dag_count(d, list[0]) < LONGEST ? dag_count(d, list[0]) : 0;
    node *out = xmalloc((size_t)(*count + inner + 1) * sizeof *out);
    int n = 0;
    for (int i = 0; i < inner; i++)
        out[n++] = dag_child(d, list[0], i);
    for (int i = inner ? 1 : 0; i < *count; i++)
        out[n++] = list[i];
    *count = n;
    return out;
}

/* Takes the numbers out of list, adding them to *value; returns how many operands remain. */
static int collect_numbers(dag *d, int count, node *list, mpq_t value)
{
    int kept = 0;
    for (int i = 0; i < count; i++)
        if (dag_kind(d, list[i]) != NODE_NUMBER)
            list[kept++] = list[i];
        else
            mpq_add(value, value, *dag_value(d, list[i]));
    return kept;
}

node dag_raw_add(dag *d, int count, const node *terms)
{
    node *list = flatten_first(d, NODE_ADD, &count, terms);
    int numbers = 0;
    for (int i = 0; i < count; i++)
        numbers += dag_kind(d, list[i]) == NODE_NUMBER;
    node n;
    if (numbers > 1 || count < 2) {
        mpq_t value;
        mpq_init(value);
        int kept = collect_numbers(d, count, list, value);
        if (kept == 0 || mpq_sgn(value))
            list[kept++] = dag_number(d, value);
        mpq_clear(value);
        count = kept;
    }
    n = count == 1 ? list[0] : dag_make(d, NODE_ADD, 0, count, list);
    free(list);
    return n;
}

/* The product of the numbers among these. Most products have none, or one: no arithmetic is needed. */
static node coefficient_of(dag *d, int count, const node *list)
{
    node only = 0;
    int numbers = 0;
    for (int i = 0; i < count; i++)
        if (dag_kind(d, list[i]) == NODE_NUMBER) {
            only = list[i];
            numbers++;
        }
    if (numbers < 2)
        return numbers ? only : dag_int(d, 1);
    mpq_t value;
    mpq_init(value);
    mpq_set_si(value, 1, 1);
    for (int i = 0; i < count; i++)
        if (dag_kind(d, list[i]) == NODE_NUMBER)
            mpq_mul(value, value, *dag_value(d, list[i]));
    node n = dag_number(d, value);
    mpq_clear(value);
    return n;
}

node dag_raw_mul(dag *d, int count, const node *factors)
{
    node *list = flatten_first(d, NODE_MUL, &count, factors), coefficient = coefficient_of(d, count, list), n;
    bool one = dag_is_int(d, coefficient, 1);
    int kept = 0;
    for (int i = 0; i < count; i++)
        if (dag_kind(d, list[i]) != NODE_NUMBER)
            list[kept++] = list[i];
    if (kept == 0) {
        n = coefficient;
    } else if (one) {
        n = kept == 1 ? list[0] : dag_make(d, NODE_MUL, 0, kept, list);
    } else {
        memmove(list + 1, list, (size_t)kept * sizeof *list);
        list[0] = coefficient;
        /* −(2x) is −2x: the coefficient of a single product is combined. */
        if (kept == 1 && dag_kind(d, list[1]) == NODE_MUL && dag_kind(d, dag_child(d, list[1], 0)) == NODE_NUMBER) {
            node inner = list[1];
            int m = dag_count(d, inner);
            node *all = xmalloc((size_t)(m + 1) * sizeof *all);
            all[0] = coefficient;
            for (int i = 0; i < m; i++)
                all[i + 1] = dag_child(d, inner, i);
            n = dag_raw_mul(d, m + 1, all);
            free(all);
        } else {
            n = dag_make(d, NODE_MUL, 0, kept + 1, list);
        }
    }
    free(list);
    return n;
}

/* number^integer, when it is defined and small enough to be worth a number; 0 else. */
static node number_power(dag *d, node base, node exponent)
{
    if (dag_kind(d, base) != NODE_NUMBER || dag_kind(d, exponent) != NODE_NUMBER)
        return 0;
    const mpq_t *e = dag_value(d, exponent), *b = dag_value(d, base);
    if (mpz_cmp_ui(mpq_denref(*e), 1) != 0 || mpz_cmpabs_ui(mpq_numref(*e), 4096) > 0)
        return 0;
    long k = mpz_get_si(mpq_numref(*e));
    if ((mpq_sgn(*b) == 0 && k <= 0) || mpz_sizeinbase(mpq_numref(*b), 2) * (size_t)labs(k) > 65536)
        return 0;
    mpq_t v;
    mpq_init(v);
    mpz_pow_ui(mpq_numref(v), mpq_numref(*b), (unsigned long)labs(k));
    mpz_pow_ui(mpq_denref(v), mpq_denref(*b), (unsigned long)labs(k));
    if (k < 0)
        mpq_inv(v, v);
    mpq_canonicalize(v);
    node n = dag_number(d, v);
    mpq_clear(v);
    return n;
}

node dag_raw_pow(dag *d, node base, node exponent)
{
    node number = number_power(d, base, exponent);
    if (number)
        return number;
    if (dag_is_int(d, exponent, 1))
        return base;
    return dag_make(d, NODE_POW, 0, 2, (node[]){base, exponent});
}

node dag_raw_fun(dag *d, op o, int count, const node *arguments)
{
    return dag_make(d, NODE_FUN, (int32_t)o, count, arguments);
}
node dag_raw_compare(dag *d, compare c, node a, node b)
{
    return dag_make(d, NODE_COMPARE, (int32_t)c, 2, (node[]){a, b});
}
node dag_raw_if(dag *d, node condition, node yes, node no)
{
    return dag_make(d, NODE_IF, 0, 3, (node[]){condition, yes, no});
}
node dag_apply(dag *d, int signature, int count, const node *children)
{
    return dag_make(d, NODE_APPLY, signature, count, children);
}
node dag_diff(dag *d, node a, node b, int hold)
{
    return dag_make(d, NODE_DIFF, hold, 2, (node[]){a, b});
}
node dag_at(dag *d, node body, node leaf, node value)
{
    return dag_make(d, NODE_AT, 0, 3, (node[]){body, leaf, value});
}

/* Closes over `index`: the binder's height is one more than the largest inside. */
node dag_make_binder(dag *d, node_kind kind, int32_t payload, int index, node lo, node hi, node at, node body)
{
    node child[4];
    int count = 0, height = d->nodes.list[lo].height;
    child[count++] = lo;
    child[count++] = hi;
    if (at)
        child[count++] = at;
    child[count++] = body;
    for (int i = 0; i < count; i++)
        if (d->nodes.list[child[i]].height > height)
            height = d->nodes.list[child[i]].height;
    node bound = dag_make(d, NODE_BOUND, height + 1, 0, NULL);
    node from = dag_index_node(d, index);
    child[count - 1] = dag_substitute(d, body, 1, &from, &bound, true);
    node n = dag_make(d, kind, payload, count, child);
    if (!d->hint[n])
        d->hint[n] = d->index[index].name;
    return n;
}

node dag_raw_reduce(dag *d, reduction r, int index, node lo, node hi, node at, node body)
{
    return dag_make_binder(d, NODE_REDUCE, (int32_t)r, index, lo, hi, at, body);
}
node dag_lambda(dag *d, int index, node lo, node hi, node body)
{
    return dag_make_binder(d, NODE_LAMBDA, 0, index, lo, hi, 0, body);
}
