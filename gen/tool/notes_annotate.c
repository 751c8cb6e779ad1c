/* The document with verdict marks beside its equations: comments and coloured marks in .tex, badges in Markdown and notebooks.
 *
 * A mark never stands inside mathematics and holds none, so the annotated document reads like the plain one; marks of an earlier run are taken out first. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/tool/notes.h"
#include "gen/tool/output.h"

typedef struct {
    size_t at; /* byte of the (joined) text, behind the formula's delimiters */
    bool inline_;
    int worst; /* rank */
    char *comments;
    char *marks; /* "✓✓✗" */
} mark;

struct notes_marks {
    mark *list;
    int count, capacity;
};

static const char macro[] = "\\providecommand{\\textcolor}[2]{#2}% deltac mark\n"
                            "\\providecommand{\\deltacmark}[2]{{\\marginpar{\\footnotesize\\textcolor{#1}{#2}}}}% deltac mark\n";

notes_marks *notes_marks_new(void)
{
    return xcalloc(1, sizeof(notes_marks));
}

void notes_marks_free(notes_marks *m)
{
    for (int i = 0; i < m->count; i++) {
        free(m->list[i].comments);
        free(m->list[i].marks);
    }
    free(m->list);
    free(m);
}

/* --- taking --- */

static mark *mark_at(notes_marks *m, const document_block *b)
{
    if (m->count && m->list[m->count - 1].at == b->end)
        return &m->list[m->count - 1];
    if (m->count == m->capacity) {
        m->capacity = m->capacity ? 2 * m->capacity : 64;
        m->list = xrealloc(m->list, (size_t)m->capacity * sizeof *m->list);
    }
    m->list[m->count] = (mark){.at = b->end, .inline_ = b->inline_, .worst = 7};
    return &m->list[m->count++];
}

static char *joined(char *text, const char *more)
{
    size_t a = text ? strlen(text) : 0, b = strlen(more);
    text = xrealloc(text, a + b + 1);
    memcpy(text + a, more, b + 1);
    return text;
}

/* One line: no delimiter of mathematics, no comment, no tag may come out of it. */
static void add_plain(buffer *b, const char *text)
{
    for (; *text; text++) {
        if (strchr("$\\%<>`{}\n", *text))
            buffer_puts(b, *text == '\n' ? " " : "");
        else
            buffer_add(b, text, 1);
    }
}

static void describe(buffer *b, notes *n, const note_item *i)
{
    const char *word = notes_verdict_name(i);
    buffer_printf(b, "%s ", notes_mark(i));
    add_plain(b, i->left && i->right ? notes_claim_text(n, i->left, i->right) : "this line");
    buffer_printf(b, ": %s", word ? word : i->role == NOTE_UPDATE ? "not the gradient step" : notes_role_name(i->role));
    const char *const more[] = {i->v.condition, i->v.reason, i->root, i->v.diagnosis};
    for (size_t k = 0; k < sizeof more / sizeof *more && i->decided; k++)
        if (more[k]) {
            buffer_puts(b, "; ");
            add_plain(b, more[k]);
        }
    if (i->decided && i->v.suggestion && i->v.kind != VERDICT_PROVED) {
        buffer_puts(b, "; did you mean ");
        add_plain(b, i->v.suggestion);
        buffer_puts(b, "?");
    }
    for (int k = 0; k < i->message_count; k++) {
        buffer_puts(b, "; ");
        add_plain(b, i->message[k]);
    }
    buffer_puts(b, "\n");
}

void notes_marks_take(notes_marks *m, notes *n)
{
    for (int k = 0; k < n->item_count; k++) {
        const note_item *i = &n->item[k];
        buffer b = {0};
        int rank = notes_rank(i);
        if (i->imported || rank > 5 || !n->document.block[i->block].closed)
            continue;
        mark *at = mark_at(m, &n->document.block[i->block]);
        describe(&b, n, i);
        at->comments = joined(at->comments, b.text);
        at->marks = joined(at->marks, notes_mark(i));
        at->worst = rank < at->worst ? rank : at->worst;
        buffer_free(&b);
    }
}

/* --- writing --- */

static const char *const colours[] = {"red", "orange", "orange", "orange", "gray", "green!50!black", "gray", "gray"};
static const char *const badges[] = {"❌", "❓", "❓", "⚠️", "⚪", "✅", "", ""};

/* Behind the closing $$, \] or \end{…}. */
static size_t behind_delimiter(const char *text, size_t length, size_t at)
{
    if (at + 5 <= length && memcmp(text + at, "\\end{", 5) == 0) {
        while (at < length && text[at] != '}')
            at++;
        return at < length ? at + 1 : at;
    }
    if (at + 1 < length && text[at] == '$' && text[at + 1] == '$')
        return at + 2;
    if (at < length && text[at] == '$')
        return at + 1;
    while (at < length && text[at] == '\\')
        at++;
    return at < length ? at + 1 : at;
}

/* The marks that people see, in letters every engine has, and as badges. */
static const char *const shown_marks[][3] = {{"✓", "+", "✅"}, {"✗", "!", "❌"}, {"?", "?", "❓"}, {"!", "*", "⚠️"}, {"○", "0", "⚪"}, {"·", ".", "·"}};

static const char *shown_mark(const char **text, int form)
{
    for (size_t i = 0; i < sizeof shown_marks / sizeof *shown_marks; i++) {
        size_t n = strlen(shown_marks[i][0]);
        if (strncmp(*text, shown_marks[i][0], n) == 0) {
            *text += n;
            return shown_marks[i][form];
        }
    }
    ++*text;
    return "";
}

static void put_tex(buffer *b, const mark *m)
{
    buffer_printf(b, "\\deltacmark{%s}{", colours[m->worst]);
    for (const char *c = m->marks; *c;)
        buffer_puts(b, shown_mark(&c, 1));
    buffer_puts(b, "}");
}

static void put_markdown(buffer *b, const mark *m)
{
    buffer_puts(b, m->inline_ ? "<sup class=\"deltac\" title=\"" : "<sub class=\"deltac\">");
    if (m->inline_) {
        for (const char *c = m->comments; *c; c++)
            buffer_add(b, *c == '\n' || *c == '"' ? " " : c, 1);
        buffer_printf(b, "\">%s</sup>", badges[m->worst]);
        return;
    }
    for (const char *line = m->comments; *line;) {
        buffer_puts(b, line == m->comments ? "" : "<br>");
        buffer_puts(b, shown_mark(&line, 2));
        size_t n = strcspn(line, "\n");
        buffer_add(b, line, n);
        line += n + (line[n] == '\n');
    }
    buffer_puts(b, "</sub>");
}

static bool begins(const char *text, size_t length, size_t at, const char *word)
{
    size_t n = strlen(word);
    return at + n <= length && memcmp(text + at, word, n) == 0;
}

/* Behind the mark of a display: a comment that ends with the line, so that TeX sees no blank; or one with a line end of its own, where the line goes on. */
static const char to_line_end[] = "% deltac mark", own_line_end[] = "% deltac mark, and the line goes on\n";

/* The length of a mark that an earlier run left at this place; 0. */
static size_t old_mark(const char *text, size_t length, size_t at, bool tex)
{
    static const char *const tags[][2] = {{"<sup class=\"deltac\"", "</sup>"}, {"<sub class=\"deltac\"", "</sub>"}};
    size_t end = at;
    for (size_t k = 0; !tex && k < 2; k++)
        if (begins(text, length, at, tags[k][0]))
            for (; end < length; end++)
                if (begins(text, length, end, tags[k][1]))
                    return end + strlen(tags[k][1]) - at;
    if (!tex)
        return 0;
    bool call = begins(text, length, at, "\\deltacmark{"), line = begins(text, length, at, "% deltac mark"),
         definition =
             begins(text, length, at, "\\providecommand{\\deltacmark}") || begins(text, length, at, "\\providecommand{\\textcolor}[2]{#2}% deltac mark");
    if (call) {
        for (int closed = 0; end < length && closed < 2; end++)
            closed += text[end] == '}';
        if (begins(text, length, end, own_line_end))
            end += strlen(own_line_end);
        else if (begins(text, length, end, to_line_end))
            end += strlen(to_line_end);
        return end - at;
    }
    if (!line && !definition)
        return 0;
    while (end < length && text[end] != '\n')
        end++;
    return end + (end < length) - at;
}

static void copy_text(buffer *b, const char *text, size_t length, size_t from, size_t to, bool tex)
{
    while (from < to) {
        size_t skip = old_mark(text, length, from, tex);
        if (skip) {
            from += skip;
        } else {
            if (tex && begins(text, length, from, "\\begin{document}"))
                buffer_puts(b, macro);
            buffer_add(b, text + from++, 1);
        }
    }
}

/* The mark and its comments, on lines of their own that are no paragraph of the document. Returns where the text goes on. */
static size_t put_tex_display(buffer *b, const mark *m, const char *text, size_t length, size_t at)
{
    put_tex(b, m);
    for (size_t skip; (skip = old_mark(text, length, at, true)) > 0;)
        at += skip;
    size_t rest = at;
    while (rest < length && strchr(" \t\r", text[rest]))
        rest++;
    if (rest < length && (text[rest] == '\n' || text[rest] == '%')) {
        size_t end = rest;
        while (end < length && text[end] != '\n')
            end++;
        buffer_puts(b, to_line_end);
        buffer_add(b, text + at, end - at);
        buffer_puts(b, "\n");
        at = end + (end < length);
    } else {
        buffer_puts(b, own_line_end);
    }
    for (const char *line = m->comments; *line;) {
        size_t n = strcspn(line, "\n");
        buffer_printf(b, "%% deltac mark: %.*s\n", (int)n, line);
        line += n + (line[n] == '\n');
    }
    return at;
}

static int by_place(const void *a, const void *b)
{
    const mark *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* Bytes from … to of the text with the marks that fall there. */
static void put_marked(buffer *b, const notes_marks *m, const char *text, size_t from, size_t to, bool tex)
{
    size_t at = from;
    for (int i = 0; i < m->count; i++) {
        if (m->list[i].at < from || m->list[i].at >= to)
            continue;
        size_t end = behind_delimiter(text, to, m->list[i].at);
        if (end < at) /* an environment inside $$ */
            continue;
        copy_text(b, text, to, at, end, tex);
        at = end;
        if (!tex)
            put_markdown(b, &m->list[i]);
        else if (m->list[i].inline_)
            put_tex(b, &m->list[i]);
        else
            at = put_tex_display(b, &m->list[i], text, to, at);
    }
    copy_text(b, text, to, at, to, tex);
}

/* --- notebooks --- */

static json_t *lines_of(const char *text, size_t length, bool list)
{
    if (!list)
        return json_stringn_nocheck(text, length);
    json_t *lines = json_array();
    for (size_t from = 0; from < length;) {
        size_t end = from;
        while (end < length && text[end] != '\n')
            end++;
        end += end < length;
        json_array_append_new(lines, json_stringn_nocheck(text + from, end - from));
        from = end;
    }
    return lines;
}

static bool put_notebook(buffer *out, const notes_marks *m, const notes_file *f)
{
    const source *joined_text = source_get(f->sources, f->document.source);
    json_t *root = json_load_file(f->path, 0, NULL);
    json_t *cells = json_object_get(root, "cells");
    for (int c = 0; c < f->document.cell_count; c++) {
        const document_cell *cell = &f->document.cell[c];
        size_t end = c + 1 < f->document.cell_count ? f->document.cell[c + 1].begin : joined_text->length;
        json_t *object = json_array_get(cells, (size_t)cell->cell - 1), *before = json_object_get(object, "source");
        buffer b = {0};
        end -= end >= cell->begin + 2 ? 2 : 0; /* the blank line that joins cells */
        put_marked(&b, m, joined_text->text, cell->begin, end, false);
        json_object_set_new(object, "source", lines_of(b.text ? b.text : "", b.length, json_is_array(before)));
        buffer_free(&b);
    }
    char *text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
    if (text) {
        buffer_puts(out, text);
        buffer_puts(out, "\n");
    }
    free(text);
    json_decref(root);
    return text != NULL;
}

/* --- files --- */

int notes_annotate(notes_marks *m, const notes_file *f, const char *output)
{
    const source *s = source_get(f->sources, f->document.source);
    buffer b = {0};
    int status = STATUS_MACHINE;
    qsort(m->list, (size_t)m->count, sizeof *m->list, by_place);
    if (f->document.kind == DOCUMENT_NOTEBOOK) {
        if (put_notebook(&b, m, f))
            status = write_file(output, b.text, b.length);
    } else {
        put_marked(&b, m, s->text, 0, s->length, f->document.kind == DOCUMENT_TEX);
        status = write_file(output, b.text, b.length);
    }
    buffer_free(&b);
    return status;
}
