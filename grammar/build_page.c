/* Constructors of statements. */
#include <string.h>

#include "build.h"

static bool is_expression(const syn *s) { return s->kind < SYN_FILE_; }

/* `parm w`: the word that was meant to begin it, or NULL. */
static const char *first_word(const parser *p, const syn *s) {
    while (s->count && s->kind != SYN_NAME && (s->kind == SYN_PRODUCT || s->kind == SYN_INDEX)) s = s->child[0];
    return s->kind == SYN_NAME ? layout_near_statement_word(intern_text(p->names, s->name)) : NULL;
}

/* A line that is only an expression says nothing. */
static syn *refuse_expression(parser *p, syn *s) {
    diagnostic *g = build_error(p, s->at, "this is an expression and not a statement");
    if (s->kind == SYN_COMPARE && s->text[0] == '=')
        diag_hint(g, "'==' compares two values; a definition or a claim is written with one '='");
    else if (s->kind == SYN_COMPARE || s->kind == SYN_LOGIC)
        diag_hint(g, "a condition is written: assume …");
    else if (first_word(p, s))
        diag_hint(g, "did you mean `%s`?", first_word(p, s));
    else
        diag_hint(g, "a definition or a claim has '=', an update has '←'");
    return build_leaf(p, SYN_BROKEN, s->at);
}

static void refuse_expressions(parser *p, syn *list, int from, int to) {
    for (int i = from; i < to; i++)
        if (is_expression(list->child[i])) list->child[i] = refuse_expression(p, list->child[i]);
    p->failed = false;
}

items *build_next(parser *p, items *list, items *read, span at) {
    if (p->failed) {
        p->failed = false;
        return items_add(p, list, 0, build_leaf(p, SYN_BROKEN, at));
    }
    for (item *i = read->first; i; i = i->next) items_add(p, list, 0, i->node);
    return list;
}

syn *build_file(parser *p, items *list, span at) {
    p->result = build_list(p, SYN_FILE_, list, at);
    if (!p->scan->single) refuse_expressions(p, p->result, 0, p->result->count);
    return p->result;
}

syn *build_block(parser *p, items *list, span at) { return build_list(p, SYN_BLOCK, list, at); }

syn *build_broken_block(parser *p, syn *block, span at) {
    (void)block;
    return build_leaf(p, SYN_BROKEN, at);
}

items *build_equation(parser *p, items *chain, int claim, span at) {
    if (chain->count == 1 && !claim) return chain;
    if (chain->count == 1) {
        syn *s = chain->first->node;
        diagnostic *g = build_error(p, at, "a claim needs '='");
        if (s->kind == SYN_COMPARE && s->text[0] == '=') diag_hint(g, "'==' compares two values; write one '='");
    }
    syn *s = build_list(p, SYN_EQUATION, chain, at);
    s->text = "=";
    s->number = claim;
    return items_one(p, s);
}

syn *build_definition(parser *p, syn *left, syn *right, span at) {
    syn *s = build_two(p, SYN_EQUATION, left, right, at);
    s->text = ":=";
    return s;
}

syn *build_update(parser *p, syn *left, syn *right, span at) { return build_two(p, SYN_UPDATE, left, right, at); }

syn *build_declare(parser *p, const token *t, items *list, span at) {
    syn *s = build_list(p, SYN_DECLARE, list, at);
    s->text = t->text;
    return s;
}

syn *build_decl(parser *p, syn *name, items *axes, unsigned flags, span at) {
    syn *s = syn_new(p->memory, SYN_DECL, at, 3);
    s->name = name->name;
    s->flags = flags;
    if (name->kind == SYN_FAMILY) s->child[0] = name;
    if (axes) s->child[1] = build_list(p, SYN_AXES, axes, span_join(axes->first->node->at, axes->last->node->at));
    return s;
}

syn *build_initial(parser *p, syn *decl, int sign, syn *value, span at) {
    (void)p;
    decl->at = at;
    decl->child[2] = value;
    if (value) decl->text = sign == '~' ? "~" : "=";
    return decl;
}

items *build_axes_once(parser *p, items *a, items *b, span at) {
    if (a && b) build_error(p, at, "the axes are given twice");
    return a ? a : b;
}

syn *build_function(parser *p, syn *name, items *params, syn *result, syn *body, span at) {
    bool family = name->kind == SYN_FAMILY;
    syn *s = syn_new(p->memory, SYN_FUNCTION, at, family ? 4 : 3);
    s->name = name->name;
    if (params) s->child[0] = build_list(p, SYN_PARAMS, params, span_join(params->first->node->at, params->last->node->at));
    s->child[1] = result;
    s->child[2] = body;
    if (family) s->child[3] = name;
    return s;
}

syn *build_function_body(parser *p, syn *head, syn *body, span at) {
    head->at = at;
    head->child[2] = body;
    if (body->kind != SYN_BLOCK) return head;
    int last = body->count - 1;
    refuse_expressions(p, body, 0, last);
    if (last < 0 || (!is_expression(body->child[last]) && body->child[last]->kind != SYN_BROKEN)) {
        diagnostic *g = build_error(p, last < 0 ? body->at : body->child[last]->at, "the last line of a function's block is its value, an expression");
        diag_hint(g, "function f(u) { a = tanh(u); a² }");
    }
    return head;
}

syn *build_condition(parser *p, items *chain, span at) {
    if (chain->count == 1) return chain->first->node;
    items *parts = items_new(p);
    for (const item *i = chain->first; i->next; i = i->next) {
        const syn *left = i->node, *right = i->next->node;
        if (left->kind == SYN_COMPARE || left->kind == SYN_LOGIC || right->kind == SYN_COMPARE || right->kind == SYN_LOGIC) {
            diagnostic *g = build_error(p, span_join(left->at, right->at), "'=' and a comparison cannot be mixed here");
            diag_hint(g, "separate the assumptions by ',' or 'and'");
        }
        syn *s = build_two(p, SYN_COMPARE, i->node, i->next->node, span_join(left->at, right->at));
        s->text = "==";
        items_add(p, parts, 0, s);
    }
    return build_logic(p, "and", parts, at);
}

syn *build_assume(parser *p, items *list, span at) {
    syn *condition = build_logic(p, "and", list, at);
    if (condition->kind != SYN_COMPARE && condition->kind != SYN_LOGIC) {
        diagnostic *g = build_error(p, condition->at, "expected a condition after 'assume'");
        diag_hint(g, "assume s > 0, assume Σ_j y[j] = 1, assume y in {0, 1}");
    }
    return build_one(p, SYN_ASSUME, condition, at);
}

syn *build_minimize(parser *p, syn *cost, items *over, span at) { return build_index_like(p, SYN_MINIMIZE, cost, over ? over : items_new(p), at); }

syn *build_optimizer(parser *p, const token *t, items *params, const token *subject, syn *block, span at) {
    refuse_expressions(p, block, 0, block->count);
    syn *s = syn_new(p->memory, SYN_OPTIMIZER, at, 3);
    s->name = build_key(p, t);
    if (params) s->child[0] = build_list(p, SYN_PARAMS, params, span_join(params->first->node->at, params->last->node->at));
    s->child[1] = build_name(p, subject);
    s->child[2] = block;
    return s;
}

syn *build_metric(parser *p, const token *t, syn *value, span at) {
    syn *s = build_one(p, SYN_METRIC, value, at);
    s->name = build_key(p, t);
    return s;
}

syn *build_for(parser *p, const token *t, syn *range, syn *block, span at) {
    refuse_expressions(p, block, 0, block->count);
    return build_two(p, SYN_FOR, build_binder(p, t, range, span_join(t->at, range->at)), block, at);
}

syn *build_population(parser *p, const token *t, syn *declare, span at) {
    syn *s = build_one(p, SYN_POPULATION, declare, at);
    s->name = build_key(p, t);
    if (strcmp(declare->text, "input") && strcmp(declare->text, "target") && strcmp(declare->text, "noise")) {
        diagnostic *g = build_error(p, declare->at, "a population holds data or noise, not '%s'", declare->text);
        diag_hint(g, "set edge: input xb, ub");
    }
    return s;
}

syn *build_layout(parser *p, const token *t, span at) {
    syn *s = build_text(p, SYN_LAYOUT, t, at);
    if (strcmp(t->text, "denominator") && strcmp(t->text, "numerator")) {
        diagnostic *g = build_error(p, t->at, "'%s' is no layout", t->text);
        diag_hint(g, "write: layout denominator (or numerator, which is the default)");
    }
    return s;
}
