/* What people and programs see of a document: most important first, then a summary by role and verdict. */
#include <stdio.h>
#include <string.h>

#include "gen/tool/notes.h"
#include "gen/tool/verdict_json.h"

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

int notes_status(const notes_totals *t)
{
    return t->refuted ? STATUS_NO : t->undecided || t->not_understood ? STATUS_UNKNOWN : STATUS_GOOD;
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

json_t *notes_item_json(notes *n, const note_item *i)
{
    json_t *o = json_object(), *messages = json_array();
    json_object_set_new(o, "line", json_integer(i->line));
    json_object_set_new(o, "column", json_integer(i->column));
    if (i->cell)
        json_object_set_new(o, "cell", json_integer(i->cell));
    json_object_set_new(o, "step", json_integer(i->step));
    json_object_set_new(o, "role", json_string(notes_role_name(i->role)));
    json_object_set_new(o, "label", json_boolean(i->label));
    json_object_set_new(o, "claim", json_text(item_text(n, i)));
    json_object_set_new(o, "source", json_text(source_text(n, i->at)));
    json_object_set_new(o, "verdict", i->decided ? json_string(verdict_name(i->v.kind)) : json_null());
    json_object_set_new(o, "condition", i->decided && i->v.vacuous && !i->v.condition ? json_string("vacuous") : json_text(i->decided ? i->v.condition : NULL));
    json_object_set_new(o, "method", json_text(i->decided ? i->v.method : NULL));
    json_object_set_new(o, "witness", i->decided ? json_witness(&i->v.witness) : json_null());
    json_object_set_new(o, "suggestion", json_text(i->decided ? i->v.suggestion : NULL));
    json_object_set_new(o, "diagnosis", json_text(i->decided ? i->v.diagnosis : NULL));
    if (i->decided && i->v.reason)
        json_object_set_new(o, "reason", json_text(i->v.reason));
    if (i->root)
        json_object_set_new(o, "root", json_text(i->root));
    if (i->role == NOTE_UPDATE)
        json_object_set_new(o, "step_is",
                            json_string(i->move == STEP_ALONG     ? "along the gradient"
                                        : i->move == STEP_UP      ? "up the gradient"
                                        : i->move == STEP_AGAINST ? "not the gradient step"
                                                                  : "not compared"));
    for (int k = 0; k < i->message_count; k++)
        json_array_append_new(messages, json_text(i->message[k]));
    json_object_set_new(o, "messages", messages);
    return o;
}

/* --- for people --- */

/* Smaller is more important. */
int notes_rank(const note_item *i)
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

const char *notes_mark(const note_item *i)
{
    static const char *const marks[] = {"✗", "?", "?", "!", "○", "✓", "·", "·"};
    return marks[notes_rank(i)];
}

static const char *colour_of(const note_item *i, bool colour)
{
    static const char *const colours[] = {"\033[31m", "\033[33m", "\033[33m", "\033[33m", "", "\033[32m", "", ""};
    return colour ? colours[notes_rank(i)] : "";
}

static void print_place(FILE *out, const note_item *i)
{
    char place[40];
    if (i->cell)
        snprintf(place, sizeof place, "%d:%d", i->cell, i->line);
    else
        snprintf(place, sizeof place, "%d", i->line);
    fprintf(out, "  %5s  ", place);
}

static void print_witness(FILE *out, const verdict_witness *w)
{
    const char *separator = "at ";
    const verdict_pairs *parts[] = {&w->sizes, &w->instance, &w->point};
    fprintf(out, "           ");
    for (int p = 0; p < 3; p++)
        for (int i = 0; i < parts[p]->count && i < 8; i++, separator = ", ")
            fprintf(out, "%s%s = %s", separator, parts[p]->list[i].name, parts[p]->list[i].value);
    bool placed = *separator == ',';
    for (int i = 0; i < w->functions.count && i < 3; i++)
        fprintf(out, "%s%s(u) = %s", i ? ", " : placed ? " (" : "with ", w->functions.list[i].name, w->functions.list[i].value);
    fprintf(out, "%s%s", w->functions.count > 3 ? ", …" : "", w->functions.count && placed ? ")" : "");
    fprintf(out, "%sleft %s, right %s\n", w->functions.count || placed ? ": " : "", w->left_short ? w->left_short : w->left,
            w->right_short ? w->right_short : w->right);
}

void notes_print_item(FILE *out, notes *n, const note_item *i, bool colour, const char *hints)
{
    char *text = item_text(n, i);
    const char *word = notes_verdict_name(i), *end = colour ? "\033[0m" : "";
    int width = text_width(text, strlen(text));
    if (i->dangling)
        text = arena_printf(n->memory, "%s =", text);
    print_place(out, i);
    fprintf(out, "%s%s%s %s%s%*s  %s%s%s\n", colour_of(i, colour), notes_mark(i), end, i->label ? "label: " : "", text, width < 46 ? 46 - width : 0, "",
            colour_of(i, colour),
            word                                                ? word
            : i->role == NOTE_UPDATE && i->move == STEP_AGAINST ? "update, not the gradient step"
            : i->role == NOTE_UPDATE && i->move == STEP_ALONG   ? "update, along the gradient"
                                                                : notes_role_name(i->role),
            end);
    if (i->decided && i->v.condition)
        fprintf(out, "           %s\n", i->v.condition);
    if (strcmp(hints, "none") == 0 || strcmp(hints, "line") == 0)
        return;
    if (i->decided && i->v.reason)
        fprintf(out, "           %s\n", i->v.reason);
    if (i->root)
        fprintf(out, "           %s\n", i->root);
    if (i->decided && i->v.kind == VERDICT_REFUTED && i->v.witness.left && !i->root)
        print_witness(out, &i->v.witness);
    if (i->decided && i->v.kind != VERDICT_PROVED && i->v.diagnosis)
        fprintf(out, "           %s\n", i->v.diagnosis);
    if (strcmp(hints, "kind") == 0)
        return;
    if (i->decided && i->v.kind != VERDICT_PROVED && i->v.suggestion)
        fprintf(out, "           did you mean:  %s\n", i->v.suggestion);
    for (int k = 0; k < i->message_count; k++)
        fprintf(out, "           %s\n", i->message[k]);
}
