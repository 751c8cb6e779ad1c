#ifndef GEN_PROVE_FACT_H
#define GEN_PROVE_FACT_H
#include "gen/prove/session.h"

/* Fills session.rule from the model's assumptions. */
void fact_rules(session *s);
/* Fills session.fold from the page's definitions, once. */
void fact_folds(session *s);

#endif
