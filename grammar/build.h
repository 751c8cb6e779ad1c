/* Constructors that the actions of delta.y call. Internal to this room. */
#ifndef GRAMMAR_BUILD_H
#define GRAMMAR_BUILD_H
#include "token.h"

/* What the parser carries: where it reads and where nodes go. */
typedef struct item item;
typedef struct items items;
typedef struct {
    arena *memory;
    arena *scratch;    /* lists, until the end of the parse */
    item *free_item;   /* used lists give their pieces back */
    items *free_list;
    intern *names;
    diag_list *errors;
    scan *scan;
    const token *list; /* the tokens that are read */
    int count, next;
    bool failed; /* a constructor reported an error in the current statement */
    syn *result;
} parser;

/* A list of nodes while it grows, with the operator before each. */
struct item {
    syn *node;
    int op;
    item *next;
};
struct items {
    item *first, *last;
    int count;
    int rows, columns; /* of a bracket */
    bool negative;     /* of a product: an odd number of signs stands before its operands (a · −b is −(a · b)) */
};

items *items_new(parser *p);
void items_done(parser *p, items *list); /* its nodes are children now */
items *items_one(parser *p, syn *node);
items *items_add(parser *p, items *list, int op, syn *node);
items *items_pair(parser *p, items *list, syn *a, syn *b);
items *items_operand(parser *p, items *list, int op, items *operand); /* the first node of operand gets op; PAREN(1/2) becomes a number */
items *items_negate(items *list);
items *items_rows(parser *p, items *list, items *row);

syn *build_leaf(parser *p, syn_kind kind, span at);
syn *build_one(parser *p, syn_kind kind, syn *a, span at);
syn *build_two(parser *p, syn_kind kind, syn *a, syn *b, span at);
syn *build_list(parser *p, syn_kind kind, items *list, span at);
syn *build_index_like(parser *p, syn_kind kind, syn *base, items *list, span at); /* base, then the list */
syn *build_text(parser *p, syn_kind kind, const token *t, span at);
syn *build_number(parser *p, const token *t);
syn *build_name(parser *p, const token *t);
syn *build_named(parser *p, const token *t, syn *value, span at);
syn *build_family(parser *p, const token *t, syn *subscript, span at);
sym build_key(parser *p, const token *t);

syn *build_sum(parser *p, items *list, span at);
syn *build_product(parser *p, items *list, span at);
syn *build_single(parser *p, items *list); /* one node for an operand that may be two (√x) */
syn *build_exponent(parser *p, items *list);
syn *build_power_sign(parser *p, syn *base, const token *t, span at);
syn *build_index(parser *p, syn *base, items *list, span at);
syn *build_prime(parser *p, syn *base, const token *t, span at);
syn *build_applied(parser *p, syn *function, syn *argument, span at);
items *build_root(parser *p, const token *t, syn *operand);
syn *build_bracket(parser *p, items *list, span at);
syn *build_if(parser *p, syn *condition, syn *yes, syn *no, span at);
syn *build_logic(parser *p, const char *word, items *list, span at); /* the node itself when there is only one */
syn *build_not(parser *p, syn *a, span at);
syn *build_compare(parser *p, items *chain, span at); /* a < b < c is a < b and b < c */
syn *build_member(parser *p, syn *a, syn *b, span at);
syn *build_binder(parser *p, const token *t, syn *range, span at);
syn *build_from(parser *p, const token *t, syn *low, span at); /* `i=0` of Σ_{i=0}^{n} */
items *build_reduce(parser *p, const token *t, items *binders, items *upper, items *body, span at);
syn *build_reduce_call(parser *p, const token *t, items *binders, syn *body, span at);
items *build_below(parser *p, items *list, syn *name);
syn *build_derivative(parser *p, const token *t, syn *above, items *below, span at);
syn *build_gradient(parser *p, syn *name, syn *operand, span at);

items *build_next(parser *p, items *list, items *read, span at); /* a statement with an error becomes BROKEN */
diagnostic *build_error(parser *p, span at, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* report.c: a syntax error in the reader's words; kinds are the tokens that could follow. */
void report_unexpected(parser *p, const int *kinds, int count);

syn *build_file(parser *p, items *list, span at);
syn *build_block(parser *p, items *list, span at);
syn *build_broken_block(parser *p, syn *block, span at);
items *build_equation(parser *p, items *chain, int claim, span at);
syn *build_definition(parser *p, syn *left, syn *right, span at);
syn *build_update(parser *p, syn *left, syn *right, span at);
syn *build_declare(parser *p, const token *t, items *list, span at);
syn *build_decl(parser *p, syn *name, items *axes, unsigned flags, span at);
syn *build_initial(parser *p, syn *decl, int sign, syn *value, span at);
items *build_axes_once(parser *p, items *a, items *b, span at);
syn *build_function(parser *p, syn *name, items *params, syn *result, syn *body, span at);
syn *build_function_body(parser *p, syn *head, syn *body, span at);
syn *build_condition(parser *p, items *chain, span at); /* `a = b` is a comparison */
syn *build_assume(parser *p, items *list, span at);
syn *build_minimize(parser *p, syn *cost, items *over, span at);
syn *build_optimizer(parser *p, const token *t, items *params, const token *subject, syn *block, span at);
syn *build_metric(parser *p, const token *t, syn *value, span at);
syn *build_for(parser *p, const token *t, syn *range, syn *block, span at);
syn *build_population(parser *p, const token *t, syn *declare, span at);
syn *build_layout(parser *p, const token *t, span at);

#endif
