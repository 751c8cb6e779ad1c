/* First look at a page: unrolling of families, sizes, declared names, functions. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gen/model/page.h"
#include "grammar/parse.h"

static const struct {
    const char *word;
    var_role role;
} roles[] = {{"input", ROLE_INPUT}, {"target", ROLE_TARGET}, {"given", ROLE_GIVEN}, {"noise", ROLE_NOISE}, {"param", ROLE_PARAM}, {"hyper", ROLE_HYPER}, {"state", ROLE_STATE}, {"variable", ROLE_VARIABLE}};

static var_role role_of(const char *word)
{
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (strcmp(roles[i].word, word) == 0)
            return roles[i].role;
    return ROLE_NONE;
}

static void add_item(builder *b, const syn *tree, const family_env *env, int population)
{
    b->items = page_grow(b, b->items, b->item_count, sizeof *b->items);
    b->items[b->item_count++] = (item){tree, env, population, false, tree->at.source != b->m->source};
}

static void unroll(builder *b, const syn *tree, const family_env *env)
{
    const syn *binder = tree->child[0], *range = binder->child[0];
    long lo, hi;
    const family_env *saved = b->env;
    b->env = env;
    if (range->kind == SYN_SET) {
        for (int i = 0; i < range->count; i++) {
            family_env *e = arena_alloc(b->m->memory, sizeof *e);
            long value = 0;
            bool number = range->child[i]->kind != SYN_NAME && page_constant(b, range->child[i], &value);
            *e = (family_env){binder->name, value, number ? 0 : range->child[i]->name, env};
            page_items(b, tree->child[1], e);
        }
    } else if (range->kind != SYN_RANGE || !page_constant(b, range->child[0], &lo) || !page_constant(b, range->child[1], &hi)) {
        diagnostic *g = page_error(b, range->at, "the range of a `for` must have known ends");
        if (g)
            diag_hint(g, "a family is unrolled; give the size a value: `size L = 3`");
    } else if (labs(hi - lo) > 100000) {
        page_error(b, range->at, "a family of %ld members; at most 100000 are possible", labs(hi - lo) + 1);
    } else {
        bool down = hi < lo && range->child[1]->kind == SYN_NUMBER && range->child[0]->kind != SYN_NUMBER;
        for (long v = lo; down || hi < lo - 1 ? v >= hi : v <= hi; v += down || hi < lo - 1 ? -1 : 1) {
            family_env *e = arena_alloc(b->m->memory, sizeof *e);
            *e = (family_env){binder->name, v, 0, env};
            page_items(b, tree->child[1], e);
        }
    }
    b->env = saved;
}

static int population_number(builder *b, sym name)
{
    model *m = b->m;
    for (int p = 1; p < m->population_count; p++)
        if (m->population[p] == name)
            return p;
    int p = m->population_count++;
    sym *list = arena_alloc(m->memory, (size_t)m->population_count * sizeof *list);
    int *index = arena_alloc(m->memory, (size_t)m->population_count * sizeof *index);
    memcpy(list, m->population, (size_t)p * sizeof *list);
    memcpy(index, m->sample_index, (size_t)p * sizeof *index);
    list[p] = name;
    m->population = list;
    m->sample_index = index;
    return p;
}

static bool declare_size(builder *b, const syn *decl)
{
    model *m = b->m;
    b->failed = false;
    sym key = decl->child[0] ? page_name(b, decl->child[0]) : decl->name;
    if (!key)
        return false;
    int old = model_find_size(m, key);
    if (old >= 0) {
        diagnostic *g = page_error(b, decl->at, "size `%s` is declared twice", page_spelling(b, key));
        if (g)
            diag_other(g, m->size[old].at, "first declared here");
        return false;
    }
    model_size s = {.key = key, .at = decl->at, .population = -1};
    if (decl->count > 2 && decl->child[2]) { /* after an error the name stays known */
        if (!page_constant(b, decl->child[2], &s.value))
            page_error(b, decl->child[2]->at, "a size must be a positive integer");
        else if (s.value < 1 || s.value > 1000000000L)
            page_error(b, decl->child[2]->at, "a size must be a positive integer; %ld is not%s", s.value, s.value < 1 ? "" : " possible");
        if (s.value < 1 || s.value > 1000000000L)
            s.value = 0;
    }
    m->size = page_grow(b, m->size, m->size_count, sizeof *m->size);
    m->size[m->size_count] = s;
    dag_sizesym(m->dag, m->size_count++);
    return true;
}

/* Of an equation that could not be parsed the first word is what it would have defined; of a declaration each word may be a name. */
static void note_broken(builder *b, const syn *s)
{
    static const char *const declarations[] = {"size", "input", "target", "given", "noise", "param", "hyper", "state", "variable", "function", "set", "for"};
    const char *text = page_source(b, s->at);
    bool declares = false;
    for (int word = 0; *text && (declares || word < 1); word++) {
        size_t length = strcspn(text, " [](){}=:,~;");
        for (size_t i = 0; !word && i < sizeof declarations / sizeof *declarations; i++)
            declares |= strlen(declarations[i]) == length && strncmp(text, declarations[i], length) == 0;
        page_note_broken(b, arena_strndup(b->m->memory, text, length));
        text += length;
        text += strspn(text, " [](){}=:,~;");
    }
}

/* A path in a page is relative to the page's folder. */
static char *used_path(builder *b, const syn *use)
{
    const char *from = source_get(b->m->sources, use->at.source)->path, *slash = strrchr(from, '/');
    if (use->text[0] == '/' || !slash) /* `-` would be standard input */
        return arena_printf(b->m->memory, "%s%s", strcmp(use->text, "-") == 0 ? "./" : "", use->text);
    return arena_printf(b->m->memory, "%.*s/%s", (int)(slash - from), from, use->text);
}

/* The statements of another file, once; what it claims, trains and measures stays its own. */
static void use_file(builder *b, const syn *use, const family_env *env)
{
    model *m = b->m;
    char *path = used_path(b, use), *real = realpath(path, NULL);
    int reason = errno;
    char *own = realpath(source_get(m->sources, m->source)->path, NULL);
    used_file *f = NULL;
    for (used_file *u = b->used; u && real; u = u->outer)
        f = strcmp(u->path, real) == 0 ? u : f;
    if ((f && f->open) || (own && real && strcmp(own, real) == 0)) {
        page_error(b, use->at, "`%s` uses itself, directly or through other files", use->text);
    } else if (!f) {
        errno = reason;
        int number = real ? source_read(m->sources, path) : -1;
        if (number < 0) {
            diagnostic *g = page_error(b, use->at, "cannot read `%s`: %s", use->text, strerror(errno));
            if (g)
                diag_hint(g, "the path is relative to the folder of this page");
        } else {
            f = arena_alloc(m->memory, sizeof *f);
            *f = (used_file){arena_strndup(m->memory, real, strlen(real)), true, b->used};
            b->used = f;
            page_items(b, parse_delta(m->memory, m->names, m->sources, number, m->diagnostics), env);
            f->open = false;
        }
    }
    free(real), free(own);
}

/* Families may need sizes, so sizes are read as soon as they are met. */
void page_items(builder *b, const syn *list, const family_env *env)
{
    for (int i = 0; i < list->count; i++) {
        const syn *s = list->child[i];
        const family_env *saved = b->env;
        b->env = env;
        if (s->kind == SYN_FOR)
            unroll(b, s, env);
        else if (s->kind == SYN_DECLARE && strcmp(s->text, "size") == 0)
            for (int k = 0; k < s->count; k++)
                declare_size(b, s->child[k]);
        else if (s->kind == SYN_POPULATION)
            add_item(b, s->child[0], env, population_number(b, s->name));
        else if (s->kind == SYN_USE)
            use_file(b, s, env);
        else if (s->kind == SYN_LAYOUT && s->at.source == b->m->source)
            b->m->denominator_layout = strcmp(s->text, "denominator") == 0;
        else if (s->kind == SYN_BROKEN)
            note_broken(b, s);
        else
            add_item(b, s, env, 0);
        b->env = saved;
    }
}

bool page_size_expression(builder *b, const syn *tree, node *out)
{
    model_value v;
    if (!page_value(b, tree, &v))
        return false;
    *out = dag_simplify(b->m->dag, v.body);
    if (v.axis_count || !dag_is_affine(b->m->dag, *out)) {
        page_error(b, tree->at, "an axis must be a size or an integer");
        return false;
    }
    if (dag_index_le(b->m->dag, *out, dag_int(b->m->dag, 0)) == TRUTH_YES) {
        page_error(b, tree->at, "an axis of size %s", page_size_text(b, *out));
        return false;
    }
    return true;
}

bool page_axes(builder *b, const syn *axes, model_var *v)
{
    int skip = v->sample ? 1 : 0;
    if (axes->count + skip >= MODEL_MAX_AXES) {
        page_error(b, axes->at, "%d axes; at most %d are possible", axes->count, MODEL_MAX_AXES - 1);
        return false;
    }
    for (int k = 0; k < axes->count; k++) {
        const syn *axis = axes->child[k];
        node lo, hi;
        if (axis->kind == SYN_BINDER) { /* g[i in 0..n-1] */
            if (!axis->count || !page_range_ends(b, axis->child[0], &lo, &hi))
                return false;
            v->axis_size[k + skip] = dag_add2(b->m->dag, hi, dag_int(b->m->dag, 1));
            v->init.index[k] = dag_index(b->m->dag, axis->name, lo, hi);
            continue;
        }
        v->init.index[k] = -1;
        if (axis->kind == SYN_PADDED) {
            if (!page_constant(b, axis->child[1], &v->pad[k + skip]) || v->pad[k + skip] < 0) {
                page_error(b, axis->child[1]->at, "the width of a padding must be a known integer");
                return false;
            }
            axis = axis->child[0];
        }
        if (!page_size_expression(b, axis, &v->axis_size[k + skip]))
            return false;
    }
    v->axis_count = axes->count + skip;
    return true;
}

static const struct {
    const char *name;
    init_kind kind;
    int arguments;
} inits[] = {{"glorot", INIT_GLOROT, 0}, {"he", INIT_HE, 0}, {"lecun", INIT_LECUN, 0}, {"normal", INIT_NORMAL, 2}, {"uniform", INIT_UNIFORM, 2}, {"bernoulli", INIT_BERNOULLI, 1}};

/* `~ normal(0, 1)` is PRODUCT(NAME, PAREN); `~ glorot` a NAME. */
static bool named_init(builder *b, const syn *tree, model_init *init)
{
    const syn *name = tree->kind == SYN_PRODUCT && tree->count == 2 ? tree->child[0] : tree, *paren = name == tree ? NULL : tree->child[1];
    const char *text = name->kind == SYN_NAME ? intern_text(b->m->names, name->name) : "";
    if (strcmp(text, "zeros") == 0 || strcmp(text, "ones") == 0) {
        init->kind = INIT_VALUE;
        init->a = dag_int(b->m->dag, text[0] == 'o');
        return true;
    }
    for (size_t i = 0; i < sizeof inits / sizeof *inits; i++) {
        if (strcmp(inits[i].name, text) != 0)
            continue;
        init->kind = inits[i].kind;
        if ((paren ? paren->count : 0) != inits[i].arguments) {
            page_error(b, tree->at, "%s takes %d argument%s", text, inits[i].arguments, inits[i].arguments == 1 ? "" : "s");
            return false;
        }
        return !paren || (page_scalar(b, paren->child[0], &init->a) && (paren->count < 2 || page_scalar(b, paren->child[1], &init->b)));
    }
    diagnostic *g = page_error(b, tree->at, "unknown way to draw initial values");
    if (g)
        diag_hint(g, "known are glorot, he, lecun, normal(m, s), uniform(a, b), bernoulli(p), zeros, ones");
    return false;
}

typedef struct {
    const model *m;
    const model_var *of;
    int bad; /* the first name that may not stand in the value, or −1 */
} init_names;

static bool init_name(void *context, node n)
{
    init_names *f = context;
    if (f->bad >= 0 || dag_kind(f->m->dag, n) != NODE_ENTRY)
        return f->bad < 0;
    const model_var *v = &f->m->var[dag_payload(f->m->dag, n)];
    bool setting = v->role == ROLE_HYPER && f->of->role != ROLE_HYPER && f->of->role != ROLE_GIVEN;
    bool fixed = v->role == ROLE_GIVEN && v->init.kind == INIT_VALUE && v->at.begin != f->of->at.begin;
    if (!setting && !fixed)
        f->bad = dag_payload(f->m->dag, n);
    return f->bad < 0;
}

/* Values are filled in once, before any data: settings, then fixed arrays in the order of the page, then the rest. */
static bool init_is_known(builder *b, const syn *tree, const model_var *v)
{
    init_names f = {b->m, v, -1};
    if (v->init.a)
        dag_visit(b->m->dag, v->init.a, init_name, &f);
    if (v->init.b)
        dag_visit(b->m->dag, v->init.b, init_name, &f);
    if (f.bad < 0)
        return true;
    bool setting = v->role == ROLE_HYPER || v->role == ROLE_GIVEN;
    diagnostic *g = page_error(b, tree->at, "the value of `%s` cannot use `%s`", page_spelling(b, v->key), page_spelling(b, b->m->var[f.bad].key));
    if (g)
        diag_hint(g,
                  setting ? "it is made of numbers, sizes and fixed arrays with values, declared before; what changes is a definition: `%s = …`"
                          : "it is made of numbers, sizes, settings and fixed arrays with values",
                  page_spelling(b, v->key));
    return false;
}

/* `size n = 2; param w[n] = [1, 2]` will do: the numbers are for running only, as the size's is. A fixed array's hold in claims, for every n. */
static bool axis_fits(builder *b, const model_var *v, node value, node declared)
{
    return dag_index_eq(b->m->dag, value, declared) == TRUTH_YES ||
           (v->role != ROLE_GIVEN && dag_index_eq(b->m->dag, page_with_sizes(b, value), page_with_sizes(b, declared)) == TRUTH_YES);
}

static bool init_value(builder *b, const syn *decl, model_var *v)
{
    const syn *init = decl->count > 2 ? decl->child[2] : NULL;
    if (!init)
        return true;
    if (decl->text && decl->text[0] == '~' && init->kind != SYN_NUMBER)
        return named_init(b, init, &v->init);
    if (init->kind == SYN_NAME && (strcmp(intern_text(b->m->names, init->name), "zeros") == 0 || strcmp(intern_text(b->m->names, init->name), "ones") == 0))
        return named_init(b, init, &v->init);
    index_frame *saved = b->indices;
    int skip = v->sample ? 1 : 0;
    for (int k = 0; k < v->axis_count - skip; k++) {
        if (v->init.index[k] < 0)
            continue;
        index_frame *f = arena_alloc(b->m->memory, sizeof *f);
        *f = (index_frame){.name = dag_index_get(b->m->dag, v->init.index[k])->name, .index = v->init.index[k], .outer = b->indices};
        b->indices = f;
    }
    model_value value;
    bool ok = page_value(b, init, &value);
    b->indices = saved;
    if (!ok)
        return false;
    bool fits = value.axis_count == 0;
    if (value.axis_count == v->axis_count - skip) {
        fits = true;
        for (int k = 0; k < value.axis_count; k++)
            fits &= axis_fits(b, v, value.size[k], v->axis_size[k + skip]);
        page_canonical(b, &value, 0);
    }
    if (!fits) {
        model_value declared = {.axis_count = v->axis_count - skip};
        memcpy(declared.size, v->axis_size + skip, (size_t)declared.axis_count * sizeof *declared.size);
        diagnostic *g = page_error(b, init->at, "the value of `%s` has shape %s, but it is declared with shape %s", page_spelling(b, v->key), page_shape(b, &value), page_shape(b, &declared));
        if (g)
            diag_other(g, v->at, "declared here");
        return false;
    }
    for (int k = 0; k < v->axis_count - skip; k++)
        if (v->init.index[k] < 0)
            v->init.index[k] = page_placeholder(b, k, v->axis_size[k + skip]);
    for (int k = 0; k < value.axis_count; k++) /* the axis of a list has a number for its size */
        value.body = dag_substitute(b->m->dag, value.body, 1, (node[]){dag_index_node(b->m->dag, value.index[k])},
                                    (node[]){dag_index_node(b->m->dag, v->init.index[k])}, true);
    v->init.kind = INIT_VALUE;
    v->init.a = dag_simplify(b->m->dag, value.body);
    return true;
}

bool page_init(builder *b, const syn *decl, model_var *v)
{
    bool good = init_value(b, decl, v) && (decl->count <= 2 || !decl->child[2] || init_is_known(b, decl->child[2], v));
    if (!good)
        v->init = (model_init){0};
    return good;
}

static void twice(builder *b, const syn *decl, sym key, span first)
{
    diagnostic *g = page_error(b, decl->at, "`%s` is declared twice", page_spelling(b, key));
    if (g)
        diag_other(g, first, "first declared here");
}

static void declare_var(builder *b, const item *it, const syn *decl, var_role role)
{
    model *m = b->m;
    sym key = decl->child[0] ? page_name(b, decl->child[0]) : decl->name;
    if (!key)
        return;
    int old = model_find_var(m, key), size = model_find_size(m, key);
    if (old >= 0 || size >= 0) {
        twice(b, decl, key, old >= 0 ? m->var[old].at : m->size[size].at);
        return;
    }
    page_notice_anew(b, key, decl->at);
    model_var v = {.key = key, .role = role, .at = decl->at, .population = it->population, .integer = (decl->flags & SYN_INT) != 0, .missing = (decl->flags & SYN_MISSING) != 0};
    const source *s = source_get(m->sources, decl->at.source);
    v.line = source_line(s, (size_t)decl->at.begin);
    b->has_noise |= role == ROLE_NOISE;
    v.sample = role == ROLE_INPUT || role == ROLE_TARGET || role == ROLE_NOISE;
    if (v.sample) {
        v.axis_count = 1;
        v.axis_size[0] = dag_add2(m->dag, dag_index_get(m->dag, m->sample_index[it->population])->hi, dag_int(m->dag, 1));
    }
    if (decl->count > 1 && decl->child[1] && !page_axes(b, decl->child[1], &v))
        page_note_broken(b, page_spelling(b, key));
    else
        model_add_var(m, &v);
}

static void declare_init(builder *b, const syn *decl)
{
    sym key = decl->child[0] ? page_name(b, decl->child[0]) : decl->name;
    int var = key ? model_find_var(b->m, key) : -1;
    if (var < 0 || b->m->var[var].at.begin != decl->at.begin)
        return;
    model_var v = b->m->var[var];
    page_init(b, decl, &v);
    if (v.role == ROLE_HYPER && v.init.kind == INIT_DEFAULT && decl->count <= 2)
        v.init.a = 0;
    b->m->var[var] = v;
}

static model_function *add_function(builder *b, sym key, const syn *declared, span at)
{
    model *m = b->m;
    int old = page_function(b, key);
    if (old >= 0) {
        diagnostic *g = page_error(b, at, "function `%s` is declared twice", page_spelling(b, key));
        if (g)
            diag_other(g, m->function[old].at, "first declared here");
        return NULL;
    }
    page_notice_anew(b, key, at);
    m->function = page_grow(b, m->function, m->function_count, sizeof *m->function);
    m->function[m->function_count] = (model_function){.key = key, .declared = declared, .at = at, .env = b->env};
    page_enter(b, &m->function_by_key, &m->function_by_key_room, key, m->function_count);
    return &m->function[m->function_count++];
}

static bool add_parameter(builder *b, model_function *f, const syn *p)
{
    if (f->param_count == 16) {
        page_error(b, p->at, "a function with more than 16 parameters");
        return false;
    }
    const syn *axes = p->kind == SYN_DECL && p->count > 1 ? p->child[1] : NULL;
    f->param[f->param_count] = p->name;
    f->param_axes[f->param_count++] = axes;
    return true;
}

static void declare_function(builder *b, const syn *tree)
{
    sym key = tree->count > 3 && tree->child[3] ? page_name(b, tree->child[3]) : tree->name;
    model_function *f = key ? add_function(b, key, tree, tree->at) : NULL;
    if (!f)
        return;
    for (int i = 0; tree->child[0] && i < tree->child[0]->count; i++)
        if (!add_parameter(b, f, tree->child[0]->child[i]))
            return;
    f->result = tree->count > 1 ? tree->child[1] : NULL;
    f->body = tree->count > 2 ? tree->child[2] : NULL;
}

/* `N(t) = …`: a name that is nothing else, directly before a parenthesis of names. */
static bool short_function(builder *b, const syn *tree)
{
    const syn *left = tree->child[0];
    if (tree->number || tree->count < 2 || left->kind != SYN_PRODUCT || left->count != 2 || left->text[1] != ' ')
        return false;
    const syn *name = left->child[0], *paren = left->child[1];
    if ((name->kind != SYN_NAME && name->kind != SYN_FAMILY) || paren->kind != SYN_PAREN || name->at.end != paren->at.begin)
        return false;
    sym key = page_name(b, name);
    if (key && b->has_noise && strcmp(intern_text(b->m->names, key), "E") == 0)
        return false; /* a claim about an expectation */
    if (!key || model_find_var(b->m, key) >= 0 || model_find_size(b->m, key) >= 0 || page_function(b, key) >= 0 || page_definition(b, key))
        return false;
    for (int i = 0; i < paren->count; i++)
        if (paren->child[i]->kind != SYN_NAME && !(paren->child[i]->kind == SYN_INDEX && paren->child[i]->child[0]->kind == SYN_NAME))
            return false;
    model_function *f = add_function(b, key, tree, left->at);
    for (int i = 0; f && i < paren->count; i++) {
        const syn *p = paren->child[i];
        if (p->kind == SYN_INDEX) { /* q[2]: axes */
            syn *axes = syn_new(b->m->memory, SYN_AXES, p->at, p->count - 1);
            for (int k = 1; k < p->count; k++)
                axes->child[k - 1] = p->child[k];
            syn *decl = syn_new(b->m->memory, SYN_DECL, p->at, 2);
            decl->name = p->child[0]->name;
            decl->child[1] = axes;
            p = decl;
        }
        if (!add_parameter(b, f, p))
            break;
    }
    if (f)
        f->body = tree->child[1];
    return true;
}

/* Bodies from the command line: `σ1(u) = tanh(u)`. */
static void apply_defines(builder *b)
{
    for (int i = 0; i < b->define_count; i++) {
        const syn *tree = b->define[i], *left = tree->kind == SYN_EQUATION && tree->count == 2 ? tree->child[0] : NULL;
        int f = left && left->kind == SYN_PRODUCT && left->count == 2 && left->child[0]->kind == SYN_NAME ? page_function(b, left->child[0]->name) : -1;
        if (f < 0 || left->child[1]->kind != SYN_PAREN) {
            diagnostic *g = page_error(b, tree->at, "--define wants `f(u) = …` for an abstract function of the page");
            if (g)
                diag_hint(g, "for example --define 'σ1(u) = tanh(u)'");
            continue;
        }
        model_function *g = &b->m->function[f];
        if (g->body) {
            page_error(b, tree->at, "the page already defines %s", page_spelling(b, g->key));
            continue;
        }
        g->param_count = 0;
        for (int k = 0; k < left->child[1]->count; k++)
            if (!add_parameter(b, g, left->child[1]->child[k]))
                break;
        g->body = tree->child[1];
    }
}

void page_declarations(builder *b)
{
    for (int i = 0; i < b->item_count; i++) {
        const item *it = &b->items[i];
        b->env = it->env;
        if (it->tree->kind == SYN_FUNCTION)
            declare_function(b, it->tree);
        if (it->tree->kind != SYN_DECLARE)
            continue;
        for (int k = 0; k < it->tree->count; k++)
            declare_var(b, it, it->tree->child[k], role_of(it->tree->text));
    }
    for (int i = 0; i < b->item_count; i++) {
        b->env = b->items[i].env;
        if (b->items[i].tree->kind == SYN_EQUATION && short_function(b, b->items[i].tree))
            b->items[i].tree = syn_new(b->m->memory, SYN_BROKEN, b->items[i].tree->at, 0); /* done */
    }
    apply_defines(b);
    for (int i = 0; i < b->item_count; i++) {
        const item *it = &b->items[i];
        b->env = it->env;
        if (it->tree->kind == SYN_DECLARE)
            for (int k = 0; k < it->tree->count; k++)
                declare_init(b, it->tree->child[k]);
    }
    b->env = NULL;
}
