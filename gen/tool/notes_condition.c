/* Equations that say nothing about the definitions: conditions (f(0) = 1, Su = λu, ∇J = 0), assumptions (Σ y = 1, S = Sᵀ), functions known by a property. */
#include <string.h>

#include "gen/tool/notes.h"

/* --- assumptions --- */

void notes_add_assumption(notes *n, const syn *equation)
{
    for (int i = 0; i < n->assumption_count; i++)
        if (syn_equal(n->assumption[i], equation))
            return;
    if (n->assumption_count >= 16)
        return;
    n->assumption[n->assumption_count++] = equation;
    notes_announce(n, "%s", notes_claim_text(n, equation->child[0], equation->child[1]));
}

static bool is_one(const syn *s)
{
    return s->kind == SYN_NUMBER && strcmp(s->text, "1") == 0;
}

static bool is_open(const notes *n, const syn *s)
{
    return s->kind == SYN_NAME && notes_first(n, s->name) < 0 && !notes_is_function(n, s->name);
}

/* Σ_k y_k, where nothing defines y. */
static bool is_plain_sum(const notes *n, const syn *s)
{
    bool sum = s->kind == SYN_REDUCE && s->number == 1 && s->count == 2 && strcmp(intern_text(n->names, s->name), "sum") == 0;
    const syn *body = sum ? s->child[1] : NULL;
    return body && body->kind == SYN_INDEX && body->count == 2 && is_open(n, body->child[0]) && body->child[1]->kind == SYN_NAME &&
           body->child[1]->name == s->child[0]->name;
}

static bool is_symmetric(const notes *n, const syn *a, const syn *b)
{
    return b->kind == SYN_TRANSPOSE && is_open(n, a) && syn_equal(a, b->child[0]);
}

/* Only forms that some value satisfies: an assumption that nothing satisfies would prove everything. */
static bool is_assumption(const notes *n, const syn *a, const syn *b)
{
    bool unit = a->kind == SYN_NORM && is_open(n, a->child[0]) && is_one(b);
    bool square = a->kind == SYN_PRODUCT && a->count == 2 && a->child[0]->kind == SYN_TRANSPOSE && syn_equal(a->child[0]->child[0], a->child[1]) &&
                  is_open(n, a->child[1]) && is_one(b);
    return unit || square || (is_plain_sum(n, a) && is_one(b)) || is_symmetric(n, a, b) || is_symmetric(n, b, a);
}

void notes_find_assumptions(notes *n)
{
    for (int k = 0; k < n->item_count; k++) {
        note_item *i = &n->item[k];
        if (i->role != NOTE_CLAIM || !i->left || !i->right || i->trouble || i->label || !is_assumption(n, i->left, i->right))
            continue;
        syn *equation = syn_new(n->memory, SYN_COMPARE, i->at, 2);
        equation->text = "==";
        equation->child[0] = i->left;
        equation->child[1] = i->right;
        notes_add_assumption(n, equation);
        i->role = NOTE_CONDITION;
    }
}

/* --- σ′ = σ(1 − σ): the logistic function --- */

static const char *const known_functions[] = {"sigmoid", "tanh", "softplus", "relu"};

static const syn *primed_function(const notes *n, const syn *s)
{
    while (s->kind == SYN_PRODUCT || s->kind == SYN_PAREN || s->kind == SYN_INDEX)
        s = s->count ? s->child[0] : s;
    if (s->kind == SYN_DERIVATIVE && s->child[0] && s->child[0]->kind == SYN_PRODUCT && s->child[0]->count == 2)
        return s->child[0]->child[0]->kind == SYN_NAME ? s->child[0]->child[0] : NULL;
    s = s->kind == SYN_PRIME ? s->child[0] : NULL;
    return s && s->kind == SYN_NAME && notes_is_function(n, s->name) ? s : NULL;
}

static bool holds_for(notes *n, int k, sym from, const char *builtin)
{
    verdict v;
    note_rename as = {from, intern_puts(n->names, builtin)};
    note_trial t = {.rename = &as, .rename_count = 1, .without = -1, .with = -1};
    notes_decide(n, n->item[k].left, n->item[k].right, k, &t, &v);
    return notes_good(&v);
}

static syn *call_of(notes *n, const char *builtin, syn *argument)
{
    syn *call = syn_new(n->memory, SYN_PRODUCT, argument->at, 2), *paren = syn_new(n->memory, SYN_PAREN, argument->at, 1);
    call->text = "  ";
    call->child[0] = syn_new(n->memory, SYN_NAME, argument->at, 0);
    call->child[0]->name = intern_puts(n->names, builtin);
    call->child[1] = paren;
    paren->child[0] = argument;
    return call;
}

static bool is_short(const syn *s, int *left)
{
    --*left;
    for (int i = 0; i < s->count && *left >= 0; i++)
        if (s->child[i])
            is_short(s->child[i], left);
    return *left >= 0;
}

/* σ(z) = 1/(1 + e^{−z}) is proved to be the logistic function; lines that use σ are then decided with that. */
static void recognise(notes *n, note_definition *d)
{
    int size = 40;
    if (!d->parameters || d->parameters->count != 1 || d->parameters->child[0]->kind != SYN_NAME || d->item < 0 || !notes_is_function(n, d->name) ||
        !is_short(d->value, &size))
        return;
    for (size_t b = 0; b < sizeof known_functions / sizeof *known_functions && !d->known; b++) {
        syn *call = call_of(n, known_functions[b], d->parameters->child[0]);
        note_trial t = {.without = -1, .with = -1, .quick = true};
        verdict v;
        if (syn_equal(call, d->value))
            return;
        notes_decide(n, d->value, call, d->item, &t, &v);
        if (notes_good(&v) && !v.condition) {
            d->known = call;
            n->known_count++;
        }
    }
}

void notes_find_functions(notes *n)
{
    for (int d = 0; d < n->definition_count; d++)
        recognise(n, &n->definition[d]);
    for (int k = 0; k < n->item_count; k++) {
        const note_item *i = &n->item[k];
        const syn *f = i->role == NOTE_CLAIM && i->step == 1 && i->left && i->right && !i->trouble && !i->label ? primed_function(n, i->left) : NULL;
        if (!f || !notes_is_function(n, f->name) || notes_is_builtin(n, f->name) || notes_first(n, f->name) >= 0 || !notes_mentions(i->right, f->name) ||
            notes_has_layers(n, i->left, i->right))
            continue;
        for (size_t b = 0; b < sizeof known_functions / sizeof *known_functions; b++)
            if (holds_for(n, k, f->name, known_functions[b])) {
                notes_assume_function(n, f->name, known_functions[b]);
                notes_announce(n, "%s is nowhere defined; line %d holds for %s, which it is taken to be",
                               intern_text(n->names, intern_spelling(n->names, f->name)), i->line, known_functions[b]);
                break;
            }
    }
}

/* --- conditions --- */

static bool is_zero(const notes *n, const syn *s)
{
    return (s->kind == SYN_NUMBER && strcmp(s->text, "0") == 0) || (s->kind == SYN_NAME && strcmp(intern_text(n->names, s->name), "0") == 0);
}

static void see_derivative(void *context, const syn *s, const syn *parent, int place)
{
    (void)parent, (void)place;
    *(bool *)context |= s->kind == SYN_DERIVATIVE || s->kind == SYN_PRIME;
}

static bool differentiates(const syn *s)
{
    bool found = s->kind == SYN_DERIVATIVE || s->kind == SYN_PRIME;
    notes_visit(s, see_derivative, &found);
    return found;
}

/* f(0) */
static bool is_value_at_point(const notes *n, const syn *s)
{
    const syn *list = s->kind == SYN_PRODUCT && s->count == 2 && s->child[0]->kind == SYN_NAME ? s->child[1] : NULL;
    if (!list || list->kind != SYN_PAREN || !notes_is_function(n, s->child[0]->name) || notes_first(n, s->child[0]->name) >= 0)
        return false;
    for (int i = 0; i < list->count; i++)
        if (list->child[i]->kind == SYN_NUMBER)
            return true;
    return false;
}

typedef struct {
    const note_item *solved;
    bool all;
} known_search;

static void see_known(void *context, const syn *s, const syn *parent, int place)
{
    known_search *x = context;
    if (s->kind == SYN_NAME && !(parent && parent->kind == SYN_INDEX && place > 0))
        x->all &= notes_mentions(x->solved->left, s->name) || notes_mentions(x->solved->right, s->name);
}

/* Behind ∇J = 0 an equation in its names says what that means (the normal equations). */
static bool follows_condition(const notes *n, int k)
{
    for (int j = k - 1; j >= 0 && j > k - 6; j--) {
        const note_item *solved = &n->item[j];
        if (solved->role != NOTE_CONDITION || !solved->right || !is_zero(n, solved->right) || solved->heading != n->item[k].heading)
            continue;
        known_search x = {solved, true};
        see_known(&x, n->item[k].left, NULL, 0);
        notes_visit(n->item[k].left, see_known, &x);
        see_known(&x, n->item[k].right, NULL, 0);
        notes_visit(n->item[k].right, see_known, &x);
        return x.all;
    }
    return false;
}

/* In a sentence an equation without a derivative that does not always hold is what the sentence is about ("when i = j"); `= 0` is an equation to solve. */
void notes_judge_condition(notes *n, int k)
{
    note_item *i = &n->item[k];
    if (!i->decided || !i->left || !i->right || i->label || i->broken || i->trouble || notes_good(&i->v))
        return;
    bool sentence = i->inline_ && i->v.kind != VERDICT_UNDECIDED && !differentiates(i->left) && !differentiates(i->right);
    bool solve = i->v.kind == VERDICT_REFUTED && is_zero(n, i->right) && !i->v.vacuous;
    bool follows = i->v.kind == VERDICT_REFUTED && !differentiates(i->left) && !differentiates(i->right) && follows_condition(n, k);
    if (!sentence && !solve && !follows && !is_value_at_point(n, i->left))
        return;
    i->role = NOTE_CONDITION;
    i->decided = false;
    if (sentence && (i->left->count || i->right->count) && i->left->kind != SYN_INDEX && !is_value_at_point(n, i->left))
        notes_say(n, i, "does not hold for all values: read as a condition");
    if (solve)
        notes_say(n, i, "an equation to solve: it does not hold for all values");
}
