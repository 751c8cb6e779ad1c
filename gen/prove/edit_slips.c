/* What is taken for what: the slips of the pen that are tried. */
#include <stdlib.h>
#include <string.h>

#include "gen/dag/ops.h"
#include "gen/prove/edit_private.h"

#define MOST_NAMES 24 /* in place of one name */

static const char *instead(editing *x, const char *new, const char *old)
{
    return arena_printf(x->m->memory, "%s in place of %s", new, old);
}

/* --- names --- */

/* Functions that are taken for each other. */
static const char *const confused[][5] = {
    {"sin", "cos", "tan"},
    {"sinh", "cosh", "tanh"},
    {"tanh", "sigmoid", "relu", "softplus"},
    {"exp", "log"},
    {"sqrt", "cbrt"},
    {"max", "min"},
    {"floor", "ceil"},
    {"sign", "relu", "abs"},
    {"atan", "asin", "acos"},
    {"log", "log2", "log10", "log1p"},
    {"exp", "expm1"},
    {"softmax", "log_softmax"},
    {"mean", "sum"},
    {"erf", "erfc"},
};

static void edit_known_function(editing *x, const syn *n, const char *text)
{
    for (size_t g = 0; g < sizeof confused / sizeof *confused; g++)
        for (int i = 0; i < 5 && confused[g][i]; i++) {
            if (strcmp(confused[g][i], text) != 0)
                continue;
            for (int j = 0; j < 5 && confused[g][j]; j++)
                if (j != i)
                    edit_attempt(x, edit_leaf(x, SYN_NAME, n, intern_puts(x->m->names, confused[g][j]), NULL), instead(x, confused[g][j], text));
        }
}

static bool same_axes(const model_var *a, const model_var *b)
{
    return a->axis_count - a->sample == b->axis_count - b->sample && a->integer == b->integer;
}

static bool same_shape(const model_var *a, const model_var *b)
{
    for (int i = 0; i < a->axis_count - a->sample; i++)
        if (a->axis_size[i + a->sample] != b->axis_size[i + b->sample])
            return false;
    return true;
}

static bool is_page_name(const model_var *v)
{
    return v->key && v->role != ROLE_ADJOINT && v->role != ROLE_AUXILIARY && v->role != ROLE_LOCAL && v->role != ROLE_SYSTEM && v->role != ROLE_NONE;
}

/* In ∂²u/∂x² both x are one slip. */
static void attempt_name(editing *x, const syn *n, const syn *name, const char *diagnosis)
{
    const syn *parent = x->depth ? x->node[x->depth - 1] : NULL;
    if (!parent || parent->kind != SYN_DERIVATIVE || parent->count < 3 || x->child[x->depth - 1] == 0) {
        edit_attempt(x, name, diagnosis);
        return;
    }
    syn *e = edit_copy(x, parent, parent->count);
    for (int i = 1; i < e->count; i++)
        if (syn_equal(e->child[i], n))
            e->child[i] = (syn *)name;
    x->depth--;
    edit_attempt(x, e, diagnosis);
    x->depth++;
}

/* Names of the same shape, then those that only have as many axes. */
static void edit_variable(editing *x, const syn *n, int v)
{
    model *m = x->m;
    int tried = 0;
    for (int round = 0; round < 2; round++)
        for (int u = 0; u < m->var_count && tried < MOST_NAMES; u++) {
            const model_var *a = &m->var[u], *b = &m->var[v];
            if (u == v || !is_page_name(a) || !same_axes(a, b) || same_shape(a, b) == (round == 1))
                continue;
            tried++;
            attempt_name(x, n, edit_leaf(x, SYN_NAME, n, a->key, NULL), instead(x, model_var_name(m, u), model_var_name(m, v)));
        }
}

typedef struct {
    sym list[MOST_NAMES];
    int count;
} sym_list;

/* Indices: names of the claim that are nothing else. */
static void gather_indices(editing *x, const syn *n, sym_list *out)
{
    if (!n)
        return;
    if ((n->kind == SYN_NAME || n->kind == SYN_BINDER) && n->name && model_find_var(x->m, n->name) < 0 && model_find_size(x->m, n->name) < 0 &&
        op_find(intern_text(x->m->names, n->name)) < 0) {
        bool known = out->count == MOST_NAMES;
        for (int i = 0; i < out->count; i++)
            known = known || out->list[i] == n->name;
        for (int i = 0; i < x->m->function_count; i++)
            known = known || x->m->function[i].key == n->name;
        if (!known)
            out->list[out->count++] = n->name;
    }
    for (int i = 0; i < n->count; i++)
        gather_indices(x, n->child[i], out);
}

static void edit_other_name(editing *x, const syn *n, const char *text)
{
    sym_list list = {.count = 0};
    int function = -1, size = model_find_size(x->m, n->name);
    for (int i = 0; i < x->m->function_count; i++)
        function = x->m->function[i].key == n->name ? i : function;
    for (int i = 0; function >= 0 && i < x->m->function_count && list.count < MOST_NAMES; i++)
        list.list[list.count++] = x->m->function[i].key;
    for (int i = 0; size >= 0 && i < x->m->size_count && list.count < MOST_NAMES; i++)
        if (x->m->size[i].key)
            list.list[list.count++] = x->m->size[i].key;
    if (function < 0 && size < 0) {
        gather_indices(x, x->c->left_syntax, &list);
        gather_indices(x, x->c->right_syntax, &list);
    }
    for (int i = 0; i < list.count; i++)
        if (list.list[i] != n->name)
            edit_attempt(x, edit_leaf(x, SYN_NAME, n, list.list[i], NULL),
                         instead(x, intern_text(x->m->names, intern_spelling(x->m->names, list.list[i])), text));
}

/* a[t] for a[t-1]. */
static void edit_shift(editing *x, const syn *n, const char *text)
{
    const syn *parent = x->depth ? x->node[x->depth - 1] : NULL;
    for (int i = 0; i < 2 && parent && parent->kind == SYN_INDEX && x->child[x->depth - 1] > 0; i++) {
        syn *s = syn_new(x->m->memory, SYN_SUM, n->at, 2);
        s->text = i ? "++" : "+-";
        s->child[0] = (syn *)n;
        s->child[1] = edit_leaf(x, SYN_NUMBER, n, 0, "1");
        edit_attempt(x, s, instead(x, edit_text(x, s), text));
    }
}

static void edit_name(editing *x, const syn *n)
{
    const char *text = intern_text(x->m->names, intern_spelling(x->m->names, n->name));
    int v = model_find_var(x->m, n->name);
    if (v < 0)
        edit_shift(x, n, text);
    if (v >= 0)
        edit_variable(x, n, v);
    else if (op_find(intern_text(x->m->names, n->name)) < 0)
        edit_other_name(x, n, text);
}

/* --- numbers --- */

static void edit_number(editing *x, const syn *n)
{
    char *end;
    long value = strtol(n->text, &end, 10);
    const syn *parent = x->depth ? x->node[x->depth - 1] : NULL;
    if (strcmp(n->text, "1/2") == 0) {
        edit_attempt(x, edit_leaf(x, SYN_NUMBER, n, 0, "2"), "the number 2 in place of ½");
        if (!parent || parent->kind != SYN_PRODUCT)
            edit_attempt(x, edit_leaf(x, SYN_NUMBER, n, 0, "1"), "the number 1 in place of ½");
        return;
    }
    bool exponent = parent && parent->kind == SYN_POWER && x->child[x->depth - 1] == 1;
    bool product = parent && parent->kind == SYN_PRODUCT,
         zero = parent && (parent->kind == SYN_INDEX || parent->kind == SYN_COMPARE || parent->kind == SYN_RANGE);
    if (*end || value > 100000)
        return;
    const long other[] = {value + 1, value - 1, 2 * value, value / 2, 10, value + 2};
    for (int i = 0; i < 6; i++) {
        if (other[i] < 0 || other[i] == value || (i == 3 && value % 2) || (other[i] == 0 && !zero) || (other[i] == 1 && (exponent || product)))
            continue; /* u⁰, u¹ and 1 u nobody means */
        const char *text = arena_printf(x->m->memory, "%ld", other[i]);
        edit_attempt(x, edit_leaf(x, SYN_NUMBER, n, 0, text),
                     exponent ? "an exponent is wrong" : arena_printf(x->m->memory, "the number %s in place of %s", text, n->text));
    }
    if (value == 2)
        edit_attempt(x, edit_leaf(x, SYN_NUMBER, n, 0, "1/2"), "the number ½ in place of 2");
}

/* --- signs and operators --- */

static syn *with_text(editing *x, const syn *n, int at, char c)
{
    syn *e = edit_copy(x, n, n->count);
    char *text = arena_printf(x->m->memory, "%.*s", n->count, n->text);
    text[at] = c;
    e->text = text;
    return e;
}

static void edit_sum_signs(editing *x, const syn *n)
{
    for (int i = 0; i < n->count; i++) {
        const syn *own = n->child[i]->kind == SYN_NEGATE ? n->child[i]->child[0] : NULL;
        if (own) {
            syn *e = edit_copy(x, n, n->count);
            e->child[i] = (syn *)own;
            edit_attempt(x, e, arena_printf(x->m->memory, "the sign of %s is wrong", edit_text(x, own)));
            continue;
        }
        edit_attempt(x, with_text(x, n, i, n->text[i] == '-' ? '+' : '-'), arena_printf(x->m->memory, "the sign of %s is wrong", edit_text(x, n->child[i])));
    }
    if (n->count == 2 && n->text[1] == '-' && n->text[0] != '-' && n->child[0]->kind != SYN_NEGATE) { /* y − p for p − y */
        syn *e = edit_copy(x, n, n->count);
        e->child[0] = n->child[1];
        e->child[1] = n->child[0];
        edit_attempt(x, e, "the sign is wrong");
    }
}

static void edit_whole_sign(editing *x, const syn *n)
{
    if (edit_in_subscript(x))
        return;
    if (n->kind == SYN_NEGATE)
        edit_attempt(x, n->child[0], "the sign is wrong");
    else if (n->kind == SYN_PRODUCT || n->kind == SYN_NAME || n->kind == SYN_INDEX || n->kind == SYN_POWER || n->kind == SYN_NUMBER || n->kind == SYN_REDUCE)
        edit_attempt(x, edit_wrap(x, SYN_NEGATE, n), "the sign is wrong");
}

/* A product as the sum or difference of its first operands and the others. */
static syn *split_term(editing *x, const syn *product, int place, char sign)
{
    syn *s = syn_new(x->m->memory, SYN_SUM, product->at, 2);
    s->child[0] = (syn *)edit_operands(x, product, 0, place);
    s->child[1] = (syn *)edit_operands(x, product, place, product->count);
    s->text = arena_printf(x->m->memory, "+%c", sign);
    return s;
}

static void edit_product_operators(editing *x, const syn *n)
{
    static const char other[] = "/ ";
    bool inside_sum = x->depth && x->node[x->depth - 1]->kind == SYN_SUM;
    for (int i = 1; i < n->count; i++) {
        for (int k = 0; k < 2; k++)
            if (n->text[i] != other[k])
                edit_attempt(x, with_text(x, n, i, other[k]), other[k] == '/' ? "a division is meant" : "a product is meant");
        for (int k = 0; k < 2; k++) {
            syn *s = split_term(x, n, i, k ? '-' : '+');
            edit_attempt(x, inside_sum ? edit_wrap(x, SYN_PAREN, s) : s, k ? "a difference is meant" : "a sum is meant");
        }
    }
}

static bool is_one(const syn *n)
{
    return n->kind == SYN_NUMBER && strcmp(n->text, "1") == 0;
}

/* Two neighbouring terms as one product or quotient. */
static void edit_sum_operators(editing *x, const syn *n)
{
    static const char operator[] = {'/', ' ', 'o'};
    for (int i = 1; i < n->count; i++)
        for (int k = 0; k < 3; k++) {
            const syn *a = n->child[i - 1], *b = n->child[i];
            if (is_one(a) || is_one(b))
                continue; /* x/1 says nothing */
            int left = a->kind == SYN_PRODUCT ? a->count : 1, right = b->kind == SYN_PRODUCT ? b->count : 1;
            syn *p = syn_new(x->m->memory, SYN_PRODUCT, n->at, left + right);
            char *text = arena_printf(x->m->memory, "%s%s", a->kind == SYN_PRODUCT ? a->text : " ", b->kind == SYN_PRODUCT ? b->text : " ");
            for (int j = 0; j < left; j++)
                p->child[j] = a->kind == SYN_PRODUCT ? a->child[j] : (syn *)a;
            for (int j = 0; j < right; j++)
                p->child[left + j] = b->kind == SYN_PRODUCT ? b->child[j] : (syn *)b;
            text[left] = operator[k];
            p->text = text;
            const char *diagnosis = k ? "a product is meant" : "a division is meant";
            if (n->count == 2) {
                edit_attempt(x, n->text[0] == '-' ? edit_wrap(x, SYN_NEGATE, p) : p, diagnosis);
                continue;
            }
            syn *e = edit_copy(x, n, n->count - 1);
            char *signs = arena_printf(x->m->memory, "%.*s%s", i, n->text, n->text + i + 1);
            e->text = signs;
            e->child[i - 1] = p;
            for (int j = i; j < n->count - 1; j++)
                e->child[j] = n->child[j + 1];
            edit_attempt(x, e, diagnosis);
        }
}

static void edit_comparison(editing *x, const syn *n)
{
    static const char *const turned[][2] = {{"<", ">"}, {"<=", ">="}, {">", "<"}, {">=", "<="}, {"==", "!="}, {"!=", "=="}};
    for (int i = 0; i < 6; i++)
        if (strcmp(n->text, turned[i][0]) == 0) {
            syn *e = edit_copy(x, n, n->count);
            e->text = turned[i][1];
            edit_attempt(x, e, arena_printf(x->m->memory, "%s in place of %s", turned[i][1], n->text));
        }
}

/* --- marks: primes, transposes, exponents --- */

static bool is_abstract(const editing *x, sym name)
{
    for (int i = 0; i < x->m->function_count; i++)
        if (x->m->function[i].key == name)
            return true;
    return false;
}

static void edit_marks(editing *x, const syn *n)
{
    const syn *parent = x->depth ? x->node[x->depth - 1] : NULL;
    bool is_name = n->kind == SYN_NAME || n->kind == SYN_INDEX || n->kind == SYN_PAREN;
    if (n->kind == SYN_PRIME) {
        syn *e = edit_copy(x, n, n->count);
        e->number++;
        edit_attempt(x, e, "a prime is missing");
        e = edit_copy(x, n, n->count);
        e->number--;
        edit_attempt(x, e->number ? e : n->child[0], "a prime is too much");
    }
    if (n->kind == SYN_TRANSPOSE)
        edit_attempt(x, n->child[0], "transposed");
    if (n->kind == SYN_POWER)
        edit_attempt(x, n->child[0], "an exponent is wrong");
    if (!is_name || (parent && (parent->kind == SYN_INDEX || parent->kind == SYN_DERIVATIVE)))
        return;
    if (n->kind == SYN_NAME && is_abstract(x, n->name) && (!parent || parent->kind != SYN_PRIME)) {
        syn *e = edit_wrap(x, SYN_PRIME, n);
        e->number = 1;
        edit_attempt(x, e, "a prime is missing");
    }
    if (parent && (parent->kind == SYN_POWER || parent->kind == SYN_TRANSPOSE))
        return;
    edit_attempt(x, edit_wrap(x, SYN_TRANSPOSE, n), "transposed");
    syn *e = syn_new(x->m->memory, SYN_POWER, n->at, 2);
    e->child[0] = (syn *)n;
    e->child[1] = edit_leaf(x, SYN_NUMBER, n, 0, "2");
    edit_attempt(x, e, "an exponent is missing");
}

/* --- parts too much --- */

/* The word of a call: without it the argument is left. */
static bool is_called(editing *x, const syn *product, int i)
{
    return product->kind == SYN_PRODUCT && product->child[i]->kind != SYN_NUMBER && i + 1 < product->count && product->text[i + 1] == ' ' &&
           product->child[i + 1]->kind == SYN_PAREN &&
           (product->child[i]->kind == SYN_PRIME || (product->child[i]->kind == SYN_NAME && model_find_var(x->m, product->child[i]->name) < 0));
}

static void edit_drop(editing *x, const syn *n)
{
    for (int i = 0; i < n->count; i++) {
        if (is_called(x, n, i))
            continue;
        syn *e = edit_copy(x, n, n->count - 1);
        char *text = arena_printf(x->m->memory, "%.*s%s", i, n->text, n->text + i + 1);
        if (n->kind == SYN_PRODUCT)
            text[0] = ' ';
        e->text = text;
        for (int j = i; j < n->count - 1; j++)
            e->child[j] = n->child[j + 1];
        const syn *rest = n->count == 2 ? (n->kind == SYN_SUM && text[0] == '-' ? edit_wrap(x, SYN_NEGATE, e->child[0]) : e->child[0]) : e;
        edit_attempt(x, rest,
                     edit_in_subscript(x)
                         ? "an index is wrong"
                         : arena_printf(x->m->memory, "the %s %s is too much", n->kind == SYN_SUM ? "term" : "factor", edit_text(x, n->child[i])));
    }
}

static void edit_roots(editing *x, const syn *n)
{
    const syn *parent = x->depth ? x->node[x->depth - 1] : NULL;
    if (n->kind != SYN_PAREN || n->count != 1 ||
        (parent && parent->kind == SYN_PRODUCT && x->child[x->depth - 1] > 0 && parent->child[x->child[x->depth - 1] - 1]->kind == SYN_NAME &&
         parent->text[x->child[x->depth - 1]] == ' '))
        return;
    syn *root = syn_new(x->m->memory, SYN_PRODUCT, n->at, 2);
    root->text = "  ";
    root->child[0] = edit_leaf(x, SYN_NAME, n, intern_puts(x->m->names, "sqrt"), NULL);
    root->child[1] = (syn *)n;
    edit_attempt(x, edit_wrap(x, SYN_PAREN, root), "a root is missing");
}

/* ½ or 2 before what stands alone, inside an argument: exp(a²) for exp(½ a²). */
static void edit_factors(editing *x, const syn *n)
{
    static const char *const number[] = {"1/2", "2"};
    const syn *parent = x->depth ? x->node[x->depth - 1] : NULL;
    if ((parent && parent->kind != SYN_PAREN && parent->kind != SYN_SUM && parent->kind != SYN_NEGATE) || n->kind == SYN_NEGATE || n->kind == SYN_SUM ||
        edit_in_subscript(x))
        return;
    for (int i = 0; i < 2; i++) {
        bool product = n->kind == SYN_PRODUCT;
        int count = product ? n->count : 1;
        syn *e = syn_new(x->m->memory, SYN_PRODUCT, n->at, count + 1);
        e->text = product ? arena_printf(x->m->memory, "  %.*s", count - 1, n->text + 1) : "  ";
        e->child[0] = edit_leaf(x, SYN_NUMBER, n, 0, number[i]);
        for (int k = 0; k < count; k++)
            e->child[k + 1] = product ? n->child[k] : (syn *)n;
        edit_attempt(x, e, i ? "the factor 2 is missing" : "the factor ½ is missing");
    }
}

/* --- by kind --- */

void edit_here(editing *x, const syn *n)
{
    bool sum = n->kind == SYN_SUM, product = n->kind == SYN_PRODUCT;
    switch (x->kind) {
    case EDIT_SIGNS:
        if (sum)
            edit_sum_signs(x, n);
        else
            edit_whole_sign(x, n);
        break;
    case EDIT_NAMES:
        if (n->kind == SYN_NAME)
            edit_name(x, n);
        break;
    case EDIT_NUMBERS:
        if (n->kind == SYN_NUMBER && n->text)
            edit_number(x, n);
        break;
    case EDIT_MARKS: edit_marks(x, n); break;
    case EDIT_FUNCTIONS:
        if (n->kind == SYN_NAME && model_find_var(x->m, n->name) < 0)
            edit_known_function(x, n, intern_text(x->m->names, n->name));
        if (n->kind == SYN_REDUCE && n->name)
            for (int i = 0; i < 2; i++) {
                static const char *const words[] = {"sum", "prod"};
                syn *e = edit_copy(x, n, n->count);
                e->name = intern_puts(x->m->names, words[i]);
                if (e->name != n->name)
                    edit_attempt(x, e, i ? "Π in place of Σ" : "Σ in place of Π");
            }
        if (n->kind == SYN_COMPARE)
            edit_comparison(x, n);
        edit_roots(x, n);
        break;
    case EDIT_OPERATORS:
        if (sum)
            edit_sum_operators(x, n);
        if (product)
            edit_product_operators(x, n);
        break;
    case EDIT_DROPS:
        if ((sum || product) && n->count > 1)
            edit_drop(x, n);
        break;
    case EDIT_SHAPE: edit_shape(x, n); break;
    default: edit_factors(x, n);
    }
}
