/* Index brackets: the names that are indices, and entries. */
#include <string.h>

#include "gen/model/page.h"

/* Is `name` something with a value, so that it is no index? */
static bool declared(builder *b, sym name)
{
    for (const local_frame *l = b->locals; l; l = l->outer)
        if (l->name == name)
            return true;
    for (const index_frame *f = b->indices; f; f = f->outer)
        if (f->name == name)
            return true;
    for (const family_env *e = b->env; e; e = e->outer)
        if (e->name == name)
            return true;
    return model_find_var(b->m, name) >= 0 || model_find_size(b->m, name) >= 0 || page_definition(b, name) || page_is_function(b, name);
}

bool page_binds(const syn *tree, sym name)
{
    if (tree->kind == SYN_REDUCE)
        for (int i = 0; i < tree->number; i++)
            if (tree->child[i]->name == name)
                return true;
    return false;
}

typedef struct {
    builder *b;
    index_frame *made;
    const syn *const *scope;
    int scope_count;
} collector;

static void add_frame(collector *c, const syn *name)
{
    if (declared(c->b, name->name))
        return;
    index_frame *f = arena_alloc(c->b->m->memory, sizeof *f);
    *f = (index_frame){.name = name->name, .index = -1, .outer = c->b->indices};
    for (int i = 0; i < c->scope_count && i < 4; i++)
        f->scope[f->scope_count++] = c->scope[i];
    c->b->indices = c->made = f;
}

/* Names in index brackets below tree that are bound nowhere. `bound` is a list of binder names around. */
typedef struct bound_list {
    const syn *reduce;
    const struct bound_list *outer;
} bound_list;

static void collect(collector *c, const syn *tree, bool inside, const bound_list *bound)
{
    bound_list here = {tree, bound};
    if (tree->kind == SYN_NAME && inside) {
        for (const bound_list *l = bound; l; l = l->outer)
            if (page_binds(l->reduce, tree->name))
                return;
        add_frame(c, tree);
        return;
    }
    if (tree->kind == SYN_REDUCE)
        bound = &here;
    for (int i = 0; i < tree->count; i++) {
        const syn *child = tree->child[i];
        if (!child || child->kind == SYN_NAMED)
            continue;
        bool index = (tree->kind == SYN_INDEX && i > 0) || inside;
        if (child->kind == SYN_BINDER) {
            if (tree->kind == SYN_INDEX && !declared(c->b, child->name)) {
                syn name = {.kind = SYN_NAME, .name = child->name, .at = child->at};
                add_frame(c, &name);
            }
            continue;
        }
        /* The base of an index inside brackets (gather: E[tok[t], j]) is a value, its own brackets hold indices. */
        if (tree->kind == SYN_INDEX && i == 0)
            index = false;
        collect(c, child, index && child->kind != SYN_FAMILY, bound);
    }
}

index_frame *page_free_indices(builder *b, const syn *const *scope, int count)
{
    collector c = {b, b->indices, scope, count};
    for (int i = 0; i < count; i++)
        collect(&c, scope[i], false, NULL);
    return c.made;
}

/* --- brackets --- */

bool page_index(builder *b, const syn *tree, model_value *out)
{
    dag *d = b->m->dag;
    const syn *base_tree = tree->child[0];
    model_value base;
    if (!page_value(b, base_tree, &base))
        return false;
    int count = tree->count - 1;
    if (count > base.axis_count) {
        page_error(b, tree->at, "%d indices for %s, whose shape is %s", count, page_source(b, base_tree->at), page_shape(b, &base));
        return false;
    }
    node from[MODEL_MAX_AXES], to[MODEL_MAX_AXES];
    for (int k = 0; k < count; k++) {
        const syn *arg = tree->child[k + 1];
        model_value v;
        if (arg->kind == SYN_BINDER) {
            syn name = {.kind = SYN_NAME, .name = arg->name, .at = arg->at};
            if (!page_value(b, &name, &v))
                return false;
        } else if (!page_value(b, arg, &v)) {
            return false;
        }
        if (v.axis_count) {
            page_error(b, arg->at, "an index must be a single integer; this has shape %s", page_shape(b, &v));
            return false;
        }
        node at = dag_is_affine(d, v.body) ? dag_simplify(d, v.body) : v.body;
        if (!v.integer && !dag_is_affine(d, at)) {
            diagnostic *g = page_error(b, arg->at, "an index must be an integer; `%s` is real", page_source(b, arg->at));
            if (g)
                diag_hint(g, "declare integer data with `input t : int`");
            return false;
        }
        page_check_inside(b, tree->child[0], k, at, arg);
        from[k] = dag_index_node(d, base.index[k]);
        to[k] = at;
    }
    *out = base;
    out->body = dag_substitute(d, base.body, count, from, to, true);
    out->axis_count = base.axis_count - count;
    for (int k = 0; k < out->axis_count; k++) {
        out->index[k] = base.index[k + count];
        out->size[k] = base.size[k + count];
    }
    if (count)
        out->row = false;
    page_canonical(b, out, 0);
    return true;
}
