/* Constructors that the actions of latex.y call. Internal to this room. */
#ifndef GRAMMAR_LATEX_BUILD_H
#define GRAMMAR_LATEX_BUILD_H
#include "latex_token.h"

enum { LATEX_CIRCLE = 1 }; /* \circ as an operator, until it is known whether functions are composed */

/* flags of a PAREN from LaTeX */
#define LATEX_SQUARE 16u /* [ … ] */
#define LATEX_COMPOSED 128u /* of a PRODUCT: f ∘ g */
#define LATEX_ATOM     64u  /* of a NAME: what deltac does not look into */

typedef struct latex_item latex_item;
struct latex_item {
    syn *node;
    int op;
    latex_item *next;
};
typedef struct {
    latex_item *first, *last;
    int count;
} latex_items;

typedef struct latex_scripts latex_scripts;
struct latex_scripts {
    int kind; /* '_' '^' '\'' '!' '|' */
    syn *value;
    int number;
    latex_scripts *next;
};

/* The first trouble stays. */
void latex_trouble(latex_parser *p, span at, const char *format, ...) __attribute__((format(printf, 3, 4)));
void latex_unexpected(latex_parser *p, const latex_token *t);
latex_items *latex_list(latex_parser *p, latex_items *list, int op, syn *node);
latex_scripts *latex_script(latex_parser *p, latex_scripts *list, int kind, syn *value, int number);

syn *latex_leaf(latex_parser *p, syn_kind kind, const char *text, span at);
syn *latex_key(latex_parser *p, const char *key, span at); /* a NAME with its spelling noted */
syn *latex_number(latex_parser *p, const latex_token *t);
syn *latex_digit(latex_parser *p, const latex_token *t);
syn *latex_name(latex_parser *p, const latex_token *t);
syn *latex_text(latex_parser *p, const latex_token *t);
syn *latex_word(latex_parser *p, const latex_token *t); /* \text{loss} as a name */
syn *latex_square(latex_parser *p, latex_items *list, span at);
syn *latex_indicator(latex_parser *p, syn *condition, span at); /* [x > 0] */
bool latex_is_one(const latex_parser *p, const syn *s);         /* the sign of an indicator: 1, 𝟙, I */
syn *latex_sign(latex_parser *p, const latex_token *t);
syn *latex_mark(latex_parser *p, const latex_token *t, const char *text); /* ⊤ ⋆ ′ as a superscript: a STRING */
syn *latex_node(latex_parser *p, syn_kind kind, syn *a, syn *b, span at);
syn *latex_nodes(latex_parser *p, syn_kind kind, latex_items *list, span at);
syn *latex_paren(latex_parser *p, syn *s);
syn *latex_group(latex_parser *p, latex_items *list, span at);
syn *latex_set(latex_parser *p, latex_items *list, span at);
syn *latex_compare(latex_parser *p, syn *a, const latex_token *relation, syn *b, span at);
syn *latex_sum(latex_parser *p, latex_items *list, span at);
syn *latex_product(latex_parser *p, latex_items *list, span at);
syn *latex_scripted(latex_parser *p, syn *base, latex_scripts *scripts, span at);
syn *latex_fraction(latex_parser *p, syn *above, syn *below, span at);
syn *latex_root(latex_parser *p, syn *a, span at);
syn *latex_nth_root(latex_parser *p, const latex_token *n, syn *a, span at);
syn *latex_braced(latex_parser *p, const latex_token *t, syn *a, span at);
syn *latex_matrix(latex_parser *p, latex_items *rows, span at);
latex_items *latex_append(latex_parser *p, latex_items *a, const latex_items *b);
/* if c₁ then v₁ else …: values and conditions in turn; `otherwise`, or the last row, is the rest. */
syn *latex_cases(latex_parser *p, latex_items *list, span at);
syn *latex_between(latex_parser *p, syn *a, syn *b, span at);
syn *latex_inner(latex_parser *p, latex_items *list, span at);
syn *latex_operators(latex_parser *p, syn_kind kind, latex_item *first, latex_item *stop, int count); /* a SUM or PRODUCT of the items first … stop */
bool latex_is_partial(const latex_parser *p, const syn *s);
bool latex_is_d(const latex_parser *p, const syn *s);
bool latex_is(const latex_parser *p, const syn *s, const char *key);

#endif
