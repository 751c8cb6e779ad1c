/* Boxes as MathML Core. */
#include <string.h>

#include "gen/emit/write.h"

static void element(buffer *out, const char *name, const char *text)
{
    buffer_printf(out, "<%s>", name);
    write_html_text(out, text);
    buffer_printf(out, "</%s>", name);
}

static void write_one(buffer *out, const box *b);

/* An argument of a fraction or script: one element. */
static void single(buffer *out, const box *b)
{
    bool row = !b || b->kind == BOX_ROW || b->kind == BOX_FENCE || b->kind == BOX_CASES || b->kind == BOX_LIMITS || b->kind == BOX_COMMA;
    if (row)
        buffer_puts(out, "<mrow>");
    if (b)
        write_one(out, b);
    if (row)
        buffer_puts(out, "</mrow>");
}

static void pair(buffer *out, const char *name, const box *a, const box *b, const box *c)
{
    buffer_printf(out, "<%s>", name);
    single(out, a);
    single(out, b);
    if (c)
        single(out, c);
    buffer_printf(out, "</%s>", name);
}

static void scripts(buffer *out, const box *b, const char *both, const char *down, const char *up)
{
    const box *below = b->child[1], *above = b->child[2];
    if (below && above)
        pair(out, both, b->child[0], below, above);
    else if (below || above)
        pair(out, below ? down : up, b->child[0], below ? below : above, NULL);
    else
        write_one(out, b->child[0]);
}

static void fence_sign(buffer *out, const char *text, const char *form, bool tall)
{
    if (!*text)
        return;
    bool bar = strcmp(text, "|") == 0 || strcmp(text, "‖") == 0;
    buffer_puts(out, "<mo");
    if (bar)
        buffer_printf(out, " form=\"%s\" fence=\"true\"", form);
    if (!tall)
        buffer_puts(out, " stretchy=\"false\"");
    buffer_puts(out, ">");
    write_html_text(out, text);
    buffer_puts(out, "</mo>");
}

static void cases(buffer *out, const box *b)
{
    buffer_puts(out, "<mo fence=\"true\" form=\"prefix\">{</mo><mtable class=\"cases\">");
    for (int i = 0; i < b->count; i += 2) {
        buffer_puts(out, "<mtr><mtd>");
        write_one(out, b->child[i]);
        buffer_puts(out, "</mtd><mtd>");
        if (i + 1 < b->count) {
            buffer_puts(out, "<mtext>if&#160;</mtext>");
            write_one(out, b->child[i + 1]);
        } else {
            buffer_puts(out, "<mtext>else</mtext>");
        }
        buffer_puts(out, "</mtd></mtr>");
    }
    buffer_puts(out, "</mtable>");
}

static void accent(buffer *out, const box *b)
{
    static const struct {
        int mark;
        const char *sign;
    } marks[] = {{0x302, "^"}, {0x304, "‾"}, {0x303, "~"}, {0x307, "˙"}, {0x308, "¨"}, {0x301, "´"}, {0x300, "`"}, {0x30c, "ˇ"}, {0x306, "˘"}, {0x30a, "˚"}, {0x20d7, "→"}};
    const char *sign = "^";
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (marks[i].mark == b->number)
            sign = marks[i].sign;
    buffer_puts(out, "<mover accent=\"true\">");
    single(out, b->child[0]);
    buffer_printf(out, "<mo stretchy=\"false\">%s</mo></mover>", sign);
}

static void primes(buffer *out, int count)
{
    buffer_puts(out, "<mo>");
    for (; count >= 2; count -= 2)
        buffer_puts(out, "″");
    buffer_puts(out, count ? "′</mo>" : "</mo>");
}

static void upright(buffer *out, const char *text)
{
    const char *end = text + strlen(text), *s = text;
    write_next(&s, end);
    buffer_puts(out, s == end ? "<mi mathvariant=\"normal\">" : "<mi>"); /* only one letter alone would be italic */
    write_html_text(out, text);
    buffer_puts(out, "</mi>");
}

static void write_one(buffer *out, const box *b)
{
    switch (b->kind) {
    case BOX_ROW:
        for (int i = 0; i < b->count; i++)
            write_one(out, b->child[i]);
        break;
    case BOX_LETTER: element(out, "mi", b->text); break;
    case BOX_WORD: upright(out, b->text); break;
    case BOX_FUNCTION: element(out, "mi", b->text); break;
    case BOX_NUMBER: element(out, "mn", b->text); break;
    case BOX_SIGN: element(out, "mo", b->text); break;
    case BOX_PREFIX:
        if (strcmp(b->text, "∂") == 0)
            buffer_puts(out, "<mi>∂</mi>");
        else {
            buffer_puts(out, "<mo form=\"prefix\">");
            write_html_text(out, b->text);
            buffer_puts(out, "</mo>");
        }
        break;
    case BOX_LARGE: element(out, "mo", b->text); break;
    case BOX_COMMA: element(out, "mo", b->text); break;
    case BOX_TIMES: buffer_puts(out, "<mo>&#8290;</mo>"); break;
    case BOX_APPLY: buffer_puts(out, "<mo>&#8289;</mo>"); break;
    case BOX_SPACE: buffer_puts(out, "<mspace width=\".17em\"/>"); break;
    case BOX_PRIMES: primes(out, b->number); break;
    case BOX_FRACTION:
        if (b->number)
            buffer_puts(out, "<mstyle displaystyle=\"false\">");
        pair(out, "mfrac", b->child[0], b->child[1], NULL);
        if (b->number)
            buffer_puts(out, "</mstyle>");
        break;
    case BOX_ROOT:
        buffer_puts(out, "<msqrt>");
        write_one(out, b->child[0]);
        buffer_puts(out, "</msqrt>");
        break;
    case BOX_SCRIPT: scripts(out, b, "msubsup", "msub", "msup"); break;
    case BOX_LIMITS: scripts(out, b, "munderover", "munder", "mover"); break;
    case BOX_ACCENT: accent(out, b); break;
    case BOX_FENCE:
        fence_sign(out, b->text, "prefix", b->child[0]->tall);
        write_one(out, b->child[0]);
        fence_sign(out, b->close, "postfix", b->child[0]->tall);
        break;
    case BOX_CASES: cases(out, b); break;
    }
}

void box_mathml(buffer *out, const box *b)
{
    write_one(out, b);
}
