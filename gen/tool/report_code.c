/* The generated C beside the equations it computes. */
#include <stdlib.h>
#include <string.h>

#include "gen/calculus/calculus.h"
#include "gen/emit/emit.h"
#include "gen/tool/report.h"

enum { MOST_LINES = 160, MOST_FORMS = 400, SHOWN_OF_A_FORM = 2 };

/* One function with the comment before it. */
typedef struct {
    const char *comment, *code, *end;
} chunk;

static const char *after(const char *text, const char *what)
{
    const char *found = strstr(text, what);
    return found ? found + strlen(what) : NULL;
}

/* The next function that computes equations: its comment begins a line and ends directly before it. */
static bool next_chunk(const char **at, chunk *c)
{
    for (const char *s = *at; (s = strstr(s, "\n/* ")) != NULL; s++) {
        const char *code = after(s, "*/\n"), *brace = code ? strchr(code, '{') : NULL, *end = code ? after(code, "\n}\n") : NULL;
        if (!code || !brace || !end || strncmp(code, "static ", 7) != 0)
            continue;
        const char *part = strstr(code, "_part_");
        if (!part || part > brace)
            continue;
        *c = (chunk){.comment = s + 4, .code = code, .end = end - 1};
        *at = end - 1;
        return true;
    }
    return false;
}

/* The next line of a comment, without its star; false at the end. */
static bool next_line(const char **at, const char *stop, char *line, size_t room, int *number)
{
    const char *s = *at;
    if (s >= stop)
        return false;
    const char *newline = memchr(s, '\n', (size_t)(stop - s)), *end = newline ? newline : stop;
    *at = newline ? newline + 1 : stop;
    if (strncmp(s, " * ", 3) == 0)
        s += 3;
    while (end > s && (end[-1] == ' ' || end[-1] == '/' || end[-1] == '*'))
        end--;
    char *colon;
    *number = strncmp(s, "line ", 5) == 0 ? (int)strtol(s + 5, &colon, 10) : 0;
    if (*number)
        s = strncmp(colon, ": ", 2) == 0 ? colon + 2 : s;
    size_t n = (size_t)(end - s) < room - 1 ? (size_t)(end - s) : room - 1;
    memcpy(line, s, n);
    line[n] = 0;
    return true;
}

void report_generate(report *r, page *prepared, report_generated *g)
{
    arena *a = r->memory;
    const char *path = r->path;
    if (prepared->diagnostics.errors == 0 && prepared->model->objective_count + prepared->model->update_count + prepared->model->output_count == 0) {
        g->problem = "The page has nothing to compute: no cost, no update, no output.";
        return;
    }
    if (prepared->diagnostics.errors == 0) {
        calculus_train(prepared->model);
        g->name = emit_name(a, path);
        emit_options e = {.name = g->name, .page = path};
        if (prepared->diagnostics.errors == 0 && emit_c(prepared->model, &e, &g->c, &g->h) == 0) {
            char line[8];
            int number;
            chunk c;
            for (const char *at = g->c.text; next_chunk(&at, &c);)
                for (const char *s = c.comment; next_line(&s, c.code, line, sizeof line, &number);)
                    if (number > 0 && number < r->line_count)
                        r->code_of_line[number] = 1;
            return;
        }
    }
    const diag_list *d = &prepared->diagnostics;
    g->problem = "The page has errors.";
    for (int i = 0; i < d->count; i++)
        if (d->list[i].level == DIAG_ERROR) {
            g->problem = arena_printf(a, "%s%s%s%s", d->list[i].message, d->list[i].hint ? " (" : "", d->list[i].hint ? d->list[i].hint : "", d->list[i].hint ? ")" : "");
            break;
        }
}

/* --- repetitions --- */

typedef struct {
    char *list[MOST_FORMS];
    int times[MOST_FORMS], count;
} forms;

static int times_seen(report *r, forms *f, const chunk *c)
{
    buffer b = {0};
    for (const char *s = c->code; s < c->end;) {
        size_t n = strspn(s, "0123456789");
        buffer_add(&b, n ? "#" : s, 1);
        s += n ? n : 1;
    }
    char *form = arena_strndup(r->memory, b.text, b.length);
    buffer_free(&b);
    for (int i = 0; i < f->count; i++)
        if (strcmp(f->list[i], form) == 0)
            return ++f->times[i];
    if (f->count < MOST_FORMS) {
        f->list[f->count] = form;
        f->times[f->count++] = 1;
    }
    return 1;
}

/* --- writing --- */

/* The compiler's own name "mean C" can be read as mean_C. */
static void join_mean(char *text)
{
    for (char *s = text; (s = strstr(s, "mean ")) != NULL; s++)
        if (s == text || (unsigned char)s[-1] >= 0x80)
            s[4] = '_';
}

static void put_equation(report *r, int number, char *text, char *seen)
{
    notation *left, *right;
    const char *sign;
    buffer *out = r->out;
    bool first = number > 0 && number < r->line_count && !seen[number];
    buffer_puts(out, "<li");
    if (first) {
        seen[number] = 1;
        buffer_printf(out, " id=\"code-%d\"", number);
    }
    buffer_puts(out, ">");
    if (number)
        buffer_printf(out, "<a class=\"number\" href=\"#line-%d\">line %d</a> ", number, number);
    join_mean(text);
    if (derive_read_statement(r->page->model, r->memory, text, &left, &sign, &right)) {
        box *row = box_new(r->memory, BOX_ROW, 3);
        row->child[0] = box_of(r->memory, left);
        row->child[1] = box_text(r->memory, BOX_SIGN, sign);
        row->child[2] = box_of(r->memory, right);
        report_math(r, row);
    } else {
        buffer_puts(out, "<code>");
        report_text(r, text);
        buffer_puts(out, "</code>");
    }
    buffer_puts(out, "</li>\n");
}

static void put_code(report *r, const chunk *c)
{
    const char *stop = c->code;
    int lines = 0, more = 0;
    for (; stop < c->end && lines < MOST_LINES; stop++)
        lines += *stop == '\n';
    for (const char *s = stop; s < c->end; s++)
        more += *s == '\n';
    buffer_puts(r->out, "<pre tabindex=\"0\">");
    write_html_bytes(r->out, c->code, (size_t)(stop - c->code));
    if (more)
        buffer_printf(r->out, "… %d more lines", more);
    buffer_puts(r->out, "</pre>");
}

static void put_chunk(report *r, const chunk *c, char *seen)
{
    char *line = arena_alloc(r->memory, 2048);
    int number, count = 0, hidden = 0;
    buffer_puts(r->out, "<div class=\"chunk\"><ul>\n");
    for (const char *s = c->comment; next_line(&s, c->code, line, 2048, &number); count++) {
        bool wanted = number > 0 && number < r->line_count && !seen[number]; /* the page leads to it */
        if (count < 24 || wanted)
            put_equation(r, number, line, seen);
        else
            hidden++;
    }
    if (hidden)
        buffer_printf(r->out, "<li>… %d more equations</li>\n", hidden);
    buffer_puts(r->out, "</ul>");
    put_code(r, c);
    buffer_puts(r->out, "</div>\n");
}

void report_code(report *r, const report_generated *g)
{
    forms *f = arena_alloc(r->memory, sizeof *f);
    char *seen = arena_alloc(r->memory, (size_t)r->line_count + 1);
    int left_out = 0;
    chunk c;
    buffer_puts(r->out, "<section aria-labelledby=\"code\"><h2 id=\"code\">The C beside its equations</h2>\n");
    if (g->problem) {
        buffer_puts(r->out, "<p class=\"note\">No C was generated: ");
        report_text(r, g->problem);
        buffer_puts(r->out, "</p></section>\n");
        return;
    }
    buffer_puts(r->out, "<p>What <code>deltac emit</code> writes for each group of equations; line numbers lead back to the page.</p>\n");
    for (const char *at = g->c.text; next_chunk(&at, &c);)
        if (times_seen(r, f, &c) <= SHOWN_OF_A_FORM)
            put_chunk(r, &c, seen);
        else
            left_out++;
    if (left_out)
        buffer_printf(r->out, "<p class=\"note\">%d more functions of the same form are left out.</p>\n", left_out);
    buffer_puts(r->out, "</section>\n");
}
