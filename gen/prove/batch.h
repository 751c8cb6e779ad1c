/* Claims decided in child processes, each from the same state: the verdicts do not depend on how many run side by side, and a claim that exhausts its time or
 * brings the program down is undecided while the others are unaffected. */
#ifndef GEN_PROVE_BATCH_H
#define GEN_PROVE_BATCH_H
#include "gen/prove/prove.h"

typedef struct {
    int jobs;       /* side by side, at least 1 */
    double seconds; /* of processor time for one claim; 0: no limit */
} batch_options;

/* Decides claims with both sides; `out` has room for `count`. Others are left alone. */
void prove_batch(prover *p, model *m, const model_claim *claims, int count, const batch_options *o, verdict *out);

#endif
