/* Signs in front of and behind names that make another name of them: θ′, Δw; and d x, which is a differential. In place, after notes_normal.c. */
#include <string.h>

#include "gen/tool/notes.h"

typedef struct {
    const notes *n;
    sym name;
    bool applied, alone;
} use_search;

static void see_use(void *context, const syn *s, const syn *parent, int place)
{
    use_search *x = context;
    if (s->kind != SYN_NAME || s->name != x->name)
        return;
    bool primed = parent && parent->kind == SYN_PRIME;
    x->applied |=
        parent && parent->kind == SYN_PRODUCT && place + 1 < parent->count && parent->text[place + 1] == ' ' && notes_argument(parent->child[place + 1]);
    x->alone |= !primed;
}

static void see_primed(void *context, const syn *s, const syn *parent, int place)
{
    use_search *x = context;
    bool primed = s->kind == SYN_PRIME && s->child[0]->kind == SYN_NAME && s->child[0]->name == x->name;
    x->applied |= primed && parent && parent->kind == SYN_PRODUCT && place + 1 < parent->count && parent->text[place + 1] == ' ' &&
                  notes_argument(parent->child[place + 1]);
}

static void search(const notes *n, notes_visitor visit, void *context)
{
    for (int k = 0; k < n->item_count; k++) {
        const note_item *i = &n->item[k];
        if (i->left && i->step <= 1)
            visit(context, i->left, NULL, 0), notes_visit(i->left, visit, context);
        if (i->right)
            visit(context, i->right, NULL, 0), notes_visit(i->right, visit, context);
    }
}

static bool is_defined(const notes *n, sym name)
{
    for (int k = 0; k < n->item_count; k++) {
        const syn *left = n->item[k].step == 1 && n->item[k].right && n->item[k].role != NOTE_SHAPE ? n->item[k].left : NULL;
        if (left && left->kind == SYN_PRODUCT && left->count == 2 && left->child[1]->kind == SYN_PAREN)
            left = left->child[0];
        if (left && left->kind == SYN_INDEX)
            left = left->child[0];
        if (left && (left->kind == SYN_NAME || left->kind == SYN_FAMILY) && left->name == name)
            return true;
    }
    return false;
}

typedef void (*changer)(notes *n, syn *s, sym name);

static void change(notes *n, syn *s, sym name, changer apply)
{
    for (int i = 0; s && i < s->count; i++)
        change(n, s->child[i], name, apply);
    if (s)
        apply(n, s, name);
}

static void change_all(notes *n, sym name, changer apply)
{
    for (int k = 0; k < n->item_count; k++) {
        change(n, n->item[k].left, name, apply);
        change(n, n->item[k].right, name, apply);
    }
}

/* --- θ′ --- */

static void become_primed(notes *n, syn *s, sym name)
{
    if (s->kind != SYN_PRIME || s->child[0]->kind != SYN_NAME || s->child[0]->name != name)
        return;
    const char *key = intern_text(n->names, name), *shown = intern_text(n->names, intern_spelling(n->names, name));
    for (int i = 0; i < s->number; i++) {
        key = arena_printf(n->memory, "%s_prime", key);
        shown = arena_printf(n->memory, "%s′", shown);
    }
    s->kind = SYN_NAME;
    s->name = intern_puts(n->names, key);
    s->number = s->count = 0;
    intern_note_spelling(n->names, s->name, intern_puts(n->names, shown));
}

/* θ′ = θ + ε where θ has no definition and is applied to nothing: a name of its own. */
static void read_primes(notes *n)
{
    for (int k = 0; k < n->item_count; k++) {
        const syn *left = n->item[k].step == 1 && n->item[k].right ? n->item[k].left : NULL;
        if (!left || left->kind != SYN_PRIME || left->child[0]->kind != SYN_NAME)
            continue;
        use_search x = {.n = n, .name = left->child[0]->name};
        search(n, see_use, &x);
        search(n, see_primed, &x);
        if (!x.applied && x.alone && !is_defined(n, x.name) && !notes_is_builtin(n, x.name))
            change_all(n, x.name, become_primed);
    }
}

/* --- Δw --- */

static syn *name_inside(syn *s)
{
    while (s->kind == SYN_INDEX || s->kind == SYN_TRANSPOSE || s->kind == SYN_POWER || s->kind == SYN_PRIME)
        s = s->child[0];
    return s->kind == SYN_NAME || s->kind == SYN_FAMILY ? s : NULL;
}

static void join_delta(notes *n, syn *s, sym delta)
{
    if (s->kind != SYN_PRODUCT)
        return;
    for (int i = 0; i + 1 < s->count; i++) {
        syn *inside = s->child[i]->kind == SYN_NAME && s->child[i]->name == delta && s->text[i + 1] == ' ' ? name_inside(s->child[i + 1]) : NULL;
        if (!inside)
            continue;
        const char *shown = intern_text(n->names, intern_spelling(n->names, inside->name));
        inside->name = intern_puts(n->names, arena_printf(n->memory, "Delta_%s", intern_text(n->names, inside->name)));
        intern_note_spelling(n->names, inside->name, intern_puts(n->names, arena_printf(n->memory, "Δ%s", shown)));
        char *text = arena_strndup(n->memory, s->text, (size_t)s->count);
        memmove(text + i + 1, text + i + 2, (size_t)(s->count - i - 2));
        memmove(s->child + i, s->child + i + 1, (size_t)(s->count - i - 1) * sizeof *s->child);
        s->text = text;
        s->count--;
    }
    if (s->count == 1) {
        const syn *only = s->child[0];
        *s = *only;
    }
}

typedef struct {
    const notes *n;
    sym delta;
    bool of_value;
} delta_search;

static void see_delta(void *context, const syn *s, const syn *parent, int place)
{
    delta_search *x = context;
    (void)parent, (void)place;
    for (int i = 0; s->kind == SYN_PRODUCT && i + 1 < s->count; i++) {
        const syn *inside = s->child[i]->kind == SYN_NAME && s->child[i]->name == x->delta ? name_inside(s->child[i + 1]) : NULL;
        x->of_value |= inside && is_defined(x->n, inside->name);
    }
}

/* Δw is one name, unless Δ is one; of a name with a definition it may be the Laplacian or a change. */
static void read_deltas(notes *n)
{
    sym delta = intern_find(n->names, "Delta");
    if (!delta || is_defined(n, delta))
        return;
    for (int k = 0; k < n->item_count; k++) {
        note_item *i = &n->item[k];
        delta_search x = {.n = n, .delta = delta};
        if (i->left)
            see_delta(&x, i->left, NULL, 0), notes_visit(i->left, see_delta, &x);
        if (i->right)
            see_delta(&x, i->right, NULL, 0), notes_visit(i->right, see_delta, &x);
        if (x.of_value && !i->trouble) {
            i->trouble = "Δ in front of a name with a definition (a Laplacian, or a change) is not read by deltac";
            i->trouble_at = i->at;
            i->broken = true;
        }
    }
    change_all(n, delta, join_delta);
}

/* --- df --- */

static bool is_d(const notes *n, const syn *s)
{
    return s && s->kind == SYN_PRODUCT && s->count == 2 && s->text[1] == ' ' && s->child[0]->kind == SYN_NAME && s->child[1]->kind == SYN_NAME &&
           strcmp(intern_text(n->names, s->child[0]->name), "d") == 0;
}

static void see_d(void *context, const syn *s, const syn *parent, int place)
{
    bool *found = context;
    (void)parent, (void)place;
    for (int i = 0; s->kind == SYN_PRODUCT && i + 1 < s->count; i++)
        *found |= s->child[i]->kind == SYN_NAME && s->text[i + 1] == ' ' && s->child[i + 1]->kind == SYN_NAME;
}

/* df = … dx + … dy, where d is no name. */
static void refuse_differentials(notes *n)
{
    sym d = intern_find(n->names, "d");
    for (int k = 0; d && k < n->item_count; k++) {
        note_item *i = &n->item[k];
        bool both = false;
        if (!is_d(n, i->left) || !i->right || i->trouble || is_defined(n, d) || !is_defined(n, i->left->child[1]->name))
            continue;
        see_d(&both, i->right, NULL, 0);
        notes_visit(i->right, see_d, &both);
        if (both && notes_mentions(i->right, d)) {
            i->trouble = "an equation between differentials is not read by deltac";
            i->trouble_at = i->at;
            i->broken = true;
        }
    }
}

/* --- σ_j beside σ(z), e beside exp --- */

typedef struct {
    const notes *n;
    sym name;
    bool below, applied, power;
} other_search;

static void see_other(void *context, const syn *s, const syn *parent, int place)
{
    other_search *x = context;
    const syn *inside = s->kind == SYN_INDEX ? s->child[0] : s;
    bool by = parent && parent->kind == SYN_DERIVATIVE && place > 0;
    x->below |= by && inside->kind == SYN_NAME && inside->name == x->name;
    x->applied |= s->kind == SYN_NAME && s->name == x->name && parent && parent->kind == SYN_PRODUCT && place + 1 < parent->count &&
                  parent->text[place + 1] == ' ' && parent->child[place + 1]->kind == SYN_PAREN;
}

static void rename_entries(notes *n, syn *s, sym name)
{
    if (s->kind != SYN_INDEX || s->child[0]->kind != SYN_NAME || s->child[0]->name != name)
        return;
    syn *base = syn_new(n->memory, SYN_NAME, s->child[0]->at, 0);
    base->name = intern_puts(n->names, arena_printf(n->memory, "%s_entries", intern_text(n->names, name)));
    intern_note_spelling(n->names, base->name, intern_spelling(n->names, name));
    s->child[0] = base;
}

static void see_entry_names(void *context, const syn *s, const syn *parent, int place)
{
    sym *list = context;
    if (parent && parent->kind == SYN_DERIVATIVE && place > 0 && s->kind == SYN_INDEX && s->child[0]->kind == SYN_NAME)
        for (int i = 0; i < 16; i++) {
            if (list[i] == s->child[0]->name)
                return;
            if (!list[i]) {
                list[i] = s->child[0]->name;
                return;
            }
        }
}

/* ∂D/∂σ_j: σ_j is an entry, also where σ(z) is a function. */
static void part_entries(notes *n)
{
    sym list[16] = {0};
    search(n, see_entry_names, list);
    for (int i = 0; i < 16 && list[i]; i++) {
        other_search x = {.n = n, .name = list[i]};
        search(n, see_other, &x);
        if (x.applied)
            change_all(n, list[i], rename_entries);
    }
}

static void see_indexed(void *context, const syn *s, const syn *parent, int place)
{
    other_search *x = context;
    (void)parent, (void)place;
    x->below |= s->kind == SYN_INDEX && s->child[0]->kind == SYN_NAME && s->child[0]->name == x->name;
}

static void rename_e(notes *n, syn *s, sym e)
{
    if (s->kind == SYN_POWER && s->child[0]->kind == SYN_NAME && s->child[0]->name == e && s->child[1]->kind != SYN_NUMBER) {
        syn *call = syn_new(n->memory, SYN_PRODUCT, s->at, 2), *argument = syn_new(n->memory, SYN_PAREN, s->at, 1),
            *exp = syn_new(n->memory, SYN_NAME, s->at, 0);
        exp->name = intern_puts(n->names, "exp");
        argument->child[0] = s->child[1];
        call->text = "  ";
        call->child[0] = exp;
        call->child[1] = argument;
        s->kind = SYN_PAREN;
        s->count = 1;
        s->child[0] = call;
    }
}

static void become_value(notes *n, syn *s, sym e)
{
    if (s->kind != SYN_NAME || s->name != e)
        return;
    s->name = intern_puts(n->names, "e_value");
    intern_note_spelling(n->names, s->name, e);
}

/* ∂S/∂e: e is a name; e^x remains the exponential. */
static void part_e(notes *n)
{
    sym e = intern_find(n->names, "e");
    other_search x = {.n = n, .name = e};
    if (!e)
        return;
    search(n, see_other, &x);
    search(n, see_indexed, &x);
    if (!x.below)
        return;
    change_all(n, e, rename_e);
    change_all(n, e, become_value);
}

void notes_read_signs(notes *n)
{
    part_entries(n);
    part_e(n);
    read_primes(n);
    read_deltas(n);
    refuse_differentials(n);
}
