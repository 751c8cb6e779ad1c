/* The loops and the memory plan as text. */
#include "gen/dag/ops.h"
#include "gen/lower/lower.h"
#include "grammar/arena.h"

static void put(const lower_program *p, buffer *out, node n);

static void put_list(const lower_program *p, buffer *out, node n, const char *between)
{
    for (int i = 0; i < dag_count(p->m->dag, n); i++) {
        if (i)
            buffer_puts(out, between);
        put(p, out, dag_child(p->m->dag, n, i));
    }
}

static void put_number(const lower_program *p, buffer *out, node n)
{
    char *text = mpq_get_str(NULL, 10, *dag_value(p->m->dag, n));
    buffer_puts(out, text);
    void (*release)(void *, size_t);
    mp_get_memory_functions(NULL, NULL, &release);
    size_t length = 0;
    while (text[length])
        length++;
    release(text, length + 1);
}

static void put_index(const lower_program *p, buffer *out, int index)
{
    sym name = dag_index_get(p->m->dag, index)->name;
    buffer_printf(out, "%s.%d", name ? intern_text(p->m->names, name) : "i", index);
}

static void put_entry(const lower_program *p, buffer *out, node n)
{
    int var = dag_payload(p->m->dag, n);
    if (p->var[var].place == LOWER_LOCAL)
        buffer_printf(out, "%s.%d", p->var[var].stem, var);
    else
        buffer_puts(out, p->var[var].stem);
    if (dag_count(p->m->dag, n) == 0)
        return;
    buffer_puts(out, "[");
    put_list(p, out, n, ", ");
    buffer_puts(out, "]");
}

static void put(const lower_program *p, buffer *out, node n)
{
    static const char *const compare_text[] = {" == ", " != ", " < ", " <= "};
    const dag *d = p->m->dag;
    const char *open = "(", *between = ", ", *close = ")";
    switch (dag_kind(d, n)) {
    case NODE_NUMBER: put_number(p, out, n); return;
    case NODE_SIZE: buffer_puts(out, intern_text(p->m->names, p->m->size[dag_payload(d, n)].key)); return;
    case NODE_INDEX: put_index(p, out, dag_payload(d, n)); return;
    case NODE_BOUND: buffer_printf(out, "#%d", dag_payload(d, n)); return;
    case NODE_ENTRY: put_entry(p, out, n); return;
    case NODE_ADD: between = " + "; break;
    case NODE_MUL: between = "*"; break;
    case NODE_POW: between = "^"; break;
    case NODE_COMPARE: between = compare_text[dag_payload(d, n)]; break;
    case NODE_IF: open = "if("; break;
    case NODE_FUN:
        buffer_puts(out, op_get((op)dag_payload(d, n))->name);
        if (dag_count(d, n) == 0)
            return;
        break;
    case NODE_REDUCE: buffer_puts(out, reduction_get((reduction)dag_payload(d, n))->name); break;
    default: open = "?("; break;
    }
    buffer_puts(out, open);
    put_list(p, out, n, between);
    buffer_puts(out, close);
}

static void put_block(const lower_program *p, buffer *out, const lower_statement *s, int level);

static void put_loop(const lower_program *p, buffer *out, const lower_statement *s, int level)
{
    buffer_puts(out, "for ");
    put_index(p, out, s->index);
    buffer_puts(out, " in ");
    put(p, out, s->lo);
    buffer_puts(out, " .. ");
    put(p, out, s->hi);
    buffer_puts(out, s->down ? " downward\n" : "\n");
    put_block(p, out, s->body, level + 1);
}

/* "matrix C += 2*" */
static void put_result(const lower_program *p, buffer *out, const char *what, const lower_statement *s, node factor)
{
    buffer_puts(out, what);
    put(p, out, s->target);
    buffer_puts(out, s->how == LOWER_ADD ? " += " : " = ");
    if (factor) {
        put(p, out, factor);
        buffer_puts(out, "*");
    }
}

static void put_product(const lower_program *p, buffer *out, const lower_statement *s)
{
    const lower_call *c = s->call;
    put_result(p, out, "matrix ", s, c->factor);
    put(p, out, c->a);
    buffer_puts(out, c->a_transposed ? "ᵀ*" : "*");
    put(p, out, c->b);
    buffer_puts(out, c->b_transposed ? "ᵀ (" : " (");
    put(p, out, c->rows);
    if (c->rows_times) {
        buffer_puts(out, "*");
        put(p, out, c->rows_times);
    }
    buffer_puts(out, " x ");
    put(p, out, c->inner);
    if (c->inner_times) {
        buffer_puts(out, "*");
        put(p, out, c->inner_times);
    }
    buffer_puts(out, " x ");
    put(p, out, c->columns);
    buffer_puts(out, ")\n");
}

/* "contract d_K2[0] += d_z2[0]*s1[0] (16 x 64 8 8 x 8 5 5)": rows, inner, columns. */
static void put_contraction(const lower_program *p, buffer *out, const lower_statement *s)
{
    static const int order[] = {0, 2, 1};
    const lower_contraction *c = s->contraction;
    put_result(p, out, "contract ", s, c->factor);
    put(p, out, c->a);
    buffer_puts(out, "*");
    put(p, out, c->b);
    for (int k = 0; k < 3; k++) {
        buffer_puts(out, k ? " x" : " (");
        for (int i = 0; i < c->count[order[k]]; i++) {
            buffer_puts(out, i || k ? " " : "");
            put(p, out, c->span[order[k]][i].extent);
        }
    }
    buffer_puts(out, ")\n");
}

static void put_statement(const lower_program *p, buffer *out, const lower_statement *s, int level)
{
    static const char *const how_text[] = {" = ", " += ", " *= ", " max= ", " min= "};
    switch (s->kind) {
    case LOWER_FOR: put_loop(p, out, s, level); return;
    case LOWER_BIND:
        buffer_puts(out, "where ");
        put_index(p, out, s->index);
        buffer_puts(out, " is ");
        put(p, out, s->value);
        buffer_puts(out, "\n");
        put_block(p, out, s->body, level + 1);
        return;
    case LOWER_WHEN:
        buffer_puts(out, "when ");
        put(p, out, s->value);
        buffer_puts(out, "\n");
        put_block(p, out, s->body, level + 1);
        if (s->otherwise) {
            buffer_printf(out, "%*selse\n", 2 * level, "");
            put_block(p, out, s->otherwise, level + 1);
        }
        return;
    case LOWER_LET: buffer_puts(out, "let "); break;
    case LOWER_PRODUCT: put_product(p, out, s); return;
    case LOWER_CONTRACT: put_contraction(p, out, s); return;
    case LOWER_CHECK:
        buffer_puts(out, "check ");
        put(p, out, s->value);
        buffer_puts(out, " in ");
        put(p, out, s->lo);
        buffer_puts(out, " .. ");
        put(p, out, s->hi);
        buffer_puts(out, "\n");
        return;
    default: break;
    }
    put(p, out, s->target);
    if (s->value) {
        buffer_puts(out, how_text[s->kind == LOWER_LET ? 0 : s->how]);
        put(p, out, s->value);
    }
    buffer_puts(out, "\n");
}

static void put_block(const lower_program *p, buffer *out, const lower_statement *s, int level)
{
    for (; s; s = s->next) {
        buffer_spaces(out, 2 * level);
        put_statement(p, out, s, level);
    }
}

static void put_events(const lower_program *p, buffer *out, uint64_t events)
{
    static const char *const name[] = {"forward", "measure", "gradient", "sums", "commit"};
    for (int i = 0; i < LOWER_STEP; i++)
        if ((events >> i) & 1u)
            buffer_printf(out, " %s", name[i]);
    for (int g = 0; g < p->group_count; g++)
        if ((events >> (LOWER_STEP + g)) & 1u)
            buffer_printf(out, " step%d", g);
}

bool lower_dump_part(const lower_program *p, buffer *out, int part)
{
    if (part < p->function_count) {
        const lower_function *f = &p->function[part];
        buffer_printf(out, "function %d:", part);
        put_events(p, out, f->events);
        buffer_puts(out, "\n");
        put_block(p, out, f->body, 1);
        return true;
    }
    part -= p->function_count;
    if (part >= p->commit_count)
        return false;
    const lower_commit *c = &p->commit[part];
    if (c->fresh >= 0)
        buffer_printf(out, "after step%d: %s from %s\n", c->group, p->var[c->var].stem, p->var[c->fresh].stem);
    else
        buffer_printf(out, "after step%d: %s in place\n", c->group, p->var[c->var].stem);
    return true;
}

void lower_dump(const lower_program *p, buffer *out)
{
    for (int part = 0; lower_dump_part(p, out, part);)
        part++;
}

static void put_names(const lower_program *p, buffer *out, const int_list *list)
{
    for (int i = 0; i < list->count; i++)
        buffer_printf(out, "%s%s", i ? ", " : "", lower_var_name(p, list->at[i]));
}

void lower_dump_segments(const lower_program *p, buffer *out)
{
    const lower_checkpoint *c = p->checkpoint;
    if (!c) {
        buffer_puts(out, "no recurrence can run in segments: none has an adjoint that runs back over the same range and needs nothing that waits for it");
        return;
    }
    const model_size *length = &p->m->size[c->span], *segments = &p->m->size[c->segments];
    buffer_puts(out, "the ");
    put(p, out, c->extent);
    buffer_puts(out, " steps from ");
    put(p, out, c->lo);
    if (length->value)
        buffer_printf(out, " on run in segments of %ld, %ld of them", length->value, segments->value);
    else
        buffer_printf(out, " on run in segments of √(%.3g steps)", (double)length->over / length->under);
    buffer_puts(out, "; of each the gradient computes the forward pass again. Only a segment is there of ");
    put_names(p, out, &c->window);
    for (int i = 0; i < c->kept.count; i++) {
        const int reader = c->reader.at[i];
        buffer_printf(out, "; %s stays whole: ", lower_var_name(p, c->kept.at[i]));
        if (reader < 0)
            buffer_puts(out, "it is an output");
        else
            buffer_printf(out, "%s (line %d) reads it elsewhere", lower_var_name(p, p->equation[reader].var), p->equation[reader].line);
    }
}

void lower_dump_memory(const lower_program *p, buffer *out)
{
    if (p->wants_segments) {
        lower_dump_segments(p, out);
        buffer_puts(out, "\n");
    }
    for (int i = 0; i < p->plan_count; i++) {
        const lower_var *v = &p->var[p->plan[i]];
        buffer_printf(out, "%s:", v->stem);
        for (int k = 0; k < v->axis_count; k++) {
            buffer_puts(out, k ? " x " : " ");
            put(p, out, v->size[k]);
        }
        if (p->place_of[i] != i)
            buffer_printf(out, ", in the place of %s", p->var[p->plan[p->place_of[i]]].stem);
        buffer_puts(out, "\n");
    }
}
