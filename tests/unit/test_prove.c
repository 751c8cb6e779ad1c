/* Verdicts over whole pages: what must be proved, refuted with a witness, or left open, and what is said about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gen/calculus/calculus.h"
#include "gen/prove/batch.h"
#include "gen/prove/prove.h"
#include "sheet.h"

typedef struct {
    sheet s;
    prover *p;
} page;

static void page_open(page *p, const char *text, const prove_options *o)
{
    sheet_open(&p->s, text);
    calculus_expand(p->s.m);
    sheet_no_errors(&p->s);
    p->p = prove_new(p->s.m, o);
}

static void page_close(page *p)
{
    prove_free(p->p);
    sheet_close(&p->s);
}

/* Every claim of the page must get the verdict of its mark, "proved" without one. */
static void check_page(const char *text)
{
    page p;
    page_open(&p, text, NULL);
    assert_true(p.s.m->claim_count > 0);
    for (int i = 0; i < p.s.m->claim_count; i++) {
        verdict v;
        const model_claim *c = &p.s.m->claim[i];
        prove_claim(p.p, c, &v);
        const char *expected = c->expect ? intern_text(p.s.names, c->expect) : "proved";
        if (strcmp(expected, verdict_name(v.kind)) != 0)
            print_error("%s: %s, not %s (%s)\n", c->text, verdict_name(v.kind), expected, v.reason ? v.reason : "");
        assert_string_equal(verdict_name(v.kind), expected);
        assert_true(v.kind != VERDICT_REFUTED || strcmp(v.method, "shape") == 0 || (v.witness.left && v.witness.right));
        assert_true(v.kind != VERDICT_UNDECIDED || v.reason);
    }
    page_close(&p);
}

/* Only the last claim of the page. */
static void last_claim(const char *text, page *p, verdict *v)
{
    page_open(p, text, NULL);
    prove_claim(p->p, &p->s.m->claim[p->s.m->claim_count - 1], v);
}

static const char two_layer[] = "input x\ntarget y\nparam w1, b1, w2, b2\nhyper λ = 0.001\nfunction σ1, σ2\n"
                                "z1 = w1 x + b1\na1 = σ1(z1)\nz2 = w2 a1 + b2\na2 = σ2(z2)\nC = ½(a2 − y)² + λ(w1² + w2²)\nminimize C\n"
                                "δ2 = (a2 − y) σ2′(z2)\nδ1 = δ2 w2 σ1′(z1)\n";

static void join(char *out, size_t room, const char *a, const char *b)
{
    snprintf(out, room, "%s%s\n", a, b);
}

static void test_lecture_page(void **state)
{
    (void)state;
    char text[4096];
    join(text, sizeof text, two_layer,
         "∂C/∂b2 = ∂C/∂a2 ∂a2/∂z2 ∂z2/∂b2 = δ2\n∂C/∂w2 = δ2 a1 + 2λ w2\n∂z2/∂z1 = ∂z2/∂a1 ∂a1/∂z1 = w2 σ1′(z1)\n"
         "∂C/∂w1 = δ1 x + 2λ w1\n∂C/∂b1 = δ1\n∂²C/∂b2² = σ2′(z2)² + (a2 − y) σ2″(z2)\n∂C/∂w1 = δ1 x #= refuted");
    check_page(text);
}

static void test_suggestions(void **state)
{
    (void)state;
    static const struct {
        const char *claim, *diagnosis, *suggestion;
    } row[] = {
        {"∂C/∂w1 = δ1 x", "missing term 2λ w1", "∂C/∂w1 = δ1 x + 2λ w1"},
        {"∂C/∂b1 = δ2", "δ1 in place of δ2", "∂C/∂b1 = δ1"},
        {"∂C/∂w1 = −(δ1 x + 2λ w1)", "the sign is wrong", "∂C/∂w1 = δ1 x + 2λ w1"},
        {"∂C/∂b2 = a2 − y", "the factor σ2′(z2) is missing", "∂C/∂b2 = (a2 − y) σ2′(z2)"},
        {"∂C/∂b2 = (a2 − y) σ2(z2)", "a prime is missing", "∂C/∂b2 = (a2 − y) σ2′(z2)"},
        {"∂C/∂x = δ1 w1 w2", "the factor w2 is too much", "∂C/∂x = δ1 w1"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char text[4096];
        page p;
        verdict v;
        join(text, sizeof text, two_layer, row[i].claim);
        last_claim(text, &p, &v);
        assert_int_equal(v.kind, VERDICT_REFUTED);
        assert_non_null(v.suggestion);
        assert_string_equal(v.diagnosis, row[i].diagnosis);
        assert_string_equal(v.suggestion, row[i].suggestion);
        page_close(&p);
    }
}

/* Where the two sides are not defined at the same points, and where derivatives have kinks, the verdict says so. */
static void test_conditions(void **state)
{
    (void)state;
    static const struct {
        const char *claim, *condition;
    } row[] = {
        {"claim log(x²) = 2 log(x)", "where x > 0"},
        {"claim log(x²) = 2 log|x|", NULL},
        {"claim sqrt(x y) = sqrt(x) sqrt(y)", "where x ≥ 0, y ≥ 0"},
        {"claim x/x = 1", "where x ≠ 0"},
        {"claim (x² − 1)/(x − 1) = x + 1", "where x ≠ 1"},
        {"claim logit(x) = log(x) − log(1 − x)", NULL},
        {"claim x^(1/3) x^(2/3) = x", "where x ≥ 0"},
        {"claim 1/(p² + 1) + 1 = (p² + 2)/(p² + 1)", NULL},
        {"claim log(1 − p) + log(p) = log(p − p²)", NULL},
        {"claim ∂|x|/∂x = sign(x)", "away from x = 0"},
        {"claim ∂relu(x y)/∂x = y [x y > 0]", "away from x y = 0"},
        {"claim ∂max(x, 1)/∂x = [x > 1]", "away from x = 1"},
        {"claim ∂²/∂x² (x³ − 3 x y²) + ∂²/∂y² (x³ − 3 x y²) = 0", NULL},
        {"claim ∂(p²)/∂x = 0", "vacuous"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char text[4096];
        page p;
        verdict v;
        join(text, sizeof text, "variable x, y, p\nassume p > 0\nassume p < 1\n", row[i].claim);
        last_claim(text, &p, &v);
        assert_int_equal(v.kind, VERDICT_PROVED);
        if (!row[i].condition || !v.condition)
            assert_true(row[i].condition == v.condition);
        else
            assert_string_equal(v.condition, row[i].condition);
        page_close(&p);
    }
}

static void test_witness(void **state)
{
    (void)state;
    char text[4096];
    page p;
    verdict v;
    join(text, sizeof text, two_layer, "∂C/∂w1 = δ1 x");
    last_claim(text, &p, &v);
    assert_string_equal(v.left_is, "δ1 x + 2λ w1");
    assert_int_equal(v.witness.point.count, 7); /* λ w1 x b1 w2 b2 y: what the claim looked at */
    assert_int_equal(v.witness.functions.count, 2);
    assert_int_equal(v.witness.left[0], '[');
    assert_non_null(v.witness.left_short);
    page_close(&p);
}

static void test_vectors(void **state)
{
    (void)state;
    check_page("size n, h, k\ninput x[n]\ntarget y[k]\nparam W1[h,n], b1[h], W2[k,h], b2[k]\nassume Σ_j y[j] = 1\nfunction σ\n"
               "z1 = W1 x + b1\na1 = σ(z1)\nz2 = W2 a1 + b2\np = softmax(z2)\nC = −Σ_j y[j] log p[j]\nminimize C\nδ2 = p − y\nδ1 = (W2ᵀ δ2) ⊙ σ′(z1)\n"
               "∂C/∂z2 = p − y\n∂C/∂W2 = δ2 a1ᵀ\n∂C/∂b2 = δ2\n∂C/∂z1 = δ1\n∂C/∂W1 = δ1 xᵀ\n∂C/∂b1 = δ1\n∂C/∂x = W1ᵀ δ1\n"
               "∂p/∂z2 = diag(p) − p pᵀ\n∂C/∂p = −y ⊘ p\n∂C/∂b1 = W2ᵀ δ2 #= refuted\n∂p/∂z2 = diag(p) #= refuted\n");
}

/* Without the assumption the softmax claim is false: the fact is used only where it is stated. */
static void test_assumption_is_needed(void **state)
{
    (void)state;
    check_page("size k\nvariable z[k], y[k]\np = softmax(z)\nC = −Σ_j y[j] log p[j]\nclaim ∂C/∂z = p − y #= refuted\nclaim ∂C/∂z = (Σ y) p − y\n");
}

static void test_recurrence(void **state)
{
    (void)state;
    check_page("size T, n, h\ninput x[T,n]\ntarget y[h]\nparam U[h,n], V[h,h], b[h]\na[-1] = 0\ns[t] = U x[t] + V a[t-1] + b\na[t] = tanh(s[t])\n"
               "C = ½ Σ (a[T-1] − y)²\nminimize C\nδ[T-1] = (a[T-1] − y) ⊙ (1 − a[T-1]²)\nδ[t] = (Vᵀ δ[t+1]) ⊙ (1 − a[t]²)\n"
               "∂C/∂s = δ\n∂C/∂U = Σ_t δ[t] x[t]ᵀ\n∂C/∂V = Σ_t δ[t] a[t-1]ᵀ\n∂C/∂b = Σ_t δ[t]\n∂C/∂b = Σ_t a[t] #= refuted\n");
}

/* A recurrence with a wrong step must not be proved by its own induction. */
static void test_wrong_recurrence(void **state)
{
    (void)state;
    check_page("size T, h\nvariable V[h,h], y[h], b[h]\na[-1] = 0\ns[t in 0..T-1] = V a[t-1] + b\na[t] = tanh(s[t])\nC = ½ Σ (a[T-1] − y)²\n"
               "δ[T-1] = (a[T-1] − y) ⊙ (1 − a[T-1]²)\nδ[t] = (V δ[t+1]) ⊙ (1 − a[t]²)\nclaim ∂C/∂s = δ #= refuted\n");
}

static void test_derivative_in_cost(void **state)
{
    (void)state;
    check_page("input t\nparam w[5], b[5], v[5]\nhyper k = 1\nN(t) = Σ_i v[i] tanh(w[i] t + b[i])\nu = N(t)\nr = ∂u/∂t + k u\nC = r² + (N(0) − 1)²\n"
               "minimize C\n∂u/∂t = Σ_i v[i] w[i] (1 − tanh(w[i] t + b[i])²)\n"
               "∂C/∂v[i] = 2 r (w[i] (1 − tanh(w[i] t + b[i])²) + k tanh(w[i] t + b[i])) + 2 (N(0) − 1) tanh(b[i])\n");
}

static void test_traps(void **state)
{
    (void)state;
    check_page(
        "variable x, y, z\nfunction f\nclaim (x − x)/(x − x) = 1 #= undecided\nclaim sqrt(x²) = x #= refuted\nclaim sqrt(x²) = |x|\n"
        "claim exp(log(x²)/2) = x #= refuted\nclaim exp(1e-30) = 1 #= refuted\nclaim x = x + 1e-60 #= refuted\nclaim log(−x²) = log(−x²) + 1 #= undecided\n"
        "claim x (x − 1)(x + 1)(x − 2)(x + 2)(2x − 1)(2x + 1)(2x − 3)(2x + 3) = 0 #= refuted\nclaim (x² − 1)/(x − 1) = x + 1\n"
        "claim if x == 0 then 7 else x/x = 1 #= refuted\nclaim [x <= y] = [x < y] #= refuted\nclaim f(x) = f(−x) #= refuted\n"
        "claim ∂/∂y (½ y² + log(−1 − x²)) = y #= undecided\nclaim relu(x)² = x relu(x)\nclaim x^(y + z) = x^y x^z\nclaim tanh(40) = 1 #= refuted\n");
}

static void test_kinks(void **state)
{
    (void)state;
    page p;
    verdict v;
    last_claim("variable x, y\nclaim ∂/∂x max(0, 1 − y x) = if y x < 1 then −y else 0\n", &p, &v);
    assert_int_equal(v.kind, VERDICT_PROVED);
    assert_non_null(v.condition);
    assert_non_null(strstr(v.condition, "away from"));
    page_close(&p);
}

static void test_vacuous(void **state)
{
    (void)state;
    page p;
    verdict v;
    last_claim("variable x, y\nC = x²\nclaim ∂C/∂y = 0\n", &p, &v);
    assert_int_equal(v.kind, VERDICT_PROVED);
    assert_true(v.vacuous);
    page_close(&p);
}

/* No false claim is proved when nobody refutes. */
static void test_without_refuter(void **state)
{
    (void)state;
    char text[4096];
    page p;
    join(text, sizeof text, two_layer, "∂C/∂w1 = δ1 x\n∂C/∂b1 = δ2\n∂C/∂w2 = δ2 a1\nclaim sqrt(w1²) = w1\nclaim exp(1e-30) = 1\nclaim w1 = 2");
    page_open(&p, text, &(prove_options){.no_refuter = true});
    for (int i = 0; i < p.s.m->claim_count; i++) {
        verdict v;
        prove_claim(p.p, &p.s.m->claim[i], &v);
        assert_int_equal(v.kind, VERDICT_UNDECIDED);
    }
    page_close(&p);
}

/* δ's of a chain are proved equation by equation: no recursion as deep as the chain, no expansion. */
static void test_deep_chain(void **state)
{
    (void)state;
    buffer b = {0};
    int layers = 600;
    buffer_puts(&b, "input x\ntarget y\na0 = x\n");
    for (int i = 1; i <= layers; i++)
        buffer_printf(&b, "param w%d, b%d\nz%d = w%d a%d + b%d\na%d = tanh(z%d)\n", i, i, i, i, i - 1, i, i, i);
    buffer_printf(&b, "C = ½(a%d − y)²\nminimize C\nδ%d = (a%d − y)(1 − a%d²)\n", layers, layers, layers, layers);
    for (int i = layers - 1; i > 0; i--)
        buffer_printf(&b, "δ%d = δ%d w%d (1 − a%d²)\n", i, i + 1, i + 1, i);
    buffer_puts(&b, "∂C/∂w1 = δ1 a0\n∂C/∂b300 = δ300\n∂C/∂b1 = δ2 #= refuted\n");
    check_page(b.text);
    buffer_free(&b);
}

/* The same page gives the same verdicts, witnesses and all. */
static void test_deterministic(void **state)
{
    (void)state;
    page p, q;
    verdict v, w;
    char text[4096];
    join(text, sizeof text, two_layer, "∂C/∂w1 = δ1 x");
    last_claim(text, &p, &v);
    last_claim(text, &q, &w);
    assert_string_equal(v.witness.left, w.witness.left);
    assert_int_equal(v.witness.point.count, w.witness.point.count);
    for (int i = 0; i < v.witness.point.count; i++)
        assert_string_equal(v.witness.point.list[i].value, w.witness.point.list[i].value);
    page_close(&p);
    page_close(&q);
}

static void last_rungs(void **state)
{
    (void)state;
    check_page("variable x, y, z, q\nassume q > 0\nclaim sqrt(5 + 2 sqrt(6)) = sqrt(2) + sqrt(3)\nclaim sqrt(3 − 2 sqrt(2)) = 1 − sqrt(2) #= refuted\n"
               "claim cbrt(2 + sqrt(5)) + cbrt(2 − sqrt(5)) = 1\nclaim sqrt(x + 2 sqrt(x − 1)) = sqrt(x − 1) + 1\nclaim atan(q) + atan(1/q) = π/2\n"
               "claim atan(x) + atan(1/x) = π/2 #= refuted\nclaim atan(q) + atan(1/q) = π/2 + 1e-80 #= refuted\nclaim x^(1/3) = cbrt(x)\n"
               "claim (x²)^(1/6) = cbrt(x) #= refuted\n");
}

static void nested_extremes(void **state)
{
    (void)state;
    check_page("variable x, y, z\nclaim max(x, max(y, z)) = max(max(x, y), z)\nclaim max(x, min(y, z)) = min(max(x, y), max(x, z))\n"
               "claim max(x, min(y, z)) = min(max(x, y), z) #= refuted\nclaim [x < y] [y < z] [z < x] = 0\nclaim [x < y] [y < z] [x < z] = 0 #= refuted\n"
               "claim [x < 0] [x > 1] = 0\nclaim [x <= y] [y <= x] = [x == y]\nclaim [x <= y] [y <= z] = [x <= z] #= refuted\n");
}

static void one_diagnosis(const char *text, const char *diagnosis)
{
    page p;
    verdict v;
    last_claim(text, &p, &v);
    assert_int_equal(v.kind, VERDICT_REFUTED);
    assert_non_null(v.diagnosis);
    assert_string_equal(v.diagnosis, diagnosis);
    page_close(&p);
}

static void missing_assumptions(void **state)
{
    (void)state;
    one_diagnosis("size n\nvariable z[n], y[n]\np = softmax(z)\nclaim ∂(−Σ_i y[i] log p[i])/∂z = p − y", "true if Σ y = 1");
    one_diagnosis("size n\nvariable A[n,n], u[n]\nclaim ∂(uᵀ A u)/∂u = 2 A u", "true if A = Aᵀ");
    one_diagnosis("variable x\nclaim atan(x) + atan(1/x) = π/2", "true if x > 0");
}

static void sizes_of_the_page(void **state)
{
    (void)state;
    page p;
    verdict v;
    last_claim("size n = 784\nvariable x[n]\nclaim ∂(mean(x))/∂x[i] = 1/784", &p, &v);
    assert_int_equal(v.kind, VERDICT_PROVED);
    assert_string_equal(v.condition, "for n = 784 only");
    page_close(&p);
    check_page("size n = 784\nvariable x[n]\nclaim ∂(mean(x))/∂x[i] = 1/785 #= refuted\nclaim ∂(mean(x))/∂x[i] = 1/n\n");
}

static void shown_digits(void **state)
{
    (void)state;
    page p;
    verdict v;
    last_claim("variable y, x\nclaim exp(1e-30 x) + y = 1 + y", &p, &v);
    assert_string_not_equal(v.witness.left_short, v.witness.right_short);
    assert_string_equal(v.witness.point.list[0].name, "x");
    page_close(&p);
    last_claim("claim exp(1e-300) = 1", &p, &v);
    assert_string_equal(v.witness.left_short, "is larger by 1.0000…e-300");
    page_close(&p);
}

static int ask_claim(void *context, prover *p, int which, batch_reply *reply, verdict *out)
{
    (void)reply;
    const model *m = context;
    prove_claim(p, &m->claim[which], out);
    return which;
}

/* Claims apart, one or three at a time, get the verdicts they get in one process. */
static void claims_apart(void **state)
{
    (void)state;
    page p;
    verdict alone;
    batch_answer one[4], three[4];
    page_open(&p, "size n = 7\nvariable x, y, a[n]\nfunction f\nclaim x + y = y + x\nclaim f(x) = f(y) + x\nclaim 0/(x − x) = 0\nclaim mean(a) = Σ a/7\n",
              NULL);
    assert_int_equal(p.s.m->claim_count, 4);
    batch_ask(p.p, p.s.m, ask_claim, p.s.m, 4, &(batch_options){1, 0, 0}, one);
    batch_ask(p.p, p.s.m, ask_claim, p.s.m, 4, &(batch_options){3, 5, 64}, three);
    for (int i = 0; i < 4; i++) {
        prove_claim(p.p, &p.s.m->claim[i], &alone);
        assert_int_equal(one[i].number, i);
        assert_int_equal(alone.kind, one[i].verdict.kind);
        assert_int_equal(alone.kind, three[i].verdict.kind);
        assert_string_equal(alone.method, three[i].verdict.method);
    }
    assert_string_equal(one[1].verdict.witness.left, three[1].verdict.witness.left);
    assert_int_equal(one[1].verdict.witness.point.count, three[1].verdict.witness.point.count);
    assert_string_equal(one[1].verdict.witness.functions.list[0].value, three[1].verdict.witness.functions.list[0].value);
    assert_string_equal(three[2].verdict.reason, "no point found where both sides are defined");
    assert_string_equal(three[3].verdict.condition, "for n = 7 only");
    page_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lecture_page),
        cmocka_unit_test(test_suggestions),
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_witness),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_assumption_is_needed),
        cmocka_unit_test(test_recurrence),
        cmocka_unit_test(test_wrong_recurrence),
        cmocka_unit_test(test_derivative_in_cost),
        cmocka_unit_test(test_traps),
        cmocka_unit_test(test_kinks),
        cmocka_unit_test(test_vacuous),
        cmocka_unit_test(test_without_refuter),
        cmocka_unit_test(test_deep_chain),
        cmocka_unit_test(test_deterministic),
        cmocka_unit_test(last_rungs),
        cmocka_unit_test(nested_extremes),
        cmocka_unit_test(missing_assumptions),
        cmocka_unit_test(sizes_of_the_page),
        cmocka_unit_test(shown_digits),
        cmocka_unit_test(claims_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
