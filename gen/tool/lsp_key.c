/* What a verdict depends on, as a hash: its own text, the statements of every name it leads to, and what holds for the whole page. */
#include <stdlib.h>
#include <string.h>

#include "gen/tool/lsp.h"

typedef struct {
    const page *p;
    bool *seen; /* by variable */
    int *queue, count;
} closure;

static uint64_t hash_bytes(uint64_t h, const char *text, size_t length)
{
    bool blank = false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '#') /* comments mean nothing */
            while (i + 1 < length && text[i + 1] != '\n')
                i++;
        bool space = text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r' || text[i] == '#';
        if (space && blank)
            continue;
        blank = space;
        h = (h ^ (unsigned char)(space ? ' ' : text[i])) * UINT64_C(0x100000001b3);
    }
    return h;
}

static uint64_t hash_span(const page *p, uint64_t h, span at)
{
    const source *s = at.source >= 0 ? source_get(p->sources, at.source) : NULL;
    return s && at.end > at.begin ? hash_bytes(h * 31, s->text + at.begin, (size_t)(at.end - at.begin)) : h;
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

/* h with all premises of what was reached; the closure is freed. */
static uint64_t closure_hash(closure *c, uint64_t h)
{
    close_over(c);
    for (int i = 0; i < c->p->file->count; i++)
        if (is_premise(c, c->p->file->child[i]))
            h = hash_span(c->p, h, c->p->file->child[i]->at);
    free(c->seen);
    free(c->queue);
    return h;
}

#define HASH_START UINT64_C(0xcbf29ce484222325)

uint64_t lsp_claim_key(const page *p, int claim)
{
    const model_claim *k = &p->model->claim[claim];
    closure c = closure_new(p);
    lead_to(&c, k->left);
    lead_to(&c, k->right);
    return closure_hash(&c, hash_bytes(HASH_START, k->text, strlen(k->text)) * 31 + (uint64_t)k->step);
}

/* Names that the cost does not depend on are no candidates, so the cost leads to all that are. */
uint64_t lsp_delta_key(const page *p, int var)
{
    const char *name = model_var_name(p->model, var);
    closure c = closure_new(p);
    reach(&c, var);
    lead_to(&c, p->model->objective[0].cost);
    return closure_hash(&c, hash_bytes(HASH_START + 1, name, strlen(name)));
}

uint64_t lsp_update_key(const page *p, int update)
{
    const model_update *u = &p->model->update[update];
    closure c = closure_new(p);
    reach(&c, u->var);
    lead_to(&c, u->rhs);
    if (p->model->objective_count)
        lead_to(&c, p->model->objective[0].cost);
    return closure_hash(&c, hash_span(p, HASH_START + 2, u->at));
}
