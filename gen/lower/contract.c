/* Finds products of matrices in right sides. Needs: tidy equations with events. Keeps: every right side's value, but for the order of additions.
 * Afterwards a sum Σ_k of factors that fall into two groups, which share no other free index than those of a batch, stands alone in an equation of its own, over
 * two arrays; equal ones (whatever their indices are called) share it. Events of new equations are those of their readers. */
#include <stdlib.h>
#include <string.h>

#include "gen/lower/lower_private.h"
#include "gen/lower/product.h"
#include "grammar/arena.h"

enum { MAX_FACTORS = 16, MAX_INDICES = 16 };

static node rewrite(contraction *x, node n);

/* --- shared arrays --- */

static int population_of(const lower_program *p, int index)
{
    const dag_index_info *i = dag_index_get(p->m->dag, index);
    for (int k = 0; k < p->m->population_count && p->m->sample_index; k++) {
        const dag_index_info *s = dag_index_get(p->m->dag, p->m->sample_index[k]);
        if (s->lo == i->lo && s->hi == i->hi)
            return k;
    }
    return -1;
}

/* A summed index that was opened is not marked: its range tells. */
bool contract_is_sample(const contraction *x, int index)
{
    return population_of(x->p, index) >= 0;
}

/* The index that stands for the k-th of a value: equal values then are equal nodes. */
static int canonical_index(contraction *x, int index, int k)
{
    const dag_index_info *i = dag_index_get(x->d, index);
    char name[16];
    if (contract_is_sample(x, index) && k == 0)
        return x->p->m->sample_index[population_of(x->p, index)];
    snprintf(name, sizeof name, "·%d", k);
    return dag_index(x->d, intern_puts(x->p->m->names, name), i->lo, i->hi);
}

static int make_array(contraction *x, node value, int count, const int *index)
{
    lower_program *p = x->p;
    dag *d = x->d;
    const lower_equation owner = p->equation[x->owner];
    lower_var v = {.place = LOWER_WORK, .model_var = -1, .axis_count = count, .line = owner.line, .equation = -1};
    lower_equation e = {.index_count = count, .rhs = value, .guard = x->guard, .population = -1, .line = owner.line};
    v.stem = arena_printf(p->memory, "%s_part", p->var[owner.var].stem);
    e.note = arena_printf(p->memory, "part of %s", lower_var_name(p, p->var[owner.var].model_var >= 0 ? p->var[owner.var].model_var : owner.var));
    for (int k = 0; k < count; k++) {
        const dag_index_info *i = dag_index_get(d, index[k]);
        v.start[k] = i->lo;
        v.size[k] = dag_add(d, 3, (node[]){i->hi, dag_neg(d, i->lo), dag_int(d, 1)});
        e.index[k] = index[k];
        e.at[k] = dag_index_node(d, index[k]);
    }
    if (count && contract_is_sample(x, index[0])) {
        v.per_sample = true;
        v.population = population_of(p, index[0]);
    }
    e.var = lower_add_var(p, &v);
    return lower_add_equation(p, &e);
}

/* The order of the axes belongs to the key. */
node contract_key(contraction *x, node value, int count, const int *index)
{
    dag *d = x->d;
    node from[MODEL_MAX_AXES], to[MODEL_MAX_AXES];
    for (int k = 0; k < count; k++) {
        from[k] = dag_index_node(d, index[k]);
        to[k] = dag_index_node(d, canonical_index(x, index[k], k));
    }
    node key = dag_raw_add(d, 2, (node[]){dag_substitute(d, value, count, from, to, true), dag_entry(d, 0, count, to)});
    return x->guard ? dag_raw_if(d, dag_substitute(d, x->guard, count, from, to, true), key, dag_int(d, 0)) : key;
}

node contract_array(contraction *x, node key, node value, int count, const int *index)
{
    dag *d = x->d;
    node from[MODEL_MAX_AXES], to[MODEL_MAX_AXES];
    int canonical[MODEL_MAX_AXES], known = int_map_get(&x->arrays, key);
    for (int k = 0; k < count; k++) {
        canonical[k] = canonical_index(x, index[k], k);
        from[k] = dag_index_node(d, index[k]);
        to[k] = dag_index_node(d, canonical[k]);
    }
    if (!known) {
        node guard = x->guard;
        x->guard = guard ? dag_substitute(d, guard, count, from, to, true) : 0;
        known = 1 + make_array(x, dag_substitute(d, value, count, from, to, true), count, canonical);
        x->guard = guard;
        int_map_put(&x->arrays, key, known);
    }
    return dag_entry(d, x->p->equation[known - 1].var, count, from);
}

/* An entry of the array that holds value for all its indices, in this order. */
static node shared_array(contraction *x, node value, int count, const int *index)
{
    return contract_array(x, contract_key(x, value, count, index), value, count, index);
}

/* --- factors --- */

typedef struct {
    node factor[MAX_FACTORS];
    unsigned mask[MAX_FACTORS]; /* free indices, bits of `index`; summed ones are not in it */
    unsigned sums[MAX_FACTORS]; /* summed ones */
    int group[MAX_FACTORS];
    int count;
    int index[MAX_INDICES], index_count;
    const int *sum;
    int sum_count;
    unsigned common;
} factors;

static unsigned index_bit(factors *f, int index)
{
    for (int i = 0; i < f->index_count; i++)
        if (f->index[i] == index)
            return 1u << i;
    f->index[f->index_count] = index;
    return 1u << f->index_count++;
}

static bool add_factor(contraction *x, factors *f, node n)
{
    int used[MAX_INDICES], count = dag_free_indices(x->d, n, used, MAX_INDICES);
    if (f->count == MAX_FACTORS || count > MAX_INDICES)
        return false;
    unsigned mask = 0, sums = 0;
    for (int i = 0; i < count; i++) {
        bool summed = false;
        for (int k = 0; k < f->sum_count; k++)
            if (f->sum[k] == used[i])
                summed = true, sums |= 1u << k;
        if (!summed && f->index_count == MAX_INDICES)
            return false;
        mask |= summed ? 0 : index_bit(f, used[i]);
    }
    f->factor[f->count] = n;
    f->mask[f->count] = mask;
    f->sums[f->count++] = sums;
    return true;
}

/* Factors with an index in common are one group; true when there are two groups. Factors without free indices join the second one. */
static bool split(contraction *x, factors *f)
{
    unsigned all[2] = {0, 0}, sums[2] = {0, 0};
    int plain = -1;
    f->common = ~0u;
    for (int i = 0; i < f->count; i++)
        if (f->mask[i])
            f->common &= f->mask[i];
    for (int i = 0; i < f->count; i++) {
        f->mask[i] &= ~f->common;
        if (f->mask[i] && !all[0])
            all[0] = f->mask[i];
    }
    if (!all[0])
        return false;
    for (bool grown = true; grown;) {
        grown = false;
        for (int i = 0; i < f->count; i++)
            if ((f->mask[i] & all[0]) && (f->mask[i] | all[0]) != all[0])
                all[0] |= f->mask[i], grown = true;
    }
    int members[2] = {0, 0};
    for (int i = 0; i < f->count; i++) {
        f->group[i] = !f->mask[i] ? -1 : (f->mask[i] & all[0]) ? 0 : 1;
        if (f->group[i] >= 0)
            members[f->group[i]]++;
        if (f->group[i] == 1)
            all[1] |= f->mask[i];
    }
    /* Two components at least? The second must hang together as well. */
    if (!all[1])
        return false;
    for (int i = 0; i < f->count; i++)
        if (f->group[i] == 1 && plain < 0)
            plain = i;
    unsigned reach = f->mask[plain];
    for (bool grown = true; grown;) {
        grown = false;
        for (int i = 0; i < f->count; i++)
            if ((f->mask[i] & reach) && (f->mask[i] | reach) != reach)
                reach |= f->mask[i], grown = true;
    }
    if (reach != all[1])
        return false;
    /* A factor without free indices goes where an array has to be made anyway, else to the smaller operand. */
    int loose = members[0] > 1 ? 0 : members[1] > 1 ? 1 : -1;
    for (int i = 0; i < f->count && loose < 0; i++)
        if (f->group[i] >= 0 && dag_kind(x->d, f->factor[i]) != NODE_ENTRY)
            loose = f->group[i];
    for (int i = 0; i < f->count; i++) {
        if (f->group[i] < 0)
            f->group[i] = loose < 0 ? 1 : loose;
        sums[f->group[i]] |= f->sums[i];
    }
    unsigned every = (1u << f->sum_count) - 1u;
    return sums[0] == every && sums[1] == every;
}

static double size_of(contraction *x, const factors *f, unsigned mask)
{
    double size = 1;
    for (int i = 0; i < f->index_count; i++)
        if (mask & (1u << i))
            size *= product_extent(x->p, f->index[i]);
    return size;
}

static unsigned group_mask(const factors *f, int group)
{
    unsigned mask = 0;
    for (int i = 0; i < f->count; i++)
        if (f->group[i] == group)
            mask |= f->mask[i];
    return mask;
}

static bool has_sample(const contraction *x, const factors *f, unsigned mask)
{
    for (int i = 0; i < f->index_count; i++)
        if ((mask & (1u << i)) && contract_is_sample(x, f->index[i]))
            return true;
    return false;
}

static int add_indices(const contraction *x, const factors *f, unsigned mask, int *out, int count)
{
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < f->index_count; i++)
            if ((mask & (1u << i)) && contract_is_sample(x, f->index[i]) == (pass == 0) && count < MODEL_MAX_AXES)
                out[count++] = f->index[i];
    return count;
}

static int bits(unsigned mask)
{
    int n = 0;
    for (; mask; mask &= mask - 1)
        n++;
    return n;
}

/* --- operands --- */

/* An entry of a real array with its indices each alone in an axis. */
static bool lies_well(const contraction *x, node n)
{
    dag *d = x->d;
    int used[MAX_INDICES], count = dag_free_indices(d, n, used, MAX_INDICES);
    if (dag_kind(d, n) != NODE_ENTRY || dag_count(d, n) < 2 || x->p->var[dag_payload(d, n)].integer || count > MAX_INDICES)
        return false;
    for (int k = 0; k < dag_count(d, n); k++)
        if (!dag_is_affine(d, dag_child(d, n, k)))
            return false;
    for (int i = 0; i < count; i++)
        if (product_axis(d, n, used[i]) < 0)
            return false;
    return true;
}

static node operand(contraction *x, const factors *f, int group)
{
    dag *d = x->d;
    node list[MAX_FACTORS];
    int count = 0, index[MODEL_MAX_AXES], axes;
    unsigned mask = group_mask(f, group) | (f->common & ((1u << f->index_count) - 1u));
    for (int i = 0; i < f->count; i++)
        if (f->group[i] == group)
            list[count++] = f->factor[i];
    if (count == 1 && lies_well(x, list[0]))
        return list[0];
    if (x->guard) /* what it protects is not computed elsewhere */
        return 0;
    node value = count == 1 ? list[0] : dag_raw_mul(d, count, list);
    unsigned used = 0;
    for (int i = 0; i < f->index_count; i++)
        if (dag_has_index(d, value, f->index[i]))
            used |= 1u << i;
    axes = add_indices(x, f, mask & used, index, 0);
    if (axes + f->sum_count > MODEL_MAX_AXES)
        return 0;
    /* Samples come first, so that what is computed sample by sample can share a loop. */
    for (int pass = 0; pass < 2; pass++)
        for (int k = 0; k < f->sum_count; k++) {
            bool sample = contract_is_sample(x, f->sum[k]);
            if (sample && pass == 0) {
                memmove(index + 1, index, (size_t)axes * sizeof *index);
                index[0] = f->sum[k];
                axes++;
            } else if (!sample && pass == 1) {
                index[axes++] = f->sum[k];
            }
        }
    return shared_array(x, value, axes, index);
}

/* Are the condition's indices axes of the array? */
static bool guard_fits(const contraction *x, int count, const int *index)
{
    int used[MAX_INDICES], found = x->guard ? dag_free_indices(x->d, x->guard, used, MAX_INDICES) : 0;
    for (int i = 0; i < found; i++) {
        bool known = false;
        for (int k = 0; k < count; k++)
            known = known || (i < MAX_INDICES && index[k] == used[i]);
        if (!known)
            return false;
    }
    return true;
}

/* Σ over `sum` of the factors as an entry of a product's array; 0 when it is none. */
static node product_entry(contraction *x, factors *f)
{
    dag *d = x->d;
    double inner = 1;
    int index[MODEL_MAX_AXES], count;
    for (int k = 0; k < f->sum_count; k++)
        inner *= product_extent(x->p, f->sum[k]);
    if (!split(x, f))
        return 0;
    unsigned rows = group_mask(f, 0), columns = group_mask(f, 1), common = f->common & ((1u << f->index_count) - 1u);
    if (!product_is_worth(size_of(x, f, rows), size_of(x, f, columns), inner) || bits(rows | columns | common) > 3)
        return 0;
    node a = operand(x, f, 0), b = operand(x, f, 1);
    if (!a || !b)
        return 0;
    bool swap = has_sample(x, f, columns);
    count = add_indices(x, f, common, index, 0);
    count = add_indices(x, f, swap ? columns : rows, index, count);
    count = add_indices(x, f, swap ? rows : columns, index, count);
    if (!guard_fits(x, count, index))
        return 0;
    node value = dag_raw_mul(d, 2, (node[]){a, b});
    for (int k = f->sum_count - 1; k >= 0; k--) {
        const dag_index_info i = *dag_index_get(d, f->sum[k]);
        value = dag_raw_reduce(d, REDUCE_SUM, f->sum[k], i.lo, i.hi, 0, value);
    }
    return shared_array(x, value, count, index);
}

/* --- sums --- */

static bool plain_ranges(dag *d, const int *sum, int count)
{
    for (int k = 0; k < count; k++) {
        const dag_index_info *i = dag_index_get(d, sum[k]);
        if (!i->lo || !i->hi || dag_has_kind(d, i->lo, NODE_INDEX) || dag_has_kind(d, i->hi, NODE_INDEX) || dag_has_kind(d, i->lo, NODE_ENTRY) ||
            dag_has_kind(d, i->hi, NODE_ENTRY))
            return false;
    }
    return true;
}

/* A condition may keep an index inside its array: what it protects stays where it is. */
static bool guarded(dag *d, node n)
{
    return dag_has_kind(d, n, NODE_IF) || dag_has_kind(d, n, NODE_COMPARE);
}

/* One term summed over `sum` (outermost first); 0: no product in it. */
static node term_sum(contraction *x, node n, const int *sum, int count)
{
    dag *d = x->d;
    factors f = {.sum = sum, .sum_count = count};
    node outside[MAX_FACTORS];
    int outside_count = 0, total = dag_kind(d, n) == NODE_MUL ? dag_count(d, n) : 1;
    if (total > MAX_FACTORS || total < 2)
        return 0;
    for (int i = 0; i < total; i++) {
        node c = dag_child(d, n, i);
        bool inside = false;
        for (int k = 0; k < count; k++)
            inside = inside || dag_has_index(d, c, sum[k]);
        if (!inside)
            outside[outside_count++] = c;
        else if (!add_factor(x, &f, c))
            return 0;
    }
    node made = f.count < 2 ? 0 : product_entry(x, &f);
    if (made) {
        if (!outside_count)
            return made;
        outside[outside_count++] = made;
        return dag_raw_mul(d, outside_count, outside);
    }
    if (count == 1)
        return 0;
    made = term_sum(x, n, sum + count - 1, 1);
    if (!made)
        return 0;
    node again = term_sum(x, made, sum, count - 1);
    if (again)
        return again;
    for (int k = count - 2; k >= 0; k--) {
        const dag_index_info i = *dag_index_get(d, sum[k]);
        made = dag_raw_reduce(d, REDUCE_SUM, sum[k], i.lo, i.hi, 0, made);
    }
    return made;
}

static node closed(dag *d, node n, const int *sum, int count)
{
    for (int k = count - 1; k >= 0; k--) {
        const dag_index_info i = *dag_index_get(d, sum[k]);
        n = dag_raw_reduce(d, REDUCE_SUM, sum[k], i.lo, i.hi, 0, n);
    }
    return n;
}

static node rewrite_sum(contraction *x, node n)
{
    dag *d = x->d;
    int sum[MODEL_MAX_AXES], count;
    node body = lower_open_sums(x->p, n, sum, MODEL_MAX_AXES, &count);
    if (!plain_ranges(d, sum, count) || guarded(d, body))
        return n;
    body = rewrite(x, body);
    int terms = dag_kind(d, body) == NODE_ADD ? dag_count(d, body) : 1, found = 0, left = 0;
    if (terms > MAX_FACTORS)
        return closed(d, body, sum, count);
    node made[MAX_FACTORS + 1], rest[MAX_FACTORS];
    for (int i = 0; i < terms; i++) {
        node t = terms == 1 ? body : dag_child(d, body, i), product = term_sum(x, t, sum, count);
        if (product)
            made[found++] = product;
        else
            rest[left++] = t;
    }
    if (!found)
        return closed(d, body, sum, count);
    if (left)
        made[found++] = closed(d, left == 1 ? rest[0] : dag_raw_add(d, left, rest), sum, count);
    return found == 1 ? made[0] : dag_raw_add(d, found, made);
}

static node rewrite_children(contraction *x, node n)
{
    dag *d = x->d;
    int count = dag_count(d, n);
    node few[8], *child = count <= 8 ? few : xmalloc((size_t)count * sizeof *child);
    for (int i = 0; i < count; i++)
        child[i] = rewrite(x, dag_child(d, n, i));
    node made = dag_rebuild(d, n, child, true);
    if (child != few)
        free(child);
    return made;
}

/* Under one condition on indices, as a recurrence's ends have it: the product's equation then has it too. */
static node rewrite_if(contraction *x, node n)
{
    dag *d = x->d;
    node c = dag_child(d, n, 0);
    bool index = dag_kind(d, c) == NODE_COMPARE && dag_is_affine(d, dag_child(d, c, 0)) && dag_is_affine(d, dag_child(d, c, 1));
    if (!index || x->guard || !dag_is_int(d, dag_child(d, n, 2), 0) || guarded(d, dag_child(d, n, 1)))
        return n;
    int_map outer = x->memo;
    x->memo = (int_map){0};
    x->guard = c;
    node made = rewrite(x, dag_child(d, n, 1));
    x->guard = 0;
    int_map_free(&x->memo);
    x->memo = outer;
    return made == dag_child(d, n, 1) ? n : dag_raw_if(d, c, made, dag_int(d, 0));
}

static node rewrite(contraction *x, node n)
{
    dag *d = x->d;
    if (!dag_has_kind(d, n, NODE_REDUCE) || dag_kind(d, n) == NODE_ENTRY)
        return n;
    if (dag_kind(d, n) == NODE_IF)
        return rewrite_if(x, n);
    node made = int_map_get(&x->memo, n);
    if (made)
        return made;
    if (dag_kind(d, n) != NODE_REDUCE)
        made = rewrite_children(x, n);
    else
        made = dag_payload(d, n) == REDUCE_SUM ? rewrite_sum(x, n) : n;
    int_map_put(&x->memo, n, made);
    return made;
}

/* --- events --- */

typedef struct {
    contraction *x;
    const int *writer;
    uint64_t events;
} spreading;

static bool spread_event(void *context, node n)
{
    spreading *s = context;
    if (dag_kind(s->x->d, n) == NODE_ENTRY && s->writer[dag_payload(s->x->d, n)] >= 0)
        s->x->p->equation[s->writer[dag_payload(s->x->d, n)]].events |= s->events;
    return true;
}

/* New equations only read older ones, but those of lower_share, which come last, are read by all: two walks backwards reach everything. */
static void spread_events(contraction *x)
{
    lower_program *p = x->p;
    if (p->equation_count == x->first)
        return;
    int *writer = xmalloc((size_t)(p->var_count + 1) * sizeof *writer);
    for (int v = 0; v < p->var_count; v++)
        writer[v] = -1;
    for (int i = x->first; i < p->equation_count; i++)
        writer[p->equation[i].var] = i;
    for (int i = 0; i < 2 * p->equation_count - x->first; i++) {
        int k = i < x->first ? i : p->equation_count - 1 - (i - x->first) % (p->equation_count - x->first);
        spreading s = {x, writer, p->equation[k].events};
        if (s.events)
            dag_visit(x->d, p->equation[k].rhs, spread_event, &s);
    }
    free(writer);
}

void lower_contract(lower_program *p)
{
    contraction x = {.p = p, .d = p->m->dag, .first = p->equation_count};
    for (int i = 0; i < x.first; i++)
        if (p->equation[i].events && !p->equation[i].placed && dag_has_kind(x.d, p->equation[i].rhs, NODE_REDUCE)) {
            x.owner = i;
            node made = rewrite(&x, p->equation[i].rhs);
            p->equation[i].rhs = made;
        }
    if (p->equation_count > x.first)
        contract_mark_products(&x);
    spread_events(&x);
    lower_share(&x);
    spread_events(&x);
    int_map_free(&x.memo), int_map_free(&x.arrays);
}
