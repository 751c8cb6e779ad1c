/* Rewriting by the rows of rules.def. */
#ifndef GEN_CALCULUS_RULES_H
#define GEN_CALCULUS_RULES_H
#include "gen/calculus/calculus.h"

typedef enum {
#define RULE(id, ...) RULE_##id,
#include "gen/calculus/rules.def"
#undef RULE
    RULE_LOG_SOFTMAX, /* log softmax(u)[j] = u[j] − logsumexp(u); written by hand: it binds an index */
    RULE_COUNT
} rule;

typedef enum { RULES_EXACT = 1, RULES_FLOAT = 2, RULES_STABLE = 4 } rule_class;

/* One context: patterns built in its DAG, hits counted, rows that a test switches off or breaks (a broken row's right side is 1 too large). */
typedef struct {
    dag *d;
    node left[RULE_COUNT], right[RULE_COUNT];
    long hits[RULE_COUNT];
    bool off[RULE_COUNT], broken[RULE_COUNT];
    unsigned classes; /* which rows are used */
} rules;

void rules_begin(rules *r, dag *d, unsigned classes);
const char *rules_name(rule x);
/* The pattern variables (0: u, 1: v) as nodes, to instantiate a row by dag_substitute. */
node rules_variable(dag *d, int which);
/* n rewritten until no row applies, innermost first. */
node rules_apply(rules *r, node n);

/* Rewrites the page's definitions for floating point, before they are differentiated: log of a name that is defined as a softmax or a sigmoid is rewritten
 * through that definition. The values of all names stay the same. Before calculus_expand. */
void calculus_stabilise(model *m);

#endif
