/* Fractions, of which those with ∂ or d are derivatives; roots. */
#include <stdlib.h>
#include <string.h>

#include "latex_build.h"

#include "latex.tab.h"

/* The order of a ∂ or d at the head of a numerator: 0 if it is none. *of receives what follows, or NULL. */
static int derivative_head(latex_parser *p, syn *s, bool round, syn **of)
{
    syn *head = s->kind == SYN_PRODUCT ? s->child[0] : s;
    int order = 1;
    if (head->kind == SYN_POWER && head->child[1]->kind == SYN_NUMBER) {
        order = atoi(head->child[1]->text);
        head = head->child[0];
    }
    if (!(round ? latex_is_partial(p, head) : latex_is_d(p, head)) || order < 1 || order > 20)
        return 0;
    *of = NULL;
    if (s->kind == SYN_PRODUCT) {
        latex_items rest = {0};
        for (int i = 1; i < s->count; i++)
            latex_list(p, &rest, s->text[i], s->child[i]);
        *of = rest.count == 1 ? rest.first->node : latex_operators(p, SYN_PRODUCT, rest.first, NULL, rest.count);
    }
    return order;
}

/* ∂w ∂b², d\theta: the names below, each as often as it is differentiated by; −1 if it is something else. Under a single ∂ above, ∂σ² is by the variance. */
static int names_below(latex_parser *p, const syn *s, bool round, int order, latex_items *below)
{
    if (s->kind != SYN_PRODUCT)
        return -1;
    for (int i = 0; i < s->count; i++) {
        const syn *sign = s->child[i];
        if (!(round ? latex_is_partial(p, sign) : latex_is_d(p, sign)) || ++i >= s->count)
            return -1;
        syn *name = s->child[i];
        int times = 1;
        if (name->kind == SYN_POWER && name->child[1]->kind == SYN_NUMBER && !(order == 1 && s->count == 2)) {
            times = atoi(name->child[1]->text);
            name = name->child[0];
        }
        for (int k = 0; k < times && times <= 20; k++)
            latex_list(p, below, ',', name);
    }
    return below->count;
}

static syn *derivative(latex_parser *p, syn *above, syn *below, span at, bool round)
{
    syn *of = NULL;
    latex_items names = {0};
    int order = derivative_head(p, above, round, &of), count = names_below(p, below, round, order, &names);
    if (order == 0 && count <= 0)
        return NULL;
    if (order == 0 || count <= 0) {
        if (round)
            latex_trouble(p, at, order ? "a derivative by what? the ∂ below is missing" : "the ∂ above is missing");
        return NULL;
    }
    if (order != count) {
        latex_trouble(p, at, "this derivative is of order %d above and of order %d below", order, count);
        return NULL;
    }
    syn *s = syn_new(p->memory, SYN_DERIVATIVE, at, count + 1);
    s->child[0] = of;
    int n = 1;
    for (latex_item *i = names.first; i; i = i->next)
        s->child[n++] = i->node;
    s->number = order;
    return s;
}

/* `\frac12` arrives as the number 12 and a second argument that belongs elsewhere; it is not accepted silently. */
syn *latex_fraction(latex_parser *p, syn *above, syn *below, span at)
{
    syn *s = derivative(p, above, below, at, true);
    if (!s && !p->trouble)
        s = derivative(p, above, below, at, false);
    if (s)
        return s;
    static const char *const known[] = {"1/2", "1/3", "2/3", "1/4", "3/4", "1/5", "1/6", "1/8"};
    if (above->kind == SYN_NUMBER && below->kind == SYN_NUMBER)
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (strlen(above->text) == 1 && strlen(below->text) == 1 && known[i][0] == above->text[0] && known[i][2] == below->text[0])
                return latex_leaf(p, SYN_NUMBER, known[i], at);
    latex_items *list = latex_list(p, latex_list(p, NULL, ' ', latex_paren(p, above)), '/', latex_paren(p, below));
    return latex_node(p, SYN_PAREN, latex_operators(p, SYN_PRODUCT, list->first, NULL, 2), NULL, at);
}

syn *latex_root(latex_parser *p, syn *a, span at)
{
    syn *inside = a->kind == SYN_PAREN && a->count == 1 ? a : latex_node(p, SYN_PAREN, a, NULL, a->at);
    latex_items *list = latex_list(p, latex_list(p, NULL, ' ', latex_key(p, "sqrt", at)), ' ', inside);
    return latex_node(p, SYN_PAREN, latex_operators(p, SYN_PRODUCT, list->first, NULL, 2), NULL, at);
}

syn *latex_nth_root(latex_parser *p, const latex_token *n, syn *a, span at)
{
    syn *one = latex_leaf(p, SYN_NUMBER, "1", at);
    latex_items *list = latex_list(p, latex_list(p, NULL, ' ', one), '/', latex_number(p, n));
    syn *exponent = latex_node(p, SYN_PAREN, latex_operators(p, SYN_PRODUCT, list->first, NULL, 2), NULL, at);
    return latex_node(p, SYN_POWER, latex_node(p, SYN_PAREN, a, NULL, a->at), exponent, at);
}
