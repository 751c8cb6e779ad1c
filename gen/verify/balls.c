/* Enclosures: the page's equations and adjoints in ball arithmetic, at the very doubles that the program was given. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gen/verify/verify.h"

enum { PRECISION = 128 };

typedef struct {
    partner *p;
    model *m;
    session *s;
    ball_point point;
    ball_evaluation e;
    long operations;
    double counted; /* steps done, where the page has a sequence of optimizers */
    verify_result result;
} balls;

/* --- the point --- */

static void leaf_set(balls *x, int var, int count, const long *at, const fmpq_t value)
{
    int64_t key[MODEL_MAX_AXES + 1] = {var};
    for (int k = 0; k < count; k++)
        key[k + 1] = at[k];
    ball_point *p = &x->point;
    if (session_is_fact(x->s, var) && x->s->fact[var].swap_a >= 0) { /* as ball_point_leaf looks it up */
        int a = x->s->fact[var].swap_a + 1, b = x->s->fact[var].swap_b + 1;
        if (key[a] > key[b]) {
            int64_t t = key[a];
            key[a] = key[b], key[b] = t;
        }
    }
    int known = table_find(&p->leaf, count + 1, key), e = known < 0 ? table_add(&p->leaf, count + 1, key) : known;
    if (e >= p->value_capacity) {
        p->value_capacity = 2 * e + 16;
        p->value = xrealloc(p->value, (size_t)p->value_capacity * sizeof *p->value);
    }
    if (known < 0)
        fmpq_init(p->value + e);
    fmpq_set(p->value + e, value);
}

static void split_entry(const verify_array *a, long entry, long *at)
{
    for (int k = a->rank - 1; k >= 0; k--) {
        at[k] = entry % a->dim[k];
        entry /= a->dim[k];
    }
}

static void leaf_set_double(balls *x, const verify_array *a, long entry, double value)
{
    long at[MODEL_MAX_AXES];
    mpq_t exact;
    fmpq_t q;
    mpq_init(exact);
    fmpq_init(q);
    mpq_set_d(exact, isfinite(value) ? value : 0.0);
    fmpq_set_mpq(q, exact);
    split_entry(a, entry, at);
    leaf_set(x, a->var, a->rank, at, q);
    fmpq_clear(q);
    mpq_clear(exact);
}

static void set_training(balls *x, bool training)
{
    fmpq_t q;
    fmpq_init(q);
    fmpq_set_si(q, training, 1);
    for (int i = 0; i < x->m->var_count; i++)
        if (x->m->var[i].role == ROLE_SYSTEM && x->m->var[i].axis_count == 0)
            leaf_set(x, i, 0, NULL, q);
    fmpq_clear(q);
}

static void begin_evaluation(balls *x)
{
    ball_evaluation_init(&x->e, &x->point, PRECISION, x->operations);
}

static void end_evaluation(balls *x)
{
    x->result.over |= x->e.failed;
    x->operations -= x->e.visits;
    ball_evaluation_clear(&x->e);
}

static void begin(balls *x)
{
    ball_point_init(&x->point, x->s, 1, 0);
    memcpy(x->point.size, x->p->size, (size_t)x->m->size_count * sizeof *x->point.size);
    for (int i = 0; i < x->p->array_count; i++)
        for (long k = 0; k < x->p->array[i].count && x->p->array[i].output < 0; k++)
            leaf_set_double(x, &x->p->array[i], k, x->p->array[i].value[k]);
}

/* --- sums of absolute values: what rounding errors of a sum are measured by --- */

static double magnitude(balls *x, node n);

static double value_size(balls *x, node n)
{
    arb_t v;
    mag_t m;
    arb_init(v);
    mag_init(m);
    ball_value(&x->e, n, v);
    arb_get_mag(m, v);
    double size = arb_is_finite(v) ? mag_get_d(m) : 0.0;
    arb_clear(v);
    mag_clear(m);
    return size;
}

static double sum_size(balls *x, node n)
{
    dag *d = x->m->dag;
    int index;
    long lo, hi;
    double total = 0.0;
    node body = session_open(x->s, n, &index);
    if (!ball_integer(&x->e, dag_child(d, n, 0), &lo) || !ball_integer(&x->e, dag_child(d, n, 1), &hi))
        return value_size(x, n);
    for (long i = lo; i <= hi && !x->e.failed; i++) {
        ball_set_index(&x->e, index, i);
        total += magnitude(x, body);
    }
    return total;
}

static double magnitude(balls *x, node n)
{
    dag *d = x->m->dag;
    bool product = dag_kind(d, n) == NODE_MUL;
    if (dag_kind(d, n) == NODE_REDUCE && dag_payload(d, n) == REDUCE_SUM)
        return sum_size(x, n);
    if (dag_kind(d, n) == NODE_IF) {
        long branch;
        return ball_integer(&x->e, dag_child(d, n, 0), &branch) ? magnitude(x, dag_child(d, n, branch ? 1 : 2)) : 0.0;
    }
    if (!product && dag_kind(d, n) != NODE_ADD)
        return value_size(x, n);
    double total = product ? 1.0 : 0.0;
    for (int i = 0; i < dag_count(d, n); i++) {
        double part = magnitude(x, dag_child(d, n, i));
        total = product ? total * part : total + part;
    }
    return total;
}

/* An entry stands for its equation. Sets the equation's indices. */
static node unfold(balls *x, node n)
{
    dag *d = x->m->dag;
    const int *list;
    while (dag_kind(d, n) == NODE_ENTRY) {
        int count = model_equations_of(x->m, dag_payload(d, n), &list);
        if (count != 1)
            return n;
        const model_equation *q = &x->m->equation[list[0]];
        long at[MODEL_MAX_AXES];
        for (int k = 0; k < dag_count(d, n); k++)
            if (!ball_integer(&x->e, dag_child(d, n, k), &at[k]))
                return n;
        for (int k = 0; k < dag_count(d, n); k++)
            if (dag_kind(d, q->at[k]) != NODE_INDEX)
                return n;
        for (int k = 0; k < dag_count(d, n); k++)
            ball_set_index(&x->e, dag_payload(d, q->at[k]), at[k]);
        n = q->rhs;
    }
    return n;
}

/* --- one entry --- */

typedef struct {
    const verify_array *array;
    const char *name, *when; /* "w1", " after a step" */
    int line;
    node rhs;
    int index_count;
    const int *index;
} subject;

static void remember(balls *x, const subject *t, long entry, double value, const arb_t ball, double error)
{
    char *text = arb_get_str(ball, 20, 0);
    verify_result *r = &x->result;
    r->worst = error;
    r->where = t->array ? verify_entry_name(x->p, t->array, t->name, entry) : arena_printf(x->m->memory, "%s", t->name);
    if (t->when)
        r->where = arena_printf(x->m->memory, "%s%s", r->where, t->when);
    if (t->line > 0)
        r->where = arena_printf(x->m->memory, "%s (line %d)", r->where, t->line);
    r->detail = arena_printf(x->m->memory, "the program says %.17g, the equations %s", value, text);
    r->rhs = t->rhs;
    r->index_count = t->index_count;
    r->index = t->index;
    flint_free(text);
}

/* |value − ball| / max(|value|, S). S is asked for only where the entry would be the worst without it. */
static void compare_entry(balls *x, const subject *t, long entry, double value, const arb_t ball)
{
    arb_t difference;
    mag_t bound;
    x->result.entries++;
    if (!arb_is_finite(ball)) {
        x->result.undefined = true;
        return;
    }
    if (!isfinite(value)) {
        remember(x, t, entry, value, ball, INFINITY);
        return;
    }
    arb_init(difference);
    mag_init(bound);
    arb_set_d(difference, value);
    arb_sub(difference, difference, ball, PRECISION);
    arb_get_mag(bound, difference);
    double gap = mag_get_d(bound), scale = fabs(value);
    if (gap > x->result.worst * scale && gap > 0.0) {
        scale = fmax(scale, magnitude(x, unfold(x, t->rhs)));
        double error = scale > 0.0 ? gap / scale : INFINITY;
        if (error > x->result.worst || !x->result.where)
            remember(x, t, entry, value, ball, error);
    }
    arb_clear(difference);
    mag_clear(bound);
}

/* --- cost and gradient --- */

static const char *objective_name(const balls *x)
{
    node cost = x->m->objective[0].cost;
    return dag_kind(x->m->dag, cost) == NODE_ENTRY ? model_var_name(x->m, dag_payload(x->m->dag, cost)) : "cost";
}

static void compare_cost(balls *x, double cost)
{
    arb_t v;
    arb_init(v);
    node mean = dag_entry(x->m->dag, x->m->objective[0].mean, 0, NULL);
    if (ball_value(&x->e, mean, v)) {
        const span at = x->m->objective[0].at;
        int line = at.source >= 0 ? source_line(source_get(x->m->sources, at.source), (size_t)at.begin) : 0;
        const char *name = arena_printf(x->m->memory, "the mean of %s", objective_name(x));
        compare_entry(x, &(subject){.name = name, .line = line, .rhs = mean}, 0, cost, v);
    }
    arb_clear(v);
}

static void set_indices(balls *x, const verify_array *a, long entry, const int *index)
{
    long at[MODEL_MAX_AXES];
    split_entry(a, entry, at);
    for (int k = 0; k < a->rank; k++)
        ball_set_index(&x->e, index[k], at[k]);
}

static void compare_gradients(balls *x)
{
    arb_t v;
    arb_init(v);
    for (int i = 0; i < x->m->gradient_count && !x->e.failed; i++) {
        const model_update *g = &x->m->gradient[i];
        const verify_array *a = partner_array_of(x->p, g->var);
        char *name = arena_printf(x->m->memory, "∂%s/∂%s", objective_name(x), model_var_name(x->m, g->var));
        subject t = {a, name, NULL, g->line, g->rhs, g->index_count, g->index};
        for (long k = 0; k < a->count && !x->e.failed; k++) {
            set_indices(x, a, k, g->index);
            if (ball_value(&x->e, g->rhs, v))
                compare_entry(x, &t, k, a->gradient[k], v);
        }
    }
    arb_clear(v);
}

static bool compare_objective(balls *x)
{
    double cost;
    int code = partner_gradient(x->p, &cost);
    if (code < 0)
        return false;
    begin_evaluation(x);
    compare_cost(x, code ? NAN : cost);
    compare_gradients(x);
    end_evaluation(x);
    return true;
}

/* --- outputs --- */

static bool compare_outputs(balls *x)
{
    arb_t v;
    if (x->m->output_count && partner_forward(x->p) < 0)
        return false;
    arb_init(v);
    set_training(x, false);
    begin_evaluation(x);
    for (int i = 0; i < x->p->array_count && !x->e.failed; i++) {
        verify_array *a = &x->p->array[i];
        long at[MODEL_MAX_AXES];
        if (a->output < 0)
            continue;
        partner_read(x->p, i);
        for (long k = 0; k < a->count && !x->e.failed; k++) {
            node index[MODEL_MAX_AXES];
            split_entry(a, k, at);
            for (int j = 0; j < a->rank; j++)
                index[j] = dag_int(x->m->dag, at[j]);
            node entry = dag_entry(x->m->dag, a->var, a->rank, index);
            if (ball_value(&x->e, entry, v))
                compare_entry(x, &(subject){.array = a, .name = model_var_name(x->m, a->var), .line = x->m->var[a->var].line, .rhs = entry}, k, a->value[k], v);
        }
    }
    end_evaluation(x);
    set_training(x, true);
    arb_clear(v);
    return !x->p->lost;
}

/* --- one step --- */

/* Of `optimize with A for N steps then B` a step does the groups of one optimizer: that of the steps done at this point, as the program counts them. */
static bool group_runs(const balls *x, int group)
{
    const model *m = x->m;
    double steps = m->phase_count ? x->counted : 0.0, end = 0.0;
    for (int i = 0; i < m->phase_count; i++) {
        end += (double)m->phase[i].steps;
        if (i + 1 == m->phase_count || steps < end)
            return group >= m->phase[i].first_group && group < m->phase[i].first_group + m->phase[i].group_count;
    }
    return true;
}

static bool updated_later(const balls *x, int update)
{
    const model_update *u = &x->m->update[update];
    for (int i = 0; i < x->m->update_count; i++)
        if (x->m->update[i].var == u->var && x->m->update[i].group > u->group && group_runs(x, x->m->update[i].group))
            return true;
    return false;
}

static bool has_update(const balls *x, int var)
{
    for (int i = 0; i < x->m->update_count; i++)
        if (x->m->update[i].var == var && group_runs(x, x->m->update[i].group))
            return true;
    return false;
}

/* The middle of a ball of 128 bits as the exact value from here on: its radius is far below what is compared. */
static void middle(const arb_t v, fmpq_t out)
{
    fmpz_t mantissa, exponent;
    fmpz_init(mantissa);
    fmpz_init(exponent);
    fmpq_zero(out);
    if (arb_is_finite(v)) {
        arf_get_fmpz_2exp(mantissa, exponent, arb_midref(v));
        fmpz_set(fmpq_numref(out), mantissa);
        fmpz_one(fmpq_denref(out));
        if (fmpz_sgn(exponent) >= 0)
            fmpq_mul_2exp(out, out, fmpz_get_ui(exponent));
        else
            fmpq_div_2exp(out, out, (flint_bitcnt_t)-fmpz_get_si(exponent));
    }
    fmpz_clear(mantissa);
    fmpz_clear(exponent);
}

/* New values of one update; every entry of its array is compared when no later group writes it again. */
static void evaluate_update(balls *x, int update, fmpq *fresh)
{
    const model_update *u = &x->m->update[update];
    const verify_array *a = partner_array_of(x->p, u->var);
    subject t = {a, model_var_name(x->m, u->var), " after a step", u->line, u->rhs, u->index_count, u->index};
    bool last = !updated_later(x, update);
    arb_t v;
    arb_init(v);
    for (long k = 0; k < a->count && !x->e.failed; k++) {
        set_indices(x, a, k, u->index);
        if (!ball_value(&x->e, u->rhs, v))
            break;
        middle(v, fresh + k);
        if (last)
            compare_entry(x, &t, k, a->value[k], v);
    }
    arb_clear(v);
}

static void do_group(balls *x, int group)
{
    long total = 0, at = 0;
    for (int i = 0; i < x->m->update_count; i++)
        total += x->m->update[i].group == group ? partner_array_of(x->p, x->m->update[i].var)->count : 0;
    fmpq *fresh = xmalloc((size_t)(total + 1) * sizeof *fresh);
    for (long i = 0; i < total; i++)
        fmpq_init(fresh + i);
    begin_evaluation(x);
    for (int i = 0; i < x->m->update_count; i++)
        if (x->m->update[i].group == group) {
            evaluate_update(x, i, fresh + at);
            at += partner_array_of(x->p, x->m->update[i].var)->count;
        }
    end_evaluation(x);
    at = 0;
    for (int i = 0; i < x->m->update_count; i++) {
        const verify_array *a = partner_array_of(x->p, x->m->update[i].var);
        for (long k = 0; k < a->count && x->m->update[i].group == group; k++) {
            long index[MODEL_MAX_AXES];
            split_entry(a, k, index);
            leaf_set(x, a->var, a->rank, index, fresh + at++);
        }
    }
    for (long i = 0; i < total; i++)
        fmpq_clear(fresh + i);
    free(fresh);
}

/* What no statement changes must be as it was. */
static void compare_unmoved(balls *x, int array, const double *before)
{
    const verify_array *a = &x->p->array[array];
    arb_t v;
    arb_init(v);
    for (long k = 0; k < a->count; k++) {
        arb_set_d(v, before[k]);
        if (a->value[k] != before[k])
            remember(x, &(subject){.array = a, .name = model_var_name(x->m, a->var), .when = " after a step", .line = x->m->var[a->var].line}, k, a->value[k], v, INFINITY);
    }
    arb_clear(v);
}

static bool is_kept(const model_var *v)
{
    return v->role == ROLE_PARAM || v->role == ROLE_STATE || v->role == ROLE_GIVEN || v->role == ROLE_HYPER;
}

/* Reads what the step has left. The values before it are put back at the end, so that other comparisons go on at the same point. */
static bool read_after_step(balls *x, double **before)
{
    int code = partner_step(x->p);
    for (int i = 0; i < x->p->array_count && code >= 0; i++) {
        verify_array *a = &x->p->array[i];
        if (a->output >= 0 || !is_kept(&x->m->var[a->var]))
            continue;
        before[i] = xmalloc((size_t)(a->count + 1) * sizeof **before);
        memcpy(before[i], a->value, (size_t)a->count * sizeof **before);
        if (partner_read(x->p, i) < 0)
            return false;
        if (!has_update(x, a->var))
            compare_unmoved(x, i, before[i]);
    }
    return code >= 0;
}

static bool compare_step(balls *x)
{
    double **before = xcalloc((size_t)x->p->array_count + 1, sizeof *before);
    x->counted = x->m->phase_count ? partner_array_of(x->p, x->m->phase_counter)->value[0] : 0.0;
    bool good = read_after_step(x, before);
    int last = 0;
    for (int i = 0; i < x->m->update_count; i++)
        last = x->m->update[i].group > last ? x->m->update[i].group : last;
    for (int g = 0; g <= last && good && !x->result.over; g++)
        if (group_runs(x, g))
            do_group(x, g);
    for (int i = 0; i < x->p->array_count; i++) {
        if (before[i]) {
            memcpy(x->p->array[i].value, before[i], (size_t)x->p->array[i].count * sizeof **before);
            partner_write(x->p, i);
        }
        free(before[i]);
    }
    free(before);
    return good;
}

verify_result verify_balls(partner *p, session *s, long operations)
{
    balls x = {.p = p, .m = p->m, .s = s, .operations = operations};
    begin(&x);
    set_training(&x, true);
    bool good = true;
    if (x.m->objective_count && x.m->objective[0].mean >= 0)
        good = compare_objective(&x);
    if (good && !x.result.over)
        good = compare_outputs(&x);
    if (good && !x.result.over && x.m->update_count)
        good = compare_step(&x);
    ball_point_clear(&x.point);
    return x.result;
}
