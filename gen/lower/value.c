/* Expressions inside loops: each reduction becomes a loop that fills a local scalar, placed in the outermost block that knows all its indices; what is used
 * twice, or does not change in the inner loops and costs a function call, becomes a local constant. Conditions on values stay conditions: only the chosen branch
 * is evaluated. */
#include <stdlib.h>

#include "gen/dag/ops.h"
#include "gen/lower/lower_private.h"
#include "gen/lower/nest.h"
#include "grammar/arena.h"

enum { TERNARY_NODES = 16, LONGEST_NESTING = 20 };

static int barrier(const nest *b)
{
    for (int i = b->depth - 1; i > 0; i--)
        if (b->frame[i].conditional)
            return i;
    return 0;
}

static int at_least(int a, int b)
{
    return a > b ? a : b;
}

void nest_remember(nest *b, node key, node value, int depth)
{
    int_map_put(&b->memo, key, value);
    int_list_push(&b->frame[depth].log, key);
}

int nest_depth_of(nest *b, node n)
{
    dag *d = b->d;
    node_kind kind = dag_kind(d, n);
    if (kind == NODE_INDEX)
        return at_least(int_map_get(&b->index_depth, 1 + dag_payload(d, n)) - 1, 0);
    if (kind == NODE_SIZE)
        return at_least(int_map_get(&b->size_depth, 1 + dag_payload(d, n)) - 1, 0);
    int count = dag_count(d, n);
    if (count == 0)
        return kind == NODE_ENTRY ? at_least(int_map_get(&b->local_depth, dag_payload(d, n)) - 1, 0) : 0;
    int known = int_map_get(&b->depths, n);
    if (known)
        return known - 1;
    int depth = 0;
    for (int i = 0; i < count; i++)
        depth = at_least(depth, nest_depth_of(b, dag_child(d, n, i)));
    int_map_put(&b->depths, n, depth + 1);
    int_list_push(&b->frame[depth].log, n);
    return depth;
}

void nest_count_uses(nest *b, node n)
{
    int known = int_map_get(&b->uses, n);
    int_map_put(&b->uses, n, known + 1);
    if (known)
        return;
    int count = dag_count(b->d, n);
    if (dag_binds(b->d, n))
        count--;
    for (int i = 0; i < count; i++)
        nest_count_uses(b, dag_child(b->d, n, i));
}

static node new_local(nest *b, int depth, bool integer, bool assigned)
{
    lower_var v = {.place = LOWER_LOCAL, .model_var = -1, .stem = "t", .integer = integer, .mutable_local = assigned, .equation = -1};
    int var = lower_add_var(b->p, &v);
    int_map_put(&b->local_depth, var, depth + 1);
    return dag_entry(b->d, var, 0, NULL);
}

static node declare(nest *b, node value, int depth, bool integer, bool assigned)
{
    lower_statement *s = lower_statement_new(b->p, LOWER_LET);
    s->target = new_local(b, depth, integer, assigned);
    s->value = value;
    nest_add(b, depth, s);
    return s->target;
}

/* Where a reduction starts: 0, 1, −∞ or ∞. */
static node declare_start(nest *b, lower_how how, int depth)
{
    lower_statement *s = lower_statement_new(b->p, LOWER_LET);
    s->target = new_local(b, depth, false, true);
    s->how = how;
    s->value = how == LOWER_ADD ? dag_int(b->d, 0) : how == LOWER_MULTIPLY ? dag_int(b->d, 1) : 0;
    nest_add(b, depth, s);
    return s->target;
}

node nest_let(nest *b, node value, int depth, bool integer)
{
    return declare(b, value, depth, integer, false);
}

/* --- reductions --- */

static void add_body(nest *b, lower_how how, node target, node body)
{
    dag *d = b->d;
    if (how == LOWER_ADD && dag_kind(d, body) == NODE_IF && dag_is_int(d, dag_child(d, body, 2), 0)) {
        nest_open_when(b, nest_value(b, dag_child(d, body, 0)));
        add_body(b, how, target, dag_child(d, body, 1));
        nest_close(b);
        return;
    }
    nest_assign(b, how, target, nest_value(b, body));
}

static node accumulate(nest *b, lower_how how, node reduce, int depth)
{
    int index;
    node accumulator = declare_start(b, how, depth), body = dag_open(b->d, reduce, &index);
    nest_count_uses(b, body);
    nest_open_for(b, index, nest_value(b, dag_child(b->d, reduce, 0)), nest_value(b, dag_child(b->d, reduce, 1)), false);
    add_body(b, how, accumulator, body);
    nest_close(b);
    return accumulator;
}

/* The first position of the largest (or smallest) value. */
static node position_of_best(nest *b, node reduce, bool largest, int depth)
{
    dag *d = b->d;
    int index;
    node best = declare_start(b, largest ? LOWER_MAX : LOWER_MIN, depth);
    node where = declare(b, nest_value(b, dag_child(d, reduce, 0)), depth, true, true), body = dag_open(d, reduce, &index);
    nest_count_uses(b, body);
    nest_open_for(b, index, dag_child(d, reduce, 0), dag_child(d, reduce, 1), false);
    node value = nest_let(b, nest_value(b, body), b->depth - 1, false);
    nest_open_when(b, largest ? dag_raw_compare(d, COMPARE_LESS, best, value) : dag_raw_compare(d, COMPARE_LESS, value, best));
    nest_assign(b, LOWER_SET, best, value);
    nest_assign(b, LOWER_SET, where, dag_index_node(d, index));
    nest_close(b);
    nest_close(b);
    return where;
}

bool lower_is_few(dag *d, node reduce)
{
    enum { FEW = 4 };
    reduction kind = (reduction)dag_payload(d, reduce);
    node lo = dag_child(d, reduce, 0), hi = dag_child(d, reduce, 1);
    return (kind == REDUCE_MAX || kind == REDUCE_MIN || kind == REDUCE_ARGMAX || kind == REDUCE_ARGMIN) && dag_kind(d, lo) == NODE_NUMBER &&
           dag_kind(d, hi) == NODE_NUMBER && mpq_cmp(*dag_value(d, lo), *dag_value(d, hi)) <= 0 &&
           mpq_get_d(*dag_value(d, hi)) - mpq_get_d(*dag_value(d, lo)) < FEW;
}

/* The largest or smallest of a few values, or the first position of it, without a loop, so that the loop around runs in vectors. What is not a number stays. */
static node best_of_few(nest *b, node n, int depth)
{
    dag *d = b->d;
    reduction kind = (reduction)dag_payload(d, n);
    bool largest = kind == REDUCE_MAX || kind == REDUCE_ARGMAX, position = kind == REDUCE_ARGMAX || kind == REDUCE_ARGMIN;
    int index;
    long first = (long)mpq_get_d(*dag_value(d, dag_child(d, n, 0))), last = (long)mpq_get_d(*dag_value(d, dag_child(d, n, 1)));
    node body = dag_open(d, n, &index), best = 0, where = dag_int(d, first), from = dag_index_node(d, index);
    for (long k = first; k <= last; k++) {
        node at = dag_int(d, k), value = dag_substitute(d, body, 1, &from, &at, true);
        nest_count_uses(b, value);
        value = nest_let(b, nest_value(b, value), depth, false);
        if (!best) {
            best = value;
            continue;
        }
        node better = largest ? dag_raw_compare(d, COMPARE_LESS, best, value) : dag_raw_compare(d, COMPARE_LESS, value, best);
        if (position)
            where = nest_let(b, dag_raw_if(d, better, at, where), depth, true);
        if (position && k == last) /* nobody asks for the value */
            break;
        best = nest_let(b, dag_raw_if(d, better, value, position ? best : dag_raw_if(d, dag_raw_compare(d, COMPARE_UNEQUAL, value, value), value, best)), depth,
                        false);
    }
    return position ? where : best;
}

static node reduce_at(nest *b, node n, int depth)
{
    dag *d = b->d;
    if (lower_is_few(d, n))
        return best_of_few(b, n, depth);
    switch ((reduction)dag_payload(d, n)) {
    case REDUCE_SUM: return accumulate(b, LOWER_ADD, n, depth);
    case REDUCE_PROD: return accumulate(b, LOWER_MULTIPLY, n, depth);
    case REDUCE_MAX: return accumulate(b, LOWER_MAX, n, depth);
    case REDUCE_MIN: return accumulate(b, LOWER_MIN, n, depth);
    case REDUCE_ARGMAX: return position_of_best(b, n, true, depth);
    case REDUCE_ARGMIN: return position_of_best(b, n, false, depth);
    default: break; /* extract.c has removed the others */
    }
    diag_add(b->p->m->diagnostics, DIAG_ERROR, (span){b->p->m->source, 0, 0}, "%s cannot be lowered here", reduction_get((reduction)dag_payload(d, n))->name);
    b->p->failed = true;
    return dag_int(d, 0);
}

static node reduce_value(nest *b, node n)
{
    nest_frame saved[NEST_FRAMES];
    int depth = at_least(nest_depth_of(b, n), barrier(b)), aside = nest_aside(b, depth, saved);
    bool outer = b->inline_only;
    b->inline_only = false;
    node made = reduce_at(b, n, depth);
    b->inline_only = outer;
    nest_back(b, aside, saved);
    nest_remember(b, n, made, depth);
    return made;
}

/* --- scales --- */

static bool is_divisor(dag *d, node n)
{
    return dag_kind(d, n) == NODE_POW && dag_kind(d, dag_child(d, n, 1)) == NODE_NUMBER && mpq_sgn(*dag_value(d, dag_child(d, n, 1))) < 0;
}

static bool of_sizes(dag *d, node n)
{
    return dag_kind(d, n) == NODE_NUMBER ||
           (dag_has_kind(d, n, NODE_SIZE) && !dag_has_kind(d, n, NODE_INDEX) && !dag_has_kind(d, n, NODE_BOUND) && !dag_has_kind(d, n, NODE_ENTRY));
}

/* A product's numbers and sizes among which a divisor is, as one node, and behind a free place its other factors; 0: it stays as it is. */
static node scale_of(const nest *b, node n, node other[17], int *others)
{
    dag *d = b->d;
    int count = dag_count(d, n), scales = 0;
    bool divides = false;
    *others = 0;
    if (dag_kind(d, n) != NODE_MUL || b->depth < 2 || count > 16)
        return 0;
    node scale[16];
    for (int i = 0; i < count; i++) {
        node f = dag_child(d, n, i);
        if (of_sizes(d, f)) {
            divides = divides || is_divisor(d, f);
            scale[scales++] = f;
        } else {
            other[1 + (*others)++] = f;
        }
    }
    return !divides || !*others ? 0 : scales == 1 ? scale[0] : dag_raw_mul(d, scales, scale);
}

/* u·(2/3)/n: numbers and sizes are multiplied and divided once, outside the loop. A mean over a batch would divide every entry. */
static node with_one_scale(nest *b, node n)
{
    node other[17];
    int others;
    node value = scale_of(b, n, other, &others), known = value ? int_map_get(&b->memo, value) : 0;
    if (!value || (!known && b->inline_only))
        return n;
    if (!known) {
        int depth = barrier(b);
        known = nest_let(b, value, depth, false);
        nest_remember(b, value, known, depth);
    }
    other[0] = known;
    return dag_raw_mul(b->d, 1 + others, other);
}

/* The scales in a branch that is written where it is chosen. */
static void scale_before(nest *b, node n)
{
    with_one_scale(b, n);
    for (int i = 0; i < dag_count(b->d, n) && dag_kind(b->d, n) != NODE_ENTRY && dag_kind(b->d, n) != NODE_REDUCE; i++)
        scale_before(b, dag_child(b->d, n, i));
}

/* --- conditions --- */

static bool gathers(dag *d, node n)
{
    for (int i = 0; i < dag_count(d, n); i++)
        if (!dag_is_affine(d, dag_child(d, n, i)))
            return true;
    return false;
}

static bool small(dag *d, node n, int *room)
{
    if (--*room < 0 || dag_kind(d, n) == NODE_REDUCE || (dag_kind(d, n) == NODE_ENTRY && gathers(d, n)))
        return false;
    if (dag_is_affine(d, n))
        return true;
    for (int i = 0; i < dag_count(d, n); i++)
        if (dag_kind(d, n) != NODE_ENTRY && !small(d, dag_child(d, n, i), room))
            return false;
    return true;
}

static void branch(nest *b, node target, node value)
{
    nest_assign(b, LOWER_SET, target, nest_value(b, value));
}

static node branches(nest *b, node n, node condition, int depth)
{
    dag *d = b->d;
    node target = declare(b, 0, depth, false, true);
    lower_statement *s = lower_statement_new(b->p, LOWER_WHEN), *yes;
    s->value = condition;
    nest_open(b, s, -1, true);
    branch(b, target, dag_child(d, n, 1));
    nest_close(b);
    /* The second branch is built as a block of its own and then hung beside the first. */
    lower_statement *other = lower_statement_new(b->p, LOWER_WHEN);
    lower_statement **tail = b->frame[b->depth - 1].tail;
    nest_open(b, other, -1, true);
    branch(b, target, dag_child(d, n, 2));
    nest_close(b);
    yes = s;
    yes->otherwise = other->body;
    *tail = NULL;
    b->frame[b->depth - 1].tail = tail;
    return target;
}

/* May it keep an index inside an array? */
static bool compares_indices(dag *d, node n)
{
    if (dag_kind(d, n) == NODE_COMPARE && dag_is_affine(d, dag_child(d, n, 0)) && dag_is_affine(d, dag_child(d, n, 1)))
        return true;
    for (int i = 0; i < dag_count(d, n); i++)
        if (dag_kind(d, n) != NODE_ENTRY && compares_indices(d, dag_child(d, n, i)))
            return true;
    return false;
}

/* Entries of arrays in a branch that only values choose are read before the choice: a choice between numbers runs in vectors, a choice whether to read does so only
 * with masks (which gcc 12 confuses when it has unrolled the loop). */
static void read_before(nest *b, node n)
{
    dag *d = b->d;
    if (dag_kind(d, n) == NODE_IF && compares_indices(d, dag_child(d, n, 0)))
        return;
    if (dag_kind(d, n) != NODE_ENTRY) {
        for (int i = 0; i < dag_count(d, n); i++)
            read_before(b, dag_child(d, n, i));
        return;
    }
    if (dag_count(d, n) == 0 || gathers(d, n) || int_map_get(&b->memo, n))
        return;
    int depth = at_least(nest_depth_of(b, n), barrier(b));
    nest_remember(b, n, nest_let(b, n, depth, b->p->var[dag_payload(d, n)].integer), depth);
}

static node if_value(nest *b, node n)
{
    dag *d = b->d;
    int room = TERNARY_NODES;
    node condition = nest_value(b, dag_child(d, n, 0));
    if (b->inline_only || (small(d, dag_child(d, n, 1), &room) && small(d, dag_child(d, n, 2), &room))) {
        bool outer = b->inline_only, reads = !compares_indices(d, dag_child(d, n, 0));
        for (int i = 1; i < 3 && !outer; i++) {
            scale_before(b, dag_child(d, n, i));
            if (reads)
                read_before(b, dag_child(d, n, i));
        }
        b->inline_only = true;
        node yes = nest_value(b, dag_child(d, n, 1)), no = nest_value(b, dag_child(d, n, 2));
        b->inline_only = outer;
        return dag_raw_if(d, condition, yes, no);
    }
    nest_frame saved[NEST_FRAMES];
    int depth = at_least(at_least(nest_depth_of(b, n), nest_depth_of(b, condition)), barrier(b)), aside = nest_aside(b, depth, saved);
    node made = branches(b, n, condition, depth);
    nest_back(b, aside, saved);
    nest_remember(b, n, made, depth);
    return made;
}

/* --- indices from data --- */

static node checked_index(nest *b, node index, const lower_var *v, int axis)
{
    dag *d = b->d;
    node hi = dag_add(d, 3, (node[]){v->start[axis], v->size[axis], dag_int(d, -1)});
    node key = dag_raw_compare(d, COMPARE_LESS_EQUAL, index, hi);
    node known = int_map_get(&b->memo, key);
    if (known)
        return known;
    node value = nest_value(b, index);
    int depth = at_least(nest_depth_of(b, value), barrier(b));
    node local = nest_let(b, value, depth, true);
    lower_statement *s = lower_statement_new(b->p, LOWER_CHECK);
    s->value = local;
    s->lo = v->start[axis];
    s->hi = hi;
    nest_add(b, depth, s);
    b->checks = true;
    nest_remember(b, key, local, depth);
    return local;
}

static node entry_value(nest *b, node n)
{
    dag *d = b->d;
    int count = dag_count(d, n);
    if (!gathers(d, n))
        return n;
    node at[MODEL_MAX_AXES];
    lower_var v = b->p->var[dag_payload(d, n)];
    for (int k = 0; k < count; k++)
        at[k] = dag_is_affine(d, dag_child(d, n, k)) ? dag_child(d, n, k) : checked_index(b, dag_child(d, n, k), &v, k);
    return dag_entry(d, dag_payload(d, n), count, at);
}

/* --- everything else --- */

static bool integer_power(dag *d, node n)
{
    if (dag_kind(d, n) != NODE_POW || dag_kind(d, dag_child(d, n, 1)) != NODE_NUMBER)
        return false;
    for (long k = 2; k <= 4; k++)
        if (dag_is_int(d, dag_child(d, n, 1), k) || dag_is_int(d, dag_child(d, n, 1), -k))
            return true;
    return false;
}

static bool leaf(dag *d, node n)
{
    node_kind k = dag_kind(d, n);
    return k == NODE_ENTRY || dag_count(d, n) == 0 || dag_is_affine(d, n);
}

/* Worth a name when it stands twice. */
static bool worth_sharing(dag *d, node n)
{
    if (dag_kind(d, n) == NODE_MUL && dag_count(d, n) == 2 && dag_kind(d, dag_child(d, n, 0)) == NODE_NUMBER && leaf(d, dag_child(d, n, 1)))
        return false;
    return !leaf(d, n);
}

static bool costly(dag *d, node n)
{
    node_kind k = dag_kind(d, n);
    return (k == NODE_FUN && dag_count(d, n) > 0) || (k == NODE_POW && !integer_power(d, n));
}

static int nesting(const dag *d, node n, int room)
{
    int deepest = 0;
    if (room == 0 || dag_kind(d, n) == NODE_ENTRY)
        return 0;
    for (int i = 0; i < dag_count(d, n); i++) {
        int below = 1 + nesting(d, dag_child(d, n, i), room - 1);
        deepest = below > deepest ? below : deepest;
        if (deepest >= room)
            break;
    }
    return deepest;
}

static node rebuild(nest *b, node n)
{
    dag *d = b->d;
    n = with_one_scale(b, n);
    int count = dag_count(d, n);
    node few[8], *child = count <= 8 ? few : xmalloc((size_t)count * sizeof *child);
    for (int i = 0; i < count; i++)
        child[i] = nest_value(b, dag_child(d, n, i));
    if (integer_power(d, n) && !leaf(d, child[0]) && !b->inline_only) {
        child[0] = nest_let(b, child[0], at_least(nest_depth_of(b, child[0]), barrier(b)), false);
        nest_remember(b, dag_child(d, n, 0), child[0], at_least(nest_depth_of(b, child[0]), barrier(b)));
    }
    node made = dag_rebuild(d, n, child, true);
    if (child != few)
        free(child);
    return made;
}

/* Gives `made`, the value of n, a name when that saves work. */
static node name_if_useful(nest *b, node n, node made, int uses)
{
    dag *d = b->d;
    int depth = at_least(nest_depth_of(b, made), barrier(b));
    bool condition = dag_kind(d, n) == NODE_COMPARE;
    bool twice = uses > 1 && worth_sharing(d, made) && !condition;
    bool invariant = depth < b->depth - 1 && costly(d, made);
    if (b->inline_only || leaf(d, made) || !(twice || invariant || nesting(d, made, LONGEST_NESTING) >= LONGEST_NESTING))
        return made;
    node local = nest_let(b, made, depth, false);
    nest_remember(b, n, local, depth);
    return local;
}

/* u/v stays a division whether or not 1/v stands elsewhere too, so that sharing never changes a value: it is v that gets a name. */
static node divisor_value(nest *b, node n)
{
    dag *d = b->d;
    mpq_t e;
    mpq_init(e);
    mpq_neg(e, *dag_value(d, dag_child(d, n, 1)));
    node power = mpq_cmp_si(e, 1, 1) == 0 ? dag_child(d, n, 0) : dag_raw_pow(d, dag_child(d, n, 0), dag_number(d, e));
    mpq_clear(e);
    node value = nest_value(b, power);
    return dag_raw_pow(d, name_if_useful(b, power, value, int_map_get(&b->uses, n)), dag_int(d, -1));
}

node nest_value(nest *b, node n)
{
    dag *d = b->d;
    node_kind kind = dag_kind(d, n);
    if (kind == NODE_ENTRY ? dag_count(d, n) == 0 : dag_is_affine(d, n))
        return n;
    node known = int_map_get(&b->memo, n);
    if (known)
        return known;
    switch (kind) {
    case NODE_REDUCE: return reduce_value(b, n);
    case NODE_ENTRY: return entry_value(b, n);
    case NODE_IF: {
        node made = if_value(b, n);
        return dag_kind(d, made) == NODE_IF ? name_if_useful(b, n, made, int_map_get(&b->uses, n)) : made;
    }
    case NODE_POW:
        if (is_divisor(d, n))
            return divisor_value(b, n);
        break;
    default: break;
    }
    return name_if_useful(b, n, rebuild(b, n), int_map_get(&b->uses, n));
}
