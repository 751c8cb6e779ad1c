/* The page's own expressions as presentation trees: what the author wrote, in the author's order, nothing simplified. Only what the syntax leaves open is
 * settled here: which names are functions, and so what a parenthesis after a name is. */
#include <string.h>

#include "gen/dag/ops.h"
#include "gen/emit/write.h"

typedef struct {
    const model *m;
    arena *memory;
} reader;

static notation *read_tree(const reader *r, const syn *s);

static notation *name_of(const reader *r, sym key)
{
    return notation_text(r->memory, NOTATION_NAME, intern_text(r->m->names, intern_spelling(r->m->names, key)));
}

/* mean_edge, sum_edge, max_edge of a population of the page. */
static bool is_batch_word(const model *m, const char *text)
{
    static const char *const words[] = {"mean_", "sum_", "max_"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (int p = 0; p < m->population_count && strncmp(text, words[i], strlen(words[i])) == 0; p++)
            if (p && strcmp(text + strlen(words[i]), intern_text(m->names, m->population[p])) == 0)
                return true;
    return false;
}

static bool is_function(const reader *r, sym key)
{
    static const char *const words[] = {"sum", "prod", "mean", "norm", "trace", "det", "inv", "diag", "dot", "outer", "argmax", "argmin", "onehot", "softmax",
                                        "log_softmax", "logsumexp", "sqrt", "pow", "mean_batch", "sum_batch", "max_batch", "known", "E"};
    for (int i = 0; i < r->m->function_count; i++)
        if (r->m->function[i].key == key)
            return true;
    if (model_find_var(r->m, key) >= 0 || model_find_size(r->m, key) >= 0)
        return false;
    const char *text = intern_text(r->m->names, key);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], text) == 0)
            return true;
    if (is_batch_word(r->m, text))
        return true;
    int o = op_find(text);
    return o >= 0 && op_get((op)o)->arity > 0;
}

static const syn *function_name(const reader *r, const syn *s)
{
    const syn *name = s->kind == SYN_PRIME ? s->child[0] : s;
    bool named = name->kind == SYN_NAME || name->kind == SYN_FAMILY;
    return named && is_function(r, name->name) ? name : NULL;
}

static notation *list_of(const reader *r, const syn *s, notation_kind kind, int from)
{
    notation *t = notation_new(r->memory, kind, s->count - from);
    for (int i = from; i < s->count; i++)
        t->child[i - from] = read_tree(r, s->child[i]);
    return t;
}

static notation *with_text(notation *t, const char *text)
{
    t->text = text;
    return t;
}

static notation *entry_of(const reader *r, notation *base, const syn *s, int from)
{
    notation *t = notation_new(r->memory, NOTATION_ENTRY, 1 + s->count - from);
    t->child[0] = base;
    for (int i = from; i < s->count; i++)
        t->child[1 + i - from] = read_tree(r, s->child[i]);
    return t;
}

/* --- products and calls --- */

/* The parenthesis at the bottom of (…)², (…)[i], (…)ᵀ; NULL for other operands. */
static const syn *paren_of(const syn *s)
{
    while (s && (s->kind == SYN_POWER || s->kind == SYN_INDEX || s->kind == SYN_TRANSPOSE))
        s = s->child[0];
    return s && s->kind == SYN_PAREN ? s : NULL;
}

static notation *call_of(const reader *r, const syn *callee, const syn *const *argument, int count)
{
    notation *t = notation_new(r->memory, NOTATION_CALL, 1 + count);
    t->child[0] = read_tree(r, callee->kind == SYN_PRIME ? callee->child[0] : callee);
    t->number = callee->kind == SYN_PRIME ? callee->number : 0;
    for (int i = 0; i < count; i++)
        t->child[1 + i] = read_tree(r, argument[i]);
    return t;
}

/* f before (u)²: the power and the index belong to the call. */
static notation *wrapped_call(const reader *r, const syn *callee, const syn *s)
{
    if (s->kind == SYN_PAREN)
        return call_of(r, callee, (const syn *const *)s->child, s->count);
    notation *inner = wrapped_call(r, callee, s->child[0]);
    if (s->kind == SYN_POWER)
        return notation_two(r->memory, NOTATION_POWER, inner, read_tree(r, s->child[1]));
    if (s->kind == SYN_TRANSPOSE)
        return notation_one(r->memory, NOTATION_TRANSPOSE, inner);
    return entry_of(r, inner, s, 1);
}

static notation *close_product(const reader *r, notation *const *list, const char *marks, int count)
{
    if (count == 1)
        return list[0];
    notation *t = notation_new(r->memory, NOTATION_PRODUCT, count);
    t->marks = arena_strndup(r->memory, marks, (size_t)count);
    memcpy(t->child, list, (size_t)count * sizeof *list);
    return t;
}

static notation *derivative(const reader *r, const syn *s, notation *of);

/* One operand from position *at on: a name and its parenthesis together. */
static notation *operand_at(const reader *r, const syn *s, int *at)
{
    const syn *first = s->child[*at], *next = *at + 1 < s->count && s->text[*at + 1] == ' ' ? s->child[*at + 1] : NULL;
    if (next && first->kind == SYN_DERIVATIVE && !first->child[0]) {
        ++*at;
        return derivative(r, first, operand_at(r, s, at));
    }
    /* Where initial values are told, normal(0, 1) is no function of the language. */
    const bool told = next && first->kind == SYN_NAME && next->kind == SYN_PAREN && next->count > 1;
    if (next && (told || function_name(r, first))) {
        ++*at;
        if (paren_of(next))
            return wrapped_call(r, first, next);
        notation *inner = operand_at(r, s, at), *t = notation_two(r->memory, NOTATION_CALL, NULL, inner);
        t->child[0] = read_tree(r, first->kind == SYN_PRIME ? first->child[0] : first);
        t->number = first->kind == SYN_PRIME ? first->number : 0;
        return t;
    }
    return read_tree(r, first);
}

static notation *product(const reader *r, const syn *s)
{
    notation **list = arena_alloc(r->memory, (size_t)(s->count + 1) * sizeof *list);
    char *marks = arena_alloc(r->memory, (size_t)s->count + 1);
    int count = 0;
    for (int i = 0; i < s->count; i++) {
        char mark = s->text[i];
        notation *x = operand_at(r, s, &i);
        if (mark == '/') {
            list[0] = notation_two(r->memory, NOTATION_QUOTIENT, close_product(r, list, marks, count), x);
            count = 1;
            continue;
        }
        marks[count] = count == 0 || mark == '*' ? ' ' : mark;
        list[count++] = x;
    }
    return close_product(r, list, marks, count);
}

/* --- derivatives --- */

static const char *order_text(int order)
{
    static const char *const super[] = {"", "", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    return order < 10 ? super[order] : "ⁿ";
}

/* ∂t as a factor of ∂x∂t. */
static notation *marked(const reader *r, const syn *by)
{
    notation *t = read_tree(r, by);
    notation *name = t->kind == NOTATION_ENTRY ? t->child[0] : t;
    if (name->kind == NOTATION_NAME)
        name->text = arena_printf(r->memory, "∂%s", name->text);
    return t;
}

static notation *denominator(const reader *r, const syn *s)
{
    int same = 1;
    while (1 + same < s->count && syn_equal(s->child[1], s->child[1 + same]))
        same++;
    notation *first = read_tree(r, s->child[1]);
    if (s->count == 2)
        return first;
    if (same == s->count - 1)
        return notation_two(r->memory, NOTATION_POWER, first, notation_text(r->memory, NOTATION_NUMBER, arena_printf(r->memory, "%d", same)));
    notation *t = notation_new(r->memory, NOTATION_PRODUCT, s->count - 1);
    t->marks = arena_alloc(r->memory, (size_t)s->count);
    memset(t->marks, ' ', (size_t)s->count - 1);
    t->child[0] = first;
    for (int i = 2; i < s->count; i++)
        t->child[i - 1] = marked(r, s->child[i]);
    return t;
}

static notation *derivative(const reader *r, const syn *s, notation *of)
{
    if (s->text && strcmp(s->text, "grad") == 0 && s->count > 1) {
        notation *sign = notation_two(r->memory, NOTATION_ENTRY, notation_text(r->memory, NOTATION_NAME, "∇"), read_tree(r, s->child[1]));
        return of ? close_product(r, (notation *[]){sign, of}, "  ", 2) : sign;
    }
    notation *t = notation_two(r->memory, NOTATION_DERIVATIVE, of ? of : notation_text(r->memory, NOTATION_NAME, ""), denominator(r, s));
    t->text = order_text(s->number);
    return t;
}

/* --- the rest --- */

static notation *sum(const reader *r, const syn *s)
{
    notation *t = list_of(r, s, NOTATION_SUM, 0);
    t->marks = arena_strndup(r->memory, s->text, (size_t)s->count);
    return t;
}

static notation *binder(const reader *r, const syn *s)
{
    const syn *range = s->count ? s->child[0] : NULL;
    notation *name = name_of(r, s->name);
    if (!range)
        return notation_one(r->memory, NOTATION_BINDER, name);
    if (range->kind != SYN_RANGE)
        return notation_two(r->memory, NOTATION_BINDER, name, read_tree(r, range));
    notation *t = notation_new(r->memory, NOTATION_BINDER, 3);
    t->child[0] = name;
    t->child[1] = read_tree(r, range->child[0]);
    t->child[2] = read_tree(r, range->child[1]);
    return t;
}

static notation *reduce(const reader *r, const syn *s)
{
    notation *t = list_of(r, s, NOTATION_REDUCE, 0);
    t->text = intern_text(r->m->names, s->name);
    t->number = s->count - 1;
    return t;
}

/* A |_{t = 0}: only one value is put in in the presentation tree; several are a list of what is held. */
static notation *hold(const reader *r, const syn *s)
{
    const syn *first = s->child[1];
    if (s->count == 2 && first->kind == SYN_NAMED) {
        notation *t = notation_new(r->memory, NOTATION_AT, 3);
        t->child[0] = read_tree(r, s->child[0]);
        t->child[1] = name_of(r, first->name);
        t->child[2] = read_tree(r, first->child[0]);
        return t;
    }
    notation *t = list_of(r, s, NOTATION_AT, 0);
    t->number = 1;
    return t;
}

static notation *bracket(const reader *r, const syn *s)
{
    if (s->count == 1 && (s->child[0]->kind == SYN_COMPARE || s->child[0]->kind == SYN_LOGIC))
        return notation_one(r->memory, NOTATION_IVERSON, read_tree(r, s->child[0]));
    notation *t = with_text(list_of(r, s, NOTATION_CALL, 0), "[]");
    t->number = s->number;
    return t;
}

static notation *paren(const reader *r, const syn *s)
{
    if (s->count == 1)
        return read_tree(r, s->child[0]);
    return with_text(list_of(r, s, NOTATION_CALL, 0), "[]");
}

static notation *named(const reader *r, const syn *s)
{
    return with_text(notation_two(r->memory, NOTATION_COMPARE, name_of(r, s->name), read_tree(r, s->child[0])), "==");
}

static notation *prime(const reader *r, const syn *s)
{
    notation *t = notation_one(r->memory, NOTATION_CALL, read_tree(r, s->child[0]));
    t->number = s->number;
    return t;
}

static notation *comparison(const reader *r, const syn *s)
{
    notation *t = list_of(r, s, NOTATION_COMPARE, 0);
    return with_text(t, s->text);
}

static notation *read_tree(const reader *r, const syn *s)
{
    arena *a = r->memory;
    if (!s)
        return notation_text(a, NOTATION_NAME, "");
    switch (s->kind) {
    case SYN_NUMBER: return notation_text(a, NOTATION_NUMBER, s->text);
    case SYN_NAME: return name_of(r, s->name);
    case SYN_FAMILY: return notation_two(a, NOTATION_ENTRY, name_of(r, s->name), read_tree(r, s->child[0]));
    case SYN_PAREN: return paren(r, s);
    case SYN_NAMED: return named(r, s);
    case SYN_SUM: return sum(r, s);
    case SYN_PRODUCT: return product(r, s);
    case SYN_NEGATE: return notation_one(a, NOTATION_NEGATE, read_tree(r, s->child[0]));
    case SYN_POWER: return notation_two(a, NOTATION_POWER, read_tree(r, s->child[0]), read_tree(r, s->child[1]));
    case SYN_TRANSPOSE: return notation_one(a, NOTATION_TRANSPOSE, read_tree(r, s->child[0]));
    case SYN_PRIME: return prime(r, s);
    case SYN_INDEX: return entry_of(r, read_tree(r, s->child[0]), s, 1);
    case SYN_HOLD: return hold(r, s);
    case SYN_ABS: return notation_one(a, NOTATION_ABS, read_tree(r, s->child[0]));
    case SYN_NORM: return notation_call(a, "norm", read_tree(r, s->child[0]));
    case SYN_IF: return list_of(r, s, NOTATION_IF, 0);
    case SYN_COMPARE: return comparison(r, s);
    case SYN_LOGIC: return with_text(list_of(r, s, NOTATION_LOGIC, 0), s->text);
    case SYN_BRACKET: return bracket(r, s);
    case SYN_SET: return with_text(list_of(r, s, NOTATION_CALL, 0), "{}");
    case SYN_RANGE: return with_text(notation_two(a, NOTATION_COMPARE, read_tree(r, s->child[0]), read_tree(r, s->child[1])), "..");
    case SYN_REDUCE: return reduce(r, s);
    case SYN_BINDER: return binder(r, s);
    case SYN_DERIVATIVE: return derivative(r, s, s->child[0] ? read_tree(r, s->child[0]) : NULL);
    default: break;
    }
    const source *text = s->at.source >= 0 ? source_get(r->m->sources, s->at.source) : NULL;
    return notation_text(a, NOTATION_NAME, text ? arena_strndup(a, text->text + s->at.begin, (size_t)(s->at.end - s->at.begin)) : "");
}

notation *notation_of_syntax(const model *m, arena *a, const syn *tree)
{
    return read_tree(&(reader){m, a}, tree);
}
