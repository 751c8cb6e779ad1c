/* Slips in how the parts hang together: parentheses, the order of factors, sums. */
#include <string.h>

#include "gen/prove/edit_private.h"

/* Terms from … to − 1 of a sum in parentheses, the first of them replaced by `first`, without its sign. */
static syn *enclosed(editing *x, const syn *sum, const syn *first, int from, int to)
{
    syn *s = syn_new(x->m->memory, SYN_SUM, sum->at, to - from);
    char *text = arena_printf(x->m->memory, "%.*s", to - from, sum->text + from);
    text[0] = '+';
    s->text = text;
    for (int i = from; i < to; i++)
        s->child[i - from] = i == from ? (syn *)first : sum->child[i];
    return edit_wrap(x, SYN_PAREN, s);
}

/* The term with its last factor, also inside a sum that it ends with, joined to the terms after it: A b − c as A (b − c). NULL: nothing to join. */
static const syn *joined(editing *x, const syn *sum, const syn *term, int from, int to)
{
    if (term->kind == SYN_REDUCE) {
        syn *r = edit_copy(x, term, term->count);
        const syn *body = term->child[term->count - 1], *inside = body->kind == SYN_REDUCE || body->kind == SYN_PRODUCT ? joined(x, sum, body, from, to) : NULL;
        r->child[r->count - 1] = inside ? (syn *)inside : enclosed(x, sum, body, from, to);
        return r;
    }
    if (term->kind != SYN_PRODUCT || term->text[term->count - 1] == '/')
        return NULL;
    const syn *last = term->child[term->count - 1];
    const syn *inside = last->kind == SYN_REDUCE ? joined(x, sum, last, from, to) : enclosed(x, sum, last, from, to);
    syn *p = edit_copy(x, term, term->count);
    p->child[p->count - 1] = (syn *)inside;
    return inside ? p : NULL;
}

static void edit_parentheses(editing *x, const syn *n)
{
    for (int i = 0; i + 1 < n->count; i++)
        for (int to = i + 2; to <= n->count; to++) {
            const syn *own = n->child[i]->kind == SYN_NEGATE ? n->child[i]->child[0] : n->child[i], *one = joined(x, n, own, i, to);
            if (!one)
                continue;
            int count = n->count - (to - i) + 1;
            if (count == 1) {
                edit_attempt(x, n->text[0] == '-' || own != n->child[i] ? edit_wrap(x, SYN_NEGATE, one) : one, "parentheses are missing");
                continue;
            }
            syn *s = edit_copy(x, n, count);
            s->text = arena_printf(x->m->memory, "%.*s%s", i + 1, n->text, n->text + to);
            s->child[i] = own != n->child[i] ? edit_wrap(x, SYN_NEGATE, one) : (syn *)one;
            for (int k = to; k < n->count; k++)
                s->child[k - to + i + 1] = n->child[k];
            edit_attempt(x, s, "parentheses are missing");
        }
}

/* --- the order of factors --- */

/* May it be an array, whose place in a product matters? */
static bool may_be_array(const editing *x, const syn *n)
{
    int v = n->kind == SYN_NAME ? model_find_var(x->m, n->name) : -1;
    return n->kind == SYN_TRANSPOSE || n->kind == SYN_PAREN || n->kind == SYN_INDEX || (v >= 0 && x->m->var[v].axis_count > x->m->var[v].sample);
}

/* Where the factor that begins at i ends: behind the argument, for a call. */
static int factor_end(const editing *x, const syn *n, int i)
{
    const syn *word = n->child[i]->kind == SYN_PRIME ? n->child[i]->child[0] : n->child[i];
    bool call =
        word->kind == SYN_NAME && model_find_var(x->m, word->name) < 0 && i + 1 < n->count && n->text[i + 1] == ' ' && n->child[i + 1]->kind == SYN_PAREN;
    return call ? i + 2 : i + 1;
}

static void edit_order(editing *x, const syn *n)
{
    for (int i = 0, middle, end; i < n->count; i = middle) {
        middle = factor_end(x, n, i);
        if (middle == n->count)
            break;
        end = factor_end(x, n, middle);
        if (n->text[middle] == '/' || (i > 0 && n->text[i] == '/') || !may_be_array(x, n->child[middle - 1]) || !may_be_array(x, n->child[end - 1]))
            continue;
        syn *p = edit_copy(x, n, n->count);
        int to = i;
        for (int k = middle; k < end; k++)
            p->child[to++] = n->child[k];
        for (int k = i; k < middle; k++)
            p->child[to++] = n->child[k];
        char *text = arena_printf(x->m->memory, "%.*s", n->count, n->text);
        for (int k = i + 1; k < end; k++) /* the sign between the two, else a call */
            text[k] = k == i + end - middle ? n->text[middle] : ' ';
        p->text = text;
        edit_attempt(x, p, "the order of the factors is wrong");
    }
    if (x->depth == 0) {
        const syn *whole = edit_wrap(x, SYN_PAREN, edit_operands(x, n, 0, n->count));
        edit_attempt(x, edit_wrap(x, SYN_TRANSPOSE, whole), "transposed");
    }
}

/* --- sums --- */

static bool is_bound(const editing *x, sym name)
{
    for (int i = 0; i < x->depth; i++)
        for (int k = 0; x->node[i]->kind == SYN_REDUCE && k < x->node[i]->number; k++)
            if (x->node[i]->child[k]->name == name)
                return true;
    return false;
}

/* Σ_i before a product, or a whole side, in which i stands and on the left side does not. */
static void edit_sum_missing(editing *x, const syn *n)
{
    const syn *other = x->side == EDIT_RIGHT ? x->c->left_syntax : x->c->right_syntax;
    for (int i = 0; i < x->c->free_count; i++) {
        sym name = dag_index_get(x->m->dag, x->c->index[i])->name;
        if (!name || !edit_has_name(n, name) || edit_has_name(other, name) || is_bound(x, name))
            continue;
        syn *r = syn_new(x->m->memory, SYN_REDUCE, n->at, 2);
        r->name = intern_puts(x->m->names, "sum");
        r->number = 1;
        r->child[0] = edit_leaf(x, SYN_BINDER, n, name, NULL);
        r->child[1] = n->kind == SYN_SUM ? edit_wrap(x, SYN_PAREN, n) : (syn *)n;
        edit_attempt(x, r, arena_printf(x->m->memory, "a sum over %s is missing", intern_text(x->m->names, name)));
    }
}

static void edit_sum_extra(editing *x, const syn *n)
{
    if (n->number != 1 || !n->child[0]->name)
        return;
    edit_attempt(x, n->child[n->count - 1], arena_printf(x->m->memory, "the sum over %s is too much", intern_text(x->m->names, n->child[0]->name)));
}

/* --- 1 for a Kronecker delta --- */

static void edit_delta(editing *x, const syn *n)
{
    for (int i = 0; i < x->c->free_count; i++)
        for (int k = i + 1; k < x->c->free_count; k++) {
            sym a = dag_index_get(x->m->dag, x->c->index[i])->name, b = dag_index_get(x->m->dag, x->c->index[k])->name;
            if (!a || !b)
                continue;
            bool later = strcmp(intern_text(x->m->names, a), intern_text(x->m->names, b)) > 0;
            syn *c = syn_new(x->m->memory, SYN_COMPARE, n->at, 2), *bracket = syn_new(x->m->memory, SYN_BRACKET, n->at, 1);
            c->text = "==";
            c->child[later] = edit_leaf(x, SYN_NAME, n, a, NULL);
            c->child[!later] = edit_leaf(x, SYN_NAME, n, b, NULL);
            bracket->number = 1;
            bracket->child[0] = c;
            edit_attempt(x, bracket, arena_printf(x->m->memory, "%s in place of 1", edit_text(x, bracket)));
        }
}

void edit_shape(editing *x, const syn *n)
{
    const syn *parent = x->depth ? x->node[x->depth - 1] : NULL;
    if (n->kind == SYN_SUM)
        edit_parentheses(x, n);
    if (n->kind == SYN_PRODUCT)
        edit_order(x, n);
    if (n->kind == SYN_REDUCE)
        edit_sum_extra(x, n);
    if (n->kind == SYN_NUMBER && n->text && strcmp(n->text, "1") == 0 && parent && parent->kind == SYN_SUM)
        edit_delta(x, n);
    if (!parent || parent->kind == SYN_SUM || parent->kind == SYN_NEGATE || (parent->kind == SYN_PRODUCT && n->kind == SYN_PAREN))
        edit_sum_missing(x, n);
}
