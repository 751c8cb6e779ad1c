#include "gen/prove/grow.h"

#include "gen/dag/ops.h"

#define MOST_SIZES 4
#define MOST_START 16
#define GROW_WORK  60000

typedef struct {
    session *s;
    node size, before; /* n, n − 1 */
    long start;        /* n >= start */
    bool good;
} grow;

/* --- what may stand in the sides --- */

static bool has_size(const grow *x, node n)
{
    dag *d = x->s->d;
    if (n == x->size)
        return true;
    for (int i = 0; i < dag_count(d, n); i++)
        if (dag_has_kind(d, dag_child(d, n, i), NODE_SIZE) && has_size(x, dag_child(d, n, i)))
            return true;
    return false;
}

/* Its value is one and the same for all sizes, whatever they are: nothing that is computed, and nothing that is assumed of all entries together. */
static bool is_leaf(session *s, node n)
{
    const int *list;
    int v = dag_payload(s->d, n);
    const name_fact *f = session_is_fact(s, v) ? &s->fact[v] : NULL;
    return model_equations_of(s->m, v, &list) == 0 && !s->m->var[v].integer && s->m->var[v].role != ROLE_SYSTEM && !(f && (f->sum_axis >= 0 || f->swap_a >= 0));
}

/* 1 <= n or n <= −1 for all sizes and indices */
static bool is_never_zero(dag *d, node n)
{
    return dag_is_affine(d, n) && (dag_index_le(d, dag_int(d, 1), n) == TRUTH_YES || dag_index_le(d, n, dag_int(d, -1)) == TRUTH_YES);
}

/* Is b^e defined for all n, or for all or none of them? */
static bool is_steady_power(const grow *x, node n)
{
    dag *d = x->s->d;
    node b = dag_child(d, n, 0), e = dag_child(d, n, 1);
    if (!has_size(x, n) || is_never_zero(d, b))
        return true;
    if (!dag_is_affine(d, e))
        return false;
    return dag_index_le(d, dag_int(d, 0), e) == TRUTH_YES || (!has_size(x, b) && dag_index_le(d, e, dag_int(d, -1)) == TRUTH_YES);
}

static void check(grow *x, node n)
{
    dag *d = x->s->d;
    node_kind kind = dag_kind(d, n);
    int count = dag_count(d, n), index;
    bool grows = has_size(x, n);
    if (kind == NODE_APPLY || kind == NODE_LAMBDA || kind == NODE_DIFF || kind == NODE_AT || (kind == NODE_ENTRY && !is_leaf(x->s, n)) ||
        ((kind == NODE_COMPARE || kind == NODE_IF) && grows) || (kind == NODE_POW && !is_steady_power(x, n)) ||
        (kind == NODE_FUN && grows && op_get((op)dag_payload(d, n))->domain != DOMAIN_ALL))
        x->good = false;
    if (kind == NODE_REDUCE) {
        reduction r = (reduction)dag_payload(d, n);
        x->good = x->good && count == 3 && !has_size(x, dag_child(d, n, 0)) && (!grows || r == REDUCE_SUM || r == REDUCE_PROD);
    }
    for (int i = 0; i < count && x->good && kind != NODE_ENTRY; i++)
        check(x, kind == NODE_REDUCE && i == count - 1 ? session_open(x->s, n, &index) : dag_child(d, n, i));
}

/* --- one step --- */

/* Bounds and subscripts with their terms collected: n − 2 for (n − 1) − 1. */
static node tidy(void *context, node n)
{
    session *s = context;
    dag *d = s->d;
    return dag_is_affine(d, n) ? session_index(s, n) : dag_count(d, n) ? dag_map_children(d, n, tidy, s) : n;
}

static node without_last(void *context, node n);

/* A sum or product up to hi(n) as that up to hi(n) − 1 and the last term; false: it does not grow by one term, or may be empty for n > start. */
static bool split_last(grow *x, node n, node *shorter, node *last)
{
    dag *d = x->s->d;
    int index;
    node lo = dag_child(d, n, 0), hi = dag_child(d, n, 1), body = without_last(x, session_open(x->s, n, &index)), at = dag_index_node(d, index);
    node more = dag_sub(d, hi, dag_substitute(d, hi, 1, &x->size, &x->before, true)), next = dag_add2(d, x->size, dag_int(d, 1));
    *shorter = dag_raw_reduce(d, (reduction)dag_payload(d, n), index, lo, session_index(x->s, dag_sub(d, hi, dag_int(d, 1))), 0, body);
    *last = dag_substitute(d, body, 1, &at, &hi, true);
    return dag_is_int(d, session_index(x->s, more), 1) && dag_index_le(d, lo, dag_substitute(d, hi, 1, &x->size, &next, true)) == TRUTH_YES;
}

static node without_last(void *context, node n)
{
    grow *x = context;
    dag *d = x->s->d;
    node part[2];
    if (!dag_count(d, n) || !has_size(x, n))
        return n;
    if (dag_kind(d, n) != NODE_REDUCE || !has_size(x, dag_child(d, n, 1)))
        return dag_map_children(d, n, without_last, x);
    x->good = split_last(x, n, &part[0], &part[1]) && x->good;
    return dag_payload(d, n) == REDUCE_SUM ? dag_raw_add(d, 2, part) : dag_raw_mul(d, 2, part);
}

static node at_size(const grow *x, node n, node size)
{
    return tidy(x->s, dag_substitute(x->s->d, n, 1, &x->size, &size, true));
}

static bool is_same(session *s, const ladder_question *whole, node a, node b)
{
    ladder_question q = {.left = a, .right = b, .work_limit = GROW_WORK, .allowance = whole->allowance};
    ladder_answer answer = {0};
    ladder_prove(s, &q, &answer);
    return answer.proved && !answer.away_count;
}

/* Is `one`, a product up to hi(n), the other side? With what the other is for n − 1 in place of the product without its last factor. */
static bool is_product_step(grow *x, const ladder_question *q, node one, node other)
{
    dag *d = x->s->d;
    if (dag_kind(d, one) != NODE_REDUCE || dag_payload(d, one) != REDUCE_PROD || !has_size(x, dag_child(d, one, 1)))
        return false;
    node shorter, last;
    if (!split_last(x, one, &shorter, &last) || tidy(x->s, shorter) != at_size(x, one, x->before))
        return false;
    return is_same(x->s, q, dag_raw_mul(d, 2, (node[]){at_size(x, other, x->before), tidy(x->s, last)}), other);
}

/* L(n) − L(n − 1) = R(n) − R(n − 1), or L(n)/L(n − 1) R(n − 1) = R(n). */
static bool is_step(grow *x, const ladder_question *q)
{
    dag *d = x->s->d;
    node left = tidy(x->s, without_last(x, q->left)), right = tidy(x->s, without_last(x, q->right));
    node left_before = at_size(x, q->left, x->before), right_before = at_size(x, q->right, x->before);
    if (!x->good)
        return false;
    return is_same(x->s, q, dag_raw_add(d, 2, (node[]){left, right_before}), dag_raw_add(d, 2, (node[]){right, left_before})) ||
           is_product_step(x, q, q->left, q->right) || is_product_step(x, q, q->right, q->left);
}

/* What is assumed has to hold for smaller sizes too: bounds of this size below, and what does not speak of it. */
static bool is_free(const grow *x)
{
    const model *m = x->s->m;
    dag *d = x->s->d;
    for (int i = 0; i < m->assumption_count; i++) {
        node c = m->assumption[i].condition;
        if (!c || (has_size(x, c) && !(dag_kind(d, c) == NODE_COMPARE && (dag_payload(d, c) == COMPARE_LESS || dag_payload(d, c) == COMPARE_LESS_EQUAL) &&
                                       dag_kind(d, dag_child(d, c, 0)) == NODE_NUMBER && dag_child(d, c, 1) == x->size)))
            return false;
    }
    for (int i = 0; i < x->s->rule_count; i++)
        if (has_size(x, x->s->rule[i].pattern) || has_size(x, x->s->rule[i].value))
            return false;
    return true;
}

static bool by_size(session *s, const ladder_question *q, node size, ladder_answer *out)
{
    dag *d = s->d;
    grow x = {.s = s, .size = size, .before = dag_sub(d, size, dag_int(d, 1)), .start = 1, .good = true};
    while (x.start < MOST_START && dag_index_le(d, dag_int(d, x.start + 1), size) == TRUTH_YES)
        x.start++;
    check(&x, q->left);
    check(&x, q->right);
    if (!x.good || x.start == MOST_START || !is_free(&x))
        return false;
    node first = dag_int(d, x.start);
    if (!is_step(&x, q) || !is_same(s, q, at_size(&x, q->left, first), at_size(&x, q->right, first)))
        return false;
    *out = (ladder_answer){.proved = true, .method = "induction"};
    return true;
}

/* --- which sizes --- */

typedef struct {
    session *s;
    node size[MOST_SIZES];
    int count;
} bounds;

static bool visit_bound(void *context, node n)
{
    bounds *x = context;
    dag *d = x->s->d;
    if (dag_kind(d, n) != NODE_REDUCE)
        return true;
    int used;
    node hi = dag_child(d, n, 1), size = 0;
    for (int i = 0; i < (dag_kind(d, hi) == NODE_ADD ? dag_count(d, hi) : 1); i++) {
        node t = dag_kind(d, hi) == NODE_ADD ? dag_child(d, hi, i) : hi;
        size = dag_kind(d, t) == NODE_SIZE ? t : size;
    }
    for (used = 0; used < x->count && x->size[used] != size; used++)
        ;
    if (size && used == x->count && x->count < MOST_SIZES)
        x->size[x->count++] = size;
    return true;
}

bool grow_prove(session *s, const ladder_question *q, int index_count, const int *indices, ladder_answer *out)
{
    bounds x = {.s = s};
    dag_visit(s->d, q->left, visit_bound, &x);
    dag_visit(s->d, q->right, visit_bound, &x);
    for (int i = 0; i < index_count; i++) { /* what holds for all entries of an axis is no claim about one size */
        const dag_index_info *info = dag_index_get(s->d, indices[i]);
        if (!info->sample)
            return false;
    }
    for (int i = 0; i < x.count; i++)
        if (by_size(s, q, x.size[i], out))
            return true;
    return false;
}
