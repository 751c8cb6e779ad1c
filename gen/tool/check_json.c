/* Verdicts for programs: the object of `deltac check --json`. */
#include <string.h>

#include "gen/tool/check.h"
#include "gen/tool/verdict_json.h"

/* Below full hints a refuted line reveals no more here than in the text. */
static verdict revealed(const verdict *v, hint_level hints)
{
    verdict r = *v;
    if (v->kind != VERDICT_REFUTED || hints == HINTS_FULL)
        return r;
    r.suggestion = r.left_is = NULL;
    r.diagnosis = hints == HINTS_KIND ? check_kind(v->diagnosis) : NULL;
    if (hints < HINTS_KIND)
        r.witness = (verdict_witness){.left = NULL};
    return r;
}

/* In order: {"what": …, "found": …}. */
static json_t *why(const verdict_pairs *p)
{
    json_t *list = json_array();
    for (int i = 0; i < p->count; i++)
        json_array_append_new(list, json_pack("{ss ss}", "what", p->list[i].name, "found", p->list[i].value));
    return list;
}

static json_t *claim(const check_result *result, int which)
{
    const model *m = result->page->model;
    const model_claim *c = &m->claim[which];
    verdict shown = revealed(&result->claim[which], result->options.hints);
    const verdict *v = &shown;
    json_t *object = json_object();
    json_object_set_new(object, "line", json_integer(c->line));
    json_object_set_new(object, "column", json_integer(c->column));
    json_object_set_new(object, "step", json_integer(c->step));
    json_object_set_new(object, "claim", json_string(c->text));
    json_object_set_new(object, "verdict", json_string(verdict_name(v->kind)));
    json_object_set_new(object, "condition", json_text(v->condition));
    if (v->assumed)
        json_object_set_new(object, "assumed", json_string(v->assumed));
    json_object_set_new(object, "method", json_text(v->method));
    json_object_set_new(object, "witness", json_witness(&v->witness));
    json_object_set_new(object, "suggestion", json_text(v->suggestion));
    json_object_set_new(object, "diagnosis", json_text(v->diagnosis));
    if (c->shape_error && result->options.hints > HINTS_NONE)
        json_object_set_new(object, "shapes", json_string(c->shape_error));
    if (c->expect)
        json_object_set_new(object, "expected", json_string(intern_text(result->page->names, c->expect)));
    if (result->cause[which] >= 0 && result->options.hints == HINTS_FULL)
        json_object_set_new(object, "cause", json_pack("{ss si}", "name", model_var_name(m, result->cause[which]), "line", m->var[result->cause[which]].line));
    if (result->options.why)
        json_object_set_new(object, "why", why(&v->why));
    if (v->reason)
        json_object_set_new(object, "reason", json_string(v->reason));
    if (v->left_is)
        json_object_set_new(object, "left_is", json_string(v->left_is));
    return object;
}

static json_t *definitions(const check_result *r)
{
    const model *m = r->page->model;
    json_t *list = json_array();
    for (int i = 0; i < m->order_count; i++) {
        int v = m->order[i];
        if (m->var[v].role != ROLE_DEFINED)
            continue;
        json_t *object = json_object();
        json_object_set_new(object, "name", json_string(model_var_name(m, v)));
        json_object_set_new(object, "line", json_integer(m->var[v].line));
        if (r->equals[v] >= 0) {
            node cost = m->objective[0].cost;
            const char *of = dag_kind(m->dag, cost) == NODE_ENTRY ? model_var_name(m, dag_payload(m->dag, cost)) : "(cost)";
            json_object_set_new(object, "equals", json_string(arena_printf(r->page->memory, "∂%s/∂%s", of, model_var_name(m, r->equals[v]))));
        } else {
            json_object_set_new(object, "equals", json_null());
        }
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *messages(const check_result *r, diag_level level)
{
    json_t *list = json_array();
    for (int i = 0; i < r->page->diagnostics.count; i++) {
        const diagnostic *g = &r->page->diagnostics.list[i];
        if (g->level != level)
            continue;
        const source *s = source_get(r->page->sources, g->at.source);
        json_t *object = json_object();
        json_object_set_new(object, "line", json_integer(source_line(s, (size_t)g->at.begin)));
        json_object_set_new(object, "column", json_integer(source_column(s, (size_t)g->at.begin)));
        json_object_set_new(object, "message", json_string(g->message));
        if (g->hint)
            json_object_set_new(object, "hint", json_string(g->hint));
        json_array_append_new(list, object);
    }
    return list;
}

json_t *check_json(const check_result *r)
{
    const model *m = r->page->model;
    json_t *file = json_object(), *claims = json_array();
    json_object_set_new(file, "file", json_string(source_get(r->page->sources, r->page->source)->path));
    for (int i = 0; i < m->claim_count; i++)
        if (r->decided[i])
            json_array_append_new(claims, claim(r, i));
    json_object_set_new(file, "claims", claims);
    json_object_set_new(file, "definitions", definitions(r));
    json_object_set_new(file, "warnings", messages(r, DIAG_WARNING));
    json_object_set_new(file, "errors", messages(r, DIAG_ERROR));
    return file;
}
