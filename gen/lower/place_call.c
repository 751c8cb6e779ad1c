/* Sums of products over several indices as one call of delta_contract: which of a term's indices are rows, columns and inner ones. Needs: a term without conditions and
 * bound indices. */
#include <string.h>

#include "gen/lower/place.h"
#include "gen/lower/product.h"
#include "grammar/arena.h"

enum { LEAST_SIDE = 4, LEAST_INNER = 2, LEAST_WORK = 16384 };

typedef struct {
    lower_program *p;
    dag *d;
    node entry[3];                         /* a, b, the target */
    int index[3][PLACE_INDICES], count[3]; /* rows, columns, inner */
    int around[PLACE_INDICES], around_count;
} roles;

static bool plain_entry(const roles *x, node n)
{
    if (dag_kind(x->d, n) != NODE_ENTRY || dag_count(x->d, n) == 0 || x->p->var[dag_payload(x->d, n)].integer)
        return false;
    for (int k = 0; k < dag_count(x->d, n); k++)
        if (!dag_is_affine(x->d, dag_child(x->d, n, k)))
            return false;
    return true;
}

/* Another index of a call moves the target along the same axis: then only one of them can be part of it. */
static bool overlaps(const roles *x, int index, int other)
{
    for (int k = 0; k < dag_count(x->d, x->entry[2]); k++)
        if (dag_has_index(x->d, dag_child(x->d, x->entry[2], k), index) && dag_has_index(x->d, dag_child(x->d, x->entry[2], k), other))
            return true;
    return false;
}

static void give_role(roles *x, int index)
{
    bool in[3];
    for (int k = 0; k < 3; k++)
        in[k] = dag_has_index(x->d, x->entry[k], index);
    int role = in[0] + in[1] + in[2] != 2 ? -1 : !in[1] ? 0 : !in[0] ? 1 : 2;
    for (int side = 0; side < 2 && role >= 0 && role < 2; side++)
        for (int i = 0; i < x->count[side]; i++) {
            int other = x->index[side][i];
            if (!overlaps(x, index, other))
                continue;
            if (product_extent(x->p, index) > product_extent(x->p, other)) {
                x->around[x->around_count++] = other;
                x->index[side][i--] = x->index[side][x->count[side] - 1];
                x->count[side]--;
            } else {
                role = -1;
                break;
            }
        }
    if (role < 0)
        x->around[x->around_count++] = index;
    else
        x->index[role][x->count[role]++] = index;
}

static double extent_of(const roles *x, int role)
{
    double total = 1;
    for (int i = 0; i < x->count[role]; i++)
        total *= product_extent(x->p, x->index[role][i]);
    return total;
}

static bool is_worth(const roles *x)
{
    double rows = extent_of(x, 0), columns = extent_of(x, 1), inner = extent_of(x, 2);
    return rows >= LEAST_SIDE && columns >= LEAST_SIDE && inner >= LEAST_INNER && rows * columns * inner >= LEAST_WORK;
}

static bool fill_span(const roles *x, int index, node first, node second, lower_span *out)
{
    const dag_index_info i = *dag_index_get(x->d, index);
    node rest, entry[] = {first, second};
    long *step[] = {out->first, out->second};
    out->extent = dag_add(x->d, 3, (node[]){i.hi, dag_neg(x->d, i.lo), dag_int(x->d, 1)});
    for (int side = 0; side < 2; side++)
        for (int k = 0; k < dag_count(x->d, entry[side]); k++)
            if (!dag_affine_split(x->d, dag_child(x->d, entry[side], k), index, &step[side][k], &rest))
                return false;
    return true;
}

static node at_start(const roles *x, node entry)
{
    for (int role = 0; role < 3; role++)
        for (int i = 0; i < x->count[role]; i++) {
            node from = dag_index_node(x->d, x->index[role][i]), to = dag_index_get(x->d, x->index[role][i])->lo;
            entry = dag_substitute(x->d, entry, 1, &from, &to, true);
        }
    return entry;
}

const lower_contraction *place_call(lower_program *p, const place_term *t, const int_map *open, int *around, int *around_count)
{
    static const int first[] = {0, 1, 0}, second[] = {2, 2, 1};
    roles x = {.p = p, .d = p->m->dag};
    node factor[PLACE_INDICES];
    int operands = 0, factors = 0;
    if (t->when_count || t->bind_count || !p->contracts)
        return NULL;
    for (int i = 0; i < t->factor_count; i++)
        if (!dag_has_kind(x.d, t->factor[i], NODE_INDEX) && !dag_has_kind(x.d, t->factor[i], NODE_REDUCE))
            factor[factors++] = t->factor[i];
        else if (operands == 2 || !plain_entry(&x, t->factor[i]))
            return NULL;
        else
            x.entry[operands++] = t->factor[i];
    x.entry[2] = t->target;
    if (operands < 2 || !plain_entry(&x, x.entry[2]))
        return NULL;
    for (int i = 0; i < t->own_count + t->sum_count; i++) {
        int index = i < t->own_count ? t->own[i] : t->sum[i - t->own_count];
        if (!open || !int_map_get(open, 1 + index))
            give_role(&x, index);
    }
    if (!is_worth(&x))
        return NULL;
    lower_contraction *c = arena_alloc(p->memory, sizeof *c);
    c->factor = !factors ? 0 : factors == 1 ? factor[0] : dag_raw_mul(x.d, factors, factor);
    c->a = at_start(&x, x.entry[0]), c->b = at_start(&x, x.entry[1]), c->target = at_start(&x, x.entry[2]);
    for (int role = 0; role < 3; role++)
        for (int i = 0; i < x.count[role]; i++)
            if (i == LOWER_SPANS || !fill_span(&x, x.index[role][i], x.entry[first[role]], x.entry[second[role]], &c->span[role][c->count[role]++]))
                return NULL;
    memcpy(around, x.around, (size_t)x.around_count * sizeof *around);
    *around_count = x.around_count;
    return c;
}
