/* Expressions for people: model_print and its kin. The work is in print_build.c (DAG to presentation tree), print_matrix.c (matrix notation) and
 * print_text.c (the tree as text). */
#include "gen/model/print.h"

#include "gen/model/print_private.h"

enum { PRINT_BUDGET = 20000 };

/* Free indices get their names first: those given, in order, then the others as they come. The sample's index is not seen and takes no letter. */
static void name_index(show *s, int index)
{
    if (!dag_index_get(s->m->dag, index)->sample)
        show_index_name(s, dag_index_node(s->m->dag, index));
}

static void name_indices(show *s, node n, int index_count, const int *indices)
{
    int free_index[SHOW_MAX_NAMES];
    for (int i = 0; i < index_count; i++)
        name_index(s, indices[i]);
    int count = dag_free_indices(s->m->dag, n, free_index, SHOW_MAX_NAMES / 2);
    for (int i = 0; i < count && i < SHOW_MAX_NAMES / 2; i++)
        name_index(s, free_index[i]);
}

/* The indices that people see. */
static int visible_axes(const model *m, int index_count, const int *indices, node *axis)
{
    int rank = 0;
    for (int i = 0; i < index_count; i++)
        if (!dag_index_get(m->dag, indices[i])->sample && rank < MODEL_MAX_AXES)
            axis[rank++] = dag_index_node(m->dag, indices[i]);
    return rank;
}

/* The tree over the last `rank` of the visible axes; NULL when there is no matrix form. */
static notation *tree_of_rank(const model *m, arena *memory, node n, int index_count, const int *indices, int rank, const bool *lead)
{
    node axis[MODEL_MAX_AXES];
    int all = visible_axes(m, index_count, indices, axis);
    show s = {.m = m, .memory = memory, .budget = PRINT_BUDGET, .matrix = true, .lead = lead};
    name_indices(&s, n, index_count, indices);
    bool scalar = false;
    notation *t = rank ? show_tensor(&s, n, rank, axis + all - rank, &scalar) : show_node(&s, n);
    return scalar || s.budget < 0 ? NULL : t;
}

static notation *index_tree(const model *m, arena *memory, node n, int index_count, const int *indices, const bool *lead)
{
    show s = {.m = m, .memory = memory, .budget = PRINT_BUDGET, .lead = lead};
    name_indices(&s, n, index_count, indices);
    return show_node(&s, n);
}

notation *model_notation_led(const model *m, arena *memory, node n, int index_count, const int *indices, int rank, const bool *lead)
{
    notation *t = rank >= 0 ? tree_of_rank(m, memory, n, index_count, indices, rank, lead) : NULL;
    return t ? t : index_tree(m, memory, n, index_count, indices, lead);
}

notation *model_notation(const model *m, arena *memory, node n, int index_count, const int *indices, int rank)
{
    return model_notation_led(m, memory, n, index_count, indices, rank, NULL);
}

notation *model_notation_left(const model *m, arena *memory, int var, const node *at, int index_count, const int *indices, int rank)
{
    const model_var *v = &m->var[var];
    node entry = dag_entry(m->dag, var, v->axis_count, at);
    show s = {.m = m, .memory = memory, .budget = PRINT_BUDGET};
    name_indices(&s, entry, index_count, indices);
    return show_entry(&s, entry, rank > 0 ? rank : 0);
}

int model_print_rank(const model *m, node n, int index_count, const int *indices)
{
    node axis[MODEL_MAX_AXES];
    int rank = visible_axes(m, index_count, indices, axis);
    arena *memory = arena_new();
    while (rank > 0 && !tree_of_rank(m, memory, n, index_count, indices, rank, NULL))
        rank--;
    arena_free(memory);
    return rank;
}

static void print_rank(const model *m, buffer *out, node n, int index_count, const int *indices, int rank)
{
    arena *memory = arena_new();
    notation_write(out, model_notation(m, memory, n, index_count, indices, rank));
    arena_free(memory);
}

void model_print(const model *m, buffer *out, node n, int index_count, const int *indices)
{
    node axis[MODEL_MAX_AXES];
    print_rank(m, out, n, index_count, indices, visible_axes(m, index_count, indices, axis));
}

void model_print_index(const model *m, buffer *out, node n)
{
    print_rank(m, out, n, 0, NULL, -1);
}
