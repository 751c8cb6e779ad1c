/* Statements as C text: loops and what may be said of them, conditions, assignments, products. */
#include <string.h>

#include "gen/dag/break.h"
#include "gen/emit/c_private.h"

static void indent(emitter *e, int level)
{
    buffer_spaces(e->out, 4 * level);
}

static void put_block(emitter *e, const lower_statement *s, int level);

/* Indices that have only a number ("·0") are called i, j, … */
const char *index_stem(const char *name, char *letter)
{
    const unsigned char *c = (const unsigned char *)name;
    while (*c >= 128)
        c++;
    if ((const char *)c == name || *c < '0' || *c > '7')
        return name;
    letter[0] = "ijklmnqr"[*c - '0'];
    letter[1] = 0;
    return letter;
}

void index_room(emitter *e, int index)
{
    if (index >= e->index_room) {
        int room = 2 * index + 16;
        char **list = arena_alloc(e->memory, (size_t)room * sizeof *list);
        if (e->index_room)
            memcpy(list, e->index_name, (size_t)e->index_room * sizeof *list);
        e->index_name = list;
        e->index_room = room;
    }
}

const char *index_open(emitter *e, int index)
{
    char letter[2];
    sym name = dag_index_get(e->d, index)->name;
    index_room(e, index);
    return e->index_name[index] = scope_name(&e->scope, e->memory, index_stem(name ? intern_text(e->m->names, name) : "i", letter), true);
}

/* The body once for each value of the index. */
static void put_written_out(emitter *e, const lower_statement *s, int level)
{
    long lo, hi;
    if (!small_value(e, s->lo, &lo) || !small_value(e, s->hi, &hi)) {
        e->unrolled_end = 0;
        return;
    }
    index_room(e, s->index);
    for (long i = s->down ? hi : lo; (s->down ? i >= lo : i <= hi) && e->out->length < e->unrolled_end; i += s->down ? -1 : 1) {
        e->index_name[s->index] = arena_printf(e->memory, "%ld", i);
        put_block(e, s->body, level);
    }
    e->index_name[s->index] = NULL;
}

/* A loop that is a statement of the function itself may be long enough for several threads. True: it was said to be so. */
static bool put_apart_mark(emitter *e, const lower_statement *loop, int level)
{
    bool apart = loop_is_apart(e, loop);
    node iterations = 0;
    long least = level == 1 ? loop_is_shared(e, loop, &iterations) : 0;
    if (least) {
        buffer_puts(e->out, apart ? "DELTA_SHARED(" : "DELTA_SHARED_ROWS(");
        put_index(e, apart ? dag_add(e->d, 3, (node[]){loop->hi, dag_neg(e->d, loop->lo), dag_int(e->d, 1)}) : iterations,
                  apart ? STRENGTH_ANY : STRENGTH_LESS);
        if (!apart)
            buffer_printf(e->out, " >= %ld", least);
        buffer_puts(e->out, ")\n");
    } else if (apart) {
        buffer_puts(e->out, "DELTA_APART\n");
    } else {
        return false;
    }
    indent(e, level);
    return least > 0;
}

/* gcc 12 unrolls a short loop and then mixes up the masks of what it reads under a condition, with a loop around it; what threads share has none. */
static void put_rolled_mark(emitter *e, const lower_statement *loop, int level)
{
    if (!loop_stays_rolled(e, loop))
        return;
    buffer_puts(e->out, "DELTA_ROLLED\n");
    indent(e, level);
}

static void put_for(emitter *e, const lower_statement *s, int level);
static void put_for_plain(emitter *e, const lower_statement *s, int level);
static void put_for_whole(emitter *e, const lower_statement *s, int level);

static const char *fold_name(const emitter *e, const lower_statement *s)
{
    return e->local[dag_payload(e->d, s->target)];
}

/* "DELTA_SUM(t1, t2)", or with extremes "DELTA_FOLD(reduction(+ : t1) reduction(max : t2) reduction(| : nan3))" */
static void put_fold_mark(emitter *e, loop_fold *f, int level)
{
    for (int i = 0; i < f->extreme_count; i++) {
        f->mark[i] = scope_name(&e->scope, e->memory, arena_printf(e->memory, "nan%d", ++e->temporaries), true);
        buffer_printf(e->out, "int %s = 0;\n", f->mark[i]);
        indent(e, level);
    }
    const char *between = f->extreme_count ? "DELTA_FOLD(reduction(+ : " : "DELTA_SUM(";
    for (int i = 0; i < f->sum_count; i++, between = ", ")
        buffer_printf(e->out, "%s%s", between, fold_name(e, f->sum[i]));
    between = f->sum_count ? ") " : "DELTA_FOLD(";
    for (int i = 0; i < f->extreme_count; i++, between = " ")
        buffer_printf(e->out, "%sreduction(%s : %s) reduction(| : %s)", between, f->extreme[i]->how == LOWER_MAX ? "max" : "min", fold_name(e, f->extreme[i]),
                      f->mark[i]);
    buffer_puts(e->out, ")\n");
    indent(e, level);
}

/* An extreme of values of which one is no number is none. */
static void put_fold_end(emitter *e, const loop_fold *f, int level)
{
    for (int i = 0; i < f->extreme_count; i++) {
        indent(e, level);
        buffer_printf(e->out, "if (%s) {\n", f->mark[i]);
        indent(e, level + 1);
        buffer_printf(e->out, "%s = (%s)NAN;\n", fold_name(e, f->extreme[i]), e->real);
        indent(e, level);
        buffer_puts(e->out, "}\n");
    }
}

/* Where the part of the columns begins, or ends: "const ptrdiff_t end = DELTA_PART(part + 1, parts, n);" */
static char *put_part_bound(emitter *e, const column_parts *c, const char *stem, const char *next, int level)
{
    char *name = scope_name(&e->scope, e->memory, stem, true);
    indent(e, level);
    buffer_printf(e->out, "const ptrdiff_t %s = DELTA_PART(%s%s, %s, ", name, c->part, next, c->parts);
    put_index(e, dag_add2(e->d, c->last, dag_int(e->d, 1)), STRENGTH_ANY);
    buffer_puts(e->out, ");\n");
    return name;
}

/* Rows one after the other, by each thread for its part of the columns. */
static void put_for_columns(emitter *e, const lower_statement *s, long least, node iterations, node last, int level)
{
    column_parts c = {.over_rows = s, .last = last};
    c.part = scope_name(&e->scope, e->memory, "part", true), c.parts = scope_name(&e->scope, e->memory, "parts", true);
    buffer_printf(e->out, "const ptrdiff_t %s = DELTA_PARTS(", c.parts);
    put_index(e, iterations, STRENGTH_LESS);
    buffer_printf(e->out, " >= %ld);\n", least);
    indent(e, level);
    buffer_printf(e->out, "DELTA_EACH_PART(%s)\n", c.parts);
    indent(e, level);
    buffer_printf(e->out, "for (ptrdiff_t %s = 0; %s < %s; %s++) {\n", c.part, c.part, c.parts, c.part);
    c.begin = put_part_bound(e, &c, "from", "", level + 1);
    c.end = put_part_bound(e, &c, "end", " + 1", level + 1);
    indent(e, level + 1);
    e->columns = &c;
    put_for(e, s, level + 1);
    e->columns = NULL;
    indent(e, level);
    buffer_puts(e->out, "}\n");
    scope_release(&e->scope, c.part), scope_release(&e->scope, c.begin), scope_release(&e->scope, c.end);
}

/* A loop inside that is no row: one thread has it. */
static void put_for_once(emitter *e, const lower_statement *s, int level)
{
    const column_parts *columns = e->columns;
    buffer_printf(e->out, "if (%s == 0) {\n", columns->part);
    indent(e, level + 1);
    e->columns = NULL;
    put_for(e, s, level + 1);
    e->columns = columns;
    indent(e, level);
    buffer_puts(e->out, "}\n");
}

static void put_for(emitter *e, const lower_statement *s, int level)
{
    loop_fold f;
    node iterations, last;
    long least = level == 1 ? loop_has_columns(e, s, &iterations, &last) : 0;
    if (least) {
        put_for_columns(e, s, least, iterations, last, level);
        return;
    }
    if (e->columns && s != e->columns->over_rows && !loop_is_row(e, s, e->columns->last)) {
        put_for_once(e, s, level);
        return;
    }
    const lower_statement *inner = loop_jams(e, s);
    if (inner) {
        put_jammed(e, s, inner, level);
        return;
    }
    if (level > 1 && loop_runs_whole(e, s)) {
        put_for_whole(e, s, level);
        return;
    }
    if (!loop_folds(e, s, &f)) {
        if (!put_apart_mark(e, s, level))
            put_rolled_mark(e, s, level);
        put_for_plain(e, s, level);
        return;
    }
    const loop_fold *outer = e->fold;
    put_fold_mark(e, &f, level);
    e->fold = &f;
    put_for_plain(e, s, level);
    e->fold = outer;
    put_fold_end(e, &f, level);
}

void put_loop_head(emitter *e, const lower_statement *s, const char *i)
{
    const bool in_parts = e->columns && s != e->columns->over_rows;
    buffer_printf(e->out, "for (ptrdiff_t %s = ", i);
    node past = dag_add2(e->d, s->hi, dag_int(e->d, BROKEN("loop-end") ? 0 : 1));
    if (in_parts)
        buffer_puts(e->out, e->columns->begin);
    else
        put_index(e, s->down ? s->hi : s->lo, STRENGTH_ANY);
    buffer_printf(e->out, s->down ? "; %s >= " : "; %s < ", i);
    if (in_parts)
        buffer_puts(e->out, e->columns->end);
    else
        put_index(e, s->down ? s->lo : past, STRENGTH_SUM);
    buffer_printf(e->out, s->down ? "; %s--) {\n" : "; %s++) {\n", i);
}

static void put_for_plain(emitter *e, const lower_statement *s, int level)
{
    const char *i = index_open(e, s->index);
    put_loop_head(e, s, i);
    put_block(e, s->body, level + 1);
    indent(e, level);
    buffer_puts(e->out, "}\n");
    scope_release(&e->scope, i);
}

/* The whole vectors first; then, if something is left and there was one, the last vector's worth of entries: some of them for the second time. */
static void put_for_whole(emitter *e, const lower_statement *s, int level)
{
    char *from = scope_name(&e->scope, e->memory, "from", true), *end = scope_name(&e->scope, e->memory, "end", true);
    node past = dag_add2(e->d, s->hi, dag_int(e->d, BROKEN("loop-end") ? 0 : 1));
    buffer_printf(e->out, "for (ptrdiff_t %s = ", from);
    put_index(e, s->lo, STRENGTH_ANY);
    buffer_printf(e->out, ", %s = DELTA_WHOLE(%s, ", end, e->real);
    put_index(e, s->lo, STRENGTH_ANY);
    buffer_puts(e->out, ", ");
    put_index(e, past, STRENGTH_ANY);
    buffer_printf(e->out, "); %s < ", from);
    put_index(e, past, STRENGTH_SUM);
    buffer_printf(e->out, "; %s = DELTA_REST(%s, %s, ", from, e->real, end);
    put_index(e, past, STRENGTH_ANY);
    buffer_printf(e->out, "), %s = ", end);
    put_index(e, past, STRENGTH_ANY);
    buffer_puts(e->out, ") {\n");
    indent(e, level + 1);
    buffer_puts(e->out, "DELTA_APART\n");
    indent(e, level + 1);
    const char *i = index_open(e, s->index);
    buffer_printf(e->out, "for (ptrdiff_t %s = %s; %s < %s; %s++) {\n", i, from, i, end, i);
    put_block(e, s->body, level + 2);
    indent(e, level + 1);
    buffer_puts(e->out, "}\n");
    indent(e, level);
    buffer_puts(e->out, "}\n");
    scope_release(&e->scope, i);
    scope_release(&e->scope, from), scope_release(&e->scope, end);
}

static void put_bind(emitter *e, const lower_statement *s, int level)
{
    const char *i = index_open(e, s->index);
    buffer_printf(e->out, "const ptrdiff_t %s = ", i);
    put_index(e, s->value, STRENGTH_ANY);
    buffer_puts(e->out, ";\n");
    if (!s->lo) {
        put_block(e, s->body, level);
        return;
    }
    indent(e, level);
    buffer_puts(e->out, "if (");
    put_index(e, s->lo, STRENGTH_SUM);
    buffer_printf(e->out, " <= %s && %s <= ", i, i);
    put_index(e, s->hi, STRENGTH_SUM);
    buffer_puts(e->out, ") {\n");
    put_block(e, s->body, level + 1);
    indent(e, level);
    buffer_puts(e->out, "}\n");
}

static void put_when(emitter *e, const lower_statement *s, int level)
{
    buffer_puts(e->out, "if (");
    put_condition(e, s->value, STRENGTH_ANY);
    buffer_puts(e->out, ") {\n");
    put_block(e, s->body, level + 1);
    indent(e, level);
    if (s->otherwise) {
        buffer_puts(e->out, "} else {\n");
        put_block(e, s->otherwise, level + 1);
        indent(e, level);
    }
    buffer_puts(e->out, "}\n");
}

static void put_let(emitter *e, const lower_statement *s)
{
    int var = dag_payload(e->d, s->target);
    const lower_var *v = &e->p->var[var];
    e->local[var] = scope_name(&e->scope, e->memory, arena_printf(e->memory, "t%d", ++e->temporaries), true);
    buffer_printf(e->out, "%s%s %s", v->mutable_local ? "" : "const ", v->integer ? "ptrdiff_t" : e->real, e->local[var]);
    if (s->value) {
        buffer_puts(e->out, " = ");
        (v->integer ? put_index : put_real)(e, s->value, STRENGTH_ANY);
    } else if (s->how == LOWER_MAX || s->how == LOWER_MIN) {
        buffer_printf(e->out, " = %sHUGE_VAL%s", s->how == LOWER_MAX ? "-" : "", e->suffix[0] ? "F" : "");
    }
    buffer_puts(e->out, ";\n");
}

/* What notes that a value of the extreme that is found here is no number; NULL: nothing. */
static const char *fold_mark(const emitter *e, const lower_statement *s)
{
    for (int i = 0; e->fold && i < e->fold->extreme_count; i++)
        if (e->fold->extreme[i] == s)
            return e->fold->mark[i];
    return NULL;
}

/* max and min: a value that is not a number stays. In a loop that folds the first part is one for vectors, and what is not a number is counted beside it. */
static void put_extreme(emitter *e, const lower_statement *s, int level)
{
    const char *sign = (s->how == LOWER_MAX) != BROKEN("maximum") ? ">" : "<";
    char *value = scope_name(&e->scope, e->memory, arena_printf(e->memory, "t%d", ++e->temporaries), true);
    buffer_printf(e->out, "const %s %s = ", e->real, value);
    put_real(e, s->value, STRENGTH_ANY);
    buffer_puts(e->out, ";\n");
    indent(e, level);
    put_place(e, s->target);
    buffer_printf(e->out, " = %s %s ", value, sign);
    put_place(e, s->target);
    const char *mark = fold_mark(e, s);
    if (mark)
        buffer_printf(e->out, " ? %s : ", value);
    else
        buffer_printf(e->out, " || %s != %s ? %s : ", value, value, value);
    put_place(e, s->target);
    buffer_puts(e->out, ";\n");
    if (mark) {
        indent(e, level);
        buffer_printf(e->out, "%s |= %s != %s;\n", mark, value, value);
    }
}

static void put_assign(emitter *e, const lower_statement *s, int level)
{
    static const char *const how[] = {" = ", " += ", " *= "};
    if (s->how == LOWER_MAX || s->how == LOWER_MIN) {
        put_extreme(e, s, level);
        return;
    }
    node value = s->value;
    if (s->how == LOWER_ADD && !BROKEN("sum-forgets") && !e->p->var[dag_payload(e->d, s->target)].integer && put_fused_addition(e, s->target, value)) {
        buffer_puts(e->out, ";\n");
        return;
    }
    bool minus = s->how == LOWER_ADD && dag_kind(e->d, value) == NODE_MUL && dag_is_int(e->d, dag_child(e->d, value, 0), -1);
    put_place(e, s->target);
    buffer_puts(e->out, minus ? " -= " : how[BROKEN("sum-forgets") && s->how == LOWER_ADD ? LOWER_SET : s->how]);
    if (minus)
        value = dag_neg(e->d, value);
    (e->p->var[dag_payload(e->d, s->target)].integer ? put_index : put_real)(e, value, STRENGTH_ANY);
    buffer_puts(e->out, ";\n");
}

static void put_check(emitter *e, const lower_statement *s, int level)
{
    buffer_puts(e->out, "if (");
    put_index(e, s->value, STRENGTH_SUM);
    buffer_puts(e->out, " < ");
    put_index(e, s->lo, STRENGTH_SUM);
    buffer_puts(e->out, " || ");
    put_index(e, s->value, STRENGTH_SUM);
    buffer_puts(e->out, " > ");
    put_index(e, s->hi, STRENGTH_SUM);
    buffer_puts(e->out, ") {\n");
    indent(e, level + 1);
    buffer_printf(e->out, "return %s_E_INDEX;\n", e->upper);
    indent(e, level);
    buffer_puts(e->out, "}\n");
}

/* Entries between two rows: the sizes of the axes behind `axis` in memory. */
void put_row_step(emitter *e, node entry, int axis)
{
    const lower_var *v = &e->p->var[dag_payload(e->d, entry)];
    int first = lower_axis_position(v, axis) + 1;
    if (first == v->axis_count)
        buffer_puts(e->out, "1");
    for (int i = first; i < v->axis_count; i++) {
        buffer_puts(e->out, i > first ? " * " : "");
        put_index(e, v->size[lower_axis_at(v, i)], STRENGTH_UNARY);
    }
}

static void put_operand(emitter *e, node entry, int axis)
{
    buffer_puts(e->out, ", &");
    put_place(e, entry);
    buffer_puts(e->out, ", ");
    put_row_step(e, entry, axis);
}

static void put_product(emitter *e, const lower_statement *s)
{
    static const char *const how[] = {"0", "DELTA_A_TRANSPOSED", "DELTA_B_TRANSPOSED", "DELTA_A_TRANSPOSED | DELTA_B_TRANSPOSED"};
    const lower_call *c = s->call;
    const node size[] = {c->rows, c->columns, c->inner}, times[] = {c->rows_times, 0, c->inner_times};
    buffer_printf(e->out, "%sdelta_matmul%s%s(%s%s%s", e->bounding ? "ok &= " : "", e->bounding ? "_bounded" : "", e->suffix[0] ? "_float" : "",
                  e->bounding ? "seen, " : "", how[c->a_transposed + 2 * c->b_transposed], s->how == LOWER_ADD && !e->bounding ? " | DELTA_ACCUMULATE" : "");
    for (int i = 0; i < 3; i++) {
        buffer_puts(e->out, ", ");
        put_index(e, size[i], times[i] ? STRENGTH_PRODUCT : STRENGTH_ANY);
        if (times[i]) {
            buffer_puts(e->out, " * ");
            put_index(e, times[i], STRENGTH_UNARY);
        }
    }
    buffer_puts(e->out, ", ");
    if (c->factor)
        put_real(e, c->factor, STRENGTH_ANY);
    else
        buffer_printf(e->out, "1.0%s", e->suffix);
    put_operand(e, c->a, c->a_axis);
    put_operand(e, c->b, c->b_axis);
    if (!e->bounding)
        put_operand(e, s->target, c->c_axis);
    buffer_puts(e->out, ");\n");
}

/* "24 * 24 + 2": how far a step of the index moves in an array. */
static void put_step(emitter *e, node entry, const long *step)
{
    bool any = false;
    for (int k = 0; k < dag_count(e->d, entry); k++) {
        if (!step[k])
            continue;
        buffer_printf(e->out, any ? " + " : "");
        any = true;
        if (step[k] != 1)
            buffer_printf(e->out, "%ld * ", step[k]);
        put_row_step(e, entry, k);
    }
    if (!any)
        buffer_puts(e->out, "0");
}

static void put_contraction(emitter *e, const lower_statement *s, int level)
{
    const lower_contraction *c = s->contraction;
    const node first[] = {c->a, c->b, c->a}, second[] = {c->target, c->target, c->b}, start[] = {c->a, c->b, c->target};
    buffer_printf(e->out, "delta_contract%s(%s, ", e->suffix[0] ? "_float" : "", s->how == LOWER_ADD ? "DELTA_ACCUMULATE" : "0");
    if (c->factor)
        put_real(e, c->factor, STRENGTH_ANY);
    else
        buffer_printf(e->out, "1.0%s", e->suffix);
    for (int i = 0; i < 3; i++) {
        buffer_puts(e->out, ", &");
        put_place(e, start[i]);
    }
    for (int role = 0; role < 3; role++) {
        buffer_puts(e->out, ",\n");
        indent(e, level + 1);
        buffer_printf(e->out, "%d, (const delta_span[]){", c->count[role]);
        for (int i = 0; i < c->count[role]; i++) {
            buffer_puts(e->out, i ? ", {" : "{");
            put_index(e, c->span[role][i].extent, STRENGTH_ANY);
            buffer_puts(e->out, ", ");
            put_step(e, first[role], c->span[role][i].first);
            buffer_puts(e->out, ", ");
            put_step(e, second[role], c->span[role][i].second);
            buffer_puts(e->out, "}");
        }
        buffer_puts(e->out, "}");
    }
    buffer_puts(e->out, ");\n");
}

/* What is different where indices are numbers; false: nothing. */
static bool put_unrolled(emitter *e, const lower_statement *s, int level)
{
    long value, lo, hi;
    bool holds;
    switch (s->kind) {
    case LOWER_FOR: put_written_out(e, s, level); return true;
    case LOWER_BIND:
        if (!s->lo || !small_value(e, s->value, &value) || !small_value(e, s->lo, &lo) || !small_value(e, s->hi, &hi)) {
            e->unrolled_end = 0;
            return true;
        }
        index_room(e, s->index);
        e->index_name[s->index] = arena_printf(e->memory, "%ld", value);
        if (lo <= value && value <= hi)
            put_block(e, s->body, level);
        return true;
    case LOWER_WHEN:
        if (!small_condition(e, s->value, &holds))
            return false;
        put_block(e, holds ? s->body : s->otherwise, level);
        return true;
    default: return false;
    }
}

static void put_statement(emitter *e, const lower_statement *s, int level)
{
    switch (s->kind) {
    case LOWER_FOR: put_for(e, s, level); return;
    case LOWER_BIND: put_bind(e, s, level); return;
    case LOWER_WHEN: put_when(e, s, level); return;
    case LOWER_LET: put_let(e, s); return;
    case LOWER_ASSIGN: put_assign(e, s, level); return;
    case LOWER_CHECK: put_check(e, s, level); return;
    case LOWER_CONTRACT: put_contraction(e, s, level); return;
    case LOWER_PRODUCT:
        if (e->free)
            put_free_product(e, s, level);
        else
            put_product(e, s);
        return;
    }
}

static void put_block(emitter *e, const lower_statement *s, int level)
{
    for (; s; s = s->next) {
        if (e->unrolled && put_unrolled(e, s, level))
            continue;
        indent(e, level);
        put_statement(e, s, level);
    }
}

void put_statements(emitter *e, const lower_statement *s, int level)
{
    put_block(e, s, level);
}

void put_range(emitter *e, const lower_statement *from, const lower_statement *end, int level)
{
    for (; from != end; from = from->next) {
        indent(e, level);
        put_statement(e, from, level);
    }
}
