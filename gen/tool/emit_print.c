#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "gen/tool/emit_print.h"

static void print_amount(const char *what, emit_amount a, const char *unit)
{
    printf("%-11s ", what);
    if (a.fixed < 0)
        printf("%s depend on sizes without a value\n", unit);
    else if (a.each > 0)
        printf("%.15g %s + %.15g for each sample\n", a.fixed, unit, a.each);
    else
        printf("%.15g %s\n", a.fixed, unit);
}

void emit_print(const emit_summary *s, long batch)
{
    print_amount("parameters", s->params, "bytes");
    print_amount("state", s->state, "bytes");
    print_amount("work", s->work, "bytes");
    if (s->totals.fixed > 0)
        print_amount("totals", s->totals, "bytes");
    print_amount("step", s->operations, "operations");
    if (batch)
        printf("stack       %d bytes at most: calls %d deep, %d bytes each\n", s->depth * EMIT_FRAME_BYTES, s->depth, EMIT_FRAME_BYTES);
    printf("math.h      %s\n", s->functions[0] ? s->functions : "nothing");
}

static json_t *whole(double x)
{
    return x < 0 ? json_null() : json_integer((json_int_t)(x + 0.5));
}

static void put_amount(json_t *root, const char *key, const char *each_key, emit_amount a, long batch)
{
    json_object_set_new(root, key, whole(a.fixed));
    if (!batch && each_key)
        json_object_set_new(root, each_key, a.fixed < 0 ? json_null() : whole(a.each));
}

void emit_print_json(const emit_summary *s, long batch)
{
    json_t *root = json_object(), *functions = json_array();
    char list[sizeof s->functions], *rest = NULL;
    strcpy(list, s->functions);
    put_amount(root, "parameter_bytes", NULL, s->params, batch);
    put_amount(root, "state_bytes", NULL, s->state, batch);
    put_amount(root, "work_bytes", "work_bytes_per_sample", s->work, batch);
    if (s->totals.fixed > 0)
        put_amount(root, "totals_bytes", NULL, s->totals, batch);
    put_amount(root, "operations", "operations_per_sample", s->operations, batch);
    if (batch)
        json_object_set_new(root, "stack_bytes", json_integer(s->depth * EMIT_FRAME_BYTES));
    for (char *word = strtok_r(list, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        json_array_append_new(functions, json_string(word));
    json_object_set_new(root, "functions", functions);
    json_dumpf(root, stdout, JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(root);
}
