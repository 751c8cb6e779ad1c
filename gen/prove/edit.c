#include "gen/prove/edit.h"

#include <stdlib.h>
#include <string.h>

#include "gen/calculus/calculus.h"
#include "gen/dag/ops.h"

#define MOST_EDITS 1200
#define MOST_DEPTH 60
#define MOST_NAMES 24 /* in place of one name */

typedef enum { PASS_SIGN, PASS_NAME, PASS_NUMBER, PASS_MARK, PASS_FUNCTION, PASS_OPERATOR, PASS_DROP, PASS_COUNT } pass;

typedef struct {
    model *m;
    const model_claim *c;
    edit_try try;
    void *context;
    const syn *node[MOST_DEPTH]; /* from the root of the side to what is looked at */
    int child[MOST_DEPTH], depth, side, edits;
    pass pass;
    bool found;
} editing;

/* --- trees --- */

static syn *copy_of(editing *x, const syn *n, int count)
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

static syn *leaf(editing *x, syn_kind kind, const syn *at, sym name, const char *text)
{
    syn *n = syn_new(x->m->memory, kind, at->at, 0);
    n->name = name;
    n->text = text;
    return n;
}

static syn *wrap(editing *x, syn_kind kind, const syn *n)
{
    syn *w = syn_new(x->m->memory, kind, n->at, 1);
    w->child[0] = (syn *)n;
    return w;
}

static const char *tree_text(editing *x, const syn *n)
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
        syn *c = copy_of(x, x->node[i], x->node[i]->count);
        c->child[x->child[i]] = (syn *)n;
        n = c;
    }
    return n;
}

/* Tries one edit; errors of edits that make no sense go to a list of their own. */
static void attempt(editing *x, const syn *n, const char *diagnosis)
{
    if (x->found || ++x->edits > MOST_EDITS)
        return;
    const syn *whole = rebuilt(x, n);
    const syn *left = x->side ? x->c->left_syntax : whole, *right = x->side ? whole : x->c->right_syntax;
    model_claim edited;
    if (syn_equal(left, right) || !model_claim_edited(x->m, left, right, &edited))
        return;
    edited.written_left = edited.left;
    edited.written_right = edited.right;
    edited.left = calculus_expand_expression(x->m, edited.written_left, x->c->at);
    edited.right = calculus_expand_expression(x->m, edited.written_right, x->c->at);
    if (edited.left && edited.right && edited.written_left != edited.written_right)
        x->found = x->try(x->context, &edited, diagnosis);
}

static const char *instead(editing *x, const char *new, const char *old)
{
    return arena_printf(x->m->memory, "%s in place of %s", new, old);
}

/* --- names --- */

/* Functions that are taken for each other. */
static const char *const confused[][5] = {
    {"sin", "cos", "tan"},        {"sinh", "cosh", "tanh"}, {"tanh", "sigmoid", "relu", "softplus"}, {"exp", "log"},  {"sqrt", "cbrt"},
    {"max", "min"},               {"floor", "ceil"},        {"sign", "relu", "abs"},                 {"atan", "asin", "acos"},
    {"log", "log2", "log10", "log1p"}, {"exp", "expm1"},    {"softmax", "log_softmax"},              {"mean", "sum"}, {"erf", "erfc"},
};

static void edit_known_function(editing *x, const syn *n, const char *text)
{
    for (size_t g = 0; g < sizeof confused / sizeof *confused; g++)
        for (int i = 0; i < 5 && confused[g][i]; i++) {
            if (strcmp(confused[g][i], text) != 0)
                continue;
            for (int j = 0; j < 5 && confused[g][j]; j++)
                if (j != i)
                    attempt(x, leaf(x, SYN_NAME, n, intern_puts(x->m->names, confused[g][j]), NULL), instead(x, confused[g][j], text));
        }
}

static bool same_shape(const model_var *a, const model_var *b)
{
    if (a->axis_count - a->sample != b->axis_count - b->sample || a->integer != b->integer)
        return false;
    for (int i = 0; i < a->axis_count - a->sample; i++)
        if (a->axis_size[i + a->sample] != b->axis_size[i + b->sample])
            return false;
    return true;
}

static bool is_page_name(const model_var *v)
{
    return v->key && v->role != ROLE_ADJOINT && v->role != ROLE_AUXILIARY && v->role != ROLE_LOCAL && v->role != ROLE_SYSTEM && v->role != ROLE_NONE;
}

static void edit_variable(editing *x, const syn *n, int v)
{
    model *m = x->m;
    int tried = 0;
    for (int u = 0; u < m->var_count && tried < MOST_NAMES; u++) {
        if (u == v || !is_page_name(&m->var[u]) || !same_shape(&m->var[u], &m->var[v]))
            continue;
        tried++;
        attempt(x, leaf(x, SYN_NAME, n, m->var[u].key, NULL), instead(x, model_var_name(m, u), model_var_name(m, v)));
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
            attempt(x, leaf(x, SYN_NAME, n, list.list[i], NULL), instead(x, intern_text(x->m->names, intern_spelling(x->m->names, list.list[i])), text));
}

static void edit_name(editing *x, const syn *n)
{
    const char *text = intern_text(x->m->names, intern_spelling(x->m->names, n->name));
    int v = model_find_var(x->m, n->name);
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
    if (strcmp(n->text, "1/2") == 0) {
        attempt(x, leaf(x, SYN_NUMBER, n, 0, "2"), "the number 2 in place of ½");
        attempt(x, leaf(x, SYN_NUMBER, n, 0, "1"), "the number 1 in place of ½");
        return;
    }
    const syn *parent = x->depth ? x->node[x->depth - 1] : NULL;
    bool exponent = parent && parent->kind == SYN_POWER && x->child[x->depth - 1] == 1;
    bool zero = parent && (parent->kind == SYN_INDEX || parent->kind == SYN_COMPARE || parent->kind == SYN_RANGE);
    if (*end || value > 100000)
        return;
    const long other[] = {value + 1, value - 1, 2 * value, value / 2, 10, value + 2};
    for (int i = 0; i < 6; i++) {
        if (other[i] < 0 || other[i] == value || (i == 3 && value % 2) || (other[i] == 0 && !zero) || (other[i] == 1 && exponent))
            continue; /* u⁰ and u¹ nobody means */
        const char *text = arena_printf(x->m->memory, "%ld", other[i]);
        attempt(x, leaf(x, SYN_NUMBER, n, 0, text), exponent ? "an exponent is wrong" : arena_printf(x->m->memory, "the number %s in place of %s", text, n->text));
    }
    if (value == 2)
        attempt(x, leaf(x, SYN_NUMBER, n, 0, "1/2"), "the number ½ in place of 2");
}

/* --- signs and operators --- */

static syn *with_text(editing *x, const syn *n, int at, char c)
{
    syn *e = copy_of(x, n, n->count);
    char *text = arena_printf(x->m->memory, "%.*s", n->count, n->text);
    text[at] = c;
    e->text = text;
    return e;
}

static void edit_sum_signs(editing *x, const syn *n)
{
    for (int i = 0; i < n->count; i++)
        attempt(x, with_text(x, n, i, n->text[i] == '-' ? '+' : '-'), arena_printf(x->m->memory, "the sign of %s is wrong", tree_text(x, n->child[i])));
}

static void edit_whole_sign(editing *x, const syn *n)
{
    if (n->kind == SYN_NEGATE)
        attempt(x, n->child[0], "the sign is wrong");
    else if (n->kind == SYN_PRODUCT || n->kind == SYN_NAME || n->kind == SYN_INDEX || n->kind == SYN_POWER || n->kind == SYN_NUMBER)
        attempt(x, wrap(x, SYN_NEGATE, n), "the sign is wrong");
}

/* Operands from … to − 1 of a product, alone if it is one. */
static const syn *part_of(editing *x, const syn *n, int from, int to)
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

/* A product as the sum or difference of its first operands and the others. */
static syn *split_term(editing *x, const syn *product, int place, char sign)
{
    syn *s = syn_new(x->m->memory, SYN_SUM, product->at, 2);
    s->child[0] = (syn *)part_of(x, product, 0, place);
    s->child[1] = (syn *)part_of(x, product, place, product->count);
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
                attempt(x, with_text(x, n, i, other[k]), other[k] == '/' ? "a division is meant" : "a product is meant");
        for (int k = 0; k < 2; k++) {
            syn *s = split_term(x, n, i, k ? '-' : '+');
            attempt(x, inside_sum ? wrap(x, SYN_PAREN, s) : s, k ? "a difference is meant" : "a sum is meant");
        }
    }
}

/* Two neighbouring terms as one product or quotient. */
static void edit_sum_operators(editing *x, const syn *n)
{
    static const char operator[] = {'/', ' ', 'o'};
    for (int i = 1; i < n->count; i++)
        for (int k = 0; k < 3; k++) {
            const syn *a = n->child[i - 1], *b = n->child[i];
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
                attempt(x, n->text[0] == '-' ? wrap(x, SYN_NEGATE, p) : p, diagnosis);
                continue;
            }
            syn *e = copy_of(x, n, n->count - 1);
            char *signs = arena_printf(x->m->memory, "%.*s%s", i, n->text, n->text + i + 1);
            e->text = signs;
            e->child[i - 1] = p;
            for (int j = i; j < n->count - 1; j++)
                e->child[j] = n->child[j + 1];
            attempt(x, e, diagnosis);
        }
}

static void edit_comparison(editing *x, const syn *n)
{
    static const char *const turned[][2] = {{"<", ">"}, {"<=", ">="}, {">", "<"}, {">=", "<="}, {"==", "!="}, {"!=", "=="}};
    for (int i = 0; i < 6; i++)
        if (strcmp(n->text, turned[i][0]) == 0) {
            syn *e = copy_of(x, n, n->count);
            e->text = turned[i][1];
            attempt(x, e, arena_printf(x->m->memory, "%s in place of %s", turned[i][1], n->text));
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
        syn *e = copy_of(x, n, n->count);
        e->number++;
        attempt(x, e, "a prime is missing");
        e = copy_of(x, n, n->count);
        e->number--;
        attempt(x, e->number ? e : n->child[0], "a prime is too much");
    }
    if (n->kind == SYN_TRANSPOSE)
        attempt(x, n->child[0], "transposed");
    if (n->kind == SYN_POWER)
        attempt(x, n->child[0], "an exponent is wrong");
    if (!is_name || (parent && (parent->kind == SYN_INDEX || parent->kind == SYN_DERIVATIVE)))
        return;
    if (n->kind == SYN_NAME && is_abstract(x, n->name) && (!parent || parent->kind != SYN_PRIME)) {
        syn *e = wrap(x, SYN_PRIME, n);
        e->number = 1;
        attempt(x, e, "a prime is missing");
    }
    if (parent && (parent->kind == SYN_POWER || parent->kind == SYN_TRANSPOSE))
        return;
    attempt(x, wrap(x, SYN_TRANSPOSE, n), "transposed");
    syn *e = syn_new(x->m->memory, SYN_POWER, n->at, 2);
    e->child[0] = (syn *)n;
    e->child[1] = leaf(x, SYN_NUMBER, n, 0, "2");
    attempt(x, e, "an exponent is missing");
}

/* --- parts too much --- */

static void edit_drop(editing *x, const syn *n)
{
    for (int i = 0; i < n->count; i++) {
        syn *e = copy_of(x, n, n->count - 1);
        char *text = arena_printf(x->m->memory, "%.*s%s", i, n->text, n->text + i + 1);
        if (n->kind == SYN_PRODUCT)
            text[0] = ' ';
        e->text = text;
        for (int j = i; j < n->count - 1; j++)
            e->child[j] = n->child[j + 1];
        const syn *rest = n->count == 2 ? (n->kind == SYN_SUM && text[0] == '-' ? wrap(x, SYN_NEGATE, e->child[0]) : e->child[0]) : e;
        attempt(x, rest, arena_printf(x->m->memory, "the %s %s is too much", n->kind == SYN_SUM ? "term" : "factor", tree_text(x, n->child[i])));
    }
}

static void edit_roots(editing *x, const syn *n)
{
    const syn *parent = x->depth ? x->node[x->depth - 1] : NULL;
    if (n->kind != SYN_PAREN || n->count != 1 || (parent && parent->kind == SYN_PRODUCT && x->child[x->depth - 1] > 0 &&
                                                  parent->child[x->child[x->depth - 1] - 1]->kind == SYN_NAME && parent->text[x->child[x->depth - 1]] == ' '))
        return;
    syn *root = syn_new(x->m->memory, SYN_PRODUCT, n->at, 2);
    root->text = "  ";
    root->child[0] = leaf(x, SYN_NAME, n, intern_puts(x->m->names, "sqrt"), NULL);
    root->child[1] = (syn *)n;
    attempt(x, wrap(x, SYN_PAREN, root), "a root is missing");
}

/* --- the walk --- */

static void edit_here(editing *x, const syn *n)
{
    bool sum = n->kind == SYN_SUM, product = n->kind == SYN_PRODUCT;
    switch (x->pass) {
    case PASS_SIGN:
        if (sum)
            edit_sum_signs(x, n);
        else
            edit_whole_sign(x, n);
        break;
    case PASS_NAME:
        if (n->kind == SYN_NAME)
            edit_name(x, n);
        break;
    case PASS_NUMBER:
        if (n->kind == SYN_NUMBER && n->text)
            edit_number(x, n);
        break;
    case PASS_MARK: edit_marks(x, n); break;
    case PASS_FUNCTION:
        if (n->kind == SYN_NAME && model_find_var(x->m, n->name) < 0)
            edit_known_function(x, n, intern_text(x->m->names, n->name));
        if (n->kind == SYN_REDUCE && n->name)
            for (int i = 0; i < 2; i++) {
                static const char *const words[] = {"sum", "prod"};
                syn *e = copy_of(x, n, n->count);
                e->name = intern_puts(x->m->names, words[i]);
                if (e->name != n->name)
                    attempt(x, e, i ? "Π in place of Σ" : "Σ in place of Π");
            }
        if (n->kind == SYN_COMPARE)
            edit_comparison(x, n);
        edit_roots(x, n);
        break;
    case PASS_OPERATOR:
        if (sum)
            edit_sum_operators(x, n);
        if (product)
            edit_product_operators(x, n);
        break;
    default:
        if ((sum || product) && n->count > 1)
            edit_drop(x, n);
    }
}

static void walk(editing *x, const syn *n)
{
    if (!n || x->found || x->edits > MOST_EDITS || x->depth == MOST_DEPTH)
        return;
    edit_here(x, n);
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

bool edit_claim(model *m, const model_claim *c, int side, edit_try try, void *context)
{
    editing x = {.m = m, .c = c, .try = try, .context = context, .side = side};
    if (!c->left_syntax || !c->right_syntax || has_family(c->left_syntax) || has_family(c->right_syntax))
        return false;
    diag_list scratch = {0}, *kept = m->diagnostics;
    m->diagnostics = &scratch;
    for (x.pass = 0; x.pass < PASS_COUNT && !x.found; x.pass++)
        walk(&x, side ? c->right_syntax : c->left_syntax);
    m->diagnostics = kept;
    diag_free(&scratch);
    return x.found;
}
