/* What deltac does not look into: integrals, expectations, p(x|z), arg min, limits. Each becomes one name, the same wherever the same text stands; the
 * names inside are kept, because the value may depend on all of them. */
#include <stdlib.h>
#include <string.h>

#include "latex_build.h"

#include "latex.tab.h"

enum { MOST_LETTERS = 4, MOST_LABELS = 64, MOST_SHOWN = 200 };

typedef struct {
    latex_reading *r;
    const latex_token *t;
    const char *trouble;
    span trouble_at;
    latex_items *inside;
    bool density;
} finder;

/* --- where one ends --- */

static int argument_end(const latex_token *t, int i, int to)
{
    if (i >= to)
        return to;
    return t[i].kind == T_LBRACE && t[i].match > i && t[i].match < to ? t[i].match + 1 : i + 1;
}

static int scripts_end(const latex_token *t, int i, int to)
{
    while (i < to && (t[i].kind == T_SUB || t[i].kind == T_SUP || t[i].kind == T_PRIME))
        i = t[i].kind == T_PRIME ? i + 1 : argument_end(t, i + 1, to);
    return i;
}

static bool is_bracket(const latex_token *t, int i, int to)
{
    return i < to && (t[i].kind == T_LPAREN || t[i].kind == T_LBRACKET || t[i].kind == T_LSET || t[i].kind == T_LBRACE) && t[i].match > i && t[i].match < to;
}

static bool is_text(const latex_token *t, const char *text)
{
    return (t->kind == T_NAME || t->kind == T_TEXT || t->kind == T_OPAQUE) && t->text && strcmp(t->text, text) == 0;
}

/* Up to the next + or −. */
static int product_end(const latex_token *t, int i, int to)
{
    int start = i;
    while (i < to) {
        bool sign = (t[i].kind == T_PLUS || t[i].kind == T_MINUS) && i > start;
        if (sign || t[i].kind == T_COMMA || t[i].kind == T_SEMICOLON || t[i].kind == T_COND || t[i].kind == T_NORM || t[i].kind == T_RELATION)
            return i;
        i = is_bracket(t, i, to) ? t[i].match + 1 : i + 1;
    }
    return to;
}

/* ∫ … dx; of ∫∫ the last one. 0: there is no d. */
static int integral_end(const latex_token *t, int i, int to)
{
    int signs = 0;
    while (i < to) {
        signs += is_text(&t[i], "an integral");
        if (is_text(&t[i], "d") && i + 1 < to && t[i + 1].kind == T_NAME && --signs <= 0) {
            i = scripts_end(t, i + 2, to);
            while (i + 1 < to && is_text(&t[i], "d") && t[i + 1].kind == T_NAME) /* dx dy */
                i = scripts_end(t, i + 2, to);
            return i;
        }
        i = is_bracket(t, i, to) ? t[i].match + 1 : i + 1;
    }
    return 0;
}

/* Does a bracket hold `|`, ‖ or = of its own? */
static bool is_conditional(const latex_token *t, int open)
{
    for (int i = open + 1; i < t[open].match; i++) {
        if (t[i].kind == T_COND || t[i].kind == T_NORM || (t[i].kind == T_RELATION && t[i].number == RELATION_EQUAL))
            return true;
        if (t[i].match > i && t[i].match < t[open].match && t[i].kind != T_UNDERBRACE)
            i = t[i].match;
    }
    return false;
}

static bool is_expectation(const latex_token *t, int bracket)
{
    static const char *const always[] = {"Ebb", "Var", "Cov"};
    for (size_t k = 0; k < sizeof always / sizeof *always; k++)
        if (is_text(t, always[k]))
            return true;
    return is_text(t, "E") && bracket == T_LBRACKET;
}

static bool is_index_letter(const latex_token *t)
{
    return t->kind == T_NAME && t->text[0] && !t->text[1] && strchr("ijklmnpqst", t->text[0]);
}

/* max_θ is over values, max_k over an index. */
static bool is_extremum(const latex_token *t, int i, int to)
{
    if (t[i].kind != T_SIGN || (strcmp(t[i].text, "max") != 0 && strcmp(t[i].text, "min") != 0) || i + 2 >= to || t[i + 1].kind != T_SUB)
        return false;
    int first = t[i + 2].kind == T_LBRACE ? i + 3 : i + 2;
    return first < to && !is_index_letter(&t[first]);
}

/* The end of the atom that begins at i; i: there is none. */
static int atom_end(finder *f, int i, int to)
{
    const latex_token *t = f->t;
    f->density = false;
    if (is_text(&t[i], "an integral")) {
        int end = integral_end(t, i, to);
        if (!end && !f->trouble)
            f->trouble = "an integral without its dx is not read by deltac", f->trouble_at = t[i].at;
        return end ? end : to;
    }
    if (is_text(&t[i], "arg min") || is_text(&t[i], "argmin") || is_text(&t[i], "arg") || is_text(&t[i], "arg max") || is_text(&t[i], "argmax") ||
        is_text(&t[i], "a limit") || is_text(&t[i], "a supremum") || is_text(&t[i], "an infimum") || is_extremum(t, i, to))
        return product_end(t, i, to);
    bool indicator = is_text(&t[i], "ones") || is_text(&t[i], "onesbb") || is_text(&t[i], "Ibb") || is_text(&t[i], "I");
    if ((t[i].kind != T_NAME && t[i].kind != T_TEXT) || indicator)
        return i;
    int bracket = scripts_end(t, i + 1, to);
    if (!is_bracket(t, bracket, to) || (t[bracket].kind == T_LBRACE && !is_text(&t[i], "Ebb")))
        return i;
    bool expectation = is_expectation(&t[i], t[bracket].kind);
    f->density = !expectation && t[bracket].kind == T_LPAREN && is_conditional(t, bracket);
    return expectation || f->density ? t[bracket].match + 1 : i;
}

/* --- what is inside --- */

static syn *read_range(finder *f, int from, int to)
{
    latex_tokens out;
    const syn *labels[MOST_LABELS] = {0};
    const char *trouble = latex_find_atoms(f->r, f->t, from, to, &out, &f->trouble_at);
    latex_parser p = {.memory = f->r->memory, .reading = f->r, .names = f->r->names, .list = out.list, .count = out.count, .label_value = labels};
    syn *s = trouble || out.count == 0 ? NULL : latex_parse_expression(&p);
    if (trouble || p.trouble) {
        f->trouble = f->trouble ? f->trouble : trouble ? trouble : p.trouble;
        f->trouble_at = trouble ? f->trouble_at : p.trouble_at;
    }
    return s;
}

static void read_inside(finder *f, int from, int to);

static void read_part(finder *f, int from, int to)
{
    while (from < to && (f->t[from].kind == T_SUB || f->t[from].kind == T_SUP))
        from++;
    if (from >= to || f->trouble ||
        (to == from + 1 && (f->t[from].kind == T_TEXT || f->t[from].kind == T_DOT || f->t[from].kind == T_STAR || f->t[from].kind == T_TIMES)))
        return;
    if (is_bracket(f->t, from, to) && f->t[from].match == to - 1) {
        read_inside(f, from + 1, to - 1);
        return;
    }
    latex_parser p = {.memory = f->r->memory};
    syn *s = read_range(f, from, to);
    if (s)
        f->inside = latex_list(&p, f->inside, ',', s);
}

/* Parts between bars, commas and relations. */
static void read_inside(finder *f, int from, int to)
{
    int begin = from;
    for (int i = from; i <= to; i++) {
        if (i < to && is_bracket(f->t, i, to)) {
            i = f->t[i].match;
            continue;
        }
        bool parts = i == to || f->t[i].kind == T_COND || f->t[i].kind == T_NORM || f->t[i].kind == T_COMMA || f->t[i].kind == T_SEMICOLON ||
                     f->t[i].kind == T_RELATION || f->t[i].kind == T_COLON;
        if (!parts)
            continue;
        read_part(f, begin, i);
        begin = i + 1;
    }
}

/* The operator's own scripts and its operand: E_{x∼p}[…], ∫_0^1 … dx, p_θ(x|z). */
static void read_atom(finder *f, int from, int to)
{
    const latex_token *t = f->t;
    int i = from + 1, stop = to;
    if (t[i < to ? i : from].kind == T_SIGN) /* arg min */
        i++;
    while (i < to && (t[i].kind == T_SUB || t[i].kind == T_SUP)) {
        int end = argument_end(t, i + 1, to);
        read_part(f, i + 1, end);
        i = end;
    }
    while (i < to && t[i].kind == T_PRIME)
        i++;
    while (is_text(&t[from], "an integral") && stop - 2 > i && t[stop - 1].kind == T_NAME && is_text(&t[stop - 2], "d"))
        stop -= 2;
    read_inside(f, i, stop);
}

/* --- one name for one text --- */

typedef struct {
    latex_reading *r;
    sym letter[MOST_LETTERS];
    const syn *node[MOST_LETTERS];
    int count;
    sym bound[8];
    int bound_count;
    bool many;
} letters;

static void find_letters(letters *x, const syn *s)
{
    int before = x->bound_count;
    for (int k = 0; s->kind == SYN_REDUCE && k < s->number && x->bound_count < 8; k++)
        x->bound[x->bound_count++] = s->child[k]->name;
    for (int k = 1; s->kind == SYN_INDEX && k < s->count; k++) {
        bool known = s->child[k]->kind != SYN_NAME;
        for (int b = 0; b < x->bound_count; b++)
            known |= x->bound[b] == s->child[k]->name;
        for (int b = 0; b < x->count; b++)
            known |= x->letter[b] == s->child[k]->name;
        x->many |= s->child[k]->kind != SYN_NAME || (!known && x->count == MOST_LETTERS);
        if (!known && x->count < MOST_LETTERS) {
            x->node[x->count] = s->child[k];
            x->letter[x->count++] = s->child[k]->name;
        }
    }
    for (int k = 0; k < s->count; k++)
        if (s->child[k])
            find_letters(x, s->child[k]);
    x->bound_count = before;
}

/* The letters below the operator: arg max_k, E_i. */
static void bind_letters(const finder *f, int from, int to, letters *x)
{
    int i = from + 1 + (from + 1 < to && f->t[from + 1].kind == T_SIGN);
    int end = i < to && f->t[i].kind == T_SUB ? argument_end(f->t, i + 1, to) : i;
    for (; i < end && x->bound_count < 8; i++)
        if (is_index_letter(&f->t[i]))
            x->bound[x->bound_count++] = intern_puts(f->r->names, f->t[i].text);
}

static const char *key_of(finder *f, int from, int to, const letters *x)
{
    buffer b = {0};
    for (int i = from; i < to; i++) {
        const latex_token *t = &f->t[i];
        const char *text = t->text;
        sym name = t->kind == T_NAME && text ? intern_puts(f->r->names, text) : 0;
        for (int k = 0; k < x->count; k++)
            if (name == x->letter[k])
                text = arena_printf(f->r->memory, "#%d", k);
        buffer_puts(&b, text ? text : arena_printf(f->r->memory, "<%d.%d>", t->kind, t->number));
        buffer_puts(&b, " ");
    }
    const char *key = arena_strndup(f->r->memory, b.text ? b.text : "", b.length);
    buffer_free(&b);
    return key;
}

/* As it was written, blanks put together. */
static const char *shown(const finder *f, int from, int to)
{
    const source *s = source_get(f->r->sources, f->r->number);
    buffer b = {0};
    for (int32_t i = f->t[from].at.begin; i < f->t[to - 1].at.end && b.length < MOST_SHOWN; i++) {
        char c = s->text[i] == '\n' || s->text[i] == '\t' ? ' ' : s->text[i];
        if (c != ' ' || (b.length && b.text[b.length - 1] != ' '))
            buffer_add(&b, &c, 1);
    }
    const char *text = arena_strndup(f->r->memory, b.text ? b.text : "", b.length);
    buffer_free(&b);
    return text;
}

static latex_atom_entry *entry_of(latex_reading *r, const char *text)
{
    for (int i = 0; i < r->atom_count; i++)
        if (strcmp(r->atom[i].text, text) == 0)
            return &r->atom[i];
    if (r->atom_count == r->atom_capacity) {
        r->atom_capacity = r->atom_capacity ? 2 * r->atom_capacity : 16;
        latex_atom_entry *more = arena_alloc(r->memory, (size_t)r->atom_capacity * sizeof *more);
        if (r->atom_count)
            memcpy(more, r->atom, (size_t)r->atom_count * sizeof *more);
        r->atom = more;
    }
    latex_atom_entry *e = &r->atom[r->atom_count++];
    *e = (latex_atom_entry){.text = text, .name = intern_puts(r->names, arena_printf(r->memory, "unread%d", r->atom_count))};
    return e;
}

static const syn *make_atom(finder *f, int from, int to, span at)
{
    latex_parser p = {.memory = f->r->memory, .names = f->r->names, .reading = f->r};
    letters x = {.r = f->r};
    bool density = f->density;
    f->inside = NULL;
    if (!density)
        bind_letters(f, from, to, &x);
    read_atom(f, from, to);
    syn *inside = f->inside ? latex_nodes(&p, SYN_PAREN, f->inside, at) : syn_new(p.memory, SYN_PAREN, at, 0);
    find_letters(&x, inside);
    if (x.many && !f->trouble)
        f->trouble = "the indices in it are not read by deltac", f->trouble_at = at;
    latex_atom_entry *e = entry_of(f->r, key_of(f, from, to, &x));
    if (!e->inside) {
        e->inside = inside;
        e->indices = x.count;
        e->density = density;
        intern_note_spelling(f->r->names, e->name, intern_puts(f->r->names, shown(f, from, to)));
    }
    syn *name = latex_leaf(&p, SYN_NAME, NULL, at);
    name->name = e->name;
    name->flags = LATEX_ATOM;
    if (!x.count)
        return name;
    syn *index = syn_new(p.memory, SYN_INDEX, at, x.count + 1);
    index->child[0] = name;
    for (int k = 0; k < x.count; k++) {
        index->child[k + 1] = latex_leaf(&p, SYN_NAME, NULL, at);
        index->child[k + 1]->name = x.letter[k];
    }
    return index;
}

const char *latex_find_atoms(latex_reading *r, const latex_token *t, int from, int to, latex_tokens *out, span *trouble_at)
{
    finder f = {.r = r, .t = t};
    *out = (latex_tokens){0};
    for (int i = from; i < to;) {
        int end = atom_end(&f, i, to);
        if (end == i) {
            latex_token_add(r->memory, out, &t[i++]);
            continue;
        }
        span at = span_join(t[i].at, t[end - 1].at);
        const syn *node = f.trouble ? NULL : make_atom(&f, i, end, at);
        if (f.trouble)
            break;
        latex_token_add(r->memory, out, &(latex_token){.kind = T_ATOM, .at = at, .match = -1, .node = node});
        i = end;
    }
    if (f.trouble)
        *trouble_at = f.trouble_at;
    return f.trouble;
}

static const latex_atom_entry *find_entry(const latex_reading *r, sym name)
{
    for (int i = 0; i < r->atom_count; i++)
        if (r->atom[i].name == name)
            return &r->atom[i];
    return NULL;
}

const syn *latex_atom_inside(const latex_reading *r, sym name)
{
    const latex_atom_entry *e = find_entry(r, name);
    return e ? e->inside : NULL;
}

int latex_atom_indices(const latex_reading *r, sym name)
{
    const latex_atom_entry *e = find_entry(r, name);
    return e ? e->indices : 0;
}

bool latex_atom_is_density(const latex_reading *r, sym name)
{
    const latex_atom_entry *e = find_entry(r, name);
    return e && e->density;
}
