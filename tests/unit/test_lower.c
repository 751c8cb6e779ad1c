/* Equations to loops, and loops to C text, on small pages: what is dropped, fused, hoisted, scattered, run downward; names and comments that cannot break out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gen/calculus/calculus.h"
#include "gen/emit/c_private.h"
#include "gen/emit/emit.h"
#include "sheet.h"

typedef struct {
    sheet s;
    lower_program *p;
    buffer loops, c, h;
} page;

static page *page_built(const char *text, const lower_options *options)
{
    page *x = calloc(1, sizeof *x);
    sheet_open(&x->s, text);
    calculus_expand(x->s.m);
    calculus_train(x->s.m);
    sheet_no_errors(&x->s);
    x->p = lower_build(x->s.m, options);
    if (!x->p->failed) {
        emit_options o = {.name = "page"};
        lower_dump(x->p, &x->loops);
        assert_int_equal(emit_program(x->p, &o, &x->c, &x->h), 0);
    }
    return x;
}

static page *page_new(const char *text)
{
    return page_built(text, NULL);
}

static void page_free(page *x)
{
    buffer_free(&x->loops), buffer_free(&x->c), buffer_free(&x->h);
    sheet_close(&x->s);
    free(x);
}

static int count(const char *text, const char *what)
{
    int n = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
        n++;
    return n;
}

static void dead_equations_go(void **state)
{
    (void)state;
    page *x = page_new("input x\ntarget y\nparam w\nu = exp(x)\np = w x\nC = (p − y)²\nminimize C\noutput p\noptimize with sgd(η = 1)\n");
    assert_int_equal(count(x->loops.text, "exp"), 0);
    assert_int_equal(count(x->c.text, "exp("), 0);
    /* Nothing is computed for the gradient by the data. */
    assert_int_equal(count(x->loops.text, "d_x"), 0);
    page_free(x);
}

static void neighbours_share_a_loop(void **state)
{
    (void)state;
    page *x = page_new("input x\nparam w, b\nz = w x + b\na = tanh(z)\nq = a + z\noutput q\n");
    assert_int_equal(x->p->function_count, 1);
    assert_int_equal(count(x->loops.text, "for "), 1);
    page_free(x);
}

static void softmax_takes_each_exponential_once(void **state)
{
    (void)state;
    page *x = page_new("size n = 5\ninput x[n]\np = softmax(x)\noutput p\n");
    assert_int_equal(count(x->loops.text, "exp("), 1);
    assert_int_equal(count(x->loops.text, "max="), 1);
    /* The maximum and the sum belong to a sample, not to an entry. */
    assert_int_equal(count(x->loops.text, "\n    for "), 4);
    page_free(x);
}

static void sums_do_not_repeat(void **state)
{
    (void)state;
    page *x = page_new("size n = 5\ninput x[n]\nparam w[n]\nq[i] = x[i] Σ_j w[j]²\noutput q\n");
    /* Σ w² depends on no loop: it stands before them. */
    assert_non_null(strstr(x->loops.text, "function 0: forward\n  let t"));
    page_free(x);
    x = page_new("size n = 5\ninput x[n]\nparam A[n,n]\nq[i] = x[i] Σ_j A[i,j]²\noutput q\n");
    /* It depends on i but not on the sample: an array. */
    assert_int_equal(count(x->loops.text, "q_part["), 2);
    page_free(x);
}

static void gradients_are_added_by_rows(void **state)
{
    (void)state;
    page *x = page_new("size n = 5, h = 3\ninput x[n]\nparam W[h,n]\nz = W x\nC = Σ z²\nminimize C\noptimize with sgd(η = 1)\n");
    assert_non_null(strstr(x->c.text, "d_W[i * n + j] = DELTA_FMA(t1, x[s * n + j], d_W[i * n + j]);"));
    /* The forward product runs along both rows. */
    assert_non_null(strstr(x->c.text, "= DELTA_FMA(W[i * n + j], x[s * n + j], t"));
    page_free(x);
}

/* What comes back through a recurrence's product is one too, under the condition that keeps it inside the range; and loops stand inside that condition. */
static void recurrences_go_back_by_products(void **state)
{
    (void)state;
    page *x = page_new("size T = 6, n = 20, m = 24\ninput x[T,n]\ntarget y[m]\nparam W[m,n], U[m,m]\nh[-1] = 0\nz[t] = W x[t] + U h[t-1]\nh[t] = tanh(z[t])\n"
                       "C = Σ_j (h[T-1][j] − y[j])²\nminimize C\noptimize with sgd(η = 1)\n");
    assert_non_null(strstr(x->loops.text, "matrix d_h_part["));
    assert_null(strstr(x->loops.text, "d_h_part[·0.2] +="));
    const char *guard = strstr(x->loops.text, "when (0 <= t");
    assert_non_null(guard);
    assert_non_null(strstr(guard, "\n      for ·")); /* so deep, it stands inside */
    page_free(x);
}

static void recurrences_have_a_direction(void **state)
{
    (void)state;
    page *x = page_new("size T\ninput x[T]\nparam a = 0.5\nh[-1] = 0\nh[t] = tanh(a h[t-1] + x[t])\nC = h[T-1]²\nminimize C\noptimize with sgd(η = 1)\n");
    assert_int_equal(count(x->loops.text, "downward"), 1);
    assert_non_null(strstr(x->c.text, "t--"));
    page_free(x);
}

static void sums_over_steps_join_the_sweep(void **state)
{
    (void)state;
    page *x = page_new("size n, s\nparam x[n]\ny[0, i in 0..n-1] = 0\nk[t in 0..s-1, 0] = x[0]\nk[t in 0..s-1, i in 1..n-1] = x[i] y[t, i-1]\n"
                       "y[t in 1..s, i in 0..n-1] = y[t-1, i] + k[t-1, i]/s\nC = y[s, n-1]\nminimize C\noptimize with sgd(η = 0.01)\n");
    /* What d_k[t] is added to stands in the loop that computes it, for the part of the row and for its first entry; no array is made for either sum. */
    const char *sweep = strstr(x->loops.text, "downward"), *end = sweep ? strstr(sweep, "\nfunction") : NULL, *row = sweep ? strstr(sweep, "d_x[·0.") : NULL;
    assert_non_null(end);
    assert_true(row && row < end);
    assert_non_null(strstr(sweep, "+= d_k["));
    assert_true(strstr(sweep, "+= d_k[") < end);
    assert_int_equal(count(x->loops.text, "x_part"), 0);
    page_free(x);
}

static void steps_are_cut_between_end_and_beginning(void **state)
{
    (void)state;
    page *x = page_new("size n, s\nparam x[n]\ny[0, i in 0..n-1] = x[i]\nk[t in 0..s-1, i in 0..n-1] = sin(x[i] y[t, i])\n"
                       "y[t in 1..s, i in 0..n-1] = y[t-1, i] + k[t-1, i]/s\nC = Σ_i y[s, i]\noutput C\n");
    assert_int_equal(count(x->loops.text, "when "), 0);
    assert_int_equal(count(x->loops.text, " + 1), i."), 1); /* y[t + 1] behind k[t] */
    page_free(x);
}

static void adjoints_of_states_lie_in_one_place(void **state)
{
    (void)state;
    const char *start = "size n, s\nparam x[n]\ny[0, i in 0..n-1] = 0\n", *end = "C = y[s,n-1]\nminimize C\noptimize with sgd(η = 0.01)\n";
    const char *const middle[] = {"k[t in 0..s-1, i in 0..n-1] = sin(x[i] y[t,i])\ny[t in 1..s, i in 0..n-1] = y[t-1,i] + k[t-1,i]/s\n",
                                  "y[t in 1..s, 0] = y[t-1,0]\ny[t in 1..s, i in 1..n-1] = y[t-1,i] + sin(x[i] y[t-1,i-1])\n"};
    for (int i = 0; i < 2; i++) {
        char text[512];
        snprintf(text, sizeof text, "%s%s%s", start, middle[i], end);
        page *x = page_built(text, &(lower_options){.blocks = true});
        /* One step is enough, where what a step reads of the one after it is read before it is written. */
        assert_int_equal(strstr(x->c.text, "d_y[(apart * t) * n + ") != NULL, i == 0);
        page_free(x);
    }
}

static void layers_of_a_grid_stay_apart(void **state)
{
    (void)state;
    page *x =
        page_built("size T, L, n\nparam W[L,n], x[T,n]\nh[t in 0..T-1, -1, k] = x[t,k]\nh[-1, l in 0..L-1, k] = 0\n"
                   "h[t in 0..T-1, l in 0..L-1, k] = tanh(h[t,l-1,k] + W[l,k] h[t-1,l,k])\nC = Σ_{t,k} h[t,L-1,k]²\nminimize C\noptimize with sgd(η = 0.01)\n",
                   &(lower_options){.blocks = true});
    /* h[l−1,k] lies n entries before h[l,k], perhaps in the same vector: one loop over layers and entries would not be safe. */
    const char *layer = strstr(x->c.text, "for (ptrdiff_t l = 0; l < L; l++)"), *value = strstr(x->c.text, "] = tanh(");
    assert_true(layer && value && layer < value);
    /* Between the last step and the first nothing is asked. */
    const char *between = strstr(x->c.text, "for (ptrdiff_t t = T - 2; t >= 0; t--)");
    assert_non_null(between);
    const char *end = strstr(between, "\n}\n"), *asks = strstr(between, "if ("), *first = strstr(between, "for (ptrdiff_t t = -1;");
    assert_true(!asks || asks > (first && first < end ? first : end));
    page_free(x);
}

static void exponentials_lie_where_the_gradient_goes(void **state)
{
    (void)state;
    page *x = page_built("size n\nparam x[n]\nC = logsumexp(x)\nminimize C\noptimize with sgd(η = 0.01)\n", &(lower_options){.blocks = true});
    assert_int_equal(x->p->loan_count, 1);
    assert_int_equal(count(x->c.text, "work->C_part_2 = grad->x;"), 1);
    assert_int_equal(count(x->c.text, "work->C_part_2 = own_C_part_2;"), 1);
    page_free(x);
}

static void kronecker_deltas_are_scattered(void **state)
{
    (void)state;
    page *x = page_new("size V = 9, d = 2\ninput k : int\ntarget y[d]\nparam E[V,d]\nC = Σ_j (E[k,j] − y[j])²\nminimize C\noptimize with sgd(η = 1)\n");
    assert_int_equal(count(x->loops.text, "where "), 1);
    assert_non_null(strstr(x->c.text, "return PAGE_E_INDEX;"));
    page_free(x);
}

static void groups_see_the_values_before_them(void **state)
{
    (void)state;
    page *x = page_new("input x\nparam w\nstate m = 0\nC = (w x − 1)²\nminimize C\nm ← 0.9 m + ∂C/∂w\nthen\nw ← w − 0.1 m\n");
    assert_non_null(strstr(x->loops.text, "after step0: m from new_m"));
    assert_non_null(strstr(x->loops.text, "after step1: w from new_w"));
    /* w has not changed between the groups: the gradient is not computed again. */
    assert_int_equal(count(x->loops.text, "step0 step1"), 0);
    page_free(x);
}

static void numbers_are_the_nearest(void **state)
{
    (void)state;
    page *x = page_new("input x\nparam w\nq = 0.1 x + 1/3 w x + w/7\noutput q\n");
    assert_non_null(strstr(x->c.text, "0.1 * x[s]"));
    assert_non_null(strstr(x->c.text, "/ 3.0"));
    assert_non_null(strstr(x->c.text, "/ 7.0"));
    page_free(x);
}

static void names_stay_clear_of_the_language(void **state)
{
    (void)state;
    page *x = page_new("input double\nparam register, unix, params, tanh2, s\nreturn = register double + unix + params + tanh2 s\noutput return\n");
    assert_non_null(strstr(x->h.text, "double register_;"));
    assert_non_null(strstr(x->h.text, "double unix_;"));
    assert_non_null(strstr(x->h.text, "double params;"));
    assert_non_null(strstr(x->h.text, "*return_;"));
    page_free(x);
}

static void comments_stay_comments(void **state)
{
    (void)state;
    buffer out = {0};
    emit_comment_text(&out, "a */ b /* c \?\?/ d \\\n e \xe2\x80\xae f \xff g λ");
    assert_null(strstr(out.text, "*/"));
    assert_null(strstr(out.text, "/*"));
    assert_null(strstr(out.text, "\?\?"));
    assert_null(strchr(out.text, '\\'));
    assert_null(strchr(out.text, '\n'));
    assert_null(strstr(out.text, "\xe2\x80\xae"));
    assert_null(strchr(out.text, '\xff'));
    assert_non_null(strstr(out.text, "λ"));
    buffer_free(&out);
    emit_string(&out, "q\"\\\n??λ");
    assert_string_equal(out.text, "\"q\\042\\134\\012\\077\\077\\316\\273\"");
    buffer_free(&out);
}

static void file_names_become_identifiers(void **state)
{
    (void)state;
    arena *memory = arena_new();
    assert_string_equal(emit_name(memory, "dir/two-layer.delta"), "two_layer");
    assert_string_equal(emit_name(memory, "3 nets.v2.delta"), "v3_nets_v2");
    assert_string_equal(emit_name(memory, "int.delta"), "int_page");
    assert_string_equal(emit_name(memory, "λ.delta"), "v");
    arena_free(memory);
}

static void names_of_the_language_are_not_taken(void **state)
{
    (void)state;
    static const char *const word[] = {"DOMAIN", "FP_ZERO", "HUGE_VAL", "INFINITY", "M_PI", "NAN", "NULL", "OVERFLOW", "alignas", "alignof", "asm", "auto", "bool",
                                       "break", "case", "char", "class", "const", "continue", "default", "delete", "do", "double", "else", "enum", "errno", "export",
                                       "extern", "false", "float", "for", "goto", "if", "inline", "int", "int64_t", "isnan", "long", "namespace", "near", "new", "or",
                                       "private", "register", "restrict", "return", "short", "signed", "size_t", "sizeof", "static", "struct", "switch", "this",
                                       "throw", "true", "try", "typedef", "unix", "unsigned", "virtual", "void", "volatile", "while", "xor"};
    static const char *const called[] = {"acos", "cost", "erf", "exp", "expf", "floor", "grad", "lgamma", "main", "out", "params", "pow", "real", "sqrt", "work"};
    arena *memory = arena_new();
    for (size_t i = 0; i < sizeof word / sizeof *word; i++) {
        name_scope s;
        scope_open(&s);
        assert_string_equal(scope_name(&s, memory, word[i], false), arena_printf(memory, "%s_", word[i]));
        scope_close(&s);
    }
    for (size_t i = 0; i < sizeof called / sizeof *called; i++) {
        name_scope s;
        scope_open(&s);
        assert_string_equal(scope_name(&s, memory, called[i], false), called[i]);
        scope_close(&s);
        scope_open(&s);
        assert_string_equal(scope_name(&s, memory, called[i], true), arena_printf(memory, "%s_", called[i]));
        scope_close(&s);
    }
    arena_free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_the_language_are_not_taken),
        cmocka_unit_test(dead_equations_go),
        cmocka_unit_test(neighbours_share_a_loop),
        cmocka_unit_test(softmax_takes_each_exponential_once),
        cmocka_unit_test(sums_do_not_repeat),
        cmocka_unit_test(gradients_are_added_by_rows),
        cmocka_unit_test(recurrences_go_back_by_products),
        cmocka_unit_test(recurrences_have_a_direction),
        cmocka_unit_test(sums_over_steps_join_the_sweep),
        cmocka_unit_test(steps_are_cut_between_end_and_beginning),
        cmocka_unit_test(adjoints_of_states_lie_in_one_place),
        cmocka_unit_test(layers_of_a_grid_stay_apart),
        cmocka_unit_test(exponentials_lie_where_the_gradient_goes),
        cmocka_unit_test(kronecker_deltas_are_scattered),
        cmocka_unit_test(groups_see_the_values_before_them),
        cmocka_unit_test(numbers_are_the_nearest),
        cmocka_unit_test(names_stay_clear_of_the_language),
        cmocka_unit_test(comments_stay_comments),
        cmocka_unit_test(file_names_become_identifiers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
