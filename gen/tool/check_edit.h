/* The smallest edit of a refuted claim, as it was written: one token changed, left out or put in, on either side, such that the claim is then proved. */
#ifndef GEN_TOOL_CHECK_EDIT_H
#define GEN_TOOL_CHECK_EDIT_H
#include "gen/tool/check.h"

/* Fills suggestion and diagnosis of a refuted claim that has no suggestion. Reads the page once more with all edited claims as its claims; nothing is changed in `p`
 * but its arena. For a child process: it may take long. */
void check_edit(const page *p, const page_options *o, int claim, verdict *out);

#endif
