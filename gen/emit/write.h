/* Typesetting: presentation trees to LaTeX and MathML. In between stand boxes, which know where things go on paper (fractions, scripts, fences) but no language;
 * so there is one place that decides about parentheses, and a writer per language that decides nothing. */
#ifndef GEN_EMIT_WRITE_H
#define GEN_EMIT_WRITE_H
#include "gen/model/notation.h"
#include "gen/model/print.h"

typedef enum {
    BOX_ROW,      /* children side by side */
    BOX_LETTER,   /* one letter, italic */
    BOX_WORD,     /* upright: softmax, out */
    BOX_FUNCTION, /* upright, with the space a function's name wants */
    BOX_NUMBER,
    BOX_SIGN,     /* between operands: + − = ⊙ */
    BOX_PREFIX,   /* before an operand: − ∂ */
    BOX_COMMA,
    BOX_TIMES,    /* a product without a sign */
    BOX_APPLY,    /* between a function and its argument */
    BOX_SPACE,    /* a thin one */
    BOX_LARGE,    /* ∑ ∏ */
    BOX_PRIMES,   /* number: how many */
    BOX_FRACTION, /* above, below */
    BOX_ROOT,     /* child 0 */
    BOX_SCRIPT,   /* base, below or NULL, above or NULL */
    BOX_LIMITS,   /* base, below or NULL, above or NULL: under and over a ∑ */
    BOX_ACCENT,   /* child 0; number: code point of the combining mark */
    BOX_FENCE,    /* child 0 between text and close; "" for none */
    BOX_CASES     /* value, condition, value, condition …; the last value may stand alone */
} box_kind;

typedef struct box box;
struct box {
    box_kind kind;
    int number;
    const char *text, *close;
    bool tall;    /* higher than a line: fences must grow */
    double width; /* in ems, about */
    int count;
    box **child;
};

/* --- write_box.c --- */
box *box_new(arena *a, box_kind kind, int count);
box *box_text(arena *a, box_kind kind, const char *text);
box *box_of(arena *a, const notation *tree);
/* The same in parts that fit `room` ems: a sum is broken before a + or −, which then begins the next part. At least one part; count through *count. */
box **box_lines(arena *a, const notation *tree, double room, int *count);
/* --- write_name.c: "δ2", "W_out", "x̂", "adam.m.W1", "∂C/∂W1" --- */
box *box_name(arena *a, const char *text);

void box_latex(buffer *out, const box *b);
/* Without the <math> around it. */
void box_mathml(buffer *out, const box *b);

/* --- write_text.c: any bytes as harmless text --- */
void write_html_text(buffer *out, const char *text);
void write_html_bytes(buffer *out, const char *text, size_t length);
void write_latex_text(buffer *out, const char *text);
/* The next code point; invalid bytes are U+FFFD, one at a time. */
unsigned write_next(const char **text, const char *end);
/* Controls and marks that turn the direction of text: to be shown by number, never obeyed. */
bool write_is_control(unsigned c);
void write_utf8(buffer *out, unsigned c);

/* --- write_syntax.c: what the page says, as it says it --- */
notation *notation_of_syntax(const model *m, arena *a, const syn *tree);

#endif
