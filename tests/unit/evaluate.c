#include "evaluate.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grammar/arena.h"

typedef struct {
    int var, count;
    long at[MODEL_MAX_AXES];
    long double value;
} cell;

/* A world in which one entry is moved or has another value; its parent is the world before. */
typedef struct world {
    const struct world *parent;
    int var; /* -1: none */
    int count;
    long at[MODEL_MAX_AXES];
    long double move, put;
    bool puts;
    int hold;
    cell *table;
    int used, room;
} world;

struct evaluation {
    model *m;
    unsigned seed;
    double lo, hi;
    long *index;
    int index_room;
    long bound[64];
    world base;
    world *current;
    char reason[160];
    int depth;
};

static uint32_t scramble(uint32_t h)
{
    h ^= h >> 16, h *= 0x7feb352du, h ^= h >> 15, h *= 0x846ca68bu;
    return h ^ (h >> 16);
}

static uint32_t hash(int var, int count, const long *at)
{
    uint32_t h = scramble((uint32_t)var + 0x1234567u);
    for (int i = 0; i < count; i++)
        h = scramble(h * 31u + (uint32_t)(at[i] + 77));
    return h;
}

static cell *slot(world *w, int var, int count, const long *at)
{
    if (2 * (w->used + 1) > w->room) {
        cell *old = w->table;
        int room = w->room;
        w->room = room ? 2 * room : 64;
        w->table = xcalloc((size_t)w->room, sizeof *w->table);
        w->used = 0;
        for (int i = 0; i < room; i++)
            if (old[i].var)
                *slot(w, old[i].var - 1, old[i].count, old[i].at) = old[i], w->used++;
        free(old);
    }
    uint32_t i = hash(var, count, at) & (uint32_t)(w->room - 1);
    while (w->table[i].var && (w->table[i].var != var + 1 || memcmp(w->table[i].at, at, (size_t)count * sizeof *at) != 0))
        i = (i + 1) & (uint32_t)(w->room - 1);
    return &w->table[i];
}

evaluation *evaluate_new(model *m, unsigned seed)
{
    evaluation *e = xcalloc(1, sizeof *e);
    *e = (evaluation){.m = m, .seed = seed, .lo = 0.3, .hi = 1.4, .base = {.var = -1}};
    e->current = &e->base;
    return e;
}

void evaluate_forget(evaluation *e)
{
    free(e->base.table);
    e->base.table = NULL;
    e->base.used = e->base.room = 0;
    e->reason[0] = 0;
}

void evaluate_free(evaluation *e)
{
    evaluate_forget(e);
    free(e->index), free(e);
}

void evaluate_range(evaluation *e, double lo, double hi)
{
    e->lo = lo, e->hi = hi;
}

const char *evaluate_reason(const evaluation *e)
{
    return e->reason;
}

void evaluate_bind(evaluation *e, int index, long value)
{
    if (index >= e->index_room) {
        int room = index + 256;
        e->index = xrealloc(e->index, (size_t)room * sizeof *e->index);
        memset(e->index + e->index_room, 0, (size_t)(room - e->index_room) * sizeof *e->index);
        e->index_room = room;
    }
    e->index[index] = value;
}

long evaluate_size(evaluation *e, node n)
{
    return lroundl(evaluate(e, n));
}

static long double fail(evaluation *e, const char *what, int var, int count, const long *at)
{
    if (!e->reason[0]) {
        int n = snprintf(e->reason, sizeof e->reason, "%s %s[", what, model_var_name(e->m, var));
        for (int i = 0; i < count && n < 140; i++)
            n += snprintf(e->reason + n, sizeof e->reason - (size_t)n, "%s%ld", i ? "," : "", at[i]);
        snprintf(e->reason + n, sizeof e->reason - (size_t)n, "]");
    }
    return NAN;
}

/* --- functions --- */

static long double polygamma(int n, long double x)
{
    static const long double bernoulli[] = {1.0L / 6, -1.0L / 30, 1.0L / 42, -1.0L / 30, 5.0L / 66, -691.0L / 2730, 7.0L / 6};
    long double sum = 0, factorial = 1, sign = n % 2 ? 1 : -1;
    for (int i = 2; i <= n; i++)
        factorial *= i;
    if (n == 0) {
        for (; x < 25; x += 1)
            sum -= 1 / x;
        sum += logl(x) - 1 / (2 * x);
        for (int k = 0; k < 7; k++)
            sum -= bernoulli[k] / (2 * (k + 1) * powl(x, 2 * (k + 1)));
        return sum;
    }
    for (; x < 25; x += 1)
        sum += factorial / powl(x, n + 1);
    sum += factorial / n / powl(x, n) + factorial / (2 * powl(x, n + 1));
    for (int k = 1; k <= 7; k++) {
        long double f = 1;
        for (int i = 2; i <= 2 * k + n - 1; i++)
            f *= i;
        for (int i = 2; i <= 2 * k; i++)
            f /= i;
        sum += bernoulli[k - 1] * f / powl(x, 2 * k + n);
    }
    return sign * sum;
}

static long double erfi(long double x)
{
    long double term = x, sum = x;
    for (int k = 1; k < 200; k++) {
        term *= x * x / k;
        sum += term / (2 * k + 1);
    }
    return sum * 2 / sqrtl(acosl(-1));
}

static long double sigmoid(long double x)
{
    return 1 / (1 + expl(-x));
}

long double evaluate_op(op o, const long double *a)
{
    long double u = a[0], v = a[1], w = a[2], pi = acosl(-1);
    switch (o) {
    case OP_EXP: return expl(u);
    case OP_LOG: return logl(u);
    case OP_LOG2: return logl(u) / logl(2);
    case OP_LOG10: return logl(u) / logl(10);
    case OP_LOG1P: return log1pl(u);
    case OP_EXPM1: return expm1l(u);
    case OP_CBRT: return cbrtl(u);
    case OP_SIN: return sinl(u);
    case OP_COS: return cosl(u);
    case OP_TAN: return tanl(u);
    case OP_SEC: return 1 / cosl(u);
    case OP_CSC: return 1 / sinl(u);
    case OP_COT: return cosl(u) / sinl(u);
    case OP_ASIN: return asinl(u);
    case OP_ACOS: return acosl(u);
    case OP_ATAN: return atanl(u);
    case OP_ASEC: return acosl(1 / u);
    case OP_ACSC: return asinl(1 / u);
    case OP_ACOT: return atanl(1 / u);
    case OP_SINH: return sinhl(u);
    case OP_COSH: return coshl(u);
    case OP_TANH: return tanhl(u);
    case OP_SECH: return 1 / coshl(u);
    case OP_CSCH: return 1 / sinhl(u);
    case OP_COTH: return 1 / tanhl(u);
    case OP_ASINH: return asinhl(u);
    case OP_ACOSH: return acoshl(u);
    case OP_ATANH: return atanhl(u);
    case OP_ASECH: return acoshl(1 / u);
    case OP_ACSCH: return asinhl(1 / u);
    case OP_ACOTH: return atanhl(1 / u);
    case OP_ERF: return erfl(u);
    case OP_ERFC: return erfcl(u);
    case OP_ERFI: return erfi(u);
    case OP_LGAMMA: return lgammal(u);
    case OP_DIGAMMA: return polygamma(0, u);
    case OP_POLYGAMMA: return polygamma((int)u, v);
    case OP_ABS: return fabsl(u);
    case OP_SIGN: return (u > 0) - (u < 0);
    case OP_FLOOR: return floorl(u);
    case OP_CEIL: return ceill(u);
    case OP_MIN: return u < v ? u : v;
    case OP_MAX: return u > v ? u : v;
    case OP_CLIP: return u < v ? v : u > w ? w : u;
    case OP_HYPOT: return sqrtl(u * u + v * v);
    case OP_SIGMOID: return sigmoid(u);
    case OP_LOGIT: return logl(u / (1 - u));
    case OP_SOFTPLUS: return log1pl(expl(u));
    case OP_LOGSIGMOID: return -log1pl(expl(-u));
    case OP_RELU: return u > 0 ? u : 0;
    case OP_LEAKY_RELU: return u > 0 ? u : v * u;
    case OP_ELU: return u > 0 ? u : v * expm1l(u);
    case OP_SELU: return 1.05070098735548049341933498529460L * (u > 0 ? u : 1.67326324235437728481704342896800L * expm1l(u));
    case OP_GELU: return u / 2 * (1 + erfl(u / sqrtl(2)));
    case OP_SILU: return u * sigmoid(u);
    case OP_MISH: return u * tanhl(log1pl(expl(u)));
    case OP_SOFTSIGN: return u / (1 + fabsl(u));
    case OP_HARDTANH: return u < -1 ? -1 : u > 1 ? 1 : u;
    case OP_HARDSIGMOID: return u < -3 ? 0 : u > 3 ? 1 : u / 6 + 0.5L;
    case OP_STOP: return u;
    case OP_AND: return u != 0 && v != 0;
    case OP_OR: return u != 0 || v != 0;
    case OP_NOT: return u == 0;
    case OP_PI_CONST: return pi;
    case OP_E_CONST: return expl(1);
    case OP_GAMMA_CONST: return 0.577215664901532860606512090082402431L;
    case OP_SELU_ALPHA: return 1.67326324235437728481704342896800L;
    case OP_SELU_SCALE: return 1.05070098735548049341933498529460L;
    default: return NAN; /* a new row of ops.def needs its value here */
    }
}

/* --- entries --- */

static long double random_value(evaluation *e, int var, int count, const long *at)
{
    const model_var *v = &e->m->var[var];
    uint32_t h = scramble(hash(var, count, at) + e->seed * 2654435761u);
    if (v->integer)
        return h % 2;
    return e->lo + (e->hi - e->lo) * ((double)(h >> 4) / (double)(1u << 28));
}

static bool inside_axes(evaluation *e, const model_var *v, int count, const long *at, bool *padding)
{
    *padding = false;
    for (int k = 0; k < count; k++) {
        long size = evaluate_size(e, v->axis_size[k]);
        if (at[k] < -v->pad[k] || at[k] >= size + v->pad[k])
            return false;
        *padding |= at[k] < 0 || at[k] >= size;
    }
    return true;
}

static bool equation_holds(evaluation *e, const model_equation *q, int count, const long *at)
{
    for (int k = 0; k < count; k++)
        if (dag_kind(e->m->dag, q->at[k]) == NODE_INDEX)
            evaluate_bind(e, dag_payload(e->m->dag, q->at[k]), at[k]);
    for (int k = 0; k < count; k++) {
        if (dag_kind(e->m->dag, q->at[k]) != NODE_INDEX) {
            if (evaluate_size(e, q->at[k]) != at[k])
                return false;
            continue;
        }
        const dag_index_info *x = dag_index_get(e->m->dag, dag_payload(e->m->dag, q->at[k]));
        if (at[k] < evaluate_size(e, x->lo) || at[k] > evaluate_size(e, x->hi))
            return false;
    }
    return true;
}

static long double defined_value(evaluation *e, int var, int count, const long *at)
{
    const int *list;
    int equations = model_equations_of(e->m, var, &list);
    size_t bytes = (size_t)e->index_room * sizeof *e->index;
    long *saved = xmalloc(bytes + 1), bound[64];
    long double value = NAN;
    bool found = false;
    int room = e->index_room;
    memcpy(saved, e->index, bytes);
    memcpy(bound, e->bound, sizeof bound);
    for (int i = 0; i < equations && !found; i++) {
        const model_equation *q = &e->m->equation[list[i]];
        found = equation_holds(e, q, count, at);
        if (found)
            value = evaluate(e, q->rhs);
    }
    memcpy(e->index, saved, (size_t)room * sizeof *saved);
    memcpy(e->bound, bound, sizeof bound);
    free(saved);
    return found ? value : fail(e, "no equation for", var, count, at);
}

static bool holds(evaluation *e, const world *w, int var)
{
    for (int i = 0; i < dag_hold_count(e->m->dag, w->hold); i++)
        if (dag_hold_get(e->m->dag, w->hold, i) == var)
            return true;
    return false;
}

static long double entry(evaluation *e, int var, int count, const long *at)
{
    world *w = e->current;
    cell *known = slot(w, var, count, at);
    if (known->var)
        return known->value;
    if (++e->depth > 2000)
        return fail(e, "endless", var, count, at);
    bool same = w->var == var && memcmp(w->at, at, (size_t)count * sizeof *at) == 0, padding = false;
    long double value;
    const int *list;
    const model_var *v = &e->m->var[var];
    if (same && w->puts) {
        value = w->put;
    } else if (w->parent && holds(e, w, var)) {
        e->current = (world *)(uintptr_t)w->parent;
        value = entry(e, var, count, at);
        e->current = w;
    } else if (model_equations_of(e->m, var, &list)) {
        value = defined_value(e, var, count, at);
    } else if (!inside_axes(e, v, count, at, &padding)) {
        value = fail(e, "outside", var, count, at);
    } else if (w->parent) {
        e->current = (world *)(uintptr_t)w->parent;
        value = entry(e, var, count, at);
        e->current = w;
    } else {
        value = padding ? 0 : random_value(e, var, count, at);
    }
    e->depth--;
    if (same && !w->puts)
        value += w->move;
    cell *c = slot(w, var, count, at);
    *c = (cell){.var = var + 1, .count = count, .value = value};
    memcpy(c->at, at, (size_t)count * sizeof *at);
    w->used++;
    return value;
}

/* --- derivatives by differences --- */

static long double in_world(evaluation *e, world *w, node a, bool unfold)
{
    world *saved = e->current;
    long double value;
    w->parent = saved;
    e->current = w;
    if (unfold) {
        long at[MODEL_MAX_AXES];
        int count = dag_count(e->m->dag, a);
        for (int k = 0; k < count; k++)
            at[k] = evaluate_size(e, dag_child(e->m->dag, a, k));
        value = defined_value(e, dag_payload(e->m->dag, a), count, at);
    } else {
        value = evaluate(e, a);
    }
    e->current = saved;
    free(w->table);
    return value;
}

static world moved(evaluation *e, node b, int hold, long double by)
{
    world w = {.var = dag_payload(e->m->dag, b), .count = dag_count(e->m->dag, b), .move = by, .hold = hold};
    for (int k = 0; k < w.count; k++)
        w.at[k] = evaluate_size(e, dag_child(e->m->dag, b, k));
    return w;
}

static long double difference(evaluation *e, node n)
{
    dag *d = e->m->dag;
    node a = dag_child(d, n, 0), b = dag_child(d, n, 1);
    int hold = dag_payload(d, n);
    world probe = {.hold = hold};
    bool unfold = dag_kind(d, a) == NODE_ENTRY && holds(e, &probe, dag_payload(d, a)), nested = dag_has_kind(d, a, NODE_DIFF);
    /* Derivatives inside what is differentiated cost digits: a larger step. */
    for (int i = 0; i < e->m->equation_count && !nested; i++)
        nested = dag_has_kind(d, e->m->equation[i].rhs, NODE_DIFF);
    long double h = nested ? 4e-3L : 1e-3L, sum = 0;
    static const long double weight[4] = {4.0L / 5, -1.0L / 5, 4.0L / 105, -1.0L / 280};
    for (int i = 1; i <= 4; i++) {
        world up = moved(e, b, hold, i * h), down = moved(e, b, hold, -i * h);
        sum += weight[i - 1] * (in_world(e, &up, a, unfold) - in_world(e, &down, a, unfold));
    }
    return sum / h;
}

/* f(x) = sin(phase + Σ c_i x_i): derivatives of any order are known. */
static long double apply(evaluation *e, node n);

static long double weight_of(int function, int argument, int count, const long *at)
{
    return 0.4L + 0.05L * (long double)(scramble((uint32_t)(function * 131 + argument * 17 + 5) + hash(3, count, at)) % 16);
}

static long double argument_sum(evaluation *e, int function, int argument, node n, int count, long *at)
{
    dag *d = e->m->dag;
    if (dag_kind(d, n) != NODE_LAMBDA)
        return weight_of(function, argument, count, at) * evaluate(e, n);
    long lo = evaluate_size(e, dag_child(d, n, 0)), hi = evaluate_size(e, dag_child(d, n, 1));
    int height = dag_height(d, n);
    long double sum = 0;
    long saved = e->bound[height];
    for (long i = lo; i <= hi; i++) {
        e->bound[height] = at[count] = i;
        sum += argument_sum(e, function, argument, dag_child(d, n, 2), count + 1, at);
    }
    e->bound[height] = saved;
    return sum;
}

static int rank_of(const dag *d, node n)
{
    int rank = 0;
    for (; dag_kind(d, n) == NODE_LAMBDA; rank++)
        n = dag_child(d, n, 2);
    return rank;
}

static long double apply(evaluation *e, node n)
{
    dag *d = e->m->dag;
    dag_signature s = *dag_signature_get(d, dag_payload(d, n));
    long out[MODEL_MAX_AXES], at[MODEL_MAX_AXES];
    long double sum, factor = 1;
    for (int k = 0; k < s.out_rank; k++)
        out[k] = evaluate_size(e, dag_child(d, n, k));
    sum = 0.01L * (hash(s.function, s.out_rank, out) % 300);
    for (int i = 0; i < s.arg_count; i++)
        sum += argument_sum(e, s.function, i, dag_child(d, n, s.out_rank + i), 0, at);
    int next = s.out_rank + s.arg_count;
    for (int i = 0; i < s.derivative_count; i++) {
        int rank = s.derivative[i] < s.arg_count ? rank_of(d, dag_child(d, n, s.out_rank + s.derivative[i])) : 0;
        for (int k = 0; k < rank; k++)
            at[k] = evaluate_size(e, dag_child(d, n, next++));
        factor *= weight_of(s.function, s.derivative[i], rank, at);
    }
    return factor * sinl(sum + s.derivative_count * acosl(-1) / 2);
}

/* --- expressions --- */

static long double reduce(evaluation *e, node n)
{
    dag *d = e->m->dag;
    reduction r = (reduction)dag_payload(d, n);
    node body = dag_child(d, n, dag_count(d, n) - 1);
    long lo = evaluate_size(e, dag_child(d, n, 0)), hi = evaluate_size(e, dag_child(d, n, 1)), best = lo;
    int height = dag_height(d, n);
    long at = dag_count(d, n) == 4 ? evaluate_size(e, dag_child(d, n, 2)) : 0, saved = e->bound[height];
    long double sum = 0, product = 1, high = -INFINITY, low = INFINITY, exponentials = 0, own = 0;
    for (long i = lo; i <= hi; i++) {
        e->bound[height] = i;
        long double v = evaluate(e, body);
        sum += v, product *= v, exponentials += expl(v);
        if ((r == REDUCE_ARGMIN || r == REDUCE_MIN) ? v < low : v > high)
            best = i;
        high = v > high ? v : high;
        low = v < low ? v : low;
        own = i == at ? expl(v) : own;
    }
    e->bound[height] = saved;
    switch (r) {
    case REDUCE_SUM: return sum;
    case REDUCE_PROD: return product;
    case REDUCE_MAX: return high;
    case REDUCE_MIN: return low;
    case REDUCE_LOGSUMEXP: return logl(exponentials);
    case REDUCE_ARGMAX:
    case REDUCE_ARGMIN: return best;
    case REDUCE_SOFTMAX: return own / exponentials;
    default: return NAN;
    }
}

static long double compared(evaluation *e, node n)
{
    long double a = evaluate(e, dag_child(e->m->dag, n, 0)), b = evaluate(e, dag_child(e->m->dag, n, 1));
    switch (dag_payload(e->m->dag, n)) {
    case COMPARE_EQUAL: return a == b;
    case COMPARE_UNEQUAL: return a != b;
    case COMPARE_LESS: return a < b;
    default: return a <= b;
    }
}

long double evaluate(evaluation *e, node n)
{
    dag *d = e->m->dag;
    int count = dag_count(d, n);
    long double v, u[3] = {0, 0, 0};
    long at[MODEL_MAX_AXES];
    switch (dag_kind(d, n)) {
    case NODE_NUMBER: {
        const mpq_t *q = dag_value(d, n);
        mpf_t f;
        mpf_init2(f, 128);
        mpf_set_q(f, *q);
        double head = mpf_get_d(f);
        mpf_t rest;
        mpf_init2(rest, 128);
        mpf_set_d(rest, head);
        mpf_sub(f, f, rest);
        v = (long double)head + (long double)mpf_get_d(f);
        mpf_clear(f), mpf_clear(rest);
        return v;
    }
    case NODE_SIZE: {
        int s = dag_payload(d, n);
        return e->m->size[s].value > 0 ? e->m->size[s].value : e->m->size[s].population >= 0 ? 2 : 3;
    }
    case NODE_INDEX: return dag_payload(d, n) < e->index_room ? e->index[dag_payload(d, n)] : 0;
    case NODE_BOUND: return e->bound[dag_payload(d, n)];
    case NODE_ENTRY:
        for (int k = 0; k < count; k++)
            at[k] = evaluate_size(e, dag_child(d, n, k));
        return entry(e, dag_payload(d, n), count, at);
    case NODE_APPLY: return apply(e, n);
    case NODE_ADD:
        v = 0;
        for (int i = 0; i < count; i++)
            v += evaluate(e, dag_child(d, n, i));
        return v;
    case NODE_MUL:
        v = 1; /* Kronecker deltas first: what stands beside one that is 0 may lie outside its range */
        for (int i = 0; i < count; i++)
            if (dag_kind(d, dag_child(d, n, i)) == NODE_COMPARE && (v *= evaluate(e, dag_child(d, n, i))) == 0)
                return 0;
        for (int i = 0; i < count; i++)
            if (dag_kind(d, dag_child(d, n, i)) != NODE_COMPARE)
                v *= evaluate(e, dag_child(d, n, i));
        return v;
    case NODE_POW: return powl(evaluate(e, dag_child(d, n, 0)), evaluate(e, dag_child(d, n, 1)));
    case NODE_FUN:
        if (dag_payload(d, n) == OP_STOP) { /* does not move with anything */
            world *saved = e->current;
            e->current = &e->base;
            v = evaluate(e, dag_child(d, n, 0));
            e->current = saved;
            return v;
        }
        for (int i = 0; i < count && i < 3; i++)
            u[i] = evaluate(e, dag_child(d, n, i));
        return evaluate_op((op)dag_payload(d, n), u);
    case NODE_COMPARE: return compared(e, n);
    case NODE_IF: return evaluate(e, dag_child(d, n, evaluate(e, dag_child(d, n, 0)) != 0 ? 1 : 2));
    case NODE_REDUCE: return reduce(e, n);
    case NODE_DIFF: return difference(e, n);
    case NODE_AT: {
        world w = moved(e, dag_child(d, n, 1), 0, 0);
        w.puts = true;
        w.put = evaluate(e, dag_child(d, n, 2));
        return in_world(e, &w, dag_child(d, n, 0), false);
    }
    default: return NAN;
    }
}
