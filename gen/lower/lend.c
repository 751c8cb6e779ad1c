/* Arrays of work memory that end as a gradient, entry by entry, are computed where the gradient is wanted: the exponentials of a logsumexp in the place of its softmax.
 * The caller's array is then filled, and scaled in place, instead of read beside a second one. For the time of gradient() the pointer in work memory is the caller's.
 * Needs: functions in their last form, before plan.c. Keeps: every value. */
#include <stdlib.h>

#include "gen/dag/break.h"
#include "gen/lower/lower_private.h"
#include "gen/lower/walk.h"
#include "grammar/arena.h"
#include "grammar/map.h"

enum { LOOPS = 16 };

/* The only assignment to a gradient in its function, and what stands around it. */
typedef struct {
    lower_program *p;
    dag *d;
    int gradient;
    const lower_statement *block, *assignment; /* the statements of its innermost loop */
    int loop[LOOPS], depth, loops;             /* indices of the loops around it */
    int count;                                 /* assignments to it */
} ending;

static bool has(const lower_program *p, int function, int event)
{
    return p->function[function].events >> event & 1u;
}

static void find_assignment(ending *x, const lower_statement *block)
{
    for (const lower_statement *s = block; s; s = s->next) {
        if (s->target && s->kind != LOWER_LET && dag_payload(x->d, s->target) == x->gradient) {
            x->count += s->kind == LOWER_ASSIGN && s->how == LOWER_SET ? 1 : 2;
            x->block = block, x->assignment = s;
            x->loops = x->depth;
        }
        bool loop = s->kind == LOWER_FOR;
        if (loop && x->depth < LOOPS)
            x->loop[x->depth] = s->index;
        x->depth += loop;
        find_assignment(x, s->body);
        x->depth -= loop;
        x->count += 2 * (s->otherwise != NULL); /* conditions are for others */
    }
}

typedef struct {
    const dag *d;
    int var;
    node entry; /* the only one that may be read; 0: any */
    bool found, other;
} mention;

static bool look(void *context, node n)
{
    mention *m = context;
    if (dag_kind(m->d, n) == NODE_ENTRY && dag_payload(m->d, n) == m->var) {
        m->found = true;
        m->other = m->other || n != m->entry;
    }
    return true;
}

static void look_at(mention *m, node n)
{
    if (n)
        dag_visit((dag *)m->d, n, look, m);
}

static void look_at_statement(mention *m, const lower_statement *s)
{
    look_at(m, s->lo), look_at(m, s->hi), look_at(m, s->value), look_at(m, s->target);
    if (s->call)
        look_at(m, s->call->a), look_at(m, s->call->b);
    if (s->contraction)
        look_at(m, s->contraction->a), look_at(m, s->contraction->b);
}

static bool mentions(const dag *d, const lower_statement *s, int var)
{
    mention m = {.d = d, .var = var};
    for (; s && !m.found; s = s->next) {
        look_at_statement(&m, s);
        m.found = m.found || mentions(d, s->body, var) || mentions(d, s->otherwise, var);
    }
    return m.found;
}

/* Everything in the function that reads the array stands in the block, not behind the assignment, and reads the entry that is assigned. */
static bool reads_only_here(const ending *x, const lower_statement *block, int var, node entry, bool *passed)
{
    for (const lower_statement *s = block; s; s = s->next) {
        mention m = {.d = x->d, .var = var, .entry = entry};
        look_at_statement(&m, s);
        if (m.found && (block != x->block || *passed || m.other || s->body))
            return false;
        *passed = *passed || s == x->assignment;
        if (!reads_only_here(x, s->body, var, entry, passed))
            return false;
    }
    return true;
}

static bool is_like(const lower_var *a, const lower_var *b)
{
    bool same = a->axis_count == b->axis_count && a->axis_count > 0 && a->major == b->major && !a->per_sample && !a->integer && !b->integer;
    for (int k = 0; k < a->axis_count && same; k++)
        same = a->size[k] == b->size[k] && a->start[k] == b->start[k];
    return same;
}

/* Filled as a whole, by one equation that runs in gradient() too? */
static bool is_filled_once(const lower_program *p, int var)
{
    int count = 0;
    for (int i = 0; i < p->equation_count; i++) {
        const lower_equation *e = &p->equation[i];
        if (e->var == var && e->events)
            count += e->guard || e->in_place || !(e->events >> LOWER_GRADIENT & 1u) ? 2 : 1;
    }
    return count == 1;
}

/* Is nobody in gradient() after the function in need of the array, or touches the gradient but this function? */
static bool is_last(const lower_program *p, int function, int var, int gradient)
{
    for (int i = 0; i < p->function_count; i++)
        if (i != function && has(p, i, LOWER_GRADIENT) &&
            (mentions(p->m->dag, p->function[i].body, gradient) || (i > function && mentions(p->m->dag, p->function[i].body, var))))
            return false;
    return true;
}

/* The entry of another array at the same place. */
static node entry_like(dag *d, node entry, int var)
{
    node at[MODEL_MAX_AXES];
    for (int k = 0; k < dag_count(d, entry); k++)
        at[k] = dag_child(d, entry, k);
    return dag_entry(d, var, dag_count(d, entry), at);
}

static bool may_lend(const ending *x, int function, int var, const bool *whole)
{
    lower_program *p = x->p;
    bool passed = false;
    node entry = entry_like(x->d, x->assignment->target, var);
    return p->var[var].place == LOWER_WORK && !p->var[var].window && !whole[var] && is_like(&p->var[var], &p->var[x->gradient]) && is_filled_once(p, var) &&
           is_filled_once(p, x->gradient) && (BROKEN("lend") || reads_only_here(x, p->function[function].body, var, entry, &passed)) &&
           is_last(p, function, var, x->gradient);
}

typedef struct {
    const dag *d;
    int_list vars;
} reading;

static bool note_variable(void *context, node n)
{
    reading *r = context;
    if (dag_kind(r->d, n) == NODE_ENTRY && dag_count(r->d, n))
        int_list_push(&r->vars, dag_payload(r->d, n));
    return true;
}

static void lend(lower_program *p, const ending *x, int function, int var)
{
    dag *d = p->m->dag;
    const node target = x->assignment->target, entry = entry_like(d, target, var);
    lower_rename(&(lower_renaming){p, 1, &entry, &target}, p->function[function].body);
    p->loan[p->loan_count++] = (lower_loan){var, x->gradient};
}

/* An array that the block reads, to be lent by the gradient. */
static void find_loan(lower_program *p, int function, int gradient, const bool *whole)
{
    ending x = {.p = p, .d = p->m->dag, .gradient = gradient};
    find_assignment(&x, p->function[function].body);
    if (x.count != 1 || x.loops == 0 || x.loops > LOOPS)
        return;
    for (int i = 0; i < x.loops; i++) /* every iteration has an entry of its own */
        if (!lower_own_axes(x.d, x.assignment->target, dag_index_node(x.d, x.loop[i])))
            return;
    reading r = {.d = x.d};
    for (const lower_statement *s = x.block; s; s = s->next)
        if (s->value)
            dag_visit(x.d, s->value, note_variable, &r);
    for (int i = 0; i < r.vars.count; i++)
        if (may_lend(&x, function, r.vars.at[i], whole)) {
            lend(p, &x, function, r.vars.at[i]);
            break;
        }
    int_list_free(&r.vars);
}

/* A call that fails leaves gradient() early, with the pointers of work memory as they should be. */
static bool can_fail(const lower_program *p)
{
    for (int i = 0; i < p->function_count; i++)
        if (has(p, i, LOWER_GRADIENT) && p->function[i].checks)
            return true;
    return false;
}

void lower_lend(lower_program *p)
{
    bool *whole = lower_whole(p);
    p->loan = arena_alloc(p->memory, ((size_t)p->m->gradient_count + 1) * sizeof *p->loan);
    for (int i = 0; i < p->function_count && !can_fail(p); i++) {
        const lower_function *f = &p->function[i];
        if (f->events != UINT64_C(1) << LOWER_GRADIENT || f->block)
            continue;
        for (int k = 0; k < f->equation_count; k++)
            if (p->var[p->equation[f->equation[k]].var].place == LOWER_GRAD)
                find_loan(p, i, p->equation[f->equation[k]].var, whole);
    }
    free(whole);
}
