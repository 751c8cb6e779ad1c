/* The training loop. Between two steps everything is in delta_position and the arrays, so that is where it may be stopped. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint.h"
#include "names.h"
#include "progress.h"
#include "report.h"
#include "run.h"

static volatile sig_atomic_t signal_received;

static void signal_note(int number)
{
    signal_received = number;
}

/* Signals end the run after a checkpoint; without --checkpoint they do what they always do. */
static void signals_take(const delta_run *run)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGUSR1};
    struct sigaction action = {.sa_handler = signal_note};
    signal_received = 0;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < 3 && run->options->checkpoint; i++)
        sigaction(numbers[i], &action, NULL);
}

/* --best METRIC:max|min, or what --patience watches: the loss, of the validation data if there are any. */
static int best_prepare(delta_run *run)
{
    const char *text = run->options->best;
    run->best_metric = -1;
    run->best_valid = run->has_valid;
    run->keeps_best = text || run->options->patience;
    if (!text && !run->options->patience)
        return 0;
    if (text) {
        size_t length = strcspn(text, ":");
        char name[256];
        snprintf(name, sizeof name, "%.*s", (int)length, text);
        run->best_maximum = !strcmp(text + length, ":max");
        if (!run->best_maximum && strcmp(text + length, ":min"))
            return delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--best %s: METRIC:max or METRIC:min is expected", text);
        run->best_metric = delta_metric_named(run->model, !strncmp(name, "valid_", 6) ? name + 6 : name);
        if (run->best_metric < 0 && strcmp(name, "loss") && strcmp(name, "valid_loss"))
            return delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--best %s: the page has no metric named %s", text, name);
    }
    if (run->best_metric < 0 && !run->model->has_cost)
        return delta_fail(DELTA_EXIT_USAGE, NULL, 0, "the page has no objective, so there is no loss to watch: say --best METRIC:max|min");
    return 0;
}

static void memory_prepare(delta_run *run)
{
    size_t metrics = (size_t)run->model->metric_count;
    run->position.sums = delta_pool_get(run->pool, (size_t)run->model->sum_count + 1, sizeof(double));
    run->means = delta_pool_get(run->pool, (size_t)run->model->sum_count + 1, sizeof(double));
    run->metrics = delta_pool_get(run->pool, metrics, sizeof(double));
    run->valid_metrics = delta_pool_get(run->pool, metrics, sizeof(double));
    for (int i = 0; i < run->model->array_count; i++)
        if (delta_array_kept(&run->model->arrays[i]))
            run->kept_bytes += run->instance.places[i].count * run->instance.places[i].size;
    if (run->keeps_best)
        run->best_arrays = delta_pool_get(run->pool, run->kept_bytes, 1);
}

static void schedules_apply(delta_run *run)
{
    for (int i = 0; i < run->options->schedule.count; i++) {
        const delta_schedule *schedule = &run->schedules[i];
        delta_entry_set(&run->model->arrays[schedule->array], &run->instance.places[schedule->array], 0, delta_schedule_value(schedule, run->position.step));
    }
}

/* The settings that may have caused it. */
static void hint_settings(const delta_run *run)
{
    char text[300];
    size_t used = 0;
    for (int i = 0; i < run->model->array_count && used < sizeof text; i++)
        if (run->model->arrays[i].role == DELTA_HYPER && run->model->arrays[i].rank == 0)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s = %.6g", used ? ", " : "", run->model->arrays[i].spelling,
                                     delta_entry_get(&run->model->arrays[i], &run->instance.places[i], 0));
    if (used)
        delta_hint("the settings were %s; a smaller learning rate, or data scaled with --normalize, often helps", text);
}

static int step_failed(const delta_run *run, int code)
{
    const delta_model *model = run->model;
    char text[400] = "";
    long long step = (long long)run->position.step + 1, epoch = (long long)(run->position.step / run->epoch_steps) + 1;
    int status;
    if (model->where && (code == DELTA_E_NONFINITE || code == DELTA_E_INDEX))
        model->where(run->instance.work, text, sizeof text);
    if (code == DELTA_E_NONFINITE) {
        status = delta_fail(DELTA_EXIT_UNUSABLE, model->page, 0, "training diverged in epoch %lld, step %lld%s%s", epoch, step, *text ? ": " : "", text);
        hint_settings(run);
    } else if (code == DELTA_E_INDEX) {
        status = delta_fail(DELTA_EXIT_UNUSABLE, model->page, 0, "a number from the data is used as an index outside its axis, in epoch %lld, step %lld%s%s",
                            epoch, step, *text ? ": " : "", text);
    } else {
        status = delta_fail(DELTA_EXIT_UNUSABLE, model->page, 0, "the training step failed with code %d in epoch %lld, step %lld", code, epoch, step);
    }
    return status;
}

/* Means over the validation data; a value that is not finite is reported as it is. */
static int valid_measure(delta_run *run, delta_report *report)
{
    const delta_model *model = run->model;
    int64_t batches = delta_feeder_batches(&run->valid_feeder, 0), samples = 0, count = 0;
    for (int p = 1; p < model->population_count && !run->valid.rows[0]; p++)
        if (delta_feeder_batches(&run->valid_feeder, p) > batches)
            batches = delta_feeder_batches(&run->valid_feeder, p);
    memset(run->means, 0, (size_t)model->sum_count * sizeof *run->means);
    for (int64_t b = 0; b < batches; b++) {
        int status = delta_feed_plain(&run->valid_feeder, b, &count);
        if (status)
            return status;
        int code = model->measure(run->instance.params, run->instance.state, run->instance.in, run->means, run->instance.work);
        if (code && code != DELTA_E_NONFINITE)
            return step_failed(run, code);
        samples += count;
    }
    for (int i = 0; i < model->sum_count; i++)
        run->means[i] /= (double)samples;
    if (model->metric_count)
        model->metric_values(run->means, run->valid_metrics);
    report->valid_loss = model->has_cost ? run->means[0] : NAN;
    report->valid_metrics = run->valid_metrics;
    return 0;
}

static int best_update(delta_run *run, const delta_report *report)
{
    delta_position *at = &run->position;
    if (!run->keeps_best)
        return 0;
    double value = run->best_metric < 0 ? (run->best_valid ? report->valid_loss : report->loss)
                                        : (run->best_valid ? report->valid_metrics : report->metrics)[run->best_metric];
    int better = isfinite(value) && (!at->has_best || (run->best_maximum ? value > at->best : value < at->best));
    if (!better) {
        at->waiting++;
        return run->options->patience && at->waiting >= run->options->patience;
    }
    at->best = value;
    at->has_best = 1;
    at->waiting = 0;
    delta_run_save(run, run->best_arrays);
    return 0;
}

/* Log and progress for the steps since the last report. *enough: patience is at its end. */
static int report_make(delta_run *run, int *enough)
{
    const delta_model *model = run->model;
    delta_position *at = &run->position;
    delta_report report = {.epoch = (double)at->step / (double)run->epoch_steps, .loss = NAN, .valid_loss = NAN, .metrics = run->metrics};
    at->seconds = delta_clock() - run->started;
    double seconds = at->seconds - at->report_seconds;
    report.samples_per_second = (double)at->samples / (seconds > 1e-9 ? seconds : 1e-9);
    for (int i = 0; i < model->sum_count; i++)
        run->means[i] = at->sums[i] / (double)at->samples;
    if (model->metric_count)
        model->metric_values(run->means, run->metrics);
    if (model->has_cost)
        report.loss = run->means[0];
    int status = run->has_valid ? valid_measure(run, &report) : 0;
    if (status)
        return status;
    at->reports++;
    *enough = best_update(run, &report);
    at->seconds = delta_clock() - run->started;
    at->report_seconds = at->seconds;
    status = delta_log_write(run, &report);
    delta_progress_report(run, &report);
    at->samples = 0;
    memset(at->sums, 0, (size_t)model->sum_count * sizeof *at->sums);
    return status;
}

/* The clock is looked at about every 20 ms, whatever a step costs. */
typedef struct {
    int64_t next, gap;
    double last, drawn, checkpoint;
    int64_t drawn_step;
} loop_watch;

static int watch_look(delta_run *run, loop_watch *watch)
{
    double now = delta_clock();
    if (now - watch->last < 0.01 && watch->gap < INT64_C(1) << 30)
        watch->gap *= 2;
    else if (now - watch->last > 0.04 && watch->gap > 1)
        watch->gap /= 2;
    watch->last = now;
    watch->next = run->position.step + watch->gap;
    if (now - watch->drawn > 0.2) {
        delta_progress_redraw(run, (double)(run->position.step - watch->drawn_step) / (now - watch->drawn));
        watch->drawn = now;
        watch->drawn_step = run->position.step;
    }
    return run->options->time > 0 && now - run->started >= run->options->time;
}

static int train_step(delta_run *run)
{
    delta_position *at = &run->position;
    int64_t count = 0;
    int status = delta_feed_step(&run->feeder, at->step, &count);
    if (status)
        return status;
    schedules_apply(run);
    int code = run->model->step(run->instance.params, run->instance.state, run->instance.in, at->sums, run->instance.work);
    if (!code && run->model->has_cost && !isfinite(at->sums[0]))
        code = DELTA_E_NONFINITE;
    if (code)
        return step_failed(run, code);
    at->step++;
    at->samples += count;
    return 0;
}

/* After a report: a checkpoint, but not more than one a second; each costs a wait for the disk. */
static int checkpoint_sometimes(delta_run *run, loop_watch *watch)
{
    double now = delta_clock();
    if (!run->options->checkpoint || now - watch->checkpoint < 1)
        return 0;
    watch->checkpoint = now;
    return delta_checkpoint_write(run);
}

static int signal_stop(delta_run *run)
{
    int number = (int)signal_received;
    run->position.seconds = delta_clock() - run->started;
    int status = delta_checkpoint_write(run);
    if (status)
        return status;
    if (!run->options->quiet)
        delta_notice("stopped by %s at step %lld; --resume goes on from here",
                     number == SIGINT    ? "Ctrl-C"
                     : number == SIGTERM ? "SIGTERM"
                                         : "SIGUSR1",
                     (long long)run->position.step);
    return number == SIGINT ? DELTA_EXIT_INTERRUPTED : DELTA_EXIT_AGAIN;
}

/* Runs to the end. *timed: stopped by --time before the last step. */
static int train_loop(delta_run *run, int *timed)
{
    delta_position *at = &run->position;
    loop_watch watch = {.next = at->step, .gap = 1, .last = delta_clock(), .drawn_step = at->step};
    watch.drawn = watch.checkpoint = watch.last;
    int enough = at->finished, status = 0;
    while (!enough && !*timed && (!run->total_steps || at->step < run->total_steps)) {
        if (signal_received)
            return signal_stop(run);
        if (at->step >= watch.next && watch_look(run, &watch)) {
            *timed = 1;
            break;
        }
        status = train_step(run);
        if (status)
            return status;
        int report = at->step % run->report_steps == 0;
        if (report)
            status = report_make(run, &enough);
        if (!status && run->options->checkpoint_every && at->step % run->options->checkpoint_every == 0)
            status = delta_checkpoint_write(run);
        else if (!status && report)
            status = checkpoint_sometimes(run, &watch);
        if (status)
            return status;
    }
    at->finished = enough;
    at->seconds = delta_clock() - run->started;
    return 0;
}

/* A place where weights cannot be written is better known before the training than after it. */
static int weights_writable(delta_run *run)
{
    delta_output output;
    if (!run->options->weights)
        return 0;
    delta_output_prepare(run->pool, &output, run->options->weights);
    int status = output.temporary ? delta_output_open(&output) : 0;
    if (!status)
        delta_output_abandon(&output);
    return status;
}

static int train_prepare(delta_run *run)
{
    if (!run->model->trains) {
        int status = delta_fail(DELTA_EXIT_UNUSABLE, run->model->page, 0, "the page says nothing about training");
        delta_hint("write updates (w ← w − η ∂C/∂w) or `minimize C` with `optimize with adam`");
        return status;
    }
    int status = best_prepare(run);
    if (status)
        return status;
    memory_prepare(run);
    status = weights_writable(run);
    if (!status)
        status = delta_checkpoint_prepare(run);
    if (!status)
        status = delta_checkpoint_read(run);
    if (!status)
        status = delta_log_open(run);
    run->started = delta_clock() - run->position.seconds;
    return status;
}

int delta_train(delta_run *run)
{
    int timed = 0;
    signals_take(run);
    int status = train_prepare(run), enough = 0;
    if (!status)
        status = train_loop(run, &timed);
    if (!status && run->options->checkpoint)
        status = delta_checkpoint_write(run);
    if (!status && run->position.samples > 0) /* a last, shorter report; not in the checkpoint, so that a longer run goes on as if it had never ended */
        status = report_make(run, &enough);
    if (!status) {
        if (run->position.has_best && run->best_arrays)
            delta_run_restore(run, run->best_arrays);
        delta_progress_finish(run);
        if (run->options->weights)
            status = delta_weights_write(run->pool, &run->instance, run->transforms, run->options->weights);
    }
    delta_log_close(run);
    return status;
}
