/* Random expressions with vectors and matrices: what model_print writes, read again, has the same value. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gen/dag/ops.h"
#include "gen/model/print.h"
#include "sheet.h"

enum { EXPRESSIONS = 600, SIDE = 2 };

/* --- random text, fully parenthesised; rank 0, 1 or 2 --- */

static unsigned next_random(unsigned *state, unsigned below)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 16) % below;
}

static void any(buffer *out, unsigned *r, int rank, int depth);

/* A pattern: 0, 1, 2 stand for operands of that rank. */
static void fill(buffer *out, unsigned *r, const char *pattern, int depth)
{
    for (const char *c = pattern; *c; c++)
        if (*c >= '0' && *c <= '2')
            any(out, r, *c - '0', depth - 1);
        else
            buffer_add(out, c, 1);
}

static void any(buffer *out, unsigned *r, int rank, int depth)
{
    static const char *const leaves[3][4] = {{"a", "b", "s", "x"}, {"u", "v", "w", "y"}, {"A", "W", "D", "A"}};
    static const char *const scalars[] = {"(0 + 0)",
                                          "(0 − 0)",
                                          "(−0)",
                                          "(0*0)",
                                          "(0/0)",
                                          "((0)^II)",
                                          "√(|(0)|)",
                                          "tanh(0)",
                                          "σ(0)",
                                          "(1·1)",
                                          "sum(1)",
                                          "(Σ (2 .* 2))",
                                          "(if 0 < 0 then 0 else 0)",
                                          "(III*0)",
                                          "(I.V*0)",
                                          "(Σ_i (u[i]*0))",
                                          "|(0)|",
                                          "σ″(0)",
                                          "mean_batch(0)",
                                          "max(0, 0)"};
    static const char *const vectors[] = {"(1 + 1)",  "(1 − 1)",  "(−1)",    "(0*1)",         "(2*1)",
                                          "(1 .* 1)", "(1 ./ 1)", "tanh(1)", "(1/0)",         "softmax(1)",
                                          "(1^II)",   "(2^T*1)",  "(1 + 0)", "mean_batch(1)", "(if 1 > 0 then 1 else 0)"};
    static const char *const matrices[] = {"(2 + 2)", "(2 − 2)",  "(−2)",    "(0*2)", "(2*2)",   "(2^T)",
                                           "(1*1^T)", "(2 .* 2)", "tanh(2)", "(2/0)", "(1*y^T)", "mean_batch(2)"};
    static const char *const *const all[] = {scalars, vectors, matrices};
    static const unsigned count[] = {sizeof scalars / sizeof *scalars, sizeof vectors / sizeof *vectors, sizeof matrices / sizeof *matrices};
    if (depth <= 0)
        buffer_puts(out, leaves[rank][next_random(r, 4)]);
    else
        fill(out, r, all[rank][next_random(r, count[rank])], depth);
}

/* I, II, III, I.V stand for numbers in the patterns, where digits are operands. */
static void put_numbers(buffer *text, const char *pattern)
{
    for (const char *c = pattern; *c; c++) {
        if (strncmp(c, "III", 3) == 0)
            buffer_puts(text, "(3/7)"), c += 2;
        else if (strncmp(c, "II", 2) == 0)
            buffer_puts(text, "2"), c += 1;
        else if (strncmp(c, "I.V", 3) == 0)
            buffer_puts(text, "0.5"), c += 2;
        else
            buffer_add(text, c, 1);
    }
}

/* --- values --- */

typedef struct {
    const model *m;
    long index[256], bound[64];
} values;

static double value_of(values *v, node n);

static double entry_value(values *v, node n)
{
    const dag *d = v->m->dag;
    unsigned h = (unsigned)dag_payload(d, n) * 2654435761u;
    /* By name, for the two pages number their variables in different ways. */
    for (const char *c = model_var_name(v->m, dag_payload(d, n)); *c; c++)
        h = (c == model_var_name(v->m, dag_payload(d, n)) ? 5381u : h) * 33u + (unsigned char)*c;
    for (int i = 0; i < dag_count(d, n); i++)
        h = (h ^ (unsigned)lround(value_of(v, dag_child(d, n, i)) + 7)) * 2654435761u;
    h ^= h >> 15;
    return 0.3 + (double)(h % 1000u) / 700.0;
}

static double function_value(const char *name, const double *u)
{
    if (strcmp(name, "tanh") == 0)
        return tanh(u[0]);
    if (strcmp(name, "abs") == 0)
        return fabs(u[0]);
    if (strcmp(name, "max") == 0)
        return fmax(u[0], u[1]);
    fail_msg("no value for %s", name);
    return 0;
}

static double reduce_value(values *v, node n)
{
    const dag *d = v->m->dag;
    int level = dag_height(d, n), last = dag_count(d, n) - 1;
    long lo = lround(value_of(v, dag_child(d, n, 0))), hi = lround(value_of(v, dag_child(d, n, 1)));
    bool softmax = dag_payload(d, n) == REDUCE_SOFTMAX;
    assert_true(softmax || dag_payload(d, n) == REDUCE_SUM);
    long at = softmax ? lround(value_of(v, dag_child(d, n, 2))) : 0;
    double sum = 0, chosen = 0;
    for (long i = lo; i <= hi; i++) {
        v->bound[level] = i;
        double u = value_of(v, dag_child(d, n, last));
        sum += softmax ? exp(u) : u;
        chosen = softmax && i == at ? exp(u) : chosen;
    }
    return softmax ? chosen / sum : sum;
}

static double compare_value(compare c, double a, double b)
{
    return c == COMPARE_EQUAL ? a == b : c == COMPARE_UNEQUAL ? a != b : c == COMPARE_LESS ? a < b : a <= b;
}

static double value_of(values *v, node n)
{
    const dag *d = v->m->dag;
    int count = dag_count(d, n);
    double u[3] = {0}, total = dag_kind(d, n) == NODE_MUL;
    switch (dag_kind(d, n)) {
    case NODE_NUMBER: return mpq_get_d(*dag_value(d, n));
    case NODE_SIZE: return SIDE;
    case NODE_INDEX: return (double)v->index[dag_payload(d, n)];
    case NODE_BOUND: return (double)v->bound[dag_payload(d, n)];
    case NODE_ENTRY: return entry_value(v, n);
    case NODE_REDUCE: return reduce_value(v, n);
    case NODE_IF: return value_of(v, dag_child(d, n, value_of(v, dag_child(d, n, 0)) != 0.0 ? 1 : 2));
    case NODE_ADD:
        for (int i = 0; i < count; i++)
            total += value_of(v, dag_child(d, n, i));
        return total;
    case NODE_MUL:
        for (int i = 0; i < count; i++)
            total *= value_of(v, dag_child(d, n, i));
        return total;
    default: break;
    }
    for (int i = 0; i < count && i < 3; i++)
        u[i] = value_of(v, dag_child(d, n, i));
    switch (dag_kind(d, n)) {
    case NODE_POW: return pow(u[0], u[1]);
    case NODE_COMPARE: return compare_value((compare)dag_payload(d, n), u[0], u[1]);
    case NODE_FUN: return function_value(op_get((op)dag_payload(d, n))->name, u);
    case NODE_APPLY: return sin(u[0] + dag_signature_get(d, dag_payload(d, n))->derivative_count);
    default: fail_msg("no value for kind %d", dag_kind(d, n)); return 0;
    }
}

static bool same_value(double a, double b)
{
    return !isfinite(a) || !isfinite(b) || fabs(a - b) <= 1e-8 * (1 + fabs(a) + fabs(b));
}

/* --- pages --- */

static const char head[] = "size n = 2\ninput x, y[n]\nparam a, b, s, u[n], v[n], w[n], A[n,n], W[n,n], D[n,n]\nfunction σ\n";

/* "q = …" as it is printed, or as index form. */
static void print_definition(const model *m, buffer *out, const model_equation *e, bool index_form)
{
    arena *memory = arena_new();
    int rank = index_form ? 0 : model_print_rank(m, e->rhs, e->index_count, e->index);
    notation_write(out, model_notation_left(m, memory, e->var, e->at, e->index_count, e->index, rank));
    buffer_puts(out, " = ");
    notation_write(out, model_notation(m, memory, e->rhs, e->index_count, e->index, index_form ? -1 : rank));
    buffer_puts(out, "\n");
    arena_free(memory);
}

static const model_equation *definition_of(const sheet *p)
{
    const int *list = NULL;
    int var = model_find_var(p->m, intern_puts(p->names, "q"));
    assert_true(var >= 0 && model_equations_of(p->m, var, &list) == 1);
    return &p->m->equation[list[0]];
}

/* Every entry of q on both pages. */
static bool same_definition(const sheet *one, const sheet *two)
{
    const model_equation *e = definition_of(one), *f = definition_of(two);
    if (e->index_count != f->index_count)
        return false;
    for (int k = 0; k < 1 << e->index_count; k++) {
        values v = {.m = one->m}, w = {.m = two->m};
        for (int i = 0; i < e->index_count; i++) {
            v.index[e->index[i]] = k >> i & 1;
            w.index[f->index[i]] = k >> i & 1;
        }
        if (!same_value(value_of(&v, e->rhs), value_of(&w, f->rhs)))
            return false;
    }
    return true;
}

static void check_printed(const sheet *p, const char *text, bool index_form)
{
    buffer again = {0};
    buffer_puts(&again, head);
    print_definition(p->m, &again, definition_of(p), index_form);
    sheet q;
    sheet_read(&q, again.text);
    bool fine = !q.errors.errors && same_definition(p, &q);
    if (!fine) {
        diag_print(&q.errors, q.sources, stderr, false);
        fail_msg("%s\nis printed as\n%s", text + sizeof head - 1, again.text + sizeof head - 1);
    }
    sheet_close(&q);
    buffer_free(&again);
}

static void test_random_expressions(void **state)
{
    (void)state;
    unsigned r = 20240130u;
    int read = 0;
    for (int i = 0; i < EXPRESSIONS; i++) {
        buffer pattern = {0}, text = {0};
        any(&pattern, &r, (int)next_random(&r, 3), 1 + (int)next_random(&r, 4));
        buffer_puts(&text, head);
        buffer_puts(&text, "q = ");
        put_numbers(&text, pattern.text);
        buffer_puts(&text, "\n");
        sheet p;
        sheet_read(&p, text.text);
        if (!p.errors.errors) {
            read++;
            check_printed(&p, text.text, false);
            check_printed(&p, text.text, true);
        }
        sheet_close(&p);
        buffer_free(&pattern);
        buffer_free(&text);
    }
    assert_true(read > EXPRESSIONS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_expressions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
