/* The order in which nested sums of products are taken. Derivatives of derivatives are chains such as Σ_j g[j] Σ_k A[k,j] c[k] A[k,i]: as they stand the inner sum makes a
 * matrix for each sample, taken over j first it is two products with vectors. Needs: tidy equations with events, before contract.c. Keeps: every right side's
 * value, but for the order of additions.
 *
 * The summed indices are taken one after the other, each time the one whose sum costs least (variable elimination, as in R. Dechter, "Bucket elimination", Artificial
 * Intelligence 113, 1999); the result stands where it costs less than a quarter of what was there. */
#include <stdlib.h>

#include "gen/lower/lower_private.h"
#include "gen/lower/product.h"
#include "grammar/arena.h"
#include "grammar/map.h"

enum { MAX_FACTORS = 16, MAX_SUMS = 8, MAX_INDICES = 24, GAIN = 4 };

typedef struct {
    lower_program *p;
    dag *d;
    int_map memo;
} chaining;

typedef struct {
    node factor[MAX_FACTORS];
    int count;
    int sum[MAX_SUMS], sum_count;
    double cost; /* as it stands: each sum is made once for all values of its free indices */
    bool fits;
} chain;

static node rewrite(void *context, node n);

/* How many numbers an expression with these indices has, each index counted once. */
static double values_of(const chaining *x, int count, const int *index)
{
    double values = 1;
    for (int i = 0; i < count; i++)
        values *= product_extent(x->p, index[i]);
    return values;
}

static double sum_cost(chaining *x, node sum, int summed)
{
    int used[MAX_INDICES], count = dag_free_indices(x->d, sum, used, MAX_INDICES);
    return (count > MAX_INDICES ? 0 : values_of(x, count, used)) * product_extent(x->p, summed);
}

static bool range_is_free(dag *d, int index)
{
    const dag_index_info *i = dag_index_get(d, index);
    return i->lo && i->hi && !dag_has_kind(d, i->lo, NODE_INDEX) && !dag_has_kind(d, i->hi, NODE_INDEX) && !dag_has_kind(d, i->lo, NODE_ENTRY) &&
           !dag_has_kind(d, i->hi, NODE_ENTRY);
}

/* Sums and their factors, through products. */
static void take_apart(chaining *x, chain *c, node n)
{
    dag *d = x->d;
    if (dag_kind(d, n) == NODE_MUL) {
        for (int i = 0; i < dag_count(d, n) && c->fits; i++)
            take_apart(x, c, dag_child(d, n, i));
        return;
    }
    if (dag_kind(d, n) == NODE_REDUCE && dag_payload(d, n) == REDUCE_SUM && c->sum_count < MAX_SUMS) {
        int index;
        node body = dag_open(d, n, &index);
        c->fits = c->fits && range_is_free(d, index);
        c->cost += sum_cost(x, n, index);
        c->sum[c->sum_count++] = index;
        take_apart(x, c, body);
        return;
    }
    c->fits = c->fits && c->count < MAX_FACTORS;
    if (c->fits)
        c->factor[c->count++] = n;
}

/* Cost of summing over the index now: values of all indices of the factors that have it. 0: none has. */
static double cost_of(chaining *x, const chain *c, int index)
{
    int used[MAX_INDICES], count = 0, found[MAX_INDICES];
    for (int i = 0; i < c->count; i++) {
        if (!dag_has_index(x->d, c->factor[i], index))
            continue;
        int n = dag_free_indices(x->d, c->factor[i], found, MAX_INDICES);
        for (int k = 0; k < n && k < MAX_INDICES; k++) {
            int at = 0;
            while (at < count && used[at] != found[k])
                at++;
            if (at == count && count < MAX_INDICES)
                used[count++] = found[k];
        }
    }
    return count ? values_of(x, count, used) : 0;
}

static void sum_over(chaining *x, chain *c, int index)
{
    dag *d = x->d;
    node group[MAX_FACTORS];
    int count = 0, kept = 0;
    for (int i = 0; i < c->count; i++) {
        if (dag_has_index(d, c->factor[i], index))
            group[count++] = c->factor[i];
        else
            c->factor[kept++] = c->factor[i];
    }
    const dag_index_info r = *dag_index_get(d, index);
    c->factor[kept++] = dag_raw_reduce(d, REDUCE_SUM, index, r.lo, r.hi, 0, count == 1 ? group[0] : dag_raw_mul(d, count, group));
    c->count = kept;
}

/* The sum with its indices taken in the cheaper order; 0: as it stands. */
static node in_order(chaining *x, node n)
{
    chain c = {.fits = true};
    double total = 0;
    take_apart(x, &c, n);
    if (!c.fits || c.sum_count < 2)
        return 0;
    while (c.sum_count) {
        int best = 0;
        double least = 0;
        for (int i = 0; i < c.sum_count; i++) {
            double cost = cost_of(x, &c, c.sum[i]);
            if (cost == 0)
                return 0;
            if (i == 0 || cost < least)
                best = i, least = cost;
        }
        total += least;
        sum_over(x, &c, c.sum[best]);
        c.sum[best] = c.sum[--c.sum_count];
    }
    if (total * GAIN > c.cost)
        return 0;
    return c.count == 1 ? c.factor[0] : dag_raw_mul(x->d, c.count, c.factor);
}

static node rewrite(void *context, node n)
{
    chaining *x = context;
    dag *d = x->d;
    if (!dag_has_kind(d, n, NODE_REDUCE))
        return n;
    node made = int_map_get(&x->memo, n);
    if (made)
        return made;
    bool sum = dag_kind(d, n) == NODE_MUL || (dag_kind(d, n) == NODE_REDUCE && dag_payload(d, n) == REDUCE_SUM);
    made = sum ? in_order(x, n) : 0;
    made = dag_map_children(d, made ? made : n, rewrite, x);
    int_map_put(&x->memo, n, made);
    return made;
}

void lower_chain(lower_program *p)
{
    chaining x = {.p = p, .d = p->m->dag};
    for (int i = 0; i < p->equation_count; i++)
        if (p->equation[i].events) {
            node made = rewrite(&x, p->equation[i].rhs);
            p->equation[i].rhs = made;
        }
    int_map_free(&x.memo);
}
