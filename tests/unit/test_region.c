/* Conditions that are told: they hold wherever both sides are defined, and where they do the sides are defined together. Against values at a grid of points. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gen/dag/ops.h"
#include "gen/prove/domain.h"
#include "gen/prove/region.h"
#include "sheet.h"

#define LISTS  1500
#define MOST   5
#define SHAPES 9
#define NEAR   1e-9

static uint64_t next(uint64_t *seed)
{
    *seed = prove_mix(*seed + 1);
    return *seed;
}

static long draw(uint64_t *seed, long lo, long hi)
{
    return lo + (long)(next(seed) % (uint64_t)(hi - lo + 1));
}

typedef struct {
    long kind, a, c;
} shape;

static node number(dag *d, long v)
{
    return dag_int(d, v);
}

static node base_of(dag *d, node x, node y, const shape *f)
{
    node two = number(d, 2), half = dag_ratio(d, 1, 2), a = number(d, f->a), c = number(d, f->c), square = dag_pow(d, x, two);
    node line = dag_add2(d, dag_mul2(d, a, x), c);
    switch (f->kind) {
    case 0:
    case 1: return line;
    case 2: return dag_add2(d, dag_mul2(d, a, square), c);
    case 3: return dag_add2(d, dag_mul2(d, a, y), x);
    case 4: return dag_mul2(d, dag_pow(d, dag_add2(d, x, c), two), dag_add2(d, y, a));
    case 5: return dag_add2(d, dag_mul2(d, a, dag_fun(d, OP_ABS, 1, &x)), line);
    case 6: return dag_add2(d, dag_pow(d, dag_fun(d, OP_ABS, 1, &line), half), dag_mul2(d, a, x));
    case 7: return dag_add2(d, square, dag_mul2(d, a, dag_pow(d, y, two)));
    default: return dag_add2(d, dag_mul2(d, x, y), c);
    }
}

static double value_of(const shape *f, double x, double y)
{
    double a = (double)f->a, c = (double)f->c, line = a * x + c;
    switch (f->kind) {
    case 0:
    case 1: return line;
    case 2: return a * x * x + c;
    case 3: return a * y + x;
    case 4: return (x + c) * (x + c) * (y + a);
    case 5: return a * fabs(x) + line;
    case 6: return sqrt(fabs(line)) + a * x;
    case 7: return x * x + a * y * y;
    default: return x * y + c;
    }
}

static double evaluate(dag *d, node n, node x, node y, double at, double other);

static double evaluate_sum(dag *d, node n, node x, node y, double at, double other)
{
    bool product = dag_kind(d, n) == NODE_MUL;
    double all = product ? 1 : 0;
    for (int i = 0; i < dag_count(d, n); i++) {
        double v = evaluate(d, dag_child(d, n, i), x, y, at, other);
        all = product ? all * v : all + v;
    }
    return all;
}

static double evaluate(dag *d, node n, node x, node y, double at, double other)
{
    if (n == x || n == y)
        return n == x ? at : other;
    switch (dag_kind(d, n)) {
    case NODE_NUMBER: return mpq_get_d(*dag_value(d, n));
    case NODE_ADD:
    case NODE_MUL: return evaluate_sum(d, n, x, y, at, other);
    case NODE_POW: return pow(evaluate(d, dag_child(d, n, 0), x, y, at, other), mpq_get_d(*dag_value(d, dag_child(d, n, 1))));
    case NODE_FUN: {
        double u = evaluate(d, dag_child(d, n, 0), x, y, at, other);
        return dag_payload(d, n) == OP_ABS ? fabs(u) : u > 0 ? 1 : u < 0 ? -1 : 0;
    }
    default: fail(); return 0;
    }
}

/* Values of a root at a zero of the whole are not exact. */
static bool holds(double v, int bits)
{
    if (fabs(v) < NEAR)
        v = 0;
    return (!(bits & NOT_ZERO) || v != 0) && (!(bits & NOT_NEGATIVE) || v >= 0);
}

static int width(session *s, node base, int bits)
{
    buffer b = {0};
    domain_print_need(s, &b, base, bits);
    int all = (int)b.length;
    buffer_free(&b);
    return all;
}

static void told_conditions_suffice(void **state)
{
    (void)state;
    sheet page;
    sheet_open(&page, "variable x, y\n");
    dag *d = page.m->dag;
    session s;
    session_init(&s, page.m);
    node x = dag_entry(d, model_find_var(page.m, intern_puts(page.names, "x")), 0, NULL);
    node y = dag_entry(d, model_find_var(page.m, intern_puts(page.names, "y")), 0, NULL);
    uint64_t seed = 7;
    int needed = 0, told = 0;
    for (int list = 0; list < LISTS; list++) {
        shape f[MOST];
        region_need need[MOST];
        condition out[2 * MOST];
        int count = (int)draw(&seed, 1, MOST);
        for (int i = 0; i < count; i++) {
            f[i] = (shape){draw(&seed, 0, list % 3 ? SHAPES - 1 : 2), draw(&seed, 0, 1) ? 1 : -draw(&seed, 1, 2), draw(&seed, -3, 3)};
            need[i] = (region_need){.base = base_of(d, x, y, &f[i])};
            int bits = (int)draw(&seed, 1, 3), sides = (int)draw(&seed, 0, 4);
            need[i].need[0] = sides != 1 ? bits : 0;
            need[i].need[1] = sides == 4 ? (int)draw(&seed, 1, 3) : sides != 2 ? bits : 0;
            needed += need[i].need[0] != need[i].need[1];
        }
        int more = region_conditions(&s, need, count, width, out, 2 * MOST);
        assert_true(more >= 0);
        told += more;
        for (int k = -16; k <= 16; k++)
            for (int j = -16; j <= 16; j++) {
                bool defined[2] = {true, true}, all = true;
                for (int i = 0; i < count; i++)
                    for (int side = 0; side < 2; side++)
                        defined[side] = defined[side] && holds(value_of(&f[i], k / 4.0, j / 4.0), need[i].need[side]);
                for (int i = 0; i < more; i++)
                    all = all && holds(evaluate(d, out[i].base, x, y, k / 4.0, j / 4.0), out[i].bits);
                if (defined[0] && defined[1])
                    assert_true(all);
                else if (all)
                    assert_true(!defined[0] && !defined[1]);
            }
    }
    assert_true(told < needed * 3 / 4); /* some follow from others, or are shorter together */
    print_message("%d needs of one side, %d told\n", needed, told);
    session_clear(&s);
    sheet_close(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(told_conditions_suffice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
