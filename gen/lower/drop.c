/* Axes that only one loop walks. Needs: functions (after block.c). An array that is touched inside one loop only, and everywhere at that loop's own index, needs the
 * entries of one iteration at a time: they lie in one place, which stays in the cache. The axis is then 1 long and its index is multiplied by 0; in the trace, where
 * all values are to be looked at, it has its length and the index counts (SIZE_APART). The innermost loop keeps its axis: it runs in vectors. */
#include <stdlib.h>
#include <string.h>

#include "gen/dag/break.h"
#include "gen/lower/lower_private.h"
#include "gen/lower/walk.h"
#include "grammar/map.h"

enum { LOOPS = 16 };

/* What is known of an array: the loops of one function that stand around all its accesses, and on which axis each of them always walks alone. */
typedef struct {
    const lower_statement *loop[LOOPS];
    unsigned axes[LOOPS];
    int count;
    int function; /* 1 + the only one that touches it; −1: several, or calls of the library */
} walk;

typedef struct {
    lower_program *p;
    dag *d;
    walk *walks; /* per variable */
    const lower_statement *open[LOOPS];
    int depth, function;
} survey;

static bool note_entry(void *context, node n)
{
    survey *x = context;
    if (dag_kind(x->d, n) != NODE_ENTRY || dag_count(x->d, n) == 0)
        return true;
    walk *w = &x->walks[dag_payload(x->d, n)];
    if (!w->function) {
        *w = (walk){.count = x->depth, .function = 1 + x->function};
        memcpy(w->loop, x->open, sizeof w->loop);
        for (int i = 0; i < x->depth; i++)
            w->axes[i] = ~0u;
    }
    if (w->function != 1 + x->function)
        w->function = -1;
    int common = 0;
    while (common < w->count && common < x->depth && w->loop[common] == x->open[common])
        common++;
    w->count = common;
    for (int i = 0; i < common; i++)
        w->axes[i] &= BROKEN("drop") ? ~0u : (unsigned)lower_own_axes(x->d, n, dag_index_node(x->d, w->loop[i]->index));
    return true;
}

static bool refuse_entry(void *context, node n)
{
    survey *x = context;
    if (dag_kind(x->d, n) == NODE_ENTRY)
        x->walks[dag_payload(x->d, n)].function = -1;
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
    for (; s; s = s->next) {
        const node part[] = {s->lo, s->hi, s->target, s->value};
        if (s->kind == LOWER_PRODUCT || s->kind == LOWER_CONTRACT) {
            survey_call(x, s);
            continue;
        }
        for (int i = 0; i < 4; i++)
            if (part[i])
                dag_visit(x->d, part[i], note_entry, x);
        bool opens = s->kind == LOWER_FOR && x->depth < LOOPS;
        if (opens)
            x->open[x->depth++] = s;
        survey_block(x, s->body);
        survey_block(x, s->otherwise);
        x->depth -= opens;
    }
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

static unsigned dropped_axes(const lower_program *p, int var, const walk *w, bool whole)
{
    const lower_var *v = &p->var[var];
    unsigned axes = 0;
    if (v->place != LOWER_WORK || v->per_sample || v->integer || whole || w->function <= 0 || v->axis_count == 0)
        return 0;
    for (int i = 0; i < w->count; i++)
        for (int k = 0; k < v->axis_count && lower_has_loop(w->loop[i]->body); k++)
            if ((w->axes[i] >> k & 1u) && v->size[k] != p->block_length)
                axes |= 1u << k;
    return axes;
}

void lower_drop(lower_program *p)
{
    size_t n = (size_t)p->var_count + 1;
    survey x = {.p = p, .d = p->m->dag, .walks = xcalloc(n, sizeof *x.walks)};
    unsigned *dropped = xcalloc(n, sizeof *dropped);
    bool *whole = lower_whole(p), any = false;
    for (; x.function < p->function_count; x.function++)
        survey_block(&x, p->function[x.function].body);
    for (int v = 0; v < p->var_count; v++) {
        dropped[v] = dropped_axes(p, v, &x.walks[v], whole[v]);
        any |= dropped[v] != 0;
    }
    if (any) {
        p->apart_size = lower_new_size(p, "apart", SIZE_APART);
        dag_size_at_least(p->m->dag, dag_payload(p->m->dag, p->apart_size), 0);
        dropping change = {p, p->m->dag, dropped, p->apart_size};
        for (int i = 0; i < p->function_count; i++)
            drop_block(&change, p->function[i].body);
        drop_sizes(&change);
    }
    free(x.walks), free(dropped), free(whole);
}
