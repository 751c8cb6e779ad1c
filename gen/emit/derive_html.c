/* A derivation as HTML with MathML. */
#include <string.h>

#include "gen/emit/derive_write.h"

enum { ROOM = 40, WIDE = 22 };

void write_math(buffer *out, const box *b)
{
    buffer_puts(out, "<math displaystyle=\"true\">");
    box_mathml(out, b);
    buffer_puts(out, "</math>");
}

typedef struct {
    buffer *out;
    arena *memory;
} reason_context;

static void reason_text(void *context, const char *text, size_t length)
{
    write_html_bytes(((reason_context *)context)->out, text, length);
}

static void reason_name(void *context, const char *name)
{
    reason_context *c = context;
    buffer_puts(c->out, "<math>");
    box_mathml(c->out, box_name(c->memory, name));
    buffer_puts(c->out, "</math>");
}

static void put_reason(const model *m, buffer *out, const char *reason, bool links)
{
    unsigned line = 0;
    const char *place = links ? strstr(reason, "line ") : NULL;
    bool only = place && (place == reason || strncmp(reason, "as on ", 6) == 0);
    for (const char *c = only ? place + strlen("line ") : ""; *c >= '0' && *c <= '9'; c++)
        line = line * 10 + (unsigned)(*c - '0');
    if (line) {
        write_html_bytes(out, reason, (size_t)(place - reason));
        buffer_printf(out, "<a href=\"#line-%u\">line %u</a>", line, line);
        return;
    }
    reason_context c = {out, arena_new()};
    derive_reason_parts(m, reason, &(derive_reason_writer){reason_text, reason_name}, &c);
    arena_free(c.memory);
}

static void put_row(const model *m, buffer *out, const derive_row *r, bool links)
{
    if (r->more) {
        buffer_printf(out, "<li class=\"step more\"><span class=\"left\"></span><span class=\"right\">⋮ %d more of this form</span></li>\n", r->more);
        return;
    }
    buffer_puts(out, "<li class=\"step\"><span class=\"left\">");
    if (r->left)
        write_math(out, r->left);
    /* What may be wider than a phone can be scrolled, by keyboard too. */
    bool wide = r->right && r->right->width > WIDE;
    buffer_printf(out, "</span><span class=\"right\"%s>", wide ? " tabindex=\"0\"" : "");
    if (r->text) {
        buffer_puts(out, "<code>");
        write_html_text(out, r->text);
        buffer_puts(out, "</code>");
    } else {
        buffer_puts(out, "<math displaystyle=\"true\">");
        if (*r->sign)
            buffer_printf(out, "<mo form=\"infix\">%s</mo>", r->sign);
        else
            buffer_puts(out, "<mspace width=\"2em\"/>");
        box_mathml(out, r->right);
        buffer_puts(out, "</math>");
    }
    buffer_puts(out, "</span>");
    if (*r->reason || r->rule) {
        buffer_puts(out, "<span class=\"why\">");
        put_reason(m, out, r->reason, links);
        if (r->rule) {
            buffer_puts(out, *r->reason ? "; <math>" : "<math>");
            box_mathml(out, r->rule);
            buffer_puts(out, "</math>");
        }
        buffer_puts(out, "</span>");
    }
    buffer_puts(out, "</li>\n");
}

void derive_html_rows(const model *m, const derive_rows *rows, bool links, buffer *out)
{
    buffer_puts(out, "<ol class=\"steps\">\n");
    for (int i = 0; i < rows->count; i++)
        put_row(m, out, &rows->list[i], links);
    buffer_puts(out, "</ol>\n");
}

static const char style[] = ":root{color-scheme:light dark}body{font:1rem/1.6 system-ui,sans-serif;max-width:56rem;margin:0 auto;padding:1rem}"
                            "math{font-size:1.15em}mtable.cases mtd{text-align:left;padding:.1em .5em .1em 0}.steps{list-style:none;padding:0;display:grid;grid-template-columns:auto minmax(0,max-content) minmax(10rem,1fr);gap:.5rem .4rem;align-items:baseline}"
                            ".step{display:contents}.left{grid-column:1;text-align:right}.right{overflow-x:auto;grid-column:2}.why{grid-column:3;padding-left:2rem;font-size:.85rem;opacity:.85}"
                            "@media(max-width:40rem){.steps{display:block}.step{display:flex;flex-wrap:wrap;align-items:baseline;column-gap:.35rem;margin:.5rem 0}.left:empty{width:1.4rem}.right{max-width:100%}.why{flex-basis:100%;padding-left:1.4rem}}";

void derive_html(model *m, const derive_options *o, const char *title, buffer *out)
{
    arena *memory = arena_new();
    derivation *d = derive_build(m, o, memory);
    buffer_puts(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>");
    write_html_text(out, title);
    buffer_printf(out, "</title>\n<style>%s</style></head>\n<body><main>\n<h1>", style);
    write_html_text(out, title);
    buffer_puts(out, "</h1>\n");
    for (int i = 0; i < d->count; i++) {
        if (d->section[i].count == 0)
            continue;
        derive_rows rows = derive_rows_of(memory, &d->section[i], o, ROOM);
        buffer_puts(out, "<section>");
        if (*d->section[i].title)
            buffer_printf(out, "<h2>%s</h2>\n", derive_title(memory, d->section[i].title));
        derive_html_rows(m, &rows, false, out);
        buffer_puts(out, "</section>\n");
    }
    buffer_puts(out, "</main></body></html>\n");
    arena_free(memory);
}
