/* Repairs of what a scan or a slip spoilt. A repair is said only when the repaired claim was proved. */
#include <stdlib.h>
#include <string.h>

#include "gen/tool/notes.h"

static const char *shown(const notes *n, sym name)
{
    return intern_text(n->names, intern_spelling(n->names, name));
}

/* --- the tree, edited --- */

syn *notes_replace(notes *n, const syn *s, const syn *old, syn *new)
{
    if (s == old)
        return new;
    syn *c = syn_new(n->memory, s->kind, s->at, s->count);
    syn **child = c->child;
    *c = *s;
    c->child = child;
    for (int i = 0; i < s->count; i++)
        c->child[i] = s->child[i] ? notes_replace(n, s->child[i], old, new) : NULL;
    return c;
}

/* (a, −y): the comma was a subscript ₁, or the pair a difference of the name that looks like the first. */
static syn *mend_pairs(notes *n, syn *s)
{
    syn *c = syn_new(n->memory, s->kind, s->at, s->count);
    syn **child = c->child;
    *c = *s;
    c->child = child;
    for (int i = 0; i < s->count; i++)
        c->child[i] = s->child[i] ? mend_pairs(n, s->child[i]) : NULL;
    if (c->kind != SYN_PAREN || c->count != 2 || c->child[0]->kind != SYN_NAME || c->child[1]->kind != SYN_NEGATE)
        return c;
    sym with = intern_find(n->names, arena_printf(n->memory, "%s1", intern_text(n->names, c->child[0]->name)));
    if (!with)
        return c;
    syn *sum = syn_new(n->memory, SYN_SUM, c->at, 2), *paren = syn_new(n->memory, SYN_PAREN, c->at, 1), *name = syn_new(n->memory, SYN_NAME, c->at, 0);
    name->name = with;
    sum->child[0] = name;
    sum->child[1] = c->child[1]->child[0];
    sum->text = "+-";
    paren->child[0] = sum;
    return paren;
}

static syn *mended(notes *n, syn *s)
{
    return s ? mend_pairs(n, s) : NULL;
}

/* A product without operand i; NULL when nothing is left. */
static syn *without_factor(notes *n, const syn *s, int i)
{
    syn *c = syn_new(n->memory, SYN_PRODUCT, s->at, s->count - 1);
    char *text = arena_alloc(n->memory, (size_t)s->count);
    int count = 0;
    for (int k = 0; k < s->count; k++)
        if (k != i) {
            text[count] = count ? s->text[k] : ' ';
            c->child[count++] = s->child[k];
        }
    c->text = text;
    return count == 1 ? c->child[0] : c;
}

/* Operands from … to of a product. */
static syn *part_of(notes *n, const syn *s, int from, int to)
{
    if (to - from == 1)
        return s->child[from];
    syn *c = syn_new(n->memory, SYN_PRODUCT, s->at, to - from);
    char *text = arena_strndup(n->memory, s->text + from, (size_t)(to - from));
    text[0] = ' ';
    c->text = text;
    memcpy(c->child, s->child + from, (size_t)(to - from) * sizeof *s->child);
    return c;
}

/* --- trying --- */

static note_trial renames(const notes *n)
{
    return (note_trial){.rename = n->unknown, .rename_count = n->unknown_count, .without = -1, .with = -1};
}

static bool holds(notes *n, const syn *left, const syn *right, int item, const note_trial *t)
{
    verdict v;
    if (!left || !right)
        return false;
    notes_decide(n, left, right, item, t, &v);
    return notes_good(&v);
}

static char *renamed_text(notes *n, const syn *s, int item, const note_trial *t)
{
    return notes_text(n, notes_rewrite(n, s, t, item));
}

/* "c → C, z̃1 → z1" for the look-alikes in a claim. */
static char *rename_list(notes *n, const syn *left, const syn *right, const note_trial *t)
{
    buffer b = {0};
    for (int i = 0; i < t->rename_count; i++)
        if (notes_mentions(left, t->rename[i].from) || (right && notes_mentions(right, t->rename[i].from))) {
            const char *from = intern_text(n->names, t->rename[i].from), *to = intern_text(n->names, t->rename[i].to);
            bool nabla = strncmp(from, "nabla", 5) == 0;
            buffer_printf(&b, "%s%s → %s", b.length ? ", " : "", shown(n, t->rename[i].from), shown(n, t->rename[i].to));
            if (nabla)
                buffer_printf(&b, " (\\nabla_%s → \\sigma_%s)", from + 5, to + 5);
        }
    char *text = arena_strndup(n->memory, b.text ? b.text : "", b.length);
    buffer_free(&b);
    return text;
}

static bool trouble_or_lookalike(const notes *n, const note_item *i)
{
    (void)n;
    return i->decided && (i->v.kind == VERDICT_NOT_UNDERSTOOD) && !i->broken;
}

/* All look-alikes replaced, pairs mended. */
static bool repair_spelling(notes *n, int k)
{
    note_item *i = &n->item[k];
    note_trial t = renames(n);
    syn *left = mended(n, i->left), *right = mended(n, i->right);
    const char *list = rename_list(n, i->left, i->right, &t);
    if (!holds(n, left, right, k, &t))
        return false;
    notes_say(n, i, "with %s%s proved:  %s = %s", list, *list ? ":" : "it is", renamed_text(n, left, k, &t), renamed_text(n, right, k, &t));
    return true;
}

/* The look-alikes replaced and one more unknown name read as another name in scope: z̃₁ for a₁. */
static bool repair_unknown(notes *n, int k)
{
    note_item *i = &n->item[k];
    for (int u = 0; u < n->unknown_count; u++) {
        if (!notes_mentions(i->left, n->unknown[u].from) && !notes_mentions(i->right, n->unknown[u].from))
            continue;
        for (int d = 0; d < n->definition_count; d++) {
            if (n->definition[d].name == n->unknown[u].to || n->definition[d].set || n->definition[d].label)
                continue;
            note_rename list[2] = {{n->unknown[u].from, n->definition[d].name}, {0, 0}};
            note_trial t = {.rename = list, .rename_count = 1, .without = -1, .with = -1}, usual = renames(n);
            /* on one side only: the other keeps the usual reading */
            syn *left = notes_rewrite(n, i->left, &usual, k), *right = notes_rewrite(n, i->right, &t, k);
            if (holds(n, left, right, k, &usual)) {
                notes_say(n, i, "with %s and %s → %s on the right: proved:  %s", rename_list(n, i->left, NULL, &usual), shown(n, n->unknown[u].from),
                          shown(n, n->definition[d].name), notes_claim_text(n, left, right));
                return true;
            }
        }
    }
    return false;
}

/* --- braces --- */

/* The label belongs to a part of what the brace holds, or to more than it holds. */
static bool repair_brace(notes *n, int k)
{
    note_item *i = &n->item[k];
    note_trial t = renames(n);
    const syn *value = i->left;
    if (!i->label || !i->right)
        return false;
    if (value->kind == SYN_PRODUCT)
        for (int from = 0; from < value->count; from++)
            for (int to = from + 1; to <= value->count; to++) {
                if (from == 0 && to == value->count)
                    continue;
                syn *part = part_of(n, value, from, to);
                if (holds(n, part, i->right, k, &t)) {
                    notes_say(n, i, "the label belongs to %s alone: then it is proved", renamed_text(n, part, k, &t));
                    return true;
                }
            }
    const syn *parent = i->around;
    for (int p = 0; parent && parent->kind == SYN_PRODUCT && p < parent->count; p++) {
        if (parent->child[p] != i->value)
            continue;
        for (int to = p + 2; to <= parent->count; to++) {
            syn *part = part_of(n, parent, p, to);
            if (holds(n, part, i->right, k, &t)) {
                notes_say(n, i, "%s is missing under the brace; over %s it is proved", renamed_text(n, part_of(n, parent, p + 1, to), k, &t),
                          renamed_text(n, part, k, &t));
                return true;
            }
        }
    }
    return false;
}

/* --- one name for another, in a whole chain --- */

typedef struct {
    sym list[64];
    int count;
} name_list;

static void see_names(void *context, const syn *s, const syn *parent, int place)
{
    name_list *l = context;
    (void)parent, (void)place;
    if (s->kind != SYN_NAME || s->number == 1)
        return;
    for (int i = 0; i < l->count; i++)
        if (l->list[i] == s->name)
            return;
    if (l->count < 64)
        l->list[l->count++] = s->name;
}

static bool in_chain(const note_item *a, const note_item *b)
{
    return a->chain == b->chain && b->role == NOTE_CLAIM && b->decided && b->left && b->right;
}

static const char *digits_of(const char *key)
{
    const char *end = key + strlen(key);
    while (end > key && end[-1] >= '0' && end[-1] <= '9')
        end--;
    return end;
}

/* Names that nothing defines and that occur only in this chain, like x₁: which name makes the whole chain true? */
static bool only_here(const notes *n, sym name, int chain)
{
    for (int k = 0; k < n->item_count; k++)
        if (n->item[k].chain != chain &&
            ((n->item[k].left && notes_mentions(n->item[k].left, name)) || (n->item[k].right && notes_mentions(n->item[k].right, name))))
            return false;
    return true;
}

static int chain_score(notes *n, int k, const note_trial *t, int *total)
{
    int proved = 0;
    *total = 0;
    for (int j = 0; j < n->item_count; j++)
        if (in_chain(&n->item[k], &n->item[j])) {
            ++*total;
            proved += holds(n, n->item[j].left, n->item[j].right, j, t);
        }
    return proved;
}

static void say_chain(notes *n, int k, sym from, sym to, const note_trial *t)
{
    note_item *first = &n->item[k];
    for (int j = k; j < n->item_count; j++) {
        note_item *i = &n->item[j];
        bool concerned = in_chain(first, i) && (notes_mentions(i->left, from) || notes_mentions(i->right, from));
        if (!concerned || i->message_count || notes_good(&i->v))
            continue;
        if (i != first && !i->label)
            i->root = arena_printf(n->memory, "the same slip as on line %d: did you mean %s?", first->line, shown(n, to));
        if (holds(n, i->left, i->right, j, t))
            notes_say(n, i, "%s does not occur in what is differentiated: did you mean %s? With %s proved:  %s = %s", shown(n, from), shown(n, to),
                      rename_list(n, i->left, i->right, t), renamed_text(n, i->left, j, t), renamed_text(n, i->right, j, t));
    }
}

static bool repair_chain_name(notes *n, int k)
{
    note_item *i = &n->item[k];
    name_list here = {0}, scope = {0};
    notes_visit(i->left, see_names, &here);
    notes_visit(i->right, see_names, &here);
    for (int d = 0; d < n->definition_count; d++)
        if (!n->definition[d].label) {
            syn whole = {.kind = SYN_PAREN, .count = 1, .child = &n->definition[d].value};
            notes_visit(&whole, see_names, &scope);
        }
    for (int a = 0; a < here.count; a++) {
        sym from = here.list[a], best = 0;
        int most = 0, total = 0;
        if (notes_find(n, from, k, NULL) >= 0 || notes_lookalike(n, from) || !only_here(n, from, i->chain))
            continue;
        for (int b = 0; b < scope.count; b++) {
            const char *x = digits_of(intern_text(n->names, from)), *y = digits_of(intern_text(n->names, scope.list[b]));
            if (scope.list[b] == from || notes_is_function(n, scope.list[b]))
                continue;
            note_rename *list = arena_alloc(n->memory, ((size_t)n->unknown_count + 1) * sizeof *list);
            memcpy(list, n->unknown, (size_t)n->unknown_count * sizeof *list);
            list[n->unknown_count] = (note_rename){from, scope.list[b]};
            note_trial t = {.rename = list, .rename_count = n->unknown_count + 1, .without = -1, .with = -1};
            int proved = 2 * chain_score(n, k, &t, &total) + (*x && strcmp(x, y) == 0);
            if (proved > most && proved > 1) {
                most = proved;
                best = scope.list[b];
            }
        }
        if (best) {
            note_rename *list = arena_alloc(n->memory, ((size_t)n->unknown_count + 1) * sizeof *list);
            memcpy(list, n->unknown, (size_t)n->unknown_count * sizeof *list);
            list[n->unknown_count] = (note_rename){from, best};
            note_trial t = {.rename = list, .rename_count = n->unknown_count + 1, .without = -1, .with = -1};
            say_chain(n, k, from, best, &t);
            return true;
        }
    }
    return false;
}

/* --- broken chains --- */

/* 19, 25 = and 29 are one chain that other blocks part. */
static void repair_dangling(notes *n, int k)
{
    note_item *i = &n->item[k];
    note_trial t = renames(n);
    int before = -1, after = -1;
    for (int j = k - 1; j >= 0 && j > k - 8 && before < 0; j--)
        if (n->item[j].role == NOTE_EXPRESSION && n->item[j].left && !n->item[j].inline_ && !n->item[j].label)
            before = j;
    for (int j = k + 1; j < n->item_count && j < k + 8 && after < 0; j++)
        if (n->item[j].role == NOTE_EXPRESSION && n->item[j].left && !n->item[j].inline_ && !n->item[j].label)
            after = j;
    const char *list = rename_list(n, i->left, before >= 0 ? n->item[before].left : NULL, &t);
    if (before >= 0 && holds(n, n->item[before].left, i->left, k, &t))
        notes_say(n, i, "joined with line %d%s%s: proved:  %s = %s", n->item[before].line, *list ? " and with " : "", list,
                  renamed_text(n, n->item[before].left, k, &t), renamed_text(n, i->left, k, &t));
    list = rename_list(n, i->left, after >= 0 ? n->item[after].left : NULL, &t);
    if (after >= 0 && holds(n, i->left, n->item[after].left, k, &t))
        notes_say(n, i, "joined with line %d%s%s: proved:  %s = %s", n->item[after].line, *list ? " and with " : "", list, renamed_text(n, i->left, k, &t),
                  renamed_text(n, n->item[after].left, k, &t));
}

static void say_readings(notes *n, int k)
{
    note_item *i = &n->item[k];
    note_trial t = renames(n);
    syn *whole = mended(n, i->left);
    const char *list = rename_list(n, i->left, i->right, &t);
    if (*list && i->left && !i->right)
        notes_say(n, i, "did you mean %s?  %s", list, renamed_text(n, whole, k, &t));
}

/* --- updates --- */

/* The rate: the first factor of the step that is no derivative and nothing defined. */
static const syn *rate_of(const notes *n, const syn *step, int item)
{
    while (step->kind == SYN_PAREN && step->count == 1)
        step = step->child[0];
    const syn *first = step->kind == SYN_PRODUCT ? step->child[0] : step;
    return first->kind == SYN_NAME && notes_find(n, first->name, item, NULL) < 0 ? first : NULL;
}

typedef struct {
    sym name[64];
    int count[64], used;
    sym by[64]; /* what stands below: no costs */
    int by_used;
} tally;

static void see_cost(void *context, const syn *s, const syn *parent, int place)
{
    tally *t = context;
    (void)parent, (void)place;
    if (s->kind != SYN_DERIVATIVE || !s->child[0] || s->child[0]->kind != SYN_NAME)
        return;
    for (int i = 1; i < s->count && t->by_used < 64; i++)
        if (s->child[i]->kind == SYN_NAME)
            t->by[t->by_used++] = s->child[i]->name;
    for (int i = 0; i < t->used; i++)
        if (t->name[i] == s->child[0]->name) {
            t->count[i]++;
            return;
        }
    if (t->used < 64) {
        t->name[t->used] = s->child[0]->name;
        t->count[t->used++] = 1;
    }
}

static syn *fresh(notes *n, syn_kind kind, span at, syn *a, syn *b, const char *text)
{
    syn *s = syn_new(n->memory, kind, at, b ? 2 : 1);
    s->child[0] = a;
    if (b)
        s->child[1] = b;
    s->text = text;
    return s;
}

/* step = rate · ∂cost/∂parameter? */
static bool along(notes *n, syn *step, const syn *rate, sym cost, syn *parameter, int k)
{
    note_trial t = renames(n);
    syn *name = syn_new(n->memory, SYN_NAME, parameter->at, 0), *d = syn_new(n->memory, SYN_DERIVATIVE, parameter->at, 2);
    name->name = cost;
    d->child[0] = name;
    d->child[1] = parameter;
    d->number = 1;
    return holds(n, step, fresh(n, SYN_PRODUCT, parameter->at, (syn *)(size_t)rate, d, "  "), k, &t);
}

static void judge_update(notes *n, int k, const tally *costs)
{
    note_item *i = &n->item[k];
    syn *step = NULL;
    i->move = STEP_OTHER;
    if (i->broken || !i->right || i->right->kind != SYN_SUM || i->right->count != 2 || !syn_equal(i->right->child[0], i->left))
        return;
    bool up = i->right->text[1] != '-';
    step = i->right->child[1];
    const syn *rate = rate_of(n, step, k);
    if (!rate || costs->used == 0)
        return;
    for (int c = 0; c < costs->used; c++) {
        bool below = false;
        for (int b = 0; b < costs->by_used; b++)
            below |= costs->by[b] == costs->name[c];
        if (below || notes_lookalike(n, costs->name[c]) || !notes_depends(n, costs->name[c], i->left->name, k))
            continue;
        if (up) { /* right for a likelihood, wrong for a loss: said, not judged */
            if (along(n, step, rate, costs->name[c], i->left, k)) {
                i->move = STEP_UP;
                notes_say(n, i, "this step goes up: it makes %s larger", shown(n, costs->name[c]));
            }
            continue;
        }
        if (along(n, step, rate, costs->name[c], i->left, k)) {
            i->move = STEP_ALONG;
            const char *list = rename_list(n, i->right, NULL, &(note_trial){.rename = n->unknown, .rename_count = n->unknown_count});
            if (*list)
                notes_say(n, i, "a gradient step with %s", list);
            return;
        }
        i->move = STEP_AGAINST;
        for (int f = step->kind == SYN_PRODUCT ? step->count - 1 : 0; f > 0; f--)
            if (along(n, without_factor(n, step, f), rate, costs->name[c], i->left, k)) {
                notes_say(n, i, "compared with −%s ∂%s/∂%s the factor %s is too much: did you mean %s?", shown(n, rate->name), shown(n, costs->name[c]),
                          notes_text(n, i->left), notes_text(n, step->child[f]), notes_text(n, without_factor(n, step, f)));
                return;
            }
    }
    if (i->move == STEP_AGAINST && step->kind == SYN_PRODUCT) /* an undefined factor beside a known one: a₀ · x with a₀ = x */
        for (int f = 1; f < step->count; f++)
            if (step->child[f]->kind == SYN_NAME && notes_find(n, step->child[f]->name, k, NULL) < 0)
                notes_say(n, i, "%s is nowhere defined", notes_text(n, step->child[f]));
}

void notes_judge_updates(notes *n)
{
    tally costs = {0};
    for (int k = 0; k < n->item_count; k++) {
        if (n->item[k].left)
            notes_visit(&(syn){.kind = SYN_PAREN, .count = 1, .child = &n->item[k].left}, see_cost, &costs);
        if (n->item[k].right)
            notes_visit(&(syn){.kind = SYN_PAREN, .count = 1, .child = &n->item[k].right}, see_cost, &costs);
    }
    for (int k = 0; k < n->item_count; k++)
        if (n->item[k].role == NOTE_UPDATE && !n->item[k].imported)
            judge_update(n, k, &costs);
}

/* `w₂ = w₂` and `… = 0` tell nobody anything; nor does the prover's guess beside a repair that looked at the whole document. */
static void tidy_suggestion(note_item *i)
{
    const char *equals = i->v.suggestion ? strstr(i->v.suggestion, " = ") : NULL;
    if (!equals)
        return;
    size_t left = (size_t)(equals - i->v.suggestion);
    bool trivial = (strlen(equals + 3) == left && strncmp(i->v.suggestion, equals + 3, left) == 0) || strcmp(equals + 3, "0") == 0;
    if (trivial || i->message_count)
        i->v.suggestion = i->v.diagnosis = NULL;
}

/* A = B = C with A = C proved and both steps false: B is the slip, said once. */
static void blame_middle(notes *n, int k)
{
    note_item *a = &n->item[k], *b = k + 1 < n->item_count ? &n->item[k + 1] : NULL;
    verdict v;
    note_trial t = {.without = -1, .with = -1, .quick = true};
    while (b && b->label && b < n->item + n->item_count - 1)
        b++;
    if (!b || b->chain != a->chain || b->left != a->right || a->v.kind != VERDICT_REFUTED || b->v.kind != VERDICT_REFUTED || !a->decided || !b->decided ||
        a->root || b->message_count || a->label || a->trouble || b->trouble || !a->left || !b->right)
        return;
    notes_decide_any(n, a->left, b->right, k, &t, &v);
    if (notes_good(&v))
        b->root = arena_printf(n->memory, "the slip is on line %d, in %s", a->line, notes_text(n, a->right));
}

static void repair_item(notes *n, int k)
{
    note_item *i = &n->item[k];
    notes_allow(n, k, true);
    if (i->dangling)
        repair_dangling(n, k);
    if (i->root && !i->message_count)
        i->v.suggestion = i->v.diagnosis = NULL;
    else if (i->decided && !notes_good(&i->v) && i->role == NOTE_CLAIM && !i->broken && i->right && !i->message_count)
        (void)((trouble_or_lookalike(n, i) && repair_spelling(n, k)) || repair_brace(n, k) || repair_chain_name(n, k) ||
               (trouble_or_lookalike(n, i) && repair_unknown(n, k)) || notes_repair_edit(n, k));
    tidy_suggestion(i);
    if (i->aside)
        notes_say(n, i, "%s", i->aside);
    if (i->decided && i->role == NOTE_CLAIM && !i->imported)
        notes_say_definitions(n, k);
    if (i->role == NOTE_EXPRESSION || i->dangling)
        say_readings(n, k);
}

void notes_repair_all(notes *n)
{
    n->use_ranks = true;
    for (int k = 0; k < n->item_count; k++)
        blame_middle(n, k);
    notes_pass(n, repair_item);
    n->use_ranks = false;
}
