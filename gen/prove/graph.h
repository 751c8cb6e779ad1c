/* Which names depend on which: ranks for unfolding in order, closures, recurrences. All without recursion: chains may be 10,000 names long. */
#ifndef GEN_PROVE_GRAPH_H
#define GEN_PROVE_GRAPH_H
#include "gen/prove/session.h"

/* Computes session.rank, recurrent, adjoint, component, step_axis and step for all variables there are now. */
void graph_rank(session *s);
/* The variables that occur in n, each once; the caller frees the list. */
int *graph_variables(session *s, node n, int *count);
/* Does the value of `variable` depend on any variable marked in `marks` (per variable)? */
bool graph_reaches(session *s, int variable, const bool *marks);
/* Marks every variable that reaches a marked one. */
void graph_mark_dependents(session *s, bool *marks);
/* Does n, with everything below the names in it, contain an adjoint? */
bool graph_has_adjoint(session *s, node n);

#endif
