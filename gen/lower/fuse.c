/* Updates that add a product of matrices to a parameter, W ← W + f·A·B, do so in place: the gradient is then never stored. Needs: products in equations of their
 * own. Keeps: every new value, but for the order of additions.
 *
 * A step may not change anything unless all new values are finite. So updates in place come after all tests of the last group, and what is tested for them is a
 * bound on f·A·B (delta_matmul_bounded): with it, what is finite stays so. */
#include <string.h>

#include "gen/lower/lower_private.h"
#include "gen/lower/product.h"
#include "grammar/arena.h"

typedef struct {
    lower_program *p;
    dag *d;
    int *writer;     /* per variable: its only equation, −1: none, −2: several */
    int *readers;    /* per variable: equations of a step that read it */
    int *all_readers;
    bool *committed; /* per variable */
} fusing;

enum { MOST_FACTORS = 8 };

typedef struct {
    node list[MOST_FACTORS];
    int count;
} factors;

typedef struct {
    fusing *x;
    bool hit;
} reading;

static bool is_step(const lower_equation *e)
{
    return e->events >> LOWER_STEP != 0;
}

typedef struct {
    const dag *d;
    int *readers;
} counting;

static bool count_reader(void *context, node n)
{
    const counting *c = context;
    if (dag_kind(c->d, n) == NODE_ENTRY)
        c->readers[dag_payload(c->d, n)]++;
    return true;
}

static void index_variables(fusing *x)
{
    lower_program *p = x->p;
    size_t n = (size_t)p->var_count + 1;
    x->writer = arena_alloc(p->memory, n * sizeof *x->writer);
    x->readers = arena_alloc(p->memory, n * sizeof *x->readers);
    x->all_readers = arena_alloc(p->memory, n * sizeof *x->all_readers);
    x->committed = arena_alloc(p->memory, n * sizeof *x->committed);
    for (int v = 0; v < p->var_count; v++)
        x->writer[v] = -1;
    for (int i = 0; i < p->equation_count; i++) {
        const lower_equation *e = &p->equation[i];
        if (!e->events)
            continue;
        x->writer[e->var] = x->writer[e->var] == -1 ? i : -2;
        counting step = {x->d, x->readers}, all = {x->d, x->all_readers};
        if (is_step(e) || (e->events >> LOWER_SUMS) & 1u)
            dag_visit(x->d, e->rhs, count_reader, &step);
        dag_visit(x->d, e->rhs, count_reader, &all);
    }
    for (int i = 0; i < p->commit_count; i++)
        x->committed[p->commit[i].var] = true;
}

/* The factors of nested products; false: there are more than room. */
static bool flatten(const dag *d, node n, node *list, int room, int *count)
{
    if (dag_kind(d, n) == NODE_MUL) {
        for (int i = 0; i < dag_count(d, n); i++)
            if (!flatten(d, dag_child(d, n, i), list, room, count))
                return false;
        return true;
    }
    if (*count == room)
        return false;
    list[(*count)++] = n;
    return true;
}

/* W[…] + f·G[…] with f free of indices: returns the entry G and the factors of f; 0: it is not so. */
static node gradient_in(fusing *x, const lower_equation *e, int var, factors *f)
{
    dag *d = x->d;
    if (dag_kind(d, e->rhs) != NODE_ADD || dag_count(d, e->rhs) != 2)
        return 0;
    node own = dag_entry(d, var, e->index_count, e->at), moved = 0, list[MOST_FACTORS], gradient = 0;
    int count = 0;
    for (int i = 0; i < 2; i++)
        if (dag_child(d, e->rhs, i) == own)
            moved = dag_child(d, e->rhs, 1 - i);
    if (!moved || !flatten(d, moved, list, MOST_FACTORS, &count))
        return 0;
    f->count = 0;
    for (int i = 0; i < count; i++) {
        if (!gradient && dag_kind(d, list[i]) == NODE_ENTRY && dag_count(d, list[i]) == e->index_count)
            gradient = list[i];
        else if (!dag_has_kind(d, list[i], NODE_INDEX) && !dag_has_kind(d, list[i], NODE_REDUCE))
            f->list[f->count++] = list[i];
        else
            return 0;
    }
    return gradient;
}

static bool note_committed(void *context, node n)
{
    reading *r = context;
    if (dag_kind(r->x->d, n) == NODE_ENTRY && r->x->committed[dag_payload(r->x->d, n)])
        r->hit = true;
    return !r->hit;
}

/* Matrices that no commit changes. */
static bool reads_nothing_committed(fusing *x, node n)
{
    reading r = {x, false};
    dag_visit(x->d, n, note_committed, &r);
    return !r.hit;
}

/* The gradient's equation, when it is nothing but products of matrices that only this update reads. */
static const lower_equation *gradient_equation(fusing *x, const lower_equation *update, node gradient)
{
    int var = dag_payload(x->d, gradient), i = x->writer[var];
    product_form form;
    if (i < 0 || x->readers[var] != 1)
        return NULL;
    const lower_equation *g = &x->p->equation[i];
    if (!g->product || g->guard || g->index_count != 2 || update->index_count != 2 || !product_parse(x->p, g, &form) || form.rest)
        return NULL;
    for (int k = 0; k < 2; k++)
        if (dag_child(x->d, gradient, k) != update->at[k] || g->at[k] != dag_index_node(x->d, g->index[k]))
            return NULL;
    return reads_nothing_committed(x, g->rhs) ? g : NULL;
}

static node scaled_term(dag *d, node n, const factors *f)
{
    node list[2 * MOST_FACTORS];
    int count = 0;
    for (; count < f->count; count++)
        list[count] = f->list[count];
    if (!flatten(d, n, list, 2 * MOST_FACTORS, &count))
        return 0;
    return count == 1 ? list[0] : dag_raw_mul(d, count, list);
}

/* f times each term of a sum of products; 0: there are too many factors. */
static node scaled(dag *d, node rhs, const factors *f)
{
    int count = dag_kind(d, rhs) == NODE_ADD ? dag_count(d, rhs) : 1;
    node list[PRODUCT_TERMS];
    for (int i = 0; i < count; i++) {
        list[i] = scaled_term(d, count == 1 ? rhs : dag_child(d, rhs, i), f);
        if (!list[i])
            return 0;
    }
    return count == 1 ? list[0] : dag_raw_add(d, count, list);
}

/* gradient() then computes it straight into its result, when nothing else reads it. */
static void fill_result(fusing *x, int gradient)
{
    lower_program *p = x->p;
    const lower_equation *g = &p->equation[x->writer[gradient]];
    int copy = -1;
    for (int i = 0; i < p->m->gradient_count; i++) {
        int number = x->writer[p->gradient[i]];
        const lower_equation *e = number >= 0 ? &p->equation[number] : NULL;
        if (e && e->index_count == 2 && e->rhs == dag_entry(x->d, gradient, 2, e->at))
            copy = number;
    }
    if (copy < 0 || x->all_readers[gradient] != 2 || g->events != UINT64_C(1) << LOWER_GRADIENT)
        return;
    lower_equation *e = &p->equation[copy], made = *g;
    made.var = e->var;
    made.left = e->left;
    e->events = 0;
    p->equation[x->writer[gradient]] = made;
}

static void fuse(fusing *x, lower_commit *c)
{
    lower_program *p = x->p;
    factors factor;
    int number = x->writer[c->fresh];
    if (number < 0 || p->var[c->var].place != LOWER_PARAMS || x->readers[c->fresh])
        return;
    lower_equation *update = &p->equation[number];
    node gradient = gradient_in(x, update, c->var, &factor);
    const lower_equation *g = gradient ? gradient_equation(x, update, gradient) : NULL;
    lower_equation made = *update;
    product_form form;
    if (!g)
        return;
    made.var = c->var;
    made.rhs = scaled(x->d, g->rhs, &factor);
    made.in_place = made.product = true;
    made.events = UINT64_C(1) << LOWER_COMMIT;
    for (int k = 0; k < 2; k++) {
        made.index[k] = g->index[k];
        made.at[k] = g->at[k];
    }
    if (!made.rhs || !product_parse(p, &made, &form) || form.rest)
        return;
    p->equation[x->writer[dag_payload(x->d, gradient)]].events &= (UINT64_C(1) << LOWER_STEP) - 1;
    *update = made;
    c->fresh = -1;
    fill_result(x, dag_payload(x->d, gradient));
}

void lower_fuse(lower_program *p)
{
    fusing x = {.p = p, .d = p->m->dag};
    index_variables(&x);
    for (int i = 0; i < p->commit_count; i++)
        if (p->commit[i].group == p->group_count - 1)
            fuse(&x, &p->commit[i]);
}
