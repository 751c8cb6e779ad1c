/* A derivation as text, aligned by display width. */
#include <string.h>

#include "gen/emit/derive.h"

enum { WIDEST_LEFT = 36, WIDEST_LINE = 84, ROOM = 100, LEAST_PART = 12 };

/* One line in three columns: up to the sign, from the sign on, the reason. */
typedef struct {
    const char *left, *sign, *right, *reason;
    int left_width, width;
} row;

typedef struct {
    arena *memory;
    row *list;
    int count, room;
} row_list;

static int width_of(const char *text)
{
    return text_width(text, strlen(text));
}

static const char *tree_text(arena *memory, const notation *t)
{
    buffer b = {0};
    notation_write(&b, t);
    char *text = arena_strndup(memory, b.text ? b.text : "", b.length);
    buffer_free(&b);
    return text;
}

static void add_row(row_list *l, row r)
{
    if (l->count == l->room) {
        l->room = l->room ? 2 * l->room : 32;
        row *list = arena_alloc(l->memory, (size_t)l->room * sizeof *list);
        if (l->count)
            memcpy(list, l->list, (size_t)l->count * sizeof *list);
        l->list = list;
    }
    l->list[l->count++] = r;
}

/* --- long right sides --- */

/* Is there a sign between operands at this blank? Its rank: sums before products. */
static int break_rank(const char *at)
{
    static const char *const signs[][2] = {{" + ", " − "}, {" ⊙ ", " ⊘ "}};
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 2; k++)
            if (strncmp(at, signs[i][k], strlen(signs[i][k])) == 0)
                return i;
    return -1;
}

/* The best place to go on in a new line: outside brackets before inside, sums before products, late before early. NULL when there is none. */
static const char *break_place(const char *text, int room)
{
    const char *best = NULL;
    int depth = 0, least = 1000, conditions = 0, brackets = 0; /* no line is broken in an index, nor between if and then */
    for (const char *c = text; *c; c++) {
        conditions += strncmp(c, "if ", 3) == 0 && (c == text || c[-1] == ' ' || c[-1] == '(');
        conditions -= conditions && strncmp(c, " then ", 6) == 0;
        brackets += (*c == '[') - (*c == ']');
        depth += (*c == '(' || *c == '[') - (*c == ')' || *c == ']');
        int rank = *c == ' ' ? break_rank(c) : -1, cost = 4 * depth + 2 * rank;
        if (rank < 0 || conditions || brackets || c - text < LEAST_PART)
            continue;
        if (text_width(text, (size_t)(c - text)) > room)
            break;
        if (cost <= least) {
            best = c;
            least = cost;
        }
    }
    return best;
}

static void add_right(row_list *l, row r)
{
    while (width_of(r.right) > ROOM) {
        const char *place = break_place(r.right, ROOM);
        if (!place)
            break;
        row part = r;
        part.right = arena_strndup(l->memory, r.right, (size_t)(place - r.right));
        add_row(l, part);
        r = (row){.left = "", .sign = "", .right = arena_printf(l->memory, "  %s", place + 1), .reason = ""};
    }
    add_row(l, r);
}

/* --- lines --- */

static const char *reason_of(arena *memory, const derive_step *s)
{
    if (!s->rule[0])
        return s->reason;
    return arena_printf(memory, "%s%s%s = %s", s->reason, *s->reason ? "; " : "", tree_text(memory, s->rule[0]), tree_text(memory, s->rule[1]));
}

static void add_line(row_list *l, const derive_line *line, derive_steps steps)
{
    arena *memory = l->memory;
    bool terse = steps == STEPS_TERSE;
    if (line->verbatim) {
        add_row(l, (row){.left = line->verbatim, .right = "", .reason = terse ? "" : line->reason});
        return;
    }
    const char *left = tree_text(memory, line->left);
    if (line->name)
        left = arena_printf(memory, "%s = %s", tree_text(memory, line->name), left);
    int first = terse ? line->step_count - 1 : 0;
    for (int i = first; i < line->step_count; i++)
        add_right(l, (row){.left = i == first ? left : "", .sign = line->sign, .right = tree_text(memory, line->step[i].right), .reason = terse ? "" : reason_of(memory, &line->step[i])});
}

static void pad(buffer *out, int count)
{
    if (count > 0)
        buffer_printf(out, "%*s", count, "");
}

static void write_rows(const row_list *l, buffer *out)
{
    int left = 0, line = 0;
    for (int i = 0; i < l->count; i++) {
        row *r = &l->list[i];
        r->left_width = width_of(r->left);
        if (r->sign && r->left_width > left && r->left_width <= WIDEST_LEFT)
            left = r->left_width;
    }
    for (int i = 0; i < l->count; i++) {
        row *r = &l->list[i];
        r->width = r->sign ? (r->left_width > left ? r->left_width : left) + 3 + width_of(r->right) : r->left_width;
        if (*r->reason && r->width > line && r->width <= WIDEST_LINE)
            line = r->width;
    }
    for (int i = 0; i < l->count; i++) {
        const row *r = &l->list[i];
        buffer_printf(out, "  %s", r->left);
        if (r->sign) {
            pad(out, left - r->left_width);
            buffer_printf(out, *r->sign ? " %s %s" : "   %s%s", r->sign, r->right);
        }
        if (*r->reason) {
            pad(out, line - r->width);
            buffer_printf(out, "   %s", r->reason);
        }
        buffer_puts(out, "\n");
    }
}

void derive_text(model *m, const derive_options *o, buffer *out)
{
    arena *memory = arena_new();
    derivation *d = derive_build(m, o, memory);
    bool first = true;
    for (int i = 0; i < d->count; i++) {
        const derive_section *s = &d->section[i];
        if (s->count == 0)
            continue;
        row_list l = {.memory = memory};
        for (int k = 0; k < s->count; k++)
            add_line(&l, &s->list[k], o->steps);
        buffer_puts(out, first ? "" : "\n");
        first = false;
        if (*s->title)
            buffer_printf(out, "%s\n", s->title);
        write_rows(&l, out);
    }
    arena_free(memory);
}
