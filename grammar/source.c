#include "source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>
#include <uniwidth.h>

#include "arena.h"

struct source_set {
    source **list; /* each in its own piece of memory, so that source_get stays valid when the set grows */
    int count, capacity;
};

source_set *source_set_new(void) { return xcalloc(1, sizeof(source_set)); }

void source_set_free(source_set *set) {
    if (!set) return;
    for (int i = 0; i < set->count; i++) {
        source *s = set->list[i];
        free((char *)(uintptr_t)s->path);
        free((char *)(uintptr_t)s->text);
        free(s->line_start);
        free(s);
    }
    free(set->list);
    free(set);
}

static void find_lines(source *s) {
    int lines = 1;
    for (size_t i = 0; i < s->length; i++) lines += s->text[i] == '\n';
    s->line_start = xmalloc((size_t)lines * sizeof *s->line_start);
    s->line_start[0] = 0;
    s->line_count = lines;
    int line = 1;
    for (size_t i = 0; i < s->length; i++)
        if (s->text[i] == '\n') s->line_start[line++] = i + 1;
}

int source_add(source_set *set, const char *path, const char *text, size_t length) {
    if (length >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) { /* a byte order mark is no part of the text */
        text += 3;
        length -= 3;
    }
    if (length > INT32_MAX - 16) { /* spans are 32 bits */
        errno = EFBIG;
        return -1;
    }
    if (set->count == set->capacity) {
        set->capacity = set->capacity ? 2 * set->capacity : 4;
        set->list = xrealloc(set->list, (size_t)set->capacity * sizeof(source *));
    }
    source *s = xcalloc(1, sizeof *s);
    char *copy = xmalloc(length + 1);
    if (length) memcpy(copy, text, length);
    copy[length] = 0;
    s->path = xstrdup(path);
    s->text = copy;
    s->length = length;
    find_lines(s);
    set->list[set->count] = s;
    return set->count++;
}

int source_read(source_set *set, const char *path) {
    bool standard_input = !strcmp(path, "-");
    FILE *file = standard_input ? stdin : fopen(path, "rb");
    if (!file) return -1;
    buffer text = {0};
    char piece[65536];
    size_t got;
    while ((got = fread(piece, 1, sizeof piece, file)) > 0) buffer_add(&text, piece, got);
    int failure = ferror(file) ? (errno ? errno : EIO) : 0;
    if (!standard_input) fclose(file);
    int number = -1;
    if (failure)
        errno = failure;
    else
        number = source_add(set, standard_input ? "<stdin>" : path, text.text ? text.text : "", text.length);
    buffer_free(&text);
    return number;
}

int source_count(const source_set *set)
{
    return set->count;
}

const source *source_get(const source_set *set, int number) {
    return number >= 0 && number < set->count ? set->list[number] : NULL;
}

int source_line(const source *s, size_t offset) {
    int low = 0, high = s->line_count - 1;
    while (low < high) {
        int middle = low + (high - low + 1) / 2;
        if (s->line_start[middle] <= offset)
            low = middle;
        else
            high = middle - 1;
    }
    return low + 1;
}

int source_column(const source *s, size_t offset) {
    if (offset > s->length) offset = s->length;
    int column = 1;
    for (size_t i = s->line_start[source_line(s, offset) - 1]; i < offset; i++)
        column += ((unsigned char)s->text[i] & 0xC0) != 0x80;
    return column;
}

int text_width(const char *bytes, size_t length) {
    const uint8_t *p = (const uint8_t *)bytes;
    int width = 0;
    for (size_t i = 0; i < length;) {
        ucs4_t c;
        int size = u8_mbtoucr(&c, p + i, length - i);
        if (size <= 0) { /* an invalid byte is shown as one sign */
            width++;
            i++;
            continue;
        }
        int cells = uc_width(c, "UTF-8");
        width += cells < 0 ? 1 : cells;
        i += (size_t)size;
    }
    return width;
}

span span_join(span a, span b) {
    if (a.source < 0) return b;
    if (b.source < 0 || a.source != b.source) return a;
    return (span){a.source, a.begin < b.begin ? a.begin : b.begin, a.end > b.end ? a.end : b.end};
}
