/* Algebraic numbers by their minimal polynomials: roots in roots and cosines of parts of π, of degrees at which the fields of exact.c give up. */
#ifndef GEN_PROVE_ALGEBRAIC_H
#define GEN_PROVE_ALGEBRAIC_H
#include "gen/prove/session.h"

/* Are both sides real algebraic numbers, and equal? False also where that is too much work. */
bool algebraic_equal(session *s, node left, node right);

#endif
