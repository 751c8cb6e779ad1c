/* (1/m) Σ_i …: where nothing else is known of m, it may be the number of terms. */
#include <string.h>

#include "gen/tool/notes.h"

static const syn *bare(const syn *s)
{
    while (s && s->kind == SYN_PAREN && s->count == 1)
        s = s->child[0];
    return s;
}

/* The letter that a number is divided by: m of 1/m, 2/m, 1/(2m); 0: it is no such quotient. */
static sym divisor(const syn *s)
{
    s = bare(s);
    if (!s || s->kind != SYN_PRODUCT || s->count != 2 || s->text[1] != '/' || bare(s->child[0])->kind != SYN_NUMBER)
        return 0;
    const syn *below = bare(s->child[1]);
    if (below->kind == SYN_PRODUCT && below->count == 2 && below->text[1] == ' ' && below->child[0]->kind == SYN_NUMBER)
        below = below->child[1];
    return below->kind == SYN_NAME ? below->name : 0;
}

static bool is_open_sum(const notes *n, const syn *s)
{
    return s->kind == SYN_REDUCE && s->number == 1 && s->child[0]->count == 0 && !s->child[0]->text && strcmp(intern_text(n->names, s->name), "sum") == 0;
}

bool notes_is_mean(const notes *n, const syn *product, sym m)
{
    bool divided = false;
    for (int i = 0; product->kind == SYN_PRODUCT && i < product->count; i++) {
        if (divided && is_open_sum(n, product->child[i]))
            return true;
        divided = divided || divisor(product->child[i]) == m;
    }
    return false;
}

typedef struct {
    const notes *n;
    sym found;
} count_search;

/* A letter that people count with, of which the document says nothing. */
static bool may_count(const notes *n, sym name)
{
    const char *text = intern_text(n->names, name);
    return text[0] && !text[1] && strchr("mnNMBKS", text[0]) && notes_first(n, name) < 0 && !notes_is_size(n, name);
}

static void see_mean(void *context, const syn *s, const syn *parent, int place)
{
    count_search *x = context;
    (void)parent, (void)place;
    for (int i = 0; s->kind == SYN_PRODUCT && i < s->count && !x->found; i++) {
        sym m = divisor(s->child[i]);
        if (m && may_count(x->n, m) && notes_is_mean(x->n, s, m))
            x->found = m;
    }
}

static void look(count_search *x, const syn *s)
{
    see_mean(x, s, NULL, 0);
    notes_visit(s, see_mean, x);
}

sym notes_counted(const notes *n, int item)
{
    const note_item *i = &n->item[item];
    count_search x = {.n = n};
    look(&x, i->left);
    look(&x, i->right);
    for (int d = 0; d < n->definition_count && !x.found; d++)
        if (n->definition[d].value && !n->definition[d].unknown && !n->definition[d].set &&
            (notes_reaches(n, i->left, n->definition[d].name, item) || notes_reaches(n, i->right, n->definition[d].name, item)))
            look(&x, n->definition[d].value);
    return x.found;
}
