/* Conditions in the page's words. */
#include "gen/dag/ops.h"
#include "gen/prove/domain.h"
#include "gen/prove/region.h"

#define MOST_TERMS 64

/* k u v … as u v …, as it stands: √(u v)²/v is not told as u, which says less. */
static node without_number(dag *d, node n)
{
    node child[MOST_TERMS];
    int count = dag_count(d, n) - 1;
    if (count > MOST_TERMS)
        return dag_div(d, n, dag_child(d, n, 0));
    for (int i = 0; i < count; i++)
        child[i] = dag_child(d, n, i + 1);
    return count == 1 ? child[0] : dag_raw_mul(d, count, child);
}

/* a·v + c with numbers: v, −c/a and the sign of a. */
static bool is_bound(dag *d, node n, node *v, mpq_t bound, int *sign)
{
    node linear = n;
    mpq_set_si(bound, 0, 1);
    *sign = 1;
    if (dag_kind(d, n) == NODE_ADD) {
        node a = dag_child(d, n, 0), b = dag_child(d, n, 1);
        if (dag_count(d, n) != 2 || (dag_kind(d, a) != NODE_NUMBER && dag_kind(d, b) != NODE_NUMBER))
            return false;
        linear = dag_kind(d, a) == NODE_NUMBER ? b : a;
        mpq_neg(bound, *dag_value(d, dag_kind(d, a) == NODE_NUMBER ? a : b));
    }
    node factor = dag_kind(d, linear) == NODE_MUL ? dag_child(d, linear, 0) : 0;
    if (factor && dag_kind(d, factor) == NODE_NUMBER) {
        mpq_div(bound, bound, *dag_value(d, factor));
        *sign = mpq_sgn(*dag_value(d, factor));
        linear = without_number(d, linear);
    }
    *v = linear;
    return dag_kind(d, linear) != NODE_ADD;
}

/* a − b of two terms, none a number: a and b. */
static bool is_difference(dag *d, node n, node *a, node *b)
{
    if (dag_kind(d, n) != NODE_ADD || dag_count(d, n) != 2)
        return false;
    for (int i = 0; i < 2; i++) {
        node t = dag_child(d, n, i);
        bool negative = dag_kind(d, t) == NODE_MUL && dag_is_int(d, dag_child(d, t, 0), -1);
        if (negative && dag_kind(d, dag_child(d, n, 1 - i)) != NODE_NUMBER) {
            *a = dag_child(d, n, 1 - i);
            *b = without_number(d, t);
            return true;
        }
    }
    return false;
}

/* "x > 0", "x ≠ y", "u = 1" of a base and what it is against 0. */
void domain_print_relation(session *s, buffer *b, node base, const char *word, const char *turned)
{
    const char *const words[2] = {turned, word};
    node v = base, other = 0;
    int sign = 1;
    mpq_t bound;
    mpq_init(bound);
    if (!is_bound(s->d, base, &v, bound, &sign)) {
        v = base;
        sign = 1;
        mpq_set_si(bound, 0, 1);
        int indices; /* their names are chosen for one expression at a time */
        session_free(s, base, &indices);
        if (indices || !is_difference(s->d, base, &v, &other))
            other = 0;
    }
    model_print_index(s->m, b, v);
    buffer_printf(b, " %s ", words[sign > 0]);
    model_print_index(s->m, b, other ? other : dag_number(s->d, bound));
    mpq_clear(bound);
}

/* u sign(u) as |u|, as people write it. */
static node with_absolute(dag *d, node n)
{
    node child[MOST_TERMS], sign = 0;
    int count = dag_count(d, n), of = -1;
    node_kind kind = dag_kind(d, n);
    if ((kind != NODE_ADD && kind != NODE_MUL && kind != NODE_POW) || count > MOST_TERMS)
        return n;
    for (int i = 0; i < count; i++)
        child[i] = with_absolute(d, dag_child(d, n, i));
    for (int i = 0; i < count && kind == NODE_MUL && of < 0; i++)
        for (int k = 0; k < count && of < 0; k++)
            if (dag_kind(d, child[i]) == NODE_FUN && dag_payload(d, child[i]) == OP_SIGN && dag_child(d, child[i], 0) == child[k]) {
                sign = child[i];
                of = k;
            }
    bool same = of < 0;
    for (int i = 0; i < count; i++)
        same = same && child[i] == dag_child(d, n, i);
    if (of < 0)
        return same ? n : dag_rebuild(d, n, child, true); /* as it stands: √u²/u is not told as 1 */
    int rest = 0;
    for (int i = 0; i < count; i++)
        if (i != of)
            child[rest++] = child[i] == sign ? dag_raw_fun(d, OP_ABS, 1, &child[of]) : child[i];
    return rest == 1 ? child[0] : dag_raw_mul(d, rest, child);
}

void domain_print_need(session *s, buffer *b, node base, int bits)
{
    static const char *const words[4][2] = {{"", ""}, {"≠", "≠"}, {"≤", "≥"}, {"<", ">"}};
    domain_print_relation(s, b, with_absolute(s->d, base), words[bits][1], words[bits][0]);
}

void domain_print_zero(session *s, buffer *b, node base)
{
    domain_print_relation(s, b, domain_shown(s, base), "=", "=");
}

/* Is a power 0 just where its base is: has it such an exponent? u⁰ is 1. */
static bool keeps_zeros(dag *d, node exponent)
{
    return dag_kind(d, exponent) == NODE_SIZE || (dag_kind(d, exponent) == NODE_NUMBER && mpq_sgn(*dag_value(d, exponent)) != 0);
}

/* √u, |u| and sign(u) are not 0 where u is not; a product over an index where no factor is. */
node domain_zero_where(session *s, node n)
{
    dag *d = s->d;
    for (;;) {
        node_kind kind = dag_kind(d, n);
        bool root = kind == NODE_POW && keeps_zeros(d, dag_child(d, n, 1));
        bool sign = kind == NODE_FUN && (dag_payload(d, n) == OP_SIGN || dag_payload(d, n) == OP_ABS);
        bool product = kind == NODE_REDUCE && dag_payload(d, n) == REDUCE_PROD;
        int index;
        if (!root && !sign && !product)
            return n;
        n = product ? session_open(s, n, &index) : dag_child(d, n, 0);
    }
}

node domain_shown(session *s, node base)
{
    return domain_zero_where(s, with_absolute(s->d, base));
}
