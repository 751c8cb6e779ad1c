/* The presentation tree as text of the delta language. What it writes can be read again: juxtaposed factors group from the left, a reduction takes the product
 * that follows it, and a value is never followed by a parenthesis that looks like its argument. */
#include <stdbool.h>
#include <string.h>

#include "gen/model/notation.h"

typedef enum { LEVEL_EXPRESSION, LEVEL_SUM, LEVEL_TERM, LEVEL_OPERAND, LEVEL_PRIMARY } level;

typedef struct {
    buffer *out;
    int bars;   /* open | */
    bool tight; /* inside an index: no blanks around signs */
} writer;

static const struct {
    const char *ratio, *sign;
} fractions[] = {{"1/2", "½"}, {"1/3", "⅓"}, {"2/3", "⅔"}, {"1/4", "¼"}, {"3/4", "¾"}};

static const char *number_sign(const char *text)
{
    for (size_t i = 0; i < sizeof fractions / sizeof *fractions; i++)
        if (strcmp(text, fractions[i].ratio) == 0)
            return fractions[i].sign;
    return text;
}

static level level_of(const notation *t)
{
    switch (t->kind) {
    case NOTATION_IF:
    case NOTATION_LOGIC:
    case NOTATION_MAPPING:
    case NOTATION_COMPARE: return LEVEL_EXPRESSION;
    case NOTATION_SUM: return LEVEL_SUM;
    case NOTATION_NEGATE:
    case NOTATION_PRODUCT:
    case NOTATION_QUOTIENT:
    case NOTATION_REDUCE: return LEVEL_TERM;
    case NOTATION_NUMBER: return strchr(number_sign(t->text), '/') ? LEVEL_TERM : LEVEL_PRIMARY;
    case NOTATION_POWER:
    case NOTATION_ROOT:
    case NOTATION_AT:
    case NOTATION_DERIVATIVE: return LEVEL_OPERAND;
    default: return LEVEL_PRIMARY;
    }
}

/* `tail`: the product this stands in ends here, so a reduction may stand without parentheses. */
static void write_tree(writer *w, const notation *t, bool tail);

static void write_enclosed(writer *w, const notation *t)
{
    int bars = w->bars;
    w->bars = 0;
    buffer_puts(w->out, "(");
    write_tree(w, t, true);
    buffer_puts(w->out, ")");
    w->bars = bars;
}

static void write_at_level(writer *w, const notation *t, level least, bool tail)
{
    if (level_of(t) < least)
        write_enclosed(w, t);
    else
        write_tree(w, t, tail);
}

static void write_list(writer *w, const notation *t, int from)
{
    for (int i = from; i < t->count; i++) {
        if (i > from)
            buffer_puts(w->out, w->tight ? "," : ", ");
        write_tree(w, t->child[i], true);
    }
}

static void write_sum(writer *w, const notation *t)
{
    for (int i = 0; i < t->count; i++) {
        bool minus = t->marks[i] == '-';
        if (i && w->tight)
            buffer_puts(w->out, minus ? "−" : "+");
        else if (i)
            buffer_puts(w->out, minus ? " − " : " + ");
        else if (minus)
            buffer_puts(w->out, "−");
        const notation *term = t->child[i];
        bool sign = term->kind == NOTATION_NEGATE && (i || minus);
        if (sign)
            write_enclosed(w, term);
        else
            write_at_level(w, term, LEVEL_TERM, true);
    }
}

/* One letter, so that 2λ reads well; e would make a number of 2e. */
static bool is_letter(const notation *t)
{
    if (t->kind != NOTATION_NAME)
        return false;
    const char *s = t->text;
    int characters = 0;
    for (; *s; s++)
        characters += ((unsigned char)*s & 0xc0) != 0x80;
    return characters == 1 && t->text[0] != 'e' && t->text[0] != 'E';
}

static const notation *first_sign(const notation *t)
{
    while (t->kind == NOTATION_POWER || t->kind == NOTATION_ENTRY || t->kind == NOTATION_TRANSPOSE)
        t = t->child[0];
    return t;
}

static bool is_integer(const notation *t)
{
    return t->kind == NOTATION_NUMBER && strspn(t->text, "0123456789") == strlen(t->text);
}

/* Does operand b need a visible sign before it? A number, a bracket, or a parenthesis around a number would be read as part of what stands before. */
static bool needs_dot(const notation *b)
{
    const notation *f = first_sign(b);
    if (f->kind == NOTATION_NUMBER || f->kind == NOTATION_IVERSON)
        return true;
    return f->kind == NOTATION_NEGATE && f->child[0]->kind == NOTATION_NUMBER;
}

static void write_mark(writer *w, char mark, const notation *before, const notation *after)
{
    const char *sign = " ";
    if (mark == 'o')
        sign = " ⊙ ";
    else if (mark == '%')
        sign = " ⊘ ";
    else if (mark == '.')
        sign = level_of(before) != LEVEL_OPERAND && level_of(after) != LEVEL_OPERAND ? "·" : " · ";
    else if (needs_dot(after))
        sign = "·";
    else if (is_integer(before) && is_letter(after))
        sign = "";
    buffer_puts(w->out, sign);
}

static void write_product(writer *w, const notation *t, bool tail)
{
    for (int i = 0; i < t->count; i++) {
        const notation *operand = t->child[i];
        if (i)
            write_mark(w, t->marks[i], t->child[i - 1], operand);
        bool last = tail && i == t->count - 1 && operand->kind == NOTATION_REDUCE && t->marks[i] == ' ';
        write_at_level(w, operand, last ? LEVEL_TERM : LEVEL_OPERAND, tail && i == t->count - 1);
    }
}

static void write_quotient(writer *w, const notation *t)
{
    const notation *above = t->child[0], *below = t->child[1];
    const notation *end = above->kind == NOTATION_PRODUCT ? above->child[above->count - 1] : above;
    if (end->kind == NOTATION_DERIVATIVE || above->kind == NOTATION_REDUCE || above->kind == NOTATION_QUOTIENT)
        write_enclosed(w, above);
    else
        write_at_level(w, above, LEVEL_TERM, false);
    buffer_puts(w->out, "/");
    if (below->kind == NOTATION_DERIVATIVE || below->kind == NOTATION_AT)
        write_enclosed(w, below);
    else
        write_at_level(w, below, LEVEL_OPERAND, false);
}

static void write_power(writer *w, const notation *t)
{
    static const char *const super[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    const notation *base = t->child[0], *e = t->child[1];
    write_at_level(w, base, LEVEL_PRIMARY, false);
    if (is_integer(e) && strlen(e->text) == 1) {
        buffer_puts(w->out, super[e->text[0] - '0']);
        return;
    }
    buffer_puts(w->out, "^");
    if (is_integer(e) || (e->kind == NOTATION_NAME && strcmp(e->text, "T") != 0))
        write_tree(w, e, false);
    else
        write_enclosed(w, e);
}

static void write_root(writer *w, const notation *t)
{
    const notation *u = t->child[0];
    buffer_puts(w->out, "√");
    bool bare = u->kind == NOTATION_NAME || is_integer(u) || (u->kind == NOTATION_ENTRY && u->child[0]->kind == NOTATION_NAME);
    if (bare)
        write_tree(w, u, false);
    else
        write_enclosed(w, u);
}

static void write_primes(writer *w, int count)
{
    for (; count >= 3; count -= 3)
        buffer_puts(w->out, "‴");
    buffer_puts(w->out, count == 2 ? "″" : count == 1 ? "′" : "");
}

static void write_call(writer *w, const notation *t)
{
    writer outside = *w;
    w->bars = 0;
    w->tight = false;
    write_tree(w, t->child[0], false);
    write_primes(w, t->number);
    buffer_puts(w->out, "(");
    write_list(w, t, 1);
    buffer_puts(w->out, ")");
    *w = outside;
}

static void write_brackets(writer *w, const notation *t, int from, bool tight)
{
    writer outside = *w;
    w->bars = 0;
    w->tight = tight;
    buffer_puts(w->out, "[");
    write_list(w, t, from);
    buffer_puts(w->out, "]");
    *w = outside;
}

static void write_abs(writer *w, const notation *t)
{
    if (w->bars) {
        buffer_puts(w->out, "abs");
        write_enclosed(w, t->child[0]);
        return;
    }
    w->bars++;
    buffer_puts(w->out, "|");
    write_tree(w, t->child[0], true);
    buffer_puts(w->out, "|");
    w->bars--;
}

static void write_compare(writer *w, const notation *t)
{
    static const char *const sign[][2] = {{"!=", "≠"}, {"<=", "≤"}, {">=", "≥"}};
    const char *text = t->text;
    for (size_t i = 0; i < sizeof sign / sizeof *sign; i++)
        if (strcmp(text, sign[i][0]) == 0)
            text = sign[i][1];
    write_at_level(w, t->child[0], LEVEL_SUM, true);
    buffer_printf(w->out, " %s ", text);
    write_at_level(w, t->child[1], LEVEL_SUM, true);
}

static void write_logic(writer *w, const notation *t)
{
    if (t->count == 1)
        buffer_printf(w->out, "%s ", t->text);
    for (int i = 0; i < t->count; i++) {
        if (i)
            buffer_printf(w->out, " %s ", t->text);
        if (t->child[i]->kind == NOTATION_COMPARE)
            write_tree(w, t->child[i], true);
        else
            write_at_level(w, t->child[i], LEVEL_SUM, true);
    }
}

static void write_if(writer *w, const notation *t)
{
    buffer_puts(w->out, "if ");
    write_tree(w, t->child[0], true);
    buffer_puts(w->out, " then ");
    write_at_level(w, t->child[1], LEVEL_SUM, true);
    buffer_puts(w->out, " else ");
    write_tree(w, t->child[2], true);
}

static void write_binder(writer *w, const notation *t)
{
    write_tree(w, t->child[0], false);
    if (t->count == 1)
        return;
    buffer_puts(w->out, " in ");
    write_at_level(w, t->child[1], LEVEL_SUM, true);
    buffer_puts(w->out, "..");
    write_at_level(w, t->child[2], LEVEL_SUM, true);
}

static void write_head(writer *w, const notation *t)
{
    bool sum = strcmp(t->text, "sum") == 0, sign = sum || strcmp(t->text, "prod") == 0;
    buffer_puts(w->out, sum ? "Σ" : sign ? "Π" : t->text);
    if (t->number == 0)
        return;
    bool braces = !sign || t->number > 1 || t->child[0]->count > 1, tight = w->tight;
    buffer_puts(w->out, braces ? "_{" : "_");
    w->tight = true;
    for (int i = 0; i < t->number; i++) {
        if (i)
            buffer_puts(w->out, ",");
        write_tree(w, t->child[i], false);
    }
    w->tight = tight;
    if (braces)
        buffer_puts(w->out, "}");
}

static bool has_reduction_below(const notation *t)
{
    return t->kind == NOTATION_QUOTIENT && (t->child[1]->kind == NOTATION_REDUCE || has_reduction_below(t->child[0]));
}

static void write_reduce(writer *w, const notation *t)
{
    const notation *body = t->child[t->number];
    write_head(w, t);
    buffer_puts(w->out, " ");
    if (body->kind == NOTATION_NEGATE || has_reduction_below(body))
        write_enclosed(w, body);
    else
        write_at_level(w, body, LEVEL_TERM, true);
}

static void write_derivative(writer *w, const notation *t)
{
    buffer_printf(w->out, "∂%s", t->text ? t->text : "");
    write_at_level(w, t->child[0], LEVEL_PRIMARY, false);
    buffer_puts(w->out, "/∂");
    const notation *below = t->child[1];
    bool several = below->kind == NOTATION_PRODUCT && t->text && *t->text; /* ∂x∂t, whose second ∂ is in the name */
    for (int i = 0; several && i < below->count; i++)
        write_tree(w, below->child[i], false);
    if (!several)
        write_at_level(w, below, t->text && *t->text ? LEVEL_EXPRESSION : LEVEL_PRIMARY, false);
}

static void write_held(writer *w, const notation *t)
{
    if (t->child[0]->kind == NOTATION_DERIVATIVE)
        write_tree(w, t->child[0], false);
    else
        write_at_level(w, t->child[0], LEVEL_PRIMARY, false);
    buffer_puts(w->out, " |_{");
    if (t->number) {
        write_list(w, t, 1);
    } else {
        write_tree(w, t->child[1], false);
        buffer_puts(w->out, " = ");
        write_tree(w, t->child[2], true);
    }
    buffer_puts(w->out, "}");
}

static void write_tree(writer *w, const notation *t, bool tail)
{
    switch (t->kind) {
    case NOTATION_NAME: buffer_puts(w->out, t->text); break;
    case NOTATION_NUMBER: buffer_puts(w->out, number_sign(t->text)); break;
    case NOTATION_SUM: write_sum(w, t); break;
    case NOTATION_NEGATE:
        buffer_puts(w->out, "−");
        write_at_level(w, t->child[0], LEVEL_TERM, tail);
        break;
    case NOTATION_PRODUCT: write_product(w, t, tail); break;
    case NOTATION_QUOTIENT: write_quotient(w, t); break;
    case NOTATION_POWER: write_power(w, t); break;
    case NOTATION_ROOT: write_root(w, t); break;
    case NOTATION_TRANSPOSE:
        write_at_level(w, t->child[0], LEVEL_PRIMARY, false);
        buffer_puts(w->out, "ᵀ");
        break;
    case NOTATION_ENTRY:
        write_at_level(w, t->child[0], LEVEL_PRIMARY, false);
        write_brackets(w, t, 1, true);
        break;
    case NOTATION_CALL: write_call(w, t); break;
    case NOTATION_ABS: write_abs(w, t); break;
    case NOTATION_COMPARE: write_compare(w, t); break;
    case NOTATION_IVERSON: write_brackets(w, t, 0, false); break;
    case NOTATION_LOGIC: write_logic(w, t); break;
    case NOTATION_IF: write_if(w, t); break;
    case NOTATION_REDUCE: write_reduce(w, t); break;
    case NOTATION_BINDER: write_binder(w, t); break;
    case NOTATION_DERIVATIVE: write_derivative(w, t); break;
    case NOTATION_AT: write_held(w, t); break;
    case NOTATION_MAPPING:
        write_tree(w, t->child[0], false);
        buffer_puts(w->out, " ↦ ");
        write_tree(w, t->child[1], true);
        break;
    case NOTATION_MORE: buffer_puts(w->out, "…"); break;
    }
}

void notation_write(buffer *out, const notation *tree)
{
    writer w = {.out = out};
    write_tree(&w, tree, true);
}
