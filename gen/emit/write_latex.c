/* Boxes as LaTeX that needs only amsmath. */
#include <stdio.h>
#include <string.h>

#include "gen/emit/write.h"

static const struct {
    const char *sign, *latex;
} symbols[] = {
    {"α", "\\alpha"}, {"β", "\\beta"}, {"γ", "\\gamma"}, {"δ", "\\delta"}, {"ε", "\\varepsilon"}, {"ζ", "\\zeta"}, {"η", "\\eta"}, {"θ", "\\theta"},
    {"ι", "\\iota"}, {"κ", "\\kappa"}, {"λ", "\\lambda"}, {"μ", "\\mu"}, {"ν", "\\nu"}, {"ξ", "\\xi"}, {"ο", "o"}, {"π", "\\pi"}, {"ρ", "\\rho"},
    {"σ", "\\sigma"}, {"ς", "\\varsigma"}, {"τ", "\\tau"}, {"υ", "\\upsilon"}, {"φ", "\\varphi"}, {"χ", "\\chi"}, {"ψ", "\\psi"}, {"ω", "\\omega"},
    {"Γ", "\\Gamma"}, {"Δ", "\\Delta"}, {"Θ", "\\Theta"}, {"Λ", "\\Lambda"}, {"Ξ", "\\Xi"}, {"Π", "\\Pi"}, {"Σ", "\\Sigma"}, {"Υ", "\\Upsilon"},
    {"Φ", "\\Phi"}, {"Ψ", "\\Psi"}, {"Ω", "\\Omega"}, {"ℓ", "\\ell"}, {"−", "-"}, {"⊙", "\\odot"}, {"⊘", "\\oslash"}, {"·", "\\cdot"}, {"←", "\\leftarrow"},
    {"≠", "\\ne"}, {"≤", "\\le"}, {"≥", "\\ge"}, {"∈", "\\in"}, {"∼", "\\sim"}, {"…", "\\dots"}, {"∧", "\\wedge"}, {"∨", "\\vee"}, {"¬", "\\neg"},
    {"↦", "\\mapsto"}, {"∂", "\\partial"}, {"⊤", "\\top"}, {"∑", "\\sum"}, {"∏", "\\prod"}, {"<", "<"}, {">", ">"}, {"‖", "\\Vert"}, {"|", "\\vert"},
    {"⌊", "\\lfloor"}, {"⌋", "\\rfloor"}, {"⌈", "\\lceil"}, {"⌉", "\\rceil"}, {"{", "\\{"}, {"}", "\\}"}, {"∞", "\\infty"}, {"∇", "\\nabla"}};

static const char *symbol(const char *text)
{
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
        if (strcmp(symbols[i].sign, text) == 0)
            return symbols[i].latex;
    return NULL;
}

/* Signs of prose; other characters beyond ASCII are named by number, because plain TeX has no glyph for most of them. */
static const struct {
    unsigned c;
    const char *latex;
} prose[] = {{'\\', "\\textbackslash{}"}, {'{', "\\{"}, {'}', "\\}"}, {'$', "\\$"}, {'&', "\\&"}, {'#', "\\#"}, {'%', "\\%"}, {'_', "\\_"},
             {'^', "\\textasciicircum{}"}, {'~', "\\textasciitilde{}"}, {'<', "\\textless{}"}, {'>', "\\textgreater{}"}, {'|', "\\textbar{}"},
             {'"', "\\textquotedbl{}"}, {0x2212, "--"}, {0x2026, "\\dots{}"}, {0x2032, "$'$"}, {0x2033, "$''$"}, {0xa0, "~"}};

void write_latex_text(buffer *out, const char *text)
{
    for (const char *end = text + strlen(text); text < end;) {
        const char *from = text;
        unsigned c = write_next(&text, end);
        const char *known = NULL;
        for (size_t i = 0; i < sizeof prose / sizeof *prose; i++)
            if (prose[i].c == c)
                known = prose[i].latex;
        char letter[5];
        int n = (int)(text - from);
        snprintf(letter, sizeof letter, "%.*s", n < 5 ? n : 0, from);
        if (c == '"')
            buffer_puts(out, "''");
        else if (known)
            buffer_puts(out, known);
        else if (c == '\n' || c == '\t')
            buffer_puts(out, " ");
        else if (c < 0x80 && !write_is_control(c))
            write_utf8(out, c);
        else if (c >= 0x80 && symbol(letter))
            buffer_printf(out, "$%s$", symbol(letter));
        else
            buffer_printf(out, "U+%04X", c);
    }
}

/* A command that ends with a letter needs a blank before the next letter. */
static void put(buffer *out, const char *text)
{
    char first = text[0], last = out->length ? out->text[out->length - 1] : 0;
    bool letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
    bool command = false;
    for (size_t i = out->length; letter && i > 0; i--) {
        char c = out->text[i - 1];
        if (c == '\\')
            command = i < out->length;
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
            break;
    }
    if (command && last != '\\')
        buffer_puts(out, " ");
    buffer_puts(out, text);
}

static void write_row(buffer *out, const box *b);

static void braced(buffer *out, const box *b)
{
    buffer_puts(out, "{");
    write_row(out, b);
    buffer_puts(out, "}");
}

static void letter(buffer *out, const char *text)
{
    const char *known = symbol(text);
    if (known) {
        put(out, known);
    } else if ((unsigned char)text[0] < 0x80 && text[0] != '_' && strlen(text) == 1) {
        put(out, text);
    } else {
        buffer_puts(out, "\\text{");
        write_latex_text(out, text);
        buffer_puts(out, "}");
    }
}

/* The letters of an upright name, in mathematics. */
static void upright(buffer *out, const char *text)
{
    for (const char *end = text + strlen(text); text < end;) {
        const char *from = text;
        unsigned c = write_next(&text, end);
        char one[8];
        snprintf(one, sizeof one, "%.*s", (int)(text - from), from);
        const char *known = c >= 0x80 ? symbol(one) : NULL;
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (known || plain)
            put(out, known ? known : one);
        else {
            buffer_puts(out, "\\text{");
            write_latex_text(out, one);
            buffer_puts(out, "}");
        }
    }
}

static void function(buffer *out, const char *text)
{
    static const char *const known[] = {"exp", "log", "sin", "cos", "tan", "sec", "csc", "cot", "sinh", "cosh", "tanh", "coth", "min", "max", "det", "arg", "ln"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i], text) == 0) {
            buffer_printf(out, "\\%s", text);
            return;
        }
    buffer_puts(out, "\\operatorname{");
    upright(out, text);
    buffer_puts(out, "}");
}

static void word(buffer *out, const char *text)
{
    const char *known = symbol(text);
    if (known) {
        put(out, known);
        return;
    }
    buffer_puts(out, "\\mathrm{");
    upright(out, text);
    buffer_puts(out, "}");
}

static void sign(buffer *out, const char *text)
{
    const char *known = symbol(text);
    buffer_puts(out, " ");
    buffer_puts(out, known ? known : text);
    buffer_puts(out, " ");
}

static void accent(buffer *out, const box *b)
{
    static const struct {
        int mark;
        const char *latex;
    } marks[] = {{0x302, "hat"}, {0x304, "bar"}, {0x303, "tilde"}, {0x307, "dot"}, {0x308, "ddot"}, {0x301, "acute"}, {0x300, "grave"}, {0x30c, "check"},
                 {0x306, "breve"}, {0x30a, "mathring"}, {0x20d7, "vec"}};
    const char *latex = "hat";
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (marks[i].mark == b->number)
            latex = marks[i].latex;
    buffer_printf(out, "\\%s", latex);
    braced(out, b->child[0]);
}

static void fences(buffer *out, const box *b)
{
    const char *open = *b->text ? b->text : ".", *close = *b->close ? b->close : ".";
    const char *left = symbol(open), *right = symbol(close);
    bool grow = b->child[0]->tall || *open == '.' || *close == '.';
    buffer_printf(out, "%s%s", grow ? "\\left" : "", left ? left : open);
    buffer_puts(out, left && left[0] == '\\' && left[1] != '{' ? " " : "");
    write_row(out, b->child[0]);
    if (grow)
        buffer_puts(out, " \\right");
    put(out, right ? right : close);
}

static void scripts(buffer *out, const box *b)
{
    const box *base = b->child[0];
    if (base->kind == BOX_ROW || base->kind == BOX_FRACTION || base->kind == BOX_ROOT)
        braced(out, base);
    else
        write_row(out, base);
    if (b->child[1]) {
        buffer_puts(out, "_");
        braced(out, b->child[1]);
    }
    if (b->child[2] && b->child[2]->kind == BOX_PRIMES) {
        write_row(out, b->child[2]);
    } else if (b->child[2]) {
        buffer_puts(out, "^");
        braced(out, b->child[2]);
    }
}

static void limits(buffer *out, const box *b)
{
    if (b->child[0]->kind == BOX_LARGE || b->child[0]->kind == BOX_FUNCTION)
        buffer_puts(out, b->child[0]->kind == BOX_LARGE ? "" : "\\mathop{");
    write_row(out, b->child[0]);
    buffer_puts(out, b->child[0]->kind == BOX_LARGE ? "" : "}\\limits");
    if (b->child[1]) {
        buffer_puts(out, "_");
        braced(out, b->child[1]);
    }
    if (b->child[2]) {
        buffer_puts(out, "^");
        braced(out, b->child[2]);
    }
}

static void cases(buffer *out, const box *b)
{
    buffer_puts(out, "\\begin{cases}");
    for (int i = 0; i < b->count; i += 2) {
        if (i)
            buffer_puts(out, "\\\\ ");
        write_row(out, b->child[i]);
        buffer_puts(out, " & ");
        if (i + 1 < b->count) {
            buffer_puts(out, "\\text{if } ");
            write_row(out, b->child[i + 1]);
        } else {
            buffer_puts(out, "\\text{else}");
        }
    }
    buffer_puts(out, "\\end{cases}");
}

static void fraction(buffer *out, const box *b)
{
    buffer_puts(out, b->number ? "\\tfrac" : "\\frac");
    braced(out, b->child[0]);
    braced(out, b->child[1]);
}

static void write_row(buffer *out, const box *b)
{
    switch (b->kind) {
    case BOX_ROW:
        for (int i = 0; i < b->count; i++)
            write_row(out, b->child[i]);
        break;
    case BOX_LETTER: letter(out, b->text); break;
    case BOX_WORD: word(out, b->text); break;
    case BOX_FUNCTION: function(out, b->text); break;
    case BOX_NUMBER: buffer_puts(out, b->text); break;
    case BOX_SIGN: sign(out, b->text); break;
    case BOX_PREFIX:
    case BOX_LARGE: put(out, symbol(b->text) ? symbol(b->text) : b->text); break;
    case BOX_COMMA: buffer_puts(out, *b->text == ';' ? ";\\; " : ", "); break;
    case BOX_TIMES: break;
    case BOX_APPLY: break;
    case BOX_SPACE: buffer_puts(out, "\\,"); break;
    case BOX_PRIMES:
        for (int i = 0; i < b->number; i++)
            buffer_puts(out, "'");
        break;
    case BOX_FRACTION: fraction(out, b); break;
    case BOX_ROOT:
        buffer_puts(out, "\\sqrt");
        braced(out, b->child[0]);
        break;
    case BOX_SCRIPT: scripts(out, b); break;
    case BOX_LIMITS: limits(out, b); break;
    case BOX_ACCENT: accent(out, b); break;
    case BOX_FENCE: fences(out, b); break;
    case BOX_CASES: cases(out, b); break;
    }
}

void box_latex(buffer *out, const box *b)
{
    write_row(out, b);
}
