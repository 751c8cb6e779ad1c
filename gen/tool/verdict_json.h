/* Parts of verdicts as JSON, for pages and for notes. The caller owns what is returned. */
#ifndef GEN_TOOL_VERDICT_JSON_H
#define GEN_TOOL_VERDICT_JSON_H
#include <jansson.h>

#include "gen/prove/prove.h"

json_t *json_text(const char *text);                  /* null for NULL; texts of notes may be no UTF-8 */
json_t *json_witness(const verdict_witness *witness); /* null where there is none */

#endif
