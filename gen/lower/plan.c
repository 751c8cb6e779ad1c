/* Work memory. Needs: functions. The arrays that equations fill, in the order of the plan; scalars are plain members.
 *
 * Two arrays of the same shape lie in the same place when one is read for the last time before the other is filled. Functions run in their order in every entry
 * point, so one interval of functions tells when an array lives. Longer live: what is read after the tests of a step (sums, updates in place), outputs and new
 * values: to the end; and what several groups of updates use, or what is not filled as a whole by one equation: always, but for windows, which only the function of
 * their sweep uses. */
#include "gen/lower/lower.h"

#include <stdlib.h>

#include "grammar/map.h"
#include "grammar/arena.h"

typedef struct {
    lower_program *p;
    int *first, *last; /* per variable: functions that touch it */
    int *equations;    /* per variable */
    int now;
} lifetimes;

static bool touch(void *context, node n)
{
    lifetimes *x = context;
    if (dag_kind(x->p->m->dag, n) == NODE_ENTRY) {
        int v = dag_payload(x->p->m->dag, n);
        if (x->first[v] < 0)
            x->first[v] = x->now;
        if (x->last[v] < x->now)
            x->last[v] = x->now;
    }
    return true;
}

static void touch_block(lifetimes *x, const lower_statement *s)
{
    dag *d = x->p->m->dag;
    for (; s; s = s->next) {
        const node part[] = {s->lo, s->hi, s->target, s->value};
        for (int i = 0; i < 4; i++)
            if (part[i])
                dag_visit(d, part[i], touch, x);
        touch_block(x, s->body);
        touch_block(x, s->otherwise);
    }
}

typedef struct {
    lifetimes *x;
    int first, last;
} widening;

static bool widen(void *context, node n)
{
    widening *w = context;
    if (dag_kind(w->x->p->m->dag, n) == NODE_ENTRY) {
        int v = dag_payload(w->x->p->m->dag, n);
        w->x->first[v] = w->first < w->x->first[v] ? w->first : w->x->first[v];
        w->x->last[v] = w->last > w->x->last[v] ? w->last : w->x->last[v];
    }
    return true;
}

/* What this block touches lives from function `first` at the latest to `last` at least. */
static void widen_block(lifetimes *x, const lower_statement *s, int first, int last)
{
    widening w = {x, first, last};
    for (; s; s = s->next) {
        if (s->target)
            dag_visit(x->p->m->dag, s->target, widen, &w);
        if (s->value)
            dag_visit(x->p->m->dag, s->value, widen, &w);
        widen_block(x, s->body, first, last);
        widen_block(x, s->otherwise, first, last);
    }
}

/* What functions that are called block by block touch lives as long as they all do; but what is as long as a block is filled anew in each. */
static void widen_group(lifetimes *x, int first, int end)
{
    const lower_program *p = x->p;
    lifetimes own = {.p = x->p, .first = xcalloc((size_t)p->var_count + 1, sizeof(int)), .last = xcalloc((size_t)p->var_count + 1, sizeof(int))};
    for (int v = 0; v < p->var_count; v++)
        own.first[v] = own.last[v] = -1;
    for (own.now = first; own.now < end; own.now++)
        touch_block(&own, p->function[own.now].body);
    for (int v = 0; v < p->var_count; v++) {
        bool is_short = false;
        for (int k = 0; k < p->var[v].axis_count; k++)
            is_short |= p->var[v].size[k] == p->block_length;
        if (own.first[v] < 0 || is_short)
            continue;
        x->first[v] = first < x->first[v] ? first : x->first[v];
        x->last[v] = end - 1 > x->last[v] ? end - 1 : x->last[v];
    }
    free(own.first), free(own.last);
}

static void widen_groups(lifetimes *x)
{
    const lower_program *p = x->p;
    for (int first = 0, end; first < p->function_count; first = end) {
        for (end = first + 1; end < p->function_count && p->function[end].block == p->function[first].block; end++)
            ;
        if (p->function[first].block)
            widen_group(x, first, end);
    }
}

static void find_lifetimes(lifetimes *x)
{
    const lower_program *p = x->p;
    const int end = p->function_count;
    for (int v = 0; v < p->var_count; v++)
        x->first[v] = x->last[v] = -1;
    for (x->now = 0; x->now < end; x->now++)
        touch_block(x, p->function[x->now].body);
    widen_groups(x);
    for (int i = 0; i < end; i++) {
        uint64_t events = p->function[i].events;
        if (events >> (LOWER_STEP + 1))
            widen_block(x, p->function[i].body, 0, end);
        else if (events & (UINT64_C(1) << LOWER_SUMS | UINT64_C(1) << LOWER_COMMIT))
            widen_block(x, p->function[i].body, end, end);
    }
    for (int i = 0; i < p->m->output_count; i++)
        x->last[p->output[i]] = end;
    for (int i = 0; i < p->commit_count; i++)
        if (p->commit[i].fresh >= 0)
            x->last[p->commit[i].fresh] = end;
    for (int i = 0; i < p->equation_count; i++) {
        const lower_equation *e = &p->equation[i];
        if (e->events && !p->var[e->var].window && (++x->equations[e->var] > 1 || e->guard))
            x->first[e->var] = 0, x->last[e->var] = end;
    }
    for (int v = 0; v < p->var_count; v++)
        if (x->first[v] < 0)
            x->first[v] = 0, x->last[v] = end;
}

/* --- places --- */

typedef struct {
    int *of; /* per place: the plan's number of the array that lies there now */
    int count;
    int_map free; /* shape -> 1 + a free place; the others hang behind it */
    int *next;    /* per place: 1 + the next free one of its shape */
} places;

static node shape_of(const lower_program *p, int var)
{
    const lower_var *v = &p->var[var];
    return dag_entry(p->m->dag, v->per_sample, v->axis_count, v->size);
}

static void release(const lower_program *p, places *s, int place)
{
    node shape = shape_of(p, p->plan[s->of[place]]);
    s->next[place] = int_map_get(&s->free, shape);
    int_map_put(&s->free, shape, 1 + place);
}

/* A place of its shape that is free, or a new one. */
static int take(const lower_program *p, places *s, int number)
{
    node shape = shape_of(p, p->plan[number]);
    int place = int_map_get(&s->free, shape) - 1;
    if (place >= 0)
        int_map_put(&s->free, shape, s->next[place]);
    else
        place = s->count++;
    s->of[place] = number;
    return place;
}

/* Lists of plan numbers by the function at which they begin or end: list[first[k]] .. list[first[k+1]−1]. */
typedef struct {
    int *first, *list;
} by_function;

static by_function sorted(const lower_program *p, const int *at)
{
    by_function b = {xcalloc((size_t)p->function_count + 3, sizeof(int)), xcalloc((size_t)p->plan_count + 1, sizeof(int))};
    for (int i = 0; i < p->plan_count; i++)
        b.first[at[p->plan[i]] + 2]++;
    for (int k = 0; k <= p->function_count; k++)
        b.first[k + 2] += b.first[k + 1];
    for (int i = 0; i < p->plan_count; i++)
        b.list[b.first[at[p->plan[i]] + 1]++] = i;
    return b;
}

static void assign_places(lower_program *p, const lifetimes *x)
{
    size_t n = (size_t)p->plan_count + 1;
    places s = {.of = xcalloc(n, sizeof(int)), .next = xcalloc(n, sizeof(int))};
    int *place = xcalloc(n, sizeof(int)), *owner = xcalloc(n, sizeof(int));
    by_function begins = sorted(p, x->first), ends = sorted(p, x->last);
    for (int k = 0; k <= p->function_count; k++) {
        for (int i = k ? ends.first[k - 1] : 0; i < ends.first[k] && k; i++)
            release(p, &s, place[ends.list[i]]);
        for (int i = begins.first[k]; i < begins.first[k + 1]; i++) {
            int number = begins.list[i], count = s.count;
            place[number] = take(p, &s, number);
            if (s.count > count)
                owner[place[number]] = number;
            p->place_of[number] = owner[place[number]];
        }
    }
    p->place_count = s.count;
    int_map_free(&s.free);
    free(s.of), free(s.next), free(place), free(owner), free(begins.first), free(begins.list), free(ends.first), free(ends.list);
}

void lower_plan(lower_program *p)
{
    size_t n = (size_t)p->var_count + 1;
    p->plan = arena_alloc(p->memory, n * sizeof(int));
    for (int v = 0; v < p->var_count; v++)
        if (p->var[v].place == LOWER_WORK && p->var[v].equation >= 0 && p->var[v].axis_count > 0)
            p->plan[p->plan_count++] = v;
    p->place_of = arena_alloc(p->memory, ((size_t)p->plan_count + 1) * sizeof(int));
    lifetimes x = {.p = p, .first = xcalloc(n, sizeof(int)), .last = xcalloc(n, sizeof(int)), .equations = xcalloc(n, sizeof(int))};
    find_lifetimes(&x);
    assign_places(p, &x);
    free(x.first), free(x.last), free(x.equations);
}
