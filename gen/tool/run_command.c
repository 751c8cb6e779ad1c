/* build, train, predict: the page's own program. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen/tool/commands.h"
#include "gen/tool/compile.h"
#include "gen/tool/options.h"
#include "runtime/delta.h"

static const char build_usage[] = "usage: deltac build FILE -o PROGRAM [options]\n"
                                  "\n"
                                  "Compiles the page to a trainer of its own that needs deltac no more. `PROGRAM --help` tells its options.\n"
                                  "\n"
                                  "  -o, --output PROGRAM  where to write it\n"
                                  "  --real double|float   arithmetic of the program (double)\n"
                                  "  --portable            for all CPUs of this kind, not only this one\n"
                                  "  --shared              a shared object instead, for programs that load it: NAME.h and delta.h tell its functions\n"
                                  "  --define 'f(u) = …'   a body for an abstract function of the page; repeatable\n"
                                  "  --optimizer 'adam(η = 1e-3)'  in place of the page's `optimize with`\n"
                                  "  --memory-limit SIZE   bytes of work memory at most for steps of 32 samples: 64M, 2G; where that is too little, recurrences\n"
                                  "                        run in segments and the gradient computes each segment again\n"
                                  "\n"
                                  "The C compiler is $CC, else cc.\n"
                                  "Example: deltac build examples/one_layer.delta -o one_layer\n";

static bool real_is_single(const char *real, bool *single)
{
    *single = real && strcmp(real, "float") == 0;
    return !real || *single || strcmp(real, "double") == 0;
}

int command_build(int argc, char **argv)
{
    const char *output = NULL, *real = NULL;
    compile_options c = {0};
    option list[] = {{"output", 'o', true, &output, NULL}, {"real", 0, true, &real, NULL}, {"portable", 0, false, NULL, &c.portable}, {"shared", 0, false, NULL, &c.shared}, {0}};
    options o = {.command = "build", .usage = build_usage, .list = list};
    int status = options_read(&o, argc, argv);
    if (status < 0 && (o.file_count != 1 || !output))
        status = options_usage(&o, o.file_count != 1 ? "one file is needed" : "-o PROGRAM is needed");
    if (status < 0 && !real_is_single(real, &c.single))
        status = options_usage(&o, "--real is double or float");
    if (status < 0) {
        page p;
        o.page.run = true;
        status = page_open(&p, o.file[0], &o.page);
        if (!status)
            status = compile_program(&p, &c, &o.page, output);
        page_close(&p);
    }
    options_free(&o);
    return status;
}

/* Options that deltac itself takes; everything else goes to the trainer. */
typedef struct {
    options o;
    const char *real;
    compile_options c;
    char **rest;
    int rest_count;
} split;

static bool own_option(const char *argument, bool *value)
{
    static const struct {
        const char *name;
        bool value;
    } own[] = {{"--define", true}, {"--optimizer", true}, {"--memory-limit", true}, {"--real", true}, {"--portable", false}, {"--color", false}, {"--strict", false}};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        size_t n = strlen(own[i].name);
        if (strncmp(argument, own[i].name, n) == 0 && (argument[n] == 0 || argument[n] == '=')) {
            *value = own[i].value && argument[n] == 0;
            return true;
        }
    }
    return false;
}

/* The page is the first argument called PAGE.delta, wherever it stands; else the first that is no option and not the value of one of deltac's own, which must stand
 * before the trainer's options: what values these have is not known here. */
static int page_argument(int argc, char **argv)
{
    int first = 0;
    for (int i = 1; i < argc; i++) {
        bool value = false;
        size_t length = strlen(argv[i]);
        if (own_option(argv[i], &value))
            i += value;
        else if (argv[i][0] != '-' && length > 6 && strcmp(argv[i] + length - 6, ".delta") == 0)
            return i;
        else if (!first && argv[i][0] != '-')
            first = i;
    }
    return first;
}

static void split_arguments(int argc, char **argv, char **own, int *own_count, char **rest, int *rest_count)
{
    int file = page_argument(argc, argv);
    own[(*own_count)++] = argv[0];
    for (int i = 1; i < argc; i++) {
        bool value = false;
        if (own_option(argv[i], &value)) {
            own[(*own_count)++] = argv[i];
            if (value && i + 1 < argc)
                own[(*own_count)++] = argv[++i];
        } else if (i == file) {
            own[(*own_count)++] = argv[i];
        } else {
            rest[(*rest_count)++] = argv[i];
        }
    }
}

/* --batch B among the trainer's options, which a limit of memory counts; 0: not told. */
static long batch_of(int count, char **rest)
{
    long batch = 0;
    for (int i = 1; i < count; i++)
        if (strncmp(rest[i], "--batch=", 8) == 0)
            batch = strtol(rest[i] + 8, NULL, 10);
        else if ((strcmp(rest[i], "--batch") == 0 || strcmp(rest[i], "-b") == 0) && i + 1 < count)
            batch = strtol(rest[i + 1], NULL, 10);
    return batch > 0 ? batch : 0;
}

static const char run_usage[] = "usage: deltac %s FILE [options]\n"
                                "\n"
                                "%s\n"
                                "The page is compiled first, and kept in a cache by content.\n"
                                "\n"
                                "  --real double|float   arithmetic of the program (double)\n"
                                "  --portable            for all CPUs of this kind, not only this one\n"
                                "  --define 'f(u) = …'   a body for an abstract function of the page; repeatable\n"
                                "  --optimizer 'adam(η = 1e-3)'  in place of the page's `optimize with`\n"
                                "  --memory-limit SIZE   bytes of work memory at most: 64M, 2G; where that is too little, recurrences run in segments and the\n"
                                "                        gradient computes each segment again\n"
                                "\n"
                                "All other options belong to the page's program: `deltac %s FILE --help` lists them.\n"
                                "Example: %s\n";

static int run_program(const char *command, const char *does, const char *example, int argc, char **argv)
{
    char **own = xcalloc((size_t)argc + 4, sizeof *own), **rest = xcalloc((size_t)argc + 4, sizeof *rest), *program = NULL;
    int own_count = 0, rest_count = 0;
    char *usage = xmalloc(4096);
    snprintf(usage, 4096, run_usage, command, does, command, example);
    rest[rest_count++] = NULL; /* the program */
    char subcommand[16];
    snprintf(subcommand, sizeof subcommand, "%s", command);
    rest[rest_count++] = subcommand;
    split_arguments(argc, argv, own, &own_count, rest, &rest_count);
    const char *real = NULL;
    compile_options c = {0};
    option list[] = {{"real", 0, true, &real, NULL}, {"portable", 0, false, NULL, &c.portable}, {0}};
    options o = {.command = command, .usage = usage, .list = list};
    int status = options_read(&o, own_count, own);
    if (status < 0 && o.file_count == 0 && rest_count == 3 && (strcmp(rest[2], "--help") == 0 || strcmp(rest[2], "-h") == 0)) {
        fputs(usage, stdout);
        status = STATUS_GOOD;
    }
    if (status < 0 && o.file_count != 1)
        status = options_usage(&o, "the page comes first: deltac %s FILE …", command);
    if (status < 0 && !real_is_single(real, &c.single))
        status = options_usage(&o, "--real is double or float");
    page p = {0};
    bool opened = status < 0;
    if (opened) {
        o.page.run = true;
        c.batch = batch_of(rest_count, rest);
        status = page_open(&p, o.file[0], &o.page);
        if (!status)
            status = compile_cached(&p, &c, &o.page, &program);
        if (!status) {
            rest[0] = program;
            fflush(NULL);
            execv(program, rest);
            fprintf(stderr, "deltac: cannot start `%s`: %s\n", program, strerror(errno));
            status = STATUS_MACHINE;
        }
        page_close(&p);
    }
    options_free(&o);
    free(own), free(rest), free(usage);
    return status;
}

int command_train(int argc, char **argv)
{
    return run_program("train", "Trains the page on data.", "deltac train examples/one_layer.delta --data examples/one_layer.csv", argc, argv);
}

int command_predict(int argc, char **argv)
{
    return run_program("predict", "Writes the page's outputs over data.", "deltac predict one_layer.delta --weights w.npz --data new.csv", argc, argv);
}

int command_inspect(int argc, char **argv)
{
    return delta_inspect(argc, argv);
}
