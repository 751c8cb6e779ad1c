#include "gen/model/notation.h"

notation *notation_new(arena *a, notation_kind kind, int count)
{
    notation *t = arena_alloc(a, sizeof *t);
    t->kind = kind;
    t->count = count;
    if (count)
        t->child = arena_alloc(a, (size_t)count * sizeof *t->child);
    if (kind == NOTATION_SUM || kind == NOTATION_PRODUCT)
        t->marks = arena_alloc(a, (size_t)count + 1);
    return t;
}

notation *notation_text(arena *a, notation_kind kind, const char *text)
{
    notation *t = notation_new(a, kind, 0);
    t->text = text;
    return t;
}

notation *notation_one(arena *a, notation_kind kind, notation *child)
{
    notation *t = notation_new(a, kind, 1);
    t->child[0] = child;
    return t;
}

notation *notation_two(arena *a, notation_kind kind, notation *first, notation *second)
{
    notation *t = notation_new(a, kind, 2);
    t->child[0] = first;
    t->child[1] = second;
    return t;
}

notation *notation_call(arena *a, const char *name, notation *argument)
{
    return notation_two(a, NOTATION_CALL, notation_text(a, NOTATION_NAME, name), argument);
}
