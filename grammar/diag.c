#include "diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "arena.h"

enum { MAX_ERRORS = 50, TAB_STOP = 8, WINDOW = 120, SEARCH_BACK = 200 };

static char *format_text(const char *format, va_list list) {
    va_list again;
    va_copy(again, list);
    int length = vsnprintf(NULL, 0, format, list);
    if (length < 0) length = 0;
    char *text = xmalloc((size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    text[length] = 0;
    va_end(again);
    return text;
}

static bool same_place(span a, span b) { return a.source == b.source && a.begin == b.begin && a.end == b.end; }

diagnostic *diag_add(diag_list *d, diag_level level, span at, const char *format, ...) {
    va_list list;
    va_start(list, format);
    char *message = format_text(format, list);
    va_end(list);
    /* Repeated messages come close together; looking back a fixed distance keeps a page with very many errors linear. */
    for (int i = d->count - 1; i >= 0 && i >= d->count - SEARCH_BACK; i--) {
        diagnostic *g = &d->list[i];
        if (g->level == level && same_place(g->at, at) && !strcmp(g->message, message)) {
            free(message);
            return g;
        }
    }
    if (d->count == d->capacity) {
        d->capacity = d->capacity ? 2 * d->capacity : 16;
        d->list = xrealloc(d->list, (size_t)d->capacity * sizeof *d->list);
    }
    diagnostic *g = &d->list[d->count++];
    *g = (diagnostic){.level = level, .at = at, .message = message, .other = {-1, 0, 0}};
    d->errors += level == DIAG_ERROR;
    d->warnings += level == DIAG_WARNING;
    return g;
}

void diag_hint(diagnostic *g, const char *format, ...) {
    va_list list;
    va_start(list, format);
    free(g->hint);
    g->hint = format_text(format, list);
    va_end(list);
}

void diag_other(diagnostic *g, span at, const char *format, ...) {
    va_list list;
    va_start(list, format);
    free(g->other_text);
    g->other_text = format_text(format, list);
    g->other = at;
    va_end(list);
}

/* --- printing --- */

typedef struct {
    buffer text;
    buffer carets;
    int column;   /* cells written so far */
} picture;

static bool is_unsafe(ucs4_t c) { /* would move the cursor or turn the direction of the text */
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) ||
           c == 0x61c || c == 0xfeff;
}

static void put_caret(picture *p, int cells, bool marked, bool first) {
    for (int i = 0; i < cells; i++) buffer_puts(&p->carets, !marked ? " " : first && i == 0 ? "^" : "~");
    p->column += cells;
}

/* One character of the source line; returns its bytes. */
static size_t put_character(picture *p, const char *bytes, size_t left, bool marked, bool first) {
    ucs4_t c;
    int size = u8_mbtoucr(&c, (const uint8_t *)bytes, left);
    if (size > 0 && c == '\t') {
        int cells = TAB_STOP - p->column % TAB_STOP;
        for (int i = 0; i < cells; i++) buffer_puts(&p->text, " ");
        put_caret(p, cells, marked, first);
        return 1;
    }
    if (size <= 0 || is_unsafe(c)) {
        buffer_puts(&p->text, "\xef\xbf\xbd");
        put_caret(p, 1, marked, first);
        return size > 0 ? (size_t)size : 1;
    }
    buffer_add(&p->text, bytes, (size_t)size);
    put_caret(p, text_width(bytes, (size_t)size), marked, first);
    return (size_t)size;
}

static size_t character_back(const char *text, size_t begin, size_t at, int cells) {
    while (at > begin && cells > 0) {
        do at--;
        while (at > begin && ((unsigned char)text[at] & 0xC0) == 0x80);
        cells--;
    }
    return at;
}

static void print_line(const source *s, span at, FILE *out, const char *on, const char *off) {
    size_t offset = (size_t)at.begin > s->length ? s->length : (size_t)at.begin;
    size_t begin = s->line_start[source_line(s, offset) - 1], end = begin;
    while (end < s->length && s->text[end] != '\n') end++;
    if (end > begin && s->text[end - 1] == '\r') end--;
    if (offset > end) offset = end;
    size_t stop = (size_t)at.end > end ? end : (size_t)at.end;
    picture p = {0};
    size_t from = offset - begin > WINDOW ? character_back(s->text, begin, offset, WINDOW / 2) : begin;
    if (from > begin) {
        buffer_puts(&p.text, "…");
        put_caret(&p, 1, false, false);
    }
    size_t i = from;
    bool first = true;
    while (i < end && (p.column < WINDOW || i < offset)) {
        bool marked = i >= offset && (i < stop || i == offset);
        i += put_character(&p, s->text + i, end - i, marked, first);
        if (marked) first = false;
    }
    if (i < end) buffer_puts(&p.text, "…");
    if (first) buffer_puts(&p.carets, "^");
    while (p.carets.length && p.carets.text[p.carets.length - 1] == ' ') p.carets.text[--p.carets.length] = 0;
    fprintf(out, "    %s\n    %s%s%s\n", p.text.text ? p.text.text : "", on, p.carets.text, off);
    buffer_free(&p.text);
    buffer_free(&p.carets);
}

static void print_place(const source_set *sources, span at, FILE *out) {
    const source *s = source_get(sources, at.source);
    if (s) fprintf(out, "%s:%d:%d: ", s->path, source_line(s, (size_t)at.begin), source_column(s, (size_t)at.begin));
}

static void print_one(const diagnostic *g, const source_set *sources, FILE *out, bool colour) {
    static const char *const word[] = {"error", "warning", "notice"};
    static const char *const paint[] = {"\33[1;31m", "\33[1;35m", "\33[1;36m"};
    const char *on = colour ? paint[g->level] : "", *off = colour ? "\33[0m" : "";
    print_place(sources, g->at, out);
    fprintf(out, "%s%s:%s %s\n", on, word[g->level], off, g->message);
    const source *s = source_get(sources, g->at.source);
    if (s) print_line(s, g->at, out, on, off);
    if (g->hint) fprintf(out, "    hint: %s\n", g->hint);
    if (g->other_text) {
        print_place(sources, g->other, out);
        fprintf(out, "note: %s\n", g->other_text);
        s = source_get(sources, g->other.source);
        if (s) print_line(s, g->other, out, on, off);
    }
}

typedef struct {
    const diagnostic *g;
    int order;
} ranked;

static int compare_ranked(const void *x, const void *y) {
    const ranked *a = x, *b = y;
    if (a->g->at.source != b->g->at.source) return a->g->at.source < b->g->at.source ? -1 : 1;
    if (a->g->at.begin != b->g->at.begin) return a->g->at.begin < b->g->at.begin ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

void diag_print(diag_list *d, const source_set *sources, FILE *out, bool colour) {
    ranked *list = xmalloc((size_t)d->count * sizeof *list);
    for (int i = 0; i < d->count; i++) list[i] = (ranked){&d->list[i], i};
    qsort(list, (size_t)d->count, sizeof *list, compare_ranked);
    int errors = 0;
    for (int i = 0; i < d->count; i++) {
        if (list[i].g->level == DIAG_ERROR && ++errors > MAX_ERRORS) continue;
        print_one(list[i].g, sources, out, colour);
    }
    if (errors > MAX_ERRORS) fprintf(out, "and %d more error%s\n", errors - MAX_ERRORS, errors == MAX_ERRORS + 1 ? "" : "s");
    free(list);
}

void diag_truncate(diag_list *d, int count) {
    while (d->count > count) {
        diagnostic *g = &d->list[--d->count];
        d->errors -= g->level == DIAG_ERROR;
        d->warnings -= g->level == DIAG_WARNING;
        free(g->message);
        free(g->hint);
        free(g->other_text);
    }
}

void diag_free(diag_list *d) {
    diag_truncate(d, 0);
    free(d->list);
    *d = (diag_list){0};
}

long diag_distance(const char *x, const char *y) {
    size_t n = strlen(x), m = strlen(y);
    if (n > 60 || m > 60 || n > m + 3 || m > n + 3) return 4;
    long row[64];
    for (size_t j = 0; j <= m; j++) row[j] = (long)j;
    for (size_t i = 1; i <= n; i++) {
        long diagonal = row[0];
        row[0] = (long)i;
        for (size_t j = 1; j <= m; j++) {
            long up = row[j], best = diagonal + (x[i - 1] != y[j - 1]);
            best = up + 1 < best ? up + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = up;
            row[j] = best;
        }
    }
    return row[m] > 3 ? 4 : row[m];
}
