/* What a verdict depends on, as a hash: its own text, the statements of every name it leads to, and what holds for the whole page. */
#include <stdlib.h>
#include <string.h>

#include "gen/tool/lsp.h"

typedef struct {
    const page *p;
    bool *seen; /* by variable */
    int *queue, count;
} closure;

/* The text without what means nothing: comments, and all blanks but one. */
static void put_folded(buffer *out, const char *text, size_t length)
{
    bool blank = false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '#')
            while (i + 1 < length && text[i + 1] != '\n')
                i++;
        bool space = text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r' || text[i] == '#';
        if (!space || !blank)
            buffer_add(out, space ? " " : &text[i], 1);
        blank = space;
    }
    buffer_add(out, "\n", 1);
}

static void put_span(const page *p, buffer *out, span at)
{
    const source *s = at.source >= 0 ? source_get(p->sources, at.source) : NULL;
    if (s && at.end > at.begin)
        put_folded(out, s->text + at.begin, (size_t)(at.end - at.begin));
}

static void reach(closure *c, int var)
{
    if (var < 0 || c->seen[var])
        return;
    c->seen[var] = true;
    c->queue[c->count++] = var;
}

static bool visit(void *context, node n)
{
    closure *c = context;
    const dag *d = c->p->model->dag;
    if (dag_kind(d, n) == NODE_ENTRY)
        reach(c, dag_payload(d, n));
    return true;
}

static void lead_to(closure *c, node n)
{
    if (n)
        dag_visit(c->p->model->dag, n, visit, c);
}

/* Everything that what was reached is computed from; a derivative leads to what is differentiated. */
static void close_over(closure *c)
{
    const model *m = c->p->model;
    for (int done = 0; done < c->count; done++) {
        const int *list;
        const model_var *v = &m->var[c->queue[done]];
        int count = model_equations_of(m, c->queue[done], &list);
        for (int i = 0; i < count; i++)
            dag_visit(m->dag, m->equation[list[i]].rhs, visit, c);
        if (v->role == ROLE_ADJOINT) {
            if (v->of)
                dag_visit(m->dag, v->of, visit, c);
            reach(c, v->by);
        }
    }
}

static bool inside(span a, span b)
{
    return a.source == b.source && a.begin >= b.begin && a.begin < b.end;
}

/* Does this statement say something about a name that was reached? */
static bool concerns(const closure *c, const syn *s)
{
    const model *m = c->p->model;
    for (int i = 0; i < c->count; i++) {
        const model_var *v = &m->var[c->queue[i]];
        const int *list;
        int count = model_equations_of(m, c->queue[i], &list);
        if (inside(v->at, s->at))
            return true;
        for (int k = 0; k < count; k++)
            if (inside(m->equation[list[k]].where, s->at))
                return true;
    }
    return false;
}

/* Claims, updates, metrics and outputs are no premises; equations and declarations are, when they concern the claim; all else always. */
static bool is_premise(const closure *c, const syn *s)
{
    switch (s->kind) {
    case SYN_UPDATE:
    case SYN_METRIC:
    case SYN_OUTPUT:
    case SYN_OPTIMIZE: return false;
    case SYN_EQUATION:
    case SYN_DECLARE: return (s->kind == SYN_DECLARE && s->text && strcmp(s->text, "size") == 0) || concerns(c, s);
    default: return true;
    }
}

static closure closure_new(const page *p)
{
    size_t room = (size_t)p->model->var_count + 1;
    return (closure){.p = p, .seen = xcalloc(room, sizeof(bool)), .queue = xcalloc(room, sizeof(int))};
}

/* Adds all premises of what was reached, of everything on the page if `whole`; the closure is freed. */
static void put_premises(closure *c, bool whole, buffer *out)
{
    const page *p = c->p;
    close_over(c);
    for (int i = 0; whole && i < p->model->var_count; i++)
        reach(c, i);
    for (int i = 0; i < p->file->count; i++)
        if (is_premise(c, p->file->child[i]))
            put_span(p, out, p->file->child[i]->at);
    for (int i = 0; i < p->source_count; i++) /* included files, bodies from the command line */
        if (i != p->source)
            put_folded(out, source_get(p->sources, i)->text, source_get(p->sources, i)->length);
    free(c->seen);
    free(c->queue);
}

/* FNV-1a of the text, which is freed. */
static uint64_t hash_of(buffer *text)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < text->length; i++)
        h = (h ^ (unsigned char)text->text[i]) * UINT64_C(0x100000001b3);
    buffer_free(text);
    return h;
}

/* The members of a family have the same text: which one is it? */
static int member_of(const model *m, int claim)
{
    int member = 0;
    for (int i = 0; i < claim; i++)
        member += m->claim[i].left_syntax == m->claim[claim].left_syntax && m->claim[i].step == m->claim[claim].step;
    return member;
}

void lsp_claim_premises(const page *p, int claim, bool whole, buffer *out)
{
    const model_claim *k = &p->model->claim[claim];
    closure c = closure_new(p);
    buffer_printf(out, "claim %d %d\n", k->step, member_of(p->model, claim));
    put_folded(out, k->text, strlen(k->text));
    lead_to(&c, k->left);
    lead_to(&c, k->right);
    put_premises(&c, whole, out);
}

uint64_t lsp_claim_key(const page *p, int claim)
{
    buffer text = {0};
    lsp_claim_premises(p, claim, false, &text);
    return hash_of(&text);
}

/* Names that the cost does not depend on are no candidates, so the cost leads to all that are. */
uint64_t lsp_delta_key(const page *p, int var)
{
    buffer text = {0};
    closure c = closure_new(p);
    buffer_printf(&text, "delta %s\n", model_var_name(p->model, var));
    reach(&c, var);
    lead_to(&c, p->model->objective[0].cost);
    put_premises(&c, false, &text);
    return hash_of(&text);
}

uint64_t lsp_update_key(const page *p, int update)
{
    const model_update *u = &p->model->update[update];
    buffer text = {0};
    closure c = closure_new(p);
    buffer_puts(&text, "update ");
    put_span(p, &text, u->at);
    reach(&c, u->var);
    lead_to(&c, u->rhs);
    if (p->model->objective_count)
        lead_to(&c, p->model->objective[0].cost);
    put_premises(&c, false, &text);
    return hash_of(&text);
}
