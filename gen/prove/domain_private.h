/* Shared by the files of domain.h. */
#ifndef GEN_PROVE_DOMAIN_PRIVATE_H
#define GEN_PROVE_DOMAIN_PRIVATE_H
#include "gen/prove/domain.h"
#include "gen/prove/region.h"

#define DOMAIN_MOST_NEEDS    256
#define DOMAIN_MOST_INDICES  16
#define DOMAIN_MOST_BRANCHES 64

#define DOMAIN_NO_SUM    (-1)
#define DOMAIN_SUM_ABOVE (-2)

/* What is taken where `when` holds, within another branch; number 0 is what is always taken. What depends on the index of a sum has a value in the sum only. */
typedef struct {
    int within, depth;
    int index; /* of the sum that is not empty; DOMAIN_NO_SUM; DOMAIN_SUM_ABOVE: of a sum with the name in hand below it */
    condition when;
} domain_branch;

/* The third of the sides: what is taken for granted. */
#define DOMAIN_ASSUMED 2

/* Beyond the budget: what is needed there is not known to be needed. */
#define DOMAIN_LOST (-1)

struct domain {
    session *s;
    const prove_sides *sides;
    region_need list[DOMAIN_MOST_NEEDS];
    int count, side;
    bool too_many;     /* the list is not all of it */
    table seen, names; /* (node, branch) that were walked for this side, (variable, branch) that are to be, in order */
    table assumed;     /* as names, those whose definitions a proof may read outside of the sums in which they stand */
    domain_branch branch[DOMAIN_MOST_BRANCHES];
    int branch_count, at;                /* the branch in hand */
    condition guard[REGION_MOST_GUARDS]; /* of the need in hand */
    int guard_count;
    bool lost;                           /* it has more guards than these */
    bool never;                          /* it is met nowhere */
    int claimed[DOMAIN_MOST_INDICES], twin[DOMAIN_MOST_INDICES], twin_count; /* indices of guards, as they are called below names */
    int index[DOMAIN_MOST_INDICES], index_count;                             /* those that stand for all of one range in what is needed */
    bool in_equation;                                                        /* whose indices are its own, also where they are those of the claim */
    const model_equation *equation;                                          /* in hand */
};

/* Is it an index of the claim? */
bool domain_is_claimed(const domain *x, int index);
/* The side in hand needs the base to be what the bits of region.h say: in irreducible factors, without what is always so. */
void domain_require(domain *x, node base, int bits);

/* The branch within the one in hand that is taken where the condition n holds, or does not; it may be DOMAIN_LOST. */
int domain_branch_of(domain *x, node n, bool holds);
/* That of the body of a sum or product n over `index`: the range is not empty. */
int domain_branch_body(domain *x, node n, int index);
/* That of the equation's right side: h[i in 1..n−1] = … is read where there is such an i. */
int domain_branch_equation(domain *x, const model_equation *e);
/* The branch in hand as it is called below a name, whose equations have indices of their own; `entry`: without the sums out of which that entry can be taken, 0: whole. */
int domain_branch_below(domain *x, node entry);

#endif
