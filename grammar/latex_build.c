/* Constructors of expressions: fractions that are derivatives, the reach of Σ, ∇ and d/dx, functions without parentheses. */
#include "latex_build.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "token.h"

#include "latex.tab.h"

void latex_trouble(latex_parser *p, span at, const char *format, ...)
{
    char text[300];
    va_list list;
    if (p->trouble)
        return;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    p->trouble = arena_printf(p->memory, "%s", text);
    p->trouble_at = at;
}

void latex_unexpected(latex_parser *p, const latex_token *t)
{
    if (!t)
        latex_trouble(p, (span){p->reading->number, 0, 0}, "it cannot be read");
    else if (t->kind == T_OPAQUE)
        latex_trouble(p, t->at, "%s is not read by deltac", t->text ? t->text : "this");
    else if (t->kind == T_RPAREN || t->kind == T_RBRACE || t->kind == T_RBRACKET)
        latex_trouble(p, t->at, "something is missing before this bracket");
    else
        latex_trouble(p, t->at, "this does not fit here");
}

latex_items *latex_list(latex_parser *p, latex_items *list, int op, syn *node)
{
    if (!list)
        list = arena_alloc(p->memory, sizeof *list);
    latex_item *i = arena_alloc(p->memory, sizeof *i);
    *i = (latex_item){.node = node, .op = op};
    if (list->last)
        list->last->next = i;
    else
        list->first = i;
    list->last = i;
    list->count++;
    return list;
}

latex_scripts *latex_script(latex_parser *p, latex_scripts *list, int kind, syn *value, int number)
{
    latex_scripts *s = arena_alloc(p->memory, sizeof *s), *last = list;
    *s = (latex_scripts){.kind = kind, .value = value, .number = number};
    if (!list)
        return s;
    while (last->next)
        last = last->next;
    last->next = s;
    return list;
}

/* --- leaves --- */

syn *latex_leaf(latex_parser *p, syn_kind kind, const char *text, span at)
{
    syn *s = syn_new(p->memory, kind, at, 0);
    s->text = text;
    return s;
}

/* "ztilde1" is shown as z̃1, "delta_out" as δ_out. */
static const char *spelling(latex_parser *p, const char *key)
{
    static const char *const accents[][2] = {{"hat", "\xcc\x82"}, {"tilde", "\xcc\x83"}, {"bar", "\xcc\x84"}, {"dot", "\xcc\x87"}, {"vec", "\xe2\x83\x97"}};
    size_t stem = 0, length = strlen(key);
    const char *accent = "";
    while (stem < length && (key[stem] | 32) >= 'a' && (key[stem] | 32) <= 'z')
        stem++;
    size_t rest = stem;
    for (size_t i = 0; i < sizeof accents / sizeof *accents; i++) {
        size_t n = strlen(accents[i][0]);
        if (stem > n && memcmp(key + stem - n, accents[i][0], n) == 0 && (stem - n == 1 || name_greek(key, stem - n))) {
            accent = accents[i][1];
            stem -= n;
            break;
        }
    }
    static const char *const faces[][2] = {{"Lcal", "ℒ"}, {"Ecal", "ℰ"}, {"Ccal", "𝒞"}, {"Jcal", "𝒥"}, {"Ncal", "𝒩"}, {"Rbb", "ℝ"}, {"Ebb", "𝔼"}, {"ell", "ℓ"}};
    for (size_t i = 0; i < sizeof faces / sizeof *faces; i++)
        if (strlen(faces[i][0]) == stem && memcmp(key, faces[i][0], stem) == 0)
            return arena_printf(p->memory, "%s%s%s", faces[i][1], accent, key + rest);
    const char *sign = name_greek(key, stem);
    if (!sign && !*accent)
        return NULL;
    return sign ? arena_printf(p->memory, "%s%s%s", sign, accent, key + rest) : arena_printf(p->memory, "%.*s%s%s", (int)stem, key, accent, key + rest);
}

syn *latex_key(latex_parser *p, const char *key, span at)
{
    syn *s = latex_leaf(p, SYN_NAME, NULL, at);
    const char *shown = spelling(p, key);
    s->name = intern_puts(p->names, key);
    if (shown)
        intern_note_spelling(p->names, s->name, intern_puts(p->names, shown));
    return s;
}

syn *latex_number(latex_parser *p, const latex_token *t)
{
    return latex_leaf(p, SYN_NUMBER, t->text, t->at);
}

/* `\frac12`, `x^23`: without braces a script or fraction takes one digit, but scanners join them; only \frac12 is common, and is parted in latex_fraction. */
syn *latex_digit(latex_parser *p, const latex_token *t)
{
    return latex_number(p, t);
}

syn *latex_name(latex_parser *p, const latex_token *t)
{
    syn *s = latex_key(p, t->text, t->at);
    s->number = t->number; /* 1: a function's name or a word */
    s->flags = t->bold ? SYN_BOLD : 0;
    return s;
}

syn *latex_text(latex_parser *p, const latex_token *t)
{
    const char *function = latex_function_word(t->text, strlen(t->text));
    if (function) {
        syn *s = latex_key(p, function, t->at);
        s->number = 1;
        return s;
    }
    return latex_leaf(p, SYN_STRING, t->text, t->at);
}

static bool is_word(const char *text)
{
    bool letter = (text[0] | 32) >= 'a' && (text[0] | 32) <= 'z';
    for (const char *c = text; *c && letter; c++)
        letter = ((*c | 32) >= 'a' && (*c | 32) <= 'z') || (*c >= '0' && *c <= '9');
    return letter;
}

/* Words that join, not name. */
static bool joins(const char *text)
{
    static const char *const words[] = {"if", "otherwise", "else", "for", "when", "and", "or", "where", "with", "elsewhere", "Otherwise"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], text) == 0)
            return true;
    return false;
}

syn *latex_word(latex_parser *p, const latex_token *t)
{
    syn *s = latex_text(p, t);
    if (s->kind != SYN_STRING || joins(t->text) || !is_word(t->text))
        return s;
    return latex_key(p, t->text, t->at);
}

/* [z > 0] is 1 or 0; else a bracket. */
syn *latex_square(latex_parser *p, latex_items *list, span at)
{
    if (list->count == 1 && (list->first->node->kind == SYN_COMPARE || list->first->node->kind == SYN_LOGIC))
        return latex_indicator(p, list->first->node, at);
    syn *s = latex_nodes(p, SYN_PAREN, list, at);
    s->flags = LATEX_SQUARE;
    return s;
}

syn *latex_indicator(latex_parser *p, syn *condition, span at)
{
    syn *s = latex_node(p, SYN_BRACKET, condition, NULL, at);
    s->number = 1;
    return s;
}

bool latex_is_one(const latex_parser *p, const syn *s)
{
    return (s->kind == SYN_NUMBER && strcmp(s->text, "1") == 0) || latex_is(p, s, "ones") || latex_is(p, s, "onesbb") || latex_is(p, s, "Ibb") ||
           latex_is(p, s, "I");
}

syn *latex_sign(latex_parser *p, const latex_token *t)
{
    syn *s = latex_leaf(p, SYN_REDUCE, NULL, t->at);
    s->name = intern_puts(p->names, t->text);
    return s;
}

syn *latex_mark(latex_parser *p, const latex_token *t, const char *text)
{
    return latex_leaf(p, SYN_STRING, arena_printf(p->memory, "\\%s", text), t ? t->at : (span){p->reading->number, 0, 0});
}

bool latex_is(const latex_parser *p, const syn *s, const char *key)
{
    return s && s->kind == SYN_NAME && strcmp(intern_text(p->names, s->name), key) == 0;
}

/* --- nodes --- */

syn *latex_node(latex_parser *p, syn_kind kind, syn *a, syn *b, span at)
{
    syn *s = syn_new(p->memory, kind, at, a ? b ? 2 : 1 : 0);
    if (a)
        s->child[0] = a;
    if (b)
        s->child[1] = b;
    return s;
}

syn *latex_nodes(latex_parser *p, syn_kind kind, latex_items *list, span at)
{
    syn *s = syn_new(p->memory, kind, at, list->count);
    int n = 0;
    for (latex_item *i = list->first; i; i = i->next) {
        if (i->op == '|')
            latex_trouble(p, at, "a condition behind a bar stands where deltac expects a value");
        s->child[n++] = i->node;
    }
    return s;
}

/* Braces only group; what binds less than a product gets real parentheses. */
syn *latex_paren(latex_parser *p, syn *s)
{
    if (s->kind == SYN_SUM || s->kind == SYN_PRODUCT || s->kind == SYN_NEGATE || (s->kind == SYN_REDUCE && s->count))
        return latex_node(p, SYN_PAREN, s, NULL, s->at);
    return s;
}

syn *latex_group(latex_parser *p, latex_items *list, span at)
{
    return list->count == 1 ? list->first->node : latex_nodes(p, SYN_EMPTY, list, at);
}

/* \\{a + b\\} is a bracket, \\{w, b\\} a set. */
syn *latex_set(latex_parser *p, latex_items *list, span at)
{
    const syn *only = list->count == 1 ? list->first->node : NULL;
    bool bracket =
        only && (only->kind == SYN_SUM || only->kind == SYN_PRODUCT || only->kind == SYN_NEGATE || only->kind == SYN_REDUCE || only->kind == SYN_DERIVATIVE);
    return latex_nodes(p, bracket ? SYN_PAREN : SYN_SET, list, at);
}

syn *latex_compare(latex_parser *p, syn *a, const latex_token *relation, syn *b, span at)
{
    syn *s = latex_node(p, SYN_COMPARE, a, b, at);
    s->text = relation->number == RELATION_ORDER ? relation->text : relation->number == RELATION_IN ? "in" : "==";
    return s;
}

syn *latex_operators(latex_parser *p, syn_kind kind, latex_item *first, latex_item *stop, int count)
{
    span at = first->node->at;
    for (latex_item *i = first; i != stop; i = i->next)
        at = span_join(at, i->node->at);
    syn *s = syn_new(p->memory, kind, at, count);
    char *text = arena_alloc(p->memory, (size_t)count + 1);
    int n = 0, circles = 0;
    for (latex_item *i = first; i != stop; i = i->next) {
        text[n] = (char)(i->op == LATEX_CIRCLE ? 'o' : i->op);
        circles += i->op == LATEX_CIRCLE && i->node->kind == SYN_NAME && (n > 1 || first->node->kind == SYN_NAME);
        s->child[n++] = i->node;
    }
    if (kind == SYN_PRODUCT && circles == count - 1)
        s->flags |= LATEX_COMPOSED;
    if (kind == SYN_PRODUCT)
        text[0] = ' ';
    s->text = text;
    return s;
}

syn *latex_sum(latex_parser *p, latex_items *list, span at)
{
    (void)at;
    return list->count == 1 ? list->first->node : latex_operators(p, SYN_SUM, list->first, NULL, list->count);
}

/* --- what reaches over a product --- */

bool latex_is_partial(const latex_parser *p, const syn *s)
{
    return latex_is(p, s, "\\partial");
}

bool latex_is_d(const latex_parser *p, const syn *s)
{
    return latex_is(p, s, "d");
}

static syn *rest_of(latex_parser *p, latex_item *from)
{
    int count = 0;
    for (latex_item *i = from; i; i = i->next)
        count++;
    latex_items rest = {.first = from, .count = count};
    if (!count)
        return NULL;
    for (rest.last = from; rest.last->next; rest.last = rest.last->next) {
    }
    return latex_product(p, &rest, from->node->at);
}

/* Cuts the list behind i and puts one node there instead. */
static void replace_rest(latex_items *list, latex_item *i, syn *node)
{
    i->node = node;
    i->next = NULL;
    list->last = i;
    list->count = 0;
    for (latex_item *k = list->first; k; k = k->next)
        list->count++;
}

/* `\partial L / \partial h_t` written with a slash, from item i on: L may be a call. */
static bool fold_slash(latex_parser *p, latex_items *list, latex_item *i)
{
    bool round = latex_is_partial(p, i->node);
    if (!round && !latex_is_d(p, i->node))
        return false;
    latex_item *a = i->next, *slash = a ? a->next : NULL;
    if (slash && slash->op == ' ' && slash->node->kind == SYN_PAREN)
        slash = slash->next;
    if (!a || a->op != ' ' || !slash || slash->op != '/' || (round ? !latex_is_partial(p, slash->node) : !latex_is_d(p, slash->node)) || !slash->next ||
        slash->next->op != ' ')
        return false;
    syn *s = syn_new(p->memory, SYN_DERIVATIVE, span_join(i->node->at, slash->next->node->at), 2);
    s->number = 1;
    s->child[0] = a->node;
    s->child[1] = slash->next->node;
    i->node = s;
    i->next = slash->next->next;
    list->count = 0;
    for (latex_item *k = list->first; k; k = k->next) {
        list->count++;
        list->last = k;
    }
    return true;
}

static bool is_function_word(const latex_parser *p, const syn *s);
static void fold_function(latex_parser *p, latex_items *list, latex_item *i);

static bool fold_gradient(latex_parser *p, latex_items *list, latex_item *i)
{
    syn *s = i->node;
    if (s->kind != SYN_DERIVATIVE || s->child[0] || !i->next)
        return false;
    bool gradient = s->text != NULL;
    syn *of = NULL;
    if (gradient && s->number == 2)
        s->text = NULL;
    if (gradient && is_function_word(p, i->next->node))
        fold_function(p, list, i->next);
    if (gradient) { /* ∇_W takes one operand, and its argument list */
        of = i->next->node;
        latex_item *after = i->next->next;
        if (after && after->op == ' ' && after->node->kind == SYN_PAREN && of->kind == SYN_NAME) {
            of = latex_operators(p, SYN_PRODUCT, i->next, after->next, 2);
            after = after->next;
        }
        i->next = after;
    } else {
        of = rest_of(p, i->next);
        i->next = NULL;
    }
    syn *full = syn_new(p->memory, SYN_DERIVATIVE, span_join(s->at, of->at), s->count);
    memcpy(full->child, s->child, (size_t)s->count * sizeof *s->child);
    full->child[0] = latex_paren(p, of);
    full->number = s->number;
    full->text = s->text;
    full->flags = gradient ? 0 : LATEX_OPERATOR;
    i->node = full;
    list->count = 0;
    for (latex_item *k = list->first; k; k = k->next) {
        list->count++;
        list->last = k;
    }
    return true;
}

/* max(a, b) is a call; max_i x_i is none. */
static bool fold_greatest(latex_parser *p, latex_items *list, latex_item *i)
{
    latex_item *argument = i->next;
    if (i->node->count || !argument || argument->op != ' ' || argument->node->kind != SYN_PAREN || argument->node->count < 2)
        return false;
    syn *call = syn_new(p->memory, SYN_PRODUCT, span_join(i->node->at, argument->node->at), 2), *paren = syn_new(p->memory, SYN_PAREN, call->at, 1);
    call->text = "  ";
    call->child[0] = latex_key(p, intern_text(p->names, i->node->name), i->node->at);
    call->child[1] = argument->node;
    paren->child[0] = call;
    i->node = paren;
    i->next = argument->next;
    list->count--;
    if (list->last == argument)
        list->last = i;
    return true;
}

/* Σ_{j≠i} x_j is Σ_j [j ≠ i] x_j. */
static syn *under_condition(latex_parser *p, const syn *head, syn *binder, syn *body)
{
    const char *sign = intern_text(p->names, head->name);
    syn *condition = binder->child[0];
    binder->count = 0;
    if (strcmp(sign, "sum") == 0) {
        syn *product = latex_node(p, SYN_PRODUCT, latex_indicator(p, condition, condition->at), latex_paren(p, body), body->at);
        product->text = " *";
        return product;
    }
    if (strcmp(sign, "prod") != 0) {
        latex_trouble(p, condition->at, "a maximum under a condition is not read by deltac");
        return body;
    }
    syn *s = syn_new(p->memory, SYN_IF, body->at, 3);
    s->child[0] = condition;
    s->child[1] = body;
    s->child[2] = latex_leaf(p, SYN_NUMBER, "1", body->at);
    return latex_node(p, SYN_PAREN, s, NULL, body->at);
}

static void fold_sign(latex_parser *p, latex_items *list, latex_item *i)
{
    if (fold_greatest(p, list, i))
        return;

    syn *head = i->node, *body = rest_of(p, i->next);
    if (!body) {
        latex_trouble(p, head->at, "nothing stands behind this sign");
        return;
    }
    syn *s = syn_new(p->memory, SYN_REDUCE, span_join(head->at, body->at), head->count + 1);
    for (int k = 0; k < head->count; k++) {
        s->child[k] = head->child[k];
        if (head->child[k]->count && head->child[k]->child[0]->kind == SYN_COMPARE)
            body = under_condition(p, head, head->child[k], body);
    }
    s->child[head->count] = body;
    s->name = head->name;
    s->number = head->count;
    replace_rest(list, i, s);
}

static void fold_pair(latex_items *list, latex_item *i, syn *both)
{
    latex_item *second = i->next;
    i->node = both;
    i->next = second->next;
    list->count--;
    if (list->last == second)
        list->last = i;
}

/* 1(x > 0), 𝟙{x > 0}, I[x > 0] */
static bool fold_indicator(latex_parser *p, latex_items *list, latex_item *i)
{
    const syn *next = i->next && i->next->op == ' ' ? i->next->node : NULL;
    if (!next || !latex_is_one(p, i->node))
        return false;
    bool inside = (next->kind == SYN_PAREN || next->kind == SYN_SET) && next->count == 1;
    syn *condition = inside ? next->child[0] : NULL;
    span at = span_join(i->node->at, next->at);
    if (next->kind == SYN_BRACKET && next->count == 1 && i->node->kind != SYN_NUMBER)
        fold_pair(list, i, i->next->node);
    else if (condition && (condition->kind == SYN_COMPARE || condition->kind == SYN_LOGIC))
        fold_pair(list, i, latex_indicator(p, condition, at));
    else
        return false;
    return true;
}

/* (f ∘ g)(x) is f(g(x)). */
static bool fold_composition(latex_parser *p, latex_items *list, latex_item *i)
{
    const syn *inside = i->node->kind == SYN_PAREN && i->node->count == 1 ? i->node->child[0] : NULL;
    if (!inside || !(inside->flags & LATEX_COMPOSED) || inside->kind != SYN_PRODUCT || !i->next || i->next->op != ' ' || i->next->node->kind != SYN_PAREN)
        return false;
    syn *argument = i->next->node, *call = NULL;
    for (int k = inside->count - 1; k >= 0; k--) {
        call = latex_node(p, SYN_PRODUCT, inside->child[k], argument, span_join(inside->at, argument->at));
        call->text = "  ";
        argument = latex_node(p, SYN_PAREN, call, NULL, call->at);
    }
    fold_pair(list, i, list->count == 2 ? call : argument);
    return true;
}

static bool is_function_word(const latex_parser *p, const syn *s)
{
    while (s->kind == SYN_POWER || s->kind == SYN_PRIME)
        s = s->child[0];
    const char *key = s->kind == SYN_NAME && s->number == 1 ? intern_text(p->names, s->name) : "";
    return latex_function_word(key, strlen(key)) || strcmp(key, "trace") == 0 || strcmp(key, "det") == 0;
}

/* `\log p x`: takes the product that follows, up to an operator or another function. */
static void fold_function(latex_parser *p, latex_items *list, latex_item *i)
{
    latex_item *stop = i->next;
    int count = 0;
    const syn *bracket = stop ? stop->node : NULL;
    while (bracket && (bracket->kind == SYN_INDEX || bracket->kind == SYN_TRANSPOSE)) /* softmax(z)_i */
        bracket = bracket->child[0];
    if (!stop || stop->op != ' ' || bracket->kind == SYN_PAREN)
        return;
    while (stop && stop->op == ' ' && !(count && is_function_word(p, stop->node))) {
        bool sign = stop->node->kind == SYN_REDUCE && stop->node->count == stop->node->number;
        stop = sign ? NULL : stop->next; /* log Σ …: all that follows */
        count++;
    }
    if (!stop) {
        count = 0;
        for (const latex_item *k = i->next; k; k = k->next)
            count++;
    }
    latex_items inside = {.first = i->next, .count = count};
    latex_item *last = i->next;
    while (last->next != stop)
        last = last->next;
    last->next = NULL;
    inside.last = last;
    syn *argument = latex_product(p, &inside, i->node->at);
    latex_item *call = arena_alloc(p->memory, sizeof *call);
    *call = (latex_item){.node = latex_node(p, SYN_PAREN, argument, NULL, argument->at), .op = ' ', .next = stop};
    i->next = call;
    list->count = 0;
    for (latex_item *k = list->first; k; k = k->next) {
        list->count++;
        list->last = k;
    }
}

/* 𝔼[x y] is no product: an operator deltac does not know must not commute with anything. */
static void refuse_operator(latex_parser *p, const latex_item *i)
{
    if (i->node->kind != SYN_NAME || !i->next || i->next->op != ' ' || i->next->node->kind != SYN_PAREN)
        return;
    const char *key = intern_text(p->names, i->node->name);
    size_t length = strlen(key);
    bool double_struck = length == 3 && strcmp(key + 1, "bb") == 0, square = i->next->node->flags & LATEX_SQUARE;
    if (double_struck || (square && (strcmp(key, "E") == 0 || strcmp(key, "Var") == 0 || strcmp(key, "P") == 0)))
        latex_trouble(p, i->node->at, "this operator is not read by deltac");
}

syn *latex_product(latex_parser *p, latex_items *list, span at)
{
    (void)at;
    for (latex_item *i = list->first; i; i = i->next) {
        if (fold_slash(p, list, i) || fold_gradient(p, list, i) || fold_indicator(p, list, i) || fold_composition(p, list, i))
            continue;
        refuse_operator(p, i);
        if (i->node->kind == SYN_REDUCE && (i->node->count == i->node->number))
            fold_sign(p, list, i);
        else if (is_function_word(p, i->node))
            fold_function(p, list, i);
        else if (i->node->kind == SYN_SUM || i->node->kind == SYN_NEGATE)
            i->node = latex_node(p, SYN_PAREN, i->node, NULL, i->node->at);
    }
    return list->count == 1 ? list->first->node : latex_operators(p, SYN_PRODUCT, list->first, NULL, list->count);
}
