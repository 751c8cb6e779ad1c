/* Assumptions about data as functions that test one sample, or the given arrays. A reduction becomes a loop into a local in front of the condition that needs it. What cannot be
 * written so, or whose entries are not certain to lie inside their arrays, is left out: the runtime then does not test it. */
#include <string.h>

#include "gen/dag/ops.h"
#include "gen/emit/c_private.h"

enum { MOST_LOCALS = 64 };

typedef struct {
    emitter *e;
    const model_assumption *a;
    int population; /* of its entries; −1: none seen */
    int locals;     /* reductions so far */
    int level;
    bool targets; /* targets are among them */
    bool given;   /* about arrays that are given with the data, not about samples */
    bool failed;
    bool *tolerant; /* some condition compares real numbers for equality */
} assume;

/* --- what can be written --- */

static bool is_logic(const assume *w, node n)
{
    if (dag_kind(w->e->d, n) != NODE_FUN)
        return false;
    const char *c = op_get((op)dag_payload(w->e->d, n))->c;
    return c && (strcmp(c, "delta_and") == 0 || strcmp(c, "delta_or") == 0 || strcmp(c, "delta_not") == 0);
}

static bool inside(const assume *w, node at, node start, node size)
{
    dag *d = w->e->d;
    node last = dag_sub(d, dag_add2(d, start, size), dag_int(d, 1));
    return dag_is_affine(d, at) && dag_index_le(d, start, at) == TRUTH_YES && dag_index_le(d, at, last) == TRUTH_YES;
}

/* An array that is read with the data. An empty cell has no value to test. */
static bool var_is_plain(assume *w, int var)
{
    const lower_var *v = &w->e->p->var[var];
    const model_var *q = &w->e->m->var[var];
    if (!w->e->member[var] || q->missing)
        return false;
    if (w->given)
        return v->place == LOWER_STATE && q->role == ROLE_GIVEN && q->init.kind == INIT_DEFAULT && !v->per_sample;
    w->targets |= q->role == ROLE_TARGET;
    bool same = w->population < 0 || w->population == v->population;
    w->population = v->population;
    return same && v->place == LOWER_IN && v->per_sample;
}

/* Entries of the sample that is tested, at places that exist. */
static bool entry_is_plain(assume *w, node n)
{
    emitter *e = w->e;
    int var = dag_payload(e->d, n);
    const lower_var *v = &e->p->var[var];
    if (v->place == LOWER_LOCAL)
        return true;
    if (!var_is_plain(w, var) || dag_count(e->d, n) != v->axis_count)
        return false;
    if (v->per_sample && dag_child(e->d, n, 0) != dag_index_node(e->d, e->m->sample_index[v->population]))
        return false;
    for (int k = v->per_sample ? 1 : 0; k < v->axis_count; k++)
        if (!inside(w, dag_child(e->d, n, k), v->start[k], v->size[k]))
            return false;
    return true;
}

static bool is_plain(assume *w, node n);

/* The number of samples in a batch is not a matter of one of them. */
static bool size_is_plain(assume *w, node n)
{
    const model_size *s = &w->e->m->size[dag_payload(w->e->d, n)];
    return s->population < 0 && (!s->equals || is_plain(w, s->equals));
}

static bool node_is_plain(void *context, node n)
{
    assume *w = context;
    switch (dag_kind(w->e->d, n)) {
    case NODE_NUMBER:
    case NODE_ADD:
    case NODE_MUL:
    case NODE_POW:
    case NODE_FUN:
    case NODE_COMPARE:
    case NODE_IF: break;
    case NODE_INDEX: w->failed |= dag_payload(w->e->d, n) >= w->e->index_room || !w->e->index_name[dag_payload(w->e->d, n)]; break;
    case NODE_SIZE: w->failed |= !size_is_plain(w, n); break;
    case NODE_ENTRY: w->failed |= !entry_is_plain(w, n); break;
    default: w->failed = true; break;
    }
    return !w->failed;
}

static bool is_plain(assume *w, node n)
{
    dag_visit(w->e->d, n, node_is_plain, w);
    return !w->failed;
}

/* --- loops --- */

static void indent(assume *w)
{
    buffer_printf(w->e->out, "%*s", 4 * w->level, "");
}

static void loop_open(assume *w, int index)
{
    emitter *e = w->e;
    char letter[2];
    dag_index_info info = *dag_index_get(e->d, index);
    index_room(e, index);
    if (!is_plain(w, info.lo) || !is_plain(w, info.hi))
        return;
    char *i = scope_name(&e->scope, e->memory, index_stem(info.name ? intern_text(e->m->names, info.name) : "i", letter), true);
    indent(w);
    buffer_printf(e->out, "for (ptrdiff_t %s = ", i);
    put_index(e, info.lo, STRENGTH_ANY);
    buffer_printf(e->out, "; %s < ", i);
    put_index(e, dag_add2(e->d, info.hi, dag_int(e->d, 1)), STRENGTH_SUM);
    buffer_printf(e->out, "; %s++) {\n", i);
    e->index_name[index] = i;
    w->level++;
}

static void loop_close(assume *w, int index)
{
    emitter *e = w->e;
    w->level--;
    indent(w);
    buffer_puts(e->out, "}\n");
    if (e->index_name[index])
        scope_release(&e->scope, e->index_name[index]);
    e->index_name[index] = NULL;
}

/* --- values --- */

static node without_reductions(assume *w, node n);

/* Locals are double in every program: a sum of many floats would miss its value by more than the tolerance. */
static int local_open(assume *w, int how, const char **name)
{
    static const char *const begin[] = {[REDUCE_SUM] = "0.0", [REDUCE_PROD] = "1.0", [REDUCE_MAX] = "-HUGE_VAL", [REDUCE_MIN] = "HUGE_VAL"};
    emitter *e = w->e;
    int var = e->p->var_count - MOST_LOCALS + w->locals++;
    *name = scope_name(&e->scope, e->memory, arena_printf(e->memory, "t%d", ++e->temporaries), true);
    e->local[var] = e->suffix[0] ? arena_printf(e->memory, "(float)%s", *name) : *name;
    indent(w);
    buffer_printf(e->out, "double %s = %s;\n", *name, begin[how]);
    return var;
}

static void put_value(emitter *e, node body)
{
    buffer_puts(e->out, e->suffix[0] ? "(double)(" : "");
    put_real(e, body, STRENGTH_ANY);
    buffer_puts(e->out, e->suffix[0] ? ");\n" : ";\n");
}

/* max and min: a value that is not a number stays. */
static void put_gather(assume *w, int how, const char *local, node body)
{
    emitter *e = w->e;
    indent(w);
    if (how == REDUCE_SUM || how == REDUCE_PROD) {
        buffer_printf(e->out, "%s %s ", local, how == REDUCE_SUM ? "+=" : "*=");
        put_value(e, body);
        return;
    }
    char *value = scope_name(&e->scope, e->memory, arena_printf(e->memory, "t%d", ++e->temporaries), true);
    buffer_printf(e->out, "const double %s = ", value);
    put_value(e, body);
    indent(w);
    buffer_printf(e->out, "if (%s %s %s || %s != %s) {\n", value, how == REDUCE_MAX ? ">" : "<", local, value, value);
    indent(w);
    buffer_printf(e->out, "    %s = %s;\n", local, value);
    indent(w);
    buffer_puts(e->out, "}\n");
}

static node reduction_local(assume *w, node n)
{
    emitter *e = w->e;
    int how = dag_payload(e->d, n), index;
    const char *name;
    if (how > REDUCE_MIN || w->locals >= MOST_LOCALS) {
        w->failed = true;
        return n;
    }
    int var = local_open(w, how, &name);
    node body = dag_open(e->d, n, &index);
    loop_open(w, index);
    body = without_reductions(w, body);
    if (!w->failed && is_plain(w, body))
        put_gather(w, how, name, body);
    loop_close(w, index);
    return dag_entry(e->d, var, 0, NULL);
}

/* n with a local for every reduction; their loops are written. A branch is computed only when it is chosen, so no loop may leave one. */
static node without_reductions(assume *w, node n)
{
    dag *d = w->e->d;
    if (w->failed || !dag_has_kind(d, n, NODE_REDUCE))
        return n;
    if (dag_kind(d, n) == NODE_REDUCE)
        return reduction_local(w, n);
    int count = dag_count(d, n);
    w->failed |= dag_kind(d, n) == NODE_IF || dag_kind(d, n) == NODE_ENTRY || dag_binds(d, n);
    node *child = arena_alloc(w->e->memory, (size_t)(count + 1) * sizeof *child);
    for (int i = 0; i < count; i++)
        child[i] = without_reductions(w, dag_child(d, n, i));
    return w->failed ? n : dag_rebuild(d, n, child, true);
}

/* --- conditions --- */

static bool is_index_like(const emitter *e, node n)
{
    return dag_is_affine(e->d, n) || (dag_kind(e->d, n) == NODE_ENTRY && e->p->var[dag_payload(e->d, n)].integer);
}

static void put_test(assume *w, node n);

static void put_logic(assume *w, node n)
{
    emitter *e = w->e;
    const char *c = op_get((op)dag_payload(e->d, n))->c;
    if (strcmp(c, "delta_not") == 0)
        buffer_puts(e->out, "!");
    for (int i = 0; i < dag_count(e->d, n); i++) {
        buffer_puts(e->out, i == 0 ? "(" : strcmp(c, "delta_and") == 0 ? " && (" : " || (");
        put_test(w, dag_child(e->d, n, i));
        buffer_puts(e->out, ")");
    }
}

/* Numbers read from text and added up are equal when they are nearly so; indices are equal or not. */
static void put_test(assume *w, node n)
{
    emitter *e = w->e;
    bool equal = dag_kind(e->d, n) == NODE_COMPARE && dag_payload(e->d, n) == COMPARE_EQUAL;
    if (is_logic(w, n)) {
        put_logic(w, n);
    } else if (equal && !(is_index_like(e, dag_child(e->d, n, 0)) && is_index_like(e, dag_child(e->d, n, 1)))) {
        *w->tolerant = true;
        buffer_printf(e->out, "%s_nearly(", e->name);
        put_real(e, dag_child(e->d, n, 0), STRENGTH_ANY);
        buffer_puts(e->out, ", ");
        put_real(e, dag_child(e->d, n, 1), STRENGTH_ANY);
        buffer_puts(e->out, ")");
    } else {
        put_condition(e, n, STRENGTH_ANY);
    }
}

static void put_check(assume *w)
{
    node condition = without_reductions(w, w->a->condition);
    if (w->failed || !is_plain(w, condition))
        return;
    indent(w);
    buffer_puts(w->e->out, "if (!(");
    put_test(w, condition);
    buffer_puts(w->e->out, ")) {\n");
    indent(w);
    buffer_puts(w->e->out, "    return 1;\n");
    indent(w);
    buffer_puts(w->e->out, "}\n");
}

/* --- functions --- */

/* The first of the indices left whose range needs none of the others, moved to the front. */
static bool next_index(assume *w, int count, int *index)
{
    dag *d = w->e->d;
    for (int i = 0; i < count; i++) {
        bool needs = false;
        for (int k = 0; k < count; k++)
            needs |= dag_has_index(d, dag_index_get(d, index[i])->lo, index[k]) || dag_has_index(d, dag_index_get(d, index[i])->hi, index[k]);
        if (needs)
            continue;
        int first = index[i];
        memmove(index + 1, index, (size_t)i * sizeof *index);
        index[0] = first;
        return true;
    }
    return false;
}

static void put_loops(assume *w, int count, int *index)
{
    if (w->failed)
        return;
    if (count == 0) {
        put_check(w);
        return;
    }
    w->failed |= !next_index(w, count, index);
    if (w->failed)
        return;
    loop_open(w, index[0]);
    put_loops(w, count - 1, index + 1);
    loop_close(w, index[0]);
}

static void sample_open(assume *w)
{
    emitter *e = w->e;
    scope_open(&e->scope);
    scope_take(&e->scope, "data");
    scope_take(&e->scope, "memory");
    scope_take(&e->scope, "s");
    if (e->index_room)
        memset(e->index_name, 0, (size_t)e->index_room * sizeof *e->index_name);
    for (int k = 0; k < e->m->population_count; k++) {
        index_room(e, e->m->sample_index[k]);
        e->index_name[e->m->sample_index[k]] = arena_printf(e->memory, "s");
    }
    e->temporaries = 0;
}

static void put_body(assume *w)
{
    int index[MODEL_MAX_AXES], count = 0;
    for (int i = 0; i < w->a->index_count; i++)
        if (!dag_index_get(w->e->d, w->a->index[i])->sample)
            index[count++] = w->a->index[i];
    sample_open(w);
    put_loops(w, count, index);
    scope_close(&w->e->scope);
}

static int line_of(const emitter *e, const model_assumption *a)
{
    return e->m->sources ? source_line(source_get(e->m->sources, a->at.source), (size_t)a->at.begin) : 0;
}

static void put_head(emitter *e, const model_assumption *a, int number, const char *body)
{
    const char *kind = a->data ? "in" : "state";
    buffer_printf(e->out, "/* line %d: ", line_of(e, a));
    emit_comment_text(e->out, a->text);
    buffer_printf(e->out, " */\nstatic int %s_assumption_%d(const void *data, const void *memory, ptrdiff_t s)\n{\n    const %s_%s *%s = data;\n%s", e->name,
                  number, e->name, kind, kind, a->data ? "" : "    (void)s;\n");
    if (strstr(body, "work->"))
        buffer_printf(e->out, "    const %s_work *work = memory;\n", e->name);
    else
        buffer_puts(e->out, "    (void)memory;\n");
}

static void put_row(assume *w, int number, buffer *rows)
{
    emitter *e = w->e;
    const model_assumption *a = w->a;
    buffer_puts(rows, "    {.text = ");
    emit_string(rows, a->text);
    buffer_printf(rows, ", .line = %d, .test = %s_assumption_%d, .population = %d, .targets = %d, .given = %d},\n", line_of(e, a), e->name, number,
                  w->population, w->targets, w->given);
}

/* False: it cannot be written. */
static bool put_one(emitter *e, const model_assumption *a, int number, bool *tolerant, buffer *rows)
{
    buffer body = {0}, *out = e->out;
    bool needs = *tolerant;
    assume w = {.e = e, .a = a, .population = a->data ? -1 : 0, .level = 1, .given = !a->data, .tolerant = &needs};
    e->out = &body;
    put_body(&w);
    e->out = out;
    bool good = !w.failed && w.population >= 0;
    if (good) {
        put_head(e, a, number, body.text);
        buffer_printf(out, "%s    return 0;\n}\n\n", body.text);
        put_row(&w, number, rows);
        *tolerant = needs;
    }
    buffer_free(&body);
    return good;
}

static int put_all(emitter *e, bool *tolerant, buffer *rows)
{
    int count = 0;
    for (int i = 0; i < e->m->assumption_count; i++) {
        const model_assumption *a = &e->m->assumption[i];
        if (a->condition && a->text && dag_has_kind(e->d, a->condition, NODE_ENTRY))
            count += put_one(e, a, count, tolerant, rows);
    }
    return count;
}

/* The difference of infinite values is not less than anything. */
static void put_nearly(emitter *e)
{
    const char *r = e->real, *f = e->suffix;
    buffer_printf(e->out, "static int %s_nearly(%s a, %s b)\n{\n    const %s size = fmax%s(1.0%s, fmax%s(fabs%s(a), fabs%s(b)));\n", e->name, r, r, r, f, f, f,
                  f, f);
    buffer_printf(e->out, "    return a == b || fabs%s(a - b) < %s%s * size;\n}\n\n", f, f[0] ? "1e-6" : "1e-9", f);
}

/* The program with room for locals behind its variables. */
static lower_program with_locals(emitter *e)
{
    lower_program p = *e->p;
    p.var_count += MOST_LOCALS;
    p.var = arena_alloc(e->memory, (size_t)p.var_count * sizeof *p.var);
    memcpy(p.var, e->p->var, (size_t)e->p->var_count * sizeof *p.var);
    for (int i = e->p->var_count; i < p.var_count; i++)
        p.var[i] = (lower_var){.place = LOWER_LOCAL, .model_var = -1, .stem = "t", .mutable_local = true, .equation = -1};
    return p;
}

int put_assumptions(emitter *e)
{
    e->sizes = SIZES_STRUCT;
    e->work = "work->";
    if (!e->m->assumption_count)
        return 0;
    buffer functions = {0}, rows = {0}, *out = e->out;
    const lower_program *own = e->p;
    const char **local = e->local;
    lower_program p = with_locals(e);
    bool tolerant = false;
    e->p = &p;
    e->local = arena_alloc(e->memory, (size_t)p.var_count * sizeof *e->local);
    e->out = &functions;
    int count = put_all(e, &tolerant, &rows);
    e->out = out, e->p = own, e->local = local;
    if (tolerant)
        put_nearly(e);
    if (count)
        buffer_printf(out, "%sstatic const delta_assumption %s_assumptions[] = {\n%s};\n\n", functions.text, e->name, rows.text);
    buffer_free(&functions), buffer_free(&rows);
    return count;
}
