/* User macros: \newcommand, \renewcommand, \def, \DeclareMathOperator, with arguments. */
#include <string.h>

#include "latex_token.h"

#include "latex.tab.h"

enum { EXPANSION_DEPTH = 40 };

static bool is_command(const latex_token *t, const char *name)
{
    return t->kind == T_COMMAND && strcmp(t->text, name) == 0;
}

/* The end (exclusive) of the argument that begins at i: a group or one token. *from and *to are its inside. */
static int argument(const latex_tokens *in, int i, int *from, int *to)
{
    int depth = 0, k = i;
    if (i >= in->count)
        return *from = *to = i;
    if (in->list[i].kind != T_LBRACE) {
        *from = i;
        *to = i + 1;
        return i + 1;
    }
    for (; k < in->count; k++) {
        depth += (in->list[k].kind == T_LBRACE) - (in->list[k].kind == T_RBRACE);
        if (depth == 0)
            break;
    }
    *from = i + 1;
    *to = k;
    return k < in->count ? k + 1 : k;
}

/* `[…]` at i, if there. */
static int optional(const latex_tokens *in, int i, int *from, int *to)
{
    *from = *to = i;
    if (i >= in->count || in->list[i].kind != T_LBRACKET)
        return i;
    int k = i + 1;
    while (k < in->count && in->list[k].kind != T_RBRACKET)
        k++;
    *from = i + 1;
    *to = k;
    return k < in->count ? k + 1 : k;
}

static void add_macro(latex_reading *r, const latex_macro *m)
{
    for (int i = 0; i < r->macro_count; i++)
        if (strcmp(r->macro[i].name, m->name) == 0) {
            r->macro[i] = *m;
            return;
        }
    if (r->macro_count == r->macro_capacity) {
        r->macro_capacity = r->macro_capacity ? 2 * r->macro_capacity : 16;
        latex_macro *more = arena_alloc(r->memory, (size_t)r->macro_capacity * sizeof *more);
        if (r->macro_count)
            memcpy(more, r->macro, (size_t)r->macro_count * sizeof *more);
        r->macro = more;
    }
    r->macro[r->macro_count++] = *m;
}

/* \newcommand{\x}[n][default]{body} */
static int new_command(latex_reading *r, const latex_tokens *in, int i)
{
    int from, to, k = argument(in, i, &from, &to);
    if (from >= in->count || in->list[from].kind != T_COMMAND)
        return k;
    latex_macro m = {.name = in->list[from].text};
    int after = optional(in, k, &from, &to);
    if (after > k && to == from + 1 && in->list[from].kind == T_NUMBER)
        m.arity = in->list[from].text[0] - '0';
    k = after;
    after = optional(in, k, &from, &to);
    if (after > k) {
        m.first_optional = 1;
        m.standard = in->list + from;
        m.standard_count = to - from;
    }
    k = argument(in, after, &from, &to);
    m.body = in->list + from;
    m.body_count = to - from;
    if (m.arity >= 0 && m.arity <= 9)
        add_macro(r, &m);
    return k;
}

/* \def\x#1#2{body} */
static int define(latex_reading *r, const latex_tokens *in, int i)
{
    if (i >= in->count || in->list[i].kind != T_COMMAND)
        return i;
    latex_macro m = {.name = in->list[i++].text};
    for (; i < in->count && in->list[i].kind == T_PARAMETER; i++)
        m.arity++;
    int from, to, k = argument(in, i, &from, &to);
    m.body = in->list + from;
    m.body_count = to - from;
    if (m.arity <= 9)
        add_macro(r, &m);
    return k;
}

/* \DeclareMathOperator{\x}{word}: an upright name. */
static int declare(latex_reading *r, const latex_tokens *in, int i)
{
    int from, to, k = argument(in, i, &from, &to), begin, end;
    int after = argument(in, k, &begin, &end);
    if (from >= in->count || in->list[from].kind != T_COMMAND || begin >= end)
        return after;
    const source *s = source_get(r->sources, r->number);
    const latex_token *first = &in->list[begin], *last = &in->list[end - 1];
    latex_token *body = arena_alloc(r->memory, sizeof *body);
    const char *word = arena_strndup(r->memory, s->text + first->at.begin, (size_t)(last->at.end - first->at.begin));
    const char *function = latex_function_word(word, strlen(word));
    *body = (latex_token){.kind = T_NAME, .text = function ? function : word, .at = first->at, .number = 1, .match = -1};
    add_macro(r, &(latex_macro){.name = in->list[from].text, .body = body, .body_count = 1});
    return after;
}

/* Reads the definition at i, if there is one; returns the place behind it. */
static int read_definition(latex_reading *r, const latex_tokens *in, int i)
{
    const latex_token *t = &in->list[i];
    if (is_command(t, "newcommand") || is_command(t, "newcommand*") || is_command(t, "renewcommand") || is_command(t, "renewcommand*") ||
        is_command(t, "providecommand"))
        return new_command(r, in, i + 1);
    if (is_command(t, "def") || is_command(t, "gdef"))
        return define(r, in, i + 1);
    if (is_command(t, "DeclareMathOperator") || is_command(t, "DeclareMathOperator*"))
        return declare(r, in, i + 1);
    return i;
}

void latex_macros(latex_reading *r, size_t begin, size_t end)
{
    latex_tokens raw;
    latex_scan(r, begin, end, &raw);
    for (int i = 0; i < raw.count;) {
        int next = read_definition(r, &raw, i);
        i = next > i ? next : i + 1;
    }
}

static const latex_macro *find_macro(const latex_reading *r, const latex_token *t)
{
    if (t->kind == T_COMMAND)
        for (int i = 0; i < r->macro_count; i++)
            if (strcmp(r->macro[i].name, t->text) == 0)
                return &r->macro[i];
    return NULL;
}

static bool expand(latex_reading *r, const latex_tokens *in, latex_tokens *out, int depth, span call, int *work);

/* One call: arguments are cut out of the input, put into the body, and the result is expanded again. */
static int expand_call(latex_reading *r, const latex_macro *m, const latex_tokens *in, int i, latex_tokens *out, int depth, span call, int *work, bool *good)
{
    int from[10], to[10], k = i + 1;
    latex_tokens body = {0};
    bool standard = false;
    if (call.source < 0)
        call = in->list[i].at;
    for (int a = 0; a < m->arity; a++) {
        if (a == 0 && m->first_optional) {
            int next = optional(in, k, &from[0], &to[0]);
            standard = next == k;
            k = next;
        } else {
            k = argument(in, k, &from[a], &to[a]);
        }
    }
    if (k > i + 1 && call.source >= 0 && depth == 0)
        call.end = in->list[k - 1].at.end;
    for (int b = 0; b < m->body_count && body.count < LATEX_MAX_TOKENS; b++) {
        const latex_token *t = &m->body[b];
        int a = t->kind == T_PARAMETER ? t->number - 1 : -1;
        if (a < 0 || a >= m->arity) {
            latex_token copy = *t;
            copy.at = call;
            latex_token_add(r->memory, &body, &copy);
        } else if (a == 0 && standard) {
            for (int j = 0; j < m->standard_count; j++)
                latex_token_add(r->memory, &body, &m->standard[j])->at = call;
        } else {
            for (int j = from[a]; j < to[a] && body.count < LATEX_MAX_TOKENS; j++)
                latex_token_add(r->memory, &body, &in->list[j]);
        }
    }
    *good &= expand(r, &body, out, depth + 1, call, work);
    return k;
}

static bool expand(latex_reading *r, const latex_tokens *in, latex_tokens *out, int depth, span call, int *work)
{
    bool good = true;
    if (depth > EXPANSION_DEPTH)
        return false;
    for (int i = 0; i < in->count && good;) {
        if (out->count >= LATEX_MAX_TOKENS || ++*work > 4 * LATEX_MAX_TOKENS)
            return false;
        int next = read_definition(r, in, i);
        if (next > i) {
            i = next;
            continue;
        }
        const latex_macro *m = find_macro(r, &in->list[i]);
        if (m) {
            latex_macro copy = *m;
            i = expand_call(r, &copy, in, i, out, depth, call, work, &good);
            continue;
        }
        latex_token_add(r->memory, out, &in->list[i++]);
    }
    return good;
}

bool latex_expand(latex_reading *r, const latex_tokens *in, latex_tokens *out)
{
    int work = 0;
    *out = (latex_tokens){0};
    return expand(r, in, out, 0, (span){-1, 0, 0}, &work);
}
