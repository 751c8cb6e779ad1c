/* Expectations over the declared noise, exactly: of polynomials in it, exponentials and waves of linear forms, and their products, with sums over indices. */
#ifndef GEN_CALCULUS_EXPECT_H
#define GEN_CALCULUS_EXPECT_H
#include "gen/model/model.h"

/* E(n) as an expression without noise; 0 if it is not of that kind, with the reason in *why. All DIFF and AT in n and below are expanded. */
node expect_value(model *m, node n, const char **why);

#endif
