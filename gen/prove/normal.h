/* Normal forms: an expression as a rational function, with integer coefficients, of atoms.
 *
 * An atom is a canonical DAG node: an entry of a name, a size, an index, exp of a monomial, |p|^(1/D), log|p|, sign p, an abstract function of normal
 * arguments, a sum Σ over a connected product of atoms … Equal normal forms prove that two expressions are equal wherever both are defined; different ones
 * prove nothing. Every rewriting here keeps the value at each point where all parts are defined; indicators (conditions as 0/1 atoms) never enter a denominator.
 *
 * The number of atoms is fixed per ring, and so are the denominators D of exponents and angles: a computation that needs more stops with NORMAL_AGAIN and is
 * started again by normal_run with larger ones. */
#ifndef GEN_PROVE_NORMAL_H
#define GEN_PROVE_NORMAL_H
#include "gen/prove/session.h"

#define NORMAL_MOST_ATOMS 768

typedef enum {
    NORMAL_GOOD,
    NORMAL_AGAIN,  /* more atoms, another D, or a new fact about a sign: start again */
    NORMAL_BUDGET, /* too many terms */
    NORMAL_ZERO    /* a division by an expression that is identically zero, log 0 … */
} normal_state;

typedef fmpz_mpoly_q_struct rational;

#define NORMAL_MOST_BOUND    16
#define NORMAL_MOST_GENERIC   4
#define NORMAL_MOST_CONJUGATE 12  /* terms of a + b √w whose conjugate is asked for */
#define NORMAL_MOST_FACTORED 400 /* terms of a polynomial that is factored */

typedef struct {
    bool full;          /* sigmoid, tanh … through exp; angles split */
    bool away;          /* arguments of |u|, relu, max … are not 0 */
    const bool *unfold; /* per variable: replace by its equation; NULL: none */
    int unfold_count;
    const node *unfold_at; /* per variable: only entries at this place along its step_axis; 0: all. NULL: all */
    const int *replace; /* per variable: read entries of it as entries of that one; −1: none; NULL: none */
    int replace_count;
    bool names;      /* names of the page stay, what they stand for is folded back: 1 − tanh(z)² is 1 − a² */
    long work_limit; /* terms made, 0: default */
    const node *generic; /* taken to be not 0, as in the plan of a form before */
    int generic_count;
    const node *known; /* canonical expressions of which a strict sign is given; 0 where it is not */
    const signed char *known_sign;
    int known_count;
    const table *inside; /* (integer data, size): 0 … size − 1 wherever both sides are defined; NULL: none */
    bool generic_powers; /* b^(n−1) is b^n/b also where b ≠ 0 is not known: see normal_plan.generic */
} normal_options;

/* What survives a restart. */
typedef struct {
    slong atoms, exp_denominator, root_denominator, angle_denominator;
    table positive; /* nodes that are > 0 (value 1) or >= 0 (2) because both sides are defined */
    table shift;    /* (function, argument without its integer) → the greatest integer added to it */
    table guarded;  /* nodes that stand under 1/… or log in a branch, and may be 0 */
    node generic[NORMAL_MOST_GENERIC]; /* bases b that were taken to be not 0, so that b^(n−1) = b^n/b: the caller must see to b = 0 */
    int generic_count;
    bool used_away; /* `away` mattered */
    node away[4];   /* the first such arguments */
    int away_count;
} normal_plan;

typedef struct normal {
    session *s;
    dag *d;
    normal_options o;
    normal_plan *plan;
    normal_state state;
    fmpz_mpoly_ctx_t ring;
    table atom; /* node → number; generator = atoms − 1 − number, so the newest is the largest in lexicographic order */
    fmpz_mpoly_struct *relation;
    slong *relation_generator, *relation_degree;
    int relation_count, relation_capacity;
    table related;    /* polynomials whose sign is that of another expression, and has its relation */
    table entry_sign; /* of names with equations: node → sign */
    table memo; /* node → number in value */
    rational *value;
    int value_capacity;
    int *opened;     /* per variable: its equation is being read (recurrences stop here) */
    int conditional; /* depth of branches that may not be taken and sums that may be empty */
    int quiet;       /* > 0: nothing is noted */
    bool unnoted;    /* what was noted is not looked at */
    int turned;      /* sums inside each other that were read from their ends */
    bool solved;     /* directly in the value of a lemma: what it divides by was seen not to matter when it was solved for (induct.c) */
    int bound[NORMAL_MOST_BOUND], bound_count, bound_start; /* indices of the sums that are being read; from bound_start on: within the innermost branch */
    int depth, sign_depth;
    long work;
    long *spent; /* if not NULL: reduced by the work when the ring is closed */
} normal;

/* Runs `step` in a fresh ring until it no longer asks for a restart. */
normal_state normal_run(session *s, const normal_options *o, normal_state (*step)(normal *c, void *context), void *context);

/* out must be initialised; on failure c->state is set and out is anything. */
bool normal_form(normal *c, node n, rational *out);
node normal_node(normal *c, const rational *q);
/* The plan begins with the fact that a canonical node is not 0. */
void normal_plan_nonzero(normal_plan *plan, node n);
/* The plan begins with a strict sign of a canonical node. */
void normal_plan_sign(normal_plan *plan, node n, int sign);
/* The same for people: numerator and denominator in factors, as far as they are small. */
node normal_factored(normal *c, const rational *q);
bool normal_fail(normal *c, normal_state state);

/* --- arithmetic within budget, reduced by the relations --- */
void rational_init(normal *c, rational *q);
void rational_clear(normal *c, rational *q);
bool rational_add(normal *c, rational *out, const rational *a, const rational *b);
bool rational_sub(normal *c, rational *out, const rational *a, const rational *b);
bool rational_mul(normal *c, rational *out, const rational *a, const rational *b);
bool rational_div(normal *c, rational *out, const rational *a, const rational *b);
bool rational_pow(normal *c, rational *out, const rational *a, slong exponent);
bool rational_set_si(normal *c, rational *out, slong numerator, slong denominator);
bool rational_reduce(normal *c, rational *q);

/* Factors p into f, which is initialised, and counts the work; false when that is too much. */
bool normal_factor(normal *c, fmpz_mpoly_factor_struct *f, const fmpz_mpoly_struct *p);

/* --- atoms --- */
/* The generator of a canonical node, −1 after a failure. */
slong normal_generator(normal *c, node n);
node normal_generator_node(const normal *c, slong generator);
bool normal_atom(normal *c, node n, rational *out);
/* Adds a relation whose leading term is generator^degree (times older atoms). Takes over the polynomial. */
void normal_relation(normal *c, fmpz_mpoly_struct *p, slong generator, slong degree);
bool normal_is_indicator(const normal *c, node atom);
/* +1: > 0, +2: >= 0, −1: < 0, −2: <= 0, 0: not known; of an atom and of a polynomial. */
int normal_atom_sign(normal *c, node n);
/* The same of any node, from its form and the facts about names alone. */
int normal_structural_sign(session *s, node n);
/* Does n vanish on a thin set only? No where it, or a definition below it, is piecewise or has few values, unless a free name is added to it. */
bool normal_is_thin(session *s, node n);
/* For each choice of sizes and of the claim's indices: n − 1 is not, which is 0 for one of them. */
bool normal_is_thin_everywhere(session *s, node n);
int normal_sign(normal *c, const fmpz_mpoly_struct *p);
/* The same without what was noted because both sides are defined. */
int normal_sign_unnoted(normal *c, const fmpz_mpoly_struct *p);
/* log u and roots of u say that u > 0 (sign 1) or u >= 0 (2) wherever both sides are defined: a fact, unless it stands in a branch. */
bool normal_note_sign(normal *c, const rational *u, int sign);
bool normal_note_nonzero(normal *c, const fmpz_mpoly_struct *p);
/* From now on p is not 0, though that is no fact. */
bool normal_note_generic(normal *c, const fmpz_mpoly_struct *p);
/* Is p never 0 where both sides are defined, as far as is known? */
bool normal_is_nonzero(normal *c, const fmpz_mpoly_struct *p);
/* p = a + b·generator^degree with a, b free of the generator; false: it stands there otherwise too. */
bool normal_split_root(normal *c, const fmpz_mpoly_struct *p, slong generator, slong degree, fmpz_mpoly_struct *a, fmpz_mpoly_struct *b);
/* --- square roots (denest.c) --- */
/* Is it an atom |p|^(1/D) with an even D? */
bool normal_is_root(const normal *c, node n);
/* p = a + b with b = (…)·√w for the newest root in p: a, b and a² − b², a polynomial; false: not of that form. a and b are zero at first. */
bool normal_conjugate(normal *c, const fmpz_mpoly_struct *p, rational *a, rational *b, rational *norm);
/* An expression whose square is p; *done: there is one. */
bool normal_denest(normal *c, const fmpz_mpoly_struct *p, bool *done, rational *out);

/* Adds what n says of integer data, from the expression as it was written: a subscript that is needed wherever n is defined, not one in a branch, an operand that may
 * not be looked at or a sum that may be empty, lies in its axis. A canonical expression no longer shows these. */
void normal_gather_inside(session *s, node n, table *out);
/* Is integer data known to lie in lo … hi? So is the place of an extreme of a range that is not empty. */
bool normal_is_inside(const normal *c, node data, node lo, node hi);
/* Was that noted of p, or of a node? */
bool normal_noted_nonzero(normal *c, const fmpz_mpoly_struct *p);
bool normal_noted_nonzero_node(const normal *c, node n);
/* p, or −p, without the common factor of its coefficients. */
node normal_primitive(normal *c, const fmpz_mpoly_struct *p, bool negated);
/* The values that a sign or condition atom can have. */
int normal_indicator_range(normal *c, node atom, int *lowest, int *step);

/* --- branches (guard.c) --- */
typedef struct {
    int conditional, bound_count, bound_start;
    bool solved;
} normal_scope;
normal_scope normal_scope_of(const normal *c);
/* Until normal_leave: what is read may not be needed. */
normal_scope normal_enter_branch(normal *c);
/* The same for the body of a sum over `index`, if lo <= hi is not certain. */
normal_scope normal_enter_range(normal *c, int index, node lo, node hi);
void normal_leave(normal *c, normal_scope before);
/* Does p stand in a branch that says nothing of it, and may it be 0? */
bool normal_may_be_zero(normal *c, const fmpz_mpoly_struct *p);
/* 1/a and log|p| there, 0 where they have no value; _whole: of what is 0 for some values of its indicators. */
bool normal_guard_inverse(normal *c, const rational *a, rational *out);
bool normal_guard_whole(normal *c, const rational *a, rational *out);
bool normal_guard_log(normal *c, const fmpz_mpoly_struct *p, node log, rational *out);
/* What a guarded atom stands for, else 0. */
node normal_guarded(const normal *c, node n);
/* Outside of branches p divides: a fact, where branches ask for it. */
bool normal_note_divisor(normal *c, const fmpz_mpoly_struct *p);

/* --- arguments with signs in them (split.c), in the full form --- */
typedef bool split_apply(normal *c, const rational *u, void *context, rational *out);
/* If u has a sign or a condition in it: the sum over its values of `apply`, weighted; *done says so. */
bool normal_by_signs(normal *c, const rational *u, split_apply *apply, void *context, bool *done, rational *out);

/* --- parts of the table of functions --- */
bool normal_function(normal *c, node n, rational *out);
bool normal_power(normal *c, node n, rational *out);
bool normal_exp(normal *c, const rational *u, rational *out);
bool normal_log(normal *c, const rational *u, rational *out);
bool normal_root(normal *c, const rational *u, slong numerator, slong denominator, rational *out);
bool normal_sign_of(normal *c, const rational *u, rational *out); /* −1, 0, 1 */
bool normal_absolute(normal *c, const rational *u, rational *out);
bool normal_positive(normal *c, const rational *u, rational *out); /* 1 if u > 0 else 0 */
bool normal_condition(normal *c, node n, rational *out);           /* of a COMPARE */
bool normal_angle(normal *c, const rational *u, rational *sine, rational *cosine);

/* The sign of p from that of another expression (monotone.c); *done: there is one. */
bool normal_sign_through(normal *c, const fmpz_mpoly_struct *p, bool *done, rational *out);
/* Is p, with signs sᵢ in it, 0 in each case of them that can occur? */
bool normal_zero_by_signs(normal *c, const fmpz_mpoly_struct *p);

/* A choice between p and −p that does not depend on the names of dummies or on the order of atoms: does the term that comes first have a minus sign? */
bool normal_negative(normal *c, const fmpz_mpoly_struct *p);
/* The same where indices are; elsewhere the order of atoms will do. */
bool normal_is_turned(normal *c, const fmpz_mpoly_struct *p);
/* A hash of the structure of a node: `self` hashes as 1, other indices by their ranges only. */
uint64_t normal_structure(const normal *c, node n, int self);

/* Σ over `index` (lo..hi) of q. */
bool normal_sum(normal *c, int index, node lo, node hi, const rational *q, rational *out);
bool normal_reduce(normal *c, node n, rational *out);
/* extreme.c: max, min, argmax, argmin of an opened body. */
bool normal_extreme(normal *c, node n, int index, node body, rational *out);
/* u[argmax u] is max u, whichever of equals the place is; *done says so. */
bool normal_at_extreme(normal *c, node entry, bool *done, rational *out);
/* Π over `index` of a q that is something else at one value of it (product.c); *done says so. */
bool normal_product_but_one(normal *c, int index, node lo, node hi, const rational *q, bool *done, rational *out);
/* det and inv (determinant.c) of products, multiples, transposed matrices and inverses; *done says so. */
bool normal_matrix(normal *c, node n, bool *done, rational *out);
/* Σ over index (lo..hi) of these factors holds inv(A)[a,k] A[k,b] or A[b,k] inv(A)[k,a], and k in no other: then that pair is [a = b]. Of inv(A + B)[a,k] B[k,b]
 * it is [a = b] − Σ_k inv(A + B)[a,k] A[k,b], for one of the terms. */
bool normal_inverse_pair(normal *c, int index, node lo, node hi, int count, const node *factor, int *first, int *second, node *value);
/* A canonical node of which an assumption states the value (Σ_j y[j] = 1): that value. */
bool normal_fact(normal *c, node n, node *value);
/* An entry of a recurrence of which a lemma states the value, where *condition (0: everywhere) holds. */
bool normal_lemma(normal *c, int variable, int count, const node *at, node *value, node *condition);
/* f^(order)(u) of an f that is read as a row of ops.def (session.function_as), its derivatives taken as the table says; 0: it is not. */
node normal_known_application(session *s, node n);
/* A canonical function value that a name of the page stands for: its entry. */
bool normal_fold(normal *c, node n, node *value);

#endif
