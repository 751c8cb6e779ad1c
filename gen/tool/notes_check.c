/* `deltac check` of one document: what its parts say, most important first. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/tool/notes.h"

typedef struct {
    int rank;
    char *text;
} printed;

typedef struct {
    const notes_request *q;
    printed *line;
    int line_count, line_capacity;
    char **said; /* announcements and readings, each once */
    int said_count, said_capacity;
    json_t *claims, *definitions, *assumptions;
    notes_totals totals;
    notes_marks *marks;
    int roles[NOTE_ROLE_COUNT], along, against, problems;
    bool vectors;
} report;

static void add_line(report *r, int rank, char *text)
{
    if (r->line_count == r->line_capacity) {
        r->line_capacity = r->line_capacity ? 2 * r->line_capacity : 64;
        r->line = xrealloc(r->line, (size_t)r->line_capacity * sizeof *r->line);
    }
    r->line[r->line_count++] = (printed){rank, text};
}

/* "assumed: …", "read: …": true when it is new. */
static bool say(report *r, const char *kind, const char *text)
{
    size_t length = strlen(kind) + strlen(text) + 1;
    char *whole = xmalloc(length);
    snprintf(whole, length, "%s%s", kind, text);
    for (int i = 0; i < r->said_count; i++)
        if (strcmp(r->said[i], whole) == 0) {
            free(whole);
            return false;
        }
    if (r->said_count == r->said_capacity) {
        r->said_capacity = r->said_capacity ? 2 * r->said_capacity : 16;
        r->said = xrealloc(r->said, (size_t)r->said_capacity * sizeof *r->said);
    }
    r->said[r->said_count++] = whole;
    return true;
}

static void take_text(report *r, notes *n)
{
    for (int k = 0; k < n->item_count; k++) {
        char *text = NULL;
        size_t length = 0;
        if (n->item[k].imported || notes_rank(&n->item[k]) > 6)
            continue;
        FILE *out = open_memstream(&text, &length);
        if (!out)
            continue;
        notes_print_item(out, n, &n->item[k], r->q->colour, r->q->hints);
        fclose(out);
        add_line(r, notes_rank(&n->item[k]), text);
    }
}

static void take_readings(report *r, const notes *n)
{
    const char *const *readings = n->reading ? latex_readings(n->reading) : NULL, *const *unknown = n->reading ? latex_unknown(n->reading) : NULL;
    char text[200];
    for (; readings && *readings; readings++)
        say(r, "read: ", *readings);
    for (int k = 0; k < n->running_count; k++) {
        snprintf(text, sizeof text, "the subscript %s counts steps; what is said of it is decided for %d of them", intern_text(n->names, n->running[k]),
                 n->layers);
        say(r, "read: ", text);
    }
    r->vectors |= notes_has_vectors(n);
    for (; unknown && *unknown; unknown++) {
        snprintf(text, sizeof text, "\\%s is taken as a name", *unknown);
        say(r, "unknown command: ", text);
    }
}

static void take_json(report *r, notes *n)
{
    for (int k = 0; k < n->item_count; k++)
        if (!n->item[k].imported)
            json_array_append_new(r->claims, notes_item_json(n, &n->item[k]));
    for (int k = 0; k < n->definition_count; k++) {
        const note_definition *d = &n->definition[k];
        if (d->item < 0 || n->item[d->item].role != NOTE_DEFINITION || n->item[d->item].imported)
            continue;
        json_t *o = json_object();
        json_object_set_new(o, "name", json_string_nocheck(intern_text(n->names, intern_spelling(n->names, d->name))));
        json_object_set_new(o, "line", json_integer(n->item[d->item].line));
        json_object_set_new(o, "equals", json_null());
        json_array_append_new(r->definitions, o);
    }
}

static void take_part(void *context, notes *n)
{
    report *r = context;
    notes_totals t = notes_count(n);
    r->totals.proved += t.proved;
    r->totals.refuted += t.refuted;
    r->totals.undecided += t.undecided;
    r->totals.not_understood += t.not_understood;
    r->totals.vacuous += t.vacuous;
    r->problems += n->problems;
    for (int k = 0; k < n->item_count; k++) {
        const note_item *i = &n->item[k];
        if (i->imported)
            continue;
        r->roles[i->role] += !i->decided;
        r->along += i->role == NOTE_UPDATE && i->move == STEP_ALONG;
        r->against += i->role == NOTE_UPDATE && i->move == STEP_AGAINST;
    }
    if (r->q->text)
        take_text(r, n);
    if (r->claims)
        take_json(r, n);
    if (r->marks)
        notes_marks_take(r->marks, n);
    for (int k = 0; k < n->announce_count; k++)
        if (say(r, "assumed: ", n->announce[k]) && r->assumptions)
            json_array_append_new(r->assumptions, json_string_nocheck(n->announce[k]));
    take_readings(r, n);
}

/* --- printing --- */

static void print_summary(const report *r)
{
    const notes_totals *t = &r->totals;
    const char *separator = ": ";
    const struct {
        int count;
        const char *word;
    } parts[] = {{t->proved, "proved"}, {t->refuted, "refuted"}, {t->undecided, "undecided"}, {t->not_understood, "not understood"}, {t->vacuous, "vacuous"}};
    int claims = t->proved + t->refuted + t->undecided + t->not_understood + t->vacuous;
    printf("%d claim%s and line%s to judge", claims, claims == 1 ? "" : "s", claims == 1 ? "" : "s");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].count) {
            printf("%s%d %s", separator, parts[i].count, parts[i].word);
            separator = ", ";
        }
    for (int k = 1; k < NOTE_ROLE_COUNT; k++)
        if (r->roles[k])
            printf(" · %d %s%s", r->roles[k], notes_role_name((note_role)k), r->roles[k] == 1 ? "" : k == NOTE_INEQUALITY ? "" : "s");
    if (r->along || r->against)
        printf(" (%d along the gradient, %d not)", r->along, r->against);
    putchar('\n');
}

static void print_said(const report *r, const char *kind)
{
    for (int i = 0; i < r->said_count; i++)
        if (strncmp(r->said[i], kind, strlen(kind)) == 0)
            printf("  %s\n", r->said[i]);
}

static void print_report(const report *r, const char *path)
{
    printf("%s\n", path);
    for (int rank = 0; rank < 7; rank++)
        for (int i = 0; i < r->line_count; i++)
            if (r->line[i].rank == rank)
                fputs(r->line[i].text, stdout);
    print_said(r, "assumed: ");
    print_said(r, "read: ");
    if (!r->vectors)
        printf("  read: names without an index are numbers (no bold letter, transpose, ⊙ or shape says otherwise)\n");
    print_said(r, "unknown command: ");
    print_summary(r);
}

static json_t *file_json(report *r, const char *path)
{
    json_t *file = json_object();
    json_object_set_new(file, "file", json_string_nocheck(path));
    json_object_set_new(file, "claims", r->claims);
    json_object_set_new(file, "definitions", r->definitions);
    json_object_set_new(file, "assumptions", r->assumptions);
    json_object_set_new(file, "warnings", json_array());
    json_object_set_new(file, "errors", json_array());
    return file;
}

static void report_free(report *r)
{
    for (int i = 0; i < r->line_count; i++)
        free(r->line[i].text);
    for (int i = 0; i < r->said_count; i++)
        free(r->said[i]);
    free(r->line);
    free(r->said);
    if (r->marks)
        notes_marks_free(r->marks);
}

int notes_check(const char *path, const notes_request *q, json_t **json, notes_totals *totals)
{
    notes_file f;
    report r = {.q = q};
    *totals = (notes_totals){0};
    if (!notes_file_open(&f, path, q->kind) || f.document.problem) {
        if (f.document.problem)
            fprintf(stderr, "%s: error: %s\n", path, f.document.problem);
        else
            fprintf(stderr, "deltac: cannot read `%s`\n", path);
        notes_file_close(&f);
        return STATUS_UNUSABLE;
    }
    f.with = q->with;
    f.seconds = q->seconds;
    f.megabytes = q->megabytes;
    f.jobs = q->jobs;
    if (json) {
        r.claims = json_array();
        r.definitions = json_array();
        r.assumptions = json_array();
    }
    if (q->annotate)
        r.marks = notes_marks_new();
    notes_each_part(&f, take_part, &r);
    if (q->text)
        print_report(&r, path);
    if (json)
        *json = file_json(&r, path);
    *totals = r.totals;
    int status = r.problems ? STATUS_UNUSABLE : notes_status(&r.totals);
    if (q->annotate)
        status = status_worse(status, notes_annotate(r.marks, &f, q->annotate));
    report_free(&r);
    notes_file_close(&f);
    return status;
}
