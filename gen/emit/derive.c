/* What stands on each line of a derivation. */
#include "gen/emit/derive_private.h"

#include <stdlib.h>
#include <string.h>

#include "gen/calculus/calculus.h"
#include "gen/emit/derive_write.h"

derive_line *derive_line_add(deriver *v, derive_section *s)
{
    if (s->count == s->room) {
        s->room = s->room ? 2 * s->room : 16;
        derive_line *list = arena_alloc(v->memory, (size_t)s->room * sizeof *list);
        if (s->count)
            memcpy(list, s->list, (size_t)s->count * sizeof *list);
        s->list = list;
    }
    s->list[s->count] = (derive_line){.sign = "=", .reason = ""};
    for (int i = 0; i < DERIVE_LINE_STEPS; i++)
        s->list[s->count].step[i].reason = "";
    return &s->list[s->count++];
}

/* --- one equation --- */

enum { INDEX_FORM = -1 };

static int visible_count(const model *m, int count, const int *index)
{
    int visible = 0;
    for (int i = 0; i < count; i++)
        visible += !dag_index_get(m->dag, index[i])->sample;
    return visible;
}

/* How many trailing axes of var[at…] matrix notation may leave out: as many as the right side allows and as are plain indices on the left. */
static int equation_rank(const deriver *v, int var, const node *at, node rhs, int index_count, const int *index)
{
    const model *m = v->m;
    if (v->indices)
        return INDEX_FORM;
    bool number = dag_kind(m->dag, rhs) == NODE_NUMBER;
    int rank = number ? visible_count(m, index_count, index) : model_print_rank(m, rhs, index_count, index), axes = m->var[var].axis_count;
    if (rank > axes || rank > index_count)
        return 0;
    for (int k = 0; k < rank; k++)
        if (at[axes - 1 - k] != dag_index_node(m->dag, index[index_count - 1 - k]))
            return 0;
    return rank;
}

void derive_equation(deriver *v, derive_line *l, const model_equation *e, node rhs)
{
    int rank = equation_rank(v, e->var, e->at, rhs, e->index_count, e->index);
    l->left = model_notation_left(v->m, v->memory, e->var, e->at, e->index_count, e->index, rank);
    l->step[0].right = model_notation_led(v->m, v->memory, rhs, e->index_count, e->index, rank, v->lead);
    int name = derive_page_name(v->options, e->var);
    if (name >= 0)
        l->name = model_notation_left(v->m, v->memory, name, e->at, e->index_count, e->index, rank);
}

/* The worked-out line becomes its last step; in full, the chain rule itself stands before it. */
static void explain(deriver *v, derive_line *l, const char *reason, int of, int by, int through)
{
    derive_step worked = {.right = l->step[0].right, .reason = ""};
    notation *chain = v->options->steps == STEPS_FULL ? derive_chain(v, of, by) : NULL;
    l->step_count = 0;
    if (chain)
        l->step[l->step_count++] = (derive_step){.right = chain, .reason = reason};
    else
        worked.reason = reason;
    if (through >= 0 && by >= 0 && v->options->steps != STEPS_TERSE)
        derive_rule(v, through, by, worked.rule);
    l->step[l->step_count++] = worked;
}

/* --- backward pass --- */

static bool is_gradient(const model *m, int adjoint)
{
    int by = m->var[adjoint].by;
    return by >= 0 && m->var[by].role != ROLE_DEFINED && m->var[by].role != ROLE_AUXILIARY;
}

static bool count_condition(void *context, node n)
{
    deriver *v = ((void **)context)[0];
    *(int *)((void **)context)[1] += dag_kind(v->m->dag, n) == NODE_COMPARE;
    return true;
}

static int conditions_in(deriver *v, node n)
{
    int count = 0;
    void *context[] = {v, &count};
    dag_visit(v->m->dag, n, count_condition, context);
    return count;
}

static model_equation with_index(const deriver *v, const model_equation *e, int k, node value, node rhs)
{
    model_equation out = *e;
    node old = dag_index_node(v->m->dag, e->index[k]);
    for (int i = 0; i < v->m->var[e->var].axis_count; i++)
        if (out.at[i] == old)
            out.at[i] = value;
    out.rhs = rhs;
    return out;
}

/* ∂C/∂h[t] with a case for t = T−1 becomes two equations: at that end, and before it. False when that decides no condition. */
static bool split_end(deriver *v, const model_equation *e, int k, bool high, model_equation *end, model_equation *rest)
{
    dag *d = v->m->dag;
    const dag_index_info x = *dag_index_get(d, e->index[k]);
    if (x.sample || !x.lo || !x.hi)
        return false;
    node old = dag_index_node(d, e->index[k]), at = high ? x.hi : x.lo;
    node lo = high ? x.lo : dag_add2(d, x.lo, dag_int(d, 1)), hi = high ? dag_add2(d, x.hi, dag_int(d, -1)) : x.hi;
    int inner = dag_index_fresh(d, x.name, lo, hi);
    node inside = dag_index_node(d, inner);
    *end = with_index(v, e, k, at, dag_substitute(d, e->rhs, 1, &old, &at, false));
    *rest = with_index(v, e, k, inside, dag_substitute(d, e->rhs, 1, &old, &inside, false));
    rest->index[k] = inner;
    for (int i = k; i + 1 < end->index_count; i++)
        end->index[i] = end->index[i + 1];
    end->index_count--;
    return conditions_in(v, end->rhs) + conditions_in(v, rest->rhs) < conditions_in(v, e->rhs);
}

/* What the page itself has for a δ, where that is not what has been derived: the last step is the author's. */
static void add_own_form(deriver *v, derive_line *l, const model_equation *e, node derived)
{
    model *m = v->m;
    int name = derive_page_name(v->options, e->var);
    node written = name >= 0 ? model_unfold(m, name, e->at, true) : 0;
    if (!written || l->step_count == DERIVE_LINE_STEPS)
        return;
    node plain = derive_fold_line(v->fold, written);
    if (plain == derived || derive_collect(v, plain, e->index_count, e->index) == derive_collect(v, derived, e->index_count, e->index))
        return;
    const int *list;
    int count = model_equations_of(m, name, &list), line = m->equation[list[0]].line;
    for (int i = 1; i < count; i++)
        line = m->equation[list[i]].line == line ? line : 0;
    int rank = equation_rank(v, e->var, e->at, written, e->index_count, e->index);
    if (rank != equation_rank(v, e->var, e->at, derived, e->index_count, e->index))
        return;
    derive_step *s = &l->step[l->step_count++];
    s->right = model_notation_led(m, v->memory, written, e->index_count, e->index, rank, v->lead);
    s->reason = line ? arena_printf(v->memory, "as on line %d", line) : "as on the page";
}

static int cost_variable(const model *m, node of)
{
    return of && dag_kind(m->dag, of) == NODE_ENTRY ? dag_payload(m->dag, of) : -1;
}

static void adjoint_line(deriver *v, derive_section *s, const model_equation *e, int depth)
{
    model_equation end, rest;
    const model *m = v->m;
    for (int k = 0; depth < 4 && k < e->index_count && conditions_in(v, e->rhs); k++)
        for (int high = 1; high >= 0; high--)
            if (split_end(v, e, k, high, &end, &rest)) {
                adjoint_line(v, s, &end, depth + 1);
                adjoint_line(v, s, &rest, depth + 1);
                return;
            }
    derive_line *l = derive_line_add(v, s);
    int only, by = m->var[e->var].by;
    const char *reason = derive_reason(v, by, e->rhs, &only);
    node value = derive_fold_line(v->fold, e->rhs);
    derive_equation(v, l, e, derive_collect(v, value, e->index_count, e->index));
    explain(v, l, reason, cost_variable(m, m->var[e->var].of), by, only);
    add_own_form(v, l, e, value);
}

static void adjoint_lines(deriver *v, derive_section *s, int adjoint)
{
    const model *m = v->m;
    const int *list;
    int count = model_equations_of(m, adjoint, &list);
    for (int k = 0; k < count; k++) {
        model_equation e = derive_lettered(v, &m->equation[list[k]]);
        adjoint_line(v, s, &e, 0);
    }
}

static bool is_only_asked_for(const deriver *v, node value)
{
    const model *m = v->m;
    int var = dag_kind(m->dag, value) == NODE_ENTRY ? dag_payload(m->dag, value) : -1;
    const int *list;
    if (var < 0 || m->var[var].role != ROLE_ADJOINT || derive_page_name(v->options, var) >= 0 || model_equations_of(m, var, &list) != 1)
        return false;
    return is_gradient(m, var) || (v->options->request_count && derive_fold_use(v->fold, var) < 2 && !dag_has_variable(m->dag, m->equation[list[0]].rhs, var));
}

static bool has_own_line(const deriver *v, int adjoint)
{
    if (is_gradient(v->m, adjoint) || derive_is_trivial(v->m, adjoint) || (adjoint < v->lead_count && v->unnamed[adjoint]))
        return false;
    for (int i = 0; i < v->value_count; i++)
        if (dag_payload(v->m->dag, v->value[i]) == adjoint && is_only_asked_for(v, v->value[i]))
            return false;
    return true;
}

/* Where the page has ∂u/∂t, a derivative by u has no clear meaning: such adjoints are put in where they are used, as are those of other derivatives. */
static void find_unnamed(deriver *v)
{
    model *m = v->m;
    v->unnamed = arena_alloc(v->memory, (size_t)(m->var_count + 1) * sizeof *v->unnamed);
    bool hidden = derive_has_hidden_ways(m);
    for (int i = 0; i < v->queue_count; i++) {
        int count = m->diagnostics->count;
        const int *list;
        model_var a = m->var[v->queue[i]];
        int of = cost_variable(m, a.of);
        if ((a.by >= 0 && m->var[a.by].role == ROLE_ADJOINT) || (of >= 0 && m->var[of].role == ROLE_ADJOINT))
            v->unnamed[v->queue[i]] = true; /* a derivative of a derivative, or by one */
        if (!hidden || a.by < 0 || m->var[a.by].role != ROLE_DEFINED || model_equations_of(m, a.by, &list) == 0)
            continue;
        node by = dag_entry(m->dag, a.by, m->var[a.by].axis_count, m->equation[list[0]].at);
        v->unnamed[v->queue[i]] = calculus_derivative(m, a.of, by, a.hold, (span){.source = -1}) == 0;
        diag_truncate(m->diagnostics, count);
    }
}

static void backward_pass(deriver *v, derive_section *s)
{
    s->title = "backward pass";
    find_unnamed(v);
    derive_count_uses(v);
    qsort_r(v->queue, (size_t)v->queue_count, sizeof *v->queue, derive_compare, v);
    for (int i = 0; i < v->queue_count; i++)
        if (has_own_line(v, v->queue[i]))
            adjoint_lines(v, s, v->queue[i]);
}

/* --- gradients --- */

static const char *const axis_letters[MODEL_MAX_AXES] = {"i", "j", "k", "l", "p", "q", "u", "v"};

/* A parameter with a free index for each axis. */
static node parameter_entry(const deriver *v, int var, int *index)
{
    model *m = v->m;
    const model_var *p = &m->var[var];
    node at[MODEL_MAX_AXES];
    for (int k = 0; k < p->axis_count; k++) {
        sym letter = derive_axis_letter(v, var, k), name = letter ? letter : intern_puts(m->names, axis_letters[k]);
        index[k] = dag_index_fresh(m->dag, name, dag_int(m->dag, 0), dag_sub(m->dag, p->axis_size[k], dag_int(m->dag, 1)));
        at[k] = dag_index_node(m->dag, index[k]);
    }
    return dag_entry(m->dag, var, p->axis_count, at);
}

static bool is_moved(const model_objective *o, const model *m, int var)
{
    if (m->var[var].role != ROLE_PARAM)
        return false;
    for (int i = 0; i < o->count; i++)
        if (o->over[i] == var)
            return true;
    return o->count == 0;
}

/* ∂C/∂w: what stands for the cost on the left. */
static notation *gradient_left(const deriver *v, node cost, node entry, int index_count, const int *index, int rank)
{
    const dag *d = v->m->dag;
    notation *above = model_notation(v->m, v->memory, cost, 0, NULL, 0);
    notation *below = model_notation_left(v->m, v->memory, dag_payload(d, entry), (node[MODEL_MAX_AXES]){0}, 0, NULL, dag_count(d, entry));
    if (rank < index_count) {
        node at[MODEL_MAX_AXES];
        for (int k = 0; k < dag_count(d, entry); k++)
            at[k] = dag_child(d, entry, k);
        below = model_notation_left(v->m, v->memory, dag_payload(d, entry), at, index_count, index, rank);
    }
    return notation_two(v->memory, NOTATION_DERIVATIVE, above, below);
}

/* An adjoint that nothing else uses is only a name for its equation, and is shown by its right side. */
static node gradient_value(deriver *v, node value, const char **reason, int own, int *only)
{
    model *m = v->m;
    if (is_only_asked_for(v, value)) {
        node at[MODEL_MAX_AXES];
        for (int k = 0; k < dag_count(m->dag, value); k++)
            at[k] = dag_child(m->dag, value, k);
        node unfolded = model_unfold(m, dag_payload(m->dag, value), at, false);
        value = unfolded ? unfolded : value;
    }
    *reason = derive_reason(v, own, value, only);
    return derive_fold_line(v->fold, value);
}

typedef struct {
    node entry, value;
    int index_count, index[MODEL_MAX_AXES];
} gradient;

static void gradient_line(deriver *v, derive_section *s, node cost, const gradient *g)
{
    const model *m = v->m;
    derive_line *l = derive_line_add(v, s);
    const char *reason;
    int only, by = dag_payload(m->dag, g->entry);
    node value = derive_collect(v, gradient_value(v, g->value, &reason, by, &only), g->index_count, g->index);
    int rank = v->indices ? INDEX_FORM : dag_kind(m->dag, value) == NODE_NUMBER ? g->index_count : model_print_rank(m, value, g->index_count, g->index);
    l->left = gradient_left(v, cost, g->entry, g->index_count, g->index, rank);
    l->step[0].right = model_notation_led(m, v->memory, value, g->index_count, g->index, rank, v->lead);
    explain(v, l, reason, cost_variable(m, cost), by, only);
}

static gradient *find_gradients(deriver *v, const model_objective *o, int *count)
{
    model *m = v->m;
    int variables = m->var_count;
    gradient *list = arena_alloc(v->memory, (size_t)(variables + 1) * sizeof *list);
    *count = 0;
    for (int i = 0; i < variables; i++) {
        if (!is_moved(o, m, i))
            continue;
        gradient *g = &list[*count];
        g->index_count = m->var[i].axis_count;
        g->entry = parameter_entry(v, i, g->index);
        g->value = calculus_derivative(m, o->cost, g->entry, 0, o->at);
        if (g->value)
            ++*count;
    }
    v->value = arena_alloc(v->memory, (size_t)(*count + 1) * sizeof *v->value);
    v->value_count = 0;
    for (int i = 0; i < *count; i++)
        derive_need(v, v->value[v->value_count++] = list[i].value);
    return list;
}

/* --- updates, requests --- */

/* The statement as it stands on the page, on one line. */
static const char *statement_text(const deriver *v, span at)
{
    const source *text = at.source >= 0 ? source_get(v->m->sources, at.source) : NULL;
    if (!text || at.end <= at.begin)
        return NULL;
    char *copy = arena_strndup(v->memory, text->text + at.begin, (size_t)(at.end - at.begin)), *to = copy;
    for (const char *from = copy; *from; from++)
        if (*from != '\n' && *from != '\r' && *from != '\t')
            *to++ = *from;
        else if (to > copy && to[-1] != ' ')
            *to++ = ' ';
    *to = '\0';
    return copy;
}

static void update_line(deriver *v, derive_section *s, const model_update *u)
{
    const model *m = v->m;
    derive_line *l = derive_line_add(v, s);
    derive_step *step = &l->step[l->step_count++];
    const char *text = statement_text(v, u->at);
    l->sign = "←";
    if (u->line)
        step->reason = arena_printf(v->memory, "line %d", u->line);
    if (text && derive_read_statement(m, v->memory, text, &l->left, &l->sign, &step->right) && strcmp(l->sign, "←") == 0)
        return;
    l->sign = "←";
    node at[MODEL_MAX_AXES];
    for (int k = 0; k < u->index_count; k++)
        at[k] = dag_index_node(m->dag, u->index[k]);
    int rank = equation_rank(v, u->var, at, u->rhs, u->index_count, u->index);
    l->left = model_notation_left(m, v->memory, u->var, at, u->index_count, u->index, rank);
    step->right = model_notation(m, v->memory, derive_fold_line(v->fold, u->rhs), u->index_count, u->index, rank);
}

static void updates(deriver *v, derive_section *s)
{
    const model *m = v->m;
    s->title = "updates";
    for (int i = 0; i < m->update_count; i++)
        if (!m->update[i].generated)
            update_line(v, s, &m->update[i]);
    const char *optimize = m->optimize ? statement_text(v, m->optimize->at) : NULL;
    if (optimize) {
        derive_line *l = derive_line_add(v, s);
        l->verbatim = optimize;
        l->sign = "";
        l->reason = arena_printf(v->memory, "line %d", source_line(source_get(m->sources, m->optimize->at.source), (size_t)m->optimize->at.begin));
    }
}

/* t[i, j] with the free indices of the request from `from` to `to`. */
static notation *with_indices(const deriver *v, notation *base, const derive_request *r, int from, int to)
{
    if (from >= to)
        return base;
    notation *t = notation_new(v->memory, NOTATION_ENTRY, 1 + to - from);
    t->child[0] = base;
    for (int k = from; k < to; k++)
        t->child[1 + k - from] = model_notation(v->m, v->memory, dag_index_node(v->m->dag, r->index[k]), r->index_count, r->index, -1);
    return t;
}

/* The request as it was typed, in the house's signs: dz/dx is ∂z/∂x. */
static notation *request_tree(const deriver *v, const derive_request *r)
{
    notation *left, *right;
    const char *sign;
    if (derive_read_statement(v->m, v->memory, arena_printf(v->memory, "claim %s = 0", r->text), &left, &sign, &right))
        return left;
    return notation_text(v->memory, NOTATION_NAME, r->text);
}

/* ∂h[t]/∂W: the indices that the right side keeps stand first with A, then with B. */
static notation *request_left(const deriver *v, const derive_request *r, int rank)
{
    const model *m = v->m;
    notation *t = request_tree(v, r);
    int kept = r->index_count - rank, below = -1;
    bool first = t->kind == NOTATION_DERIVATIVE && !(t->text && *t->text) && t->child[0]->kind == NOTATION_NAME && t->child[1]->kind == NOTATION_NAME;
    for (int i = 0; first && i < m->var_count && below < 0; i++)
        if (m->var[i].role != ROLE_ADJOINT && strcmp(model_var_name(m, i), t->child[1]->text) == 0)
            below = m->var[i].axis_count - m->var[i].sample;
    if (kept <= 0)
        return t;
    if (below < 0 || below > r->index_count)
        return with_indices(v, t, r, 0, kept);
    int above = r->index_count - below;
    return notation_two(v->memory, NOTATION_DERIVATIVE, with_indices(v, t->child[0], r, 0, kept < above ? kept : above), with_indices(v, t->child[1], r, above, kept));
}

static void request_line(deriver *v, derive_section *s, const derive_request *r)
{
    derive_line *l = derive_line_add(v, s);
    const char *reason;
    int only;
    node value = derive_collect(v, gradient_value(v, r->value, &reason, -1, &only), r->index_count, r->index);
    int rank = v->indices ? INDEX_FORM : model_print_rank(v->m, value, r->index_count, r->index);
    l->left = request_left(v, r, rank < 0 ? 0 : rank);
    l->step[0].right = model_notation_led(v->m, v->memory, value, r->index_count, r->index, rank, v->lead);
    explain(v, l, reason, -1, -1, -1);
}

typedef struct {
    const model *m;
    bool found;
} batch_search;

static bool batch_visit(void *context, node n)
{
    batch_search *q = context;
    const model *m = q->m;
    if (dag_kind(m->dag, n) != NODE_REDUCE)
        return true;
    node hi = dag_child(m->dag, n, 1);
    for (int i = 0; i < m->size_count && dag_kind(m->dag, hi) == NODE_ADD; i++)
        q->found |= m->size[i].population >= 0 && dag_child(m->dag, hi, 0) == dag_sizesym(m->dag, i);
    return !q->found;
}

/* With batch statistics on the page the cost of one sample depends on the others: the mean is then what is differentiated. */
static node cost_of(const deriver *v, const model_objective *o)
{
    batch_search q = {.m = v->m};
    for (int i = 0; i < v->m->equation_count && !q.found; i++)
        if (v->m->var[v->m->equation[i].var].role == ROLE_DEFINED)
            dag_visit(v->m->dag, v->m->equation[i].rhs, batch_visit, &q);
    return q.found ? dag_entry(v->m->dag, model_batch_mean(v->m, o->cost), 0, NULL) : o->cost;
}

/* B = sum_batch(1), unless the page has a B of its own: it is then written out where it stands. */
static void samples_line(deriver *v, derive_section *s)
{
    notation *name = model_notation(v->m, v->memory, dag_sizesym(v->m->dag, 0), 0, NULL, 0);
    if (name->kind != NOTATION_NAME)
        return;
    derive_line *l = derive_line_add(v, s);
    l->left = name;
    l->step[0].reason = "samples of a batch";
    l->step[l->step_count++].right = notation_call(v->memory, "sum_batch", notation_text(v->memory, NOTATION_NUMBER, "1"));
}

/* The mean over the batch and the number of its samples have names here: the forward pass says which. */
static void batch_lines(deriver *v, derive_section *s, const model_objective *o, node cost)
{
    if (cost == o->cost)
        return;
    derive_line *mean = derive_line_add(v, s);
    mean->left = model_notation(v->m, v->memory, cost, 0, NULL, 0);
    mean->step[mean->step_count++].right = notation_call(v->memory, "mean_batch", model_notation(v->m, v->memory, o->cost, 0, NULL, 0));
    samples_line(v, s);
}

/* Backward pass and gradients of one objective; the queue of adjoints is its own. */
static void objective_sections(deriver *v, derivation *out, derive_section *forward, int number)
{
    int count;
    model *m = v->m;
    model_objective o = m->objective[number];
    if (!o.cost)
        return;
    o.cost = cost_of(v, &m->objective[number]);
    batch_lines(v, forward, &m->objective[number], o.cost);
    v->queue_count = v->room = 0;
    v->needed = NULL;
    v->queue = NULL;
    gradient *list = find_gradients(v, &o, &count);
    derive_section *backward = &out->section[out->count++], *gradients = &out->section[out->count++];
    backward_pass(v, backward);
    if (number == 0)
        derive_later(v, backward);
    gradients->title = "gradients";
    for (int i = 0; i < count; i++)
        gradient_line(v, gradients, o.cost, &list[i]);
    if (m->objective_count > 1 && dag_kind(m->dag, o.cost) == NODE_ENTRY) {
        const char *name = model_var_name(m, dag_payload(m->dag, o.cost));
        backward->title = arena_printf(v->memory, "backward pass of %s", name);
        gradients->title = arena_printf(v->memory, "gradients of %s", name);
    }
}

static void all_of_it(deriver *v, derivation *out)
{
    derive_section *forward = &out->section[out->count++];
    derive_forward(v, forward);
    for (int i = 0; i < v->m->objective_count; i++)
        objective_sections(v, out, forward, i);
    updates(v, &out->section[out->count++]);
}

static void asked_for(deriver *v, derivation *out)
{
    const derive_options *o = v->options;
    v->value = arena_alloc(v->memory, (size_t)o->request_count * sizeof *v->value);
    for (int i = 0; i < o->request_count; i++)
        derive_need(v, v->value[v->value_count++] = o->requests[i].value);
    backward_pass(v, &out->section[0]);
    out->section[1].title = "";
    for (int i = 0; i < o->request_count; i++)
        request_line(v, &out->section[1], &o->requests[i]);
    out->count = 2;
}

derivation *derive_build(model *m, const derive_options *o, arena *memory)
{
    derivation *out = arena_alloc(memory, sizeof *out);
    deriver v = {.m = m, .options = o, .memory = memory, .indices = derive_writes_indices(m)};
    out->section = arena_alloc(memory, (size_t)(2 * m->objective_count + 4) * sizeof *out->section);
    v.position = arena_alloc(memory, (size_t)(m->var_count + 1) * sizeof *v.position);
    for (int i = 0; i < m->var_count; i++)
        v.position[i] = -1;
    for (int i = 0; i < m->order_count; i++)
        v.position[m->order[i]] = i;
    v.fold = derive_fold_new(m, o, memory);
    if (o->request_count)
        asked_for(&v, out);
    else
        all_of_it(&v, out);
    return out;
}
