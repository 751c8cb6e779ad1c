/* One sample at a time: which arrays of a step are means or sums over the batch, so that they can be added up over many calls and a step made of their totals.
 * Needs: all equations, before need.c. Keeps every right side's value. Afterwards totals[] lists those arrays; a sum over the samples that stands inside something
 * that is not linear in it has an equation of its own. There are no totals when a sample's values depend on the other samples of the batch. */
#include <stdlib.h>

#include "gen/lower/lower_private.h"
#include "grammar/map.h"
#include "grammar/arena.h"

/* How an expression depends on the number of samples B. Over several batches of the same B, MEAN is the mean of the batches' values and SUM their sum. */
typedef enum {
    DEGREE_ANY, /* 0, or nothing known yet */
    DEGREE_NONE,
    DEGREE_SHARE, /* of one sample, proportional to 1/B */
    DEGREE_COUNT, /* of no sample, proportional to B */
    DEGREE_MEAN,
    DEGREE_SUM,
    DEGREE_OTHER
} degree;

typedef struct {
    lower_program *p;
    dag *d;
    degree *of;  /* per variable */
    bool *joint; /* per variable without a sample axis: depends on the samples */
} stream;

static bool counts_samples(const stream *x, node n)
{
    return dag_kind(x->d, n) == NODE_SIZE && x->p->m->size[dag_payload(x->d, n)].population >= 0;
}

typedef struct {
    const stream *x;
    bool found;
} search;

static bool note_size(void *context, node n)
{
    search *s = context;
    s->found |= counts_samples(s->x, n);
    return !s->found;
}

static bool has_sample_count(const stream *x, node n)
{
    search s = {x, false};
    dag_visit(x->d, n, note_size, &s);
    return s.found;
}

static bool is_batch_sum(const stream *x, node n)
{
    return dag_kind(x->d, n) == NODE_REDUCE && has_sample_count(x, dag_child(x->d, n, 1));
}

static bool note_batch_sum(void *context, node n)
{
    search *s = context;
    s->found |= is_batch_sum(s->x, n);
    return !s->found;
}

static bool has_batch_sum(const stream *x, node n)
{
    search s = {x, false};
    dag_visit(x->d, n, note_batch_sum, &s);
    return s.found;
}

/* Of a sum, or of either branch of a condition. */
static degree degree_of_either(degree a, degree b)
{
    if (a == DEGREE_ANY || a == b)
        return b;
    if (b == DEGREE_ANY)
        return a;
    if ((a == DEGREE_MEAN && b == DEGREE_NONE) || (a == DEGREE_NONE && b == DEGREE_MEAN))
        return DEGREE_MEAN;
    return (a == DEGREE_SUM && b == DEGREE_COUNT) || (a == DEGREE_COUNT && b == DEGREE_SUM) ? DEGREE_SUM : DEGREE_OTHER;
}

static degree degree_of_product(degree a, degree b)
{
    if (a == DEGREE_ANY || b == DEGREE_NONE)
        return a;
    if (b == DEGREE_ANY || a == DEGREE_NONE)
        return b;
    degree other = a == DEGREE_SHARE ? b : b == DEGREE_SHARE ? a : DEGREE_OTHER;
    return other == DEGREE_SUM ? DEGREE_MEAN : other == DEGREE_COUNT ? DEGREE_NONE : DEGREE_OTHER;
}

static degree degree_of(const stream *x, node n);

static degree degree_of_function(const stream *x, node n, int begin, int end)
{
    for (int i = begin; i < end; i++)
        if (degree_of(x, dag_child(x->d, n, i)) > DEGREE_NONE)
            return DEGREE_OTHER;
    return DEGREE_NONE;
}

static degree degree_of_reduction(const stream *x, node n)
{
    int last = dag_count(x->d, n) - 1;
    if (dag_payload(x->d, n) != REDUCE_SUM)
        return degree_of_function(x, n, 0, last + 1);
    degree body = degree_of(x, dag_child(x->d, n, last));
    if (is_batch_sum(x, n))
        return body == DEGREE_ANY ? body : body == DEGREE_NONE ? DEGREE_SUM : body == DEGREE_SHARE ? DEGREE_MEAN : DEGREE_OTHER;
    return degree_of_function(x, n, 0, last) == DEGREE_NONE ? body : DEGREE_OTHER;
}

static degree degree_of(const stream *x, node n)
{
    dag *d = x->d;
    degree result = DEGREE_ANY;
    switch (dag_kind(d, n)) {
    case NODE_NUMBER: return dag_is_int(d, n, 0) ? DEGREE_ANY : DEGREE_NONE;
    case NODE_SIZE: return counts_samples(x, n) ? DEGREE_COUNT : DEGREE_NONE;
    case NODE_INDEX:
    case NODE_BOUND: return DEGREE_NONE;
    case NODE_ENTRY: return x->joint[dag_payload(d, n)] ? DEGREE_OTHER : x->of[dag_payload(d, n)];
    case NODE_ADD:
        for (int i = 0; i < dag_count(d, n); i++)
            result = degree_of_either(result, degree_of(x, dag_child(d, n, i)));
        return result;
    case NODE_MUL:
        result = DEGREE_NONE;
        for (int i = 0; i < dag_count(d, n); i++)
            result = degree_of_product(result, degree_of(x, dag_child(d, n, i)));
        return result;
    case NODE_POW:
        if (counts_samples(x, dag_child(d, n, 0)) && dag_is_int(d, dag_child(d, n, 1), -1))
            return DEGREE_SHARE;
        return degree_of_function(x, n, 0, 2);
    case NODE_IF:
        if (degree_of_function(x, n, 0, 1) != DEGREE_NONE)
            return DEGREE_OTHER;
        return degree_of_either(degree_of(x, dag_child(d, n, 1)), degree_of(x, dag_child(d, n, 2)));
    case NODE_REDUCE: return degree_of_reduction(x, n);
    default: return degree_of_function(x, n, 0, dag_count(d, n));
    }
}

typedef struct {
    const stream *x;
    bool joint;
} joint_search;

static bool note_joint(void *context, node n)
{
    joint_search *s = context;
    s->joint |= is_batch_sum(s->x, n) || (dag_kind(s->x->d, n) == NODE_ENTRY && s->x->joint[dag_payload(s->x->d, n)]);
    return !s->joint;
}

/* What is known of the variable an equation defines; false: nothing new. */
static bool learn(stream *x, const lower_equation *e)
{
    if (!x->p->var[e->var].per_sample && !x->joint[e->var]) {
        joint_search s = {x, false};
        dag_visit(x->d, e->rhs, note_joint, &s);
        x->joint[e->var] = s.joint;
        if (s.joint)
            return true;
    }
    if (x->joint[e->var])
        return false;
    degree found = degree_of(x, e->rhs), both;
    if (found == DEGREE_MEAN || found == DEGREE_SUM)
        found = DEGREE_OTHER; /* a sample that sees the others */
    both = degree_of_either(x->of[e->var], found);
    if (both == x->of[e->var])
        return false;
    x->of[e->var] = both;
    return true;
}

static void learn_all(stream *x)
{
    lower_program *p = x->p;
    for (int v = 0; v < p->var_count; v++)
        x->of[v] = p->var[v].place == LOWER_WORK ? DEGREE_ANY : DEGREE_NONE;
    for (int v = 0; v < p->m->var_count; v++)
        if (p->m->var[v].role == ROLE_SYSTEM)
            x->of[v] = DEGREE_NONE;
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < p->equation_count; i++)
            changed |= learn(x, &p->equation[i]);
        for (int i = p->equation_count - 1; i >= 0 && changed; i--)
            changed |= learn(x, &p->equation[i]);
    }
}

/* An array of its own for a mean or sum; the entry of it. 0: over an index whose range is not fixed. */
static node own_array(stream *x, node n, int equation)
{
    lower_program *p = x->p;
    const lower_equation *owner = &p->equation[equation];
    int index[MODEL_MAX_AXES], count = dag_free_indices(x->d, n, index, MODEL_MAX_AXES);
    node at[MODEL_MAX_AXES];
    lower_var v = {.place = LOWER_WORK, .model_var = -1, .axis_count = count, .line = owner->line, .equation = -1};
    v.stem = arena_printf(p->memory, "%s_batch", p->var[owner->var].stem);
    lower_equation e = {.index_count = count, .rhs = n, .population = -1, .line = owner->line};
    e.note = arena_printf(p->memory, "over the batch, for %s", lower_var_name(p, p->var[owner->var].model_var >= 0 ? p->var[owner->var].model_var : owner->var));
    for (int k = 0; k < count; k++) {
        const dag_index_info *i = dag_index_get(x->d, index[k]);
        if (dag_has_kind(x->d, i->lo, NODE_INDEX) || dag_has_kind(x->d, i->hi, NODE_INDEX))
            return 0;
        v.start[k] = i->lo;
        v.size[k] = dag_add(x->d, 3, (node[]){i->hi, dag_neg(x->d, i->lo), dag_int(x->d, 1)});
        e.index[k] = index[k];
        e.at[k] = at[k] = dag_index_node(x->d, index[k]);
    }
    e.var = lower_add_var(p, &v);
    lower_add_equation(p, &e);
    return dag_entry(x->d, e.var, count, at);
}

/* w − η mean_batch(δ): w is no part of what is added up. */
static bool has_other_terms(const stream *x, node n)
{
    for (int i = 0; dag_kind(x->d, n) == NODE_ADD && i < dag_count(x->d, n); i++)
        if (degree_of(x, dag_child(x->d, n, i)) == DEGREE_NONE)
            return true;
    return false;
}

static bool is_total(degree g)
{
    return g == DEGREE_MEAN || g == DEGREE_SUM;
}

static node split(stream *x, node n, int equation);

/* 1/B stands inside the sum, so that one array will do. */
static node share_of(stream *x, node share, node sum)
{
    if (!is_batch_sum(x, sum))
        return dag_raw_mul(x->d, 2, (node[]){share, sum});
    int index;
    node body = dag_open(x->d, sum, &index), both = dag_raw_mul(x->d, 2, (node[]){share, body});
    return dag_raw_reduce(x->d, REDUCE_SUM, index, dag_child(x->d, sum, 0), dag_child(x->d, sum, 1), 0, both);
}

/* Of a product, 1/B and the sum over the batch stay together. */
static node split_product(stream *x, node n, int equation)
{
    int count = dag_count(x->d, n), kept = 0, apart = 0;
    node *factor = arena_alloc(x->p->memory, (size_t)(count + 1) * sizeof *factor), linear[2] = {0, 0};
    for (int i = 0; i < count; i++) {
        node f = dag_child(x->d, n, i);
        degree g = degree_of(x, f);
        int place = g == DEGREE_SHARE ? 0 : is_total(g) && !has_other_terms(x, f) ? 1 : -1;
        if (place >= 0 && !linear[place])
            linear[place] = f;
        else
            factor[kept++] = split(x, f, equation);
    }
    apart = (linear[0] != 0) + (linear[1] != 0);
    if (apart) {
        node together = apart == 2 ? share_of(x, linear[0], linear[1]) : linear[0] ? linear[0] : linear[1];
        node own = is_total(degree_of(x, together)) ? own_array(x, together, equation) : 0;
        factor[kept++] = own ? own : together;
    }
    return dag_raw_mul(x->d, kept, factor);
}

static node split(stream *x, node n, int equation)
{
    if (!has_batch_sum(x, n))
        return n;
    if (dag_kind(x->d, n) == NODE_MUL)
        return split_product(x, n, equation);
    if (is_total(degree_of(x, n)) && !has_other_terms(x, n)) {
        node own = own_array(x, n, equation);
        return own ? own : n;
    }
    if (dag_binds(x->d, n))
        return n;
    int count = dag_count(x->d, n);
    node *child = arena_alloc(x->p->memory, (size_t)count * sizeof *child);
    for (int i = 0; i < count; i++)
        child[i] = split(x, dag_child(x->d, n, i), equation);
    return dag_rebuild(x->d, n, child, true);
}

static void add_total(lower_program *p, int var, bool sum)
{
    if ((p->total_count & (p->total_count - 1)) == 0) {
        lower_total *bigger = arena_alloc(p->memory, (size_t)(p->total_count ? 2 * p->total_count : 1) * sizeof *bigger);
        for (int i = 0; i < p->total_count; i++)
            bigger[i] = p->total[i];
        p->total = bigger;
    }
    p->total[p->total_count++] = (lower_total){var, sum};
}

bool lower_stream_allows(const lower_program *p, const lower_equation *e)
{
    stream x = {.p = (lower_program *)p, .d = p->m->dag};
    return !p->var[e->var].per_sample && !has_sample_count(&x, e->rhs);
}

void lower_stream(lower_program *p)
{
    stream x = {.p = p, .d = p->m->dag};
    int vars = p->var_count, equations = p->equation_count;
    x.of = xcalloc((size_t)vars + 1, sizeof *x.of);
    x.joint = xcalloc((size_t)vars + 1, sizeof *x.joint);
    learn_all(&x);
    for (int i = 0; i < equations; i++) {
        if (p->var[p->equation[i].var].per_sample || !has_batch_sum(&x, p->equation[i].rhs))
            continue;
        degree g = degree_of(&x, p->equation[i].rhs);
        const lower_var *v = &p->var[p->equation[i].var];
        bool update = v->model_var >= 0 && v->model_var != p->equation[i].var;
        if (is_total(g) && v->place == LOWER_WORK && !update) {
            add_total(p, p->equation[i].var, g == DEGREE_SUM);
            continue;
        }
        int first = p->equation_count;
        node rhs = split(&x, p->equation[i].rhs, i);
        p->equation[i].rhs = rhs;
        for (int k = first; k < p->equation_count; k++)
            add_total(p, p->equation[k].var, degree_of(&x, p->equation[k].rhs) == DEGREE_SUM);
    }
    free(x.of), free(x.joint);
}
