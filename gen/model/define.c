/* From the equations of a name to a variable of the model. */
#include <stdlib.h>
#include <string.h>

#include "gen/model/piece.h"

/* --- reading one piece --- */


bool piece_read_left(builder *b, piece *p)
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

/* s[-1,j] = 0 says nothing about the range of j: the equation for s[i,j] does. Where no shape is found so, h[t,l] may have the range of t from h[t,-1] = x[t]. */
static const syn *equation_beside(builder *b, const syn *left)
{
    const definition *d = b->active >= 0 ? &b->defs[b->active] : NULL;
    bool borrows = d && d->borrows;
    for (int i = 0; d && (borrows || piece_special(b, left)) && i < d->piece_count; i++) {
        const syn *other = d->piece[i]->tree->child[0];
        bool same = other != left && left->kind == SYN_INDEX && other->kind == SYN_INDEX && other->count == left->count && (borrows || !piece_special(b, other));
        for (int k = 1; same && k < left->count; k++)
            same = piece_fixed_axis(b, left->child[k]) || (borrows && piece_fixed_axis(b, other->child[k])) || other->child[k]->name == left->child[k]->name;
        if (same)
            return d->piece[i]->tree;
    }
    return NULL;
}

index_frame *piece_indices(builder *b, const item *it)
{
    const syn *scope[4] = {it->tree->child[0], it->tree->child[1]}, *beside = equation_beside(b, scope[0]);
    index_frame *outer = b->indices, *made = page_free_indices(b, scope, 2);
    if (!beside)
        return made;
    scope[2] = beside->child[0];
    scope[3] = beside->child[1];
    for (index_frame *f = made; f != outer; f = f->outer) {
        f->scope_count = 4;
        memcpy(f->scope, scope, sizeof scope);
    }
    return made;
}

bool piece_read(builder *b, const item *it, piece *p)
{
    index_frame *saved = b->indices;
    b->env = it->env;
    p->left = it->tree->child[0];
    p->right = it->tree->child[1];
    index_frame *made = piece_indices(b, it);
    b->indices = made;
    bool ok = piece_read_left(b, p) && check_closed(b, p, made, saved) && page_value(b, p->right, &p->value);
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

static const char *population_name(const builder *b, int p)
{
    return p ? intern_text(b->m->names, b->m->population[p]) : "the main one";
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

/* A range that another index ends, `A[t, r in 0..t]`, leaves entries without an equation, unless others have them. */
static bool check_ends(builder *b, const definition *def, int count, const piece *pieces, int k, node size)
{
    dag *d = b->m->dag;
    for (int i = 0; i < count; i++) {
        const index_frame *f = pieces[i].frame[k];
        const dag_index_info *x = f ? dag_index_get(d, f->index) : NULL;
        if (!x || !(dag_has_kind(d, size, NODE_INDEX) || (count == 1 && (dag_has_kind(d, x->lo, NODE_INDEX) || dag_has_kind(d, x->hi, NODE_INDEX)))))
            continue;
        diagnostic *g = page_error(b, pieces[i].left->at, "the entries of `%s` beyond the range of `%s`, which depends on another index, have no equation", page_spelling(b, def->key),
                                   intern_text(b->m->names, x->name));
        if (g)
            diag_hint(g, "let `%s` run over the whole axis, `if … then … else 0`, or give the others an equation of their own", intern_text(b->m->names, x->name));
        return false;
    }
    return true;
}

bool piece_shape(builder *b, definition *def, int count, const piece *pieces, model_var *v)
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
        for (int q = p + 1; p >= 0 && q < b->m->population_count; q++)
            if (dag_has_index(b->m->dag, pieces[i].value.body, b->m->sample_index[q])) {
                diagnostic *g = page_error(b, pieces[i].right->at, "this depends on samples of two populations: %s and %s", population_name(b, p), population_name(b, q));
                if (g)
                    diag_hint(g, "reduce over one of them, for example with mean_%s(…)", intern_text(b->m->names, b->m->population[q]));
                return false;
            }
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
    for (int k = 0; k < widest->axis_count; k++, n++) {
        axis_bounds(b, k, count, pieces, &v->axis_size[n], &v->axis_start[n], &v->axis_stop[n]);
        if (!check_ends(b, def, count, pieces, k, v->axis_size[n]))
            return false;
    }
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

void piece_declare(builder *b, definition *d, const model_var *shape)
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
        ok &= piece_read(b, d->piece[i], &pieces[i]);
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

static node piece_low(const builder *b, const piece *p, int k)
{
    return p->frame[k] ? dag_index_get(b->m->dag, p->frame[k]->index)->lo : p->at[k];
}
static node piece_high(const builder *b, const piece *p, int k)
{
    return p->frame[k] ? dag_index_get(b->m->dag, p->frame[k]->index)->hi : p->at[k];
}

static bool is_inside(builder *b, const piece *x, const piece *y)
{
    for (int k = 0; k < x->axis_count; k++)
        if (page_le(b, piece_low(b, y, k), piece_low(b, x, k)) != TRUTH_YES || page_le(b, piece_high(b, x, k), piece_high(b, y, k)) != TRUTH_YES)
            return false;
    return true;
}

/* An equation for a range that another defines is a claim: only now are the ranges known. */
static void leave_claims(builder *b, definition *d, piece *pieces)
{
    int kept = 1;
    for (int i = 1; i < d->piece_count; i++) {
        bool claim = false;
        for (int j = 0; j < kept; j++)
            claim = claim || (pieces[j].axis_count == pieces[i].axis_count && is_inside(b, &pieces[i], &pieces[j]));
        if (claim) {
            d->piece[i]->defines = false;
            continue;
        }
        d->piece[kept] = d->piece[i];
        pieces[kept++] = pieces[i];
    }
    d->piece_count = kept;
}

static bool check_overlap(builder *b, definition *d, const piece *pieces)
{
    for (int i = 0; i < d->piece_count; i++)
        for (int j = 0; j < i; j++)
            if (overlaps(b, &pieces[i], &pieces[j])) {
                diagnostic *g = page_error(b, pieces[i].left->at, "this equation for `%s` overlaps the range of another", page_spelling(b, d->key));
                if (g)
                    diag_other(g, pieces[j].left->at, "the other one");
                return false;
            }
    return true;
}

/* Along an axis on which the equations have different ranges: is place `at` in one of them? */
static bool covered(builder *b, const definition *d, const piece *pieces, int k, node at)
{
    for (int i = 0; i < d->piece_count; i++)
        if (page_le(b, piece_low(b, &pieces[i], k), at) != TRUTH_NO && page_le(b, at, piece_high(b, &pieces[i], k)) != TRUTH_NO)
            return true;
    return false;
}

/* Every entry 0..size-1 needs an equation: 0, size-1, and the one behind each range are looked at (on one axis; ranges over several are taken on trust). */
static bool check_gaps(builder *b, const definition *d, const piece *pieces)
{
    dag *g = b->m->dag;
    const model_var *v = &b->m->var[d->var];
    for (int k = 0; k < pieces[0].axis_count; k++) {
        node last = dag_add2(g, v->axis_size[k + (v->sample ? 1 : 0)], dag_int(g, -1)), missing = 0;
        if (!covered(b, d, pieces, k, dag_int(g, 0)))
            missing = dag_int(g, 0);
        for (int i = 0; i < d->piece_count && !missing; i++) {
            node next = dag_add2(g, piece_high(b, &pieces[i], k), dag_int(g, 1));
            if (page_le(b, next, last) != TRUTH_NO && page_le(b, dag_int(g, 0), next) == TRUTH_YES && !covered(b, d, pieces, k, next))
                missing = next;
        }
        if (!missing)
            continue;
        diagnostic *e = page_error(b, pieces[0].left->at, "no equation defines `%s` at index %s", page_spelling(b, d->key), page_size_text(b, missing));
        if (e)
            diag_hint(e, "a recurrence needs a start before it, such as `%s[-1] = 0`; equations may have ranges, `%s[t in 0..n-1] = …`", page_spelling(b, d->key), page_spelling(b, d->key));
        return false;
    }
    return true;
}

void page_define(builder *b, int number)
{
    definition *d = &b->defs[number];
    piece *pieces = arena_alloc(b->m->memory, (size_t)d->piece_count * sizeof *pieces);
    b->active = number;
    b->call_count = 0;
    b->failed = false;
    bool recurrent = d->state == DEFINE_ACTIVE && d->shape_known;
    bool ok = read_pieces(b, d, pieces);
    if (ok && !recurrent) {
        model_var v = {0};
        ok = piece_shape(b, d, d->piece_count, pieces, &v);
        if (ok)
            piece_declare(b, d, &v);
    }
    for (int i = 0; ok && i < d->piece_count; i++)
        ok = piece_fits(b, d->var, &pieces[i]);
    if (ok)
        leave_claims(b, d, pieces);
    ok = ok && check_overlap(b, d, pieces) && check_gaps(b, d, pieces);
    for (int i = 0; ok && i < d->piece_count; i++)
        add_equation(b, d->var, &pieces[i]);
    d->state = ok ? DEFINE_DONE : DEFINE_FAILED;
    if (!ok && d->var < 0) { /* keep the name known, so that other lines do not complain about it */
        piece_declare(b, d, &(model_var){0});
    }
    b->active = -1;
    b->env = NULL;
}
