/* Syntax trees of expressions to values in index form. */
#include <stdlib.h>
#include <string.h>

#include "gen/model/page.h"

bool page_number(builder *b, const char *text, node *out)
{
    mpq_t v;
    mpq_init(v);
    const char *slash = strchr(text, '/');
    bool ok = true;
    if (slash) {
        ok = mpq_set_str(v, text, 10) == 0 && mpz_sgn(mpq_denref(v)) != 0;
    } else {
        /* digits [. digits] [e exponent], exact */
        buffer digits = {0};
        long scale = 0;
        const char *c = text;
        for (; (*c >= '0' && *c <= '9') || *c == '.'; c++) {
            if (*c == '.')
                for (const char *f = c + 1; *f >= '0' && *f <= '9'; f++)
                    scale--;
            else
                buffer_add(&digits, c, 1);
        }
        if (*c == 'e' || *c == 'E')
            scale += strtol(c + 1, NULL, 10);
        ok = digits.length > 0 && labs(scale) <= 100000 && mpz_set_str(mpq_numref(v), digits.text, 10) == 0;
        mpz_t ten;
        mpz_init(ten);
        mpz_ui_pow_ui(ten, 10, ok ? (unsigned long)labs(scale) : 0);
        if (scale < 0)
            mpz_set(mpq_denref(v), ten);
        else
            mpz_mul(mpq_numref(v), mpq_numref(v), ten);
        mpz_clear(ten);
        buffer_free(&digits);
    }
    if (ok) {
        mpq_canonicalize(v);
        *out = dag_number(b->m->dag, v);
    }
    mpq_clear(v);
    return ok;
}

static void mark_used(builder *b, int var)
{
    if (var >= b->var_used_room) {
        int room = b->var_used_room ? b->var_used_room : 64;
        while (room <= var)
            room *= 2;
        b->var_used = xrealloc(b->var_used, (size_t)room);
        memset(b->var_used + b->var_used_room, 0, (size_t)(room - b->var_used_room));
        b->var_used_room = room;
    }
    b->var_used[var] = true;
}

/* All entries of a variable: placeholders for its axes, the sample index in front. */
bool page_entry_value(builder *b, span at, int var, model_value *out)
{
    (void)at;
    const model_var *v = &b->m->var[var];
    node index[MODEL_MAX_AXES];
    int skip = v->sample ? 1 : 0;
    *out = (model_value){.axis_count = v->axis_count - skip, .integer = v->integer};
    if (skip)
        index[0] = dag_index_node(b->m->dag, b->m->sample_index[v->population]);
    for (int k = 0; k < out->axis_count; k++) {
        out->size[k] = v->axis_size[k + skip];
        out->index[k] = page_placeholder(b, k, out->size[k]);
        index[k + skip] = dag_index_node(b->m->dag, out->index[k]);
    }
    out->body = dag_entry(b->m->dag, var, v->axis_count, index);
    if (!b->quiet)
        mark_used(b, var);
    return true;
}

static bool constant_name(builder *b, const char *text, node *out)
{
    int o = op_find(text);
    if (o < 0 || op_get((op)o)->arity != 0)
        return false;
    *out = dag_raw_fun(b->m->dag, (op)o, 0, NULL);
    return true;
}

/* A name of the expression's surroundings: an argument of a function, an index, the letter of a family. *found: there is one; without a value it has been reported. */
static bool surrounding_value(builder *b, const syn *tree, sym key, bool *found, model_value *out)
{
    *found = true;
    for (const local_frame *l = b->locals; l; l = l->outer)
        if (l->name == key) {
            *out = l->value;
            return true;
        }
    for (index_frame *f = b->indices; f; f = f->outer)
        if (f->name == key) {
            if (!page_index_range(b, f, tree->at))
                return false;
            *out = page_of_node(dag_index_node(b->m->dag, f->index));
            out->integer = true;
            return true;
        }
    for (const family_env *e = b->env; e; e = e->outer)
        if (e->name == key && !e->word) {
            *out = page_of_node(dag_int(b->m->dag, e->value));
            out->integer = true;
            return true;
        }
    return *found = false;
}

/* A name whose definition failed, or that is needed before its shape is known: reported where it is defined. */
static bool has_no_shape(builder *b, int var, sym key)
{
    if (var >= 0 && b->m->var[var].role != ROLE_DEFINED)
        return false;
    const definition *d = page_definition(b, key);
    return d && (var < 0 || d->state == DEFINE_FAILED || (d->state == DEFINE_ACTIVE && !d->shape_known));
}

static bool name_value(builder *b, const syn *tree, model_value *out)
{
    sym key = page_name(b, tree);
    bool found;
    if (!key)
        return false;
    bool good = surrounding_value(b, tree, key, &found, out);
    if (found)
        return good;
    int size = model_find_size(b->m, key), var = model_find_var(b->m, key);
    if (var >= 0 && !has_no_shape(b, var, key))
        return page_entry_value(b, tree->at, var, out);
    if (var < 0 && size >= 0) {
        *out = page_of_node(b->m->size[size].equals ? b->m->size[size].equals : dag_sizesym(b->m->dag, size));
        out->integer = true;
        return true;
    }
    *out = (model_value){0};
    if (has_no_shape(b, var, key)) {
        b->failed = true;
        return false;
    }
    if (page_is_function(b, key)) {
        diagnostic *g = page_error(b, tree->at, "`%s` is a function; it needs an argument", page_spelling(b, key));
        if (g)
            diag_hint(g, "write %s(z)", page_spelling(b, key));
        return false;
    }
    if (constant_name(b, intern_text(b->m->names, key), &out->body))
        return true;
    if (strcmp(intern_text(b->m->names, key), "training") == 0) { /* 1 while training, else 0 */
        var = model_add_var(b->m, &(model_var){.key = key, .role = ROLE_SYSTEM, .by = -1});
        return page_entry_value(b, tree->at, var, out);
    }
    page_unknown_name(b, tree, key);
    return false;
}

bool page_scalar(builder *b, const syn *tree, node *out)
{
    model_value v;
    if (!page_value(b, tree, &v))
        return false;
    if (v.axis_count) {
        page_error(b, tree->at, "a scalar was expected here; this has shape %s", page_shape(b, &v));
        return false;
    }
    *out = v.body;
    return true;
}

static bool sum_value(builder *b, const syn *tree, model_value *out)
{
    dag *d = b->m->dag;
    model_value shape = {0};
    node *term = arena_alloc(b->m->memory, (size_t)tree->count * sizeof *term);
    bool ok = true, integer = true;
    int read = 0;
    const syn *wide = NULL;
    for (int i = 0; i < tree->count; i++) {
        model_value v;
        if (!page_value(b, tree->child[i], &v)) {
            if (b->trial) {
                term[i] = dag_int(d, 0);
                continue;
            }
            ok = false;
            continue;
        }
        if (!ok)
            continue;
        read++;
        integer = integer && v.integer;
        page_canonical(b, &v, 0);
        if (v.axis_count && shape.axis_count == 0) {
            shape = v;
            wide = tree->child[i];
        } else if (v.axis_count) {
            node left, right;
            model_value joint;
            span at = span_join(wide->at, tree->child[i]->at);
            if (!page_elementwise(b, at, tree->text[i] == '-' ? "difference" : "sum", &shape, &v, &left, &right, &joint))
                return false;
            v.body = right;
        }
        term[i] = tree->text[i] == '-' ? dag_raw_mul(d, 2, (node[]){dag_int(d, -1), v.body}) : v.body;
    }
    if (!ok || read == 0)
        return false;
    *out = shape;
    out->integer = integer && shape.axis_count == 0;
    out->body = dag_raw_add(d, tree->count, term);
    return true;
}

static bool power_value(builder *b, const syn *tree, model_value *out)
{
    model_value base, exponent;
    const syn *e = tree->child[1];
    /* ^T is the transpose; a power by a size T is written ^(T). */
    if (!page_value(b, tree->child[0], &base) || !page_value(b, e, &exponent))
        return false;
    if (exponent.axis_count) {
        page_error(b, e->at, "an exponent must be a scalar; this has shape %s", page_shape(b, &exponent));
        return false;
    }
    if (base.axis_count >= 2 && !b->in_power_sum) {
        diagnostic *g = page_error(b, tree->at, "a power of a matrix: shape %s", page_shape(b, &base));
        if (g) {
            char *text = page_source(b, tree->child[0]->at);
            diag_hint(g, "write %s %s for the matrix product, %s ⊙ %s for the elementwise one", text, text, text, text);
        }
        return false;
    }
    *out = base;
    out->body = dag_raw_pow(b->m->dag, base.body, exponent.body);
    return true;
}

static bool transpose_value(builder *b, const syn *tree, model_value *out)
{
    if (!page_value(b, tree->child[0], out))
        return false;
    if (out->axis_count == 1) {
        out->row = !out->row;
        return true;
    }
    if (out->axis_count > 2) {
        page_error(b, tree->at, "transpose of an array with %d axes", out->axis_count);
        return false;
    }
    if (out->axis_count == 2) {
        int index = out->index[0];
        node size = out->size[0];
        out->index[0] = out->index[1], out->size[0] = out->size[1];
        out->index[1] = index, out->size[1] = size;
        page_canonical(b, out, 0);
    }
    return true;
}

/* Facts slack >= 0 about indices that hold where condition c is `truth`. */
static void push_slack(builder *b, node slack)
{
    guard_frame *g = arena_alloc(b->m->memory, sizeof *g);
    *g = (guard_frame){dag_simplify(b->m->dag, slack), b->guards};
    b->guards = g;
}

static void push_guards(builder *b, node c, bool holds)
{
    dag *d = b->m->dag;
    if (dag_kind(d, c) == NODE_FUN && dag_payload(d, c) == OP_AND && holds) {
        push_guards(b, dag_child(d, c, 0), true);
        push_guards(b, dag_child(d, c, 1), true);
    }
    if (dag_kind(d, c) != NODE_COMPARE || !dag_is_affine(d, dag_child(d, c, 0)) || !dag_is_affine(d, dag_child(d, c, 1)))
        return;
    node up = dag_sub(d, dag_child(d, c, 1), dag_child(d, c, 0)), down = dag_neg(d, up), one = dag_int(d, 1), zero = dag_int(d, 0);
    compare k = (compare)dag_payload(d, c);
    if (k == COMPARE_LESS)
        push_slack(b, dag_sub(d, holds ? up : down, holds ? one : zero));
    if (k == COMPARE_LESS_EQUAL)
        push_slack(b, dag_sub(d, holds ? up : down, holds ? zero : one));
    if ((k == COMPARE_EQUAL) == holds && (k == COMPARE_EQUAL || k == COMPARE_UNEQUAL)) {
        push_slack(b, up);
        push_slack(b, down);
    } else if (k == COMPARE_EQUAL || k == COMPARE_UNEQUAL) { /* i ≠ 0 and i >= 0: i >= 1 */
        if (page_le(b, zero, up) == TRUTH_YES)
            push_slack(b, dag_sub(d, up, one));
        if (page_le(b, zero, down) == TRUTH_YES)
            push_slack(b, dag_sub(d, down, one));
    }
}

static bool branch_value(builder *b, const syn *tree, node condition, bool holds, model_value *out)
{
    guard_frame *saved = b->guards;
    push_guards(b, condition, holds);
    bool ok = page_value(b, tree, out);
    b->guards = saved;
    return ok;
}

/* In a search for shapes: a branch that can be read tells the shape. */
static bool trial_if(builder *b, const syn *tree, model_value *out)
{
    for (int i = 1; i <= 2; i++)
        if (branch_value(b, tree->child[i], dag_int(b->m->dag, 1), true, out))
            return true;
    return false;
}

static bool if_value(builder *b, const syn *tree, model_value *out)
{
    model_value c, yes, no, shape, shape2;
    node left, right, condition, ignored;
    if (b->trial)
        return trial_if(b, tree, out);
    if (!page_value(b, tree->child[0], &c) || !branch_value(b, tree->child[1], c.body, true, &yes) || !branch_value(b, tree->child[2], c.body, false, &no))
        return false;
    if (!page_elementwise(b, span_join(tree->child[1]->at, tree->child[2]->at), "branches of `if`", &yes, &no, &left, &right, &shape))
        return false;
    shape.body = left;
    if (!page_elementwise(b, tree->at, "condition and branches", &c, &shape, &condition, &ignored, &shape2))
        return false;
    *out = shape2;
    out->body = dag_raw_if(b->m->dag, condition, left, right);
    return true;
}

static bool member_value(builder *b, const syn *tree, model_value *out)
{
    dag *d = b->m->dag;
    const syn *set = tree->child[1];
    model_value x;
    if (!page_value(b, tree->child[0], &x))
        return false;
    *out = x;
    if (set->kind == SYN_RANGE || set->kind == SYN_PAREN || set->kind == SYN_BRACKET) {
        const syn *ends = set;
        node lo, hi;
        if (ends->count != 2 || !page_scalar(b, ends->child[0], &lo) || !page_scalar(b, ends->child[1], &hi)) {
            page_error(b, set->at, "an interval has two ends: a..b");
            return false;
        }
        compare c = set->kind == SYN_PAREN ? COMPARE_LESS : COMPARE_LESS_EQUAL;
        out->body = dag_raw_fun(d, OP_AND, 2, (node[]){dag_raw_compare(d, c, lo, x.body), dag_raw_compare(d, c, x.body, hi)});
        return true;
    }
    if (set->kind != SYN_SET || set->count == 0) {
        page_error(b, set->at, "a set {…} or a range a..b was expected after ∈");
        return false;
    }
    out->body = 0;
    for (int i = 0; i < set->count; i++) {
        node value;
        if (!page_scalar(b, set->child[i], &value))
            return false;
        node equal = dag_raw_compare(d, COMPARE_EQUAL, x.body, value);
        out->body = out->body ? dag_raw_fun(d, OP_OR, 2, (node[]){out->body, equal}) : equal;
    }
    return true;
}

static bool compare_value(builder *b, const syn *tree, model_value *out)
{
    const char *sign = tree->text;
    if (strcmp(sign, "in") == 0)
        return member_value(b, tree, out);
    model_value x, y;
    node left, right;
    if (!page_value(b, tree->child[0], &x) || !page_value(b, tree->child[1], &y))
        return false;
    if (!page_elementwise(b, tree->at, "comparison", &x, &y, &left, &right, out))
        return false;
    bool swap = sign[0] == '>';
    compare c = sign[0] == '=' ? COMPARE_EQUAL : sign[0] == '!' ? COMPARE_UNEQUAL : sign[1] == '=' ? COMPARE_LESS_EQUAL : COMPARE_LESS;
    out->body = dag_raw_compare(b->m->dag, c, swap ? right : left, swap ? left : right);
    return true;
}

static bool logic_value(builder *b, const syn *tree, model_value *out)
{
    op o = (op)op_find(tree->text);
    if (!page_value(b, tree->child[0], out))
        return false;
    if (tree->count == 1) {
        out->body = dag_raw_fun(b->m->dag, o, 1, &out->body);
        return true;
    }
    for (int i = 1; i < tree->count; i++) {
        model_value y, shape;
        node both[2];
        if (!page_value(b, tree->child[i], &y) || !page_elementwise(b, tree->at, tree->text, out, &y, &both[0], &both[1], &shape))
            return false;
        *out = shape;
        out->body = dag_raw_fun(b->m->dag, o, 2, both);
    }
    return true;
}

/* [a, b, c] lists scalars; [x; h] stacks vectors. Entry k of the result: a chain of conditions on k. */
static bool bracket_value(builder *b, const syn *tree, model_value *out)
{
    dag *d = b->m->dag;
    if (tree->count == 1 && (tree->child[0]->kind == SYN_COMPARE || tree->child[0]->kind == SYN_LOGIC))
        return page_value(b, tree->child[0], out);
    model_value *part = arena_alloc(b->m->memory, (size_t)tree->count * sizeof *part);
    node total = dag_int(d, 0);
    bool stack = tree->number > 1;
    for (int i = 0; i < tree->count; i++) {
        if (!page_value(b, tree->child[i], &part[i]))
            return false;
        if (part[i].axis_count > 1 || (part[i].axis_count == 1 && !stack)) {
            diagnostic *g = page_error(b, tree->child[i]->at, "an element of shape %s in a list", page_shape(b, &part[i]));
            if (g)
                diag_hint(g, "[a, b, c] lists scalars; [x; h] stacks vectors");
            return false;
        }
        total = dag_add2(d, total, part[i].axis_count ? part[i].size[0] : dag_int(d, 1));
    }
    int index = page_placeholder(b, 0, total);
    node k = dag_index_node(d, index), end = total, body = 0;
    for (int i = tree->count - 1; i >= 0; i--) {
        node size = part[i].axis_count ? part[i].size[0] : dag_int(d, 1), start = dag_sub(d, end, size), value = part[i].body;
        if (part[i].axis_count) {
            node from = dag_index_node(d, part[i].index[0]), to = dag_sub(d, k, start);
            value = dag_substitute(d, value, 1, &from, &to, true);
        }
        body = body ? dag_raw_if(d, dag_raw_compare(d, COMPARE_LESS, k, end), value, body) : value;
        end = start;
    }
    *out = (model_value){.body = body, .axis_count = 1};
    out->index[0] = index;
    out->size[0] = total;
    return true;
}

static bool norm_value(builder *b, const syn *tree, model_value *out)
{
    dag *d = b->m->dag;
    model_value x;
    if (!page_value(b, tree->child[0], &x))
        return false;
    x.body = dag_raw_pow(d, x.body, dag_int(d, 2));
    *out = page_of_node(dag_raw_pow(d, page_reduce_all(b, REDUCE_SUM, &x), dag_ratio(d, 1, 2)));
    return true;
}

static bool negate_value(builder *b, const syn *tree, model_value *out)
{
    if (!page_value(b, tree->child[0], out))
        return false;
    out->body = dag_raw_mul(b->m->dag, 2, (node[]){dag_int(b->m->dag, -1), out->body});
    return true;
}

bool page_value(builder *b, const syn *tree, model_value *out)
{
    if (tree == b->override_node) {
        *out = b->override_value;
        return true;
    }
    switch (tree->kind) {
    case SYN_NUMBER:
        *out = (model_value){.integer = strpbrk(tree->text, ".e/") == NULL};
        if (page_number(b, tree->text, &out->body))
            return true;
        page_error(b, tree->at, "this number cannot be read");
        return false;
    case SYN_NAME:
    case SYN_FAMILY: return name_value(b, tree, out);
    case SYN_PAREN:
        if (tree->count == 1 && tree->child[0]->kind != SYN_NAMED)
            return page_value(b, tree->child[0], out);
        page_error(b, tree->at, "a list in parentheses stands only behind a function");
        return false;
    case SYN_SUM: return sum_value(b, tree, out);
    case SYN_PRODUCT: return page_product(b, tree, out);
    case SYN_NEGATE: return negate_value(b, tree, out);
    case SYN_POWER: return power_value(b, tree, out);
    case SYN_TRANSPOSE: return transpose_value(b, tree, out);
    case SYN_INDEX: return page_index(b, tree, out);
    case SYN_HOLD: return page_hold(b, tree, out);
    case SYN_ABS:
        if (!page_value(b, tree->child[0], out))
            return false;
        out->body = dag_raw_fun(b->m->dag, OP_ABS, 1, &out->body);
        return true;
    case SYN_NORM: return norm_value(b, tree, out);
    case SYN_IF: return if_value(b, tree, out);
    case SYN_COMPARE: return compare_value(b, tree, out);
    case SYN_LOGIC: return logic_value(b, tree, out);
    case SYN_BRACKET: return bracket_value(b, tree, out);
    case SYN_REDUCE: return page_reduce(b, tree, out);
    case SYN_DERIVATIVE: return page_derivative(b, tree, NULL, out);
    case SYN_PRIME: {
        diagnostic *g = page_error(b, tree->at, "a prime on something that is not a function");
        if (g)
            diag_hint(g, "write ∂%s/∂t for a derivative, ᵀ for the transpose", page_source(b, tree->child[0]->at));
        return false;
    }
    default: page_error(b, tree->at, "this cannot stand in an expression"); return false;
    }
}
