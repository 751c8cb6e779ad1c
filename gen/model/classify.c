/* Which equation defines what, and in which order definitions can be read. */
#include <stdlib.h>
#include <string.h>

#include "gen/model/piece.h"

/* --- which equation defines what --- */

static sym defined_key(builder *b, const syn *left)
{
    const syn *base = left->kind == SYN_INDEX ? left->child[0] : left;
    return base->kind == SYN_NAME || base->kind == SYN_FAMILY ? page_name(b, base) : 0;
}

static bool names_inside(const syn *tree, sym key)
{
    if (tree->kind == SYN_NAME && tree->name == key)
        return true;
    for (int i = 0; i < tree->count; i++)
        if (tree->child[i] && names_inside(tree->child[i], key))
            return true;
    return false;
}

/* An axis of a left side that is a fixed place (h[-1], δ[T-1]) or has a range of its own. */
bool piece_fixed_axis(builder *b, const syn *arg)
{
    if (arg->kind == SYN_BINDER || arg->kind == SYN_NUMBER || arg->kind == SYN_NEGATE)
        return true;
    if (arg->kind != SYN_NAME)
        return true;
    for (const family_env *e = b->env; e; e = e->outer) /* for l in 0..2 { h[l] = … } */
        if (e->name == arg->name)
            return true;
    return model_find_size(b->m, arg->name) >= 0 || model_find_var(b->m, arg->name) >= 0;
}

bool piece_special(builder *b, const syn *left)
{
    for (int i = 1; left->kind == SYN_INDEX && i < left->count; i++)
        if (piece_fixed_axis(b, left->child[i]))
            return true;
    return false;
}

/* Does a further equation for a name define another range of it? Otherwise it is a claim. */
static bool another_piece(builder *b, const definition *d, const syn *left)
{
    if (left->kind != SYN_INDEX)
        return false;
    bool special = piece_special(b, left), general = false, recurs = false;
    for (int i = 0; i < d->piece_count; i++) {
        const syn *old = d->piece[i]->tree;
        if (old->child[0]->kind != SYN_INDEX)
            return false;
        general |= !piece_special(b, old->child[0]);
        recurs |= names_inside(old->child[1], d->key);
        b->quiet++;
        bool same = d->piece[i]->env == b->env && syn_equal(old->child[0], left);
        b->quiet--;
        if (same)
            return false;
    }
    if (!special)
        return !general;
    for (int i = 1; i < left->count; i++)
        if (left->child[i]->kind == SYN_NEGATE)
            return true; /* before the axis: a start */
    return !general || recurs;
}

static definition *new_definition(builder *b, sym key)
{
    b->defs = page_grow(b, b->defs, b->def_count, sizeof *b->defs);
    b->defs[b->def_count] = (definition){.key = key, .var = -1};
    page_enter(b, &b->def_by_key, &b->def_by_key_room, key, b->def_count);
    return &b->defs[b->def_count++];
}

static void add_piece(builder *b, definition *d, item *it)
{
    d->piece = page_grow(b, d->piece, d->piece_count, sizeof *d->piece);
    d->piece[d->piece_count++] = it;
}

static void classify(builder *b, item *it)
{
    const syn *tree = it->tree;
    b->env = it->env;
    bool fresh = tree->text && strcmp(tree->text, ":=") == 0;
    if (tree->number || tree->count < 2)
        return;
    sym key = defined_key(b, tree->child[0]);
    if (!key)
        return;
    definition *d = page_definition(b, key);
    bool known = model_find_var(b->m, key) >= 0 || model_find_size(b->m, key) >= 0 || page_function(b, key) >= 0;
    if (fresh && (known || d)) {
        diagnostic *g = page_error(b, tree->child[0]->at, "`:=` defines a new name, but `%s` is not new", page_spelling(b, key));
        if (g && d)
            diag_other(g, d->piece[0]->tree->at, "first defined here");
        return;
    }
    if (d && d->piece[0]->tree->at.source != tree->at.source) {
        diagnostic *g = page_error(b, tree->child[0]->at, "`%s` is defined in two files", page_spelling(b, key));
        if (g)
            diag_other(g, d->piece[0]->tree->at, "the other definition");
        return;
    }
    if (known)
        return;
    if (!d) {
        d = new_definition(b, key);
        page_notice_anew(b, key, tree->child[0]->at);
    } else if (!another_piece(b, d, tree->child[0]))
        return;
    add_piece(b, d, it);
    it->defines = true;
}

/* --- dependencies --- */

typedef struct {
    builder *b;
    definition *d;
    int depth;
} dependency;

static void add_use(builder *b, definition *d, int number)
{
    for (int i = d->use_count - 1; i >= 0 && i > d->use_count - 40; i--)
        if (d->uses[i] == number)
            return;
    d->uses = page_grow(b, d->uses, d->use_count, sizeof *d->uses);
    d->uses[d->use_count++] = number;
}

static void find_uses(dependency *p, const syn *tree)
{
    builder *b = p->b;
    if (tree->kind == SYN_NAME || tree->kind == SYN_FAMILY) {
        b->quiet++;
        sym key = page_name(b, tree);
        b->quiet--;
        definition *used = key ? page_definition(b, key) : NULL;
        int f = key && p->depth < 20 ? page_function(b, key) : -1;
        if (used)
            add_use(b, p->d, (int)(used - b->defs));
        if (f >= 0 && b->m->function[f].body) {
            const family_env *saved = b->env;
            b->env = b->m->function[f].env;
            p->depth++;
            find_uses(p, b->m->function[f].body);
            p->depth--;
            b->env = saved;
        }
    }
    for (int i = 0; i < tree->count; i++)
        if (tree->child[i])
            find_uses(p, tree->child[i]);
}
/* --- order: Tarjan's strongly connected components (1972), without recursion --- */

static bool self_use(const definition *d, int number)
{
    for (int i = 0; i < d->use_count; i++)
        if (d->uses[i] == number)
            return true;
    return false;
}

static void finish_component(builder *b, int root, int *stack, int *height)
{
    int start = *height;
    do
        start--;
    while (stack[start] != root);
    int count = *height - start;
    for (int i = start; i < *height; i++)
        b->defs[stack[i]].on_stack = false;
    *height = start;
    /* Page order inside a component. */
    for (int i = start + 1; i < start + count; i++)
        for (int k = i; k > start && stack[k - 1] > stack[k]; k--) {
            int swap = stack[k];
            stack[k] = stack[k - 1], stack[k - 1] = swap;
        }
    int first = b->m->var_count;
    if (count == 1 && !self_use(&b->defs[root], root))
        page_define(b, root);
    else
        page_define_cycle(b, count, stack + start);
    for (int v = first; v < b->m->var_count; v++)
        if (b->m->var[v].role == ROLE_DEFINED)
            b->m->order[b->m->order_count++] = v;
}

static void order_and_define(builder *b)
{
    int n = b->def_count, clock = 0, height = 0, depth = 0;
    int *stack = xmalloc((size_t)(n + 1) * sizeof *stack), *path = xmalloc((size_t)(n + 1) * sizeof *path), *edge = xcalloc((size_t)(n + 1), sizeof *edge);
    for (int root = 0; root < n; root++) {
        if (b->defs[root].number)
            continue;
        path[depth++] = root;
        while (depth) {
            int v = path[depth - 1];
            definition *d = &b->defs[v];
            if (!d->number) {
                d->number = d->low = ++clock;
                d->on_stack = true;
                stack[height++] = v;
            }
            bool down = false;
            for (; edge[v] < d->use_count && !down; edge[v]++) {
                definition *u = &b->defs[d->uses[edge[v]]];
                if (!u->number) {
                    path[depth++] = d->uses[edge[v]];
                    down = true;
                    break; /* looked at again when it is done */
                }
                if (u->on_stack && u->low < d->low)
                    d->low = u->low;
            }
            if (down)
                continue;
            if (d->low == d->number)
                finish_component(b, v, stack, &height);
            depth--;
        }
    }
    free(stack), free(path), free(edge);
}

void page_definitions(builder *b)
{
    for (int i = 0; i < b->item_count; i++)
        if (b->items[i].tree->kind == SYN_EQUATION)
            classify(b, &b->items[i]);
    for (int i = 0; i < b->def_count; i++) {
        dependency p = {b, &b->defs[i], 0};
        for (int k = 0; k < b->defs[i].piece_count; k++) {
            b->env = b->defs[i].piece[k]->env;
            find_uses(&p, b->defs[i].piece[k]->tree->child[1]);
        }
    }
    b->env = NULL;
    b->m->order = arena_alloc(b->m->memory, (size_t)(b->def_count + 1) * sizeof(int));
    order_and_define(b);
}
