/* What LaTeX leaves to the reader, written out: calls, arguments that are always the same, layers, sums over layers and time. */
#include <stdlib.h>
#include <string.h>

#include "gen/tool/notes.h"

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
    c->flags = s->kind == SYN_NAME ? s->flags & SYN_BOLD : 0;
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
    if ((name->kind == SYN_INDEX || name->kind == SYN_FAMILY) && calls(product, i) && product->child[i + 1]->kind == SYN_PAREN) { /* l_i(w, b) */
        const syn *list = product->child[i + 1];
        bool all = list->count > 1;
        for (int k = 0; k < list->count; k++)
            all &= list->child[k]->kind == SYN_NAME;
        return all;
    }
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

/* Gives the sums of (1/m) Σ_i … the range that they would have as Σ_{i=1}^m. */
static void count_terms(rewriter *w, syn *product)
{
    for (int i = 0; i < product->count; i++) {
        const syn *sum = product->child[i];
        if (sum->kind != SYN_REDUCE || sum->number != 1 || sum->child[0]->count || sum->child[0]->text)
            continue;
        syn *r = syn_new(w->n->memory, SYN_REDUCE, sum->at, sum->count), *binder = syn_new(w->n->memory, SYN_BINDER, sum->child[0]->at, 0);
        syn **child = r->child;
        *r = *sum;
        r->child = child;
        memcpy(r->child, sum->child, (size_t)sum->count * sizeof *sum->child);
        binder->name = sum->child[0]->name;
        binder->text = intern_text(w->n->names, w->t->counted);
        r->child[0] = binder;
        product->child[i] = r;
    }
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
    if (w->t && w->t->counted && notes_is_mean(w->n, s, w->t->counted))
        count_terms(w, out);
    return count == 1 ? out->child[0] : group_elementwise(w, out);
}

static syn *number_of(notes *n, int value, span at)
{
    syn *s = syn_new(n->memory, SYN_NUMBER, at, 0);
    s->text = arena_printf(n->memory, "%d", value);
    return s;
}

/* Σ_t over the steps of a network that has n->layers of them, term by term; Π the last one first, as the chain rule has it. NULL when it is no such sum. */
static syn *unroll(rewriter *w, const syn *s)
{
    notes *n = w->n;
    sym letter = s->child[0]->name;
    const syn *range = s->child[0]->count ? s->child[0]->child[0] : NULL, *body = s->child[1];
    const note_trial *before = w->t;
    note_trial t = before ? *before : (note_trial){.without = -1, .with = -1};
    bool product = strcmp(intern_text(n->names, s->name), "prod") == 0;
    int low = range && range->kind == SYN_RANGE ? notes_layer_of(n, range->child[0], &t.layers) : 1, count = 0;
    int high = range && range->kind == SYN_RANGE ? notes_layer_of(n, range->child[1], &t.layers) : n->layers;
    syn *out = syn_new(n->memory, product ? SYN_PRODUCT : SYN_SUM, s->at, n->layers + 1);
    char *text = arena_alloc(n->memory, (size_t)n->layers + 2);
    if (low < 0 || high < 0 || t.layers.count >= NOTE_LAYERS)
        return NULL;
    t.layers.letter[t.layers.count] = letter;
    w->t = &t;
    t.layers.count++;
    for (int k = low; k <= high && k <= n->layers; k++) {
        t.layers.value[t.layers.count - 1] = product ? high - (k - low) : k;
        if (!range && notes_layer_outside(n, body, &t.layers))
            continue;
        syn *paren = syn_new(n->memory, SYN_PAREN, s->at, 1);
        paren->child[0] = rewrite(w, body);
        text[count] = product ? ' ' : '+';
        out->child[count++] = paren;
    }
    w->t = before;
    if (count < 2)
        return count ? out->child[0] : number_of(n, product, s->at);
    out->count = count;
    out->text = text;
    syn *paren = syn_new(n->memory, SYN_PAREN, s->at, 1);
    paren->child[0] = out;
    return paren;
}

/* A letter in a superscript: l in a^{l-1}. */
static bool labels_with(const syn *s, sym letter, bool inside)
{
    bool found = inside && s->kind == SYN_NAME && s->name == letter;
    for (int i = 0; i < s->count && !found; i++)
        found = s->child[i] && labels_with(s->child[i], letter, inside || s->kind == SYN_FAMILY);
    return found;
}

/* Does a sum run over layers or times? Its letter stands in a superscript of its body. */
static bool runs_over_layers(const syn *s)
{
    sym letter = s->number == 1 && s->count == 2 ? s->child[0]->name : 0;
    return letter && labels_with(s->child[1], letter, false);
}

/* --- what stands for a part, by its kind; NULL: a copy --- */

static syn *sum_of_layers(rewriter *w, const syn *s)
{
    bool runs = runs_over_layers(s) || (s->number == 1 && notes_is_running(w->n, s->child[0]->name));
    return runs ? unroll(w, s) : NULL;
}

/* T, the last step; and a function without its argument. */
static syn *last_or_called(rewriter *w, const syn *s)
{
    notes *n = w->n;
    if (n->running_count && strcmp(intern_text(n->names, s->name), "T") == 0 && notes_first(n, s->name) < 0)
        return number_of(n, n->layers, s->at);
    sym name = renamed(w, s->name);
    syn *argument = s->number != 1 && notes_is_function(n, name) && !notes_is_builtin(n, name) ? usual_argument(w, name) : NULL;
    return argument ? call(w, copy_function(w, s), argument) : NULL;
}

/* d softplus/dx: of its value at x. */
static syn *derivative_of_function(rewriter *w, const syn *s)
{
    notes *n = w->n;
    if (s->count < 2 || !s->child[0] || s->child[0]->kind != SYN_NAME || s->child[1]->kind != SYN_NAME)
        return NULL;
    sym name = renamed(w, s->child[0]->name);
    if (!notes_is_function(n, name) || !notes_is_builtin(n, name))
        return NULL;
    syn *paren = syn_new(n->memory, SYN_PAREN, s->at, 1), *d = syn_new(n->memory, SYN_DERIVATIVE, s->at, s->count);
    paren->child[0] = rewrite(w, s->child[1]);
    d->child[0] = call(w, copy_function(w, s->child[0]), paren);
    for (int i = 1; i < s->count; i++)
        d->child[i] = rewrite(w, s->child[i]);
    d->number = s->number;
    return d;
}

/* δ_{ij} that is nowhere defined: [i == j]. */
static syn *kronecker(rewriter *w, const syn *s)
{
    notes *n = w->n;
    for (int i = 0; i < 3; i++)
        if (s->count != 3 || s->child[i]->kind != SYN_NAME)
            return NULL;
    if (strcmp(intern_text(n->names, s->child[0]->name), "delta") != 0 || notes_find(n, s->child[0]->name, w->item, w->t) >= 0)
        return NULL;
    syn *same = syn_new(n->memory, SYN_COMPARE, s->at, 2), *bracket = syn_new(n->memory, SYN_BRACKET, s->at, 1);
    same->text = "==";
    same->child[0] = s->child[1];
    same->child[1] = s->child[2];
    bracket->child[0] = same;
    bracket->number = 1;
    return bracket;
}

/* A word in letters: a name of these letters. */
static syn *word_name(rewriter *w, const syn *s)
{
    buffer b = {0};
    for (const char *c = s->text; *c; c++)
        if ((*c | 32) >= 'a' && (*c | 32) <= 'z')
            buffer_add(&b, c, 1);
    syn *name = syn_new(w->n->memory, SYN_NAME, s->at, 0);
    name->name = intern_puts(w->n->names, b.text ? b.text : "word");
    buffer_free(&b);
    return name;
}

/* f′ without an argument; x′ of what is no function: another name. */
static syn *primed(rewriter *w, const syn *s)
{
    notes *n = w->n;
    if (s->child[0]->kind != SYN_NAME)
        return NULL;
    sym name = renamed(w, s->child[0]->name);
    syn *argument = notes_is_function(n, name) || notes_is_function(n, s->child[0]->name) ? usual_argument(w, name) : NULL;
    if (argument)
        return call(w, copy_function(w, s), argument);
    if (notes_is_function(n, name))
        return NULL;
    syn *variable = syn_new(n->memory, SYN_NAME, s->at, 0);
    buffer b = {0};
    buffer_puts(&b, intern_text(n->names, name));
    for (int i = 0; i < s->number; i++)
        buffer_puts(&b, "_prime");
    variable->name = intern_puts(n->names, b.text);
    buffer_free(&b);
    return variable;
}

static syn *in_place_of(rewriter *w, const syn *s)
{
    switch (s->kind) {
    case SYN_REDUCE: return sum_of_layers(w, s);
    case SYN_NAME: return last_or_called(w, s);
    case SYN_PRODUCT: return rewrite_product(w, s);
    case SYN_DERIVATIVE: return derivative_of_function(w, s);
    case SYN_INDEX: return kronecker(w, s);
    case SYN_FAMILY: return notes_layer_name(w->n, s, w->t ? &w->t->layers : NULL);
    case SYN_STRING: return word_name(w, s);
    case SYN_PRIME: return primed(w, s);
    default: return NULL;
    }
}

static syn *rewrite(rewriter *w, const syn *s)
{
    syn *other = in_place_of(w, s);
    return other ? other : copy_of(w, s);
}

syn *notes_rewrite(notes *n, const syn *s, const note_trial *t, int item)
{
    rewriter w = {n, t, item};
    return s ? rewrite(&w, s) : NULL;
}
