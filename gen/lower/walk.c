/* Questions about statements, and other names in them: what more than one pass asks. */
#include "gen/lower/walk.h"

#include "grammar/arena.h"

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
