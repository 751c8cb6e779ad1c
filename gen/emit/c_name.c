/* Names and texts from the page on their way into C: only checked identifiers, inert comments, quoted strings. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "gen/emit/c_private.h"

/* Keywords of C and C++, and macros that the headers define or compilers predefine; sorted by strcmp. */
static const char *const reserved[] = {
    "DOMAIN", "FP_ILOGB0", "FP_ILOGBNAN", "FP_INFINITE", "FP_NAN", "FP_NORMAL", "FP_SUBNORMAL", "FP_ZERO", "HUGE", "HUGE_VAL", "HUGE_VALF", "HUGE_VALL",
    "INFINITY", "MATH_ERREXCEPT", "MATH_ERRNO", "M_E", "M_PI", "NAN", "NULL", "OVERFLOW", "PLOSS", "SING", "TLOSS", "UNDERFLOW", "alignas", "alignof", "and",
    "asm", "auto", "bitand", "bitor", "bool", "break", "case", "catch", "char", "class", "compl", "const", "constexpr", "continue", "default", "delete", "do",
    "double", "else", "enum", "errno", "explicit", "export", "extern", "false", "far", "float", "for", "fpclassify", "friend", "goto", "i386", "if", "inline",
    "int", "int32_t", "int64_t", "isfinite", "isinf", "isnan", "isnormal", "linux", "long", "math_errhandling", "mutable", "namespace", "near", "new", "not",
    "nullptr", "offsetof", "operator", "or", "private", "protected", "ptrdiff_t", "public", "register", "restrict", "return", "short", "signbit", "signed",
    "signgam", "size_t", "sizeof", "static", "struct", "switch", "template", "this", "thread_local", "throw", "true", "try", "typedef", "typeid", "typename",
    "typeof", "uint32_t", "uint64_t", "union", "unix", "unsigned", "using", "virtual", "void", "volatile", "while", "xor"};

/* What function bodies call or are given; sorted. */
static const char *const taken_in_bodies[] = {
    "acos", "acosh", "asin", "asinh", "atan", "atanh", "cbrt", "ceil", "code", "cos", "cosh", "cost", "erf", "erfc", "exp", "expm1", "fabs", "floor", "fmax",
    "fmin", "grad", "hypot", "in", "lgamma", "log", "log10", "log1p", "log2", "main", "out", "params", "pow", "real", "seed", "sin", "sinh", "sqrt", "state",
    "sums", "tan", "tanh", "work"};

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool listed(const char *text, const char *const *list, size_t count)
{
    return bsearch(&text, list, count, sizeof *list, compare_names) != NULL;
}

static bool is_reserved(const char *text, bool local)
{
    if (listed(text, reserved, sizeof reserved / sizeof *reserved))
        return true;
    if (!local)
        return false;
    size_t length = strlen(text);
    char trimmed[16];
    if (length > 1 && length < sizeof trimmed && text[length - 1] == 'f') { /* expf, … */
        memcpy(trimmed, text, length - 1);
        trimmed[length - 1] = 0;
        if (listed(trimmed, taken_in_bodies, sizeof taken_in_bodies / sizeof *taken_in_bodies))
            return true;
    }
    return listed(text, taken_in_bodies, sizeof taken_in_bodies / sizeof *taken_in_bodies) || strncmp(text, "delta_", 6) == 0;
}

void scope_open(name_scope *s)
{
    *s = (name_scope){.known = intern_new()};
}

void scope_close(name_scope *s)
{
    intern_free(s->known);
    free(s->taken);
    *s = (name_scope){0};
}

static void scope_set(name_scope *s, const char *name, bool taken)
{
    int at = intern_puts(s->known, name);
    if (at >= s->room) {
        int room = 2 * at + 32;
        s->taken = xrealloc(s->taken, (size_t)room * sizeof *s->taken);
        memset(s->taken + s->room, 0, (size_t)(room - s->room) * sizeof *s->taken);
        s->room = room;
    }
    s->taken[at] = taken;
}

void scope_take(name_scope *s, const char *name)
{
    scope_set(s, name, true);
}

void scope_release(name_scope *s, const char *name)
{
    scope_set(s, name, false);
}

static bool is_taken(const name_scope *s, const char *name)
{
    int at = intern_find(s->known, name);
    return at && at < s->room && s->taken[at];
}

/* Letters, digits and underscores; never beginning with a digit or an underscore (those belong to the implementation). */
static char *cleaned(arena *memory, const char *text)
{
    size_t length = strlen(text), used = 0;
    char *name = arena_alloc(memory, length + 4);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        bool letter = c < 128 && isalnum(c);
        if (c >= 128 || (used == 0 && !letter))
            continue;
        if (used == 0 && isdigit(c))
            name[used++] = 'v';
        name[used++] = letter ? (char)c : '_';
    }
    if (used == 0)
        name[0] = 'v';
    return name;
}

char *scope_name(name_scope *s, arena *memory, const char *text, bool local)
{
    char *name = cleaned(memory, text);
    if (is_reserved(name, local))
        name = arena_printf(memory, "%s_", name);
    char *tried = name;
    for (int i = 2; is_taken(s, tried); i++)
        tried = arena_printf(memory, "%s_%d", name, i);
    scope_take(s, tried);
    return tried;
}

char *emit_name(arena *memory, const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
    size_t length = dot && dot > base ? (size_t)(dot - base) : strlen(base);
    char *name = cleaned(memory, length ? arena_strndup(memory, base, length) : "page");
    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return is_reserved(name, true) ? arena_printf(memory, "%s_page", name) : name;
}

/* Length of the UTF-8 character at text, 0 when it is malformed; its code point. */
static int character(const unsigned char *text, unsigned *code)
{
    int length = text[0] < 0x80 ? 1 : text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : text[0] >= 0xc2 ? 2 : 0;
    if (length == 0)
        return 0;
    *code = length == 1 ? text[0] : text[0] & (0xffu >> (length + 1));
    for (int i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (text[i] & 0x3fu);
    }
    return length;
}

static bool is_bidirectional(unsigned c)
{
    return c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* Bytes at the beginning of text that may stand in a comment as they are: plain ASCII. */
static size_t plain_length(const char *text)
{
    size_t n = 0;
    for (char c; (c = text[n]) >= ' ' && c < 0x7f && c != '\\' && c != '*' && c != '/' && c != '?';)
        n++;
    return n;
}

/* Comments stay comments: no end of comment, no trigraph, no line splice, no control or bidirectional character. */
void emit_comment_text(buffer *out, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c;) {
        size_t plain = plain_length((const char *)c);
        unsigned code = 0;
        buffer_add(out, (const char *)c, plain);
        c += plain;
        if (!*c)
            break;
        int length = character(c, &code);
        if (length == 0 || code < 0x20 || code == 0x7f || (code >= 0x80 && code < 0xa0) || is_bidirectional(code) || code == 0x2028 || code == 0x2029) {
            buffer_puts(out, " ");
            c += length ? length : 1;
            continue;
        }
        if (code == '\\')
            buffer_puts(out, "|");
        else
            buffer_add(out, (const char *)c, (size_t)length);
        if ((c[0] == '*' && c[1] == '/') || (c[0] == '/' && c[1] == '*') || (c[0] == '?' && c[1] == '?'))
            buffer_puts(out, " ");
        c += length;
    }
}

void emit_string(buffer *out, const char *text)
{
    const char *run = text;
    buffer_puts(out, "\"");
    for (const char *c = text; *c; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte != '"' && byte != '\\' && byte != '?' && byte >= 0x20 && byte < 0x7f)
            continue;
        char octal[] = {'\\', (char)('0' + (byte >> 6)), (char)('0' + (byte >> 3 & 7)), (char)('0' + (byte & 7))};
        buffer_add(out, run, (size_t)(c - run));
        buffer_add(out, octal, sizeof octal);
        run = c + 1;
    }
    buffer_puts(out, run);
    buffer_puts(out, "\"");
}
