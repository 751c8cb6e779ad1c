/* Statements as text, in the house layout. */
#include <string.h>

#include "print.h"

enum { LINE_WIDTH = 100, INDENT = 2 };

static void print_statement(printer *p, const syn *s);
static void print_head(printer *p, const syn *s);

static void print_axes(printer *p, const syn *s) {
    printer inner = *p;
    inner.tight = true;
    bool atoms = true;
    for (int i = 0; i < s->count; i++) atoms &= s->child[i]->kind == SYN_NAME || s->child[i]->kind == SYN_NUMBER;
    print_puts(p, "[");
    print_list(&inner, s, 0, atoms ? "," : ", ");
    print_puts(p, "]");
}

static void print_decl(printer *p, const syn *s) {
    if (s->child[0])
        print_expression(p, s->child[0], LEVEL_ALL);
    else
        print_name(p, s->name);
    if (s->flags & SYN_INT) print_puts(p, " : int");
    if (s->child[1]) print_axes(p, s->child[1]);
    if (s->flags & SYN_MISSING) print_puts(p, " missing");
    if (!s->child[2]) return;
    buffer_printf(p->out, " %s ", s->text);
    print_expression(p, s->child[2], LEVEL_ALL);
}

static void print_decls(printer *p, const syn *s) {
    for (int i = 0; i < s->count; i++) {
        if (i) print_puts(p, ", ");
        print_decl(p, s->child[i]);
    }
}

static void print_declare(printer *p, const syn *s) {
    buffer_printf(p->out, "%-*s ", p->word_width, s->text);
    print_decls(p, s);
}

static void new_line(printer *p, int indent) { buffer_printf(p->out, "\n%*s", indent, ""); }

/* --- comments: taken from the source between the places of statements --- */

static bool is_mark(const char *bytes, const char *end) {
    if (end - bytes < 2 || bytes[1] != '=') return false;
    for (bytes += 2; bytes < end && (*bytes == ' ' || *bytes == '\t'); bytes++) {}
    return bytes < end && (*bytes | 32) >= 'a' && (*bytes | 32) <= 'z';
}

static void print_comment(printer *p, const char *bytes, const char *end) {
    while (end > bytes && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')) end--;
    buffer_add(p->out, bytes, (size_t)(end - bytes));
}

/* A comment behind a statement stays in its column if there is room. */
static void print_gap(printer *p, const char *comment) {
    const char *line = comment;
    size_t begin = p->out->length;
    while (line > p->text->text && line[-1] != '\n') line--;
    while (begin > 0 && p->out->text[begin - 1] != '\n') begin--;
    int column = text_width(line, (size_t)(comment - line)), here = text_width(p->out->text + begin, p->out->length - begin);
    buffer_printf(p->out, "%*s", column - here > 2 ? column - here : 2, "");
}

/* The comments from begin to end, between two statements. On the line of the statement before them they stay behind it, others get lines of
 * their own; several blank lines become one. */
static void print_comments(printer *p, int32_t begin, int32_t end, bool behind) {
    if (!p->text || begin < 0 || end > (int32_t)p->text->length) return;
    const char *stop = p->text->text + end;
    int newlines = behind ? 0 : 1;
    for (const char *c = p->text->text + begin; c < stop; c++) {
        newlines += *c == '\n';
        if (*c != '#') continue;
        const char *line_end = c;
        while (line_end < stop && *line_end != '\n') line_end++;
        if (!is_mark(c, line_end)) {
            if (newlines > 1 && p->out->length) print_puts(p, "\n");
            if (newlines > 0 && p->out->length) new_line(p, p->indent);
            if (newlines == 0) print_gap(p, c);
            print_comment(p, c, line_end);
            newlines = 0;
        }
        c = line_end - 1;
    }
    if (newlines > 1 && p->out->length && !p->at_end) print_puts(p, "\n");
}

/* Comments inside a statement of several lines go before it. */
static void print_own_comments(printer *p, const syn *s) {
    if (!p->text || s->at.begin < 0 || s->at.end > (int32_t)p->text->length) return;
    const char *stop = p->text->text + s->at.end;
    for (const char *c = p->text->text + s->at.begin; c < stop; c++) {
        if (*c != '#') continue;
        const char *line_end = c;
        while (line_end < stop && *line_end != '\n') line_end++;
        if (!is_mark(c, line_end)) {
            print_comment(p, c, line_end);
            new_line(p, p->indent);
        }
        c = line_end;
    }
}

/* --- declarations on neighbouring lines: their words have one width --- */

static int newlines_between(const printer *p, const syn *a, const syn *b) {
    int count = 0;
    for (int32_t i = a->at.end; i < b->at.begin && i < (int32_t)p->text->length; i++) count += p->text->text[i] == '\n';
    return count;
}

static const char *word_of(const syn *s) { return s->kind == SYN_DECLARE ? s->text : s->kind == SYN_ASSUME ? "assume" : NULL; }

static int word_width(const printer *p, const syn *list, int at) {
    int first = at, last = at, width = 0;
    if (!p->text || !word_of(list->child[at])) return 0;
    while (first > 0 && word_of(list->child[first - 1]) && newlines_between(p, list->child[first - 1], list->child[first]) < 2) first--;
    while (last + 1 < list->count && word_of(list->child[last + 1]) && newlines_between(p, list->child[last], list->child[last + 1]) < 2) last++;
    for (int i = first; i <= last; i++) {
        int own = (int)strlen(word_of(list->child[i]));
        width = own > width && own <= (int)strlen("assume") ? own : width;
    }
    return width;
}

/* `function f, g` is one line for two statements. */
static bool joins_last(const printer *p, const syn *list, int i) {
    if (!p->text || i == 0) return false;
    const syn *a = list->child[i - 1], *b = list->child[i];
    if (a->kind != SYN_FUNCTION || b->kind != SYN_FUNCTION || a->child[2] || b->child[2]) return false;
    int32_t at = a->at.end;
    while (at < b->at.begin && (p->text->text[at] == ' ' || p->text->text[at] == ',')) at++;
    return at == b->at.begin;
}

/* Statements with the comments between them; begin and end are places in the source. */
static void print_statements(printer *p, const syn *s, int32_t begin, int32_t end, bool in_block) {
    for (int i = 0; i < s->count; i++) {
        const syn *c = s->child[i];
        bool block = c->kind == SYN_FOR || c->kind == SYN_OPTIMIZER || (c->kind == SYN_FUNCTION && c->child[2] && c->child[2]->kind == SYN_BLOCK);
        if (joins_last(p, s, i)) {
            print_puts(p, ", ");
            print_head(p, c);
            begin = c->at.end;
            continue;
        }
        print_comments(p, begin, c->at.begin, in_block || i > 0);
        if (p->out->length) new_line(p, p->indent);
        if (!block && c->kind != SYN_USE) print_own_comments(p, c);
        p->word_width = word_width(p, s, i);
        print_statement(p, c);
        p->word_width = 0;
        begin = c->at.end;
    }
    p->at_end = true;
    print_comments(p, begin, end, in_block || s->count > 0);
    p->at_end = false;
}

static void print_block(printer *p, const syn *s) {
    print_puts(p, "{");
    p->indent += INDENT;
    print_statements(p, s, s->at.begin + 1, s->at.end - 1, true);
    p->indent -= INDENT;
    new_line(p, p->indent);
    print_puts(p, "}");
}

static void print_head(printer *p, const syn *s) {
    if (s->count > 3)
        print_expression(p, s->child[3], LEVEL_ALL);
    else
        print_name(p, s->name);
    if (s->child[0]) {
        print_puts(p, "(");
        print_decls(p, s->child[0]);
        print_puts(p, ")");
    }
    if (s->child[1]) {
        print_puts(p, " : ");
        print_axes(p, s->child[1]);
    }
}

static void print_function(printer *p, const syn *s) {
    print_puts(p, "function ");
    print_head(p, s);
    if (!s->child[2]) return;
    if (s->child[2]->kind == SYN_BLOCK) {
        print_puts(p, " ");
        print_block(p, s->child[2]);
    } else {
        print_puts(p, " = ");
        print_expression(p, s->child[2], LEVEL_ALL);
    }
}

/* The verdict expected of the step that ends at `end`. */
static void print_mark(printer *p, sym verdict, int32_t end) {
    const char *mark = p->text && end >= 0 && end < (int32_t)p->text->length ? p->text->text + end : NULL;
    while (mark && (*mark == ' ' || *mark == '\t')) mark++;
    if (mark && *mark == '#')
        print_gap(p, mark);
    else
        print_puts(p, "  ");
    buffer_printf(p->out, "#= %s", intern_text(p->names, verdict));
}

static bool has_newline(const printer *p, int32_t begin, int32_t end) {
    for (int32_t i = begin; p->text && i < end && i < (int32_t)p->text->length; i++)
        if (p->text->text[i] == '\n') return true;
    return false;
}

/* A chain that is too wide, has a mark inside, or was written so gets a line for each '=' from the second on, under the first. */
static void print_equation(printer *p, const syn *s) {
    size_t begin = p->out->length;
    bool split = false;
    for (int i = 1; i < s->count - 1; i++) split |= s->child[i]->expect != 0 || has_newline(p, s->child[i]->at.end, s->child[i + 1]->at.begin);
    for (int pass = 0; pass < 2; pass++) {
        p->out->length = begin;
        if (s->number) print_puts(p, "claim ");
        print_expression(p, s->child[0], LEVEL_ALL);
        int column = p->indent + text_width(p->out->text + begin, p->out->length - begin) + 1;
        for (int i = 1; i < s->count; i++) {
            if (split && i > 1) {
                if (s->child[i - 1]->expect) print_mark(p, s->child[i - 1]->expect, s->child[i - 1]->at.end);
                new_line(p, column);
            } else {
                print_puts(p, " ");
            }
            buffer_printf(p->out, "%s ", s->text);
            print_expression(p, s->child[i], LEVEL_ALL);
        }
        bool wide = p->indent + text_width(p->out->text + begin, p->out->length - begin) > LINE_WIDTH;
        if (split || s->count < 3 || !wide) break;
        split = true;
    }
    if (s->expect) print_mark(p, s->expect, s->at.end);
}

static void print_optimize(printer *p, const syn *s) {
    print_puts(p, "optimize with ");
    for (int i = 0; i + 1 < s->count; i += 2) {
        if (i) print_puts(p, " then ");
        print_expression(p, s->child[i], LEVEL_ALL);
        if (!s->child[i + 1]) continue;
        print_puts(p, " for ");
        print_expression(p, s->child[i + 1], LEVEL_SUM);
        print_puts(p, " steps");
    }
}

static void print_optimizer(printer *p, const syn *s) {
    print_puts(p, "optimizer ");
    print_name(p, s->name);
    if (s->child[0]) {
        print_puts(p, "(");
        print_decls(p, s->child[0]);
        print_puts(p, ")");
    }
    print_puts(p, " for ");
    print_expression(p, s->child[1], LEVEL_ALL);
    print_puts(p, " ");
    print_block(p, s->child[2]);
}

static void print_minimize(printer *p, const syn *s) {
    print_puts(p, "minimize ");
    print_expression(p, s->child[0], LEVEL_ALL);
    if (s->count > 1) print_puts(p, " over ");
    print_list(p, s, 1, ", ");
}

/* An assumption has '=' where a condition elsewhere has '=='. */
static void print_condition(printer *p, const syn *condition) {
    if (condition->kind == SYN_COMPARE && !strcmp(condition->text, "==")) {
        print_expression(p, condition->child[0], LEVEL_SUM);
        print_puts(p, " = ");
        print_expression(p, condition->child[1], LEVEL_SUM);
    } else {
        print_expression(p, condition, LEVEL_NOT);
    }
}

static void print_assume(printer *p, const syn *s) {
    const syn *condition = s->child[0];
    bool both = condition->kind == SYN_LOGIC && !strcmp(condition->text, "and");
    buffer_printf(p->out, "%-*s ", p->word_width, "assume");
    for (int i = 0; i < (both ? condition->count : 1); i++) {
        print_puts(p, i ? ", " : "");
        print_condition(p, both ? condition->child[i] : condition);
    }
}

static void print_statement(printer *p, const syn *s) {
    switch (s->kind) {
    case SYN_DECLARE: print_declare(p, s); break;
    case SYN_FUNCTION: print_function(p, s); break;
    case SYN_EQUATION: print_equation(p, s); break;
    case SYN_ASSUME: print_assume(p, s); break;
    case SYN_MINIMIZE: print_minimize(p, s); break;
    case SYN_UPDATE:
        print_expression(p, s->child[0], LEVEL_ALL);
        print_symbol(p, " ← ", " <- ");
        print_expression(p, s->child[1], LEVEL_ALL);
        break;
    case SYN_THEN: print_puts(p, "then"); break;
    case SYN_OPTIMIZE: print_optimize(p, s); break;
    case SYN_OPTIMIZER: print_optimizer(p, s); break;
    case SYN_METRIC: print_puts(p, "metric "); print_name(p, s->name); print_puts(p, " = "); print_expression(p, s->child[0], LEVEL_ALL); break;
    case SYN_OUTPUT: print_puts(p, "output "); print_list(p, s, 0, ", "); break;
    case SYN_FOR: print_puts(p, "for "); print_expression(p, s->child[0], LEVEL_ALL); print_puts(p, " "); print_block(p, s->child[1]); break;
    case SYN_POPULATION: print_puts(p, "set "); print_name(p, s->name); print_puts(p, ": "); print_declare(p, s->child[0]); break;
    case SYN_USE: buffer_printf(p->out, "use \"%s\"", s->text); break;
    case SYN_LAYOUT: buffer_printf(p->out, "layout %s", s->text); break;
    case SYN_BLOCK: print_block(p, s); break;
    case SYN_AXES: print_axes(p, s); break;
    case SYN_PARAMS: print_decls(p, s); break;
    case SYN_DECL: print_decl(p, s); break;
    case SYN_BROKEN: break;
    default: print_expression(p, s, LEVEL_ALL); break;
    }
}

void syn_print_page(buffer *out, const syn *tree, const intern *names, const source *text, int unicode) {
    buffer page = {0};
    printer p = {.out = &page, .names = names, .unicode = unicode, .text = text};
    if (tree && tree->kind == SYN_FILE_)
        print_statements(&p, tree, 0, text ? (int32_t)text->length : 0, false);
    else if (tree)
        print_statement(&p, tree);
    if (page.length) buffer_puts(&page, "\n");
    buffer_add(out, page.text, page.length);
    buffer_free(&page);
}

void syn_print(buffer *out, const syn *tree, const intern *names, int unicode) {
    printer p = {.out = out, .names = names, .unicode = unicode};
    buffer_puts(out, "");
    if (tree && tree->kind == SYN_FILE_)
        syn_print_page(out, tree, names, NULL, unicode);
    else if (tree)
        print_statement(&p, tree);
}
