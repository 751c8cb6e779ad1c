/* Work memory: one block, a list of offsets in the sizes, laid out once. */
#include <string.h>

#include "gen/emit/c_private.h"

enum { CHUNK = 160 };

static bool same_shape(const emitter *e, int a, int b)
{
    const lower_var *x = &e->p->var[a], *y = &e->p->var[b];
    if (x->axis_count != y->axis_count || x->integer != y->integer || x->major != y->major)
        return false;
    return memcmp(x->size, y->size, (size_t)x->axis_count * sizeof *x->size) == 0;
}

/* Numbers the shapes of the plan's arrays. There are few, however many arrays. */
static void number_shapes(emitter *e)
{
    int_map known = {0};
    for (int i = 0; i < e->p->plan_count; i++) {
        int var = e->p->plan[i], shape = 0;
        const lower_var *v = &e->p->var[var];
        node key = dag_entry(e->d, 0, v->axis_count, v->size);
        shape = int_map_get(&known, key) - 1;
        if (shape < 0 || !same_shape(e, e->shape_var[shape], var)) {
            shape = e->shape_count++;
            e->shape_var[shape] = var;
            int_map_put(&known, key, shape + 1);
        }
        e->shape[var] = shape;
    }
    int_map_free(&known);
}

static void put_extent(emitter *e, node size)
{
    buffer_puts(e->out, "(size_t)");
    put_index(e, size, STRENGTH_UNARY);
}

static void put_counts(emitter *e)
{
    buffer_printf(e->out, "/* Entries of an array of work memory. */\nstatic size_t %s_entries(const %s_sizes *size, int shape)\n{\n", e->name, e->name);
    buffer_puts(e->out, "    (void)size;\n    switch (shape) {\n");
    for (int i = 0; i < e->shape_count; i++) {
        const lower_var *v = &e->p->var[e->shape_var[i]];
        buffer_printf(e->out, "    case %d: return ", i);
        for (int k = 0; k < v->axis_count; k++) {
            buffer_puts(e->out, k ? " * " : "");
            put_extent(e, v->size[k]);
        }
        buffer_puts(e->out, ";\n");
    }
    buffer_puts(e->out, "    default: return 0;\n    }\n}\n\n");
    buffer_printf(e->out, "static size_t %s_padded(const %s_sizes *size, int shape)\n{\n", e->name, e->name);
    buffer_printf(e->out, "    return (%s_entries(size, shape) * sizeof(%s) + 63u) / 64u * 64u;\n}\n\n", e->name, e->real);
}

static bool has_blocks(const emitter *e)
{
    bool any = false;
    for (int i = 0; i < e->p->function_count; i++)
        any |= e->p->function[i].block > 0;
    return any;
}

static bool is_short(const emitter *e, int var)
{
    bool any = false;
    for (int k = 0; k < e->p->var[var].axis_count; k++)
        any |= e->p->var[var].size[k] == e->p->block_length;
    return any;
}

/* The length and the number of segments, where they follow from sizes without a value. */
static void put_made_size(emitter *e, int size)
{
    const model_size *s = &e->m->size[size];
    if (s->value > 0 || (s->role != SIZE_SPAN && s->role != SIZE_SEGMENTS))
        return;
    const char *name = e->size_name[size];
    e->size_pointer = true;
    if (s->role == SIZE_SPAN) {
        buffer_printf(e->out, "    size->%s = 1; /* least memory: near the square root of */\n    while (size->%s < ", name, name);
        put_index(e, s->extent, STRENGTH_SUM);
        buffer_printf(e->out, " && (double)size->%s * (double)size->%s * %d < (double)", name, name, s->under);
        put_index(e, s->extent, STRENGTH_UNARY);
        buffer_printf(e->out, " * %d)\n        size->%s++;\n", s->over, name);
    } else {
        buffer_printf(e->out, "    size->%s = (", name);
        put_index(e, s->extent, STRENGTH_SUM);
        buffer_puts(e->out, " + ");
        put_size(e, s->by);
        buffer_puts(e->out, " - 1) / ");
        put_size(e, s->by);
        buffer_puts(e->out, ";\n");
    }
    e->size_pointer = false;
}

static void put_take_sizes(emitter *e)
{
    buffer_printf(e->out, "static void %s_take_sizes(%s_sizes *size, const int64_t *sizes, const int64_t *batch)\n{\n", e->name, e->name);
    buffer_puts(e->out, "    (void)sizes;\n");
    for (int k = 0; k < e->m->population_count; k++)
        buffer_printf(e->out, "    size->samples%s = (ptrdiff_t)batch[%d];\n", e->population_name[k], k);
    for (int i = 0; i < e->m->size_count; i++)
        if (e->size_number[i] >= 0 && !size_is_known(e, i))
            buffer_printf(e->out, "    size->%s = (ptrdiff_t)sizes[%d];\n", e->size_name[i], e->size_number[i]);
    if (has_blocks(e)) {
        e->size_pointer = true;
        buffer_puts(e->out, "    ");
        put_size(e, dag_payload(e->d, e->p->block_length));
        buffer_puts(e->out, " = ");
        put_index(e, e->p->block_range, STRENGTH_ANY);
        buffer_puts(e->out, ";\n");
        e->size_pointer = false;
    }
    for (int i = 0; i < e->m->size_count; i++)
        put_made_size(e, i);
    buffer_puts(e->out, "}\n\n");
}

/* Arrays that are as long as a block, all together: so that they stay in a cache of the second level. */
static void put_block_length(emitter *e)
{
    enum { NUMBERS = 1 << 16, SHORTEST = 32, LONGEST = 1024 };
    const char *name = e->size_name[dag_payload(e->d, e->p->block_length)];
    if (!has_blocks(e))
        return;
    buffer_printf(e->out, "/* How long a block is: its arrays have %d numbers or so together. */\nstatic void %s_take_block(%s_sizes *size)\n{\n", NUMBERS,
                  e->name, e->name);
    buffer_printf(e->out, "    size_t each = 1;\n    ptrdiff_t block, whole = size->%s;\n    size->%s = 1;\n", name, name);
    for (int i = 0; i < e->shape_count; i++) {
        int count = 0;
        for (int k = 0; k < e->p->plan_count; k++)
            count += e->shape[e->p->plan[k]] == i && e->p->place_of[k] == k;
        if (is_short(e, e->shape_var[i]))
            buffer_printf(e->out, "    each += %du * %s_entries(size, %d);\n", count, e->name, i);
    }
    buffer_printf(e->out, "    block = (ptrdiff_t)(%du / each) / %d * %d;\n", NUMBERS, SHORTEST, SHORTEST);
    buffer_printf(e->out, "    block = block < %d ? %d : block > %d ? %d : block;\n    size->%s = block < whole ? block : whole;\n}\n\n", SHORTEST, SHORTEST,
                  LONGEST, LONGEST, name);
}

static void put_shorten(emitter *e, const char *size)
{
    if (e->p->apart_size)
        buffer_printf(e->out, "    (%s)->%s = apart;\n", size, e->size_name[dag_payload(e->d, e->p->apart_size)]);
    if (has_blocks(e))
        buffer_printf(e->out, "    if (!apart)\n        %s_take_block(%s);\n", e->name, size);
}

/* apart: every array has a place of its own, so that all values of a step can be looked at. */
static void put_bytes(emitter *e)
{
    const lower_program *p = e->p;
    buffer_printf(e->out, "static size_t %s_bytes(const int64_t *sizes, const int64_t *batch, int apart)\n{\n", e->name);
    buffer_printf(e->out, "    %s_sizes size;\n    size_t bytes = 64;\n    %s_take_sizes(&size, sizes, batch);\n    (void)apart;\n", e->name, e->name);
    put_shorten(e, "&size");
    int *total = arena_alloc(e->memory, (size_t)(e->shape_count + 1) * sizeof *total),
        *own = arena_alloc(e->memory, (size_t)(e->shape_count + 1) * sizeof *own);
    for (int i = 0; i < p->plan_count; i++) {
        total[e->shape[p->plan[i]]]++;
        own[e->shape[p->plan[i]]] += p->place_of[i] == i;
    }
    for (int i = 0; i < e->shape_count; i++)
        if (own[i] == total[i])
            buffer_printf(e->out, "    bytes += %du * %s_padded(&size, %d);\n", total[i], e->name, i);
        else
            buffer_printf(e->out, "    bytes += (apart ? %du : %du) * %s_padded(&size, %d);\n", total[i], own[i], e->name, i);
    buffer_puts(e->out, "    return bytes;\n}\n\n");
}

/* Arrays first .. end − 1 of the plan; those with a place of their own come first of all. */
static void put_bind_function(emitter *e, int first, int end)
{
    const lower_program *p = e->p;
    bool *known = arena_alloc(e->memory, (size_t)e->shape_count * sizeof *known);
    buffer_printf(e->out, "static %schar *%s_bind_%d(%s_work *w, char *at, int apart)\n{\n    (void)apart;\n", e->apart, e->name, first / CHUNK, e->name);
    for (int i = first; i < end; i++) {
        int shape = e->shape[e->p->plan[e->bound[i]]];
        if (!known[shape])
            buffer_printf(e->out, "    const size_t bytes_%d = %s_padded(&w->size, %d);\n", shape, e->name, shape);
        known[shape] = true;
    }
    for (int i = first; i < end; i++) {
        int number = e->bound[i], owner = p->place_of[number], var = p->plan[number];
        if (owner == number)
            buffer_printf(e->out, "    w->%s = (%s *)(void *)at, at += bytes_%d;\n", e->member[var], e->real, e->shape[var]);
        else
            buffer_printf(e->out, "    w->%s = apart ? (%s *)(void *)at : w->%s, at += apart ? bytes_%d : 0;\n", e->member[var], e->real,
                          e->member[p->plan[owner]], e->shape[var]);
    }
    buffer_puts(e->out, "    return at;\n}\n\n");
}

static void put_adapters(emitter *e, const char *prefix, int apart)
{
    buffer_printf(e->out, "static size_t %s_%s_memory(const int64_t *sizes, const int64_t *batch)\n{\n    return %s_bytes(sizes, batch, %d);\n}\n\n", e->name,
                  prefix, e->name, apart);
    buffer_printf(
        e->out,
        "static void %s_%s_bind(void *work, const int64_t *sizes, const int64_t *batch, void *memory)\n{\n    %s_bind(work, sizes, batch, memory, %d);\n}\n\n",
        e->name, prefix, e->name, apart);
}

bool memory_is_shared(const emitter *e)
{
    return e->p->place_count < e->p->plan_count || has_blocks(e) || e->p->apart_size;
}

static void put_binding(emitter *e)
{
    int count = 0, total = e->p->plan_count;
    e->bound = arena_alloc(e->memory, (size_t)(total + 1) * sizeof *e->bound);
    for (int own = 1; own >= 0; own--)
        for (int i = 0; i < total; i++)
            if ((e->p->place_of[i] == i) == own)
                e->bound[count++] = i;
    for (int first = 0; first < count; first += CHUNK)
        put_bind_function(e, first, first + CHUNK < count ? first + CHUNK : count);
    buffer_printf(e->out, "static %svoid %s_bind(void *work, const int64_t *sizes, const int64_t *batch, void *memory, int apart)\n{\n", e->apart, e->name);
    buffer_printf(e->out, "    %s_work *w = work;\n    char *at = memory;\n    %s_take_sizes(&w->size, sizes, batch);\n", e->name, e->name);
    put_shorten(e, "&w->size");
    for (int first = 0; first < count; first += CHUNK)
        buffer_printf(e->out, "    at = %s_bind_%d(w, at, apart);\n", e->name, first / CHUNK);
    buffer_puts(e->out, "    (void)at;\n    (void)apart;\n}\n\n");
    put_adapters(e, "work", 0);
    if (memory_is_shared(e))
        put_adapters(e, "trace", 1);
}

void put_memory(emitter *e)
{
    e->sizes = SIZES_STRUCT;
    e->work = "";
    e->shape = arena_alloc(e->memory, (size_t)(e->p->var_count + 1) * sizeof(int));
    e->shape_var = arena_alloc(e->memory, (size_t)(e->p->plan_count + 1) * sizeof(int));
    number_shapes(e);
    e->size_pointer = true;
    put_counts(e);
    e->size_pointer = false;
    put_take_sizes(e);
    put_block_length(e);
    put_bytes(e);
    put_binding(e);
}
