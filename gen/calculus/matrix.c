/* det and inv for a program: elimination with exchanged rows as equations, one recurrence for each matrix.
 *
 * N[0] is A beside the identity. Step t picks the row p[t] at or below t whose entry in column t is largest, exchanges it with row t, divides and subtracts
 * (Gauss and Jordan; Golub and Van Loan, Matrix Computations, 3.4). N[n] then holds the inverse on the right, and det(A) is the product of the pivots, with a
 * sign for each exchange. */
#include <stdlib.h>
#include <string.h>

#include "gen/calculus/sweep.h"

typedef struct {
    node matrix;   /* LAMBDA i LAMBDA j A[i,j] */
    int index_count, index[MODEL_MAX_AXES]; /* free indices of it, a sample index first */
    node size;
    int table, pivot; /* variables N[…, t, i, j] and p[…, t] */
} solved;

typedef struct {
    model *m;
    dag *d;
    solved *list;
    int count;
    bool failed;
} solving;

static node plus(dag *d, node n, long k)
{
    return dag_add2(d, n, dag_int(d, k));
}

static int fresh(solving *x, const char *name, node lo, node hi)
{
    return dag_index_fresh(x->d, intern_puts(x->m->names, name), lo, hi);
}

/* Axes of the free indices in front. */
static model_var variable(const solving *x, const solved *s, const char *text)
{
    model_var v = {.role = ROLE_AUXILIARY, .text = intern_puts(x->m->names, text), .of = 0};
    for (int k = 0; k < s->index_count; k++) {
        const dag_index_info *i = dag_index_get(x->d, s->index[k]);
        v.axis_size[v.axis_count++] = plus(x->d, i->hi, 1);
        v.sample |= i->sample;
    }
    return v;
}

static node entry(const solving *x, const solved *s, int var, int count, const node *at)
{
    node all[MODEL_MAX_AXES];
    int n = 0;
    for (int k = 0; k < s->index_count; k++)
        all[n++] = dag_index_node(x->d, s->index[k]);
    for (int k = 0; k < count; k++)
        all[n++] = at[k];
    return dag_entry(x->d, var, n, all);
}

/* var[…, at…] = rhs; `index` are those of at[]. */
static void define(solving *x, const solved *s, int var, int count, const node *at, node rhs)
{
    model_equation e = {.var = var, .rhs = rhs, .where = {.source = x->m->source}};
    int n = 0;
    for (int k = 0; k < s->index_count; k++) {
        e.index[e.index_count++] = s->index[k];
        e.at[n++] = dag_index_node(x->d, s->index[k]);
    }
    for (int k = 0; k < count; k++) {
        if (dag_kind(x->d, at[k]) == NODE_INDEX)
            e.index[e.index_count++] = dag_payload(x->d, at[k]);
        e.at[n++] = at[k];
    }
    model_add_equation(x->m, &e);
}

static node same(dag *d, node a, node b)
{
    return dag_compare(d, COMPARE_EQUAL, a, b);
}

/* N[t-1] with rows t−1 and p exchanged, at row i and column j. */
static node exchanged(solving *x, const solved *s, node before, node p, node i, node j)
{
    dag *d = x->d;
    node plain = entry(x, s, s->table, 3, (node[]){before, i, j}), upper = entry(x, s, s->table, 3, (node[]){before, before, j});
    return dag_raw_if(d, same(d, i, p), upper, plain);
}

static void table_equations(solving *x, const solved *s)
{
    dag *d = x->d;
    node n = s->size, last = plus(d, n, -1), wide = plus(d, dag_mul2(d, dag_int(d, 2), n), -1);
    int i = fresh(x, "i", dag_int(d, 0), last), j = fresh(x, "j", dag_int(d, 0), wide), left = fresh(x, "j", dag_int(d, 0), last), t = fresh(x, "t", dag_int(d, 1), n);
    node in = dag_index_node(d, i), jn = dag_index_node(d, j), ln = dag_index_node(d, left), tn = dag_index_node(d, t), zero = dag_int(d, 0);
    int right = fresh(x, "j", n, wide), row, column;
    node rn = dag_index_node(d, right), rows = dag_open(d, s->matrix, &row), body = dag_open(d, rows, &column);
    node from[2] = {dag_index_node(d, row), dag_index_node(d, column)}, to[2] = {in, ln};
    define(x, s, s->table, 3, (node[]){zero, in, ln}, dag_substitute(d, body, 2, from, to, true));
    define(x, s, s->table, 3, (node[]){zero, in, rn}, same(d, rn, dag_add2(d, in, n)));
    node before = plus(d, tn, -1), p = entry(x, s, s->pivot, 1, &before);
    node top = entry(x, s, s->table, 3, (node[]){before, p, jn}), pivot = entry(x, s, s->table, 3, (node[]){before, p, before});
    node factor = exchanged(x, s, before, p, in, before), other = exchanged(x, s, before, p, in, jn);
    node share = dag_raw_mul(d, 2, (node[]){top, dag_raw_pow(d, pivot, dag_int(d, -1))});
    node below = dag_raw_add(d, 2, (node[]){other, dag_raw_mul(d, 3, (node[]){dag_int(d, -1), factor, share})});
    define(x, s, s->table, 3, (node[]){tn, in, jn}, dag_raw_if(d, same(d, in, before), share, below));
}

/* p[t]: among rows t .. n−1 the largest |N[t,i,t]|; −1 elsewhere is smaller than all. */
static void pivot_equation(solving *x, const solved *s)
{
    dag *d = x->d;
    node last = plus(d, s->size, -1);
    int t = fresh(x, "t", dag_int(d, 0), last), i = fresh(x, "i", dag_int(d, 0), last);
    node tn = dag_index_node(d, t), in = dag_index_node(d, i);
    node size = dag_raw_fun(d, OP_ABS, 1, (node[]){entry(x, s, s->table, 3, (node[]){tn, in, tn})});
    node body = dag_raw_if(d, dag_compare(d, COMPARE_LESS_EQUAL, tn, in), size, dag_int(d, -1));
    define(x, s, s->pivot, 1, &tn, dag_raw_reduce(d, REDUCE_ARGMAX, i, dag_int(d, 0), last, 0, body));
}

static int find_solved(solving *x, node matrix)
{
    for (int i = 0; i < x->count; i++)
        if (x->list[i].matrix == matrix)
            return i;
    return -1;
}

static const solved *solve(solving *x, node matrix)
{
    dag *d = x->d;
    int at = find_solved(x, matrix);
    if (at >= 0)
        return &x->list[at];
    solved s = {.matrix = matrix, .size = plus(d, dag_child(d, matrix, 1), 1)};
    s.index_count = dag_free_indices(d, matrix, s.index, MODEL_MAX_AXES);
    for (int k = 1; k < s.index_count; k++) /* a sample index goes first */
        if (dag_index_get(d, s.index[k])->sample) {
            int swap = s.index[0];
            s.index[0] = s.index[k], s.index[k] = swap;
        }
    if (s.index_count > MODEL_MAX_AXES - 3) {
        x->failed = true;
        return NULL;
    }
    model_var table = variable(x, &s, arena_printf(x->m->memory, "elimination %d", x->count + 1)), pivot = variable(x, &s, arena_printf(x->m->memory, "pivot %d", x->count + 1));
    int k = table.axis_count;
    table.axis_size[k] = plus(d, s.size, 1), table.axis_size[k + 1] = s.size, table.axis_size[k + 2] = dag_mul2(d, dag_int(d, 2), s.size);
    table.axis_count += 3;
    pivot.axis_size[pivot.axis_count++] = s.size;
    pivot.integer = true;
    s.table = model_add_var(x->m, &table);
    s.pivot = model_add_var(x->m, &pivot);
    solved *more = arena_alloc(x->m->memory, (size_t)(x->count + 1) * sizeof *more);
    if (x->count)
        memcpy(more, x->list, (size_t)x->count * sizeof *more);
    x->list = more;
    x->list[x->count++] = s;
    table_equations(x, &s);
    pivot_equation(x, &s);
    return &x->list[find_solved(x, matrix)];
}

static node determinant(solving *x, const solved *s)
{
    dag *d = x->d;
    int t = fresh(x, "t", dag_int(d, 0), plus(d, s->size, -1));
    node tn = dag_index_node(d, t), p = entry(x, s, s->pivot, 1, &tn);
    node sign = dag_raw_if(d, same(d, tn, p), dag_int(d, 1), dag_int(d, -1));
    node body = dag_raw_mul(d, 2, (node[]){sign, entry(x, s, s->table, 3, (node[]){tn, p, tn})});
    return dag_raw_reduce(d, REDUCE_PROD, t, dag_int(d, 0), plus(d, s->size, -1), 0, body);
}

static node expand(solving *x, node n)
{
    dag *d = x->d;
    int count = dag_count(d, n), index = -1;
    if (!count || !dag_has_kind(d, n, NODE_APPLY))
        return n;
    node *child = xmalloc((size_t)count * sizeof *child), made = n;
    bool changed = false, binds = dag_binds(d, n);
    for (int i = 0; i < count; i++) {
        node c = binds && i == count - 1 ? dag_open(d, n, &index) : dag_child(d, n, i);
        child[i] = expand(x, c);
        changed |= child[i] != c;
    }
    if (changed)
        made = dag_rebuild_opened(d, n, index, child);
    function_kind kind = dag_kind(d, n) == NODE_APPLY ? x->m->function[dag_signature_get(d, dag_payload(d, n))->function].kind : FUNCTION_OF_PAGE;
    const solved *s = kind != FUNCTION_OF_PAGE ? solve(x, child[count - 1]) : NULL;
    if (s && kind == FUNCTION_DET)
        made = determinant(x, s);
    else if (s)
        made = entry(x, s, s->table, 3, (node[]){s->size, child[0], dag_add2(d, child[1], s->size)});
    free(child);
    return made;
}

void matrix_expand(model *m)
{
    solving x = {.m = m, .d = m->dag};
    bool any = false;
    for (int i = 0; i < m->function_count; i++)
        any |= m->function[i].kind != FUNCTION_OF_PAGE;
    if (!any)
        return;
    for (int i = 0; i < m->equation_count; i++) {
        node rhs = m->equation[i].rhs ? expand(&x, m->equation[i].rhs) : 0;
        m->equation[i].rhs = rhs;
    }
    for (int i = 0; i < m->update_count; i++)
        m->update[i].rhs = expand(&x, m->update[i].rhs);
    for (int i = 0; i < m->gradient_count; i++)
        m->gradient[i].rhs = expand(&x, m->gradient[i].rhs);
    for (int i = 0; i < m->objective_count; i++)
        m->objective[i].cost = m->objective[i].cost ? expand(&x, m->objective[i].cost) : 0;
    for (int i = 0; i < m->mean_count; i++)
        m->mean[i].value = expand(&x, m->mean[i].value);
    for (int i = 0; i < m->metric_count; i++)
        m->metric[i].value = expand(&x, m->metric[i].value);
    if (x.failed)
        diag_add(m->diagnostics, DIAG_ERROR, (span){.source = m->source}, "det or inv of a matrix with too many free indices");
}
