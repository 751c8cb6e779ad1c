/* Does a page hold values that no derivative passes? By itself, so that `emit` needs nothing else of this folder but the text of the test. */
#include "gen/verify/verify.h"

typedef struct {
    const dag *d;
    bool found;
} stop_search;

static bool note_stop(void *context, node n)
{
    stop_search *s = context;
    s->found |= dag_kind(s->d, n) == NODE_FUN && dag_payload(s->d, n) == OP_STOP;
    return !s->found;
}

bool verify_stops(const model *m)
{
    stop_search s = {m->dag, false};
    for (int i = 0; i < m->equation_count && !s.found; i++)
        if (m->equation[i].rhs && dag_has_kind(m->dag, m->equation[i].rhs, NODE_FUN))
            dag_visit(m->dag, m->equation[i].rhs, note_stop, &s);
    return s.found;
}
