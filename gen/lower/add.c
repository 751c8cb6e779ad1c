/* What is added to one entry in several statements of one block is added at once: the entry is loaded and stored once, which C compilers do not see where it may be one
 * that is read in between. Needs: a function's statements. Keeps: every value, but for the order of additions. */
#include "gen/lower/lower_private.h"

enum { MOST = 32 }; /* statements of a run that are compared with each other */

typedef struct {
    dag *d;
    int var;
    node entry; /* not 0: others of the variable do not count */
    bool found;
} mention;

static bool is_other(dag *d, node a, node b)
{
    for (int k = 0; k < dag_count(d, a); k++)
        if (dag_is_affine(d, dag_child(d, a, k)) && dag_is_affine(d, dag_child(d, b, k)) && dag_index_eq(d, dag_child(d, a, k), dag_child(d, b, k)) == TRUTH_NO)
            return true;
    return false;
}

static bool find_mention(void *context, node n)
{
    mention *m = context;
    m->found |= dag_kind(m->d, n) == NODE_ENTRY && dag_payload(m->d, n) == m->var && !(m->entry && is_other(m->d, n, m->entry));
    return !m->found;
}

static bool mentions(dag *d, node n, int var, node entry)
{
    mention m = {d, var, entry, false};
    if (n)
        dag_visit(d, n, find_mention, &m);
    return m.found;
}

static bool reads(dag *d, const lower_statement *s, int var, node entry)
{
    bool found = mentions(d, s->value, var, entry);
    for (int k = 0; s->target && k < dag_count(d, s->target) && !found; k++)
        found = mentions(d, dag_child(d, s->target, k), var, entry);
    return found;
}

/* A value that is put into an array, or added to it. */
static bool is_store(const lower_program *p, const lower_statement *s)
{
    return s->kind == LOWER_ASSIGN && (s->how == LOWER_SET || s->how == LOWER_ADD) && p->var[dag_payload(p->m->dag, s->target)].place != LOWER_LOCAL &&
           !p->var[dag_payload(p->m->dag, s->target)].integer;
}

/* The next statement that adds to the same entry, if the first may wait for it: what stands between neither reads the
 * entry nor changes the array or what the first reads. */
static lower_statement *next_addition(lower_program *p, lower_statement *first)
{
    dag *d = p->m->dag;
    int var = dag_payload(d, first->target), count = 0;
    if (mentions(d, first->value, var, 0))
        return NULL;
    for (lower_statement *s = first->next; s && count < MOST; s = s->next, count++) {
        if ((s->kind != LOWER_ASSIGN && s->kind != LOWER_LET) || !s->target || reads(d, s, var, first->target))
            return NULL;
        if (s->target == first->target)
            return is_store(p, s) && s->how == LOWER_ADD ? s : NULL;
        if (dag_payload(d, s->target) == var || reads(d, first, dag_payload(d, s->target), 0))
            return NULL;
    }
    return NULL;
}

static void add_up(lower_program *p, lower_statement **block)
{
    dag *d = p->m->dag;
    for (lower_statement **at = block; *at;) {
        lower_statement *s = *at, *later = is_store(p, s) ? next_addition(p, s) : NULL;
        if (!later) {
            at = &s->next;
            continue;
        }
        later->value = dag_is_int(d, s->value, 0) ? later->value : dag_raw_add(d, 2, (node[]){s->value, later->value});
        later->how = s->how;
        *at = s->next;
    }
}

void lower_add_up(lower_program *p, lower_statement *block)
{
    for (lower_statement *s = block; s; s = s->next) {
        if (s->kind == LOWER_FOR)
            add_up(p, &s->body);
        lower_add_up(p, s->body);
        lower_add_up(p, s->otherwise);
    }
}
