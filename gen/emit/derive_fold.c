/* Rewrites derived expressions into what people write: δ2 for ∂C/∂z2, a1 for σ1(z1), short adjoints put in where they are used. */
#include <string.h>

#include "gen/emit/derive.h"

enum { SHORT_NODES = 18, FOLD_STEPS = 20000 };

static node derive_fold_node(derive_fold *f, node n);

struct derive_fold {
    model *m;
    const derive_options *options;
    arena *memory;
    int *pattern; /* equations of the page whose right side is a function, abstract or not, or a reduction */
    int pattern_count;
    const int *uses; /* by variable: how many equations use an adjoint */
    const bool *unnamed; /* by variable: adjoints that must not be named */
    int use_count;
    int inside; /* reductions around here */
    bool keep;  /* no adjoint is put in under a reduction */
    int steps; /* budget for one line: a DAG can be much larger as a tree */
};

int derive_page_name(const derive_options *o, int adjoint)
{
    for (int i = 0; i < o->name_count; i++)
        if (o->names[i].adjoint == adjoint)
            return o->names[i].name;
    return -1;
}

static const model_equation *only_equation(const model *m, int var)
{
    const int *list;
    return model_equations_of(m, var, &list) == 1 ? &m->equation[list[0]] : NULL;
}

bool derive_is_trivial(const model *m, int adjoint)
{
    const model_equation *e = only_equation(m, adjoint);
    return e && dag_kind(m->dag, e->rhs) == NODE_NUMBER;
}

derive_fold *derive_fold_new(model *m, const derive_options *o, arena *memory)
{
    derive_fold *f = arena_alloc(memory, sizeof *f);
    *f = (derive_fold){.m = m, .options = o, .memory = memory};
    f->pattern = arena_alloc(memory, (size_t)(m->equation_count + 1) * sizeof *f->pattern);
    for (int i = 0; i < m->equation_count; i++) {
        node_kind kind = dag_kind(m->dag, m->equation[i].rhs);
        if (m->var[m->equation[i].var].role == ROLE_DEFINED && (kind == NODE_FUN || kind == NODE_APPLY || kind == NODE_REDUCE))
            f->pattern[f->pattern_count++] = i;
    }
    return f;
}

void derive_fold_uses(derive_fold *f, const int *uses, const bool *unnamed, int count)
{
    f->uses = uses;
    f->unnamed = unnamed;
    f->use_count = count;
}

int derive_fold_use(const derive_fold *f, int adjoint)
{
    return adjoint < f->use_count ? f->uses[adjoint] : 0;
}

/* --- a = f(z) read backwards --- */

typedef struct {
    dag *d;
    int count;
    node from[MODEL_MAX_AXES], to[MODEL_MAX_AXES];
} match;

static bool match_index(match *u, node pattern, node n)
{
    if (dag_has_kind(u->d, n, NODE_BOUND))
        return false;
    for (int i = 0; i < u->count; i++)
        if (u->from[i] == pattern)
            return u->to[i] == n;
    if (u->count == MODEL_MAX_AXES)
        return false;
    u->from[u->count] = pattern;
    u->to[u->count++] = n;
    return true;
}

/* t − 1 against n: t is n + 1. */
static bool match_shifted(match *u, node pattern, node n)
{
    dag *d = u->d;
    int index;
    long coefficient;
    node rest;
    int free_count = dag_free_indices(d, pattern, &index, 1);
    if (free_count != 1 || !dag_is_affine(d, n) || dag_has_kind(d, pattern, NODE_BOUND))
        return free_count == 0 && pattern == n;
    if (!dag_affine_split(d, pattern, index, &coefficient, &rest) || coefficient != 1)
        return false;
    return match_index(u, dag_index_node(d, index), dag_sub(d, n, rest));
}

/* Is n the pattern with other index expressions for its free indices? */
static bool match_node(match *u, node pattern, node n)
{
    dag *d = u->d;
    if (dag_kind(d, pattern) == NODE_INDEX)
        return match_index(u, pattern, n);
    if (dag_kind(d, pattern) == NODE_ADD && dag_is_affine(d, pattern))
        return match_shifted(u, pattern, n);
    if (dag_kind(d, pattern) != dag_kind(d, n) || dag_payload(d, pattern) != dag_payload(d, n) || dag_count(d, pattern) != dag_count(d, n))
        return false;
    for (int i = 0; i < dag_count(d, n); i++)
        if (!match_node(u, dag_child(d, pattern, i), dag_child(d, n, i)))
            return false;
    return true;
}

/* Do the index expressions stay inside the ranges of the equation, so that no other equation of its name is meant? */
static bool in_range(const model *m, const match *u)
{
    dag *d = m->dag;
    for (int i = 0; i < u->count; i++) {
        const dag_index_info x = *dag_index_get(d, dag_payload(d, u->from[i]));
        if (u->from[i] == u->to[i] || (x.sample && dag_kind(d, u->to[i]) == NODE_INDEX && dag_index_get(d, dag_payload(d, u->to[i]))->sample))
            continue;
        if (dag_index_le(d, x.lo, u->to[i]) != TRUTH_YES || dag_index_le(d, u->to[i], x.hi) != TRUTH_YES)
            return false;
    }
    return true;
}

static node named_value(derive_fold *f, node n)
{
    model *m = f->m;
    dag *d = m->dag;
    for (int i = 0; i < f->pattern_count; i++) {
        const model_equation *e = &m->equation[f->pattern[i]];
        match u = {.d = d};
        if (dag_kind(d, e->rhs) != dag_kind(d, n) || dag_payload(d, e->rhs) != dag_payload(d, n) || !match_node(&u, e->rhs, n) || u.count != e->index_count ||
            !in_range(m, &u))
            continue;
        node entry = dag_entry(d, e->var, m->var[e->var].axis_count, e->at);
        return dag_substitute(d, entry, u.count, u.from, u.to, false);
    }
    return 0;
}

/* --- adjoints --- */

static bool count_visit(void *context, node n)
{
    (void)n;
    return ++*(int *)context <= SHORT_NODES;
}

static bool is_short(const derive_fold *f, node n)
{
    int count = 0;
    dag_visit(f->m->dag, n, count_visit, &count);
    return count <= SHORT_NODES;
}

/* An adjoint stands for itself where several equations use it, under a sum, and when its value is long. */
static bool is_put_in(const derive_fold *f, int var)
{
    const dag *d = f->m->dag;
    const model_equation *e = only_equation(f->m, var);
    if (!e || dag_has_variable(f->m->dag, e->rhs, var))
        return false;
    bool unnamed = f->unnamed && var < f->use_count && f->unnamed[var], number = dag_kind(d, e->rhs) == NODE_NUMBER;
    return unnamed || number || (derive_fold_use(f, var) <= 1 && !(f->keep && f->inside) && is_short(f, e->rhs));
}

static node fold_entry(derive_fold *f, node n)
{
    model *m = f->m;
    dag *d = m->dag;
    int var = dag_payload(d, n), count = dag_count(d, n);
    node at[MODEL_MAX_AXES];
    for (int i = 0; i < count; i++)
        at[i] = derive_fold_node(f, dag_child(d, n, i));
    n = dag_entry(d, var, count, at);
    if (m->var[var].role != ROLE_ADJOINT)
        return n;
    int name = derive_page_name(f->options, var);
    if (name >= 0)
        return dag_entry(d, name, count, at);
    if (!is_put_in(f, var))
        return n;
    node value = model_unfold(m, var, at, false);
    return value ? derive_fold_node(f, value) : n;
}

static node fold_binder(derive_fold *f, node n)
{
    dag *d = f->m->dag;
    int index;
    bool has_at = dag_count(d, n) == 4;
    node lo = dag_child(d, n, 0), hi = dag_child(d, n, 1), at = has_at ? dag_child(d, n, 2) : 0;
    f->inside++;
    node body = dag_open(d, n, &index), folded = derive_fold_node(f, body);
    f->inside--;
    if (folded == body)
        return n;
    if (dag_kind(d, n) == NODE_LAMBDA)
        return dag_lambda(d, index, lo, hi, folded);
    return dag_reduce(d, (reduction)dag_payload(d, n), index, lo, hi, at, folded);
}

static node fold_children(derive_fold *f, node n)
{
    dag *d = f->m->dag;
    int count = dag_count(d, n);
    bool changed = false;
    node *child = arena_alloc(f->memory, (size_t)(count + 1) * sizeof *child);
    for (int i = 0; i < count; i++) {
        child[i] = derive_fold_node(f, dag_child(d, n, i));
        changed |= child[i] != dag_child(d, n, i);
    }
    return changed ? dag_rebuild(d, n, child, false) : n;
}

/* −(−t − 1) is t + 1. */
static node affine_sum(dag *d, node n)
{
    int index[8], count = dag_free_indices(d, n, index, 8);
    node term[9];
    long coefficient;
    for (int i = 0; i < count; i++) {
        if (i == 8 || !dag_affine_split(d, n, index[i], &coefficient, &n))
            return n;
        term[i] = dag_mul2(d, dag_int(d, coefficient), dag_index_node(d, index[i]));
    }
    term[count] = n;
    return dag_add(d, count + 1, term);
}

static node derive_fold_node(derive_fold *f, node n)
{
    dag *d = f->m->dag;
    if (f->steps++ > FOLD_STEPS)
        return n;
    node_kind kind = dag_kind(d, n);
    if ((kind == NODE_MUL || kind == NODE_ADD) && dag_has_kind(d, n, NODE_INDEX) && dag_is_affine(d, n))
        return affine_sum(d, n);
    if (kind == NODE_FUN || kind == NODE_APPLY || kind == NODE_REDUCE) {
        node name = named_value(f, n);
        if (name)
            return name;
    }
    if (kind == NODE_ENTRY)
        return fold_entry(f, n);
    if (dag_binds(d, n))
        return fold_binder(f, n);
    return dag_count(d, n) ? fold_children(f, n) : n;
}

static node fold_line(derive_fold *f, node n)
{
    f->steps = f->inside = 0;
    return dag_simplify(f->m->dag, derive_fold_node(f, n));
}

static int line_width(const derive_fold *f, node n)
{
    buffer b = {0};
    model_print(f->m, &b, n, 0, NULL);
    int width = text_width(b.text, b.length);
    buffer_free(&b);
    return width;
}

/* An adjoint under a sum is put in where that makes the line shorter: sum(y) p − y, but Σ_t [k[t] == i] ∂C/∂c[t]. */
node derive_fold_line(derive_fold *f, node n)
{
    f->keep = true;
    node kept = fold_line(f, n);
    f->keep = false;
    node put_in = kept == n ? kept : fold_line(f, n);
    return line_width(f, kept) < line_width(f, put_in) ? kept : put_in;
}
