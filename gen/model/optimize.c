/* Optimizers: blocks of updates in the page's own language, instantiated for every parameter that has no update. */
#include <string.h>

#include "gen/model/page.h"
#include "grammar/parse.h"

/* Kingma and Ba, "Adam" (2015), algorithm 1; Loshchilov and Hutter, "Decoupled weight decay" (2019), algorithm 2; Duchi et al., "Adaptive subgradient methods"
 * (2011); Tieleman and Hinton, lecture 6.5 (2012); Nesterov (1983) in the form of Sutskever et al. (2013). `step` counts from 1 behind the first `then`. */
static const char *const library =
    "optimizer sgd(η = 0.01) for θ { θ ← θ − η ∂C/∂θ }\n"
    "optimizer momentum(η = 0.01, μ = 0.9) for θ { state v = 0; v ← μ v + ∂C/∂θ; then; θ ← θ − η v }\n"
    "optimizer nesterov(η = 0.01, μ = 0.9) for θ { g = ∂C/∂θ; state v = 0; v ← μ v + g; then; θ ← θ − η (g + μ v) }\n"
    "optimizer adagrad(η = 0.01, ε = 1e-8) for θ { g = ∂C/∂θ; state s = 0; s ← s + g²; then; θ ← θ − η g/(√s + ε) }\n"
    "optimizer rmsprop(η = 0.001, β = 0.9, ε = 1e-8) for θ { g = ∂C/∂θ; state s = 0; s ← β s + (1 − β) g²; then; θ ← θ − η g/(√s + ε) }\n"
    "optimizer adam(η = 0.001, β1 = 0.9, β2 = 0.999, ε = 1e-8) for θ { g = ∂C/∂θ; state m = 0; state v = 0; m ← β1 m + (1 − β1) g; v ← β2 v + (1 − β2) g²; then;"
    " θ ← θ − η (m/(1 − β1^step))/(√(v/(1 − β2^step)) + ε) }\n"
    "optimizer adamw(η = 0.001, β1 = 0.9, β2 = 0.999, ε = 1e-8, λ = 0.01) for θ { g = ∂C/∂θ; state m = 0; state v = 0; m ← β1 m + (1 − β1) g;"
    " v ← β2 v + (1 − β2) g²; then; θ ← θ − η ((m/(1 − β1^step))/(√(v/(1 − β2^step)) + ε) + λ θ) }\n"
    "optimizer lbfgs(m = 10, ε = 1e-8) for θ { θ ← θ }\n" /* only its settings: an iteration is no formula of one step, the runtime does it */
    "optimizer clipped(most, square) for θ { g = ∂C/∂θ; κ = min(1, most/√square) }\n"; /* Pascanu et al., "On the difficulty of training …" (2013), algorithm 1 */

typedef struct {
    builder *b;
    const syn *block;     /* OPTIMIZER */
    const syn *call;      /* where it is used */
    const char *name;
    const char *turn;     /* "", or ".2" where a second objective moves the same parameter: each has its own memory */
    int first;            /* group of its first updates */
    node clip;            /* largest norm of an objective's gradient; 0: any */
    node gradient, scaled; /* ∂C/∂θ of the parameter at hand, and what stands for it; 0: itself */
} instance;

static void bind(builder *b, sym name, node value)
{
    local_frame *l = arena_alloc(b->m->memory, sizeof *l);
    *l = (local_frame){name, page_of_node(value), b->locals};
    b->locals = l;
}

static int new_variable(builder *b, const char *text, const char *spelling, var_role role, const model_var *shape, node value, span at)
{
    sym key = intern_puts(b->m->names, text);
    intern_note_spelling(b->m->names, key, intern_puts(b->m->names, spelling));
    model_var v = {.key = key, .role = role, .at = at, .line = source_line(source_get(b->m->sources, at.source), (size_t)at.begin)};
    if (shape) {
        v.axis_count = shape->axis_count;
        memcpy(v.axis_size, shape->axis_size, sizeof v.axis_size);
    }
    v.init = (model_init){.kind = INIT_VALUE, .a = value};
    for (int k = 0; k < MODEL_MAX_AXES; k++)
        v.init.index[k] = k < v.axis_count ? page_placeholder(b, k, v.axis_size[k]) : -1;
    return model_add_var(b->m, &v);
}

static const syn *find_optimizer(const syn *file, sym name)
{
    for (int i = 0; i < file->count; i++)
        if (file->child[i]->kind == SYN_OPTIMIZER && file->child[i]->name == name)
            return file->child[i];
    return NULL;
}

/* The page's own, also from files that it uses; then those that come with the language. */
static const syn *optimizer_block(builder *b, sym name)
{
    for (int i = 0; i < b->item_count; i++)
        if (b->items[i].tree->kind == SYN_OPTIMIZER && b->items[i].tree->name == name)
            return b->items[i].tree;
    int number = source_add(b->m->sources, "<optimizers>", library, strlen(library));
    return find_optimizer(parse_delta(b->m->memory, b->m->names, b->m->sources, number, b->m->diagnostics), name);
}

static const syn *argument(const syn *paren, sym name, int position)
{
    for (int i = 0; paren && i < paren->count; i++) {
        const syn *a = paren->child[i];
        if (a->kind == SYN_NAMED ? a->name == name : i == position)
            return a->kind == SYN_NAMED ? a->child[0] : a;
    }
    return NULL;
}

static bool known_arguments(builder *b, const syn *params, const syn *paren, const char *optimizer)
{
    for (int i = 0; paren && i < paren->count; i++) {
        const syn *a = paren->child[i];
        bool known = a->kind != SYN_NAMED ? params && i < params->count : a->name == intern_puts(b->m->names, "clip") && strcmp(optimizer, "lbfgs") != 0;
        for (int k = 0; params && k < params->count && !known; k++)
            known = a->kind == SYN_NAMED && params->child[k]->name == a->name;
        if (known)
            continue;
        diagnostic *g = page_error(b, a->at, "the optimizer %s has no such setting", optimizer);
        buffer list = {0};
        for (int k = 0; params && k < params->count; k++)
            buffer_printf(&list, "%s%s", k ? ", " : "", page_spelling(b, params->child[k]->name));
        if (g)
            diag_hint(g, "its settings are %s%s", list.text ? list.text : "none", strcmp(optimizer, "lbfgs") != 0 ? ", clip" : "");
        buffer_free(&list);
        return false;
    }
    return true;
}

typedef struct {
    const model *m;
    bool other;
} setting_names;

static bool other_name(void *context, node n)
{
    setting_names *f = context;
    f->other |= dag_kind(f->m->dag, n) == NODE_ENTRY && f->m->var[dag_payload(f->m->dag, n)].role != ROLE_HYPER;
    return !f->other;
}

static bool is_setting(builder *b, const syn *tree, node n)
{
    setting_names f = {.m = b->m};
    dag_visit(b->m->dag, n, other_name, &f);
    diagnostic *g = f.other ? page_error(b, tree->at, "a setting of an optimizer is made of numbers and settings of the page") : NULL;
    if (g)
        diag_hint(g, "declare it: `hyper η = 0.01`");
    return !f.other;
}

static bool settings(instance *x, const syn *paren)
{
    builder *b = x->b;
    const syn *params = x->block->child[0];
    if (!known_arguments(b, params, paren, x->name))
        return false;
    for (int i = 0; params && i < params->count; i++) {
        const syn *p = params->child[i], *value = argument(paren, p->name, i);
        node n;
        if (!value)
            value = p->count > 2 ? p->child[2] : NULL;
        if (!value) {
            page_error(b, x->call->at, "the optimizer %s needs a value for %s", x->name, page_spelling(b, p->name));
            return false;
        }
        if (!page_scalar(b, value, &n))
            return false;
        if (dag_has_kind(b->m->dag, n, NODE_ENTRY)) { /* `sgd(η = r/2)`: follows the setting r */
            if (!is_setting(b, value, n))
                return false;
            bind(b, p->name, n);
            continue;
        }
        char *key = arena_printf(b->m->memory, "%s.%s", x->name, intern_text(b->m->names, p->name));
        char *spelt = arena_printf(b->m->memory, "%s.%s", x->name, page_spelling(b, p->name));
        int var = new_variable(b, key, spelt, ROLE_HYPER, NULL, n, x->call->at);
        bind(b, p->name, dag_entry(b->m->dag, var, 0, NULL));
    }
    return true;
}

static bool uses_name(const syn *tree, sym name)
{
    if (tree->kind == SYN_NAME && tree->name == name)
        return true;
    for (int i = 0; i < tree->count; i++)
        if (tree->child[i] && uses_name(tree->child[i], name))
            return true;
    return false;
}

static void add_update(builder *b, int var, node rhs, const model_var *shape, int group, span at)
{
    model *m = b->m;
    model_update u = {.var = var, .group = group, .at = at, .generated = true, .rhs = rhs};
    u.line = source_line(source_get(m->sources, at.source), (size_t)at.begin);
    for (int k = 0; shape && k < shape->axis_count; k++)
        u.index[u.index_count++] = page_placeholder(b, k, shape->axis_size[k]);
    if ((m->update_count & (m->update_count - 1)) == 0) {
        model_update *bigger = arena_alloc(m->memory, (size_t)(m->update_count ? 2 * m->update_count : 1) * sizeof *bigger);
        if (m->update_count)
            memcpy(bigger, m->update, (size_t)m->update_count * sizeof *bigger);
        m->update = bigger;
    }
    m->update[m->update_count++] = u;
    if (group >= m->group_count)
        m->group_count = group + 1;
}

static node entry_of(builder *b, int var, const model_var *shape)
{
    node at[MODEL_MAX_AXES];
    for (int k = 0; k < shape->axis_count; k++)
        at[k] = dag_index_node(b->m->dag, page_placeholder(b, k, shape->axis_size[k]));
    return dag_entry(b->m->dag, var, shape->axis_count, at);
}

static bool one_statement(instance *x, const syn *s, int param, const model_var *shape, int *group)
{
    builder *b = x->b;
    node value;
    if (s->kind == SYN_THEN) {
        ++*group;
        return true;
    }
    if (s->kind == SYN_EQUATION && s->count == 2 && s->child[0]->kind == SYN_NAME) {
        if (!page_scalar(b, s->child[1], &value))
            return false;
        bind(b, s->child[0]->name, value);
        return true;
    }
    if (s->kind == SYN_DECLARE && strcmp(s->text, "state") == 0) {
        for (int i = 0; i < s->count; i++) {
            const syn *decl = s->child[i];
            value = dag_int(b->m->dag, 0);
            if (decl->count > 2 && decl->child[2] && !page_scalar(b, decl->child[2], &value))
                return false;
            const char *p = intern_text(b->m->names, b->m->var[param].key);
            char *key = arena_printf(b->m->memory, "%s.%s.%s%s", x->name, intern_text(b->m->names, decl->name), p, x->turn);
            int var = new_variable(b, key, key, ROLE_STATE, shape, value, x->call->at);
            bind(b, decl->name, entry_of(b, var, shape));
        }
        return true;
    }
    if (s->kind == SYN_UPDATE && s->child[0]->kind == SYN_NAME) {
        node target;
        if (!page_scalar(b, s->child[0], &target) || !page_scalar(b, s->child[1], &value))
            return false;
        int var = dag_kind(b->m->dag, target) == NODE_ENTRY ? dag_payload(b->m->dag, target) : -1;
        if (var >= 0 && (b->m->var[var].role == ROLE_STATE || var == param)) {
            if (x->scaled)
                value = dag_substitute(b->m->dag, value, 1, &x->gradient, &x->scaled, true);
            add_update(b, var, value, shape, *group, x->call->at);
            return true;
        }
    }
    page_error(b, s->at, "in an optimizer stand `state`, definitions, updates of its states and of its parameter, and `then`");
    return false;
}

static bool moves(const model_objective *o, int param)
{
    for (int k = 0; k < o->count; k++)
        if (o->over[k] == param)
            return true;
    return o->count == 0;
}

/* How many of the objectives before number o move the parameter too. */
static int turns_before(const model *m, int o, int param)
{
    int count = 0;
    for (int i = 0; i < o; i++)
        count += moves(&m->objective[i], param);
    return count;
}

/* Per variable: has it an update on the page, or, with `generated`, one of an optimizer? */
static bool *updated(const model *m, bool generated)
{
    bool *has = arena_alloc(m->memory, (size_t)(m->var_count + 1) * sizeof *has);
    for (int i = 0; i < m->update_count; i++)
        if (generated || !m->update[i].generated)
            has[m->update[i].var] = true;
    return has;
}

/* --- clipping: `adam(η = 1e-3, clip = 1)` scales the gradient of an objective so that its norm, over all parameters that the optimizer moves, is at most 1 --- */

static bool clip_setting(instance *x, const syn *paren)
{
    builder *b = x->b;
    const syn *value = argument(paren, intern_puts(b->m->names, "clip"), -1);
    node n;
    if (!value)
        return true;
    if (!page_scalar(b, value, &n))
        return false;
    if (dag_has_kind(b->m->dag, n, NODE_ENTRY)) {
        x->clip = n;
        return is_setting(b, value, n);
    }
    char *key = arena_printf(b->m->memory, "%s.clip", x->name);
    x->clip = dag_entry(b->m->dag, new_variable(b, key, key, ROLE_HYPER, NULL, n, x->call->at), 0, NULL);
    return true;
}

/* ∂C/∂θ as in an update, at the placeholder indices of the parameter. */
static bool gradient_of(instance *x, int param, const model_objective *o, node *gradient)
{
    builder *b = x->b;
    const syn *clipped = optimizer_block(b, intern_puts(b->m->names, "clipped"));
    local_frame *saved = b->locals;
    bind(b, intern_puts(b->m->names, "C"), o->cost);
    bind(b, clipped->child[1]->name, entry_of(b, param, &b->m->var[param]));
    b->in_update = true;
    bool ok = page_scalar(b, clipped->child[2]->child[0]->child[1], gradient);
    b->in_update = false;
    b->locals = saved;
    return ok;
}

/* Σ (∂C/∂θ)² over the parameters that the optimizer moves for this objective. */
static node gradient_square(instance *x, const model_objective *o, const bool *has)
{
    model *m = x->b->m;
    node square = dag_int(m->dag, 0), g;
    for (int p = 0, count = m->var_count; p < count; p++) {
        if (m->var[p].role != ROLE_PARAM || !moves(o, p) || has[p] || !gradient_of(x, p, o, &g))
            continue;
        node term = dag_raw_pow(m->dag, g, dag_int(m->dag, 2));
        for (int k = m->var[p].axis_count - 1; k >= 0; k--)
            term = dag_sum(m->dag, page_placeholder(x->b, k, m->var[p].axis_size[k]), term);
        square = dag_add2(m->dag, square, term);
    }
    return square;
}

/* The scalar min(1, clip/‖∂C/∂θ‖), which gets an equation of its own. 0 after an error. */
static node clip_scale(instance *x, const model_objective *o, const bool *has)
{
    builder *b = x->b;
    model *m = b->m;
    const syn *clipped = optimizer_block(b, intern_puts(m->names, "clipped"));
    node scale;
    local_frame *saved = b->locals;
    bind(b, clipped->child[0]->child[0]->name, x->clip);
    bind(b, clipped->child[0]->child[1]->name, gradient_square(x, o, has));
    bool ok = page_scalar(b, clipped->child[2]->child[1]->child[1], &scale);
    b->locals = saved;
    if (!ok)
        return 0;
    model_var v = {.role = ROLE_AUXILIARY, .of = scale, .at = x->call->at, .text = intern_puts(m->names, arena_printf(m->memory, "%s.clip scale", x->name))};
    int var = model_add_var(m, &v);
    model_add_equation(m, &(model_equation){.var = var, .rhs = scale, .where = x->call->at});
    return dag_entry(m->dag, var, 0, NULL);
}

/* scale: of the gradient; 0: none. */
static void instantiate(instance *x, int param, const model_objective *o, int group, node scale)
{
    builder *b = x->b;
    model_var shape = b->m->var[param];
    local_frame *saved = b->locals;
    const syn *body = x->block->child[2];
    x->scaled = 0;
    if (scale && gradient_of(x, param, o, &x->gradient))
        x->scaled = dag_raw_mul(b->m->dag, 2, (node[]){scale, x->gradient});
    bind(b, intern_puts(b->m->names, "C"), o->cost);
    bind(b, x->block->child[1]->name, entry_of(b, param, &shape));
    b->in_update = true;
    for (int i = 0; i < body->count; i++)
        if (!one_statement(x, body->child[i], param, &shape, &group))
            break;
    b->in_update = false;
    b->locals = saved;
}

/* Every parameter without an update of its own gets those of `block`, in groups from `first` on. */
static void apply(builder *b, const syn *block, const char *name, const syn *call, const syn *paren, int first)
{
    model *m = b->m;
    instance x = {.b = b, .block = block, .call = call, .name = name, .turn = "", .first = first};
    sym step = intern_puts(m->names, "step");
    if (!settings(&x, paren) || !clip_setting(&x, paren))
        return;
    if (uses_name(block->child[2], step)) {
        int var = new_variable(b, arena_printf(m->memory, "%s.step", x.name), arena_printf(m->memory, "%s.step", x.name), ROLE_STATE, NULL, dag_int(m->dag, 0), call->at);
        node n = dag_entry(m->dag, var, 0, NULL);
        add_update(b, var, dag_raw_add(m->dag, 2, (node[]){n, dag_int(m->dag, 1)}), NULL, first, call->at);
        bind(b, step, n);
    }
    int count = m->var_count, groups = m->group_count, before = m->update_count;
    const bool *has = updated(m, false);
    for (int o = 0; o < m->objective_count; o++) {
        int group = o == 0 ? first : groups;
        node scale = x.clip ? clip_scale(&x, &m->objective[o], has) : 0;
        for (int p = 0; p < count; p++) {
            if (m->var[p].role != ROLE_PARAM || !moves(&m->objective[o], p) || has[p])
                continue;
            int turns = turns_before(m, o, p);
            x.turn = turns ? arena_printf(m->memory, ".%d", turns + 1) : "";
            instantiate(&x, p, &m->objective[o], group, scale);
        }
        groups = m->group_count;
    }
    if (m->update_count == before) {
        diagnostic *g = page_error(b, call->at, "every parameter has an update of its own; this optimizer has nothing to do");
        if (g)
            diag_hint(g, "a parameter has one rule: its update, else the optimizer");
    }
}

/* A parameter with both rules, or with none on a page that trains. */
static void check_rules(builder *b)
{
    model *m = b->m;
    bool *has = updated(m, true);
    for (int i = 0; i < m->update_count && m->optimize; i++)
        for (int o = 0; o < m->objective_count && !m->update[i].generated; o++)
            for (int k = 0; k < m->objective[o].count; k++)
                if (m->objective[o].over[k] == m->update[i].var) {
                    diagnostic *g = page_error(b, m->update[i].at, "`%s` has two rules: this update, and the optimizer", model_var_name(m, m->update[i].var));
                    if (g)
                        diag_other(g, m->objective[o].at, "here it is given to the optimizer");
                }
    for (int i = 0; i < m->phase_count; i++)
        for (int v = 0; v < m->var_count && m->phase[i].lbfgs; v++)
            has[v] = has[v] || moves(&m->objective[0], v);
    for (int v = 0; v < m->var_count && (m->update_count || m->phase_count) && !m->diagnostics->errors; v++)
        if (m->var[v].role == ROLE_PARAM && !has[v])
            page_warning(b, m->var[v].at, "`%s` has no update and stays fixed", model_var_name(m, v));
}

/* --- sequences: `optimize with adam(η = 1e-3) for 5000 steps then lbfgs` --- */

/* lbfgs sees the gradient of one objective, and moves every parameter by it. */
static bool lbfgs_allowed(builder *b, const syn *name)
{
    model *m = b->m;
    diagnostic *g = NULL;
    const bool *has = updated(m, false);
    int other = -1;
    for (int v = 0; v < m->var_count; v++)
        other = has[v] ? v : other;
    if (m->objective_count > 1)
        g = page_error(b, name->at, "lbfgs lowers one objective, the page has %d", m->objective_count);
    else if (other >= 0)
        g = page_error(b, name->at, "lbfgs leaves no room for the update of `%s`", model_var_name(m, other));
    if (g && other >= 0)
        diag_hint(g, "an iteration evaluates the objective at several points; with updates on the page use another optimizer");
    return !g;
}

static bool phase_steps(builder *b, const syn *tree, model_phase *phase)
{
    node n;
    if (!tree)
        return true;
    if (!page_scalar(b, tree, &n))
        return false;
    if (dag_kind(b->m->dag, n) == NODE_NUMBER) {
        const mpq_t *q = dag_value(b->m->dag, n);
        if (mpz_cmp_ui(mpq_denref(*q), 1) == 0 && mpz_sgn(mpq_numref(*q)) > 0 && mpz_cmp_si(mpq_numref(*q), 1000000000000) <= 0) {
            phase->steps = mpz_get_si(mpq_numref(*q));
            return true;
        }
    }
    page_error(b, tree->at, "after `for` stands a whole number of steps");
    return false;
}

/* The updates of the page stand beside every optimizer. */
static void repeat_own_updates(builder *b, int count, int first)
{
    model *m = b->m;
    for (int i = 0; i < count; i++) {
        model_update u = m->update[i];
        if (u.generated)
            continue;
        add_update(b, u.var, u.rhs, NULL, first + u.group, u.at);
        model_update *made = &m->update[m->update_count - 1];
        u.group += first;
        *made = u;
    }
}

/* adam, and when it stands there once more adam2: settings and memory of its own. */
static const char *phase_name(builder *b, const syn *block)
{
    const model *m = b->m;
    const char *name = intern_text(m->names, block->name);
    size_t length = strlen(name);
    int before = 0;
    for (int i = 0; i < m->phase_count; i++)
        before += strncmp(m->phase[i].name, name, length) == 0 && (m->phase[i].name[length] == 0 || (m->phase[i].name[length] >= '0' && m->phase[i].name[length] <= '9'));
    return before ? arena_printf(m->memory, "%s%d", name, before + 1) : name;
}

static void count_steps(builder *b, int first)
{
    model *m = b->m;
    node n = dag_entry(m->dag, m->phase_counter, 0, NULL);
    add_update(b, m->phase_counter, dag_raw_add(m->dag, 2, (node[]){n, dag_int(m->dag, 1)}), NULL, first, m->optimize->at);
}

/* Optimizer number i of the statement. Returns whether the next one may be read. */
static bool read_phase(builder *b, int i, int own_updates)
{
    model *m = b->m;
    const syn *what = m->optimize->child[2 * i], *name = what->kind == SYN_PRODUCT ? what->child[0] : what, *paren = what->kind == SYN_PRODUCT ? what->child[1] : NULL;
    const syn *block = optimizer_block(b, name->name);
    if (!block || block->name == intern_puts(m->names, "clipped")) {
        diagnostic *g = page_error(b, name->at, "unknown optimizer `%s`", page_source(b, name->at));
        if (g)
            diag_hint(g, "known are sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw, lbfgs, and those that the page defines with `optimizer`");
        return false;
    }
    model_phase phase = {.name = phase_name(b, block), .lbfgs = strcmp(intern_text(m->names, block->name), "lbfgs") == 0, .first_group = i ? m->group_count : 0};
    if (!phase_steps(b, m->optimize->child[2 * i + 1], &phase))
        return false;
    if (phase.lbfgs) {
        instance x = {.b = b, .block = block, .call = m->optimize, .name = phase.name, .turn = ""};
        if (!lbfgs_allowed(b, name) || !settings(&x, paren))
            return false;
    } else {
        if (i)
            repeat_own_updates(b, own_updates, phase.first_group);
        apply(b, block, phase.name, m->optimize, paren, phase.first_group);
        if (m->phase_counter >= 0)
            count_steps(b, phase.first_group);
        phase.group_count = m->group_count - phase.first_group;
    }
    if (m->phase_counter >= 0)
        m->phase[m->phase_count++] = phase;
    return !m->diagnostics->errors;
}

static bool mentions_lbfgs(builder *b)
{
    for (int i = 0; i < b->m->optimize->count; i += 2) {
        const syn *what = b->m->optimize->child[i];
        sym name = what->kind == SYN_PRODUCT ? what->child[0]->name : what->name;
        if (name == intern_puts(b->m->names, "lbfgs"))
            return true;
    }
    return false;
}

static void read_optimize(builder *b)
{
    model *m = b->m;
    int count = m->optimize->count / 2, own_updates = m->update_count;
    if (m->objective_count == 0) {
        page_error(b, m->optimize->at, "`optimize` needs an objective: minimize C");
        return;
    }
    m->phase_counter = -1;
    if (count > 1 || mentions_lbfgs(b)) {
        m->phase = arena_alloc(m->memory, (size_t)count * sizeof *m->phase);
        m->phase_counter = new_variable(b, "optimize.step", "optimize.step", ROLE_STATE, NULL, dag_int(m->dag, 0), m->optimize->at);
    }
    for (int i = 0; i < count; i++) {
        local_frame *saved = b->locals;
        bool more = read_phase(b, i, own_updates);
        b->locals = saved;
        if (!more)
            return;
        if (i + 1 < count && !m->phase[i].steps) {
            page_error(b, m->optimize->child[2 * i]->at, "how many steps, before the next optimizer?");
            return;
        }
    }
}

void page_optimizers(builder *b)
{
    if (b->m->diagnostics->errors)
        return;
    if (b->m->optimize)
        read_optimize(b);
    check_rules(b);
}
