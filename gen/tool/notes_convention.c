/* Conventions that differ between authors: sums that are not written (Einstein), Jacobians by columns, gradients as rows, weights from i to j or to i from j.
 *
 * None is built in. A reading is taken when lines that are false without it are proved with it; then it is said once, with all the lines. */
#include <stdlib.h>
#include <string.h>

#include "gen/tool/notes.h"

/* --- repeated indices --- */

typedef struct {
    sym letter[16];
    int times[16], count;
} index_count;

static void count_indices(const syn *s, index_count *c)
{
    for (int i = 1; s->kind == SYN_INDEX && i < s->count; i++) {
        int k = 0;
        if (s->child[i]->kind != SYN_NAME)
            continue;
        while (k < c->count && c->letter[k] != s->child[i]->name)
            k++;
        if (k == 16)
            continue;
        if (k == c->count) {
            c->letter[k] = s->child[i]->name;
            c->times[c->count++] = 0;
        }
        c->times[k]++;
    }
    for (int i = 0; i < s->count; i++)
        if (s->child[i] && s->kind != SYN_REDUCE)
            count_indices(s->child[i], c);
}

static bool has_index(const syn *s, sym letter)
{
    index_count c = {0};
    count_indices(s, &c);
    for (int i = 0; i < c.count; i++)
        if (c.letter[i] == letter)
            return true;
    return false;
}

static syn *summed(notes *n, syn *body, sym letter)
{
    syn *s = syn_new(n->memory, SYN_REDUCE, body->at, 2), *b = syn_new(n->memory, SYN_BINDER, body->at, 0);
    b->name = letter;
    s->name = intern_puts(n->names, "sum");
    s->number = 1;
    s->child[0] = b;
    s->child[1] = body;
    return s;
}

/* Every product of a side in which an index stands twice, where the other side does not have it. */
static syn *write_sums(notes *n, syn *s, const syn *other, int *written)
{
    if (s->kind == SYN_SUM || s->kind == SYN_NEGATE) {
        syn *c = syn_new(n->memory, s->kind, s->at, s->count);
        syn **child = c->child;
        *c = *s;
        c->child = child;
        for (int i = 0; i < s->count; i++)
            c->child[i] = write_sums(n, s->child[i], other, written);
        return c;
    }
    index_count c = {0};
    count_indices(s, &c);
    bool product = s->kind == SYN_PRODUCT;
    for (int i = 0; i < c.count && product; i++)
        if (c.times[i] > 1 && !has_index(other, c.letter[i])) {
            s = summed(n, s, c.letter[i]);
            ++*written;
        }
    return s;
}

void notes_write_sums(notes *n)
{
    int written = 0;
    for (int k = 0; k < n->item_count; k++) {
        note_item *i = &n->item[k];
        if (!i->left || !i->right || i->broken || i->label || i->trouble || (i->role != NOTE_CLAIM && i->role != NOTE_DEFINITION) || i->joined || i->step != 1)
            continue;
        if (k + 1 < n->item_count && n->item[k + 1].left == i->right) /* a side of a chain is shared */
            continue;
        i->right = write_sums(n, i->right, i->left, &written);
    }
    if (written)
        notes_announce(n, "an index that stands twice in a product is summed over");
}

/* --- layouts --- */

static bool is_layout_question(const note_item *i)
{
    bool refuted = i->v.kind == VERDICT_REFUTED || i->v.kind == VERDICT_NOT_UNDERSTOOD;
    return i->decided && refuted && i->role == NOTE_CLAIM && !i->label && !i->trouble && !i->broken && !i->imported && i->left && i->right &&
           i->left->kind == SYN_DERIVATIVE;
}

static bool holds_in_columns(notes *n, int k)
{
    verdict v;
    note_trial t = {.without = -1, .with = -1, .quick = true, .denominator = true};
    notes_decide_any(n, n->item[k].left, n->item[k].right, k, &t, &v);
    return notes_good(&v);
}

static bool holds_as_row(notes *n, int k)
{
    verdict v;
    note_trial t = {.without = -1, .with = -1, .quick = true};
    syn *row = syn_new(n->memory, SYN_TRANSPOSE, n->item[k].left->at, 1);
    row->child[0] = n->item[k].left;
    notes_decide_any(n, row, n->item[k].right, k, &t, &v);
    return notes_good(&v);
}

/* Lines that hold under another layout. If no line needs the usual one they are proved so; else they are said to differ from the others. */
static void try_layout(notes *n, bool (*holds)(notes *, int), bool (*usual)(notes *, int), const char *name)
{
    const char *lines = "";
    int found = 0, against = 0;
    for (int k = 0; k < n->item_count; k++) {
        note_item *i = &n->item[k];
        bool good = i->decided && i->role == NOTE_CLAIM && i->left && i->left->kind == SYN_DERIVATIVE && notes_good(&i->v);
        if (good && i->right && !i->imported && n->item_count < 400 && !usual(n, k))
            against++;
        if (!is_layout_question(i) || !holds(n, k))
            continue;
        found++;
        lines = arena_printf(n->memory, "%s%s%d", lines, *lines ? ", " : "", i->line);
        i->layout = true;
    }
    for (int k = 0; k < n->item_count && found; k++) {
        note_item *i = &n->item[k];
        if (!i->layout)
            continue;
        i->layout = false;
        if (against)
            i->aside = arena_printf(n->memory, "true %s; %d other line%s the usual layout", name, against, against == 1 ? " needs" : "s need");
        else if (found == 1)
            i->aside = arena_printf(n->memory, "true %s", name);
        else
            i->v = (verdict){.kind = VERDICT_PROVED, .method = "layout", .condition = name};
    }
    if (found > 1 && !against)
        notes_announce(n, "%s: lines %s", name, lines);
}

/* --- weights: from i to j, or to i from j --- */

typedef struct {
    sym name;
    bool found;
} matrix_use;

static void see_matrix(void *context, const syn *s, const syn *parent, int place)
{
    matrix_use *u = context;
    (void)parent, (void)place;
    bool base = s->kind == SYN_INDEX && s->count == 3 && (s->child[0]->kind == SYN_NAME || s->child[0]->kind == SYN_FAMILY);
    if (base && (!u->name || s->child[0]->name == u->name)) {
        u->found = true;
        u->name = s->child[0]->name;
    }
}

static bool uses_matrix(const syn *s, sym *name)
{
    matrix_use u = {.name = *name};
    if (!s)
        return false;
    see_matrix(&u, s, NULL, 0);
    notes_visit(s, see_matrix, &u);
    *name = u.found ? u.name : *name;
    return u.found;
}

/* A copy with the two indices of a name exchanged. */
static syn *exchanged(notes *n, const syn *s, sym name)
{
    syn *c = syn_new(n->memory, s->kind, s->at, s->count);
    syn **child = c->child;
    *c = *s;
    c->child = child;
    for (int i = 0; i < s->count; i++)
        c->child[i] = s->child[i] ? exchanged(n, s->child[i], name) : NULL;
    if (s->kind == SYN_INDEX && s->count == 3 && s->child[0]->name == name) {
        syn *first = c->child[1];
        c->child[1] = c->child[2];
        c->child[2] = first;
    }
    return c;
}

/* If several lines about a matrix are false, and true with its indices the other way round in its definition, that is the one thing to say. */
static void try_order(notes *n, int number)
{
    note_definition *d = &n->definition[number];
    sym name = 0;
    if (d->item < 0 || d->label || d->set || n->item[d->item].imported || !uses_matrix(d->value, &name))
        return;
    syn *before = d->value;
    int wrong = 0, mended = 0, list[64];
    for (int k = 0; k < n->item_count; k++) {
        const note_item *i = &n->item[k];
        bool about = is_layout_question(i) && i->v.kind == VERDICT_REFUTED &&
                     (notes_reaches(n, i->left, d->name, k) || notes_reaches(n, i->right, d->name, k)) &&
                     (uses_matrix(i->left, &name) || uses_matrix(i->right, &name));
        if (!about || wrong >= 64)
            continue;
        wrong++;
        verdict v;
        note_trial t = {.without = -1, .with = -1, .quick = true};
        d->value = exchanged(n, before, name);
        notes_decide_any(n, i->left, i->right, k, &t, &v);
        d->value = before;
        if (notes_good(&v))
            list[mended++] = k;
    }
    if (mended < 2 || 3 * mended < 2 * wrong)
        return;
    const char *lines = "", *shown = intern_text(n->names, intern_spelling(n->names, name));
    for (int m = 0; m < mended; m++) {
        note_item *i = &n->item[list[m]];
        lines = arena_printf(n->memory, "%s%s%d", lines, m == 0 ? "" : m == mended - 1 ? " and " : ", ", i->line);
        i->root = arena_printf(n->memory, "line %d has the indices of %s the other way round", n->item[d->item].line, shown);
    }
    notes_announce(n, "under the definition on line %d the lines %s are false; with the indices of %s exchanged there they are true", n->item[d->item].line,
                   lines, shown);
}

void notes_find_conventions(notes *n)
{
    int open = 0;
    for (int k = 0; k < n->item_count; k++)
        open += is_layout_question(&n->item[k]);
    if (open == 0 || open > 60)
        return;
    if (notes_has_vectors(n)) {
        try_layout(n, holds_in_columns, holds_in_columns, "in the denominator layout");
        try_layout(n, holds_as_row, holds_as_row, "with gradients as rows");
    }
    for (int d = 0; d < n->definition_count && n->definition_count < 400; d++)
        try_order(n, d);
}
