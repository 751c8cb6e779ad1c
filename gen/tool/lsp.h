/* The editor service: the Language Server Protocol over standard input and output. */
#ifndef GEN_TOOL_LSP_H
#define GEN_TOOL_LSP_H
#include <jansson.h>

#include "gen/tool/check.h"

/* What was decided, as an editor shows it, kept by a hash of everything it depends on: an edit decides anew only what it changed. Claims have verdicts; of
 * δ's and updates there is a message when they are not what they seem. */
typedef struct {
    uint64_t key;
    verdict_kind kind;
    bool vacuous;
    char *message, *suggestion; /* suggestion: NULL or a true claim */
    int last_used;              /* version count of the document */
} lsp_verdict;

typedef struct {
    char *uri, *path;
    char *text;
    size_t length;
    int changes;         /* so far */
    int decided;         /* what was decided, not found in the cache, at the last change */
    page page;
    int *verdict;        /* by claim: number in the cache, −1 */
    int *delta, *update; /* by variable and by update: the same; none on a page with errors */
    int delta_count, update_count;
    lsp_verdict *cache;
    int cache_count, cache_room;
} lsp_document;

/* --- lsp_document.c --- */
void lsp_document_set(lsp_document *d, const char *text, size_t length);
void lsp_document_close(lsp_document *d);
json_t *lsp_diagnostics(const lsp_document *d);
/* --- lsp_key.c: equal keys mean that the verdict is the same --- */
uint64_t lsp_claim_key(const page *p, int claim);
/* Everything that the claim's verdict depends on, as text; `whole`: with all definitions of the page, which a repair may name. */
void lsp_claim_premises(const page *p, int claim, bool whole, buffer *out);
/* Of the comparison of a δ with the adjoints, and of an update with the gradient. */
uint64_t lsp_delta_key(const page *p, int var);
uint64_t lsp_update_key(const page *p, int update);
/* --- lsp_place.c: lines and UTF-16 columns from 0 --- */
json_t *lsp_position(const char *text, size_t length, size_t offset);
size_t lsp_offset(const char *text, size_t length, const json_t *position);
json_t *lsp_range(const lsp_document *d, size_t begin, size_t end);
/* --- lsp_query.c: each gives a result, json_null() for none --- */
json_t *lsp_hover(lsp_document *d, const json_t *params);
json_t *lsp_definition(const lsp_document *d, const json_t *params);
json_t *lsp_formatting(const lsp_document *d);
json_t *lsp_actions(const lsp_document *d, const json_t *params);
json_t *lsp_inlay_hints(const lsp_document *d);
/* --- lsp_complete.c --- */
json_t *lsp_completion(const lsp_document *d, const json_t *params);

#endif
