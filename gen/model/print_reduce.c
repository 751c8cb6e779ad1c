/* Reductions: sums with their indices, functions of whole vectors, reductions over samples. */
#include <string.h>

#include "gen/dag/ops.h"
#include "gen/model/print_private.h"

/* --- may the range be left out? --- */

typedef struct {
    const show *s;
    node leaf;
    bool alone, other; /* stands alone in an axis of its own range; in another way inside a bracket */
} usage;

/* i − 1: lowers no upper end. */
static bool is_earlier(const dag *d, node at, node leaf)
{
    if (dag_kind(d, at) != NODE_ADD || dag_count(d, at) != 2)
        return false;
    int k = dag_child(d, at, 0) == leaf ? 1 : 0;
    node offset = dag_child(d, at, k);
    return dag_child(d, at, 1 - k) == leaf && dag_kind(d, offset) == NODE_NUMBER && mpq_sgn(*dag_value(d, offset)) < 0;
}

static bool usage_visit(void *context, node n)
{
    usage *u = context;
    const dag *d = u->s->m->dag;
    if (dag_kind(d, n) != NODE_ENTRY)
        return true;
    const model_var *v = &u->s->m->var[dag_payload(d, n)];
    for (int i = 0; i < dag_count(d, n); i++) {
        node at = dag_child(d, n, i);
        if (at == u->leaf && i < v->axis_count && show_is_axis(u->s, u->leaf, v->axis_size[i]))
            u->alone = true;
        else if (show_has(u->s, at, u->leaf) && !is_earlier(d, at, u->leaf))
            u->other = true;
    }
    return true;
}

static bool range_is_implied(const show *s, node leaf, node body)
{
    usage u = {.s = s, .leaf = leaf};
    dag_visit(s->m->dag, body, usage_visit, &u);
    return u.alone && !u.other;
}

static notation *show_binder(show *s, node binder, node leaf)
{
    const dag *d = s->m->dag;
    const char *hint = dag_hint(d, binder) ? intern_text(s->m->names, dag_hint(d, binder)) : "i";
    notation *name = notation_text(s->memory, NOTATION_NAME, leaf ? show_index_name(s, leaf) : hint);
    if (leaf && range_is_implied(s, leaf, dag_child(d, binder, dag_count(d, binder) - 1)))
        return notation_one(s->memory, NOTATION_BINDER, name);
    notation *t = notation_new(s->memory, NOTATION_BINDER, 3);
    t->child[0] = name;
    t->child[1] = show_node(s, dag_child(d, binder, 0));
    t->child[2] = show_node(s, dag_child(d, binder, 1));
    return t;
}

/* --- over samples --- */

/* Reductions that have a word for the batch: sum_batch, max_batch. */
static const char *const batch_words[REDUCE_COUNT] = {[REDUCE_SUM] = "sum", [REDUCE_MAX] = "max"};

notation *show_batch_reduce(show *s, node n, int population, int rank, const node *axis)
{
    const char *word = batch_words[dag_payload(s->m->dag, n)];
    return word ? show_batch_call(s, n, word, population, rank, axis) : NULL;
}

notation *show_batch_body(show *s, node reduce, int population, int rank, const node *axis)
{
    const dag *d = s->m->dag;
    node body = dag_child(d, reduce, dag_count(d, reduce) - 1);
    if (s->batch_count == SHOW_MAX_BATCHES)
        return NULL;
    int mark = s->index_count;
    node leaf = show_enter(s, reduce);
    s->batch[s->batch_count].leaf = leaf;
    s->batch[s->batch_count++].population = population;
    bool scalar = false;
    notation *t = rank ? show_tensor(s, body, rank, axis, &scalar) : show_node(s, body);
    s->batch_count--;
    s->index_count = mark;
    return scalar ? NULL : t;
}

notation *show_batch_call(show *s, node reduce, const char *word, int population, int rank, const node *axis)
{
    notation *body = show_batch_body(s, reduce, population, rank, axis);
    return body ? notation_call(s->memory, show_batch_word(s, word, population), body) : NULL;
}

/* --- over an index --- */

/* softmax(z)[j], logsumexp(z): the body as a vector over the bound index. */
static notation *show_vector_call(show *s, node n)
{
    const dag *d = s->m->dag;
    const reduction_row *row = reduction_get((reduction)dag_payload(d, n));
    int mark = s->index_count;
    node leaf = show_enter(s, n);
    bool scalar = false;
    notation *body = leaf ? show_tensor(s, dag_child(d, n, dag_count(d, n) - 1), 1, &leaf, &scalar) : NULL;
    s->index_count = mark;
    return body && !scalar ? notation_call(s->memory, row->name, body) : NULL;
}

notation *show_mean_call(show *s, node sum)
{
    notation *t = show_vector_call(s, sum);
    return t ? notation_call(s->memory, "mean", t->child[1]) : NULL;
}

/* Σ_{i, j} body: binders of the same reduction directly inside one another are written as one. */
static notation *show_nest(show *s, node n)
{
    const dag *d = s->m->dag;
    int mark = s->index_count, count = 0;
    notation *binder[MODEL_MAX_AXES];
    node body = n;
    while (dag_kind(d, body) == NODE_REDUCE && dag_payload(d, body) == dag_payload(d, n) && count < MODEL_MAX_AXES &&
           (count == 0 || show_population(s, dag_child(d, body, 0), dag_child(d, body, 1)) < 0)) {
        node leaf = show_enter(s, body);
        binder[count++] = show_binder(s, body, leaf);
        body = dag_child(d, body, dag_count(d, body) - 1);
    }
    notation *t = notation_new(s->memory, NOTATION_REDUCE, count + 1);
    t->text = reduction_get((reduction)dag_payload(d, n))->name;
    t->number = count;
    memcpy(t->child, binder, (size_t)count * sizeof *binder);
    t->child[count] = show_node(s, body);
    s->index_count = mark;
    return t;
}

notation *show_indexed_sum(show *s, node n, int rank, const node *axis)
{
    int mark = s->index_count;
    bool scalar = false;
    node leaf = show_enter(s, n), body = dag_child(s->m->dag, n, 2);
    notation *binder = leaf ? show_binder(s, n, leaf) : NULL, *u = leaf ? show_tensor(s, body, rank, axis, &scalar) : NULL;
    s->index_count = mark;
    if (!u || scalar)
        return NULL;
    notation *t = notation_two(s->memory, NOTATION_REDUCE, binder, u);
    t->text = "sum";
    t->number = 1;
    return t;
}

notation *show_reduce(show *s, node n)
{
    const dag *d = s->m->dag;
    const reduction_row *row = reduction_get((reduction)dag_payload(d, n));
    int population = show_population(s, dag_child(d, n, 0), dag_child(d, n, 1));
    notation *t = NULL;
    if (population >= 0)
        t = show_batch_reduce(s, n, population, 0, NULL);
    bool sum = dag_payload(d, n) == REDUCE_SUM;
    if (!t && s->matrix && sum)
        t = show_contraction(s, n, 0, NULL);
    if (!t && !sum && (s->matrix || dag_payload(d, n) != REDUCE_PROD))
        t = show_vector_call(s, n);
    if (!t)
        t = show_nest(s, n);
    return row->has_at ? notation_two(s->memory, NOTATION_ENTRY, t, show_node(s, dag_child(d, n, 2))) : t;
}
