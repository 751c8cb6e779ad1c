/* Verdicts for claims. A claim is proved by exact arithmetic only, refuted by two rigorous balls that do not meet at a rational point, else undecided.
 *
 * A session belongs to one model; texts of verdicts live in the model's arena. The same model and claims in the same order give the same verdicts. */
#ifndef GEN_PROVE_PROVE_H
#define GEN_PROVE_PROVE_H
#include "gen/model/model.h"

typedef enum { VERDICT_PROVED, VERDICT_REFUTED, VERDICT_UNDECIDED, VERDICT_NOT_UNDERSTOOD } verdict_kind;

typedef struct {
    const char *name, *value;
} verdict_pair;

typedef struct {
    verdict_pair *list;
    int count;
} verdict_pairs;

/* Where the two sides differ. */
typedef struct {
    verdict_pairs point;     /* "w1" "3/2" */
    verdict_pairs functions; /* "σ1" "u + u²/4" */
    verdict_pairs sizes, instance;
    const char *left, *right;             /* "[1.0583 +/- 1e-30]" */
    const char *left_short, *right_short; /* "1.0583…" */
} verdict_witness;

/* `digits` of sides that are the same numbers. */
#define VERDICT_EXACT 9999

typedef struct {
    verdict_kind kind;
    bool vacuous;           /* proved, but both sides are 0 because a name does not occur: not to be counted */
    const char *condition;  /* NULL or "away from u = 0", "for n = 784 only", "vacuous" */
    const char *assumed;    /* proved: the assumptions that were used, in the page's words, or NULL */
    const char *method;     /* "identical", "rational", "index", "ball", "shape", … */
    const char *reason;     /* why undecided; NULL otherwise */
    const char *suggestion; /* a proved claim close to a refuted one, or NULL */
    bool other_left;        /* the suggestion has another left side */
    const char *diagnosis;  /* "missing term 2λ w1", or NULL */
    const char *left_is;    /* the left side in the page's names, or NULL */
    int digits, points;     /* undecided: the sides agree to so many digits at so many points */
    long steps;             /* what it took, with all that was done before in the same process; see budget.h */
    verdict_witness witness;
    verdict_pairs why; /* with prove_options.why: what was tried, in order: "rung" "…", … */
} verdict;

typedef struct {
    long work_limit; /* terms and nodes per attempt; 0: default */
    bool no_refuter; /* tests only: a false claim must not become proved without it either */
    bool no_repair;
    bool at_values;           /* sizes that the page fixes are these numbers; see also values_fix */
    bool why;                 /* fill verdict.why */
    int contradiction_status; /* exit with this status, in a child process, in place of abort(); 0: abort() */
} prove_options;

typedef struct prover prover;

prover *prove_new(model *m, const prove_options *o);
void prove_free(prover *p);
/* What is done once for all claims, done now; else the first claim asks for it. */
void prove_prepare(prover *p);
/* It is left out: claims that need it are undecided. */
void prove_unprepared(prover *p);
prove_options *prove_options_of(prover *p);
void prove_claim(prover *p, const model_claim *c, verdict *out);
/* Fills diagnosis, suggestion and left_is of a claim that was refuted; prove_claim does so itself unless no_repair. */
void prove_diagnose(prover *p, const model_claim *c, verdict *out);
/* Are two expressions over the same free indices equal for all their values? For comparing δ's with adjoints and updates with gradients: no repair is tried. */
void prove_equal(prover *p, node left, node right, int index_count, const int *indices, verdict *out);
/* The work of the libraries, which cannot be interrupted, was more than a question is worth: fills a verdict that names the rung. False: there was one already, and
 * it was a repair that was looked for. For who stops the process; uses no library. */
bool prove_stopped(const prover *p, verdict *out);
const char *verdict_name(verdict_kind kind);

#endif
