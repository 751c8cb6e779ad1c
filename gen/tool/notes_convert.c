/* The whole document as one page: declarations by what the names do, definitions in force at its end, claims about them, updates.
 *
 * The page is made of what is known to hold on it: lines are added in groups, the page is written, read back and checked, and a group that does no good is
 * halved, down to the single line that is left out. */
#include <stdlib.h>
#include <string.h>

#include "gen/tool/notes_page.h"
#include "grammar/parse.h"

typedef enum { LINE_COST, LINE_OPTIMIZER, LINE_UPDATE, LINE_DEFINITION, LINE_CLAIM } line_kind;

/* What may stand on the page. */
typedef struct {
    line_kind kind;
    int item;           /* of updates and claims */
    sym name;           /* of definitions, and of the cost */
    note_layers layers; /* of a claim about all of them */
} line;

typedef struct {
    line *list;
    int count;
} lines;

typedef struct {
    notes *n;
    int end; /* the item whose definitions are in force */
    sym *parameter, *rate, *leaf, *beside;
    int parameter_count, rate_count, leaf_count, beside_count;
    sym cost;
    bool assuming; /* the document's assumptions stand on the page */
    lines accepted;
} converter;

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

static void add_line(lines *l, line one)
{
    l->list = xrealloc(l->list, ((size_t)l->count + 1) * sizeof *l->list);
    l->list[l->count++] = one;
}

static syn *make(converter *c, syn_kind kind, sym name, int count)
{
    syn *s = syn_new(c->n->memory, kind, (span){c->n->document.source, 0, 0}, count);
    s->name = name;
    return s;
}

/* --- what names do --- */

/* What nothing defines and something is differentiated by, data apart. */
static void see_below(void *context, const syn *s, const syn *parent, int place)
{
    converter *c = context;
    (void)parent, (void)place;
    for (int i = 1; s->kind == SYN_DERIVATIVE && i < s->count; i++) {
        const syn *by = s->child[i]->kind == SYN_INDEX ? s->child[i]->child[0] : s->child[i];
        const char *key = by->kind == SYN_NAME || by->kind == SYN_FAMILY ? intern_text(c->n->names, by->name) : "x";
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
        if (name->kind == SYN_NAME && notes_first(n, name->name) < 0)
            add_sym(&c->parameter, &c->parameter_count, name->name);
        const syn *step = i->right->kind == SYN_SUM && i->right->count == 2 ? i->right->child[1] : NULL;
        if (step && step->kind == SYN_PRODUCT && step->child[0]->kind == SYN_NAME)
            add_sym(&c->rate, &c->rate_count, step->child[0]->name);
    }
}

static const char *role_word(const converter *c, sym name)
{
    const char *key = intern_text(c->n->names, name);
    int layer = 0;
    sym base = notes_layer_base(c->n, name, &layer);
    if (has(c->parameter, c->parameter_count, name) || (base && layer > 0 && has(c->parameter, c->parameter_count, base)))
        return "param";
    if (has(c->rate, c->rate_count, name) || strncmp(key, "lambda", 6) == 0 || strncmp(key, "eta", 3) == 0 || strncmp(key, "alpha", 5) == 0 ||
        strncmp(key, "beta", 4) == 0 || strncmp(key, "gamma", 5) == 0)
        return "hyper";
    if (key[0] == 'y' || (key[0] == 't' && (!key[1] || key[1] == '_')))
        return "target";
    if (!has(c->leaf, c->leaf_count, name)) /* only claims have it, or a definition beside the cost */
        return has(c->beside, c->beside_count, name) ? "input" : "variable";
    bool data = key[0] == 'x' || strstr(key, "_layer0") || strncmp(key, "epsilon", 7) == 0;
    return data ? "input" : "param";
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

/* --- the page of some lines --- */

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
    syn *s = make(c, SYN_DECLARE, 0, variables->count);
    int count = 0;
    for (int i = 0; i < variables->count; i++) {
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

static void add_equation(converter *c, paper *p, const line *l)
{
    notes *n = c->n;
    const note_item *i = &n->item[l->item];
    note_trial t = {.without = -1, .with = -1, .layers = l->layers};
    bool update = l->kind == LINE_UPDATE;
    syn *e = make(c, update ? SYN_UPDATE : SYN_EQUATION, 0, 2);
    e->child[0] = notes_rewrite(n, i->left, &t, c->end);
    e->child[1] = notes_rewrite(n, i->right, &t, c->end);
    e->text = update ? NULL : "=";
    e->number = !update;
    shapes_statement(&p->shapes, e);
    paper_need(p, e->child[0]);
    paper_need(p, e->child[1]);
    paper_add(p, e);
}

static void note_leaves(const paper *p, sym **list, int *count)
{
    for (int i = 0; i < p->shapes.count; i++)
        if (p->shapes.list[i].leaf)
            add_sym(list, count, p->shapes.list[i].name);
}

static void add_cost(converter *c, paper *p)
{
    syn *minimize = make(c, SYN_MINIMIZE, 0, 1);
    minimize->child[0] = make(c, SYN_NAME, c->cost, 0);
    paper_need(p, minimize->child[0]);
    paper_add(p, minimize);
    c->leaf_count = 0;
    note_leaves(p, &c->leaf, &c->leaf_count);
}

static void add_optimizer(converter *c, paper *p)
{
    notes *n = c->n;
    static const char text[] = "optimize with adam(η = 0.01)\n";
    diag_list d = {0};
    int number = source_add(n->sources, "optimizer", text, strlen(text));
    const syn *file = parse_delta(n->memory, n->names, n->sources, number, &d);
    if (file->count)
        paper_add(p, file->child[0]);
    diag_free(&d);
}

/* The declarations of free symbols by role, in place of `variable …`. */
static syn *with_roles(converter *c, const syn *from)
{
    static const char *const words[] = {"input", "target", "param", "hyper", "variable"};
    syn *file = make(c, SYN_FILE_, 0, from->count + 5);
    int count = 0;
    for (int i = 0; i < from->count; i++) {
        bool variables = from->child[i]->kind == SYN_DECLARE && strcmp(from->child[i]->text, "variable") == 0;
        for (int w = 0; variables && w < 5; w++) {
            syn *s = declaration(c, words[w], from->child[i]);
            if (s)
                file->child[count++] = s;
        }
        if (!variables)
            file->child[count++] = from->child[i];
    }
    file->count = count;
    return file;
}

static syn *page_of(converter *c, const line *list, int count)
{
    note_trial t = {.without = -1, .with = -1, .assuming = c->assuming ? (1u << c->n->assumption_count) - 1u : 0};
    paper p;
    paper_begin(&p, c->n, c->end, &t);
    c->leaf_count = c->beside_count = 0;
    for (int kind = LINE_COST; kind <= LINE_CLAIM; kind++) {
        static const line_kind order[] = {LINE_COST, LINE_OPTIMIZER, LINE_DEFINITION, LINE_CLAIM, LINE_UPDATE};
        for (int i = 0; i < count; i++) {
            const line *l = &list[i];
            if (l->kind != order[kind])
                continue;
            if (l->kind == LINE_COST)
                add_cost(c, &p);
            else if (l->kind == LINE_OPTIMIZER)
                add_optimizer(c, &p);
            else if (l->kind == LINE_DEFINITION)
                paper_need(&p, make(c, SYN_NAME, l->name, 0));
            else
                add_equation(c, &p, l);
        }
        if (order[kind] == LINE_DEFINITION && c->leaf_count)
            note_leaves(&p, &c->beside, &c->beside_count);
    }
    bool unread = p.unread;
    syn *written = paper_finish(&p);
    shapes_free(&p.shapes);
    return unread ? NULL : with_roles(c, written);
}

static bool holds(converter *c, const line *list, int count)
{
    buffer b = {0};
    const syn *written = page_of(c, list, count);
    if (!written)
        return false;
    syn_print(&b, written, c->n->names, !c->n->squares);
    bool good = notes_page_holds(c->n, b.text ? b.text : "", b.length);
    buffer_free(&b);
    return good;
}

/* --- choosing --- */

/* Adds those of the lines with which the page still holds. */
static void accept(converter *c, const line *list, int count)
{
    lines *a = &c->accepted;
    int before = a->count;
    if (count == 0)
        return;
    for (int i = 0; i < count; i++)
        add_line(a, list[i]);
    if (holds(c, a->list, a->count))
        return;
    a->count = before;
    if (count == 1)
        return;
    accept(c, list, count / 2);
    accept(c, list + count / 2, count - count / 2);
}

static bool is_carried(const notes *n, const note_item *i)
{
    bool bare = true; /* with the definitions in force */
    for (int m = 0; m < i->message_count; m++)
        bare &= strncmp(i->message[m], "with ", 5) != 0;
    return i->role == NOTE_CLAIM && i->decided && !i->label && i->v.kind == VERDICT_PROVED && !i->v.vacuous && i->section == n->section_count - 1 && bare;
}

static void add_all_layers(const notes *n, lines *l, line one)
{
    const note_item *i = &n->item[one.item];
    sym letter = notes_has_layers(n, i->left, i->right) ? notes_layer_letter(n, i->left, i->right) : 0;
    for (int layer = 1; layer <= (letter ? n->layers : 1); layer++) {
        if (letter)
            one.layers = (note_layers){.letter = {letter}, .value = {layer}, .count = 1};
        if (!notes_layer_outside(n, i->left, &one.layers) && !notes_layer_outside(n, i->right, &one.layers))
            add_line(l, one);
    }
}

static lines lines_of(converter *c, line_kind kind)
{
    notes *n = c->n;
    lines l = {0};
    for (int d = 0; d < n->definition_count && kind == LINE_DEFINITION; d++)
        if (!n->definition[d].set && !n->definition[d].unknown && !n->definition[d].family && notes_find(n, n->definition[d].name, c->end, NULL) == d)
            add_line(&l, (line){.kind = kind, .name = n->definition[d].name});
    for (int k = 0; k < n->item_count && kind != LINE_DEFINITION; k++) {
        const note_item *i = &n->item[k];
        bool update = i->role == NOTE_UPDATE && !i->broken && i->left && i->right && i->section == n->section_count - 1;
        if (kind == LINE_UPDATE ? update : is_carried(n, i))
            add_all_layers(n, &l, (line){.kind = kind, .item = k});
    }
    return l;
}

static int accept_all(converter *c, line_kind kind)
{
    lines l = lines_of(c, kind);
    int before = c->accepted.count;
    accept(c, l.list, l.count);
    free(l.list);
    return c->accepted.count - before;
}

/* What is shown like another name, or is no name of the language, is written by its key. */
static void spell_out(notes *n)
{
    static const char *const endings[] = {"_entries", "_index", "_label", "_value", "_function", "_any"};
    for (sym s = 1; s <= intern_count(n->names); s++) {
        const char *key = intern_text(n->names, s);
        bool plain = latex_atom_inside(n->reading, s) != NULL;
        for (size_t i = 0; i < sizeof endings / sizeof *endings && !plain; i++) {
            size_t length = strlen(key), end = strlen(endings[i]);
            plain = length > end && strcmp(key + length - end, endings[i]) == 0;
        }
        if (plain)
            intern_respell(n->names, s, s);
    }
}

/* The cost and the claims; how many lines. */
static int choose(converter *c)
{
    c->accepted.count = 0;
    if (c->cost)
        accept(c, &(line){.kind = LINE_COST}, 1);
    accept_all(c, LINE_CLAIM);
    return c->accepted.count;
}

syn *notes_page(notes *n)
{
    converter c = {.n = n, .end = n->item_count - 1};
    spell_out(n);
    find_roles(&c);
    c.cost = cost_of(&c);
    int plain = choose(&c);
    c.assuming = n->assumption_count > 0;
    if (c.assuming && choose(&c) <= plain) {
        c.assuming = false;
        choose(&c);
    }
    bool cost = c.accepted.count > 0 && c.accepted.list[0].kind == LINE_COST;
    accept_all(&c, LINE_DEFINITION);
    int updates = cost ? accept_all(&c, LINE_UPDATE) : 0;
    if (cost && !updates)
        accept(&c, &(line){.kind = LINE_OPTIMIZER}, 1);
    syn *written = page_of(&c, c.accepted.list, c.accepted.count);
    free(c.parameter);
    free(c.rate);
    free(c.leaf);
    free(c.beside);
    free(c.accepted.list);
    return written;
}
