#include "gen/tool/options.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int options_usage(const options *o, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "deltac %s: ", o->command);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\nTry `deltac %s --help`.\n", o->command);
    va_end(arguments);
    return STATUS_USAGE;
}

/* Says that there is no such option, and which was meant. */
static int unknown_option(const options *o, const char *name, size_t length)
{
    char text[64];
    long best = length > 3 ? 3 : 2;
    const char *near = NULL;
    snprintf(text, sizeof text, "%.*s", (int)length, name);
    for (const option *p = o->list; p && p->name; p++) {
        long far = diag_distance(text, p->name);
        if (far < best)
            best = far, near = p->name;
    }
    if (near)
        return options_usage(o, "unknown option `--%s`; did you mean `--%s`?", text, near);
    return options_usage(o, "unknown option `--%.*s`", (int)length, name);
}

static const option *find_option(const options *o, const char *name, size_t length, char letter)
{
    for (const option *p = o->list; p && p->name; p++)
        if (letter ? p->letter == letter : strlen(p->name) == length && strncmp(p->name, name, length) == 0)
            return p;
    return NULL;
}

/* Bytes: 65536, 64k, 64M, 64 MB, 2G; k, M, G are powers of ten. */
static int read_memory(options *o, const char *text)
{
    static const char letter[] = "kmg";
    char *end;
    double value = strtod(text, &end);
    end += strspn(end, " ");
    const char *unit = *end ? strchr(letter, *end | 0x20) : NULL;
    for (long k = unit ? unit - letter + 1 : 0; k > 0; k--)
        value *= 1e3;
    end += unit != NULL;
    end += *end == 'B' || *end == 'b';
    if (*end || !(value >= 1) || value > 1e18)
        return options_usage(o, "--memory-limit is a number of bytes, as in 64M or 2G");
    o->page.memory = value;
    return -1;
}

static int common_option(options *o, const char *name, size_t length, const char *value)
{
#define IS(word) (length == strlen(word) && strncmp(name, word, length) == 0)
    if (IS("define") && value)
        o->page.define[o->page.define_count++] = value;
    else if (IS("optimizer") && value)
        o->page.optimizer = value;
    else if (IS("memory-limit") && value && strstr(o->usage, "--memory-limit"))
        return read_memory(o, value);
    else if (IS("color") || IS("colour"))
        o->page.colour = !value || strcmp(value, "always") == 0 || (strcmp(value, "auto") == 0 && o->page.colour);
    else
        return unknown_option(o, name, length);
#undef IS
    return -1;
}

static int long_option(options *o, char **argv, int argc, int *at)
{
    const char *name = argv[*at] + 2, *equals = strchr(name, '='), *value = equals ? equals + 1 : NULL;
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    const option *p = find_option(o, name, length, 0);
    bool common = !p, wants = p ? p->value : length == 6 && (strncmp(name, "define", 6) == 0 || strncmp(name, "strict", 6) != 0);
    if (common && ((length == 9 && strncmp(name, "optimizer", 9) == 0) || (length == 12 && strncmp(name, "memory-limit", 12) == 0)))
        wants = true;
    if (common && strncmp(name, "colo", 4) == 0)
        wants = false;
    if (common && length == 4 && strncmp(name, "help", 4) == 0) {
        fputs(o->usage, stdout);
        return STATUS_GOOD;
    }
    if (common && length == 6 && strncmp(name, "strict", 6) == 0) {
        o->page.strict = true;
        return -1;
    }
    if (wants && !value) {
        if (*at + 1 >= argc)
            return options_usage(o, "option `--%.*s` needs a value", (int)length, name);
        value = argv[++*at];
        if (strncmp(value, "--", 2) == 0)
            return options_usage(o, "option `--%.*s` needs a value, not the option `%s`", (int)length, name, value);
    }
    if (common)
        return common_option(o, name, length, value);
    if (!wants && value)
        return options_usage(o, "option `--%s` takes no value", p->name);
    if (p->value)
        *p->text = value;
    else
        *p->flag = true;
    return -1;
}

static int short_option(options *o, char **argv, int argc, int *at)
{
    const char *text = argv[*at];
    if (text[1] == 'h' && !text[2]) {
        fputs(o->usage, stdout);
        return STATUS_GOOD;
    }
    const option *p = find_option(o, NULL, 0, text[1]);
    if (!p)
        return options_usage(o, "unknown option `-%c`", text[1]);
    if (!p->value) {
        *p->flag = true;
        return text[2] ? options_usage(o, "unknown option `%s`", text) : -1;
    }
    if (!text[2] && *at + 1 >= argc)
        return options_usage(o, "option `-%c` needs a value", text[1]);
    if (!text[2] && strncmp(argv[*at + 1], "--", 2) == 0)
        return options_usage(o, "option `-%c` needs a value, not the option `%s`", text[1], argv[*at + 1]);
    *p->text = text[2] ? text + 2 : argv[++*at];
    return -1;
}

int options_read(options *o, int argc, char **argv)
{
    bool ended = false;
    o->page.colour = isatty(STDERR_FILENO) && !getenv("NO_COLOR");
    o->page.define = xcalloc((size_t)argc + 1, sizeof *o->page.define);
    o->file = xcalloc((size_t)argc + 1, sizeof *o->file);
    for (int i = 1; i < argc; i++) {
        int status = -1;
        if (ended || argv[i][0] != '-' || !argv[i][1])
            o->file[o->file_count++] = argv[i];
        else if (strcmp(argv[i], "--") == 0)
            ended = true;
        else if (argv[i][1] == '-')
            status = long_option(o, argv, argc, &i);
        else
            status = short_option(o, argv, argc, &i);
        if (status >= 0)
            return status;
    }
    return -1;
}

void options_free(options *o)
{
    free(o->page.define);
    free(o->file);
}
