/* What is missing: factors that stand in the left side, put into the claim as it was written. */
#include <stdlib.h>
#include <string.h>

#include "gen/prove/edit_private.h"
#include "grammar/parse.h"

#define MOST_SCOPE 8

const syn *edit_parse(model *m, const char *text)
{
    diag_list scratch = {0};
    int number = source_add(m->sources, "<repair>", text, strlen(text));
    const syn *tree = parse_statement(m->memory, m->names, m->sources, number, &scratch);
    bool good = scratch.errors == 0 && tree && tree->kind != SYN_BROKEN && tree->kind != SYN_EQUATION;
    diag_free(&scratch);
    return good ? tree : NULL;
}

/* --- at the end of a side --- */

static bool divides(const syn *product)
{
    return product->kind == SYN_PRODUCT && (strchr(product->text, '/') || strchr(product->text, '%'));
}

/* May the factor stand inside this sum, at its end, as well as behind it? */
static bool takes(const syn *n, const syn *factor)
{
    bool good = n->kind == SYN_REDUCE && n->number > 0;
    for (int i = 0; good && i < n->number; i++)
        good = n->child[i]->name && !edit_has_name(factor, n->child[i]->name);
    return good;
}

static bool is_scalar(const editing *x, sym name)
{
    int v = model_find_var(x->m, name);
    return v >= 0 && x->m->var[v].axis_count == x->m->var[v].sample;
}

/* Arrays and calls, before which names stand. */
static bool has_array(const editing *x, const syn *n)
{
    bool found = n && (n->kind == SYN_INDEX || n->kind == SYN_PAREN || n->kind == SYN_REDUCE ||
                       (n->kind == SYN_NAME && model_find_var(x->m, n->name) >= 0 && !is_scalar(x, n->name)));
    for (int i = 0; n && i < n->count && !found; i++)
        found = has_array(x, n->child[i]);
    return found;
}

/* A number stands at the front; so does a name without axes beside arrays and calls, behind a number: 2λ W; and what would stand behind a quotient, as a/b c has two
 * readings. */
static int place_of(const editing *x, const syn *n, const syn *factor, char operator)
{
    int count = n->kind == SYN_PRODUCT ? n->count : 1;
    const syn *first = n->kind == SYN_PRODUCT ? n->child[0] : n, *head = factor->kind == SYN_PRODUCT ? factor->child[0] : factor;
    if (operator== ' ' && head->kind == SYN_NUMBER)
        return 0;
    bool front = operator== ' ' &&(divides(n) || (factor->kind == SYN_NAME && is_scalar(x, factor->name) && has_array(x, n)));
    return !front ? count : first->kind == SYN_NUMBER && (count == 1 || n->text[1] != '/') ? 1 : 0;
}

/* n · factor, or n / factor. */
static syn *product_with(editing *x, const syn *n, const syn *factor, char operator)
{
    const syn *last = n->count ? n->child[n->count - 1] : NULL;
    if (last && (takes(n, factor) || (n->kind == SYN_PRODUCT && takes(last, factor)))) {
        syn *whole = edit_copy(x, n, n->count);
        whole->child[n->count - 1] = product_with(x, last, factor, operator);
        return whole;
    }
    bool flat = n->kind == SYN_PRODUCT, join = factor->kind == SYN_PRODUCT && operator== ' ' && !divides(factor);
    if (n->kind == SYN_SUM || n->kind == SYN_NEGATE || n->kind == SYN_IF)
        n = edit_wrap(x, SYN_PAREN, n);
    if (factor->kind == SYN_SUM || factor->kind == SYN_NEGATE || factor->kind == SYN_REDUCE || (factor->kind == SYN_PRODUCT && !join))
        factor = edit_wrap(x, SYN_PAREN, factor);
    int count = flat ? n->count : 1, more = join ? factor->count : 1, at = place_of(x, n, factor, operator);
    syn *p = syn_new(x->m->memory, SYN_PRODUCT, n->at, count + more);
    char *text = arena_printf(x->m->memory, "%*s", count + more, "");
    for (int i = 0; i < count; i++) {
        int to = i < at ? i : i + more;
        p->child[to] = flat ? n->child[i] : (syn *)n;
        text[to] = flat && i > 0 ? n->text[i] : ' ';
    }
    for (int i = 0; i < more; i++) {
        p->child[at + i] = join ? factor->child[i] : (syn *)factor;
        text[at + i] = join && i > 0 ? factor->text[i] : operator;
    }
    text[0] = ' ';
    p->text = text;
    return p;
}

/* n + term; a term that begins with a minus is taken away. */
static syn *sum_with(editing *x, const syn *n, const syn *term)
{
    bool flat = n->kind == SYN_SUM, minus = term->kind == SYN_NEGATE;
    int count = flat ? n->count : 1;
    syn *s = syn_new(x->m->memory, SYN_SUM, n->at, count + 1);
    for (int i = 0; i < count; i++)
        s->child[i] = flat ? n->child[i] : (syn *)n;
    s->child[count] = minus ? term->child[0] : (syn *)term;
    s->text = arena_printf(x->m->memory, "%s%c", flat ? n->text : "+", minus ? '-' : '+');
    return s;
}

bool edit_append(model *m, const model_claim *c, bool term, const char *text, edit_try try, void *context, const char *diagnosis)
{
    editing x = {.m = m, .c = c};
    const syn *part = c->left_syntax && c->right_syntax ? edit_parse(m, text) : NULL;
    if (!part || (term && part->kind == SYN_SUM) || (!term && divides(c->right_syntax)))
        return false;
    const syn *right = term ? sum_with(&x, c->right_syntax, part) : product_with(&x, c->right_syntax, part, ' ');
    return edit_read(m, c, c->left_syntax, right, try, context, diagnosis);
}

/* --- anywhere --- */

typedef struct {
    sym name[MOST_SCOPE];
    int count;
} scope;

static void add_name(scope *s, sym name)
{
    for (int i = 0; i < s->count; i++)
        if (s->name[i] == name)
            return;
    if (name && s->count < MOST_SCOPE)
        s->name[s->count++] = name;
}

/* Index names that mean something where the walk is: of the sums around, and of the claim. */
static scope names_here(const editing *x)
{
    scope s = {.count = 0};
    for (int i = x->depth - 1; i >= 0; i--)
        for (int k = 0; x->node[i]->kind == SYN_REDUCE && k < x->node[i]->number; k++)
            add_name(&s, x->node[i]->child[k]->name);
    for (int i = 0; i < x->c->free_count; i++)
        add_name(&s, dag_index_get(x->m->dag, x->c->index[i])->name);
    return s;
}

static const syn *renamed(editing *x, const syn *n, const edit_factor *f, const sym *to)
{
    if (n->kind == SYN_NAME)
        for (int i = 0; i < f->index_count; i++)
            if (n->name == f->index[i])
                return edit_leaf(x, SYN_NAME, n, to[i], NULL);
    syn *c = edit_copy(x, n, n->count);
    for (int i = 0; i < n->count; i++)
        if (n->child[i])
            c->child[i] = (syn *)renamed(x, n->child[i], f, to);
    return c;
}

static void attempt_factor(editing *x, const syn *n, const edit_factor *f, const syn *factor)
{
    const char *text = edit_text(x, factor);
    if (f->elementwise) {
        const syn *left = factor->kind == SYN_SUM || factor->kind == SYN_PRODUCT || factor->kind == SYN_NEGATE ? edit_wrap(x, SYN_PAREN, factor) : factor;
        syn *p = syn_new(x->m->memory, SYN_PRODUCT, n->at, 2);
        p->text = " o";
        p->child[0] = (syn *)left;
        p->child[1] = (syn *)n;
        edit_attempt(x, x->depth ? edit_wrap(x, SYN_PAREN, p) : p, arena_printf(x->m->memory, "the factor %s is missing", text));
        return;
    }
    if (n->kind == SYN_NUMBER && n->text && strcmp(n->text, "1") == 0) {
        edit_attempt(x, factor->kind == SYN_SUM ? edit_wrap(x, SYN_PAREN, factor) : factor, arena_printf(x->m->memory, "%s in place of 1", text));
        return;
    }
    if (f->kinds & EDIT_FACTOR_TIMES)
        edit_attempt(x, product_with(x, n, factor, ' '), arena_printf(x->m->memory, "the factor %s is missing", text));
    if (f->kinds & EDIT_FACTOR_DIVIDES)
        edit_attempt(x, product_with(x, n, factor, '/'), arena_printf(x->m->memory, "a division by %s is missing", text));
}

/* All ways to give the factor's own indices names that are known here. */
static void attempt_names(editing *x, const syn *n, const edit_factor *f)
{
    scope here = names_here(x);
    sym to[EDIT_MOST_INDICES];
    int ways = 1;
    for (int i = 0; i < f->index_count; i++)
        ways *= here.count;
    for (int way = 0; way < ways && !x->found; way++) {
        int rest = way;
        for (int i = 0; i < f->index_count; i++, rest /= here.count)
            to[i] = here.name[rest % here.count];
        attempt_factor(x, n, f, f->index_count ? renamed(x, f->tree, f, to) : f->tree);
    }
}

static bool is_function_word(const editing *x, const syn *n)
{
    const syn *name = n->kind == SYN_PRIME ? n->child[0] : n;
    return n->kind == SYN_PRIME || (name->kind == SYN_NAME && model_find_var(x->m, name->name) < 0 && model_find_size(x->m, name->name) < 0);
}

/* Is what the walk looks at the argument of a function, or within it? */
static bool is_argument(const editing *x)
{
    const syn *parent = x->depth ? x->node[x->depth - 1] : NULL;
    int at = x->depth ? x->child[x->depth - 1] : 0;
    return parent && parent->kind == SYN_PRODUCT && at > 0 && parent->text[at] == ' ' && is_function_word(x, parent->child[at - 1]);
}

static bool is_operand(const syn *n)
{
    return n->kind == SYN_NAME || n->kind == SYN_INDEX || n->kind == SYN_PAREN || n->kind == SYN_TRANSPOSE || n->kind == SYN_POWER || n->kind == SYN_NUMBER ||
           n->kind == SYN_REDUCE;
}

/* May a factor be put beside n? Where n is an operand of a product, only the product as a whole takes one that is not elementwise. */
static bool has_room(const editing *x, const syn *n, bool elementwise)
{
    const syn *parent = x->depth ? x->node[x->depth - 1] : NULL;
    if (is_argument(x) || edit_in_subscript(x) ||
        (parent && (parent->kind == SYN_INDEX || parent->kind == SYN_DERIVATIVE || parent->kind == SYN_PRIME || parent->kind == SYN_BINDER ||
                    parent->kind == SYN_RANGE || parent->kind == SYN_COMPARE || parent->kind == SYN_HOLD || parent->kind == SYN_NAMED)))
        return false;
    if (elementwise)
        return is_operand(n) && !is_function_word(x, n) && (!parent || parent->kind != SYN_TRANSPOSE);
    return n->kind == SYN_PRODUCT ||
           (is_operand(n) &&
            (!parent || (parent->kind != SYN_PRODUCT && parent->kind != SYN_POWER && parent->kind != SYN_TRANSPOSE && parent->kind != SYN_BRACKET)));
}

void edit_insert_here(editing *x, const syn *n)
{
    for (int i = 0; i < x->factor_count && !x->found; i++)
        if (has_room(x, n, x->factor[i].elementwise))
            attempt_names(x, n, &x->factor[i]);
}
