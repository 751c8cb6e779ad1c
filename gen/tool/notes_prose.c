/* What sentences say about a name right beside it: "where σ is the logistic function", "y is a one-hot vector", "A is symmetric". */
#include <string.h>

#include "gen/tool/notes.h"

enum { REACH = 70 };

typedef struct {
    const char *before, *after;
    size_t before_length, after_length;
} surroundings;

static bool ends_sentence(const char *text, size_t i)
{
    return text[i] == '$' || text[i] == '\\' || (text[i] == '.' && (text[i + 1] == ' ' || text[i + 1] == '\n')) || (text[i] == '\n' && text[i + 1] == '\n');
}

/* The words on both sides, up to the next formula or the end of the sentence. */
static surroundings around(const source *s, const document_block *b)
{
    surroundings x = {.after = s->text + b->end};
    size_t end = b->end, begin = b->begin;
    while (end < s->length && (s->text[end] == '$' || s->text[end] == '\\' || s->text[end] == ')'))
        end++;
    x.after = s->text + end;
    while (end + 1 < s->length && x.after_length < REACH && !ends_sentence(s->text, end))
        end++, x.after_length++;
    while (begin > 0 && (s->text[begin - 1] == '$' || s->text[begin - 1] == '(' || s->text[begin - 1] == '\\'))
        begin--;
    while (begin > 0 && x.before_length < 30 && !ends_sentence(s->text, begin - 1))
        begin--, x.before_length++;
    x.before = s->text + begin;
    return x;
}

static bool says(const char *text, size_t length, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= length; i++)
        if (memcmp(text + i, word, n) == 0)
            return true;
    return false;
}

static bool either(const surroundings *x, const char *word)
{
    return says(x->after, x->after_length, word) || says(x->before, x->before_length, word);
}

static syn *make(notes *n, syn_kind kind, int count)
{
    return syn_new(n->memory, kind, (span){n->document.source, 0, 0}, count);
}

static void assume_equal(notes *n, syn *a, syn *b)
{
    syn *equation = make(n, SYN_COMPARE, 2);
    equation->text = "==";
    equation->child[0] = a;
    equation->child[1] = b;
    notes_add_assumption(n, equation);
}

static void assume_symmetric(notes *n, syn *a)
{
    syn *t = make(n, SYN_TRANSPOSE, 1);
    t->child[0] = a;
    assume_equal(n, a, t);
}

/* Entries sum to 1. */
static void assume_one_hot(notes *n, syn *y)
{
    syn *sum = make(n, SYN_REDUCE, 2), *binder = make(n, SYN_BINDER, 0), *entry = make(n, SYN_INDEX, 2), *index = make(n, SYN_NAME, 0),
        *one = make(n, SYN_NUMBER, 0);
    binder->name = index->name = intern_puts(n->names, "k");
    entry->child[0] = y;
    entry->child[1] = index;
    sum->name = intern_puts(n->names, "sum");
    sum->number = 1;
    sum->child[0] = binder;
    sum->child[1] = entry;
    one->text = "1";
    assume_equal(n, sum, one);
}

static void read_function(notes *n, const syn *f, const surroundings *x)
{
    static const char *const words[][2] = {{"sigmoid", "sigmoid"},   {"logistic", "sigmoid"}, {"hyperbolic tangent", "tanh"},
                                           {"softplus", "softplus"}, {"ReLU", "relu"},        {"rectified linear", "relu"}};
    if (notes_is_builtin(n, f->name) || notes_first(n, f->name) >= 0 || !notes_is_function(n, f->name))
        return;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (says(x->after, x->after_length, words[i][0]) || says(x->before, x->before_length, words[i][0])) {
            notes_assume_function(n, f->name, words[i][1]);
            notes_announce(n, "%s is %s, as a sentence says", intern_text(n->names, intern_spelling(n->names, f->name)), words[i][1]);
            return;
        }
}

/* σ, σ(z): the name a short formula is about. */
static syn *subject(const latex_piece *piece)
{
    bool shape = piece && piece->side_count == 2 && piece->relation[0] == RELATION_IN; /* $A ∈ ℝⁿˣⁿ$ symmetric */
    syn *s = piece && !piece->next && (piece->side_count == 1 || shape) ? piece->side[0].tree : NULL;
    if (s && s->kind == SYN_PRODUCT && s->count == 2 && s->child[1]->kind == SYN_PAREN)
        s = s->child[0];
    return s && s->kind == SYN_NAME ? s : NULL;
}

void notes_read_prose(notes *n)
{
    const source *source_ = source_get(n->sources, n->document.source);
    for (int i = 0; i < n->document.block_count; i++) {
        const document_block *b = &n->document.block[i];
        if (!b->inline_ || b->end - b->begin > 40)
            continue;
        surroundings x = around(source_, b);
        bool symmetric = either(&x, "symmetric") && !either(&x, "not symmetric") && !either(&x, "asymmetric") && !either(&x, "skew"),
             one_hot = either(&x, "one-hot") || either(&x, "one hot");
        bool function = either(&x, "sigmoid") || either(&x, "logistic") || either(&x, "hyperbolic") || either(&x, "softplus") || either(&x, "ReLU") ||
                        either(&x, "rectified");
        if (!symmetric && !one_hot && !function)
            continue;
        syn *s = subject(latex_parse(n->reading, b->begin, b->end, true));
        if (!s)
            continue;
        const char *key = intern_text(n->names, s->name);
        if (symmetric && key[0] >= 'A' && key[0] <= 'Z' && notes_first(n, s->name) < 0)
            assume_symmetric(n, s);
        else if (one_hot && notes_first(n, s->name) < 0 && !notes_is_function(n, s->name))
            assume_one_hot(n, s);
        else if (function)
            read_function(n, s, &x);
    }
}
