/* Drives latex.l over a block and fills in the values of tokens. */
#include <stdlib.h>
#include <string.h>

#include "latex_token.h"
#include "token.h"

#include "latex.tab.h"
#define YYSTYPE latex_token
#define YYLTYPE span
#define YY_NO_UNISTD_H
#include "latex.lex.h"

struct latex_scanner {
    latex_reading *reading;
    bool blank;
};

latex_token *latex_token_add(arena *a, latex_tokens *list, const latex_token *t)
{
    if (list->count == list->capacity) {
        int capacity = list->capacity ? 2 * list->capacity : 32;
        latex_token *more = arena_alloc(a, (size_t)capacity * sizeof *more);
        if (list->count)
            memcpy(more, list->list, (size_t)list->count * sizeof *more);
        list->list = more;
        list->capacity = capacity;
    }
    list->list[list->count] = *t;
    return &list->list[list->count++];
}

void latex_scan_blank(latex_scanner *s)
{
    s->blank = true;
}

int latex_scan_text(latex_scanner *s, latex_token *t, int kind, const char *bytes, size_t length)
{
    t->text = arena_strndup(s->reading->memory, bytes, length);
    t->kind = (int16_t)kind;
    return kind;
}

int latex_scan_point(latex_scanner *s, latex_token *t, const char *bytes, size_t length)
{
    t->text = arena_printf(s->reading->memory, "0%.*s", (int)length, bytes);
    t->kind = T_NUMBER;
    return T_NUMBER;
}

int latex_scan_word(latex_scanner *s, latex_token *t, const char *bytes, size_t length)
{
    const char *key = latex_function_word(bytes, length);
    t->text = key ? key : arena_strndup(s->reading->memory, bytes, 1);
    t->number = key != NULL;
    t->kind = T_NAME;
    return key ? (int)length : 1;
}

int latex_scan_letter(latex_scanner *s, latex_token *t, const char *bytes, size_t length)
{
    name_form f = name_read(s->reading->memory, bytes, length);
    unsigned char c = (unsigned char)f.key[0];
    if ((c | 32) >= 'a' && (c | 32) <= 'z' && f.key[0] != 'u') {
        t->text = f.key;
        t->kind = T_NAME;
        return T_NAME;
    }
    return latex_scan_stray(s, t, bytes, length);
}

int latex_scan_stray(latex_scanner *s, latex_token *t, const char *bytes, size_t length)
{
    bool printable = length > 1 || (bytes[0] >= ' ' && bytes[0] < 127);
    t->text = printable ? arena_printf(s->reading->memory, "the character %.*s", (int)length, bytes)
                        : arena_printf(s->reading->memory, "the byte 0x%02x", (unsigned char)bytes[0]);
    t->kind = T_OPAQUE;
    return T_OPAQUE;
}

void latex_scan(latex_reading *r, size_t begin, size_t end, latex_tokens *out)
{
    const source *text = source_get(r->sources, r->number);
    latex_scanner s = {.reading = r};
    yyscan_t scanner;
    latex_token t;
    span at = {r->number, (int32_t)begin, (int32_t)begin};
    *out = (latex_tokens){0};
    latex_raw_lex_init_extra(&s, &scanner);
    YY_BUFFER_STATE state = latex_raw__scan_bytes(text->text + begin, (int)(end - begin), scanner);
    for (int kind; (kind = latex_raw_lex(&t, &at, scanner)) != 0 && out->count < LATEX_MAX_TOKENS;) {
        t.kind = (int16_t)kind;
        t.blank = s.blank;
        s.blank = false;
        latex_token_add(r->memory, out, &t);
    }
    latex_raw__delete_buffer(state, scanner);
    latex_raw_lex_destroy(scanner);
}

/* --- a first look at the document --- */

static void note_label(latex_reading *r, char letter)
{
    if (!memchr(r->label, letter, (size_t)r->label_count) && r->label_count < LATEX_LABEL_WORDS)
        r->label[r->label_count++] = letter;
}

static bool is_letter(const latex_token *t, const char *among)
{
    return t->kind == T_NAME && t->text && t->text[0] && !t->text[1] && strchr(among, t->text[0]);
}

/* `^{l-1}`, `^{l+1}`, `^{(l)}`, `^{[l]}` show that l is a label; then `^l` is one too, and with l, L. */
static void survey_superscript(latex_reading *r, const latex_token *t, int count)
{
    if (count >= 5 && t[1].kind == T_LBRACE && is_letter(&t[2], "lkrL") && (t[3].kind == T_MINUS || t[3].kind == T_PLUS) && t[4].kind == T_NUMBER)
        note_label(r, t[2].text[0]);
    if (count >= 4 && t[1].kind == T_LBRACE && (t[2].kind == T_LPAREN || t[2].kind == T_LBRACKET) && is_letter(&t[3], "lkrL"))
        note_label(r, t[3].text[0]);
    if (count >= 2 && (is_letter(&t[1], "lL") || (t[1].kind == T_COMMAND && strcmp(t[1].text, "ell") == 0)))
        note_label(r, t[1].kind == T_COMMAND ? 'l' : t[1].text[0]);
}

/* `\sum_c`, `\sum_{b,c}`: c is an index wherever it is a subscript. */
static void survey_sum(latex_reading *r, const latex_token *t, int count)
{
    bool sign = t[0].kind == T_SIGN || (t[0].kind == T_COMMAND && (strcmp(t[0].text, "sum") == 0 || strcmp(t[0].text, "prod") == 0));
    for (int i = 2; sign && i < count && t[1].kind == T_SUB && i < 8; i++) {
        if (is_letter(&t[i], "abcdefghruv") && !memchr(r->summed, t[i].text[0], (size_t)r->summed_count) && r->summed_count < LATEX_LABEL_WORDS)
            r->summed[r->summed_count++] = t[i].text[0];
        if (t[2].kind != T_LBRACE || t[i].kind == T_RBRACE || t[i].kind == T_RELATION)
            break;
    }
}

void latex_survey(latex_reading *r, size_t begin, size_t end)
{
    latex_tokens raw;
    latex_scan(r, begin, end, &raw);
    for (int i = 0; i + 2 < raw.count; i++)
        survey_sum(r, &raw.list[i], raw.count - i);
    for (int i = 0; i < raw.count; i++)
        if (raw.list[i].kind == T_SUP)
            survey_superscript(r, &raw.list[i], raw.count - i);
}

latex_reading *latex_reading_new(arena *a, intern *names, const source_set *sources, int number)
{
    latex_reading *r = arena_alloc(a, sizeof *r);
    *r = (latex_reading){.memory = a, .names = names, .sources = sources, .number = number};
    return r;
}

bool latex_has_bold(const latex_reading *r)
{
    return r->bold_count > 0;
}

bool latex_is_bold(const latex_reading *r, sym name)
{
    for (int i = 0; i < r->bold_count; i++)
        if (r->bold[i] == name)
            return true;
    return false;
}

const char *const *latex_readings(const latex_reading *r)
{
    const char **list = arena_alloc(r->memory, ((size_t)r->note_count + 2) * sizeof *list);
    int n = 0;
    if (r->label_count)
        list[n++] = arena_printf(r->memory, "superscripts with %.*s are labels of layers, not powers", r->label_count, r->label);
    for (int i = 0; i < r->note_count; i++)
        list[n++] = r->note[i];
    return list;
}

const char *const *latex_unknown(const latex_reading *r)
{
    const char **list = arena_alloc(r->memory, ((size_t)r->unknown_count + 1) * sizeof *list);
    for (int i = 0; i < r->unknown_count; i++)
        list[i] = r->unknown[i];
    return list;
}
