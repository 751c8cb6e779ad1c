/* Braces with labels, matrices, cases, inner products. */
#include <stdlib.h>
#include <string.h>

#include "latex_build.h"

#include "latex.tab.h"

/* Always a PAREN, so that a label has a node to belong to. */
syn *latex_braced(latex_parser *p, const latex_token *t, syn *a, span at)
{
    syn *s = latex_node(p, SYN_PAREN, a, NULL, at);
    if (t->match >= 0)
        p->label_value[t->match] = s;
    return s;
}

syn *latex_matrix(latex_parser *p, latex_items *rows, span at)
{
    int columns = rows->first->node->count, n = 0;
    syn *s = syn_new(p->memory, SYN_BRACKET, at, columns * rows->count);
    for (latex_item *i = rows->first; i; i = i->next) {
        if (i->node->count != columns) {
            latex_trouble(p, i->node->at, "the rows of this matrix differ: %d and %d", columns, i->node->count);
            return s;
        }
        for (int k = 0; k < columns; k++)
            s->child[n++] = i->node->child[k];
    }
    s->number = rows->count;
    return s;
}

latex_items *latex_append(latex_parser *p, latex_items *a, const latex_items *b)
{
    for (latex_item *i = b->first; i; i = i->next)
        a = latex_list(p, a, i->op, i->node);
    return a;
}

syn *latex_between(latex_parser *p, syn *a, syn *b, span at)
{
    syn *s = latex_node(p, SYN_LOGIC, a, b, at);
    s->text = "and";
    return s;
}

static bool begins_with(const syn *s, const char *word)
{
    const char *t = s->kind == SYN_STRING ? s->text : "";
    while (*t == ' ' || *t == ',')
        t++;
    return strncmp(t, word, strlen(word)) == 0;
}

static bool is_rest(const syn *s)
{
    return begins_with(s, "otherwise") || begins_with(s, "else") || begins_with(s, "Otherwise") || begins_with(s, "elsewhere");
}

/* `if x > 0`: the words go. */
static syn *condition_of(latex_parser *p, syn *s)
{
    syn *first = s->kind == SYN_COMPARE ? s->child[0] : NULL;
    if (s->kind == SYN_LOGIC)
        s->child[0] = condition_of(p, s->child[0]);
    if (first && first->kind == SYN_PRODUCT && first->child[0]->kind == SYN_STRING) {
        latex_items rest = {0};
        for (int i = 1; i < first->count; i++)
            latex_list(p, &rest, first->text[i], first->child[i]);
        s->child[0] = rest.count == 1 ? rest.first->node : latex_operators(p, SYN_PRODUCT, rest.first, NULL, rest.count);
    }
    if (s->kind != SYN_COMPARE && s->kind != SYN_LOGIC)
        latex_trouble(p, s->at, "this is no condition that deltac reads");
    return s;
}

syn *latex_cases(latex_parser *p, latex_items *list, span at)
{
    const latex_item *row[64];
    int count = 0;
    for (const latex_item *i = list->first; i && count < 64; i = i->next->next)
        row[count++] = i;
    syn *rest = row[count - 1]->node;
    if (count < 2) {
        latex_trouble(p, at, "one case is no definition by cases");
        return rest;
    }
    if (!is_rest(row[count - 1]->next->node))
        condition_of(p, row[count - 1]->next->node);
    for (int i = count - 2; i >= 0; i--) {
        syn *s = syn_new(p->memory, SYN_IF, at, 3);
        s->child[0] = condition_of(p, row[i]->next->node);
        s->child[1] = row[i]->node;
        s->child[2] = rest;
        rest = s;
    }
    return latex_node(p, SYN_PAREN, rest, NULL, at);
}

/* ⟨a, b⟩ */
syn *latex_inner(latex_parser *p, latex_items *list, span at)
{
    if (list->count != 2) {
        latex_trouble(p, at, "these angle brackets are not read by deltac");
        return list->first->node;
    }
    syn *a = latex_paren(p, list->first->node), *b = latex_paren(p, list->last->node);
    latex_items *product = latex_list(p, latex_list(p, NULL, ' ', a), '.', b);
    return latex_node(p, SYN_PAREN, latex_operators(p, SYN_PRODUCT, product->first, NULL, 2), NULL, at);
}
