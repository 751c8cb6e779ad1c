/* What to write, before it is known in which language: the presentation tree between the DAG and the writers (text here; others read the same tree).
 *
 * A tree says how an expression is put together for people: a quotient, a root, a matrix product, an index. It holds no parentheses: a writer adds those
 * that its language needs. Trees live in an arena and are never changed after they are made. */
#ifndef GEN_MODEL_NOTATION_H
#define GEN_MODEL_NOTATION_H
#include "grammar/arena.h"

typedef enum {
    NOTATION_NAME,       /* text, as spelt on the page */
    NOTATION_NUMBER,     /* text: "3", "0.25" or "3/7"; never negative */
    NOTATION_SUM,        /* terms; marks[i] '+' or '-' before term i */
    NOTATION_NEGATE,     /* child 0 */
    NOTATION_PRODUCT,    /* operands; marks[i] before operand i: ' ' juxtaposed, '.' inner product, 'o' ⊙, '%' ⊘ */
    NOTATION_QUOTIENT,   /* above, below */
    NOTATION_POWER,      /* base, exponent */
    NOTATION_ROOT,       /* child 0 */
    NOTATION_TRANSPOSE,  /* child 0 */
    NOTATION_ENTRY,      /* base, then indices */
    NOTATION_CALL,       /* callee, then arguments; number: how many primes */
    NOTATION_ABS,        /* child 0 */
    NOTATION_COMPARE,    /* left, right; text "==", "!=", "<", ">", "<=", ">=" */
    NOTATION_IVERSON,    /* child 0, a condition, as the number 0 or 1 */
    NOTATION_LOGIC,      /* operands; text "and", "or", "not" */
    NOTATION_IF,         /* condition, then, else */
    NOTATION_REDUCE,     /* binders, then the body; text "sum", "prod", "max" …; number: how many binders (0: over everything) */
    NOTATION_BINDER,     /* name, or name, lo, hi */
    NOTATION_DERIVATIVE, /* A, B without their ∂ (child 0, 1); text: order as "²" or "" */
    NOTATION_AT,         /* A, then a name, then a value: A |_{t = 0}; or A and names held: number 1 */
    NOTATION_MAPPING,    /* index name, expression: an array argument without a name of its own */
    NOTATION_MORE        /* "…": the expression is too long to be read */
} notation_kind;

typedef struct notation notation;
struct notation {
    notation_kind kind;
    int number;
    const char *text;
    char *marks; /* SUM, PRODUCT: count characters */
    int count;
    notation **child;
};

notation *notation_new(arena *a, notation_kind kind, int count);
notation *notation_text(arena *a, notation_kind kind, const char *text);
notation *notation_one(arena *a, notation_kind kind, notation *child);
notation *notation_two(arena *a, notation_kind kind, notation *first, notation *second);
notation *notation_call(arena *a, const char *name, notation *argument);

/* Writes the tree as text of the delta language, in Unicode, with the parentheses it needs. */
void notation_write(buffer *out, const notation *tree);

#endif
