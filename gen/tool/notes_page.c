/* One claim as a page of its own: declarations, the definitions it needs, the claim. */
#include <stdlib.h>
#include <string.h>

#include "gen/tool/notes.h"
#include "gen/tool/notes_page.h"

void paper_add(paper *p, syn *s)
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

static syn *number(notes *n, const char *text)
{
    syn *s = named(n, SYN_NUMBER, 0, 0);
    s->text = text;
    return s;
}

/* DECLs of a function's parameters out of an argument list. */
static syn *parameters_of(notes *n, const syn *list)
{
    syn *params = named(n, SYN_PARAMS, 0, list->count);
    for (int i = 0; i < list->count; i++) {
        params->child[i] = named(n, SYN_DECL, list->child[i]->name ? list->child[i]->name : intern_puts(n->names, "u"), 3);
    }
    return params;
}

/* The parameters of a function get the axes of these names, once shapes are known. */
static void shape_later(paper *p, syn *parameters, const syn *arguments)
{
    if (p->array_count < 8)
        p->array[p->array_count++] = (struct array_function){parameters, arguments};
}

static void shape_parameters(paper *p)
{
    for (int i = 0; i < p->array_count; i++)
        for (int k = 0; k < p->array[i].parameters->count; k++) {
            const syn *name = p->array[i].arguments->child[k];
            if (name->kind == SYN_NAME)
                p->array[i].parameters->child[k]->child[1] = shapes_axes(&p->shapes, name->name);
        }
}

static void see_matrix_sign(void *context, const syn *s, const syn *parent, int place)
{
    (void)parent, (void)place;
    *(bool *)context |= s->kind == SYN_NORM || s->kind == SYN_TRANSPOSE;
}

static bool has_matrix_sign(const syn *s)
{
    bool found = s->kind == SYN_NORM || s->kind == SYN_TRANSPOSE;
    notes_visit(s, see_matrix_sign, &found);
    return found;
}

static void declare_function(paper *p, sym name, syn *params, syn *body)
{
    syn *f = named(p->n, SYN_FUNCTION, name, 3);
    f->child[0] = params;
    f->child[2] = body;
    paper_add(p, f);
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
    shape_later(p, params, d->value);
    product->child[0] = named(n, SYN_NAME, function, 0);
    product->child[1] = notes_rewrite(n, d->value, p->t, p->item);
    product->text = "  ";
    paper_need(p, product->child[1]);
    paper_add(p, equation(n, named(n, SYN_NAME, d->name, 0), product, false));
}

/* A vector of ones, 1 + 0 v, or the identity matrix, diag(1 + 0 v); how long v is, is seen from what they stand beside. */
static void need_ones(paper *p, sym name, bool matrix)
{
    notes *n = p->n;
    sym vector = intern_puts(n->names, arena_printf(n->memory, "%s_any", intern_text(n->names, name)));
    int group = shapes_group(&p->shapes);
    shapes_fix(&p->shapes, vector, 1, group);
    shapes_leaf(&p->shapes, vector);
    shapes_fix(&p->shapes, name, matrix ? 2 : 1, group);
    syn *sum = named(n, SYN_SUM, 0, 2), *product = named(n, SYN_PRODUCT, 0, 2), *value = sum;
    sum->text = "++";
    sum->child[0] = number(n, "1");
    sum->child[1] = product;
    product->text = " *";
    product->child[0] = number(n, "0");
    product->child[1] = named(n, SYN_NAME, vector, 0);
    if (matrix) {
        value = named(n, SYN_PRODUCT, 0, 2);
        value->text = "  ";
        value->child[0] = named(n, SYN_NAME, intern_puts(n->names, "diag"), 0);
        value->child[1] = named(n, SYN_PAREN, 0, 1);
        value->child[1]->child[0] = sum;
    }
    paper_add(p, equation(n, named(n, SYN_NAME, name, 0), value, false));
}

/* An integral, p(x|z): an unknown function of every name that it may depend on, functions' bodies and definitions looked through. */
static void need_unread(paper *p, sym name, const syn *inside)
{
    notes *n = p->n;
    sym list[NOTE_UNREAD_NAMES];
    const char *text = intern_text(n->names, intern_spelling(n->names, name));
    int count = notes_names_below(n, inside, p->item, p->t, list);
    p->unread = name;
    if (latex_atom_indices(n->reading, name) || count < 0) {
        p->trouble = p->trouble ? p->trouble : arena_printf(n->memory, "%s is nowhere defined", text);
        return;
    }
    if (!latex_atom_is_density(n->reading, name) && p->values_count < 8)
        p->values[p->values_count++] = name;
    if (p->t && p->t->unread_zero) {
        paper_add(p, equation(n, named(n, SYN_NAME, name, 0), number(n, "0"), false));
        return;
    }
    sym function = intern_puts(n->names, arena_printf(n->memory, "%s_function", intern_text(n->names, name)));
    syn *params = named(n, SYN_PARAMS, 0, count), *product = named(n, SYN_PRODUCT, 0, 2), *arguments = named(n, SYN_PAREN, 0, count);
    intern_note_spelling(n->names, function, intern_spelling(n->names, name));
    for (int i = 0; i < count; i++) {
        params->child[i] = named(n, SYN_DECL, intern_puts(n->names, arena_printf(n->memory, "u%d", i + 1)), 3);
        arguments->child[i] = named(n, SYN_NAME, list[i], 0);
    }
    if (count) {
        declare_function(p, function, params, NULL);
        shape_later(p, params, arguments);
        product->child[0] = named(n, SYN_NAME, function, 0);
        product->child[1] = arguments;
        product->text = "  ";
    } else { /* a number */
        shapes_leaf(&p->shapes, function);
        product = named(n, SYN_NAME, function, 0);
    }
    if (p->t && p->t->unread_scaled) {
        syn *scaled = named(n, SYN_PRODUCT, 0, 2);
        scaled->text = " *";
        scaled->child[0] = named(n, SYN_NAME, intern_puts(n->names, NOTE_SCALE), 0);
        scaled->child[1] = product;
        product = scaled;
        if (see(p, intern_puts(n->names, NOTE_SCALE)))
            shapes_leaf(&p->shapes, intern_puts(n->names, NOTE_SCALE));
    }
    paper_need(p, arguments);
    paper_add(p, equation(n, named(n, SYN_NAME, name, 0), product, false));
}

/* z{2} out of the equation for all z^l. */
static void need_layer(paper *p, sym name, int number, const note_layers *at)
{
    notes *n = p->n;
    const note_trial *before = p->t;
    note_trial t = before ? *before : (note_trial){.without = -1, .with = -1};
    t.layers = *at;
    p->t = &t;
    const note_item *i = &n->item[n->definition[number].item];
    syn *left = i->left->kind == SYN_INDEX ? notes_rewrite(n, i->left, &t, p->item) : named(n, SYN_NAME, name, 0);
    left->at = i->at;
    syn *e = equation(n, left, notes_rewrite(n, n->definition[number].value, &t, p->item), false);
    shapes_statement(&p->shapes, e);
    paper_need(p, e->child[1]);
    paper_add(p, e);
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
    const note_trial *before = p->t;
    note_trial own = before ? *before : (note_trial){.without = -1, .with = -1};
    own.layers.count = 0; /* the claim's layer is none of the definition's */
    p->t = &own;
    note_trial spelt = {.rename = n->unknown, .rename_count = n->unknown_count, .without = -1, .with = -1}; /* labels hold what a scan has spoilt */
    syn *value = notes_rewrite(n, d->known && !(p->t && p->t->plain) ? d->known : d->value, d->label ? &spelt : p->t, p->item);
    const note_item *i = d->item >= 0 ? &n->item[d->item] : NULL;
    bool function = d->parameters && notes_is_function(n, d->name);
    if (function) {
        int bound = p->bound_count;
        for (int k = 0; k < d->parameters->count && p->bound_count < 64; k++)
            if (d->parameters->child[k]->name)
                p->bound[p->bound_count++] = d->parameters->child[k]->name;
        paper_need(p, value);
        p->bound_count = bound;
        syn *parameters = parameters_of(n, d->parameters);
        declare_function(p, d->name, parameters, value);
        if (has_matrix_sign(value)) /* ½‖A x − b‖² is of a vector; σ(z) of each entry */
            shape_later(p, parameters, d->parameters);
        p->t = before;
        return;
    }
    const syn *written = i && !d->label ? i->left : NULL;
    if (written && written->kind == SYN_PRODUCT) /* l_i(w, b) = … */
        written = written->child[0];
    syn *left = written && written->kind == SYN_INDEX ? notes_rewrite(n, written, p->t, p->item) : named(n, SYN_NAME, d->name, 0);
    left->flags = written && written->kind == SYN_NAME ? written->flags : left->flags;
    left->at = i ? i->at : left->at;
    syn *e = equation(n, left, value, false);
    shapes_statement(&p->shapes, e);
    paper_need(p, value);
    paper_add(p, e);
    p->t = before;
}

static bool in_header(const notes *n, sym name)
{
    for (int i = 0; n->header && i < n->header->count; i++) {
        const syn *s = n->header->child[i];
        if (s->kind == SYN_FUNCTION && s->name == name)
            return true;
        const syn *left = s->kind == SYN_EQUATION ? s->child[0] : NULL;
        while (left && left->kind == SYN_INDEX)
            left = left->child[0];
        if (left && left->kind == SYN_NAME && left->name == name)
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
    note_layers at;
    int general = notes_layer_find(n, name, &at);
    if (general >= 0) {
        need_layer(p, name, general, &at);
        return;
    }
    int d = notes_find(n, name, p->item, p->t);
    bool function = notes_is_function(n, name);
    if (d >= 0 && (function ? n->definition[d].parameters != NULL : true)) {
        need_definition(p, d);
        return;
    }
    const char *key = intern_text(n->names, name);
    bool ones = strcmp(key, "ones") == 0 || strcmp(key, "onesbb") == 0;
    if (ones || notes_is_identity(n, name)) {
        need_ones(p, name, !ones);
        return;
    }
    const syn *inside = latex_atom_inside(n->reading, name);
    if (inside) {
        need_unread(p, name, inside);
        return;
    }
    if (notes_is_builtin(n, name))
        return;
    if (function) {
        declare_function(p, name, NULL, NULL);
        return;
    }
    if (notes_is_size(n, name))
        shapes_size(&p->shapes, name);
    else
        shapes_leaf(&p->shapes, name);
}

static bool is_bound(const paper *p, sym name)
{
    for (int i = 0; i < p->bound_count; i++)
        if (p->bound[i] == name)
            return true;
    return false;
}

/* if i == j */
static bool compares_indices(const notes *n, const syn *s)
{
    bool all = s->kind == SYN_COMPARE;
    for (int i = 0; i < s->count && all; i++) {
        const char *key = s->child[i]->kind == SYN_NAME ? intern_text(n->names, s->child[i]->name) : "";
        all = key[0] && !key[1] && strchr("ijklmnpq", key[0]) && notes_first(n, s->child[i]->name) < 0;
    }
    return all;
}

/* Names of a tree; what stands in brackets and below Σ are indices. */
void paper_need(paper *p, const syn *s)
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
        if (s->kind == SYN_IF && i == 0 && compares_indices(p->n, s->child[0]))
            continue;
        if ((s->kind == SYN_INDEX && i > 0) || (s->kind == SYN_BRACKET && s->child[i]->kind == SYN_COMPARE))
            continue;
        if (s->kind == SYN_REDUCE && i < s->number)
            continue;
        paper_need(p, s->child[i]);
    }
    p->bound_count = bound;
}

typedef struct {
    const paper *p;
    bool all;
} seen_search;

static void see_seen(void *context, const syn *s, const syn *parent, int place)
{
    seen_search *x = context;
    bool found = s->kind != SYN_NAME || (parent && parent->kind == SYN_INDEX && place > 0);
    for (int i = 0; i < x->p->seen_count && !found; i++)
        found = x->p->seen[i] == s->name;
    x->all &= found;
}

/* Does an assumption speak only of names of this page? */
static bool names_seen(const paper *p, const syn *assumption)
{
    seen_search x = {p, true};
    notes_visit(assumption, see_seen, &x);
    return x.all;
}

/* E[x] of a vector is a vector; an unknown function is a number. */
static void refuse_arrays(paper *p)
{
    notes *n = p->n;
    for (int i = 0; i < p->values_count && notes_has_vectors(n); i++) {
        const syn *inside = latex_atom_inside(n->reading, p->values[i]);
        bool numbers = true;
        for (int k = 0; k < inside->count; k++)
            numbers &= shapes_rank(&p->shapes, inside->child[k]) == 0;
        if (!numbers && !p->trouble)
            p->trouble =
                arena_printf(n->memory, "%s may be an array: deltac does not look into it", intern_text(n->names, intern_spelling(n->names, p->values[i])));
    }
}

syn *paper_finish(paper *p)
{
    notes *n = p->n;
    int header = n->header ? n->header->count : 0;
    syn *declared[64];
    shapes_infer(&p->shapes, p->statement, p->count);
    shape_parameters(p);
    refuse_arrays(p);
    int declarations = shapes_declare(&p->shapes, declared, 64);
    syn *file = named(n, SYN_FILE_, 0, header + declarations + p->count + n->assumption_count + 1);
    int k = 0;
    for (int i = 0; i < header; i++)
        file->child[k++] = n->header->child[i];
    if (p->t && p->t->denominator) {
        file->child[k] = named(n, SYN_LAYOUT, 0, 0);
        file->child[k++]->text = "denominator";
    }
    for (int i = 0; i < declarations; i++)
        file->child[k++] = declared[i];
    for (int i = 0; p->t && i < n->assumption_count; i++)
        if (p->t->assuming >> i & 1u && names_seen(p, n->assumption[i])) {
            syn *assume = named(n, SYN_ASSUME, 0, 1);
            assume->child[0] = notes_rewrite(n, n->assumption[i], p->t, p->item);
            file->child[k++] = assume;
        }
    for (int i = 0; i < p->count; i++)
        file->child[k++] = p->statement[i];
    file->count = k;
    free(p->seen);
    free(p->statement);
    return file;
}

void paper_begin(paper *p, notes *n, int item, const note_trial *t)
{
    *p = (paper){.n = n, .t = t, .item = item};
    shapes_begin(&p->shapes, n);
    p->shapes.denominator = t && t->denominator;
    shapes_header(&p->shapes);
}

/* --- deciding --- */

static void decide_page(notes *n, const syn *left, const syn *right, int item, const note_trial *t, verdict *out, sym *unread)
{
    paper p;
    paper_begin(&p, n, item, t);
    syn *l = notes_rewrite(n, left, t, item), *r = notes_rewrite(n, right, t, item);
    syn *claim = equation(n, l, r, true);
    shapes_statement(&p.shapes, claim);
    paper_need(&p, l);
    paper_need(&p, r);
    paper_add(&p, claim);
    syn *file = paper_finish(&p);
    sym a, b;
    *unread = p.unread;
    if (p.trouble)
        *out = (verdict){.kind = VERDICT_NOT_UNDERSTOOD, .reason = p.trouble};
    else if (shapes_conflict(&p.shapes, &a, &b))
        *out = (verdict){.kind = VERDICT_NOT_UNDERSTOOD,
                         .reason = arena_printf(n->memory, "%s and %s are sizes of one axis", intern_text(n->names, a), intern_text(n->names, b))};
    else
        notes_decide_file(n, file, item, t && t->quick, out);
    if (out->kind == VERDICT_PROVED)
        shapes_learn(&p.shapes);
    shapes_free(&p.shapes);
}

/* Is left − right the same whatever the value of what is not looked into is? With that value scaled by s, the derivative by s is then 0. */
static bool is_independent(notes *n, const syn *left, const syn *right, int item, const note_trial *t)
{
    note_trial scaled = *t;
    sym unread;
    verdict v;
    syn *zero = number(n, "0"), *sum = named(n, SYN_SUM, 0, 2), *d = named(n, SYN_DERIVATIVE, 0, 2), *paren = named(n, SYN_PAREN, 0, 1);
    scaled.unread_scaled = scaled.quick = true;
    sum->text = "+-";
    sum->child[0] = (syn *)(size_t)left;
    sum->child[1] = named(n, SYN_PAREN, 0, 1);
    sum->child[1]->child[0] = (syn *)(size_t)right;
    paren->child[0] = sum;
    d->number = 1;
    d->child[0] = paren;
    d->child[1] = named(n, SYN_NAME, intern_puts(n->names, NOTE_SCALE), 0);
    decide_page(n, d, zero, item, &scaled, &v, &unread);
    return v.kind == VERDICT_PROVED && (v.vacuous || !v.condition);
}

/* What holds for every value of an unread part holds; what fails for one may be true. It is refuted only if the sides differ by the same for all of them,
 * and differ when it is 0. */
static void settle_unread(notes *n, const syn *left, const syn *right, int item, const note_trial *t, sym unread, verdict *out)
{
    note_trial zero = t ? *t : (note_trial){.without = -1, .with = -1};
    const char *text = intern_text(n->names, intern_spelling(n->names, unread));
    sym again;
    if (out->kind == VERDICT_REFUTED && !(out->method && strcmp(out->method, "shape") == 0) && is_independent(n, left, right, item, &zero)) {
        zero.unread_zero = true;
        decide_page(n, left, right, item, &zero, out, &again);
        if (out->kind == VERDICT_REFUTED)
            return;
    }
    *out = (verdict){.kind = VERDICT_UNDECIDED};
    out->reason = arena_printf(n->memory, "deltac does not look into %s: it is taken for an unknown function of the names in it", text);
}

void notes_decide(notes *n, const syn *left, const syn *right, int item, const note_trial *t, verdict *out)
{
    sym unread;
    decide_page(n, left, right, item, t, out, &unread);
    if (unread && (out->kind == VERDICT_REFUTED || out->kind == VERDICT_UNDECIDED))
        settle_unread(n, left, right, item, t, unread, out);
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
