/* Presentation trees to boxes: where a parenthesis is needed once fractions, roots and scripts stand in two dimensions. */
#include <string.h>

#include "gen/dag/ops.h"
#include "gen/emit/box_parts.h"

typedef enum { LEVEL_ANY, LEVEL_SUM, LEVEL_TERM, LEVEL_OPERAND, LEVEL_PRIMARY } level;

static level level_of(const notation *t)
{
    switch (t->kind) {
    case NOTATION_LOGIC:
    case NOTATION_MAPPING:
    case NOTATION_IF:
    case NOTATION_COMPARE: return LEVEL_ANY;
    case NOTATION_SUM: return LEVEL_SUM;
    case NOTATION_NEGATE:
    case NOTATION_PRODUCT:
    case NOTATION_REDUCE: return LEVEL_TERM;
    case NOTATION_NUMBER: return strpbrk(t->text, "/eE") ? LEVEL_OPERAND : LEVEL_PRIMARY;
    case NOTATION_NAME: return strstr(t->text, "/∂") ? LEVEL_OPERAND : LEVEL_PRIMARY;
    case NOTATION_QUOTIENT:
    case NOTATION_POWER:
    case NOTATION_ROOT:
    case NOTATION_AT:
    case NOTATION_DERIVATIVE: return LEVEL_OPERAND;
    default: return LEVEL_PRIMARY;
    }
}

/* --- trees --- */

/* `tail`: the product this stands in ends here, so a reduction may stand without parentheses. */
static box *tree(arena *a, const notation *t, bool tail);

static box *at_level(arena *a, const notation *t, level least, bool tail)
{
    return level_of(t) < least ? box_fence(a, "(", ")", tree(a, t, true)) : tree(a, t, tail);
}

static box *list_box(arena *a, const notation *t, int from, const char *between)
{
    box_row r = {.memory = a};
    for (int i = from; i < t->count; i++) {
        if (i > from)
            box_row_text(&r, BOX_COMMA, between);
        box_row_add(&r, tree(a, t->child[i], true));
    }
    return box_row_end(&r);
}

/* 2e-3 is 2 · 10⁻³ */
static box *scientific(arena *a, const char *text, const char *mark)
{
    box_row r = {.memory = a}, above = {.memory = a};
    char *digits = arena_strndup(a, text, (size_t)(mark - text));
    const char *power = mark + 1;
    if (strcmp(digits, "1") != 0) {
        box_row_text(&r, BOX_NUMBER, digits);
        box_row_text(&r, BOX_SIGN, "·");
    }
    if (*power == '-')
        box_row_text(&above, BOX_PREFIX, "−");
    power += *power == '-' || *power == '+';
    box_row_text(&above, BOX_NUMBER, power);
    box_row_add(&r, box_script(a, box_text(a, BOX_NUMBER, "10"), NULL, box_row_end(&above)));
    return box_row_end(&r);
}

static box *number_box(arena *a, const char *text)
{
    const char *bar = strchr(text, '/'), *mark = strpbrk(text, "eE");
    if (mark && !bar)
        return scientific(a, text, mark);
    if (!bar)
        return box_text(a, BOX_NUMBER, text);
    box *b = box_fraction(a, box_text(a, BOX_NUMBER, arena_strndup(a, text, (size_t)(bar - text))), box_text(a, BOX_NUMBER, bar + 1));
    b->number = 1; /* small */
    b->tall = false;
    b->width = 0.5;
    return b;
}

static box *sum_term(arena *a, const notation *t, int i)
{
    const notation *term = t->child[i];
    bool sign = term->kind == NOTATION_NEGATE && (i || t->marks[i] == '-');
    return sign ? box_fence(a, "(", ")", tree(a, term, true)) : at_level(a, term, LEVEL_TERM, true);
}

static void add_term(box_row *r, const notation *t, int i)
{
    bool minus = t->marks[i] == '-';
    if (i || minus)
        box_row_text(r, i ? BOX_SIGN : BOX_PREFIX, minus ? "−" : "+");
    box_row_add(r, sum_term(r->memory, t, i));
}

static box *sum_box(arena *a, const notation *t)
{
    box_row r = {.memory = a};
    for (int i = 0; i < t->count; i++)
        add_term(&r, t, i);
    return box_row_end(&r);
}

static const notation *first_of(const notation *t)
{
    while (t->kind == NOTATION_POWER || t->kind == NOTATION_ENTRY || t->kind == NOTATION_TRANSPOSE)
        t = t->child[0];
    return t;
}

/* Does b need a visible sign before it? Numbers would run together, a bracket would look like an index. */
static bool needs_dot(const notation *b)
{
    const notation *f = first_of(b);
    return f->kind == NOTATION_NUMBER || f->kind == NOTATION_IVERSON;
}

static bool is_wide(const box *b)
{
    while (b->kind == BOX_SCRIPT)
        b = b->child[0];
    return b->kind == BOX_WORD || b->kind == BOX_FRACTION || b->kind == BOX_FENCE || b->kind == BOX_ROW;
}

static void add_mark(box_row *r, char mark, const notation *after, const box *left, const box *right)
{
    if (mark == 'o')
        box_row_text(r, BOX_SIGN, "⊙");
    else if (mark == '%')
        box_row_text(r, BOX_SIGN, "⊘");
    else if (mark == '.' || needs_dot(after))
        box_row_text(r, BOX_SIGN, "·");
    else {
        box_row_text(r, BOX_TIMES, "");
        if (is_wide(left) || is_wide(right))
            box_row_text(r, BOX_SPACE, "");
    }
}

static box *product_box(arena *a, const notation *t, bool tail)
{
    box_row r = {.memory = a};
    box *before = NULL;
    for (int i = 0; i < t->count; i++) {
        bool end = tail && i == t->count - 1, bare = end && t->child[i]->kind == NOTATION_REDUCE && t->marks[i] == ' ';
        box *operand = at_level(a, t->child[i], bare ? LEVEL_TERM : LEVEL_OPERAND, end);
        if (before)
            add_mark(&r, t->marks[i], t->child[i], before, operand);
        box_row_add(&r, operand);
        before = operand;
    }
    return box_row_end(&r);
}

/* Puts a power or ᵀ on a box: into its own script when that has room, on the last parenthesis of a call. */
static box *raised(arena *a, const notation *base, box *above)
{
    bool loose = base->kind == NOTATION_DERIVATIVE || base->kind == NOTATION_QUOTIENT || level_of(base) < LEVEL_PRIMARY;
    box *b = loose ? box_fence(a, "(", ")", tree(a, base, true)) : tree(a, base, false);
    if (b->kind == BOX_SCRIPT && !b->child[2])
        return box_script(a, b->child[0], b->child[1], above);
    if (b->kind == BOX_SCRIPT)
        return box_script(a, box_fence(a, "(", ")", b), NULL, above);
    if (b->kind != BOX_ROW || b->count == 0)
        return box_script(a, b, NULL, above);
    box_row r = {.memory = a};
    for (int i = 0; i + 1 < b->count; i++)
        box_row_add(&r, b->child[i]);
    box_row_add(&r, box_script(a, b->child[b->count - 1], NULL, above));
    return box_row_end(&r);
}

static bool is_short_index(const notation *t)
{
    if (t->kind != NOTATION_NAME)
        return false;
    int letters = 0;
    for (const char *s = t->text; *s; s++)
        letters += ((unsigned char)*s & 0xc0) != 0x80;
    return letters == 1;
}

static box *entry_box(arena *a, const notation *t)
{
    bool tight = true;
    for (int i = 1; i < t->count; i++)
        tight = tight && is_short_index(t->child[i]);
    box_row r = {.memory = a};
    for (int i = 1; i < t->count; i++) {
        if (i > 1 && !tight)
            box_row_text(&r, BOX_COMMA, ",");
        box_row_add(&r, tree(a, t->child[i], true));
    }
    box *base = at_level(a, t->child[0], LEVEL_PRIMARY, false);
    if (base->kind == BOX_SCRIPT || (base->kind == BOX_ROW && t->child[0]->kind == NOTATION_NAME))
        base = box_fence(a, "(", ")", base);
    return box_script(a, base, box_row_end(&r), NULL);
}

/* --- calls --- */

static bool is_name(const notation *t, const char *text)
{
    return t->kind == NOTATION_NAME && strcmp(t->text, text) == 0;
}

static box *root_box(arena *a, const notation *t)
{
    box *b = box_new(a, BOX_ROOT, 1);
    b->child[0] = tree(a, t, true);
    b->tall = b->child[0]->tall;
    b->width = b->child[0]->width + 0.8;
    return b;
}

/* log_softmax, leaky_relu: words of the language, no name with a subscript. */
static bool is_language_word(const notation *f)
{
    return f->kind == NOTATION_NAME && strchr(f->text, '_') && (op_find(f->text) >= 0 || strcmp(f->text, "log_softmax") == 0);
}

static const char *hyphened(arena *a, const char *text)
{
    char *copy = arena_strndup(a, text, strlen(text));
    for (char *c = copy; *c; c++)
        *c = *c == '_' ? '-' : *c;
    return copy;
}

static box *callee_box(arena *a, const notation *t)
{
    const notation *f = t->child[0];
    box *b = is_language_word(f) ? box_text(a, BOX_FUNCTION, hyphened(a, f->text)) : at_level(a, f, LEVEL_PRIMARY, false);
    if (b->kind == BOX_WORD)
        b = box_text(a, BOX_FUNCTION, b->text);
    if (b->kind == BOX_SCRIPT && b->child[0]->kind == BOX_WORD)
        b = box_script(a, box_text(a, BOX_FUNCTION, b->child[0]->text), b->child[1], b->child[2]);
    if (t->number == 0)
        return b;
    box *primes = box_text(a, BOX_PRIMES, "");
    primes->number = t->number;
    return b->kind == BOX_SCRIPT && !b->child[2] ? box_script(a, b->child[0], b->child[1], primes) : box_script(a, b, NULL, primes);
}

static box *bracketed(arena *a, const notation *t, const char *open, const char *close)
{
    box_row r = {.memory = a};
    int per_row = t->number > 0 ? t->count / t->number : t->count;
    for (int i = 0; i < t->count; i++) {
        if (i)
            box_row_text(&r, BOX_COMMA, per_row > 0 && i % per_row == 0 ? ";" : ",");
        box_row_add(&r, tree(a, t->child[i], true));
    }
    return box_fence(a, open, close, box_row_end(&r));
}

static box *call_box(arena *a, const notation *t)
{
    static const struct {
        const char *name, *open, *close;
    } signs[] = {{"norm", "‖", "‖"}, {"floor", "⌊", "⌋"}, {"ceil", "⌈", "⌉"}, {"abs", "|", "|"}};
    if (t->text && (strcmp(t->text, "[]") == 0 || strcmp(t->text, "{}") == 0))
        return bracketed(a, t, t->text[0] == '[' ? "[" : "{", t->text[0] == '[' ? "]" : "}");
    if (t->count == 1)
        return callee_box(a, t);
    if (t->count == 2 && t->number == 0) {
        if (is_name(t->child[0], "sqrt"))
            return root_box(a, t->child[1]);
        for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
            if (is_name(t->child[0], signs[i].name))
                return box_fence(a, signs[i].open, signs[i].close, tree(a, t->child[1], true));
    }
    box_row r = {.memory = a};
    box_row_add(&r, callee_box(a, t));
    box_row_text(&r, BOX_APPLY, "");
    box_row_add(&r, box_fence(a, "(", ")", list_box(a, t, 1, ",")));
    return box_row_end(&r);
}

/* --- conditions --- */

static box *compare_box(arena *a, const notation *t)
{
    static const char *const sign[][2] = {{"==", "="}, {"!=", "≠"}, {"<=", "≤"}, {">=", "≥"}, {"in", "∈"}, {"~", "∼"}, {"<-", "←"}, {"..", "…"}};
    const char *text = t->text;
    for (size_t i = 0; i < sizeof sign / sizeof *sign; i++)
        if (strcmp(text, sign[i][0]) == 0)
            text = sign[i][1];
    box_row r = {.memory = a};
    box_row_add(&r, at_level(a, t->child[0], LEVEL_SUM, true));
    box_row_text(&r, BOX_SIGN, text);
    box_row_add(&r, at_level(a, t->child[1], LEVEL_SUM, true));
    return box_row_end(&r);
}

static box *logic_box(arena *a, const notation *t)
{
    box_row r = {.memory = a};
    const char *sign = strcmp(t->text, "and") == 0 ? "∧" : strcmp(t->text, "or") == 0 ? "∨" : "¬";
    for (int i = 0; i < t->count; i++) {
        if (i || t->count == 1)
            box_row_text(&r, i ? BOX_SIGN : BOX_PREFIX, sign);
        box_row_add(&r, t->child[i]->kind == NOTATION_COMPARE ? tree(a, t->child[i], true) : at_level(a, t->child[i], LEVEL_SUM, true));
    }
    return box_row_end(&r);
}

static box *cases_box(arena *a, const notation *t)
{
    box_row r = {.memory = a};
    double width = 0;
    for (; t->kind == NOTATION_IF; t = t->child[2]) {
        box_row_add(&r, tree(a, t->child[1], true));
        box_row_add(&r, tree(a, t->child[0], true));
        double w = 3 + r.list[r.count - 1]->width + r.list[r.count - 2]->width;
        width = w > width ? w : width;
    }
    box_row_add(&r, tree(a, t, true));
    box *b = box_new(a, BOX_CASES, 0);
    b->child = r.list;
    b->count = r.count;
    b->tall = true;
    b->width = width;
    return b;
}

/* --- reductions --- */

/* Below a sign: i, or 0 ≤ i ≤ n − 1, or i ∈ S. */
static void add_binder(box_row *r, const notation *b)
{
    if (b->count == 3) {
        box_row_add(r, at_level(r->memory, b->child[1], LEVEL_SUM, true));
        box_row_text(r, BOX_SIGN, "≤");
    }
    box_row_add(r, tree(r->memory, b->child[0], true));
    if (b->count >= 2) {
        box_row_text(r, BOX_SIGN, b->count == 3 ? "≤" : "∈");
        box_row_add(r, at_level(r->memory, b->child[b->count - 1], LEVEL_SUM, true));
    }
}

static box *limits_of(arena *a, box *sign, const notation *t, bool large)
{
    box *b = box_new(a, BOX_LIMITS, 3);
    box_row below = {.memory = a};
    b->child[0] = sign;
    if (large && t->number == 1 && t->child[0]->count == 3) {
        const notation *i = t->child[0];
        box_row_add(&below, tree(a, i->child[0], true));
        box_row_text(&below, BOX_SIGN, "=");
        box_row_add(&below, tree(a, i->child[1], true));
        b->child[2] = tree(a, i->child[2], true);
    } else {
        for (int i = 0; i < t->number; i++) {
            if (i)
                box_row_text(&below, BOX_COMMA, ",");
            add_binder(&below, t->child[i]);
        }
    }
    b->child[1] = box_row_end(&below);
    b->tall = true;
    b->width = 0.7 * b->child[1]->width > sign->width ? 0.7 * b->child[1]->width : sign->width;
    return b;
}

static box *reduce_box(arena *a, const notation *t)
{
    bool sum = strcmp(t->text, "sum") == 0, large = sum || strcmp(t->text, "prod") == 0;
    const notation *body = t->child[t->number];
    box *sign = large ? box_text(a, BOX_LARGE, sum ? "∑" : "∏") : box_name(a, t->text);
    if (sign->kind == BOX_WORD)
        sign = box_text(a, BOX_FUNCTION, sign->text);
    box_row r = {.memory = a};
    box_row_add(&r, t->number ? limits_of(a, sign, t, large) : sign);
    box_row_text(&r, BOX_SPACE, "");
    box_row_add(&r, body->kind == NOTATION_NEGATE ? box_fence(a, "(", ")", tree(a, body, true)) : at_level(a, body, LEVEL_TERM, true));
    return box_row_end(&r);
}

/* --- derivatives --- */

static box *partial(arena *a, const char *order, box *of)
{
    box_row r = {.memory = a};
    box *sign = box_text(a, BOX_PREFIX, "∂");
    box_row_add(&r, *order ? box_script(a, sign, NULL, box_text(a, BOX_NUMBER, order)) : sign);
    if (of)
        box_row_add(&r, of);
    return box_row_end(&r);
}

/* "²" as digits. */
static const char *plain_order(arena *a, const char *text)
{
    static const char *const super[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    for (int i = 0; text && *text && i < 10; i++)
        if (strcmp(text, super[i]) == 0)
            return arena_printf(a, "%d", i);
    return text ? text : "";
}

static box *derivative_box(arena *a, const notation *t)
{
    const notation *of = t->child[0];
    const char *order = plain_order(a, t->text);
    bool on_top = (of->kind == NOTATION_NAME && !strstr(of->text, "/∂")) || of->kind == NOTATION_ENTRY || (of->kind == NOTATION_CALL && of->count > 1);
    box *by = partial(a, "", at_level(a, t->child[1], *order ? LEVEL_ANY : LEVEL_PRIMARY, false));
    if (on_top)
        return box_fraction(a, partial(a, order, tree(a, of, false)), by);
    box_row r = {.memory = a};
    box_row_add(&r, box_fraction(a, partial(a, order, NULL), by));
    box_row_text(&r, BOX_SPACE, "");
    box_row_add(&r, at_level(a, of, LEVEL_OPERAND, false));
    return box_row_end(&r);
}

static box *held_box(arena *a, const notation *t)
{
    box_row below = {.memory = a};
    if (t->number) {
        box_row_add(&below, list_box(a, t, 1, ","));
    } else {
        box_row_add(&below, tree(a, t->child[1], true));
        box_row_text(&below, BOX_SIGN, "=");
        box_row_add(&below, tree(a, t->child[2], true));
    }
    const notation *of = t->child[0];
    box *inside = of->kind == NOTATION_DERIVATIVE ? tree(a, of, false) : at_level(a, of, LEVEL_PRIMARY, false);
    return box_script(a, box_fence(a, "", "|", inside), box_row_end(&below), NULL);
}

static box *mapping_box(arena *a, const notation *t)
{
    box_row r = {.memory = a};
    box_row_add(&r, tree(a, t->child[0], true));
    box_row_text(&r, BOX_SIGN, "↦");
    box_row_add(&r, tree(a, t->child[1], true));
    return box_row_end(&r);
}

static box *negate_box(arena *a, const notation *t, bool tail)
{
    box_row r = {.memory = a};
    box_row_text(&r, BOX_PREFIX, "−");
    box_row_add(&r, at_level(a, t->child[0], LEVEL_TERM, tail));
    return box_row_end(&r);
}

static box *tree(arena *a, const notation *t, bool tail)
{
    switch (t->kind) {
    case NOTATION_NAME: return box_name(a, t->text);
    case NOTATION_NUMBER: return number_box(a, t->text);
    case NOTATION_SUM: return sum_box(a, t);
    case NOTATION_NEGATE: return negate_box(a, t, tail);
    case NOTATION_PRODUCT: return product_box(a, t, tail);
    case NOTATION_QUOTIENT: return box_fraction(a, tree(a, t->child[0], true), tree(a, t->child[1], true));
    case NOTATION_POWER: return raised(a, t->child[0], tree(a, t->child[1], true));
    case NOTATION_ROOT: return root_box(a, t->child[0]);
    case NOTATION_TRANSPOSE: return raised(a, t->child[0], box_text(a, BOX_WORD, "⊤"));
    case NOTATION_ENTRY: return entry_box(a, t);
    case NOTATION_CALL: return call_box(a, t);
    case NOTATION_ABS: return box_fence(a, "|", "|", tree(a, t->child[0], true));
    case NOTATION_COMPARE: return compare_box(a, t);
    case NOTATION_IVERSON: return box_fence(a, "[", "]", tree(a, t->child[0], true));
    case NOTATION_LOGIC: return logic_box(a, t);
    case NOTATION_IF: return cases_box(a, t);
    case NOTATION_REDUCE: return reduce_box(a, t);
    case NOTATION_BINDER: {
        box_row r = {.memory = a};
        add_binder(&r, t);
        return box_row_end(&r);
    }
    case NOTATION_DERIVATIVE: return derivative_box(a, t);
    case NOTATION_AT: return held_box(a, t);
    case NOTATION_MAPPING: return mapping_box(a, t);
    case NOTATION_MORE: break;
    }
    return box_text(a, BOX_WORD, "…");
}

box *box_of(arena *a, const notation *t)
{
    return tree(a, t, true);
}

box **box_lines(arena *a, const notation *t, double room, int *count)
{
    box_row lines = {.memory = a}, r = {.memory = a};
    double width = 0;
    box *whole = tree(a, t, true);
    if (whole->width <= room || t->kind != NOTATION_SUM) {
        box_row_add(&lines, whole);
        *count = 1;
        return lines.list;
    }
    for (int i = 0; i < t->count; i++) {
        int before = r.count;
        add_term(&r, t, i);
        double w = 0;
        for (int k = before; k < r.count; k++)
            w += r.list[k]->width;
        if (before && width + w > room) {
            box_row next = {.memory = a};
            for (int k = before; k < r.count; k++)
                box_row_add(&next, r.list[k]);
            r.count = before;
            box_row_add(&lines, box_row_end(&r));
            r = next;
            width = 0;
        }
        width += w;
    }
    box_row_add(&lines, box_row_end(&r));
    *count = lines.count;
    return lines.list;
}
