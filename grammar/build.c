/* Constructors of expressions. */
#include "build.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "delta.tab.h"

diagnostic *build_error(parser *p, span at, const char *format, ...) {
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    int length = vsnprintf(NULL, 0, format, list);
    va_end(list);
    char *message = arena_alloc(p->memory, (size_t)(length < 0 ? 0 : length) + 1);
    if (length > 0) vsnprintf(message, (size_t)length + 1, format, again);
    va_end(again);
    p->failed = true;
    return diag_add(p->errors, DIAG_ERROR, at, "%s", message);
}

/* --- lists --- */

items *items_new(parser *p) {
    items *list = p->free_list;
    if (!list) return arena_alloc(p->scratch, sizeof(items));
    p->free_list = (items *)(void *)list->first;
    *list = (items){0};
    return list;
}

static void list_done(parser *p, items *list) {
    list->first = (item *)(void *)p->free_list; /* a free list is chained by its first field */
    p->free_list = list;
}

void items_done(parser *p, items *list) {
    if (list->last) {
        list->last->next = p->free_item;
        p->free_item = list->first;
    }
    list_done(p, list);
}

static void append(items *list, item *i) {
    i->next = NULL;
    if (list->last)
        list->last->next = i;
    else
        list->first = i;
    list->last = i;
    list->count++;
}

items *items_add(parser *p, items *list, int op, syn *node) {
    item *i = p->free_item;
    if (i)
        p->free_item = i->next;
    else
        i = arena_alloc(p->scratch, sizeof *i);
    *i = (item){.node = node, .op = op};
    append(list, i);
    return list;
}

items *items_one(parser *p, syn *node) { return items_add(p, items_new(p), 0, node); }

items *items_pair(parser *p, items *list, syn *a, syn *b) {
    list = list ? list : items_new(p);
    return items_add(p, items_add(p, list, 0, a), 0, b);
}

items *items_rows(parser *p, items *list, items *row) {
    if (!list) {
        row->rows = 1;
        row->columns = row->count;
        return row;
    }
    if (row->count != list->columns)
        build_error(p, row->first->node->at, "the rows differ: %d in the first one, %d here", list->columns, row->count);
    list->rows++;
    for (item *i = row->first; i;) {
        item *next = i->next;
        append(list, i);
        i = next;
    }
    return list;
}

static void fill(parser *p, syn *s, int from, items *list) {
    for (const item *i = list->first; i; i = i->next) s->child[from++] = i->node;
    items_done(p, list);
}

/* --- general --- */

syn *build_leaf(parser *p, syn_kind kind, span at) { return syn_new(p->memory, kind, at, 0); }

syn *build_one(parser *p, syn_kind kind, syn *a, span at) {
    syn *s = syn_new(p->memory, kind, at, 1);
    s->child[0] = a;
    return s;
}

syn *build_two(parser *p, syn_kind kind, syn *a, syn *b, span at) {
    syn *s = syn_new(p->memory, kind, at, 2);
    s->child[0] = a;
    s->child[1] = b;
    return s;
}

syn *build_list(parser *p, syn_kind kind, items *list, span at) {
    syn *s = syn_new(p->memory, kind, at, list->count);
    fill(p, s, 0, list);
    return s;
}

syn *build_index_like(parser *p, syn_kind kind, syn *base, items *list, span at) {
    syn *s = syn_new(p->memory, kind, at, list->count + 1);
    s->child[0] = base;
    fill(p, s, 1, list);
    return s;
}

syn *build_index(parser *p, syn *base, items *list, span at) { return build_index_like(p, SYN_INDEX, base, list, at); }

syn *build_text(parser *p, syn_kind kind, const token *t, span at) {
    syn *s = build_leaf(p, kind, at);
    s->text = t->text;
    return s;
}

syn *build_number(parser *p, const token *t) { return build_text(p, SYN_NUMBER, t, t->at); }

sym build_key(parser *p, const token *t) {
    sym key = intern_puts(p->names, t->text);
    if (t->spelling) intern_note_spelling(p->names, key, intern_puts(p->names, t->spelling));
    return key;
}

static syn *named_leaf(parser *p, syn_kind kind, const token *t, span at, int count) {
    syn *s = syn_new(p->memory, kind, at, count);
    s->name = build_key(p, t);
    return s;
}

syn *build_name(parser *p, const token *t) { return named_leaf(p, SYN_NAME, t, t->at, 0); }

syn *build_named(parser *p, const token *t, syn *value, span at) {
    syn *s = named_leaf(p, SYN_NAMED, t, at, 1);
    s->child[0] = value;
    return s;
}

syn *build_family(parser *p, const token *t, syn *subscript, span at) {
    syn *s = named_leaf(p, SYN_FAMILY, t, at, 1);
    s->child[0] = subscript;
    return s;
}

/* --- sums and products --- */

static syn *with_operators(parser *p, syn_kind kind, const items *list, span at) {
    syn *s = syn_new(p->memory, kind, at, list->count);
    char *text = arena_alloc(p->memory, (size_t)list->count + 1);
    int n = 0;
    for (const item *i = list->first; i; i = i->next) {
        text[n] = (char)i->op;
        s->child[n++] = i->node;
    }
    s->text = text;
    return s;
}

static syn *flat(parser *p, syn_kind kind, items *list, span at) {
    syn *s = list->count == 1 ? list->first->node : with_operators(p, kind, list, at);
    items_done(p, list);
    return s;
}

syn *build_sum(parser *p, items *list, span at) { return flat(p, SYN_SUM, list, at); }

syn *build_product(parser *p, items *list, span at) {
    bool negative = list->negative;
    syn *s = flat(p, SYN_PRODUCT, list, at);
    return negative ? build_one(p, SYN_NEGATE, s, at) : s;
}

items *items_negate(items *list) {
    list->negative = !list->negative;
    return list;
}

/* The fractions that have a sign of their own (½) are one number, also when written (1/2). */
static const char *sign_fraction(const char *above, const char *below) {
    static const char *const known[] = {"1/2", "1/3", "2/3", "1/4", "3/4", "1/5", "2/5", "3/5", "4/5", "1/6", "5/6", "1/8", "3/8", "5/8", "7/8", "1/7", "1/9", "1/10"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t length = strlen(above);
        if (!strncmp(known[i], above, length) && known[i][length] == '/' && !strcmp(known[i] + length + 1, below)) return known[i];
    }
    return NULL;
}

static syn *fold_fraction(parser *p, syn *s) {
    if (s->kind == SYN_POWER) {
        syn *base = fold_fraction(p, s->child[0]);
        return base == s->child[0] ? s : build_two(p, SYN_POWER, base, s->child[1], s->at);
    }
    if (s->kind != SYN_PAREN || s->count != 1) return s;
    const syn *q = s->child[0];
    if (q->kind != SYN_PRODUCT || q->count != 2 || q->text[1] != '/' || q->child[0]->kind != SYN_NUMBER || q->child[1]->kind != SYN_NUMBER) return s;
    const char *value = sign_fraction(q->child[0]->text, q->child[1]->text);
    if (!value) return s;
    syn *number = build_leaf(p, SYN_NUMBER, s->at);
    number->text = value;
    return number;
}

items *items_operand(parser *p, items *list, int op, items *operand) {
    item *first = operand->first;
    first->op = op;
    list->negative ^= operand->negative;
    if (!list->count || op != ' ') first->node = fold_fraction(p, first->node);
    for (item *i = first; i;) {
        item *next = i->next;
        append(list, i);
        i = next;
    }
    list_done(p, operand);
    return list;
}

syn *build_single(parser *p, items *list) {
    if (list->count == 1) {
        syn *s = fold_fraction(p, list->first->node);
        items_done(p, list);
        return s;
    }
    list->first->op = list->last->op = ' ';
    return build_product(p, list, span_join(list->first->node->at, list->last->node->at));
}

syn *build_exponent(parser *p, items *list) {
    bool one = list->count == 1;
    syn *s = build_single(p, list);
    return one ? s : build_one(p, SYN_PAREN, s, s->at);
}

syn *build_power_sign(parser *p, syn *base, const token *t, span at) {
    syn *exponent = build_leaf(p, SYN_NUMBER, t->at);
    bool minus = t->text[0] == '-';
    exponent->text = t->text + minus;
    if (minus) exponent = build_one(p, SYN_NEGATE, exponent, t->at);
    return build_two(p, SYN_POWER, base, exponent, at);
}

syn *build_prime(parser *p, syn *base, const token *t, span at) {
    if (base->kind == SYN_PRIME) { /* σ'' is σ″ */
        syn *s = build_one(p, SYN_PRIME, base->child[0], at);
        s->number = base->number + t->number;
        return s;
    }
    syn *s = build_one(p, SYN_PRIME, base, at);
    s->number = t->number;
    return s;
}

syn *build_applied(parser *p, syn *function, syn *argument, span at) {
    items *list = items_add(p, items_add(p, items_new(p), ' ', function), ' ', argument);
    return build_product(p, list, at);
}

/* √ takes the operand behind it; √(x)² is (√(x))², as for every function. */
items *build_root(parser *p, const token *t, syn *operand) {
    syn *name = build_leaf(p, SYN_NAME, t->at);
    name->name = intern_puts(p->names, "sqrt");
    const syn *base = operand;
    while (base->kind == SYN_POWER || base->kind == SYN_INDEX || base->kind == SYN_TRANSPOSE || base->kind == SYN_HOLD) base = base->child[0];
    if (base->kind != SYN_PAREN) {
        if (operand->kind == SYN_POWER) {
            diagnostic *g = build_error(p, span_join(t->at, operand->at), "this root has two readings: does it hold the power or not?");
            diag_hint(g, "write √(x²) or (√x)²");
        }
        operand = build_one(p, SYN_PAREN, operand, operand->at);
    }
    return items_add(p, items_add(p, items_new(p), ' ', name), ' ', operand);
}

syn *build_bracket(parser *p, items *list, span at) {
    syn *s = build_list(p, SYN_BRACKET, list, at);
    s->number = list->rows;
    return s;
}

/* --- conditions --- */

syn *build_if(parser *p, syn *condition, syn *yes, syn *no, span at) {
    syn *s = syn_new(p->memory, SYN_IF, at, 3);
    s->child[0] = condition;
    s->child[1] = yes;
    s->child[2] = no;
    return s;
}

syn *build_logic(parser *p, const char *word, items *list, span at) {
    if (list->count == 1) {
        syn *only = list->first->node;
        items_done(p, list);
        return only;
    }
    items *all = items_new(p); /* a < b < c has become an `and` already */
    for (const item *i = list->first; i; i = i->next) {
        if (i->node->kind == SYN_LOGIC && !strcmp(i->node->text, word))
            for (int k = 0; k < i->node->count; k++) items_add(p, all, 0, i->node->child[k]);
        else
            items_add(p, all, 0, i->node);
    }
    syn *s = build_list(p, SYN_LOGIC, all, at);
    s->text = word;
    return s;
}

syn *build_not(parser *p, syn *a, span at) {
    syn *s = build_one(p, SYN_LOGIC, a, at);
    s->text = "not";
    return s;
}

static const char *comparison_text(int op) {
    switch (op) {
    case T_EQ: return "==";
    case T_NE: return "!=";
    case T_LT: return "<";
    case T_LE: return "<=";
    case T_GT: return ">";
    default: return ">=";
    }
}

syn *build_compare(parser *p, items *chain, span at) {
    items *parts = items_new(p);
    bool up = false, down = false, unequal = false;
    for (const item *i = chain->first; i->next; i = i->next) {
        int op = i->next->op;
        syn *s = build_two(p, SYN_COMPARE, i->node, i->next->node, span_join(i->node->at, i->next->node->at));
        s->text = comparison_text(op);
        up |= op == T_LT || op == T_LE;
        down |= op == T_GT || op == T_GE;
        unequal |= op == T_NE;
        items_add(p, parts, 0, s);
    }
    if (parts->count > 1 && (unequal || (up && down))) {
        diagnostic *g = build_error(p, at, "a chain of comparisons must go one way");
        diag_hint(g, "join comparisons with 'and'");
    }
    return build_logic(p, "and", parts, at);
}

syn *build_member(parser *p, syn *a, syn *b, span at) {
    syn *s = build_two(p, SYN_COMPARE, a, b, at);
    s->text = "in";
    if (b->kind != SYN_SET && b->kind != SYN_RANGE && b->kind != SYN_BRACKET) {
        diagnostic *g = build_error(p, b->at, "expected a set or a range after 'in'");
        diag_hint(g, "write {0, 1} or 0..n-1");
    }
    return s;
}

/* --- reductions --- */

syn *build_binder(parser *p, const token *t, syn *range, span at) {
    syn *s = named_leaf(p, SYN_BINDER, t, at, range ? 1 : 0);
    if (range) s->child[0] = range;
    return s;
}

syn *build_from(parser *p, const token *t, syn *low, span at) {
    syn *s = build_binder(p, t, build_two(p, SYN_RANGE, low, NULL, low->at), at);
    return s;
}

static bool lacks_upper(const syn *binder) { return binder->count && binder->child[0]->kind == SYN_RANGE && !binder->child[0]->child[1]; }

static void set_upper(parser *p, items *binders, items *upper) {
    for (item *i = binders ? binders->first : NULL; i; i = i->next) {
        if (!lacks_upper(i->node)) continue;
        if (upper && binders->count == 1) {
            syn *low = i->node->child[0]->child[0], *high = upper->first->node;
            i->node->child[0] = build_two(p, SYN_RANGE, low, high, span_join(low->at, high->at));
            return;
        }
        diagnostic *g = build_error(p, i->node->at, "'%s' has a lower end and no upper one", intern_text(p->names, intern_spelling(p->names, i->node->name)));
        diag_hint(g, "write Σ_{i=0}^{n-1} or Σ_{i in 0..n-1}");
        i->node->child[0] = build_two(p, SYN_RANGE, i->node->child[0]->child[0], i->node->child[0]->child[0], i->node->at);
        return;
    }
    if (!upper) return;
    diagnostic *g = build_error(p, upper->first->node->at, "an upper end needs a lower one");
    diag_hint(g, "write Σ_{i=0}^{n-1} or Σ_{i in 0..n-1}; a power of the sum (Σ_i …)²");
}

/* Cuts a body before its first `/ Σ …` or `/ sum(…)`: a '/' before another reduction ends the first. */
static items *cut_quotients(parser *p, items *body) {
    item *end = body->first; /* the last operand that stays */
    while (end->next && !(end->next->op == '/' && end->next->node->kind == SYN_REDUCE)) end = end->next;
    if (!end->next) end = NULL;
    items *rest = items_new(p);
    if (!end) return rest;
    item *i = end->next;
    end->next = NULL;
    while (i) {
        item *next = i->next;
        append(rest, i);
        i = next;
    }
    body->last = end;
    body->count -= rest->count;
    return rest;
}

static syn *reduce_node(parser *p, const token *t, items *binders, syn *body, span at) {
    int count = binders ? binders->count : 0;
    syn *s = syn_new(p->memory, SYN_REDUCE, at, count + 1);
    s->name = intern_puts(p->names, t->text);
    s->number = count;
    if (binders) fill(p, s, 0, binders);
    s->child[count] = body;
    return s;
}

items *build_reduce(parser *p, const token *t, items *binders, items *upper, items *body, span at) {
    set_upper(p, binders, upper);
    items *rest = cut_quotients(p, body);
    span inner = span_join(body->first->node->at, body->last->node->at);
    items *result = items_new(p);
    span whole = rest->count ? span_join((span){at.source, at.begin, at.begin}, inner) : at;
    syn *product = build_product(p, body, inner);
    if (product->kind == SYN_NEGATE) product = build_one(p, SYN_PAREN, product, inner);
    items_add(p, result, ' ', reduce_node(p, t, binders, product, whole));
    for (item *i = rest->first; i;) {
        item *next = i->next;
        append(result, i);
        i = next;
    }
    return result;
}

syn *build_reduce_call(parser *p, const token *t, items *binders, syn *body, span at) {
    set_upper(p, binders, NULL);
    return reduce_node(p, t, binders, body, at);
}

/* --- derivatives --- */

items *build_below(parser *p, items *list, syn *name) {
    list = list ? list : items_new(p);
    if (name->kind != SYN_POWER) return items_add(p, list, 0, name);
    const syn *exponent = name->child[1];
    int times = exponent->kind == SYN_NUMBER && strlen(exponent->text) < 4 ? atoi(exponent->text) : 0;
    if (times < 1 || times > 100) {
        build_error(p, exponent->at, "the order of a derivative is a whole number from 1 to 100");
        times = 1;
    }
    for (int i = 0; i < times; i++) items_add(p, list, 0, name->child[0]);
    return list;
}

syn *build_derivative(parser *p, const token *t, syn *above, items *below, span at) {
    if (t->number != below->count) {
        diagnostic *g = build_error(p, at, "this derivative is of order %d above and of order %d below", t->number, below->count);
        diag_hint(g, "write ∂u/∂x, ∂²u/∂x², ∂²u/∂x∂t; a power of a derivative (∂u/∂x)²");
    }
    syn *s = build_index_like(p, SYN_DERIVATIVE, above, below, at);
    s->number = t->number;
    return s;
}

syn *build_gradient(parser *p, syn *name, syn *operand, span at) {
    syn *s = build_two(p, SYN_DERIVATIVE, operand, name, at);
    s->number = 1;
    s->text = "grad";
    return s;
}
