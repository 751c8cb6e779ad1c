/* Layers: z^l = W^l a^{l-1} + b^l for all l. A claim about a layer l is decided for every layer of a network with LAYERS of them; the verdict says so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/tool/notes.h"

enum { LAYERS = 3 };

static bool last_layer(const notes *n, sym name)
{
    return strcmp(intern_text(n->names, name), "L") == 0;
}

/* The layer that a superscript means when the running letter is `layer` (0: none is set); −1: not known. */
static int layer_of(const notes *n, const syn *s, int layer)
{
    if (s->kind == SYN_NUMBER && strlen(s->text) < 3)
        return atoi(s->text);
    if (s->kind == SYN_NAME)
        return last_layer(n, s->name) ? LAYERS : layer > 0 ? layer : -1;
    if (s->kind == SYN_PAREN && s->count == 1)
        return layer_of(n, s->child[0], layer);
    if (s->kind != SYN_SUM || s->count != 2)
        return -1;
    int a = layer_of(n, s->child[0], layer), b = layer_of(n, s->child[1], layer);
    return a < 0 || b < 0 ? -1 : s->text[1] == '-' ? a - b : a + b;
}

syn *notes_layer_name(notes *n, const syn *family, int layer)
{
    int v = layer_of(n, family->child[0], layer);
    if (v < 0 || v > LAYERS)
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

/* The definition of an instance, one for its very layer before one for all; *layer is what the running letter is there. */
int notes_layer_find(const notes *n, sym name, int *layer)
{
    int v, general = -1;
    sym base = notes_layer_base(n, name, &v);
    for (int i = 0; base && i < n->definition_count; i++) {
        const syn *family = n->definition[i].name == base ? family_on_left(n, &n->definition[i]) : NULL;
        if (!family)
            continue;
        if (layer_of(n, family->child[0], 0) == v) {
            *layer = 0;
            return i;
        }
        for (int l = 1; l <= LAYERS && general < 0; l++)
            if (layer_of(n, family->child[0], 0) < 0 && layer_of(n, family->child[0], l) == v) {
                *layer = l;
                general = i;
            }
    }
    return general;
}

typedef struct {
    const notes *n;
    int layer;
    bool any, running, outside;
} layer_use;

static void see_layer(void *context, const syn *s, const syn *parent, int place)
{
    layer_use *u = context;
    (void)parent, (void)place;
    if (s->kind != SYN_FAMILY)
        return;
    int fixed = layer_of(u->n, s->child[0], 0), v = layer_of(u->n, s->child[0], u->layer);
    u->any = true;
    u->running |= fixed < 0;
    bool input = strcmp(intern_text(u->n->names, s->name), "a") == 0 || strcmp(intern_text(u->n->names, s->name), "h") == 0 || strcmp(intern_text(u->n->names, s->name), "x") == 0;
    u->outside |= v < (input ? 0 : 1) || v > LAYERS;
}

static layer_use use_of(const notes *n, const syn *left, const syn *right, int layer)
{
    layer_use u = {.n = n, .layer = layer};
    see_layer(&u, left, NULL, 0);
    notes_visit(left, see_layer, &u);
    see_layer(&u, right, NULL, 0);
    notes_visit(right, see_layer, &u);
    return u;
}

bool notes_has_layers(const notes *n, const syn *left, const syn *right)
{
    return use_of(n, left, right, 0).any;
}

/* Every layer where all superscripts exist; the first that is not proved decides. */
void notes_decide_layers(notes *n, const syn *left, const syn *right, int item, verdict *out)
{
    buffer done = {0};
    bool running = use_of(n, left, right, 0).running;
    *out = (verdict){.kind = VERDICT_NOT_UNDERSTOOD, .reason = "no layer has all these superscripts"};
    for (int l = running ? 1 : 0; l <= (running ? LAYERS : 0); l++) {
        note_trial t = {.without = -1, .with = -1, .layer = l};
        if (use_of(n, left, right, l).outside)
            continue;
        notes_decide(n, left, right, item, &t, out);
        if (!notes_good(out))
            break;
        buffer_printf(&done, "%s%d", done.length ? ", " : "", l);
    }
    if (notes_good(out))
        out->condition = running ? arena_printf(n->memory, "for L = %d layers: l = %s", LAYERS, done.text) : arena_printf(n->memory, "for L = %d layers", LAYERS);
    buffer_free(&done);
}
