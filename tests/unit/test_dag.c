/* The expression graph: one node for equal expressions; smart constructors, sums and index facts against plain evaluation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "evaluate.h"
#include "gen/calculus/calculus.h"
#include "sheet.h"

typedef struct {
    sheet s;
    dag *d;
    evaluation *e;
    node n, k; /* sizes 3 and 4 */
    int i, j;  /* 0..n-1, 0..k-1 */
    uint32_t random;
} table;

static const char *const page = "size n = 3, k = 4\nparam a, b, c, u[n], v[k], A[n, k], q[n, n]\n";
enum { A_, B_, C_, U_, V_, M_, Q_ }; /* variables in the order of the page */

static void open_table(table *t, uint32_t seed)
{
    *t = (table){.random = seed * 2654435761u + 1};
    sheet_open(&t->s, page);
    t->d = t->s.m->dag;
    t->e = evaluate_new(t->s.m, seed);
    t->n = dag_sizesym(t->d, 1), t->k = dag_sizesym(t->d, 2);
    t->i = dag_index(t->d, intern_puts(t->s.names, "i"), dag_int(t->d, 0), dag_add2(t->d, t->n, dag_int(t->d, -1)));
    t->j = dag_index(t->d, intern_puts(t->s.names, "j"), dag_int(t->d, 0), dag_add2(t->d, t->k, dag_int(t->d, -1)));
}

static void close_table(table *t)
{
    evaluate_free(t->e);
    sheet_close(&t->s);
}

static uint32_t draw(table *t, uint32_t below)
{
    t->random = t->random * 1664525u + 1013904223u;
    return (t->random >> 8) % below;
}

static node entry1(table *t, int var, int index)
{
    node at = dag_index_node(t->d, index);
    return dag_entry(t->d, var, 1, &at);
}

/* --- one node for equal expressions --- */

static void same_nodes(void **state)
{
    (void)state;
    table t;
    open_table(&t, 1);
    dag *d = t.d;
    node a = dag_entry(d, A_, 0, NULL), b = dag_entry(d, B_, 0, NULL), c = dag_entry(d, C_, 0, NULL);
    assert_int_equal(dag_raw_add(d, 2, (node[]){a, b}), dag_raw_add(d, 2, (node[]){b, a}));
    assert_int_equal(dag_raw_mul(d, 3, (node[]){a, b, c}), dag_raw_mul(d, 3, (node[]){c, a, b}));
    assert_int_not_equal(dag_raw_pow(d, a, b), dag_raw_pow(d, b, a));
    assert_int_equal(dag_compare(d, COMPARE_EQUAL, a, b), dag_compare(d, COMPARE_EQUAL, b, a));
    assert_int_not_equal(dag_raw_compare(d, COMPARE_LESS, a, b), dag_raw_compare(d, COMPARE_LESS, b, a));
    assert_int_equal(dag_add2(d, a, a), dag_mul2(d, dag_int(d, 2), a));
    assert_int_equal(dag_sub(d, a, a), dag_int(d, 0));
    assert_int_equal(dag_mul2(d, a, dag_pow(d, a, dag_int(d, 2))), dag_pow(d, a, dag_int(d, 3)));
    assert_int_equal(dag_ratio(d, 2, 4), dag_ratio(d, 1, 2));
    /* Raw: nothing that could hide an undefined value. */
    node zero = dag_raw_mul(d, 2, (node[]){dag_int(d, 0), a}), one = dag_raw_pow(d, a, dag_int(d, 0));
    assert_false(dag_is_int(d, zero, 0));
    assert_false(dag_is_int(d, one, 1));
    /* Sums over different dummies are one node. */
    int other = dag_index_like(d, t.i);
    node hi = dag_index_get(d, t.i)->hi, lo = dag_int(d, 0);
    assert_int_equal(dag_raw_reduce(d, REDUCE_SUM, t.i, lo, hi, 0, entry1(&t, U_, t.i)), dag_raw_reduce(d, REDUCE_SUM, other, lo, hi, 0, entry1(&t, U_, other)));
    close_table(&t);
}

static void no_capture(void **state)
{
    (void)state;
    table t;
    open_table(&t, 2);
    dag *d = t.d;
    /* Σ_i u[i] a with a := u[i] of the outer i: the dummy must not catch it. */
    node a = dag_entry(d, A_, 0, NULL), ui = entry1(&t, U_, t.i), lo = dag_int(d, 0), hi = dag_index_get(d, t.i)->hi;
    node sum = dag_raw_reduce(d, REDUCE_SUM, t.i, lo, hi, 0, dag_raw_mul(d, 2, (node[]){ui, a}));
    for (int raw = 0; raw < 2; raw++) {
        node put = dag_substitute(d, sum, 1, &a, &ui, raw);
        for (long i = 0; i < 3; i++) {
            evaluate_bind(t.e, t.i, i);
            long double total = 0, own = evaluate(t.e, ui);
            for (long s = 0; s < 3; s++) {
                evaluate_bind(t.e, t.i, s);
                total += evaluate(t.e, ui);
            }
            evaluate_bind(t.e, t.i, i);
            assert_true(fabsl(evaluate(t.e, put) - own * total) < 1e-12L);
        }
        /* The same when what is put in is itself a sum. */
        put = dag_substitute(d, sum, 1, &a, &sum, raw);
        long double s1 = evaluate(t.e, sum), av = evaluate(t.e, a);
        assert_true(fabsl(evaluate(t.e, put) - s1 * s1 / av) < 1e-12L);
    }
    close_table(&t);
}

/* --- random expressions: raw, simplified, and evaluated alike --- */

static node some_index(table *t, int *index, int count)
{
    node n = dag_index_node(t->d, index[draw(t, (uint32_t)count)]);
    return draw(t, 3) ? n : dag_raw_add(t->d, 2, (node[]){n, dag_int(t->d, (long)draw(t, 3) - 1)});
}

static node make(table *t, int depth, int *index, int count);

static node make_leaf(table *t, int *index, int count)
{
    dag *d = t->d;
    switch (draw(t, 5)) {
    case 0: return dag_ratio(d, (long)draw(t, 7) - 3, 1 + (long)draw(t, 3));
    case 1: return dag_entry(d, (int)draw(t, 3), 0, NULL);
    case 2: return entry1(t, U_, t->i);
    case 3: return entry1(t, V_, t->j);
    default: return dag_raw_compare(d, (compare)draw(t, 4), some_index(t, index, count), some_index(t, index, count));
    }
}

static node make_sum(table *t, int depth, int *index, int count)
{
    dag *d = t->d;
    const dag_index_info *x = dag_index_get(d, draw(t, 2) ? t->i : t->j);
    node lo = draw(t, 3) ? dag_int(d, 0) : some_index(t, index, count), hi = draw(t, 3) ? x->hi : some_index(t, index, count);
    int fresh = dag_index_fresh(d, x->name, lo, hi);
    index[count] = fresh;
    node body = make(t, depth - 1, index, count + 1);
    if (draw(t, 2)) /* a delta that can be contracted */
        body = dag_raw_mul(d, 2, (node[]){body, dag_raw_compare(d, COMPARE_EQUAL, dag_index_node(d, fresh), some_index(t, index, count))});
    return dag_raw_reduce(d, REDUCE_SUM, fresh, lo, hi, 0, body);
}

static node make(table *t, int depth, int *index, int count)
{
    dag *d = t->d;
    node x[4];
    if (depth <= 0 || draw(t, 6) == 0)
        return make_leaf(t, index, count);
    uint32_t kind = draw(t, 7), n = 2 + draw(t, 2);
    if (kind == 6 && count < 8)
        return make_sum(t, depth, index, count);
    for (uint32_t k = 0; k < n; k++)
        x[k] = make(t, depth - 1, index, count);
    switch (kind) {
    case 0:
    case 1: return dag_raw_add(d, (int)n, x);
    case 2:
    case 3: return dag_raw_mul(d, (int)n, x);
    case 4: return dag_raw_pow(d, x[0], dag_int(d, 1 + (long)draw(t, 3)));
    default: return dag_raw_if(d, dag_raw_compare(d, (compare)draw(t, 4), some_index(t, index, count), some_index(t, index, count)), x[0], x[1]);
    }
}

static void simplified(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 3000; seed++) {
        table t;
        int index[16];
        open_table(&t, seed);
        index[0] = t.i, index[1] = t.j;
        node raw = make(&t, 4, index, 2), smart = dag_simplify(t.d, raw);
        for (long i = 0; i < 3; i++)
            for (long j = 0; j < 4; j++) {
                evaluate_bind(t.e, t.i, i), evaluate_bind(t.e, t.j, j);
                long double x = evaluate(t.e, raw), y = evaluate(t.e, smart);
                if (!(fabsl(x - y) <= 1e-10L * (1 + fabsl(x)))) {
                    buffer b = {0};
                    model_print_index(t.s.m, &b, raw);
                    buffer_puts(&b, "\n   is not   ");
                    model_print_index(t.s.m, &b, smart);
                    fail_msg("seed %u at %ld, %ld: %.12Lg, %.12Lg\n%s", seed, i, j, x, y, b.text);
                }
            }
        assert_int_equal(dag_simplify(t.d, raw), smart);
        close_table(&t);
    }
}

/* --- facts about index expressions, against all values at several sizes --- */

static void index_facts(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 400; seed++) {
        table t;
        open_table(&t, seed);
        dag *d = t.d;
        node side[2];
        for (int s = 0; s < 2; s++) {
            node term[5] = {dag_mul2(d, dag_int(d, (long)draw(&t, 5) - 2), dag_index_node(d, t.i)), dag_mul2(d, dag_int(d, (long)draw(&t, 3) - 1), dag_index_node(d, t.j)),
                            dag_mul2(d, dag_int(d, (long)draw(&t, 3) - 1), t.n), dag_mul2(d, dag_int(d, (long)draw(&t, 3) - 1), t.k), dag_int(d, (long)draw(&t, 5) - 2)};
            side[s] = dag_add(d, 5, term);
        }
        truth le = dag_index_le(d, side[0], side[1]), eq = dag_index_eq(d, side[0], side[1]);
        for (long n = 1; n <= 4; n++)
            for (long k = 1; k <= 4; k++) {
                t.s.m->size[1].value = n, t.s.m->size[2].value = k;
                for (long i = 0; i < n; i++)
                    for (long j = 0; j < k; j++) {
                        evaluate_bind(t.e, t.i, i), evaluate_bind(t.e, t.j, j);
                        long x = evaluate_size(t.e, side[0]), y = evaluate_size(t.e, side[1]);
                        assert_true(le != TRUTH_YES || x <= y);
                        assert_true(le != TRUTH_NO || x > y);
                        assert_true(eq != TRUTH_YES || x == y);
                        assert_true(eq != TRUTH_NO || x != y);
                    }
            }
        close_table(&t);
    }
}

static void index_division(void **state)
{
    (void)state;
    table t;
    open_table(&t, 1);
    dag *d = t.d;
    for (long c = 1; c <= 4; c++)
        for (long offset = -9; offset <= 9; offset++) {
            node n = dag_add2(d, dag_mul2(d, dag_int(d, 2 * c), t.n), dag_int(d, offset)), whole = dag_index_divide(d, n, c);
            long exact = 6 * c + offset, floor = exact >= 0 ? exact / c : -((-exact + c - 1) / c);
            assert_int_equal(evaluate_size(t.e, whole), floor);
        }
    assert_int_equal(dag_index_divide(d, t.n, 2), 0);
    close_table(&t);
}

static void affine_parts(void **state)
{
    (void)state;
    table t;
    open_table(&t, 1);
    dag *d = t.d;
    node i = dag_index_node(d, t.i), rest;
    long c;
    assert_true(dag_affine_split(d, dag_add(d, 3, (node[]){dag_mul2(d, dag_int(d, 2), i), t.n, dag_int(d, -1)}), t.i, &c, &rest));
    assert_int_equal(c, 2);
    assert_int_equal(rest, dag_add2(d, t.n, dag_int(d, -1)));
    assert_false(dag_is_affine(d, dag_mul2(d, i, i)));
    assert_false(dag_is_affine(d, dag_entry(d, A_, 0, NULL)));
    assert_int_equal(dag_index_le(d, dag_int(d, 2), t.n), TRUTH_UNKNOWN);
    dag_size_at_least(d, 1, 2);
    assert_int_equal(dag_index_le(d, dag_int(d, 2), t.n), TRUTH_YES);
    close_table(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_nodes), cmocka_unit_test(no_capture), cmocka_unit_test(simplified), cmocka_unit_test(index_facts),
                                       cmocka_unit_test(index_division), cmocka_unit_test(affine_parts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
