/* Index form: one presentation node per node of the DAG. */
#include <string.h>

#include "gen/dag/ops.h"
#include "gen/model/print_private.h"

/* Names that begin with a dot are the compiler's own: the number of samples is B. */
static notation *name_of(show *s, sym key)
{
    const char *name = intern_text(s->m->names, intern_spelling(s->m->names, key));
    size_t dot = strlen("·");
    return notation_text(s->memory, NOTATION_NAME, strncmp(name, "·", dot) == 0 ? name + dot : name);
}

/* --- indices --- */

static bool name_taken(const show *s, const char *name)
{
    for (int i = 0; i < s->index_count; i++)
        if (strcmp(s->index[i].name, name) == 0)
            return true;
    sym key = intern_find(s->m->names, name);
    return key && (model_find_var(s->m, key) >= 0 || model_find_size(s->m, key) >= 0);
}

/* The hint if nothing else has that name, else the next free letter. */
static const char *choose_name(show *s, sym hint)
{
    static const char letters[] = "ijklmpqrtuvabcd";
    const char *name = hint ? intern_text(s->m->names, intern_spelling(s->m->names, hint)) : "i";
    bool usable = strncmp(name, "·", strlen("·")) != 0; /* else the placeholder of an axis */
    if (usable && !name_taken(s, name))
        return name;
    for (int round = 0; round < 100; round++) {
        for (const char *c = letters; *c; c++) {
            const char *other = round ? arena_printf(s->memory, "%c%d", *c, round) : arena_printf(s->memory, "%c", *c);
            if (!name_taken(s, other))
                return other;
        }
    }
    return name;
}

static const char *index_add(show *s, node leaf, sym hint, node lo, node hi)
{
    const char *name = choose_name(s, hint);
    if (s->index_count < SHOW_MAX_NAMES)
        s->index[s->index_count++] = (shown_index){leaf, lo, hi, name};
    return name;
}

const char *show_index_name(show *s, node leaf)
{
    for (int i = s->index_count - 1; i >= 0; i--)
        if (s->index[i].leaf == leaf)
            return s->index[i].name;
    if (dag_kind(s->m->dag, leaf) != NODE_INDEX)
        return "?";
    const dag_index_info *x = dag_index_get(s->m->dag, dag_payload(s->m->dag, leaf));
    return index_add(s, leaf, x->name, x->lo, x->hi);
}

typedef struct {
    const dag *d;
    node leaf;
    int level; /* of a BOUND looked for, when leaf is 0 */
    bool found;
} search;

static bool search_visit(void *context, node n)
{
    search *q = context;
    bool bound = dag_kind(q->d, n) == NODE_BOUND && dag_payload(q->d, n) == q->level;
    if (q->leaf ? n == q->leaf : bound) {
        q->leaf = n;
        q->found = true;
    }
    return !q->found;
}

bool show_has(const show *s, node n, node leaf)
{
    search q = {.d = s->m->dag, .leaf = leaf};
    dag_visit(s->m->dag, n, search_visit, &q);
    return q.found;
}

node show_enter(show *s, node binder)
{
    const dag *d = s->m->dag;
    search q = {.d = d, .level = dag_height(d, binder)};
    dag_visit(s->m->dag, dag_child(d, binder, dag_count(d, binder) - 1), search_visit, &q);
    if (q.found)
        index_add(s, q.leaf, dag_hint(d, binder), dag_child(d, binder, 0), dag_child(d, binder, 1));
    return q.found ? q.leaf : 0;
}

static bool range_is_axis(const show *s, node lo, node hi, node size)
{
    dag *d = s->m->dag;
    return lo && hi && dag_is_int(d, lo, 0) && dag_index_eq(d, hi, dag_sub(d, size, dag_int(d, 1))) == TRUTH_YES;
}

bool show_range(const show *s, node leaf, node *lo, node *hi)
{
    for (int i = s->index_count - 1; i >= 0; i--)
        if (s->index[i].leaf == leaf) {
            *lo = s->index[i].lo;
            *hi = s->index[i].hi;
            return *lo && *hi;
        }
    if (dag_kind(s->m->dag, leaf) != NODE_INDEX)
        return false;
    const dag_index_info *x = dag_index_get(s->m->dag, dag_payload(s->m->dag, leaf));
    *lo = x->lo;
    *hi = x->hi;
    return *lo && *hi;
}

bool show_is_axis(const show *s, node leaf, node size)
{
    node lo, hi;
    return show_range(s, leaf, &lo, &hi) && range_is_axis(s, lo, hi, size);
}

int show_population(const show *s, node lo, node hi)
{
    if (!hi || !dag_has_kind(s->m->dag, hi, NODE_SIZE))
        return -1;
    for (int i = 0; i < s->m->size_count; i++)
        if (s->m->size[i].population >= 0 && range_is_axis(s, lo, hi, dag_sizesym(s->m->dag, i)))
            return s->m->size[i].population;
    return -1;
}

const char *show_batch_word(const show *s, const char *word, int population)
{
    const char *name = "batch";
    if (population > 0 && population < s->m->population_count)
        name = intern_text(s->m->names, s->m->population[population]);
    return arena_printf(s->memory, "%s_%s", word, name);
}

/* --- entries --- */

/* The sample axis is hidden when it runs with the page's sample, or with the innermost reduction over this population. */
int show_first_axis(const show *s, node entry)
{
    const dag *d = s->m->dag;
    const model_var *v = &s->m->var[dag_payload(d, entry)];
    if (!v->sample || dag_count(d, entry) == 0)
        return 0;
    node at = dag_child(d, entry, 0);
    for (int i = s->batch_count - 1; i >= 0; i--)
        if (s->batch[i].leaf == at || s->batch[i].population == v->population)
            return s->batch[i].leaf == at;
    return dag_kind(d, at) == NODE_INDEX && dag_index_get(d, dag_payload(d, at))->sample;
}

static notation *indexed(show *s, notation *base, node entry, int from, int to)
{
    if (from >= to)
        return base;
    notation *t = notation_new(s->memory, NOTATION_ENTRY, 1 + to - from);
    t->child[0] = base;
    for (int i = from; i < to; i++)
        t->child[1 + i - from] = show_node(s, dag_child(s->m->dag, entry, i));
    return t;
}

/* ∂²u/∂x∂t for the derivative by x of the adjoint ∂u/∂t, all of them scalars, and ∂²(…)/∂x² where an expression without a name is differentiated; NULL for
 * others. */
static notation *scalar_derivative(show *s, const model_var *v)
{
    static const char *const super[] = {"", "", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    const model *m = s->m;
    int by[MODEL_MAX_AXES], order = 0;
    node of;
    for (;; v = &m->var[dag_payload(m->dag, of)]) {
        of = v->of;
        if (order == MODEL_MAX_AXES || v->hold || v->axis_count > v->sample || m->var[v->by].axis_count > m->var[v->by].sample)
            return NULL;
        by[order++] = v->by;
        if (dag_kind(m->dag, of) != NODE_ENTRY || m->var[dag_payload(m->dag, of)].role != ROLE_ADJOINT)
            break;
    }
    bool named = dag_kind(m->dag, of) == NODE_ENTRY, same = true;
    if (named && (order < 2 || m->var[dag_payload(m->dag, of)].axis_count > m->var[dag_payload(m->dag, of)].sample))
        return NULL;
    const char *below = model_var_name(m, by[0]), *text = below;
    for (int i = 1; i < order; i++) {
        same &= by[i] == by[0];
        text = arena_printf(s->memory, "%s∂%s", text, model_var_name(m, by[i]));
    }
    notation *denominator = notation_text(s->memory, NOTATION_NAME, same ? below : text);
    if (same && order > 1)
        denominator = notation_two(s->memory, NOTATION_POWER, denominator, notation_text(s->memory, NOTATION_NUMBER, arena_printf(s->memory, "%d", order)));
    notation *above = named ? notation_text(s->memory, NOTATION_NAME, model_var_name(m, dag_payload(m->dag, of))) : show_node(s, of);
    notation *t = notation_two(s->memory, NOTATION_DERIVATIVE, above, denominator);
    t->text = super[order];
    return t;
}

/* An adjoint ∂A/∂B: the first indices belong to A, the others to B. */
static notation *adjoint_entry(show *s, const model_var *v, const char *text, node entry, int from, int to)
{
    const model_var *by = &s->m->var[v->by];
    int own = v->axis_count - (v->sample ? 1 : 0), below = by->axis_count - (by->sample ? 1 : 0);
    int split = dag_count(s->m->dag, entry) - own + (own > below ? own - below : 0);
    const char *bar = strstr(text, "/∂"), *hold = strstr(text, " |_");
    if (split < from)
        split = from;
    size_t head = strlen("∂"), length = hold ? (size_t)(hold - bar) : strlen(bar);
    notation *a = notation_text(s->memory, NOTATION_NAME, arena_strndup(s->memory, text + head, (size_t)(bar - text) - head));
    notation *b = notation_text(s->memory, NOTATION_NAME, arena_strndup(s->memory, bar + strlen("/∂"), length - strlen("/∂")));
    notation *t = notation_two(s->memory, NOTATION_DERIVATIVE, indexed(s, a, entry, from, split < to ? split : to), indexed(s, b, entry, split, to));
    if (!hold)
        return t;
    notation *held = notation_text(s->memory, NOTATION_NAME, arena_strndup(s->memory, hold + strlen(" |_{"), strlen(hold) - strlen(" |_{") - 1));
    t = notation_two(s->memory, NOTATION_AT, t, held);
    t->number = 1;
    return t;
}

notation *show_entry(show *s, node entry, int dropped)
{
    const dag *d = s->m->dag;
    int var = dag_payload(d, entry), from = show_first_axis(s, entry), to = dag_count(d, entry) - dropped;
    const model_var *v = &s->m->var[var];
    const char *text = model_var_name(s->m, var);
    if (v->role == ROLE_ADJOINT && v->by >= 0 && strncmp(text, "∂", strlen("∂")) == 0 && strstr(text, "/∂"))
    {
        notation *scalar = scalar_derivative(s, v);
        return scalar ? scalar : adjoint_entry(s, v, text, entry, from, to);
    }
    return indexed(s, notation_text(s->memory, NOTATION_NAME, text), entry, from, to);
}

/* --- functions --- */

/* How functions are written that are not calls. */
typedef enum { WRITE_CALL, WRITE_BARS, WRITE_LOGIC } op_style;
static const op_style styles[OP_COUNT] = {[OP_ABS] = WRITE_BARS, [OP_AND] = WRITE_LOGIC, [OP_OR] = WRITE_LOGIC, [OP_NOT] = WRITE_LOGIC};
static const char *const signs[OP_COUNT] = {[OP_PI_CONST] = "π", [OP_GAMMA_CONST] = "γ"};

/* a and b and c, without parentheses. */
static notation *flat_logic(show *s, const char *word, int count, notation *const *arguments)
{
    int all = 0, n = 0;
    for (int i = 0; i < count; i++)
        all += arguments[i]->kind == NOTATION_LOGIC && arguments[i]->count > 1 && strcmp(arguments[i]->text, word) == 0 ? arguments[i]->count : 1;
    notation *t = notation_new(s->memory, NOTATION_LOGIC, all);
    t->text = word;
    for (int i = 0; i < count; i++) {
        bool same = arguments[i]->kind == NOTATION_LOGIC && arguments[i]->count > 1 && strcmp(arguments[i]->text, word) == 0;
        for (int k = 0; k < (same ? arguments[i]->count : 1); k++)
            t->child[n++] = same ? arguments[i]->child[k] : arguments[i];
    }
    return t;
}

static notation *show_function(show *s, op o, int count, notation *const *arguments)
{
    const char *name = signs[o] ? signs[o] : op_get(o)->name;
    if (count == 0)
        return notation_text(s->memory, NOTATION_NAME, name);
    if (styles[o] == WRITE_BARS)
        return notation_one(s->memory, NOTATION_ABS, arguments[0]);
    if (styles[o] == WRITE_LOGIC)
        return flat_logic(s, name, count, arguments);
    notation *t = notation_new(s->memory, NOTATION_CALL, count + 1);
    t->text = name;
    t->child[0] = notation_text(s->memory, NOTATION_NAME, name);
    for (int i = 0; i < count; i++)
        t->child[1 + i] = arguments[i];
    return t;
}

/* Numbers stand at the right: 0 < u is u > 0. */
static notation *show_compare(show *s, compare c, notation *left, notation *right)
{
    static const char *const text[] = {"==", "!=", "<", "<="}, *const swapped[] = {"==", "!=", ">", ">="};
    bool swap = left->kind == NOTATION_NUMBER || (left->kind == NOTATION_NEGATE && left->child[0]->kind == NOTATION_NUMBER);
    notation *t = swap ? notation_two(s->memory, NOTATION_COMPARE, right, left) : notation_two(s->memory, NOTATION_COMPARE, left, right);
    t->text = swap ? swapped[c] : text[c];
    return t;
}

static bool is_condition(const notation *t)
{
    return t->kind == NOTATION_COMPARE || t->kind == NOTATION_LOGIC;
}
static notation *as_condition(notation *t)
{
    return t->kind == NOTATION_IVERSON ? t->child[0] : t;
}
static notation *as_number(show *s, notation *t)
{
    return is_condition(t) ? notation_one(s->memory, NOTATION_IVERSON, t) : t;
}

/* FUN, COMPARE, IF with the trees of their children, scalar or elementwise. */
notation *show_elementwise(show *s, node n, notation *const *children)
{
    const dag *d = s->m->dag;
    if (dag_kind(d, n) == NODE_COMPARE)
        return as_number(s, show_compare(s, (compare)dag_payload(d, n), children[0], children[1]));
    if (dag_kind(d, n) == NODE_FUN) {
        op o = (op)dag_payload(d, n);
        notation *list[3] = {0};
        for (int i = 0; i < dag_count(d, n); i++)
            list[i] = styles[o] == WRITE_LOGIC ? as_condition(children[i]) : children[i];
        return as_number(s, show_function(s, o, dag_count(d, n), list));
    }
    notation *t = notation_new(s->memory, NOTATION_IF, 3);
    t->child[0] = as_condition(children[0]);
    t->child[1] = children[1];
    t->child[2] = children[2];
    return t;
}

/* --- abstract functions --- */

/* f, f′, or ∂₁₂f when there are several arguments. */
static notation *callee(show *s, const dag_signature *g)
{
    notation *f = name_of(s, s->m->function[g->function].key);
    if (g->arg_count == 1 || g->derivative_count == 0)
        return f;
    static const char *const sub[] = {"₀", "₁", "₂", "₃", "₄", "₅", "₆", "₇", "₈", "₉"};
    const char *text = "∂";
    for (int i = 0; i < g->derivative_count; i++)
        text = arena_printf(s->memory, "%s%s", text, sub[(g->derivative[i] + 1) % 10]);
    f->text = arena_printf(s->memory, "%s%s", text, f->text);
    return f;
}

notation *show_apply_call(show *s, node n, notation *const *arguments)
{
    const dag_signature *g = dag_signature_get(s->m->dag, dag_payload(s->m->dag, n));
    notation *t = notation_new(s->memory, NOTATION_CALL, 1 + g->arg_count);
    t->child[0] = callee(s, g);
    t->number = g->arg_count == 1 ? g->derivative_count : 0;
    for (int i = 0; i < g->arg_count; i++)
        t->child[1 + i] = arguments[i];
    return t;
}

/* An array argument: the array itself if it has a name or a matrix form, else its entries. */
static notation *show_array(show *s, node n)
{
    const dag *d = s->m->dag;
    node axis[MODEL_MAX_AXES] = {0}, body = n;
    int rank = 0, mark = s->index_count;
    for (; dag_kind(d, body) == NODE_LAMBDA && rank < MODEL_MAX_AXES; body = dag_child(d, body, 2))
        axis[rank++] = show_enter(s, body);
    bool scalar = false;
    notation *t = show_tensor(s, body, rank, axis, &scalar);
    if (!t || scalar) {
        t = show_node(s, body);
        for (int i = rank; i-- > 0;)
            t = notation_two(s->memory, NOTATION_MAPPING, notation_text(s->memory, NOTATION_NAME, axis[i] ? show_index_name(s, axis[i]) : "i"), t);
    }
    s->index_count = mark;
    return t;
}

static notation *show_apply(show *s, node n)
{
    const dag *d = s->m->dag;
    const dag_signature *g = dag_signature_get(d, dag_payload(d, n));
    notation **arguments = arena_alloc(s->memory, (size_t)(g->arg_count + 1) * sizeof *arguments);
    for (int i = 0; i < g->arg_count; i++) {
        node a = dag_child(d, n, g->out_rank + i);
        arguments[i] = dag_kind(d, a) == NODE_LAMBDA ? show_array(s, a) : show_node(s, a);
    }
    notation *t = show_apply_call(s, n, arguments);
    int rest = dag_count(d, n) - g->arg_count;
    if (rest == 0)
        return t;
    notation *entry = notation_new(s->memory, NOTATION_ENTRY, 1 + rest);
    entry->child[0] = t;
    for (int i = 0; i < rest; i++)
        entry->child[1 + i] = show_node(s, dag_child(d, n, i < g->out_rank ? i : i + g->arg_count));
    return entry;
}

/* --- powers, derivatives --- */

notation *show_power(show *s, notation *base, node exponent, bool inverse)
{
    const dag *d = s->m->dag;
    if (dag_kind(d, exponent) != NODE_NUMBER)
        return notation_two(s->memory, NOTATION_POWER, base, show_node(s, exponent));
    mpq_t e;
    mpq_init(e);
    mpq_set(e, *dag_value(d, exponent));
    if (inverse)
        mpq_neg(e, e);
    notation *t = base;
    if (mpq_cmp_si(e, 1, 2) == 0)
        t = notation_one(s->memory, NOTATION_ROOT, base);
    else if (mpq_cmp_si(e, 1, 1) != 0)
        t = notation_two(s->memory, NOTATION_POWER, base, show_number(s, e));
    mpq_clear(e);
    return t;
}

static notation *show_pow(show *s, node n)
{
    const dag *d = s->m->dag;
    notation *base = show_node(s, dag_child(d, n, 0));
    bool inverse = show_is_inverse(s, n);
    notation *t = show_power(s, base, dag_child(d, n, 1), inverse);
    return inverse ? notation_two(s->memory, NOTATION_QUOTIENT, notation_text(s->memory, NOTATION_NUMBER, "1"), t) : t;
}

static notation *show_derivative(show *s, node n)
{
    const dag *d = s->m->dag;
    notation *t = notation_two(s->memory, NOTATION_DERIVATIVE, show_node(s, dag_child(d, n, 0)), show_node(s, dag_child(d, n, 1)));
    int hold = dag_payload(d, n), count = dag_hold_count(d, hold);
    if (count == 0)
        return t;
    notation *held = notation_new(s->memory, NOTATION_AT, 1 + count);
    held->number = 1;
    held->child[0] = t;
    for (int i = 0; i < count; i++)
        held->child[1 + i] = notation_text(s->memory, NOTATION_NAME, model_var_name(s->m, dag_hold_get(d, hold, i)));
    return held;
}

static notation *show_children(show *s, node n, notation_kind kind)
{
    int count = dag_count(s->m->dag, n);
    notation *t = notation_new(s->memory, kind, count);
    for (int i = 0; i < count; i++)
        t->child[i] = show_node(s, dag_child(s->m->dag, n, i));
    return t;
}

static notation *show_sum(show *s, node n)
{
    int count;
    node *list = show_operands(s, n, &count);
    notation **terms = arena_alloc(s->memory, (size_t)count * sizeof *terms);
    for (int i = 0; i < count; i++)
        terms[i] = show_node(s, list[i]);
    return show_sum_of(s, count, terms);
}

/* The number of samples is B, but where the page has a B of its own. */
static notation *show_size(show *s, const model_size *size)
{
    notation *name = name_of(s, size->key);
    sym key = size->population == 0 ? intern_find(s->m->names, name->text) : 0;
    if (!key || (model_find_var(s->m, key) < 0 && model_find_size(s->m, key) < 0))
        return name;
    return notation_call(s->memory, "sum_batch", notation_text(s->memory, NOTATION_NUMBER, "1"));
}

static notation *show_leaf(show *s, node n)
{
    const dag *d = s->m->dag;
    switch (dag_kind(d, n)) {
    case NODE_NUMBER: return show_number(s, *dag_value(d, n));
    case NODE_SIZE: return show_size(s, &s->m->size[dag_payload(d, n)]);
    case NODE_INDEX:
    case NODE_BOUND: return notation_text(s->memory, NOTATION_NAME, show_index_name(s, n));
    default: return show_entry(s, n, 0);
    }
}

notation *show_node(show *s, node n)
{
    const dag *d = s->m->dag;
    if (s->budget-- <= 0 || n == 0)
        return notation_text(s->memory, NOTATION_MORE, "…");
    notation *t;
    switch (dag_kind(d, n)) {
    case NODE_ADD: return show_sum(s, n);
    case NODE_MUL: return show_product(s, n);
    case NODE_POW: return show_pow(s, n);
    case NODE_FUN:
    case NODE_COMPARE:
    case NODE_IF: t = show_children(s, n, NOTATION_LOGIC); return show_elementwise(s, n, t->child);
    case NODE_APPLY: return show_apply(s, n);
    case NODE_REDUCE: return show_reduce(s, n);
    case NODE_LAMBDA: return show_array(s, n);
    case NODE_DIFF: return show_derivative(s, n);
    case NODE_AT: return show_children(s, n, NOTATION_AT);
    default: return show_leaf(s, n);
    }
}
