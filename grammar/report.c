/* Syntax errors in the reader's words. */
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "delta.tab.h"

enum { MOST_SHOWN = 40 };

typedef struct {
    parser *p;
    const int *kinds;
    int count;
    const token *found, *before; /* before is NULL at the start of a statement */
} situation;

static bool expects(const situation *s, int kind) {
    for (int i = 0; i < s->count; i++)
        if (s->kinds[i] == kind) return true;
    return false;
}

/* The source text of a token, shortened. */
static const char *shown(const situation *s, const token *t) {
    if (t->kind == T_SEPARATOR || t->kind == 0) return "the end of the line";
    const source *text = s->p->scan->text;
    int length = t->at.end - t->at.begin;
    bool cut = length > MOST_SHOWN;
    if (cut) length = MOST_SHOWN;
    while (cut && length > 0 && ((unsigned char)text->text[t->at.begin + length] & 0xC0) == 0x80) length--;
    return arena_printf(s->p->memory, "'%.*s%s'", length, text->text + t->at.begin, cut ? "…" : "");
}

static bool at_end(const situation *s) { return s->found->kind == T_SEPARATOR || s->found->kind == 0; }

typedef struct {
    int kind;
    const char *text;
} saying;

/* Things that are asked for by name when they could follow. */
static const char *wanted(const situation *s) {
    static const saying table[] = {
        {T_OVER_PARTIAL, "'/' and what to differentiate by (∂A/∂B)"}, {T_DENOMINATOR, "'∂' and what to differentiate by"}, {T_THEN, "'then'"}, {T_ELSE, "'else'"},
        {T_BINDER_IN, "'in' and a range or a set"}, {T_STRING, "a file name in quotes"}, {T_WITH, "'with' and an optimizer"}, {T_STEPS, "'steps'"}, {T_INT, "'int'"},
        {T_RPAREN, "')'"}, {T_RBRACKET, "']'"}, {T_BAR_CLOSE, "'|'"}, {T_NORM_CLOSE, "'‖'"}, {T_RBRACE, "'}'"}, {T_BLOCK, "a block { … }"}, {T_UNDERSCORE, "'_' and a name"},
        {T_DECLARATION, "input, target or noise"}, {T_RANGE, "'..' and the end of the range"},
    };
    if (s->count < 3 && expects(s, T_COLON)) return "':'";
    if (s->count < 4 && expects(s, T_EQUALS) && !expects(s, T_SEPARATOR)) return "'='";
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (table[i].kind == T_OVER_PARTIAL && expects(s, T_NUMBER)) continue;
        if ((table[i].kind == T_STRING || table[i].kind == T_LIST) && expects(s, T_NUMBER)) continue;
        if (table[i].kind == T_DENOMINATOR && expects(s, T_SEPARATOR)) continue;
        if (table[i].kind == T_BINDER_IN && expects(s, T_PLUS)) continue;
        if (table[i].kind == T_BLOCK && (expects(s, T_PLUS) || expects(s, T_COLON))) continue;
        if (table[i].kind == T_RBRACE && expects(s, T_SEPARATOR)) continue;
        if (table[i].kind == T_RANGE && expects(s, T_SEPARATOR)) continue;
        if (expects(s, table[i].kind)) return table[i].text;
    }
    return NULL;
}

static bool inside_brackets(const situation *s) { return expects(s, T_RPAREN) || expects(s, T_RBRACKET) || expects(s, T_THEN); }

static bool begins_line(const situation *s) {
    const char *text = s->p->scan->text->text;
    int at = s->found->at.begin;
    while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t')) at--;
    return at == 0 || text[at - 1] == '\n';
}

static const char *hint(const situation *s) {
    int found = s->found->kind, before = s->before ? s->before->kind : 0;
    if (before == T_DENOMINATOR) return "a derivative is taken by a name or an entry: ∂C/∂W, ∂C/∂b[i]";
    switch (found) {
    case T_EQUALS: return inside_brackets(s) ? "to compare two values write ==" : NULL;
    case T_EQ: return "'==' compares two values in a condition; a definition or a claim is written with one '='";
    case T_ARROW: return inside_brackets(s) ? "'<-' is the arrow of an update; write '< -' with a blank" : "an update has one arrow: w ← w − η ∂C/∂w";
    case T_DEFINES: return "a statement has one ':=', with a name before it";
    case T_IF: return "inside a product put 'if … then … else …' into parentheses";
    case T_SUPER: case T_CARET:
        if (before == T_SUPER) return "write (x²)³";
        if (expects(s, T_DENOMINATOR) || expects(s, T_OVER_PARTIAL)) return "a power of a derivative needs parentheses: (∂u/∂x)²";
        return "which operand has the power? use parentheses";
    case T_TRANSPOSE: return before == T_SUPER ? "write (A²)ᵀ" : "which operand is transposed? use parentheses, as in (∂C/∂W)ᵀ";
    case T_PRIME: return "a prime stands behind a function: σ′(z)";
    case T_BLOCK: return "a subscript touches its name: a{l-1}";
    case T_SUBSCRIPT: return "only a name has a subscript in braces; a block stands after a blank";
    case T_EVAL: return "|_{…} stands behind a value or a derivative";
    case T_IN: return "'in' belongs to 'for', to the range of an index and to 'assume'";
    case T_COLON: return "a definition of a new name is written :=";
    case T_LIST: return "an index stands directly behind its name";
    case T_INDEX: return "use parentheses to take an entry of this";
    case T_MINUS: return s->before && begins_line(s) ? "a line that begins with a sign continues the line before; write: claim −a = b" : NULL;
    case T_PLUS: return s->before && expects(s, T_NUMBER) ? "a plus sign stands between two terms" : NULL;
    case T_PAD: return "'pad' belongs into the axes of a declaration: x[n pad 2]";
    default: return NULL;
    }
}

static bool is_reserved(int kind) { return kind == T_IF || kind == T_THEN || kind == T_ELSE || kind == T_IN || kind == T_PAD || kind == T_FOR || kind == T_AND || kind == T_OR || kind == T_NOT || kind == T_BINDER_IN; }

static const char *declared_word(const situation *s) {
    return s->before && s->before->kind == T_DECLARATION ? s->before->text : NULL;
}

static diagnostic *message(const situation *s) {
    diag_list *d = s->p->errors;
    span at = s->found->at;
    const char *found = shown(s, s->found), *before = s->before ? shown(s, s->before) : NULL, *what = wanted(s);
    if (!before && is_reserved(s->found->kind)) return diag_add(d, DIAG_ERROR, at, "%s is a reserved word; a statement cannot begin with it", found);
    if (!before && at_end(s)) return diag_add(d, DIAG_ERROR, at, "expected a statement");
    if (!before) return diag_add(d, DIAG_ERROR, at, "a statement cannot begin with %s", found);
    if (expects(s, T_NUMBER) && expects(s, T_ROOT) && !token_ends_operand(s->before)) {
        if (at_end(s)) return diag_add(d, DIAG_ERROR, at, "expected an expression after %s", before);
        return diag_add(d, DIAG_ERROR, at, "expected an expression after %s, not %s", before, found);
    }
    if (expects(s, T_NAME) && (!token_ends_operand(s->before) || s->before->kind == T_DENOMINATOR)) {
        const char *noun = declared_word(s) ? "a name to declare" : expects(s, T_LPAREN) ? "a name or a parenthesis" : "a name";
        if (is_reserved(s->found->kind)) return diag_add(d, DIAG_ERROR, at, "%s is a reserved word and cannot be a name", found);
        if (at_end(s)) return diag_add(d, DIAG_ERROR, at, "expected %s after %s", noun, before);
        return diag_add(d, DIAG_ERROR, at, "expected %s after %s, not %s", noun, before, found);
    }
    if (what && at_end(s)) return diag_add(d, DIAG_ERROR, at, "expected %s after %s", what, before);
    if (what) return diag_add(d, DIAG_ERROR, at, "expected %s before %s", what, found);
    if (at_end(s)) return diag_add(d, DIAG_ERROR, at, "the statement ends too early after %s", before);
    return diag_add(d, DIAG_ERROR, at, "%s cannot follow %s", found, before);
}

void report_unexpected(parser *p, const int *kinds, int count) {
    int at = p->next > 0 ? p->next - 1 : 0;
    situation s = {p, kinds, count, &p->list[at], at > 0 ? &p->list[at - 1] : NULL};
    if (s.before && (s.before->kind == T_SEPARATOR || s.before->kind == T_BLOCK)) s.before = NULL;
    diagnostic *g = message(&s);
    const char *advice = hint(&s);
    if (advice) diag_hint(g, "%s", advice);
}
