/* One open page: read anew at every change, decided anew only where it changed. */
#include <stdlib.h>
#include <string.h>

#include "gen/tool/lsp.h"

enum { FORGET_AFTER = 50 }; /* changes for which a verdict that is not needed is kept */

/* --- verdicts --- */

static void add_pairs(buffer *b, const verdict_pairs *p, const char *form)
{
    for (int i = 0; i < p->count; i++) {
        buffer_puts(b, b->length && b->text[b->length - 1] != '\n' ? ", " : "");
        buffer_printf(b, form, p->list[i].name, p->list[i].value);
    }
}

static char *message_of(const model_claim *c, const verdict *v)
{
    buffer b = {0};
    buffer_printf(&b, "%s", v->kind == VERDICT_PROVED && v->vacuous ? "says nothing: both sides are 0 because a name does not occur" : verdict_name(v->kind));
    if (v->condition)
        buffer_printf(&b, " (%s)", v->condition);
    if (v->diagnosis)
        buffer_printf(&b, ": %s", v->diagnosis);
    if (c->shape_error)
        buffer_printf(&b, ": %s", c->shape_error);
    if (v->reason)
        buffer_printf(&b, ": %s", v->reason);
    if (v->suggestion)
        buffer_printf(&b, "\ntrue would be: %s", v->suggestion);
    if (v->left_is)
        buffer_printf(&b, "\nthe left side is %s", v->left_is);
    if (v->witness.left) {
        const verdict_witness *w = &v->witness;
        buffer_puts(&b, "\n");
        add_pairs(&b, &w->sizes, "%s = %s");
        add_pairs(&b, &w->instance, "%s = %s");
        add_pairs(&b, &w->point, "%s = %s");
        add_pairs(&b, &w->functions, "%s(u) = %s");
        buffer_printf(&b, ": left %s, right %s", w->left_short ? w->left_short : w->left, w->right_short ? w->right_short : w->right);
    }
    return b.text;
}

static int find_cached(const lsp_document *d, uint64_t key)
{
    for (int i = 0; i < d->cache_count; i++)
        if (d->cache[i].key == key)
            return i;
    return -1;
}

static int add_cached(lsp_document *d, uint64_t key, const model_claim *c, const verdict *v)
{
    if (d->cache_count == d->cache_room) {
        d->cache_room = d->cache_room ? 2 * d->cache_room : 32;
        d->cache = xrealloc(d->cache, (size_t)d->cache_room * sizeof *d->cache);
    }
    d->cache[d->cache_count] = (lsp_verdict){key, v->kind, v->vacuous, message_of(c, v), v->suggestion ? xstrdup(v->suggestion) : NULL, d->changes};
    return d->cache_count++;
}

static void forget(lsp_document *d)
{
    int kept = 0;
    for (int i = 0; i < d->cache_count; i++) {
        if (d->cache[i].last_used + FORGET_AFTER < d->changes) {
            free(d->cache[i].message);
            free(d->cache[i].suggestion);
        } else {
            d->cache[kept++] = d->cache[i];
        }
    }
    d->cache_count = kept;
}

static void decide(lsp_document *d)
{
    model *m = d->page.model;
    prover *p = NULL;
    int count = m->claim_count;
    free(d->verdict);
    d->verdict = xcalloc((size_t)count + 1, sizeof *d->verdict);
    uint64_t *key = xcalloc((size_t)count + 1, sizeof *key);
    for (int i = 0; i < count; i++) /* before the prover adds to the model */
        key[i] = lsp_claim_key(&d->page, i);
    d->decided = 0;
    for (int i = 0; i < count; i++) {
        const model_claim *c = &m->claim[i];
        d->verdict[i] = -1;
        if (!c->shape_error && (!c->left || !c->right))
            continue;
        int found = find_cached(d, key[i]);
        if (found < 0) {
            verdict v = {0};
            p = p ? p : prove_new(m, &(prove_options){0});
            prove_claim(p, c, &v);
            found = add_cached(d, key[i], c, &v);
            d->decided++;
        }
        d->cache[found].last_used = d->changes;
        d->verdict[i] = found;
    }
    if (p)
        prove_free(p);
    free(key);
}

/* --- life --- */

void lsp_document_set(lsp_document *d, const char *text, size_t length)
{
    char *copy = xmalloc(length + 1);
    memcpy(copy, text, length);
    copy[length] = 0;
    free(d->text);
    d->text = copy;
    d->length = length;
    if (d->page.memory)
        page_close(&d->page);
    d->changes++;
    forget(d);
    page_open_text(&d->page, d->path, text, length, &(page_options){0});
    decide(d);
}

void lsp_document_close(lsp_document *d)
{
    d->changes += FORGET_AFTER + 1;
    forget(d);
    if (d->page.memory)
        page_close(&d->page);
    free(d->text), free(d->uri), free(d->path), free(d->verdict), free(d->cache);
    *d = (lsp_document){0};
}

/* --- diagnostics --- */

static void add_message(const lsp_document *d, json_t *list, span at, int severity, const char *code, const char *message)
{
    size_t end = at.end > at.begin ? (size_t)at.end : (size_t)at.begin + 1;
    json_array_append_new(list, json_pack("{so si ss ss so}", "range", lsp_range(d, (size_t)at.begin, end), "severity", severity, "source", "deltac", "code", code, "message",
                                          json_string(message)));
}

json_t *lsp_diagnostics(const lsp_document *d)
{
    json_t *list = json_array();
    const page *p = &d->page;
    for (int i = 0; i < p->diagnostics.count; i++) {
        const diagnostic *g = &p->diagnostics.list[i];
        if (g->at.source != p->source)
            continue;
        buffer b = {0};
        buffer_printf(&b, g->hint ? "%s\n%s" : "%s", g->message, g->hint);
        add_message(d, list, g->at, 1 + (int)g->level, "page", b.text);
        buffer_free(&b);
    }
    for (int i = 0; i < p->model->claim_count; i++) {
        const lsp_verdict *v = d->verdict[i] < 0 ? NULL : &d->cache[d->verdict[i]];
        if (v && (v->kind != VERDICT_PROVED || v->vacuous))
            add_message(d, list, p->model->claim[i].at, v->kind == VERDICT_REFUTED ? 1 : 2, verdict_name(v->kind), v->message);
    }
    return list;
}
