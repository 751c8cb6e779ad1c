/* Derivatives against differences of the model's own equations. A page's claims say what is differentiated; their right sides are not looked at. */
#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "evaluate.h"
#include "gen/calculus/calculus.h"
#include "gen/dag/ops.h"
#include "sheet.h"

/* --- all values of a claim's sides --- */

typedef struct {
    long double *list;
    int count, room;
    const char *reason;
} values;

static void push(values *v, long double x)
{
    if (v->count == v->room) {
        v->room = v->room ? 2 * v->room : 64;
        v->list = realloc(v->list, (size_t)v->room * sizeof *v->list);
    }
    v->list[v->count++] = x;
}

static void over_indices(sheet *s, evaluation *e, const model_claim *c, int k, values *out)
{
    if (k < c->index_count) {
        const dag_index_info *x = dag_index_get(s->m->dag, c->index[k]);
        long lo = evaluate_size(e, x->lo), hi = evaluate_size(e, x->hi);
        for (long i = lo; i <= hi; i++) {
            evaluate_bind(e, c->index[k], i);
            over_indices(s, e, c, k + 1, out);
        }
        return;
    }
    push(out, evaluate(e, c->left));
    push(out, evaluate(e, c->right));
}

static void all_values(sheet *s, evaluation *e, values *out)
{
    for (int p = 0; p < s->m->population_count; p++)
        evaluate_bind(e, s->m->sample_index[p], 1);
    for (int i = 0; i < s->m->claim_count; i++)
        over_indices(s, e, &s->m->claim[i], 0, out);
}

static void compare_values(sheet *s, evaluation *e, const values *before, const values *after, const char *text, double tolerance)
{
    assert_int_equal(before->count, after->count);
    if (before->count == 0)
        fail_msg("nothing to compare in\n%s", text);
    for (int i = 0; i < before->count; i++) {
        long double a = before->list[i], b = after->list[i];
        if (fabsl(a - b) <= tolerance * (1 + fabsl(a)))
            continue;
        buffer t = {0};
        model_dump(s->m, &t);
        fprintf(stderr, "%s\n%s\n", text, t.text);
        fail_msg("value %d of %d: by differences %.12Lg, by the derivative %.12Lg %s", i, before->count, a, b, evaluate_reason(e));
    }
}

/* Derivatives of the page's claims by differences, then by calculus. */
static void check_page_to(const char *text, double tolerance)
{
    for (unsigned seed = 1; seed <= 2; seed++) {
        sheet s;
        sheet_open(&s, text);
        evaluation *e = evaluate_new(s.m, seed);
        values before = {0}, after = {0};
        all_values(&s, e, &before);
        if (evaluate_reason(e)[0])
            fail_msg("%s in\n%s", evaluate_reason(e), text);
        calculus_expand(s.m);
        sheet_no_errors(&s);
        evaluate_forget(e);
        all_values(&s, e, &after);
        compare_values(&s, e, &before, &after, text, tolerance);
        free(before.list), free(after.list);
        evaluate_free(e);
        sheet_close(&s);
    }
}

static void check_page(const char *text)
{
    check_page_to(text, 1e-9);
}

/* --- every row of ops.def --- */

static long double in_domain(op_domain d, int i)
{
    static const long double all[] = {-1.3L, 0.4L, 0.9L, 2.1L}, positive[] = {0.2L, 0.7L, 1.6L, 3.2L}, unit[] = {-0.8L, -0.1L, 0.3L, 0.7L};
    static const long double from_one[] = {1.1L, 1.7L, 2.4L, 5.3L}, outside[] = {-2.3L, -1.2L, 1.3L, 3.1L}, open01[] = {0.1L, 0.35L, 0.6L, 0.9L};
    switch (d) {
    case DOMAIN_ALL:
    case DOMAIN_COS_NONZERO:
    case DOMAIN_SIN_NONZERO:
    case DOMAIN_NONZERO: return all[i];
    case DOMAIN_POSITIVE:
    case DOMAIN_NONNEGATIVE:
    case DOMAIN_NOT_POLE_GAMMA: return positive[i];
    case DOMAIN_UNIT:
    case DOMAIN_OPEN_UNIT: return unit[i];
    case DOMAIN_ABOVE_MINUS_ONE: return unit[i];
    case DOMAIN_FROM_ONE: return from_one[i];
    case DOMAIN_BEYOND_UNIT:
    case DOMAIN_OUTSIDE_UNIT: return outside[i];
    case DOMAIN_TO_ONE:
    case DOMAIN_OPEN_01: return open01[i];
    }
    return 1;
}

/* Functions at one point inside the domain. */
static long double argument(op o, int which, int i)
{
    long double u = in_domain(op_get(o)->domain, i);
    if (isnan((double)evaluate_op(o, (long double[]){u, 1, 2})))
        u = in_domain(DOMAIN_OPEN_01, i);
    return which == 0 ? u : which == 1 ? u + 0.37L : u + 1.21L;
}

static node constant(dag *d, long double x)
{
    return dag_ratio(d, lroundl(x * 1000000), 1000000);
}

static void check_row(void **state)
{
    op o = (op)(intptr_t)*state;
    int arity = op_get(o)->arity;
    sheet s;
    sheet_open(&s, "param u, v, w\n");
    dag *d = s.m->dag;
    node leaf[3];
    for (int k = 0; k < 3; k++)
        leaf[k] = dag_entry(d, k, 0, NULL);
    evaluation *e = evaluate_new(s.m, 1);
    int first = o == OP_POLYGAMMA ? 1 : 0; /* an integer order in front */
    node n = dag_raw_fun(d, o, arity, first ? (node[]){dag_int(d, 2), leaf[1]} : leaf);
    for (int k = first; k < arity; k++) {
        node slope = calculus_partial(s.m, n, leaf[k], (span){0});
        if (!slope) { /* the row says NONE: an error, not a wrong value */
            assert_true(s.errors.errors > 0);
            continue;
        }
        for (int i = 0; i < 4; i++) {
            long double x[3] = {argument(o, 0, i), argument(o, 1, i), argument(o, 2, i)}, sum = 0, h = 1e-3L;
            if (first)
                x[0] = 2, x[1] = in_domain(DOMAIN_POSITIVE, i);
            static const long double weight[4] = {4.0L / 5, -1.0L / 5, 4.0L / 105, -1.0L / 280};
            for (int j = 1; j <= 4; j++) {
                long double up[3] = {x[0], x[1], x[2]}, down[3] = {x[0], x[1], x[2]};
                up[k] += j * h, down[k] -= j * h;
                sum += weight[j - 1] * (evaluate_op(o, up) - evaluate_op(o, down)) / h;
            }
            if (o == OP_STOP)
                sum = 0; /* by definition */
            node to[3] = {constant(d, x[0]), constant(d, x[1]), constant(d, x[2])};
            long double value = evaluate(e, dag_substitute(d, slope, 3, leaf, to, true));
            if (!(fabsl(value - sum) <= 1e-8L * (1 + fabsl(sum))))
                fail_msg("%s: derivative by argument %d at %Lg, %Lg, %Lg is %.12Lg, differences say %.12Lg", op_get(o)->name, k, x[0], x[1], x[2], value, sum);
        }
    }
    evaluate_free(e);
    sheet_close(&s);
}

/* --- pages --- */

#define PAGE(name, text)                                                                                                                            \
    static void name(void **state)                                                                                                                   \
    {                                                                                                                                                \
        (void)state;                                                                                                                                 \
        check_page(text);                                                                                                                            \
    }

static const char scalar[] = "input x\ntarget y\nparam w1, b1, w2, b2\nhyper l = 0.001\nfunction f, g\nz1 = w1 x + b1\na1 = f(z1)\nz2 = w2 a1 + b2\na2 = g(z2)\n"
                  "C = 1/2 (a2 - y)^2 + l (w1^2 + w2^2)\n"
                  "∂C/∂w1 = 0\n∂C/∂b1 = 0\n∂C/∂w2 = 0\n∂C/∂z1 = 0\n∂a2/∂z1 = 0\n∂C/∂x = 0\n∂C/∂y = 0\n∂C/∂l = 0\n∂²C/∂w1² = 0\n∂²C/∂w1∂w2 = 0\n∂C/∂a2 ∂a2/∂z2 = 0\n"
                  "∂²C/∂w2∂x = 0\n∂³C/∂w1∂x∂y = 0\n∂C/∂z2 |_{a1} = 0\n∂C/∂w1 |_{z1} = 0\n∂C/∂w2 |_{a1} = 0\n∂w1/∂w1 = 0\n∂w1/∂w2 = 0\n∂z1/∂z1 = 0\n";
/* Its third derivatives by differences need the digits of a long double; valgrind computes with those of a double. */
static void page_scalar(void **state)
{
    (void)state;
    volatile long double one = 1, next = one + LDBL_EPSILON;
    if (next == one)
        skip();
    check_page(scalar);
}
PAGE(page_matrix, "size n, h, k\ninput x[n]\ntarget y[k]\nparam W1[h,n], b1[h], W2[k,h], b2[k]\nz1 = W1 x + b1\na1 = tanh(z1)\nz2 = W2 a1 + b2\np = softmax(z2)\n"
                  "C = -Σ_j y[j] log p[j]\nD = ‖p − y‖² + norm(W1)\n"
                  "∂C/∂z2 = 0\n∂C/∂W2 = 0\n∂C/∂a1 = 0\n∂C/∂W1 = 0\n∂C/∂b1 = 0\n∂p/∂z2 = 0\n∂p/∂W1 = 0\n∂a1/∂z1 = 0\n∂z1/∂W1 = 0\n∂C/∂x = 0\n∂D/∂W1 = 0\n∂C/∂W1[i,j] = 0\n"
                  "∂C/∂W1[0,j] = 0\n∂²C/∂b1∂b2 = 0\n∂²C/∂b2² = 0\n∇_W2 C = 0\n∂p[j]/∂z2[i] = 0\n∂a1/∂W1 = 0\n")
PAGE(page_reductions, "size n\nparam u[n], v[n], A[n,n], B[n,n]\na = Π_i u[i]\nb = max_{i} u[i] v[i]\nc = min_{i} (u[i] - v[i])\nd = logsumexp(A u)\ne1 = mean(A)\nf = trace(A B)\n"
                      "g = Σ_{i,j} A[i,j] Π_k (B[i,k] + u[k] A[j,k])\nh = Σ_i max_{j} A[i,j] u[j]\ns = softmax(A)\nr = log_softmax(u)\nq = Σ_i log Σ_j exp(A[i,j] u[j])\n"
                      "∂a/∂u = 0\n∂b/∂u = 0\n∂c/∂v = 0\n∂d/∂A = 0\n∂d/∂u = 0\n∂e1/∂A = 0\n∂f/∂A = 0\n∂g/∂A = 0\n∂g/∂B = 0\n∂g/∂u = 0\n∂h/∂A = 0\n∂h/∂u = 0\n∂s/∂A = 0\n∂r/∂u = 0\n"
                      "∂q/∂A = 0\n∂²q/∂u² = 0\n∂²a/∂u² = 0\n∂²d/∂u² = 0\n∂s[i,j]/∂A[k,l] = 0\n")
PAGE(page_recurrence, "size T, n, m\ninput x[T,n]\ntarget y[m]\nparam U[m,n], V[m,m], b[m]\nh[-1] = 0\nh[t] = tanh(U x[t] + V h[t-1] + b)\nC = 1/2 ‖h[T-1] − y‖²\n"
                      "D = Σ_t ‖h[t]‖²\n"
                      "∂C/∂h[t] = 0\n∂C/∂V = 0\n∂C/∂U = 0\n∂C/∂b = 0\n∂D/∂V = 0\n∂D/∂h[t] = 0\n∂h[T-1]/∂b = 0\n∂h[t]/∂b = 0\n∂C/∂x = 0\n∂h[t]/∂h[t-1] |_{h} = 0\n∂h[T-1]/∂h[0] = 0\n∂²C/∂b² = 0\n"
                      "∂h/∂V = 0\n∂C/∂x[t] = 0\n∂D/∂V |_{h} = 0\n")
PAGE(page_backward, "size T, m\nparam V[m,m], w[m], g[T,m]\nδ[T-1] = w\nδ[t] = Vᵀ δ[t+1] + g[t]\nC = Σ_t w·δ[t]\n∂C/∂V = 0\n∂C/∂w = 0\n∂C/∂g = 0\n∂C/∂δ[t] = 0\n∂δ[0]/∂w = 0\n")
PAGE(page_backward_outside, "size T, m\nparam V[m,m], g[T,m]\nδ[T] = 0\nδ[t] = Vᵀ δ[t+1] + g[t]\nC = Σ_{t,i} δ[t,i]²\n∂C/∂V = 0\n∂C/∂g = 0\n")
PAGE(page_inside_start, "size T\nparam a, s0, g[T]\ns[0] = s0\ns[1] = s0 a\ns[t] = a s[t-1] + s[t-2] g[t]\nC = Σ_t s[t]²\n∂C/∂a = 0\n∂C/∂s0 = 0\n∂C/∂g = 0\n∂C/∂s[t] = 0\n")
PAGE(page_lstm, "size T, n, m\ninput x[T,n]\nparam Wi[m,n], Ui[m,m], Wc[m,n], Uc[m,m], Wo[m,n], Uo[m,m], bf[m]\nh[-1] = 0\nc[-1] = 0\n"
                "i1[t] = sigmoid(Wi x[t] + Ui h[t-1])\nf1[t] = sigmoid(Wi x[t] + bf)\no[t] = sigmoid(Wo x[t] + Uo h[t-1])\ng[t] = tanh(Wc x[t] + Uc h[t-1])\n"
                "c[t] = f1[t] ⊙ c[t-1] + i1[t] ⊙ g[t]\nh[t] = o[t] ⊙ tanh(c[t])\nC = Σ_t ‖h[t]‖²\n∂C/∂Ui = 0\n∂C/∂Wc = 0\n∂C/∂bf = 0\n∂C/∂c[t] = 0\n∂C/∂h[t] = 0\n∂C/∂i1[t] = 0\n∂C/∂x = 0\n")
PAGE(page_grid, "size n = 3, m = 4\nparam a, b, x[n,m]\ns[-1,j in -1..m-1] = 0\ns[i in 0..n-1,-1] = 0\ns[i in 0..n-1,j in 0..m-1] = a s[i-1,j] + b s[i,j-1] + x[i,j]\nC = Σ_{i=0}^{n-1} s[i,m-1]²\n"
                "∂C/∂a = 0\n∂C/∂b = 0\n∂C/∂x = 0\n")
PAGE(page_grid_plain, "size n, m\nparam a, b, x[n,m]\ns[-1,j] = 0\ns[i,-1] = 0\ns[i,j] = a s[i-1,j] + b s[i,j-1] + x[i,j]\nC = Σ_i s[i,m-1]²\n∂C/∂a = 0\n∂C/∂b = 0\n∂C/∂x = 0\n")
PAGE(page_mutual, "size T\nparam a, b, x[T]\np[-1] = 1\nq[-1] = b\np[t] = tanh(a q[t-1] + x[t])\nq[t] = p[t-1] b + q[t-1] x[t]\nC = Σ_t p[t] q[t]\n∂C/∂a = 0\n∂C/∂b = 0\n∂C/∂x = 0\n"
                  "∂C/∂p[t] = 0\n∂C/∂q[t] = 0\n")
PAGE(page_scalar_recurrence, "size T\nparam a, u0\ns[0] = u0\ns[t in 1..T-1] = a s[t-1]²\nC = s[T-1]\n∂C/∂a = 0\n∂C/∂u0 = 0\n∂C/∂s[0] = 0\n∂²C/∂a² = 0\n")
PAGE(page_convolution, "size c = 2, d = 2, n = 5, r = 3\ninput x[c,n,n]\nparam K[d,c,r,r], b[d]\nz[o,i,j] = Σ_{k,p,q} K[o,k,p,q] x[k,i+p,j+q] + b[o]\n"
                       "m[o,i] = max_{u in 0..1} tanh(z[o,i,u])\ng[o,i] = z[o,n-r-i,i]\nC = Σ_{o,i} m[o,i]² + Σ_{o,i} g[o,i]\n∂C/∂K = 0\n∂C/∂b = 0\n∂C/∂x = 0\n∂C/∂z = 0\n")
PAGE(page_pooling, "size n = 6\nparam a[n,n]\nm[i,j] = max_{u in 0..1, v in 0..1} a[2i+u, 2j+v]\nC = Σ_{i,j} m[i,j]²\n∂C/∂a = 0\n")
PAGE(page_padded, "size n, m\ninput x[n pad 1, m pad 1]\nparam K[3,3]\nz[i,j] = Σ_{p,q} K[p,q] x[i+p-1,j+q-1]\nC = Σ_{i,j} z[i,j]²\n∂C/∂K = 0\n∂C/∂x = 0\n")
PAGE(page_triangle, "size n\nparam A[n,n], x[n]\ny[i] = Σ_{j=0}^{i} A[i,j] x[j]\ns = Σ_{i=0}^{n-1} Σ_{j=i}^{n-1} A[i,j] x[i] x[j]\nC = Σ_i y[i]² + s\n∂C/∂A = 0\n∂C/∂x = 0\n∂y/∂A = 0\n∂²s/∂x² = 0\n")
PAGE(page_gather, "size T, v, m\ninput tok : int[T]\nparam E[v,m], w[m]\ne[t,j] = E[tok[t], j]\nC = Σ_t (w·e[t])²\n∂C/∂E = 0\n∂C/∂w = 0\n∂C/∂e = 0\n")
PAGE(page_stack, "size n, m\ninput x[n]\nparam h[m], W[m, n+m], u, v, q[3]\nz = W [x; h]\nl = [u, v u, v²]\nC = ‖z‖² + q·l\n∂C/∂h = 0\n∂C/∂W = 0\n∂C/∂u = 0\n∂C/∂v = 0\n∂C/∂x = 0\n∂z/∂h = 0\n")
PAGE(page_functions, "size n, m\nparam W[m,n], x[n], b[m], u, v\nfunction swish(u) = u sigmoid(u)\nfunction g\nfunction net(q[n]) { a = tanh(W q + b); a·b }\nf(s) = s² sin(s)\nfunction p2(a, b) = a² b + g(a b)\n"
                     "function vec(x[n]) : [m]\nz = W x\na = swish(z)\nc = g(a)\nC = Σ_i c[i] + net(x) + f(u) + p2(u, v) + ‖vec(x)‖²\n∂C/∂W = 0\n∂C/∂x = 0\n∂C/∂b = 0\n∂C/∂u = 0\n∂C/∂v = 0\n"
                     "∂²C/∂u∂v = 0\n∂c/∂z = 0\nswish′(u) = 0\nswish″(u v) = 0\nf″(u) = 0\ng′(u) = 0\ng″(u v) = 0\n∂/∂u (g′(u) f′(u v)) = 0\n∂²C/∂x² = 0\n∂vec(x)/∂x = 0\n(swish′(z))[i] = 0\n")
PAGE(page_piecewise, "size n\nparam x[n], u, al\na[i] = if x[i] > u then x[i]² else al (exp(x[i]) − 1)\nb = relu(x - u)\nc = |u - al| + clip(u, 0.1, 0.7) + max(u, al)\nC = Σ a + Σ b² + c\n"
                     "∂C/∂x = 0\n∂C/∂al |_{c} = 0\n∂a/∂x = 0\n∂c/∂u = 0\n")
PAGE(page_own_derivative, "size m\ninput t\nparam w[m], b[m], v[m], k\nN(s) = v·tanh(w s + b)\nu = N(t)\nr = ∂u/∂t + k u\nC = r² + (N(0) − 1)²\n∂u/∂t = 0\n∂u/∂t |_{t = 0} = 0\n∂²u/∂t² = 0\nN′(t) = 0\n")
static void page_through_derivative(void **state)
{
    (void)state;
    check_page_to("size m\ninput t\nparam w[m], b[m], v[m], k\nN(s) = v·tanh(w s + b)\nu = N(t)\nr = ∂u/∂t + k u\nC = r² + (N(0) − 1)²\n"
                  "∂C/∂v = 0\n∂C/∂w = 0\n∂C/∂b = 0\n∂C/∂k = 0\n∂r/∂w = 0\n∂C/∂r = 0\n", 1e-6);
    check_page_to("input x\nparam w, b\nz = w x + b\nu = sin(z) z\nq = ∂u/∂x\nC = q² + ∂²u/∂x²\n∂C/∂w = 0\n∂C/∂b = 0\n∂C/∂x = 0\n∂q/∂w = 0\n", 1e-6);
}
PAGE(page_batch, "size n\ninput x[n]\ntarget y\nparam w[n], g\nz = w·x\nμ = mean_batch(z)\ns = mean_batch((z − μ)²)\np = g (z − μ)/√(s + 1/2)\nC = (p − y)²\nm = mean_batch(C)\n"
                 "∂m/∂w = 0\n∂m/∂g = 0\n∂C/∂w = 0\n∂p/∂w = 0\n∂m/∂μ = 0\n∂m/∂s = 0\n∂max_batch(z)/∂w = 0\n∂sum_batch(z²)/∂w = 0\n")
PAGE(page_layout, "layout denominator\nsize n, m\nparam W[m,n], x[n]\nz = W x\n∂z/∂x = 0\n∂z/∂W = 0\n")
PAGE(page_families, "size L = 3\nsize n = 2\nparam x[n]\nfor l in 1..L { param W{l}[n,n], b{l}[n] }\na{0} = x\nfor l in 1..L { z{l} = W{l} a{l-1} + b{l}\n a{l} = tanh(z{l}) }\nC = Σ a{L}\n"
                    "for l in L..1 { ∂C/∂b{l} = 0\n ∂C/∂W{l} = 0 }\nfor g in {i, f} { param u{g}\n q{g} = u{g}² }\n∂q{i}/∂u{i} = 0\n")
PAGE(page_given, "size n = 4\ngiven c[3] = [0.2, 1, 3]\ngiven g[i in 0..n-1] = (i + ½)/n\nparam w[3], a\nf[i] = Σ_k w[k] exp(−a (g[i] − c[k])²)\nC = Σ_i f[i]²\n∂C/∂w = 0\n∂C/∂a = 0\n∂C/∂c = 0\n∂C/∂g = 0\n")
PAGE(page_attention, "size T, n, m\ninput x[T,n]\nparam Q[m,n], K[m,n], V[m,n]\nq[t] = Q x[t]\nk[t] = K x[t]\nv[t] = V x[t]\nA[t,s] = q[t]·k[s]/√m\nP = softmax(A)\nO[t,i] = Σ_s P[t,s] v[s,i]\nC = Σ O²\n"
                     "∂C/∂Q = 0\n∂C/∂K = 0\n∂C/∂V = 0\n∂C/∂A = 0\n∂C/∂x = 0\n")
PAGE(page_elementwise_rows, "size n, m\nparam A[n,m], B[n,m], r[n]\nD = A ⊘ B + A ⊙ B\nf = Σ_{i,j} r[i] D[i,j]²\nu[i] = hypot(r[i], A[i,0]) + r[i]^A[i,0]\nC = f + Σ u + rᵀ A Bᵀ r + Σ diag(A Bᵀ)\n∂C/∂A = 0\n∂C/∂B = 0\n∂C/∂r = 0\n")
PAGE(page_stop, "param w, v\na = w v\nC = stop(a) w + sign(w) v²\n∂C/∂w = 0\n")

/* --- random pages --- */

typedef struct {
    buffer text;
    uint32_t random;
    int defined, dummies;
    char shape[64]; /* of definition d0, d1, …: 's' scalar, 'n', 'm' vectors, 'r' a recurrence over n */
} writer;

static uint32_t draw(writer *w, uint32_t below)
{
    w->random = w->random * 1664525u + 1013904223u;
    return (w->random >> 8) % below;
}

static void write_expression(writer *w, int depth, const char *in, const char *im);

static void write_leaf(writer *w, const char *in, const char *im)
{
    int d = w->defined ? (int)draw(w, (uint32_t)w->defined) : 0;
    switch (draw(w, 9)) {
    case 0: buffer_printf(&w->text, "%s", draw(w, 2) ? "a" : "b"); return;
    case 1: buffer_printf(&w->text, "%d", 1 + (int)draw(w, 3)); return;
    case 2: in ? buffer_printf(&w->text, "u[%s]", in) : buffer_puts(&w->text, "b"); return;
    case 3: im ? buffer_printf(&w->text, "v[%s]", im) : buffer_puts(&w->text, "a"); return;
    case 4: in && im ? buffer_printf(&w->text, "A[%s,%s]", im, in) : buffer_printf(&w->text, "x[%d]", (int)draw(w, 3)); return;
    case 5: in ? buffer_printf(&w->text, "x[%s]", in) : buffer_puts(&w->text, "a"); return;
    default: break;
    }
    char shape = w->defined ? w->shape[d] : 'b';
    if (shape == 's')
        buffer_printf(&w->text, "d%d", d);
    else if ((shape == 'n' || shape == 'r') && in)
        draw(w, 4) ? buffer_printf(&w->text, "d%d[%s]", d, in) : buffer_printf(&w->text, "(if %s > 0 then d%d[%s-1] else a)", in, d, in);
    else if (shape == 'm' && im)
        buffer_printf(&w->text, "d%d[%s]", d, im);
    else if (shape == 'm' || shape == 'n' || shape == 'r')
        buffer_printf(&w->text, "d%d[0]", d);
    else
        buffer_puts(&w->text, "b");
}

static void write_sum(writer *w, int depth, const char *in, const char *im)
{
    char dummy[16];
    bool over_n = draw(w, 2);
    snprintf(dummy, sizeof dummy, "k%c", 'a' + w->dummies++ % 26);
    buffer_printf(&w->text, "(Σ_{%s} %s[%s] (", dummy, over_n ? "u" : "v", dummy);
    write_expression(w, depth - 1, over_n ? dummy : in, over_n ? im : dummy);
    buffer_puts(&w->text, "))");
}

static void write_expression(writer *w, int depth, const char *in, const char *im)
{
    static const char *const functions[] = {"sin", "tanh", "sigmoid", "softplus", "cos", "f"};
    if (depth <= 0) {
        write_leaf(w, in, im);
        return;
    }
    switch (draw(w, 7)) {
    case 0:
    case 1:
        buffer_puts(&w->text, "(");
        write_expression(w, depth - 1, in, im);
        buffer_puts(&w->text, draw(w, 3) ? " + " : " − ");
        write_expression(w, depth - 1, in, im);
        buffer_puts(&w->text, ")");
        return;
    case 2:
    case 3:
        write_expression(w, depth - 1, in, im);
        buffer_puts(&w->text, " · ");
        write_expression(w, depth - 1, in, im);
        return;
    case 4:
        buffer_printf(&w->text, "%s(", functions[draw(w, 6)]);
        write_expression(w, depth - 1, in, im);
        buffer_puts(&w->text, ")");
        return;
    case 5: write_sum(w, depth, in, im); return;
    default:
        buffer_puts(&w->text, "(");
        write_expression(w, depth - 1, in, im);
        buffer_puts(&w->text, ")²");
        return;
    }
}

static void write_definition(writer *w)
{
    static const char shapes[] = "snmr";
    char shape = shapes[draw(w, 4)];
    int d = w->defined;
    if (shape == 'r')
        buffer_printf(&w->text, "d%d[-1] = 1/2\nd%d[i] = tanh(d%d[i-1] u[i] + ", d, d, d);
    else
        buffer_printf(&w->text, shape == 's' ? "d%d = tanh(" : shape == 'n' ? "d%d[i] = tanh(u[i] + " : "d%d[j] = tanh(v[j] + ", d);
    write_expression(w, 3, shape == 'n' || shape == 'r' ? "i" : NULL, shape == 'm' ? "j" : NULL);
    buffer_puts(&w->text, ")\n");
    w->shape[w->defined++] = shape;
}

static void random_pages(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 150; seed++) {
        writer w = {.random = seed * 2654435761u};
        buffer_puts(&w.text, "size n = 3, m = 2\ninput x[n]\nparam a, b, u[n], v[m], A[m,n]\nfunction f\n");
        int definitions = 2 + (int)draw(&w, 4);
        for (int i = 0; i < definitions; i++)
            write_definition(&w);
        buffer_puts(&w.text, "C = a");
        for (int i = 0; i < w.defined; i++)
            buffer_printf(&w.text, w.shape[i] == 's' ? " + d%d" : " + Σ d%d", i);
        buffer_puts(&w.text, "\n∂C/∂a = 0\n∂C/∂b = 0\n∂C/∂u = 0\n∂C/∂v = 0\n∂C/∂A = 0\n∂C/∂x = 0\n");
        for (int i = 0; i < w.defined; i++)
            buffer_printf(&w.text, "∂C/∂d%d = 0\n", i);
        buffer_printf(&w.text, "∂²C/∂a∂u = 0\n∂d%d/∂u = 0\n∂C/∂a |_{d%d} = 0\n", w.defined - 1, (int)draw(&w, (uint32_t)w.defined));
        check_page_to(w.text.text, 1e-7);
        buffer_free(&w.text);
    }
}

int main(void)
{
    struct CMUnitTest pages[] = {
        cmocka_unit_test(page_scalar), cmocka_unit_test(page_matrix), cmocka_unit_test(page_reductions), cmocka_unit_test(page_recurrence),
        cmocka_unit_test(page_backward), cmocka_unit_test(page_backward_outside), cmocka_unit_test(page_inside_start), cmocka_unit_test(page_lstm),
        cmocka_unit_test(page_grid), cmocka_unit_test(page_grid_plain), cmocka_unit_test(page_mutual), cmocka_unit_test(page_scalar_recurrence), cmocka_unit_test(page_convolution), cmocka_unit_test(page_pooling), cmocka_unit_test(page_padded),
        cmocka_unit_test(page_triangle), cmocka_unit_test(page_gather), cmocka_unit_test(page_stack), cmocka_unit_test(page_functions),
        cmocka_unit_test(page_piecewise), cmocka_unit_test(page_own_derivative), cmocka_unit_test(page_through_derivative), cmocka_unit_test(page_batch),
        cmocka_unit_test(page_layout), cmocka_unit_test(page_families), cmocka_unit_test(page_given), cmocka_unit_test(page_attention),
        cmocka_unit_test(page_elementwise_rows), cmocka_unit_test(page_stop), cmocka_unit_test(random_pages),
    };
    struct CMUnitTest rows[OP_COUNT];
    size_t count = 0;
    for (int o = 0; o < OP_COUNT; o++)
        if (op_get((op)o)->arity > 0) /* every row of ops.def, a new one too */
            rows[count++] = (struct CMUnitTest){.name = op_get((op)o)->name, .test_func = check_row, .initial_state = (void *)(intptr_t)o};
    int failed = _cmocka_run_group_tests("rows of ops.def", rows, count, NULL, NULL);
    return failed + cmocka_run_group_tests(pages, NULL, NULL);
}
