/* Which names of a document are functions: applied, primed, or named like one; and the argument each always has. */
#include <stdlib.h>
#include <string.h>

#include "gen/tool/notes.h"

const syn *notes_argument(const syn *s)
{
    while (s->kind == SYN_POWER || s->kind == SYN_INDEX || s->kind == SYN_TRANSPOSE)
        s = s->child[0];
    return s->kind == SYN_PAREN ? s : NULL;
}

typedef struct {
    notes *n;
    sym *alone; /* names that stand without an argument somewhere */
    int alone_count, alone_capacity;
    struct applied {
        sym name;
        const syn *argument;
        bool primed, several, other;
        bool named; /* has had a name or a list for an argument, or was all there is: h(w x + b) alone; η (a − y) x is a product */
    } * applied;
    int applied_count, applied_capacity;
} usage;

static void add_alone(usage *u, sym name)
{
    for (int i = 0; i < u->alone_count; i++)
        if (u->alone[i] == name)
            return;
    if (u->alone_count == u->alone_capacity) {
        u->alone_capacity = u->alone_capacity ? 2 * u->alone_capacity : 64;
        u->alone = xrealloc(u->alone, (size_t)u->alone_capacity * sizeof *u->alone);
    }
    u->alone[u->alone_count++] = name;
}

/* (z): of σ₁(z₁) and σ₁(w₁x + b₁) the first is the argument the function has. */
static bool is_name(const syn *argument)
{
    return argument->count == 1 && argument->child[0]->kind == SYN_NAME;
}

static void add_applied(usage *u, sym name, const syn *argument, bool primed, bool named)
{
    for (int i = 0; i < u->applied_count; i++)
        if (u->applied[i].name == name) {
            struct applied *a = &u->applied[i];
            a->primed |= primed;
            a->named |= named;
            a->other |= argument && a->argument && !syn_equal(argument, a->argument);
            if (argument && (!a->argument || (is_name(argument) && !is_name(a->argument))))
                a->argument = argument;
            else if (argument && is_name(argument) && !syn_equal(argument, a->argument))
                a->several = true;
            return;
        }
    if (u->applied_count == u->applied_capacity) {
        u->applied_capacity = u->applied_capacity ? 2 * u->applied_capacity : 16;
        u->applied = xrealloc(u->applied, (size_t)u->applied_capacity * sizeof *u->applied);
    }
    u->applied[u->applied_count++] = (struct applied){.name = name, .argument = argument, .primed = primed, .named = named};
}

static const syn *name_inside(const syn *s)
{
    while (s->kind == SYN_PRIME || s->kind == SYN_POWER || s->kind == SYN_INDEX || s->kind == SYN_TRANSPOSE)
        s = s->child[0];
    return s->kind == SYN_NAME || s->kind == SYN_FAMILY ? s : NULL;
}

static bool primed(const syn *s)
{
    for (; s->count && s->kind != SYN_NAME && s->kind != SYN_FAMILY; s = s->child[0])
        if (s->kind == SYN_PRIME)
            return true;
    return false;
}

static void see_usage(void *context, const syn *s, const syn *parent, int place)
{
    usage *u = context;
    if (s->kind == SYN_PRIME && s->child[0]->kind == SYN_NAME)
        add_applied(u, s->child[0]->name, NULL, true, false);
    if (s->kind == SYN_PRODUCT)
        for (int i = 0; i + 1 < s->count; i++) {
            const syn *name = name_inside(s->child[i]);
            const syn *argument = s->text[i + 1] == ' ' ? notes_argument(s->child[i + 1]) : NULL;
            if (name && argument)
                add_applied(u, name->name, argument, primed(s->child[i]), is_name(argument) || argument->count > 1 || (s->count == 2 && !parent));
        }
    bool called =
        parent && parent->kind == SYN_PRODUCT && place + 1 < parent->count && notes_argument(parent->child[place + 1]) && parent->text[place + 1] == ' ';
    if (s->kind == SYN_NAME && !called && (!parent || (parent->kind != SYN_PRIME && parent->kind != SYN_POWER && parent->kind != SYN_TRANSPOSE)))
        add_alone(u, s->name);
}

static bool stands_alone(const usage *u, sym name)
{
    for (int i = 0; i < u->alone_count; i++)
        if (u->alone[i] == name)
            return true;
    return false;
}

static void look_at(usage *u, const syn *s)
{
    if (!s)
        return;
    see_usage(u, s, NULL, 0);
    notes_visit(s, see_usage, u);
}

typedef struct {
    const notes *n;
    sym name;
    bool found, capital;
} bare_search;

static void see_bare(void *context, const syn *s, const syn *parent, int place)
{
    bare_search *x = context;
    (void)parent, (void)place;
    const syn *of = s->kind == SYN_DERIVATIVE ? s->child[0] : NULL;
    while (of && of->count && (of->kind == SYN_PAREN || of->kind == SYN_PRODUCT))
        of = of->child[0];
    bool whole = of && s->child[0]->kind != SYN_NAME && s->count > 1 && s->child[1]->kind == SYN_NAME && intern_text(x->n->names, s->child[1]->name)[1] == 0 &&
                 x->capital;
    x->found |= of && of->kind == SYN_NAME && of->name == x->name && (s->child[0]->kind == SYN_NAME || whole);
}

static bool is_array(const notes *n, const syn *s)
{
    bool array = s->kind == SYN_NAME && latex_is_bold(n->reading, s->name);
    for (int k = 0; k < n->item_count && !array && s->kind == SYN_NAME; k++)
        array = n->item[k].role == NOTE_SHAPE && n->item[k].left && n->item[k].left->kind == SYN_NAME && n->item[k].left->name == s->name;
    return array;
}

/* f(x) = xᵀ A x, always with the same x: f is a value, and (x) says what it depends on. */
static bool differentiated_bare(const notes *n, sym name, const syn *argument)
{
    bare_search x = {.n = n, .name = name};
    bool defined = false;
    for (int i = 0; argument && i < argument->count; i++)
        if (argument->child[i]->kind != SYN_NAME)
            return false;
    const char *first = argument && argument->count ? intern_text(n->names, argument->child[0]->name) : "";
    x.capital = first[0] >= 'A' && first[0] <= 'Z';
    for (int k = 0; k < n->item_count; k++) {
        const note_item *i = &n->item[k];
        const syn *left = i->left;
        defined |= i->step == 1 && i->right && left && left->kind == SYN_PRODUCT && left->count == 2 && left->child[0]->kind == SYN_NAME &&
                   left->child[0]->name == name;
        if (left && i->step <= 1)
            see_bare(&x, left, NULL, 0), notes_visit(left, see_bare, &x);
        if (i->right)
            see_bare(&x, i->right, NULL, 0), notes_visit(i->right, see_bare, &x);
    }
    for (int i = 0; argument && i < argument->count; i++)
        x.found |= is_array(n, argument->child[i]);
    return defined && x.found;
}

void notes_collect_functions(notes *n)
{
    usage u = {.n = n};
    for (int i = 0; i < n->item_count; i++) {
        if (n->item[i].step <= 1)
            look_at(&u, n->item[i].left);
        look_at(&u, n->item[i].right);
    }
    n->function = arena_alloc(n->memory, ((size_t)u.applied_count + (size_t)(n->header ? n->header->count : 0) + 1) * sizeof *n->function);
    for (int i = 0; i < u.applied_count; i++) {
        const struct applied *a = &u.applied[i];
        const char *text = intern_text(n->names, a->name);
        bool usual = strncmp(text, "sigma", 5) == 0 || strncmp(text, "phi", 3) == 0 || strncmp(text, "f", 2) == 0 || strncmp(text, "g", 2) == 0;
        if (!a->primed && !a->other && differentiated_bare(n, a->name, a->argument))
            continue;
        if (notes_is_builtin(n, a->name) || !a->argument || ((stands_alone(&u, a->name) || !a->named) && !a->primed && !usual))
            continue;
        n->function[n->function_count++] = (note_function){a->name, (syn *)(size_t)a->argument, a->several};
    }
    for (int i = 0; n->header && i < n->header->count; i++) { /* what a header declares is settled */
        const syn *s = n->header->child[i];
        if (s->kind == SYN_FUNCTION && !notes_is_function(n, s->name))
            n->function[n->function_count++] = (note_function){s->name, NULL, false};
        for (int k = 0; s->kind == SYN_DECLARE && k < s->count; k++)
            for (int f = 0; f < n->function_count; f++)
                if (n->function[f].name == s->child[k]->name)
                    n->function[f] = n->function[--n->function_count];
    }
    free(u.alone);
    free(u.applied);
}

bool notes_is_function(const notes *n, sym name)
{
    for (int i = 0; i < n->function_count; i++)
        if (n->function[i].name == name)
            return true;
    return notes_is_builtin(n, name);
}
