/* Functions of arrays: sums, norms, matrices, softmax and its kin, over samples; their table. */
#include <string.h>

#include "gen/model/page.h"

static node one_over(builder *b, node n)
{
    return dag_raw_pow(b->m->dag, n, dag_int(b->m->dag, -1));
}

static bool call_sum(builder *b, span at, int count, const model_value *x, model_value *out)
{
    (void)at, (void)count;
    *out = page_of_node(page_reduce_all(b, REDUCE_SUM, x));
    return true;
}
static bool call_prod(builder *b, span at, int count, const model_value *x, model_value *out)
{
    (void)at, (void)count;
    *out = page_of_node(page_reduce_all(b, REDUCE_PROD, x));
    return true;
}

static bool call_mean(builder *b, span at, int count, const model_value *x, model_value *out)
{
    (void)count;
    dag *d = b->m->dag;
    if (x->axis_count == 0 && b->in_metric && !page_sample_free(b, x->body)) {
        int var = page_data_mean(b, at, x->body);
        if (var < 0)
            return false;
        *out = page_of_node(dag_entry(d, var, 0, NULL));
        return true;
    }
    node total = page_reduce_all(b, REDUCE_SUM, x), size = dag_int(d, 1);
    for (int k = 0; k < x->axis_count; k++)
        size = dag_mul2(d, size, x->size[k]);
    *out = page_of_node(x->axis_count ? dag_raw_mul(d, 2, (node[]){total, one_over(b, size)}) : total);
    return true;
}

static bool call_norm(builder *b, span at, int count, const model_value *x, model_value *out)
{
    (void)at, (void)count;
    dag *d = b->m->dag;
    model_value u = *x;
    u.body = dag_raw_pow(d, u.body, dag_int(d, 2));
    *out = page_of_node(dag_raw_pow(d, page_reduce_all(b, REDUCE_SUM, &u), dag_ratio(d, 1, 2)));
    return true;
}

static bool need_axes(builder *b, span at, const char *name, const model_value *x, int axes)
{
    if (x->axis_count == axes)
        return true;
    page_error(b, at, "%s needs %s; this has shape %s", name, axes == 1 ? "a vector" : "a matrix", page_shape(b, x));
    return false;
}

static bool call_trace(builder *b, span at, int count, const model_value *x, model_value *out)
{
    (void)count;
    if (!need_axes(b, at, "trace", x, 2))
        return false;
    model_value u = *x;
    page_canonical(b, &u, 0);
    if (dag_index_eq(b->m->dag, u.size[0], u.size[1]) != TRUTH_YES) {
        page_error(b, at, "trace of a matrix that is not square: shape %s", page_shape(b, x));
        return false;
    }
    node from = dag_index_node(b->m->dag, u.index[1]), to = dag_index_node(b->m->dag, u.index[0]);
    u.body = dag_substitute(b->m->dag, u.body, 1, &from, &to, true);
    u.axis_count = 1;
    *out = page_of_node(page_reduce_all(b, REDUCE_SUM, &u));
    return true;
}

/* det(A), inv(A): the matrix as LAMBDA i LAMBDA j A[i,j]. */
static bool call_matrix(builder *b, span at, function_kind kind, const model_value *x, model_value *out)
{
    dag *d = b->m->dag;
    const char *name = kind == FUNCTION_DET ? "det" : "inv";
    model_value u = *x;
    if (!need_axes(b, at, name, x, 2))
        return false;
    if (dag_index_eq(d, u.size[0], u.size[1]) != TRUTH_YES) {
        page_error(b, at, "%s of a matrix that is not square: shape %s", name, page_shape(b, x));
        return false;
    }
    page_canonical(b, &u, 0);
    node child[3], body = u.body;
    for (int k = 1; k >= 0; k--)
        body = dag_lambda(d, u.index[k], dag_int(d, 0), dag_index_get(d, u.index[k])->hi, body);
    dag_signature s;
    memset(&s, 0, sizeof s);
    s.function = model_builtin(b->m, kind);
    s.arg_count = 1;
    s.out_rank = kind == FUNCTION_INV ? 2 : 0;
    *out = (model_value){.axis_count = s.out_rank};
    for (int k = 0; k < s.out_rank; k++) {
        out->size[k] = u.size[k];
        out->index[k] = page_placeholder(b, k, u.size[k]);
        child[k] = dag_index_node(d, out->index[k]);
    }
    child[s.out_rank] = body;
    out->body = dag_apply(d, dag_signature_add(d, &s), s.out_rank + 1, child);
    return true;
}
static bool call_det(builder *b, span at, int count, const model_value *x, model_value *out)
{
    (void)count;
    return call_matrix(b, at, FUNCTION_DET, x, out);
}
static bool call_inv(builder *b, span at, int count, const model_value *x, model_value *out)
{
    (void)count;
    return call_matrix(b, at, FUNCTION_INV, x, out);
}

static bool call_diag(builder *b, span at, int count, const model_value *x, model_value *out)
{
    (void)count;
    dag *d = b->m->dag;
    model_value u = *x;
    page_canonical(b, &u, 0);
    node i = u.axis_count ? dag_index_node(d, u.index[0]) : 0;
    *out = u;
    if (u.axis_count == 1) {
        out->row = false;
        out->axis_count = 2;
        out->size[1] = u.size[0];
        out->index[1] = page_placeholder(b, 1, u.size[0]);
        out->body = dag_raw_mul(d, 2, (node[]){dag_raw_compare(d, COMPARE_EQUAL, i, dag_index_node(d, out->index[1])), u.body});
        return true;
    }
    if (!need_axes(b, at, "diag", x, 2))
        return false;
    node from = dag_index_node(d, u.index[1]);
    out->axis_count = 1;
    out->body = dag_substitute(d, u.body, 1, &from, &i, true);
    return true;
}

static bool call_dot(builder *b, span at, int count, const model_value *x, model_value *out)
{
    (void)count;
    model_value u = x[0], v = x[1];
    u.row = v.row = false;
    return page_multiply(b, at, &u, '.', &v, out);
}
static bool call_outer(builder *b, span at, int count, const model_value *x, model_value *out)
{
    (void)count;
    model_value u = x[0], v = x[1];
    u.row = false;
    v.row = true;
    return page_multiply(b, at, &u, ' ', &v, out);
}

/* Reductions with a named row over the last axis, kept where has_at. */
static bool last_axis(builder *b, span at, reduction r, const model_value *x, model_value *out)
{
    dag *d = b->m->dag;
    model_value u = *x;
    if (u.axis_count == 0) {
        page_error(b, at, "%s needs an array; this is a scalar", reduction_get(r)->name);
        return false;
    }
    page_canonical(b, &u, 0);
    int last = u.axis_count - 1, dummy = dag_index_fresh(d, dag_index_get(d, u.index[last])->name, dag_int(d, 0), dag_index_get(d, u.index[last])->hi);
    node from = dag_index_node(d, u.index[last]), to = dag_index_node(d, dummy), body = dag_substitute(d, u.body, 1, &from, &to, true);
    bool keep = reduction_get(r)->has_at;
    *out = u;
    out->axis_count = keep ? u.axis_count : last;
    out->body = dag_raw_reduce(d, r, dummy, dag_int(d, 0), dag_index_get(d, dummy)->hi, keep ? from : 0, body);
    out->integer = r == REDUCE_ARGMAX || r == REDUCE_ARGMIN;
    return true;
}
static bool call_softmax(builder *b, span at, int count, const model_value *x, model_value *out)
{
    (void)count;
    return last_axis(b, at, REDUCE_SOFTMAX, x, out);
}
static bool call_logsumexp(builder *b, span at, int count, const model_value *x, model_value *out)
{
    (void)count;
    return last_axis(b, at, REDUCE_LOGSUMEXP, x, out);
}
static bool call_argmax(builder *b, span at, int count, const model_value *x, model_value *out)
{
    (void)count;
    return last_axis(b, at, REDUCE_ARGMAX, x, out);
}
static bool call_argmin(builder *b, span at, int count, const model_value *x, model_value *out)
{
    (void)count;
    return last_axis(b, at, REDUCE_ARGMIN, x, out);
}
static bool call_log_softmax(builder *b, span at, int count, const model_value *x, model_value *out)
{
    model_value total;
    if (!call_logsumexp(b, at, count, x, &total))
        return false;
    *out = *x;
    page_canonical(b, out, 0);
    out->body = dag_raw_add(b->m->dag, 2, (node[]){out->body, dag_raw_mul(b->m->dag, 2, (node[]){dag_int(b->m->dag, -1), total.body})});
    return true;
}

static bool call_onehot(builder *b, span at, int count, const model_value *x, model_value *out)
{
    (void)at, (void)count;
    dag *d = b->m->dag;
    *out = x[0];
    page_canonical(b, out, 0);
    int k = out->axis_count++;
    out->size[k] = x[1].body;
    out->index[k] = page_placeholder(b, k, x[1].body);
    out->body = dag_raw_compare(d, COMPARE_EQUAL, out->body, dag_index_node(d, out->index[k]));
    return true;
}

static bool call_sqrt(builder *b, span at, int count, const model_value *x, model_value *out)
{
    (void)at, (void)count;
    *out = *x;
    out->body = dag_raw_pow(b->m->dag, x->body, dag_ratio(b->m->dag, 1, 2));
    return true;
}
static bool call_pow(builder *b, span at, int count, const model_value *x, model_value *out)
{
    (void)count;
    node u, v;
    if (!page_elementwise(b, at, "pow", &x[0], &x[1], &u, &v, out))
        return false;
    out->body = dag_raw_pow(b->m->dag, u, v);
    return true;
}

static void over_samples(builder *b, int population, reduction r, bool mean, model_value *out)
{
    dag *d = b->m->dag;
    const dag_index_info *info = dag_index_get(d, b->m->sample_index[population]);
    node lo = info->lo, hi = info->hi, batch = dag_add2(d, hi, dag_int(d, 1));
    out->body = dag_raw_reduce(d, r, b->m->sample_index[population], lo, hi, 0, out->body);
    if (mean)
        out->body = dag_raw_mul(d, 2, (node[]){one_over(b, batch), out->body});
}

/* Over every population that the value depends on; over the main one where it depends on none: sum_batch(1) is the number of its samples. */
static bool over_batch(builder *b, reduction r, bool mean, const model_value *x, model_value *out)
{
    bool depends = false;
    *out = *x;
    out->integer = false;
    for (int p = 0; p < b->m->population_count; p++)
        if (dag_has_index(b->m->dag, x->body, b->m->sample_index[p])) {
            over_samples(b, p, r, mean, out);
            depends = true;
        }
    if (!depends)
        over_samples(b, 0, r, mean, out);
    return true;
}

bool page_call_population(builder *b, span at, int population, int word, const model_value *x, model_value *out)
{
    *out = *x;
    out->integer = false;
    if (!dag_has_index(b->m->dag, x->body, b->m->sample_index[population])) {
        page_error(b, at, "nothing here depends on the samples of `%s`", intern_text(b->m->names, b->m->population[population]));
        return false;
    }
    over_samples(b, population, word == 2 ? REDUCE_MAX : REDUCE_SUM, word == 0, out);
    return true;
}

static bool call_mean_batch(builder *b, span at, int count, const model_value *x, model_value *out)
{
    (void)at, (void)count;
    return over_batch(b, REDUCE_SUM, true, x, out);
}
static bool call_sum_batch(builder *b, span at, int count, const model_value *x, model_value *out)
{
    (void)at, (void)count;
    return over_batch(b, REDUCE_SUM, false, x, out);
}
static bool call_max_batch(builder *b, span at, int count, const model_value *x, model_value *out)
{
    (void)at, (void)count;
    return over_batch(b, REDUCE_MAX, false, x, out);
}

/* known(x): 1 where a cell of a `missing` input was given, else 0: data beside the input, entry for entry. */
static bool call_known(builder *b, span at, int count, const model_value *x, model_value *out)
{
    (void)count;
    model *m = b->m;
    int input = dag_kind(m->dag, x->body) == NODE_ENTRY ? dag_payload(m->dag, x->body) : -1, known = -1;
    if (input < 0 || !m->var[input].missing) {
        diagnostic *g = page_error(b, at, "known(…) asks about data with empty cells; this is none");
        if (g)
            diag_hint(g, input >= 0 && m->var[input].role == ROLE_INPUT ? "declare it so: `input x[n] missing`" : "its argument is an input declared `missing`, or an entry of one");
        return false;
    }
    for (int v = 0; v < m->var_count && known < 0; v++)
        if (m->var[v].role == ROLE_SYSTEM && m->var[v].sample && m->var[v].by == input)
            known = v;
    if (known < 0) {
        model_var v = m->var[input];
        v.role = ROLE_SYSTEM;
        v.missing = v.integer = false;
        v.by = input;
        v.key = intern_puts(m->names, arena_printf(m->memory, "known_%s", intern_text(m->names, m->var[input].key)));
        v.text = intern_puts(m->names, arena_printf(m->memory, "known %s", model_var_name(m, input)));
        known = model_add_var(m, &v);
    }
    node index[MODEL_MAX_AXES];
    int axes = dag_count(m->dag, x->body);
    for (int k = 0; k < axes; k++)
        index[k] = dag_child(m->dag, x->body, k);
    *out = *x;
    out->body = dag_entry(m->dag, known, axes, index);
    return true;
}

static const page_array_function array_functions[] = {
    {"sum", 1, call_sum, true},         {"prod", 1, call_prod, true},
    {"mean", 1, call_mean, true},       {"norm", 1, call_norm, false},
    {"trace", 1, call_trace, false},    {"tr", 1, call_trace, false},       {"det", 1, call_det, false},        {"inv", 1, call_inv, false},       {"diag", 1, call_diag, false},
    {"dot", 2, call_dot, false},        {"outer", 2, call_outer, false},
    {"softmax", 1, call_softmax, false},{"log_softmax", 1, call_log_softmax, false},
    {"logsumexp", 1, call_logsumexp, false}, {"argmax", 1, call_argmax, false},
    {"argmin", 1, call_argmin, false},  {"onehot", 2, call_onehot, false},
    {"sqrt", 1, call_sqrt, false},      {"pow", 2, call_pow, false},
    {"mean_batch", 1, call_mean_batch, true}, {"sum_batch", 1, call_sum_batch, true},
    {"max_batch", 1, call_max_batch, false}, {"known", 1, call_known, false},
};

const page_array_function *page_find_array_function(const char *name)
{
    for (size_t i = 0; i < sizeof array_functions / sizeof *array_functions; i++)
        if (strcmp(array_functions[i].name, name) == 0)
            return &array_functions[i];
    return NULL;
}
