/* Products under sums: taken apart into one nest, its dummies and their order chosen canonically. */
#include "gen/prove/nested.h"

#include "gen/dag/ops.h"

#define MOST_PERMUTED     120
#define MOST_TURNED       2
#define MOST_TURNED_TERMS 8

bool nested_has_index(normal *c, node n, int index)
{
    int count;
    const int *list = session_free(c->s, n, &count);
    for (int i = 0; i < count; i++)
        if (list[i] == index)
            return true;
    return false;
}

node nested_body(normal *c, const product *p)
{
    return p->factor_count == 0 ? dag_int(c->d, 1) : p->factor_count == 1 ? p->factor[0] : dag_raw_mul(c->d, p->factor_count, p->factor);
}

/* --- canonical nests --- */

bool nested_add_factor(product *p, node n)
{
    if (p->factor_count == NESTED_MOST_FACTORS)
        return false;
    p->factor[p->factor_count++] = n;
    return true;
}

/* Takes a factor apart: products into their factors, sums (also powers of sums) that share a bound index into their bodies under fresh indices. */
bool nested_flatten(normal *c, product *p, node n)
{
    dag *d = c->d;
    node_kind kind = dag_kind(d, n);
    if (kind == NODE_MUL) {
        for (int i = 0; i < dag_count(d, n); i++)
            if (!nested_flatten(c, p, dag_child(d, n, i)))
                return false;
        return true;
    }
    bool shares = false;
    for (int i = 0; i < p->bound_count; i++)
        shares = shares || nested_has_index(c, n, p->bound[i]);
    int times = 1;
    node sum = n;
    if (kind == NODE_POW && dag_is_int(d, dag_child(d, n, 1), 2)) {
        sum = dag_child(d, n, 0);
        times = 2;
    }
    if (!shares || dag_kind(d, sum) != NODE_REDUCE || dag_payload(d, sum) != REDUCE_SUM || p->bound_count + times > NESTED_MOST_BOUND)
        return nested_add_factor(p, n);
    for (int i = 0; i < times; i++) {
        int index;
        node body = dag_open(d, sum, &index);
        p->bound[p->bound_count++] = index;
        if (!nested_flatten(c, p, body))
            return false;
    }
    return true;
}

static int place_of(normal *c, node n, const int *order, int count)
{
    for (int i = 0; i < count; i++)
        if (dag_kind(c->d, n) == NODE_INDEX && dag_payload(c->d, n) == order[i])
            return i;
    return count;
}

/* Entries of symmetric names with the outer index first: S[j,i] is S[i,j]. */
static node sort_symmetric(normal *c, node n, const int *order, int count)
{
    dag *d = c->d;
    node child[64];
    bool changed = false;
    int children = dag_count(d, n);
    if (children > 64 || children == 0)
        return n;
    for (int i = 0; i < children; i++) {
        child[i] = sort_symmetric(c, dag_child(d, n, i), order, count);
        changed = changed || child[i] != dag_child(d, n, i);
    }
    if (dag_kind(d, n) == NODE_ENTRY && session_is_fact(c->s, dag_payload(d, n)) && c->s->fact[dag_payload(d, n)].swap_a >= 0) {
        int a = c->s->fact[dag_payload(d, n)].swap_a, b = c->s->fact[dag_payload(d, n)].swap_b;
        int x = place_of(c, child[a], order, count), y = place_of(c, child[b], order, count);
        if (y < x || (x == y && child[b] < child[a])) {
            node t = child[a];
            child[a] = child[b], child[b] = t;
            c->s->fact[dag_payload(d, n)].used = changed = true;
        }
    }
    return changed ? dag_rebuild(d, n, child, true) : n;
}

static bool has_symmetry(const normal *c)
{
    for (int i = 0; i < c->s->fact_count; i++)
        if (c->s->fact[i].swap_a >= 0)
            return true;
    return false;
}

/* Closes the product under its sums in the given order, outermost first; 0 if a range would lose an index it needs. */
node nested_close(normal *c, const product *p, node body, const int *order)
{
    if (has_symmetry(c))
        body = sort_symmetric(c, body, order, p->bound_count);
    for (int i = p->bound_count - 1; i >= 0; i--) {
        const dag_index_info x = *dag_index_get(c->d, order[i]);
        for (int j = i; j < p->bound_count; j++)
            if (nested_has_index(c, x.lo, order[j]) || nested_has_index(c, x.hi, order[j]))
                return 0;
        body = dag_raw_reduce(c->d, REDUCE_SUM, order[i], x.lo, x.hi, 0, body);
    }
    return body;
}

typedef struct {
    normal *c;
    const product *p;
    node body, best;
    uint64_t colour[NESTED_MOST_BOUND];
    int order[NESTED_MOST_BOUND], tried;
    bool used[NESTED_MOST_BOUND];
    int signs[MOST_TURNED], sign_count; /* places of the factors sign(u), sign(u)² */
    int odd_signs;                      /* of them sign(u), as bits */
    bool odd, even;                     /* the best is that with an odd, an even number of them turned */
} arrangement;

static node turned(dag *d, node sum)
{
    node child[MOST_TURNED_TERMS];
    int count = dag_count(d, sum);
    for (int i = 0; i < count; i++)
        child[i] = dag_neg(d, dag_child(d, sum, i));
    return dag_add(d, count, child);
}

/* sign(−u) of sign(u), and so its square; 0: it is neither, or u is no sum. */
static node turned_sign(dag *d, node n)
{
    if (dag_kind(d, n) == NODE_POW && dag_is_int(d, dag_child(d, n, 1), 2)) {
        node turned = turned_sign(d, dag_child(d, n, 0));
        return turned ? dag_raw_pow(d, turned, dag_child(d, n, 1)) : 0;
    }
    node u = dag_kind(d, n) == NODE_FUN && dag_payload(d, n) == OP_SIGN ? dag_child(d, n, 0) : 0;
    if (!u || dag_kind(d, u) != NODE_ADD || dag_count(d, u) > MOST_TURNED_TERMS)
        return 0;
    u = turned(d, u);
    return dag_raw_fun(d, OP_SIGN, 1, &u);
}

/* Factors sign(u − v), of which sign(v − u) is the negative: which of them is meant depends on the names of dummies. */
static void find_signs(arrangement *a)
{
    for (int i = 0; i < a->p->factor_count && a->sign_count < MOST_TURNED; i++) {
        if (!turned_sign(a->c->d, a->p->factor[i]))
            continue;
        a->odd_signs |= (dag_kind(a->c->d, a->p->factor[i]) == NODE_FUN) << a->sign_count;
        a->signs[a->sign_count++] = i;
    }
}

/* The body with the k-th of these factors turned where bit k of `set` is. */
static node body_turned(const arrangement *a, int set)
{
    dag *d = a->c->d;
    product p = *a->p;
    for (int k = 0; k < a->sign_count; k++)
        if (set >> k & 1)
            p.factor[a->signs[k]] = turned_sign(d, p.factor[a->signs[k]]);
    return set ? nested_body(a->c, &p) : a->body;
}

/* How an index sits in the k-th factor, the same for sign(u) and sign(−u). */
static uint64_t structure(const arrangement *a, int k, int index)
{
    node n = a->p->factor[k];
    uint64_t found = normal_structure(a->c, n, index);
    for (int i = 0; i < a->sign_count; i++)
        if (a->signs[i] == k)
            found = prove_mix(found) + prove_mix(normal_structure(a->c, turned_sign(a->c->d, n), index));
    return found;
}

/* Two rounds of colouring: how an index sits in each factor, then with which other indices. */
static void colour(arrangement *a)
{
    normal *c = a->c;
    const product *p = a->p;
    uint64_t *out = a->colour;
    uint64_t first[NESTED_MOST_BOUND];
    for (int i = 0; i < p->bound_count; i++) {
        const dag_index_info *x = dag_index_get(c->d, p->bound[i]);
        first[i] = prove_mix((uint64_t)(uint32_t)x->lo * 31 + (uint64_t)(uint32_t)x->hi);
        if (dag_has_kind(c->d, x->lo, NODE_INDEX) || dag_has_kind(c->d, x->hi, NODE_INDEX))
            first[i] = 7;
        for (int k = 0; k < p->factor_count; k++)
            if (nested_has_index(c, p->factor[k], p->bound[i]))
                first[i] += prove_mix(structure(a, k, p->bound[i]));
    }
    for (int i = 0; i < p->bound_count; i++) {
        out[i] = prove_mix(first[i]);
        for (int k = 0; k < p->factor_count; k++)
            for (int j = 0; j < p->bound_count; j++)
                if (j != i && nested_has_index(c, p->factor[k], p->bound[i]) && nested_has_index(c, p->factor[k], p->bound[j]))
                    out[i] += prove_mix(first[j] ^ prove_mix(structure(a, k, p->bound[j])));
    }
}

static bool is_odd(int set)
{
    return (set & 1) != (set >> 1 & 1);
}

static void try_order(arrangement *a)
{
    for (int set = 0; set < 1 << a->sign_count; set++) {
        node n = nested_close(a->c, a->p, body_turned(a, set), a->order);
        if (!n || (a->best && n > a->best))
            continue;
        if (n != a->best)
            a->odd = a->even = false;
        a->best = n;
        *(is_odd(set & a->odd_signs) ? &a->odd : &a->even) = true;
    }
}

/* All orders that sort the colours; the nest with the smallest reference is the canonical one. */
static void arrange(arrangement *a, int place)
{
    int count = a->p->bound_count;
    if (a->tried >= MOST_PERMUTED)
        return;
    if (place == count) {
        a->tried++;
        try_order(a);
        return;
    }
    uint64_t least = 0;
    bool any = false;
    for (int i = 0; i < count; i++)
        if (!a->used[i] && (!any || a->colour[i] < least)) {
            least = a->colour[i];
            any = true;
        }
    for (int i = 0; i < count; i++) {
        if (a->used[i] || a->colour[i] != least)
            continue;
        a->used[i] = true;
        a->order[place] = a->p->bound[i];
        arrange(a, place + 1);
        a->used[i] = false;
    }
}

/* Colours do not know which range depends on which index: when no sorted order is possible, the order of discovery is taken. */
node nested_canonical(normal *c, const product *p, int *sign)
{
    arrangement a = {.c = c, .p = p, .body = nested_body(c, p)};
    find_signs(&a);
    colour(&a);
    arrange(&a, 0);
    *sign = a.odd && a.even ? 0 : a.odd ? -1 : 1;
    return a.best ? a.best : nested_close(c, p, a.body, p->bound);
}

/* An index whose range depends on another bound one gets the whole range and a condition: Σ_j≤i is Σ_j [j <= i]. */
bool nested_widen(normal *c, product *p, int place)
{
    dag *d = c->d;
    dag_index_info x = *dag_index_get(d, p->bound[place]);
    node end[2] = {x.lo, x.hi};
    bool changed = false;
    for (int side = 0; side < 2; side++)
        for (int j = 0; j < p->bound_count; j++) {
            long k;
            node rest;
            if (j == place || !nested_has_index(c, end[side], p->bound[j]))
                continue;
            const dag_index_info other = *dag_index_get(d, p->bound[j]);
            if (!dag_affine_split(d, end[side], p->bound[j], &k, &rest))
                return false;
            node from = dag_index_node(d, p->bound[j]), to = (k > 0) == (side == 1) ? other.hi : other.lo;
            end[side] = session_index(c->s, dag_substitute(d, end[side], 1, &from, &to, false));
            changed = true;
        }
    if (!changed)
        return true;
    int whole = dag_index_fresh(d, x.name, end[0], end[1]);
    node from = dag_index_node(d, p->bound[place]), to = dag_index_node(d, whole), zero = dag_int(d, 0);
    for (int i = 0; i < p->factor_count; i++)
        p->factor[i] = dag_substitute(d, p->factor[i], 1, &from, &to, true);
    p->bound[place] = whole;
    if (end[0] != x.lo && !nested_add_factor(p, dag_raw_compare(d, COMPARE_LESS_EQUAL, session_index(c->s, dag_sub(d, x.lo, to)), zero)))
        return false;
    return end[1] == x.hi || nested_add_factor(p, dag_raw_compare(d, COMPARE_LESS_EQUAL, session_index(c->s, dag_sub(d, to, x.hi)), zero));
}
