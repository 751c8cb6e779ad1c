/* What boxes are made of, with their widths. */
#include "gen/emit/box_parts.h"

#include <string.h>

box *box_new(arena *a, box_kind kind, int count)
{
    box *b = arena_alloc(a, sizeof *b);
    *b = (box){.kind = kind, .count = count, .text = "", .close = ""};
    b->child = count ? arena_alloc(a, (size_t)count * sizeof *b->child) : NULL;
    return b;
}

box *box_text(arena *a, box_kind kind, const char *text)
{
    static const double widths[] = {[BOX_LETTER] = 0.55, [BOX_SIGN] = 1.3, [BOX_PREFIX] = 0.7, [BOX_COMMA] = 0.4, [BOX_SPACE] = 0.17, [BOX_LARGE] = 1.2};
    box *b = box_new(a, kind, 0);
    b->text = text;
    b->width = kind == BOX_WORD || kind == BOX_FUNCTION || kind == BOX_NUMBER ? 0.5 * text_width(text, strlen(text)) : kind <= BOX_LARGE ? widths[kind] : 0;
    return b;
}

void box_row_add(box_row *r, box *b)
{
    if (r->count == r->room) {
        r->room = r->room ? 2 * r->room : 8;
        box **list = arena_alloc(r->memory, (size_t)r->room * sizeof(box *));
        if (r->count)
            memcpy(list, r->list, (size_t)r->count * sizeof(box *));
        r->list = list;
    }
    r->list[r->count++] = b;
}

void box_row_text(box_row *r, box_kind kind, const char *text)
{
    box_row_add(r, box_text(r->memory, kind, text));
}

box *box_row_end(const box_row *r)
{
    if (r->count == 1)
        return r->list[0];
    box *b = box_new(r->memory, BOX_ROW, 0);
    b->child = r->list;
    b->count = r->count;
    for (int i = 0; i < r->count; i++) {
        b->width += r->list[i]->width;
        b->tall |= r->list[i]->tall;
    }
    return b;
}

box *box_fence(arena *a, const char *open, const char *close, box *inside)
{
    box *b = box_new(a, BOX_FENCE, 1);
    b->text = open;
    b->close = close;
    b->child[0] = inside;
    b->tall = inside->tall;
    b->width = inside->width + 0.8;
    return b;
}

box *box_script(arena *a, box *base, box *below, box *above)
{
    box *b = box_new(a, BOX_SCRIPT, 3);
    double down = below ? 0.7 * below->width : 0, up = above ? 0.7 * above->width : 0;
    b->child[0] = base;
    b->child[1] = below;
    b->child[2] = above;
    b->tall = base->tall;
    b->width = base->width + (down > up ? down : up);
    return b;
}

box *box_fraction(arena *a, box *above, box *below)
{
    box *b = box_new(a, BOX_FRACTION, 2);
    b->child[0] = above;
    b->child[1] = below;
    b->tall = true;
    b->width = 0.2 + (above->width > below->width ? above->width : below->width);
    return b;
}
