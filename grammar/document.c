/* Delimiters of mathematics: $$…$$, \[…\], \(…\), $…$ and environments. Comments and code are skipped. */
#include "document.h"

#include <string.h>

typedef struct {
    document *d;
    arena *memory;
    const char *text;
    size_t at, length;
    size_t prose_from; /* where the last block ended */
    int headings, chapters;
} finder;

static bool starts(const finder *f, size_t at, const char *word)
{
    size_t n = strlen(word);
    return at + n <= f->length && memcmp(f->text + at, word, n) == 0;
}

static bool is_heading(const finder *f, size_t at)
{
    if (f->d->kind == DOCUMENT_TEX)
        return starts(f, at, "\\section") || starts(f, at, "\\subsection") || starts(f, at, "\\chapter");
    return f->text[at] == '#' && (at == 0 || f->text[at - 1] == '\n');
}

static bool is_chapter(const finder *f, size_t at)
{
    if (f->d->kind == DOCUMENT_TEX)
        return starts(f, at, "\\chapter") || starts(f, at, "\\section");
    return f->text[at] == '#' && f->text[at + 1] == ' ' && (at == 0 || f->text[at - 1] == '\n');
}

static void add_block(finder *f, size_t begin, size_t end, bool inline_, bool closed)
{
    document *d = f->d;
    if (d->block_count == d->block_capacity) {
        int capacity = d->block_capacity ? 2 * d->block_capacity : 32;
        document_block *more = arena_alloc(f->memory, (size_t)capacity * sizeof *more);
        if (d->block_count)
            memcpy(more, d->block, (size_t)d->block_count * sizeof *more);
        d->block = more;
        d->block_capacity = capacity;
    }
    bool prose = false;
    for (size_t i = f->prose_from; i < begin; i++) {
        prose |= (f->text[i] | 32) >= 'a' && (f->text[i] | 32) <= 'z';
        f->headings += is_heading(f, i);
        f->chapters += is_chapter(f, i);
    }
    d->block[d->block_count++] = (document_block){begin, end, inline_, closed, prose, f->headings, f->chapters};
}

/* The place of `close` from `at` on, or SIZE_MAX; `stop` ends the search (a blank line, for inline mathematics). */
static size_t find(const finder *f, size_t at, const char *close, bool paragraph)
{
    size_t n = strlen(close);
    for (; at + n <= f->length; at++) {
        if (f->text[at] == '\\' && close[0] != '\\') {
            at++;
            continue;
        }
        if (paragraph && f->text[at] == '\n' && at + 1 < f->length && f->text[at + 1] == '\n')
            return SIZE_MAX;
        if (memcmp(f->text + at, close, n) == 0)
            return at;
        if (f->text[at] == '\\' && close[0] == '\\' && at + 1 < f->length && f->text[at + 1] == '\\')
            at++;
    }
    return SIZE_MAX;
}

static void delimited(finder *f, size_t open, const char *close, bool inline_)
{
    size_t begin = f->at + open, end = find(f, begin, close, inline_);
    if (end == SIZE_MAX && inline_) { /* a dollar sign in prose */
        f->at = begin;
        return;
    }
    bool closed = end != SIZE_MAX;
    if (!closed)
        end = f->length;
    f->at = closed ? end + strlen(close) : end;
    if (begin < end)
        add_block(f, begin, end, inline_, closed);
    f->prose_from = f->at;
}

static bool mathematical(const char *name, size_t n)
{
    static const char *const names[] = {"equation", "align",       "eqnarray", "gather", "multline", "alignat",
                                        "flalign",  "displaymath", "math",     "split",  "aligned",  "dmath"};
    if (n && name[n - 1] == '*')
        n--;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == n && memcmp(names[i], name, n) == 0)
            return true;
    return false;
}

static bool verbatim(const char *name, size_t n)
{
    return (n == 8 && memcmp(name, "verbatim", 8) == 0) || (n == 10 && memcmp(name, "lstlisting", 10) == 0) || (n == 6 && memcmp(name, "minted", 6) == 0);
}

/* \begin{name} … \end{name}; nested ones of the same name are counted. */
static void environment(finder *f)
{
    size_t open = f->at + strlen("\\begin{"), n = 0, depth = 1;
    while (open + n < f->length && f->text[open + n] != '}' && n < 40)
        n++;
    const char *name = f->text + open;
    bool skip = verbatim(name, n);
    if (open + n >= f->length || f->text[open + n] != '}' || (!mathematical(name, n) && !skip)) {
        f->at += strlen("\\begin");
        return;
    }
    size_t begin = open + n + 1, at = begin;
    for (; at < f->length; at++) {
        bool opens = !skip && starts(f, at, "\\begin{") && at + 7 + n < f->length && memcmp(f->text + at + 7, name, n) == 0 && f->text[at + 7 + n] == '}';
        bool closes = starts(f, at, "\\end{") && at + 5 + n < f->length && memcmp(f->text + at + 5, name, n) == 0 && f->text[at + 5 + n] == '}';
        depth += opens;
        if (closes && --depth == 0)
            break;
    }
    bool closed = at < f->length;
    f->at = closed ? at + 6 + n : f->length;
    if (!skip) {
        if (n > 7 && memcmp(name, "alignat", 7) == 0 && begin < at && f->text[begin] == '{')
            while (begin < at && f->text[begin++] != '}') {
            }
        add_block(f, begin, at, false, closed);
        f->prose_from = f->at;
    }
}

static void skip_line(finder *f)
{
    while (f->at < f->length && f->text[f->at] != '\n')
        f->at++;
}

/* `deltac: function \sigma_1; size n = 3` behind % or in <!-- -->. */
static void header(finder *f, size_t begin, size_t end)
{
    while (begin < end && (f->text[begin] == ' ' || f->text[begin] == '%'))
        begin++;
    if (end - begin < 7 || memcmp(f->text + begin, "deltac:", 7) != 0)
        return;
    const char **more = arena_alloc(f->memory, ((size_t)f->d->header_count + 1) * sizeof *more);
    if (f->d->header_count)
        memcpy(more, f->d->header, (size_t)f->d->header_count * sizeof *more);
    f->d->header = more;
    f->d->header[f->d->header_count++] = arena_strndup(f->memory, f->text + begin + 7, end - begin - 7);
}

static void comment(finder *f)
{
    size_t begin = f->at;
    skip_line(f);
    header(f, begin, f->at);
}

static void html_comment(finder *f)
{
    size_t begin = f->at + 4, end = find(f, begin, "-->", false);
    header(f, begin, end == SIZE_MAX ? f->length : end);
    f->at = end == SIZE_MAX ? f->length : end + 3;
}

/* ``` … ``` and ~~~ … ~~~ at the start of a line, `code` in one. */
static void code(finder *f)
{
    size_t n = 0, end;
    char fence[8];
    while (n < 7 && f->at + n < f->length && f->text[f->at + n] == '`')
        n++;
    memset(fence, '`', n);
    fence[n] = 0;
    end = find(f, f->at + n, fence, n < 3);
    f->at = end == SIZE_MAX ? f->at + n : end + n;
}

static bool is_tex(const finder *f)
{
    return f->d->kind == DOCUMENT_TEX;
}

/* A dollar sign that begins mathematics: no blank behind it. */
static bool inline_dollar(const finder *f)
{
    char next = f->at + 1 < f->length ? f->text[f->at + 1] : ' ';
    return next != ' ' && next != '\n' && next != '\t';
}

static void find_blocks(finder *f)
{
    while (f->at < f->length) {
        char c = f->text[f->at];
        if (c == '%' && is_tex(f))
            comment(f);
        else if (c == '`' && !is_tex(f))
            code(f);
        else if (c == '<' && !is_tex(f) && starts(f, f->at, "<!--"))
            html_comment(f);
        else if (starts(f, f->at, "\\begin{"))
            environment(f);
        else if (starts(f, f->at, "\\\\[") && !is_tex(f))
            f->at += 2, delimited(f, 1, "\\\\]", false);
        else if (c == '\\' && f->at + 1 < f->length && f->text[f->at + 1] == '[')
            delimited(f, 2, "\\]", false);
        else if (c == '\\' && f->at + 1 < f->length && f->text[f->at + 1] == '(')
            delimited(f, 2, "\\)", true);
        else if (c == '\\')
            f->at += 2;
        else if (starts(f, f->at, "$$"))
            delimited(f, 2, "$$", false);
        else if (c == '$' && inline_dollar(f))
            delimited(f, 1, "$", true);
        else
            f->at++;
    }
}

int document_kind_of(const char *path, const char *lang)
{
    static const struct {
        const char *ending;
        int kind;
    } endings[] = {{"tex", DOCUMENT_TEX},  {"md", DOCUMENT_MARKDOWN}, {"markdown", DOCUMENT_MARKDOWN}, {"ipynb", DOCUMENT_NOTEBOOK},
                   {"txt", DOCUMENT_TEXT}, {"rst", DOCUMENT_TEXT},    {"latex", DOCUMENT_TEX}};
    const char *dot = strrchr(path, '.'), *word = lang ? lang : dot && !strchr(dot, '/') ? dot + 1 : "";
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (strcmp(word, endings[i].ending) == 0)
            return endings[i].kind;
    return -1;
}

/* document_notebook.c */
const char *document_join_notebook(document *d, arena *a, const char *json, size_t length, size_t *joined);

bool document_read(document *d, arena *a, source_set *sources, const char *path, document_kind kind)
{
    *d = (document){.kind = kind};
    d->source = source_read(sources, path);
    if (d->source < 0)
        return false;
    const source *s = source_get(sources, d->source);
    if (kind == DOCUMENT_NOTEBOOK) {
        size_t length = 0;
        const char *text = document_join_notebook(d, a, s->text, s->length, &length);
        if (!text)
            return true;
        d->source = source_add(sources, path, text, length);
        s = source_get(sources, d->source);
    }
    finder f = {.d = d, .memory = a, .text = s->text, .length = s->length};
    find_blocks(&f);
    return true;
}

int document_line(const document *d, const source_set *sources, size_t offset, int *cell)
{
    int line = source_line(source_get(sources, d->source), offset);
    *cell = 0;
    for (int i = d->cell_count - 1; i >= 0; i--)
        if (d->cell[i].line <= line) {
            *cell = d->cell[i].cell;
            return line - d->cell[i].line + 1;
        }
    return line;
}
