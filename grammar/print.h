/* Shared by the two halves of the printer. Internal to this room. */
#ifndef GRAMMAR_PRINT_H
#define GRAMMAR_PRINT_H
#include "syntax.h"

typedef struct {
    buffer *out;
    const intern *names;
    int unicode; /* 0 ASCII, 1 names as at their first place, 2 Greek letters for their English names */
    int indent;
    const source *text; /* where comments are taken from, or NULL */
    int word_width;     /* of the words of the declarations around */
    bool at_end;        /* behind the last statement no blank line is kept */
    bool tight;  /* inside an index: no blanks around operators */
    bool in_bar; /* the innermost open bracket is a bar */
} printer;

/* How tightly a node binds; operands that bind less get parentheses. */
enum { LEVEL_ALL, LEVEL_OR, LEVEL_AND, LEVEL_NOT, LEVEL_COMPARE, LEVEL_SUM, LEVEL_SIGNED, LEVEL_PRODUCT, LEVEL_FACTOR, LEVEL_POST, LEVEL_PRIMARY };

void print_expression(printer *p, const syn *s, int least);
void print_list(printer *p, const syn *s, int from, const char *between);
void print_name(printer *p, sym name);
void print_puts(printer *p, const char *text);
void print_symbol(printer *p, const char *unicode, const char *ascii);

#endif
