/* Text from a page in other languages: nothing in it may act there. */
#include <string.h>

#include "gen/emit/write.h"

enum { REPLACEMENT = 0xfffd };

unsigned write_next(const char **text, const char *end)
{
    static const unsigned least[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *s = (const unsigned char *)*text;
    size_t room = (size_t)(end - *text);
    int more = s[0] < 0x80 ? 0 : s[0] >= 0xf0 && s[0] < 0xf8 ? 3 : s[0] >= 0xe0 ? 2 : s[0] >= 0xc0 ? 1 : -1;
    unsigned c = more <= 0 ? s[0] : s[0] & (0x3fu >> more);
    bool good = more >= 0 && s[0] < 0xf8 && (size_t)more < room;
    for (int i = 1; good && i <= more; i++) {
        good = (s[i] & 0xc0) == 0x80;
        c = c << 6 | (s[i] & 0x3fu);
    }
    good = good && c >= least[more] && c < 0x110000 && (c < 0xd800 || c > 0xdfff);
    *text += good ? more + 1 : 1;
    return good ? c : REPLACEMENT;
}

bool write_is_control(unsigned c)
{
    bool directional = c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    bool invisible = (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) || c == 0x200b || c == 0xfeff || (c >= 0xe0000 && c < 0xe0080);
    return directional || invisible;
}

void write_utf8(buffer *out, unsigned c)
{
    char text[4];
    size_t n = 1;
    if (c < 0x80) {
        text[0] = (char)c;
    } else {
        n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        for (size_t i = n - 1; i > 0; i--, c >>= 6)
            text[i] = (char)(0x80 | (c & 0x3f));
        text[0] = (char)((0xf00u >> n & 0xffu) | c);
    }
    buffer_add(out, text, n);
}

void write_html_bytes(buffer *out, const char *text, size_t length)
{
    for (const char *end = text + length; text < end;) {
        unsigned c = write_next(&text, end);
        if (write_is_control(c))
            buffer_printf(out, "⟨U+%04X⟩", c);
        else if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\'')
            buffer_printf(out, "&#%u;", c);
        else
            write_utf8(out, c);
    }
}

void write_html_text(buffer *out, const char *text)
{
    write_html_bytes(out, text, strlen(text));
}
