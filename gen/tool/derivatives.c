#include "gen/tool/derivatives.h"

#include <string.h>

#include "grammar/parse.h"

typedef struct {
    page *p;
    buffer text;  /* lines behind the page */
    int number;   /* of the expression */
} request;

/* --- the text of the pieces --- */

static int axes_of(const model_var *v)
{
    return v->axis_count - (v->sample ? 1 : 0);
}

/* "z[j0,j1]": an entry of an array over `letter`'s indices; of a scalar its name. */
static void put_entry(request *r, const char *name, int axes, char letter)
{
    buffer_puts(&r->text, name);
    for (int k = 0; k < axes; k++)
        buffer_printf(&r->text, "%sdeltac_%c%d", k ? "," : "[", letter, k);
    buffer_puts(&r->text, axes ? "]" : "");
}

static void put_sum_sign(request *r, int axes, char letter)
{
    for (int k = 0; k < axes; k++)
        buffer_printf(&r->text, "%sdeltac_%c%d", k ? "," : "Σ_{", letter, k);
    buffer_puts(&r->text, axes ? "} " : "");
}

/* A declaration of `name` in the shape of `like`. */
static void declare_like(request *r, const char *word, const char *name, const model_var *like)
{
    const model *m = r->p->model;
    int first = like->sample ? 1 : 0;
    buffer_printf(&r->text, "\n%s %s", word, name);
    for (int k = first; k < like->axis_count; k++) {
        buffer_puts(&r->text, k > first ? ", " : "[");
        model_print_index(m, &r->text, like->axis_size[k]);
    }
    buffer_puts(&r->text, like->axis_count > first ? "]" : "");
}

/* "deltac_NAMEi = [sum_batch](Σ left[…] right[…])", right an entry or a derivative over it. */
static void put_pairing(request *r, const char *name, bool batch, const char *left, const char *above, const char *right, int axes)
{
    buffer_printf(&r->text, "\n%s%d = %s(", name, r->number, batch ? "sum_batch" : "");
    put_sum_sign(r, axes, 'j');
    put_entry(r, left, axes, 'j');
    buffer_printf(&r->text, " %s", above);
    put_entry(r, right, axes, 'j');
    buffer_puts(&r->text, ")");
}

/* --- the three products --- */

typedef struct {
    const model_var *a, *b;
    const char *a_name, *b_name, *v;
} product;

static void second_times_vector(request *r, const product *x)
{
    model *m = r->p->model;
    const char *root = x->a_name;
    if (x->a->sample) {
        buffer_printf(&r->text, "\ndeltac_mean%d = mean_batch(%s)", r->number, x->a_name);
        root = arena_printf(m->memory, "deltac_mean%d", r->number);
    }
    put_pairing(r, "deltac_along", x->b->sample, x->v, arena_printf(m->memory, "∂%s/∂", root), x->b_name, axes_of(x->b));
    buffer_printf(&r->text, "\ndeltac_expression%d = ∂deltac_along%d/∂%s", r->number, r->number, x->b_name);
}

static void vector_times_first(request *r, const product *x)
{
    put_pairing(r, "deltac_along", x->a->sample, x->v, "", x->a_name, axes_of(x->a));
    buffer_printf(&r->text, "\ndeltac_expression%d = ∂deltac_along%d/∂%s", r->number, r->number, x->b_name);
}

/* Reverse twice: g(u) = ∂(Σ u A)/∂B is linear in u, and the derivative of Σ g v by u is the wanted product. */
static void first_times_vector(request *r, const product *x)
{
    model *m = r->p->model;
    const char *u = arena_printf(m->memory, "deltac_dual%d", r->number);
    declare_like(r, x->a->sample ? "input" : "variable", u, x->a);
    put_pairing(r, "deltac_along", x->a->sample, u, "", x->a_name, axes_of(x->a));
    put_pairing(r, "deltac_moved", x->b->sample, x->v, arena_printf(m->memory, "∂deltac_along%d/∂", r->number), x->b_name, axes_of(x->b));
    buffer_printf(&r->text, "\ndeltac_expression%d = ∂deltac_moved%d/∂%s", r->number, r->number, u);
}

/* --- reading --- */

static const model_var *variable_of(const request *r, const syn *tree)
{
    int var = tree && tree->kind == SYN_NAME ? model_find_var(r->p->model, tree->name) : -1;
    return var >= 0 ? &r->p->model->var[var] : NULL;
}

static bool same_shape(const model_var *a, const model_var *b)
{
    bool same = a->axis_count == b->axis_count && a->sample == b->sample && a->population == b->population;
    for (int k = 0; same && k < a->axis_count; k++)
        same = a->axis_size[k] == b->axis_size[k];
    return same;
}

/* A derivative and a name with · or * between them: 1: the name is on the right, −1: on the left; 0: something else. */
static int side_of_vector(const syn *tree)
{
    if (tree->kind != SYN_PRODUCT || tree->count != 2 || (tree->text[1] != '.' && tree->text[1] != '*'))
        return 0;
    if (tree->child[0]->kind == SYN_DERIVATIVE && tree->child[1]->kind == SYN_NAME)
        return 1;
    return tree->child[0]->kind == SYN_NAME && tree->child[1]->kind == SYN_DERIVATIVE ? -1 : 0;
}

static void refuse(request *r, const syn *at, const char *what, const char *hint)
{
    diag_hint(diag_add(&r->p->diagnostics, DIAG_ERROR, at->at, "%s", what), "%s", hint);
}

static void take_product(request *r, const syn *tree, int side)
{
    const syn *d = tree->child[side > 0 ? 0 : 1], *vector = tree->child[side > 0 ? 1 : 0];
    model *m = r->p->model;
    product x = {.a = variable_of(r, d->child[0]), .b = variable_of(r, d->child[1]), .v = intern_text(m->names, vector->name)};
    const char *forms = "the products are ∂²A/∂B²·v, v·∂A/∂B and ∂A/∂B·v, with names for A and B";
    if (!x.a || !x.b || d->number > 2 || (d->number == 2 && (!variable_of(r, d->child[2]) || variable_of(r, d->child[2]) != x.b))) {
        refuse(r, d, "this derivative cannot be applied to a vector", forms);
        return;
    }
    if (d->number == 2 && axes_of(x.a)) {
        refuse(r, d, "a second derivative is applied to a vector only where it is one of a scalar", forms);
        return;
    }
    x.a_name = model_var_name(m, (int)(x.a - m->var)), x.b_name = model_var_name(m, (int)(x.b - m->var));
    const model_var *like = d->number == 2 || side > 0 ? x.b : x.a;
    if (!variable_of(r, vector)) {
        x.v = intern_text(m->names, intern_spelling(m->names, vector->name));
        declare_like(r, like->sample ? "input" : "given", x.v, like);
    } else if (same_shape(variable_of(r, vector), like)) {
        x.v = model_var_name(m, (int)(variable_of(r, vector) - m->var));
    } else {
        refuse(r, vector, "the vector has another shape than what it multiplies",
               arena_printf(m->memory, "it must be like `%s`; a name that the page does not know is made so", d->number == 2 || side > 0 ? x.b_name : x.a_name));
        return;
    }
    (d->number == 2 ? second_times_vector : side > 0 ? first_times_vector : vector_times_first)(r, &x);
}

static void take(request *r, const char *expression, char **name)
{
    page *p = r->p;
    buffer ascii = {0};
    int number = source_add(p->sources, "--derivatives", expression, strlen(expression)), index_count = 0, index[MODEL_MAX_AXES], side;
    const syn *tree = parse_statement(p->memory, p->names, p->sources, number, &p->diagnostics);
    if (p->diagnostics.errors)
        return;
    syn_print(&ascii, tree, p->names, 0);
    *name = arena_printf(p->memory, "%s", ascii.text);
    buffer_free(&ascii);
    side = side_of_vector(tree);
    if (side) {
        take_product(r, tree, side);
    } else {
        if (tree->kind == SYN_EQUATION)
            refuse(r, tree, "an equation has no value", "`deltac check` decides claims");
        else
            model_expression(p->model, expression, &index_count, index);
        buffer_printf(&r->text, "\ndeltac_expression%d = %s", r->number, expression);
    }
    buffer_printf(&r->text, "\noutput deltac_expression%d\n", r->number);
}

/* The page's own outputs give way; their lines stay, so that places in messages are right. */
static char *without_outputs(page *p, size_t *length)
{
    const source *s = source_get(p->sources, p->source);
    char *text = arena_strndup(p->memory, s->text, s->length);
    for (int i = 0; i < p->file->count; i++)
        for (int32_t k = p->file->child[i]->at.begin; p->file->child[i]->kind == SYN_OUTPUT && k < p->file->child[i]->at.end; k++)
            text[k] = text[k] == '\n' ? '\n' : ' ';
    *length = s->length;
    return text;
}

/* What is derived by a dual no longer depends on it: it is no data. */
static void forget_duals(page *q)
{
    for (int i = 0; i < q->model->var_count; i++)
        if (strncmp(intern_text(q->names, q->model->var[i].key), "deltac_dual", strlen("deltac_dual")) == 0)
            q->model->var[i].role = ROLE_VARIABLE;
}

int derivatives_open(page *p, const char *path, const page_options *o, int count, const char **expression, page *q)
{
    request r = {.p = p};
    char **name = arena_alloc(p->memory, (size_t)count * sizeof *name);
    for (int i = 0; i < count && !p->diagnostics.errors; i++) {
        r.number = i + 1;
        take(&r, expression[i], &name[i]);
    }
    int status = STATUS_UNUSABLE;
    page_report(p, o);
    if (!p->diagnostics.errors) {
        size_t length;
        buffer text = {0};
        char *page_text = without_outputs(p, &length);
        buffer_add(&text, page_text, length);
        buffer_puts(&text, "\n");
        buffer_add(&text, r.text.text, r.text.length);
        status = page_open_text(q, path, text.text, text.length, o);
        q->diagnostics.warnings = 0;
        forget_duals(q);
        for (int i = 0; i < count && i < q->model->output_count && !q->diagnostics.errors; i++)
            q->model->var[q->model->output[i]].key = intern_puts(q->names, name[i]);
        buffer_free(&text);
    }
    buffer_free(&r.text);
    return status;
}
