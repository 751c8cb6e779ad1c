#include "gen/prove/domain.h"

#include <stdlib.h>
#include <string.h>

#include "gen/dag/ops.h"
#include "gen/prove/domain_private.h"
#include "gen/prove/graph.h"
#include "gen/prove/normal.h"

#define MOST_NAMES      4000
#define MOST_SUBSCRIPTS 16

/* --- the walk --- */

static node one_plus(dag *d, long k, node u)
{
    return dag_add2(d, dag_int(d, 1), dag_mul2(d, dag_int(d, k), u));
}

/* n = top/bottom by the factors with negative exponents. */
static void split_quotient(dag *d, node n, node *top, node *bottom)
{
    int count = dag_kind(d, n) == NODE_MUL ? dag_count(d, n) : 1;
    *top = *bottom = dag_int(d, 1);
    for (int i = 0; i < count; i++) {
        node t = dag_kind(d, n) == NODE_MUL ? dag_child(d, n, i) : n, exponent = dag_kind(d, t) == NODE_POW ? dag_child(d, t, 1) : 0;
        if (exponent && dag_kind(d, exponent) == NODE_NUMBER && mpq_sgn(*dag_value(d, exponent)) < 0)
            *bottom = dag_mul2(d, *bottom, dag_pow(d, dag_child(d, t, 0), dag_neg(d, exponent)));
        else
            *top = dag_mul2(d, *top, t);
    }
}

/* sign·(1 − u²): a quotient a/b as b² − a². */
static node unit_less_square(dag *d, node u, int sign)
{
    node top, bottom, two = dag_int(d, 2);
    split_quotient(d, u, &top, &bottom);
    node n = dag_sub(d, dag_pow(d, bottom, two), dag_pow(d, top, two));
    return sign > 0 ? n : dag_neg(d, n);
}

static bool is_quotient(dag *d, node u)
{
    node top, bottom;
    split_quotient(d, u, &top, &bottom);
    return dag_kind(d, bottom) != NODE_NUMBER;
}

static void require_domain(domain *x, op_domain where, node u)
{
    dag *d = x->s->d;
    switch (where) {
    case DOMAIN_POSITIVE: domain_require(x, u, POSITIVE); break;
    case DOMAIN_NONZERO: domain_require(x, u, NOT_ZERO); break;
    case DOMAIN_NONNEGATIVE: domain_require(x, u, NOT_NEGATIVE); break;
    case DOMAIN_UNIT:
    case DOMAIN_OPEN_UNIT:
        if (is_quotient(d, u)) {
            domain_require(x, unit_less_square(d, u, 1), where == DOMAIN_UNIT ? NOT_NEGATIVE : POSITIVE);
            break;
        }
        domain_require(x, one_plus(d, 1, u), where == DOMAIN_UNIT ? NOT_NEGATIVE : POSITIVE);
        domain_require(x, one_plus(d, -1, u), where == DOMAIN_UNIT ? NOT_NEGATIVE : POSITIVE);
        break;
    case DOMAIN_ABOVE_MINUS_ONE: domain_require(x, one_plus(d, 1, u), POSITIVE); break;
    case DOMAIN_FROM_ONE: domain_require(x, dag_sub(d, u, dag_int(d, 1)), NOT_NEGATIVE); break;
    case DOMAIN_OUTSIDE_UNIT:
    case DOMAIN_BEYOND_UNIT: domain_require(x, unit_less_square(d, u, -1), where == DOMAIN_OUTSIDE_UNIT ? NOT_NEGATIVE : POSITIVE); break;
    case DOMAIN_TO_ONE:
    case DOMAIN_OPEN_01:
        domain_require(x, u, POSITIVE);
        domain_require(x, one_plus(d, -1, u), where == DOMAIN_TO_ONE ? NOT_NEGATIVE : POSITIVE);
        break;
    case DOMAIN_COS_NONZERO: domain_require(x, dag_raw_fun(d, OP_COS, 1, &u), NOT_ZERO); break;
    case DOMAIN_SIN_NONZERO: domain_require(x, dag_raw_fun(d, OP_SIN, 1, &u), NOT_ZERO); break;
    default: break;
    }
}

static void require_power(domain *x, node n)
{
    dag *d = x->s->d;
    node base = dag_child(d, n, 0), exponent = dag_child(d, n, 1);
    if (dag_kind(d, exponent) != NODE_NUMBER) {
        if (!dag_is_affine(d, exponent))
            domain_require(x, base, POSITIVE);
        else if (dag_index_le(d, dag_int(d, 0), exponent) != TRUTH_YES)
            domain_require(x, base, NOT_ZERO);
        return;
    }
    const mpq_t *v = dag_value(d, exponent);
    bool whole = mpz_cmp_ui(mpq_denref(*v), 1) == 0, below = mpq_sgn(*v) < 0;
    if (!whole || below)
        domain_require(x, base, (whole ? 0 : NOT_NEGATIVE) | (below ? NOT_ZERO : 0));
}

/* inv(A) needs det(A) ≠ 0. */
static void require_regular(domain *x, node n)
{
    dag *d = x->s->d;
    const dag_signature *f = dag_signature_get(d, dag_payload(d, n));
    if (x->s->m->function[f->function].kind != FUNCTION_INV || f->arg_count != 1)
        return;
    node argument = dag_child(d, n, f->out_rank);
    dag_signature det = {.function = model_builtin(x->s->m, FUNCTION_DET), .arg_count = 1};
    if (!dag_has_kind(d, argument, NODE_BOUND) || dag_kind(d, argument) == NODE_LAMBDA)
        domain_require(x, dag_apply(d, dag_signature_add(d, &det), 1, &argument), NOT_ZERO);
}

/* The largest of none has no value; sums and products have. */
static void require_range(domain *x, node n)
{
    dag *d = x->s->d;
    node lo = dag_child(d, n, 0), hi = dag_child(d, n, 1);
    if (dag_payload(d, n) != REDUCE_SUM && dag_payload(d, n) != REDUCE_PROD && dag_index_le(d, lo, hi) != TRUTH_YES)
        domain_require(x, dag_sub(d, hi, lo), NOT_NEGATIVE);
}

/* Was it seen, in this branch or outside of all? */
static bool is_seen(const table *t, int what, int branch)
{
    int64_t here[] = {what, branch}, anywhere[] = {what, 0};
    return table_find(t, 2, here) >= 0 || table_find(t, 2, anywhere) >= 0;
}

static void note_seen(table *t, int what, int branch)
{
    int64_t key[] = {what, branch};
    if (!is_seen(t, what, branch))
        table_add(t, 2, key);
}

/* The branch in hand for an operand: the second of `and` is looked at where the first is true, of `or` where it is false. */
static int branch_of_child(domain *x, node n, int i)
{
    dag *d = x->s->d;
    node first = i ? dag_child(d, n, 0) : 0;
    if (i && dag_kind(d, n) == NODE_IF)
        return domain_branch_of(x, first, i == 1);
    if (i && dag_kind(d, n) == NODE_FUN && (dag_payload(d, n) == OP_AND || dag_payload(d, n) == OP_OR))
        return domain_branch_of(x, first, dag_payload(d, n) == OP_AND);
    return x->at;
}

/* A name that does not depend on the index of a sum is taken out of it, and what is read for it then is out of a sum that may be empty, where the name need not
 * have a value. */
static void note_name(domain *x, node entry)
{
    int variable = dag_payload(x->s->d, entry), whole = domain_branch_below(x, 0), outside = domain_branch_below(x, entry);
    note_seen(&x->names, variable, x->side == DOMAIN_ASSUMED ? outside : whole);
    if (x->side != DOMAIN_ASSUMED && outside != whole)
        note_seen(&x->assumed, variable, outside);
}

static void walk(domain *x, node n)
{
    dag *d = x->s->d;
    if (x->too_many || is_seen(&x->seen, (int)n, x->at))
        return;
    note_seen(&x->seen, (int)n, x->at);
    node_kind kind = dag_kind(d, n);
    int count = dag_count(d, n), index, before = x->at;
    if (kind == NODE_ENTRY) {
        note_name(x, n);
        return;
    }
    if (kind == NODE_FUN && count == 1)
        require_domain(x, op_get((op)dag_payload(d, n))->domain, dag_child(d, n, 0));
    if (kind == NODE_POW)
        require_power(x, n);
    if (kind == NODE_APPLY)
        require_regular(x, n);
    if (kind == NODE_REDUCE)
        require_range(x, n);
    bool binds = dag_binds(d, n);
    for (int i = 0; i < count; i++) {
        x->at = branch_of_child(x, n, i);
        node child = binds && i == count - 1 ? session_open(x->s, n, &index) : dag_child(d, n, i);
        if (kind == NODE_REDUCE && i == count - 1)
            x->at = domain_branch_body(x, n, index);
        walk(x, child);
        x->at = before;
    }
}

/* Everything below the names. */
static void walk_names(domain *x)
{
    x->in_equation = true;
    table_clear(&x->seen);
    for (int done = 0; done < x->names.count && !x->too_many; done++) {
        int length;
        const int64_t *name = table_key(&x->names, done, &length);
        const int *list;
        int count = model_equations_of(x->s->m, (int)name[0], &list), branch = (int)name[1];
        x->too_many = x->too_many || done > MOST_NAMES;
        for (int i = 0; i < count; i++) {
            x->equation = &x->s->m->equation[list[i]];
            x->at = branch;
            x->at = domain_branch_equation(x, x->equation);
            walk(x, x->equation->rhs);
        }
    }
    x->equation = NULL;
    x->at = 0;
}

static void walk_side(domain *x, int side, node n, const prove_sides *sides)
{
    x->side = side;
    x->in_equation = false;
    table_clear(&x->seen);
    table_clear(&x->names);
    walk(x, n);
    for (int i = 0; i < sides->needed_count; i++)
        if (sides->needed_by[i] & (1 << side))
            walk(x, sides->needed[i]);
    walk_names(x);
}

/* The side that needs the base where the other does not, under whatever guards: what both sides need is not told. */
static int needing_side(const domain *x, node base)
{
    for (int i = 0; i < x->count; i++)
        if (x->list[i].base == base && x->list[i].need[1] && !x->list[i].need[0])
            return 1;
    return 0;
}

/* What only the proof needs is told, as if one side needed it, unless one does. */
static void walk_assumed(domain *x)
{
    table names = x->names;
    x->names = x->assumed;
    x->assumed = names;
    x->side = DOMAIN_ASSUMED;
    walk_names(x);
    for (int i = 0; i < x->count; i++) {
        int *need = x->list[i].need;
        need[needing_side(x, x->list[i].base)] |= need[DOMAIN_ASSUMED] & ~(need[0] | need[1]);
    }
}

/* --- what is told --- */

static int told_width(session *s, node base, int bits)
{
    buffer b = {0};
    domain_print_need(s, &b, base, bits);
    int width = 0;
    for (size_t i = 0; i < b.length; i++)
        width += (b.text[i] & 0xC0) != 0x80; /* of UTF-8 the first bytes count */
    buffer_free(&b);
    return width;
}

/* --- conditions for all values of an index --- */

typedef struct {
    session *s;
    node at[MOST_SUBSCRIPTS];
    int count;
} subscripts;

static bool note_subscripts(void *context, node n)
{
    subscripts *x = context;
    for (int i = 0; dag_kind(x->s->d, n) == NODE_ENTRY && i < dag_count(x->s->d, n) && x->count < MOST_SUBSCRIPTS; i++)
        x->at[x->count++] = dag_child(x->s->d, n, i);
    return true;
}

bool domain_is_claimed(const domain *x, int index)
{
    for (int i = 0; i < x->sides->index_count; i++)
        if (x->sides->indices[i] == index)
            return true;
    return false;
}

/* Is x[0] > 0 one of x[i] > 0, which is asked for all i in its range? */
static bool is_instance(const domain *of, node general, node one)
{
    session *s = of->s;
    dag *d = s->d;
    subscripts x = {.s = s};
    int count, list[MOST_SUBSCRIPTS];
    const int *indices = session_free(s, general, &count);
    if (count > MOST_SUBSCRIPTS)
        return false;
    memcpy(list, indices, (size_t)count * sizeof *list);
    dag_visit(d, one, note_subscripts, &x);
    for (int i = 0; i < count; i++) {
        const dag_index_info info = *dag_index_get(d, list[i]);
        node from = dag_index_node(d, list[i]);
        for (int k = 0; k < x.count && !info.sample && !domain_is_claimed(of, list[i]); k++)
            if (dag_simplify(d, dag_substitute(d, general, 1, &from, &x.at[k], true)) == dag_simplify(d, one) &&
                dag_index_le(d, info.lo, x.at[k]) == TRUTH_YES && dag_index_le(d, x.at[k], info.hi) == TRUTH_YES)
                return true;
    }
    return false;
}

/* The body of what has the sign of its terms where they have one: of a product, an extreme, a sum that is not empty; 0: n is something else. */
static node body_of(session *s, node n, int bits)
{
    dag *d = s->d;
    int index;
    if (dag_kind(d, n) != NODE_REDUCE)
        return 0;
    switch ((reduction)dag_payload(d, n)) {
    case REDUCE_PROD: return session_open(s, n, &index);
    case REDUCE_SUM:
        return bits == NOT_NEGATIVE || (bits == POSITIVE && dag_index_le(d, dag_child(d, n, 0), dag_child(d, n, 1)) == TRUTH_YES) ? session_open(s, n, &index)
                                                                                                                                  : 0;
    case REDUCE_MAX:
    case REDUCE_MIN: return bits != NOT_ZERO ? session_open(s, n, &index) : 0;
    default: return 0;
    }
}

/* Is `one` said by `general`, which is asked for all values of an index? */
static bool is_said(const domain *x, const condition *general, const condition *one)
{
    node body = body_of(x->s, one->base, one->bits);
    if ((general->bits & one->bits) != one->bits)
        return false;
    return is_instance(x, general->base, one->base) || (body && is_instance(x, general->base, body));
}

/* Leaves out what is asked for a larger range; returns how many are left. */
static int without_instances(const domain *x, condition *told, int count)
{
    int kept = 0;
    for (int i = 0; i < count; i++) {
        bool found = false;
        for (int k = 0; k < count && !found; k++) /* of two that are instances of each other the first stays */
            found = k != i && is_said(x, &told[k], &told[i]) && (k < i || !is_said(x, &told[i], &told[k]));
        if (!found)
            told[kept++] = told[i];
    }
    return kept;
}

static void print_needs(const domain *x, buffer *b)
{
    condition told[DOMAIN_MOST_NEEDS];
    int count = x->too_many ? -1 : region_conditions(x->s, x->list, x->count, told_width, told, DOMAIN_MOST_NEEDS);
    if (count < 0)
        buffer_printf(b, "where both sides are defined");
    count = without_instances(x, told, count);
    const char *said[DOMAIN_MOST_NEEDS];
    for (int i = 0; i < count; i++) {
        buffer one = {0};
        bool known = false;
        domain_print_need(x->s, &one, told[i].base, told[i].bits);
        said[i] = arena_printf(x->s->m->memory, "%s", one.text);
        buffer_free(&one);
        for (int k = 0; k < i; k++) /* the same of the index of another sum */
            known = known || strcmp(said[k], said[i]) == 0;
        if (!known)
            buffer_printf(b, "%s%s", b->length ? ", " : "where ", said[i]);
    }
}

domain *domain_open(session *s, const prove_sides *sides)
{
    domain *x = xcalloc(1, sizeof *x);
    x->s = s;
    x->sides = sides;
    x->branch_count = 1;
    walk_side(x, 0, sides->left, sides);
    walk_side(x, 1, sides->right, sides);
    walk_assumed(x);
    return x;
}

void domain_close(domain *x)
{
    table_free(&x->seen);
    table_free(&x->names);
    table_free(&x->assumed);
    free(x);
}

const char *domain_text(domain *x)
{
    buffer b = {0};
    print_needs(x, &b);
    const char *text = b.length ? arena_printf(x->s->m->memory, "%s", b.text) : NULL;
    buffer_free(&b);
    return text;
}

bool domain_excludes_zero(domain *x, node n)
{
    region_need list[DOMAIN_MOST_NEEDS + 1];
    condition told[DOMAIN_MOST_NEEDS + 1];
    if (x->too_many)
        return false;
    for (int i = 0; i < x->count; i++) {
        int bits = x->list[i].need[0] | x->list[i].need[1];
        list[i] = x->list[i];
        list[i].need[0] = list[i].need[1] = bits;
    }
    list[x->count] = (region_need){.base = n, .need = {NOT_ZERO, 0}};
    return x->count < DOMAIN_MOST_NEEDS && region_conditions(x->s, list, x->count + 1, told_width, told, DOMAIN_MOST_NEEDS) == 0;
}

bool domain_is_told(session *s, const prove_sides *sides)
{
    domain *x = domain_open(s, sides);
    bool told = domain_text(x) != NULL;
    domain_close(x);
    return told;
}
