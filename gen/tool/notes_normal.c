/* Notation that only the whole document settles: what a subscript letter is, whether σ² is a name, which letter counts time, what dW is short for.
 *
 * Trees are changed in place, before anything else looks at them: the sides of a chain are shared, and stay so. */
#include <stdlib.h>
#include <string.h>

#include "gen/tool/notes.h"

typedef struct {
    sym list[64];
    int count;
} name_set;

static bool has(const name_set *s, sym name)
{
    for (int i = 0; i < s->count; i++)
        if (s->list[i] == name)
            return true;
    return false;
}

static void put(name_set *s, sym name)
{
    if (!has(s, name) && s->count < 64)
        s->list[s->count++] = name;
}

typedef struct {
    notes *n;
    name_set value;   /* letters that are values somewhere */
    name_set bound;   /* letters bound by a sum, shifted (t − 1), or beside another index */
    name_set squared; /* σ² is the name */
    name_set single;  /* names that stand without a square */
    name_set timed;   /* names that the letter of time counts */
    name_set pairs, ones; /* names with two indices, with one */
    name_set split;       /* letters that are indices because W_{ab} stands beside W_{ki} */
    name_set plain;   /* names that stand without an index */
    sym cost;
    int costs, at; /* at: the item that is changed */
} survey;

typedef void (*changer)(survey *v, syn *s);

static void change_tree(survey *v, syn *s, changer change)
{
    for (int i = 0; s && i < s->count; i++)
        if (s->child[i])
            change_tree(v, s->child[i], change);
    if (s)
        change(v, s);
}

static void change_all(survey *v, changer change)
{
    for (int k = 0; k < v->n->item_count; k++) {
        v->at = k;
        change_tree(v, v->n->item[k].left, change);
        change_tree(v, v->n->item[k].right, change);
    }
}

static void survey_all(survey *v, notes_visitor visit)
{
    for (int k = 0; k < v->n->item_count; k++) {
        const note_item *i = &v->n->item[k];
        if (i->left && i->step <= 1)
            visit(v, i->left, NULL, 0), notes_visit(i->left, visit, v);
        if (i->right)
            visit(v, i->right, NULL, 0), notes_visit(i->right, visit, v);
    }
}

static sym key(notes *n, const char *base, const char *suffix)
{
    return intern_puts(n->names, arena_printf(n->memory, "%s%s", base, suffix));
}

static void spell(notes *n, sym made, sym base, const char *suffix)
{
    intern_note_spelling(n->names, made,
                         intern_puts(n->names, arena_printf(n->memory, "%s%s", intern_text(n->names, intern_spelling(n->names, base)), suffix)));
}

static void become_name(notes *n, syn *s, sym name)
{
    (void)n;
    s->kind = SYN_NAME;
    s->name = name;
    s->text = NULL;
    s->number = 0;
    s->count = 0;
}

/* --- letters that are values: the t of g_t(t), the i of the gate i_t beside W_i --- */

static bool one_letter(const notes *n, const syn *s)
{
    return s->kind == SYN_NAME && intern_text(n->names, s->name)[0] && !intern_text(n->names, s->name)[1];
}

static void see_letters(void *context, const syn *s, const syn *parent, int place)
{
    survey *v = context;
    bool index = parent && ((parent->kind == SYN_INDEX && place > 0) || parent->kind == SYN_FAMILY);
    if (s->kind == SYN_BINDER)
        put(&v->bound, s->name);
    if (s->kind == SYN_INDEX && s->count > 2)
        for (int i = 1; i < s->count; i++)
            if (s->child[i]->kind == SYN_NAME)
                put(&v->bound, s->child[i]->name);
    if (parent && parent->kind == SYN_COMPARE && s->kind == SYN_NAME)
        put(&v->bound, s->name);
    if (index && s->kind == SYN_SUM)
        for (int i = 0; i < s->count; i++)
            if (s->child[i]->kind == SYN_NAME)
                put(&v->bound, s->child[i]->name);
    if (!index && one_letter(v->n, s) &&
        !(parent && (parent->kind == SYN_SUM || parent->kind == SYN_BINDER || parent->kind == SYN_RANGE || parent->kind == SYN_COMPARE)))
        put(&v->value, s->name);
    if (s->kind == SYN_SUM && !index) /* a sum inside an index is no value */
        for (int i = 0; i < s->count; i++)
            if (one_letter(v->n, s->child[i]))
                put(&v->value, s->child[i]->name);
}

static void join_letter(survey *v, syn *s)
{
    notes *n = v->n;
    if (s->kind != SYN_INDEX || s->count != 2 || s->child[0]->kind != SYN_NAME || s->child[1]->kind != SYN_NAME)
        return;
    sym letter = s->child[1]->name, base = s->child[0]->name;
    if ((!has(&v->value, letter) || has(&v->bound, letter)) && !(n->item_count < 2000 && notes_is_part_of_name(n, letter, base)))
        return;
    const char *suffix = arena_printf(n->memory, "_%s", intern_text(n->names, letter));
    sym made = key(n, intern_text(n->names, base), suffix);
    spell(n, made, base, suffix);
    become_name(n, s, made);
}

/* --- σ² as a name: it is defined, or differentiated by --- */

static const syn *squared_name(const syn *s)
{
    bool square = s && s->kind == SYN_POWER && s->child[0]->kind == SYN_NAME && s->child[1]->kind == SYN_NUMBER && strcmp(s->child[1]->text, "2") == 0;
    return square ? s->child[0] : NULL;
}

static void see_squares(void *context, const syn *s, const syn *parent, int place)
{
    survey *v = context;
    if (s->kind == SYN_NAME && !(parent && squared_name(parent) == s))
        put(&v->single, s->name);
    if (parent && parent->kind == SYN_DERIVATIVE && place > 0 && squared_name(s))
        put(&v->squared, s->child[0]->name);
}

static void join_square(survey *v, syn *s)
{
    const syn *name = squared_name(s);
    if (!name || !has(&v->squared, name->name))
        return;
    sym made = key(v->n, intern_text(v->n->names, name->name), "_squared");
    spell(v->n, made, name->name, "²");
    become_name(v->n, s, made);
}

/* σ beside σ² is its root. */
static void define_roots(survey *v)
{
    notes *n = v->n;
    for (int i = 0; i < v->squared.count; i++) {
        sym name = v->squared.list[i];
        if (!has(&v->single, name))
            continue;
        syn *root = syn_new(n->memory, SYN_PRODUCT, (span){n->document.source, 0, 0}, 2), *paren = syn_new(n->memory, SYN_PAREN, root->at, 1);
        root->text = "  ";
        root->child[0] = syn_new(n->memory, SYN_NAME, root->at, 0);
        root->child[0]->name = intern_puts(n->names, "sqrt");
        root->child[1] = paren;
        paren->child[0] = syn_new(n->memory, SYN_NAME, root->at, 0);
        paren->child[0]->name = key(n, intern_text(n->names, name), "_squared");
        notes_announce(n, "%s is the root of %s²", intern_text(n->names, intern_spelling(n->names, name)),
                       intern_text(n->names, intern_spelling(n->names, name)));
        if (n->root_count < 8)
            n->roots[n->root_count++] = (note_root){name, root};
    }
}

static void normalise_squares(survey *v)
{
    notes *n = v->n;
    for (int k = 0; k < n->item_count; k++) {
        const note_item *i = &n->item[k];
        const syn *name = i->step == 1 && (i->role == NOTE_CLAIM || i->role == NOTE_DEFINITION) && i->right ? squared_name(i->left) : NULL;
        if (name && !notes_mentions(i->right, name->name))
            put(&v->squared, name->name);
    }
    survey_all(v, see_squares);
    if (v->squared.count == 0)
        return;
    n->squares = true;
    change_all(v, join_square);
    define_roots(v);
}

/* --- time: h_t = f(h_{t-1}) --- */

static bool shifted_by(const syn *s, sym letter)
{
    return s->kind == SYN_SUM && s->count == 2 && s->child[0]->kind == SYN_NAME && s->child[0]->name == letter && s->child[1]->kind == SYN_NUMBER;
}

typedef struct {
    sym name, letter;
    bool found;
} shift_search;

static void see_shift(void *context, const syn *s, const syn *parent, int place)
{
    shift_search *x = context;
    (void)parent, (void)place;
    if (s->kind == SYN_INDEX && shifted_by(s->child[1], x->letter) && s->child[0]->kind == SYN_NAME && (!x->name || s->child[0]->name == x->name))
        x->found = true;
}

static void find_time(survey *v)
{
    notes *n = v->n;
    for (int k = 0; k < n->item_count; k++) {
        const note_item *i = &n->item[k];
        const syn *left = i->left;
        if (i->step != 1 || i->role == NOTE_UPDATE || !i->right || !left || left->kind != SYN_INDEX || left->child[0]->kind != SYN_NAME ||
            left->child[1]->kind != SYN_NAME)
            continue;
        sym letter = left->child[1]->name;
        bool t = strcmp(intern_text(n->names, letter), "t") == 0;
        shift_search x = {.name = t ? 0 : left->child[0]->name, .letter = letter};
        see_shift(&x, i->right, NULL, 0);
        notes_visit(i->right, see_shift, &x);
        if (x.found)
            notes_add_running(n, letter);
    }
}

static bool counts_time(const survey *v, const syn *s)
{
    if (s->kind == SYN_NAME)
        return notes_is_running(v->n, s->name);
    return s->kind == SYN_SUM && s->count == 2 && s->child[0]->kind == SYN_NAME && notes_is_running(v->n, s->child[0]->name);
}

static void see_timed(void *context, const syn *s, const syn *parent, int place)
{
    survey *v = context;
    (void)place;
    if (s->kind == SYN_INDEX && s->child[0]->kind == SYN_NAME && counts_time(v, s->child[1]))
        put(&v->timed, s->child[0]->name);
    if (s->kind == SYN_NAME && !(parent && parent->kind == SYN_INDEX))
        put(&v->plain, s->name);
}

static sym family_of(survey *v, sym base)
{
    if (!has(&v->plain, base))
        return base;
    sym made = key(v->n, intern_text(v->n->names, base), "_each"); /* L_t beside L */
    spell(v->n, made, base, "");
    return made;
}

/* h_0 and h_T were read as names. */
static void become_instance(survey *v, syn *s)
{
    notes *n = v->n;
    const char *text = intern_text(n->names, s->name);
    for (int i = 0; i < v->timed.count; i++) {
        const char *base = intern_text(n->names, v->timed.list[i]);
        size_t length = strlen(base);
        if (strncmp(text, base, length) != 0 || !text[length])
            continue;
        const char *rest = text + length;
        bool last = strcmp(rest, "_T") == 0, digits = strspn(rest, "0123456789") == strlen(rest) && strlen(rest) < 3;
        if (!last && !digits)
            continue;
        syn *which = syn_new(n->memory, last ? SYN_NAME : SYN_NUMBER, s->at, 0);
        if (last)
            which->name = intern_puts(n->names, "T");
        else
            which->text = rest;
        syn *f = syn_new(n->memory, SYN_FAMILY, s->at, 1);
        f->name = family_of(v, v->timed.list[i]);
        f->child[0] = which;
        *s = *f;
        return;
    }
}

static void join_time(survey *v, syn *s)
{
    notes *n = v->n;
    if (s->kind == SYN_NAME) {
        become_instance(v, s);
        return;
    }
    if (s->kind != SYN_INDEX || s->child[0]->kind != SYN_NAME || !has(&v->timed, s->child[0]->name))
        return;
    bool time = counts_time(v, s->child[1]) || s->child[1]->kind == SYN_NUMBER || (s->child[1]->kind == SYN_NAME && has(&v->bound, s->child[1]->name)) ||
                (s->child[1]->kind == SYN_SUM && s->child[1]->child[0]->kind == SYN_NAME);
    if (!time)
        return;
    if (s->child[1]->kind == SYN_NAME) /* h_k in Σ_k ∂h_t/∂h_k counts time too */
        notes_add_running(n, s->child[1]->name);
    if (s->child[1]->kind == SYN_SUM && strcmp(intern_text(n->names, s->child[1]->child[0]->name), "T") != 0)
        notes_add_running(n, s->child[1]->child[0]->name);
    syn *f = syn_new(n->memory, SYN_FAMILY, s->at, 1);
    f->name = family_of(v, s->child[0]->name);
    f->child[0] = s->child[1];
    if (s->count == 2) {
        *s = *f;
        return;
    }
    syn *rest = syn_new(n->memory, SYN_INDEX, s->at, s->count - 1);
    rest->child[0] = f;
    memcpy(rest->child + 1, s->child + 2, (size_t)(s->count - 2) * sizeof *s->child);
    *s = *rest;
}

static void normalise_time(survey *v)
{
    find_time(v);
    if (v->n->running_count == 0)
        return;
    survey_all(v, see_timed);
    change_all(v, join_time);
}

/* --- whole ranges: Σ_{i=1}^m runs over the axis --- */

static bool is_number(const syn *s, const char *text)
{
    return s->kind == SYN_NUMBER && strcmp(s->text, text) == 0;
}

static const syn *whole_range(const syn *range)
{
    const syn *low = range->child[0], *high = range->child[1];
    while (high->kind == SYN_PAREN && high->count == 1)
        high = high->child[0];
    if (is_number(low, "1") && high->kind == SYN_NAME)
        return high;
    bool before = is_number(low, "0") && high->kind == SYN_SUM && high->count == 2 && high->text[1] == '-' && is_number(high->child[1], "1");
    return before && high->child[0]->kind == SYN_NAME ? high->child[0] : NULL;
}

static void drop_range(survey *v, syn *s)
{
    notes *n = v->n;
    if (s->kind != SYN_BINDER || s->count == 0 || !s->child[0] || s->child[0]->kind != SYN_RANGE || notes_is_running(n, s->name))
        return;
    const syn *size = whole_range(s->child[0]);
    if (!size)
        return;
    int from = strcmp(s->child[0]->child[0]->text, "1") == 0;
    for (int i = 0; i < n->size_count; i++) /* 1 … n and 0 … n − 1 of one n are not the same range */
        if (n->size[i] == size->name && n->size_from[i] >= 0 && n->size_from[i] != from) {
            n->item[v->at].trouble = "sums from 0 and from 1 run over one axis";
            n->item[v->at].trouble_at = n->item[v->at].at;
            return;
        }
    notes_add_size(n, size->name);
    for (int i = 0; i < n->size_count; i++)
        if (n->size[i] == size->name)
            n->size_from[i] = (signed char)from;
    s->text = intern_text(n->names, size->name);
    s->count = 0;
}

/* --- dW is ∂C/∂W, ∇f is by the argument of f, * between arrays is elementwise --- */

static bool is_differential(const notes *n, const syn *s)
{
    bool d = s && s->kind == SYN_PRODUCT && s->count == 2 && s->text[1] == ' ' && s->child[0]->kind == SYN_NAME &&
             strcmp(intern_text(n->names, s->child[0]->name), "d") == 0;
    const syn *x = d ? s->child[1] : NULL;
    while (x && (x->kind == SYN_INDEX || x->kind == SYN_TRANSPOSE))
        x = x->child[0];
    return x && (x->kind == SYN_NAME || x->kind == SYN_FAMILY);
}

static bool is_cost_name(const char *text)
{
    return text[0] && strchr("CELJ", text[0]) && (!text[1] || strcmp(text + 1, "cal") == 0);
}

static void find_cost(survey *v)
{
    notes *n = v->n;
    for (int k = 0; k < n->item_count; k++) {
        const note_item *i = &n->item[k];
        const syn *left = i->left;
        if (left && left->kind == SYN_PRODUCT && left->count == 2 && left->child[1]->kind == SYN_PAREN)
            left = left->child[0];
        if (i->step != 1 || i->label || !left || left->kind != SYN_NAME || !is_cost_name(intern_text(n->names, left->name)) || v->cost == left->name)
            continue;
        v->cost = left->name;
        v->costs++;
    }
}

static void become_derivative(survey *v, syn *s, int from)
{
    notes *n = v->n;
    syn *d = syn_new(n->memory, SYN_DERIVATIVE, s->child[from + 1]->at, 2), *cost = syn_new(n->memory, SYN_NAME, d->at, 0), *x = s->child[from + 1];
    bool transposed = x->kind == SYN_TRANSPOSE;
    cost->name = v->cost;
    d->child[0] = cost;
    d->child[1] = transposed ? x->child[0] : x;
    d->number = 1;
    s->child[from] = d;
    if (transposed) {
        s->child[from] = syn_new(n->memory, SYN_TRANSPOSE, d->at, 1);
        s->child[from]->child[0] = d;
    }
    char *text = arena_alloc(n->memory, (size_t)s->count);
    memcpy(text, s->text, (size_t)s->count);
    memmove(s->child + from + 1, s->child + from + 2, (size_t)(s->count - from - 2) * sizeof *s->child);
    memmove(text + from + 1, text + from + 2, (size_t)(s->count - from - 2));
    s->text = text;
    s->count--;
    if (s->count == 1) {
        syn *only = s->child[0];
        *s = *only;
    }
}

static void read_differentials(survey *v, syn *s)
{
    if (s->kind != SYN_PRODUCT)
        return;
    for (int i = 0; s->kind == SYN_PRODUCT && i + 1 < s->count; i++) {
        syn pair = {.kind = SYN_PRODUCT, .count = 2, .child = s->child + i, .text = (char[]){' ', s->text[i + 1]}};
        if (is_differential(v->n, &pair))
            become_derivative(v, s, i);
    }
}

static void normalise_differentials(survey *v)
{
    notes *n = v->n;
    bool any = false;
    for (int k = 0; k < n->item_count && !any; k++)
        any = n->item[k].step == 1 && n->item[k].right && is_differential(n, n->item[k].left);
    if (!any)
        return;
    find_cost(v);
    if (v->costs != 1)
        return;
    change_all(v, read_differentials);
    notes_announce(n, "d in front of a name is read as the derivative of %s by it", intern_text(n->names, intern_spelling(n->names, v->cost)));
}

/* What f(x) = … has for an argument; NULL. */
static syn *argument_of(const notes *n, const syn *f)
{
    if (f->kind == SYN_PAREN && f->count == 1)
        return argument_of(n, f->child[0]);
    if (f->kind == SYN_PRODUCT && f->count == 2 && f->child[1]->kind == SYN_PAREN && f->child[1]->count == 1)
        return f->child[1]->child[0];
    for (int k = 0; f->kind == SYN_NAME && k < n->item_count; k++) {
        const syn *left = n->item[k].left;
        if (left && left->kind == SYN_PRODUCT && left->count == 2 && left->child[0]->kind == SYN_NAME && left->child[0]->name == f->name &&
            left->child[1]->kind == SYN_PAREN && left->child[1]->count == 1)
            return left->child[1]->child[0];
    }
    return NULL;
}

static void find_argument(survey *v, syn *s)
{
    if (s->kind != SYN_DERIVATIVE || s->count < 2 || !s->child[0] || !s->child[1] || s->child[1]->kind != SYN_EMPTY)
        return;
    syn *by = argument_of(v->n, s->child[0]);
    for (int i = 1; by && i < s->count; i++)
        s->child[i] = by;
}

static void read_stars(survey *v, syn *s)
{
    if (s->kind != SYN_PRODUCT || !memchr(s->text, '*', (size_t)s->count))
        return;
    char *text = arena_strndup(v->n->memory, s->text, (size_t)s->count);
    for (int i = 1; i < s->count; i++)
        if (text[i] == '*')
            text[i] = 'o';
    s->text = text;
}

/* --- W_{ab} beside W_{ki}: a and b are indices there --- */

static bool letters_behind(const char *key, size_t *stem, char *letters)
{
    const char *bar = strrchr(key, '_');
    size_t length = bar ? strlen(bar + 1) : 0;
    *stem = bar ? (size_t)(bar - key) : 0;
    if (length < 1 || length > 2)
        return false;
    for (size_t i = 0; i < length; i++)
        if (bar[1 + i] < 'a' || bar[1 + i] > 'v' || bar[1 + i] == 'o')
            return false;
    strcpy(letters, bar + 1);
    return true;
}

static void see_arity(void *context, const syn *s, const syn *parent, int place)
{
    survey *v = context;
    (void)parent, (void)place;
    if (s->kind == SYN_INDEX && s->count <= 3 && s->child[0]->kind == SYN_NAME)
        put(s->count == 3 ? &v->pairs : &v->ones, s->child[0]->name);
}

static void split_letter(survey *v, syn *s)
{
    notes *n = v->n;
    char letters[3];
    size_t stem;
    const char *key_text = s->kind == SYN_NAME ? intern_text(n->names, s->name) : "";
    if (!letters_behind(key_text, &stem, letters))
        return;
    sym base = intern_find(n->names, arena_printf(n->memory, "%.*s", (int)stem, key_text));
    int count = (int)strlen(letters);
    bool split = base && count == 2 && has(&v->pairs, base);
    for (int i = 0; i < count && !split && base && v->split.count; i++) {
        sym letter = intern_find(n->names, (char[]){letters[i], 0});
        split = letter && has(&v->split, letter) && (count == 1 ? has(&v->ones, base) : strcmp(intern_text(n->names, base), "delta") == 0);
    }
    if (!split)
        return;
    syn *index = syn_new(n->memory, SYN_INDEX, s->at, count + 1);
    for (int i = 0; i <= count; i++)
        index->child[i] = syn_new(n->memory, SYN_NAME, s->at, 0);
    index->child[0]->name = base;
    for (int i = 0; i < count; i++) {
        sym letter = intern_puts(n->names, (char[]){letters[i], 0});
        put(&v->split, letter);
        index->child[i + 1]->name = letter;
        if (!has(&v->ones, letter) && !has(&v->pairs, letter))
            continue;
        index->child[i + 1]->name = intern_puts(n->names, arena_printf(n->memory, "%c_index", letters[i])); /* b_k is an array, b here an index */
        intern_note_spelling(n->names, index->child[i + 1]->name, letter);
    }
    *s = *index;
}

static void split_letters(survey *v)
{
    survey_all(v, see_arity);
    for (int before = -1; before != v->split.count;) {
        before = v->split.count;
        change_all(v, split_letter);
    }
}

void notes_normalise(notes *n)
{
    survey v = {.n = n};
    notes_read_labels(n);
    split_letters(&v);
    survey_all(&v, see_letters);
    change_all(&v, join_letter);
    normalise_squares(&v);
    normalise_time(&v);
    change_all(&v, drop_range);
    notes_write_sums(n);
    normalise_differentials(&v);
    change_all(&v, find_argument);
    if (notes_has_vectors(n))
        change_all(&v, read_stars);
    notes_read_signs(n);
}
