/* Reading and evaluating schedules. */
#include "schedule.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

enum { CONSTANT, STEP, EXPONENTIAL, LINEAR, COSINE, WARMUP };

static const struct {
    const char *name;
    int least, most; /* arguments */
} kinds[] = {[CONSTANT] = {"constant", 1, 1}, [STEP] = {"step", 3, 3},     [EXPONENTIAL] = {"exponential", 2, 2},
             [LINEAR] = {"linear", 2, 3},     [COSINE] = {"cosine", 2, 3}, [WARMUP] = {"warmup", 2, 2}};

typedef struct {
    const char *text, *at;
    int64_t epoch_steps;
} schedule_text;

static int schedule_failed(const schedule_text *in, const char *what)
{
    int status = delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--schedule '%s': %s", in->text, what);
    delta_hint("constant(a), step(a, factor, every), exponential(a, rate), linear(from, to), cosine(from, to), warmup(n, schedule)");
    return status;
}

static void skip_blanks(schedule_text *in)
{
    while (isspace((unsigned char)*in->at))
        in->at++;
}

static int take(schedule_text *in, char sign)
{
    skip_blanks(in);
    return *in->at == sign ? (in->at++, 1) : 0;
}

static int take_word(schedule_text *in, const char *word)
{
    size_t length = strlen(word);
    skip_blanks(in);
    if (strncmp(in->at, word, length) || isalpha((unsigned char)in->at[length]))
        return 0;
    in->at += length;
    return 1;
}

/* 0.1, 1/10, 5 epochs */
static int take_number(schedule_text *in, double *value)
{
    char *end;
    *value = strtod(in->at, &end);
    if (end == in->at)
        return 0;
    in->at = end;
    if (take(in, '/')) {
        double divisor = strtod(in->at, &end);
        if (end == in->at || divisor == 0)
            return 0;
        *value /= divisor;
        in->at = end;
    }
    if (take_word(in, "epochs") || take_word(in, "epoch"))
        *value *= (double)in->epoch_steps;
    else if (!take_word(in, "steps"))
        take_word(in, "step");
    return isfinite(*value);
}

int delta_schedule_number(const char *text, int64_t epoch_steps, double *value, const char **end)
{
    schedule_text in = {text, text, epoch_steps};
    int good = take_number(&in, value);
    skip_blanks(&in);
    *end = in.at;
    return good;
}

static int take_kind(schedule_text *in)
{
    for (int k = 0; k < (int)(sizeof kinds / sizeof *kinds); k++)
        if (take_word(in, kinds[k].name))
            return k;
    return -1;
}

static int schedule_arguments(schedule_text *in, delta_schedule *schedule)
{
    double values[3] = {0, 0, 0};
    int count = 0;
    do {
        if (count == 3 || !take_number(in, &values[count++]))
            return schedule_failed(in, "a number is expected, and not too many");
    } while (take(in, ','));
    if (!take(in, ')'))
        return schedule_failed(in, "')' is missing");
    if (count < kinds[schedule->kind].least || count > kinds[schedule->kind].most)
        return schedule_failed(in, "the number of arguments is wrong");
    schedule->first = values[0];
    schedule->second = values[1];
    schedule->every = values[2];
    return 0;
}

int delta_schedule_read(const char *text, int64_t total, int64_t epoch_steps, delta_schedule *schedule)
{
    schedule_text in = {text, text, epoch_steps};
    int closing = 0;
    schedule->warmup = 0;
    schedule->kind = take_kind(&in);
    if (schedule->kind == WARMUP) {
        if (!take(&in, '(') || !take_number(&in, &schedule->warmup) || schedule->warmup < 0 || !take(&in, ','))
            return schedule_failed(&in, "warmup needs a number of steps and a schedule");
        schedule->warmup = ceil(schedule->warmup);
        schedule->kind = take_kind(&in);
        closing = 1;
    }
    if (schedule->kind < 0 || schedule->kind == WARMUP || !take(&in, '('))
        return schedule_failed(&in, "this is no schedule");
    int status = schedule_arguments(&in, schedule);
    if (status)
        return status;
    skip_blanks(&in);
    if ((closing && !take(&in, ')')) || (skip_blanks(&in), *in.at))
        return schedule_failed(&in, "there is something wrong at its end");
    if ((schedule->kind == COSINE || schedule->kind == LINEAR) && schedule->every == 0) {
        schedule->every = (double)total - schedule->warmup;
        if (total == 0)
            return schedule_failed(&in, "the length of the run is not known: say --epochs or --steps, or how many steps: cosine(from, to, 1000)");
        if (schedule->every <= 0)
            return schedule_failed(&in, "the warm-up is as long as the run");
    }
    if (schedule->kind == STEP && schedule->every < 1)
        return schedule_failed(&in, "`every` must be at least 1");
    return 0;
}

static double schedule_after_warmup(const delta_schedule *schedule, double t)
{
    const double pi = 3.14159265358979323846;
    switch (schedule->kind) {
    case STEP: return schedule->first * pow(schedule->second, floor(t / schedule->every));
    case EXPONENTIAL: return schedule->first * pow(schedule->second, t);
    case LINEAR: return t >= schedule->every ? schedule->second : schedule->first + (schedule->second - schedule->first) * t / schedule->every;
    case COSINE:
        if (t >= schedule->every)
            return schedule->second;
        return schedule->second + (schedule->first - schedule->second) * (1 + cos(pi * t / schedule->every)) / 2;
    default: return schedule->first;
    }
}

double delta_schedule_value(const delta_schedule *schedule, int64_t step)
{
    double t = (double)step;
    if (t < schedule->warmup)
        return schedule->first * (t + 1) / schedule->warmup;
    return schedule_after_warmup(schedule, t - schedule->warmup);
}
