/* Sums of products over several indices at once against plain loops: windows, strides, axes in any order, sizes around those of the tiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/contract.h"

enum { MOST = 4 };

/* Three indices, each made of several. */
typedef struct {
    int count[3];
    delta_span span[3][MOST];
} shape;

static uint64_t next_bits(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static ptrdiff_t extent(const shape *s, int index)
{
    ptrdiff_t total = 1;
    for (int i = 0; i < s->count[index]; i++)
        total *= s->span[index][i].count;
    return total;
}

static ptrdiff_t distance(const shape *s, int index, ptrdiff_t value, int second)
{
    ptrdiff_t sum = 0;
    for (int i = s->count[index] - 1; i >= 0; i--) {
        const delta_span *p = &s->span[index][i];
        sum += value % p->count * (second ? p->second : p->first);
        value /= p->count;
    }
    return sum;
}

static ptrdiff_t farthest(const shape *s, int index, int second)
{
    return distance(s, index, extent(s, index) - 1, second);
}

static void compare(const shape *s, int how)
{
    ptrdiff_t rows = extent(s, 0), columns = extent(s, 1), inner = extent(s, 2),
              size[3] = {1 + farthest(s, 0, 0) + farthest(s, 2, 0), 1 + farthest(s, 1, 0) + farthest(s, 2, 1), 1 + farthest(s, 0, 1) + farthest(s, 1, 1)};
    uint64_t state = (uint64_t)(rows + 1000 * columns + 77777 * inner + how);
    double *real[3], *expected = malloc((size_t)size[2] * sizeof *expected);
    float *single[3];
    for (int k = 0; k < 3; k++) {
        real[k] = malloc((size_t)size[k] * sizeof *real[k]), single[k] = malloc((size_t)size[k] * sizeof *single[k]);
        for (ptrdiff_t i = 0; i < size[k]; i++)
            single[k][i] = (float)(real[k][i] = (double)(float)((double)next_bits(&state) / 1073741824.0 - 1.0));
    }
    memcpy(expected, real[2], (size_t)size[2] * sizeof *expected);
    for (ptrdiff_t i = 0; i < rows; i++)
        for (ptrdiff_t j = 0; j < columns; j++) {
            double sum = 0, *to = &expected[distance(s, 0, i, 1) + distance(s, 1, j, 1)];
            for (ptrdiff_t k = 0; k < inner; k++)
                sum += real[0][distance(s, 0, i, 0) + distance(s, 2, k, 0)] * real[1][distance(s, 1, j, 0) + distance(s, 2, k, 1)];
            *to = 0.75 * sum + (how & DELTA_ACCUMULATE ? *to : 0);
        }
    delta_contract(how, 0.75, real[0], real[1], real[2], s->count[0], s->span[0], s->count[1], s->span[1], s->count[2], s->span[2]);
    delta_contract_float(how, 0.75F, single[0], single[1], single[2], s->count[0], s->span[0], s->count[1], s->span[1], s->count[2], s->span[2]);
    for (ptrdiff_t i = 0; i < size[2]; i++) {
        assert_true(fabs(real[2][i] - expected[i]) <= 1e-15 * (double)(inner + 4));
        assert_true(fabs((double)single[2][i] - expected[i]) <= 3e-7 * (double)(inner + 4));
    }
    for (int k = 0; k < 3; k++)
        free(real[k]), free(single[k]);
    free(expected);
}

/* b images of r maps, n × n, windows of k × k at a distance `by` from each other and with steps of `apart`: forward, by the kernel, by the image for one place of
 * the window. */
static void convolution(ptrdiff_t b, ptrdiff_t r, ptrdiff_t q, ptrdiff_t n, ptrdiff_t k, ptrdiff_t by, ptrdiff_t apart)
{
    const ptrdiff_t m = (n - 1 - apart * (k - 1)) / by + 1;
    const shape forward = {
        {1, 3, 3}, {{{q, r * k * k, m * m}}, {{b, r * n * n, q * m * m}, {m, by * n, m}, {m, by, 1}}, {{r, k * k, n * n}, {k, k, apart * n}, {k, 1, apart}}}};
    const shape kernel = {
        {1, 3, 3}, {{{q, m * m, r * k * k}}, {{r, n * n, k * k}, {k, apart * n, k}, {k, apart, 1}}, {{b, q * m * m, r * n * n}, {m, m, by * n}, {m, 1, by}}}};
    const shape image = {{1, 3, 1}, {{{r, k * k, n * n}}, {{b, q * m * m, r * n * n}, {m, m, by * n}, {m, 1, by}}, {{q, r * k * k, m * m}}}};
    for (int how = 0; how <= DELTA_ACCUMULATE; how += DELTA_ACCUMULATE) {
        compare(&forward, how);
        compare(&kernel, how);
        compare(&image, how);
    }
}

static void convolutions(void **state)
{
    (void)state;
    convolution(1, 1, 1, 5, 3, 1, 1);
    convolution(3, 2, 5, 9, 3, 2, 1);
    convolution(2, 3, 16, 12, 5, 1, 1);
    convolution(2, 1, 9, 28, 5, 1, 1);
    convolution(5, 4, 3, 11, 2, 1, 3);
    convolution(2, 2, 40, 19, 4, 3, 2);
    convolution(70, 2, 3, 10, 3, 1, 1);
}

/* Axes in any order, some joined, some of one value. */
static void random_shapes(void **state)
{
    uint64_t bits = 1;
    (void)state;
    for (int n = 0; n < 300; n++) {
        shape s = {0};
        ptrdiff_t step[3] = {1, 1, 1}; /* of a, b, c: each axis lies outside all that came before */
        static const int first[] = {0, 1, 0}, second[] = {2, 2, 1};
        for (int more = 2 + (int)(next_bits(&bits) % 5); more > 0; more--) {
            int index = (int)(next_bits(&bits) % 3);
            if (s.count[index] == MOST)
                continue;
            ptrdiff_t count = 1 + (ptrdiff_t)(next_bits(&bits) % (more == 1 ? 70 : 9));
            memmove(&s.span[index][1], &s.span[index][0], (size_t)s.count[index]++ * sizeof s.span[index][0]);
            s.span[index][0] = (delta_span){count, step[first[index]], step[second[index]]};
            step[first[index]] *= count, step[second[index]] *= count;
        }
        compare(&s, n % 2 ? DELTA_ACCUMULATE : 0);
    }
}

static void nothing_to_add(void **state)
{
    const delta_span row = {3, 1, 2}, column = {2, 3, 1}, none = {0, 1, 1};
    double a[9] = {0}, b[9] = {0}, c[6] = {1, 2, 3, 4, 5, 6};
    (void)state;
    delta_contract(DELTA_ACCUMULATE, 1, a, b, c, 1, &row, 1, &column, 1, &none);
    assert_true(c[5] == 6);
    delta_contract(0, 1, a, b, c, 1, &row, 1, &none, 1, &column);
    assert_true(c[5] == 6);
    delta_contract(0, 1, a, b, c, 1, &row, 1, &column, 1, &none);
    assert_true(c[0] == 0 && c[5] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(convolutions), cmocka_unit_test(random_shapes), cmocka_unit_test(nothing_to_add)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
