#include "gen/prove/missing.h"

#include <stdlib.h>
#include <string.h>

#include "gen/calculus/calculus.h"
#include "gen/model/print.h"
#include "gen/prove/fact.h"

#define MOST_FACTORS 24
#define MOST_LOOKED  600 /* nodes of the left side's forms */
#define MOST_OPENED  24
#define MOST_SLOPES  6
#define MOST_TEXT    60 /* a longer factor is not one slip */

typedef struct {
    patient *p;
    edit_factor list[MOST_FACTORS];
    const char *text[MOST_FACTORS];
    int count;
} factors;

/* n with each of these indices named as f's own, which stand for any; 0: too many. */
static node with_own_names(patient *p, node n, int count, const int *index, edit_factor *f)
{
    dag *d = p->s->d;
    node from[EDIT_MOST_INDICES], to[EDIT_MOST_INDICES];
    if (count > EDIT_MOST_INDICES)
        return 0;
    for (int i = 0; i < count; i++) {
        const dag_index_info x = *dag_index_get(d, index[i]);
        f->index[i] = intern_puts(p->s->m->names, arena_printf(p->s->m->memory, "anyindex%d", i + 1));
        from[i] = dag_index_node(d, index[i]);
        to[i] = dag_index_node(d, dag_index(d, f->index[i], x.lo, x.hi));
    }
    f->index_count = count;
    return count ? dag_substitute(d, n, count, from, to, true) : n;
}

/* The free indices of n but those of samples, and but the claim's. */
static int own_indices(patient *p, node n, bool claimed, int *out)
{
    int index[3 * MODEL_MAX_AXES], all = dag_free_indices(p->s->d, n, index, 3 * MODEL_MAX_AXES), count = 0;
    for (int i = 0; i < all; i++) {
        bool known = dag_index_get(p->s->d, index[i])->sample;
        for (int k = 0; claimed && k < p->c->index_count; k++)
            known = known || p->c->index[k] == index[i];
        if (!known)
            out[count++] = index[i];
    }
    return count;
}

static void add_text(factors *x, edit_factor f, const char *text)
{
    for (int i = 0; i < x->count; i++)
        if (strcmp(x->text[i], text) == 0) {
            x->list[i].kinds |= f.kinds;
            return;
        }
    f.tree = x->count < MOST_FACTORS && strlen(text) <= MOST_TEXT ? edit_parse(x->p->s->m, text) : NULL;
    if (!f.tree)
        return;
    x->text[x->count] = text;
    x->list[x->count++] = f;
}

static void add_printed(factors *x, edit_factor f, node n, int count, const int *index)
{
    buffer b = {0};
    if (count)
        model_print(x->p->s->m, &b, n, count, index);
    else
        model_print_index(x->p->s->m, &b, n);
    if (b.length)
        add_text(x, f, arena_printf(x->p->s->m->memory, "%s", b.text));
    buffer_free(&b);
}

/* A factor in index form. */
static void add_entry(factors *x, node n, bool claimed, unsigned kinds)
{
    edit_factor f = {.kinds = kinds};
    int index[3 * MODEL_MAX_AXES], count = own_indices(x->p, n, claimed, index);
    n = with_own_names(x->p, n, count, index, &f);
    if (n)
        add_printed(x, f, n, 0, NULL);
}

/* --- from the left side --- */

static void add_part(factors *x, node n)
{
    dag *d = x->p->s->d;
    switch (dag_kind(d, n)) {
    case NODE_ENTRY:
        if (x->p->s->m->var[dag_payload(d, n)].key)
            add_entry(x, n, true, EDIT_FACTOR_TIMES);
        break;
    case NODE_SIZE: add_entry(x, n, true, EDIT_FACTOR_TIMES | EDIT_FACTOR_DIVIDES); break;
    case NODE_APPLY:
    case NODE_FUN: /* nobody writes a sign: conditions became signs on the way */
        if (!(dag_kind(d, n) == NODE_FUN && dag_payload(d, n) == OP_SIGN) && dag_height(d, n) == 0 && dag_count(d, n) > 0)
            add_entry(x, n, true, EDIT_FACTOR_TIMES);
        break;
    case NODE_POW: /* a name without axes below */
        if (dag_kind(d, dag_child(d, n, 0)) == NODE_ENTRY && dag_free_indices(d, n, NULL, 0) == 0 && dag_kind(d, dag_child(d, n, 1)) == NODE_NUMBER &&
            mpq_sgn(*dag_value(d, dag_child(d, n, 1))) < 0)
            add_entry(x, dag_child(d, n, 0), true, EDIT_FACTOR_DIVIDES);
        break;
    default: break;
    }
}

/* All parts of n, sums opened, what stands in subscripts left out. */
static void add_parts(factors *x, node n)
{
    dag *d = x->p->s->d;
    node stack[MOST_LOOKED];
    int depth = 0, looked = 0, opened = 0;
    stack[depth++] = n;
    while (depth > 0 && looked++ < MOST_LOOKED) {
        n = stack[--depth];
        add_part(x, n);
        if (dag_kind(d, n) == NODE_ENTRY)
            continue;
        int count = dag_count(d, n), from = 0, index;
        node last = count ? dag_child(d, n, count - 1) : 0;
        if (dag_binds(d, n)) {
            if (opened++ == MOST_OPENED)
                continue;
            last = session_open(x->p->s, n, &index);
            from = count - 1;
        }
        for (int i = count - 1; i >= from && depth < MOST_LOOKED; i--)
            stack[depth++] = i == count - 1 ? last : dag_child(d, n, i);
    }
}

/* --- the slopes of activations: a chain step left out --- */

/* The slope of a function of one argument, in the page's names; 0: not such a function. */
static node slope_of(patient *p, const model_equation *q)
{
    session *s = p->s;
    dag *d = s->d;
    node n = q->rhs, children[MODEL_MAX_AXES + 1];
    int count = dag_count(d, n);
    bool one = (dag_kind(d, n) == NODE_FUN && count == 1) || (dag_kind(d, n) == NODE_APPLY && dag_signature_get(d, dag_payload(d, n))->arg_count == 1);
    if (!one || count > MODEL_MAX_AXES)
        return 0;
    diag_list scratch = {0}, *kept = s->m->diagnostics;
    if (!s->local)
        s->local = model_add_var(s->m, &(model_var){.role = ROLE_LOCAL, .key = intern_puts(s->m->names, "·u"), .by = -1});
    node leaf = dag_entry(d, s->local, 0, NULL), z = dag_child(d, n, count - 1);
    for (int i = 0; i < count; i++)
        children[i] = i == count - 1 ? leaf : dag_child(d, n, i);
    n = dag_rebuild(d, n, children, true);
    s->m->diagnostics = &scratch;
    node slope = calculus_partial(s->m, n, leaf, p->c->at);
    s->m->diagnostics = kept;
    diag_free(&scratch);
    int folds = s->fold_count;
    if (!slope || !fact_fold_as(s, n, dag_entry(d, q->var, s->m->var[q->var].axis_count, q->at)))
        return 0;
    form f = {.left = slope, .right = dag_int(d, 0)};
    form_compare(s, &f, FORM_UNFOLD_UNNAMED);
    s->fold_count = folds;
    return f.left_is ? dag_substitute(d, f.left_is, 1, &leaf, &z, true) : 0;
}

/* As an entry, and without its last axes as the array that matrix notation writes. */
static void add_slope(factors *x, const model_equation *q)
{
    patient *p = x->p;
    node slope = slope_of(p, q);
    if (!slope || dag_kind(p->s->d, slope) == NODE_NUMBER)
        return;
    add_entry(x, slope, false, EDIT_FACTOR_TIMES);
    int most = model_print_rank(p->s->m, slope, q->index_count, q->index);
    for (int rank = 1; rank <= most && rank <= q->index_count; rank++) {
        edit_factor f = {.elementwise = true};
        int index[MODEL_MAX_AXES], count = 0;
        for (int i = 0; i < q->index_count - rank; i++)
            if (!dag_index_get(p->s->d, q->index[i])->sample)
                index[count++] = q->index[i];
        node n = with_own_names(p, slope, count, index, &f);
        if (n)
            add_printed(x, f, n, rank, q->index + q->index_count - rank);
    }
}

bool missing_factor(patient *p, const form *of, int count)
{
    factors x = {.p = p};
    model *m = p->s->m;
    int slopes = 0;
    if (!p->c->left_syntax || !p->c->right_syntax)
        return false;
    for (int i = 0; i < count; i++)
        if (of[i].left_is)
            add_parts(&x, of[i].left_is);
    for (int i = 0; i < m->equation_count && slopes < MOST_SLOPES && p->sides->derivative; i++) {
        int before = x.count;
        if (m->var[m->equation[i].var].role == ROLE_DEFINED && m->var[m->equation[i].var].key)
            add_slope(&x, &m->equation[i]);
        slopes += x.count > before;
    }
    return edit_insert(m, p->c, x.list, x.count, &p->left, cure_edited, p);
}
