/* Tokens between the scanner (delta.l, scan.c), the layout passes (layout.c, filter.c) and the parser (delta.y). Internal to this room. */
#ifndef GRAMMAR_TOKEN_H
#define GRAMMAR_TOKEN_H
#include "syntax.h"

typedef struct {
    const char *text;     /* NAME: key; NUMBER, STRING, SUPER, MARK: text; else NULL */
    const char *spelling; /* NAME: as written, NFC; TWO_BELOW (∂x∂t written dxdt): the second key */
    span at;
    int32_t match;        /* brackets: position of the other one; -1 for all other tokens */
    int16_t kind;         /* a token number of delta.y */
    uint8_t number;       /* PRIME: how many (1 to 3); ∂ and what stands below it in ASCII: the order, 1 to 100 */
    bool blank : 1;       /* a blank, a newline or the start of the text stands before it */
    bool broken : 1;      /* an error is reported here: its statement is not parsed */
    bool head : 1;        /* ends the head of a reduction or ∇ (`Σ_i`, `}`, upper limit): no operand ends here */
    bool compares : 1;    /* '[': a comparison stands directly inside */
    bool stacks : 1;      /* '[': a ';' stands directly inside */
    bool commas : 1;      /* '(': a ',' stands directly inside */
} token;

typedef struct {
    token *list; /* heap */
    int count, capacity;
} token_list;

/* What the passes over one source share. */
typedef struct {
    arena *memory;
    intern *names;
    const source *text;
    int number; /* of the source */
    diag_list *errors;
    token_list raw;   /* as scanned, with NEWLINE tokens */
    token_list marks; /* `#= refuted`, in order */
    token_list ready; /* what the parser reads: every statement ends with SEPARATOR */
    intern *page;     /* keys of the names this page defines or declares */
    bool includes;    /* the page has a `use`: not all names are known */
    bool single;      /* parse_statement: one statement, a bare expression is allowed */
} scan;

token *token_add(token_list *list, const token *t);
void token_reserve(token_list *list, size_t capacity);
enum { TWO_BELOW = 255 };

/* delta.l through scan.c: fills raw and marks. */
void scan_source(scan *s);
void scan_free(scan *s);
/* Reports an error at a place of the scanned source. */
diagnostic *scan_error(scan *s, span at, const char *format, ...) __attribute__((format(printf, 3, 4)));
span span_at(const scan *s, size_t begin, size_t end);

/* layout.c: pairs brackets and decides bars; the names of the page; splits into statements. */
void layout_pair(scan *s);
void layout_names(scan *s);
void layout_split(scan *s);
bool layout_is_statement_word(const char *key);
/* The word that begins statements and was meant by one that nearly is it, or NULL. */
const char *layout_near_statement_word(const char *text);
bool token_ends_operand(const token *t);
bool text_in(const char *text, const char *const *list); /* list ends with NULL */

/* filter.c: appends one statement's tokens (positions begin … end of raw, newlines already dropped) to ready. */
typedef struct {
    scan *scan;
    const int *at;     /* positions in raw of the statement's tokens */
    int count;
    const char *word;  /* its statement word, or NULL */
    bool block;        /* a block { … } follows: this is the head before it */
    bool in_function;  /* directly in a function's block, where a value may begin with a sign */
} statement;
void filter_statement(const statement *st);

/* names.c: the key (ASCII) of a name; NULL with the message set if it mixes alphabets that look alike. */
typedef struct {
    const char *key, *spelling, *complaint;
} name_form;
name_form name_read(arena *a, const char *bytes, size_t length);
/* The Greek letter an English name stands for (or NULL), and whether a key begins with one. */
const char *name_greek(const char *word, size_t length);

#endif
