/* Expressions as text. */
#include "print.h"

#include <string.h>

#include "token.h"

void print_puts(printer *p, const char *text) { buffer_puts(p->out, text); }

void print_symbol(printer *p, const char *unicode, const char *ascii) { buffer_puts(p->out, p->unicode ? unicode : ascii); }

void print_name(printer *p, sym name) {
    const char *key = intern_text(p->names, name), *shown = key;
    if (p->unicode) shown = intern_text(p->names, intern_spelling(p->names, name));
    bool ascii = true;
    for (const char *c = shown; *c; c++) ascii &= (unsigned char)*c < 0x80;
    size_t stem = 0;
    while ((key[stem] | 32) >= 'a' && (key[stem] | 32) <= 'z') stem++;
    const char *greek = p->unicode == 2 && ascii ? name_greek(key, stem) : NULL;
    if (greek)
        buffer_printf(p->out, "%s%s", greek, key + stem);
    else
        print_puts(p, shown);
}

static bool is_fraction(const syn *s) { return s->kind == SYN_NUMBER && strchr(s->text, '/'); }

static bool is_quotient_of_sums(const syn *s) {
    for (int i = 1; s->kind == SYN_PRODUCT && i < s->count; i++)
        if (s->text[i] == '/' && s->child[i]->kind == SYN_REDUCE) return true;
    return false;
}

static int level_of(const printer *p, const syn *s);

static bool is_sign(const printer *p, const syn *s) { return !strcmp(intern_text(p->names, s->name), "sum") || !strcmp(intern_text(p->names, s->name), "prod"); }

/* Can a reduction be written as Σ_i body (and not only as sum(i in 0..n-1, body))? */
static bool has_sign_form(const printer *p, const syn *s) {
    const syn *body = s->child[s->number];
    if (!s->number && (!p->unicode || !is_sign(p, s))) return false;
    return level_of(p, body) >= LEVEL_PRODUCT && !is_quotient_of_sums(body);
}

static bool has_call_form(const syn *s) {
    for (int i = 0; i < s->number; i++)
        if (!s->child[i]->count) return false;
    return true;
}

static int level_of(const printer *p, const syn *s) {
    switch (s->kind) {
    case SYN_IF: return LEVEL_ALL;
    case SYN_LOGIC: return s->text[0] == 'o' ? LEVEL_OR : s->text[0] == 'a' ? LEVEL_AND : LEVEL_NOT;
    case SYN_COMPARE: return LEVEL_COMPARE;
    case SYN_SUM: return s->child[s->count - 1]->kind == SYN_IF ? LEVEL_ALL : LEVEL_SUM;
    case SYN_NEGATE: return LEVEL_SIGNED;
    case SYN_PRODUCT: return LEVEL_PRODUCT;
    case SYN_REDUCE: return has_sign_form(p, s) || !has_call_form(s) ? LEVEL_PRODUCT : LEVEL_PRIMARY;
    case SYN_POWER: case SYN_DERIVATIVE: return LEVEL_FACTOR;
    case SYN_HOLD: return s->child[0]->kind == SYN_DERIVATIVE || s->child[0]->kind == SYN_HOLD ? LEVEL_FACTOR : LEVEL_POST;
    case SYN_INDEX: case SYN_PRIME: case SYN_TRANSPOSE: return LEVEL_POST;
    default: return LEVEL_PRIMARY;
    }
}

static void print_inside(printer *p, const syn *s, int least, bool bar) {
    printer inner = *p;
    inner.in_bar = bar;
    print_expression(&inner, s, least);
}

void print_list(printer *p, const syn *s, int from, const char *between) {
    for (int i = from; i < s->count; i++) {
        if (i > from) print_puts(p, between);
        print_inside(p, s->child[i], LEVEL_ALL, false);
    }
}

static void print_parentheses(printer *p, const syn *s) {
    print_puts(p, "(");
    print_inside(p, s, LEVEL_ALL, false);
    print_puts(p, ")");
}

static void print_subscript(printer *p, const syn *s) {
    printer inner = *p;
    inner.tight = true;
    print_puts(p, "{");
    print_inside(&inner, s, LEVEL_ALL, false);
    print_puts(p, "}");
}

static void print_sum(printer *p, const syn *s) {
    for (int i = 0; i < s->count; i++) {
        bool minus = s->text[i] == '-';
        if (i > 0) print_puts(p, p->tight ? (minus ? "-" : "+") : minus ? (p->unicode ? " − " : " - ") : " + ");
        else if (minus)
            print_puts(p, p->unicode && !p->tight ? "−" : "-"); /* an edited tree; the parser writes a leading sign as a negation */
        int least = i == s->count - 1 && i > 0 && s->child[i]->kind == SYN_IF ? LEVEL_ALL : LEVEL_SIGNED;
        print_expression(p, s->child[i], least);
    }
}

/* --- products --- */

static bool touches(const syn *a, const syn *b) { return a->at.source != b->at.source || a->at.source < 0 || a->at.end >= b->at.begin; }

/* Nothing between these juxtaposed operands: f(x), 2x, ½(a − y). */
static bool is_glued(const syn *a, const syn *b, char before) {
    if (b->kind == SYN_POWER || b->kind == SYN_INDEX || b->kind == SYN_TRANSPOSE) return is_glued(a, b->child[0], before);
    if (a->kind == SYN_NUMBER) return before == ' ' && (b->kind == SYN_PAREN || (b->kind == SYN_NAME && !is_fraction(a)));
    bool name = a->kind == SYN_NAME || a->kind == SYN_FAMILY || a->kind == SYN_PRIME;
    return name && b->kind == SYN_PAREN && touches(a, b);
}

static bool begins_with_e(const printer *p, const syn *s) {
    while (s->kind == SYN_POWER || s->kind == SYN_INDEX || s->kind == SYN_TRANSPOSE) s = s->child[0];
    if (s->kind != SYN_NAME) return false;
    const char *text = intern_text(p->names, p->unicode ? intern_spelling(p->names, s->name) : s->name);
    return (*text | 32) == 'e';
}

static void print_operator(printer *p, const syn *s, int i) {
    const syn *before = s->child[i - 1], *next = s->child[i];
    switch (s->text[i]) {
    case '*': print_puts(p, "*"); break;
    case '.': print_symbol(p, "·", "*"); break;
    case '/': print_puts(p, before->kind == SYN_REDUCE || next->kind == SYN_REDUCE ? " / " : "/"); break;
    case 'o': print_symbol(p, " ⊙ ", " .* "); break;
    case '%': print_symbol(p, " ⊘ ", " ./ "); break;
    default:
        if (!p->unicode && is_fraction(next)) { /* `u (1/2)` could be a call */
            print_puts(p, "*");
            break;
        }
        if (!is_glued(before, next, i > 1 ? s->text[i - 1] : ' ') || (before->kind == SYN_NUMBER && begins_with_e(p, next))) print_puts(p, " ");
        break;
    }
}

static bool reads_as_index(const syn *s) { return s->kind == SYN_BRACKET && s->number <= 1 && !(s->count == 1 && (s->child[0]->kind == SYN_COMPARE || s->child[0]->kind == SYN_LOGIC)); }

/* √(…), also with a power or an index behind it. */
static bool is_root(const printer *p, const syn *name, const syn *operand) {
    if (!p->unicode || name->kind != SYN_NAME || strcmp(intern_text(p->names, name->name), "sqrt") != 0) return false;
    while (operand->kind == SYN_POWER || operand->kind == SYN_INDEX || operand->kind == SYN_TRANSPOSE || operand->kind == SYN_HOLD) operand = operand->child[0];
    return operand->kind == SYN_PAREN && operand->count == 1;
}

static void print_product(printer *p, const syn *s) {
    for (int i = 0; i < s->count; i++) {
        const syn *c = s->child[i];
        if (i > 0) print_operator(p, s, i);
        bool last = i == s->count - 1;
        bool before_quotient = !last && s->text[i + 1] == '/' && s->child[i + 1]->kind == SYN_REDUCE;
        bool open = c->kind == SYN_REDUCE && has_sign_form(p, c) && (last || before_quotient);
        if (!last && s->text[i + 1] == ' ' && is_root(p, c, s->child[i + 1])) {
            print_puts(p, "√");
            c = s->child[++i];
            bool atom = c->kind == SYN_PAREN && (c->child[0]->kind == SYN_NAME || c->child[0]->kind == SYN_NUMBER);
            print_expression(p, atom ? c->child[0] : c, LEVEL_FACTOR);
        } else if (i > 0 && s->text[i] == ' ' && reads_as_index(c)) {
            print_parentheses(p, c);
        } else {
            print_expression(p, c, open ? LEVEL_PRODUCT : LEVEL_FACTOR);
        }
    }
}

/* --- reductions --- */

static void print_binder(printer *p, const syn *s) {
    print_name(p, s->name);
    if (!s->count) return;
    print_puts(p, " in ");
    print_inside(p, s->child[0], LEVEL_ALL, false);
}

static bool is_range_binder(const syn *s) { return s->count && s->child[0]->kind == SYN_RANGE; }

/* sum(i in 0..n-1, body): also where Σ would take what follows it. */
static void print_reduce_call(printer *p, const syn *s) {
    buffer_printf(p->out, "%s(", intern_text(p->names, s->name));
    print_list(p, s, 0, ", ");
    print_puts(p, ")");
}

static void print_reduce(printer *p, const syn *s) {
    const char *word = intern_text(p->names, s->name);
    const syn *body = s->child[s->number];
    if (!has_sign_form(p, s) && has_call_form(s)) {
        print_reduce_call(p, s);
        return;
    }
    bool sign = p->unicode && is_sign(p, s);
    print_puts(p, !sign ? word : *word == 's' ? "Σ" : "Π");
    if (sign && s->number == 1 && is_range_binder(s->child[0])) {
        print_puts(p, "_{");
        print_name(p, s->child[0]->name);
        print_puts(p, "=");
        printer inner = *p;
        inner.tight = true;
        print_inside(&inner, s->child[0]->child[0]->child[0], LEVEL_SUM, false);
        print_puts(p, "}^");
        print_subscript(p, s->child[0]->child[0]->child[1]);
    } else if (sign && s->number == 1 && !s->child[0]->count) {
        print_puts(p, "_");
        print_name(p, s->child[0]->name);
    } else if (s->number) {
        print_puts(p, "_{");
        for (int i = 0; i < s->number; i++) {
            if (i) print_puts(p, s->child[i]->count || s->child[i - 1]->count ? ", " : ",");
            print_binder(p, s->child[i]);
        }
        print_puts(p, "}");
    }
    print_puts(p, " ");
    if (is_quotient_of_sums(body))
        print_parentheses(p, body);
    else
        print_expression(p, body, LEVEL_PRODUCT);
}

/* --- powers, indices, primes --- */

static bool all_digits(const char *text) { return *text && text[strspn(text, "0123456789")] == 0; }

static void print_superscript(printer *p, const char *digits) {
    static const char *const sign[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    for (; *digits; digits++) print_puts(p, sign[*digits - '0']);
}

static void print_power(printer *p, const syn *s) {
    const syn *e = s->child[1];
    print_expression(p, s->child[0], LEVEL_POST);
    bool minus = e->kind == SYN_NEGATE;
    const syn *plain = minus ? e->child[0] : e;
    if (p->unicode && plain->kind == SYN_NUMBER && all_digits(plain->text)) {
        if (minus) print_puts(p, "⁻");
        print_superscript(p, plain->text);
        return;
    }
    print_puts(p, "^");
    for (; e->kind == SYN_NEGATE; e = e->child[0]) print_symbol(p, "−", "-");
    bool transpose = e->kind == SYN_NAME && !strcmp(intern_text(p->names, e->name), "T");
    if (transpose)
        print_parentheses(p, e);
    else
        print_expression(p, e, LEVEL_FACTOR);
}

static bool is_atom(const syn *s) { return s->kind == SYN_NAME || s->kind == SYN_NUMBER || s->kind == SYN_EMPTY; }

static void print_index(printer *p, const syn *s) {
    bool atoms = true;
    for (int i = 1; i < s->count; i++) atoms &= is_atom(s->child[i]);
    print_expression(p, s->child[0], LEVEL_POST);
    printer inner = *p;
    inner.tight = true;
    print_puts(p, "[");
    print_list(&inner, s, 1, atoms ? "," : ", ");
    print_puts(p, "]");
}

static void print_prime(printer *p, const syn *s) {
    print_expression(p, s->child[0], LEVEL_POST);
    int left = s->number;
    for (; p->unicode && left >= 2; left -= 2) print_puts(p, "″");
    for (; left > 0; left--) print_symbol(p, "′", "'");
}

static void print_hold(printer *p, const syn *s) {
    print_expression(p, s->child[0], s->child[0]->kind == SYN_DERIVATIVE || s->child[0]->kind == SYN_HOLD ? LEVEL_FACTOR : LEVEL_POST);
    print_puts(p, " |_{");
    print_list(p, s, 1, ", ");
    print_puts(p, "}");
}

/* --- derivatives --- */

/* Would "dC" be a name of the page or a function of the language? Then dC/dx has two readings. */
static bool d_is_free(const printer *p, sym name) {
    static const char *const words[] = {"et", "iag", "ot", "igamma", NULL};
    const char *key = intern_text(p->names, name);
    buffer with_d = {0};
    buffer_printf(&with_d, "d%s", key);
    bool is_free = !intern_find(p->names, with_d.text) && !text_in(key, words);
    buffer_free(&with_d);
    return is_free;
}

static bool is_call(const syn *s) { return s->kind == SYN_PRODUCT && s->count == 2 && s->text[1] == ' ' && s->child[1]->kind == SYN_PAREN; }

static void print_above(printer *p, const syn *s) {
    if (is_call(s) && level_of(p, s->child[0]) >= LEVEL_POST) {
        print_expression(p, s->child[0], LEVEL_POST);
        print_expression(p, s->child[1], LEVEL_PRIMARY);
    } else {
        print_expression(p, s, LEVEL_POST);
    }
}

static void print_gradient(printer *p, const syn *s) {
    const syn *a = s->child[0], *b = s->child[1];
    if (p->unicode && b->kind == SYN_NAME) {
        print_puts(p, "∇_");
        print_name(p, b->name);
    } else {
        print_symbol(p, "∇_", "grad_");
        print_subscript(p, b);
    }
    print_puts(p, " ");
    const syn *base = is_call(a) ? a->child[0] : a;
    while (base->kind == SYN_INDEX) base = base->child[0];
    bool plain = base->kind == SYN_NAME || base->kind == SYN_FAMILY || (base == a && a->kind == SYN_PAREN);
    if (plain)
        print_above(p, a);
    else
        print_parentheses(p, a);
}

static void print_derivative(printer *p, const syn *s) {
    if (s->text && !strcmp(s->text, "grad")) {
        print_gradient(p, s);
        return;
    }
    const syn *above = s->child[0];
    bool letters = !p->unicode && s->number == 1 && above && above->kind == SYN_NAME && s->child[1]->kind == SYN_NAME && d_is_free(p, above->name) && d_is_free(p, s->child[1]->name);
    const char *sign = p->unicode ? "∂" : letters ? "d" : "partial ";
    print_puts(p, p->unicode || letters ? sign : "partial");
    if (s->number > 1 && p->unicode) {
        char digits[16];
        snprintf(digits, sizeof digits, "%d", s->number);
        print_superscript(p, digits);
    } else if (s->number > 1) {
        buffer_printf(p->out, "^%d", s->number);
    }
    if (above) {
        if (!p->unicode && !letters) print_puts(p, " ");
        print_above(p, above);
    }
    print_puts(p, "/");
    for (int i = 1, times; i < s->count; i += times) {
        for (times = 1; i + times < s->count && syn_equal(s->child[i], s->child[i + times]); times++) {}
        if (i > 1 && !p->unicode) print_puts(p, " ");
        print_puts(p, sign);
        print_expression(p, s->child[i], LEVEL_POST);
        char digits[16];
        snprintf(digits, sizeof digits, "%d", times);
        if (times > 1 && p->unicode) print_superscript(p, digits);
        if (times > 1 && !p->unicode) buffer_printf(p->out, "^%d", times);
    }
}

/* --- the rest --- */

static void print_bars(printer *p, const syn *s) {
    bool norm = s->kind == SYN_NORM;
    if (norm ? !p->unicode : p->in_bar) {
        print_puts(p, norm ? "norm" : "abs");
        print_parentheses(p, s->child[0]);
        return;
    }
    print_puts(p, norm ? "‖" : "|");
    print_inside(p, s->child[0], LEVEL_ALL, true);
    print_puts(p, norm ? "‖" : "|");
}

static void print_bracket(printer *p, const syn *s) {
    int columns = s->number > 1 ? s->count / s->number : s->count;
    print_puts(p, "[");
    for (int i = 0; i < s->count; i++) {
        if (i) print_puts(p, i % columns ? ", " : "; ");
        print_inside(p, s->child[i], LEVEL_ALL, false);
    }
    print_puts(p, "]");
}

static void print_logic(printer *p, const syn *s) {
    if (s->text[0] == 'n') {
        print_puts(p, "not ");
        print_expression(p, s->child[0], LEVEL_NOT);
        return;
    }
    for (int i = 0; i < s->count; i++) {
        if (i) buffer_printf(p->out, " %s ", s->text);
        print_expression(p, s->child[i], s->text[0] == 'o' ? LEVEL_AND : LEVEL_NOT);
    }
}

static void print_compare(printer *p, const syn *s) {
    const char *op = s->text;
    print_expression(p, s->child[0], LEVEL_SUM);
    if (p->unicode) op = !strcmp(op, "<=") ? "≤" : !strcmp(op, ">=") ? "≥" : !strcmp(op, "!=") ? "≠" : !strcmp(op, "in") ? "∈" : op;
    buffer_printf(p->out, " %s ", op);
    print_expression(p, s->child[1], LEVEL_SUM);
}

static void print_if(printer *p, const syn *s) {
    print_puts(p, "if ");
    print_expression(p, s->child[0], LEVEL_OR);
    print_puts(p, " then ");
    print_expression(p, s->child[1], LEVEL_ALL);
    print_puts(p, " else ");
    print_expression(p, s->child[2], LEVEL_ALL);
}

static void print_number(printer *p, const syn *s) {
    static const char *const fraction[][2] = {{"1/2", "½"}, {"1/3", "⅓"}, {"2/3", "⅔"}, {"1/4", "¼"}, {"3/4", "¾"}, {"1/5", "⅕"}, {"2/5", "⅖"}, {"3/5", "⅗"}, {"4/5", "⅘"},
                                              {"1/6", "⅙"}, {"5/6", "⅚"}, {"1/8", "⅛"}, {"3/8", "⅜"}, {"5/8", "⅝"}, {"7/8", "⅞"}, {"1/7", "⅐"}, {"1/9", "⅑"}, {"1/10", "⅒"}};
    if (!is_fraction(s)) {
        print_puts(p, s->text);
        return;
    }
    for (size_t i = 0; p->unicode && i < sizeof fraction / sizeof *fraction; i++)
        if (!strcmp(s->text, fraction[i][0])) {
            print_puts(p, fraction[i][1]);
            return;
        }
    buffer_printf(p->out, "(%s)", s->text);
}

static void print_node(printer *p, const syn *s) {
    switch (s->kind) {
    case SYN_NUMBER: print_number(p, s); break;
    case SYN_NAME: print_name(p, s->name); break;
    case SYN_FAMILY: print_name(p, s->name); print_subscript(p, s->child[0]); break;
    case SYN_STRING: buffer_printf(p->out, "\"%s\"", s->text); break;
    case SYN_PAREN: print_puts(p, "("); print_list(p, s, 0, ", "); print_puts(p, ")"); break;
    case SYN_NAMED: print_name(p, s->name); print_puts(p, " = "); print_expression(p, s->child[0], LEVEL_ALL); break;
    case SYN_SUM: print_sum(p, s); break;
    case SYN_PRODUCT: print_product(p, s); break;
    case SYN_NEGATE: print_puts(p, p->unicode && !p->tight ? "−" : "-"); print_expression(p, s->child[0], LEVEL_SIGNED); break;
    case SYN_POWER: print_power(p, s); break;
    case SYN_TRANSPOSE: print_expression(p, s->child[0], LEVEL_POST); print_symbol(p, "ᵀ", "^T"); break;
    case SYN_PRIME: print_prime(p, s); break;
    case SYN_INDEX: print_index(p, s); break;
    case SYN_HOLD: print_hold(p, s); break;
    case SYN_ABS: case SYN_NORM: print_bars(p, s); break;
    case SYN_IF: print_if(p, s); break;
    case SYN_COMPARE: print_compare(p, s); break;
    case SYN_LOGIC: print_logic(p, s); break;
    case SYN_BRACKET: print_bracket(p, s); break;
    case SYN_SET: print_puts(p, "{"); print_list(p, s, 0, ", "); print_puts(p, "}"); break;
    case SYN_RANGE: {
        printer inner = *p;
        inner.tight = true;
        print_expression(&inner, s->child[0], LEVEL_SUM);
        print_puts(p, "..");
        print_expression(&inner, s->child[1], LEVEL_SUM);
        break;
    }
    case SYN_REDUCE: print_reduce(p, s); break;
    case SYN_BINDER: print_binder(p, s); break;
    case SYN_DERIVATIVE: print_derivative(p, s); break;
    case SYN_EMPTY: print_puts(p, ":"); break;
    case SYN_PADDED: print_expression(p, s->child[0], LEVEL_ALL); print_puts(p, " pad "); print_expression(p, s->child[1], LEVEL_ALL); break;
    default: break;
    }
}

void print_expression(printer *p, const syn *s, int least) {
    if (!s) return;
    if (level_of(p, s) >= least)
        print_node(p, s);
    else if (s->kind == SYN_REDUCE && has_call_form(s))
        print_reduce_call(p, s);
    else
        print_parentheses(p, s);
}
