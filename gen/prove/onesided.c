#include "gen/prove/onesided.h"

#include <stdlib.h>

#include "gen/calculus/calculus.h"
#include "gen/dag/ops.h"
#include "gen/prove/domain.h"
#include "gen/prove/graph.h"
#include "gen/prove/ladder.h"

#define MOST_ORDERS 4
#define LIMIT_WORK  20000

typedef struct {
    session *s;
    node leaf, value; /* x = c */
    bool good;
} place;

/* --- what f may be made of --- */

/* Functions and powers that are defined everywhere, so that f has a value on both sides of c; no other derivative; no entry of x's name but x. */
static bool visit_total(void *context, node n)
{
    place *x = context;
    dag *d = x->s->d;
    node_kind kind = dag_kind(d, n);
    node exponent = kind == NODE_POW ? dag_child(d, n, 1) : 0;
    if (kind == NODE_DIFF || kind == NODE_AT || kind == NODE_LAMBDA || (kind == NODE_REDUCE && dag_payload(d, n) != REDUCE_SUM))
        x->good = false;
    if (kind == NODE_FUN)
        x->good = x->good && op_get((op)dag_payload(d, n))->domain == DOMAIN_ALL;
    if (exponent)
        x->good =
            x->good && dag_kind(d, exponent) == NODE_NUMBER && mpq_sgn(*dag_value(d, exponent)) >= 0 && mpz_cmp_ui(mpq_denref(*dag_value(d, exponent)), 1) == 0;
    if (kind == NODE_ENTRY && dag_payload(d, n) == dag_payload(d, x->leaf))
        x->good = x->good && n == x->leaf;
    return x->good;
}

/* Is f explicit in x? */
static bool is_explicit(place *x, node f)
{
    session *s = x->s;
    int count, *list = graph_variables(s, f, &count), by = dag_payload(s->d, x->leaf);
    bool *marks = xcalloc((size_t)s->m->var_count + 1, sizeof *marks);
    marks[by] = true;
    x->good = true;
    for (int i = 0; i < count && x->good; i++)
        x->good = list[i] == by || !graph_reaches(s, list[i], marks);
    free(marks);
    free(list);
    if (x->good)
        dag_visit(s->d, f, visit_total, x);
    return x->good;
}

/* Nothing may be assumed of x, which stands for what is added to c in the limits. */
static bool is_assumed(session *s, int variable)
{
    const model *m = s->m;
    bool some = false;
    for (int i = 0; i < m->assumption_count && !some; i++)
        some = !m->assumption[i].condition || dag_has_variable(s->d, m->assumption[i].condition, variable);
    return some;
}

/* Is c free of x? */
static bool is_apart(place *x)
{
    session *s = x->s;
    int count, *list = graph_variables(s, x->value, &count);
    bool *marks = xcalloc((size_t)s->m->var_count + 1, sizeof *marks),
         good = !dag_has_kind(s->d, x->value, NODE_DIFF) && !dag_has_kind(s->d, x->value, NODE_AT);
    marks[dag_payload(s->d, x->leaf)] = true;
    for (int i = 0; i < count && good; i++)
        good = !graph_reaches(s, list[i], marks) && list[i] != dag_payload(s->d, x->leaf);
    free(marks);
    free(list);
    return good;
}

/* --- limits --- */

/* Nothing in pieces may be left that depends on x, nor a root. */
static bool visit_continuous(void *context, node n)
{
    place *x = context;
    dag *d = x->s->d;
    node_kind kind = dag_kind(d, n);
    bool piece = kind == NODE_COMPARE || kind == NODE_IF || kind == NODE_REDUCE || (kind == NODE_FUN && op_get((op)dag_payload(d, n))->kinks);
    piece =
        piece || (kind == NODE_POW && (dag_kind(d, dag_child(d, n, 1)) != NODE_NUMBER || mpz_cmp_ui(mpq_denref(*dag_value(d, dag_child(d, n, 1))), 1) != 0));
    x->good = x->good && !(piece && dag_has_variable(d, n, dag_payload(d, x->leaf)));
    return x->good;
}

static normal_state run_form(normal *c, void *context)
{
    node *n = context;
    rational q;
    rational_init(c, &q);
    bool good = normal_form(c, *n, &q);
    *n = good ? normal_node(c, &q) : 0;
    rational_clear(c, &q);
    return c->state;
}

/* The limit of f where x comes to c from above (sign 1) or below: x is what is added to c, with that sign, and 0 in the form that has no pieces then. 0: not known. */
static node limit(place *x, node f, signed char sign)
{
    dag *d = x->s->d;
    node near = dag_add2(d, x->value, x->leaf), zero = dag_int(d, 0), n = dag_substitute(d, f, 1, &x->leaf, &near, true);
    normal_options o = {.full = true, .work_limit = LIMIT_WORK, .known = &x->leaf, .known_sign = &sign, .known_count = 1};
    if (normal_run(x->s, &o, run_form, &n) != NORMAL_GOOD || !n)
        return 0;
    x->good = true;
    dag_visit(d, n, visit_continuous, x);
    return x->good ? dag_substitute(d, n, 1, &x->leaf, &zero, true) : 0;
}

static bool is_same(session *s, node a, node b)
{
    ladder_question q = {.left = a, .right = b, .work_limit = LIMIT_WORK};
    ladder_answer answer = {0};
    ladder_prove(s, &q, &answer);
    return answer.proved && !answer.away_count;
}

/* The common limit from both sides; 0: there is none, as far as is known. */
static node limit_of_both(place *x, node f)
{
    node above = limit(x, f, 1), below = above ? limit(x, f, -1) : 0;
    return below && is_same(x->s, above, below) ? above : 0;
}

/* ∂ᵏf/∂xᵏ |_{x = c}: f takes its limits, and each derivative of it has one. */
static node value_at(session *s, node n)
{
    dag *d = s->d;
    place x = {s, dag_child(d, n, 1), dag_child(d, n, 2), true};
    node f = dag_child(d, n, 0), own, at;
    int order = 0;
    for (; dag_kind(d, f) == NODE_DIFF && dag_payload(d, f) == 0 && dag_child(d, f, 1) == x.leaf; order++)
        f = dag_child(d, f, 0);
    f = order ? domain_without_names(s, f, x.leaf) : 0;
    if (!f || order > MOST_ORDERS || is_assumed(s, dag_payload(d, x.leaf)) || !is_explicit(&x, f) || !is_apart(&x))
        return 0;
    own = dag_substitute(d, f, 1, &x.leaf, &x.value, true);
    at = limit_of_both(&x, f);
    if (!at || !is_same(s, own, at))
        return 0;
    for (int i = 0; i < order && at; i++) {
        f = calculus_partial(s->m, f, x.leaf, (span){0});
        at = f ? limit_of_both(&x, f) : 0;
    }
    return at;
}

static node settle(void *context, node n)
{
    session *s = context;
    node value = dag_kind(s->d, n) == NODE_AT ? value_at(s, n) : 0;
    return value ? value : dag_has_kind(s->d, n, NODE_AT) && dag_count(s->d, n) ? dag_map_children(s->d, n, settle, s) : n;
}

void onesided_settle(session *s, prove_sides *sides)
{
    sides->at_kink = domain_at_kink(s, sides);
    if (!sides->at_kink)
        return;
    prove_sides x = *sides;
    for (int i = 0; i < 2; i++)
        x.written[i] = settle(s, sides->written[i]);
    x.left = calculus_expand_expression(s->m, x.written[0], (span){0});
    x.right = calculus_expand_expression(s->m, x.written[1], (span){0});
    x.at_kink = !x.left || !x.right || domain_at_kink(s, &x);
    if (!x.at_kink)
        *sides = x;
}
