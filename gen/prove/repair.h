/* Edits of a claim's right side, tried one after another. */
#ifndef GEN_PROVE_REPAIR_H
#define GEN_PROVE_REPAIR_H
#include "gen/prove/refute.h"

/* Called for an edit that agrees at points; true: it is the answer, stop. */
typedef bool (*repair_try)(void *context, node right, const char *diagnosis);

/* Do the sides agree at a few points? The cheap test before a proof. */
bool repair_agrees(session *s, const prove_sides *sides);
/* The sign of a term; an exponent or a number a little different. */
bool repair_numbers(session *s, const prove_sides *sides, repair_try try, void *context);
/* One name in place of another of the same shape; a prime more or less. */
bool repair_names(session *s, const prove_sides *sides, repair_try try, void *context);
/* Transposed; an index moved by one. */
bool repair_shape(session *s, const prove_sides *sides, repair_try try, void *context);

#endif
