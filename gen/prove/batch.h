/* Questions decided in child processes, each from the same state: the answers do not depend on how many run side by side, and a question that exhausts its
 * time or memory, or brings the program down, is undecided while the others are unaffected.
 *
 * One process below this one does what is done once for all claims (prove_prepare) and then makes a child for each question. Should that preparation itself
 * hang, it is left out. */
#ifndef GEN_PROVE_BATCH_H
#define GEN_PROVE_BATCH_H
#include "gen/prove/prove.h"

typedef struct {
    int jobs;       /* side by side, at least 1 */
    double seconds; /* of processor time for one question; 0: BATCH_SECONDS. The budgets that count (budget.h, BATCH_CALLS) end it long before */
    long megabytes; /* that the libraries may hold for one question; 0: BATCH_MEGABYTES */
} batch_options;

#define BATCH_SECONDS   60
#define BATCH_CALLS     30000000 /* of the libraries for memory, for one question: four seconds; the largest that is decided takes 3 million */
#define BATCH_MEGABYTES 1024

typedef struct {
    verdict verdict;
    int number; /* what the question returned; −1 when it did not get to an answer */
    bool early; /* it stopped after batch_reply_early */
} batch_answer;

/* The way back to the asker, for batch_reply_early. */
typedef struct batch_reply batch_reply;

/* Decides question `which` in a process of its own: nothing that it changes is seen by others, only *out and the number returned. */
typedef int batch_question(void *context, prover *p, int which, batch_reply *reply, verdict *out);

/* For a question: the answer so far. It stands if the process does not get to its end, for which it has the whole time and budget once more. */
void batch_reply_early(batch_reply *reply, int number, const verdict *v);

/* `out` has room for `count`. Texts live in the model's arena. */
void batch_ask(prover *p, model *m, batch_question *question, void *context, int count, const batch_options *o, batch_answer *out);

#endif
