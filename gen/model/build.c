/* A page's syntax tree to its model: the passes over it, in order. */
#include <stdlib.h>
#include <string.h>

#include "gen/model/page.h"
#include "grammar/parse.h"

static void begin(model *m)
{
    /* Size 0: samples of the main population; its index s is the first axis of everything that depends on data. */
    m->size = arena_grow(m->memory, NULL, 0, sizeof *m->size);
    m->size[0] = (model_size){.key = intern_puts(m->names, "·B"), .population = 0};
    m->size_count = 1;
    m->population = arena_alloc(m->memory, sizeof *m->population);
    m->population_count = 1;
    m->sample_index = arena_alloc(m->memory, sizeof *m->sample_index);
    node last = dag_add2(m->dag, dag_sizesym(m->dag, 0), dag_int(m->dag, -1));
    m->sample_index[0] = dag_index_sample(m->dag, intern_puts(m->names, "·s"), dag_int(m->dag, 0), last);
}

/* Every further population has its own size and sample index. */
static void begin_populations(builder *b)
{
    model *m = b->m;
    for (int p = 1; p < m->population_count; p++) {
        const char *name = intern_text(m->names, m->population[p]);
        m->size = page_grow(b, m->size, m->size_count, sizeof *m->size);
        m->size[m->size_count] = (model_size){.key = intern_puts(m->names, arena_printf(m->memory, "·B_%s", name)), .population = p};
        node last = dag_add2(m->dag, dag_sizesym(m->dag, m->size_count++), dag_int(m->dag, -1));
        m->sample_index[p] = dag_index_sample(m->dag, intern_puts(m->names, arena_printf(m->memory, "·s_%s", name)), dag_int(m->dag, 0), last);
    }
}

/* A definition that nothing uses may be a slip on a claim's left side. δ's are compared with the adjoints instead; outputs count as used. */
static void warn_unused(builder *b)
{
    model *m = b->m;
    if (m->diagnostics->errors)
        return;
    for (int i = 0; i < m->order_count; i++) {
        int v = m->order[i];
        bool used = (v < b->var_used_room && b->var_used[v]) || strncmp(intern_text(m->names, m->var[v].key), "delta", 5) == 0;
        for (int k = 0; k < m->output_count && m->output; k++)
            used |= m->output[k] == v && m->metric_count + m->objective_count > 0;
        if (used || m->var[v].at.source != m->source)
            continue;
        diagnostic *g = diag_add(m->diagnostics, DIAG_WARNING, m->var[v].at, "nothing uses `%s`", model_var_name(m, v));
        const char *near = NULL;
        const char *own = intern_text(m->names, m->var[v].key);
        long best = strlen(own) == 1 ? 1 : strlen(own) == 2 ? 2 : 3; /* every one-letter name is near every other */
        for (int u = 0; u < m->var_count; u++) {
            long far = u == v || !m->var[u].key || m->var[u].role > ROLE_DEFINED ? 9 : diag_distance(own, intern_text(m->names, m->var[u].key));
            if (far < best)
                best = far, near = model_var_name(m, u);
        }
        if (near)
            diag_hint(g, "a new name makes a definition; if a claim was meant, did you mean `%s`?", near);
    }
}

model *model_build(arena *memory, intern *names, source_set *sources, diag_list *d, const syn *file, int define_count, syn *const *define)
{
    model *m = arena_alloc(memory, sizeof *m);
    *m = (model){.memory = memory, .names = names, .sources = sources, .diagnostics = d, .dag = dag_new(names), .file = file, .source = file->at.source};
    builder b = {.m = m, .active = -1, .define_count = define_count, .define = define};
    begin(m);
    page_items(&b, file, NULL);
    begin_populations(&b);
    page_declarations(&b);
    page_size_facts(&b);
    page_definitions(&b);
    page_statements(&b);
    page_optimizers(&b);
    warn_unused(&b);
    free(b.var_used);
    return m;
}

node model_expression(model *m, const char *text, int *index_count, int *index)
{
    builder b = {.m = m, .active = -1};
    int number = source_add(m->sources, "<expression>", text, strlen(text)), errors = m->diagnostics->errors;
    const syn *tree = parse_statement(m->memory, m->names, m->sources, number, m->diagnostics);
    model_value v;
    *index_count = 0;
    if (m->diagnostics->errors > errors || !page_value(&b, tree, &v)) {
        free(b.var_used);
        return 0;
    }
    page_canonical(&b, &v, 0);
    for (int k = 0; k < v.axis_count; k++)
        index[(*index_count)++] = v.index[k];
    free(b.var_used);
    return v.body;
}
