/* A recurrence's loop whose iteration ends what the one before began, y[t] of k[t − 1] and then k[t] of y[t], is cut between the two: each iteration then has k[t] and
 * y[t + 1], without conditions at the ends of the range, and what only they tell each other needs one step in memory (drop.c). Needs: a function's statements, joined,
 * before drop.c. Keeps: every assignment and its order. */
#include "gen/lower/lower_private.h"
#include "gen/lower/walk.h"

/* The statement that runs in all iterations but the first (or the last) of the loop: condition about the index, no alternative. */
static bool runs_but(dag *d, const lower_statement *loop, const lower_statement *s, bool first)
{
    if (!s || s->kind != LOWER_WHEN || s->otherwise || dag_kind(d, s->value) != NODE_COMPARE || dag_payload(d, s->value) != COMPARE_LESS_EQUAL)
        return false;
    node index = dag_index_node(d, loop->index), a = dag_child(d, s->value, 0), b = dag_child(d, s->value, 1);
    bool low = first != loop->down; /* the end that it leaves out */
    node end = dag_add2(d, low ? loop->lo : loop->hi, dag_int(d, low ? 1 : -1)), gap = dag_sub(d, b, a),
         wanted = low ? dag_sub(d, index, end) : dag_sub(d, end, index);
    return dag_is_affine(d, a) && dag_is_affine(d, b) && dag_index_eq(d, gap, wanted) == TRUTH_YES;
}

static void tidy(lower_program *p, lower_statement *s, int_map *memo)
{
    for (; s; s = s->next) {
        node *const part[] = {&s->lo, &s->hi, &s->target, &s->value};
        for (int i = 0; i < 4; i++)
            if (*part[i])
                *part[i] = lower_tidy(p, *part[i], memo);
        tidy(p, s->body, memo);
        tidy(p, s->otherwise, memo);
    }
}

static void rotate_loop(lower_program *p, lower_statement *loop)
{
    dag *d = p->m->dag;
    lower_statement *end = loop->body, *begin = end ? end->next : NULL;
    if (loop->kind != LOWER_FOR || !loop->recurs || !begin || begin->next || !runs_but(d, loop, end, true) || !runs_but(d, loop, begin, false) ||
        lower_has_call(loop->body))
        return;
    node from = dag_index_node(d, loop->index), to;
    loop->lo = dag_add2(d, loop->lo, dag_int(d, loop->down));
    loop->hi = dag_add2(d, loop->hi, dag_int(d, loop->down ? 0 : -1));
    int index = dag_index_fresh(d, dag_index_get(d, loop->index)->name, loop->lo, loop->hi);
    node now = dag_index_node(d, index);
    to = dag_add2(d, now, dag_int(d, loop->down ? -1 : 1));
    lower_rename(&(lower_renaming){p, 1, &from, &now}, begin->body);
    lower_rename(&(lower_renaming){p, 1, &from, &to}, end->body);
    int_map memo = {0};
    tidy(p, end->body, &memo);
    int_map_free(&memo);
    loop->index = index;
    lower_statement **tail = &begin->body;
    while (*tail)
        tail = &(*tail)->next;
    *tail = end->body;
    loop->body = begin->body;
}

void lower_rotate(lower_program *p, lower_statement *block)
{
    for (lower_statement *s = block; s; s = s->next) {
        lower_rotate(p, s->body);
        lower_rotate(p, s->otherwise);
        rotate_loop(p, s);
    }
}
