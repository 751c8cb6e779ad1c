/* Verdicts of a document's claims, as written. */
#include <stdlib.h>
#include <string.h>

#include "gen/tool/notes.h"

bool notes_good(const verdict *v)
{
    return v->kind == VERDICT_PROVED && !v->vacuous;
}

/* --- names that look like others --- */

typedef struct {
    const notes *n;
    sym found;
    bool only_above; /* only as the numerator of derivatives */
} suspicion;

static void see_suspect(void *context, const syn *s, const syn *parent, int place)
{
    suspicion *x = context;
    if (s->kind != SYN_NAME || !notes_lookalike(x->n, s->name))
        return;
    bool above = parent && parent->kind == SYN_DERIVATIVE && place == 0;
    if (!x->found || !above) {
        x->found = s->name;
        x->only_above = above && (x->only_above || !x->found);
    }
    x->only_above &= above;
}

/* The first name in a tree that looks like another. */
static sym notes_lookalike_in(const notes *n, const syn *s)
{
    suspicion x = {.n = n, .only_above = true};
    see_suspect(&x, s, NULL, 0);
    notes_visit(s, see_suspect, &x);
    return x.found;
}

static suspicion suspect(const notes *n, const note_item *i)
{
    suspicion x = {.n = n, .only_above = true};
    const syn *sides[] = {i->left, i->right};
    for (int k = 0; k < 2; k++)
        if (sides[k]) {
            see_suspect(&x, sides[k], NULL, 0);
            notes_visit(sides[k], see_suspect, &x);
        }
    return x;
}

/* A pair where a value is expected: `(a, -y)`. */
static void see_pair(void *context, const syn *s, const syn *parent, int place)
{
    const syn **found = context;
    bool call = parent && parent->kind == SYN_PRODUCT && place > 0 && parent->text[place] == ' ' &&
                (parent->child[place - 1]->kind == SYN_NAME || parent->child[place - 1]->kind == SYN_PRIME || parent->child[place - 1]->kind == SYN_INDEX ||
                 parent->child[place - 1]->kind == SYN_FAMILY);
    if (s->kind == SYN_PAREN && s->count > 1 && !call)
        *found = s;
}

static const syn *pair_in(const syn *s)
{
    const syn *found = NULL;
    if (s)
        notes_visit(s, see_pair, &found);
    return found;
}

static void find_pairs(notes *n)
{
    for (int k = 0; k < n->item_count; k++) {
        note_item *i = &n->item[k];
        const syn *pair = i->role == NOTE_SHAPE || (i->right && i->right->kind == SYN_SET) ? NULL : pair_in(i->left);
        if (!pair && i->role != NOTE_SHAPE)
            pair = pair_in(i->right);
        if (pair && (!i->trouble || i->role == NOTE_EXPRESSION)) {
            i->trouble = "a pair in parentheses stands where a value is expected";
            i->trouble_at = pair->at;
        }
    }
}

/* --- unknown functions on one side only --- */

typedef struct {
    const notes *n;
    int item;
    sym list[16];
    int count;
} unknowns;

static void see_unknown(void *context, const syn *s, const syn *parent, int place)
{
    unknowns *u = context;
    (void)parent, (void)place;
    int d = s->kind == SYN_NAME && !notes_lookalike(u->n, s->name) ? notes_find(u->n, s->name, u->item, NULL) : -1;
    if (d < 0 || u->count >= 16)
        return;
    const note_definition *def = &u->n->definition[d];
    if (def->unknown && def->section < 0) {
        for (int i = 0; i < u->count; i++)
            if (u->list[i] == s->name)
                return;
        u->list[u->count++] = s->name;
    }
}

static void unknowns_of(const notes *n, const syn *s, int item, unknowns *u)
{
    *u = (unknowns){.n = n, .item = item};
    see_unknown(u, s, NULL, 0);
    notes_visit(s, see_unknown, u);
    for (int i = 0; i < n->definition_count && i < 4000; i++) /* one level of definitions: δ := ∂C/∂z */
        if (!n->definition[i].unknown && !n->definition[i].set && n->definition[i].item >= 0 && notes_mentions(s, n->definition[i].name) &&
            notes_find(n, n->definition[i].name, item, NULL) == i)
            notes_visit(n->definition[i].value, see_unknown, u);
}

/* `∂E/∂w = …` with E nowhere defined cannot be refuted when only one side knows E. */
static sym open_name(const notes *n, const note_item *i, int item)
{
    unknowns l, r;
    unknowns_of(n, i->left, item, &l);
    unknowns_of(n, i->right, item, &r);
    for (int k = 0; k < l.count + r.count; k++) {
        sym name = k < l.count ? l.list[k] : r.list[k - l.count];
        bool left = false, right = false;
        for (int j = 0; j < l.count; j++)
            left |= l.list[j] == name;
        for (int j = 0; j < r.count; j++)
            right |= r.list[j] == name;
        if (left != right)
            return name;
    }
    return 0;
}

static const char *shown(const notes *n, sym name)
{
    return intern_text(n->names, intern_spelling(n->names, name));
}

/* Refuted with c as it stands, and also with C for it: whatever c is. */
static bool false_anyway(notes *n, int k)
{
    verdict v;
    note_trial t = {.rename = n->unknown, .rename_count = n->unknown_count, .without = -1, .with = -1};
    notes_decide(n, n->item[k].left, n->item[k].right, k, &t, &v);
    return v.kind == VERDICT_REFUTED;
}

static void decide(notes *n, int k, const note_trial *t, verdict *v)
{
    notes_decide_any(n, n->item[k].left, n->item[k].right, k, t, v);
    if (notes_good(v) || n->known_count == 0)
        return;
    note_trial plain = t ? *t : (note_trial){.without = -1, .with = -1};
    verdict again;
    plain.plain = true;
    notes_decide_any(n, n->item[k].left, n->item[k].right, k, &plain, &again);
    if (notes_good(&again) || v->kind != VERDICT_REFUTED)
        *v = again;
}

typedef struct {
    notes *n;
    int item, found;
} other_search;

/* D is differentiated by s, which its definition does not contain; a proved equation for D does. */
static void see_other(void *context, const syn *s, const syn *parent, int place)
{
    other_search *x = context;
    notes *n = x->n;
    (void)parent, (void)place;
    if (s->kind != SYN_DERIVATIVE || !s->child[0] || s->child[0]->kind != SYN_NAME || s->count < 2 || s->child[1]->kind != SYN_NAME || x->found >= 0)
        return;
    if (notes_depends(n, s->child[0]->name, s->child[1]->name, x->item))
        return;
    for (int d = notes_first(n, s->child[0]->name); d >= 0; d = n->definition[d].next)
        if (n->definition[d].other && notes_mentions(n->definition[d].value, s->child[1]->name))
            x->found = d;
}

/* "with S = Sᵀ, ‖u‖ = 1" */
static const char *assumed_text(notes *n, unsigned which)
{
    const char *text = "with ";
    for (int a = 0; a < n->assumption_count; a++)
        if (which >> a & 1u)
            text = arena_printf(n->memory, "%s%s%s", text, text[5] ? ", " : "", notes_claim_text(n, n->assumption[a]->child[0], n->assumption[a]->child[1]));
    return text;
}

/* \pd, that nobody has defined. */
static const char *unknown_command(const notes *n, const note_item *i)
{
    for (const char *const *name = n->reading ? latex_unknown(n->reading) : NULL; name && *name; name++) {
        sym key = intern_find(n->names, *name);
        if (key && notes_first(n, key) < 0 && (notes_mentions(i->left, key) || notes_mentions(i->right, key)))
            return *name;
    }
    return NULL;
}

static bool is_one(const syn *s)
{
    return s->kind == SYN_NUMBER && strcmp(s->text, "1") == 0;
}

/* ∂z/∂b = 1 for vectors is the identity. */
static void try_identity(notes *n, int k)
{
    note_item *i = &n->item[k];
    sym name = intern_puts(n->names, "I");
    if (!(is_one(i->right) && i->left->kind == SYN_DERIVATIVE) && !(is_one(i->left) && i->right->kind == SYN_DERIVATIVE))
        return;
    if (!notes_has_vectors(n) || !notes_is_identity(n, name))
        return;
    syn *identity = syn_new(n->memory, SYN_NAME, i->right->at, 0);
    verdict v;
    identity->name = name;
    notes_decide_any(n, is_one(i->left) ? identity : i->left, is_one(i->right) ? identity : i->right, k, NULL, &v);
    if (!notes_good(&v))
        return;
    i->v = v;
    notes_say(n, i, "1 is read as the identity matrix");
}

/* d/dx x² + x: the whole sum. */
static syn *whole_sum(notes *n, const syn *s)
{
    const syn *first = s->kind == SYN_SUM ? s->child[0] : NULL;
    if (!first || first->kind != SYN_DERIVATIVE || !(first->flags & LATEX_OPERATOR) || !first->child[0])
        return NULL;
    syn *d = syn_new(n->memory, SYN_DERIVATIVE, s->at, first->count), *paren = syn_new(n->memory, SYN_PAREN, s->at, 1),
        *sum = syn_new(n->memory, SYN_SUM, s->at, s->count);
    memcpy(sum->child, s->child, (size_t)s->count * sizeof *s->child);
    memcpy(d->child, first->child, (size_t)first->count * sizeof *first->child);
    sum->text = s->text;
    sum->child[0] = first->child[0];
    paren->child[0] = sum;
    d->child[0] = paren;
    d->number = first->number;
    return d;
}

static void try_whole_sum(notes *n, int k)
{
    note_item *i = &n->item[k];
    syn *left = whole_sum(n, i->left), *right = whole_sum(n, i->right);
    verdict v;
    if (!left && !right)
        return;
    notes_decide_any(n, left ? left : i->left, right ? right : i->right, k, NULL, &v);
    if (!notes_good(&v))
        return;
    i->v = v;
    notes_say(n, i, "the derivative is taken of the whole sum");
}

/* (1/m) Σ_i … with m the number of terms. */
static void try_count(notes *n, int k)
{
    note_item *i = &n->item[k];
    note_trial t = {.without = -1, .with = -1, .counted = notes_counted(n, k)};
    verdict v;
    int sizes = n->size_count;
    if (!t.counted)
        return;
    notes_add_size(n, t.counted);
    decide(n, k, &t, &v);
    n->size_count = sizes;
    if (!notes_good(&v) && (v.kind != VERDICT_REFUTED || i->v.kind != VERDICT_REFUTED))
        return;
    i->v = v;
    if (notes_good(&v)) /* what is false both ways needs no condition */
        i->v.condition = arena_printf(n->memory, "%s%swith %s the number of terms of the sums divided by it", v.condition ? v.condition : "",
                                      v.condition ? "; " : "", shown(n, t.counted));
}

static void try_readings(notes *n, int k)
{
    note_item *i = &n->item[k];
    verdict v;
    try_identity(n, k);
    if (!notes_good(&i->v))
        try_whole_sum(n, k);
    if (!notes_good(&i->v))
        try_count(n, k);
    if (notes_good(&i->v))
        return;
    other_search x = {n, k, -1};
    see_other(&x, i->left, NULL, 0);
    notes_visit(i->left, see_other, &x);
    see_other(&x, i->right, NULL, 0);
    notes_visit(i->right, see_other, &x);
    note_trial t = {.without = -1, .with = x.found};
    if (x.found >= 0) {
        decide(n, k, &t, &v);
        if (notes_good(&v) || i->v.kind != VERDICT_PROVED || v.kind == VERDICT_REFUTED) {
            const note_definition *d = &n->definition[x.found];
            i->v = v;
            notes_say(n, i, "with %s as on line %d", shown(n, d->name), n->item[d->item].line);
        }
    }
    for (int a = 0; a <= n->assumption_count && n->assumption_count && !notes_good(&i->v); a++) { /* each alone, then all */
        t.assuming = a < n->assumption_count ? 1u << a : (1u << n->assumption_count) - 1u;
        decide(n, k, &t, &v);
        if (!notes_good(&v) && v.kind == VERDICT_REFUTED && v.suggestion && !i->v.suggestion) {
            i->v = v;
            i->v.condition = assumed_text(n, t.assuming);
        }
        if (notes_good(&v)) {
            i->v = v;
            i->v.condition = arena_printf(n->memory, "%s%s%s", v.condition ? v.condition : "", v.condition ? "; " : "", assumed_text(n, t.assuming));
        }
    }
}

static const syn *unread_name(const note_item *i)
{
    const syn *left = i->broken && i->step == 1 && !i->label && i->left && !i->right ? i->left : NULL;
    if (left && left->kind == SYN_PRODUCT && left->count == 2 && left->child[1]->kind == SYN_PAREN)
        left = left->child[0];
    if (left && left->kind == SYN_INDEX)
        left = left->child[0];
    return left && (left->kind == SYN_NAME || left->kind == SYN_FAMILY) ? left : NULL;
}

/* A name of the claim is defined only by a line that could not be read: nothing can be said. Its item, −1. */
static int unread_in(const notes *n, const note_item *i, int item)
{
    for (int j = 0; j < n->item_count; j++) {
        const syn *name = n->item[j].broken ? unread_name(&n->item[j]) : NULL;
        if (!name || notes_first(n, name->name) >= 0)
            continue;
        if (notes_reaches(n, i->left, name->name, item) || notes_reaches(n, i->right, name->name, item))
            return j;
    }
    return -1;
}

typedef struct {
    const notes *n;
    sym found;
} entry_search;

static void see_entries(void *context, const syn *s, const syn *parent, int place)
{
    entry_search *x = context;
    bool below = parent && parent->kind == SYN_DERIVATIVE && place > 0 && s->kind == SYN_NAME && notes_first(x->n, s->name) < 0;
    const char *key = below ? intern_text(x->n->names, s->name) : "";
    if (below && intern_find(x->n->names, arena_printf(x->n->memory, "%s0", key)) && intern_find(x->n->names, arena_printf(x->n->memory, "%s1", key)) &&
        latex_is_bold(x->n->reading, s->name))
        x->found = s->name;
}

/* ∂C/∂β in bold where the definitions have β₀ and β₁. */
static sym vector_of_names(const notes *n, const note_item *i)
{
    entry_search x = {.n = n};
    notes_visit(i->left, see_entries, &x);
    see_entries(&x, i->left, NULL, 0);
    return x.found;
}

typedef struct {
    notes *n;
    note_item *item;
    int number;
} redefinition_search;

static void see_redefined(void *context, const syn *s, const syn *parent, int place)
{
    redefinition_search *x = context;
    notes *n = x->n;
    int count = 0, used = s->kind == SYN_NAME ? notes_find(n, s->name, x->number, NULL) : -1;
    (void)parent, (void)place;
    for (int d = used >= 0 ? notes_first(n, s->name) : -1; d >= 0; d = n->definition[d].next)
        count += n->definition[d].item >= 0 && !n->definition[d].other && !n->definition[d].set && !n->definition[d].label;
    if (count > 1 && n->definition[used].item >= 0 && n->definition[used].item != x->number)
        notes_say(n, x->item, "%s is that of line %d", shown(n, s->name), n->item[n->definition[used].item].line);
}

void notes_say_definitions(notes *n, int k)
{
    redefinition_search x = {n, &n->item[k], k};
    if (!x.item->left || !x.item->right)
        return;
    see_redefined(&x, x.item->left, NULL, 0);
    notes_visit(x.item->left, see_redefined, &x);
    see_redefined(&x, x.item->right, NULL, 0);
    notes_visit(x.item->right, see_redefined, &x);
}

static void judge(notes *n, int k)
{
    note_item *i = &n->item[k];
    if (i->broken || !i->left || !i->right) {
        i->v = (verdict){.kind = VERDICT_NOT_UNDERSTOOD, .reason = i->trouble ? i->trouble : "a side of it could not be read"};
        i->decided = true;
        return;
    }
    suspicion x = suspect(n, i);
    i->decided = true;
    int unread = i->trouble ? -1 : unread_in(n, i, k);
    if (unread >= 0) {
        i->v = (verdict){.kind = VERDICT_NOT_UNDERSTOOD};
        i->v.reason = arena_printf(n->memory, "it depends on line %d, which was not understood", n->item[unread].line);
        return;
    }
    sym entries = i->trouble ? 0 : vector_of_names(n, i);
    if (entries) {
        i->v = (verdict){.kind = VERDICT_NOT_UNDERSTOOD};
        i->v.reason = arena_printf(n->memory, "%s and %s0, %s1, … are not read as one array", shown(n, entries), shown(n, entries), shown(n, entries));
        return;
    }
    if (i->trouble || (x.found && !x.only_above)) {
        i->v = (verdict){.kind = VERDICT_NOT_UNDERSTOOD, .reason = i->trouble};
        if (!i->trouble)
            i->v.reason = arena_printf(n->memory, "%s is nowhere defined (%s is)", shown(n, x.found), shown(n, notes_lookalike(n, x.found)));
        return;
    }
    decide(n, k, NULL, &i->v);
    if (!notes_good(&i->v))
        try_readings(n, k);
    if (x.found && (i->v.kind != VERDICT_REFUTED || !false_anyway(n, k)))
        i->v = (verdict){.kind = VERDICT_NOT_UNDERSTOOD,
                         .reason = arena_printf(n->memory, "%s is nowhere defined (%s is)", shown(n, x.found), shown(n, notes_lookalike(n, x.found)))};
    const char *command = notes_good(&i->v) ? NULL : unknown_command(n, i);
    if (command)
        i->v = (verdict){.kind = VERDICT_NOT_UNDERSTOOD, .reason = arena_printf(n->memory, "\\%s is no command that deltac knows", command)};
    sym open = i->v.kind == VERDICT_REFUTED && !x.found ? open_name(n, i, k) : 0;
    if (open) {
        i->v.kind = VERDICT_UNDECIDED;
        i->v.reason = arena_printf(n->memory, "%s is nowhere defined, so this can be neither proved nor refuted", shown(n, open));
    }
}

/* --- which of several labels defines a name --- */

static bool takes_part(const notes *n, int k, sym name, int section, int candidate)
{
    const note_item *i = &n->item[k];
    return i->section == section && i->role == NOTE_CLAIM && i->right && !i->broken && !i->trouble && !i->inline_ && k != n->definition[candidate].item &&
           (notes_mentions(i->left, name) || notes_mentions(i->right, name)) && !i->label;
}

static note_trial renamed_trial(const notes *n)
{
    return (note_trial){.rename = n->unknown, .rename_count = n->unknown_count, .without = -1, .with = -1};
}

static int score(notes *n, int candidate, int section)
{
    int proved = 0, tried = 0;
    for (int k = 0; k < n->item_count && tried < 20; k++) {
        verdict v;
        note_trial t = renamed_trial(n);
        t.with = candidate;
        if (!takes_part(n, k, n->definition[candidate].name, section, candidate))
            continue;
        tried++;
        notes_decide(n, n->item[k].left, n->item[k].right, k, &t, &v);
        proved += notes_good(&v);
    }
    return proved;
}

/* The label under which most claims of the section hold is the definition there; the others become claims against it. */
static void choose_labels(notes *n)
{
    for (int section = 0; section < n->section_count && n->chosen_count < 64; section++)
        for (int a = 0; a < n->definition_count && n->chosen_count < 64; a++) {
            int best = a, most = -1, rivals = 0;
            sym name = n->definition[a].name;
            bool first = n->definition[a].label;
            for (int b = 0; b < a && first; b++)
                first = !(n->definition[b].label && n->definition[b].name == name);
            for (int b = 0; b < n->definition_count && first; b++)
                rivals += n->definition[b].label && n->definition[b].name == name;
            if (!first || rivals < 2)
                continue;
            for (int b = 0; b < n->definition_count; b++) {
                if (!n->definition[b].label || n->definition[b].name != name || n->definition[b].section > section || n->item[n->definition[b].item].trouble)
                    continue;
                int s = 2 * score(n, b, section) + (n->definition[b].section == section);
                if (s > most) {
                    most = s;
                    best = b;
                }
            }
            if (most < 0)
                continue;
            n->chosen[n->chosen_count][0] = best;
            n->chosen[n->chosen_count++][1] = section;
        }
}

static bool is_definition_here(notes *n, int k)
{
    note_item *i = &n->item[k];
    if (i->definition < 0 || !i->label)
        return false;
    return notes_find(n, n->definition[i->definition].name, k, NULL) == i->definition;
}

static bool misfits(const note_item *i)
{
    bool shape = i->v.kind == VERDICT_REFUTED && i->v.method && strcmp(i->v.method, "shape") == 0;
    return i->decided && i->role == NOTE_CLAIM && !i->trouble && !i->broken && !i->label && (shape || i->v.kind == VERDICT_NOT_UNDERSTOOD);
}

static void judge_misfit(notes *n, int k)
{
    note_item *i = &n->item[k];
    if (!misfits(i) || suspect(n, i).found)
        return;
    note_item before = *i;
    judge(n, k);
    bool clearer = before.v.kind == VERDICT_NOT_UNDERSTOOD && i->v.kind == VERDICT_REFUTED && !(i->v.method && strcmp(i->v.method, "shape") == 0);
    if (!notes_good(&i->v) && !clearer)
        *i = before;
}

/* What did not fit is looked at once more, with the shapes that fitting lines have shown. */
static void judge_misfits(notes *n)
{
    n->use_ranks = true;
    notes_pass(n, judge_misfit);
    n->use_ranks = false;
}

static void judge_item(notes *n, int k)
{
    note_item *i = &n->item[k];
    if (i->imported)
        return;
    if (is_definition_here(n, k) && !i->trouble && !suspect(n, i).found) {
        i->role = NOTE_DEFINITION;
        return;
    }
    if (i->label && i->trouble && pair_in(i->left))
        i->role = NOTE_EXPRESSION; /* said with the expression it stands in */
    else if (i->role == NOTE_CLAIM && !i->anew) {
        judge(n, k);
        notes_judge_condition(n, k);
        if (notes_good(&i->v) && i->left && i->left->kind == SYN_NAME && i->step == 1)
            notes_add_other(n, k);
    } else if (i->role == NOTE_EXPRESSION && i->trouble && !i->broken && notes_lookalike_in(n, i->left) && !pair_in(i->left) && !i->dangling)
        notes_say(n, i, "%s", i->trouble);
    else if (i->role == NOTE_EXPRESSION && i->trouble && (!i->inline_ || i->broken))
        i->decided = !i->inline_, i->v = (verdict){.kind = VERDICT_NOT_UNDERSTOOD, .reason = i->trouble};
    else if (i->trouble && i->broken && i->role != NOTE_SHAPE && i->role != NOTE_APPROXIMATION) {
        i->decided = true;
        i->v = (verdict){.kind = VERDICT_NOT_UNDERSTOOD, .reason = i->trouble};
    }
}

void notes_judge(notes *n)
{
    find_pairs(n);
    for (int k = 0; k < n->item_count; k++) { /* first of all: what is in force decides everything else */
        if (!n->item[k].anew || n->item[k].role != NOTE_CLAIM || n->item[k].imported)
            continue;
        judge(n, k);
        if (!notes_good(&n->item[k].v))
            notes_define_anew(n, k);
    }
    choose_labels(n);
    notes_pass(n, judge_item);
    judge_misfits(n);
}

void notes_run(notes *n)
{
    notes_collect(n);
    notes_assume(n);
    notes_judge(n);
    notes_find_conventions(n);
    notes_judge_updates(n);
    notes_repair_all(n);
}
