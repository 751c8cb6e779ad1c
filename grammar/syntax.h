/* The syntax tree that both languages (delta and LaTeX) build: what was written, nothing of what it means.
 *
 * One node type. `kind` says what it is, the comment beside each kind says what name, text and the children are. Products and sums are flat lists:
 * whether `f (x)` is a call is not known here. Nodes live in the arena of their file and are never changed after parsing. */
#ifndef GRAMMAR_SYNTAX_H
#define GRAMMAR_SYNTAX_H
#include "arena.h"
#include "diag.h"
#include "intern.h"
#include "source.h"

/* K(name): children. "[x]" optional: an absent child is NULL. */
#define SYNTAX_KINDS(K)                                                                                                    \
    /* --- expressions --- */                                                                                              \
    K(NUMBER)    /* text: the digits as written, "½" and friends as "1/2"; exact */                                         \
    K(NAME)      /* name: its key (ASCII form: sigma, w1, xhat, delta_out) */                                               \
    K(FAMILY)    /* `z{l-1}`: name; child 0: the subscript expression (or NAME from a set) */                               \
    K(STRING)    /* text */                                                                                                \
    K(PAREN)     /* ( a, b, … ): the children; one child for a plain parenthesis; `name = value` inside is NAMED */         \
    K(NAMED)     /* `η = 0.1` as an argument: name; child 0 value */                                                        \
    K(SUM)       /* terms; text[i] is '+' or '-' before term i */                                                           \
    K(PRODUCT)   /* operands; text[i] before operand i: ' ' juxtaposed, '*' , '.' (·), '/', 'o' (⊙), '%' (⊘); text[0] ' ' */  \
    K(NEGATE)    /* child 0 */                                                                                             \
    K(POWER)     /* base, exponent (² is NUMBER 2) */                                                                      \
    K(TRANSPOSE) /* child 0 */                                                                                             \
    K(PRIME)     /* child 0; number: how many primes */                                                                    \
    K(INDEX)     /* `a[i, j+1]`: base, then the index expressions; an item `i in lo..hi` is a BINDER */                     \
    K(HOLD)      /* `A |_{h, c}`: A, then names (or INDEX) held; `|_{t = 0}`: NAMED items */                                \
    K(ABS)       /* | a | */                                                                                               \
    K(NORM)      /* ‖ a ‖ */                                                                                               \
    K(IF)        /* condition, then, else */                                                                               \
    K(COMPARE)   /* two operands; text "==", "!=", "<", "<=", ">", ">=", "in" (right: SET or RANGE) */                      \
    K(LOGIC)     /* operands; text "and", "or", "not" */                                                                   \
    K(BRACKET)   /* [a, b, c]; number: rows when split by ';' ([x; h] has 2 rows of 1); children row-major; [i == j] has one COMPARE */ \
    K(SET)       /* {0, 1} */                                                                                              \
    K(RANGE)     /* lo..hi */                                                                                              \
    K(REDUCE)    /* Σ_i, Π, max_{u in 0..1}, …: name "sum" "prod" "max" …; children: BINDERs, then the body last; number: how many binders */ \
    K(BINDER)    /* name; [child 0: RANGE or expression giving a set] */                                                   \
    K(DERIVATIVE)/* ∂ⁿA/∂B∂D…: number n; child 0 A (NULL for the operator ∂/∂x, whose operand is the next factor of its product), then B, D …; a ∂x² repeats x. text "grad" for ∇_B A */ \
    K(EMPTY)     /* ASCII empty place, e.g. an index left out by `:` */                                                    \
    /* --- statements --- */                                                                                              \
    K(FILE_)     /* statements */                                                                                          \
    K(BLOCK)     /* { statements } */                                                                                      \
    K(DECLARE)   /* text: the word size input target given noise param hyper state variable; children: DECL */             \
    K(DECL)      /* name or (FAMILY in child 0); children: [FAMILY], [AXES], [init]; text "=" or "~" when init, flags */      \
    K(AXES)      /* `[n, m pad 2]`: axis expressions (PADDED: expr, NUMBER; BINDER for g[i in …]) */                        \
    K(PADDED)    /* axis expression, pad width */                                                                          \
    K(FUNCTION)  /* name; children: [PARAMS], [AXES of the result], [body expression or BLOCK] */                          \
    K(PARAMS)    /* DECLs */                                                                                               \
    K(EQUATION)  /* e0 = e1 = e2 …; text ":=" or "="; number 1 when the word `claim` stands before it; expect: see below */ \
    K(ASSUME)    /* the condition: COMPARE, LOGIC or an equation as COMPARE "==" */                                        \
    K(MINIMIZE)  /* expression, then names of `over` */                                                                    \
    K(UPDATE)    /* left, right */                                                                                         \
    K(THEN)      /* */                                                                                                     \
    K(OPTIMIZE)  /* pairs: NAME or PRODUCT(NAME, PAREN), [steps expression], … for `with a for N steps then b` */           \
    K(OPTIMIZER) /* name; PARAMS, NAME of the parameter, BLOCK */                                                          \
    K(METRIC)    /* name; value */                                                                                         \
    K(OUTPUT)    /* expressions, usually NAMEs */                                                                          \
    K(FOR)       /* BINDER (child RANGE or SET), BLOCK */                                                                  \
    K(POPULATION)/* `set edge: …`: name; DECLARE */                                                                        \
    K(USE)       /* text: the path */                                                                                      \
    K(LAYOUT)    /* text: "denominator" or "numerator" */                                                                  \
    K(BROKEN)    /* a statement with a syntax error (already reported); skip it */

typedef enum {
#define K(name) SYN_##name,
    SYNTAX_KINDS(K)
#undef K
        SYN_KIND_COUNT
} syn_kind;

/* flags of a DECL */
#define SYN_INT 1u     /* `input t : int[T]` */
#define SYN_MISSING 2u /* `input x[n] missing` */

typedef struct syn syn;
struct syn {
    syn_kind kind;
    uint32_t flags;
    span at;
    sym name;         /* key; 0 if none */
    const char *text; /* see the kinds; NULL if none */
    int number;
    int count;
    syn **child;
    sym expect;       /* EQUATION: "proved", "refuted", "undecided" of a `#=` mark, else 0 */
};

const char *syn_kind_name(syn_kind kind);
syn *syn_new(arena *a, syn_kind kind, span at, int count);
/* Same tree apart from places? (parse–print–parse) */
int syn_equal(const syn *x, const syn *y);
/* Appends the tree as program text in the house layout; unicode 0 gives pure ASCII, 1 names as at their first place. Parsing it gives an equal tree. */
void syn_print(buffer *out, const syn *tree, const intern *names, int unicode);
/* The same for a whole page, with its comments and single blank lines kept; text is the source the tree was read from. unicode 2 also writes
 * Greek letters for their English names. */
void syn_print_page(buffer *out, const syn *tree, const intern *names, const source *text, int unicode);
/* Indented one-node-a-line form for `dump --stage syntax`. */
void syn_dump(buffer *out, const syn *tree, const intern *names);

#endif
