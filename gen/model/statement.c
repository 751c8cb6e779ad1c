/* Claims, updates, objectives, metrics, outputs, assumptions: statements that use what the page defines. */
#include <stdlib.h>
#include <string.h>

#include "gen/model/page.h"

#define ADD(b, list, count, value)                                                                                                                   \
    do {                                                                                                                                             \
        if (((count) & ((count) - 1)) == 0) {                                                                                                        \
            void *bigger = arena_alloc((b)->m->memory, (size_t)((count) ? 2 * (count) : 1) * sizeof *(list));                                        \
            if (count)                                                                                                                               \
                memcpy(bigger, (list), (size_t)(count) * sizeof *(list));                                                                            \
            (list) = bigger;                                                                                                                         \
        }                                                                                                                                            \
        (list)[(count)++] = (value);                                                                                                                 \
    } while (0)

/* --- claims --- */

static bool is_zero(const builder *b, const model_value *v)
{
    return v->axis_count == 0 && dag_is_int(b->m->dag, v->body, 0);
}

static bool matching(builder *b, const model_value *x, const model_value *y)
{
    if (x->axis_count != y->axis_count || (x->axis_count == 1 && x->row != y->row))
        return false;
    for (int k = 0; k < x->axis_count; k++)
        if (dag_index_eq(b->m->dag, x->size[k], y->size[k]) != TRUTH_YES)
            return false;
    return true;
}

/* Both sides over the placeholders of the left one. */
static void join_sides(builder *b, model_claim *c, model_value *x, model_value *y)
{
    dag *d = b->m->dag;
    page_canonical(b, x, 0);
    page_canonical(b, y, 0);
    for (int k = 0; k < x->axis_count && k < y->axis_count; k++)
        if (x->index[k] != y->index[k]) {
            node from = dag_index_node(d, y->index[k]), to = dag_index_node(d, x->index[k]);
            y->body = dag_substitute(d, y->body, 1, &from, &to, true);
        }
    const model_value *wide = x->axis_count ? x : y;
    for (int k = 0; k < wide->axis_count && c->index_count < MODEL_MAX_AXES; k++)
        c->index[c->index_count++] = wide->index[k];
    c->left = x->body;
    c->right = y->body;
}

/* "for t in 0..T−2": free indices that stand alone in an axis but do not run over all of it; NULL if there are none. */
static const char *narrowed_text(builder *b, const index_frame *frames)
{
    buffer text = {0};
    for (const index_frame *f = frames; f; f = f->outer) {
        if (!f->narrowed || f->index < 0)
            continue;
        const dag_index_info *x = dag_index_get(b->m->dag, f->index);
        node lo = x->lo, hi = x->hi;
        buffer_printf(&text, "%s %s in %s..%s", text.length ? "," : "for", page_spelling(b, f->name), page_size_text(b, lo), page_size_text(b, hi));
    }
    const char *whole = text.length ? arena_printf(b->m->memory, "%s", text.text) : NULL;
    buffer_free(&text);
    return whole;
}

static void add_claim(builder *b, const item *it, int step, index_frame *frames)
{
    const syn *tree = it->tree, *left = tree->child[step - 1], *right = tree->child[step];
    model_value x, y;
    b->failed = false;
    bool ok = page_value(b, left, &x);
    ok &= page_value(b, right, &y);
    if (!ok || b->failed)
        return;
    model_claim c = {.at = span_join(left->at, right->at), .step = step, .left_syntax = left, .right_syntax = right};
    span place = step == 1 ? left->at : right->at;
    const source *s = source_get(b->m->sources, place.source);
    c.line = source_line(s, (size_t)place.begin);
    c.column = source_column(s, (size_t)place.begin);
    c.text = arena_printf(b->m->memory, "%s = %s", page_source(b, left->at), page_source(b, right->at));
    c.expect = step == tree->count - 1 ? tree->expect : 0;
    for (const index_frame *f = frames; f; f = f->outer)
        if (f->index >= 0 && c.index_count < MODEL_MAX_AXES)
            c.index[c.index_count++] = f->index;
    if (!matching(b, &x, &y) && !is_zero(b, &x) && !is_zero(b, &y))
        c.shape_error = arena_printf(b->m->memory, "the left side has shape %s, the right side %s", page_shape(b, &x), page_shape(b, &y));
    c.free_count = c.index_count;
    join_sides(b, &c, &x, &y);
    c.narrowed = narrowed_text(b, frames);
    if (c.narrowed && !b->quiet)
        diag_add(b->m->diagnostics, DIAG_NOTICE, c.at, "this is asked %s only: elsewhere a subscript would leave its axis", c.narrowed);
    ADD(b, b->m->claim, b->m->claim_count, c);
}

static void read_claims(builder *b, const item *it);

bool model_claim_edited(model *m, const syn *left, const syn *right, model_claim *out)
{
    builder b = {.m = m, .active = -1, .in_claim = true};
    syn *child[] = {(syn *)left, (syn *)right}, tree = {.kind = SYN_EQUATION, .at = left->at, .count = 2, .child = child};
    item it = {.tree = &tree};
    int before = m->claim_count;
    for (int i = 0; i < m->var_count; i++)
        b.has_noise = b.has_noise || m->var[i].role == ROLE_NOISE;
    read_claims(&b, &it);
    bool good = m->claim_count == before + 1 && !m->claim[before].shape_error && m->claim[before].left && m->claim[before].right;
    if (good)
        *out = m->claim[before];
    m->claim_count = before;
    free(b.var_used);
    return good;
}

static void read_claims(builder *b, const item *it)
{
    const syn *tree = it->tree;
    if (tree->count < 2) {
        diagnostic *g = page_error(b, tree->at, "an expression alone says nothing");
        if (g)
            diag_hint(g, "a definition or claim has an equals sign");
        return;
    }
    int first = it->defines ? 2 : 1;
    for (int step = first; step < tree->count; step++) {
        const syn *scope[4] = {tree->child[step - 1], tree->child[step], tree->child[0], tree->child[tree->count - 1]};
        b->indices = NULL;
        b->env = it->env;
        index_frame *frames = page_free_indices(b, scope, 2);
        b->indices = frames;
        for (index_frame *f = frames; f; f = f->outer) {
            f->scope_count = 4;
            memcpy(f->scope, scope, sizeof scope);
        }
        add_claim(b, it, step, frames);
        b->indices = NULL;
    }
    b->env = NULL;
}

/* --- updates --- */

static bool has_leaf(builder *b, node n, node leaf)
{
    dag *d = b->m->dag;
    if (n == leaf)
        return true;
    for (int i = 0; i < dag_count(d, n); i++)
        if (has_leaf(b, dag_child(d, n, i), leaf))
            return true;
    return false;
}

/* Is n of degree at most one in leaf, seen from its form? */
static bool affine_in(builder *b, node n, node leaf)
{
    dag *d = b->m->dag;
    if (n == leaf || !has_leaf(b, n, leaf))
        return true;
    int holding = 0;
    switch (dag_kind(d, n)) {
    case NODE_ADD:
        for (int i = 0; i < dag_count(d, n); i++)
            if (!affine_in(b, dag_child(d, n, i), leaf))
                return false;
        return true;
    case NODE_MUL:
        for (int i = 0; i < dag_count(d, n); i++) {
            holding += has_leaf(b, dag_child(d, n, i), leaf);
            if (!affine_in(b, dag_child(d, n, i), leaf))
                return false;
        }
        return holding <= 1;
    case NODE_REDUCE:
        return dag_payload(d, n) == REDUCE_SUM && affine_in(b, dag_child(d, n, dag_count(d, n) - 1), leaf);
    case NODE_IF: return !has_leaf(b, dag_child(d, n, 0), leaf) && affine_in(b, dag_child(d, n, 1), leaf) && affine_in(b, dag_child(d, n, 2), leaf);
    default: return false;
    }
}

typedef struct {
    builder *b;
    node whole, bad;
} affinity;

static bool check_leaf(void *context, node n)
{
    affinity *a = context;
    dag *d = a->b->m->dag;
    if (dag_kind(d, n) != NODE_ENTRY || page_sample_free(a->b, n) || affine_in(a->b, a->whole, n))
        return true;
    a->bad = n;
    return false;
}

/* The first power or call of a parenthesis below: where a mean can stand inside. */
static const syn *inner_parenthesis(const syn *tree)
{
    if (tree->kind == SYN_POWER && tree->child[0]->kind == SYN_PAREN)
        return tree->child[0];
    for (int i = 0; i < tree->count; i++) {
        const syn *child = tree->child[i];
        if (tree->kind == SYN_PRODUCT && i > 0 && child && child->kind == SYN_PAREN && tree->text[i] == ' ' && tree->child[i - 1]->kind == SYN_NAME)
            return child;
        const syn *found = child ? inner_parenthesis(child) : NULL;
        if (found)
            return found;
    }
    return NULL;
}

static void hint_means(builder *b, diagnostic *g, const syn *tree)
{
    const syn *paren = inner_parenthesis(tree);
    const char *whole = page_source(b, tree->at);
    if (!paren) {
        diag_hint(g, "write mean_batch(…) where the mean belongs, for the whole: `mean_batch(%s)`", whole);
        return;
    }
    span before = {tree->at.source, tree->at.begin, paren->at.begin}, after = {tree->at.source, paren->at.end, tree->at.end};
    diag_hint(g, "write `%s(mean_batch%s)%s` or `mean_batch(%s)`", page_source(b, before), page_source(b, paren->at), page_source(b, after), whole);
}

static bool average(builder *b, const syn *tree, node *rhs)
{
    if (page_sample_free(b, *rhs))
        return true;
    affinity a = {b, *rhs, 0};
    dag_visit(b->m->dag, *rhs, check_leaf, &a);
    if (a.bad) {
        buffer name = {0};
        model_print_index(b->m, &name, a.bad);
        diagnostic *g = page_error(b, tree->at, "the mean over the batch can be taken inside or outside: `%s` does not stand linearly", name.text);
        if (g)
            hint_means(b, g, tree);
        buffer_free(&name);
        return false;
    }
    *rhs = page_mean_over_samples(b, *rhs);
    return true;
}

static const char *role_name(var_role r)
{
    static const char *const names[] = {"", "an input", "a target", "a given array", "noise", "a parameter", "a setting", "a state", "a variable", "a definition"};
    return r <= ROLE_DEFINED ? names[r] : "a name";
}

static int updated_variable(builder *b, const syn *left)
{
    const syn *base = left->kind == SYN_INDEX ? left->child[0] : left;
    sym key = base->kind == SYN_NAME || base->kind == SYN_FAMILY ? page_name(b, base) : 0;
    int var = key ? model_find_var(b->m, key) : -1;
    if (var < 0) {
        if (key && !page_definition(b, key))
            page_unknown_name(b, base, key);
        else
            page_error(b, left->at, "the left side of an update is a parameter or a state");
        return -1;
    }
    var_role r = b->m->var[var].role;
    if (r == ROLE_PARAM || r == ROLE_STATE)
        return var;
    diagnostic *g = page_error(b, left->at, "`%s` is %s; only parameters and states are updated", model_var_name(b->m, var), role_name(r));
    if (g)
        diag_other(g, b->m->var[var].at, "declared here");
    return -1;
}

void page_update(builder *b, const item *it, int group, bool generated)
{
    const syn *tree = it->tree, *left = tree->child[0], *right = tree->child[1];
    model *m = b->m;
    b->env = it->env;
    b->failed = false;
    int var = updated_variable(b, left);
    const syn *scope[2] = {left, right};
    b->indices = page_free_indices(b, scope, 2);
    b->in_update = true;
    model_value target, value;
    bool ok = var >= 0 && page_value(b, left, &target);
    ok = page_value(b, right, &value) && ok;
    b->in_update = false;
    b->indices = NULL;
    if (!ok || b->failed)
        return;
    for (int i = 0; i < m->update_count; i++)
        if (m->update[i].var == var) {
            diagnostic *g = page_error(b, left->at, "`%s` is updated twice", model_var_name(m, var));
            if (g)
                diag_other(g, m->update[i].at, "first updated here");
            return;
        }
    node lhs, rhs;
    model_value shape;
    if (value.axis_count > target.axis_count || !page_elementwise(b, tree->at, "update", &target, &value, &lhs, &rhs, &shape)) {
        if (!b->failed)
            page_error(b, tree->at, "`%s` has shape %s, its new value %s", model_var_name(m, var), page_shape(b, &target), page_shape(b, &value));
        return;
    }
    if (!average(b, right, &rhs))
        return;
    model_update u = {.var = var, .group = group, .at = tree->at, .generated = generated, .rhs = rhs};
    u.line = source_line(source_get(m->sources, tree->at.source), (size_t)tree->at.begin);
    for (int k = 0; k < dag_count(m->dag, lhs); k++) {
        node at = dag_child(m->dag, lhs, k);
        if (dag_kind(m->dag, at) != NODE_INDEX) {
            page_error(b, left->at, "an update sets a whole array: use plain indices, `w[j,i] ← …`");
            return;
        }
        u.index[u.index_count++] = dag_payload(m->dag, at);
    }
    ADD(b, m->update, m->update_count, u);
    if (group >= m->group_count)
        m->group_count = group + 1;
}

/* --- the rest --- */

static void read_minimize(builder *b, const syn *tree)
{
    model *m = b->m;
    model_objective o = {.at = tree->at, .mean = -1};
    if (!page_scalar(b, tree->child[0], &o.cost))
        return;
    o.over = arena_alloc(m->memory, (size_t)tree->count * sizeof *o.over);
    for (int i = 1; i < tree->count; i++) {
        sym key = page_name(b, tree->child[i]);
        int var = key ? model_find_var(m, key) : -1;
        if (var < 0 || m->var[var].role != ROLE_PARAM) {
            page_error(b, tree->child[i]->at, "after `over` stand parameters; `%s` is none", page_source(b, tree->child[i]->at));
            continue;
        }
        o.over[o.count++] = var;
    }
    ADD(b, m->objective, m->objective_count, o);
}

/* −1: an error, a value of one sample beside a mean over the data, which is known only when all have been seen. */
int page_data_mean(builder *b, span at, node per_sample)
{
    model *m = b->m;
    for (int i = 0; i < m->mean_count; i++)
        if (dag_has_variable(m->dag, per_sample, m->mean[i].var)) {
            diagnostic *g = page_error(b, at, "a value of one sample stands beside mean(…), which is of the whole data");
            if (g)
                diag_hint(g, "put mean(…) around it too; a variance is mean(u²) − mean(u)²");
            return -1;
        }
    for (int i = 0; i < m->mean_count; i++)
        if (m->mean[i].value == per_sample)
            return m->mean[i].var;
    char text[32];
    snprintf(text, sizeof text, "·mean%d", m->mean_count);
    model_mean mean = {model_add_var(m, &(model_var){.key = intern_puts(m->names, text), .role = ROLE_SYSTEM}), per_sample};
    ADD(b, m->mean, m->mean_count, mean);
    return mean.var;
}

static void read_metric(builder *b, const syn *tree)
{
    model *m = b->m;
    model_metric metric = {.name = tree->name, .at = tree->at};
    b->in_metric = true;
    bool ok = page_scalar(b, tree->child[0], &metric.value);
    b->in_metric = false;
    if (!ok)
        return;
    if (!page_sample_free(b, metric.value)) {
        int mean = page_data_mean(b, tree->child[0]->at, metric.value);
        if (mean < 0)
            return;
        metric.value = dag_entry(m->dag, mean, 0, NULL);
    }
    ADD(b, m->metric, m->metric_count, metric);
}

static void read_output(builder *b, const syn *tree)
{
    for (int i = 0; i < tree->count; i++) {
        model_value v;
        if (!page_value(b, tree->child[i], &v))
            continue;
        if (dag_kind(b->m->dag, v.body) != NODE_ENTRY) {
            page_error(b, tree->child[i]->at, "an output is a name of the page");
            continue;
        }
        ADD(b, b->m->output, b->m->output_count, dag_payload(b->m->dag, v.body));
    }
}

static bool about_data(void *context, node n)
{
    builder *b = context;
    if (dag_kind(b->m->dag, n) != NODE_ENTRY)
        return true;
    var_role r = b->m->var[dag_payload(b->m->dag, n)].role;
    b->failed |= r != ROLE_INPUT && r != ROLE_TARGET;
    return !b->failed;
}

/* `assume n >= 2` about a size is a fact for index arithmetic. */
static void note_size_fact(builder *b, node condition)
{
    dag *d = b->m->dag;
    if (dag_kind(d, condition) != NODE_COMPARE)
        return;
    compare c = (compare)dag_payload(d, condition);
    node low = dag_child(d, condition, 0), size = dag_child(d, condition, 1);
    if ((c != COMPARE_LESS && c != COMPARE_LESS_EQUAL) || dag_kind(d, size) != NODE_SIZE || dag_kind(d, low) != NODE_NUMBER)
        return;
    mpz_t bound;
    mpz_init(bound);
    const mpq_t *v = dag_value(d, low);
    if (c == COMPARE_LESS)
        mpz_fdiv_q(bound, mpq_numref(*v), mpq_denref(*v)), mpz_add_ui(bound, bound, 1);
    else
        mpz_cdiv_q(bound, mpq_numref(*v), mpq_denref(*v));
    dag_size_at_least(d, dag_payload(d, size), mpz_get_si(bound));
    mpz_clear(bound);
}

static void add_assumption(builder *b, const syn *condition)
{
    model *m = b->m;
    if (condition->kind == SYN_LOGIC && strcmp(condition->text, "and") == 0) {
        for (int i = 0; i < condition->count; i++)
            add_assumption(b, condition->child[i]);
        return;
    }
    b->indices = NULL;
    b->indices = page_free_indices(b, &condition, 1);
    index_frame *frames = b->indices;
    model_value v;
    b->failed = false;
    bool ok = page_value(b, condition, &v);
    b->indices = NULL;
    if (!ok)
        return;
    page_canonical(b, &v, 0);
    model_assumption a = {.condition = v.body, .at = condition->at, .text = page_source(b, condition->at)};
    for (const index_frame *f = frames; f; f = f->outer)
        if (f->index >= 0)
            a.index[a.index_count++] = f->index;
    for (int k = 0; k < v.axis_count && a.index_count < MODEL_MAX_AXES; k++)
        a.index[a.index_count++] = v.index[k];
    dag_visit(m->dag, v.body, about_data, b);
    a.data = !b->failed && dag_has_kind(m->dag, v.body, NODE_ENTRY);
    b->failed = false;
    note_size_fact(b, v.body);
    ADD(b, m->assumption, m->assumption_count, a);
}

typedef struct {
    builder *b;
    bool *used;
    int self;
} use_marks;

static bool mark_entries(void *context, node n)
{
    use_marks *u = context;
    if (dag_kind(u->b->m->dag, n) == NODE_ENTRY && dag_payload(u->b->m->dag, n) != u->self)
        u->used[dag_payload(u->b->m->dag, n)] = true;
    return true;
}

/* Default outputs: per-sample definitions that only objectives and metrics use. */
static void default_outputs(builder *b)
{
    model *m = b->m;
    use_marks marks = {b, xcalloc((size_t)m->var_count + 1, 1), -1};
    bool *cost = xcalloc((size_t)m->var_count + 1, 1);
    for (int i = 0; i < m->objective_count; i++)
        if (dag_kind(m->dag, m->objective[i].cost) == NODE_ENTRY)
            cost[dag_payload(m->dag, m->objective[i].cost)] = true;
    for (int e = 0; e < m->equation_count; e++) {
        marks.self = m->equation[e].var;
        bool delta = strncmp(intern_text(m->names, m->var[marks.self].key), "delta", 5) == 0;
        if (!cost[marks.self] && !delta && m->var[marks.self].role == ROLE_DEFINED)
            dag_visit(m->dag, m->equation[e].rhs, mark_entries, &marks);
    }
    for (int i = 0; i < m->order_count; i++) {
        int v = m->order[i];
        bool delta = strncmp(intern_text(m->names, m->var[v].key), "delta", 5) == 0;
        if (m->var[v].sample && !marks.used[v] && !cost[v] && !delta)
            ADD(b, m->output, m->output_count, v);
    }
    free(marks.used), free(cost);
}

/* Facts about sizes are needed before the ranges of indices are. */
void page_size_facts(builder *b)
{
    for (int i = 0; i < b->item_count; i++) {
        model_value v;
        if (b->items[i].tree->kind != SYN_ASSUME)
            continue;
        b->env = b->items[i].env;
        b->quiet++;
        if (page_value(b, b->items[i].tree->child[0], &v))
            note_size_fact(b, v.body);
        b->quiet--;
    }
    b->env = NULL;
    b->failed = false;
}

static void read_statement(builder *b, const item *it, int *group)
{
    const syn *tree = it->tree;
    b->env = it->env;
    b->failed = false;
    b->call_count = 0;
    if (it->used)
        return;
    switch (tree->kind) {
    case SYN_EQUATION:
        b->in_claim = true;
        if (!it->defines || tree->count > 2)
            read_claims(b, it);
        b->in_claim = false;
        break;
    case SYN_UPDATE: page_update(b, it, *group, false); break;
    case SYN_THEN: ++*group; break;
    case SYN_MINIMIZE: read_minimize(b, tree); break;
    case SYN_METRIC: read_metric(b, tree); break;
    case SYN_OUTPUT: read_output(b, tree); break;
    case SYN_OPTIMIZE: b->m->optimize = tree; break;
    default: break;
    }
    b->env = NULL;
}

void page_statements(builder *b)
{
    int group = 0;
    for (int i = 0; i < b->item_count; i++)
        if (b->items[i].tree->kind == SYN_ASSUME) {
            b->env = b->items[i].env;
            add_assumption(b, b->items[i].tree->child[0]);
        }
    for (int i = 0; i < b->item_count; i++)
        read_statement(b, &b->items[i], &group);
    if (b->m->output_count == 0 && b->m->diagnostics->errors == 0)
        default_outputs(b);
}
