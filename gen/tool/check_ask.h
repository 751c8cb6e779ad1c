/* Questions about a page, each decided in a process of its own. */
#ifndef GEN_TOOL_CHECK_ASK_H
#define GEN_TOOL_CHECK_ASK_H
#include "gen/prove/batch.h"
#include "gen/tool/check.h"

typedef enum {
    ASK_CLAIM,
    ASK_DELTA,   /* the name for which the δ is the adjoint; −1; or −2 − the nearest one, with diagnosis and suggestion */
    ASK_UPDATE,  /* its update_relation, with diagnosis */
    ASK_AGAINST, /* what is wrong with the δ `delta` if it is meant to be ∂C/∂v? */
    /* Would it be right (1, else 0) if the δ `delta` were ∂C/∂v? */
    ASK_CLAIM_MENDED,
    ASK_DELTA_MENDED,
    ASK_UPDATE_MENDED
} question_kind;

typedef struct {
    question_kind kind;
    int which; /* claim, variable or update */
    int delta, v;
} question;

typedef struct {
    check_result *r;
    question *list;
    batch_answer *answer; /* after questions_ask */
    int count;
} questions;

void question_add(questions *q, question one);
void questions_ask(questions *q, prover *p);
void questions_free(questions *q);

#endif
