/* Index brackets and the ranges of indices that stand in them. */
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

static bool bound_inside(const syn *tree, sym name)
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
            if (bound_inside(l->reduce, tree->name))
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

/* --- ranges --- */

typedef struct {
    builder *b;
    index_frame *frame;
    node lo, hi;       /* found so far; 0: none */
    span lo_at, hi_at;
    const char *alone_name;
    bool alone, failed, affine_only;
} inference;

static int base_variable(builder *b, const syn *base)
{
    if (base->kind != SYN_NAME && base->kind != SYN_FAMILY)
        return -1;
    b->quiet++;
    sym key = page_name(b, base);
    b->quiet--;
    for (const local_frame *l = b->locals; l; l = l->outer)
        if (l->name == key)
            return -1;
    return key ? model_find_var(b->m, key) : -1;
}

/* Size, and lowest and highest allowed index, of axis k of what stands before the bracket. */
static bool axis_of(builder *b, const syn *base, int k, node *size, node *lowest, node *highest, bool *own)
{
    dag *d = b->m->dag;
    int var = base_variable(b, base);
    *own = false;
    if (var >= 0) {
        const model_var *v = &b->m->var[var];
        int axis = k + (v->sample ? 1 : 0);
        definition *def = v->role == ROLE_DEFINED ? page_definition(b, v->key) : NULL;
        *own = def && b->active >= 0 && def == &b->defs[b->active];
        if (axis >= v->axis_count)
            return false;
        *size = v->axis_size[axis];
        *lowest = v->axis_start[axis] ? v->axis_start[axis] : dag_int(d, -v->pad[axis]);
        *highest = v->axis_stop[axis] ? v->axis_stop[axis] : dag_add(d, 3, (node[]){*size, dag_int(d, -1), dag_int(d, v->pad[axis])});
        return *size != 0 || *lowest != 0;
    }
    model_value value;
    bool failed = b->failed;
    b->quiet++;
    bool ok = page_value(b, base, &value) && k < value.axis_count;
    b->quiet--;
    b->failed = failed;
    if (!ok)
        return false;
    *size = value.size[k];
    *lowest = dag_int(d, 0);
    *highest = dag_add2(d, *size, dag_int(d, -1));
    return true;
}

static node smallest(dag *d, node a, node b, bool *known)
{
    if (!a)
        return b;
    if (dag_index_le(d, a, b) == TRUTH_YES)
        return a;
    *known = dag_index_le(d, b, a) == TRUTH_YES;
    return b;
}
static node largest(dag *d, node a, node b, bool *known)
{
    if (!a)
        return b;
    if (dag_index_le(d, b, a) == TRUTH_YES)
        return a;
    *known = dag_index_le(d, a, b) == TRUTH_YES;
    return b;
}

static void cannot_compare(inference *f, span at)
{
    if (f->failed)
        return;
    f->failed = true;
    diagnostic *g = page_error(f->b, at, "the bounds of index `%s` cannot be compared", page_spelling(f->b, f->frame->name));
    if (g)
        diag_hint(g, "write its range: `Σ_{%s=0}^{n-1}`, or `[%s in 0..n-1]` on the left side", page_spelling(f->b, f->frame->name), page_spelling(f->b, f->frame->name));
}

static void stands_alone(inference *f, span at, node size, bool own)
{
    dag *d = f->b->m->dag;
    node hi = dag_add2(d, size, dag_int(d, -1));
    if (own)
        return;
    if (f->alone && dag_index_eq(d, f->hi, hi) != TRUTH_YES && !f->failed) {
        f->failed = true;
        diagnostic *g = page_error(f->b, at, "index `%s` runs over axes of different size: %s and %s", page_spelling(f->b, f->frame->name),
                                    page_size_text(f->b, dag_add2(d, f->hi, dag_int(d, 1))), page_size_text(f->b, size));
        if (g)
            diag_other(g, f->hi_at, "the other axis is here");
        return;
    }
    if (!f->alone)
        f->hi_at = at;
    f->alone = true;
    f->lo = dag_int(d, 0);
    f->hi = hi;
}

/* coefficient·index + rest must lie in lowest..highest for all values of the other indices. */
static void affine_access(inference *f, const syn *at, node lowest, node highest, bool own)
{
    builder *b = f->b;
    dag *d = b->m->dag;
    model_value v;
    long c;
    node rest;
    int probe = dag_index_fresh(d, f->frame->name, 0, 0), saved = f->frame->index;
    f->frame->index = probe;
    bool failed = b->failed;
    b->quiet++;
    bool ok = page_value(b, at, &v) && v.axis_count == 0 && dag_affine_split(d, v.body, probe, &c, &rest) && c != 0;
    b->quiet--;
    b->failed = failed;
    f->frame->index = saved;
    if (!ok || (c != 1 && c != -1 && !dag_is_affine(d, rest)))
        return;
    /* The largest and smallest value of the rest over the other indices: substitute their ends. */
    node top = rest, low = rest;
    int others[16], count = dag_free_indices(d, rest, others, 16);
    for (int i = 0; i < count && i < 16; i++) {
        long k;
        node r;
        const dag_index_info *x = dag_index_get(d, others[i]);
        node from = dag_index_node(d, others[i]), hi = x->hi, lo = x->lo;
        if (!dag_affine_split(d, rest, others[i], &k, &r) || !hi || !lo)
            return;
        top = dag_substitute(d, top, 1, &from, k > 0 ? &hi : &lo, false);
        low = dag_substitute(d, low, 1, &from, k > 0 ? &lo : &hi, false);
    }
    bool known = true;
    if (c > 0) {
        node room = dag_sub(d, highest, top);
        node hi = c == 1 ? room : 0;
        if (c > 1) { /* floor(room / c): exact when every coefficient but a constant is a multiple of c */
            node whole = dag_mul2(d, dag_ratio(d, 1, c), room);
            mpq_t constant;
            mpq_init(constant);
            node part = whole;
            if (dag_kind(d, whole) == NODE_ADD && dag_kind(d, dag_child(d, whole, dag_count(d, whole) - 1)) == NODE_NUMBER) {
                mpq_set(constant, *dag_value(d, dag_child(d, whole, dag_count(d, whole) - 1)));
                part = dag_sub(d, whole, dag_number(d, constant));
            } else if (dag_kind(d, whole) == NODE_NUMBER) {
                mpq_set(constant, *dag_value(d, whole));
                part = dag_int(d, 0);
            }
            mpz_fdiv_q(mpq_numref(constant), mpq_numref(constant), mpq_denref(constant));
            mpz_set_ui(mpq_denref(constant), 1);
            hi = dag_simplify(d, dag_add2(d, part, dag_number(d, constant)));
            mpq_clear(constant);
            if (!dag_is_affine(d, hi)) {
                cannot_compare(f, at->at);
                return;
            }
        }
        f->hi = smallest(d, f->hi, hi, &known);
        if (own)
            f->lo = largest(d, f->lo, dag_sub(d, lowest, low), &known);
    } else if (c == -1) {
        f->hi = smallest(d, f->hi, dag_sub(d, low, lowest), &known);
        node least = dag_sub(d, top, highest);
        if (own || !f->lo)
            f->lo = largest(d, f->lo ? f->lo : dag_int(d, 0), least, &known);
    }
    if (!f->lo)
        f->lo = dag_int(d, 0);
    if (!known)
        cannot_compare(f, at->at);
}

static bool mentions(const syn *tree, sym name)
{
    if (tree->kind == SYN_NAME)
        return tree->name == name;
    for (int i = 0; i < tree->count; i++)
        if (tree->child[i] && mentions(tree->child[i], name))
            return true;
    return false;
}

static void scan(inference *f, const syn *tree)
{
    if (bound_inside(tree, f->frame->name) || f->failed)
        return;
    if (tree->kind == SYN_INDEX) {
        for (int i = 1; i < tree->count; i++) {
            const syn *arg = tree->child[i];
            node size, lowest, highest;
            bool own;
            if (arg->kind == SYN_BINDER || !mentions(arg, f->frame->name) || !axis_of(f->b, tree->child[0], i - 1, &size, &lowest, &highest, &own))
                continue;
            if (arg->kind == SYN_NAME && !f->affine_only && size)
                stands_alone(f, arg->at, size, own);
            else if (arg->kind != SYN_NAME && f->affine_only)
                affine_access(f, arg, lowest, highest, own);
        }
    }
    for (int i = 0; i < tree->count; i++)
        if (tree->child[i])
            scan(f, tree->child[i]);
}

static const syn *explicit_range(const syn *tree, sym name)
{
    if (tree->kind == SYN_INDEX)
        for (int i = 1; i < tree->count; i++)
            if (tree->child[i]->kind == SYN_BINDER && tree->child[i]->name == name)
                return tree->child[i]->count ? tree->child[i]->child[0] : NULL;
    for (int i = 0; i < tree->count; i++) {
        const syn *found = tree->child[i] && tree->child[i]->kind != SYN_REDUCE ? explicit_range(tree->child[i], name) : NULL;
        if (found)
            return found;
    }
    return NULL;
}

bool page_range_ends(builder *b, const syn *range, node *lo, node *hi)
{
    if (range->kind != SYN_RANGE) {
        page_error(b, range->at, "a range lo..hi was expected");
        return false;
    }
    if (!page_scalar(b, range->child[0], lo) || !page_scalar(b, range->child[1], hi))
        return false;
    *lo = dag_simplify(b->m->dag, *lo);
    *hi = dag_simplify(b->m->dag, *hi);
    if (!dag_is_affine(b->m->dag, *lo) || !dag_is_affine(b->m->dag, *hi)) {
        page_error(b, range->at, "the ends of a range must be integers, sizes or indices");
        return false;
    }
    return true;
}

bool page_index_range(builder *b, index_frame *f, span at)
{
    if (f->index >= 0)
        return true;
    if (f->busy) {
        b->failed = true;
        return false;
    }
    f->busy = true;
    node lo = 0, hi = 0;
    for (int i = 0; i < f->scope_count; i++) {
        const syn *range = explicit_range(f->scope[i], f->name);
        if (range && !page_range_ends(b, range, &lo, &hi))
            return f->busy = false;
        if (range)
            break;
    }
    if (!hi) {
        inference found = {.b = b, .frame = f};
        for (int i = 0; i < f->scope_count; i++)
            scan(&found, f->scope[i]);
        f->natural_hi = found.alone ? found.hi : 0;
        found.affine_only = true;
        for (int i = 0; i < f->scope_count; i++)
            scan(&found, f->scope[i]);
        if (found.failed)
            return f->busy = false;
        lo = found.lo;
        hi = found.hi;
    }
    f->busy = false;
    if (!lo || !hi) {
        diagnostic *g = page_error(b, at, "the range of index `%s` cannot be told from where it is used", page_spelling(b, f->name));
        if (g)
            diag_hint(g, "an index runs over the axis in which it stands alone; else write its range, `[%s in 0..n-1]`", page_spelling(b, f->name));
        return false;
    }
    f->index = f->fresh ? dag_index_fresh(b->m->dag, f->name, lo, hi) : dag_index(b->m->dag, f->name, lo, hi);
    return true;
}

/* --- brackets --- */

static void check_inside(builder *b, const syn *tree, int k, node at, const syn *arg)
{
    node size, lowest, highest;
    bool own;
    dag *d = b->m->dag;
    if (!axis_of(b, tree->child[0], k, &size, &lowest, &highest, &own) || own || !dag_is_affine(d, at))
        return;
    if (dag_index_le(d, lowest, at) == TRUTH_NO || dag_index_le(d, at, highest) == TRUTH_NO)
        page_error(b, arg->at, "index %s is outside its axis of size %s", page_source(b, arg->at), page_size_text(b, size));
}

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
        check_inside(b, tree, k, at, arg);
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
