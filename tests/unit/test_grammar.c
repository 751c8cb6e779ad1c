/* The delta language: names, lines, products, bars, derivatives, numbers, printing, recovery. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grammar/parse.h"

typedef struct {
    arena *memory;
    intern *names;
    source_set *sources;
    diag_list errors;
} world;

static world world_new(void) { return (world){arena_new(), intern_new(), source_set_new(), {0}}; }

static void world_free(world *w) {
    diag_free(&w->errors);
    arena_free(w->memory);
    intern_free(w->names);
    source_set_free(w->sources);
}

static syn *read_page(world *w, const char *text) {
    int number = source_add(w->sources, "page.delta", text, strlen(text));
    return parse_delta(w->memory, w->names, w->sources, number, &w->errors);
}

static char *dump_of(const char *text) {
    world w = world_new();
    buffer out = {0};
    syn_dump(&out, read_page(&w, text), w.names);
    if (w.errors.count) {
        diag_print(&w.errors, w.sources, stderr, false);
        fail_msg("unexpected diagnostics for: %s", text);
    }
    world_free(&w);
    return out.text;
}

static void assert_same(const char *x, const char *y) {
    world w = world_new();
    syn *a = read_page(&w, x), *b = read_page(&w, y);
    if (w.errors.count) diag_print(&w.errors, w.sources, stderr, false);
    assert_int_equal(w.errors.count, 0);
    if (!syn_equal(a, b)) fail_msg("different trees: %s  and  %s", x, y);
    world_free(&w);
}

static void assert_different(const char *x, const char *y) {
    world w = world_new();
    syn *a = read_page(&w, x), *b = read_page(&w, y);
    assert_int_equal(w.errors.count, 0);
    if (syn_equal(a, b)) fail_msg("same trees: %s  and  %s", x, y);
    world_free(&w);
}

static void assert_error(const char *text, const char *message) {
    world w = world_new();
    read_page(&w, text);
    if (!w.errors.errors) fail_msg("no error for: %s", text);
    bool found = false;
    for (int i = 0; i < w.errors.count; i++) found |= strstr(w.errors.list[i].message, message) != NULL;
    if (!found) fail_msg("for: %s\n expected: %s\n found: %s", text, message, w.errors.list[0].message);
    world_free(&w);
}

static void assert_key(const char *spelling, const char *key) {
    world w = world_new();
    char text[200];
    snprintf(text, sizeof text, "param %s", spelling);
    syn *page = read_page(&w, text);
    assert_int_equal(w.errors.count, 0);
    assert_string_equal(intern_text(w.names, page->child[0]->child[0]->name), key);
    world_free(&w);
}

static void names_have_one_key(void **state) {
    (void)state;
    static const char *const table[][2] = {
        {"σ", "sigma"}, {"σ1", "sigma1"}, {"σ₁", "sigma1"}, {"σ_1", "sigma1"}, {"w_12", "w12"}, {"w₁₂", "w12"}, {"x̂", "xhat"}, {"x\xcc\x82", "xhat"}, {"x̃", "xtilde"},
        {"x̄", "xbar"}, {"ẋ", "xdot"}, {"ŷ1", "yhat1"}, {"δ_out", "delta_out"}, {"µ", "mu"}, {"μ", "mu"}, {"ϵ", "epsilon"}, {"ε", "epsilon"}, {"ϕ", "phi"}, {"φ", "phi"},
        {"Γ", "Gamma"}, {"Sigma", "Sigma"}, {"Pi", "Pi"}, {"λw", "lambdaw"}, {"ℓ", "ell"}, {"𝐖", "W"}, {"hᵢ", "h_i"}, {"x_1_2", "x_1_2"}, {"w1₂", "w1_2"}, {"mean_x", "mean_x"},
        {"ø", "u00f8"}, {"日", "u65e5"}, {"W_2", "W2"}, {"Ω", "Omega"}, {"ϑ", "theta"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) assert_key(table[i][0], table[i][1]);
}

static void the_first_spelling_is_kept(void **state) {
    (void)state;
    world w = world_new();
    read_page(&w, "hyper λ = 1\nz = lambda x₁ + x1\n");
    assert_string_equal(intern_text(w.names, intern_spelling(w.names, intern_find(w.names, "lambda"))), "λ");
    assert_string_equal(intern_text(w.names, intern_spelling(w.names, intern_find(w.names, "x1"))), "x₁");
    world_free(&w);
}

static void unicode_and_ascii_are_one_language(void **state) {
    (void)state;
    static const char *const table[][2] = {
        {"z = η λ", "z = eta lambda"}, {"z = σ1′(z1)", "z = sigma1'(z1)"}, {"z = σ″(x)", "z = σ''(x)"}, {"q = ∂C/∂w1", "q = dC/dw1"}, {"z = x²", "z = x^2"},
        {"z = x⁻¹", "z = x^-1"}, {"z = a · b", "z = a * b"}, {"z = a − b", "z = a - b"}, {"z = δ xᵀ", "z = delta x^T"}, {"z = a ⊙ b ⊘ c", "z = a .* b ./ c"},
        {"w ← w − 1", "w <- w - 1"}, {"assume y ∈ {0, 1}", "assume y in {0, 1}"}, {"assume n ≥ 2", "assume n >= 2"}, {"assume n ≠ 2", "assume n != 2"},
        {"z = ‖u‖", "z = norm(u)"}, {"z = |u|", "z = abs(u)"}, {"z = ∇_W C", "z = grad_{W} C"}, {"z = √(u)", "z = sqrt(u)"}, {"z = √u", "z = sqrt(u)"},
        {"z = Σ_i x[i]", "z = sum_{i} x[i]"}, {"z = Σᵢⱼ x[i,j]", "z = Σ_{i,j} x[i,j]"}, {"z = Σ (a − y)²", "z = sum((a - y)^2)"}, {"z = x^½", "z = x^(1/2)"}, {"z = ½ x", "z = (1/2) x"},
        {"z = Σ_{i=0}^{n-1} x[i]", "z = sum(i in 0..n-1, x[i])"}, {"z = Σ_{t=1}^T x[t]", "z = sum_{t in 1..T} x[t]"}, {"z = Π_k a[k]", "z = prod_{k} a[k]"},
        {"z = ∂²u/∂x²", "z = d2u/dx2"}, {"z = ∂²C/∂w3∂b3", "z = partial^2 C/partial w3 partial b3"}, {"z = x⁽ⁿ⁻¹⁾", "z = x^(n-1)"}, {"z = a ∧ b ∨ ¬c", "z = a and b or not c"},
        {"z = ∂/∂x (a b)", "z = d/dx (a b)"}, {"z = ∂(a b)/∂x", "z = d(a b)/dx"}, {"param x, t\nz = ∂²u/∂x∂t", "param x, t\nz = d2u/dxdt"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) assert_same(table[i][0], table[i][1]);
}

static void lines_end_where_they_should(void **state) {
    (void)state;
    assert_same("a = b + c", "a = b\n  + c");
    assert_same("a = b + c", "a = b +\n\n# why\n  c");
    assert_same("a = b = c", "a = b\n  = c");
    assert_same("a = f(b, c)", "a = f(b,\n  c\n)");
    assert_same("a = |b + c|", "a = |b\n + c|");
    assert_same("a = b\nc = d", "a = b; c = d;;\n\n\n");
    assert_same("a = b\r\nc = d\r\n", "a = b\nc = d");
    assert_same("\xef\xbb\xbf" "a = b", "a = b");
    assert_same("for l in 1..2 { z{l} = 1 }", "for l in 1..2\n{\n z{l} = 1\n}\n");
    assert_same("u = if a > 0 then 1 else 2", "u = if a > 0\n then 1\n else 2");
    assert_different("a = b\n[c; d] = e", "a = b + [c; d]");
    assert_different("w ← 1\nthen\nv ← 2", "w ← 1\nv ← 2");
}

static void products_are_flat(void **state) {
    (void)state;
    char *text = dump_of("z = a ⊙ W f(x)² / 2");
    assert_string_equal(text, "FILE\n  EQUATION \"=\"\n    NAME z\n    PRODUCT \" o  /\"\n      NAME a\n      NAME W\n      NAME f\n      POWER\n        PAREN\n          NAME x\n"
                              "        NUMBER \"2\"\n      NUMBER \"2\"\n");
    free(text);
    assert_different("z = 1/2 x", "z = ½ x");
    assert_different("z = −x²", "z = (−x)²");
    assert_same("z = a · −b", "z = −a · b");
    assert_same("z = 2^3^4", "z = 2^3⁴");
    assert_different("z = x^T", "z = x^(T)");
    assert_different("z = W [x; h]", "z = W[x, h]");
    assert_same("z = [i == j] x[i][k]", "z = [i==j]x[i][k]");
    assert_different("z = x [i == j]", "z = x [i]");
}

static void reductions_take_the_product(void **state) {
    (void)state;
    char *text = dump_of("z = Σ_i a / Σ_i b c + 1");
    assert_string_equal(text, "FILE\n  EQUATION \"=\"\n    NAME z\n    SUM \"++\"\n      PRODUCT \" /\"\n        REDUCE sum number 1\n          BINDER i\n          NAME a\n"
                              "        REDUCE sum number 1\n          BINDER i\n          PRODUCT \"  \"\n            NAME b\n            NAME c\n      NUMBER \"1\"\n");
    free(text);
    assert_different("z = sum(a)^2", "z = Σ a^2");
    assert_different("z = mean_x", "z = mean_{x} x");
}

static void bars_follow_their_context(void **state) {
    (void)state;
    assert_same("z = |a| |b|", "z = abs(a) abs(b)");
    assert_same("z = |a (|b|)|", "z = abs(a (abs(b)))");
    assert_same("z = | Σ_i |x[i]| |", "z = abs(Σ_i abs(x[i]))");
    assert_same("z = ‖ |x| ‖", "z = norm(abs(x))");
    assert_same("z = ∂h/∂W |_{h, c}", "z = dh/dW |_{h, c}");
}

static void derivatives_count_their_denominators(void **state) {
    (void)state;
    char *text = dump_of("q = ∂C/∂a ∂a/∂z x²");
    assert_string_equal(text, "FILE\n  EQUATION \"=\"\n    NAME q\n    PRODUCT \"   \"\n      DERIVATIVE number 1\n        NAME C\n        NAME a\n      DERIVATIVE number 1\n        NAME a\n        NAME z\n"
                              "      POWER\n        NAME x\n        NUMBER \"2\"\n");
    free(text);
    assert_same("q = ∂²u/∂x∂t + ∂²u/∂x²", "q = ∂²u/∂x ∂t + ∂²u/∂x ∂x");
    assert_same("input depth, delta\nq = depth/delta", "input depth, delta\nq = depth / delta");
    assert_same("q = det(A)/dx", "q = det(A) / dx");
    assert_error("input x\nparam w1, dC\nC = w1 x\nz = dC/dw1", "has two readings, because 'dC' is a name of this page");
    assert_error("z = ∂²u/∂x", "order 2 above and of order 1 below");
}

static void numbers_are_exact_texts(void **state) {
    (void)state;
    char *text = dump_of("z = 1e-3 + 0.5 + 2.*x + 2e");
    assert_non_null(strstr(text, "NUMBER \"1e-3\""));
    assert_non_null(strstr(text, "NUMBER \"0.5\""));
    assert_non_null(strstr(text, "PRODUCT \" o\""));
    assert_non_null(strstr(text, "NAME e"));
    free(text);
    assert_error("z = 1. + x", "needs a digit after its point");
    assert_error("z = .5", "needs a digit before its point");
}

static void marks_belong_to_their_step(void **state) {
    (void)state;
    world w = world_new();
    syn *page = read_page(&w, "a = b   #= proved\n  = c   #= refuted\n  = d\nq = r #= undecided");
    assert_int_equal(w.errors.count, 0);
    syn *chain = page->child[0];
    assert_int_equal(chain->expect, 0);
    assert_string_equal(intern_text(w.names, chain->child[1]->expect), "proved");
    assert_string_equal(intern_text(w.names, chain->child[2]->expect), "refuted");
    assert_string_equal(intern_text(w.names, page->child[1]->expect), "undecided");
    world_free(&w);
}

/* Everything the language shows, printed in three ways and read again. */
static const char *const everything[] = {
    "layout denominator", "use \"layers.delta\"", "size n = 784, h = 128", "size N", "input x[n]", "input t : int[T]", "input x[n] missing", "given A[n,n]",
    "given c[3] = [0.2, 1, 3]", "given g[i in 0..n-1] = (i + ½)/n", "noise ε[k] ~ normal(0, 1)", "param W[h,n] ~ glorot, b[h] = 0", "param W[h, 2n]", "hyper η = 0.1",
    "state m[h,n] = 0", "state X[M] ~ normal(0,1)", "variable u, v", "function σ1, σ2", "function f(x[n]) : [m]", "function swish(u) = u·sigmoid(u)",
    "function net(q[2]) { a = tanh(V q + b); w·a }", "function f(u) { −u }", "N(t) = w·tanh(V t + b)", "z = W x + b", "z[j] = Σ_i W[j,i] x[i] + b[j]", "q := 3", "∂C/∂W = δ xᵀ",
    "claim z = W x", "claim −a = b", "∂C/∂w = δ x #= refuted", "assume s > 0", "assume Σ_j y[j] = 1", "assume y ∈ {0, 1}", "assume A = Aᵀ", "assume n >= 2", "assume 0 < u < 1, v in 0..1",
    "minimize C", "minimize C over W1, b1, W{2}", "w ← w − η ∂C/∂w", "w ← 1; then; v ← 2", "optimize with adam(η = 1e-3)", "optimize with adam(η = 1e-3) for 5000 steps then lbfgs",
    "optimizer rms(η, β) for θ { g = ∂C/∂θ; state v = 0; v ← β v + (1−β) g²; then; θ ← θ − η g/(√v + 1e-8) }", "output p, alarm", "metric accuracy = argmax(a) == argmax(y)",
    "metric rmse = sqrt(mean((a − y)²))", "for l in 1..L { z{l} = W{l} a{l-1} + b{l} }", "for l in 1..L { param W{l}[N{l}, N{l-1}]; size N{0} = 784 }",
    "for g in {i, f, o} { U{g} = V{g}; function σ{g} }", "for l in L-1..1 { δ{l} = ∂C/∂z{l} }", "set edge: input xb, ub", "r = mean_edge(u²)", "[x; h] = q", "z = W [x; h] + [a, b; c, d]",
    "input x[k, n pad 2, m pad 2]", "m[c,i,j] = max_{u in 0..1, v in 0..1} a[c, 2i+u, 2j+v]", "z[c,i,j] = Σ_{k,p,q} K[c,k,p,q] x[k, i+p, j+q] + b[c]", "h[-1] = 0",
    "c[t,j] = E[tok[t], j]", "s = sum(i in 0..n-1, x[i] + 1)/2", "s = sum(i in 0..n-1, a / Σ_j b[j])", "s = Σ_i a[i]/2 b / Σ_j b[j] / Π_k c[k] + 1", "s = sum(a)^2 + mean(x)²", "s = Σ_i a[i] / Σ b", "s = Σ_i a / sum(b) c", "s = Σ_i a / sum(j in 0..n, b) / Σ_k c", "s = Σ (a + b)",
    "y = −x² + 2^3^4 + x^-1 + x^(T) + x^T y + (x²)ᵀ", "y = |u| |a|·|b| ‖u‖² abs(|x|) |(|x|)|", "y = √u v + √(x)² + √x[i] + a √√x", "y = 1 + if a == b and not c > d or e <= f then 1 else if u < 0 then 2 else 3",
    "y = a ⊙ W x ⊘ b * e · f / g", "∂²u/∂x² = ∂²u/∂x∂t", "y = A |_{t = 0} + ∂h/∂W |_{h[0], c}", "y = ∇_W C + ∇_{W{1}} f(x) y + ∇_θ (a+b)", "y = ∂/∂x (a b) + ∂²/∂x² u + ∂(a b)/∂x + ∂σ(z)/∂z",
    "y = σ″(z) σ‴(z)", "y = e^-x² + e^(−x) + 2 e3", "y = x[:, j] x[i]ᵀ", "y = [i == j] x[i] + 2 [u < p and v > 0]", "x̂ = x̃ + δ_out + hᵢ", "q = Σ_i a · −b",
};

static void printing_keeps_the_tree(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof everything / sizeof *everything; i++)
        for (int unicode = 0; unicode < 3; unicode++) {
            world w = world_new();
            buffer text = {0}, again = {0};
            syn *first = read_page(&w, everything[i]);
            syn_print(&text, first, w.names, unicode);
            syn *second = read_page(&w, text.text);
            syn_print(&again, second, w.names, unicode);
            if (w.errors.count) diag_print(&w.errors, w.sources, stderr, false);
            if (w.errors.count || !syn_equal(first, second)) fail_msg("%s\nprinted as\n%s", everything[i], text.text);
            assert_string_equal(text.text, again.text);
            for (size_t k = 0; unicode == 0 && k < text.length; k++) assert_true((unsigned char)text.text[k] < 0x80);
            buffer_free(&text);
            buffer_free(&again);
            world_free(&w);
        }
}

static void every_error_is_reported(void **state) {
    (void)state;
    world w = world_new();
    syn *page = read_page(&w, "z = (a +) b\ny = 3 x\nC = a = * c\nfor l in 1.. { q = = 2; r = 1 }\nminimize\nk = (1\nok = 2\n");
    assert_int_equal(w.errors.errors, 6);
    int good = 0;
    for (int i = 0; i < page->count; i++) good += page->child[i]->kind != SYN_BROKEN;
    assert_int_equal(good, 2);
    world_free(&w);
    assert_error("z = (w x]", "expected ')' before ']'");
    assert_error("-a = b", "a statement cannot begin with a sign");
    assert_error("x + 1", "this is an expression and not a statement");
    assert_error("a == b", "this is an expression and not a statement");
    assert_error("z = √x²", "two readings");
    assert_error("z = a\xe2\x80\xae", "changes the direction");
    assert_error("z = \xff", "not valid UTF-8");
}

static char *repeated(const char *head, const char *piece, int times, const char *tail) {
    buffer b = {0};
    buffer_puts(&b, head);
    for (int i = 0; i < times; i++) buffer_puts(&b, piece);
    buffer_puts(&b, tail);
    return b.text;
}

static void nothing_is_nested_too_deeply(void **state) {
    (void)state;
    static const char *const table[][3] = {
        {"a = ", "(", "x"}, {"a = ", "[", ""}, {"b = ", "- ", "x"}, {"b = ", "x^", "2"}, {"c = ", "if a > 0 then 1 else ", "1"}, {"d = ", "not ", "a"}, {"e = ", "Σ_i ", "x"},
        {"f = x", "[1]", ""}, {"g = x", "^T", ""}, {"h = ", "√", "x"}, {"", "for i in 1..2 { ", ""}, {"k = ", "f(", "x"}, {"m = x", " |_{h}", ""}, {"n = ", "sum(i in 0..n, ", ""},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char *text = repeated(table[i][0], table[i][1], 100000, table[i][2]);
        world w = world_new();
        read_page(&w, text);
        assert_int_equal(w.errors.errors, 1);
        world_free(&w);
        free(text);
    }
    char *wide = repeated("z = a", " + b c", 100000, "\n");
    free(dump_of(wide));
    free(wide);
}

static void one_statement_stands_alone(void **state) {
    (void)state;
    world w = world_new();
    int number = source_add(w.sources, "<argument>", "∂C/∂W", strlen("∂C/∂W"));
    assert_int_equal(parse_statement(w.memory, w.names, w.sources, number, &w.errors)->kind, SYN_DERIVATIVE);
    number = source_add(w.sources, "<argument>", "σ1(u) = tanh(u)", strlen("σ1(u) = tanh(u)"));
    assert_int_equal(parse_statement(w.memory, w.names, w.sources, number, &w.errors)->kind, SYN_EQUATION);
    assert_int_equal(w.errors.count, 0);
    number = source_add(w.sources, "<argument>", "", 0);
    assert_int_equal(parse_statement(w.memory, w.names, w.sources, number, &w.errors)->kind, SYN_BROKEN);
    assert_int_equal(w.errors.errors, 1);
    world_free(&w);
}

static void carets_stand_under_wide_characters(void **state) {
    (void)state;
    world w = world_new();
    read_page(&w, "日x̂\t= * 4\n");
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    diag_print(&w.errors, w.sources, out, false);
    fclose(out);
    assert_string_equal(text, "page.delta:1:7: error: expected an expression after '=', not '*'\n    日x̂     = * 4\n              ^\n");
    free(text);
    world_free(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_have_one_key),
        cmocka_unit_test(the_first_spelling_is_kept),
        cmocka_unit_test(unicode_and_ascii_are_one_language),
        cmocka_unit_test(lines_end_where_they_should),
        cmocka_unit_test(products_are_flat),
        cmocka_unit_test(reductions_take_the_product),
        cmocka_unit_test(bars_follow_their_context),
        cmocka_unit_test(derivatives_count_their_denominators),
        cmocka_unit_test(numbers_are_exact_texts),
        cmocka_unit_test(marks_belong_to_their_step),
        cmocka_unit_test(printing_keeps_the_tree),
        cmocka_unit_test(every_error_is_reported),
        cmocka_unit_test(nothing_is_nested_too_deeply),
        cmocka_unit_test(one_statement_stands_alone),
        cmocka_unit_test(carets_stand_under_wide_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
