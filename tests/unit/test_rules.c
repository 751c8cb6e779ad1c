/* Every row of rules.def by itself: both sides agree at random points where the left one is defined, the rewriter applies it, a row switched off does not
 * fire, and a broken row is noticed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "evaluate.h"
#include "gen/calculus/rules.h"
#include "sheet.h"

/* The row's two sides over the page's x and y. */
static void sides(sheet *f, rules *r, rule row, node *left, node *right)
{
    dag *d = f->m->dag;
    node from[2] = {rules_variable(d, 0), rules_variable(d, 1)}, to[2];
    to[0] = dag_entry(d, model_find_var(f->m, intern_puts(f->names, "x")), 0, NULL);
    to[1] = dag_entry(d, model_find_var(f->m, intern_puts(f->names, "y")), 0, NULL);
    *left = dag_substitute(d, r->left[row], 2, from, to, true);
    *right = dag_substitute(d, r->right[row], 2, from, to, true);
}

/* Largest relative difference over many points; −1 when the left side was never defined. */
static long double worst(sheet *f, node left, node right)
{
    long double most = -1;
    for (unsigned seed = 1; seed <= 60; seed++) {
        evaluation *e = evaluate_new(f->m, seed);
        evaluate_range(e, seed % 2 ? -2.5 : 0.05, 2.5);
        long double a = evaluate(e, left), b = evaluate(e, right);
        evaluate_free(e);
        if (!isfinite((double)a))
            continue;
        long double error = fabsl(a - b) / (1 + fabsl(a));
        most = !(error <= most) ? error : most;
    }
    return most;
}

static void test_row(void **state)
{
    rule row = (rule)(intptr_t)*state;
    sheet f;
    sheet_open(&f, "variable x, y\n");
    rules r;
    node left, right;
    rules_begin(&r, f.m->dag, RULES_EXACT | RULES_FLOAT | RULES_STABLE);
    sides(&f, &r, row, &left, &right);
    long double error = worst(&f, left, right);
    assert_true(error >= 0);
    assert_true(error < 1e-12L);
    for (int i = 0; i < RULE_COUNT; i++)
        r.off[i] = i != (int)row;
    node made = rules_apply(&r, left);
    assert_true(r.hits[row] > 0);
    assert_true(worst(&f, left, made) < 1e-12L);
    r.off[row] = true;
    assert_int_equal(rules_apply(&r, left), left);
    r.off[row] = false;
    r.broken[row] = true;
    assert_true(worst(&f, left, rules_apply(&r, left)) > 1e-3L);
    sheet_close(&f);
}

static void test_log_softmax(void **state)
{
    (void)state;
    sheet f;
    sheet_open(&f, "size n\ninput x[n]\ntarget y[n]\nparam w[n]\np = softmax(w ⊙ x)\nC = −Σ_j y[j] log p[j]\nminimize C\n");
    model *m = f.m;
    int c = model_find_var(m, intern_puts(f.names, "C"));
    const int *list;
    assert_int_equal(model_equations_of(m, c, &list), 1);
    node before = m->equation[list[0]].rhs;
    calculus_stabilise(m);
    node after = m->equation[list[0]].rhs;
    assert_int_not_equal(before, after);
    int p = model_find_var(m, intern_puts(f.names, "p"));
    assert_false(dag_has_variable(m->dag, after, p));
    evaluation *e = evaluate_new(m, 3);
    evaluate_bind(e, m->sample_index[0], 1);
    assert_true(fabsl(evaluate(e, before) - evaluate(e, after)) < 1e-12L);
    evaluate_free(e);
    sheet_close(&f);
}

int main(void)
{
    struct CMUnitTest tests[RULE_COUNT];
    int count = 0;
    for (int i = 0; i < RULE_COUNT; i++) {
        if (i == RULE_LOG_SOFTMAX)
            continue;
        tests[count++] = (struct CMUnitTest){rules_name((rule)i), test_row, NULL, NULL, (void *)(intptr_t)i};
    }
    tests[count++] = (struct CMUnitTest){"LOG_SOFTMAX", test_log_softmax, NULL, NULL, NULL};
    return _cmocka_run_group_tests("rules", tests, (size_t)count, NULL, NULL);
}
