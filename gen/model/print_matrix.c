/* Matrix notation out of index form.
 *
 * A product under sums is a network: its indices are nodes, a factor with one of them is a label (a vector), a factor with two an edge (a matrix). When the
 * network is a tree, the value at an index is the elementwise product of its labels and, for each edge, the matrix times the value at the other end. What is
 * not of that kind has no matrix form here. */
#include <string.h>

#include "gen/dag/ops.h"
#include "gen/model/print_private.h"

enum { NETWORK_MAX_INDICES = 12, NETWORK_MAX_FACTORS = 24 };

typedef struct {
    node factor;              /* the base when inverse */
    unsigned indices;         /* bit per index of the network */
    bool inverse, mean, used; /* mean: of a sum over samples, which 1/B was beside */
    node exponent;            /* 0, or the negative exponent */
} network_factor;

typedef struct {
    show *s;
    int rank, index_count; /* the first `rank` indices stay free */
    node index[NETWORK_MAX_INDICES];
    unsigned visited;
    int count;
    network_factor list[NETWORK_MAX_FACTORS];
    show_factors scalars;
} network;

/* --- leaves and elementwise forms --- */

/* The number of trailing indices of an ENTRY that are these axes, in order, each over its whole range; no axis elsewhere. */
static bool entry_has_axes(show *s, node n, int rank, const node *axis)
{
    const dag *d = s->m->dag;
    const model_var *v = &s->m->var[dag_payload(d, n)];
    int first = show_first_axis(s, n), count = dag_count(d, n);
    if (count - first < rank || count > v->axis_count)
        return false;
    for (int i = 0; i < rank; i++)
        if (dag_child(d, n, count - rank + i) != axis[i] || !show_is_axis(s, axis[i], v->axis_size[count - rank + i]))
            return false;
    for (int i = 0; i < count - rank; i++)
        for (int k = 0; k < rank; k++)
            if (show_has(s, dag_child(d, n, i), axis[k]))
                return false;
    return true;
}

static notation *tensor_entry(show *s, node n, int rank, const node *axis)
{
    if (entry_has_axes(s, n, rank, axis))
        return show_entry(s, n, rank);
    node swapped[2] = {axis[rank - 1], axis[0]};
    if (rank == 2 && entry_has_axes(s, n, 2, swapped))
        return notation_one(s->memory, NOTATION_TRANSPOSE, show_entry(s, n, 2));
    return NULL;
}

/* The forms of these nodes, each over the axes or a scalar; NULL when one has none. */
static notation **tensor_list(show *s, int count, const node *nodes, int rank, const node *axis)
{
    notation **list = arena_alloc(s->memory, (size_t)(count + 1) * sizeof *list);
    for (int i = 0; i < count; i++) {
        bool scalar = false;
        list[i] = show_tensor(s, nodes[i], rank, axis, &scalar);
        if (!list[i])
            return NULL;
    }
    return list;
}

static notation *tensor_sum(show *s, node n, int rank, const node *axis)
{
    int count;
    node *terms = show_operands(s, n, &count);
    notation **list = tensor_list(s, count, terms, rank, axis);
    return list ? show_sum_of(s, count, list) : NULL;
}

static void children_of(const dag *d, node n, node *list, int room)
{
    for (int i = 0; i < dag_count(d, n) && i < room; i++)
        list[i] = dag_child(d, n, i);
}

static notation *tensor_elementwise(show *s, node n, int rank, const node *axis)
{
    node child[3] = {0};
    children_of(s->m->dag, n, child, 3);
    notation **list = tensor_list(s, dag_count(s->m->dag, n), child, rank, axis);
    return list ? show_elementwise(s, n, list) : NULL;
}

/* Powers are elementwise on vectors; of a matrix only A ⊙ A can be written. */
static notation *tensor_power(show *s, node n, int rank, const node *axis)
{
    const dag *d = s->m->dag;
    node exponent = dag_child(d, n, 1);
    bool scalar = false;
    for (int i = 0; i < rank; i++)
        if (show_has(s, exponent, axis[i]))
            return NULL;
    notation *base = show_tensor(s, dag_child(d, n, 0), rank, axis, &scalar);
    if (!base)
        return NULL;
    if (rank == 1)
        return show_power(s, base, exponent, false);
    if (dag_kind(d, exponent) == NODE_NUMBER && mpq_cmp_si(*dag_value(d, exponent), 1, 2) == 0)
        return show_power(s, base, exponent, false);
    if (!dag_is_int(d, exponent, 2))
        return NULL;
    notation *t = notation_two(s->memory, NOTATION_PRODUCT, base, base);
    t->marks[0] = ' ';
    t->marks[1] = 'o';
    return t;
}

/* 0 … size−1 of some size. */
static bool runs_over_size(const show *s, node axis)
{
    dag *d = s->m->dag;
    node lo, hi;
    return show_range(s, axis, &lo, &hi) && dag_is_int(d, lo, 0) && dag_kind(d, dag_add2(d, hi, dag_int(d, 1))) == NODE_SIZE;
}

/* σ(z) elementwise, or f(x) whose result is the vector. */
static notation *tensor_apply(show *s, node n, int rank, const node *axis)
{
    const dag *d = s->m->dag;
    const dag_signature *g = dag_signature_get(d, dag_payload(d, n));
    int arguments = g->out_rank + g->arg_count;
    if (dag_has_kind(s->m->dag, n, NODE_LAMBDA)) {
        if (g->out_rank != rank || dag_count(d, n) != arguments)
            return NULL;
        for (int i = 0; i < rank; i++)
            if (dag_child(d, n, i) != axis[i] || !runs_over_size(s, axis[i]))
                return NULL;
        for (int i = rank; i < arguments; i++)
            for (int k = 0; k < rank; k++)
                if (show_has(s, dag_child(d, n, i), axis[k]))
                    return NULL;
        notation *entry = show_node(s, n);
        return entry->kind == NOTATION_ENTRY ? entry->child[0] : NULL;
    }
    node child[16];
    if (g->out_rank || dag_count(d, n) != arguments || arguments > 16)
        return NULL;
    children_of(d, n, child, 16);
    notation **list = tensor_list(s, arguments, child, rank, axis);
    return list ? show_apply_call(s, n, list) : NULL;
}

/* --- networks --- */

static bool network_add(network *w, node factor)
{
    const dag *d = w->s->m->dag;
    network_factor f = {.factor = factor};
    for (int i = 0; i < w->index_count; i++)
        if (show_has(w->s, factor, w->index[i]))
            f.indices |= 1u << i;
    if (!f.indices) {
        show_factors_add(w->s, &w->scalars, factor);
        return true;
    }
    if (show_is_inverse(w->s, factor)) {
        f.inverse = true;
        f.exponent = dag_child(d, factor, 1);
        f.factor = dag_child(d, factor, 0);
    }
    if (w->count == NETWORK_MAX_FACTORS)
        return false;
    w->list[w->count++] = f;
    return true;
}

static notation *factor_form(network *w, network_factor *f, int count, const int *at)
{
    const dag *d = w->s->m->dag;
    node axis[NETWORK_MAX_INDICES];
    bool scalar = false;
    for (int i = 0; i < count; i++)
        axis[i] = w->index[at[i]];
    f->used = true;
    if (f->mean)
        return show_batch_call(w->s, f->factor, "mean", show_population(w->s, dag_child(d, f->factor, 0), dag_child(d, f->factor, 1)), count, axis);
    /* Σ W²: inside a full reduction a power of a matrix is elementwise. */
    bool power = w->rank == 0 && count > 1 && dag_kind(d, f->factor) == NODE_POW && dag_kind(d, dag_child(d, f->factor, 1)) == NODE_NUMBER;
    notation *t = show_tensor(w->s, power ? dag_child(d, f->factor, 0) : f->factor, count, axis, &scalar);
    if (t && power)
        t = show_power(w->s, t, dag_child(d, f->factor, 1), false);
    return t && f->inverse ? show_power(w->s, t, f->exponent, true) : t;
}

/* An elementwise product in the making. */
typedef struct {
    notation *list[NETWORK_MAX_FACTORS];
    char marks[NETWORK_MAX_FACTORS];
    int count;
    bool failed;
} entries;

static void entries_add(entries *e, notation *t, bool inverse)
{
    e->failed |= t == NULL || e->count == NETWORK_MAX_FACTORS;
    if (e->failed)
        return;
    e->marks[e->count] = inverse ? '%' : 'o';
    e->list[e->count++] = t;
}

/* ⊙ and ⊘; something that is divided by nothing before it goes to the end. */
static notation *entries_end(show *s, entries *e)
{
    if (e->failed || e->count == 0)
        return NULL;
    for (int i = 0; e->marks[0] == '%' && i < e->count; i++) {
        notation *first = e->list[0];
        memmove(e->list, e->list + 1, (size_t)(e->count - 1) * sizeof *e->list);
        memmove(e->marks, e->marks + 1, (size_t)(e->count - 1));
        e->list[e->count - 1] = first;
        e->marks[e->count - 1] = '%';
    }
    if (e->marks[0] == '%')
        return NULL;
    if (e->count == 1)
        return e->list[0];
    notation *t = notation_new(s->memory, NOTATION_PRODUCT, e->count);
    memcpy(t->child, e->list, (size_t)e->count * sizeof *e->list);
    memcpy(t->marks, e->marks, (size_t)e->count);
    t->marks[0] = ' ';
    return t;
}

static bool is_chain(const notation *t)
{
    if (t->kind != NOTATION_PRODUCT)
        return false;
    for (int i = 0; i < t->count; i++)
        if (t->marks[i] != ' ')
            return false;
    return true;
}

/* A v: chains are continued on both sides, W2 W1 x. */
static notation *times(show *s, notation *a, notation *v)
{
    if (!a || !v)
        return NULL;
    int left = is_chain(a) ? a->count : 1, right = is_chain(v) ? v->count : 1;
    notation *t = notation_new(s->memory, NOTATION_PRODUCT, left + right);
    memset(t->marks, ' ', (size_t)t->count);
    for (int i = 0; i < left; i++)
        t->child[i] = is_chain(a) ? a->child[i] : a;
    for (int i = 0; i < right; i++)
        t->child[left + i] = is_chain(v) ? v->child[i] : v;
    return t;
}

/* The elementwise product of all edges between p and q, as a matrix with rows p. */
static notation *edge_form(network *w, int p, int q)
{
    entries e = {0};
    unsigned both = 1u << p | 1u << q;
    for (int i = 0; i < w->count; i++)
        if (w->list[i].indices == both && !w->list[i].used)
            entries_add(&e, factor_form(w, &w->list[i], 2, (int[]){p, q}), w->list[i].inverse);
    return entries_end(w->s, &e);
}

static int other_end(unsigned indices, int p)
{
    unsigned rest = indices & ~(1u << p);
    return __builtin_popcount(indices) == 2 && (indices & (1u << p)) ? __builtin_ctz(rest) : -1;
}

static void collect_at(network *w, int p, entries *e);

static notation *value_at(network *w, int p)
{
    entries e = {0};
    collect_at(w, p, &e);
    return entries_end(w->s, &e);
}

/* Labels of p and, through each edge, what is behind it, in the order of the factors. */
static void collect_at(network *w, int p, entries *e)
{
    if (w->visited & (1u << p)) {
        e->failed = true;
        return;
    }
    w->visited |= 1u << p;
    for (int i = 0; i < w->count && !e->failed; i++) {
        network_factor *f = &w->list[i];
        if (f->used)
            continue;
        if (f->indices == 1u << p) {
            entries_add(e, factor_form(w, f, 1, &p), f->inverse);
        } else {
            int q = other_end(f->indices, p);
            if (q < 0)
                continue;
            notation *matrix = edge_form(w, p, q);
            entries_add(e, matrix ? times(w->s, matrix, value_at(w, q)) : NULL, false);
        }
    }
}

static notation *bare_sum(show *s, notation *body)
{
    if (!body)
        return NULL;
    if (body->kind == NOTATION_NAME || body->kind == NOTATION_ENTRY)
        return notation_call(s->memory, "sum", body);
    notation *t = notation_one(s->memory, NOTATION_REDUCE, body);
    t->text = "sum";
    return t;
}

/* Only factors that have every index. */
static notation *all_axes_product(network *w)
{
    int at[NETWORK_MAX_INDICES];
    entries e = {0};
    for (int i = 0; i < w->index_count; i++)
        at[i] = i;
    for (int i = 0; i < w->count; i++) {
        if (w->list[i].indices != (1u << w->index_count) - 1)
            return NULL;
        entries_add(&e, factor_form(w, &w->list[i], w->index_count, at), w->list[i].inverse);
    }
    return entries_end(w->s, &e);
}

/* Everything is summed: u·v, Σ u ⊙ v ⊙ w, Σ A ⊙ B. */
static notation *full_contraction(network *w)
{
    int root = -1;
    for (int i = 0; i < w->count && root < 0; i++)
        if (__builtin_popcount(w->list[i].indices) == 1)
            root = __builtin_ctz(w->list[i].indices);
    if (root < 0)
        return bare_sum(w->s, all_axes_product(w));
    entries e = {0};
    collect_at(w, root, &e);
    if (e.failed)
        return NULL;
    if (e.count == 2 && e.marks[0] == 'o' && e.marks[1] == 'o') {
        notation *t = notation_two(w->s->memory, NOTATION_PRODUCT, e.list[0], e.list[1]);
        t->marks[0] = ' ';
        t->marks[1] = '.';
        return t;
    }
    return bare_sum(w->s, entries_end(w->s, &e));
}

/* The chain of matrices from p to q through unlabelled indices; NULL when there is none. */
static notation *chain_between(network *w, int p, int q)
{
    notation *matrices[NETWORK_MAX_INDICES];
    int count = 0;
    while (p != q && count < NETWORK_MAX_INDICES) {
        int next = -1;
        for (int i = 0; i < w->count; i++)
            if (!w->list[i].used && (w->list[i].indices & (1u << p)) && next != q) {
                int end = other_end(w->list[i].indices, p);
                if (end < 0 || (next >= 0 && end != next && end != q))
                    return NULL;
                next = end;
            }
        if (next < 0)
            return NULL;
        matrices[count] = edge_form(w, p, next);
        if (!matrices[count++])
            return NULL;
        p = next;
    }
    if (p != q)
        return NULL;
    notation *t = matrices[--count];
    while (count > 0)
        t = times(w->s, matrices[--count], t);
    return t;
}

static bool is_linked(const network *w, int p, int q)
{
    unsigned reached = 1u << p;
    for (bool grown = true; grown;) {
        grown = false;
        for (int i = 0; i < w->count; i++)
            if ((w->list[i].indices & reached) && (w->list[i].indices & ~reached)) {
                reached |= w->list[i].indices;
                grown = true;
            }
    }
    return reached & (1u << q);
}

static notation *outer_product(network *w)
{
    notation *u = value_at(w, 0), *v = value_at(w, 1);
    return u && v ? times(w->s, u, notation_one(w->s->memory, NOTATION_TRANSPOSE, v)) : NULL;
}

static notation *network_core(network *w)
{
    if (w->rank == 0)
        return full_contraction(w);
    if (w->rank == 1)
        return value_at(w, 0);
    if (w->rank > 2)
        return w->index_count == w->rank ? all_axes_product(w) : NULL;
    return is_linked(w, 0, 1) ? chain_between(w, 0, 1) : outer_product(w);
}

/* Scalars first, then the matrix part: 2λ W, s u vᵀ. */
static notation *network_end(network *w)
{
    notation *core = network_core(w);
    for (int i = 0; i < w->count; i++)
        if (!w->list[i].used)
            core = NULL;
    if (!core)
        return NULL;
    if (core->kind == NOTATION_PRODUCT && core->marks[core->count - 1] != '.')
        for (int i = 0; i < core->count; i++)
            show_factors_over(&w->scalars, core->child[i], core->marks[i]);
    else
        show_factors_over(&w->scalars, core, ' ');
    return show_factors_end(w->s, &w->scalars);
}

static bool depends(show *s, node n, int rank, const node *axis)
{
    for (int i = 0; i < rank; i++)
        if (show_has(s, n, axis[i]))
            return true;
    return false;
}

/* Sorts the factors into scalars, labels and edges; 1/B beside a sum over samples makes it a mean. */
static bool network_fill(network *w, int count, const node *factors)
{
    show *s = w->s;
    show_mean mean;
    bool found = show_find_mean(s, count, factors, &mean) && mean.population >= 0;
    for (int i = 0; i < count; i++) {
        if (found && i == mean.inverse)
            continue;
        if (!found || i != mean.sum) {
            if (!network_add(w, factors[i]))
                return false;
        } else if (depends(s, factors[i], w->index_count, w->index)) {
            if (!network_add(w, factors[i]))
                return false;
            w->list[w->count - 1].mean = true;
        } else {
            notation *call = show_batch_call(s, factors[i], "mean", mean.population, 0, NULL);
            if (!call)
                return false;
            show_factors_over(&w->scalars, call, ' ');
        }
    }
    return true;
}

/* The product `body` summed over the indices after the first `rank`. */
static notation *network_form(show *s, node body, int rank, int index_count, const node *index)
{
    const dag *d = s->m->dag;
    int count = 1;
    node *factors = dag_kind(d, body) == NODE_MUL ? show_operands(s, body, &count) : &body;
    network w = {.s = s, .rank = rank, .index_count = index_count};
    memcpy(w.index, index, (size_t)index_count * sizeof *index);
    show_factors_init(s, &w.scalars, count + NETWORK_MAX_FACTORS);
    notation *t = network_fill(&w, count, factors) ? network_end(&w) : NULL;
    mpq_clear(w.scalars.coefficient);
    return t;
}

notation *show_contraction(show *s, node n, int rank, const node *axis)
{
    const dag *d = s->m->dag;
    node index[NETWORK_MAX_INDICES], body = n;
    int count = rank, mark = s->index_count;
    for (int i = 0; i < rank; i++)
        index[i] = axis[i];
    while (dag_kind(d, body) == NODE_REDUCE && dag_payload(d, body) == REDUCE_SUM && show_population(s, dag_child(d, body, 0), dag_child(d, body, 1)) < 0) {
        node leaf = show_enter(s, body);
        if (!leaf || count == NETWORK_MAX_INDICES)
            return s->index_count = mark, NULL;
        index[count++] = leaf;
        body = dag_child(d, body, 2);
    }
    notation *t = network_form(s, body, rank, count, index);
    s->index_count = mark;
    return t;
}

/* --- any node --- */

/* Does `axis` run over the range of the binder n? */
static bool same_range(const show *s, node axis, node n)
{
    dag *d = s->m->dag;
    node lo, hi;
    return show_range(s, axis, &lo, &hi) && dag_index_eq(d, lo, dag_child(d, n, 0)) == TRUTH_YES && dag_index_eq(d, hi, dag_child(d, n, 1)) == TRUTH_YES;
}

static int transposes(const notation *t)
{
    int count = t->kind == NOTATION_TRANSPOSE;
    for (int i = 0; i < t->count; i++)
        count += transposes(t->child[i]);
    return count;
}

static notation *tensor_reduce(show *s, node n, int rank, const node *axis)
{
    const dag *d = s->m->dag;
    int population = show_population(s, dag_child(d, n, 0), dag_child(d, n, 1));
    const reduction_row *row = reduction_get((reduction)dag_payload(d, n));
    if (population >= 0)
        return show_batch_reduce(s, n, population, rank, axis);
    if (dag_payload(d, n) == REDUCE_SUM) {
        notation *t = show_contraction(s, n, rank, axis);
        /* Σ_t δ[t] x[t]ᵀ reads better than products of transposed arrays. */
        notation *sum = !t || transposes(t) > 1 ? show_indexed_sum(s, n, rank, axis) : NULL;
        return sum && (!t || transposes(sum) < transposes(t)) ? sum : t;
    }
    if (!row->has_at || rank != 1 || dag_child(d, n, 2) != axis[0] || !same_range(s, axis[0], n) || depends(s, dag_child(d, n, 3), rank, axis))
        return NULL;
    notation *entry = show_node(s, n);
    return entry->kind == NOTATION_ENTRY && entry->child[0]->kind == NOTATION_CALL ? entry->child[0] : NULL;
}

notation *show_tensor(show *s, node n, int rank, const node *axis, bool *scalar)
{
    const dag *d = s->m->dag;
    *scalar = !depends(s, n, rank, axis);
    if (*scalar)
        return show_node(s, n);
    if (s->budget-- <= 0)
        return NULL;
    switch (dag_kind(d, n)) {
    case NODE_ENTRY: return tensor_entry(s, n, rank, axis);
    case NODE_ADD: return tensor_sum(s, n, rank, axis);
    case NODE_FUN:
    case NODE_COMPARE:
    case NODE_IF: return tensor_elementwise(s, n, rank, axis);
    case NODE_MUL: return network_form(s, n, rank, rank, axis);
    case NODE_POW: return tensor_power(s, n, rank, axis);
    case NODE_APPLY: return tensor_apply(s, n, rank, axis);
    case NODE_REDUCE: return tensor_reduce(s, n, rank, axis);
    default: return NULL;
    }
}
