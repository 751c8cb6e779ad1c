/* What a verdict leaves out, in few words. */
#ifndef GEN_PROVE_AWAY_H
#define GEN_PROVE_AWAY_H
#include "gen/prove/domain.h"
#include "gen/prove/ladder.h"
#include "gen/prove/refute.h"

/* "away from x = 0, u = 1": where the proof's arguments `a->away` and the kinks of the sides' derivatives vanish, each place once, without those where a side is
 * not defined; NULL if nothing is left out. Where an argument is 0 on one side of a place, as relu(x) is, there is no kink but at the place itself. */
const char *away_text(session *s, const prove_sides *sides, const ladder_answer *a, domain *of);

#endif
