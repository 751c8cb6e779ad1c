/* The table of nodes: hash-consing, access, leaves. */
#include "gen/dag/dag.h"

#include <stdlib.h>
#include <string.h>

#include "gen/dag/break.h"
#include "gen/dag/dag_private.h"

static uint32_t mix(uint32_t h)
{
    h ^= h >> 16;
    h *= 0x7feb352du;
    h ^= h >> 15;
    h *= 0x846ca68bu;
    return h ^ (h >> 16);
}

static bool commutes(node_kind kind, int32_t payload)
{
    return kind == NODE_ADD || kind == NODE_MUL || (kind == NODE_COMPARE && (payload == COMPARE_EQUAL || payload == COMPARE_UNEQUAL));
}

/* A group of places, and one in it. */
static uint32_t place_in(uint32_t group, uint32_t hash)
{
    enum { GROUP = 16 };
    return mix(group) * GROUP + hash % GROUP;
}

static dag_key key_of(node_kind kind, int32_t payload, int count, const node *children)
{
    uint32_t h = mix((uint32_t)kind * 0x9e3779b9u + (uint32_t)payload), sum = (uint32_t)payload;
    for (int i = 0; i < count; i++)
        sum += (uint32_t)children[i];
    if (commutes(kind, payload)) {
        uint32_t all = 0;
        for (int i = 0; i < count; i++)
            all += mix((uint32_t)children[i] + 0x51ed270bu);
        h = mix(h + all);
    } else {
        for (int i = 0; i < count; i++)
            h = mix(h * 31u + (uint32_t)children[i]);
    }
    return (dag_key){place_in(sum / 4, h), h};
}

static int compare_nodes(const void *a, const void *b)
{
    node x = *(const node *)a, y = *(const node *)b;
    return (x > y) - (x < y);
}

static bool same_multiset(int count, const node *a, const node *b)
{
    if (memcmp(a, b, (size_t)count * sizeof *a) == 0)
        return true;
    node *both = xmalloc(2 * (size_t)count * sizeof *both);
    memcpy(both, a, (size_t)count * sizeof *a);
    memcpy(both + count, b, (size_t)count * sizeof *b);
    qsort(both, (size_t)count, sizeof *both, compare_nodes);
    qsort(both + count, (size_t)count, sizeof *both, compare_nodes);
    bool same = memcmp(both, both + count, (size_t)count * sizeof *both) == 0;
    free(both);
    return same;
}

static bool same_node(const dag *d, node n, node_kind kind, int32_t payload, int count, const node *children)
{
    const dag_node *e = &d->nodes.list[n];
    if (e->kind != (uint8_t)kind || e->payload != payload || e->count != count)
        return false;
    const node *own = d->nodes.children + e->first;
    if (commutes(kind, payload))
        return same_multiset(count, own, children);
    return count == 0 || memcmp(own, children, (size_t)count * sizeof *own) == 0;
}

/* The slot from *at on that is empty or has this hash; call it with the next *at when that is another node. */
static dag_slot *slot_from(dag *d, uint32_t hash, uint32_t *at)
{
    uint32_t last = (uint32_t)(d->table_room - 1);
    for (*at &= last; d->table[*at].made && d->table[*at].hash != hash;)
        *at = (*at + 1) & last;
    return &d->table[*at];
}

static void table_grow(dag *d)
{
    dag_slot *old = d->table;
    int count = d->table_room;
    d->table_room = count ? 2 * count : 1024;
    d->table = xcalloc((size_t)d->table_room, sizeof *d->table);
    uint32_t last = (uint32_t)(d->table_room - 1);
    for (int i = 0; i < count; i++) {
        uint32_t at = d->nodes.list[old[i].made].place & last;
        while (old[i].made && d->table[at].made)
            at = (at + 1) & last;
        if (old[i].made)
            d->table[at] = old[i];
    }
    free(old);
}

static void node_room(dag *d, int children)
{
    if (d->count + 1 >= d->room) {
        d->room = d->room ? 2 * d->room : 512;
        d->nodes.list = xrealloc(d->nodes.list, (size_t)d->room * sizeof *d->nodes.list);
        d->hint = xrealloc(d->hint, (size_t)d->room * sizeof *d->hint);
    }
    while (d->child_count + children > d->child_room) {
        d->child_room = d->child_room ? 2 * d->child_room : 1024;
        d->nodes.children = xrealloc(d->nodes.children, (size_t)d->child_room * sizeof *d->nodes.children);
    }
}

static node append(dag *d, node_kind kind, int32_t payload, int count, const node *children, uint32_t place)
{
    node_room(d, count);
    dag_node e = {.kind = (uint8_t)kind, .payload = payload, .first = d->child_count, .count = count, .place = place, .kinds = 1u << kind};
    for (int i = 0; i < count; i++) {
        const dag_node *c = &d->nodes.list[children[i]];
        e.kinds |= c->kinds;
        if (c->height > e.height)
            e.height = c->height;
    }
    if (kind == NODE_REDUCE || kind == NODE_LAMBDA)
        e.height++;
    if (count)
        memcpy(d->nodes.children + d->child_count, children, (size_t)count * sizeof *children);
    d->child_count += count;
    d->nodes.list[++d->count] = e;
    d->hint[d->count] = 0;
    return d->count;
}

/* `children` may point into the DAG's own array only if room is left; callers pass their own arrays. */
node dag_make(dag *d, node_kind kind, int32_t payload, int count, const node *children)
{
    d->work += DAG_MADE;
    BROKEN_PACE();
    if (2 * (d->count + 1) >= d->table_room)
        table_grow(d);
    dag_key key = key_of(kind, payload, count, children);
    dag_slot *slot;
    for (uint32_t at = key.place; (slot = slot_from(d, key.hash, &at))->made; at++)
        if (same_node(d, slot->made, kind, payload, count, children))
            return slot->made;
    *slot = (dag_slot){key.hash, append(d, kind, payload, count, children, key.place)};
    return slot->made;
}

dag *dag_new(intern *names)
{
    dag *d = xcalloc(1, sizeof *d);
    d->names = names;
    node_room(d, 0);
    memset(&d->nodes.list[0], 0, sizeof d->nodes.list[0]);
    d->hint[0] = 0;
    return d;
}

void dag_free(dag *d)
{
    if (!d)
        return;
    for (int i = 0; i < d->number_count; i++)
        mpq_clear(d->numbers[i]);
    for (int i = 0; i < d->hold_count; i++)
        free(d->hold[i]);
    for (int i = 0; i < 8; i++)
        free(d->mark[i]);
    int_map_free(&d->seen);
    free(d->inside);
    free(d->nodes.list), free(d->hint), free(d->nodes.children), free(d->table), free(d->numbers), free(d->index);
    free(d->shared_index), free(d->signature), free(d->hold), free(d->size_min), free(d);
}

long dag_work(const dag *d)
{
    return d->work / DAG_STEP;
}

void dag_spend(dag *d, long steps)
{
    d->work += steps * DAG_STEP;
}

intern *dag_names(const dag *d)
{
    return d->names;
}
int dag_size(const dag *d)
{
    return d->count;
}
int dag_height(const dag *d, node n)
{
    return d->nodes.list[n].height;
}
sym dag_hint(const dag *d, node n)
{
    return d->hint[n];
}

const mpq_t *dag_value(const dag *d, node n)
{
    return (const mpq_t *)&d->numbers[d->nodes.list[n].payload];
}

bool dag_is_int(const dag *d, node n, long value)
{
    int small = (int)(sizeof d->small / sizeof *d->small) / 2;
    if (d->nodes.list[n].kind != NODE_NUMBER)
        return false;
    if (value >= -small && value < small && d->small[value + small])
        return n == d->small[value + small];
    return mpq_cmp_si(*dag_value(d, n), value, 1) == 0;
}

static uint32_t number_hash(const mpq_t v)
{
    uint32_t h = (uint32_t)mpz_fdiv_ui(mpq_numref(v), 4294967291u) * 31u + (uint32_t)mpz_fdiv_ui(mpq_denref(v), 4294967291u);
    return mix(h + 0x2545f491u);
}

node dag_number(dag *d, const mpq_t value)
{
    if (2 * (d->count + 1) >= d->table_room)
        table_grow(d);
    uint32_t hash = number_hash(value);
    dag_slot *slot;
    for (uint32_t at = hash; (slot = slot_from(d, hash, &at))->made; at++) {
        const dag_node *e = &d->nodes.list[slot->made];
        if (e->kind == NODE_NUMBER && mpq_equal(d->numbers[e->payload], value))
            return slot->made;
    }
    if (d->number_count == d->number_room) {
        d->number_room = d->number_room ? 2 * d->number_room : 64;
        d->numbers = xrealloc(d->numbers, (size_t)d->number_room * sizeof *d->numbers);
    }
    mpq_init(d->numbers[d->number_count]);
    mpq_set(d->numbers[d->number_count], value);
    *slot = (dag_slot){hash, append(d, NODE_NUMBER, d->number_count++, 0, NULL, hash)};
    return slot->made;
}

node dag_ratio(dag *d, long numerator, long denominator)
{
    mpq_t v;
    mpq_init(v);
    mpq_set_si(v, denominator < 0 ? -numerator : numerator, (unsigned long)(denominator < 0 ? -denominator : denominator));
    mpq_canonicalize(v);
    node n = dag_number(d, v);
    mpq_clear(v);
    return n;
}

node dag_int(dag *d, long value)
{
    int small = (int)(sizeof d->small / sizeof *d->small) / 2;
    if (value < -small || value >= small)
        return dag_ratio(d, value, 1);
    node *n = &d->small[value + small];
    if (!*n)
        *n = dag_ratio(d, value, 1);
    return *n;
}

node dag_sizesym(dag *d, int size)
{
    if (size >= d->size_count) {
        d->size_min = xrealloc(d->size_min, (size_t)(size + 1) * sizeof *d->size_min);
        while (d->size_count <= size)
            d->size_min[d->size_count++] = 1;
    }
    return dag_make(d, NODE_SIZE, size, 0, NULL);
}

void dag_size_at_least(dag *d, int size, long bound)
{
    dag_sizesym(d, size);
    if (bound > d->size_min[size])
        d->size_min[size] = bound;
}

int dag_index_fresh(dag *d, sym name, node lo, node hi)
{
    if (d->index_count == d->index_room) {
        d->index_room = d->index_room ? 2 * d->index_room : 64;
        d->index = xrealloc(d->index, (size_t)d->index_room * sizeof *d->index);
    }
    d->index[d->index_count] = (dag_index_info){.name = name, .lo = lo, .hi = hi};
    return d->index_count++;
}

int dag_index_like(dag *d, int index)
{
    dag_index_info like = d->index[index];
    int id = dag_index_fresh(d, like.name, like.lo, like.hi);
    d->index[id].sample = like.sample;
    return id;
}

static int index_shared(dag *d, sym name, node lo, node hi, bool sample)
{
    for (int i = 0; i < d->shared_count; i++) {
        const dag_index_info *x = &d->index[d->shared_index[i]];
        if (x->name == name && x->lo == lo && x->hi == hi && x->sample == sample)
            return d->shared_index[i];
    }
    int id = dag_index_fresh(d, name, lo, hi);
    d->index[id].sample = sample;
    if (d->shared_count == d->shared_room) {
        d->shared_room = d->shared_room ? 2 * d->shared_room : 64;
        d->shared_index = xrealloc(d->shared_index, (size_t)d->shared_room * sizeof *d->shared_index);
    }
    d->shared_index[d->shared_count++] = id;
    return id;
}

int dag_index(dag *d, sym name, node lo, node hi)
{
    return index_shared(d, name, lo, hi, false);
}
int dag_index_sample(dag *d, sym name, node lo, node hi)
{
    return index_shared(d, name, lo, hi, true);
}
const dag_index_info *dag_index_get(const dag *d, int index)
{
    return &d->index[index];
}
node dag_index_node(dag *d, int index)
{
    return dag_make(d, NODE_INDEX, index, 0, NULL);
}
node dag_entry(dag *d, int variable, int count, const node *indices)
{
    return dag_make(d, NODE_ENTRY, variable, count, indices);
}

int dag_signature_add(dag *d, const dag_signature *s)
{
    for (int i = 0; i < d->signature_count; i++)
        if (memcmp(&d->signature[i], s, sizeof *s) == 0)
            return i;
    if (d->signature_count == d->signature_room) {
        d->signature_room = d->signature_room ? 2 * d->signature_room : 16;
        d->signature = xrealloc(d->signature, (size_t)d->signature_room * sizeof *d->signature);
    }
    d->signature[d->signature_count] = *s;
    return d->signature_count++;
}
const dag_signature *dag_signature_get(const dag *d, int signature)
{
    return &d->signature[signature];
}

int dag_hold_add(dag *d, int count, const int *variables)
{
    if (count == 0)
        return 0;
    for (int h = 1; h < d->hold_count; h++)
        if (d->hold[h][0] == count && memcmp(d->hold[h] + 1, variables, (size_t)count * sizeof(int)) == 0)
            return h;
    int number = d->hold_count ? d->hold_count : 1;
    d->hold = xrealloc(d->hold, (size_t)(number + 1) * sizeof *d->hold);
    if (number == 1)
        d->hold[0] = NULL;
    d->hold[number] = xmalloc((size_t)(count + 1) * sizeof(int));
    d->hold[number][0] = count;
    memcpy(d->hold[number] + 1, variables, (size_t)count * sizeof(int));
    d->hold_count = number + 1;
    return number;
}
int dag_hold_count(const dag *d, int hold)
{
    return hold ? d->hold[hold][0] : 0;
}
int dag_hold_get(const dag *d, int hold, int i)
{
    return d->hold[hold][i + 1];
}
