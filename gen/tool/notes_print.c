/* What people and programs see of a document: most important first, then a summary by role and verdict. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "gen/tool/notes.h"

const char *notes_role_name(note_role role)
{
    static const char *const names[] = {"claim", "definition", "update", "expression", "shape", "approximation", "inequality", "condition"};
    return role < NOTE_ROLE_COUNT ? names[role] : "?";
}

const char *notes_verdict_name(const note_item *i)
{
    if (!i->decided)
        return NULL;
    return i->v.kind == VERDICT_PROVED && i->v.vacuous ? "vacuous" : verdict_name(i->v.kind);
}

notes_totals notes_count(const notes *n)
{
    notes_totals t = {0};
    for (int k = 0; k < n->item_count; k++) {
        const note_item *i = &n->item[k];
        if (!i->decided)
            continue;
        t.proved += i->v.kind == VERDICT_PROVED && !i->v.vacuous;
        t.vacuous += i->v.kind == VERDICT_PROVED && i->v.vacuous;
        t.refuted += i->v.kind == VERDICT_REFUTED;
        t.undecided += i->v.kind == VERDICT_UNDECIDED;
        t.not_understood += i->v.kind == VERDICT_NOT_UNDERSTOOD;
    }
    return t;
}

int notes_status(const notes *n)
{
    notes_totals t = notes_count(n);
    if (n->problems)
        return STATUS_UNUSABLE;
    return t.refuted ? STATUS_NO : t.undecided || t.not_understood ? STATUS_UNKNOWN : STATUS_GOOD;
}

/* --- for programs --- */

static char *source_text(const notes *n, span at)
{
    const source *s = source_get(n->sources, n->document.source);
    if (at.begin < 0 || at.end < at.begin || (size_t)at.end > s->length)
        return arena_strndup(n->memory, "", 0);
    char *text = arena_strndup(n->memory, s->text + at.begin, (size_t)(at.end - at.begin));
    for (char *c = text; *c; c++)
        if (*c == '\n' || *c == '\t')
            *c = ' ';
    return text;
}

static char *item_text(notes *n, const note_item *i)
{
    if (i->broken || !i->left)
        return source_text(n, i->at);
    if (!i->right)
        return notes_text(n, i->left);
    if (i->role == NOTE_UPDATE)
        return arena_printf(n->memory, "%s ← %s", notes_text(n, i->left), notes_text(n, i->right));
    if (i->role != NOTE_CLAIM && i->role != NOTE_DEFINITION && i->role != NOTE_CONDITION)
        return source_text(n, i->at);
    return notes_claim_text(n, i->left, i->right);
}

static json_t *string_or_null(const char *text)
{
    return text ? json_string_nocheck(text) : json_null();
}

static json_t *pairs(const verdict_pairs *p)
{
    json_t *object = json_object();
    for (int i = 0; i < p->count; i++)
        json_object_set_new(object, p->list[i].name, string_or_null(p->list[i].value));
    return object;
}

static json_t *witness(const verdict_witness *w)
{
    if (!w->left)
        return json_null();
    json_t *object = json_object();
    json_object_set_new(object, "point", pairs(&w->point));
    json_object_set_new(object, "functions", pairs(&w->functions));
    json_object_set_new(object, "sizes", pairs(&w->sizes));
    json_object_set_new(object, "instance", pairs(&w->instance));
    json_object_set_new(object, "left", string_or_null(w->left));
    json_object_set_new(object, "right", string_or_null(w->right));
    return object;
}

static json_t *item_json(notes *n, const note_item *i)
{
    json_t *o = json_object(), *messages = json_array();
    json_object_set_new(o, "line", json_integer(i->line));
    json_object_set_new(o, "column", json_integer(i->column));
    if (i->cell)
        json_object_set_new(o, "cell", json_integer(i->cell));
    json_object_set_new(o, "step", json_integer(i->step));
    json_object_set_new(o, "role", json_string(notes_role_name(i->role)));
    json_object_set_new(o, "label", json_boolean(i->label));
    json_object_set_new(o, "claim", string_or_null(item_text(n, i)));
    json_object_set_new(o, "source", string_or_null(source_text(n, i->at)));
    json_object_set_new(o, "verdict", i->decided ? json_string(verdict_name(i->v.kind)) : json_null());
    json_object_set_new(o, "condition",
                        i->decided && i->v.vacuous && !i->v.condition ? json_string("vacuous") : string_or_null(i->decided ? i->v.condition : NULL));
    json_object_set_new(o, "method", string_or_null(i->decided ? i->v.method : NULL));
    json_object_set_new(o, "witness", i->decided ? witness(&i->v.witness) : json_null());
    json_object_set_new(o, "suggestion", string_or_null(i->decided ? i->v.suggestion : NULL));
    json_object_set_new(o, "diagnosis", string_or_null(i->decided ? i->v.diagnosis : NULL));
    if (i->decided && i->v.reason)
        json_object_set_new(o, "reason", string_or_null(i->v.reason));
    if (i->root)
        json_object_set_new(o, "root", string_or_null(i->root));
    if (i->role == NOTE_UPDATE)
        json_object_set_new(o, "step_is",
                            json_string(i->move == STEP_ALONG     ? "along the gradient"
                                        : i->move == STEP_AGAINST ? "not the gradient step"
                                                                  : "not compared"));
    for (int k = 0; k < i->message_count; k++)
        json_array_append_new(messages, string_or_null(i->message[k]));
    json_object_set_new(o, "messages", messages);
    return o;
}

json_t *notes_json(const notes *notes_)
{
    notes *n = (notes *)(size_t)notes_;
    json_t *file = json_object(), *claims = json_array(), *definitions = json_array(), *assumptions = json_array();
    json_object_set_new(file, "file", json_string(n->path));
    for (int k = 0; k < n->item_count; k++)
        json_array_append_new(claims, item_json(n, &n->item[k]));
    for (int k = 0; k < n->definition_count; k++) {
        const note_definition *d = &n->definition[k];
        if (d->item < 0 || n->item[d->item].role != NOTE_DEFINITION)
            continue;
        json_t *o = json_object();
        json_object_set_new(o, "name", json_string(intern_text(n->names, intern_spelling(n->names, d->name))));
        json_object_set_new(o, "line", json_integer(n->item[d->item].line));
        json_object_set_new(o, "equals", json_null());
        json_array_append_new(definitions, o);
    }
    for (int k = 0; k < n->announce_count; k++)
        json_array_append_new(assumptions, string_or_null(n->announce[k]));
    json_object_set_new(file, "claims", claims);
    json_object_set_new(file, "definitions", definitions);
    json_object_set_new(file, "assumptions", assumptions);
    json_object_set_new(file, "warnings", json_array());
    json_object_set_new(file, "errors", json_array());
    return file;
}

/* --- for people --- */

/* Smaller is more important. */
static int rank_of(const note_item *i)
{
    if (i->decided && i->v.kind == VERDICT_REFUTED)
        return 0;
    if (i->decided && i->v.kind == VERDICT_NOT_UNDERSTOOD)
        return 1;
    if (i->decided && i->v.kind == VERDICT_UNDECIDED)
        return 2;
    if (i->role == NOTE_UPDATE && i->move == STEP_AGAINST)
        return 3;
    if (i->decided && i->v.vacuous)
        return 4;
    if (i->decided)
        return 5;
    return i->message_count ? 6 : 7;
}

static const char *mark_of(const note_item *i)
{
    static const char *const marks[] = {"✗", "?", "?", "!", "○", "✓", "·", "·"};
    return marks[rank_of(i)];
}

static const char *colour_of(const note_item *i, bool colour)
{
    static const char *const colours[] = {"\033[31m", "\033[33m", "\033[33m", "\033[33m", "", "\033[32m", "", ""};
    return colour ? colours[rank_of(i)] : "";
}

static void print_place(const note_item *i)
{
    char place[40];
    if (i->cell)
        snprintf(place, sizeof place, "%d:%d", i->cell, i->line);
    else
        snprintf(place, sizeof place, "%d", i->line);
    printf("  %5s  ", place);
}

static void print_witness(const verdict_witness *w)
{
    const char *separator = "at ";
    const verdict_pairs *parts[] = {&w->sizes, &w->instance, &w->point};
    printf("           ");
    for (int p = 0; p < 3; p++)
        for (int i = 0; i < parts[p]->count && i < 8; i++, separator = ", ")
            printf("%s%s = %s", separator, parts[p]->list[i].name, parts[p]->list[i].value);
    for (int i = 0; i < w->functions.count && i < 3; i++)
        printf("%s%s(u) = %s", i ? ", " : " (", w->functions.list[i].name, w->functions.list[i].value);
    printf("%s: left %s, right %s\n", w->functions.count ? w->functions.count > 3 ? ", …)" : ")" : "", w->left_short ? w->left_short : w->left,
           w->right_short ? w->right_short : w->right);
}

static void print_item(notes *n, const note_item *i, bool colour, const char *hints)
{
    char *text = item_text(n, i);
    const char *word = notes_verdict_name(i), *end = colour ? "\033[0m" : "";
    int width = text_width(text, strlen(text));
    if (i->dangling)
        text = arena_printf(n->memory, "%s =", text);
    print_place(i);
    printf("%s%s%s %s%s%*s  %s%s%s\n", colour_of(i, colour), mark_of(i), end, i->label ? "label: " : "", text, width < 46 ? 46 - width : 0, "",
           colour_of(i, colour),
           word                                                ? word
           : i->role == NOTE_UPDATE && i->move == STEP_AGAINST ? "update, not the gradient step"
           : i->role == NOTE_UPDATE && i->move == STEP_ALONG   ? "update, along the gradient"
                                                               : notes_role_name(i->role),
           end);
    if (i->decided && i->v.condition)
        printf("           %s\n", i->v.condition);
    if (strcmp(hints, "none") == 0 || strcmp(hints, "line") == 0)
        return;
    if (i->decided && i->v.reason)
        printf("           %s\n", i->v.reason);
    if (i->root)
        printf("           %s\n", i->root);
    if (i->decided && i->v.kind == VERDICT_REFUTED && i->v.witness.left && !i->root)
        print_witness(&i->v.witness);
    if (i->decided && i->v.kind != VERDICT_PROVED && i->v.diagnosis)
        printf("           %s\n", i->v.diagnosis);
    if (strcmp(hints, "kind") == 0)
        return;
    if (i->decided && i->v.kind != VERDICT_PROVED && i->v.suggestion)
        printf("           did you mean:  %s\n", i->v.suggestion);
    for (int k = 0; k < i->message_count; k++)
        printf("           %s\n", i->message[k]);
}

static void print_summary(const notes *n)
{
    notes_totals t = notes_count(n);
    int roles[NOTE_ROLE_COUNT] = {0}, along = 0, against = 0;
    const char *separator = ": ";
    const struct {
        int count;
        const char *word;
    } parts[] = {{t.proved, "proved"}, {t.refuted, "refuted"}, {t.undecided, "undecided"}, {t.not_understood, "not understood"}, {t.vacuous, "vacuous"}};
    for (int k = 0; k < n->item_count; k++) {
        roles[n->item[k].role] += !n->item[k].decided;
        along += n->item[k].role == NOTE_UPDATE && n->item[k].move == STEP_ALONG;
        against += n->item[k].role == NOTE_UPDATE && n->item[k].move == STEP_AGAINST;
    }
    int claims = t.proved + t.refuted + t.undecided + t.not_understood + t.vacuous;
    printf("%d claim%s and line%s to judge", claims, claims == 1 ? "" : "s", claims == 1 ? "" : "s");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].count) {
            printf("%s%d %s", separator, parts[i].count, parts[i].word);
            separator = ", ";
        }
    for (int r = 1; r < NOTE_ROLE_COUNT; r++)
        if (roles[r])
            printf(" · %d %s%s", roles[r], notes_role_name((note_role)r), roles[r] == 1 || r == NOTE_INEQUALITY ? "" : "s");
    if (along || against)
        printf(" (%d along the gradient, %d not)", along, against);
    putchar('\n');
}

void notes_print(const notes *notes_, bool colour, const char *hints)
{
    notes *n = (notes *)(size_t)notes_;
    printf("%s\n", n->path);
    for (int rank = 0; rank < 7; rank++)
        for (int k = 0; k < n->item_count; k++)
            if (rank_of(&n->item[k]) == rank)
                print_item(n, &n->item[k], colour, hints);
    for (int k = 0; k < n->announce_count; k++)
        printf("  assumed: %s\n", n->announce[k]);
    const char *const *readings = n->reading ? latex_readings(n->reading) : NULL, *const *unknown = n->reading ? latex_unknown(n->reading) : NULL;
    for (; readings && *readings; readings++)
        printf("  read: %s\n", *readings);
    for (int k = 0; k < n->running_count; k++)
        printf("  read: the subscript %s counts steps; what is said of it is decided for %d of them\n", intern_text(n->names, n->running[k]), n->layers);
    if (!notes_has_vectors(n))
        printf("  read: names without an index are numbers (no bold letter, transpose, ⊙ or shape says otherwise)\n");
    for (; unknown && *unknown; unknown++)
        printf("  unknown command: \\%s is taken as a name\n", *unknown);
    print_summary(n);
}

int notes_check(const char *path, document_kind kind, bool colour, const char *hints, json_t **json, notes_totals *totals)
{
    notes n;
    if (!notes_open(&n, path, kind)) {
        fprintf(stderr, "deltac: cannot read `%s`\n", path);
        notes_close(&n);
        return STATUS_UNUSABLE;
    }
    notes_run(&n);
    if (json)
        *json = notes_json(&n);
    else
        notes_print(&n, colour, hints);
    *totals = notes_count(&n);
    int status = notes_status(&n);
    notes_close(&n);
    return status;
}
