/* Reports: means since the last one, measurements on the validation data, the best weights. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "phase.h"
#include "plot.h"
#include "progress.h"
#include "report.h"
#include "run.h"

static int best_unknown(const delta_model *model, const char *text, const char *name)
{
    char list[300] = "";
    size_t used = 0;
    for (int i = 0; i < model->metric_count && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, ", %s", model->metrics[i]);
    int status = delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--best %s: the page has no metric named %s", text, name);
    delta_hint("it has %s%s", model->has_cost ? "loss" : "none", model->has_cost ? list : *list ? list + 1 : "");
    return status;
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
        if (!run->best_maximum && strcmp(text + length, ":min")) {
            int status = delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--best %s: METRIC:max or METRIC:min is expected", text);
            delta_hint("--best loss:min keeps the weights with the least loss");
            return status;
        }
        run->best_metric = delta_metric_named(run->model, !strncmp(name, "valid_", 6) ? name + 6 : name);
        if (run->best_metric < 0 && strcmp(name, "loss") && strcmp(name, "valid_loss"))
            return best_unknown(run->model, text, name);
        if (!strncmp(name, "valid_", 6) && !run->has_valid)
            return delta_fail(DELTA_EXIT_USAGE, NULL, 0, "--best %s needs validation data: --valid FILE or --split SHARE", text);
    }
    if (run->best_metric < 0 && !run->model->has_cost)
        return delta_fail(DELTA_EXIT_USAGE, NULL, 0, "the page has no objective, so there is no loss to watch: say --best METRIC:max|min");
    if (!run->best_valid) {
        delta_feeder_make(run->pool, &run->best_feeder, &run->instance, &run->data, run->batch, run->options->seed, 0);
        run->best_feeder.late = run->feeder.late;
    }
    return 0;
}

static void plots_prepare(delta_run *run)
{
    const delta_list *list = &run->options->plot;
    for (int i = 0; i < list->count; i++)
        if (!strcmp(list->items[i], "-"))
            run->plots_terminal = 1;
        else {
            run->plots = 1;
            delta_output_prepare(run->pool, &run->plot, list->items[i]);
        }
    delta_history_prepare(run->pool, run->model, &run->history);
    run->point = delta_pool_get(run->pool, run->history.width, sizeof *run->point);
}

double delta_run_epochs(const delta_run *run)
{
    const delta_position *at = &run->position;
    return (double)(at->step - at->passes) / (double)run->epoch_steps + (double)at->passes;
}

int delta_measure_plot(delta_run *run)
{
    return run->plots ? delta_plot_svg(run->model, &run->history, &run->plot) : 0;
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

int delta_measure_prepare(delta_run *run)
{
    int status = best_prepare(run);
    if (status)
        return status;
    memory_prepare(run);
    plots_prepare(run);
    status = delta_measure_plot(run); /* a wrong path is known before the training */
    return status ? status : delta_average_prepare(run->pool, &run->instance, run->options->average, run->epoch_steps, &run->average);
}

/* Means over a data set, into run->means and run->valid_metrics; a value that is not finite is reported as it is. */
static int measure_over(delta_run *run, delta_feeder *feeder)
{
    const delta_model *model = run->model;
    int64_t batches = delta_feeder_batches(feeder, 0), samples = 0, count = 0;
    for (int p = 1; p < model->population_count && !feeder->set->rows[0]; p++)
        if (delta_feeder_batches(feeder, p) > batches)
            batches = delta_feeder_batches(feeder, p);
    memset(run->means, 0, (size_t)model->sum_count * sizeof *run->means);
    for (int64_t b = 0; b < batches; b++) {
        int status = delta_feed_plain(feeder, b, &count);
        if (status)
            return status;
        int code = model->measure(run->instance.params, run->instance.state, run->instance.in, run->means, run->instance.work);
        if (code && code != DELTA_E_NONFINITE)
            return delta_step_failed(run, feeder, code);
        samples += count;
    }
    for (int i = 0; i < model->sum_count; i++)
        run->means[i] /= (double)samples;
    if (model->metric_count)
        model->metric_values(run->means, run->valid_metrics);
    return 0;
}

static int valid_measure(delta_run *run, delta_report *report)
{
    int status = measure_over(run, &run->valid_feeder);
    report->valid_loss = run->model->has_cost ? run->means[0] : NAN;
    report->valid_metrics = run->valid_metrics;
    return status;
}

/* What --best compares is a value of the weights it keeps. The report's means are of weights before the updates between them, so without validation data the
 * training data are measured again. */
static int best_measure(delta_run *run, const delta_report *report, double *value)
{
    int status = 0;
    if (!run->best_valid)
        status = measure_over(run, &run->best_feeder);
    double loss = run->best_valid ? report->valid_loss : run->model->has_cost ? run->means[0] : NAN;
    *value = run->best_metric < 0 ? loss : run->valid_metrics[run->best_metric];
    return status;
}

/* *enough: patience is at its end. */
static int best_update(delta_run *run, const delta_report *report, int *enough)
{
    delta_position *at = &run->position;
    double value;
    int status = run->keeps_best ? best_measure(run, report, &value) : 0;
    if (status || !run->keeps_best)
        return status;
    int better = isfinite(value) && (!at->has_best || (run->best_maximum ? value > at->best : value < at->best));
    if (!better) {
        at->waiting++;
        *enough = run->options->patience && at->waiting >= run->options->patience;
        return 0;
    }
    at->best = value;
    at->best_epochs = report->epoch;
    at->has_best = 1;
    at->waiting = 0;
    delta_run_save(run, run->best_arrays);
    return 0;
}

static void history_note(delta_run *run, const delta_report *report)
{
    size_t metrics = (size_t)run->model->metric_count;
    double *point = run->point;
    point[0] = report->epoch;
    point[1] = report->loss;
    point[2] = report->valid_loss;
    for (size_t i = 0; i < metrics; i++) {
        point[3 + i] = report->metrics[i];
        point[3 + metrics + i] = report->valid_metrics ? report->valid_metrics[i] : NAN;
    }
    delta_history_add(&run->history, point);
}

int delta_measure_report(delta_run *run, int *enough)
{
    const delta_model *model = run->model;
    delta_position *at = &run->position;
    delta_report report = {.epoch = delta_run_epochs(run), .loss = NAN, .valid_loss = NAN, .metrics = run->metrics};
    at->seconds = delta_clock() - run->started;
    double seconds = at->seconds - at->report_seconds;
    report.samples_per_second = (double)at->samples / (seconds > 1e-9 ? seconds : 1e-9);
    for (int i = 0; i < model->sum_count; i++)
        run->means[i] = at->sums[i] / (double)at->samples;
    if (model->metric_count)
        model->metric_values(run->means, run->metrics);
    if (model->has_cost)
        report.loss = run->means[0];
    delta_average_show(&run->instance, &run->average);
    int status = run->has_valid ? valid_measure(run, &report) : 0;
    if (!status) {
        at->reports++;
        status = best_update(run, &report, enough);
    }
    delta_average_hide(&run->instance, &run->average);
    if (status)
        return status;
    history_note(run, &report);
    at->seconds = delta_clock() - run->started;
    at->report_seconds = at->seconds;
    status = delta_log_write(run, &report);
    run->last = report;
    delta_progress_report(run);
    at->samples = 0;
    memset(at->sums, 0, (size_t)model->sum_count * sizeof *at->sums);
    return status;
}
