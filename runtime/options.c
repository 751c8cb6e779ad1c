/* Options of train and predict: one table, read by getopt_long and by --help. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "report.h"

enum { FOR_TRAIN = 1, FOR_PREDICT = 2, FOR_BOTH = 3 };
enum { TEXT, LIST, COUNT, REAL, SEED, FLAG };

typedef struct {
    const char *name;
    char letter; /* or 0 */
    int commands, kind;
    size_t place; /* of the member in delta_options */
    const char *argument, *help;
} option_row;

#define MEMBER(name) offsetof(delta_options, name)

static const option_row rows[] = {
    {"data", 'd', FOR_BOTH, LIST, MEMBER(data), "[NAME=]FILE",
     "csv, npy, npz or idx, also with gzip; repeat for more files; NAME binds one array or population"},
    {"valid", 0, FOR_TRAIN, LIST, MEMBER(valid), "[NAME=]FILE", "data to measure on after every epoch"},
    {"split", 0, FOR_TRAIN, REAL, MEMBER(split), "SHARE", "keep the last SHARE of the data (0.2: a fifth) for measuring"},
    {"epochs", 'e', FOR_TRAIN, COUNT, MEMBER(epochs), "N", "passes over the data (default 100; without data an epoch is 100 steps)"},
    {"steps", 0, FOR_TRAIN, COUNT, MEMBER(steps), "N", "stop after N training steps"},
    {"batch", 'b', FOR_BOTH, LIST, MEMBER(batch), "B", "samples a step (default 32, or all when there are fewer); POPULATION=B for one population"},
    {"seed", 's', FOR_BOTH, SEED, MEMBER(seed), "S", "of initial values, order of the samples and noise (default 1)"},
    {"time", 0, FOR_TRAIN, REAL, MEMBER(time), "SECONDS", "stop in this time; alone it sets no limit on the epochs"},
    {"set", 0, FOR_BOTH, LIST, MEMBER(set), "NAME=VALUE", "a setting (hyper) of the page, or a size without value"},
    {"schedule", 0, FOR_TRAIN, LIST, MEMBER(schedule), "'NAME: SCHEDULE'",
     "change a setting with the step t: constant(a), step(a, factor, every), exponential(a, rate) = a rate^t, linear(from, to[, n]), cosine(from, to[, n]), "
     "warmup(n, SCHEDULE); n "
     "and every may say `5 epochs`"},
    {"patience", 0, FOR_TRAIN, COUNT, MEMBER(patience), "N", "stop when the best value is N epochs old, and keep the weights that had it"},
    {"best", 0, FOR_TRAIN, TEXT, MEMBER(best), "METRIC:max|min", "keep the weights with the best METRIC or loss (of the validation data if there are any)"},
    {"average", 0, FOR_TRAIN, TEXT, MEMBER(average), "ema(d)|mean(n)",
     "measure and keep averaged weights: decaying, a = d a + (1 - d) w after every step, or the plain mean of those after step n (n may say `5 epochs`)"},
    {"weights", 'w', FOR_BOTH, TEXT, MEMBER(weights), "FILE.npz", "train: write the weights here at the end; predict: read them"},
    {"from", 0, FOR_TRAIN, TEXT, MEMBER(from), "FILE.npz", "begin with these weights, ours or written by numpy"},
    {"checkpoint", 0, FOR_TRAIN, TEXT, MEMBER(checkpoint), "DIR",
     "keep a checkpoint there: after an epoch (at most one a second), at the end and when stopped by a signal"},
    {"checkpoint-every", 0, FOR_TRAIN, COUNT, MEMBER(checkpoint_every), "K", "and after every K steps"},
    {"resume", 0, FOR_TRAIN, FLAG, MEMBER(resume), NULL, "go on from the checkpoint in DIR, if there is one"},
    {"log", 0, FOR_TRAIN, TEXT, MEMBER(log), "FILE.jsonl", "one JSON object for every epoch"},
    {"plot", 0, FOR_TRAIN, LIST, MEMBER(plot), "FILE.svg", "draw loss and metrics, again and again while training; `-` draws them in the terminal at the end"},
    {"every", 0, FOR_TRAIN, COUNT, MEMBER(every), "K", "report, log and measure every K steps instead of every epoch"},
    {"threads", 0, FOR_BOTH, COUNT, MEMBER(threads), "T", "threads to use"},
    {"memory", 0, FOR_TRAIN, FLAG, MEMBER(memory), NULL, "print at the end what parameters, states, work and data take, and the most that was in use"},
    {"ordered", 0, FOR_TRAIN, FLAG, MEMBER(ordered), NULL, "do not shuffle"},
    {"columns", 0, FOR_BOTH, TEXT, MEMBER(columns), "x=1..4,y=5", "columns of a csv file by position or by its names"},
    {"whole", 0, FOR_BOTH, FLAG, MEMBER(whole), NULL, "a file is one sample: its first axis does not count samples"},
    {"scale", 0, FOR_TRAIN, LIST, MEMBER(scale), "NAME=FACTOR", "multiply data on reading (x=1/255); kept with the weights"},
    {"normalize", 0, FOR_TRAIN, LIST, MEMBER(normalize), "NAME", "bring every entry to mean 0, deviation 1 over the training data; kept with the weights"},
    {"output", 'o', FOR_PREDICT, TEXT, MEMBER(output), "FILE", ".csv, .npy (one output) or .npz; csv on standard output without it"},
    {"mean", 0, FOR_PREDICT, FLAG, MEMBER(mean), NULL, "the means over all samples"},
    {"need", 0, FOR_PREDICT, TEXT, MEMBER(need), "A,B", "these data must be given, others need not (default: all inputs)"},
    {"quiet", 'q', FOR_BOTH, FLAG, MEMBER(quiet), NULL, "no progress and no notices"},
};

enum { ROW_COUNT = sizeof rows / sizeof *rows, HELP = ROW_COUNT + 256, VERSION };

/* Breaks text at blanks so that it fits behind a margin. */
static void print_wrapped(const char *text, int margin, int width)
{
    int column = margin;
    while (*text) {
        int word = (int)strcspn(text, " ");
        if (column + word > width && column > margin) {
            printf("\n%*s", margin, "");
            column = margin;
        }
        printf("%.*s", word, text);
        column += word;
        text += word;
        while (*text == ' ') {
            putchar(' ');
            column++;
            text++;
        }
    }
    putchar('\n');
}

static void print_help(const delta_model *model, delta_command command)
{
    char text[400];
    const char *name = model->name;
    if (command == DELTA_TRAIN)
        printf("Usage: %s [train] --data FILE… [OPTION]…\n       %s predict --weights FILE.npz --data FILE… [OPTION]…\n\nTrains the model of %s.\n\n", name,
               name, model->page);
    else
        printf("Usage: %s predict --weights FILE.npz --data FILE… [-o FILE] [OPTION]…\n\nWrites the outputs of %s over data.\n\n", name, model->page);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (!(rows[i].commands & (command == DELTA_TRAIN ? FOR_TRAIN : FOR_PREDICT)))
            continue;
        int used = rows[i].letter ? printf("  -%c, ", rows[i].letter) : printf("      ");
        used += printf("--%s%s%s", rows[i].name, rows[i].argument ? " " : "", rows[i].argument ? rows[i].argument : "");
        printf("%*s", used < 34 ? 34 - used : 2, "");
        print_wrapped(rows[i].help, 34, 110);
    }
    printf("  -h, --help                      this text\n\nData: %s. ",
           *delta_names_list(model, 1u << DELTA_INPUT | 1u << DELTA_TARGET | 1u << DELTA_GIVEN, text, sizeof text) ? text : "none (noise alone)");
    printf("Settings: %s.\n\nExample:\n", *delta_names_list(model, 1u << DELTA_HYPER, text, sizeof text) ? text : "none");
    if (command == DELTA_TRAIN)
        printf("  %s --data train.csv --split 0.2 --epochs 20 --weights out.npz --log run.jsonl\n\n", name);
    else
        printf("  %s predict --weights out.npz --data test.csv -o outputs.csv\n\n", name);
    printf("Exit status: 0 done; 3 unusable input or a loss that is not finite; 4 the machine failed; 64 usage; 75 stopped by SIGTERM or SIGUSR1 with a "
           "checkpoint;\n"
           "130 stopped by Ctrl-C with a checkpoint.\n");
}

static int number_failed(const option_row *row, const char *text, const char *what)
{
    return delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--%s %s: %s", row->name, text, what);
}

static int read_count(const option_row *row, const char *text, int64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoll(text, &end, 10);
    if (*text && *end == 0 && !errno && *value > 0 && *value < INT64_MAX / 4096)
        return 0;
    return number_failed(row, text, "a whole number above 0 is expected");
}

static int read_seed(const option_row *row, const char *text, uint64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && *end == 0 && !errno)
        return 0;
    return number_failed(row, text, "a whole number from 0 to 18446744073709551615 is expected");
}

static void list_add(delta_pool *pool, delta_list *list, const char *text)
{
    list->items = delta_pool_resize(pool, list->items, (size_t)(list->count + 1) * sizeof *list->items);
    list->items[list->count++] = text;
}

/* A name after which an option stands has been forgotten: `--weights --quiet` would write a file called --quiet. */
static int option_swallowed(const option_row *row, const char *text, const char *argument)
{
    if (row->kind == FLAG || text != argument || strncmp(text, "--", 2))
        return 0;
    int status = delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--%s needs %s, not the option %s", row->name, row->argument, text);
    delta_hint("--%s=%s if that is what is meant", row->name, text);
    return status;
}

static int option_store(delta_pool *pool, const option_row *row, const char *text, delta_options *options)
{
    void *place = (char *)options + row->place;
    switch (row->kind) {
    case TEXT: *(const char **)place = text; return 0;
    case LIST: list_add(pool, place, text); return 0;
    case COUNT: return read_count(row, text, place);
    case SEED: return read_seed(row, text, place);
    case FLAG: *(int *)place = 1; return 0;
    default:
        if (delta_number_read(text, place) && *(double *)place > 0)
            return 0;
        return number_failed(row, text, "a number above 0 is expected");
    }
}

/* --plot run.png would be a drawing that no program shows. */
static int plots_fail(const delta_list *plots)
{
    for (int i = 0; i < plots->count; i++) {
        const char *slash = strrchr(plots->items[i], '/'), *name = slash ? slash + 1 : plots->items[i], *dot = strrchr(name, '.');
        if (dot && dot > name && strcmp(dot, ".svg"))
            return delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--plot %s: curves are drawn as SVG, into a file such as %.*s.svg", plots->items[i],
                              (int)(dot - plots->items[i]), plots->items[i]);
    }
    return 0;
}

static int options_consistent(const delta_options *options)
{
    const char *wrong = NULL;
    if (options->split >= 1)
        wrong = "--split must be between 0 and 1";
    else if (options->split > 0 && options->valid.count)
        wrong = "--split and --valid exclude each other";
    else if (options->resume && !options->checkpoint)
        wrong = "--resume needs --checkpoint DIR";
    else if (options->checkpoint_every && !options->checkpoint)
        wrong = "--checkpoint-every needs --checkpoint DIR";
    else if (options->command == DELTA_PREDICT && !options->weights)
        wrong = "predict needs --weights FILE.npz";
    return wrong ? delta_fail(DELTA_EXIT_USAGE, NULL, 0, "%s", wrong) : plots_fail(&options->plot);
}

/* Fills getopt's tables with the options of this command. */
static void options_table(delta_command command, struct option *longs, char *shorts)
{
    int count = 0;
    for (int i = 0; i < ROW_COUNT; i++) {
        if (!(rows[i].commands & (command == DELTA_TRAIN ? FOR_TRAIN : FOR_PREDICT)))
            continue;
        longs[count++] = (struct option){rows[i].name, rows[i].kind == FLAG ? no_argument : required_argument, NULL, 256 + i};
        if (rows[i].letter) {
            *shorts++ = rows[i].letter;
            if (rows[i].kind != FLAG)
                *shorts++ = ':';
        }
    }
    longs[count] = (struct option){"help", no_argument, NULL, HELP};
    *shorts++ = 'h';
    *shorts = 0;
}

static int row_of(int code)
{
    if (code >= 256)
        return code - 256;
    for (int i = 0; i < ROW_COUNT; i++)
        if (rows[i].letter == code)
            return i;
    return -1;
}

static int command_read(int *argc, char ***argv, delta_options *options)
{
    static const char *const names[] = {[DELTA_TRAIN] = "train", [DELTA_PREDICT] = "predict"};
    options->command = DELTA_TRAIN;
    if (*argc < 2 || (*argv)[1][0] == '-')
        return 0;
    for (int c = 0; c < 2; c++)
        if (!strcmp((*argv)[1], names[c])) {
            options->command = (delta_command)c;
            (*argc)--;
            (*argv)++;
            return 0;
        }
    int status = delta_fail(DELTA_EXIT_USAGE, NULL, 0, "'%s' is no command", (*argv)[1]);
    delta_hint("train and predict are; data files are given with --data");
    return status;
}

int delta_options_read(delta_pool *pool, const delta_model *model, int argc, char **argv, delta_options *options)
{
    struct option longs[ROW_COUNT + 2] = {{0}};
    char shorts[2 * ROW_COUNT + 4];
    *options = (delta_options){.seed = 1};
    int status = command_read(&argc, &argv, options), code;
    if (status)
        return status;
    options_table(options->command, longs, shorts);
    optind = 0; /* delta_main may be called again */
    while (!status && (code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (code == 'h' || code == HELP) {
            print_help(model, options->command);
            options->finished = 1;
            return 0;
        }
        int row = row_of(code);
        if (code == '?' || row < 0) {
            delta_hint("--help lists the options");
            return DELTA_EXIT_USAGE;
        }
        status = option_swallowed(&rows[row], optarg, argv[optind - 1]);
        if (!status)
            status = option_store(pool, &rows[row], optarg, options);
    }
    if (!status && optind < argc) {
        status = delta_fail(DELTA_EXIT_USAGE, NULL, 0, "'%s' is no option", argv[optind]);
        delta_hint("data files are given with --data %s", argv[optind]);
    }
    return status ? status : options_consistent(options);
}
