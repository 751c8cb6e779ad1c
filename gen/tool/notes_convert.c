/* The whole document as one page: declarations by what the names do, definitions in force at its end, claims about them, updates. */
#include <stdlib.h>
#include <string.h>

#include "gen/tool/notes_page.h"
#include "grammar/parse.h"

typedef struct {
    notes *n;
    int end; /* the item whose definitions are in force */
    syn **statement;
    int count, capacity;
    sym *seen;
    int seen_count, seen_capacity;
    note_shapes shapes;
    sym *parameter, *rate, *leaf;
    int parameter_count, rate_count, leaf_count;
    int cost_leaves;     /* leaves that the cost needs come first */
    const note_trial *t; /* the layers of what is written now */
    bool updates;
} converter;

static void add(converter *c, syn *s)
{
    if (c->count == c->capacity) {
        c->capacity = c->capacity ? 2 * c->capacity : 64;
        c->statement = xrealloc(c->statement, (size_t)c->capacity * sizeof *c->statement);
    }
    c->statement[c->count++] = s;
}

static bool add_sym(sym **list, int *count, sym name)
{
    for (int i = 0; i < *count; i++)
        if ((*list)[i] == name)
            return false;
    *list = xrealloc(*list, ((size_t)*count + 1) * sizeof **list);
    (*list)[(*count)++] = name;
    return true;
}

static bool has(const sym *list, int count, sym name)
{
    for (int i = 0; i < count; i++)
        if (list[i] == name)
            return true;
    return false;
}

static syn *make(converter *c, syn_kind kind, sym name, int count)
{
    syn *s = syn_new(c->n->memory, kind, (span){c->n->document.source, 0, 0}, count);
    s->name = name;
    return s;
}

typedef struct {
    converter *c;
    sym bound[32];
    int bound_count;
} need_context;

static void need(need_context *x, const syn *s);

static void need_definition(need_context *x, int number)
{
    converter *c = x->c;
    notes *n = c->n;
    const note_definition *d = &n->definition[number];
    syn *value = notes_rewrite(n, d->value, c->t, c->end);
    if (d->parameters && notes_is_function(n, d->name)) {
        int bound = x->bound_count;
        for (int i = 0; i < d->parameters->count && x->bound_count < 32; i++)
            x->bound[x->bound_count++] = d->parameters->child[i]->name;
        need(x, value);
        x->bound_count = bound;
        syn *f = make(c, SYN_FUNCTION, d->name, 3), *params = make(c, SYN_PARAMS, 0, d->parameters->count);
        for (int i = 0; i < d->parameters->count; i++)
            params->child[i] = make(c, SYN_DECL, d->parameters->child[i]->name, 3);
        f->child[0] = params;
        f->child[2] = value;
        add(c, f);
        return;
    }
    if (d->unknown)
        return;
    const note_item *i = d->item >= 0 ? &n->item[d->item] : NULL;
    syn *e = make(c, SYN_EQUATION, 0, 2);
    e->text = "=";
    e->child[0] = i && !d->label && i->left->kind == SYN_INDEX ? notes_rewrite(n, i->left, c->t, c->end) : make(c, SYN_NAME, d->name, 0);
    e->child[1] = value;
    shapes_statement(&c->shapes, e);
    need(x, value); /* what it uses comes first */
    add(c, e);
}

/* z{2} out of the equation for all z^l. */
static void need_layer(need_context *x, sym name, int number, const note_layers *at)
{
    converter *c = x->c;
    notes *n = c->n;
    const note_trial t = {.without = -1, .with = -1, .layers = *at}, *before = c->t;
    const note_item *i = &n->item[n->definition[number].item];
    c->t = &t;
    syn *e = make(c, SYN_EQUATION, 0, 2);
    e->text = "=";
    e->child[0] = i->left->kind == SYN_INDEX ? notes_rewrite(n, i->left, &t, c->end) : make(c, SYN_NAME, name, 0);
    e->child[1] = notes_rewrite(n, n->definition[number].value, &t, c->end);
    shapes_statement(&c->shapes, e);
    need(x, e->child[1]);
    add(c, e);
    c->t = before;
}

static void need_name(need_context *x, sym name)
{
    converter *c = x->c;
    notes *n = c->n;
    if (!add_sym(&c->seen, &c->seen_count, name))
        return;
    note_layers at;
    int general = notes_layer_find(n, name, &at);
    if (general >= 0) {
        need_layer(x, name, general, &at);
        return;
    }
    int d = notes_find(n, name, c->end, NULL);
    bool function = notes_is_function(n, name);
    if (d >= 0 && (!function || n->definition[d].parameters)) {
        need_definition(x, d);
    } else if (notes_is_builtin(n, name)) {
        return;
    } else if (function) {
        add(c, make(c, SYN_FUNCTION, name, 3));
    } else {
        add_sym(&c->leaf, &c->leaf_count, name);
        shapes_leaf(&c->shapes, name);
    }
}

static void need(need_context *x, const syn *s)
{
    if (!s)
        return;
    if (s->kind == SYN_NAME && !has(x->bound, x->bound_count, s->name))
        need_name(x, s->name);
    int bound = x->bound_count;
    for (int i = 0; s->kind == SYN_REDUCE && i < s->number && x->bound_count < 32; i++)
        x->bound[x->bound_count++] = s->child[i]->name;
    for (int i = 0; i < s->count; i++)
        if (!(s->kind == SYN_INDEX && i > 0) && !(s->kind == SYN_BRACKET && s->child[i]->kind == SYN_COMPARE) && !(s->kind == SYN_REDUCE && i < s->number))
            need(x, s->child[i]);
    x->bound_count = bound;
}

/* What nothing defines and something is differentiated by, data apart. */
static void see_below(void *context, const syn *s, const syn *parent, int place)
{
    converter *c = context;
    (void)parent, (void)place;
    for (int i = 1; s->kind == SYN_DERIVATIVE && i < s->count; i++) {
        const syn *by = s->child[i]->kind == SYN_INDEX ? s->child[i]->child[0] : s->child[i];
        const char *key = by->kind == SYN_NAME ? intern_text(c->n->names, by->name) : "x";
        if (!strchr("xyt", key[0]) && notes_first(c->n, by->name) < 0 && strncmp(key, "lambda", 6) != 0)
            add_sym(&c->parameter, &c->parameter_count, by->name);
    }
}

/* Names on the left of ←, names in sets; the first factor of a step. */
static void find_roles(converter *c)
{
    notes *n = c->n;
    for (int k = 0; k < n->item_count; k++) {
        const note_item *i = &n->item[k];
        if (i->left)
            see_below(c, i->left, NULL, 0), notes_visit(i->left, see_below, c);
        if (i->right && i->right->kind == SYN_SET)
            for (int j = 0; j < i->right->count; j++)
                if (i->right->child[j]->kind == SYN_NAME)
                    add_sym(&c->parameter, &c->parameter_count, i->right->child[j]->name);
        if (i->role != NOTE_UPDATE || !i->left || !i->right)
            continue;
        const syn *name = i->left->kind == SYN_INDEX ? i->left->child[0] : i->left;
        if (name->kind == SYN_NAME)
            add_sym(&c->parameter, &c->parameter_count, name->name);
        const syn *step = i->right->kind == SYN_SUM && i->right->count == 2 ? i->right->child[1] : NULL;
        if (step && step->kind == SYN_PRODUCT && step->child[0]->kind == SYN_NAME)
            add_sym(&c->rate, &c->rate_count, step->child[0]->name);
    }
}

static const char *role_word(const converter *c, sym name)
{
    const char *key = intern_text(c->n->names, name);
    if (has(c->parameter, c->parameter_count, name))
        return "param";
    if (has(c->rate, c->rate_count, name) || strncmp(key, "lambda", 6) == 0 || strncmp(key, "alpha", 5) == 0 || strncmp(key, "beta", 4) == 0 ||
        strncmp(key, "gamma", 5) == 0)
        return "hyper";
    if (key[0] == 'y' || (key[0] == 't' && (!key[1] || key[1] == '_')))
        return "target";
    if (!has(c->leaf, c->cost_leaves, name))
        return "variable"; /* only claims have it */
    bool data = key[0] == 'x' || strstr(key, "_layer0") || strncmp(key, "epsilon", 7) == 0;
    return data ? "input" : "param";
}

/* normal(0, 1): weights that all begin at 0 would stay there. */
static syn *random_start(converter *c)
{
    syn *paren = make(c, SYN_PAREN, 0, 2), *call = make(c, SYN_PRODUCT, 0, 2);
    for (int i = 0; i < 2; i++) {
        paren->child[i] = make(c, SYN_NUMBER, 0, 0);
        paren->child[i]->text = i ? "1" : "0";
    }
    call->child[0] = make(c, SYN_NAME, intern_puts(c->n->names, "normal"), 0);
    call->child[1] = paren;
    call->text = "  ";
    return call;
}

static syn *declaration(converter *c, const char *word, const syn *variables)
{
    syn *s = make(c, SYN_DECLARE, 0, variables ? variables->count : 0);
    int count = 0;
    for (int i = 0; variables && i < variables->count; i++) {
        syn *d = variables->child[i];
        if (strcmp(role_word(c, d->name), word) != 0)
            continue;
        if (strcmp(word, "hyper") == 0) {
            syn *value = make(c, SYN_NUMBER, 0, 0);
            value->text = has(c->rate, c->rate_count, d->name) ? "0.1" : "0.001";
            d->child[2] = value;
            d->text = "=";
        }
        if (strcmp(word, "param") == 0 && intern_text(c->n->names, d->name)[0] == 'w' && !d->child[1]) {
            d->child[2] = random_start(c);
            d->text = "~";
        }
        s->child[count++] = d;
    }
    s->text = word;
    s->count = count;
    return count ? s : NULL;
}

/* The name that the claims differentiate by parameters most often. */
static sym cost_of(converter *c)
{
    notes *n = c->n;
    sym best = 0;
    int most = 0;
    for (int d = 0; d < n->definition_count; d++) {
        int uses = 0;
        sym name = n->definition[d].name;
        for (int i = 0; i < c->parameter_count; i++)
            uses += notes_find(n, name, c->end, NULL) == d && notes_depends(n, name, c->parameter[i], c->end);
        const char *key = intern_text(n->names, name);
        bool usual = strchr("CELJ", key[0]) && (!key[1] || strcmp(key + 1, "cal") == 0);
        if (uses && 2 * uses + 100 * usual > most) {
            most = 2 * uses + 100 * usual;
            best = name;
        }
    }
    return best;
}

static void add_item(converter *c, need_context *x, const note_item *i, bool update, const note_trial *t)
{
    syn *l = notes_rewrite(c->n, i->left, t, c->end), *r = notes_rewrite(c->n, i->right, t, c->end);
    syn *e = make(c, update ? SYN_UPDATE : SYN_EQUATION, 0, 2);
    need(x, l);
    need(x, r);
    e->child[0] = l;
    e->child[1] = r;
    e->text = update ? NULL : "=";
    e->number = !update;
    shapes_statement(&c->shapes, e);
    add(c, e);
}

static void add_items(converter *c, need_context *x, bool updates)
{
    notes *n = c->n;
    for (int k = 0; k < n->item_count; k++) {
        const note_item *i = &n->item[k];
        bool claim = i->role == NOTE_CLAIM && i->decided && !i->label && i->v.kind == VERDICT_PROVED && !i->v.vacuous && i->section == n->section_count - 1;
        bool update = i->role == NOTE_UPDATE && !i->broken && i->section == n->section_count - 1;
        bool bare = !i->v.condition || strncmp(i->v.condition, "for ", 4) == 0; /* no assumption, no other layout */
        for (int m = 0; m < i->message_count; m++)
            bare &= strncmp(i->message[m], "with ", 5) != 0;
        if (updates ? !update : !claim || !bare)
            continue;
        note_trial t = {.without = -1, .with = -1};
        int last = notes_has_layers(n, i->left, i->right) && notes_layer_letter(n, i->left, i->right) ? n->layers : 1;
        t.layers.count = last > 1;
        t.layers.letter[0] = last > 1 ? notes_layer_letter(n, i->left, i->right) : 0;
        for (int layer = 1; layer <= last; layer++) {
            t.layers.value[0] = layer;
            if (!notes_layer_outside(n, i->left, &t.layers) && !notes_layer_outside(n, i->right, &t.layers))
                add_item(c, x, i, updates, &t);
        }
    }
}

/* A document without updates says what to minimize, not how. */
static void add_optimizer(converter *c)
{
    notes *n = c->n;
    static const char text[] = "optimize with adam(η = 0.01)\n";
    diag_list d = {0};
    for (int k = 0; k < n->item_count; k++)
        if (n->item[k].role == NOTE_UPDATE && !n->item[k].broken && n->item[k].section == n->section_count - 1)
            return;
    int number = source_add(n->sources, "optimizer", text, strlen(text));
    const syn *file = parse_delta(n->memory, n->names, n->sources, number, &d);
    if (file->count)
        add(c, file->child[0]);
    diag_free(&d);
}

syn *notes_page(notes *n)
{
    converter c = {.n = n, .end = n->item_count};
    need_context x = {.c = &c};
    c.end = n->item_count - 1;
    shapes_begin(&c.shapes, n);
    shapes_header(&c.shapes);
    find_roles(&c);
    sym cost = cost_of(&c);
    if (cost) {
        need_name(&x, cost);
        syn *minimize = make(&c, SYN_MINIMIZE, 0, 1);
        minimize->child[0] = make(&c, SYN_NAME, cost, 0);
        add(&c, minimize);
        c.cost_leaves = c.leaf_count;
        add_optimizer(&c);
    }
    for (int d = 0; d < n->definition_count; d++)
        if (!n->definition[d].set && !n->definition[d].unknown && !n->definition[d].family && notes_find(n, n->definition[d].name, c.end, NULL) == d)
            need_name(&x, n->definition[d].name);
    add_items(&c, &x, false);
    add_items(&c, &x, true);
    syn *declared[8], *variables = NULL, *sizes = NULL;
    shapes_infer(&c.shapes, c.statement, c.count);
    int declarations = shapes_declare(&c.shapes, declared, 8);
    for (int i = 0; i < declarations; i++)
        if (strcmp(declared[i]->text, "variable") == 0)
            variables = declared[i];
        else
            sizes = declared[i];
    static const char *const words[] = {"input", "target", "param", "hyper", "variable"};
    int header = n->header ? n->header->count : 0, count = 0;
    syn *file = make(&c, SYN_FILE_, 0, header + 7 + c.count);
    for (int i = 0; i < header; i++)
        file->child[count++] = n->header->child[i];
    if (sizes)
        file->child[count++] = sizes;
    for (int w = 0; w < 5; w++) {
        syn *s = declaration(&c, words[w], variables);
        if (s)
            file->child[count++] = s;
    }
    for (int i = 0; i < c.count; i++)
        file->child[count++] = c.statement[i];
    file->count = count;
    free(c.statement);
    free(c.seen);
    free(c.parameter);
    free(c.rate);
    free(c.leaf);
    shapes_free(&c.shapes);
    return file;
}
