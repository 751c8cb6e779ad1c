/* model_print on expressions built by hand: a small page with scalars, vectors, matrices and a recurrence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gen/model/print.h"

typedef struct {
    model m;
    node n, h, k; /* sizes */
    int i, j, l, s, t;
    int sigma, net, matrix;
    buffer out;
} page;

static int add_size(page *p, const char *name, int population)
{
    model *m = &p->m;
    m->size[m->size_count] = (model_size){.key = intern_puts(m->names, name), .population = population};
    return m->size_count++;
}

static int add_var(page *p, const char *name, bool sample, int axes, const node *size)
{
    model_var v = {.key = intern_puts(p->m.names, name), .role = ROLE_DEFINED, .sample = sample, .by = -1};
    if (sample)
        v.axis_size[v.axis_count++] = dag_sizesym(p->m.dag, 0);
    for (int i = 0; i < axes; i++)
        v.axis_size[v.axis_count++] = size[i];
    return model_add_var(&p->m, &v);
}

static int add_index(page *p, const char *name, node size, bool sample)
{
    dag *d = p->m.dag;
    node hi = dag_sub(d, size, dag_int(d, 1));
    return (sample ? dag_index_sample : dag_index)(d, intern_puts(p->m.names, name), dag_int(d, 0), hi);
}

static page *page_new(void)
{
    page *p = calloc(1, sizeof *p);
    model *m = &p->m;
    m->memory = arena_new();
    m->names = intern_new();
    m->dag = dag_new(m->names);
    m->size = arena_alloc(m->memory, 8 * sizeof *m->size);
    m->function = arena_alloc(m->memory, 8 * sizeof *m->function);
    add_size(p, "B", 0);
    p->n = dag_sizesym(m->dag, add_size(p, "n", -1));
    p->h = dag_sizesym(m->dag, add_size(p, "h", -1));
    p->k = dag_sizesym(m->dag, add_size(p, "T", -1));
    m->function[m->function_count++] = (model_function){.key = intern_puts(m->names, "σ")};
    m->function[m->function_count++] = (model_function){.key = intern_puts(m->names, "f")};
    p->sigma = dag_signature_add(m->dag, &(dag_signature){.function = 0, .arg_count = 1});
    p->net = dag_signature_add(m->dag, &(dag_signature){.function = 1, .out_rank = 1, .arg_count = 1});
    p->i = add_index(p, "i", p->n, false);
    p->j = add_index(p, "j", p->h, false);
    p->l = add_index(p, "l", p->h, false);
    p->t = add_index(p, "t", p->k, false);
    p->s = add_index(p, "s", dag_sizesym(m->dag, 0), true);
    return p;
}

static void page_free(page *p)
{
    buffer_free(&p->out);
    dag_free(p->m.dag);
    intern_free(p->m.names);
    arena_free(p->m.memory);
    free(p);
}

/* --- short forms --- */

static node x_(page *p, int index)
{
    return dag_index_node(p->m.dag, index);
}
/* A scalar of this name, made at its first use. */
static node scalar(page *p, const char *name)
{
    int var = model_find_var(&p->m, intern_puts(p->m.names, name));
    return dag_entry(p->m.dag, var >= 0 ? var : add_var(p, name, false, 0, NULL), 0, NULL);
}
static node entry1(page *p, const char *name, node size, node at)
{
    int var = model_find_var(&p->m, intern_puts(p->m.names, name));
    return dag_entry(p->m.dag, var >= 0 ? var : add_var(p, name, false, 1, &size), 1, &at);
}
static node entry2(page *p, const char *name, node rows, node columns, node i, node j)
{
    int var = model_find_var(&p->m, intern_puts(p->m.names, name));
    node size[] = {rows, columns}, at[] = {i, j};
    return dag_entry(p->m.dag, var >= 0 ? var : add_var(p, name, false, 2, size), 2, at);
}
static node sample1(page *p, const char *name, node size, node sample, node at)
{
    int var = model_find_var(&p->m, intern_puts(p->m.names, name));
    node where[] = {sample, at};
    return dag_entry(p->m.dag, var >= 0 ? var : add_var(p, name, true, 1, &size), 2, where);
}
static node mul2(page *p, node a, node b)
{
    return dag_raw_mul(p->m.dag, 2, (node[]){a, b});
}
static node mul3(page *p, node a, node b, node c)
{
    return dag_raw_mul(p->m.dag, 3, (node[]){a, b, c});
}
static node add(page *p, node a, node b)
{
    return dag_raw_add(p->m.dag, 2, (node[]){a, b});
}
static node minus(page *p, node a, node b)
{
    return add(p, a, mul2(p, dag_int(p->m.dag, -1), b));
}
static node power(page *p, node a, long e)
{
    return dag_raw_pow(p->m.dag, a, dag_int(p->m.dag, e));
}
static node number(page *p, long a, long b)
{
    return dag_ratio(p->m.dag, a, b);
}
static node apply(page *p, int primes, node z)
{
    dag_signature g = {.function = 0, .arg_count = 1, .derivative_count = primes};
    return dag_apply(p->m.dag, dag_signature_add(p->m.dag, &g), 1, &z);
}
static node reduce(page *p, reduction r, int index, node at, node body)
{
    const dag_index_info *x = dag_index_get(p->m.dag, index);
    return dag_raw_reduce(p->m.dag, r, index, x->lo, x->hi, at, body);
}
static node sum(page *p, int index, node body)
{
    return reduce(p, REDUCE_SUM, index, 0, body);
}

static void expect(page *p, const char *text, node n, int count, const int *indices)
{
    p->out.length = 0;
    model_print(&p->m, &p->out, n, count, indices);
    assert_string_equal(p->out.text, text);
}
static void expect_scalar(page *p, const char *text, node n)
{
    expect(p, text, n, 0, NULL);
}
static void expect_index(page *p, const char *text, node n)
{
    p->out.length = 0;
    model_print_index(&p->m, &p->out, n);
    assert_string_equal(p->out.text, text);
}

/* --- tests --- */

static void test_scalars(void **state)
{
    (void)state;
    page *p = page_new();
    node a = scalar(p, "a2"), y = scalar(p, "y"), w = scalar(p, "w2"), lambda = scalar(p, "λ"), z = scalar(p, "z1"), d2 = scalar(p, "δ2");
    expect_scalar(p, "δ2 w2 σ′(z1)", mul3(p, d2, w, apply(p, 1, z)));
    expect_scalar(p, "(a2 − y) σ″(z1)", mul2(p, minus(p, a, y), apply(p, 2, z)));
    expect_scalar(p, "½ (a2 − y)²", mul2(p, number(p, 1, 2), power(p, minus(p, a, y), 2)));
    expect_scalar(p, "2λ w2", mul3(p, number(p, 2, 1), lambda, w));
    expect_scalar(p, "2 w2", mul2(p, number(p, 2, 1), w));
    expect_scalar(p, "a2 − 2λ w2 + 1", add(p, minus(p, a, mul3(p, number(p, 2, 1), lambda, w)), number(p, 1, 1)));
    expect_scalar(p, "−y", mul2(p, number(p, -1, 1), y));
    expect_scalar(p, "a2 (−y)", dag_raw_mul(p->m.dag, 2, (node[]){a, dag_raw_add(p->m.dag, 1, (node[]){mul2(p, number(p, -1, 1), y)})}));
    expect_scalar(p, "a2 − (y − w2)", minus(p, a, minus(p, y, w)));
    expect_scalar(p, "λ (a2 + y)", mul2(p, lambda, add(p, a, y)));
    expect_scalar(p, "(z1 + y) λ", mul2(p, add(p, z, y), lambda));
    page_free(p);
}

static void test_numbers_and_quotients(void **state)
{
    (void)state;
    page *p = page_new();
    node a = scalar(p, "a"), b = scalar(p, "b"), c = scalar(p, "c");
    expect_scalar(p, "a/b", mul2(p, a, power(p, b, -1)));
    expect_scalar(p, "a c/b", mul3(p, a, power(p, b, -1), c));
    expect_scalar(p, "a/(b c)", mul3(p, a, power(p, b, -1), power(p, c, -1)));
    expect_scalar(p, "1/a²", power(p, a, -2));
    expect_scalar(p, "a/(b + c)", mul2(p, a, power(p, add(p, b, c), -1)));
    expect_scalar(p, "−a/b", mul3(p, number(p, -1, 1), a, power(p, b, -1)));
    expect_scalar(p, "3a/7", mul2(p, number(p, 3, 7), a));
    expect_scalar(p, "a/7", mul2(p, number(p, 1, 7), a));
    expect_scalar(p, "3a/(7b)", mul3(p, number(p, 3, 7), a, power(p, b, -1)));
    expect_scalar(p, "0.1 a", mul2(p, number(p, 1, 10), a));
    expect_scalar(p, "0.025 a", mul2(p, number(p, 1, 40), a));
    expect_scalar(p, "2.4", number(p, 12, 5));
    expect_scalar(p, "a + 3/7", add(p, a, number(p, 3, 7)));
    expect_scalar(p, "a^(3/7)", dag_raw_pow(p->m.dag, a, number(p, 3, 7)));
    expect_scalar(p, "√a", dag_raw_pow(p->m.dag, a, number(p, 1, 2)));
    expect_scalar(p, "√(a + b)", dag_raw_pow(p->m.dag, add(p, a, b), number(p, 1, 2)));
    expect_scalar(p, "1/√a", dag_raw_pow(p->m.dag, a, number(p, -1, 2)));
    expect_scalar(p, "(√a)²", power(p, dag_raw_pow(p->m.dag, a, number(p, 1, 2)), 2));
    expect_scalar(p, "a^12", power(p, a, 12));
    expect_scalar(p, "3·2^a", mul2(p, number(p, 3, 1), dag_raw_pow(p->m.dag, number(p, 2, 1), a)));
    expect_scalar(p, "a^b", dag_raw_pow(p->m.dag, a, b));
    expect_scalar(p, "a^(b + c)", dag_raw_pow(p->m.dag, a, add(p, b, c)));
    expect_scalar(p, "(a^b)^c", dag_raw_pow(p->m.dag, dag_raw_pow(p->m.dag, a, b), c));
    expect_scalar(p, "a^(b^c)", dag_raw_pow(p->m.dag, a, dag_raw_pow(p->m.dag, b, c)));
    expect_scalar(p, "a (b/c)", mul2(p, a, dag_raw_mul(p->m.dag, 2, (node[]){b, power(p, c, -1)})));
    page_free(p);
}

static void test_functions(void **state)
{
    (void)state;
    page *p = page_new();
    dag *d = p->m.dag;
    node u = scalar(p, "u"), v = scalar(p, "v"), zero = number(p, 0, 1);
    expect_scalar(p, "if u > 0 then u else 0", dag_raw_if(d, dag_raw_compare(d, COMPARE_LESS, zero, u), u, zero));
    expect_scalar(p, "v + (if u > 0 then u else 0)", add(p, v, dag_raw_if(d, dag_raw_compare(d, COMPARE_LESS, zero, u), u, zero)));
    expect_scalar(p, "v·[u == v]", mul2(p, v, dag_raw_compare(d, COMPARE_EQUAL, u, v)));
    expect_scalar(p, "[u ≤ v]", dag_raw_compare(d, COMPARE_LESS_EQUAL, u, v));
    expect_scalar(p, "u tanh(v)²", mul2(p, u, power(p, dag_raw_fun(d, OP_TANH, 1, &v), 2)));
    expect_scalar(p, "|u|", dag_raw_fun(d, OP_ABS, 1, &u));
    node inner = add(p, v, dag_raw_fun(d, OP_ABS, 1, &u));
    expect_scalar(p, "|v + abs(u)|", dag_raw_fun(d, OP_ABS, 1, &inner));
    expect_scalar(p, "max(u, v)", dag_raw_fun(d, OP_MAX, 2, (node[]){u, v}));
    expect_scalar(p, "2π u", mul3(p, number(p, 2, 1), dag_raw_fun(d, OP_PI_CONST, 0, NULL), u));
    node both = dag_raw_fun(d, OP_AND, 2, (node[]){dag_raw_compare(d, COMPARE_LESS, zero, u), dag_raw_compare(d, COMPARE_LESS, u, v)});
    expect_scalar(p, "if u > 0 and u < v then u else if u < v then 0 else v",
                  dag_raw_if(d, both, u, dag_raw_if(d, dag_raw_compare(d, COMPARE_LESS, u, v), zero, v)));
    page_free(p);
}

static void test_index_form(void **state)
{
    (void)state;
    page *p = page_new();
    dag *d = p->m.dag;
    node W = entry2(p, "W", p->h, p->n, x_(p, p->j), x_(p, p->i)), x = entry1(p, "x", p->n, x_(p, p->i));
    node product = sum(p, p->i, mul2(p, W, x));
    expect_index(p, "Σ_i W[j,i] x[i]", product);
    expect_index(p, "Σ_i W[j,i] x[i] + b[j]", add(p, product, entry1(p, "b", p->h, x_(p, p->j))));
    expect_index(p, "(Σ_i x[i])/c", mul2(p, sum(p, p->i, x), power(p, scalar(p, "c"), -1)));
    expect_index(p, "(Σ_i x[i]) c", mul2(p, sum(p, p->i, x), scalar(p, "c")));
    expect_index(p, "a Σ_i x[i]", mul2(p, scalar(p, "a"), sum(p, p->i, x)));
    node shifted = entry1(p, "x", p->n, add(p, x_(p, p->i), number(p, 1, 1)));
    int short_index = dag_index(d, intern_puts(p->m.names, "i"), number(p, 0, 1), add(p, p->n, number(p, -2, 1)));
    node from = x_(p, p->i), to = x_(p, short_index);
    expect_index(p, "Σ_{i in 0..n−2} x[i+1]", sum(p, short_index, dag_substitute(d, shifted, 1, &from, &to, true)));
    expect_index(p, "Σ_{j,i} W[j,i]²", sum(p, p->j, sum(p, p->i, power(p, W, 2))));
    expect_index(p, "max(x)", reduce(p, REDUCE_MAX, p->i, 0, x));
    expect_index(p, "max_{i} x[i] D[i,i]", reduce(p, REDUCE_MAX, p->i, 0, mul2(p, x, entry2(p, "D", p->n, p->n, x_(p, p->i), x_(p, p->i)))));
    page_free(p);
}

static void test_matrix_form(void **state)
{
    (void)state;
    page *p = page_new();
    dag *d = p->m.dag;
    node i = x_(p, p->i), j = x_(p, p->j), s = x_(p, p->s);
    node W = entry2(p, "W", p->h, p->n, j, i), x = sample1(p, "x", p->n, s, i), b = entry1(p, "b", p->h, j);
    node delta = sample1(p, "δ", p->h, s, j), z = sample1(p, "z", p->h, s, j), z1 = sample1(p, "z1", p->n, s, i);
    int J[] = {p->s, p->j}, I[] = {p->s, p->i}, JI[] = {p->s, p->j, p->i}, IJ[] = {p->i, p->j};
    expect(p, "W x + b", add(p, sum(p, p->i, mul2(p, W, x)), b), 2, J);
    expect(p, "(Wᵀ δ) ⊙ σ′(z1)", mul2(p, sum(p, p->j, mul2(p, W, delta)), apply(p, 1, z1)), 2, I);
    expect(p, "Wᵀ δ", sum(p, p->j, mul2(p, delta, W)), 2, I);
    expect(p, "δ xᵀ", mul2(p, delta, x), 3, JI);
    expect(p, "δ xᵀ + 2λ W", add(p, mul2(p, delta, x), mul3(p, number(p, 2, 1), scalar(p, "λ"), W)), 3, JI);
    expect(p, "Wᵀ", W, 2, IJ);
    expect(p, "δ·z", sum(p, p->j, mul2(p, delta, z)), 0, NULL);
    expect(p, "2 (δ·z)", mul2(p, number(p, 2, 1), sum(p, p->j, mul2(p, delta, z))), 0, NULL);
    expect(p, "sum(z)", sum(p, p->j, z), 0, NULL);
    expect(p, "λ Σ W²", mul2(p, scalar(p, "λ"), sum(p, p->j, sum(p, p->i, power(p, W, 2)))), 0, NULL);
    expect(p, "½ Σ (z − δ)²", mul2(p, number(p, 1, 2), sum(p, p->j, power(p, minus(p, z, delta), 2))), 0, NULL);
    expect(p, "δ·(W x)", sum(p, p->j, sum(p, p->i, mul3(p, delta, W, x))), 0, NULL);
    expect(p, "softmax(z)", reduce(p, REDUCE_SOFTMAX, p->j, j, z), 2, J);
    node A = entry2(p, "A", p->h, p->h, j, x_(p, p->l)), Wl = entry2(p, "W", p->h, p->n, x_(p, p->l), i);
    expect(p, "A W x", sum(p, p->l, mul2(p, A, sum(p, p->i, mul2(p, Wl, x)))), 2, J);
    expect(p, "A W", sum(p, p->l, mul2(p, A, Wl)), 3, JI);
    expect(p, "z ⊘ δ", mul2(p, z, power(p, delta, -1)), 2, J);
    expect(p, "z ⊙ δ/c", mul3(p, z, delta, power(p, scalar(p, "c"), -1)), 2, J);
    expect(p, "W ⊙ W", power(p, W, 2), 3, JI);
    expect(p, "b²", power(p, b, 2), 2, J);
    /* No matrix form: a diagonal, a delta. */
    expect(p, "A[j,j]", entry2(p, "A", p->h, p->h, j, j), 2, J);
    expect(p, "z[j]·[j == 0]", mul2(p, z, dag_raw_compare(d, COMPARE_EQUAL, j, number(p, 0, 1))), 2, J);
    page_free(p);
}

static void test_batches(void **state)
{
    (void)state;
    page *p = page_new();
    node i = x_(p, p->i), j = x_(p, p->j), s = x_(p, p->s), B = dag_sizesym(p->m.dag, 0);
    node x = sample1(p, "x", p->n, s, i), delta = sample1(p, "δ", p->h, s, j);
    int JI[] = {p->j, p->i}, I[] = {p->s, p->i};
    node mean = mul2(p, power(p, B, -1), sum(p, p->s, mul2(p, delta, x)));
    expect(p, "mean_batch(δ xᵀ)", mean, 2, JI);
    expect_index(p, "mean_batch(δ[j] x[i])", mean);
    node W = entry2(p, "W", p->h, p->n, j, i), eta = scalar(p, "η");
    expect(p, "W − η mean_batch(δ xᵀ)", add(p, W, dag_raw_mul(p->m.dag, 4, (node[]){number(p, -1, 1), eta, power(p, B, -1), sum(p, p->s, mul2(p, delta, x))})),
           2, JI);
    node m = mul2(p, power(p, B, -1), sum(p, p->s, x));
    expect(p, "x − mean_batch(x)", minus(p, x, m), 2, I);
    /* Another sample than the one that is summed over keeps its index. */
    node pair = sum(p, p->s, mul2(p, x, sample1(p, "x", p->n, x_(p, dag_index_sample(p->m.dag, 0, 0, 0)), i)));
    expect_index(p, "sum_batch(x[i] x[j,i])", pair);
    page_free(p);
}

static void test_recurrence(void **state)
{
    (void)state;
    page *p = page_new();
    dag *d = p->m.dag;
    node t = x_(p, p->t), j = x_(p, p->j), l = x_(p, p->l), before = add(p, t, number(p, -1, 1));
    node V = entry2(p, "V", p->h, p->h, j, l), old = entry2(p, "H", p->k, p->h, before, l);
    node z = add(p, sum(p, p->l, mul2(p, V, old)), entry1(p, "b", p->h, j));
    int tj[] = {p->t, p->j};
    node value = dag_raw_fun(d, OP_TANH, 1, &z);
    assert_int_equal(model_print_rank(&p->m, value, 2, tj), 1);
    p->out.length = 0;
    arena *memory = arena_new();
    notation_write(&p->out, model_notation_left(&p->m, memory, model_find_var(&p->m, intern_puts(p->m.names, "H")), (node[]){t, j}, 2, tj, 1));
    buffer_puts(&p->out, " = ");
    notation_write(&p->out, model_notation(&p->m, memory, value, 2, tj, 1));
    arena_free(memory);
    assert_string_equal(p->out.text, "H[t] = tanh(V H[t−1] + b)");
    page_free(p);
}

static void test_adjoints(void **state)
{
    (void)state;
    page *p = page_new();
    model *m = &p->m;
    int W = add_var(p, "W", false, 2, (node[]){p->h, p->n});
    model_var v = m->var[W];
    v.role = ROLE_ADJOINT;
    v.by = W;
    v.key = 0;
    v.text = intern_puts(m->names, "∂C/∂W");
    int g = model_add_var(m, &v);
    node at[] = {x_(p, p->j), x_(p, p->i)};
    expect_index(p, "∂C/∂W[j,i]", dag_entry(m->dag, g, 2, at));
    expect(p, "∂C/∂W", dag_entry(m->dag, g, 2, at), 2, (int[]){p->j, p->i});
    expect_index(p, "(∂C/∂W[j,i])²", power(p, dag_entry(m->dag, g, 2, at), 2));
    v.text = intern_puts(m->names, "∂z/∂W");
    v.axis_count = 3;
    v.axis_size[2] = p->n, v.axis_size[1] = v.axis_size[0] = p->h;
    int jacobian = model_add_var(m, &v);
    expect_index(p, "∂z[l]/∂W[j,i]", dag_entry(m->dag, jacobian, 3, (node[]){x_(p, p->l), at[0], at[1]}));
    page_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),     cmocka_unit_test(test_numbers_and_quotients),
        cmocka_unit_test(test_functions),   cmocka_unit_test(test_index_form),
        cmocka_unit_test(test_matrix_form), cmocka_unit_test(test_batches),
        cmocka_unit_test(test_recurrence),  cmocka_unit_test(test_adjoints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
