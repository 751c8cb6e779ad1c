/* The mathematics of a document to syntax trees: the same tree as the delta language builds.
 *
 * A block of LaTeX becomes rows, a row becomes pieces (parted by \quad, ',' and words), a piece is a chain of expressions with relations between them.
 * Each expression is parsed on its own, so that one that cannot be read does not take its neighbours with it. */
#ifndef GRAMMAR_LATEX_H
#define GRAMMAR_LATEX_H
#include "syntax.h"

#define SYN_BOLD         32u    /* flag of a NAME that was written bold */
#define LATEX_OPERATOR   256u   /* flag of a DERIVATIVE that was written as an operator, d/dx E */
#define LATEX_MAX_DEPTH  200    /* nested brackets */
#define LATEX_MAX_TOKENS 200000 /* of one block, macros expanded */

typedef enum {
    RELATION_EQUAL,
    RELATION_DEFINE, /* := \equiv \triangleq */
    RELATION_UPDATE, /* \leftarrow \gets */
    RELATION_APPROX, /* \approx \simeq \propto \sim: never a claim */
    RELATION_ORDER,  /* \le, <, … */
    RELATION_IN,     /* \in: type information */
    RELATION_ARROW   /* \to \Rightarrow \implies: parts statements */
} latex_relation;

/* One side of a chain; tree is NULL when it is empty (a chain that begins or ends with its relation) or could not be read. */
typedef struct {
    syn *tree;
    span at;
    const char *trouble; /* why it could not be read, or NULL; with a tree: what was read is surely not what is meant, the tree is only good for repairs */
    span trouble_at;
    const char *hint; /* what was probably meant, in LaTeX, or NULL */
} latex_side;

typedef struct latex_piece latex_piece;

/* \underbrace{value}_{label}: value is a PAREN node inside one of the piece's sides. */
typedef struct {
    const syn *value;
    latex_piece *label; /* its pieces; a label of words alone is dropped */
} latex_label;

struct latex_piece {
    span at;
    int row;        /* within its block, from 0 */
    int side_count; /* relation k stands between side k and side k + 1 */
    latex_side *side;
    latex_relation *relation;
    bool opens, closes;  /* begins, ends with its relation: the side there is empty */
    bool operator_first; /* begins with + − ·: continues the term before it */
    bool parenthesised;  /* (y(x) = 2x + 1): a remark */
    bool words;          /* nothing but text */
    int label_count;
    latex_label *label;
    latex_piece *next;
};

/* What a document's notation means, found by looking at all of it before it is parsed. */
typedef struct latex_reading latex_reading;

latex_reading *latex_reading_new(arena *a, intern *names, const source_set *sources, int source);
/* \newcommand, \renewcommand, \def, \DeclareMathOperator in [begin, end); they are expanded from then on. */
void latex_macros(latex_reading *r, size_t begin, size_t end);
/* A first look at a block: which superscripts are labels of layers, which names are indexed, which are bold. */
void latex_survey(latex_reading *r, size_t begin, size_t end);
/* The pieces of a block, in order. */
latex_piece *latex_parse(latex_reading *r, size_t begin, size_t end, bool inline_);
/* Sentences about readings taken ("superscripts l are labels of layers"), NULL at the end. */
const char *const *latex_readings(const latex_reading *r);
/* Macros that are not known, each once. */
const char *const *latex_unknown(const latex_reading *r);
/* Is it the key of a function known without a definition (exp, softmax, …)? */
bool latex_function_word_known(const char *key);
/* Of a name that stands for what is not looked into: PAREN of what is inside; NULL: it is none. */
const syn *latex_atom_inside(const latex_reading *r, sym name);
int latex_atom_indices(const latex_reading *r, sym name);     /* free ones */
bool latex_atom_is_density(const latex_reading *r, sym name); /* p(x|z), D(q‖p): a number, which an equation may define */
bool latex_has_bold(const latex_reading *r);
bool latex_is_bold(const latex_reading *r, sym name);

#endif
