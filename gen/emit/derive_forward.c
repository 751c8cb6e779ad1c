/* The forward pass: what the page defines, as its author wrote it. */
#include <string.h>

#include "gen/emit/derive_private.h"
#include "gen/emit/derive_write.h"
#include "grammar/parse.h"

/* --- statements of the page, read again --- */

static bool has_family(const syn *s)
{
    bool found = s && s->kind == SYN_FAMILY;
    for (int i = 0; s && !found && i < s->count; i++)
        found = has_family(s->child[i]);
    return found;
}

static syn *read_statement(const model *m, arena *memory, const char *text)
{
    diag_list errors = {0};
    int number = source_add(m->sources, "statement", text, strlen(text));
    syn *s = parse_statement(memory, m->names, m->sources, number, &errors);
    bool good = errors.errors == 0;
    diag_free(&errors);
    return good ? s : NULL;
}

bool derive_read_statement(const model *m, arena *memory, const char *text, notation **left, const char **sign, notation **right)
{
    syn *s = read_statement(m, memory, text);
    if (!s || (s->kind != SYN_UPDATE && s->kind != SYN_EQUATION) || s->count != 2)
        return false;
    *left = notation_of_syntax(m, memory, s->child[0]);
    *right = notation_of_syntax(m, memory, s->child[1]);
    *sign = s->kind == SYN_UPDATE ? "←" : "=";
    return true;
}

/* The page's own equation; a member of a family (z{l} = …, unrolled) has no such text. A definition may begin a chain of claims. */
static bool as_written(const deriver *v, const model_equation *e, notation **left, notation **right)
{
    const model *m = v->m;
    const source *text = e->where.source >= 0 ? source_get(m->sources, e->where.source) : NULL;
    if (!text || e->where.end <= e->where.begin)
        return false;
    syn *s = read_statement(m, v->memory, arena_strndup(v->memory, text->text + e->where.begin, (size_t)(e->where.end - e->where.begin)));
    if (!s || s->kind != SYN_EQUATION || s->count < 2 || has_family(s))
        return false;
    *left = notation_of_syntax(m, v->memory, s->child[0]);
    *right = notation_of_syntax(m, v->memory, s->child[1]);
    return true;
}

static const char *place_of(const deriver *v, span at, int line)
{
    return line && at.source == v->m->source ? arena_printf(v->memory, "line %d", line) : "";
}

static void definition(deriver *v, derive_section *s, const model_equation *e)
{
    derive_line *l = derive_line_add(v, s);
    if (!as_written(v, e, &l->left, &l->step[0].right))
        derive_equation(v, l, e, e->rhs);
    l->step_count = 1;
    l->step[0].reason = place_of(v, e->where, e->line);
}

/* --- functions --- */

static notation *function_left(const deriver *v, const model_function *f)
{
    const model *m = v->m;
    notation *t = notation_new(v->memory, NOTATION_CALL, 1 + f->param_count);
    t->child[0] = notation_text(v->memory, NOTATION_NAME, intern_text(m->names, intern_spelling(m->names, f->key)));
    for (int i = 0; i < f->param_count; i++)
        t->child[1 + i] = notation_text(v->memory, NOTATION_NAME, intern_text(m->names, intern_spelling(m->names, f->param[i])));
    return t;
}

static void function_line(deriver *v, derive_section *s, notation *left, const syn *right, const char *reason)
{
    derive_line *l = derive_line_add(v, s);
    l->left = left;
    l->step_count = 1;
    l->step[0].right = notation_of_syntax(v->m, v->memory, right);
    l->step[0].reason = reason;
}

/* A block's last statement is the value; the others are lines below it. */
static void function_lines(deriver *v, derive_section *s, const model_function *f)
{
    const model *m = v->m;
    const source *text = source_get(m->sources, f->at.source);
    const char *reason = f->body->kind == SYN_BLOCK ? "with" : place_of(v, f->at, source_line(text, (size_t)f->at.begin));
    const syn *value = f->body;
    if (value->kind == SYN_BLOCK)
        value = value->count ? value->child[value->count - 1] : NULL;
    if (!value)
        return;
    function_line(v, s, function_left(v, f), value, reason);
    for (int i = 0; f->body->kind == SYN_BLOCK && i + 1 < f->body->count; i++) {
        const syn *local = f->body->child[i];
        if (local->kind == SYN_EQUATION && local->count == 2)
            function_line(v, s, notation_of_syntax(m, v->memory, local->child[0]), local->child[1],
                          place_of(v, local->at, source_line(text, (size_t)local->at.begin)));
    }
}

/* --- order --- */

typedef struct {
    const model *m;
    const bool *marked;
    bool found;
} mark_search;

static bool mark_visit(void *context, node n)
{
    mark_search *q = context;
    q->found |= dag_kind(q->m->dag, n) == NODE_ENTRY && q->marked[dag_payload(q->m->dag, n)];
    return !q->found;
}

static bool uses_one_of(const model *m, int var, const bool *marked)
{
    const int *list;
    mark_search q = {.m = m, .marked = marked};
    int count = model_equations_of(m, var, &list);
    for (int i = 0; i < count && !q.found; i++)
        dag_visit(m->dag, m->equation[list[i]].rhs, mark_visit, &q);
    return q.found;
}

/* Marks δ's, and what is computed from them: it comes after the backward pass. */
static bool *later_names(const deriver *v)
{
    const model *m = v->m;
    bool *later = arena_alloc(v->memory, (size_t)(m->var_count + 1) * sizeof *later);
    for (int k = 0; k < v->options->name_count; k++)
        later[v->options->names[k].name] = true;
    for (int i = 0; i < m->order_count && v->options->name_count; i++)
        later[m->order[i]] = later[m->order[i]] || uses_one_of(m, m->order[i], later);
    return later;
}

static bool is_delta(const deriver *v, int var)
{
    for (int k = 0; k < v->options->name_count; k++)
        if (v->options->names[k].name == var)
            return true;
    return false;
}

static void definitions(deriver *v, derive_section *s, const bool *later, bool wanted)
{
    const model *m = v->m;
    for (int i = 0; i < m->order_count; i++) {
        const int *list;
        int var = m->order[i], count = model_equations_of(m, var, &list);
        if (m->var[var].role != ROLE_DEFINED || is_delta(v, var) || later[var] != wanted)
            continue;
        for (int k = 0; k < count; k++) {
            model_equation e = m->equation[list[k]];
            definition(v, s, &e);
        }
    }
}

void derive_forward(deriver *v, derive_section *s)
{
    const model *m = v->m;
    s->title = "forward pass";
    for (int i = 0; i < m->function_count; i++)
        if (m->function[i].body && m->function[i].at.source == m->source)
            function_lines(v, s, &m->function[i]);
    definitions(v, s, later_names(v), false);
}

void derive_later(deriver *v, derive_section *s)
{
    definitions(v, s, later_names(v), true);
}
