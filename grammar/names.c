/* Names: one key for all spellings of a name. */
#include <stdio.h>
#include <string.h>
#include <uninorm.h>
#include <unistr.h>
#include <stdlib.h>

#include "token.h"

typedef struct {
    ucs4_t sign;
    const char *word;
} letter;

/* Letters that have an English name. The first row of a word is the letter it is printed with. */
static const letter greek[] = {
    {0x3b1, "alpha"},   {0x3b2, "beta"},    {0x3b3, "gamma"},  {0x3b4, "delta"},   {0x3b5, "epsilon"}, {0x3b6, "zeta"},    {0x3b7, "eta"},
    {0x3b8, "theta"},   {0x3b9, "iota"},    {0x3ba, "kappa"},  {0x3bb, "lambda"},  {0x3bc, "mu"},      {0x3bd, "nu"},      {0x3be, "xi"},
    {0x3bf, "omicron"}, {0x3c0, "pi"},      {0x3c1, "rho"},    {0x3c3, "sigma"},   {0x3c4, "tau"},     {0x3c5, "upsilon"}, {0x3c6, "phi"},
    {0x3c7, "chi"},     {0x3c8, "psi"},     {0x3c9, "omega"},  {0x393, "Gamma"},   {0x394, "Delta"},   {0x398, "Theta"},   {0x39b, "Lambda"},
    {0x39e, "Xi"},      {0x3a5, "Upsilon"}, {0x3a6, "Phi"},    {0x3a8, "Psi"},     {0x3a9, "Omega"},   {0x391, "Alpha"},   {0x392, "Beta"},
    {0x395, "Epsilon"}, {0x396, "Zeta"},    {0x397, "Eta"},    {0x399, "Iota"},    {0x39a, "Kappa"},   {0x39c, "Mu"},      {0x39d, "Nu"},
    {0x39f, "Omicron"}, {0x3a1, "Rho"},     {0x3a4, "Tau"},    {0x3a7, "Chi"},     {0xb5, "mu"},       {0x3f5, "epsilon"}, {0x3d5, "phi"},
    {0x3d1, "theta"},   {0x3d6, "pi"},      {0x3f1, "rho"},    {0x3f0, "kappa"},   {0x3c2, "sigma"},   {0x3d0, "beta"},    {0x3f4, "Theta"},
    {0x2206, "Delta"},  {0x2126, "Omega"},  {0x2113, "ell"},   {0x22a4, "T"},
};
enum { PRINTED_LETTERS = 33 };

static const letter accents[] = {
    {0x300, "grave"}, {0x301, "acute"}, {0x302, "hat"},    {0x303, "tilde"}, {0x304, "bar"},  {0x305, "bar"},   {0x306, "breve"}, {0x307, "dot"},
    {0x308, "ddot"},  {0x30a, "ring"},  {0x30c, "check"},  {0x30b, "dacute"}, {0x327, "cedil"}, {0x20d7, "vec"}, {0x332, "under"}, {0x331, "under"},
    {0x20db, "dddot"}, {0x2c6, "hat"},  {0x2dc, "tilde"},
};

/* Cyrillic letters that look like Latin ones. */
static const letter lookalikes[] = {
    {0x430, "a"}, {0x435, "e"}, {0x43e, "o"}, {0x440, "p"}, {0x441, "c"}, {0x443, "y"}, {0x445, "x"}, {0x456, "i"}, {0x458, "j"}, {0x455, "s"},
    {0x410, "A"}, {0x412, "B"}, {0x415, "E"}, {0x41a, "K"}, {0x41c, "M"}, {0x41d, "H"}, {0x41e, "O"}, {0x420, "P"}, {0x421, "C"}, {0x422, "T"},
    {0x425, "X"}, {0x423, "Y"}, {0x406, "I"}, {0x408, "J"}, {0x405, "S"},
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const char *look_up(const letter *table, size_t count, ucs4_t c) {
    for (size_t i = 0; i < count; i++)
        if (table[i].sign == c) return table[i].word;
    return NULL;
}

static const char *subscript_letter(ucs4_t c) {
    static const letter table[] = {
        {0x1d62, "i"}, {0x2c7c, "j"}, {0x2096, "k"}, {0x2097, "l"}, {0x2098, "m"}, {0x2099, "n"}, {0x209a, "p"}, {0x209b, "s"}, {0x209c, "t"},
        {0x2090, "a"}, {0x2091, "e"}, {0x2092, "o"}, {0x2093, "x"}, {0x2095, "h"}, {0x1d63, "r"}, {0x1d64, "u"}, {0x1d65, "v"},
        {0x1d66, "beta"}, {0x1d67, "gamma"}, {0x1d68, "rho"}, {0x1d69, "phi"}, {0x1d6a, "chi"},
    };
    return look_up(table, COUNT(table), c);
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* "w_1" is "w1"; "x_1_2" stays, for "x_12" would be another name. */
static void join_trailing_digits(buffer *key) {
    size_t digits = key->length;
    while (digits > 0 && is_digit(key->text[digits - 1])) digits--;
    if (digits == key->length || digits < 2 || key->text[digits - 1] != '_' || is_digit(key->text[digits - 2])) return;
    memmove(key->text + digits - 1, key->text + digits, key->length - digits + 1);
    key->length--;
}

typedef enum { PLAIN, SUBSCRIPT_DIGIT, SUBSCRIPT_LETTER } form;

/* Appends one decomposed character to the key; returns its form. */
static form add_character(buffer *key, ucs4_t c, form before) {
    const char *word = subscript_letter(c);
    if (word) {
        if (before != SUBSCRIPT_LETTER) buffer_puts(key, "_");
        buffer_puts(key, word);
        return SUBSCRIPT_LETTER;
    }
    if (c >= 0x2080 && c <= 0x2089) {
        if (before == PLAIN && key->length && is_digit(key->text[key->length - 1])) buffer_puts(key, "_");
        buffer_printf(key, "%c", (int)('0' + (c - 0x2080)));
        return SUBSCRIPT_DIGIT;
    }
    if ((word = look_up(greek, COUNT(greek), c)) || (word = look_up(accents, COUNT(accents), c)))
        buffer_puts(key, word);
    else if (c < 0x80)
        buffer_printf(key, "%c", (int)c);
    else
        buffer_printf(key, "u%04x", (unsigned)c);
    return PLAIN;
}

/* Mathematical alphabets (𝐖, 𝛿) are fonts of ordinary letters. */
static ucs4_t plain_font(ucs4_t c) {
    if (c < 0x2100 || (c > 0x214f && (c < 0x1d400 || c > 0x1d7ff)) || c == 0x2113) return c;
    uint32_t in[1] = {c}, out[8];
    size_t count = COUNT(out);
    const uint32_t *got = u32_normalize(UNINORM_NFKD, in, 1, out, &count);
    return got == out && count == 1 ? out[0] : c;
}

static const char *mixed_alphabets(arena *a, const uint32_t *c, size_t count) {
    bool latin = false, only_lookalikes = true;
    const char *shown = NULL;
    ucs4_t sign = 0;
    for (size_t i = 0; i < count; i++) {
        latin |= (c[i] | 32) >= 'a' && (c[i] | 32) <= 'z';
        const char *like = look_up(lookalikes, COUNT(lookalikes), c[i]);
        if (like && !shown) {
            shown = like;
            sign = c[i];
        }
        if (c[i] >= 0x400 && c[i] <= 0x4ff && !like) only_lookalikes = false;
    }
    if (!shown || !(latin || only_lookalikes)) return NULL;
    return arena_printf(a, "this letter is the Cyrillic U+%04X, which looks like the Latin '%s'", (unsigned)sign, shown);
}

name_form name_read(arena *a, const char *bytes, size_t length) {
    name_form form_ = {0};
    bool ascii = true;
    for (size_t i = 0; i < length; i++) ascii &= (unsigned char)bytes[i] < 0x80;
    buffer key = {0};
    if (ascii) {
        buffer_add(&key, bytes, length);
        form_.spelling = arena_strndup(a, bytes, length);
    } else {
        size_t count = 0;
        uint8_t *composed = u8_normalize(UNINORM_NFC, (const uint8_t *)bytes, length, NULL, &count);
        form_.spelling = composed ? arena_strndup(a, (const char *)composed, count) : arena_strndup(a, bytes, length);
        free(composed);
        uint32_t *wide = u8_to_u32((const uint8_t *)bytes, length, NULL, &count);
        for (size_t i = 0; wide && i < count; i++) wide[i] = plain_font(wide[i]);
        size_t parts = 0;
        uint32_t *apart = wide ? u32_normalize(UNINORM_NFD, wide, count, NULL, &parts) : NULL;
        form before = PLAIN;
        for (size_t i = 0; apart && i < parts; i++) before = add_character(&key, apart[i], before);
        if (apart) form_.complaint = mixed_alphabets(a, apart, parts);
        free(apart);
        free(wide);
    }
    join_trailing_digits(&key);
    bool same = form_.spelling && strlen(form_.spelling) == key.length && !memcmp(form_.spelling, key.text, key.length);
    form_.key = same ? form_.spelling : arena_strndup(a, key.text ? key.text : "", key.length);
    buffer_free(&key);
    return form_;
}

const char *name_greek(const char *word, size_t length) {
    static const char *const sign[PRINTED_LETTERS] = {
        "α", "β", "γ", "δ", "ε", "ζ", "η", "θ", "ι", "κ", "λ", "μ", "ν", "ξ", "ο", "π", "ρ",
        "σ", "τ", "υ", "φ", "χ", "ψ", "ω", "Γ", "Δ", "Θ", "Λ", "Ξ", "Υ", "Φ", "Ψ", "Ω",
    };
    for (int i = 0; i < PRINTED_LETTERS; i++)
        if (strlen(greek[i].word) == length && !memcmp(greek[i].word, word, length)) return sign[i];
    return NULL;
}
