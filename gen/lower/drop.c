/* Axes that only one loop walks. Needs: functions (after block.c, and once more after split.c, whose parts of a loop count as one, and add.c). An array that is touched inside one loop only, and everywhere at that loop's own index, needs the
 * entries of one iteration at a time: they lie in one place, which stays in the cache. So do those that are also read at the index of the iteration before, if each
 * entry is read there before it is written: the adjoints of a recurrence's states. The axis is then 1 long and its index is multiplied by 0; in the trace, where
 * all values are to be looked at, it has its length and the index counts (SIZE_APART). The innermost loop keeps its axis: it runs in vectors. */
#include <stdlib.h>
#include <string.h>

#include "gen/dag/break.h"
#include "gen/lower/lower_private.h"
#include "gen/lower/walk.h"
#include "grammar/map.h"

enum { LOOPS = 16, ACCESSES = 32 };

/* What is known of an array: the loops of one function that stand around all its accesses, and for each of them the axes on which it always walks alone (`own`), or
 * where the iteration before is looked at too (`axes`). */
typedef struct {
    const lower_statement *loop[LOOPS];
    unsigned own[LOOPS], axes[LOOPS];
    bool moves[LOOPS]; /* some access has its index */
    int count;
    int function; /* 1 + the only one that touches it; −1: several, or calls of the library */
} walk;

typedef struct {
    lower_program *p;
    dag *d;
    const int *number; /* per variable: 1 + its walk; 0: it loses no axis anyway */
    walk *walks;
    const lower_statement *open[LOOPS];
    int depth, function;
} survey;

/* The index of the iteration before. */
static node index_before(dag *d, const lower_statement *loop)
{
    return dag_add2(d, dag_index_node(d, loop->index), dag_int(d, loop->down ? 1 : -1));
}

static bool note_entry(void *context, node n)
{
    survey *x = context;
    int number = dag_kind(x->d, n) == NODE_ENTRY ? x->number[dag_payload(x->d, n)] : 0;
    if (!number)
        return true;
    walk *w = &x->walks[number - 1];
    if (!w->function) {
        *w = (walk){.count = x->depth, .function = 1 + x->function};
        memcpy(w->loop, x->open, sizeof w->loop);
        for (int i = 0; i < x->depth; i++)
            w->own[i] = w->axes[i] = ~0u;
    }
    if (w->function != 1 + x->function)
        w->function = -1;
    int common = 0;
    while (common < w->count && common < x->depth && w->loop[common] == x->open[common])
        common++;
    w->count = common;
    for (int i = 0; i < common; i++) {
        unsigned own = BROKEN("drop") ? ~0u : (unsigned)lower_own_axes(x->d, n, dag_index_node(x->d, w->loop[i]->index));
        w->own[i] &= own;
        w->axes[i] &= own | (unsigned)lower_own_axes(x->d, n, index_before(x->d, w->loop[i]));
        w->moves[i] |= dag_has_index(x->d, n, w->loop[i]->index);
    }
    return true;
}

static bool refuse_entry(void *context, node n)
{
    survey *x = context;
    int number = dag_kind(x->d, n) == NODE_ENTRY ? x->number[dag_payload(x->d, n)] : 0;
    if (number)
        x->walks[number - 1].function = -1;
    return true;
}

static void survey_call(survey *x, const lower_statement *s)
{
    const lower_contraction *c = s->contraction;
    const node part[] = {s->target, s->value, s->call ? s->call->a : 0, s->call ? s->call->b : 0, c ? c->a : 0, c ? c->b : 0, c ? c->target : 0};
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        if (part[i])
            dag_visit(x->d, part[i], refuse_entry, x);
}

static void survey_block(survey *x, const lower_statement *s)
{
    for (const lower_statement *first = s; s; s = s->next) {
        const node part[] = {s->lo, s->hi, s->target, s->value};
        if (s->kind == LOWER_PRODUCT || s->kind == LOWER_CONTRACT) {
            survey_call(x, s);
            continue;
        }
        for (int i = 0; i < 4; i++)
            if (part[i])
                dag_visit(x->d, part[i], note_entry, x);
        bool opens = s->kind == LOWER_FOR && x->depth < LOOPS;
        first = s->goes_on ? first : s;
        if (opens)
            x->open[x->depth++] = first;
        survey_block(x, s->body);
        survey_block(x, s->otherwise);
        x->depth -= opens;
    }
}

/* --- read before it is written --- */

/* Accesses to one array in the body of a loop that walks one of its axes, in order. */
typedef struct {
    node entry;
    int order; /* of its statement: what that reads, it reads first */
    bool write;
    const lower_statement *inner[LOOPS]; /* loops around it inside the loop */
    int inner_count;
} access;

typedef struct {
    dag *d;
    int var, axis, order, count, depth;
    access *list; /* ACCESSES of them */
    const lower_statement *inner[LOOPS];
    bool fits;
} order_check;

static void add_access(order_check *x, node entry, bool write)
{
    x->fits = x->fits && x->count < ACCESSES;
    if (!x->fits)
        return;
    access *a = &x->list[x->count++];
    *a = (access){.entry = entry, .order = x->order, .write = write, .inner_count = x->depth};
    memcpy(a->inner, x->inner, sizeof a->inner);
}

static bool find_reads(void *context, node n)
{
    order_check *x = context;
    if (dag_kind(x->d, n) == NODE_ENTRY && dag_payload(x->d, n) == x->var)
        add_access(x, n, false);
    return x->fits;
}

static void find_accesses(order_check *x, const lower_statement *s)
{
    for (; s && x->fits; s = s->next) {
        const node part[] = {s->lo, s->hi, s->value};
        x->order++;
        for (int i = 0; i < 3; i++)
            if (part[i])
                dag_visit(x->d, part[i], find_reads, x);
        if (s->target && dag_payload(x->d, s->target) == x->var)
            add_access(x, s->target, true);
        x->fits = x->fits && (s->kind != LOWER_FOR || x->depth < LOOPS);
        if (s->kind == LOWER_FOR && x->fits)
            x->inner[x->depth++] = s;
        find_accesses(x, s->body);
        find_accesses(x, s->otherwise);
        x->depth -= s->kind == LOWER_FOR && x->fits;
    }
}

/* Is what the first one reads written by the second, if at all, only afterwards? In loops around both, other iterations must be at other entries. */
static bool comes_first(const order_check *x, const access *read, const access *write)
{
    for (int i = 0; i < read->inner_count && i < write->inner_count && read->inner[i] == write->inner[i]; i++) {
        node index = dag_index_node(x->d, read->inner[i]->index);
        if (!(lower_own_axes(x->d, read->entry, index) & lower_own_axes(x->d, write->entry, index)))
            return false;
    }
    return read->order <= write->order;
}

/* The next part of a loop that was cut; NULL: there is none. */
static const lower_statement *next_part(const lower_statement *loop)
{
    return loop->next && loop->next->goes_on ? loop->next : NULL;
}

/* Is every entry that is read at the iteration before read there before this one writes it? */
static bool reads_first(dag *d, const lower_statement *loop, int var, int axis)
{
    order_check x = {.d = d, .var = var, .axis = axis, .list = xcalloc(ACCESSES, sizeof(access)), .fits = true};
    node before = index_before(d, loop);
    find_accesses(&x, loop->body);
    for (int i = 0; i < x.count && x.fits; i++) {
        bool earlier = dag_child(d, x.list[i].entry, axis) == before;
        x.fits = !earlier || !x.list[i].write;
        for (int k = 0; earlier && k < x.count && x.fits; k++)
            x.fits = !x.list[k].write || BROKEN("drop order") || comes_first(&x, &x.list[i], &x.list[k]);
    }
    free(x.list);
    return x.fits;
}

/* --- the change --- */

typedef struct {
    lower_program *p;
    dag *d;
    const unsigned *dropped; /* per variable: axes */
    node apart;              /* SIZE_APART */
} dropping;

static node drop(void *context, node n)
{
    dropping *x = context;
    dag *d = x->d;
    if (!dag_has_kind(d, n, NODE_ENTRY))
        return n;
    if (dag_kind(d, n) != NODE_ENTRY)
        return dag_map_children(d, n, drop, x);
    node at[MODEL_MAX_AXES];
    unsigned axes = x->dropped[dag_payload(d, n)];
    for (int k = 0; k < dag_count(d, n); k++) {
        at[k] = drop(x, dag_child(d, n, k));
        if (axes >> k & 1u)
            at[k] = dag_raw_mul(d, 2, (node[]){x->apart, dag_sub(d, at[k], x->p->var[dag_payload(d, n)].start[k])});
    }
    return dag_entry(d, dag_payload(d, n), dag_count(d, n), at);
}

static void drop_block(dropping *x, lower_statement *s)
{
    for (; s; s = s->next) {
        node *part[] = {&s->lo, &s->hi, &s->target, &s->value};
        for (int i = 0; i < 4; i++)
            if (*part[i])
                *part[i] = drop(x, *part[i]);
        drop_block(x, s->body);
        drop_block(x, s->otherwise);
    }
}

static void drop_sizes(const dropping *x)
{
    dag *d = x->d;
    for (int v = 0; v < x->p->var_count; v++) {
        lower_var *u = &x->p->var[v];
        for (int k = 0; k < u->axis_count; k++)
            if (x->dropped[v] >> k & 1u) {
                node more = dag_raw_mul(d, 2, (node[]){x->apart, dag_add2(d, u->size[k], dag_int(d, -1))});
                u->size[k] = dag_raw_add(d, 2, (node[]){dag_int(d, 1), more});
                u->start[k] = dag_int(d, 0);
            }
    }
}

/* Is what loop number i reads in an iteration written in that one, and not in one of another loop around it? */
static bool stays_inside(const walk *w, int i)
{
    for (int k = 0; k < i; k++)
        if (w->moves[k] && !w->own[k])
            return false;
    return true;
}

static bool holds_loops(const lower_statement *loop)
{
    for (; loop; loop = next_part(loop))
        if (lower_has_loop(loop->body))
            return true;
    return false;
}

static bool all_read_first(dag *d, const lower_statement *loop, int var, int axis)
{
    for (; loop; loop = next_part(loop))
        if (!reads_first(d, loop, var, axis))
            return false;
    return true;
}

static bool may_drop(const lower_var *v, bool whole)
{
    return v->place == LOWER_WORK && !v->per_sample && !v->integer && !whole && v->axis_count > 0;
}

static unsigned dropped_axes(const lower_program *p, int var, const walk *w)
{
    const lower_var *v = &p->var[var];
    unsigned axes = 0;
    if (w->function <= 0)
        return 0;
    for (int i = 0; i < w->count && stays_inside(w, i); i++)
        for (int k = 0; k < v->axis_count && holds_loops(w->loop[i]); k++)
            if ((w->axes[i] >> k & 1u) && v->size[k] != p->block_length && ((w->own[i] >> k & 1u) || all_read_first(p->m->dag, w->loop[i], var, k)))
                axes |= 1u << k;
    return axes;
}

/* Which variables have which numbers; how many. */
static int number_walks(const lower_program *p, int *number)
{
    bool *whole = lower_whole(p);
    int count = 0;
    for (int v = 0; v < p->var_count; v++)
        if (may_drop(&p->var[v], whole[v]))
            number[v] = ++count;
    free(whole);
    return count;
}

/* Fills `dropped`, the axes of each variable; is it any? */
static bool find_dropped(lower_program *p, const int *number, int count, unsigned *dropped)
{
    survey x = {.p = p, .d = p->m->dag, .number = number, .walks = xcalloc((size_t)count, sizeof *x.walks)};
    bool any = false;
    for (; x.function < p->function_count; x.function++)
        survey_block(&x, p->function[x.function].body);
    for (int v = 0; v < p->var_count; v++) {
        dropped[v] = number[v] ? dropped_axes(p, v, &x.walks[number[v] - 1]) : 0;
        any |= dropped[v] != 0;
    }
    free(x.walks);
    return any;
}

void lower_drop(lower_program *p)
{
    int *number = xcalloc((size_t)p->var_count + 1, sizeof *number), count = number_walks(p, number);
    unsigned *dropped = xcalloc((size_t)p->var_count + 1, sizeof *dropped);
    if (count && find_dropped(p, number, count, dropped)) {
        if (!p->apart_size)
            p->apart_size = lower_new_size(p, "apart", SIZE_APART);
        dag_size_at_least(p->m->dag, dag_payload(p->m->dag, p->apart_size), 0);
        dropping change = {p, p->m->dag, dropped, p->apart_size};
        for (int i = 0; i < p->function_count; i++)
            drop_block(&change, p->function[i].body);
        drop_sizes(&change);
    }
    free(number), free(dropped);
}
