/* Definitions: which equations define a name, in which order they can be read, shapes of recurrences. */
#include <stdlib.h>
#include <string.h>

#include "gen/model/page.h"

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
static bool special_axis(builder *b, const syn *arg)
{
    if (arg->kind == SYN_BINDER || arg->kind == SYN_NUMBER || arg->kind == SYN_NEGATE)
        return true;
    if (arg->kind == SYN_NAME)
        return model_find_size(b->m, arg->name) >= 0 || model_find_var(b->m, arg->name) >= 0;
    return true;
}

static bool special_left(builder *b, const syn *left)
{
    for (int i = 1; left->kind == SYN_INDEX && i < left->count; i++)
        if (special_axis(b, left->child[i]))
            return true;
    return false;
}

/* Does a further equation for a name define another range of it? Otherwise it is a claim. */
static bool another_piece(builder *b, const definition *d, const syn *left)
{
    if (left->kind != SYN_INDEX)
        return false;
    bool special = special_left(b, left), general = false, recurs = false;
    for (int i = 0; i < d->piece_count; i++) {
        const syn *old = d->piece[i]->tree;
        if (old->child[0]->kind != SYN_INDEX)
            return false;
        general |= !special_left(b, old->child[0]);
        recurs |= names_inside(old->child[1], d->key);
        b->quiet++;
        bool same = syn_equal(old->child[0], left);
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

static void add_piece(builder *b, definition *d, const item *it)
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
    if (known)
        return;
    if (!d)
        d = new_definition(b, key);
    else if (!another_piece(b, d, tree->child[0]))
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

/* --- reading one piece --- */

typedef struct {
    const syn *left, *right;
    model_value value;
    int axis_count;          /* brackets on the left */
    node at[MODEL_MAX_AXES]; /* INDEX or a fixed place */
    index_frame *frame[MODEL_MAX_AXES]; /* NULL for a fixed place */
} piece;

static bool read_left(builder *b, piece *p)
{
    const syn *left = p->left;
    p->axis_count = left->kind == SYN_INDEX ? left->count - 1 : 0;
    for (int k = 0; k < p->axis_count; k++) {
        const syn *arg = left->child[k + 1];
        sym name = arg->kind == SYN_NAME || arg->kind == SYN_BINDER ? arg->name : 0;
        p->frame[k] = NULL;
        for (index_frame *f = b->indices; f && name; f = f->outer)
            if (f->name == name)
                p->frame[k] = f;
        for (int j = 0; j < k && p->frame[k]; j++)
            if (p->frame[j] == p->frame[k]) {
                page_error(b, arg->at, "index `%s` stands twice on the left side of a definition", page_spelling(b, name));
                return false;
            }
        if (p->frame[k]) {
            if (!page_index_range(b, p->frame[k], arg->at))
                return false;
            p->at[k] = dag_index_node(b->m->dag, p->frame[k]->index);
            continue;
        }
        model_value v;
        if (!page_value(b, arg, &v))
            return false;
        p->at[k] = dag_simplify(b->m->dag, v.body);
        if (v.axis_count || !dag_is_affine(b->m->dag, p->at[k])) {
            page_error(b, arg->at, "on the left side of a definition stand indices and fixed places");
            return false;
        }
        if (dag_has_kind(b->m->dag, p->at[k], NODE_INDEX)) {
            diagnostic *g = page_error(b, arg->at, "on the left side an index stands alone");
            if (g)
                diag_hint(g, "shift the index: define h[t] from h[t-1]");
            return false;
        }
    }
    return true;
}

/* Indices on the right that the left side does not have. */
static bool check_closed(builder *b, const piece *p, const index_frame *made, const index_frame *outer)
{
    for (const index_frame *f = made; f != outer; f = f->outer) {
        bool found = false;
        for (int k = 0; k < p->axis_count; k++)
            found |= p->frame[k] == f;
        if (found)
            continue;
        diagnostic *g = page_error(b, p->right->at, "index `%s` stands only on the right side", page_spelling(b, f->name));
        if (g)
            diag_hint(g, "sum over it (Σ_%s …) or give the left side that index", page_spelling(b, f->name));
        return false;
    }
    return true;
}

static bool read_piece(builder *b, const item *it, piece *p)
{
    const syn *scope[2] = {it->tree->child[0], it->tree->child[1]};
    index_frame *saved = b->indices;
    b->env = it->env;
    p->left = scope[0];
    p->right = scope[1];
    index_frame *made = page_free_indices(b, scope, 2);
    b->indices = made;
    bool ok = read_left(b, p) && check_closed(b, p, made, saved) && page_value(b, p->right, &p->value);
    b->indices = saved;
    return ok;
}

/* --- from pieces to a variable with equations --- */

static int sample_population(const builder *b, node n)
{
    for (int p = 0; p < b->m->population_count; p++)
        if (dag_has_index(b->m->dag, n, b->m->sample_index[p]))
            return p;
    return -1;
}

/* The axis of the k-th bracket: its indices' ranges and fixed places together. A place beyond the axis that an index runs over alone is a start outside. */
static void axis_bounds(builder *b, int k, int count, const piece *pieces, node *size, node *start, node *stop)
{
    dag *d = b->m->dag;
    node top = 0, natural = 0, low = dag_int(d, 0);
    for (int i = 0; i < count; i++) {
        const index_frame *f = pieces[i].frame[k];
        if (!f)
            continue;
        const dag_index_info *x = dag_index_get(d, f->index);
        top = !top || page_le(b, top, x->hi) == TRUTH_YES ? x->hi : top;
        natural = f->natural_hi && (!natural || page_le(b, natural, f->natural_hi) == TRUTH_YES) ? f->natural_hi : natural;
        low = page_le(b, x->lo, low) == TRUTH_YES ? x->lo : low;
    }
    node high = top;
    for (int i = 0; i < count; i++) {
        node at = pieces[i].at[k];
        if (pieces[i].frame[k])
            continue;
        low = page_le(b, at, low) == TRUTH_YES ? at : low;
        high = !high || page_le(b, high, at) == TRUTH_YES ? at : high;
        if (!top || (page_le(b, top, at) == TRUTH_YES && (!natural || page_le(b, at, natural) == TRUTH_YES)))
            top = at;
    }
    *size = dag_add2(d, top, dag_int(d, 1));
    *start = low;
    *stop = high;
}

static bool shape_from(builder *b, definition *def, int count, const piece *pieces, model_var *v)
{
    /* The widest value decides the remaining axes: a start `h[-1] = 0` is broadcast. */
    const piece *widest = &pieces[0];
    for (int i = 1; i < count; i++) {
        if (pieces[i].axis_count != pieces[0].axis_count) {
            page_error(b, pieces[i].left->at, "`%s` has %d ind%s here and %d before", page_spelling(b, def->key), pieces[i].axis_count, pieces[i].axis_count == 1 ? "ex" : "ices",
                        pieces[0].axis_count);
            return false;
        }
        if (pieces[i].value.axis_count > widest->value.axis_count)
            widest = &pieces[i];
    }
    int population = -1;
    for (int i = 0; i < count; i++) {
        int p = sample_population(b, pieces[i].value.body);
        population = p >= 0 ? p : population;
    }
    v->sample = v->sample || population >= 0;
    v->population = population >= 0 ? population : v->population;
    int n = 0;
    if (v->sample)
        v->axis_size[n++] = dag_add2(b->m->dag, dag_index_get(b->m->dag, b->m->sample_index[v->population])->hi, dag_int(b->m->dag, 1));
    if (n + widest->axis_count + widest->value.axis_count > MODEL_MAX_AXES) {
        page_error(b, widest->left->at, "too many axes");
        return false;
    }
    for (int k = 0; k < widest->axis_count; k++, n++)
        axis_bounds(b, k, count, pieces, &v->axis_size[n], &v->axis_start[n], &v->axis_stop[n]);
    for (int k = 0; k < widest->value.axis_count; k++)
        v->axis_size[n++] = widest->value.size[k];
    v->axis_count = n;
    v->integer = true;
    for (int i = 0; i < count; i++)
        v->integer &= pieces[i].value.integer;
    return true;
}

static void add_equation(builder *b, int var, const piece *p)
{
    model *m = b->m;
    dag *d = m->dag;
    const model_var *v = &m->var[var];
    model_equation e = {.var = var, .where = span_join(p->left->at, p->right->at)};
    model_value value = p->value;
    int n = 0;
    e.line = source_line(source_get(m->sources, e.where.source), (size_t)e.where.begin);
    if (v->sample) {
        e.index[e.index_count++] = m->sample_index[v->population];
        e.at[n++] = dag_index_node(d, m->sample_index[v->population]);
    }
    for (int k = 0; k < p->axis_count; k++) {
        if (p->frame[k])
            e.index[e.index_count++] = p->frame[k]->index;
        e.at[n++] = p->at[k];
    }
    int rest = v->axis_count - n;
    if (value.axis_count)
        page_canonical(b, &value, 0);
    for (int k = 0; k < rest; k++) {
        int index = page_placeholder(b, k, v->axis_size[n]);
        if (value.axis_count && value.index[k] != index) { /* sizes written differently */
            node from = dag_index_node(d, value.index[k]), to = dag_index_node(d, index);
            value.body = dag_substitute(d, value.body, 1, &from, &to, true);
        }
        e.index[e.index_count++] = index;
        e.at[n++] = dag_index_node(d, index);
    }
    e.rhs = value.body;
    model_add_equation(m, &e);
}

static bool piece_fits(builder *b, int var, const piece *p)
{
    const model_var *v = &b->m->var[var];
    int rest = v->axis_count - p->axis_count - (v->sample ? 1 : 0);
    if (p->value.axis_count == 0)
        return true;
    bool ok = p->value.axis_count == rest;
    for (int k = 0; ok && k < rest; k++)
        ok = dag_index_eq(b->m->dag, p->value.size[k], v->axis_size[v->axis_count - rest + k]) == TRUTH_YES;
    if (!ok) {
        model_value want = {.axis_count = rest};
        for (int k = 0; k < rest; k++)
            want.size[k] = v->axis_size[v->axis_count - rest + k];
        page_error(b, p->right->at, "this has shape %s, but other equations for `%s` give %s", page_shape(b, &p->value), page_spelling(b, v->key), page_shape(b, &want));
    }
    return ok;
}

static void declare_defined(builder *b, definition *d, const model_var *shape)
{
    model_var v = *shape;
    const syn *tree = d->piece[0]->tree;
    v.key = d->key;
    v.role = ROLE_DEFINED;
    v.at = tree->child[0]->at;
    v.line = source_line(source_get(b->m->sources, v.at.source), (size_t)v.at.begin);
    if (d->var < 0)
        d->var = model_add_var(b->m, &v);
    else
        b->m->var[d->var] = v;
}

static bool read_pieces(builder *b, definition *d, piece *pieces)
{
    bool ok = true;
    for (int i = 0; i < d->piece_count; i++)
        ok &= read_piece(b, d->piece[i], &pieces[i]);
    return ok;
}

static bool overlaps(builder *b, const piece *x, const piece *y)
{
    dag *d = b->m->dag;
    for (int k = 0; k < x->axis_count; k++) {
        const dag_index_info *u = x->frame[k] ? dag_index_get(d, x->frame[k]->index) : NULL, *v = y->frame[k] ? dag_index_get(d, y->frame[k]->index) : NULL;
        node xl = u ? u->lo : x->at[k], xh = u ? u->hi : x->at[k], yl = v ? v->lo : y->at[k], yh = v ? v->hi : y->at[k];
        if (page_le(b, dag_add2(d, xh, dag_int(d, 1)), yl) == TRUTH_YES || page_le(b, dag_add2(d, yh, dag_int(d, 1)), xl) == TRUTH_YES)
            return false;
    }
    return true;
}

static void check_overlap(builder *b, definition *d, const piece *pieces)
{
    for (int i = 0; i < d->piece_count; i++)
        for (int j = 0; j < i; j++)
            if (overlaps(b, &pieces[i], &pieces[j])) {
                diagnostic *g = page_error(b, pieces[i].left->at, "this equation for `%s` overlaps the range of another", page_spelling(b, d->key));
                if (g)
                    diag_other(g, pieces[j].left->at, "the other one");
                return;
            }
}

static void define(builder *b, int number)
{
    definition *d = &b->defs[number];
    piece *pieces = arena_alloc(b->m->memory, (size_t)d->piece_count * sizeof *pieces);
    b->active = number;
    b->failed = false;
    bool recurrent = d->state == DEFINE_ACTIVE && d->shape_known;
    bool ok = read_pieces(b, d, pieces);
    if (ok && !recurrent) {
        model_var v = {0};
        ok = shape_from(b, d, d->piece_count, pieces, &v);
        if (ok)
            declare_defined(b, d, &v);
    }
    for (int i = 0; ok && i < d->piece_count; i++)
        ok = piece_fits(b, d->var, &pieces[i]);
    if (ok && d->piece_count > 1)
        check_overlap(b, d, pieces);
    for (int i = 0; ok && i < d->piece_count; i++)
        add_equation(b, d->var, &pieces[i]);
    d->state = ok ? DEFINE_DONE : DEFINE_FAILED;
    if (!ok && d->var < 0) { /* keep the name known, so that other lines do not complain about it */
        declare_defined(b, d, &(model_var){0});
    }
    b->active = -1;
    b->env = NULL;
}

/* --- recurrences: shapes first --- */

static bool trial_shape(builder *b, int number, bool *sample)
{
    definition *d = &b->defs[number];
    piece *pieces = arena_alloc(b->m->memory, (size_t)d->piece_count * sizeof *pieces);
    int count = 0;
    b->active = number;
    b->quiet++;
    b->trial = true;
    for (int i = 0; i < d->piece_count; i++) {
        b->failed = false;
        if (read_piece(b, d->piece[i], &pieces[count]))
            count++;
    }
    b->trial = false;
    model_var v = {0};
    bool general = false, any_general = false;
    for (int i = 0; i < count; i++)
        general |= !special_left(b, pieces[i].left);
    for (int i = 0; i < d->piece_count; i++)
        any_general |= !special_left(b, d->piece[i]->tree->child[0]);
    /* Only starts could be read: they tell the shape if nothing else can (a scalar recurrence such as s[t] = a s[t-1]). */
    bool ok = count > 0 && (general || !any_general || d->shape_tries++ > 0) && shape_from(b, d, count, pieces, &v);
    if (ok && !general && any_general)
        ok = false;
    b->quiet--;
    b->active = -1;
    b->env = NULL;
    if (!ok)
        return false;
    *sample |= v.sample;
    declare_defined(b, d, &v);
    d->shape_known = true;
    return true;
}

/* Left side only: the places and ranges, with a value that is known from elsewhere. */
static bool read_range(builder *b, const item *it, const model_value *value, piece *p)
{
    const syn *scope[2] = {it->tree->child[0], it->tree->child[1]};
    index_frame *saved = b->indices;
    b->env = it->env;
    b->indices = page_free_indices(b, scope, 2);
    *p = (piece){.left = scope[0], .right = scope[1], .value = *value};
    bool ok = read_left(b, p);
    b->indices = saved;
    return ok;
}

/* s[t] = a s[t-1] with s[0] = 1: the general piece says nothing about the shape; take that of the start. */
static bool shape_of_start(builder *b, int number)
{
    definition *d = &b->defs[number];
    piece *pieces = arena_alloc(b->m->memory, (size_t)d->piece_count * sizeof *pieces), start;
    model_var v = {0};
    bool found = false, ok;
    b->quiet++;
    b->active = number;
    for (int i = 0; i < d->piece_count && !found; i++) {
        b->failed = false;
        found = special_left(b, d->piece[i]->tree->child[0]) && read_piece(b, d->piece[i], &start);
    }
    ok = found;
    for (int i = 0; i < d->piece_count && ok; i++)
        ok = read_range(b, d->piece[i], &start.value, &pieces[i]);
    ok = ok && shape_from(b, d, d->piece_count, pieces, &v);
    b->quiet--;
    b->active = -1;
    b->env = NULL;
    if (ok) {
        declare_defined(b, d, &v);
        d->shape_known = true;
    }
    return ok;
}

static void define_cycle(builder *b, int count, const int *members)
{
    bool sample = false, progress = true;
    int known = 0;
    for (int i = 0; i < count; i++)
        b->defs[members[i]].state = DEFINE_ACTIVE;
    while (progress && known < count) {
        progress = false;
        for (int i = 0; i < count; i++)
            if (!b->defs[members[i]].shape_known && trial_shape(b, members[i], &sample))
                known++, progress = true;
        for (int i = 0; i < count && !progress; i++)
            if (!b->defs[members[i]].shape_known && shape_of_start(b, members[i]))
                known++, progress = true;
    }
    for (int i = 0; i < count && sample; i++) { /* one member depends on data: all do */
        definition *d = &b->defs[members[i]];
        if (!d->shape_known || b->m->var[d->var].sample)
            continue;
        model_var v = b->m->var[d->var];
        for (int k = v.axis_count; k > 0; k--)
            v.axis_size[k] = v.axis_size[k - 1], v.axis_start[k] = v.axis_start[k - 1], v.axis_stop[k] = v.axis_stop[k - 1];
        v.axis_count++;
        v.sample = true;
        v.axis_start[0] = v.axis_stop[0] = 0;
        v.axis_size[0] = dag_add2(b->m->dag, dag_index_get(b->m->dag, b->m->sample_index[v.population])->hi, dag_int(b->m->dag, 1));
        b->m->var[d->var] = v;
    }
    for (int i = 0; i < count; i++) {
        definition *d = &b->defs[members[i]];
        const syn *tree = d->piece[0]->tree;
        if (d->shape_known && tree->child[0]->kind == SYN_INDEX) {
            define(b, members[i]);
            continue;
        }
        d->state = DEFINE_FAILED;
        if (i == 0 || tree->child[0]->kind != SYN_INDEX) {
            diagnostic *g = page_error(b, tree->child[0]->at, "`%s` is defined by itself", page_spelling(b, d->key));
            if (g)
                diag_hint(g, tree->child[0]->kind == SYN_INDEX ? "a recurrence needs a start (`h[-1] = 0`) and a shape that can be told from its other terms"
                                                               : "a recurrence has an index: h[t] = … h[t-1]; one training step is w ← …");
        }
        if (d->var < 0)
            declare_defined(b, d, &(model_var){0});
    }
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
        define(b, root);
    else
        define_cycle(b, count, stack + start);
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
