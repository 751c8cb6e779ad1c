/* Shared by the files of domain.h. */
#ifndef GEN_PROVE_DOMAIN_PRIVATE_H
#define GEN_PROVE_DOMAIN_PRIVATE_H
#include "gen/prove/domain.h"
#include "gen/prove/region.h"

#define DOMAIN_MOST_NEEDS   256
#define DOMAIN_MOST_INDICES 16

struct domain {
    session *s;
    const prove_sides *sides;
    region_need list[DOMAIN_MOST_NEEDS];
    node inside[DOMAIN_MOST_NEEDS]; /* of each: the sum over a range that may be empty in which alone it is needed, as its bounds in a comparison; 0: always */
    node around;                    /* that of what is walked */
    int count, side;
    bool too_many; /* the list is not all of it */
    table seen; /* nodes that were walked for this side */
    int *names, name_count;
    char *named;                                 /* per variable */
    int index[DOMAIN_MOST_INDICES], index_count; /* those that stand for all of one range in what is needed */
    bool in_equation;                            /* whose indices are its own, also where they are those of the claim */
};

/* Is it an index of the claim? */
bool domain_is_claimed(const domain *x, int index);
/* The side in hand needs the base to be what the bits of region.h say: in irreducible factors, without what is always so. */
void domain_require(domain *x, node base, int bits);

#endif
