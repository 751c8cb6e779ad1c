/* Reductions over named indices, derivatives, values held fixed. */
#include <stdlib.h>
#include <string.h>

#include "gen/model/page.h"

static bool binder_frame(builder *b, const syn *binder, const syn *body)
{
    if (model_find_var(b->m, binder->name) >= 0 || model_find_size(b->m, binder->name) >= 0 || page_definition(b, binder->name)) {
        page_error(b, binder->at, "`%s` is the name of a value of the page; an index may not have it", page_spelling(b, binder->name));
        return false;
    }
    page_push_binder(b, binder, body);
    return true;
}

/* A sum that ends before the axis in which its index stands alone, because of another subscript, is said: the reader may have meant all of it. */
static void note_narrowed(builder *b, const index_frame *f, const syn *binder)
{
    if (!f->narrowed || b->quiet)
        return;
    const dag_index_info *x = dag_index_get(b->m->dag, f->index);
    node lo = x->lo, hi = x->hi;
    if (!b->in_claim && page_le(b, f->natural_hi, hi) == TRUTH_YES) /* with the page's sizes it is all of it; a claim holds for all sizes */
        return;
    diag_add(b->m->diagnostics, DIAG_NOTICE, binder->at, "`%s` runs over %s..%s only, not to %s: elsewhere a subscript would leave its axis",
             page_spelling(b, f->name), page_size_text(b, lo), page_size_text(b, hi), page_size_text(b, f->natural_hi));
}

static bool reduce_named(builder *b, const syn *tree, bool mean, reduction r, model_value *out)
{
    dag *d = b->m->dag;
    const syn *body = tree->child[tree->count - 1];
    index_frame *saved = b->indices, *frame[16];
    int count = tree->number;
    bool ok = count <= 16;
    for (int i = 0; i < count && ok; i++) {
        ok = binder_frame(b, tree->child[i], body);
        frame[i] = b->indices;
    }
    for (int i = 0; i < count && ok; i++)
        ok = page_index_range(b, frame[i], tree->child[i]->at);
    ok = ok && page_value(b, body, out);
    b->indices = saved;
    for (int i = 0; i < count && ok; i++)
        note_narrowed(b, frame[i], tree->child[i]);
    if (!ok)
        return false;
    node size = dag_int(d, 1);
    for (int i = count - 1; i >= 0; i--) {
        dag_index_info x = *dag_index_get(d, frame[i]->index);
        if (mean)
            size = dag_mul2(d, size, dag_add(d, 3, (node[]){x.hi, dag_neg(d, x.lo), dag_int(d, 1)}));
        out->body = dag_raw_reduce(d, r, frame[i]->index, x.lo, x.hi, 0, out->body);
    }
    if (mean)
        out->body = dag_raw_mul(d, 2, (node[]){out->body, dag_raw_pow(d, size, dag_int(d, -1))});
    out->integer = out->integer && r == REDUCE_SUM && !mean;
    return true;
}

bool page_reduce(builder *b, const syn *tree, model_value *out)
{
    const char *name = intern_text(b->m->names, tree->name);
    bool mean = strcmp(name, "mean") == 0;
    int r = mean ? REDUCE_SUM : reduction_find(name);
    if (r < 0 || reduction_get((reduction)r)->has_at) {
        page_error(b, tree->at, "`%s` does not take an index", name);
        return false;
    }
    if (tree->number)
        return reduce_named(b, tree, mean, (reduction)r, out);
    bool saved = b->in_power_sum;
    b->in_power_sum = true;
    bool ok = page_value(b, tree->child[tree->count - 1], out);
    b->in_power_sum = saved;
    if (!ok)
        return false;
    *out = page_of_node(page_reduce_all(b, (reduction)r, out));
    return true;
}

/* The variable and entry that a denominator ∂B names. */
static bool denominator(builder *b, const syn *tree, model_value *out)
{
    const syn *base = tree->kind == SYN_INDEX ? tree->child[0] : tree;
    model_value v;
    if (!page_value(b, base, &v))
        return false;
    if (dag_kind(b->m->dag, v.body) != NODE_ENTRY) {
        diagnostic *g = page_error(b, tree->at, "a derivative is by a name of the page; `%s` is none", page_source(b, tree->at));
        if (g && v.integer)
            diag_hint(g, "sizes and indices are integers");
        return false;
    }
    const model_var *var = &b->m->var[dag_payload(b->m->dag, v.body)];
    if (var->integer && var->role != ROLE_DEFINED) {
        page_error(b, tree->at, "a derivative by integer data `%s`", page_source(b, base->at));
        return false;
    }
    return page_value(b, tree, out);
}

static bool differentiate(builder *b, const syn *tree, const model_value *a, const syn *by, model_value *out)
{
    dag *d = b->m->dag;
    model_value u = *a, v;
    if (!denominator(b, by, &v))
        return false;
    if (u.axis_count + v.axis_count > MODEL_MAX_AXES - 1) {
        page_error(b, tree->at, "this derivative has %d axes; at most %d are possible", u.axis_count + v.axis_count, MODEL_MAX_AXES - 1);
        return false;
    }
    bool by_first = b->m->denominator_layout && u.axis_count && v.axis_count;
    page_canonical(b, &u, by_first ? v.axis_count : 0);
    page_canonical(b, &v, by_first ? 0 : u.axis_count);
    /* In an update the derivative of a cost is that of the batch's mean. */
    if (b->in_update && !page_sample_free(b, u.body) && page_sample_free(b, v.body) && u.axis_count == 0)
        u.body = dag_entry(d, model_batch_mean(b->m, u.body), 0, NULL);
    const model_value *first = by_first ? &v : &u, *second = by_first ? &u : &v;
    *out = (model_value){.body = dag_diff(d, u.body, v.body, b->hold), .axis_count = u.axis_count + v.axis_count};
    for (int k = 0; k < first->axis_count; k++)
        out->index[k] = first->index[k], out->size[k] = first->size[k];
    for (int k = 0; k < second->axis_count; k++)
        out->index[first->axis_count + k] = second->index[k], out->size[first->axis_count + k] = second->size[k];
    out->row = out->axis_count == 1 && u.axis_count == 1 && u.row;
    return true;
}

bool page_derivative(builder *b, const syn *tree, const model_value *operand, model_value *out)
{
    int hold = b->hold;
    if (operand) {
        *out = *operand;
    } else if (!tree->child[0]) {
        page_error(b, tree->at, "the operator ∂/∂… has nothing to differentiate");
        return false;
    } else {
        b->hold = 0;
        bool ok = page_value(b, tree->child[0], out);
        b->hold = hold;
        if (!ok)
            return false;
    }
    for (int i = tree->count - 1; i >= 1; i--) {
        model_value next;
        if (!differentiate(b, tree, out, tree->child[i], &next))
            return false;
        *out = next;
    }
    return true;
}

static int compare_ints(const void *x, const void *y)
{
    return (*(const int *)x > *(const int *)y) - (*(const int *)x < *(const int *)y);
}

static bool held_variable(builder *b, const syn *tree, int *var)
{
    const syn *base = tree->kind == SYN_INDEX ? tree->child[0] : tree;
    model_value v;
    if (!page_value(b, base, &v))
        return false;
    if (dag_kind(b->m->dag, v.body) != NODE_ENTRY) {
        page_error(b, tree->at, "only names of the page can be held fixed");
        return false;
    }
    *var = dag_payload(b->m->dag, v.body);
    return true;
}

static bool put_value(builder *b, const syn *named, model_value *value)
{
    syn name = {.kind = SYN_NAME, .name = named->name, .at = named->at};
    model_value leaf;
    node at;
    if (!page_value(b, &name, &leaf) || !page_scalar(b, named->child[0], &at))
        return false;
    if (leaf.axis_count || dag_kind(b->m->dag, leaf.body) != NODE_ENTRY) {
        page_error(b, named->at, "only a scalar name can be given a value here");
        return false;
    }
    value->body = dag_at(b->m->dag, value->body, leaf.body, at);
    return true;
}

bool page_hold(builder *b, const syn *tree, model_value *out)
{
    int held[64], count = 0, saved = b->hold;
    for (int i = 1; i < tree->count; i++) {
        if (tree->child[i]->kind == SYN_NAMED)
            continue;
        if (count == 64 || !held_variable(b, tree->child[i], &held[count]))
            return false;
        count++;
    }
    qsort(held, (size_t)count, sizeof *held, compare_ints);
    b->hold = dag_hold_add(b->m->dag, count, held);
    bool ok = page_value(b, tree->child[0], out);
    b->hold = saved;
    for (int i = 1; i < tree->count && ok; i++)
        if (tree->child[i]->kind == SYN_NAMED)
            ok = put_value(b, tree->child[i], out);
    return ok;
}
