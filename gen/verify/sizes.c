/* Sizes to verify at. */
#include <stdlib.h>
#include <string.h>

#include "gen/verify/verify.h"

typedef struct {
    model *m;
    session *s;
    long *size;
    bool good;
} looking;

static bool value_of(looking *x, node n, long *out)
{
    ball_point point = {.s = x->s, .size = x->size};
    ball_evaluation e;
    ball_evaluation_init(&e, &point, 64, 10000);
    bool known = ball_integer(&e, n, out);
    ball_evaluation_clear(&e);
    return known;
}

/* Ranges of loops whose ends are sizes alone: one that is empty would leave a branch of the page untested. */
static bool range_runs(looking *x, node lo, node hi)
{
    long a, b;
    int ids[1];
    if (dag_free_indices(x->m->dag, lo, ids, 1) || dag_free_indices(x->m->dag, hi, ids, 1) || dag_has_kind(x->m->dag, lo, NODE_ENTRY) ||
        dag_has_kind(x->m->dag, hi, NODE_ENTRY) || dag_has_kind(x->m->dag, lo, NODE_BOUND) || dag_has_kind(x->m->dag, hi, NODE_BOUND))
        return true;
    return !value_of(x, lo, &a) || !value_of(x, hi, &b) || a <= b;
}

static bool look_at(void *context, node n)
{
    looking *x = context;
    if (dag_kind(x->m->dag, n) == NODE_REDUCE)
        x->good = x->good && range_runs(x, dag_child(x->m->dag, n, 0), dag_child(x->m->dag, n, 1));
    return x->good;
}

static bool everything_runs(looking *x)
{
    model *m = x->m;
    x->good = true;
    for (int i = 0; i < m->var_count; i++)
        for (int k = 0; k < m->var[i].axis_count; k++) {
            long size;
            if (value_of(x, m->var[i].axis_size[k], &size) && size < 1)
                return false;
        }
    for (int i = 0; i < m->equation_count && x->good; i++) {
        for (int k = 0; k < m->equation[i].index_count; k++) {
            const dag_index_info *r = dag_index_get(m->dag, m->equation[i].index[k]);
            x->good = x->good && range_runs(x, r->lo, r->hi);
        }
        dag_visit(m->dag, m->equation[i].rhs, look_at, x);
    }
    return x->good;
}

/* A list of numbers on the page says how long its axis is. */
static bool is_fixed(const model *m, int size)
{
    for (int i = 0; i < m->var_count; i++)
        for (int k = 0; k < m->var[i].axis_count; k++)
            if (m->var[i].init.kind == INIT_ARRAY && dag_kind(m->dag, m->var[i].axis_size[k]) == NODE_SIZE && dag_payload(m->dag, m->var[i].axis_size[k]) == size)
                return true;
    return false;
}

static long at_least(const model *m, int size, long value)
{
    while (value < 64 && dag_index_le(m->dag, dag_int(m->dag, value + 1), dag_sizesym(m->dag, size)) == TRUTH_YES)
        value++;
    return value;
}

/* Distinct values from `base` on, so that a mixed-up stride shows. */
static void choose(looking *x, bool shrink, long base)
{
    model *m = x->m;
    long next = base;
    for (int i = 0; i < m->size_count; i++) {
        long own = m->size[i].value;
        if (m->size[i].population >= 0)
            x->size[i] = 3 + m->size[i].population;
        else if (own > 0 && (!shrink || is_fixed(m, i)))
            x->size[i] = own;
        else
            x->size[i] = own > 0 && own < next ? own : at_least(m, i, next++);
    }
    for (int i = 0; i < m->size_count; i++)
        if (m->size[i].equals && !value_of(x, m->size[i].equals, &x->size[i]))
            x->size[i] = 0;
}

bool verify_sizes(model *m, session *s, bool shrink, long *size)
{
    looking x = {.m = m, .s = s, .size = size};
    for (long base = shrink ? 2 : 3; base <= 64; base += base < 8 ? 1 : base / 4) {
        choose(&x, shrink, base);
        if (everything_runs(&x))
            return true;
    }
    fprintf(stderr, "deltac: no small sizes are known at which every loop of the page runs\n");
    return false;
}
