/* Conditions on indices that stand several times in one block, as the ends of a recurrence's range do, are opened once: what they protect moves together where nothing
 * between stands against it, and loops over the same range that then follow each other become one. Needs: a function's statements. Keeps: every value. */
#include "gen/lower/lower_private.h"
#include "gen/lower/walk.h"
#include "grammar/map.h"

typedef struct {
    dag *d;
    int_map read, written;  /* 1 + variable */
    int_list reads, writes; /* the same */
    bool stops;             /* something that may leave the function */
} touched;

static bool note_read(void *context, node n)
{
    touched *t = context;
    if (dag_kind(t->d, n) == NODE_ENTRY && int_map_add(&t->read, 1 + dag_payload(t->d, n)))
        int_list_push(&t->reads, 1 + dag_payload(t->d, n));
    return true;
}

static void note_reads(touched *t, node n)
{
    if (n)
        dag_visit(t->d, n, note_read, t);
}

/* One statement, with what is inside it. */
static void note_statement(touched *t, const lower_statement *s)
{
    note_reads(t, s->value);
    note_reads(t, s->lo);
    note_reads(t, s->hi);
    for (int k = 0; s->target && k < dag_count(t->d, s->target); k++)
        note_reads(t, dag_child(t->d, s->target, k));
    if (s->target && int_map_add(&t->written, 1 + dag_payload(t->d, s->target)))
        int_list_push(&t->writes, 1 + dag_payload(t->d, s->target));
    t->stops = t->stops || s->kind == LOWER_CHECK;
    for (const lower_statement *b = s->body; b; b = b->next)
        note_statement(t, b);
    for (const lower_statement *b = s->otherwise; b; b = b->next)
        note_statement(t, b);
}

static void touched_free(touched *t)
{
    int_map_free(&t->read), int_map_free(&t->written);
    int_list_free(&t->reads), int_list_free(&t->writes);
}

static bool any_in(const int_list *list, const int_map *map)
{
    for (int i = 0; i < list->count; i++)
        if (int_map_get(map, list->at[i]))
            return true;
    return false;
}

/* Would it matter which of the two comes first? */
static bool clash(dag *d, const lower_statement *one, const touched *others)
{
    touched t = {.d = d};
    note_statement(&t, one);
    bool hit = t.stops || others->stops || any_in(&t.writes, &others->written) || any_in(&t.writes, &others->read) || any_in(&t.reads, &others->written);
    touched_free(&t);
    return hit;
}

/* About indices of loops around only. */
static bool is_fixed(dag *d, const lower_statement *s)
{
    return s->kind == LOWER_WHEN && !s->otherwise && !dag_has_kind(d, s->value, NODE_ENTRY);
}

/* t + 1 <= s as t <= s − 1: equal conditions are then one node. */
static node normal(lower_program *p, node c)
{
    dag *d = p->m->dag;
    if (dag_kind(d, c) != NODE_COMPARE || dag_payload(d, c) != COMPARE_LESS_EQUAL)
        return c;
    node a = dag_child(d, c, 0), b = dag_child(d, c, 1), number = 0;
    if (dag_kind(d, a) != NODE_ADD || !dag_is_affine(d, a) || !dag_is_affine(d, b))
        return c;
    for (int i = 0; i < dag_count(d, a) && !number; i++)
        if (dag_kind(d, dag_child(d, a, i)) == NODE_NUMBER)
            number = dag_neg(d, dag_child(d, a, i));
    return number ? dag_raw_compare(d, COMPARE_LESS_EQUAL, dag_index_tidy(d, dag_add2(d, a, number)), dag_index_tidy(d, dag_add2(d, b, number))) : c;
}

static void append(lower_statement **end, lower_statement *more)
{
    while (*end)
        end = &(*end)->next;
    *end = more;
}

/* The condition at *at joins a later one like it, moving down to it, or that one moves up. False: there is none, or something stands between. */
static bool join_condition(lower_program *p, lower_statement **at)
{
    dag *d = p->m->dag;
    lower_statement *first = *at;
    touched between = {.d = d};
    bool joined = false;
    for (lower_statement **next = &first->next; *next && !joined; next = &(*next)->next) {
        lower_statement *s = *next;
        if (!is_fixed(d, s) || s->value != first->value) {
            note_statement(&between, s);
            continue;
        }
        if (!clash(d, first, &between)) {
            lower_statement *body = first->body;
            append(&body, s->body);
            s->body = body;
            *at = first->next;
            joined = true;
        } else if (!clash(d, s, &between)) {
            append(&first->body, s->body);
            *next = s->next;
            joined = true;
        }
        break;
    }
    touched_free(&between);
    return joined;
}

/* --- the same value twice --- */

/* An earlier declaration in the block that has the value of this one, which nothing between has changed; NULL: none. */
static const lower_statement *earlier(dag *d, const lower_statement *block, const lower_statement *s, const lower_program *p)
{
    const lower_statement *found = NULL;
    touched value = {.d = d}, between = {.d = d};
    note_reads(&value, s->value);
    for (const lower_statement *e = block; e != s; e = e->next) {
        if (!found && e->kind == LOWER_LET && e->value == s->value && !p->var[dag_payload(d, e->target)].mutable_local)
            found = e;
        else if (found)
            note_statement(&between, e);
    }
    if (any_in(&value.reads, &between.written))
        found = NULL;
    touched_free(&value), touched_free(&between);
    return found;
}

/* C compilers do not see that what stands between two uses of an array changes another one. */
static void drop_repeated(lower_program *p, lower_statement **block)
{
    enum { MOST = 64 }; /* statements of a block that are compared with each other */
    dag *d = p->m->dag;
    int count = 0;
    if (lower_has_call(*block))
        return;
    for (lower_statement **at = block; *at && count < MOST; count++) {
        lower_statement *s = *at;
        bool plain = s->kind == LOWER_LET && s->value && !p->var[dag_payload(d, s->target)].mutable_local;
        const lower_statement *e = plain ? earlier(d, *block, s, p) : NULL;
        if (!e) {
            at = &s->next;
            continue;
        }
        lower_rename(&(lower_renaming){p, 1, &s->target, &e->target}, s->next);
        *at = s->next;
    }
}

/* --- blocks --- */

static void drop_in_loops(lower_program *p, lower_statement *s)
{
    for (; s; s = s->next) {
        if (s->kind == LOWER_FOR)
            drop_repeated(p, &s->body);
        drop_in_loops(p, s->body);
        drop_in_loops(p, s->otherwise);
    }
}

static void join_block(lower_program *p, lower_statement **block)
{
    bool any = false;
    for (lower_statement *s = *block; s; s = s->next)
        if (is_fixed(p->m->dag, s))
            s->value = normal(p, s->value);
    for (lower_statement **at = block; *at;) {
        if (is_fixed(p->m->dag, *at) && join_condition(p, at))
            any = true;
        else
            at = &(*at)->next;
    }
    for (lower_statement *s = *block; s; s = s->next) {
        join_block(p, &s->body);
        join_block(p, &s->otherwise);
        if (any && s->kind == LOWER_WHEN)
            lower_merge(p, &s->body);
    }
}

void lower_join_conditions(lower_program *p, lower_statement **block)
{
    join_block(p, block);
    drop_in_loops(p, *block);
}
