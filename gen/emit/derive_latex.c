/* A derivation as LaTeX and as Markdown with $$ blocks. */
#include <string.h>

#include "gen/emit/derive_write.h"

enum { ROOM = 28 };

typedef struct {
    buffer *out;
    arena *memory;
} reason_context;

static void reason_text(void *context, const char *text, size_t length)
{
    reason_context *c = context;
    write_latex_text(c->out, arena_strndup(c->memory, text, length));
}

static void reason_name(void *context, const char *name)
{
    reason_context *c = context;
    buffer_puts(c->out, "$");
    box_latex(c->out, box_name(c->memory, name));
    buffer_puts(c->out, "$");
}

static void put_reason(const model *m, arena *memory, buffer *out, const char *reason)
{
    reason_context c = {out, memory};
    buffer_puts(out, " && \\text{");
    derive_reason_parts(m, reason, &(derive_reason_writer){reason_text, reason_name}, &c);
    buffer_puts(out, "}");
}

static void put_row(const model *m, arena *memory, buffer *out, const derive_row *r)
{
    buffer_puts(out, "  ");
    if (r->more) {
        buffer_printf(out, "&\\;\\,\\vdots && \\text{%d more of this form}", r->more);
        return;
    }
    if (r->text) {
        buffer_puts(out, "&\\text{");
        write_latex_text(out, r->text);
        buffer_puts(out, "}");
    } else {
        if (r->left)
            box_latex(out, r->left);
        buffer_puts(out, strcmp(r->sign, "←") == 0 ? " &\\leftarrow " : *r->sign ? " &= " : " &\\qquad{} ");
        /* A row that begins with + or [ would be read as part of \\. */
        box_latex(out, r->right);
    }
    if (*r->reason)
        put_reason(m, memory, out, r->reason);
    if (r->rule) {
        buffer_puts(out, *r->reason ? "\\text{; }" : " && ");
        box_latex(out, r->rule);
    }
}

static void put_rows(const model *m, arena *memory, buffer *out, const derive_rows *rows)
{
    for (int i = 0; i < rows->count; i++) {
        put_row(m, memory, out, &rows->list[i]);
        buffer_puts(out, i + 1 < rows->count ? " \\\\\n" : "\n");
    }
}

void derive_latex(model *m, const derive_options *o, buffer *out)
{
    arena *memory = arena_new();
    derivation *d = derive_build(m, o, memory);
    buffer_puts(out, "% needs \\usepackage{amsmath}\n");
    for (int i = 0; i < d->count; i++) {
        if (d->section[i].count == 0)
            continue;
        derive_rows rows = derive_rows_of(memory, &d->section[i], o, ROOM);
        if (*d->section[i].title)
            buffer_printf(out, "\n\\paragraph{%s}\n", derive_title(memory, d->section[i].title));
        buffer_puts(out, "{\\allowdisplaybreaks\n\\begin{align*}\n");
        put_rows(m, memory, out, &rows);
        buffer_puts(out, "\\end{align*}}\n");
    }
    arena_free(memory);
}

void derive_markdown(model *m, const derive_options *o, buffer *out)
{
    arena *memory = arena_new();
    derivation *d = derive_build(m, o, memory);
    bool first = true;
    for (int i = 0; i < d->count; i++) {
        if (d->section[i].count == 0)
            continue;
        derive_rows rows = derive_rows_of(memory, &d->section[i], o, ROOM);
        buffer_puts(out, first ? "" : "\n");
        if (*d->section[i].title)
            buffer_printf(out, "### %s\n\n", derive_title(memory, d->section[i].title));
        buffer_puts(out, "$$\n\\begin{aligned}\n");
        put_rows(m, memory, out, &rows);
        buffer_puts(out, "\\end{aligned}\n$$\n");
        first = false;
    }
    arena_free(memory);
}
