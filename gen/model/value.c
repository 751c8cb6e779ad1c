/* Values in index form: shapes, products, elementwise combination. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/model/page.h"

model_value page_of_node(node n)
{
    return (model_value){.body = n};
}

int page_placeholder(builder *b, int ordinal, node size)
{
    char text[16];
    int length = snprintf(text, sizeof text, "·%d", ordinal);
    dag *d = b->m->dag;
    return dag_index(d, intern_add(b->m->names, text, (size_t)length), dag_int(d, 0), dag_add2(d, size, dag_int(d, -1)));
}

/* Renames the axes' indices to placeholders first, first+1, … */
void page_canonical(builder *b, model_value *v, int first)
{
    node from[MODEL_MAX_AXES], to[MODEL_MAX_AXES];
    int count = 0;
    for (int k = 0; k < v->axis_count; k++) {
        int id = page_placeholder(b, first + k, v->size[k]);
        if (id == v->index[k])
            continue;
        from[count] = dag_index_node(b->m->dag, v->index[k]);
        to[count++] = dag_index_node(b->m->dag, id);
        v->index[k] = id;
    }
    v->body = dag_substitute(b->m->dag, v->body, count, from, to, true);
}

char *page_size_text(const builder *b, node size)
{
    buffer t = {0};
    model_print_index(b->m, &t, size);
    char *text = arena_strndup(b->m->memory, t.text ? t.text : "", t.length);
    buffer_free(&t);
    return text;
}

char *page_shape(const builder *b, const model_value *v)
{
    if (v->axis_count == 0)
        return arena_strndup(b->m->memory, "scalar", 6);
    buffer t = {0};
    buffer_puts(&t, v->row ? "row [" : "[");
    for (int k = 0; k < v->axis_count; k++) {
        buffer_puts(&t, k ? ", " : "");
        model_print_index(b->m, &t, v->size[k]);
    }
    buffer_puts(&t, "]");
    char *text = arena_strndup(b->m->memory, t.text, t.length);
    buffer_free(&t);
    return text;
}

static bool same_size(builder *b, node x, node y)
{
    return x == y || dag_index_eq(b->m->dag, x, y) == TRUTH_YES;
}

static bool same_shape(builder *b, const model_value *x, const model_value *y)
{
    if (x->axis_count != y->axis_count || (x->axis_count == 1 && x->row != y->row))
        return false;
    for (int k = 0; k < x->axis_count; k++)
        if (!same_size(b, x->size[k], y->size[k]))
            return false;
    return true;
}

bool page_sample_free(const builder *b, node n)
{
    for (int p = 0; p < b->m->population_count; p++)
        if (dag_has_index(b->m->dag, n, b->m->sample_index[p]))
            return false;
    return true;
}

/* Where the second of two things that do not fit was declared; the first if the second is an expression. */
static void note_declared(builder *b, diagnostic *g, span at, const model_value *x, const model_value *y)
{
    const model_value *both[2] = {y, x};
    for (int i = 0; g && i < 2; i++) {
        if (dag_kind(b->m->dag, both[i]->body) != NODE_ENTRY)
            continue;
        const model_var *v = &b->m->var[dag_payload(b->m->dag, both[i]->body)];
        if (!v->key || v->role > ROLE_DEFINED || (v->at.source == at.source && v->at.begin >= at.begin && v->at.end <= at.end))
            continue;
        diag_other(g, v->at, "`%s` has shape %s", page_spelling(b, v->key), page_shape(b, both[i]));
        return;
    }
}

/* Two operands of one shape, or one of them scalar: their bodies over common placeholders, and the shape of the result. */
bool page_elementwise(builder *b, span at, const char *what, const model_value *x, const model_value *y, node *left, node *right, model_value *shape)
{
    model_value u = *x, v = *y;
    page_canonical(b, &u, 0);
    if (v.axis_count) {
        for (int k = 0; k < v.axis_count && u.axis_count == v.axis_count; k++)
            if (same_size(b, u.size[k], v.size[k]))
                v.size[k] = u.size[k];
        page_canonical(b, &v, 0);
    }
    *left = u.body;
    *right = v.body;
    *shape = u.axis_count ? u : v;
    shape->integer = false;
    if (u.axis_count == 0 || v.axis_count == 0 || same_shape(b, &u, &v))
        return true;
    diagnostic *g = page_error(b, at, "%s of different shapes: %s and %s", what, page_shape(b, x), page_shape(b, y));
    note_declared(b, g, at, x, y);
    if (g && u.axis_count == 1 && v.axis_count == 1 && u.row != v.row)
        diag_hint(g, "a row is not a column: transpose one of them (ᵀ)");
    else if (g)
        diag_hint(g, "nothing but scalars is broadcast");
    return false;
}

/* Scalar times anything. */
static void scale(builder *b, const model_value *x, const model_value *y, bool divide, model_value *out)
{
    model_value u = *x, v = *y;
    page_canonical(b, &u, 0);
    page_canonical(b, &v, 0);
    *out = u.axis_count ? u : v;
    node right = divide ? dag_raw_pow(b->m->dag, v.body, dag_int(b->m->dag, -1)) : v.body;
    out->body = dag_raw_mul(b->m->dag, 2, (node[]){u.body, right});
    out->integer = false;
}

static void outer(builder *b, const model_value *x, const model_value *y, model_value *out)
{
    model_value u = *x, v = *y;
    page_canonical(b, &u, 0);
    page_canonical(b, &v, u.axis_count);
    *out = u;
    out->row = false;
    out->body = dag_raw_mul(b->m->dag, 2, (node[]){u.body, v.body});
    for (int k = 0; k < v.axis_count; k++) {
        out->index[out->axis_count] = v.index[k];
        out->size[out->axis_count++] = v.size[k];
    }
}

/* Last axis of x with the first of y. */
static bool contract(builder *b, span at, const model_value *x, const model_value *y, model_value *out)
{
    dag *d = b->m->dag;
    model_value u = *x, v = *y;
    node size = u.size[u.axis_count - 1];
    if (!same_size(b, size, v.size[0])) {
        diagnostic *g = page_error(b, at, "the product contracts an axis of size %s with one of size %s: shapes %s and %s", page_size_text(b, size),
                                    page_size_text(b, v.size[0]), page_shape(b, x), page_shape(b, y));
        note_declared(b, g, at, x, y);
        if (g && u.axis_count == 2 && same_size(b, u.size[0], v.size[0]))
            diag_hint(g, "the transposed matrix fits: write ᵀ after it");
        return false;
    }
    int axes = u.axis_count + v.axis_count - 2;
    if (axes > MODEL_MAX_AXES - 1) {
        page_error(b, at, "the result would have %d axes; at most %d are possible", axes, MODEL_MAX_AXES - 1);
        return false;
    }
    page_canonical(b, &u, 0);
    page_canonical(b, &v, u.axis_count - 1);
    node from = dag_index_node(d, v.index[0]), to = dag_index_node(d, u.index[u.axis_count - 1]);
    node right = dag_substitute(d, v.body, 1, &from, &to, true);
    int index = u.index[u.axis_count - 1];
    *out = (model_value){.axis_count = 0, .row = u.axis_count == 1 && v.axis_count == 2};
    out->body = dag_raw_reduce(d, REDUCE_SUM, index, dag_int(d, 0), dag_index_get(d, index)->hi, 0, dag_raw_mul(d, 2, (node[]){u.body, right}));
    for (int k = 0; k < u.axis_count - 1; k++)
        out->index[out->axis_count] = u.index[k], out->size[out->axis_count++] = u.size[k];
    for (int k = 1; k < v.axis_count; k++)
        out->index[out->axis_count] = v.index[k], out->size[out->axis_count++] = v.size[k];
    page_canonical(b, out, 0);
    return true;
}

static bool vectors(builder *b, span at, const model_value *x, char operator, const model_value *y, model_value *out)
{
    if (x->row && !y->row)
        return contract(b, at, x, y, out);
    if (!x->row && y->row) {
        outer(b, x, y, out);
        return true;
    }
    if (x->row && y->row) {
        page_error(b, at, "a row times a row has no meaning");
        return false;
    }
    if (operator== ' ') {
        diagnostic *g = page_error(b, at, "two vectors side by side have no product: shapes %s and %s", page_shape(b, x), page_shape(b, y));
        if (g)
            diag_hint(g, "write u ⊙ v for the elementwise product, u·v for the inner product, u vᵀ for the outer product");
        return false;
    }
    if (operator== '*' && !b->quiet)
        diag_add(b->m->diagnostics, DIAG_NOTICE, at, "`*` between two vectors is the inner product; the elementwise product is ⊙ (.*)");
    return contract(b, at, x, y, out);
}

static bool hadamard(builder *b, span at, const model_value *x, char operator, const model_value *y, model_value *out)
{
    node left, right;
    if (!page_elementwise(b, at, operator== 'o' ? "elementwise product" : "elementwise quotient", x, y, &left, &right, out))
        return false;
    if (operator== '%')
        right = dag_raw_pow(b->m->dag, right, dag_int(b->m->dag, -1));
    out->body = dag_raw_mul(b->m->dag, 2, (node[]){left, right});
    return true;
}

bool page_multiply(builder *b, span at, const model_value *x, char operator, const model_value *y, model_value *out)
{
    if (operator== 'o' || operator== '%')
        return hadamard(b, at, x, operator, y, out);
    if (operator== '/' && y->axis_count) {
        diagnostic *g = page_error(b, at, "division by an array of shape %s", page_shape(b, y));
        if (g)
            diag_hint(g, "the elementwise quotient is ⊘ (./)");
        return false;
    }
    if (x->axis_count == 0 || y->axis_count == 0) {
        scale(b, x, y, operator== '/', out);
        return true;
    }
    if (x->axis_count == 1 && y->axis_count == 1)
        return vectors(b, at, x, operator, y, out);
    if (y->row) {
        page_error(b, at, "a matrix of shape %s times a row of shape %s has no meaning", page_shape(b, x), page_shape(b, y));
        return false;
    }
    if (x->axis_count == 1 && !x->row) {
        diagnostic *g = page_error(b, at, "a column of shape %s times a matrix of shape %s has no meaning", page_shape(b, x), page_shape(b, y));
        if (g)
            diag_hint(g, "transpose the vector: uᵀ A");
        return false;
    }
    return contract(b, at, x, y, out);
}

node page_reduce_all(builder *b, reduction r, const model_value *v)
{
    model_value u = *v;
    page_canonical(b, &u, 0);
    node n = u.body;
    for (int k = u.axis_count - 1; k >= 0; k--) {
        const dag_index_info *x = dag_index_get(b->m->dag, u.index[k]);
        n = dag_raw_reduce(b->m->dag, r, u.index[k], x->lo, x->hi, 0, n);
    }
    return n;
}

/* (1/B) Σ_s n, term by term: what does not depend on the sample stays as it is. */
node page_mean_over_samples(builder *b, node n)
{
    dag *d = b->m->dag;
    if (page_sample_free(b, n))
        return n;
    if (dag_kind(d, n) == NODE_ADD) {
        int count = dag_count(d, n);
        node *term = xmalloc((size_t)count * sizeof *term);
        for (int i = 0; i < count; i++)
            term[i] = page_mean_over_samples(b, dag_child(d, n, i));
        node made = dag_raw_add(d, count, term);
        free(term);
        return made;
    }
    if (dag_kind(d, n) == NODE_MUL) { /* one factor depends on the sample: the others stay outside */
        int count = dag_count(d, n), which = -1, holding = 0;
        for (int i = 0; i < count; i++)
            if (!page_sample_free(b, dag_child(d, n, i)))
                which = i, holding++;
        if (holding == 1 && dag_kind(d, dag_child(d, n, which)) == NODE_ADD) {
            node *factor = xmalloc((size_t)count * sizeof *factor);
            for (int i = 0; i < count; i++)
                factor[i] = i == which ? page_mean_over_samples(b, dag_child(d, n, i)) : dag_child(d, n, i);
            node made = dag_raw_mul(d, count, factor);
            free(factor);
            return made;
        }
    }
    for (int p = 0; p < b->m->population_count; p++) {
        int s = b->m->sample_index[p];
        if (!dag_has_index(d, n, s))
            continue;
        node batch = dag_add2(d, dag_index_get(d, s)->hi, dag_int(d, 1));
        n = dag_mul2(d, dag_pow(d, batch, dag_int(d, -1)), dag_sum(d, s, n));
    }
    return n;
}
