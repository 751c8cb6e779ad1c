/* What a verdict leaves out, in few words. */
#ifndef GEN_PROVE_AWAY_H
#define GEN_PROVE_AWAY_H
#include "gen/prove/ladder.h"
#include "gen/prove/refute.h"

/* "away from x = 0, u ≤ 1": where the proof's arguments `a->away` and the kinks of the sides' derivatives vanish, each place once, without those that `where`,
 * the text of domain_text or NULL, excludes already; NULL if nothing is left out. */
const char *away_text(session *s, const prove_sides *sides, const ladder_answer *a, const char *where);

#endif
