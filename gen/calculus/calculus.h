/* Derivatives. Everything here works on equations: differentiating a page adds equations to its model (the adjoints), one per name that is on a path. */
#ifndef GEN_CALCULUS_CALCULUS_H
#define GEN_CALCULUS_CALCULUS_H
#include "gen/model/model.h"

/* Replaces every DIFF and AT in equations, claims, updates, metrics and assumptions, in dependency order. New variables have ROLE_ADJOINT. Errors (a derivative
 * through floor, by integer data, …) are diagnostics; the claim concerned then has left or right 0 and must be skipped. */
void calculus_expand(model *m);

/* ∂A/∂B with the given held variables: A a node with free indices, B an entry (its index expressions may hold free indices). Returns a node over adjoint
 * entries. 0 after an error, reported at `at`. */
node calculus_derivative(model *m, node a, node b, int hold, span at);

/* Expands the DIFF and AT nodes of one expression; 0 after an error. */
node calculus_expand_expression(model *m, node n, span at);

/* Expands the sides of a claim as they were read, and notes in it what they need; errors are reported at `at`, and both sides are 0 then. */
void calculus_expand_claim(model *m, model_claim *c, span at);

/* The training program: the objectives' batch means J, the adjoints the updates need, updates in groups; optimizers expanded to states and updates.
 * Fills m->update (generated ones included) and adds equations. */
void calculus_train(model *m);

/* Derivative of an expression by one of its own leaves, nothing else moving (used for σ′ of defined functions and for tests). */
node calculus_partial(model *m, node n, node leaf, span at);

/* The derivative of a function of ops.def by one of its arguments; 0: it is 0, or there is none. */
node calculus_slope(dag *d, node function, int argument);

/* Frees what calculus keeps beside the model; before model_free. */
void calculus_release(model *m);

#endif
