/* A derivation as typeset pages. Rows are its lines as they will stand below each other, the same for all languages. */
#ifndef GEN_EMIT_DERIVE_WRITE_H
#define GEN_EMIT_DERIVE_WRITE_H
#include "gen/emit/derive.h"
#include "gen/emit/write.h"

typedef struct {
    box *left;           /* NULL: goes on from the row above */
    const char *sign;    /* "=", "←"; "" when a sum goes on */
    box *right;
    const char *reason;  /* "" for none */
    box *rule;           /* tanh′(u) = 1 − tanh(u)², or NULL */
    const char *text;    /* instead of all this: a statement in words */
    int more;            /* instead of all this: so many lines of the same form are left out */
} derive_row;

typedef struct {
    derive_row *list;
    int count, room;
} derive_rows;

/* Room in ems for a right side; longer sums are broken. */
derive_rows derive_rows_of(arena *memory, const derive_section *s, const derive_options *o, double room);
/* The equation or update on the page as a presentation: left, sign, right. False for other statements. */
bool derive_read_statement(const model *m, arena *memory, const char *text, notation **left, const char **sign, notation **right);
/* "forward pass" to "Forward pass". */
char *derive_title(arena *memory, const char *title);

/* A reason has names in it, "chain rule through z1 and h": calls text and name in turn. */
typedef struct {
    void (*text)(void *context, const char *text, size_t length);
    void (*name)(void *context, const char *name);
} derive_reason_writer;
void derive_reason_parts(const model *m, const char *reason, const derive_reason_writer *w, void *context);

/* Whole documents; LaTeX is a part of one, to be read with \input, and needs amsmath. */
void derive_latex(model *m, const derive_options *o, buffer *out);
void derive_markdown(model *m, const derive_options *o, buffer *out);
void derive_html(model *m, const derive_options *o, const char *title, buffer *out);
/* Rows as one list, shared with the report; `links`: "line 12" leads to the element #line-12. */
void derive_html_rows(const model *m, const derive_rows *rows, bool links, buffer *out);
/* <math> around a box, in display style. */
void write_math(buffer *out, const box *b);

#endif
