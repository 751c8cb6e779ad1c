/* Inside gen/calculus: reverse sweeps, within an expression (local.c) and over equations (sweep.c). */
#ifndef GEN_CALCULUS_SWEEP_H
#define GEN_CALCULUS_SWEEP_H
#include "gen/calculus/calculus.h"
#include "gen/dag/ops.h"
#include "grammar/map.h"

/* One term of an adjoint: value · [entry's indices], to be summed over the indices in scope. */
typedef struct {
    node entry; /* ENTRY of a variable; 0: differentiation is impossible, see `why` */
    node value;
    int scope_count;
    int scope[16]; /* indices opened inside the expression, outermost first */
    int var;
    const char *why;
} contribution;

typedef struct {
    contribution *list;
    int count, room;
} contribution_list;

/* Differentiates expression n in reverse with seed (the adjoint of n): appends what reaches each ENTRY. root/alias: where the value of `root` is needed it
 * is written `alias` (the name it defines); 0 for none. Only entries of `only` are followed (-1: all). */
void sweep_expression(model *m, node n, node seed, node root, node alias, int only, contribution_list *out);
/* Σ over the contribution's scope of value · Π [index_k == own_k]. */
node sweep_collect(model *m, const contribution *c, int axes, const node *own);

typedef struct {
    contribution_list to; /* from processed consumers */
    bool pending, done;
    const char *why;      /* not NULL: cannot be differentiated */
    node value;           /* the adjoint over the root's indices and `own`; 0: none */
    int own_count, own[MODEL_MAX_AXES];
} sweep_var;

typedef struct {
    node key; /* the root: a variable's entry over root indices (`whole`); else the expression as given */
    bool whole;
    int hold;
    int root_count, root[2 * MODEL_MAX_AXES];
    node original[2 * MODEL_MAX_AXES]; /* expression roots: the indices that the root indices stand for */
    sweep_var *var; /* by variable */
    int var_room;
    int *heap, heap_count, heap_room; /* pending variables, highest position first */
    bool through_derivative;          /* an adjoint's equation was differentiated */
} sweep;

typedef struct {
    int count, *member;
} recurrence;

typedef struct calculus {
    model *m;
    int *position;  /* by variable; -1: leaf or not placed */
    int *first_use; /* by variable: lowest position of a variable that mentions it; -1 */
    int *group;     /* by variable: its recurrence, or -1 */
    int room;
    int *order, order_count, order_room;
    recurrence *recurrence;
    int recurrence_count;
    sweep **sweeps;
    int sweep_count, sweep_room;
    struct tangents *tangents; /* tower.c */
    bool runs;                 /* the page is to run: derivatives need not be what people read */
    int tangents_count;
    int_map part, parts;   /* tower_parts.c: node -> the part that has its value; right side -> the same made of parts */
    int_map written, high; /* 1 + variable: the DIFF that it was defined as; numbers by which a definition differentiates more than once */
    span at;             /* of the statement being expanded */
    const char *unknown; /* in it: why an expectation is not known exactly; NULL */
    node *needed;        /* in it, expanded: what derivatives and expectations are of, as values of the whole statement: at points, for all of a sum's index */
    int needed_count, needed_room;
} calculus;

calculus *calculus_of(model *m);
void calculus_place(calculus *x, int var);
int calculus_recurrence(calculus *x, int count, const int *member);
/* ∂A/∂B as an expression over adjoint entries; 0 after an error. */
node sweep_adjoint(calculus *x, node a, node b, int hold, span at);
node calculus_expand_node(calculus *x, node n, bool *ok);
/* Positions of the definitions that are reached from body, ascending; returns their number. */
int calculus_reached(calculus *x, node body, int *position);
/* place.c: the value of body where the leaf is `value`; x->needed[first … last − 1] become theirs. 0 after an error. */
node calculus_value_at(calculus *x, node body, node leaf, node value, int first, int last);
bool calculus_depends(calculus *x, int var, int on);
/* Is variable `on` reached from the entries of n through definitions, without passing through `avoid` (−1: none)? */
bool calculus_reaches(calculus *x, node n, int on, int avoid);

/* What a derivative or an expectation is of: it must be defined where that is. */
void calculus_need(calculus *x, node n);

/* tower.c, before definitions are expanded: which of them are derivatives, and by which numbers orders are high. */
void tower_survey(calculus *x);
/* A derivative of higher order by single numbers, or of lower order by numbers of which there are such, as an expression over derivatives of names; false: not
 * of this kind. *ok is false, and *made 0, after an error in what is differentiated. */
bool tower_expand(calculus *x, node n, bool *ok, node *made);
void tower_release(calculus *x);
/* tower_parts.c: the same expression, its nonlinear parts put into definitions of their own; itself where that is not possible, and where people read it. */
node tower_name_parts(calculus *x, node n);

/* matrix.c: det and inv as equations, for what is run. */
void matrix_expand(model *m);

typedef struct {
    int kept_count, kept[2 * MODEL_MAX_AXES]; /* roots that stay indices of the adjoint */
    node deltas;                              /* product of the peeled ones */
} peeled;

/* `total` without the factors [root == own] that all its terms have, own put in place of root. samples_only: only those of samples; *ok: each of them had its factor. */
node sweep_peel(calculus *x, const sweep *s, const sweep_var *v, node total, bool samples_only, bool *ok, peeled *p);

#endif
