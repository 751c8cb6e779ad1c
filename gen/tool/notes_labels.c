/* s_{y_i}, the entry that a label picks: y_i is one more index, and what is said holds for every label. In place, before notes_normal.c looks at letters. */
#include <string.h>

#include "gen/tool/notes.h"

typedef struct {
    notes *n;
    sym values, sample, label; /* y, i and the index that stands for y_i */
    sym carrier[16];           /* names whose definitions contain the label */
    bool sampled[16];          /* and the sample's index otherwise */
    int carrier_count;
    bool value; /* y_i stands where a value is expected */
} labels;

typedef void (*changer)(labels *x, syn *s);

static void change(labels *x, syn *s, changer apply)
{
    for (int i = 0; s && i < s->count; i++)
        if (s->child[i])
            change(x, s->child[i], apply);
    if (s)
        apply(x, s);
}

/* The sides of a chain are shared: each tree once. */
static void change_all(labels *x, changer apply)
{
    for (int k = 0; k < x->n->item_count; k++) {
        note_item *i = &x->n->item[k];
        if (k == 0 || i->left != x->n->item[k - 1].right)
            change(x, i->left, apply);
        change(x, i->right, apply);
    }
}

static bool is_label(const labels *x, const syn *s)
{
    return s->kind == SYN_INDEX && s->count == 2 && s->child[0]->kind == SYN_NAME && s->child[0]->name == x->values && s->child[1]->kind == SYN_NAME &&
           s->child[1]->name == x->sample;
}

static void find_label(void *context, const syn *s, const syn *parent, int place)
{
    labels *x = context;
    bool picks = parent && parent->kind == SYN_INDEX && place > 0 && s->kind == SYN_INDEX && s->count == 2 && s->child[0]->kind == SYN_NAME &&
                 s->child[1]->kind == SYN_NAME;
    if (picks && !x->values) {
        x->values = s->child[0]->name;
        x->sample = s->child[1]->name;
    }
}

static void write_label(labels *x, syn *s)
{
    for (int i = 0; i < s->count; i++) {
        bool here = (s->kind == SYN_INDEX && i > 0) || s->kind == SYN_COMPARE;
        if (!s->child[i] || !is_label(x, s->child[i]))
            continue;
        x->value |= !here;
        if (!here)
            continue;
        syn *name = syn_new(x->n->memory, SYN_NAME, s->child[i]->at, 0);
        name->name = x->label;
        s->child[i] = name;
    }
}

static bool has_index(const syn *s, sym letter)
{
    bool found = false;
    for (int i = 0; i < s->count && !found; i++)
        found =
            s->child[i] && ((s->kind == SYN_INDEX && i > 0 && s->child[i]->kind == SYN_NAME && s->child[i]->name == letter) || has_index(s->child[i], letter));
    return found;
}

static int carrier_of(const labels *x, sym name)
{
    for (int i = 0; i < x->carrier_count; i++)
        if (x->carrier[i] == name)
            return i;
    return -1;
}

static bool carries(const labels *x, const syn *s)
{
    bool found = s->kind == SYN_NAME && (s->name == x->label || carrier_of(x, s->name) >= 0);
    for (int i = 0; i < s->count && !found; i++)
        found = s->child[i] && carries(x, s->child[i]);
    return found;
}

static void find_carriers(labels *x)
{
    for (bool more = true; more;) {
        more = false;
        for (int k = 0; k < x->n->item_count && x->carrier_count < 16; k++) {
            const note_item *i = &x->n->item[k];
            const syn *left = i->left && i->left->kind == SYN_INDEX ? i->left->child[0] : i->left;
            if (i->step != 1 || !i->right || !left || left->kind != SYN_NAME || left->name == x->label || carrier_of(x, left->name) >= 0 ||
                (i->role != NOTE_CLAIM && i->role != NOTE_DEFINITION) || !carries(x, i->right))
                continue;
            x->sampled[x->carrier_count] = has_index(i->right, x->sample);
            x->carrier[x->carrier_count++] = left->name;
            more = true;
        }
    }
}

/* L_i becomes L[y_i], or L[i, y_i] when its definition has i elsewhere too. */
static void write_carrier(labels *x, syn *s)
{
    bool index = s->kind == SYN_INDEX && s->child[0]->kind == SYN_NAME;
    int c = index ? carrier_of(x, s->child[0]->name) : -1;
    if (c >= 0) {
        syn *full = syn_new(x->n->memory, SYN_INDEX, s->at, s->count + 1);
        int count = 1;
        full->child[0] = s->child[0];
        for (int i = 1; i < s->count; i++)
            if (x->sampled[c] || s->child[i]->kind != SYN_NAME || s->child[i]->name != x->sample)
                full->child[count++] = s->child[i];
        full->child[count] = syn_new(x->n->memory, SYN_NAME, s->at, 0);
        full->child[count++]->name = x->label;
        full->count = count;
        *s = *full;
        return;
    }
    for (int i = 0; i < s->count; i++) { /* L without an index */
        syn *name = s->child[i];
        if (!name || name->kind != SYN_NAME || carrier_of(x, name->name) < 0 || s->kind == SYN_INDEX)
            continue;
        s->child[i] = syn_new(x->n->memory, SYN_INDEX, name->at, 2);
        s->child[i]->child[0] = name;
        s->child[i]->child[1] = syn_new(x->n->memory, SYN_NAME, name->at, 0);
        s->child[i]->child[1]->name = x->label;
    }
}

static bool sums_over_samples(const labels *x, const syn *s)
{
    for (int i = 0; s->kind == SYN_REDUCE && i < s->number; i++)
        if (s->child[i]->name == x->sample && carries(x, s))
            return true;
    for (int i = 0; i < s->count; i++)
        if (s->child[i] && sums_over_samples(x, s->child[i]))
            return true;
    return false;
}

static void refuse(const labels *x, const char *trouble)
{
    for (int k = 0; k < x->n->item_count; k++) {
        note_item *i = &x->n->item[k];
        bool here = i->right && (x->value ? carries(x, i->right) || (i->left && carries(x, i->left)) : sums_over_samples(x, i->right));
        if (!here || i->trouble)
            continue;
        i->trouble = trouble;
        i->trouble_at = i->at;
        i->broken = true;
    }
}

static void write_whole(labels *x) /* a side that is nothing but the name */
{
    for (int k = 0; k < x->n->item_count; k++) {
        note_item *i = &x->n->item[k];
        syn **sides[] = {&i->left, &i->right};
        for (int s = 0; s < 2; s++) {
            syn *name = *sides[s];
            if (!name || name->kind != SYN_NAME || carrier_of(x, name->name) < 0)
                continue;
            syn *index = syn_new(x->n->memory, SYN_INDEX, name->at, 2);
            index->child[0] = name;
            index->child[1] = syn_new(x->n->memory, SYN_NAME, name->at, 0);
            index->child[1]->name = x->label;
            *sides[s] = index;
        }
    }
}

/* p_y where p is indexed and y is compared with an index. */
typedef struct {
    const notes *n;
    sym base, letter;
    bool indexed, compared;
} plain_search;

static void see_plain(void *context, const syn *s, const syn *parent, int place)
{
    plain_search *x = context;
    (void)place;
    x->indexed |= s->kind == SYN_INDEX && s->child[0]->kind == SYN_NAME && s->child[0]->name == x->base;
    x->compared |= parent && parent->kind == SYN_COMPARE && s->kind == SYN_NAME && s->name == x->letter;
}

static void visit_all(const notes *n, notes_visitor visit, void *context)
{
    for (int k = 0; k < n->item_count; k++) {
        const note_item *i = &n->item[k];
        if (i->left)
            visit(context, i->left, NULL, 0), notes_visit(i->left, visit, context);
        if (i->right)
            visit(context, i->right, NULL, 0), notes_visit(i->right, visit, context);
    }
}

static void write_plain(labels *x, syn *s)
{
    const char *key = s->kind == SYN_NAME ? intern_text(x->n->names, s->name) : "", *bar = strrchr(key, '_');
    if (!bar || strcmp(bar, "_y") != 0)
        return;
    plain_search p = {.n = x->n, .base = intern_find(x->n->names, arena_printf(x->n->memory, "%.*s", (int)(bar - key), key)), .letter = x->label};
    if (p.base)
        visit_all(x->n, see_plain, &p);
    if (!p.indexed || !p.compared)
        return;
    syn *index = syn_new(x->n->memory, SYN_INDEX, s->at, 2);
    for (int i = 0; i < 2; i++)
        index->child[i] = syn_new(x->n->memory, SYN_NAME, s->at, 0);
    index->child[0]->name = p.base;
    index->child[1]->name = x->label;
    *s = *index;
    x->values = x->label;
}

void notes_read_labels(notes *n)
{
    labels x = {.n = n};
    visit_all(n, find_label, &x);
    if (x.values) {
        const char *y = intern_text(n->names, x.values), *i = intern_text(n->names, x.sample);
        x.label = intern_puts(n->names, arena_printf(n->memory, "%s_%s_label", y, i));
        intern_note_spelling(n->names, x.label, intern_puts(n->names, arena_printf(n->memory, "%s_%s", y, i)));
        change_all(&x, write_label);
    } else {
        x.label = intern_find(n->names, "y");
        if (x.label)
            change_all(&x, write_plain);
    }
    if (!x.values)
        return;
    find_carriers(&x);
    if (x.value)
        refuse(&x, "the name that picks an entry here stands for a value elsewhere");
    else
        refuse(&x, "a sum over samples of entries that their labels pick is not read by deltac");
    change_all(&x, write_carrier);
    write_whole(&x);
    notes_announce(n, "%s is a label: what is said of it holds for every one", intern_text(n->names, intern_spelling(n->names, x.label)));
}

/* --- letters that are no indices --- */

typedef struct {
    sym letter, base;
    int bases;
} letter_use;

static void see_letter_use(void *context, const syn *s, const syn *parent, int place)
{
    letter_use *u = context;
    (void)parent, (void)place;
    for (int i = 1; s->kind == SYN_INDEX && i < s->count; i++)
        if (s->child[i]->kind == SYN_NAME && s->child[i]->name == u->letter && (s->child[0]->kind != SYN_NAME || s->child[0]->name != u->base)) {
            u->bases += u->base ? 1 : 0;
            u->base = s->child[0]->kind == SYN_NAME ? s->child[0]->name : -1;
            u->bases += u->base < 0;
        }
    if ((s->kind == SYN_BINDER || s->kind == SYN_FAMILY) &&
        (s->name == u->letter || (s->count && s->child[0]->kind == SYN_NAME && s->child[0]->name == u->letter)))
        u->bases += 2;
}

/* d_k, and k nowhere else: a part of the name. */
static bool is_lonely(const notes *n, sym letter)
{
    letter_use u = {.letter = letter};
    for (int k = 0; k < n->item_count && u.bases == 0; k++) {
        const note_item *i = &n->item[k];
        if (i->left && i->step <= 1 && (i->left->kind == SYN_INDEX || i->left->kind == SYN_DERIVATIVE)) { /* z_j = … is for all j */
            letter_use left = {.letter = letter};
            see_letter_use(&left, i->left, NULL, 0);
            notes_visit(i->left, see_letter_use, &left);
            u.bases += left.base != 0;
        }
        if (i->left)
            see_letter_use(&u, i->left, NULL, 0), notes_visit(i->left, see_letter_use, &u);
        if (i->right)
            see_letter_use(&u, i->right, NULL, 0), notes_visit(i->right, see_letter_use, &u);
    }
    return u.bases == 0;
}

typedef struct {
    sym letter, base;
    bool other;
} mark_use;

static void see_mark(void *context, const syn *s, const syn *parent, int place)
{
    mark_use *u = context;
    (void)place;
    bool own = s->kind == SYN_INDEX && s->child[0]->kind == SYN_NAME && s->child[0]->name == u->base, letter = false;
    for (int i = 1; s->kind == SYN_INDEX && i < s->count; i++)
        letter |= s->child[i]->kind != SYN_NAME || s->child[i]->name == u->letter;
    u->other |= s->kind == SYN_INDEX && (own ? s->count != 2 || s->child[1]->kind != SYN_NAME || s->child[1]->name != u->letter : letter);
    bool elsewhere = s->kind == SYN_NAME && s->name == u->letter && !(parent && parent->kind == SYN_INDEX);
    u->other |= (s->kind == SYN_BINDER && s->name == u->letter) || elsewhere;
}

static void see_mark_in(void *context, const syn *s, const syn *parent, int place)
{
    mark_use *u = context;
    (void)place;
    u->other |= parent && parent->kind == SYN_INDEX && s->kind == SYN_NAME && s->name == u->letter;
}

/* ℓ_n, x_t: the letter stands at one name only, which has no other index, and never on both sides of a line: it marks the name. */
static bool is_mark(const notes *n, sym letter, sym base)
{
    mark_use u = {.letter = letter, .base = base};
    for (int k = 0; k < n->item_count && !u.other; k++) {
        const note_item *i = &n->item[k];
        mark_use left = u, right = u;
        if (i->left)
            see_mark(&u, i->left, NULL, 0), notes_visit(i->left, see_mark, &u), notes_visit(i->left, see_mark_in, &left);
        if (i->right)
            see_mark(&u, i->right, NULL, 0), notes_visit(i->right, see_mark, &u), notes_visit(i->right, see_mark_in, &right);
        u.other |= i->step <= 1 && left.other && right.other;
    }
    return !u.other;
}

bool notes_is_part_of_name(const notes *n, sym letter, sym base)
{
    return is_lonely(n, letter) || is_mark(n, letter, base);
}
