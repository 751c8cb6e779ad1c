/* Values of abstract functions: sums of polynomials, perhaps with tanh or exp, of linear forms of the arguments, and their derivatives. */
#include "gen/prove/ball_private.h"
#include "gen/prove/normal.h"

/* d^order/du^order of the polynomial of one ridge form. */
static void eval_polynomial(ball_evaluation *e, int function, int64_t output, int ridge, int order, const arb_t u, arb_t out)
{
    fmpq_t c;
    arb_t v;
    fmpq_init(c);
    arb_init(v);
    arb_zero(out);
    for (int k = ball_point_degree(e->point); k >= order; k--) {
        ball_point_coefficient(e->point, function, output, ridge, k, c);
        for (int i = 0; i < order; i++)
            fmpq_mul_si(c, c, k - i);
        arb_set_fmpq(v, c, e->precision);
        arb_mul(out, out, u, e->precision);
        arb_add(out, out, v, e->precision);
    }
    fmpq_clear(c);
    arb_clear(v);
}

/* d^order/du^order of tanh as a polynomial of y = tanh u: each step multiplies the slope by 1 − y². */
static void eval_tanh(ball_evaluation *e, int order, const arb_t u, arb_t out)
{
    fmpz_poly_t p, slope;
    arb_t y, c;
    fmpz_poly_init(p);
    fmpz_poly_init(slope);
    arb_init(y);
    arb_init(c);
    fmpz_poly_set_coeff_si(p, 1, 1);
    fmpz_poly_set_coeff_si(slope, 0, 1);
    fmpz_poly_set_coeff_si(slope, 2, -1);
    for (int i = 0; i < order; i++) {
        fmpz_poly_derivative(p, p);
        fmpz_poly_mul(p, p, slope);
    }
    arb_tanh(y, u, e->precision);
    arb_zero(out);
    for (slong k = fmpz_poly_degree(p); k >= 0; k--) {
        arb_set_fmpz(c, fmpz_poly_get_coeff_ptr(p, k));
        arb_mul(out, out, y, e->precision);
        arb_add(out, out, c, e->precision);
    }
    arb_clear(y);
    arb_clear(c);
    fmpz_poly_clear(p);
    fmpz_poly_clear(slope);
}

/* Adds the curve of the point, or its derivative. */
static void add_curve(ball_evaluation *e, int order, const arb_t u, arb_t sum)
{
    arb_t v;
    if (e->point->curve == CURVE_NONE)
        return;
    arb_init(v);
    if (e->point->curve == CURVE_TANH)
        eval_tanh(e, order, u, v);
    else
        arb_exp(v, u, e->precision);
    arb_add(sum, sum, v, e->precision);
    arb_clear(v);
}

typedef struct {
    int argument;
    int64_t position; /* flattened index of an array argument's entry */
} differentiated;

/* Adds slope·(entries of one argument) to the ridge form. */
static void ridge_argument(ball_evaluation *e, int function, int ridge, int argument, node value, int64_t position, bool alone, arb_t sum)
{
    dag *d = e->s->d;
    if (dag_kind(d, value) == NODE_LAMBDA) {
        int index;
        long lo, hi;
        node body = session_open(e->s, value, &index);
        if (!ball_integer(e, dag_child(d, value, 0), &lo) || !ball_integer(e, dag_child(d, value, 1), &hi))
            arb_indeterminate(sum);
        else
            for (long i = lo; i <= hi && !e->failed; i++) {
                ball_set_index(e, index, i);
                ridge_argument(e, function, ridge, argument, body, 100 * position + i + 1, false, sum);
            }
        return;
    }
    arb_t v;
    arb_init(v);
    ball_eval(e, value, v);
    arb_mul_si(v, v, alone ? 1 : ball_point_slope(e->point, function, ridge, argument + 1000 * position), e->precision);
    arb_add(sum, sum, v, e->precision);
    arb_clear(v);
}

/* The axes of an array argument: nested LAMBDAs. */
static int lambda_depth(dag *d, node n)
{
    int depth = 0;
    for (; dag_kind(d, n) == NODE_LAMBDA; n = dag_child(d, n, 2))
        depth++;
    return depth;
}

static bool read_derivatives(ball_evaluation *e, node n, const dag_signature *g, differentiated *out)
{
    dag *d = e->s->d;
    int child = g->out_rank + g->arg_count;
    for (int k = 0; k < g->derivative_count; k++) {
        out[k] = (differentiated){g->derivative[k], 0};
        int depth = lambda_depth(d, dag_child(d, n, g->out_rank + g->derivative[k]));
        for (int i = 0; i < depth; i++) {
            long v;
            if (!ball_integer(e, dag_child(d, n, child++), &v))
                return false;
            out[k].position = 100 * out[k].position + v + 1;
        }
    }
    return true;
}

enum { MOST_ROWS = 256 }; /* of a matrix whose det or inv is evaluated */

/* The entries of LAMBDA i LAMBDA j body; false: no such matrix here. */
static bool eval_matrix(ball_evaluation *e, node rows, arb_mat_t a)
{
    dag *d = e->s->d;
    int i, j;
    long lo, hi;
    node columns = session_open(e->s, rows, &i), body = session_open(e->s, columns, &j);
    if (!ball_integer(e, dag_child(d, rows, 0), &lo) || !ball_integer(e, dag_child(d, rows, 1), &hi) || lo != 0 || hi < 0 || hi >= MOST_ROWS)
        return false;
    arb_mat_init(a, hi + 1, hi + 1);
    for (long row = 0; row <= hi; row++)
        for (long column = 0; column <= hi; column++) {
            ball_set_index(e, i, row);
            ball_set_index(e, j, column);
            ball_eval(e, body, arb_mat_entry(a, row, column));
        }
    return true;
}

/* det and inv: enclosures of the exact values; inv has none where the ball of matrices holds a singular one. */
static void eval_builtin(ball_evaluation *e, node n, arb_t out)
{
    dag *d = e->s->d;
    int count = dag_count(d, n);
    long at[2] = {0, 0};
    arb_mat_t a, b;
    arb_indeterminate(out);
    for (int i = 0; i + 1 < count; i++)
        if (!ball_integer(e, dag_child(d, n, i), &at[i]))
            return;
    if (!eval_matrix(e, dag_child(d, n, count - 1), a))
        return;
    if (count == 1) {
        arb_mat_det(out, a, e->precision);
    } else {
        arb_mat_init(b, arb_mat_nrows(a), arb_mat_nrows(a));
        if (arb_mat_inv(b, a, e->precision) && at[0] < arb_mat_nrows(a) && at[1] < arb_mat_nrows(a) && at[0] >= 0 && at[1] >= 0)
            arb_set(out, arb_mat_entry(b, at[0], at[1]));
        arb_mat_clear(b);
    }
    arb_mat_clear(a);
}

void ball_apply(ball_evaluation *e, node n, arb_t out)
{
    dag *d = e->s->d;
    const dag_signature g = *dag_signature_get(d, dag_payload(d, n));
    if (e->s->m->function[g.function].kind != FUNCTION_OF_PAGE) {
        eval_builtin(e, n, out);
        return;
    }
    node known = e->s->function_as ? normal_known_application(e->s, n) : 0;
    if (known) {
        ball_eval(e, known, out);
        return;
    }
    differentiated by[16];
    int64_t output = 0, used = g.function;
    bool good = read_derivatives(e, n, &g, by);
    for (int i = 0; i < g.out_rank; i++) {
        long v = 0;
        good = good && ball_integer(e, dag_child(d, n, i), &v);
        output = 100 * output + v + 1;
    }
    arb_indeterminate(out);
    if (!good)
        return;
    bool alone = g.arg_count == 1 && dag_kind(d, dag_child(d, n, g.out_rank)) != NODE_LAMBDA;
    arb_t u, v;
    arb_init(u);
    arb_init(v);
    arb_zero(out);
    for (int ridge = 0; ridge < (alone ? 1 : 3); ridge++) {
        arb_zero(u);
        for (int i = 0; i < g.arg_count; i++)
            ridge_argument(e, g.function, ridge, i, dag_child(d, n, g.out_rank + i), 0, alone, u);
        eval_polynomial(e, g.function, output, ridge, g.derivative_count, u, v);
        add_curve(e, g.derivative_count, u, v);
        for (int k = 0; k < g.derivative_count && !alone; k++)
            arb_mul_si(v, v, ball_point_slope(e->point, g.function, ridge, by[k].argument + 1000 * by[k].position), e->precision);
        arb_add(out, out, v, e->precision);
    }
    int entry = table_add(&e->point->function, 1, &used);
    e->point->function.entry[entry].value = alone;
    arb_clear(u);
    arb_clear(v);
}
