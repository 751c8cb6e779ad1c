#include "gen/dag/ops.h"

#include <string.h>

static const op_row rows[] = {
#define OP(id, name, arity, derivative, domain, kinks, c, latex, ball) {name, arity, DOMAIN_##domain, kinks, c, latex},
#include "gen/dag/ops.def"
#undef OP
};

static const reduction_row reductions[] = {
#define REDUCTION(id, name, has_at, differentiable, latex) {name, has_at, differentiable, latex},
#include "gen/dag/reductions.def"
#undef REDUCTION
};

const op_row *op_get(op o)
{
    return &rows[o];
}

int op_find(const char *name)
{
    for (int i = 0; i < OP_COUNT; i++)
        if (strcmp(rows[i].name, name) == 0)
            return i;
    return -1;
}

const reduction_row *reduction_get(reduction r)
{
    return &reductions[r];
}

int reduction_find(const char *name)
{
    for (int i = 0; i < REDUCE_COUNT; i++)
        if (strcmp(reductions[i].name, name) == 0)
            return i;
    return -1;
}
