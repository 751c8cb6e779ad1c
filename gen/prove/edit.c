#include "gen/prove/edit_private.h"

#include <stdlib.h>
#include <string.h>

#include "gen/calculus/calculus.h"

#define MOST_EDITS 1200 /* of one side */
#define EDIT_STEPS 50   /* of reading one, beside the nodes it makes */

/* --- trees --- */

syn *edit_copy(editing *x, const syn *n, int count)
{
    syn *c = syn_new(x->m->memory, n->kind, n->at, count);
    syn **child = c->child;
    *c = *n;
    c->child = child;
    c->count = count;
    for (int i = 0; i < count && i < n->count; i++)
        c->child[i] = n->child[i];
    return c;
}

syn *edit_leaf(editing *x, syn_kind kind, const syn *at, sym name, const char *text)
{
    syn *n = syn_new(x->m->memory, kind, at->at, 0);
    n->name = name;
    n->text = text;
    return n;
}

syn *edit_wrap(editing *x, syn_kind kind, const syn *n)
{
    syn *w = syn_new(x->m->memory, kind, n->at, 1);
    w->child[0] = (syn *)n;
    return w;
}

const syn *edit_operands(editing *x, const syn *n, int from, int to)
{
    if (to - from == 1)
        return n->child[from];
    syn *p = syn_new(x->m->memory, SYN_PRODUCT, n->at, to - from);
    char *text = arena_printf(x->m->memory, "%.*s", to - from, n->text + from);
    text[0] = ' ';
    p->text = text;
    for (int i = from; i < to; i++)
        p->child[i - from] = n->child[i];
    return p;
}

bool edit_in_subscript(const editing *x)
{
    for (int i = 0; i < x->depth; i++) {
        syn_kind kind = x->node[i]->kind;
        if ((kind == SYN_INDEX && x->child[i] > 0) || kind == SYN_RANGE || kind == SYN_BINDER || kind == SYN_COMPARE)
            return true;
    }
    return false;
}

bool edit_has_name(const syn *n, sym name)
{
    bool found = n && n->kind == SYN_NAME && n->name == name;
    for (int i = 0; n && i < n->count && !found; i++)
        found = edit_has_name(n->child[i], name);
    return found;
}

const char *edit_text(editing *x, const syn *n)
{
    buffer b = {0};
    syn_print(&b, n, x->m->names, 1);
    const char *text = arena_printf(x->m->memory, "%s", b.text ? b.text : "");
    buffer_free(&b);
    return text;
}

/* The side with `n` in place of what is looked at. */
static const syn *rebuilt(editing *x, const syn *n)
{
    for (int i = x->depth - 1; i >= 0; i--) {
        syn *c = edit_copy(x, x->node[i], x->node[i]->count);
        c->child[x->child[i]] = (syn *)n;
        n = c;
    }
    return n;
}

/* Does an index of the claim run over less than before? An edit that leaves most of a claim away mends nothing. */
static bool is_narrower(editing *x, const model_claim *edited)
{
    dag *d = x->m->dag;
    for (int i = 0; i < x->c->index_count; i++)
        for (int k = 0; k < edited->index_count; k++) {
            const dag_index_info *a = dag_index_get(d, x->c->index[i]), *b = dag_index_get(d, edited->index[k]);
            if (a->name == b->name && (dag_index_le(d, b->lo, a->lo) != TRUTH_YES || dag_index_le(d, a->hi, b->hi) != TRUTH_YES))
                return true;
        }
    return false;
}

static bool read_and_try(editing *x, const syn *left, const syn *right, const char *diagnosis)
{
    model_claim edited;
    if (!model_claim_edited(x->m, left, right, &edited) || (x->left && is_narrower(x, &edited)))
        return false;
    calculus_expand_claim(x->m, &edited, x->c->at);
    return edited.left && edited.right && x->try(x->context, &edited, diagnosis);
}

/* Tries one edit; errors of edits that make no sense go to a list of their own. */
void edit_attempt(editing *x, const syn *n, const char *diagnosis)
{
    if (x->found || budget_spent(x->left) || ++x->edits > MOST_EDITS)
        return;
    const syn *whole = rebuilt(x, n);
    if (x->depth == 0 && whole->kind == SYN_PAREN && whole->count == 1)
        whole = whole->child[0];
    const syn *left = x->side == EDIT_RIGHT ? x->c->left_syntax : whole, *right = x->side == EDIT_RIGHT ? whole : x->c->right_syntax;
    dag_spend(x->m->dag, EDIT_STEPS);
    x->found = read_and_try(x, left, right, diagnosis);
}

/* --- the walk --- */

static void walk(editing *x, const syn *n)
{
    if (!n || x->found || x->edits > MOST_EDITS || budget_spent(x->left) || x->depth == EDIT_MOST_DEPTH)
        return;
    if (x->kind)
        edit_here(x, n);
    else
        edit_insert_here(x, n);
    for (int i = 0; i < n->count; i++) {
        x->node[x->depth] = n;
        x->child[x->depth++] = i;
        walk(x, n->child[i]);
        x->depth--;
    }
}

static bool has_family(const syn *n)
{
    if (!n)
        return false;
    bool found = n->kind == SYN_FAMILY;
    for (int i = 0; i < n->count && !found; i++)
        found = has_family(n->child[i]);
    return found;
}

static bool edit_begin(editing *x, diag_list **kept, diag_list *scratch)
{
    *kept = x->m->diagnostics;
    x->m->diagnostics = scratch;
    return x->c->left_syntax && x->c->right_syntax && !has_family(x->c->left_syntax) && !has_family(x->c->right_syntax);
}

static bool edit_end(editing *x, diag_list *kept, diag_list *scratch)
{
    x->m->diagnostics = kept;
    diag_free(scratch);
    return x->found;
}

bool edit_claim(model *m, const model_claim *c, edit_side side, unsigned kinds, const budget *left, edit_try try, void *context)
{
    editing x = {.m = m, .c = c, .try = try, .context = context, .side = side, .left = left};
    diag_list scratch = {0}, *kept;
    if (edit_begin(&x, &kept, &scratch))
        for (x.kind = 1; x.kind < EDIT_ALL && !x.found; x.kind <<= 1)
            if (kinds & x.kind)
                walk(&x, side == EDIT_RIGHT ? c->right_syntax : c->left_syntax);
    return edit_end(&x, kept, &scratch);
}

bool edit_insert(model *m, const model_claim *c, const edit_factor *factor, int count, const budget *left, edit_try try, void *context)
{
    editing x = {.m = m, .c = c, .try = try, .context = context, .side = EDIT_RIGHT, .left = left, .factor = factor, .factor_count = count};
    diag_list scratch = {0}, *kept;
    if (edit_begin(&x, &kept, &scratch))
        walk(&x, c->right_syntax);
    return edit_end(&x, kept, &scratch);
}

bool edit_read(model *m, const model_claim *c, const syn *left, const syn *right, edit_try try, void *context, const char *diagnosis)
{
    editing x = {.m = m, .c = c, .try = try, .context = context};
    diag_list scratch = {0}, *kept;
    if (edit_begin(&x, &kept, &scratch))
        x.found = read_and_try(&x, left, right, diagnosis);
    return edit_end(&x, kept, &scratch);
}
