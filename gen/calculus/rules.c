#include "gen/calculus/rules.h"

#include <stdlib.h>
#include <string.h>

#include "gen/calculus/sweep.h"

#include "gen/dag/break.h"
#include "gen/dag/dag_private.h"

/* Pattern variables are entries of variables that no model has. */
enum { PATTERN_FIRST = 1 << 30 };

node rules_variable(dag *d, int which)
{
    return dag_entry(d, PATTERN_FIRST + which, 0, NULL);
}

static const struct {
    const char *name, *reason;
    rule_class class;
} rows[RULE_COUNT] = {
#define RULE(id, class, left, condition, right, reason) {#id, reason, RULES_##class},
#include "gen/calculus/rules.def"
#undef RULE
    {"LOG_SOFTMAX", "softmax underflows to 0; log softmax(u) = u − logsumexp(u)", RULES_STABLE},
};

const char *rules_name(rule x)
{
    return rows[x].name;
}
void rules_begin(rules *r, dag *d, unsigned classes)
{
    node u = rules_variable(d, 0), v = rules_variable(d, 1);
    *r = (rules){.d = d, .classes = classes};
    (void)v;
#define N(p) dag_int(d, p)
#define Q(p, q) dag_ratio(d, p, q)
#define ADD(a, b) dag_raw_add(d, 2, (node[]){a, b})
#define SUB(a, b) dag_raw_add(d, 2, (node[]){a, NEG(b)})
#define MUL(a, b) dag_raw_mul(d, 2, (node[]){a, b})
#define DIV(a, b) dag_raw_mul(d, 2, (node[]){a, POW(b, N(-1))})
#define NEG(a) dag_raw_mul(d, 2, (node[]){N(-1), a})
#define POW(a, b) dag_raw_pow(d, a, b)
#define F(o, a) dag_raw_fun(d, OP_##o, 1, (node[]){a})
#define F2(o, a, b) dag_raw_fun(d, OP_##o, 2, (node[]){a, b})
#define RULE(id, class, l, condition, rr, reason)                                                                                                    \
    r->left[RULE_##id] = l;                                                                                                                          \
    r->right[RULE_##id] = rr;
#include "gen/calculus/rules.def"
#undef RULE
}
#undef N
#undef ADD
#undef MUL

/* --- matching --- */

typedef struct {
    dag *d;
    node value[2];
} binding;

static bool match(binding *b, node pattern, node n);

static bool match_children(binding *b, node pattern, node n)
{
    for (int i = 0; i < dag_count(b->d, pattern); i++)
        if (!match(b, dag_child(b->d, pattern, i), dag_child(b->d, n, i)))
            return false;
    return true;
}

/* Patterns have two operands at most: try both orders. */
static bool match_either(binding *b, node pattern, node n)
{
    binding saved = *b;
    if (match_children(b, pattern, n))
        return true;
    *b = saved;
    return match(b, dag_child(b->d, pattern, 0), dag_child(b->d, n, 1)) && match(b, dag_child(b->d, pattern, 1), dag_child(b->d, n, 0));
}

/* −u in a pattern: the negative of any term, −2 x as well. */
static node negated(dag *d, node n)
{
    if (dag_kind(d, n) == NODE_NUMBER ? mpq_sgn(*dag_value(d, n)) < 0
                                      : dag_kind(d, n) == NODE_MUL && dag_kind(d, dag_child(d, n, 0)) == NODE_NUMBER && mpq_sgn(*dag_value(d, dag_child(d, n, 0))) < 0)
        return dag_neg(d, n);
    return 0;
}

static bool match(binding *b, node pattern, node n)
{
    dag *d = b->d;
    node_kind kind = dag_kind(d, pattern);
    if (kind == NODE_ENTRY && dag_payload(d, pattern) >= PATTERN_FIRST) {
        node *value = &b->value[dag_payload(d, pattern) - PATTERN_FIRST];
        if (!*value)
            *value = n;
        return *value == n;
    }
    if (kind == NODE_MUL && dag_count(d, pattern) == 2 && dag_is_int(d, dag_child(d, pattern, 0), -1)) {
        node positive = negated(d, n);
        return positive && match(b, dag_child(d, pattern, 1), positive);
    }
    if (pattern == n)
        return true;
    if (dag_kind(d, n) != kind || dag_payload(d, n) != dag_payload(d, pattern) || dag_count(d, n) != dag_count(d, pattern) || kind == NODE_NUMBER)
        return false;
    if (kind == NODE_ADD || kind == NODE_MUL)
        return match_either(b, pattern, n);
    return dag_count(d, pattern) > 0 && match_children(b, pattern, n);
}

/* log softmax(u)[j] → u[j] − logsumexp(u) */
static node log_softmax(rules *r, node n)
{
    dag *d = r->d;
    node inner = dag_kind(d, n) == NODE_FUN && dag_payload(d, n) == OP_LOG ? dag_child(d, n, 0) : 0;
    int index;
    if (!inner || dag_kind(d, inner) != NODE_REDUCE || dag_payload(d, inner) != REDUCE_SOFTMAX)
        return 0;
    node body = dag_open(d, inner, &index), from = dag_index_node(d, index), to = dag_child(d, inner, 2);
    node total = dag_raw_reduce(d, REDUCE_LOGSUMEXP, index, dag_child(d, inner, 0), dag_child(d, inner, 1), 0, body);
    return dag_raw_add(d, 2, (node[]){dag_substitute(d, body, 1, &from, &to, true), dag_raw_mul(d, 2, (node[]){dag_int(d, -1), total})});
}

static node one_step(rules *r, node n)
{
    dag *d = r->d;
    node_kind kind = dag_kind(d, n);
    if (kind != NODE_FUN && kind != NODE_POW && kind != NODE_ADD)
        return 0;
    for (int i = 0; i < RULE_COUNT; i++) {
        if (!(rows[i].class & r->classes) || r->off[i])
            continue;
        node made = 0;
        if (i == RULE_LOG_SOFTMAX) {
            made = log_softmax(r, n);
        } else {
            binding b = {.d = d};
            node from[2] = {rules_variable(d, 0), rules_variable(d, 1)};
            if (match(&b, r->left[i], n))
                made = dag_substitute(d, r->right[i], b.value[1] ? 2 : 1, from, b.value, true);
        }
        if (!made)
            continue;
        r->hits[i]++;
        return r->broken[i] || BROKEN_RULE(rows[i].name) ? dag_raw_add(d, 2, (node[]){made, dag_int(d, 1)}) : made;
    }
    return 0;
}

typedef struct {
    rules *r;
    int_map memo;
} rewriting;

static node rewrite(rewriting *w, node n)
{
    dag *d = w->r->d;
    int count = dag_count(d, n);
    if (count == 0)
        return n;
    node known = int_map_get(&w->memo, n);
    if (known)
        return known;
    node *child = xmalloc((size_t)count * sizeof *child), made = n;
    bool changed = false, binds = dag_binds(d, n);
    int index = -1;
    for (int i = 0; i < count; i++) {
        node c = binds && i == count - 1 ? dag_open(d, n, &index) : dag_child(d, n, i);
        child[i] = rewrite(w, c);
        changed |= child[i] != c;
    }
    if (changed)
        made = dag_rebuild_opened(d, n, index, child);
    free(child);
    node next = one_step(w->r, made);
    if (next && next != made)
        made = rewrite(w, next);
    int_map_put(&w->memo, n, made);
    return made;
}

node rules_apply(rules *r, node n)
{
    rewriting w = {.r = r};
    node made = n ? rewrite(&w, n) : 0;
    int_map_free(&w.memo);
    return made;
}

/* --- the page, for floating point --- */

/* log(a[j]) with a = softmax(…) or sigmoid(…): the log of the definition, if a stable rule then applies. */
static node through_definition(model *m, rules *r, node n)
{
    dag *d = m->dag;
    if (dag_kind(d, n) != NODE_FUN || dag_payload(d, n) != OP_LOG)
        return 0;
    node inner = dag_child(d, n, 0), entry = inner;
    bool complement = false;
    if (dag_kind(d, inner) == NODE_ADD && dag_count(d, inner) == 2 && dag_is_int(d, dag_child(d, inner, 0), 1)) { /* log(1 − a) */
        entry = negated(d, dag_child(d, inner, 1));
        complement = true;
    }
    if (!entry || dag_kind(d, entry) != NODE_ENTRY || m->var[dag_payload(d, entry)].role != ROLE_DEFINED)
        return 0;
    node at[MODEL_MAX_AXES];
    for (int k = 0; k < dag_count(d, entry); k++)
        at[k] = dag_child(d, entry, k);
    node value = model_unfold(m, dag_payload(d, entry), at, true);
    if (!value)
        return 0;
    if (complement)
        value = dag_raw_add(d, 2, (node[]){dag_int(d, 1), dag_raw_mul(d, 2, (node[]){dag_int(d, -1), value})});
    return one_step(r, dag_raw_fun(d, OP_LOG, 1, &value));
}

static node stabilise(model *m, rules *r, node n)
{
    dag *d = m->dag;
    int count = dag_count(d, n), index = -1;
    if (count == 0 || dag_kind(d, n) == NODE_ENTRY)
        return n;
    node through = through_definition(m, r, n);
    if (through)
        return through;
    node *child = xmalloc((size_t)count * sizeof *child), made = n;
    bool changed = false, binds = dag_binds(d, n);
    for (int i = 0; i < count; i++) {
        node c = binds && i == count - 1 ? dag_open(d, n, &index) : dag_child(d, n, i);
        child[i] = stabilise(m, r, c);
        changed |= child[i] != c;
    }
    if (changed)
        made = dag_rebuild_opened(d, n, index, child);
    free(child);
    return made;
}

void calculus_stabilise(model *m)
{
    rules r;
    calculus_of(m)->runs = true;
    rules_begin(&r, m->dag, RULES_STABLE);
    for (int e = 0; e < m->equation_count; e++) {
        node rhs = stabilise(m, &r, m->equation[e].rhs);
        m->equation[e].rhs = rules_apply(&r, rhs);
    }
    for (int i = 0; i < m->objective_count; i++) {
        node cost = m->objective[i].cost;
        if (dag_kind(m->dag, cost) != NODE_ENTRY)
            m->objective[i].cost = rules_apply(&r, stabilise(m, &r, cost));
    }
}
