/* deltac: reads pages of mathematics, checks them, derives from them, generates C, trains. */
#include <gmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/tool/commands.h"
#include "gen/tool/page.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *does;
} commands[] = {
    {"check", command_check, "verdict for every claim of the page"},
    {"derive", command_derive, "writes the derivation: δ recursion, gradients, updates"},
    {"emit", command_emit, "generated C: forward pass, gradient, update"},
    {"build", command_build, "a trainer of its own"},
    {"train", command_train, "builds and runs it"},
    {"predict", command_predict, "the page's outputs over data"},
    {"inspect", command_inspect, "what files of weights and data hold"},
    {"eval", command_eval, "any value or derivative of the page over data"},
    {"verify", command_verify, "compares the generated program with the page"},
    {"fmt", command_fmt, "the same page in the house layout"},
    {"report", command_report, "one self-contained page: verdicts, derivation, graph, C"},
    {"lsp", command_lsp, "the editor service"},
    {"convert", command_convert, "a document (.tex, .md, .ipynb) as a page"},
    {"dump", command_dump, "any stage as text"},
};

static void usage(FILE *out)
{
    fputs("usage: deltac COMMAND FILE… [options]\n\n", out);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(out, "  deltac %-8s %s\n", commands[i].name, commands[i].does);
    fputs("\n`deltac COMMAND --help` tells more. Example: deltac check examples/two_layer.delta\n", out);
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
        if (strcmp(commands[i].name, argv[1]) == 0) {
            int status = commands[i].run(argc - 1, argv + 1);
            if (fflush(stdout) != 0) {
                perror("deltac: standard output");
                return STATUS_MACHINE;
            }
            return status;
        }
    fprintf(stderr, "deltac: unknown command `%s`\n", argv[1]);
    usage(stderr);
    return STATUS_USAGE;
}
