/* deltac: reads pages of mathematics, checks them, derives from them, generates C, trains.
 *
 * Two programs are made of this file. `deltac-prover` has all commands. `deltac` has those that decide no claim, and starts the other one for the rest: the
 * libraries of the prover take as long to load as a page of ten layers to become C. */
#include <errno.h>
#include <gmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen/tool/commands.h"
#include "gen/tool/page.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv); /* NULL: the other program */
    const char *does;
} commands[] = {
#define COMMAND(name, does) {#name, command_##name, does},
#ifdef DELTAC_PROVER
#define PROVING(name, does) {#name, command_##name, does},
#else
#define PROVING(name, does) {#name, NULL, does},
#endif
#include "gen/commands.def"
#undef COMMAND
#undef PROVING
};

static void usage(FILE *out)
{
    fputs("usage: deltac COMMAND FILE… [options]\n\n", out);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(out, "  deltac %-8s %s\n", commands[i].name, commands[i].does);
    fputs("\n`deltac COMMAND --help` tells more. Example: deltac check examples/two_layer.delta\n", out);
}

/* The other program lies beside this one in the build directory, and in ../lib/deltac when installed. Returns only if it cannot be started. */
static int start_prover(char **argv)
{
    static const char *const place[] = {"deltac-prover", "../lib/deltac/deltac-prover"};
    char self[4096], path[sizeof self + 64];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = 0;
    char *slash = strrchr(self, '/');
    if (slash)
        slash[1] = 0;
    for (size_t i = 0; i < sizeof place / sizeof *place; i++) {
        snprintf(path, sizeof path, "%s%s", self, place[i]);
        execv(path, argv);
    }
    fprintf(stderr, "deltac: cannot start deltac-prover beside the program or in ../lib/deltac: %s\n", strerror(errno));
    return STATUS_MACHINE;
}

static int run(int (*command)(int argc, char **argv), int argc, char **argv)
{
    int status = command ? command(argc - 1, argv + 1) : start_prover(argv);
    if (fflush(stdout) != 0) {
        perror("deltac: standard output");
        return STATUS_MACHINE;
    }
    return status;
}

static int unknown_command(const char *word)
{
    fprintf(stderr, "deltac: unknown command `%s`\n", word);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (diag_distance(word, commands[i].name) < (strlen(word) > 4 ? 3 : 2)) {
            fprintf(stderr, "hint: did you mean `deltac %s`?\n", commands[i].name);
            return STATUS_USAGE;
        }
    usage(stderr);
    return STATUS_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return STATUS_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return STATUS_GOOD;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("deltac " DELTAC_VERSION);
        return STATUS_GOOD;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, argv[1]) == 0)
            return run(commands[i].run, argc, argv);
    return unknown_command(argv[1]);
}
