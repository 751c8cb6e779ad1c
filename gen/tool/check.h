/* Verdicts of one page, collected before anything is printed. */
#ifndef GEN_TOOL_CHECK_H
#define GEN_TOOL_CHECK_H
#include "gen/prove/prove.h"
#include "gen/tool/page.h"

typedef enum { UPDATE_OTHER, UPDATE_ALONG, UPDATE_AGAINST } update_relation;

typedef struct {
    page *page;
    verdict *claim;      /* by claim of the model; skipped claims (errors) have text NULL in the model's claim */
    bool *decided;
    int *equals;         /* by variable: the adjoint a δ was found equal to, as variable; −1 */
    update_relation *update;
    int proved, refuted, undecided, not_understood, vacuous;
    int status;
} check_result;

/* Decides every claim, compares δ's with adjoints and updates with gradients (warnings go to the page's diagnostics). Memory: the page's arena. */
check_result check_page(page *p, bool strict);
/* The same with each claim in a child process, so many side by side; `seconds` of processor time for one claim, 0: no limit. */
check_result check_page_apart(page *p, bool strict, int jobs, double seconds);
void check_print(const check_result *r, bool colour, const char *hints);
struct json_t;
/* An object as in `--json`; the caller owns it. */
struct json_t *check_json(const check_result *r);

#endif
