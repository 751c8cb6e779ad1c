/* From lines to rows: long sums broken, repetitions left out, statements of the page read again, the chain rule written out where that is asked for. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "gen/emit/derive_write.h"

enum { REPEATED = 6, LONGEST_PERIOD = 8 };

static derive_row *row_add(arena *memory, derive_rows *r)
{
    if (r->count == r->room) {
        r->room = r->room ? 2 * r->room : 16;
        derive_row *list = arena_alloc(memory, (size_t)r->room * sizeof *list);
        if (r->count)
            memcpy(list, r->list, (size_t)r->count * sizeof *list);
        r->list = list;
    }
    r->list[r->count] = (derive_row){.sign = "=", .reason = ""};
    return &r->list[r->count++];
}

char *derive_title(arena *memory, const char *title)
{
    char *copy = arena_strndup(memory, title, strlen(title));
    copy[0] = (char)toupper((unsigned char)copy[0]);
    return copy;
}

/* --- repetitions --- */

/* The line with every group of digits replaced by #: layers of a chain look the same then. */
static char *form_of(arena *memory, const derive_line *l)
{
    buffer text = {0}, form = {0};
    if (l->verbatim)
        buffer_puts(&text, l->verbatim);
    if (l->left)
        notation_write(&text, l->left);
    buffer_puts(&text, l->sign);
    if (l->step_count)
        notation_write(&text, l->step[0].right);
    for (const char *c = text.text; *c;) {
        size_t n = strspn(c, "0123456789");
        buffer_add(&form, n ? "#" : c, 1);
        c += n ? n : 1;
    }
    char *copy = arena_strndup(memory, form.text ? form.text : "", form.length);
    buffer_free(&text);
    buffer_free(&form);
    return copy;
}

/* How many lines from `at` on repeat with this period. */
static int run_length(char *const *form, int at, int count, int period)
{
    int n = period;
    while (at + n < count && strcmp(form[at + n], form[at + n - period]) == 0)
        n++;
    return n / period * period;
}

/* The longest useful repetition that begins here: its length, and the period. 0 when there is none. */
static int repetition(char *const *form, int at, int count, int *period)
{
    for (int p = 1; p <= LONGEST_PERIOD; p++) {
        int n = run_length(form, at, count, p);
        if (n >= REPEATED * p) {
            *period = p;
            return n;
        }
    }
    return 0;
}

static int find_name(const model *m, const char *text)
{
    for (int i = 0; i < m->var_count; i++)
        if (m->var[i].role != ROLE_ADJOINT && m->var[i].key && strcmp(model_var_name(m, i), text) == 0)
            return i;
    return -1;
}

/* --- rows --- */

static box *left_box(arena *memory, const notation *name, const notation *left)
{
    box *b = box_of(memory, left);
    if (!name)
        return b;
    box *row = box_new(memory, BOX_ROW, 3);
    row->child[0] = box_of(memory, name);
    row->child[1] = box_text(memory, BOX_SIGN, "=");
    row->child[2] = b;
    row->width = row->child[0]->width + row->child[1]->width + b->width;
    row->tall = b->tall;
    return row;
}

static void add_step(arena *memory, derive_rows *rows, box *left, const char *sign, const derive_step *step, const derive_options *o, double room)
{
    int count;
    bool reasons = o->steps != STEPS_TERSE;
    box **part = box_lines(memory, step->right, room, &count);
    for (int i = 0; i < count; i++) {
        derive_row *r = row_add(memory, rows);
        r->left = i ? NULL : left;
        r->sign = i ? "" : sign;
        r->right = part[i];
        r->reason = i || !reasons ? "" : step->reason;
        if (step->rule[0] && i == 0 && reasons)
            r->rule = left_box(memory, step->rule[0], step->rule[1]);
    }
}

static void add_line(arena *memory, derive_rows *rows, const derive_line *l, const derive_options *o, double room)
{
    if (l->verbatim) {
        derive_row *r = row_add(memory, rows);
        r->text = l->verbatim;
        r->reason = o->steps == STEPS_TERSE ? "" : l->reason;
        return;
    }
    int first = o->steps == STEPS_TERSE ? l->step_count - 1 : 0;
    for (int i = first; i < l->step_count; i++)
        add_step(memory, rows, i == first ? left_box(memory, l->name, l->left) : NULL, l->sign, &l->step[i], o, room);
}

derive_rows derive_rows_of(arena *memory, const derive_section *s, const derive_options *o, double room)
{
    derive_rows rows = {0};
    char **form = arena_alloc(memory, (size_t)(s->count + 1) * sizeof *form);
    for (int i = 0; i < s->count; i++)
        form[i] = form_of(memory, &s->list[i]);
    for (int i = 0; i < s->count;) {
        int period = 1, n = repetition(form, i, s->count, &period), shown = n ? 2 * period : 1;
        for (int k = 0; k < shown; k++)
            add_line(memory, &rows, &s->list[i + k], o, room);
        if (n) {
            row_add(memory, &rows)->more = n - 3 * period;
            for (int k = n - period; k < n; k++)
                add_line(memory, &rows, &s->list[i + k], o, room);
        }
        i += n ? n : 1;
    }
    return rows;
}

/* --- reasons --- */

void derive_reason_parts(const model *m, const char *reason, const derive_reason_writer *w, void *context)
{
    const char *names = strstr(reason, "through ");
    size_t head = names ? (size_t)(names - reason) + strlen("through ") : strlen(reason);
    w->text(context, reason, head);
    for (const char *at = reason + head; *at;) {
        size_t n = strcspn(at, " ,"), gap = strspn(at + n, " ,");
        char *word = xmalloc(n + 1);
        memcpy(word, at, n);
        word[n] = 0;
        if (n && find_name(m, word) >= 0)
            w->name(context, word);
        else
            w->text(context, at, n);
        if (gap)
            w->text(context, at + n, gap);
        at += n + gap;
        free(word);
    }
}
