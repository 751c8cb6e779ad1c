/* What may be said to the C compiler about a loop. */
#include "gen/emit/c_private.h"

typedef struct {
    emitter *e;
    node index;
    int var, axis; /* written: only entries with the loop's index on this axis may be read */
    bool apart;
} separation;

static bool check_entry(void *context, node n)
{
    separation *x = context;
    if (dag_kind(x->e->d, n) == NODE_ENTRY && dag_payload(x->e->d, n) == x->var)
        x->apart = x->apart && dag_child(x->e->d, n, x->axis) == x->index;
    return x->apart;
}

static bool block_reads_own(separation *x, const lower_statement *s)
{
    for (; s && x->apart; s = s->next) {
        if (s->value)
            dag_visit(x->e->d, s->value, check_entry, x);
        if (s->kind == LOWER_ASSIGN)
            check_entry(x, s->target);
        if (s->body)
            block_reads_own(x, s->body);
        if (s->otherwise)
            block_reads_own(x, s->otherwise);
    }
    return x->apart;
}

/* Every array that is written has the loop's index alone on one axis, wherever it stands in the loop: entries of other iterations are other entries. */
static bool writes_apart(emitter *e, const lower_statement *loop, const lower_statement *s, int *arrays)
{
    dag *d = e->d;
    node index = dag_index_node(d, loop->index);
    for (; s; s = s->next) {
        if (s->kind != LOWER_LET && s->kind != LOWER_ASSIGN && s->kind != LOWER_WHEN)
            return false;
        if ((s->body && !writes_apart(e, loop, s->body, arrays)) || (s->otherwise && !writes_apart(e, loop, s->otherwise, arrays)))
            return false;
        if (s->kind != LOWER_ASSIGN || e->p->var[dag_payload(d, s->target)].place == LOWER_LOCAL)
            continue;
        separation x = {e, index, dag_payload(d, s->target), -1, true};
        for (int k = 0; k < dag_count(d, s->target); k++)
            x.axis = dag_child(d, s->target, k) == index ? k : x.axis;
        if (x.axis < 0 || !block_reads_own(&x, loop->body))
            return false;
        ++*arrays;
    }
    return true;
}

bool loop_is_apart(emitter *e, const lower_statement *loop)
{
    int arrays = 0;
    return e->o->target == EMIT_HOSTED && !loop->down && writes_apart(e, loop, loop->body, &arrays) && arrays > 0;
}

const lower_statement *loop_extreme(emitter *e, const lower_statement *loop)
{
    const lower_statement *found = NULL;
    if (e->o->target != EMIT_HOSTED || loop->down)
        return NULL;
    for (const lower_statement *s = loop->body; s; s = s->next) {
        if (s->kind == LOWER_LET && s->value && !e->p->var[dag_payload(e->d, s->target)].mutable_local)
            continue;
        if (found || s->kind != LOWER_ASSIGN || (s->how != LOWER_MAX && s->how != LOWER_MIN) || e->p->var[dag_payload(e->d, s->target)].place != LOWER_LOCAL)
            return NULL;
        found = s;
    }
    return found;
}
