/* z_j = Σ_i w_{ji} x_i: the axes that one index runs over have one size. */
#include "gen/tool/notes_page.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    sym index;
    int group;
} letter_group;

typedef struct {
    note_shapes *s;
    letter_group letter[32];
    int count;
} statement_shapes;

void shapes_begin(note_shapes *s, notes *n)
{
    *s = (note_shapes){.n = n};
}

void shapes_free(note_shapes *s)
{
    free(s->list);
    free(s->parent);
    *s = (note_shapes){0};
}

int shapes_group(note_shapes *s)
{
    if (s->group_count == s->group_capacity) {
        s->group_capacity = s->group_capacity ? 2 * s->group_capacity : 16;
        s->parent = xrealloc(s->parent, (size_t)s->group_capacity * sizeof *s->parent);
    }
    s->parent[s->group_count] = s->group_count;
    return s->group_count++;
}

static int root_of(note_shapes *s, int g)
{
    while (s->parent[g] != g)
        g = s->parent[g] = s->parent[s->parent[g]];
    return g;
}

void shapes_unite(note_shapes *s, int a, int b)
{
    a = root_of(s, a);
    b = root_of(s, b);
    s->parent[a > b ? a : b] = a > b ? b : a;
}

note_shape *shapes_of(note_shapes *s, sym name)
{
    for (int i = 0; i < s->count; i++)
        if (s->list[i].name == name)
            return &s->list[i];
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 16;
        s->list = xrealloc(s->list, (size_t)s->capacity * sizeof *s->list);
    }
    s->list[s->count] = (note_shape){.name = name};
    return &s->list[s->count++];
}

void shapes_fix(note_shapes *s, sym name, int axes, int group)
{
    note_shape *shape = shapes_of(s, name);
    shape->axes = axes;
    shape->known = true;
    for (int k = 0; k < axes; k++)
        shape->group[k] = group;
}

/* The name of an index inside its expression: i in i + 1. */
static sym index_name(const syn *s)
{
    if (s->kind == SYN_NAME)
        return s->name;
    for (int i = 0; i < s->count; i++) {
        sym name = index_name(s->child[i]);
        if (name)
            return name;
    }
    return 0;
}

static int group_of_letter(statement_shapes *x, sym index)
{
    for (int i = 0; i < x->count; i++)
        if (x->letter[i].index == index)
            return x->letter[i].group;
    int group = shapes_group(x->s);
    if (x->count < 32)
        x->letter[x->count++] = (letter_group){index, group};
    return group;
}

static void see_index(void *context, const syn *s, const syn *parent, int place)
{
    statement_shapes *x = context;
    (void)parent, (void)place;
    if (s->kind == SYN_BINDER && s->text && s->count == 0) /* Σ_{i=1}^m */
        shapes_unite(x->s, group_of_letter(x, s->name), shapes_size(x->s, intern_find(x->s->n->names, s->text)));
    if (s->kind != SYN_INDEX || s->child[0]->kind != SYN_NAME || s->count > 9)
        return;
    note_shape *shape = shapes_of(x->s, s->child[0]->name);
    if (s->child[0]->flags & SYN_BOLD && s->count == 2 && shape->axes < 2) { /* bold x_i: the i-th vector */
        while (shape->axes < 2)
            shape->group[shape->axes++] = shapes_group(x->s);
        shape->known = true;
    }
    for (int k = 0; k + 1 < s->count; k++) {
        const syn *sum = s->child[k + 1]; /* x_{i+k} has an axis of its own */
        bool mixed = sum->kind == SYN_SUM && sum->count > 1 && sum->child[0]->kind != SYN_NUMBER && sum->child[1]->kind != SYN_NUMBER;
        sym index = mixed ? 0 : index_name(sum);
        int group = index ? group_of_letter(x, index) : shapes_group(x->s);
        if (k < shape->axes) {
            shapes_unite(x->s, shape->group[k], group);
        } else {
            shape->group[k] = group;
            shape->axes = k + 1;
        }
    }
}

int shapes_size(note_shapes *s, sym name)
{
    for (int i = 0; i < s->size_count; i++)
        if (s->size[i] == name)
            return s->size_group[i];
    int group = shapes_group(s);
    if (s->size_count < 32) {
        s->size[s->size_count] = name;
        s->size_group[s->size_count++] = group;
    }
    return group;
}

static void see_bold(void *context, const syn *s, const syn *parent, int place)
{
    note_shapes *x = context;
    (void)parent, (void)place;
    x->bold |= s->kind == SYN_NAME && s->flags & SYN_BOLD;
}

void shapes_statement(note_shapes *s, const syn *e)
{
    statement_shapes x = {.s = s};
    notes_visit(e, see_bold, s);
    see_index(&x, e, NULL, 0);
    notes_visit(e, see_index, &x);
}

void shapes_leaf(note_shapes *s, sym name)
{
    shapes_of(s, name)->leaf = true;
}

static syn *make(note_shapes *s, syn_kind kind, sym name, int count)
{
    syn *t = syn_new(s->n->memory, kind, (span){s->n->document.source, 0, 0}, count);
    t->name = name;
    return t;
}

static sym size_name(note_shapes *s, int group)
{
    for (int i = 0; i < s->size_count; i++)
        if (root_of(s, s->size_group[i]) == root_of(s, group))
            return s->size[i];
    return intern_puts(s->n->names, arena_printf(s->n->memory, "dim%d", root_of(s, group) + 1));
}

bool shapes_conflict(note_shapes *s, sym *a, sym *b)
{
    for (int i = 0; i < s->size_count; i++)
        for (int k = 0; k < i; k++)
            if (root_of(s, s->size_group[i]) == root_of(s, s->size_group[k])) {
                *a = s->size[k];
                *b = s->size[i];
                return true;
            }
    return false;
}

syn *shapes_axes(note_shapes *s, sym name)
{
    const note_shape *shape = shapes_of(s, name);
    if (!shape->axes)
        return NULL;
    syn *axes = make(s, SYN_AXES, 0, shape->axes);
    for (int k = 0; k < shape->axes; k++)
        axes->child[k] = make(s, SYN_NAME, size_name(s, shape->group[k]), 0);
    return axes;
}

static bool in_header(const notes *n, sym size)
{
    for (int i = 0; n->header && i < n->header->count; i++)
        for (int k = 0; n->header->child[i]->kind == SYN_DECLARE && k < n->header->child[i]->count; k++)
            if (n->header->child[i]->child[k]->name == size)
                return true;
    return false;
}

/* Names that a header declares have the shape it says. */
void shapes_header(note_shapes *s)
{
    for (int i = 0; s->n->header && i < s->n->header->count; i++)
        for (int k = 0; s->n->header->child[i]->kind == SYN_DECLARE && k < s->n->header->child[i]->count; k++) {
            const syn *d = s->n->header->child[i]->child[k], *axes = d->count > 1 ? d->child[1] : NULL;
            if (strcmp(s->n->header->child[i]->text, "size") == 0 || !d->name)
                continue;
            note_shape *shape = shapes_of(s, d->name);
            int count = axes ? axes->count : 0;
            shape->known = true;
            shape->axes = count < 8 ? count : 8;
            for (int a = 0; a < shape->axes; a++) {
                int group = axes->child[a]->kind == SYN_NAME ? shapes_size(s, axes->child[a]->name) : shapes_group(s);
                shape = shapes_of(s, d->name);
                shape->group[a] = group;
            }
        }
}

int shapes_declare(note_shapes *s, syn **out, int most)
{
    bool *used = xcalloc((size_t)s->group_count + 1, sizeof *used);
    int leaves = 0, sizes = 0, count = 0;
    for (int i = 0; i < s->count; i++)
        leaves += s->list[i].leaf;
    syn *variables = make(s, SYN_DECLARE, 0, leaves);
    variables->text = "variable";
    leaves = 0;
    for (int i = 0; i < s->count; i++) {
        const note_shape *shape = &s->list[i];
        for (int k = 0; k < shape->axes; k++)
            used[root_of(s, shape->group[k])] = true;
        if (!shape->leaf)
            continue;
        syn *d = make(s, SYN_DECL, shape->name, 3);
        d->child[1] = shapes_axes(s, shape->name);
        variables->child[leaves++] = d;
    }
    for (int i = 0; i < s->size_count; i++)
        used[root_of(s, s->size_group[i])] = true;
    for (int i = 0; i < s->size_count; i++) /* a header has declared it */
        if (in_header(s->n, s->size[i]))
            used[root_of(s, s->size_group[i])] = false;
    for (int g = 0; g < s->group_count; g++)
        sizes += used[g];
    syn *declared = make(s, SYN_DECLARE, 0, sizes);
    declared->text = "size";
    sizes = 0;
    for (int g = 0; g < s->group_count; g++)
        if (used[g])
            declared->child[sizes++] = make(s, SYN_DECL, size_name(s, g), 3);
    if (sizes && count < most)
        out[count++] = declared;
    if (leaves && count < most)
        out[count++] = variables;
    free(used);
    return count;
}
