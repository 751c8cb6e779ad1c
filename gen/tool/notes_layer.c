/* Layers and time: z^l = W^l a^{l-1} + b^l for all l, h_t = f(h_{t-1}) for all t. A claim about a layer or a time is decided for every one of a network with
 * `layers` of them; the verdict says so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/tool/notes.h"

void notes_add_running(notes *n, sym letter)
{
    if (!notes_is_running(n, letter) && n->running_count < 8)
        n->running[n->running_count++] = letter;
}

bool notes_is_running(const notes *n, sym letter)
{
    for (int i = 0; i < n->running_count; i++)
        if (n->running[i] == letter)
            return true;
    return false;
}

static bool is_last(const notes *n, sym name)
{
    const char *text = intern_text(n->names, name);
    return (text[0] == 'L' || text[0] == 'T' || text[0] == 'N') && !text[1];
}

/* The layer that a superscript means; −1: not known. */
static int layer_of(const notes *n, const syn *s, const note_layers *at)
{
    if (s->kind == SYN_NUMBER && strlen(s->text) < 3)
        return atoi(s->text);
    if (s->kind == SYN_NAME) {
        for (int i = at ? at->count - 1 : -1; i >= 0; i--) /* the innermost sum's first */
            if (at->letter[i] == s->name)
                return at->value[i];
        return is_last(n, s->name) ? n->layers : -1;
    }
    if (s->kind == SYN_PAREN && s->count == 1)
        return layer_of(n, s->child[0], at);
    if (s->kind != SYN_SUM || s->count != 2)
        return -1;
    int a = layer_of(n, s->child[0], at), b = layer_of(n, s->child[1], at);
    return a < 0 || b < 0 ? -1 : s->text[1] == '-' ? a - b : a + b;
}

int notes_layer_of(const notes *n, const syn *s, const note_layers *at)
{
    return layer_of(n, s, at);
}

/* The running letter in a superscript; 0. */
static sym letter_in(const notes *n, const syn *s)
{
    if (s->kind == SYN_NAME)
        return is_last(n, s->name) && !notes_is_running(n, s->name) ? 0 : s->name;
    for (int i = 0; i < s->count; i++) {
        sym found = letter_in(n, s->child[i]);
        if (found)
            return found;
    }
    return 0;
}

syn *notes_layer_name(notes *n, const syn *family, const note_layers *at)
{
    int v = layer_of(n, family->child[0], at);
    if (v < 0 || v > n->layers)
        return NULL;
    const char *base = intern_text(n->names, family->name), *shown = intern_text(n->names, intern_spelling(n->names, family->name));
    syn *s = syn_new(n->memory, SYN_NAME, family->at, 0);
    s->name = intern_puts(n->names, arena_printf(n->memory, "%s_layer%d", base, v));
    intern_note_spelling(n->names, s->name, intern_puts(n->names, arena_printf(n->memory, "%s{%d}", shown, v)));
    return s;
}

/* The base of an instance's key: "z_layer2" is layer 2 of z; 0. */
sym notes_layer_base(const notes *n, sym name, int *layer)
{
    const char *key = intern_text(n->names, name), *mark = strstr(key, "_layer");
    if (!mark || !mark[6])
        return 0;
    *layer = atoi(mark + 6);
    return intern_find(n->names, arena_printf(n->memory, "%.*s", (int)(mark - key), key));
}

static const syn *family_on_left(const notes *n, const note_definition *d)
{
    const syn *left = d->item >= 0 && !d->label ? n->item[d->item].left : NULL;
    if (left && left->kind == SYN_INDEX)
        left = left->child[0];
    return left && left->kind == SYN_FAMILY ? left : NULL;
}

/* The definition of an instance, one for its very layer before one for all; *at is what the running letter is there. */
int notes_layer_find(const notes *n, sym name, note_layers *at)
{
    int v, general = -1;
    sym base = notes_layer_base(n, name, &v);
    *at = (note_layers){0};
    for (int i = base ? notes_first(n, base) : -1; i >= 0; i = n->definition[i].next) {
        const syn *family = family_on_left(n, &n->definition[i]);
        if (!family)
            continue;
        if (layer_of(n, family->child[0], NULL) == v) {
            *at = (note_layers){0};
            return i;
        }
        sym letter = letter_in(n, family->child[0]);
        for (int l = 1; letter && l <= n->layers && general < 0; l++) {
            note_layers trial = {.letter = {letter}, .value = {l}, .count = 1};
            if (layer_of(n, family->child[0], &trial) == v) {
                *at = trial;
                general = i;
            }
        }
    }
    return general;
}

/* --- which layers there are --- */

static void see_start(void *context, const syn *s, const syn *parent, int place)
{
    notes *n = context;
    (void)parent, (void)place;
    if (s->kind != SYN_FAMILY || n->start_count >= 32)
        return;
    const syn *sum = s->child[0];
    bool before = sum->kind == SYN_SUM && sum->count == 2 && sum->text[1] == '-', zero = sum->kind == SYN_NUMBER && strcmp(sum->text, "0") == 0;
    if (before || zero)
        n->start[n->start_count++] = s->name;
}

static void see_number(void *context, const syn *s, const syn *parent, int place)
{
    notes *n = context;
    (void)parent, (void)place;
    int v = s->kind == SYN_FAMILY && s->child[0]->kind == SYN_NUMBER && strlen(s->child[0]->text) < 3 ? atoi(s->child[0]->text) : 0;
    if (v > n->layers && v <= 12)
        n->layers = v;
}

/* a^{l-1} in a definition for all l: there is an a^0. */
void notes_find_layers(notes *n)
{
    n->layers = 3;
    for (int k = 0; k < n->item_count; k++) {
        const note_item *i = &n->item[k];
        if (i->left)
            see_number(n, i->left, NULL, 0), notes_visit(i->left, see_number, n);
        if (i->right)
            see_number(n, i->right, NULL, 0), notes_visit(i->right, see_number, n);
    }
    for (int d = 0; d < n->definition_count; d++)
        if (family_on_left(n, &n->definition[d])) {
            see_start(n, n->definition[d].value, NULL, 0);
            notes_visit(n->definition[d].value, see_start, n);
        }
}

typedef struct {
    const notes *n;
    const note_layers *at;
    sym letter[4];
    sym bound[8];
    int letters, bounds;
    bool any, outside;
    bool last; /* L, T, or a sum over all of them: how many there are matters */
} layer_use;

static void see_layer(layer_use *u, const syn *s)
{
    const notes *n = u->n;
    int bounds = u->bounds;
    for (int i = 0; s->kind == SYN_REDUCE && i < s->number && u->bounds < 8; i++)
        u->bound[u->bounds++] = s->child[i]->name;
    for (int i = 0; i < s->count; i++)
        if (s->child[i])
            see_layer(u, s->child[i]);
    u->bounds = bounds;
    u->last |= s->kind == SYN_NAME && is_last(n, s->name);
    if (s->kind != SYN_FAMILY)
        return;
    u->last |= u->bounds > 0;
    sym letter = letter_in(n, s->child[0]);
    bool bound = false, started = false, known = !letter;
    for (int i = 0; i < u->bounds; i++)
        bound |= u->bound[i] == letter;
    u->any = true;
    if (bound)
        return;
    for (int i = 0; i < u->letters; i++)
        known |= u->letter[i] == letter;
    if (!known && u->letters < 4)
        u->letter[u->letters++] = letter;
    for (int i = 0; i < n->start_count; i++)
        started |= n->start[i] == s->name;
    int v = layer_of(n, s->child[0], u->at);
    u->outside |= v < (started ? 0 : 1) || v > n->layers;
}

static layer_use use_of(const notes *n, const syn *left, const syn *right, const note_layers *at)
{
    layer_use u = {.n = n, .at = at};
    see_layer(&u, left);
    see_layer(&u, right);
    return u;
}

bool notes_layer_outside(const notes *n, const syn *s, const note_layers *at)
{
    layer_use u = {.n = n, .at = at};
    see_layer(&u, s);
    return u.outside;
}

sym notes_layer_letter(const notes *n, const syn *left, const syn *right)
{
    layer_use u = use_of(n, left, right, NULL);
    return u.letters ? u.letter[0] : 0;
}

bool notes_has_layers(const notes *n, const syn *left, const syn *right)
{
    return use_of(n, left, right, NULL).any;
}

static bool next_layers(const notes *n, note_layers *at)
{
    for (int i = 0; i < at->count; i++) {
        if (++at->value[i] <= n->layers)
            return true;
        at->value[i] = 1;
    }
    return false;
}

/* Every layer where all superscripts exist; the first that is not proved decides. */
void notes_decide_layers(notes *n, const syn *left, const syn *right, int item, const note_trial *with, verdict *out)
{
    buffer done = {0};
    layer_use u = use_of(n, left, right, NULL);
    note_trial t = with ? *with : (note_trial){.without = -1, .with = -1};
    t.layers = (note_layers){.count = u.letters};
    for (int i = 0; i < u.letters; i++) {
        t.layers.letter[i] = u.letter[i];
        t.layers.value[i] = 1;
    }
    *out = (verdict){.kind = VERDICT_NOT_UNDERSTOOD, .reason = "no layer has all these superscripts"};
    do {
        if (use_of(n, left, right, &t.layers).outside)
            continue;
        notes_decide(n, left, right, item, &t, out);
        if (!notes_good(out))
            break;
        for (int i = 0; i < u.letters; i++)
            buffer_printf(&done, "%s%d", i ? ":" : done.length ? ", " : "", t.layers.value[i]);
    } while (next_layers(n, &t.layers));
    const char *last = notes_is_running(n, intern_puts(n->names, "t")) ? "steps" : "layers", *letter = *last == 's' ? "T" : "L";
    if (notes_good(out) && (u.letters || u.last)) {
        const char *which = u.letters == 1 ? intern_text(n->names, u.letter[0]) : "";
        const char *before = out->condition ? arena_printf(n->memory, "%s; ", out->condition) : "";
        out->condition = u.letters == 1 ? arena_printf(n->memory, "%sfor %s = %d %s: %s = %s", before, letter, n->layers, last, which, done.text)
                                        : arena_printf(n->memory, "%sfor %s = %d %s", before, letter, n->layers, last);
    }
    buffer_free(&done);
}

void notes_decide_any(notes *n, const syn *left, const syn *right, int item, const note_trial *t, verdict *out)
{
    if (notes_has_layers(n, left, right))
        notes_decide_layers(n, left, right, item, t, out);
    else
        notes_decide(n, left, right, item, t, out);
}
