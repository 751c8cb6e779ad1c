/* Ranges of indices, told from where they stand; accesses outside an axis. */
#include <stdlib.h>
#include <string.h>

#include "gen/model/page.h"

typedef struct {
    node size, lowest, highest;
    bool self;  /* of the definition that is being read */
    bool cycle; /* of that one or of another of its recurrence */
    bool start; /* has entries outside 0 .. size−1 */
} axis;

typedef struct {
    builder *b;
    index_frame *frame;
    node lo, hi; /* found so far; 0: none */
    node end; /* of an axis with a start outside it */
    span hi_at, end_at;
    bool alone, failed;
    bool shifted; /* second look: subscripts such as i + p */
} inference;

/* a <= b for all sizes, else for those that the page gives. */
truth page_le(builder *b, node x, node y)
{
    dag *d = b->m->dag;
    truth t = dag_index_le(d, x, y);
    if (t != TRUTH_UNKNOWN)
        return t;
    node u = page_with_sizes(b, x), v = page_with_sizes(b, y);
    return u == x && v == y ? TRUTH_UNKNOWN : dag_index_le(d, u, v);
}

node page_with_sizes(builder *b, node n)
{
    dag *d = b->m->dag;
    if (!dag_has_kind(d, n, NODE_SIZE))
        return n;
    for (int i = 0; i < b->m->size_count; i++) {
        node from = dag_sizesym(d, i);
        if (b->m->size[i].value <= 0)
            continue;
        node to = dag_int(d, b->m->size[i].value);
        n = dag_substitute(d, n, 1, &from, &to, false);
    }
    return dag_simplify(d, n);
}

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

static bool variable_axis(builder *b, const model_var *v, int k, axis *out)
{
    dag *d = b->m->dag;
    k += v->sample ? 1 : 0;
    definition *def = v->role == ROLE_DEFINED ? page_definition(b, v->key) : NULL;
    out->self = def && b->active >= 0 && def == &b->defs[b->active];
    out->cycle = out->self || (def && b->active >= 0 && def->state == DEFINE_ACTIVE);
    if (k >= v->axis_count)
        return false;
    out->size = v->axis_size[k];
    out->start = v->axis_start[k] != 0;
    out->lowest = v->axis_start[k] ? v->axis_start[k] : dag_int(d, -v->pad[k]);
    out->highest = v->axis_stop[k] ? v->axis_stop[k] : dag_add(d, 3, (node[]){out->size, dag_int(d, -1), dag_int(d, v->pad[k])});
    return out->size != 0;
}

/* Size, and lowest and highest allowed index, of axis k of what stands before the bracket. */
static bool axis_of(builder *b, const syn *base, int k, axis *out)
{
    dag *d = b->m->dag;
    int var = base_variable(b, base);
    *out = (axis){0};
    if (var >= 0)
        return variable_axis(b, &b->m->var[var], k, out);
    model_value value;
    bool failed = b->failed;
    b->quiet++;
    bool ok = page_value(b, base, &value) && k < value.axis_count;
    b->quiet--;
    b->failed = failed;
    if (!ok)
        return false;
    out->size = value.size[k];
    out->lowest = dag_int(d, 0);
    out->highest = dag_add2(d, out->size, dag_int(d, -1));
    return true;
}

/* --- inference --- */

static void cannot_compare(inference *f, span at)
{
    if (f->failed)
        return;
    f->failed = true;
    diagnostic *g = page_error(f->b, at, "the bounds of index `%s` cannot be compared", page_spelling(f->b, f->frame->name));
    if (g)
        diag_hint(g, "write its range: `Σ_{%s=0}^{n-1}`, or `[%s in 0..n-1]` on the left side", page_spelling(f->b, f->frame->name), page_spelling(f->b, f->frame->name));
}

static void lower_top(inference *f, node bound, span at)
{
    if (!f->hi || page_le(f->b, bound, f->hi) == TRUTH_YES) {
        f->hi = bound;
        f->hi_at = at;
    } else if (page_le(f->b, f->hi, bound) != TRUTH_YES) {
        cannot_compare(f, at);
    }
}

static void raise_bottom(inference *f, node bound, span at)
{
    if (page_le(f->b, f->lo, bound) == TRUTH_YES)
        f->lo = bound;
    else if (page_le(f->b, bound, f->lo) != TRUTH_YES)
        cannot_compare(f, at);
}

static void stands_alone(inference *f, span at, const axis *a)
{
    dag *d = f->b->m->dag;
    node hi = dag_add2(d, a->size, dag_int(d, -1));
    if (a->self)
        return;
    if (!f->alone) {
        f->hi_at = at;
        f->alone = true;
        f->hi = hi;
        return;
    }
    if (dag_index_eq(d, f->hi, hi) == TRUTH_YES || f->failed)
        return;
    f->failed = true;
    diagnostic *g = page_error(f->b, at, "index `%s` runs over axes of different size: %s and %s", page_spelling(f->b, f->frame->name),
                               page_size_text(f->b, dag_add2(d, f->hi, dag_int(d, 1))), page_size_text(f->b, a->size));
    if (g)
        diag_other(g, f->hi_at, "the other axis is here");
}

/* The subscript as c·index + rest; false when it is something else. */
static bool subscript(inference *f, const syn *at, long *c, node *rest)
{
    builder *b = f->b;
    model_value v;
    int saved = f->frame->index, probe = dag_index_fresh(b->m->dag, f->frame->name, 0, 0);
    bool failed = b->failed;
    f->frame->index = probe;
    b->quiet++;
    bool ok = page_value(b, at, &v) && v.axis_count == 0 && dag_affine_split(b->m->dag, v.body, probe, c, rest) && *c != 0;
    b->quiet--;
    b->failed = failed;
    f->frame->index = saved;
    return ok && dag_is_affine(b->m->dag, *rest);
}

/* The largest (smallest) value of an affine form over the indices in it. */
static bool extreme(dag *d, node n, bool largest, node *out)
{
    int index[16];
    for (int round = 0; round < 16; round++) {
        int count = dag_free_indices(d, n, index, 16), pick = -1;
        if (count == 0)
            break;
        for (int i = 0; i < count && i < 16 && pick < 0; i++) { /* one that is in no other's bounds goes first */
            pick = index[i];
            for (int k = 0; k < count && k < 16; k++) {
                const dag_index_info *other = dag_index_get(d, index[k]);
                if (k != i && (dag_has_index(d, other->lo, index[i]) || dag_has_index(d, other->hi, index[i])))
                    pick = -1;
            }
        }
        long c;
        node rest;
        if (pick < 0 || !dag_affine_split(d, n, pick, &c, &rest))
            return false;
        const dag_index_info *x = dag_index_get(d, pick);
        node from = dag_index_node(d, pick), to = (c > 0) == largest ? x->hi : x->lo;
        if (!to)
            return false;
        n = dag_substitute(d, n, 1, &from, &to, false);
    }
    *out = n;
    return true;
}

/* floor(n / c), if that is an index expression, perhaps with the page's sizes put in; else 0. */
static node whole_part(builder *b, node n, long c)
{
    node whole = dag_index_divide(b->m->dag, n, c);
    return whole ? whole : dag_index_divide(b->m->dag, page_with_sizes(b, n), c);
}

/* c·index + rest must lie in lowest..highest for all values of the other indices. */
static void shifted_access(inference *f, const syn *at, const axis *a)
{
    builder *b = f->b;
    dag *d = b->m->dag;
    long c;
    node rest, top, low;
    if (!subscript(f, at, &c, &rest) || !extreme(d, rest, true, &top) || !extreme(d, rest, false, &low))
        return;
    node room = c > 0 ? dag_sub(d, a->highest, top) : dag_sub(d, low, a->lowest);
    node hi = labs(c) == 1 ? room : whole_part(b, room, labs(c));
    if (!hi) {
        cannot_compare(f, at->at);
        return;
    }
    lower_top(f, hi, at->at);
    if (a->start && !a->cycle) {
        f->end = dag_add2(d, a->size, dag_int(d, -1));
        f->end_at = at->at;
    }
    if (a->cycle && labs(c) == 1)
        raise_bottom(f, c > 0 ? dag_sub(d, a->lowest, low) : dag_sub(d, top, a->highest), at->at);
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
    builder *b = f->b;
    index_frame *saved = b->indices;
    if (page_binds(tree, f->frame->name) || f->failed || !mentions(tree, f->frame->name))
        return;
    for (int i = 1; tree->kind == SYN_INDEX && i < tree->count; i++) {
        const syn *arg = tree->child[i];
        axis a;
        if (arg->kind == SYN_BINDER || (arg->kind != SYN_NAME) != f->shifted || !mentions(arg, f->frame->name) || !axis_of(b, tree->child[0], i - 1, &a))
            continue;
        if (f->shifted)
            shifted_access(f, arg, &a);
        else
            stands_alone(f, arg->at, &a);
    }
    for (int i = 0; tree->kind == SYN_REDUCE && i < tree->number; i++) /* the dummies of inner sums may stand beside the index */
        page_push_binder(b, tree->child[i], tree->child[tree->count - 1]);
    for (int i = 0; i < tree->count; i++)
        if (tree->child[i])
            scan(f, tree->child[i]);
    b->indices = saved;
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
        diagnostic *g = page_error(b, range->at, "the ends of a range must be integers, sizes or indices");
        if (g && (dag_has_kind(b->m->dag, *lo, NODE_ENTRY) || dag_has_kind(b->m->dag, *hi, NODE_ENTRY)))
            diag_hint(g, "an end that comes from values is a condition within the whole range: `Σ_t (if t < count then x[t] else 0)`");
        return false;
    }
    return true;
}

void page_push_binder(builder *b, const syn *binder, const syn *body)
{
    index_frame *f = arena_alloc(b->m->memory, sizeof *f);
    *f = (index_frame){.name = binder->name, .index = -1, .fresh = true, .scope = {body}, .scope_count = 1, .outer = b->indices};
    f->range = binder->count ? binder->child[0] : NULL;
    b->indices = f;
}

/* A range that is written; *found stays false where none is. */
static bool written_range(builder *b, index_frame *f, node *lo, node *hi, bool *found)
{
    const syn *range = f->range;
    for (int i = 0; i < f->scope_count && !range; i++)
        range = explicit_range(f->scope[i], f->name);
    *found = range != NULL;
    if (range && !page_range_ends(b, range, lo, hi))
        return false;
    if (range && page_le(b, dag_add2(b->m->dag, *hi, dag_int(b->m->dag, 2)), *lo) == TRUTH_YES) {
        page_error(b, range->at, "this range is empty: it ends at %s and begins at %s", page_size_text(b, *hi), page_size_text(b, *lo));
        return false;
    }
    return true;
}

/* Σ_t h[t-1] with a start h[-1]: does t run as far as h does, or as far as h[t-1] is there? */
static void beyond_end(inference *f)
{
    builder *b = f->b;
    if (f->alone || f->failed || !f->end || !f->hi || page_le(b, f->hi, f->end) == TRUTH_YES)
        return;
    const char *name = page_spelling(b, f->frame->name);
    f->failed = true;
    diagnostic *g = page_error(b, f->end_at, "index `%s` may run to %s, as the array does, or to %s, where the subscript ends", name, page_size_text(b, f->end),
                               page_size_text(b, f->hi));
    if (g)
        diag_hint(g, "write its range: `Σ_{%s=0}^{%s}`, or `[%s in 0..%s]` on the left side", name, page_size_text(b, f->end), name, page_size_text(b, f->end));
}

static bool inferred_range(builder *b, index_frame *f, bool written, node *lo, node *hi)
{
    inference found = {.b = b, .frame = f, .lo = dag_int(b->m->dag, 0)};
    b->quiet += written;
    for (int i = 0; i < f->scope_count; i++)
        scan(&found, f->scope[i]);
    f->natural_hi = found.alone ? found.hi : 0;
    b->quiet -= written;
    if (written)
        return true;
    found.shifted = true;
    for (int i = 0; i < f->scope_count; i++)
        scan(&found, f->scope[i]);
    beyond_end(&found);
    *lo = found.lo;
    *hi = found.hi;
    return !found.failed;
}

static bool mentions_broken(const builder *b, const syn *tree)
{
    if (tree->kind == SYN_NAME)
        return page_is_broken(b, tree);
    for (int i = 0; i < tree->count; i++)
        if (tree->child[i] && mentions_broken(b, tree->child[i]))
            return true;
    return false;
}

static void report_no_range(builder *b, const index_frame *f, span at)
{
    for (int i = 0; i < f->scope_count; i++)
        if (mentions_broken(b, f->scope[i])) {
            b->failed = true;
            return;
        }
    diagnostic *g = page_error(b, at, "the range of index `%s` cannot be told from where it is used", page_spelling(b, f->name));
    if (g)
        diag_hint(g, "an index runs over the axis in which it stands alone; else write its range, `[%s in 0..n-1]`", page_spelling(b, f->name));
}

bool page_index_range(builder *b, index_frame *f, span at)
{
    if (f->index >= 0)
        return true;
    if (f->busy) {
        b->failed = true;
        return false;
    }
    node lo = 0, hi = 0;
    bool written, failed = b->failed;
    index_frame *saved = b->indices;
    f->busy = true;
    bool ok = written_range(b, f, &lo, &hi, &written);
    if (ok) {
        bool known = inferred_range(b, f, written, &lo, &hi);
        ok = written || known;
        if (written)
            b->failed = failed;
    }
    b->indices = saved;
    f->busy = false;
    if (!ok)
        return false;
    if (!lo || !hi) {
        report_no_range(b, f, at);
        return false;
    }
    f->narrowed = !written && f->natural_hi && dag_index_eq(b->m->dag, hi, f->natural_hi) != TRUTH_YES;
    f->index = f->fresh ? dag_index_fresh(b->m->dag, f->name, lo, hi) : dag_index(b->m->dag, f->name, lo, hi);
    return true;
}

/* --- accesses --- */

/* Is low <= high, given one of the conditions of the branches around? */
static bool guarded_le(builder *b, node low, node high)
{
    dag *d = b->m->dag;
    if (page_le(b, low, high) == TRUTH_YES)
        return true;
    for (const guard_frame *g = b->guards; g; g = g->outer) /* from low <= high − slack and slack >= 0 */
        if (page_le(b, dag_add2(d, low, g->slack), high) == TRUTH_YES)
            return true;
    return false;
}

void page_check_inside(builder *b, const syn *base, int k, node at, const syn *arg)
{
    dag *d = b->m->dag;
    axis a;
    if (b->quiet || b->guard_off || !axis_of(b, base, k, &a) || a.self || !dag_is_affine(d, at))
        return;
    bool below = !guarded_le(b, a.lowest, at), above = !guarded_le(b, at, a.highest);
    if (!below && !above)
        return;
    if ((below && page_le(b, at, dag_add2(d, a.lowest, dag_int(d, -1))) == TRUTH_YES) || (above && page_le(b, dag_add2(d, a.highest, dag_int(d, 1)), at) == TRUTH_YES)) {
        page_error(b, arg->at, "index %s is outside its axis of size %s", page_source(b, arg->at), page_size_text(b, a.size));
        return;
    }
    diagnostic *g = page_error(b, arg->at, "index %s may be %s its axis, which runs from %s to %s", page_source(b, arg->at), below ? "below" : "above",
                               page_size_text(b, a.lowest), page_size_text(b, a.highest));
    if (g && above && dag_kind(d, at) == NODE_NUMBER && dag_kind(d, a.size) == NODE_SIZE)
        diag_hint(g, "say how large it is: `assume %s >= %s`", page_size_text(b, a.size), page_size_text(b, dag_add2(d, at, dag_int(d, 1))));
    else if (g)
        diag_hint(g, "write a range that keeps it inside, `[i in %s]`, or declare padding, `x[n pad 1]`", below ? "1..n-1" : "0..n-2");
}
