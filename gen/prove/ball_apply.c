/* Values of abstract functions: sums of polynomials of linear forms of the arguments, and their derivatives. */
#include "gen/prove/ball_private.h"

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

void ball_apply(ball_evaluation *e, node n, arb_t out)
{
    dag *d = e->s->d;
    const dag_signature g = *dag_signature_get(d, dag_payload(d, n));
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
        for (int k = 0; k < g.derivative_count && !alone; k++)
            arb_mul_si(v, v, ball_point_slope(e->point, g.function, ridge, by[k].argument + 1000 * by[k].position), e->precision);
        arb_add(out, out, v, e->precision);
    }
    int entry = table_add(&e->point->function, 1, &used);
    e->point->function.entry[entry].value = alone;
    arb_clear(u);
    arb_clear(v);
}
