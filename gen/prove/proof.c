#include "gen/prove/proof.h"

#include "gen/calculus/rules.h"
#include "gen/prove/exact.h"
#include "gen/prove/grow.h"
#include "gen/prove/induct.h"
#include "gen/prove/trace.h"

#define MOST_VALUES 16 /* of the free indices together */

/* Sizes that are numbers: one question for each value of the free indices. */
static bool prove_instances(session *s, const prove_sides *sides, ladder_question q, int from, long *left, ladder_answer *out)
{
    dag *d = s->d;
    if (from == sides->index_count) {
        if (--*left < 0)
            return false;
        ladder_prove(s, &q, out);
        return out->proved && !out->away_count;
    }
    const dag_index_info x = *dag_index_get(d, sides->indices[from]);
    node index = dag_index_node(d, sides->indices[from]);
    if (x.sample)
        return prove_instances(s, sides, q, from + 1, left, out);
    if (dag_kind(d, x.lo) != NODE_NUMBER || dag_kind(d, x.hi) != NODE_NUMBER)
        return false;
    for (node at = x.lo; dag_index_le(d, at, x.hi) == TRUTH_YES; at = dag_add2(d, at, dag_int(d, 1))) {
        ladder_question one = q;
        one.left = dag_substitute(d, q.left, 1, &index, &at, true);
        one.right = dag_substitute(d, q.right, 1, &index, &at, true);
        if (!prove_instances(s, sides, one, from + 1, left, out))
            return false;
    }
    return true;
}

static bool has_literal_index(const session *s, const prove_sides *sides)
{
    dag *d = s->d;
    for (int i = 0; i < sides->index_count; i++) {
        const dag_index_info *x = dag_index_get(d, sides->indices[i]);
        if (!x->sample && dag_kind(d, x->lo) == NODE_NUMBER && dag_kind(d, x->hi) == NODE_NUMBER)
            return true;
    }
    return false;
}

/* What is tried where the ladder found no proof but the sides agree at points. */
static void prove_otherwise(session *s, const prove_sides *sides, const ladder_question *q, ladder_answer *out)
{
    long left = MOST_VALUES;
    s->rung = RUNG_INDUCTION;
    if (induct_prove(s, q, sides->index_count, sides->indices, out) || induct_at_end(s, q, sides->index_count, sides->indices, out) ||
        grow_prove(s, q, sides->index_count, sides->indices, out))
        return;
    s->rung = RUNG_EXACT;
    exact_prove(s, q, out);
    s->rung = RUNG_INSTANCES;
    if (out->proved || !has_literal_index(s, sides))
        return;
    ladder_answer a = {0};
    if (prove_instances(s, sides, *q, 0, &left, &a))
        *out = a;
}

/* Rows of rules.def alone make the sides the same expression. */
static bool prove_by_rules(session *s, const prove_sides *sides, ladder_answer *a)
{
    rules r;
    buffer used = {0};
    rules_begin(&r, s->d, RULES_EXACT | RULES_FLOAT | RULES_STABLE);
    node left = rules_apply(&r, sides->left), right = rules_apply(&r, sides->right);
    for (int i = 0; i < RULE_COUNT; i++)
        if (r.hits[i])
            buffer_printf(&used, "%s%s (%ld)", used.length ? ", " : "", rules_name((rule)i), r.hits[i]);
    if (used.length) {
        a->proved = left == right;
        a->method = "rules";
        trace_note(s->trace, "rules", "%s: %s", used.text, a->proved ? "the sides are the same" : "not the same yet");
    }
    buffer_free(&used);
    return a->proved;
}

bool proof_find(session *s, const prove_sides *sides, const ladder_question *q, bool all, ladder_answer *out)
{
    *out = (ladder_answer){0};
    if (!prove_by_rules(s, sides, out))
        ladder_prove(s, q, out);
    if (!out->proved && all)
        prove_otherwise(s, sides, q, out);
    s->rung = 0;
    return out->proved;
}
