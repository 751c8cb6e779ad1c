/* A derivation as text, aligned by display width. */
#include <string.h>

#include "gen/emit/derive.h"

enum { WIDEST_LEFT = 36, WIDEST_LINE = 84 };

/* One line in three columns: up to the sign, from the sign on, the reason. */
typedef struct {
    const char *left, *right;
    int left_width, width;
} columns;

static int width_of(const char *text)
{
    return text_width(text, strlen(text));
}

static char *tree_text(arena *memory, const notation *t)
{
    buffer b = {0};
    notation_write(&b, t);
    char *text = arena_strndup(memory, b.text ? b.text : "", b.length);
    buffer_free(&b);
    return text;
}

static const char *trimmed(arena *memory, const char *text, size_t length)
{
    while (length && text[0] == ' ')
        text++, length--;
    while (length && text[length - 1] == ' ')
        length--;
    return arena_strndup(memory, text, length);
}

static columns columns_of(arena *memory, const derive_line *l)
{
    columns c = {0};
    if (!*l->sign) {
        c.left = arena_printf(memory, "%s", l->verbatim);
        c.right = "";
    } else if (l->verbatim) {
        const char *sign = strstr(l->verbatim, l->sign);
        c.left = arena_printf(memory, "%s", trimmed(memory, l->verbatim, (size_t)(sign - l->verbatim)));
        c.right = arena_printf(memory, "%s", trimmed(memory, sign + strlen(l->sign), strlen(sign) - strlen(l->sign)));
    } else {
        c.left = tree_text(memory, l->left);
        c.right = tree_text(memory, l->right);
        if (l->name)
            c.left = arena_printf(memory, "%s = %s", tree_text(memory, l->name), c.left);
    }
    c.left_width = width_of(c.left);
    c.width = width_of(c.right);
    return c;
}

static void pad(buffer *out, int count)
{
    if (count > 0)
        buffer_printf(out, "%*s", count, "");
}

static void write_section(arena *memory, const derive_section *s, buffer *out)
{
    columns *list = arena_alloc(memory, (size_t)(s->count + 1) * sizeof *list);
    int left = 0, line = 0;
    for (int i = 0; i < s->count; i++) {
        list[i] = columns_of(memory, &s->list[i]);
        if (*s->list[i].sign && list[i].left_width > left && list[i].left_width <= WIDEST_LEFT)
            left = list[i].left_width;
    }
    for (int i = 0; i < s->count; i++) {
        int column = list[i].left_width > left ? list[i].left_width : left;
        int width = *s->list[i].sign ? column + 3 + list[i].width : list[i].left_width;
        list[i].width = width;
        if (width > line && width <= WIDEST_LINE)
            line = width;
    }
    for (int i = 0; i < s->count; i++) {
        const char *reason = s->list[i].reason;
        buffer_printf(out, "  %s", list[i].left);
        if (*s->list[i].sign) {
            pad(out, left - list[i].left_width);
            buffer_printf(out, " %s %s", s->list[i].sign, list[i].right);
        }
        if (*reason) {
            pad(out, line - list[i].width);
            buffer_printf(out, "   %s", reason);
        }
        buffer_puts(out, "\n");
    }
}

void derive_text(model *m, const derive_options *o, buffer *out)
{
    arena *memory = arena_new();
    derivation *d = derive_build(m, o, memory);
    bool first = true;
    for (int i = 0; i < d->count; i++) {
        if (d->section[i].count == 0)
            continue;
        if (!first)
            buffer_puts(out, "\n");
        first = false;
        if (*d->section[i].title)
            buffer_printf(out, "%s\n", d->section[i].title);
        write_section(memory, &d->section[i], out);
    }
    arena_free(memory);
}
