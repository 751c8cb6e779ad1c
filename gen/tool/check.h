/* Verdicts of one page, collected before anything is printed. */
#ifndef GEN_TOOL_CHECK_H
#define GEN_TOOL_CHECK_H
#include "gen/prove/prove.h"
#include "gen/tool/page.h"

typedef enum { HINTS_NONE, HINTS_LINE, HINTS_KIND, HINTS_FULL } hint_level;

typedef struct {
    bool strict;
    int jobs;       /* claims side by side; 0: 1 */
    double seconds; /* of processor time for one claim; 0: the default of batch.h */
    long megabytes; /* that one claim may hold; 0: the default */
    bool no_cache;
    bool at_values; /* for the page's numbers only */
    bool why;
    hint_level hints;
} check_options;

typedef enum { UPDATE_OTHER, UPDATE_ALONG, UPDATE_AGAINST } update_relation;

typedef struct {
    page *page;
    check_options options;
    verdict *claim; /* by claim of the model; skipped claims (errors) have text NULL in the model's claim */
    bool *decided;
    bool *cached;                             /* the verdict was found on disk */
    int *cause;                               /* by claim: the δ whose definition makes it false, as variable; −1 */
    int *equals;                              /* by variable: the adjoint a δ was found equal to, as variable; −1 */
    int *nearest;                             /* the one that it was probably meant to be, if it is none; −1 */
    const char **delta_wrong, **delta_better; /* then: what is wrong with it, and a right definition; or NULL */
    update_relation *update;
    const char **update_diagnosis; /* of updates beside the gradient, or NULL */
    int *update_cause;             /* as `cause` */
    int proved, refuted, undecided, not_understood, vacuous;
    int status;
} check_result;

/* Decides every claim, compares δ's with adjoints and updates with gradients (warnings go to the page's diagnostics), each in a process of its own. Memory: the
 * page's arena. */
check_result check_page(page *p, const check_options *o);
void check_print(const check_result *r, bool colour);
struct json_t;
/* An object as in `--json`; the caller owns it. */
struct json_t *check_json(const check_result *r);
/* Does the claim count as good? */
bool check_is_good(const page *p, const model_claim *c, const verdict *v);
/* "a factor is missing" for "the factor σ2′(z2) is missing": what a refuted line reveals below full hints. */
const char *check_kind(const char *diagnosis);

/* --- check_delta.c --- */
/* Is this name to be compared with the page's adjoints? */
bool check_is_delta(const model *m, int var);
typedef struct {
    int equals;         /* the name v for which the δ is ∂C/∂v, C the first objective; −1 */
    int nearest;        /* if there is none: the name for which it was probably meant; −1 */
    const char *wrong;  /* what is wrong with it then, or NULL: "the factor σ2′(z2) is missing" */
    const char *better; /* the definition that would be right, or NULL */
} delta_verdict;
delta_verdict check_delta(page *pg, prover *p, int delta);
/* What is said of a δ without an adjoint. In the model's arena. */
const char *check_delta_warning(const model *m, const delta_verdict *v, int delta, hint_level hints);
/* What is wrong with the δ if it is meant to be ∂C/∂v? False: nothing was found that would make it right. */
bool check_delta_against(page *pg, prover *p, int delta, int v, delta_verdict *out);
/* The next name after `v` (−1: the first) whose ending and shape are the δ's, −1: no more. */
int check_delta_next(const model *m, int delta, int v);
/* For the rest of this process: the δ is ∂C/∂v. */
void check_mend_delta(model *m, int delta, int v);

/* --- check_cause.c --- */
/* One root cause: finds the δ's whose definition makes claims and updates wrong, and warns of each δ that is no adjoint, once. */
void check_causes(check_result *r, prover *p);

/* --- check_update.c --- */
/* How a step relates to the gradient; *diagnosis: for UPDATE_AGAINST, what is wrong with it, or NULL. */
update_relation check_update(model *m, prover *p, const model_update *u, const char **diagnosis);
const char *check_update_warning(const model *m, const model_update *u);
#define CHECK_UPDATE_HINT "compared with the gradient: %s"

/* --- check_ci.c --- */
/* Collects what was found in files, for JUnit and SARIF; written when all are there. */
typedef struct check_log check_log;
check_log *check_log_new(void);
/* `file`: an object as in the list "files" of `--json`. */
void check_log_file(check_log *log, const struct json_t *file);
/* Written to a temporary file and renamed; 0 or STATUS_MACHINE. */
int check_log_junit(const check_log *log, const char *path);
int check_log_sarif(const check_log *log, const char *path);
void check_log_free(check_log *log);

#endif
