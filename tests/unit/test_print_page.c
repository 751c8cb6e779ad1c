/* What model_print writes is read again: for every definition of these pages the printed equation, put on the page as a claim, must have the definition's
 * right side, node for node. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gen/model/print.h"
#include "sheet.h"

static void print_equation(const model *m, buffer *out, const model_equation *e, bool index_form)
{
    arena *memory = arena_new();
    int rank = index_form ? 0 : model_print_rank(m, e->rhs, e->index_count, e->index);
    notation_write(out, model_notation_left(m, memory, e->var, e->at, e->index_count, e->index, rank));
    buffer_puts(out, " = ");
    notation_write(out, model_notation(m, memory, e->rhs, e->index_count, e->index, index_form ? -1 : rank));
    arena_free(memory);
}

/* The page followed by a claim for each of its definitions; returns how many. */
static int with_claims(const char *text, buffer *out, bool index_form)
{
    sheet p;
    int count = 0;
    sheet_open(&p, text);
    buffer_puts(out, text);
    for (int i = 0; i < p.m->equation_count; i++) {
        const model_equation *e = &p.m->equation[i];
        if (p.m->var[e->var].role != ROLE_DEFINED)
            continue;
        buffer_puts(out, "claim ");
        print_equation(p.m, out, e, index_form);
        buffer_puts(out, "\n");
        count++;
    }
    sheet_close(&p);
    return count;
}

static void read_again(const char *text, bool index_form)
{
    buffer again = {0};
    int count = with_claims(text, &again, index_form);
    sheet p;
    sheet_open(&p, again.text);
    assert_true(p.m->claim_count == count);
    for (int i = 0; i < count; i++) {
        const model_claim *c = &p.m->claim[i];
        dag *d = p.m->dag;
        assert_null(c->shape_error);
        assert_int_equal(dag_kind(d, c->left), NODE_ENTRY);
        node at[MODEL_MAX_AXES];
        for (int k = 0; k < dag_count(d, c->left); k++)
            at[k] = dag_child(d, c->left, k);
        node value = dag_simplify(d, model_unfold(p.m, dag_payload(d, c->left), at, true));
        if (value != dag_simplify(d, c->right))
            fail_msg("read differently: %s", c->text);
    }
    sheet_close(&p);
    buffer_free(&again);
}

static void same_again(const char *text)
{
    read_again(text, false);
    read_again(text, true);
}

static void test_lecture_page(void **state)
{
    (void)state;
    same_again("input x\ntarget y\nparam w1, b1, w2, b2\nhyper λ = 0.001\nfunction σ1, σ2\n"
               "z1 = w1 x + b1\na1 = σ1(z1)\nz2 = w2 a1 + b2\na2 = σ2(z2)\nC = ½(a2 − y)² + λ(w1² + w2²)\n"
               "δ2 = (a2 − y) σ2′(z2)\nδ1 = δ2 w2 σ1′(z1)\nminimize C\n");
}

static void test_scalars(void **state)
{
    (void)state;
    same_again("input x\nparam a, b, c, e1\n"
               "u1 = 1/(a b) − c/(a/b) + (a/b) c + a/b/c\n"
               "u2 = −a (−b) + a − (b − c) − (−c)\n"
               "u3 = √a + √(a + b) c + a^(−1/2) + (a^b)^c + a^b^c + a^(b c) + a^12\n"
               "u4 = 3/7 a + 0.1 b − 12.25 c/8 + 2 e1 + 1e-3 x\n"
               "u5 = |a − abs(b)| |c| + abs(abs(a) b) + |(|a| + 1) b|\n"
               "u6 = if a > 0 and b < c then a else if a == b or not (a < 1) then b (if x > 0 then 1 else 2) else c\n"
               "u7 = a [a == b] + [a < b] c + 3·2^a\n"
               "u8 = exp(a)² tanh(a b) + max(a, b) min(a, −b) (a + b)² (a − b)\n"
               "u9 = exp(−(a − b)²/(2 c²))/√(2π c)\n"
               "v1 = (a + b)/(a − b)/(c + 1) a\n"
               "v2 = −(a + b) − (−(a b))² + (−a)²\n"
               "v3 = a (b c) (a + 1)/(b + 1)\n");
}

static void test_vectors(void **state)
{
    (void)state;
    same_again("size n = 4, h = 3, k = 2\ninput x[n]\ntarget y[k]\nparam W1[h,n], b1[h], W2[k,h], b2[k], s\nhyper λ = 0.001\nfunction σ\n"
               "z1 = W1 x + b1\na1 = σ(z1)\nz2 = W2 a1 + b2\np = softmax(z2)\n"
               "C = −Σ_j y[j] log(p[j]) + λ Σ W1²\nδ2 = p − y\nδ1 = (W2ᵀ δ2) ⊙ σ′(z1)\ng = δ1 xᵀ + 2λ W1\n"
               "m = (W1 x)·(W1 x) + sum(z1) + x·x\nq = if z1 > 0 then z1 else exp(z1) − 1\n"
               "r = (W1 x) ⊘ (W2ᵀ δ2) + s z1 ⊙ a1/2\no = s (σ(z1) ⊙ z1) (x ⊙ x)ᵀ/3\nt = z1² + 1/2\nf = ½ Σ (p − y)²\n"
               "v = (W1 x) (W1 x)ᵀ b1\nd = W1 ⊙ W1\nl = logsumexp(z2) + max(z1)\nG = W1ᵀ\nbn = x − mean_batch(x)\n"
               "var = mean_batch((x − mean_batch(x)) ⊙ (x − mean_batch(x)))\nxn = (x − mean_batch(x)) ⊘ √(var + 0.001)\n"
               "Q = W2 W1\nmv = mean(z1)\n");
}

static void test_indices(void **state)
{
    (void)state;
    same_again("size T = 5, n = 2, h = 3\ninput x[T,n]\nparam U[h,n], V[h,h], b[h], w[h], K[2,2], A[h,h]\n"
               "H[-1] = 0\nH[t] = tanh(U x[t] + V H[t-1] + b)\no = w·H[T-1]\n"
               "S[t,u] = Σ_j H[t,j] H[u,j]\nP[t,u] = softmax(S[t])[u]\nc[t,j] = Σ_u P[t,u] H[u,j]\n"
               "s[t in 0..T-1] = Σ_{k in 0..t} x[k,0]\ng[j] = A[j,j] + [j == 0]\ntr = Σ_j A[j,j]\n"
               "y[t in 0..T-2, i in 0..n-2] = Σ_{p,q} K[p,q] x[t+p, i+q]\nD[i,j] = A[i,j] A[j,i]\nm[t] = max_{j} H[t,j]\npr = Π_j b[j]\n"
               "E[i,j] = b[i] A[i,j]\nk3 = Σ_{i,j} b[i] A[i,j] w[j]\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lecture_page),
        cmocka_unit_test(test_scalars),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_indices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
