/* One open page: read anew at every change, decided anew only where it changed. */
#include <stdlib.h>
#include <string.h>

#include "gen/tool/lsp.h"

enum { FORGET_AFTER = 50 }; /* changes for which a verdict that is not needed is kept */
enum { ERROR = 1, WARNING = 2, INFORMATION = 3 }; /* severities of the protocol */

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
        bool placed = w->sizes.count || w->instance.count || w->point.count || w->functions.count;
        buffer_puts(&b, "\n");
        add_pairs(&b, &w->sizes, "%s = %s");
        add_pairs(&b, &w->instance, "%s = %s");
        add_pairs(&b, &w->point, "%s = %s");
        add_pairs(&b, &w->functions, "%s(u) = %s");
        buffer_printf(&b, "%sleft %s, right %s", placed ? ": " : "", w->left_short ? w->left_short : w->left, w->right_short ? w->right_short : w->right);
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

static int add_cached(lsp_document *d, lsp_verdict v)
{
    if (d->cache_count == d->cache_room) {
        d->cache_room = d->cache_room ? 2 * d->cache_room : 32;
        d->cache = xrealloc(d->cache, (size_t)d->cache_room * sizeof *d->cache);
    }
    d->cache[d->cache_count] = v;
    d->decided++;
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

/* One round of deciding: keys are taken before the prover adds to the model, the prover is made when something is not in the cache. */
typedef struct {
    lsp_document *d;
    uint64_t *key;
    prover *p;
} round_of;

static prover *prover_of(round_of *r)
{
    if (!r->p)
        r->p = prove_new(r->d->page.model, &(prove_options){0});
    return r->p;
}

static int decide_claim(round_of *r, int i)
{
    const model_claim *c = &r->d->page.model->claim[i];
    verdict v = {0};
    prove_claim(prover_of(r), c, &v);
    return add_cached(r->d, (lsp_verdict){.key = r->key[i], .kind = v.kind, .vacuous = v.vacuous, .message = message_of(c, &v), .suggestion = v.suggestion ? xstrdup(v.suggestion) : NULL});
}

static int decide_delta(round_of *r, int i)
{
    model *m = r->d->page.model;
    delta_verdict v = check_delta(&r->d->page, prover_of(r), i);
    bool found = v.equals >= 0;
    const char *message = found ? NULL : check_delta_warning(m, &v, i, HINTS_FULL);
    return add_cached(r->d, (lsp_verdict){.key = r->key[i], .kind = found ? VERDICT_PROVED : VERDICT_UNDECIDED, .message = message ? xstrdup(message) : NULL});
}

static int decide_update(round_of *r, int i)
{
    model *m = r->d->page.model;
    const char *diagnosis = NULL;
    lsp_verdict v = {.key = r->key[i]};
    if (check_update(m, prover_of(r), &m->update[i], &diagnosis) == UPDATE_AGAINST) {
        buffer b = {0};
        buffer_printf(&b, diagnosis ? "%s\n" CHECK_UPDATE_HINT : "%s", check_update_warning(m, &m->update[i]), diagnosis);
        v.kind = VERDICT_UNDECIDED;
        v.message = b.text;
    }
    return add_cached(r->d, v);
}

/* What is decided one by one: number in the cache for each of `count`, −1 for those that are passed over. */
typedef struct {
    bool (*is_one)(const model *m, int i);
    uint64_t (*key)(const page *p, int i);
    int (*decide)(round_of *r, int i);
} subject;

static bool is_claim(const model *m, int i)
{
    return model_claim_stands(&m->claim[i]);
}
static bool is_update(const model *m, int i)
{
    return !m->update[i].generated;
}

static int *decide_all(lsp_document *d, prover **p, const subject *s, int count)
{
    round_of r = {.d = d, .key = xcalloc((size_t)count + 1, sizeof *r.key), .p = *p};
    int *found = xcalloc((size_t)count + 1, sizeof *found);
    for (int i = 0; i < count; i++)
        if (s->is_one(d->page.model, i))
            r.key[i] = s->key(&d->page, i);
    for (int i = 0; i < count; i++) {
        found[i] = -1;
        if (!s->is_one(d->page.model, i))
            continue;
        found[i] = find_cached(d, r.key[i]);
        if (found[i] < 0)
            found[i] = s->decide(&r, i);
        d->cache[found[i]].last_used = d->changes;
    }
    free(r.key);
    *p = r.p;
    return found;
}

static void decide(lsp_document *d)
{
    static const subject claims = {is_claim, lsp_claim_key, decide_claim}, deltas = {check_is_delta, lsp_delta_key, decide_delta},
                         updates = {is_update, lsp_update_key, decide_update};
    const model *m = d->page.model;
    bool whole = d->page.diagnostics.errors == 0; /* else a δ or a step may only look wrong */
    int variables = m->var_count, steps = m->update_count;
    prover *p = NULL;
    free(d->verdict), free(d->delta), free(d->update);
    d->decided = 0;
    d->verdict = decide_all(d, &p, &claims, m->claim_count);
    d->delta = decide_all(d, &p, &deltas, whole ? variables : 0);
    d->update = decide_all(d, &p, &updates, whole ? steps : 0);
    d->delta_count = whole ? variables : 0;
    d->update_count = whole ? steps : 0;
    if (p)
        prove_free(p);
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
    free(d->text), free(d->uri), free(d->path), free(d->verdict), free(d->delta), free(d->update), free(d->cache);
    *d = (lsp_document){0};
}

/* --- diagnostics --- */

static void add_message(const lsp_document *d, json_t *list, span at, int severity, const char *code, const char *message)
{
    size_t end = at.end > at.begin ? (size_t)at.end : (size_t)at.begin + 1;
    json_array_append_new(list, json_pack("{so si ss ss so}", "range", lsp_range(d, (size_t)at.begin, end), "severity", severity, "source", "deltac", "code", code, "message",
                                          json_string(message)));
}

/* The members of a family are one claim: the first that is not proved speaks for all. */
static bool family_has_spoken(const lsp_document *d, int claim)
{
    const model_claim *c = d->page.model->claim;
    for (int i = 0; i < claim; i++)
        if (c[i].left_syntax && c[i].left_syntax == c[claim].left_syntax && c[i].step == c[claim].step && d->verdict[i] >= 0 && d->cache[d->verdict[i]].kind != VERDICT_PROVED)
            return true;
    return false;
}

/* A claim with the verdict that its mark expects is information; with another one it is an error. */
static void add_claim(const lsp_document *d, json_t *list, int claim)
{
    const model_claim *c = &d->page.model->claim[claim];
    const lsp_verdict *v = d->verdict[claim] < 0 ? NULL : &d->cache[d->verdict[claim]];
    const char *expected = c->expect ? intern_text(d->page.names, c->expect) : NULL;
    if (!v || family_has_spoken(d, claim))
        return;
    bool good = v->kind == VERDICT_PROVED && !v->vacuous, as_expected = expected && strcmp(expected, verdict_name(v->kind)) == 0;
    if (expected && !as_expected) {
        buffer b = {0};
        buffer_printf(&b, "expected: %s\n%s", expected, v->message);
        add_message(d, list, c->at, ERROR, verdict_name(v->kind), b.text);
        buffer_free(&b);
    } else if (!good) {
        add_message(d, list, c->at, as_expected ? INFORMATION : v->kind == VERDICT_REFUTED ? ERROR : WARNING, verdict_name(v->kind), v->message);
    }
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
    for (int i = 0; i < p->model->claim_count; i++)
        add_claim(d, list, i);
    for (int i = 0; i < d->delta_count; i++)
        if (d->delta[i] >= 0 && d->cache[d->delta[i]].message)
            add_message(d, list, p->model->var[i].at, WARNING, "page", d->cache[d->delta[i]].message);
    for (int i = 0; i < d->update_count; i++)
        if (d->update[i] >= 0 && d->cache[d->update[i]].message)
            add_message(d, list, p->model->update[i].at, WARNING, "page", d->cache[d->update[i]].message);
    return list;
}
