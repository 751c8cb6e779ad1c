/* Scalars, vectors and matrices of a document in matrix notation: W x + b says that W has two axes where x has one.
 *
 * Ranks come from declarations (x ∈ ℝⁿ), from bold letters (small: vector, capital: matrix), and from how names are added and multiplied. Axes that meet
 * in a sum or a contraction have one size. Nothing is decided here: a wrong guess gives shapes that do not fit, which is reported, never a proof. */
#include <string.h>

#include "gen/tool/notes_page.h"

typedef struct {
    int rank; /* −1: not known */
    int group[2];
    bool row; /* a transposed vector */
} rank_value;

static const rank_value unknown_rank = {.rank = -1}, scalar_rank = {.rank = 0};

static rank_value infer(note_shapes *s, const syn *t, const rank_value *expected);

static void meet(note_shapes *s, const rank_value *a, const rank_value *b)
{
    for (int k = 0; k < a->rank && k < b->rank && a->rank == b->rank; k++)
        shapes_unite(s, a->group[k], b->group[k]);
}

static rank_value value_of(const note_shape *shape)
{
    rank_value v = {.rank = shape->axes};
    for (int k = 0; k < shape->axes && k < 2; k++)
        v.group[k] = shape->group[k];
    return shape->axes > 2 ? unknown_rank : v;
}

static void set_rank(note_shapes *s, note_shape *shape, int rank)
{
    for (int k = 0; k < rank; k++)
        shape->group[k] = shapes_group(s);
    shape->axes = rank;
    shape->known = true;
    s->changed = true;
}

static rank_value infer_name(note_shapes *s, sym name, const rank_value *expected)
{
    if (notes_is_function(s->n, name))
        return scalar_rank;
    note_shape *shape = shapes_of(s, name);
    if (!shape->known && shape->axes == 0 && expected && expected->rank > 0 && !expected->row)
        set_rank(s, shape, expected->rank);
    if (!shape->known && shape->axes == 0)
        return unknown_rank;
    rank_value v = value_of(shape);
    if (expected)
        meet(s, &v, expected);
    return v;
}

static rank_value infer_sum(note_shapes *s, const syn *t, const rank_value *expected)
{
    rank_value best = expected && expected->rank > 0 ? *expected : scalar_rank;
    bool unsure = false;
    for (int i = 0; i < t->count; i++) {
        rank_value v = infer(s, t->child[i], expected);
        unsure |= v.rank < 0;
        if (v.rank > best.rank)
            best = v;
    }
    for (int i = 0; i < t->count && best.rank > 0; i++) {
        rank_value v = infer(s, t->child[i], NULL);
        if (v.rank != 0) { /* scalars are added to every entry */
            v = infer(s, t->child[i], &best);
            meet(s, &v, &best);
        }
    }
    return best.rank == 0 && unsure ? unknown_rank : best;
}

static rank_value transposed(rank_value v)
{
    if (v.rank == 1)
        v.row = !v.row;
    if (v.rank == 2) {
        int g = v.group[0];
        v.group[0] = v.group[1];
        v.group[1] = g;
    }
    return v;
}

static rank_value multiply(note_shapes *s, const rank_value *a, const rank_value *b, char sign)
{
    if (a->rank < 0 || b->rank < 0)
        return unknown_rank;
    if (a->rank == 0)
        return *b;
    if (b->rank == 0)
        return *a;
    if (sign == 'o' || sign == '%' || sign == '/') {
        meet(s, a, b);
        return *a;
    }
    if (a->rank == 1 && !a->row && b->row) /* u vᵀ */
        return (rank_value){.rank = 2, .group = {a->group[0], b->group[0]}};
    shapes_unite(s, a->group[a->rank - 1], b->group[0]);
    if (a->rank == 1 && b->rank == 1)
        return scalar_rank;
    if (a->rank == 2 && b->rank == 1)
        return (rank_value){.rank = 1, .group = {a->group[0]}};
    if (a->rank == 1)
        return (rank_value){.rank = 1, .group = {b->group[1]}, .row = true};
    return (rank_value){.rank = 2, .group = {a->group[0], b->group[1]}};
}

static bool reduces(const notes *n, sym name)
{
    const char *text = intern_text(n->names, name);
    return strcmp(text, "norm") == 0 || strcmp(text, "trace") == 0 || strcmp(text, "det") == 0 || strcmp(text, "sum") == 0 || strcmp(text, "mean") == 0;
}

/* y log a of vectors: Σ_k y_k log a_k. The tree is the page's own copy. */
static char read_inner(note_shapes *s, const syn *t, int i)
{
    char *text = arena_strndup(s->n->memory, t->text, (size_t)t->count);
    text[i] = '.';
    ((syn *)(size_t)t)->text = text;
    notes_announce(s->n, "two vectors side by side are read as their inner product");
    return '.';
}

static rank_value infer_product(note_shapes *s, const syn *t, const rank_value *expected)
{
    rank_value v = scalar_rank;
    bool elementwise = false;
    for (int i = 1; i < t->count; i++)
        elementwise |= t->text[i] == 'o';
    for (int i = 0; i < t->count; i++) {
        const syn *f = t->child[i];
        while (f->kind == SYN_PRIME || f->kind == SYN_POWER)
            f = f->child[0];
        char sign = t->text[i];
        int first = i;
        rank_value next;
        if (f->kind == SYN_NAME && notes_is_function(s->n, f->name) && i + 1 < t->count && t->child[i + 1]->kind == SYN_PAREN) {
            bool diagonal = strcmp(intern_text(s->n->names, f->name), "diag") == 0;
            next = infer(s, t->child[++i], t->count == 2 && !diagonal ? expected : NULL);
            if (reduces(s->n, f->name))
                next = scalar_rank;
            else if (diagonal && next.rank > 0)
                next = next.rank == 1 ? (rank_value){.rank = 2, .group = {next.group[0], next.group[0]}} : (rank_value){.rank = 1, .group = {next.group[0]}};
        } else {
            next = infer(s, t->child[i], elementwise ? expected : NULL);
        }
        if (next.rank < 0 && sign == '/') {
            next = scalar_rank;
        } else if (next.rank < 0 && v.rank == 2 && sign != 'o') { /* W x */
            rank_value wanted = {.rank = 1, .group = {v.group[1]}};
            next = infer(s, t->child[i], &wanted);
        } else if (next.rank < 0 && v.rank > 0 && sign == 'o') {
            next = infer(s, t->child[i], &v);
        }
        if (s->settle && i > 0 && sign == ' ' && v.rank == 1 && next.rank == 1 && !v.row && !next.row)
            sign = read_inner(s, t, first);
        v = i == 0 ? next : multiply(s, &v, &next, sign);
    }
    return v;
}

static rank_value infer_derivative(note_shapes *s, const syn *t)
{
    rank_value above = t->child[0] ? infer(s, t->child[0], NULL) : unknown_rank, below = t->count == 2 ? infer(s, t->child[1], NULL) : unknown_rank;
    if (t->count > 2)
        return infer(s, t->child[1], NULL).rank == 0 ? above : unknown_rank;
    if (above.rank == 0)
        return below;
    if (below.rank == 0)
        return above;
    if (above.rank == 1 && below.rank == 1)
        return s->denominator ? (rank_value){.rank = 2, .group = {below.group[0], above.group[0]}}
                              : (rank_value){.rank = 2, .group = {above.group[0], below.group[0]}};
    return unknown_rank;
}

/* x_i of bold vectors is a vector. */
static rank_value infer_index(note_shapes *s, const syn *t)
{
    const note_shape *shape = t->child[0]->kind == SYN_NAME ? shapes_of(s, t->child[0]->name) : NULL;
    int left = shape ? shape->axes - (t->count - 1) : 0;
    rank_value v = {.rank = left > 0 && left < 3 ? left : 0};
    for (int k = 0; k < v.rank; k++)
        v.group[k] = shape->group[k + t->count - 1];
    return v;
}

static bool is_minus_one(const syn *s)
{
    while (s->kind == SYN_PAREN && s->count == 1)
        s = s->child[0];
    return s->kind == SYN_NEGATE && s->child[0]->kind == SYN_NUMBER && strcmp(s->child[0]->text, "1") == 0;
}

/* A⁻¹ of a matrix is square. */
static rank_value infer_power(note_shapes *s, const syn *t, const rank_value *expected)
{
    rank_value v = infer(s, t->child[0], expected);
    if (v.rank == 2 && is_minus_one(t->child[1]))
        shapes_unite(s, v.group[0], v.group[1]);
    return v;
}

/* A⁻¹ is written inv(A). The tree is the page's own copy. */
static void write_inverses(note_shapes *s, syn *t)
{
    for (int i = 0; t && i < t->count; i++)
        write_inverses(s, t->child[i]);
    if (!t || t->kind != SYN_POWER || !is_minus_one(t->child[1]) || infer(s, t->child[0], NULL).rank != 2)
        return;
    notes *n = s->n;
    syn *call = syn_new(n->memory, SYN_PRODUCT, t->at, 2), *argument = syn_new(n->memory, SYN_PAREN, t->at, 1), *name = syn_new(n->memory, SYN_NAME, t->at, 0),
        *base = t->child[0], *paren = syn_new(n->memory, SYN_PAREN, t->at, 1);
    while (base->kind == SYN_PAREN && base->count == 1)
        base = base->child[0];
    name->name = intern_puts(n->names, "inv");
    argument->child[0] = base->kind == SYN_TRANSPOSE ? base->child[0] : base; /* (Aᵀ)⁻¹ is (A⁻¹)ᵀ */
    call->text = "  ";
    call->child[0] = name;
    call->child[1] = argument;
    paren->child[0] = call;
    t->kind = base->kind == SYN_TRANSPOSE ? SYN_TRANSPOSE : SYN_PAREN;
    t->count = 1;
    t->child[0] = base->kind == SYN_TRANSPOSE ? paren : call;
}

static rank_value infer(note_shapes *s, const syn *t, const rank_value *expected)
{
    if (!t)
        return unknown_rank;
    switch (t->kind) {
    case SYN_NUMBER: return scalar_rank;
    case SYN_NAME: return infer_name(s, t->name, expected);
    case SYN_SUM: return infer_sum(s, t, expected);
    case SYN_PRODUCT: return infer_product(s, t, expected);
    case SYN_PAREN: return t->count == 1 ? infer(s, t->child[0], expected) : scalar_rank;
    case SYN_NEGATE: return infer(s, t->child[0], expected);
    case SYN_POWER: return infer_power(s, t, expected);
    case SYN_TRANSPOSE: return transposed(infer(s, t->child[0], NULL));
    case SYN_DERIVATIVE: return infer_derivative(s, t);
    case SYN_REDUCE: return infer(s, t->child[t->count - 1], NULL).rank == 0 ? scalar_rank : unknown_rank;
    case SYN_INDEX: return infer_index(s, t);
    case SYN_NORM:
    case SYN_ABS: infer(s, t->child[0], NULL); return scalar_rank;
    default: return unknown_rank;
    }
}

/* --- what notation says at once --- */

static bool one_letter(const char *key)
{
    return key[0] && (!key[1] || key[1] == '_' || (key[1] >= '0' && key[1] <= '9'));
}

typedef struct {
    const notes *n;
    bool found;
} sign_search;

static bool capital(const notes *n, const syn *t)
{
    const char *key = t->kind == SYN_NAME ? intern_text(n->names, t->name) : "";
    return key[0] >= 'A' && key[0] <= 'Z' && one_letter(key);
}

/* Aᵀ, ‖a‖, ⊙, and A B: two capitals side by side are taken for matrices, because numbers would commute. */
static void see_transpose(void *context, const syn *t, const syn *parent, int place)
{
    sign_search *x = context;
    bool *found = &x->found;
    (void)parent, (void)place;
    for (int i = 1; t->kind == SYN_PRODUCT && i < t->count; i++)
        *found |= t->text[i] == ' ' && capital(x->n, t->child[i - 1]) && capital(x->n, t->child[i]);
    *found |= t->kind == SYN_TRANSPOSE || t->kind == SYN_NORM;
    for (int i = 1; t->kind == SYN_PRODUCT && i < t->count; i++)
        *found |= t->text[i] == 'o';
}

bool notes_has_vectors(const notes *n)
{
    sign_search x = {n, n->reading && n->reading_bold};
    for (int i = 0; n->header && i < n->header->count; i++)
        for (int k = 0; n->header->child[i]->kind == SYN_DECLARE && k < n->header->child[i]->count; k++)
            x.found |= n->header->child[i]->child[k]->count > 1 && n->header->child[i]->child[k]->child[1];
    for (int k = 0; k < n->item_count && !x.found; k++) {
        x.found |= n->item[k].role == NOTE_SHAPE;
        if (n->item[k].left)
            notes_visit(&(syn){.kind = SYN_PAREN, .count = 1, .child = (syn **)(size_t)&n->item[k].left}, see_transpose, &x);
        if (n->item[k].right)
            notes_visit(&(syn){.kind = SYN_PAREN, .count = 1, .child = (syn **)(size_t)&n->item[k].right}, see_transpose, &x);
    }
    return x.found;
}

/* W ∈ ℝ^{m×n}: sizes of the same name are equal. */
static bool declared_rank(note_shapes *s, note_shape *shape)
{
    notes *n = s->n;
    for (int k = 0; k < n->item_count; k++) {
        const note_item *i = &n->item[k];
        if (i->role != NOTE_SHAPE || !i->left || !i->right || i->left->kind != SYN_NAME || i->left->name != shape->name)
            continue;
        const syn *power = i->right;
        if (power->kind == SYN_NAME) {
            shape->known = true;
            return true;
        }
        if (power->kind != SYN_POWER)
            continue;
        const syn *sizes = power->child[1]->kind == SYN_PAREN ? power->child[1]->child[0] : power->child[1];
        bool product = sizes->kind == SYN_PRODUCT;
        set_rank(s, shape, product ? sizes->count > 2 ? 2 : sizes->count : 1);
        for (int a = 0; a < shape->axes; a++) {
            const syn *size = product ? sizes->child[a] : sizes;
            if (size->kind == SYN_NAME)
                shapes_unite(s, shape->group[a], shapes_size(s, size->name));
        }
        return true;
    }
    return false;
}

static void first_guess(note_shapes *s, note_shape *shape)
{
    int layer;
    sym base = notes_layer_base(s->n, shape->name, &layer);
    const char *key = intern_text(s->n->names, base ? base : shape->name);
    if (shape->known || shape->axes || notes_is_function(s->n, shape->name) || declared_rank(s, shape))
        return;
    int known = s->n->use_ranks && shape->leaf ? notes_known_rank(s->n, base ? base : shape->name) : 0;
    if (known) {
        set_rank(s, shape, known);
        return;
    }
    bool capital = key[0] >= 'A' && key[0] <= 'Z';
    if (latex_is_bold(s->n->reading, base ? base : shape->name) && (s->bold || base || capital))
        set_rank(s, shape, capital && one_letter(key) ? 2 : 1);
    else if (shape->leaf && capital && one_letter(key))
        set_rank(s, shape, 2);
}

int shapes_rank(note_shapes *s, const syn *t)
{
    return infer(s, t, NULL).rank;
}

void shapes_infer(note_shapes *s, syn *const *statement, int count)
{
    if (!notes_has_vectors(s->n))
        return;
    for (int i = 0; i < s->count; i++)
        first_guess(s, &s->list[i]);
    s->changed = true;
    for (int round = 0; s->changed && round < 12; round++) {
        s->changed = false;
        for (int i = 0; i < count; i++) {
            const syn *e = statement[i];
            if (e->kind != SYN_EQUATION)
                continue;
            rank_value right = infer(s, e->child[1], NULL), left = infer(s, e->child[0], right.rank >= 0 ? &right : NULL);
            if (e->child[0]->kind == SYN_NAME && left.rank < 0 && right.rank == 0 && !e->number) {
                shapes_of(s, e->child[0]->name)->known = true; /* a scalar definition */
                s->changed = true;
            }
            if (left.rank > 0)
                right = infer(s, e->child[1], &left);
            meet(s, &left, &right);
        }
    }
    for (int i = 0; i < count; i++)
        write_inverses(s, statement[i]);
    s->settle = true;
    for (int i = 0; i < count; i++)
        if (statement[i]->kind == SYN_EQUATION && !statement[i]->number)
            infer(s, statement[i]->child[1], NULL);
}

void notes_learn_rank(notes *n, sym name, int axes)
{
    if (name >= n->rank_capacity) {
        int capacity = 2 * name + 64;
        n->rank = xrealloc(n->rank, (size_t)capacity);
        memset(n->rank + n->rank_capacity, 0, (size_t)(capacity - n->rank_capacity));
        n->rank_capacity = capacity;
    }
    n->rank[name] = (signed char)axes;
}

int notes_known_rank(const notes *n, sym name)
{
    return name < n->rank_capacity ? n->rank[name] : 0;
}

void shapes_learn(note_shapes *s)
{
    for (int i = 0; i < s->count; i++) {
        int layer;
        sym base = notes_layer_base(s->n, s->list[i].name, &layer);
        if (s->list[i].leaf && s->list[i].known && s->list[i].axes)
            notes_learn_rank(s->n, base ? base : s->list[i].name, s->list[i].axes);
    }
}
