/* Questions about statements, and other names in them: what more than one pass asks. */
#include "gen/lower/walk.h"

#include "grammar/arena.h"
#include "grammar/map.h"

int lower_own_axes(const dag *d, node entry, node index)
{
    int axes = 0;
    for (int k = 0; index && k < dag_count(d, entry); k++)
        axes |= dag_child(d, entry, k) == index ? 1 << k : 0;
    return axes;
}

bool lower_has_loop(const lower_statement *s)
{
    for (; s; s = s->next)
        if (s->kind == LOWER_FOR || lower_has_loop(s->body) || lower_has_loop(s->otherwise))
            return true;
    return false;
}

bool lower_has_call(const lower_statement *s)
{
    for (; s; s = s->next)
        if (s->kind == LOWER_PRODUCT || s->kind == LOWER_CONTRACT || lower_has_call(s->body) || lower_has_call(s->otherwise))
            return true;
    return false;
}

/* --- the order of iterations --- */

/* What is done to a variable in a loop's body: it is declared there, each iteration has entries of its own (along an axis whose bit is set), or it is added to. */
enum { AXES = (1 << 16) - 1, OWN = 1 << 16, APART = 1 << 17, ADDED = 1 << 18 };

typedef struct {
    dag *d;
    node index;
    int_map how; /* 1 + variable */
    bool fits;
} turning;

static void note_target(turning *x, const lower_statement *s)
{
    int key = 1 + dag_payload(x->d, s->target), known = int_map_get(&x->how, key), axes = lower_own_axes(x->d, s->target, x->index);
    if (known & OWN)
        return;
    if (s->kind == LOWER_LET) {
        x->fits &= !known;
        known = OWN;
    } else if (axes) {
        known = APART | (known & ~AXES) | (axes & (known & APART ? known : AXES));
    } else {
        x->fits &= s->how == LOWER_ADD;
        known |= ADDED;
    }
    x->fits &= !(known & ADDED) || !(known & APART);
    x->fits &= !(known & APART) || (known & AXES);
    int_map_put(&x->how, key, known);
}

static void note_targets(turning *x, const lower_statement *s)
{
    for (; s; s = s->next) {
        x->fits &= !s->call && !s->contraction;
        if (s->target)
            note_target(x, s);
        note_targets(x, s->body);
        note_targets(x, s->otherwise);
    }
}

static bool look_turned(void *context, node n)
{
    turning *x = context;
    int known = dag_kind(x->d, n) == NODE_ENTRY ? int_map_get(&x->how, 1 + dag_payload(x->d, n)) : 0;
    x->fits &= !known || (known & OWN) || ((known & APART) && (known & AXES & lower_own_axes(x->d, n, x->index)));
    return x->fits;
}

static void look_at_reads(turning *x, const lower_statement *s)
{
    for (; s; s = s->next) {
        const node part[] = {s->lo, s->hi, s->value};
        for (int i = 0; i < 3; i++)
            if (part[i])
                dag_visit(x->d, part[i], look_turned, x);
        for (int k = 0; s->target && k < dag_count(x->d, s->target); k++)
            dag_visit(x->d, dag_child(x->d, s->target, k), look_turned, x);
        look_at_reads(x, s->body);
        look_at_reads(x, s->otherwise);
    }
}

bool lower_turns_round(const lower_program *p, const lower_statement *loop)
{
    turning x = {.d = p->m->dag, .index = dag_index_node(p->m->dag, loop->index), .fits = true};
    note_targets(&x, loop->body);
    look_at_reads(&x, loop->body);
    int_map_free(&x.how);
    return x.fits;
}

/* --- other names --- */

static void rename_parts(const lower_renaming *r, size_t count, node *const *part)
{
    for (size_t i = 0; i < count; i++)
        if (*part[i])
            *part[i] = dag_substitute(r->p->m->dag, *part[i], r->count, r->from, r->to, true);
}

static const lower_call *rename_call(const lower_renaming *r, const lower_call *old)
{
    lower_call *c = arena_alloc(r->p->memory, sizeof *c);
    *c = *old;
    node *const part[] = {&c->a, &c->b, &c->factor, &c->rows, &c->columns, &c->inner, &c->rows_times, &c->inner_times};
    rename_parts(r, sizeof part / sizeof *part, part);
    return c;
}

static const lower_contraction *rename_contraction(const lower_renaming *r, const lower_contraction *old)
{
    lower_contraction *c = arena_alloc(r->p->memory, sizeof *c);
    *c = *old;
    node *const part[] = {&c->a, &c->b, &c->target, &c->factor};
    rename_parts(r, sizeof part / sizeof *part, part);
    for (int role = 0; role < 3; role++)
        for (int i = 0; i < c->count[role]; i++)
            rename_parts(r, 1, (node *[]){&c->span[role][i].extent});
    return c;
}

void lower_rename(const lower_renaming *r, lower_statement *s)
{
    for (; s; s = s->next) {
        node *const part[] = {&s->lo, &s->hi, &s->target, &s->value};
        rename_parts(r, sizeof part / sizeof *part, part);
        s->call = s->call ? rename_call(r, s->call) : NULL;
        s->contraction = s->contraction ? rename_contraction(r, s->contraction) : NULL;
        lower_rename(r, s->body);
        lower_rename(r, s->otherwise);
    }
}
