/* From lines to rows: long sums broken, repetitions left out, statements of the page read again, the chain rule written out where that is asked for. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "gen/emit/derive_write.h"
#include "grammar/parse.h"

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

/* --- statements of the page --- */

bool derive_read_statement(const model *m, arena *memory, const char *text, notation **left, const char **sign, notation **right)
{
    diag_list errors = {0};
    int number = source_add(m->sources, "statement", text, strlen(text));
    syn *s = parse_statement(memory, m->names, m->sources, number, &errors);
    bool good = errors.errors == 0 && s && (s->kind == SYN_UPDATE || s->kind == SYN_EQUATION) && s->count == 2;
    if (good) {
        *left = notation_of_syntax(m, memory, s->child[0]);
        *right = notation_of_syntax(m, memory, s->child[1]);
        *sign = s->kind == SYN_UPDATE ? "←" : "=";
    }
    diag_free(&errors);
    return good;
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
    if (l->right)
        notation_write(&text, l->right);
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

/* --- the chain rule, written out --- */

static const notation *base_of(const notation *t)
{
    return t && t->kind == NOTATION_NAME ? t : NULL;
}

static int find_name(const model *m, const char *text)
{
    for (int i = 0; i < m->var_count; i++)
        if (m->var[i].role != ROLE_ADJOINT && m->var[i].key && strcmp(model_var_name(m, i), text) == 0)
            return i;
    return -1;
}

static bool mentions(const model *m, int var, int name)
{
    const int *list;
    int count = model_equations_of(m, var, &list);
    for (int i = 0; i < count; i++)
        if (dag_has_variable(m->dag, m->equation[list[i]].rhs, name))
            return true;
    return false;
}

typedef struct {
    const model *m;
    bool found;
} adjoint_search;

static bool adjoint_visit(void *context, node n)
{
    adjoint_search *q = context;
    q->found |= dag_kind(q->m->dag, n) == NODE_ENTRY && q->m->var[dag_payload(q->m->dag, n)].role == ROLE_ADJOINT;
    return !q->found;
}

/* Does an equation of the page use a derivative? Then there are ways to a name that its text does not show. */
static bool has_hidden_ways(const model *m)
{
    adjoint_search q = {.m = m};
    for (int i = 0; i < m->equation_count && !q.found; i++)
        if (m->var[m->equation[i].var].role == ROLE_DEFINED)
            dag_visit(m->dag, m->equation[i].rhs, adjoint_visit, &q);
    return q.found;
}

/* Definitions that are computed from `by` and that `of` is computed from, `of` included. */
static int links(const model *m, int of, int by, int *out, int room)
{
    bool *reached = xcalloc((size_t)m->var_count + 1, sizeof *reached);
    int count = 0;
    reached[of] = true;
    for (int i = m->order_count - 1; i >= 0; i--) {
        int v = m->order[i];
        if (!reached[v])
            continue;
        for (int k = 0; k < i; k++)
            if (!reached[m->order[k]] && mentions(m, v, m->order[k]))
                reached[m->order[k]] = true;
        if (m->var[v].role == ROLE_DEFINED && mentions(m, v, by)) {
            if (count == room || v == by) {
                count = 0;
                break;
            }
            out[count++] = v;
        }
    }
    free(reached);
    for (int i = 0; i + 1 < count; i++) /* the direct way last */
        if (out[i] == of) {
            out[i] = out[i + 1];
            out[i + 1] = of;
        }
    return count;
}

static notation *factor(const model *m, arena *memory, int of, int by)
{
    return notation_two(memory, NOTATION_DERIVATIVE, notation_text(memory, NOTATION_NAME, model_var_name(m, of)),
                        notation_text(memory, NOTATION_NAME, model_var_name(m, by)));
}

/* ∂C/∂z |_{a}: what C takes from z beside the other ways. */
static notation *direct(const model *m, arena *memory, int of, int by, const int *list, int count)
{
    notation *t = notation_new(memory, NOTATION_AT, count);
    int n = 1;
    t->child[0] = factor(m, memory, of, by);
    t->number = 1;
    for (int i = 0; i < count; i++)
        if (list[i] != of)
            t->child[n++] = notation_text(memory, NOTATION_NAME, model_var_name(m, list[i]));
    return t;
}

/* ∂C/∂a ∂a/∂z + …, or NULL where that is not one step. */
static notation *chain_rule(const model *m, arena *memory, const derive_line *l)
{
    enum { MOST = 4 };
    int list[MOST];
    const notation *left = l->left && l->left->kind == NOTATION_DERIVATIVE && !(l->left->text && *l->left->text) ? l->left : NULL;
    const notation *above = left ? base_of(left->child[0]) : NULL, *below = left ? base_of(left->child[1]) : NULL;
    int of = above ? find_name(m, above->text) : -1, by = below ? find_name(m, below->text) : -1;
    int count = of >= 0 && by >= 0 && m->order_count < 400 && !has_hidden_ways(m) ? links(m, of, by, list, MOST) : 0;
    if (count == 0 || (count == 1 && list[0] == of))
        return NULL;
    notation *sum = notation_new(memory, NOTATION_SUM, count);
    sum->marks = arena_alloc(memory, (size_t)count + 1);
    memset(sum->marks, '+', (size_t)count);
    for (int i = 0; i < count; i++) {
        if (list[i] == of) {
            sum->child[i] = direct(m, memory, of, by, list, count);
            continue;
        }
        notation *t = notation_two(memory, NOTATION_PRODUCT, factor(m, memory, of, list[i]), factor(m, memory, list[i], by));
        t->marks = arena_strndup(memory, "  ", 2);
        sum->child[i] = t;
    }
    return count == 1 ? sum->child[0] : sum;
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

static void add_right(arena *memory, derive_rows *rows, box *left, const char *sign, const notation *right, const char *reason, double room)
{
    int count;
    box **part = box_lines(memory, right, room, &count);
    for (int i = 0; i < count; i++) {
        derive_row *r = row_add(memory, rows);
        r->left = i ? NULL : left;
        r->sign = i ? "" : sign;
        r->right = part[i];
        r->reason = i ? "" : reason;
    }
}

static void add_line(model *m, arena *memory, derive_rows *rows, const derive_line *l, derive_steps steps, double room)
{
    notation *left = l->left, *right = l->right, *chain = steps == STEPS_FULL ? chain_rule(m, memory, l) : NULL;
    const char *sign = l->sign, *reason = steps == STEPS_TERSE ? "" : l->reason;
    if (l->verbatim && !derive_read_statement(m, memory, l->verbatim, &left, &sign, &right)) {
        derive_row *r = row_add(memory, rows);
        r->text = l->verbatim;
        r->reason = reason;
        return;
    }
    box *shown = left_box(memory, l->name, left);
    if (chain) {
        add_right(memory, rows, shown, sign, chain, reason, room);
        add_right(memory, rows, NULL, sign, right, "", room);
    } else {
        add_right(memory, rows, shown, sign, right, reason, room);
    }
}

derive_rows derive_rows_of(model *m, arena *memory, const derive_section *s, derive_steps steps, double room)
{
    derive_rows rows = {0};
    char **form = arena_alloc(memory, (size_t)(s->count + 1) * sizeof *form);
    for (int i = 0; i < s->count; i++)
        form[i] = form_of(memory, &s->list[i]);
    for (int i = 0; i < s->count;) {
        int period = 1, n = repetition(form, i, s->count, &period), shown = n ? 2 * period : 1;
        for (int k = 0; k < shown; k++)
            add_line(m, memory, &rows, &s->list[i + k], steps, room);
        if (n) {
            row_add(memory, &rows)->more = n - 3 * period;
            for (int k = n - period; k < n; k++)
                add_line(m, memory, &rows, &s->list[i + k], steps, room);
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
