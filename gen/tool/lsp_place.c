/* Places: the protocol counts lines and UTF-16 units from 0, sources count bytes. */
#include <string.h>

#include "gen/emit/write.h"
#include "gen/tool/lsp.h"

json_t *lsp_position(const char *text, size_t length, size_t offset)
{
    json_int_t line = 0, units = 0;
    const char *stop = text + (offset < length ? offset : length);
    for (const char *s = text; s < stop;) {
        unsigned c = write_next(&s, text + length);
        units += c >= 0x10000 ? 2 : 1;
        if (c == '\n') {
            line++;
            units = 0;
        }
    }
    return json_pack("{sIsI}", "line", line, "character", units);
}

size_t lsp_offset(const char *text, size_t length, const json_t *position)
{
    json_int_t line = json_integer_value(json_object_get(position, "line")), units = json_integer_value(json_object_get(position, "character"));
    const char *s = text, *end = text + length;
    for (; line > 0 && s < end; line--) {
        const char *next = memchr(s, '\n', (size_t)(end - s));
        s = next ? next + 1 : end;
    }
    while (units > 0 && s < end && *s != '\n') {
        unsigned c = write_next(&s, end);
        units -= c >= 0x10000 ? 2 : 1;
    }
    return (size_t)(s - text);
}

json_t *lsp_range(const lsp_document *d, size_t begin, size_t end)
{
    return json_pack("{soso}", "start", lsp_position(d->text, d->length, begin), "end", lsp_position(d->text, d->length, end));
}
