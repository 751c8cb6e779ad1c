/* The map of ints against a plain table: every size from a few pairs on, keys in rows and scattered, and keys that leave again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "grammar/map.h"

enum { KEYS = 5000 };

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Puts, adds and forgets; `spread` lies between neighbouring keys. */
static void against_a_table(int keys, int spread, int steps, uint32_t seed)
{
    static int table[KEYS];
    int_map m = {0};
    int used = 0;
    for (int i = 0; i < keys; i++)
        table[i] = 0;
    for (int i = 0; i < steps; i++) {
        int k = (int)(next_random(&seed) % (uint32_t)keys), key = 1 + k * spread, what = (int)(next_random(&seed) % 4);
        int value = what == 0 ? 0 : 1 + (int)(next_random(&seed) % 1000);
        used += (value != 0) - (table[k] != 0);
        if (what == 1 && table[k] == 0) {
            assert_true(int_map_add(&m, key));
            value = 1;
        } else if (what == 1) {
            assert_false(int_map_add(&m, key));
            value = table[k];
        } else {
            int_map_put(&m, key, value);
        }
        table[k] = value;
        assert_int_equal(int_map_get(&m, key), value);
        assert_int_equal(m.used, used);
    }
    for (int k = 0; k < keys; k++)
        assert_int_equal(int_map_get(&m, 1 + k * spread), table[k]);
    int_map_free(&m);
    assert_int_equal(m.used, 0);
}

static void test_against_a_table(void **state)
{
    (void)state;
    static const int keys[] = {1, 3, 8, 9, 20, 100, 1000, KEYS}, spread[] = {1, 7, 8, 64, 4096};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        for (size_t k = 0; k < sizeof spread / sizeof *spread; k++)
            against_a_table(keys[i], spread[k], 20 * keys[i] + 50, (uint32_t)(17 * i + k));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_a_table)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
