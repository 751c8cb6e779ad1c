/* Assumptions left = right as rewriting rules of atoms: Σ_j y[j] = 1 holds for y[s, ·] at every s. */
#include "gen/prove/fact.h"

#include <stdlib.h>

#include "gen/prove/normal.h"

typedef struct {
    const equation_fact *rule;
    node value[MODEL_MAX_AXES];
} binding;

static bool match(const normal *c, binding *b, node pattern, node target)
{
    dag *d = c->d;
    if (dag_kind(d, pattern) == NODE_INDEX)
        for (int i = 0; i < b->rule->index_count; i++)
            if (b->rule->index[i] == dag_payload(d, pattern)) {
                if (!b->value[i])
                    b->value[i] = target;
                return b->value[i] == target;
            }
    if (pattern == target)
        return true;
    if (dag_kind(d, pattern) != dag_kind(d, target) || dag_payload(d, pattern) != dag_payload(d, target) || dag_count(d, pattern) != dag_count(d, target))
        return false;
    int count = dag_count(d, pattern);
    if (count == 0)
        return false;
    for (int i = 0; i < count; i++)
        if (!match(c, b, dag_child(d, pattern, i), dag_child(d, target, i)))
            return false;
    return true;
}

/* The pattern's indices have ranges; the assumption says nothing outside them. */
static bool in_range(const normal *c, const binding *b)
{
    for (int i = 0; i < b->rule->index_count; i++) {
        const dag_index_info *x = dag_index_get(c->d, b->rule->index[i]);
        if (!b->value[i] || dag_index_le(c->d, x->lo, b->value[i]) != TRUTH_YES || dag_index_le(c->d, b->value[i], x->hi) != TRUTH_YES)
            return false;
    }
    return true;
}

static bool apply_rules(normal *c, equation_fact *rules, int count, node n, node *value)
{
    for (int k = 0; k < count; k++) {
        binding b = {.rule = &rules[k]};
        if (!match(c, &b, b.rule->pattern, n) || !in_range(c, &b))
            continue;
        node from[MODEL_MAX_AXES];
        for (int i = 0; i < b.rule->index_count; i++)
            from[i] = dag_index_node(c->d, b.rule->index[i]);
        *value = dag_substitute(c->d, b.rule->value, b.rule->index_count, from, b.value, true);
        rules[k].used = true;
        return true;
    }
    return false;
}

bool normal_fact(normal *c, node n, node *value)
{
    return apply_rules(c, c->s->rule, c->s->rule_count, n, value);
}

bool normal_fold(normal *c, node n, node *value)
{
    return apply_rules(c, c->s->fold, c->s->fold_count, n, value);
}

/* Ends of the axis itself need no check: entries beyond them have no value, unless they are padding. */
static bool is_axis_end(const normal *c, const model_var *v, int axis, node end, bool last)
{
    node size = v->axis_size[axis], start = v->axis_start[axis] ? v->axis_start[axis] : dag_int(c->d, 0);
    return !v->pad[axis] && dag_index_eq(c->d, end, last ? dag_sub(c->d, size, dag_int(c->d, 1)) : start) == TRUTH_YES;
}

/* Is lo <= at <= hi? What ranges do not decide is added to *condition. */
static bool add_range(const normal *c, const model_var *v, int axis, node lo, node at, node hi, node *condition)
{
    dag *d = c->d;
    node end[2][2] = {{lo, at}, {at, hi}};
    for (int i = 0; i < 2; i++) {
        if (is_axis_end(c, v, axis, i ? hi : lo, i == 1))
            continue;
        truth t = dag_index_le(d, end[i][0], end[i][1]);
        if (t == TRUTH_NO)
            return false;
        if (t == TRUTH_YES)
            continue;
        node n = dag_compare(d, COMPARE_LESS_EQUAL, end[i][0], end[i][1]);
        *condition = *condition ? dag_raw_mul(d, 2, (node[]){*condition, n}) : n;
    }
    return true;
}

static bool apply_lemma(normal *c, const entry_fact *f, const node *at, node *value, node *condition)
{
    dag *d = c->d;
    node from[MODEL_MAX_AXES];
    *condition = 0;
    for (int i = 0; i < f->count; i++)
        from[i] = dag_index_node(d, f->index[i]);
    for (int i = 0; i < f->count; i++) {
        const dag_index_info x = *dag_index_get(d, f->index[i]);
        node lo = dag_substitute(d, x.lo, f->count, from, at, false), hi = dag_substitute(d, x.hi, f->count, from, at, false);
        if (!x.sample && !add_range(c, &c->s->m->var[f->variable], i, lo, at[i], hi, condition))
            return false;
    }
    if (*condition && !f->partial)
        return false;
    *value = dag_substitute(d, f->value, f->count, from, at, true);
    return true;
}

bool normal_lemma(normal *c, int variable, int count, const node *at, node *value, node *condition)
{
    for (int i = 0; i < c->s->lemma_count; i++) {
        const entry_fact *f = &c->s->lemma[i];
        if (f->variable == variable && f->count == count && apply_lemma(c, f, at, value, condition))
            return true;
    }
    return false;
}

/* --- making rules --- */

typedef struct {
    node left, right, pattern, value;
} rule_context;

static normal_state make_rule(normal *c, void *context)
{
    rule_context *x = context;
    rational q;
    rational_init(c, &q);
    if (normal_form(c, x->left, &q))
        x->pattern = normal_node(c, &q);
    x->value = x->right;
    rational_clear(c, &q);
    return c->state;
}

static bool add_rule(session *s, const model_assumption *a, node left, node right)
{
    normal_options o = {0};
    rule_context x = {.left = left, .right = right};
    if (dag_kind(s->d, left) != NODE_REDUCE || normal_run(s, &o, make_rule, &x) != NORMAL_GOOD || dag_kind(s->d, x.pattern) != NODE_REDUCE)
        return false;
    equation_fact *r = &s->rule[s->rule_count++];
    *r = (equation_fact){.pattern = x.pattern, .value = right, .index_count = a->index_count, .assumption = (int)(a - s->m->assumption)};
    for (int i = 0; i < a->index_count; i++)
        r->index[i] = a->index[i];
    return true;
}

void fact_rules(session *s)
{
    dag *d = s->d;
    s->rule = xcalloc((size_t)s->m->assumption_count + 1, sizeof *s->rule);
    for (int i = 0; i < s->m->assumption_count; i++) {
        const model_assumption *a = &s->m->assumption[i];
        if (!a->condition || dag_kind(d, a->condition) != NODE_COMPARE || dag_payload(d, a->condition) != COMPARE_EQUAL)
            continue;
        node left = dag_child(d, a->condition, 0), right = dag_child(d, a->condition, 1);
        if (!add_rule(s, a, left, right))
            add_rule(s, a, right, left);
    }
}

bool fact_assume_sum(session *s, int variable)
{
    dag *d = s->d;
    const model_var *v = &s->m->var[variable];
    node at[MODEL_MAX_AXES], one = dag_int(d, 1);
    model_assumption a = {.index_count = v->sample};
    int axis = v->axis_count - 1, index = dag_index(d, intern_puts(s->m->names, "·sum"), dag_int(d, 0), dag_sub(d, v->axis_size[axis], one));
    a.index[0] = s->m->sample_index[v->population < 0 ? 0 : v->population];
    at[0] = dag_index_node(d, a.index[0]);
    at[axis] = dag_index_node(d, index);
    return s->rule_count <= s->m->assumption_count && add_rule(s, &a, dag_sum(d, index, dag_entry(d, variable, v->axis_count, at)), one);
}

/* --- names for function values --- */

static normal_state canonical_form(normal *c, void *context)
{
    rule_context *x = context;
    rational q;
    rational_init(c, &q);
    if (normal_form(c, x->left, &q))
        x->pattern = normal_node(c, &q);
    rational_clear(c, &q);
    return c->state;
}

static bool is_kernel(const session *s, node n)
{
    node_kind kind = n ? dag_kind(s->d, n) : NODE_NONE;
    return kind == NODE_FUN || kind == NODE_APPLY || kind == NODE_REDUCE;
}

/* The canonical form of a function value; 0: it has none, or is not one any more. */
static node canonical_kernel(session *s, node n)
{
    normal_options o = {.names = true};
    rule_context x = {.left = n};
    bool good = is_kernel(s, n) && normal_run(s, &o, canonical_form, &x) == NORMAL_GOOD && is_kernel(s, x.pattern);
    return good ? x.pattern : 0;
}

static void add_fold(session *s, const model_equation *q)
{
    node pattern = canonical_kernel(s, q->rhs);
    if (!pattern)
        return;
    equation_fact *r = &s->fold[s->fold_count++];
    *r = (equation_fact){.pattern = pattern, .value = dag_entry(s->d, q->var, s->m->var[q->var].axis_count, q->at), .index_count = q->index_count};
    for (int i = 0; i < q->index_count; i++)
        r->index[i] = q->index[i];
}

bool fact_fold_as(session *s, node n, node name)
{
    node pattern = canonical_kernel(s, n);
    if (!pattern || s->fold_count > s->m->equation_count)
        return false;
    s->fold[s->fold_count++] = (equation_fact){.pattern = pattern, .value = name};
    return true;
}

void fact_folds(session *s)
{
    if (s->folds_known)
        return;
    s->folds_known = true;
    equation_fact *list = xcalloc((size_t)s->m->equation_count + 1, sizeof *list);
    s->fold = list;
    for (int i = 0; i < s->m->equation_count; i++)
        if (s->m->var[s->m->equation[i].var].role == ROLE_DEFINED)
            add_fold(s, &s->m->equation[i]);
}
