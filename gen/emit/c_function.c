/* Functions as C text, one per group of equations: what it computes as a comment, what it uses as declarations, and its statements (c_statement.c). */
#include <string.h>

#include "gen/emit/c_private.h"

typedef struct {
    emitter *e;
    int_map var_seen, size_seen; /* 1 + number */
    int_list vars, sizes;
    bool place[LOWER_LOCAL + 1]; /* structs used */
    int_map written;             /* 1 + variable */
    int_map visited;             /* nodes */
    bool bounding;               /* targets are not touched */
} usage;

/* --- what a function uses --- */

static void use_node(usage *u, node n);

static void use_size(usage *u, int size)
{
    const model_size *s = &u->e->m->size[size];
    if (!int_map_add(&u->size_seen, 1 + size))
        return;
    if (s->equals)
        use_node(u, s->equals);
    if (s->population >= 0)
        u->place[LOWER_IN] |= !u->e->free;
    else if (!s->equals && s->value <= 0)
        u->place[LOWER_WORK] = true;
    int_list_push(&u->sizes, size);
}

static void use_variable(usage *u, int var)
{
    const lower_var *v = &u->e->p->var[var];
    if (!int_map_add(&u->var_seen, 1 + var))
        return;
    u->place[v->place] = true;
    if (v->place == LOWER_LOCAL)
        return;
    int_list_push(&u->vars, var);
    for (int k = 0; k < v->axis_count; k++)
        if (k != v->major)
            use_node(u, v->size[k]);
}

static void use_node(usage *u, node n)
{
    dag *d = u->e->d;
    if (!n || !int_map_add(&u->visited, n))
        return;
    if (dag_kind(d, n) == NODE_SIZE)
        use_size(u, dag_payload(d, n));
    const lower_var *v = dag_kind(d, n) == NODE_ENTRY ? &u->e->p->var[dag_payload(d, n)] : NULL;
    if (v)
        use_variable(u, dag_payload(d, n));
    for (int i = 0; i < dag_count(d, n); i++) /* what is printed of an index: how far it is from the start */
        use_node(u, v && i < v->axis_count && !dag_is_int(d, v->start[i], 0) ? dag_sub(d, dag_child(d, n, i), v->start[i]) : dag_child(d, n, i));
}

static void use_block(usage *u, const lower_statement *s)
{
    for (; s; s = s->next) {
        use_node(u, s->lo);
        use_node(u, s->hi);
        use_node(u, s->value);
        use_node(u, u->bounding ? 0 : s->target);
        if (s->call) {
            use_node(u, s->call->a);
            use_node(u, s->call->b);
            use_node(u, s->call->rows);
            use_node(u, s->call->rows_times);
            use_node(u, s->call->columns);
            use_node(u, s->call->inner);
            use_node(u, s->call->inner_times);
        }
        for (int role = 0; s->contraction && role < 3; role++)
            for (int i = 0; i < s->contraction->count[role]; i++)
                use_node(u, s->contraction->span[role][i].extent);
        if ((s->kind == LOWER_ASSIGN || s->kind == LOWER_PRODUCT || s->kind == LOWER_CONTRACT) && !u->bounding)
            int_map_put(&u->written, 1 + dag_payload(u->e->d, s->target), 1);
        use_block(u, s->body);
        use_block(u, s->otherwise);
    }
}

static void usage_close(usage *u)
{
    emitter *e = u->e;
    for (int i = 0; i < u->vars.count; i++)
        e->local[u->vars.at[i]] = NULL;
    for (int i = 0; i < u->sizes.count; i++)
        e->local_size[u->sizes.at[i]] = NULL;
    int_list_free(&u->vars), int_list_free(&u->sizes);
    int_map_free(&u->written), int_map_free(&u->visited), int_map_free(&u->var_seen), int_map_free(&u->size_seen);
}

/* --- functions --- */

static void put_sizes(usage *u)
{
    emitter *e = u->e;
    for (int i = 0; i < u->sizes.count; i++) {
        int size = u->sizes.at[i];
        const model_size *s = &e->m->size[size];
        if (s->role == SIZE_BLOCK_BEGIN || s->role == SIZE_BLOCK_COUNT) { /* arguments */
            e->local_size[size] = s->role == SIZE_BLOCK_BEGIN ? "begin" : "count";
            continue;
        }
        char *name = scope_name(&e->scope, e->memory, s->population >= 0 ? arena_printf(e->memory, "samples%s", e->population_name[s->population])
                                                                          : intern_text(e->m->names, s->key), true);
        buffer_printf(e->out, "    const ptrdiff_t %s = ", name);
        if (s->population >= 0 && !e->free) {
            buffer_printf(e->out, "in->samples%s", e->population_name[s->population]);
        } else {
            e->sizes = SIZES_STRUCT;
            put_size(e, size);
            e->sizes = SIZES_LOCAL;
        }
        buffer_puts(e->out, ";\n");
        e->local_size[size] = name;
    }
}

static void put_arrays(usage *u)
{
    emitter *e = u->e;
    for (int i = 0; i < u->vars.count; i++) {
        int var = u->vars.at[i];
        const lower_var *v = &e->p->var[var];
        if (v->axis_count == 0)
            continue;
        const char *constant = int_map_get(&u->written, 1 + var) ? "" : "const ";
        char *name = scope_name(&e->scope, e->memory, e->member[var], true);
        buffer_printf(e->out, "    %s%s *restrict %s = %s->%s;\n", constant, v->integer ? "int32_t" : e->real, name, struct_of(v->place), e->member[var]);
        e->local[var] = name;
    }
}

/* The arguments: only the structs that are used. With `writes`, their types too. */
static void put_arguments(emitter *e, const bool *place, const bool *writes, const char *grad)
{
    static const lower_place order[] = {LOWER_PARAMS, LOWER_STATE, LOWER_IN, LOWER_GRAD, LOWER_OUT, LOWER_WORK};
    static const char *const kind[] = {"params", "state", "in", "params", "out", "work"};
    const char *between = "";
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (!place[order[i]])
            continue;
        const char *name = order[i] == LOWER_GRAD && grad ? grad : struct_of(order[i]);
        if (writes)
            buffer_printf(e->out, "%s%s%s_%s *%s", between, writes[order[i]] ? "" : "const ", e->name, kind[i], name);
        else
            buffer_printf(e->out, "%s%s", between, name);
        between = ", ";
    }
    if (!between[0] && writes)
        buffer_puts(e->out, "void");
}

static usage usage_of(emitter *e, const lower_statement *body, bool *writes)
{
    usage u = {.e = e, .bounding = e->bounding};
    use_block(&u, body);
    memset(writes, 0, (LOWER_LOCAL + 1) * sizeof *writes);
    for (int i = 0; i < u.vars.count; i++)
        if (int_map_get(&u.written, 1 + u.vars.at[i]))
            writes[e->p->var[u.vars.at[i]].place] = true;
    return u;
}

static void put_body(usage *u, const lower_statement *body, bool checks)
{
    emitter *e = u->e;
    scope_open(&e->scope);
    scope_take(&e->scope, "begin");
    scope_take(&e->scope, "count");
    e->temporaries = 0;
    e->sizes = SIZES_LOCAL;
    put_sizes(u);
    put_arrays(u);
    put_statements(e, body, 1);
    if (checks || e->bounding)
        buffer_printf(e->out, e->bounding ? "    return ok;\n" : "    return %s_OK;\n", e->upper);
    buffer_puts(e->out, "}\n\n");
    scope_close(&e->scope);
}

/* At most this many bytes of an equation are shown. */
enum { LONGEST_COMMENT = 400 };

static void shorten(buffer *text)
{
    if (text->length <= LONGEST_COMMENT)
        return;
    size_t cut = LONGEST_COMMENT;
    while (cut > 0 && ((unsigned char)text->text[cut] & 0xc0) == 0x80)
        cut--;
    text->length = cut;
    buffer_puts(text, "…");
}

static void put_note(emitter *e, const lower_equation *q)
{
    if (q->line > 0)
        buffer_printf(e->out, "line %d: ", q->line);
    emit_comment_text(e->out, q->note ? q->note : "");
}

/* "line 13: z2 = w2 a1 + b2" */
static void put_equation_comment(emitter *e, const lower_equation *q)
{
    buffer text = {0};
    int order[MODEL_MAX_AXES], count = 0;
    for (int k = 0; k < dag_count(e->d, q->left); k++)
        if (dag_kind(e->d, dag_child(e->d, q->left, k)) == NODE_INDEX)
            order[count++] = dag_payload(e->d, dag_child(e->d, q->left, k));
    if (q->line > 0)
        buffer_printf(&text, "line %d: ", q->line);
    const lower_var *v = &e->p->var[q->var];
    bool gradient = v->place == LOWER_GRAD, update = q->in_place || (!gradient && v->model_var != q->var);
    buffer_puts(&text, gradient ? "gradient by " : "");
    model_print(e->m, &text, q->left, count, order);
    buffer_puts(&text, gradient ? ": " : update ? " ← " : " = ");
    model_print(e->m, &text, q->right, count, order);
    shorten(&text);
    emit_comment_text(e->out, text.text);
    buffer_free(&text);
}

static void put_comment(emitter *e, const lower_function *f)
{
    for (int i = 0; i < f->equation_count; i++) {
        const lower_equation *q = &e->p->equation[f->equation[i]];
        buffer_puts(e->out, i ? "\n * " : "/* ");
        (q->left ? put_equation_comment : put_note)(e, q);
    }
    buffer_puts(e->out, " */\n");
}

static void put_function(emitter *e, int number)
{
    const lower_function *f = &e->p->function[number];
    bool writes[LOWER_LOCAL + 1];
    usage u = usage_of(e, f->body, writes);
    put_comment(e, f);
    buffer_printf(e->out, "static %s%s %s_part_%d(", e->apart, f->checks ? "int" : "void", e->name, number);
    put_arguments(e, u.place, writes, NULL);
    buffer_puts(e->out, f->block ? ", ptrdiff_t begin, ptrdiff_t count)\n{\n" : ")\n{\n");
    memcpy(e->function_places[number], u.place, sizeof u.place);
    e->work = "work->";
    put_body(&u, f->body, f->checks);
    usage_close(&u);
}

/* Of products that are added in place: would all of what they change stay finite? */
static void put_bounded(emitter *e, int number)
{
    const lower_function *f = &e->p->function[number];
    bool writes[LOWER_LOCAL + 1];
    e->bounding = true;
    usage u = usage_of(e, f->body, writes);
    buffer_printf(e->out, "static %sint %s_bounded_%d(", e->apart, e->name, number);
    put_arguments(e, u.place, writes, NULL);
    buffer_puts(e->out, ", delta_seen *seen)\n{\n    int ok = 1;\n");
    memcpy(e->bounded_places[number], u.place, sizeof u.place);
    e->work = "work->";
    put_body(&u, f->body, false);
    e->bounding = false;
    usage_close(&u);
}

void put_bounded_call(emitter *e, int number)
{
    buffer_printf(e->out, "    ok &= %s_bounded_%d(", e->name, number);
    put_arguments(e, e->bounded_places[number], NULL, NULL);
    buffer_puts(e->out, ", &seen);\n");
}

void put_functions(emitter *e)
{
    e->function_places = arena_alloc(e->memory, (size_t)(e->p->function_count + 1) * sizeof *e->function_places);
    e->bounded_places = arena_alloc(e->memory, (size_t)(e->p->function_count + 1) * sizeof *e->bounded_places);
    for (int i = 0; i < e->p->function_count; i++) {
        put_function(e, i);
        if ((e->p->function[i].events >> LOWER_COMMIT) & 1u)
            put_bounded(e, i);
    }
}

void put_call(emitter *e, int number, const char *grad)
{
    buffer_printf(e->out, "%s%s_part_%d(", e->p->function[number].checks ? "code = " : "", e->name, number);
    put_arguments(e, e->function_places[number], NULL, grad);
    buffer_puts(e->out, e->p->function[number].block ? ", begin, count);\n" : ");\n");
}

/* Sizes without a value come from the state here. */
void put_initial_function(emitter *e, const char *name, const lower_statement *body)
{
    bool writes[LOWER_LOCAL + 1];
    usage u = usage_of(e, body, writes);
    buffer_printf(e->out, "static %svoid %s(%s_params *params, %s_state *state)\n{\n", e->apart, name, e->name, e->name);
    if (!u.place[LOWER_PARAMS])
        buffer_puts(e->out, "    (void)params;\n");
    if (!u.place[LOWER_STATE] && !u.place[LOWER_WORK])
        buffer_puts(e->out, "    (void)state;\n");
    e->work = "state->";
    put_body(&u, body, false);
    usage_close(&u);
}
