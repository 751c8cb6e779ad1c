/* Drives delta.l over a source and fills in the values of tokens. */
#include "scan.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <uniname.h>
#include <unistr.h>

#include "delta.tab.h"
#define YY_NO_UNISTD_H
#include "delta.lex.h"

struct scanner {
    scan *scan;
    bool blank;         /* blanks stand before the next token */
    int bad_line;       /* the last line with a message about bad bytes or '||': one for each line is enough */
};

void token_reserve(token_list *list, size_t capacity) {
    list->capacity = (int)capacity;
    list->list = xrealloc(list->list, capacity * sizeof *list->list);
}

token *token_add(token_list *list, const token *t) {
    if (list->count == list->capacity) token_reserve(list, list->capacity ? 2 * (size_t)list->capacity : 64);
    list->list[list->count] = *t;
    return &list->list[list->count++];
}

span span_at(const scan *s, size_t begin, size_t end) { return (span){s->number, (int32_t)begin, (int32_t)end}; }

static char *format_list(arena *a, const char *format, va_list list) {
    va_list again;
    va_copy(again, list);
    int length = vsnprintf(NULL, 0, format, list);
    char *text = arena_alloc(a, (size_t)(length < 0 ? 0 : length) + 1);
    if (length > 0) vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

diagnostic *scan_error(scan *s, span at, const char *format, ...) {
    va_list list;
    va_start(list, format);
    const char *text = format_list(s->memory, format, list);
    va_end(list);
    return diag_add(s->errors, DIAG_ERROR, at, "%s", text);
}

int scanner_wrong(scanner *s, token *t, const char *format, ...) {
    va_list list;
    va_start(list, format);
    const char *text = format_list(s->scan->memory, format, list);
    va_end(list);
    diag_add(s->scan->errors, DIAG_ERROR, t->at, "%s", text);
    t->broken = true;
    return T_WRONG;
}

static int wrong_hint(scanner *s, token *t, const char *message, const char *hint) {
    diagnostic *g = diag_add(s->scan->errors, DIAG_ERROR, t->at, "%s", message);
    if (hint) diag_hint(g, "%s", hint);
    t->broken = true;
    return T_WRONG;
}

void scanner_blank(scanner *s) { s->blank = true; }

/* Text that is skipped or quoted must still be readable as what it is. */
static bool check_text(scanner *s, token *t, const char *bytes, size_t length) {
    const uint8_t *p = (const uint8_t *)bytes;
    for (size_t i = 0; i < length;) {
        if (p[i] && p[i] < 0x80) {
            i++;
            continue;
        }
        ucs4_t c = 0;
        int size = u8_mbtoucr(&c, p + i, length - i);
        size_t from = (size_t)t->at.begin + i;
        token here = {.at = span_at(s->scan, from, from + (size == 3 ? 3 : 1))};
        if (size <= 0 || c == 0) return scanner_stray(s, &here, bytes + i, 1), false;
        if ((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x61c)
            return scanner_bidi(s, &here), false;
        i += (size_t)size;
    }
    return true;
}

void scanner_comment(scanner *s, token *t, const char *bytes, size_t length) {
    s->blank = true;
    check_text(s, t, bytes, length);
}

int scanner_mark(scanner *s, token *t, const char *bytes, size_t length) {
    static const char *const verdicts[] = {"proved", "refuted", "undecided", NULL};
    size_t begin = 2, end;
    check_text(s, t, bytes, length);
    while (bytes[begin] == ' ' || bytes[begin] == '\t') begin++;
    for (end = begin; end < length && (bytes[end] | 32) >= 'a' && (bytes[end] | 32) <= 'z';) end++;
    t->text = arena_strndup(s->scan->memory, bytes + begin, end - begin);
    if (text_in(t->text, verdicts)) return T_MARK;
    t->at = span_at(s->scan, (size_t)t->at.begin + begin, (size_t)t->at.begin + end);
    wrong_hint(s, t, "'#=' states the expected verdict: proved, refuted or undecided", "a comment begins with '#' and anything but '='");
    return T_MARK;
}

int scanner_number(scanner *s, token *t, const char *bytes, size_t length) {
    t->text = arena_strndup(s->scan->memory, bytes, length);
    return T_NUMBER;
}

int scanner_bare_point(scanner *s, token *t, const char *bytes) {
    int kind = scanner_wrong(s, t, "a number needs a digit after its point");
    diag_hint(&s->scan->errors->list[s->scan->errors->count - 1], "write %s0", bytes);
    return kind;
}

int scanner_leading_point(scanner *s, token *t, const char *bytes) {
    int kind = scanner_wrong(s, t, "a number needs a digit before its point");
    diag_hint(&s->scan->errors->list[s->scan->errors->count - 1], "write 0%s", bytes);
    return kind;
}

int scanner_fraction(scanner *s, token *t, const char *bytes, size_t length) {
    static const char *const value[] = {"1/7", "1/9", "1/10", "1/3", "2/3", "1/5", "2/5", "3/5", "4/5", "1/6", "5/6", "1/8", "3/8", "5/8", "7/8"};
    unsigned char last = (unsigned char)bytes[length - 1];
    if (length == 2)
        t->text = last == 0xbc ? "1/4" : last == 0xbd ? "1/2" : "3/4";
    else
        t->text = value[last - 0x90];
    (void)s;
    return T_NUMBER;
}

int scanner_string(scanner *s, token *t, const char *bytes, size_t length) {
    if (!check_text(s, t, bytes, length)) t->broken = true;
    t->text = arena_strndup(s->scan->memory, bytes + 1, length - 2);
    return T_STRING;
}

static int reserved_kind(const char *key) {
    static const struct {
        const char *word;
        int kind;
    } table[] = {{"if", T_IF},   {"then", T_THEN}, {"else", T_ELSE}, {"in", T_IN},   {"pad", T_PAD},
                 {"for", T_FOR}, {"and", T_AND},   {"or", T_OR},     {"not", T_NOT}, {"partial", T_PARTIAL}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (*key == *table[i].word && !strcmp(key, table[i].word)) return table[i].kind;
    return T_NAME;
}

int scanner_name(scanner *s, token *t, const char *bytes, size_t length) {
    if (u8_check((const uint8_t *)bytes, length)) return scanner_stray(s, t, bytes, 1);
    name_form form = name_read(s->scan->memory, bytes, length);
    t->text = form.key;
    t->spelling = form.spelling;
    if (form.complaint) return wrong_hint(s, t, form.complaint, "type it anew with a Latin keyboard");
    return reserved_kind(form.key);
}

/* --- superscripts and subscripts that are no part of a name --- */

static const char *superscript_sign(ucs4_t c) {
    static const struct {
        ucs4_t sign;
        const char *text;
    } table[] = {{0xb2, "2"},     {0xb3, "3"},     {0xb9, "1"},     {0x2070, "0"},   {0x207a, "+"},   {0x207b, "-"},   {0x207c, "="},   {0x207d, "("},
                 {0x207e, ")"},   {0x207f, "n"},   {0x2071, "i"},   {0x1d40, "T"},   {0x1d43, "a"},   {0x1d47, "b"},   {0x1d9c, "c"},   {0x1d48, "d"},
                 {0x1d49, "e"},   {0x1da0, "f"},   {0x1d4d, "g"},   {0x2b0, "h"},    {0x2b2, "j"},    {0x1d4f, "k"},   {0x2e1, "l"},    {0x1d50, "m"},
                 {0x1d52, "o"},   {0x1d56, "p"},   {0x2b3, "r"},    {0x2e2, "s"},    {0x1d57, "t"},   {0x1d58, "u"},   {0x1d5b, "v"},   {0x2b7, "w"},
                 {0x2e3, "x"},    {0x2b8, "y"},    {0x1dbb, "z"},   {0x1d5d, "beta"}, {0x1d5e, "gamma"}, {0x1d5f, "delta"}, {0x1d60, "phi"}, {0x1d61, "chi"},
                 {0x1dbf, "theta"}, {0x1d3a, "N"}, {0x1d39, "M"},   {0x1d3f, "R"},   {0x1d3c, "O"},   {0x1d3e, "P"},   {0x1d38, "L"},   {0x1d37, "K"}};
    static const char *const digit[] = {"4", "5", "6", "7", "8", "9"};
    if (c >= 0x2074 && c <= 0x2079) return digit[c - 0x2074];
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].sign == c) return table[i].text;
    return NULL;
}

static void push(scanner *s, token like, int kind, const char *text, bool blank) {
    token t = {.kind = (int16_t)kind, .at = like.at, .match = -1, .blank = blank};
    t.text = t.spelling = text;
    token_add(&s->scan->raw, &t);
}

static int one_sign(scanner *s, token t, const char *text) {
    int kind = *text == '+' ? T_PLUS : *text == '-' ? T_MINUS : *text == '(' ? T_LPAREN : *text == ')' ? T_RPAREN : *text == '=' ? T_EQUALS : T_NAME;
    push(s, t, kind, kind == T_NAME ? text : NULL, false);
    return kind;
}

/* ⁽ⁿ⁻¹⁾ becomes ^ ( n - 1 ): all but the last token are pushed here, the last is returned. */
static int expand_super(scanner *s, token *t, const char *const *part, int count) {
    bool wrap = count > 1 && *part[0] != '(';
    push(s, *t, T_CARET, NULL, s->blank);
    s->blank = false;
    if (wrap) push(s, *t, T_LPAREN, NULL, false);
    for (int i = 0; i < count; i++) {
        int digits = 0;
        while (i + digits < count && part[i + digits][0] >= '0' && part[i + digits][0] <= '9') digits++;
        if (!digits) {
            one_sign(s, *t, part[i]);
            continue;
        }
        char *number = arena_alloc(s->scan->memory, (size_t)digits + 1);
        for (int k = 0; k < digits; k++) number[k] = part[i + k][0];
        push(s, *t, T_NUMBER, number, false);
        i += digits - 1;
    }
    if (wrap) push(s, *t, T_RPAREN, NULL, false);
    *t = s->scan->raw.list[--s->scan->raw.count];
    return t->kind;
}

int scanner_super(scanner *s, token *t, const char *bytes, size_t length) {
    const char **part = arena_alloc(s->scan->memory, length * sizeof *part);
    int count = 0, digits = 0;
    for (size_t i = 0; i < length;) {
        ucs4_t c;
        int size = u8_mbtouc(&c, (const uint8_t *)bytes + i, length - i);
        const char *text = superscript_sign(c);
        if (!text) return scanner_wrong(s, t, "'%.*s' is no power this language knows", (int)length, bytes);
        digits += *text >= '0' && *text <= '9';
        part[count++] = text;
        i += (size_t)size;
    }
    if (!strcmp(part[0], "T")) { /* xᵀ² is (xᵀ)² */
        if (count == 1) return T_TRANSPOSE;
        push(s, *t, T_TRANSPOSE, NULL, s->blank);
        s->blank = false;
        part++;
        count--;
    }
    for (int i = 0; *part[0] != '(' && i < count; i++)
        if (!strcmp(part[i], "T")) return wrong_hint(s, t, "a power and a transpose cannot share one superscript", "write (A²)ᵀ or (A⁻¹)ᵀ");
    bool minus = *part[0] == '-';
    if (!digits || digits != count - minus) return expand_super(s, t, part, count);
    char *text = arena_alloc(s->scan->memory, (size_t)count + 1);
    for (int i = 0; i < count; i++) text[i] = *part[i];
    t->text = text;
    return T_SUPER;
}

/* Σᵢⱼ is Σ_{i,j}. */
int scanner_sub(scanner *s, token *t, const char *bytes, size_t length) {
    token_list *raw = &s->scan->raw;
    int before = raw->count ? raw->list[raw->count - 1].kind : 0;
    if (s->blank || (before != T_SIGN && before != T_NABLA))
        return wrong_hint(s, t, "a subscript belongs directly behind a name", "an index is written in brackets: a[i]");
    push(s, *t, T_UNDERSCORE, NULL, false);
    push(s, *t, T_LBRACE, NULL, false);
    for (size_t i = 0; i < length;) {
        ucs4_t c;
        int size = u8_mbtouc(&c, (const uint8_t *)bytes + i, length - i);
        if (i) push(s, *t, T_COMMA, NULL, false);
        name_form form = name_read(s->scan->memory, bytes + i, (size_t)size);
        push(s, *t, T_NAME, *form.key == '_' ? form.key + 1 : form.key, false);
        i += (size_t)size;
    }
    return T_RBRACE;
}

/* --- what does not belong --- */

int scanner_bar_subscript(scanner *s, token *t) {
    return wrong_hint(s, t, "expected '{' after '|_'", "names held fixed stand in braces: ∂C/∂W |_{h}; a norm is written ‖u‖ or norm(u)");
}

int scanner_double_bar(scanner *s, token *t) {
    int line = source_line(s->scan->text, (size_t)t->at.begin);
    t->broken = true;
    if (s->bad_line == line) return T_WRONG;
    s->bad_line = line;
    return wrong_hint(s, t, "'||' is not a sign of this language", "a norm is written ‖u‖ or norm(u), 'or' is the word or; nested bars need parentheses or abs()");
}

int scanner_bidi(scanner *s, token *t) {
    return wrong_hint(s, t, "this invisible character changes the direction of the text", "remove it: the line does not mean what it shows");
}

int scanner_unseen(scanner *s, token *t, const char *bytes, size_t length) {
    ucs4_t c = 0;
    u8_mbtouc(&c, (const uint8_t *)bytes, length);
    return scanner_wrong(s, t, "an invisible character (U+%04X) stands here; remove it", (unsigned)c);
}

typedef struct {
    const char *sign, *hint;
} advice;

static const char *advise(const advice *list, const char *bytes) {
    for (; list->sign; list++)
        if (!strcmp(list->sign, bytes)) return list->hint;
    return NULL;
}

int scanner_foreign(scanner *s, token *t, const char *bytes) {
    static const advice table[] = {
        {"=>", "\"greater or equal\" is written >= or ≥"}, {"=<", "\"less or equal\" is written <= or ≤"}, {"<>", "\"not equal\" is written != or ≠"},
        {"**", "a power is written x^2 or x²"},            {"&&", "write: and"},                            {"...", "a range is written 0..n"},
        {"->", "an update is written w ← … or w <- …"},    {"→", "an update is written w ← … or w <- …"},   {"//", "a comment begins with #"},
        {"/*", "a comment begins with #"},                 {"+=", "an update is written w ← w + …"},        {"-=", "an update is written w ← w − …"},
        {"*=", "an update is written w ← w · …"},          {NULL, NULL},
    };
    if (*bytes == '\\')
        return wrong_hint(s, t, "this looks like TeX, which a .delta page does not read", "put it into a .tex or .md file, or write it plainly: σ1(z1), ∂C/∂w1, (a − y)²/2");
    int kind = scanner_wrong(s, t, "'%s' is not a sign of this language", bytes);
    const char *hint = advise(table, bytes);
    if (hint) diag_hint(&s->scan->errors->list[s->scan->errors->count - 1], "%s", hint);
    return kind;
}

static const char *stray_hint(ucs4_t c) {
    static const struct {
        ucs4_t sign;
        const char *hint;
    } table[] = {
        {0xd7, "multiply with · or * (⊙ elementwise)"},   {0xf7, "divide with /"},
        {0x2018, "a prime is written ′ or '"},            {0x2019, "a prime is written ′ or '"},
        {0x201c, "a text is quoted with plain \""},       {0x201d, "a text is quoted with plain \""},
        {0x201e, "a text is quoted with plain \""},       {0x2013, "minus is written - or −"},
        {0x2014, "minus is written - or −"},              {0x2010, "minus is written - or −"},
        {0x2011, "minus is written - or −"},              {0x2026, "a range is written 0..n"},
        {0x2218, "the elementwise product is written ⊙ or .*"}, {0x2022, "multiply with · or *"},
        {0x221b, "write cbrt(x)"},                        {0x222b, "integrals are not part of the language"},
        {0x221e, "there is no infinite number here"},     {0x2248, "only exact claims can be checked; write ="},
        {0x2261, "write = for a claim or := for a definition"}, {0x2200, "free indices of a claim mean \"for all\" already"},
        {'$', "a .delta page needs no $ … $"},            {'&', "write: and"},
        {'!', "\"not\" is the word not, \"not equal\" is !="}, {'?', "write: if … then … else …"},
        {'`', "a prime is written ′ or '"},               {'%', "a comment begins with #"},
        {'@', "a product of matrices is written A B"},    {'"', "a text is quoted with plain \""},
        {0x22c6, "multiply with · or *"},                 {0x2297, "an outer product is written u vᵀ"},
        {'.', "multiply with · or *; a range is written 0..n"}, {'\\', "a sum over elements is written Σ_i"},
        {0xff08, "use plain ( )"},                        {0xff09, "use plain ( )"},
        {0x27e8, "an inner product is written u · v"},    {0x27e9, "an inner product is written u · v"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].sign == c) return table[i].hint;
    return NULL;
}

int scanner_stray(scanner *s, token *t, const char *bytes, size_t length) {
    ucs4_t c = 0;
    int size = u8_mbtoucr(&c, (const uint8_t *)bytes, length);
    int line = source_line(s->scan->text, (size_t)t->at.begin);
    bool unreadable = size <= 0 || (c < 0x20 && c != '\r');
    if (unreadable && s->bad_line == line) {
        t->broken = true;
        return T_WRONG;
    }
    if (unreadable) s->bad_line = line;
    if (c == '\r') return scanner_wrong(s, t, "a carriage return stands alone here; lines end with a newline");
    if (size <= 0) return wrong_hint(s, t, "this byte is not valid UTF-8", "save the page as UTF-8");
    if (c < 0x20) return scanner_wrong(s, t, "a control character (U+%04X) stands here", (unsigned)c);
    int kind = scanner_wrong(s, t, "'%.*s' is not a sign of this language", size, bytes);
    const char *hint = stray_hint(c);
    if (hint) diag_hint(&s->scan->errors->list[s->scan->errors->count - 1], "%s", hint);
    return kind;
}

/* --- the whole source --- */

void scan_source(scan *s) {
    scanner state = {.scan = s, .blank = true, .bad_line = -1};
    yyscan_t flex;
    if (delta_raw_lex_init_extra(&state, &flex)) exit(4);
    YY_BUFFER_STATE text = delta_raw__scan_bytes(s->text->text, (int)s->text->length, flex);
    token t = {0};
    span at = span_at(s, 0, 0);
    int kind;
    while ((kind = delta_raw_lex(&t, &at, flex)) > 0) {
        t.kind = (int16_t)kind;
        bool inserted = kind == T_RBRACE && t.at.end - t.at.begin > 1;
        t.blank = t.blank || (state.blank && !inserted);
        state.blank = kind == T_NEWLINE;
        token_add(kind == T_MARK ? &s->marks : &s->raw, &t);
    }
    delta_raw__delete_buffer(text, flex);
    delta_raw_lex_destroy(flex);
}

void scan_free(scan *s) {
    free(s->raw.list);
    free(s->marks.list);
    free(s->ready.list);
    intern_free(s->page);
}
