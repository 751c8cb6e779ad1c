/* Flat products: calls are told apart here, where names are known. */
#include <string.h>

#include "gen/model/page.h"

/* The function name under powers of a callee such as σ, σ′, tanh; NULL if the operand is none. Counts the primes. */
static const syn *callee(builder *b, const syn *tree, int *primes)
{
    *primes = 0;
    while (tree->kind == SYN_PRIME) {
        *primes += tree->number;
        tree = tree->child[0];
    }
    if (tree->kind != SYN_NAME && tree->kind != SYN_FAMILY)
        return NULL;
    if (tree == b->override_node)
        return NULL;
    b->quiet++;
    sym key = page_name(b, tree);
    b->quiet--;
    return key && page_is_function(b, key) ? tree : NULL;
}

/* The parenthesis at the core of an operand such as (z), (z)², (z)ᵀ, (z)[j]; NULL if there is none. */
static const syn *parenthesis(const syn *tree)
{
    while (tree->kind == SYN_POWER || tree->kind == SYN_TRANSPOSE || tree->kind == SYN_INDEX || tree->kind == SYN_HOLD)
        tree = tree->child[0];
    return tree->kind == SYN_PAREN ? tree : NULL;
}

/* Reads `wrapped` with its core replaced by a value: the power, index and ᵀ behind a call belong to the call. */
static bool rewrap(builder *b, const syn *wrapped, const syn *core, const model_value *value, model_value *out)
{
    const syn *saved = b->override_node;
    model_value saved_value = b->override_value;
    b->override_node = core;
    b->override_value = *value;
    bool ok = page_value(b, wrapped, out);
    b->override_node = saved;
    b->override_value = saved_value;
    return ok;
}

static void too_many_operands(builder *b, const syn *tree, int at)
{
    const syn *f = tree->child[at], *last = tree->child[tree->count - 1];
    span rest = span_join(tree->child[at + 1]->at, last->at);
    diagnostic *g = page_error(b, span_join(f->at, last->at), "a function without parentheses takes one operand; here are %d", tree->count - at - 1);
    if (g)
        diag_hint(g, "write %s(%s) or %s(%s) %s", page_source(b, f->at), page_source(b, rest), page_source(b, f->at), page_source(b, tree->child[at + 1]->at),
                  page_source(b, span_join(tree->child[at + 2]->at, last->at)));
}

typedef struct {
    builder *b;
    const syn *product;
    int at; /* next operand */
} reader;

static bool applied_function(reader *r, const syn *name, int primes, model_value *out)
{
    builder *b = r->b;
    const syn *tree = r->product;
    int next = r->at;
    if (next >= tree->count || tree->text[next] != ' ') {
        diagnostic *g = page_error(b, tree->child[next - 1]->at, "the function %s has no argument", page_source(b, tree->child[next - 1]->at));
        if (g)
            diag_hint(g, "write %s(z)", page_source(b, tree->child[next - 1]->at));
        return false;
    }
    const syn *operand = tree->child[next], *paren = parenthesis(operand);
    model_value value;
    r->at++;
    if (paren) {
        if (!page_call(b, name, primes, paren, &value))
            return false;
        return operand == paren ? (*out = value, true) : rewrap(b, operand, paren, &value, out);
    }
    /* f f(x), f x */
    int inner_primes;
    const syn *inner = callee(b, operand, &inner_primes);
    if (inner) {
        if (!applied_function(r, inner, inner_primes, &value))
            return false;
    } else if (r->at < tree->count) {
        too_many_operands(b, tree, next - 1);
        return false;
    } else if (!page_value(b, operand, &value)) {
        return false;
    }
    return page_call_value(b, operand->at, page_name(b, name), primes, 1, &value, out);
}

static bool contains_name(const syn *tree, sym name)
{
    if (tree->name == name && tree->kind == SYN_NAME)
        return true;
    for (int i = 0; i < tree->count; i++)
        if (tree->child[i] && contains_name(tree->child[i], name))
            return true;
    return false;
}

/* Does the definition of `key` mention `name`, directly or through other definitions (bounded look)? */
static bool depends_on(builder *b, sym key, sym name, int depth)
{
    definition *d = page_definition(b, key);
    if (!d || depth > 40)
        return false;
    for (int i = 0; i < d->piece_count; i++)
        if (contains_name(d->piece[i]->tree->child[1], name))
            return true;
    for (int i = 0; i < d->use_count; i++)
        if (depends_on(b, b->defs[d->uses[i]].key, name, depth + 1))
            return true;
    return false;
}

/* `u(0)`, `u(t)`: a value followed by a parenthesis with only a number or a name it depends on. */
static bool looks_applied(builder *b, const syn *left, const syn *right)
{
    if (left->kind != SYN_NAME || right->kind != SYN_PAREN || right->count != 1 || left->at.end != right->at.begin)
        return false;
    const syn *inside = right->child[0];
    bool name = inside->kind == SYN_NAME && depends_on(b, left->name, inside->name, 0);
    if (inside->kind != SYN_NUMBER && !name)
        return false;
    diagnostic *g = page_error(b, span_join(left->at, right->at), "`%s` is a value, not a function: application or product?", page_source(b, left->at));
    if (g)
        diag_hint(g, "for the product write %s · %s; for the value at a point define %s(…) = … as a function, or write %s |_{… = %s}", page_source(b, left->at),
                  page_source(b, inside->at), page_source(b, left->at), page_source(b, left->at), page_source(b, inside->at));
    return true;
}

static bool operand_value(reader *r, model_value *out)
{
    builder *b = r->b;
    const syn *tree = r->product, *operand = tree->child[r->at++];
    int primes;
    const syn *name = callee(b, operand, &primes);
    if (name)
        return applied_function(r, name, primes, out);
    if (operand->kind == SYN_DERIVATIVE && !operand->child[0]) {
        model_value inner;
        if (r->at >= tree->count) {
            page_error(b, operand->at, "the operator ∂/∂… has nothing to differentiate");
            return false;
        }
        return operand_value(r, &inner) && page_derivative(b, operand, &inner, out);
    }
    if (r->at < tree->count && tree->text[r->at] == ' ' && looks_applied(b, operand, tree->child[r->at]))
        return false;
    return page_value(b, operand, out);
}

/* `1/2x`, `a/b c`: legal, grouped from the left, but people read it both ways. `1/2 (…)` is clear. */
static void warn_quotient(builder *b, const syn *tree, int i, int next)
{
    if (next >= tree->count || tree->text[next] != ' ' || b->quiet)
        return;
    const syn *divisor = tree->child[i], *after = tree->child[next], *before = tree->child[i - 1];
    if (before->kind == SYN_NUMBER && divisor->kind == SYN_NUMBER && divisor->at.end < after->at.begin)
        return;
    span all = span_join(before->at, after->at);
    char *x = page_source(b, before->at), *y = page_source(b, span_join(divisor->at, tree->child[next - 1]->at)), *z = page_source(b, after->at);
    diagnostic *g = page_warning(b, all, "`%s` is read as (%s/%s) %s", page_source(b, all), x, y, z);
    if (g)
        diag_hint(g, "write %s/(%s %s) if that was meant, or (%s/%s) %s to be clear", x, y, z, x, y, z);
}

/* `a ⊙ W x` groups from the left; where the other grouping has a shape too, or only it has, say so. */
static void hint_grouping(builder *b, const syn *tree, int i, const model_value *left, bool failed)
{
    if (i < 1 || i >= tree->count || tree->text[i] != ' ' || (tree->text[i - 1] != 'o' && tree->text[i - 1] != '%'))
        return;
    model_value x, y, inner, whole;
    bool saved = b->failed;
    b->quiet++;
    bool ok = page_value(b, tree->child[i - 1], &x) && page_value(b, tree->child[i], &y) && x.axis_count >= 2 && page_multiply(b, tree->at, &x, ' ', &y, &inner);
    ok = ok && page_multiply(b, tree->at, left, tree->text[i - 1], &inner, &whole);
    b->quiet--;
    b->failed = saved;
    if (!ok)
        return;
    span right = span_join(tree->child[i - 1]->at, tree->child[i]->at);
    if (failed && !b->quiet)
        diag_add(b->m->diagnostics, DIAG_NOTICE, right, "products group from the left; did you mean … %s (%s)?", tree->text[i - 1] == 'o' ? "⊙" : "⊘", page_source(b, right));
    else if (!failed)
        page_warning(b, right, "products group from the left; … %s (%s) would have a shape too", tree->text[i - 1] == 'o' ? "⊙" : "⊘", page_source(b, right));
}

/* In a search for shapes: a product with an operand of unknown shape. Matrix times unknown is taken for a vector, elementwise keeps the known side. */
static bool trial_product(reader *r, bool known, model_value *out)
{
    builder *b = r->b;
    const syn *tree = r->product;
    while (r->at < tree->count) {
        int i = r->at;
        model_value y;
        bool right = operand_value(r, &y);
        if (!known && right && (tree->text[i] == 'o' || tree->text[i] == '%')) {
            *out = y;
            known = true;
        } else if (known && right) {
            model_value z;
            known = page_multiply(b, tree->at, out, tree->text[i], &y, &z);
            *out = z;
        } else if (known && tree->text[i] != 'o' && tree->text[i] != '%') {
            known = out->axis_count >= 2;
            out->axis_count -= out->axis_count > 0;
        }
    }
    return known;
}

bool page_product(builder *b, const syn *tree, model_value *out)
{
    reader r = {b, tree, 0};
    model_value before = {0};
    bool ok = operand_value(&r, out);
    if (b->trial)
        return trial_product(&r, ok, out);
    while (r.at < tree->count) {
        int i = r.at;
        model_value y, z;
        if (!operand_value(&r, &y)) {
            ok = false;
            continue;
        }
        if (!ok)
            continue;
        if (tree->text[i] == '/')
            warn_quotient(b, tree, i, r.at);
        span at = span_join(tree->child[0]->at, tree->child[r.at - 1]->at);
        if (!page_multiply(b, at, out, tree->text[i], &y, &z)) {
            hint_grouping(b, tree, i, &before, true);
            hint_grouping(b, tree, i + 1, out, true);
            return false;
        }
        hint_grouping(b, tree, i, &before, false);
        before = *out;
        *out = z;
    }
    return ok;
}
