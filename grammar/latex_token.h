/* Tokens of LaTeX between the scanner (latex.l), the passes (latex_macro.c, latex_row.c) and the parser (latex.y). Internal to this room. */
#ifndef GRAMMAR_LATEX_TOKEN_H
#define GRAMMAR_LATEX_TOKEN_H
#include "latex.h"

typedef struct {
    const char *text; /* NAME: key; NUMBER, TEXT, COMMAND, RELATION "<": text */
    const char *spelling;
    span at;
    int32_t match; /* brackets: number of the partner in the same list; UNDERBRACE: its label's number */
    int16_t kind;
    int16_t number; /* PRIME how many; RELATION which; PARAMETER which; COMMAND: which of latex_command */
    bool blank;
    bool bold;
    const syn *node; /* ATOM: what it is read as */
} latex_token;

typedef struct {
    latex_token *list;
    int count, capacity;
} latex_tokens;

typedef struct {
    const char *name;
    int arity;
    int first_optional; /* \newcommand{\x}[2][default] */
    const latex_token *body, *standard;
    int body_count, standard_count;
} latex_macro;

/* What deltac does not look into: an integral, E[x], p(x|z). One number wherever it stands, by its text. */
typedef struct {
    const char *text; /* its tokens; free index letters are places */
    sym name;
    syn *inside; /* PAREN: the expressions in it, as far as they are read */
    int indices;
    bool density; /* p(x|z), D(q‖p): a number, which an equation may define */
} latex_atom_entry;

enum { LATEX_LABEL_WORDS = 24 };

struct latex_reading {
    arena *memory;
    intern *names;
    const source_set *sources;
    int number;
    latex_macro *macro;
    int macro_count, macro_capacity;
    const char **unknown;
    int unknown_count;
    const char *note[16];
    int note_count;
    char label[LATEX_LABEL_WORDS]; /* letters that label layers in superscripts */
    int label_count;
    char summed[LATEX_LABEL_WORDS]; /* letters below Σ that are no usual indices */
    int summed_count;
    sym *bold;
    int bold_count, bold_capacity;
    latex_atom_entry *atom;
    int atom_count, atom_capacity;
};

typedef struct latex_scanner latex_scanner;

latex_token *latex_token_add(arena *a, latex_tokens *list, const latex_token *t);

/* --- what the actions of latex.l call --- */
void latex_scan_blank(latex_scanner *s);
int latex_scan_text(latex_scanner *s, latex_token *t, int kind, const char *bytes, size_t length);
int latex_scan_point(latex_scanner *s, latex_token *t, const char *bytes, size_t length);
/* A run of letters: a function's name is one token; else only its first letter is taken. Returns how many bytes were. */
int latex_scan_word(latex_scanner *s, latex_token *t, const char *bytes, size_t length);
int latex_scan_letter(latex_scanner *s, latex_token *t, const char *bytes, size_t length);
int latex_scan_stray(latex_scanner *s, latex_token *t, const char *bytes, size_t length);

/* --- passes --- */
void latex_scan(latex_reading *r, size_t begin, size_t end, latex_tokens *out);
/* Macros replaced by their bodies; the tokens get the place of the call. false when there are too many. */
bool latex_expand(latex_reading *r, const latex_tokens *in, latex_tokens *out);
/* Commands to tokens: Greek letters, accents, fonts, words; what only sets type is dropped. */
void latex_reduce(latex_reading *r, const latex_tokens *in, latex_tokens *out);

/* --- commands --- */
typedef enum {
    COMMAND_TOKEN, /* becomes a token of `kind` with `text` */
    COMMAND_DROP,  /* nothing */
    COMMAND_DROP_ARGUMENT,
    COMMAND_DROP_TWO,
    COMMAND_ACCENT, /* text is put behind the name */
    COMMAND_FONT,   /* of the letters that follow */
    COMMAND_BOLD,
    COMMAND_WORDS,    /* \text{…}: TEXT */
    COMMAND_NAME,     /* \mathrm{…}, \operatorname{…}: one name, or a letter */
    COMMAND_GROUP,    /* the argument stays: \boxed{A} */
    COMMAND_BELOW,    /* \underset{x}{\max} is \max_x */
    COMMAND_UNDERSET, /* the first argument goes, the second stays */
    COMMAND_BRACE,    /* \underbrace, \overbrace */
    COMMAND_BEGIN,
    COMMAND_END
} latex_action;

typedef struct {
    const char *name;
    latex_action action;
    int kind;
    const char *text;
    int number;
} latex_command;

const latex_command *latex_command_find(const char *name);
/* Is the word the name of a function that needs no backslash (log, softmax)? Its key, or NULL. */
const char *latex_function_word(const char *bytes, size_t length);

/* --- parser --- */
typedef struct {
    arena *memory;
    latex_reading *reading;
    intern *names;
    const latex_token *list;
    int count, next, depth;
    syn *result;
    const char *trouble, *hint;
    span trouble_at;
    const char *soft; /* read, but surely not what is meant: the tree is only good for repairs */
    span soft_at;
    const syn **label_value; /* by label number */
} latex_parser;

syn *latex_parse_expression(latex_parser *p);
/* The tokens from … to with one ATOM in place of what is not looked into (latex_atom.c); brackets are paired. NULL, or why an atom is none. */
const char *latex_find_atoms(latex_reading *r, const latex_token *t, int from, int to, latex_tokens *out, span *trouble_at);

#endif
