/* Everything the document defines, in order: roles, functions, definitions and labels, what sentences say. */
#include <string.h>

#include "gen/tool/notes.h"

/* --- updates without an arrow --- */

static void see_derivative(void *context, const syn *s, const syn *parent, int place)
{
    (void)parent, (void)place;
    *(bool *)context |= s->kind == SYN_DERIVATIVE;
}

static bool has_derivative(const syn *s)
{
    bool found = s->kind == SYN_DERIVATIVE;
    notes_visit(s, see_derivative, &found);
    return found;
}

static bool begins_with_rate(const notes *n, const syn *term)
{
    const syn *first = term->kind == SYN_PRODUCT ? term->child[0] : term;
    const char *key = first->kind == SYN_NAME ? intern_text(n->names, first->name) : "";
    return strncmp(key, "eta", 3) == 0 || strncmp(key, "alpha", 5) == 0 || strncmp(key, "mu", 2) == 0 || strncmp(key, "epsilon", 7) == 0 ||
           strncmp(key, "gamma", 5) == 0;
}

static size_t without_ending(const char *key, const char *ending)
{
    size_t n = strlen(key), m = strlen(ending);
    return n > m && strcmp(key + n - m, ending) == 0 ? n - m : 0;
}

/* x_{t+1} and x_t, w_new and w_old. */
static bool is_next(const notes *n, const syn *new, const syn *old)
{
    if (new->kind == SYN_NAME && old->kind == SYN_NAME) {
        const char *a = intern_text(n->names, new->name), *b = intern_text(n->names, old->name);
        size_t stem = without_ending(a, "_new");
        return stem && (without_ending(b, "_old") == stem || strlen(b) == stem) && memcmp(a, b, stem) == 0;
    }
    if (new->kind == SYN_INDEX &&new->count == 2 && new->child[0]->kind == SYN_NAME &&
        old->kind == SYN_NAME &&new->child[1]->kind == SYN_SUM &&new->child[1]->child[0]->kind == SYN_NAME &&new->child[1]->text[1] ==
            '+') /* θ_{t+1} and θ_t, a name by itself */
        return strcmp(intern_text(n->names, old->name),
                      arena_printf(n->memory, "%s_%s", intern_text(n->names, new->child[0]->name), intern_text(n->names, new->child[1]->child[0]->name))) == 0;
    if (new->kind != old->kind || (new->kind != SYN_INDEX &&new->kind != SYN_FAMILY) || new->name != old->name || new->count != old->count)
        return false;
    if (new->kind == SYN_INDEX && !syn_equal(new->child[0], old->child[0]))
        return false;
    const syn *a = new->child[new->count - 1], *b = old->child[old->count - 1];
    return a->kind == SYN_SUM && a->count == 2 && a->text[1] == '+' && a->child[1]->kind == SYN_NUMBER && syn_equal(a->child[0], b);
}

/* w → w − η g: an arrow parts the two. */
static void join_arrows(notes *n)
{
    for (int k = 0; k + 1 < n->item_count; k++) {
        note_item *i = &n->item[k], *next = &n->item[k + 1];
        bool expressions = i->role == NOTE_EXPRESSION && next->role == NOTE_EXPRESSION && i->left && next->left && !i->right && !next->right;
        if (!expressions || i->block != next->block || i->trouble || next->trouble || i->left->kind == SYN_DERIVATIVE || next->left->kind != SYN_SUM ||
            next->left->text[1] != '-' || !syn_equal(next->left->child[0], i->left))
            continue;
        i->role = NOTE_UPDATE;
        i->step = 1;
        i->right = next->left;
        i->at = span_join(i->at, next->at);
        next->left = NULL;
    }
}

static void find_updates(notes *n)
{
    join_arrows(n);
    for (int k = 0; k < n->item_count; k++) {
        note_item *i = &n->item[k];
        if (i->step != 1 || !i->left || !i->right || (i->role != NOTE_CLAIM && i->role != NOTE_DEFINITION) || i->right->kind != SYN_SUM || i->label)
            continue;
        const syn *first = i->right->child[0], *left = i->left;
        bool same = left->kind != SYN_DERIVATIVE && syn_equal(first, left), step = has_derivative(i->right) || begins_with_rate(n, i->right->child[1]);
        if (same ? i->right->text[1] == '-' || step : step && is_next(n, left, first))
            i->role = NOTE_UPDATE;
    }
}

/* --- a definition that holds the value of another one: a = σ(w x + b) beside z = w x + b --- */

typedef struct {
    const syn *value, *found;
} value_search;

static void see_value(void *context, const syn *s, const syn *parent, int place)
{
    value_search *x = context;
    (void)place;
    if (!parent || parent->kind != SYN_PAREN || parent->count != 1)
        return;
    if (!x->found && s != x->value && s->kind == x->value->kind && syn_equal(s, x->value))
        x->found = s;
}

typedef struct {
    const syn *other;
    sym except;
    bool shared;
} shared_search;

static void see_shared(shared_search *x, const syn *s)
{
    if ((s->kind == SYN_NAME || s->kind == SYN_FAMILY) && s->name != x->except)
        x->shared |= notes_mentions(x->other, s->name);
    for (int i = 0; i < s->count && s->kind != SYN_FAMILY; i++)
        if (s->child[i] && !(s->kind == SYN_INDEX && i > 0))
            see_shared(x, s->child[i]);
}

/* Is there a name of `value` in a tree? Then the tree does not act through that value alone: ½(σ² − log σ²) beside s = log σ². */
static bool shares_names(const syn *s, const syn *value, sym except)
{
    shared_search x = {.other = s, .except = except};
    see_shared(&x, value);
    return x.shared;
}

static void use_names(notes *n)
{
    if (n->definition_count > 400) /* quadratic; a whole book keeps its definitions as they are */
        return;
    for (int a = 0; a < n->definition_count; a++) {
        const note_definition *z = &n->definition[a];
        const syn *v = z->value;
        if (z->label || z->set || z->parameters || z->item < 0 || (v->kind != SYN_SUM && v->kind != SYN_PRODUCT) || n->item[z->item].left->kind == SYN_PRODUCT)
            continue;
        for (int b = 0; b < n->definition_count; b++) {
            note_definition *d = &n->definition[b];
            value_search x = {.value = v};
            if (a == b || d->set || d->item < 0 || d->name == z->name || (notes_mentions(v, d->name) && !d->family))
                continue;
            notes_visit(d->value, see_value, &x);
            syn *with = x.found ? notes_replace(n, d->value, x.found, n->item[z->item].left) : NULL;
            if (with && !shares_names(with, v, d->name))
                d->value = with;
        }
    }
}

static void define_roots(notes *n)
{
    for (int i = 0; i < n->root_count; i++)
        if (notes_first(n, n->roots[i].name) < 0)
            notes_define(n, n->roots[i].name, n->roots[i].value, -1)->section = -1;
}

static syn *name_of(notes *n, sym name)
{
    syn *s = syn_new(n->memory, SYN_NAME, (span){n->document.source, 0, 0}, 0);
    s->name = name;
    return s;
}

void notes_assume_function(notes *n, sym name, const char *builtin)
{
    syn *u = name_of(n, intern_puts(n->names, "u")), *paren = syn_new(n->memory, SYN_PAREN, u->at, 1), *product = syn_new(n->memory, SYN_PRODUCT, u->at, 2);
    paren->child[0] = u;
    product->text = "  ";
    product->child[0] = name_of(n, intern_puts(n->names, builtin));
    product->child[1] = paren;
    note_definition *d = notes_define(n, name, product, -1);
    d->section = -1;
    d->parameters = paren;
}

void notes_add_other(notes *n, int item)
{
    int before = n->item[item].definition;
    notes_define(n, n->item[item].left->name, n->item[item].right, item)->other = true;
    n->item[item].definition = before;
}

static void find_sizes(notes *n)
{
    for (int k = 0; k < n->item_count; k++) {
        const note_item *i = &n->item[k];
        const syn *power = i->role == NOTE_SHAPE && i->right && i->right->kind == SYN_POWER ? i->right->child[1] : NULL;
        while (power && power->kind == SYN_PAREN && power->count == 1)
            power = power->child[0];
        for (int a = 0; power && a < (power->kind == SYN_PRODUCT ? power->count : 1); a++) {
            const syn *size = power->kind == SYN_PRODUCT ? power->child[a] : power;
            if (size->kind == SYN_NAME)
                notes_add_size(n, size->name);
        }
    }
}

void notes_collect(notes *n)
{
    notes_normalise(n);
    notes_number_sections(n);
    find_updates(n);
    find_sizes(n);
    notes_collect_functions(n);
    for (int i = 0; i < n->item_count; i++)
        notes_collect_definition(n, i);
    for (int i = 0; i < n->item_count; i++)
        notes_collect_label(n, i);
    notes_read_prose(n);
    define_roots(n);
    use_names(n);
    notes_find_layers(n);
}
