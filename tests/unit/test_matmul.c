/* Products of matrices against a plain triple loop: both kernels, both types, all transposes, odd sizes, steps larger than the rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/matmul.h"

typedef void product(int, ptrdiff_t, ptrdiff_t, ptrdiff_t, double, const double *, ptrdiff_t, const double *, ptrdiff_t, double *, ptrdiff_t);
typedef void product_float(int, ptrdiff_t, ptrdiff_t, ptrdiff_t, float, const float *, ptrdiff_t, const float *, ptrdiff_t, float *, ptrdiff_t);

enum { SPARE = 3 }; /* columns between the end of a row and the next */

typedef struct {
    int how;
    ptrdiff_t rows, columns, inner, a_step, b_step, c_step;
    double *a, *b, *c, *expected;
    float *af, *bf, *cf;
} work;

static uint64_t next_bits(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 40;
}

static void fill(double **real, float **single, ptrdiff_t count, uint64_t *state)
{
    *real = malloc((size_t)(count + 1) * sizeof **real);
    *single = malloc((size_t)(count + 1) * sizeof **single);
    for (ptrdiff_t i = 0; i < count; i++) {
        (*real)[i] = (double)next_bits(state) / 8388608.0 - 1.0;
        (*single)[i] = (float)(*real)[i];
    }
}

static void expect(work *w, double factor)
{
    for (ptrdiff_t i = 0; i < w->rows; i++)
        for (ptrdiff_t j = 0; j < w->columns; j++) {
            double sum = 0;
            for (ptrdiff_t k = 0; k < w->inner; k++)
                sum += w->a[w->how & DELTA_A_TRANSPOSED ? k * w->a_step + i : i * w->a_step + k] *
                       w->b[w->how & DELTA_B_TRANSPOSED ? j * w->b_step + k : k * w->b_step + j];
            double *e = &w->expected[i * w->c_step + j];
            *e = (w->how & DELTA_ACCUMULATE ? *e : 0) + factor * sum;
        }
}

static work work_open(int how, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t inner)
{
    uint64_t state = (uint64_t)(how + 8 * rows + 1000 * columns + 77777 * inner);
    work w = {.how = how, .rows = rows, .columns = columns, .inner = inner};
    w.a_step = SPARE + (how & DELTA_A_TRANSPOSED ? rows : inner);
    w.b_step = SPARE + (how & DELTA_B_TRANSPOSED ? inner : columns);
    w.c_step = SPARE + columns;
    fill(&w.a, &w.af, w.a_step * (how & DELTA_A_TRANSPOSED ? inner : rows), &state);
    fill(&w.b, &w.bf, w.b_step * (how & DELTA_B_TRANSPOSED ? columns : inner), &state);
    fill(&w.c, &w.cf, w.c_step * rows, &state);
    w.expected = malloc((size_t)(w.c_step * rows + 1) * sizeof *w.expected);
    for (ptrdiff_t i = 0; i < w.c_step * rows; i++)
        w.expected[i] = w.c[i];
    return w;
}

static void work_close(work *w)
{
    free(w->a), free(w->b), free(w->c), free(w->expected), free(w->af), free(w->bf), free(w->cf);
}

/* The entries between the rows must stay as they were: they are compared like the others. */
static void compare(work *w, product *f, product_float *g)
{
    double tolerance = 1e-15 * (double)(w->inner + 4), loose = 3e-7 * (double)(w->inner + 4);
    f(w->how, w->rows, w->columns, w->inner, 0.75, w->a, w->a_step, w->b, w->b_step, w->c, w->c_step);
    g(w->how, w->rows, w->columns, w->inner, 0.75F, w->af, w->a_step, w->bf, w->b_step, w->cf, w->c_step);
    expect(w, 0.75);
    for (ptrdiff_t i = 0; i < w->c_step * w->rows; i++) {
        assert_true(fabs(w->c[i] - w->expected[i]) <= tolerance);
        assert_true(fabs((double)w->cf[i] - w->expected[i]) <= loose);
    }
}

static void all_shapes(product *f, product_float *g)
{
    static const ptrdiff_t size[][3] = {{1, 1, 1},    {1, 7, 5},    {7, 1, 5},     {3, 2, 1},     {2, 3, 40}, {4, 16, 8},     {5, 17, 9},
                                        {13, 31, 33}, {8, 64, 300}, {65, 33, 257}, {6, 130, 513}, {3, 5, 0},  {70, 150, 300}, {200, 140, 70}};
    for (size_t i = 0; i < sizeof size / sizeof *size; i++)
        for (int how = 0; how < 8; how++) {
            work w = work_open(how, size[i][0], size[i][1], size[i][2]);
            compare(&w, f, g);
            work_close(&w);
        }
}

static void chosen_kernel_is_right(void **state)
{
    (void)state;
    print_message("kernel: %s\n", delta_matmul_name());
    all_shapes(delta_matmul, delta_matmul_float);
}

static void portable_kernel_is_right(void **state)
{
    (void)state;
    all_shapes(delta_matmul_portable, delta_matmul_portable_float);
}

static void same_bits_every_time(void **state)
{
    (void)state;
    work a = work_open(DELTA_A_TRANSPOSED, 33, 65, 129), b = work_open(DELTA_A_TRANSPOSED, 33, 65, 129);
    compare(&a, delta_matmul, delta_matmul_float);
    compare(&b, delta_matmul, delta_matmul_float);
    assert_memory_equal(a.c, b.c, (size_t)(a.c_step * a.rows) * sizeof *a.c);
    assert_memory_equal(a.cf, b.cf, (size_t)(a.c_step * a.rows) * sizeof *a.cf);
    work_close(&a);
    work_close(&b);
}

/* A product that is cut into panels, along its rows and along its columns: as the plain loop, and the same bits for any number of threads. */
static void threads_change_no_bit(void **state)
{
    (void)state;
    static const ptrdiff_t shape[][3] = {{300, 130, 520}, {130, 300, 520}, {67, 1030, 300}, {300, 1024, 150}, {256, 1024, 10}, {10, 1024, 256}, {1500, 96, 110}, {90, 110, 1700}, {2000, 7, 90}};
    for (size_t s = 0; s < sizeof shape / sizeof *shape; s++)
        for (int how = 0; how < 8; how++) {
            const ptrdiff_t rows = shape[s][0], columns = shape[s][1], inner = shape[s][2];
            work w = work_open(how, rows, columns, inner);
            size_t count = (size_t)(rows * w.c_step);
            double *first = malloc(count * sizeof *first), *start = malloc(count * sizeof *start);
            float *first_float = malloc(count * sizeof *first_float), *start_float = malloc(count * sizeof *start_float);
            memcpy(start, w.c, count * sizeof *start);
            memcpy(start_float, w.cf, count * sizeof *start_float);
            for (int threads = 1; threads <= 3; threads++) {
                delta_threads_set(threads);
                memcpy(w.c, start, count * sizeof *start);
                memcpy(w.cf, start_float, count * sizeof *start_float);
                delta_matmul(how, rows, columns, inner, -0.75, w.a, w.a_step, w.b, w.b_step, w.c, w.c_step);
                delta_matmul_float(how, rows, columns, inner, -0.75F, w.af, w.a_step, w.bf, w.b_step, w.cf, w.c_step);
                if (threads == 1) {
                    memcpy(first, w.c, count * sizeof *first);
                    memcpy(first_float, w.cf, count * sizeof *first_float);
                }
                assert_memory_equal(first, w.c, count * sizeof *first);
                assert_memory_equal(first_float, w.cf, count * sizeof *first_float);
            }
            if (how == 2 + (int)s)
                expect(&w, -0.75);
            for (ptrdiff_t i = 0; i < rows && how == 2 + (int)s; i++)
                for (ptrdiff_t j = 0; j < columns; j++)
                    assert_true(fabs(first[i * w.c_step + j] - w.expected[i * w.c_step + j]) < 1e-11);
            free(first), free(start), free(first_float), free(start_float);
            work_close(&w);
        }
}

/* What is promised of the bound: adding to the largest number stays finite. And it says no to what is not finite, wherever it stands. */
static void bound_keeps_finite(void **state)
{
    (void)state;
    static const double bad[] = {NAN, -NAN, INFINITY, -INFINITY};
    for (int how = 0; how < 4; how++)
        for (int rows = 1; rows < 20; rows += 6) {
            work w = work_open(how, rows, 7, 5);
            const ptrdiff_t a_rows = how & DELTA_A_TRANSPOSED ? 5 : rows, a_width = how & DELTA_A_TRANSPOSED ? rows : 5;
            assert_true(delta_matmul_bounded(&(delta_seen){0}, how, rows, 7, 5, -0.1, w.a, w.a_step, w.b, w.b_step));
            assert_true(delta_matmul_bounded_float(&(delta_seen){0}, how, rows, 7, 5, -0.1F, w.af, w.a_step, w.bf, w.b_step));
            for (int k = 0; k < 4; k++)
                for (ptrdiff_t i = 0; i < a_rows; i++)
                    for (ptrdiff_t j = 0; j < w.a_step && (i + 1 < a_rows || j < a_width); j++) {
                        double was = w.a[i * w.a_step + j];
                        w.a[i * w.a_step + j] = bad[k];
                        assert_int_equal(delta_matmul_bounded(&(delta_seen){0}, how, rows, 7, 5, 1, w.a, w.a_step, w.b, w.b_step), j >= a_width);
                        w.a[i * w.a_step + j] = was;
                    }
            w.bf[0] = 1e29F;
            assert_true(delta_matmul_bounded_float(&(delta_seen){0}, how, rows, 7, 5, 1, w.af, w.a_step, w.bf, w.b_step));
            w.bf[0] = 1.3e30F;
            assert_false(delta_matmul_bounded_float(&(delta_seen){0}, how, rows, 7, 5, 1, w.af, w.a_step, w.bf, w.b_step));
            w.b[0] = 0x1p950;
            assert_true(delta_matmul_bounded(&(delta_seen){0}, how, rows, 7, 5, 1, w.a, w.a_step, w.b, w.b_step));
            assert_false(delta_matmul_bounded(&(delta_seen){0}, how, rows, 7, 5, 0x1p20, w.a, w.a_step, w.b, w.b_step));
            work_close(&w);
        }
    assert_true(isfinite(1.7976931348623157e308 + 0x1p960 * 512));
    assert_true(isfinite(3.4028234663852886e38F + 0x1p100F * 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(chosen_kernel_is_right), cmocka_unit_test(portable_kernel_is_right),
                                       cmocka_unit_test(same_bits_every_time), cmocka_unit_test(bound_keeps_finite), cmocka_unit_test(threads_change_no_bit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
