/* Calls: functions of ops.def, of arrays, of the page. */
#include <string.h>

#include "gen/model/page.h"

typedef bool array_function(builder *b, span at, int count, const model_value *x, model_value *out);

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

/* mean_edge(u), sum_edge(u), max_edge(u) over the samples of one population. */
static bool over_population(builder *b, span at, int population, int word, const model_value *x, model_value *out)
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

static const struct {
    const char *name;
    int arity;
    array_function *call;
    bool power_inside; /* W² inside is elementwise */
} array_functions[] = {
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

static int find_array_function(const char *name)
{
    for (size_t i = 0; i < sizeof array_functions / sizeof *array_functions; i++)
        if (strcmp(array_functions[i].name, name) == 0)
            return (int)i;
    return -1;
}

static bool wrong_count(builder *b, span at, sym name, int wanted, int got)
{
    page_error(b, at, "%s takes %d argument%s, here %s %d", page_spelling(b, name), wanted, wanted == 1 ? "" : "s", got == 1 ? "is" : "are", got);
    return false;
}

/* Arguments over common placeholders (scalars are broadcast); *shape is the shape of the result. */
static bool broadcast(builder *b, span at, int count, const model_value *x, node *argument, model_value *shape)
{
    *shape = (model_value){0};
    for (int i = 0; i < count; i++)
        if (x[i].axis_count && !shape->axis_count) {
            *shape = x[i];
            page_canonical(b, shape, 0);
        }
    shape->integer = false;
    for (int i = 0; i < count; i++) {
        model_value joint;
        node left;
        if (!page_elementwise(b, at, "arguments", shape, &x[i], &left, &argument[i], &joint))
            return false;
    }
    return true;
}

/* Default second arguments: elu(u) is elu(u, 1), leaky_relu(u) is leaky_relu(u, 0.01). */
static int default_arguments(builder *b, op o, int count, model_value *x)
{
    if (count == 1 && o == OP_ELU)
        x[count++] = page_of_node(dag_int(b->m->dag, 1));
    else if (count == 1 && o == OP_LEAKY_RELU)
        x[count++] = page_of_node(dag_ratio(b->m->dag, 1, 100));
    return count;
}

static bool call_elementwise(builder *b, span at, op o, sym name, int count, const model_value *given, model_value *out)
{
    model_value x[16];
    node argument[16];
    for (int i = 0; i < count; i++)
        x[i] = given[i];
    reduction r = o == OP_MAX ? REDUCE_MAX : REDUCE_MIN;
    if (count == 1 && (o == OP_MAX || o == OP_MIN) && x[0].axis_count) {
        *out = page_of_node(page_reduce_all(b, r, &x[0]));
        return true;
    }
    count = default_arguments(b, o, count, x);
    if (count != op_get(o)->arity)
        return wrong_count(b, at, name, op_get(o)->arity, count);
    if (!broadcast(b, at, count, x, argument, out))
        return false;
    out->body = dag_raw_fun(b->m->dag, o, count, argument);
    out->integer = o == OP_FLOOR || o == OP_CEIL;
    return true;
}

static bool parameter_fits(builder *b, span at, const model_function *g, int i, const model_value *x)
{
    model_var declared = {0};
    if (i >= g->param_count || !g->param_axes[i])
        return true;
    if (!page_axes(b, g->param_axes[i], &declared))
        return false;
    bool ok = declared.axis_count == x->axis_count;
    for (int k = 0; ok && k < x->axis_count; k++)
        ok = dag_index_eq(b->m->dag, declared.axis_size[k], x->size[k]) == TRUTH_YES;
    if (ok)
        return true;
    model_value want = {.axis_count = declared.axis_count};
    memcpy(want.size, declared.axis_size, sizeof want.size);
    diagnostic *e = page_error(b, at, "%s wants its argument %s with shape %s, here it has %s", page_spelling(b, g->key), page_spelling(b, g->param[i]),
                                page_shape(b, &want), page_shape(b, x));
    if (e)
        diag_other(e, g->at, "declared here");
    return false;
}

/* f(args) of an abstract function: scalars elementwise, arrays as a whole. */
static bool call_abstract(builder *b, span at, int f, int primes, int count, const model_value *x, model_value *out)
{
    dag *d = b->m->dag;
    const model_function *g = &b->m->function[f];
    dag_signature s;
    node child[2 * MODEL_MAX_AXES + 32];
    int n = 0;
    memset(&s, 0, sizeof s);
    s.function = f;
    s.arg_count = count;
    s.derivative_count = primes;
    bool arrays = g->result != NULL;
    for (int i = 0; i < g->param_count; i++)
        arrays |= g->param_axes[i] != NULL;
    if (!arrays) {
        if (!broadcast(b, at, count, x, child, out))
            return false;
        out->body = dag_apply(d, dag_signature_add(d, &s), count, child);
        return true;
    }
    for (int i = 0; i < count; i++)
        if (!parameter_fits(b, at, g, i, &x[i]))
            return false;
    *out = (model_value){0};
    model_var shape = {0};
    if (g->result && !page_axes(b, g->result, &shape))
        return false;
    s.out_rank = out->axis_count = shape.axis_count;
    for (int k = 0; k < shape.axis_count; k++) {
        out->size[k] = shape.axis_size[k];
        out->index[k] = page_placeholder(b, k, out->size[k]);
        child[n++] = dag_index_node(d, out->index[k]);
    }
    for (int i = 0; i < count; i++) {
        model_value u = x[i];
        page_canonical(b, &u, 0);
        node body = u.body;
        for (int k = u.axis_count - 1; k >= 0; k--)
            body = dag_lambda(d, u.index[k], dag_int(d, 0), dag_index_get(d, u.index[k])->hi, body);
        child[n++] = body;
    }
    out->body = dag_apply(d, dag_signature_add(d, &s), n, child);
    return true;
}

static bool block_value(builder *b, const syn *block, model_value *out)
{
    for (int i = 0; i + 1 < block->count; i++) {
        const syn *s = block->child[i];
        if (s->kind != SYN_EQUATION || s->count != 2 || s->child[0]->kind != SYN_NAME) {
            page_error(b, s->at, "in a function's block stand definitions `name = …`; its last line is the value");
            return false;
        }
        local_frame *l = arena_alloc(b->m->memory, sizeof *l);
        l->name = s->child[0]->name;
        if (!page_value(b, s->child[1], &l->value))
            return false;
        l->outer = b->locals;
        b->locals = l;
    }
    const syn *last = block->count ? block->child[block->count - 1] : NULL;
    if (!last || last->kind == SYN_EQUATION) {
        page_error(b, block->at, "the last line of a function's block is its value");
        return false;
    }
    return page_value(b, last, out);
}

static bool call_body(builder *b, span at, int f, int count, const model_value *given, model_value *out)
{
    const model_function *g = &b->m->function[f];
    model_value x[16], shape = {0};
    node argument[16];
    bool arrays = false;
    for (int i = 0; i < count; i++) {
        x[i] = given[i];
        arrays |= g->param_axes[i] != NULL;
        if (!parameter_fits(b, at, g, i, &x[i]))
            return false;
    }
    node inside[MODEL_MAX_AXES], outside[MODEL_MAX_AXES];
    if (!arrays) { /* elementwise: the body sees scalars, whose indices are fresh: nothing in the body captures them */
        if (!broadcast(b, at, count, x, argument, &shape))
            return false;
        for (int k = 0; k < shape.axis_count; k++) {
            const dag_index_info *info = dag_index_get(b->m->dag, shape.index[k]);
            outside[k] = dag_index_node(b->m->dag, shape.index[k]);
            inside[k] = dag_index_node(b->m->dag, dag_index_fresh(b->m->dag, info->name, info->lo, info->hi));
        }
        for (int i = 0; i < count; i++)
            x[i] = (model_value){.body = dag_substitute(b->m->dag, argument[i], shape.axis_count, outside, inside, true), .integer = given[i].integer};
    }
    if (++b->call_count > 100000) {
        page_error(b, at, "more than 100000 calls in one statement");
        return false;
    }
    if (++b->call_depth > 64) {
        b->call_depth = 0;
        page_error(b, at, "%s calls itself", page_spelling(b, g->key));
        return false;
    }
    local_frame *saved = b->locals, *frame = NULL;
    index_frame *saved_indices = b->indices;
    const family_env *saved_env = b->env;
    b->locals = NULL;
    b->indices = NULL;
    b->env = g->env;
    for (int i = 0; i < count; i++) {
        frame = arena_alloc(b->m->memory, sizeof *frame);
        *frame = (local_frame){g->param[i], x[i], b->locals};
        b->locals = frame;
    }
    bool ok = g->body->kind == SYN_BLOCK ? block_value(b, g->body, out) : page_value(b, g->body, out);
    b->locals = saved;
    b->indices = saved_indices;
    b->env = saved_env;
    if (b->call_depth)
        b->call_depth--;
    if (!ok || arrays || !shape.axis_count)
        return ok;
    if (out->axis_count) {
        page_error(b, at, "%s applied to an array, but its value is itself an array of shape %s", page_spelling(b, g->key), page_shape(b, out));
        return false;
    }
    shape.body = dag_substitute(b->m->dag, out->body, shape.axis_count, inside, outside, true);
    *out = shape;
    return true;
}

static int local_variable(builder *b)
{
    sym key = intern_puts(b->m->names, "·p");
    for (int i = 0; i < b->m->var_count; i++)
        if (b->m->var[i].role == ROLE_LOCAL && b->m->var[i].key == key)
            return i;
    return model_add_var(b->m, &(model_var){.key = key, .role = ROLE_LOCAL});
}

/* f′(x), f″(x), … of a function with a body: differentiate at a placeholder, then put the argument in. */
static bool call_primed(builder *b, span at, sym name, int primes, int count, const model_value *x, model_value *out)
{
    dag *d = b->m->dag;
    if (count != 1) {
        page_error(b, at, "a prime differentiates a function of one argument; %s has %d", page_spelling(b, name), count);
        return false;
    }
    node leaf = dag_entry(d, local_variable(b), 0, NULL);
    model_value p = page_of_node(leaf), value;
    if (!page_call_value(b, at, name, 0, 1, &p, &value))
        return false;
    if (value.axis_count) {
        page_error(b, at, "a prime differentiates a function of one scalar; %s gives an array", page_spelling(b, name));
        return false;
    }
    node n = value.body;
    for (int i = 0; i < primes; i++)
        n = dag_diff(d, n, leaf, 0);
    *out = x[0];
    out->integer = false;
    out->body = dag_at(d, n, leaf, x[0].body);
    return true;
}

/* The expectation over the noise is marked here and computed when derivatives are expanded: definitions may follow later on the page. */
static bool call_expectation(builder *b, span at, const model_value *x, model_value *out)
{
    model *m = b->m;
    if (!b->has_noise || !b->in_claim) {
        diagnostic *g = page_error(b, at, "E(…), the expectation over the noise, stands in claims only");
        if (g)
            diag_hint(g, b->has_noise ? "a definition or cost can average over the samples with mean_batch(…)" : "no noise is declared: `noise ε ~ normal(0, 1)`");
        return false;
    }
    if (!m->expectation)
        m->expectation = 1 + model_add_var(m, &(model_var){.key = intern_puts(m->names, "·E"), .role = ROLE_SYSTEM, .by = -1});
    *out = *x;
    out->body = dag_at(m->dag, x->body, dag_entry(m->dag, m->expectation - 1, 0, NULL), dag_int(m->dag, 0));
    return true;
}

bool page_call_value(builder *b, span at, sym name, int primes, int count, const model_value *x, model_value *out)
{
    int f = page_function(b, name);
    if (f >= 0 && b->m->function[f].param_count && count != b->m->function[f].param_count)
        return wrong_count(b, at, name, b->m->function[f].param_count, count);
    if (f >= 0 && !b->m->function[f].body) {
        if (primes && count != 1)
            return call_primed(b, at, name, primes, count, x, out);
        return call_abstract(b, at, f, primes, count, x, out);
    }
    if (primes)
        return call_primed(b, at, name, primes, count, x, out);
    if (f >= 0)
        return call_body(b, at, f, count, x, out);
    const char *text = intern_text(b->m->names, name);
    int o = op_find(text), a = find_array_function(text);
    if (o >= 0 && op_get((op)o)->arity > 0)
        return call_elementwise(b, at, (op)o, name, count, x, out);
    int word = 0, population = page_over_population(b, text, &word);
    if (a < 0 && population > 0)
        return count == 1 ? over_population(b, at, population, word, x, out) : wrong_count(b, at, name, 1, count);
    if (a < 0 && strcmp(text, "E") == 0)
        return count == 1 ? call_expectation(b, at, x, out) : wrong_count(b, at, name, 1, count);
    if (a < 0) {
        page_error(b, at, "the function %s is not available yet", text);
        return false;
    }
    if (count != array_functions[a].arity)
        return wrong_count(b, at, name, array_functions[a].arity, count);
    return array_functions[a].call(b, at, count, x, out);
}

bool page_call(builder *b, const syn *name, int primes, const syn *paren, model_value *out)
{
    model_value x[16];
    sym key = page_name(b, name);
    if (paren->count > 16) {
        page_error(b, paren->at, "%d arguments; at most 16 are possible", paren->count);
        return false;
    }
    int a = page_function(b, key) < 0 ? find_array_function(intern_text(b->m->names, key)) : -1;
    bool saved = b->in_power_sum, ok = true;
    b->in_power_sum |= a >= 0 && array_functions[a].power_inside;
    for (int i = 0; i < paren->count; i++)
        ok &= page_value(b, paren->child[i], &x[i]);
    b->in_power_sum = saved;
    return ok && page_call_value(b, span_join(name->at, paren->at), key, primes, paren->count, x, out);
}
