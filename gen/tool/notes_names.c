/* What the names of a document are: functions, definitions with the place from which they hold, and names that were probably meant to be others. */
#include <stdlib.h>
#include <string.h>

#include "gen/dag/ops.h"
#include "gen/tool/notes.h"

void notes_visit(const syn *s, notes_visitor visit, void *context)
{
    for (int i = 0; s && i < s->count; i++)
        if (s->child[i]) {
            visit(context, s->child[i], s, i);
            notes_visit(s->child[i], visit, context);
        }
}

typedef struct {
    sym name;
    bool found;
} mention;

static void see_mention(void *context, const syn *s, const syn *parent, int place)
{
    mention *m = context;
    (void)parent, (void)place;
    m->found |= (s->kind == SYN_NAME || s->kind == SYN_FAMILY) && s->name == m->name;
}

bool notes_mentions(const syn *s, sym name)
{
    mention m = {.name = name, .found = s && s->kind == SYN_NAME && s->name == name};
    notes_visit(s, see_mention, &m);
    return m.found;
}

bool notes_is_builtin(const notes *n, sym name)
{
    const char *text = intern_text(n->names, name);
    static const char *const others[] = {"softmax", "trace", "det", "diag", "norm", "inv", "sum", "prod", "mean", "max", "min", "e", "pi", "logsumexp", "log_softmax"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(text, others[i]) == 0)
            return true;
    return latex_function_word_known(text);
}

/* --- functions --- */

const syn *notes_argument(const syn *s)
{
    while (s->kind == SYN_POWER || s->kind == SYN_INDEX || s->kind == SYN_TRANSPOSE)
        s = s->child[0];
    return s->kind == SYN_PAREN ? s : NULL;
}

typedef struct {
    notes *n;
    sym *alone; /* names that stand without an argument somewhere */
    int alone_count, alone_capacity;
    struct applied {
        sym name;
        const syn *argument;
        bool primed, several;
    } * applied;
    int applied_count, applied_capacity;
} usage;

static void add_alone(usage *u, sym name)
{
    for (int i = 0; i < u->alone_count; i++)
        if (u->alone[i] == name)
            return;
    if (u->alone_count == u->alone_capacity) {
        u->alone_capacity = u->alone_capacity ? 2 * u->alone_capacity : 64;
        u->alone = xrealloc(u->alone, (size_t)u->alone_capacity * sizeof *u->alone);
    }
    u->alone[u->alone_count++] = name;
}

/* (z): of σ₁(z₁) and σ₁(w₁x + b₁) the first is the argument the function has. */
static bool is_name(const syn *argument)
{
    return argument->count == 1 && argument->child[0]->kind == SYN_NAME;
}

static void add_applied(usage *u, sym name, const syn *argument, bool primed)
{
    for (int i = 0; i < u->applied_count; i++)
        if (u->applied[i].name == name) {
            struct applied *a = &u->applied[i];
            a->primed |= primed;
            if (argument && (!a->argument || (is_name(argument) && !is_name(a->argument))))
                a->argument = argument;
            else if (argument && is_name(argument) && !syn_equal(argument, a->argument))
                a->several = true;
            return;
        }
    if (u->applied_count == u->applied_capacity) {
        u->applied_capacity = u->applied_capacity ? 2 * u->applied_capacity : 16;
        u->applied = xrealloc(u->applied, (size_t)u->applied_capacity * sizeof *u->applied);
    }
    u->applied[u->applied_count++] = (struct applied){.name = name, .argument = argument, .primed = primed};
}

static const syn *name_inside(const syn *s)
{
    while (s->kind == SYN_PRIME || s->kind == SYN_POWER || s->kind == SYN_INDEX || s->kind == SYN_TRANSPOSE)
        s = s->child[0];
    return s->kind == SYN_NAME || s->kind == SYN_FAMILY ? s : NULL;
}

static bool primed(const syn *s)
{
    for (; s->count && s->kind != SYN_NAME && s->kind != SYN_FAMILY; s = s->child[0])
        if (s->kind == SYN_PRIME)
            return true;
    return false;
}

static void see_usage(void *context, const syn *s, const syn *parent, int place)
{
    usage *u = context;
    if (s->kind == SYN_PRIME && s->child[0]->kind == SYN_NAME)
        add_applied(u, s->child[0]->name, NULL, true);
    if (s->kind == SYN_PRODUCT)
        for (int i = 0; i + 1 < s->count; i++) {
            const syn *name = name_inside(s->child[i]);
            const syn *argument = s->text[i + 1] == ' ' ? notes_argument(s->child[i + 1]) : NULL;
            if (name && argument)
                add_applied(u, name->name, argument, primed(s->child[i]));
        }
    bool called = parent && parent->kind == SYN_PRODUCT && place + 1 < parent->count && notes_argument(parent->child[place + 1]) && parent->text[place + 1] == ' ';
    if (s->kind == SYN_NAME && !called && (!parent || (parent->kind != SYN_PRIME && parent->kind != SYN_POWER && parent->kind != SYN_TRANSPOSE)))
        add_alone(u, s->name);
}

static bool stands_alone(const usage *u, sym name)
{
    for (int i = 0; i < u->alone_count; i++)
        if (u->alone[i] == name)
            return true;
    return false;
}

static void look_at(usage *u, const syn *s)
{
    if (!s)
        return;
    see_usage(u, s, NULL, 0);
    notes_visit(s, see_usage, u);
}

static void collect_functions(notes *n)
{
    usage u = {.n = n};
    for (int i = 0; i < n->item_count; i++) {
        if (n->item[i].step <= 1)
            look_at(&u, n->item[i].left);
        look_at(&u, n->item[i].right);
    }
    n->function = arena_alloc(n->memory, ((size_t)u.applied_count + 1) * sizeof *n->function);
    for (int i = 0; i < u.applied_count; i++) {
        const struct applied *a = &u.applied[i];
        const char *text = intern_text(n->names, a->name);
        bool usual = strncmp(text, "sigma", 5) == 0 || strncmp(text, "phi", 3) == 0 || strncmp(text, "f", 2) == 0 || strncmp(text, "g", 2) == 0;
        if (notes_is_builtin(n, a->name) || !a->argument || (stands_alone(&u, a->name) && !a->primed && !usual))
            continue;
        n->function[n->function_count++] = (note_function){a->name, (syn *)(size_t)a->argument, a->several};
    }
    free(u.alone);
    free(u.applied);
}

bool notes_is_function(const notes *n, sym name)
{
    for (int i = 0; i < n->function_count; i++)
        if (n->function[i].name == name)
            return true;
    return notes_is_builtin(n, name);
}

/* --- definitions --- */

static note_definition *add_definition(notes *n, sym name, syn *value, int item)
{
    if (n->definition_count == n->definition_capacity) {
        int capacity = n->definition_capacity ? 2 * n->definition_capacity : 64;
        note_definition *more = arena_alloc(n->memory, (size_t)capacity * sizeof *more);
        if (n->definition_count)
            memcpy(more, n->definition, (size_t)n->definition_count * sizeof *more);
        n->definition = more;
        n->definition_capacity = capacity;
    }
    note_definition *d = &n->definition[n->definition_count++];
    *d = (note_definition){.name = name, .value = value, .item = item, .section = item >= 0 ? n->item[item].section : 0};
    if (item >= 0)
        n->item[item].definition = n->definition_count - 1;
    return d;
}

/* The name a left side could define: C, σ(z), C(y, ε, x), z[j], a{l}. *parameters receives the argument list. */
static const syn *defined_name(const syn *left, syn **parameters)
{
    *parameters = NULL;
    if (!left)
        return NULL;
    if (left->kind == SYN_PRODUCT && left->count == 2 && left->child[1]->kind == SYN_PAREN && left->text[1] == ' ') {
        *parameters = left->child[1];
        left = left->child[0];
    }
    if (left->kind == SYN_INDEX)
        left = left->child[0];
    return left->kind == SYN_NAME || left->kind == SYN_FAMILY ? left : NULL;
}

static int first_definition(const notes *n, sym name, bool labels)
{
    for (int i = 0; i < n->definition_count; i++)
        if (n->definition[i].name == name && n->definition[i].label == labels)
            return i;
    return -1;
}

/* The last section with a definition of the name; −1. A set opens a section: the network behind it may give old names new meanings. */
static int newest_section(const notes *n, sym name)
{
    int section = -1;
    for (int i = 0; i < n->definition_count; i++)
        if (n->definition[i].name == name && !n->definition[i].label && n->definition[i].section > section)
            section = n->definition[i].section;
    return section;
}

static int newest_heading(const notes *n, sym name)
{
    int heading = -1;
    for (int i = 0; i < n->definition_count; i++) {
        const note_definition *d = &n->definition[i];
        if (d->name == name && !d->label && d->item >= 0 && n->item[d->item].heading > heading)
            heading = n->item[d->item].heading;
    }
    return heading;
}

static bool same_parameters(const syn *a, const syn *b)
{
    return a == b || (a && b && syn_equal(a, b));
}

/* The first equation for a name defines it; so does a later one with another argument list, or with :=. */
static bool defines(notes *n, note_item *i, const syn *name, const syn *parameters)
{
    int known = first_definition(n, name->name, false);
    if (notes_is_builtin(n, name->name) && strlen(intern_text(n->names, name->name)) > 1 && !parameters)
        return false;
    if (name->kind == SYN_FAMILY && known >= 0) { /* δ^l beside δ^L: a layer of its own, unless all layers are defined already */
        bool covered = false;
        for (int d = 0; d < n->definition_count; d++) {
            const syn *left = n->definition[d].name == name->name && n->definition[d].item >= 0 ? n->item[n->definition[d].item].left : NULL;
            left = left && left->kind == SYN_INDEX ? left->child[0] : left;
            if (left && left->kind == SYN_FAMILY)
                covered |= syn_equal(left, name) || (left->child[0]->kind == SYN_NAME && strcmp(intern_text(n->names, left->child[0]->name), "L") != 0);
        }
        return !covered;
    }
    if (i->role == NOTE_DEFINITION || known < 0)
        return !notes_mentions(i->right, name->name) || i->left->kind == SYN_INDEX || name->kind == SYN_FAMILY;
    if (!i->inline_ && i->left->kind == SYN_NAME && newest_section(n, name->name) < i->section && i->section > 0) {
        notes_announce(n, "%s is defined anew on line %d, for the network that begins there", intern_text(n->names, intern_spelling(n->names, name->name)), i->line);
        return !notes_mentions(i->right, name->name);
    }
    i->anew = i->left->kind == SYN_NAME && !i->inline_ && newest_heading(n, name->name) < i->heading && !notes_mentions(i->right, name->name);
    return parameters && !same_parameters(parameters, n->definition[known].parameters) && !notes_is_function(n, name->name);
}

static void collect_definition(notes *n, int number)
{
    note_item *i = &n->item[number];
    syn *parameters;
    const syn *name = i->step == 1 && !i->joined && !i->broken && i->right ? defined_name(i->left, &parameters) : NULL;
    if (!name || i->label || (i->role != NOTE_CLAIM && i->role != NOTE_DEFINITION)) {
        if (i->role == NOTE_DEFINITION)
            i->role = NOTE_CLAIM;
        return;
    }
    if (i->inline_ && i->right->kind == SYN_NUMBER && i->left->kind != SYN_NAME)
        return;
    if (!defines(n, i, name, parameters)) {
        if (i->role == NOTE_DEFINITION)
            i->role = NOTE_CLAIM;
        return;
    }
    i->role = NOTE_DEFINITION;
    note_definition *d = add_definition(n, name->name, i->right, number);
    d->parameters = parameters;
    d->set = i->right->kind == SYN_SET;
}

/* A parameter (in a set, updated) or a name that a definition before this line uses: the label repeats it and defines nothing. */
static bool is_old(const notes *n, sym name, int number)
{
    for (int k = 0; k < n->item_count; k++) {
        const note_item *i = &n->item[k];
        bool set = i->right && i->right->kind == SYN_SET && notes_mentions(i->right, name);
        if (set || (i->role == NOTE_UPDATE && i->left && i->left->kind == SYN_NAME && i->left->name == name))
            return true;
        if (k < number && i->definition >= 0 && !i->label && i->right && notes_mentions(i->right, name))
            return true;
    }
    return false;
}

/* Under a new heading an equation for an old name that does not follow from the old definition defines the name anew, from its line on. */
void notes_define_anew(notes *n, int number)
{
    note_item *i = &n->item[number];
    i->role = NOTE_DEFINITION;
    i->decided = false;
    i->v = (verdict){0};
    add_definition(n, i->left->name, i->right, number);
    notes_announce(n, "%s is defined anew on line %d, under a new heading", intern_text(n->names, intern_spelling(n->names, i->left->name)), i->line);
}

static void collect_label(notes *n, int number)
{
    note_item *i = &n->item[number];
    if (!i->label || !i->right || i->broken)
        return;
    syn *right = i->right;
    if (i->trouble && right->kind == SYN_PRODUCT) /* `δ_1 ×` */
        return;
    if (right->kind == SYN_NAME && is_old(n, right->name, number))
        return;
    if (right->kind != SYN_NAME || first_definition(n, right->name, false) >= 0 || notes_mentions(i->left, right->name))
        return;
    add_definition(n, right->name, i->left, number)->label = true;
}

static void number_sections(notes *n)
{
    int section = 0;
    bool last_was_set = false;
    for (int k = 0; k < n->item_count; k++) {
        note_item *i = &n->item[k];
        bool set = i->right && i->right->kind == SYN_SET && i->left && i->left->kind == SYN_NAME && !i->inline_;
        if (set && !last_was_set)
            section++;
        last_was_set = set;
        i->section = section;
    }
    n->section_count = section + 1;
}

void notes_collect(notes *n)
{
    number_sections(n);
    collect_functions(n);
    for (int i = 0; i < n->item_count; i++)
        collect_definition(n, i);
    for (int i = 0; i < n->item_count; i++)
        collect_label(n, i);
}

/* --- looking up --- */

static int chosen_label(const notes *n, sym name, int section)
{
    for (int i = 0; i < n->chosen_count; i++)
        if (n->chosen[i][1] == section && n->definition[n->chosen[i][0]].name == name)
            return n->chosen[i][0];
    return -1;
}

int notes_find(const notes *n, sym name, int item, const note_trial *t)
{
    int before = -1, after = -1, label = -1, section = item >= 0 && item < n->item_count ? n->item[item].section : 0;
    if (t && t->with >= 0 && n->definition[t->with].name == name)
        return t->with;
    for (int i = 0; i < n->definition_count; i++) {
        const note_definition *d = &n->definition[i];
        if (d->name != name || d->set || (t && t->without == i))
            continue;
        if (d->item < 0) { /* assumed for a section: from its opening on */
            if (d->section == section || d->section < 0)
                return i;
            continue;
        }
        if (d->label) {
            bool nearer = label < 0 || (n->definition[label].section != section && d->section == section);
            if (nearer)
                label = i;
        } else if (d->item <= item)
            before = before >= 0 && n->definition[before].item > d->item ? before : i;
        else if (after < 0 || n->definition[after].item > d->item)
            after = i;
    }
    if (before >= 0 || after >= 0)
        return before >= 0 ? before : after;
    int chosen = chosen_label(n, name, section);
    return chosen >= 0 && !(t && t->without == chosen) ? chosen : label;
}

typedef struct {
    const notes *n;
    sym on;
    int item, depth;
    bool found;
    sym seen[200];
    int seen_count;
} dependence;

static void see_dependence(void *context, const syn *s, const syn *parent, int place)
{
    dependence *d = context;
    (void)parent, (void)place;
    if (s->kind != SYN_NAME || d->found)
        return;
    if (s->name == d->on) {
        d->found = true;
        return;
    }
    for (int i = 0; i < d->seen_count; i++)
        if (d->seen[i] == s->name)
            return;
    int definition = notes_find(d->n, s->name, d->item, NULL);
    if (definition < 0 || d->seen_count >= 200)
        return;
    d->seen[d->seen_count++] = s->name;
    const syn *value = d->n->definition[definition].value;
    see_dependence(context, value, NULL, 0);
    notes_visit(value, see_dependence, context);
}

bool notes_depends(const notes *n, sym name, sym on, int item)
{
    dependence d = {.n = n, .on = on, .item = item};
    syn start = {.kind = SYN_NAME, .name = name};
    see_dependence(&d, &start, NULL, 0);
    return d.found;
}

sym notes_lookalike(const notes *n, sym name)
{
    for (int i = 0; i < n->unknown_count; i++)
        if (n->unknown[i].from == name)
            return n->unknown[i].to;
    return 0;
}
