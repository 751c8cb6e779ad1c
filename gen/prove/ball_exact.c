/* Exact rational values, for what a ball cannot tell: 3p − 1 is 0 at p = 1/3, of which there is no dyadic ball without an error. */
#include <stdlib.h>

#include "gen/prove/ball_private.h"

#define MOST_STEPS    200
#define MOST_EXPONENT 64
#define MOST_BITS     4000

typedef struct {
    ball_evaluation *e;
    int steps;
} exact;

static bool value(exact *x, node n, fmpq_t out);

static bool from_ball(const arb_struct *ball, fmpq_t out)
{
    if (!arb_is_exact(ball) || !arb_is_finite(ball) || arf_bits(arb_midref(ball)) > MOST_BITS)
        return false;
    arf_get_fmpq(out, arb_midref(ball));
    return true;
}

/* A free name; of others, what their balls say. */
static bool entry_value(exact *x, node n, fmpq_t out)
{
    dag *d = x->e->s->d;
    int64_t index[MODEL_MAX_AXES];
    const int *equations;
    const model_var *v = &x->e->s->m->var[dag_payload(d, n)];
    arb_t ball;
    arb_init(ball);
    ball_eval(x->e, n, ball);
    bool good = from_ball(ball, out), inside = arb_is_finite(ball) && model_equations_of(x->e->s->m, dag_payload(d, n), &equations) == 0;
    arb_clear(ball);
    if (good || !inside)
        return good;
    for (int i = 0; i < dag_count(d, n); i++) {
        long at, size;
        if (!ball_integer(x->e, dag_child(d, n, i), &at) || !ball_integer(x->e, v->axis_size[i], &size) || at < 0 || at >= size)
            return false;
        index[i] = at;
    }
    return ball_point_leaf(x->e->point, dag_payload(d, n), dag_count(d, n), index, out);
}

static bool fold(exact *x, node n, bool product, fmpq_t out)
{
    fmpq_t t;
    bool good = true;
    fmpq_init(t);
    fmpq_set_si(out, product, 1);
    for (int i = 0; i < dag_count(x->e->s->d, n) && good; i++) {
        good = value(x, dag_child(x->e->s->d, n, i), t) && fmpq_height_bits(out) <= MOST_BITS;
        if (product)
            fmpq_mul(out, out, t);
        else
            fmpq_add(out, out, t);
    }
    fmpq_clear(t);
    return good;
}

static bool power(exact *x, node n, fmpq_t out)
{
    fmpq_t e;
    fmpq_init(e);
    bool good = value(x, dag_child(x->e->s->d, n, 1), e) && fmpz_is_one(fmpq_denref(e)) && fmpz_cmpabs(fmpq_numref(e), (fmpz[]){MOST_EXPONENT}) <= 0 &&
                value(x, dag_child(x->e->s->d, n, 0), out) && fmpq_height_bits(out) * MOST_EXPONENT <= MOST_BITS &&
                (fmpz_sgn(fmpq_numref(e)) > 0 || !fmpq_is_zero(out));
    if (good)
        fmpq_pow_si(out, out, fmpz_get_si(fmpq_numref(e)));
    fmpq_clear(e);
    return good;
}

static bool comparison(exact *x, node n, fmpq_t out)
{
    fmpq_t b;
    fmpq_init(b);
    bool good = value(x, dag_child(x->e->s->d, n, 0), out) && value(x, dag_child(x->e->s->d, n, 1), b), yes = false;
    int order = good ? fmpq_cmp(out, b) : 0;
    switch ((compare)dag_payload(x->e->s->d, n)) {
    case COMPARE_EQUAL: yes = order == 0; break;
    case COMPARE_UNEQUAL: yes = order != 0; break;
    case COMPARE_LESS: yes = order < 0; break;
    case COMPARE_LESS_EQUAL: yes = order <= 0; break;
    }
    if (good && order == 0 && !ball_is_discrete(x->e, n))
        x->e->kink = true;
    fmpq_set_si(out, yes, 1);
    fmpq_clear(b);
    return good;
}

static void round_down(fmpq_t q)
{
    fmpz_t z;
    fmpz_init(z);
    fmpz_fdiv_q(z, fmpq_numref(q), fmpq_denref(q));
    fmpq_set_fmpz(q, z);
    fmpz_clear(z);
}

static bool function(exact *x, node n, fmpq_t out)
{
    dag *d = x->e->s->d;
    op o = (op)dag_payload(d, n);
    if (dag_count(d, n) != 1 || !(o == OP_ABS || o == OP_SIGN || o == OP_RELU || o == OP_FLOOR || o == OP_CEIL) || !value(x, dag_child(d, n, 0), out))
        return false;
    bool on_kink = o == OP_FLOOR || o == OP_CEIL ? fmpz_is_one(fmpq_denref(out)) : fmpq_is_zero(out);
    x->e->kink = x->e->kink || on_kink;
    switch (o) {
    case OP_ABS: fmpq_abs(out, out); break;
    case OP_SIGN: fmpq_set_si(out, fmpq_sgn(out), 1); break;
    case OP_FLOOR: round_down(out); break;
    case OP_CEIL:
        fmpq_neg(out, out);
        round_down(out);
        fmpq_neg(out, out);
        break;
    default:
        if (fmpq_sgn(out) < 0)
            fmpq_zero(out);
    }
    return true;
}

static bool value(exact *x, node n, fmpq_t out)
{
    dag *d = x->e->s->d;
    if (++x->steps > MOST_STEPS)
        return false;
    switch (dag_kind(d, n)) {
    case NODE_NUMBER: fmpq_set_mpq(out, *dag_value(d, n)); return true;
    case NODE_ENTRY: return entry_value(x, n, out);
    case NODE_ADD: return fold(x, n, false, out);
    case NODE_MUL: return fold(x, n, true, out);
    case NODE_POW: return power(x, n, out);
    case NODE_COMPARE: return comparison(x, n, out);
    case NODE_FUN: return function(x, n, out);
    case NODE_SIZE:
    case NODE_INDEX: {
        long v;
        bool good = ball_integer(x->e, n, &v);
        fmpq_set_si(out, good ? v : 0, 1);
        return good;
    }
    default: return false;
    }
}

void ball_make_exact(ball_evaluation *e, node n, arb_t out)
{
    exact x = {.e = e};
    fmpq_t q;
    bool kink = e->kink;
    fmpq_init(q);
    if (value(&x, n, q))
        arb_set_fmpq(out, q, e->precision);
    else
        e->kink = kink;
    fmpq_clear(q);
}
