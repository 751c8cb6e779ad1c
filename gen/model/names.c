/* What a name can be, and what to say when it is nothing. */
#include <stdlib.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "gen/model/page.h"

static diagnostic *report(builder *b, diag_level level, span at, const char *format, va_list arguments)
{
    char text[1200];
    vsnprintf(text, sizeof text, format, arguments);
    return diag_add(b->m->diagnostics, level, at, "%s", text);
}

diagnostic *page_error(builder *b, span at, const char *format, ...)
{
    b->failed = true;
    if (b->quiet)
        return NULL;
    va_list arguments;
    va_start(arguments, format);
    diagnostic *g = report(b, DIAG_ERROR, at, format, arguments);
    va_end(arguments);
    return g;
}

diagnostic *page_warning(builder *b, span at, const char *format, ...)
{
    if (b->quiet)
        return NULL;
    va_list arguments;
    va_start(arguments, format);
    diagnostic *g = report(b, DIAG_WARNING, at, format, arguments);
    va_end(arguments);
    return g;
}

const char *page_spelling(const builder *b, sym key)
{
    return intern_text(b->m->names, intern_spelling(b->m->names, key));
}

char *page_source(const builder *b, span at)
{
    const source *s = source_get(b->m->sources, at.source);
    char *text = arena_strndup(b->m->memory, s->text + at.begin, (size_t)(at.end - at.begin));
    for (char *c = text; *c; c++)
        if (*c == '\n' || *c == '\r' || *c == '\t')
            *c = ' ';
    return text;
}

void *page_grow(builder *b, void *list, int count, size_t bytes)
{
    if (count & (count - 1))
        return list;
    return arena_grow(b->m->memory, list, (size_t)count * bytes, (size_t)(count ? 2 * count : 1) * bytes);
}

void page_enter(builder *b, int **table, int *room, sym key, int number)
{
    if (key >= *room) {
        int wanted = *room ? *room : 256;
        while (wanted <= key)
            wanted *= 2;
        int *bigger = arena_alloc(b->m->memory, (size_t)wanted * sizeof *bigger);
        if (*room)
            memcpy(bigger, *table, (size_t)*room * sizeof *bigger);
        *table = bigger;
        *room = wanted;
    }
    (*table)[key] = number + 1;
}

int page_function(const builder *b, sym key)
{
    return key > 0 && key < b->m->function_by_key_room ? b->m->function_by_key[key] - 1 : -1;
}

static const char *const array_functions[] = {"sum", "prod", "mean", "norm", "trace", "tr", "det", "inv", "diag", "dot", "outer", "argmax", "argmin", "onehot", "softmax",
                                              "log_softmax", "logsumexp", "sqrt", "pow", "mean_batch", "sum_batch", "max_batch", "known", "E"};

static bool shadowed(const builder *b, sym key)
{
    for (const local_frame *l = b->locals; l; l = l->outer)
        if (l->name == key)
            return true;
    for (const index_frame *f = b->indices; f; f = f->outer)
        if (f->name == key)
            return true;
    return model_find_var(b->m, key) >= 0 || model_find_size(b->m, key) >= 0;
}

void page_notice_anew(builder *b, sym key, span at)
{
    int o = op_find(intern_text(b->m->names, key));
    if (o >= 0 && !b->quiet)
        diag_add(b->m->diagnostics, DIAG_NOTICE, at, "`%s` is defined anew here, in place of the %s that comes with the language", page_spelling(b, key),
                 op_get((op)o)->arity ? "function" : "constant");
}

bool page_is_function(builder *b, sym key)
{
    if (page_function(b, key) >= 0)
        return true;
    if (page_definition(b, key) || shadowed(b, key))
        return false;
    const char *text = intern_text(b->m->names, key);
    int o = op_find(text);
    if (o >= 0)
        return op_get((op)o)->arity > 0;
    for (size_t i = 0; i < sizeof array_functions / sizeof *array_functions; i++)
        if (strcmp(array_functions[i], text) == 0)
            return true;
    return page_over_population(b, text, NULL) > 0;
}

int page_over_population(const builder *b, const char *text, int *word)
{
    static const char *const words[] = {"mean_", "sum_", "max_"};
    for (int w = 0; w < 3; w++)
        for (int p = 1; p < b->m->population_count && strncmp(text, words[w], strlen(words[w])) == 0; p++)
            if (strcmp(text + strlen(words[w]), intern_text(b->m->names, b->m->population[p])) == 0) {
                if (word)
                    *word = w;
                return p;
            }
    return -1;
}

definition *page_definition(const builder *b, sym key)
{
    int i = key > 0 && key < b->def_by_key_room ? b->def_by_key[key] - 1 : -1;
    return i < 0 ? NULL : &b->defs[i];
}

/* l, 3, l-1, l + 1: what subscripts of families usually are, without making nodes. */
static bool plain_integer(builder *b, const syn *tree, long *value)
{
    if (tree->kind == SYN_NUMBER && strlen(tree->text) < 10 && strspn(tree->text, "0123456789") == strlen(tree->text)) {
        *value = strtol(tree->text, NULL, 10);
        return true;
    }
    if (tree->kind == SYN_NAME && !b->locals && !b->indices)
        for (const family_env *e = b->env; e; e = e->outer)
            if (e->name == tree->name && !e->word) {
                *value = e->value;
                return true;
            }
    if (tree->kind != SYN_SUM)
        return false;
    *value = 0;
    for (int i = 0; i < tree->count; i++) {
        long term;
        if (!plain_integer(b, tree->child[i], &term))
            return false;
        *value += tree->text[i] == '-' ? -term : term;
    }
    return true;
}

bool page_constant(builder *b, const syn *tree, long *value)
{
    if (plain_integer(b, tree, value))
        return true;
    model_value v;
    b->quiet++;
    bool ok = page_value(b, tree, &v) && v.axis_count == 0;
    b->quiet--;
    if (!ok)
        return false;
    node n = dag_simplify(b->m->dag, page_with_sizes(b, v.body));
    if (dag_kind(b->m->dag, n) != NODE_NUMBER || mpz_cmp_ui(mpq_denref(*dag_value(b->m->dag, n)), 1) != 0)
        return false;
    *value = mpz_get_si(mpq_numref(*dag_value(b->m->dag, n)));
    return true;
}

sym page_name(builder *b, const syn *tree)
{
    if (tree->kind == SYN_NAME)
        return tree->name;
    if (tree->kind != SYN_FAMILY) {
        page_error(b, tree->at, "a name was expected here");
        return 0;
    }
    const syn *sub = tree->child[0];
    char text[256];
    long value;
    const char *base = intern_text(b->m->names, tree->name);
    for (const family_env *e = b->env; e && sub->kind == SYN_NAME; e = e->outer)
        if (e->name == sub->name && e->word) {
            snprintf(text, sizeof text, "%s_%s", base, intern_text(b->m->names, e->word));
            return intern_puts(b->m->names, text);
        }
    if (page_constant(b, sub, &value)) {
        snprintf(text, sizeof text, "%s%ld", base, value);
    } else if (sub->kind == SYN_NAME && !shadowed(b, sub->name)) {
        snprintf(text, sizeof text, "%s_%s", base, intern_text(b->m->names, sub->name));
    } else {
        diagnostic *g = page_error(b, sub->at, "the subscript of %s{…} is not a known integer", page_spelling(b, tree->name));
        if (g)
            diag_hint(g, "families are unrolled: the size of a range needs a value, `size L = 3`");
        return 0;
    }
    sym key = intern_puts(b->m->names, text);
    if (intern_spelling(b->m->names, key) == key) {
        char spelt[300];
        snprintf(spelt, sizeof spelt, "%s%s", page_spelling(b, tree->name), text + strlen(base));
        intern_note_spelling(b->m->names, key, intern_puts(b->m->names, spelt));
    }
    return key;
}

static bool known_value_name(const builder *b, const char *text)
{
    sym key = intern_find(b->m->names, text);
    return key && (model_find_var(b->m, key) >= 0 || model_find_size(b->m, key) >= 0 || page_definition(b, key) || shadowed(b, key));
}

/* "w1x" -> "w1 x" when both parts are known names. */
static bool splits(const builder *b, const char *text, char *out, size_t room)
{
    size_t n = strlen(text);
    for (size_t cut = 1; cut < n && n < 100; cut++) {
        char left[128], right[128];
        snprintf(left, sizeof left, "%.*s", (int)cut, text);
        snprintf(right, sizeof right, "%s", text + cut);
        if (known_value_name(b, left) && known_value_name(b, right)) {
            sym l = intern_find(b->m->names, left), r = intern_find(b->m->names, right);
            snprintf(out, room, "%s %s", page_spelling(b, l), page_spelling(b, r));
            return true;
        }
    }
    return false;
}

static const char *nearest_name(builder *b, const char *text)
{
    long best = strlen(text) <= 1 ? 1 : strlen(text) <= 2 ? 2 : 3; /* any two names of one letter are one edit apart: no hint */
    const char *name = NULL;
    for (int i = 0; i < b->m->var_count; i++) {
        sym key = b->m->var[i].key;
        var_role r = b->m->var[i].role;
        long far = key && r != ROLE_LOCAL && r != ROLE_ADJOINT && r != ROLE_AUXILIARY && r != ROLE_SYSTEM ? diag_distance(text, intern_text(b->m->names, key)) : 4;
        if (far < best || (far == 1 && !name && text[0] && !text[1] && strcasecmp(text, intern_text(b->m->names, key)) == 0))
            best = far, name = page_spelling(b, key);
    }
    for (int i = 0; i < b->def_count; i++) {
        long far = diag_distance(text, intern_text(b->m->names, b->defs[i].key));
        if (far && far < best)
            best = far, name = page_spelling(b, b->defs[i].key);
    }
    for (int i = 0; i < b->m->function_count; i++) {
        long far = diag_distance(text, intern_text(b->m->names, b->m->function[i].key));
        if (far < best)
            best = far, name = page_spelling(b, b->m->function[i].key);
    }
    for (int i = 0; i < OP_COUNT && strlen(text) > 2; i++) {
        long far = diag_distance(text, op_get((op)i)->name);
        if (far < best && far < 2)
            best = far, name = op_get((op)i)->name;
    }
    return name;
}

void page_note_broken(builder *b, const char *name)
{
    b->broken = page_grow(b, b->broken, b->broken_count, sizeof *b->broken);
    b->broken[b->broken_count++] = name;
}

bool page_is_broken(const builder *b, const syn *tree)
{
    const char *written = b->broken_count ? page_source(b, tree->at) : NULL;
    for (int i = 0; i < b->broken_count; i++)
        if (strcmp(b->broken[i], written) == 0)
            return true;
    return false;
}

/* sum_i, Sigma_i, grad_x: the word that was meant as a sign. */
static const char *sign_of(const char *text)
{
    static const char *const words[][2] = {{"sum_", "sum"}, {"prod_", "prod"}, {"grad_", "grad"}, {"max_", "max"}, {"min_", "min"}, {"mean_", "mean"}, {"Sigma_", "sum"}, {"Pi_", "prod"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(text, words[i][0], strlen(words[i][0])) == 0)
            return words[i][1];
    return NULL;
}

void page_unknown_name(builder *b, const syn *tree, sym key)
{
    char split[260];
    if (page_is_broken(b, tree)) {
        b->failed = true;
        return;
    }
    diagnostic *g = page_error(b, tree->at, "unknown name `%s`", page_spelling(b, key));
    if (!g)
        return;
    page_note_broken(b, page_source(b, tree->at));
    const char *text = intern_text(b->m->names, key), *near = nearest_name(b, text);
    if (splits(b, text, split, sizeof split))
        diag_hint(g, "one name; did you mean the product `%s`?", split);
    else if (sign_of(text))
        diag_hint(g, "a word takes its index in braces: `%s_{%s}`; only the signs Σ, Π, ∇ take `_i`", sign_of(text), strchr(text, '_') + 1);
    else if (near)
        diag_hint(g, "did you mean `%s`?", near);
    else
        diag_hint(g, "declare it (input, target, param, hyper, …) or define it with an equation");
}
