/* Log lines and progress. */
#include "progress.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "report.h"

enum { LINE = 16384 };

int delta_log_open(delta_run *run)
{
    const char *path = run->options->log;
    if (!path)
        return 0;
    run->log = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (run->log < 0)
        return delta_fail(DELTA_EXIT_UNUSABLE, path, 0, "cannot be written: %s", strerror(errno));
    off_t length = lseek(run->log, 0, SEEK_END);
    if (length < 0) /* a pipe */
        return 0;
    if (length < run->position.log_length)
        return delta_fail(DELTA_EXIT_UNUSABLE, path, 0, "is shorter than the checkpoint says (%lld bytes, not %lld)", (long long)length,
                          (long long)run->position.log_length);
    if (ftruncate(run->log, run->position.log_length) && errno != EINVAL)
        return delta_fail(DELTA_EXIT_MACHINE, path, 0, "cannot be cut: %s", strerror(errno));
    lseek(run->log, run->position.log_length, SEEK_SET);
    return 0;
}

void delta_log_close(delta_run *run)
{
    if (run->log >= 0)
        close(run->log);
    run->log = -1;
}

const char *delta_json_number(double value, char text[32])
{
    if (isfinite(value))
        snprintf(text, 32, "%.17g", value);
    else
        snprintf(text, 32, "null");
    return text;
}

typedef struct {
    char text[LINE];
    size_t used;
} log_line;

static void line_add(log_line *line, const char *text)
{
    size_t length = strlen(text);
    if (line->used + length >= sizeof line->text)
        return;
    memcpy(line->text + line->used, text, length + 1);
    line->used += length;
}

static void line_number(log_line *line, const char *name, double value)
{
    char text[32];
    if (line->used > 1 && line->text[line->used - 1] != '{')
        line_add(line, ", ");
    line_add(line, "\"");
    line_add(line, name);
    line_add(line, "\": ");
    line_add(line, delta_json_number(value, text));
}

static void line_metrics(log_line *line, const delta_model *model, const char *name, const double *values)
{
    line_add(line, ", \"");
    line_add(line, name);
    line_add(line, "\": {");
    for (int i = 0; i < model->metric_count; i++)
        line_number(line, model->metrics[i], values[i]);
    line_add(line, "}");
}

int delta_log_write(delta_run *run, const delta_report *report)
{
    log_line line = {.used = 0};
    if (run->log < 0)
        return 0;
    line_add(&line, "{");
    line_number(&line, "epoch", report->epoch);
    line_number(&line, "step", (double)run->position.step);
    line_number(&line, "loss", report->loss);
    line_metrics(&line, run->model, "metrics", report->metrics);
    if (report->valid_metrics) {
        line_number(&line, "valid_loss", report->valid_loss);
        line_metrics(&line, run->model, "valid_metrics", report->valid_metrics);
    }
    line_number(&line, "seconds", run->position.seconds);
    line_number(&line, "samples_per_second", report->samples_per_second);
    line_add(&line, "}\n");
    for (size_t done = 0; done < line.used;) {
        ssize_t put = write(run->log, line.text + done, line.used - done);
        if (put < 0 && errno != EINTR)
            return delta_fail(DELTA_EXIT_MACHINE, run->options->log, 0, "cannot be written: %s", strerror(errno));
        done += put > 0 ? (size_t)put : 0;
    }
    run->position.log_length += (int64_t)line.used;
    return 0;
}

static int on_terminal(void)
{
    return isatty(STDOUT_FILENO);
}

static void print_values(const delta_model *model, const char *before, const double *values)
{
    for (int i = 0; i < model->metric_count && i < 6; i++)
        printf("  %s%s %.5g", before, model->metrics[i], values[i]);
}

static void report_print(const delta_run *run)
{
    const delta_report *report = &run->last;
    int64_t epochs = run->total_steps && !run->has_lbfgs ? (run->total_steps + run->epoch_steps - 1) / run->epoch_steps : 0;
    if (on_terminal())
        printf("\r\033[K");
    printf("epoch %g", report->epoch);
    if (epochs)
        printf("/%lld", (long long)epochs);
    printf("  step %lld", (long long)run->position.step);
    if (run->model->has_cost)
        printf("  loss %.6g", report->loss);
    print_values(run->model, "", report->metrics);
    if (report->valid_metrics && run->model->has_cost)
        printf("  valid loss %.6g", report->valid_loss);
    if (report->valid_metrics)
        print_values(run->model, "valid ", report->valid_metrics);
    printf("  %.4g samples/s", report->samples_per_second);
    if (!on_terminal())
        putchar('\n');
    fflush(stdout);
}

void delta_progress_report(delta_run *run)
{
    double now = delta_clock();
    if (run->options->quiet)
        return;
    if (on_terminal() && now - run->shown < 0.1)
        return;
    run->shown = now;
    report_print(run);
}

/* Seconds to the end, by steps or by --time, whatever comes first; negative: nobody knows. */
static double time_left(const delta_run *run, double rate)
{
    double left = -1;
    if (run->total_steps)
        left = (double)(run->total_steps - run->position.step) / rate;
    if (run->options->time > 0) {
        double rest = run->options->time - (delta_clock() - run->started);
        left = left < 0 || rest < left ? rest : left;
    }
    return left;
}

static void print_duration(double seconds)
{
    long long whole = (long long)(seconds + 0.5);
    if (whole < 60)
        printf("  %lld s left", whole);
    else if (whole < 3600)
        printf("  %lld:%02lld left", whole / 60, whole % 60);
    else
        printf("  %lld:%02lld:%02lld left", whole / 3600, whole / 60 % 60, whole % 60);
}

void delta_progress_redraw(delta_run *run, double rate)
{
    const delta_position *at = &run->position;
    int64_t batch = (at->step - at->passes) % run->epoch_steps;
    if (run->options->quiet || !on_terminal())
        return;
    run->shown = delta_clock();
    printf("\r\033[Kepoch %lld  batch %lld/%lld", (long long)delta_run_epochs(run) + 1, (long long)batch, (long long)run->epoch_steps);
    if (run->model->has_cost && at->samples)
        printf("  loss %.6g", at->sums[0] / (double)at->samples);
    if (rate > 0) {
        printf("  %.4g samples/s", rate * (double)(run->data.rows[0] ? run->data.rows[0] : run->batch[0] * run->epoch_steps) / (double)run->epoch_steps);
        double left = time_left(run, rate);
        if (left >= 0)
            print_duration(left);
    }
    fflush(stdout);
}

void delta_progress_finish(delta_run *run)
{
    const delta_model *model = run->model;
    size_t total = 0;
    int first = 1;
    if (run->options->quiet)
        return;
    if (on_terminal() && run->last.metrics)
        report_print(run);
    if (on_terminal())
        putchar('\n');
    if (run->position.has_best && run->best_arrays)
        printf("best: %s%s %.6g, epoch %g\n", run->best_valid ? "valid " : "", run->best_metric < 0 ? "loss" : model->metrics[run->best_metric],
               run->position.best, run->position.best_epochs);
    for (int i = 0; i < model->array_count; i++)
        if (model->arrays[i].role == DELTA_PARAM)
            total += run->instance.places[i].count;
    for (int i = 0; i < model->array_count && total <= 8; i++)
        if (model->arrays[i].role == DELTA_PARAM)
            for (size_t k = 0; k < run->instance.places[i].count; k++, first = 0) {
                printf("%s%s", first ? "" : ", ", model->arrays[i].spelling);
                if (model->arrays[i].rank)
                    printf("[%zu]", k);
                printf(" = %.6g", delta_entry_get(&model->arrays[i], &run->instance.places[i], k));
            }
    if (!first)
        putchar('\n');
    fflush(stdout);
}

/* Bytes of the arrays with these roles (bits 1 << role), with all samples that they have room for. */
static double array_bytes(const delta_run *run, unsigned roles)
{
    double bytes = 0;
    for (int i = 0; i < run->model->array_count; i++) {
        const delta_array *array = &run->model->arrays[i];
        double samples = array->per_sample ? (double)run->instance.batch[array->population] : 1;
        if (roles >> array->role & 1)
            bytes += samples * (double)(run->instance.places[i].count * run->instance.places[i].size);
    }
    return bytes;
}

static double data_bytes(const delta_dataset *set)
{
    double bytes = 0;
    for (int i = 0; i < set->count; i++) {
        const delta_field *field = &set->fields[i];
        double each = field->values ? (double)(field->width * field->element) : field->tensor.bytes ? (double)field->raw_width * field->tensor.size : 0;
        bytes += (double)field->rows * each + (double)(field->raw_rows * (int64_t)field->raw_width * field->tensor.size);
    }
    return bytes;
}

void delta_progress_memory(const delta_run *run)
{
    const delta_model *model = run->model;
    struct rusage use;
    double params = array_bytes(run, 1u << DELTA_PARAM), state = array_bytes(run, 1u << DELTA_STATE | 1u << DELTA_GIVEN | 1u << DELTA_HYPER);
    double batch = array_bytes(run, 1u << DELTA_INPUT | 1u << DELTA_TARGET | 1u << DELTA_KNOWN | 1u << DELTA_NOISE | 1u << DELTA_OUTPUT);
    double work = model->work_memory ? (double)model->work_memory(run->instance.sizes, run->instance.batch) : 0, data = data_bytes(&run->data);
    getrusage(RUSAGE_SELF, &use);
    printf("memory: parameters %.4g MB, states %.4g MB, a batch %.4g MB, work %.4g MB, data %.4g MB: %.4g MB; at most %.4g MB were in use\n", params / 1e6,
           state / 1e6, batch / 1e6, work / 1e6, data / 1e6, (params + state + batch + work + data) / 1e6, (double)use.ru_maxrss * 1024 / 1e6);
    fflush(stdout);
}
