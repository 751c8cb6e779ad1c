/* The sweep over names: later names that are equal to earlier ones for all sizes are proved equal, one equation at a time, and read as the earlier one from
 * then on. That is what makes deep networks and recurrences provable: each step looks at one equation only. */
#ifndef GEN_PROVE_MERGE_H
#define GEN_PROVE_MERGE_H
#include "gen/prove/session.h"

void merge_sweep(session *s);

#endif
