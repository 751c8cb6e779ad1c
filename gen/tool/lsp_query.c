/* Questions about a place in a page. */
#include <string.h>

#include "gen/calculus/calculus.h"
#include "gen/emit/derive.h"
#include "gen/tool/lsp.h"
#include "grammar/parse.h"

/* --- what stands there --- */

/* The smallest node with a name that contains the offset. */
static const syn *name_at(const syn *s, int32_t offset, int32_t number)
{
    const syn *found = NULL;
    if (!s || s->at.source != number || offset < s->at.begin || offset > s->at.end)
        return NULL;
    for (int i = 0; i < s->count && !found; i++)
        found = name_at(s->child[i], offset, number);
    bool named = s->kind == SYN_NAME || s->kind == SYN_DECL || s->kind == SYN_FAMILY || s->kind == SYN_FUNCTION;
    return found ? found : named && s->name ? s : NULL;
}

static const syn *asked_name(const lsp_document *d, const json_t *params)
{
    size_t offset = lsp_offset(d->text, d->length, json_object_get(params, "position"));
    return d->page.file ? name_at(d->page.file, (int32_t)offset, d->page.source) : NULL;
}

static const char *shape_text(const lsp_document *d, int var)
{
    const model *m = d->page.model;
    const model_var *v = &m->var[var];
    buffer b = {0};
    for (int k = v->sample; k < v->axis_count; k++) {
        buffer_puts(&b, k > v->sample ? ", " : "[");
        model_print_index(m, &b, v->axis_size[k]);
    }
    const char *text = b.text ? arena_printf(d->page.memory, "%s]", b.text) : "scalar";
    buffer_free(&b);
    return text;
}

static const char *role_text(var_role role)
{
    static const char *const words[] = {[ROLE_INPUT] = "input", [ROLE_TARGET] = "target", [ROLE_GIVEN] = "given", [ROLE_NOISE] = "noise", [ROLE_PARAM] = "parameter",
                                        [ROLE_HYPER] = "setting", [ROLE_STATE] = "state", [ROLE_VARIABLE] = "variable", [ROLE_DEFINED] = "defined"};
    return role < sizeof words / sizeof *words && words[role] ? words[role] : "name";
}

/* The line where a name is defined, without its comment. */
static void add_source_line(const lsp_document *d, buffer *b, span at)
{
    const source *s = at.source >= 0 ? source_get(d->page.sources, at.source) : NULL;
    if (!s)
        return;
    int line = source_line(s, (size_t)at.begin);
    const char *begin = s->text + s->line_start[line - 1];
    size_t n = strcspn(begin, "\n#");
    while (n && begin[n - 1] == ' ')
        n--;
    buffer_printf(b, "\n\n```delta\n%.*s\n```\nline %d", (int)n, begin, line);
}

/* ∂C/∂name, derived on the spot; nothing where that is an error. */
static void add_gradient(lsp_document *d, buffer *b, int var)
{
    model *m = d->page.model;
    int index_count = 0, index[MODEL_MAX_AXES];
    if (!m->objective_count || d->page.diagnostics.errors || m->var[var].integer || dag_kind(m->dag, m->objective[0].cost) != NODE_ENTRY)
        return;
    int cost = dag_payload(m->dag, m->objective[0].cost);
    if (cost == var)
        return;
    char *text = arena_printf(d->page.memory, "∂%s/∂%s", model_var_name(m, cost), model_var_name(m, var));
    int count = m->diagnostics->count;
    node value = model_expression(m, text, &index_count, index);
    value = value ? calculus_expand_expression(m, value, m->var[var].at) : 0;
    if (value) {
        derive_request request = {.text = text, .value = value, .index_count = index_count, .index = index};
        buffer lines = {0};
        derive_text(m, &(derive_options){.requests = &request, .request_count = 1}, &lines);
        buffer_printf(b, "\n\n```\n%s```", lines.text ? lines.text : "");
        buffer_free(&lines);
    }
    diag_truncate(m->diagnostics, count);
}

static const char *verdict_at(const lsp_document *d, size_t offset)
{
    const model *m = d->page.model;
    for (int i = 0; i < m->claim_count; i++)
        if (d->verdict[i] >= 0 && m->claim[i].at.source == d->page.source && (size_t)m->claim[i].at.begin <= offset && offset < (size_t)m->claim[i].at.end)
            return d->cache[d->verdict[i]].message;
    return NULL;
}

json_t *lsp_hover(lsp_document *d, const json_t *params)
{
    const syn *s = asked_name(d, params);
    model *m = d->page.model;
    int var = s ? model_find_var(m, s->name) : -1, size = s ? model_find_size(m, s->name) : -1;
    const char *said = verdict_at(d, lsp_offset(d->text, d->length, json_object_get(params, "position")));
    buffer b = {0};
    if (var >= 0) {
        buffer_printf(&b, "**%s** : %s, %s", model_var_name(m, var), role_text(m->var[var].role), shape_text(d, var));
        add_source_line(d, &b, m->var[var].at);
        add_gradient(d, &b, var);
    } else if (size >= 0) {
        buffer_printf(&b, "**%s** : size", intern_text(m->names, intern_spelling(m->names, s->name)));
        buffer_printf(&b, m->size[size].value > 0 ? " = %ld" : ", from the data", m->size[size].value);
    }
    if (said)
        buffer_printf(&b, "%s%s", b.length ? "\n\n" : "", said);
    json_t *result = b.text ? json_pack("{s{ssss}}", "contents", "kind", "markdown", "value", b.text) : json_null();
    if (b.text && s && result)
        json_object_set_new(result, "range", lsp_range(d, (size_t)s->at.begin, (size_t)s->at.end));
    buffer_free(&b);
    return result;
}

json_t *lsp_definition(const lsp_document *d, const json_t *params)
{
    const syn *s = asked_name(d, params);
    const model *m = d->page.model;
    if (!s)
        return json_null();
    int var = model_find_var(m, s->name), size = model_find_size(m, s->name);
    span at = var >= 0 ? m->var[var].at : size >= 0 ? m->size[size].at : (span){.source = -1};
    for (int i = 0; i < m->function_count; i++)
        if (m->function[i].key == s->name)
            at = m->function[i].at;
    if (at.source != d->page.source)
        return json_null();
    return json_pack("{ssso}", "uri", d->uri, "range", lsp_range(d, (size_t)at.begin, (size_t)at.end));
}

/* --- changes --- */

json_t *lsp_formatting(const lsp_document *d)
{
    const page *p = &d->page;
    diag_list errors = {0};
    buffer out = {0};
    json_t *edits = json_array();
    arena *memory = arena_new();
    if (p->file && !p->diagnostics.errors) {
        syn_print_page(&out, p->file, p->names, source_get(p->sources, p->source), 1);
        int number = source_add(p->sources, "<formatted>", out.text, out.length);
        const syn *again = parse_delta(memory, p->names, p->sources, number, &errors);
        bool same = out.length == d->length && memcmp(out.text, d->text, d->length) == 0;
        if (!same && !errors.errors && syn_equal(p->file, again))
            json_array_append_new(edits, json_pack("{soss#}", "range", lsp_range(d, 0, d->length), "newText", out.text, (int)out.length));
    }
    diag_free(&errors);
    buffer_free(&out);
    arena_free(memory);
    return edits;
}

/* The right side of "left = right". */
static const char *right_side(const char *claim)
{
    const char *sign = strstr(claim, " = ");
    return sign ? sign + 3 : NULL;
}

static json_t *repair(const lsp_document *d, const model_claim *c, const lsp_verdict *v)
{
    const char *right = right_side(v->suggestion);
    span at = c->right_syntax->at;
    char *title = arena_printf(d->page.memory, "Repair: %s", v->suggestion);
    json_t *edit = json_pack("{soss}", "range", lsp_range(d, (size_t)at.begin, (size_t)at.end), "newText", right);
    return json_pack("{ss ss sb s{s{s[o]}}}", "title", title, "kind", "quickfix", "isPreferred", 1, "edit", "changes", d->uri, edit);
}

json_t *lsp_actions(const lsp_document *d, const json_t *params)
{
    const json_t *range = json_object_get(params, "range");
    size_t from = lsp_offset(d->text, d->length, json_object_get(range, "start")), to = lsp_offset(d->text, d->length, json_object_get(range, "end"));
    const model *m = d->page.model;
    json_t *list = json_array();
    for (int i = 0; i < m->claim_count; i++) {
        const model_claim *c = &m->claim[i];
        const lsp_verdict *v = d->verdict[i] < 0 ? NULL : &d->cache[d->verdict[i]];
        if (!v || !v->suggestion || !right_side(v->suggestion) || !c->right_syntax || c->right_syntax->at.source != d->page.source)
            continue;
        if ((size_t)c->at.begin <= to && from <= (size_t)c->at.end)
            json_array_append_new(list, repair(d, c, v));
    }
    return list;
}

json_t *lsp_inlay_hints(const lsp_document *d)
{
    static const char *const marks[] = {" ✓ proved", " ✗ refuted", " ? undecided", " ? not understood"};
    const model *m = d->page.model;
    json_t *list = json_array();
    for (int i = 0; i < m->claim_count; i++) {
        const syn *right = m->claim[i].right_syntax;
        const lsp_verdict *v = d->verdict[i] < 0 ? NULL : &d->cache[d->verdict[i]];
        if (v && right && right->at.source == d->page.source)
            json_array_append_new(list, json_pack("{sossss}", "position", lsp_position(d->text, d->length, (size_t)right->at.end), "label", marks[v->kind], "tooltip", v->message));
    }
    return list;
}
