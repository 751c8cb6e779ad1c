/* One claim as a page of its own: declarations, the definitions it needs, the claim. */
#include <stdlib.h>
#include <string.h>

#include "gen/calculus/calculus.h"
#include "gen/tool/notes.h"
#include "gen/tool/notes_page.h"

/* --- rewriting: what LaTeX leaves to the reader --- */

typedef struct {
    notes *n;
    const note_trial *t;
    int item;
} rewriter;

static syn *rewrite(rewriter *w, const syn *s);

static sym renamed(const rewriter *w, sym name)
{
    for (int i = 0; w->t && i < w->t->rename_count; i++)
        if (w->t->rename[i].from == name)
            return w->t->rename[i].to;
    return name;
}

static syn *copy_of(rewriter *w, const syn *s)
{
    syn *c = syn_new(w->n->memory, s->kind, s->at, s->count);
    syn **child = c->child;
    *c = *s;
    c->child = child;
    c->name = s->name ? renamed(w, s->name) : 0;
    c->flags = 0;
    if (s->kind == SYN_NAME)
        c->number = 0;
    for (int i = 0; i < s->count; i++)
        c->child[i] = s->child[i] ? rewrite(w, s->child[i]) : NULL;
    return c;
}

/* σ₁′ in front of its argument: the name inside gets none of its own. */
static syn *copy_function(rewriter *w, const syn *s)
{
    syn *c = syn_new(w->n->memory, s->kind, s->at, s->count);
    syn **child = c->child;
    *c = *s;
    c->child = child;
    c->name = s->name ? renamed(w, s->name) : 0;
    if (s->kind == SYN_NAME)
        c->number = 0;
    for (int i = 0; i < s->count; i++)
        c->child[i] = i == 0 ? copy_function(w, s->child[0]) : rewrite(w, s->child[i]);
    return c;
}

/* The argument a function always has: σ₁′ is σ₁′(z₁). */
static syn *usual_argument(rewriter *w, sym name)
{
    notes *n = w->n;
    for (int i = 0; i < n->function_count; i++)
        if (n->function[i].name == name && n->function[i].argument && !n->function[i].several)
            return rewrite(w, n->function[i].argument);
    for (int i = 0; i < n->function_count; i++)
        if (renamed(w, n->function[i].name) == name && n->function[i].argument)
            return rewrite(w, n->function[i].argument);
    return NULL;
}

static syn *call(rewriter *w, syn *function, syn *argument)
{
    syn *product = syn_new(w->n->memory, SYN_PRODUCT, function->at, 2), *paren = syn_new(w->n->memory, SYN_PAREN, function->at, 1);
    product->text = "  ";
    product->child[0] = function;
    product->child[1] = argument;
    paren->child[0] = product;
    return paren;
}

static const syn *core(const syn *s)
{
    while (s->kind == SYN_PRIME || s->kind == SYN_POWER || s->kind == SYN_INDEX)
        s = s->child[0];
    return s;
}

static bool calls(const syn *product, int i)
{
    return i + 1 < product->count && product->text[i + 1] == ' ' && notes_argument(product->child[i + 1]);
}

/* (y, ε, x) behind a value only says what it depends on. */
static bool informs(rewriter *w, const syn *product, int i)
{
    const syn *name = product->child[i];
    if (name->kind != SYN_NAME || !calls(product, i) || notes_is_function(w->n, name->name))
        return false;
    const syn *list = product->child[i + 1];
    if (list->kind != SYN_PAREN)
        return false;
    int d = notes_find(w->n, renamed(w, name->name), w->item, w->t);
    bool names = list->count > 1;
    if (d >= 0 && w->n->definition[d].parameters && syn_equal(w->n->definition[d].parameters, list))
        return true;
    for (int k = 0; k < list->count; k++)
        names &= list->child[k]->kind == SYN_NAME || list->child[k]->kind == SYN_INDEX;
    return names;
}

/* ⊙ binds weaker than a product written without a sign: a ⊙ W x is a ⊙ (W x). */
static syn *group_elementwise(rewriter *w, syn *s)
{
    bool any = false;
    for (int i = 1; i < s->count; i++)
        any |= s->text[i] == 'o';
    if (!any)
        return s;
    syn *out = syn_new(w->n->memory, SYN_PRODUCT, s->at, s->count);
    char *text = arena_alloc(w->n->memory, (size_t)s->count + 1);
    int count = 0;
    for (int i = 0; i < s->count;) {
        int end = i + 1;
        while (end < s->count && s->text[end] != 'o')
            end++;
        syn *part = s->child[i];
        if (end - i > 1) {
            syn *inside = syn_new(w->n->memory, SYN_PRODUCT, s->child[i]->at, end - i), *paren = syn_new(w->n->memory, SYN_PAREN, s->child[i]->at, 1);
            char *signs = arena_strndup(w->n->memory, s->text + i, (size_t)(end - i));
            signs[0] = ' ';
            inside->text = signs;
            memcpy(inside->child, s->child + i, (size_t)(end - i) * sizeof *s->child);
            paren->child[0] = inside;
            part = paren;
        }
        text[count] = count ? 'o' : ' ';
        out->child[count++] = part;
        i = end;
    }
    out->count = count;
    out->text = text;
    return out;
}

static syn *rewrite_product(rewriter *w, const syn *s)
{
    syn *out = syn_new(w->n->memory, SYN_PRODUCT, s->at, 2 * s->count);
    char *text = arena_alloc(w->n->memory, 2 * (size_t)s->count + 1);
    int count = 0;
    for (int i = 0; i < s->count; i++) {
        const syn *inside = core(s->child[i]);
        bool function = inside->kind == SYN_NAME && notes_is_function(w->n, inside->name);
        text[count] = s->text[i];
        if (function && calls(s, i) && s->child[i]->kind == SYN_POWER && s->child[i + 1]->kind == SYN_PAREN) { /* tanh²(c) */
            syn *power = syn_new(w->n->memory, SYN_POWER, s->child[i]->at, 2);
            power->child[0] = call(w, copy_function(w, s->child[i]->child[0]), rewrite(w, s->child[i + 1]));
            power->child[1] = rewrite(w, s->child[i]->child[1]);
            out->child[count++] = power;
            i++;
        } else if (function && calls(s, i)) {
            out->child[count++] = copy_function(w, s->child[i]);
            text[count] = ' ';
            out->child[count++] = rewrite(w, s->child[++i]);
        } else {
            out->child[count++] = rewrite(w, s->child[i]);
            i += informs(w, s, i);
        }
    }
    out->count = count;
    text[0] = ' ';
    out->text = text;
    return count == 1 ? out->child[0] : group_elementwise(w, out);
}

static syn *rewrite(rewriter *w, const syn *s)
{
    notes *n = w->n;
    if (s->kind == SYN_PRODUCT)
        return rewrite_product(w, s);
    if (s->kind == SYN_INDEX && s->count == 3 && s->child[0]->kind == SYN_NAME && s->child[1]->kind == SYN_NAME && s->child[2]->kind == SYN_NAME &&
        strcmp(intern_text(n->names, s->child[0]->name), "delta") == 0 && notes_find(n, s->child[0]->name, w->item, w->t) < 0) {
        syn *same = syn_new(n->memory, SYN_COMPARE, s->at, 2), *bracket = syn_new(n->memory, SYN_BRACKET, s->at, 1);
        same->text = "==";
        same->child[0] = s->child[1];
        same->child[1] = s->child[2];
        bracket->child[0] = same;
        bracket->number = 1;
        return bracket;
    }
    if (s->kind == SYN_FAMILY) {
        syn *name = notes_layer_name(n, s, w->t ? w->t->layer : 0);
        if (name)
            return name;
    }
    if (s->kind == SYN_STRING) {
        buffer b = {0};
        for (const char *c = s->text; *c; c++)
            if ((*c | 32) >= 'a' && (*c | 32) <= 'z')
                buffer_add(&b, c, 1);
        syn *name = syn_new(n->memory, SYN_NAME, s->at, 0);
        name->name = intern_puts(n->names, b.text ? b.text : "word");
        buffer_free(&b);
        return name;
    }
    if (s->kind == SYN_PRIME && s->child[0]->kind == SYN_NAME) {
        sym name = renamed(w, s->child[0]->name);
        syn *argument = notes_is_function(n, name) || notes_is_function(n, s->child[0]->name) ? usual_argument(w, name) : NULL;
        if (argument)
            return call(w, copy_function(w, s), argument);
        if (!notes_is_function(n, name)) {
            syn *variable = syn_new(n->memory, SYN_NAME, s->at, 0);
            buffer b = {0};
            buffer_puts(&b, intern_text(n->names, name));
            for (int i = 0; i < s->number; i++)
                buffer_puts(&b, "_prime");
            variable->name = intern_puts(n->names, b.text);
            buffer_free(&b);
            return variable;
        }
    }
    if (s->kind == SYN_NAME && s->number != 1 && notes_is_function(n, renamed(w, s->name)) && !notes_is_builtin(n, renamed(w, s->name))) {
        syn *argument = usual_argument(w, renamed(w, s->name));
        if (argument)
            return call(w, copy_function(w, s), argument);
    }
    return copy_of(w, s);
}

syn *notes_rewrite(notes *n, const syn *s, const note_trial *t, int item)
{
    rewriter w = {n, t, item};
    return s ? rewrite(&w, s) : NULL;
}

/* --- pages --- */

typedef struct {
    notes *n;
    const note_trial *t;
    int item;
    sym *seen;
    int seen_count, seen_capacity;
    syn **statement;
    int count, capacity;
    sym bound[64]; /* indices of sums */
    int bound_count;
    note_shapes shapes;
} paper;

static void add_statement(paper *p, syn *s)
{
    if (p->count == p->capacity) {
        p->capacity = p->capacity ? 2 * p->capacity : 32;
        p->statement = xrealloc(p->statement, (size_t)p->capacity * sizeof *p->statement);
    }
    p->statement[p->count++] = s;
}

static bool see(paper *p, sym name)
{
    for (int i = 0; i < p->seen_count; i++)
        if (p->seen[i] == name)
            return false;
    if (p->seen_count == p->seen_capacity) {
        p->seen_capacity = p->seen_capacity ? 2 * p->seen_capacity : 32;
        p->seen = xrealloc(p->seen, (size_t)p->seen_capacity * sizeof *p->seen);
    }
    p->seen[p->seen_count++] = name;
    return true;
}

static syn *named(notes *n, syn_kind kind, sym name, int count)
{
    syn *s = syn_new(n->memory, kind, (span){n->document.source, 0, 0}, count);
    s->name = name;
    return s;
}

static syn *equation(notes *n, syn *left, syn *right, bool claim)
{
    syn *e = named(n, SYN_EQUATION, 0, 2);
    e->child[0] = left;
    e->child[1] = right;
    e->text = "=";
    e->number = claim;
    if (claim)
        e->at = span_join(left->at, right->at);
    return e;
}

static void need_tree(paper *p, const syn *s);

/* DECLs of a function's parameters out of an argument list. */
static syn *parameters_of(notes *n, const syn *list)
{
    syn *params = named(n, SYN_PARAMS, 0, list->count);
    for (int i = 0; i < list->count; i++) {
        params->child[i] = named(n, SYN_DECL, list->child[i]->name ? list->child[i]->name : intern_puts(n->names, "u"), 3);
    }
    return params;
}

static void declare_function(paper *p, sym name, syn *params, syn *body)
{
    syn *f = named(p->n, SYN_FUNCTION, name, 3);
    f->child[0] = params;
    f->child[2] = body;
    add_statement(p, f);
}

/* C = C(a₂, y), unknown: a function beside the value. */
static void need_unknown(paper *p, const note_definition *d)
{
    notes *n = p->n;
    sym function = intern_puts(n->names, arena_printf(n->memory, "%s_function", intern_text(n->names, d->name)));
    intern_note_spelling(n->names, function, intern_spelling(n->names, d->name));
    syn *params = named(n, SYN_PARAMS, 0, d->value->count), *product = named(n, SYN_PRODUCT, 0, 2);
    for (int i = 0; i < d->value->count; i++)
        params->child[i] = named(n, SYN_DECL, intern_puts(n->names, arena_printf(n->memory, "u%d", i + 1)), 3);
    declare_function(p, function, params, NULL);
    product->child[0] = named(n, SYN_NAME, function, 0);
    product->child[1] = notes_rewrite(n, d->value, p->t, p->item);
    product->text = "  ";
    add_statement(p, equation(n, named(n, SYN_NAME, d->name, 0), product, false));
    need_tree(p, product->child[1]);
}

/* z{2} out of the equation for all z^l. */
static void need_layer(paper *p, sym name, int number, int layer)
{
    notes *n = p->n;
    const note_trial *before = p->t;
    note_trial t = before ? *before : (note_trial){.without = -1, .with = -1};
    t.layer = layer;
    p->t = &t;
    const note_item *i = &n->item[n->definition[number].item];
    syn *left = i->left->kind == SYN_INDEX ? notes_rewrite(n, i->left, &t, p->item) : named(n, SYN_NAME, name, 0);
    left->at = i->at;
    syn *e = equation(n, left, notes_rewrite(n, i->right, &t, p->item), false);
    shapes_statement(&p->shapes, e);
    add_statement(p, e);
    need_tree(p, e->child[1]);
    p->t = before;
}

static void need_definition(paper *p, int number)
{
    notes *n = p->n;
    const note_definition *d = &n->definition[number];
    if (d->unknown) {
        need_unknown(p, d);
        return;
    }
    note_trial spelt = {.rename = n->unknown, .rename_count = n->unknown_count, .without = -1, .with = -1}; /* labels hold what a scan has spoilt */
    syn *value = notes_rewrite(n, d->value, d->label ? &spelt : p->t, p->item);
    const note_item *i = d->item >= 0 ? &n->item[d->item] : NULL;
    bool function = d->parameters && notes_is_function(n, d->name);
    if (function) {
        int bound = p->bound_count;
        for (int k = 0; k < d->parameters->count && p->bound_count < 64; k++)
            if (d->parameters->child[k]->name)
                p->bound[p->bound_count++] = d->parameters->child[k]->name;
        need_tree(p, value);
        p->bound_count = bound;
        declare_function(p, d->name, parameters_of(n, d->parameters), value);
        return;
    }
    syn *left = i && !d->label && i->left->kind == SYN_INDEX ? notes_rewrite(n, i->left, p->t, p->item) : named(n, SYN_NAME, d->name, 0);
    left->at = i ? i->at : left->at;
    syn *e = equation(n, left, value, false);
    shapes_statement(&p->shapes, e);
    add_statement(p, e);
    need_tree(p, value);
}

static bool in_header(const notes *n, sym name)
{
    for (int i = 0; n->header && i < n->header->count; i++) {
        const syn *s = n->header->child[i];
        if (s->kind == SYN_FUNCTION && s->name == name)
            return true;
        for (int k = 0; s->kind == SYN_DECLARE && k < s->count; k++)
            if (s->child[k]->name == name)
                return true;
    }
    return false;
}

static void need_name(paper *p, sym name)
{
    notes *n = p->n;
    if (!see(p, name) || in_header(n, name))
        return;
    int layer = 0, general = notes_layer_find(n, name, &layer);
    if (general >= 0) {
        need_layer(p, name, general, layer);
        return;
    }
    int d = notes_find(n, name, p->item, p->t);
    bool function = notes_is_function(n, name);
    if (d >= 0 && (function ? n->definition[d].parameters != NULL : true)) {
        need_definition(p, d);
        return;
    }
    if (notes_is_builtin(n, name))
        return;
    if (function) {
        declare_function(p, name, NULL, NULL);
        return;
    }
    shapes_leaf(&p->shapes, name);
}

static bool is_bound(const paper *p, sym name)
{
    for (int i = 0; i < p->bound_count; i++)
        if (p->bound[i] == name)
            return true;
    return false;
}

/* Names of a tree; what stands in brackets and below Σ are indices. */
static void need_tree(paper *p, const syn *s)
{
    if (!s)
        return;
    if (s->kind == SYN_NAME && !is_bound(p, s->name))
        need_name(p, s->name);
    if (s->kind == SYN_FAMILY || s->kind == SYN_PRIME || s->kind == SYN_NAMED)
        if (s->name)
            need_name(p, s->name);
    int bound = p->bound_count;
    if (s->kind == SYN_REDUCE)
        for (int i = 0; i < s->number && p->bound_count < 64; i++)
            p->bound[p->bound_count++] = s->child[i]->name;
    for (int i = 0; i < s->count; i++) {
        if ((s->kind == SYN_INDEX && i > 0) || (s->kind == SYN_BRACKET && s->child[i]->kind == SYN_COMPARE))
            continue;
        if (s->kind == SYN_REDUCE && i < s->number)
            continue;
        need_tree(p, s->child[i]);
    }
    p->bound_count = bound;
}

static syn *finish(paper *p)
{
    notes *n = p->n;
    int header = n->header ? n->header->count : 0;
    syn *declared[64];
    shapes_infer(&p->shapes, p->statement, p->count);
    int declarations = shapes_declare(&p->shapes, declared, 64);
    syn *file = named(n, SYN_FILE_, 0, header + declarations + p->count);
    int k = 0;
    for (int i = 0; i < header; i++)
        file->child[k++] = n->header->child[i];
    for (int i = 0; i < declarations; i++)
        file->child[k++] = declared[i];
    for (int i = 0; i < p->count; i++)
        file->child[k++] = p->statement[i];
    file->count = k;
    free(p->seen);
    free(p->statement);
    shapes_free(&p->shapes);
    return file;
}

/* --- deciding --- */

static const char *keep(notes *n, const char *text)
{
    return text ? arena_printf(n->memory, "%s", text) : NULL;
}

static verdict_pairs keep_pairs(notes *n, const verdict_pairs *p)
{
    verdict_pairs out = {.list = arena_alloc(n->memory, ((size_t)p->count + 1) * sizeof *out.list), .count = p->count};
    for (int i = 0; i < p->count; i++)
        out.list[i] = (verdict_pair){keep(n, p->list[i].name), keep(n, p->list[i].value)};
    return out;
}

/* The verdict's texts live in the model's arena, which is released. */
static void keep_verdict(notes *n, verdict *v)
{
    verdict_witness *w = &v->witness;
    v->condition = keep(n, v->condition);
    v->method = keep(n, v->method);
    v->reason = keep(n, v->reason);
    v->suggestion = keep(n, v->suggestion);
    v->diagnosis = keep(n, v->diagnosis);
    v->left_is = keep(n, v->left_is);
    w->point = keep_pairs(n, &w->point);
    w->functions = keep_pairs(n, &w->functions);
    w->sizes = keep_pairs(n, &w->sizes);
    w->instance = keep_pairs(n, &w->instance);
    w->left = keep(n, w->left);
    w->right = keep(n, w->right);
    w->left_short = keep(n, w->left_short);
    w->right_short = keep(n, w->right_short);
}

static void not_understood(notes *n, const diag_list *d, verdict *out)
{
    *out = (verdict){.kind = VERDICT_NOT_UNDERSTOOD, .reason = "no meaning was found for it"};
    for (int i = 0; i < d->count; i++)
        if (d->list[i].level == DIAG_ERROR) {
            out->reason = keep(n, d->list[i].message);
            return;
        }
}

static void decide_file(notes *n, const syn *file, verdict *out)
{
    diag_list d = {0};
    arena *memory = arena_new();
    model *m = model_build(memory, n->names, n->sources, &d, file, 0, NULL);
    calculus_expand(m);
    const model_claim *c = m->claim_count ? &m->claim[m->claim_count - 1] : NULL;
    if (!c || d.errors || (!c->shape_error && (!c->left || !c->right))) {
        not_understood(n, &d, out);
    } else {
        prover *p = prove_new(m, &(prove_options){0});
        prove_claim(p, c, out);
        if (c->shape_error && !out->diagnosis)
            out->diagnosis = c->shape_error;
        keep_verdict(n, out);
        prove_free(p);
    }
    calculus_release(m);
    model_free(m);
    diag_free(&d);
    arena_free(memory);
}

void notes_decide(notes *n, const syn *left, const syn *right, int item, const note_trial *t, verdict *out)
{
    paper p = {.n = n, .t = t, .item = item};
    shapes_begin(&p.shapes, n);
    syn *l = notes_rewrite(n, left, t, item), *r = notes_rewrite(n, right, t, item);
    syn *claim = equation(n, l, r, true);
    shapes_statement(&p.shapes, claim);
    need_tree(&p, l);
    need_tree(&p, r);
    add_statement(&p, claim);
    syn *file = finish(&p);
    decide_file(n, file, out);
}

char *notes_text(notes *n, const syn *s)
{
    buffer b = {0};
    syn_print(&b, s, n->names, 1);
    char *text = arena_strndup(n->memory, b.text ? b.text : "", b.length);
    buffer_free(&b);
    return text;
}

char *notes_claim_text(notes *n, const syn *left, const syn *right)
{
    return arena_printf(n->memory, "%s = %s", left ? notes_text(n, left) : "…", right ? notes_text(n, right) : "…");
}
