/* Loops of one function over the same range become one where their order does not matter: sums over the samples, one per parameter, are then one pass over the
 * batch, and what one loop fills another reads from the cache. What a later loop needs before it starts (its sums' zeros) moves before the first. No sum changes
 * the order of its terms, but those over the steps of a recurrence: they are added as its loop comes to them. */
#include <string.h>

#include "gen/dag/break.h"
#include "gen/lower/lower_private.h"
#include "gen/lower/walk.h"
#include "grammar/arena.h"
#include "grammar/map.h"

/* What is known of a variable that was touched: TOUCHED, and a bit for each axis on which the index of its loop stands alone wherever it was touched. */
enum { TOUCHED = 1 << 30, ALL_AXES = TOUCHED - 1 };

typedef struct {
    lower_program *p;
    int_map read, written; /* 1 + variable, since the first loop began */
    int_map added;         /* the same, of what was only added to; empty unless the first loop is a recurrence's */
    lower_statement *loop, **before; /* the first loop; where it hangs */
} merging;

/* Entries of one expression, read inside a loop over `index` (0: in none). */
typedef struct {
    merging *g;
    node index;
    int_map *add;
    bool hit; /* one that stands against what was written */
} lookup;

static void add_entry(const dag *d, int_map *map, node entry, node index)
{
    int key = 1 + dag_payload(d, entry), known = int_map_get(map, key);
    int_map_put(map, key, TOUCHED | ((known ? known : ALL_AXES) & lower_own_axes(d, entry, index)));
}

/* Does the entry belong to another iteration than those that touched its variable? */
static bool against(const dag *d, const int_map *map, node entry, node index)
{
    int known = int_map_get(map, 1 + dag_payload(d, entry));
    return known && !(known & ALL_AXES & lower_own_axes(d, entry, index));
}

static bool look(void *context, node n)
{
    lookup *l = context;
    const dag *d = l->g->p->m->dag;
    if (dag_kind(d, n) != NODE_ENTRY)
        return true;
    if (l->add)
        add_entry(d, l->add, n, l->index);
    else
        l->hit |= against(d, &l->g->written, n, l->index) || against(d, &l->g->added, n, l->index);
    return !l->hit;
}

static bool reads_against(merging *g, node n, node index)
{
    lookup l = {g, index, NULL, false};
    if (n)
        dag_visit(g->p->m->dag, n, look, &l);
    return l.hit;
}

static void add_reads(merging *g, node n, node index)
{
    lookup l = {g, index, &g->read, false};
    if (n)
        dag_visit(g->p->m->dag, n, look, &l);
}

static bool indices_conflict(merging *g, node target, node index)
{
    const dag *d = g->p->m->dag;
    for (int k = 0; k < dag_count(d, target); k++)
        if (reads_against(g, dag_child(d, target, k), index))
            return true;
    return false;
}

/* Does writing this target get in the way of what was read or written since the first loop began? Additions do not get in each other's way. */
static bool target_conflicts(merging *g, const lower_statement *s, node index)
{
    const dag *d = g->p->m->dag;
    return indices_conflict(g, s->target, index) || against(d, &g->read, s->target, index) || against(d, &g->written, s->target, index) ||
           (s->how != LOWER_ADD && against(d, &g->added, s->target, index));
}

/* Does the block, the body of a loop over `index`, read what other iterations wrote, or write what they read or wrote, since the first loop began? */
static bool conflicts(merging *g, const lower_statement *s, node index)
{
    for (; s; s = s->next) {
        if (reads_against(g, s->value, index) || reads_against(g, s->lo, index) || reads_against(g, s->hi, index))
            return true;
        if (s->target && target_conflicts(g, s, index))
            return true;
        if (conflicts(g, s->body, index) || conflicts(g, s->otherwise, index))
            return true;
    }
    return false;
}

static void note(merging *g, const lower_statement *s, node index)
{
    const dag *d = g->p->m->dag;
    for (; s; s = s->next) {
        add_reads(g, s->value, index);
        add_reads(g, s->lo, index);
        add_reads(g, s->hi, index);
        for (int k = 0; s->target && k < dag_count(d, s->target); k++)
            add_reads(g, dag_child(d, s->target, k), index);
        if (s->target)
            add_entry(d, g->loop && (g->loop->recurs || g->loop->steps) && s->kind == LOWER_ASSIGN && s->how == LOWER_ADD ? &g->added : &g->written, s->target,
                      index);
        note(g, s->body, index);
        note(g, s->otherwise, index);
    }
}

static void note_one(merging *g, lower_statement *s)
{
    lower_statement *next = s->next;
    bool loop = s->kind == LOWER_FOR;
    s->next = NULL;
    if (loop) {
        add_reads(g, s->lo, 0);
        add_reads(g, s->hi, 0);
    }
    note(g, loop ? s->body : s, loop ? dag_index_node(g->p->m->dag, s->index) : 0);
    s->next = next;
}

static bool over_samples(const merging *g, const lower_statement *s)
{
    const model *m = g->p->m;
    for (int k = 0; k < m->population_count && m->sample_index; k++)
        if (s->hi == dag_index_get(m->dag, m->sample_index[k])->hi)
            return true;
    return false;
}

/* May a loop join that of a recurrence? It may be one over some of its steps, and add up rows. */
static bool joins_recurrence(merging *g, const lower_statement *s)
{
    const lower_statement *f = g->loop;
    dag *d = g->p->m->dag;
    if (s->recurs || dag_index_le(d, f->lo, s->lo) != TRUTH_YES || dag_index_le(d, s->hi, f->hi) != TRUTH_YES)
        return false;
    for (const lower_statement *b = s->steps ? NULL : s->body; b;
         b = b->next) /* a larger matrix that all steps are added to does not stay in the cache beside what they compute */
        if (b->kind != LOWER_WHEN ? lower_has_loop(b->body) : lower_has_loop(b->otherwise))
            return false;
    return f->down == s->down || lower_turns_round(g->p, s);
}

/* Are both loops over rows, all over the same range, and nothing else? Their rows join too. */
static bool are_rows(const lower_statement *a, const lower_statement *b)
{
    const lower_statement *first = a->body;
    for (int i = 0; i < 2; i++)
        for (const lower_statement *s = i ? b->body : a->body; s; s = s->next)
            if (s->kind != LOWER_FOR || s->down || s->lo != first->lo || s->hi != first->hi || lower_has_loop(s->body))
                return false;
    return true;
}

static bool has_inner_loops(const lower_statement *a, const lower_statement *b)
{
    return lower_has_loop(a->body) || lower_has_loop(b->body);
}

static bool joins(merging *g, const lower_statement *s)
{
    const lower_statement *f = g->loop;
    dag *d = g->p->m->dag;
    if (!f || lower_has_call(s->body) || lower_has_call(f->body)) /* a call shows where it begins to read, not how far */
        return false;
    if (f->recurs) {
        if (!joins_recurrence(g, s))
            return false;
    } else if (s->lo != f->lo || s->hi != f->hi || s->down || f->down ||
               (has_inner_loops(f, s) && !over_samples(g, s) && !(s->steps && f->steps) && !are_rows(f, s))) {
        return false;
    }
    /* The sums it fills were declared since; their zeros have moved up and are no conflict. */
    return !reads_against(g, s->lo, 0) && !reads_against(g, s->hi, 0) && (BROKEN("join") || !conflicts(g, s->body, dag_index_node(d, s->index)));
}

static void begin(merging *g, lower_statement *s, lower_statement **where)
{
    int_map_free(&g->read), int_map_free(&g->written), int_map_free(&g->added);
    g->loop = s;
    g->before = where;
    note_one(g, s);
}

static lower_statement **end_of(lower_statement **block)
{
    while (*block)
        block = &(*block)->next;
    return block;
}

static node both(dag *d, node a, node b)
{
    return !a ? b : !b ? a : dag_raw_if(d, a, b, dag_int(d, 0));
}

/* The body of a loop that joins, under the conditions that keep it in its own range. */
static lower_statement *in_range(merging *g, const lower_statement *s)
{
    const lower_statement *f = g->loop;
    dag *d = g->p->m->dag;
    node index = dag_index_node(d, f->index);
    node low = s->lo == f->lo ? 0 : dag_raw_compare(d, COMPARE_LESS_EQUAL, s->lo, index);
    node high = s->hi == f->hi ? 0 : dag_raw_compare(d, COMPARE_LESS_EQUAL, index, s->hi);
    if (!low && !high)
        return s->body;
    lower_statement *when = lower_statement_new(g->p, LOWER_WHEN);
    when->value = both(d, low, high);
    when->body = s->body;
    return when;
}

static void join(merging *g, lower_statement *s)
{
    dag *d = g->p->m->dag;
    note_one(g, s);
    if (s->index != g->loop->index) {
        node from = dag_index_node(d, s->index), to = dag_index_node(d, g->loop->index);
        lower_rename(&(lower_renaming){g->p, 1, &from, &to}, s->body);
    }
    *end_of(&g->loop->body) = in_range(g, s);
}

/* Does the loop begin an array with a number? */
static bool is_fill(const dag *d, const lower_statement *s)
{
    while (s->kind == LOWER_FOR && s->body && !s->body->next)
        s = s->body;
    return s->kind == LOWER_ASSIGN && s->how == LOWER_SET && dag_kind(d, s->value) == NODE_NUMBER;
}

static bool touched(const merging *g, const lower_statement *s)
{
    while (s->kind == LOWER_FOR)
        s = s->body;
    int key = 1 + dag_payload(g->p->m->dag, s->target);
    return int_map_get(&g->read, key) || int_map_get(&g->written, key) || int_map_get(&g->added, key);
}

/* Can this declaration, or what the sums over a recurrence's steps begin with, stand before the first loop? */
static bool moves_up(merging *g, const lower_statement *s)
{
    if (!g->loop)
        return false;
    return s->kind == LOWER_LET ? !reads_against(g, s->value, 0) : (g->loop->recurs || g->loop->steps) && is_fill(g->p->m->dag, s) && !touched(g, s);
}

int lower_merge(lower_program *p, lower_statement **block)
{
    merging g = {.p = p};
    int joined = 0;
    for (lower_statement **at = block; *at;) {
        lower_statement *s = *at;
        if (moves_up(&g, s)) {
            *at = s->next;
            s->next = g.loop;
            *g.before = s;
            g.before = &s->next;
            continue;
        }
        if (s->kind == LOWER_FOR && joins(&g, s)) {
            *at = s->next;
            join(&g, s);
            joined++;
            continue;
        }
        if (s->kind == LOWER_FOR)
            begin(&g, s, at);
        else
            note_one(&g, s);
        at = &s->next;
    }
    int_map_free(&g.read), int_map_free(&g.written), int_map_free(&g.added);
    return joined;
}

/* --- inside loops --- */

/* Conditions on indices that follow each other and are the same become one. */
static void join_conditions(const dag *d, lower_statement *s)
{
    while (s && s->next) {
        lower_statement *n = s->next;
        if (s->kind != LOWER_WHEN || n->kind != LOWER_WHEN || s->value != n->value || dag_has_kind(d, s->value, NODE_ENTRY)) {
            s = n;
            continue;
        }
        *end_of(&s->body) = n->body;
        *end_of(&s->otherwise) = n->otherwise;
        s->next = n->next;
    }
}

static bool is_sample_loop(const lower_program *p, const lower_statement *s)
{
    for (int k = 0; k < p->m->population_count && p->m->sample_index; k++)
        if (s->hi == dag_index_get(p->m->dag, p->m->sample_index[k])->hi)
            return true;
    return false;
}

static void merge_block(lower_program *p, lower_statement **block)
{
    join_conditions(p->m->dag, *block);
    lower_merge(p, block);
    lower_merge_inside(p, *block);
}

/* The body of a recurrence's loop is a block like any other. */
void lower_merge_inside(lower_program *p, lower_statement *block)
{
    for (lower_statement *s = block; s; s = s->next) {
        if ((s->kind != LOWER_FOR || is_sample_loop(p, s)) && s->kind != LOWER_WHEN)
            continue;
        merge_block(p, &s->body);
        merge_block(p, &s->otherwise);
    }
}

/* --- functions --- */

static int count_statements(const lower_statement *s)
{
    int count = 0;
    for (; s; s = s->next)
        count += 1 + count_statements(s->body) + count_statements(s->otherwise);
    return count;
}

static lower_statement *copied(lower_program *p, const lower_statement *s)
{
    lower_statement *head = NULL, **tail = &head;
    for (; s; s = s->next) {
        lower_statement *c = lower_statement_new(p, s->kind);
        *c = *s;
        c->next = NULL;
        c->body = copied(p, s->body);
        c->otherwise = copied(p, s->otherwise);
        *tail = c;
        tail = &c->next;
    }
    return head;
}

/* The statements of both functions, if loops of the one join loops of the other; else NULL. */
static lower_statement *joined_body(lower_program *p, const lower_function *a, const lower_function *b)
{
    lower_statement *body = copied(p, a->body), **end = &body;
    while (*end)
        end = &(*end)->next;
    *end = copied(p, b->body);
    return lower_merge(p, &body) ? body : NULL;
}

static void append_equations(lower_program *p, lower_function *to, const lower_function *from)
{
    int *list = arena_alloc(p->memory, (size_t)(to->equation_count + from->equation_count) * sizeof *list);
    memcpy(list, to->equation, (size_t)to->equation_count * sizeof *list);
    memcpy(list + to->equation_count, from->equation, (size_t)from->equation_count * sizeof *list);
    to->equation = list;
    to->equation_count += from->equation_count;
}

void lower_merge_functions(lower_program *p, int limit)
{
    int kept = 0;
    for (int i = 0; i < p->function_count; i++) {
        const lower_function f = p->function[i];
        lower_function *last = kept ? &p->function[kept - 1] : NULL;
        lower_statement *body =
            last && last->events == f.events && !(f.events >> LOWER_COMMIT & 1u) && count_statements(last->body) + count_statements(f.body) <= limit
                ? joined_body(p, last, &f)
                : NULL;
        if (!body) {
            p->function[kept++] = f;
            continue;
        }
        last->body = body;
        last->checks = last->checks || f.checks;
        append_equations(p, last, &f);
    }
    p->function_count = kept;
}
