#ifndef GEN_PROVE_FACT_H
#define GEN_PROVE_FACT_H
#include "gen/prove/session.h"

/* Fills session.rule from the model's assumptions. */
void fact_rules(session *s);
/* Adds Σ y = 1 over the last axis of a variable, for each sample, as the last rule: the caller takes it back by lowering rule_count. One at a time. */
bool fact_assume_sum(session *s, int variable);
/* Fills session.fold from the page's definitions, once. */
void fact_folds(session *s);
/* Adds a last fold: n, a function value, is read as `name`. The caller takes it back by lowering fold_count. One at a time, after fact_folds. */
bool fact_fold_as(session *s, node n, node name);

#endif
