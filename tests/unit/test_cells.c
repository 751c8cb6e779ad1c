/* Open cells: between zeros on a line, and in the plane each combination of signs that random points have has a cell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gen/prove/cells.h"
#include "grammar/arena.h"

#define MOST_POINTS 200

typedef struct {
    int variables, count;
    fmpq point[MOST_POINTS][CELLS_MOST_VARIABLES];
} found;

static bool keep(void *context, const fmpq *point, const fmpq *low, const fmpq *high)
{
    found *x = context;
    const fmpq *last = &point[x->variables - 1];
    assert_true(x->count < MOST_POINTS);
    assert_true((!low || fmpq_cmp(low, last) <= 0) && (!high || fmpq_cmp(last, high) <= 0));
    for (int k = 0; k < x->variables; k++) {
        fmpq_init(&x->point[x->count][k]);
        fmpq_set(&x->point[x->count][k], &point[k]);
    }
    x->count++;
    return true;
}

static void forget(found *x)
{
    for (int i = 0; i < x->count; i++)
        for (int k = 0; k < x->variables; k++)
            fmpq_clear(&x->point[i][k]);
}

static void parse(fmpz_mpoly_struct *p, const char *text, const char **names, const fmpz_mpoly_ctx_t ring)
{
    fmpz_mpoly_init(p, ring);
    assert_int_equal(fmpz_mpoly_set_str_pretty(p, text, names, ring), 0);
}

/* The sign of p at a point, by its terms one after another. */
static int sign_at(const fmpz_mpoly_struct *p, const fmpq *point, int variables, const fmpz_mpoly_ctx_t ring)
{
    slong exponent[CELLS_MOST_VARIABLES];
    fmpq_t sum, term, power;
    fmpz_t z;
    fmpq_init(sum), fmpq_init(term), fmpq_init(power);
    fmpz_init(z);
    for (slong i = 0; i < fmpz_mpoly_length(p, ring); i++) {
        fmpz_mpoly_get_term_coeff_fmpz(z, p, i, ring);
        fmpz_mpoly_get_term_exp_si(exponent, p, i, ring);
        fmpq_set_fmpz(term, z);
        for (int k = 0; k < variables; k++) {
            fmpq_pow_si(power, &point[k], exponent[k]);
            fmpq_mul(term, term, power);
        }
        fmpq_add(sum, sum, term);
    }
    int sign = fmpq_sgn(sum);
    fmpq_clear(sum), fmpq_clear(term), fmpq_clear(power);
    fmpz_clear(z);
    return sign;
}

static void test_line(void **state)
{
    (void)state;
    static const char *const text[] = {"x-1", "3*x+2", "x^2-2", "x^2+1", "2*x-2"};
    static const char *names[] = {"x"};
    fmpz_mpoly_ctx_t ring;
    fmpz_mpoly_struct p[5];
    fmpq zero[CELLS_MOST_ZEROS];
    bool exact[CELLS_MOST_ZEROS];
    found x = {.variables = 1};
    fmpz_mpoly_ctx_init(ring, 1, ORD_LEX);
    for (int i = 0; i < 5; i++)
        parse(&p[i], text[i], names, ring);
    for (int i = 0; i < CELLS_MOST_ZEROS; i++)
        fmpq_init(&zero[i]);
    assert_true(cells_walk(p, 5, ring, NULL, keep, &x) == CELLS_VISITED);
    assert_int_equal(x.count, 5); /* −√2, −2/3, 1, √2; x − 1 and 2x − 2 are one */
    for (int i = 1; i < x.count; i++)
        assert_true(fmpq_cmp(&x.point[i - 1][0], &x.point[i][0]) < 0);
    assert_int_equal(cells_zeros(p, 5, ring, zero, exact), 4);
    assert_true(!exact[0] && exact[1] && exact[2] && !exact[3]);
    assert_true(fmpq_equal_si(&zero[2], 1) && fmpq_cmp_si(&zero[1], 0) < 0);
    for (int i = 0; i < 4; i++) {
        assert_true(fmpq_cmp(&x.point[i][0], &zero[i]) < 0);
        assert_true(fmpq_cmp(&zero[i], &x.point[i + 1][0]) < 0);
    }
    for (int i = 0; i < 5; i++)
        fmpz_mpoly_clear(&p[i], ring);
    for (int i = 0; i < CELLS_MOST_ZEROS; i++)
        fmpq_clear(&zero[i]);
    forget(&x);
    fmpz_mpoly_ctx_clear(ring);
}

/* Components that signs alone do not tell apart need two cells: 1 − x y < 0 has two, x² − 1 > 0 too. */
static void test_components(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int negative, positive; /* components at least */
    } list[] = {{"x*y-1", 1, 2}, {"x^2-1", 1, 2}, {"x^2+y^2-1", 1, 1}, {"x^2-y^2", 2, 2}, {"y^2-x^3+x", 2, 1}};
    static const char *names[] = {"x", "y"};
    fmpz_mpoly_ctx_t ring;
    fmpz_mpoly_ctx_init(ring, 2, ORD_LEX);
    for (size_t k = 0; k < sizeof list / sizeof *list; k++) {
        fmpz_mpoly_struct p;
        found x = {.variables = 2};
        int count[3] = {0};
        parse(&p, list[k].text, names, ring);
        assert_true(cells_walk(&p, 1, ring, NULL, keep, &x) == CELLS_VISITED);
        for (int i = 0; i < x.count; i++)
            count[sign_at(&p, x.point[i], 2, ring) + 1]++;
        assert_int_equal(count[1], 0);
        assert_true(count[0] >= list[k].negative && count[2] >= list[k].positive);
        fmpz_mpoly_clear(&p, ring);
        forget(&x);
    }
    fmpz_mpoly_ctx_clear(ring);
}

/* Every combination of signs that a random point has is that of a cell. */
static void test_random(void **state)
{
    (void)state;
    flint_rand_t random;
    fmpz_mpoly_ctx_t ring;
    fmpq point[CELLS_MOST_VARIABLES];
    int walked = 0;
    flint_randinit(random);
    for (int round = 0; round < 120; round++) {
        int variables = 1 + round % 3, count = 1 + (int)n_randint(random, variables == 3 ? 2 : 3);
        fmpz_mpoly_struct p[3];
        found *x = xcalloc(1, sizeof *x);
        x->variables = variables;
        fmpz_mpoly_ctx_init(ring, variables, ORD_LEX);
        for (int i = 0; i < count; i++) {
            fmpz_mpoly_init(&p[i], ring);
            do
                fmpz_mpoly_randtest_bound(p + i, random, 3, 3, 2 + (ulong)(variables < 3), ring);
            while (fmpz_mpoly_is_zero(&p[i], ring));
        }
        if (cells_walk(p, count, ring, NULL, keep, x) == CELLS_VISITED) {
            walked++;
            for (int trial = 0; trial < 60; trial++) {
                bool border = false, met = false;
                for (int k = 0; k < variables; k++) {
                    fmpq_init(&point[k]);
                    fmpq_set_si(&point[k], (slong)n_randint(random, 81) - 40, 1 + n_randint(random, 12));
                }
                for (int i = 0; i < count; i++)
                    border = border || sign_at(&p[i], point, variables, ring) == 0;
                for (int c = 0; c < x->count && !met; c++) {
                    met = true;
                    for (int i = 0; i < count; i++)
                        met = met && sign_at(&p[i], point, variables, ring) == sign_at(&p[i], x->point[c], variables, ring);
                }
                assert_true(border || met);
                for (int k = 0; k < variables; k++)
                    fmpq_clear(&point[k]);
            }
        }
        for (int i = 0; i < count; i++)
            fmpz_mpoly_clear(&p[i], ring);
        forget(x);
        free(x);
        fmpz_mpoly_ctx_clear(ring);
    }
    assert_true(walked > 80);
    flint_randclear(random);
    flint_cleanup();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_line), cmocka_unit_test(test_components), cmocka_unit_test(test_random)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
