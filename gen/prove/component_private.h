/* Shared by the files of the rung component.h. */
#ifndef GEN_PROVE_COMPONENT_PRIVATE_H
#define GEN_PROVE_COMPONENT_PRIVATE_H
#include "gen/prove/budget.h"
#include "gen/prove/cells.h"
#include "gen/prove/component.h"
#include "gen/prove/smooth.h"

#define COMPONENT_MOST_CUTS      12
#define COMPONENT_WORK           200000 /* terms and nodes of one proof */
#define COMPONENT_MOST_SIGNS     24 /* expressions of which the sign is known on a cell */
#define COMPONENT_MOST_INTERVALS (CELLS_MOST_ZEROS + 1)

typedef struct {
    node p;
    bool jump;        /* something is not continuous at its zeros */
    bool weak;        /* an expression that must be >= 0 changes its sign there */
    bool excluded;    /* its zeros lie where a side is not defined, or an assumption does not hold */
    signed char sign; /* in the domain; 0: not known */
} cut;

typedef enum { CELL_PROVED, CELL_EMPTY, CELL_OPEN } cell_state; /* EMPTY: no side, or an assumption does not hold */

typedef struct component {
    session *s;
    node left, right; /* in the leaves below */
    node leaf[CELLS_MOST_VARIABLES], of[CELLS_MOST_VARIABLES];
    int leaf_count;
    bool full; /* no more leaves are taken: what has others is no answer */
    smooth_needs needs;
    cut cuts[COMPONENT_MOST_CUTS];
    int cut_count;
    node known[COMPONENT_MOST_SIGNS]; /* canonical */
    signed char sign[COMPONENT_MOST_SIGNS];
    int known_count;
    const fmpq *point; /* of the cell that is looked at */
    cell_state state[COMPONENT_MOST_INTERVALS];
    int cells, open_cells, proved_cells;
    int depth;
    struct component *whole; /* of which a part is proved, where whole_leaf is whole_value; NULL: this is the whole */
    node whole_leaf, whole_value;
    bool used; /* an assumption ruled out a cell */
    budget allowance; /* of the whole, for all its parts together */
    bool spent;
} component;

/* An expression in the leaves; sets `full` if there are too many. */
node component_abstract(void *context, node n);
/* Is it a polynomial in the leaves with integer coefficients? */
bool component_is_polynomial(const component *x, node n);
void component_to_polynomial(const component *x, node n, const fmpz_mpoly_ctx_t ring, fmpz_mpoly_struct *out);

/* Is the budget used up? What is open then stays open. */
bool component_is_spent(component *x);

/* --- component_zeros.c --- */
/* What is assumed of the leaves joins the needs. False: too many. */
bool component_give_assumptions(component *x);
/* Fills `cuts` and `known`: off the zeros of the cuts each need has a sign wherever it is defined. False: that is not known. */
bool component_find_cuts(component *x);
/* Notes that the assumptions on the leaves were used, if they were. */
void component_mark_used(component *x);

/* --- component_cell.c; all at x->point --- */
node component_put_point(component *x, node n);
bool component_is_defined(component *x, node n);
/* A smooth_sign; `context` is the component. */
int component_sign(void *context, node n);
/* Is n < 0 in a small interval around session.hint? */
bool component_is_negative_around(component *x, node n);
bool component_is_constant(const component *x, node n);
/* Is there something that one of these (the given ones, or the others) needs and that is false, there and all over a cell around it? */
bool component_is_violated(component *x, const smooth_needs *needs, bool given);
/* Where the sides differ, the refuter is told. */
void component_note_difference(component *x);
/* With a derivative of 0 and one exact value, found with the last coordinate between *low and *high (NULL: no bound). */
cell_state component_decide_cell(component *x, const fmpq *point, const fmpq *low, const fmpq *high);

#endif
