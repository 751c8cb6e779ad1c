/* The expression DAG: scalar expressions with free indices, hash-consed in one array.
 *
 * A node is an int reference; equal expressions have equal references. Children of sums and products keep the order in which the expression was first written
 * (that is what people read and the order in which generated C adds), but a + b and b + a are one node: hashing and comparing them ignores order.
 *
 * Tensors appear only as ENTRY nodes: a name with one index expression per axis. Matrix notation is read into index form and written back out of it.
 * A reduction binds one index. Bound indices are numbered by the height of their binder (1 + the largest inside), so that expressions that differ only in the
 * names of dummies are one node; an expression in your hands never has a loose BOUND: dag_open() replaces it by a fresh free index.
 *
 * Two sets of constructors. dag_raw_*: what was written, nothing folded that could hide an undefined value (0·u, u/u, u − u, u⁰ stay); rational constants are
 * combined, nested sums and products flattened. dag_*: smart, exact algebra valid wherever both sides are defined: like terms, like factors, Kronecker deltas
 * contracted, conditions that are decided by index ranges. Everything read from the page is raw; everything derived is smart. */
#ifndef GEN_DAG_DAG_H
#define GEN_DAG_DAG_H
#include <gmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "grammar/intern.h"

typedef int32_t node; /* 0: none */

typedef enum {
    NODE_NONE,
    NODE_NUMBER,  /* exact rational; payload: its number in the table of constants */
    NODE_SIZE,    /* symbolic integer >= 1; payload: size id (names are the model's) */
    NODE_INDEX,   /* free index; payload: index id, see dag_index() */
    NODE_BOUND,   /* bound index; payload: height of its binder */
    NODE_ENTRY,   /* payload: variable id; children: one index expression per axis */
    NODE_APPLY,   /* abstract function; payload: signature, see dag_signature; children: output indices, arguments, derivative indices */
    NODE_ADD,     /* two or more terms */
    NODE_MUL,     /* two or more factors; a rational coefficient is the first child */
    NODE_POW,     /* base, exponent; u/v is u·v^(−1), √u is u^(1/2) */
    NODE_FUN,     /* payload: row of ops.def (enum op); children: arguments */
    NODE_COMPARE, /* payload: enum compare; two children; value 0 or 1. EQUAL of index expressions is the Kronecker delta */
    NODE_IF,      /* condition (0 or 1), then, else; only the chosen branch is evaluated */
    NODE_REDUCE,  /* payload: row of reductions.def; children: lo, hi, [at], body; binds one index in body, lo..hi inclusive */
    NODE_LAMBDA,  /* lo, hi, body; binds one index: an array argument of an abstract function */
    NODE_DIFF,    /* unexpanded derivative: A, then one ENTRY B; payload: hold list (0: none). Removed by calculus */
    NODE_AT       /* value of child 0 with ENTRY child 1 replaced by child 2, after differentiating. Removed by calculus */
} node_kind;

typedef enum { COMPARE_EQUAL, COMPARE_UNEQUAL, COMPARE_LESS, COMPARE_LESS_EQUAL } compare; /* > and >= are written with swapped sides */

/* Rows of ops.def: OP_SIN … */
typedef enum {
#define OP(id, ...) OP_##id,
#include "gen/dag/ops.def"
#undef OP
    OP_COUNT
} op;

/* Rows of reductions.def: REDUCE_SUM … */
typedef enum {
#define REDUCTION(id, ...) REDUCE_##id,
#include "gen/dag/reductions.def"
#undef REDUCTION
    REDUCE_COUNT
} reduction;

typedef struct dag dag;

typedef struct {
    sym name;    /* for people */
    node lo, hi; /* inclusive range; index expressions over sizes and other indices */
    bool sample; /* runs over the samples of a batch; not shown to people */
} dag_index_info;

/* An application f^(…)(args): children are out_rank index expressions, then arg_count arguments (a LAMBDA per axis around an array argument),
 * then the index expressions at which array arguments were differentiated, in the order of `derivative`. */
typedef struct {
    int function; /* the model's function id */
    int out_rank, arg_count;
    int derivative_count; /* total order */
    int derivative[16];   /* argument numbers, ascending: {0, 0} is f″ */
} dag_signature;

/* --- life, access --- */
dag *dag_new(intern *names);
void dag_free(dag *d);
intern *dag_names(const dag *d);
int dag_size(const dag *d); /* nodes so far; references run from 1 to dag_size */
/* What was done so far, in steps of about a microsecond: nodes made, found again and visited, and what was added by who looks at nodes in other ways. A measure of
 * time that does not depend on the machine. */
long dag_work(const dag *d);
void dag_spend(dag *d, long steps);
static inline node_kind dag_kind(const dag *d, node n);
static inline int32_t dag_payload(const dag *d, node n);
static inline int dag_count(const dag *d, node n);
static inline node dag_child(const dag *d, node n, int i);
const mpq_t *dag_value(const dag *d, node n); /* of a NUMBER; valid until the next node is made */
bool dag_is_int(const dag *d, node n, long value);
const dag_index_info *dag_index_get(const dag *d, int index);
const dag_signature *dag_signature_get(const dag *d, int signature);
int dag_hold_count(const dag *d, int hold);
int dag_hold_get(const dag *d, int hold, int i); /* variable id */
int dag_height(const dag *d, node n);            /* 0: no binder inside */
sym dag_hint(const dag *d, node n);              /* of a binder: the dummy's name where it was first written */
static inline bool dag_binds(const dag *d, node n); /* REDUCE or LAMBDA: the last child is the body */

/* --- leaves --- */
node dag_number(dag *d, const mpq_t value);
node dag_int(dag *d, long value);
node dag_ratio(dag *d, long numerator, long denominator);
node dag_sizesym(dag *d, int size);
int dag_index(dag *d, sym name, node lo, node hi);       /* the same id for the same three */
int dag_index_sample(dag *d, sym name, node lo, node hi);/* the same, marked as a sample index */
int dag_index_fresh(dag *d, sym name, node lo, node hi); /* a new id each time */
int dag_index_like(dag *d, int index);                      /* a new id with the name and range of another */
node dag_index_node(dag *d, int index);
node dag_entry(dag *d, int variable, int count, const node *indices);
int dag_signature_add(dag *d, const dag_signature *s);
int dag_hold_add(dag *d, int count, const int *variables); /* sorted, unique; 0 for none */

/* --- what was written --- */
node dag_raw_add(dag *d, int count, const node *terms);
node dag_raw_mul(dag *d, int count, const node *factors);
node dag_raw_pow(dag *d, node base, node exponent);
node dag_raw_fun(dag *d, op o, int count, const node *arguments);
node dag_raw_compare(dag *d, compare c, node a, node b);
node dag_raw_if(dag *d, node condition, node yes, node no);
node dag_apply(dag *d, int signature, int count, const node *children);
/* Closes `body` over free index `index`; at is 0 unless the row of reductions.def has one. */
node dag_raw_reduce(dag *d, reduction r, int index, node lo, node hi, node at, node body);
node dag_lambda(dag *d, int index, node lo, node hi, node body);
node dag_diff(dag *d, node a, node b, int hold);
node dag_at(dag *d, node body, node leaf, node value);

/* --- smart --- */
node dag_add(dag *d, int count, const node *terms);
node dag_mul(dag *d, int count, const node *factors);
node dag_pow(dag *d, node base, node exponent);
node dag_fun(dag *d, op o, int count, const node *arguments);
node dag_compare(dag *d, compare c, node a, node b);
node dag_if(dag *d, node condition, node yes, node no);
node dag_reduce(dag *d, reduction r, int index, node lo, node hi, node at, node body);
/* Short forms. */
node dag_add2(dag *d, node a, node b);
node dag_sub(dag *d, node a, node b);
node dag_mul2(dag *d, node a, node b);
node dag_div(dag *d, node a, node b);
node dag_neg(dag *d, node a);
node dag_fun1(dag *d, op o, node a);
node dag_sum(dag *d, int index, node body); /* over the index's own range */
/* Smart form of a raw expression, bottom-up. */
node dag_simplify(dag *d, node n);

/* --- whole expressions --- */
/* Opens a binder: the body with its bound index replaced by a fresh free index of range lo..hi; *index is its id. */
node dag_open(dag *d, node binder, int *index);
/* The same with one index for all who look inside this binder, which must neither change its range nor put two opened bodies into one expression: for walks
 * that only look, or close what they opened. */
node dag_look_inside(dag *d, node binder, int *index);
/* Replaces, at once, each from[i] (INDEX or ENTRY leaf, compared as nodes) by to[i]. `raw` rebuilds with raw constructors. */
node dag_substitute(dag *d, node n, int count, const node *from, const node *to, bool raw);
/* Rebuilds n with other children (same count); `raw` as above. For binders the body may contain the old BOUND of this node. */
node dag_rebuild(dag *d, node n, const node *children, bool raw);
/* The same for a walk that has opened binders with dag_open: where n binds, the last child is its body over the free `index`, which is closed again. Raw. */
node dag_rebuild_opened(dag *d, node n, int index, const node *children);
/* n with `change` of each child in its place; binders are opened for it. n itself where nothing changes. */
node dag_map_children(dag *d, node n, node (*change)(void *context, node child), void *context);
bool dag_has_index(dag *d, node n, int index);
/* Does any ENTRY of variable (any variable: −1) occur? */
bool dag_has_variable(dag *d, node n, int variable);
static inline bool dag_has_kind(const dag *d, node n, node_kind kind);
/* Calls visit for every distinct node below n, children first, bodies of binders included (loose BOUNDs there). Stops early when visit returns false. */
void dag_visit(dag *d, node n, bool (*visit)(void *context, node n), void *context);
/* Free indices in order of first occurrence; returns the count, writes at most `room`. */
int dag_free_indices(dag *d, node n, int *out, int room);

/* --- index arithmetic: affine forms over sizes and indices --- */
typedef enum { TRUTH_NO = -1, TRUTH_UNKNOWN = 0, TRUTH_YES = 1 } truth;
void dag_size_at_least(dag *d, int size, long bound); /* `assume n >= 2`; the default is 1 */
/* Is a <= b (a == b) for all sizes and all values of the free indices in their ranges? YES: always; NO: never. */
truth dag_index_le(dag *d, node a, node b);
truth dag_index_eq(dag *d, node a, node b);
/* Is n an index expression: integers, sizes, indices, sums, integer multiples? */
bool dag_is_affine(dag *d, node n);
/* The coefficient of `index` in an affine n, and the rest (n − coefficient·index); false when n is not affine or the coefficient is not an integer. */
bool dag_affine_split(dag *d, node n, int index, long *coefficient, node *rest);
/* An index expression as one sum of terms, i + 1 for −(−i − 1); anything else as it is. */
node dag_index_tidy(dag *d, node n);
/* floor(n / c) of an affine n for c > 0, where every coefficient is a multiple of c; else 0. */
node dag_index_divide(dag *d, node n, long c);

/* --- what every pass asks at every node; nobody else reads this --- */
typedef struct {
    uint8_t kind;
    int32_t payload, first, count;
    int32_t height;        /* binders below, bodies included */
    uint32_t place, kinds; /* kinds: bit per node_kind below and here */
} dag_node;

typedef struct {
    dag_node *list;
    node *children;
} dag_nodes;

static inline const dag_node *dag_node_at(const dag *d, node n)
{
    return &((const dag_nodes *)(const void *)d)->list[n];
}
static inline node_kind dag_kind(const dag *d, node n)
{
    return (node_kind)dag_node_at(d, n)->kind;
}
static inline int32_t dag_payload(const dag *d, node n)
{
    return dag_node_at(d, n)->payload;
}
static inline int dag_count(const dag *d, node n)
{
    return dag_node_at(d, n)->count;
}
static inline node dag_child(const dag *d, node n, int i)
{
    return ((const dag_nodes *)(const void *)d)->children[dag_node_at(d, n)->first + i];
}
static inline bool dag_binds(const dag *d, node n)
{
    return dag_kind(d, n) == NODE_REDUCE || dag_kind(d, n) == NODE_LAMBDA;
}
static inline bool dag_has_kind(const dag *d, node n, node_kind kind)
{
    return (dag_node_at(d, n)->kinds >> kind) & 1u;
}

#endif
