/* Calls: functions of ops.def, of the page, and what to call. */
#include <string.h>

#include "gen/model/page.h"

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
    int o = op_find(text);
    const page_array_function *a = page_find_array_function(text);
    if (o >= 0 && op_get((op)o)->arity > 0)
        return call_elementwise(b, at, (op)o, name, count, x, out);
    int word = 0, population = page_over_population(b, text, &word);
    if (!a && population > 0)
        return count == 1 ? page_call_population(b, at, population, word, x, out) : wrong_count(b, at, name, 1, count);
    if (!a && strcmp(text, "E") == 0)
        return count == 1 ? call_expectation(b, at, x, out) : wrong_count(b, at, name, 1, count);
    if (!a) {
        page_error(b, at, "the function %s is not available yet", text);
        return false;
    }
    if (count != a->arity)
        return wrong_count(b, at, name, a->arity, count);
    return a->call(b, at, count, x, out);
}

bool page_call(builder *b, const syn *name, int primes, const syn *paren, model_value *out)
{
    model_value x[16];
    sym key = page_name(b, name);
    if (paren->count > 16) {
        page_error(b, paren->at, "%d arguments; at most 16 are possible", paren->count);
        return false;
    }
    const page_array_function *a = page_function(b, key) < 0 ? page_find_array_function(intern_text(b->m->names, key)) : NULL;
    bool saved = b->in_power_sum, ok = true;
    b->in_power_sum |= a && a->power_inside;
    for (int i = 0; i < paren->count; i++)
        ok &= page_value(b, paren->child[i], &x[i]);
    b->in_power_sum = saved;
    return ok && page_call_value(b, span_join(name->at, paren->at), key, primes, paren->count, x, out);
}
