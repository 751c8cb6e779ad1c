/* Conditions that are left out: wherever those that are told hold, they hold too. Against a grid of rational points. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gen/prove/imply.h"
#include "sheet.h"

#define LISTS 4000
#define MOST  5

static int no_sign(session *s, node n)
{
    (void)s;
    (void)n;
    return 0;
}

static uint64_t next(uint64_t *seed)
{
    *seed = prove_mix(*seed + 1);
    return *seed;
}

typedef struct {
    int kind; /* 0: a x + c, 1: c − a x² … */
    long a, c;
} shape;

static node base_of(dag *d, node x, const shape *f)
{
    node v = f->kind ? dag_pow(d, x, dag_int(d, 2)) : x;
    return dag_add2(d, dag_mul2(d, dag_int(d, f->a), v), dag_int(d, f->c));
}

/* At x = k/4. */
static bool holds(const shape *f, int bits, long k)
{
    long value = f->kind ? f->a * k * k + 16 * f->c : 4 * (f->a * k + 4 * f->c);
    return (!(bits & NOT_ZERO) || value != 0) && (!(bits & NOT_NEGATIVE) || value >= 0);
}

static void told_conditions_suffice(void **state)
{
    (void)state;
    sheet page;
    sheet_open(&page, "variable x\n");
    model *m = page.m;
    session s;
    session_init(&s, m);
    node x = dag_entry(m->dag, model_find_var(m, intern_puts(page.names, "x")), 0, NULL);
    uint64_t seed = 5;
    int left_out = 0;
    for (int list = 0; list < LISTS; list++) {
        shape f[MOST];
        condition c[MOST];
        int count = 2 + (int)(next(&seed) % (MOST - 1));
        for (int i = 0; i < count; i++) {
            f[i] = (shape){(int)(next(&seed) % 2), (long)(next(&seed) % 2) * 2 - 1, (long)(next(&seed) % 9) - 4};
            if (f[i].kind == 0)
                f[i].a *= 1 + (long)(next(&seed) % 3);
            c[i] = (condition){.base = base_of(m->dag, x, &f[i]), .bits = 1 + (int)(next(&seed) % 3), .told = next(&seed) % 4 != 0};
        }
        imply_mark(&s, c, count, no_sign);
        for (long k = -20; k <= 20; k++) {
            bool rest = true, all = true;
            for (int i = 0; i < count; i++) {
                rest = rest && (c[i].follows || holds(&f[i], c[i].bits, k));
                all = all && holds(&f[i], c[i].bits, k);
            }
            assert_true(rest == all);
        }
        for (int i = 0; i < count; i++)
            left_out += c[i].follows;
    }
    assert_true(left_out > LISTS / 4);
    session_clear(&s);
    sheet_close(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(told_conditions_suffice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
