/* Loops of one function over the same range become one where their order does not matter: sums over the samples, one per parameter, are then one pass over the
 * batch. What a later loop needs before it starts (its sums' zeros) moves before the first. No sum changes the order of its terms. */
#include "gen/lower/lower_private.h"
#include "grammar/map.h"

typedef struct {
    lower_program *p;
    int_map read, written; /* 1 + variable, since the first loop began */
    lower_statement *loop, **before; /* the first loop; where it hangs */
} merging;

typedef struct {
    const dag *d;
    const int_map *set;
    int_map *add;
    bool hit;
} lookup;

static bool look(void *context, node n)
{
    lookup *l = context;
    if (dag_kind(l->d, n) != NODE_ENTRY)
        return true;
    if (l->set && int_map_get(l->set, 1 + dag_payload(l->d, n)))
        l->hit = true;
    if (l->add)
        int_map_put(l->add, 1 + dag_payload(l->d, n), 1);
    return !l->hit;
}

static bool reads_any(merging *g, node n, const int_map *set)
{
    lookup l = {g->p->m->dag, set, 0, false};
    if (n)
        dag_visit(g->p->m->dag, n, look, &l);
    return l.hit;
}

static void add_reads(merging *g, node n)
{
    lookup l = {g->p->m->dag, NULL, &g->read, false};
    if (n)
        dag_visit(g->p->m->dag, n, look, &l);
}

static int target_of(const merging *g, const lower_statement *s)
{
    return s->target ? 1 + dag_payload(g->p->m->dag, s->target) : 0;
}

/* Does the block read what was written, or write what was read or written, since the first loop began? */
static bool conflicts(merging *g, const lower_statement *s)
{
    for (; s; s = s->next) {
        if (reads_any(g, s->value, &g->written) || reads_any(g, s->lo, &g->written) || reads_any(g, s->hi, &g->written) || reads_any(g, s->target, &g->written))
            return true;
        int t = target_of(g, s);
        if (t && (int_map_get(&g->read, t) || int_map_get(&g->written, t)))
            return true;
        if (conflicts(g, s->body) || conflicts(g, s->otherwise))
            return true;
    }
    return false;
}

static void note(merging *g, const lower_statement *s)
{
    for (; s; s = s->next) {
        add_reads(g, s->value);
        add_reads(g, s->lo);
        add_reads(g, s->hi);
        if (target_of(g, s))
            int_map_put(&g->written, target_of(g, s), 1);
        note(g, s->body);
        note(g, s->otherwise);
    }
}

static void note_one(merging *g, lower_statement *s)
{
    lower_statement *next = s->next;
    s->next = NULL;
    note(g, s);
    s->next = next;
}

static bool has_loop(const lower_statement *s)
{
    for (; s; s = s->next)
        if (s->kind == LOWER_FOR || has_loop(s->body) || has_loop(s->otherwise))
            return true;
    return false;
}

static void rename_block(merging *g, lower_statement *s, node from, node to)
{
    dag *d = g->p->m->dag;
    for (; s; s = s->next) {
        node *part[] = {&s->lo, &s->hi, &s->target, &s->value};
        for (int i = 0; i < 4; i++)
            if (*part[i])
                *part[i] = dag_substitute(d, *part[i], 1, &from, &to, true);
        rename_block(g, s->body, from, to);
        rename_block(g, s->otherwise, from, to);
    }
}

static bool joins(merging *g, const lower_statement *s)
{
    const lower_statement *f = g->loop;
    if (!f || s->lo != f->lo || s->hi != f->hi || s->down || f->down)
        return false;
    bool sample = false;
    for (int k = 0; k < g->p->m->population_count && g->p->m->sample_index; k++)
        sample = sample || s->hi == dag_index_get(g->p->m->dag, g->p->m->sample_index[k])->hi;
    if (!sample && (has_loop(s->body) || has_loop(f->body)))
        return false;
    /* The sums it fills were declared since; their zeros have moved up and are no conflict. */
    return !conflicts(g, s->body);
}

static void begin(merging *g, lower_statement *s, lower_statement **where)
{
    int_map_free(&g->read), int_map_free(&g->written);
    g->loop = s;
    g->before = where;
    note_one(g, s);
}

static void join(merging *g, lower_statement *s)
{
    dag *d = g->p->m->dag;
    note_one(g, s);
    if (s->index != g->loop->index)
        rename_block(g, s->body, dag_index_node(d, s->index), dag_index_node(d, g->loop->index));
    lower_statement **end = &g->loop->body;
    while (*end)
        end = &(*end)->next;
    *end = s->body;
}

/* Can this declaration stand before the first loop? */
static bool moves_up(merging *g, const lower_statement *s)
{
    return g->loop && s->kind == LOWER_LET && !reads_any(g, s->value, &g->written);
}

void lower_merge(lower_program *p, lower_statement **block)
{
    merging g = {.p = p};
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
            continue;
        }
        if (s->kind == LOWER_FOR)
            begin(&g, s, at);
        else
            note_one(&g, s);
        at = &s->next;
    }
    int_map_free(&g.read), int_map_free(&g.written);
}
