/* Commands to tokens: Greek letters, accents, fonts, words; what only sets type is dropped. One pass, left to right. */
#include <string.h>

#include "latex_token.h"

#include "latex.tab.h"

typedef struct {
    latex_reading *r;
    const latex_tokens *in;
    latex_tokens *out;
    int at;
    bool bold, script;
} reducer;

static void reduce_until(reducer *p, int end);

static int group_end(const latex_tokens *in, int i)
{
    int depth = 0;
    if (i >= in->count)
        return i;
    for (int k = i; k < in->count; k++) {
        depth += (in->list[k].kind == T_LBRACE) - (in->list[k].kind == T_RBRACE);
        if (depth <= 0)
            return k + 1;
    }
    return in->count;
}

static void put(reducer *p, latex_token t)
{
    t.bold = p->bold;
    if (t.kind == T_NAME && p->bold && t.number == 0) {
        latex_reading *r = p->r;
        sym key = intern_puts(r->names, t.text);
        if (!latex_is_bold(r, key)) {
            if (r->bold_count == r->bold_capacity) {
                r->bold_capacity = r->bold_capacity ? 2 * r->bold_capacity : 16;
                sym *more = arena_alloc(r->memory, (size_t)r->bold_capacity * sizeof *more);
                if (r->bold_count)
                    memcpy(more, r->bold, (size_t)r->bold_count * sizeof *more);
                r->bold = more;
            }
            r->bold[r->bold_count++] = key;
        }
    }
    latex_token_add(p->r->memory, p->out, &t);
}

/* The text of the group at p->at, without blanks at its ends; p->at moves behind it. */
static const char *group_text(reducer *p)
{
    int end = group_end(p->in, p->at), from = p->at, to = end;
    p->at = end;
    if (from < to && p->in->list[from].kind == T_LBRACE) {
        from++;
        to -= p->in->list[to - 1].kind == T_RBRACE;
    }
    if (from >= to)
        return "";
    const source *s = source_get(p->r->sources, p->r->number);
    int32_t begin = p->in->list[from].at.begin, stop = p->in->list[to - 1].at.end;
    bool call = p->in->list[from].at.begin == p->in->list[to - 1].at.begin && to - from > 1; /* out of a macro: the tokens' own texts */
    if (!call)
        return arena_strndup(p->r->memory, s->text + begin, (size_t)(stop > begin ? stop - begin : 0));
    buffer b = {0};
    for (int i = from; i < to; i++)
        buffer_puts(&b, p->in->list[i].text ? p->in->list[i].text : "");
    const char *text = arena_strndup(p->r->memory, b.text ? b.text : "", b.length);
    buffer_free(&b);
    return text;
}

static void note_unknown(latex_reading *r, const char *name)
{
    for (int i = 0; i < r->unknown_count; i++)
        if (strcmp(r->unknown[i], name) == 0)
            return;
    const char **more = arena_alloc(r->memory, ((size_t)r->unknown_count + 1) * sizeof *more);
    if (r->unknown_count)
        memcpy(more, r->unknown, (size_t)r->unknown_count * sizeof *more);
    r->unknown = more;
    r->unknown[r->unknown_count++] = name;
}

/* The accent or font goes to the first name of its argument. */
static void reduce_suffix(reducer *p, const char *suffix)
{
    int first = p->out->count, end = group_end(p->in, p->at);
    bool braces = p->at < end && p->in->list[p->at].kind == T_LBRACE;
    p->at += braces;
    reduce_until(p, braces ? end - 1 : end);
    p->at = end;
    if (p->out->count > first + 1 && p->out->list[first + 1].kind != T_SUB && p->out->list[first + 1].kind != T_SUP) { /* \overline{x y} is no \bar x y */
        p->out->list[first].kind = T_OPAQUE;
        p->out->list[first].text = "an accent over an expression";
        return;
    }
    for (int i = first; i < p->out->count; i++)
        if (p->out->list[i].kind == T_NUMBER && strcmp(suffix, "bb") == 0 && strcmp(p->out->list[i].text, "1") == 0) {
            p->out->list[i].kind = T_NAME;
            p->out->list[i].text = "onesbb";
            return;
        } else if (p->out->list[i].kind == T_NAME) {
            p->out->list[i].text = arena_printf(p->r->memory, "%s%s", p->out->list[i].text, suffix);
            return;
        }
}

static void reduce_bold(reducer *p)
{
    bool before = p->bold;
    int end = group_end(p->in, p->at);
    bool braces = p->at < end && p->in->list[p->at].kind == T_LBRACE;
    p->at += braces;
    p->bold = true;
    int first = p->out->count;
    reduce_until(p, braces ? end - 1 : end);
    p->bold = before;
    latex_token *one = p->out->count == first + 1 ? &p->out->list[first] : NULL;
    if (one && one->kind == T_NUMBER && strcmp(one->text, "1") == 0) { /* a vector of ones, or an indicator */
        one->kind = T_NAME;
        one->text = "ones";
    }
    p->at = end;
}

static bool only_letters(const char *text)
{
    for (; *text; text++)
        if ((*text | 32) < 'a' || (*text | 32) > 'z')
            return false;
    return true;
}

/* \mathrm{out}, \operatorname{softmax}, \mathrm d, \mathrm{T} */
static void reduce_name(reducer *p, latex_token t)
{
    int before = p->at;
    const char *text = group_text(p), *function = latex_function_word(text, strlen(text));
    if (!only_letters(text) || !*text) {
        p->at = before; /* something richer: read it as it is */
        return;
    }
    t.kind = T_NAME;
    if (strcmp(text, "argmin") == 0 || strcmp(text, "argmax") == 0 || strcmp(text, "arg") == 0)
        t.kind = T_OPAQUE;
    t.text = function ? function : text;
    t.number = function != NULL || text[1];
    t.at.end = p->in->list[p->at - 1].at.end;
    put(p, t);
}

static void reduce_words(reducer *p, latex_token t)
{
    t.kind = T_TEXT;
    t.text = group_text(p);
    if (p->at > 0 && t.at.end < p->in->list[p->at - 1].at.end)
        t.at.end = p->in->list[p->at - 1].at.end;
    put(p, t);
}

static void drop_optional(reducer *p)
{
    if (p->at < p->in->count && p->in->list[p->at].kind == T_LBRACKET)
        while (p->at < p->in->count && p->in->list[p->at++].kind != T_RBRACKET) {
        }
}

static void reduce_environment(reducer *p, latex_token t, bool begins)
{
    const char *name = group_text(p);
    static const char *const matrices[] = {"matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "smallmatrix", "array"};
    for (size_t i = 0; i < sizeof matrices / sizeof *matrices; i++)
        if (strcmp(name, matrices[i]) == 0) {
            t.kind = begins ? T_MATRIX : T_END_MATRIX;
            if (begins && strcmp(name, "array") == 0)
                p->at = group_end(p->in, p->at);
            put(p, t);
            return;
        }
    if (strcmp(name, "cases") == 0) {
        t.kind = begins ? T_CASES : T_END_MATRIX;
        put(p, t);
    }
}

/* \underset{x}{A}: A_{x} when A is a sign or a word; else A. */
static void reduce_below(reducer *p)
{
    int first = p->at, second = group_end(p->in, first), end = group_end(p->in, second), before = p->out->count;
    bool braces = second < end && p->in->list[second].kind == T_LBRACE;
    p->at = second + braces;
    reduce_until(p, braces ? end - 1 : end);
    const latex_token *last = p->out->count > before ? &p->out->list[p->out->count - 1] : NULL;
    if (last && (last->kind == T_SIGN || last->kind == T_OPAQUE || (last->kind == T_NAME && last->number == 1))) {
        put(p, (latex_token){.kind = T_SUB, .at = last->at, .match = -1});
        p->at = first;
        reduce_until(p, second);
    }
    p->at = end;
}

static void reduce_command(reducer *p, const latex_token *t)
{
    const latex_command *c = latex_command_find(t->text);
    latex_token new = *t;
    if (!c) {
        note_unknown(p->r, t->text);
        new.kind = T_NAME;
        new.number = 1;
        put(p, new);
        return;
    }
    switch (c->action) {
    case COMMAND_TOKEN:
        new.kind = (int16_t)c->kind;
        new.text = c->text;
        new.number = (int16_t)c->number;
        if (c->kind == T_OPAQUE && strcmp(t->text, "mathbb") == 0)
            reduce_suffix(p, "bb");
        else if (c->kind == T_LPAREN && c->text) { /* ⌊x⌋ */
            latex_token name = {.kind = T_NAME, .text = c->text, .number = 1, .at = t->at, .match = -1};
            put(p, name);
            new.text = NULL;
            put(p, new);
        } else
            put(p, new);
        if (c->kind == T_NEWROW)
            drop_optional(p);
        break;
    case COMMAND_DROP:
        if ((strcmp(t->text, "left") == 0 || strcmp(t->text, "right") == 0) && p->at < p->in->count && p->in->list[p->at].kind == T_STOP)
            p->at++;
        if (strcmp(t->text, "cal") == 0 && p->at < p->in->count)
            reduce_suffix(p, "cal");
        break;
    case COMMAND_DROP_ARGUMENT: p->at = group_end(p->in, p->at); break;
    case COMMAND_BELOW: reduce_below(p); break;
    case COMMAND_DROP_TWO:
    case COMMAND_UNDERSET: p->at = group_end(p->in, p->at); break;
    case COMMAND_ACCENT: reduce_suffix(p, c->text); break;
    case COMMAND_FONT: reduce_suffix(p, "cal"); break;
    case COMMAND_BOLD: reduce_bold(p); break;
    case COMMAND_WORDS: reduce_words(p, new); break;
    case COMMAND_NAME: reduce_name(p, new); break;
    case COMMAND_GROUP: break;
    case COMMAND_BRACE:
        new.kind = T_UNDERBRACE;
        put(p, new);
        break;
    case COMMAND_BEGIN:
    case COMMAND_END: reduce_environment(p, new, c->action == COMMAND_BEGIN); break;
    }
}

/* `\\frac12`, `x^23`: without braces an argument is one digit. */
static bool split_digits(reducer *p, const latex_token *t)
{
    const latex_token *before = p->out->count ? &p->out->list[p->out->count - 1] : NULL;
    if (t->kind != T_NUMBER || !t->text[1] || !before || (before->kind != T_FRAC && before->kind != T_SUB && before->kind != T_SUP) || strchr(t->text, '.'))
        return false;
    latex_token first = *t, rest = *t;
    first.text = arena_strndup(p->r->memory, t->text, 1);
    rest.text = arena_strndup(p->r->memory, t->text + 1, strlen(t->text) - 1);
    put(p, first);
    if (before->kind == T_FRAC && rest.text[1]) { /* \\frac123 is ½ 3 */
        latex_token second = rest;
        second.text = arena_strndup(p->r->memory, rest.text, 1);
        rest.text++;
        put(p, second);
    }
    put(p, rest);
    return true;
}

static void reduce_until(reducer *p, int end)
{
    while (p->at < end) {
        const latex_token *t = &p->in->list[p->at++];
        if (t->kind == T_COMMAND) {
            int before = p->out->count;
            reduce_command(p, t);
            if (p->out->count == before + 1) /* \hat{y}: the place of the whole */
                p->out->list[before].at = span_join(t->at, p->in->list[p->at - 1].at);
        } else if (t->kind == T_NEWROW) {
            put(p, *t);
            drop_optional(p);
        } else if (!split_digits(p, t))
            put(p, *t);
    }
}

static bool double_bar(const latex_tokens *t, int i)
{
    return i + 1 < t->count && t->list[i].kind == T_BAR && t->list[i + 1].kind == T_BAR && t->list[i].at.end == t->list[i + 1].at.begin;
}

/* ||x||: two bars that touch are one sign, unless single ones came first (|x||y|). */
static void join_bars(latex_tokens *t)
{
    int first = 0, kept = 0;
    while (first < t->count && t->list[first].kind != T_BAR)
        first++;
    if (!double_bar(t, first))
        return;
    for (int i = 0; i < t->count; i++) {
        latex_token *to = &t->list[kept++];
        bool both = double_bar(t, i);
        *to = t->list[i];
        if (both) {
            to->kind = T_NORM;
            to->at.end = t->list[++i].at.end;
        }
    }
    t->count = kept;
}

void latex_reduce(latex_reading *r, const latex_tokens *in, latex_tokens *out)
{
    *out = (latex_tokens){0};
    reducer p = {.r = r, .in = in, .out = out};
    reduce_until(&p, in->count);
    join_bars(out);
}
