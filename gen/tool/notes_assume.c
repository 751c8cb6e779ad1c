/* What a document leaves open: unknown functions (C = C(a₂, y)), layers by analogy (a₂ = σ₂(z₂)), names that look like others (z̃₁, c). */
#include <stdlib.h>
#include <string.h>

#include "gen/tool/notes.h"

typedef struct {
    sym of, by;
    int item, section;
} pair;

typedef struct {
    notes *n;
    pair *list;
    int count, capacity, item;
} pairs;

static void see_pair(void *context, const syn *s, const syn *parent, int place)
{
    pairs *p = context;
    (void)parent, (void)place;
    if (s->kind != SYN_DERIVATIVE || !s->child[0] || s->child[0]->kind != SYN_NAME)
        return;
    for (int i = 1; i < s->count; i++) {
        const syn *by = s->child[i]->kind == SYN_INDEX ? s->child[i]->child[0] : s->child[i];
        if (by->kind != SYN_NAME)
            continue;
        if (p->count == p->capacity) {
            p->capacity = p->capacity ? 2 * p->capacity : 64;
            p->list = xrealloc(p->list, (size_t)p->capacity * sizeof *p->list);
        }
        p->list[p->count++] = (pair){s->child[0]->name, by->name, p->item, p->n->item[p->item].section};
    }
}

static void collect_pairs(notes *n, pairs *p)
{
    p->n = n;
    for (p->item = 0; p->item < n->item_count; p->item++) {
        const note_item *i = &n->item[p->item];
        const syn *sides[] = {i->left, i->right};
        for (int k = 0; k < 2; k++)
            if (sides[k]) {
                see_pair(p, sides[k], NULL, 0);
                notes_visit(sides[k], see_pair, p);
            }
    }
}

static syn *leaf(notes *n, sym name)
{
    syn *s = syn_new(n->memory, SYN_NAME, (span){n->document.source, 0, 0}, 0);
    s->name = name;
    return s;
}

static void assume(notes *n, sym name, syn *value, int section, bool unknown)
{
    note_definition *more = arena_alloc(n->memory, ((size_t)n->definition_count + 1) * sizeof *more);
    if (n->definition_count)
        memcpy(more, n->definition, (size_t)n->definition_count * sizeof *more);
    n->definition = more;
    n->definition_capacity = n->definition_count + 1;
    n->definition[n->definition_count++] = (note_definition){.name = name, .value = value, .item = -1, .section = section, .unknown = unknown};
    notes_link(n, n->definition_count - 1);
}

/* The key without its digits at the end; *digits is where they begin. */
static size_t stem_of(const char *key)
{
    size_t n = strlen(key);
    while (n > 0 && key[n - 1] >= '0' && key[n - 1] <= '9')
        n--;
    return n;
}

static bool same_stem(const notes *n, sym a, sym b)
{
    const char *x = intern_text(n->names, a), *y = intern_text(n->names, b);
    size_t k = stem_of(x);
    return k == stem_of(y) && memcmp(x, y, k) == 0;
}

static sym with_digits(notes *n, sym name, const char *digits)
{
    const char *key = intern_text(n->names, name);
    char *text = arena_printf(n->memory, "%.*s%s", (int)stem_of(key), key, digits);
    sym made = intern_puts(n->names, text);
    const char *shown = intern_text(n->names, intern_spelling(n->names, name));
    if (shown != key)
        intern_note_spelling(n->names, made, intern_puts(n->names, arena_printf(n->memory, "%.*s%s", (int)stem_of(shown), shown, digits)));
    return made;
}

/* a₁ = σ₁(z₁) is defined, a₂ is not and is differentiated by z₂: a₂ = σ₂(z₂). */
static bool by_analogy(notes *n, const pair *p)
{
    const char *of = intern_text(n->names, p->of), *digits = of + stem_of(of);
    for (int i = 0; i < n->definition_count && *digits; i++) {
        const note_definition *d = &n->definition[i];
        if (d->name == p->of || d->label || d->item < 0 || !same_stem(n, d->name, p->of) || d->value->kind != SYN_PRODUCT || d->value->count != 2)
            continue;
        const syn *f = d->value->child[0], *argument = d->value->child[1];
        if (f->kind != SYN_NAME || argument->kind != SYN_PAREN || argument->count != 1 || argument->child[0]->kind != SYN_NAME)
            continue;
        sym function = with_digits(n, f->name, digits);
        if (!notes_is_function(n, f->name) || !same_stem(n, argument->child[0]->name, p->by) || with_digits(n, argument->child[0]->name, digits) != p->by)
            continue;
        syn *paren = syn_new(n->memory, SYN_PAREN, d->value->at, 1), *value = syn_new(n->memory, SYN_PRODUCT, d->value->at, 2);
        paren->child[0] = leaf(n, p->by);
        value->child[0] = leaf(n, function);
        value->child[1] = paren;
        value->text = "  ";
        if (!notes_is_function(n, function)) {
            note_function *more = arena_alloc(n->memory, ((size_t)n->function_count + 1) * sizeof *more);
            memcpy(more, n->function, (size_t)n->function_count * sizeof *more);
            n->function = more;
            n->function[n->function_count++] = (note_function){function, paren, false};
        }
        assume(n, p->of, value, -1, false);
        notes_announce(n, "%s is nowhere defined; assumed as for %s: %s", notes_text(n, leaf(n, p->of)), notes_text(n, leaf(n, d->name)),
                       notes_claim_text(n, leaf(n, p->of), value));
        return true;
    }
    return false;
}

static bool add_name(sym *list, int *count, int most, sym name)
{
    for (int i = 0; i < *count; i++)
        if (list[i] == name)
            return false;
    if (*count < most)
        list[(*count)++] = name;
    return true;
}

typedef struct {
    sym list[32];
    int count;
} names_in;

static void see_name(void *context, const syn *s, const syn *parent, int place)
{
    names_in *x = context;
    (void)parent, (void)place;
    if (s->kind == SYN_NAME)
        add_name(x->list, &x->count, 32, s->name);
}

/* Names by which `of` is differentiated and which do not act through another of them. */
static int arguments_of(notes *n, const pairs *p, sym of, int section, bool open_only, sym *out, int *first)
{
    sym by[32];
    int count = 0, kept = 0;
    bool any_defined = false;
    *first = -1;
    for (int i = 0; i < p->count; i++) {
        const pair *q = &p->list[i];
        if (open_only && (notes_lookalike(n, q->by) || notes_find(n, q->by, q->item, NULL) < 0))
            continue;
        if (q->of != of || q->by == of || (section >= 0 && q->section != section) || (open_only && notes_depends(n, of, q->by, q->item)))
            continue;
        if (*first < 0)
            *first = q->item;
        add_name(by, &count, 32, q->by);
        any_defined |= notes_find(n, q->by, q->item, NULL) >= 0;
    }
    for (int i = 0; i < count; i++) {
        bool through = any_defined && notes_find(n, by[i], *first, NULL) < 0;
        for (int k = 0; k < count; k++)
            through |= k != i && notes_depends(n, by[k], by[i], *first);
        if (!through)
            out[kept++] = by[i];
    }
    return kept;
}

static syn *argument_list(notes *n, const sym *names, int count)
{
    syn *paren = syn_new(n->memory, SYN_PAREN, (span){n->document.source, 0, 0}, count);
    for (int i = 0; i < count; i++)
        paren->child[i] = leaf(n, names[i]);
    return paren;
}

/* In the section that a set opens, C is differentiated by a₂, which no definition of C contains: C = C(a₂, y) there. */
static void open_function(notes *n, const pairs *p, sym of, int section)
{
    sym names[34];
    int first, count = arguments_of(n, p, of, section, true, names, &first), old = -1;
    if (count == 0)
        return;
    for (int i = 0; i < n->definition_count && old < 0; i++)
        if (n->definition[i].name == of && !n->definition[i].label)
            old = i;
    names_in inside = {0};
    if (old >= 0)
        notes_visit(n->definition[old].value, see_name, &inside);
    for (int i = 0, own = count; i < inside.count && count < 6; i++) {
        bool replaced = notes_is_function(n, inside.list[i]) || notes_depends(n, names[0], inside.list[i], first);
        for (int k = 0; k < own; k++)
            replaced |= same_stem(n, names[k], inside.list[i]);
        if (!replaced)
            add_name(names, &count, 34, inside.list[i]);
    }
    syn *arguments = argument_list(n, names, count);
    assume(n, of, arguments, section, true);
    int from = first;
    for (int i = 0; i < n->item_count; i++)
        if (n->item[i].section == section) {
            from = i;
            break;
        }
    notes_announce(n,
                   "from line %d on %s is taken as an unknown function %s%s: it is differentiated by %s, which no definition of it contains; its definition on "
                   "line %d is not used there",
                   n->item[from].line, notes_text(n, leaf(n, of)), notes_text(n, leaf(n, of)), notes_text(n, arguments), notes_text(n, leaf(n, names[0])),
                   old >= 0 ? n->item[n->definition[old].item].line : 0);
}

/* --- look-alikes --- */

static void see_known(void *context, const syn *s, const syn *parent, int place)
{
    see_name(context, s, parent, place);
}

typedef struct {
    sym *list;
    int count, capacity;
} known_names;

static void know(known_names *k, sym name)
{
    for (int i = 0; i < k->count; i++)
        if (k->list[i] == name)
            return;
    if (k->count == k->capacity) {
        k->capacity = k->capacity ? 2 * k->capacity : 64;
        k->list = xrealloc(k->list, (size_t)k->capacity * sizeof *k->list);
    }
    k->list[k->count++] = name;
}

static void know_tree(known_names *k, const syn *s)
{
    if (!s)
        return;
    names_in x = {0};
    see_known(&x, s, NULL, 0);
    notes_visit(s, see_known, &x);
    for (int i = 0; i < x.count; i++)
        know(k, x.list[i]);
}

static bool knows(const known_names *k, sym name)
{
    for (int i = 0; i < k->count; i++)
        if (k->list[i] == name)
            return true;
    return false;
}

/* Accents off, capitals to small letters. */
static void folded(const char *key, char *out, size_t room)
{
    static const char *const accents[] = {"tilde", "hat", "bar", "dot", "vec"};
    size_t n = 0;
    while (*key && n + 1 < room) {
        bool accent = false;
        for (size_t i = 0; n > 0 && i < sizeof accents / sizeof *accents && !accent; i++)
            if (strncmp(key, accents[i], strlen(accents[i])) == 0) {
                key += strlen(accents[i]);
                accent = true;
            }
        if (!accent)
            out[n++] = *key >= 'A' && *key <= 'Z' ? (char)(*key++ + 32) : *key++;
    }
    out[n] = 0;
}

typedef struct {
    sym name;
    bool elsewhere;
} above_only;

static void see_elsewhere(void *context, const syn *s, const syn *parent, int place)
{
    above_only *x = context;
    x->elsewhere |= s->kind == SYN_NAME && s->name == x->name && !(parent && parent->kind == SYN_DERIVATIVE && place == 0);
}

/* A small letter for a capital is a slip only where the name does nothing but being differentiated. */
static bool only_differentiated(const notes *n, sym name)
{
    above_only x = {.name = name};
    for (int k = 0; k < n->item_count && !x.elsewhere; k++) {
        const note_item *i = &n->item[k];
        if (i->left) {
            see_elsewhere(&x, i->left, NULL, 0);
            notes_visit(i->left, see_elsewhere, &x);
        }
        if (i->right) {
            see_elsewhere(&x, i->right, NULL, 0);
            notes_visit(i->right, see_elsewhere, &x);
        }
    }
    return !x.elsewhere;
}

static bool same_letters(const char *a, const char *b)
{
    return strlen(a) == strlen(b);
}

static sym find_lookalike(const notes *n, const known_names *k, sym name)
{
    char a[80], b[80];
    const char *key = intern_text(n->names, name);
    if (strncmp(key, "nabla", 5) == 0 && key[5]) {
        sym sigma = intern_find(n->names, arena_printf(n->memory, "sigma%s", key + 5));
        return sigma;
    }
    folded(key, a, sizeof a);
    for (int i = 0; i < k->count; i++) {
        folded(intern_text(n->names, k->list[i]), b, sizeof b);
        if (k->list[i] != name && strcmp(a, b) == 0 && (!same_letters(key, intern_text(n->names, k->list[i])) || only_differentiated(n, name)))
            return k->list[i];
    }
    return 0;
}

static void find_unknown(notes *n)
{
    known_names known = {0}, all = {0};
    for (int i = 0; i < n->definition_count; i++) {
        const note_definition *d = &n->definition[i];
        if (d->label)
            continue;
        know(&known, d->name);
        know_tree(&known, d->value);
        know_tree(&known, d->parameters);
    }
    for (int i = 0; i < n->item_count; i++) {
        if (n->item[i].role == NOTE_UPDATE && n->item[i].left && n->item[i].left->kind == SYN_NAME)
            know(&known, n->item[i].left->name);
        know_tree(&all, n->item[i].left);
        know_tree(&all, n->item[i].right);
    }
    n->unknown = arena_alloc(n->memory, ((size_t)all.count + 1) * sizeof *n->unknown);
    for (int i = 0; i < all.count; i++) {
        bool kept = knows(&known, all.list[i]) || notes_is_builtin(n, all.list[i]) || latex_atom_inside(n->reading, all.list[i]);
        sym to = kept ? 0 : find_lookalike(n, &known, all.list[i]);
        if (to)
            n->unknown[n->unknown_count++] = (note_rename){all.list[i], to};
    }
    free(known.list);
    free(all.list);
}

void notes_assume(notes *n)
{
    pairs p = {0};
    find_unknown(n);
    notes_find_functions(n);
    notes_find_assumptions(n);
    collect_pairs(n, &p);
    for (int i = 0; i < p.count; i++)
        if (notes_find(n, p.list[i].of, p.list[i].item, NULL) < 0 && !notes_lookalike(n, p.list[i].of))
            by_analogy(n, &p.list[i]);
    for (int section = 1; section < n->section_count; section++)
        for (int i = 0; i < p.count; i++) {
            const pair *q = &p.list[i];
            int d = q->section == section ? notes_find(n, q->of, q->item, NULL) : -1;
            if (d >= 0 && n->definition[d].item >= 0 && !n->definition[d].label && n->definition[d].section < section)
                open_function(n, &p, q->of, section);
        }
    for (int i = 0; i < p.count; i++) { /* never defined at all */
        const pair *q = &p.list[i];
        sym names[34];
        int first, count;
        if (notes_find(n, q->of, q->item, NULL) >= 0 || notes_is_function(n, q->of) || latex_atom_inside(n->reading, q->of))
            continue;
        if ((count = arguments_of(n, &p, q->of, -1, false, names, &first)) > 0) {
            syn *arguments = argument_list(n, names, count);
            assume(n, q->of, arguments, -1, true);
            if (!notes_lookalike(n, q->of))
                notes_announce(n, "%s is nowhere defined; taken as an unknown function %s%s", notes_text(n, leaf(n, q->of)), notes_text(n, leaf(n, q->of)),
                               notes_text(n, arguments));
        }
    }
    free(p.list);
}
