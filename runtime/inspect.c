/* What a file of numbers holds: weights, checkpoints, data. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data.h"
#include "report.h"

static const char usage[] =
    "usage: deltac inspect FILE…\n"
    "\n"
    "Lists the arrays of .npz and .npy files, of csv tables and idx images (also with gzip), as training would read them: type, shape, and the\n"
    "least, greatest and mean value of each, its deviation, and how many entries are zero, nan or infinite.\n"
    "\n"
    "      --json   the same as JSON\n"
    "  -h, --help   this text\n"
    "\n"
    "Example: deltac inspect weights.npz\n";

typedef struct {
    uint64_t count, zeros, nans, infinite;
    double least, most, mean, square; /* of the finite ones; square: Σ (x − mean)² */
} summary;

/* Welford's recurrence. */
static void add(summary *s, double value)
{
    s->count++;
    s->nans += isnan(value) != 0;
    s->infinite += isinf(value) != 0;
    s->zeros += value == 0;
    if (!isfinite(value))
        return;
    double number = (double)(s->count - s->nans - s->infinite), before = value - s->mean;
    s->least = number > 1 && s->least < value ? s->least : value;
    s->most = number > 1 && s->most > value ? s->most : value;
    s->mean += before / number;
    s->square += before * (value - s->mean);
}

static int summarize(delta_pool *pool, const delta_tensor *tensor, summary *s)
{
    enum { ROWS = 4096 };
    delta_field field = {.rows = (int64_t)delta_dims_product(tensor->dims, tensor->rank), .raw_width = 1, .width = 1, .tensor = *tensor};
    int status = delta_field_open(pool, &field);
    for (int64_t at = 0; at < field.rows && !status;) {
        int64_t part = field.rows - at < ROWS ? field.rows - at : ROWS;
        const unsigned char *raw = delta_field_raw(&field, at, part);
        if (!raw)
            status = DELTA_EXIT_UNUSABLE;
        for (int64_t k = 0; raw && k < part; k++)
            add(s, delta_tensor_value(tensor, raw, (size_t)k));
        at += part;
    }
    delta_field_close(&field);
    return status;
}

static double deviation(const summary *s)
{
    uint64_t finite = s->count - s->nans - s->infinite;
    return finite ? sqrt(s->square / (double)finite) : 0;
}

static void print_row(const delta_tensor *tensor, const summary *s)
{
    char shape[200], type[8], values[200] = "";
    snprintf(type, sizeof type, "%c%d", tensor->kind, tensor->size);
    delta_dims_text(tensor->dims, tensor->rank, shape, sizeof shape);
    if (s->count == 1)
        snprintf(values, sizeof values, "%.10g", s->nans ? NAN : s->infinite ? INFINITY : s->mean);
    else if (s->count > s->nans + s->infinite)
        snprintf(values, sizeof values, "%.6g … %.6g, mean %.6g, deviation %.6g", s->least, s->most, s->mean, deviation(s));
    printf("  %-20s %-3s %-16s %s", *tensor->name ? tensor->name : "(no name)", type, tensor->rank ? shape : "", values);
    if (s->zeros && s->count > 1)
        printf(", %llu zero", (unsigned long long)s->zeros);
    if (s->nans)
        printf(", %llu nan", (unsigned long long)s->nans);
    if (s->infinite)
        printf(", %llu infinite", (unsigned long long)s->infinite);
    putchar('\n');
}

static void print_text(const char *text)
{
    putchar('"');
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c == '"' || *c == '\\' || *c < 32)
            printf("\\u%04x", *c);
        else
            putchar(*c);
    putchar('"');
}

static void print_number(const char *name, double value)
{
    if (isfinite(value))
        printf(", \"%s\": %.17g", name, value);
    else
        printf(", \"%s\": null", name);
}

static void print_json(const delta_tensor *tensor, const summary *s, int first)
{
    printf("%s\n    {\"name\": ", first ? "" : ",");
    print_text(tensor->name);
    printf(", \"type\": \"%c%d\", \"shape\": [", tensor->kind, tensor->size);
    for (int k = 0; k < tensor->rank; k++)
        printf("%s%lld", k ? ", " : "", (long long)tensor->dims[k]);
    printf("]");
    print_number("least", s->count > s->nans + s->infinite ? s->least : NAN);
    print_number("greatest", s->count > s->nans + s->infinite ? s->most : NAN);
    print_number("mean", s->count > s->nans + s->infinite ? s->mean : NAN);
    print_number("deviation", deviation(s));
    printf(", \"zero\": %llu, \"nan\": %llu, \"infinite\": %llu}", (unsigned long long)s->zeros, (unsigned long long)s->nans, (unsigned long long)s->infinite);
}

static int everything(const void *context, const char *name)
{
    (void)context;
    (void)name;
    return 1;
}

static int inspect_file(const char *path, int json, int first)
{
    delta_pool pool = {0};
    delta_tensors tensors = {0};
    unsigned long long numbers = 0;
    int status = delta_tensors_read(&pool, path, &(delta_reading){.wanted = everything}, &tensors);
    if (!status && json) {
        printf("%s\n  {\"file\": ", first ? "" : ",");
        print_text(path);
        printf(", \"arrays\": [");
    }
    for (int i = 0; i < tensors.count; i++)
        numbers += delta_dims_product(tensors.items[i].dims, tensors.items[i].rank);
    if (!status && !json)
        printf("%s: %d array%s, %llu number%s\n", path, tensors.count, tensors.count == 1 ? "" : "s", numbers, numbers == 1 ? "" : "s");
    for (int i = 0; i < tensors.count && !status; i++) {
        summary s = {0};
        status = summarize(&pool, &tensors.items[i], &s);
        if (!status && json)
            print_json(&tensors.items[i], &s, i == 0);
        else if (!status)
            print_row(&tensors.items[i], &s);
    }
    if (!status && json)
        printf("]}");
    delta_pool_free(&pool);
    return status;
}

int delta_inspect(int argc, char **argv)
{
    int json = 0, files = 0, status = 0;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
            return fputs(usage, stdout) < 0 ? DELTA_EXIT_MACHINE : 0;
        if (!strcmp(argv[i], "--json"))
            json = 1;
        else if (argv[i][0] == '-' && argv[i][1]) {
            status = delta_fail(DELTA_EXIT_USAGE, NULL, 0, "inspect has no option %s", argv[i]);
            delta_hint("deltac inspect --help");
            return status;
        } else
            files++;
    }
    if (!files) {
        fputs(usage, stderr);
        return DELTA_EXIT_USAGE;
    }
    if (json)
        printf("[");
    for (int i = 1, first = 1; i < argc; i++) {
        if (argv[i][0] == '-' && argv[i][1])
            continue;
        int one = inspect_file(argv[i], json, first);
        first = first && one;
        status = one > status ? one : status;
    }
    if (json)
        printf("\n]\n");
    return status;
}
