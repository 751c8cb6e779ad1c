/* Lists that grow in an arena, against what was put in; text before text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "grammar/arena.h"

enum { LISTS = 5, LONGEST = 40000 };

static int value_at(int list, int i)
{
    return list * 1000003 + i;
}

/* Short ones move, long ones have a place of their own: they pass the border at different times, and neighbours must stay whole. */
static void test_lists_grow_beside_each_other(void **state)
{
    (void)state;
    arena *a = arena_new();
    int *list[LISTS] = {0}, count[LISTS] = {0}, room[LISTS] = {0};
    for (int round = 0; round < LONGEST; round++)
        for (int k = 0; k < LISTS; k++) {
            if (round % (k + 1))
                continue;
            if (count[k] == room[k]) {
                size_t held = (size_t)room[k] * sizeof(int);
                room[k] = room[k] ? 2 * room[k] : 1 + k;
                list[k] = arena_grow(a, list[k], held, (size_t)room[k] * sizeof(int));
                assert_int_equal((uintptr_t)list[k] % _Alignof(max_align_t), 0);
            }
            list[k][count[k]] = value_at(k, count[k]);
            count[k]++;
        }
    for (int k = 0; k < LISTS; k++)
        for (int i = 0; i < count[k]; i++)
            assert_int_equal(list[k][i], value_at(k, i));
    for (const char *c = arena_alloc(a, 5000), *end = c + 5000; c < end; c++)
        assert_int_equal(*c, 0);
    arena_free(a);
}

static void test_text_before_text(void **state)
{
    (void)state;
    buffer b = {0};
    buffer_prepend(&b, "", 0);
    assert_null(b.text);
    buffer_prepend(&b, "ends", 4);
    assert_string_equal(b.text, "ends");
    for (int i = 0; i < 1000; i++)
        buffer_prepend(&b, i % 2 ? "a" : "bc", i % 2 ? 1 : 2);
    assert_int_equal(b.length, 1504);
    for (size_t i = 0; i < 1500; i++)
        assert_int_equal(b.text[i], "abc"[i % 3]);
    assert_string_equal(b.text + 1500, "ends");
    buffer_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lists_grow_beside_each_other), cmocka_unit_test(test_text_before_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
