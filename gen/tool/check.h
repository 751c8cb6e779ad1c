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
/* Is this name to be compared with the page's adjoints? */
bool check_is_delta(const model *m, int var);
/* The name v for which this δ is ∂C/∂v, C the first objective; −1 when there is none. */
int check_delta(model *m, prover *p, int delta);
/* How a step relates to the gradient; *diagnosis: for UPDATE_AGAINST, what is wrong with it, or NULL. */
update_relation check_update(model *m, prover *p, const model_update *u, const char **diagnosis);
/* What is said of a δ without an adjoint and of an update beside the gradient. In the model's arena. */
const char *check_delta_warning(const model *m, int delta);
const char *check_update_warning(const model *m, const model_update *u);
#define CHECK_UPDATE_HINT "compared with the gradient: %s"
void check_print(const check_result *r, bool colour, const char *hints);
struct json_t;
/* An object as in `--json`; the caller owns it. */
struct json_t *check_json(const check_result *r);

#endif
