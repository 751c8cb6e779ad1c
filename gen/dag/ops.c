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

/* What people also write for a row's name. */
static const struct {
    const char *written, *name;
} spellings[] = {{"ln", "log"},       {"sgn", "sign"},      {"arcsin", "asin"},   {"arccos", "acos"},   {"arctan", "atan"},   {"arcsec", "asec"},   {"arccsc", "acsc"},
                 {"arccot", "acot"},  {"arsinh", "asinh"},  {"arcosh", "acosh"},  {"artanh", "atanh"},  {"arsech", "asech"},  {"arcsch", "acsch"},  {"arcoth", "acoth"},
                 {"arcsinh", "asinh"}, {"arccosh", "acosh"}, {"arctanh", "atanh"}};

/* Most names differ at the first letter: every name of a page is looked for. */
static bool same(const char *a, const char *b)
{
    return *a == *b && strcmp(a, b) == 0;
}

int op_find(const char *name)
{
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        if (same(spellings[i].written, name))
            name = spellings[i].name;
    for (int i = 0; i < OP_COUNT; i++)
        if (same(rows[i].name, name))
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
