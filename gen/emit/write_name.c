/* Names on paper: w1 is w with a subscript, xhat wears its hat, sigma is σ, adam.m.W1 is adam's m of W1. */
#include <stdlib.h>
#include <string.h>
#include <uninorm.h>

#include "gen/emit/write.h"

static const struct {
    const char *word, *letter;
} greek[] = {{"alpha", "α"}, {"beta", "β"}, {"gamma", "γ"}, {"delta", "δ"}, {"epsilon", "ε"}, {"zeta", "ζ"}, {"eta", "η"}, {"theta", "θ"}, {"iota", "ι"},
             {"kappa", "κ"}, {"lambda", "λ"}, {"mu", "μ"}, {"nu", "ν"}, {"xi", "ξ"}, {"pi", "π"}, {"rho", "ρ"}, {"sigma", "σ"}, {"tau", "τ"},
             {"upsilon", "υ"}, {"phi", "φ"}, {"chi", "χ"}, {"psi", "ψ"}, {"omega", "ω"}, {"Gamma", "Γ"}, {"Delta", "Δ"}, {"Theta", "Θ"},
             {"Lambda", "Λ"}, {"Xi", "Ξ"}, {"Phi", "Φ"}, {"Psi", "Ψ"}, {"Omega", "Ω"}};

static const struct {
    const char *word;
    int mark;
} accents[] = {{"hat", 0x302}, {"bar", 0x304}, {"tilde", 0x303}, {"dot", 0x307}, {"vec", 0x20d7}};

static const char *greek_letter(const char *text, size_t length)
{
    for (size_t i = 0; i < sizeof greek / sizeof *greek; i++)
        if (strlen(greek[i].word) == length && strncmp(text, greek[i].word, length) == 0)
            return greek[i].letter;
    return NULL;
}

static bool is_mark(unsigned c)
{
    return (c >= 0x300 && c < 0x370) || c == 0x20d7;
}

/* How many letters, combining marks not counted. */
static int letter_count(const char *text, const char *end)
{
    int count = 0;
    while (text < end)
        count += !is_mark(write_next(&text, end));
    return count;
}

static box *accented(arena *a, box *letter, unsigned mark)
{
    box *b = box_new(a, BOX_ACCENT, 1);
    b->child[0] = letter;
    b->number = (int)mark;
    b->width = letter->width;
    return b;
}

/* One letter with its marks, decomposed. */
static box *one_letter(arena *a, const char *text, size_t length)
{
    size_t n = 0;
    uint8_t *plain = u8_normalize(UNINORM_NFD, (const uint8_t *)text, length, NULL, &n);
    const char *s = plain ? (const char *)plain : text, *end = s + (plain ? n : length), *start = s;
    write_next(&s, end);
    box *b = box_text(a, BOX_LETTER, arena_strndup(a, start, (size_t)(s - start)));
    while (s < end)
        b = accented(a, b, write_next(&s, end));
    free(plain);
    return b;
}

/* Letters only: no digits at the end, no underscore. */
static box *letters(arena *a, const char *text, size_t length)
{
    const char *end = text + length, *letter = greek_letter(text, length);
    if (letter)
        return box_text(a, BOX_LETTER, letter);
    for (size_t i = 0; i < sizeof accents / sizeof *accents; i++) {
        size_t n = strlen(accents[i].word);
        if (length <= n || strncmp(end - n, accents[i].word, n) != 0)
            continue;
        letter = greek_letter(text, length - n);
        if (letter)
            return accented(a, box_text(a, BOX_LETTER, letter), (unsigned)accents[i].mark);
        if (letter_count(text, end - n) == 1)
            return accented(a, one_letter(a, text, length - n), (unsigned)accents[i].mark);
    }
    if (letter_count(text, end) == 1)
        return one_letter(a, text, length);
    return box_text(a, BOX_WORD, arena_strndup(a, text, length));
}

/* The trailing group of digits, plain or subscript ones: where it begins, and its value as plain digits. */
static size_t digits_at_end(const char *text, size_t length, char *digits, size_t room)
{
    size_t at = length, n = 0;
    while (at > 0 && n + 1 < room) {
        const unsigned char *s = (const unsigned char *)text + at;
        if (s[-1] >= '0' && s[-1] <= '9') {
            digits[n++] = (char)s[-1];
            at--;
        } else if (at >= 3 && s[-3] == 0xe2 && s[-2] == 0x82 && s[-1] >= 0x80 && s[-1] <= 0x89) {
            digits[n++] = (char)('0' + (s[-1] - 0x80));
            at -= 3;
        } else {
            break;
        }
    }
    for (size_t i = 0; i < n / 2; i++) {
        char c = digits[i];
        digits[i] = digits[n - 1 - i];
        digits[n - 1 - i] = c;
    }
    digits[n] = 0;
    return at;
}

typedef struct {
    box *list[12];
    int count;
} below;

static void add_below(below *b, box *x)
{
    if (b->count < 12)
        b->list[b->count++] = x;
}

static box *with_below(arena *a, box *base, const below *b)
{
    if (b->count == 0)
        return base;
    box *row = box_new(a, BOX_ROW, 2 * b->count - 1), *script = box_new(a, BOX_SCRIPT, 3);
    for (int i = 0; i < b->count; i++) {
        row->child[2 * i] = b->list[i];
        row->width += 0.6 * b->list[i]->width;
        if (i)
            row->child[2 * i - 1] = box_text(a, BOX_COMMA, ",");
    }
    script->child[0] = base;
    script->child[1] = b->count == 1 ? b->list[0] : row;
    script->width = base->width + row->width;
    return script;
}

/* One part of a name without dots: `W_out2` is W with "out, 2" below. Parts below go to *b. */
static box *part(arena *a, const char *text, size_t length, below *b)
{
    char digits[24];
    const char *underscore = length > 1 ? memchr(text + 1, '_', length - 1) : NULL;
    size_t head = underscore ? (size_t)(underscore - text) : length, stop = digits_at_end(text, head, digits, sizeof digits);
    if (stop == 0)
        return box_text(a, BOX_NUMBER, arena_strndup(a, digits, strlen(digits)));
    box *base = letters(a, text, stop);
    if (*digits)
        add_below(b, box_text(a, BOX_NUMBER, arena_strndup(a, digits, strlen(digits))));
    while (underscore && head < length) {
        const char *from = text + head + 1, *next = memchr(from, '_', length - head - 1);
        size_t n = next ? (size_t)(next - from) : length - head - 1;
        if (n) {
            below inner = {0};
            box *x = part(a, from, n, &inner);
            add_below(b, with_below(a, x, &inner));
        }
        head += 1 + n;
    }
    return base;
}

static box *dotted(arena *a, const char *text, size_t length)
{
    below b = {0};
    const char *dot = memchr(text, '.', length);
    if (!dot || dot == text || dot + 1 == text + length) {
        box *base = part(a, text, length, &b);
        return with_below(a, base, &b);
    }
    const char *from = dot + 1, *end = text + length, *next = memchr(from, '.', (size_t)(end - from));
    box *base = part(a, from, (size_t)((next ? next : end) - from), &b);
    add_below(&b, letters(a, text, (size_t)(dot - text)));
    if (next && next + 1 < end)
        add_below(&b, dotted(a, next + 1, (size_t)(end - next - 1)));
    return with_below(a, base, &b);
}

static box *joined(arena *a, box *x, box *y)
{
    box *row = box_new(a, BOX_ROW, 2);
    row->child[0] = x;
    row->child[1] = y;
    row->width = x->width + y->width;
    return row;
}

/* "mean C": words with a blank between them; the last is the name. */
static box *words(arena *a, const char *text, size_t length)
{
    const char *blank = memchr(text, ' ', length);
    if (!blank || blank == text || blank + 1 == text + length)
        return dotted(a, text, length);
    size_t n = (size_t)(blank - text);
    return joined(a, box_text(a, BOX_FUNCTION, arena_strndup(a, text, n)), joined(a, box_text(a, BOX_SPACE, ""), words(a, blank + 1, length - n - 1)));
}

box *box_name(arena *a, const char *text)
{
    const size_t d = strlen("∂");
    if (strncmp(text, "∂", d) != 0)
        return *text ? words(a, text, strlen(text)) : box_new(a, BOX_ROW, 0);
    const char *bar = strstr(text, "/∂");
    box *sign = box_text(a, BOX_PREFIX, "∂");
    if (!bar)
        return joined(a, sign, box_name(a, text + d));
    box *b = box_new(a, BOX_FRACTION, 2);
    b->child[0] = joined(a, sign, words(a, text + d, (size_t)(bar - text) - d));
    b->child[1] = joined(a, sign, box_name(a, bar + 1 + d));
    b->width = b->child[0]->width > b->child[1]->width ? b->child[0]->width : b->child[1]->width;
    b->tall = true;
    return b;
}
