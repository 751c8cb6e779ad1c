/* What sub- and superscripts mean: parts of a name, indices, labels of layers, powers, transposes. */
#include <stdlib.h>
#include <string.h>

#include "latex_build.h"

#include "latex.tab.h"

enum { MOST_PRIMES = 9 };

static const char index_letters[] = "ijklmnpqst";

typedef struct {
    latex_parser *p;
    syn *base;
    const char *key; /* of a NAME base, growing */
    syn *label;      /* of a layer */
    syn *index[8];
    int index_count;
    syn *power;
    bool transpose;
    int primes;
} scripted;

static const char *letter_of(const latex_parser *p, const syn *s)
{
    return s->kind == SYN_NAME ? intern_text(p->names, s->name) : "";
}

static bool is_index_name(const latex_parser *p, const syn *s)
{
    const char *t = letter_of(p, s);
    if (strcmp(t, "ell") == 0)
        return true;
    return t[0] && !t[1] && (strchr(index_letters, t[0]) || memchr(p->reading->summed, t[0], (size_t)p->reading->summed_count));
}

/* t, t-1, i+1, 2i, and numbers inside. */
static bool is_index_expression(const latex_parser *p, const syn *s)
{
    if (s->kind == SYN_NAME)
        return is_index_name(p, s);
    if (s->kind == SYN_NUMBER)
        return true;
    if (s->kind != SYN_SUM && s->kind != SYN_NEGATE && s->kind != SYN_PAREN)
        return false;
    for (int i = 0; i < s->count; i++)
        if (!is_index_expression(p, s->child[i]) && !(s->kind == SYN_SUM && letter_of(p, s->child[i])[0] && !letter_of(p, s->child[i])[1]))
            return false;
    return true;
}

static void add_word(scripted *x, const char *word)
{
    x->key = arena_printf(x->p->memory, "%s_%s", x->key, word);
}

/* A subscript's product of letters: `ij` is two indices, `out` a word. */
static bool letters(scripted *x, const syn *s)
{
    latex_parser *p = x->p;
    bool indices = true, words = true;
    for (int i = 0; i < s->count; i++) {
        indices &= s->text[i] == ' ' && is_index_name(p, s->child[i]);
        words &= s->text[i] == ' ' && (s->child[i]->kind == SYN_NAME || s->child[i]->kind == SYN_NUMBER);
    }
    if (indices && x->index_count + s->count <= 8) {
        for (int i = 0; i < s->count; i++)
            x->index[x->index_count++] = s->child[i];
        return true;
    }
    if (!words)
        return false;
    add_word(x, "");
    for (int i = 0; i < s->count; i++)
        x->key = arena_printf(p->memory, "%s%s", x->key, s->child[i]->kind == SYN_NUMBER ? s->child[i]->text : letter_of(p, s->child[i]));
    return true;
}

static void add_digits(scripted *x, const char *digits)
{
    size_t n = strlen(x->key);
    bool after_digit = n && x->key[n - 1] >= '0' && x->key[n - 1] <= '9';
    x->key = arena_printf(x->p->memory, "%s%s%s", x->key, after_digit ? "_" : "", digits);
}

static bool subscript(scripted *x, syn *s)
{
    latex_parser *p = x->p;
    if (s->kind == SYN_EMPTY && s->count == 0)
        return true;
    if (s->kind == SYN_EMPTY) {
        for (int i = 0; i < s->count; i++)
            if (is_index_expression(p, s->child[i]) && x->index_count < 8)
                x->index[x->index_count++] = s->child[i];
            else if (!x->key || (s->child[i]->kind != SYN_NAME && s->child[i]->kind != SYN_STRING) || !subscript(x, s->child[i]))
                return false;
        return true;
    }
    if (s->kind == SYN_NUMBER && x->key) {
        add_digits(x, s->text);
        return true;
    }
    if (s->kind == SYN_STRING && x->key && s->text[0] != '\\') {
        buffer b = {0};
        for (const char *c = s->text; *c; c++)
            if (((*c | 32) >= 'a' && (*c | 32) <= 'z') || (*c >= '0' && *c <= '9'))
                buffer_add(&b, c, 1);
        add_word(x, b.text ? b.text : "");
        buffer_free(&b);
        return true;
    }
    if (s->kind == SYN_NAME && !is_index_name(p, s) && x->key) {
        add_word(x, letter_of(p, s));
        return true;
    }
    if (s->kind == SYN_INDEX && s->child[0]->kind == SYN_NAME && x->index_count < 8) { /* s_{y_i} */
        x->index[x->index_count++] = s;
        return true;
    }
    if (s->kind == SYN_PRODUCT && x->key)
        return letters(x, s);
    if (is_index_expression(p, s) && x->index_count < 8) {
        x->index[x->index_count++] = s;
        return true;
    }
    return false;
}

static bool is_label(const latex_parser *p, const syn *s)
{
    if (s->kind == SYN_SUM)
        s = s->child[0];
    const char *t = letter_of(p, s);
    if (strcmp(t, "ell") == 0)
        t = "l";
    return t[0] && !t[1] && memchr(p->reading->label, t[0], (size_t)p->reading->label_count);
}

static bool superscript(scripted *x, syn *s);

/* ^{[1]T}, ^{l\top}, ^{(2),*}: a label and what stands beside it. */
static bool is_label_list(const latex_parser *p, const syn *s)
{
    if ((s->kind != SYN_PRODUCT && s->kind != SYN_EMPTY) || s->count != 2)
        return false;
    const syn *a = s->child[0], *b = s->child[1];
    bool label = a->kind == SYN_PAREN || is_label(p, a) || (a->kind == SYN_NUMBER && s->kind == SYN_EMPTY) || s->kind == SYN_EMPTY;
    return label && (strcmp(letter_of(p, b), "T") == 0 || b->kind == SYN_STRING);
}

static bool superscript(scripted *x, syn *s)
{
    latex_parser *p = x->p;
    if (s->kind == SYN_EMPTY && s->count == 0)
        return true;
    if (is_label_list(p, s))
        return superscript(x, s->child[0]) && superscript(x, s->child[1]);
    if (s->kind == SYN_STRING && strcmp(s->text, "\\top") == 0)
        return x->transpose = true;
    if (s->kind == SYN_STRING && strcmp(s->text, "\\prime") == 0) {
        x->primes += s->number;
        return true;
    }
    if (s->kind == SYN_STRING && strcmp(s->text, "\\star") == 0 && x->key) {
        add_word(x, "star");
        return true;
    }
    if (s->kind == SYN_NAME && strcmp(letter_of(p, s), "T") == 0)
        return x->transpose = true;
    if (s->kind == SYN_NEGATE && s->child[0]->kind == SYN_NAME && strcmp(letter_of(p, s->child[0]), "T") == 0) { /* A^{-T} */
        x->transpose = true;
        x->power = latex_node(p, SYN_NEGATE, latex_leaf(p, SYN_NUMBER, "1", s->at), NULL, s->at);
        return true;
    }
    if (s->kind == SYN_PAREN && s->count == 1 && x->key) { /* (l), [l], (2) */
        syn *inside = s->child[0];
        if (inside->kind == SYN_NUMBER || is_label(p, inside))
            x->label = inside;
        else if (is_index_expression(p, inside) && x->index_count < 8) {
            memmove(x->index + 1, x->index, (size_t)x->index_count++ * sizeof *x->index);
            x->index[0] = inside;
        } else
            x->power = s;
        return true;
    }
    if (x->key && is_label(p, s)) {
        x->label = s;
        return true;
    }
    if (s->kind == SYN_STRING && x->key) {
        add_word(x, s->text);
        return true;
    }
    x->power = s;
    return true;
}

/* --- heads: Σ_{i=1}^n, ∇_W, ∂_x --- */

static syn *binder(latex_parser *p, syn *s, syn *high)
{
    const syn *name = s->kind == SYN_COMPARE ? s->child[0] : s;
    if (name->kind != SYN_NAME)
        return NULL;
    bool range = s->kind == SYN_COMPARE && strcmp(s->text, "==") == 0 && high;
    if (s->kind == SYN_COMPARE && !range) {
        bool unequal = strcmp(s->text, "!=") == 0, below = s->text[0] == '<' || s->text[0] == '>';
        if (strcmp(s->text, "in") == 0)
            latex_trouble(p, s->at, "a sum over a set is not read by deltac");
        else if (below)
            latex_trouble(p, s->at, "a sum under an order of indices is not read by deltac");
        else if (!unequal)
            latex_trouble(p, s->at, "a sum that begins at a value and has no end is not read by deltac");
        else {
            syn *b = latex_node(p, SYN_BINDER, s, NULL, s->at);
            b->name = name->name;
            return b;
        }
        return NULL;
    }
    syn *b = syn_new(p->memory, SYN_BINDER, s->at, range ? 1 : 0);
    b->name = name->name;
    if (range)
        b->child[0] = latex_node(p, SYN_RANGE, s->child[1], high, span_join(s->at, high->at));
    return b;
}

static syn *scripted_sign(latex_parser *p, syn *sign, const latex_scripts *scripts)
{
    syn *low = NULL, *high = NULL, *found[8];
    int count = 0;
    for (; scripts; scripts = scripts->next) {
        if (scripts->kind == '_')
            low = scripts->value;
        else if (scripts->kind == '^')
            high = scripts->value;
    }
    for (int i = 0; low && i < (low->kind == SYN_EMPTY || low->kind == SYN_PRODUCT ? low->count : 1) && count < 8; i++) {
        syn *one = low->kind == SYN_EMPTY || low->kind == SYN_PRODUCT ? low->child[i] : low;
        if ((found[count] = binder(p, one, high)))
            count++;
        else
            latex_trouble(p, one->at, "this is no index to sum over");
    }
    syn *s = syn_new(p->memory, SYN_REDUCE, sign->at, count);
    s->name = sign->name;
    s->number = count;
    for (int i = 0; i < count; i++) s->child[i] = found[i];
    if (count == 0)
        s->child = NULL;
    return s;
}

static syn *operator_by(latex_parser *p, syn *base, syn *by, const char *text)
{
    syn *s = syn_new(p->memory, SYN_DERIVATIVE, base->at, 2);
    s->child[1] = by;
    s->number = 1;
    s->text = text;
    return s;
}

/* ∇₁ and ∇₁′ are what a scanner makes of σ₁. */
static syn *scripted_nabla(latex_parser *p, syn *base, const latex_scripts *scripts, span at)
{
    const syn *by = NULL;
    bool twice = false;
    for (const latex_scripts *s = scripts; s; s = s->next) {
        if (s->kind == '_' && s->value->kind == SYN_NUMBER) {
            p->soft = "∇ with a number stands where a function is expected";
            p->soft_at = at;
            base = latex_key(p, arena_printf(p->memory, "nabla%s", s->value->text), at);
            intern_note_spelling(p->names, base->name, intern_puts(p->names, arena_printf(p->memory, "∇%s", s->value->text)));
            for (; scripts; scripts = scripts->next)
                if (scripts->kind == '\'') {
                    base = latex_node(p, SYN_PRIME, base, NULL, at);
                    base->number = scripts->number;
                }
            return base;
        }
        twice |= s->kind == '^' && s->value->kind == SYN_NUMBER && strcmp(s->value->text, "2") == 0;
        if (s->kind != '_' && !twice) {
            latex_trouble(p, at, "this ∇ has a script that is not understood");
            return base;
        }
        if (s->kind == '_')
            by = s->value;
    }
    syn *where = by ? (syn *)(size_t)by : latex_node(p, SYN_EMPTY, NULL, NULL, at); /* ∇f: by the argument f has */
    syn *d = operator_by(p, base, where, "grad");
    if (twice) {
        d = syn_new(p->memory, SYN_DERIVATIVE, at, 3);
        d->child[1] = d->child[2] = where;
        d->number = 2;
        d->text = "grad";
    }
    return d;
}

static syn *held(latex_parser *p, syn *of, syn *what, span at)
{
    int count = what->kind == SYN_EMPTY ? what->count : 1;
    syn *s = syn_new(p->memory, SYN_HOLD, at, count + 1);
    s->child[0] = of;
    for (int i = 0; i < count; i++) {
        syn *one = what->kind == SYN_EMPTY ? what->child[i] : what;
        if (one->kind == SYN_COMPARE && one->child[0]->kind == SYN_NAME) {
            syn *named = syn_new(p->memory, SYN_NAMED, one->at, 1);
            named->name = one->child[0]->name;
            named->child[0] = one->child[1];
            one = named;
        }
        s->child[i + 1] = one;
    }
    return s;
}

/* ‖a‖₁ */
static syn *sum_of_amounts(latex_parser *p, syn *a, span at)
{
    syn *inside = latex_node(p, SYN_PAREN, latex_node(p, SYN_ABS, a, NULL, at), NULL, at),
        *call = latex_node(p, SYN_PRODUCT, latex_key(p, "sum", at), inside, at);
    call->text = "  ";
    return latex_node(p, SYN_PAREN, call, NULL, at);
}

/* ‖·‖₂ and ‖·‖_F are the root of the sum of squares, ‖·‖₁ is not. What is left of the scripts. */
static latex_scripts *scripted_norm(latex_parser *p, latex_scripts *scripts, span at, syn **base)
{
    latex_scripts *kept = NULL;
    for (latex_scripts *s = scripts; s; s = s->next) {
        bool euclid = s->kind == '_' && ((s->value->kind == SYN_NUMBER && strcmp(s->value->text, "2") == 0) || strcmp(letter_of(p, s->value), "F") == 0 ||
                                         (s->value->kind == SYN_STRING && strcmp(s->value->text, "F") == 0));
        if (s->kind == '_' && s->value->kind == SYN_NUMBER && strcmp(s->value->text, "1") == 0)
            *base = sum_of_amounts(p, (*base)->child[0], at);
        else if (s->kind == '_' && !euclid)
            latex_trouble(p, at, "this norm is not read by deltac (only the Euclidean and Frobenius norms)");
        else if (!euclid)
            kept = latex_script(p, kept, s->kind, s->value, s->number);
    }
    return kept;
}

static syn *assemble(scripted *x, span at)
{
    latex_parser *p = x->p;
    syn *s = x->base;
    if (x->key) {
        s = latex_key(p, x->key, at);
        s->number = x->base->number;
        s->flags = x->base->flags;
    }
    if (x->label) {
        syn *f = latex_node(p, SYN_FAMILY, x->label, NULL, at);
        f->name = s->name;
        s = f;
    }
    if (x->primes) {
        s = latex_node(p, SYN_PRIME, s, NULL, at);
        s->number = x->primes;
    }
    if (x->index_count) {
        syn *i = syn_new(p->memory, SYN_INDEX, at, x->index_count + 1);
        i->child[0] = s;
        memcpy(i->child + 1, x->index, (size_t)x->index_count * sizeof *x->index);
        s = i;
    }
    if (x->transpose)
        s = latex_node(p, SYN_TRANSPOSE, s, NULL, at);
    if (x->power)
        s = latex_node(p, SYN_POWER, s, latex_paren(p, x->power), at);
    return s;
}

syn *latex_scripted(latex_parser *p, syn *base, latex_scripts *scripts, span at)
{
    if (base->kind == SYN_REDUCE && base->count == 0 && base->number == 0)
        return scripted_sign(p, base, scripts);
    if (latex_is(p, base, "\\nabla"))
        return scripted_nabla(p, base, scripts, at);
    if (latex_is(p, base, "\\partial") && scripts && scripts->kind == '_')
        return operator_by(p, base, scripts->value, NULL);
    if (base->kind == SYN_NORM)
        scripts = scripted_norm(p, scripts, at, &base);
    if (scripts && !scripts->next && scripts->kind == '_' && latex_is_one(p, base) &&
        (scripts->value->kind == SYN_COMPARE || scripts->value->kind == SYN_LOGIC)) /* 1_{x > 0} */
        return latex_indicator(p, scripts->value, at);
    if (scripts && scripts->kind == '_' && scripts->value->kind == SYN_NAME && latex_is_one(p, base) &&
        base->flags & SYN_BOLD) /* I_n: how large is known from elsewhere */
        scripts = scripts->next;
    if (!scripts)
        return base;
    scripted x = {.p = p, .base = base, .key = base->kind == SYN_NAME && !(base->flags & LATEX_ATOM) ? intern_text(p->names, base->name) : NULL};
    for (; scripts; scripts = scripts->next) {
        if (scripts->kind == '_' ? !subscript(&x, scripts->value) : scripts->kind == '^' ? !superscript(&x, scripts->value) : false)
            latex_trouble(p, scripts->value->at, "this script is not understood");
        if (scripts->kind == '\'')
            x.primes += scripts->number;
        if (x.primes > MOST_PRIMES)
            latex_trouble(p, at, "so many primes are not read by deltac"), x.primes = 0;
        if (scripts->kind == '!')
            latex_trouble(p, at, "a factorial is not read by deltac");
        if (scripts->kind == '|') {
            x.base = held(p, assemble(&x, at), scripts->value, at);
            x = (scripted){.p = p, .base = x.base};
        }
    }
    return assemble(&x, at);
}
