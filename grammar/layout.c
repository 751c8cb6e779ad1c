/* Pairs brackets, decides which bar opens, and splits the tokens of a page into statements. */
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "parse.h"
#include "token.h"

#include "grammar/build.h"
#include "delta.tab.h"

bool text_in(const char *text, const char *const *list) {
    for (; *list; list++)
        if (**list == *text && !strcmp(text, *list)) return true;
    return false;
}

bool token_ends_operand(const token *t) {
    switch (t->kind) {
    case T_NAME: case T_NUMBER: case T_STRING: case T_SUPER: case T_PRIME: case T_TRANSPOSE: case T_RPAREN: case T_RBRACKET: case T_RBRACE:
    case T_BAR_CLOSE: case T_NORM_CLOSE: case T_DENOMINATOR: return !t->head;
    default: return false;
    }
}

/* --- pairing --- */

typedef struct {
    scan *scan;
    int *open; /* positions of open brackets, innermost last */
    int count, capacity;
    bool too_deep; /* reported for the bracket that is open at the bottom */
    int stray_line; /* the last line with a message about a bracket that closes nothing */
} pairing;

static const char *sign_of(int kind) {
    switch (kind) {
    case T_LPAREN: case T_RPAREN: return kind == T_LPAREN ? "(" : ")";
    case T_LBRACKET: case T_RBRACKET: return kind == T_LBRACKET ? "[" : "]";
    case T_BAR_OPEN: return "|";
    case T_NORM_OPEN: return "‖";
    case T_EVAL: return "|_{";
    case T_RBRACE: return "}";
    default: return "{";
    }
}

static int closer_of(int kind) {
    switch (kind) {
    case T_LPAREN: return T_RPAREN;
    case T_LBRACKET: return T_RBRACKET;
    case T_BAR_OPEN: return T_BAR_CLOSE;
    case T_NORM_OPEN: return T_NORM_CLOSE;
    default: return T_RBRACE;
    }
}

static token *raw_at(pairing *p, int position) { return &p->scan->raw.list[position]; }

static void open_bracket(pairing *p, int position) {
    if (p->count == p->capacity) {
        p->capacity = p->capacity ? 2 * p->capacity : 64;
        p->open = xrealloc(p->open, (size_t)p->capacity * sizeof *p->open);
    }
    p->open[p->count++] = position;
    if (p->count <= PARSE_MAX_DEPTH) return;
    if (!p->too_deep) scan_error(p->scan, raw_at(p, position)->at, "more than %d brackets inside one another", PARSE_MAX_DEPTH);
    p->too_deep = true;
    raw_at(p, position)->broken = true;
}

static void pop(pairing *p) {
    if (--p->count == 0) p->too_deep = false;
}

static void unclosed(pairing *p, int position, const token *instead) {
    token *t = raw_at(p, position);
    t->broken = true;
    if (p->too_deep) return;
    const char *sign = sign_of(t->kind);
    if (!instead) {
        diagnostic *g = scan_error(p->scan, t->at, "'%s' is not closed", sign);
        if (t->kind == T_BAR_OPEN) diag_hint(g, "bars enclose an absolute value: |u|; nested ones need parentheses or abs()");
        if (t->kind == T_BLOCK) diag_hint(g, "a block ends with '}'");
        return;
    }
    diagnostic *g = scan_error(p->scan, instead->at, "expected '%s' before '%s'",
                               t->kind == T_BAR_OPEN ? "|" : t->kind == T_NORM_OPEN ? "‖" : sign_of(closer_of(t->kind)), sign_of(instead->kind));
    diag_other(g, t->at, "'%s' was opened here", sign);
}

static void close_bracket(pairing *p, int position) {
    token *t = raw_at(p, position);
    int at = p->count - 1;
    while (at >= 0 && closer_of(raw_at(p, p->open[at])->kind) != t->kind && (raw_at(p, p->open[at])->kind != T_BLOCK)) at--;
    bool found = at >= 0 && closer_of(raw_at(p, p->open[at])->kind) == t->kind;
    if (!found) {
        t->broken = true;
        if (p->count && raw_at(p, p->open[p->count - 1])->kind != T_BLOCK) {
            unclosed(p, p->open[p->count - 1], t);
            pop(p);
        } else {
            int line = source_line(p->scan->text, (size_t)t->at.begin);
            if (line != p->stray_line) scan_error(p->scan, t->at, "'%s' closes nothing", sign_of(t->kind));
            p->stray_line = line;
        }
        return;
    }
    if (p->count - 1 > at) {
        unclosed(p, p->open[p->count - 1], t);
        t->broken = true;
    }
    while (p->count - 1 > at) {
        raw_at(p, p->open[p->count - 1])->broken = true;
        pop(p);
    }
    t->match = p->open[at];
    raw_at(p, t->match)->match = position;
    pop(p);
}

static void pair_bar(pairing *p, int position, int open, int close) {
    token *t = raw_at(p, position);
    bool inside = p->count && raw_at(p, p->open[p->count - 1])->kind == open;
    if (inside && position > 0 && token_ends_operand(t - 1)) {
        t->kind = (int16_t)close;
        close_bracket(p, position);
        return;
    }
    t->kind = (int16_t)open;
    open_bracket(p, position);
}

static int brace_kind(const token *t, int position) {
    int before = position > 0 ? t[-1].kind : T_NEWLINE;
    if (before == T_IN) return T_SET;
    return t->blank || before == T_NEWLINE ? T_BLOCK : T_SUBSCRIPT;
}

/* Marks the end of `Σ_i`, `Σ_{…}`, `^n` behind it and of `∇_W`: what follows is a new operand. */
static void mark_head(token *t, int position) {
    if (position < 1) return;
    token *before = t - 1;
    if (t->kind == T_NAME && before->kind == T_UNDERSCORE) t->head = true;
    if (t->kind == T_RBRACE && t->match > 0 && t[t->match - position - 1].kind == T_UNDERSCORE) t->head = true;
    if (t->kind == T_CARET && before->head && !t->blank) t->kind = T_UPPER;
    if ((t->kind == T_NAME || t->kind == T_NUMBER) && before->kind == T_UPPER) t->head = true;
    if ((t->kind == T_RBRACE || t->kind == T_RPAREN) && t->match > 0 && t[t->match - position - 1].kind == T_UPPER) t->head = true;
}

static void note_inside(pairing *p, int kind) {
    if (!p->count) return;
    token *inner = raw_at(p, p->open[p->count - 1]);
    switch (kind) {
    case T_EQ: case T_NE: case T_LT: case T_GT: case T_LE: case T_GE: case T_AND: case T_OR: case T_NOT: inner->compares = true; break;
    case T_SEMICOLON: inner->stacks = true; break;
    case T_COMMA: inner->commas = true; break;
    default: break;
    }
}

static void pair_token(pairing *p, int position) {
    token *t = raw_at(p, position);
    switch (t->kind) {
    case T_LBRACE: t->kind = (int16_t)brace_kind(t, position); open_bracket(p, position); break;
    case T_LPAREN: case T_LBRACKET: case T_EVAL: open_bracket(p, position); break;
    case T_RPAREN: case T_RBRACKET: case T_RBRACE: close_bracket(p, position); break;
    case T_BAR: pair_bar(p, position, T_BAR_OPEN, T_BAR_CLOSE); break;
    case T_NORM: pair_bar(p, position, T_NORM_OPEN, T_NORM_CLOSE); break;
    default: note_inside(p, t->kind); break;
    }
    mark_head(t, position);
}

void layout_pair(scan *s) {
    pairing p = {.scan = s};
    for (int i = 0; i < s->raw.count; i++) pair_token(&p, i);
    int line = -1; /* one message for all that a line left open */
    for (int i = 0; i < p.count; i++) {
        token *t = raw_at(&p, p.open[i]);
        int here = source_line(s->text, (size_t)t->at.begin);
        t->broken = true;
        if (here != line) unclosed(&p, p.open[i], NULL);
        line = here;
    }
    free(p.open);
}

/* --- the names of the page --- */

static const char *const declaration_words[] = {"size", "input", "target", "given", "noise", "param", "hyper", "state", "variable", "function", NULL};

static const char *const statement_words[] = {"size",  "input",    "target",   "given",     "noise",  "param",  "hyper", "state", "variable", "function", "claim",
                                              "assume", "minimize", "optimize", "optimizer", "metric", "output", "set",   "use",   "layout",   NULL};

bool layout_is_statement_word(const char *key) { return text_in(key, statement_words); }

const char *layout_near_statement_word(const char *text) {
    for (int i = 0; statement_words[i]; i++)
        if (strlen(text) > 3 && diag_distance(text, statement_words[i]) <= (strlen(text) > 4 ? 2 : 1)) return statement_words[i];
    return NULL;
}

static int skip_groups(const scan *s, int i) {
    while (i < s->raw.count && s->raw.list[i].match > i &&
           (s->raw.list[i].kind == T_LBRACKET || s->raw.list[i].kind == T_LPAREN || s->raw.list[i].kind == T_SUBSCRIPT))
        i = s->raw.list[i].match + 1;
    return i;
}

/* Is the name at the start of a statement defined there: `z =`, `z[j] :=`, `N(t) =`, `w ←`? */
static bool is_defined(const scan *s, int i) {
    i = skip_groups(s, i + 1);
    if (i >= s->raw.count) return false;
    int kind = s->raw.list[i].kind;
    return kind == T_EQUALS || kind == T_DEFINES || kind == T_ARROW;
}

void layout_names(scan *s) {
    s->page = intern_new();
    bool start = true, declares = false;
    int before = T_NEWLINE;
    for (int i = 0; i < s->raw.count; i++) {
        const token *t = &s->raw.list[i];
        bool block_end = t->kind == T_RBRACE && t->match >= 0 && s->raw.list[t->match].kind == T_BLOCK;
        if (t->kind == T_NEWLINE || t->kind == T_SEMICOLON || t->kind == T_BLOCK || block_end) {
            declares &= t->kind == T_NEWLINE && before == T_COMMA;
            start = true;
        } else if (t->kind == T_NAME && (start || before == T_COLON) && text_in(t->text, declaration_words)) {
            declares = true;
            start = false;
        } else if (t->kind == T_NAME && start && !strcmp(t->text, "use")) {
            s->includes = true;
            start = false;
        } else {
            bool named = t->kind == T_NAME && ((start && is_defined(s, i)) || (declares && (before == T_COMMA || before == T_NAME || before == T_LPAREN)));
            if (named) intern_puts(s->page, t->text);
            start = false;
        }
        if (t->kind != T_NEWLINE || before != T_COMMA) before = t->kind;
    }
}

/* --- statements --- */

typedef struct {
    scan *scan;
    int *at; /* positions of the current statement's tokens */
    int count, capacity;
    int inside; /* open brackets other than blocks */
    int ifs;    /* `if` without its `then` */
    const char **heads; /* statement words before the open blocks; "" when broken */
    int blocks;
} splitter;

static token *last_token(splitter *p) { return &p->scan->raw.list[p->at[p->count - 1]]; }

static const char *first_word(const splitter *p) {
    if (!p->count) return NULL;
    const token *t = &p->scan->raw.list[p->at[0]];
    if (t->kind == T_FOR) return "for";
    if (t->kind == T_THEN) return "then";
    return t->kind == T_NAME && layout_is_statement_word(t->text) ? t->text : NULL;
}

static void finish(splitter *p, bool block) {
    const char *head = p->blocks ? p->heads[p->blocks - 1] : NULL;
    statement st = {p->scan, p->at, p->count, first_word(p), block, head && !strcmp(head, "function")};
    filter_statement(&st);
    p->count = 0;
    p->ifs = 0;
    p->inside = 0;
}

static void separate(splitter *p, int32_t place) {
    token t = {.kind = T_SEPARATOR, .at = {p->scan->number, place, place}, .match = -1};
    token_add(&p->scan->ready, &t);
}

static void end_statement(splitter *p) {
    if (!p->count) return;
    int32_t place = last_token(p)->at.end;
    finish(p, false);
    separate(p, place);
}

static bool continues_before(const splitter *p, const token *next, const char *word) {
    switch (next->kind) {
    case T_EQUALS: case T_DEFINES: case T_ARROW: case T_PLUS: case T_MINUS: case T_TIMES: case T_DOT: case T_SLASH: case T_ODOT: case T_OSLASH:
    case T_CARET: case T_UPPER: case T_EQ: case T_NE: case T_LT: case T_GT: case T_LE: case T_GE: case T_RANGE: case T_COMMA: case T_AND: case T_OR:
    case T_IN: case T_TILDE: case T_EVAL: case T_ELSE: case T_COLON: return true;
    case T_THEN: return p->ifs > 0 || (word && !strcmp(word, "optimize") && next[1].kind == T_NAME);
    case T_BLOCK: return word && (!strcmp(word, "for") || !strcmp(word, "optimizer") || !strcmp(word, "function"));
    default: return false;
    }
}

static bool continues_after(const splitter *p, const token *last) {
    switch (last->kind) {
    case T_EQUALS: case T_DEFINES: case T_ARROW: case T_PLUS: case T_MINUS: case T_TIMES: case T_DOT: case T_SLASH: case T_ODOT: case T_OSLASH:
    case T_CARET: case T_EQ: case T_NE: case T_LT: case T_GT: case T_LE: case T_GE: case T_RANGE: case T_COMMA: case T_AND: case T_OR: case T_NOT:
    case T_IN: case T_TILDE: case T_IF: case T_ELSE: case T_COLON: return true;
    case T_THEN: return p->count > 1;
    default: return false;
    }
}

static void at_newline(splitter *p, int position) {
    if (!p->count || p->inside) return;
    const token_list *raw = &p->scan->raw;
    int next = position;
    while (next < raw->count && raw->list[next].kind == T_NEWLINE) next++;
    static const token nothing = {.kind = T_NEWLINE};
    bool more = next < raw->count;
    const token *after = more ? &raw->list[next] : &nothing;
    if (more && after->kind == T_THEN && next + 1 >= raw->count) after = &nothing;
    if (more && (continues_before(p, after, first_word(p)) || continues_after(p, last_token(p)))) return;
    end_statement(p);
}

static void take(splitter *p, int position) {
    if (p->count == p->capacity) {
        p->capacity = p->capacity ? 2 * p->capacity : 64;
        p->at = xrealloc(p->at, (size_t)p->capacity * sizeof *p->at);
    }
    p->at[p->count++] = position;
}

static void open_block(splitter *p, int position) {
    token *t = &p->scan->raw.list[position];
    const char *word = first_word(p);
    bool wanted = word && (!strcmp(word, "for") || !strcmp(word, "optimizer") || !strcmp(word, "function"));
    if (!wanted || p->blocks >= PARSE_MAX_DEPTH) {
        if (!t->broken) {
            diagnostic *g = scan_error(p->scan, t->at, "'{' after a blank opens a block, and no block belongs here");
            diag_hint(g, "a subscript touches its name: a{l-1}; a block stands after for, function or optimizer; a set after 'in'");
        }
        t->broken = true;
        take(p, position);
        if (t->match >= 0) p->inside++;
        return;
    }
    finish(p, true);
    token_add(&p->scan->ready, t);
    p->heads[p->blocks++] = word;
}

static void close_block(splitter *p, const token *t) {
    end_statement(p);
    token_add(&p->scan->ready, t);
    p->blocks--;
    separate(p, t->at.end);
}

static void split_token(splitter *p, int position) {
    token *t = &p->scan->raw.list[position];
    bool block_end = t->kind == T_RBRACE && t->match >= 0 && p->scan->raw.list[t->match].kind == T_BLOCK;
    if (t->kind == T_NEWLINE) {
        at_newline(p, position);
    } else if (t->kind == T_SEMICOLON && !p->inside) {
        end_statement(p);
    } else if (t->kind == T_BLOCK && t->match >= 0 && !p->inside) {
        open_block(p, position);
    } else if (block_end && !p->inside) {
        close_block(p, t);
    } else {
        if (t->match > position) p->inside++;
        if (t->match >= 0 && t->match < position && p->inside) p->inside--;
        p->ifs += t->kind == T_IF;
        p->ifs -= t->kind == T_THEN && p->ifs > 0;
        take(p, position);
    }
}

void layout_split(scan *s) {
    splitter p = {.scan = s};
    p.heads = xcalloc(PARSE_MAX_DEPTH, sizeof *p.heads);
    for (int i = 0; i < s->raw.count; i++) split_token(&p, i);
    end_statement(&p);
    free(p.at);
    free(p.heads);
}
