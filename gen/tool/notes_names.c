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
    static const char *const others[] = {"softmax", "trace", "det", "diag", "norm", "inv",       "sum",        "prod",
                                         "mean",    "max",   "min", "e",    "pi",   "logsumexp", "log_softmax"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(text, others[i]) == 0)
            return true;
    return latex_function_word_known(text);
}

/* --- definitions --- */

int notes_first(const notes *n, sym name)
{
    return name < n->first_capacity ? n->first[name] : -1;
}

void notes_link(notes *n, int number)
{
    note_definition *d = &n->definition[number];
    if (d->name >= n->first_capacity) {
        int capacity = 2 * d->name + 64;
        n->first = xrealloc(n->first, (size_t)capacity * sizeof *n->first);
        n->last = xrealloc(n->last, (size_t)capacity * sizeof *n->last);
        for (int i = n->first_capacity; i < capacity; i++)
            n->first[i] = n->last[i] = -1;
        n->first_capacity = capacity;
    }
    d->next = -1;
    if (n->first[d->name] < 0)
        n->first[d->name] = number;
    else
        n->definition[n->last[d->name]].next = number;
    n->last[d->name] = number;
}

void notes_add_size(notes *n, sym name)
{
    if (!notes_is_size(n, name) && n->size_count < 32) {
        n->size_from[n->size_count] = -1;
        n->size[n->size_count++] = name;
    }
}

bool notes_is_size(const notes *n, sym name)
{
    for (int i = 0; i < n->size_count; i++)
        if (n->size[i] == name)
            return true;
    return false;
}

typedef struct {
    sym name;
    bool other;
} identity_search;

static void see_other_use(void *context, const syn *s, const syn *parent, int place)
{
    identity_search *x = context;
    if (s->name != x->name || (s->kind != SYN_NAME && s->kind != SYN_FAMILY))
        return;
    bool below = parent && parent->kind == SYN_DERIVATIVE, entry = parent && parent->kind == SYN_INDEX && (place > 0 || parent->count != 3);
    bool applied = parent && parent->kind == SYN_PRODUCT && place + 1 < parent->count && parent->text[place + 1] == ' ' &&
                   parent->child[place + 1]->kind == SYN_PAREN && parent->child[place + 1]->count > 1;
    x->other |= s->kind == SYN_FAMILY || below || entry || applied || (parent && parent->kind == SYN_PRIME);
}

bool notes_is_identity(notes *n, sym name)
{
    const char *key = intern_text(n->names, name);
    if (key[0] != 'I' || key[1])
        return false;
    identity_search x = {.name = name, .other = notes_first(n, name) >= 0 || !notes_has_vectors(n)};
    for (int k = 0; k < n->item_count && !n->identity; k++) {
        const note_item *i = &n->item[k];
        x.other |= i->left && i->left->kind == SYN_NAME && i->left->name == name && i->step <= 1 && i->right;
        if (i->left)
            notes_visit(i->left, see_other_use, &x);
        if (i->right)
            notes_visit(i->right, see_other_use, &x);
    }
    if (!n->identity)
        n->identity = x.other ? -1 : 1;
    if (n->identity > 0)
        notes_announce(n, "I is the identity matrix");
    return n->identity > 0;
}

note_definition *notes_define(notes *n, sym name, syn *value, int item)
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
    const syn *left = item >= 0 && !n->item[item].label ? n->item[item].left : NULL;
    d->family = left && (left->kind == SYN_FAMILY || (left->kind == SYN_INDEX && left->child[0]->kind == SYN_FAMILY));
    if (item >= 0)
        n->item[item].definition = n->definition_count - 1;
    notes_link(n, n->definition_count - 1);
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
        for (int i = 0; i < left->child[1]->count; i++) /* g(0) = g₀ is a condition */
            if (left->child[1]->child[i]->kind != SYN_NAME && left->child[1]->child[i]->kind != SYN_INDEX && left->child[1]->child[i]->kind != SYN_FAMILY)
                return NULL;
        left = left->child[0];
    }
    if (left->kind == SYN_INDEX)
        left = left->child[0];
    return left->kind == SYN_NAME || left->kind == SYN_FAMILY ? left : NULL;
}

static int first_definition(const notes *n, sym name, bool family)
{
    for (int i = notes_first(n, name); i >= 0; i = n->definition[i].next)
        if (!n->definition[i].label && n->definition[i].family == family)
            return i;
    return -1;
}

/* The last section with a definition of the name; −1. A set opens a section: the network behind it may give old names new meanings. */
static int newest_section(const notes *n, sym name)
{
    int section = -1;
    for (int i = notes_first(n, name); i >= 0; i = n->definition[i].next)
        if (!n->definition[i].label && n->definition[i].section > section)
            section = n->definition[i].section;
    return section;
}

static int newest_heading(const notes *n, sym name)
{
    int heading = -1;
    for (int i = notes_first(n, name); i >= 0; i = n->definition[i].next) {
        const note_definition *d = &n->definition[i];
        if (!d->label && d->item >= 0 && n->item[d->item].heading > heading)
            heading = n->item[d->item].heading;
    }
    return heading;
}

static bool same_parameters(const syn *a, const syn *b)
{
    return a == b || (a && b && syn_equal(a, b));
}

typedef struct {
    sym name;
    bool found;
} below_search;

static void see_below(void *context, const syn *s, const syn *parent, int place)
{
    below_search *x = context;
    x->found |= parent && parent->kind == SYN_DERIVATIVE && place > 0 && s->kind == SYN_NAME && s->name == x->name;
}

/* w = (XᵀX)⁻¹Xᵀy behind ∇_w J = 0: an earlier definition is in terms of w, and a line has differentiated by it. It is what solves, no definition. */
static bool is_solution(const notes *n, int number, sym name)
{
    below_search x = {.name = name};
    bool used = false;
    for (int d = 0; d < n->definition_count && !used; d++) {
        const note_definition *e = &n->definition[d];
        used = e->item >= 0 && e->item < number && !e->label && !e->set && e->name != name && notes_mentions(e->value, name);
    }
    for (int k = number - 1; k >= 0 && used && !x.found; k--) {
        if (n->item[k].left)
            notes_visit(n->item[k].left, see_below, &x);
        if (n->item[k].right)
            notes_visit(n->item[k].right, see_below, &x);
    }
    return used && x.found;
}

typedef struct {
    const notes *n;
    const syn *value;
    int item, names;
    bool shared;
} other_names;

static void see_other_name(void *context, const syn *s, const syn *parent, int place)
{
    other_names *x = context;
    bool index = parent && (parent->kind == SYN_INDEX || parent->kind == SYN_COMPARE) && (place > 0 || parent->kind == SYN_COMPARE);
    x->shared |= s->kind == SYN_DERIVATIVE || s->kind == SYN_FAMILY;
    if (s->kind != SYN_NAME || index || notes_is_builtin(x->n, s->name))
        return;
    x->names++;
    x->shared |= notes_reaches(x->n, x->value, s->name, x->item);
}

/* Has the right side names, none of which the definition in force has or needs? */
static bool is_about_others(const notes *n, const note_item *i, int known)
{
    other_names x = {.n = n, .value = n->definition[known].value, .item = n->definition[known].item};
    if (n->definition[known].item < 0 || n->definition[known].set)
        return false;
    see_other_name(&x, i->right, NULL, 0);
    notes_visit(i->right, see_other_name, &x);
    if (x.names == 0 || x.shared)
        return false;
    x.value = i->right;
    x.names = 0;
    see_other_name(&x, n->definition[known].value, NULL, 0);
    notes_visit(n->definition[known].value, see_other_name, &x);
    return x.names > 0 && !x.shared;
}

/* log, tanh: nobody defines them otherwise; softplus or relu may have a parameter here. */
static bool is_everywhere_the_same(const char *key)
{
    static const char *const words[] = {"exp",  "log",  "sin",  "cos", "tan", "sec", "csc",   "cot", "sinh", "cosh", "tanh", "coth", "asin",
                                        "acos", "atan", "sqrt", "abs", "max", "min", "trace", "det", "norm", "sum",  "prod", "diag", "mean"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], key) == 0)
            return true;
    return false;
}

/* The first equation for a name defines it; so does a later one with another argument list, or with :=. */
static bool defines(notes *n, note_item *i, const syn *name, const syn *parameters)
{
    int known = first_definition(n, name->name, name->kind == SYN_FAMILY);
    if (latex_atom_inside(n->reading, name->name) && !latex_atom_is_density(n->reading, name->name)) /* E[x y] = y E[x] says something */
        return false;
    if (notes_is_builtin(n, name->name) && strlen(intern_text(n->names, name->name)) > 1) { /* tanh(x) = … says something of a known function */
        i->anew = parameters && known < 0 && !i->inline_ && !is_everywhere_the_same(intern_text(n->names, name->name));
        return false;
    }
    if (name->kind == SYN_FAMILY && known >= 0) { /* δ^l beside δ^L: a layer of its own, unless all layers are defined already */
        bool covered = false;
        for (int d = known; d >= 0; d = n->definition[d].next) {
            const syn *left = n->definition[d].item >= 0 ? n->item[n->definition[d].item].left : NULL;
            left = left && left->kind == SYN_INDEX ? left->child[0] : left;
            if (left && left->kind == SYN_FAMILY)
                covered |= syn_equal(left, name) || (left->child[0]->kind == SYN_NAME && strcmp(intern_text(n->names, left->child[0]->name), "L") != 0);
        }
        bool again = covered && name->child[0]->kind == SYN_NAME && notes_is_running(n, name->child[0]->name) && notes_mentions(i->right, name->name) &&
                     !syn_equal(i->right, n->definition[known].value);
        if (again) /* another recurrence for the same name replaces the first */
            notes_announce(n, "%s is defined anew on line %d", notes_text(n, name), i->line);
        return !covered || again;
    }
    if (i->role == NOTE_DEFINITION || known < 0)
        return !notes_mentions(i->right, name->name) || i->left->kind == SYN_INDEX || name->kind == SYN_FAMILY;
    if (!i->inline_ && i->left->kind == SYN_NAME && newest_section(n, name->name) < i->section && i->section > 0) {
        notes_announce(n, "%s is defined anew on line %d, for the network that begins there", intern_text(n->names, intern_spelling(n->names, name->name)),
                       i->line);
        return !notes_mentions(i->right, name->name);
    }
    if (!i->inline_ && !i->label && name->kind == SYN_NAME && is_about_others(n, i, known)) { /* another loss L_i, of other scores */
        i->anew = true;
        return false;
    }
    i->anew = i->left->kind == SYN_NAME && !i->inline_ && newest_heading(n, name->name) < i->heading && !notes_mentions(i->right, name->name);
    return parameters && !same_parameters(parameters, n->definition[known].parameters) && !notes_is_function(n, name->name);
}

void notes_collect_definition(notes *n, int number)
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
    if (name->kind == SYN_NAME && i->left->kind == SYN_NAME && i->role == NOTE_CLAIM && is_solution(n, number, name->name)) {
        i->role = NOTE_CONDITION;
        return;
    }
    i->role = NOTE_DEFINITION;
    note_definition *d = notes_define(n, name->name, i->right, number);
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
    syn *parameters;
    const syn *name = defined_name(i->left, &parameters);
    if (!name)
        return;
    bool heading = newest_heading(n, name->name) < i->heading;
    notes_define(n, name->name, i->right, number)->parameters = parameters;
    notes_announce(n, "%s is defined anew on line %d%s", intern_text(n->names, intern_spelling(n->names, name->name)), i->line,
                   parameters ? ""
                   : heading  ? ", under a new heading"
                              : ", of other names");
}

void notes_collect_label(notes *n, int number)
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
    notes_define(n, right->name, i->left, number)->label = true;
}

void notes_number_sections(notes *n)
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
    for (int i = notes_first(n, name); i >= 0; i = n->definition[i].next) {
        const note_definition *d = &n->definition[i];
        if (d->set || d->family || d->other || (t && t->without == i))
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
    if ((s->kind != SYN_NAME && s->kind != SYN_FAMILY) || d->found)
        return;
    if (s->name == d->on) {
        d->found = true;
        return;
    }
    for (int i = 0; i < d->seen_count; i++)
        if (d->seen[i] == s->name)
            return;
    int definition = notes_find(d->n, s->name, d->item, NULL);
    const syn *value = definition >= 0 ? d->n->definition[definition].value : latex_atom_inside(d->n->reading, s->name);
    if (!value || d->seen_count >= 200)
        return;
    d->seen[d->seen_count++] = s->name;
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

bool notes_reaches(const notes *n, const syn *s, sym name, int item)
{
    dependence d = {.n = n, .on = name, .item = item};
    if (!s)
        return false;
    see_dependence(&d, s, NULL, 0);
    notes_visit(s, see_dependence, &d);
    return d.found;
}

/* --- all names below --- */

typedef struct {
    const notes *n;
    const note_trial *t;
    int item, count, seen_count, depth;
    sym *list, seen[100];
    bool failed;
} below_names;

static void see_all(void *context, const syn *s, const syn *parent, int place)
{
    below_names *b = context;
    const notes *n = b->n;
    bool index = parent && parent->kind == SYN_INDEX && place > 0;
    b->failed |= s->kind == SYN_FAMILY || b->depth > 20;
    if (s->kind != SYN_NAME || index || b->failed)
        return;
    for (int i = 0; i < b->seen_count; i++)
        if (b->seen[i] == s->name)
            return;
    if (b->seen_count == 100) {
        b->failed = true;
        return;
    }
    b->seen[b->seen_count++] = s->name;
    int d = notes_find(n, s->name, b->item, b->t);
    const syn *inside = latex_atom_inside(n->reading, s->name);
    if (!inside && !notes_is_function(n, s->name) && !notes_is_builtin(n, s->name)) {
        if (b->count == NOTE_UNREAD_NAMES)
            b->failed = true;
        else
            b->list[b->count++] = s->name;
    }
    const syn *below = d >= 0 ? n->definition[d].value : inside;
    if (!below)
        return;
    b->depth++;
    see_all(b, below, NULL, 0);
    notes_visit(below, see_all, b);
    b->depth--;
}

int notes_names_below(const notes *n, const syn *s, int item, const note_trial *t, sym *list)
{
    below_names b = {.n = n, .t = t, .item = item, .list = list};
    notes_visit(s, see_all, &b);
    return b.failed ? -1 : b.count;
}

sym notes_lookalike(const notes *n, sym name)
{
    for (int i = 0; i < n->unknown_count; i++)
        if (n->unknown[i].from == name)
            return n->unknown[i].to;
    return 0;
}
