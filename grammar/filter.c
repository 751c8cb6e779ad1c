/* One statement's tokens to what the grammar reads: statement words, index brackets, reductions, transposes, derivatives. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"
#include "token.h"

#include "grammar/build.h"
#include "delta.tab.h"

/* Where a ∂ⁿA/∂B∂C stands: after ∂, after '/∂' … Kept for each bracket level. */
typedef enum { NONE, ABOVE, BELOW, BELOW_NAME, BELOW_AFTER } phase;

typedef struct {
    phase phase;
    int wanted;    /* denominators still to come */
    bool binders;  /* `i in` directly inside is a binder */
    int chain;     /* right-nested operators since the last + or the like */
    int tail;      /* indices, primes … one after another */
    int ifs;
} level;

typedef struct {
    const statement *st;
    scan *scan;
    token_list *out;
    int start;   /* where the statement begins in out */
    int at;      /* position in st->at */
    level levels[PARSE_MAX_DEPTH + 8];
    int depth;
    bool broken;
    token *nothing; /* stands before and behind the statement */
} filter;

static token *look(const filter *f, int offset) {
    int at = f->at + offset;
    if (at < 0 || at >= f->st->count) return f->nothing;
    return &f->scan->raw.list[f->st->at[at]];
}

static token *emit(filter *f, const token *t, int kind) {
    token *copy = token_add(f->out, t);
    copy->kind = (int16_t)kind;
    return copy;
}

static void fail(filter *f, span at, const char *message, const char *hint) {
    if (!f->broken) {
        diagnostic *g = scan_error(f->scan, at, "%s", message);
        if (hint) diag_hint(g, "%s", hint);
    }
    f->broken = true;
}

static bool is_page_name(const filter *f, const char *key) { return intern_find(f->scan->page, key) != 0; }

/* --- derivatives without ∂: dC/dw1, d2u/dx2, d(…)/dx, d/dx --- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_language_name(const char *key) {
    static const char *const words[] = {"det", "diag", "dot", "digamma", NULL};
    return text_in(key, words);
}

/* The order in "d2u" (1 for "du"); *rest is what follows it. */
static int order_of(const char *key, const char **rest) {
    const char *p = key + 1;
    int order = 0;
    while (is_digit(*p) && order < 100) order = 10 * order + (*p++ - '0');
    *rest = p;
    return p == key + 1 ? 1 : order;
}

static char *without(filter *f, const char *text, size_t length) { return arena_strndup(f->scan->memory, text, length); }

/* Splits the rest of "dxdt" at a 'd' so that both parts are names of the page. */
static bool split_mixed(filter *f, token *below, const char *rest) {
    for (const char *d = strchr(rest + 1, 'd'); d; d = strchr(d + 1, 'd')) {
        const char *first = without(f, rest, (size_t)(d - rest));
        if (!d[1] || !is_page_name(f, first) || !is_page_name(f, d + 1)) continue;
        below->text = first;
        below->spelling = d + 1;
        below->number = TWO_BELOW;
        return true;
    }
    return false;
}

static bool spell_below(filter *f, token *below, int order) {
    const char *rest = below->text + 1;
    size_t length = strlen(rest);
    below->number = 1;
    if (order == 1) {
        below->text = rest;
        if (below->spelling) below->spelling++;
        return true;
    }
    char digits[16];
    snprintf(digits, sizeof digits, "%d", order);
    size_t tail = strlen(digits);
    if (length > tail && !strcmp(rest + length - tail, digits)) {
        below->text = without(f, rest, length - tail);
        below->spelling = NULL;
        below->number = (uint8_t)order;
        return true;
    }
    return order == 2 && split_mixed(f, below, rest);
}

static void two_readings(filter *f, const token *above, const token *below, const char *top, const char *bottom) {
    span at = span_join(above->at, below->at);
    const char *name = is_page_name(f, above->text) ? above->text : below->text;
    diagnostic *g = scan_error(f->scan, at, "'%s/%s' has two readings, because '%s' is a name of this page", above->text, below->text, name);
    diag_hint(g, "write ∂%s/∂%s for the derivative, or %s / %s with blanks for the quotient", top, bottom, above->text, below->text);
    f->broken = true;
}

static int touching_end(const filter *f, int raw) {
    const token *list = f->scan->raw.list;
    int end = f->scan->raw.count;
    int i = raw + 1;
    while (i < end && !list[i].blank && list[i].match > i && (list[i].kind == T_LPAREN || list[i].kind == T_LBRACKET || list[i].kind == T_SUBSCRIPT))
        i = list[i].match + 1;
    return i;
}

/* If a derivative in ASCII begins here, rewrites the tokens to ∂ A / ∂ B. */
static bool ascii_derivative(filter *f, const token *above) {
    if (above->text[0] != 'd') return false;
    token *list = f->scan->raw.list;
    int raw = f->st->at[f->at], slash = touching_end(f, raw);
    if (slash + 1 >= f->scan->raw.count) return false;
    token *below = &list[slash + 1];
    if (list[slash].kind != T_SLASH || list[slash].blank || below->kind != T_NAME || below->blank || below->text[0] != 'd' || !below->text[1]) return false;
    const char *rest;
    int order = order_of(above->text, &rest);
    if (order < 1 || order > 100) return false;
    bool applied = !*rest && slash > raw + 1; /* d(…)/dx */
    if (applied && list[raw + 1].kind != T_LPAREN) return false;
    bool clash = is_page_name(f, above->text) || is_page_name(f, below->text) || is_language_name(above->text);
    if (clash) {
        bool possible = f->scan->includes || ((!*rest || is_page_name(f, rest)) && is_page_name(f, below->text + 1));
        if (possible && !is_language_name(above->text)) two_readings(f, above, below, rest, below->text + 1);
        return false;
    }
    if (!spell_below(f, below, order)) {
        fail(f, below->at, "the denominators of this derivative cannot be told apart", "write ∂²u/∂x² or ∂²u/∂x∂t (partial^2 u/partial x partial t)");
        return false;
    }
    list[slash].kind = T_OVER_PARTIAL;
    below->kind = T_DENOMINATOR;
    token sign = *above;
    sign.number = (uint8_t)order;
    sign.at.end = sign.at.begin + 1;
    emit(f, &sign, T_PARTIAL);
    if (*rest) {
        token name = *above;
        name.at.begin = name.at.begin + (int32_t)(rest - above->text);
        name.spelling = order == 1 && above->spelling ? above->spelling + 1 : NULL;
        name.text = rest;
        emit(f, &name, T_NAME);
    }
    return true;
}

static void emit_below(filter *f, const token *t) {
    bool two = t->number == TWO_BELOW;
    emit(f, t, T_DENOMINATOR);
    token *first = emit(f, t, T_NAME);
    if (two) first->spelling = NULL;
    if (!two && t->number > 1) {
        token power = *t;
        power.text = arena_printf(f->scan->memory, "%d", t->number);
        emit(f, &power, T_SUPER);
    }
    if (two) {
        token second = *t;
        second.text = t->spelling;
        second.spelling = NULL;
        emit(f, &second, T_DENOMINATOR);
        emit(f, &second, T_NAME);
    }
}

/* --- derivatives with ∂ --- */

static int power_value(const char *text) {
    int value = 0;
    for (; is_digit(*text) && value < 1000; text++) value = 10 * value + (*text - '0');
    return *text ? 0 : value;
}

static void partial(filter *f, const token *t) {
    level *l = &f->levels[f->depth];
    if (l->phase == BELOW || (l->phase == BELOW_AFTER && l->wanted > 0)) {
        l->wanted--;
        l->phase = BELOW_NAME;
        emit(f, t, T_DENOMINATOR);
        return;
    }
    token sign = *t;
    int order = 1;
    const token *next = look(f, 1);
    if (next->kind == T_SUPER) {
        order = power_value(next->text);
        f->at++;
    } else if (next->kind == T_CARET && look(f, 2)->kind == T_NUMBER) {
        order = power_value(look(f, 2)->text);
        f->at += 2;
    }
    if (order < 1 || order > 100) fail(f, next->at, "the order of a derivative is a whole number from 1 to 100", NULL);
    l->phase = ABOVE;
    l->wanted = order;
    sign.number = (uint8_t)order;
    emit(f, &sign, T_PARTIAL);
}

/* Follows a derivative through the tokens behind its '/'. */
static void follow_derivative(filter *f, const token *t) {
    level *l = &f->levels[f->depth];
    if (l->phase == BELOW_NAME) {
        l->phase = t->kind == T_NAME ? BELOW_AFTER : NONE;
        return;
    }
    if (l->phase != BELOW_AFTER) return;
    switch (t->kind) {
    case T_SUPER: l->wanted -= power_value(t->text) - 1; break;
    case T_NUMBER:
        if (look(f, -1)->kind == T_CARET)
            l->wanted -= power_value(t->text) - 1;
        else
            l->phase = NONE;
        break;
    case T_CARET: case T_LBRACKET: case T_RBRACKET: case T_SUBSCRIPT: case T_RBRACE: case T_PARTIAL: break;
    default: l->phase = NONE; break;
    }
}

/* --- nesting --- */

static int nesting(const filter *f) {
    int total = f->depth;
    for (int i = 0; i <= f->depth; i++) total += f->levels[i].chain + f->levels[i].tail + f->levels[i].ifs;
    return total;
}

static void count_nesting(filter *f, const token *t) {
    level *l = &f->levels[f->depth];
    bool operand_before = token_ends_operand(look(f, -1));
    int chain = l->chain, tail = l->tail, ifs = l->ifs;
    switch (t->kind) {
    case T_CARET: case T_NOT: case T_SIGN: case T_ROOT: case T_NABLA: l->chain++; break;
    case T_MINUS: case T_PLUS: l->chain = operand_before ? 0 : l->chain + 1; break;
    case T_IF: l->ifs++; break;
    case T_EQUALS: case T_COMMA: l->ifs = l->chain = 0; break;
    case T_EQ: case T_NE: case T_LT: case T_GT: case T_LE: case T_GE: case T_AND: case T_OR: l->chain = 0; break;
    case T_LBRACKET: case T_PRIME: case T_EVAL: case T_TRANSPOSE: if (operand_before) l->tail++; break;
    case T_RBRACKET: case T_RBRACE: break;
    default: l->tail = 0; break;
    }
    bool grown = l->chain > chain || l->tail > tail || l->ifs > ifs;
    if (grown && nesting(f) > PARSE_MAX_DEPTH)
        fail(f, t->at, "this is nested too deeply", "give parts of it names of their own");
}

static void push_level(filter *f, bool binders) {
    if (f->depth >= PARSE_MAX_DEPTH) { /* reported where the brackets were paired */
        f->broken = true;
        return;
    }
    f->levels[++f->depth] = (level){.binders = binders};
}

static void pop_level(filter *f) {
    if (f->depth > 0) f->depth--;
}

/* --- words --- */

static bool is_reduction_word(const char *key) {
    static const char *const words[] = {"sum", "prod", "max", "min", "mean", "argmax", "argmin", "logsumexp", NULL};
    return text_in(key, words);
}

/* sum(a) is a full reduction; sum(i in 0..n-1, a) one with binders; other words in parentheses are plain calls. */
static bool is_reduce_call(const filter *f, const token *t) {
    const token *open = look(f, 1);
    if (open->kind != T_LPAREN || !is_reduction_word(t->text) || is_page_name(f, t->text)) return false;
    if (look(f, 2)->kind == T_NAME && look(f, 3)->kind == T_IN) return true;
    return !open->commas && (t->text[0] == 's' || t->text[0] == 'p');
}

/* abs(u) and norm(u) are |u| and ‖u‖. */
static bool bars_in_words(filter *f, const token *t) {
    token *open = look(f, 1);
    bool norm = !strcmp(t->text, "norm");
    if ((!norm && strcmp(t->text, "abs")) || open->kind != T_LPAREN || open->commas || open->match < 0 || is_page_name(f, t->text)) return false;
    f->scan->raw.list[open->match].kind = (int16_t)(norm ? T_NORM_CLOSE : T_BAR_CLOSE);
    emit(f, t, norm ? T_NORM_OPEN : T_BAR_OPEN);
    push_level(f, false);
    f->at++;
    return true;
}

static bool is_word(const filter *f, const char *word) { return f->st->word && !strcmp(f->st->word, word); }

static int contextual_kind(const filter *f, const token *t) {
    if (!strchr("iwsom", t->text[0])) return T_NAME; /* int, with, steps, over, missing */
    bool after_operand = token_ends_operand(look(f, -1));
    if (!strcmp(t->text, "int") && look(f, -1)->kind == T_COLON) return T_INT;
    if (f->depth) return T_NAME;
    if (is_word(f, "optimize")) {
        if (f->at == 1 && !strcmp(t->text, "with")) return T_WITH;
        if (after_operand && (!strcmp(t->text, "steps") || !strcmp(t->text, "step"))) return T_STEPS;
    }
    if (after_operand && !strcmp(t->text, "over") && is_word(f, "minimize")) return T_OVER;
    if (after_operand && !strcmp(t->text, "missing") && (is_word(f, "input") || is_word(f, "target") || is_word(f, "given") || is_word(f, "set"))) return T_MISSING;
    return T_NAME;
}

static void name(filter *f, token *t) {
    int kind = contextual_kind(f, t);
    if (kind == T_NAME && is_word(f, "set") && look(f, -1)->kind == T_COLON && f->at == 3) kind = T_DECLARATION;
    if (kind == T_NAME && look(f, 1)->kind == T_UNDERSCORE && look(f, 2)->kind == T_SUBSCRIPT) {
        if (!strcmp(t->text, "grad"))
            kind = T_NABLA;
        else if (is_reduction_word(t->text))
            kind = T_WORD;
    }
    if (kind == T_NAME && !t->head) {
        if (ascii_derivative(f, t) || f->broken) return;
        if (bars_in_words(f, t)) return;
        if (is_reduce_call(f, t)) kind = T_CALL;
    }
    emit(f, t, kind);
}

static bool after_nabla_name(const filter *f) {
    const token *list = f->scan->raw.list;
    int raw = f->st->at[f->at] - 1;
    if (raw < 1 || list[raw + 1].blank) return false;
    while (raw > 0 && list[raw].match >= 0 && list[raw].match < raw) raw = list[raw].match - 1;
    if (raw < 3 || list[raw].kind != T_NAME || !list[raw - 1].head) return false;
    int head = raw - 1;
    if (list[head].match >= 0) head = list[head].match;
    return head >= 2 && list[head - 1].kind == T_UNDERSCORE && (list[head - 2].kind == T_NABLA || (list[head - 2].text && !strcmp(list[head - 2].text, "grad")));
}

static void opener(filter *f, const token *t) {
    const token *before = look(f, -1);
    bool after = token_ends_operand(before) || before->kind == T_INT;
    if (t->kind == T_LBRACKET) {
        bool index = after && !t->compares && !t->stacks;
        emit(f, t, index ? T_INDEX : T_LIST);
        push_level(f, index);
        return;
    }
    if (t->kind == T_LPAREN) {
        bool call = f->out->count > f->start && f->out->list[f->out->count - 1].kind == T_CALL;
        emit(f, t, after_nabla_name(f) ? T_LPAREN_TOUCHING : T_LPAREN);
        push_level(f, call && look(f, 1)->kind == T_NAME && look(f, 2)->kind == T_IN);
        return;
    }
    emit(f, t, t->kind);
    push_level(f, before->kind == T_UNDERSCORE);
}

static void membership(filter *f, const token *t) {
    const level *l = &f->levels[f->depth];
    int before = look(f, -2)->kind;
    bool bound = look(f, -1)->kind == T_NAME && ((f->at == 2 && is_word(f, "for")) ||
                 (l->binders && (before == T_COMMA || before == T_LPAREN || before == T_LBRACKET || before == T_SUBSCRIPT)));
    emit(f, t, bound ? T_BINDER_IN : T_IN);
}

static void underscore(filter *f, const token *t) {
    int before = f->out->count > f->start ? f->out->list[f->out->count - 1].kind : 0;
    if (before == T_SIGN || before == T_NABLA || before == T_WORD) {
        emit(f, t, T_UNDERSCORE);
        return;
    }
    if (look(f, 1)->kind == T_SUBSCRIPT)
        fail(f, t->at, "'_{' belongs behind Σ, Π, ∇, a bar or a reduction word", "an index is written a[i], a family of names a{l}, a name with a subscript w1 or δ_out");
    else
        fail(f, t->at, "'_' stands alone here", "in a name it is followed by a letter or a digit: δ_out");
}

static void caret(filter *f, const token *t) {
    const token *next = look(f, 1);
    if (next->kind == T_NAME && !strcmp(next->text, "T") && look(f, 2)->kind != T_SUBSCRIPT) {
        token both = *t;
        both.at = span_join(t->at, next->at);
        emit(f, &both, T_TRANSPOSE);
        f->at++;
        return;
    }
    if (next->kind == T_SUBSCRIPT) fail(f, next->at, "a power stands in parentheses, not in braces", "write x^(n+1)");
    emit(f, t, T_CARET);
}

static void one_token(filter *f) {
    token *t = look(f, 0);
    follow_derivative(f, t);
    count_nesting(f, t);
    switch (t->kind) {
    case T_NAME: name(f, t); break;
    case T_PARTIAL: partial(f, t); break;
    case T_DENOMINATOR: emit_below(f, t); break;
    case T_SLASH:
        if (f->levels[f->depth].phase == ABOVE && look(f, 1)->kind == T_PARTIAL) {
            f->levels[f->depth].phase = BELOW;
            emit(f, t, T_OVER_PARTIAL);
        } else {
            emit(f, t, T_SLASH);
        }
        break;
    case T_LPAREN: case T_LBRACKET: case T_SUBSCRIPT: case T_SET: case T_EVAL: case T_BAR_OPEN: case T_NORM_OPEN: opener(f, t); break;
    case T_RPAREN: case T_RBRACKET: case T_RBRACE: case T_BAR_CLOSE: case T_NORM_CLOSE:
        pop_level(f);
        emit(f, t, t->kind);
        break;
    case T_IN: membership(f, t); break;
    case T_UNDERSCORE: underscore(f, t); break;
    case T_CARET: caret(f, t); break;
    default: emit(f, t, t->kind); break;
    }
}

/* --- the beginning of a statement --- */

static int word_kind(const statement *st) {
    static const struct {
        const char *word;
        int kind;
    } table[] = {{"claim", T_CLAIM}, {"assume", T_ASSUME}, {"minimize", T_MINIMIZE}, {"optimize", T_OPTIMIZE}, {"optimizer", T_OPTIMIZER}, {"metric", T_METRIC},
                 {"output", T_OUTPUT}, {"set", T_POPULATION}, {"use", T_USE}, {"layout", T_LAYOUT}, {"for", T_FOR}, {"then", T_GROUP}};
    if (!strcmp(st->word, "function")) return st->block ? T_FUNCTION_BLOCK : T_FUNCTION;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (!strcmp(st->word, table[i].word)) return table[i].kind;
    return T_DECLARATION;
}

static void begin(filter *f) {
    const statement *st = f->st;
    token *first = look(f, 0);
    if ((first->kind == T_MINUS || first->kind == T_PLUS) && !st->in_function && !f->scan->single)
        fail(f, first->at, "a statement cannot begin with a sign", "write: claim −a = b (a line that begins with a sign continues the line before)");
    if (!st->word) return;
    int next = look(f, 1)->kind;
    if (first->kind == T_NAME && (next == T_EQUALS || next == T_DEFINES || next == T_ARROW)) {
        diagnostic *g = scan_error(f->scan, first->at, "'%s' begins a statement and cannot be the name of a value here", first->text);
        diag_hint(g, "choose another name");
        f->broken = true;
    }
    if (first->kind == T_FOR && !st->block && !f->broken) {
        token *last = look(f, st->count - 1);
        fail(f, (span){last->at.source, last->at.end, last->at.end}, "expected a block '{ … }' of statements after 'for …'",
             last->kind == T_RBRACE ? "a blank stands before the '{' of a block" : NULL);
    }
    emit(f, first, word_kind(st));
    f->at = 1;
}

static bool is_broken(const filter *f) {
    for (int i = 0; i < f->st->count; i++)
        if (f->scan->raw.list[f->st->at[i]].broken) return true;
    return false;
}

void filter_statement(const statement *st) {
    if (!st->count) return;
    filter *f = xmalloc(sizeof *f);
    token nothing = {.kind = T_SEPARATOR, .match = -1};
    f->nothing = &nothing;
    f->st = st;
    f->scan = st->scan;
    f->out = &st->scan->ready;
    f->start = f->out->count;
    f->at = f->depth = 0;
    f->levels[0] = (level){.phase = NONE};
    f->broken = is_broken(f);
    if (!f->broken) begin(f);
    for (; f->at < st->count && !f->broken; f->at++) one_token(f);
    if (f->broken) {
        f->out->count = f->start;
        token t = f->scan->raw.list[st->at[0]];
        t.at = span_join(t.at, f->scan->raw.list[st->at[st->count - 1]].at);
        emit(f, &t, T_BROKEN);
    }
    free(f);
}
