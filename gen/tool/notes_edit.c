/* One-edit repairs of a refuted line, tried on the tree that was written: so they are said in the document's own notation, with its indices, layers and
 * braces. Every repair that is said was proved first. */
#include <stdlib.h>
#include <string.h>

#include "gen/tool/notes.h"

enum { MOST_TRIALS = 160, ENTRY_TRIALS = 60, MOST_REPAIRS = 60 };

typedef struct {
    notes *n;
    int item;
    note_trial trial;
    const syn *side; /* the whole side that is edited */
    const syn *other;
    bool right;
    int trials;
    sym scope[24]; /* names that may stand in place of others */
    int scope_count;
    sym index[8];
    int index_count;
    syn *found;
    const char *what;
} editor;

static syn *copy(editor *e, const syn *s)
{
    syn *c = syn_new(e->n->memory, s->kind, s->at, s->count);
    syn **child = c->child;
    *c = *s;
    c->child = child;
    for (int i = 0; i < s->count; i++)
        c->child[i] = s->child[i];
    return c;
}

static const char *shown(const notes *n, sym name)
{
    return intern_text(n->names, intern_spelling(n->names, name));
}

/* Tries the side with one node replaced. */
static bool attempt(editor *e, const syn *old, syn *new, const char *what)
{
    verdict v;
    if (e->found || e->trials >= MOST_TRIALS)
        return e->found != NULL;
    e->trials++;
    syn *whole = notes_replace(e->n, e->side, old, new);
    if (syn_equal(whole, e->other)) /* a = a says nothing */
        return false;
    notes_decide_any(e->n, e->right ? e->other : whole, e->right ? whole : e->other, e->item, &e->trial, &v);
    if (!notes_good(&v))
        return false;
    e->found = whole;
    e->what = what;
    return true;
}

static bool is_call_name(const syn *parent, int place)
{
    return parent && parent->kind == SYN_PRODUCT && place + 1 < parent->count && parent->text[place + 1] == ' ' && notes_argument(parent->child[place + 1]);
}

/* --- one kind of edit at one node --- */

static void edit_signs(editor *e, const syn *s)
{
    if (s->kind == SYN_SUM && s->count == 2 && s->text[1] == '-') { /* y − ŷ for ŷ − y */
        syn *c = copy(e, s);
        c->child[0] = s->child[1];
        c->child[1] = s->child[0];
        attempt(e, s, c, "the sign is wrong");
    }
    for (int i = s->kind == SYN_SUM ? 0 : 1; s->kind == SYN_SUM && i < s->count && !e->found; i++) {
        syn *c = copy(e, s);
        char *text = arena_strndup(e->n->memory, s->text, (size_t)s->count);
        if (i == 0) { /* the first term's sign */
            c->child[0] = s->child[0]->kind == SYN_NEGATE ? s->child[0]->child[0] : syn_new(e->n->memory, SYN_NEGATE, s->child[0]->at, 1);
            if (c->child[0]->kind == SYN_NEGATE && s->child[0]->kind != SYN_NEGATE)
                c->child[0]->child[0] = s->child[0];
        } else {
            text[i] = text[i] == '-' ? '+' : '-';
        }
        c->text = text;
        attempt(e, s, c, "a sign is wrong");
    }
    if (s->kind == SYN_NEGATE)
        attempt(e, s, s->child[0], "a sign is wrong");
}

static void edit_prime(editor *e, const syn *s, const syn *parent, int place)
{
    if (s->kind == SYN_PRIME) {
        attempt(e, s, s->child[0], "a prime is too much");
    } else if (s->kind == SYN_NAME && notes_is_function(e->n, s->name) && is_call_name(parent, place)) {
        syn *p = syn_new(e->n->memory, SYN_PRIME, s->at, 1);
        p->child[0] = (syn *)(size_t)s;
        p->number = 1;
        attempt(e, s, p, "a prime is missing");
    }
}

static void edit_transpose(editor *e, const syn *s, const syn *parent)
{
    if (s->kind == SYN_TRANSPOSE)
        attempt(e, s, s->child[0], "a transpose is too much");
    else if ((s->kind == SYN_NAME || s->kind == SYN_FAMILY || s->kind == SYN_DERIVATIVE) && notes_has_vectors(e->n) && parent && parent->kind == SYN_PRODUCT) {
        syn *t = syn_new(e->n->memory, SYN_TRANSPOSE, s->at, 1);
        t->child[0] = (syn *)(size_t)s;
        attempt(e, s, t, "a transpose is missing");
    }
}

static void edit_indices(editor *e, const syn *s)
{
    if (s->kind == SYN_INDEX && s->count == 3) {
        syn *c = copy(e, s);
        c->child[1] = s->child[2];
        c->child[2] = s->child[1];
        attempt(e, s, c, "two indices are exchanged");
    }
    for (int k = 1; s->kind == SYN_INDEX && k < s->count && s->child[k]->kind == SYN_NAME; k++)
        for (int i = 0; i < e->index_count && !e->found; i++)
            if (e->index[i] != s->child[k]->name) {
                syn *c = copy(e, s), *name = copy(e, s->child[k]);
                name->name = e->index[i];
                c->child[k] = name;
                attempt(e, s, c, arena_printf(e->n->memory, "index %s in place of %s", shown(e->n, e->index[i]), shown(e->n, s->child[k]->name)));
            }
}

static syn *shifted(editor *e, const syn *s, int by)
{
    const syn *base = s->kind == SYN_SUM && s->count == 2 && s->child[1]->kind == SYN_NUMBER ? s->child[0] : s;
    int now = base == s ? 0 : (s->text[1] == '-' ? -1 : 1) * atoi(s->child[1]->text), next = now + by;
    if (s->kind == SYN_NUMBER) {
        syn *c = copy(e, s);
        c->text = arena_printf(e->n->memory, "%d", atoi(s->text) + by);
        return atoi(s->text) + by < 0 ? NULL : c;
    }
    if (next == 0)
        return (syn *)(size_t)base;
    syn *sum = syn_new(e->n->memory, SYN_SUM, s->at, 2), *number = syn_new(e->n->memory, SYN_NUMBER, s->at, 0);
    number->text = arena_printf(e->n->memory, "%d", next < 0 ? -next : next);
    sum->text = next < 0 ? "+-" : "++";
    sum->child[0] = (syn *)(size_t)base;
    sum->child[1] = number;
    return sum;
}

static void edit_layer(editor *e, const syn *s)
{
    for (int by = -1; s->kind == SYN_FAMILY && by <= 1 && !e->found; by += 2) {
        syn *c = copy(e, s), *which = shifted(e, s->child[0], by);
        if (which) {
            c->child[0] = which;
            attempt(e, s, c, arena_printf(e->n->memory, "%s in place of %s", notes_text(e->n, c), notes_text(e->n, s)));
        }
    }
}

static void replace_name(editor *e, const syn *s, const syn *parent, int place)
{
    if ((s->kind != SYN_NAME && s->kind != SYN_FAMILY) || is_call_name(parent, place))
        return;
    for (int i = 0; i < e->scope_count && !e->found; i++)
        if (e->scope[i] != s->name && !notes_is_function(e->n, e->scope[i]) &&
            !(parent && parent->kind == SYN_DERIVATIVE && parent->child[place != 1]->name == e->scope[i])) {
            syn *c = copy(e, s);
            c->name = e->scope[i];
            attempt(e, s, c, arena_printf(e->n->memory, "%s in place of %s", shown(e->n, e->scope[i]), shown(e->n, s->name)));
        }
}

static void edit_name(editor *e, const syn *s, const syn *parent, int place)
{
    if (!parent || parent->kind != SYN_DERIVATIVE)
        replace_name(e, s, parent, place);
}

/* What is differentiated, and by what. */
static void edit_derivative(editor *e, const syn *s, const syn *parent, int place)
{
    if (parent && (parent->kind == SYN_DERIVATIVE || parent->kind == SYN_INDEX))
        replace_name(e, s, parent, place);
}

/* z for σ(z), and σ(z) for z. */
static void edit_call(editor *e, const syn *s, const syn *parent, int place)
{
    notes *n = e->n;
    for (int i = 0; s->kind == SYN_NAME && !is_call_name(parent, place) && i < n->function_count && !e->found; i++) {
        const syn *argument = n->function[i].argument;
        if (!argument || argument->count != 1 || !syn_equal(argument->child[0], s))
            continue;
        syn *call = syn_new(n->memory, SYN_PRODUCT, s->at, 2), *paren = syn_new(n->memory, SYN_PAREN, s->at, 1);
        call->text = "  ";
        call->child[0] = syn_new(n->memory, SYN_NAME, s->at, 0);
        call->child[0]->name = n->function[i].name;
        call->child[1] = (syn *)(size_t)argument;
        paren->child[0] = call;
        attempt(e, s, parent && parent->kind == SYN_PRODUCT ? paren : call,
                arena_printf(n->memory, "%s in place of %s", notes_text(n, call), notes_text(n, s)));
    }
}

static syn *number(editor *e, const char *text, span at)
{
    syn *s = syn_new(e->n->memory, SYN_NUMBER, at, 0);
    s->text = text;
    return s;
}

static void edit_power(editor *e, const syn *s, const syn *parent)
{
    if (s->kind == SYN_POWER && s->child[1]->kind == SYN_NUMBER)
        attempt(e, s, s->child[0], "a square is too much");
    else if ((s->kind == SYN_NAME || s->kind == SYN_INDEX || s->kind == SYN_FAMILY) && parent && (parent->kind == SYN_SUM || parent->kind == SYN_PRODUCT)) {
        syn *p = syn_new(e->n->memory, SYN_POWER, s->at, 2);
        p->child[0] = (syn *)(size_t)s;
        p->child[1] = number(e, "2", s->at);
        attempt(e, s, p, "a square is missing");
    }
}

static syn *root_of(editor *e, const syn *s)
{
    syn *call = syn_new(e->n->memory, SYN_PRODUCT, s->at, 2), *argument = syn_new(e->n->memory, SYN_PAREN, s->at, 1),
        *name = syn_new(e->n->memory, SYN_NAME, s->at, 0);
    name->name = intern_puts(e->n->names, "sqrt");
    argument->child[0] = s->kind == SYN_PAREN && s->count == 1 ? s->child[0] : (syn *)(size_t)s;
    call->text = "  ";
    call->child[0] = name;
    call->child[1] = argument;
    return call;
}

static bool is_root(const editor *e, const syn *s)
{
    return s->kind == SYN_PRODUCT && s->count == 2 && s->child[0]->kind == SYN_NAME && s->child[1]->kind == SYN_PAREN &&
           strcmp(intern_text(e->n->names, s->child[0]->name), "sqrt") == 0;
}

/* √a for a, and a for √a. */
static void edit_root(editor *e, const syn *s, const syn *parent, int place)
{
    bool operand = s->kind == SYN_NAME || s->kind == SYN_INDEX || s->kind == SYN_PAREN || (!parent && s->kind == SYN_SUM);
    bool name = parent && parent->kind == SYN_INDEX;
    if (is_root(e, s)) {
        attempt(e, s, s->child[1], "a root is too much");
    } else if (operand && !name && !is_call_name(parent, place) && !(parent && (parent->kind == SYN_POWER || is_root(e, parent)))) {
        syn *paren = syn_new(e->n->memory, SYN_PAREN, s->at, 1);
        paren->child[0] = root_of(e, s);
        attempt(e, s, parent ? paren : paren->child[0], "a root is missing");
    }
}

/* x_i for z_j: another name with one index, and that index. */
static void edit_entry(editor *e, const syn *s, const syn *parent, int place)
{
    (void)place;
    if (s->kind != SYN_INDEX || s->count != 2 || s->child[0]->kind != SYN_NAME || (parent && parent->kind == SYN_DERIVATIVE))
        return;
    for (int b = 0; b < e->scope_count && !e->found; b++)
        for (int i = 0; i < e->index_count && !e->found; i++) {
            if (e->scope[b] == s->child[0]->name || notes_is_function(e->n, e->scope[b]) || (s->child[1]->kind == SYN_NAME && e->index[i] == s->child[1]->name))
                continue;
            syn *c = copy(e, s);
            c->child[0] = copy(e, s->child[0]);
            c->child[0]->name = e->scope[b];
            c->child[1] = syn_new(e->n->memory, SYN_NAME, s->at, 0);
            c->child[1]->name = e->index[i];
            attempt(e, s, c, arena_printf(e->n->memory, "%s in place of %s", notes_text(e->n, c), notes_text(e->n, s)));
        }
}

static syn *without(editor *e, const syn *s, int i)
{
    syn *c = syn_new(e->n->memory, s->kind, s->at, s->count - 1);
    char *text = arena_alloc(e->n->memory, (size_t)s->count + 1);
    int count = 0;
    for (int k = 0; k < s->count; k++)
        if (k != i) {
            text[count] = count || s->kind == SYN_SUM ? s->text[k] : ' ';
            c->child[count++] = s->child[k];
        }
    c->text = text;
    if (count == 1 && text[0] == '-') {
        syn *minus = syn_new(e->n->memory, SYN_NEGATE, s->at, 1);
        minus->child[0] = c->child[0];
        return minus;
    }
    return count == 1 ? c->child[0] : c;
}

/* Names and numbers first: they are what is easily written once too often. */
static void edit_parts(editor *e, const syn *s, bool small)
{
    for (int i = 0; (s->kind == SYN_PRODUCT || s->kind == SYN_SUM) && s->count > 1 && i < s->count && !e->found; i++) {
        bool argument = s->kind == SYN_PRODUCT && i > 0 && notes_argument(s->child[i]) && s->child[i - 1]->kind == SYN_NAME &&
                        notes_is_function(e->n, s->child[i - 1]->name);
        bool leaf = s->child[i]->kind == SYN_NAME || s->child[i]->kind == SYN_NUMBER || s->child[i]->kind == SYN_INDEX || s->child[i]->kind == SYN_FAMILY;
        if (leaf == small && !argument &&
            !(s->kind == SYN_PRODUCT && is_call_name(s, i) && s->child[i]->kind == SYN_NAME && notes_is_function(e->n, s->child[i]->name)))
            attempt(e, s, without(e, s, i),
                    arena_printf(e->n->memory, "the %s %s is too much", s->kind == SYN_SUM ? "term" : "factor", notes_text(e->n, s->child[i])));
    }
    for (int i = 0; !small && s->kind == SYN_PRODUCT && i + 1 < s->count && !e->found; i++)
        if (s->text[i + 1] == ' ' && notes_has_vectors(e->n) && !is_call_name(s, i)) {
            syn *c = copy(e, s);
            c->child[i] = s->child[i + 1];
            c->child[i + 1] = s->child[i];
            attempt(e, s, c, "two factors are exchanged");
        }
}

static void edit_number(editor *e, const syn *s)
{
    if (s->kind != SYN_NUMBER)
        return;
    static const char *const values[] = {"1", "2", "0", "1/2", "3"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (strcmp(values[i], s->text) != 0)
            attempt(e, s, number(e, values[i], s->at), "a number is wrong");
}

/* --- everywhere --- */

typedef void (*edit_at)(editor *e, const syn *s, const syn *parent, int place);

static void do_signs(editor *e, const syn *s, const syn *parent, int place)
{
    (void)parent, (void)place;
    edit_signs(e, s);
}

static void do_marks(editor *e, const syn *s, const syn *parent, int place)
{
    edit_prime(e, s, parent, place);
    edit_transpose(e, s, parent);
}

static void do_indices(editor *e, const syn *s, const syn *parent, int place)
{
    (void)parent, (void)place;
    edit_indices(e, s);
    edit_layer(e, s);
}

static void do_small_parts(editor *e, const syn *s, const syn *parent, int place)
{
    (void)parent, (void)place;
    edit_parts(e, s, true);
}

static void do_parts(editor *e, const syn *s, const syn *parent, int place)
{
    edit_call(e, s, parent, place);
    edit_power(e, s, parent);
    edit_parts(e, s, false);
    edit_number(e, s);
    edit_root(e, s, parent, place);
}

/* Pre-order; indices, superscripts and what is differentiated by keep their names. */
static void everywhere(editor *e, const syn *s, const syn *parent, int place, edit_at edit)
{
    if (!s || e->found || e->trials >= MOST_TRIALS)
        return;
    edit(e, s, parent, place);
    for (int i = 0; i < s->count; i++) {
        bool inside = (s->kind == SYN_INDEX && i > 0) || s->kind == SYN_FAMILY || s->kind == SYN_BINDER || (s->kind == SYN_REDUCE && i < s->number) ||
                      (s->kind == SYN_DERIVATIVE && i > 0 && edit != edit_derivative) || (s->kind == SYN_POWER && i == 1 && edit != do_parts);
        if (!inside)
            everywhere(e, s->child[i], s, i, edit);
    }
}

/* --- what may stand in place of what --- */

static void add_scope(editor *e, sym name)
{
    for (int i = 0; i < e->scope_count; i++)
        if (e->scope[i] == name)
            return;
    if (e->scope_count < 24 && !notes_is_builtin(e->n, name))
        e->scope[e->scope_count++] = name;
}

static void see_scope(void *context, const syn *s, const syn *parent, int place)
{
    editor *e = context;
    bool index = parent && ((parent->kind == SYN_INDEX && place > 0) || parent->kind == SYN_FAMILY);
    if ((s->kind == SYN_NAME || s->kind == SYN_FAMILY) && !index)
        add_scope(e, s->name);
    for (int i = 1; s->kind == SYN_INDEX && i < s->count; i++) {
        bool known = s->child[i]->kind != SYN_NAME;
        for (int k = 0; k < e->index_count && !known; k++)
            known = e->index[k] == s->child[i]->name;
        if (!known && e->index_count < 8)
            e->index[e->index_count++] = s->child[i]->name;
    }
}

/* Names of the line first, then those of the definitions it needs, then the nearest others. */
static void find_scope(editor *e)
{
    notes *n = e->n;
    const note_item *i = &n->item[e->item];
    const syn *sides[] = {i->left, i->right};
    for (int k = 0; k < 2; k++)
        see_scope(e, sides[k], NULL, 0), notes_visit(sides[k], see_scope, e);
    for (int s = 0; s < e->scope_count; s++) /* the list grows: what they are made of, and so on */
        for (int d = notes_first(n, e->scope[s]); d >= 0; d = n->definition[d].next)
            if (!n->definition[d].set && !n->definition[d].unknown)
                see_scope(e, n->definition[d].value, NULL, 0), notes_visit(n->definition[d].value, see_scope, e);
    for (int d = n->definition_count - 1; d >= 0 && d > n->definition_count - 60; d--)
        if (n->definition[d].item >= 0 && !n->definition[d].set && abs(n->definition[d].item - e->item) < 40)
            add_scope(e, n->definition[d].name);
}

/* x uᵀ for u xᵀ, Gᵀ X for Xᵀ G. */
static void edit_outer(editor *e, const syn *s, const syn *parent, int place)
{
    (void)parent, (void)place;
    int which = s->kind == SYN_PRODUCT && s->count == 2 && s->child[0]->kind == SYN_TRANSPOSE ? 0 : 1;
    if (s->kind != SYN_PRODUCT || s->count != 2 || s->child[which]->kind != SYN_TRANSPOSE)
        return;
    syn *c = copy(e, s), *t = syn_new(e->n->memory, SYN_TRANSPOSE, s->at, 1);
    t->child[0] = s->child[1 - which];
    c->child[1 - which] = s->child[which]->child[0];
    c->child[which] = t;
    attempt(e, s, c, "transposed");
}

/* The sign of the whole side, or the side with one more factor. */
static void edit_whole(editor *e)
{
    syn *minus = syn_new(e->n->memory, SYN_NEGATE, e->side->at, 1);
    minus->child[0] = (syn *)(size_t)e->side;
    attempt(e, e->side, e->side->kind == SYN_NEGATE ? e->side->child[0] : minus, "the sign is wrong");
}

static bool edit_side(editor *e, const syn *side, const syn *other, bool right)
{
    static const edit_at edits[] = {do_signs, do_marks, do_indices, edit_name, do_small_parts, edit_outer, do_parts, edit_derivative, edit_entry};
    e->side = side;
    e->other = other;
    e->right = right;
    for (size_t i = 0; i < sizeof edits / sizeof *edits && !e->found; i++) {
        if (edits[i] == edit_entry && e->trials > MOST_TRIALS - ENTRY_TRIALS)
            e->trials = MOST_TRIALS - ENTRY_TRIALS; /* the others leave it none otherwise */
        everywhere(e, side, NULL, 0, edits[i]);
        if (i == 0)
            edit_whole(e);
    }
    return e->found != NULL;
}

/* (δ₂) z: a bracket around what is left of it goes. */
static syn *loosened(editor *e, syn *s)
{
    syn *c = copy(e, s);
    for (int i = 0; i < s->count; i++) {
        const syn *p = s->child[i];
        bool leaf = p && p->kind == SYN_PAREN && p->count == 1 && (p->child[0]->kind == SYN_NAME || p->child[0]->kind == SYN_FAMILY);
        bool argument =
            s->kind != SYN_PRODUCT || (i > 0 && is_call_name(s, i - 1) && s->child[i - 1]->kind != SYN_NUMBER && s->child[i - 1]->kind != SYN_PAREN);
        c->child[i] = !p ? NULL : leaf && !argument ? p->child[0] : loosened(e, s->child[i]);
    }
    return c;
}

bool notes_repair_edit(notes *n, int k)
{
    note_item *i = &n->item[k];
    if ((i->v.kind != VERDICT_REFUTED && i->v.kind != VERDICT_NOT_UNDERSTOOD) || !i->left || !i->right || i->label || i->role != NOTE_CLAIM || i->trouble ||
        n->repairs >= MOST_REPAIRS)
        return false;
    n->repairs++;
    editor e = {.n = n, .item = k, .trial = {.without = -1, .with = -1, .quick = true}};
    e.trial.assuming = n->assumption_count ? (1u << n->assumption_count) - 1u : 0;
    find_scope(&e);
    bool derivative = i->left->kind == SYN_DERIVATIVE || i->left->kind == SYN_NAME;
    if (!edit_side(&e, i->right, i->left, true) && derivative)
        return false;
    if (!e.found) {
        e.trials = 0;
        edit_side(&e, i->left, i->right, false);
    }
    if (!e.found)
        return false;
    e.found = loosened(&e, e.found);
    i->v.suggestion = e.right ? notes_claim_text(n, i->left, e.found) : notes_claim_text(n, e.found, i->right);
    i->v.diagnosis = e.what;
    return true;
}
