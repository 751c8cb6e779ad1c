/* What a person does to a derivative before writing it down: the adjoint that several terms share stands once, before their sum; pieces with one condition
 * are one piece; what is there or not is a bracket. */
#include <string.h>

#include "gen/emit/derive_private.h"

enum { COLLECT_STEPS = 5000 };

typedef struct {
    dag *d;
    const model *m;
    arena *memory;
    const bool *lead; /* by variable: adjoints and the page's names for them */
    int lead_count;
    int steps;
} collector;

static node collect(collector *c, node n);

/* --- products as lists of factors --- */

typedef struct {
    node term;
    node *factor;
    int count;
    bool taken;
} product;

static product product_of(collector *c, node n)
{
    const dag *d = c->d;
    product p = {.term = n, .count = dag_kind(d, n) == NODE_MUL ? dag_count(d, n) : 1};
    p.factor = arena_alloc(c->memory, (size_t)p.count * sizeof *p.factor);
    for (int i = 0; i < p.count; i++)
        p.factor[i] = dag_kind(d, n) == NODE_MUL ? dag_child(d, n, i) : n;
    return p;
}

static int find_factor(const product *p, node factor)
{
    for (int i = 0; i < p->count; i++)
        if (p->factor[i] == factor)
            return i;
    return -1;
}

static node without(collector *c, const product *p, int k)
{
    node *rest = arena_alloc(c->memory, (size_t)p->count * sizeof *rest);
    int count = 0;
    for (int i = 0; i < p->count; i++)
        if (i != k)
            rest[count++] = p->factor[i];
    return count == 0 ? dag_int(c->d, 1) : count == 1 ? rest[0] : dag_mul(c->d, count, rest);
}

static bool leads(const collector *c, node factor)
{
    int var = dag_kind(c->d, factor) == NODE_ENTRY ? dag_payload(c->d, factor) : -1;
    return var >= 0 && var < c->lead_count && c->lead[var];
}

/* A value of the page without axes, as the residual r of a cost r². */
static bool is_value(const collector *c, node factor)
{
    int var = dag_kind(c->d, factor) == NODE_ENTRY ? dag_payload(c->d, factor) : -1;
    return var >= 0 && c->m->var[var].role == ROLE_DEFINED && c->m->var[var].axis_count == c->m->var[var].sample;
}

/* --- sums --- */

static node number_of(const collector *c, const product *p)
{
    return dag_kind(c->d, p->factor[0]) == NODE_NUMBER ? p->factor[0] : 0;
}

/* 2 of 2u − 4v: the smallest coefficient, if all others are multiples of it. 0 for 1. */
static node common_number(collector *c, const product *list, int count)
{
    mpq_t least, ratio, size;
    bool good = count > 0;
    node found = 0;
    mpq_inits(least, ratio, size, NULL);
    for (int round = 0; round < 2 && good; round++)
        for (int i = 0; i < count && good; i++) {
            node number = number_of(c, &list[i]);
            if (number)
                mpq_abs(size, *dag_value(c->d, number));
            else
                mpq_set_si(size, 1, 1);
            if (round == 0 && (i == 0 || mpq_cmp(size, least) < 0))
                mpq_set(least, size);
            mpq_div(ratio, size, least);
            good = round == 0 || mpz_cmp_ui(mpq_denref(ratio), 1) == 0;
        }
    if (good && mpq_cmp_si(least, 1, 1) != 0)
        found = dag_number(c->d, least);
    mpq_clears(least, ratio, size, NULL);
    return found;
}

/* factor·(what remains of the terms that hold it); what remains is collected again. */
static node factored(collector *c, product *list, int count, node factor)
{
    node *rest = arena_alloc(c->memory, (size_t)count * sizeof *rest);
    product *members = arena_alloc(c->memory, (size_t)count * sizeof *members);
    int kept = 0;
    for (int i = 0; i < count; i++) {
        int k = list[i].taken ? -1 : find_factor(&list[i], factor);
        if (k < 0)
            continue;
        list[i].taken = true;
        rest[kept] = without(c, &list[i], k);
        members[kept] = product_of(c, rest[kept]);
        kept++;
    }
    node number = common_number(c, members, kept);
    for (int i = 0; number && i < kept; i++)
        rest[i] = dag_div(c->d, rest[i], number);
    node sum = collect(c, dag_add(c->d, kept, rest)), all[3] = {number ? number : dag_int(c->d, 1), factor, sum};
    return dag_mul(c->d, 3, all);
}

static int holders(const product *list, int count, node factor)
{
    int n = 0;
    for (int i = 0; i < count; i++)
        n += !list[i].taken && find_factor(&list[i], factor) >= 0;
    return n;
}

/* The factor to put before a sum: an adjoint that two terms share; else any that all terms share; else a value that two share. */
static node shared_factor(collector *c, const product *list, int count, int at)
{
    for (int round = 0; round < 3; round++)
        for (int k = 0; k < list[at].count; k++) {
            node f = list[at].factor[k];
            int most = dag_kind(c->d, f) == NODE_NUMBER ? 0 : holders(list, count, f);
            if (most >= 2 && (round == 0 ? leads(c, f) : round == 1 ? most == count : is_value(c, f)))
                return f;
        }
    return 0;
}

/* −(if p then a else b) is a piece too. */
static node as_piece(collector *c, node term)
{
    dag *d = c->d;
    if (dag_kind(d, term) != NODE_MUL || dag_count(d, term) != 2 || dag_kind(d, dag_child(d, term, 0)) != NODE_NUMBER || dag_kind(d, dag_child(d, term, 1)) != NODE_IF)
        return term;
    node number = dag_child(d, term, 0), piece = dag_child(d, term, 1);
    return dag_if(d, dag_child(d, piece, 0), dag_mul2(d, number, dag_child(d, piece, 1)), dag_mul2(d, number, dag_child(d, piece, 2)));
}

/* Pieces with one condition: (if p then a else b) + (if p then u else v) is if p then a + u else b + v. */
static void merge_pieces(collector *c, node *term, int *count)
{
    dag *d = c->d;
    for (int i = 0; i < *count; i++)
        for (int k = i + 1; dag_kind(d, term[i]) == NODE_IF && k < *count;) {
            if (dag_kind(d, term[k]) != NODE_IF || dag_child(d, term[k], 0) != dag_child(d, term[i], 0)) {
                k++;
                continue;
            }
            node yes = dag_add2(d, dag_child(d, term[i], 1), dag_child(d, term[k], 1)), no = dag_add2(d, dag_child(d, term[i], 2), dag_child(d, term[k], 2));
            term[i] = dag_if(d, dag_child(d, term[i], 0), yes, no);
            memmove(term + k, term + k + 1, (size_t)(--*count - k) * sizeof *term);
        }
}

static node collect_sum(collector *c, node n)
{
    int count = dag_count(c->d, n), kept = 0;
    node *term = arena_alloc(c->memory, (size_t)count * sizeof *term), *out = arena_alloc(c->memory, (size_t)count * sizeof *out);
    for (int i = 0; i < count; i++)
        term[i] = as_piece(c, dag_child(c->d, n, i));
    merge_pieces(c, term, &count);
    product *list = arena_alloc(c->memory, (size_t)count * sizeof *list);
    for (int i = 0; i < count; i++)
        list[i] = product_of(c, collect(c, term[i]));
    for (int i = 0; i < count; i++) {
        if (list[i].taken)
            continue;
        node f = shared_factor(c, list, count, i);
        out[kept++] = f ? factored(c, list, count, f) : list[i].term;
    }
    return kept == 1 ? out[0] : dag_add(c->d, kept, out);
}

/* --- pieces --- */

/* Its indices stand alone, so that they are inside their axes whatever a condition says. */
static bool stays_inside(const dag *d, node entry)
{
    for (int i = 0; i < dag_count(d, entry); i++)
        if (dag_kind(d, dag_child(d, entry, i)) == NODE_ADD || dag_kind(d, dag_child(d, entry, i)) == NODE_MUL)
            return false;
    return true;
}

/* Defined whatever the condition says, so that a bracket may stand before it. */
static bool is_plain(const collector *c, node n)
{
    const dag *d = c->d;
    if (dag_kind(d, n) == NODE_ENTRY)
        return stays_inside(d, n);
    if (dag_kind(d, n) == NODE_NUMBER)
        return true;
    bool plain = dag_kind(d, n) == NODE_MUL || dag_kind(d, n) == NODE_ADD;
    for (int i = 0; plain && i < dag_count(d, n); i++)
        plain = is_plain(c, dag_child(d, n, i));
    return plain;
}

static node opposite(collector *c, node condition)
{
    dag *d = c->d;
    node a = dag_child(d, condition, 0), b = dag_child(d, condition, 1);
    switch ((compare)dag_payload(d, condition)) {
    case COMPARE_LESS: return dag_compare(d, COMPARE_LESS_EQUAL, b, a);
    case COMPARE_LESS_EQUAL: return dag_compare(d, COMPARE_LESS, b, a);
    case COMPARE_EQUAL: return dag_compare(d, COMPARE_UNEQUAL, a, b);
    default: return dag_compare(d, COMPARE_EQUAL, a, b);
    }
}

/* u [p] for `if p then u else 0`. */
static node bracket(collector *c, node condition, node value)
{
    return dag_is_int(c->d, value, 1) ? condition : dag_mul2(c->d, value, condition);
}

static node collect_piece(collector *c, node n)
{
    dag *d = c->d;
    node condition = dag_child(d, n, 0), yes = collect(c, dag_child(d, n, 1)), no = collect(c, dag_child(d, n, 2));
    if (dag_kind(d, yes) == NODE_IF && dag_child(d, yes, 2) == no) { /* if p then (if q then a else b) else b */
        condition = dag_fun(d, OP_AND, 2, (node[]){condition, dag_child(d, yes, 0)});
        yes = dag_child(d, yes, 1);
    }
    if (dag_kind(d, condition) == NODE_COMPARE && dag_is_int(d, no, 0) && is_plain(c, yes))
        return bracket(c, condition, yes);
    if (dag_kind(d, condition) == NODE_COMPARE && dag_is_int(d, yes, 0) && is_plain(c, no))
        return bracket(c, opposite(c, condition), no);
    product p = product_of(c, yes), q = product_of(c, no);
    for (int i = 0; i < p.count; i++) {
        int k = leads(c, p.factor[i]) ? find_factor(&q, p.factor[i]) : -1;
        if (k >= 0)
            return dag_mul2(d, p.factor[i], collect(c, dag_if(d, condition, without(c, &p, i), without(c, &q, k))));
    }
    return dag_if(d, condition, yes, no);
}

/* --- everything else --- */

/* (Σ_s u + B v)/B is the mean of u, and v: the 1/B goes to each term, where it meets a sum over samples. */
static bool is_batch(const collector *c, node n)
{
    return dag_kind(c->d, n) == NODE_SIZE && c->m->size[dag_payload(c->d, n)].population >= 0;
}

static bool has_batch_factor(const collector *c, node term)
{
    const dag *d = c->d;
    int count = dag_kind(d, term) == NODE_MUL ? dag_count(d, term) : 1;
    for (int i = 0; i < count; i++) {
        node f = dag_kind(d, term) == NODE_MUL ? dag_child(d, term, i) : term;
        if (is_batch(c, f) || (dag_kind(d, f) == NODE_REDUCE && dag_kind(d, dag_child(d, f, 1)) == NODE_ADD && is_batch(c, dag_child(d, dag_child(d, f, 1), 0))))
            return true;
    }
    return false;
}

static node spread_mean(collector *c, node n)
{
    dag *d = c->d;
    product p = product_of(c, n);
    int inverse = -1, sum = -1;
    for (int i = 0; i < p.count; i++) {
        if (dag_kind(d, p.factor[i]) == NODE_POW && dag_is_int(d, dag_child(d, p.factor[i], 1), -1) && is_batch(c, dag_child(d, p.factor[i], 0)))
            inverse = i;
        if (dag_kind(d, p.factor[i]) == NODE_ADD)
            sum = i;
    }
    for (int i = 0; inverse >= 0 && sum >= 0 && i < dag_count(d, p.factor[sum]); i++)
        if (!has_batch_factor(c, dag_child(d, p.factor[sum], i)))
            sum = -1;
    if (inverse < 0 || sum < 0)
        return n;
    int count = dag_count(d, p.factor[sum]);
    node *term = arena_alloc(c->memory, (size_t)count * sizeof *term);
    for (int i = 0; i < count; i++)
        term[i] = dag_mul2(d, dag_child(d, p.factor[sum], i), p.factor[inverse]);
    p.factor[sum] = dag_add(d, count, term);
    return without(c, &p, inverse);
}

static node collect_children(collector *c, node n)
{
    dag *d = c->d;
    int count = dag_count(d, n), index;
    node *child = arena_alloc(c->memory, (size_t)(count + 1) * sizeof *child);
    if (dag_binds(d, n)) {
        for (int i = 0; i + 1 < count; i++)
            child[i] = dag_child(d, n, i);
        child[count - 1] = collect(c, dag_open(d, n, &index));
        if (dag_kind(d, n) == NODE_REDUCE) /* a delta that has come out of a sum is contracted */
            return dag_reduce(d, (reduction)dag_payload(d, n), index, child[0], child[1], count == 4 ? child[2] : 0, child[count - 1]);
        return dag_rebuild_opened(d, n, index, child);
    }
    bool changed = false;
    for (int i = 0; i < count; i++) {
        child[i] = collect(c, dag_child(d, n, i));
        changed |= child[i] != dag_child(d, n, i);
    }
    return changed ? dag_rebuild(d, n, child, false) : n;
}

static node collect(collector *c, node n)
{
    if (c->steps++ > COLLECT_STEPS)
        return n;
    switch (dag_kind(c->d, n)) {
    case NODE_ADD: return dag_is_affine(c->d, n) ? n : collect_sum(c, n);
    case NODE_IF: return collect_piece(c, n);
    case NODE_MUL: return collect_children(c, spread_mean(c, n));
    case NODE_ENTRY: return n;
    default: return dag_count(c->d, n) ? collect_children(c, n) : n;
    }
}

node derive_collect(deriver *v, node n, int index_count, const int *index)
{
    collector c = {.d = v->m->dag, .m = v->m, .memory = v->memory, .lead = v->lead, .lead_count = v->lead ? v->m->var_count : 0};
    if (v->lead && v->lead_count < c.lead_count)
        c.lead_count = v->lead_count;
    node out = collect(&c, n);
    return model_print_rank(v->m, out, index_count, index) >= model_print_rank(v->m, n, index_count, index) ? out : n;
}
