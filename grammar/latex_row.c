/* Rows and pieces of a block, and the sides of each piece. */
#include <stdlib.h>
#include <string.h>

#include "latex_build.h"

#include "latex.tab.h"

typedef struct {
    latex_reading *r;
    latex_tokens all;
    bool inline_;
    int depth; /* of labels in labels */
} rows;

static bool opens(int kind)
{
    return kind == T_LBRACE || kind == T_LPAREN || kind == T_LBRACKET || kind == T_LSET || kind == T_MATRIX || kind == T_CASES || kind == T_LANGLE;
}

static bool closes(int kind)
{
    return kind == T_RBRACE || kind == T_RPAREN || kind == T_RBRACKET || kind == T_RSET || kind == T_END_MATRIX || kind == T_RANGLE;
}

/* Pairs brackets. What stands open at the end of a row stays without a partner and is reported by the side that holds it. */
static void pair(latex_tokens *t)
{
    int *stack = xmalloc(((size_t)t->count + 1) * sizeof *stack), depth = 0;
    for (int i = 0; i < t->count; i++) {
        int kind = t->list[i].kind;
        t->list[i].match = -1;
        if (opens(kind)) {
            stack[depth++] = i;
        } else if (closes(kind) && depth > 0) {
            int from = stack[depth - 1];
            bool brace = t->list[from].kind == T_LBRACE, same = brace == (kind == T_RBRACE);
            if (!same && kind == T_RBRACE) { /* `( }`: the brace closes its brace, the parenthesis stays open */
                while (depth > 0 && t->list[stack[depth - 1]].kind != T_LBRACE)
                    depth--;
                if (depth == 0)
                    continue;
                from = stack[depth - 1];
            } else if (!same) {
                continue;
            }
            depth--;
            t->list[from].match = i;
            t->list[i].match = from;
        } else if (kind == T_NEWROW && depth > 0 && t->list[stack[depth - 1]].kind != T_MATRIX && t->list[stack[depth - 1]].kind != T_CASES) {
            bool matrix = false;
            for (int k = 0; k < depth; k++)
                matrix |= t->list[stack[k]].kind == T_MATRIX || t->list[stack[k]].kind == T_CASES;
            if (!matrix)
                depth = 0; /* \left( … \\ … \right): each row on its own */
        }
    }
    free(stack);
}

static bool ends_operand(const latex_token *t)
{
    switch (t->kind) {
    case T_NUMBER:
    case T_NAME:
    case T_TEXT:
    case T_PRIME:
    case T_RBRACE:
    case T_RPAREN:
    case T_RBRACKET:
    case T_RSET:
    case T_END_MATRIX:
    case T_BANG:
    case T_TOP:
    case T_BAR_CLOSE:
    case T_NORM_CLOSE:
    case T_RANGLE: return true;
    default: return false;
    }
}

/* `Σ_{i=0}^{m-1} |w|`: what closes there is a script of a sign, no operand. */
static bool closes_sign(const latex_token *t, int from, int i)
{
    while (i > from) {
        int start = t[i].kind == T_RBRACE && t[i].match >= from && t[i].match < i ? t[i].match : i;
        if (start - 1 < from || (t[start - 1].kind != T_SUB && t[start - 1].kind != T_SUP))
            return false;
        i = start - 2;
        if (i < from)
            return false;
        if (t[i].kind == T_SIGN)
            return true;
    }
    return false;
}

/* Bars within [from, to) at one level: |a|, ‖a‖, A|_{x=a}, p(x|z). */
static void pair_bars(latex_token *t, int from, int to, int single, int open, int close)
{
    int opened = -1;
    for (int i = from; i < to; i++) {
        if (t[i].match > i && t[i].match < to) {
            pair_bars(t, i + 1, t[i].match, single, open, close);
            i = t[i].match;
            continue;
        }
        if (t[i].kind != single)
            continue;
        bool operand = i > from && ends_operand(&t[i - 1]) && !closes_sign(t, from, i - 1);
        if (opened >= 0 && operand) {
            t[opened].kind = (int16_t)open;
            t[i].kind = (int16_t)close;
            opened = -1;
        } else if (operand && single == T_BAR) {
            t[i].kind = i + 1 < to && t[i + 1].kind == T_SUB ? T_EVAL : T_COND;
        } else {
            opened = i;
        }
    }
}

/* --- sides --- */

static span place(const latex_token *t, int from, int to, span otherwise)
{
    return from < to ? span_join(t[from].at, t[to - 1].at) : otherwise;
}

static void parse_side(rows *w, latex_side *side, int from, int to, const syn **values)
{
    latex_parser p = {.memory = w->r->memory, .reading = w->r, .names = w->r->names, .list = w->all.list + from, .count = to - from, .label_value = values};
    int depth = 0, deepest = 0;
    for (int i = from; i < to; i++) {
        const latex_token *t = &w->all.list[i];
        depth += opens(t->kind) - closes(t->kind);
        deepest = depth > deepest ? depth : deepest;
        if ((opens(t->kind) || closes(t->kind)) && (t->match < from || t->match >= to) && !side->trouble) {
            side->trouble = opens(t->kind) ? "this bracket is not closed" : "this bracket closes nothing";
            side->trouble_at = t->at;
        }
    }
    if (deepest > LATEX_MAX_DEPTH) {
        side->trouble = "this is nested too deeply";
        side->trouble_at = side->at;
    }
    if (side->trouble)
        return;
    if (to - from > 1 && w->all.list[to - 1].kind == T_CROSS) { /* `δ_1 ×`: a scan of δ₁ x */
        latex_token *last = &w->all.list[to - 1];
        *last = (latex_token){.kind = T_NAME, .text = "x", .at = last->at, .match = -1};
        p.soft = "it ends with \\times and nothing follows";
        p.soft_at = last->at;
    }
    latex_tokens whole;
    span at = {0};
    const char *trouble = latex_find_atoms(w->r, w->all.list, from, to, &whole, &at);
    if (trouble)
        latex_trouble(&p, at, "%s", trouble);
    p.list = whole.list;
    p.count = whole.count;
    side->tree = trouble ? NULL : latex_parse_expression(&p);
    if (p.soft) {
        side->trouble = p.soft;
        side->trouble_at = p.soft_at;
    }
    if (p.trouble) {
        side->tree = NULL;
        side->trouble = p.trouble;
        side->trouble_at = p.trouble_at;
        side->hint = p.hint;
    }
}

/* The labels of \underbrace: cut out of the list (they become T_DROPPED), so that the value is parsed without them. */
static int find_labels(rows *w, int from, int to, int (*range)[2], int most)
{
    latex_token *t = w->all.list;
    int count = 0;
    for (int i = from; i + 1 < to && count < most; i++) {
        if (t[i].kind != T_UNDERBRACE)
            continue;
        int k = t[i + 1].kind == T_LBRACE && t[i + 1].match > 0 ? t[i + 1].match + 1 : i + 2;
        t[i].match = -1;
        if (k + 1 >= to || (t[k].kind != T_SUB && t[k].kind != T_SUP))
            continue;
        int end = t[k + 1].kind == T_LBRACE && t[k + 1].match > 0 ? t[k + 1].match + 1 : k + 2;
        t[i].match = count;
        bool braces = t[k + 1].kind == T_LBRACE;
        range[count][0] = braces ? k + 2 : k + 1;
        range[count++][1] = braces ? end - 1 : end;
    }
    return count;
}

static latex_piece *read_piece(rows *w, int from, int to, int row);

/* A copy of the tokens from … to without the labels, appended to the list; its place in the list. */
static int without_labels(rows *w, int from, int to, int (*range)[2], int count)
{
    int start = w->all.count;
    for (int i = from; i < to; i++) {
        latex_token t = w->all.list[i];
        bool drop = false;
        for (int k = 0; k < count && !drop; k++) {
            int begin = range[k][0] - 1 - (w->all.list[range[k][0] - 1].kind == T_LBRACE), end = range[k][1] + (w->all.list[range[k][0] - 1].kind == T_LBRACE);
            drop = i >= begin && i < end;
        }
        if (!drop)
            latex_token_add(w->r->memory, &w->all, &t);
    }
    int *stack = xmalloc(((size_t)(w->all.count - start) + 1) * sizeof *stack), depth = 0;
    for (int i = start; i < w->all.count; i++) {
        latex_token *t = &w->all.list[i];
        if (t->kind == T_UNDERBRACE)
            continue;
        if (t->match >= 0 && opens(t->kind))
            stack[depth++] = i;
        else if (t->match >= 0 && closes(t->kind) && depth > 0) {
            w->all.list[stack[--depth]].match = i;
            t->match = stack[depth];
        }
    }
    free(stack);
    return start;
}

static void read_labels(rows *w, latex_piece *piece, int (*range)[2], int count, const syn **values)
{
    piece->label = arena_alloc(w->r->memory, ((size_t)count + 1) * sizeof *piece->label);
    for (int k = 0; k < count; k++) {
        if (!values[k] || w->depth > 8)
            continue;
        w->depth++;
        latex_piece *inner = read_piece(w, range[k][0], range[k][1], piece->row);
        w->depth--;
        if (inner && !inner->words)
            piece->label[piece->label_count++] = (latex_label){values[k], inner};
    }
}

static int top_relation(const latex_token *t, int from, int to)
{
    for (int i = from; i < to; i++) {
        if (opens(t[i].kind) && t[i].match > i && t[i].match < to)
            i = t[i].match;
        else if (t[i].kind == T_RELATION)
            return i;
    }
    return to;
}

/* (y(x) = 2x + 1) */
static bool strip_parentheses(const latex_token *t, int *from, int *to)
{
    if (*to - *from < 3 || t[*from].kind != T_LPAREN || t[*from].match != *to - 1 || top_relation(t, *from + 1, *to - 1) == *to - 1)
        return false;
    ++*from;
    --*to;
    return true;
}

/* \\boxed{a = b} */
static void strip_box(const latex_token *t, int *from, int *to)
{
    while (*to - *from > 2 && t[*from].kind == T_LBRACE && t[*from].match == *to - 1 && top_relation(t, *from + 1, *to - 1) < *to - 1) {
        ++*from;
        --*to;
    }
}

static latex_piece *read_piece(rows *w, int from, int to, int row)
{
    enum { MOST = 64 };
    int range[MOST][2];
    const syn *values[MOST] = {0};
    while (to > from && (w->all.list[to - 1].kind == T_STOP || w->all.list[to - 1].kind == T_COMMA || w->all.list[to - 1].kind == T_COLON))
        to--;
    while (from < to && w->all.list[from].kind == T_COLON)
        from++;
    strip_box(w->all.list, &from, &to);
    if (from >= to)
        return NULL;
    span at = place(w->all.list, from, to, (span){0});
    int count = find_labels(w, from, to, range, MOST);
    int start = without_labels(w, from, to, range, count), end = w->all.count;
    latex_token *t = w->all.list;
    latex_piece *piece = arena_alloc(w->r->memory, sizeof *piece);
    *piece = (latex_piece){.at = at, .row = row, .words = true};
    piece->parenthesised = strip_parentheses(t, &start, &end);
    pair_bars(t, start, end, T_BAR, T_BAR_OPEN, T_BAR_CLOSE);
    pair_bars(t, start, end, T_NORM, T_NORM_OPEN, T_NORM_CLOSE);
    for (int i = start; i < end; i++)
        piece->words &= t[i].kind == T_TEXT;
    piece->operator_first =
        t[start].kind == T_PLUS || t[start].kind == T_MINUS || t[start].kind == T_DOT || t[start].kind == T_CROSS || t[start].kind == T_ODOT;
    int sides = 1;
    for (int i = top_relation(t, start, end); i < end; i = top_relation(t, i + 1, end))
        sides++;
    piece->side = arena_alloc(w->r->memory, (size_t)sides * sizeof *piece->side);
    piece->relation = arena_alloc(w->r->memory, (size_t)sides * sizeof *piece->relation);
    for (int begin = start, stop; begin <= end; begin = stop + 1) {
        t = w->all.list;
        stop = top_relation(t, begin, end);
        latex_side *side = &piece->side[piece->side_count];
        side->at = place(t, begin, stop, begin > start ? t[begin - 1].at : at);
        if (stop < end)
            piece->relation[piece->side_count] = (latex_relation)t[stop].number;
        piece->side_count++;
        if (begin < stop)
            parse_side(w, side, begin, stop, values);
        else if (begin == start)
            piece->opens = true;
        else if (stop == end)
            piece->closes = true;
        if (begin == stop && !(begin == start || stop == end))
            side->trouble = "nothing stands between two relations", side->trouble_at = side->at;
    }
    read_labels(w, piece, range, count, values);
    return piece;
}

/* --- pieces --- */

/* ∀ x: what follows says for what, and states nothing. */
static bool is_quantifier(const latex_token *t)
{
    return t->kind == T_OPAQUE && t->text && strcmp(t->text, "∀") == 0;
}

static bool parts(const latex_token *t)
{
    return t->kind == T_QUAD || is_quantifier(t) || t->kind == T_COMMA || t->kind == T_SEMICOLON || t->kind == T_TEXT || t->kind == T_NEWROW ||
           (t->kind == T_RELATION && t->number == RELATION_ARROW);
}

/* `f : X → Y` and lists of indices are no statements; a text inside a product is a name. */
static bool is_separator(const rows *w, int i, int from, int end)
{
    const latex_token *t = &w->all.list[i];
    if (!parts(t))
        return false;
    if (t->kind != T_TEXT)
        return true;
    bool before = i > from && (w->all.list[i - 1].kind == T_SUB || w->all.list[i - 1].kind == T_SUP);
    bool after = i + 1 < end && (w->all.list[i + 1].kind == T_LPAREN || w->all.list[i + 1].kind == T_SUB || w->all.list[i + 1].kind == T_RELATION);
    return !before && !after &&
           (strchr(t->text, ' ') || strcmp(t->text, "and") == 0 || strcmp(t->text, "where") == 0 || strcmp(t->text, "with") == 0 ||
            strcmp(t->text, "for") == 0 || strcmp(t->text, "so") == 0 || strcmp(t->text, "or") == 0 || strcmp(t->text, "if") == 0 || i == from || i + 1 == end);
}

/* & outside matrices is only layout. */
static void drop_layout(latex_tokens *t)
{
    int kept = 0, matrix = 0;
    for (int i = 0; i < t->count; i++) {
        int kind = t->list[i].kind;
        matrix += (kind == T_MATRIX || kind == T_CASES) - (kind == T_END_MATRIX && matrix > 0);
        if (kind != T_AMP || matrix)
            t->list[kept++] = t->list[i];
    }
    t->count = kept;
}

latex_piece *latex_parse(latex_reading *r, size_t begin, size_t end, bool inline_)
{
    rows w = {.r = r, .inline_ = inline_};
    latex_tokens raw, expanded;
    latex_piece *first = NULL, **last = &first;
    latex_scan(r, begin, end, &raw);
    bool whole = latex_expand(r, &raw, &expanded);
    latex_reduce(r, &expanded, &w.all);
    if (!whole) {
        latex_piece *piece = arena_alloc(r->memory, sizeof *piece);
        span at = {r->number, (int32_t)begin, (int32_t)end};
        *piece = (latex_piece){
            .at = at, .side_count = 1, .side = arena_alloc(r->memory, sizeof(latex_side)), .relation = arena_alloc(r->memory, sizeof(latex_relation))};
        piece->side[0] = (latex_side){.at = at, .trouble = "its macros expand without end", .trouble_at = at};
        return piece;
    }
    drop_layout(&w.all);
    pair(&w.all);
    int count = w.all.count, from = 0, row = 0;
    bool quantified = false;
    for (int i = 0; i <= count; i++) {
        if (i < count && opens(w.all.list[i].kind) && w.all.list[i].match > i) {
            i = w.all.list[i].match;
            continue;
        }
        if (i < count && !is_separator(&w, i, from, count))
            continue;
        latex_piece *piece = from < i && !quantified ? read_piece(&w, from, i, row) : NULL;
        quantified = i < count && (is_quantifier(&w.all.list[i]) || (quantified && w.all.list[i].kind == T_COMMA));
        if (piece) {
            *last = piece;
            last = &piece->next;
        }
        row += i < count && w.all.list[i].kind == T_NEWROW;
        from = i + 1;
    }
    return first;
}
