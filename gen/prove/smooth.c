#include "gen/prove/smooth.h"

#include <stdlib.h>

#include "gen/prove/normal.h"

typedef enum {
    FORM_UNKNOWN,
    FORM_SMOOTH, /* everywhere */
    FORM_ABOVE,  /* where u > 0 */
    FORM_APART,  /* where u ≠ 0 */
    FORM_ABOVE_MINUS_ONE,
    FORM_UNIT, /* −1..1 */
    FORM_OPEN_UNIT,
    FORM_FROM_ONE,
    FORM_OUTSIDE_UNIT,
    FORM_OUTSIDE_OPEN,
    FORM_TO_ONE, /* 0 < u <= 1 */
    FORM_OPEN_01,
    FORM_BEND, /* not at u = 0 */
    FORM_JUMP,
    FORM_PAIR, /* max, min: not at u = v */
    FORM_PLAIN /* stop: its derivative is not that of its value */
} form;

/* Not the column `domain` of ops.def, which does not say where a function is smooth. What is not here is taken as a number of its own. */
static form form_of(op o)
{
    static const unsigned char list[OP_COUNT] = {
        [OP_EXP] = FORM_SMOOTH,         [OP_EXPM1] = FORM_SMOOTH,      [OP_SIN] = FORM_SMOOTH,        [OP_COS] = FORM_SMOOTH,
        [OP_SINH] = FORM_SMOOTH,        [OP_COSH] = FORM_SMOOTH,       [OP_TANH] = FORM_SMOOTH,       [OP_SECH] = FORM_SMOOTH,
        [OP_ASINH] = FORM_SMOOTH,       [OP_ATAN] = FORM_SMOOTH,       [OP_ERF] = FORM_SMOOTH,        [OP_ERFC] = FORM_SMOOTH,
        [OP_ERFI] = FORM_SMOOTH,        [OP_SIGMOID] = FORM_SMOOTH,    [OP_SOFTPLUS] = FORM_SMOOTH,   [OP_LOGSIGMOID] = FORM_SMOOTH,
        [OP_SILU] = FORM_SMOOTH,        [OP_GELU] = FORM_SMOOTH,       [OP_MISH] = FORM_SMOOTH,       [OP_PI_CONST] = FORM_SMOOTH,
        [OP_E_CONST] = FORM_SMOOTH,     [OP_LOG] = FORM_ABOVE,         [OP_LOG2] = FORM_ABOVE,        [OP_LOG10] = FORM_ABOVE,
        [OP_CSCH] = FORM_APART,         [OP_COTH] = FORM_APART,        [OP_ACOT] = FORM_APART,        [OP_ACSCH] = FORM_APART,
        [OP_ASIN] = FORM_UNIT,          [OP_ACOS] = FORM_UNIT,         [OP_ATANH] = FORM_OPEN_UNIT,   [OP_LOG1P] = FORM_ABOVE_MINUS_ONE,
        [OP_ACOSH] = FORM_FROM_ONE,     [OP_ASEC] = FORM_OUTSIDE_UNIT, [OP_ACSC] = FORM_OUTSIDE_UNIT, [OP_LOGIT] = FORM_OPEN_01,
        [OP_ACOTH] = FORM_OUTSIDE_OPEN, [OP_ASECH] = FORM_TO_ONE,      [OP_CBRT] = FORM_BEND,         [OP_ABS] = FORM_BEND,
        [OP_RELU] = FORM_BEND,          [OP_SIGN] = FORM_JUMP,         [OP_MAX] = FORM_PAIR,          [OP_MIN] = FORM_PAIR,
        [OP_STOP] = FORM_PLAIN,
    };
    return (form)list[o];
}

static bool has_number_exponent(const session *s, node n)
{
    return dag_kind(s->d, dag_child(s->d, n, 1)) == NODE_NUMBER;
}

bool smooth_is_known(const session *s, node n)
{
    switch (dag_kind(s->d, n)) {
    case NODE_NUMBER:
    case NODE_ADD:
    case NODE_MUL:
    case NODE_COMPARE:
    case NODE_IF: return true;
    case NODE_POW: return has_number_exponent(s, n);
    case NODE_FUN: return form_of((op)dag_payload(s->d, n)) != FORM_UNKNOWN;
    default: return false;
    }
}

/* --- what functions need --- */

typedef struct {
    session *s;
    smooth_needs *out;
    table seen;
    int branch;
    bool good;
} gathering;

static void add(gathering *x, node base, smooth_kind kind)
{
    int sign = normal_structural_sign(x->s, base);
    if (sign == 1 || (sign == -1 && kind != NEED_ABOVE && kind != NEED_AT_LEAST))
        return;
    if (sign == 2 && kind == NEED_AT_LEAST)
        kind = NEED_BEND;
    if (x->out->count == SMOOTH_MOST_NEEDS) {
        x->good = false;
        return;
    }
    x->out->list[x->out->count++] = (smooth_need){.base = base, .kind = kind, .conditional = x->branch > 0};
}

/* k u + number */
static node line(gathering *x, long k, node u, long number)
{
    dag *d = x->s->d;
    return dag_add2(d, dag_mul2(d, dag_int(d, k), u), dag_int(d, number));
}

static void gather_function(gathering *x, node n)
{
    dag *d = x->s->d;
    node u = dag_count(d, n) ? dag_child(d, n, 0) : 0;
    switch (form_of((op)dag_payload(d, n))) {
    case FORM_UNKNOWN: x->good = false; break;
    case FORM_SMOOTH:
    case FORM_PLAIN: break;
    case FORM_ABOVE: add(x, u, NEED_ABOVE); break;
    case FORM_APART: add(x, u, NEED_APART); break;
    case FORM_ABOVE_MINUS_ONE: add(x, line(x, 1, u, 1), NEED_ABOVE); break;
    case FORM_UNIT:
    case FORM_OPEN_UNIT:
        if (dag_kind(d, u) == NODE_FUN && dag_payload(d, u) == OP_TANH)
            break;
        add(x, line(x, 1, u, 1), form_of((op)dag_payload(d, n)) == FORM_UNIT ? NEED_AT_LEAST : NEED_ABOVE);
        add(x, line(x, -1, u, 1), form_of((op)dag_payload(d, n)) == FORM_UNIT ? NEED_AT_LEAST : NEED_ABOVE);
        break;
    case FORM_FROM_ONE: add(x, line(x, 1, u, -1), NEED_AT_LEAST); break;
    case FORM_OUTSIDE_UNIT: add(x, dag_mul2(d, line(x, 1, u, -1), line(x, 1, u, 1)), NEED_AT_LEAST); break;
    case FORM_OUTSIDE_OPEN: add(x, dag_mul2(d, line(x, 1, u, -1), line(x, 1, u, 1)), NEED_ABOVE); break;
    case FORM_TO_ONE:
        add(x, u, NEED_ABOVE);
        add(x, line(x, -1, u, 1), NEED_AT_LEAST);
        break;
    case FORM_OPEN_01:
        add(x, u, NEED_ABOVE);
        add(x, line(x, -1, u, 1), NEED_ABOVE);
        break;
    case FORM_BEND: add(x, u, NEED_BEND); break;
    case FORM_JUMP: add(x, u, NEED_JUMP); break;
    case FORM_PAIR: add(x, dag_sub(d, u, dag_child(d, n, 1)), NEED_BEND); break;
    }
}

static void gather_power(gathering *x, node n)
{
    const mpq_t *e = dag_value(x->s->d, dag_child(x->s->d, n, 1));
    bool whole = mpz_cmp_ui(mpq_denref(*e), 1) == 0;
    if (!whole)
        add(x, dag_child(x->s->d, n, 0), mpq_sgn(*e) > 0 ? NEED_AT_LEAST : NEED_ABOVE);
    else if (mpq_sgn(*e) < 0)
        add(x, dag_child(x->s->d, n, 0), NEED_APART);
}

/* In a branch and outside of one a node is met twice: what it needs outside of all branches it needs. */
static void gather(gathering *x, node n)
{
    dag *d = x->s->d;
    int64_t key[] = {n, x->branch > 0};
    if (!x->good || table_find(&x->seen, 2, key) >= 0)
        return;
    table_add(&x->seen, 2, key);
    node_kind kind = dag_kind(d, n);
    if (kind == NODE_ENTRY || kind == NODE_NUMBER)
        return;
    x->good = smooth_is_known(x->s, n);
    for (int i = 0; i < dag_count(d, n) && x->good; i++) {
        x->branch += kind == NODE_IF && i > 0;
        gather(x, dag_child(d, n, i));
        x->branch -= kind == NODE_IF && i > 0;
    }
    if (!x->good)
        return;
    if (kind == NODE_FUN)
        gather_function(x, n);
    else if (kind == NODE_POW)
        gather_power(x, n);
    else if (kind == NODE_COMPARE)
        add(x, dag_sub(d, dag_child(d, n, 0), dag_child(d, n, 1)), NEED_JUMP);
}

bool smooth_gather(session *s, node n, smooth_needs *out)
{
    gathering x = {.s = s, .out = out, .good = true};
    gather(&x, n);
    table_free(&x.seen);
    return x.good;
}

/* --- what stays of kinks --- */

typedef struct {
    session *s;
    smooth_sign *sign;
    void *context;
    table done;
} settling;

static node settle(void *context, node n);

static node settle_function(settling *x, node n)
{
    dag *d = x->s->d;
    op o = (op)dag_payload(d, n);
    node u = dag_count(d, n) ? dag_child(d, n, 0) : 0, v = dag_count(d, n) > 1 ? dag_child(d, n, 1) : 0;
    int sign = !u ? 0 : x->sign(x->context, v ? dag_sub(d, u, v) : u);
    switch (o) {
    case OP_STOP: return u;
    case OP_ABS: return sign ? (sign > 0 ? u : dag_neg(d, u)) : n;
    case OP_RELU: return sign ? (sign > 0 ? u : dag_int(d, 0)) : n;
    case OP_SIGN: return sign ? dag_int(d, sign) : n;
    case OP_MAX: return sign ? (sign > 0 ? u : v) : n;
    case OP_MIN: return sign ? (sign > 0 ? v : u) : n;
    default: return n;
    }
}

static node settle_condition(settling *x, node n)
{
    dag *d = x->s->d;
    int sign = x->sign(x->context, dag_sub(d, dag_child(d, n, 0), dag_child(d, n, 1)));
    switch (sign ? dag_payload(d, n) : -1) {
    case COMPARE_EQUAL: return dag_int(d, 0);
    case COMPARE_UNEQUAL: return dag_int(d, 1);
    case COMPARE_LESS:
    case COMPARE_LESS_EQUAL: return dag_int(d, sign < 0);
    default: return n;
    }
}

static node settle_new(settling *x, node n)
{
    dag *d = x->s->d;
    node_kind kind = dag_kind(d, n);
    if (kind == NODE_IF) {
        node condition = settle(x, dag_child(d, n, 0));
        if (dag_kind(d, condition) == NODE_NUMBER)
            return settle(x, dag_child(d, n, dag_is_int(d, condition, 0) ? 2 : 1));
    }
    node made = dag_map_children(d, n, settle, x);
    return dag_kind(d, made) == NODE_FUN ? settle_function(x, made) : dag_kind(d, made) == NODE_COMPARE ? settle_condition(x, made) : made;
}

static node settle(void *context, node n)
{
    settling *x = context;
    int64_t key = n;
    node_kind kind = dag_kind(x->s->d, n);
    if (kind == NODE_ENTRY || kind == NODE_NUMBER)
        return n;
    int e = table_find(&x->done, 1, &key);
    if (e >= 0)
        return (node)x->done.entry[e].value;
    node made = settle_new(x, n);
    e = table_add(&x->done, 1, &key);
    x->done.entry[e].value = made;
    return made;
}

node smooth_settle(session *s, node n, smooth_sign *sign, void *context)
{
    settling x = {.s = s, .sign = sign, .context = context};
    node made = settle(&x, n);
    table_free(&x.done);
    return made;
}
